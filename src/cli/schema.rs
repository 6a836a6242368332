//! `clawdoctor schema`: the JSON Schemas (2020-12) of the documents, made from their types.

use serde_json::{Value, json};

use super::args::DocumentName;
use crate::checklist::report::{Report, SCHEMA_VERSION};
use crate::fix::outcome::FixReport;
use crate::report::headroom::HeadroomReport;
use crate::report::live::Snapshot;
use crate::report::live::calls::CallsReport;

/// The schema of a document. Keys that it does not name may appear at any time, so it forbids none.
pub fn schema(document: DocumentName) -> Value {
    let (mut schema, title, what) = match document {
        DocumentName::Report => (
            schemars::schema_for!(Report).to_value(),
            "clawdoctor report",
            "What `clawdoctor check --format json` prints, in every outcome. A superset of the \
             finding contract of `openclaw doctor --lint --json`. New keys may appear at any \
             time; schemaVersion changes only when an old reader would misunderstand.",
        ),
        DocumentName::Fix => (
            schemars::schema_for!(FixReport).to_value(),
            "clawdoctor fix",
            "What `clawdoctor fix --format json` and `plan --format json` print. Its findings are \
             what remains, so that a reader of reports reads it. A run that could not be made \
             prints the report instead. New keys may appear at any time; schemaVersion changes \
             only when an old reader would misunderstand.",
        ),
        DocumentName::Watch => (
            schemars::schema_for!(Snapshot).to_value(),
            "clawdoctor watch",
            "What `clawdoctor watch --once --format json` prints. What is not known is left out. \
             New keys may appear at any time; schemaVersion changes only when an old reader would \
             misunderstand.",
        ),
        DocumentName::Headroom => (
            schemars::schema_for!(HeadroomReport).to_value(),
            "clawdoctor headroom",
            "What `clawdoctor headroom --format json` prints. New keys may appear at any time; \
             schemaVersion changes only when an old reader would misunderstand.",
        ),
        DocumentName::Calls => (
            schemars::schema_for!(CallsReport).to_value(),
            "clawdoctor calls",
            "What `clawdoctor calls --format json` prints. What is not known is left out. New keys \
             may appear at any time; schemaVersion changes only when an old reader would \
             misunderstand.",
        ),
    };
    if let Value::Object(map) = &mut schema {
        map.insert("title".to_owned(), json!(title));
        map.insert("description".to_owned(), json!(what));
    }
    let report = match document {
        DocumentName::Report => "clawdoctor.report",
        DocumentName::Fix => "clawdoctor.fix",
        DocumentName::Watch => "clawdoctor.watch",
        DocumentName::Headroom => "clawdoctor.headroom",
        DocumentName::Calls => "clawdoctor.calls",
    };
    for (key, value) in [
        ("schemaVersion", json!(SCHEMA_VERSION)),
        ("report", json!(report)),
    ] {
        if let Some(Value::Object(property)) = schema.pointer_mut(&format!("/properties/{key}")) {
            property.insert("const".to_owned(), value);
        }
    }
    schema
}

/// As it is printed.
pub fn text(document: DocumentName) -> String {
    format!("{:#}\n", schema(document))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn reports_of_every_outcome_are_valid() {
        let schema = schema(DocumentName::Report);
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
    fn what_became_of_repairs_is_valid_and_is_read_as_a_report_is() {
        use crate::checklist::check::Risk;
        use crate::fix::outcome::{RepairReport, RepairStatus};
        use crate::fix::trial;

        let validator = jsonschema::draft202012::new(&schema(DocumentName::Fix)).expect("a schema");
        let told = RepairReport::of(&trial::repair("a/b", Risk::Data), RepairStatus::RolledBack);
        let mut fix = FixReport::new(sample::engine_down(), vec![told.because("no")], &[]);
        fix.conclude();
        let document = serde_json::to_value(&fix).expect("plain data");
        assert!(validator.is_valid(&document), "{document:#}");
        // The five keys that a reader of `openclaw doctor --lint --json` knows.
        for key in [
            "schemaVersion",
            "ok",
            "checksRun",
            "checksSkipped",
            "findings",
        ] {
            assert!(document.get(key).is_some(), "{key}");
        }
        assert!(document.get("rc").is_none());
        let mut bad = document.clone();
        bad["repairs"][0]["status"] = json!("mended");
        assert!(!validator.is_valid(&bad));
    }

    #[test]
    fn a_document_without_a_key_of_the_contract_is_not_valid() {
        let validator =
            jsonschema::draft202012::new(&schema(DocumentName::Report)).expect("a schema");
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
        let validator =
            jsonschema::draft202012::new(&schema(DocumentName::Report)).expect("a schema");
        let mut document = serde_json::to_value(sample::clean()).expect("plain data");
        document["later"] = json!(true);
        document["checks"][0]["later"] = json!(true);
        assert!(validator.is_valid(&document));
    }
}
