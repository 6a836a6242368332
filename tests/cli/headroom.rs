//! `clawdoctor headroom` on recorded nodes, and on a node whose engine does not answer.

use serde_json::Value;

use super::{code, document, err, out, place, recorded, run};

#[test]
fn each_recorded_node_comes_out_with_its_number_and_a_valid_document() {
    let place = place();
    let schema = run(&place, "schema headroom");
    let schema: Value = serde_json::from_str(&out(&schema)).expect("a schema");
    let validator = jsonschema::draft202012::new(&schema).expect("a schema");
    for (name, room, limit) in [
        ("healthy-m4.toml", 6, "memory"),
        ("forty-idle-sandboxes.toml", 5, "memory"),
        ("mac-8gib.toml", 0, "memory"),
        ("orbstack.toml", 6, "memory"),
        ("colima.toml", 4, "cpu"),
    ] {
        let facts = recorded(&place, name);
        let line = format!("headroom --json --facts {}", facts.display());
        let ran = run(&place, &line);
        let told = document(&ran, &line);
        let errors: Vec<String> = validator
            .iter_errors(&told)
            .map(|e| e.to_string())
            .collect();
        assert!(errors.is_empty(), "{name}: {errors:?}");
        assert_eq!(
            (told["headroom"].as_u64(), told["limit"].as_str()),
            (Some(room), Some(limit)),
            "{name}: {told:#}"
        );
        assert_eq!(code(&ran), i32::from(room == 0), "{name}");
    }
}

#[test]
fn the_exit_code_says_whether_as_many_fit_as_are_needed() {
    let place = place();
    let facts = recorded(&place, "healthy-m4.toml");
    let line = |need: u64| format!("headroom --need {need} --facts {}", facts.display());
    let ran = run(&place, &line(6));
    assert_eq!(code(&ran), 0, "{}", err(&ran));
    let text = out(&ran);
    for words in [
        "= for sandboxes",
        "6 more can be busy at the same time, limited by memory.",
        "One change would add",
        "give the engine's VM 9.5 GiB of memory instead of 7.8 GiB",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(
        text.lines().all(|line| line.chars().count() <= 80),
        "{text}"
    );
    let ran = run(&place, &line(7));
    assert_eq!(code(&ran), 1, "{}", err(&ran));
    assert!(out(&ran).contains("7 were asked for."), "{}", out(&ran));
}

#[test]
fn what_cannot_be_known_is_no_number() {
    let place = place();
    let ran = run(&place, "headroom --need 0");
    assert_eq!((code(&ran), out(&ran).as_str()), (2, ""));
    assert!(err(&ran).contains("is not known"), "{}", err(&ran));
    let line = "headroom --json";
    let ran = run(&place, line);
    assert_eq!(code(&ran), 2);
    assert_eq!(document(&ran, line)["outcome"], "failed");
    for line in ["headroom --need some", "headroom --format tap"] {
        let ran = run(&place, line);
        assert_eq!(code(&ran), 2, "{line}");
        assert!(!err(&ran).is_empty(), "{line}");
    }
}

#[test]
fn it_fits_a_narrow_terminal() {
    let mut place = place();
    for columns in [40, 60, 80] {
        place.env.insert("COLUMNS".to_owned(), columns.to_string());
        let ran = run(&place, "headroom --demo");
        assert_eq!(code(&ran), 0, "{}", err(&ran));
        let text = out(&ran);
        let widest = text.lines().map(|line| line.chars().count()).max();
        assert!(widest <= Some(columns), "{columns}:\n{text}");
        let words: Vec<&str> = text.split_whitespace().collect();
        let words = words.join(" ");
        assert!(
            words.contains("by disk space at 256 MiB each (assumed) 60"),
            "{text}"
        );
    }
}
