//! Ranges of versions, as packages and checks write them.

use std::str::FromStr;

/// A range as npm writes it (<https://github.com/npm/node-semver#ranges>): alternatives with
/// `||`, conditions side by side, a bare version meaning exactly that one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionRange(Vec<semver::VersionReq>);

impl FromStr for VersionRange {
    type Err = String;

    fn from_str(range: &str) -> Result<Self, String> {
        let alternatives: Result<_, String> = range.split("||").map(alternative).collect();
        Ok(Self(alternatives?))
    }
}

impl VersionRange {
    pub fn holds(&self, version: &semver::Version) -> bool {
        self.0.iter().any(|one| one.matches(version))
    }

    /// Whether a version as programs print it is in the range: `v24.21.0`, `OpenClaw 2026.9.6
    /// (eb377ac)`, `4.90.0`. The first word that begins like a version counts; numbers that are
    /// missing are 0, and what is marked as a prerelease counts as its release.
    pub fn holds_printed(&self, text: &str) -> bool {
        text.split_whitespace()
            .map(|word| word.trim_start_matches('v'))
            .find(|word| word.starts_with(|c: char| c.is_ascii_digit()) && word.contains('.'))
            .and_then(plain)
            .is_some_and(|version| self.holds(&version))
    }
}

fn plain(word: &str) -> Option<semver::Version> {
    let numbers = word.split(['-', '+']).next()?;
    let mut parts = numbers.split('.').map(|part| part.parse::<u64>().ok());
    let mut next = || parts.next().unwrap_or(Some(0));
    Some(semver::Version::new(next()?, next()?, next()?))
}

fn alternative(text: &str) -> Result<semver::VersionReq, String> {
    let refuse = |e: &dyn std::fmt::Display| format!("`{text}` is not a version range: {e}");
    if let Some((from, to)) = text.split_once(" - ") {
        let both = format!(">={}, <={}", from.trim(), to.trim());
        return semver::VersionReq::parse(&both).map_err(|e| refuse(&e));
    }
    let mut conditions: Vec<String> = Vec::new();
    let mut operator = String::new();
    for word in text.split([' ', ',', '\t']).filter(|word| !word.is_empty()) {
        // `>= 24.16.0` and `>=24.16.0` are the same to npm.
        if word.chars().all(|c| "<>=~^".contains(c)) {
            word.clone_into(&mut operator);
            continue;
        }
        let word = format!("{operator}{word}");
        operator.clear();
        let bare =
            word.starts_with(|c: char| c.is_ascii_digit()) && !word.contains(['x', 'X', '*']);
        conditions.push(if bare { format!("={word}") } else { word });
    }
    let list = if conditions.is_empty() {
        "*".to_owned()
    } else {
        conditions.join(", ")
    };
    semver::VersionReq::parse(&list).map_err(|e| refuse(&e))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_mean_what_npm_means() {
        let table: [(&str, &[&str], &[&str]); 8] = [
            (
                ">=24.16.0 <25 || >=26.1.0",
                &["24.16.0", "24.99.1", "26.1.0", "30.0.0"],
                &["24.15.9", "25.0.0", "26.0.9"],
            ),
            (
                ">=24.16.0, <25.0.0 || >=26.1.0",
                &["24.16.0", "26.1.0"],
                &["25.0.0"],
            ),
            (">= 22.0.0", &["22.0.0", "23.1.0"], &["21.9.9"]),
            ("22.19.0", &["22.19.0"], &["22.19.1", "22.20.0"]),
            ("24", &["24.0.0", "24.16.2"], &["25.0.0"]),
            (
                "24.x || ^26.1.0",
                &["24.3.0", "26.9.0"],
                &["26.0.0", "27.0.0"],
            ),
            ("22.0.0 - 24.1.0", &["22.0.0", "24.1.0"], &["24.1.1"]),
            ("*", &["1.0.0"], &[]),
        ];
        for (range, inside, outside) in table {
            let range_of: VersionRange = range.parse().expect(range);
            let holds = |version: &str| {
                let version = semver::Version::parse(version).expect("a version");
                range_of.holds(&version)
            };
            for version in inside {
                assert!(holds(version), "{version} in {range}");
            }
            for version in outside {
                assert!(!holds(version), "{version} not in {range}");
            }
        }
        for bad in ["latest", ">=", ">=a.b", "24.16.0.1"] {
            let parsed = bad.parse::<VersionRange>();
            assert!(parsed.is_err() || bad == ">=", "{bad}: {parsed:?}");
        }
    }

    #[test]
    fn a_version_is_found_in_what_a_program_prints() {
        let range: VersionRange = ">=2026.1.0".parse().expect("a range");
        for (text, expected) in [
            ("OpenClaw 2026.9.6 (eb377ac)\n", true),
            ("2026.1.29-1", true),
            ("v2026.2", true),
            ("OpenClaw 2025.12.31", false),
            ("openclaw: not found", false),
            ("", false),
        ] {
            assert_eq!(range.holds_printed(text), expected, "{text}");
        }
    }
}
