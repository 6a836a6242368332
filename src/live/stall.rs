//! Whether the engine is slow to answer: not lost, not hung, and yet every sandbox waits for it.
//!
//! An engine that is well lists 50 containers in 8 ms and inspects one in less than 1 ms (95 of 100:
//! 16 ms); with two busy cores and 150 containers it stays below 100 ms. A second is far from all of
//! that, and is what a person feels as a start that hangs. One slow answer may be a hiccup (an image
//! that is unpacked, a disk that wakes), so that it takes two in a row, or a list that is not there
//! after three seconds. It is over when two answers in a row are prompt: between the two bounds
//! nothing changes, and an engine that hovers there does not ring on and off.
//!
//! Samples do not count: some engines answer them at the end of the second. A ping counts only when
//! it is slow: it takes no lock in the engine, and is prompt while nothing else is.

use std::time::Duration;

use super::event::{Answered, Moment, Question};

/// An answer is slow from here on.
pub const SLOW: Duration = Duration::from_secs(1);
/// And prompt below this.
pub const PROMPT: Duration = Duration::from_millis(300);
/// What is not there by then needs no second.
pub const WAITED: Duration = Duration::from_secs(3);
/// So many in a row decide.
const ROW: u8 = 2;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stall {
    slow: u8,
    prompt: u8,
    /// A list is not there yet.
    waits: bool,
    on: Option<On>,
}

/// Answers are slow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct On {
    /// By our clock.
    pub since: Moment,
    /// How long the last slow answer took, or was waited for.
    pub took: Duration,
    pub worst: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    Began,
    /// What it was.
    Over(On),
}

impl Stall {
    /// Takes in how long an answer took. `at` by our clock.
    pub fn hear(&mut self, at: Moment, answered: Answered) -> Option<Change> {
        let took = answered.took();
        if answered.question == Question::List {
            self.waits = answered.waits;
        }
        if took >= SLOW {
            self.prompt = 0;
            self.slow = self.slow.saturating_add(1);
            return self.slowed(at, took);
        }
        self.slow = 0;
        if took >= PROMPT {
            self.prompt = 0;
        } else if answered.question != Question::Ping {
            self.prompt = self.prompt.saturating_add(1);
        }
        if self.prompt < ROW || self.waits {
            return None;
        }
        self.on.take().map(Change::Over)
    }

    fn slowed(&mut self, at: Moment, took: Duration) -> Option<Change> {
        if let Some(on) = &mut self.on {
            on.took = took;
            on.worst = on.worst.max(took);
            return None;
        }
        if self.slow < ROW && took < WAITED {
            return None;
        }
        self.on = Some(On {
            since: at,
            took,
            worst: took,
        });
        Some(Change::Began)
    }

    pub fn on(&self) -> Option<On> {
        self.on
    }

    /// Whether this one changes something, or may.
    pub fn minds(&self, took: Duration) -> bool {
        took >= PROMPT || self.is_open()
    }

    /// The next answer may change something.
    pub fn is_open(&self) -> bool {
        self.on.is_some() || self.slow > 0 || self.waits
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn answered(question: Question, milliseconds: u64) -> Answered {
        Answered {
            question,
            milliseconds,
            waits: false,
        }
    }

    fn hear(stall: &mut Stall, at: i64, milliseconds: u64) -> Option<Change> {
        stall.hear(Moment(at), answered(Question::List, milliseconds))
    }

    #[test]
    fn two_slow_answers_in_a_row_are_a_stall_and_two_prompt_ones_end_it() {
        let mut stall = Stall::default();
        assert_eq!(hear(&mut stall, 1, 1500), None, "a hiccup");
        assert_eq!(hear(&mut stall, 2, 20), None);
        assert_eq!(hear(&mut stall, 3, 1500), None, "not in a row");
        assert_eq!(hear(&mut stall, 4, 1200), Some(Change::Began));
        assert_eq!(hear(&mut stall, 5, 2500), None, "told already");
        assert_eq!(hear(&mut stall, 6, 10), None, "one may be chance");
        assert_eq!(hear(&mut stall, 7, 500), None, "between the bounds");
        assert_eq!(hear(&mut stall, 8, 10), None, "so it starts anew");
        let on = On {
            since: Moment(4),
            took: Duration::from_millis(2500),
            worst: Duration::from_millis(2500),
        };
        assert_eq!(hear(&mut stall, 9, 10), Some(Change::Over(on)));
        assert!(!stall.is_open());
    }

    #[test]
    fn a_list_that_does_not_come_is_enough_and_nothing_prompt_beside_it_ends_the_stall() {
        let mut stall = Stall::default();
        let waits = Answered {
            waits: true,
            ..answered(Question::List, 3000)
        };
        assert_eq!(stall.hear(Moment(1), waits), Some(Change::Began));
        for question in [Question::Ping, Question::Inspection] {
            for _ in 0..5 {
                assert_eq!(stall.hear(Moment(2), answered(question, 2)), None);
            }
        }
        assert_eq!(hear(&mut stall, 3, 10_000), None, "it never came");
        let mut pinged = stall;
        for _ in 0..5 {
            let ping = answered(Question::Ping, 2);
            assert_eq!(pinged.hear(Moment(4), ping), None, "a ping proves nothing");
        }
        assert_eq!(hear(&mut stall, 4, 10), None);
        assert!(matches!(hear(&mut stall, 5, 10), Some(Change::Over(_))));
    }

    proptest! {
        /// Beginnings and ends take turns; between the bounds nothing changes; while it is on its
        /// figures are those of slow answers.
        #[test]
        fn beginnings_and_ends_take_turns(all in prop::collection::vec((0_u8..3, 0_u64..5000, any::<bool>()), 0..60)) {
            let mut stall = Stall::default();
            for (at, (question, milliseconds, waits)) in (0_i64..).zip(all) {
                let question = [Question::List, Question::Inspection, Question::Ping][usize::from(question)];
                let waits = waits && question == Question::List && milliseconds >= 3000;
                let before = stall.on();
                let change = stall.hear(Moment(at), Answered { question, milliseconds, waits });
                prop_assert_eq!(change == Some(Change::Began), before.is_none() && stall.on().is_some());
                prop_assert_eq!(matches!(change, Some(Change::Over(_))), before.is_some() && stall.on().is_none());
                if (300..1000).contains(&milliseconds) {
                    prop_assert_eq!(change, None);
                }
                if let Some(on) = stall.on() {
                    prop_assert!(on.took >= SLOW && on.worst >= on.took);
                }
            }
        }
    }
}
