//! From what a report found to a plan of repairs. Pure: facts and wishes go in, steps come out;
//! nothing is asked and nothing is changed.
//!
//! One file per area. A finding that no repair answers becomes advice: what a person has to do,
//! and why no step does it.

mod bring_up;
mod claw;
mod compose;
mod daemon;
mod desktop;
mod disk;
mod docker;
mod gateway;
mod headless;
mod image;
mod mounts;
mod node;
mod reach;
mod sandboxes;

#[cfg(test)]
mod tests;

use std::path::PathBuf;

use crate::checklist::check::{Risk, Severity};
use crate::checklist::report::{Finding, Report};
use crate::checklist::run::short;
use crate::facts::docker::FileText;
use crate::facts::{Facts, Section};
use crate::surroundings::Surroundings;

use super::owner::guard::Rules;
use super::repair::{Advice, Found, Moment, Need, PLAN_VERSION, Plan, Repair, Restart};
use super::step::Step;
use super::wishes::Wishes;
use crate::digest::Sha256;

/// What a planner is given.
#[derive(Clone, Copy, Debug)]
pub struct Node<'a> {
    pub facts: &'a Facts,
    pub wishes: &'a Wishes,
    /// Who would run it.
    pub operator: &'a Surroundings,
}

/// The findings of one check.
type Findings<'a> = [&'a Finding];

/// What a planner answers for the findings of one check.
#[derive(Debug, Default)]
struct Answer {
    repairs: Vec<Repair>,
    advice: Vec<Advice>,
}

impl Answer {
    fn repair(repair: Repair) -> Self {
        Self {
            repairs: vec![repair],
            advice: Vec::new(),
        }
    }

    fn advice(advice: Advice) -> Self {
        Self {
            repairs: Vec::new(),
            advice: vec![advice],
        }
    }

    fn extend(&mut self, other: Self) {
        self.repairs.extend(other.repairs);
        self.advice.extend(other.advice);
    }
}

/// The plan for a report's findings; with `ids`, for those checks alone.
pub fn plan(node: Node<'_>, report: &Report, ids: &[String], made_at: &str) -> Plan {
    let mut answer = Answer::default();
    // Several checks speak of one file, which is edited once.
    let mut settings: Vec<desktop::Asked<'_>> = Vec::new();
    for check in &report.checks {
        let id = short(&check.check_id);
        if !ids.is_empty() && !ids.iter().any(|wanted| wanted == id) {
            continue;
        }
        let findings: Vec<&Finding> = report
            .findings
            .iter()
            .filter(|finding| finding.check() == check.check_id)
            .filter(|finding| finding.severity > Severity::Info)
            .collect();
        if findings.is_empty() {
            continue;
        }
        if desktop::SETTINGS.contains(&id) {
            settings.push(desktop::Asked { id, findings });
        } else {
            answer.extend(answer_to(node, id, &findings));
        }
    }
    answer.extend(desktop::settings(node, &settings));
    let mut repairs: Vec<Repair> = Vec::new();
    for repair in answer.repairs {
        // Two checks may ask for the same: an image that is both missing and not named yet.
        if !repairs.iter().any(|known| known.steps == repair.steps) {
            repairs.push(repair);
        }
    }
    repairs.sort_by_key(rank);
    Plan {
        schema_version: PLAN_VERSION,
        report: "clawdoctor.plan".to_owned(),
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        made_at: made_at.to_owned(),
        node_id: report.node.id.clone(),
        repairs,
        advice: screen_first(answer.advice),
    }
}

/// What has to be done before the repairs, said once and first.
fn screen_first(advice: Vec<Advice>) -> Vec<Advice> {
    let (before, besides): (Vec<Advice>, Vec<Advice>) = advice
        .into_iter()
        .partition(|one| one.when == Moment::Before);
    let joined = before.into_iter().reduce(|mut first, next| {
        first.findings.extend(next.findings);
        for line in next.lines {
            if !first.lines.contains(&line) {
                first.lines.push(line);
            }
        }
        first
    });
    joined.into_iter().chain(besides).collect()
}

/// What the planner of a check reads besides what its judge does: gathered before it is planned
/// for that check alone. Without it the answer is advice.
pub fn reads(id: &str) -> &'static [Section] {
    use Section::{
        Desktop, Endpoint, Engine, Gateway, HostNames, Images, Inside, NodeSettings, Openclaw,
        Space, Standing, Workspaces,
    };
    match id {
        "docker/running" => &[Section::Host, Engine, Desktop, NodeSettings],
        "docker/endpoint" | "docker/provider" | "openclaw/docker-cli" => &[Section::Host, Engine],
        "docker/desktop-version" => &[Section::Host, NodeSettings],
        "docker/vm-memory" | "docker/vm-cpus" | "docker/autostart" | "docker/resource-saver" => {
            &[Section::Host, Endpoint, Engine, Desktop, NodeSettings]
        }
        "docker/disk" => &[Section::Host, Desktop],
        "host/disk" => &[Engine, Desktop, Openclaw, Standing, Workspaces, Space],
        "openclaw/version" | "openclaw/node" => &[Section::Host, Gateway],
        "docker/access" | "openclaw/gateway" => &[Section::Host],
        "openclaw/sandbox-mode" => &[Engine, Images],
        "image/present" | "image/platform" | "image/age" => &[Engine, Openclaw],
        "image/tools" | "image/user" => &[Engine],
        "sandbox/write" | "volume/ownership" => &[Engine, Inside],
        "sandbox/dns" => &[HostNames, Engine, Desktop],
        _ => &[],
    }
}

fn answer_to(node: Node<'_>, id: &str, findings: &Findings<'_>) -> Answer {
    match id {
        "image/present" | "image/platform" | "image/tools" | "image/user" | "image/age" => {
            image::plan(node, id, findings)
        }
        "openclaw/sandbox-mode" | "openclaw/limits" | "openclaw/network-policy" => {
            claw::settings(node, id, findings)
        }
        "openclaw/gateway" => gateway::gateway(node, findings),
        "openclaw/docker-cli" => gateway::docker_cli(node, findings),
        "openclaw/version" | "openclaw/node" => node::openclaw(node, id, findings),
        "sandbox/stale" => sandboxes::stale(node, findings),
        "sandbox/dns" => sandboxes::dns(node, findings),
        "sandbox/start" => sandboxes::network(node, findings),
        "sandbox/write" | "volume/ownership" => mounts::plan(node, id, findings),
        "docker/running" => docker::running(node, findings),
        "docker/access" => reach::access(node, findings),
        "docker/endpoint" | "docker/provider" => reach::choice(node, id, findings),
        "docker/desktop-version" => desktop::version(node, findings),
        "docker/disk" | "host/disk" => disk::disk(node, id, findings),
        "sandbox/leftovers" => disk::of_the_gone(node, findings),
        "host/power" => headless::power(node, findings),
        "host/login-session" => headless::login(findings),
        _ => by_hand(id, findings, "only a person can decide or do this"),
    }
}

/// What a change must find done before it.
fn rank(repair: &Repair) -> u8 {
    let of = |step: &Step| match step {
        Step::RunProgram(_) | Step::RemoveFolder(_) => 0,
        Step::ControlEngine(_) => 1,
        Step::EditJson(_) | Step::PlaceLink(_) | Step::PlaceFile(_) => 2,
        Step::MakeNetwork(_) => 3,
        Step::ProvideImage(_) => 4,
        Step::Configure(_) => 5,
        Step::OwnVolume(_) | Step::OwnTree(_) => 6,
        Step::Recreate(_) => 7,
    };
    let last = repair.steps.iter().map(of).max().unwrap_or(0);
    // Settings of the machine itself wait for nothing and nothing waits for them.
    if repair.check.starts_with("host/") {
        8
    } else {
        last
    }
}

/// Whether a file may be edited by what is recorded of it. A link leads somewhere else, and a text
/// that was made presentable says something else than the file.
fn trusted(source: &FileText, path: &str) -> Result<(), String> {
    if source.symlink {
        return Err(format!("{path} is a symbolic link"));
    }
    if Sha256::of(source.text.as_bytes()).as_str() != source.sha256 {
        return Err(format!("what {path} says was redacted here"));
    }
    Ok(())
}

/// Where rights may be changed at all, for this user's plans and for whoever applies them.
pub fn rules(operator: &Surroundings, within: &[String]) -> Rules {
    let home = &operator.home;
    let secrets = operator.var("DOCKER_CONFIG").map(PathBuf::from);
    Rules {
        allowed_roots: within.iter().map(PathBuf::from).collect(),
        homes: vec![home.clone()],
        secrets: secrets.into_iter().collect(),
    }
}

fn found(findings: &Findings<'_>) -> Vec<Found> {
    findings
        .iter()
        .map(|finding| Found {
            code: finding.error_code.clone(),
            message: finding.message.clone(),
            fingerprint: finding.fingerprint.clone(),
        })
        .collect()
}

/// Advice from the findings' own hints.
fn by_hand(id: &str, findings: &Findings<'_>, why: &str) -> Answer {
    let mut lines: Vec<String> = Vec::new();
    for hint in findings.iter().filter_map(|f| f.fix_hint.clone()) {
        if !lines.contains(&hint) {
            lines.push(hint);
        }
    }
    lines.push(format!("more: clawdoctor explain {id}"));
    advise(id, findings, why, lines)
}

fn advise(id: &str, findings: &Findings<'_>, why: &str, lines: Vec<String>) -> Answer {
    Answer::advice(Advice {
        check: id.to_owned(),
        findings: found(findings),
        why: why.to_owned(),
        lines,
        when: Moment::Besides,
    })
}

/// A repair with nothing said yet but what it is for.
fn repair(id: &str, findings: &Findings<'_>, title: impl Into<String>, risk: Risk) -> Repair {
    Repair {
        id: id.to_owned(),
        check: id.to_owned(),
        also: Vec::new(),
        title: title.into(),
        findings: found(findings),
        risk,
        cost: String::new(),
        undo: None,
        needs: Vec::new(),
        only_named: false,
        waits_for: Vec::new(),
        restart: None,
        steps: Vec::new(),
    }
}

impl Repair {
    fn about(mut self, subject: &str) -> Self {
        self.id = format!("{}@{subject}", self.check);
        self
    }

    fn cost(mut self, words: impl Into<String>) -> Self {
        self.cost = words.into();
        self
    }

    fn undo(mut self, words: impl Into<String>) -> Self {
        self.undo = Some(words.into());
        self
    }

    fn needs(mut self, need: Need) -> Self {
        if !self.needs.contains(&need) {
            self.needs.push(need);
        }
        self
    }

    fn waits_for(mut self, ids: Vec<String>) -> Self {
        self.waits_for = ids;
        self
    }

    fn named(mut self) -> Self {
        self.only_named = true;
        self
    }

    /// Of an administrator's rights, where they are not there already.
    fn needs_root(self, node: Node<'_>) -> Self {
        if node.operator.uid == 0 {
            self
        } else {
            self.needs(Need::Sudo)
        }
    }

    fn restart(mut self, restart: Restart) -> Self {
        self.restart = Some(restart);
        self
    }

    fn step(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }
}
