//! What a sandbox is doing, as a person would say it: the engine's state, and what of it matters.

use super::event::Moment;
use super::model::Model;
use super::sandbox::{Gone, Sandbox, State};

/// In the order in which a sorted table has them: what is going on first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Doing {
    Starting,
    Restarting,
    /// A call runs in it.
    Busy,
    Running,
    /// No call has run in it for a while.
    Idle,
    Paused,
    Exited {
        code: Option<i64>,
        /// The kernel killed it for memory: 137 alone is no evidence of that.
        oom: bool,
    },
    Unknown,
}

impl Doing {
    /// One of each that looks other than the rest, for a legend.
    pub const ALL: [Self; 11] = [
        Self::Starting,
        Self::Restarting,
        Self::Busy,
        Self::Running,
        Self::Idle,
        Self::Paused,
        Self::exited(Some(0), false),
        Self::exited(Some(1), false),
        Self::exited(Some(137), true),
        Self::exited(None, false),
        Self::Unknown,
    ];

    const fn exited(code: Option<i64>, oom: bool) -> Self {
        Self::Exited { code, oom }
    }

    /// What its symbol tells.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Starting => "made, and not started yet",
            Self::Restarting => "the engine starts it again",
            Self::Busy => "a tool call runs in it",
            Self::Running => "it runs, and no call in it",
            Self::Idle => "no call has run in it for a while",
            Self::Paused => "held by the engine until it is let go on",
            Self::Exited { oom: true, .. } => "the kernel killed it for memory",
            Self::Exited { code: Some(0), .. } => "it ended well",
            Self::Exited { code: Some(_), .. } => "it ended with an error, or was killed",
            Self::Exited { code: None, .. } => "it ended, its exit code is not known",
            Self::Unknown => "the engine says what we do not know",
        }
    }

    /// `now` by our clock.
    pub fn of(sandbox: &Sandbox, model: &Model, now: Moment) -> Self {
        match sandbox.state {
            State::Starting => Self::Starting,
            State::Restarting => Self::Restarting,
            State::Running if !sandbox.running.is_empty() => Self::Busy,
            State::Running if model.is_idle(sandbox, now) => Self::Idle,
            State::Running => Self::Running,
            State::Paused => Self::Paused,
            State::Exited => Self::Exited {
                code: sandbox.exit_code,
                oom: sandbox.died_of_memory(),
            },
            State::Unknown => Self::Unknown,
        }
    }

    pub fn word(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Restarting => "restarting",
            Self::Busy => "busy",
            Self::Running => "running",
            Self::Idle => "idle",
            Self::Paused => "paused",
            Self::Exited { oom: true, .. } => "oom",
            Self::Exited { oom: false, .. } => "exited",
            Self::Unknown => "unknown",
        }
    }

    /// Ended otherwise than well.
    pub fn failed(self) -> bool {
        match self {
            Self::Exited { code, oom } => oom || code != Some(0),
            Self::Starting
            | Self::Restarting
            | Self::Busy
            | Self::Running
            | Self::Idle
            | Self::Paused
            | Self::Unknown => false,
        }
    }
}

/// How one that has gone ended.
pub fn end_of(gone: &Gone) -> Doing {
    let killed = gone.exit_code != Some(0);
    Doing::Exited {
        code: gone.exit_code,
        oom: gone.oom && killed,
    }
}
