//! Whether the sandboxes that stand are shut in as they should be.
//!
//! One cause, one complaint: what differs from the configuration is told by `stale`, and what the
//! configuration itself gives away is told here once for its agents.

#![expect(
    clippy::unused_self,
    reason = "judges have one shape, and some have no parameters"
)]

use serde::Deserialize;

use crate::checklist::judge::agents::{counted, grouped, sentence};
use crate::checklist::judge::image::is_root;
use crate::checklist::judge::volume::{is_socket, is_system};
use crate::checklist::verdict::{Complaint, Ruling};
use crate::drift::{drops_all, owner};
use crate::facts::openclaw::Agent;
use crate::facts::sandbox::{Inside, Standing};
use crate::facts::{Facts, Why, is_within};

#[derive(Clone, Debug, PartialEq, Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Isolation {}

impl Isolation {
    pub(in super::super) fn rule(&self, facts: &Facts) -> Result<Ruling, Why> {
        let agents: Option<Vec<&Agent>> = facts
            .openclaw
            .agents
            .get()
            .ok()
            .map(|agents| agents.iter().filter(|a| a.is_sandboxed()).collect());
        let standing: Vec<&Standing> = facts.standing.get()?.iter().filter(|s| runs(s)).collect();
        let inside: Vec<&Inside> = facts
            .inside
            .get()
            .ok()
            .into_iter()
            .flatten()
            .filter(|inside| inside.confinement.get().is_ok())
            .collect();
        if standing.is_empty() && inside.is_empty() {
            return Ok(Ruling::not_applicable("no sandbox stands"));
        }
        let root_is_told = inside
            .iter()
            .any(|inside| inside.ids.get().is_ok_and(|ids| ids.uid == 0));
        let mut complaints = Vec::new();
        for sandbox in &standing {
            let dangers = dangers(sandbox, agents.as_deref().unwrap_or_default());
            if dangers.is_empty() {
                let config = agents.as_deref().and_then(|agents| owner(sandbox, agents));
                complaints.extend(weaknesses(sandbox, config, root_is_told));
            }
            complaints.extend(dangers);
        }
        if let Some(agents) = &agents {
            complaints.extend(given_away(agents));
        }
        for inside in &inside {
            complaints.extend(not_confined(inside, agents.as_deref().unwrap_or_default()));
        }
        let seen: Vec<_> = inside.iter().map(|inside| &inside.confinement).collect();
        let summary = if standing.is_empty() {
            "the probe is shut in; no sandbox stands".to_owned()
        } else {
            format!("{} shut in", counted(standing.len(), "standing sandbox"))
        };
        Ok(Ruling::found(complaints, summary)
            .evidence("/standing", &standing)
            .evidence("/inside", seen))
    }
}

/// A container that has ended does no harm until it is started again.
pub fn runs(sandbox: &Standing) -> bool {
    !matches!(
        sandbox.state.as_str(),
        "exited" | "dead" | "created" | "removing"
    )
}

pub fn about(sandbox: &Standing, complaint: Complaint) -> Complaint {
    complaint.target(&sandbox.name)
}

/// What makes a sandbox none.
pub fn dangers(sandbox: &Standing, agents: &[&Agent]) -> Vec<Complaint> {
    let name = &sandbox.name;
    let mut found = Vec::new();
    let stop = format!("find out who made it, then: docker stop {name}");
    let mut danger = |code, message: String| {
        found.push(about(
            sandbox,
            Complaint::fail(code, message).hint(stop.clone()),
        ));
    };
    if sandbox.privileged {
        danger(
            "sandbox-privileged",
            format!("{name} is privileged: it owns the host"),
        );
    }
    if !sandbox.cap_add.is_empty() {
        let added = sandbox.cap_add.join(", ");
        danger(
            "sandbox-capabilities-added",
            format!("{name} has more capabilities: {added}"),
        );
    }
    if !sandbox.devices.is_empty() {
        let devices = sandbox.devices.join(", ");
        danger(
            "sandbox-devices",
            format!("{name} has devices of the host: {devices}"),
        );
    }
    for (kind, mode) in [
        ("network", &sandbox.network_mode),
        ("process", &sandbox.pid_mode),
        ("IPC", &sandbox.ipc_mode),
    ] {
        if mode == "host" || mode.starts_with("container:") {
            let message = format!("{name} shares a {kind} namespace: {mode}");
            danger("sandbox-shared-namespace", message);
        }
    }
    for mount in &sandbox.mounts {
        let source = mount.source.as_str();
        if is_socket(source) || is_socket(&mount.target) {
            let message = format!("{name} holds the engine's socket ({source}): it owns the host");
            danger("sandbox-engine-socket", message);
        } else if mount.kind == "bind" && is_system(source) && !is_openclaws_own(source, agents) {
            let message = format!(
                "{name} has {source} of the host mounted at {}",
                mount.target
            );
            danger("sandbox-system-mount", message);
        }
    }
    if let Some(unconfined) = sandbox
        .security_opt
        .iter()
        .find(|o| o.contains("unconfined"))
    {
        danger(
            "sandbox-unconfined",
            format!("{name} runs with {unconfined}"),
        );
    }
    found
}

/// A gateway that runs as root keeps its state below /root, and mounts workspaces from there.
fn is_openclaws_own(source: &str, agents: &[&Agent]) -> bool {
    let ours = |folder: &str| is_within(source, folder);
    is_within(source, "/root/.openclaw")
        || agents
            .iter()
            .any(|a| ours(&a.sandbox.workspace_root) || ours(&a.sandbox.agent_workspace))
}

/// Weak spots that neither the configuration nor a difference from it explains.
pub fn weaknesses(
    sandbox: &Standing,
    config: Option<&Agent>,
    root_is_told: bool,
) -> Vec<Complaint> {
    let name = &sandbox.name;
    let mut found = Vec::new();
    let mut weak = |code, message: String| {
        let hint = "make it anew when it is idle: openclaw sandbox recreate --all";
        found.push(about(sandbox, Complaint::warn(code, message).hint(hint)));
    };
    let nnp =
        |option: &String| option.starts_with("no-new-privileges") && !option.ends_with("false");
    if !sandbox.security_opt.iter().any(nnp) {
        let message = format!("{name} lacks no-new-privileges");
        weak("sandbox-new-privileges", message);
    }
    if is_root(&sandbox.user) && !root_is_told {
        weak("sandbox-runs-as-root", format!("{name} runs as root"));
    }
    if config.is_some() {
        return found;
    }
    if !drops_all(&sandbox.cap_drop) {
        weak(
            "sandbox-capabilities-kept",
            format!("{name} keeps capabilities"),
        );
    }
    if !sandbox.read_only_root {
        weak(
            "sandbox-root-writable",
            format!("{name} can write its root file system"),
        );
    }
    let lacks = [
        (sandbox.memory == 0, "memory"),
        (sandbox.cpus <= 0.0, "processor time"),
        (sandbox.pids_limit <= 0, "processes"),
    ];
    let lacks: Vec<&str> = lacks
        .into_iter()
        .filter_map(|(lacks, what)| lacks.then_some(what))
        .collect();
    if !lacks.is_empty() {
        weak(
            "sandbox-unlimited",
            format!("{name} has no limit on {}", lacks.join(", ")),
        );
    }
    found
}

/// What the configuration takes away from the isolation of its agents.
fn given_away(agents: &[&Agent]) -> Vec<Complaint> {
    #[derive(Clone, Copy, PartialEq)]
    enum Gift {
        Capabilities,
        Root,
    }
    grouped(agents.iter().copied(), |agent| {
        let docker = &agent.sandbox.docker;
        let mut gifts = Vec::new();
        if !drops_all(&docker.cap_drop) {
            gifts.push(Gift::Capabilities);
        }
        if !docker.read_only_root {
            gifts.push(Gift::Root);
        }
        gifts
    })
    .iter()
    .map(|group| {
        let (code, key, what) = match group.what {
            Gift::Capabilities => (
                "sandbox-capabilities-kept",
                "docker.capDrop",
                "the configuration lets sandboxes keep capabilities (capDrop without ALL)",
            ),
            Gift::Root => (
                "sandbox-root-writable",
                "docker.readOnlyRoot",
                "the configuration makes the root file system of sandboxes writable",
            ),
        };
        let key = group.key(key);
        Complaint::warn(code, format!("{}: {what}", sentence(&group.who())))
            .target(group.target())
            .hint(format!("run: openclaw config unset {key}"))
            .path(key)
    })
    .collect()
}

/// What the kernel really holds the probe to, against what was asked for.
pub fn not_confined(inside: &Inside, agents: &[&Agent]) -> Vec<Complaint> {
    let Ok(confinement) = inside.confinement.get() else {
        return Vec::new();
    };
    let target = inside.agents.join(", ");
    let asked = |test: fn(&Agent) -> bool| {
        agents
            .iter()
            .filter(|agent| inside.agents.contains(&agent.id))
            .all(|agent| test(agent))
    };
    let mut found = Vec::new();
    let held = confinement.capabilities.as_deref().filter(|hex| {
        u64::from_str_radix(hex.trim().trim_start_matches("0x"), 16).is_ok_and(|bits| bits != 0)
    });
    if let (Some(hex), true) = (held, asked(|a| drops_all(&a.sandbox.docker.cap_drop))) {
        let message = format!(
            "capabilities were dropped, but inside a sandbox of {target} {hex} are in force"
        );
        found.push(
            Complaint::fail("sandbox-capabilities-in-force", message)
                .target(&target)
                .requirement("CapEff=0")
                .hint("see what changes containers of this engine (its default runtime, plugins)"),
        );
    }
    if confinement.no_new_privileges == Some(false) {
        let message = format!("no-new-privileges is not in force inside a sandbox of {target}");
        found.push(
            Complaint::warn("sandbox-new-privileges", message)
                .target(&target)
                .requirement("NoNewPrivs=1")
                .hint("see what changes containers of this engine (its default runtime, plugins)"),
        );
    }
    let writable = inside
        .root_read_only
        .get()
        .is_ok_and(|read_only| !read_only);
    if writable && asked(|a| a.sandbox.docker.read_only_root) {
        let message = format!("the root file system can be written inside a sandbox of {target}");
        found.push(
            Complaint::warn("sandbox-root-writable", message)
                .target(&target)
                .requirement("read-only root")
                .hint("see what changes containers of this engine (its default runtime, plugins)"),
        );
    }
    found
}
