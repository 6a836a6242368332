//! How many more sandboxes can be busy at the same time, and what limits it. The arithmetic is a
//! pure model with every intermediate, so that it can be shown.
//!
//! A standing sandbox that runs nothing counts for what it uses, a busy one for its cap.

mod account;
pub mod advice;

pub use account::{Entry, Weight};

use serde::{Deserialize, Serialize};

use crate::facts::host::{Disk, OsKind, PressureLevel};
use crate::facts::openclaw::{Agent, LEAST_MEMORY, Placement};
use crate::facts::sandbox::SandboxLoad;
use crate::facts::{Facts, Why, WhyKind};
use crate::units::Size;

#[derive(Clone, Debug, PartialEq, Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Headroom {
    /// Assumed where no memory limit is configured.
    pub memory_cap: Size,
    pub cpu_cap: f64,
    /// What macOS keeps for itself.
    pub host_reserve: Size,
    /// What the engine's own system keeps: the greater of the two.
    pub system_reserve: Size,
    pub system_share: f64,
    pub gateway: Size,
    /// Kept free for bursts: the lesser of the two.
    pub keep_share: f64,
    pub keep_most: Size,
    pub disk_reserve: Size,
    pub disk_per_sandbox: Size,
    pub cpu_reserve: u32,
}

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
    pub sandboxes: Vec<SandboxLoad>,
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

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Limit {
    Memory,
    Cpu,
    Disk,
    Pressure,
}

impl Limit {
    pub fn word(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Cpu => "processor cores",
            Self::Disk => "disk space",
            Self::Pressure => "memory pressure on the host",
        }
    }
}

/// Where the engine's memory goes before any sandbox. Bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Memory {
    /// What the engine can really use of the machine.
    pub vm: u64,
    pub system: u64,
    /// Of the gateway, where it shares the engine's memory.
    pub gateway: u64,
    pub others: u64,
    pub available: u64,
    pub keep: u64,
}

/// What the sandboxes that stand take. Bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Occupied {
    /// Working sets of the idle ones.
    pub idle: u64,
    pub idle_count: u64,
    /// The busy ones, each for the greater of its cap and its working set.
    pub busy: u64,
    pub busy_count: u64,
    pub caps: u64,
}

/// The result with all that led to it. Bytes, sandboxes, CPUs.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Arithmetic {
    pub memory: Memory,
    pub load: Occupied,
    pub cap: u64,
    pub cap_assumed: bool,
    /// By memory, with the reserve and without.
    pub safe: u64,
    pub hard: u64,
    pub cpus: u32,
    pub cpu_cap: f64,
    pub cpu_cap_assumed: bool,
    pub by_cpu: u64,
    /// None: the free space is not known, so it does not count.
    pub by_disk: Option<u64>,
    pub pressure: Option<PressureLevel>,
    pub headroom: u64,
    pub limit: Limit,
    /// Sum of all caps by what is available; may exceed 1 without harm.
    pub commitment: f64,
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "sizes of machines are far below 2^53 and shares are between 0 and 1"
)]
fn share(of: u64, part: f64) -> u64 {
    (of as f64 * part).max(0.0) as u64
}

#[expect(
    clippy::cast_precision_loss,
    reason = "sizes of machines are far below 2^53"
)]
fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        0.0
    } else {
        part as f64 / whole as f64
    }
}

impl Headroom {
    /// The whole arithmetic.
    pub fn compute(&self, input: &Input) -> Arithmetic {
        let memory = self.memory(input);
        let load = self.occupied(&input.sandboxes);
        let cap = input.memory_cap.unwrap_or(self.memory_cap.0).max(1);
        let fit = |keep: u64| {
            memory
                .available
                .saturating_sub(keep)
                .saturating_sub(load.idle)
                .saturating_sub(load.busy)
                / cap
        };
        let calm = fit(memory.keep);
        let safe = match input.pressure {
            Some(PressureLevel::Critical) => 0,
            Some(PressureLevel::Warning) => calm / 2,
            Some(PressureLevel::Normal) | None => calm,
        };
        let host_cpus = input.host_cpus.unwrap_or(input.engine_cpus);
        let cpus = host_cpus.min(input.engine_cpus);
        let cpu_cap = input.cpu_cap.unwrap_or(self.cpu_cap);
        let by_cpu = self
            .busy_at_once(cpus, cpu_cap)
            .saturating_sub(load.busy_count);
        let by_disk = input.disk_free.map(|free| {
            let layer = self
                .disk_per_sandbox
                .0
                .max(input.largest_layer.unwrap_or(0));
            free.saturating_sub(self.disk_reserve.0) / layer.max(1)
        });
        let memory_limit = if safe < calm {
            Limit::Pressure
        } else {
            Limit::Memory
        };
        // The first of equals is named: memory kills, the others only slow down or refuse.
        let mut least = (safe, memory_limit);
        for (number, limit) in [(Some(by_cpu), Limit::Cpu), (by_disk, Limit::Disk)] {
            if let Some(number) = number.filter(|number| *number < least.0) {
                least = (number, limit);
            }
        }
        Arithmetic {
            safe,
            hard: fit(0),
            cap,
            cap_assumed: input.memory_cap.is_none(),
            cpus,
            cpu_cap,
            cpu_cap_assumed: input.cpu_cap.is_none(),
            by_cpu,
            by_disk,
            pressure: input.pressure,
            headroom: least.0,
            limit: least.1,
            commitment: ratio(load.caps, memory.available),
            memory,
            load,
        }
    }

    fn memory(&self, input: &Input) -> Memory {
        let gateway = |place| {
            if input.gateway == place {
                self.gateway.0
            } else {
                0
            }
        };
        let vm = input.host_memory.map_or(input.engine_memory, |host| {
            let left = host
                .saturating_sub(self.host_reserve.0)
                .saturating_sub(gateway(GatewayPlace::Host));
            input.engine_memory.min(left)
        });
        let system = self.system_reserve.0.max(share(vm, self.system_share));
        let available = vm
            .saturating_sub(system)
            .saturating_sub(gateway(GatewayPlace::Engine))
            .saturating_sub(input.others);
        Memory {
            vm,
            system,
            gateway: gateway(GatewayPlace::Engine),
            others: input.others,
            available,
            keep: share(available, self.keep_share).min(self.keep_most.0),
        }
    }

    fn occupied(&self, sandboxes: &[SandboxLoad]) -> Occupied {
        let cap = |sandbox: &SandboxLoad| sandbox.cap.unwrap_or(self.memory_cap.0);
        let mut occupied = Occupied::default();
        // The engine's numbers may be anything.
        let add = |sum: &mut u64, bytes| *sum = sum.saturating_add(bytes);
        for sandbox in sandboxes {
            add(&mut occupied.caps, cap(sandbox));
            if sandbox.idle {
                add(&mut occupied.idle, sandbox.working_set);
                occupied.idle_count += 1;
            } else {
                add(&mut occupied.busy, cap(sandbox).max(sandbox.working_set));
                occupied.busy_count += 1;
            }
        }
        occupied
    }

    /// ⌊(cores − reserve) / cap⌋, with at least one core counted.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a small positive quotient"
    )]
    fn busy_at_once(&self, cpus: u32, cap: f64) -> u64 {
        let cores = cpus.saturating_sub(self.cpu_reserve).max(1);
        if cap > 0.0 {
            (f64::from(cores) / cap) as u64
        } else {
            u64::from(cores)
        }
    }
}

impl Arithmetic {
    /// `7.3 GiB for containers, 3.6 GiB kept free, 1 GiB busy, 20 MiB idle, 512 MiB each`
    pub fn in_words(&self) -> String {
        let assumed = if self.cap_assumed { " (assumed)" } else { "" };
        let disk = self
            .by_disk
            .map_or("disk not known".to_owned(), |n| format!("{n} by disk"));
        format!(
            "{} for containers, {} kept free, {} for {} busy, {} for {} idle, {} each{assumed}; {} by memory, {} by CPU, {disk}",
            Size(self.memory.available),
            Size(self.memory.keep),
            Size(self.load.busy),
            self.load.busy_count,
            Size(self.load.idle),
            self.load.idle_count,
            Size(self.cap),
            self.safe,
            self.by_cpu,
        )
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
        sandboxes: load.sandboxes.clone(),
        engine_cpus: info.cpus,
        host_cpus: facts.host.cpu.get().ok().map(|cpu| cpu.logical),
        disk_free: disk(facts).map(|disk| disk.free),
        largest_layer: None,
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

#[cfg(test)]
mod tests;
