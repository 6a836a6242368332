//! What can be known about the host's own network, so that a host outage, the engine's forwarder
//! and the sandbox's network are told apart.

use serde::{Deserialize, Serialize};

use super::Reading;
use super::sandbox::NameAnswer;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Net {
    /// The DNS check's names, asked of the host's own resolvers.
    pub host_names: Reading<Vec<NameAnswer>>,
    pub host_resolvers: Vec<String>,
    pub registries: Reading<Vec<Registry>>,
    /// Names of the proxy variables that are set; their values may hold secrets.
    pub proxies: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Registry {
    pub host: String,
    pub answer: RegistryAnswer,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum RegistryAnswer {
    /// It speaks the registry protocol: `/v2/` gave 200 or 401.
    Speaks {
        status: u16,
        milliseconds: u64,
    },
    /// Something answered that is no registry, or one that is in trouble.
    Http {
        status: u16,
    },
    Unreachable {
        detail: String,
    },
    Timeout,
}
