//! The command line of `calls`.

use clap::Args as Group;

use crate::units::Span;

pub const CALLS_AFTER: &str = "\
Examples:
  clawdoctor calls                     the tool calls that are known, and whether the last was sandboxed
  clawdoctor calls --follow            each as it begins and ends
  clawdoctor calls --failed --since 1h --agent main
  clawdoctor calls --json

A call is a command that OpenClaw runs in a standing sandbox, or a sandbox that
comes for one command and goes with it. What happened before is known as far as
the recorder has recorded (clawdoctor recorder), else the engine remembers its
last 256 events. Tools that run on the host make no call here: openclaw/sandbox-mode
tells whether any do.

Exit codes: 0, or 2 when the engine cannot be seen.";

#[derive(Clone, Debug, Group)]
pub struct CallsArgs {
    /// Tell each as it begins and ends, until Ctrl-C
    #[arg(short, long)]
    pub follow: bool,
    /// Only those that ran so recently
    #[arg(long, value_name = "SPAN")]
    pub since: Option<Span>,
    /// Only those of this agent
    #[arg(long, value_name = "ID")]
    pub agent: Option<String>,
    /// Only those that ended otherwise than with 0
    #[arg(long)]
    pub failed: bool,
    /// In every container, not only OpenClaw's sandboxes
    #[arg(long)]
    pub all: bool,
    /// Show command lines too: they may hold secrets
    #[arg(long)]
    pub commands: bool,
}
