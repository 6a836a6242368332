//! What the engine is to show a registry: asked of the Docker CLI's own store, for a pull alone.
//! No part of it is kept or printed.

use std::time::Duration;

use docker_credential::{DockerCredential, get_credential_from_reader};

use crate::deadline::Deadline;
use crate::engine::{RegistryCredentials, endpoint};
use crate::probe::World;
use crate::probe::blocking::blocking;

/// A credential helper may wait for a keychain that nobody unlocks.
const PATIENCE: Duration = Duration::from_secs(10);
/// What the Docker CLI calls Docker Hub in its files.
const HUB: &str = "https://index.docker.io/v1/";

/// The credentials for the registry of a reference; none where there are none, or where they
/// cannot be had: the registry then says what it thinks of that.
pub async fn registry_login(
    world: &World,
    reference: &str,
    d: Deadline,
) -> Option<RegistryCredentials> {
    let file = endpoint::config_dir(&world.operator).join("config.json");
    let server = server(reference);
    let asked = server.clone();
    let found = blocking(d.at_most(PATIENCE), move || {
        let file = std::fs::File::open(file).ok()?;
        // Whatever is wrong with the store, docker/credentials tells it.
        get_credential_from_reader(file, &asked).ok()
    });
    Some(match found.await.ok()?? {
        DockerCredential::IdentityToken(token) => RegistryCredentials::Token { token, server },
        DockerCredential::UsernamePassword(username, password) => RegistryCredentials::Password {
            username,
            password,
            server,
        },
    })
}

/// The registry that a reference begins with: a first part with a dot, a port, or `localhost`.
fn server(reference: &str) -> String {
    match reference.split_once('/') {
        Some((first, _)) if first.contains(['.', ':']) || first == "localhost" => first.to_owned(),
        _ => HUB.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_without_a_registry_is_docker_hubs() {
        assert_eq!(server("debian:12"), HUB);
        assert_eq!(server("library/debian"), HUB);
        assert_eq!(server("ghcr.io/a/b:1"), "ghcr.io");
        assert_eq!(server("127.0.0.1:5055/a"), "127.0.0.1:5055");
    }
}
