//! The command line of `watch` and of what reads a recording.

use std::path::PathBuf;

use clap::{Args as Group, Subcommand};

use crate::cli::evidence::Place;
use crate::cli::replay::At;
use crate::failure::Failure;
use crate::live::order::Sort;
use crate::report::Format;
use crate::tui::{Columns, Table};
use crate::units::{Size, Span};

pub const WATCH_AFTER: &str = "\
Examples:
  clawdoctor watch                    what runs, what died and why, and how many more fit
  clawdoctor watch --once             one look, as text
  clawdoctor watch --once --json      one look, as a document
  clawdoctor watch --json             what happens, one line of JSON each, until Ctrl-C
  clawdoctor watch --record night.ndjson
  clawdoctor watch --demo             a recorded incident, played: needs no engine
  clawdoctor watch --once --evidence .    and keep all that is known in two files

Without a terminal it tells what happens, a line each. Nothing is changed in the engine, but for
what you answer with yes on the dashboard.
Which containers are sandboxes, OpenClaw's label openclaw.sandbox=1 says; with --all every
container is shown.

Columns of the dashboard are agent, name, state, age, start, running, made,
failed, cpu, memory, pids, idle, marks, network, traffic, restarts, as-of and
image; calls stands for running, made and failed. [watch] columns, sort and
group of clawdoctor.toml say the same. The table of --once is arranged by them
too; it has a few columns of its own choice where none are chosen.

It opens with what the recorder has recorded, where there is one (clawdoctor
recorder); else with what the engine itself remembers, 256 events at most.

Exit codes of watch --once: 0, or 2 when the engine cannot be seen.";

pub const REPLAY_AFTER: &str = "\
Examples:
  clawdoctor replay night.ndjson                     played on the dashboard, a line each elsewhere
  clawdoctor replay --json night.ndjson              the same as watch --json told
  clawdoctor replay --once night.ndjson              the picture at its end
  clawdoctor replay --at -10min night.ndjson         ten minutes before its end
  clawdoctor replay --at 2026-11-18T03:12:00Z night.ndjson

A recording is made by watch --record FILE, or by the recorder; the part before
it, FILE.1, is read with it.";

pub const RECORDER_AFTER: &str = "\
Examples:
  clawdoctor recorder install         a service of yours: shows it, and asks
  clawdoctor recorder status          whether it runs, how far back it reaches, what it costs
  clawdoctor recorder uninstall --purge

It keeps at most 64 MiB, or [recorder] size of clawdoctor.toml, in the state
folder, for you alone. The service is a LaunchAgent on a Mac and a user unit of
systemd on Linux; elsewhere let whatever starts your services run:
clawdoctor recorder run

Exit codes of recorder status: 0 when it runs, else 1. Of install and uninstall:
0 when it is done, 1 when it was only shown, 2 when it failed.";

#[derive(Clone, Debug, Group)]
pub struct WatchArgs {
    /// One look instead of watching on
    #[arg(long, conflicts_with = "record")]
    pub once: bool,
    /// With --once: keep all that is known as a document and a text in this folder; - prints the document
    #[arg(
        long,
        value_name = "FOLDER",
        requires = "once",
        allow_hyphen_values = true
    )]
    pub evidence: Option<Place>,
    /// Every container, not only OpenClaw's sandboxes
    #[arg(long)]
    pub all: bool,
    /// How far back to tell what happened; the engine itself remembers 256 events [default: 1h]
    #[arg(long, value_name = "SPAN", value_parser = span)]
    pub since: Option<Span>,
    /// Keep all that is seen in this file, to be replayed; an older recording becomes FILE.1
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
    /// What the recording may take, FILE.1 included
    #[arg(long, value_name = "SIZE", default_value = "256MiB", value_parser = size, requires = "record")]
    pub record_size: Size,
    /// Look and touch nothing: sandboxes cannot be stopped, killed, paused or removed from here [env: CLAWDOCTOR_READ_ONLY]
    #[arg(long)]
    pub read_only: bool,
    /// Show and record the command lines of calls too: they may hold secrets
    #[arg(long)]
    pub commands: bool,
    #[command(flatten)]
    pub table: TableArgs,
}

/// How a table of sandboxes is wanted, over what settings say.
#[derive(Clone, Debug, Default, Group)]
pub struct TableArgs {
    /// The columns of the table, in their order: agent,calls,cpu
    #[arg(long, value_name = "LIST")]
    pub columns: Option<Columns>,
    /// Sort the table by this column; -COLUMN the most first, +COLUMN the least first
    #[arg(long, value_name = "COLUMN", allow_hyphen_values = true)]
    pub sort: Option<Sort>,
    /// The sandboxes of an agent together
    #[arg(long)]
    pub group: bool,
}

impl TableArgs {
    pub fn over(&self, settings: &Table) -> Table {
        Table {
            columns: self.columns.as_ref().unwrap_or(&settings.columns).clone(),
            sort: self.sort.or(settings.sort),
            is_grouped: self.group || settings.is_grouped,
        }
    }

    /// Refused where programs read: a document has all columns, and no order that matters.
    pub fn only_for_people(&self, format: Format) -> Result<(), Failure> {
        let given = [
            (self.columns.is_some(), "--columns"),
            (self.sort.is_some(), "--sort"),
            (self.group, "--group"),
        ];
        match given.into_iter().find(|(is_given, _)| *is_given) {
            Some((_, flag)) if !format.is_for_people() => Err(Failure::usage(format!(
                "{flag} arranges a table for people: JSON has every column"
            ))
            .hint(format!("leave out {flag}, or take --format text"))),
            _ => Ok(()),
        }
    }
}

#[derive(Clone, Debug, Group)]
pub struct ReplayArgs {
    /// The recording
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The picture at the end instead of what happened
    #[arg(long, conflicts_with = "at")]
    pub once: bool,
    /// The picture at this instant: RFC 3339, or -10min for so long before the end
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub at: Option<At>,
    #[command(flatten)]
    pub table: TableArgs,
}

#[derive(Clone, Debug, Group)]
pub struct RecorderArgs {
    #[command(subcommand)]
    pub verb: RecorderVerb,
}

#[derive(Clone, Debug, Subcommand)]
pub enum RecorderVerb {
    /// Make it a service of this user that starts by itself
    Install {
        /// Without asking
        #[arg(short, long)]
        yes: bool,
    },
    /// Tell whether it runs, how far back it reaches, and what it costs
    Status,
    /// Take the service back; the recording stays
    Uninstall {
        /// Without asking
        #[arg(short, long)]
        yes: bool,
        /// Remove the recording as well
        #[arg(long)]
        purge: bool,
    },
    /// Record until it is told to end: what the service runs
    Run,
}

fn span(text: &str) -> Result<Span, String> {
    text.parse()
}

/// Less would hold hardly more than what is there.
fn size(text: &str) -> Result<Size, String> {
    const LEAST: Size = Size(1 << 20);
    let size: Size = text.parse()?;
    if size < LEAST {
        return Err(format!(
            "{size} is too little for a recording: at least {LEAST}"
        ));
    }
    Ok(size)
}
