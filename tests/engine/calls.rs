//! `clawdoctor calls` on real engines: every call with its owner, length and end, those that were
//! made before and those that are made while it looks on.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::Stdio;
use std::sync::mpsc::channel;
use std::time::Duration;

use serde_json::Value;

use super::dashboard::sandbox;
use super::support::gate::Gate;
use super::support::place::Place;
use super::watch::Watch;
use super::{Bench, Outcome, Test, sure};

pub const TESTS: [(&str, Test); 4] = [
    ("calls_made_before_are_listed_with_their_ends", listed),
    ("calls_are_told_as_they_begin_and_end", followed),
    (
        "a_stream_of_calls_says_that_its_engine_went_and_came",
        cut_off,
    ),
    (
        "command_lines_are_shown_when_asked_for_and_redacted",
        commands,
    ),
];

const OWNER: &str = "agent:caller:chat:workspace:7e";
/// Of the one test that looks at all calls of an agent.
const LISTED: &str = "agent:lister:chat:workspace:7e";
const BOUND: Duration = Duration::from_secs(40);

fn name(at: &Bench, what: &str) -> String {
    format!("h1-call-{what}-{}", at.real.name)
}

fn place(at: &Bench) -> Place {
    place_before(&at.real.socket)
}

fn place_before(socket: &Path) -> Place {
    let mut place = Place::new();
    let url = format!("unix://{}", socket.display());
    place.env.insert("DOCKER_HOST".to_owned(), url);
    place
}

/// The document that these words give.
fn document(place: &Place, words: &str) -> Result<Value, String> {
    let args: Vec<String> = words.split(' ').map(str::to_owned).collect();
    let ran = place.run(None, &args, BOUND);
    let text = String::from_utf8_lossy(&ran.output.stdout);
    if ran.output.status.code() != Some(0) {
        let told = String::from_utf8_lossy(&ran.output.stderr);
        return Err(format!("{words}: {:?}: {told}", ran.output.status));
    }
    serde_json::from_str(&text).map_err(|error| format!("{words}: {error}: {text}"))
}

/// Form, exit code, OOM, of the calls in this container.
fn ends(document: &Value, container: &str) -> Vec<(String, Option<i64>, bool)> {
    let calls = document["calls"].as_array().cloned().unwrap_or_default();
    let own = calls
        .iter()
        .filter(|one| one["container"]["name"] == container);
    own.map(|one| {
        let form = one["form"].as_str().unwrap_or_default().to_owned();
        (form, one["exitCode"].as_i64(), one["oom"] == true)
    })
    .collect()
}

fn listed(at: &Bench) -> Outcome {
    let _turn = Bench::remembers();
    let (own, brief) = (name(at, "list"), name(at, "brief"));
    let _end = at.at_the_end(&[&["rm", "-f", &own]]);
    let caps = ["-d", "--memory", "16m", "--memory-swap", "16m"];
    sandbox(at, &own, LISTED, &caps, "exec sleep 600")?;
    let call = |words: &[&str]| {
        let mut all = vec!["exec", own.as_str()];
        all.extend(words);
        // Some of them end otherwise than with 0.
        at.real.docker(&all).unwrap_or_default()
    };
    call(&["true"]);
    call(&["sh", "-c", "exit 3"]);
    call(&["tail", "/dev/zero"]);
    sandbox(at, &brief, LISTED, &["--rm"], "sleep 0.1; exit 9")?;
    let place = place(at);
    let told = document(&place, "calls --json --since 2min --agent lister")?;
    let wanted = [
        ("exec".to_owned(), Some(0), false),
        ("exec".to_owned(), Some(3), false),
        ("exec".to_owned(), Some(137), true),
    ];
    sure(ends(&told, &own) == wanted, format!("{told:#}"))?;
    let wanted = [("container".to_owned(), Some(9), false)];
    sure(ends(&told, &brief) == wanted, format!("{told:#}"))?;
    let calls = told["calls"].as_array().cloned().unwrap_or_default();
    let whole = calls.iter().all(|one| {
        one["container"]["agent"] == "lister"
            && one["container"]["session"] == "chat"
            && one["durationSeconds"].as_f64().is_some_and(|s| s > 0.0)
            && one["startedAt"].is_string()
            && one.get("command").is_none()
    });
    sure(whole, format!("{told:#}"))?;
    let failed = document(&place, "calls --json --since 2min --agent lister --failed")?;
    sure(ends(&failed, &own).len() == 2, format!("{failed:#}"))?;
    let text = place.run(
        None,
        &["calls", "--agent", "lister"].map(str::to_owned),
        BOUND,
    );
    let text = String::from_utf8_lossy(&text.output.stdout).into_owned();
    let last = format!("The last call of lister/chat ran inside a sandbox, {brief}");
    // What is long is broken into lines.
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    sure(line.contains(&last) && line.contains("137 OOM"), text)
}

fn followed(at: &Bench) -> Outcome {
    let own = name(at, "follow");
    let _end = at.at_the_end(&[&["rm", "-f", &own]]);
    sandbox(at, &own, OWNER, &["-d"], "exec sleep 600")?;
    let place = place(at);
    let words = [
        "calls",
        "--follow",
        "--json",
        "--since",
        "0s",
        "--no-redact",
    ];
    let mut stream = Watch::stream(&place, &words)?;
    stream.until("the version", |line| line["report"] == "clawdoctor.calls")?;
    // The one may be made before it listens, and is told all the same.
    at.real.docker(&["exec", &own, "sleep", "0.2"])?;
    let is_own = |line: &Value| line["container"]["name"] == own;
    let begun = stream.until("its beginning", |line| {
        is_own(line) && line["type"] == "callStarted" && line["running"] == true
    })?;
    let ended = stream.until("its end", |line| {
        is_own(line) && line["type"] == "callEnded" && line["exitCode"] == 0
    })?;
    sure(begun["execId"] == ended["execId"], format!("{ended}"))?;
    let took = ended["durationSeconds"].as_f64().unwrap_or_default();
    sure((0.1..10.0).contains(&took), format!("{ended}"))
}

/// Beside the stream, and nothing there as long as all is well.
fn cut_off(at: &Bench) -> Outcome {
    let folder = tempfile::tempdir()?;
    let socket = folder.path().join("engine.sock");
    let mut gate = Gate::new(&socket, &at.real.socket);
    gate.open()?;
    let place = place_before(&socket);
    let words = ["calls", "--follow", "--since", "0s"].map(str::to_owned);
    let mut child = place
        .command(None, &words)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()?;
    let told = child.stderr.take().ok_or("it is piped")?;
    let (send, lines) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(told).lines().map_while(Result::ok) {
            if send.send(line).is_err() {
                return;
            }
        }
    });
    let next = || lines.recv_timeout(BOUND).map_err(|error| error.to_string());
    std::thread::sleep(Duration::from_secs(1));
    gate.close();
    let (went, came) = (next(), gate.open().map(|()| next()));
    child.kill()?;
    child.wait()?;
    let (went, came) = (went?, came??);
    sure(went.contains("the engine is lost: "), went)?;
    sure(came.contains("the engine: up"), came)
}

fn commands(at: &Bench) -> Outcome {
    let _turn = Bench::remembers();
    let own = name(at, "words");
    let _end = at.at_the_end(&[&["rm", "-f", &own]]);
    sandbox(at, &own, OWNER, &["-d"], "exec sleep 600")?;
    let secret = "sk-ant-api03-AbCdEfGhIjKlMnOpQrStUvWxYz0123456789AbCdEfGhIjKlMnOpQrSt";
    let line = format!("echo --key {secret} \u{1b}[31m");
    at.real.docker(&["exec", &own, "sh", "-c", &line])?;
    let place = place(at);
    let told = document(&place, "calls --json --since 2min --commands")?;
    let calls = told["calls"].as_array().cloned().unwrap_or_default();
    let mut mine = calls.iter().filter(|one| one["container"]["name"] == own);
    let command = mine.next().and_then(|one| one["command"].as_str());
    let command = command.unwrap_or_default();
    sure(command.contains("echo --key"), format!("{told:#}"))?;
    sure(!told.to_string().contains(secret), format!("{told:#}"))?;
    sure(!command.contains('\u{1b}'), format!("{command:?}"))
}
