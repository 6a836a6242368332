//! What the tests of the judges share: known readings, and short forms of rulings.

use crate::checklist::id::CheckId;
use crate::checklist::verdict::{Level, Ruling, Verdict};
use crate::facts::{Reading, Why};

pub(super) fn known<T>(value: T) -> Reading<T> {
    Reading::known(value, "test")
}

/// `pass`, `warn:code`, `fail:code`, several joined with a blank, `unknown:<kind>`,
/// `not-applicable`, `blocked:<ids>`.
pub(super) fn short(ruling: Result<Ruling, Why>) -> String {
    match ruling.unwrap_or_else(Ruling::unknown).verdict {
        Verdict::Pass => "pass".to_owned(),
        Verdict::Found(complaints) => {
            let words: Vec<String> = complaints
                .iter()
                .map(|complaint| {
                    assert!(complaint.hint.is_some(), "{} has a hint", complaint.code);
                    let level = match complaint.level {
                        Level::Note => "note",
                        Level::Warn => "warn",
                        Level::Fail => "fail",
                    };
                    format!("{level}:{}", complaint.code)
                })
                .collect();
            words.join(" ")
        }
        Verdict::Unknown(why) => {
            let kind = serde_json::to_string(&why.kind).expect("plain data");
            format!("unknown:{}", kind.trim_matches('"'))
        }
        Verdict::NotApplicable(_) => "not-applicable".to_owned(),
        Verdict::Blocked(by) => {
            let ids: Vec<&str> = by.iter().map(CheckId::as_str).collect();
            format!("blocked:{}", ids.join(" "))
        }
    }
}

/// The message of the first complaint.
pub(super) fn message(ruling: Result<Ruling, Why>) -> String {
    match ruling.unwrap_or_else(Ruling::unknown).verdict {
        Verdict::Found(complaints) => complaints
            .into_iter()
            .next()
            .map(|complaint| complaint.message)
            .unwrap_or_default(),
        other => panic!("no complaint but {other:?}"),
    }
}
