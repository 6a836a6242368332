//! The report in the Test Anything Protocol, version 13. `not ok` is what makes the run fail; what
//! is wrong but does not is a TODO, which harnesses show and do not count.

use std::io;

use super::Style;
use super::tally::{self, Row};
use crate::checklist::report::{Finding, Report};
use crate::checklist::verdict::Status;
use crate::text::wash;

/// Long enough for a message, short enough for a console.
const LONGEST: usize = 400;

pub fn write(report: &Report, _style: &Style, out: &mut dyn io::Write) -> io::Result<()> {
    let rows = tally::rows(report);
    let orphans = tally::orphans(report);
    writeln!(out, "TAP version 13")?;
    writeln!(out, "1..{}", rows.len() + orphans.len())?;
    for (index, row) in rows.iter().enumerate() {
        point(out, index + 1, report, row)?;
    }
    for (index, finding) in orphans.iter().enumerate() {
        writeln!(
            out,
            "not ok {} - {}",
            rows.len() + index + 1,
            finding.check_id
        )?;
        diagnosis(out, &[finding])?;
    }
    Ok(())
}

fn point(out: &mut dyn io::Write, number: usize, report: &Report, row: &Row) -> io::Result<()> {
    let id = &row.check.check_id;
    let summary = plain(&row.check.summary);
    let gates = row.worst().is_some_and(|worst| worst >= report.fail_on);
    match row.check.status {
        Status::Pass => writeln!(out, "ok {number} - {id}"),
        Status::Skip => {
            let reason = tally::skip_word(row.check);
            writeln!(out, "ok {number} - {id} # SKIP {reason}: {summary}")
        }
        Status::Error if row.check.required => {
            writeln!(out, "not ok {number} - {id}")?;
            let code = row.check.error_code.as_deref().unwrap_or("unknown");
            writeln!(out, "  ---\n  message: {}", quoted(&row.check.summary))?;
            writeln!(out, "  severity: error\n  code: {}\n  ...", quoted(code))
        }
        Status::Error => {
            writeln!(
                out,
                "not ok {number} - {id} # TODO could not be determined: {summary}"
            )
        }
        Status::Warn | Status::Fail if gates => {
            writeln!(out, "not ok {number} - {id}")?;
            diagnosis(out, &row.findings)
        }
        Status::Warn | Status::Fail => {
            writeln!(out, "not ok {number} - {id} # TODO {summary}")?;
            diagnosis(out, &row.findings)
        }
    }
}

/// The findings as the YAML block that belongs to the line before.
fn diagnosis(out: &mut dyn io::Write, findings: &[&Finding]) -> io::Result<()> {
    writeln!(out, "  ---\n  findings:")?;
    for finding in findings {
        writeln!(out, "    - message: {}", quoted(&tally::told(finding)))?;
        writeln!(out, "      severity: {}", finding.severity.word())?;
        writeln!(out, "      code: {}", quoted(&finding.error_code))?;
        for (key, value) in [
            ("target", &finding.target),
            ("path", &finding.path),
            ("requirement", &finding.requirement),
            ("fix", &finding.fix_hint),
        ] {
            if let Some(value) = value {
                writeln!(out, "      {key}: {}", quoted(value))?;
            }
        }
    }
    writeln!(out, "  ...")
}

/// A JSON string is a YAML string.
fn quoted(text: &str) -> String {
    serde_json::Value::String(wash(text, LONGEST)).to_string()
}

/// Text behind a directive: a `#` would begin another one.
fn plain(text: &str) -> String {
    wash(text, LONGEST).replace('#', "")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn tap(report: &Report) -> String {
        let mut bytes = Vec::new();
        write(report, &Style::default(), &mut bytes).expect("written");
        String::from_utf8(bytes).expect("UTF-8")
    }

    #[test]
    fn points_are_numbered_planned_and_diagnosed() {
        insta::assert_snapshot!(tap(&sample::engine_down()));
    }

    #[test]
    fn a_warning_is_a_todo() {
        let told = tap(&sample::warnings());
        assert!(
            told.contains("not ok 2 - clawdoctor/host/power # TODO"),
            "{told}"
        );
        assert!(
            told.contains("ok 3 - clawdoctor/host/login-session # SKIP waived"),
            "{told}"
        );
    }

    #[test]
    fn hostile_text_makes_no_point_of_its_own() {
        let told = tap(&sample::hostile());
        let points = told
            .lines()
            .filter(|l| l.starts_with("ok ") || l.starts_with("not ok "));
        assert_eq!(points.count(), 1, "{told}");
        assert_eq!(told.matches("\n  ...\n").count(), 1, "{told}");
    }
}
