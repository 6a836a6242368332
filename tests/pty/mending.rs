//! The app mends, stops, takes back and finds what was interrupted: the program itself, by keys
//! alone, on nodes with a fault each.

use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use clawdoctor::fix::lock::Lock;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::{PATIENCE, Pty};

/// A home of its own with an OpenClaw as far as reading its package goes.
struct Node {
    home: tempfile::TempDir,
    engine: String,
}

impl Node {
    fn new(engine: String, sandbox: &str, settings: &str) -> Self {
        let home = tempfile::tempdir().expect("a folder");
        let node = Self { home, engine };
        let package = r#"{"name":"openclaw","version":"2026.9.6","bin":{"openclaw":"openclaw.mjs"},"engines":{"node":">=24.16.0 <25 || >=26.1.0"}}"#;
        node.file("lib/node_modules/openclaw/package.json", package);
        node.program(
            "lib/node_modules/openclaw/openclaw.mjs",
            "#!/usr/bin/env node\n",
            "openclaw",
        );
        let package = r#"{"name":"node","version":"24.21.0","bin":{"node":"bin/node"}}"#;
        node.file("lib/node_modules/node/package.json", package);
        node.program(
            "lib/node_modules/node/bin/node",
            "#!/bin/sh\necho v24.21.0\n",
            "node",
        );
        let config = format!(r#"{{"agents":{{"defaults":{{"sandbox":{sandbox}}}}}}}"#);
        node.file(".openclaw/openclaw.json", &config);
        std::fs::create_dir(node.path(".openclaw/workspace")).expect("own folder");
        node.file("config/clawdoctor.toml", settings);
        node
    }

    /// An engine that is not there, and that this command starts.
    fn without_engine(start: &str) -> Self {
        let settings = format!("[fix.engine]\nstart = [\"sh\", \"-c\", {start:?}]\n");
        let mut node = Self::new(String::new(), r#"{"mode":"all"}"#, &settings);
        node.engine = format!("unix://{}", node.path("engine.sock").display());
        node
    }

    fn path(&self, inner: &str) -> PathBuf {
        self.home.path().join(inner)
    }

    fn file(&self, inner: &str, content: &str) -> PathBuf {
        let path = self.path(inner);
        std::fs::create_dir_all(path.parent().expect("below the home")).expect("own folder");
        std::fs::write(&path, content).expect("own file");
        path
    }

    fn program(&self, inner: &str, content: &str, name: &str) {
        let path = self.file(inner, content);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("own file");
        std::fs::create_dir_all(self.path("bin")).expect("own folder");
        symlink(&path, self.path("bin").join(name)).expect("own link");
    }

    fn open(&self) -> Pty {
        let mut command = Command::new(env!("CARGO_BIN_EXE_clawdoctor"));
        command.arg("--offline");
        command.env_clear();
        command.env("HOME", self.home.path());
        command.env("CLAWDOCTOR_CONFIG_DIR", self.path("config"));
        command.env("CLAWDOCTOR_STATE_DIR", self.path("state"));
        command.env(
            "PATH",
            format!("{}:/usr/bin:/bin", self.path("bin").display()),
        );
        command.env("LANG", "C.UTF-8");
        command.env("DOCKER_HOST", &self.engine);
        Pty::spawn(&command, tempfile::tempdir().expect("a folder"))
    }

    /// All that is in the journals.
    fn journals(&self) -> String {
        let Ok(entries) = std::fs::read_dir(self.path("state/journal")) else {
            return String::new();
        };
        let files = entries.filter_map(|entry| Some(entry.ok()?.path()));
        let files = files.filter(|path| path.is_file());
        files
            .filter_map(|path| std::fs::read_to_string(path).ok())
            .collect()
    }
}

fn wait_for(what: &str, holds: impl Fn() -> bool) {
    let end = std::time::Instant::now() + PATIENCE;
    while !holds() {
        assert!(std::time::Instant::now() < end, "{what} never came");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// A start that says that it is at work, and takes for ever.
fn slow() -> Node {
    let node = Node::without_engine("touch \"$HOME/starting\"; exec sleep 600");
    assert!(!node.path("starting").exists());
    node
}

/// The app with the start of the engine under way.
fn at_work(node: &Node) -> Pty {
    let mut app = node.open();
    app.wait_text("NOT READY");
    app.wait_text("f fix");
    app.press("f");
    app.wait_text("y yes");
    app.wait_text("touch");
    app.answer("y");
    app.wait_text("At work");
    wait_for("the start", || node.path("starting").exists());
    app
}

/// The starts of this node that go on, by their ids.
fn sleepers(home: &Path) -> Vec<Pid> {
    let home = format!("HOME={}", home.display());
    let processes = std::fs::read_dir("/proc").into_iter().flatten();
    let folders = processes.filter_map(|entry| Some(entry.ok()?.path()));
    let sleeps = |process: &PathBuf| {
        let has = |name: &str, text: &str| {
            let bytes = std::fs::read(process.join(name)).unwrap_or_default();
            bytes.split(|b| *b == 0).any(|word| word == text.as_bytes())
        };
        has("cmdline", "sleep") && has("environ", &home)
    };
    let id = |process: PathBuf| process.file_name()?.to_str()?.parse().ok();
    folders
        .filter(sleeps)
        .filter_map(id)
        .map(Pid::from_raw)
        .collect()
}

/// What outlives an app that was killed does not outlive its test.
impl Drop for Node {
    fn drop(&mut self) {
        for pid in sleepers(self.home.path()) {
            kill(pid, Signal::SIGKILL).unwrap_or(());
        }
    }
}

#[test]
fn escape_and_yes_stop_a_repair_and_leave_nothing_half_done() {
    let node = slow();
    let mut app = at_work(&node);
    app.press("\x1b");
    app.wait_text("Stop, and take back");
    app.press("\r");
    app.wait_text("At work");
    app.press("\x1b");
    app.wait_text("Stop, and take back");
    app.answer("y");
    app.wait_text("Stopped after");
    assert!(
        node.journals().contains(r#""outcome":"interrupted""#),
        "{}",
        node.journals()
    );
    wait_for("the end of the start", || {
        sleepers(node.home.path()).is_empty()
    });
    app.press("\r");
    app.wait_text("f fix");
    app.press("q");
    assert_eq!(app.end(), 1);
}

#[test]
fn ctrl_c_and_a_signal_in_the_middle_of_a_repair_bring_it_to_rest_and_restore_the_terminal() {
    for (signal, code) in [(None, 130), (Some(Signal::SIGTERM), 143)] {
        let node = slow();
        let mut app = at_work(&node);
        match signal {
            None => app.press("\x03"),
            Some(signal) => app.signal(signal),
        }
        app.wait_text("bringing the last step to rest");
        assert_eq!(app.end(), code, "{signal:?}");
        assert!(
            node.journals().contains(r#""outcome":"interrupted""#),
            "{}",
            node.journals()
        );
        wait_for("the end of the start", || {
            sleepers(node.home.path()).is_empty()
        });
    }
}

#[test]
fn a_run_that_was_killed_is_found_at_opening_and_taken_back() {
    let node = slow();
    let mut app = at_work(&node);
    app.signal(Signal::SIGKILL);
    app.inner.reap();
    assert!(!node.journals().contains("outcome"), "{}", node.journals());
    let mut app = node.open();
    app.wait_text("was interrupted");
    app.wait_text("r resume");
    app.press("\x1b");
    app.wait_text("F fix 1 safe");
    app.press("F");
    app.wait_text("was interrupted");
    app.press("u");
    app.wait_text("Take back the run");
    app.answer("y");
    app.wait_text("is taken back.");
    assert!(
        node.journals().contains(r#""outcome":"undone""#),
        "{}",
        node.journals()
    );
    app.press("\rq");
    assert_eq!(app.end(), 1);
}

#[test]
fn a_run_that_was_killed_is_resumed_and_the_next_repair_can_be_made() {
    let node = slow();
    let mut app = at_work(&node);
    app.signal(Signal::SIGKILL);
    app.inner.reap();
    let mut app = node.open();
    app.wait_text("was interrupted");
    app.answer("r");
    app.wait_text("It is at rest.");
    assert!(
        node.journals().contains(r#""outcome":"partial""#),
        "{}",
        node.journals()
    );
    app.press("\r");
    app.wait_text("F fix 1 safe");
    app.press("F");
    app.wait_text("y yes");
    app.press("q");
    app.wait_text("F fix 1 safe");
    app.press("q");
    assert_eq!(app.end(), 1);
}

#[test]
fn a_question_survives_any_size_and_is_still_one() {
    let node = slow();
    let mut app = node.open();
    app.wait_text("f fix");
    app.press("f");
    app.wait_text("y yes");
    for (rows, cols) in [(5, 20), (1, 1), (45, 160), (10, 40)] {
        app.resize(rows, cols);
    }
    app.wait_text("y read on");
    app.resize(24, 80);
    app.wait_text("y yes");
    assert!(!node.path("starting").exists());
    app.press("n");
    app.wait_text("f fix");
    app.press("q");
    assert_eq!(app.end(), 1);
}

#[test]
fn whoever_holds_the_lock_is_named_and_nothing_is_begun() {
    let node = slow();
    let mut app = node.open();
    app.wait_text("f fix");
    let held = Lock::take(&node.path("state"), Duration::ZERO, "clawdoctor fix").expect("free");
    app.press("f");
    app.wait_text("y yes");
    app.answer("y");
    app.wait_text("`clawdoctor fix` (process");
    assert!(!node.path("starting").exists());
    assert_eq!(node.journals(), "");
    app.press("\r");
    app.wait_text("f fix");
    app.press("u");
    app.wait_text("Another run is at work");
    drop(held);
    app.press("qq");
    assert_eq!(app.end(), 1);
}

/// The engine that `tests/run` brings up.
fn classic() -> Option<String> {
    std::env::var("CLAWDOCTOR_TEST_CLASSIC")
        .ok()
        .filter(|url| !url.is_empty())
}

/// A network that goes whatever happens.
struct Network {
    engine: String,
    name: String,
}

impl Network {
    fn docker(&self, verb: &str) -> bool {
        let mut command = Command::new("docker");
        let output = command
            .args(["-H", &self.engine, "network", verb, &self.name])
            .output();
        output.expect("the Docker CLI").status.success()
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        self.docker("rm");
    }
}

#[test]
fn a_missing_network_is_made_and_taken_back_by_keys_alone() {
    let Some(engine) = classic() else {
        // Brought up by tests/run.
        return;
    };
    let name = format!("clawdoctor-pty-{}", std::process::id());
    let network = Network {
        engine: engine.clone(),
        name: name.clone(),
    };
    let sandbox = format!(
        r#"{{"mode":"all","docker":{{"image":"clawdoctor-test/good:1","network":"{name}","memory":"512m","cpus":0.5,"pidsLimit":256}}}}"#
    );
    let settings = format!("[fix.network]\nname = \"{name}\"\ninternal = true\n");
    let node = Node::new(engine, &sandbox, &settings);
    let mut app = node.open();
    app.wait_text("F fix 1 safe");
    app.press("F");
    app.wait_text("docker network create");
    assert!(!network.docker("inspect"), "nothing before the yes");
    app.answer("y");
    app.wait_text("fixed, and its check passes");
    assert!(network.docker("inspect"));
    app.press("\r");
    // The node is looked at again, and has no such fault any more.
    app.wait("no fault of that kind", |screen| {
        let text = screen.text();
        text.contains("checked") && !text.contains("fix 1 safe") || text.contains("u undo")
    });
    app.press("u");
    app.wait_text("Take back the run");
    app.press("\r");
    app.wait("the question to go", |screen| {
        !screen.text().contains("Take back the run")
    });
    assert!(network.docker("inspect"), "enter is a no");
    app.press("u");
    app.wait_text("Take back the run");
    app.answer("y");
    app.wait_text("All of it is taken back.");
    assert!(!network.docker("inspect"));
    app.press("\r");
    app.wait_text("F fix 1 safe");
    app.press("q");
    assert_eq!(app.end(), 1);
    assert!(Path::new(&node.path("state/journal")).is_dir());
}
