//! Quantities as types: sizes, durations, versions. Parsed once at the door, printed the same way.

mod range;

pub use range::VersionRange;

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A number of bytes, written with a binary unit: `16 GiB`, `512 MiB`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Size(pub u64);

const SIZE_UNITS: [(&str, u64); 5] = [
    ("TiB", 1 << 40),
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("B", 1),
];

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (number, unit) = split(text);
        let factor = SIZE_UNITS
            .iter()
            .find(|(name, _)| *name == unit)
            .map(|(_, factor)| *factor)
            .ok_or_else(|| {
                format!("`{text}` is not a size: write a number and B, KiB, MiB, GiB or TiB, like \"16 GiB\"")
            })?;
        let number: f64 = number
            .parse()
            .ok()
            .filter(|n: &f64| n.is_finite() && *n >= 0.0)
            .ok_or_else(|| format!("`{text}` is not a size: `{number}` is not a number"))?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "sizes of machines are far below 2^53 bytes, and the number is not negative"
        )]
        Ok(Self((number * factor as f64).round() as u64))
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unit, factor) = SIZE_UNITS
            .iter()
            .find(|(_, factor)| self.0 >= *factor)
            .copied()
            .unwrap_or(("B", 1));
        if self.0.is_multiple_of(factor) {
            return write!(f, "{} {unit}", self.0 / factor);
        }
        #[expect(clippy::cast_precision_loss, reason = "shown with one decimal")]
        let number = self.0 as f64 / factor as f64;
        write!(f, "{number:.1} {unit}")
    }
}

/// A span of time, written with a unit: `500 ms`, `5 s`, `2 min`, `180 days`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Span(pub Duration);

impl FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (number, unit) = split(text);
        let milliseconds: f64 = match unit {
            "ms" => 1.0,
            "s" => 1_000.0,
            "min" => 60_000.0,
            "h" => 3_600_000.0,
            "day" | "days" => 86_400_000.0,
            _ => {
                return Err(format!(
                    "`{text}` is not a time span: write a number and ms, s, min, h or days, like \"5 s\""
                ));
            }
        };
        let number: f64 = number
            .parse()
            .ok()
            .filter(|n: &f64| n.is_finite() && *n >= 0.0 && *n < 1e9)
            .ok_or_else(|| format!("`{text}` is not a time span: `{number}` is not a number"))?;
        Ok(Self(Duration::from_secs_f64(
            number * milliseconds / 1000.0,
        )))
    }
}

impl Span {
    /// In whole numbers of the largest unit that fits, rounded down: `5 min`.
    #[must_use]
    pub fn rough(self) -> Self {
        let seconds = self.0.as_secs();
        let unit = [86_400, 3600, 60, 1]
            .into_iter()
            .find(|unit| seconds >= *unit);
        Self(Duration::from_secs(seconds - seconds % unit.unwrap_or(1)))
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let milliseconds = self.0.as_millis();
        let (number, unit) = match milliseconds {
            m if m == 0 || m % 1000 != 0 => (m, "ms"),
            m if m % 86_400_000 == 0 => (m / 86_400_000, "days"),
            m if m % 3_600_000 == 0 => (m / 3_600_000, "h"),
            m if m % 60_000 == 0 => (m / 60_000, "min"),
            m => (m / 1000, "s"),
        };
        if number == 1 && unit == "days" {
            return f.write_str("1 day");
        }
        write!(f, "{number} {unit}")
    }
}

/// A span in whole milliseconds, as reports and recordings have it.
pub fn milliseconds(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

/// A dotted version of any length, compared number by number: `4.28.0`, `26.1`, `2026.9.6`.
/// Longer than semver where products are (`4.44.3.1`), and tolerant of a suffix (`27.5.1-ce`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    numbers: Vec<u64>,
    text: String,
}

impl Version {
    fn number(&self, index: usize) -> u64 {
        self.numbers.get(index).copied().unwrap_or(0)
    }
}

impl FromStr for Version {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let trimmed = text.trim();
        let bare = trimmed.strip_prefix('v').unwrap_or(trimmed);
        let core = bare.split(['-', '+', ' ', '~']).next().unwrap_or_default();
        let numbers: Result<Vec<u64>, _> = core.split('.').map(str::parse).collect();
        match numbers {
            Ok(numbers) if !numbers.is_empty() => Ok(Self {
                numbers,
                text: bare.to_owned(),
            }),
            _ => Err(format!("`{text}` is not a version like \"4.28.0\"")),
        }
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        let longest = self.numbers.len().max(other.numbers.len());
        (0..longest)
            .map(|i| self.number(i).cmp(&other.number(i)))
            .find(|order| order.is_ne())
            .or(Some(std::cmp::Ordering::Equal))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn split(text: &str) -> (&str, &str) {
    let text = text.trim();
    let end = text
        .find(|c: char| !(c.is_ascii_digit() || c == '.'))
        .unwrap_or(text.len());
    (&text[..end], text[end..].trim())
}

macro_rules! text_form {
    ($type:ty) => {
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

text_form!(Size);
text_form!(Span);
text_form!(Version);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_and_printed_with_their_unit() {
        assert_eq!("16 GiB".parse(), Ok(Size(17_179_869_184)));
        assert_eq!("512MiB".parse(), Ok(Size(536_870_912)));
        assert_eq!(Size(17_179_869_184).to_string(), "16 GiB");
        assert_eq!(Size(1_610_612_736).to_string(), "1.5 GiB");
        assert_eq!(Size(0).to_string(), "0 B");
    }

    #[test]
    fn a_size_without_unit_or_with_a_decimal_unit_is_refused() {
        for bad in ["512", "16 GB", "GiB", "-1 GiB", "", "1e3 MiB"] {
            assert!(bad.parse::<Size>().is_err(), "{bad}");
        }
    }

    #[test]
    fn spans_are_read_and_printed_with_their_unit() {
        for text in ["500 ms", "5 s", "2 min", "3 h", "180 days", "1 day"] {
            assert_eq!(text.parse::<Span>().expect(text).to_string(), text);
        }
        assert!("5".parse::<Span>().is_err());
        assert!("5 sec".parse::<Span>().is_err());
    }

    #[test]
    fn versions_compare_by_number_and_not_by_text() {
        let v = |text: &str| text.parse::<Version>().expect(text);
        assert!(v("4.9.0") < v("4.28.0"));
        assert!(v("26.1") < v("26.1.1"));
        assert!(v("4.28") >= v("4.28.0"));
        assert!(v("v27.5.1-ce") > v("27.5"));
        assert!("master".parse::<Version>().is_err());
        assert!("".parse::<Version>().is_err());
    }
}
