//! The images that sandboxes are made from, as the engine holds them.

use futures_util::future::join_all;

use super::World;
use crate::deadline::Deadline;
use crate::facts::image::Image;
use crate::facts::{Facts, Reading};

/// Every distinct image of agents whose sandboxes are containers, or would be if they were
/// switched on, with those agents.
pub async fn images(_world: &World, facts: &Facts, d: Deadline) -> Reading<Vec<Image>> {
    let agents = match facts.openclaw.agents.get() {
        Ok(agents) => agents,
        Err(why) => return Reading::Unknown(why),
    };
    let mut wanted: Vec<(String, Vec<String>)> = Vec::new();
    for agent in agents
        .iter()
        .filter(|agent| agent.sandbox.backend == "docker")
    {
        let reference = &agent.sandbox.docker.image;
        match wanted.iter_mut().find(|(known, _)| known == reference) {
            Some((_, agents)) => agents.push(agent.id.clone()),
            None => wanted.push((reference.clone(), vec![agent.id.clone()])),
        }
    }
    let engine = match super::docker::connect(facts) {
        Ok(engine) => engine,
        Err(why) => return Reading::Unknown(why),
    };
    let images = wanted.into_iter().map(async |(reference, agents)| Image {
        local: Reading::from_result(engine.image(&reference, d).await, "engine: image inspect"),
        reference,
        agents,
    });
    Reading::known(join_all(images).await, "engine: image inspect")
}
