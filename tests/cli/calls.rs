//! `clawdoctor calls` where no engine answers.

use serde_json::Value;

use super::{code, document, err, out, place, run};

#[test]
fn an_engine_that_does_not_answer_is_told_and_is_no_empty_list() {
    let place = place();
    let ran = run(&place, "calls");
    assert_eq!(code(&ran), 2, "{}", err(&ran));
    let text = out(&ran);
    assert!(text.contains("No engine"), "{text}");
    assert!(text.contains("No call is known."), "{text}");
    let line = "calls --json";
    let ran = run(&place, line);
    assert_eq!(code(&ran), 2, "{}", err(&ran));
    let told = document(&ran, line);
    assert_eq!(told["engine"], "lost");
    assert!(told["engineLostBecause"].is_string(), "{told}");
    let schema = run(&place, "schema calls");
    let schema: Value = serde_json::from_str(&out(&schema)).expect("a schema");
    let validator = jsonschema::draft202012::new(&schema).expect("a schema");
    assert!(validator.is_valid(&told), "{told:#}");
}
