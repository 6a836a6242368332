//! What the node offers and how OpenClaw is configured, for the headroom and the drift: some of
//! the probes of the checklist, and none that starts a container.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::clock;
use super::event::Node;
use crate::deadline::Deadline;
use crate::facts::openclaw::{Agent, Placement};
use crate::facts::sandbox::Load;
use crate::facts::{Facts, Reading, Section};
use crate::headroom;
use crate::probe::World;
use crate::probe::gather::gather;

/// What is looked at; what they need is in it too.
const SECTIONS: [Section; 6] = [
    Section::Host,
    Section::Endpoint,
    Section::Engine,
    Section::Openclaw,
    Section::Gateway,
    Section::Images,
];
/// For each of them.
const BUDGET: Duration = Duration::from_secs(10);

pub async fn survey(world: Arc<World>, d: Deadline) -> Node {
    let budgets: BTreeMap<Section, Duration> =
        SECTIONS.iter().map(|section| (*section, BUDGET)).collect();
    let gathered = gather(world, budgets, d, |_| {}).await;
    node(gathered.facts)
}

/// Pure: what the facts say of it.
fn node(mut facts: Facts) -> Node {
    let gateway = match facts.openclaw.gateway.get().map(|one| &one.placement) {
        Ok(Placement::Container { id, .. }) => Some(id.clone()),
        Ok(
            Placement::Process { .. }
            | Placement::Installed { .. }
            | Placement::Elsewhere { .. }
            | Placement::Missing,
        )
        | Err(_) => None,
    };
    // What runs is the live picture's own; the rest of the arithmetic asks where the gateway is.
    let load = Load {
        gateway_inside: gateway.is_some(),
        ..Load::default()
    };
    facts.load = Reading::from_result(Ok(load), "the live picture");
    let agents = facts.openclaw.agents.get();
    // Without a configuration the usual caps are assumed, and said to be.
    let sandboxed: Vec<&Agent> = agents
        .iter()
        .copied()
        .flatten()
        .filter(|agent| agent.is_sandboxed())
        .collect();
    let room = headroom::input(&facts, &sandboxed);
    let images = facts.images.get().map(|images| {
        let known = images.iter().filter_map(|image| {
            Some((image.reference.clone(), image.local.get().ok()?.id.clone()))
        });
        known.collect()
    });
    let info = facts.docker.info.get().ok();
    let clock = facts.docker.clock.get().ok();
    let provider = facts.docker.provider.get().ok();
    Node {
        engine: provider.map(|one| match &one.version {
            Some(version) => format!("{} {version}", one.kind.title()),
            None => one.kind.title().to_owned(),
        }),
        // It was held against the wall clock.
        clock: clock.map(|clock| {
            let skew = clock.skew_milliseconds.saturating_mul(1_000_000);
            skew.saturating_sub(clock::ahead())
        }),
        engine_memory: info.map(|info| info.memory),
        engine_cpus: info.map(|info| info.cpus),
        agents_unknown: agents.as_ref().err().map(|why| why.detail.clone()),
        agents: agents.ok().cloned(),
        images: images.unwrap_or_default(),
        gateway,
        room_unknown: room.as_ref().err().map(|why| why.detail.clone()),
        room: room.ok(),
    }
}
