//! The way to the engine: a group for the socket, and another context where the one in force leads
//! nowhere. A socket's mode is never changed, and no link takes the place of a choice: on a Mac
//! `/var/run` is wiped at every start.

use super::{Answer, Findings, Node, Risk, advise, by_hand, docker, repair};
use crate::checklist::report::Finding;
use crate::facts::docker::{Candidate, EndpointSource, Owner, ProviderKind, Reach};
use crate::fix::repair::Restart;
use crate::fix::step::{Command, Proof, RunProgram, Step};

const SECONDS: u64 = 30;
const DEFAULT_SOCKET: &str = "/var/run/docker.sock";

pub fn access(node: Node<'_>, findings: &Findings<'_>) -> Answer {
    let id = "docker/access";
    let in_force = node.facts.docker.candidates.iter().find(|c| c.in_force);
    let owner = in_force.and_then(|candidate| candidate.owner.as_ref());
    let group = owner.filter(|_| docker::is_linux(node)).and_then(joinable);
    let (Some(owner), Some(group)) = (owner, group) else {
        let why = "the socket is another user's, or of a group that is not joined for its sake";
        return by_hand(id, findings, why);
    };
    let user = node.operator.user.as_str();
    if owner.members.iter().any(|member| member == user) {
        let lines = vec![
            "log out and in again; a service keeps its groups until its manager is started anew, for which a restart of the machine is sure".to_owned(),
            "then: openclaw gateway restart".to_owned(),
        ];
        let why = format!("{user} is in the group {group} already, and this session began before");
        return advise(id, findings, &why, lines);
    }
    let change = repair(
        id,
        findings,
        format!("add {user} to the group {group}"),
        Risk::Security,
    )
    .cost(format!(
        "whoever acts as {user} is then as good as root on this machine"
    ))
    .undo(format!("{user} is taken out of the group {group} again"))
    .needs_root(node)
    .restart(Restart::Login)
    .step(Step::RunProgram(RunProgram {
        words: format!("add {user} to the group {group}"),
        commands: vec![Command::as_root(["/usr/sbin/usermod", "-aG", group, user])],
        proof: Proof::Member {
            user: user.to_owned(),
            group: group.to_owned(),
        },
        undo: vec![Command::as_root(["/usr/bin/gpasswd", "-d", user, group])],
        seconds: SECONDS,
    }));
    Answer::repair(change)
}

/// The group whose members may write to the socket. Those of all administrators or all users are
/// not joined for a socket's sake.
fn joinable(owner: &Owner) -> Option<&str> {
    let group = owner.group.as_deref()?;
    let mode = u32::from_str_radix(&owner.mode, 8).ok()?;
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let good = mode & 0o020 != 0
        && !["root", "wheel", "staff", "admin", "users"].contains(&group)
        && group.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && group.chars().all(plain);
    good.then_some(group)
}

/// The endpoint leads nowhere, or to an engine that OpenClaw does not know as Docker.
pub fn choice(node: Node<'_>, id: &str, findings: &Findings<'_>) -> Answer {
    let mut answer = Answer::default();
    for finding in findings {
        let wanted = matches!(
            finding.error_code.as_str(),
            "docker-endpoint-unresolved" | "provider-unsupported"
        );
        answer.extend(if wanted {
            switch(node, id, finding)
        } else {
            by_hand(
                id,
                &[*finding],
                "which engine is meant is for a person to say",
            )
        });
    }
    answer
}

/// Another engine for one that does not listen; none where the one in force should be started.
pub fn elsewhere(node: Node<'_>, id: &str, finding: &Finding) -> Option<Answer> {
    let docker = &node.facts.docker;
    if listening(node).is_empty() {
        return None;
    }
    let is_installed = docker::kind(node).is_some_and(|kind| {
        // Where that is not known, the one that was chosen counts as there.
        docker
            .installed
            .get()
            .map_or(true, |kinds| kinds.contains(&kind))
    });
    match docker.endpoint.get().map(|endpoint| endpoint.source) {
        // Nobody chose it, and on a Mac the default is a link that may be gone.
        Ok(EndpointSource::Default) if !docker::is_linux(node) => {}
        Ok(_) if is_installed => return None,
        Ok(_) => {}
        Err(_) => return None,
    }
    Some(switch(node, id, finding))
}

/// `docker context use`, where the context decides and one other engine listens.
fn switch(node: Node<'_>, id: &str, finding: &Finding) -> Answer {
    if let Some(name) = deciding_variable(node) {
        let lines = vec![
            format!(
                "take {name} away where it is set: your shell's start files, the service of the gateway (systemctl --user edit, ~/Library/LaunchAgents, ~/.openclaw/service-env)"
            ),
            "then choose the engine by its context: docker context ls, docker context use NAME"
                .to_owned(),
            "openclaw gateway restart".to_owned(),
        ];
        let why = format!("{name} is set, and wins over every context");
        return advise(id, &[finding], &why, lines);
    }
    match target(node) {
        Ok((docker, context)) => Answer::repair(use_context(node, id, finding, docker, context)),
        Err(why) => by_hand(id, &[finding], why),
    }
}

fn deciding_variable(node: Node<'_>) -> Option<&'static str> {
    ["DOCKER_HOST", "DOCKER_CONTEXT"]
        .into_iter()
        .find(|name| node.operator.var(name).is_some())
        .or(match node.facts.docker.endpoint.get().ok()?.source {
            EndpointSource::HostVariable => Some("DOCKER_HOST"),
            EndpointSource::ContextVariable => Some("DOCKER_CONTEXT"),
            EndpointSource::CurrentContext | EndpointSource::Default => None,
        })
}

/// The Docker CLI and the name of the context to use.
fn target(node: Node<'_>) -> Result<(&str, &str), &'static str> {
    let others = listening(node);
    let other = match others.as_slice() {
        [one] => one,
        [] => return Err("no other engine listens on this machine"),
        _ => return Err("several other engines listen: which one is meant is for a person to say"),
    };
    let context = context_of(node, other).ok_or("no context leads to the engine that listens")?;
    let cli = node.facts.docker.cli.get();
    let cli = cli.map_err(|_| "there is no docker command to choose a context with")?;
    Ok((&cli.path, context))
}

/// Engines of Docker's that listen and are not in force, each once.
fn listening(node: Node<'_>) -> Vec<&Candidate> {
    let mut found: Vec<&Candidate> = Vec::new();
    for candidate in &node.facts.docker.candidates {
        let known = !matches!(
            candidate.provider,
            ProviderKind::Podman | ProviderKind::Unrecognised
        );
        let is_new = !found.iter().any(|one| leads_to(one) == leads_to(candidate));
        if !candidate.in_force && candidate.reach == Reach::Listens && known && is_new {
            found.push(candidate);
        }
    }
    found
}

fn leads_to(candidate: &Candidate) -> &str {
    let path = candidate.resolves_to.as_deref().unwrap_or(&candidate.at);
    path.strip_prefix("unix://").unwrap_or(path)
}

fn context_of<'a>(node: Node<'a>, candidate: &Candidate) -> Option<&'a str> {
    let at = candidate
        .at
        .strip_prefix("unix://")
        .unwrap_or(&candidate.at);
    let contexts = node.facts.docker.contexts.get().ok();
    let places = [at, leads_to(candidate)];
    let named = contexts
        .into_iter()
        .flatten()
        .find(|context| {
            let path = context.url.strip_prefix("unix://");
            path.is_some_and(|path| places.contains(&path))
        })
        .map(|context| context.name.as_str());
    named.or((at == DEFAULT_SOCKET).then_some("default"))
}

fn use_context(
    node: Node<'_>,
    id: &str,
    finding: &Finding,
    docker: &str,
    context: &str,
) -> crate::fix::repair::Repair {
    let before = node.facts.docker.endpoint.get();
    let before = before.ok().map(|endpoint| endpoint.context.as_str());
    let choose = |name: &str| Command::new([docker, "context", "use", name]);
    let title = format!("use the context {context}, whose engine listens");
    let mut change = repair(id, &[finding], title, Risk::Behaviour)
        .cost("all that reads this user's contexts works with that engine then: its images and containers are others")
        .restart(Restart::Gateway)
        .step(Step::RunProgram(RunProgram {
            words: format!("choose the context {context}"),
            commands: vec![choose(context)],
            proof: Proof::Prints {
                // `docker context show` is younger than the CLI of Debian 12.
                argv: [docker, "context", "inspect", "--format", "{{.Name}}"]
                    .map(str::to_owned)
                    .to_vec(),
                words: context.to_owned(),
            },
            undo: before.map(choose).into_iter().collect(),
            seconds: SECONDS,
        }));
    if let Some(before) = before {
        change = change.undo(format!("the context {before} is the current one again"));
    }
    change
}
