//! Judges of the engine that answers: what it is, and what it has to give.

use serde::Deserialize;

use super::{owner_of_path, place};
use crate::checklist::verdict::{Complaint, Ruling};
use crate::facts::docker::{self as fact, ProviderKind, Reach};
use crate::facts::host::OsKind;
use crate::facts::{Facts, Why, WhyKind};
use crate::text::wash;
use crate::units::{Size, Span, Version};

#[derive(Clone, Debug, PartialEq, Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Provider {}

impl Provider {
    #[expect(
        clippy::unused_self,
        reason = "all judges are asked in the same way; this one has no parameters"
    )]
    pub(in crate::checklist::judge) fn rule(&self, facts: &Facts) -> Result<Ruling, Why> {
        let provider = facts.docker.provider.get()?;
        let mut summary = provider.kind.title().to_owned();
        if let Some(version) = &provider.version {
            summary = format!("{summary} {}", wash(version, 40));
        }
        if let Some(build) = &provider.build {
            summary = format!("{summary} ({})", wash(build, 20));
        }
        if let Ok(endpoint) = facts.docker.endpoint.get() {
            summary = format!("{summary} at {}", wash(&endpoint.url, 160));
        }
        let mut complaints: Vec<Complaint> = unsupported(facts, provider).into_iter().collect();
        complaints.extend(other_default_socket(facts, provider));
        Ok(Ruling::found(complaints, summary).evidence("/docker/provider", provider))
    }
}

fn unsupported(facts: &Facts, provider: &fact::Provider) -> Option<Complaint> {
    let (message, hint) = match provider.kind {
        ProviderKind::Podman => (
            "Podman answers on the Docker socket; for OpenClaw it is a backend of its own",
            "choose a Docker engine: docker context ls, docker context use NAME",
        ),
        // On Linux a self-built engine may name itself as it likes.
        ProviderKind::Unrecognised if !matches!(facts.host.platform.get(), Ok(platform) if platform.os == OsKind::Linux) => {
            (
                "the engine is none that is known here, so advice about it may be wrong",
                "see who answers: docker info --format '{{.OperatingSystem}} {{.Name}}'",
            )
        }
        ProviderKind::Unrecognised
        | ProviderKind::DockerDesktop
        | ProviderKind::Orbstack
        | ProviderKind::Colima
        | ProviderKind::RancherDesktop
        | ProviderKind::Lima
        | ProviderKind::LinuxEngine => return None,
    };
    Some(
        Complaint::warn("provider-unsupported", message)
            .target(provider.kind.title())
            .requirement("provider in docker-desktop, orbstack, colima, linux-engine")
            .hint(hint),
    )
}

/// Tools that know no contexts use the default socket. When it leads to a running engine of
/// another they see other images and containers than OpenClaw does.
fn other_default_socket(facts: &Facts, provider: &fact::Provider) -> Option<Complaint> {
    let default = facts.docker.candidates.iter().find(|candidate| {
        place(&candidate.at) == "/var/run/docker.sock"
            && !candidate.in_force
            && candidate.reach == Reach::Listens
    })?;
    let leads_to = default.resolves_to.as_deref()?;
    let other = owner_of_path(leads_to).filter(|kind| *kind != provider.kind)?;
    Some(
        Complaint::warn(
            "default-socket-of-another-engine",
            format!(
                "/var/run/docker.sock leads to {}, while the engine in force is {}: tools that know no contexts see another engine",
                other.title(),
                provider.kind.title()
            ),
        )
        .target(other.title())
        .path("/var/run/docker.sock")
        .requirement("one-engine")
        .hint("keep only one engine starting at login"),
    )
}

#[derive(Clone, Debug, PartialEq, Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct EngineApi {
    pub minimum: Version,
}

impl EngineApi {
    pub(in crate::checklist::judge) fn rule(&self, facts: &Facts) -> Result<Ruling, Why> {
        let version = facts.docker.version.get()?;
        let shown = wash(&version.api, 20);
        let api: Version = version.api.parse().map_err(|_| {
            Why::new(
                WhyKind::Unparsable,
                format!("the engine calls its API version \"{shown}\""),
            )
        })?;
        let mut complaints = Vec::new();
        if api < self.minimum {
            complaints.push(
                Complaint::fail(
                    "engine-api-too-old",
                    format!("the engine speaks API {shown}; {} is needed", self.minimum),
                )
                .target(shown.clone())
                .requirement(format!("engine-api>={}", self.minimum))
                .hint("update the engine, which stops all containers"),
            );
        }
        let from = version
            .min_api
            .as_deref()
            .map(|least| format!(", accepts {} and later", wash(least, 20)))
            .unwrap_or_default();
        Ok(Ruling::found(
            complaints,
            format!("API {shown}{from} (engine {})", wash(&version.engine, 40)),
        )
        .observed(shown)
        .expected(self.minimum.to_string())
        .unit("version")
        .evidence("/docker/version", version))
    }
}

#[derive(Clone, Debug, PartialEq, Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct VmMemory {
    pub minimum: Size,
    pub host_reserve: Size,
}

impl VmMemory {
    pub(in crate::checklist::judge) fn rule(&self, facts: &Facts) -> Result<Ruling, Why> {
        let memory = facts.docker.info.get()?.memory;
        let provider = facts.docker.provider.get()?.kind;
        let mut complaints = Vec::new();
        let mut summary = Size(memory).to_string();
        // The VM's kernel keeps a part of what the setting says.
        let tolerance = (self.minimum.0 / 100 * 3).max(256 << 20);
        if memory.saturating_add(tolerance) < self.minimum.0 {
            complaints.push(
                Complaint::warn(
                    "vm-memory-low",
                    format!(
                        "the engine has {} of memory; {} are needed for a useful number of sandboxes",
                        Size(memory),
                        self.minimum
                    ),
                )
                .target(Size(memory).to_string())
                .requirement(format!("vm-memory>={}", self.minimum))
                .hint(memory_hint(provider)),
            );
        } else if is_vm_on_mac(provider) && is_mac(facts)? {
            let host = *facts.host.memory.get()?;
            summary = format!("{summary} of the host's {}", Size(host));
            // Half of the host's memory is Docker Desktop's own default, also on small Macs.
            let most = host.saturating_sub(self.host_reserve.0).max(host / 2);
            if memory > most {
                complaints.push(
                    Complaint::warn(
                        "vm-memory-starves-host",
                        format!(
                            "the engine's VM may take {} of the host's {}, which leaves macOS less than {}",
                            Size(memory),
                            Size(host),
                            self.host_reserve
                        ),
                    )
                    .target(Size(memory).to_string())
                    .requirement(format!("vm-memory<={}", Size(most)))
                    .hint(memory_hint(provider)),
                );
            }
        }
        Ok(Ruling::found(complaints, summary)
            .observed(memory)
            .expected(self.minimum.0)
            .unit("bytes")
            .evidence("/docker/info/memory", memory))
    }
}

fn memory_hint(provider: ProviderKind) -> &'static str {
    match provider {
        ProviderKind::DockerDesktop => {
            "set Settings > Resources > Advanced > Memory limit, which may stop all containers"
        }
        ProviderKind::Orbstack => "set OrbStack's memory limit in its settings",
        ProviderKind::Colima => {
            "set the VM's memory, which stops all containers: colima stop, colima start --memory 8"
        }
        ProviderKind::RancherDesktop
        | ProviderKind::Podman
        | ProviderKind::Lima
        | ProviderKind::LinuxEngine
        | ProviderKind::Unrecognised => "set the memory of the machine that the engine runs on",
    }
}

fn is_vm_on_mac(provider: ProviderKind) -> bool {
    match provider {
        ProviderKind::DockerDesktop
        | ProviderKind::Orbstack
        | ProviderKind::Colima
        | ProviderKind::RancherDesktop
        | ProviderKind::Lima => true,
        ProviderKind::Podman | ProviderKind::LinuxEngine | ProviderKind::Unrecognised => false,
    }
}

fn is_mac(facts: &Facts) -> Result<bool, Why> {
    Ok(facts.host.platform.get()?.os == OsKind::Macos)
}

#[derive(Clone, Debug, PartialEq, Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct VmCpus {
    pub minimum: u32,
}

impl VmCpus {
    pub(in crate::checklist::judge) fn rule(&self, facts: &Facts) -> Result<Ruling, Why> {
        let info = facts.docker.info.get()?;
        if facts.docker.provider.get()?.kind == ProviderKind::LinuxEngine {
            return Ok(Ruling::not_applicable(
                "the engine uses the host's cores: see host/cpu",
            ));
        }
        let mut complaints = Vec::new();
        if info.cpus < self.minimum {
            complaints.push(
                Complaint::fail(
                    "vm-cpus-too-few",
                    format!(
                        "the engine's VM has {} core(s); {} are needed",
                        info.cpus, self.minimum
                    ),
                )
                .target(info.cpus.to_string())
                .requirement(format!("vm-cpus>={}", self.minimum))
                .hint("give the engine's VM more cores, which may stop all containers"),
            );
        }
        Ok(Ruling::found(complaints, format!("{} cores", info.cpus))
            .observed(info.cpus)
            .expected(self.minimum)
            .unit("cpus")
            .evidence("/docker/info/cpus", info.cpus))
    }
}

#[derive(Clone, Debug, PartialEq, Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Disk {
    pub warn_below: Size,
    pub fail_below: Size,
}

impl Disk {
    pub(in crate::checklist::judge) fn rule(&self, facts: &Facts) -> Result<Ruling, Why> {
        let disk = facts.docker.disk.get()?;
        let (free, total) = (Size(disk.free), Size(disk.total));
        let found = |floor: Size| {
            format!("{free} are free on the engine's disk of {total}; {floor} should be")
        };
        let complaint = if disk.free < self.fail_below.0 {
            Some((
                Complaint::fail("engine-disk-full", found(self.fail_below)),
                self.fail_below,
            ))
        } else if disk.free < self.warn_below.0 {
            Some((
                Complaint::warn("engine-disk-low", found(self.warn_below)),
                self.warn_below,
            ))
        } else {
            None
        };
        let complaints = complaint
            .map(|(complaint, floor)| {
                complaint
                    .path(wash(&disk.path, 200))
                    .requirement(format!("engine-disk-free>={floor}"))
                    .hint("see who uses it: docker system df -v")
            })
            .into_iter()
            .collect();
        Ok(Ruling::found(complaints, format!("{free} free of {total}"))
            .observed(disk.free)
            .expected(self.warn_below.0)
            .unit("bytes")
            .evidence("/docker/disk", disk))
    }
}

#[derive(Clone, Debug, PartialEq, Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Clock {
    pub max_skew: Span,
}

impl Clock {
    pub(in crate::checklist::judge) fn rule(&self, facts: &Facts) -> Result<Ruling, Why> {
        let clock = facts.docker.clock.get()?;
        let skew = clock.skew_milliseconds.unsigned_abs();
        let direction = if clock.skew_milliseconds < 0 {
            "behind"
        } else {
            "ahead of"
        };
        let sure = u128::from(skew.saturating_sub(clock.uncertainty_milliseconds));
        let summary = if skew <= clock.uncertainty_milliseconds {
            format!(
                "in step with the host, within {}",
                spoken(clock.uncertainty_milliseconds)
            )
        } else {
            format!("{} {direction} the host", spoken(skew))
        };
        let mut complaints = Vec::new();
        if sure > self.max_skew.0.as_millis() {
            complaints.push(
                Complaint::warn(
                    "engine-clock-skew",
                    format!(
                        "the engine's clock is {} {direction} the host's; {} is the most it may be",
                        spoken(skew),
                        self.max_skew
                    ),
                )
                .requirement(format!("clock-skew<={}", self.max_skew))
                .hint("see which of the two clocks is wrong: date -u here and in a container"),
            );
        }
        Ok(Ruling::found(complaints, summary)
            .observed(seconds(clock.skew_milliseconds))
            .expected(self.max_skew.0.as_secs_f64())
            .unit("seconds")
            .evidence("/docker/clock", clock))
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "milliseconds between two clocks are far below 2^53"
)]
fn seconds(milliseconds: i64) -> f64 {
    milliseconds as f64 / 1000.0
}

/// Milliseconds for people: `40 ms`, `42.3 s`, `75 min`.
fn spoken(milliseconds: u64) -> String {
    match milliseconds {
        0..1000 => format!("{milliseconds} ms"),
        1000..180_000 => format!("{}.{} s", milliseconds / 1000, milliseconds % 1000 / 100),
        _ => format!("{} min", milliseconds / 60_000),
    }
}

#[cfg(test)]
mod tests;
