//! When the dashboard is drawn though nothing happened: figures at a beat, ages when they change.

use std::time::Duration;

use super::alarms::ALERT;
use super::{List, Live, Row, STALE};
use crate::live::alert::Raised;
use crate::live::event::{Link, Moment};
use crate::live::sandbox::{Sandbox, State};
use crate::tui::widget::figure::Short;

/// Figures that come in are drawn together, so often.
const FIGURES: Duration = Duration::from_millis(500);
/// Ages that change at different instants are drawn together, so often.
const AGES: Duration = Duration::from_secs(1);
/// As long as something on the screen is starting.
const CLOCKS: Duration = Duration::from_millis(100);
/// A start that takes longer is told in whole seconds.
const START: Duration = Duration::from_mins(1);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pulse {
    /// When the screen was other than before the last time, since the app was opened.
    pub drawn: Duration,
    /// Figures came that are not on the screen yet.
    pub pending: bool,
    /// The order of the rows hangs on figures that have changed.
    pub disordered: bool,
}

impl Live {
    /// When the screen will change by itself, since the app was opened.
    pub fn next_wake(&self, now: Duration) -> Option<Duration> {
        if self.playing.is_some() {
            return self.next_picture().map(|wake| wake.max(now));
        }
        let figures =
            (self.pulse.pending || self.pulse.disordered).then(|| beat(self.pulse.drawn, FIGURES));
        let drawn = self.ours(self.pulse.drawn);
        let ages = self.next_change(drawn).map(|(span, grain)| {
            beat(
                self.pulse.drawn + span.saturating_sub(Duration::from_nanos(1)),
                grain,
            )
        });
        let wake = figures.into_iter().chain(ages).min()?;
        // What was due when nobody woke is due now.
        Some(wake.max(now))
    }

    /// When what another screen shows of the alerts changes by itself: the age of the newest, or how
    /// many there are.
    pub fn next_mark(&self, now: Duration) -> Option<Duration> {
        self.mark(now)?;
        let ours = self.ours(now);
        let age = |raised: &Raised| ours.since(raised.last);
        let mut alerts = self.alerts(now);
        let newest = Short(age(alerts.next()?)).changes_in();
        let ends = alerts.map(|raised| ALERT.saturating_sub(age(raised)));
        let next = ends.fold(newest, Duration::min);
        Some(now + next.max(Duration::from_millis(1)))
    }

    /// The time has come: whether the screen is other than it was.
    pub fn wake(&mut self, now: Duration) -> bool {
        if self.playing.is_some() {
            return self.play_on(now);
        }
        if self
            .next_wake(self.pulse.drawn)
            .is_none_or(|wake| wake > now)
        {
            return false;
        }
        self.drawn(now);
        true
    }

    /// The screen is drawn as it is now.
    pub fn drawn(&mut self, now: Duration) {
        // Rows do not move with every figure, but at the beat.
        if self.pulse.disordered && beat(self.pulse.drawn, FIGURES) <= now {
            self.pulse.disordered = false;
            self.arrange(self.ours(now));
        }
        self.want(self.ours(now));
        self.pulse.pending = false;
        self.pulse.drawn = now;
    }

    /// After how long the first text on the screen says something else, and how exact that is.
    fn next_change(&self, ours: Moment) -> Option<(Duration, Duration)> {
        let engine = self.model.engine_clock(ours);
        let mut next = Next::default();
        // What nobody is told the end of need not be counted in tenths.
        let grain = match self.model.link {
            Link::Up => Some(CLOCKS),
            Link::Connecting => Some(AGES),
            // What is not known any more is not counted.
            Link::Lost { .. } | Link::Hung => None,
        };
        match self.model.link {
            Link::Up => {}
            Link::Connecting | Link::Lost { .. } | Link::Hung => {
                next.age(self.link_age(ours));
            }
        }
        if let Some(reaches) = self.model.reaches {
            next.age(engine.since(reaches));
        }
        match self.sight.list {
            List::Standing => {
                for row in self.visible() {
                    if let Row::Sandbox(id) = row
                        && let Some(one) = self.model.sandboxes.get(id)
                    {
                        next.row(one, ours, engine, grain);
                    }
                }
            }
            List::Gone => {
                for row in self.sight.gone_top..self.sight.gone_top + self.window.table {
                    if let Some(gone) = self.gone_row(row) {
                        next.age(engine.since(gone.gone));
                    }
                }
            }
        }
        if let super::Selected::Standing(one) = self.selected()
            && self.sight.detail
        {
            next.row(one, ours, engine, grain);
            for started in one.running.iter().filter_map(|call| call.started) {
                next.age(engine.since(started));
            }
        }
        if !self.sight.clock {
            for entry in self.visible_entries() {
                let clock = if entry.note.about.is_some() {
                    engine
                } else {
                    ours
                };
                next.age(clock.since(entry.note.stamp));
            }
        }
        for raised in self.alerts(self.pulse.drawn) {
            next.age(ours.since(raised.last));
        }
        next.0
    }
}

#[derive(Default)]
struct Next(Option<(Duration, Duration)>);

impl Next {
    fn add(&mut self, span: Duration, grain: Duration) {
        if self.0.is_none_or(|(least, _)| span < least) {
            self.0 = Some((span, grain));
        }
    }

    fn age(&mut self, age: Duration) {
        self.add(Short(age).changes_in(), AGES);
    }

    fn row(&mut self, one: &Sandbox, ours: Moment, engine: Moment, clock: Option<Duration>) {
        if let Some(created) = one.created {
            let age = engine.since(created);
            match (one.state, clock) {
                (State::Starting, Some(clock)) if age < START => self.add(clock, clock),
                (State::Starting, None) => {}
                _ => self.age(age),
            }
        }
        if let Some(idle) = one.idle_since().filter(|_| one.state.is_alive()) {
            self.age(engine.since(idle));
        }
        if let Some(age) = one.usage.age(ours) {
            if age < STALE {
                self.add(STALE.saturating_sub(age), AGES);
            } else {
                self.age(age);
            }
        }
    }
}

/// The next multiple of the grain after an instant.
fn beat(after: Duration, grain: Duration) -> Duration {
    let turns = after.as_nanos() / grain.as_nanos() + 1;
    grain.saturating_mul(u32::try_from(turns).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beat_is_always_ahead() {
        let ms = Duration::from_millis;
        assert_eq!(beat(ms(0), FIGURES), ms(500));
        assert_eq!(beat(ms(499), FIGURES), ms(500));
        assert_eq!(beat(ms(500), FIGURES), ms(1000));
        assert_eq!(beat(ms(1001), AGES), ms(2000));
    }
}
