//! What time it is, by a clock that never goes back: what is due, what came later and how old
//! something is are reckoned by it. Beside `feed` and `survey` the only part of the room that asks
//! the world.
#![expect(clippy::disallowed_methods, reason = "asks what time it is")]

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use super::event::Moment;

/// A wall clock that is this much behind was set back (nanoseconds: 2 s). What drifts is less, and
/// is followed.
const SET_BACK: i64 = 2_000_000_000;

static CLOCK: Mutex<Option<(Instant, Forward)>> = Mutex::new(None);

/// What time it is by our clock: the wall's, as long as nobody sets that back.
pub fn now() -> Moment {
    Moment(look().0)
}

/// How far ahead of the wall clock [`now`] is, in nanoseconds: by as much as that was set back
/// since this process asked first.
pub fn ahead() -> i64 {
    let (told, wall) = look();
    told.saturating_sub(wall)
}

/// Our time and the wall's.
fn look() -> (i64, i64) {
    let mut clock = CLOCK.lock().unwrap_or_else(PoisonError::into_inner);
    let wall = nanoseconds(
        SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default(),
    );
    let (begun, forward) = clock.get_or_insert_with(|| (Instant::now(), Forward::default()));
    (forward.tell(wall, nanoseconds(begun.elapsed())), wall)
}

fn nanoseconds(span: Duration) -> i64 {
    i64::try_from(span.as_nanos()).unwrap_or(i64::MAX)
}

/// Follows a wall clock as far as it goes forward.
#[derive(Clone, Copy, Debug, Default)]
struct Forward {
    /// From what has passed to what time it is.
    offset: Option<i64>,
    last: i64,
}

impl Forward {
    /// `steady`: what has passed since the beginning by a clock that nobody sets. It may stand
    /// still while the machine sleeps, as that of a Mac does; the wall clock has gone on then.
    fn tell(&mut self, wall: i64, steady: i64) -> i64 {
        let found = wall.saturating_sub(steady);
        let offset = match self.offset {
            Some(old) if old.saturating_sub(found) > SET_BACK => old,
            _ => found,
        };
        self.offset = Some(offset);
        self.last = self.last.max(steady.saturating_add(offset));
        self.last
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000_000;

    #[test]
    fn it_follows_the_wall_forward_through_sleep_and_drift() {
        let mut clock = Forward::default();
        assert_eq!(clock.tell(1000 * SECOND, 0), 1000 * SECOND);
        assert_eq!(clock.tell(1010 * SECOND, 10 * SECOND), 1010 * SECOND);
        // An hour asleep, and one that is set forward.
        assert_eq!(clock.tell(4611 * SECOND, 11 * SECOND), 4611 * SECOND);
        // The wall's second is longer than ours: a day later it is two seconds behind, little by
        // little.
        for step in 1..=100 {
            let steady = (11 + step * 864) * SECOND;
            let wall = 4600 * SECOND + steady - step * SECOND / 50;
            assert_eq!(clock.tell(wall, steady), wall);
        }
    }

    #[test]
    fn it_goes_on_when_the_wall_is_set_back_and_never_back_itself() {
        let mut clock = Forward::default();
        clock.tell(10_000 * SECOND, 0);
        assert_eq!(clock.tell(6401 * SECOND, SECOND), 10_001 * SECOND);
        assert_eq!(clock.tell(6402 * SECOND, 2 * SECOND), 10_002 * SECOND);
        // Set right again.
        assert_eq!(clock.tell(10_005 * SECOND, 3 * SECOND), 10_005 * SECOND);
        // By little: it waits.
        assert_eq!(clock.tell(10_004 * SECOND, 3 * SECOND), 10_005 * SECOND);
        assert_eq!(clock.tell(10_006 * SECOND, 5 * SECOND), 10_006 * SECOND);
    }

    #[test]
    fn what_it_tells_is_the_time() {
        let wall = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let wall = nanoseconds(wall.expect("it is past 1970"));
        let (one, other) = (now(), now());
        assert!(one <= other);
        assert!(one.0 - wall < 60 * SECOND);
        assert!(ahead().abs() < 60 * SECOND);
    }
}
