//! Judges of the area `docker`: pure functions of the facts and of a check's parameters.
//!
//! `reach` judges the way to the engine, `engine` what answers there, `desktop` what is true of
//! Docker Desktop alone, `credentials` how pulls would log in.

mod credentials;
mod desktop;
mod engine;
mod reach;

pub use credentials::Credentials;
pub use desktop::{Autostart, DesktopVersion, ResourceSaver};
pub use engine::{Clock, Disk, EngineApi, Provider, VmCpus, VmMemory};
pub use reach::{Access, Endpoint, Running};

use crate::facts::docker::ProviderKind;
use crate::text::wash;

/// The product whose usual place this path is, where the path alone says it.
fn owner_of_path(path: &str) -> Option<ProviderKind> {
    [
        ("/.docker/run/", ProviderKind::DockerDesktop),
        ("/.docker/desktop/", ProviderKind::DockerDesktop),
        ("/.orbstack/", ProviderKind::Orbstack),
        ("/.colima/", ProviderKind::Colima),
        ("/.rd/", ProviderKind::RancherDesktop),
        ("/podman/", ProviderKind::Podman),
        ("/.lima/", ProviderKind::Lima),
    ]
    .into_iter()
    .find(|(part, _)| path.contains(part))
    .map(|(_, kind)| kind)
}

/// A local socket's path, or the URL.
fn place(url: &str) -> String {
    wash(url.strip_prefix("unix://").unwrap_or(url), 200)
}
