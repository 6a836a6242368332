//! The effective sandbox settings of every agent. Pure: a config in, agents out; what lies on the disk is looked at in `disk.rs`.
//!
//! The merge is OpenClaw 2026.9.6's: a value of the agent wins over one of the defaults, binds of
//! both are joined, environment and ulimits are merged by name, and scope `shared` ignores the
//! agent's `docker` object (<https://docs.openclaw.ai/gateway/config-agents/sandbox>). The
//! defaults themselves are those of `facts::openclaw`.

use std::collections::BTreeSet;

use serde_json::Value;

use super::place::Place;
use super::reader::{Fault, FaultKind};
use super::roster::{defaults, entries, workspaces};
use super::section::{self, DANGEROUS, DockerSection, Section};
use crate::facts::openclaw::{Agent, Bind, Docker, Refused, Relabel, Sandbox, Scope};
use crate::facts::{Why, WhyKind};
use crate::text::wash;

/// Paths may be long.
pub const LONGEST: usize = 4096;

pub fn effective(config: &Value, place: &Place) -> Result<Vec<Agent>, Why> {
    let mut faults = Vec::new();
    let entries = entries(config, &mut faults);
    let defaults = section::read(defaults(config), "agents.defaults", &mut faults);
    let sections: Vec<Section> = entries
        .iter()
        .map(|entry| section::read(entry.value, &entry.path, &mut faults))
        .collect();
    if let Some(fault) = faults.iter().find(|fault| fault.kind != FaultKind::Policy) {
        return Err(Why::new(
            WhyKind::Unparsable,
            format!("{}: {}", fault.path, fault.why),
        ));
    }
    let shared = defaults.workspace.as_deref();
    let workspaces = workspaces(config, &entries, &sections, shared, place);
    Ok(entries
        .into_iter()
        .zip(sections)
        .zip(workspaces)
        .map(|((entry, own), workspace)| Agent {
            id: entry.id,
            sandbox: merge(&own, &defaults, workspace, place),
        })
        .collect())
}

/// It takes values from OpenClaw's own environment, which nobody else knows.
pub fn elsewhere(config: &Value) -> bool {
    faults(config)
        .iter()
        .any(|fault| fault.kind == FaultKind::Elsewhere)
}

/// What OpenClaw's validation will refuse of the parts that are read here.
pub fn refused(config: &Value) -> Vec<Refused> {
    faults(config)
        .into_iter()
        .filter(|fault| matches!(fault.kind, FaultKind::Nonsense | FaultKind::Policy))
        .map(|Fault { path, why, .. }| Refused {
            path: wash(&path, 300),
            why,
        })
        .collect()
}

fn faults(config: &Value) -> Vec<Fault> {
    let mut faults = Vec::new();
    section::read(defaults(config), "agents.defaults", &mut faults);
    for entry in entries(config, &mut faults) {
        section::read(entry.value, &entry.path, &mut faults);
    }
    faults
}

/// It names other files, so that it alone does not settle the settings.
pub fn includes(config: &Value) -> bool {
    match config {
        Value::Object(object) => object.iter().any(|(k, v)| k == "$include" || includes(v)),
        Value::Array(items) => items.iter().any(includes),
        _ => false,
    }
}

/// The port of the gateway that the config names.
pub fn port(config: &Value) -> Option<u16> {
    let port = config.pointer("/gateway/port")?.as_u64()?;
    u16::try_from(port).ok().filter(|port| *port > 0)
}

fn merge(own: &Section, defaults: &Section, agent_workspace: String, place: &Place) -> Sandbox {
    let scope = own.scope.or(defaults.scope).unwrap_or_else(|| {
        match own.per_session.or(defaults.per_session) {
            Some(true) => Scope::Session,
            Some(false) => Scope::Shared,
            None => Scope::Agent,
        }
    });
    let nothing = DockerSection::default();
    let docker_of_agent = if scope == Scope::Shared {
        &nothing
    } else {
        &own.docker
    };
    let filled = |text: &Option<String>| {
        text.as_deref()
            .map(str::trim)
            .filter(|t| !t.is_empty())
            .map(str::to_owned)
    };
    let root = match own
        .workspace_root
        .as_ref()
        .or(defaults.workspace_root.as_ref())
    {
        Some(root) => place.expand(root),
        None => place.state.join("sandboxes"),
    };
    Sandbox {
        mode: own.mode.or(defaults.mode).unwrap_or_default(),
        backend: filled(&own.backend)
            .or_else(|| filled(&defaults.backend))
            .map_or_else(|| "docker".to_owned(), |backend| wash(&backend, 80)),
        scope,
        workspace_access: own
            .workspace_access
            .or(defaults.workspace_access)
            .unwrap_or_default(),
        workspace_root: wash(&root.to_string_lossy(), LONGEST),
        agent_workspace,
        workspace_owner: None,
        docker: merge_docker(docker_of_agent, &defaults.docker),
    }
}

fn merge_docker(own: &DockerSection, defaults: &DockerSection) -> Docker {
    let usual = Docker::default();
    let text = |own: &Option<String>, defaults: &Option<String>| {
        own.as_ref()
            .or(defaults.as_ref())
            .map(|text| wash(text, LONGEST))
    };
    let list = |own: &Option<Vec<String>>, defaults: &Option<Vec<String>>| {
        let list = own.as_ref().or(defaults.as_ref())?;
        Some(
            list.iter()
                .map(|text| wash(text, LONGEST))
                .collect::<Vec<_>>(),
        )
    };
    let named = |text: Option<String>| text.filter(|text| !text.is_empty());
    let env: BTreeSet<String> = [&defaults.env, &own.env]
        .into_iter()
        .flatten()
        .flatten()
        .cloned()
        .collect();
    let mut ulimits: Vec<(String, String)> = defaults.ulimits.clone().unwrap_or_default();
    for (name, limit) in own.ulimits.iter().flatten() {
        ulimits.retain(|(known, _)| known != name);
        ulimits.push((name.clone(), limit.clone()));
    }
    Docker {
        image: text(&own.image, &defaults.image).unwrap_or(usual.image),
        container_prefix: text(&own.container_prefix, &defaults.container_prefix)
            .unwrap_or(usual.container_prefix),
        workdir: text(&own.workdir, &defaults.workdir).unwrap_or(usual.workdir),
        read_only_root: own
            .read_only_root
            .or(defaults.read_only_root)
            .unwrap_or(usual.read_only_root),
        tmpfs: list(&own.tmpfs, &defaults.tmpfs).unwrap_or(usual.tmpfs),
        network: match text(&own.network, &defaults.network) {
            // An empty name gives `docker create` no `--network`, which means the default bridge.
            Some(name) if name.is_empty() => "bridge".to_owned(),
            Some(name) => name,
            None => usual.network,
        },
        user: named(text(&own.user, &defaults.user)),
        cap_drop: list(&own.cap_drop, &defaults.cap_drop).unwrap_or(usual.cap_drop),
        env: env.into_iter().collect(),
        // Docker takes zero for "no limit".
        memory: own.memory.or(defaults.memory).filter(|bytes| *bytes > 0),
        memory_swap: own
            .memory_swap
            .or(defaults.memory_swap)
            .filter(|bytes| *bytes != 0),
        cpus: own.cpus.or(defaults.cpus),
        pids_limit: own.pids_limit.or(defaults.pids_limit),
        binds: [&defaults.binds, &own.binds]
            .into_iter()
            .flatten()
            .flatten()
            .map(|spec| bind(spec))
            .collect(),
        dns: list(&own.dns, &defaults.dns).unwrap_or_default(),
        extra_hosts: list(&own.extra_hosts, &defaults.extra_hosts).unwrap_or_default(),
        setup_command: own
            .setup_command
            .or(defaults.setup_command)
            .unwrap_or_default(),
        gpus: named(text(&own.gpus, &defaults.gpus)),
        ulimits: ulimits
            .into_iter()
            .map(|(name, limit)| format!("{name}={limit}"))
            .collect(),
        seccomp_profile: named(text(&own.seccomp_profile, &defaults.seccomp_profile)),
        apparmor_profile: named(text(&own.apparmor_profile, &defaults.apparmor_profile)),
        dangerous: DANGEROUS
            .iter()
            .zip(own.dangerous.iter().zip(&defaults.dangerous))
            .filter(|(_, (own, defaults))| own.or(**defaults) == Some(true))
            .map(|(name, _)| (*name).to_owned())
            .collect(),
    }
}

/// `source:target[:options]`. What has no colon is a target alone: an anonymous volume.
fn bind(spec: &str) -> Bind {
    let mut parts = spec.splitn(3, ':');
    let first = parts.next().unwrap_or_default();
    let (source, target) = match parts.next() {
        Some(target) => (first, target),
        None => ("", first),
    };
    let options = parts.next().unwrap_or_default();
    let mut options = options.split(',').map(str::trim);
    let relabel = options.clone().find_map(|option| match option {
        "z" => Some(Relabel::Shared),
        "Z" => Some(Relabel::Private),
        _ => None,
    });
    Bind {
        source: wash(source, LONGEST),
        target: wash(target, LONGEST),
        read_only: options.any(|option| option == "ro"),
        relabel,
        resolved: None,
        exists: None,
    }
}

#[cfg(test)]
mod tests;
