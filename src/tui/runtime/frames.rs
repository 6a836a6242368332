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
/// Nobody reads a question in less: a yes that comes sooner was typed before it was there.
const GLANCE: Duration = Duration::from_millis(150);

/// When frames may be drawn.
pub struct Frames {
    last: Option<Instant>,
    /// When the next would be due if they came evenly.
    next: Instant,
    /// The terminal has not taken the last one yet.
    is_out: bool,
    /// Sandboxes were on the last one.
    had_rows: bool,
    /// Which question was drawn last, and since when it is on the screen.
    asked: (u32, Option<Instant>),
}

impl Frames {
    pub fn begin(now: Instant) -> Self {
        Self {
            last: None,
            next: now,
            is_out: false,
            had_rows: false,
            asked: (0, Some(now)),
        }
    }

    /// The soonest, when nothing waits to be taken in.
    pub fn due(&self) -> Instant {
        let due = self.next.checked_sub(BURST).unwrap_or(self.next);
        self.last.map_or(due, |last| due.max(last + BREATH))
    }

    /// A slow terminal misses frames, and gets the newest when it can take one.
    pub fn is_out(&self) -> bool {
        self.is_out
    }

    /// News that do not end are drawn all the same, and the first sandboxes wait for nothing, not
    /// even for the others.
    pub fn is_time(&self, now: Instant, is_quiet: bool, has_rows: bool) -> bool {
        let is_late = self.last.is_none_or(|last| now >= last + PATIENCE);
        let is_due = now >= self.due() && (is_quiet || is_late);
        !self.is_out && (is_due || has_rows && !self.had_rows)
    }

    /// With which question, counted as they are put.
    pub fn drawn(&mut self, now: Instant, asked: u32, has_rows: bool) {
        if self.asked.0 != asked {
            self.asked = (asked, None);
        }
        self.next = self.next.max(now) + FRAME;
        self.last = Some(now);
        self.is_out = true;
        self.had_rows = has_rows;
    }

    /// The terminal has taken all that was drawn.
    pub fn arrived(&mut self, now: Instant) {
        self.is_out = false;
        self.asked.1.get_or_insert(now);
    }

    /// A question that is not on the screen yet, or has only just come there.
    pub fn is_unread(&self, now: Instant, asked: u32) -> bool {
        let (drawn, since) = self.asked;
        drawn != asked || since.is_none_or(|since| now.duration_since(since) < GLANCE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A frame that the terminal takes at once.
    fn draw(frames: &mut Frames, now: Instant, asked: u32) {
        frames.drawn(now, asked, false);
        frames.arrived(now);
    }

    /// When frames are drawn, in milliseconds, while news come in every millisecond of this span.
    fn drawn(span: u64, is_quiet: impl Fn(u64) -> bool) -> Vec<u64> {
        let begin = Instant::now();
        let mut frames = Frames::begin(begin);
        let mut drawn = Vec::new();
        for millisecond in 0..span {
            let now = begin + Duration::from_millis(millisecond);
            if frames.is_time(now, is_quiet(millisecond), false) {
                draw(&mut frames, now, 0);
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
            draw(&mut frames, begin, 0);
        }
        let later = |seconds| begin + Duration::from_secs(seconds);
        assert!(!frames.is_time(begin, true, false));
        assert!(frames.is_time(later(1), false, false));
        draw(&mut frames, later(1), 0);
        let at_once = frames.is_time(later(1), true, false);
        assert!(!at_once, "not twice in one instant");
        assert!(frames.is_time(later(1) + BREATH, true, false));
    }

    #[test]
    fn the_first_sandboxes_wait_for_nothing_but_a_terminal_that_takes_nothing() {
        let begin = Instant::now();
        let mut frames = Frames::begin(begin);
        frames.drawn(begin, 0, false);
        assert!(!frames.is_time(begin, false, true));
        assert!(!frames.is_time(begin + BURST, true, false));
        frames.arrived(begin);
        assert!(frames.is_time(begin, false, true));
        frames.drawn(begin, 0, true);
        frames.arrived(begin);
        assert!(!frames.is_time(begin, false, true), "they are there");
    }

    #[test]
    fn a_question_is_read_when_the_terminal_took_it_a_while_ago() {
        let begin = Instant::now();
        let mut frames = Frames::begin(begin);
        assert!(frames.is_unread(begin + GLANCE, 1), "it was not drawn");
        frames.drawn(begin, 1, false);
        assert!(frames.is_unread(begin + GLANCE, 1), "it was not taken");
        frames.arrived(begin);
        draw(&mut frames, begin + GLANCE / 2, 1);
        assert!(frames.is_unread(begin + GLANCE / 2, 1));
        assert!(!frames.is_unread(begin + GLANCE, 1));
        assert!(frames.is_unread(begin + GLANCE, 2), "it is another");
    }
}
