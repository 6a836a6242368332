//! A value that came from the world, or the reason why it is not known.
//!
//! There is no default on the way from the world: the only accessor returns the reason as an
//! error, so that a judge cannot pass a check out of ignorance.

use serde::{Deserialize, Serialize};

/// One observed value with where it came from, or why it could not be observed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Raw<T>", into = "Raw<T>")]
#[serde(bound(
    serialize = "T: Serialize + Clone",
    deserialize = "T: Deserialize<'de>"
))]
pub enum Reading<T> {
    Known { value: T, from: String },
    Unknown(Why),
}

/// Why a value is not known: a closed reason and words for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Why {
    pub kind: WhyKind,
    pub detail: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WhyKind {
    /// The run did not ask for it (selection, `--passive`).
    NotAsked,
    /// It has no meaning on this platform, provider or policy.
    NotApplicable,
    /// The thing that would hold it is not there.
    Absent,
    /// The world refused to tell (permission).
    Denied,
    /// No answer before the deadline.
    Timeout,
    /// There was an answer that could not be understood.
    Unparsable,
    /// The network was not to be used (`--offline`).
    Offline,
    /// The attempt failed in another way.
    Failed,
}

impl Why {
    pub fn new(kind: WhyKind, detail: impl Into<String>) -> Self {
        Self {
            kind,
            detail: detail.into(),
        }
    }
}

impl std::fmt::Display for Why {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.detail)
    }
}

impl<T> Reading<T> {
    pub fn known(value: T, from: impl Into<String>) -> Self {
        Self::Known {
            value,
            from: from.into(),
        }
    }

    pub fn unknown(kind: WhyKind, detail: impl Into<String>) -> Self {
        Self::Unknown(Why::new(kind, detail))
    }

    pub fn not_applicable(detail: impl Into<String>) -> Self {
        Self::unknown(WhyKind::NotApplicable, detail)
    }

    /// The value, or why it is not known.
    pub fn get(&self) -> Result<&T, Why> {
        match self {
            Self::Known { value, .. } => Ok(value),
            Self::Unknown(why) => Err(why.clone()),
        }
    }

    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Reading<U> {
        match self {
            Self::Known { value, from } => Reading::Known {
                value: f(value),
                from,
            },
            Self::Unknown(why) => Reading::Unknown(why),
        }
    }

    /// A result of asking as a reading that says where it was asked.
    pub fn from_result(result: Result<T, Why>, from: impl Into<String>) -> Self {
        match result {
            Ok(value) => Self::known(value, from),
            Err(why) => Self::Unknown(why),
        }
    }
}

/// What was never asked for is unknown for that very reason.
impl<T> Default for Reading<T> {
    fn default() -> Self {
        Self::unknown(WhyKind::NotAsked, "not asked in this run")
    }
}

/// The form on disk: `{known, from}` or `{unknown, detail}`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw<T> {
    #[serde(skip_serializing_if = "Option::is_none", default = "none")]
    known: Option<T>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    from: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    unknown: Option<WhyKind>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    detail: Option<String>,
}

fn none<T>() -> Option<T> {
    None
}

impl<T> From<Reading<T>> for Raw<T> {
    fn from(reading: Reading<T>) -> Self {
        match reading {
            Reading::Known { value, from } => Self {
                known: Some(value),
                from: Some(from),
                unknown: None,
                detail: None,
            },
            Reading::Unknown(why) => Self {
                known: None,
                from: None,
                unknown: Some(why.kind),
                detail: Some(why.detail),
            },
        }
    }
}

impl<T> TryFrom<Raw<T>> for Reading<T> {
    type Error = &'static str;

    fn try_from(raw: Raw<T>) -> Result<Self, Self::Error> {
        match (raw.known, raw.unknown) {
            (Some(value), None) => Ok(Self::known(value, raw.from.unwrap_or_default())),
            (None, Some(kind)) => Ok(Self::unknown(kind, raw.detail.unwrap_or_default())),
            (None, None) => Err("a reading needs `known` or `unknown`"),
            (Some(_), Some(_)) => Err("a reading cannot be `known` and `unknown` at once"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reading_survives_json_both_ways() {
        let known: Reading<u64> = Reading::known(7, "sysctl");
        let text = serde_json::to_string(&known).expect("plain data");
        assert_eq!(text, r#"{"known":7,"from":"sysctl"}"#);
        assert_eq!(
            serde_json::from_str::<Reading<u64>>(&text).expect("own output"),
            known
        );
        let unknown: Reading<u64> = Reading::unknown(WhyKind::Timeout, "no answer in 2 s");
        let text = serde_json::to_string(&unknown).expect("plain data");
        assert_eq!(text, r#"{"unknown":"timeout","detail":"no answer in 2 s"}"#);
    }

    #[test]
    fn a_reading_that_says_nothing_is_refused() {
        assert!(serde_json::from_str::<Reading<u64>>("{}").is_err());
        assert!(serde_json::from_str::<Reading<u64>>(r#"{"known":1,"unknown":"denied"}"#).is_err());
    }
}
