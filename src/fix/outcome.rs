//! What a run of repairs came to: the JSON document of `fix`, `plan` and `undo` as types. Its
//! first keys are those of a report, so that a reader of findings reads what remains. Pure.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::repair::{Advice, Need, Plan, Repair, Restart};
use super::words;
use crate::checklist::check::{Risk, Severity};
use crate::checklist::report::{Finding, Node, Report, SCHEMA_VERSION, Summary, Tool};
use crate::checklist::run::short;
use crate::checklist::verdict::Status;
use crate::exit;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FixReport {
    pub schema_version: u32,
    /// The process would exit 0.
    pub ok: bool,
    pub checks_run: usize,
    pub checks_skipped: usize,
    /// What remains, as the last look at the node found it.
    pub findings: Vec<Finding>,
    pub warnings: Vec<String>,
    /// Always `clawdoctor.fix`.
    pub report: String,
    pub tool: Tool,
    pub node: Node,
    /// RFC 3339 in UTC.
    pub started_at: String,
    pub duration_ms: u64,
    pub fail_on: Severity,
    pub summary: Summary,
    /// Something on the node is not as it was.
    pub changed: bool,
    /// Names the run for `undo`; none when nothing was begun.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_id: Option<String>,
    pub conclusion: FixConclusion,
    pub repairs: Vec<RepairReport>,
    pub advice: Vec<AdviceReport>,
    /// What has to be started anew before all of it is in force.
    pub needs_restart: Vec<RestartWord>,
    /// Required checks that could not be determined.
    pub undetermined: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FixConclusion {
    /// Nothing at or above the threshold remains.
    Clean,
    /// Something remains: declined, not allowed, or for a person to do.
    Remains,
    /// A repair was refused or failed.
    Failed,
    /// A required check could not be determined.
    Incomplete,
    /// Applied; in force after a restart.
    RestartNeeded,
    /// Only shown.
    Planned,
    Interrupted,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RepairReport {
    pub id: String,
    pub check_id: String,
    /// Other checks that the same repair mends.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also_check_ids: Vec<String>,
    pub title: String,
    pub risk: Risk,
    pub status: RepairStatus,
    /// What its check says afterwards.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verified: Option<Status>,
    /// Why it was not done, or what went wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// What to add to the command line for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow: Option<String>,
    pub reversible: bool,
    pub cost: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undo: Option<String>,
    pub needs: Vec<NeedWord>,
    /// Repairs that have to be done before it, or it is left.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waits_for: Vec<String>,
    pub steps: Vec<StepReport>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RepairStatus {
    /// Only shown.
    Planned,
    /// Done, and its check passes.
    Fixed,
    /// Done, and its check does not pass (yet).
    Applied,
    /// It stood so already.
    Already,
    /// The person said no.
    Declined,
    /// No flag covers it.
    NotAllowed,
    /// What it waits for was not done.
    Waits,
    /// The world has moved on since the plan, or it would do harm now.
    Refused,
    /// It failed, and what was done of it is taken back.
    RolledBack,
    /// It failed, and not all of it could be taken back.
    Stuck,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StepReport {
    pub effect: String,
    /// What one would type to do the same.
    pub commands: Vec<String>,
    /// Lines that begin with `-` and `+`.
    pub diff: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AdviceReport {
    pub check_id: String,
    pub why: String,
    pub lines: Vec<String>,
}

#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum RestartWord {
    Gateway,
    Engine,
    Login,
    Host,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NeedWord {
    Sudo,
    GuiSession,
    EngineRestart,
    GatewayRestart,
    Network,
    Disk,
}

impl From<Restart> for RestartWord {
    fn from(restart: Restart) -> Self {
        match restart {
            Restart::Gateway => Self::Gateway,
            Restart::Engine => Self::Engine,
            Restart::Login => Self::Login,
            Restart::Host => Self::Host,
        }
    }
}

impl RestartWord {
    /// What is to be done for it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Gateway => "start the gateway anew: openclaw gateway restart",
            Self::Engine => "start the engine anew",
            Self::Login => "log in anew, then run: clawdoctor check",
            Self::Host => "start the machine anew, then run: clawdoctor fix --resume",
        }
    }
}

impl From<Need> for NeedWord {
    fn from(need: Need) -> Self {
        match need {
            Need::Sudo => Self::Sudo,
            Need::GuiSession => Self::GuiSession,
            Need::EngineRestart => Self::EngineRestart,
            Need::GatewayRestart => Self::GatewayRestart,
            Need::Network => Self::Network,
            Need::Disk => Self::Disk,
        }
    }
}

impl RepairReport {
    pub fn of(repair: &Repair, status: RepairStatus) -> Self {
        let full = |id: &String| format!("{}{id}", crate::checklist::id::PREFIX);
        let steps = repair.steps.iter().map(|step| StepReport {
            effect: words::effect(step),
            commands: words::commands(step),
            diff: words::difference(step),
        });
        Self {
            id: repair.id.clone(),
            check_id: full(&repair.check),
            also_check_ids: repair.also.iter().map(full).collect(),
            title: repair.title.clone(),
            risk: repair.risk,
            status,
            verified: None,
            message: None,
            allow: None,
            reversible: repair.undo.is_some(),
            cost: repair.cost.clone(),
            undo: repair.undo.clone(),
            needs: repair.needs.iter().copied().map(NeedWord::from).collect(),
            waits_for: repair.waits_for.clone(),
            steps: steps.collect(),
        }
    }

    /// What became of it, for people.
    pub fn words(&self) -> &'static str {
        match self.status {
            RepairStatus::Fixed => "fixed, and its check passes",
            RepairStatus::Applied if self.verified == Some(Status::Skip) => {
                "done; its check waits for another"
            }
            RepairStatus::Applied => "done, but its check does not pass",
            RepairStatus::Already => "stood so already",
            RepairStatus::Planned => "planned",
            RepairStatus::Declined => "declined",
            RepairStatus::NotAllowed => "not allowed",
            RepairStatus::Waits => "left, since it waits for another",
            RepairStatus::Refused => "refused",
            RepairStatus::RolledBack => "failed, and taken back",
            RepairStatus::Stuck => "failed, and not all of it taken back",
        }
    }

    #[must_use]
    pub fn because(mut self, message: impl Into<String>) -> Self {
        self.message = Some(message.into());
        self
    }
}

impl From<&Advice> for AdviceReport {
    fn from(advice: &Advice) -> Self {
        Self {
            check_id: format!("{}{}", crate::checklist::id::PREFIX, advice.check),
            why: advice.why.clone(),
            lines: advice.lines.clone(),
        }
    }
}

impl FixReport {
    /// From the last look at the node and what became of the repairs.
    pub fn new(report: Report, repairs: Vec<RepairReport>, advice: &[Advice]) -> Self {
        let undetermined = report
            .checks
            .iter()
            .filter(|check| check.required && check.status == Status::Error)
            .map(|check| check.check_id.clone())
            .collect();
        Self {
            schema_version: SCHEMA_VERSION,
            ok: false,
            checks_run: report.checks_run,
            checks_skipped: report.checks_skipped,
            findings: report.findings,
            warnings: report.warnings,
            report: "clawdoctor.fix".to_owned(),
            tool: report.tool,
            node: report.node,
            started_at: report.started_at,
            duration_ms: report.duration_ms,
            fail_on: report.fail_on,
            summary: report.summary,
            changed: false,
            run_id: None,
            conclusion: FixConclusion::Planned,
            repairs,
            advice: advice.iter().map(AdviceReport::from).collect(),
            needs_restart: Vec::new(),
            undetermined,
        }
    }

    /// Leaves out what was not asked about: it is not what the run was for.
    pub fn only(&mut self, ids: &[String]) {
        let asked = |check_id: &str| ids.iter().any(|id| id == short(check_id));
        self.findings.retain(|finding| asked(finding.check()));
        self.undetermined.retain(|check_id| asked(check_id));
        self.ok = self.exit_code() == exit::CLEAN;
    }

    /// Draws the conclusion: 2 before 1 before 3 (the exit codes of `fix`).
    pub fn conclude(&mut self) {
        let has = |wanted: &[RepairStatus]| {
            self.repairs
                .iter()
                .any(|repair| wanted.contains(&repair.status))
        };
        let failed = has(&[
            RepairStatus::Refused,
            RepairStatus::RolledBack,
            RepairStatus::Stuck,
        ]);
        // What waits for a restart is not what remains.
        let waits = |finding: &Finding| {
            !self.needs_restart.is_empty()
                && self.repairs.iter().any(|repair| {
                    let mut checks =
                        std::iter::once(&repair.check_id).chain(&repair.also_check_ids);
                    repair.status == RepairStatus::Applied
                        && checks.any(|id| *id == finding.check())
                })
        };
        let remains = self
            .findings
            .iter()
            .any(|finding| finding.severity >= self.fail_on && !waits(finding));
        self.conclusion = if failed {
            FixConclusion::Failed
        } else if !self.undetermined.is_empty() && !remains {
            FixConclusion::Incomplete
        } else if remains {
            FixConclusion::Remains
        } else if self.needs_restart.is_empty() {
            FixConclusion::Clean
        } else {
            FixConclusion::RestartNeeded
        };
        self.ok = self.exit_code() == exit::CLEAN;
    }

    pub fn exit_code(&self) -> u8 {
        match self.conclusion {
            FixConclusion::Clean => exit::CLEAN,
            FixConclusion::Remains => exit::FINDINGS,
            FixConclusion::Failed | FixConclusion::Incomplete => exit::INCONCLUSIVE,
            FixConclusion::RestartNeeded => exit::RESTART_NEEDED,
            // As `check` weighs them: what is wrong before what is not known.
            FixConclusion::Planned => {
                if self.findings.iter().any(|f| f.severity >= self.fail_on) {
                    exit::FINDINGS
                } else if !self.undetermined.is_empty() {
                    exit::INCONCLUSIVE
                } else if self.repairs.is_empty() {
                    exit::CLEAN
                } else {
                    exit::FINDINGS
                }
            }
            FixConclusion::Interrupted => exit::INTERRUPTED,
        }
    }
}

/// The plan as it is shown: nothing was done.
pub fn planned(
    report: Report,
    plan: &Plan,
    allow: impl Fn(&Repair) -> Option<String>,
) -> FixReport {
    let repairs = plan
        .repairs
        .iter()
        .map(|repair| RepairReport {
            allow: allow(repair),
            ..RepairReport::of(repair, RepairStatus::Planned)
        })
        .collect();
    let mut shown = FixReport::new(report, repairs, &plan.advice);
    shown.ok = shown.exit_code() == exit::CLEAN;
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fix::trial;

    fn report(status: RepairStatus, severity: Option<Severity>) -> FixReport {
        let repair = RepairReport::of(&trial::repair("a/b", Risk::Safe), status);
        FixReport::new(trial::report(severity), vec![repair], &[])
    }

    #[test]
    fn a_failure_weighs_more_than_what_remains_and_that_more_than_a_restart() {
        let code = |mut report: FixReport| {
            report.conclude();
            report.exit_code()
        };
        assert_eq!(code(report(RepairStatus::Fixed, None)), 0);
        assert_eq!(
            code(report(RepairStatus::Declined, Some(Severity::Error))),
            1
        );
        assert_eq!(
            code(report(RepairStatus::RolledBack, Some(Severity::Error))),
            2
        );
        assert_eq!(code(report(RepairStatus::Refused, None)), 2);
        let mut waits = report(RepairStatus::Applied, Some(Severity::Error));
        waits.needs_restart = vec![RestartWord::Login];
        assert_eq!(code(waits), 3, "its finding waits for the login");
    }

    #[test]
    fn a_plan_for_a_node_of_which_too_little_is_known_does_not_end_well() {
        let mut shown = report(RepairStatus::Planned, None);
        shown.repairs.clear();
        assert_eq!(shown.exit_code(), 0);
        shown.undetermined = vec!["clawdoctor/c/d".to_owned()];
        assert_eq!(shown.exit_code(), 2);
        shown.only(&["a/b".to_owned()]);
        assert_eq!(shown.exit_code(), 0, "it was not asked about");
        assert!(shown.ok);
    }

    #[test]
    fn a_warning_that_remains_is_no_error() {
        let mut report = report(RepairStatus::NotAllowed, Some(Severity::Warning));
        report.conclude();
        assert!(report.ok);
    }
}
