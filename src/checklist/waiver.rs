//! Waivers: findings that the operator has accepted, with a reason and a last day. A waived
//! finding is never hidden: it is reported as suppressed.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use serde::Deserialize;

use super::catalog::{self, Catalog};
use super::id::{CheckId, OPENCLAWS};
use super::verdict::Complaint;
use crate::failure::Failure;

/// `waivers.toml` in the operator's folder.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    waiver: Vec<Waiver>,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Waiver {
    pub check: Waived,
    /// Only findings about this target, or with this id of OpenClaw's; all of the check's when
    /// absent.
    #[serde(default)]
    pub target: Option<String>,
    pub reason: String,
    #[serde(default)]
    pub by: Option<String>,
    /// The last day on which it holds (UTC).
    #[serde(deserialize_with = "day")]
    pub expires: Date,
}

/// Whose findings are accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Waived {
    Ours(CheckId),
    /// A check of OpenClaw's own doctor: `core/doctor/security`.
    Openclaws(String),
}

impl Waived {
    /// The id as it stands in a report.
    pub fn full(&self) -> String {
        match self {
            Self::Ours(id) => id.full(),
            Self::Openclaws(id) => id.clone(),
        }
    }
}

impl fmt::Display for Waived {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ours(id) => id.fmt(f),
            Self::Openclaws(id) => f.pad(id),
        }
    }
}

impl FromStr for Waived {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-/".contains(&b);
        match text.strip_prefix(OPENCLAWS) {
            Some(name) if !name.is_empty() && name.bytes().all(plain) => {
                Ok(Self::Openclaws(text.to_owned()))
            }
            _ => text.parse().map(Self::Ours),
        }
    }
}

impl<'de> Deserialize<'de> for Waived {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

fn day<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Date, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(|_| {
        let shown = crate::text::wash(&text, 40);
        serde::de::Error::custom(format!(
            "`{shown}` is not a day: write it like \"2027-03-01\""
        ))
    })
}

impl Waiver {
    pub fn holds_on(&self, today: Date) -> bool {
        today <= self.expires
    }

    pub fn covers(&self, check: &CheckId, complaint: &Complaint) -> bool {
        let theirs = complaint.theirs.as_ref();
        let theirs = theirs.map(|theirs| theirs.check_id.as_str());
        let target = complaint.target.as_deref();
        let wanted = self.target.as_deref();
        match &self.check {
            Waived::Ours(id) => {
                id == check && (wanted.is_none() || wanted == target || wanted == theirs)
            }
            Waived::Openclaws(id) => {
                theirs == Some(id.as_str()) && (wanted.is_none() || wanted == target)
            }
        }
    }
}

/// The waivers in the text of a file. One that names no known check or gives no reason stops the
/// run: a waiver that silently does nothing is worse than none.
pub fn parse(origin: &str, text: &str, catalog: &Catalog) -> Result<Vec<Waiver>, Failure> {
    let file: File = catalog::read(origin, text)?;
    for waiver in &file.waiver {
        if let Waived::Ours(id) = &waiver.check
            && catalog.find(id).is_none()
        {
            let failure = Failure::usage(format!(
                "{origin}: a waiver names the check {}, which does not exist",
                waiver.check
            ));
            return Err(match catalog.nearest(id.as_str()) {
                Some(id) => failure.hint(format!("did you mean `{id}`?")),
                None => failure,
            });
        }
        if waiver.reason.trim().is_empty() {
            return Err(Failure::usage(format!(
                "{origin}: the waiver of {} gives no reason",
                waiver.check
            )));
        }
    }
    Ok(file.waiver)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checklist::verdict::{Level, Theirs};

    fn read(text: &str) -> Result<Vec<Waiver>, Failure> {
        parse(
            "waivers.toml",
            text,
            &Catalog::built_in().expect("our own files"),
        )
    }

    const GOOD: &str =
        "[[waiver]]\ncheck = \"host/power\"\nreason = \"lab machine\"\nexpires = \"2027-03-01\"\n";

    #[test]
    fn a_waiver_holds_to_its_last_day() {
        let waiver = &read(GOOD).expect("a good file")[0];
        assert!(waiver.holds_on("2027-03-01".parse().expect("a date")));
        assert!(!waiver.holds_on("2027-03-02".parse().expect("a date")));
    }

    #[test]
    fn a_waiver_of_an_unknown_check_without_reason_or_expiry_stops_the_run() {
        for (good, bad) in [
            ("host/power", "host/powr"),
            ("lab machine", " "),
            ("expires = \"2027-03-01\"\n", ""),
            ("2027-03-01", "soon"),
        ] {
            assert!(read(&GOOD.replace(good, bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_openclaw_finds_is_waived_by_its_own_id_or_behind_the_check_that_passes_it_on() {
        let complaint = |id: &str| {
            let theirs = Theirs {
                source: "openclaw",
                check_id: id.to_owned(),
                code: None,
            };
            Complaint::of_theirs(Level::Warn, theirs, "m").target("main")
        };
        let doctor: CheckId = "openclaw/doctor".parse().expect("an id");
        let (security, plugin) = (complaint("core/doctor/security"), complaint("memory/x"));
        for (check, covers) in [
            ("\"core/doctor/security\"", [true, false]),
            ("\"core/doctor/security\"\ntarget = \"main\"", [true, false]),
            (
                "\"core/doctor/security\"\ntarget = \"other\"",
                [false, false],
            ),
            ("\"openclaw/doctor\"", [true, true]),
            ("\"openclaw/doctor\"\ntarget = \"memory/x\"", [false, true]),
            ("\"host/power\"", [false, false]),
        ] {
            let waivers = read(&GOOD.replace("\"host/power\"", check)).expect(check);
            let found = [&security, &plugin].map(|one| waivers[0].covers(&doctor, one));
            assert_eq!(found, covers, "{check}");
        }
        assert!(read(&GOOD.replace("host/power", "core/doctor/")).is_err());
        assert!(read(&GOOD.replace("host/power", "core/docter/security")).is_err());
    }
}
