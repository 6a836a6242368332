//! The report as a stream: one JSON object a line, each with its `type`. The first line names the
//! contract, the last one sums up; a finding follows the check it belongs to.

use std::io;

use serde::Serialize;
use serde_json::{Value, json};

use super::Style;
use crate::checklist::report::{Finding, Report};

pub fn write(report: &Report, _style: &Style, out: &mut dyn io::Write) -> io::Result<()> {
    line(
        out,
        "version",
        &json!({
            "schemaVersion": report.schema_version,
            "report": report.report,
            "tool": report.tool,
            "node": report.node,
            "startedAt": report.started_at,
            "failOn": report.fail_on,
        }),
    )?;
    for check in &report.checks {
        line(out, "check_end", check)?;
        for found in of_check(&report.findings, &check.check_id) {
            finding(out, found, false)?;
        }
        for found in of_check(&report.suppressed_findings, &check.check_id) {
            finding(out, found, true)?;
        }
    }
    let told = |found: &&Finding| report.checks.iter().any(|c| c.check_id == found.check());
    for found in report.findings.iter().filter(|found| !told(found)) {
        finding(out, found, false)?;
    }
    for warning in &report.warnings {
        line(out, "warning", &json!({ "message": warning }))?;
    }
    line(
        out,
        "summary",
        &json!({
            "ok": report.ok,
            "outcome": report.outcome,
            "checksRun": report.checks_run,
            "checksSkipped": report.checks_skipped,
            "durationMs": report.duration_ms,
            "summary": report.summary,
            "error": report.error,
        }),
    )
}

fn of_check<'a>(
    findings: &'a [Finding],
    check_id: &'a str,
) -> impl Iterator<Item = &'a Finding> + use<'a> {
    findings.iter().filter(move |one| one.check() == check_id)
}

fn finding(out: &mut dyn io::Write, finding: &Finding, suppressed: bool) -> io::Result<()> {
    let mut value = serde_json::to_value(finding)?;
    if let Value::Object(map) = &mut value {
        map.insert("suppressed".to_owned(), Value::Bool(suppressed));
    }
    line(out, "finding", &value)
}

#[derive(Serialize)]
struct Line<'a, T: Serialize> {
    r#type: &'a str,
    #[serde(flatten)]
    content: &'a T,
}

fn line(out: &mut dyn io::Write, r#type: &str, content: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, &Line { r#type, content })?;
    out.write_all(b"\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn lines(report: &Report) -> Vec<Value> {
        let mut bytes = Vec::new();
        write(report, &Style::default(), &mut bytes).expect("written");
        String::from_utf8(bytes)
            .expect("UTF-8")
            .lines()
            .map(|line| serde_json::from_str(line).expect("JSON on every line"))
            .collect()
    }

    #[test]
    fn a_stream_opens_with_its_version_and_closes_with_the_sum() {
        for (name, report) in sample::all() {
            let lines = lines(&report);
            let kinds: Vec<&str> = lines.iter().filter_map(|l| l["type"].as_str()).collect();
            assert_eq!(kinds.first(), Some(&"version"), "{name}");
            assert_eq!(kinds.last(), Some(&"summary"), "{name}");
            let count = |kind| kinds.iter().filter(|k| **k == kind).count();
            assert_eq!(count("check_end"), report.checks.len(), "{name}");
            assert_eq!(
                count("finding"),
                report.findings.len() + report.suppressed_findings.len(),
                "{name}"
            );
        }
    }

    #[test]
    fn a_run_that_could_not_be_made_still_tells_its_finding() {
        let lines = lines(&sample::could_not_run());
        assert_eq!(lines[1]["type"], "finding");
        assert_eq!(lines[1]["checkId"], "clawdoctor/self/run");
        assert_eq!(lines[2]["error"]["type"], "usage");
    }
}
