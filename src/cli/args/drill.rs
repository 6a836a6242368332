//! The command line of `drill`.

use clap::Args as Group;

use super::span;
use crate::units::Span;

pub const DRILL_AFTER: &str = "\
Examples:
  clawdoctor drill                  as many sandboxes as headroom says, under load
  clawdoctor drill --beyond 4       and up to four more, to see where it ends
  clawdoctor drill --yes --json --agent research --hold 10s

Starts sandboxes one by one, made as OpenClaw makes its own, each holding 85 %
of its memory cap and spinning at its cap of cores. Stops at the first sign of
harm: a start that takes over 2 s and 5 times the first one's time, or over
10 s; memory that is not taken up within 30 s; pressure on the host; any process
that the kernel kills for want of memory; a sandbox of the drill that ends by
itself; an engine that is slow to answer (1 s twice, or 3 s); less free memory
than the engine's system is to keep; less than half of the promised cores. A
tool call that begins ends it too. It touches no other container, and removes
all of its own, however it ends.

Exit codes: 0 when the computed number was reached without harm, 1 when it ended
before, 2 when it could not be made.";

#[derive(Clone, Debug, Group)]
pub struct DrillArgs {
    /// Go on so far beyond the computed number
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub beyond: u64,
    /// Never start more than so many
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = clap::value_parser!(u64).range(1..=256))]
    pub most: u64,
    /// How long each step is held
    #[arg(long, value_name = "SPAN", default_value = "5s", value_parser = span)]
    pub hold: Span,
    /// The agent whose sandboxes they are; the one with the largest memory cap when none is named
    #[arg(long, value_name = "ID")]
    pub agent: Option<String>,
    /// Do not ask
    #[arg(long)]
    pub yes: bool,
    /// Also while tool calls run in real sandboxes
    #[arg(long, value_name = "busy")]
    pub allow: Vec<AllowName>,
    /// The container that the gateway runs in, where it is not found by itself
    #[arg(long = "in", value_name = "CONTAINER")]
    pub gateway_container: Option<String>,
    /// The most that the drill may take, up to 30 minutes
    #[arg(long, value_name = "SPAN", default_value = "5min", value_parser = span, help_heading = "Common options")]
    pub timeout: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum AllowName {
    Busy,
}
