//! One connection to an engine: what is under way on it, and what is asked next.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;

use super::{Feed, Gone};
use crate::deadline::Deadline;
use crate::engine::{Engine, Sample};
use crate::facts::Why;
use crate::facts::docker::Connection;
use crate::live::clock::now;
use crate::live::event::{Detail, Listed, Moment, Node, Question};
use crate::live::stall::WAITED;
use crate::live::survey::survey;
use crate::live::translate;

/// For an answer.
const ANSWER: Duration = Duration::from_secs(3);
/// A 20.10 engine answers at the end of its second, and one that is busy later.
const SAMPLE: Duration = Duration::from_secs(10);
const PING: Duration = Duration::from_secs(2);
/// The node is looked at once what the engine has is listed and inspected, and at the latest then.
const UNSURVEYED: Duration = Duration::from_millis(500);
const SURVEY_BUDGET: Duration = Duration::from_secs(20);
/// After a gap the engine tells what was missed, in its own time: so long after the last of it the
/// list is asked for, and at the latest so long after the beginning. A list that came before would
/// say of what ended in the gap that it vanished.
pub(super) const SETTLED: Duration = Duration::from_millis(100);
const MOST_SETTLING: Duration = Duration::from_secs(1);
/// Inspections under way at the same time, and those with samples; each is a connection of its own,
/// of some 26 KiB. A current engine answers at once, 20.10 for so many samples in each second.
const MOST_DETAILS: usize = 8;
const MOST_ASKED: usize = 16;

/// What came back of something that was asked for.
pub(super) enum Answer {
    /// When it was asked for, and how long that took.
    Listed(Moment, Duration, Result<(Vec<Listed>, Vec<String>), Why>),
    Detailed(Duration, Result<Box<Detail>, Why>),
    Sampled(String, Result<Box<Sample>, Why>),
    Pinged(Duration, Connection),
    Surveyed(Box<Node>),
}

/// One connection to an engine, and what is under way on it.
pub(super) struct Visit {
    pub(super) engine: Engine,
    pub(super) answers: JoinSet<Answer>,
    pub(super) to_inspect: VecDeque<String>,
    pub(super) inspecting: usize,
    pub(super) sampling: usize,
    /// When it was heard last, with whatever it said.
    pub(super) heard: Moment,
    pub(super) pinging: bool,
    pub(super) hung: bool,
    /// When it answered again after a hang.
    pub(super) recovered: Option<Instant>,
    pub(super) next_list: Moment,
    /// Since when a list is waited for, until it was told that it is long.
    pub(super) listing: Option<Instant>,
    /// While what was missed is being told: when it has to be enough.
    pub(super) settling: Option<Moment>,
    pub(super) next_survey: Moment,
    pub(super) next_cost: Moment,
    pub(super) surveying: bool,
    /// What is listed has not been looked at yet, and the node neither.
    first_look: bool,
    /// None once the engine has listed what it has. Before that: what was created lately, which
    /// the list has as well, mostly.
    pub(super) early: Option<BTreeSet<String>>,
    /// Those of them that the first list has not: gone, which the engine is about to say, or made
    /// while it was written. Inspected then, if they are still there.
    pub(super) unlisted: Option<(Moment, BTreeSet<String>)>,
    pub(super) seen_all_now: u32,
}

impl Visit {
    /// `after_gap`: something is known from before.
    pub(super) fn begin(engine: Engine, seen_all_now: u32, after_gap: bool) -> Self {
        let begun = now();
        let wait = if after_gap { SETTLED } else { Duration::ZERO };
        Self {
            engine,
            answers: JoinSet::new(),
            to_inspect: VecDeque::new(),
            inspecting: 0,
            sampling: 0,
            heard: begun,
            pinging: false,
            hung: false,
            recovered: None,
            next_list: begun.plus(wait),
            listing: None,
            settling: after_gap.then(|| begun.plus(MOST_SETTLING)),
            // What is there comes first, and is not kept waiting by what it means.
            next_survey: begun.plus(UNSURVEYED),
            first_look: true,
            early: Some(BTreeSet::new()),
            unlisted: None,
            next_cost: begun,
            surveying: false,
            seen_all_now,
        }
    }

    /// What is new comes first: samples take what inspections leave.
    fn may_sample(&self) -> bool {
        self.sampling + self.inspecting < MOST_ASKED
    }

    /// All that is listed has been looked at.
    fn is_inspected(&self) -> bool {
        self.early.is_none() && self.inspecting == 0 && self.to_inspect.is_empty()
    }
}

impl Feed {
    /// Asks for whatever is due now.
    pub(super) async fn due(&mut self, visit: &mut Visit) -> Result<(), Gone> {
        let at = now();
        let pace = self.watch.pace;
        if at >= visit.next_cost {
            self.cost(at).await?;
            visit.next_cost = at.plus(pace.cost);
        }
        let silent = at.since(visit.heard) >= pace.silence;
        if (silent || visit.hung) && !visit.pinging {
            visit.pinging = true;
            self.questions += 1;
            let engine = visit.engine.clone();
            let pause = if visit.hung {
                pace.retry
            } else {
                Duration::ZERO
            };
            visit.answers.spawn(async move {
                tokio::time::sleep(pause).await;
                // Not our wall clock, which may be set, and goes on while the machine sleeps.
                let begun = Instant::now();
                let connection = engine.ping(Deadline::after(PING)).await;
                Answer::Pinged(begun.elapsed(), connection)
            });
        }
        if visit.hung {
            return Ok(());
        }
        if visit.listing.is_some_and(|since| since.elapsed() >= WAITED) {
            visit.listing = None;
            self.waited(visit, Question::List, WAITED, true).await?;
            // It is asked for again when it has come, or will not.
            visit.next_list = at.plus(pace.list);
        }
        if at >= visit.next_list {
            visit.next_list = at.plus(pace.list);
            visit.settling = None;
            self.questions += 1;
            visit.listing = Some(Instant::now());
            let engine = visit.engine.clone();
            visit.answers.spawn(async move {
                let begun = Instant::now();
                let listed = engine.list("", true, Deadline::after(SAMPLE)).await;
                let listed = listed.map(translate::all_listed);
                Answer::Listed(at, begun.elapsed(), listed)
            });
        }
        let is_first = visit.first_look && visit.is_inspected();
        if (is_first || at >= visit.next_survey) && !visit.surveying {
            visit.first_look = false;
            visit.surveying = true;
            visit.next_survey = at.plus(pace.survey);
            let world = Arc::clone(&self.watch.world);
            visit.answers.spawn(async move {
                let node = survey(world, Deadline::after(SURVEY_BUDGET)).await;
                Answer::Surveyed(Box::new(node))
            });
        }
        if let Some((_, unlisted)) = visit.unlisted.take_if(|(due, _)| at >= *due) {
            visit.to_inspect.extend(unlisted);
        }
        while visit.inspecting < MOST_DETAILS
            && let Some(id) = visit.to_inspect.pop_front()
        {
            visit.inspecting += 1;
            self.questions += 1;
            let engine = visit.engine.clone();
            visit.answers.spawn(async move {
                let begun = Instant::now();
                let details = engine.details(&id, Deadline::after(ANSWER)).await;
                let detail = details.map(|said| Box::new(translate::detail(at, said)));
                Answer::Detailed(begun.elapsed(), detail)
            });
        }
        self.sample(visit, at);
        Ok(())
    }

    fn sample(&mut self, visit: &mut Visit, at: Moment) {
        if !self.samples_now(visit) {
            return;
        }
        let ids = {
            let sight = self.sight.borrow_and_update();
            if sight.all_now != visit.seen_all_now {
                visit.seen_all_now = sight.all_now;
                visit.next_survey = at;
                self.roster.want_all();
            }
            self.roster.due(at, &sight, self.watch.pace)
        };
        for id in ids {
            if !visit.may_sample() {
                break;
            }
            visit.sampling += 1;
            self.samples += 1;
            self.roster.asked(&id);
            let engine = visit.engine.clone();
            visit.answers.spawn(async move {
                let sample = engine.sample(&id, Deadline::after(SAMPLE)).await;
                Answer::Sampled(id, sample.map(Box::new))
            });
        }
    }

    /// Before the first list most of what the engine remembers may be gone, and the answers would
    /// keep the list waiting. Before what is listed has been looked at nobody knows what is on the
    /// screen, and an engine that answers once a second would be asked for other figures first.
    fn samples_now(&self, visit: &Visit) -> bool {
        self.watch.samples && visit.early.is_none() && !visit.first_look
    }

    /// When something is due without anything having come.
    pub(super) fn wake(&self, visit: &Visit) -> Moment {
        let mut wake = visit.next_cost;
        if !visit.pinging {
            wake = wake.min(visit.heard.plus(self.watch.pace.silence));
        }
        if visit.hung {
            return wake;
        }
        if !visit.surveying {
            wake = wake.min(visit.next_survey);
        }
        if let Some((due, _)) = &visit.unlisted {
            wake = wake.min(*due);
        }
        if self.samples_now(visit) && visit.may_sample() {
            let next = self.roster.wake(&self.sight.borrow(), self.watch.pace);
            wake = next.map_or(wake, |next| wake.min(next));
        }
        if let Some(since) = visit.listing {
            let left = WAITED.saturating_sub(since.elapsed());
            wake = wake.min(now().plus(left));
        }
        wake.min(visit.next_list)
    }
}
