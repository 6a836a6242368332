//! The engine under all programs, and the containers that they watch.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, SystemTime};

use super::throwaway::Throwaway;

/// Containers on an engine, removed at the end.
pub struct Node {
    pub url: String,
    pub prefix: String,
    names: Vec<String>,
}

pub const IMAGE: &str = "clawdoctor-test/busybox:1";

impl Node {
    /// So many of them, one in ten lightly busy.
    pub fn with(url: &str, count: usize) -> Self {
        let mut node = Self {
            url: url.to_owned(),
            // So short that a table has room for the whole names.
            prefix: format!("b{}", std::process::id()),
            names: Vec::new(),
        };
        for index in 0..count {
            let name = format!("{}-{index:03}", node.prefix);
            let script = if index % 10 == 0 {
                "while :; do i=0; while [ $i -lt 2000 ]; do i=$((i+1)); done; sleep 0.1; done"
            } else {
                "exec sleep 100000"
            };
            node.run_detached(&name, script, &["--memory", "64m"]);
            node.names.push(name);
        }
        node
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// Names of the busy ones.
    pub fn busy(&self) -> impl Iterator<Item = &str> {
        self.names().step_by(10)
    }

    fn docker(&self) -> Command {
        let mut command = Command::new("docker");
        command.args(["-H", &self.url]).stdin(Stdio::null());
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    fn run_words(&self, name: &str, script: &str, more: &[&str]) -> Command {
        let mut command = self.docker();
        command.args(["run", "--name", name, "--network", "none"]);
        command.args([
            "--label",
            "openclaw.sandbox=1",
            "--label",
            "clawdoctor.test=1",
        ]);
        command.args([
            "--label",
            "openclaw.sessionKey=agent:main:main:workspace:7e",
        ]);
        command.args(more).args([IMAGE, "sh", "-c", script]);
        command
    }

    pub fn run_detached(&self, name: &str, script: &str, more: &[&str]) {
        let mut words = vec!["-d"];
        words.extend(more);
        let status = self.run_words(name, script, &words).status();
        assert!(status.is_ok_and(|s| s.success()), "cannot start {name}");
    }

    pub fn run_to_end(&self, name: &str, script: &str) {
        let status = self.run_words(name, script, &["--rm"]).status();
        assert!(status.is_ok_and(|s| s.success()), "cannot run {name}");
    }

    pub fn run_in_background(&self, name: &str, script: &str) -> Background {
        let child = self.run_words(name, script, &["-d"]).spawn();
        Background(child.expect("docker starts"))
    }

    pub fn exec_in_background(&self, name: &str, argv: &[&str]) -> Background {
        let child = self.docker().args(["exec", name]).args(argv).spawn();
        Background(child.expect("docker starts"))
    }

    pub fn remove(&self, name: &str) {
        let status = self.docker().args(["rm", "-f", name]).status();
        assert!(status.is_ok_and(|s| s.success()), "cannot remove {name}");
    }

    /// The engine's own events from now on.
    pub fn events(&self) -> Events {
        let mut child = self
            .docker()
            .args(["events", "--format", "{{json .}}"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("docker starts");
        let lines = BufReader::new(child.stdout.take().expect("it is piped"));
        // It says nothing when it has begun to listen.
        std::thread::sleep(Duration::from_millis(300));
        Events { child, lines }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        for names in self.names.chunks(50) {
            let _ = self.docker().args(["rm", "-f"]).args(names).status();
        }
    }
}

pub struct Background(Child);

impl Background {
    pub fn done(mut self) {
        let _ = self.0.wait();
    }
}

pub struct Events {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Events {
    /// When the engine says that the next event of this kind happened: its own stamp, on this very
    /// machine's clock. When the client prints it is later by some milliseconds.
    pub fn until(&mut self, action: &str) -> SystemTime {
        let mut line = String::new();
        loop {
            line.clear();
            let read = self.lines.read_line(&mut line);
            assert!(read.is_ok_and(|count| count > 0), "the events ended");
            let event: serde_json::Value = serde_json::from_str(&line).expect("JSON");
            if event["Action"] == action {
                let nanoseconds = event["timeNano"].as_u64().expect("a stamp");
                return SystemTime::UNIX_EPOCH + Duration::from_nanos(nanoseconds);
            }
        }
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// CPU time of every engine process of this machine, in seconds: the daemon, containerd and shims.
pub fn spent() -> f64 {
    let mut sum = 0.0;
    for entry in std::fs::read_dir("/proc").expect("Linux").flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|n| n.parse().ok()) else {
            continue;
        };
        let path = entry.path().join("comm");
        let name = std::fs::read_to_string(path).unwrap_or_default();
        if name.starts_with("dockerd") || name.starts_with("containerd") {
            sum += super::screen::cpu_of(pid);
        }
    }
    sum
}

/// Starts an engine; when it gave its first answer, which is sooner than its script knows.
pub fn started(engine: &Throwaway) -> SystemTime {
    let socket = engine.socket();
    let watch = std::thread::spawn(move || {
        while !answers(&socket).unwrap_or(false) {
            std::thread::sleep(Duration::from_millis(1));
        }
        SystemTime::now()
    });
    engine.start().expect("it starts");
    watch.join().expect("it does not panic")
}

fn answers(socket: &Path) -> std::io::Result<bool> {
    let mut stream = UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    stream.write_all(b"GET /_ping HTTP/1.0\r\n\r\n")?;
    let mut said = String::new();
    stream.read_to_string(&mut said)?;
    Ok(said.contains(" 200 "))
}
