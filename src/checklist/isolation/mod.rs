//! How far the tools of each agent are shut in on this node: which of the three modes is in force
//! (on the host, in the gateway's container, in Docker sandboxes), what each of them gives, and
//! which running sandboxes are none. A pure function of the facts.
//!
//! What is judged is judged by the rules of `judge/sandbox`; here they are put together by agent.
//! What is not known stays unknown with its reason. Called by tui.

mod boxed;
mod gateway;
mod mode;
mod named;
#[cfg(test)]
mod tests;

pub use named::of_sandbox;

use serde_json::Value;

use super::verdict::{Complaint, Evidence, Level, Status};
use crate::facts::openclaw::{Agent, Mode};
use crate::facts::{Facts, Why, WhyKind};
use crate::text::wash;
use mode::Grounds;

/// No text of ours is longer; a name from a container may be.
const LONGEST: usize = 500;

#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// The effective agents, the default one first; then, when there are any, the running
    /// sandboxes that belong to none of them.
    pub subjects: Vec<Subject>,
    /// Why the agents are not known.
    pub agents_unknown: Option<Point>,
    /// Why it is not known which sandboxes run.
    pub sandboxes_unknown: Option<Point>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Subject {
    pub who: Who,
    /// `mode all, one sandbox per session`
    pub policy: String,
    /// Where its tools run, in a few words.
    pub place: String,
    /// Running sandboxes of its that are none, and weak ones, the worst first.
    pub named: Vec<Point>,
    /// What holds for all aspects: the mode, and why it is not known.
    pub mode: Vec<Point>,
    /// The three modes; none for sandboxes without an agent.
    pub columns: Vec<Column>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    Agent(String),
    /// Running sandboxes that belong to no agent of this configuration.
    Nobody,
}

/// One of the three modes, as it is or would be for an agent.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    pub ground: Ground,
    pub force: Force,
    /// In the order of [`Aspect::ALL`].
    pub cells: [Cell; 4],
}

/// Where tools run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ground {
    BareMetal,
    Container,
    Sandboxes,
}

/// Whose sessions a mode holds for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Force {
    Nobody,
    Everybody,
    MainSession,
    OtherSessions,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aspect {
    Tools,
    Files,
    Network,
    Limits,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cell {
    /// A few words.
    pub text: String,
    /// What they rest on; empty where the mode is not in force.
    pub points: Vec<Point>,
}

/// One thing that is so, with what it rests on.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    pub status: Status,
    pub text: String,
    /// What to do next.
    pub hint: Option<String>,
    pub evidence: Vec<Evidence>,
    /// Why it is not known.
    pub unknown: Option<Why>,
}

impl Ground {
    pub const ALL: [Self; 3] = [Self::BareMetal, Self::Container, Self::Sandboxes];

    /// Where there is little room.
    pub fn word(self) -> &'static str {
        match self {
            Self::BareMetal => "bare metal",
            Self::Container => "container",
            Self::Sandboxes => "sandboxes",
        }
    }

    pub fn words(self) -> &'static str {
        match self {
            Self::BareMetal => "bare metal",
            Self::Container => "container (Compose)",
            Self::Sandboxes => "Docker sandboxes",
        }
    }
}

impl Force {
    /// Empty where it is not in force.
    pub fn words(self) -> &'static str {
        match self {
            Self::Nobody => "",
            Self::Everybody => "in force",
            Self::MainSession => "main session",
            Self::OtherSessions => "other sessions",
        }
    }
}

impl Aspect {
    pub const ALL: [Self; 4] = [Self::Tools, Self::Files, Self::Network, Self::Limits];

    pub fn words(self) -> &'static str {
        match self {
            Self::Tools => "Tool isolation",
            Self::Files => "Filesystem",
            Self::Network => "Network",
            Self::Limits => "Resource limits",
        }
    }

    /// Where there is little room.
    pub fn word(self) -> &'static str {
        match self {
            Self::Tools => "tools",
            Self::Files => "files",
            Self::Network => "network",
            Self::Limits => "limits",
        }
    }
}

impl Who {
    pub fn words(&self) -> &str {
        match self {
            Self::Agent(id) => id,
            Self::Nobody => "no agent",
        }
    }
}

impl Subject {
    pub fn points(&self) -> impl Iterator<Item = &Point> {
        let cells = self.columns.iter().flat_map(|column| &column.cells);
        let cells = cells.flat_map(|cell| &cell.points);
        self.named.iter().chain(&self.mode).chain(cells)
    }

    /// The worst of all points.
    pub fn status(&self) -> Status {
        worst(self.points())
    }

    /// How many points about running sandboxes say that one is none.
    pub fn dangers(&self) -> usize {
        let bad = |point: &&Point| point.status == Status::Fail;
        self.named.iter().filter(bad).count()
    }
}

impl Cell {
    fn new(text: impl AsRef<str>) -> Self {
        Self {
            text: wash(text.as_ref(), LONGEST),
            points: Vec::new(),
        }
    }

    pub fn status(&self) -> Status {
        worst(self.points.iter())
    }
}

/// In the order in which a status asks for attention.
fn worst<'a>(points: impl Iterator<Item = &'a Point>) -> Status {
    points
        .map(|point| point.status)
        .max()
        .unwrap_or(Status::Skip)
}

impl Point {
    fn new(status: Status, text: impl AsRef<str>) -> Self {
        Self {
            status,
            text: wash(text.as_ref(), LONGEST),
            hint: None,
            evidence: Vec::new(),
            unknown: None,
        }
    }

    /// Could not be determined; what was not asked for, or has no meaning here, is no doubt.
    fn unknown(what: &str, why: &Why) -> Self {
        let status = match why.kind {
            WhyKind::NotAsked | WhyKind::NotApplicable | WhyKind::Offline => Status::Skip,
            WhyKind::Absent
            | WhyKind::Denied
            | WhyKind::Timeout
            | WhyKind::Unparsable
            | WhyKind::Failed => Status::Error,
        };
        Self {
            unknown: Some(Why::new(why.kind, wash(&why.detail, LONGEST))),
            ..Self::new(status, what)
        }
    }

    fn of(complaint: &Complaint) -> Self {
        let status = match complaint.level {
            Level::Note => Status::Pass,
            Level::Warn => Status::Warn,
            Level::Fail => Status::Fail,
        };
        let point = Self::new(status, &complaint.message);
        match &complaint.hint {
            Some(hint) => point.hint(hint),
            None => point,
        }
    }

    fn hint(mut self, hint: impl AsRef<str>) -> Self {
        self.hint = Some(wash(hint.as_ref(), LONGEST));
        self
    }

    fn evidence(mut self, evidence: Evidence) -> Self {
        self.evidence.push(evidence);
        self
    }
}

/// The facts in the form on disk, so that evidence points at what really stands there.
struct Snapshot(Value);

impl Snapshot {
    fn at(&self, pointer: impl AsRef<str>) -> Evidence {
        let pointer = pointer.as_ref();
        let there = self.0.pointer(pointer);
        // Of a reading that is known, the value says it all.
        match there.and_then(|value| value.get("known")) {
            Some(known) => Evidence::new(&format!("{pointer}/known"), known),
            None => Evidence::new(pointer, there),
        }
    }
}

pub fn picture(facts: &Facts) -> Picture {
    let snapshot = Snapshot(serde_json::to_value(facts).unwrap_or(Value::Null));
    let agents = facts.openclaw.agents.get();
    let known: &[Agent] = agents.as_ref().map_or(&[], |agents| agents.as_slice());
    let mut subjects: Vec<Subject> = known
        .iter()
        .enumerate()
        .map(|(index, agent)| subject(facts, &snapshot, index, agent))
        .collect();
    subjects.extend(named::of_nobody(facts, &snapshot, known));
    Picture {
        subjects,
        agents_unknown: agents
            .err()
            .map(|why| Point::unknown("which agents there are", &why)),
        sandboxes_unknown: facts
            .standing
            .get()
            .err()
            .map(|why| Point::unknown("which sandboxes run", &why)),
    }
}

fn subject(facts: &Facts, snapshot: &Snapshot, index: usize, agent: &Agent) -> Subject {
    let sandbox = &agent.sandbox;
    let base = format!("/openclaw/agents/known/{index}/sandbox");
    let outside = gateway::ground(facts);
    let inside = boxed::ground(agent);
    let grounds = match sandbox.mode {
        Mode::All => Grounds {
            main: inside.clone(),
            others: inside,
        },
        Mode::NonMain => Grounds {
            main: outside,
            others: inside,
        },
        Mode::Off => Grounds {
            main: outside.clone(),
            others: outside,
        },
    };
    let columns = Ground::ALL
        .into_iter()
        .map(|ground| {
            let force = grounds.force(ground);
            let cells = match ground {
                Ground::BareMetal => gateway::bare_metal(facts, snapshot, force),
                Ground::Container => gateway::container(facts, snapshot, force),
                Ground::Sandboxes => boxed::cells(facts, snapshot, &base, agent, force),
            };
            Column {
                ground,
                force,
                cells,
            }
        })
        .collect();
    Subject {
        who: Who::Agent(wash(&agent.id, LONGEST)),
        policy: mode::policy(agent),
        place: mode::place(agent, &grounds),
        named: named::of_agent(facts, snapshot, agent),
        mode: mode::points(snapshot, &base, agent, &grounds),
        columns,
    }
}
