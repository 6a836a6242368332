//! An engine for a machine that has none: the distribution's on Linux, Docker Desktop from its own
//! installer on a Mac. No Homebrew is assumed.

use super::{
    Advice, Answer, Findings, Moment, Need, Node, Risk, advise, by_hand, found, headless, repair,
};
use crate::facts::docker::{EndpointSource, ProviderKind, Reach};
use crate::facts::host::OsKind;
use crate::fix::step::{Command, Proof, RunProgram, Step};
use crate::fix::words::quoted;

/// Some 600 MB are fetched, and macOS looks through all of them before the first start.
const DESKTOP_SECONDS: u64 = 3600;
pub const APT_SECONDS: u64 = 1200;

/// Whose signature Docker Desktop bears: Docker Inc's team at Apple.
const DOCKER_TEAM: &str = "=anchor apple generic and certificate leaf[subject.OU] = \"9BNSXJN65R\"";

/// No engine is on this machine, none listens, and no variable or other machine's address says
/// that one is meant elsewhere. A context may be left of an engine that was uninstalled.
pub fn is_bare(node: Node<'_>) -> bool {
    let docker = &node.facts.docker;
    // Podman and Lima are no engines of Docker's by themselves.
    let is_engine =
        |kind: &ProviderKind| !matches!(kind, ProviderKind::Podman | ProviderKind::Lima);
    let installed = docker.installed.get();
    let is_here = docker.endpoint.get().is_ok_and(|endpoint| {
        let by_variable = matches!(
            endpoint.source,
            EndpointSource::HostVariable | EndpointSource::ContextVariable
        );
        !by_variable && endpoint.url.starts_with("unix://")
    });
    installed.is_ok_and(|kinds| !kinds.iter().any(is_engine))
        && docker.app.get().is_err()
        && is_here
        && !docker
            .candidates
            .iter()
            .any(|one| one.reach == Reach::Listens)
        && node.wishes.control.is_none()
}

pub fn engine(node: Node<'_>, id: &str, findings: &Findings<'_>) -> Answer {
    match node.facts.host.platform.get().map(|platform| platform.os) {
        Ok(OsKind::Linux) => of_distribution(node, id, findings),
        Ok(OsKind::Macos) => docker_desktop(node, id, findings),
        Err(_) => by_hand(id, findings, "it is not known what machine this is"),
    }
}

fn of_distribution(node: Node<'_>, id: &str, findings: &Findings<'_>) -> Answer {
    let software = node.facts.host.software.get();
    let Some(apt) = software.ok().and_then(|software| software.apt.as_ref()) else {
        let lines = vec![
            "install it by the distribution's own means: https://docs.docker.com/engine/install/"
                .to_owned(),
            format!("more: clawdoctor explain {id}"),
        ];
        let why = "no engine is installed, and how this system installs one is not known";
        return advise(id, findings, why, lines);
    };
    let names = packages(node);
    let missing: Vec<&str> = names
        .iter()
        .copied()
        .filter(|name| !apt.installed.iter().any(|known| known == name))
        .collect();
    let title = format!("install the distribution's engine ({})", names.join(", "));
    if !node.wishes.network_allowed {
        return by_hand(id, findings, "without the network nothing can be installed");
    }
    let change = repair(id, findings, title, Risk::Behaviour)
        .about("docker.io")
        .cost("a service that runs as root, with firewall rules of its own, is installed and started; nobody joins its group yet")
        .undo(format!("the packages are removed again ({}); images and volumes stay", missing.join(", ")))
        .needs(Need::Network)
        .needs_root(node)
        .step(Step::RunProgram(RunProgram {
            words: format!("install the packages {}", names.join(", ")),
            commands: vec![apt_get(&["update"]), apt_get(&with(&["install", "-y"], &names))],
            proof: Proof::Packages {
                names: names.iter().map(|&name| name.to_owned()).collect(),
            },
            undo: vec![apt_get(&with(&["remove", "-y"], &missing))],
            seconds: APT_SECONDS,
        }));
    Answer::repair(change)
}

/// Since Debian 13 the CLI is a package of its own, which docker.io only recommends
/// (<https://packages.debian.org/trixie/docker-cli>). Ubuntu's docker.io has it inside.
fn packages(node: Node<'_>) -> Vec<&'static str> {
    let split = node.facts.host.os.get().is_ok_and(|os| {
        let major: Option<u32> = os
            .version
            .split(['.', ' '])
            .next()
            .and_then(|n| n.parse().ok());
        // Testing and unstable name no version.
        os.name.starts_with("Debian") && major.is_none_or(|major| major >= 13)
    });
    if split {
        vec!["docker.io", "docker-cli"]
    } else {
        vec!["docker.io"]
    }
}

fn with<'a>(first: &[&'a str], rest: &[&'a str]) -> Vec<&'a str> {
    first.iter().chain(rest).copied().collect()
}

/// A question of a package would wait for an answer that nobody gives.
pub fn apt_get(words: &[&str]) -> Command {
    let argv = ["/usr/bin/env", "DEBIAN_FRONTEND=noninteractive", "apt-get"];
    Command {
        argv: with(&argv, words).into_iter().map(str::to_owned).collect(),
        as_root: true,
    }
}

/// A download with curl, which every Mac has, into a folder of ours.
pub fn fetch(url: &str, file: &str) -> Command {
    Command::new([
        "/usr/bin/curl",
        "--fail",
        "--location",
        "--silent",
        "--show-error",
        "--proto",
        "=https",
        "--create-dirs",
        "--output",
        file,
        url,
    ])
}

/// A file in our own folder for what is fetched.
pub fn download(node: Node<'_>, name: &str) -> String {
    let folder = node.operator.state_dir().join("downloads");
    folder.join(name).to_string_lossy().into_owned()
}

/// <https://docs.docker.com/desktop/setup/install/mac-install/#install-from-the-command-line>. Its
/// installer does not sign for anybody: the terms are accepted by the operator, or it is left to
/// them.
fn docker_desktop(node: Node<'_>, id: &str, findings: &Findings<'_>) -> Answer {
    let commands = desktop_commands(node);
    let screen = Answer::advice(Advice {
        check: id.to_owned(),
        findings: found(findings),
        why: "it needs somebody at the screen, once".to_owned(),
        lines: headless::for_the_screen(node),
        when: Moment::Before,
    });
    let ready = node.wishes.docker_licence && node.wishes.network_allowed;
    if !ready || node.operator.uid == 0 {
        let mut answer = screen;
        answer.extend(Answer::advice(Advice {
            check: id.to_owned(),
            findings: found(findings),
            why: match (node.wishes.network_allowed, node.operator.uid) {
                (false, _) => "without the network nothing can be installed",
                (true, 0) => "Docker Desktop belongs to one user, who has to run this",
                (true, _) => {
                    "no engine is installed, and Docker's terms are for a person to accept"
                }
            }
            .to_owned(),
            lines: by_hand_on_a_mac(&commands),
            when: Moment::Besides,
        }));
        return answer;
    }
    let mut answer = screen;
    answer.extend(Answer::repair(
        repair(id, findings, "install Docker Desktop", Risk::Behaviour)
            .about("docker-desktop")
            .cost(format!(
                "Docker's terms are accepted in your name; some 600 MB are fetched, and {} alone may run it",
                node.operator.user
            ))
            .needs(Need::Network)
            .needs(Need::Sudo)
            .step(Step::RunProgram(RunProgram {
                words: "install Docker Desktop".to_owned(),
                commands,
                proof: Proof::Program {
                    paths: vec![super::docker::DESKTOP_CLI.to_owned()],
                },
                undo: Vec::new(),
                seconds: DESKTOP_SECONDS,
            })),
    ));
    answer
}

fn desktop_commands(node: Node<'_>) -> Vec<Command> {
    let file = download(node, "Docker.dmg");
    let platform = node.facts.host.platform.get();
    let arch = match platform.map(|platform| platform.arch.as_str() == "x86_64") {
        Ok(true) => "amd64",
        Ok(false) | Err(_) => "arm64",
    };
    let user = format!("--user={}", node.operator.user);
    let app = "/Volumes/Docker/Docker.app";
    vec![
        fetch(
            &format!("https://desktop.docker.com/mac/main/{arch}/Docker.dmg"),
            &file,
        ),
        Command::new([
            "/usr/bin/hdiutil",
            "attach",
            "-nobrowse",
            "-readonly",
            &file,
        ]),
        // What is about to run as root is Docker's own, whoever served it.
        Command::new([
            "/usr/bin/codesign",
            "--verify",
            "--strict",
            "--test-requirement",
            DOCKER_TEAM,
            app,
        ]),
        Command::as_root([
            "/Volumes/Docker/Docker.app/Contents/MacOS/install",
            "--accept-license",
            &user,
        ]),
        Command::new(["/usr/bin/hdiutil", "detach", "/Volumes/Docker"]),
        Command::new(["/bin/rm", "-f", &file]),
    ]
}

fn by_hand_on_a_mac(commands: &[Command]) -> Vec<String> {
    let mut lines = vec![
        "read the terms: https://www.docker.com/legal/docker-subscription-service-agreement (companies with more than 250 people or 10 million dollars of revenue need a subscription)".to_owned(),
        "where you accept them: clawdoctor fix docker/running --accept-docker-license".to_owned(),
        "or the same by hand:".to_owned(),
    ];
    lines.extend(
        commands
            .iter()
            .map(|command| format!("  {}", shell(command))),
    );
    lines.push(
        "or OrbStack, which has terms of its own (https://orbstack.dev/terms) and also starts without a screen: https://orbstack.dev/download, then: orb start"
            .to_owned(),
    );
    lines
}

/// A command as a person types it.
pub fn shell(command: &Command) -> String {
    let words = command.argv.iter().map(|word| quoted(word));
    let sudo = command.as_root.then(|| "sudo".to_owned());
    sudo.into_iter().chain(words).collect::<Vec<_>>().join(" ")
}
