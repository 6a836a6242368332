//! What the end-to-end tests share: a hermetic place, a proxy before the real engine, and the
//! engines that `tests/run` brings up.
#![allow(dead_code, reason = "each test binary uses its own part")]

pub mod gate;
pub mod place;
pub mod proxy;
pub mod stage;
pub mod stand_in;
pub mod terminal;
pub mod throwaway;
pub mod world;
pub mod written;

use std::path::PathBuf;
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A real engine that the tests may use.
#[derive(Clone, Debug)]
pub struct Engine {
    pub name: &'static str,
    pub socket: PathBuf,
}

impl Engine {
    /// The engines that the environment names: `CLAWDOCTOR_TEST_CLASSIC` and `…_MODERN`, both
    /// `unix://` URLs as `tests/support/engine.sh` prints them.
    pub fn all() -> Vec<Self> {
        [
            ("classic", "CLAWDOCTOR_TEST_CLASSIC"),
            ("modern", "CLAWDOCTOR_TEST_MODERN"),
        ]
        .into_iter()
        .filter_map(|(name, variable)| {
            let url = std::env::var(variable).ok().filter(|url| !url.is_empty())?;
            let path = url
                .strip_prefix("unix://")
                .expect("a unix:// URL")
                .to_owned();
            Some(Self {
                name,
                socket: PathBuf::from(path),
            })
        })
        .collect()
    }

    /// For a test that looks at all that is in the engine: none that asks for the same is at it
    /// meanwhile.
    pub fn alone(&self) -> MutexGuard<'static, ()> {
        static CLASSIC: Mutex<()> = Mutex::new(());
        static MODERN: Mutex<()> = Mutex::new(());
        let lock = if self.name == "classic" {
            &CLASSIC
        } else {
            &MODERN
        };
        // A test that panicked has told so itself, and its node is gone.
        lock.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn url(&self) -> String {
        format!("unix://{}", self.socket.display())
    }

    /// Where the engine has a view of its own of what is mounted where: how nsenter gets there.
    pub fn view(&self) -> Option<String> {
        let file = self.socket.with_file_name("dockerd.pid");
        let text = std::fs::read_to_string(file).ok()?;
        let inside = format!("/proc/{}/ns/mnt", text.split_whitespace().next()?);
        let (own, other) = (
            std::fs::read_link("/proc/self/ns/mnt"),
            std::fs::read_link(&inside),
        );
        (own.ok()? != other.ok()?).then(|| format!("--mount={inside}"))
    }

    /// The Docker CLI on this engine; its output, or what it complained of.
    pub fn docker(&self, args: &[&str]) -> Result<String, String> {
        let output = Command::new("docker")
            .args(["-H", &self.url()])
            .args(args)
            .output()
            .map_err(|error| error.to_string())?;
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
        } else {
            Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
        }
    }

    /// Runs this as root beside a volume, which is mounted as said (`name:/v`, with `:ro` if only
    /// looked at).
    pub fn in_volume(&self, mount: &str, argv: &[&str]) -> Result<String, String> {
        let run = [
            "run",
            "--rm",
            "--network",
            "none",
            "--label",
            "clawdoctor.test=1",
        ];
        let rest = ["-u", "0", "-v", mount, "clawdoctor-test/good:1"];
        self.docker(&[&run[..], &rest[..], argv].concat())
    }

    /// Containers, volumes and networks that are there now: a run must not change this.
    pub fn inventory(&self) -> Result<Vec<String>, String> {
        let mut lines = Vec::new();
        for args in [
            ["ps", "-aq", "--no-trunc"].as_slice(),
            &["volume", "ls", "-q"],
            &["network", "ls", "-q"],
            &["images", "-aq", "--no-trunc"],
        ] {
            lines.extend(
                self.docker(args)?
                    .lines()
                    .map(|line| format!("{} {line}", args[0])),
            );
        }
        lines.sort();
        lines.dedup();
        Ok(lines)
    }
}
