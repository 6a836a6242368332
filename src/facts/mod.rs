//! Facts: one serialisable, versioned snapshot of a node. Plain data and the vocabulary that every
//! room above shares. Nothing here asks the world and nothing here judges.
//!
//! One file per area says what can be known about it. Snapshots written by one version are read by
//! later ones: a new field has a default, and only a change that an old reader would
//! misunderstand bumps [`VERSION`].

pub mod custom;
pub mod docker;
pub mod host;
pub mod image;
pub mod leftovers;
pub mod net;
pub mod openclaw;
mod part;
mod reading;
pub mod sandbox;

pub use reading::{Reading, Why, WhyKind};

use std::path::Path;

use serde::{Deserialize, Serialize};

/// Version of the snapshot's form on disk.
pub const VERSION: u32 = 1;

/// Whether a path is this folder or lies below it, as they are written. In no name lies nothing.
pub fn is_within(path: &str, folder: &str) -> bool {
    !folder.is_empty() && Path::new(path).starts_with(folder)
}

/// Everything that one run found out about a node.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Facts {
    pub version: u32,
    /// When the gathering began, RFC 3339 in UTC.
    pub taken_at: String,
    pub node: Node,
    pub host: host::Host,
    pub docker: docker::Docker,
    pub openclaw: openclaw::Openclaw,
    pub images: Reading<Vec<image::Image>>,
    /// Containers with OpenClaw's sandbox label.
    pub standing: Reading<Vec<sandbox::Standing>>,
    pub load: Reading<sandbox::Load>,
    /// What is still known of tool calls.
    pub calls: Reading<sandbox::Calls>,
    /// One per distinct sandbox configuration.
    pub inside: Reading<Vec<sandbox::Inside>>,
    pub net: net::Net,
    pub custom: Vec<custom::Custom>,
}

/// Which node this is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Node {
    pub id: String,
    pub hostname: String,
    /// The version of clawdoctor that took the snapshot.
    pub taken_by: String,
}

/// A family of facts that is gathered together; a judge says which ones it reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Section {
    /// Memory, CPU, disk, system: cheap, always there.
    Host,
    /// Power and login settings of the machine.
    NodeSettings,
    /// Where the engine is, and whether it answers: `docker.{endpoint,candidates,connection,cli}`.
    Endpoint,
    /// What the engine says of itself: `docker.{version,info,provider,disk,clock}`.
    Engine,
    /// Docker Desktop's bundle and settings, daemon.json.
    Desktop,
    Credentials,
    /// Installation, configuration, effective agents.
    Openclaw,
    Gateway,
    Images,
    Standing,
    /// Working sets of running containers.
    Load,
    /// What is still known of tool calls.
    Calls,
    /// One probe container per distinct sandbox configuration.
    Inside,
    HostNames,
    Registries,
    /// The folders that sandboxes have, or had, on the host: `openclaw.workspaces`.
    Workspaces,
    /// What takes the disk, asked only where one is short: `docker.{usage,disk_image}`.
    Space,
    /// What OpenClaw's own doctor says, asked with `--deep` alone: it takes some ten seconds.
    Doctor,
    /// The sandboxes that OpenClaw itself knows of, asked with `--deep` alone.
    Registry,
    Custom,
}

impl Section {
    pub const ALL: [Self; 20] = [
        Self::Host,
        Self::NodeSettings,
        Self::Endpoint,
        Self::Engine,
        Self::Desktop,
        Self::Credentials,
        Self::Openclaw,
        Self::Gateway,
        Self::Images,
        Self::Standing,
        Self::Load,
        Self::Calls,
        Self::Inside,
        Self::HostNames,
        Self::Registries,
        Self::Workspaces,
        Self::Space,
        Self::Doctor,
        Self::Registry,
        Self::Custom,
    ];

    /// What is being asked, for a status line.
    pub fn words(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::NodeSettings => "power and login settings",
            Self::Endpoint => "endpoint",
            Self::Engine => "engine",
            Self::Desktop => "Docker Desktop's settings",
            Self::Credentials => "registry credentials",
            Self::Openclaw => "OpenClaw",
            Self::Gateway => "gateway",
            Self::Images => "sandbox images",
            Self::Standing => "sandboxes",
            Self::Load => "memory in use",
            Self::Calls => "the last calls",
            Self::Inside => "inside a sandbox",
            Self::HostNames => "names on the host",
            Self::Registries => "registry",
            Self::Workspaces => "workspaces of sandboxes",
            Self::Space => "what takes the disk",
            Self::Doctor => "OpenClaw's own doctor",
            Self::Registry => "OpenClaw's registry of sandboxes",
            Self::Custom => "your own checks",
        }
    }

    /// What must be gathered before this one can be.
    pub fn needs(self) -> &'static [Self] {
        match self {
            Self::Host
            | Self::NodeSettings
            | Self::Endpoint
            | Self::Desktop
            | Self::Credentials
            | Self::Openclaw
            | Self::HostNames
            | Self::Custom => &[],
            Self::Engine => &[Self::Endpoint, Self::Host],
            Self::Gateway => &[Self::Endpoint, Self::Openclaw],
            Self::Images => &[Self::Engine, Self::Openclaw],
            Self::Standing => &[Self::Endpoint],
            Self::Load => &[Self::Standing],
            Self::Calls => &[Self::Engine],
            Self::Inside => &[Self::Images, Self::Engine, Self::Openclaw],
            Self::Workspaces | Self::Registries | Self::Doctor | Self::Registry => {
                &[Self::Openclaw]
            }
            Self::Space => &[Self::Host, Self::Engine],
        }
    }
}
