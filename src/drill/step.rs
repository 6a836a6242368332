//! What a drill measured. Pure.

use schemars::JsonSchema;
use serde::Serialize;

use super::harm::Harm;
use crate::facts::host::PressureLevel;
use crate::units::Size;

/// One more sandbox, and what all of them did while it was held. What is not known is left out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// So many of the drill's ran.
    pub sandboxes: u64,
    /// From the create call to the first word from inside.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_milliseconds: Option<u64>,
    /// Bytes that the drill's sandboxes held together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<u64>,
    /// Bytes that the engine's memory had left at least.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left: Option<u64>,
    /// Cores that the drill's sandboxes used together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cores: Option<f64>,
    /// Of the periods in which they wanted to run, the share in which a cap held them back: near
    /// 1 where a load spins at its cap, as it is meant to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub throttled: Option<f64>,
    /// Of the host, the worst that was seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub pressure: Option<PressureLevel>,
    /// It was held to its end without a sign of harm.
    pub harmless: bool,
}

/// Why a drill ended.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(
    tag = "reason",
    rename_all = "kebab-case",
    rename_all_fields = "camelCase"
)]
pub enum Stop {
    /// As many ran as were to.
    Reached,
    /// The ceiling of `--most`.
    Ceiling {
        most: u64,
    },
    /// The time of `--timeout` was over.
    Deadline,
    /// One more would have taken from what the engine's own system is to keep.
    NoRoom {
        left: u64,
        reserve: u64,
    },
    /// A real sandbox was put to work: the drill makes way.
    Call {
        container: String,
    },
    Harm(Harm),
}

impl Stop {
    /// A sentence.
    pub fn words(&self) -> String {
        match self {
            Self::Reached => "As many ran as were to.".to_owned(),
            Self::Ceiling { most } => format!("The ceiling is {most} (--most)."),
            Self::Deadline => "The time was over (--timeout).".to_owned(),
            Self::NoRoom { left, reserve } => format!(
                "The engine has {} of memory left; one more would take from the {} that its own \
                 system is to keep.",
                Size(*left),
                Size(*reserve)
            ),
            Self::Call { container } => format!(
                "A tool call began in {container}: the drill makes way (--allow busy goes on)."
            ),
            Self::Harm(harm) => harm.words(),
        }
    }
}

/// A drill from its first step to its last.
#[derive(Clone, Debug, PartialEq)]
pub struct Drilled {
    pub steps: Vec<Step>,
    pub stop: Stop,
    /// What made the load inside: `python3`, or `sh`.
    pub tool: Option<String>,
}

impl Drilled {
    /// So many ran at the same time without harm.
    pub fn measured(&self) -> u64 {
        let harmless = self.steps.iter().filter(|step| step.harmless);
        harmless.map(|step| step.sandboxes).max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_that_did_harm_is_not_measured() {
        let step = |sandboxes, harmless| Step {
            sandboxes,
            harmless,
            ..Step::default()
        };
        let drilled = Drilled {
            steps: vec![step(1, true), step(2, true), step(3, false)],
            stop: Stop::Reached,
            tool: None,
        };
        assert_eq!(drilled.measured(), 2);
    }
}
