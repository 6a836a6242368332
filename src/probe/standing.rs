//! The sandboxes that stand, seen from outside, and what runs beside them.

use super::World;
use super::inside::PROBE_LABEL;
use crate::deadline::Deadline;
use crate::engine::{Engine, Listed};
use crate::facts::openclaw::Placement;
use crate::facts::sandbox::{Load, SANDBOX_LABEL, SESSION_LABEL, SandboxLoad, Standing};
use crate::facts::{Facts, Reading, Why};
use crate::text::wash;

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
pub async fn load(_world: &World, facts: &Facts, d: Deadline) -> Reading<Load> {
    let measured = async {
        let engine = super::docker::connect(facts)?;
        measure(&engine, facts, d).await
    };
    Reading::from_result(measured.await, "engine: container stats")
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
