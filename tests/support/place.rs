//! A hermetic place for one end-to-end run: its own home, its own OpenClaw, a cleared environment.

use std::collections::BTreeMap;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// The user that owns OpenClaw's folders in a place, as on a node where it does not run as root.
pub const OWNER: u32 = 1000;

pub struct Place {
    root: tempfile::TempDir,
    pub env: BTreeMap<String, String>,
    /// The real OpenClaw's programs, which every command sees at `openclaw` below the root.
    real: Option<PathBuf>,
}

impl Place {
    pub fn new() -> Self {
        let root = tempfile::Builder::new()
            .prefix("clawdoctor-test-")
            .tempdir()
            .expect("a temporary folder");
        std::fs::set_permissions(root.path(), std::fs::Permissions::from_mode(0o755))
            .expect("own folder");
        let home = root.path().join("home");
        std::fs::create_dir_all(home.join("bin")).expect("own folder");
        let text = |path: &Path| path.display().to_string();
        let env = BTreeMap::from([
            ("HOME".to_owned(), text(&home)),
            (
                "PATH".to_owned(),
                format!("{}:/usr/bin:/bin", text(&home.join("bin"))),
            ),
            (
                "CLAWDOCTOR_CONFIG_DIR".to_owned(),
                text(&home.join("clawdoctor")),
            ),
            ("CLAWDOCTOR_STATE_DIR".to_owned(), text(&home.join("state"))),
            ("LANG".to_owned(), "C.UTF-8".to_owned()),
        ]);
        let place = Self {
            root,
            env,
            real: None,
        };
        Self::own(&home);
        place
    }

    pub fn home(&self) -> PathBuf {
        self.root.path().join("home")
    }

    pub fn root(&self) -> &Path {
        self.root.path()
    }

    /// Gives a path below the place to [`OWNER`], as far as we may.
    pub fn own(path: &Path) {
        // Without root the files are the caller's own already, which serves the same end.
        std::os::unix::fs::lchown(path, Some(OWNER), Some(OWNER)).unwrap_or(());
    }

    /// Writes a file below the home folder, its folders and itself owned by [`OWNER`].
    pub fn file(&self, inner: &str, content: &str) -> PathBuf {
        let path = self.home().join(inner);
        let mut folder = self.home();
        for part in Path::new(inner).parent().into_iter().flat_map(Path::iter) {
            folder.push(part);
            if !folder.exists() {
                std::fs::create_dir(&folder).expect("own folder");
                Self::own(&folder);
            }
        }
        std::fs::write(&path, content).expect("own file");
        Self::own(&path);
        path
    }

    /// An installed OpenClaw as far as reading its package goes, with a Node of a good version.
    pub fn install_openclaw(&self, version: &str) {
        let package = serde_json::json!({
            "name": "openclaw", "version": version,
            "bin": {"openclaw": "openclaw.mjs"}, "engines": {"node": ">=24.16.0 <25 || >=26.1.0"},
        });
        self.file(
            "lib/node_modules/openclaw/package.json",
            &package.to_string(),
        );
        let bin = self.file(
            "lib/node_modules/openclaw/openclaw.mjs",
            "#!/usr/bin/env node\n",
        );
        Self::executable(&bin);
        let node =
            serde_json::json!({"name": "node", "version": "24.21.0", "bin": {"node": "bin/node"}});
        self.file("lib/node_modules/node/package.json", &node.to_string());
        let node = self.file(
            "lib/node_modules/node/bin/node",
            "#!/bin/sh\necho v24.21.0\n",
        );
        Self::executable(&node);
        symlink(&bin, self.home().join("bin/openclaw")).expect("own link");
        symlink(&node, self.home().join("bin/node")).expect("own link");
    }

    /// Puts the real OpenClaw and its Node on PATH, from the folder that `openclaw.sh install` made,
    /// and shows every command a machine that OpenClaw takes for one: without `/.dockerenv`.
    pub fn use_real_openclaw(&mut self, installed: &Path, app: &str) {
        let here = self.root().join("openclaw");
        std::fs::create_dir(&here).expect("own folder");
        let node = here.join("node/node_modules/node/bin");
        let app = here.join(app).join("node_modules/.bin");
        let path = format!("{}:{}:{}", node.display(), app.display(), self.env["PATH"]);
        self.env.insert("PATH".to_owned(), path);
        let quiet = "OPENCLAW_DISABLE_BONJOUR";
        self.env.insert(quiet.to_owned(), "1".to_owned());
        self.real = Some(installed.to_owned());
    }

    fn executable(path: &Path) {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).expect("own file");
    }

    /// `clawdoctor` with these arguments, as this user (root's own when none), in this place alone.
    pub fn command(&self, user: Option<User>, args: &[String]) -> Command {
        let program = env!("CARGO_BIN_EXE_clawdoctor").to_owned();
        let words: Vec<String> = std::iter::once(program).chain(args.to_owned()).collect();
        self.program(user, &words)
    }

    /// Any program in this place alone.
    pub fn program(&self, user: Option<User>, argv: &[String]) -> Command {
        // A home is root's where root works in it: it repairs nothing in a user's.
        let owner = user.map_or_else(|| nix::unistd::geteuid().as_raw(), |_| OWNER);
        std::os::unix::fs::lchown(self.home(), Some(owner), Some(owner)).unwrap_or(());
        let mut words: Vec<String> = Vec::new();
        let mut add = |more: &[&str]| words.extend(more.iter().map(|word| (*word).to_owned()));
        if let Some(installed) = &self.real {
            let view = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/view.sh");
            // An empty top folder, so that mounts elsewhere stay in sight.
            let (from, to) = (installed.display(), self.root().join("openclaw"));
            let (from, to) = (from.to_string(), to.display().to_string());
            add(&[view, "/media", "--bind", &from, &to]);
        }
        if let Some(user) = user {
            if user.alone {
                add(&["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]);
            }
            let (uid, gid) = (
                format!("--reuid={}", user.uid),
                format!("--regid={}", user.uid),
            );
            add(&["setpriv", &uid, &gid, "--clear-groups"]);
        }
        words.extend(argv.iter().cloned());
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).env_clear().envs(&self.env);
        command.current_dir(self.home()).stdin(Stdio::null());
        command
    }

    /// Runs to the end, or kills it when the bound is over.
    pub fn run(&self, user: Option<User>, args: &[String], bound: Duration) -> Ran {
        Self::bounded(self.command(user, args), bound)
    }

    /// The same for any command.
    pub fn bounded(mut command: Command, bound: Duration) -> Ran {
        let begun = Instant::now();
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program under test starts");
        let pid = child.id();
        let watch = std::thread::spawn(move || {
            while begun.elapsed() < bound {
                std::thread::sleep(Duration::from_millis(20));
                if !Path::new(&format!("/proc/{pid}")).exists() {
                    return false;
                }
            }
            Command::new("kill")
                .args(["-9", &pid.to_string()])
                .status()
                .is_ok()
        });
        let stdin = child.stdin.take();
        drop(stdin);
        let output = child.wait_with_output().expect("its output");
        let took = begun.elapsed();
        Ran {
            output,
            took,
            killed: watch.join().expect("the watch ends"),
        }
    }

    /// Every path below the home folder, our state folder apart, with what would show a change.
    pub fn listing(&self) -> Vec<String> {
        let mut lines = Vec::new();
        list(&self.home(), &self.home().join("state"), &mut lines);
        lines.sort();
        lines
    }
}

fn list(folder: &Path, except: &Path, lines: &mut Vec<String>) {
    use std::os::unix::fs::MetadataExt as _;
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path == except {
            continue;
        }
        let meta = entry.metadata().expect("an entry of ours");
        let line = format!(
            "{} {} {}:{} {:o}",
            path.display(),
            meta.len(),
            meta.uid(),
            meta.gid(),
            meta.mode()
        );
        if meta.is_dir() {
            lines.push(format!(
                "{} {}:{} {:o}",
                path.display(),
                meta.uid(),
                meta.gid(),
                meta.mode()
            ));
            list(&path, except, lines);
        } else {
            lines.push(line);
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub struct User {
    pub uid: u32,
    /// In a process namespace of its own.
    pub alone: bool,
}

pub struct Ran {
    pub output: Output,
    pub took: Duration,
    pub killed: bool,
}
