//! The gateway: the process that drives Docker, and how *it* sees the world. Its own environment,
//! user and groups decide whether sandboxes can start, not those of the operator's shell.
//!
//! Looked for in this order: the container that the operator named, a running process (which may
//! be a container's), a service definition, a running container of a gateway's image.

mod container;
mod dockerenv;
mod inside;
mod process;
mod reach;
mod service;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::place::Place;
use crate::deadline::Deadline;
use crate::engine::Engine;
use crate::facts::docker::Connection;
use crate::facts::openclaw::{Gateway, Placement};
use crate::facts::{Facts, Reading, Why, WhyKind};
use crate::probe::World;
use crate::probe::blocking::blocking;

/// The only variables of a gateway that are ever looked at.
const VARIABLES: [&str; 4] = ["PATH", "DOCKER_HOST", "DOCKER_CONTEXT", "HOME"];

/// What a gateway on this machine sees.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    placement: Placement,
    /// The variables above, or why they are not known.
    env: Result<BTreeMap<String, String>, Why>,
    env_from: String,
    uid: Option<u32>,
    groups: Vec<u32>,
    /// The folder of the Node.js that runs it.
    node: Option<PathBuf>,
}

impl Seen {
    fn var(&self, name: &str) -> Option<&str> {
        let value = self.env.as_ref().ok()?.get(name)?;
        Some(value.as_str()).filter(|value| !value.is_empty())
    }
}

pub async fn gateway(world: &World, facts: &Facts, d: Deadline) -> Reading<Gateway> {
    let engine = answering(facts);
    // On the heap: what it asks is a large future.
    match Box::pin(look(world, facts, engine.as_ref(), d)).await {
        Ok((gateway, from)) => Reading::known(gateway, from),
        Err(why) => Reading::Unknown(why),
    }
}

async fn look(
    world: &World,
    facts: &Facts,
    engine: Option<&Engine>,
    d: Deadline,
) -> Result<(Gateway, &'static str), Why> {
    let operator = world.operator.clone();
    let (place, port) = blocking(d, move || {
        let place = Place::of(&operator, Path::exists)?;
        let config = super::config::read(&place.config).ok();
        let port = config.and_then(|config| super::effective::port(&config.value));
        let port = port.unwrap_or_else(|| place.usual_port());
        Ok((place, port))
    })
    .await??;
    if let Some(name) = &world.gateway_container {
        let engine = engine.ok_or_else(|| {
            Why::new(
                WhyKind::Failed,
                "the engine that runs the gateway does not answer",
            )
        })?;
        let found = container::named(engine, name, d).await?;
        return Ok((
            container::look(engine, facts, found, port, d).await,
            "the engine",
        ));
    }
    let operator = world.operator.clone();
    let (running, installed) = blocking(d, move || {
        (
            process::find(operator.uid),
            service::find(&operator, &place),
        )
    })
    .await?;
    if let Some((seen, Some(id))) = &running {
        return in_a_container(facts, engine, (seen, id), port, d).await;
    }
    let seen = on_this_machine(running.map(|(process, _)| process), installed);
    if seen.is_none()
        && let Some(engine) = engine
        && let Some(found) = container::of_an_openclaw_image(engine, d).await
    {
        return Ok((
            container::look(engine, facts, found, port, d).await,
            "the engine",
        ));
    }
    let seen = seen.unwrap_or_else(|| operators(world));
    let stray = dockerenv::is_stray(&dockerenv::view_of(&seen.placement), engine, d).await;
    let mut gateway = reach::on_this_machine(world, facts, &seen, d).await;
    if matches!(seen.placement, Placement::Process { .. }) {
        gateway.health = reach::health(port, d).await;
    } else {
        gateway.health = Reading::not_applicable("no gateway runs on this machine");
    }
    gateway.port = Some(port);
    gateway.stray_dockerenv = stray;
    Ok((gateway, "this machine's processes and service definitions"))
}

/// A process in a container: what this machine's files say is nothing to it, so that an engine which
/// does not know the container, or cannot be asked, is no reason to look there.
async fn in_a_container(
    facts: &Facts,
    engine: Option<&Engine>,
    (seen, id): (&Seen, &str),
    port: u16,
    d: Deadline,
) -> Result<(Gateway, &'static str), Why> {
    const PROCESSES: &str = "this machine's processes and their control groups";
    let short = id.get(..12).unwrap_or(id);
    let Some(engine) = engine else {
        let placement = Placement::Container {
            id: id.to_owned(),
            name: short.to_owned(),
        };
        let words =
            format!("the engine in force cannot be asked about the gateway's container {short}");
        let why = Why::new(WhyKind::Failed, words);
        let gateway = container::unseen(placement, seen, port, why, d).await;
        return Ok((gateway, PROCESSES));
    };
    match (container::named(engine, id, d).await, &seen.placement) {
        (Ok(found), _) => Ok((
            container::look(engine, facts, found, port, d).await,
            "the engine",
        )),
        (Err(why), Placement::Process { pid }) if why.kind == WhyKind::Absent => {
            let placement = Placement::Elsewhere {
                pid: *pid,
                id: id.to_owned(),
            };
            let words = format!("the gateway's container {short} is none of the engine in force");
            let why = Why::new(WhyKind::NotApplicable, words);
            let gateway = container::unseen(placement, seen, port, why, d).await;
            Ok((gateway, PROCESSES))
        }
        (Err(why), _) => Err(why),
    }
}

/// The running process, completed by the definition that started it; else the definition alone.
fn on_this_machine(running: Option<Seen>, installed: Option<Seen>) -> Option<Seen> {
    match (running, installed) {
        // A process whose environment hides from us was started from the definition, if any.
        (Some(mut process), Some(service)) if process.var("PATH").is_none() => {
            if service.env.is_ok() {
                process.env = service.env;
                process.env_from = service.env_from;
            }
            Some(process)
        }
        (Some(process), _) => Some(process),
        (None, service) => service,
    }
}

/// Without a gateway, the operator's shell stands for the one that would be started from it.
fn operators(world: &World) -> Seen {
    let env = VARIABLES
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), world.operator.var(name)?.to_owned())));
    Seen {
        placement: Placement::Missing,
        env: Ok(env.collect()),
        env_from: "the operator's own environment, since no gateway is known".to_owned(),
        uid: Some(world.operator.uid),
        groups: world.operator.groups.clone(),
        node: None,
    }
}

/// None when the endpoint in force was not found to answer.
fn answering(facts: &Facts) -> Option<Engine> {
    match facts.docker.connection.get() {
        Ok(Connection::Answers { .. }) => {
            let endpoint = facts.docker.endpoint.get().ok()?.clone();
            Engine::connect(&endpoint).ok()
        }
        Ok(Connection::Refused { .. } | Connection::Hung { .. } | Connection::Broken { .. })
        | Err(_) => None,
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
