//! What can be known about the container engine and the way to it.

use serde::{Deserialize, Serialize};

use super::Reading;
use super::host::Disk;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Docker {
    /// The endpoint in force, resolved as the Docker CLI does.
    pub endpoint: Reading<Endpoint>,
    /// Every place where an engine could be, the endpoint in force among them.
    pub candidates: Vec<Candidate>,
    /// What came of asking the endpoint in force.
    pub connection: Reading<Connection>,
    pub version: Reading<Version>,
    pub info: Reading<Info>,
    pub provider: Reading<Provider>,
    /// Docker Desktop's app bundle, readable while it does not run.
    pub app: Reading<App>,
    pub settings: Reading<DesktopSettings>,
    pub daemon_config: Reading<DaemonConfig>,
    pub credentials: Reading<Credentials>,
    /// The file system that holds images and containers, as the engine sees it.
    pub disk: Reading<Disk>,
    pub clock: Reading<Clock>,
    /// The Docker CLI on this process's PATH.
    pub cli: Reading<Cli>,
    /// Contexts of the Docker CLI, the built-in `default` apart.
    pub contexts: Reading<Vec<Context>>,
    /// Engines whose program or app is on this machine, whether they run or not.
    pub installed: Reading<Vec<ProviderKind>>,
    /// What takes the engine's disk.
    pub usage: Reading<Usage>,
    /// The file of this machine that holds the disk of Docker Desktop's VM.
    pub disk_image: Reading<DiskImage>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Context {
    pub name: String,
    /// `unix:///…`, `tcp://…`, `ssh://…`
    pub url: String,
}

/// Bytes. None is what the engine does not tell, or tells only in part.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Usage {
    pub images: Option<u64>,
    /// Of images that no container uses: an upper bound.
    pub images_reclaimable: Option<u64>,
    /// What containers wrote into their own layer.
    pub containers: Option<u64>,
    pub volumes: Option<u64>,
    pub build_cache: Option<u64>,
    pub build_cache_reclaimable: Option<u64>,
    /// Of images without a name and without a container.
    pub dangling_images: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DiskImage {
    pub path: String,
    /// What it really takes; its length is what it may grow to.
    pub bytes: u64,
}

/// A file of somebody else's as it stands, for a repair that edits it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileText {
    /// Of its bytes, in hex.
    pub sha256: String,
    pub text: String,
    /// The path is a symbolic link.
    #[serde(default)]
    pub symlink: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Endpoint {
    /// `unix:///…`, `tcp://…`, `ssh://…`
    pub url: String,
    pub source: EndpointSource,
    /// The context's name; `default` when none is in force.
    pub context: String,
    /// The file that decided it (config.json, meta.json), when one did.
    #[serde(default)]
    pub decided_by: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EndpointSource {
    /// `DOCKER_HOST`
    HostVariable,
    /// `DOCKER_CONTEXT`
    ContextVariable,
    /// `currentContext` in config.json
    CurrentContext,
    /// Nothing was set: `/var/run/docker.sock`.
    Default,
}

/// One place where an engine could be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Candidate {
    /// The socket's path or the URL.
    pub at: String,
    /// Whose usual place it is.
    pub provider: ProviderKind,
    pub in_force: bool,
    /// Where its symbolic links lead, when elsewhere.
    #[serde(default)]
    pub resolves_to: Option<String>,
    pub reach: Reach,
    /// Owner, group and permission bits of the socket.
    #[serde(default)]
    pub owner: Option<Owner>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Owner {
    pub uid: u32,
    pub gid: u32,
    /// Permission bits in octal: `660`.
    pub mode: String,
    #[serde(default)]
    pub group: Option<String>,
    /// Accounts that the group's entry names, whether or not their sessions have it yet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<String>,
}

/// What came of connecting to a candidate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reach {
    /// Something listens there.
    Listens,
    /// `connect` failed with this error name: `ENOENT`, `EACCES`, `ECONNREFUSED`.
    Errno(String),
    /// Connecting did not finish in time.
    Timeout,
    /// Not a local socket; not tried.
    NotTried,
}

/// What came of asking the endpoint in force for `/_ping`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum Connection {
    /// It answers.
    Answers { milliseconds: u64 },
    /// The socket could not be opened; the error name.
    Refused { errno: String, detail: String },
    /// It takes connections and sends nothing.
    Hung { waited_milliseconds: u64 },
    /// It answers with an HTTP error or with something that is not a Docker engine.
    Broken { detail: String },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Version {
    /// Not always a version: Docker Desktop 4.25.2 answered `master`.
    pub engine: String,
    pub api: String,
    #[serde(default)]
    pub min_api: Option<String>,
    pub os: String,
    pub arch: String,
    /// `Docker Desktop 4.90.0 (238679)`, `Docker Engine - Community`, or empty.
    #[serde(default)]
    pub platform_name: Option<String>,
    #[serde(default)]
    pub components: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Info {
    pub name: String,
    pub operating_system: String,
    #[serde(default)]
    pub kernel: String,
    /// Memory the engine may use, in bytes: the VM's on a Mac.
    pub memory: u64,
    pub cpus: u32,
    #[serde(default)]
    pub storage_driver: String,
    #[serde(default)]
    pub containerd_store: bool,
    #[serde(default)]
    pub cgroup_version: String,
    #[serde(default)]
    pub cgroup_driver: String,
    #[serde(default)]
    pub security_options: Vec<String>,
    #[serde(default)]
    pub root_dir: String,
    #[serde(default)]
    pub containers_running: u32,
    /// The engine can enforce a memory limit, a CPU quota, a pids limit.
    #[serde(default = "yes")]
    pub memory_limit: bool,
    #[serde(default = "yes")]
    pub cpu_quota: bool,
    #[serde(default = "yes")]
    pub pids_limit: bool,
    #[serde(default)]
    pub http_proxy: Option<String>,
    #[serde(default)]
    pub warnings: Vec<String>,
}

fn yes() -> bool {
    true
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    pub kind: ProviderKind,
    /// The product's own version (Docker Desktop 4.90.0), not the engine's.
    #[serde(default)]
    pub version: Option<String>,
    #[serde(default)]
    pub build: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProviderKind {
    DockerDesktop,
    Orbstack,
    Colima,
    RancherDesktop,
    Podman,
    Lima,
    /// dockerd on this Linux machine.
    LinuxEngine,
    Unrecognised,
}

impl ProviderKind {
    /// What people call it.
    pub fn title(self) -> &'static str {
        match self {
            Self::DockerDesktop => "Docker Desktop",
            Self::Orbstack => "OrbStack",
            Self::Colima => "Colima",
            Self::RancherDesktop => "Rancher Desktop",
            Self::Podman => "Podman",
            Self::Lima => "Lima",
            Self::LinuxEngine => "Docker Engine",
            Self::Unrecognised => "an engine of unknown make",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct App {
    pub path: String,
    pub version: String,
    #[serde(default)]
    pub build: Option<String>,
}

/// The keys of Docker Desktop's settings-store.json that matter to a node. Only what differs from
/// Desktop's defaults is in the file, so an absent key is the default and not an error.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DesktopSettings {
    pub path: String,
    #[serde(default)]
    pub memory_mib: Option<u64>,
    #[serde(default)]
    pub cpus: Option<u32>,
    #[serde(default)]
    pub auto_start: Option<bool>,
    #[serde(default)]
    pub resource_saver: Option<bool>,
    #[serde(default)]
    pub default_socket: Option<bool>,
    #[serde(default)]
    pub licence_terms_version: Option<u64>,
    #[serde(default)]
    pub open_ui_on_startup_disabled: Option<bool>,
    #[serde(default)]
    pub kubernetes: Option<bool>,
    /// None for a file that is longer than 64 KiB or no text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<FileText>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DaemonConfig {
    pub path: String,
    #[serde(default)]
    pub dns: Vec<String>,
    #[serde(default)]
    pub log_driver: Option<String>,
    /// Logs are bounded in size (`max-size`, or the `local` driver).
    #[serde(default)]
    pub logs_bounded: bool,
    /// None for a file that is longer than 64 KiB or no text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<FileText>,
}

/// How the Docker CLI would find registry credentials. Names only, never a secret.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Credentials {
    pub path: String,
    /// `credsStore`
    #[serde(default)]
    pub store: Option<String>,
    /// Registry → helper (`credHelpers`).
    #[serde(default)]
    pub helpers: std::collections::BTreeMap<String, String>,
    /// Registries with an entry in `auths`.
    #[serde(default)]
    pub auths: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clock {
    /// Engine time minus host time, in milliseconds.
    pub skew_milliseconds: i64,
    /// How far the measurement can be off.
    pub uncertainty_milliseconds: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cli {
    pub path: String,
    /// Where its symbolic links lead, when elsewhere.
    #[serde(default)]
    pub resolves_to: Option<String>,
}
