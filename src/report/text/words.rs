//! The words of the text report: counts, causes, evidence, and what to do next.

use serde_json::Value;

use crate::checklist::check::FixMode;
use crate::checklist::report::{Conclusion, Report};
use crate::checklist::run::{NOT_DEEP, short};
use crate::checklist::verdict::{Evidence, SkipReason, Status};
use crate::report::style::Mark;
use crate::report::tally::{Row, Tally, counted, skip_word};

/// A step's counts. Where all is well only how many there are; skipped checks with their reason.
pub fn counts(rows: &[Row]) -> String {
    let tally = Tally::of(rows);
    if tally.worst() == Mark::Pass && tally.skipped == 0 {
        return counted(tally.passed, "check", "checks");
    }
    if rows.iter().all(Row::is_blocked) {
        return waits(rows, " check", " checks").join("; ");
    }
    let told = Tally {
        skipped: 0,
        ..tally
    };
    let mut parts = Vec::new();
    if told != Tally::default() {
        parts.push(told.words());
    }
    let mut reasons: Vec<(&str, usize)> = Vec::new();
    parts.extend(waits(rows, "", ""));
    for row in rows
        .iter()
        .filter(|row| row.mark() == Mark::Skip && !row.is_blocked())
    {
        let word = match skip_word(row.check) {
            "not-applicable" => "not applicable",
            "not-selected" => "not asked",
            "needs-privilege" => "without the right to ask",
            other => other,
        };
        match reasons.iter_mut().find(|(known, _)| *known == word) {
            Some((_, count)) => *count += 1,
            None => reasons.push((word, 1)),
        }
    }
    parts.extend(
        reasons
            .iter()
            .map(|(word, count)| format!("{count} {word}")),
    );
    parts.join(", ")
}

/// The state of a step. Never green while something in it waits for a failure elsewhere.
pub fn mark(rows: &[Row]) -> Mark {
    match Tally::of(rows).worst() {
        Mark::Pass if rows.iter().any(Row::is_blocked) => Mark::Skip,
        worst => worst,
    }
}

/// `4 checks wait for docker/running`, for each distinct cause.
fn waits(rows: &[Row], one: &str, many: &str) -> Vec<String> {
    let mut causes: Vec<(String, usize)> = Vec::new();
    for row in rows.iter().filter(|row| row.is_blocked()) {
        let ids: Vec<&str> = row.check.blocked_by.iter().map(|id| short(id)).collect();
        let cause = ids.join(", ");
        match causes.iter_mut().find(|(known, _)| *known == cause) {
            Some((_, count)) => *count += 1,
            None => causes.push((cause, 1)),
        }
    }
    causes
        .into_iter()
        .map(|(cause, count)| match count {
            1 => format!("1{one} waits for {cause}"),
            _ => format!("{count}{many} wait for {cause}"),
        })
        .collect()
}

/// Evidence on one line: `docker.connection = "refused"`. A reading is told as its value and where
/// it came from, or as why it is not known.
pub fn seen(evidence: &Evidence) -> String {
    let place = evidence.pointer.trim_start_matches('/').replace('/', ".");
    let part = |key: &str| evidence.value.get(key).map(plain);
    match (part("known"), part("unknown")) {
        (Some(value), None) => match part("from").filter(|from| !from.is_empty()) {
            Some(from) => format!("{place} = {value} (from {from})"),
            None => format!("{place} = {value}"),
        },
        (None, Some(kind)) => match part("detail").filter(|detail| !detail.is_empty()) {
            Some(detail) => format!("{place} unknown ({kind}): {detail}"),
            None => format!("{place} unknown ({kind})"),
        },
        _ => format!("{place} = {}", plain(&evidence.value)),
    }
}

/// A word or a number, or the reason why there is none.
pub fn is_one_value(evidence: &Evidence) -> bool {
    let single = |value: &Value| !value.is_array() && !value.is_object();
    let value = &evidence.value;
    single(value)
        || value.get("unknown").is_some_and(single)
        || value.get("known").is_some_and(single)
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// What to do now: the words before a command, and the command.
pub fn next_step(report: &Report, rows: &[Row]) -> (&'static str, Option<String>) {
    let first = |mark: Mark| rows.iter().find(|row| row.mark() == mark);
    if let Some(row) = first(Mark::Fail) {
        return ("next: ", Some(mend(report, row)));
    }
    if let Some(row) = rows.iter().find(|row| row.leaves_the_run_open()) {
        let longer = if row.check.error_code.as_deref() == Some("timeout") {
            " --timeout 60s"
        } else {
            ""
        };
        let command = format!("clawdoctor check --only {} -vv{longer}", row.id());
        return ("next: ", Some(command));
    }
    if let Some(row) = first(Mark::Warn).or_else(|| first(Mark::Unsure)) {
        return ("next: ", Some(mend(report, row)));
    }
    let all_asked = report.checks.iter().all(|check| {
        check.status == Status::Pass
            || matches!(
                check.skip_reason,
                Some(SkipReason::NotApplicable | SkipReason::Waived)
            )
            || check.summary == NOT_DEEP
    });
    if report.outcome == Conclusion::Clean && all_asked && !rows.is_empty() {
        return ("this node is ready for OpenClaw's sandboxes", None);
    }
    ("nothing wrong in what was asked", None)
}

/// A repair where there may be one, else what to read.
fn mend(report: &Report, row: &Row) -> String {
    let can = report
        .findings
        .iter()
        .filter(|finding| finding.check() == row.check.check_id)
        .any(|finding| matches!(finding.fix.mode, FixMode::Auto | FixMode::Confirm));
    let verb = if can { "fix" } else { "explain" };
    format!("clawdoctor {verb} {}", row.id())
}

/// A product's own spelling for the word that a report has.
pub fn product(word: &str) -> &str {
    match word {
        "macos" => "macOS",
        "linux" => "Linux",
        "docker-desktop" => "Docker Desktop",
        "orbstack" => "OrbStack",
        "colima" => "Colima",
        "rancher-desktop" => "Rancher Desktop",
        "podman" => "Podman",
        "linux-engine" => "Docker Engine",
        other => other,
    }
}
