//! Error messages that operators meet, and what is behind them: the table of `assets/errors.toml`,
//! embedded. Pure.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::id::CheckId;

/// One known message.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct KnownError {
    pub id: String,
    /// Patterns, any of which must be found in the text.
    #[serde(rename = "match")]
    pub patterns: Vec<String>,
    /// The message as it was seen.
    pub sample: String,
    pub title: String,
    pub cause: String,
    pub advice: String,
    pub checks: Vec<CheckId>,
    #[serde(default)]
    pub references: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    error: Vec<KnownError>,
}

static TABLE: LazyLock<Vec<KnownError>> = LazyLock::new(|| {
    let table: Table = toml::from_str(include_str!("../../assets/errors.toml"))
        .expect("the embedded table is read by a test");
    table.error
});

/// More than this is no answer.
const MOST: usize = 3;
/// A pasted log may be long; nothing beyond this is looked at.
const LONGEST: usize = 64 * 1024;

/// All known messages in the order of the table: the more specific above the more general.
pub fn known() -> &'static [KnownError] {
    &TABLE
}

/// What a text may be about, the best first, at most three.
pub fn about(text: &str) -> Vec<&'static KnownError> {
    let text = simple(text);
    known()
        .iter()
        .filter(|error| error.patterns.iter().any(|pattern| is_in(pattern, &text)))
        .take(MOST)
        .collect()
}

/// Whether the parts of the pattern stand in the text in their order.
fn is_in(pattern: &str, text: &str) -> bool {
    let pattern = simple(pattern);
    let mut rest = text;
    for part in pattern
        .split('*')
        .map(str::trim)
        .filter(|part| !part.is_empty())
    {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    true
}

/// Lower case, each run of white space one blank, typographic quotes as plain ones: as messages
/// come out of terminals, chats and logs.
fn simple(text: &str) -> String {
    let mut simple = String::with_capacity(text.len().min(LONGEST));
    for word in text.split_whitespace() {
        if simple.len() + word.len() > LONGEST {
            break;
        }
        if !simple.is_empty() {
            simple.push(' ');
        }
        simple.extend(word.chars().flat_map(char::to_lowercase).map(|c| match c {
            '“' | '”' => '"',
            '‘' | '’' => '\'',
            c => c,
        }));
    }
    simple
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checklist::catalog::Catalog;

    #[test]
    fn every_sample_leads_to_its_own_entry() {
        for error in known() {
            let found: Vec<&str> = about(&error.sample).iter().map(|e| e.id.as_str()).collect();
            assert_eq!(found.first(), Some(&error.id.as_str()), "{}", error.sample);
        }
    }

    #[test]
    fn entries_are_complete_and_name_checks_that_exist() {
        let catalog = Catalog::built_in().expect("our own files");
        let mut ids = std::collections::BTreeSet::new();
        for error in known() {
            assert!(ids.insert(&error.id), "{} stands twice", error.id);
            assert!(!error.patterns.is_empty(), "{}", error.id);
            assert!(
                !error.patterns.iter().any(|p| simple(p).len() < 6),
                "{}",
                error.id
            );
            for text in [&error.title, &error.cause, &error.advice] {
                assert!(!text.trim().is_empty(), "{}", error.id);
            }
            for check in &error.checks {
                assert!(catalog.find(check).is_some(), "{}: {check}", error.id);
            }
        }
    }

    #[test]
    fn case_white_space_and_what_stands_between_do_not_matter() {
        assert!(is_in(
            "Cannot connect*daemon",
            &simple("x CANNOT\n  connect to the Docker daemon")
        ));
        assert!(!is_in(
            "daemon*cannot",
            &simple("cannot connect to the daemon")
        ));
        assert!(
            is_in("a * b", &simple("a b")),
            "a star stands for nothing as well"
        );
    }

    #[test]
    fn what_is_not_known_has_no_entry() {
        assert!(about("").is_empty());
        assert!(about("all is well").is_empty());
        assert!(about(&"x ".repeat(200_000)).is_empty());
    }
}
