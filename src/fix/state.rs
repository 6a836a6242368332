//! How far a run is: a pure fold of its records.
//!
//! Every prefix of a journal has an answer, since a run can be killed after any line: which steps
//! may have happened, and in which order they are taken back.

use std::collections::BTreeMap;

use serde_json::Value;

use super::record::{Outcome, Record, Run, Seq};

#[derive(Clone, Debug, PartialEq)]
pub struct RunState<S> {
    /// None only for a journal that lost its first line.
    pub run: Option<Run>,
    pub steps: BTreeMap<Seq, Step<S>>,
    /// What the checks said afterwards, the last word for each repair.
    pub verified: BTreeMap<String, String>,
    /// How the run ended; none while it is open.
    pub outcome: Option<Outcome>,
    /// Records that do not fit to those before them, in words. A run of ours has none.
    pub oddities: Vec<String>,
    /// Sequence numbers in the order of their latest intents.
    order: Vec<Seq>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Step<S> {
    pub repair: String,
    pub step: S,
    pub stage: Stage,
    /// What the step left behind; none until it is done.
    pub after: Option<Value>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Without a result: it may have happened.
    Intended,
    Done,
    Failed {
        error: String,
    },
    /// Undoing has begun without a result.
    Undoing,
    UndoFailed {
        error: String,
    },
    Undone,
}

impl Stage {
    /// Whether the step may have happened and is not taken back.
    pub fn may_stand(&self) -> bool {
        match self {
            Self::Intended | Self::Done | Self::Undoing | Self::UndoFailed { .. } => true,
            Self::Failed { .. } | Self::Undone => false,
        }
    }
}

impl<S> RunState<S> {
    /// Reads the records in their order. Those that make no sense are told in `oddities`.
    pub fn fold(records: impl IntoIterator<Item = Record<S>>) -> Self {
        let mut state = Self {
            run: None,
            steps: BTreeMap::new(),
            verified: BTreeMap::new(),
            outcome: None,
            oddities: Vec::new(),
            order: Vec::new(),
        };
        for record in records {
            state.add(record);
        }
        state
    }

    /// Takes the next record in.
    pub fn add(&mut self, record: Record<S>) {
        match record {
            Record::Run(run) if self.run.is_none() => self.run = Some(run),
            Record::Run(_) => self.oddities.push("the run begins twice".to_owned()),
            Record::Intent { seq, repair, step } => {
                self.outcome = None;
                self.order.retain(|other| *other != seq);
                self.order.push(seq);
                let (stage, after) = (Stage::Intended, None);
                let step = Step {
                    repair,
                    step,
                    stage,
                    after,
                };
                self.steps.insert(seq, step);
            }
            Record::Done { seq, after } => {
                if let Some(step) = self.known(seq, "done") {
                    step.stage = Stage::Done;
                    step.after = Some(after);
                }
            }
            Record::Failed { seq, error } => self.enter(seq, "failed", Stage::Failed { error }),
            Record::Verified { repair, status } => {
                self.verified.insert(repair, status);
            }
            Record::Undoing { seq } => {
                // An ended run that is being undone is open again until that has ended.
                self.outcome = None;
                self.enter(seq, "being undone", Stage::Undoing);
            }
            Record::Undone { seq } => self.enter(seq, "undone", Stage::Undone),
            Record::UndoFailed { seq, error } => {
                self.enter(seq, "not undone", Stage::UndoFailed { error });
            }
            Record::End { outcome } => self.outcome = Some(outcome),
        }
    }

    fn enter(&mut self, seq: Seq, word: &str, stage: Stage) {
        if let Some(step) = self.known(seq, word) {
            step.stage = stage;
        }
    }

    fn known(&mut self, seq: Seq, word: &str) -> Option<&mut Step<S>> {
        let step = self.steps.get_mut(&seq);
        if step.is_none() {
            self.oddities
                .push(format!("step {seq} is {word} and was never intended"));
        }
        step
    }

    /// Whether the run, or the undoing of it, was not brought to an end.
    pub fn is_open(&self) -> bool {
        self.outcome.is_none()
    }

    /// The step at which the run stopped, if nobody knows what became of it.
    pub fn last_intent_without_result(&self) -> Option<Seq> {
        self.order
            .last()
            .copied()
            .filter(|seq| self.steps[seq].stage == Stage::Intended)
    }

    /// What undoing takes back, the newest first: every step that may have happened.
    pub fn to_undo(&self) -> Vec<Seq> {
        self.order
            .iter()
            .rev()
            .copied()
            .filter(|seq| self.steps[seq].stage.may_stand())
            .collect()
    }

    /// The number for the next step.
    pub fn next_seq(&self) -> Seq {
        self.steps.keys().next_back().map_or(1, |last| last + 1)
    }
}

#[cfg(test)]
mod tests;
