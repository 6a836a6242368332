//! What is known of an engine that does not tell all, or not in time: ends whose events were lost, and
//! answers that take long. In lines of JSON and on a screen at the same time.

use std::time::Duration;

use serde_json::Value;

use super::dashboard;
use super::support::gate::Gate;
use super::support::place::Place;
use super::watch::Watch;
use super::{Bench, Outcome, Test, sure};

pub const TESTS: [(&str, Test); 3] = [
    ("an_end_that_no_event_told_of_is_found_and_says_so", gap),
    ("a_slow_engine_is_told_with_what_was_measured", slow),
    ("evidence_is_taken_without_a_terminal", evidence),
];

/// An engine remembers so many events to tell them again.
const REMEMBERED: usize = 256;

fn is(line: &Value, kind: &str, name: &str) -> bool {
    line["type"] == kind && line["container"]["name"] == name
}

/// One is killed, one begins and ends, one is removed and one started anew, while nobody hears; and
/// then so much happens that the engine has forgotten it.
fn gap(at: &Bench) -> Outcome {
    let _turn = Bench::floods();
    let words = ["killed", "brief", "away", "again", "busy"];
    let [killed, brief, away, again, busy] = words.map(|it| at.name(it));
    let all = [&killed, &brief, &away, &again, &busy].map(String::as_str);
    let _end = at.at_the_end(
        &all.map(|one| ["rm", "-f", one])
            .each_ref()
            .map(|it| &it[..]),
    );
    let key = |who: &str| format!("agent:{who}:chat:workspace:7e");
    let folder = tempfile::tempdir()?;
    let socket = folder.path().join("engine.sock");
    let mut gate = Gate::new(&socket, &at.real.socket);
    gate.open()?;
    let standing = [
        (&killed, "killed"),
        (&away, "away"),
        (&again, "again"),
        (&busy, "busy"),
    ];
    for (name, who) in standing {
        dashboard::sandbox(at, name, &key(who), &["-d"], "exec sleep 600")?;
    }
    let mut watch = Watch::begin(&socket, &[])?;
    // High enough for the timeline, however many others are there.
    let (mut screen, _place) = dashboard::watch(&socket, 160, 150);
    // A figure of each: all are known to run.
    for (name, _) in standing {
        watch.until("a figure", |line| {
            line["type"] == "sample" && line["name"] == **name
        })?;
    }
    screen.until_text("killed/chat")?;
    screen.until_text("away/chat")?;
    gate.close();
    watch.until("the loss", |line| line["cause"] == "engine-lost")?;
    at.real.docker(&["kill", &killed])?;
    at.real.docker(&["rm", "-f", &away])?;
    at.real.docker(&["restart", "-t", "0", &again])?;
    dashboard::sandbox(at, &brief, &key("brief"), &[], "exit 9")?;
    for _ in 0..REMEMBERED / 2 + 4 {
        at.real.docker(&["pause", &busy])?;
        at.real.docker(&["unpause", &busy])?;
    }
    gate.open()?;
    let found = watch.until("the killed one", |line| is(line, "died", &killed))?;
    sure(
        found["exitCode"] == 137 && found["oom"] == false && found["seenAfterwards"] == true,
        &found,
    )?;
    sure(found["lifetimeSeconds"].as_f64() > Some(0.0), &found)?;
    let found = watch.until("the brief one", |line| is(line, "died", &brief))?;
    sure(
        found["exitCode"] == 9 && found["seenAfterwards"] == true,
        &found,
    )?;
    let found = watch.until("the one that runs again", |line| is(line, "died", &again))?;
    sure(
        found.get("exitCode").is_none() && found["seenAfterwards"] == true,
        &found,
    )?;
    watch.until("its second start", |line| {
        is(line, "started", &again) && line["at"].as_str() > found["at"].as_str()
    })?;
    let gone = watch.until("the removed one", |line| is(line, "vanished", &away))?;
    let (from, to) = (gone["notBefore"].as_str(), gone["at"].as_str());
    sure(from.is_some() && from < to, &gone)?;
    screen.until("all of it", |text| {
        let says = |who: &str, what: &str| {
            text.lines()
                .any(|line| line.contains(who) && line.contains(what))
        };
        says("killed/chat", "killed, exit 137")
            && says("killed/chat", "seen afterwards")
            && says("brief/chat", "exit 9")
            && says("away/chat", "gone, not seen how")
    })?;
    let told = watch.end()?;
    for name in [&killed, &brief, &again] {
        let count = told.iter().filter(|line| is(line, "died", name)).count();
        sure(count == 1, format!("told {count} times"))?;
    }
    screen.press("q");
    sure(screen.end()? == 0, "q ends it well")
}

fn slow(at: &Bench) -> Outcome {
    let own = at.name("slow");
    let _end = at.at_the_end(&[&["rm", "-f", &own]]);
    dashboard::sandbox(
        at,
        &own,
        "agent:slow:chat:workspace:7e",
        &["-d"],
        "exec sleep 600",
    )?;
    let folder = tempfile::tempdir()?;
    let socket = folder.path().join("engine.sock");
    let mut gate = Gate::new(&socket, &at.real.socket);
    gate.open()?;
    let mut watch = Watch::begin(&socket, &[])?;
    let (mut screen, _place) = dashboard::watch(&socket, 160, 45);
    watch.until("the node", |line| line["headroom"].is_u64())?;
    screen.until_text("slow/chat")?;
    // There and back: an answer takes at least 1.2 s.
    gate.slow(Duration::from_millis(600));
    let stall = watch.until("the stall", |line| line["type"] == "engineStall")?;
    sure(stall["latencySeconds"].as_f64() >= Some(1.2), &stall)?;
    let alert = watch.until("the alert", |line| line["cause"] == "engine-stall")?;
    sure(
        alert["message"]
            .as_str()
            .is_some_and(|words| words.starts_with("the engine is slow: ")),
        &alert,
    )?;
    screen.until("the alert", |text| {
        text.contains("! SLOW, ") && text.contains("the engine is slow: ")
    })?;
    gate.slow(Duration::ZERO);
    let over = watch.until("its end", |line| line["type"] == "engineStallOver")?;
    sure(
        over["latencySeconds"].as_f64() < Some(0.3) && over["worstSeconds"].as_f64() >= Some(1.2),
        &over,
    )?;
    screen.until("its end", |text| {
        text.contains("prompt again: ") && !text.contains("! SLOW")
    })?;
    let told = watch.end()?;
    let hung = told.iter().any(|line| line["engine"] == "hung");
    sure(!hung, "it is slow, and does not hang")?;
    screen.press("q");
    sure(screen.end()? == 0, "q ends it well")
}

fn evidence(at: &Bench) -> Outcome {
    let _turn = Bench::remembers();
    let own = at.name("evidence");
    let _end = at.at_the_end(&[&["rm", "-f", &own]]);
    let key = "agent:kept:chat:workspace:7e";
    dashboard::sandbox(at, &own, key, &["-d"], "exec sleep 600")?;
    drop(at.real.docker(&["exec", &own, "sh", "-c", "exit 3"]));
    let mut place = Place::new();
    place.env.insert("DOCKER_HOST".to_owned(), at.real.url());
    let json = |words: &[&str]| -> Result<Value, super::Failed> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let ran = place.run(None, &words, Duration::from_mins(1)).output;
        sure(ran.status.code() == Some(0), &ran)?;
        Ok(serde_json::from_slice(&ran.stdout)?)
    };
    let validator = jsonschema::validator_for(&json(&["schema", "evidence"])?)?;
    let taken = json(&["watch", "--once", "--no-redact", "--evidence", "-"])?;
    let errors: Vec<String> = validator
        .iter_errors(&taken)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    sure(errors.is_empty(), errors)?;
    sure(taken["report"] == "clawdoctor.evidence", &taken["report"])?;
    let has = |list: &str, is_so: &dyn Fn(&Value) -> bool| {
        taken[list]
            .as_array()
            .is_some_and(|all| all.iter().any(is_so))
    };
    sure(has("sandboxes", &|one| one["name"] == *own), "the row")?;
    sure(
        has("timeline", &|one| is(one, "started", &own)),
        "the start",
    )?;
    let call = |one: &Value| one["container"]["name"] == *own && one["exitCode"] == 3;
    sure(has("pastCalls", &call), &taken["pastCalls"])
}
