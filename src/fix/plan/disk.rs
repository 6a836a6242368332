//! Space: what takes it, by class, each with its command and what is to be gained. Only workspaces
//! of sandboxes that are gone are a step: all else may be wanted by somebody that nobody here
//! knows.

use std::path::Path;

use super::{Answer, Findings, Node, Risk, advise, docker, repair};
use crate::facts::docker::{ProviderKind, Usage};
use crate::facts::openclaw::Workspace;
use crate::fix::step::{RemoveFolder, Step};
use crate::units::Size;

/// Seconds for which nothing in a workspace was changed. OpenClaw takes containers away after 7
/// days at the latest, and a session that comes back after that finds its files again.
const LONG_IDLE: u64 = 30 * 24 * 3600;
/// At the end of a workspace's name stand this many hex digits of a hash.
const HASH: usize = 32;

pub fn disk(node: Node<'_>, id: &str, findings: &Findings<'_>) -> Answer {
    let mut lines = engine_lines(node);
    let mut answer = Answer::default();
    if id == "host/disk" {
        lines.extend(host_lines(node));
        let orphans = orphans(node);
        if !orphans.is_empty() {
            answer.extend(Answer::repair(remove(id, findings, &orphans)));
        }
    }
    if lines.is_empty() {
        lines.push("see who uses it: docker system df -v".to_owned());
    }
    lines.push(format!("more: clawdoctor explain {id}"));
    let why = "what may go is for a person to say";
    answer.extend(advise(id, findings, why, lines));
    answer
}

fn engine_lines(node: Node<'_>) -> Vec<String> {
    let facts = &node.facts.docker;
    let usage: Usage = facts.usage.get().cloned().unwrap_or_default();
    let mut lines = Vec::new();
    let mut tell = |bytes: Option<u64>, what: &str, command: &str| {
        // Less than that is not worth anybody's time.
        if let Some(bytes) = bytes.filter(|bytes| *bytes >= 10 << 20) {
            lines.push(format!("{what}: up to {}: {command}", Size(bytes)));
        }
    };
    tell(
        usage.build_cache_reclaimable,
        "build cache that nothing uses (builds take longer afterwards)",
        "docker builder prune",
    );
    tell(
        usage.dangling_images,
        "images without a name and a container",
        "docker image prune",
    );
    tell(
        usage.images_reclaimable,
        "images that no container uses, sandbox images among them: look, then remove by name",
        "docker image ls; docker image rm IMAGE",
    );
    tell(
        usage.containers,
        "what containers wrote beside their volumes",
        "docker ps -a --size; openclaw sandbox recreate --agent ID",
    );
    tell(
        usage.volumes,
        "volumes, which hold what somebody keeps",
        "docker system df -v; docker volume rm NAME",
    );
    lines.extend(logs(node));
    if let Ok(image) = facts.disk_image.get() {
        lines.push(format!(
            "{} is taken by the disk of Docker Desktop's VM: du -sh '{}'. It shrinks after images and volumes are gone: docker run --rm --privileged --pid=host docker/desktop-reclaim-space. Never lower its limit: that deletes all of them",
            Size(image.bytes),
            image.path
        ));
    }
    lines
}

/// `json-file` keeps all that a container ever printed unless it is told otherwise
/// (docs.docker.com/engine/logging/drivers/json-file).
fn logs(node: Node<'_>) -> Option<String> {
    let config = node.facts.docker.daemon_config.get();
    let bounded = match &config {
        Ok(config) => config.logs_bounded,
        Err(why) => why.kind != crate::facts::WhyKind::Absent,
    };
    if bounded {
        return None;
    }
    let kind = node.facts.docker.provider.get().map(|p| p.kind);
    let look = match kind {
        Ok(ProviderKind::LinuxEngine) => "sudo du -sh /var/lib/docker/containers; then ",
        _ => "",
    };
    Some(format!(
        "logs of containers grow without bound: {look}set \"log-opts\": {{\"max-size\": \"10m\"}} in the engine's daemon.json (containers that are made from then on)"
    ))
}

fn host_lines(node: Node<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    if let Ok(workspaces) = node.facts.openclaw.workspaces.get() {
        let bytes = workspaces.iter().filter_map(|one| one.bytes).sum();
        if bytes > 0 {
            lines.push(format!(
                "workspaces of sandboxes, those in use among them: {}: openclaw sandbox list, then look at what is left",
                Size(bytes)
            ));
        }
    }
    if !docker::is_linux(node) {
        lines.push("snapshots that hold back what was removed (the gain is not known before): tmutil listlocalsnapshots /, then: tmutil thinlocalsnapshots / 20000000000 1".to_owned());
    }
    lines
}

/// Workspaces that no standing sandbox mounts or is named after, that no agent's settings point
/// into, and that nobody touched for long. Without an account of all of that, none.
fn orphans(node: Node<'_>) -> Vec<Workspace> {
    let claw = &node.facts.openclaw;
    let (Ok(standing), Ok(agents), Ok(workspaces)) = (
        node.facts.standing.get(),
        claw.agents.get(),
        claw.workspaces.get(),
    ) else {
        return Vec::new();
    };
    let mut named: Vec<&str> = Vec::new();
    for agent in agents {
        named.push(&agent.sandbox.agent_workspace);
        named.extend(
            agent
                .sandbox
                .docker
                .binds
                .iter()
                .map(|bind| bind.source.as_str()),
        );
        let resolved = agent.sandbox.docker.binds.iter();
        named.extend(resolved.filter_map(|bind| bind.resolved.as_deref()));
    }
    for sandbox in standing {
        named.extend(sandbox.mounts.iter().map(|mount| mount.source.as_str()));
    }
    named.retain(|path| path.starts_with('/'));
    let mut orphans: Vec<Workspace> = Vec::new();
    for workspace in workspaces {
        let Some(hash) = hash(workspace) else {
            continue;
        };
        let path = Path::new(&workspace.path);
        let touches = |other: &&str| {
            let other = Path::new(other);
            other.starts_with(path) || path.starts_with(other)
        };
        let is_idle = workspace.idle_seconds.is_some_and(|idle| idle >= LONG_IDLE);
        let is_worn = standing.iter().any(|sandbox| sandbox.name.contains(hash));
        if is_idle && workspace.bytes.is_some() && !is_worn && !named.iter().any(touches) {
            orphans.push(workspace.clone());
        }
    }
    orphans
}

/// `workspace-` and the hash that OpenClaw names a workspace and its sandbox after, right below
/// its root.
fn hash(workspace: &Workspace) -> Option<&str> {
    let path = Path::new(&workspace.path);
    let name = workspace.path.rsplit('/').next()?;
    let hash = name.strip_prefix("workspace-")?;
    let good = hash.len() == HASH && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    (good && path.parent() == Some(Path::new(&workspace.root))).then_some(hash)
}

fn remove(id: &str, findings: &Findings<'_>, orphans: &[Workspace]) -> crate::fix::repair::Repair {
    let bytes: u64 = orphans.iter().filter_map(|one| one.bytes).sum();
    let title = format!(
        "remove {} workspace(s) that no sandbox uses any more ({})",
        orphans.len(),
        Size(bytes)
    );
    let mut change = repair(id, findings, title, Risk::Data)
        .about("workspaces")
        .cost("the files in them are gone for good; a session of so long ago would begin with an empty workspace")
        .named();
    for orphan in orphans {
        change = change.step(Step::RemoveFolder(RemoveFolder {
            path: orphan.path.clone(),
            parent: orphan.root.clone(),
            bytes: orphan.bytes.unwrap_or(0),
        }));
    }
    change
}
