//! `--deep`: OpenClaw's own doctor folded in, played by a script that answers, hangs or breaks off.

use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use serde_json::{Value, json};

use super::place::Place;
use super::{code, document, err, out, run};

const RECORDED: &str = include_str!("../recorded/openclaw-doctor-lint.json");
const ASK: &str = "check --only openclaw/doctor --deep --offline";

/// A node whose `openclaw` runs this script for `doctor --lint --json --severity-min info`.
fn node(script: &str) -> Place {
    let place = super::place();
    place.install_openclaw("2026.9.6");
    place.file(".openclaw/openclaw.json", "{}");
    place.file("answer.json", RECORDED);
    let whole = format!(
        "#!/bin/sh\n[ \"$*\" = 'doctor --lint --json --severity-min info' ] || exit 9\n\
         echo $$ >\"$HOME/asked\"\n{script}\n"
    );
    let program = place.file("lib/node_modules/openclaw/openclaw.mjs", &whole);
    std::fs::set_permissions(program, std::fs::Permissions::from_mode(0o755)).expect("own file");
    place
}

fn told(place: &Place, line: &str) -> (i32, Value) {
    let ran = run(place, line);
    (code(&ran), document(&ran, line))
}

fn check(report: &Value) -> &Value {
    let checks = report["checks"].as_array().expect("checks");
    let ours = checks
        .iter()
        .find(|one| one["checkId"] == "clawdoctor/openclaw/doctor");
    ours.expect("the check is told")
}

#[test]
fn its_findings_stand_in_the_report_under_their_own_ids() {
    let place = node("cat \"$HOME/answer.json\"; exit 1");
    let (exit, report) = told(&place, &format!("{ASK} --json"));
    // Its worst is a warning.
    assert_eq!(exit, 0, "{report:#}");
    assert_eq!(check(&report)["status"], "warn");
    let theirs: Value = serde_json::from_str(RECORDED).expect("recorded");
    let findings = report["findings"].as_array().expect("findings");
    assert_eq!(findings.len(), 4, "{report:#}");
    for one in theirs["findings"].as_array().expect("theirs") {
        let ours = findings.iter().find(|f| f["checkId"] == one["checkId"]);
        let ours = ours.unwrap_or_else(|| panic!("{one} in {report:#}"));
        // Every key of theirs, as it is: ours is a superset.
        for key in ["severity", "message", "path", "target", "requirement"] {
            assert_eq!(ours[key], one[key], "{key} of {one}");
        }
        assert_eq!(ours["source"], "openclaw");
        assert_eq!(ours["reportedBy"], "clawdoctor/openclaw/doctor");
        assert_eq!(ours["fix"]["mode"], "none");
    }
    let severities: Vec<&Value> = findings.iter().map(|f| &f["severity"]).collect();
    assert_eq!(severities, ["warning", "warning", "warning", "info"]);
    let schema = run(&place, "schema");
    let schema: Value = serde_json::from_str(&out(&schema)).expect("a schema");
    let validator = jsonschema::draft202012::new(&schema).expect("a schema");
    assert!(validator.is_valid(&report), "{report:#}");
    // A threshold of the run's is one for its findings too.
    assert_eq!(told(&place, &format!("{ASK} --json --strict")).0, 1);
    let error = RECORDED.replacen("\"warning\"", "\"error\"", 1);
    place.file("answer.json", &error);
    let (exit, report) = told(&place, &format!("{ASK} --json"));
    assert_eq!((exit, &check(&report)["status"]), (1, &json!("fail")));
}

#[test]
fn people_read_whose_finding_it_is_and_where_it_comes_from() {
    let place = node("cat \"$HOME/answer.json\"; exit 1");
    let text = out(&run(&place, ASK));
    for words in [
        "openclaw/doctor",
        "core/doctor/security: WARNING: openclaw.json contains plaintext",
        "clawdoctor explain openclaw/doctor",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(
        !text.contains("command-owner"),
        "a note is none of what is wrong: {text}"
    );
    let verbose = out(&run(&place, &format!("{ASK} -v")));
    assert!(
        verbose.contains("core/doctor/command-owner: No command"),
        "{verbose}"
    );
    let page = out(&run(&place, "explain core/doctor/security"));
    for words in [
        "OpenClaw's own doctor",
        "openclaw doctor --lint --only core/doctor/security",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let (exit, page) = told(&place, "explain core/doctor/security --json");
    assert_eq!((exit, &page["source"]), (0, &json!("openclaw")));
    for format in ["ndjson", "junit", "tap", "nagios", "github-issue"] {
        let told = out(&run(&place, &format!("{ASK} --format {format}")));
        assert!(told.contains("core/doctor/security"), "{format}: {told}");
    }
}

#[test]
fn a_finding_of_its_is_waived_like_one_of_ours() {
    let place = node("cat \"$HOME/answer.json\"; exit 1");
    let waivers = ["node-hosting-preconditions", "security", "skill-workshop-tool-policy"].map(
        |name| {
            format!("[[waiver]]\ncheck = \"core/doctor/{name}\"\nreason = \"known\"\nexpires = \"2099-01-01\"\n")
        },
    );
    place.file("clawdoctor/waivers.toml", &waivers[..2].concat());
    let (_, report) = told(&place, &format!("{ASK} --json"));
    assert_eq!(report["summary"]["suppressed"], 2, "{report:#}");
    assert_eq!(report["suppressedFindings"][0]["waiver"]["reason"], "known");
    assert_eq!(check(&report)["status"], "warn");
    place.file("clawdoctor/waivers.toml", &waivers.concat());
    let (exit, report) = told(&place, &format!("{ASK} --json --strict"));
    assert_eq!(
        (exit, &report["summary"]["warn"]),
        (0, &json!(0)),
        "{report:#}"
    );
    assert_eq!(check(&report)["status"], "pass", "the note is left");
}

#[test]
fn what_is_no_answer_is_told_and_never_a_pass() {
    let other = "echo '{\"schemaVersion\":2,\"ok\":true,\"checksRun\":1,\"findings\":[]}'";
    for (script, code, words) in [
        ("echo 'All is well!'", "unparsable", "one JSON document"),
        (other, "unparsable", "schemaVersion 2"),
        (
            "cat \"$HOME/answer.json\"; echo no >&2; exit 3",
            "failed",
            "exit code 3: no",
        ),
        ("kill -9 $$", "failed", "ended by a signal"),
        (
            "exec head -c 2000000 /dev/zero",
            "unparsable",
            "more than 1 MiB",
        ),
    ] {
        let place = node(script);
        let (exit, report) = told(&place, &format!("{ASK} --json"));
        let check = check(&report);
        assert_eq!(check["status"], "error", "{script}: {check:#}");
        assert_eq!(check["errorCode"], code, "{script}: {check:#}");
        let summary = check["summary"].as_str().expect("a summary");
        assert!(summary.contains(words), "{script}: {summary}");
        assert_eq!((exit, &report["findings"]), (0, &json!([])), "{script}");
    }
}

#[test]
fn at_the_deadline_all_that_it_started_ends_and_the_report_says_so() {
    let place = node("sh -c 'sleep 600 & echo $! >\"$HOME/child\"; wait' & wait");
    let (_, report) = told(&place, &format!("{ASK} --json --timeout 3s"));
    let check = check(&report);
    assert_eq!(
        (&check["status"], &check["errorCode"]),
        (&json!("error"), &json!("timeout")),
        "{check:#}"
    );
    let summary = check["summary"].as_str().expect("a summary");
    assert!(
        summary.contains("ended with all that it had started"),
        "{summary}"
    );
    for file in ["asked", "child"] {
        let pid = std::fs::read_to_string(place.home().join(file)).expect("it began");
        let state = || std::fs::read_to_string(format!("/proc/{}/status", pid.trim()));
        let gone = || state().map_or(true, |status| status.contains("State:\tZ"));
        let mut left = 100;
        while !gone() && left > 0 {
            std::thread::sleep(Duration::from_millis(20));
            left -= 1;
        }
        assert!(gone(), "{file} {pid} outlived the run");
    }
}

#[test]
fn without_the_flag_it_is_neither_asked_nor_told() {
    let place = node("cat \"$HOME/answer.json\"; exit 1");
    let (_, report) = told(&place, "check --only openclaw --offline --json");
    assert_eq!(check(&report)["skipReason"], "not-selected");
    assert_eq!(check(&report)["summary"], "asked with --deep alone");
    let text = out(&run(&place, "check --only openclaw --offline -v"));
    assert!(!text.contains("openclaw/doctor"), "{text}");
    // Alone, it says what it waits for.
    let ran = run(&place, "check --only openclaw/doctor --offline");
    assert_eq!(code(&ran), 2);
    assert!(
        err(&ran).contains("add --deep"),
        "{}{}",
        out(&ran),
        err(&ran)
    );
    assert!(!place.home().join("asked").exists());
    let (_, report) = told(&place, "check --only openclaw --deep --offline --json");
    assert_eq!(check(&report)["status"], "warn", "{report:#}");
}
