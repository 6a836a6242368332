//! The command line as clap reads it, and nothing else. One definition feeds parsing, help, man
//! page and completions.

mod bench;
mod calls;
mod drill;
mod headroom;
mod repairs;
mod watch;

use std::ffi::OsString;
use std::time::Duration;

use clap::builder::styling::{AnsiColor, Styles};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Args as Group, CommandFactory as _, Parser, Subcommand, ValueEnum};

use bench::BENCH_AFTER;
pub use bench::BenchArgs;
use calls::CALLS_AFTER;
pub use calls::CallsArgs;
use drill::DRILL_AFTER;
pub use drill::DrillArgs;
use headroom::HEADROOM_AFTER;
pub use headroom::HeadroomArgs;
use repairs::{FIX_AFTER, spelled_out};
pub use repairs::{FixArgs, ModeName, OwnArgs, OwnVerbName, PlanArgs, UndoArgs, WishArgs};
use watch::{RECORDER_AFTER, REPLAY_AFTER, WATCH_AFTER};
pub use watch::{RecorderArgs, RecorderVerb, ReplayArgs, TableArgs, WatchArgs};

use crate::checklist::check::Severity;
use crate::report::Format;
use crate::settings::ThemeName;
use crate::units::Span;

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

const AFTER: &str = "\
Examples:
  clawdoctor                           check this node; on a terminal an app that mends too
  clawdoctor --demo                    try the app without Docker, on a recorded node
  clawdoctor check -v                  with every check, its value and its time
  clawdoctor check --only docker       one area; ids and patterns like '*/memory' as well
  clawdoctor check --json --offline    one JSON document, no network beyond this machine
  clawdoctor fix                       mend what it finds, after asking
  clawdoctor undo                      and take that back
  clawdoctor headroom                  how many more sandboxes fit, and why
  clawdoctor bench                     how long one takes to start
  clawdoctor explain docker/running    what a check is for and how to mend it
  clawdoctor explain 'Cannot connect to the Docker daemon'
  clawdoctor keys                      the keys of the app, and how to change them

Exit codes:
  0    nothing at or above --fail-on, and every required check concluded
  1    a finding at or above --fail-on
  2    could not run, a usage error, or a required check inconclusive
  130  ended by Ctrl-C (143: SIGTERM); what it made in the engine is removed
  With --format nagios: 0 OK, 1 warning, 2 critical, 3 unknown.

Files, in $CLAWDOCTOR_CONFIG_DIR, else ~/.config/clawdoctor, or on a Mac
~/Library/Application Support/clawdoctor:
  clawdoctor.toml      settings
  checks/AREA/*.toml   checks of your own, and changes to ours
  waivers.toml         findings that you accept, with a reason and a last day

Checking changes nothing; fix changes what its plan shows, after it was shown.
It writes only to its state folder, which is
$CLAWDOCTOR_STATE_DIR, else ~/.local/state/clawdoctor, or on a Mac the folder
above, and to the files that you name.";

const KEYS_AFTER: &str = "\
A command gets other keys in clawdoctor.toml; a list takes the place of all of
its keys, and an empty one leaves it none:

  [app.keys]
  recheck = \"F5\"
  next-problem = [\"ctrl-n\", \"alt-n\"]
  fix-safe = []

  [app.keys.dashboard]       for one place alone
  sort-next = \"o\"

Keys are written r, R, ctrl-r, alt-x, F5, space, enter, esc, tab, shift-tab,
backspace, delete, insert, up, down, left, right, home, end, pgup, pgdn.";

/// What was asked on the command line.
#[derive(Clone, Debug, Parser)]
#[command(
    name = "clawdoctor",
    version,
    about = "Is this node ready to run OpenClaw's sandboxes in Docker? Checks it, and says what is wrong and why.",
    after_help = AFTER,
    styles = STYLES,
    disable_help_subcommand = true,
    max_term_width = 80
)]
pub struct Args {
    /// The same as the command fix
    #[arg(long)]
    fix: bool,
    #[command(flatten)]
    pub common: Common,
    #[command(subcommand)]
    pub command: Option<Command>,
}

#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Go through the checklist and report
    Check(CheckArgs),
    /// Mend what the checks find: shows the plan, asks, applies, and proves it
    #[command(after_help = FIX_AFTER)]
    Fix(FixArgs),
    /// Show what fix would do, to read, to keep and to apply later
    Plan(PlanArgs),
    /// Take a run of fix back
    #[command(after_help = "Examples:
  clawdoctor undo --list    the runs that are kept
  clawdoctor undo           the newest one that has something to take back
  clawdoctor undo --yes     for scripts: without it, and nobody to ask, it is only shown")]
    Undo(UndoArgs),
    /// Watch the sandboxes live: what runs, what died and why, and how many more fit
    #[command(after_help = WATCH_AFTER)]
    Watch(WatchArgs),
    /// Show the tool calls in the sandboxes: whose, how long, how they ended
    #[command(after_help = CALLS_AFTER)]
    Calls(CallsArgs),
    /// Show what a recording holds: what happened, or how it was at an instant
    #[command(after_help = REPLAY_AFTER)]
    Replay(ReplayArgs),
    /// Record in the background, so that watch opens with what happened before
    #[command(after_help = RECORDER_AFTER)]
    Recorder(RecorderArgs),
    /// How many more sandboxes can be busy at the same time, why, and what would add some
    #[command(after_help = HEADROOM_AFTER)]
    Headroom(HeadroomArgs),
    /// Measure how long a sandbox takes to start: cold, cached, kept alive
    #[command(after_help = BENCH_AFTER)]
    Bench(BenchArgs),
    /// Prove the headroom: start sandboxes under load, one by one, and stop before harm
    #[command(after_help = DRILL_AFTER)]
    Drill(DrillArgs),
    /// Show all checks by step
    List,
    /// Show the keys of the app that are in force, and the words to change them by
    #[command(after_help = KEYS_AFTER)]
    Keys {
        /// The keys as they are without your settings, which are not read
        #[arg(long)]
        defaults: bool,
    },
    /// Say what a check is for, or what is behind an error message
    #[command(after_help = "Examples:
  clawdoctor explain sandbox/dns
  clawdoctor explain 'OCI runtime exec failed: exec: \"python3\": executable file not found'")]
    Explain {
        /// A check's id, or a pasted error message
        #[arg(required = true, value_name = "ID or TEXT")]
        what: Vec<String>,
    },
    /// Print the recipe of OpenClaw's default sandbox image, which no registry has
    #[command(after_help = "Example:
  clawdoctor recipe | docker build -t openclaw-sandbox:bookworm-slim -")]
    Recipe,
    /// Print the JSON Schema of a document
    Schema {
        /// What check, fix and plan, watch --once, headroom, drill, calls or bench prints
        #[arg(value_name = "DOCUMENT", default_value = "report")]
        document: DocumentName,
    },
    /// Change or restore the owners of a list, as root (what fix asks sudo for)
    #[command(hide = true)]
    Own(OwnArgs),
    /// Print the completion script of a shell
    Completions {
        #[arg(value_name = "SHELL")]
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Man,
}

#[derive(Clone, Debug, Default, Group)]
pub struct CheckArgs {
    /// Only these checks: an area, an id or a pattern; may be repeated
    #[arg(long, value_name = "GLOB")]
    pub only: Vec<String>,
    /// Not these checks
    #[arg(long, value_name = "GLOB")]
    pub skip: Vec<String>,
    /// Judge a recorded node instead of this one (- reads standard input)
    #[arg(long, value_name = "FILE")]
    pub facts: Option<String>,
    /// The least severity that makes the exit code 1
    #[arg(long, value_name = "SEVERITY")]
    pub fail_on: Option<FailOn>,
    /// The container that the gateway runs in, where it is not found by itself
    #[arg(long = "in", value_name = "CONTAINER")]
    pub gateway_container: Option<String>,
}

/// What every command understands.
#[derive(Clone, Debug, Group)]
#[command(next_help_heading = "Common options")]
pub struct Common {
    /// The same as --format json
    #[arg(long, global = true, conflicts_with = "format")]
    pub json: bool,
    /// The form of the report
    #[arg(long, global = true, value_name = "FORMAT")]
    pub format: Option<FormatName>,
    /// Use no network beyond this machine and its engine
    #[arg(long, global = true)]
    pub offline: bool,
    /// Start no container
    #[arg(long, global = true)]
    pub passive: bool,
    /// Ask slow sources as well: OpenClaw's own command, and `openclaw doctor`
    #[arg(long, global = true)]
    pub deep: bool,
    /// The most that a run may take [default: 30s, and 150s with --deep]
    #[arg(long, global = true, value_name = "SPAN", value_parser = span)]
    pub timeout: Option<Span>,
    /// A warning makes the exit code 1 as well (the same as --fail-on warning)
    #[arg(long, global = true)]
    pub strict: bool,
    /// Keep what was found out about the node in a file, to be judged elsewhere with --facts
    #[arg(long, global = true, value_name = "FILE")]
    pub save_facts: Option<String>,
    /// Show a recorded node and a recorded incident: needs no Docker, asks and changes nothing here
    #[arg(long, global = true)]
    pub demo: bool,
    /// Leave names of users, hosts and home folders, and secrets, as they are
    #[arg(long, global = true)]
    pub no_redact: bool,
    /// The node's name in reports, instead of a random one
    #[arg(
        long,
        global = true,
        value_name = "ID",
        env = "CLAWDOCTOR_NODE_ID",
        hide_env_values = true
    )]
    pub node_id: Option<String>,
    /// Nothing beyond ASCII: words in brackets in reports, plain characters in the app
    #[arg(long, global = true)]
    pub ascii: bool,
    /// When to use colour (NO_COLOR and CLICOLOR_FORCE are honoured)
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: Color,
    /// The colours of the app on a terminal
    #[arg(long, global = true, value_name = "THEME", value_parser = theme())]
    pub theme: Option<ThemeName>,
    /// Show every check; twice, with all evidence
    #[arg(short, long, global = true, action = clap::ArgAction::Count, conflicts_with = "quiet")]
    pub verbose: u8,
    /// Show only what is wrong
    #[arg(short, long, global = true)]
    pub quiet: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Color {
    #[default]
    Auto,
    Always,
    Never,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DocumentName {
    Report,
    Fix,
    Watch,
    Headroom,
    Drill,
    Calls,
    Evidence,
    Bench,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    Warning,
    Error,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FormatName {
    // Plain comments: help texts of values would stretch the help of every option.
    Text,
    Json,
    Ndjson,
    Junit,
    Tap,
    Nagios,
    Prometheus,
    GithubIssue,
}

impl Common {
    /// OpenClaw's own doctor takes as long as all of ours, and more on a busy node.
    pub fn timeout(&self) -> Duration {
        let usual = Duration::from_secs(if self.deep { 150 } else { 30 });
        self.timeout.map_or(usual, |span| span.0)
    }

    pub fn format(&self) -> Format {
        match self.format {
            _ if self.json => Format::Json,
            None => Format::Text,
            Some(name) => name.format(),
        }
    }
}

impl FormatName {
    fn format(self) -> Format {
        match self {
            Self::Text => Format::Text,
            Self::Json => Format::Json,
            Self::Ndjson => Format::Ndjson,
            Self::Junit => Format::Junit,
            Self::Tap => Format::Tap,
            Self::Nagios => Format::Nagios,
            Self::Prometheus => Format::Prometheus,
            Self::GithubIssue => Format::GithubIssue,
        }
    }
}

impl Args {
    /// What `check` is asked for; without a subcommand, nothing in particular.
    pub fn check(&self) -> CheckArgs {
        match &self.command {
            Some(Command::Check(check)) => check.clone(),
            _ => CheckArgs::default(),
        }
    }

    /// What repairs were asked for.
    pub fn fix(&self) -> FixArgs {
        match &self.command {
            Some(Command::Fix(fix)) => fix.clone(),
            _ => FixArgs::default(),
        }
    }

    /// The least severity that fails the run: what was said in full wins over `--strict`.
    pub fn fail_on(&self) -> Severity {
        let asked = match &self.command {
            Some(Command::Fix(fix)) => fix.fail_on,
            _ => self.check().fail_on,
        };
        match (asked, self.common.strict) {
            (Some(FailOn::Warning), _) | (None, true) => Severity::Warning,
            (Some(FailOn::Error), _) | (None, false) => Severity::Error,
        }
    }
}

/// Why there is nothing to run: text that was asked for, or a mistake on the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UsageProblem {
    /// `--help` or `--version`: print it, exit 0.
    Asked { text: String },
    Mistake {
        /// The form that was asked for somewhere on the line.
        format: Format,
        message: String,
        hints: Vec<String>,
        /// The whole of it for people, coloured if `color`.
        text: String,
    },
}

/// Reads the command line. `color` says whether help and errors may be coloured.
pub fn parse(
    argv: impl IntoIterator<Item = OsString>,
    color: bool,
) -> Result<Args, Box<UsageProblem>> {
    let argv = spelled_out(argv.into_iter().collect());
    Args::try_parse_from(&argv).map_err(|error| Box::new(problem(&argv, &error, color)))
}

fn problem(argv: &[OsString], error: &clap::Error, color: bool) -> UsageProblem {
    let rendered = error.render();
    let text = if color {
        rendered.ansi().to_string()
    } else {
        rendered.to_string()
    };
    if matches!(
        error.kind(),
        ErrorKind::DisplayHelp
            | ErrorKind::DisplayVersion
            | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
    ) && error.exit_code() == 0
    {
        return UsageProblem::Asked { text };
    }
    UsageProblem::Mistake {
        format: wanted(argv),
        message: message(&rendered.to_string()),
        hints: hints(error),
        text,
    }
}

/// Clap's message without its heading, its tips and the usage lines.
fn message(rendered: &str) -> String {
    let first = rendered.split("\n\n").next().unwrap_or_default();
    let first = first.strip_prefix("error: ").unwrap_or(first);
    first.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What to write instead, as far as clap knows; else where to look.
fn hints(error: &clap::Error) -> Vec<String> {
    let mut hints = Vec::new();
    for (kind, value) in error.context() {
        let is_suggestion = matches!(
            kind,
            ContextKind::SuggestedArg
                | ContextKind::SuggestedSubcommand
                | ContextKind::SuggestedValue
        );
        match value {
            ContextValue::String(word) if is_suggestion => {
                hints.push(format!("did you mean `{word}`?"));
            }
            ContextValue::Strings(words) if is_suggestion && !words.is_empty() => {
                hints.push(format!("did you mean `{}`?", words.join("` or `")));
            }
            _ => {}
        }
    }
    if hints.is_empty() {
        hints.push("clawdoctor --help shows what there is".to_owned());
    }
    hints
}

/// The form that was asked for, on a line that could not be read: a program gets its document
/// whatever else is wrong.
fn wanted(argv: &[OsString]) -> Format {
    let words: Vec<&str> = argv
        .iter()
        .skip(1)
        .filter_map(|word| word.to_str())
        .take_while(|word| *word != "--")
        .collect();
    if words.contains(&"--json") {
        return Format::Json;
    }
    let apart = words.windows(2).filter(|pair| pair[0] == "--format");
    let named = apart.map(|pair| pair[1]).chain(
        words
            .iter()
            .filter_map(|word| word.strip_prefix("--format=")),
    );
    named
        .filter_map(|name| FormatName::from_str(name, false).ok())
        .map(FormatName::format)
        .next()
        .unwrap_or_default()
}

fn theme() -> impl TypedValueParser<Value = ThemeName> {
    let words = ThemeName::ALL.map(ThemeName::word);
    PossibleValuesParser::new(words).try_map(|word| word.parse::<ThemeName>())
}

fn span(text: &str) -> Result<Span, String> {
    let span: Span = text.parse()?;
    if span.0.is_zero() {
        return Err("a run needs more than no time".to_owned());
    }
    Ok(span)
}

/// The completion script of a shell.
pub fn completions(shell: clap_complete::Shell) -> Vec<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "clawdoctor", &mut script);
    script
}

/// The manual page, for `man -l`.
pub fn man() -> std::io::Result<Vec<u8>> {
    let mut page = Vec::new();
    clap_mangen::Man::new(Args::command()).render(&mut page)?;
    Ok(page)
}

#[cfg(test)]
mod tests;
