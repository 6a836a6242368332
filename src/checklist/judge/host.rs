//! Judges of the area `host`: pure functions of the facts and of a check's parameters.

mod headless;

pub use headless::{LoginSession, Power};

use serde::Deserialize;

use crate::checklist::verdict::{Complaint, Ruling};
use crate::facts::host::{OsKind, PressureLevel};
use crate::facts::{Facts, Why, WhyKind};
use crate::text::wash;
use crate::units::{Size, Version};

#[derive(Clone, Debug, PartialEq, Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Memory {
    pub minimum: Size,
}

impl Memory {
    pub(super) fn rule(&self, facts: &Facts) -> Result<Ruling, Why> {
        let memory = *facts.host.memory.get()?;
        let floor = match os(facts)? {
            OsKind::Macos => self.minimum.0,
            // `MemTotal` leaves out what the kernel's image and the firmware keep (proc(5)); on
            // machines of 16 GiB that is up to 3 %.
            OsKind::Linux => self.minimum.0 - self.minimum.0 / 100 * 3,
        };
        let mut complaints = Vec::new();
        if memory < floor {
            complaints.push(
                Complaint::fail(
                    "host-memory-too-small",
                    format!(
                        "the host has {} of memory; {} are needed",
                        Size(memory),
                        self.minimum
                    ),
                )
                .target(Size(memory).to_string())
                .requirement(format!("host-memory>={}", self.minimum))
                .hint("use a machine with more memory for sandboxes"),
            );
        }
        Ok(Ruling::found(complaints, Size(memory).to_string())
            .observed(memory)
            .expected(self.minimum.0)
            .unit("bytes")
            .evidence("/host/memory", memory))
    }
}

#[derive(Clone, Debug, PartialEq, Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Cpu {
    pub minimum: u32,
}

impl Cpu {
    pub(super) fn rule(&self, facts: &Facts) -> Result<Ruling, Why> {
        let cpu = facts.host.cpu.get()?;
        let mut summary = format!("{} cores", cpu.logical);
        if let (Some(performance), Some(efficiency)) = (cpu.performance, cpu.efficiency) {
            summary = format!("{summary} ({performance} performance, {efficiency} efficiency)");
        }
        if let Some(brand) = &cpu.brand {
            summary.push_str(", ");
            summary.push_str(&wash(brand, 60));
        }
        let mut complaints = Vec::new();
        if cpu.logical < self.minimum {
            complaints.push(
                Complaint::fail(
                    "host-cpu-too-few",
                    format!(
                        "the host has {} processor core(s); {} are needed",
                        cpu.logical, self.minimum
                    ),
                )
                .target(cpu.logical.to_string())
                .requirement(format!("host-cpu>={}", self.minimum))
                .hint("run fewer sandboxes at a time on this node"),
            );
        }
        Ok(Ruling::found(complaints, summary)
            .observed(cpu.logical)
            .expected(self.minimum)
            .unit("cpus")
            .evidence("/host/cpu", cpu))
    }
}

#[derive(Clone, Debug, PartialEq, Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Disk {
    pub warn_below: Size,
    pub fail_below: Size,
}

impl Disk {
    pub(super) fn rule(&self, facts: &Facts) -> Result<Ruling, Why> {
        let disk = facts.host.disk.get()?;
        let path = wash(&disk.path, 200);
        let summary = format!("{} free of {} at {path}", Size(disk.free), Size(disk.total));
        let complain = |complaint: Complaint, floor: Size| {
            // Not the number: it changes, and the finding stays the same.
            complaint
                .target(path.clone())
                .path(path.clone())
                .requirement(format!("host-disk-free>={floor}"))
                .hint("see what OpenClaw's sandboxes left behind: du -sk ~/.openclaw/sandboxes/* | sort -n")
        };
        let message = |floor: Size| {
            format!(
                "{} are free on the host's disk at {path}; {floor} should be",
                Size(disk.free)
            )
        };
        let mut complaints = Vec::new();
        if disk.free < self.fail_below.0 {
            complaints.push(complain(
                Complaint::fail("host-disk-full", message(self.fail_below)),
                self.fail_below,
            ));
        } else if disk.free < self.warn_below.0 {
            complaints.push(complain(
                Complaint::warn("host-disk-low", message(self.warn_below)),
                self.warn_below,
            ));
        }
        Ok(Ruling::found(complaints, summary)
            .observed(disk.free)
            .expected(self.warn_below.0)
            .unit("bytes")
            .evidence("/host/disk", disk))
    }
}

#[derive(Clone, Debug, PartialEq, Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct OsVersion {
    pub macos_minimum: Version,
}

impl OsVersion {
    pub(super) fn rule(&self, facts: &Facts) -> Result<Ruling, Why> {
        if os(facts)? == OsKind::Linux {
            return Ok(Ruling::not_applicable("this is not macOS"));
        }
        let os = facts.host.os.get()?;
        let shown = wash(&os.version, 40);
        let version: Version = os.version.parse().map_err(|_| {
            Why::new(
                WhyKind::Unparsable,
                format!("the system calls its version \"{shown}\""),
            )
        })?;
        let mut complaints = Vec::new();
        if version < self.macos_minimum {
            complaints.push(
                Complaint::fail(
                    "macos-too-old",
                    format!(
                        "macOS {shown} is older than {}, below which current Docker Desktop does not install",
                        self.macos_minimum
                    ),
                )
                .target(shown.clone())
                .requirement(format!("macos>={}", self.macos_minimum))
                .hint("see which updates Apple offers to this Mac: softwareupdate --list"),
            );
        }
        let build = os
            .build
            .as_deref()
            .map(|build| format!(" ({})", wash(build, 20)))
            .unwrap_or_default();
        Ok(Ruling::found(complaints, format!("macOS {shown}{build}"))
            .observed(shown)
            .expected(self.macos_minimum.to_string())
            .unit("version")
            .evidence("/host/os", os))
    }
}

#[derive(Clone, Debug, PartialEq, Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct MemoryPressure {}

impl MemoryPressure {
    #[expect(
        clippy::unused_self,
        reason = "all judges are asked in the same way; this one has no parameters"
    )]
    pub(super) fn rule(&self, facts: &Facts) -> Result<Ruling, Why> {
        let pressure = facts.host.pressure.get()?;
        let mut numbers = String::new();
        if let Some(available) = pressure.available {
            numbers = format!(", {} available", Size(available));
        }
        if let Some(swap) = pressure.swap_used.filter(|swap| *swap > 0) {
            numbers = format!("{numbers}, {} of swap in use", Size(swap));
        }
        let (word, complaint) = match pressure.level {
            PressureLevel::Normal => ("normal", None),
            PressureLevel::Warning => (
                "warning",
                Some(Complaint::warn(
                    "memory-pressure",
                    format!(
                        "the host is short of memory{numbers}: it swaps, and sandboxes answer slowly"
                    ),
                )),
            ),
            PressureLevel::Critical => (
                "critical",
                Some(Complaint::warn(
                    "memory-pressure-critical",
                    format!(
                        "the host is out of memory{numbers}: programs are about to be stopped, the engine's VM first"
                    ),
                )),
            ),
        };
        let complaints = complaint
            .map(|complaint| {
                complaint
                    .target(word)
                    .requirement("memory-pressure=normal")
                    .hint("start no more sandboxes, and let idle ones go: openclaw sandbox list")
            })
            .into_iter()
            .collect();
        Ok(Ruling::found(complaints, format!("{word}{numbers}"))
            .observed(word)
            .expected("normal")
            .evidence("/host/pressure", pressure))
    }
}

fn os(facts: &Facts) -> Result<OsKind, Why> {
    facts.host.platform.get().map(|platform| platform.os)
}

#[cfg(test)]
mod tests;
