//! What a sandbox reaches over TCP, and what it must not reach.

#![expect(
    clippy::unused_self,
    reason = "judges have one shape, and some have no parameters"
)]

use serde::Deserialize;

use crate::checklist::judge::agents::{sentence, started, who, with_sandboxed};
use crate::checklist::verdict::{Complaint, Ruling};
use crate::facts::sandbox::{ConnectResult, Inside, Purpose, Reached};
use crate::facts::{Facts, Why, WhyKind};

pub fn is_offline(inside: &Inside) -> bool {
    inside.network == "none"
}

#[derive(Clone, Debug, PartialEq, Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Egress {
    pub blocked: Vec<String>,
}

impl Egress {
    pub(in super::super) fn rule(&self, facts: &Facts) -> Result<Ruling, Why> {
        let ruling = with_sandboxed(facts, |agents| {
            let insides = match started(facts, agents) {
                Ok(insides) => insides,
                Err(nothing) => return nothing.ruling(),
            };
            let mut complaints = Vec::new();
            let mut unclear = None;
            let mut said = Vec::new();
            for inside in &insides {
                let found = if is_offline(inside) {
                    only_loopback(inside)
                } else {
                    self.as_allowed(inside)
                };
                match found {
                    Ok((found, words)) => {
                        complaints.extend(found);
                        said.push(words);
                    }
                    Err(why) => unclear = Some(why),
                }
            }
            if let (Some(why), true) = (unclear, complaints.is_empty()) {
                return Err(why);
            }
            said.sort();
            said.dedup();
            let seen: Vec<_> = insides
                .iter()
                .map(|i| (&i.interfaces, &i.reached))
                .collect();
            Ok(Ruling::found(complaints, said.join("; ")).evidence("/inside", seen))
        });
        blame_python(facts, ruling)
    }

    fn as_allowed(&self, inside: &Inside) -> Result<(Vec<Complaint>, String), Why> {
        let reached = inside.reached.get()?;
        let mut complaints: Vec<Complaint> = reached
            .iter()
            .filter_map(|one| forbidden_or_cut(inside, one))
            .collect();
        complaints.dedup_by(|a, b| (a.code, &a.target) == (b.code, &b.target));
        if complaints.is_empty() {
            // What was never tried must not count as out of reach.
            let tried = |address: &String| reached.iter().any(|one| one.address == *address);
            if let Some(address) = self.blocked.iter().find(|address| !tried(address)) {
                let detail = format!("{address} was not tried from inside");
                return Err(Why::new(WhyKind::Failed, detail));
            }
        }
        let blocked: Vec<&str> = reached
            .iter()
            .filter(|one| one.purpose == Purpose::Blocked)
            .map(|one| one.address.as_str())
            .collect();
        Ok((
            complaints,
            format!(
                "{} out of reach of {}",
                blocked.join(", "),
                who(&inside.agents)
            ),
        ))
    }
}

fn only_loopback(inside: &Inside) -> Result<(Vec<Complaint>, String), Why> {
    let interfaces = inside.interfaces.get()?;
    let words = format!("{} without any network", who(&inside.agents));
    if interfaces.is_empty() {
        return Ok((Vec::new(), words));
    }
    let message = format!(
        "{}: the policy is network none, but the sandbox has {}",
        sentence(&who(&inside.agents)),
        interfaces.join(", ")
    );
    let complaint = Complaint::fail("network-despite-policy", message)
        .target(inside.agents.join(", "))
        .path("sandbox.docker.network")
        .requirement("loopback only")
        .hint(
            "see who changes containers of this engine (plugins, authorization, a default network)",
        );
    Ok((vec![complaint], words))
}

fn forbidden_or_cut(inside: &Inside, one: &Reached) -> Option<Complaint> {
    let address = &one.address;
    let open = one.result == ConnectResult::Open;
    match (one.purpose, open) {
        (Purpose::Blocked, true) => {
            let message = format!(
                "{address} can be reached from a sandbox of {} on network {}",
                who(&inside.agents),
                inside.network
            );
            Some(
                Complaint::fail("egress-open", message)
                    .target(address)
                    .path(&inside.network)
                    .requirement("out of reach")
                    .hint("take the network away, or drop the address for containers: clawdoctor explain sandbox/egress"),
            )
        }
        (Purpose::Allowed, false) => {
            let how = match one.result {
                ConnectResult::Refused => "refused",
                ConnectResult::Timeout => "no answer",
                ConnectResult::Unreachable => "unreachable",
                ConnectResult::NoName => "the name does not resolve",
                ConnectResult::Open => "open",
            };
            let message = format!(
                "{address} cannot be reached from a sandbox of {} on network {} ({how}), although it should",
                who(&inside.agents),
                inside.network
            );
            Some(
                Complaint::fail("egress-blocked", message)
                    .target(address)
                    .path(&inside.network)
                    .requirement("reachable")
                    .hint("try it from the host, then see the engine's network and firewall"),
            )
        }
        (Purpose::Blocked, false)
        | (Purpose::Allowed, true)
        | (Purpose::EngineApi | Purpose::Gateway, _) => None,
    }
}

/// Connections are tried with python3: where the image lacks it, `image/tools` fails and tells why.
fn blame_python(facts: &Facts, ruling: Result<Ruling, Why>) -> Result<Ruling, Why> {
    let is_broken = |inside: &Inside| {
        let tools = inside.tools.get().map(Vec::as_slice).unwrap_or_default();
        tools
            .iter()
            .any(|tool| tool.name == "python3" && !tool.works)
    };
    match ruling {
        Err(why) if why.kind == WhyKind::Absent && facts.inside.get()?.iter().any(is_broken) => {
            Ok(Ruling::blocked(&["image/tools"]))
        }
        other => other,
    }
}

/// The attempts for one purpose from all sandboxes with a network.
fn attempts<'a>(
    insides: &[&'a Inside],
    purpose: Purpose,
) -> Result<Vec<(&'a Inside, &'a Reached)>, Why> {
    let mut found = Vec::new();
    for inside in insides.iter().copied().filter(|inside| !is_offline(inside)) {
        let reached = inside.reached.get()?;
        found.extend(
            reached
                .iter()
                .filter(|one| one.purpose == purpose)
                .map(|one| (inside, one)),
        );
    }
    Ok(found)
}

#[derive(Clone, Debug, PartialEq, Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct EngineApiExposed {
    pub ports: Vec<u16>,
}

impl EngineApiExposed {
    pub(in super::super) fn rule(&self, facts: &Facts) -> Result<Ruling, Why> {
        let ruling = with_sandboxed(facts, |agents| {
            let insides = match started(facts, agents) {
                Ok(insides) => insides,
                Err(nothing) => return nothing.ruling(),
            };
            if insides.iter().all(|inside| is_offline(inside)) {
                return Ok(Ruling::pass("no sandbox has a network"));
            }
            let tried = attempts(&insides, Purpose::EngineApi)?;
            if tried.is_empty() {
                let detail = "the engine's ports were not tried from inside";
                return Err(Why::new(WhyKind::Failed, detail));
            }
            let mut complaints: Vec<Complaint> = Vec::new();
            for (inside, one) in &tried {
                if one.result != ConnectResult::Open {
                    continue;
                }
                let complaint = open_port(inside, one);
                if !complaints.iter().any(|c| c.target == complaint.target) {
                    complaints.push(complaint);
                }
            }
            let ports: Vec<String> = self.ports.iter().map(u16::to_string).collect();
            Ok(Ruling::found(
                complaints,
                format!("no engine on ports {}", ports.join(", ")),
            )
            .evidence(
                "/inside",
                tried.iter().map(|(_, one)| one).collect::<Vec<_>>(),
            ))
        });
        blame_python(facts, ruling)
    }
}

fn open_port(inside: &Inside, one: &Reached) -> Complaint {
    let address = &one.address;
    let from = who(&inside.agents);
    match one.said.as_deref() {
        Some(said) if sounds_like_an_engine(said) => {
            let message = format!(
                "the engine's API answers without a password at {address} from a sandbox of {from}: {said}"
            );
            Complaint::fail("engine-api-exposed", message)
                .target(address)
                .path(&inside.network)
                .requirement("out of reach")
                .hint("until it is mended: openclaw config set agents.defaults.sandbox.docker.network none")
        }
        said => {
            let message = format!(
                "something listens at {address}, a port of engines, within reach of a sandbox of {from}: {}",
                said.unwrap_or("it said nothing")
            );
            Complaint::warn("engine-port-open", message)
                .target(address)
                .path(&inside.network)
                .requirement("out of reach")
                .hint("find out who listens there: clawdoctor explain sandbox/engine-api-exposed")
        }
    }
}

/// An engine's `/version` or its headers, and not its complaint about a missing certificate.
fn sounds_like_an_engine(said: &str) -> bool {
    let said = said.to_lowercase();
    let refuses = said.contains("https server") || said.contains("certificate");
    !refuses
        && ["apiversion", "api-version", "docker", "podman", "engine"]
            .iter()
            .any(|word| said.contains(word))
}

#[derive(Clone, Debug, PartialEq, Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct GatewayExposed {}

impl GatewayExposed {
    pub(in super::super) fn rule(&self, facts: &Facts) -> Result<Ruling, Why> {
        let ruling = with_sandboxed(facts, |agents| {
            let insides = match started(facts, agents) {
                Ok(insides) => insides,
                Err(nothing) => return nothing.ruling(),
            };
            if insides.iter().all(|inside| is_offline(inside)) {
                return Ok(Ruling::pass("no sandbox has a network"));
            }
            let tried = attempts(&insides, Purpose::Gateway)?;
            if tried.is_empty() {
                return Ok(Ruling::not_applicable("the gateway's port was not tried"));
            }
            let mut complaints: Vec<Complaint> = Vec::new();
            for (inside, one) in &tried {
                let known = |c: &Complaint| c.target.as_deref() == Some(one.address.as_str());
                if one.result != ConnectResult::Open || complaints.iter().any(known) {
                    continue;
                }
                complaints.push(own_port(inside, one));
            }
            Ok(
                Ruling::found(complaints, "OpenClaw's port is out of reach").evidence(
                    "/inside",
                    tried.iter().map(|(_, one)| one).collect::<Vec<_>>(),
                ),
            )
        });
        blame_python(facts, ruling)
    }
}

fn own_port(inside: &Inside, one: &Reached) -> Complaint {
    let message = format!(
        "OpenClaw's own port answers at {} inside a sandbox of {} on network {}",
        one.address,
        who(&inside.agents),
        inside.network
    );
    Complaint::warn("gateway-port-open", message)
        .target(&one.address)
        .path(&inside.network)
        .requirement("out of reach")
        .hint("let it listen on loopback: openclaw config set gateway.bind loopback")
}

/// What is wrong with one attempt to get out, whichever judge tells of it.
pub fn open_door(inside: &Inside, one: &Reached) -> Option<Complaint> {
    let open = one.result == ConnectResult::Open;
    match one.purpose {
        Purpose::Blocked | Purpose::Allowed => forbidden_or_cut(inside, one),
        Purpose::EngineApi => open.then(|| open_port(inside, one)),
        Purpose::Gateway => open.then(|| own_port(inside, one)),
    }
}
