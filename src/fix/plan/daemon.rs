//! The engine's own configuration file, daemon.json: merged key by key, validated, and put back by
//! itself when the engine does not come back with it. What it says holds for everything on the
//! node, so that it is changed only where it is named.

use serde_json::json;

use super::{Answer, Findings, Need, Node, Risk, docker, repair};
use crate::facts::WhyKind;
use crate::facts::docker::ProviderKind;
use crate::fix::edit::{Blank, Change, Dialect, To, diff, edit};
use crate::fix::repair::Repair;
use crate::fix::step::{EditJson, Reader, RestartWhen, Setting, Step};
use crate::redact::hide_secrets;

/// Where a Linux engine looks unless it is told otherwise, which then its socket shows, too.
const LINUX_FILE: &str = "/etc/docker/daemon.json";
const LINUX_SOCKETS: [&str; 2] = ["unix:///var/run/docker.sock", "unix:///run/docker.sock"];

/// Resolvers for every container of the engine, as an alternative to those of single agents.
pub fn dns(node: Node<'_>, id: &str, findings: &Findings<'_>, servers: &[String]) -> Answer {
    match change(node, servers) {
        Ok(step) => {
            let mut change: Repair = repair(
                id,
                findings,
                format!("let every container of the engine ask {}", servers.join(", ")),
                Risk::Restart,
            )
            .about("daemon.json")
            .cost("the engine is restarted: all containers stop, and calls that run in them end. It holds for every container on this node, not for sandboxes alone")
            .undo("the file is as it was, byte for byte, and the engine restarted with it")
            .needs(Need::EngineRestart)
            .named();
            change.steps.push(Step::EditJson(step));
            Answer::repair(change)
        }
        // The agents' own setting is there in any case.
        Err(_) => Answer::default(),
    }
}

fn change(node: Node<'_>, servers: &[String]) -> Result<EditJson, String> {
    let kind = node
        .facts
        .docker
        .provider
        .get()
        .map_err(|why| why.detail)?
        .kind;
    let (path, validate) = file(node, kind)?;
    let (text, sha256) = now(node, &path)?;
    let wanted = Change {
        path: vec!["dns".to_owned()],
        to: To::Set(json!(servers)),
    };
    let edited = edit(
        &text,
        std::slice::from_ref(&wanted),
        Dialect::Plain,
        Blank::AnObject,
    )
    .map_err(|refusal| format!("{path} is left as it is: {refusal}"))?;
    let control = match &node.wishes.control {
        Some(control) => control.clone(),
        None => docker::control(node, kind),
    };
    if control.start.is_empty() || control.stop.is_empty() {
        return Err("how this engine is restarted is not known here".to_owned());
    }
    Ok(EditJson {
        settings: vec![Setting {
            keys: wanted.path,
            before: edited.before.into_iter().next().flatten(),
            to: Some(json!(servers)),
        }],
        diff: hide_secrets(&diff(&text, &edited.text, &path)),
        sha256,
        reader: Some(Reader {
            name: docker::name(Some(kind)).to_owned(),
            endpoint: docker::endpoint(node),
            control,
            when: RestartWhen::After,
            validate,
        }),
        path,
    })
}

/// The file that the engine in force reads, if this user may write it, and what validates it.
fn file(node: Node<'_>, kind: ProviderKind) -> Result<(String, Option<Vec<String>>), String> {
    match kind {
        ProviderKind::DockerDesktop => {
            let path = node.operator.home.join(".docker/daemon.json");
            Ok((path.to_string_lossy().into_owned(), None))
        }
        ProviderKind::LinuxEngine
            if LINUX_SOCKETS.contains(&docker::endpoint(node).as_str())
                && node.operator.uid == 0 =>
        {
            let argv = ["dockerd", "--validate", "--config-file", LINUX_FILE];
            let validate = argv.map(str::to_owned).to_vec();
            Ok((LINUX_FILE.to_owned(), Some(validate)))
        }
        _ => Err("which file this engine reads is not known, or not this user's".to_owned()),
    }
}

/// What the file says now; nothing, when there is none.
fn now(node: Node<'_>, path: &str) -> Result<(String, Option<String>), String> {
    let config = match node.facts.docker.daemon_config.get() {
        Ok(config) => config,
        Err(why) if why.kind == WhyKind::Absent => return Ok((String::new(), None)),
        Err(why) => return Err(why.detail),
    };
    if config.path != path {
        return Err(format!("{} is there as well", config.path));
    }
    let source = config
        .source
        .as_ref()
        .ok_or_else(|| format!("what {path} says is not recorded"))?;
    super::trusted(source, path)?;
    Ok((source.text.clone(), Some(source.sha256.clone())))
}
