//! What can be known about sandboxes: the standing ones from outside, and one of each
//! configuration from inside.

use serde::{Deserialize, Serialize};

use super::Reading;

/// What OpenClaw marks its sandboxes with, by the value `1`; names depend on a configurable prefix.
pub const SANDBOX_LABEL: &str = "openclaw.sandbox";
/// Whose a sandbox is: `agent:<id>:…`, or `shared`.
pub const SESSION_LABEL: &str = "openclaw.sessionKey";

/// The agent that a session key names; none for one that is shared.
pub fn agent_of(session_key: &str) -> Option<&str> {
    session_key.strip_prefix("agent:")?.split(':').next()
}

/// A container that carries OpenClaw's sandbox label, as the engine inspects it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Standing {
    pub id: String,
    pub name: String,
    pub state: String,
    /// `openclaw.sessionKey`
    pub session_key: Option<String>,
    pub image: String,
    /// The image id the container was made from.
    pub image_id: String,
    /// The id that the image's reference leads to today; none when the reference is gone.
    pub reference_id: Option<String>,
    pub user: String,
    pub privileged: bool,
    pub cap_add: Vec<String>,
    pub cap_drop: Vec<String>,
    pub security_opt: Vec<String>,
    pub read_only_root: bool,
    pub network_mode: String,
    pub pid_mode: String,
    pub ipc_mode: String,
    pub init: bool,
    /// Bytes; 0 = no limit.
    pub memory: u64,
    pub memory_swap: i64,
    /// CPUs; 0 = no limit.
    pub cpus: f64,
    /// 0 or below = no limit.
    pub pids_limit: i64,
    pub mounts: Vec<StandingMount>,
    pub devices: Vec<String>,
    /// How many commands (`docker exec`: tool calls) run in it at this moment.
    pub executing: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct StandingMount {
    /// `bind`, `volume`, `tmpfs`
    pub kind: String,
    pub source: String,
    pub target: String,
    pub read_only: bool,
}

/// Working set of the running containers, for the headroom (memory in bytes).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Load {
    pub sandboxes: Vec<SandboxLoad>,
    /// Working set of all running containers that are no sandboxes, gateway excepted.
    pub others: u64,
    /// Whether the gateway runs inside the engine's memory.
    pub gateway_inside: bool,
    /// Bytes of the largest writable layer of a sandbox. Asked by `headroom` and `drill` alone: the
    /// engine walks through all that sandboxes wrote.
    pub largest_layer: Reading<u64>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct SandboxLoad {
    pub name: String,
    pub working_set: u64,
    /// Processes and threads in it.
    pub pids: Option<u64>,
    /// Bytes; none = no limit.
    pub cap: Option<u64>,
    /// No command runs in it at this moment; unknown counts as busy.
    pub idle: bool,
    /// The most memory that it held at a time, with file cache; engines with cgroup v1 tell it.
    pub peak: Option<u64>,
}

/// The tool calls that can still be known of: from the engine's memory of events, and from
/// OpenClaw's own log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Calls {
    /// How far back the engine remembers what happened to containers; none: it remembers nothing.
    pub reach_seconds: Option<u64>,
    /// The last one that ran in a sandbox.
    pub last: Option<Called>,
    /// When the last one of each sandbox was.
    pub used: Vec<Used>,
    /// Kills for want of memory in sandboxes.
    pub ooms: Vec<Oom>,
    pub log: Reading<Logged>,
}

/// A command that ran in a sandbox, or a sandbox that came and went for one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Called {
    /// The sandbox's name.
    pub container: String,
    /// `openclaw.sessionKey`
    #[serde(default)]
    pub session_key: Option<String>,
    /// Since its beginning, or its end where no more is remembered.
    pub seconds_ago: u64,
    /// None: it runs, or the engine did not say.
    #[serde(default)]
    pub exit_code: Option<i64>,
    #[serde(default)]
    pub running: bool,
}

/// When a command ran in a sandbox last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Used {
    /// The sandbox's name.
    pub container: String,
    /// Since the last command in it began or ended.
    pub seconds_ago: u64,
}

/// What the kernel killed in one sandbox for want of memory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Oom {
    /// The container's id.
    pub id: String,
    pub times: u32,
    /// Since the last of them.
    pub seconds_ago: u64,
}

/// What the end of OpenClaw's log tells of calls.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Logged {
    pub path: String,
    /// When a tool ran a command last. Told at level `debug` alone.
    #[serde(default)]
    pub call_seconds_ago: Option<u64>,
    /// When a turn failed last because its sandbox could not be made.
    #[serde(default)]
    pub refused_seconds_ago: Option<u64>,
}

/// What one probe container, made exactly as OpenClaw makes a sandbox, reported.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Inside {
    /// The agents that share this configuration.
    pub agents: Vec<String>,
    pub image: String,
    pub network: String,
    /// `--user` it ran with; none = the image's own.
    #[serde(default)]
    pub user: Option<String>,
    pub start: Reading<Started>,
    #[serde(default)]
    pub ids: Reading<Ids>,
    /// Program → where it was found and that it ran.
    #[serde(default)]
    pub tools: Reading<Vec<Tool>>,
    #[serde(default)]
    pub mounts: Vec<MountProbe>,
    #[serde(default)]
    pub root_read_only: Reading<bool>,
    #[serde(default)]
    pub confinement: Reading<Confinement>,
    #[serde(default)]
    pub resolver: Reading<Resolver>,
    #[serde(default)]
    pub names: Reading<Vec<NameAnswer>>,
    /// Network interfaces other than loopback.
    #[serde(default)]
    pub interfaces: Reading<Vec<String>>,
    #[serde(default)]
    pub reached: Reading<Vec<Reached>>,
    /// The root file system as seen from inside: the VM's disk on a Mac.
    #[serde(default)]
    pub disk: Reading<super::host::Disk>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Started {
    pub create_milliseconds: u64,
    pub start_milliseconds: u64,
    /// From the start call to the first line from inside.
    pub ready_milliseconds: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ids {
    pub uid: u32,
    pub gid: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tool {
    pub name: String,
    /// None: not on the PATH inside.
    pub path: Option<String>,
    /// It was run and ended well.
    pub works: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct MountProbe {
    pub target: String,
    /// Host path or volume name.
    pub source: String,
    pub role: MountRole,
    /// What the configuration promises.
    pub expected: Access,
    pub found: Reading<Access>,
    /// Error of the write that failed: `EACCES`, `EROFS`, `ENOSPC`.
    #[serde(default)]
    pub error: Option<String>,
    /// Owner and mode of the mount point as seen inside.
    #[serde(default)]
    pub owner: Option<String>,
    /// Of a named volume: the containers, running or not, that mount it. None = not asked.
    #[serde(default)]
    pub used_by: Option<Vec<String>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MountRole {
    /// What the sandbox works in.
    Workspace,
    /// An entry of `docker.binds`.
    Bind,
    /// A named volume, or a path the operator asked to be checked.
    Volume,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Access {
    None,
    Read,
    Write,
}

/// What the kernel holds the sandbox to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Confinement {
    /// Effective capabilities as the kernel prints them, in hex.
    pub capabilities: Option<String>,
    pub no_new_privileges: Option<bool>,
    pub seccomp: Option<bool>,
    /// Bytes; none = the file was not readable or there is no limit.
    pub memory_limit: Option<u64>,
    pub pids_limit: Option<u64>,
    pub cpus: Option<f64>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Resolver {
    pub nameservers: Vec<String>,
    pub search: Vec<String>,
    pub options: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct NameAnswer {
    pub name: String,
    pub answer: Answer,
    #[serde(default)]
    pub milliseconds: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Answer {
    Addresses {
        addresses: Vec<String>,
    },
    /// The name does not exist, says a server that answered.
    NoSuchName,
    /// A server refused or failed (`SERVFAIL`, `REFUSED`).
    ServerFailure {
        detail: String,
    },
    /// Nobody answered in time.
    Timeout,
    /// No server could be asked (no network, no resolver).
    Unreachable {
        detail: String,
    },
}

/// One attempt to open a TCP connection from inside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Reached {
    /// `192.168.65.1:2375`
    pub address: String,
    pub purpose: Purpose,
    pub result: ConnectResult,
    /// What it answered, washed and cut, where it matters (an engine's version).
    #[serde(default)]
    pub said: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// The engine's API over TCP: must not answer.
    EngineApi,
    /// OpenClaw's own port: should not answer.
    Gateway,
    /// An address that the operator or the catalogue wants blocked.
    Blocked,
    /// An address that policy lets the sandbox use.
    Allowed,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConnectResult {
    Open,
    Refused,
    Timeout,
    Unreachable,
    /// The name in the address did not resolve.
    NoName,
}
