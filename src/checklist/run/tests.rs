//! From answers of custom checks to outcomes, findings and exit codes.

use super::*;
use crate::facts::Reading;
use crate::facts::custom::{Answer, Custom, Question};

#[expect(clippy::disallowed_methods, reason = "writes the files that it reads")]
fn catalog_of(files: &[(&str, &str)]) -> Catalog {
    let folder = tempfile::tempdir().expect("a folder");
    for (id, text) in files {
        let path = folder.path().join("checks").join(format!("{id}.toml"));
        std::fs::create_dir_all(path.parent().expect("an area")).expect("made");
        let severity = if text.contains("severity") {
            ""
        } else {
            "severity = \"error\"\n"
        };
        let head = "title = \"T\"\nstep = 0\ntimeout = \"1 s\"\nwhy = \"w\"\nremedy = \"r\"\n";
        std::fs::write(path, format!("{head}{severity}{text}")).expect("written");
    }
    Catalog::load(folder.path()).expect("good files")
}

fn terms(selected: &[&str]) -> Terms {
    Terms {
        selected: selected
            .iter()
            .map(|id| id.parse().expect("an id"))
            .collect(),
        waivers: Vec::new(),
        today: "2027-01-01".parse().expect("a date"),
        fail_on: Severity::Error,
        node_id: "n".to_owned(),
        duration_ms: 1,
        spent: BTreeMap::new(),
        warnings: Vec::new(),
    }
}

fn port(port: u16, answer: Reading<Answer>) -> Custom {
    Custom {
        question: Question::Port {
            host: "127.0.0.1".to_owned(),
            port,
        },
        answer,
    }
}

fn open(is: bool) -> Reading<Answer> {
    Reading::known(
        Answer::Port {
            open: is,
            detail: String::new(),
        },
        "connect",
    )
}

const A: (&str, &str) = ("custom/a", "required = true\n[judge.port]\nport = 1\n");
const B: (&str, &str) = (
    "custom/b",
    "needs = [\"custom/a\"]\n[judge.port]\nport = 2\n",
);
const C: (&str, &str) = (
    "custom/c",
    "needs = [\"custom/b\"]\n[judge.port]\nport = 3\n",
);

fn status_of(report: &Report, id: &str) -> (Status, Option<SkipReason>, Vec<String>) {
    let one = report
        .checks
        .iter()
        .find(|one| short(&one.check_id) == id)
        .expect("told");
    (one.status, one.skip_reason, one.blocked_by.clone())
}

#[test]
fn one_cause_gives_one_failure_and_the_rest_waits_for_its_root() {
    let facts = Facts {
        custom: vec![
            port(1, open(false)),
            port(2, open(false)),
            port(3, open(false)),
        ],
        ..Facts::default()
    };
    let catalog = catalog_of(&[A, B, C]);
    let report = evaluate(
        &catalog,
        &facts,
        &terms(&["custom/a", "custom/b", "custom/c"]),
    );
    assert_eq!(status_of(&report, "custom/a").0, Status::Fail);
    for id in ["custom/b", "custom/c"] {
        let expected = (
            Status::Skip,
            Some(SkipReason::Blocked),
            vec!["clawdoctor/custom/a".to_owned()],
        );
        assert_eq!(status_of(&report, id), expected, "{id}");
    }
    assert_eq!(report.findings.len(), 1);
    assert_eq!(exit_code(&report), exit::FINDINGS);
}

#[test]
fn a_failure_behind_a_selected_check_is_told_though_not_selected() {
    let facts = Facts {
        custom: vec![port(1, open(false)), port(2, open(true))],
        ..Facts::default()
    };
    let report = evaluate(&catalog_of(&[A, B]), &facts, &terms(&["custom/b"]));
    assert_eq!(status_of(&report, "custom/a").0, Status::Fail);
    assert_eq!(exit_code(&report), exit::FINDINGS);
}

#[test]
fn a_required_check_that_cannot_be_determined_is_never_a_pass() {
    let hung = Reading::unknown(WhyKind::Timeout, "no answer in 1 s");
    let facts = Facts {
        custom: vec![port(1, hung), port(2, open(true))],
        ..Facts::default()
    };
    let report = evaluate(
        &catalog_of(&[A, B]),
        &facts,
        &terms(&["custom/a", "custom/b"]),
    );
    assert_eq!(status_of(&report, "custom/a").0, Status::Error);
    assert_eq!(status_of(&report, "custom/b").1, Some(SkipReason::Blocked));
    assert_eq!(report.outcome, Conclusion::Incomplete);
    assert_eq!(exit_code(&report), exit::INCONCLUSIVE);
    assert!(!report.ok);
}

#[test]
fn a_waived_finding_is_suppressed_in_sight_and_an_expired_waiver_is_not_applied() {
    let facts = Facts {
        custom: vec![port(1, open(false))],
        ..Facts::default()
    };
    let mut terms = terms(&["custom/a"]);
    terms.waivers = vec![Waiver {
        check: "custom/a".parse().expect("an id"),
        target: None,
        reason: "known".to_owned(),
        by: None,
        expires: "2027-01-01".parse().expect("a date"),
    }];
    let catalog = catalog_of(&[A]);
    let report = evaluate(&catalog, &facts, &terms);
    assert_eq!(status_of(&report, "custom/a").1, Some(SkipReason::Waived));
    assert_eq!(
        (report.findings.len(), report.suppressed_findings.len()),
        (0, 1)
    );
    assert_eq!(exit_code(&report), exit::CLEAN);
    terms.today = "2027-01-02".parse().expect("a date");
    assert_eq!(
        exit_code(&evaluate(&catalog, &facts, &terms)),
        exit::FINDINGS
    );
}

#[test]
fn the_threshold_decides_the_exit_code_and_hides_nothing() {
    let facts = Facts {
        custom: vec![port(1, open(false))],
        ..Facts::default()
    };
    let mut terms = terms(&["custom/a"]);
    let mut file = "severity = \"warning\"\n[judge.port]\nport = 1\n";
    let report = evaluate(&catalog_of(&[("custom/a", file)]), &facts, &terms);
    assert_eq!(
        (report.findings.len(), exit_code(&report)),
        (1, exit::CLEAN)
    );
    terms.fail_on = Severity::Warning;
    let report = evaluate(&catalog_of(&[("custom/a", file)]), &facts, &terms);
    assert_eq!(exit_code(&report), exit::FINDINGS);
    terms.fail_on = Severity::Error;
    file = "severity = \"error\"\n[judge.port]\nport = 1\n";
    let report = evaluate(&catalog_of(&[("custom/a", file)]), &facts, &terms);
    assert_eq!(exit_code(&report), exit::FINDINGS);
}
