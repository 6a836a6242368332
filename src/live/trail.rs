//! How well the end of a container is known: events may be lost, with a connection or because the
//! engine keeps 256 of them, and then only a list or an inspection tells that it has ended.

use std::time::Duration;

use super::event::Moment;

/// An event that tells of an end so near to one that was found is about the same.
const SAME: Duration = Duration::from_secs(2);

/// What there is to go by. Instants are the engine's, but for `asked`, which is ours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Trail {
    end: End,
    /// When it was last known not to have ended; then, when it was last known to be there.
    last: Option<Moment>,
    /// An answer to what was asked then has said that it has ended, and no event. The event may be
    /// on its way: an answer to a later question has to say so too.
    silent: Option<Moment>,
    /// When it ended, where only an inspection has told so.
    found: Option<Moment>,
    /// The last end that was told, however it was learnt of.
    over: Option<Moment>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum End {
    /// Told, or before anybody looked.
    #[default]
    Known,
    /// It was not there when the engine was asked before: what it has gone through since was missed.
    Missed,
    /// It has not ended, as far as is known.
    Ahead,
}

impl Trail {
    /// Of a container that was met only now, and was not there at `last`.
    pub fn missed_since(last: Option<Moment>) -> Self {
        let end = if last.is_some() {
            End::Missed
        } else {
            End::Known
        };
        Self {
            end,
            last,
            ..Self::default()
        }
    }

    /// It was there, and had not ended.
    pub fn lives(&mut self, at: Moment) {
        *self = Self {
            end: End::Ahead,
            last: self.last.max(Some(at)),
            silent: None,
            found: None,
            over: self.over,
        };
    }

    /// An event has told of its end.
    pub fn told(&mut self, at: Moment) {
        *self = Self {
            end: End::Known,
            last: self.last.max(Some(at)),
            silent: None,
            found: None,
            over: self.over.max(Some(at)),
        };
    }

    /// An answer to what was asked at `asked` by our clock, `at` by the engine's, says that it has
    /// ended. Whether that is certain by now, and nothing has told of it.
    pub fn ended(&mut self, asked: Moment, at: Moment) -> bool {
        if self.end == End::Known {
            self.last = self.last.max(Some(at));
            return false;
        }
        let first = *self.silent.get_or_insert(asked);
        asked > first
    }

    /// It has ended at this instant, if that is known, and by `at` for certain. Whether that is
    /// news: what was over before the engine was asked last is not.
    pub fn found(&mut self, finished: Option<Moment>, at: Moment) -> bool {
        let is_news = match self.end {
            End::Known => false,
            End::Missed => finished > self.last,
            End::Ahead => true,
        };
        self.told(at);
        self.found = is_news.then_some(finished.unwrap_or(at));
        is_news
    }

    /// Whether an event that tells of an end at this instant tells what was found before it came.
    pub fn is_echo(&self, stamp: Moment) -> bool {
        self.found
            .is_some_and(|found| found.since(stamp).max(stamp.since(found)) < SAME)
    }

    /// Whether an end at this instant, of one that runs again, is one that nothing has told of.
    pub fn misses(&self, finished: Moment) -> bool {
        let is_later = |over: Moment| finished.since(over) >= SAME;
        self.end == End::Ahead && self.over.is_none_or(is_later)
    }

    pub fn last(&self) -> Option<Moment> {
        self.last
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Moment {
        Moment(seconds * 1_000_000_000)
    }

    #[test]
    fn an_end_is_certain_when_a_second_question_finds_it_and_is_news_once() {
        let mut trail = Trail::default();
        trail.lives(at(5));
        assert!(!trail.ended(at(10), at(10)), "its event may be on its way");
        assert!(!trail.ended(at(10), at(10)), "the same question");
        assert!(trail.ended(at(11), at(11)));
        assert_eq!(trail.last(), Some(at(5)), "alive then");
        assert!(trail.found(Some(at(8)), at(11)));
        assert!(trail.is_echo(at(9)) && !trail.is_echo(at(20)));
        assert!(!trail.ended(at(12), at(12)));
        assert!(!trail.ended(at(13), at(13)));
        assert!(!trail.found(Some(at(8)), at(13)));
        assert_eq!(trail.last(), Some(at(13)), "there then");
    }

    #[test]
    fn what_had_ended_before_anybody_looked_is_no_news_and_a_sign_of_life_starts_anew() {
        let mut trail = Trail::missed_since(None);
        assert!(!trail.ended(at(1), at(1)));
        assert!(!trail.ended(at(2), at(2)));
        trail.lives(at(3));
        assert!(!trail.ended(at(4), at(4)));
        trail.lives(at(5));
        assert!(!trail.ended(at(6), at(6)), "counted anew");
        assert!(trail.ended(at(7), at(7)));
    }

    #[test]
    fn what_came_and_went_in_a_gap_is_news_and_what_another_engine_has_is_not() {
        let missed = |finished| {
            let mut trail = Trail::missed_since(Some(at(100)));
            assert!(!trail.ended(at(110), at(110)));
            assert!(trail.ended(at(111), at(111)));
            trail.found(finished, at(111))
        };
        assert!(missed(Some(at(105))));
        assert!(!missed(Some(at(99))));
        assert!(!missed(None));
    }
}
