//! The report of one run: the JSON contract as types. A superset of the finding contract of
//! `openclaw doctor --lint --json`, so that a reader of that reads this.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::check::{FixMode, FixNeed, Risk, Severity};
use super::verdict::{SkipReason, Status};

/// Bumped only when an old reader would misunderstand; new keys may appear at any time.
pub const SCHEMA_VERSION: u32 = 1;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    pub schema_version: u32,
    /// The process would exit 0.
    pub ok: bool,
    pub checks_run: usize,
    pub checks_skipped: usize,
    /// Worst first, then by check and path.
    pub findings: Vec<Finding>,
    /// Troubles of the run itself that changed no verdict.
    pub warnings: Vec<String>,
    /// Present when the run could not be made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RunError>,
    /// Always `clawdoctor.report`.
    pub report: String,
    pub tool: Tool,
    pub node: Node,
    /// RFC 3339 in UTC.
    pub started_at: String,
    pub duration_ms: u64,
    pub outcome: Conclusion,
    pub fail_on: Severity,
    pub summary: Summary,
    pub checks: Vec<Outcome>,
    pub suppressed_findings: Vec<Finding>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunError {
    /// `usage`, `input`, `system`, `interrupted` or `internal`.
    #[serde(rename = "type")]
    pub kind: String,
    pub message: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Tool {
    pub name: String,
    pub version: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Node {
    /// A salted hash unless set with `--node-id`.
    pub id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub os: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub os_version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arch: Option<String>,
    /// The engine's provider: `docker-desktop`, `orbstack`, `linux-engine`, …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runtime: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runtime_version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub openclaw_version: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Conclusion {
    /// Nothing was found.
    Clean,
    Findings,
    /// A required check could not be determined.
    Incomplete,
    /// The run could not be made.
    Failed,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Summary {
    pub pass: usize,
    pub warn: usize,
    pub fail: usize,
    pub skip: usize,
    pub error: usize,
    pub suppressed: usize,
}

/// One thing that is wrong. The first ten keys are OpenClaw's, in its order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    pub check_id: String,
    pub severity: Severity,
    pub message: String,
    pub source: String,
    pub error_code: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The observed value or the subject: an agent, an image, a mount.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requirement: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix_hint: Option<String>,
    pub title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub docs_url: Option<String>,
    /// Stable over runs for the same check and subject.
    pub fingerprint: String,
    pub fix: FixOffer,
    /// The check of ours that passes it on, where `source` is another doctor.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reported_by: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub evidence: Vec<super::verdict::Evidence>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub waiver: Option<AppliedWaiver>,
}

impl Finding {
    /// The check of the list that it belongs to: for a finding of another doctor's the one that
    /// passes it on.
    pub fn check(&self) -> &str {
        self.reported_by.as_deref().unwrap_or(&self.check_id)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FixOffer {
    pub id: String,
    pub mode: FixMode,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub risk: Option<Risk>,
    pub reversible: bool,
    pub needs: Vec<FixNeed>,
    /// Only commands that are safe to run unattended as they stand.
    pub commands: Vec<Vec<String>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AppliedWaiver {
    pub reason: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// The last day on which it holds.
    pub expires: String,
}

/// What became of one check.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    pub check_id: String,
    /// 0 to 4; absent for checks that always hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<u8>,
    pub title: String,
    pub status: Status,
    pub required: bool,
    pub duration_ms: u64,
    /// One line for a person.
    pub summary: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skip_reason: Option<SkipReason>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub blocked_by: Vec<String>,
    /// Why it could not be determined.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_code: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub evidence: Vec<super::verdict::Evidence>,
}
