//! The time zone in which the dashboard tells times of day, when it is asked to.

use std::path::Path;

use jiff::tz::TimeZone;

use crate::surroundings::Surroundings;

/// The machine's own rules (tzfile(5)); on a Mac a link into its database.
const LOCAL: &str = "/etc/localtime";

/// What `TZ` names, else the machine's; none where neither can be read.
pub fn zone(here: &Surroundings) -> Option<TimeZone> {
    // Set and empty is UTC.
    if here.env.contains_key("TZ") {
        return named();
    }
    machine(Path::new(LOCAL)).or_else(named)
}

/// By its file alone: to find it by its name, all of the database is listed (108 KiB, and a look at
/// each of some 600 files).
fn machine(file: &Path) -> Option<TimeZone> {
    let rules = std::fs::read(file).ok()?;
    TimeZone::tzif("Local", &rules).ok()
}

fn named() -> Option<TimeZone> {
    TimeZone::try_system().ok()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    /// As tzfile(5) has it: one type of time, and the rule in the footer.
    fn berlin() -> Vec<u8> {
        let header = |version: u8| {
            let mut bytes = b"TZif".to_vec();
            bytes.push(version);
            bytes.extend([0; 15]);
            for count in [0_u32, 0, 0, 0, 1, 4] {
                bytes.extend(count.to_be_bytes());
            }
            bytes.extend(3600_i32.to_be_bytes());
            bytes.extend([0, 0]);
            bytes.extend(b"CET\0");
            bytes
        };
        let footer = b"\nCET-1CEST,M3.5.0,M10.5.0/3\n".to_vec();
        [header(b'2'), header(b'2'), footer].concat()
    }

    #[test]
    fn the_machines_file_says_what_its_time_is() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("localtime");
        std::fs::write(&file, berlin()).expect("written");
        let zone = machine(&file).expect("a zone");
        for (at, seconds) in [
            ("2026-07-01T00:00:00Z", 7200),
            ("2026-12-01T00:00:00Z", 3600),
        ] {
            let at: Timestamp = at.parse().expect("a time");
            assert_eq!(zone.to_offset(at).seconds(), seconds);
        }
        std::fs::write(&file, "no zone").expect("written");
        assert!(machine(&file).is_none());
        assert!(machine(&folder.path().join("none")).is_none());
    }
}
