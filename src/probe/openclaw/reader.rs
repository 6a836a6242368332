//! Values of the config by their type, with every fault found on the way. Pure. What a field
//! means is not known here.

use serde_json::{Map, Value};

use super::sizes;
use crate::text::wash;

/// Something in the config that cannot stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// `agents.defaults.sandbox.docker.network`
    pub path: String,
    pub why: String,
    pub kind: FaultKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// OpenClaw's validation refuses the value, and nothing can be made of it.
    Nonsense,
    /// OpenClaw's validation refuses a value that is understood.
    Policy,
    /// Validation lets it through, and Docker will not take it.
    Unclear,
    /// The value comes from OpenClaw's own environment.
    Elsewhere,
}

/// An object of the config with its path, and where its faults go.
pub struct Reader<'a> {
    path: String,
    object: &'a Map<String, Value>,
    faults: &'a mut Vec<Fault>,
}

impl<'a> Reader<'a> {
    /// None when it is not there, or when it is no object (a fault).
    pub fn object(
        value: Option<&'a Value>,
        path: &str,
        faults: &'a mut Vec<Fault>,
    ) -> Option<Self> {
        match value? {
            Value::Object(object) => Some(Self {
                path: path.to_owned(),
                object,
                faults,
            }),
            other => {
                faults.push(nonsense(path, other, "an object"));
                None
            }
        }
    }

    pub fn into_member(self, key: &str) -> Option<Self> {
        let path = format!("{}.{key}", self.path);
        Self::object(self.object.get(key), &path, self.faults)
    }

    pub fn refuse(&mut self, key: &str, why: &str) {
        self.faults.push(Fault {
            path: format!("{}.{key}", self.path),
            why: why.to_owned(),
            kind: FaultKind::Policy,
        });
    }

    fn nonsense<T>(&mut self, key: &str, value: &Value, wanted: &str) -> Option<T> {
        let path = format!("{}.{key}", self.path);
        self.faults.push(nonsense(&path, value, wanted));
        None
    }

    fn unclear<T>(&mut self, key: &str, why: String) -> Option<T> {
        self.fault(key, why, FaultKind::Unclear)
    }

    fn fault<T>(&mut self, key: &str, why: String, kind: FaultKind) -> Option<T> {
        let path = format!("{}.{key}", self.path);
        self.faults.push(Fault { path, why, kind });
        None
    }

    pub fn boolean(&mut self, key: &str) -> Option<bool> {
        match self.object.get(key)? {
            Value::Bool(value) => Some(*value),
            other => self.nonsense(key, other, "true or false"),
        }
    }

    pub fn text(&mut self, key: &str) -> Option<String> {
        match self.object.get(key)? {
            Value::String(text) => self.literal(key, text),
            other => self.nonsense(key, other, "a string"),
        }
    }

    /// A string as it stands, unless OpenClaw would put a variable of its own environment into
    /// it (<https://docs.openclaw.ai/gateway/config-secrets-env>).
    fn literal(&mut self, key: &str, text: &str) -> Option<String> {
        if substitutes(text) {
            let why = format!(
                "its value comes from an environment variable of OpenClaw's: `{}`",
                wash(text, 200)
            );
            return self.fault(key, why, FaultKind::Elsewhere);
        }
        Some(text.replace("$${", "${"))
    }

    pub fn texts(&mut self, key: &str) -> Option<Vec<String>> {
        let Value::Array(items) = self.object.get(key)? else {
            return self.nonsense(key, &self.object[key], "a list of strings");
        };
        let mut texts = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let key = format!("{key}[{index}]");
            match item {
                Value::String(text) => texts.push(self.literal(&key, text)?),
                other => return self.nonsense(&key, other, "a string"),
            }
        }
        Some(texts)
    }

    /// The keys of an object of strings; the values are never read.
    pub fn names(&mut self, key: &str) -> Option<Vec<String>> {
        match self.object.get(key)? {
            Value::Object(object) => Some(object.keys().map(|name| wash(name, 200)).collect()),
            other => self.nonsense(key, other, "an object of strings"),
        }
    }

    /// Whether there is a command: its text is nobody's business.
    pub fn command(&mut self, key: &str) -> Option<bool> {
        match self.object.get(key)? {
            Value::String(text) => Some(!text.trim().is_empty()),
            Value::Array(lines) => Some(
                lines
                    .iter()
                    .any(|line| line.as_str().is_some_and(|l| !l.trim().is_empty())),
            ),
            other => self.nonsense(key, other, "a string or a list of strings"),
        }
    }

    pub fn one_of<T: Copy>(&mut self, key: &str, choices: &[(&str, T)]) -> Option<T> {
        let value = self.object.get(key)?;
        let written = match value {
            Value::String(text) => self.literal(key, text)?,
            _ => String::new(),
        };
        if let Some((_, choice)) = choices.iter().find(|(name, _)| *name == written) {
            return Some(*choice);
        }
        let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
        let wanted = format!("one of {}", names.join(", "));
        self.nonsense(key, value, &wanted)
    }

    pub fn number(&mut self, key: &str) -> Option<f64> {
        let value = self.object.get(key)?;
        match value.as_f64() {
            Some(number) if number > 0.0 && number.is_finite() => Some(number),
            _ => self.nonsense(key, value, "a number above zero"),
        }
    }

    pub fn count(&mut self, key: &str) -> Option<i64> {
        let value = self.object.get(key)?;
        match sizes::whole(value) {
            Some(count) if count > 0 => Some(count),
            _ => self.nonsense(key, value, "a whole number above zero"),
        }
    }

    /// Bytes, or a size as the Docker CLI writes it.
    pub fn size(&mut self, key: &str) -> Option<u64> {
        match self.object.get(key)? {
            Value::String(text) => {
                let text = self.literal(key, text)?;
                sizes::bytes(&text).or_else(|| {
                    let why = format!("Docker takes `{}` for no size", wash(&text, 80));
                    self.unclear(key, why)
                })
            }
            number @ Value::Number(_) => {
                match sizes::whole(number).and_then(|n| u64::try_from(n).ok()) {
                    Some(bytes) => Some(bytes),
                    None => self.unclear(key, format!("Docker takes {number} for no size")),
                }
            }
            other => self.nonsense(key, other, "a size"),
        }
    }

    pub fn swap(&mut self, key: &str) -> Option<i64> {
        let unlimited = match self.object.get(key)? {
            Value::String(text) => text.trim() == "-1",
            number => sizes::whole(number) == Some(-1),
        };
        if unlimited {
            return Some(-1);
        }
        self.size(key).and_then(|bytes| i64::try_from(bytes).ok())
    }

    pub fn ulimits(&mut self, key: &str) -> Option<Vec<(String, String)>> {
        let Value::Object(limits) = self.object.get(key)? else {
            return self.nonsense(key, &self.object[key], "an object of limits");
        };
        let mut read = Vec::with_capacity(limits.len());
        for (name, limit) in limits {
            let part = |key: &str| limit.get(key).and_then(Value::as_u64);
            let text = match limit {
                Value::String(text) => Some(wash(text, 80)),
                Value::Number(number) => Some(number.to_string()),
                Value::Object(_) => match (part("soft"), part("hard")) {
                    (Some(soft), Some(hard)) => Some(format!("{soft}:{hard}")),
                    (Some(one), None) | (None, Some(one)) => Some(one.to_string()),
                    (None, None) => None,
                },
                _ => return self.nonsense(&format!("{key}.{}", wash(name, 80)), limit, "a limit"),
            };
            read.extend(text.map(|text| (wash(name, 80), text)));
        }
        Some(read)
    }
}

fn nonsense(path: &str, value: &Value, wanted: &str) -> Fault {
    let shown = match value {
        Value::Object(_) => "an object".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        other => format!("`{}`", wash(&other.to_string(), 80)),
    };
    Fault {
        path: path.to_owned(),
        why: format!("it is {shown} and must be {wanted}"),
        kind: FaultKind::Nonsense,
    }
}

/// `${NAME}` that is not escaped as `$${NAME}`.
fn substitutes(text: &str) -> bool {
    text.match_indices("${").any(|(index, _)| {
        let name: &str = text[index + 2..].split('}').next().unwrap_or_default();
        let closed = text[index + 2..].contains('}');
        let plain = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
        closed && !name.is_empty() && name.chars().all(plain) && !text[..index].ends_with('$')
    })
}
