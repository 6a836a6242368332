//! OpenClaw's settings and its sandboxes: always through its own CLI, which validates
//! and keeps its own backups. A file that was edited behind its back is silently replaced by an
//! older one (<https://github.com/openclaw/openclaw/issues/126806>).

use serde_json::{Value, json};

use super::{Answer, Findings, Node, Risk, by_hand, image, repair};
use crate::facts::openclaw::{Agent, ConfigFile, Mode, Scope, Written};
use crate::fix::step::{Configure, MakeNetwork, NetworkReach, Recreate, Setting, Step};
use crate::fix::words;

/// Docker refuses a smaller limit ("Minimum memory limit allowed is 6MB").
const LEAST_MEMORY: u64 = 6 << 20;
/// What OpenClaw's own switches for risks are called.
const SWITCH: &str = "dangerously";

/// What there is to change, and the CLI to change it with.
struct Hand<'a> {
    program: &'a str,
    config: &'a ConfigFile,
    content: &'a str,
    written: &'a Written,
    agents: &'a [Agent],
}

impl<'a> Hand<'a> {
    /// Why OpenClaw's config cannot be changed from here.
    fn of(node: Node<'a>) -> Result<Self, String> {
        let claw = &node.facts.openclaw;
        let config = claw
            .config
            .get()
            .map_err(|_| "OpenClaw's config cannot be read")?;
        if let Some(why) = of_another(node) {
            return Err(why);
        }
        if config.symlink {
            return Err(
                "OpenClaw's config is a symbolic link, which its CLI does not write to".to_owned(),
            );
        }
        if config.includes {
            return Err("OpenClaw's config is put together from several files".to_owned());
        }
        if node.operator.var("OPENCLAW_NIX_MODE") == Some("1") {
            return Err("Nix owns OpenClaw's config here (OPENCLAW_NIX_MODE=1)".to_owned());
        }
        let program = claw.install.get().ok().and_then(|i| i.program.as_deref());
        Ok(Self {
            program: program.ok_or("there is no `openclaw` command to change it with")?,
            content: config
                .content_sha256
                .as_deref()
                .ok_or("what the config says is not recorded")?,
            written: config
                .written
                .as_ref()
                .ok_or("what the config says is not recorded")?,
            agents: claw.agents.get().map_err(|_| "the agents are not known")?,
            config,
        })
    }

    /// The setting of one agent where it is in force: its own where it has one, else everybody's.
    fn setting(&self, agent: &Agent, path: &[&str], to: Option<Value>) -> Option<Setting> {
        let pointer = format!("/{}", path.join("/"));
        let own = self.written.agents.get(&agent.id);
        // Of a shared sandbox only the defaults' container settings count.
        let ignored = agent.sandbox.scope == Scope::Shared && path.first() == Some(&"docker");
        let of_agent = own
            .filter(|_| !ignored)
            .and_then(|own| Some((own, own.sandbox.pointer(&pointer)?)));
        let (keys, before) = match of_agent {
            // An entry of the older list has no path that the CLI could change.
            Some((own, _)) if own.keys.is_empty() => return None,
            Some((own, value)) => (own.keys.clone(), Some(value.clone())),
            None => (
                vec!["agents".to_owned(), "defaults".to_owned()],
                self.written.defaults.pointer(&pointer).cloned(),
            ),
        };
        let rest = std::iter::once("sandbox").chain(path.iter().copied());
        Some(Setting {
            keys: keys.into_iter().chain(rest.map(str::to_owned)).collect(),
            before,
            to,
        })
    }

    fn configure(&self, settings: Vec<Setting>) -> Step {
        Step::Configure(Configure {
            program: self.program.to_owned(),
            config: self.config.path.clone(),
            content: self.content.to_owned(),
            settings,
        })
    }
}

/// OpenClaw here is another user's. A file that root wrote into somebody's home is one that they
/// cannot read any more.
pub fn of_another(node: Node<'_>) -> Option<String> {
    let config = node.facts.openclaw.config.get().ok()?;
    let owner = config.owner.as_ref()?;
    Some(format!(
        "{} belongs to {owner}: run clawdoctor as {owner}, or as root with --run-as {owner}",
        config.path
    ))
}

/// Mode, limits, network switches.
pub fn settings(node: Node<'_>, id: &str, findings: &Findings<'_>) -> Answer {
    let hand = match Hand::of(node) {
        Ok(hand) => hand,
        Err(why) => return by_hand(id, findings, &why),
    };
    let mut wanted: Vec<Setting> = Vec::new();
    let mut add = |setting: Option<Setting>| {
        if let Some(setting) = setting
            && !wanted.iter().any(|known| known.keys == setting.keys)
        {
            wanted.push(setting);
        }
    };
    for agent in hand.agents {
        for (path, to) in wishes(node, id, agent) {
            add(hand.setting(agent, &path, to));
        }
    }
    let mut answer = Answer::default();
    // What no setting of ours answers, such as another backend: told, not done.
    let left: Vec<_> = findings
        .iter()
        .copied()
        .filter(|finding| !is_answered(&finding.error_code))
        .collect();
    if !left.is_empty() {
        answer.extend(by_hand(id, &left, "only a person can decide this"));
    }
    let mended: Vec<_> = findings
        .iter()
        .copied()
        .filter(|finding| is_answered(&finding.error_code))
        .collect();
    if mended.is_empty() {
        return answer;
    }
    if wanted.is_empty() {
        answer.extend(by_hand(
            id,
            &mended,
            "the setting stands where OpenClaw's CLI cannot change it alone (agents.list)",
        ));
        return answer;
    }
    if id == "openclaw/sandbox-mode" {
        answer.extend(images_first(node, &hand));
    }
    let title = format!("set {}", words::titles(&wanted).join(", "));
    let change = repair(id, &mended, title, Risk::Behaviour)
        .cost(cost(id))
        .undo("the settings have their former values again, through the same CLI")
        .step(hand.configure(wanted));
    answer.extend(Answer::repair(change));
    answer
}

fn is_answered(code: &str) -> bool {
    matches!(
        code,
        "sandbox-mode-off"
            | "sandbox-mode-non-main"
            | "memory-limit-in-bytes"
            | "memory-limit-unset"
            | "cpu-limit-unset"
            | "pids-limit-unset"
            | "network-shared-namespace"
            | "dangerous-switch"
    )
}

fn cost(id: &str) -> &'static str {
    match id {
        "openclaw/sandbox-mode" => {
            "from the next turn on, tools see the sandbox instead of the host's files"
        }
        "openclaw/limits" => {
            "sandboxes that are made from now on have the limits; running ones keep what they have"
        }
        _ => "from the next sandbox on, agents reach no more than the policy says",
    }
}

/// What this check wants of one agent: where, and what.
fn wishes(node: Node<'_>, id: &str, agent: &Agent) -> Vec<(Vec<&'static str>, Option<Value>)> {
    let wishes = node.wishes;
    let docker = &agent.sandbox.docker;
    let sandboxed = agent.sandbox.mode != Mode::Off && agent.sandbox.backend == "docker";
    let mut wanted = Vec::new();
    match id {
        "openclaw/sandbox-mode" => {
            let weaker = match wishes.mode {
                Mode::All => agent.sandbox.mode != Mode::All,
                Mode::NonMain | Mode::Off => agent.sandbox.mode == Mode::Off,
            };
            if weaker {
                wanted.push((vec!["mode"], Some(json!(wishes.mode))));
            }
        }
        "openclaw/limits" if sandboxed => {
            if docker.memory.unwrap_or(0) < LEAST_MEMORY {
                wanted.push((vec!["docker", "memory"], Some(json!(wishes.memory))));
            }
            if docker.cpus.unwrap_or(0.0) <= 0.0 {
                wanted.push((vec!["docker", "cpus"], Some(json!(wishes.cpus))));
            }
            if docker.pids_limit.unwrap_or(0) <= 0 {
                wanted.push((vec!["docker", "pidsLimit"], Some(json!(wishes.pids))));
            }
        }
        "openclaw/network-policy" if sandboxed => {
            if docker.network == "host" || docker.network.starts_with("container:") {
                let network = wishes.network.as_ref().map_or("none", |n| n.name.as_str());
                wanted.push((vec!["docker", "network"], Some(json!(network))));
            }
            for switch in &docker.dangerous {
                let known = [
                    "dangerouslyAllowReservedContainerTargets",
                    "dangerouslyAllowExternalBindSources",
                    "dangerouslyAllowContainerNamespaceJoin",
                ];
                if let Some(key) = known.into_iter().find(|known| known == switch) {
                    debug_assert!(key.starts_with(SWITCH));
                    wanted.push((vec!["docker", key], None));
                }
            }
        }
        _ => {}
    }
    wanted
}

/// A mode that is switched on before its image is there would fail the next turn.
fn images_first(node: Node<'_>, hand: &Hand<'_>) -> Answer {
    let mut answer = Answer::default();
    let images = node.facts.images.get().ok().into_iter().flatten();
    for image in images.filter(|image| {
        let missing = image
            .local
            .get()
            .is_err_and(|why| why.kind == crate::facts::WhyKind::Absent);
        let off = |agent: &&Agent| agent.sandbox.mode == Mode::Off;
        missing
            && hand
                .agents
                .iter()
                .filter(off)
                .any(|agent| image.agents.contains(&agent.id))
    }) {
        match image::provide(node, "image/present", &[], image) {
            Ok(repair) => answer.extend(Answer::repair(repair)),
            Err(why) => answer.extend(by_hand("image/present", &[], why)),
        }
    }
    answer
}

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
    Answer::repair(
        repair(id, findings, title, Risk::Behaviour)
            .cost("sandboxes that are made from now on ask these servers; running ones keep what they have")
            .undo("the settings have their former values again, through the same CLI")
            .step(hand.configure(wanted)),
    )
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
            .parse::<std::net::IpAddr>()
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
