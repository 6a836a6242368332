//! The operator's settings: `clawdoctor.toml` in the config folder, every key with a default.

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    pub dns: Dns,
    pub egress: Egress,
    pub sandbox: Sandbox,
    pub registry: Registry,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Dns {
    /// Names that must resolve on the host and inside sandboxes with a network. Two that share
    /// no provider, so that one outage is not taken for a broken resolver.
    pub names: Vec<String>,
    /// Resolvers to ask on the host instead of the system's own: `address` or `address:port`.
    pub servers: Vec<String>,
}

impl Default for Dns {
    fn default() -> Self {
        Self {
            names: ["github.com", "one.one.one.one"]
                .map(str::to_owned)
                .to_vec(),
            servers: Vec::new(),
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Egress {
    /// More addresses (`host:port`) that no sandbox may reach.
    pub blocked: Vec<String>,
    /// Addresses (`host:port`) that sandboxes with a network must reach.
    pub allowed: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Sandbox {
    /// More mounts to check from inside, `volume-or-path:target[:ro]`.
    pub mounts: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Registry {
    /// Registries to reach; empty = those of the configured images, else Docker Hub.
    pub hosts: Vec<String>,
}
