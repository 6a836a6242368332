//! "Did the last tool call run inside a sandbox?", answered from what is still known of it.

#![expect(
    clippy::unused_self,
    reason = "judges have one shape, and some have no parameters"
)]

use std::time::Duration;

use serde::Deserialize;

use crate::checklist::judge::agents::with_agents;
use crate::checklist::verdict::{Complaint, Ruling};
use crate::facts::openclaw::{Agent, Mode};
use crate::facts::sandbox::{Called, Calls, Logged, agent_of};
use crate::facts::{Facts, Why};
use crate::units::Span;

/// Between a line in OpenClaw's log and the engine's event about the same call, with the clocks'
/// difference. Measured: 0.1 s; the sandbox is made before the model is asked.
const APART: u64 = 10;

#[derive(Clone, Debug, PartialEq, Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct LastCall {}

impl LastCall {
    pub(in super::super) fn rule(&self, facts: &Facts) -> Result<Ruling, Why> {
        with_agents(facts, |agents| {
            if !agents.iter().any(Agent::is_sandboxed) {
                return Ok(Ruling::not_applicable("no agent runs in a Docker sandbox"));
            }
            let calls = facts.calls.get()?;
            let log = calls.log.get().ok();
            let outside = log.and_then(|log| outside(calls, log));
            // Agents without a sandbox, or with one for some sessions, may run a tool on the host.
            let is_meant = |agent: &Agent| agent.is_sandboxed() && agent.sandbox.mode == Mode::All;
            if let Some((log, ago)) = outside
                && agents.iter().all(is_meant)
            {
                let complaint = on_the_host(log, ago);
                return Ok(Ruling::found(vec![complaint], String::new()).evidence("/calls", calls));
            }
            let refused = log.and_then(|log| refused(calls, log));
            let ruling = match &calls.last {
                Some(call) => {
                    // At its usual level the log would not tell of a later one on the host.
                    let is_told = log.is_some_and(|log| log.call_seconds_ago.is_some());
                    let unseen = if is_told {
                        ""
                    } else {
                        "; one outside since then would not be seen"
                    };
                    Ruling::pass(in_a_sandbox(call) + unseen + &refused.unwrap_or_default())
                }
                None => Ruling::not_applicable(unknown(calls) + &refused.unwrap_or_default()),
            };
            Ok(ruling.evidence("/calls", calls))
        })
    }
}

/// A tool ran a command, by OpenClaw's log, when no sandbox did, by all that the engine remembers.
fn outside<'a>(calls: &Calls, log: &'a Logged) -> Option<(&'a Logged, u64)> {
    let ago = log.call_seconds_ago?;
    let since = ago.saturating_add(APART);
    let in_sandbox = |call: &Called| call.running || call.seconds_ago <= since;
    let is_remembered = calls.reach_seconds.is_some_and(|reach| reach >= since);
    let is_outside = is_remembered && !calls.last.as_ref().is_some_and(in_sandbox);
    is_outside.then_some((log, ago))
}

fn on_the_host(log: &Logged, ago: u64) -> Complaint {
    let message = format!(
        "a tool ran a command {} ago, OpenClaw's log says, and no sandbox ran one then: it ran on the host, or not at all",
        rough(ago)
    );
    Complaint::warn("call-outside-sandbox", message)
        .path(&log.path)
        .requirement("every call in a sandbox")
        .hint("see where the tools of each agent run: openclaw sandbox explain --json")
}

fn in_a_sandbox(call: &Called) -> String {
    let agent = call.session_key.as_deref().and_then(agent_of);
    let agent = agent.map_or(String::new(), |id| format!(" of agent {id}"));
    let end = match (call.running, call.exit_code) {
        (true, _) => ", and runs".to_owned(),
        (false, Some(code)) => format!(" and ended with exit code {code}"),
        (false, None) => String::new(),
    };
    let (ago, container) = (rough(call.seconds_ago), &call.container);
    format!("the last known call{agent} ran {ago} ago in the sandbox {container}{end}")
}

fn unknown(calls: &Calls) -> String {
    let reach = calls.reach_seconds.map_or_else(
        || "the engine remembers nothing of containers".to_owned(),
        |reach| format!("the engine remembers {}, and no call in them", rough(reach)),
    );
    format!("no call is known, so that nothing can be said of the last one: {reach}")
}

/// A turn that failed since the last call, for want of a sandbox. What is wrong is told by the
/// checks of its parts, and may be mended by now.
fn refused(calls: &Calls, log: &Logged) -> Option<String> {
    let ago = log.refused_seconds_ago?;
    let is_newer = calls
        .last
        .as_ref()
        .is_none_or(|call| call.seconds_ago > ago);
    let said = format!(
        "; a turn failed {} ago because its sandbox could not be made",
        rough(ago)
    );
    is_newer.then_some(said)
}

fn rough(seconds: u64) -> Span {
    Span(Duration::from_secs(seconds)).rough()
}
