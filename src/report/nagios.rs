//! The report as a monitoring plugin speaks (Nagios, Icinga, Naemon, Sensu): one line with
//! performance data, one line for each finding, and exit codes of its own.
//! <https://nagios-plugins.org/doc/guidelines.html>

use std::io;

use super::Style;
use super::tally::{self, counted};
use crate::checklist::check::Severity;
use crate::checklist::report::Report;
use crate::checklist::run::short;
use crate::checklist::verdict::Status;
use crate::text::wash;

/// Plugin output beyond 4 KiB is cut by the older ones of these systems.
const MOST: usize = 4096;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Ok,
    Warning,
    Critical,
    Unknown,
}

impl State {
    /// What is broken is told before what is not known, and that before what may break.
    fn of(report: &Report) -> Self {
        if report.error.is_some() {
            return Self::Unknown;
        }
        if count(report, Severity::Error) > 0 {
            return Self::Critical;
        }
        if tally::rows(report)
            .iter()
            .any(tally::Row::leaves_the_run_open)
        {
            return Self::Unknown;
        }
        if count(report, Severity::Warning) > 0 {
            return Self::Warning;
        }
        Self::Ok
    }

    fn word(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Warning => "WARNING",
            Self::Critical => "CRITICAL",
            Self::Unknown => "UNKNOWN",
        }
    }
}

/// 0 OK, 1 warning, 2 critical, 3 unknown.
pub fn exit_code(report: &Report) -> u8 {
    match State::of(report) {
        State::Ok => 0,
        State::Warning => 1,
        State::Critical => 2,
        State::Unknown => 3,
    }
}

pub fn write(report: &Report, _style: &Style, out: &mut dyn io::Write) -> io::Result<()> {
    let errors = count(report, Severity::Error);
    let warnings = count(report, Severity::Warning);
    let mut ids: Vec<&str> = Vec::new();
    for id in report
        .findings
        .iter()
        .map(|finding| short(&finding.check_id))
    {
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    let mut first = format!(
        "CLAWDOCTOR {} - {}, {}, {}",
        State::of(report).word(),
        counted(errors, "error", "errors"),
        counted(warnings, "warning", "warnings"),
        counted(report.checks_run, "check", "checks"),
    );
    if !ids.is_empty() {
        first.push_str(": ");
        first.push_str(&ids.join(", "));
    }
    let performance = format!(
        "errors={errors};;0;0 warnings={warnings};0;;0 duration={}.{:03}s;;;0",
        report.duration_ms / 1000,
        report.duration_ms % 1000
    );
    let mut text = format!("{}|{performance}\n", plain(&first));
    for line in details(report) {
        if text.len() + line.len() + 1 > MOST {
            break;
        }
        text.push_str(&line);
        text.push('\n');
    }
    out.write_all(text.as_bytes())
}

/// A line for each finding, and for each required check that could not be determined.
fn details(report: &Report) -> Vec<String> {
    let found = report.findings.iter().map(|finding| {
        let id = short(&finding.check_id);
        plain(&format!(
            "{} {id}: {}",
            finding.severity.word(),
            finding.message
        ))
    });
    let open = report
        .checks
        .iter()
        .filter(|check| check.required && check.status == Status::Error)
        .map(|check| {
            let id = short(&check.check_id);
            plain(&format!("unknown {id}: {}", check.summary))
        });
    found.chain(open).collect()
}

fn count(report: &Report, severity: Severity) -> usize {
    let findings = report.findings.iter();
    findings.filter(|f| f.severity == severity).count()
}

/// A bar would begin performance data.
fn plain(text: &str) -> String {
    wash(text, 500).replace('|', "/")
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
    fn the_first_line_sums_up_and_ends_with_performance_data() {
        let text = told(&sample::engine_down());
        assert_eq!(
            text.lines().next(),
            Some(
                "CLAWDOCTOR CRITICAL - 1 error, 0 warnings, 6 checks: docker/running\
                 |errors=1;;0;0 warnings=0;0;;0 duration=0.612s;;;0"
            )
        );
        assert!(
            text.lines()
                .nth(1)
                .is_some_and(|l| l.starts_with("error docker/running: "))
        );
    }

    #[test]
    fn each_outcome_has_the_code_that_monitoring_expects() {
        let codes: Vec<(&str, u8)> = sample::all()
            .iter()
            .map(|(name, report)| (*name, exit_code(report)))
            .collect();
        assert_eq!(
            codes,
            [
                ("clean", 0),
                ("engine-down", 2),
                ("warnings", 1),
                ("inconclusive", 3),
                ("hostile", 2),
                ("could-not-run", 3)
            ]
        );
    }

    #[test]
    fn foreign_text_adds_no_bar_and_no_line_and_the_whole_stays_small() {
        let mut report = sample::hostile();
        let many = vec![report.findings[0].clone(); 100];
        report.findings = many;
        let text = told(&report);
        assert!(text.len() <= MOST);
        assert_eq!(text.matches('|').count(), 1, "{text}");
        assert!(
            text.lines()
                .skip(1)
                .all(|l| l.starts_with("error image/present: "))
        );
    }
}
