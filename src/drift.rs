//! How a sandbox that stands differs from what the configuration would make today. Pure: the
//! checklist and the live picture ask alike.

use crate::facts::is_within;
use crate::facts::openclaw::{Agent, Bind, Scope, WorkspaceAccess};
use crate::facts::sandbox::{Standing, StandingMount, agent_of};
use crate::units::Size;

/// The agent whose settings a sandbox was made from: `agent:<id>:…`, or `shared`.
pub fn owner<'a>(sandbox: &Standing, agents: &[&'a Agent]) -> Option<&'a Agent> {
    let key = sandbox.session_key.as_deref()?;
    if key == "shared" {
        let shared = agents.iter().find(|a| a.sandbox.scope == Scope::Shared);
        return shared.copied();
    }
    let id = agent_of(key)?;
    let own = |agent: &&&Agent| agent.id == id && agent.sandbox.scope != Scope::Shared;
    agents.iter().find(own).copied()
}

/// What the sandbox has and the agent's configuration has otherwise, in words.
pub fn differences(sandbox: &Standing, agent: &Agent) -> Vec<String> {
    let docker = &agent.sandbox.docker;
    let (memory, cpus) = (docker.memory.unwrap_or(0), docker.cpus.unwrap_or(0.0));
    let pids = docker.pids_limit.unwrap_or(0);
    let root = |read_only| if read_only { "read-only" } else { "writable" }.to_owned();
    let caps = |drop: &[String]| if drops_all(drop) { "dropped" } else { "kept" }.to_owned();
    // What, as the sandbox has it, as it is configured.
    let rows = [
        ("image", sandbox.image.clone(), docker.image.clone()),
        ("memory", bytes(sandbox.memory), bytes(memory)),
        ("CPUs", cores(sandbox.cpus), cores(cpus)),
        ("processes", count(sandbox.pids_limit), count(pids)),
        (
            "network",
            network(&sandbox.network_mode),
            network(&docker.network),
        ),
        (
            "root file system",
            root(sandbox.read_only_root),
            root(docker.read_only_root),
        ),
        (
            "capabilities",
            caps(&sandbox.cap_drop),
            caps(&docker.cap_drop),
        ),
    ];
    let mut found: Vec<String> = rows
        .into_iter()
        .filter(|(_, has, wanted)| has != wanted)
        .map(|(what, has, wanted)| format!("{what} {has}, configured {wanted}"))
        .collect();
    // Unless docker.user is set, the sandbox runs as the owner of its workspace folder.
    let wanted = docker
        .user
        .as_ref()
        .or(agent.sandbox.workspace_owner.as_ref());
    if let Some(wanted) = wanted
        && !same_user(&sandbox.user, wanted)
    {
        found.push(format!("user {}, configured {wanted}", sandbox.user));
    }
    // Names are all that OpenClaw compares, so a rebuilt image goes unnoticed.
    let rebuilt = sandbox
        .reference_id
        .as_ref()
        .is_some_and(|id| *id != sandbox.image_id && !sandbox.image_id.is_empty());
    if rebuilt && sandbox.image == docker.image {
        found.push(format!("made from an older build of {}", sandbox.image));
    }
    // Where swap cannot be limited the engine says so with 0 or -1.
    if let Some(wanted) = docker.memory_swap
        && sandbox.memory_swap > 0
        && sandbox.memory_swap != wanted
    {
        let has = u64::try_from(sandbox.memory_swap).unwrap_or(0);
        let wanted = u64::try_from(wanted).map_or(UNLIMITED.to_owned(), bytes);
        found.push(format!(
            "memory and swap {}, configured {wanted}",
            bytes(has)
        ));
    }
    // OpenClaw has made all of its sandboxes with one since July 2026: without it ended processes
    // pile up until none can be started any more.
    if !sandbox.init {
        found.push("no init process, which every sandbox gets".to_owned());
    }
    found.extend(mounts(sandbox, agent));
    found
}

/// OpenClaw refuses turns in a sandbox with other mounts than it would make today.
fn mounts(sandbox: &Standing, agent: &Agent) -> Vec<String> {
    let docker = &agent.sandbox.docker;
    let at = |target: &str| sandbox.mounts.iter().find(|mount| mount.target == target);
    let mut found = Vec::new();
    if let Some(access) =
        at(&docker.workdir).map(|one| access(one, at("/agent"), &agent.sandbox.workspace_root))
        && access != agent.sandbox.workspace_access
    {
        let word = |access| match access {
            WorkspaceAccess::None => "none",
            WorkspaceAccess::Ro => "ro",
            WorkspaceAccess::Rw => "rw",
        };
        let (has, wanted) = (word(access), word(agent.sandbox.workspace_access));
        found.push(format!("workspace access {has}, configured {wanted}"));
    }
    for bind in &docker.binds {
        match at(&bind.target) {
            None => found.push(format!(
                "no mount at {}, configured {}",
                bind.target, bind.source
            )),
            Some(mount) if !is_same(mount, bind) => {
                let (has, wanted) = (&mount.source, &bind.source);
                let mode = |read_only| if read_only { "ro" } else { "rw" };
                let (is, to_be) = (mode(mount.read_only), mode(bind.read_only));
                let target = &bind.target;
                found.push(format!(
                    "mount at {target} {has} ({is}), configured {wanted} ({to_be})"
                ));
            }
            Some(_) => {}
        }
    }
    let is_known = |mount: &&StandingMount| {
        let mut own = [docker.workdir.as_str(), "/agent"].into_iter();
        let mut binds = docker.binds.iter();
        // A scratch folder of the read-only root; an engine's socket is told as a danger.
        let is_told = mount.kind == "tmpfs" || mount.source.ends_with("docker.sock");
        is_told
            || own.any(|folder| is_within(&mount.target, folder))
            || binds.any(|bind| bind.target == mount.target)
    };
    for mount in sandbox.mounts.iter().filter(|mount| !is_known(mount)) {
        found.push(format!(
            "a mount at {} that is not configured",
            mount.target
        ));
    }
    found
}

/// What the mounts say of the access to the agent's own workspace: with `ro` both are read-only,
/// with `rw` the agent's is the workspace itself. A sandbox's own is called `workspace-<hash>`, or
/// is the folder of all of them.
fn access(workspace: &StandingMount, agent: Option<&StandingMount>, root: &str) -> WorkspaceAccess {
    let name = workspace.source.rsplit('/').next().unwrap_or_default();
    let is_hash = |hash: &str| hash.len() == 32 && hash.bytes().all(|b| b.is_ascii_hexdigit());
    let is_own = name == "sandboxes"
        || is_within(&workspace.source, root)
        || name.strip_prefix("workspace-").is_some_and(is_hash);
    match agent {
        _ if workspace.read_only => WorkspaceAccess::Ro,
        Some(agent) if agent.read_only => WorkspaceAccess::Ro,
        None if is_own => WorkspaceAccess::None,
        Some(_) | None => WorkspaceAccess::Rw,
    }
}

fn is_same(mount: &StandingMount, bind: &Bind) -> bool {
    // Docker Desktop's own name for the Mac's folders.
    let source = mount
        .source
        .strip_prefix("/host_mnt")
        .unwrap_or(&mount.source);
    let wanted = [Some(bind.source.as_str()), bind.resolved.as_deref()];
    let mut wanted = wanted.into_iter().flatten();
    let is_there = wanted.any(|path| path.trim_end_matches('/') == source);
    is_there && mount.read_only == bind.read_only
}

const UNLIMITED: &str = "unlimited";

fn bytes(limit: u64) -> String {
    match limit {
        0 => UNLIMITED.to_owned(),
        limit => Size(limit).to_string(),
    }
}

fn cores(limit: f64) -> String {
    if limit > 0.0 {
        format!("{limit:.2}")
    } else {
        UNLIMITED.to_owned()
    }
}

fn count(limit: i64) -> String {
    if limit > 0 {
        limit.to_string()
    } else {
        UNLIMITED.to_owned()
    }
}

/// Docker calls its default network by two names.
pub fn network(mode: &str) -> String {
    if mode == "default" { "bridge" } else { mode }.to_owned()
}

/// `1000` and `1000:1000` are the same user, and so is what says nothing of the group.
fn same_user(a: &str, b: &str) -> bool {
    let mut pair = a.split(':').zip(b.split(':'));
    pair.all(|(a, b)| a == b)
}

/// Whether every capability is taken away.
pub fn drops_all(cap_drop: &[String]) -> bool {
    cap_drop.iter().any(|cap| cap.eq_ignore_ascii_case("all"))
}
