//! One event as engines write it: what is not known is passed over, a member of an odd form costs
//! that member. Pure.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::{Action, CommandLines, ContainerEvent};
use crate::engine::convert::is_name;
use crate::engine::inspected::{clean, clean_name};
use crate::text::wash;

const LONGEST_WORD: usize = 60;
const LONGEST_COMMAND: usize = 4096;
const LONGEST_VALUE: usize = 4096;
/// Told whether or not command lines are: no secret, and no command of a user's.
const HARMLESS: [&str; 1] = [super::MOUNTS_ASKED];
const MOST_ATTRIBUTES: usize = 256;
/// What the engine itself adds: kept however many labels there are.
const ITS_OWN: [&str; 7] = [
    "containerExitCode",
    "execID",
    "exitCode",
    "image",
    "name",
    "oldName",
    "signal",
];

pub enum Told {
    Event(ContainerEvent),
    /// Of an image, a network, …: an engine that does not know the filter.
    Foreign,
}

#[derive(Deserialize)]
struct Said<'a> {
    #[serde(rename = "Type", borrow, default)]
    kind: Text<'a>,
    #[serde(rename = "Action", borrow, default)]
    action: Text<'a>,
    /// The same as the action, in old engines alone.
    #[serde(borrow, default)]
    status: Text<'a>,
    #[serde(rename = "Actor", borrow, default)]
    actor: Option<SaidActor<'a>>,
    #[serde(borrow, default)]
    id: Text<'a>,
    #[serde(borrow, default)]
    from: Text<'a>,
    #[serde(borrow, default)]
    time: Text<'a>,
    #[serde(rename = "timeNano", borrow, default)]
    time_nano: Text<'a>,
}

#[derive(Default, Deserialize)]
struct SaidActor<'a> {
    #[serde(rename = "ID", borrow, default)]
    id: Text<'a>,
    #[serde(rename = "Attributes", borrow, default)]
    attributes: Attributes<'a>,
}

#[derive(Default)]
struct Attributes<'a>(Vec<(Cow<'a, str>, Text<'a>)>);

/// A text, or a number as one; anything else is empty. Not copied when it holds no escapes.
#[derive(Clone, Default)]
struct Text<'a>(Cow<'a, str>);

pub fn read(line: &[u8], command_lines: CommandLines) -> Option<Told> {
    let said: Said = serde_json::from_slice(line).ok()?;
    if !matches!(&*said.kind.0, "" | "container") {
        return Some(Told::Foreign);
    }
    let at_nanos = said.at_nanos()?;
    let actor = said.actor.unwrap_or_default();
    let id = first([&actor.id, &said.id]);
    let whole = first([&said.action, &said.status]);
    if !is_name(id) || whole.is_empty() {
        return None;
    }
    let mut attributes = actor.attributes;
    let name = attributes.take("name").unwrap_or_default();
    let image = attributes.take("image").unwrap_or_default();
    let action = action(whole, &mut attributes, command_lines);
    Some(Told::Event(ContainerEvent {
        id: id.to_owned(),
        at_nanos,
        action,
        name: clean_name(&name),
        image: clean(if image.is_empty() {
            &said.from.0
        } else {
            &image
        }),
        attributes: attributes.washed(),
    }))
}

fn first<'t>(texts: [&'t Text; 2]) -> &'t str {
    texts
        .into_iter()
        .map(|text| &*text.0)
        .find(|text| !text.is_empty())
        .unwrap_or_default()
}

/// The names of actions are Docker's; Podman's own are beside them, for its streams that were
/// not translated.
fn action(whole: &str, about: &mut Attributes, command_lines: CommandLines) -> Action {
    let (word, detail) = match whole.split_once(':') {
        Some((word, detail)) => (word, detail.trim_start()),
        None => (whole, ""),
    };
    let command_line = || match command_lines {
        CommandLines::Drop if !HARMLESS.contains(&detail) => None,
        CommandLines::Drop | CommandLines::Keep => Some(wash(detail, LONGEST_COMMAND)),
    };
    match word {
        "create" => Action::Create,
        "start" => Action::Start,
        "die" | "died" => Action::Die {
            exit_code: about.exit_code(),
        },
        "oom" => Action::Oom,
        "kill" => Action::Kill {
            signal: about.word("signal"),
        },
        "stop" => Action::Stop,
        "restart" => Action::Restart,
        "pause" => Action::Pause,
        "unpause" => Action::Unpause,
        "destroy" | "remove" => Action::Destroy,
        "rename" => Action::Rename {
            old_name: about.take("oldName").map(|name| clean_name(&name)),
        },
        "update" => Action::Update,
        "health_status" => Action::HealthStatus(wash(detail, LONGEST_WORD)),
        "exec_create" => Action::ExecCreate {
            exec_id: about.exec_id(),
            command_line: command_line(),
        },
        "exec_start" => Action::ExecStart {
            exec_id: about.exec_id(),
            command_line: command_line(),
        },
        "exec_die" | "exec_died" => Action::ExecDie {
            exec_id: about.exec_id(),
            exit_code: about.exit_code(),
        },
        "exec_detach" => Action::ExecDetach {
            exec_id: about.exec_id(),
        },
        "attach" => Action::Attach,
        "detach" => Action::Detach,
        other => Action::Other(wash(other, LONGEST_WORD)),
    }
}

impl Said<'_> {
    fn at_nanos(&self) -> Option<i64> {
        let number = |text: &Text| text.0.parse::<i64>().ok().filter(|number| *number > 0);
        number(&self.time_nano).or_else(|| number(&self.time)?.checked_mul(1_000_000_000))
    }
}

impl<'a> Attributes<'a> {
    fn take(&mut self, key: &str) -> Option<Cow<'a, str>> {
        let at = self.0.iter().position(|(name, _)| name == key)?;
        Some(self.0.swap_remove(at).1.0)
    }

    fn word(&mut self, key: &str) -> Option<String> {
        self.take(key)
            .map(|value| wash(&value, LONGEST_WORD))
            .filter(|value| !value.is_empty())
    }

    fn exit_code(&mut self) -> Option<i64> {
        // Podman's own name is the second.
        ["exitCode", "containerExitCode"]
            .into_iter()
            .find_map(|key| self.take(key)?.parse().ok())
    }

    fn exec_id(&mut self) -> Option<String> {
        self.take("execID")
            .filter(|id| is_name(id))
            .map(Cow::into_owned)
    }

    fn washed(self) -> BTreeMap<String, String> {
        self.0
            .iter()
            .map(|(key, value)| (clean(key), wash(&value.0, LONGEST_VALUE)))
            .collect()
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Attributes<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Map;
        impl<'de> Visitor<'de> for Map {
            type Value = Attributes<'de>;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("attributes")
            }

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(Attributes::default())
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut all = Vec::new();
                while let Some((key, value)) = map.next_entry::<Text, Text>()? {
                    if all.len() < MOST_ATTRIBUTES || ITS_OWN.contains(&&*key.0) {
                        all.push((key.0, value));
                    }
                }
                Ok(Attributes(all))
            }
        }
        deserializer.deserialize_any(Map)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Text<'de>;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("anything")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(number.to_string())))
            }

            fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(number.to_string())))
            }

            fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(number.to_string())))
            }

            fn visit_bool<E>(self, is_so: bool) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(is_so.to_string())))
            }

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(Text::default())
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut all: A) -> Result<Self::Value, A::Error> {
                while all.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Text::default())
            }

            fn visit_map<A: MapAccess<'de>>(self, mut all: A) -> Result<Self::Value, A::Error> {
                while all.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Text::default())
            }
        }
        deserializer.deserialize_any(Any)
    }
}
