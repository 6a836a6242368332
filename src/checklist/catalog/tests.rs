//! The strict reading of check files: what is refused, where, and with which word.

use super::*;

const CUSTOM: &str = "title = \"A\"\nstep = 0\nseverity = \"warning\"\ntimeout = \"1 s\"\nwhy = \"w\"\nremedy = \"r\"\n[judge.port]\nport = 80\n";

fn id(text: &str) -> CheckId {
    text.parse().expect("an id")
}

#[test]
fn every_judge_has_its_file_and_every_file_its_judge() {
    let catalog = Catalog::built_in().expect("our own files are right");
    let mut files: Vec<String> = catalog
        .checks()
        .iter()
        .map(|c| c.spec.judge.key())
        .collect();
    let mut judges: Vec<String> = Judge::KEYS
        .iter()
        .map(|variant| kebab(variant))
        .filter(|key| !["command", "file", "port", "http"].contains(&key.as_str()))
        .collect();
    files.sort();
    judges.sort();
    assert_eq!(files, judges);
}

#[test]
fn an_unknown_key_is_refused_with_its_place_and_the_nearest_word() {
    let text = CUSTOM.replace("severity", "severty");
    let failure = parse(id("custom/a"), "a.toml", &text).expect_err("a bad key");
    assert!(
        failure
            .message
            .starts_with("a.toml:3:1: unknown field `severty`"),
        "{}",
        failure.message
    );
    assert_eq!(failure.hints, ["did you mean `severity`?"]);
}

#[test]
fn an_unknown_judge_is_refused_with_the_nearest_one() {
    let text = CUSTOM.replace("judge.port", "judge.prot");
    let failure = parse(id("custom/a"), "a.toml", &text).expect_err("a bad judge");
    assert!(failure.message.contains("a.toml:7:"), "{}", failure.message);
    assert_eq!(failure.hints, ["did you mean `port`?"]);
}

#[test]
fn a_bad_unit_and_a_bad_step_are_refused_where_they_stand() {
    for (good, bad, place) in [
        ("\"1 s\"", "\"1 sec\"", "a.toml:4:11"),
        ("step = 0", "step = 7", "a.toml:2:8"),
        ("port = 80", "port = \"80\"", "a.toml:8:8"),
    ] {
        let failure = parse(id("custom/a"), "a.toml", &CUSTOM.replace(good, bad)).expect_err(bad);
        assert!(failure.message.starts_with(place), "{}", failure.message);
    }
}

#[test]
fn an_override_replaces_whole_tables_and_leaves_the_rest() {
    let catalog = Catalog::built_in().expect("our own files are right");
    let ours = catalog.find(&id("host/memory")).expect("a core check");
    let theirs = overridden(ours, "x.toml", "[judge.host-memory]\nminimum = \"8 GiB\"\n")
        .expect("a good override");
    assert_eq!(theirs.spec.title, ours.spec.title);
    assert_ne!(theirs.spec.judge, ours.spec.judge);
    assert!(
        overridden(ours, "x.toml", "[judge.host-memory]\n").is_err(),
        "half a table"
    );
}

#[test]
fn a_question_of_two_checks_is_asked_once_for_the_longer_time() {
    let with = |name: &str, time: &str| {
        parse(id(name), "x.toml", &CUSTOM.replace("\"1 s\"", time)).expect("parses")
    };
    let all = vec![with("custom/a", "\"1 s\""), with("custom/b", "\"3 s\"")];
    let catalog = Catalog::assemble(all).expect("two checks");
    let ids = BTreeSet::from([id("custom/a"), id("custom/b")]);
    let asked = catalog.questions(&ids);
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].1, Duration::from_secs(3));
}

#[test]
fn a_foreign_judge_under_a_core_id_is_refused() {
    let check = parse(id("docker/running"), "x.toml", CUSTOM).expect("parses");
    let failure = own_judge(&check).expect_err("a custom judge under a core id");
    assert_eq!(failure.hints, ["write [judge.docker-running]"]);
}

#[test]
fn needs_that_do_not_exist_or_go_in_a_circle_are_refused() {
    let with = |name: &str, needs: &str| {
        parse(id(name), "x.toml", &format!("needs = {needs}\n{CUSTOM}")).expect("parses")
    };
    let failure = Catalog::assemble(vec![with("custom/a", "[\"custom/b\"]")]).expect_err("no b");
    assert!(failure.message.contains("custom/b"), "{}", failure.message);
    let circle = vec![
        with("custom/a", "[\"custom/b\"]"),
        with("custom/b", "[\"custom/a\"]"),
    ];
    let failure = Catalog::assemble(circle).expect_err("a circle");
    assert!(
        failure.message.contains("custom/a, custom/b"),
        "{}",
        failure.message
    );
}
