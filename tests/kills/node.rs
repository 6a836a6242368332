//! A node with the real OpenClaw and much to repair, what it looks like, and runs that are killed.

use std::collections::BTreeMap;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use clawdoctor::digest::Sha256;
use serde_json::{Value, json};

use crate::support::Engine;
use crate::support::place::Place;

/// What the sandboxes of the node are made of: loaded from an archive, never built.
pub const LOADED: &str = "clawdoctor-kills/sandbox:1";
/// OpenClaw's command line takes seconds, a build a minute.
const PATIENCE: Duration = Duration::from_mins(4);
/// Numbers the nodes of this process.
static NODES: AtomicU32 = AtomicU32::new(0);
/// Between two looks at a process or a file.
const POLL: Duration = Duration::from_millis(5);

/// Where `tests/support/openclaw.sh install` has put the programs.
#[derive(Clone, Debug)]
pub struct Openclaw {
    path: String,
}

impl Openclaw {
    /// None where it is not installed and cannot be.
    pub fn found() -> Option<Self> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/openclaw.sh");
        let output = Command::new(script).arg("install").output().ok()?;
        let program = String::from_utf8(output.stdout).ok()?;
        let program = Path::new(program.trim());
        let folder = program.parent().filter(|_| output.status.success())?;
        let node = folder
            .ancestors()
            .nth(3)?
            .join("node/node_modules/node/bin");
        Some(Self {
            path: format!("{}:{}:/usr/bin:/bin", node.display(), folder.display()),
        })
    }
}

/// What is to be repaired.
#[derive(Clone, Debug)]
pub struct Wish {
    pub image: &'static str,
    pub ids: &'static [&'static str],
    pub archive: Option<PathBuf>,
}

pub struct Node {
    pub place: Place,
    pub engine: Engine,
    wish: Wish,
    volume: String,
    /// Of every `clawdoctor` that was started here.
    pids: std::cell::RefCell<Vec<u32>>,
}

impl Node {
    /// Sandbox mode off, no caps, no image, a volume with files of root and others in it.
    pub fn new(engine: &Engine, openclaw: &Openclaw, wish: &Wish) -> Result<Self, String> {
        let mut place = Place::new();
        let set = [
            ("PATH", openclaw.path.clone()),
            ("DOCKER_HOST", engine.url()),
            ("OPENCLAW_DISABLE_BONJOUR", "1".to_owned()),
        ];
        place
            .env
            .extend(set.map(|(name, value)| (name.to_owned(), value)));
        // Two nodes may be there at a time, each with a volume of its own.
        let number = NODES.fetch_add(1, Ordering::Relaxed);
        let volume = format!("clawdoctor-kills-{}-{number}", std::process::id());
        let node = Self {
            place,
            engine: engine.clone(),
            wish: wish.clone(),
            volume,
            pids: std::cell::RefCell::default(),
        };
        node.furnish()?;
        Ok(node)
    }

    fn furnish(&self) -> Result<(), String> {
        let workspace = self
            .place
            .file(".openclaw/workspace/AGENTS.md", "# agent\n");
        let config = json!({
            "gateway": {"mode": "local", "port": 18989, "bind": "loopback"},
            "agents": {"defaults": {
                "workspace": workspace.parent(),
                "sandbox": {"mode": "off", "docker": {"image": self.wish.image, "user": "1000:1000"}},
            }},
        });
        let config = self
            .place
            .file(".openclaw/openclaw.json", &config.to_string());
        let settings = format!("[sandbox]\nmounts = [\"{}:/data\"]\n", self.volume);
        self.place.file("clawdoctor/clawdoctor.toml", &settings);
        // Root's own home, so that nothing is refused for whose it is.
        for path in [config.as_path(), config.parent().expect("a folder")] {
            own(path)?;
        }
        own(&self.place.home())?;
        own_alone(&config, 0o600)?;
        own_alone(config.parent().expect("a folder"), 0o700)?;
        self.engine.docker(&[
            "volume",
            "create",
            "--label",
            "clawdoctor.test=1",
            &self.volume,
        ])?;
        self.in_volume(
            "echo a >/v/a; mkdir -p /v/d; echo b >/v/d/b; chmod 640 /v/d/b; chown 33:44 /v/d/b; \
             ln -sf a /v/l; chmod 4755 /v/a; chown 0:0 /v",
        )?;
        // OpenClaw's own files come with its first call.
        self.openclaw(&["config", "validate"]).map(drop)
    }

    fn in_volume(&self, script: &str) -> Result<String, String> {
        let mount = format!("{}:/v", self.volume);
        self.engine.in_volume(&mount, &["sh", "-c", script])
    }

    pub fn openclaw(&self, args: &[&str]) -> Result<String, String> {
        let output = Command::new("openclaw")
            .args(args)
            .env_clear()
            .envs(&self.place.env)
            .current_dir(self.place.home())
            .stdin(Stdio::null())
            .output()
            .map_err(|error| error.to_string())?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        if output.status.success() {
            return Ok(said);
        }
        let errors = String::from_utf8_lossy(&output.stderr);
        Err(format!("openclaw {}: {said}{errors}", args.join(" ")))
    }

    // ---- runs

    pub fn fix(&self, more: &[&str]) -> Vec<String> {
        let mut args = vec!["fix"];
        args.extend(self.wish.ids);
        args.extend(["--offline", "--allow", "behaviour,data"]);
        args.extend(more);
        let mut args: Vec<String> = args.into_iter().map(str::to_owned).collect();
        if let Some(archive) = &self.wish.archive {
            args.extend(["--image-tar".to_owned(), archive.display().to_string()]);
        } else {
            args.retain(|word| word != "--offline");
        }
        args
    }

    /// Runs it to its end.
    pub fn run(&self, args: &[String]) -> Ended {
        self.end(self.place.command(None, args), None)
    }

    /// Runs it to its end with another state folder.
    pub fn run_in_state(&self, state: &Path, args: &[String]) -> Ended {
        let mut command = self.place.command(None, args);
        command.env("CLAWDOCTOR_STATE_DIR", state);
        self.end(command, None)
    }

    /// Runs it until this many syncs of its main thread, which writes the journal, have begun.
    pub fn killed_at(&self, sync: usize, args: &[String]) -> Ended {
        let inject = format!("inject=fsync:signal=SIGKILL:when={sync}");
        self.end(self.traced(args, "/dev/null", &["-e", &inject]), None)
    }

    /// What it syncs, in this order.
    pub fn syncs(&self, args: &[String]) -> (Ended, Vec<String>) {
        let log = self.place.root().join("syncs");
        let shown = log.display().to_string();
        let ended = self.end(self.traced(args, &shown, &["-y"]), None);
        let text = std::fs::read_to_string(&log).unwrap_or_default();
        let path = |line: &str| Some(line.strip_prefix("fsync(")?.split_once('<')?.1.to_owned());
        (ended, text.lines().filter_map(path).collect())
    }

    /// Sends it a signal after a while.
    pub fn signalled(&self, signal: &str, after: Duration, args: &[String]) -> Ended {
        self.end(self.place.command(None, args), Some((signal, after)))
    }

    /// Kills it a while after a file of this name has appeared beside its journal.
    pub fn killed_with(&self, name: &str, after: Duration, args: &[String]) -> Ended {
        let known = self.runs();
        let appeared = || {
            let new = self.runs().into_iter().filter(|run| !known.contains(run));
            let folder = self.place.home().join("state/journal");
            new.map(|run| folder.join(run).join(name))
                .any(|path| path.exists())
        };
        let child = Self::start(self.place.command(None, args));
        while !appeared() && !child.has_ended(POLL) {}
        let early = child.has_ended(after);
        if !early {
            child.kill("-KILL");
        }
        self.end_of(child)
    }

    fn traced(&self, args: &[String], log: &str, more: &[&str]) -> Command {
        let inner = self.place.command(None, args);
        let mut command = Command::new("strace");
        command.args(["-qq", "-o", log, "-e", "trace=fsync", "-e", "signal=none"]);
        command.args(more).arg("--").arg(inner.get_program());
        command.args(args).env_clear().envs(&self.place.env);
        command.current_dir(self.place.home()).stdin(Stdio::null());
        command
    }

    fn end(&self, command: Command, signal: Option<(&str, Duration)>) -> Ended {
        let child = Self::start(command);
        if let Some((signal, after)) = signal
            && !child.has_ended(after)
        {
            child.kill(signal);
        }
        self.end_of(child)
    }

    fn start(mut command: Command) -> Running {
        let begun = Instant::now();
        let child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program under test starts");
        let pid = child.id();
        let output = std::thread::spawn(move || child.wait_with_output().expect("its output"));
        Running { begun, pid, output }
    }

    fn end_of(&self, child: Running) -> Ended {
        if !child.has_ended(PATIENCE) {
            child.kill("-KILL");
            panic!("not done within {PATIENCE:?}");
        }
        let output = child.output.join().expect("its output");
        self.pids.borrow_mut().extend(self.holder());
        Ended {
            code: output.status.code(),
            signal: output.status.signal(),
            took: child.begun.elapsed(),
            said: told(&output),
        }
    }

    /// The process that had the lock last.
    fn holder(&self) -> Option<u32> {
        let text = std::fs::read_to_string(self.place.home().join("state/lock")).ok()?;
        let holder: Value = serde_json::from_str(&text).ok()?;
        holder["pid"]
            .as_u64()
            .and_then(|pid| u32::try_from(pid).ok())
    }

    // ---- what it looks like

    /// Waits for programs that a killed run has left: what they still do counts.
    fn wait_for_orphans(&self) -> Result<(), String> {
        let root = self.place.root().display().to_string();
        let at_work = || {
            let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
            entries
                .filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok())
                .any(|line| String::from_utf8_lossy(&line).contains(&root))
        };
        let until = Instant::now() + PATIENCE;
        while at_work() {
            if Instant::now() > until {
                return Err("a program is left that does not end".to_owned());
            }
            std::thread::sleep(POLL * 10);
        }
        Ok(())
    }

    /// What undoing has to bring back.
    pub fn listing(&self) -> Result<Vec<String>, String> {
        self.wait_for_orphans()?;
        let mut lines = Vec::new();
        let home = self.place.home();
        list(&home, &home, &mut lines)?;
        let config = home.join(".openclaw/openclaw.json");
        lines.push(format!("openclaw.json {}", said(&config)?));
        let volume = self.in_volume(
            "cd /v && find . -printf '%p %y %U:%G %m %l\\n' | sort && find . -type f -exec sha256sum {} +",
        )?;
        lines.extend(volume.lines().map(|line| format!("volume {line}")));
        let images = self.engine.docker(&[
            "images",
            "--no-trunc",
            "--format",
            "{{.Repository}}:{{.Tag}} {{.ID}}",
        ])?;
        let ours = images.lines().filter(|line| {
            line.starts_with(self.wish.image) || line.starts_with("clawdoctor-test/")
        });
        lines.extend(ours.map(|line| format!("image {line}")));
        lines.sort();
        Ok(lines)
    }

    /// What no run may leave, however it ended and however it was taken up again.
    pub fn litter(&self) -> Result<Vec<String>, String> {
        let mut found = Vec::new();
        found.extend(self.passing()?);
        let format = "{{.Names}} {{.Label \"clawdoctor.owner\"}}";
        let label = "label=clawdoctor.probe";
        let containers = self
            .engine
            .docker(&["ps", "-a", "--filter", label, "--format", format])?;
        let of_ours = |line: &&str| {
            let owner = line
                .split(' ')
                .nth(1)
                .and_then(|owner| owner.split(':').next());
            let pid = owner.and_then(|pid| pid.parse().ok());
            pid.is_none_or(|pid| self.pids.borrow().contains(&pid))
        };
        found.extend(containers.lines().filter(of_ours).map(str::to_owned));
        for path in all(&self.place.home())? {
            let name = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            let is_ours = name.starts_with(".clawdoctor-") || name == "openclaw-patch.json";
            let is_draft = name.starts_with('.') && name.ends_with(".ndjson");
            let is_theirs = name.starts_with("openclaw.json.") && !name.contains(".bak");
            if is_ours || is_draft || is_theirs {
                found.push(path.display().to_string());
            }
        }
        Ok(found)
    }

    /// The passing names of this node's runs.
    fn passing(&self) -> Result<Vec<String>, String> {
        let runs = self.runs();
        let passing = self.engine.docker(&[
            "images",
            "clawdoctor-passing",
            "--format",
            "{{.Repository}}:{{.Tag}}",
        ])?;
        let of_ours = |line: &&str| runs.iter().any(|run| line.contains(run.as_str()));
        let lines = passing.lines().filter(of_ours);
        Ok(lines.map(str::to_owned).collect())
    }

    pub fn untag_passing(&self) -> Result<(), String> {
        let passing = self.passing()?;
        if passing.is_empty() {
            return Err("there is no passing name".to_owned());
        }
        for name in passing {
            self.engine.docker(&["rmi", &name])?;
        }
        Ok(())
    }

    fn journals(&self) -> Vec<PathBuf> {
        let folder = self.place.home().join("state/journal");
        let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
            .into_iter()
            .flatten()
            .map(|entry| entry.expect("an entry").path())
            .filter(|path| {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                name.ends_with(".ndjson") && !name.starts_with('.')
            })
            .collect();
        paths.sort();
        paths
    }

    pub fn runs(&self) -> Vec<String> {
        let name = |path: &PathBuf| Some(path.file_stem()?.to_string_lossy().into_owned());
        self.journals().iter().filter_map(name).collect()
    }

    /// The records of the newest run, one word or two each: `done 2`.
    pub fn records(&self) -> Vec<String> {
        let Some(path) = self.journals().pop() else {
            return Vec::new();
        };
        let text = std::fs::read_to_string(path).expect("a journal");
        let word = |line: &str| {
            let record: Value = serde_json::from_str(line).ok()?;
            let (kind, seq) = (record["type"].as_str()?, &record["seq"]);
            Some(match (seq.as_u64(), record["outcome"].as_str()) {
                (Some(seq), _) => format!("{kind} {seq}"),
                (None, Some(outcome)) => format!("{kind} {outcome}"),
                (None, None) => kind.to_owned(),
            })
        };
        text.lines()
            .map(|line| word(line).unwrap_or_default())
            .collect()
    }

    /// The kind of step that each number of the newest run stands for.
    pub fn kinds(&self) -> BTreeMap<u64, String> {
        let path = self.journals().pop().expect("a journal");
        let text = std::fs::read_to_string(path).expect("a journal");
        let kind = |line: &str| {
            let record: Value = serde_json::from_str(line).ok()?;
            let kind = record["step"]["step"]["kind"].as_str()?.to_owned();
            Some((record["seq"].as_u64()?, kind))
        };
        text.lines().filter_map(kind).collect()
    }

    /// As if the kill had come while the last record was written, or right before.
    pub fn cut(&self, cut: Cut) {
        let Some(path) = self.journals().pop() else {
            return;
        };
        let text = std::fs::read(&path).expect("a journal");
        let body = text.strip_suffix(b"\n").unwrap_or(&text);
        let last = body
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |at| at + 1);
        let length = match cut {
            Cut::Nothing => return,
            // A journal is never without its first record: it appears with it.
            _ if last == 0 => return,
            Cut::Half => usize::midpoint(last, body.len()),
            Cut::All => last,
        };
        let file = std::fs::OpenOptions::new()
            .write(true)
            .open(&path)
            .expect("a journal");
        file.set_len(length as u64).expect("it is ours");
    }
}

/// What of the last record is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    Nothing,
    Half,
    All,
}

pub struct Ended {
    /// None when a signal ended it: then that one.
    pub code: Option<i32>,
    pub signal: Option<i32>,
    pub took: Duration,
    pub said: String,
}

struct Running {
    begun: Instant,
    pid: u32,
    output: JoinHandle<Output>,
}

impl Running {
    /// Waits so long for its end, or shorter.
    fn has_ended(&self, within: Duration) -> bool {
        let until = Instant::now() + within;
        while !self.output.is_finished() && Instant::now() < until {
            std::thread::sleep(POLL.min(within));
        }
        self.output.is_finished()
    }

    fn kill(&self, signal: &str) {
        let pid = self.pid.to_string();
        let sent = Command::new("kill").args([signal, &pid]).status();
        assert!(sent.is_ok(), "kill is there");
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let volume = &self.volume;
        self.engine
            .docker(&["volume", "rm", "-f", volume])
            .unwrap_or_default();
        self.engine
            .docker(&["rmi", self.wish.image])
            .unwrap_or_default();
    }
}

fn told(output: &Output) -> String {
    format!(
        "{}\nstdout: {}\nstderr: {}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

fn own(path: &Path) -> Result<(), String> {
    std::os::unix::fs::lchown(path, Some(0), Some(0)).map_err(|error| error.to_string())
}

fn own_alone(path: &Path, mode: u32) -> Result<(), String> {
    let mode = std::fs::Permissions::from_mode(mode);
    std::fs::set_permissions(path, mode).map_err(|error| error.to_string())
}

/// What OpenClaw's config says, its own notes apart.
fn said(config: &Path) -> Result<Value, String> {
    let text = std::fs::read_to_string(config).map_err(|error| error.to_string())?;
    let mut value: Value =
        serde_json::from_str(&text).map_err(|error| format!("half-written: {error}: {text}"))?;
    if let Some(members) = value.as_object_mut() {
        members.remove("meta");
    }
    Ok(value)
}

fn all(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|error| error.to_string())? {
        let path = entry.map_err(|error| error.to_string())?.path();
        if path.is_dir() && !path.is_symlink() {
            found.extend(all(&path)?);
        }
        found.push(path);
    }
    Ok(found)
}

/// Every path with what would show a change; our state apart, and OpenClaw's own.
fn list(folder: &Path, home: &Path, lines: &mut Vec<String>) -> Result<(), String> {
    for path in all(folder)? {
        let inner = path.strip_prefix(home).expect("below the home folder");
        let shown = inner.display().to_string();
        let is_bookkeeping = [
            "state",
            ".openclaw/state",
            ".openclaw/config-",
            ".openclaw/openclaw.json.",
        ]
        .iter()
        .any(|prefix| shown.starts_with(prefix));
        if is_bookkeeping || shown.starts_with(".cache") || shown.starts_with(".npm") {
            continue;
        }
        let data = path.symlink_metadata().map_err(|error| error.to_string())?;
        let mut line = format!("{shown} {}:{} {:o}", data.uid(), data.gid(), data.mode());
        if data.is_file() && !shown.ends_with("openclaw.json") {
            let bytes = std::fs::read(&path).map_err(|error| error.to_string())?;
            line = format!("{line} {}", Sha256::of(&bytes));
        }
        lines.push(line);
    }
    Ok(())
}
