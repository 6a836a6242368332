//! Who may leave the sandbox: `tools.elevated`. Pure.
//!
//! It is on unless switched off, but lets nobody out who is not on a channel's list; an agent can
//! only narrow it (<https://docs.openclaw.ai/tools/elevated>).

use std::collections::BTreeSet;

use serde_json::Value;

use super::reader::{Fault, Reader};
use super::roster::entries;
use crate::facts::openclaw::Elevated;
use crate::facts::{Why, WhyKind};
use crate::text::wash;

pub fn elevated(config: &Value) -> Result<Elevated, Why> {
    let mut faults = Vec::new();
    let entries = entries(config, &mut faults);
    let on = |holder: Option<&Value>, path: &str, faults: &mut Vec<Fault>| {
        tools_elevated(holder, path, faults)
            .and_then(|mut at| at.boolean("enabled"))
            .unwrap_or(true)
    };
    let global = on(Some(config), "", &mut faults);
    let mut anyone = entries.is_empty();
    for entry in &entries {
        anyone |= on(entry.value, &format!("{}.", entry.path), &mut faults);
    }
    let lists = config.pointer("/tools/elevated/allowFrom");
    let senders = senders(lists).map_err(|why| Why::new(WhyKind::Unparsable, why))?;
    if let Some(fault) = faults.first() {
        return Err(Why::new(
            WhyKind::Unparsable,
            format!("{}: {}", fault.path, fault.why),
        ));
    }
    let enabled = global && anyone;
    let senders = if enabled { senders } else { BTreeSet::new() };
    Ok(Elevated {
        enabled,
        allowed_senders: u32::try_from(senders.len()).unwrap_or(u32::MAX),
        anybody: senders.iter().any(|(_, sender)| sender == "*"),
    })
}

fn tools_elevated<'a>(
    holder: Option<&'a Value>,
    path: &str,
    faults: &'a mut Vec<Fault>,
) -> Option<Reader<'a>> {
    let tools = holder?.get("tools");
    Reader::object(tools, &format!("{path}tools"), faults)?.into_member("elevated")
}

/// Channel and sender, once each. A channel without a list lets nobody: no channel that comes
/// with OpenClaw has a fallback (<https://docs.openclaw.ai/tools/elevated>).
fn senders(lists: Option<&Value>) -> Result<BTreeSet<(String, String)>, String> {
    let path = "tools.elevated.allowFrom";
    let mut senders = BTreeSet::new();
    let Some(lists) = lists else {
        return Ok(senders);
    };
    let lists = lists
        .as_object()
        .ok_or(format!("{path}: it must be an object of lists"))?;
    for (channel, list) in lists {
        let list = list
            .as_array()
            .ok_or_else(|| format!("{path}.{}: it must be a list", wash(channel, 80)))?;
        for sender in list {
            let sender = match sender {
                Value::String(text) => text.trim().to_owned(),
                other => other.to_string(),
            };
            if !sender.is_empty() {
                senders.insert((channel.clone(), sender));
            }
        }
    }
    Ok(senders)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn it_is_on_by_default_and_lets_nobody() {
        let read = elevated(&json!({})).expect("nothing is said");
        assert_eq!(
            (read.enabled, read.allowed_senders, read.anybody),
            (true, 0, false)
        );
    }

    #[test]
    fn senders_are_counted_once_over_all_channels() {
        let read = elevated(&json!({"tools": {"elevated": {"allowFrom": {
            "telegram": [12, "12", " ", "13"], "discord": ["*"]}}}}))
        .expect("well formed");
        assert_eq!((read.allowed_senders, read.anybody), (3, true));
    }

    #[test]
    fn switched_off_for_all_it_lets_nobody() {
        let lists = json!({"telegram": ["*"]});
        let off = json!({"tools": {"elevated": {"enabled": false}}});
        for config in [
            json!({"tools": {"elevated": {"enabled": false, "allowFrom": lists}}}),
            json!({"tools": {"elevated": {"allowFrom": lists}},
                "agents": {"entries": {"a": off, "b": off}}}),
        ] {
            let read = elevated(&config).expect("well formed");
            assert_eq!((read.enabled, read.anybody), (false, false));
        }
        let one = json!({"tools": {"elevated": {"allowFrom": lists}},
            "agents": {"list": [{"id": "a", "tools": off["tools"]}, {"id": "b"}]}});
        assert!(elevated(&one).expect("well formed").anybody);
    }

    #[test]
    fn what_cannot_be_read_is_no_permission_and_no_denial() {
        for config in [
            json!({"tools": {"elevated": {"enabled": "no"}}}),
            json!({"tools": {"elevated": {"allowFrom": ["*"]}}}),
            json!({"tools": {"elevated": {"allowFrom": {"telegram": "*"}}}}),
            json!({"tools": []}),
        ] {
            let why = elevated(&config).expect_err("malformed");
            assert_eq!(why.kind, WhyKind::Unparsable);
            assert!(why.detail.contains("tools"), "{why}");
        }
    }
}
