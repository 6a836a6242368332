//! What an event changes on the screen: at once, at the next beat, or nothing.

use std::time::Duration;

use super::{Live, Pane, Timeline};
use crate::checklist::isolation::of_sandbox;
use crate::checklist::verdict::Level;
use crate::facts::openclaw::Agent;
use crate::headroom::Limit;
use crate::live::alert::Cause;
use crate::live::event::{Event, Moment, Stamped};
use crate::live::model::Model;
use crate::live::note::{News, Note};
use crate::live::sandbox::Sandbox;
use crate::tui::screen::checklist::Filter;

/// A clock that is off by more than this was set, or slept.
const CLOCK: Duration = Duration::from_secs(1);
/// The same cause does not ring again within this time.
const QUIET: Duration = Duration::from_mins(5);

/// What came of an event, for the app.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Heard {
    /// The screen is other than it was.
    pub changed: bool,
    /// What to ring for, in words.
    pub rings: Option<String>,
}

/// What an event may change.
enum Reach {
    /// Rows, and what follows from them.
    All,
    One(String),
    Figures {
        id: String,
        first: bool,
    },
    Header,
}

impl Live {
    pub(super) fn catch_up(&mut self) {
        let notes = std::mem::take(&mut self.model.timeline);
        self.timeline = Timeline::default();
        for note in &notes {
            if note.shown {
                self.timeline.add(note.clone());
            }
        }
        self.model.timeline = notes;
        self.judge_all();
        self.arrange(self.ours(Duration::ZERO));
        self.arrange_gone();
    }

    /// Takes an event in. `now` since the app was opened.
    pub fn tell(&mut self, now: Duration, told: Stamped<Event>) -> Heard {
        self.follow_clock(now, told.at);
        let ours = self.ours(now);
        let reach = self.reach(&told.what);
        let learned = matches!(told.what, Event::Node(_));
        let listed = matches!(told.what, Event::Listed(_) | Event::Node(_));
        let room = self.room();
        let alerts = self.alerts(now).count();
        let notes = self.model.apply(told);
        let mut heard = self.hear(notes);
        match reach {
            Reach::All => {
                if learned {
                    self.judge_all();
                    for one in self.model.sandboxes.values() {
                        heard.changed |= completed(&mut self.timeline, &self.model, one);
                    }
                }
                self.arrange(ours);
                heard.changed |= listed;
            }
            Reach::One(id) => {
                self.judge(&id);
                if let Some(one) = self.model.sandboxes.get(&id) {
                    heard.changed |= completed(&mut self.timeline, &self.model, one);
                }
                self.arrange(ours);
                self.pulse.pending = true;
                heard.changed |= self.sees(&id);
            }
            Reach::Figures { id, first } => {
                let seen = self.sees(&id);
                heard.changed |= seen && first;
                self.pulse.pending |= seen;
                if self.sight.sort.is_measured() || self.sight.grouped {
                    self.pulse.disordered = true;
                    self.pulse.pending = true;
                }
            }
            Reach::Header => self.pulse.pending = true,
        }
        self.pulse.pending |= room != self.room();
        heard.changed |= alerts != self.alerts(now).count();
        heard
    }

    fn reach(&self, event: &Event) -> Reach {
        match event {
            Event::Link(_) | Event::Listed(_) | Event::Happened(_) | Event::Node(_) => Reach::All,
            Event::Detailed(detail) => Reach::One(detail.standing.id.clone()),
            Event::Sampled(sample) => {
                let one = self.model.sandboxes.get(&sample.id);
                Reach::Figures {
                    id: sample.id.clone(),
                    first: one.is_some_and(|one| one.usage.last.is_none()),
                }
            }
            Event::Cost(_) | Event::Answered(_) => Reach::Header,
        }
    }

    fn hear(&mut self, notes: Vec<Note>) -> Heard {
        let mut heard = Heard::default();
        let mut buried = false;
        for note in notes {
            // What is not shown goes to the same list, and may push the oldest out of it.
            if let News::Destroyed | News::Vanished { .. } = &note.what {
                buried = true;
                if let Some(about) = &note.about {
                    self.postures.remove(&about.id);
                }
            }
            if !note.shown {
                continue;
            }
            heard.changed = true;
            if let News::Alert(alert) = &note.what
                && self.rings(alert.cause, note.at)
            {
                heard.rings = Some(alert.words.clone());
            }
            self.timeline.add(note);
        }
        if buried {
            let before = self.gone.len();
            self.arrange_gone();
            heard.changed |= self.gone.len() != before;
        }
        heard
    }

    fn rings(&mut self, cause: Cause, at: Moment) -> bool {
        let quiet = self
            .rang
            .get(&cause)
            .is_some_and(|last| at.since(*last) < QUIET);
        let rings = cause.rings() && !quiet;
        if rings {
            self.rang.insert(cause, at);
        }
        rings
    }

    /// Our clock as the events have it: it goes on while the machine sleeps, and may be set.
    fn follow_clock(&mut self, now: Duration, at: Moment) {
        let ours = self.ours(now);
        let off = ours.since(at).max(at.since(ours));
        if off > CLOCK {
            self.epoch = at.minus(now);
        }
    }

    pub(super) fn room(&self) -> Option<(u64, Limit)> {
        let arithmetic = self.model.headroom.as_ref().ok()?;
        Some((arithmetic.headroom, arithmetic.limit))
    }

    fn judge_all(&mut self) {
        let ids: Vec<String> = self.model.sandboxes.keys().cloned().collect();
        for id in ids {
            self.judge(&id);
        }
    }

    /// How this one is shut in, by the rules of the checklist.
    fn judge(&mut self, id: &str) {
        let node = self.model.node.as_ref();
        let agents: Vec<&Agent> = node
            .and_then(|node| node.agents.as_ref())
            .into_iter()
            .flatten()
            .collect();
        let detail = self
            .model
            .sandboxes
            .get(id)
            .and_then(|one| one.detail.as_ref());
        let Some(detail) = detail else { return };
        let name = &detail.standing.name;
        let mut posture: Vec<(Level, String)> = of_sandbox(&detail.standing, &agents)
            .into_iter()
            .map(|complaint| (complaint.level, without_name(complaint.message, name)))
            .collect();
        posture.sort_by_key(|(level, _)| std::cmp::Reverse(*level));
        // It has the room of the complaints that it was collected from, a kilobyte and more.
        posture.shrink_to_fit();
        self.postures.insert(id.to_owned(), posture);
    }

    /// Whether a step back leads anywhere here, and not out of the app.
    pub fn leads_back(&self) -> bool {
        let sight = &self.sight;
        sight.focus != Pane::Table
            || sight.entry.is_some()
            || sight.detail
            || sight.list == super::List::Gone
            || sight.filter.is_some()
    }

    /// One step back: out of the filter, the pane, the list. False: there is none.
    pub fn back(&mut self) -> bool {
        let sight = &mut self.sight;
        if matches!(sight.filter, Some(Filter { typing: true, .. })) {
            self.refilter(None);
            return true;
        }
        if sight.focus != Pane::Table {
            if sight.focus == Pane::Detail {
                sight.detail = false;
            }
            sight.focus = Pane::Table;
            return true;
        }
        if sight.entry.take().is_some() || std::mem::take(&mut sight.detail) {
            return true;
        }
        if sight.list == super::List::Gone {
            sight.list = super::List::Standing;
            return true;
        }
        if sight.filter.is_some() {
            self.refilter(None);
            return true;
        }
        false
    }
}

/// The name stands above it already.
fn without_name(message: String, name: &str) -> String {
    match message.strip_prefix(name) {
        Some(rest) => rest.trim_start().to_owned(),
        None => message,
    }
}

/// Whether a line about a kill in this one tells more now that its limits are known.
fn completed(timeline: &mut Timeline, model: &Model, one: &Sandbox) -> bool {
    one.ooms > 0 && timeline.complete(one.id(), model.limits(one.id()))
}
