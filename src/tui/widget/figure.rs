//! Numbers so short that they fit into a column of a table. Each is a value that prints itself, so
//! that drawing a cell needs no memory of its own.

use std::fmt::{Display, Formatter, Result};
use std::time::Duration;

const KIB: u64 = 1 << 10;
const MINUTE: u64 = 60;
const HOUR: u64 = 3600;
const DAY: u64 = 86_400;

/// `812K`, `123M`, `1.5G`: bytes with a binary unit, at most five columns.
#[derive(Clone, Copy, Debug)]
pub struct Bytes(pub u64);

impl Display for Bytes {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let mut unit = 0;
        let mut scale = 1;
        // What would take four digits is told in the next unit.
        while self.0 / scale >= 1000 && unit < 4 {
            scale *= KIB;
            unit += 1;
        }
        let name = ["B", "K", "M", "G", "T"][unit];
        let tenths = u128::from(self.0) * 10 / u128::from(scale);
        if unit > 0 && tenths < 100 && tenths % 10 != 0 {
            return write!(f, "{}.{}{name}", tenths / 10, tenths % 10);
        }
        write!(f, "{}{name}", self.0 / scale)
    }
}

/// Bytes a second.
pub fn rate(bytes: f64) -> Bytes {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rate is not negative, and far below 2^53"
    )]
    Bytes(bytes.max(0.0) as u64)
}

/// `0.42`, `7.5`, `16`: processor cores.
#[derive(Clone, Copy, Debug)]
pub struct Cores(pub f64);

impl Display for Cores {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        if self.0 < 9.995 {
            write!(f, "{:.2}", self.0)
        } else {
            write!(f, "{:.0}", self.0)
        }
    }
}

/// A cap of processor cores: as many decimals as it has, at most two.
#[derive(Clone, Copy, Debug)]
pub struct CoreCap(pub f64);

impl Display for CoreCap {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let hundredths = (self.0 * 100.0).round();
        let digits = if hundredths % 100.0 == 0.0 {
            0
        } else if hundredths % 10.0 == 0.0 {
            1
        } else {
            2
        };
        write!(f, "{:.digits$}", self.0)
    }
}

/// `42%`; what is far beyond the whole is cut.
#[derive(Clone, Copy, Debug)]
pub struct Percent(pub f64);

impl Display for Percent {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{:.0}%", (self.0 * 100.0).min(9999.0))
    }
}

/// `12s`, `5m`, `3h`, `2d`: how old something is.
#[derive(Clone, Copy, Debug)]
pub struct Short(pub Duration);

impl Display for Short {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let seconds = self.0.as_secs();
        match seconds {
            0..MINUTE => write!(f, "{seconds}s"),
            MINUTE..HOUR => write!(f, "{}m", seconds / MINUTE),
            HOUR..DAY => write!(f, "{}h", seconds / HOUR),
            _ => write!(f, "{}d", seconds / DAY),
        }
    }
}

impl Short {
    /// After how long it says something else.
    pub fn changes_in(self) -> Duration {
        let seconds = self.0.as_secs();
        let grain = match seconds {
            0..MINUTE => 1,
            MINUTE..HOUR => MINUTE,
            HOUR..DAY => HOUR,
            _ => DAY,
        };
        Duration::from_secs((seconds / grain + 1) * grain).saturating_sub(self.0)
    }
}

/// `450ms`, `1.2s`, `5m`: how long something took, or a clock that runs.
#[derive(Clone, Copy, Debug)]
pub struct Took(pub Duration);

impl Display for Took {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        if self.0 < Duration::from_secs(1) {
            return write!(f, "{}ms", self.0.as_millis());
        }
        Clock(self.0).fmt(f)
    }
}

/// `0.4s`, `1.2s`, `5m`: a clock that runs.
#[derive(Clone, Copy, Debug)]
pub struct Clock(pub Duration);

impl Display for Clock {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let seconds = self.0.as_secs();
        if seconds < MINUTE {
            return write!(f, "{seconds}.{}s", self.0.subsec_millis() / 100);
        }
        Short(self.0).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_take_at_most_five_columns() {
        for (bytes, text) in [
            (0, "0B"),
            (999, "999B"),
            (1000, "0.9K"),
            (1 << 20, "1M"),
            (1_610_612_736, "1.5G"),
            (536_870_912, "512M"),
            (1_048_000_000, "999M"),
            (u64::MAX, "16777215T"),
        ] {
            assert_eq!(Bytes(bytes).to_string(), text);
        }
    }

    #[test]
    fn caps_are_told_as_they_were_set() {
        assert_eq!(CoreCap(0.5).to_string(), "0.5");
        assert_eq!(CoreCap(2.0).to_string(), "2");
        assert_eq!(CoreCap(0.25).to_string(), "0.25");
        assert_eq!(Cores(0.214).to_string(), "0.21");
        assert_eq!(Cores(12.4).to_string(), "12");
    }

    #[test]
    fn a_short_age_changes_exactly_when_it_says() {
        let mut at = Duration::from_millis(300);
        for _ in 0..200 {
            let next = at + Short(at).changes_in();
            assert_ne!(Short(at).to_string(), Short(next).to_string());
            let just_before = next.saturating_sub(Duration::from_nanos(1));
            assert_eq!(Short(at).to_string(), Short(just_before).to_string());
            at = next;
        }
    }

    #[test]
    fn what_was_short_is_told_in_milliseconds() {
        assert_eq!(Took(Duration::from_millis(450)).to_string(), "450ms");
        assert_eq!(Took(Duration::from_millis(1250)).to_string(), "1.2s");
        assert_eq!(Clock(Duration::from_millis(450)).to_string(), "0.4s");
        assert_eq!(Clock(Duration::from_secs(125)).to_string(), "2m");
    }
}
