//! The live picture as a document, as lines of JSON, and as text.

pub mod calls;
mod columns;
mod evidence;
mod lines;
mod table;

use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use crate::checklist::report::{SCHEMA_VERSION, Tool};
use crate::headroom::Arithmetic;
use crate::live::event::{Link, Moment};
use crate::live::model::Model;
use crate::live::note::About;
use crate::live::sandbox::{Gone, Leaving, Sandbox};
use crate::live::usage::Over;

pub use evidence::{Evidence, evidence, evidence_text};
pub use lines::{headroom_line, line, sample_line, version_line};
pub use table::{document, happening, span, table};

/// One look at everything that the engine has and had. What is not known is left out.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Snapshot {
    pub schema_version: u32,
    /// `clawdoctor.watch`
    pub report: &'static str,
    pub tool: Tool,
    /// RFC 3339.
    pub at: String,
    /// `connecting`, `up`, `lost`, `hung`
    pub engine: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub engine_lost_because: Option<String>,
    /// The engine is slow: how long an answer takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub engine_stall_seconds: Option<f64>,
    pub sandboxes: Vec<Row>,
    /// What has gone, the newest last.
    pub gone: Vec<GoneRow>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<serde_json::Value>")]
    pub headroom: Option<Arithmetic>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub headroom_unknown: Option<String>,
    pub totals: Totals,
    /// How far back the picture reaches, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// Who remembers that: `recorder`, or `engine`, which keeps 256 events.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since_source: Option<&'static str>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Totals {
    pub created: u64,
    pub gone: u64,
    pub oom_kills: u64,
    pub calls: u64,
    pub failed_calls: u64,
    pub running_calls: usize,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Name {
    pub id: String,
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
}

/// A container that is there.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    #[serde(flatten)]
    pub name: Name,
    pub image: String,
    pub state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<String>,
    /// From creation to start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_latency_seconds: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i64>,
    pub oom_kills: u32,
    /// As long as it was not inspected, this is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restarts: Option<u64>,
    pub running_calls: usize,
    /// Ended ones.
    pub calls: u64,
    pub failed_calls: u64,
    /// Its creation was seen; otherwise there may have been more calls than are told here.
    pub calls_complete: bool,
    /// Cores in use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_cores: Option<f64>,
    /// Seconds that `cpuCores` is about; the whole life of the container after its first sample.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_over_seconds: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_cap_cores: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_peak_bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_cap_bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pids: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pids_cap: Option<u64>,
    /// How old the figures are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age_seconds: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network: Option<String>,
    /// How it differs from the configuration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drift: Option<Vec<String>>,
}

/// A container that has gone.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GoneRow {
    #[serde(flatten)]
    pub name: Name,
    pub image: String,
    pub gone_at: String,
    /// `destroyed`, or `vanished`: it was there, and the engine lists it no more.
    pub how: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lifetime_seconds: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_latency_seconds: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i64>,
    pub oom: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_peak_bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_cap_bytes: Option<u64>,
    pub calls: u64,
    pub failed_calls: u64,
    /// Its creation was seen; otherwise there may have been more calls than are told here.
    pub calls_complete: bool,
}

impl Snapshot {
    /// `now` by our clock.
    pub fn of(model: &Model, now: Moment) -> Self {
        Self {
            schema_version: SCHEMA_VERSION,
            report: "clawdoctor.watch",
            tool: Tool::this(),
            at: instant(now),
            engine: link_word(&model.link),
            engine_lost_because: lost_because(&model.link),
            engine_stall_seconds: model.stall.on().map(|on| seconds(on.took)),
            sandboxes: model.shown().map(|one| row(one, now)).collect(),
            gone: model.shown_gone().map(gone).collect(),
            headroom: model.headroom.as_ref().ok().cloned(),
            headroom_unknown: model.headroom.as_ref().err().cloned(),
            totals: Totals {
                created: model.totals.created,
                gone: model.totals.gone,
                oom_kills: model.totals.ooms,
                calls: model.totals.calls,
                failed_calls: model.totals.failed,
                running_calls: model.running_calls(),
            },
            since: model.reaches.map(instant),
            since_source: remembered_by(model),
        }
    }
}

fn row(one: &Sandbox, now: Moment) -> Row {
    let over = one.usage.cpu.map(|cpu| match cpu.over {
        Over::Last(span) => Some(span),
        Over::Life => {
            let read = one.usage.last.as_ref().map(|(_, sample)| sample.read);
            read.zip(one.started)
                .map(|(read, started)| read.since(started))
        }
    });
    Row {
        name: name(&one.about),
        image: one.image.clone(),
        state: one.state.word(),
        created_at: one.created.map(instant),
        started_at: one.started.map(instant),
        start_latency_seconds: one.latency.map(seconds),
        exit_code: one.exit_code,
        oom_kills: one.ooms,
        restarts: one.restarts.all(),
        running_calls: one.running.len(),
        calls: one.made,
        failed_calls: one.failed,
        calls_complete: one.witnessed,
        cpu_cores: one.usage.cpu.map(|cpu| cpu.cores),
        cpu_over_seconds: over.flatten().map(seconds),
        cpu_cap_cores: one.cpu_cap(),
        memory_bytes: one.usage.memory(),
        memory_peak_bytes: one.usage.peak,
        memory_cap_bytes: one.memory_cap(),
        pids: one.usage.pids(),
        pids_cap: one.pids_cap(),
        age_seconds: one.usage.age(now).map(seconds),
        network: one
            .detail
            .as_ref()
            .map(|detail| detail.standing.network_mode.clone()),
        drift: one.drift.clone(),
    }
}

fn gone(one: &Gone) -> GoneRow {
    GoneRow {
        name: name(&one.about),
        image: one.image.clone(),
        gone_at: instant(one.gone),
        how: match one.leaving {
            Leaving::Destroyed => "destroyed",
            Leaving::Vanished => "vanished",
        },
        lifetime_seconds: one.lifetime.map(seconds),
        start_latency_seconds: one.latency.map(seconds),
        exit_code: one.exit_code,
        oom: one.oom,
        memory_peak_bytes: one.peak,
        memory_cap_bytes: one.memory_cap,
        calls: one.ended.made,
        failed_calls: one.ended.failed,
        calls_complete: !one.ended.cut,
    }
}

fn name(about: &About) -> Name {
    Name {
        id: about.id.clone(),
        name: about.name.clone(),
        agent: about.owner.agent.clone(),
        session: if about.owner.shared {
            Some("shared".to_owned())
        } else {
            about.owner.session.clone()
        },
    }
}

/// Why there is no engine, where that is so.
fn lost_because(link: &Link) -> Option<String> {
    match link {
        Link::Lost { why } => Some(why.clone()),
        Link::Connecting | Link::Up | Link::Hung => None,
    }
}

/// Who remembers what happened before.
fn remembered_by(model: &Model) -> Option<&'static str> {
    model.reaches.map(|_| match model.recalled {
        Some(_) => "recorder",
        None => "engine",
    })
}

pub fn link_word(link: &Link) -> &'static str {
    match link {
        Link::Connecting => "connecting",
        Link::Up => "up",
        Link::Lost { .. } => "lost",
        Link::Hung => "hung",
    }
}

/// RFC 3339 in UTC, to the millisecond.
pub fn instant(moment: Moment) -> String {
    let milliseconds = moment.0.div_euclid(1_000_000);
    jiff::Timestamp::from_millisecond(milliseconds)
        .map(|stamp| format!("{stamp:.3}"))
        .unwrap_or_default()
}

fn seconds(span: Duration) -> f64 {
    // To the microsecond: what is beyond is noise, and long to read.
    (span.as_secs_f64() * 1e6).round() / 1e6
}
