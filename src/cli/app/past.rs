//! What earlier runs have left, for the screen.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::cli::open_runs::{is_interrupted, steps};
use crate::cli::prepare::Prepared;
use crate::cli::whose;
use crate::deadline::Deadline;
use crate::failure::Failure;
use crate::fix::journal::{self, Listed};
use crate::fix::lock::{Lock, NotTaken};
use crate::fix::words;
use crate::probe::docker;
use crate::tui::mending::{Former, Past};

/// For finding the engine in force.
const LOOKING: std::time::Duration = std::time::Duration::from_secs(10);

/// Looks into the journals. A run that somebody else is at work on is none of the past.
pub async fn past(prepared: Arc<Prepared>) -> Past {
    let endpoint = docker::endpoint(&prepared.world, Deadline::after(LOOKING)).await;
    let in_force = endpoint.endpoint.get().ok().map(|one| one.url.clone());
    let read = tokio::task::spawn_blocking(move || read(&prepared, in_force.as_deref()));
    match read.await {
        Ok(Ok(past)) => past,
        Ok(Err(failure)) => trouble(&failure),
        Err(error) => trouble(&Failure::system("the journals cannot be read").cause(error)),
    }
}

fn trouble(failure: &Failure) -> Past {
    Past {
        trouble: Some(failure.to_string()),
        ..Past::default()
    }
}

fn read(prepared: &Prepared, in_force: Option<&str>) -> Result<Past, Failure> {
    let here = &prepared.world.operator;
    let state_dir = here.state_dir();
    if !state_dir.join("lock").exists() {
        // No run has ever been made here, and looking leaves nothing behind.
        return Ok(Past::default());
    }
    if whose::foreign(here).is_some() {
        // Another user's runs are not root's to take back.
        return Ok(Past::default());
    }
    let _lock = match Lock::take(&state_dir, std::time::Duration::ZERO, "clawdoctor") {
        Ok(lock) => lock,
        Err(held @ NotTaken::Held(_)) => {
            return Ok(Past {
                held: Some(held.to_string()),
                ..Past::default()
            });
        }
        Err(NotTaken::Problem(problem)) => return Err(problem.into()),
    };
    let listed = journal::list(&state_dir)?;
    let open = listed.iter().find(|one| is_interrupted(one));
    let last = listed.iter().find(|one| {
        let state = one.state.as_ref();
        state.map_or(true, |state| !state.to_undo().is_empty())
    });
    let former = |one: &Listed| former(one, prepared, in_force);
    Ok(Past {
        open: open.map(former),
        last: last.map(former),
        held: None,
        trouble: None,
    })
}

/// A run with what undoing takes back of it, or why it cannot be told.
fn former(listed: &Listed, prepared: &Prepared, in_force: Option<&str>) -> Former {
    let mut former = Former {
        run: listed.id.to_string(),
        started_at: String::new(),
        repairs: Vec::new(),
        steps: Vec::new(),
        needs_root: false,
        refused: None,
    };
    match steps(listed) {
        Ok(state) => {
            let seqs = state.to_undo();
            let home = &prepared.world.operator.home;
            former.started_at = state.run.as_ref().map_or(String::new(), |run| {
                run.started_at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
            });
            let repairs: BTreeSet<&String> =
                state.steps.values().map(|step| &step.repair).collect();
            former.repairs = repairs.into_iter().cloned().collect();
            former.needs_root = seqs
                .iter()
                .any(|seq| state.steps[seq].step.needs_root(home));
            former.steps = seqs
                .iter()
                .map(|seq| (*seq, words::undoing(&state.steps[seq].step, in_force)))
                .collect();
        }
        Err(failure) => former.refused = Some(failure.to_string()),
    }
    former
}
