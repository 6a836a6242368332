//! Whether the sandboxes that stand still match the configuration they were made from.

#![expect(
    clippy::unused_self,
    reason = "judges have one shape, and some have no parameters"
)]

use serde::Deserialize;

use super::isolation::about;
use crate::checklist::judge::agents::{counted, with_agents};
use crate::checklist::verdict::{Complaint, Ruling};
use crate::drift::{differences, owner};
use crate::facts::openclaw::Agent;
use crate::facts::sandbox::{Standing, agent_of};
use crate::facts::{Facts, Why};

#[derive(Clone, Debug, PartialEq, Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Stale {}

impl Stale {
    pub(in super::super) fn rule(&self, facts: &Facts) -> Result<Ruling, Why> {
        with_agents(facts, |agents| {
            let agents: Vec<&Agent> = agents.iter().filter(|a| a.is_sandboxed()).collect();
            let standing = facts.standing.get()?;
            if standing.is_empty() {
                return Ok(Ruling::not_applicable("no sandbox stands"));
            }
            // Asked with --deep alone; without it, names and keys have to do.
            let known = facts.openclaw.registry.get().ok();
            let mut complaints = Vec::new();
            for sandbox in standing {
                match owner(sandbox, &agents) {
                    Some(_) if known.is_some_and(|known| !known.contains(&sandbox.name)) => {
                        complaints.push(unregistered(sandbox));
                    }
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

/// Older releases had keys without `:workspace:`; once an agent has a sandbox of the new kind,
/// those of the old kind are not adopted any more.
fn left_behind(sandbox: &Standing, all: &[Standing]) -> bool {
    let is_new = |s: &Standing| {
        s.session_key
            .as_deref()
            .is_some_and(|k| k.contains(":workspace:"))
    };
    let id = |s: &Standing| {
        s.session_key
            .as_deref()
            .and_then(agent_of)
            .map(str::to_owned)
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

fn unregistered(sandbox: &Standing) -> Complaint {
    let message = format!(
        "{} carries the label of a sandbox, and OpenClaw's registry does not know it: it neither uses nor removes it",
        sandbox.name
    );
    about(sandbox, Complaint::warn("sandbox-unregistered", message))
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
