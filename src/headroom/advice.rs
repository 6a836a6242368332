//! What one change would add to the headroom. Each is reckoned by the same arithmetic with that
//! one number changed, so that no advice promises what would not come true.

use serde::Serialize;

use super::{Arithmetic, GatewayPlace, Headroom, Input, Limit};
use crate::facts::host::PressureLevel;
use crate::units::Size;

const MIB: u64 = 1 << 20;

/// One change, and how many more sandboxes could be busy after it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    #[serde(flatten)]
    pub what: What,
    pub adds: u64,
}

/// Bytes, CPUs, sandboxes.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "change", rename_all = "kebab-case")]
pub enum What {
    /// The VM gets more of the Mac's memory; never what macOS needs for itself.
    EngineMemory {
        from: u64,
        to: u64,
    },
    /// The VM gets all of the machine's cores.
    EngineCpus {
        from: u32,
        to: u32,
    },
    /// Sandboxes are given the usual cap, where theirs is larger.
    MemoryCap {
        from: u64,
        to: u64,
    },
    CpuCap {
        from: f64,
        to: f64,
    },
    /// Idle sandboxes are removed; OpenClaw makes them anew when they are needed.
    IdleSandboxes {
        count: u64,
        bytes: u64,
    },
    /// Containers that are no sandboxes are stopped.
    OtherContainers {
        bytes: u64,
    },
    /// So much disk space is freed that it is no limit.
    DiskSpace {
        bytes: u64,
    },
    /// The host is no longer short of memory.
    HostPressure,
}

impl What {
    /// As a request to the operator.
    pub fn words(&self) -> String {
        match self {
            Self::EngineMemory { from, to } => format!(
                "give the engine's VM {} of memory instead of {}",
                Size(*to),
                Size(*from)
            ),
            Self::EngineCpus { from, to } => {
                format!("give the engine's VM {to} cores instead of {from}")
            }
            Self::MemoryCap { from, to } => format!(
                "cap each sandbox at {} of memory instead of {}",
                Size(*to),
                Size(*from)
            ),
            Self::CpuCap { from, to } => {
                format!("cap each sandbox at {to} of a core instead of {from}")
            }
            Self::IdleSandboxes { count: 1, .. } => "remove the idle sandbox".to_owned(),
            Self::IdleSandboxes { count, .. } => format!("remove the {count} idle sandboxes"),
            Self::OtherContainers { bytes } => format!(
                "stop the containers that are no sandboxes ({})",
                Size(*bytes)
            ),
            Self::DiskSpace { bytes } => format!("free {} of the engine's disk", Size(*bytes)),
            Self::HostPressure => "end what makes the host short of memory".to_owned(),
        }
    }

    /// Where it is done.
    pub fn how(&self) -> String {
        let set = |key: &str, value: &dyn std::fmt::Display| {
            format!(
                "openclaw config set agents.defaults.sandbox.docker.{key} {value}; an agent with a cap of its own: agents.entries.ID.sandbox.docker.{key}"
            )
        };
        match self {
            Self::EngineMemory { .. } | Self::EngineCpus { .. } => {
                "in the engine's own settings; Docker Desktop: Settings > Resources".to_owned()
            }
            Self::MemoryCap { to, .. } => set("memory", &format_args!("{}m", to / MIB)),
            Self::CpuCap { to, .. } => set("cpus", to),
            Self::IdleSandboxes { .. } => {
                "openclaw sandbox recreate --agent ID, or --session KEY for one; both end what runs"
                    .to_owned()
            }
            Self::OtherContainers { .. } => "docker ps".to_owned(),
            Self::DiskSpace { .. } => "clawdoctor plan docker/disk".to_owned(),
            Self::HostPressure => "clawdoctor explain host/memory-pressure".to_owned(),
        }
    }
}

impl Headroom {
    /// The changes that add something, the one that adds most first. Empty: no single change helps.
    pub fn advice(&self, input: &Input) -> Vec<Change> {
        let now = self.compute(input);
        let mut changes: Vec<Change> = self
            .candidates(input, &now)
            .into_iter()
            .filter_map(|(what, changed)| {
                let adds = self.compute(&changed).headroom.checked_sub(now.headroom)?;
                (adds > 0).then_some(Change { what, adds })
            })
            .collect();
        // Among equals the cheaper one, in the order of the candidates.
        changes.sort_by_key(|change| std::cmp::Reverse(change.adds));
        changes
    }

    /// The most that the VM may have: what is left when macOS and a gateway beside it have theirs.
    /// None on native Linux, where the engine has the machine.
    pub fn most_for_engine(&self, input: &Input) -> Option<u64> {
        let gateway = match input.gateway {
            GatewayPlace::Host => self.gateway.0,
            GatewayPlace::Engine | GatewayPlace::Nowhere => 0,
        };
        let left = input.host_memory?.checked_sub(self.host_reserve.0)?;
        // Settings are in whole MiB.
        Some(left.saturating_sub(gateway) / MIB * MIB)
    }

    fn candidates(&self, input: &Input, now: &Arithmetic) -> Vec<(What, Input)> {
        let mut all = Vec::new();
        let mut add = |what, change: &dyn Fn(&mut Input)| {
            let mut changed = input.clone();
            change(&mut changed);
            all.push((what, changed));
        };
        let load = &now.load;
        if load.idle_count > 0 {
            let (count, bytes) = (load.idle_count, load.idle);
            add(What::IdleSandboxes { count, bytes }, &|input| {
                input.sandboxes.retain(|sandbox| !sandbox.calls.are_over());
            });
        }
        if let Some(to) = self.most_for_engine(input)
            && to > input.engine_memory
        {
            let from = input.engine_memory;
            add(What::EngineMemory { from, to }, &|input| {
                input.engine_memory = to;
            });
        }
        if let Some(to) = input.host_cpus
            && to > input.engine_cpus
        {
            let from = input.engine_cpus;
            add(What::EngineCpus { from, to }, &|input| {
                input.engine_cpus = to;
            });
        }
        let from = now.cap;
        if from > self.memory_cap.0 {
            let to = self.memory_cap.0;
            add(What::MemoryCap { from, to }, &|input| {
                input.memory_cap = Some(to);
            });
        }
        if let Some(from) = input.cpu_cap
            && from > self.cpu_cap
        {
            let to = self.cpu_cap;
            add(What::CpuCap { from, to }, &|input| {
                input.cpu_cap = Some(to);
            });
        }
        if let Some(free) = input.disk_free
            && now.limit == Limit::Disk
        {
            let enough = now.safe.min(now.by_cpu).saturating_mul(now.layer);
            let to = self.disk_reserve.0.saturating_add(enough);
            let bytes = to.saturating_sub(free);
            add(What::DiskSpace { bytes }, &|input| {
                input.disk_free = Some(to);
            });
        }
        if now.limit == Limit::Pressure {
            add(What::HostPressure, &|input| {
                input.pressure = Some(PressureLevel::Normal);
            });
        }
        if input.others > 0 {
            let bytes = input.others;
            add(What::OtherContainers { bytes }, &|input| {
                input.others = 0;
            });
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{GIB, mini, rules, standing};
    use super::*;

    fn first(change: impl Fn(&mut Input)) -> Option<(String, u64)> {
        let mut input = mini();
        change(&mut input);
        let advice = rules().advice(&input);
        advice
            .first()
            .map(|change| (change.what.words(), change.adds))
    }

    #[test]
    fn a_mini_with_the_default_half_is_given_what_macos_can_spare_and_no_more() {
        let told = first(|_| {}).expect("an advice");
        let words = "give the engine's VM 9.5 GiB of memory instead of 8 GiB";
        assert_eq!(told, (words.to_owned(), 2));
        // And nothing beyond that.
        assert_eq!(first(|i| i.engine_memory = 10 * GIB), None);
    }

    #[test]
    fn on_linux_the_engine_has_the_machine_already() {
        assert_eq!(first(|i| i.host_memory = None), None);
    }

    #[test]
    fn a_vm_that_cores_limit_is_given_cores() {
        let told = first(|i| i.engine_cpus = 2).expect("an advice");
        let words = "give the engine's VM 10 cores instead of 2";
        assert_eq!(told, (words.to_owned(), 4));
    }

    #[test]
    fn caps_above_the_usual_ones_are_named() {
        let (words, adds) = first(|i| i.memory_cap = Some(2 * GIB)).expect("an advice");
        assert_eq!(
            words,
            "cap each sandbox at 512 MiB of memory instead of 2 GiB"
        );
        assert_eq!(adds, 5);
        let (words, _) = first(|i| i.cpu_cap = Some(4.0)).expect("an advice");
        assert_eq!(words, "cap each sandbox at 0.5 of a core instead of 4");
    }

    #[test]
    fn idle_sandboxes_other_containers_disk_and_pressure_are_named_where_they_are_the_limit() {
        let idle = |i: &mut Input| i.sandboxes = standing(40, true, 50 << 20);
        let (words, _) = first(idle).expect("an advice");
        assert_eq!(words, "remove the 40 idle sandboxes");
        let (words, adds) = first(|i| i.others = 4 * GIB).expect("an advice");
        assert_eq!(
            (words.as_str(), adds),
            ("stop the containers that are no sandboxes (4 GiB)", 4)
        );
        let full = first(|i| i.disk_free = Some(5 * GIB));
        assert_eq!(
            full,
            Some(("free 1.5 GiB of the engine's disk".to_owned(), 6))
        );
        let short = first(|i| i.pressure = Some(PressureLevel::Critical));
        assert_eq!(
            short,
            Some(("end what makes the host short of memory".to_owned(), 6))
        );
    }

    proptest::proptest! {
        #[test]
        fn macos_keeps_its_six_gibibytes_whatever_is_advised(
            host in 1_u64..128, vm in 1_u64..128, idle in 0_usize..30, inside in proptest::bool::ANY,
        ) {
            let mut input = mini();
            input.host_memory = Some(host * GIB);
            input.engine_memory = vm * GIB;
            input.sandboxes = standing(idle, true, 30 << 20);
            input.gateway = if inside { GatewayPlace::Engine } else { GatewayPlace::Host };
            for change in rules().advice(&input) {
                proptest::prop_assert!(change.adds > 0);
                if let What::EngineMemory { to, .. } = change.what {
                    proptest::prop_assert!(host * GIB - to >= 6 * GIB);
                }
            }
        }
    }
}
