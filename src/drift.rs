//! How a sandbox that stands differs from what the configuration would make today. Pure: the
//! checklist and the live picture ask alike.

use crate::facts::openclaw::{Agent, Scope};
use crate::facts::sandbox::Standing;
use crate::units::Size;

/// The agent whose settings a sandbox was made from: `agent:<id>:…`, or `shared`.
pub fn owner<'a>(sandbox: &Standing, agents: &[&'a Agent]) -> Option<&'a Agent> {
    let key = sandbox.session_key.as_deref()?;
    if key == "shared" {
        let shared = agents.iter().find(|a| a.sandbox.scope == Scope::Shared);
        return shared.copied();
    }
    let id = key.strip_prefix("agent:")?.split(':').next()?;
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
    found
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
