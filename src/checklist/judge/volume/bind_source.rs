//! The sources of `docker.binds` by OpenClaw's own rules, which it applies only when a sandbox is
//! made: the configuration is accepted and the next turn fails.

#![expect(
    clippy::unused_self,
    reason = "judges have one shape, and some have no parameters"
)]

use serde::Deserialize;

use crate::checklist::judge::agents::{Group, grouped, sentence, with_sandboxed};
use crate::checklist::verdict::{Complaint, Ruling};
use crate::facts::host::OsKind;
use crate::facts::openclaw::{Agent, Bind};
use crate::facts::{Facts, Why, is_within};

#[derive(Clone, Debug, PartialEq, Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct BindSource {}

impl BindSource {
    pub(in super::super) fn rule(&self, facts: &Facts) -> Result<Ruling, Why> {
        with_sandboxed(facts, |agents| {
            let linux = facts
                .host
                .platform
                .get()
                .is_ok_and(|p| p.os == OsKind::Linux);
            let binds: Vec<(&str, &Bind)> = agents
                .iter()
                .flat_map(|a| a.sandbox.docker.binds.iter().map(|b| (a.id.as_str(), b)))
                .collect();
            if binds.is_empty() {
                return Ok(Ruling::not_applicable(
                    "no folder is mounted with docker.binds",
                ));
            }
            let complaints = grouped(agents.iter().copied(), |agent| {
                let binds = agent.sandbox.docker.binds.iter();
                binds
                    .filter_map(|bind| Some((bind.clone(), objection(agent, bind, linux)?)))
                    .collect()
            })
            .iter()
            .map(complaint)
            .collect();
            let summary = format!(
                "{} may be mounted",
                crate::checklist::judge::agents::counted(binds.len(), "source")
            );
            Ok(Ruling::found(complaints, summary).evidence("/openclaw/agents", &binds))
        })
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Objection {
    NotAbsolute,
    EngineSocket,
    Blocked(String),
    OutsideRoots(Vec<String>),
    Reserved(&'static str),
    Missing,
    AsksTheScreen,
}

fn complaint(group: &Group<(Bind, Objection)>) -> Complaint {
    let (bind, objection) = &group.what;
    let who = sentence(&group.who());
    let (source, target) = (&bind.source, &bind.target);
    let shown = match &bind.resolved {
        Some(resolved) if resolved != source => format!("{source} (really {resolved})"),
        _ => source.clone(),
    };
    let complaint = match objection {
        Objection::NotAbsolute => Complaint::fail(
            "bind-source-not-absolute",
            format!("{who}: the bind source {shown} is not an absolute path, so OpenClaw refuses it"),
        )
        .hint("write the whole path; named volumes are not accepted in docker.binds"),
        Objection::EngineSocket => Complaint::fail(
            "bind-source-engine-socket",
            format!("{who}: {shown} is the engine's socket; whoever holds it owns the host"),
        )
        .hint("take the socket out of docker.binds"),
        Objection::Blocked(path) => Complaint::fail(
            "bind-source-blocked",
            format!("{who}: OpenClaw refuses to mount {shown}, because of {path}"),
        )
        .hint("mount a folder of the project instead"),
        Objection::OutsideRoots(roots) => Complaint::fail(
            "bind-source-outside-roots",
            format!(
                "{who}: {shown} is outside the folders that may be mounted ({})",
                roots.join(", ")
            ),
        )
        .hint("move the folder into the agent's workspace"),
        Objection::Reserved(reserved) => Complaint::fail(
            "bind-target-reserved",
            format!("{who}: the target {target} of {shown} hides OpenClaw's own mount {reserved}"),
        )
        .hint("choose another target"),
        Objection::Missing => Complaint::fail(
            "bind-source-missing",
            format!("{who}: the bind source {shown} does not exist"),
        )
        .hint(format!("as the user who runs the engine: mkdir -p {source}")),
        Objection::AsksTheScreen => Complaint::warn(
            "bind-source-needs-consent",
            format!("{who}: macOS asks at the screen before a program may read {shown}; nobody sees that on a headless node"),
        )
        .hint("move the folder out of Documents, Desktop, Downloads and iCloud"),
    };
    complaint.target(source).path(group.key("docker.binds"))
}

fn objection(agent: &Agent, bind: &Bind, linux: bool) -> Option<Objection> {
    let lifted = |switch: &str| agent.sandbox.docker.dangerous.iter().any(|d| d == switch);
    let source = tidy(&bind.source);
    if !source.starts_with('/') {
        return Some(Objection::NotAbsolute);
    }
    let resolved = bind.resolved.as_deref().map(tidy);
    let paths: Vec<&str> = std::iter::once(source).chain(resolved).collect();
    if paths.iter().any(|path| is_socket(path)) {
        return Some(Objection::EngineSocket);
    }
    if let Some(blocked) = paths.iter().find_map(|path| blocked(path, agent)) {
        return Some(Objection::Blocked(blocked));
    }
    let roots = roots(agent);
    if !roots.is_empty()
        && !lifted("dangerouslyAllowExternalBindSources")
        && !may_be_mounted(&paths, &roots)
    {
        return Some(Objection::OutsideRoots(roots));
    }
    let target = tidy(&bind.target);
    // OpenClaw's own mounts; https://docs.openclaw.ai/gateway/sandboxing
    let reserved = ["/workspace", "/agent"]
        .into_iter()
        .find(|reserved| is_within(target, reserved));
    if let Some(reserved) = reserved
        && !lifted("dangerouslyAllowReservedContainerTargets")
    {
        return Some(Objection::Reserved(reserved));
    }
    if bind.exists == Some(false) {
        return Some(Objection::Missing);
    }
    if !linux && paths.iter().any(|path| asks_the_screen(path)) {
        return Some(Objection::AsksTheScreen);
    }
    None
}

/// OpenClaw holds its roots against the source as it is written and as links resolve it. A root
/// may lie behind a link itself: then all of the way below it has to be the same.
fn may_be_mounted(paths: &[&str], roots: &[String]) -> bool {
    let [source, links @ ..] = paths else {
        return true;
    };
    let Some(root) = roots.iter().find(|root| is_within(source, root)) else {
        return false;
    };
    let below = &source[root.len()..];
    let same =
        |path: &&str| path.ends_with(below) || roots.iter().any(|root| is_within(path, root));
    links.iter().all(same)
}

/// Without the slash at the end; the root stays.
fn tidy(path: &str) -> &str {
    let path = path.trim();
    match path.trim_end_matches('/') {
        "" if path.starts_with('/') => "/",
        tidy => tidy,
    }
}

pub fn is_socket(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    matches!(
        name,
        "docker.sock" | "podman.sock" | "containerd.sock" | "docker.raw.sock"
    )
}

/// System folders that OpenClaw never mounts, nor anything below or above them.
const SYSTEM: [&str; 10] = [
    "/etc",
    "/private/etc",
    "/proc",
    "/sys",
    "/dev",
    "/root",
    "/boot",
    "/run",
    "/var/run",
    "/private/var/run",
];

/// The root, a system folder, or something in one.
pub fn is_system(path: &str) -> bool {
    path == "/" || SYSTEM.iter().any(|system| is_within(path, system))
}

/// Folders in a home that hold credentials.
const SECRET: [&str; 8] = [
    ".aws", ".cargo", ".config", ".docker", ".gnupg", ".netrc", ".npm", ".ssh",
];

/// What OpenClaw would name as the reason: equal to, below or above a blocked path.
fn blocked(path: &str, agent: &Agent) -> Option<String> {
    if path == "/" {
        return Some("/".to_owned());
    }
    let system = SYSTEM
        .into_iter()
        .find(|system| is_within(path, system) || is_within(system, path));
    if let Some(system) = system {
        return Some(system.to_owned());
    }
    home_of(path, agent).and_then(|home| {
        SECRET
            .into_iter()
            .map(|name| format!("{home}/{name}"))
            .find(|secret| is_within(path, secret) || is_within(secret, path))
    })
}

/// The home folder that a path concerns: the one that holds OpenClaw's state, else by the
/// platforms' habit (`/Users/<name>`, `/home/<name>`).
fn home_of(path: &str, agent: &Agent) -> Option<String> {
    let state = agent.sandbox.workspace_root.as_str();
    let own = state.split_once("/.openclaw").map(|(home, _)| home);
    if let Some(home) = own
        && !home.is_empty()
        && (is_within(path, home) || is_within(home, path))
    {
        return Some(home.to_owned());
    }
    let mut parts = path.split('/').skip(1);
    let (base, name) = (parts.next()?, parts.next()?);
    matches!(base, "Users" | "home").then(|| format!("/{base}/{name}"))
}

/// The sandbox workspaces and the agent's own workspace; empty when not known.
fn roots(agent: &Agent) -> Vec<String> {
    [
        &agent.sandbox.workspace_root,
        &agent.sandbox.agent_workspace,
    ]
    .into_iter()
    .map(|root| tidy(root))
    .filter(|root| !root.is_empty())
    .map(str::to_owned)
    .collect()
}

/// Folders that macOS guards with a question (TCC); <https://github.com/docker/for-mac/issues/7248>
fn asks_the_screen(path: &str) -> bool {
    let mut parts = path.split('/').skip(1);
    let home = parts.next() == Some("Users") && parts.next().is_some();
    let guarded = match (parts.next(), parts.next()) {
        (Some("Library"), below) => matches!(below, Some("Mobile Documents" | "CloudStorage")),
        (folder, _) => matches!(folder, Some("Documents" | "Desktop" | "Downloads")),
    };
    home && guarded
}
