//! The engine: started, started anew, and reached by the right way.

use super::{Answer, Findings, Need, Node, Risk, bring_up, by_hand, reach, repair};
use crate::checklist::report::Finding;
use crate::facts::docker::{Candidate, ProviderKind};
use crate::facts::host::OsKind;
use crate::fix::step::{Command, Control, ControlEngine, EngineWish, Step};

/// Docker Desktop's own copy of the CLI, where PATH has none.
pub const DESKTOP_CLI: &str = "/Applications/Docker.app/Contents/Resources/bin/docker";

pub fn running(node: Node<'_>, findings: &Findings<'_>) -> Answer {
    let id = "docker/running";
    let mut answer = Answer::default();
    for finding in findings {
        answer.extend(match finding.error_code.as_str() {
            "engine-not-running" | "stale-socket" => missing(node, id, finding),
            "engine-hung" => restart(node, id, finding),
            _ => by_hand(
                id,
                &[*finding],
                "what answers there is no engine that could be started",
            ),
        });
    }
    answer
}

/// Nobody listens there: the engine is not even installed, another one is meant, or it stands
/// still.
fn missing(node: Node<'_>, id: &str, finding: &Finding) -> Answer {
    if bring_up::is_bare(node) {
        return bring_up::engine(node, id, &[finding]);
    }
    match reach::elsewhere(node, id, finding) {
        Some(answer) => answer,
        None => start(node, id, finding),
    }
}

fn start(node: Node<'_>, id: &str, finding: &Finding) -> Answer {
    let (kind, control) = match known(node) {
        Ok(known) => known,
        Err(why) => return by_hand(id, &[finding], why),
    };
    if control.start.is_empty() {
        return by_hand(
            id,
            &[finding],
            "how this engine is started is not known here",
        );
    }
    if let Some(why) = nobody_at_screen(node, kind) {
        return by_hand(id, &[finding], why);
    }
    let name = name(kind);
    let mut change = repair(id, &[finding], format!("start {name}"), Risk::Safe)
        .undo(format!("{name} is stopped again"))
        .step(Step::ControlEngine(ControlEngine {
            wish: EngineWish::Start,
            endpoint: endpoint(node),
            name: name.to_owned(),
            control: control.clone(),
        }));
    if is_desktop_app(kind) {
        change = change.needs(Need::GuiSession);
    }
    if control.start.iter().any(|command| command.as_root) && node.operator.uid != 0 {
        change = change.needs(Need::Sudo);
    }
    Answer::repair(change)
}

fn restart(node: Node<'_>, id: &str, finding: &Finding) -> Answer {
    let (kind, control) = match known(node) {
        Ok(known) => known,
        Err(why) => return by_hand(id, &[finding], why),
    };
    if control.start.is_empty() || control.stop.is_empty() {
        return by_hand(
            id,
            &[finding],
            "how this engine is restarted is not known here",
        );
    }
    let name = name(kind);
    Answer::repair(
        repair(
            id,
            &[finding],
            format!("restart {name}, which hangs"),
            Risk::Restart,
        )
        .cost("all containers stop, and calls that run in them end")
        .needs(Need::EngineRestart)
        .step(Step::ControlEngine(ControlEngine {
            wish: EngineWish::Restart,
            endpoint: endpoint(node),
            name: name.to_owned(),
            control,
        })),
    )
}

/// Whose engine is in force, and how it is started and stopped on this node.
fn known(node: Node<'_>) -> Result<(Option<ProviderKind>, Control), &'static str> {
    let kind = kind(node);
    if let Some(control) = &node.wishes.control {
        return Ok((kind, control.clone()));
    }
    let kind = kind.ok_or("it is not known whose engine is in force")?;
    Ok((Some(kind), control(node, kind)))
}

/// The commands for an engine of this kind.
pub fn control(node: Node<'_>, kind: ProviderKind) -> Control {
    match kind {
        ProviderKind::DockerDesktop => desktop(node),
        ProviderKind::Orbstack => Control {
            start: vec![Command::new(["orb", "start"])],
            stop: vec![Command::new(["orb", "stop"])],
            kill: vec![Command::new(["pkill", "-9", "-f", "OrbStack Helper"])],
        },
        ProviderKind::Colima => {
            let profile = folder_name(node, "/.colima/").unwrap_or("default");
            let colima = |verb| Command::new(["colima", verb, "--profile", profile]);
            Control {
                start: vec![colima("start")],
                stop: vec![colima("stop")],
                kill: vec![Command::new([
                    "colima",
                    "stop",
                    "--force",
                    "--profile",
                    profile,
                ])],
            }
        }
        ProviderKind::Lima => match folder_name(node, "/.lima/") {
            Some(instance) => Control {
                start: vec![Command::new(["limactl", "start", instance])],
                stop: vec![Command::new(["limactl", "stop", instance])],
                kill: vec![Command::new(["limactl", "stop", "--force", instance])],
            },
            None => Control::default(),
        },
        ProviderKind::RancherDesktop => Control {
            start: vec![Command::new(["rdctl", "start"])],
            stop: vec![Command::new(["rdctl", "shutdown"])],
            kill: Vec::new(),
        },
        ProviderKind::Podman => Control {
            start: vec![Command::new(["podman", "machine", "start"])],
            stop: vec![Command::new(["podman", "machine", "stop"])],
            kill: Vec::new(),
        },
        ProviderKind::LinuxEngine if endpoint(node).contains("/run/user/") => {
            let systemctl = |verb| Command::new(["systemctl", "--user", verb, "docker"]);
            Control {
                start: vec![systemctl("start")],
                stop: vec![systemctl("stop")],
                kill: vec![Command::new([
                    "systemctl",
                    "--user",
                    "kill",
                    "-s",
                    "KILL",
                    "docker",
                ])],
            }
        }
        // Where systemd does not run, the distribution's init script does.
        ProviderKind::LinuxEngine => Control {
            start: vec![
                Command::as_root(["systemctl", "start", "docker"]),
                Command::as_root(["service", "docker", "start"]),
            ],
            stop: vec![
                Command::as_root(["systemctl", "stop", "docker.socket", "docker"]),
                Command::as_root(["service", "docker", "stop"]),
            ],
            kill: vec![Command::as_root([
                "systemctl",
                "kill",
                "-s",
                "KILL",
                "docker",
            ])],
        },
        ProviderKind::Unrecognised => Control::default(),
    }
}

/// `docker desktop start` never comes back in some releases from 4.63 to 4.80
/// (<https://github.com/docker/desktop-feedback/issues/238>), so that it is tried under a bound
/// and `open` follows. Both need a login session at the screen.
fn desktop(node: Node<'_>) -> Control {
    let cli = node.facts.docker.cli.get();
    let docker = cli.map_or(DESKTOP_CLI.to_owned(), |cli| cli.path.clone());
    if is_linux(node) {
        let systemctl = |verb| Command::new(["systemctl", "--user", verb, "docker-desktop"]);
        return Control {
            start: vec![systemctl("start")],
            stop: vec![systemctl("stop")],
            kill: Vec::new(),
        };
    }
    Control {
        start: vec![
            Command::new([docker.as_str(), "desktop", "start", "--timeout", "60"]),
            Command::new(["/usr/bin/open", "-g", "-a", "Docker"]),
        ],
        stop: vec![
            Command::new([docker.as_str(), "desktop", "stop", "--timeout", "60"]),
            Command::new(["/usr/bin/osascript", "-e", "quit app \"Docker\""]),
        ],
        kill: vec![
            Command::new([
                docker.as_str(),
                "desktop",
                "stop",
                "--force",
                "--timeout",
                "60",
            ]),
            Command::new(["/usr/bin/pkill", "-9", "-f", "com.docker.backend"]),
        ],
    }
}

pub fn is_linux(node: Node<'_>) -> bool {
    let platform = node.facts.host.platform.get();
    platform.is_ok_and(|platform| platform.os == OsKind::Linux)
}

/// The part of the endpoint's path right behind `marker`: a profile's or an instance's name.
fn folder_name<'a>(node: Node<'a>, marker: &str) -> Option<&'a str> {
    let url = &node.facts.docker.endpoint.get().ok()?.url;
    let (_, rest) = url.split_once(marker)?;
    let name = rest.split('/').next()?;
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    (!name.is_empty() && !name.starts_with('-') && name.chars().all(plain)).then_some(name)
}

/// Whose place the endpoint in force is; a link says more than the place it stands at.
pub fn kind(node: Node<'_>) -> Option<ProviderKind> {
    if let Ok(provider) = node.facts.docker.provider.get() {
        return Some(provider.kind);
    }
    let in_force = |candidate: &&Candidate| candidate.in_force;
    let candidate = node.facts.docker.candidates.iter().find(in_force)?;
    let leads = candidate.resolves_to.as_deref().unwrap_or_default();
    let by_link = [
        ("/.docker/run/", ProviderKind::DockerDesktop),
        ("/.orbstack/", ProviderKind::Orbstack),
        ("/.colima/", ProviderKind::Colima),
        ("/.rd/", ProviderKind::RancherDesktop),
        ("/podman/", ProviderKind::Podman),
        ("/.lima/", ProviderKind::Lima),
    ]
    .into_iter()
    .find(|(part, _)| leads.contains(part))
    .map(|(_, kind)| kind);
    by_link
        .or(Some(candidate.provider))
        .filter(|kind| *kind != ProviderKind::Unrecognised)
}

pub fn endpoint(node: Node<'_>) -> String {
    let endpoint = node.facts.docker.endpoint.get();
    endpoint.map_or(String::new(), |endpoint| endpoint.url.clone())
}

pub fn name(kind: Option<ProviderKind>) -> &'static str {
    match kind {
        Some(ProviderKind::DockerDesktop) => "Docker Desktop",
        Some(ProviderKind::Orbstack) => "OrbStack",
        Some(ProviderKind::Colima) => "Colima",
        Some(ProviderKind::RancherDesktop) => "Rancher Desktop",
        Some(ProviderKind::Podman) => "Podman's machine",
        Some(ProviderKind::Lima) => "the Lima instance",
        Some(ProviderKind::LinuxEngine | ProviderKind::Unrecognised) | None => "the Docker engine",
    }
}

fn is_desktop_app(kind: Option<ProviderKind>) -> bool {
    matches!(
        kind,
        Some(ProviderKind::DockerDesktop | ProviderKind::RancherDesktop)
    )
}

/// Docker Desktop starts only in the login session of its user.
pub fn nobody_at_screen(node: Node<'_>, kind: Option<ProviderKind>) -> Option<&'static str> {
    if !is_desktop_app(kind) || is_linux(node) {
        return None;
    }
    let login = node.facts.host.login.get().ok()?;
    match &login.console_user {
        None => Some("nobody is logged in at the screen, and it starts in a login session only"),
        Some(user) if *user != login.user => Some(
            "somebody else is logged in at the screen, and it starts in its own user's session only",
        ),
        Some(_) => None,
    }
}
