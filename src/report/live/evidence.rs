//! All that is known at one instant, to be kept: what is there, what has gone, what happened, the
//! calls that have ended, and the alerts.

use std::io::{self, Write};

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::{Name, Snapshot, happening, instant, line, name, seconds, table};
use crate::live::alert::Raised;
use crate::live::call::PastCall;
use crate::live::event::Moment;
use crate::live::model::Model;
use crate::live::order::Arrangement;
use crate::report::Style;

/// The document.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Evidence {
    /// One look, with its `report` as `clawdoctor.evidence`.
    #[serde(flatten)]
    pub look: Snapshot,
    /// What happened, in the order in which it was learnt: the lines of `watch --json`.
    #[schemars(with = "Vec<Happening>")]
    pub timeline: Vec<Value>,
    /// Calls that have ended.
    pub past_calls: Vec<CallRow>,
    pub alerts: Vec<AlertRow>,
}

/// What every line has; what else it holds hangs on its type.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Happening {
    /// `created`, `started`, `paused`, `unpaused`, `oom`, `killed`, `died`, `stopped`, `restarted`,
    /// `renamed`, `updated`, `health`, `destroyed`, `vanished`, `callStarted`, `callEnded`,
    /// `engine`, `engineStall`, `engineStallOver`, `alert`
    pub r#type: String,
    /// RFC 3339: by the engine's clock for what the engine told, else by ours.
    pub at: String,
    /// Unless it is about the node.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container: Option<Name>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lifetime_seconds: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_seconds: Option<f64>,
    /// An end: the kernel killed it for memory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oom: Option<bool>,
    /// An end that no event told of: an inspection found it later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seen_afterwards: Option<bool>,
    /// Something whose time is not known: it was after this, and by `at` it was over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_before: Option<String>,
    /// An alert: `oom`, `failures`, `near-cap`, `near-pids-limit`, `engine-lost`, `engine-hung`,
    /// `engine-stall`, `no-headroom`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// A call that has ended.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CallRow {
    pub container: Name,
    pub exec: String,
    /// Only with `--commands`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i64>,
    pub oom: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_seconds: Option<f64>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AlertRow {
    pub cause: &'static str,
    pub words: String,
    pub at: String,
    /// When its cause was there last, and how often.
    pub last: String,
    pub times: u32,
    /// Of a time when nobody watched: from a recording.
    pub past: bool,
}

/// The document. `now` by our clock.
pub fn evidence(model: &Model, now: Moment) -> Value {
    let all = Evidence {
        look: Snapshot {
            report: "clawdoctor.evidence",
            ..Snapshot::of(model, now)
        },
        timeline: model.timeline.iter().map(line).collect(),
        past_calls: model.past_calls.iter().map(call).collect(),
        alerts: model.alerts.raised.iter().map(alert).collect(),
    };
    serde_json::to_value(all).unwrap_or_default()
}

/// The same for people.
pub fn evidence_text(model: &Model, now: Moment, to: &mut dyn Write) -> io::Result<()> {
    let style = Style {
        width: 160,
        ..Style::default()
    };
    writeln!(to, "clawdoctor evidence, {}\n", instant(now))?;
    table(model, now, Arrangement::default(), &style, to)?;
    writeln!(to, "\nWhat happened")?;
    for note in &model.timeline {
        writeln!(to, "{}", happening(note, &style))?;
    }
    writeln!(to, "\nAlerts")?;
    for raised in &model.alerts.raised {
        let at = instant(raised.at);
        writeln!(to, "{at} {} ({}x)", raised.alert.words, raised.times)?;
    }
    Ok(())
}

fn call(past: &PastCall) -> CallRow {
    let call = &past.call;
    CallRow {
        container: name(&past.about),
        exec: call.exec.clone(),
        command: call.command.clone(),
        started_at: call.started.map(instant),
        ended_at: call.end.map(|end| instant(end.at)),
        exit_code: call.end.and_then(|end| end.exit_code),
        oom: call.end.is_some_and(|end| end.oom),
        duration_seconds: call.duration().map(seconds),
    }
}

fn alert(raised: &Raised) -> AlertRow {
    AlertRow {
        cause: raised.alert.cause.code(),
        words: raised.alert.words.clone(),
        at: instant(raised.at),
        last: instant(raised.last),
        times: raised.times,
        past: raised.past,
    }
}
