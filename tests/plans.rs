//! What is planned for recorded nodes. `tests/plans/*.toml` is one case each: a node of
//! `tests/nodes/`, what differs, what the operator wishes, and the repairs and the advice that
//! must come out, no more and no less.

#![expect(
    clippy::disallowed_methods,
    reason = "reads the recorded nodes of this repository"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use clawdoctor::checklist::catalog::Catalog;
use clawdoctor::checklist::check::FixMode;
use clawdoctor::checklist::report::Report;
use clawdoctor::facts::openclaw::Mode;
use clawdoctor::facts::{Facts, Section};
use clawdoctor::fix::plan::{Node, plan, reads};
use clawdoctor::fix::repair::{Plan, Repair, risk_word};
use clawdoctor::fix::step::{Command, Step};
use clawdoctor::fix::wishes::Wishes;
use clawdoctor::surroundings::Surroundings;
use serde::{Deserialize, Serialize};
use toml::{Table, Value};

#[path = "support/node.rs"]
mod node;

use node::{facts_of, folder, merge, read};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// A sentence.
    name: String,
    node: String,
    /// The checks that are planned for; all of them where it is empty.
    #[serde(default)]
    ids: Vec<String>,
    #[serde(default)]
    facts: Table,
    /// What Docker Desktop's settings file says.
    #[serde(default)]
    settings_file: Option<String>,
    #[serde(default)]
    wishes: Wished,
    #[serde(default)]
    operator: Operator,
    #[serde(default)]
    expect: Expect,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Wished {
    attended: bool,
    docker_licence: bool,
    offline: bool,
    mode: Option<Mode>,
    dns: Vec<String>,
    image_tar: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Operator {
    uid: Option<u32>,
    env: BTreeMap<String, String>,
}

#[derive(Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
struct Expect {
    repairs: Vec<Expected>,
    advice: Vec<Told>,
}

#[derive(Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
struct Expected {
    id: String,
    risk: String,
    title: String,
    needs: Vec<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    only_named: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    waits_for: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    also: Vec<String>,
    /// What is done, a line each.
    does: Vec<String>,
    /// What undo runs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    undo: Vec<String>,
}

#[derive(Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
struct Told {
    check: String,
    why: String,
    lines: Vec<String>,
}

fn cases() -> Vec<(PathBuf, Case)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/plans");
    let entries = std::fs::read_dir(folder).expect("a folder of ours");
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
        .collect();
    files.sort();
    files
        .into_iter()
        .map(|path| (path.clone(), read(&path)))
        .collect()
}

fn facts(case: &Case) -> Facts {
    let mut facts = facts_of(&folder().join(&case.node));
    merge(&mut facts, case.facts.clone());
    let mut facts: Facts = Value::Table(facts)
        .try_into()
        .unwrap_or_else(|e| panic!("{}: these are no facts: {e}", case.name));
    if let Some(text) = &case.settings_file {
        let clawdoctor::facts::Reading::Known { value, .. } = &mut facts.docker.settings else {
            panic!("{}: no settings to add the file to", case.name);
        };
        value.source = Some(clawdoctor::facts::docker::FileText {
            sha256: hex(text),
            text: text.clone(),
            symlink: false,
        });
    }
    facts
}

fn hex(text: &str) -> String {
    clawdoctor::digest::Sha256::of(text.as_bytes()).to_string()
}

fn operator(case: &Case, facts: &Facts) -> Surroundings {
    let mac = facts
        .docker
        .endpoint
        .get()
        .is_ok_and(|e| e.url.contains("/Users/"))
        || facts.host.os.get().is_ok_and(|os| os.name == "macOS");
    let mut env: BTreeMap<String, String> = [
        ("PATH", "/usr/local/bin:/usr/bin:/bin"),
        ("CLAWDOCTOR_STATE_DIR", "/state"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    env.extend(case.operator.env.clone());
    let uid = case.operator.uid.unwrap_or(if mac { 501 } else { 1000 });
    Surroundings {
        env,
        uid,
        gid: uid,
        groups: vec![uid],
        user: if uid == 0 { "root" } else { "claw" }.to_owned(),
        home: if mac { "/Users/claw" } else { "/home/claw" }.into(),
        cwd: "/".into(),
    }
}

fn wishes(case: &Case) -> Wishes {
    let usual = Wishes::default();
    Wishes {
        attended: case.wishes.attended,
        docker_licence: case.wishes.docker_licence,
        network_allowed: !case.wishes.offline,
        mode: case.wishes.mode.unwrap_or(usual.mode),
        dns: case.wishes.dns.clone(),
        image_tar: case.wishes.image_tar.clone(),
        ..usual
    }
}

fn planned(case: &Case) -> Plan {
    let facts = facts(case);
    let catalog = Catalog::built_in().expect("the shipped checks are good");
    let report = node::judged(&catalog, &facts);
    planned_from(case, &report, [&facts, &facts], &case.ids)
}

/// The facts of these sections and of what they need; the rest was not asked for.
fn only(facts: &Facts, sections: &[Section]) -> Facts {
    let mut wanted: BTreeSet<Section> = BTreeSet::new();
    let mut open = sections.to_vec();
    while let Some(section) = open.pop() {
        if wanted.insert(section) {
            open.extend(section.needs());
        }
    }
    let mut some = Facts::default();
    for section in wanted {
        some.take_over(section, facts);
    }
    some
}

/// From a report of all facts, since a check that is not judged has no findings to plan for.
fn planned_from(case: &Case, report: &Report, facts: [&Facts; 2], ids: &[String]) -> Plan {
    let [all, known] = facts;
    let wishes = wishes(case);
    let operator = operator(case, all);
    let node = Node {
        facts: known,
        wishes: &wishes,
        operator: &operator,
    };
    plan(node, report, ids, "2026-11-20T08:00:00Z")
}

fn command(command: &Command) -> String {
    let sudo = if command.as_root { "sudo " } else { "" };
    format!("{sudo}{}", command.argv.join(" "))
}

/// What a step does, in lines.
fn does(step: &Step) -> Vec<String> {
    match step {
        Step::RunProgram(step) => {
            let mut lines: Vec<String> = step.commands.iter().map(command).collect();
            lines.push(format!(
                "=> {}",
                serde_json::to_string(&step.proof).expect("plain")
            ));
            lines
        }
        Step::ControlEngine(step) => {
            let mut lines = vec![format!(
                "{:?} {} at {}",
                step.wish, step.name, step.endpoint
            )];
            lines.extend(
                step.control
                    .start
                    .iter()
                    .map(|one| format!("start: {}", command(one))),
            );
            lines
        }
        Step::EditJson(step) => {
            let mut lines = vec![format!("edit {}", step.path)];
            lines.extend(step.diff.lines().skip(3).map(str::to_owned));
            lines
        }
        Step::PlaceFile(step) => {
            let mut lines = vec![format!("place {} {}", step.path, step.mode)];
            lines.extend(step.content.lines().map(str::to_owned));
            lines
        }
        Step::Configure(step) => step
            .settings
            .iter()
            .map(|one| {
                let value = |value: &Option<serde_json::Value>| {
                    value
                        .as_ref()
                        .map_or("nothing".to_owned(), ToString::to_string)
                };
                format!(
                    "{}: {} -> {}",
                    one.keys.join("."),
                    value(&one.before),
                    value(&one.to)
                )
            })
            .collect(),
        other => vec![serde_json::to_string(other).expect("plain data")],
    }
}

fn shown(repair: &Repair) -> Expected {
    let undo = repair.steps.iter().flat_map(|step| match step {
        Step::RunProgram(step) => step.undo.iter().map(command).collect(),
        _ => Vec::new(),
    });
    Expected {
        id: repair.id.clone(),
        risk: risk_word(repair.risk).to_owned(),
        title: repair.title.clone(),
        needs: repair
            .needs
            .iter()
            .map(|need| {
                let word = serde_json::to_string(need).expect("plain data");
                word.trim_matches('"').to_owned()
            })
            .collect(),
        only_named: repair.only_named,
        waits_for: repair.waits_for.clone(),
        also: repair.also.clone(),
        does: repair.steps.iter().flat_map(does).collect(),
        undo: undo.collect(),
    }
}

fn outcome(plan: &Plan) -> Expect {
    Expect {
        repairs: plan.repairs.iter().map(shown).collect(),
        advice: plan
            .advice
            .iter()
            .map(|one| Told {
                check: one.check.clone(),
                why: one.why.clone(),
                lines: one.lines.clone(),
            })
            .collect(),
    }
}

#[test]
fn each_node_is_planned_for_as_expected() {
    let cases = cases();
    assert!(cases.len() >= 25, "{} cases", cases.len());
    let mut wrong = Vec::new();
    for (path, case) in cases {
        let came = outcome(&planned(&case));
        if came != case.expect {
            let came = serde_json::to_string(&came).expect("plain data");
            wrong.push(format!("{}: {}\n{came}", path.display(), case.name));
        }
    }
    assert!(
        wrong.is_empty(),
        "came out otherwise:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn every_repair_says_what_it_costs_or_is_free_and_shows_an_undo_or_has_none() {
    for (path, case) in cases() {
        for repair in planned(&case).repairs {
            let about = format!("{}: {}", path.display(), repair.id);
            assert!(
                !repair.title.is_empty() && !repair.steps.is_empty(),
                "{about}"
            );
            let risky = risk_word(repair.risk) != "safe";
            assert!(!risky || !repair.cost.is_empty(), "{about} tells no cost");
            for step in &repair.steps {
                if let Step::RunProgram(step) = step {
                    let undoes = !step.undo.is_empty();
                    assert!(!undoes || repair.undo.is_some(), "{about} hides its undo");
                    let shells = step.commands.iter().any(|one| {
                        ["sh", "bash", "/bin/sh", "/bin/bash"].contains(&one.argv[0].as_str())
                    });
                    assert!(!shells, "{about} runs a shell");
                }
            }
        }
    }
}

#[test]
fn a_planner_needs_no_more_than_what_it_says_that_it_reads() {
    let catalog = Catalog::built_in().expect("the shipped checks are good");
    let mut wrong = Vec::new();
    for (path, case) in cases() {
        let facts = facts(&case);
        let report = node::judged(&catalog, &facts);
        for check in catalog.checks() {
            let ids = [check.id.to_string()];
            let plan_with = |known| outcome(&planned_from(&case, &report, [&facts, known], &ids));
            let all = plan_with(&facts);
            if all == Expect::default() {
                continue;
            }
            let mut sections = check.spec.judge.sections().to_vec();
            sections.extend(reads(&ids[0]));
            if plan_with(&only(&facts, &sections)) != all {
                wrong.push(format!("{}: {}", path.display(), ids[0]));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn a_check_that_is_repaired_somewhere_does_not_say_that_it_is_manual() {
    let catalog = Catalog::built_in().expect("the shipped checks are good");
    let mut repaired: BTreeSet<String> = BTreeSet::new();
    for (_, case) in cases() {
        for repair in planned(&case).repairs {
            repaired.insert(repair.check.clone());
            repaired.extend(repair.also);
        }
    }
    let wrong: Vec<&str> = catalog
        .checks()
        .iter()
        .filter(|check| {
            let offers = matches!(check.spec.fix.mode, FixMode::Auto | FixMode::Confirm);
            offers != repaired.contains(check.id.as_str())
        })
        .map(|check| check.id.as_str())
        .collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}
