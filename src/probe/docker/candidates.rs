//! Every place where an engine could listen, each tried with one `connect`.

use std::path::{Path, PathBuf};

use futures_util::future::join_all;

use super::files;
use crate::deadline::Deadline;
use crate::engine::address::{Address, address};
use crate::engine::places::{self, Instances, Place};
use crate::engine::reach;
use crate::facts::docker::{Candidate, Endpoint, ProviderKind, Reach};
use crate::probe::blocking::blocking;
use crate::surroundings::Surroundings;
use crate::text::wash;

/// What there is on disk of providers with several instances.
pub fn instances(surroundings: &Surroundings) -> Instances {
    let home = &surroundings.home;
    let folders = |parent: PathBuf, socket: &str| -> Vec<String> {
        files::entries(&parent)
            .into_iter()
            .filter(|name| parent.join(name).join(socket).symlink_metadata().is_ok())
            .collect()
    };
    let podman = surroundings
        .var("TMPDIR")
        .map(|folder| Path::new(folder).join("podman"));
    Instances {
        colima: folders(home.join(".colima"), "docker.sock"),
        lima: folders(home.join(".lima"), "sock/docker.sock"),
        podman: podman.map_or_else(Vec::new, |folder| {
            files::entries(&folder)
                .into_iter()
                .filter(|name| name.ends_with("-api.sock"))
                .map(|name| folder.join(name))
                .collect()
        }),
    }
}

/// Tries all places at the same time; the endpoint in force is always among them.
pub async fn look(places: Vec<Place>, in_force: Option<&Endpoint>, d: Deadline) -> Vec<Candidate> {
    let address = in_force.and_then(|endpoint| address(&endpoint.url).ok());
    let path_in_force = match &address {
        Some(Address::Unix(path)) => Some(path.clone()),
        Some(Address::Tcp(_)) | None => None,
    };
    let mut places = places;
    let mut remote = None;
    match (in_force, &path_in_force) {
        (Some(_), Some(path)) if !places.iter().any(|place| place.path == *path) => {
            places.insert(
                0,
                Place {
                    path: path.clone(),
                    provider: ProviderKind::Unrecognised,
                },
            );
        }
        (Some(endpoint), None) => {
            remote = Some(Candidate {
                at: wash(&endpoint.url, 300),
                provider: ProviderKind::Unrecognised,
                in_force: true,
                resolves_to: None,
                reach: Reach::NotTried,
                owner: None,
            });
        }
        _ => {}
    }
    let tried = places.into_iter().map(|place| {
        let in_force = path_in_force.as_deref() == Some(place.path.as_path());
        candidate(place, in_force, d)
    });
    let mut found: Vec<Candidate> = remote.into_iter().collect();
    found.extend(join_all(tried).await);
    found
}

async fn candidate(place: Place, in_force: bool, d: Deadline) -> Candidate {
    let path = place.path.clone();
    let looked = blocking(d, move || (files::leads_to(&path), files::owner(&path)));
    let (looked, reach) = tokio::join!(looked, reach(&place.path, d));
    // A look that failed costs the owner and the link alone: `reach` says what matters.
    let (resolves_to, owner) = looked.unwrap_or_default();
    let owned_by = resolves_to
        .as_deref()
        .and_then(|target| places::owner_of(Path::new(target)))
        .or_else(|| places::owner_of(&place.path));
    Candidate {
        at: files::shown(&place.path),
        provider: owned_by.unwrap_or(place.provider),
        in_force,
        resolves_to,
        reach,
        owner,
    }
}
