//! OpenClaw on this node: what is installed, what its config makes of every agent's sandbox, and
//! the gateway process. Fast by reading: files with the documented defaults; its CLI takes seconds
//! and is asked only where the files do not settle it, or with `--deep`.

mod cli;
mod config;
mod disk;
mod doctor;
mod effective;
mod elevated;
mod gateway;
mod install;
mod log;
mod place;
mod reader;
mod registry;
mod roster;
mod section;
mod sizes;
mod workspaces;
mod written;

pub use config::{Config, read as read_config};
pub use doctor::doctor;
pub use gateway::gateway;
pub use log::log;
pub use registry::registry;
pub use workspaces::workspaces;

use crate::deadline::Deadline;
use crate::facts::openclaw::{Agent, ConfigFile, Elevated, Install, NodeRuntime};
use crate::facts::{Facts, Reading, Why, WhyKind};
use crate::probe::World;
use crate::probe::blocking::blocking;
use place::Place;

/// The part of the facts that files tell.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OpenclawPart {
    pub install: Reading<Install>,
    pub node: Reading<NodeRuntime>,
    pub config: Reading<ConfigFile>,
    pub agents: Reading<Vec<Agent>>,
    pub elevated: Reading<Elevated>,
}

pub async fn openclaw(world: &World, d: Deadline) -> OpenclawPart {
    let seen = world.operator.clone();
    let found = blocking(d, move || install::find(&seen)).await.flatten();
    let programs = async {
        match &found {
            Ok(found) => tokio::join!(
                install::install(found, d),
                install::node(found, &world.operator, d)
            ),
            // Whoever installs OpenClaw wants to know what it would run on.
            Err(why) => (
                Reading::Unknown(why.clone()),
                install::node_on_path(&world.operator, d).await,
            ),
        }
    };
    let seen = world.operator.clone();
    let files = blocking(d, move || {
        let place = Place::of(&seen, std::path::Path::exists)?;
        let config = config::read(&place.config);
        Ok((place, config))
    });
    let ((install, node), files) = tokio::join!(programs, files);
    let (place, config) = match files.flatten() {
        Ok((place, Ok(config))) => (place, config),
        Ok((_, Err(why))) | Err(why) => return without_config(install, node, &why),
    };
    let program = found.as_ref().ok().map(|found| found.program.as_path());
    let version = install.get().ok().map(|install| install.version.clone());
    let (agents, elevated) = settle(world, &place, &config, program, version.as_deref(), d).await;
    OpenclawPart {
        install,
        node,
        agents,
        elevated,
        config: Reading::known(config.file, "the file"),
    }
}

fn without_config(
    install: Reading<Install>,
    node: Reading<NodeRuntime>,
    why: &Why,
) -> OpenclawPart {
    OpenclawPart {
        install,
        node,
        config: Reading::Unknown(why.clone()),
        agents: Reading::Unknown(why.clone()),
        elevated: Reading::Unknown(why.clone()),
    }
}

/// The settings from the file; from OpenClaw's own CLI where the file does not settle them.
async fn settle(
    world: &World,
    place: &Place,
    config: &Config,
    program: Option<&std::path::Path>,
    version: Option<&str>,
    d: Deadline,
) -> (Reading<Vec<Agent>>, Reading<Elevated>) {
    let path = config.file.path.clone();
    let read = effective::effective(&config.value, place);
    let unsettled = config.file.includes || effective::elsewhere(&config.value);
    let (agents, elevated, from) = if unsettled || world.deep {
        let answer = cli::ask(world, place, config, program, version, d).await;
        match answer {
            Ok((value, from)) => (
                effective::effective(&value, place),
                elevated::elevated(&value),
                from,
            ),
            // A file that settles everything is enough when the CLI is silent.
            Err(_) if !unsettled => (read, elevated::elevated(&config.value), path),
            Err(why) => (Err(why.clone()), Err(why), path),
        }
    } else {
        (read, elevated::elevated(&config.value), path)
    };
    let agents = match agents {
        Ok(mut agents) => {
            blocking(d, move || {
                disk::look(&mut agents);
                agents
            })
            .await
        }
        Err(why) => Err(why),
    };
    (
        Reading::from_result(agents, from.clone()),
        Reading::from_result(elevated, from),
    )
}

/// OpenClaw's command, for what is asked of it with `--deep` alone.
fn deep_program<'a>(world: &World, facts: &'a Facts) -> Result<&'a str, Why> {
    if !world.deep {
        return Err(Why::new(WhyKind::NotAsked, "asked with --deep alone"));
    }
    let install = facts.openclaw.install.get()?;
    Ok(install.program.as_deref().unwrap_or("openclaw"))
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
