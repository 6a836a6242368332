//! What the operator wants of repairs: the settings file, and the command line on top.

use super::args::{ModeName, WishArgs};
use crate::facts::openclaw::Mode;
use crate::failure::Failure;
use crate::fix::step::{Command, Control, NetworkReach};
use crate::fix::wishes::{Network, Wishes};
use crate::probe::World;
use crate::settings::{Fix, FixEngine};

pub fn wishes(args: &WishArgs, world: &World, attended: Attended) -> Result<Wishes, Failure> {
    let settings = &world.settings.fix;
    let usual = Wishes::default();
    Ok(Wishes {
        mode: match args.sandbox_mode {
            Some(ModeName::NonMain) => Mode::NonMain,
            Some(ModeName::All) | None => usual.mode,
        },
        memory: settings.memory.clone().unwrap_or(usual.memory),
        cpus: settings.cpus.unwrap_or(usual.cpus),
        pids: settings.pids.unwrap_or(usual.pids),
        network: network(settings),
        dns: settings.dns.clone(),
        image_tar: args.image_tar.as_deref().map(archive).transpose()?,
        tools: if world.tools.is_empty() {
            usual.tools
        } else {
            world.tools.clone()
        },
        network_allowed: !world.offline,
        control: control(&settings.engine),
        docker_licence: args.accept_docker_license,
        attended: attended == Attended::Person,
    })
}

/// Whether anybody could be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attended {
    Person,
    Nobody,
}

fn network(settings: &Fix) -> Option<Network> {
    let wished = settings.network.as_ref()?;
    Some(Network {
        name: wished.name.clone(),
        reach: if wished.internal {
            NetworkReach::Internal
        } else {
            NetworkReach::Outside
        },
    })
}

fn control(engine: &FixEngine) -> Option<Control> {
    let command = |argv: &Vec<String>| {
        (!argv.is_empty()).then(|| Command {
            argv: argv.clone(),
            as_root: false,
        })
    };
    let control = Control {
        start: command(&engine.start).into_iter().collect(),
        stop: command(&engine.stop).into_iter().collect(),
        kill: command(&engine.kill).into_iter().collect(),
    };
    (control != Control::default()).then_some(control)
}

/// The archive's own path, whole: a plan outlives the folder that it was made in.
fn archive(path: &str) -> Result<String, Failure> {
    let whole = whole_path(path).map_err(|error| {
        Failure::input(format!("cannot read the image archive {path}"))
            .cause(error)
            .hint("write one with: docker save IMAGE -o FILE")
    })?;
    Ok(whole)
}

fn whole_path(path: &str) -> std::io::Result<String> {
    let whole = std::path::Path::new(path).canonicalize()?;
    Ok(whole.to_string_lossy().into_owned())
}
