//! What the live picture is made from: events with the time at which they were learnt. A recording
//! is a list of these, and the same list gives the same picture, on any machine.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::scope::Labels;
use crate::facts::openclaw::Agent;
use crate::facts::sandbox::Standing;
use crate::headroom;

/// An instant on a wall clock: nanoseconds since the Unix epoch.
///
/// There are two such clocks, ours and the engine's (of the VM on a Mac), and they may differ. Spans
/// are only taken between stamps of the same clock; see `clock` for ages.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Moment(pub i64);

impl Moment {
    /// Zero when `earlier` is later.
    pub fn since(self, earlier: Self) -> Duration {
        let nanos = self.0.saturating_sub(earlier.0);
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(0))
    }

    #[must_use]
    pub fn plus(self, span: Duration) -> Self {
        let nanos = i64::try_from(span.as_nanos()).unwrap_or(i64::MAX);
        Self(self.0.saturating_add(nanos))
    }

    #[must_use]
    pub fn minus(self, span: Duration) -> Self {
        let nanos = i64::try_from(span.as_nanos()).unwrap_or(i64::MAX);
        Self(self.0.saturating_sub(nanos))
    }
}

/// What was learnt, and when by our clock.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stamped<T> {
    pub at: Moment,
    #[serde(flatten)]
    pub what: T,
}

/// One piece of news. Texts are washed before they get here.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Event {
    Link(Link),
    /// Everything the engine has, as it lists it.
    Listed(Listing),
    /// One container, inspected.
    Detailed(Box<Detail>),
    /// The engine said that something happened to a container.
    Happened(Box<Life>),
    Sampled(Box<Sample>),
    /// What the node offers and how OpenClaw is configured.
    Node(Box<Node>),
    /// What watching costs.
    Cost(Cost),
    /// How long the engine took to answer; told where that says something.
    Answered(Answered),
}

/// What the engine was asked, and how long it took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Answered {
    pub question: Question,
    pub milliseconds: u64,
    /// The answer is not there yet.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub waits: bool,
}

impl Answered {
    pub fn took(self) -> Duration {
        Duration::from_millis(self.milliseconds)
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Question {
    #[default]
    List,
    Inspection,
    Ping,
}

impl Question {
    /// `an inspection`
    pub fn words(self) -> &'static str {
        match self {
            Self::List => "a list",
            Self::Inspection => "an inspection",
            Self::Ping => "a ping",
        }
    }

    pub fn code(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Inspection => "inspection",
            Self::Ping => "ping",
        }
    }
}

/// The way to the engine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "state")]
pub enum Link {
    /// Asked, and not answered yet.
    Connecting,
    Up,
    /// Nobody listens, or the connection broke.
    Lost {
        why: String,
    },
    /// It accepts a connection and does not answer.
    Hung,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Listing {
    /// When it was asked for, by our clock: what came up later may be missing in it.
    pub asked: Moment,
    pub containers: Vec<Listed>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Listed {
    pub id: String,
    pub name: String,
    pub image: String,
    /// `created`, `running`, `paused`, `restarting`, `exited`, `dead`, `removing`, by the engine's
    /// word.
    pub state: String,
    /// By the engine's clock, to the second.
    pub created: Moment,
    pub labels: Labels,
}

/// What only an inspection tells.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Detail {
    /// When it was asked for, by our clock: what happened later is not in it.
    pub asked: Moment,
    pub standing: Standing,
    pub labels: Labels,
    pub created: Option<Moment>,
    pub started: Option<Moment>,
    pub finished: Option<Moment>,
    pub exit_code: Option<i64>,
    /// The engine's own word, which stays false when only a tool call was killed.
    pub oom_killed: bool,
    /// None: the engine does not count them.
    pub restarts: Option<u64>,
    /// The commands that run in it at this moment.
    pub execs: Vec<String>,
}

/// An event of the engine about one container.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Life {
    pub id: String,
    /// By the engine's clock.
    pub stamp: Moment,
    pub turn: Turn,
    pub name: String,
    pub image: String,
    pub labels: Labels,
}

/// What happened to a container, or to a command in it (a tool call).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Turn {
    Created,
    Started,
    Paused,
    Unpaused,
    Oom,
    Killed {
        signal: String,
    },
    Died {
        exit_code: Option<i64>,
    },
    Stopped,
    Restarted,
    Renamed {
        from: String,
    },
    Updated,
    Destroyed,
    Health {
        status: String,
    },
    CallStarted {
        exec: String,
        /// Only where the user asked for it: command lines may hold secrets.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        command: Option<String>,
    },
    CallEnded {
        exec: String,
        exit_code: Option<i64>,
    },
    /// OpenClaw looks at a sandbox's mounts before a turn: a command, and no call.
    Looked {
        exec: String,
    },
    /// Of no consequence for the picture.
    #[default]
    Other,
}

/// What one container used at one instant. None: the engine did not say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Sample {
    pub id: String,
    /// When the engine took it, by its clock.
    pub read: Moment,
    /// CPU time since the container's start, in nanoseconds.
    pub cpu: Option<u64>,
    pub throttled: Option<u64>,
    /// Bytes, as `docker stats` counts them.
    pub memory: Option<u64>,
    pub memory_limit: Option<u64>,
    pub pids: Option<u64>,
    pub received: Option<u64>,
    pub sent: Option<u64>,
    pub disk_read: Option<u64>,
    pub disk_written: Option<u64>,
}

/// What the node offers, and what OpenClaw's configuration wants of sandboxes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Node {
    /// `docker-desktop 4.90.0`
    pub engine: Option<String>,
    /// The engine's clock less ours, in nanoseconds.
    pub clock: Option<i64>,
    pub engine_memory: Option<u64>,
    pub engine_cpus: Option<u32>,
    /// None where the configuration could not be read: why stands in `agents_unknown`.
    pub agents: Option<Vec<Agent>>,
    pub agents_unknown: Option<String>,
    /// Image reference → the id that it leads to now.
    pub images: BTreeMap<String, String>,
    /// The container that is the gateway, where it is one.
    pub gateway: Option<String>,
    /// What the headroom starts from, but for what runs; none where it cannot be known, for the
    /// reason beside it.
    pub room: Option<headroom::Input>,
    pub room_unknown: Option<String>,
}

/// What watching cost since the last such message, or at it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Cost {
    /// Our own CPU time by the time that passed: 1 = one core.
    pub cores: f64,
    /// Bytes that we hold in memory.
    pub resident: Option<u64>,
    /// Samples and other questions that the engine was asked.
    pub samples: u32,
    pub questions: u32,
    /// Samples that were dropped because nobody took them.
    pub dropped: u32,
    /// Seconds that these numbers are about.
    pub seconds: f64,
}
