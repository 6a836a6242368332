//! From facts to a report: every judge rules, what a failure explains is blocked, waivers are
//! applied, findings are counted. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::digest::Sha256;
use jiff::civil::Date;

use super::catalog::Catalog;
use super::check::{Check, FixMode, Severity};
use super::id::{CheckId, PREFIX};
use super::report::{
    AppliedWaiver, Conclusion, Finding, FixOffer, Node, Outcome, Report, SCHEMA_VERSION, Summary,
    Tool,
};
use super::verdict::{Complaint, Level, Ruling, SkipReason, Status, Verdict};
use super::waiver::Waiver;
use crate::exit;
use crate::facts::{Facts, Section, Why, WhyKind};
use crate::text::wash;

/// What a run was asked for, and what it measured of itself.
#[derive(Clone, Debug)]
pub struct Terms {
    /// The checks to conclude; what they need is ruled on as well, and told when it is not well.
    pub selected: BTreeSet<CheckId>,
    pub waivers: Vec<Waiver>,
    pub today: Date,
    pub fail_on: Severity,
    pub node_id: String,
    pub duration_ms: u64,
    /// How long the gathering of each section took, in milliseconds.
    pub spent: BTreeMap<Section, u64>,
    pub warnings: Vec<String>,
}

/// The ruling on one check with what the run makes of it.
#[derive(Clone, Debug)]
struct Ruled<'a> {
    check: &'a Check,
    ruling: Ruling,
    status: Status,
    skip: Option<SkipReason>,
    blocked_by: Vec<CheckId>,
}

/// Lets every judge rule and tells what came of it.
pub fn evaluate(catalog: &Catalog, facts: &Facts, terms: &Terms) -> Report {
    let ruled = rule(catalog, facts);
    let mut findings = Vec::new();
    let mut suppressed = Vec::new();
    let mut outcomes = Vec::new();
    for check in catalog.checks() {
        let one = &ruled[&check.id];
        if !is_told(one, &ruled, terms) {
            outcomes.push(not_selected(check));
            continue;
        }
        let (open, waived): (Vec<Finding>, Vec<Finding>) = complaints(one)
            .iter()
            .map(|complaint| finding(check, &one.ruling, complaint, terms))
            .partition(|finding| finding.waiver.is_none());
        let mut outcome = outcome(one, terms);
        if !waived.is_empty() {
            let worst = open.iter().map(|finding| finding.severity).max();
            outcome.status = match worst {
                Some(Severity::Error) => Status::Fail,
                Some(Severity::Warning) => Status::Warn,
                Some(Severity::Info) => Status::Pass,
                None => Status::Skip,
            };
            outcome.skip_reason = worst.is_none().then_some(SkipReason::Waived);
        }
        outcomes.push(outcome);
        findings.extend(open);
        suppressed.extend(waived);
    }
    findings.sort_by(|a, b| {
        let key = |f: &Finding| (f.check_id.clone(), f.path.clone(), f.target.clone());
        b.severity
            .cmp(&a.severity)
            .then_with(|| key(a).cmp(&key(b)))
    });
    conclude(facts, terms, findings, suppressed, outcomes)
}

fn rule<'a>(catalog: &'a Catalog, facts: &Facts) -> BTreeMap<CheckId, Ruled<'a>> {
    let order = catalog
        .by_need()
        .expect("a catalogue with a circle is refused when it is read");
    let mut ruled: BTreeMap<CheckId, Ruled> = BTreeMap::new();
    for check in order {
        let blockers = blockers(&check.spec.needs, &ruled);
        let ruling = if blockers.is_empty() {
            judged(check, facts)
        } else {
            let names: Vec<&str> = blockers.iter().map(CheckId::as_str).collect();
            Ruling::blocked(&names)
        };
        let (status, skip) = status(&ruling.verdict, check.spec.severity);
        let blocked_by = match &ruling.verdict {
            // A judge may name a check that is itself blocked: tell the root of it.
            Verdict::Blocked(by) => roots(by, &ruled),
            _ => Vec::new(),
        };
        ruled.insert(
            check.id.clone(),
            Ruled {
                check,
                ruling,
                status,
                skip,
                blocked_by,
            },
        );
    }
    ruled
}

/// A judge with a bug costs its own check alone, and never the report.
fn judged(check: &Check, facts: &Facts) -> Ruling {
    let judging = AssertUnwindSafe(|| check.spec.judge.rule(facts));
    catch_unwind(judging).unwrap_or_else(|_| {
        // What it said went to the panic hook.
        let why = "this check crashed: a bug in clawdoctor";
        Ruling::unknown(Why::new(WhyKind::Failed, why))
    })
}

/// The failures behind these needs, at their root.
fn blockers(needs: &[CheckId], ruled: &BTreeMap<CheckId, Ruled>) -> Vec<CheckId> {
    let bad: Vec<CheckId> = needs
        .iter()
        .filter(|need| {
            ruled.get(need).is_some_and(|one| {
                matches!(one.status, Status::Fail | Status::Error)
                    || one.skip == Some(SkipReason::Blocked)
            })
        })
        .cloned()
        .collect();
    roots(&bad, ruled)
}

fn roots(ids: &[CheckId], ruled: &BTreeMap<CheckId, Ruled>) -> Vec<CheckId> {
    let mut roots = BTreeSet::new();
    for id in ids {
        match ruled.get(id) {
            Some(one) if !one.blocked_by.is_empty() => roots.extend(one.blocked_by.clone()),
            _ => {
                roots.insert(id.clone());
            }
        }
    }
    roots.into_iter().collect()
}

/// A check whose failures are warnings never fails: it warns.
fn status(verdict: &Verdict, severity: Severity) -> (Status, Option<SkipReason>) {
    match verdict {
        Verdict::Pass => (Status::Pass, None),
        Verdict::Found(complaints) => {
            let worst = complaints.iter().map(|complaint| complaint.level).max();
            match worst {
                Some(Level::Fail) if severity == Severity::Error => (Status::Fail, None),
                Some(Level::Fail | Level::Warn) => (Status::Warn, None),
                Some(Level::Note) | None => (Status::Pass, None),
            }
        }
        Verdict::NotApplicable(_) => (Status::Skip, Some(SkipReason::NotApplicable)),
        Verdict::Blocked(_) => (Status::Skip, Some(SkipReason::Blocked)),
        Verdict::Unknown(why) => match why.kind {
            WhyKind::NotAsked => (Status::Skip, Some(SkipReason::NotSelected)),
            WhyKind::NotApplicable => (Status::Skip, Some(SkipReason::NotApplicable)),
            WhyKind::Offline => (Status::Skip, Some(SkipReason::Offline)),
            WhyKind::Absent
            | WhyKind::Denied
            | WhyKind::Timeout
            | WhyKind::Unparsable
            | WhyKind::Failed => (Status::Error, None),
        },
    }
}

/// Selected, or the failure that a selected check waits for: it must not hide.
fn is_told(one: &Ruled, all: &BTreeMap<CheckId, Ruled>, terms: &Terms) -> bool {
    terms.selected.contains(&one.check.id)
        || all.values().any(|other| {
            terms.selected.contains(&other.check.id) && other.blocked_by.contains(&one.check.id)
        })
}

fn complaints<'a>(one: &'a Ruled) -> &'a [Complaint] {
    match &one.ruling.verdict {
        Verdict::Found(complaints) => complaints,
        Verdict::Pass | Verdict::Unknown(_) | Verdict::NotApplicable(_) | Verdict::Blocked(_) => {
            &[]
        }
    }
}

fn finding(check: &Check, ruling: &Ruling, complaint: &Complaint, terms: &Terms) -> Finding {
    let waiver = terms
        .waivers
        .iter()
        .find(|w| w.holds_on(terms.today) && w.covers(&check.id, complaint));
    let place = complaint.path.as_ref().or(complaint.target.as_ref());
    let theirs = complaint.theirs.as_ref();
    let code = theirs.and_then(|theirs| theirs.code.as_deref());
    let code = code.unwrap_or(complaint.code);
    let id = theirs.map_or(check.id.as_str(), |theirs| &theirs.check_id);
    Finding {
        check_id: theirs.map_or_else(|| check.id.full(), |theirs| theirs.check_id.clone()),
        severity: match complaint.level {
            Level::Fail => check.spec.severity,
            Level::Warn => Severity::Warning,
            Level::Note => Severity::Info,
        },
        message: complaint.message.clone(),
        source: theirs
            .map_or("clawdoctor", |theirs| theirs.source)
            .to_owned(),
        error_code: code.to_owned(),
        path: complaint.path.clone(),
        target: complaint.target.clone(),
        requirement: complaint.requirement.clone(),
        fix_hint: own_remedy(check).or_else(|| complaint.hint.clone()),
        title: check.spec.title.clone(),
        docs_url: check.spec.references.first().cloned(),
        fingerprint: fingerprint(id, code, place.map_or("", String::as_str)),
        fix: FixOffer {
            id: check.id.as_str().replace('/', "."),
            mode: check.spec.fix.mode,
            risk: check.spec.fix.risk,
            reversible: check.spec.fix.reversible,
            needs: check.spec.fix.needs.clone(),
            commands: unattended(check),
        },
        reported_by: theirs.map(|_| check.id.full()),
        evidence: ruling.evidence.clone(),
        waiver: waiver.map(|waiver| AppliedWaiver {
            reason: waiver.reason.clone(),
            by: waiver.by.clone(),
            expires: waiver.expires.to_string(),
        }),
    }
}

/// What mends it without anybody there, as it stands: only where all of that is safe.
fn unattended(check: &Check) -> Vec<Vec<String>> {
    if check.spec.fix.mode != FixMode::Auto {
        return Vec::new();
    }
    let argv = ["clawdoctor", "fix", check.id.as_str(), "--yes"];
    vec![argv.map(str::to_owned).to_vec()]
}

/// Of a check of their own the operator knows best what to do.
fn own_remedy(check: &Check) -> Option<String> {
    let remedy = wash(&check.spec.remedy, 300);
    (check.spec.judge.is_custom() && !remedy.is_empty()).then_some(remedy)
}

/// Eight hex digits of what stays the same from run to run: the check, the reason and its place.
pub fn fingerprint(id: &str, code: &str, place: &str) -> String {
    let digest = Sha256::of(format!("{id}\n{code}\n{place}").as_bytes());
    digest.first(8).to_owned()
}

fn outcome(one: &Ruled, terms: &Terms) -> Outcome {
    let spec = &one.check.spec;
    let error_code = match &one.ruling.verdict {
        Verdict::Unknown(why) if one.status == Status::Error => Some(match why.kind {
            WhyKind::Denied => "denied",
            WhyKind::Timeout => "timeout",
            WhyKind::Unparsable => "unparsable",
            WhyKind::Absent => "absent",
            WhyKind::Failed | WhyKind::NotAsked | WhyKind::NotApplicable | WhyKind::Offline => {
                "failed"
            }
        }),
        _ => None,
    };
    let summary = if one.blocked_by.is_empty() {
        one.ruling.summary.clone()
    } else {
        let names: Vec<&str> = one.blocked_by.iter().map(CheckId::as_str).collect();
        format!("waits for {}", names.join(", "))
    };
    Outcome {
        check_id: one.check.id.full(),
        step: spec.step.number(),
        title: spec.title.clone(),
        status: one.status,
        required: spec.required,
        duration_ms: duration(one.check, terms),
        summary,
        observed: one.ruling.observed.clone(),
        expected: one.ruling.expected.clone(),
        unit: one.ruling.unit.map(str::to_owned),
        skip_reason: one.skip,
        blocked_by: one.blocked_by.iter().map(CheckId::full).collect(),
        error_code: error_code.map(str::to_owned),
        evidence: one.ruling.evidence.clone(),
    }
}

/// The slowest section that the check reads: they are gathered at the same time.
fn duration(check: &Check, terms: &Terms) -> u64 {
    let sections = check.spec.judge.sections().iter();
    let spent = sections.filter_map(|section| terms.spent.get(section));
    spent.copied().max().unwrap_or(0)
}

/// What a check says that nobody chose; one that was chosen and not asked says why instead.
pub const NOT_CHOSEN: &str = "not selected";
/// What one says that is left out as a rule.
pub const NOT_DEEP: &str = "asked with --deep alone";

fn not_selected(check: &Check) -> Outcome {
    let deep = check.spec.judge.sections().contains(&Section::Doctor);
    let left_out = if deep { NOT_DEEP } else { NOT_CHOSEN };
    Outcome {
        check_id: check.id.full(),
        step: check.spec.step.number(),
        title: check.spec.title.clone(),
        status: Status::Skip,
        required: check.spec.required,
        duration_ms: 0,
        summary: left_out.to_owned(),
        observed: None,
        expected: None,
        unit: None,
        skip_reason: Some(SkipReason::NotSelected),
        blocked_by: Vec::new(),
        error_code: None,
        evidence: Vec::new(),
    }
}

fn conclude(
    facts: &Facts,
    terms: &Terms,
    findings: Vec<Finding>,
    suppressed_findings: Vec<Finding>,
    checks: Vec<Outcome>,
) -> Report {
    let count = |status| checks.iter().filter(|one| one.status == status).count();
    let summary = Summary {
        pass: count(Status::Pass),
        warn: count(Status::Warn),
        fail: count(Status::Fail),
        skip: count(Status::Skip),
        error: count(Status::Error),
        suppressed: suppressed_findings.len(),
    };
    let inconclusive = checks
        .iter()
        .any(|one| one.required && one.status == Status::Error);
    let outcome = if inconclusive && !findings.iter().any(|f| f.severity >= terms.fail_on) {
        Conclusion::Incomplete
    } else if findings.is_empty() {
        Conclusion::Clean
    } else {
        Conclusion::Findings
    };
    let mut report = Report {
        schema_version: SCHEMA_VERSION,
        ok: false,
        checks_run: checks.len() - summary.skip,
        checks_skipped: summary.skip,
        findings,
        warnings: terms.warnings.clone(),
        error: None,
        report: "clawdoctor.report".to_owned(),
        tool: Tool::this(),
        node: node(facts, terms),
        started_at: facts.taken_at.clone(),
        duration_ms: terms.duration_ms,
        outcome,
        fail_on: terms.fail_on,
        summary,
        checks,
        suppressed_findings,
    };
    report.ok = exit_code(&report) == exit::CLEAN;
    report
}

fn node(facts: &Facts, terms: &Terms) -> Node {
    let platform = facts.host.platform.get().ok();
    let provider = facts.docker.provider.get().ok();
    Node {
        id: terms.node_id.clone(),
        os: platform.and_then(|p| word(p.os)),
        os_version: facts.host.os.get().ok().map(|os| os.version.clone()),
        arch: platform.map(|p| p.arch.clone()),
        runtime: provider.and_then(|p| word(p.kind)),
        runtime_version: provider.and_then(|p| p.version.clone()),
        openclaw_version: facts
            .openclaw
            .install
            .get()
            .ok()
            .map(|install| install.version.clone()),
    }
}

/// The word that a plain enum has in JSON.
fn word(value: impl serde::Serialize) -> Option<String> {
    let value = serde_json::to_value(value).ok()?;
    value.as_str().map(str::to_owned)
}

/// The exit code that a report stands for: findings win over what is inconclusive.
pub fn exit_code(report: &Report) -> u8 {
    if report.error.is_some() {
        return exit::INCONCLUSIVE;
    }
    if report
        .findings
        .iter()
        .any(|finding| finding.severity >= report.fail_on)
    {
        return exit::FINDINGS;
    }
    let undecided = |one: &Outcome| one.required && one.status == Status::Error;
    if report.checks.iter().any(undecided) {
        return exit::INCONCLUSIVE;
    }
    exit::CLEAN
}

impl Tool {
    pub fn this() -> Self {
        Self {
            name: "clawdoctor".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }
}

/// The short form of an id as it stands in a report.
pub fn short(check_id: &str) -> &str {
    check_id.strip_prefix(PREFIX).unwrap_or(check_id)
}

#[cfg(test)]
mod tests;
