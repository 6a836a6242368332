//! Plans in files: kept for later, and applied only where the node still asks for exactly them.

use std::path::Path;

use serde::Deserialize;

use crate::cli::check;
use crate::failure::Failure;
use crate::fix::repair::{PLAN_VERSION, Plan};
use crate::text::{wash, without_place};

const REPORT: &str = "clawdoctor.plan";

/// What every version of a plan says of itself.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Version {
    report: String,
    schema_version: u32,
}

/// Exactly the plan of the file, or a refusal: the node has to ask for all of it still.
pub fn read(path: &str, fresh: Plan) -> Result<Plan, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        Failure::input(format!("cannot read the plan {path}"))
            .cause(error)
            .hint("write one with: clawdoctor plan -o FILE")
    })?;
    let version: Version = serde_json::from_str(&text).unwrap_or_default();
    if version.report == REPORT && version.schema_version > PLAN_VERSION {
        return Err(Failure::input(format!(
            "the plan {path} is of version {}, and this clawdoctor reads {PLAN_VERSION}",
            version.schema_version
        ))
        .hint("make a new one here: clawdoctor plan -o FILE; or update clawdoctor"));
    }
    let kept: Plan = serde_json::from_str(&text).map_err(|error| {
        Failure::input(format!(
            "{path}:{}:{}: not a plan",
            error.line(),
            error.column()
        ))
        .cause(without_place(&error))
        .hint("write one with: clawdoctor plan -o FILE")
    })?;
    if kept.report != REPORT {
        return Err(Failure::input(format!("{path} is not a plan"))
            .hint("write one with: clawdoctor plan -o FILE"));
    }
    kept.chosen_from(fresh).map_err(|stale| {
        Failure::system(format!(
            "the plan {path} is stale: the node does not ask for `{}` any more as it stands there",
            wash(&stale.id, 200)
        ))
        .hint("nothing was changed; make a new plan with: clawdoctor plan -o FILE")
    })
}

/// Keeps the plan for its owner alone; never half a file.
pub fn keep(path: &str, plan: &Plan) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(plan).expect("plans are plain data") + "\n";
    check::keep(Path::new(path), &text)
        .map_err(|error| Failure::input(format!("cannot write the plan {path}")).cause(error))
}
