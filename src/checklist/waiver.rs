//! Waivers: findings that the operator has accepted, with a reason and a last day. A waived
//! finding is never hidden: it is reported as suppressed.

use jiff::civil::Date;
use serde::Deserialize;

use super::catalog::{self, Catalog};
use super::id::CheckId;
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
    pub check: CheckId,
    /// Only findings about this target; all of the check's when absent.
    #[serde(default)]
    pub target: Option<String>,
    pub reason: String,
    #[serde(default)]
    pub by: Option<String>,
    /// The last day on which it holds (UTC).
    #[serde(deserialize_with = "day")]
    pub expires: Date,
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

    pub fn covers(&self, check: &CheckId, target: Option<&str>) -> bool {
        self.check == *check
            && self
                .target
                .as_deref()
                .is_none_or(|wanted| target == Some(wanted))
    }
}

/// The waivers in the text of a file. One that names no known check or gives no reason stops the
/// run: a waiver that silently does nothing is worse than none.
pub fn parse(origin: &str, text: &str, catalog: &Catalog) -> Result<Vec<Waiver>, Failure> {
    let file: File = catalog::read(origin, text)?;
    for waiver in &file.waiver {
        if catalog.find(&waiver.check).is_none() {
            let failure = Failure::usage(format!(
                "{origin}: a waiver names the check {}, which does not exist",
                waiver.check
            ));
            return Err(match catalog.nearest(waiver.check.as_str()) {
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
}
