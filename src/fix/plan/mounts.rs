//! Folders and volumes that the sandbox's user cannot write: whose ownership is real decides what
//! mends them.

use super::{Answer, Findings, Node, Risk, by_hand, repair};
use crate::checklist::report::Finding;
use crate::facts::docker::ProviderKind;
use crate::facts::sandbox::{Access, Inside, MountProbe, MountRole};
use crate::fix::owner::guard;
use crate::fix::step::{OwnTree, OwnVolume, Rights, Step};

pub fn plan(node: Node<'_>, id: &str, findings: &Findings<'_>) -> Answer {
    let mut answer = Answer::default();
    for finding in findings {
        answer.extend(one(node, id, finding));
    }
    answer
}

fn one(node: Node<'_>, id: &str, finding: &Finding) -> Answer {
    let rights = matches!(
        finding.error_code.as_str(),
        "mount-not-writable"
            | "mount-not-readable"
            | "workspace-not-writable"
            | "workspace-not-readable"
    );
    if finding.error_code.ends_with("-refused-by-selinux") {
        let why = "what SELinux lets sandboxes use is the operator's to say";
        return by_hand(id, &[finding], why);
    }
    if !rights {
        return by_hand(
            id,
            &[finding],
            "the mount itself is at fault, not the rights in it",
        );
    }
    let insides = node.facts.inside.get().ok().into_iter().flatten();
    let mount = insides
        .flat_map(|inside| inside.mounts.iter().map(move |mount| (inside, mount)))
        .find(|(_, mount)| {
            Some(&mount.target) == finding.target.as_ref()
                && Some(&mount.source) == finding.path.as_ref()
        });
    let Some((inside, mount)) = mount else {
        return by_hand(id, &[finding], "it is not known which mount this is about");
    };
    if mount.role == MountRole::Workspace && !is_an_agents(node, &mount.source) {
        // The folder that was tried was made for it and is gone; OpenClaw's own are made alike.
        let why = "a workspace that OpenClaw makes would belong to another user than its sandbox: see docker.user in its config";
        return by_hand(id, &[finding], why);
    }
    let Ok(ids) = inside.ids.get() else {
        return by_hand(id, &[finding], "it is not known as whom the sandbox runs");
    };
    if ids.uid == 0 {
        return by_hand(
            id,
            &[finding],
            "the sandbox runs as root, so that owners are not what stops it",
        );
    }
    if mount.source.starts_with('/') {
        folder(node, id, finding, mount, (ids.uid, ids.gid))
    } else {
        volume(id, finding, inside, mount, (ids.uid, ids.gid))
    }
}

fn is_an_agents(node: Node<'_>, folder: &str) -> bool {
    let mut agents = node.facts.openclaw.agents.get().ok().into_iter().flatten();
    agents.any(|agent| agent.sandbox.agent_workspace == folder)
}

/// A named volume lives in the engine, where owners are real on every system.
fn volume(
    id: &str,
    finding: &Finding,
    inside: &Inside,
    mount: &MountProbe,
    (uid, gid): (u32, u32),
) -> Answer {
    let name = &mount.source;
    let users = mount.used_by.as_deref();
    let title = format!("give the volume {name} to the sandbox's user {uid}:{gid}");
    // Nobody's work is under way in a volume that no container mounts.
    let (risk, cost) = match users {
        Some([]) => (
            Risk::Safe,
            "no container mounts the volume; the former owners are kept in a list".to_owned(),
        ),
        Some(users) => (
            Risk::Data,
            format!(
                "the volume is mounted by {}: whoever relies on the former owners there is cut off",
                users.join(", ")
            ),
        ),
        None => (
            Risk::Data,
            "whether a container mounts the volume is not known".to_owned(),
        ),
    };
    Answer::repair(
        repair(id, &[finding], title, risk)
            .about(name)
            .cost(cost)
            .undo("every file has its former owner and mode again, from the list")
            .step(Step::OwnVolume(OwnVolume {
                volume: name.clone(),
                uid,
                gid,
                image: inside.image.clone(),
            })),
    )
}

/// A folder of this machine. Behind Docker Desktop and OrbStack a bind mount shows each reader
/// itself as the owner, so that only the mode counts and a chown would take the folder away from
/// the user who runs the engine.
fn folder(
    node: Node<'_>,
    id: &str,
    finding: &Finding,
    mount: &MountProbe,
    (uid, gid): (u32, u32),
) -> Answer {
    let kind = node.facts.docker.provider.get().map(|p| p.kind).ok();
    let (wish, title) = match kind {
        Some(ProviderKind::LinuxEngine) => (
            Rights::Owner { uid, gid },
            format!("give {} to the sandbox's user {uid}:{gid}", mount.source),
        ),
        Some(ProviderKind::DockerDesktop | ProviderKind::Orbstack) => (
            Rights::OwnerMayWrite {
                uid: node.operator.uid,
            },
            format!(
                "let the owner of {} write to all of it (u+rwX)",
                mount.source
            ),
        ),
        Some(
            ProviderKind::Colima
            | ProviderKind::RancherDesktop
            | ProviderKind::Podman
            | ProviderKind::Lima
            | ProviderKind::Unrecognised,
        )
        | None => {
            let why =
                "how this engine shares folders decides whose rights count, and that is not known";
            return by_hand(id, &[finding], why);
        }
    };
    if mount.expected == Access::Read && matches!(wish, Rights::Owner { .. }) {
        let why = "it is mounted to be read only: whether its owner may change is for a person";
        return by_hand(id, &[finding], why);
    }
    let within = within(node);
    let rules = super::rules(node.operator, &within);
    if let Some(refusal) = guard::refuse(std::path::Path::new(&mount.source), &rules) {
        return by_hand(id, &[finding], &refusal.to_string());
    }
    let mut change = repair(id, &[finding], title, Risk::Data)
        .about(&mount.source)
        .cost("whoever relies on the former rights there is cut off; symbolic links are not followed, other file systems and hard links are left out")
        .undo("every file has its former owner and mode again, from the list");
    if matches!(wish, Rights::Owner { .. }) {
        // Only root may give files away.
        change = change.needs_root(node);
    }
    Answer::repair(change.step(Step::OwnTree(OwnTree {
        root: mount.source.clone(),
        wish,
        within,
    })))
}

/// The folders in which rights may be changed at all: configured workspaces and binds.
pub fn within(node: Node<'_>) -> Vec<String> {
    let agents = node.facts.openclaw.agents.get().ok().into_iter().flatten();
    let mut folders: Vec<String> = Vec::new();
    for agent in agents {
        let sandbox = &agent.sandbox;
        let binds = sandbox.docker.binds.iter().map(|bind| &bind.source);
        for folder in [&sandbox.workspace_root, &sandbox.agent_workspace]
            .into_iter()
            .chain(binds)
        {
            if folder.starts_with('/') && !folders.contains(folder) {
                folders.push(folder.clone());
            }
        }
    }
    // The probe's own folders lie in our state folder, and are nobody's workspace.
    let ours = node.operator.state_dir();
    let insides = node.facts.inside.get().ok().into_iter().flatten();
    for mount in insides.flat_map(|inside| &inside.mounts) {
        let is_ours = std::path::Path::new(&mount.source).starts_with(&ours);
        if mount.source.starts_with('/') && !is_ours && !folders.contains(&mount.source) {
            folders.push(mount.source.clone());
        }
    }
    folders
}
