//! What the tables of scenarios set up on a node, and take down again when a scenario ends: an
//! OpenClaw, files, volumes, a read-only mount, and the way to the engine.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use libtest_mimic::Failed;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Engine;
use super::place::Place;
use super::proxy::{Part, Proxy};

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Openclaw {
    pub absent: bool,
    /// Laid over `agents.defaults.sandbox` of a healthy configuration.
    pub sandbox: Option<Value>,
    /// Laid over the whole configuration.
    pub config: Option<Value>,
    /// The file's text instead of all that.
    pub text: Option<String>,
    pub no_config: bool,
    pub mode: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct EnginePart {
    /// Only these engines; all when empty.
    pub only: Vec<String>,
    pub socket: Socket,
    pub proxy: Option<Part>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Socket {
    #[default]
    Real,
    /// There is no such file.
    Absent,
    /// A socket file that nobody listens on.
    Stale,
    /// Root's alone.
    Forbidden,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Volume {
    pub name: String,
    /// `uid:gid` of its root folder.
    pub owner: String,
}

/// What a scenario puts up, and takes down again when it ends.
pub struct Stage {
    pub engine: Engine,
    volumes: Vec<String>,
    mounted: Option<PathBuf>,
    /// Kept for its end: it stops when the scenario does.
    proxy: Option<Proxy>,
}

impl Stage {
    pub fn on(engine: &Engine) -> Self {
        Self {
            engine: engine.clone(),
            volumes: Vec::new(),
            mounted: None,
            proxy: None,
        }
    }

    /// The operator's settings, and more files below the home folder.
    pub fn files(&self, settings: Option<&str>, files: &BTreeMap<String, String>, place: &Place) {
        if let Some(settings) = settings {
            let text = filled(settings, place, &self.engine);
            place.file("clawdoctor/clawdoctor.toml", &text);
        }
        for (inner, content) in files {
            place.file(inner, &filled(content, place, &self.engine));
        }
    }

    /// Configures OpenClaw in the place as the scenario has it.
    pub fn openclaw(&self, claw: &Openclaw, place: &Place) -> Result<(), Failed> {
        if claw.absent {
            return Ok(());
        }
        place.file(".openclaw/workspace/AGENTS.md", "# agent\n");
        if claw.no_config {
            return Ok(());
        }
        let port = gateway_port();
        let mut config = json!({
            "meta": {"lastTouchedVersion": "2026.9.6"},
            "gateway": {"mode": "local", "port": port, "bind": "loopback"},
            "agents": {"defaults": {
                "workspace": place.home().join(".openclaw/workspace"),
                "sandbox": {
                    "mode": "all", "backend": "docker", "scope": "session", "workspaceAccess": "none",
                    "docker": {
                        "image": "clawdoctor-test/good:1", "network": "none",
                        "memory": "512m", "cpus": 0.5, "pidsLimit": 256,
                    },
                },
            }},
        });
        if let Some(sandbox) = &claw.sandbox {
            merge(&mut config["agents"]["defaults"]["sandbox"], sandbox);
        }
        if let Some(over) = &claw.config {
            merge(&mut config, over);
        }
        let text = claw.text.clone().unwrap_or_else(|| config.to_string());
        let text = filled(&text, place, &self.engine);
        let path = place.file(".openclaw/openclaw.json", &text);
        if let Some(mode) = &claw.mode {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = u32::from_str_radix(mode, 8)?;
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))?;
        }
        Ok(())
    }

    pub fn volume(&mut self, volume: &Volume) -> Result<(), Failed> {
        self.volumes.push(volume.name.clone());
        self.engine.docker(&[
            "volume",
            "create",
            "--label",
            "clawdoctor.test=1",
            &volume.name,
        ])?;
        let mount = format!("{}:/v", volume.name);
        self.engine
            .in_volume(&mount, &["chown", &volume.owner, "/v"])?;
        Ok(())
    }

    pub fn mount_read_only(&mut self, folder: &Path) -> Result<(), Failed> {
        let path = folder.display().to_string();
        for args in [["--bind", &path, &path], ["-o", "remount,ro,bind", &path]] {
            let done = std::process::Command::new("mount").args(args).status()?;
            if !done.success() {
                return Err(format!("cannot mount {path} read-only").into());
            }
            self.mounted = Some(folder.to_owned());
            // Where mounts of the machine do not reach the engine's own view of it.
            if let Some(inside) = self.engine.view() {
                let there = std::process::Command::new("nsenter")
                    .args([inside.as_str(), "--", "mount"])
                    .args(args)
                    .status()?;
                if !there.success() {
                    return Err(format!("cannot mount {path} in the engine's view").into());
                }
            }
        }
        Ok(())
    }

    /// How the place reaches the engine: as it is, or by a proxy where there is one to inject faults
    /// or where another user than root has to come through.
    pub fn endpoint(
        &mut self,
        wanted: &EnginePart,
        uid: Option<u32>,
        place: &mut Place,
    ) -> Result<(), Failed> {
        use std::os::unix::fs::PermissionsExt as _;
        let socket = place.root().join("docker.sock");
        let open = |mode| std::fs::set_permissions(&socket, std::fs::Permissions::from_mode(mode));
        match wanted.socket {
            Socket::Absent => {}
            Socket::Stale => drop(std::os::unix::net::UnixListener::bind(&socket)?),
            Socket::Real | Socket::Forbidden => {
                let part = wanted.proxy.clone();
                if part.is_none() && uid.is_none() {
                    place
                        .env
                        .insert("DOCKER_HOST".to_owned(), self.engine.url());
                    return Ok(());
                }
                let part = part.unwrap_or_default();
                self.proxy = Some(Proxy::start(&socket, &self.engine.socket, part)?);
                open(if wanted.socket == Socket::Forbidden {
                    0o600
                } else {
                    0o666
                })?;
            }
        }
        let url = format!("unix://{}", socket.display());
        place.env.insert("DOCKER_HOST".to_owned(), url);
        Ok(())
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        for volume in &self.volumes {
            self.engine
                .docker(&["volume", "rm", "-f", volume])
                .unwrap_or_default();
        }
        if let (Some(folder), Some(inside)) = (&self.mounted, self.engine.view()) {
            // Gone with the machine's own where mounts reach the engine's view.
            let _ = std::process::Command::new("nsenter")
                .args([inside.as_str(), "--", "umount"])
                .arg(folder)
                .status();
        }
        if let Some(folder) = &self.mounted {
            let done = std::process::Command::new("umount").arg(folder).status();
            assert!(
                done.is_ok_and(|status| status.success()),
                "unmounts {}",
                folder.display()
            );
        }
    }
}

/// Where the real gateway listens that `tests/run` started.
pub fn gateway_port() -> u16 {
    let port = std::env::var("CLAWDOCTOR_TEST_OPENCLAW_PORT").ok();
    port.and_then(|port| port.parse().ok()).unwrap_or(18989)
}

/// `@HOME@` is the place's home folder; `@RESOLVER@` listens on the engine's bridge and
/// `@REGISTRY@` on loopback, both started by `tests/run`.
pub fn filled(text: &str, place: &Place, engine: &Engine) -> String {
    let registry = std::env::var("CLAWDOCTOR_TEST_REGISTRY").unwrap_or_default();
    let mut text = text
        .replace("@PORT@", &gateway_port().to_string())
        .replace("@HOME@", &place.home().display().to_string())
        .replace("@REGISTRY@", &registry);
    if text.contains("@RESOLVER@") {
        let format = "{{(index .IPAM.Config 0).Gateway}}";
        let gateway = engine.docker(&["network", "inspect", "bridge", "-f", format]);
        text = text.replace("@RESOLVER@", &gateway.expect("the engine has a bridge"));
    }
    text
}

pub fn merge(value: &mut Value, over: &Value) {
    match (value, over) {
        (Value::Object(under), Value::Object(over)) => {
            for (key, member) in over {
                if member == "@REMOVE@" {
                    under.remove(key);
                } else {
                    merge(under.entry(key.clone()).or_insert(Value::Null), member);
                }
            }
        }
        (under, over) => *under = over.clone(),
    }
}
