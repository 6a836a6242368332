//! What a node looks like, written down so that two looks can be compared: the files of a place to
//! the byte and the owner, and what an engine has.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use serde_json::Value;

use super::Engine;
use super::place::Place;

/// A thing and what would show a change of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct World(BTreeMap<String, String>);

impl World {
    /// The place's home but for our own state, and all that the engine has a name for. What lies in
    /// `volumes` is listed from inside.
    pub fn look(
        place: &Place,
        engine: Option<&Engine>,
        volumes: &[String],
    ) -> Result<Self, String> {
        let mut world = Self::default();
        world.folder(&place.home(), &place.home().join("state"));
        let Some(engine) = engine else {
            return Ok(world);
        };
        world.engine(engine)?;
        for volume in volumes {
            world.volume(engine, volume)?;
        }
        Ok(world)
    }

    /// The engine alone.
    pub fn of_engine(engine: &Engine) -> Result<Self, String> {
        let mut world = Self::default();
        world.engine(engine)?;
        Ok(world)
    }

    fn folder(&mut self, folder: &Path, except: &Path) {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let said = path.display().to_string();
            if path == except || is_openclaws_own(&said) {
                continue;
            }
            let Ok(meta) = entry.metadata() else { continue };
            let content = if meta.is_symlink() {
                format!("-> {:?}", std::fs::read_link(&path))
            } else if meta.is_file() {
                let bytes = std::fs::read(&path).unwrap_or_default();
                config_value(&path, &bytes).map_or_else(
                    || format!("{:?}", String::from_utf8_lossy(&bytes)),
                    |value| value.to_string(),
                )
            } else {
                String::new()
            };
            let line = format!("{}:{} {:o} {content}", meta.uid(), meta.gid(), meta.mode());
            self.0.insert(said, line);
            if meta.is_dir() {
                self.folder(&path, except);
            }
        }
    }

    fn engine(&mut self, engine: &Engine) -> Result<(), String> {
        for args in [
            ["ps", "-a", "--no-trunc", "--format", "{{.Names}} {{.ID}}"].as_slice(),
            &["volume", "ls", "--format", "{{.Name}} {{.Driver}}"],
            &[
                "network",
                "ls",
                "--no-trunc",
                "--format",
                "{{.Name}} {{.ID}}",
            ],
            &[
                "images",
                "--no-trunc",
                "--format",
                "{{.Repository}}:{{.Tag}} {{.ID}}",
            ],
        ] {
            for line in engine.docker(args)?.lines() {
                let (name, what) = line.split_once(' ').unwrap_or((line, ""));
                // An image keeps one of our names when it would lose its last; that is by design.
                if !name.starts_with("clawdoctor-kept:") && !name.starts_with("<none>") {
                    self.0
                        .insert(format!("{} {name}", args[0]), what.to_owned());
                }
            }
        }
        Ok(())
    }

    fn volume(&mut self, engine: &Engine, volume: &str) -> Result<(), String> {
        let mount = format!("{volume}:/v:ro");
        let listed =
            engine.in_volume(&mount, &["find", "/v", "-printf", "%p\t%U:%G %m %s %l\n"])?;
        for line in listed.lines() {
            let (path, what) = line.split_once('\t').unwrap_or((line, ""));
            self.0
                .insert(format!("in {volume} {path}"), what.to_owned());
        }
        Ok(())
    }

    /// What the other has more, less or otherwise.
    pub fn differences(&self, other: &Self) -> Vec<String> {
        let keys: std::collections::BTreeSet<&String> =
            self.0.keys().chain(other.0.keys()).collect();
        keys.into_iter()
            .filter(|key| self.0.get(*key) != other.0.get(*key))
            .map(|key| match (self.0.get(key), other.0.get(key)) {
                (Some(was), Some(is)) => format!("{key}: was {was}, is {is}"),
                (Some(was), None) => format!("{key}: was {was}, is gone"),
                (None, is) => format!("{key}: is new: {}", is.map_or("", String::as_str)),
            })
            .collect()
    }

    /// What no run may leave behind, whatever it came to.
    pub fn litter(&self) -> Vec<String> {
        let is_litter = |name: &&String| {
            name.contains("clawdoctor-passing")
                || name.contains("clawdoctor-try")
                || (name.starts_with("ps clawdoctor-") && !name.starts_with("ps clawdoctor-test"))
                || name.contains("openclaw.json.clobbered")
        };
        self.0.keys().filter(is_litter).cloned().collect()
    }
}

/// OpenClaw's CLI keeps a state and caches of its own below the home folder. Its config it writes
/// anew; its workspaces are the operator's.
fn is_openclaws_own(path: &str) -> bool {
    let Some((_, inner)) = path.split_once("/.openclaw/") else {
        return [".npm", ".cache", ".config", ".local", ".node"]
            .iter()
            .any(|name| path.ends_with(&format!("/home/{name}")));
    };
    let ours = ["openclaw.json", "workspace", "openclaw.json.clobbered"];
    !ours.iter().any(|name| inner.starts_with(name))
        || inner.starts_with("openclaw.json.bak")
        || inner == "openclaw.json.last-good"
}

/// What OpenClaw's config says, its `meta` left out, which tells who wrote it last.
fn config_value(path: &Path, bytes: &[u8]) -> Option<Value> {
    if !path.ends_with(".openclaw/openclaw.json") {
        return None;
    }
    let mut value: Value = serde_json::from_slice(bytes).ok()?;
    value.as_object_mut()?.remove("meta");
    Some(value)
}
