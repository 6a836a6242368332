//! Tool calls: as a document, as lines of JSON, and as text.

use std::io::{self, Write};

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use super::table::{link, reach, write_rows};
use super::{Name, instant, link_word, lost_because, name, remembered_by, seconds, span};
use crate::checklist::report::{SCHEMA_VERSION, Tool};
use crate::live::calls::{Form, Made};
use crate::live::event::Moment;
use crate::live::model::Model;
use crate::report::wrap::wrap;
use crate::report::{Role, Style};

/// Tool calls, as a document. What is not known is left out.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CallsReport {
    pub schema_version: u32,
    /// `clawdoctor.calls`
    pub report: &'static str,
    pub tool: Tool,
    /// RFC 3339.
    pub at: String,
    /// `connecting`, `up`, `lost`, `hung`
    pub engine: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub engine_lost_because: Option<String>,
    /// The oldest first.
    pub calls: Vec<CallRow>,
    /// How far back it reaches, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// Who remembers that: `recorder`, or `engine`, which keeps 256 events.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since_source: Option<&'static str>,
}

/// One call.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CallRow {
    /// `exec`: a command in a standing sandbox; `container`: a sandbox that came and went for it.
    pub form: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exec_id: Option<String>,
    pub container: Name,
    /// RFC 3339, by the engine's clock. Left out when it ran before anybody watched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<String>,
    pub running: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_seconds: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i64>,
    /// The kernel killed something of it for memory.
    pub oom: bool,
    /// Only where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
}

/// Which calls are meant.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Not those that ended before, by the engine's clock.
    pub since: Option<Moment>,
    pub agent: Option<String>,
    /// Only those that ended otherwise than with 0.
    pub failed: bool,
}

impl Wanted {
    pub fn has(&self, made: &Made) -> bool {
        let last = made.call.end.map_or(Moment(i64::MAX), |end| end.at);
        let owner = made.about.owner.agent.as_ref();
        self.since.is_none_or(|since| last >= since)
            && (self.agent.is_none() || self.agent.as_ref() == owner)
            && (!self.failed || made.call.failed())
    }
}

impl CallsReport {
    /// `now` by our clock.
    pub fn of(model: &Model, calls: &[Made], now: Moment) -> Self {
        Self {
            schema_version: SCHEMA_VERSION,
            report: "clawdoctor.calls",
            tool: Tool::this(),
            at: instant(now),
            engine: link_word(&model.link),
            engine_lost_because: lost_because(&model.link),
            calls: calls.iter().map(row).collect(),
            since: model.reaches.map(instant),
            since_source: remembered_by(model),
        }
    }
}

fn row(made: &Made) -> CallRow {
    let call = &made.call;
    CallRow {
        form: form_word(made.form),
        exec_id: (!call.exec.is_empty()).then(|| call.exec.clone()),
        container: name(&made.about),
        started_at: call.started.map(instant),
        ended_at: call.end.map(|end| instant(end.at)),
        running: call.end.is_none(),
        duration_seconds: call.duration().map(seconds),
        exit_code: call.end.and_then(|end| end.exit_code),
        oom: call.end.is_some_and(|end| end.oom),
        command: call.command.clone(),
    }
}

fn form_word(form: Form) -> &'static str {
    match form {
        Form::Exec => "exec",
        Form::Container => "container",
    }
}

/// A line of the stream: a call that has begun, or one that has ended.
pub fn call_line(made: &Made) -> Value {
    let mut line = serde_json::to_value(row(made)).unwrap_or_default();
    line["type"] = json!(if made.call.end.is_some() {
        "callEnded"
    } else {
        "callStarted"
    });
    line
}

/// The same for people.
pub fn call_text(made: &Made, style: &Style) -> String {
    let at = made.call.end.map(|end| end.at).or(made.call.started);
    let owner = made.about.owner.words();
    let who = match (owner.as_str(), made.form) {
        ("", _) => made.about.name.clone(),
        (owner, _) => format!("{owner} in {}", made.about.name),
    };
    let words = match made.call.duration() {
        Some(took) => format!("{} after {}", result(made), span(took)),
        None => result(made),
    };
    let role = if made.call.failed() {
        Role::Bad
    } else {
        Role::Plain
    };
    let command = made.call.command.as_deref().unwrap_or_default();
    let command = if command.is_empty() {
        String::new()
    } else {
        format!(": {command}")
    };
    let at = at.map(instant).unwrap_or_default();
    format!("{at} {who} {}{command}", style.paint(role, &words))
}

fn result(made: &Made) -> String {
    let Some(end) = made.call.end else {
        return "runs".to_owned();
    };
    match (end.exit_code, end.oom) {
        (Some(code), false) => format!("exit {code}"),
        (Some(code), true) => format!("exit {code}, killed for memory (OOM)"),
        (None, false) => "ended, exit code not known".to_owned(),
        (None, true) => "killed for memory (OOM)".to_owned(),
    }
}

/// Writes them for people, with how far back it reaches and what it comes to.
pub fn calls_table(
    model: &Model,
    calls: &[Made],
    now: Moment,
    style: &Style,
    to: &mut dyn Write,
) -> io::Result<()> {
    link(model, now, style, to)?;
    if !calls.is_empty() {
        let commands = calls.iter().any(|made| made.call.command.is_some());
        let mut head = vec!["STARTED", "OWNER", "TOOK", "EXIT", "CONTAINER"];
        if commands {
            head.push("COMMAND");
        }
        let rows: Vec<_> = calls.iter().map(|made| cells(made, commands)).collect();
        write_rows(&head, &rows, style, to)?;
        writeln!(to)?;
    }
    let (role, words) = sum(calls);
    writeln!(to, "{}", style.paint(role, &words))?;
    if let Some(words) = last(calls, now) {
        for line in wrap(&words, style.width) {
            writeln!(to, "{line}")?;
        }
    }
    reach(model, now, style, to)
}

fn cells(made: &Made, commands: bool) -> Vec<String> {
    let call = &made.call;
    let unknown = || "?".to_owned();
    let code = |code: Option<i64>| code.map_or_else(unknown, |code| code.to_string());
    let exit = match call.end {
        None => "runs".to_owned(),
        Some(end) if end.oom => format!("{} OOM", code(end.exit_code)),
        Some(end) => code(end.exit_code),
    };
    let mut cells = vec![
        call.started.map_or_else(unknown, instant),
        made.about.owner.words(),
        call.duration().map_or_else(unknown, span),
        exit,
        made.about.name.clone(),
    ];
    if commands {
        cells.push(call.command.clone().unwrap_or_default());
    }
    cells
}

/// `12 calls: 1 runs, 9 well, 2 failed, 1 of them killed for memory (OOM)`
fn sum(calls: &[Made]) -> (Role, String) {
    if calls.is_empty() {
        return (Role::Plain, "No call is known.".to_owned());
    }
    let count = |is: &dyn Fn(&Made) -> bool| calls.iter().filter(|made| is(made)).count();
    let running = count(&|made| made.call.end.is_none());
    let failed = count(&|made| made.call.failed());
    let oom = count(&|made| made.call.end.is_some_and(|end| end.oom));
    let well = calls.len() - running - failed;
    let noun = if calls.len() == 1 { "call" } else { "calls" };
    let mut parts = vec![format!("{well} well")];
    if running > 0 {
        parts.push(format!("{running} running"));
    }
    if failed > 0 {
        let killed = match oom {
            0 => String::new(),
            _ => format!(", {oom} of them killed for memory (OOM)"),
        };
        parts.push(format!("{failed} failed{killed}"));
    }
    let role = if failed > 0 { Role::Warn } else { Role::Plain };
    let words = format!("{} {noun}: {}", calls.len(), parts.join(", "));
    (role, words)
}

/// Where the newest call ran: what was asked first of a node that is said to sandbox its tools.
fn last(calls: &[Made], now: Moment) -> Option<String> {
    let made = calls.last()?;
    let ago = span(now.since(made.at()?));
    let owner = made.about.owner.words();
    let whose = if owner.is_empty() {
        String::new()
    } else {
        format!(" of {owner}")
    };
    let container = &made.about.name;
    Some(format!(
        "The last call{whose} ran inside a sandbox, {container}, {ago} ago."
    ))
}
