//! Times in words, so coarse that a screen at rest hardly ever changes.

use std::time::Duration;

const SOON: u64 = 10;
const MINUTE: u64 = 60;
const HOUR: u64 = 3600;
const DAY: u64 = 86_400;

/// `0.4 s`, `12.3 s`, `2 min 5 s`
pub fn elapsed(span: Duration) -> String {
    let seconds = span.as_secs();
    if seconds < MINUTE {
        return format!("{}.{} s", seconds, span.subsec_millis() / 100);
    }
    format!("{} min {} s", seconds / MINUTE, seconds % MINUTE)
}

/// As [`elapsed`] of what has ended: below a second in milliseconds.
pub fn took(span: Duration) -> String {
    if span < Duration::from_secs(1) {
        return format!("{} ms", span.as_millis());
    }
    elapsed(span)
}

/// The grain in which an age is told.
fn grain(seconds: u64) -> u64 {
    match seconds {
        0..MINUTE => SOON,
        MINUTE..HOUR => MINUTE,
        HOUR..DAY => HOUR,
        _ => DAY,
    }
}

/// `just now`, `20 s ago`, `5 min ago`, `3 h ago`, `2 days ago`
pub fn age(span: Duration) -> String {
    let seconds = span.as_secs();
    if seconds < SOON {
        return "just now".to_owned();
    }
    format!("{} ago", coarse(seconds))
}

/// `3 s old`: of what is being refreshed, so in seconds.
pub fn old(span: Duration) -> String {
    let seconds = span.as_secs();
    if seconds < MINUTE {
        return format!("{seconds} s old");
    }
    format!("{} old", coarse(seconds))
}

fn coarse(seconds: u64) -> String {
    let grain = grain(seconds);
    let whole = seconds / grain;
    match grain {
        SOON => format!("{} s", whole * SOON),
        MINUTE => format!("{whole} min"),
        HOUR => format!("{whole} h"),
        _ if whole == 1 => "1 day".to_owned(),
        _ => format!("{whole} days"),
    }
}

/// The age at which [`age`] will say something else.
pub fn next_age(span: Duration) -> Duration {
    let seconds = span.as_secs();
    let grain = grain(seconds);
    Duration::from_secs((seconds / grain + 1) * grain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_changes_exactly_when_it_says() {
        let mut at = Duration::ZERO;
        for _ in 0..200 {
            let next = next_age(at);
            assert_ne!(age(at), age(next));
            assert_eq!(age(at), age(next.saturating_sub(Duration::from_millis(1))));
            at = next;
        }
    }

    #[test]
    fn times_read_as_people_say_them() {
        assert_eq!(elapsed(Duration::from_millis(450)), "0.4 s");
        assert_eq!(elapsed(Duration::from_secs(125)), "2 min 5 s");
        assert_eq!(took(Duration::from_millis(450)), "450 ms");
        assert_eq!(age(Duration::from_secs(29)), "20 s ago");
        assert_eq!(age(Duration::from_hours(24)), "1 day ago");
        assert_eq!(old(Duration::from_secs(3)), "3 s old");
    }
}
