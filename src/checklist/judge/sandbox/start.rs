//! Whether a sandbox made as OpenClaw makes it starts, and whether it can write its workspace.

#![expect(
    clippy::unused_self,
    reason = "judges have one shape, and some have no parameters"
)]

use serde::Deserialize;

use super::trouble::{Trouble, trouble};
use crate::checklist::judge::agents::{
    did_not_start, probed, sentence, started, who, with_sandboxed,
};
use crate::checklist::judge::volume::{mount_complaint, worst_doubt};
use crate::checklist::verdict::{Complaint, Ruling};
use crate::facts::openclaw::Agent;
use crate::facts::sandbox::{Inside, MountRole, Started};
use crate::facts::{Facts, Why};
use crate::units::Span;

#[derive(Clone, Debug, PartialEq, Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Start {
    pub slow: Span,
}

impl Start {
    pub(in super::super) fn rule(&self, facts: &Facts) -> Result<Ruling, Why> {
        with_sandboxed(facts, |agents| {
            let probed = probed(facts, agents)?;
            let mut complaints = Vec::new();
            let mut blocked = Vec::new();
            let mut unclear = None;
            let mut slowest = None;
            for inside in &probed {
                match inside.start.get() {
                    Ok(times) => {
                        let took = milliseconds(times);
                        slowest = slowest.max(Some(took));
                        complaints.extend(self.too_slow(inside, took));
                    }
                    Err(why) if did_not_start(why.kind) => match elsewhere(facts, inside, &why) {
                        Some(id) => blocked.push(id),
                        None => complaints.push(failed(inside, &why)),
                    },
                    Err(why) => unclear = Some(why),
                }
            }
            if complaints.is_empty() {
                if let Some(why) = unclear {
                    return Err(why);
                }
                if !blocked.is_empty() {
                    blocked.sort_unstable();
                    blocked.dedup();
                    return Ok(Ruling::blocked(&blocked));
                }
            }
            let starts: Vec<_> = probed.iter().map(|inside| &inside.start).collect();
            let slowest = slowest.unwrap_or(0);
            Ok(
                Ruling::found(complaints, format!("started in {slowest} ms"))
                    .observed(slowest)
                    .unit("milliseconds")
                    .evidence("/inside", starts),
            )
        })
    }

    fn too_slow(&self, inside: &Inside, took: u64) -> Option<Complaint> {
        if u128::from(took) <= self.slow.0.as_millis() {
            return None;
        }
        let message = format!(
            "a sandbox of {} took {}.{} s to start",
            who(&inside.agents),
            took / 1000,
            took % 1000 / 100
        );
        Some(
            Complaint::warn("sandbox-start-slow", message)
                .target(inside.agents.join(", "))
                .requirement(format!("start<={}", self.slow))
                .hint("look at the load of the node, and at docker/disk and docker/resource-saver"),
        )
    }
}

/// From the create call to the first line from inside.
fn milliseconds(times: &Started) -> u64 {
    let ready = times.start_milliseconds.max(times.ready_milliseconds);
    times.create_milliseconds.saturating_add(ready)
}

/// The check that tells this cause, when there is one that fails for it.
fn elsewhere(facts: &Facts, inside: &Inside, why: &Why) -> Option<&'static str> {
    let images = facts.images.get().ok().into_iter().flatten();
    let image = images
        .filter(|image| image.reference == inside.image)
        .find_map(|image| image.local.get().ok());
    let entrypoint = image.map_or(&[][..], |image| &image.entrypoint);
    let agents = facts.openclaw.agents.get().ok().into_iter().flatten();
    let mut ours = agents.filter(|a| a.is_sandboxed() && inside.agents.contains(&a.id));
    match trouble(inside, why, entrypoint) {
        Trouble::NoShell | Trouble::Entrypoint => Some("image/tools"),
        Trouble::TooLittleMemory => ours
            .any(|a| a.sandbox.docker.memory.is_some_and(|m| m < 6 << 20))
            .then_some("openclaw/limits"),
        Trouble::Mount => ours
            .any(|a| {
                a.sandbox
                    .docker
                    .binds
                    .iter()
                    .any(|bind| bind.exists == Some(false))
            })
            .then_some("volume/bind-source"),
        // image/platform has compared what can be compared; this one passed there.
        Trouble::ForeignPlatform | Trouble::Other => None,
    }
}

fn failed(inside: &Inside, why: &Why) -> Complaint {
    let message = format!(
        "a sandbox of {} (image {}) does not start: {}",
        who(&inside.agents),
        inside.image,
        why.detail
    );
    Complaint::fail("sandbox-start-failed", message)
        .target(inside.agents.join(", "))
        .path(&inside.image)
        .hint("see what the message means: clawdoctor explain 'MESSAGE'")
}

/// The workspace is OpenClaw's own mount, so its troubles have names of their own.
fn of_workspace(mut complaint: Complaint) -> Complaint {
    complaint.code = match complaint.code {
        "mount-not-writable" => "workspace-not-writable",
        "mount-not-readable" => "workspace-not-readable",
        "mount-read-only" => "workspace-read-only",
        "mount-refused-by-selinux" => "workspace-refused-by-selinux",
        "mount-full" => "workspace-full",
        "mount-source-missing" => "workspace-missing",
        "mount-too-open" => "workspace-too-open",
        other => other,
    };
    complaint
}

/// Without a user in the settings a sandbox runs as the owner of its workspace, and can write it.
fn of_user(complaint: Complaint, agents: &[&Agent], inside: &Inside) -> Complaint {
    let mut ours = agents
        .iter()
        .filter(|agent| inside.agents.contains(&agent.id));
    let is_set = ours.any(|agent| agent.sandbox.docker.user.is_some());
    let of_rights = ["workspace-not-writable", "workspace-not-readable"];
    if !is_set || !of_rights.contains(&complaint.code) {
        return complaint;
    }
    complaint.hint(
        "let sandboxes run as the owner of their workspaces: openclaw config unset agents.defaults.sandbox.docker.user",
    )
}

#[derive(Clone, Debug, PartialEq, Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Write {}

impl Write {
    pub(in super::super) fn rule(&self, facts: &Facts) -> Result<Ruling, Why> {
        with_sandboxed(facts, |agents| {
            let insides = match started(facts, agents) {
                Ok(insides) => insides,
                Err(nothing) => return nothing.ruling(),
            };
            let mut complaints = Vec::new();
            let mut unclear = Vec::new();
            let mut seen = Vec::new();
            for inside in insides {
                let ours = inside.mounts.iter();
                for mount in ours.filter(|mount| mount.role == MountRole::Workspace) {
                    seen.push(mount);
                    match mount_complaint(facts, inside, mount) {
                        Ok(found) => {
                            let found = found.map(of_workspace);
                            complaints.extend(found.map(|found| of_user(found, agents, inside)));
                        }
                        Err(why) => unclear.push(why),
                    }
                }
            }
            if complaints.is_empty() {
                // Nothing to say of one mount does not hide a doubt about another.
                let seen_some = unclear.len() < seen.len();
                if let Some(why) = worst_doubt(unclear, seen_some) {
                    return Err(why);
                }
            }
            if seen.is_empty() {
                return Ok(Ruling::not_applicable("no workspace is mounted"));
            }
            let mut ways: Vec<String> = seen
                .iter()
                .map(|mount| match mount.expected {
                    crate::facts::sandbox::Access::Write => format!("{} writable", mount.target),
                    crate::facts::sandbox::Access::Read | crate::facts::sandbox::Access::None => {
                        format!("{} read-only on purpose", mount.target)
                    }
                })
                .collect();
            ways.sort();
            ways.dedup();
            Ok(Ruling::found(complaints, sentence(&ways.join(", "))).evidence("/inside", seen))
        })
    }
}
