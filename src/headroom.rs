//! How many more sandboxes can be busy at the same time, and what limits it. The arithmetic is a
//! pure model with every intermediate, so that it can be shown.
//!
//! A standing sandbox that runs nothing counts for what it uses, a busy one for its cap.

mod account;
pub mod advice;
mod input;

pub use account::{Entry, Weight};
pub use input::{Calls, GatewayPlace, IDLE_AFTER, Input, Occupant, input, never_starts};

use serde::{Deserialize, Serialize};

use crate::facts::host::PressureLevel;
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
    /// Of the idle ones, those that may have run a call less than a minute ago: nobody remembers.
    pub idle_assumed_count: u64,
    /// The busy ones, each for the greater of its cap and its working set.
    pub busy: u64,
    pub busy_count: u64,
    /// Of the busy ones, those that run nothing now and did less than a minute ago.
    pub recent_count: u64,
    /// Of the busy ones, those without a memory cap.
    pub busy_assumed_count: u64,
    pub caps: u64,
    /// Of all, those without a memory cap, for which one is assumed.
    pub uncapped_count: u64,
    /// The most that one of those was seen to use; none where that is not known.
    pub observed_peak: Option<u64>,
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
    /// What each takes of the disk; assumed where the largest writable layer is not known.
    pub layer: u64,
    pub layer_assumed: bool,
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
        let cap = input
            .memory_cap
            .unwrap_or_else(|| self.assumed_cap(load.observed_peak))
            .max(1);
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
        let layer = self.layer(input);
        let by_disk = input
            .disk_free
            .map(|free| free.saturating_sub(self.disk_reserve.0) / layer.max(1));
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
            layer,
            layer_assumed: input.largest_layer.is_none(),
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

    fn occupied(&self, sandboxes: &[Occupant]) -> Occupied {
        let mut occupied = Occupied::default();
        // The engine's numbers may be anything.
        let add = |sum: &mut u64, bytes| *sum = sum.saturating_add(bytes);
        for sandbox in sandboxes {
            let cap = sandbox
                .cap
                .unwrap_or_else(|| self.assumed_cap(sandbox.peak));
            add(&mut occupied.caps, cap);
            if sandbox.cap.is_none() {
                occupied.uncapped_count += 1;
                occupied.observed_peak = occupied.observed_peak.max(sandbox.peak);
            }
            let calls = sandbox.calls;
            if calls.are_over() {
                add(&mut occupied.idle, sandbox.working_set);
                occupied.idle_count += 1;
                occupied.idle_assumed_count += u64::from(calls.may_be_recent());
            } else {
                add(&mut occupied.busy, cap.max(sandbox.working_set));
                occupied.busy_count += 1;
                occupied.busy_assumed_count += u64::from(sandbox.cap.is_none());
                occupied.recent_count += u64::from(calls != Calls::Running);
            }
        }
        occupied
    }

    /// For a sandbox without a cap: the usual one, or what such a one was seen to use.
    fn assumed_cap(&self, peak: Option<u64>) -> u64 {
        self.memory_cap.0.max(peak.unwrap_or(0))
    }

    /// What each further sandbox takes of the disk.
    fn layer(&self, input: &Input) -> u64 {
        let largest = input.largest_layer.unwrap_or(0);
        self.disk_per_sandbox.0.max(largest)
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
        let idle = if self.load.idle_assumed_count > 0 {
            " as far as is known"
        } else {
            ""
        };
        format!(
            "{} for containers, {} kept free, {} for {} busy, {} for {} idle{idle}, {} each{assumed}; {} by memory, {} by CPU, {disk}",
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

#[cfg(test)]
mod tests;
