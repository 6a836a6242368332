//! The report as JUnit XML, for CI systems: a test case is a check. A case fails exactly when its
//! finding makes the run fail; a lesser finding passes and is told in `system-out`; what could not
//! be determined is an error where it is required, else skipped, and never a pass.

use std::fmt::Write as _;
use std::io;

use super::Style;
use super::tally::{self, Row};
use crate::checklist::report::Report;
use crate::checklist::run::short;
use crate::checklist::verdict::Status;

pub fn write(report: &Report, _style: &Style, out: &mut dyn io::Write) -> io::Result<()> {
    let mut cases = String::new();
    let mut sum = Sum::default();
    for row in tally::rows(report) {
        case(&mut cases, &mut sum, report, &row);
    }
    for finding in tally::orphans(report) {
        sum.tests += 1;
        sum.errors += 1;
        let name = short(&finding.check_id);
        open_case(&mut cases, name, 0);
        element(
            &mut cases,
            "error",
            &finding.error_code,
            &finding.message,
            "",
        );
        cases.push_str("    </testcase>\n");
    }
    let seconds = seconds(report.duration_ms);
    writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    let Sum {
        tests,
        failures,
        errors,
        skipped,
    } = sum;
    let counts = format!(
        r#"tests="{tests}" failures="{failures}" errors="{errors}" skipped="{skipped}" time="{seconds}""#
    );
    writeln!(out, r#"<testsuites name="clawdoctor" {counts}>"#)?;
    writeln!(
        out,
        r#"  <testsuite name="clawdoctor" hostname="{}" timestamp="{}" {counts}>"#,
        attribute(&report.node.id),
        attribute(report.started_at.trim_end_matches('Z')),
    )?;
    out.write_all(cases.as_bytes())?;
    writeln!(out, "  </testsuite>\n</testsuites>")
}

#[derive(Default)]
struct Sum {
    tests: usize,
    failures: usize,
    errors: usize,
    skipped: usize,
}

fn case(xml: &mut String, sum: &mut Sum, report: &Report, row: &Row) {
    let check = row.check;
    sum.tests += 1;
    open_case(xml, row.id(), check.duration_ms);
    match check.status {
        Status::Pass => {}
        Status::Skip => {
            sum.skipped += 1;
            let reason = tally::skip_word(check);
            skipped(xml, &format!("{reason}: {}", check.summary));
        }
        Status::Error if check.required => {
            sum.errors += 1;
            let code = check.error_code.as_deref().unwrap_or("unknown");
            element(xml, "error", code, &check.summary, "");
        }
        Status::Error => {
            sum.skipped += 1;
            skipped(xml, &format!("could not be determined: {}", check.summary));
        }
        Status::Warn | Status::Fail => {
            let (gating, lesser): (Vec<_>, Vec<_>) = row
                .findings
                .iter()
                .copied()
                .partition(|f| f.severity >= report.fail_on);
            if !gating.is_empty() {
                sum.failures += 1;
            }
            // One element for each: a reader that shows only the first still shows the worst.
            if let Some(first) = gating.first() {
                let body: Vec<String> = gating.iter().map(|f| tally::sentence(f)).collect();
                let severity = first.severity.word();
                element(xml, "failure", severity, &first.message, &body.join("\n"));
            }
            if !lesser.is_empty() {
                let told: Vec<String> = lesser.iter().map(|f| tally::sentence(f)).collect();
                let _ = writeln!(
                    xml,
                    "      <system-out>{}</system-out>",
                    content(&told.join("\n"))
                );
            }
        }
    }
    xml.push_str("    </testcase>\n");
}

fn open_case(xml: &mut String, id: &str, duration_ms: u64) {
    let (area, name) = id.split_once('/').unwrap_or(("self", id));
    let _ = writeln!(
        xml,
        r#"    <testcase classname="clawdoctor.{}" name="{}" time="{}">"#,
        attribute(area),
        attribute(name),
        seconds(duration_ms)
    );
}

fn element(xml: &mut String, name: &str, r#type: &str, message: &str, body: &str) {
    let _ = writeln!(
        xml,
        r#"      <{name} type="{}" message="{}">{}</{name}>"#,
        attribute(r#type),
        attribute(message),
        content(body)
    );
}

fn skipped(xml: &mut String, message: &str) {
    let _ = writeln!(xml, r#"      <skipped message="{}"/>"#, attribute(message));
}

fn seconds(milliseconds: u64) -> String {
    format!("{}.{:03}", milliseconds / 1000, milliseconds % 1000)
}

/// Text for an attribute: markup escaped, line breaks as blanks.
fn attribute(text: &str) -> String {
    content(text)
        .replace(['\n', '\r', '\t'], " ")
        .replace('"', "&quot;")
}

/// Text for an element. XML 1.0 has no way to write most control characters, escaped or not.
fn content(text: &str) -> String {
    let mut xml = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => xml.push_str("&amp;"),
            '<' => xml.push_str("&lt;"),
            '>' => xml.push_str("&gt;"),
            '\n' | '\t' => xml.push(c),
            '\u{FFFE}' | '\u{FFFF}' => xml.push('\u{FFFD}'),
            c if c.is_control() => xml.extend(c.escape_unicode()),
            c => xml.push(c),
        }
    }
    xml
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checklist::check::Severity;
    use crate::report::sample;

    fn xml(report: &Report) -> String {
        let mut bytes = Vec::new();
        write(report, &Style::default(), &mut bytes).expect("written");
        String::from_utf8(bytes).expect("UTF-8")
    }

    #[test]
    fn a_failure_fails_its_case_and_a_blocked_one_is_skipped() {
        insta::assert_snapshot!(xml(&sample::engine_down()));
    }

    #[test]
    fn a_warning_passes_unless_the_run_is_strict() {
        let mut report = sample::warnings();
        let told = xml(&report);
        assert!(
            told.contains(r#"failures="0""#) && told.contains("<system-out>"),
            "{told}"
        );
        report.fail_on = Severity::Warning;
        let told = xml(&report);
        assert!(told.contains(r#"failures="2""#), "{told}");
    }

    #[test]
    fn what_could_not_be_determined_is_no_pass() {
        let told = xml(&sample::inconclusive());
        assert!(told.contains(r#"errors="1" skipped="2""#), "{told}");
        assert!(told.contains(r#"<error type="timeout""#), "{told}");
        let told = xml(&sample::could_not_run());
        assert!(
            told.contains(r#"classname="clawdoctor.self" name="run""#),
            "{told}"
        );
        assert!(
            told.contains(r#"tests="1" failures="0" errors="1""#),
            "{told}"
        );
    }

    #[test]
    fn hostile_names_stay_text() {
        let told = xml(&sample::hostile());
        assert_eq!(told.matches("</failure>").count(), 1);
        assert!(!told.contains("]]>") && !told.contains('\u{1b}'), "{told}");
    }
}
