//! One run of repairs: intent, precondition, change, result, proof. Every change is in the journal
//! before it is made, so that a kill at any instant leaves something to go on from.
//!
//! A step that fails takes the steps of its own repair back; other repairs go on. Nothing here
//! prints or asks: what happens is told as [`Event`]s.

use super::apply::{self, Hands, LOOKING, Sight, Trouble};
use super::inverse::Intended;
use super::journal::Journal;
use super::record::{Outcome, Record, Seq};
use super::repair::Repair;
use super::state::{RunState, Stage, Step as StepState};
use super::step::Step;
use crate::deadline::Deadline;
use crate::failure::Failure;

/// What happens in a run, as it happens.
#[derive(Clone, Debug)]
pub enum Event<'a> {
    RepairBegun(&'a Repair),
    StepBegun {
        seq: Seq,
        step: &'a Step,
    },
    /// It stood already as the step would leave it.
    StepAlready {
        step: &'a Step,
    },
    StepDone {
        seq: Seq,
        step: &'a Step,
    },
    StepFailed {
        step: &'a Step,
        trouble: &'a Trouble,
    },
    Undone {
        seq: Seq,
        step: &'a Step,
        /// Why nothing was done about it: what it changed stays.
        stays: Option<&'a str>,
    },
    UndoFailed {
        seq: Seq,
        step: &'a Step,
        trouble: &'a Trouble,
    },
}

/// What became of a repair's steps. Whether the finding is gone is for its check to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Became {
    /// Every step is done; how many of them were to be done at all.
    Applied { steps: usize },
    /// The world has moved on, or it would do harm now. Nothing of it stands.
    Refused(String),
    /// Tried, failed; what was done of it is taken back.
    RolledBack(String),
    /// Tried, failed, and something of it could not be taken back.
    Stuck(String),
}

pub struct Run {
    pub journal: Journal,
    pub state: RunState<Intended>,
    pub hands: Hands,
}

impl Run {
    /// What `undo` calls it.
    pub fn state_id(&self) -> String {
        self.hands.run_id.to_string()
    }

    /// The engine that the step was meant for; the one in force for journals that do not say it.
    fn turn_to(&mut self, intended: &Intended) {
        if let Some(endpoint) = &intended.endpoint {
            self.hands.endpoint = Some(endpoint.clone());
        }
    }

    /// Writes one record, and keeps what it means. Without a journal nothing may go on.
    fn record(&mut self, record: Record<Intended>) -> Result<(), Failure> {
        self.journal.append(&record)?;
        if let Record::Intent { seq, .. } = &record {
            self.hands.seqs.push(*seq);
        }
        self.state.add(record);
        Ok(())
    }

    /// Applies the steps of a repair in their order.
    pub async fn repair(
        &mut self,
        repair: &Repair,
        tell: &mut (dyn FnMut(Event<'_>) + Send),
    ) -> Result<Became, Failure> {
        tell(Event::RepairBegun(repair));
        let mut done: Vec<Seq> = Vec::new();
        for step in &repair.steps {
            match self.step(&repair.id, step, tell).await? {
                Ok(Some(seq)) => done.push(seq),
                Ok(None) => {}
                Err((trouble, left)) => {
                    tell(Event::StepFailed {
                        step,
                        trouble: &trouble,
                    });
                    done.extend(left);
                    done.reverse();
                    let whole = self.take_back(&done, tell).await?;
                    return Ok(match (whole, trouble) {
                        (false, trouble) => Became::Stuck(trouble.to_string()),
                        (true, Trouble::Refused(words)) => Became::Refused(words),
                        (true, Trouble::Failed(words)) => Became::RolledBack(words),
                    });
                }
            }
        }
        Ok(Became::Applied { steps: done.len() })
    }

    /// One step: the sequence number when it was taken, none when there was nothing to do. With
    /// the trouble comes the number of a step that has to be taken back.
    async fn step(
        &mut self,
        repair: &str,
        step: &Step,
        tell: &mut (dyn FnMut(Event<'_>) + Send),
    ) -> Result<Result<Option<Seq>, (Trouble, Option<Seq>)>, Failure> {
        let soon = || Deadline::after(LOOKING);
        match apply::look(step, &mut self.hands, soon()).await {
            Ok(Sight::After) => {
                tell(Event::StepAlready { step });
                return Ok(Ok(None));
            }
            Ok(Sight::Before | Sight::Between(_)) => {}
            Ok(Sight::Elsewhere(words)) => return Ok(Err((Trouble::Refused(words), None))),
            Err(trouble) => return Ok(Err((trouble, None))),
        }
        let seq = self.state.next_seq();
        let inverse = match apply::prepare(step, &mut self.hands, seq, soon()).await {
            Ok(inverse) => inverse,
            Err(trouble) => return Ok(Err((trouble, None))),
        };
        let intended = Intended {
            step: step.clone(),
            inverse,
            endpoint: self.hands.endpoint.clone(),
        };
        tell(Event::StepBegun { seq, step });
        self.record(Record::Intent {
            seq,
            repair: repair.to_owned(),
            step: intended.clone(),
        })?;
        // The intent is on disk: from here on everything can be told from it and the world.
        let applied = match apply::look(step, &mut self.hands, soon()).await {
            Ok(Sight::Before | Sight::Between(_)) => {
                apply::apply(&intended, &mut self.hands, seq).await
            }
            Ok(Sight::After) => apply::left(&intended, &mut self.hands, soon()).await,
            Ok(Sight::Elsewhere(words)) => Err(Trouble::Refused(words)),
            Err(trouble) => Err(trouble),
        };
        match applied {
            Ok(after) => {
                self.record(Record::Done { seq, after })?;
                apply::tidy(step, &mut self.hands, seq).await;
                tell(Event::StepDone { seq, step });
                Ok(Ok(Some(seq)))
            }
            Err(trouble) => {
                let left = self.settle_failure(&intended, seq, &trouble).await?;
                Ok(Err((trouble, left)))
            }
        }
    }

    /// After a step that failed: nothing of it stands, or its number for the taking back.
    async fn settle_failure(
        &mut self,
        intended: &Intended,
        seq: Seq,
        trouble: &Trouble,
    ) -> Result<Option<Seq>, Failure> {
        let sight = apply::stands(intended, &mut self.hands, Deadline::after(LOOKING)).await;
        apply::tidy(&intended.step, &mut self.hands, seq).await;
        let untouched = match (&sight, trouble) {
            (Ok(Sight::Before), _) | (_, Trouble::Refused(_)) => true,
            (Ok(Sight::After | Sight::Between(_) | Sight::Elsewhere(_)) | Err(_), _) => false,
        };
        if untouched {
            self.record(Record::Failed {
                seq,
                error: trouble.to_string(),
            })?;
            return Ok(None);
        }
        Ok(Some(seq))
    }

    /// Takes steps back in the given order. What cannot be taken back stops those that touch the
    /// same thing, and no others. Whether all of it is taken back.
    pub async fn take_back(
        &mut self,
        seqs: &[Seq],
        tell: &mut (dyn FnMut(Event<'_>) + Send),
    ) -> Result<bool, Failure> {
        let mut stuck: Vec<String> = Vec::new();
        for &seq in seqs {
            let Some(known) = self.state.steps.get(&seq) else {
                continue;
            };
            let (intended, after) = (known.step.clone(), known.after.clone());
            let subject = intended.step.subject().to_owned();
            if stuck.contains(&subject) {
                continue;
            }
            self.turn_to(&intended);
            self.record(Record::Undoing { seq })?;
            let soon = Deadline::after(LOOKING);
            let reverted = match apply::calm(&intended.step, &self.hands, soon).await {
                Ok(()) => apply::revert(&intended, after.as_ref(), &mut self.hands, seq).await,
                Err(trouble) => Err(trouble),
            };
            apply::tidy(&intended.step, &mut self.hands, seq).await;
            match reverted {
                Ok(()) => {
                    self.record(Record::Undone { seq })?;
                    tell(Event::Undone {
                        seq,
                        step: &intended.step,
                        stays: intended.inverse.stays(),
                    });
                }
                Err(trouble) => {
                    self.record(Record::UndoFailed {
                        seq,
                        error: trouble.to_string(),
                    })?;
                    tell(Event::UndoFailed {
                        seq,
                        step: &intended.step,
                        trouble: &trouble,
                    });
                    stuck.push(subject);
                }
            }
        }
        Ok(stuck.is_empty())
    }

    /// Brings a run to rest that was killed or interrupted: its last step counts as done where the
    /// world looks as it would leave it; else what was done of its repair is taken back.
    pub async fn settle(
        &mut self,
        tell: &mut (dyn FnMut(Event<'_>) + Send),
    ) -> Result<Settled, Failure> {
        let settled = self.settled(tell).await?;
        // A kill between a result and the tidying that follows it leaves what is to be tidied.
        let done = |(&seq, known): (&Seq, &StepState<Intended>)| {
            (known.stage == Stage::Done).then(|| (seq, known.step.clone()))
        };
        let done: Vec<(Seq, Intended)> = self.state.steps.iter().filter_map(done).collect();
        for (seq, intended) in done {
            self.turn_to(&intended);
            apply::tidy(&intended.step, &mut self.hands, seq).await;
        }
        Ok(settled)
    }

    async fn settled(
        &mut self,
        tell: &mut (dyn FnMut(Event<'_>) + Send),
    ) -> Result<Settled, Failure> {
        let unfinished: Vec<Seq> = self.unfinished();
        let Some(&last) = unfinished.first() else {
            return Ok(Settled::NothingOpen);
        };
        let known = &self.state.steps[&last];
        let (intended, repair, stage) = (
            known.step.clone(),
            known.repair.clone(),
            known.stage.clone(),
        );
        let step = intended.step.clone();
        self.turn_to(&intended);
        if stage == Stage::Intended {
            let soon = || Deadline::after(LOOKING);
            let sight = match apply::calm(&step, &self.hands, soon()).await {
                Ok(()) => apply::stands(&intended, &mut self.hands, soon()).await,
                Err(trouble) => Err(trouble),
            };
            // Everything else is for the taking back to tell.
            let after = match sight {
                Ok(Sight::After) => apply::left(&intended, &mut self.hands, soon()).await.ok(),
                Ok(Sight::Before | Sight::Between(_) | Sight::Elsewhere(_)) | Err(_) => None,
            };
            if let Some(after) = after {
                self.record(Record::Done { seq: last, after })?;
                apply::tidy(&step, &mut self.hands, last).await;
                tell(Event::StepDone {
                    seq: last,
                    step: &step,
                });
                return Ok(Settled::Forward { repair });
            }
        }
        let of_repair: Vec<Seq> = self
            .state
            .to_undo()
            .into_iter()
            .filter(|seq| self.state.steps[seq].repair == repair)
            .collect();
        let whole = self.take_back(&of_repair, tell).await?;
        Ok(if whole {
            Settled::Back { repair }
        } else {
            Settled::Stuck { repair }
        })
    }

    /// Steps without a result, the newest first.
    fn unfinished(&self) -> Vec<Seq> {
        let open = |seq: &Seq| {
            matches!(
                self.state.steps[seq].stage,
                Stage::Intended | Stage::Undoing | Stage::UndoFailed { .. }
            )
        };
        self.state.to_undo().into_iter().filter(open).collect()
    }

    /// What a check says of a repair.
    pub fn verified(&mut self, repair: &str, status: &str) -> Result<(), Failure> {
        self.record(Record::Verified {
            repair: repair.to_owned(),
            status: status.to_owned(),
        })
    }

    pub fn end(&mut self, outcome: Outcome) -> Result<(), Failure> {
        self.record(Record::End { outcome })
    }
}

/// What became of a run that was found unfinished.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settled {
    NothingOpen,
    /// The last step stands.
    Forward {
        repair: String,
    },
    /// What was done of this repair is taken back.
    Back {
        repair: String,
    },
    /// Something of it could not be taken back.
    Stuck {
        repair: String,
    },
}

#[cfg(test)]
#[path = "run/prefixes/tests.rs"]
mod prefixes;
#[cfg(test)]
mod tests;
