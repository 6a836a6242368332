//! The recorder on real engines: what it has seen is what `watch` opens with, whatever became of
//! it; and `replay` tells what `watch` told.

use std::process::{Child, Command};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::support::place::Place;
use super::watch::{Watch, is, label, sandbox, up};
use super::{Bench, Outcome, Test, sure};

pub const TESTS: [(&str, Test); 2] = [
    (
        "watch_opens_with_what_the_recorder_saw_before_it_was_killed",
        opened,
    ),
    ("replay_tells_what_watch_told", replayed),
];

fn place(at: &Bench) -> Place {
    let mut place = Place::new();
    place.env.insert("DOCKER_HOST".to_owned(), at.real.url());
    place
}

fn run(place: &Place, line: &str) -> std::process::Output {
    let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
    place.run(None, &words, Duration::from_mins(1)).output
}

/// A recorder at work.
struct Recorder(Child);

impl Recorder {
    fn begin(place: &Place) -> Result<Self, String> {
        let words = ["recorder", "run"].map(str::to_owned);
        let child = place.command(None, &words).spawn();
        child.map(Self).map_err(|error| error.to_string())
    }

    fn kill(mut self) -> Outcome {
        self.0.kill()?;
        self.0.wait()?;
        Ok(())
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.0.kill().unwrap_or(());
        // Ended already, as it should.
        let _ = self.0.wait();
    }
}

/// Until so many lines of the recording hold these words.
fn holds(place: &Place, words: &[&str], times: usize) -> Outcome {
    let path = place.home().join("state/recording/live.ndjson");
    let end = Instant::now() + Duration::from_mins(1);
    loop {
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        let is_so = |line: &&str| words.iter().all(|word| line.contains(word));
        if text.lines().filter(is_so).count() >= times {
            return Ok(());
        }
        sure(
            Instant::now() < end,
            format!("{times} of {words:?}: {text}"),
        )?;
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn opened(at: &Bench) -> Outcome {
    let _turn = Bench::remembers();
    let name = at.name("recorded");
    let (gone, late) = (format!("{name}-gone"), format!("{name}-late"));
    let ended = format!("{name}-ended");
    let _end = at.at_the_end(&[&["rm", "-f", &name, &ended]]);
    let label = label();
    let place = place(at);
    // Without a recorder the picture reaches as far as the engine remembers.
    drop(at.real.docker(&sandbox(&gone, &label, &["--rm"], "exit 3")));
    let text = String::from_utf8(run(&place, "watch --once").stdout)?;
    sure(
        text.contains("reaches back to ") && text.contains("(engine's own memory)"),
        &text,
    )?;

    let recorder = Recorder::begin(&place)?;
    holds(&place, &["\"state\":\"up\""], 1)?;
    at.real.docker(&sandbox(
        &name,
        &label,
        &["-d", "--memory", "64m"],
        "exec sleep 600",
    ))?;
    drop(at.real.docker(&["exec", &name, "sh", "-c", "exit 93"]));
    let lives = sandbox(&ended, &label, &["-d"], "exec sleep 600");
    at.real.docker(&lives)?;
    holds(&place, &[&ended, "\"started\""], 1)?;
    holds(&place, &[&format!("\"name\":\"{gone}\"")], 1)?;
    holds(&place, &[&name, "\"exitCode\":93"], 1)?;
    holds(&place, &["\"sampled\""], 1)?;
    recorder.kill()?;
    // What happens while nobody records, the engine remembers.
    drop(at.real.docker(&sandbox(&late, &label, &["--rm"], "exit 4")));
    at.real.docker(&["rm", "-f", &ended])?;

    let mut watch = Watch::begin_in(&place, &["--since", "10min"])?;
    let past = watch.until("the call", |line| is(line, "callEnded", &name))?;
    sure(past["past"] == true && past["exitCode"] == 93, &past)?;
    let missed = watch.until("what was missed", |line| is(line, "died", &late))?;
    sure(missed["past"].is_null() && missed["exitCode"] == 4, &missed)?;
    watch.until("the engine", |line| up(line) && line["past"].is_null())?;
    watch.until("the end in the gap", |line| is(line, "destroyed", &ended))?;
    let told = watch.end()?;
    for (kind, own) in [
        ("created", &name),
        ("callEnded", &name),
        ("died", &gone),
        ("died", &late),
        ("died", &ended),
        ("destroyed", &ended),
    ] {
        let is = |line: &&Value| line["type"] == kind && line["container"]["name"] == own.as_str();
        let count = told.iter().filter(is).count();
        sure(
            count == 1,
            format!("{kind} of {own} was told {count} times"),
        )?;
    }

    let document = run(&place, "watch --once --json --no-redact");
    let document: Value = serde_json::from_slice(&document.stdout)?;
    sure(
        document["sinceSource"] == "recorder",
        &document["sinceSource"],
    )?;
    let find = |list: &str, name: &str| {
        let rows = document[list].as_array().cloned().unwrap_or_default();
        rows.into_iter().find(|row| row["name"] == name)
    };
    let row = find("sandboxes", &name).ok_or("it is there")?;
    sure(row["calls"] == 1 && row["failedCalls"] == 1, &row)?;
    sure(
        row["memoryCapBytes"] == 64 << 20 && row["state"] == "running",
        &row,
    )?;
    // Taken now, not recorded.
    sure(row["ageSeconds"].as_f64() < Some(5.0), &row)?;
    sure(
        find("gone", &gone).is_some() && find("gone", &late).is_some(),
        &document["gone"],
    )?;

    // The lock of a killed one holds nobody up, and it goes on with the same recording.
    let next = Recorder::begin(&place)?;
    holds(&place, &["\"state\":\"up\""], 2)?;
    holds(&place, &[&format!("\"name\":\"{late}\"")], 1)?;
    let status = run(&place, "recorder status --json");
    sure(status.status.code() == Some(0), &status)?;
    let pid = next.0.id().to_string();
    Command::new("kill").args(["-TERM", &pid]).status()?;
    let mut next = next;
    sure(
        next.0.wait()?.code() == Some(143),
        "it ends when it is told to",
    )
}

fn replayed(at: &Bench) -> Outcome {
    let name = at.name("replayed");
    let _end = at.at_the_end(&[&["rm", "-f", &name]]);
    let label = label();
    let place = place(at);
    let file = place.home().join("night.ndjson");
    let path = file.display().to_string();
    let mut watch = Watch::begin_in(&place, &["--record", &path])?;
    watch.until("the engine", up)?;
    at.real
        .docker(&sandbox(&name, &label, &["-d"], "exec sleep 600"))?;
    drop(at.real.docker(&["exec", &name, "sh", "-c", "exit 93"]));
    watch.until("a figure", |line| {
        line["type"] == "sample" && line["name"] == name.as_str()
    })?;
    at.real.docker(&["kill", &name])?;
    watch.until("the death", |line| is(line, "died", &name))?;
    let told = watch.end()?;

    let replayed = run(&place, &format!("replay --json --no-redact {path}"));
    sure(replayed.status.code() == Some(0), &replayed)?;
    let lines = String::from_utf8(replayed.stdout)?;
    let lines: Vec<Value> = lines
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()?;
    for (told, replayed) in told.iter().zip(&lines) {
        sure(
            told == replayed,
            format!("{told} was replayed as {replayed}"),
        )?;
    }
    sure(told.len() == lines.len(), (told.len(), lines.len()))?;

    // Before it died, it ran.
    let died = told.iter().find(|line| is(line, "died", &name));
    let end = died.ok_or("its death")?["at"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    let begin = told.iter().find(|line| is(line, "started", &name));
    let begin = begin.ok_or("its start")?["at"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    let state = |more: &str| -> Result<Value, Box<dyn std::error::Error>> {
        let looked = run(&place, &format!("replay --json --no-redact {path} {more}"));
        let document: Value = serde_json::from_slice(&looked.stdout)?;
        let rows = document["sandboxes"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let row = rows.into_iter().find(|row| row["name"] == name.as_str());
        Ok(row.map_or(Value::Null, |row| row["state"].clone()))
    };
    sure(state("--once")? == "exited", "at the end")?;
    let between = died.ok_or("its death")?;
    // The call lay between start and death, by the engine's clock, which is ours here.
    let call = told.iter().find(|line| is(line, "callEnded", &name));
    let call = call.ok_or("its call")?["at"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    sure(begin < call && call < end, between)?;
    sure(
        state(&format!("--at {call}"))? == "running",
        "in its middle",
    )?;
    sure(
        state("--at -1h")?.is_null(),
        "before it began there is nothing to show",
    )
}
