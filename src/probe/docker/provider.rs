//! Whose engine it is, told from what the engine says of itself. Pure.

use crate::facts::docker::{Info, Provider, ProviderKind, Version};
use crate::facts::host::OsKind;

/// What is known of the machine that asks.
#[derive(Clone, Copy)]
pub struct Here<'a> {
    pub os: OsKind,
    /// The running kernel's release.
    pub kernel: &'a str,
    /// URL of the endpoint.
    pub endpoint: &'a str,
}

/// The provider, and which answer told it.
///
/// Docker Desktop writes its version into `Platform.Name` of `/version`
/// (`Docker Desktop 4.64.0 (221278)`); OrbStack, Colima, Rancher Desktop and Lima name their
/// machines, and Podman its component. A dockerd of a distribution leaves `Platform.Name` empty
/// (moby dockerversion/version_lib.go).
pub fn tell(
    version: Option<&Version>,
    info: Option<&Info>,
    here: Here<'_>,
) -> (Provider, &'static str) {
    let platform = version
        .and_then(|v| v.platform_name.as_deref())
        .unwrap_or_default();
    let name = info.map(|i| i.name.as_str()).unwrap_or_default();
    let system = info
        .map(|i| i.operating_system.as_str())
        .unwrap_or_default();
    let kernel = info.map(|i| i.kernel.as_str()).unwrap_or_default();
    let bare = |kind| Provider {
        kind,
        version: None,
        build: None,
    };

    if let Some(rest) = platform.strip_prefix("Docker Desktop") {
        return (desktop(rest), "/version Platform.Name");
    }
    if let Some(found) = version.filter(|v| v.components.iter().any(|c| c == "Podman Engine")) {
        let provider = Provider {
            version: Some(found.engine.clone()),
            ..bare(ProviderKind::Podman)
        };
        return (provider, "/version Components");
    }
    let kind = if system == "Docker Desktop" || name == "docker-desktop" {
        ProviderKind::DockerDesktop
    } else if system == "OrbStack" || name == "orbstack" || kernel.contains("orbstack") {
        ProviderKind::Orbstack
    } else if name == "colima" || name.starts_with("colima-") {
        ProviderKind::Colima
    } else if name == "lima-rancher-desktop" {
        ProviderKind::RancherDesktop
    } else if name.starts_with("lima-") {
        ProviderKind::Lima
    } else if runs_here(kernel, here) {
        ProviderKind::LinuxEngine
    } else {
        ProviderKind::Unrecognised
    };
    (bare(kind), "/info Name, OperatingSystem, KernelVersion")
}

/// An engine behind a local socket that runs on our kernel is on this machine and in no VM.
fn runs_here(kernel: &str, here: Here<'_>) -> bool {
    here.os == OsKind::Linux
        && here.endpoint.starts_with("unix://")
        && !kernel.is_empty()
        && kernel == here.kernel
}

/// ` 4.90.0 (238679)`, ` 4.90.0` or nothing.
fn desktop(rest: &str) -> Provider {
    let mut words = rest.split_whitespace();
    let version = words
        .next()
        .filter(|word| word.starts_with(|c: char| c.is_ascii_digit()))
        .map(str::to_owned);
    let build = words
        .next()
        .and_then(|word| word.strip_prefix('('))
        .and_then(|word| word.strip_suffix(')'))
        .map(str::to_owned);
    Provider {
        kind: ProviderKind::DockerDesktop,
        version,
        build,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(platform: &str, components: &[&str]) -> Version {
        Version {
            engine: "29.7.2".to_owned(),
            api: "1.55".to_owned(),
            min_api: None,
            os: "linux".to_owned(),
            arch: "arm64".to_owned(),
            platform_name: Some(platform.to_owned()).filter(|name| !name.is_empty()),
            components: components.iter().map(|&name| name.to_owned()).collect(),
        }
    }

    fn info(name: &str, system: &str, kernel: &str) -> Info {
        serde_json::from_value(serde_json::json!({
            "name": name, "operating_system": system, "kernel": kernel, "memory": 1, "cpus": 1
        }))
        .expect("the fields without a default are given")
    }

    const MAC: Here<'_> = Here {
        os: OsKind::Macos,
        kernel: "25.1.0",
        endpoint: "unix:///var/run/docker.sock",
    };
    const LINUX: Here<'_> = Here {
        os: OsKind::Linux,
        kernel: "6.1.0",
        endpoint: "unix:///var/run/docker.sock",
    };

    #[test]
    fn each_provider_is_told_from_its_own_words() {
        let rows = [
            (
                "",
                "orbstack",
                "OrbStack",
                "6.12-orbstack-1",
                MAC,
                ProviderKind::Orbstack,
            ),
            (
                "",
                "colima",
                "Ubuntu 24.04 LTS",
                "6.8",
                MAC,
                ProviderKind::Colima,
            ),
            (
                "Docker Engine - Community",
                "colima-x",
                "Ubuntu",
                "6.8",
                MAC,
                ProviderKind::Colima,
            ),
            (
                "",
                "lima-rancher-desktop",
                "Alpine",
                "6.6",
                MAC,
                ProviderKind::RancherDesktop,
            ),
            ("", "lima-docker", "Ubuntu", "6.8", MAC, ProviderKind::Lima),
            (
                "",
                "docker-desktop",
                "Docker Desktop",
                "6.10-linuxkit",
                MAC,
                ProviderKind::DockerDesktop,
            ),
            (
                "Docker Engine - Community",
                "node",
                "Debian",
                "6.1.0",
                LINUX,
                ProviderKind::LinuxEngine,
            ),
            (
                "",
                "vm",
                "Debian",
                "6.1.0",
                LINUX,
                ProviderKind::LinuxEngine,
            ),
            ("", "vm", "Debian", "5.0", LINUX, ProviderKind::Unrecognised),
            ("", "vm", "Debian", "", LINUX, ProviderKind::Unrecognised),
            (
                "",
                "vm",
                "Debian",
                "6.1.0",
                Here {
                    endpoint: "tcp://h:1",
                    ..LINUX
                },
                ProviderKind::Unrecognised,
            ),
            ("", "vm", "Debian", "6.1.0", MAC, ProviderKind::Unrecognised),
        ];
        for (platform, name, system, kernel, here, expected) in rows {
            let (told, _) = tell(
                Some(&version(platform, &["Engine"])),
                Some(&info(name, system, kernel)),
                here,
            );
            assert_eq!(told.kind, expected, "{platform} {name} {system} {kernel}");
        }
        let podman = version("linux/arm64/fedora", &["Podman Engine", "Conmon"]);
        assert_eq!(tell(Some(&podman), None, MAC).0.kind, ProviderKind::Podman);
    }

    #[test]
    fn the_version_of_docker_desktop_is_read_from_the_platform_name() {
        let rows = [
            (
                "Docker Desktop 4.90.0 (238679)",
                Some("4.90.0"),
                Some("238679"),
            ),
            ("Docker Desktop 4.27.1", Some("4.27.1"), None),
            ("Docker Desktop", None, None),
            ("Docker Desktop  (x", None, None),
        ];
        for (platform, number, build) in rows {
            let (told, _) = tell(Some(&version(platform, &[])), None, MAC);
            assert_eq!(told.kind, ProviderKind::DockerDesktop, "{platform}");
            assert_eq!(told.version.as_deref(), number, "{platform}");
            assert_eq!(told.build.as_deref(), build, "{platform}");
        }
    }
}
