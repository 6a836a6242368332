//! Plans in files: kept for later, and applied only where the node still asks for exactly them.

use std::path::Path;

use crate::cli::check;
use crate::failure::Failure;
use crate::fix::repair::{PLAN_VERSION, Plan};
use crate::text::{wash, without_place};

/// Exactly the plan of the file, or a refusal: the node has to ask for all of it still.
pub fn read(path: &str, fresh: Plan) -> Result<Plan, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        Failure::input(format!("cannot read the plan {path}"))
            .cause(error)
            .hint("write one with: clawdoctor plan -o FILE")
    })?;
    let kept: Plan = serde_json::from_str(&text).map_err(|error| {
        Failure::input(format!(
            "{path}:{}:{}: not a plan",
            error.line(),
            error.column()
        ))
        .cause(without_place(&error))
        .hint("write one with: clawdoctor plan -o FILE")
    })?;
    if kept.report != "clawdoctor.plan" || kept.schema_version > PLAN_VERSION {
        return Err(
            Failure::input(format!("{path} is not a plan of this version"))
                .hint("write one with: clawdoctor plan -o FILE"),
        );
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
