//! Which agents the config names, and where each has its workspace. Pure.

use serde_json::Value;

use super::effective::LONGEST;
use super::place::Place;
use super::reader::{Fault, FaultKind, Reader};
use super::section::Section;
use crate::text::wash;

/// The agent that exists where the config names none.
const ONLY_AGENT: &str = "main";

/// One agent of the config, as it stands there.
pub struct Entry<'a> {
    pub id: String,
    pub path: String,
    pub value: Option<&'a Value>,
}

pub fn defaults(config: &Value) -> Option<&Value> {
    config.pointer("/agents/defaults")
}

/// The agents of the config, the default one first. `agents.entries` (2026.9) wins over the older
/// `agents.list`; without either there is `main`.
pub fn entries<'a>(config: &'a Value, faults: &mut Vec<Fault>) -> Vec<Entry<'a>> {
    let agents = Reader::object(config.get("agents"), "agents", faults).is_some();
    let agents = agents.then(|| &config["agents"]);
    if let Some(defaults) = agents.and_then(|a| a.get("defaults")) {
        Reader::object(Some(defaults), "agents.defaults", faults);
    }
    let mut found: Vec<Entry> = Vec::new();
    let mut add = |id: &str, path: String, value: &'a Value| {
        let id = agent_id(id);
        if !found.iter().any(|entry| entry.id == id) {
            found.push(Entry {
                id,
                path,
                value: Some(value),
            });
        }
    };
    match (
        agents.and_then(|a| a.get("entries")),
        agents.and_then(|a| a.get("list")),
    ) {
        (Some(Value::Object(entries)), _) => {
            for (id, value) in entries {
                add(id, format!("agents.entries.{}", wash(id, 64)), value);
            }
        }
        (Some(other), _) => {
            Reader::object(Some(other), "agents.entries", faults);
        }
        (None, Some(Value::Array(list))) => {
            for (index, value) in list.iter().enumerate() {
                let id = value.get("id").and_then(Value::as_str).unwrap_or_default();
                add(id, format!("agents.list[{index}]"), value);
            }
        }
        (None, Some(_)) => faults.push(Fault {
            path: "agents.list".to_owned(),
            why: "it must be a list".to_owned(),
            kind: FaultKind::Nonsense,
        }),
        (None, None) => {}
    }
    if found.is_empty() {
        found.push(Entry {
            id: ONLY_AGENT.to_owned(),
            path: "agents.defaults".to_owned(),
            value: None,
        });
    }
    let first = default_agent(config, &found);
    if let Some(index) = found
        .iter()
        .position(|entry| Some(&entry.id) == first.as_ref())
    {
        found[..=index].rotate_right(1);
    }
    found
}

/// The single entry marked as default, the recorded one, or the only one; none when several
/// agents stand side by side and none of them is it.
fn default_agent(config: &Value, entries: &[Entry]) -> Option<String> {
    owner(config, entries).or_else(|| {
        let id = config
            .pointer("/agents/defaults/systemAgent/agentId")?
            .as_str()?;
        Some(agent_id(id)).filter(|id| !id.is_empty())
    })
}

/// The agent that owns the workspace without a name.
fn owner(config: &Value, entries: &[Entry]) -> Option<String> {
    let explicit = config.pointer("/agents/ownership").and_then(Value::as_str) == Some("explicit");
    let marked: Vec<&Entry> = entries
        .iter()
        .filter(|entry| {
            !explicit && entry.value.and_then(|v| v.get("default")) == Some(&Value::Bool(true))
        })
        .collect();
    match (marked.as_slice(), entries) {
        ([one], _) => Some(one.id.clone()),
        ([], [one]) => Some(one.id.clone()),
        _ => None,
    }
}

/// As OpenClaw spells an agent's id: lower case, `a-z0-9_-`, at most 64 of them, else `main`.
fn agent_id(written: &str) -> String {
    let mut id = String::new();
    for c in written.trim().to_lowercase().chars() {
        match c {
            'a'..='z' | '0'..='9' | '_' | '-' => id.push(c),
            _ if id.ends_with('-') => {}
            _ => id.push('-'),
        }
    }
    let id: String = id.trim_matches('-').chars().take(64).collect();
    if id.is_empty() {
        ONLY_AGENT.to_owned()
    } else {
        id
    }
}

/// The host folder of each agent's workspace.
pub fn workspaces(
    config: &Value,
    entries: &[Entry],
    sections: &[Section],
    shared: Option<&str>,
    place: &Place,
) -> Vec<String> {
    let owner = owner(config, entries);
    entries
        .iter()
        .zip(sections)
        .map(|(entry, section)| {
            let owns = owner.as_ref() == Some(&entry.id);
            let folder = match (section.workspace.as_deref(), shared) {
                (Some(own), _) => place.expand(own),
                (None, Some(shared)) if owns => place.expand(shared),
                (None, Some(shared)) => place.expand(shared).join(&entry.id),
                (None, None) if owns => place.workspace.clone(),
                (None, None) => place.state.join(format!("workspace-{}", entry.id)),
            };
            wash(&folder.to_string_lossy(), LONGEST)
        })
        .collect()
}
