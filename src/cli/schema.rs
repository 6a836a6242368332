//! `clawdoctor schema`: the JSON Schema (2020-12) of the report, made from its types.

use serde_json::{Value, json};

use crate::checklist::report::{Report, SCHEMA_VERSION};

/// The schema. Keys that it does not name may appear at any time, so it forbids none.
pub fn schema() -> Value {
    let mut schema = schemars::schema_for!(Report).to_value();
    if let Value::Object(map) = &mut schema {
        map.insert("title".to_owned(), json!("clawdoctor report"));
        map.insert(
            "description".to_owned(),
            json!(
                "What `clawdoctor check --format json` prints, in every outcome. A superset of the \
                 finding contract of `openclaw doctor --lint --json`. New keys may appear at any \
                 time; schemaVersion changes only when an old reader would misunderstand."
            ),
        );
    }
    for (key, value) in [
        ("schemaVersion", json!(SCHEMA_VERSION)),
        ("report", json!("clawdoctor.report")),
    ] {
        if let Some(Value::Object(property)) = schema.pointer_mut(&format!("/properties/{key}")) {
            property.insert("const".to_owned(), value);
        }
    }
    schema
}

/// As it is printed.
pub fn text() -> String {
    format!("{:#}\n", schema())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn reports_of_every_outcome_are_valid() {
        let schema = schema();
        assert_eq!(
            schema["$schema"],
            "https://json-schema.org/draft/2020-12/schema"
        );
        let validator = jsonschema::draft202012::new(&schema).expect("a schema");
        for (name, report) in sample::all() {
            let document = serde_json::to_value(&report).expect("plain data");
            let errors: Vec<String> = validator
                .iter_errors(&document)
                .map(|error| format!("{}: {error}", error.instance_path()))
                .collect();
            assert!(errors.is_empty(), "{name}: {errors:#?}");
        }
    }

    #[test]
    fn a_document_without_a_key_of_the_contract_is_not_valid() {
        let validator = jsonschema::draft202012::new(&schema()).expect("a schema");
        let good = serde_json::to_value(sample::engine_down()).expect("plain data");
        for key in [
            "schemaVersion",
            "ok",
            "checksRun",
            "findings",
            "outcome",
            "checks",
        ] {
            let mut bad = good.clone();
            bad.as_object_mut().expect("an object").remove(key);
            assert!(!validator.is_valid(&bad), "{key}");
        }
        for (pointer, value) in [
            ("/findings/0/severity", json!("critical")),
            ("/checks/0/status", json!("ok")),
            ("/schemaVersion", json!(2)),
            ("/outcome", json!("fine")),
        ] {
            let mut bad = good.clone();
            *bad.pointer_mut(pointer).expect(pointer) = value;
            assert!(!validator.is_valid(&bad), "{pointer}");
        }
    }

    #[test]
    fn keys_that_are_not_known_yet_are_allowed() {
        let validator = jsonschema::draft202012::new(&schema()).expect("a schema");
        let mut document = serde_json::to_value(sample::clean()).expect("plain data");
        document["later"] = json!(true);
        document["checks"][0]["later"] = json!(true);
        assert!(validator.is_valid(&document));
    }
}
