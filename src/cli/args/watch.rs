//! The command line of `watch` and of what reads a recording.

use std::path::PathBuf;

use clap::Args as Group;

use crate::units::{Size, Span};

pub const WATCH_AFTER: &str = "\
Examples:
  clawdoctor watch                    what runs, what died and why, and how many more fit
  clawdoctor watch --once             one look, as text
  clawdoctor watch --once --json      one look, as a document
  clawdoctor watch --json             what happens, one line of JSON each, until Ctrl-C
  clawdoctor watch --record night.ndjson

Without a terminal it tells what happens, a line each. Nothing is changed in the engine, but for
what you answer with yes on the dashboard.
Which containers are sandboxes, OpenClaw's label openclaw.sandbox=1 says; with --all every
container is shown.

Exit codes of watch --once: 0, or 2 when the engine cannot be seen.";

#[derive(Clone, Debug, Group)]
pub struct WatchArgs {
    /// One look instead of watching on
    #[arg(long, conflicts_with = "record")]
    pub once: bool,
    /// Every container, not only OpenClaw's sandboxes
    #[arg(long)]
    pub all: bool,
    /// How far back to ask the engine for what happened; it remembers 256 events
    #[arg(long, value_name = "SPAN", default_value = "1h", value_parser = span)]
    pub since: Span,
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
