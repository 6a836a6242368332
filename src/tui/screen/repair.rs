//! Repairs on the checklist screen: the plan of the last look, what is marked, the dialog that is
//! open, and the run that is under way. `choice` says which repairs a key means, `asking` what
//! keys and news do.

mod asking;
mod choice;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::fix::repair::{Plan, Repair};
use crate::tui::keys::Place;
use crate::tui::mending::{Former, Order, Past, Progress};

pub use asking::{command, opens, planned, told};
pub use choice::{is_marked, offer, word};

#[derive(Default)]
pub struct Repairs {
    /// What can be done about what the last look found; none while that is not known.
    pub plan: Option<Box<Plan>>,
    /// Ids of checks.
    pub marked: BTreeSet<String>,
    pub past: Past,
    /// Under way, or ended and still on the screen.
    pub running: Option<Running>,
    /// Consented to, and waiting for administrator rights.
    waiting: Option<(Order, Box<Progress>)>,
    /// The administrator needs no `sudo`.
    pub is_root: bool,
}

/// A run of repairs, or the taking back of one.
pub struct Running {
    pub progress: Box<Progress>,
    pub begun: Duration,
    /// When what is under way has begun.
    pub since: Duration,
    /// When it was over.
    pub ended: Option<Duration>,
    /// The person wants no more of it.
    pub is_stopping: bool,
}

/// What a dialog is about.
#[derive(Clone, Debug, PartialEq)]
pub enum Talk {
    /// What will run, before it is asked for.
    Consent(Consent),
    /// What will be taken back, before it is asked for.
    TakeBack(Former),
    /// A run that was interrupted.
    Interrupted(Former),
    /// The run, and what became of it.
    Run { asks_to_stop: bool, follows: bool },
    /// Something to read.
    Note { title: String, lines: Vec<String> },
    /// The page of a check, as `clawdoctor explain` has it.
    Explained { id: String, text: String },
}

/// Questions about repairs: one for all that are safe, then one for each other.
#[derive(Clone, Debug, PartialEq)]
pub struct Consent {
    /// In the order of the plan.
    pub all: Vec<Repair>,
    /// Indices into `all`.
    pub asks: Vec<Vec<usize>>,
    pub at: usize,
    /// Index into `all` → yes or no.
    pub answers: BTreeMap<usize, Reply>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    Yes,
    No,
}

/// What the runtime is to do for repairs.
#[derive(Clone, Debug, PartialEq)]
pub enum Cmd {
    /// Look what earlier runs have left.
    Past(Then),
    /// Leave the screen, and let `sudo` ask.
    Rights,
    Begin(Box<Order>, Box<Progress>),
    /// Bring what is under way to rest, and end.
    Stop,
    /// Columns.
    Explain {
        id: String,
        width: usize,
    },
}

/// What earlier runs are looked at for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// The app was opened.
    Greet,
    /// Something was done.
    Know,
    /// It is to be taken back.
    TakeBack,
}

/// News for repairs.
#[derive(Clone, Debug)]
pub enum Msg {
    Past(Then, Box<Past>),
    /// `sudo` has been asked; what it gave, the run finds out itself.
    Asked,
    Progress(Box<Progress>),
    /// The run has ended and given everything back; why it broke, if it did.
    Over(Option<String>),
    Explained {
        id: String,
        text: String,
    },
}

impl Repairs {
    /// Whether something is being done.
    pub fn is_under_way(&self) -> bool {
        self.running.as_ref().is_some_and(Running::is_under_way)
    }

    /// Where keys go while this is open.
    pub fn place(&self, talk: &Talk) -> Place {
        let is_under_way = self.is_under_way();
        match talk {
            Talk::Consent(_) | Talk::TakeBack(_) => Place::Asking,
            Talk::Interrupted(_) => Place::Interrupted,
            Talk::Run {
                asks_to_stop: true, ..
            } if is_under_way => Place::Asking,
            Talk::Run { .. } if is_under_way => Place::Working,
            Talk::Run { .. } | Talk::Note { .. } | Talk::Explained { .. } => Place::Reading,
        }
    }
}

impl Running {
    /// Whether something is still being done.
    pub fn is_under_way(&self) -> bool {
        self.ended.is_none()
    }
}

impl Talk {
    /// The person has scrolled: what is under way is not followed any more.
    pub fn led(&mut self) {
        if let Self::Run { follows, .. } = self {
            *follows = false;
        }
    }
}

impl Consent {
    /// The repairs that are asked about now.
    pub fn asked(&self) -> Vec<&Repair> {
        let now = self.asks.get(self.at).map_or(&[][..], Vec::as_slice);
        now.iter().map(|index| &self.all[*index]).collect()
    }
}

#[cfg(test)]
#[path = "repair/tests.rs"]
mod tests;
