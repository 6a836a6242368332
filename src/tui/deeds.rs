//! What the dashboard has done beside watching, as plain data: acts on sandboxes. Ordered by the
//! screen after it has asked, done by the [`Errands`] that cli gives.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::logs;
use crate::live::event::Moment;
use crate::live::model::Model;

/// What is done to a sandbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// The engine asks its program to end, and kills it after its usual grace.
    Stop,
    Kill,
    Pause,
    Unpause,
    /// Through OpenClaw, which keeps a register of its sandboxes.
    Remove,
}

/// What the engine gives a program to end by itself, unless it is told otherwise.
pub const GRACE_SECONDS: u32 = 10;

/// A sandbox by its id: a name may be another's a moment later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    pub id: String,
    pub name: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    pub deed: Deed,
    pub targets: Vec<Target>,
    pub heat: Heat,
}

/// Whether one may be removed that was used a short while ago.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heat {
    ColdOnly,
    AlsoHot,
}

/// What became of one. Words are washed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Became {
    Done,
    /// It was so before.
    Already,
    /// The engine does not have it any more.
    Gone,
    /// It is in no state for it, in the engine's words, or is left alone for this reason.
    Refused(String),
    Failed(String),
    /// No answer within this time: it may still come to be.
    NoAnswer(Duration),
}

/// What OpenClaw says of its sandboxes, asked before one is removed. Words are washed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Register {
    /// Those that it knows, by name.
    pub known: BTreeMap<String, Known>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Since it was used last, when the register was read.
    pub used: Option<Duration>,
}

/// Does what was ordered in a task of its own, and tells of each target once. Dropping the task
/// calls off what has not begun.
pub type Act = Box<dyn Fn(Order, mpsc::Sender<(String, Became)>) -> JoinHandle<()> + Send>;
/// Asks OpenClaw's own command line; or why that cannot be done from here.
pub type Ask = Box<dyn Fn() -> JoinHandle<Result<Register, String>> + Send>;

/// Keeps all that is known now in files; says where, line by line, or why not.
pub type Keep = Box<dyn Fn(&Model, Moment) -> JoinHandle<Result<Vec<String>, String>> + Send>;

/// What is done for the dashboard.
pub struct Errands {
    /// Whether sandboxes may be acted on; else why not.
    pub permission: Result<(), String>,
    pub act: Act,
    pub register: Ask,
    pub logs: logs::Read,
    pub save: logs::Save,
    pub evidence: Keep,
}

impl Deed {
    /// `Stop`, as the beginning of a question.
    pub fn verb(self) -> &'static str {
        match self {
            Self::Stop => "Stop",
            Self::Kill => "Kill",
            Self::Pause => "Pause",
            Self::Unpause => "Unpause",
            Self::Remove => "Remove",
        }
    }

    /// While it is under way.
    pub fn doing(self) -> &'static str {
        match self {
            Self::Stop => "stopping",
            Self::Kill => "killing",
            Self::Pause => "pausing",
            Self::Unpause => "unpausing",
            Self::Remove => "removing",
        }
    }

    /// When it is done.
    pub fn done(self) -> &'static str {
        match self {
            Self::Stop => "stopped",
            Self::Kill => "killed",
            Self::Pause => "paused",
            Self::Unpause => "goes on",
            Self::Remove => "removed",
        }
    }
}
