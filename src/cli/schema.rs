//! `clawdoctor schema`: the JSON Schemas (2020-12) of the documents, made from their types.

use serde_json::{Value, json};

use super::args::DocumentName;
use crate::checklist::report::{Report, SCHEMA_VERSION};
use crate::fix::outcome::FixReport;
use crate::report::bench::BenchReport;
use crate::report::drill::DrillReport;
use crate::report::headroom::HeadroomReport;
use crate::report::live::calls::CallsReport;
use crate::report::live::{Evidence, Snapshot};

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
        DocumentName::Drill => (
            schemars::schema_for!(DrillReport).to_value(),
            "clawdoctor drill",
            "What `clawdoctor drill --format json` prints. What is not known is left out. New keys \
             may appear at any time; schemaVersion changes only when an old reader would \
             misunderstand.",
        ),
        DocumentName::Calls => (
            schemars::schema_for!(CallsReport).to_value(),
            "clawdoctor calls",
            "What `clawdoctor calls --format json` prints. What is not known is left out. New keys \
             may appear at any time; schemaVersion changes only when an old reader would \
             misunderstand.",
        ),
        DocumentName::Evidence => (
            schemars::schema_for!(Evidence).to_value(),
            "clawdoctor evidence",
            "What `clawdoctor watch --once --evidence` keeps, and `E` on the dashboard: the document \
             of `watch --once` with what happened, the calls that have ended, and the alerts. What is \
             not known is left out. New keys and new types of happenings may appear at any time; \
             schemaVersion changes only when an old reader would misunderstand.",
        ),
        DocumentName::Bench => (
            schemars::schema_for!(BenchReport).to_value(),
            "clawdoctor bench",
            "What `clawdoctor bench --format json` prints, cut short or not. Seconds and bytes. New \
             keys may appear at any time; schemaVersion changes only when an old reader would \
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
        DocumentName::Drill => "clawdoctor.drill",
        DocumentName::Calls => "clawdoctor.calls",
        DocumentName::Evidence => "clawdoctor.evidence",
        DocumentName::Bench => "clawdoctor.bench",
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

    #[test]
    fn drills_that_went_well_and_badly_are_valid() {
        let validator =
            jsonschema::draft202012::new(&schema(DocumentName::Drill)).expect("a schema");
        for report in crate::report::drill::tests::samples() {
            let document = serde_json::to_value(&report).expect("plain data");
            assert!(validator.is_valid(&document), "{document:#}");
            let mut bad = document.clone();
            bad["steps"][0]["harmless"] = json!("perhaps");
            assert!(!validator.is_valid(&bad));
        }
    }

    /// Events as a recording has them: an incident with a death in a gap.
    const INCIDENT: &str = r#"
{"at":1795000000000000000,"link":{"state":"up"}}
{"at":1795000000010000000,"listed":{"asked":1795000000005000000,"containers":[
  {"id":"a","name":"openclaw-sbx-a","image":"openclaw-sandbox:bookworm-slim","state":"running",
   "created":1794999000000000000,"labels":{"openclaw.sandbox":"1","openclaw.sessionKey":"agent:main:chat"}},
  {"id":"b","name":"openclaw-sbx-b","state":"running","labels":{"openclaw.sandbox":"1"}}]}}
{"at":1795000001000000000,"happened":{"id":"a","stamp":1795000001000000000,"turn":{"callStarted":{"exec":"x","command":"tail /dev/zero"}}}}
{"at":1795000002000000000,"happened":{"id":"a","stamp":1795000002000000000,"turn":"oom"}}
{"at":1795000002100000000,"happened":{"id":"a","stamp":1795000002100000000,"turn":{"callEnded":{"exec":"x","exitCode":137}}}}
{"at":1795000003000000000,"answered":{"question":"list","milliseconds":3000,"waits":true}}
{"at":1795000004000000000,"answered":{"question":"list","milliseconds":20}}
{"at":1795000005000000000,"answered":{"question":"list","milliseconds":20}}
{"at":1795000006000000000,"link":{"state":"lost","why":"the engine ended the connection"}}
{"at":1795000010000000000,"link":{"state":"up"}}
{"at":1795000010200000000,"listed":{"asked":1795000010100000000,"containers":[
  {"id":"a","name":"openclaw-sbx-a","state":"exited","labels":{"openclaw.sandbox":"1"}}]}}
{"at":1795000010300000000,"detailed":{"asked":1795000010250000000,"standing":{"id":"a","name":"openclaw-sbx-a","state":"exited"},
  "labels":{"openclaw.sandbox":"1"},"started":1794999000000000000,"finished":1795000008000000000,"exitCode":255}}
{"at":1795000011000000000,"happened":{"id":"a","stamp":1795000011000000000,"turn":"destroyed"}}
"#;

    fn incident() -> crate::live::model::Model {
        use crate::live::event::{Event, Stamped};
        use crate::live::model::Model;
        use crate::live::scope::Scope;

        let catalog = crate::checklist::catalog::Catalog::built_in().expect("our own files");
        let rules = catalog
            .checks()
            .iter()
            .find_map(|check| match &check.spec.judge {
                crate::checklist::judge::Judge::SandboxHeadroom(rules) => Some(rules.clone()),
                _ => None,
            });
        let mut model = Model::new(Scope::default(), rules.expect("it is shipped"));
        let lines = serde_json::Deserializer::from_str(INCIDENT);
        for event in lines.into_iter::<Stamped<Event>>() {
            model.apply(event.expect("as a recording has it"));
        }
        model
    }

    #[test]
    fn the_evidence_of_an_incident_is_valid_and_holds_it() {
        let now = crate::live::event::Moment(1_795_000_012_000_000_000);
        let document = crate::report::live::evidence(&incident(), now);
        let validator =
            jsonschema::draft202012::new(&schema(DocumentName::Evidence)).expect("a schema");
        let errors: Vec<String> = validator
            .iter_errors(&document)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{errors:#?}\n{document:#}");
        let types: Vec<&str> = document["timeline"]
            .as_array()
            .expect("what happened")
            .iter()
            .map(|line| line["type"].as_str().expect("a type"))
            .collect();
        let expected = [
            "engine",
            "callStarted",
            "oom",
            "alert",
            "callEnded",
            "engineStall",
            "alert",
            "engineStallOver",
            "engine",
            "alert",
            "engine",
            "vanished",
            "died",
            "destroyed",
        ];
        assert_eq!(types, expected);
        assert_eq!(document["gone"].as_array().map(Vec::len), Some(2));
        assert_eq!(document["pastCalls"][0]["oom"], json!(true));
        assert_eq!(document["alerts"][0]["cause"], json!("oom"));
        for pointer in ["/timeline", "/pastCalls", "/alerts", "/sandboxes", "/gone"] {
            let mut bad = document.clone();
            *bad.pointer_mut(pointer).expect(pointer) = json!("none");
            assert!(!validator.is_valid(&bad), "{pointer}");
        }
        for (pointer, value) in [
            ("/report", json!("clawdoctor.watch")),
            ("/timeline/0/at", json!(7)),
            ("/alerts/0/times", json!("often")),
        ] {
            let mut bad = document.clone();
            *bad.pointer_mut(pointer).expect(pointer) = value;
            assert!(!validator.is_valid(&bad), "{pointer}");
        }
    }
}
