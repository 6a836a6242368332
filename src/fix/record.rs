//! What a run writes down, one line of JSON for each record. Data only.
//!
//! [`VERSION`] goes up when a reader of the former version would draw wrong conclusions. New kinds
//! of records and new fields need no new version: readers pass over what they do not know, and
//! nobody ever rewrites a line.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Of the journals that are written now.
pub const VERSION: u32 = 1;

/// The number of a step within its run; the first is 1.
pub type Seq = u32;

/// The name of a run, fit to be the name of a file: small letters, digits and hyphens. Names sort
/// by the time at which the runs began.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct RunId(String);

impl RunId {
    /// A run of the process `pid` that begins now: `20260730-205650123-4711`.
    pub fn new(now: Timestamp, pid: u32) -> Self {
        let at = jiff::tz::Offset::UTC.to_datetime(now);
        Self(format!(
            "{}{:03}-{pid}",
            at.strftime("%Y%m%d-%H%M%S"),
            at.millisecond()
        ))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// It names files and folders: what could lead out of ours is refused.
impl TryFrom<String> for RunId {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if text.is_empty() || text.len() > 64 || text.starts_with('-') || !text.bytes().all(fits) {
            return Err("the name of a run is made of small letters, digits and hyphens");
        }
        Ok(Self(text))
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One line of a journal. `S` is a step: a change as data, with what was there before it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(
    tag = "type",
    rename_all = "kebab-case",
    rename_all_fields = "camelCase"
)]
pub enum Record<S> {
    /// The first line.
    Run(Run),
    /// Written before the step is taken: from here on it may have happened.
    Intent {
        seq: Seq,
        repair: String,
        step: S,
    },
    /// The step is taken; `after` is what undoing has to find.
    Done {
        seq: Seq,
        after: Value,
    },
    /// The step left everything as it was.
    Failed {
        seq: Seq,
        error: String,
    },
    /// What the check of a repair says afterwards.
    Verified {
        repair: String,
        status: String,
    },
    /// Written before the step is taken back.
    Undoing {
        seq: Seq,
    },
    Undone {
        seq: Seq,
    },
    UndoFailed {
        seq: Seq,
        error: String,
    },
    /// The last line, until somebody undoes the run.
    End {
        outcome: Outcome,
    },
}

/// Who runs, and what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Run {
    pub version: u32,
    pub run_id: RunId,
    /// `clawdoctor 0.1.0`.
    pub tool: String,
    pub started_at: Timestamp,
    pub uid: u32,
    pub user: String,
    pub argv: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Every step was taken.
    Done,
    /// Some were.
    Partial,
    Failed,
    Interrupted,
    Undone,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Done => "done",
            Self::Partial => "partly done",
            Self::Failed => "failed",
            Self::Interrupted => "interrupted",
            Self::Undone => "undone",
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_name_of_a_run_leads_nowhere_else() {
        let now = "2026-07-30T20:56:50.123Z".parse().expect("a time");
        let id = RunId::new(now, 4711);
        assert_eq!(id.as_str(), "20260730-205650123-4711");
        assert_eq!(RunId::try_from(id.to_string()), Ok(id));
        for text in ["", ".", "..", "a/b", "-x", "A", "a\0", &"a".repeat(65)] {
            assert!(RunId::try_from(text.to_owned()).is_err(), "{text:?}");
        }
    }

    #[test]
    fn records_have_the_words_that_old_journals_have() {
        let run = Record::<Value>::Run(Run {
            version: VERSION,
            run_id: RunId::try_from("r-1".to_owned()).expect("a name"),
            tool: "clawdoctor 0.1.0".to_owned(),
            started_at: "2026-07-30T20:56:50Z".parse().expect("a time"),
            uid: 501,
            user: "ada".to_owned(),
            argv: vec!["clawdoctor".to_owned(), "fix".to_owned()],
        });
        let table = [
            (
                run,
                json!({"type": "run", "version": 1, "runId": "r-1", "tool": "clawdoctor 0.1.0",
                    "startedAt": "2026-07-30T20:56:50Z", "uid": 501, "user": "ada",
                    "argv": ["clawdoctor", "fix"]}),
            ),
            (
                Record::Intent {
                    seq: 1,
                    repair: "docker.daemon".to_owned(),
                    step: json!({"kind": "x"}),
                },
                json!({"type": "intent", "seq": 1, "repair": "docker.daemon", "step": {"kind": "x"}}),
            ),
            (
                Record::Done {
                    seq: 1,
                    after: json!(null),
                },
                json!({"type": "done", "seq": 1, "after": null}),
            ),
            (
                Record::UndoFailed {
                    seq: 1,
                    error: "no".to_owned(),
                },
                json!({"type": "undo-failed", "seq": 1, "error": "no"}),
            ),
            (
                Record::End {
                    outcome: Outcome::Partial,
                },
                json!({"type": "end", "outcome": "partial"}),
            ),
        ];
        for (record, expected) in table {
            assert_eq!(serde_json::to_value(&record).expect("plain data"), expected);
            let back: Record<Value> = serde_json::from_value(expected).expect("reads back");
            assert_eq!(back, record);
        }
    }

    #[test]
    fn a_field_of_a_later_version_is_passed_over() {
        let line = json!({"type": "undone", "seq": 3, "by": "somebody"});
        let record: Record<Value> = serde_json::from_value(line).expect("reads");
        assert_eq!(record, Record::Undone { seq: 3 });
    }
}
