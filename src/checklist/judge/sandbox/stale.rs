//! Whether the sandboxes that stand still match the configuration they were made from.

#![expect(
    clippy::unused_self,
    reason = "judges have one shape, and some have no parameters"
)]

use serde::Deserialize;

use super::isolation::{about, drops_all};
use crate::checklist::judge::agents::{counted, is_sandboxed, with_agents};
use crate::checklist::verdict::{Complaint, Ruling};
use crate::facts::openclaw::{Agent, Scope};
use crate::facts::sandbox::Standing;
use crate::facts::{Facts, Why};
use crate::units::Size;

#[derive(Clone, Debug, PartialEq, Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Stale {}

impl Stale {
    pub(in super::super) fn rule(&self, facts: &Facts) -> Result<Ruling, Why> {
        with_agents(facts, |agents| {
            let agents: Vec<&Agent> = agents.iter().filter(|a| is_sandboxed(a)).collect();
            let standing = facts.standing.get()?;
            if standing.is_empty() {
                return Ok(Ruling::not_applicable("no sandbox stands"));
            }
            let mut complaints = Vec::new();
            for sandbox in standing {
                match owner(sandbox, &agents) {
                    Some(agent) if !left_behind(sandbox, standing) => {
                        complaints.extend(stale(sandbox, agent));
                    }
                    _ => complaints.push(orphan(sandbox)),
                }
            }
            let summary = format!("{} as configured", counted(standing.len(), "sandbox"));
            Ok(Ruling::found(complaints, summary).evidence("/standing", standing))
        })
    }
}

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

/// Older releases had keys without `:workspace:`; once an agent has a sandbox of the new kind,
/// those of the old kind are not adopted any more.
fn left_behind(sandbox: &Standing, all: &[Standing]) -> bool {
    let is_new = |s: &Standing| {
        s.session_key
            .as_deref()
            .is_some_and(|k| k.contains(":workspace:"))
    };
    let id = |s: &Standing| {
        let key = s.session_key.as_deref()?.strip_prefix("agent:")?;
        key.split(':').next().map(str::to_owned)
    };
    let agent = id(sandbox);
    agent.is_some() && !is_new(sandbox) && all.iter().any(|s| is_new(s) && id(s) == agent)
}

fn orphan(sandbox: &Standing) -> Complaint {
    let key = sandbox.session_key.as_deref().unwrap_or("no session key");
    let message = format!(
        "{} belongs to no sandboxed agent of this configuration ({key}); nobody uses it",
        sandbox.name
    );
    about(sandbox, Complaint::warn("sandbox-orphan", message))
        .hint(format!("if nobody uses it: docker rm -f {}", sandbox.name))
}

fn stale(sandbox: &Standing, agent: &Agent) -> Option<Complaint> {
    let differences = differences(sandbox, agent);
    if differences.is_empty() {
        return None;
    }
    let message = format!(
        "{} of agent {} differs from the configuration: {}",
        sandbox.name,
        agent.id,
        differences.join("; ")
    );
    Some(
        about(sandbox, Complaint::warn("sandbox-stale", message))
            .requirement("as configured")
            .hint(format!(
                "when it is idle: openclaw sandbox recreate --agent {}",
                agent.id
            )),
    )
}

/// What the sandbox has and the agent's configuration has otherwise, in words.
fn differences(sandbox: &Standing, agent: &Agent) -> Vec<String> {
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
fn network(mode: &str) -> String {
    if mode == "default" { "bridge" } else { mode }.to_owned()
}

/// `1000` and `1000:1000` are the same user, and so is what says nothing of the group.
fn same_user(a: &str, b: &str) -> bool {
    let mut pair = a.split(':').zip(b.split(':'));
    pair.all(|(a, b)| a == b)
}
