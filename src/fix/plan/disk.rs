//! Space: what takes it, by class, each with its command and what is to be gained. Only workspaces
//! of sandboxes that are gone are a step: all else may be wanted by somebody that nobody here
//! knows.

use super::{Answer, Findings, Node, Risk, advise, by_hand, docker, repair};
use crate::facts::docker::{ProviderKind, Usage};
use crate::facts::leftovers::leftovers;
use crate::facts::openclaw::Workspace;
use crate::fix::step::{RemoveFolder, Step};
use crate::units::Size;

pub fn disk(node: Node<'_>, id: &str, findings: &Findings<'_>) -> Answer {
    let mut lines = engine_lines(node);
    let mut answer = Answer::default();
    if id == "host/disk" {
        lines.extend(host_lines(node));
        // Without an account of all that could use them, none.
        let left = leftovers(node.facts).unwrap_or_default();
        if !left.is_empty() {
            answer.extend(Answer::repair(remove(id, findings, &left)));
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

/// What sandboxes that are gone have left, and nothing else.
pub fn of_the_gone(node: Node<'_>, findings: &Findings<'_>) -> Answer {
    let id = "sandbox/leftovers";
    match leftovers(node.facts) {
        Ok(left) if !left.is_empty() => Answer::repair(remove(id, findings, &left)),
        Ok(_) => by_hand(id, findings, "there is none any more"),
        Err(why) => by_hand(id, findings, &why.detail),
    }
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

fn remove(id: &str, findings: &Findings<'_>, left: &[Workspace]) -> crate::fix::repair::Repair {
    let bytes: u64 = left.iter().filter_map(|one| one.bytes).sum();
    let title = format!(
        "remove {} workspace(s) that no sandbox uses any more ({})",
        left.len(),
        Size(bytes)
    );
    let mut change = repair(id, findings, title, Risk::Data)
        .about("workspaces")
        .cost("the files in them are gone for good; a session of so long ago would begin with an empty workspace")
        .named();
    for one in left {
        change = change.step(Step::RemoveFolder(RemoveFolder {
            path: one.path.clone(),
            parent: one.root.clone(),
            bytes: one.bytes.unwrap_or(0),
        }));
    }
    change
}
