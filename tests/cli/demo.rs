//! `--demo` off the screen: on a machine that has nothing of what it shows, and without a trace.

use serde_json::Value;

use super::{code, document, err, finding, out, place, run};
use crate::place::Place;

/// An empty home, no program on PATH, and an engine that is not there.
fn bare() -> Place {
    let mut place = place();
    place.env.remove("CLAWDOCTOR_CONFIG_DIR");
    place.env.remove("CLAWDOCTOR_STATE_DIR");
    place.env.insert("PATH".to_owned(), String::new());
    std::fs::remove_dir(place.home().join("bin")).expect("an empty folder of ours");
    place
}

#[test]
fn it_needs_nothing_and_leaves_nothing_behind() {
    let place = bare();
    let before = place.listing();
    for (line, exit, words) in [
        ("--demo", 1, "Docker Desktop 4.27.2 is older than 4.28.0"),
        ("check --demo", 1, "says nothing about this machine"),
        ("--demo check --only host", 0, "the Mac sleeps after 10 min"),
        ("check --demo -v", 1, "answers in 4 ms"),
        ("check --demo --strict --only host", 1, "pmset"),
        ("headroom --demo", 0, "limited by memory"),
        ("headroom --demo --need 50", 1, "limited by memory"),
        ("watch --demo", 0, "killed for memory (OOM)"),
        ("watch --demo --once", 0, "openclaw-sbx-agent-"),
    ] {
        let ran = run(&place, line);
        assert_eq!(code(&ran), exit, "{line}: {}", err(&ran));
        assert!(out(&ran).contains(words), "{line}: {}", out(&ran));
    }
    assert_eq!(place.listing(), before);
    assert!(before.is_empty(), "{before:?}");
}

#[test]
fn its_documents_are_those_of_a_real_node() {
    let place = bare();
    let schema = |name: &str| {
        let schema = run(&place, name);
        let schema: Value = serde_json::from_str(&out(&schema)).expect("a schema");
        jsonschema::draft202012::new(&schema).expect("a schema")
    };
    for (line, schema) in [
        ("check --demo --json", schema("schema")),
        ("--demo --json", schema("schema")),
        ("watch --demo --once --json", schema("schema watch")),
        ("headroom --demo --json", schema("schema headroom")),
    ] {
        let told = document(&run(&place, line), line);
        let wrong: Vec<String> = schema.iter_errors(&told).map(|e| e.to_string()).collect();
        assert!(wrong.is_empty(), "{line}: {wrong:?}");
    }
    let report = document(&run(&place, "check --demo --json"), "check");
    assert!(finding(&report, "image/present").is_some());
    assert_eq!(report["node"]["id"], "demo");
    let lines = out(&run(&place, "watch --demo --json"));
    let lines: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert!(lines.len() > 100, "{} lines", lines.len());
}

#[test]
fn its_facts_can_be_kept_and_judged_like_any_other() {
    let place = bare();
    let kept = place.home().join("facts.json");
    let kept = kept.display();
    let told = run(&place, &format!("--demo --save-facts {kept} --json"));
    let again = run(&place, &format!("check --facts {kept} --json"));
    let [told, again] = [told, again].map(|ran| document(&ran, "a report"));
    let codes = |report: &Value| -> Vec<String> {
        let findings = report["findings"].as_array().expect("findings").iter();
        findings.map(|one| one["errorCode"].to_string()).collect()
    };
    assert_eq!(codes(&told), codes(&again));
}

#[test]
fn what_would_touch_a_machine_is_refused() {
    let place = bare();
    for line in [
        "fix --demo",
        "--fix --demo",
        "undo --demo --yes",
        "watch --demo --record x.ndjson",
        "watch --demo --since 5min",
        "check --demo --facts x",
    ] {
        let ran = run(&place, line);
        assert_eq!(code(&ran), 2, "{line}");
        assert!(err(&ran).contains("--demo"), "{line}: {}", err(&ran));
    }
    assert!(place.listing().is_empty());
}
