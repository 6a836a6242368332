//! What the effective sandbox settings allow: mode, ways out, limits, network.

#![expect(
    clippy::unused_self,
    reason = "judges have one shape, and some have no parameters"
)]

use serde::Deserialize;

use crate::checklist::verdict::{Complaint, Ruling};
use crate::facts::openclaw::{Agent, LEAST_MEMORY, Mode};
use crate::facts::{Facts, Why};
use crate::units::Size;

use super::super::agents::{
    Group, counted, explained, grouped, sentence, with_agents, with_sandboxed,
};

#[derive(Clone, Debug, PartialEq, Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SandboxMode {}

impl SandboxMode {
    pub(in super::super) fn rule(&self, facts: &Facts) -> Result<Ruling, Why> {
        with_agents(facts, |agents| {
            let mut complaints = Vec::new();
            for group in grouped(agents, |agent| vec![agent.sandbox.mode]) {
                let (who, key) = (sentence(&group.who()), group.key("mode"));
                match group.what {
                    Mode::All => {}
                    Mode::Off => complaints.push(
                        Complaint::fail(
                            "sandbox-mode-off",
                            format!("{who}: sandbox mode is off, so tools run on the host"),
                        )
                        .target(group.target())
                        .requirement("sandbox.mode=all")
                        .hint(format!("run: openclaw config set {key} all"))
                        .path(key),
                    ),
                    Mode::NonMain => complaints.push(
                        Complaint::warn(
                            "sandbox-mode-non-main",
                            format!("{who}: the main session is not sandboxed (mode non-main)"),
                        )
                        .target(group.target())
                        .requirement("sandbox.mode=all")
                        .hint(format!("run: openclaw config set {key} all"))
                        .path(key),
                    ),
                }
            }
            let on: Vec<&Agent> = agents
                .iter()
                .filter(|a| a.sandbox.mode != Mode::Off)
                .collect();
            let backends = |agent: &Agent| vec![agent.sandbox.backend.clone()];
            for group in grouped(on, backends) {
                if group.what == "docker" {
                    continue;
                }
                let (who, key) = (sentence(&group.who()), group.key("backend"));
                let message = format!(
                    "{who}: sandboxes run on the backend {}, which this checklist cannot prove",
                    group.what
                );
                complaints.push(
                    Complaint::warn("sandbox-backend-not-docker", message)
                        .target(group.target())
                        .requirement("sandbox.backend=docker")
                        .hint(format!("run: openclaw config set {key} docker"))
                        .path(key),
                );
            }
            let summary = format!(
                "all sessions of {} sandboxed",
                counted(agents.len(), "agent")
            );
            Ok(Ruling::found(complaints, summary).evidence("/openclaw/agents", modes(agents)))
        })
    }
}

/// Agent → mode and backend: what the verdict rests on, without the rest of the settings.
fn modes(agents: &[Agent]) -> serde_json::Value {
    agents
        .iter()
        .map(|a| {
            serde_json::json!({"id": a.id, "mode": a.sandbox.mode, "backend": a.sandbox.backend})
        })
        .collect()
}

#[derive(Clone, Debug, PartialEq, Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Elevated {}

impl Elevated {
    pub(in super::super) fn rule(&self, facts: &Facts) -> Result<Ruling, Why> {
        let elevated = match facts.openclaw.elevated.get() {
            Ok(elevated) => elevated,
            Err(why) => return explained(facts, why),
        };
        let mut complaints = Vec::new();
        let mut summary = "elevated mode is off";
        if elevated.enabled && elevated.anybody {
            complaints.push(
                Complaint::warn(
                    "elevated-for-anybody",
                    "everybody who can write to an agent may run commands outside the sandbox (tools.elevated allows *)",
                )
                .path("tools.elevated.allowFrom")
                .hint("run: openclaw config set tools.elevated.enabled false"),
            );
        } else if elevated.enabled && elevated.allowed_senders > 0 {
            let senders = counted(elevated.allowed_senders as usize, "sender");
            complaints.push(
                Complaint::warn(
                    "elevated-allowed",
                    format!("{senders} may run commands outside the sandbox (tools.elevated)"),
                )
                .path("tools.elevated.allowFrom")
                .hint("if nobody should: openclaw config set tools.elevated.enabled false"),
            );
        } else if elevated.enabled {
            summary = "elevated mode allows nobody";
        }
        Ok(Ruling::found(complaints, summary).evidence("/openclaw/elevated", elevated))
    }
}

#[derive(Clone, Debug, PartialEq, Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Limits {
    pub memory: Size,
    pub cpus: f64,
    pub pids: i64,
}

impl Limits {
    pub(in super::super) fn rule(&self, facts: &Facts) -> Result<Ruling, Why> {
        with_sandboxed(facts, |agents| {
            let agents = || agents.iter().copied();
            let mut complaints = Vec::new();
            for group in grouped(agents(), bytes_for_megabytes) {
                let (who, key) = (sentence(&group.who()), group.key("docker.memory"));
                let message = format!(
                    "{who}: a memory limit of {} bytes, below the 6 MiB that Docker accepts; a bare number means bytes",
                    group.what
                );
                complaints.push(
                    Complaint::fail("memory-limit-in-bytes", message)
                        .target(group.target())
                        .requirement("sandbox.docker.memory>=6MiB")
                        .hint(format!(
                            "run: openclaw config set {key} {}",
                            docker_size(self.memory)
                        ))
                        .path(key),
                );
            }
            for group in grouped(agents(), unset) {
                let limit = group.what;
                let (who, key) = (sentence(&group.who()), group.key(limit.key()));
                let message = format!(
                    "{who}: no limit on {}, so one call can take it all",
                    limit.name()
                );
                let advice = limit.advice(self);
                complaints.push(
                    Complaint::warn(limit.code(), message)
                        .target(group.target())
                        .requirement(format!("sandbox.{}={advice}", limit.key()))
                        .hint(format!("run: openclaw config set {key} {advice}"))
                        .path(key),
                );
            }
            let summary = summary(agents());
            let limits: serde_json::Value = agents()
                .map(|a| {
                    let d = &a.sandbox.docker;
                    serde_json::json!({"id": a.id, "memory": d.memory, "memorySwap": d.memory_swap,
                        "cpus": d.cpus, "pidsLimit": d.pids_limit})
                })
                .collect();
            Ok(Ruling::found(complaints, summary).evidence("/openclaw/agents", limits))
        })
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Limit {
    Memory,
    Cpus,
    Pids,
}

impl Limit {
    fn name(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Cpus => "processor time",
            Self::Pids => "processes",
        }
    }

    fn key(self) -> &'static str {
        match self {
            Self::Memory => "docker.memory",
            Self::Cpus => "docker.cpus",
            Self::Pids => "docker.pidsLimit",
        }
    }

    fn code(self) -> &'static str {
        match self {
            Self::Memory => "memory-limit-unset",
            Self::Cpus => "cpu-limit-unset",
            Self::Pids => "pids-limit-unset",
        }
    }

    fn advice(self, recommended: &Limits) -> String {
        match self {
            Self::Memory => docker_size(recommended.memory),
            Self::Cpus => recommended.cpus.to_string(),
            Self::Pids => recommended.pids.to_string(),
        }
    }
}

fn unset(agent: &Agent) -> Vec<Limit> {
    let docker = &agent.sandbox.docker;
    let mut unset = Vec::new();
    if docker.memory.unwrap_or(0) == 0 {
        unset.push(Limit::Memory);
    }
    if docker.cpus.unwrap_or(0.0) <= 0.0 {
        unset.push(Limit::Cpus);
    }
    if docker.pids_limit.unwrap_or(0) <= 0 {
        unset.push(Limit::Pids);
    }
    unset
}

fn bytes_for_megabytes(agent: &Agent) -> Vec<u64> {
    let memory = agent.sandbox.docker.memory;
    memory
        .filter(|memory| (1..LEAST_MEMORY).contains(memory))
        .into_iter()
        .collect()
}

/// As Docker writes a size: `512m`.
fn docker_size(size: Size) -> String {
    if size.0.is_multiple_of(1 << 20) {
        format!("{}m", size.0 >> 20)
    } else {
        size.0.to_string()
    }
}

/// `512 MiB, 0.5 CPU, 256 processes; swap doubles the memory`
fn summary<'a>(agents: impl Iterator<Item = &'a Agent>) -> String {
    let agents: Vec<&Agent> = agents.collect();
    let Some(first) = agents.first() else {
        return String::new();
    };
    let docker = &first.sandbox.docker;
    let same = agents.iter().all(|a| {
        let d = &a.sandbox.docker;
        (d.memory, d.cpus, d.pids_limit) == (docker.memory, docker.cpus, docker.pids_limit)
    });
    let swaps = agents.iter().any(|a| {
        let d = &a.sandbox.docker;
        match (d.memory, d.memory_swap) {
            (Some(memory), Some(swap)) => u64::try_from(swap).map_or(true, |swap| swap > memory),
            (Some(_), None) => true,
            (None, _) => false,
        }
    });
    let mut text = if same {
        format!(
            "{}, {} CPU, {} processes",
            Size(docker.memory.unwrap_or(0)),
            docker.cpus.unwrap_or(0.0),
            docker.pids_limit.unwrap_or(0)
        )
    } else {
        format!("set for {}", counted(agents.len(), "agent"))
    };
    if swaps {
        text.push_str("; swap is allowed on top of the memory");
    }
    text
}

#[derive(Clone, Debug, PartialEq, Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct NetworkPolicy {}

impl NetworkPolicy {
    pub(in super::super) fn rule(&self, facts: &Facts) -> Result<Ruling, Why> {
        with_sandboxed(facts, |agents| {
            let agents = || agents.iter().copied();
            let mut complaints = shared_namespaces(agents());
            complaints.extend(lifted_guards(agents()));
            complaints.extend(idle_setups(agents()));
            let told: Vec<String> = grouped(agents(), |a| vec![a.sandbox.docker.network.clone()])
                .iter()
                .map(|group| {
                    if group.what == "none" {
                        format!("{} offline by policy", group.who())
                    } else {
                        format!("{} on {}", group.who(), group.what)
                    }
                })
                .collect();
            let networks: serde_json::Value = agents()
                .map(|a| serde_json::json!({"id": a.id, "network": a.sandbox.docker.network}))
                .collect();
            Ok(Ruling::found(complaints, told.join("; ")).evidence("/openclaw/agents", networks))
        })
    }
}

fn shared_namespaces<'a>(agents: impl Iterator<Item = &'a Agent>) -> Vec<Complaint> {
    let complaint = |group: &Group<String>| {
        let (who, key) = (sentence(&group.who()), group.key("docker.network"));
        let message = format!(
            "{who}: network {} puts the sandbox into somebody else's network namespace",
            group.what
        );
        Complaint::fail("network-shared-namespace", message)
            .target(group.target())
            .requirement("sandbox.docker.network=none, bridge or a network of its own")
            .hint(format!("run: openclaw config set {key} none"))
            .path(key)
    };
    let groups = grouped(agents, shared_namespace);
    groups.iter().map(complaint).collect()
}

fn lifted_guards<'a>(agents: impl Iterator<Item = &'a Agent>) -> Vec<Complaint> {
    let complaint = |group: &Group<String>| {
        let (who, key) = (
            sentence(&group.who()),
            group.key(&format!("docker.{}", group.what)),
        );
        let message = format!("{who}: the guard {} is lifted", group.what);
        Complaint::warn("dangerous-switch", message)
            .target(group.target())
            .hint(format!("run: openclaw config unset {key}"))
            .path(key)
    };
    let groups = grouped(agents, |agent| agent.sandbox.docker.dangerous.clone());
    groups.iter().map(complaint).collect()
}

fn idle_setups<'a>(agents: impl Iterator<Item = &'a Agent>) -> Vec<Complaint> {
    let complaint = |group: &Group<&str>| {
        let (who, key) = (sentence(&group.who()), group.key("docker.setupCommand"));
        let message = format!(
            "{who}: setupCommand cannot install anything with {}",
            group.what
        );
        Complaint::warn("setup-command-cannot-work", message)
            .target(group.target())
            .hint("put the packages into an image of your own")
            .path(key)
    };
    let groups = grouped(agents, setup_trouble);
    groups.iter().map(complaint).collect()
}

fn shared_namespace(agent: &Agent) -> Vec<String> {
    let network = &agent.sandbox.docker.network;
    let shared = network == "host" || network.starts_with("container:");
    shared.then(|| network.clone()).into_iter().collect()
}

fn setup_trouble(agent: &Agent) -> Vec<&'static str> {
    let docker = &agent.sandbox.docker;
    match (
        docker.setup_command,
        docker.network == "none",
        docker.read_only_root,
    ) {
        (true, true, true) => vec!["network none and a read-only root"],
        (true, true, false) => vec!["network none"],
        (true, false, true) => vec!["a read-only root"],
        (true, false, false) | (false, _, _) => vec![],
    }
}
