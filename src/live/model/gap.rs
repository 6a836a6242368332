//! Ends that no event has told of: they stand in the timeline as what was seen afterwards.

use std::time::Duration;

use super::Model;
use super::apply::oom_words;
use crate::live::alert::{Alert, Cause};
use crate::live::event::{Detail, Moment};
use crate::live::note::{News, Note, Seen};
use crate::live::sandbox::{Sandbox, State};
use crate::live::trail::Trail;

impl Model {
    /// The way of a container that is met only now.
    pub(super) fn trail(&self) -> Trail {
        let recorded = self.recalled.map(|recalled| recalled.to);
        let asked = self.listed.or(recorded);
        Trail::missed_since(asked.map(|ours| self.engine_clock(ours)))
    }

    /// An inspection, before it is taken in: the end that it finds.
    pub(super) fn found(&mut self, at: Moment, detail: &Detail, notes: &mut Vec<Note>) {
        let there = self.engine_clock(detail.asked);
        let trail = self.trail();
        let id = &detail.standing.id;
        let one = self.sandboxes.entry(id.clone()).or_insert_with_key(|id| {
            let mut one = Sandbox::new(id, at);
            one.trail = trail;
            one
        });
        if one.touched >= detail.asked {
            return;
        }
        let state = State::from_word(&detail.standing.state);
        if let Some((finished, started)) = restarted(one, state, detail, there) {
            let lifetime = one.started.map(|start| finished.since(start));
            one.trail.told(finished);
            one.trail.lives(there);
            one.latency = None;
            self.calls_cut_off(id, finished);
            let died = News::Died {
                // The engine forgets it with the new start.
                exit_code: None,
                lifetime,
                oom: false,
                seen: Seen::Afterwards,
            };
            self.tell_found(at, finished, false, detail, died, notes);
            let again = News::Started { latency: None };
            self.tell_found(at, started, false, detail, again, notes);
            return;
        }
        if !traced(one, state, detail.asked, there) {
            return;
        }
        let last = one.trail.last();
        if !one.trail.found(detail.finished, there) {
            return;
        }
        let stamp = detail.finished.unwrap_or(there);
        let oom = (detail.oom_killed || one.follows_a_kill(stamp)) && detail.exit_code != Some(0);
        let started = detail.started.or(one.started);
        let news = News::Died {
            exit_code: detail.exit_code,
            lifetime: detail
                .finished
                .zip(started)
                .map(|(end, start)| end.since(start)),
            oom,
            seen: match detail.finished {
                Some(_) => Seen::Afterwards,
                None => Seen::After(last),
            },
        };
        one.usage.stop();
        let unheard = detail.oom_killed && one.ooms == 0;
        self.calls_cut_off(id, stamp);
        self.tell_found(at, stamp, unheard, detail, news, notes);
    }

    fn tell_found(
        &mut self,
        at: Moment,
        stamp: Moment,
        unheard: bool,
        detail: &Detail,
        news: News,
        notes: &mut Vec<Note>,
    ) {
        let Some(one) = self.sandboxes.get(&detail.standing.id) else {
            return;
        };
        let kind = self.scope.kind(
            &detail.standing.name,
            &detail.standing.image,
            &detail.labels,
        );
        let mut about = one.about.clone();
        about.name.clone_from(&detail.standing.name);
        let mut told = Vec::new();
        if self.scope.shows(kind) {
            self.totals.ooms += u64::from(unheard);
            if self.is_fresh(at, stamp) {
                let memory = self.node.as_ref().and_then(|node| node.engine_memory);
                let cap = (detail.standing.memory > 0).then_some(detail.standing.memory);
                let oom = unheard.then(|| Alert {
                    cause: Cause::Oom,
                    subject: about.id.clone(),
                    words: oom_words(&about.name, cap, memory),
                });
                told.extend(oom.and_then(|alert| self.alerts.raise(at, alert)));
                told.extend(self.alarm(at, &about, &news));
            }
        }
        let note = |stamp, what| Note {
            stamp,
            at,
            about: Some(about.clone()),
            shown: true,
            what,
        };
        notes.push(note(stamp, news));
        notes.extend(told.into_iter().map(|alert| note(at, News::Alert(alert))));
    }
}

/// When it ended and when it was started again, where only its inspection knows. A start that is
/// younger than an event may be late is not taken for one that was missed.
fn restarted(
    one: &Sandbox,
    state: State,
    detail: &Detail,
    there: Moment,
) -> Option<(Moment, Moment)> {
    const LATE: Duration = Duration::from_secs(2);
    let before = one.detail.as_ref()?.finished;
    let (finished, started) = (detail.finished?, detail.started?);
    let is_missed = detail.finished > before && one.trail.misses(finished);
    let is_over = state.is_alive() && started >= finished && there.since(started) > LATE;
    (is_missed && is_over).then_some((finished, started))
}

/// What an answer says of a container's state, for its trail. Whether it has ended, for certain,
/// and nothing has told of it.
pub(super) fn traced(one: &mut Sandbox, state: State, asked: Moment, there: Moment) -> bool {
    match state {
        State::Starting | State::Running | State::Paused | State::Restarting => {
            one.trail.lives(there);
            false
        }
        State::Exited => one.trail.ended(asked, there),
        State::Unknown => false,
    }
}
