//! When a frame may be drawn: what happens is seen at once, and what happens without end costs no
//! more than 30 frames a second.

use std::time::Duration;

use tokio::time::Instant;

/// Between two frames: 30 a second.
const FRAME: Duration = Duration::from_millis(33);
/// So much sooner may frames come after a quiet time: what happens is seen at once, and only what
/// happens without end waits.
const BURST: Duration = Duration::from_millis(99);
/// Between two frames of a burst, so that the first news of many do not use it up.
const BREATH: Duration = Duration::from_millis(8);
/// After this long, news that do not end are drawn all the same.
const PATIENCE: Duration = Duration::from_millis(16);
/// When frames may be drawn.
pub struct Frames {
    last: Option<Instant>,
    /// When the next would be due if they came evenly.
    next: Instant,
}

impl Frames {
    pub fn begin(now: Instant) -> Self {
        Self {
            last: None,
            next: now,
        }
    }

    /// The soonest, when nothing waits to be taken in.
    pub fn due(&self) -> Instant {
        let due = self.next.checked_sub(BURST).unwrap_or(self.next);
        self.last.map_or(due, |last| due.max(last + BREATH))
    }

    /// News that do not end are drawn all the same.
    pub fn is_time(&self, now: Instant, is_quiet: bool) -> bool {
        let is_late = self.last.is_none_or(|last| now >= last + PATIENCE);
        now >= self.due() && (is_quiet || is_late)
    }

    pub fn drawn(&mut self, now: Instant) {
        self.next = self.next.max(now) + FRAME;
        self.last = Some(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// When frames are drawn, in milliseconds, while news come in every millisecond of this span.
    fn drawn(span: u64, is_quiet: impl Fn(u64) -> bool) -> Vec<u64> {
        let begin = Instant::now();
        let mut frames = Frames::begin(begin);
        let mut drawn = Vec::new();
        for millisecond in 0..span {
            let now = begin + Duration::from_millis(millisecond);
            if frames.is_time(now, is_quiet(millisecond)) {
                frames.drawn(now);
                drawn.push(millisecond);
            }
        }
        drawn
    }

    #[test]
    fn many_news_are_30_frames_a_second_after_a_few_that_come_at_once() {
        let quiet = drawn(1000, |_| true);
        assert_eq!(quiet[..6], [0, 8, 16, 24, 33, 66]);
        assert_eq!(quiet.len(), 34);
        let busy = drawn(1000, |_| false);
        assert_eq!(busy[..6], [0, 16, 32, 48, 64, 80]);
        assert_eq!(busy.len(), 34);
    }

    #[test]
    fn after_a_quiet_time_what_happens_is_drawn_at_once_again() {
        let begin = Instant::now();
        let mut frames = Frames::begin(begin);
        for _ in 0..10 {
            frames.drawn(begin);
        }
        let later = |seconds| begin + Duration::from_secs(seconds);
        assert!(!frames.is_time(begin, true));
        assert!(frames.is_time(later(1), false));
        frames.drawn(later(1));
        assert!(!frames.is_time(later(1), true), "not twice in one instant");
        assert!(frames.is_time(later(1) + BREATH, true));
    }
}
