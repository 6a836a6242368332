//! The usual places of every provider's socket. Pure: what is on disk is an argument.
//!
//! Sources: docs.docker.com/desktop/setup/install/mac-permission-requirements (Docker Desktop),
//! docs.orbstack.dev, github.com/abiosoft/colima docs/FAQ.md, containers/podman#20650 and
//! lima-vm/lima templates/docker.yaml.

use std::path::{Path, PathBuf};

use super::endpoint::DEFAULT_SOCKET;
use crate::facts::docker::ProviderKind;
use crate::facts::host::OsKind;
use crate::surroundings::Surroundings;

/// One usual place of an engine's socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub path: PathBuf,
    pub provider: ProviderKind,
}

/// What was found on disk of providers that keep one folder for each instance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Instances {
    /// Folders of `~/.colima`.
    pub colima: Vec<String>,
    /// Folders of `~/.lima`.
    pub lima: Vec<String>,
    /// `*-api.sock` in `$TMPDIR/podman`, where Podman machines of version 5 listen.
    pub podman: Vec<PathBuf>,
}

/// Every place where an engine could listen on this platform, the default socket first.
pub fn places(surroundings: &Surroundings, os: OsKind, instances: &Instances) -> Vec<Place> {
    use ProviderKind::{
        Colima, DockerDesktop, Lima, LinuxEngine, Orbstack, Podman, RancherDesktop,
    };
    let home = &surroundings.home;
    let mut places = Vec::new();
    let mut add = |path: PathBuf, provider| places.push(Place { path, provider });
    match os {
        OsKind::Macos => {
            add(DEFAULT_SOCKET.into(), DockerDesktop);
            add(home.join(".docker/run/docker.sock"), DockerDesktop);
            add(home.join(".orbstack/run/docker.sock"), Orbstack);
        }
        OsKind::Linux => {
            add(DEFAULT_SOCKET.into(), LinuxEngine);
            add(runtime_dir(surroundings).join("docker.sock"), LinuxEngine);
            add(home.join(".docker/desktop/docker.sock"), DockerDesktop);
        }
    }
    // `default` is always a place; before 0.4 Colima had its only socket at the top.
    let mut profiles: Vec<&str> = instances.colima.iter().map(String::as_str).collect();
    if os == OsKind::Macos || !profiles.is_empty() {
        profiles.push("default");
    }
    profiles.sort_unstable();
    profiles.dedup();
    for profile in profiles.iter().filter(|name| !name.starts_with(['.', '_'])) {
        add(
            home.join(".colima").join(profile).join("docker.sock"),
            Colima,
        );
    }
    add(home.join(".rd/docker.sock"), RancherDesktop);
    match os {
        OsKind::Macos => {
            add(
                home.join(".local/share/containers/podman/machine/podman.sock"),
                Podman,
            );
        }
        OsKind::Linux => {
            add(runtime_dir(surroundings).join("podman/podman.sock"), Podman);
            add("/run/podman/podman.sock".into(), Podman);
        }
    }
    for socket in &instances.podman {
        add(socket.clone(), Podman);
    }
    for instance in instances
        .lima
        .iter()
        .filter(|name| !name.starts_with(['.', '_']))
    {
        add(
            home.join(".lima").join(instance).join("sock/docker.sock"),
            Lima,
        );
    }
    places
}

fn runtime_dir(surroundings: &Surroundings) -> PathBuf {
    surroundings.var("XDG_RUNTIME_DIR").map_or_else(
        || PathBuf::from(format!("/run/user/{}", surroundings.uid)),
        PathBuf::from,
    )
}

/// Whose socket a path is, by the folders it goes through.
pub fn owner_of(path: &Path) -> Option<ProviderKind> {
    let text = format!("{}/", path.display());
    let through = |part: &str| text.contains(part);
    Some(match () {
        () if through("/.docker/run/") || through("/.docker/desktop/") => {
            ProviderKind::DockerDesktop
        }
        () if through("/com.docker.docker/") => ProviderKind::DockerDesktop,
        () if through("/.orbstack/") => ProviderKind::Orbstack,
        () if through("/.colima/") || through("/colima/") => ProviderKind::Colima,
        () if through("/.rd/") => ProviderKind::RancherDesktop,
        () if through("/podman/") => ProviderKind::Podman,
        () if through("/.lima/") => ProviderKind::Lima,
        () => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn operator() -> Surroundings {
        Surroundings {
            home: "/Users/u".into(),
            uid: 501,
            ..Surroundings::default()
        }
    }

    #[test]
    fn every_provider_has_its_places() {
        let instances = Instances {
            colima: vec!["default".to_owned(), "work".to_owned(), "_lima".to_owned()],
            lima: vec!["docker".to_owned(), "_config".to_owned()],
            podman: vec!["/tmp/podman/m-api.sock".into()],
        };
        let has = |places: &[Place], path: &str, provider| {
            assert!(
                places
                    .iter()
                    .any(|p| p.path == Path::new(path) && p.provider == provider),
                "{path}"
            );
        };
        let mac = places(&operator(), OsKind::Macos, &instances);
        has(&mac, "/var/run/docker.sock", ProviderKind::DockerDesktop);
        has(
            &mac,
            "/Users/u/.docker/run/docker.sock",
            ProviderKind::DockerDesktop,
        );
        has(
            &mac,
            "/Users/u/.orbstack/run/docker.sock",
            ProviderKind::Orbstack,
        );
        has(
            &mac,
            "/Users/u/.colima/default/docker.sock",
            ProviderKind::Colima,
        );
        has(
            &mac,
            "/Users/u/.colima/work/docker.sock",
            ProviderKind::Colima,
        );
        has(
            &mac,
            "/Users/u/.rd/docker.sock",
            ProviderKind::RancherDesktop,
        );
        has(&mac, "/tmp/podman/m-api.sock", ProviderKind::Podman);
        has(
            &mac,
            "/Users/u/.lima/docker/sock/docker.sock",
            ProviderKind::Lima,
        );
        assert!(
            !mac.iter()
                .any(|p| p.path.display().to_string().contains("/_"))
        );
        let linux = places(&operator(), OsKind::Linux, &Instances::default());
        has(
            &linux,
            "/run/user/501/docker.sock",
            ProviderKind::LinuxEngine,
        );
        has(
            &linux,
            "/run/user/501/podman/podman.sock",
            ProviderKind::Podman,
        );
    }

    #[test]
    fn a_socket_belongs_to_the_folders_it_lies_in() {
        let rows = [
            (
                "/Users/u/.orbstack/run/docker.sock",
                Some(ProviderKind::Orbstack),
            ),
            (
                "/Users/u/.docker/run/docker.sock",
                Some(ProviderKind::DockerDesktop),
            ),
            (
                "/Users/u/.colima/default/docker.sock",
                Some(ProviderKind::Colima),
            ),
            (
                "/Users/u/.local/share/containers/podman/machine/podman.sock",
                Some(ProviderKind::Podman),
            ),
            ("/run/docker.sock", None),
        ];
        for (path, provider) in rows {
            assert_eq!(owner_of(Path::new(path)), provider, "{path}");
        }
    }
}
