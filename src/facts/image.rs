//! What can be known about the sandbox images of the effective agents.

use serde::{Deserialize, Serialize};

use super::Reading;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Image {
    /// As configured: `openclaw-sandbox:bookworm-slim`.
    pub reference: String,
    /// The agents that use it.
    pub agents: Vec<String>,
    /// Unknown with kind `absent` when the engine has no such image.
    pub local: Reading<LocalImage>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct LocalImage {
    pub id: String,
    pub os: String,
    pub arch: String,
    #[serde(default)]
    pub variant: Option<String>,
    /// RFC 3339; none when the image does not say.
    #[serde(default)]
    pub created: Option<String>,
    /// Seconds between `created` and the moment of the snapshot.
    #[serde(default)]
    pub age_seconds: Option<u64>,
    /// `Config.User`; empty = root.
    #[serde(default)]
    pub user: String,
    #[serde(default)]
    pub entrypoint: Vec<String>,
    #[serde(default)]
    pub size: u64,
    #[serde(default)]
    pub repo_digests: Vec<String>,
}
