//! Recorded nodes and small changes of them, judged by the whole shipped catalogue.
//!
//! `tests/nodes/*.toml` is one node each: its facts, or a base and what differs (`[facts]` is
//! merged into the base's; a whole reading, `unknown` or `known` with its `from`, replaces the
//! other), and what must come out. `tests/nodes/cases/*.toml` are many small changes of a node, for the rules that
//! no whole node shows. Everything that is not expected must be neither found nor in doubt.

#![expect(
    clippy::disallowed_methods,
    reason = "reads the recorded nodes of this repository"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clawdoctor::checklist::catalog::Catalog;
use clawdoctor::checklist::report::{Outcome, Report};
use clawdoctor::checklist::run::short;
use clawdoctor::checklist::verdict::Status;
use clawdoctor::facts::Facts;
use serde::Deserialize;
use toml::Table;
use toml::Value;

#[path = "support/node.rs"]
mod node;

use node::{facts_of, folder, merge, read};

#[derive(Deserialize)]
struct Node {
    #[serde(default)]
    expect: Expect,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cases {
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// A sentence.
    name: String,
    base: String,
    #[serde(default)]
    facts: Table,
    /// Like `facts`, merged into the first agent, probe and standing sandbox.
    #[serde(default)]
    agent: Table,
    #[serde(default)]
    inside: Table,
    #[serde(default)]
    standing: Table,
    #[serde(default)]
    image: Table,
    #[serde(default)]
    gateway: Table,
    #[serde(default)]
    expect: Expect,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expect {
    /// `docker/running:engine-not-running`, all of them, each as often as it is found.
    #[serde(default)]
    findings: Vec<String>,
    /// `fail`, `skip:blocked`, for what is worth a word.
    #[serde(default)]
    status: BTreeMap<String, String>,
    /// Text that must stand in the message of a finding or in a check's summary.
    #[serde(default)]
    says: Vec<String>,
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder of ours");
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
        .collect();
    files.sort();
    files
}

/// The first entry of a list that is a reading, or its value when it is a table.
fn first<'a>(facts: &'a mut Table, path: &[&str]) -> &'a mut Table {
    let mut here = facts;
    for key in path {
        here = here
            .get_mut(*key)
            .and_then(Value::as_table_mut)
            .unwrap_or_else(|| panic!("the base has no {key}"));
    }
    match here.get_mut("known").expect("known in the base") {
        Value::Table(table) => table,
        Value::Array(list) => list[0].as_table_mut().expect("a table"),
        other => panic!("{path:?} is {other:?}"),
    }
}

fn judged(facts: Table, about: &str) -> Report {
    let facts: Facts = Value::Table(facts)
        .try_into()
        .unwrap_or_else(|e| panic!("{about}: these are no facts: {e}"));
    let catalog = Catalog::built_in().expect("the shipped checks are good");
    node::judged(&catalog, &facts)
}

/// What came out otherwise than expected, in lines.
fn differences(report: &Report, expect: &Expect) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut left: Vec<&String> = expect.findings.iter().collect();
    for finding in &report.findings {
        let name = format!("{}:{}", short(&finding.check_id), finding.error_code);
        match left.iter().position(|wanted| **wanted == name) {
            Some(at) => {
                left.remove(at);
            }
            None => wrong.push(format!("found {name}: {}", finding.message)),
        }
        if finding.fix_hint.is_none() {
            wrong.push(format!("{name} has no hint"));
        }
    }
    wrong.extend(left.iter().map(|missing| format!("did not find {missing}")));
    for (id, status) in &expect.status {
        match report.checks.iter().find(|one| short(&one.check_id) == id) {
            Some(one) if word(one) == *status => {}
            Some(one) => wrong.push(format!("{id} is {}: {}", word(one), one.summary)),
            None => wrong.push(format!("there is no check {id}")),
        }
    }
    for one in &report.checks {
        let id = short(&one.check_id);
        if one.status == Status::Error && !expect.status.contains_key(id) {
            wrong.push(format!("{id} is in doubt: {}", one.summary));
        }
        if one.summary.is_empty() || one.summary.contains('\n') {
            wrong.push(format!("{id} has the summary {:?}", one.summary));
        }
    }
    let texts = || {
        let messages = report.findings.iter().map(|f| f.message.as_str());
        messages.chain(report.checks.iter().map(|c| c.summary.as_str()))
    };
    for words in &expect.says {
        if !texts().any(|text| text.contains(words.as_str())) {
            wrong.push(format!("nobody says {words:?}"));
        }
    }
    wrong
}

fn word(one: &Outcome) -> String {
    let reason = one.skip_reason.map(|reason| {
        let text = serde_json::to_string(&reason).expect("plain data");
        format!(":{}", text.trim_matches('"'))
    });
    format!("{}{}", one.status.word(), reason.unwrap_or_default())
}

fn report_all(all: &[(String, Vec<String>)]) {
    let wrong: Vec<String> = all
        .iter()
        .filter(|(_, lines)| !lines.is_empty())
        .map(|(name, lines)| format!("{name}\n    {}", lines.join("\n    ")))
        .collect();
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn each_recorded_node_is_told_as_expected() {
    let nodes = files(&folder());
    assert!(nodes.len() >= 12, "{} nodes", nodes.len());
    let all = nodes.iter().map(|path| {
        let name = path.display().to_string();
        let node: Node = read(path);
        let report = judged(facts_of(path), &name);
        (name, differences(&report, &node.expect))
    });
    report_all(&all.collect::<Vec<_>>());
}

#[test]
fn each_small_change_of_a_node_is_told_as_expected() {
    let mut all = Vec::new();
    for path in files(&folder().join("cases")) {
        let cases: Cases = read(&path);
        for case in cases.case {
            let name = format!("{}: {}", path.display(), case.name);
            let mut facts = facts_of(&folder().join(&case.base));
            let changes = [
                (&["openclaw", "agents"][..], case.agent),
                (&["openclaw", "gateway"], case.gateway),
                (&["images"], case.image),
                (&["inside"], case.inside),
                (&["standing"], case.standing),
            ];
            for (place, change) in changes {
                if !change.is_empty() {
                    merge(first(&mut facts, place), change);
                }
            }
            merge(&mut facts, case.facts);
            let report = judged(facts, &name);
            all.push((name, differences(&report, &case.expect)));
        }
    }
    report_all(&all);
}

#[test]
fn facts_where_nothing_is_known_pass_nothing() {
    let report = judged(Table::new(), "nothing");
    for one in &report.checks {
        assert_ne!(
            one.status,
            Status::Pass,
            "{}: {}",
            one.check_id,
            one.summary
        );
    }
}
