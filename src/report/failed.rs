//! The report of a run that could not be made, so that a program always gets its one document.

use crate::checklist::check::{FixMode, Severity};
use crate::checklist::report::{
    Conclusion, Finding, FixOffer, Node, Report, RunError, SCHEMA_VERSION, Summary, Tool,
};
use crate::checklist::run;

/// The id under which a run reports about itself.
pub const SELF_RUN: &str = "clawdoctor/self/run";

/// A report that holds nothing but why there is none. `kind` is `usage`, `input`, `system`,
/// `interrupted` or `internal`; `started_at` is RFC 3339 in UTC.
pub fn failed(
    kind: &str,
    message: &str,
    hint: Option<&str>,
    started_at: &str,
    duration_ms: u64,
) -> Report {
    Report {
        schema_version: SCHEMA_VERSION,
        ok: false,
        checks_run: 0,
        checks_skipped: 0,
        findings: vec![finding(kind, message, hint)],
        warnings: Vec::new(),
        error: Some(RunError {
            kind: kind.to_owned(),
            message: message.to_owned(),
        }),
        report: "clawdoctor.report".to_owned(),
        tool: Tool::this(),
        node: Node::default(),
        started_at: started_at.to_owned(),
        duration_ms,
        outcome: Conclusion::Failed,
        fail_on: Severity::Error,
        summary: Summary::default(),
        checks: Vec::new(),
        suppressed_findings: Vec::new(),
    }
}

fn finding(kind: &str, message: &str, hint: Option<&str>) -> Finding {
    Finding {
        check_id: SELF_RUN.to_owned(),
        severity: Severity::Error,
        message: message.to_owned(),
        source: "clawdoctor".to_owned(),
        error_code: kind.to_owned(),
        path: None,
        target: None,
        requirement: None,
        fix_hint: hint.map(str::to_owned),
        title: "The run itself".to_owned(),
        docs_url: None,
        fingerprint: run::fingerprint("self/run", kind, ""),
        fix: FixOffer {
            id: "self.run".to_owned(),
            mode: FixMode::None,
            risk: None,
            reversible: false,
            needs: Vec::new(),
            commands: Vec::new(),
        },
        reported_by: None,
        evidence: Vec::new(),
        waiver: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit;

    #[test]
    fn a_run_that_could_not_be_made_is_neither_clean_nor_a_finding() {
        let report = failed("usage", "no such option", Some("see --help"), "now", 3);
        assert_eq!(run::exit_code(&report), exit::INCONCLUSIVE);
        assert!(!report.ok);
        assert_eq!(report.findings[0].check_id, SELF_RUN);
        assert_eq!(report.findings[0].fix_hint.as_deref(), Some("see --help"));
        assert_eq!(report.findings[0].fingerprint.len(), 8);
    }
}
