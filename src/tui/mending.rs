//! A run of repairs, or the taking back of one, as the screen knows it: what was ordered, how far
//! it is, and what earlier runs have left. Plain data and a pure fold of what the run tells; the
//! run itself is done by whoever gave the [`super::Hands`].

use std::collections::VecDeque;

use crate::fix::apply::News;
use crate::fix::outcome::{RepairReport, RestartWord};
use crate::fix::record::Seq;
use crate::fix::repair::Repair;
use crate::fix::run::Event;
use crate::fix::words::{self, Undoing};
use crate::text::wash;

/// Characters of one line of foreign words.
const LONGEST: usize = 400;
/// Last lines of a program that are kept.
const LINES: usize = 3;
/// Layers that are kept; an image may have a hundred.
const LAYERS: usize = 128;

/// What the person has consented to.
#[derive(Clone, Debug, PartialEq)]
pub enum Order {
    Mend {
        /// In the order of their plan.
        repairs: Vec<Repair>,
        /// Shown, and not wanted: what waits for them is left.
        declined: Vec<Repair>,
    },
    /// These steps of this run, and no others.
    TakeBack { run: String, steps: Vec<Seq> },
    /// The run was interrupted: its last step stands where the world looks so, else its repair is
    /// taken back.
    Settle { run: String },
}

/// What earlier runs have left.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Past {
    /// The newest run that was interrupted.
    pub open: Option<Former>,
    /// The newest run that has something to take back.
    pub last: Option<Former>,
    /// Somebody else is at work: who.
    pub held: Option<String>,
    /// Why it cannot be told.
    pub trouble: Option<String>,
}

/// A run that was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Former {
    pub run: String,
    /// RFC 3339 in UTC; empty where its journal does not say.
    pub started_at: String,
    /// Ids of its repairs.
    pub repairs: Vec<String>,
    /// What undoing takes back, in its order.
    pub steps: Vec<(Seq, Undoing)>,
    /// Something of it is taken back by the administrator alone.
    pub needs_root: bool,
    /// Why it cannot be taken back from here.
    pub refused: Option<String>,
}

/// How far a run is. The run folds what happens into it, and the screen sees the newest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Progress {
    pub run: Option<String>,
    pub parts: Vec<Part>,
    /// What is under way beside the steps.
    pub phase: Option<String>,
    /// The last lines of what a program says.
    pub lines: VecDeque<String>,
    pub layers: Vec<Layer>,
    pub waiting: Option<String>,
    /// What happened that belongs to no step.
    pub notes: Vec<String>,
    pub end: Option<End>,
}

/// One repair, or all that is taken back.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    pub id: String,
    pub title: String,
    pub steps: Vec<Work>,
    pub stage: Stage,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Stage {
    Waits,
    Runs,
    /// Its check is being made again.
    Checked,
    Became(Box<RepairReport>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Work {
    pub effect: String,
    pub seq: Option<Seq>,
    pub state: WorkState,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WorkState {
    Waits,
    Runs,
    /// It stood so already.
    Already,
    Done,
    Failed(String),
    TakenBack,
    /// Nothing takes it back: why.
    Stays(String),
    NotTakenBack(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    pub name: String,
    pub state: String,
    pub current: Option<u64>,
    pub total: Option<u64>,
}

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// What became of each part stands with it.
    Done {
        restarts: Vec<RestartWord>,
        words: String,
    },
    /// The person stopped it; what was half done is brought to rest.
    Stopped,
    Failed {
        words: String,
        hints: Vec<String>,
    },
}

impl Progress {
    /// Before anything has happened. `shown` are the steps of the run that is taken back.
    pub fn of(order: &Order, shown: Option<&Former>) -> Self {
        let parts = match order {
            Order::Mend { repairs, .. } => repairs.iter().map(Part::of).collect(),
            Order::TakeBack { run, .. } => {
                let steps = shown.iter().flat_map(|former| &former.steps);
                let work = |(seq, undoing): &(Seq, Undoing)| Work {
                    effect: wash(&undoing.effect, LONGEST),
                    seq: Some(*seq),
                    state: WorkState::Waits,
                };
                vec![Part {
                    id: String::new(),
                    title: format!("take back the run {run}"),
                    steps: steps.map(work).collect(),
                    stage: Stage::Runs,
                }]
            }
            Order::Settle { .. } => Vec::new(),
        };
        Self {
            parts,
            ..Self::default()
        }
    }

    /// Where it is: a change of it begins a new count of the seconds.
    pub fn at(&self) -> (usize, usize) {
        let past = |part: &&Part| matches!(part.stage, Stage::Became(_));
        let steps = self.parts.iter().flat_map(|part| &part.steps);
        let done = steps.filter(|work| !matches!(work.state, WorkState::Waits | WorkState::Runs));
        (self.parts.iter().filter(past).count(), done.count())
    }

    /// Nothing is under way.
    pub fn quiet(&mut self) {
        self.phase = None;
        self.waiting = None;
        self.lines.clear();
        self.layers.clear();
    }

    pub fn phase(&mut self, words: &str) {
        self.quiet();
        self.phase = Some(wash(words, LONGEST));
    }

    pub fn verifying(&mut self) {
        self.quiet();
        if let Some(part) = self.running() {
            part.stage = Stage::Checked;
        }
    }

    pub fn note(&mut self, words: &str) {
        self.notes.push(wash(words, LONGEST));
    }

    fn running(&mut self) -> Option<&mut Part> {
        let runs = |part: &&mut Part| matches!(part.stage, Stage::Runs | Stage::Checked);
        self.parts.iter_mut().find(runs)
    }

    /// The step at which the running part is.
    fn step(&mut self) -> Option<&mut Work> {
        let open = |work: &&mut Work| matches!(work.state, WorkState::Waits | WorkState::Runs);
        self.running()?.steps.iter_mut().find(open)
    }

    fn with(&mut self, seq: Seq) -> Option<&mut Work> {
        let mut works = self.parts.iter_mut().flat_map(|part| &mut part.steps);
        works.find(|work| work.seq == Some(seq))
    }

    pub fn event(&mut self, event: &Event<'_>) {
        match event {
            Event::RepairBegun(repair) => {
                self.quiet();
                let found = self.parts.iter_mut().find(|part| part.id == repair.id);
                if let Some(part) = found {
                    part.stage = Stage::Runs;
                }
            }
            Event::StepBegun { seq, .. } => {
                self.quiet();
                if let Some(work) = self.step() {
                    work.seq = Some(*seq);
                    work.state = WorkState::Runs;
                }
            }
            Event::StepAlready { .. } => self.stepped(WorkState::Already),
            Event::StepDone { seq, step } => {
                self.quiet();
                match self.with(*seq) {
                    Some(work) => work.state = WorkState::Done,
                    None => self.note(&format!("done: {}", words::effect(step))),
                }
            }
            Event::StepFailed { trouble, .. } => {
                self.stepped(WorkState::Failed(wash(&trouble.to_string(), LONGEST)));
            }
            Event::Undone { seq, step, stays } => {
                let state = stays.map_or(WorkState::TakenBack, |why| {
                    WorkState::Stays(wash(why, LONGEST))
                });
                let told = match &state {
                    WorkState::Stays(why) => {
                        format!("stays as it is: {}: {why}", words::effect(step))
                    }
                    _ => format!("taken back: {}", words::effect(step)),
                };
                self.undone(*seq, state, &told);
            }
            Event::UndoFailed { seq, step, trouble } => {
                let told = format!("not taken back: {}: {trouble}", words::effect(step));
                let why = wash(&trouble.to_string(), LONGEST);
                self.undone(*seq, WorkState::NotTakenBack(why), &told);
            }
        }
    }

    fn stepped(&mut self, state: WorkState) {
        self.quiet();
        if let Some(work) = self.step() {
            work.state = state;
        }
    }

    /// A step that failed half-way keeps that it did: why is of more use than that it is gone.
    fn undone(&mut self, seq: Seq, state: WorkState, told: &str) {
        self.quiet();
        match self.with(seq) {
            Some(work) => match (&work.state, &state) {
                (WorkState::Failed(_), WorkState::TakenBack) => {}
                _ => work.state = state,
            },
            None => self.note(told),
        }
    }

    pub fn news(&mut self, news: &News) {
        match news {
            News::Line(text) => {
                self.lines.push_back(wash(text, LONGEST));
                while self.lines.len() > LINES {
                    self.lines.pop_front();
                }
            }
            News::Waiting { what, seconds } => {
                self.waiting = Some(format!("waiting for {}, {seconds} s", wash(what, LONGEST)));
            }
            News::Layer {
                layer,
                state,
                current,
                total,
            } => {
                let name = wash(layer, 40);
                let known = self.layers.iter().position(|one| one.name == name);
                let fresh = Layer {
                    name,
                    state: wash(state, 40),
                    current: *current,
                    total: *total,
                };
                match known {
                    Some(index) => self.layers[index] = fresh,
                    None if self.layers.len() < LAYERS => self.layers.push(fresh),
                    None => {}
                }
            }
        }
    }

    pub fn became(&mut self, report: &RepairReport) {
        self.quiet();
        let mut parts = self.parts.iter_mut();
        if let Some(part) = parts.find(|part| part.id == report.id) {
            part.stage = Stage::Became(Box::new(report.clone()));
        } else {
            let mut part = Part {
                id: report.id.clone(),
                title: wash(&report.title, LONGEST),
                steps: Vec::new(),
                stage: Stage::Waits,
            };
            part.stage = Stage::Became(Box::new(report.clone()));
            self.parts.push(part);
        }
    }
}

impl Part {
    fn of(repair: &Repair) -> Self {
        let work = |step| Work {
            effect: wash(&words::effect(step), LONGEST),
            seq: None,
            state: WorkState::Waits,
        };
        Self {
            id: repair.id.clone(),
            title: wash(&repair.title, LONGEST),
            steps: repair.steps.iter().map(work).collect(),
            stage: Stage::Waits,
        }
    }
}

#[cfg(test)]
#[path = "mending/tests.rs"]
mod tests;
