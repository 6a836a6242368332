//! OpenClaw's own doctor, asked with `--deep`: `openclaw doctor --lint --json`, which only reads.
//! It takes some ten seconds on an idle machine and has been seen to hang after its work was done,
//! so that it is given a deadline and its whole process group ends with it.

use serde::Deserialize;
use serde_json::Value;

use crate::deadline::Deadline;
use crate::facts::openclaw::{Doctor, Lint, LintSeverity};
use crate::facts::{Facts, Reading, Why, WhyKind};
use crate::probe::World;
use crate::probe::ask::{self, Output};
use crate::text::wash;

/// The only version of its document that is understood.
const SCHEMA_VERSION: u64 = 1;
/// Bytes of its answer; a fresh node's is 20 KiB.
const MOST: usize = 1024 * 1024;
/// Longest line that is kept of what it says.
const LINE: usize = 2000;
/// How it is called, for people.
const CALLED: &str = "`openclaw doctor --lint`";

pub async fn doctor(world: &World, facts: &Facts, d: Deadline) -> Reading<Doctor> {
    let program = match super::deep_program(world, facts) {
        Ok(program) => program,
        Err(why) => return Reading::Unknown(why),
    };
    let argv = [
        program,
        "doctor",
        "--lint",
        "--json",
        "--severity-min",
        "info",
    ];
    let said = ask::wordy(&argv, &[("NO_COLOR", "1")], MOST, d).await;
    let read = said.map_err(ended).and_then(|output| read(&output));
    Reading::from_result(read, "openclaw doctor --lint --json")
}

fn ended(why: Why) -> Why {
    match why.kind {
        WhyKind::Timeout => Why::new(
            WhyKind::Timeout,
            format!(
                "{}; it was ended with all that it had started (more time: --timeout)",
                why.detail
                    .replacen("openclaw`", "openclaw doctor --lint`", 1)
            ),
        ),
        _ => why,
    }
}

/// Its document. Keys that are not known here are its own business.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope {
    #[serde(default)]
    checks_run: u64,
    #[serde(default)]
    checks_skipped: u64,
    findings: Vec<Found>,
    #[serde(default)]
    error: Option<Trouble>,
}

#[derive(Deserialize)]
struct Trouble {
    #[serde(default)]
    message: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Found {
    check_id: String,
    severity: LintSeverity,
    message: String,
    error_code: Option<String>,
    path: Option<String>,
    target: Option<String>,
    requirement: Option<String>,
    fix_hint: Option<String>,
}

/// 0 is nothing found at or above the threshold, 1 is findings; anything else is no answer, whatever
/// it printed.
fn read(output: &Output) -> Result<Doctor, Why> {
    let failed = |words: String| Why::new(WhyKind::Failed, words);
    let said = || match wash(&output.stderr, 200) {
        text if text.is_empty() => String::new(),
        text => format!(": {text}"),
    };
    let code = match output.status {
        Some(code @ (0 | 1)) => code,
        Some(code) => {
            return Err(failed(format!(
                "{CALLED} broke off with exit code {code}{}",
                said()
            )));
        }
        None => return Err(failed(format!("{CALLED} was ended by a signal{}", said()))),
    };
    let envelope = envelope(output)?;
    if let Some(trouble) = envelope.error {
        let words = wash(&trouble.message, 300);
        return Err(failed(format!("{CALLED} could not look: {words}")));
    }
    if code == 1 && envelope.findings.is_empty() {
        return Err(failed(format!(
            "{CALLED} exits with 1 and names no finding{}",
            said()
        )));
    }
    Ok(Doctor {
        checks_run: envelope.checks_run,
        checks_skipped: envelope.checks_skipped,
        findings: envelope.findings.into_iter().map(Found::kept).collect(),
    })
}

fn envelope(output: &Output) -> Result<Envelope, Why> {
    let unparsable = |words: String| Why::new(WhyKind::Unparsable, words);
    if output.stdout.len() >= MOST {
        return Err(unparsable(format!("{CALLED} says more than 1 MiB")));
    }
    let document: Value = serde_json::from_str(output.stdout.trim()).map_err(|error| {
        unparsable(format!(
            "{CALLED} does not answer with one JSON document ({error}): \"{}\"",
            wash(&output.stdout, 120)
        ))
    })?;
    match document.get("schemaVersion") {
        Some(version) if version.as_u64() == Some(SCHEMA_VERSION) => {}
        version => {
            let version = version.map_or_else(|| "no version".to_owned(), Value::to_string);
            return Err(unparsable(format!(
                "{CALLED} answers in another form (schemaVersion {}); this clawdoctor reads version \
                 {SCHEMA_VERSION}",
                wash(&version, 40)
            )));
        }
    }
    serde_json::from_value(document)
        .map_err(|error| unparsable(format!("{CALLED} answers in an unknown form: {error}")))
}

impl Found {
    fn kept(self) -> Lint {
        let line = |text: Option<String>| text.map(|text| wash(&text, LINE));
        Lint {
            check_id: wash(&self.check_id, 200),
            severity: self.severity,
            message: wash(&self.message, LINE),
            error_code: line(self.error_code),
            path: line(self.path),
            target: line(self.target),
            requirement: line(self.requirement),
            fix_hint: line(self.fix_hint),
        }
    }
}

#[cfg(test)]
#[path = "doctor_tests.rs"]
mod tests;
