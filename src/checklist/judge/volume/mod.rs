//! Judges of the area `volume`: pure functions of the facts and of a check's parameters.

#![expect(
    clippy::unused_self,
    reason = "judges have one shape, and some have no parameters"
)]

mod bind_source;
mod selinux;

pub use bind_source::{BindSource, is_socket, is_system};

use serde::Deserialize;

use super::agents::{started, who, with_sandboxed};
use crate::checklist::verdict::{Complaint, Ruling};
use crate::facts::docker::ProviderKind;
use crate::facts::sandbox::{Access, Inside, MountProbe, MountRole};
use crate::facts::{Facts, Why, WhyKind};

#[derive(Clone, Debug, PartialEq, Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Ownership {}

impl Ownership {
    pub(super) fn rule(&self, facts: &Facts) -> Result<Ruling, Why> {
        with_sandboxed(facts, |agents| {
            let insides = match started(facts, agents) {
                Ok(insides) => insides,
                Err(nothing) => return nothing.ruling(),
            };
            let mut complaints: Vec<Complaint> = Vec::new();
            let mut unclear = Vec::new();
            let mut told_elsewhere = false;
            let mut seen = Vec::new();
            for inside in insides {
                for mount in &inside.mounts {
                    // The workspace belongs to sandbox/write.
                    if mount.role == MountRole::Workspace {
                        continue;
                    }
                    seen.push(mount);
                    if refused_source(facts, inside, mount) {
                        told_elsewhere = true;
                        continue;
                    }
                    match mount_complaint(facts, inside, mount) {
                        Ok(Some(complaint)) if !is_told(&complaints, &complaint) => {
                            complaints.push(complaint);
                        }
                        Ok(_) => {}
                        Err(why) => unclear.push(why),
                    }
                }
            }
            if seen.is_empty() {
                return Ok(Ruling::not_applicable(
                    "nothing is mounted besides the workspace",
                ));
            }
            if complaints.is_empty() {
                let seen_some = unclear.len() < seen.len();
                if let Some(why) = worst_doubt(unclear, seen_some) {
                    return Err(why);
                }
                if told_elsewhere {
                    return Ok(Ruling::blocked(&["volume/bind-source"]));
                }
            }
            let summary = format!(
                "{} as configured",
                super::agents::counted(seen.len(), "mount")
            );
            Ok(Ruling::found(complaints, summary).evidence("/inside", seen))
        })
    }
}

/// What stays in doubt about several mounts. One that cannot be tried here (a path inside another
/// container, a source that OpenClaw refuses) says nothing when others were.
pub(super) fn worst_doubt(doubts: Vec<Why>, seen_some: bool) -> Option<Why> {
    let (nothing, real): (Vec<Why>, Vec<Why>) = doubts
        .into_iter()
        .partition(|why| why.kind == WhyKind::NotApplicable);
    let nothing = nothing.into_iter().next().filter(|_| !seen_some);
    real.into_iter().next().or(nothing)
}

fn is_told(complaints: &[Complaint], one: &Complaint) -> bool {
    complaints
        .iter()
        .any(|c| (c.code, &c.target, &c.path) == (one.code, &one.target, &one.path))
}

/// A source that is not there is told by volume/bind-source.
fn refused_source(facts: &Facts, inside: &Inside, mount: &MountProbe) -> bool {
    let agents = facts.openclaw.agents.get().ok().into_iter().flatten();
    mount.role == MountRole::Bind
        && agents
            .filter(|agent| agent.is_sandboxed() && inside.agents.contains(&agent.id))
            .flat_map(|agent| &agent.sandbox.docker.binds)
            .any(|bind| bind.source == mount.source && bind.exists == Some(false))
}

fn missing(inside: &Inside, mount: &MountProbe, why: &Why) -> Complaint {
    let message = format!(
        "{} is not there inside a sandbox of {} (source {}): {}",
        mount.target,
        who(&inside.agents),
        mount.source,
        why.detail
    );
    Complaint::fail("mount-source-missing", message)
        .target(&mount.target)
        .path(&mount.source)
        .hint(format!("create {}", mount.source))
}

fn too_open(mount: &MountProbe) -> Complaint {
    let message = format!(
        "{} is mounted with more access than configured (source {})",
        mount.target, mount.source
    );
    Complaint::warn("mount-too-open", message)
        .target(&mount.target)
        .path(&mount.source)
        .hint("make the sandboxes anew: openclaw sandbox recreate --all")
}

/// What is wrong with one mount, as it was found by writing and reading inside.
pub(super) fn mount_complaint(
    facts: &Facts,
    inside: &Inside,
    mount: &MountProbe,
) -> Result<Option<Complaint>, Why> {
    let found = match mount.found.get() {
        Ok(found) => *found,
        // OpenClaw makes its workspaces itself, at the first turn.
        Err(why) if why.kind == WhyKind::Absent && mount.role == MountRole::Workspace => {
            return Err(Why::new(WhyKind::NotApplicable, why.detail));
        }
        Err(why) if why.kind == WhyKind::Absent => return Ok(Some(missing(inside, mount, &why))),
        Err(why) => return Err(why),
    };
    let about = |code, what: &str| {
        let error = mount
            .error
            .as_deref()
            .map_or(String::new(), |e| format!(" ({e})"));
        let message = format!(
            "{what} {} inside a sandbox of {}{error}: source {}, {}",
            mount.target,
            who(&inside.agents),
            mount.source,
            ids(inside, mount)
        );
        Complaint::fail(code, message)
            .target(&mount.target)
            .path(&mount.source)
    };
    Ok(match (mount.expected, found) {
        (Access::Write, Access::Write)
        | (Access::Read, Access::Read)
        | (Access::None, Access::None) => None,
        (Access::Write | Access::Read, Access::Read | Access::None)
            if selinux::refuses(facts, inside, mount) =>
        {
            Some(by_selinux(
                mount,
                about("mount-refused-by-selinux", "SELinux refuses"),
            ))
        }
        (Access::Write, Access::Read | Access::None) => {
            Some(match mount.error.as_deref() {
                Some("EROFS") => about("mount-read-only", "read-only:")
                    .hint("take :ro from the bind, or mount the source's file system writable"),
                Some("ENOENT") => about("mount-source-missing", "nothing at")
                    .hint(format!("create {}", mount.source)),
                Some("ENOSPC" | "EDQUOT") => about("mount-full", "no space at")
                    .hint("make room: see docker/disk and host/disk"),
                _ => about("mount-not-writable", "cannot write")
                    .hint(writable_hint(facts, inside, mount)),
            })
        }
        (Access::Read, Access::None) => Some(
            about("mount-not-readable", "cannot read").hint(writable_hint(facts, inside, mount)),
        ),
        (Access::Read | Access::None, Access::Write) | (Access::None, Access::Read) => {
            Some(too_open(mount))
        }
    })
}

/// What has the engine label it: OpenClaw asks for that itself where a workspace is concerned.
fn by_selinux(mount: &MountProbe, mut complaint: Complaint) -> Complaint {
    let MountProbe { source, target, .. } = mount;
    complaint.message.push_str(
        ". Owner and mode would allow it, as far as they are seen, and SELinux is enforced on this host: it is the likely cause",
    );
    if mount.role == MountRole::Workspace {
        // It was mounted with z, as OpenClaw does it, and that was not enough.
        return complaint.hint(format!(
            "label it for sandboxes: sudo chcon -Rt container_file_t {source}"
        ));
    }
    let access = if mount.expected == Access::Read {
        "ro"
    } else {
        "rw"
    };
    complaint.hint(format!(
        "let the engine label it for sandboxes, in docker.binds: {source}:{target}:{access},z (or: sudo chcon -Rt container_file_t {source})"
    ))
}

/// `owner 0:0 755, sandbox runs as 1000:1000`
fn ids(inside: &Inside, mount: &MountProbe) -> String {
    let owner = mount.owner.as_deref().unwrap_or("unknown");
    let user = inside.ids.get().ok().map_or_else(
        || {
            inside
                .user
                .clone()
                .unwrap_or_else(|| "the image's user".to_owned())
        },
        |ids| format!("{}:{}", ids.uid, ids.gid),
    );
    format!("owner {owner}, the sandbox runs as {user}")
}

/// What mends the rights, which depends on whose ownership is real: behind Docker Desktop and
/// OrbStack a bind mount shows each reader itself as the owner, so a chown helps nobody.
fn writable_hint(facts: &Facts, inside: &Inside, mount: &MountProbe) -> String {
    let user = inside.ids.get().ok().map_or_else(
        || "UID:GID".to_owned(),
        |ids| format!("{}:{}", ids.uid, ids.gid),
    );
    let source = &mount.source;
    if !source.starts_with('/') {
        return format!(
            "run: docker run --rm --user 0 --network none --entrypoint chown -v {source}:/v {} -R {user} /v",
            inside.image
        );
    }
    match facts.docker.provider.get().map(|provider| provider.kind) {
        Ok(ProviderKind::DockerDesktop | ProviderKind::Orbstack) => {
            format!("run, as the user who runs the engine: chmod -R u+rwX {source}")
        }
        Ok(ProviderKind::LinuxEngine) => format!("run: sudo chown -R {user} {source}"),
        Ok(
            ProviderKind::Colima
            | ProviderKind::RancherDesktop
            | ProviderKind::Podman
            | ProviderKind::Lima
            | ProviderKind::Unrecognised,
        )
        | Err(_) => format!("let the sandbox's user ({user}) write to {source}"),
    }
}
