//! A recording on the dashboard: the same picture, at an instant that goes on, stands still, or
//! goes back.

use std::time::Duration;

use super::{Cursor, Live};
use crate::live::event::Moment;
use crate::live::replay::Replay;
use crate::tui::keys::Deck;

/// How far a jump goes.
const JUMP: Duration = Duration::from_secs(10);
/// Between two pictures while it plays.
const FRAME: Duration = Duration::from_millis(50);

/// A recording that is played.
pub struct Playing {
    pub replay: Replay,
    /// When time passed last for whoever looks, since the app was opened.
    last: Duration,
}

impl Live {
    /// The dashboard of a recording, playing from its beginning. `now` since the app was opened.
    pub fn of_recording(mut replay: Replay, now: Duration) -> Self {
        replay.toggle();
        let mut live = Self::new(replay.model().clone(), replay.now().minus(now));
        live.playing = Some(Box::new(Playing { replay, last: now }));
        live
    }

    /// When the picture of a recording goes on, since the app was opened.
    pub(super) fn next_picture(&self) -> Option<Duration> {
        let playing = self.playing.as_ref()?;
        playing
            .replay
            .is_playing()
            .then(|| playing.last.saturating_add(FRAME))
    }

    /// Time has passed, and nobody has looked.
    pub fn rest(&mut self, now: Duration) {
        if let Some(playing) = &mut self.playing {
            playing.last = now;
        }
    }

    /// Time has passed: whether the picture is another one.
    pub(super) fn play_on(&mut self, now: Duration) -> bool {
        let Some(playing) = &mut self.playing else {
            return false;
        };
        let passed = now.saturating_sub(std::mem::replace(&mut playing.last, now));
        if !playing.replay.is_playing() {
            return false;
        }
        let before = playing.replay.position();
        playing.replay.advance(passed);
        if playing.replay.position() != before {
            self.show_picture();
        }
        true
    }

    /// What a key of the player does.
    pub fn play(&mut self, deck: Deck, now: Duration) {
        self.play_on(now);
        let Some(playing) = &mut self.playing else {
            return;
        };
        let replay = &mut playing.replay;
        let before = replay.now();
        match deck {
            Deck::Toggle => replay.toggle(),
            Deck::Step => drop(replay.step()),
            Deck::NextIncident => drop(replay.next_incident()),
            Deck::PreviousIncident => {
                replay.previous_incident();
            }
            Deck::Faster => replay.set_speed(replay.speed().faster()),
            Deck::Slower => replay.set_speed(replay.speed().slower()),
            Deck::Begin => replay.seek(replay.begin()),
            Deck::Forward => replay.seek(replay.now().plus(JUMP)),
            Deck::Back => replay.seek(replay.now().minus(JUMP)),
        }
        if replay.now() < before {
            // What was put away is of a time that is still to come.
            self.sight.dismissed = None;
        }
        playing.last = now;
        self.show_picture();
    }

    /// The picture as the recording has it at its instant.
    fn show_picture(&mut self) {
        let Some(playing) = &self.playing else { return };
        self.model = playing.replay.model().clone();
        self.catch_up();
        // What the cursor stood on may not be there at this instant.
        if let Some(Cursor::Sandbox(id)) = &self.sight.cursor
            && !self.model.sandboxes.contains_key(id)
        {
            self.sight.cursor = None;
        }
        self.settle();
    }

    /// The instant that a recording is at, when it is one.
    pub(super) fn instant(&self) -> Option<Moment> {
        self.playing.as_ref().map(|playing| playing.replay.now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::event::{Event, Life, Stamped, Turn};
    use crate::live::model::Model;
    use crate::live::scope::{Labels, Scope};
    use crate::tui::keys::{Act, Command};

    fn second(number: i64) -> Moment {
        Moment(1_795_000_000_000_000_000 + number * 1_000_000_000)
    }

    fn life(at: i64, turn: Turn) -> Stamped<Event> {
        let life = Life {
            id: "a".to_owned(),
            name: "openclaw-sbx-a".to_owned(),
            stamp: second(at),
            turn,
            labels: Labels::of_sandbox(None),
            ..Life::default()
        };
        Stamped {
            at: second(at),
            what: Event::Happened(Box::new(life)),
        }
    }

    fn recording() -> Live {
        let events = vec![
            life(1, Turn::Created),
            life(2, Turn::Started),
            life(60, Turn::Oom),
            life(
                100,
                Turn::Died {
                    exit_code: Some(137),
                },
            ),
        ];
        let model = Model::new(Scope::default(), crate::tui::scene::live::rules());
        Live::of_recording(Replay::new(model, second(0), events), Duration::ZERO)
    }

    #[test]
    fn the_picture_goes_on_with_the_time_and_stands_when_paused() {
        let mut live = recording();
        assert!(live.rows.is_empty());
        assert!(live.play_on(Duration::from_secs(5)));
        assert_eq!(live.model.sandboxes.len(), 1);
        assert_eq!(live.ours(Duration::from_secs(5)), second(5));
        live.play(Deck::Toggle, Duration::from_secs(5));
        assert!(!live.play_on(Duration::from_secs(50)));
        assert_eq!(live.ours(Duration::from_secs(50)), second(5));
        assert_eq!(live.next_picture(), None);
    }

    #[test]
    fn one_goes_from_incident_to_incident_and_back_to_the_beginning() {
        let mut live = recording();
        live.play(Deck::NextIncident, Duration::ZERO);
        assert_eq!(live.instant(), Some(second(60)));
        assert_eq!(live.model.sandboxes["a"].ooms, 1);
        live.play(Deck::NextIncident, Duration::ZERO);
        assert_eq!(live.instant(), Some(second(100)));
        live.play(Deck::PreviousIncident, Duration::ZERO);
        assert_eq!(live.instant(), Some(second(60)));
        live.play(Deck::Begin, Duration::ZERO);
        assert!(live.model.sandboxes.is_empty() && live.rows.is_empty());
        live.play(Deck::Step, Duration::ZERO);
        assert_eq!(live.rows.len(), 1);
        live.play(Deck::Forward, Duration::ZERO);
        assert_eq!(live.instant(), Some(second(11)));
    }

    #[test]
    fn alerts_of_a_recording_are_shown_with_it_and_are_none_of_this_node() {
        let mut live = recording();
        live.play(Deck::NextIncident, Duration::ZERO);
        assert_eq!(live.alerts(Duration::ZERO).count(), 1);
        assert_eq!(live.mark(Duration::ZERO), None);
        assert_eq!(live.next_mark(Duration::ZERO), None);
    }

    #[test]
    fn what_was_put_away_is_shown_again_by_whoever_goes_back_in_time() {
        let mut live = recording();
        let dismiss = |live: &mut Live| {
            live.command(Command::Live(Act::Dismiss), 10, second(0));
            live.alerts(Duration::ZERO).count()
        };
        live.play(Deck::NextIncident, Duration::ZERO);
        assert_eq!(dismiss(&mut live), 0);
        live.play(Deck::Forward, Duration::ZERO);
        assert_eq!(live.alerts(Duration::ZERO).count(), 0, "it is still away");
        live.play(Deck::Back, Duration::ZERO);
        assert_eq!(live.alerts(Duration::ZERO).count(), 1);
        assert_eq!(dismiss(&mut live), 0);
    }

    #[test]
    fn twice_as_fast_is_twice_as_far() {
        let mut live = recording();
        live.play(Deck::Faster, Duration::ZERO);
        live.play_on(Duration::from_secs(4));
        assert_eq!(live.instant(), Some(second(8)));
    }
}
