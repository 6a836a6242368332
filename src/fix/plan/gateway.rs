//! OpenClaw's gateway: started through its own CLI, and given a way to drive Docker.

use super::{Answer, Findings, Need, Node, Risk, advise, by_hand, compose, repair};
use crate::facts::host::ServiceManager;
use crate::facts::openclaw::Placement;
use crate::fix::step::{Command, PlaceLink, Proof, RunProgram, Step};

/// OpenClaw's CLI takes seconds to start, and a gateway half a minute.
const SECONDS: u64 = 240;

/// The gateway: installed as a service and started, through OpenClaw's own CLI.
pub fn gateway(node: Node<'_>, findings: &Findings<'_>) -> Answer {
    let id = "openclaw/gateway";
    if let Some(why) = super::claw::of_another(node) {
        return by_hand(id, findings, &why);
    }
    let Ok(gateway) = node.facts.openclaw.gateway.get() else {
        return by_hand(id, findings, "the gateway could not be looked at");
    };
    let install = node.facts.openclaw.install.get().ok();
    let Some(program) = install.and_then(|install| install.program.as_deref()) else {
        return by_hand(
            id,
            findings,
            "there is no `openclaw` command to start it with",
        );
    };
    let mut answer = Answer::default();
    for finding in findings {
        if finding.error_code == "gateway-not-running" && has_no_service_manager(node) {
            answer.extend(under_another(node, id, &[*finding], program));
            continue;
        }
        let (words, verb, undo) = match (finding.error_code.as_str(), &gateway.placement) {
            ("gateway-not-running", Placement::Missing) => (
                "install the gateway as a service and start it",
                "install",
                Some("uninstall"),
            ),
            ("gateway-not-running", Placement::Installed { .. }) => {
                ("start the gateway", "start", Some("stop"))
            }
            ("stray-dockerenv", _) => {
                let why = "only a person can be sure that this machine is no container";
                answer.extend(by_hand(id, &[*finding], why));
                continue;
            }
            ("gateway-state-not-writable", _) => {
                let why =
                    "the folder is the engine's machine's, and what else uses it is not known";
                answer.extend(by_hand(id, &[*finding], why));
                continue;
            }
            ("gateway-cli-without-names", _) => {
                let why = "it is set where the container is defined, and only commands that reach out need it";
                answer.extend(by_hand(id, &[*finding], why));
                continue;
            }
            _ => {
                let why = "the gateway's own log says why; a restart ends what agents are doing";
                answer.extend(by_hand(id, &[*finding], why));
                continue;
            }
        };
        let command = |verb: &str| openclaw_command(node, program, &["gateway", verb]);
        let mut change = repair(id, &[*finding], words, Risk::Behaviour)
            .cost("agents are at work from then on")
            .step(Step::RunProgram(RunProgram {
                words: words.to_owned(),
                commands: vec![command(verb)],
                proof: Proof::Answers {
                    port: gateway.port.unwrap_or(18_789),
                    path: "/readyz".to_owned(),
                },
                undo: undo.map(command).into_iter().collect(),
                seconds: SECONDS,
            }));
        change = match undo {
            Some("uninstall") => change.undo("the service is uninstalled again"),
            _ => change.undo("the gateway is stopped again"),
        };
        answer.extend(Answer::repair(change));
    }
    answer
}

fn has_no_service_manager(node: Node<'_>) -> bool {
    let software = node.facts.host.software.get();
    software.is_ok_and(|known| known.service_manager == Some(ServiceManager::Neither))
}

/// `openclaw gateway install` and `start` end with an error there ("No supported service manager
/// detected", 2026.9.6), and a gateway that we start ourselves would end with the login.
fn under_another(node: Node<'_>, id: &str, findings: &Findings<'_>, program: &str) -> Answer {
    let command = super::bring_up::shell(&openclaw_command(node, program, &["gateway", "run"]));
    let lines = vec![
        format!(
            "as {}, keep this running by what starts services here: {command}",
            node.operator.user
        ),
        "it stays in the foreground and ends on SIGTERM; start it anew whenever it ends".to_owned(),
        format!("then: clawdoctor check --only {id}"),
    ];
    let why =
        "neither systemd nor launchd runs here, and OpenClaw installs its service with no other";
    advise(id, findings, why, lines)
}

/// The docker command on the gateway's own PATH, and the engine's socket for a gateway in a
/// container.
pub fn docker_cli(node: Node<'_>, findings: &Findings<'_>) -> Answer {
    let id = "openclaw/docker-cli";
    let placement = node
        .facts
        .openclaw
        .gateway
        .get()
        .map(|g| g.placement.clone());
    if let Ok(Placement::Container { name, .. }) = placement {
        return compose::override_for(node, id, findings, &name);
    }
    let mut answer = Answer::default();
    for finding in findings {
        let link = match finding.error_code.as_str() {
            "docker-cli-missing" => link(node),
            "gateway-in-another-engine" => {
                Err("which of the two engines is meant is for a person to say")
            }
            _ => Err("it is set where the gateway's service is defined"),
        };
        match link {
            Ok(link) => {
                let title = format!("link {} to {}", link.path, link.target);
                let sudo = !is_own(node, &link.path);
                let mut change = repair(id, &[*finding], title, Risk::Safe)
                    .undo("the link is removed")
                    .step(Step::PlaceLink(link));
                if sudo {
                    change = change.needs(Need::Sudo);
                }
                answer.extend(Answer::repair(change));
            }
            Err(why) => answer.extend(by_hand(id, &[*finding], why)),
        }
    }
    answer
}

/// A link in a folder that is on the gateway's PATH and that this user may write to. A search of
/// the PATH finds it at once, without a restart.
fn link(node: Node<'_>) -> Result<PlaceLink, &'static str> {
    let gateway = node
        .facts
        .openclaw
        .gateway
        .get()
        .map_err(|_| "the gateway could not be looked at")?;
    let target = node
        .facts
        .docker
        .cli
        .get()
        .map(|cli| cli.path.clone())
        .map_err(|_| "no docker command is on this machine's PATH either: install one first")?;
    let mine = |folder: &&String| is_own(node, folder);
    let folder = gateway
        .path
        .iter()
        .find(mine)
        .or_else(|| gateway.path.iter().find(|f| *f == "/usr/local/bin"))
        .ok_or("no folder on the gateway's PATH is one for links: set its service's PATH")?;
    Ok(PlaceLink {
        path: format!("{folder}/docker"),
        target,
    })
}

/// Below the user's own home: no rights of anybody else are needed.
fn is_own(node: Node<'_>, path: &str) -> bool {
    std::path::Path::new(path).starts_with(&node.operator.home)
}

/// A command of OpenClaw's with its own Node.js first on the PATH: its script asks `env` for
/// `node`, and the service that it installs keeps the one that ran it.
fn openclaw_command(node: Node<'_>, program: &str, arguments: &[&str]) -> Command {
    let mut argv: Vec<String> = Vec::new();
    let beside = node.facts.openclaw.node.get().ok();
    let folder = beside.and_then(|runtime| Some(runtime.path.rsplit_once('/')?.0.to_owned()));
    let path = node.operator.var("PATH").unwrap_or_default();
    if let Some(folder) = folder.filter(|folder| path.split(':').next() != Some(folder)) {
        argv.push("/usr/bin/env".to_owned());
        argv.push(format!("PATH={folder}:{path}"));
    }
    argv.push(program.to_owned());
    argv.extend(arguments.iter().map(|&word| word.to_owned()));
    Command {
        argv,
        as_root: false,
    }
}
