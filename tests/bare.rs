//! A bare Linux machine brought up for real: the distribution's engine by apt, Node.js and OpenClaw
//! by npm, on a Debian that has nothing of them (`tests/support/machine.sh`). What was installed is
//! proven by the checks, a second run has nothing to do, and undo leaves what was there before.
//!
//! The whole of it takes minutes. By default an ordinary user is given the engine, and root Node.js
//! and OpenClaw; `CLAWDOCTOR_TEST_WHOLE_BRINGUP=1` lets one user go all the way.

#![expect(
    clippy::disallowed_methods,
    reason = "sets up and looks at the world that is tested"
)]

mod support;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::Value;

use support::Engine;
use support::place::{Place, Ran};

const SUPPORT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support");
/// For what fetches and unpacks packages; anything else takes seconds.
const INSTALLING: Duration = Duration::from_mins(15);
const SOON: Duration = Duration::from_mins(2);
const WHOLE: &str = "CLAWDOCTOR_TEST_WHOLE_BRINGUP";

fn main() {
    let args = Arguments::from_args();
    let is_root = nix::unistd::geteuid().is_root();
    let unable = if !is_root {
        Some("needs root")
    } else if Engine::all().is_empty() {
        Some("no engine: use tests/run")
    } else {
        None
    };
    let whole = std::env::var_os(WHOLE).is_some_and(|value| value == "1");
    let trials = vec![
        trial(
            "an ordinary user with sudo is given the distribution's engine and it is taken away again",
            unable,
            engine_for_a_user,
        ),
        trial(
            "a run that is killed while apt installs is taken back as a whole",
            unable,
            killed_while_apt_installs,
        ),
        trial(
            "root is given Node.js and OpenClaw in a folder of its own and they are taken away again",
            unable,
            openclaw_for_root,
        ),
        trial(
            "one user goes from nothing to an agent's sandbox and back",
            unable.or((!whole).then_some("CLAWDOCTOR_TEST_WHOLE_BRINGUP=1 runs it")),
            from_nothing_and_back,
        ),
    ];
    // Packages of several machines would be fetched into one folder at the same time.
    let args = Arguments {
        test_threads: Some(1),
        ..args
    };
    libtest_mimic::run(&args, trials).exit();
}

fn trial(name: &str, unable: Option<&str>, play: fn(&Machine) -> Result<(), Failed>) -> Trial {
    match unable {
        Some(why) => Trial::test(format!("{name} ({why})"), || Ok(())).with_ignored_flag(true),
        None => Trial::test(name, move || on_a_machine(play)),
    }
}

/// Plays on a fresh machine, of which nothing stays.
fn on_a_machine(play: fn(&Machine) -> Result<(), Failed>) -> Result<(), Failed> {
    let machine = Machine::up()?;
    let played = play(&machine);
    machine.down()?;
    played
}

fn engine_for_a_user(machine: &Machine) -> Result<(), Failed> {
    let user = machine.user("claw");
    let first = user.state()?;
    let ids = ["docker/running", "docker/access"];
    let allow = ["--yes", "--allow", "behaviour,security"];
    let said = user.fix(&ids, &allow, 3)?;
    contains(&said, "log in anew")?;
    // Each command is a login of its own.
    user.passes(&ids)?;
    user.plans_nothing(&ids)?;
    let said = user.does("docker version --format '{{.Server.Version}}'", 0)?;
    if said.trim().is_empty() {
        return Err("the engine tells no version".into());
    }
    somebody_builds_on_it(machine)?;
    user.take_all_back()?;
    same(&first, &user.state()?)
}

/// A package that was installed since and needs the engine is not taken away with it.
fn somebody_builds_on_it(machine: &Machine) -> Result<(), Failed> {
    let root = machine.user("root");
    root.does(
        r"mkdir -p /tmp/later/DEBIAN
          printf '%s\n' 'Package: later' 'Version: 1' 'Architecture: all' 'Maintainer: nobody' 'Depends: docker.io' 'Description: later' >/tmp/later/DEBIAN/control
          dpkg-deb --build /tmp/later /tmp/later.deb && dpkg -i /tmp/later.deb",
        0,
    )?;
    let user = machine.user("claw");
    let ran = user.run(&["clawdoctor", "undo", "--yes"], 2, INSTALLING)?;
    let refusal = "other packages have come to need what came with it: later";
    contains(&one_line(&ran), refusal)?;
    user.does("dpkg-query -W docker.io containerd runc", 0)?;
    root.does("dpkg -r later && rm -r /tmp/later /tmp/later.deb", 0)?;
    Ok(())
}

/// apt goes on when the run that started it is killed, and what it brought is taken back all the
/// same.
fn killed_while_apt_installs(machine: &Machine) -> Result<(), Failed> {
    let user = machine.user("claw");
    let first = user.state()?;
    user.does(
        r"clawdoctor fix docker/running --yes --allow behaviour >/dev/null 2>&1 &
          until [ -e /var/lib/dpkg/info/runc.list ]; do sleep 0.05; done
          kill -KILL $!",
        0,
    )?;
    user.take_all_back()?;
    same(&first, &user.state()?)
}

fn openclaw_for_root(machine: &Machine) -> Result<(), Failed> {
    let user = machine.user("root");
    let first = user.state()?;
    let ids = ["openclaw/version"];
    user.fix(&ids, &["--yes", "--allow", "behaviour"], 0)?;
    user.passes(&["openclaw/version", "openclaw/node"])?;
    user.plans_nothing(&ids)?;
    user.take_all_back()?;
    same(&first, &user.state()?)
}

fn from_nothing_and_back(machine: &Machine) -> Result<(), Failed> {
    let user = machine.user("claw");
    let first = user.state()?;
    let ids = ["docker/running", "docker/access", "openclaw/version"];
    user.fix(&ids, &["--yes", "--allow", "behaviour,security"], 3)?;
    user.passes(&[
        "docker/running",
        "docker/access",
        "openclaw/version",
        "openclaw/node",
    ])?;
    user.plans_nothing(&ids)?;

    user.does("openclaw config set gateway.mode local", 0)?;
    // No service can be installed without systemd or launchd, and that is said before it is tried.
    let said = user.fix(&["openclaw/gateway"], &["--yes", "--allow", "behaviour"], 0)?;
    contains(&said, "neither systemd nor launchd runs here")?;
    contains(&said, "openclaw gateway run")?;

    machine.provide_image("/tmp/image.tar")?;
    let wishes = [
        "--image-tar",
        "/tmp/image.tar",
        "--yes",
        "--allow",
        "behaviour",
    ];
    user.fix(&["image/present", "openclaw/sandbox-mode"], &wishes, 0)?;
    user.passes(&["image/present", "openclaw/sandbox-mode", "sandbox/start"])?;
    user.plans_nothing(&["image/present", "openclaw/sandbox-mode"])?;

    user.take_all_back()?;
    same(&first, &user.state()?)
}

/// A Debian of its own.
struct Machine {
    folder: PathBuf,
}

impl Machine {
    fn up() -> Result<Self, Failed> {
        let number = std::process::id();
        let folder = std::env::temp_dir().join(format!("clawdoctor-test-machine-{number}"));
        let machine = Self { folder };
        let program = env!("CARGO_BIN_EXE_clawdoctor");
        // The tree is made once for all times, which takes a minute.
        let ran = machine.script("up", &[program], INSTALLING);
        if !ran.output.status.success() {
            return Err(told("machine.sh up", &ran).into());
        }
        Ok(machine)
    }

    /// The script's own verbs, with this machine as their first argument.
    fn script(&self, verb: &str, words: &[&str], bound: Duration) -> Ran {
        let mut command = Command::new(format!("{SUPPORT}/machine.sh"));
        command.arg(verb).arg(&self.folder).args(words);
        command.stdin(Stdio::null());
        Place::bounded(command, bound)
    }

    fn user<'a>(&'a self, name: &'static str) -> User<'a> {
        User {
            machine: self,
            name,
        }
    }

    fn provide_image(&self, path: &str) -> Result<(), Failed> {
        let file = self.folder.join("root").join(path.trim_start_matches('/'));
        let mut command = Command::new(format!("{SUPPORT}/images.sh"));
        command.arg("--save").arg(&file);
        let ran = Place::bounded(command, INSTALLING);
        if ran.output.status.success() {
            Ok(())
        } else {
            Err(told("images.sh --save", &ran).into())
        }
    }

    /// Ends it, and looks whether anything of it is left.
    fn down(&self) -> Result<(), Failed> {
        let ran = self.script("down", &[], SOON);
        let mounts = std::fs::read_to_string("/proc/self/mountinfo")?;
        let name = self.folder.display().to_string();
        if !ran.output.status.success() || self.folder.exists() || mounts.contains(&name) {
            return Err(told("machine.sh down", &ran).into());
        }
        Ok(())
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        if Path::new(&self.folder).exists() {
            self.script("down", &[], SOON);
        }
    }
}

/// Somebody who types there.
struct User<'a> {
    machine: &'a Machine,
    name: &'static str,
}

impl User<'_> {
    fn run(&self, argv: &[&str], exit: i32, bound: Duration) -> Result<Ran, Failed> {
        let words: Vec<&str> = std::iter::once(self.name).chain(argv.to_owned()).collect();
        let ran = self.machine.script("run", &words, bound);
        if ran.killed || ran.output.status.code() != Some(exit) {
            let line = argv.join(" ");
            return Err(format!("the exit code is not {exit}: {}", told(&line, &ran)).into());
        }
        Ok(ran)
    }

    /// A shell line; what it prints.
    fn does(&self, line: &str, exit: i32) -> Result<String, Failed> {
        let ran = self.run(&["bash", "-euo", "pipefail", "-c", line], exit, SOON)?;
        Ok(String::from_utf8_lossy(&ran.output.stdout).into_owned())
    }

    /// What it prints, as one line.
    fn fix(&self, ids: &[&str], flags: &[&str], exit: i32) -> Result<String, Failed> {
        let argv = [&["clawdoctor", "fix"], ids, flags].concat();
        let ran = self.run(&argv, exit, INSTALLING)?;
        Ok(one_line(&ran))
    }

    fn passes(&self, ids: &[&str]) -> Result<(), Failed> {
        let only = ids.iter().flat_map(|id| ["--only", id]);
        let argv: Vec<&str> = ["clawdoctor", "check", "--json"]
            .into_iter()
            .chain(only)
            .collect();
        let ran = self.run(&argv, 0, SOON)?;
        let report: Value = serde_json::from_slice(&ran.output.stdout)?;
        for id in ids {
            let full = format!("clawdoctor/{id}");
            let checks = report["checks"].as_array().into_iter().flatten();
            let status = checks
                .filter(|check| check["checkId"] == full.as_str())
                .map(|check| check["status"].clone())
                .next();
            if status.as_ref().is_none_or(|status| status != "pass") {
                return Err(format!("{id} is {status:?}: {}", told("check", &ran)).into());
            }
        }
        Ok(())
    }

    /// A second run, with all that may be allowed.
    fn plans_nothing(&self, ids: &[&str]) -> Result<(), Failed> {
        let all = "behaviour,restart,data,security";
        let flags = ["--json", "--yes", "--allow", all];
        let argv = [&["clawdoctor", "fix"], ids, &flags].concat();
        let ran = self.run(&argv, 0, SOON)?;
        let told_of: Value = serde_json::from_slice(&ran.output.stdout)?;
        let nothing = told_of["repairs"].as_array().is_some_and(Vec::is_empty);
        if nothing && told_of["changed"] == false {
            return Ok(());
        }
        Err(format!("there is something left to do: {}", told("fix", &ran)).into())
    }

    /// Every run, the last one first.
    fn take_all_back(&self) -> Result<(), Failed> {
        let journals = self.does("ls ~/.local/state/clawdoctor/journal/*.ndjson", 0)?;
        let mut runs: Vec<&str> = journals
            .lines()
            .filter_map(|line| Path::new(line).file_stem()?.to_str())
            .collect();
        runs.sort_unstable();
        for run in runs.into_iter().rev() {
            self.run(&["clawdoctor", "undo", run, "--yes"], 0, INSTALLING)?;
        }
        Ok(())
    }

    /// What must be the same afterwards: packages, groups, programs that run, and what lies in the
    /// home folder but for what programs keep there for themselves.
    fn state(&self) -> Result<Vec<String>, Failed> {
        let text = self.does(
            r"dpkg-query -W -f 'package ${Package} ${Version} ${db:Status-Status}\n' | { grep -v config-files || :; }
              id -nG
              for file in /proc/[0-9]*/exe; do readlink $file || :; done | grep -E 'docker|containerd|node' || :
              find ~ -path ~/.local -prune -o -path ~/.openclaw -prune -o -path ~/.cache -prune -o -printf '%p %y %m %U:%G %l\n'",
            0,
        )?;
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines.sort();
        Ok(lines)
    }
}

/// All that was printed, wherever a line was broken.
fn one_line(ran: &Ran) -> String {
    let (out, err) = (&ran.output.stdout, &ran.output.stderr);
    let text = format!(
        "{}\n{}",
        String::from_utf8_lossy(out),
        String::from_utf8_lossy(err)
    );
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn contains(said: &str, words: &str) -> Result<(), Failed> {
    if said.contains(words) {
        return Ok(());
    }
    Err(format!("does not say {words:?}: {said}").into())
}

fn same(before: &[String], after: &[String]) -> Result<(), Failed> {
    let gone = before.iter().filter(|line| !after.contains(line));
    let come = after.iter().filter(|line| !before.contains(line));
    let lines: Vec<String> = gone
        .map(|line| format!("- {line}"))
        .chain(come.map(|line| format!("+ {line}")))
        .collect();
    if lines.is_empty() {
        return Ok(());
    }
    Err(format!("not as it was before:\n{}", lines.join("\n")).into())
}

fn told(line: &str, ran: &Ran) -> String {
    format!(
        "{line}\nexit {:?} after {:?}\nstdout: {}\nstderr: {}",
        ran.output.status.code(),
        ran.took,
        String::from_utf8_lossy(&ran.output.stdout),
        String::from_utf8_lossy(&ran.output.stderr)
    )
}
