//! A sandbox from inside: one short-lived container for each distinct configuration, made as
//! OpenClaw makes a sandbox, whose script tells what a tool call would find.
//!
//! `spec` says which containers, `mounts` what is mounted, `script` what is asked, `read` what was
//! answered, `probe` runs one container, `sweep` sees to it that none stays. `latency` makes the
//! same containers by the clock; `load` is another one, which works at its caps, for the drill.

pub mod latency;
pub mod load;
mod mounts;
mod owner;
mod probe;
mod read;
mod script;
mod spec;
mod sweep;

use std::collections::BTreeMap;

use futures_util::StreamExt;

use super::World;
use crate::deadline::Deadline;
use crate::facts::sandbox::Inside;
use crate::facts::{Facts, Reading, Why, WhyKind};

pub use spec::{Configuration, Group};
pub use sweep::{clean_up, sweep};

/// On every container that is ours.
pub const PROBE_LABEL: &str = "clawdoctor.probe";
const RUN_LABEL: &str = "clawdoctor.run";
const OWNER_LABEL: &str = "clawdoctor.owner";

/// What every container of this run carries, so that the sweep of a later one finds what a kill
/// left.
pub fn marks(world: &World) -> BTreeMap<String, String> {
    BTreeMap::from([
        (PROBE_LABEL.to_owned(), "1".to_owned()),
        (RUN_LABEL.to_owned(), world.run_id.clone()),
        (OWNER_LABEL.to_owned(), owner::Owner::this().to_string()),
    ])
}

/// More would wait for each other in the engine.
const AT_ONCE: usize = 4;

/// The distinct sandbox configurations of this node, in the agents' order.
pub fn configurations(facts: &Facts) -> Result<Vec<Group>, Why> {
    facts
        .openclaw
        .agents
        .get()
        .map(|agents| spec::groups(agents))
}

/// What one probe container of each distinct sandbox configuration found.
pub async fn inside(world: &World, facts: &Facts, d: Deadline) -> Reading<Vec<Inside>> {
    if world.passive {
        return Reading::unknown(WhyKind::NotAsked, "--passive: no container was started");
    }
    let groups = match facts.openclaw.agents.get() {
        Ok(agents) => spec::groups(agents),
        Err(why) => return Reading::Unknown(why),
    };
    if groups.is_empty() {
        return Reading::known(Vec::new(), "OpenClaw's configuration");
    }
    let engine = match super::docker::connect(facts) {
        Ok(engine) => engine,
        Err(why) => return Reading::Unknown(why),
    };
    let room = match sweep::run_folder(world) {
        Ok(room) => room,
        Err(error) => {
            let state = world.operator.state_dir();
            return Reading::unknown(
                WhyKind::Failed,
                format!("no folder could be made in {}: {error}", state.display()),
            );
        }
    };
    let closing = CloseFolder(world);
    let run = probe::Run {
        world,
        facts,
        engine: &engine,
        room: &room,
    };
    let found = futures_util::stream::iter(0..groups.len())
        .map(|number| run.probe(number, &groups[number], d))
        .buffered(AT_ONCE)
        .collect()
        .await;
    drop(closing);
    Reading::known(found, "probe containers")
}

/// The run's folder goes whether the probes end or are given up.
struct CloseFolder<'a>(&'a World);

impl Drop for CloseFolder<'_> {
    fn drop(&mut self) {
        sweep::close_folder(self.0);
    }
}
