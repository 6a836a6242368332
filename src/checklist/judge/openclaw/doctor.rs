//! What OpenClaw's own doctor found, passed on under its own ids: we add no opinion of ours.

#![expect(
    clippy::unused_self,
    reason = "judges have one shape, and some have no parameters"
)]

use serde::Deserialize;
use serde_json::json;

use crate::checklist::verdict::{Complaint, Level, Ruling, Theirs};
use crate::facts::openclaw::{Doctor as Said, Lint, LintSeverity};
use crate::facts::{Facts, Why, WhyKind};

#[derive(Clone, Debug, PartialEq, Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Doctor {}

impl Doctor {
    pub(in super::super) fn rule(&self, facts: &Facts) -> Result<Ruling, Why> {
        let said = facts.openclaw.doctor.get().map_err(|why| match why.kind {
            WhyKind::NotAsked => Why::new(
                WhyKind::NotAsked,
                "not asked when this node was looked at: it needs --deep",
            ),
            _ => why,
        })?;
        let complaints = said.findings.iter().map(passed_on).collect();
        let ruling = Ruling::found(complaints, "");
        let counts = json!({ "checksRun": said.checks_run, "checksSkipped": said.checks_skipped });
        Ok(Ruling {
            summary: in_brief(said),
            ..ruling
        }
        .evidence("/openclaw/doctor", counts))
    }
}

fn passed_on(lint: &Lint) -> Complaint {
    let level = match lint.severity {
        LintSeverity::Info => Level::Note,
        LintSeverity::Warning => Level::Warn,
        LintSeverity::Error => Level::Fail,
    };
    let theirs = Theirs {
        source: "openclaw",
        check_id: lint.check_id.clone(),
        code: lint.error_code.clone(),
    };
    Complaint {
        path: lint.path.clone(),
        target: lint.target.clone(),
        requirement: lint.requirement.clone(),
        hint: lint.fix_hint.clone(),
        ..Complaint::of_theirs(level, theirs, &lint.message)
    }
}

/// `35 checks of OpenClaw's, 3 warnings, 1 note`
fn in_brief(said: &Said) -> String {
    let mut parts = vec![format!("{} checks of OpenClaw's", said.checks_run)];
    for (severity, one, more) in [
        (LintSeverity::Error, "error", "errors"),
        (LintSeverity::Warning, "warning", "warnings"),
        (LintSeverity::Info, "note", "notes"),
    ] {
        let of = said.findings.iter().filter(|one| one.severity == severity);
        match of.count() {
            0 => {}
            1 => parts.push(format!("1 {one}")),
            count => parts.push(format!("{count} {more}")),
        }
    }
    if said.findings.is_empty() {
        parts.push("nothing found".to_owned());
    }
    parts.join(", ")
}
