//! The command line of `fix`, `plan` and `undo`.

use std::ffi::OsString;

use clap::{Args as Group, ValueEnum};

use super::FailOn;
use crate::units::Span;

pub const FIX_AFTER: &str = "\
Examples:
  clawdoctor fix --dry-run                what it would do
  clawdoctor fix                          ask about each repair
  clawdoctor fix --yes                    what is safe, without asking
  clawdoctor fix --yes --allow behaviour  and what changes how agents work
  clawdoctor fix image/present            one check's findings
  clawdoctor plan -o plan.json; clawdoctor fix --plan plan.json --yes

Classes of risk:
  safe       reversible; nothing of anybody's is lost or interrupted
  behaviour  changes what agents may do, or where they run
  restart    the engine, the gateway or Docker Desktop stops for a while
  data       touches what is in use, or cannot be restored exactly
  security   rights become wider, or isolation less

Exit codes of fix:
  0    nothing at or above --fail-on remains, verified
  1    something remains: declined, not allowed, or for a person to do
  2    refused or failed, or another run is at work
  3    applied; in force after a restart (2 before 1 before 3)

Without a terminal and without --yes it prints the plan and changes nothing.";

#[derive(Clone, Debug, Default, Group)]
pub struct FixArgs {
    /// Only what these checks find: ids, or areas
    #[arg(value_name = "ID")]
    pub ids: Vec<String>,
    /// Show the plan and change nothing
    #[arg(long, conflicts_with_all = ["yes", "resume"])]
    pub dry_run: bool,
    /// Apply what is safe without asking: reversible, and nothing is lost or interrupted
    #[arg(long)]
    pub yes: bool,
    /// Apply these without asking: classes (behaviour, restart, data, security), ids; and `busy`,
    /// to restart an engine while calls run
    #[arg(long, value_name = "CLASS|ID,...")]
    pub allow: Vec<String>,
    /// Apply the plan that `plan -o` wrote: exactly it, or nothing
    #[arg(long, value_name = "FILE", conflicts_with_all = ["ids", "dry_run", "resume"])]
    pub plan: Option<String>,
    /// Go on with a run that was interrupted, or that waited for a restart
    #[arg(long)]
    pub resume: bool,
    /// As root: become this user first
    #[arg(long, value_name = "USER")]
    pub run_as: Option<String>,
    /// How long to wait for another run to end
    #[arg(long, value_name = "SPAN", default_value = "0s", value_parser = wait)]
    pub lock_timeout: Span,
    /// The least severity that counts as something that remains
    #[arg(long, value_name = "SEVERITY")]
    pub fail_on: Option<FailOn>,
    #[command(flatten)]
    pub wishes: WishArgs,
}

/// Values where a repair has a choice.
#[derive(Clone, Debug, Default, Group)]
pub struct WishArgs {
    /// Load sandbox images from this archive of `docker save`, instead of building or pulling
    #[arg(long, value_name = "FILE")]
    pub image_tar: Option<String>,
    /// The sandbox mode to switch on
    #[arg(long, value_name = "MODE")]
    pub sandbox_mode: Option<ModeName>,
    /// The container that the gateway runs in, where it is not found by itself
    #[arg(long = "in", value_name = "CONTAINER")]
    pub gateway_container: Option<String>,
    /// You have read and accept Docker's licence terms (only for installing Docker Desktop)
    #[arg(long)]
    pub accept_docker_license: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ModeName {
    All,
    NonMain,
}

#[derive(Clone, Debug, Default, Group)]
pub struct PlanArgs {
    /// Only what these checks find: ids, or areas
    #[arg(value_name = "ID")]
    pub ids: Vec<String>,
    /// Keep the plan in this file, for `fix --plan`
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<String>,
    #[command(flatten)]
    pub wishes: WishArgs,
}

#[derive(Clone, Debug, Default, Group)]
pub struct UndoArgs {
    /// The run to take back; the newest one that has something to take back when none is named
    #[arg(value_name = "RUN")]
    pub run: Option<String>,
    /// List the runs that are kept
    #[arg(long, conflicts_with = "run")]
    pub list: bool,
    /// Do not ask
    #[arg(long)]
    pub yes: bool,
    /// Stop an engine also while calls run
    #[arg(long)]
    pub busy: bool,
    /// How long to wait for another run to end
    #[arg(long, value_name = "SPAN", default_value = "0s", value_parser = wait)]
    pub lock_timeout: Span,
}

/// What `fix` and `undo` ask sudo for where only root may give files away.
#[derive(Clone, Debug, Group)]
pub struct OwnArgs {
    pub verb: OwnVerbName,
    /// The list that was made before
    pub list: std::path::PathBuf,
    /// Whose node it is: this home and its parents are never touched
    #[arg(long)]
    pub home: std::path::PathBuf,
    /// Folders at or below which anything may be changed at all
    #[arg(long)]
    pub within: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OwnVerbName {
    Change,
    Restore,
}

/// `--fix` before everything else is the command `fix`: the spelling that scripts have.
pub fn spelled_out(argv: Vec<OsString>) -> Vec<OsString> {
    let mut before_command = argv.iter().skip(1).take_while(|word| {
        let word = word.to_string_lossy();
        word.starts_with('-') && word != "--"
    });
    let Some(at) = before_command.position(|word| word == "--fix" || word == "--repair") else {
        return argv;
    };
    let mut argv = argv;
    argv[at + 1] = OsString::from("fix");
    argv
}

/// A wait may be none at all.
fn wait(text: &str) -> Result<Span, String> {
    text.parse()
}
