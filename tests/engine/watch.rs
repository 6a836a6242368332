//! `clawdoctor watch` on real engines: nothing that lived is missed, an OOM kill is named, and an
//! engine that goes away or hangs is told apart and found again.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use clawdoctor::live::model::Model;
use clawdoctor::live::recording::Player;
use serde_json::Value;

use super::support::gate::Gate;
use super::support::place::Place;
use super::{BUSYBOX, Bench, LABEL, Outcome, Test, sure};

pub const TESTS: [(&str, Test); 7] = [
    ("every_short_life_is_told_and_recorded", short_lives),
    ("every_call_is_told_with_length_and_code", calls),
    ("an_oom_kill_in_a_call_is_named_with_its_cap", oom),
    (
        "an_engine_that_goes_and_comes_is_told_with_what_was_missed",
        away,
    ),
    ("an_engine_that_hangs_is_told_and_found_again", hung),
    ("one_look_tells_what_is_there_and_what_has_gone", once),
    (
        "while_containers_churn_memory_and_recording_stay_bounded",
        churn,
    ),
];

/// All of it, as many as the program promises, rather than enough to see.
pub fn whole() -> bool {
    std::env::var_os("CLAWDOCTOR_TEST_WHOLE_WATCH").is_some()
}

/// A watch under way, and what it has told.
pub struct Watch {
    child: Child,
    lines: Receiver<Value>,
    told: Vec<Value>,
    /// Where it has no place of the caller's.
    place: Option<Place>,
}

impl Watch {
    pub fn begin(socket: &Path, args: &[&str]) -> Result<Self, String> {
        let mut place = Place::new();
        let url = format!("unix://{}", socket.display());
        place.env.insert("DOCKER_HOST".to_owned(), url);
        let mut begun = Self::begin_in(&place, args)?;
        begun.place = Some(place);
        Ok(begun)
    }

    pub fn begin_in(place: &Place, args: &[&str]) -> Result<Self, String> {
        let mut words = vec!["watch", "--json", "--no-redact"];
        words.extend(args);
        Self::stream(place, &words)
    }

    /// Any command that tells lines of JSON until it is ended.
    pub fn stream(place: &Place, words: &[&str]) -> Result<Self, String> {
        let words: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
        let mut child = place
            .command(None, &words)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| error.to_string())?;
        let out = child.stdout.take().expect("it is piped");
        let (send, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                let value = serde_json::from_str(&line).unwrap_or(Value::String(line));
                if send.send(value).is_err() {
                    return;
                }
            }
        });
        Ok(Self {
            child,
            lines,
            told: Vec::new(),
            place: None,
        })
    }

    /// The first line that is so, told from now on or before.
    pub fn until(&mut self, what: &str, is_so: impl Fn(&Value) -> bool) -> Result<Value, String> {
        if let Some(line) = self.told.iter().find(|line| is_so(line)) {
            return Ok(line.clone());
        }
        let end = Instant::now() + Duration::from_mins(1);
        loop {
            match self
                .lines
                .recv_timeout(end.saturating_duration_since(Instant::now()))
            {
                Ok(line) => {
                    let found = is_so(&line);
                    self.told.push(line.clone());
                    if found {
                        return Ok(line);
                    }
                }
                Err(error) => {
                    let lost = error == RecvTimeoutError::Disconnected;
                    let why = if lost { "it ended" } else { "not within 60 s" };
                    return Err(format!("{what}: {why}: {:#?}", self.told));
                }
            }
        }
    }

    fn until_count(&mut self, count: usize, is_so: impl Fn(&Value) -> bool) -> Result<(), String> {
        let end = Instant::now() + Duration::from_mins(1);
        while self.told.iter().filter(|line| is_so(line)).count() < count {
            let left = end.saturating_duration_since(Instant::now());
            let Ok(line) = self.lines.recv_timeout(left) else {
                let seen = self.told.iter().filter(|line| is_so(line)).count();
                return Err(format!("{seen} of {count} were told"));
            };
            self.told.push(line);
        }
        Ok(())
    }

    /// What was told of those whose end was not, and what the engine says of them.
    fn unended(&self, name: &str, all: usize, at: &Bench) -> String {
        let names = (0..all).map(|index| format!("{name}-{index}"));
        let of = |own: &str| {
            let lines = self.told.iter();
            let lines = lines.filter(|line| line["container"]["name"] == *own);
            let types: Vec<String> = lines.map(|line| line["type"].to_string()).collect();
            types
        };
        let unended = names.filter_map(|own| {
            let types = of(&own);
            let state = at
                .real
                .docker(&["inspect", "-f", "{{.State.Status}}", &own]);
            (!types.iter().any(|kind| kind.contains("destroyed")))
                .then(|| format!("{own}: told {types:?}, the engine says {state:?}"))
        });
        let links = self.told.iter().filter(|line| line["type"] == "engine");
        let links: Vec<&Value> = links.collect();
        format!("{:#?}; {links:?}", unended.collect::<Vec<_>>())
    }

    /// Ends it as Ctrl-C does.
    pub fn end(mut self) -> Result<Vec<Value>, String> {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args(["-INT", &pid]).status();
        sent.map_err(|error| error.to_string())?;
        let code = self.child.wait().map_err(|error| error.to_string())?.code();
        if code != Some(130) {
            return Err(format!("it ended with {code:?}"));
        }
        while let Ok(line) = self.lines.recv() {
            self.told.push(line);
        }
        Ok(std::mem::take(&mut self.told))
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.child.kill().unwrap_or(());
        // Ended already, as it should.
        let _ = self.child.wait();
    }
}

pub fn is(line: &Value, kind: &str, name: &str) -> bool {
    line["type"] == kind
        && line["container"]["name"]
            .as_str()
            .is_some_and(|own| own.starts_with(name))
}

pub fn up(line: &Value) -> bool {
    line["type"] == "engine" && line["engine"] == "up"
}

/// The words of a `docker run` of a sandbox.
pub fn sandbox<'a>(
    name: &'a str,
    label: &'a str,
    more: &[&'a str],
    script: &'a str,
) -> Vec<&'a str> {
    let mut words = vec![
        "run",
        "--name",
        name,
        "--label",
        label,
        "--label",
        "openclaw.sandbox=1",
        "--label",
        "openclaw.sessionKey=agent:main:main:workspace:7e3a",
        "--network",
        "none",
    ];
    words.extend(more);
    words.extend([BUSYBOX, "sh", "-c", script]);
    words
}

pub fn label() -> String {
    format!("{LABEL}=1")
}

fn short_lives(at: &Bench) -> Outcome {
    let _turn = Bench::floods();
    let name = at.name("short");
    let (alone, together, at_once) = if whole() { (200, 200, 20) } else { (8, 40, 20) };
    let folder = tempfile::tempdir()?;
    let recording = folder.path().join("lives.ndjson");
    let path = recording.display().to_string();
    let mut watch = Watch::begin(&at.real.socket, &["--record", &path])?;
    watch.until("the engine", up)?;
    let refused = Mutex::new(Vec::new());
    let live = |index: usize| {
        let own = format!("{name}-{index}");
        let script = format!("sleep 0.1; exit {}", index % 5);
        let label = label();
        let ran = at.real.docker(&sandbox(&own, &label, &["--rm"], &script));
        // A non-zero exit of the container is one of the CLI too, which then has nothing to say.
        if let Some(words) = ran.err().filter(|words| !words.is_empty()) {
            let mut refused = refused.lock().expect("none panics");
            refused.push(format!("{own}: {words}"));
        }
    };
    for index in 0..alone {
        live(index);
    }
    std::thread::scope(|scope| {
        for first in 0..at_once {
            let live = &live;
            scope.spawn(move || {
                for index in (first..together).step_by(at_once) {
                    live(alone + index);
                }
            });
        }
    });
    let all = alone + together;
    let refused = refused.into_inner().expect("none panics");
    sure(refused.is_empty(), format!("{refused:#?}"))?;
    let ended = watch.until_count(all, |line| is(line, "destroyed", &name));
    ended.map_err(|short| format!("{short}: {}", watch.unended(&name, all, at)))?;
    let told = watch.end()?;
    for index in 0..all {
        let own = format!("{name}-{index}");
        let died = told
            .iter()
            .find(|line| line["type"] == "died" && line["container"]["name"] == own.as_str());
        let died = died.ok_or_else(|| format!("the death of {own} was not told"))?;
        sure(died["exitCode"] == index % 5, died)?;
        let lifetime = died["lifetimeSeconds"].as_f64().unwrap_or_default();
        // From one event to the other: a busy engine sends the first one late.
        sure(lifetime > 0.0 && lifetime < 20.0, died)?;
    }
    let model = recorded(&recording)?;
    let gone = model.gone.iter().filter(|one| {
        one.about.name.starts_with(&name) && one.lifetime.is_some() && one.exit_code.is_some()
    });
    sure(gone.count() == all, "the recording holds each of them")
}

/// What a recording holds, as it stands at its end.
fn recorded(recording: &Path) -> Result<Model, super::Failed> {
    let player = Player::open(recording)?;
    let mut model = player.header.model();
    for event in player.all()? {
        model.apply(event);
    }
    Ok(model)
}

fn calls(at: &Bench) -> Outcome {
    let _turn = Bench::floods();
    let count = if whole() { 200 } else { 40 };
    let name = at.name("calls");
    let boxes = [format!("{name}-a"), format!("{name}-b")];
    let _end = at.at_the_end(&[&["rm", "-f", &boxes[0], &boxes[1]]]);
    let label = label();
    for own in &boxes {
        at.real
            .docker(&sandbox(own, &label, &["-d"], "sleep 600"))?;
    }
    let folder = tempfile::tempdir()?;
    let recording = folder.path().join("calls.ndjson");
    let path = recording.display().to_string();
    let mut watch = Watch::begin(&at.real.socket, &["--record", &path])?;
    watch.until("the engine", up)?;
    // What OpenClaw itself asks before a turn, which is no call.
    at.real
        .docker(&["exec", &boxes[0], "cat", "/proc/self/mountinfo"])?;
    std::thread::scope(|scope| {
        for (first, own) in boxes.iter().enumerate() {
            scope.spawn(move || {
                for index in (first..count).step_by(2) {
                    let secret = format!("TOKEN=s3cret-{index}; exit {}", index % 3);
                    drop(at.real.docker(&["exec", own, "sh", "-c", &secret]));
                }
            });
        }
    });
    watch.until_count(count, |line| is(line, "callEnded", &name))?;
    let told = watch.end()?;
    let ended = told.iter().filter(|line| is(line, "callEnded", &name));
    let mut codes = [0; 3];
    for line in ended {
        let code = line["exitCode"].as_u64().ok_or("no exit code")?;
        codes[usize::try_from(code)?] += 1;
        sure(line["durationSeconds"].as_f64().is_some(), line)?;
        sure(line["container"]["agent"] == "main", line)?;
    }
    let expected: Vec<usize> = (0..3)
        .map(|code| (code..count).step_by(3).count())
        .collect();
    sure(codes[..] == expected[..], codes)?;
    let model = recorded(&recording)?;
    let whole = clawdoctor::live::calls::all(&model)
        .into_iter()
        .filter(|made| {
            let end = made.call.end.and_then(|end| end.exit_code);
            made.about.name.starts_with(&name) && end.is_some() && made.call.duration().is_some()
        });
    sure(whole.count() == count, "the recording holds each of them")?;
    let all = Value::Array(told).to_string() + &std::fs::read_to_string(&recording)?;
    sure(!all.contains("s3cret"), "command lines are the users' own")
}

fn oom(at: &Bench) -> Outcome {
    let name = at.name("oom");
    let _end = at.at_the_end(&[&["rm", "-f", &name]]);
    let label = label();
    let caps = ["-d", "--memory", "16m", "--memory-swap", "16m"];
    let mut watch = Watch::begin(&at.real.socket, &[])?;
    watch.until("the engine", up)?;
    at.real
        .docker(&sandbox(&name, &label, &caps, "sleep 600"))?;
    watch.until("a figure", |line| {
        line["type"] == "sample" && line["name"] == name.as_str()
    })?;
    drop(at.real.docker(&["exec", &name, "tail", "/dev/zero"]));
    let killed = watch.until("the kill", |line| is(line, "oom", &name))?;
    sure(killed["memoryCapBytes"] == 16 << 20, &killed)?;
    sure(
        killed["engineMemoryBytes"].as_u64() > Some(1 << 30),
        &killed,
    )?;
    let alert = watch.until("the alert", |line| {
        line["type"] == "alert" && line["cause"] == "oom"
    })?;
    sure(
        alert["message"]
            .as_str()
            .is_some_and(|text| text.contains("cap 16 MiB")),
        &alert,
    )?;
    let ended = watch.until("the call's end", |line| is(line, "callEnded", &name))?;
    sure(ended["exitCode"] == 137, &ended)?;
    watch.end()?;
    Ok(())
}

fn away(at: &Bench) -> Outcome {
    let _turn = Bench::remembers();
    let name = at.name("away");
    let _end = at.at_the_end(&[&["rm", "-f", &name]]);
    let label = label();
    let folder = tempfile::tempdir()?;
    let socket = folder.path().join("engine.sock");
    let mut gate = Gate::new(&socket, &at.real.socket);
    // Begun before there is an engine.
    let mut watch = Watch::begin(&socket, &[])?;
    let lost = watch.until("no engine", |line| line["engine"] == "lost")?;
    sure(
        lost["why"].as_str().is_some_and(|why| !why.is_empty()),
        &lost,
    )?;
    gate.open()?;
    let begun = Instant::now();
    watch.until("the engine", up)?;
    sure(begun.elapsed() < Duration::from_secs(5), "it is found soon")?;
    at.real
        .docker(&sandbox(&name, &label, &["-d"], "exec sleep 600"))?;
    watch.until("the start", |line| is(line, "started", &name))?;
    gate.close();
    watch.until("the loss", |line| {
        line["type"] == "alert" && line["cause"] == "engine-lost"
    })?;
    at.real.docker(&["kill", &name])?;
    at.real.docker(&["rm", &name])?;
    gate.open()?;
    let died = watch.until("what was missed", |line| is(line, "died", &name))?;
    sure(died["exitCode"] == 137 && died["oom"] == false, &died)?;
    watch.until("its end", |line| is(line, "destroyed", &name))?;
    let told = watch.end()?;
    for kind in ["created", "started", "died", "destroyed"] {
        let count = told.iter().filter(|line| is(line, kind, &name)).count();
        sure(count == 1, format!("{kind} was told {count} times"))?;
    }
    Ok(())
}

fn hung(at: &Bench) -> Outcome {
    let name = at.name("hung");
    let _end = at.at_the_end(&[&["rm", "-f", &name]]);
    let label = label();
    let folder = tempfile::tempdir()?;
    let socket = folder.path().join("engine.sock");
    let mut gate = Gate::new(&socket, &at.real.socket);
    gate.open()?;
    let mut watch = Watch::begin(&socket, &[])?;
    // What was never there is not lost: the node has been looked at, and all that is there listed.
    watch.until("the node", |line| line["headroom"].is_u64())?;
    gate.hold();
    watch.until("the alert", |line| line["cause"] == "engine-hung")?;
    at.real
        .docker(&sandbox(&name, &label, &["-d"], "exec sleep 600"))?;
    gate.let_through();
    watch.until("the start", |line| is(line, "started", &name))?;
    let told = watch.end()?;
    let states: Vec<&str> = told
        .iter()
        .filter_map(|line| line["engine"].as_str())
        .collect();
    sure(states == ["up", "hung", "up"], states)
}

fn once(at: &Bench) -> Outcome {
    let _turn = Bench::remembers();
    let name = at.name("once");
    let gone = format!("{name}-gone");
    let _end = at.at_the_end(&[&["rm", "-f", &name]]);
    let label = label();
    let caps = [
        "-d",
        "--memory",
        "64m",
        "--cpus",
        "0.5",
        "--pids-limit",
        "64",
    ];
    at.real
        .docker(&sandbox(&name, &label, &caps, "exec sleep 600"))?;
    drop(at.real.docker(&sandbox(&gone, &label, &["--rm"], "exit 4")));
    let mut place = Place::new();
    place.env.insert("DOCKER_HOST".to_owned(), at.real.url());
    let look = |args: &[&str]| {
        let args: Vec<String> = args.iter().map(|arg| (*arg).to_owned()).collect();
        place.run(None, &args, Duration::from_mins(1)).output
    };
    let output = look(&["watch", "--once", "--json", "--no-redact"]);
    sure(output.status.code() == Some(0), &output)?;
    let document: Value = serde_json::from_slice(&output.stdout)?;
    let schema = look(&["schema", "watch"]);
    let schema: Value = serde_json::from_slice(&schema.stdout)?;
    let validator = jsonschema::validator_for(&schema)?;
    let errors: Vec<String> = validator
        .iter_errors(&document)
        .map(|e| e.to_string())
        .collect();
    sure(errors.is_empty(), errors)?;
    let find = |list: &str, name: &str| {
        let rows = document[list].as_array().cloned().unwrap_or_default();
        rows.into_iter().find(|row| row["name"] == name)
    };
    let row = find("sandboxes", &name).ok_or("it is there")?;
    sure(
        row["memoryCapBytes"] == 64 << 20 && row["pidsCap"] == 64,
        &row,
    )?;
    sure(row["memoryBytes"].as_u64() > Some(0), &row)?;
    sure(row["pids"] == 1 && row["state"] == "running", &row)?;
    let dead = find("gone", &gone).ok_or("it is remembered from the engine's backlog")?;
    sure(dead["exitCode"] == 4 && dead["how"] == "destroyed", &dead)?;
    let text = look(&["watch", "--once"]);
    let text = String::from_utf8(text.stdout)?;
    sure(text.contains(&name) && text.contains("64 MiB"), &text)
}

/// Containers come and go without end: minutes of it by `CLAWDOCTOR_TEST_SOAK`, a moment otherwise.
fn churn(at: &Bench) -> Outcome {
    const MOST: u64 = 1 << 20;
    let _turn = Bench::floods();
    let minutes = std::env::var("CLAWDOCTOR_TEST_SOAK").ok();
    let minutes: Option<u64> = minutes.and_then(|text| text.parse().ok());
    let span = minutes.map_or(Duration::from_secs(15), |m| Duration::from_secs(60 * m));
    let at_once = if minutes.is_some() { 50 } else { 6 };
    let name = at.name("churn");
    let folder = tempfile::tempdir()?;
    let recording = folder.path().join("soak.ndjson");
    let path = recording.display().to_string();
    let mut watch = Watch::begin(
        &at.real.socket,
        &["--record", &path, "--record-size", "1 MiB"],
    )?;
    watch.until("the engine", up)?;
    let (screen, _place) = super::dashboard::watch(&at.real.socket, 160, 45);
    screen.until("the engine", |text| text.starts_with("● up"))?;
    let pids = [watch.child.id(), screen.pid()];
    let begun = Instant::now();
    let mut sizes = [Vec::new(), Vec::new()];
    std::thread::scope(|scope| {
        for lane in 0..at_once {
            let (name, label) = (&name, label());
            scope.spawn(move || {
                for round in 0.. {
                    if begun.elapsed() > span {
                        return;
                    }
                    let own = format!("{name}-{lane}-{round}");
                    drop(
                        at.real
                            .docker(&sandbox(&own, &label, &["--rm"], "sleep 0.3; exit 1")),
                    );
                }
            });
        }
        while begun.elapsed() < span {
            std::thread::sleep(span / 60);
            for (pid, sizes) in pids.iter().zip(&mut sizes) {
                sizes.push(resident(*pid));
            }
            // What is told is not kept here, or this program would grow instead.
            while watch.lines.try_recv().is_ok() {}
        }
    });
    for sizes in &sizes {
        let (early, late) = (sizes[sizes.len() / 3], sizes[sizes.len() - 1]);
        sure(early > 0 && late < early + early / 4 + (4 << 20), sizes)?;
    }
    sure(screen.text().starts_with("● up"), screen.text())?;
    let older = clawdoctor::live::recording::older(&recording);
    let size = |path: &Path| std::fs::metadata(path).map_or(0, |about| about.len());
    let kept = size(&recording) + size(&older);
    sure(kept > 0 && kept <= MOST + (64 << 10), kept)?;
    drop(watch);
    // Killed in the middle of whatever it was writing.
    Player::open(&recording)?.all()?;
    Ok(())
}

/// Bytes that a process holds in memory.
fn resident(pid: u32) -> u64 {
    let statm = std::fs::read_to_string(format!("/proc/{pid}/statm")).unwrap_or_default();
    let pages: u64 = statm
        .split_whitespace()
        .nth(1)
        .and_then(|pages| pages.parse().ok())
        .unwrap_or(0);
    pages * 4096
}
