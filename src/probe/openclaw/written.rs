//! What the config file itself says of sandboxes, for whoever is going to change it: which keys
//! lead where, what stands there now, and a hash of the whole that OpenClaw's own touch leaves
//! alone. Pure.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::cli::agent;
use super::roster::entries;
use crate::digest::Sha256;
use crate::facts::openclaw::{Written, WrittenAgent};

pub fn written(config: &Value) -> Written {
    let sandbox = |holder: Option<&Value>| {
        let kept = holder.map(agent).unwrap_or_default();
        kept.get("sandbox").cloned().unwrap_or(Value::Null)
    };
    let mut agents = BTreeMap::new();
    let by_name = config.pointer("/agents/entries").and_then(Value::as_object);
    for entry in entries(config, &mut Vec::new()) {
        // The key as it is written: ids are folded to lower case, keys are not.
        let key = by_name
            .into_iter()
            .flatten()
            .find(|(_, value)| entry.value.is_some_and(|own| std::ptr::eq(own, *value)))
            .map(|(key, _)| key.clone());
        let keys = match (key, entry.value) {
            (Some(key), _) => vec!["agents".to_owned(), "entries".to_owned(), key],
            // The only agent of a config that names none is what the defaults say.
            (None, None) => vec!["agents".to_owned(), "defaults".to_owned()],
            (None, Some(_)) => Vec::new(),
        };
        agents.insert(
            entry.id,
            WrittenAgent {
                keys,
                sandbox: sandbox(entry.value),
            },
        );
    }
    Written {
        defaults: sandbox(config.pointer("/agents/defaults")),
        agents,
    }
}

/// Of the value without `meta`, its keys in order: the same for two files that say the same.
pub fn content_sha256(config: &Value) -> String {
    let mut said = config.clone();
    if let Some(members) = said.as_object_mut() {
        members.remove("meta");
    }
    Sha256::of(ordered(&said).to_string().as_bytes()).to_string()
}

fn ordered(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let sorted: BTreeMap<&String, Value> = members
                .iter()
                .map(|(key, value)| (key, ordered(value)))
                .collect();
            json!(sorted)
        }
        Value::Array(items) => items.iter().map(ordered).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_told_with_the_keys_that_lead_to_them() {
        let config = json!({"agents": {
            "defaults": {"sandbox": {"mode": "off", "docker": {"env": {"TOKEN": "x"}}}},
            "entries": {"Work": {"sandbox": {"mode": "all"}}},
        }});
        let written = written(&config);
        assert_eq!(written.defaults["mode"], "off");
        assert_eq!(written.defaults["docker"]["env"]["TOKEN"], "");
        let work = &written.agents["work"];
        assert_eq!(work.keys, ["agents", "entries", "Work"]);
        assert_eq!(work.sandbox["mode"], "all");
    }

    #[test]
    fn an_agent_of_a_list_has_no_keys_and_the_only_one_has_those_of_the_defaults() {
        let list = json!({"agents": {"list": [{"id": "a", "sandbox": {"mode": "off"}}]}});
        assert!(written(&list).agents["a"].keys.is_empty());
        let none = written(&json!({}));
        assert_eq!(none.agents["main"].keys, ["agents", "defaults"]);
        assert!(none.defaults.is_null());
    }

    #[test]
    fn openclaws_own_touch_does_not_change_the_content() {
        let one = json!({"meta": {"lastTouchedAt": "a"}, "b": {"x": 1, "y": 2}});
        let two = json!({"b": {"y": 2, "x": 1}, "meta": {"lastTouchedAt": "b"}});
        assert_eq!(content_sha256(&one), content_sha256(&two));
        assert_ne!(
            content_sha256(&one),
            content_sha256(&json!({"b": {"x": 2, "y": 2}}))
        );
    }
}
