//! The live picture: what is there, what has gone, what happened. A reducer: events go in by
//! [`Model::apply`], notes on what came of each go out, and all that is shown, streamed, recorded
//! or measured is read from here. The same events give the same picture.
//!
//! It bears what a reconnecting feed does: events that come twice, lists that are older than the
//! events around them, ends that fell into a gap.

mod apply;
mod gap;
mod late;
mod link;
mod recall;
mod turn;

use std::collections::{BTreeMap, HashSet, VecDeque};

use super::alert::Alerts;
use super::call::PastCall;
use super::event::{Cost, Event, Link, Listing, Moment, Node, Stamped};
use super::note::{About, Note};
use super::sandbox::{Gone, Sandbox};
use super::scope::{Kind, Scope};
use super::stall::Stall;
use crate::headroom::{Arithmetic, Calls as Used, Headroom, IDLE_AFTER, Input, Occupant};

/// What has gone that is remembered, notes of the timeline, and calls that have ended.
const MOST_GONE: usize = 2000;
const MOST_NOTES: usize = 5000;
const MOST_CALLS: usize = 5000;
/// Events that are known again when they come twice. An engine keeps 256 to tell anew.
const MOST_HEARD: usize = 4096;

#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    pub scope: Scope,
    pub link: Link,
    /// Since when the link is so, by our clock.
    pub link_since: Moment,
    /// Whether it is slow to answer, while the link is up.
    pub stall: Stall,
    /// When the engine listed its containers last, by our clock: before that nothing is known, and
    /// an empty list says nothing.
    pub listed: Option<Moment>,
    /// Everything that is there, by id; sandboxes and others.
    pub sandboxes: BTreeMap<String, Sandbox>,
    /// The newest last.
    pub gone: VecDeque<Gone>,
    pub timeline: VecDeque<Note>,
    pub past_calls: VecDeque<PastCall>,
    pub totals: Totals,
    pub alerts: Alerts,
    pub node: Option<Node>,
    pub cost: Option<Cost>,
    /// The oldest stamp of an event that was told: how far back the picture reaches.
    pub reaches: Option<Moment>,
    /// The time that a recording told of, if the picture opened with one.
    pub recalled: Option<Recalled>,
    /// How many more fit, or why that cannot be said.
    pub headroom: Result<Arithmetic, String>,
    rules: Headroom,
    heard: Heard,
}

/// From when to when a recording told what happened, by our clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recalled {
    pub from: Moment,
    pub to: Moment,
}

/// Counts since the watching began, what the engine's backlog told included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    pub created: u64,
    pub gone: u64,
    pub ooms: u64,
    pub calls: u64,
    pub failed: u64,
}

/// Events that were taken in, so that those told again are known.
#[derive(Clone, Debug, Default, PartialEq)]
struct Heard {
    known: HashSet<u64>,
    order: VecDeque<u64>,
}

impl Heard {
    /// Whether it is new.
    fn hear(&mut self, mark: u64) -> bool {
        if !self.known.insert(mark) {
            return false;
        }
        if self.order.len() == MOST_HEARD
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
        self.order.push_back(mark);
        true
    }
}

impl Model {
    pub fn new(scope: Scope, rules: Headroom) -> Self {
        Self {
            scope,
            link: Link::Connecting,
            link_since: Moment::default(),
            stall: Stall::default(),
            listed: None,
            sandboxes: BTreeMap::new(),
            gone: VecDeque::new(),
            timeline: VecDeque::new(),
            past_calls: VecDeque::new(),
            totals: Totals::default(),
            alerts: Alerts::default(),
            node: None,
            cost: None,
            reaches: None,
            recalled: None,
            headroom: Err("the node has not been looked at yet".to_owned()),
            rules,
            heard: Heard::default(),
        }
    }

    /// What the engine's clock shows when ours shows this. The two are taken for one until the
    /// node has told how they differ.
    pub fn engine_clock(&self, ours: Moment) -> Moment {
        let ahead = self.node.as_ref().and_then(|node| node.clock).unwrap_or(0);
        Moment(ours.0.saturating_add(ahead))
    }

    /// What is shown, in the order of its creation.
    pub fn shown(&self) -> impl Iterator<Item = &Sandbox> {
        let shows = |sandbox: &&Sandbox| self.scope.shows(sandbox.kind);
        self.sandboxes.values().filter(shows)
    }

    pub fn shown_gone(&self) -> impl DoubleEndedIterator<Item = &Gone> {
        self.gone.iter().filter(|gone| self.scope.shows(gone.kind))
    }

    /// Whether it is about what is shown, or about the node. A container that has just gone is among
    /// the dead.
    fn shows(&self, about: Option<&About>) -> bool {
        let kind = |about: &About| {
            let there = self.sandboxes.get(&about.id).map(|one| one.kind);
            let gone = || {
                let mut gone = self.gone.iter().rev();
                gone.find(|one| one.about.id == about.id)
                    .map(|one| one.kind)
            };
            there.or_else(gone)
        };
        about.is_none_or(|about| kind(about).is_some_and(|kind| self.scope.shows(kind)))
    }

    /// Calls that run now in all that is shown.
    pub fn running_calls(&self) -> usize {
        self.shown().map(|sandbox| sandbox.running.len()).sum()
    }

    /// Whether no call has run in it for a minute. `now` by our clock.
    pub fn is_idle(&self, sandbox: &Sandbox, now: Moment) -> bool {
        let now = self.engine_clock(now);
        sandbox
            .idle_since()
            .is_some_and(|since| now.since(since) >= IDLE_AFTER)
    }

    /// When calls ran in it, for the arithmetic. One that none was seen in since the watching
    /// began may have run one shortly before that.
    fn last_used(&self, sandbox: &Sandbox, now: Moment) -> Used {
        let Some(since) = sandbox.idle_since() else {
            return Used::Running;
        };
        let clock = self.engine_clock(now);
        let seconds = clock.since(since).as_secs();
        let is_over = self.is_idle(sandbox, now);
        if sandbox.used.is_some() || !is_over {
            return Used::Over { seconds };
        }
        let heard = clock.since(self.reaches.unwrap_or(clock));
        let watched = now.since(self.link_since);
        Used::NoneKnown {
            seconds: heard.max(watched).as_secs(),
        }
    }

    /// Events that give the picture of what is there now, for the beginning of a recording. What
    /// has gone and what happened is not in it.
    pub fn keyframe(&self, at: Moment) -> Vec<Stamped<Event>> {
        let mut events = vec![Event::Link(self.link.clone())];
        events.extend(self.node.clone().map(|node| Event::Node(Box::new(node))));
        if self.listed.is_some() {
            let containers = self.sandboxes.values().map(Sandbox::as_listed).collect();
            events.push(Event::Listed(Listing {
                asked: at,
                containers,
            }));
        }
        for one in self.sandboxes.values() {
            if let Some(detail) = &one.detail {
                let mut detail = detail.clone();
                detail.asked = at;
                one.state.word().clone_into(&mut detail.standing.state);
                detail.execs = one.running.iter().map(|call| call.exec.clone()).collect();
                events.push(Event::Detailed(detail));
            }
            if let Some((_, sample)) = &one.usage.last {
                events.push(Event::Sampled(Box::new(sample.clone())));
            }
        }
        events
            .into_iter()
            .map(|what| Stamped { at, what })
            .collect()
    }

    /// Reckons the headroom anew. A container that was not measured yet makes it unknown, unless
    /// it is so young that its cap is what counts.
    fn reckon(&mut self, now: Moment) {
        let room = match &self.node {
            None => Err("the node has not been looked at yet".to_owned()),
            Some(node) => node.room.clone().ok_or_else(|| {
                let why = node.room_unknown.clone();
                why.unwrap_or_else(|| "the node did not say".to_owned())
            }),
        };
        self.headroom = room.and_then(|room| {
            let input = self.load(room, now)?;
            Ok(self.rules.compute(&input))
        });
    }

    fn load(&self, mut room: Input, now: Moment) -> Result<Input, String> {
        let gateway = self.node.as_ref().and_then(|node| node.gateway.as_deref());
        room.others = 0;
        room.sandboxes.clear();
        let mut unmeasured = 0_usize;
        for sandbox in self.sandboxes.values().filter(|s| s.state.is_alive()) {
            let memory = sandbox.usage.memory();
            match sandbox.kind {
                Kind::Sandbox => {
                    // What stood before the watching began is young to us alone.
                    let young = sandbox.witnessed && now.since(sandbox.seen) < IDLE_AFTER;
                    let known = memory.is_some() && sandbox.is_inspected();
                    if !known && !young {
                        unmeasured += 1;
                    }
                    room.sandboxes.push(Occupant {
                        working_set: memory.unwrap_or(0),
                        cap: sandbox.memory_cap(),
                        peak: sandbox.usage.peak,
                        calls: if known {
                            self.last_used(sandbox, now)
                        } else {
                            Used::Running
                        },
                    });
                }
                Kind::Other if gateway.is_some_and(|id| id == sandbox.about.id) => {}
                Kind::Other => match memory {
                    Some(memory) => room.others = room.others.saturating_add(memory),
                    None => unmeasured += 1,
                },
            }
        }
        if unmeasured > 0 {
            return Err(match unmeasured {
                1 => "1 container has not been measured yet".to_owned(),
                _ => format!("{unmeasured} containers have not been measured yet"),
            });
        }
        Ok(room)
    }
}

#[cfg(test)]
pub(super) mod tests;
