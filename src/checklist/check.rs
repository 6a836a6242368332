//! One check as its file describes it: the operator's documentation and our data in one place.

use serde::{Deserialize, Serialize};

use super::id::CheckId;
use super::judge::Judge;
use crate::units::Span;

/// A check with its id and where its file lies.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    pub id: CheckId,
    /// `built in`, or the path of the operator's file.
    pub origin: String,
    pub spec: Spec,
}

/// The content of one file in `checks/`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Spec {
    /// A noun phrase: what is looked at.
    pub title: String,
    pub step: Step,
    /// Severity of a finding when the check fails; a warning stays a warning.
    pub severity: Severity,
    #[serde(default)]
    pub required: bool,
    /// Checks that must not have failed for this one to make sense.
    #[serde(default)]
    pub needs: Vec<CheckId>,
    /// How long its probing may take.
    pub timeout: Span,
    pub why: String,
    pub remedy: String,
    #[serde(default)]
    pub references: Vec<String>,
    #[serde(default)]
    pub fix: Fix,
    pub judge: Judge,
}

/// A step of the deployment guide, the prerequisites before them, or what always holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    Prerequisites,
    Cli,
    Socket,
    Image,
    Mode,
    Always,
}

impl Step {
    pub const ALL: [Self; 6] = [
        Self::Prerequisites,
        Self::Cli,
        Self::Socket,
        Self::Image,
        Self::Mode,
        Self::Always,
    ];

    pub fn title(self) -> &'static str {
        match self {
            Self::Prerequisites => "Prerequisites",
            Self::Cli => "Docker CLI in the tool layer",
            Self::Socket => "Docker socket access",
            Self::Image => "Sandbox image pre-pulled",
            Self::Mode => "Sandbox mode on, and verified",
            Self::Always => "Always",
        }
    }

    /// `0` to `4`; none for what always holds.
    pub fn number(self) -> Option<u8> {
        match self {
            Self::Prerequisites => Some(0),
            Self::Cli => Some(1),
            Self::Socket => Some(2),
            Self::Image => Some(3),
            Self::Mode => Some(4),
            Self::Always => None,
        }
    }
}

impl<'de> Deserialize<'de> for Step {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Step;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a step: 0, 1, 2, 3, 4 or \"always\"")
            }
            fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Step, E> {
                Step::ALL
                    .into_iter()
                    .find(|step| step.number().is_some_and(|n| i64::from(n) == number))
                    .ok_or_else(|| E::invalid_value(serde::de::Unexpected::Signed(number), &self))
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Step, E> {
                match text {
                    "always" => Ok(Step::Always),
                    other => Err(E::invalid_value(serde::de::Unexpected::Str(other), &self)),
                }
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Info,
    Warning,
    Error,
}

impl Severity {
    pub fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// What a repair could do about a finding of this check.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Fix {
    #[serde(default)]
    pub mode: FixMode,
    #[serde(default)]
    pub risk: Option<Risk>,
    #[serde(default)]
    pub reversible: bool,
    #[serde(default)]
    pub needs: Vec<FixNeed>,
}

#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum FixMode {
    Auto,
    Confirm,
    Manual,
    #[default]
    None,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Risk {
    Safe,
    Behaviour,
    Restart,
    Data,
    Security,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FixNeed {
    Sudo,
    GuiSession,
    DockerRestart,
    GatewayRestart,
    Network,
}
