//! Sandboxes as they run: stale ones, those without names, those without their network.

use serde_json::json;

use super::claw::{Hand, of_another};
use super::{Answer, Findings, Node, Risk, by_hand, daemon, repair};
use crate::fix::step::{MakeNetwork, NetworkReach, Recreate, Setting, Step};

/// Sandboxes that keep old settings or an old image: OpenClaw takes them away itself.
pub fn stale(node: Node<'_>, findings: &Findings<'_>) -> Answer {
    let id = "sandbox/stale";
    if let Some(why) = of_another(node) {
        return by_hand(id, findings, &why);
    }
    let mut answer = Answer::default();
    let standing = node.facts.standing.get().ok();
    let program = node
        .facts
        .openclaw
        .install
        .get()
        .ok()
        .and_then(|install| install.program.clone());
    for finding in findings {
        let sandbox = standing
            .into_iter()
            .flatten()
            .find(|one| Some(&one.name) == finding.target.as_ref());
        let (Some(sandbox), Some(program), "sandbox-stale") =
            (sandbox, &program, finding.error_code.as_str())
        else {
            answer.extend(by_hand(
                id,
                &[*finding],
                "nobody but its owner knows whether it is still wanted",
            ));
            continue;
        };
        let Some(session_key) = sandbox.session_key.clone() else {
            answer.extend(by_hand(
                id,
                &[*finding],
                "it has no session key that OpenClaw would know it by",
            ));
            continue;
        };
        let change = repair(
            id,
            &[*finding],
            format!("let OpenClaw make the sandbox {} anew", sandbox.name),
            Risk::Behaviour,
        )
        .about(&sandbox.name)
        .cost("the container goes with what was installed in it; its workspace stays, and the next turn makes it anew. One that was used within 5 minutes is left alone")
        .step(Step::Recreate(Recreate {
            program: program.clone(),
            container: sandbox.name.clone(),
            id: sandbox.id.clone(),
            session_key,
        }));
        answer.extend(Answer::repair(change));
    }
    answer
}

/// Resolvers for sandboxes that have a network and no names. Never where the policy is `none`:
/// the check does not speak of those.
pub fn dns(node: Node<'_>, findings: &Findings<'_>) -> Answer {
    let id = "sandbox/dns";
    let hand = match Hand::of(node) {
        Ok(hand) => hand,
        Err(why) => return by_hand(id, findings, &why),
    };
    // An internal network forwards nothing, and a host without names has another trouble.
    let ours = |code: &str| {
        matches!(
            code,
            "sandbox-dns-no-answer" | "sandbox-dns-refused" | "sandbox-dns-unreachable"
        )
    };
    if findings.iter().any(|finding| !ours(&finding.error_code)) {
        return by_hand(
            id,
            findings,
            "the servers answer, and do not know the names",
        );
    }
    if !host_resolves(node) {
        return by_hand(
            id,
            findings,
            "the host does not resolve the names either: mend that first (net/host-dns)",
        );
    }
    let servers = servers(node);
    if servers.is_empty() {
        return by_hand(
            id,
            findings,
            "no resolver is known that a sandbox could reach: name some in [fix] dns of clawdoctor.toml",
        );
    }
    let mut wanted = Vec::new();
    for agent in hand.agents {
        let named = findings
            .iter()
            .filter_map(|finding| finding.target.as_deref())
            .flat_map(|agents| agents.split(", "))
            .any(|name| name == agent.id);
        if !named || agent.sandbox.docker.network == "none" {
            continue;
        }
        if let Some(setting) = hand.setting(agent, &["docker", "dns"], Some(json!(servers)))
            && !wanted
                .iter()
                .any(|known: &Setting| known.keys == setting.keys)
        {
            wanted.push(setting);
        }
    }
    if wanted.is_empty() {
        return by_hand(
            id,
            findings,
            "the setting stands where OpenClaw's CLI cannot change it alone",
        );
    }
    let title = format!("let sandboxes ask {} for names", servers.join(", "));
    let mut answer = Answer::repair(
        repair(id, findings, title, Risk::Behaviour)
            .cost("sandboxes that are made from now on ask these servers; running ones keep what they have")
            .undo("the settings have their former values again, through the same CLI")
            .step(hand.configure(wanted)),
    );
    answer.extend(daemon::dns(node, id, findings, &servers));
    answer
}

fn host_resolves(node: Node<'_>) -> bool {
    use crate::facts::sandbox::Answer as Said;
    // Not asked (--offline) is no reason to blame the host.
    node.facts.net.host_names.get().map_or(true, |names| {
        names
            .iter()
            .any(|name| matches!(&name.answer, Said::Addresses { .. }))
    })
}

/// The operator's, else the host's own as far as they mean the same inside a sandbox.
fn servers(node: Node<'_>) -> Vec<String> {
    if !node.wishes.dns.is_empty() {
        return node.wishes.dns.clone();
    }
    let outside = |server: &&String| {
        server
            .parse::<core::net::IpAddr>()
            .is_ok_and(|address| !address.is_loopback() && !address.is_unspecified())
    };
    let resolvers = &node.facts.net.host_resolvers;
    resolvers.iter().filter(outside).cloned().collect()
}

/// A sandbox that did not start since its network is not there.
pub fn network(node: Node<'_>, findings: &Findings<'_>) -> Answer {
    let id = "sandbox/start";
    let mut answer = Answer::default();
    for finding in findings {
        let network = missing_network(node, finding.message.as_str());
        let Some(name) = network else {
            answer.extend(by_hand(
                id,
                &[*finding],
                "the engine's own words say what is wrong",
            ));
            continue;
        };
        let wished = node.wishes.network.as_ref().filter(|n| n.name == name);
        let reach = wished.map_or(NetworkReach::Outside, |n| n.reach);
        let words = match reach {
            NetworkReach::Outside => "",
            NetworkReach::Internal => ", without a way out",
        };
        let change = repair(
            id,
            &[*finding],
            format!("create the network {name}{words}"),
            Risk::Safe,
        )
        .about(&name)
        .undo("the network is removed, if nothing uses it")
        .step(Step::MakeNetwork(MakeNetwork {
            name: name.clone(),
            driver: "bridge".to_owned(),
            reach,
            labels: [("clawdoctor.network".to_owned(), "1".to_owned())].into(),
        }));
        answer.extend(Answer::repair(change));
    }
    answer
}

/// The network of an agent that the engine says it does not have
/// (moby daemon/container_operations.go: "network NAME not found").
fn missing_network(node: Node<'_>, message: &str) -> Option<String> {
    let agents = node.facts.openclaw.agents.get().ok()?;
    agents
        .iter()
        .map(|agent| &agent.sandbox.docker.network)
        .find(|network| {
            !matches!(network.as_str(), "none" | "bridge" | "host")
                && message.contains(&format!("network {network} not found"))
        })
        .cloned()
}
