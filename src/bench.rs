//! How long a sandbox takes to start: what is measured and in which order (`plan`), what the numbers
//! come to (`tally`, `quantile`), and how it was before (`history`). Pure; whoever makes sandboxes
//! and looks at the clock is elsewhere.

pub mod history;
pub mod plan;
pub mod quantile;
pub mod tally;

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// From where a call gets its sandbox.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// A fresh container, its image not in the page cache.
    Cold,
    /// A fresh container, its image read before.
    Cached,
    /// A command in a container that stands.
    KeptAlive,
}

impl Way {
    pub fn words(self) -> &'static str {
        match self {
            Self::Cold => "cold",
            Self::Cached => "cached",
            Self::KeptAlive => "kept alive",
        }
    }

    /// What the deployment guide expects.
    pub fn guide(self) -> Guide {
        let (least, most) = match self {
            Self::Cold => (Some(0.2), 0.4),
            Self::Cached => (Some(0.05), 0.15),
            Self::KeptAlive => (None, 0.05),
        };
        Guide { least, most }
    }
}

/// The deployment guide's reference. Seconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Guide {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub least: Option<f64>,
    pub most: f64,
}

/// One sandbox that was made and went, or one command in one that stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// The engine's answer to the create call (of the container, or of the exec).
    pub create: Duration,
    /// The engine's answer to the start call, from that call on.
    pub start: Duration,
    /// The first output that proves it runs, from the start call on.
    pub ready: Duration,
    /// The engine's answer to the removal; none of a command.
    pub remove: Option<Duration>,
    /// From the create call until it can be used, or until the command has ended.
    pub total: Duration,
}
