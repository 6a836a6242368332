//! Repairs for the tests of this room.

use super::repair::Repair;
use crate::checklist::check::{FixMode, Risk, Severity};
use crate::checklist::report::{
    Conclusion, Finding, FixOffer, Node, Report, SCHEMA_VERSION, Summary, Tool,
};

pub fn repair(id: &str, risk: Risk) -> Repair {
    Repair {
        id: id.to_owned(),
        check: id.to_owned(),
        also: Vec::new(),
        title: "mend it".to_owned(),
        findings: Vec::new(),
        risk,
        cost: String::new(),
        undo: None,
        needs: Vec::new(),
        only_named: false,
        waits_for: Vec::new(),
        restart: None,
        steps: Vec::new(),
    }
}

/// A report with one finding of the check `a/b`, or with none.
pub fn report(severity: Option<Severity>) -> Report {
    let finding = severity.map(|severity| Finding {
        check_id: "clawdoctor/a/b".to_owned(),
        severity,
        message: "something is wrong".to_owned(),
        source: "clawdoctor".to_owned(),
        error_code: "wrong".to_owned(),
        path: None,
        target: None,
        requirement: None,
        fix_hint: None,
        title: "A".to_owned(),
        docs_url: None,
        fingerprint: String::new(),
        fix: FixOffer {
            id: "a.b".to_owned(),
            mode: FixMode::Auto,
            risk: None,
            reversible: true,
            needs: Vec::new(),
            commands: Vec::new(),
        },
        reported_by: None,
        evidence: Vec::new(),
        waiver: None,
    });
    Report {
        schema_version: SCHEMA_VERSION,
        ok: finding.is_none(),
        checks_run: 1,
        checks_skipped: 0,
        findings: finding.into_iter().collect(),
        warnings: Vec::new(),
        error: None,
        report: "clawdoctor.report".to_owned(),
        tool: Tool::this(),
        node: Node::default(),
        started_at: String::new(),
        duration_ms: 0,
        outcome: Conclusion::Findings,
        fail_on: Severity::Error,
        summary: Summary::default(),
        checks: Vec::new(),
        suppressed_findings: Vec::new(),
    }
}
