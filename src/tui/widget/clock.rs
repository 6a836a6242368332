//! Instants as the clock of the person at the terminal shows them.

use std::fmt::{Display, Formatter, Result};

use jiff::tz::{Offset, TimeZone};

use crate::live::event::Moment;

/// Where the person is, as the system says; UTC where it does not.
#[derive(Clone, Debug, Default)]
pub struct Zone(Option<TimeZone>);

impl Zone {
    pub fn new(zone: Option<TimeZone>) -> Self {
        Self(zone)
    }

    /// `13:05:59`
    pub fn clock(&self, at: Moment) -> Clock {
        let zone = self.0.as_ref().zip(stamp(at));
        let offset = zone.map_or(Offset::UTC, |(zone, stamp)| zone.to_offset(stamp));
        Clock { at, offset }
    }

    /// `CET` or `+03`, by which times are told at this instant.
    pub fn word(&self, at: Moment) -> Word<'_> {
        Word { zone: self, at }
    }
}

/// The time of day.
pub struct Clock {
    at: Moment,
    offset: Offset,
}

impl Display for Clock {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let seconds = self.at.0.div_euclid(1_000_000_000) + i64::from(self.offset.seconds());
        let seconds = seconds.rem_euclid(86_400);
        let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
        write!(f, "{hours:02}:{minutes:02}:{:02}", seconds % 60)
    }
}

pub struct Word<'a> {
    zone: &'a Zone,
    at: Moment,
}

impl Display for Word<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self.zone.0.as_ref().zip(stamp(self.at)) {
            Some((zone, stamp)) => f.write_str(zone.to_offset_info(stamp).abbreviation()),
            None => f.write_str("UTC"),
        }
    }
}

fn stamp(at: Moment) -> Option<jiff::Timestamp> {
    jiff::Timestamp::from_second(at.0.div_euclid(1_000_000_000)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Moment {
        let stamp: jiff::Timestamp = text.parse().expect("RFC 3339");
        Moment(stamp.as_second() * 1_000_000_000)
    }

    fn told(zone: &Zone, text: &str) -> String {
        format!("{} {}", zone.clock(at(text)), zone.word(at(text)))
    }

    #[test]
    fn a_time_is_told_as_the_clock_on_the_wall_shows_it_summer_and_winter() {
        let berlin = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").expect("a rule");
        let berlin = Zone::new(Some(berlin));
        assert_eq!(told(&berlin, "2026-11-18T11:06:40Z"), "12:06:40 CET");
        assert_eq!(told(&berlin, "2026-07-30T22:30:00Z"), "00:30:00 CEST");
        let west = Zone::new(Some(TimeZone::fixed(jiff::tz::offset(-8))));
        assert_eq!(told(&west, "2026-11-18T05:00:00Z"), "21:00:00 -08");
    }

    #[test]
    fn where_the_system_does_not_say_it_is_utc_and_says_so() {
        let zone = Zone::default();
        assert_eq!(told(&zone, "2026-11-18T11:06:40Z"), "11:06:40 UTC");
        assert_eq!(zone.clock(Moment(-1)).to_string(), "23:59:59");
    }
}
