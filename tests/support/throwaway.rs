//! An engine of one test's own, which may be stopped and frozen (`throwaway.sh`).

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// For an engine to come or to go.
const PATIENCE: Duration = Duration::from_secs(20);

pub struct Throwaway {
    folder: tempfile::TempDir,
    /// How nsenter gets to where it is to run, where that is elsewhere.
    view: Option<String>,
}

impl Throwaway {
    /// Not started yet. Its containers go on when it stops, so that something can happen to them.
    pub fn new(view: Option<String>) -> std::io::Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("clawdoctor-test-")
            .tempdir()?;
        std::fs::write(
            folder.path().join("daemon.json"),
            "{\"live-restore\": true, \"labels\": [\"clawdoctor.test=1\"]}",
        )?;
        Ok(Self { folder, view })
    }

    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("docker.sock")
    }

    pub fn url(&self) -> String {
        format!("unix://{}", self.socket().display())
    }

    fn does(&self, verb: &str) -> Result<(), String> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/throwaway.sh");
        let mut command = Command::new(script);
        command.arg(verb).arg(self.folder.path());
        if let Some(view) = &self.view {
            command.env("CLAWDOCTOR_TEST_VIEW", view);
        }
        let done = command.output().map_err(|error| error.to_string())?;
        if done.status.success() {
            return Ok(());
        }
        Err(String::from_utf8_lossy(&done.stderr).into_owned())
    }

    /// Returns when it answers.
    pub fn start(&self) -> Result<(), String> {
        self.does("start")
    }

    /// Asks it to stop as a machine does that is shut down, and returns when it has ended.
    pub fn stop(&self) -> Result<(), String> {
        let pid = self.pid()?;
        self.signal("-TERM")?;
        let end = Instant::now() + PATIENCE;
        while is_alive(&pid) || self.socket().exists() {
            if Instant::now() > end {
                return Err("it does not stop".to_owned());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }

    /// It takes connections from now on, and answers nothing.
    pub fn freeze(&self) -> Result<(), String> {
        self.signal("-STOP")
    }

    pub fn thaw(&self) -> Result<(), String> {
        self.signal("-CONT")
    }

    fn pid(&self) -> Result<String, String> {
        let file = self.folder.path().join("engine/dockerd.pid");
        let text = std::fs::read_to_string(file).map_err(|error| error.to_string())?;
        let pid = text.split_whitespace().next().ok_or("no pid")?;
        Ok(pid.to_owned())
    }

    fn signal(&self, signal: &str) -> Result<(), String> {
        let sent = Command::new("kill").args([signal, &self.pid()?]).status();
        match sent {
            Ok(status) if status.success() => Ok(()),
            other => Err(format!("kill {signal}: {other:?}")),
        }
    }

    /// Of the first program of a container, for whoever kills it behind the engine's back.
    pub fn pid_of(&self, container: &str) -> Result<String, String> {
        self.docker(&["inspect", "-f", "{{.State.Pid}}", container])
    }

    pub fn docker(&self, words: &[&str]) -> Result<String, String> {
        let done = Command::new("docker")
            .args(["-H", &self.url()])
            .args(words)
            .output()
            .map_err(|error| error.to_string())?;
        if done.status.success() {
            return Ok(String::from_utf8_lossy(&done.stdout).trim().to_owned());
        }
        Err(String::from_utf8_lossy(&done.stderr).trim().to_owned())
    }

    /// Gives it an image of another engine.
    pub fn load(&self, from: &str, image: &str) -> Result<(), String> {
        let file = self.folder.path().join("image.tar");
        let path = file.display().to_string();
        let saved = Command::new("docker")
            .args(["-H", from, "save", "-o", &path, image])
            .status();
        if !saved.is_ok_and(|status| status.success()) {
            return Err(format!("cannot save {image}"));
        }
        self.docker(&["load", "-i", &path]).map(drop)
    }
}

impl Drop for Throwaway {
    fn drop(&mut self) {
        // Whatever state a test left it in. Its containers outlive it.
        if let Ok(pid) = self.pid() {
            self.thaw().unwrap_or(());
            if is_alive(&pid) || self.start().is_ok() {
                let all = self.docker(&["ps", "-aq"]).unwrap_or_default();
                for id in all.lines() {
                    drop(self.docker(&["rm", "-f", id]));
                }
            }
            drop(self.stop());
        }
        drop(self.does("kill"));
    }
}

/// A zombie is not: whoever started it may not have noticed yet.
fn is_alive(pid: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat
        .rsplit_once(") ")
        .and_then(|(_, rest)| rest.chars().next());
    state.is_some_and(|state| state != 'Z')
}
