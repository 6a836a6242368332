//! The table of repairs: each file of `tests/repairs/` sets up one node on a real engine with the
//! real OpenClaw, plays what an operator types there, and says what must be true after each line.
//! After every file the node and the engine are as they were before it.

#![expect(
    clippy::disallowed_methods,
    reason = "sets up and looks at the world that is tested"
)]

#[path = "repairs/act.rs"]
mod act;
#[path = "repairs/daemon.rs"]
mod daemon;
mod support;

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Output};
use std::time::{Duration, Instant};

use libtest_mimic::{Arguments, Failed, Trial};
use serde::Deserialize;
use serde_json::Value;

use act::{Act, Leaves, told};
use support::Engine;
use support::place::{Place, Ran, User};
use support::stage::{self, EnginePart, Openclaw, Stage, Volume};
use support::stand_in::{Registry, Trouble};
use support::terminal::Terminal;
use support::world::World;

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Scenario {
    about: String,
    #[serde(default)]
    openclaw: Openclaw,
    #[serde(default)]
    engine: EnginePart,
    #[serde(default)]
    settings: Option<String>,
    #[serde(default)]
    files: BTreeMap<String, String>,
    #[serde(default)]
    volumes: Vec<Volume>,
    /// The operator, where that is not root.
    #[serde(default)]
    uid: Option<u32>,
    /// Run where no other process can be seen, and so no gateway.
    #[serde(default)]
    alone: bool,
    /// The node's engine is none of those that the scenarios share, which are not looked at then.
    #[serde(default)]
    own_engine: bool,
    /// Root's shell commands that plant the fault, and those that take it away whatever happened.
    #[serde(default)]
    plant: Vec<String>,
    #[serde(default)]
    clear: Vec<String>,
    /// What is done there, in this order.
    acts: Vec<Act>,
}

/// The scripts that set up what the tests run on.
const SUPPORT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support");

type Test = fn() -> Result<(), Failed>;
const DAEMON: [(&str, Test); 4] = [
    (
        "a file that the engine refuses never stops it",
        daemon::a_file_that_the_engine_refuses_never_stops_it,
    ),
    (
        "only the planned key changes",
        daemon::only_the_planned_key_changes,
    ),
    (
        "an engine that does not come back gets the old file back",
        daemon::an_engine_that_does_not_come_back_gets_the_old_file_back,
    ),
    (
        "what somebody else wrote is never overwritten",
        daemon::what_somebody_else_wrote_is_never_overwritten,
    ),
];

fn main() {
    let args = Arguments::from_args();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/repairs");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("tests/repairs")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
        .collect();
    files.sort();
    let engines = Engine::all();
    let mut trials = Vec::new();
    let mut queues: [Vec<Trial>; 3] = Default::default();
    for path in files {
        let name = path.file_stem().expect("a name").to_string_lossy();
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
                let queue = match (scenario.own_engine, engine.name) {
                    (true, _) => 0,
                    (false, "classic") => 1,
                    (false, _) => 2,
                };
                queues[queue].push(Trial::test(title, move || play(&scenario, &engine)));
            }
        }
    }
    trials.extend(in_turn(queues));
    for (name, test) in DAEMON {
        // An engine of their own is as much as they need.
        let trial = Trial::test(format!("daemon.json: {name}"), test);
        trials.push(trial.with_ignored_flag(engines.is_empty()));
    }
    let args = Arguments {
        // One per engine, and one for those that have an engine of their own.
        test_threads: Some(3),
        ..args
    };
    libtest_mimic::run(&args, trials).exit();
}

/// One of each queue after the other, so that those of one engine do not wait for each other.
fn in_turn(queues: [Vec<Trial>; 3]) -> Vec<Trial> {
    let mut queues = queues.map(Vec::into_iter);
    let mut trials = Vec::new();
    loop {
        let before = trials.len();
        trials.extend(queues.iter_mut().filter_map(Iterator::next));
        if trials.len() == before {
            return trials;
        }
    }
}

fn play(scenario: &Scenario, engine: &Engine) -> Result<(), Failed> {
    if scenario.own_engine {
        let done = Node::set(scenario, engine).and_then(|mut node| node.play());
        return done.map_err(|error| about(scenario, &error));
    }
    let _alone = engine.alone();
    let kept = kept(engine)?;
    let before = World::of_engine(engine)?;
    let done = Node::set(scenario, engine).and_then(|mut node| node.play());
    for name in kept_since(engine, &kept)? {
        // What it was built from stays, so that the next time is quick.
        engine
            .docker(&["image", "rm", "--no-prune", &name])
            .unwrap_or_default();
    }
    let left = before.differences(&World::of_engine(engine)?);
    done.map_err(|error| about(scenario, &error))?;
    if left.is_empty() {
        return Ok(());
    }
    Err(format!(
        "{}\nleft in the engine:\n{}",
        scenario.about,
        left.join("\n")
    )
    .into())
}

fn about(scenario: &Scenario, error: &Failed) -> Failed {
    let message = error.message().unwrap_or_default();
    format!("{}\n{message}", scenario.about).into()
}

/// The names under which images are kept.
fn kept(engine: &Engine) -> Result<Vec<String>, String> {
    let format = "{{.Repository}}:{{.Tag}}";
    let names = engine.docker(&["images", "clawdoctor-kept", "--format", format])?;
    Ok(names.lines().map(str::to_owned).collect())
}

fn kept_since(engine: &Engine, before: &[String]) -> Result<Vec<String>, String> {
    let mut now = kept(engine)?;
    now.retain(|name| !before.contains(name));
    Ok(now)
}

/// The node of one scenario.
struct Node<'a> {
    scenario: &'a Scenario,
    engine: &'a Engine,
    place: Place,
    /// Kept for its end: it takes down what it put up.
    stage: Option<Stage>,
    /// Registries with a trouble each.
    silent: Registry,
    used_up: Registry,
}

impl<'a> Node<'a> {
    fn set(scenario: &'a Scenario, engine: &'a Engine) -> Result<Self, Failed> {
        let mut place = Place::new();
        place.use_real_openclaw(&openclaw()?, "app-2026.9.6");
        let mut node = Self {
            scenario,
            engine,
            place,
            stage: None,
            silent: Registry::with(Trouble::Silent)?,
            used_up: Registry::with(Trouble::UsedUp)?,
        };
        let mut stage = Stage::on(engine);
        let claw = &scenario.openclaw;
        let own = |value: &Option<Value>| {
            let text = value.as_ref().map(|value| node.filled(&value.to_string()));
            text.map(|text| serde_json::from_str(&text).expect("JSON still"))
        };
        let (sandbox, config) = (own(&claw.sandbox), own(&claw.config));
        let claw = Openclaw {
            sandbox,
            config,
            ..claw.clone()
        };
        stage.openclaw(&claw, &node.place)?;
        node.hand_over_the_config();
        let settings = scenario.settings.as_ref().map(|text| node.filled(text));
        stage.files(settings.as_deref(), &scenario.files, &node.place);
        stage.endpoint(&scenario.engine, scenario.uid, &mut node.place)?;
        node.stage = Some(stage);
        for volume in &scenario.volumes {
            let stage = node.stage.as_mut().expect("set above");
            stage.volume(volume)?;
        }
        for command in &scenario.plant {
            let ran = node.as_root(command, 120);
            if !ran.output.status.success() {
                return Err(format!("cannot plant the fault: {}", told(command, &ran)).into());
            }
        }
        Ok(node)
    }

    /// As OpenClaw itself leaves them: the home and the config belong to whoever runs it, its
    /// workspaces to the sandbox's user, and what is OpenClaw's is not open to others.
    fn hand_over_the_config(&self) {
        let folder = self.place.home().join(".openclaw");
        let config = folder.join("openclaw.json");
        let open = |path: &Path, mode| {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap_or(());
        };
        open(&folder, 0o700);
        open(&config, 0o600);
        let uid = Some(self.scenario.uid.unwrap_or(0));
        for path in [self.place.home(), config] {
            // There is no config in some scenarios.
            std::os::unix::fs::chown(path, uid, uid).unwrap_or(());
        }
    }

    fn user(&self) -> Option<User> {
        self.scenario.uid.map(|uid| User {
            uid,
            alone: self.scenario.alone,
        })
    }

    /// Besides what every scenario knows: `@ROOT@` is above the home folder, and not looked at;
    /// `@SILENT@` and `@USED-UP@` are registries with that trouble.
    fn filled(&self, text: &str) -> String {
        let text = text
            .replace("@ROOT@", &self.place.root().display().to_string())
            .replace("@ENGINE@", self.engine.name)
            .replace("@SUPPORT@", SUPPORT)
            .replace("@SILENT@", &self.silent.address.to_string())
            .replace("@USED-UP@", &self.used_up.address.to_string());
        stage::filled(&text, &self.place, self.engine)
    }

    /// A command of the operator's, who sees what clawdoctor sees.
    fn shell(&self, command: &str, seconds: u64) -> Ran {
        let words = ["bash", "-euo", "pipefail", "-c", &self.filled(command)].map(str::to_owned);
        let mut program = self.place.program(self.user(), &words);
        program.env("CLAWDOCTOR", env!("CARGO_BIN_EXE_clawdoctor"));
        Place::bounded(program, Duration::from_secs(seconds))
    }

    /// A command of root's on the machine itself, past what stands between the operator and the
    /// engine.
    fn as_root(&self, command: &str, seconds: u64) -> Ran {
        let mut program = std::process::Command::new("bash");
        program.args(["-euo", "pipefail", "-c", &self.filled(command)]);
        program.env("DOCKER_HOST", self.engine.url());
        program.env("CLAWDOCTOR", env!("CARGO_BIN_EXE_clawdoctor"));
        program.env("SUPPORT", SUPPORT);
        program.stdin(std::process::Stdio::null());
        Place::bounded(program, Duration::from_secs(seconds))
    }

    fn world(&self) -> Result<World, String> {
        let volumes = &self.scenario.volumes;
        let volumes: Vec<String> = volumes.iter().map(|volume| volume.name.clone()).collect();
        let engine = (!self.scenario.own_engine).then_some(self.engine);
        World::look(&self.place, engine, &volumes)
    }

    fn play(&mut self) -> Result<(), Failed> {
        let first = self.world()?;
        let mut before = first.clone();
        for (number, act) in self.scenario.acts.iter().enumerate() {
            let (line, ran) = self.act(act);
            let now = self.world()?;
            let mut wrong = act.filled(self).differences(&ran);
            wrong.extend(now.litter().into_iter().map(|name| format!("left: {name}")));
            let to = match act.leaves {
                Leaves::Whatever => &now,
                Leaves::Unchanged => &before,
                Leaves::AsAtFirst => &first,
            };
            wrong.extend(to.differences(&now));
            if !wrong.is_empty() {
                let wrong = wrong.join("\n");
                return Err(format!("act {}\n{wrong}\n{}", number + 1, told(&line, &ran)).into());
            }
            before = now;
        }
        Ok(())
    }

    fn act(&self, act: &Act) -> (String, Ran) {
        let bound = Duration::from_secs(act.within);
        match (&act.run, &act.app, &act.shell, &act.root) {
            (Some(run), None, None, None) => {
                let args = self.words(run);
                (run.clone(), self.place.run(self.user(), &args, bound))
            }
            (None, Some(app), None, None) => (app.clone(), self.app(app, &act.keys, bound)),
            (None, None, Some(shell), None) => (shell.clone(), self.shell(shell, act.within)),
            (None, None, None, Some(root)) => (root.clone(), self.as_root(root, act.within)),
            _ => panic!(
                "{}: an act is one of run, app, shell and root",
                self.scenario.about
            ),
        }
    }

    fn words(&self, line: &str) -> Vec<String> {
        let line = self.filled(line);
        line.split_whitespace().map(str::to_owned).collect()
    }

    /// The app on a terminal, by keys alone. What is told of it are its screens, from one key to
    /// the next, and what never came.
    fn app(&self, args: &str, keys: &[(String, String)], bound: Duration) -> Ran {
        let begun = Instant::now();
        let command = self.place.command(self.user(), &self.words(args));
        let mut terminal = Terminal::start(&command, 80, 24);
        let mut screens = String::new();
        let mut type_all = || {
            for (text, typed) in keys {
                let left = bound.saturating_sub(begun.elapsed());
                terminal.within(left, text, |screen| screen.contains(text.as_str()))?;
                screens.push_str(&terminal.text());
                match typed.as_str() {
                    "y" => terminal.yes(),
                    keys => terminal.press(keys),
                }
            }
            Ok(())
        };
        let typed: Result<(), String> = type_all();
        let ended = typed.and_then(|()| terminal.end());
        let (code, words) = match ended {
            Ok(code) => (code.cast_signed(), String::new()),
            Err(error) => (-1, error),
        };
        Ran {
            output: Output {
                status: ExitStatus::from_raw(code << 8),
                stdout: screens.into_bytes(),
                stderr: words.into_bytes(),
            },
            took: begun.elapsed(),
            killed: begun.elapsed() > bound,
        }
    }
}

impl Drop for Node<'_> {
    fn drop(&mut self) {
        for command in &self.scenario.clear {
            let ran = self.as_root(command, 60);
            let cleared = ran.output.status.success() || std::thread::panicking();
            assert!(cleared, "not cleared: {}", told(command, &ran));
        }
    }
}

/// The folder with the real OpenClaw's programs.
fn openclaw() -> Result<PathBuf, String> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/openclaw.sh");
    let output = std::process::Command::new(script).arg("install").output();
    let output = output.map_err(|error| error.to_string())?;
    let program = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let folder = Path::new(&program).ancestors().nth(4);
    let folder = folder.filter(|_| output.status.success());
    folder
        .map(Path::to_owned)
        .ok_or_else(|| format!("no OpenClaw: {}", String::from_utf8_lossy(&output.stderr)))
}
