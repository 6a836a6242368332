//! Asking OpenClaw's own CLI for its config, where the file alone does not settle it. Two calls of
//! one to three seconds each, so that the answer is kept in our own cache folder under a hash of
//! everything that went into it. Only what is read of it is kept, without values of environments.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::config::Config;
use super::effective;
use super::place::Place;
use crate::deadline::Deadline;
use crate::digest::Sha256;
use crate::facts::{Why, WhyKind};
use crate::probe::blocking::blocking;
use crate::probe::{World, ask};
use crate::text::wash;

/// OpenClaw's command line takes seconds to start, on a busy node many.
const PATIENCE: Duration = Duration::from_secs(20);

/// Files that may include each other; a real config has a handful.
const MOST_FILES: usize = 64;

/// The parts of the config that are read here, as OpenClaw resolves them, and whence.
pub async fn ask(
    world: &World,
    place: &Place,
    config: &Config,
    program: Option<&Path>,
    version: Option<&str>,
    d: Deadline,
) -> Result<(Value, String), Why> {
    let Some(program) = program else {
        return Err(Why::new(
            WhyKind::Absent,
            format!(
                "{} does not settle the settings by itself, and there is no `openclaw` to ask",
                config.file.path
            ),
        ));
    };
    let path = place.config.clone();
    let (value, sha, version) = (
        config.value.clone(),
        config.file.sha256.clone(),
        version.map(str::to_owned),
    );
    let folder = world.operator.state_dir().join("cache");
    let kept = blocking(d, move || {
        let file = folder.join(key(&path, &value, &sha, &version?)?);
        let known = fs::read(&file).ok();
        Some((file, known))
    })
    .await?;
    if let Some((file, Some(bytes))) = &kept
        && let Ok(value) = serde_json::from_slice::<Value>(bytes)
    {
        return Ok((
            value,
            format!("openclaw config get, kept in {}", file.display()),
        ));
    }
    let d = d.at_most(PATIENCE);
    let (agents, tools) = tokio::join!(get(program, "agents", d), get(program, "tools", d));
    let value = relevant(&agents?, &tools?);
    if let Some((file, _)) = kept {
        let text = value.to_string();
        // A cache that cannot be written costs the next run two seconds, nothing else.
        let _ = blocking(d, move || keep(&file, &text)).await;
    }
    Ok((value, "openclaw config get".to_owned()))
}

async fn get(program: &Path, member: &str, d: Deadline) -> Result<Value, Why> {
    let program = program.to_string_lossy();
    let argv = [&*program, "config", "get", member, "--json"];
    let output = ask::program(&argv, &[("NO_COLOR", "1")], d).await?;
    let said = serde_json::from_str::<Value>(output.stdout.trim());
    match said {
        Ok(value) if output.success() => Ok(value),
        // A member that nobody set: rc 1 and a document that says so.
        Ok(value) if is_unknown_path(&value) => Ok(json!({})),
        _ => Err(Why::new(
            WhyKind::Failed,
            format!(
                "`openclaw config get {member}` failed: {}",
                wash(&format!("{} {}", output.stderr, output.stdout), 300)
            ),
        )),
    }
}

fn is_unknown_path(value: &Value) -> bool {
    value
        .pointer("/error/message")
        .and_then(Value::as_str)
        .is_some_and(|message| message.starts_with("Unknown config path"))
}

/// Name of the cache file; none when what goes into the answer cannot be told from files alone.
fn key(path: &Path, value: &Value, sha: &str, version: &str) -> Option<String> {
    if effective::elsewhere(value) {
        return None;
    }
    let mut parts = format!("1\n{version}\n{}\n{sha}\n", path.display());
    let mut waiting = named(value, path);
    let mut seen = BTreeSet::new();
    while let Some(file) = waiting.pop() {
        if !seen.insert(file.clone()) {
            continue;
        }
        if seen.len() > MOST_FILES {
            return None;
        }
        let config = super::config::read(&file).ok()?;
        parts.push_str(&config.file.sha256);
        parts.push('\n');
        waiting.extend(named(&config.value, &file));
    }
    Some(format!("openclaw-{}.json", Sha256::of(parts.as_bytes())))
}

/// Files that a config names with `$include`, relative to itself
/// (<https://docs.openclaw.ai/gateway/configuration>).
fn named(value: &Value, from: &Path) -> Vec<PathBuf> {
    let folder = from.parent().unwrap_or(Path::new("/"));
    match value {
        Value::Object(object) => object
            .iter()
            .flat_map(|(key, value)| match (key.as_str(), value) {
                ("$include", Value::String(file)) => vec![folder.join(file)],
                ("$include", Value::Array(files)) => files
                    .iter()
                    .filter_map(Value::as_str)
                    .map(|file| folder.join(file))
                    .collect(),
                _ => named(value, from),
            })
            .collect(),
        Value::Array(items) => items.iter().flat_map(|item| named(item, from)).collect(),
        _ => Vec::new(),
    }
}

/// What `effective` and `elevated` read, and no secret of an environment or a channel.
fn relevant(agents: &Value, tools: &Value) -> Value {
    let mut kept = Map::new();
    for member in ["ownership", "defaults"] {
        if let Some(value) = agents.get(member) {
            let value = if value.is_object() {
                agent(value)
            } else {
                value.clone()
            };
            kept.insert(member.to_owned(), value);
        }
    }
    match agents.get("entries") {
        Some(Value::Object(entries)) => {
            let entries = entries.iter().map(|(id, value)| (id.clone(), agent(value)));
            kept.insert("entries".to_owned(), Value::Object(entries.collect()));
        }
        Some(other) => _ = kept.insert("entries".to_owned(), other.clone()),
        None => {}
    }
    match agents.get("list") {
        Some(Value::Array(list)) => {
            let list = list.iter().map(agent).collect();
            kept.insert("list".to_owned(), Value::Array(list));
        }
        Some(other) => _ = kept.insert("list".to_owned(), other.clone()),
        None => {}
    }
    let elevated = tools
        .get("elevated")
        .map(|elevated| json!({"elevated": elevated}));
    json!({ "agents": kept, "tools": elevated.unwrap_or(json!({})) })
}

/// One agent, or the defaults of all, without what may be secret.
pub fn agent(value: &Value) -> Value {
    let Value::Object(object) = value else {
        return value.clone();
    };
    let mut kept = Map::new();
    for member in ["id", "default", "workspace", "systemAgent", "sandbox"] {
        if let Some(value) = object.get(member) {
            kept.insert(member.to_owned(), value.clone());
        }
    }
    if let Some(elevated) = object.get("tools").and_then(|tools| tools.get("elevated")) {
        kept.insert("tools".to_owned(), json!({ "elevated": elevated }));
    }
    let sandbox = kept.get_mut("sandbox").and_then(Value::as_object_mut);
    if let Some(sandbox) = sandbox {
        sandbox.retain(|key, _| !matches!(key.as_str(), "ssh" | "browser" | "prune"));
        let docker = sandbox.get_mut("docker").and_then(Value::as_object_mut);
        if let Some(docker) = docker {
            if let Some(Value::Object(env)) = docker.get_mut("env") {
                env.values_mut().for_each(|value| *value = json!(""));
            }
            if let Some(Value::String(command)) = docker.get_mut("setupCommand") {
                *command = if command.trim().is_empty() {
                    String::new()
                } else {
                    "…".to_owned()
                };
            }
        }
    }
    Value::Object(kept)
}

/// Whole or not at all, for this user alone.
fn keep(file: &Path, text: &str) -> std::io::Result<()> {
    let folder = file.parent().unwrap_or(Path::new("/"));
    fs::create_dir_all(folder)?;
    let mine = file.with_extension(format!("{}.tmp", std::process::id()));
    let mut open = fs::File::options();
    open.write(true).create(true).truncate(true).mode(0o600);
    open.open(&mine)?.write_all(text.as_bytes())?;
    fs::rename(&mine, file)
}
