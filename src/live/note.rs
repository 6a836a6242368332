//! What came of an event: the timeline of the screen, the lines of `watch --json`, and what alerts
//! are made of.

use std::time::Duration;

use super::alert::Alert;
use super::event::{Answered, Link, Moment};
use super::scope::Owner;

/// One line of the timeline.
#[derive(Clone, Debug, PartialEq)]
pub struct Note {
    /// When it happened: by the engine's clock for what the engine told, else by ours.
    pub stamp: Moment,
    /// When we learnt of it, by our clock.
    pub at: Moment,
    /// Which container, unless it is about the node.
    pub about: Option<About>,
    /// About the node, or about a container that is watched. Settled when it is made: the picture
    /// forgets what has gone, and its notes stay.
    pub shown: bool,
    pub what: News,
}

impl Note {
    /// An OOM kill that the engine told before it could be asked about its container: the cap of
    /// that container, once it is known, and the engine's memory. What was known then stays. Whether
    /// it tells more now.
    pub fn complete(&mut self, id: &str, limits: Option<u64>, engine: Option<u64>) -> bool {
        let is_of = |about: &About| about.id == id;
        if let News::Oom {
            cap, engine_memory, ..
        } = &mut self.what
            && self.about.as_ref().is_some_and(is_of)
        {
            let before = (*cap, *engine_memory);
            *cap = cap.or(limits);
            *engine_memory = engine_memory.or(engine);
            return before != (*cap, *engine_memory);
        }
        false
    }

    /// Whether it is the end of this, which is known to be one for memory from now on.
    pub fn mend(&mut self, id: &str, victim: &Victim) -> bool {
        let is_of = |about: &About| about.id == id;
        if !self.about.as_ref().is_some_and(is_of) {
            return false;
        }
        let oom = match (&mut self.what, victim) {
            (News::CallEnded { exec, oom, .. }, Victim::Call { exec: ended }) if exec == ended => {
                oom
            }
            (News::Died { oom, .. }, Victim::Container) => oom,
            _ => return false,
        };
        *oom = true;
        true
    }
}

/// What a kill for memory ended, where that was told before the kill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Victim {
    Call { exec: String },
    Container,
}

/// A container, as far as a line has to name it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    pub id: String,
    pub name: String,
    pub owner: Owner,
}

/// How an end was learnt of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// The engine told of it.
    Told,
    /// What told of it was lost; an inspection knows when it was.
    Afterwards,
    /// An inspection knows only that it was before the stamp of the note, and after this.
    After(Option<Moment>),
}

#[derive(Clone, Debug, PartialEq)]
pub enum News {
    Created,
    Started {
        /// From the `create` event to the `start` event.
        latency: Option<Duration>,
    },
    Paused,
    Unpaused,
    /// The kernel killed something in it for memory.
    Oom {
        /// Bytes; none = no cap, or not known which.
        cap: Option<u64>,
        /// The most memory that was seen in it.
        peak: Option<u64>,
        engine_memory: Option<u64>,
        /// What it ended, where that was told first.
        victim: Option<Victim>,
    },
    Killed {
        signal: String,
    },
    Died {
        exit_code: Option<i64>,
        lifetime: Option<Duration>,
        oom: bool,
        seen: Seen,
    },
    Stopped,
    Restarted,
    Renamed {
        from: String,
    },
    Updated,
    Health {
        status: String,
    },
    Destroyed,
    /// It was there, and the engine lists it no more: its removal fell into a gap, and so did its
    /// end, unless that was told.
    Vanished {
        /// When it was last known to be there; by the stamp of the note it was not.
        last: Option<Moment>,
        ended: bool,
    },
    CallStarted {
        exec: String,
        command: Option<String>,
    },
    CallEnded {
        exec: String,
        exit_code: Option<i64>,
        duration: Option<Duration>,
        oom: bool,
    },
    Link(Link),
    /// The engine is slow to answer.
    Stalled {
        answered: Answered,
    },
    /// It is prompt again.
    StallOver {
        took: Duration,
        worst: Duration,
        lasted: Duration,
    },
    Alert(Alert),
}

impl News {
    /// Something that a person looks for in an incident.
    pub fn is_trouble(&self) -> bool {
        match self {
            Self::Oom { .. }
            | Self::Stalled { .. }
            | Self::Alert(_)
            | Self::Vanished { ended: false, .. } => true,
            Self::Died { exit_code, oom, .. } | Self::CallEnded { exit_code, oom, .. } => {
                *oom || exit_code.is_some_and(|code| code != 0)
            }
            Self::Link(link) => matches!(link, Link::Lost { .. } | Link::Hung),
            Self::Health { status } => status.contains("unhealthy"),
            Self::Created
            | Self::Started { .. }
            | Self::Paused
            | Self::Unpaused
            | Self::Killed { .. }
            | Self::Stopped
            | Self::Restarted
            | Self::Renamed { .. }
            | Self::Updated
            | Self::Destroyed
            | Self::StallOver { .. }
            | Self::Vanished { ended: true, .. }
            | Self::CallStarted { .. } => false,
        }
    }
}
