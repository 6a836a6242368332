//! A gateway in a container: what it lacks is written into a Compose file for the operator to
//! review. Nothing reads the file until they say so, since a mounted socket makes the gateway root
//! on the engine.

use super::{Advice, Answer, Findings, Node, Risk, by_hand, found, repair};
use crate::checklist::report::Finding;
use crate::facts::docker::ProviderKind;
use crate::fix::repair::Moment;
use crate::fix::step::{PlaceFile, Step};

/// The gateway's service in OpenClaw's own docker-compose.yml.
const SERVICE: &str = "openclaw-gateway";
const SOCKET: &str = "/var/run/docker.sock";

pub fn override_for(node: Node<'_>, id: &str, findings: &Findings<'_>, name: &str) -> Answer {
    let (lacks, others): (Vec<&Finding>, Vec<&Finding>) =
        findings.iter().copied().partition(|finding| {
            matches!(
                finding.error_code.as_str(),
                "docker-cli-missing-in-container"
                    | "gateway-socket-not-mounted"
                    | "gateway-socket-denied"
            )
        });
    let mut answer = Answer::default();
    if !others.is_empty() {
        let why = "it is set where the gateway's container is defined";
        answer.extend(by_hand(id, &others, why));
    }
    if lacks.is_empty() {
        return answer;
    }
    // OpenClaw finds its workspaces from inside a container on a Linux engine only.
    let provider = node.facts.docker.provider.get().map(|p| p.kind);
    if provider != Ok(ProviderKind::LinuxEngine) {
        let why = "a gateway in a container drives an engine of Linux only: run it on the host";
        answer.extend(by_hand(id, &lacks, why));
        return answer;
    }
    let folder = node.operator.state_dir().join("compose");
    let path = folder
        .join("openclaw-docker.yml")
        .to_string_lossy()
        .into_owned();
    let title = format!("write {path}, to be reviewed: {}", contents(&lacks));
    let place = Step::PlaceFile(PlaceFile {
        path: path.clone(),
        content: content(node, &lacks),
        mode: "644".to_owned(),
    });
    answer.extend(Answer::repair(
        repair(id, &lacks, title, Risk::Safe)
            .about("compose")
            .cost("none yet: nothing reads the file before you use it")
            .undo("the file is removed")
            .step(place),
    ));
    answer.extend(Answer::advice(Advice {
        check: id.to_owned(),
        findings: found(&lacks),
        why: "whoever reaches the engine's socket is root on its machine, so that a person has to read the file and use it".to_owned(),
        lines: vec![
            format!("read {path}, and change the service's name in it where yours is another"),
            format!("in the folder of the compose file of {name}: docker compose -f docker-compose.yml -f {path} up -d --build {SERVICE}"),
            "this makes the gateway anew, and ends turns that are running".to_owned(),
        ],
        when: Moment::Besides,
    }));
    answer
}

fn lacks_socket(findings: &Findings<'_>) -> bool {
    findings
        .iter()
        .any(|finding| finding.error_code.starts_with("gateway-socket-"))
}

fn lacks_cli(findings: &Findings<'_>) -> bool {
    findings
        .iter()
        .any(|finding| finding.error_code == "docker-cli-missing-in-container")
}

fn contents(findings: &Findings<'_>) -> &'static str {
    match (lacks_cli(findings), lacks_socket(findings)) {
        (true, true) => "the docker command and the engine's socket for the gateway's container",
        (true, false) => "the docker command for the gateway's container",
        (false, _) => "the engine's socket for the gateway's container",
    }
}

/// Compose lays it over the operator's own file: lists are joined, the rest is replaced
/// (docs.docker.com/compose/how-tos/multiple-compose-files/merge).
fn content(node: Node<'_>, findings: &Findings<'_>) -> String {
    let mut text = format!(
        "# Lets OpenClaw's gateway drive the engine. Read it before you use it: whoever reaches the\n\
         # engine's socket is root on its machine. It is laid over your own file:\n\
         #   docker compose -f docker-compose.yml -f THIS_FILE up -d --build {SERVICE}\n\
         services:\n  {SERVICE}:\n"
    );
    if lacks_cli(findings) {
        text.push_str(
            "    # An argument of the image's build, so that it needs a checkout of OpenClaw; a\n    \
             # running container does not look at it.\n    \
             build:\n      args:\n        OPENCLAW_INSTALL_DOCKER_CLI: \"1\"\n",
        );
    }
    if lacks_socket(findings) {
        let (socket, gid) = socket(node);
        let volume = serde_json::Value::from(format!("{socket}:{SOCKET}"));
        text.push_str("    volumes:\n      - ");
        // A JSON string is a string of YAML.
        text.push_str(&volume.to_string());
        text.push_str("\n    # The group that owns the socket on this machine.\n    group_add:\n");
        let gid = gid.map_or_else(|| "GID".to_owned(), |gid| gid.to_string());
        text.push_str("      - \"");
        text.push_str(&gid);
        text.push_str("\"\n");
        if gid == "GID" {
            text.push_str("      # GID is to be filled in: stat -c %g /var/run/docker.sock\n");
        }
    }
    text
}

/// The socket in force on this machine, and the group that owns it.
fn socket(node: Node<'_>) -> (String, Option<u32>) {
    let candidates = &node.facts.docker.candidates;
    let in_force = candidates.iter().find(|candidate| candidate.in_force);
    let path = in_force.map(|one| one.at.strip_prefix("unix://").unwrap_or(&one.at));
    (
        path.filter(|path| path.starts_with('/'))
            .unwrap_or(SOCKET)
            .to_owned(),
        in_force
            .and_then(|one| one.owner.as_ref())
            .map(|owner| owner.gid),
    )
}
