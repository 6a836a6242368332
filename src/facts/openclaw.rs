//! What can be known about OpenClaw on this node: its installation, the effective sandbox
//! settings of every agent, and the gateway process that drives Docker.

use serde::{Deserialize, Serialize};

use super::Reading;
use super::docker::Owner;
use super::sandbox::Standing;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Openclaw {
    pub install: Reading<Install>,
    pub node: Reading<NodeRuntime>,
    pub config: Reading<ConfigFile>,
    /// Effective settings, defaults applied; the default agent first.
    pub agents: Reading<Vec<Agent>>,
    pub elevated: Reading<Elevated>,
    pub gateway: Reading<Gateway>,
    /// Workspaces of sandboxes on the host, whether or not their sandboxes still stand.
    pub workspaces: Reading<Vec<Workspace>>,
    /// What OpenClaw's own doctor says (`--deep`).
    pub doctor: Reading<Doctor>,
    /// Names of the sandboxes that OpenClaw's own registry knows (`--deep`).
    pub registry: Reading<Vec<String>>,
}

/// The answer of `openclaw doctor --lint --json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Doctor {
    pub checks_run: u64,
    pub checks_skipped: u64,
    pub findings: Vec<Lint>,
}

/// One finding of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Lint {
    /// Its own id: `core/doctor/security`, or `<plugin>/<name>`.
    pub check_id: String,
    pub severity: LintSeverity,
    pub message: String,
    #[serde(default)]
    pub error_code: Option<String>,
    #[serde(default)]
    pub path: Option<String>,
    #[serde(default)]
    pub target: Option<String>,
    #[serde(default)]
    pub requirement: Option<String>,
    #[serde(default)]
    pub fix_hint: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LintSeverity {
    Info,
    Warning,
    Error,
}

/// A folder `workspace-…` of a sandbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Workspace {
    pub path: String,
    /// The folder right below which it lies: `<state>/sandboxes`.
    pub root: String,
    /// What it takes on the disk; none when there was no time to look at all of it.
    #[serde(default)]
    pub bytes: Option<u64>,
    /// Seconds since anything in it was last changed; none likewise.
    #[serde(default)]
    pub idle_seconds: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Install {
    pub version: String,
    /// The package's folder.
    pub path: String,
    /// `engines.node` of its package.json.
    #[serde(default)]
    pub node_range: Option<String>,
    /// The command to run: `openclaw`, as it was found on PATH.
    #[serde(default)]
    pub program: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NodeRuntime {
    pub path: String,
    pub version: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfigFile {
    pub path: String,
    /// SHA-256 of its bytes, in hex.
    pub sha256: String,
    /// It names other files (`$include`), so that it alone does not settle the settings.
    #[serde(default)]
    pub includes: bool,
    #[serde(default)]
    pub symlink: bool,
    /// The newest `openclaw.json.clobbered.*` beside it, when newer than the last backup:
    /// OpenClaw threw away somebody's edit.
    #[serde(default)]
    pub clobbered: Option<String>,
    /// What OpenClaw will refuse in it, found without asking its CLI: path and why.
    #[serde(default)]
    pub refused: Vec<Refused>,
    /// SHA-256 of what it says, in hex: of its value without the `meta` member, which OpenClaw
    /// touches by itself.
    #[serde(default)]
    pub content_sha256: Option<String>,
    /// Whose file it is, when not this user's.
    #[serde(default)]
    pub owner: Option<String>,
    /// What the file itself says of sandboxes, defaults not applied.
    #[serde(default)]
    pub written: Option<Written>,
}

/// The `sandbox` objects as they stand in the file, environments and commands left out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Written {
    /// `agents.defaults.sandbox`; null when it is not there.
    pub defaults: serde_json::Value,
    /// Agent → the keys to its settings and its `sandbox` object. The keys are empty where a
    /// settings path cannot name them (an entry of the older `agents.list`).
    pub agents: std::collections::BTreeMap<String, WrittenAgent>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WrittenAgent {
    pub keys: Vec<String>,
    pub sandbox: serde_json::Value,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refused {
    /// `agents.defaults.sandbox.docker.network`
    pub path: String,
    pub why: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Agent {
    pub id: String,
    pub sandbox: Sandbox,
}

impl Agent {
    /// Whether its tools run in a Docker sandbox, in some of its sessions at least.
    pub fn is_sandboxed(&self) -> bool {
        self.sandbox.mode != Mode::Off && self.sandbox.backend == "docker"
    }
}

/// The effective sandbox settings of one agent, every default applied.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Sandbox {
    pub mode: Mode,
    /// `docker` where nothing is set.
    #[serde(default = "docker")]
    pub backend: String,
    #[serde(default)]
    pub scope: Scope,
    #[serde(default)]
    pub workspace_access: WorkspaceAccess,
    /// Where sandbox workspaces live on the host: `<state>/sandboxes`.
    #[serde(default)]
    pub workspace_root: String,
    /// The agent's own workspace on the host.
    #[serde(default)]
    pub agent_workspace: String,
    /// uid:gid of the folder that will be mounted at the work folder, or of the nearest
    /// parent that exists: OpenClaw runs the container as this owner unless `user` is set.
    #[serde(default)]
    pub workspace_owner: Option<String>,
    #[serde(default)]
    pub docker: Docker,
}

fn docker() -> String {
    "docker".to_owned()
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    #[default]
    Off,
    NonMain,
    All,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    Session,
    #[default]
    Agent,
    Shared,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WorkspaceAccess {
    #[default]
    None,
    Ro,
    Rw,
}

/// Docker refuses a smaller memory limit ("Minimum memory limit allowed is 6MB"), in bytes.
pub const LEAST_MEMORY: u64 = 6 << 20;

/// The image that OpenClaw uses where none is configured; no registry has it.
pub const DEFAULT_IMAGE: &str = "openclaw-sandbox:bookworm-slim";

/// `sandbox.docker`, with OpenClaw's own defaults where the file says nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Docker {
    pub image: String,
    pub container_prefix: String,
    pub workdir: String,
    pub read_only_root: bool,
    pub tmpfs: Vec<String>,
    pub network: String,
    pub user: Option<String>,
    pub cap_drop: Vec<String>,
    /// Names only: values may be secrets.
    pub env: Vec<String>,
    /// Bytes; none = no limit.
    pub memory: Option<u64>,
    /// Bytes of memory and swap together; none = the engine's rule (twice the memory).
    pub memory_swap: Option<i64>,
    pub cpus: Option<f64>,
    pub pids_limit: Option<i64>,
    pub binds: Vec<Bind>,
    pub dns: Vec<String>,
    pub extra_hosts: Vec<String>,
    pub setup_command: bool,
    pub gpus: Option<String>,
    /// `nofile=1024:2048`
    pub ulimits: Vec<String>,
    pub seccomp_profile: Option<String>,
    pub apparmor_profile: Option<String>,
    /// The `dangerously…` switches that are on.
    pub dangerous: Vec<String>,
}

impl Default for Docker {
    fn default() -> Self {
        Self {
            image: DEFAULT_IMAGE.to_owned(),
            container_prefix: "openclaw-sbx-".to_owned(),
            workdir: "/workspace".to_owned(),
            read_only_root: true,
            tmpfs: ["/tmp", "/var/tmp", "/run"].map(str::to_owned).to_vec(),
            network: "none".to_owned(),
            user: None,
            cap_drop: vec!["ALL".to_owned()],
            env: Vec::new(),
            memory: None,
            memory_swap: None,
            cpus: None,
            pids_limit: None,
            binds: Vec::new(),
            dns: Vec::new(),
            extra_hosts: Vec::new(),
            setup_command: false,
            gpus: None,
            ulimits: Vec::new(),
            seccomp_profile: None,
            apparmor_profile: None,
            dangerous: Vec::new(),
        }
    }
}

/// One entry of `docker.binds` (`source:target[:options]`), or a named volume.
/// For whom the engine labels what is mounted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Relabel {
    /// `z`: for all containers.
    Shared,
    /// `Z`: for this one alone.
    Private,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Bind {
    pub source: String,
    pub target: String,
    #[serde(default)]
    pub read_only: bool,
    /// Whether the engine is to label the source for containers, where SELinux is at work.
    #[serde(default)]
    pub relabel: Option<Relabel>,
    /// The source after symbolic links; none when it does not exist or is a volume's name.
    #[serde(default)]
    pub resolved: Option<String>,
    /// The source is a path and something is there.
    #[serde(default)]
    pub exists: Option<bool>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Elevated {
    /// `tools.elevated.enabled`: tools may leave the sandbox and run on the host.
    pub enabled: bool,
    /// How many senders may do so, over all channels.
    pub allowed_senders: u32,
    /// A channel lets everybody (`*`).
    pub anybody: bool,
}

/// The gateway process, since everything is judged as *it* sees the world.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Gateway {
    pub placement: Placement,
    #[serde(default)]
    pub port: Option<u16>,
    /// `/healthz` and `/readyz` on loopback.
    #[serde(default)]
    pub health: Reading<Health>,
    /// The Docker CLI as the gateway finds it on its own PATH.
    #[serde(default)]
    pub docker_cli: Reading<String>,
    /// Where its PATH was read: its process environment, a unit or a LaunchAgent.
    #[serde(default)]
    pub path_from: Option<String>,
    /// The folders of it that exist, in the order in which they are searched.
    #[serde(default)]
    pub path: Vec<String>,
    #[serde(default)]
    pub docker_host: Option<String>,
    #[serde(default)]
    pub uid: Option<u32>,
    #[serde(default)]
    pub groups: Vec<u32>,
    /// The gateway may open the engine's socket: as its user and groups, or through its mounts.
    #[serde(default)]
    pub socket: Reading<SocketAccess>,
    /// The container it runs in, as the engine inspects it.
    #[serde(default)]
    pub container: Reading<Box<Standing>>,
    /// The release of OpenClaw in that container, where it could be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// OpenClaw's own folder as that container's user finds it.
    #[serde(default)]
    pub state: Reading<Box<StateFolder>>,
    /// Containers, running or not, that are made to use the gateway's network.
    #[serde(default)]
    pub beside: Reading<Vec<Beside>>,
    /// A `/.dockerenv` lies on a machine that is no container: OpenClaw takes it as proof.
    #[serde(default)]
    pub stray_dockerenv: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Placement {
    /// A process on this machine.
    Process { pid: i32 },
    /// Nothing runs, but a service definition says how it would.
    Installed { by: String },
    /// A container of this engine (docker-outside-of-docker).
    Container { id: String, name: String },
    /// A process of this machine in a container that the engine in force does not know.
    Elsewhere { pid: i32, id: String },
    /// Nothing runs and nothing is installed as a service.
    Missing,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Health {
    pub live: bool,
    pub ready: bool,
    #[serde(default)]
    pub failing: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct StateFolder {
    /// Inside the container, after symbolic links; it need not be there yet.
    pub path: String,
    /// The first folder in it, itself or what it would be made in, that the gateway's user may not
    /// write to.
    #[serde(default)]
    pub refused: Option<String>,
    /// Whose that folder is, or the state folder when nothing is refused.
    #[serde(default)]
    pub owner: Option<Owner>,
}

/// A container that shares the gateway's network, like OpenClaw's own `openclaw-cli`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Beside {
    pub name: String,
    pub cap_drop: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum SocketAccess {
    Usable { path: String },
    Denied { path: String, why: String },
    NotMounted,
}
