//! Whether names resolve inside a sandbox, where its policy lets them.

#![expect(
    clippy::unused_self,
    reason = "judges have one shape, and some have no parameters"
)]

use std::fmt::Write as _;

use serde::Deserialize;

use super::reach::is_offline;
use crate::checklist::judge::agents::{started, who, with_sandboxed};
use crate::checklist::verdict::{Complaint, Ruling};
use crate::facts::sandbox::{Answer, Inside, NameAnswer};
use crate::facts::{Facts, Why, WhyKind};

/// What is expected of agents without a network.
fn offline_by_policy(ids: &[String]) -> String {
    let (verb, whose) = if ids.len() == 1 {
        ("is", "its")
    } else {
        ("are", "their")
    };
    format!(
        "{} {verb} offline by policy; EAI_AGAIN in {whose} calls is expected",
        who(ids)
    )
}

#[derive(Clone, Debug, PartialEq, Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Dns {}

impl Dns {
    pub(in super::super) fn rule(&self, facts: &Facts) -> Result<Ruling, Why> {
        with_sandboxed(facts, |agents| {
            // The policy is known without any probe.
            let offline: Vec<String> = agents
                .iter()
                .filter(|agent| agent.sandbox.docker.network == "none")
                .map(|agent| agent.id.clone())
                .collect();
            if offline.len() == agents.len() {
                return Ok(Ruling::not_applicable(offline_by_policy(&offline)));
            }
            let insides = match started(facts, agents) {
                Ok(insides) => insides,
                Err(nothing) => return nothing.ruling(),
            };
            let mut complaints = Vec::new();
            let mut unclear = None;
            let mut host_too = false;
            let mut resolved: Vec<&str> = Vec::new();
            for inside in insides.iter().filter(|inside| !is_offline(inside)) {
                let names = match inside.names.get() {
                    Ok(names) => names,
                    Err(why) => {
                        unclear = Some(why);
                        continue;
                    }
                };
                let (good, bad): (Vec<&NameAnswer>, Vec<&NameAnswer>) =
                    names.iter().partition(|name| is_answered(name));
                resolved.extend(good.iter().map(|name| name.name.as_str()));
                // What the host does not resolve either is told by net/host-dns.
                let ours: Vec<&NameAnswer> = bad
                    .iter()
                    .copied()
                    .filter(|name| host_resolves(facts, &name.name) != Some(false))
                    .collect();
                host_too |= ours.len() < bad.len();
                if let Some(first) = ours.first() {
                    complaints.push(unresolved(facts, inside, first, &ours));
                }
            }
            let seen: Vec<_> = insides.iter().map(|i| (&i.resolver, &i.names)).collect();
            if complaints.is_empty() {
                if let Some(why) = unclear {
                    return Err(why);
                }
                if host_too && resolved.is_empty() {
                    return Ok(Ruling::blocked(&["net/host-dns"]));
                }
                if resolved.is_empty() {
                    return Err(Why::new(WhyKind::Failed, "no name was asked inside"));
                }
            }
            resolved.sort_unstable();
            resolved.dedup();
            let mut summary = format!("{} resolved inside", resolved.join(", "));
            if !offline.is_empty() {
                write!(summary, "; {}", offline_by_policy(&offline)).expect("a string takes all");
            }
            Ok(Ruling::found(complaints, summary)
                .evidence("/inside", seen)
                .evidence("/net/host-names", &facts.net.host_names))
        })
    }
}

fn is_answered(name: &NameAnswer) -> bool {
    matches!(&name.answer, Answer::Addresses { addresses } if !addresses.is_empty())
}

/// None: the host was not asked for it.
fn host_resolves(facts: &Facts, name: &str) -> Option<bool> {
    let names = facts.net.host_names.get().ok()?;
    names.iter().find(|one| one.name == name).map(is_answered)
}

fn unresolved(
    facts: &Facts,
    inside: &Inside,
    first: &NameAnswer,
    all: &[&NameAnswer],
) -> Complaint {
    let (code, what) = match &first.answer {
        Answer::Timeout => ("sandbox-dns-no-answer", "no answer".to_owned()),
        Answer::ServerFailure { detail } => ("sandbox-dns-refused", format!("refused: {detail}")),
        Answer::Unreachable { detail } => (
            "sandbox-dns-unreachable",
            format!("no server reached: {detail}"),
        ),
        Answer::NoSuchName => ("sandbox-dns-no-such-name", "no such name".to_owned()),
        Answer::Addresses { .. } => ("sandbox-dns-no-address", "no address".to_owned()),
    };
    let servers = inside.resolver.get().map_or_else(
        |_| "an unknown nameserver".to_owned(),
        |resolver| {
            if resolver.nameservers.is_empty() {
                "no nameserver".to_owned()
            } else {
                format!("nameserver {}", resolver.nameservers.join(", "))
            }
        },
    );
    let host = match host_resolves(facts, &first.name) {
        Some(true) => "the host resolves it",
        Some(false) => "the host does not resolve it either",
        None => "whether the host resolves it is not known",
    };
    let names: Vec<&str> = all.iter().map(|name| name.name.as_str()).collect();
    let message = format!(
        "{} inside a sandbox of {} on network {} ({servers}): {what}; {host}",
        names.join(", "),
        who(&inside.agents),
        inside.network
    );
    let hint = if inside.network == "bridge" {
        "see which layer fails: clawdoctor explain sandbox/dns"
    } else {
        "see whether the network is internal: docker network inspect, then clawdoctor explain sandbox/dns"
    };
    Complaint::fail(code, message)
        .target(inside.agents.join(", "))
        .path(&inside.network)
        .requirement("names resolve inside")
        .hint(hint)
}
