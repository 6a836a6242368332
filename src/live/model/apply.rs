//! What each event does to the picture.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::Duration;

use super::gap::traced;
use super::link::about_node;
use super::turn::{call_ended, oom, turned};
use super::{MOST_CALLS, MOST_GONE, MOST_NOTES, Model};
use crate::drift;
use crate::facts::openclaw::Agent;
use crate::live::alert::{Alert, Cause};
use crate::live::call::{Call, PastCall};
use crate::live::event::{
    Detail, Event, Life, Listed, Listing, Moment, Node, Sample, Stamped, Turn,
};
use crate::live::note::{About, News, Note};
use crate::live::sandbox::{Gone, Leaving, Sandbox, State};
use crate::live::scope::{Kind, Owner};

/// What is older than this when it comes is the engine's backlog: told, but nothing to ring for.
const FRESH: Duration = Duration::from_secs(10);
impl Model {
    /// Takes one event in. What came of it stands at the end of the timeline too.
    pub fn apply(&mut self, stamped: Stamped<Event>) -> Vec<Note> {
        let Stamped { at, what } = stamped;
        let mut notes = Vec::new();
        match what {
            Event::Link(link) => self.linked(at, link, &mut notes),
            Event::Listed(listing) => self.listed(at, &listing, &mut notes),
            Event::Detailed(detail) => self.detailed(at, detail, &mut notes),
            Event::Happened(life) => self.happened(at, *life, &mut notes),
            Event::Sampled(sample) => self.sampled(at, *sample, &mut notes),
            Event::Node(node) => self.learned(*node),
            Event::Cost(cost) => self.cost = Some(cost),
            Event::Answered(answered) => self.answered(at, answered, &mut notes),
        }
        self.reckon(at);
        if let Ok(arithmetic) = &self.headroom {
            let limit = arithmetic.limit.word();
            let alert = self.alerts.headroom(at, arithmetic.headroom, limit);
            notes.extend(alert.map(|alert| about_node(at, News::Alert(alert))));
        }
        for note in &mut notes {
            note.shown = self.shows(note.about.as_ref());
            if self.timeline.len() == MOST_NOTES {
                self.timeline.pop_front();
            }
            self.timeline.push_back(note.clone());
        }
        notes
    }

    fn listed(&mut self, at: Moment, listing: &Listing, notes: &mut Vec<Note>) {
        let ids: BTreeSet<&str> = listing.containers.iter().map(|c| c.id.as_str()).collect();
        let vanished: Vec<String> = self
            .sandboxes
            .values()
            .filter(|one| one.seen < listing.asked && one.touched < listing.asked)
            .filter(|one| !ids.contains(one.id()))
            .map(|one| one.id().to_owned())
            .collect();
        let now = self.engine_clock(at);
        for id in vanished {
            notes.extend(self.bury(&id, at, now, Leaving::Vanished));
        }
        for one in &listing.containers {
            if self.is_buried(&one.id) {
                continue;
            }
            self.meet(at, listing.asked, one);
        }
        self.listed = Some(at);
    }

    /// A container of a list.
    fn meet(&mut self, at: Moment, asked: Moment, listed: &Listed) {
        let kind = self.scope.kind(&listed.name, &listed.image, &listed.labels);
        let id = listed.id.clone();
        let (trail, there) = (self.trail(), self.engine_clock(asked));
        let one = self.sandboxes.entry(id).or_insert_with_key(|id| {
            let mut one = Sandbox::new(id, at);
            one.trail = trail;
            one
        });
        one.kind = kind;
        one.about.name.clone_from(&listed.name);
        one.about.owner = Owner::from_labels(&listed.labels);
        one.image.clone_from(&listed.image);
        one.created.get_or_insert(listed.created);
        if one.touched < asked {
            one.state = State::from_word(&listed.state);
            // Of what has ended in a gap its inspection, which comes next, knows more.
            traced(one, one.state, asked, there);
        }
    }

    fn detailed(&mut self, at: Moment, detail: Box<Detail>, notes: &mut Vec<Note>) {
        if self.is_buried(&detail.standing.id) {
            return;
        }
        self.found(at, &detail, notes);
        let kind = self.scope.kind(
            &detail.standing.name,
            &detail.standing.image,
            &detail.labels,
        );
        let id = detail.standing.id.clone();
        let one = self
            .sandboxes
            .entry(id)
            .or_insert_with_key(|id| Sandbox::new(id, at));
        one.kind = kind;
        one.about.name.clone_from(&detail.standing.name);
        one.about.owner = Owner::from_labels(&detail.labels);
        one.image.clone_from(&detail.standing.image);
        one.created = one.created.filter(|_| one.witnessed).or(detail.created);
        let known = one.detail.as_ref().map(|detail| detail.asked);
        if let Some(restarts) = detail.restarts.filter(|_| known <= Some(detail.asked)) {
            one.restarts.counted(restarts);
        }
        if one.touched < detail.asked {
            one.state = State::from_word(&detail.standing.state);
            one.started = detail.started.or(one.started);
            if one.state == State::Exited {
                one.died = detail.finished.or(one.died);
                one.exit_code = detail.exit_code;
            }
            if detail.oom_killed && one.ooms == 0 {
                one.ooms = 1;
                one.oom = detail.finished;
            }
            // Its end may be on its way to us: what is missing twice has ended unheard.
            let missed = std::mem::take(&mut one.missed);
            let is_missing = |call: &&Call| !detail.execs.contains(&call.exec);
            let missing = one.running.iter().filter(is_missing);
            one.missed = missing.map(|call| call.exec.clone()).collect();
            one.running
                .retain(|call| !is_missing(&call) || !missed.contains(&call.exec));
            for exec in detail.execs.iter().filter(|exec| !one.looks.contains(exec)) {
                if !one.running.iter().any(|call| call.exec == *exec) {
                    one.running.push(Call::begun(exec, None, None));
                }
            }
        }
        // An event that came since may have told of anything but this.
        one.started = one.started.or(detail.started);
        let drift = drift_of(self.node.as_ref(), &detail, one.kind);
        one.drift = drift;
        one.detail = Some(detail);
        if one.ooms > 0 {
            let about = one.about.clone();
            self.complete(&about);
        }
    }

    /// What was told of its kills before its cap and the engine's memory were known.
    fn complete(&mut self, about: &About) {
        let (cap, engine) = self.limits(&about.id);
        let mut is_more = false;
        for note in &mut self.timeline {
            is_more |= note.complete(&about.id, cap, engine);
        }
        if is_more {
            let words = oom_words(&about.name, cap, engine);
            self.alerts.reword(Cause::Oom, &about.id, &words);
        }
    }

    /// The memory cap of a sandbox that is there, and the engine's memory, as far as they are known.
    pub fn limits(&self, id: &str) -> (Option<u64>, Option<u64>) {
        let cap = self.sandboxes.get(id).and_then(Sandbox::memory_cap);
        (cap, self.node.as_ref().and_then(|node| node.engine_memory))
    }

    fn learned(&mut self, node: Node) {
        for one in self.sandboxes.values_mut() {
            if let Some(detail) = &one.detail {
                one.drift = drift_of(Some(&node), detail, one.kind);
            }
        }
        self.node = Some(node);
        let killed = self.sandboxes.values().filter(|one| one.ooms > 0);
        let killed: Vec<About> = killed.map(|one| one.about.clone()).collect();
        for about in killed {
            self.complete(&about);
        }
    }

    fn sampled(&mut self, at: Moment, sample: Sample, notes: &mut Vec<Note>) {
        let Some(one) = self.sandboxes.get_mut(&sample.id) else {
            return;
        };
        if !one.state.is_alive() {
            return;
        }
        one.trail.lives(sample.read);
        one.usage.add(at, sample, one.started);
        let is_ours = |_: &f64| one.kind == Kind::Sandbox;
        let (id, name) = (&one.about.id, &one.about.name);
        let memory = one.memory_share().filter(is_ours);
        let memory = memory.and_then(|share| self.alerts.measured(at, id, name, share));
        let pids = one.pids_share().filter(is_ours);
        let pids = pids.and_then(|share| self.alerts.counted(at, id, name, share));
        for alert in memory.into_iter().chain(pids) {
            notes.push(Note {
                stamp: at,
                at,
                about: Some(one.about.clone()),
                shown: true,
                what: News::Alert(alert),
            });
        }
    }

    fn happened(&mut self, at: Moment, life: Life, notes: &mut Vec<Note>) {
        let mut mark = DefaultHasher::new();
        (life.stamp, &life.id, &life.turn).hash(&mut mark);
        if !self.heard.hear(mark.finish()) {
            return;
        }
        if self.is_buried(&life.id) {
            if life.turn == Turn::Oom {
                self.killed_before_it_went(at, &life, notes);
            }
            return;
        }
        self.reaches = Some(self.reaches.map_or(life.stamp, |old| old.min(life.stamp)));
        let kind = self.scope.kind(&life.name, &life.image, &life.labels);
        let one = self
            .sandboxes
            .entry(life.id.clone())
            .or_insert_with_key(|id| {
                let mut one = Sandbox::new(id, at);
                one.kind = kind;
                one.about.owner = Owner::from_labels(&life.labels);
                one
            });
        one.touched = at;
        // A label called `name` forges the name in every event; a list and an inspection do not lie.
        let name = one.about.name.clone();
        if name.is_empty() || matches!(life.turn, Turn::Renamed { .. }) {
            one.about.name = life.name;
        }
        if one.image.is_empty() {
            one.image = life.image;
        }
        let engine_memory = self.node.as_ref().and_then(|node| node.engine_memory);
        let mut past = None;
        if one.hears(&life.turn, life.stamp) {
            return;
        }
        let mut news = match life.turn {
            Turn::Other => return,
            Turn::Looked { exec } => {
                one.looked_at(exec, life.stamp);
                return;
            }
            Turn::CallEnded { exec, .. } if one.looked_away(&exec) => return,
            Turn::Destroyed => {
                self.totals.gone += u64::from(self.scope.shows(kind));
                notes.extend(self.bury(&life.id, at, life.stamp, Leaving::Destroyed));
                return;
            }
            Turn::Renamed { from } => News::Renamed {
                from: if from.is_empty() { name } else { from },
            },
            Turn::CallEnded { exec, exit_code } => {
                let (news, ended) = call_ended(one, &exec, exit_code, life.stamp);
                past = Some(ended);
                news
            }
            Turn::Oom => oom(one, life.stamp, engine_memory),
            turn => turned(one, turn, life.stamp),
        };
        let about = one.about.clone();
        let shown = self.scope.shows(one.kind);
        self.remember(past);
        match &mut news {
            News::Died { .. } => self.calls_cut_off(&life.id, life.stamp),
            News::Oom { victim, .. } => *victim = self.blame(&life.id, life.stamp),
            _ => {}
        }
        self.tell(at, life.stamp, (about, shown), news, notes);
    }

    /// Counts it, alarms if need be, and notes it. Whose it is, and whether that is watched.
    pub(super) fn tell(
        &mut self,
        at: Moment,
        stamp: Moment,
        (about, shown): (About, bool),
        news: News,
        notes: &mut Vec<Note>,
    ) {
        if shown {
            match &news {
                News::Created => self.totals.created += 1,
                News::Oom { .. } => self.totals.ooms += 1,
                News::CallEnded { exit_code, oom, .. } => {
                    self.totals.calls += 1;
                    self.totals.failed += u64::from(*oom || *exit_code != Some(0));
                }
                _ => {}
            }
        }
        let alert = if shown && self.is_fresh(at, stamp) {
            self.alarm(at, &about, &news)
        } else {
            None
        };
        notes.push(Note {
            stamp,
            at,
            about: Some(about.clone()),
            shown: true,
            what: news,
        });
        notes.extend(alert.map(|alert| Note {
            stamp: at,
            at,
            about: Some(about),
            shown: true,
            what: News::Alert(alert),
        }));
    }

    /// Whether what has this stamp has just happened. Else it is told, but nothing to ring for.
    pub(super) fn is_fresh(&self, at: Moment, stamp: Moment) -> bool {
        self.engine_clock(at).since(stamp) < FRESH
    }

    pub(super) fn alarm(&mut self, at: Moment, about: &About, news: &News) -> Option<Alert> {
        match news {
            News::Oom {
                cap, engine_memory, ..
            } => {
                let alert = Alert {
                    cause: Cause::Oom,
                    subject: about.id.clone(),
                    words: oom_words(&about.name, *cap, *engine_memory),
                };
                self.alerts.raise(at, alert)
            }
            News::Died { exit_code, .. } | News::CallEnded { exit_code, .. }
                if exit_code.is_some_and(|code| code != 0) =>
            {
                self.alerts.failed(at, about.owner.group())
            }
            _ => None,
        }
    }

    /// Its running calls end with it; the engine tells nothing of them.
    pub(super) fn calls_cut_off(&mut self, id: &str, stamp: Moment) {
        let Some(one) = self.sandboxes.get_mut(id) else {
            return;
        };
        let about = one.about.clone();
        let cut: Vec<Call> = one.running.drain(..).collect();
        one.made += as_count(cut.len());
        one.failed += as_count(cut.len());
        for mut call in cut {
            call.finish(stamp, None);
            self.remember(Some(PastCall {
                about: about.clone(),
                call,
            }));
        }
    }

    fn remember(&mut self, past: Option<PastCall>) {
        let Some(past) = past else { return };
        if self.past_calls.len() == MOST_CALLS {
            self.past_calls.pop_front();
        }
        self.past_calls.push_back(past);
    }

    fn is_buried(&self, id: &str) -> bool {
        !self.sandboxes.contains_key(id) && self.gone.iter().rev().any(|gone| gone.about.id == id)
    }

    /// Moves a container to those that have gone. `stamp` by the engine's clock.
    fn bury(&mut self, id: &str, at: Moment, stamp: Moment, leaving: Leaving) -> Option<Note> {
        self.calls_cut_off(id, stamp);
        let one = self.sandboxes.remove(id)?;
        self.alerts.gone(id);
        let about = one.about.clone();
        let (last, ended) = (one.trail.last(), one.state == State::Exited);
        if self.gone.len() == MOST_GONE {
            self.gone.pop_front();
        }
        self.gone.push_back(Gone::of(one, stamp, leaving));
        Some(Note {
            stamp,
            at,
            about: Some(about),
            shown: true,
            what: match leaving {
                Leaving::Destroyed => News::Destroyed,
                Leaving::Vanished => News::Vanished { last, ended },
            },
        })
    }
}

/// How a sandbox differs from the configuration; none where there is nothing to compare it with.
fn drift_of(node: Option<&Node>, detail: &Detail, kind: Kind) -> Option<Vec<String>> {
    if kind != Kind::Sandbox {
        return None;
    }
    let node = node?;
    let agents: Vec<&Agent> = node.agents.as_ref()?.iter().collect();
    let mut standing = detail.standing.clone();
    standing.session_key.clone_from(&detail.labels.session_key);
    standing.reference_id = node.images.get(&standing.image).cloned();
    let agent = drift::owner(&standing, &agents)?;
    Some(drift::differences(&standing, agent))
}

/// What a person has to know of an OOM kill. A cap above the engine's own memory is no cap, and
/// raising it is no help.
pub(super) fn oom_words(name: &str, cap: Option<u64>, engine_memory: Option<u64>) -> String {
    use crate::units::Size;
    let of = match (cap, engine_memory) {
        (Some(cap), Some(all)) if cap >= all => {
            format!(
                "its cap of {} is more than the engine's {}",
                Size(cap),
                Size(all)
            )
        }
        (Some(cap), Some(all)) => format!("cap {} of the engine's {}", Size(cap), Size(all)),
        (Some(cap), None) => format!("cap {}", Size(cap)),
        (None, Some(all)) => format!("no cap is known, the engine has {}", Size(all)),
        (None, None) => "no cap is known".to_owned(),
    };
    format!("{name}: killed for memory (OOM), {of}")
}

fn as_count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
