//! What the arithmetic starts from, taken from the facts.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::facts::host::{Disk, OsKind, PressureLevel};
use crate::facts::openclaw::{Agent, LEAST_MEMORY, Placement};
use crate::facts::sandbox::SandboxLoad;
use crate::facts::{Facts, Why, WhyKind};

/// Without a call for so long a sandbox is idle (and counts for what it uses).
pub const IDLE_AFTER: Duration = Duration::from_mins(1);

/// What the arithmetic starts from. Bytes and CPUs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Input {
    pub engine_memory: u64,
    /// The memory of the Mac whose VM the engine is; none on native Linux.
    pub host_memory: Option<u64>,
    pub gateway: GatewayPlace,
    /// Working set of containers that are neither sandboxes nor the gateway.
    pub others: u64,
    pub sandboxes: Vec<Occupant>,
    pub engine_cpus: u32,
    pub host_cpus: Option<u32>,
    pub disk_free: Option<u64>,
    /// The largest writable layer of a sandbox, where known.
    pub largest_layer: Option<u64>,
    pub pressure: Option<PressureLevel>,
    /// The configured caps of one sandbox.
    pub memory_cap: Option<u64>,
    pub cpu_cap: Option<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GatewayPlace {
    /// In the engine's memory: a container, or a process on native Linux.
    Engine,
    /// On the Mac beside the VM.
    Host,
    Nowhere,
}

/// A sandbox that stands. Bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Occupant {
    pub working_set: u64,
    /// None = no limit.
    pub cap: Option<u64>,
    /// The most that it was seen to use; none where nobody looked.
    pub peak: Option<u64>,
    pub calls: Calls,
}

/// When tool calls ran in a sandbox, as far as is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Calls {
    /// One runs, or it is not known whether one does.
    Running,
    /// None runs; the last one was so long ago, or nothing is known since so long.
    Over { seconds: u64 },
    /// None runs and none is known of, for only the last so many seconds are remembered.
    NoneKnown { seconds: u64 },
}

impl Calls {
    /// Whether none ran for a minute. What runs nothing now and of which no call is remembered
    /// counts as such: it is idle now, and busy engines remember less than a minute.
    pub fn are_over(self) -> bool {
        match self {
            Self::Running => false,
            Self::Over { seconds } => seconds >= IDLE_AFTER.as_secs(),
            Self::NoneKnown { .. } => true,
        }
    }

    /// Whether one may have run less than a minute ago that nobody remembers.
    pub fn may_be_recent(self) -> bool {
        match self {
            Self::Running | Self::Over { .. } => false,
            Self::NoneKnown { seconds } => seconds < IDLE_AFTER.as_secs(),
        }
    }
}

/// An agent whose sandboxes Docker refuses, and its memory limit in bytes.
pub fn never_starts<'a>(agents: &[&'a Agent]) -> Option<(&'a str, u64)> {
    agents.iter().find_map(|agent| {
        let bytes = agent.sandbox.docker.memory?;
        let is_refused = (1..LEAST_MEMORY).contains(&bytes);
        is_refused.then_some((agent.id.as_str(), bytes))
    })
}

/// What the arithmetic starts from on this node, with these sandboxed agents.
pub fn input(facts: &Facts, agents: &[&Agent]) -> Result<Input, Why> {
    if let Some((agent, bytes)) = never_starts(agents) {
        let words = format!(
            "agent {agent} has a memory limit of {bytes} bytes, with which Docker makes no container (openclaw/limits)"
        );
        return Err(Why::new(WhyKind::Unparsable, words));
    }
    let info = facts.docker.info.get()?;
    let load = facts.load.get()?;
    let mac = facts.host.platform.get()?.os == OsKind::Macos;
    let placement = facts.openclaw.gateway.get().ok().map(|g| &g.placement);
    let gateway = match placement {
        _ if load.gateway_inside => GatewayPlace::Engine,
        Some(Placement::Missing) => GatewayPlace::Nowhere,
        // Not known: count it, since a node without its gateway is of no use.
        _ if mac => GatewayPlace::Host,
        _ => GatewayPlace::Engine,
    };
    let docker = || agents.iter().map(|agent| &agent.sandbox.docker);
    let unlimited = docker().any(|docker| docker.memory.unwrap_or(0) == 0);
    let largest = docker().filter_map(|docker| docker.memory).max();
    let idle_cpus = docker().any(|docker| docker.cpus.unwrap_or(0.0) <= 0.0);
    let most_cpus = docker().filter_map(|docker| docker.cpus).reduce(f64::max);
    Ok(Input {
        engine_memory: info.memory,
        host_memory: if mac {
            Some(*facts.host.memory.get()?)
        } else {
            None
        },
        gateway,
        others: load.others,
        sandboxes: occupants(facts, &load.sandboxes),
        engine_cpus: info.cpus,
        host_cpus: facts.host.cpu.get().ok().map(|cpu| cpu.logical),
        disk_free: disk(facts).map(|disk| disk.free),
        largest_layer: load.largest_layer.get().ok().copied(),
        pressure: facts
            .host
            .pressure
            .get()
            .ok()
            .map(|pressure| pressure.level),
        memory_cap: if unlimited { None } else { largest },
        cpu_cap: if idle_cpus { None } else { most_cpus },
    })
}

/// The engine's disk, else the same one as a sandbox sees it.
fn disk(facts: &Facts) -> Option<&Disk> {
    let mut inside = facts.inside.get().ok().into_iter().flatten();
    let seen = || inside.find_map(|inside| inside.disk.get().ok());
    facts.docker.disk.get().ok().or_else(seen)
}

/// The sandboxes with what the engine remembers of calls in them.
fn occupants(facts: &Facts, sandboxes: &[SandboxLoad]) -> Vec<Occupant> {
    let known = facts.calls.get().ok();
    let calls = |sandbox: &SandboxLoad| {
        if !sandbox.idle {
            return Calls::Running;
        }
        let mut used = known.iter().flat_map(|known| &known.used);
        match used.find(|used| used.container == sandbox.name) {
            Some(used) => Calls::Over {
                seconds: used.seconds_ago,
            },
            None => Calls::NoneKnown {
                seconds: known.and_then(|known| known.reach_seconds).unwrap_or(0),
            },
        }
    };
    let occupant = |sandbox: &SandboxLoad| Occupant {
        working_set: sandbox.working_set,
        cap: sandbox.cap,
        peak: sandbox.peak,
        calls: calls(sandbox),
    };
    sandboxes.iter().map(occupant).collect()
}
