//! Keys and columns of the settings: what is refused, how, and what `clawdoctor keys` tells.

use serde_json::Value;

use super::{code, document, err, out, place, run};

const FILE: &str = "clawdoctor/clawdoctor.toml";

#[test]
fn keys_and_columns_with_mistakes_stop_every_run_and_all_of_them_are_told() {
    let place = place();
    let text = "[app.keys]\nrechek = \"F5\"\nfix = \"r\"\nundo = \"contrl-u\"\n\n\
                [watch]\ncolumns = [\"agent\", \"memry\"]\n";
    let path = place.file(FILE, text);
    let path = path.display();
    for line in [
        "check --only host",
        "keys",
        "watch",
        "watch --once",
        "plan",
        "fix",
    ] {
        let ran = run(&place, line);
        assert_eq!(code(&ran), 2, "{line}");
        assert_eq!(out(&ran), "", "{line}");
        let said = err(&ran);
        let lines: Vec<&str> = said.lines().collect();
        assert_eq!(lines.len(), 5, "{line}: {said}");
        for (line, begins) in lines.iter().zip([
            format!("error: {path}:2:1: app.keys: no command is called `rechek`; did you mean `recheck`?"),
            format!("error: {path}:3:7: app.keys: `r` would mean both `fix` and `recheck` in the list of checks"),
            format!("error: {path}:4:8: app.keys.undo: `contrl-u` is no key; keys are written "),
            format!("error: {path}:7:21: watch.columns: no column is called `memry`; did you mean `memory`?"),
            " hint: `clawdoctor keys --defaults` lists all commands and their keys".to_owned(),
        ]) {
            assert!(line.starts_with(&begins), "{line}\n{begins}");
        }
    }
    let report = document(&run(&place, "check --only host --json"), "check");
    assert_eq!(report["outcome"], "failed");
    let message = report["error"]["message"].as_str().expect("a message");
    for part in ["`rechek`", "`r` would mean", "`contrl-u`", "`memry`"] {
        assert!(message.contains(part), "{message}");
    }
    // What is told to whoever wrote a wrong word reads no settings.
    let ran = run(&place, "keys --defaults");
    assert_eq!((code(&ran), err(&ran)), (0, String::new()));
    assert!(out(&ran).contains("  recheck "), "{}", out(&ran));
}

#[test]
fn a_key_of_another_kind_is_refused_at_its_place() {
    let place = place();
    place.file(FILE, "[app.keys]\nfix = 3\n");
    let ran = run(&place, "check --only host");
    assert_eq!(code(&ran), 2);
    let said = err(&ran);
    let wanted = "clawdoctor.toml:2:7: invalid type: integer `3`, expected a key like \"ctrl-r\"";
    assert!(said.contains(wanted), "{said}");
}

#[test]
fn the_keys_in_force_are_told_with_where_they_come_from() {
    let place = place();
    let keys = |line: &str| {
        let told = document(&run(&place, line), line);
        assert_eq!(told["report"], "clawdoctor.keys");
        told["keys"].as_array().expect("keys").clone()
    };
    let of = |keys: &[Value], command: &str, section: &str| {
        let one = keys
            .iter()
            .find(|one| one["command"] == command && one["section"] == section);
        let one = one.unwrap_or_else(|| panic!("{command} of {section}"));
        format!("{} {}", one["keys"], one["from"])
    };
    let before = keys("keys --json");
    assert_eq!(of(&before, "recheck", "checklist"), "[\"r\"] \"default\"");
    place.file(
        FILE,
        "[app.keys]\nrecheck = [\"F5\", \"ctrl-r\"]\nfix-safe = []\n[app.keys.log]\nsave = \"ctrl-s\"\n",
    );
    let after = keys("keys --json");
    assert_eq!(after.len(), before.len());
    for (command, section, told) in [
        ("recheck", "checklist", "[\"F5\",\"ctrl-r\"] \"settings\""),
        ("recheck", "isolation", "[\"F5\",\"ctrl-r\"] \"settings\""),
        ("fix-safe", "checklist", "[] \"settings\""),
        ("save", "log", "[\"ctrl-s\"] \"settings\""),
        ("fix", "checklist", "[\"f\"] \"default\""),
    ] {
        assert_eq!(of(&after, command, section), told, "{command}");
    }
    assert_eq!(keys("keys --json --defaults"), before);
    let text = out(&run(&place, "keys"));
    let has = |words: &[&str]| {
        let mut lines = text
            .lines()
            .map(|line| line.split_whitespace().collect::<Vec<_>>());
        lines.any(|line| line.starts_with(words))
    };
    assert!(has(&["F5", "ctrl-r", "recheck", "(yours)"]), "{text}");
    assert!(has(&["-", "fix-safe", "(yours)"]), "{text}");
    assert!(has(&["f", "fix", "mend"]), "{text}");
    assert_eq!(code(&run(&place, "keys --format junit")), 2);
}

#[test]
fn columns_on_the_line_are_checked_as_those_of_the_settings() {
    let place = place();
    for (line, says) in [
        (
            "watch --columns agent,memry",
            "no column is called `memry`; did you mean `memory`?",
        ),
        ("watch --columns cpu,cpu", "the column `cpu` is named twice"),
        (
            "watch --sort -cpuu",
            "no column is called `cpuu`; did you mean `cpu`?",
        ),
        (
            "watch --once --json --columns name",
            "--columns arranges a table for people: JSON has every column",
        ),
        ("watch --demo --once --json --group", "--group arranges"),
        ("replay --format ndjson --sort cpu x", "--sort arranges"),
    ] {
        let ran = run(&place, line);
        assert_eq!(code(&ran), 2, "{line}");
        assert!(err(&ran).contains(says), "{line}: {}", err(&ran));
    }
}

#[test]
fn one_look_has_the_columns_that_are_chosen() {
    let place = place();
    let head = |line: &str| {
        let ran = run(&place, line);
        assert_eq!(code(&ran), 0, "{line}: {}", err(&ran));
        let first = out(&ran).lines().next().map(str::to_owned);
        let first = first.expect("a table");
        first
            .split_whitespace()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        head("watch --demo --once --columns name,calls,memory,marks"),
        [
            "AGENT", "NAME", "RUNNING", "MADE", "FAILED", "MEMORY", "MARKS"
        ]
    );
    assert_eq!(head("watch --demo --once")[..2], ["OWNER", "NAME"]);
}

#[test]
fn one_look_is_sorted_as_the_dashboard_would_be() {
    let place = place();
    let incident = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/demo/incident.ndjson");
    let agents = |line: &str| {
        let ran = run(&place, line);
        assert_eq!(code(&ran), 0, "{line}: {}", err(&ran));
        let text = out(&ran);
        let rows = text.lines().skip(1).take_while(|row| !row.is_empty());
        rows.map(|row| row.split_whitespace().next().expect("an agent").to_owned())
            .collect::<Vec<_>>()
    };
    let names = agents("watch --demo --once");
    assert!(names.is_sorted(), "{names:?}");
    let most = agents("watch --demo --once --sort memory");
    assert_eq!(most[0], "coder/telegram");
    assert_ne!(most, names);
    let mut least = agents("watch --demo --once --sort +memory");
    assert_eq!(least.last().map(String::as_str), Some("coder/telegram"));
    least.sort();
    assert_eq!(least, names, "all of them");
    let together = agents("watch --demo --once --sort memory --group");
    let owners = together.iter().map(|name| name.split('/').next());
    assert!(owners.is_sorted(), "{together:?}");
    assert_eq!(
        together[..3],
        most.iter()
            .filter(|one| one.starts_with("coder/"))
            .cloned()
            .collect::<Vec<_>>()
    );
    let replayed = agents(&format!("replay --once --sort memory {incident}"));
    assert_eq!(replayed, most);
    place.file(FILE, "[watch]\nsort = \"memory\"\n");
    assert_eq!(agents(&format!("replay --once {incident}")), most);
}
