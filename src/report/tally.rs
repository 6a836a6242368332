//! A report seen by people and by formats that know fewer states than we do: what became of each
//! check in one word, its findings, its step, and the counts in words.

use std::borrow::Cow;

use super::style::Mark;
use crate::checklist::check::{Severity, Step};
use crate::checklist::report::{Finding, Outcome, Report};
use crate::checklist::run::{NOT_CHOSEN, NOT_DEEP, short};
use crate::checklist::verdict::{SkipReason, Status};

/// One check of a report with what was found by it.
#[derive(Clone, Debug)]
pub struct Row<'a> {
    pub check: &'a Outcome,
    pub findings: Vec<&'a Finding>,
}

impl<'a> Row<'a> {
    /// The id as people write it: `docker/running`.
    pub fn id(&self) -> &'a str {
        short(&self.check.check_id)
    }

    /// A check that fails counts by the severity of what it found: a warning stays a warning.
    pub fn mark(&self) -> Mark {
        match self.check.status {
            Status::Pass => Mark::Pass,
            Status::Skip => Mark::Skip,
            Status::Error => Mark::Unsure,
            Status::Warn => Mark::Warn,
            Status::Fail if self.worst().is_some_and(|worst| worst < Severity::Error) => Mark::Warn,
            Status::Fail => Mark::Fail,
        }
    }

    pub fn worst(&self) -> Option<Severity> {
        self.findings.iter().map(|finding| finding.severity).max()
    }

    /// It takes part in this run. What was chosen and then not asked (`--passive`, a recording
    /// that does not hold it) does too: it must not vanish.
    pub fn is_selected(&self) -> bool {
        self.check.skip_reason != Some(SkipReason::NotSelected)
            || ![NOT_CHOSEN, NOT_DEEP].contains(&self.check.summary.as_str())
    }

    /// The run cannot conclude without it.
    pub fn leaves_the_run_open(&self) -> bool {
        self.check.required && self.check.status == Status::Error
    }

    pub fn is_blocked(&self) -> bool {
        self.check.skip_reason == Some(SkipReason::Blocked)
    }
}

/// All checks of the report in its order.
pub fn rows(report: &Report) -> Vec<Row<'_>> {
    report
        .checks
        .iter()
        .map(|check| Row {
            check,
            findings: report
                .findings
                .iter()
                .filter(|finding| finding.check() == check.check_id)
                .collect(),
        })
        .collect()
}

/// Findings about no check of the list: the run's own.
pub fn orphans(report: &Report) -> Vec<&Finding> {
    let of_a_check = |f: &Finding| report.checks.iter().any(|c| c.check_id == f.check());
    report.findings.iter().filter(|f| !of_a_check(f)).collect()
}

/// The step that a row belongs to.
pub fn step(row: &Row<'_>) -> Step {
    Step::ALL
        .into_iter()
        .find(|step| step.number() == row.check.step)
        .unwrap_or(Step::Always)
}

/// Why a check was skipped, as the word that JSON has for it.
pub fn skip_word(check: &Outcome) -> &'static str {
    match check.skip_reason {
        Some(SkipReason::NotApplicable) => "not-applicable",
        Some(SkipReason::Blocked) => "blocked",
        Some(SkipReason::NotSelected) => "not-selected",
        Some(SkipReason::NeedsPrivilege) => "needs-privilege",
        Some(SkipReason::Waived) => "waived",
        Some(SkipReason::Offline) => "offline",
        None => "skipped",
    }
}

/// What a finding says; one of another doctor's is told with its id.
pub fn told(finding: &Finding) -> Cow<'_, str> {
    match finding.reported_by {
        Some(_) => format!("{}: {}", finding.check_id, finding.message).into(),
        None => (&finding.message).into(),
    }
}

/// A finding on one line, with its hint.
pub fn sentence(finding: &Finding) -> String {
    let severity = finding.severity.word();
    let told = told(finding);
    match &finding.fix_hint {
        Some(hint) => format!("{severity}: {told} Fix: {hint}"),
        None => format!("{severity}: {told}"),
    }
}

/// How many checks are in which state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub problems: usize,
    pub warnings: usize,
    pub unsure: usize,
    pub passed: usize,
    pub skipped: usize,
}

impl Tally {
    pub fn of<'a>(rows: impl IntoIterator<Item = &'a Row<'a>>) -> Self {
        let mut tally = Self::default();
        for row in rows {
            match row.mark() {
                Mark::Fail => tally.problems += 1,
                Mark::Warn => tally.warnings += 1,
                Mark::Unsure => tally.unsure += 1,
                Mark::Pass => tally.passed += 1,
                Mark::Skip => tally.skipped += 1,
            }
        }
        tally
    }

    /// The counts that are not zero, worst first: `1 problem, 2 warnings, 31 passed, 6 skipped`.
    pub fn words(self) -> String {
        let parts = [
            (self.problems, "problem", "problems"),
            (self.warnings, "warning", "warnings"),
            (self.unsure, "inconclusive", "inconclusive"),
            (self.passed, "passed", "passed"),
            (self.skipped, "skipped", "skipped"),
        ];
        let words: Vec<String> = parts
            .into_iter()
            .filter(|(count, _, _)| *count > 0)
            .map(|(count, one, many)| format!("{count} {}", if count == 1 { one } else { many }))
            .collect();
        if words.is_empty() {
            return "nothing checked".to_owned();
        }
        words.join(", ")
    }

    /// The state that the eye should land on.
    pub fn worst(self) -> Mark {
        match self {
            Self { problems: 1.., .. } => Mark::Fail,
            Self { unsure: 1.., .. } => Mark::Unsure,
            Self { warnings: 1.., .. } => Mark::Warn,
            Self { passed: 1.., .. } => Mark::Pass,
            _ => Mark::Skip,
        }
    }
}

/// `1 check`, `3 checks`.
pub fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// A duration for people: `12 ms`, `0.6 s`, `31 s`.
pub fn duration(milliseconds: u64) -> String {
    match milliseconds {
        0..100 => format!("{milliseconds} ms"),
        100..10_000 => {
            let tenths = (milliseconds + 50) / 100;
            format!("{}.{} s", tenths / 10, tenths % 10)
        }
        _ => format!("{} s", (milliseconds + 500) / 1000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn durations_are_short_and_never_more_exact_than_useful() {
        let told: Vec<String> = [0, 99, 100, 612, 9_960, 30_400]
            .map(duration)
            .into_iter()
            .collect();
        assert_eq!(told, ["0 ms", "99 ms", "0.1 s", "0.6 s", "10.0 s", "30 s"]);
    }

    #[test]
    fn a_failed_check_of_severity_warning_counts_as_a_warning() {
        let mut report = sample::engine_down();
        for finding in &mut report.findings {
            finding.severity = Severity::Warning;
        }
        let rows = rows(&report);
        let tally = Tally::of(&rows);
        assert_eq!((tally.problems, tally.warnings), (0, 1));
        assert_eq!(tally.worst(), Mark::Warn);
    }

    #[test]
    fn counts_are_told_in_the_singular_and_only_when_there_are_any() {
        let tally = Tally {
            problems: 1,
            warnings: 2,
            passed: 31,
            ..Tally::default()
        };
        assert_eq!(tally.words(), "1 problem, 2 warnings, 31 passed");
        assert_eq!(Tally::default().words(), "nothing checked");
    }
}
