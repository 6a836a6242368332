//! The contract of the command line, on the program itself: what is on standard output and what on
//! standard error, the exit code, and one document that is valid against `clawdoctor schema` in
//! every outcome. No engine is needed: the node has none, or is a recorded one.

#![expect(
    clippy::disallowed_methods,
    reason = "sets up the folders of the program under test"
)]

mod bench;
mod calls;
mod deep;
mod demo;
mod drill;
mod habits;
mod headroom;
#[path = "../support/node.rs"]
mod node;
mod own;
#[expect(dead_code, reason = "what needs an engine is used elsewhere")]
#[path = "../support/place.rs"]
mod place;
mod recorder;

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::time::Duration;

use place::{Place, Ran};
use serde_json::{Value, json};

/// Nothing here has a reason to take longer.
const BOUND: Duration = Duration::from_mins(1);

/// A place whose engine does not run.
fn place() -> Place {
    let mut place = Place::new();
    let socket = place.root().join("no-engine.sock");
    let url = format!("unix://{}", socket.display());
    place.env.insert("DOCKER_HOST".to_owned(), url);
    place
}

fn run(place: &Place, line: &str) -> Ran {
    let args: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
    let ran = place.run(None, &args, BOUND);
    assert!(!ran.killed, "{line} took {:?}", ran.took);
    ran
}

fn out(ran: &Ran) -> String {
    String::from_utf8(ran.output.stdout.clone()).expect("UTF-8")
}

fn err(ran: &Ran) -> String {
    String::from_utf8(ran.output.stderr.clone()).expect("UTF-8")
}

fn code(ran: &Ran) -> i32 {
    ran.output.status.code().expect("an exit code")
}

/// The one document on standard output.
fn document(ran: &Ran, line: &str) -> Value {
    let text = out(ran);
    assert_eq!(text.lines().count(), 1, "{line}: {text}");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{line}: {error}: {text}"))
}

/// A recorded node of `tests/nodes/` as a facts file in the place.
fn recorded(place: &Place, name: &str) -> PathBuf {
    let facts = node::facts_of(&node::folder().join(name));
    let facts = serde_json::to_value(facts).expect("plain data");
    place.file(&format!("{name}.json"), &facts.to_string())
}

/// What was judged of each check: its status, and why it was skipped.
fn verdicts(report: &Value) -> Vec<String> {
    let checks = report["checks"].as_array().expect("checks");
    checks
        .iter()
        .map(|one| format!("{} {} {}", one["checkId"], one["status"], one["skipReason"]))
        .collect()
}

fn finding(report: &Value, check: &str) -> Option<Value> {
    let id = format!("clawdoctor/{check}");
    let findings = report["findings"].as_array().expect("findings");
    findings.iter().find(|one| one["checkId"] == *id).cloned()
}

/// A check of the operator's own.
fn own_check(place: &Place, name: &str, judge: &str) {
    let text = format!(
        "title = \"Own {name}\"\nstep = \"always\"\nseverity = \"warning\"\ntimeout = \"500 ms\"\n\
         why = \"w\"\nremedy = \"call the operator\"\n\n{judge}\n"
    );
    place.file(&format!("clawdoctor/checks/custom/{name}.toml"), &text);
}

#[test]
fn every_outcome_is_one_valid_document_with_its_exit_code() {
    let place = place();
    let schema = run(&place, "schema");
    let schema: Value = serde_json::from_str(&out(&schema)).expect("a schema");
    let validator = jsonschema::draft202012::new(&schema).expect("a schema");
    let healthy = recorded(&place, "healthy-m4.toml");
    let healthy = healthy.display();
    place.file("garbage", "{ \"version\": 1,");
    place.file("no-version", "{}");
    place.file("later", "{\"version\": 99}");
    place.file("empty", "{\"version\": 1}");
    // What is written, the exit code, the outcome, and what of it tells why.
    let rows: Vec<(String, i32, &str, &str)> = vec![
        (format!("check --facts {healthy}"), 0, "clean", ""),
        ("check --offline".to_owned(), 1, "findings", ""),
        ("check --only host --offline".to_owned(), 0, "", ""),
        // Mistakes on the line.
        ("check --nope".to_owned(), 2, "failed", "usage"),
        ("chek".to_owned(), 2, "failed", "usage"),
        ("explain".to_owned(), 2, "failed", "usage"),
        ("list --nope".to_owned(), 2, "failed", "usage"),
        ("check --timeout 0".to_owned(), 2, "failed", "usage"),
        ("check --timeout soon".to_owned(), 2, "failed", "usage"),
        (
            "check --only docker/runing".to_owned(),
            2,
            "failed",
            "usage",
        ),
        ("check --only [x".to_owned(), 2, "failed", "usage"),
        (
            "check --only net --skip net".to_owned(),
            2,
            "failed",
            "usage",
        ),
        ("check --save-facts -".to_owned(), 2, "failed", "usage"),
        ("explain nonsense".to_owned(), 2, "failed", "usage"),
        // Files that are not what they should be.
        ("check --facts missing".to_owned(), 2, "failed", "input"),
        ("check --facts .".to_owned(), 2, "failed", "input"),
        ("check --facts garbage".to_owned(), 2, "failed", "input"),
        ("check --facts no-version".to_owned(), 2, "failed", "input"),
        ("check --facts later".to_owned(), 2, "failed", "input"),
        ("check --facts empty".to_owned(), 2, "failed", "input"),
        ("check --save-facts .".to_owned(), 2, "failed", "input"),
        ("check --save-facts none/x".to_owned(), 2, "failed", "input"),
    ];
    for (line, exit, outcome, kind) in rows {
        let line = format!("{line} --json");
        let ran = run(&place, &line);
        assert_eq!(code(&ran), exit, "{line}: {}", err(&ran));
        let report = document(&ran, &line);
        let wrong: Vec<String> = validator
            .iter_errors(&report)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(wrong.is_empty(), "{line}: {wrong:#?}");
        assert_eq!(report["ok"], json!(exit == 0), "{line}");
        if !outcome.is_empty() {
            assert_eq!(report["outcome"], *outcome, "{line}");
        }
        if kind.is_empty() {
            assert_eq!(err(&ran), "", "{line}");
        } else {
            assert_eq!(report["error"]["type"], *kind, "{line}");
            assert!(err(&ran).starts_with("error: "), "{line}: {}", err(&ran));
            assert_eq!(report["findings"][0]["checkId"], "clawdoctor/self/run");
            assert!(!report["findings"][0]["message"].to_string().contains('\n'));
        }
    }
}

#[test]
fn a_mistake_is_told_in_the_form_that_was_asked_for() {
    let place = place();
    for (format, exit, begins) in [
        ("text", 2, ""),
        ("ndjson", 2, "{\"type\":\"version\""),
        ("junit", 2, "<?xml"),
        ("tap", 2, "TAP version 13\n"),
        // A monitor takes 2 for critical; a wrong line is 3, unknown.
        ("nagios", 3, "CLAWDOCTOR UNKNOWN"),
        ("prometheus", 2, "# HELP"),
        ("github-issue", 2, "### clawdoctor"),
    ] {
        for line in ["check --nope", "check --only nothing-like-it"] {
            let line = format!("{line} --format {format}");
            let ran = run(&place, &line);
            assert_eq!(code(&ran), exit, "{line}");
            assert!(out(&ran).starts_with(begins), "{line}: {}", out(&ran));
            assert_eq!(out(&ran).is_empty(), format == "text", "{line}");
            assert!(err(&ran).starts_with("error: "), "{line}");
        }
    }
    for line in ["list --format tap", "explain host/memory --format junit"] {
        let ran = run(&place, line);
        assert_eq!(code(&ran), 2, "{line}");
        assert!(err(&ran).contains("text and json"), "{line}: {}", err(&ran));
    }
}

#[test]
fn what_was_asked_for_is_on_standard_output_and_nothing_else_anywhere() {
    let place = place();
    for (line, has) in [
        ("--help", "Exit codes:"),
        ("--version", env!("CARGO_PKG_VERSION")),
        ("check --help", "--facts <FILE>"),
        ("list", "docker/running"),
        ("list --json", "\"checkId\":\"clawdoctor/host/memory\""),
        ("explain docker/running", "How to mend it"),
        ("explain Cannot connect to the Docker daemon", "Check it"),
        ("explain host/memory --json", "\"thresholds\""),
        ("schema", "clawdoctor report"),
        ("completions bash", "_clawdoctor"),
        ("man", ".TH clawdoctor"),
    ] {
        let ran = run(&place, line);
        assert_eq!(code(&ran), 0, "{line}: {}", err(&ran));
        assert!(out(&ran).contains(has), "{line}: {}", out(&ran));
        assert_eq!(err(&ran), "", "{line}");
    }
    let ran = run(&place, "explain the moon is made of cheese");
    assert_eq!(code(&ran), 1);
}

#[test]
fn text_fits_eighty_columns_and_holds_no_control_character() {
    let place = place();
    let healthy = recorded(&place, "healthy-m4.toml");
    let hung = recorded(&place, "engine-hung.toml");
    for line in [
        "check --offline".to_owned(),
        "check --offline --ascii".to_owned(),
        "check --offline -q".to_owned(),
        format!("check --facts {} -v", healthy.display()),
        format!("check --facts {} -v", hung.display()),
        "list".to_owned(),
        "--help".to_owned(),
    ] {
        let ran = run(&place, &line);
        let text = out(&ran);
        for row in text.lines() {
            let plain = row.chars().all(|c| !c.is_control());
            assert!(plain, "{line}: {row:?}");
            // A path or a container's name is never broken, so that it can be copied.
            let is_name = |word: &str| word.contains('/') || word.starts_with("openclaw-sbx-");
            let mut words = row.split_whitespace();
            let has_name = words.any(|word| is_name(word) && word.len() > 30);
            assert!(row.chars().count() <= 80 || has_name, "{line}: {row}");
        }
        if line.contains("--ascii") {
            assert!(text.is_ascii(), "{text}");
        }
    }
}

#[test]
fn foreign_words_cannot_move_the_cursor_of_an_error() {
    let place = place();
    let bad = "\u{1b}[31mred";
    place.file("clawdoctor/waivers.toml", "\"\\u001b[31mred\" = 1\n");
    let lines: [&[&str]; 4] = [
        &["check", "--facts", bad],
        &["check", "--only", bad],
        &["explain", bad],
        &["list"],
    ];
    for line in lines {
        let args: Vec<String> = line.iter().map(|word| (*word).to_owned()).collect();
        let ran = place.run(None, &args, BOUND);
        assert_eq!(code(&ran), 2, "{line:?}");
        assert!(err(&ran).contains("\\u{1b}[31m"), "{line:?}: {}", err(&ran));
        assert!(!err(&ran).contains('\u{1b}'), "{line:?}");
    }
}

#[test]
fn colour_is_off_in_a_pipe_and_on_when_it_is_forced() {
    let mut place = place();
    assert!(!out(&run(&place, "check --offline")).contains('\u{1b}'));
    assert!(out(&run(&place, "check --offline --color always")).contains('\u{1b}'));
    place
        .env
        .insert("CLICOLOR_FORCE".to_owned(), "1".to_owned());
    assert!(out(&run(&place, "check --offline")).contains('\u{1b}'));
    place.env.insert("NO_COLOR".to_owned(), "1".to_owned());
    assert!(!out(&run(&place, "check --offline")).contains('\u{1b}'));
}

#[test]
fn two_recorded_nodes_are_told_as_ever() {
    let place = place();
    for name in ["healthy-m4", "engine-hung"] {
        let file = recorded(&place, &format!("{name}.toml"));
        let ran = run(&place, &format!("check --facts {}", file.display()));
        assert_eq!(err(&ran), "");
        let mut settings = insta::Settings::clone_current();
        settings.add_filter(r"clawdoctor \d+\.\d+\.\d+", "clawdoctor [version]");
        settings.add_filter(r"(passed|skipped) in \d+(\.\d+)? m?s\b", "$1 in [time]");
        settings.set_snapshot_path("../screens");
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!(format!("cli_{name}"), out(&ran)));
    }
}

#[test]
fn saved_facts_give_the_same_verdicts_again() {
    let place = place();
    place.file("before.json", "somebody's");
    let first = run(&place, "check --offline --json --save-facts before.json");
    let first = document(&first, "live");
    let saved = place.home().join("before.json");
    let mode = std::fs::metadata(&saved)
        .expect("saved")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600, "facts are nobody else's");
    let text = std::fs::read_to_string(&saved).expect("saved");
    assert!(
        !text.contains(&place.home().display().to_string()),
        "{text}"
    );

    let again = run(
        &place,
        "check --json --facts before.json --save-facts copy.json",
    );
    let again = document(&again, "recorded");
    assert_eq!(verdicts(&first), verdicts(&again));
    assert_eq!(first["findings"], again["findings"]);
    let copy = std::fs::read_to_string(place.home().join("copy.json")).expect("saved");
    assert_eq!(text, copy);

    let mut command = place.command(
        None,
        &["check", "--json", "--facts", "-"].map(str::to_owned),
    );
    command.stdin(std::fs::File::open(&saved).expect("saved"));
    let output = command.output().expect("runs");
    let piped: Value = serde_json::from_slice(&output.stdout).expect("a report");
    assert_eq!(verdicts(&first), verdicts(&piped));
}

#[test]
fn severity_decides_the_exit_code() {
    let place = place();
    own_check(&place, "a", "[judge.file]\npath = \"/no/such/file\"");
    for (more, exit) in [
        ("", 0),
        ("--strict", 1),
        ("--fail-on warning", 1),
        ("--fail-on error", 0),
        ("--strict --fail-on error", 0),
    ] {
        let ran = run(&place, &format!("check --only custom {more}"));
        assert_eq!(code(&ran), exit, "{more}");
    }
}

#[test]
fn without_a_home_folder_of_its_own_nothing_is_written_where_one_stands() {
    let mut place = place();
    place.env.remove("CLAWDOCTOR_STATE_DIR");
    place.env.insert(
        "XDG_STATE_HOME".to_owned(),
        place.root().join("xdg").display().to_string(),
    );
    place.env.insert("HOME".to_owned(), "relative".to_owned());
    let ran = run(&place, "check --only host --json");
    assert_eq!(document(&ran, "relative")["report"], "clawdoctor.report");
    assert!(!place.home().join("relative").exists());
}

#[test]
fn a_broken_docker_config_is_told_once_and_leaves_the_default_engine() {
    let mut place = place();
    place.env.remove("DOCKER_HOST");
    place.file(".docker/config.json", "{\"auths\": {");
    let ran = run(&place, "check --offline --json --only docker");
    let report = document(&ran, "broken");
    let told = finding(&report, "docker/credentials").expect("a broken file");
    assert!(
        told["message"].to_string().contains("config.json:1:"),
        "{told}"
    );
    assert!(finding(&report, "docker/endpoint").is_none());

    place
        .env
        .insert("DOCKER_CONTEXT".to_owned(), "nosuch".to_owned());
    let ran = run(&place, "check --offline --json --only docker/running");
    assert_eq!(code(&ran), 1, "the failure that it waits for is told");
    let told = finding(&document(&ran, "context"), "docker/endpoint").expect("no such context");
    assert!(told["message"].to_string().contains("nosuch"), "{told}");
}

#[test]
fn an_engine_that_was_given_no_time_is_not_accused_of_hanging() {
    let mut place = place();
    let socket = place.root().join("mute.sock");
    let listener = std::os::unix::net::UnixListener::bind(&socket).expect("a socket");
    let url = format!("unix://{}", socket.display());
    place.env.insert("DOCKER_HOST".to_owned(), url);
    let line = "check --only docker/running --offline --json --timeout";
    let ran = run(&place, &format!("{line} 200ms"));
    assert_eq!(code(&ran), 2, "{}", out(&ran));
    assert_eq!(document(&ran, "short")["outcome"], "incomplete");
    let ran = run(&place, &format!("{line} 2s"));
    assert_eq!(code(&ran), 1);
    let told = finding(&document(&ran, "long"), "docker/running").expect("it hangs");
    assert_eq!(told["errorCode"], "engine-hung");
    assert!(ran.took < Duration::from_secs(10));
    drop(listener);
}

/// An engine that cannot be seen is what an incident is often about: the evidence is taken all the same.
#[test]
fn evidence_is_taken_without_a_terminal_and_is_valid() {
    let place = place();
    let schema: Value =
        serde_json::from_str(&out(&run(&place, "schema evidence"))).expect("a schema");
    let validator = jsonschema::draft202012::new(&schema).expect("a schema");
    let printed = run(&place, "watch --once --evidence -");
    assert_eq!(code(&printed), 2, "{}", err(&printed));
    let document = document(&printed, "watch --once --evidence -");
    assert!(validator.is_valid(&document), "{document:#}");
    assert_eq!(document["engine"], json!("lost"));

    let folder = place.root().join("kept here");
    let args = ["watch", "--once", "--json", "--evidence"].map(str::to_owned);
    let args: Vec<String> = args
        .into_iter()
        .chain([folder.display().to_string()])
        .collect();
    let kept = place.run(None, &args, BOUND);
    assert_eq!(code(&kept), 2, "{}", err(&kept));
    let look = self::document(&kept, "watch --once --json");
    assert_eq!(look["report"], json!("clawdoctor.watch"));
    let said = err(&kept);
    let mut paths: Vec<PathBuf> = said
        .lines()
        .filter_map(|line| line.strip_prefix("evidence: "))
        .map(PathBuf::from)
        .collect();
    paths.sort();
    let [json, text] = &paths[..] else {
        panic!("{said}")
    };
    let mode = |path: &PathBuf| {
        std::fs::metadata(path)
            .expect("it was named")
            .permissions()
            .mode()
    };
    assert_eq!((mode(json) & 0o777, mode(&folder) & 0o777), (0o600, 0o700));
    let written = std::fs::read_to_string(json).expect("a file");
    let written: Value = serde_json::from_str(&written).expect("JSON");
    assert!(validator.is_valid(&written), "{written:#}");
    let text = std::fs::read_to_string(text).expect("a file");
    assert!(text.starts_with("clawdoctor evidence, "), "{text}");

    // Of a recorded incident, with all that there is to tell.
    let recorded = run(&place, "watch --demo --once --evidence -");
    assert_eq!(code(&recorded), 0, "{}", err(&recorded));
    let recorded = self::document(&recorded, "watch --demo --once --evidence -");
    let errors: Vec<String> = validator
        .iter_errors(&recorded)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
    for list in ["sandboxes", "gone", "timeline", "pastCalls", "alerts"] {
        let is_empty = recorded[list].as_array().is_none_or(Vec::is_empty);
        assert!(!is_empty, "{list}");
    }

    place.file("a-file", "x");
    let refused = run(&place, "watch --once --evidence a-file");
    assert_eq!(code(&refused), 2);
    assert!(
        err(&refused).contains("the evidence cannot be kept"),
        "{}",
        err(&refused)
    );
    let alone = run(&place, "watch --evidence -");
    assert_eq!(code(&alone), 2);
    assert!(err(&alone).contains("--once"), "{}", err(&alone));
}
