//! What must not happen, on real engines: something left behind after a signal or a kill, a hung
//! or broken engine that holds the program or passes for a good one, foreign text that reaches
//! the terminal, two runs that disturb each other.

#![expect(
    clippy::disallowed_methods,
    reason = "sets up and looks at the world that is tested"
)]

mod support;

use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use libtest_mimic::{Arguments, Failed, Trial};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};

use support::Engine;
use support::place::{Place, User};
use support::proxy::{Does, Fault, Part, Proxy};

/// Longest after the given timeout until the program is gone: the last probe's removal, a report.
const GRACE: Duration = Duration::from_millis(1500);

const CREATE: &str = "POST /containers/create";
const START: &str = "POST /containers/*/start";
const ATTACH: &str = "POST /containers/*/attach";
const DELETE: &str = "DELETE /containers/";

type Test = fn(&Engine) -> Result<(), Failed>;

const TESTS: [(&str, Test); 14] = [
    ("an_interrupted_run_leaves_nothing", interrupted),
    ("a_terminated_run_leaves_nothing", terminated),
    ("a_run_whose_terminal_went_leaves_nothing", hung_up),
    ("a_killed_run_is_swept_by_the_next", killed),
    ("two_runs_do_not_disturb_each_other", side_by_side),
    ("a_hung_call_holds_nothing_and_passes_for_nothing", hang),
    ("a_call_that_breaks_off_passes_for_nothing", cut),
    ("a_garbled_call_passes_for_nothing", garbage),
    ("a_refused_call_passes_for_nothing", refused),
    ("numbers_that_cannot_be_are_no_pass", lies),
    ("sandboxes_that_cannot_be_are_borne", lies_of_sandboxes),
    ("foreign_text_loses_its_power", foreign_text),
    ("megabytes_of_warnings_are_borne", megabytes),
    ("a_sweep_that_fails_is_a_warning", failing_sweep),
];

fn main() {
    let args = Arguments::from_args();
    let engines = Engine::all();
    let mut trials = Vec::new();
    for (name, test) in TESTS {
        if engines.is_empty() {
            let trial = Trial::test(format!("{name} (no engine: use tests/run)"), || Ok(()));
            trials.push(trial.with_ignored_flag(true));
        }
        for engine in &engines {
            let engine = engine.clone();
            trials.push(Trial::test(
                format!("{name} on {}", engine.name),
                move || {
                    let _alone = engine.alone();
                    test(&engine)
                },
            ));
        }
    }
    // One at a time on each engine: each looks for what is left in it.
    let args = Arguments {
        test_threads: Some(2),
        ..args
    };
    libtest_mimic::run(&args, trials).exit();
}

/// A healthy node, with a proxy before its engine.
struct Node {
    place: Place,
    engine: Engine,
    proxy: Option<Proxy>,
}

impl Node {
    fn new(engine: &Engine, part: Part) -> Result<Self, Failed> {
        let mut place = Place::new();
        place.install_openclaw("2026.9.6");
        place.file(".openclaw/workspace/AGENTS.md", "# agent\n");
        let config = json!({
            "meta": {"lastTouchedVersion": "2026.9.6"},
            "gateway": {"mode": "local", "port": gateway_port(), "bind": "loopback"},
            "agents": {"defaults": {
                "workspace": place.home().join(".openclaw/workspace"),
                "sandbox": {
                    "mode": "all", "backend": "docker", "scope": "session",
                    "workspaceAccess": "none",
                    "docker": {
                        "image": "clawdoctor-test/good:1", "network": "none",
                        "memory": "512m", "cpus": 0.5, "pidsLimit": 256,
                    },
                },
            }},
        });
        place.file(".openclaw/openclaw.json", &config.to_string());
        let socket = place.root().join("docker.sock");
        let url = format!("unix://{}", socket.display());
        place.env.insert("DOCKER_HOST".to_owned(), url);
        let proxy = Some(Proxy::start(&socket, &engine.socket, part)?);
        Ok(Self {
            place,
            engine: engine.clone(),
            proxy,
        })
    }

    fn faulty(engine: &Engine, call: &str, does: Does) -> Result<Self, Failed> {
        let call = call.to_owned();
        let faults = vec![Fault { call, does }];
        let part = Part {
            faults,
            ..Part::default()
        };
        Self::new(engine, part)
    }

    fn saw(&self, call: &str) -> bool {
        self.proxy.as_ref().is_some_and(|proxy| proxy.saw(call))
    }

    /// From now on the engine itself is asked.
    fn heal(&mut self) {
        self.proxy = None;
        let url = self.engine.url();
        self.place.env.insert("DOCKER_HOST".to_owned(), url);
    }

    fn spawn(&self, user: Option<User>, args: &[&str]) -> Result<Child, Failed> {
        let args: Vec<String> = args.iter().map(|&arg| arg.to_owned()).collect();
        let mut command = self.place.command(user, &args);
        Ok(command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?)
    }

    fn check(&self, args: &[&str]) -> Result<Run, Failed> {
        let begun = Instant::now();
        let mut all = vec!["check", "--offline"];
        all.extend(args);
        Run::of(self.spawn(None, &all)?, begun)
    }

    fn probe_folder(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.place.home().join("state/probe"));
        let names = entries.into_iter().flatten().flatten();
        names
            .map(|entry| entry.path().display().to_string())
            .collect()
    }

    /// Waits until nothing of that run is in the engine, nor in the state folder.
    fn is_clean(&self, pid: Pid, within: Duration) -> Result<(), Failed> {
        let begun = Instant::now();
        loop {
            let (containers, folders) = (of_run(&self.engine, pid)?, self.probe_folder());
            if containers.is_empty() && folders.is_empty() {
                return Ok(());
            }
            if begun.elapsed() > within {
                return Err(format!("left behind: {containers:?} {folders:?}").into());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

/// Where the real gateway listens that `tests/run` started.
fn gateway_port() -> u16 {
    let port = std::env::var("CLAWDOCTOR_TEST_OPENCLAW_PORT").ok();
    port.and_then(|port| port.parse().ok()).unwrap_or(18989)
}

/// The probe containers in the engine whose owner was this process.
fn of_run(engine: &Engine, pid: Pid) -> Result<Vec<String>, Failed> {
    let filter = "label=clawdoctor.probe=1";
    let format = r#"{{.ID}} {{.Label "clawdoctor.owner"}}"#;
    let listed = engine.docker(&["ps", "-a", "--filter", filter, "--format", format])?;
    let lines = listed.lines().filter_map(|line| line.split_once(' '));
    let owner = format!("{pid}:");
    Ok(lines
        .filter(|(_, by)| by.starts_with(&owner))
        .map(|(id, _)| id.to_owned())
        .collect())
}

/// What one `check` came to.
#[derive(Debug)]
struct Run {
    pid: Pid,
    code: Option<i32>,
    stdout: Vec<u8>,
    stderr: String,
    took: Duration,
}

impl Run {
    /// Waits for its end.
    fn of(child: Child, begun: Instant) -> Result<Self, Failed> {
        let pid = pid(&child);
        let output = child.wait_with_output()?;
        let took = begun.elapsed();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        let run = Self {
            pid,
            code: output.status.code(),
            stdout: output.stdout,
            stderr,
            took,
        };
        if run.stderr.contains("panicked") || run.stderr.contains("This is a bug") {
            return Err(format!("it panicked: {}", run.stderr).into());
        }
        if let Some(signal) = output.status.signal() {
            return Err(format!("ended by signal {signal}").into());
        }
        Ok(run)
    }

    /// Its one JSON document, whose outcome agrees with its exit code.
    fn report(&self) -> Result<Value, Failed> {
        let report: Value = serde_json::from_slice(&self.stdout).map_err(|error| {
            let stdout = String::from_utf8_lossy(&self.stdout);
            format!("not one JSON document ({error}): {stdout}\n{}", self.stderr)
        })?;
        if text(&report).contains("crashed") {
            return Err(format!("a probe crashed: {report:#}").into());
        }
        Ok(report)
    }

    /// The report, whose exit code is what the contract says of it.
    fn concluded(&self) -> Result<Value, Failed> {
        let report = self.report()?;
        let list = |key: &str| report[key].as_array().cloned().unwrap_or_default();
        let found = list("findings").iter().any(|f| f["severity"] == "error");
        let open = list("checks")
            .iter()
            .any(|check| check["required"] == true && check["status"] == "error");
        let expected = match (found, open) {
            (true, _) => 1,
            (false, true) => 2,
            (false, false) => 0,
        };
        if self.code == Some(expected) {
            Ok(report)
        } else {
            Err(format!(
                "exit {:?}, expected {expected}: {}",
                self.code,
                brief(&report)
            )
            .into())
        }
    }
}

fn text(value: &Value) -> String {
    value.to_string()
}

/// `pass`, `skip:blocked`, … of a check.
fn status(report: &Value, id: &str) -> String {
    let full = format!("clawdoctor/{id}");
    let checks = report["checks"].as_array().into_iter().flatten();
    let mut found = checks.filter(|check| check["checkId"] == full.as_str());
    let Some(check) = found.next() else {
        return "missing".to_owned();
    };
    let status = check["status"].as_str().unwrap_or_default();
    match check["skipReason"].as_str() {
        Some(reason) => format!("{status}:{reason}"),
        None => status.to_owned(),
    }
}

/// What is not well, on a few lines.
fn brief(report: &Value) -> String {
    let checks = report["checks"].as_array().into_iter().flatten();
    let lines: Vec<String> = checks
        .filter(|check| !matches!(check["status"].as_str(), Some("pass")))
        .map(|check| {
            format!(
                "{} {} {}",
                check["checkId"], check["status"], check["summary"]
            )
        })
        .collect();
    lines.join("\n")
}

fn expect(is: bool, else_say: impl FnOnce() -> String) -> Result<(), Failed> {
    if is { Ok(()) } else { Err(else_say().into()) }
}

// Signals

fn interrupted(engine: &Engine) -> Result<(), Failed> {
    ended_by(engine, Signal::SIGINT, 130)
}

fn terminated(engine: &Engine) -> Result<(), Failed> {
    ended_by(engine, Signal::SIGTERM, 143)
}

fn hung_up(engine: &Engine) -> Result<(), Failed> {
    ended_by(engine, Signal::SIGHUP, 143)
}

/// When a signal is sent.
#[derive(Clone, Copy, Debug)]
enum When {
    /// So many milliseconds after the program began.
    After(u64),
    /// So many milliseconds after this call came in.
    In(&'static str, u64),
}

fn ended_by(engine: &Engine, signal: Signal, code: i32) -> Result<(), Failed> {
    let moments = [
        When::After(20),
        When::After(60),
        When::After(120),
        When::After(200),
        When::After(300),
        When::In(CREATE, 0),
        When::In(CREATE, 30),
        When::In(ATTACH, 0),
        When::In(START, 0),
        When::In(START, 200),
    ];
    let quick = moments.map(|when| (when, 100));
    // An engine under load makes the container when we have long been told to stop.
    let slow = [(When::In(CREATE, 0), 1200)];
    for (when, creates) in quick.into_iter().chain(slow) {
        let slow = [(CREATE, creates), (START, 700)].map(|(call, milliseconds)| Fault {
            call: call.to_owned(),
            does: Does::Slow(milliseconds),
        });
        let part = Part {
            faults: slow.to_vec(),
            ..Part::default()
        };
        let node = Node::new(engine, part)?;
        let begun = Instant::now();
        let child = node.spawn(None, &["check", "--offline", "--json"])?;
        wait_for(&node, when)?;
        let sent = Instant::now();
        let pid = pid(&child);
        kill(pid, signal)?;
        let run = Run::of(child, begun);
        let checked = run.and_then(|run| {
            let report = run.report()?;
            expect(run.code == Some(code), || format!("exit {:?}", run.code))?;
            expect(report["outcome"] == "failed", || text(&report))?;
            expect(report["error"]["type"] == "interrupted", || text(&report))?;
            expect(sent.elapsed() < Duration::from_secs(3), || {
                format!("ended only after {:?}", sent.elapsed())
            })?;
            // Only now the engine has done all that it was asked.
            let late = Duration::from_millis(creates + 500).saturating_sub(sent.elapsed());
            std::thread::sleep(late);
            node.is_clean(pid, Duration::from_secs(3).saturating_sub(sent.elapsed()))
        });
        if let Err(failed) = checked {
            sweep_up(engine, pid)?;
            let why = failed.message().unwrap_or_default().to_owned();
            return Err(format!("{signal} {when:?}: {why}").into());
        }
    }
    Ok(())
}

fn pid(child: &Child) -> Pid {
    Pid::from_raw(i32::try_from(child.id()).expect("a process id"))
}

fn wait_for(node: &Node, when: When) -> Result<(), Failed> {
    match when {
        When::After(milliseconds) => std::thread::sleep(Duration::from_millis(milliseconds)),
        When::In(call, milliseconds) => {
            let begun = Instant::now();
            while !node.saw(call) {
                expect(begun.elapsed() < Duration::from_secs(15), || {
                    format!("{call} never came")
                })?;
                std::thread::sleep(Duration::from_millis(2));
            }
            std::thread::sleep(Duration::from_millis(milliseconds));
        }
    }
    Ok(())
}

/// A test that failed leaves nothing to the next.
fn sweep_up(engine: &Engine, pid: Pid) -> Result<(), Failed> {
    for id in of_run(engine, pid)? {
        engine.docker(&["rm", "-f", &id]).unwrap_or_default();
    }
    Ok(())
}

fn killed(engine: &Engine) -> Result<(), Failed> {
    for when in [
        When::In(CREATE, 20),
        When::In(ATTACH, 0),
        When::In(START, 0),
    ] {
        // One that started would end, and be gone, by itself.
        let slow = [(CREATE, Does::Slow(100)), (START, Does::Hang)].map(|(call, does)| Fault {
            call: call.to_owned(),
            does,
        });
        let part = Part {
            faults: slow.to_vec(),
            ..Part::default()
        };
        let mut node = Node::new(engine, part)?;
        let mut child = node.spawn(None, &["check", "--offline", "--json"])?;
        wait_for(&node, when)?;
        let pid = pid(&child);
        child.kill()?;
        child.wait_with_output()?;
        // The engine goes on with what it was asked.
        std::thread::sleep(Duration::from_millis(700));
        let left = of_run(engine, pid)?;
        expect(left.len() == 1, || {
            format!("{when:?}: killed too early or too late: {left:?}")
        })?;
        let folders = node.probe_folder();
        expect(folders.len() == 1, || format!("{when:?}: {folders:?}"))?;
        node.heal();
        let run = node.check(&["--json"])?;
        let report = run.concluded()?;
        let clean = node.is_clean(pid, Duration::ZERO);
        sweep_up(engine, pid)?;
        clean?;
        node.is_clean(run.pid, Duration::ZERO)?;
        expect(run.code == Some(0), || brief(&report))?;
        expect(report["warnings"] == json!([]), || text(&report))?;
    }
    Ok(())
}

fn failing_sweep(engine: &Engine) -> Result<(), Failed> {
    let sweep = "GET /containers/json?all=1&filters=*clawdoctor.probe";
    for does in [Does::Status(500), Does::Hang, Does::Garbage] {
        let node = Node::faulty(engine, sweep, does.clone())?;
        let run = node.check(&["--json"])?;
        let report = run.concluded()?;
        expect(run.code == Some(0), || brief(&report))?;
        let warnings = text(&report["warnings"]);
        expect(warnings.contains("could not be removed"), || {
            format!("{does:?}: {warnings}")
        })?;
        expect(run.stderr.contains("warning: "), || run.stderr.clone())?;
        let passive = node.check(&["--json", "--passive"])?.concluded()?;
        expect(passive["warnings"] == json!([]), || text(&passive))?;
        node.is_clean(run.pid, Duration::ZERO)?;
    }
    Ok(())
}

fn side_by_side(engine: &Engine) -> Result<(), Failed> {
    let alone = User {
        uid: 0,
        alone: true,
    };
    for (pause, second) in [(0, None), (150, None), (300, None), (100, Some(alone))] {
        // Each waits long enough in the middle for the other's sweep to see its container.
        let node = Node::faulty(engine, START, Does::Slow(600))?;
        // From another namespace the gateway's process is not seen.
        let args = ["check", "--offline", "--json", "--skip", "openclaw/gateway"];
        let begun = Instant::now();
        let first = node.spawn(None, &args)?;
        std::thread::sleep(Duration::from_millis(pause));
        let other = node.spawn(second, &args)?;
        for child in [first, other] {
            let run = Run::of(child, begun)?;
            let report = run.concluded()?;
            let well = status(&report, "sandbox/start") == "pass"
                && status(&report, "sandbox/write") == "pass"
                && run.code == Some(0)
                && report["warnings"] == json!([]);
            expect(well, || {
                format!("{pause} {second:?}: {}\n{}", brief(&report), run.stderr)
            })?;
            node.is_clean(run.pid, Duration::from_secs(1))?;
        }
    }
    Ok(())
}

// An engine with a fault

/// A call, and what depends on its answer and so must fail, be undetermined or blocked.
const CALLS: [(&str, &[&str]); 9] = [
    (
        "GET /_ping",
        &[
            "docker/running",
            "docker/vm-memory",
            "image/present",
            "sandbox/start",
            "sandbox/isolation",
            "sandbox/headroom",
        ],
    ),
    ("GET /version", &["docker/engine-api"]),
    (
        "GET /info",
        &[
            "docker/vm-memory",
            "docker/vm-cpus",
            "docker/clock",
            "docker/disk",
            "sandbox/headroom",
        ],
    ),
    (
        "GET /images/*/json",
        &["image/present", "image/platform", "image/user", "image/age"],
    ),
    (
        "GET /containers/json",
        &["sandbox/isolation", "sandbox/stale", "sandbox/headroom"],
    ),
    (CREATE, STARTED),
    (START, STARTED),
    (ATTACH, STARTED),
    (DELETE, &[]),
];

const STARTED: &[&str] = &[
    "sandbox/start",
    "sandbox/write",
    "sandbox/engine-api-exposed",
    "sandbox/gateway-exposed",
    "image/tools",
    "volume/ownership",
];

fn hang(engine: &Engine) -> Result<(), Failed> {
    each_call(engine, &Does::Hang)
}

fn cut(engine: &Engine) -> Result<(), Failed> {
    each_call(engine, &Does::Cut(100))
}

fn garbage(engine: &Engine) -> Result<(), Failed> {
    each_call(engine, &Does::Garbage)
}

fn refused(engine: &Engine) -> Result<(), Failed> {
    each_call(engine, &Does::Status(500))
}

/// Three at a time: they mostly wait.
fn each_call(engine: &Engine, does: &Does) -> Result<(), Failed> {
    let mut wrong = Vec::new();
    for some in CALLS.chunks(3) {
        let ended: Vec<_> = std::thread::scope(|scope| {
            let begun: Vec<_> = some
                .iter()
                .map(|(call, _)| scope.spawn(move || one_call(engine, call, does)))
                .collect();
            let ended = begun.into_iter().map(|one| one.join().expect("no panic"));
            ended.collect()
        });
        // What a fault kept from being removed is the next run's to sweep.
        let mut node = Node::new(engine, Part::default())?;
        node.heal();
        let next = node.check(&["--json"])?;
        if next.concluded()?["warnings"] != json!([]) {
            wrong.push(format!("the next run warns: {}", next.stderr));
        }
        for (ended, (call, depending)) in ended.into_iter().zip(some) {
            let (node, run) = ended?;
            let left = of_run(engine, run.pid)?;
            sweep_up(engine, run.pid)?;
            if !left.is_empty() {
                wrong.push(format!("{call} {does:?}: {left:?} stayed"));
            }
            if let Err(failed) = judge(&node, &run, call, depending) {
                let why = failed.message().unwrap_or_default().to_owned();
                wrong.push(format!("{call} {does:?}: {why}"));
            }
        }
    }
    expect(wrong.is_empty(), || wrong.join("\n"))
}

fn one_call(engine: &Engine, call: &str, does: &Does) -> Result<(Node, Run), Failed> {
    let node = Node::faulty(engine, call, does.clone())?;
    let run = node.check(&["--json", "--timeout", "6s"])?;
    Ok((node, run))
}

fn judge(node: &Node, run: &Run, call: &str, depending: &[&str]) -> Result<(), Failed> {
    let report = run.concluded()?;
    expect(run.took < Duration::from_secs(6) + GRACE, || {
        format!("took {:?}: {}", run.took, brief(&report))
    })?;
    expect(node.saw(call), || "was never asked".to_owned())?;
    for id in depending {
        let status = status(&report, id);
        let is_right = matches!(status.as_str(), "fail" | "error" | "skip:blocked");
        expect(is_right, || format!("{id} is {status}\n{}", brief(&report)))?;
    }
    if call == "GET /_ping" {
        let findings = report["findings"].as_array().cloned().unwrap_or_default();
        let is_one = findings.len() == 1 && findings[0]["checkId"] == "clawdoctor/docker/running";
        expect(is_one, || format!("one cause, one failure: {findings:#?}"))?;
    }
    let folders = node.probe_folder();
    expect(folders.is_empty(), || format!("left behind: {folders:?}"))
}

// An engine that lies

fn lies(engine: &Engine) -> Result<(), Failed> {
    let memory: &[&str] = &["docker/vm-memory", "sandbox/headroom"];
    let cpus: &[&str] = &["docker/vm-cpus", "sandbox/headroom"];
    let lies = [
        (json!({"MemTotal": -1}), memory),
        (json!({"MemTotal": 0}), memory),
        (json!({"MemTotal": null}), memory),
        (json!({"MemTotal": "16 GiB"}), memory),
        (json!({"MemTotal": 1e300}), memory),
        (json!({"MemTotal": {"a": []}}), memory),
        (json!({"MemTotal": u64::MAX}), &[]),
        (json!({"NCPU": -1}), cpus),
        (json!({"NCPU": 0}), cpus),
        (json!({"NCPU": null}), cpus),
        (json!({"NCPU": "8"}), cpus),
        (json!({"NCPU": u64::MAX}), cpus),
        (json!({"NCPU": u32::MAX}), &[]),
        (json!({"ContainersRunning": -7}), &[]),
        (
            json!({"SystemTime": "9999-12-31T23:59:59Z"}),
            &["docker/clock"],
        ),
        (
            json!({"SystemTime": "-009999-01-01T00:00:00Z"}),
            &["docker/clock"],
        ),
        (json!({"SystemTime": ""}), &["docker/clock"]),
        (json!({"DriverStatus": "none", "Warnings": {"a": 1}}), &[]),
        (
            json!({"SecurityOptions": [1, null, {}], "CgroupVersion": {}}),
            &[],
        ),
    ];
    for (lie, not_passing) in lies {
        let part = Part {
            info: Some(lie.clone()),
            ..Part::default()
        };
        let node = Node::new(engine, part)?;
        let report = node.check(&["--json", "--passive"])?.concluded()?;
        for id in not_passing {
            let status = status(&report, id);
            expect(status != "pass", || format!("{lie}: {id} passes"))?;
        }
    }
    for lie in [json!(null), json!([]), json!("x"), json!({"ApiVersion": 7})] {
        let part = Part {
            version: Some(lie.clone()),
            ..Part::default()
        };
        let node = Node::new(engine, part)?;
        let report = node.check(&["--json", "--passive"])?.concluded()?;
        let status = status(&report, "docker/engine-api");
        expect(status != "pass", || format!("{lie}: passes"))?;
    }
    Ok(())
}

/// What standing sandboxes are said to be, which no engine of sound mind says.
fn lies_of_sandboxes(engine: &Engine) -> Result<(), Failed> {
    let standing = Standing::new(engine)?;
    let inspect = "GET /containers/*/json";
    let stats = "GET /containers/*/stats";
    let list = "GET /containers/json";
    let huge = json!({"usage": u64::MAX, "stats": {"inactive_file": 1}});
    let lies = [
        (
            inspect,
            json!({"HostConfig": {"Memory": -1, "NanoCpus": i64::MAX, "PidsLimit": -5}}),
        ),
        (
            inspect,
            json!({"HostConfig": {"Memory": i64::MAX, "MemorySwap": i64::MIN}}),
        ),
        (
            inspect,
            json!({"HostConfig": null, "State": null, "Config": null}),
        ),
        (
            inspect,
            json!({"HostConfig": {"Memory": "512m"}, "RestartCount": -1e300}),
        ),
        (
            inspect,
            json!({"Mounts": "all", "State": {"ExitCode": u64::MAX}}),
        ),
        (stats, json!({"memory_stats": huge})),
        (
            stats,
            json!({"memory_stats": {"usage": 0, "stats": {"inactive_file": u64::MAX}}}),
        ),
        (stats, json!({"memory_stats": {"usage": -1}})),
        (stats, json!({"memory_stats": null})),
        (list, json!({"Created": i64::MIN, "Names": []})),
        (list, json!({"Created": u64::MAX})),
        (
            list,
            json!({"Id": "../../etc", "Names": null, "Labels": null}),
        ),
        (list, json!({"Id": "", "Names": [""], "State": 7})),
    ];
    let mut wrong = Vec::new();
    for (call, lie) in lies {
        let node = Node::faulty(engine, call, Does::Lays(lie.clone()))?;
        let report = node.check(&["--json"]).and_then(|run| run.concluded());
        match report {
            Ok(report) => {
                let isolation = status(&report, "sandbox/isolation");
                if call == inspect && isolation == "pass" {
                    wrong.push(format!("{lie}: sandbox/isolation passes"));
                }
            }
            Err(why) => wrong.push(format!("{call} {lie}: {why:?}")),
        }
    }
    drop(standing);
    expect(wrong.is_empty(), || wrong.join("\n"))
}

fn megabytes(engine: &Engine) -> Result<(), Failed> {
    let many = vec!["WARNING: \u{1b}[2J no \u{202e}limit"; 100_000];
    for warnings in [json!(many), json!(["x".repeat(8 << 20)])] {
        let part = Part {
            info: Some(json!({"Warnings": warnings})),
            ..Part::default()
        };
        let node = Node::new(engine, part)?;
        let run = node.check(&["--json"])?;
        let report = run.concluded()?;
        expect(run.stdout.len() < 200_000, || {
            format!("a report of {} bytes", run.stdout.len())
        })?;
        harmless(&report)?;
    }
    Ok(())
}

/// A title is set, the screen cleared, the reading order turned, a line forged.
const FOREIGN: &str = "\u{1b}]0;owned\u{7}\u{1b}[2J\u{202e}\u{9b}31m\r\n[pass] forged\u{200b}\u{0}";

fn foreign_text(engine: &Engine) -> Result<(), Failed> {
    let standing = Standing::new(engine)?;
    let mut wrong = Vec::new();
    for call in [
        "GET /version",
        "GET /info",
        "GET /images/*/json",
        "GET /containers/json",
        "GET /containers/*/json",
        "POST /containers/create",
        "GET /containers/*/stats",
        "GET /",
    ] {
        let node = Node::faulty(engine, call, Does::Taints(FOREIGN.to_owned()))?;
        let facts = node.place.root().join("facts.json").display().to_string();
        let json = node.check(&["--json", "--no-redact", "--save-facts", &facts])?;
        let told = json.concluded().and_then(|report| {
            // It is told, in its washed form: the test would prove nothing otherwise.
            let is_seen = text(&report).contains("u{1b}]0;owned") || call != "GET /";
            expect(is_seen, || "nothing foreign was told".to_owned())?;
            harmless(&report)
        });
        wrong.extend(told.err().map(|why| format!("{call}: {why:?}")));
        let shown = node.check(&["-vv", "--no-redact", "--color", "never"])?;
        wrong.extend(plain(&shown).err().map(|why| format!("{call}: {why:?}")));
        for format in [
            "junit",
            "tap",
            "nagios",
            "prometheus",
            "github-issue",
            "ndjson",
        ] {
            let run = node.check(&["--facts", &facts, "--format", format])?;
            let told = plain(&run);
            wrong.extend(told.err().map(|why| format!("{call} {format}: {why:?}")));
        }
    }
    drop(standing);
    expect(wrong.is_empty(), || wrong.join("\n"))
}

/// Sandboxes that stand, with labels of somebody else's making.
struct Standing<'a>(&'a Engine, Vec<String>);

impl<'a> Standing<'a> {
    fn new(engine: &'a Engine) -> Result<Self, Failed> {
        let mut standing = Self(engine, Vec::new());
        // The command line takes no NUL.
        let foreign = FOREIGN.replace('\0', "");
        for (number, image) in ["good", "root"].iter().enumerate() {
            let name = format!("openclaw-sbx-faulty-{number}");
            standing.1.push(name.clone());
            // The command line takes no blank in a label's name.
            let key = foreign.replace(char::is_whitespace, "");
            engine.docker(&[
                "run",
                "-d",
                "--name",
                &name,
                "--network",
                "none",
                "--label",
                "openclaw.sandbox=1",
                "--label",
                &format!("openclaw.sessionKey={foreign}"),
                "--label",
                &format!("{key}={foreign}"),
                "--entrypoint",
                "sleep",
                &format!("clawdoctor-test/{image}:1"),
                "600",
            ])?;
        }
        Ok(standing)
    }
}

impl Drop for Standing<'_> {
    fn drop(&mut self) {
        for name in &self.1 {
            self.0.docker(&["rm", "-f", name]).unwrap_or_default();
        }
    }
}

fn is_harmful(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// No text of a JSON document holds what a terminal would obey.
fn harmless(value: &Value) -> Result<(), Failed> {
    match value {
        Value::String(text) => expect(!text.chars().any(|c| c != '\n' && is_harmful(c)), || {
            format!("{text:?} has power over a terminal")
        }),
        Value::Array(list) => list.iter().try_for_each(harmless),
        Value::Object(members) => members.iter().try_for_each(|(key, member)| {
            harmless(&Value::String(key.clone()))?;
            harmless(member)
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
    }
}

/// Nothing but lines of printable text, on both streams, and no forged line.
fn plain(run: &Run) -> Result<(), Failed> {
    let stdout = std::str::from_utf8(&run.stdout)?;
    for text in [stdout, &run.stderr] {
        for line in text.lines() {
            expect(!line.chars().any(is_harmful), || {
                format!("{line:?} has power over a terminal")
            })?;
            expect(!line.starts_with("[pass] forged"), || line.to_owned())?;
        }
    }
    Ok(())
}
