//! A container that is there, as the live picture knows it, and one that has gone.

use std::time::Duration;

use super::call::{Call, Ended};
use super::event::{Detail, Listed, Moment, Turn};
use super::note::About;
use super::scope::{Kind, Labels, Owner};
use super::trail::Trail;
use super::usage::Usage;

/// A death so soon after the kernel's kill is its consequence. Measured: 50 to 130 ms.
pub const OOM_TO_DEATH: Duration = Duration::from_secs(2);

/// Looks of OpenClaw's that are remembered: their ends may never be told.
const MOST_LOOKS: usize = 16;

/// What a container is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// Created, not started yet: its clock runs.
    Starting,
    Running,
    Paused,
    Restarting,
    /// Ended and still there.
    Exited,
    /// A word of the engine that is not known here.
    Unknown,
}

impl State {
    pub fn from_word(word: &str) -> Self {
        match word {
            "created" | "starting" => Self::Starting,
            "running" => Self::Running,
            "paused" => Self::Paused,
            "restarting" => Self::Restarting,
            "exited" | "dead" | "removing" | "stopped" | "stopping" => Self::Exited,
            _ => Self::Unknown,
        }
    }

    pub fn word(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Restarting => "restarting",
            Self::Exited => "exited",
            Self::Unknown => "unknown",
        }
    }

    /// Whether it holds memory and can use the processor.
    pub fn is_alive(self) -> bool {
        match self {
            Self::Running | Self::Paused => true,
            Self::Starting | Self::Restarting | Self::Exited | Self::Unknown => false,
        }
    }
}

/// A container of the engine. Stamps are the engine's, but for `seen` and
/// `touched`.
#[derive(Clone, Debug, PartialEq)]
pub struct Sandbox {
    pub about: About,
    pub kind: Kind,
    pub image: String,
    pub state: State,
    /// When we first knew of it, by our clock.
    pub seen: Moment,
    /// When an event about it came last, by our clock: what was asked for earlier is older news.
    pub touched: Moment,
    pub trail: Trail,
    pub created: Option<Moment>,
    /// Its creation was told by an event, to the nanosecond: only then is its start a measurement, and
    /// only then are its calls all that there were.
    pub witnessed: bool,
    pub started: Option<Moment>,
    pub latency: Option<Duration>,
    pub died: Option<Moment>,
    pub exit_code: Option<i64>,
    /// When something in it was killed for memory last, and how often that was seen.
    pub oom: Option<Moment>,
    pub ooms: u32,
    pub restarts: Restarts,
    /// Running calls.
    pub running: Vec<Call>,
    /// Of them, those that the last inspection did not know of.
    pub missed: Vec<String>,
    /// Commands of OpenClaw's own that run: no calls, and their ends are none.
    pub looks: Vec<String>,
    pub made: u64,
    pub failed: u64,
    /// When a call ended last, or a turn looked at it.
    pub used: Option<Moment>,
    pub usage: Usage,
    /// None until it was inspected.
    pub detail: Option<Box<Detail>>,
    /// How it differs from what the configuration would make today; none where that is not known.
    pub drift: Option<Vec<String>>,
}

/// How often a container was started again. Engines count what their policy does, and begin anew
/// when somebody restarts it (moby, `ResetRestartManager`): that they only tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Restarts {
    /// By the engine's last count; none until it was inspected.
    counted: Option<u64>,
    /// What that count does not have.
    beside: u64,
}

impl Restarts {
    pub fn told(&mut self) {
        self.beside = self.beside.saturating_add(1);
    }

    pub fn counted(&mut self, count: u64) {
        let lost = self.counted.replace(count).filter(|last| *last > count);
        self.beside = self.beside.saturating_add(lost.unwrap_or(0));
    }

    /// All; none until it was inspected.
    pub fn all(self) -> Option<u64> {
        Some(self.counted?.saturating_add(self.beside))
    }
}

impl Sandbox {
    pub fn new(id: &str, seen: Moment) -> Self {
        Self {
            about: About {
                id: id.to_owned(),
                ..About::default()
            },
            kind: Kind::Other,
            image: String::new(),
            state: State::Unknown,
            seen,
            touched: Moment(i64::MIN),
            trail: Trail::default(),
            created: None,
            witnessed: false,
            started: None,
            latency: None,
            died: None,
            exit_code: None,
            oom: None,
            ooms: 0,
            restarts: Restarts::default(),
            running: Vec::new(),
            missed: Vec::new(),
            looks: Vec::new(),
            made: 0,
            failed: 0,
            used: None,
            usage: Usage::default(),
            detail: None,
            drift: None,
        }
    }

    pub fn id(&self) -> &str {
        &self.about.id
    }

    /// What an event tells of its end or its life. Whether it tells only what was found before it
    /// came: then the code is all that it may add.
    pub fn hears(&mut self, turn: &Turn, stamp: Moment) -> bool {
        match turn {
            Turn::Died { exit_code } => {
                let is_echo = self.trail.is_echo(stamp);
                if is_echo {
                    self.exit_code = self.exit_code.or(*exit_code);
                } else {
                    self.trail.told(stamp);
                }
                return is_echo;
            }
            Turn::Created
            | Turn::Started
            | Turn::Paused
            | Turn::Unpaused
            | Turn::CallStarted { .. }
            | Turn::Looked { .. } => self.trail.lives(stamp),
            // These may come behind its end.
            Turn::Oom
            | Turn::Killed { .. }
            | Turn::Stopped
            | Turn::Restarted
            | Turn::Renamed { .. }
            | Turn::Updated
            | Turn::Destroyed
            | Turn::Health { .. }
            | Turn::CallEnded { .. }
            | Turn::Other => {}
        }
        false
    }

    /// A command of OpenClaw's own begins. An inspection may have taken it for a call.
    pub fn looked_at(&mut self, exec: String, stamp: Moment) {
        self.running.retain(|call| call.exec != exec);
        if self.looks.len() == MOST_LOOKS {
            self.looks.remove(0);
        }
        self.looks.push(exec);
        self.used = self.used.max(Some(stamp));
    }

    /// Whether what ends is a command of OpenClaw's own.
    pub fn looked_away(&mut self, exec: &str) -> bool {
        let at = self.looks.iter().position(|look| look == exec);
        at.map(|at| self.looks.remove(at)).is_some()
    }

    /// Whether a death at this moment is what the kernel's last kill for memory in it led to.
    pub fn follows_a_kill(&self, death: Moment) -> bool {
        self.oom.is_some_and(|oom| death.since(oom) < OOM_TO_DEATH)
    }

    /// Whether the kernel's kill for memory was its end. 137 alone is no evidence of that, nor is a
    /// call of long before that was killed in it.
    pub fn died_of_memory(&self) -> bool {
        let of_memory = match (self.oom, self.died, &self.detail) {
            (Some(_), Some(died), _) => self.follows_a_kill(died),
            // Some engines say so of one that runs on, too, when a call in it was killed.
            (_, _, Some(detail)) => {
                detail.oom_killed && State::from_word(&detail.standing.state) == State::Exited
            }
            (_, _, None) => false,
        };
        of_memory && self.exit_code != Some(0)
    }

    pub fn owner(&self) -> &Owner {
        &self.about.owner
    }

    /// Calls in it that are over.
    pub fn ended(&self) -> Ended {
        Ended {
            made: self.made,
            failed: self.failed,
            cut: !self.witnessed,
        }
    }

    /// Bytes; none = no cap, or not known yet (see [`Self::is_inspected`]).
    pub fn memory_cap(&self) -> Option<u64> {
        let detail = self.detail.as_ref()?;
        (detail.standing.memory > 0).then_some(detail.standing.memory)
    }

    /// CPUs.
    pub fn cpu_cap(&self) -> Option<f64> {
        let detail = self.detail.as_ref()?;
        (detail.standing.cpus > 0.0).then_some(detail.standing.cpus)
    }

    pub fn pids_cap(&self) -> Option<u64> {
        let detail = self.detail.as_ref()?;
        u64::try_from(detail.standing.pids_limit)
            .ok()
            .filter(|limit| *limit > 0)
    }

    pub fn is_inspected(&self) -> bool {
        self.detail.is_some()
    }

    /// As the engine would list it.
    pub fn as_listed(&self) -> Listed {
        let mut labels = match &self.detail {
            Some(detail) => detail.labels.clone(),
            None => Labels::default(),
        };
        if self.kind == Kind::Sandbox && labels.sandbox.is_none() {
            labels.sandbox = Some("1".to_owned());
        }
        Listed {
            id: self.about.id.clone(),
            name: self.about.name.clone(),
            image: self.image.clone(),
            state: self.state.word().to_owned(),
            created: self.created.unwrap_or_default(),
            labels,
        }
    }

    /// A part of its cap; none without a cap or a figure.
    pub fn memory_share(&self) -> Option<f64> {
        let cap = self.memory_cap()?;
        Some(super::usage::as_float(self.usage.memory()?) / super::usage::as_float(cap))
    }

    /// As [`Self::memory_share`], of the processes that it may run.
    pub fn pids_share(&self) -> Option<f64> {
        let cap = self.pids_cap()?;
        Some(super::usage::as_float(self.usage.pids()?) / super::usage::as_float(cap))
    }

    /// How long it ran, by the engine's clock. `now` by the engine's clock too.
    pub fn uptime(&self, now: Moment) -> Option<Duration> {
        let end = self.died.filter(|_| !self.state.is_alive()).unwrap_or(now);
        Some(end.since(self.started?))
    }

    /// Since when no call ran in it; none while one runs or when none was seen.
    pub fn idle_since(&self) -> Option<Moment> {
        if self.running.is_empty() {
            self.used.or(self.started)
        } else {
            None
        }
    }
}

/// How a container left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leaving {
    /// The engine told that it was removed.
    Destroyed,
    /// The engine lists it no more.
    Vanished,
}

/// A container that has gone. Stamps are the engine's.
#[derive(Clone, Debug, PartialEq)]
pub struct Gone {
    pub about: About,
    pub kind: Kind,
    pub image: String,
    pub created: Option<Moment>,
    pub started: Option<Moment>,
    pub died: Option<Moment>,
    pub gone: Moment,
    pub leaving: Leaving,
    /// From start to death, else from creation to removal.
    pub lifetime: Option<Duration>,
    pub latency: Option<Duration>,
    pub exit_code: Option<i64>,
    /// It died of the kernel's kill for memory.
    pub oom: bool,
    pub peak: Option<u64>,
    pub memory_cap: Option<u64>,
    pub ended: Ended,
}

impl Gone {
    pub fn of(sandbox: Sandbox, gone: Moment, leaving: Leaving) -> Self {
        let lifetime = match (sandbox.started, sandbox.died, sandbox.created, leaving) {
            (Some(started), Some(died), _, _) if died >= started => Some(died.since(started)),
            (Some(started), _, _, Leaving::Destroyed) => Some(gone.since(started)),
            (None, _, Some(created), Leaving::Destroyed) => Some(gone.since(created)),
            _ => None,
        };
        Self {
            lifetime,
            memory_cap: sandbox.memory_cap(),
            ended: sandbox.ended(),
            oom: sandbox.died_of_memory(),
            kind: sandbox.kind,
            image: sandbox.image,
            created: sandbox.created,
            started: sandbox.started,
            died: sandbox.died,
            gone,
            leaving,
            latency: sandbox.latency,
            exit_code: sandbox.exit_code,
            peak: sandbox.usage.peak,
            about: sandbox.about,
        }
    }
}
