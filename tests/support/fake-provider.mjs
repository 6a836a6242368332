#!/usr/bin/env node
// Stands in for a language model, so that the real OpenClaw makes real tool calls without any service outside: an
// OpenAI-compatible chat endpoint on loopback that does as it is told.
//
//   fake-provider.mjs PORT [LOG]        LOG: one JSON line per request
//
// A user message with a line that ends in `CALL <tool> <JSON arguments>` is answered with that tool call; the tool's
// result is answered with its own text; everything else with "nothing to call".
import { createServer } from "node:http";
import { appendFileSync } from "node:fs";

const [port, log] = process.argv.slice(2);
const model = "fake-1";
let requests = 0;

const plain = ({ content }) => (Array.isArray(content) ? content.map((part) => part?.text ?? "").join("\n") : (content ?? ""));

// From the newest message back: a tool's result is passed on, an order is carried out. OpenClaw puts user messages of
// its own after the person's, so an order need not stand in the last one; but one before an answer is done with.
function answer(messages) {
  for (const message of [...messages].reverse()) {
    if (message.role === "tool") return { text: `The tool said:\n${plain(message)}` };
    if (message.role === "assistant") break;
    const order = message.role === "user" && [...plain(message).matchAll(/\bCALL (\S+) (\{.*\})\s*$/gm)].at(-1);
    if (order) return { tool: { name: order[1], arguments: JSON.stringify(JSON.parse(order[2])) } };
  }
  return { text: "nothing to call" };
}

function complete(request) {
  const { text, tool } = answer(request.messages ?? []);
  const id = `fake-${++requests}`;
  if (log) appendFileSync(log, `${JSON.stringify({ id, tool, text, offered: request.tools?.map((t) => t.function?.name) })}\n`);
  const call = tool && [{ index: 0, id: `call-${id}`, type: "function", function: tool }];
  const about = { id, created: Math.floor(Date.now() / 1000), model };
  return {
    message: { role: "assistant", content: text ?? null, ...(call && { tool_calls: call }) },
    finish_reason: call ? "tool_calls" : "stop",
    usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
    about,
  };
}

const routes = {
  "GET /v1/models": (_, send) => send(200, { object: "list", data: [{ id: model, object: "model" }] }),
  "POST /v1/chat/completions": (body, send, response) => {
    const request = JSON.parse(body);
    const { about, message, finish_reason, usage } = complete(request);
    if (!request.stream) return send(200, { ...about, object: "chat.completion", choices: [{ index: 0, message, finish_reason }], usage });
    response.writeHead(200, { "content-type": "text/event-stream" });
    const event = (delta, more) =>
      `data: ${JSON.stringify({ ...about, object: "chat.completion.chunk", choices: [{ index: 0, delta, finish_reason: null, ...more }] })}\n\n`;
    response.end(event({ ...message, content: message.content ?? "" }) + event({}, { finish_reason }) + "data: [DONE]\n\n");
  },
};

createServer(async (request, response) => {
  const send = (status, value) => response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
  try {
    const body = (await request.setEncoding("utf8").toArray()).join("");
    const route = routes[`${request.method} ${request.url}`];
    route ? route(body, send, response) : send(404, { error: { message: `no ${request.method} ${request.url}` } });
  } catch (error) {
    send(400, { error: { message: String(error) } });
  }
}).listen(Number(port), "127.0.0.1");
