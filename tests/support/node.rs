//! Reads the recorded nodes of `tests/nodes/`: a node's facts on top of those of its base.
#![allow(dead_code, reason = "each test binary uses its own part")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clawdoctor::checklist::catalog::Catalog;
use clawdoctor::checklist::check::Severity;
use clawdoctor::checklist::report::Report;
use clawdoctor::checklist::run::{Terms, evaluate};
use clawdoctor::facts::Facts;
use serde::Deserialize;
use toml::{Table, Value};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Node {
    #[serde(default)]
    base: Option<String>,
    #[serde(default)]
    facts: Table,
    /// What must come out: for the tests that ask.
    #[serde(default, rename = "expect")]
    _expect: Table,
}

pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/nodes")
}

pub fn read<T: serde::de::DeserializeOwned>(path: &Path) -> T {
    let text = std::fs::read_to_string(path)
        .unwrap_or_else(|e| panic!("cannot read {}: {e}", path.display()));
    toml::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// The node's facts on top of its base's, and so on down.
pub fn facts_of(path: &Path) -> Table {
    let node: Node = read(path);
    match &node.base {
        None => node.facts,
        Some(base) => {
            let mut below = facts_of(&folder().join(base));
            merge(&mut below, node.facts);
            below
        }
    }
}

pub fn merge(below: &mut Table, above: Table) {
    for (key, value) in above {
        match (below.get_mut(&key), value) {
            (Some(Value::Table(below)), Value::Table(above)) if !is_reading(&above) => {
                merge(below, above);
            }
            (_, value) => {
                below.insert(key, value);
            }
        }
    }
}

/// A whole reading is one statement: nothing of the one below may shine through. Without its
/// `from` it is a change of some fields of what is known below.
fn is_reading(table: &Table) -> bool {
    table.contains_key("unknown") || (table.contains_key("known") && table.contains_key("from"))
}

/// What all checks say of these facts, with nothing waived.
pub fn judged(catalog: &Catalog, facts: &Facts) -> Report {
    let terms = Terms {
        selected: catalog.checks().iter().map(|c| c.id.clone()).collect(),
        waivers: Vec::new(),
        today: "2026-11-20".parse().expect("a date"),
        fail_on: Severity::Error,
        node_id: "n".to_owned(),
        duration_ms: 0,
        spent: BTreeMap::new(),
        warnings: Vec::new(),
    };
    evaluate(catalog, facts, &terms)
}
