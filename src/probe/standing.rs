//! The sandboxes that stand, seen from outside, and what runs beside them.

use std::time::Duration;

use super::World;
use super::inside::PROBE_LABEL;
use crate::deadline::Deadline;
use crate::engine::{Engine, Listed};
use crate::facts::openclaw::Placement;
use crate::facts::sandbox::{Load, SANDBOX_LABEL, SESSION_LABEL, SandboxLoad, Standing};
use crate::facts::{Facts, Reading, Why, WhyKind};
use crate::text::wash;

/// For the engine to walk through what sandboxes wrote; without an answer the usual is assumed.
const WALK: Duration = Duration::from_secs(5);

/// Containers with OpenClaw's label, running or not.
pub async fn standing(_world: &World, facts: &Facts, d: Deadline) -> Reading<Vec<Standing>> {
    let found = async {
        let engine = super::docker::connect(facts)?;
        let mut standing: Vec<Standing> = engine
            .standing(&format!("{SANDBOX_LABEL}=1"), d)
            .await?
            .into_iter()
            .map(|(mut one, labels)| {
                one.session_key = labels.get(SESSION_LABEL).map(|key| wash(key, 300));
                one
            })
            .collect();
        standing.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(standing)
    };
    Reading::from_result(found.await, "engine: container list and inspect")
}

/// Working sets of what runs, for the headroom.
pub async fn load(world: &World, facts: &Facts, d: Deadline) -> Reading<Load> {
    let measured = async {
        let engine = super::docker::connect(facts)?;
        let (load, largest_layer) =
            tokio::join!(measure(&engine, facts, d), largest_layer(world, &engine, d));
        Ok(Load {
            largest_layer,
            ..load?
        })
    };
    Reading::from_result(measured.await, "engine: container stats")
}

/// Of the sandboxes, running or not. The engine takes as long as there are files in them.
async fn largest_layer(world: &World, engine: &Engine, d: Deadline) -> Reading<u64> {
    if !world.layers {
        return Reading::default();
    }
    let label = format!("{SANDBOX_LABEL}=1");
    let asked = engine.written(&label, d.at_most(WALK)).await;
    let largest = asked.and_then(|layers| {
        let known: Option<Vec<u64>> = layers.into_iter().collect();
        let known = known.ok_or_else(|| {
            let words = "the engine does not know how much some sandboxes wrote";
            Why::new(WhyKind::Absent, words)
        })?;
        let none = || Why::new(WhyKind::Absent, "no sandbox stands");
        known.into_iter().max().ok_or_else(none)
    });
    Reading::from_result(largest, "engine: container list with sizes")
}

async fn measure(engine: &Engine, facts: &Facts, d: Deadline) -> Result<Load, Why> {
    let running: Vec<Listed> = engine
        .list("", false, d)
        .await?
        .into_iter()
        // Ours are gone before the headroom matters.
        .filter(|one| !one.labels.contains_key(PROBE_LABEL))
        .collect();
    let gateway = match facts.openclaw.gateway.get().map(|g| g.placement.clone()) {
        Ok(Placement::Container { id, .. }) => Some(id),
        Ok(
            Placement::Process { .. }
            | Placement::Installed { .. }
            | Placement::Elsewhere { .. }
            | Placement::Missing,
        )
        | Err(_) => None,
    };
    let ids: Vec<String> = running.iter().map(|one| one.id.clone()).collect();
    let samples = engine.loads(&ids, d).await?;
    let caps = facts.standing.get().cloned().unwrap_or_default();
    let mut load = Load {
        gateway_inside: gateway.is_some(),
        ..Load::default()
    };
    for one in &running {
        // None: it ended between the two questions, and holds nothing any more.
        let Some(sample) = samples.get(&one.id) else {
            continue;
        };
        let Some(working_set) = sample.working_set else {
            continue;
        };
        if one.labels.get(SANDBOX_LABEL).is_some_and(|v| v == "1") {
            load.sandboxes.push(SandboxLoad {
                name: one.name.clone(),
                working_set,
                pids: sample.pids,
                peak: sample.memory_peak,
                cap: caps
                    .iter()
                    .find(|standing| standing.id == one.id)
                    .map(|standing| standing.memory)
                    .filter(|memory| *memory > 0),
                // One that was not inspected counts as busy.
                idle: caps
                    .iter()
                    .any(|standing| standing.id == one.id && standing.executing == 0),
            });
        } else if !gateway.as_deref().is_some_and(|id| is_same(id, &one.id)) {
            load.others = load.others.saturating_add(working_set);
        }
    }
    load.sandboxes.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(load)
}

/// One of them may be the short form.
fn is_same(a: &str, b: &str) -> bool {
    a.len() >= 12 && b.len() >= 12 && (a.starts_with(b) || b.starts_with(a))
}
