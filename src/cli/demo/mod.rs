//! `--demo`: a recorded node and a recorded incident in place of this machine and its engine, so that
//! anyone can try the app at once. The judges, the planners and the player are the very ones; what
//! is missing is everything that asks or changes a machine.
//!
//! `assets/demo/node.toml` is the node, put together from documentation like those of `tests/nodes`;
//! `assets/demo/incident.ndjson` is a recording of `watch --record`, made by `tests/support/demo.sh`.

mod pace;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;

pub use pace::{Turn, timetable};

use super::args::{Args, Command, WatchArgs};
use super::evidence;
use super::out::Out;
use super::prepare::{self, Prepared, Wish};
use super::{app, replay, run};
use crate::checklist::catalog::Catalog;
use crate::exit;
use crate::facts::{Facts, Section};
use crate::failure::Failure;
use crate::live::recording::Player;
use crate::live::replay::Replay;
use crate::probe::World;
use crate::probe::gather::Gathered;
use crate::report::Format;
use crate::surroundings::Surroundings;
use crate::tui::{First, Habits, Table};

const NODE: &str = include_str!("../../../assets/demo/node.toml");
const INCIDENT: &str = include_str!("../../../assets/demo/incident.ndjson");
/// How the recording is named where a file would be.
const NAME: &str = "the recorded incident";

/// A node with how long it took to ask it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Recorded {
    /// Of each section, in milliseconds.
    spent: BTreeMap<Section, u64>,
    facts: Facts,
}

/// The recorded node, gathered.
pub fn node() -> Gathered {
    let Recorded { spent, facts } = toml::from_str(NODE).expect("a test reads this very file");
    Gathered {
        facts,
        spent,
        warnings: vec![
            "this is the recorded node of --demo: it says nothing about this machine".to_owned(),
        ],
    }
}

/// The recorded incident, line by line.
fn player() -> Player<&'static [u8]> {
    Player::read(INCIDENT.as_bytes(), Path::new(NAME)).expect("a test reads this very file")
}

/// The recorded incident, as it can be played.
pub fn incident() -> Replay {
    replay::played(player().recorded().expect("a test reads this very file"))
}

/// Whoever sits at the recorded node.
fn operator() -> Surroundings {
    let folders = "/opt/homebrew/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin";
    Surroundings {
        env: BTreeMap::from([("PATH".to_owned(), folders.to_owned())]),
        uid: 501,
        gid: 20,
        groups: vec![20, 12, 61, 80],
        user: "claw".to_owned(),
        home: PathBuf::from("/Users/claw"),
        cwd: PathBuf::from("/Users/claw"),
    }
}

/// What a run on the recorded node is made of: our own checks, and nothing of this machine.
pub fn prepared(wish: &Wish) -> Result<Prepared, Failure> {
    let catalog = Catalog::built_in()?;
    let selected = prepare::chosen(&catalog, wish)?;
    let wanted = catalog.closure(selected.iter().cloned());
    let node = node().facts.node;
    Ok(Prepared {
        budgets: catalog.sections(&wanted),
        catalog: Arc::new(catalog),
        waivers: Vec::new(),
        habits: Habits::default(),
        selected,
        world: World {
            operator: operator(),
            hostname: node.hostname,
            node_id: node.id,
            ..World::default()
        },
    })
}

/// Shows, judges or tells what is recorded, as the command would what is there.
pub fn demo(args: &Args, here: &Surroundings, out: &Out) -> Result<u8, Failure> {
    goes_together(args)?;
    let is_for_the_app = run::is_for_the_app(args, out);
    if let Some(Command::Watch(asked)) = &args.command {
        let forms = [Format::Text, Format::Json, Format::Ndjson];
        run::only(args.common.format(), "watch", &forms)?;
        asked.table.only_for_people(args.common.format())?;
        return if is_for_the_app && !asked.once {
            app::demo::show(args, here, First::Live, out)
        } else {
            told(asked, args, out)
        };
    }
    if let Some(Command::Headroom(asked)) = &args.command {
        return run::reckoned(args, asked, here, out);
    }
    // The app keeps no facts: a run that is to keep them is a plain one.
    if args.command.is_none() && is_for_the_app && args.common.save_facts.is_none() {
        return app::demo::show(args, here, First::Checklist, out);
    }
    run::checked(args, here, out)
}

/// The incident off the screen: the picture at its end, or what happened, line by line.
fn told(asked: &WatchArgs, args: &Args, out: &Out) -> Result<u8, Failure> {
    let json = !args.common.format().is_for_people();
    let redactor = prepared(&Wish::default())?.redactor(!args.common.no_redact);
    if !asked.once {
        return replay::lines(player(), json, redactor, out);
    }
    let mut incident = incident();
    let end = incident.end();
    incident.seek(end);
    let (place, redactor) = (asked.evidence.as_ref(), redactor.as_ref());
    let table = asked.table.over(&Table::default());
    let (model, table) = (incident.model(), table.arrangement());
    evidence::look(place, model, end, json, table, redactor, out)?;
    Ok(exit::CLEAN)
}

/// What asks this machine, or is told something of it, goes with nothing that is recorded.
fn goes_together(args: &Args) -> Result<(), Failure> {
    match &args.command {
        None => Ok(()),
        Some(Command::Check(asked)) => alone(
            &[
                (asked.facts.is_some(), "--facts"),
                (asked.gateway_container.is_some(), "--in"),
            ],
            "clawdoctor check --demo",
        ),
        Some(Command::Headroom(asked)) => alone(
            &[
                (asked.facts.is_some(), "--facts"),
                (asked.gateway_container.is_some(), "--in"),
            ],
            "clawdoctor headroom --demo",
        ),
        Some(Command::Watch(asked)) => alone(
            &[
                (asked.record.is_some(), "--record"),
                (asked.all, "--all"),
                (asked.commands, "--commands"),
                (asked.since.is_some(), "--since"),
            ],
            "clawdoctor watch --demo",
        ),
        Some(other) => Err(refused(other)),
    }
}

fn alone(others: &[(bool, &str)], without: &str) -> Result<(), Failure> {
    match others.iter().find(|(is_asked, _)| *is_asked) {
        None => Ok(()),
        Some((_, flag)) => Err(Failure::usage(format!(
            "{flag} cannot be used with --demo, where everything is recorded already"
        ))
        .hint(without)),
    }
}

fn refused(command: &Command) -> Failure {
    let (name, hint) = match command {
        Command::Fix(_) | Command::Plan(_) | Command::Undo(_) | Command::Own(_) => (
            "repairs",
            "what a repair would do, the app shows: clawdoctor --demo",
        ),
        Command::Replay(_) => (
            "replay, which plays a file",
            "the recorded incident: clawdoctor watch --demo",
        ),
        Command::Recorder(_) => ("recorder", "clawdoctor watch --demo"),
        Command::Drill(_) => (
            "drill, which starts real sandboxes",
            "what the arithmetic says of the recorded node: clawdoctor headroom --demo",
        ),
        Command::Calls(_) => (
            "calls",
            "the calls of the recorded incident: clawdoctor watch --demo",
        ),
        Command::Bench(_) => (
            "bench, which starts containers",
            "how many fit on the recorded node: clawdoctor headroom --demo",
        ),
        Command::Check(_)
        | Command::Headroom(_)
        | Command::Watch(_)
        | Command::List
        | Command::Keys { .. }
        | Command::Explain { .. }
        | Command::Recipe
        | Command::Schema { .. }
        | Command::Completions { .. }
        | Command::Man => ("this command", "leave --demo away"),
    };
    Failure::usage(format!(
        "--demo is for the app, check, watch and headroom, and not for {name}"
    ))
    .hint(hint)
}

#[cfg(test)]
mod tests;
