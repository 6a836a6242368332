//! The report as Prometheus text (format 0.0.4), for node_exporter's textfile collector: write it
//! to a file beside the final one and rename. Gauges only; a status is one 0/1 series for each
//! word, since that format has no state set; no label holds a message, a host name or a version of
//! what was checked, so that the number of series is bounded. No timestamps on samples: the
//! collector refuses a file that has them.

use std::io;

use super::Style;
use crate::checklist::check::Severity;
use crate::checklist::report::Report;
use crate::checklist::run::short;
use crate::checklist::verdict::Status;

pub fn write(report: &Report, _style: &Style, out: &mut dyn io::Write) -> io::Result<()> {
    let mut text = Metrics(String::new());
    text.family(
        "clawdoctor_build_info",
        "Version of clawdoctor that wrote these metrics.",
    );
    let version = report.tool.version.as_str();
    let schema = report.schema_version.to_string();
    text.sample(
        "clawdoctor_build_info",
        &[("version", version), ("schema_version", &schema)],
        "1",
    );
    text.family(
        "clawdoctor_ok",
        "Whether the last run ended with exit code 0.",
    );
    text.sample("clawdoctor_ok", &[], if report.ok { "1" } else { "0" });
    if !report.checks.is_empty() {
        statuses(&mut text, report);
    }
    text.family("clawdoctor_findings", "Findings by severity.");
    for severity in [Severity::Error, Severity::Warning, Severity::Info] {
        let count = report
            .findings
            .iter()
            .filter(|f| f.severity == severity)
            .count();
        text.sample(
            "clawdoctor_findings",
            &[("severity", severity.word())],
            &count.to_string(),
        );
    }
    text.family(
        "clawdoctor_suppressed_findings",
        "Findings that a waiver accepts.",
    );
    let suppressed = report.suppressed_findings.len().to_string();
    text.sample("clawdoctor_suppressed_findings", &[], &suppressed);
    text.family("clawdoctor_run_duration_seconds", "Time the last run took.");
    text.sample(
        "clawdoctor_run_duration_seconds",
        &[],
        &seconds(report.duration_ms),
    );
    if let Some(end) = ended(report) {
        text.family(
            "clawdoctor_last_run_timestamp_seconds",
            "Unix time at which the run ended.",
        );
        text.sample("clawdoctor_last_run_timestamp_seconds", &[], &end);
    }
    out.write_all(text.0.as_bytes())
}

fn statuses(text: &mut Metrics, report: &Report) {
    text.family(
        "clawdoctor_check_status",
        "Result of each check: 1 for the status it has, 0 for the others.",
    );
    for check in &report.checks {
        for status in Status::ALL {
            let labels = [("check", short(&check.check_id)), ("status", status.word())];
            let value = if check.status == status { "1" } else { "0" };
            text.sample("clawdoctor_check_status", &labels, value);
        }
    }
    let mut asked = report
        .checks
        .iter()
        .filter(|c| c.status != Status::Skip)
        .peekable();
    if asked.peek().is_some() {
        text.family("clawdoctor_check_duration_seconds", "Time the check took.");
    }
    for check in asked {
        text.sample(
            "clawdoctor_check_duration_seconds",
            &[("check", short(&check.check_id))],
            &seconds(check.duration_ms),
        );
    }
}

struct Metrics(String);

impl Metrics {
    fn family(&mut self, name: &str, help: &str) {
        let lines = format!("# HELP {name} {help}\n# TYPE {name} gauge\n");
        self.0.push_str(&lines);
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: &str) {
        let labels: Vec<String> = labels
            .iter()
            .map(|(key, value)| format!("{key}=\"{}\"", escaped(value)))
            .collect();
        let labels = if labels.is_empty() {
            String::new()
        } else {
            format!("{{{}}}", labels.join(","))
        };
        for part in [name, &labels, " ", value, "\n"] {
            self.0.push_str(part);
        }
    }
}

fn escaped(value: &str) -> String {
    value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

fn seconds(milliseconds: u64) -> String {
    format!("{}.{:03}", milliseconds / 1000, milliseconds % 1000)
}

/// None when the report does not say when it began.
fn ended(report: &Report) -> Option<String> {
    let start: jiff::Timestamp = report.started_at.parse().ok()?;
    let span = std::time::Duration::from_millis(report.duration_ms);
    let end = start.checked_add(span).ok()?;
    Some(format!(
        "{}.{:03}",
        end.as_second(),
        end.subsec_millisecond()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn told(report: &Report) -> String {
        let mut bytes = Vec::new();
        write(report, &Style::default(), &mut bytes).expect("written");
        String::from_utf8(bytes).expect("UTF-8")
    }

    #[test]
    fn every_family_is_a_described_gauge() {
        insta::assert_snapshot!(told(&sample::inconclusive()));
    }

    #[test]
    fn each_check_has_exactly_one_status() {
        for (name, report) in sample::all() {
            let text = told(&report);
            let ones = text
                .lines()
                .filter(|l| l.starts_with("clawdoctor_check_status{") && l.ends_with(" 1"));
            assert_eq!(ones.count(), report.checks.len(), "{name}");
            assert!(text.ends_with('\n') && !text.contains("_total"), "{name}");
        }
    }

    #[test]
    fn a_run_without_a_start_has_no_timestamp_rather_than_a_zero() {
        let mut report = sample::clean();
        report.started_at = String::new();
        assert!(!told(&report).contains("timestamp"));
    }
}
