//! Playing a recording: where in it we are, forward at any speed, step by step, from incident to
//! incident, and back. It knows no clock: whoever shows it says how much time has passed.
//!
//! Back is forward from a kept picture, so that it is the same picture that playing gave.

use std::time::Duration;

use super::event::{Event, Moment, Stamped};
use super::model::Model;
use super::note::{News, Note};

/// Pictures that are kept for going back.
const MOST_KEPT: usize = 16;
/// Nearer together than so many events they save nothing.
const LEAST_APART: usize = 2000;

/// How fast it plays, as a fraction: from a quarter of the real speed to 64 times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Speed(usize);

const SPEEDS: [(u32, u32, &str); 9] = [
    (1, 4, "1/4x"),
    (1, 2, "1/2x"),
    (1, 1, "1x"),
    (2, 1, "2x"),
    (4, 1, "4x"),
    (8, 1, "8x"),
    (16, 1, "16x"),
    (32, 1, "32x"),
    (64, 1, "64x"),
];

impl Default for Speed {
    fn default() -> Self {
        Self(2)
    }
}

impl Speed {
    #[must_use]
    pub fn faster(self) -> Self {
        Self((self.0 + 1).min(SPEEDS.len() - 1))
    }

    #[must_use]
    pub fn slower(self) -> Self {
        Self(self.0.saturating_sub(1))
    }

    /// `1/4x`, `1x`, `64x`
    pub fn word(self) -> &'static str {
        SPEEDS[self.0].2
    }

    fn of(self, span: Duration) -> Duration {
        let (times, by, _) = SPEEDS[self.0];
        span.saturating_mul(times) / by
    }
}

/// A recording that is being looked at.
#[derive(Clone, Debug)]
pub struct Replay {
    events: Vec<Stamped<Event>>,
    /// When each was learnt; never going back, whatever the clock did.
    instants: Vec<Moment>,
    opening: Model,
    begin: Moment,
    /// The picture, with the events before `next` in it.
    model: Model,
    next: usize,
    now: Moment,
    is_playing: bool,
    speed: Speed,
    /// Pictures with so many events in them, in order.
    kept: Vec<(usize, Model)>,
    apart: usize,
    /// Events that brought trouble, of the first `searched`.
    incidents: Vec<usize>,
    searched: usize,
}

impl Replay {
    /// At the beginning, not playing. `opening` is the picture that was there then.
    pub fn new(opening: Model, begin: Moment, events: Vec<Stamped<Event>>) -> Self {
        let mut last = begin;
        let instants: Vec<Moment> = events
            .iter()
            .map(|event| {
                last = last.max(event.at);
                last
            })
            .collect();
        Self {
            apart: LEAST_APART.max(events.len() / MOST_KEPT),
            events,
            instants,
            model: opening.clone(),
            opening,
            begin,
            next: 0,
            now: begin,
            is_playing: false,
            speed: Speed::default(),
            kept: Vec::new(),
            incidents: Vec::new(),
            searched: 0,
        }
    }

    pub fn model(&self) -> &Model {
        &self.model
    }

    /// The instant that is shown, by the clock of the recording.
    pub fn now(&self) -> Moment {
        self.now
    }

    pub fn begin(&self) -> Moment {
        self.begin
    }

    pub fn end(&self) -> Moment {
        self.instants.last().copied().unwrap_or(self.begin)
    }

    /// How many events are in the picture.
    pub fn position(&self) -> usize {
        self.next
    }

    pub fn is_at_end(&self) -> bool {
        self.next == self.events.len() && self.now >= self.end()
    }

    pub fn is_playing(&self) -> bool {
        self.is_playing
    }

    /// Plays, or pauses; at the end, plays from the beginning.
    pub fn toggle(&mut self) {
        self.is_playing = !self.is_playing;
        if self.is_playing && self.is_at_end() {
            self.seek(self.begin);
        }
    }

    pub fn pause(&mut self) {
        self.is_playing = false;
    }

    pub fn speed(&self) -> Speed {
        self.speed
    }

    pub fn set_speed(&mut self, speed: Speed) {
        self.speed = speed;
    }

    /// So much time has passed for whoever looks: what happened meanwhile. At the end it pauses.
    pub fn advance(&mut self, passed: Duration) -> Vec<Note> {
        if !self.is_playing {
            return Vec::new();
        }
        let until = self.now.plus(self.speed.of(passed)).min(self.end());
        let notes = self.run_to(until);
        self.is_playing = !self.is_at_end();
        notes
    }

    /// When the next event is due for whoever looks; none when none is, or it is paused.
    pub fn due(&self) -> Option<Duration> {
        let next = self.instants.get(self.next).filter(|_| self.is_playing)?;
        let (times, by, _) = SPEEDS[self.speed.0];
        Some(next.since(self.now).saturating_mul(by) / times)
    }

    /// Goes to the next event that something is told of, and pauses; to the end if there is none.
    pub fn step(&mut self) -> Vec<Note> {
        self.until(|_| true)
    }

    /// Goes to the next trouble in what is shown, and pauses; to the end if there is none.
    pub fn next_incident(&mut self) -> Vec<Note> {
        self.until(News::is_trouble)
    }

    /// Goes back to the trouble before this instant, and pauses. Whether there is one.
    pub fn previous_incident(&mut self) -> bool {
        self.is_playing = false;
        // The one that is being looked at is the last event that was taken in.
        let before = |index: &&usize| **index + 1 < self.next;
        let Some(index) = self.incidents.iter().rev().find(before).copied() else {
            return false;
        };
        self.go_to(index + 1);
        self.now = self.instants[index];
        true
    }

    /// Goes to an instant: everything up to it has happened. Playing goes on from there.
    pub fn seek(&mut self, instant: Moment) {
        let instant = instant.clamp(self.begin, self.end());
        let count = self.instants.partition_point(|at| *at <= instant);
        self.go_to(count);
        self.now = instant;
    }

    fn until(&mut self, is_wanted: impl Fn(&News) -> bool) -> Vec<Note> {
        self.is_playing = false;
        while self.next < self.events.len() {
            self.now = self.now.max(self.instants[self.next]);
            let notes = self.take_next();
            if notes.iter().any(|note| is_wanted(&note.what)) {
                return notes;
            }
        }
        self.now = self.end();
        Vec::new()
    }

    fn run_to(&mut self, instant: Moment) -> Vec<Note> {
        let mut notes = Vec::new();
        while self
            .instants
            .get(self.next)
            .is_some_and(|at| *at <= instant)
        {
            notes.extend(self.take_next());
        }
        self.now = self.now.max(instant);
        notes
    }

    /// So many events are in the picture.
    fn go_to(&mut self, count: usize) {
        if count < self.next {
            let kept = self.kept.iter().rev().find(|(at, _)| *at <= count);
            (self.next, self.model) = kept.map_or_else(
                || (0, self.opening.clone()),
                |(at, model)| (*at, model.clone()),
            );
        }
        while self.next < count {
            self.take_next();
        }
    }

    /// Takes one event in: what is told of it.
    fn take_next(&mut self) -> Vec<Note> {
        let index = self.next;
        let mut notes = self.model.apply(self.events[index].clone());
        notes.retain(|note| note.shown);
        self.next += 1;
        if index >= self.searched {
            self.searched = self.next;
            if notes.iter().any(|note| note.what.is_trouble()) {
                self.incidents.push(index);
            }
            if self.next.is_multiple_of(self.apart) && self.kept.len() < MOST_KEPT {
                self.kept.push((self.next, self.model.clone()));
            }
        }
        notes
    }
}

#[cfg(test)]
mod tests;
