//! What one agent of the config says of its sandbox, field by field, with every fault found on
//! the way. Pure.
//!
//! Types and refusals are those of OpenClaw 2026.9.6's own validation
//! (<https://docs.openclaw.ai/gateway/config-agents/sandbox>); what only container creation
//! refuses is not a refusal here. Merging is `effective.rs`.

use serde_json::{Map, Value};

use super::sizes;
use crate::facts::openclaw::{Mode, Scope, WorkspaceAccess};
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

/// What one agent, or the defaults of all, say; none = nothing is said of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Section {
    /// The agent's own folder, which stands beside the `sandbox` object.
    pub workspace: Option<String>,
    pub mode: Option<Mode>,
    pub backend: Option<String>,
    pub scope: Option<Scope>,
    /// Before `scope` there was this switch; releases that still know it read it as below.
    pub per_session: Option<bool>,
    pub workspace_access: Option<WorkspaceAccess>,
    pub workspace_root: Option<String>,
    pub docker: DockerSection,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct DockerSection {
    pub image: Option<String>,
    pub container_prefix: Option<String>,
    pub workdir: Option<String>,
    pub read_only_root: Option<bool>,
    pub tmpfs: Option<Vec<String>>,
    pub network: Option<String>,
    pub user: Option<String>,
    pub cap_drop: Option<Vec<String>>,
    pub env: Option<Vec<String>>,
    pub setup_command: Option<bool>,
    pub memory: Option<u64>,
    pub memory_swap: Option<i64>,
    pub cpus: Option<f64>,
    pub pids_limit: Option<i64>,
    pub gpus: Option<String>,
    pub ulimits: Option<Vec<(String, String)>>,
    pub seccomp_profile: Option<String>,
    pub apparmor_profile: Option<String>,
    pub dns: Option<Vec<String>>,
    pub extra_hosts: Option<Vec<String>>,
    pub binds: Option<Vec<String>>,
    /// In the order of [`DANGEROUS`].
    pub dangerous: [Option<bool>; 3],
}

pub const DANGEROUS: [&str; 3] = [
    "dangerouslyAllowReservedContainerTargets",
    "dangerouslyAllowExternalBindSources",
    "dangerouslyAllowContainerNamespaceJoin",
];

/// Reads what `holder`, which lies at `path` in the config, says of its sandbox.
pub fn read(holder: Option<&Value>, path: &str, faults: &mut Vec<Fault>) -> Section {
    let Some(mut at) = Reader::object(holder, path, faults) else {
        return Section::default();
    };
    let workspace = at.text("workspace").filter(|path| !path.trim().is_empty());
    let Some(mut at) = at.into_member("sandbox") else {
        return Section {
            workspace,
            ..Section::default()
        };
    };
    Section {
        workspace,
        mode: at.one_of(
            "mode",
            &[
                ("off", Mode::Off),
                ("non-main", Mode::NonMain),
                ("all", Mode::All),
            ],
        ),
        backend: at.text("backend"),
        scope: at.one_of(
            "scope",
            &[
                ("session", Scope::Session),
                ("agent", Scope::Agent),
                ("shared", Scope::Shared),
            ],
        ),
        per_session: at.boolean("perSession"),
        workspace_access: at.one_of(
            "workspaceAccess",
            &[
                ("none", WorkspaceAccess::None),
                ("ro", WorkspaceAccess::Ro),
                ("rw", WorkspaceAccess::Rw),
            ],
        ),
        workspace_root: at.text("workspaceRoot"),
        docker: at.into_member("docker").map(docker).unwrap_or_default(),
    }
}

fn docker(mut at: Reader) -> DockerSection {
    let section = DockerSection {
        image: at.text("image"),
        container_prefix: at.text("containerPrefix"),
        workdir: at.text("workdir"),
        read_only_root: at.boolean("readOnlyRoot"),
        tmpfs: at.texts("tmpfs"),
        network: at.text("network"),
        user: at.text("user"),
        cap_drop: at.texts("capDrop"),
        env: at.names("env"),
        setup_command: at.command("setupCommand"),
        memory: at.size("memory"),
        memory_swap: at.swap("memorySwap"),
        cpus: at.number("cpus"),
        pids_limit: at.count("pidsLimit"),
        gpus: at.text("gpus"),
        ulimits: at.ulimits("ulimits"),
        seccomp_profile: at.text("seccompProfile"),
        apparmor_profile: at.text("apparmorProfile"),
        dns: at.texts("dns"),
        extra_hosts: at.texts("extraHosts"),
        binds: at.texts("binds"),
        dangerous: DANGEROUS.map(|key| at.boolean(key)),
    };
    refuse(&section, &mut at);
    section
}

/// What OpenClaw's validation refuses although it is well formed.
fn refuse(section: &DockerSection, at: &mut Reader) {
    let network = section
        .network
        .as_deref()
        .unwrap_or_default()
        .trim()
        .to_lowercase();
    if network == "host" {
        at.refuse("network", "network mode \"host\" is blocked by OpenClaw");
    }
    if network.starts_with("container:") && section.dangerous[2] != Some(true) {
        at.refuse(
            "network",
            "joining another container's network is blocked by OpenClaw",
        );
    }
    for (key, profile) in [
        ("seccompProfile", &section.seccomp_profile),
        ("apparmorProfile", &section.apparmor_profile),
    ] {
        if profile
            .as_deref()
            .is_some_and(|p| p.trim().eq_ignore_ascii_case("unconfined"))
        {
            at.refuse(key, "the profile \"unconfined\" is blocked by OpenClaw");
        }
    }
    for (index, bind) in section.binds.iter().flatten().enumerate() {
        let source = bind.split(':').next().unwrap_or_default();
        if bind.trim().is_empty() {
            at.refuse(&format!("binds[{index}]"), "the entry is empty");
        } else if !source.starts_with('/') {
            let why = format!("the source `{}` is not an absolute path", wash(source, 200));
            at.refuse(&format!("binds[{index}]"), &why);
        }
    }
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

    fn refuse(&mut self, key: &str, why: &str) {
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

    fn texts(&mut self, key: &str) -> Option<Vec<String>> {
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
    fn names(&mut self, key: &str) -> Option<Vec<String>> {
        match self.object.get(key)? {
            Value::Object(object) => Some(object.keys().map(|name| wash(name, 200)).collect()),
            other => self.nonsense(key, other, "an object of strings"),
        }
    }

    /// Whether there is a command: its text is nobody's business.
    fn command(&mut self, key: &str) -> Option<bool> {
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

    fn one_of<T: Copy>(&mut self, key: &str, choices: &[(&str, T)]) -> Option<T> {
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

    fn number(&mut self, key: &str) -> Option<f64> {
        let value = self.object.get(key)?;
        match value.as_f64() {
            Some(number) if number > 0.0 && number.is_finite() => Some(number),
            _ => self.nonsense(key, value, "a number above zero"),
        }
    }

    fn count(&mut self, key: &str) -> Option<i64> {
        let value = self.object.get(key)?;
        match sizes::whole(value) {
            Some(count) if count > 0 => Some(count),
            _ => self.nonsense(key, value, "a whole number above zero"),
        }
    }

    /// Bytes, or a size as the Docker CLI writes it.
    fn size(&mut self, key: &str) -> Option<u64> {
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

    fn swap(&mut self, key: &str) -> Option<i64> {
        let unlimited = match self.object.get(key)? {
            Value::String(text) => text.trim() == "-1",
            number => sizes::whole(number) == Some(-1),
        };
        if unlimited {
            return Some(-1);
        }
        self.size(key).and_then(|bytes| i64::try_from(bytes).ok())
    }

    fn ulimits(&mut self, key: &str) -> Option<Vec<(String, String)>> {
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
