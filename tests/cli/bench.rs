//! `clawdoctor bench` where nothing can be measured: it says why, and keeps nothing.

use super::{code, document, err, out, place, run};

#[test]
fn without_an_engine_or_with_a_wrong_word_nothing_is_measured() {
    let place = place();
    for (line, says) in [
        ("bench", "no-engine.sock cannot be reached: ENOENT"),
        ("bench --runs 0", "0 is not in 1..=1000"),
        ("bench --concurrency 65", "65 is not in 1..=64"),
        ("bench --passive", "measures by starting containers"),
        ("bench --demo", "bench, which starts containers"),
        ("bench --format ndjson", "text and json"),
        ("bench --rusn 3", "did you mean"),
    ] {
        let ran = run(&place, line);
        assert_eq!(code(&ran), 2, "{line}: {}", err(&ran));
        let told = format!("{}{}", err(&ran), out(&ran));
        let similar = told.contains("a similar argument exists");
        assert!(told.contains(says) || similar, "{line}: {told}");
        let line = format!("{line} --json");
        if !line.contains("--format") {
            assert_eq!(document(&run(&place, &line), &line)["outcome"], "failed");
        }
    }
    assert!(!place.home().join("state/bench.ndjson").exists());
    let schema = run(&place, "schema bench");
    assert!(
        out(&schema).contains("clawdoctor.bench"),
        "{}",
        out(&schema)
    );
}
