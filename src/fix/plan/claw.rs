//! OpenClaw's settings: always through its own CLI, which validates and keeps its own backups. A
//! file that was edited behind its back is silently replaced by an older one
//! (<https://github.com/openclaw/openclaw/issues/126806>).

use serde_json::{Value, json};

use super::{Answer, Findings, Node, Risk, by_hand, image, repair};
use crate::facts::openclaw::{Agent, ConfigFile, LEAST_MEMORY, Mode, Scope, Written};
use crate::fix::step::{Configure, Setting, Step};
use crate::fix::words;

/// What OpenClaw's own switches for risks are called.
const SWITCH: &str = "dangerously";

/// What there is to change, and the CLI to change it with.
pub struct Hand<'a> {
    program: &'a str,
    config: &'a ConfigFile,
    content: &'a str,
    written: &'a Written,
    pub agents: &'a [Agent],
}

impl<'a> Hand<'a> {
    /// Why OpenClaw's config cannot be changed from here.
    pub fn of(node: Node<'a>) -> Result<Self, String> {
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
    pub fn setting(&self, agent: &Agent, path: &[&str], to: Option<Value>) -> Option<Setting> {
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

    pub fn configure(&self, settings: Vec<Setting>) -> Step {
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
    let images = answer.repairs.iter().map(|one| one.id.clone()).collect();
    let title = format!("set {}", words::titles(&wanted).join(", "));
    let change = repair(id, &mended, title, Risk::Behaviour)
        .cost(cost(id))
        .undo("the settings have their former values again, through the same CLI")
        .waits_for(images)
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
