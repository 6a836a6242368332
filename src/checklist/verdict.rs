//! What a judge says, and what a run makes of it.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::id::CheckId;
use crate::facts::Why;

/// A judge's answer: the verdict, one line about it, and the values it rests on.
#[derive(Clone, Debug, PartialEq)]
pub struct Ruling {
    pub verdict: Verdict,
    /// One line for a person: "Docker Desktop 4.90.0 (238679)".
    pub summary: String,
    /// Machine values in base units.
    pub observed: Option<Value>,
    pub expected: Option<Value>,
    /// `bytes`, `seconds`, `cpus`, …
    pub unit: Option<&'static str>,
    pub evidence: Vec<Evidence>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    Pass,
    /// What is wrong, at least one; the worst of them sets the status.
    Found(Vec<Complaint>),
    /// Could not be determined: never a pass.
    Unknown(Why),
    /// Has no meaning here.
    NotApplicable(String),
    /// Says nothing, since another check's failure explains it.
    Blocked(Vec<CheckId>),
}

/// One thing that is wrong, on one subject.
#[derive(Clone, Debug, PartialEq)]
pub struct Complaint {
    pub level: Level,
    /// A kebab-case reason code, stable like an id: `docker-desktop-too-old`.
    pub code: &'static str,
    /// What it is about: an agent, an image, a mount, a version.
    pub target: Option<String>,
    /// The file, config key or socket to look at.
    pub path: Option<String>,
    pub message: String,
    /// The rule as a short string: `docker-desktop>=4.28.0`.
    pub requirement: Option<String>,
    /// What to type or do next, one action.
    pub hint: Option<String>,
    /// Somebody else's finding, folded in under its own id.
    pub theirs: Option<Theirs>,
}

/// Whose finding a complaint passes on: another doctor's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Theirs {
    /// The tool that found it: `openclaw`.
    pub source: &'static str,
    /// Their own id, as they write it.
    pub check_id: String,
    pub code: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Worth knowing, and nothing wrong.
    Note,
    Warn,
    Fail,
}

/// A pointer into the facts with the value found there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Evidence {
    /// JSON pointer into the snapshot: `/docker/version`.
    pub pointer: String,
    pub value: Value,
}

impl Evidence {
    pub fn new(pointer: &str, value: impl Serialize) -> Self {
        Self {
            pointer: pointer.to_owned(),
            value: serde_json::to_value(value).unwrap_or(Value::Null),
        }
    }
}

impl Complaint {
    pub fn fail(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Level::Fail, code, message)
    }

    pub fn warn(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Level::Warn, code, message)
    }

    fn new(level: Level, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            level,
            code,
            target: None,
            path: None,
            message: message.into(),
            requirement: None,
            hint: None,
            theirs: None,
        }
    }

    /// A finding of another doctor's, passed on as its own.
    pub fn of_theirs(level: Level, theirs: Theirs, message: impl Into<String>) -> Self {
        Self {
            theirs: Some(theirs),
            ..Self::new(level, "openclaw-doctor", message)
        }
    }

    #[must_use]
    pub fn target(mut self, target: impl Into<String>) -> Self {
        self.target = Some(target.into());
        self
    }

    #[must_use]
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.path = Some(path.into());
        self
    }

    #[must_use]
    pub fn requirement(mut self, requirement: impl Into<String>) -> Self {
        self.requirement = Some(requirement.into());
        self
    }

    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl Ruling {
    pub fn pass(summary: impl Into<String>) -> Self {
        Self::new(Verdict::Pass, summary)
    }

    /// A pass with this summary when there is nothing to complain of; else the first complaint is
    /// the summary: what is right about it would belie the verdict.
    pub fn found(complaints: Vec<Complaint>, summary: impl Into<String>) -> Self {
        let Some(first) = complaints.first() else {
            return Self::pass(summary);
        };
        let summary = match complaints.len() - 1 {
            0 => first.message.clone(),
            more => format!("{} (and {more} more)", first.message),
        };
        Self::new(Verdict::Found(complaints), summary)
    }

    pub fn not_applicable(reason: impl Into<String>) -> Self {
        let reason = reason.into();
        Self::new(Verdict::NotApplicable(reason.clone()), reason)
    }

    pub fn blocked(by: &[&str]) -> Self {
        let ids = by
            .iter()
            .map(|id| id.parse().expect("judges name checks of the catalogue"))
            .collect();
        Self::new(Verdict::Blocked(ids), format!("see {}", by.join(", ")))
    }

    pub fn unknown(why: Why) -> Self {
        let summary = why.detail.clone();
        Self::new(Verdict::Unknown(why), summary)
    }

    fn new(verdict: Verdict, summary: impl Into<String>) -> Self {
        Self {
            verdict,
            summary: summary.into(),
            observed: None,
            expected: None,
            unit: None,
            evidence: Vec::new(),
        }
    }

    #[must_use]
    pub fn observed(mut self, value: impl Into<Value>) -> Self {
        self.observed = Some(value.into());
        self
    }

    #[must_use]
    pub fn expected(mut self, value: impl Into<Value>) -> Self {
        self.expected = Some(value.into());
        self
    }

    #[must_use]
    pub fn unit(mut self, unit: &'static str) -> Self {
        self.unit = Some(unit);
        self
    }

    #[must_use]
    pub fn evidence(mut self, pointer: &str, value: impl Serialize) -> Self {
        self.evidence.push(Evidence::new(pointer, value));
        self
    }
}

/// What became of a check in one run.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    Pass,
    Skip,
    Warn,
    Error,
    Fail,
}

impl Status {
    pub const ALL: [Self; 5] = [Self::Pass, Self::Warn, Self::Fail, Self::Skip, Self::Error];

    pub fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Warn => "warn",
            Self::Fail => "fail",
            Self::Skip => "skip",
            Self::Error => "error",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SkipReason {
    NotApplicable,
    Blocked,
    NotSelected,
    NeedsPrivilege,
    Waived,
    Offline,
}
