//! The table of scenarios: each file of `tests/faults/` sets up one node on a real engine, with
//! one fault or none, and says exactly which findings `clawdoctor check` must give, and no other.

#![expect(
    clippy::disallowed_methods,
    reason = "sets up and looks at the world that is tested"
)]

#[expect(
    dead_code,
    reason = "shared with the faulty engines, which use the rest"
)]
mod support;

use std::path::{Path, PathBuf};
use std::time::Duration;

use libtest_mimic::{Arguments, Failed, Trial};
use serde::Deserialize;
use serde_json::{Value, json};

use support::Engine;
use support::place::{Place, User};
use support::proxy::{Part, Proxy};

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Scenario {
    about: String,
    #[serde(default)]
    openclaw: Openclaw,
    #[serde(default)]
    engine: EnginePart,
    /// The operator's `clawdoctor.toml`.
    #[serde(default)]
    settings: Option<String>,
    /// More files below the home folder.
    #[serde(default)]
    files: std::collections::BTreeMap<String, String>,
    #[serde(default)]
    volumes: Vec<Volume>,
    /// A folder of the place that is mounted read-only over itself: `src`.
    #[serde(default)]
    read_only_mount: Option<String>,
    /// Run as this uid instead of root's.
    #[serde(default)]
    uid: Option<u32>,
    /// Run where no other process can be seen, and so no gateway.
    #[serde(default)]
    alone: bool,
    #[serde(default)]
    args: Option<Vec<String>>,
    /// At most so many seconds.
    #[serde(default = "thirty")]
    within: u64,
    expect: Expect,
}

fn thirty() -> u64 {
    30
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct Openclaw {
    absent: bool,
    /// Laid over `agents.defaults.sandbox` of a healthy configuration.
    sandbox: Option<Value>,
    /// Laid over the whole configuration.
    config: Option<Value>,
    /// The file's text instead of all that.
    text: Option<String>,
    no_config: bool,
    mode: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct EnginePart {
    /// Only these engines; all when empty.
    only: Vec<String>,
    socket: Socket,
    proxy: Option<Part>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Socket {
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
struct Volume {
    name: String,
    /// `uid:gid` of its root folder.
    owner: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Expect {
    exit: i32,
    /// `check:code`, sorted; exactly these.
    findings: Vec<String>,
    /// Status of checks that matter here: `skip:offline`, `pass`, `error`.
    #[serde(default)]
    status: std::collections::BTreeMap<String, String>,
}

fn main() {
    let args = Arguments::from_args();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/faults");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("tests/faults")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
        .collect();
    files.sort();
    let engines = Engine::all();
    let mut trials = Vec::new();
    for path in files {
        let name = path
            .file_stem()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        let text = std::fs::read_to_string(&path).expect("a scenario");
        let scenario: Scenario =
            toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        if engines.is_empty() {
            let trial = Trial::test(format!("{name} (no engine: use tests/run)"), || Ok(()));
            trials.push(trial.with_ignored_flag(true));
        }
        for engine in &engines {
            let only = &scenario.engine.only;
            if only.is_empty() || only.iter().any(|wanted| wanted == engine.name) {
                let (scenario, engine) = (scenario.clone(), engine.clone());
                let title = format!("{name} on {}", engine.name);
                trials.push(Trial::test(title, move || play(&scenario, &engine)));
            }
        }
    }
    // One after another: each looks at all that is in the engine, before and after.
    let args = Arguments {
        test_threads: Some(1),
        ..args
    };
    libtest_mimic::run(&args, trials).exit();
}

fn play(scenario: &Scenario, engine: &Engine) -> Result<(), Failed> {
    let mut place = Place::new();
    let stage = Stage::set(scenario, engine, &mut place)?;
    let before = (place.listing(), engine.inventory()?);
    let mut args: Vec<String> = ["check", "--json"].map(str::to_owned).to_vec();
    args.extend(
        scenario
            .args
            .clone()
            .unwrap_or_else(|| vec!["--offline".to_owned()]),
    );
    let user = scenario.uid.map(|uid| User {
        uid,
        alone: scenario.alone,
    });
    let ran = place.run(user, &args, Duration::from_secs(scenario.within));
    let after = (place.listing(), engine.inventory()?);
    drop(stage);
    let told = || {
        format!(
            "{}\nstdout: {}\nstderr: {}\ntook {:?}",
            scenario.about,
            String::from_utf8_lossy(&ran.output.stdout),
            String::from_utf8_lossy(&ran.output.stderr),
            ran.took
        )
    };
    if ran.killed {
        return Err(format!("not done within {} s: {}", scenario.within, told()).into());
    }
    let report: Value = serde_json::from_slice(&ran.output.stdout)
        .map_err(|error| format!("not one JSON document ({error}): {}", told()))?;
    let wrong = differences(scenario, &report, ran.output.status.code());
    if !wrong.is_empty() {
        let brief: Vec<String> = report["findings"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|f| format!("  {} {}", f["checkId"], f["message"]))
            .collect();
        return Err(format!(
            "{}\n{}\nfindings:\n{}\nstderr: {}",
            scenario.about,
            wrong.join("\n"),
            brief.join("\n"),
            String::from_utf8_lossy(&ran.output.stderr)
        )
        .into());
    }
    if before != after {
        return Err(
            format!("something was left behind or changed:\n{before:#?}\n{after:#?}").into(),
        );
    }
    Ok(())
}

fn differences(scenario: &Scenario, report: &Value, exit: Option<i32>) -> Vec<String> {
    let short = |id: &Value| {
        let id = id.as_str().unwrap_or_default();
        id.strip_prefix("clawdoctor/").unwrap_or(id).to_owned()
    };
    let mut wrong = Vec::new();
    if exit != Some(scenario.expect.exit) {
        wrong.push(format!(
            "exit code {exit:?}, expected {}",
            scenario.expect.exit
        ));
    }
    let mut found: Vec<String> = report["findings"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|f| {
            format!(
                "{}:{}",
                short(&f["checkId"]),
                f["errorCode"].as_str().unwrap_or_default()
            )
        })
        .collect();
    found.sort();
    let mut expected = scenario.expect.findings.clone();
    expected.sort();
    if found != expected {
        wrong.push(format!("findings {found:?}, expected {expected:?}"));
    }
    for check in report["checks"].as_array().into_iter().flatten() {
        let id = short(&check["checkId"]);
        let status = check["status"].as_str().unwrap_or_default();
        let reason = check["skipReason"].as_str();
        let status =
            reason.map_or_else(|| status.to_owned(), |reason| format!("{status}:{reason}"));
        match scenario.expect.status.get(&id) {
            Some(wanted) if *wanted != status => {
                wrong.push(format!(
                    "{id} is {status} ({}), expected {wanted}",
                    check["summary"]
                ));
            }
            None if status == "error" => {
                wrong.push(format!(
                    "{id} could not be determined: {}",
                    check["summary"]
                ));
            }
            _ => {}
        }
    }
    wrong
}

/// What a scenario puts up, and takes down again when it ends.
struct Stage {
    engine: Engine,
    volumes: Vec<String>,
    mounted: Option<PathBuf>,
    /// Kept for its end: it stops when the scenario does.
    proxy: Option<Proxy>,
}

impl Stage {
    fn set(scenario: &Scenario, engine: &Engine, place: &mut Place) -> Result<Self, Failed> {
        let mut stage = Self {
            engine: engine.clone(),
            volumes: Vec::new(),
            mounted: None,
            proxy: None,
        };
        openclaw(scenario, place, engine)?;
        if let Some(settings) = &scenario.settings {
            place.file(
                "clawdoctor/clawdoctor.toml",
                &filled(settings, place, engine),
            );
        }
        for (inner, content) in &scenario.files {
            place.file(inner, &filled(content, place, engine));
        }
        for volume in &scenario.volumes {
            stage.volume(volume)?;
        }
        if let Some(inner) = &scenario.read_only_mount {
            let folder = place.file(&format!("{inner}/readme"), "x\n");
            stage.mount_read_only(folder.parent().expect("its folder"))?;
        }
        stage.endpoint(scenario, place)?;
        Ok(stage)
    }

    fn volume(&mut self, volume: &Volume) -> Result<(), Failed> {
        self.volumes.push(volume.name.clone());
        self.engine.docker(&[
            "volume",
            "create",
            "--label",
            "clawdoctor.test=1",
            &volume.name,
        ])?;
        let mount = format!("{}:/v", volume.name);
        self.engine.docker(&[
            "run",
            "--rm",
            "--network",
            "none",
            "--label",
            "clawdoctor.test=1",
            "-u",
            "0",
            "-v",
            &mount,
            "clawdoctor-test/good:1",
            "chown",
            &volume.owner,
            "/v",
        ])?;
        Ok(())
    }

    fn mount_read_only(&mut self, folder: &Path) -> Result<(), Failed> {
        let path = folder.display().to_string();
        for args in [["--bind", &path, &path], ["-o", "remount,ro,bind", &path]] {
            let done = std::process::Command::new("mount").args(args).status()?;
            if !done.success() {
                return Err(format!("cannot mount {path} read-only").into());
            }
            self.mounted = Some(folder.to_owned());
        }
        Ok(())
    }

    fn endpoint(&mut self, scenario: &Scenario, place: &mut Place) -> Result<(), Failed> {
        use std::os::unix::fs::PermissionsExt as _;
        let socket = place.root().join("docker.sock");
        let open = |mode| std::fs::set_permissions(&socket, std::fs::Permissions::from_mode(mode));
        match scenario.engine.socket {
            Socket::Absent => {}
            Socket::Stale => drop(std::os::unix::net::UnixListener::bind(&socket)?),
            Socket::Real | Socket::Forbidden => {
                let part = scenario.engine.proxy.clone();
                if part.is_none() && scenario.uid.is_none() {
                    place
                        .env
                        .insert("DOCKER_HOST".to_owned(), self.engine.url());
                    return Ok(());
                }
                let part = part.unwrap_or_default();
                self.proxy = Some(Proxy::start(&socket, &self.engine.socket, part)?);
                open(if scenario.engine.socket == Socket::Forbidden {
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
fn gateway_port() -> u16 {
    let port = std::env::var("CLAWDOCTOR_TEST_OPENCLAW_PORT").ok();
    port.and_then(|port| port.parse().ok()).unwrap_or(18989)
}

/// Installs and configures OpenClaw in the place as the scenario has it.
fn openclaw(scenario: &Scenario, place: &Place, engine: &Engine) -> Result<(), Failed> {
    let claw = &scenario.openclaw;
    if claw.absent {
        return Ok(());
    }
    place.install_openclaw("2026.9.6");
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
    let text = filled(&text, place, engine);
    let path = place.file(".openclaw/openclaw.json", &text);
    if let Some(mode) = &claw.mode {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = u32::from_str_radix(mode, 8)?;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))?;
    }
    Ok(())
}

/// `@HOME@` is the place's home folder; `@RESOLVER@` listens on the engine's bridge and
/// `@REGISTRY@` on loopback, both started by `tests/run`.
fn filled(text: &str, place: &Place, engine: &Engine) -> String {
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

fn merge(value: &mut Value, over: &Value) {
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
