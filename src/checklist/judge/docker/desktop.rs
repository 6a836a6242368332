//! Judges of Docker Desktop alone: its version and two of its settings. With any other engine
//! they do not apply.

use serde::Deserialize;

use crate::checklist::verdict::{Complaint, Ruling};
use crate::facts::docker::{DesktopSettings, ProviderKind};
use crate::facts::{Facts, Why, WhyKind};
use crate::text::wash;
use crate::units::Version;

#[derive(Clone, Debug, PartialEq, Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DesktopVersion {
    pub minimum: Version,
    pub security_floor: Version,
    pub recommended: Version,
}

/// Holes that a sandboxed tool could use, and the release that closed them, for the words of the
/// warning (<https://docs.docker.com/security/security-announcements/>).
const CLOSED_IN: [(&str, &str); 2] = [("4.72.0", "CVE-2026-31431"), ("4.86.0", "CVE-2026-17106")];

/// The first release with `docker desktop update`.
const UPDATES_ITSELF: &str = "4.38.0";

impl DesktopVersion {
    pub(in crate::checklist::judge) fn rule(&self, facts: &Facts) -> Result<Ruling, Why> {
        if let Presence::Not(reason) = presence(facts)? {
            return Ok(Ruling::not_applicable(reason));
        }
        let (text, build, pointer) = version_text(facts)?;
        let shown = wash(&text, 40);
        let version: Version = text.parse().map_err(|_| {
            Why::new(
                WhyKind::Unparsable,
                format!("Docker Desktop calls its version \"{shown}\""),
            )
        })?;
        let build = build
            .map(|build| format!(" ({})", wash(&build, 20)))
            .unwrap_or_default();
        let complaints = self
            .worst(&version, &shown)
            .map(|complaint| complaint.target(shown.clone()).hint(update(&version)))
            .into_iter()
            .collect();
        Ok(
            Ruling::found(complaints, format!("Docker Desktop {shown}{build}"))
                .observed(shown.clone())
                .expected(self.minimum.to_string())
                .unit("version")
                .evidence(pointer, shown),
        )
    }

    /// One complaint at most: an update cures them all. A newer release is never one.
    fn worst(&self, version: &Version, shown: &str) -> Option<Complaint> {
        if *version < self.minimum {
            return Some(
                Complaint::fail(
                    "docker-desktop-too-old",
                    format!(
                        "Docker Desktop {shown} is older than {}, the oldest that this deployment was made for",
                        self.minimum
                    ),
                )
                .requirement(format!("docker-desktop>={}", self.minimum)),
            );
        }
        if *version < self.security_floor {
            return Some(
                Complaint::fail(
                    "docker-desktop-insecure",
                    format!(
                        "Docker Desktop {shown} is older than {}: a container can reach the engine's API without a password and mount the host (CVE-2025-9074)",
                        self.security_floor
                    ),
                )
                .requirement(format!("docker-desktop>={}", self.security_floor)),
            );
        }
        if *version < self.recommended {
            let open: Vec<&str> = CLOSED_IN
                .iter()
                .filter(|(closed, _)| {
                    closed
                        .parse::<Version>()
                        .is_ok_and(|closed| *version < closed)
                })
                .map(|(_, cve)| *cve)
                .collect();
            let holes = if open.is_empty() {
                String::new()
            } else {
                format!(", which closes {}", open.join(" and "))
            };
            return Some(
                Complaint::warn(
                    "docker-desktop-outdated",
                    format!(
                        "Docker Desktop {shown} is older than {}{holes}",
                        self.recommended
                    ),
                )
                .requirement(format!("docker-desktop>={}", self.recommended)),
            );
        }
        None
    }
}

fn update(version: &Version) -> &'static str {
    if UPDATES_ITSELF
        .parse::<Version>()
        .is_ok_and(|first| *version < first)
    {
        "update Docker Desktop (never uninstall it first): its menu > Check for updates"
    } else {
        "update Docker Desktop, which stops all containers: docker desktop update --quiet"
    }
}

/// The version, its build, and where it was seen: the running engine's word before the bundle's.
fn version_text(facts: &Facts) -> Result<(String, Option<String>, &'static str), Why> {
    if let Ok(provider) = facts.docker.provider.get()
        && let Some(version) = &provider.version
    {
        return Ok((version.clone(), provider.build.clone(), "/docker/provider"));
    }
    // Not running, or a release that names no version in its answers.
    facts
        .docker
        .app
        .get()
        .map(|app| (app.version.clone(), app.build.clone(), "/docker/app"))
        .map_err(|why| {
            Why::new(
                match why.kind {
                    WhyKind::Absent | WhyKind::NotApplicable => WhyKind::Unparsable,
                    kind => kind,
                },
                format!(
                    "Docker Desktop does not say its version, nor does its app: {}",
                    wash(&why.detail, 120)
                ),
            )
        })
}

/// Whether Docker Desktop is this node's engine.
enum Presence {
    Here,
    Not(String),
}

/// Decided by the engine that answers, else by whose place is in force, else by whether the app
/// is installed.
fn presence(facts: &Facts) -> Result<Presence, Why> {
    let not = |kind: ProviderKind| Presence::Not(format!("the engine is {}", kind.title()));
    if let Ok(provider) = facts.docker.provider.get() {
        return Ok(match provider.kind {
            ProviderKind::DockerDesktop => Presence::Here,
            kind => not(kind),
        });
    }
    let place = facts
        .docker
        .candidates
        .iter()
        .find(|candidate| candidate.in_force)
        .map(|candidate| {
            candidate
                .resolves_to
                .as_deref()
                .and_then(super::owner_of_path)
                .unwrap_or(candidate.provider)
        });
    if let Some(
        kind @ (ProviderKind::Orbstack
        | ProviderKind::Colima
        | ProviderKind::RancherDesktop
        | ProviderKind::Podman
        | ProviderKind::Lima),
    ) = place
    {
        return Ok(not(kind));
    }
    match facts.docker.app.get() {
        Ok(_) => Ok(Presence::Here),
        Err(why) => match why.kind {
            WhyKind::Absent | WhyKind::NotApplicable => {
                Ok(Presence::Not("Docker Desktop is not installed".to_owned()))
            }
            WhyKind::NotAsked
            | WhyKind::Denied
            | WhyKind::Timeout
            | WhyKind::Unparsable
            | WhyKind::Offline
            | WhyKind::Failed => Err(why),
        },
    }
}

/// Docker Desktop's settings. A file that is not there holds the defaults: only what differs from
/// them is written (<https://docs.docker.com/desktop/settings-and-maintenance/settings/>).
fn settings(facts: &Facts) -> Result<DesktopSettings, Why> {
    match facts.docker.settings.get() {
        // The whole file is no evidence of two of its keys.
        Ok(settings) => Ok(DesktopSettings {
            source: None,
            ..settings.clone()
        }),
        Err(why) if why.kind == WhyKind::Absent => Ok(DesktopSettings::default()),
        Err(why) => Err(why),
    }
}

#[derive(Clone, Debug, PartialEq, Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Autostart {}

impl Autostart {
    #[expect(
        clippy::unused_self,
        reason = "all judges are asked in the same way; this one has no parameters"
    )]
    pub(in crate::checklist::judge) fn rule(&self, facts: &Facts) -> Result<Ruling, Why> {
        if let Presence::Not(reason) = presence(facts)? {
            return Ok(Ruling::not_applicable(reason));
        }
        let settings = settings(facts)?;
        let starts = settings.auto_start.unwrap_or(false);
        let complaints = if starts {
            Vec::new()
        } else {
            vec![
                Complaint::warn(
                    "autostart-off",
                    "Docker Desktop does not start when its user logs in, so after a restart there is no engine",
                )
                .target(stated("AutoStart", settings.auto_start, false))
                .requirement("docker-desktop:AutoStart=true")
                .hint("switch on Settings > General > Start Docker Desktop when you sign in to your computer"),
            ]
        };
        let summary = if starts {
            "starts when its user logs in"
        } else {
            "does not start by itself"
        };
        Ok(with_path(complaints, summary, &settings)
            .observed(starts)
            .expected(true)
            .evidence("/docker/settings", &settings))
    }
}

#[derive(Clone, Debug, PartialEq, Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ResourceSaver {}

impl ResourceSaver {
    #[expect(
        clippy::unused_self,
        reason = "all judges are asked in the same way; this one has no parameters"
    )]
    pub(in crate::checklist::judge) fn rule(&self, facts: &Facts) -> Result<Ruling, Why> {
        if let Presence::Not(reason) = presence(facts)? {
            return Ok(Ruling::not_applicable(reason));
        }
        let settings = settings(facts)?;
        let saves = settings.resource_saver.unwrap_or(true);
        let complaints = if saves {
            vec![
                Complaint::warn(
                    "resource-saver-on",
                    "Resource Saver stops the engine's VM when no container runs: the next sandbox waits 3 to 10 s for it, or fails",
                )
                .target(stated("UseResourceSaver", settings.resource_saver, true))
                .requirement("docker-desktop:UseResourceSaver=false")
                .hint("switch off Settings > Resources > Advanced > Resource Saver"),
            ]
        } else {
            Vec::new()
        };
        let summary = if saves { "on" } else { "off" };
        Ok(with_path(complaints, summary, &settings)
            .observed(saves)
            .expected(false)
            .evidence("/docker/settings", &settings))
    }
}

/// The setting as it stands, or that it is left at its default.
fn stated(key: &str, value: Option<bool>, default: bool) -> String {
    match value {
        Some(value) => format!("{key}={value}"),
        None => format!("{key}={default} (default)"),
    }
}

fn with_path(complaints: Vec<Complaint>, summary: &str, settings: &DesktopSettings) -> Ruling {
    let path = wash(&settings.path, 200);
    let complaints = complaints
        .into_iter()
        .map(|complaint| {
            if path.is_empty() {
                complaint
            } else {
                complaint.path(path.clone())
            }
        })
        .collect();
    Ruling::found(complaints, summary)
}

#[cfg(test)]
mod tests;
