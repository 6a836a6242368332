//! The only writer to standard output and standard error. Knows which of them is a terminal, what
//! it can show, and that a reader may go away.

use std::io::{self, IsTerminal as _, Write};

use crate::report::wrap::cut;
use crate::report::{Role, Style};
use crate::surroundings::Surroundings;

use super::args::{Color, Common};

/// Wide enough for everything, narrow enough to read.
const WIDEST: usize = 100;
const USUAL: usize = 80;
const NARROWEST: usize = 40;

/// What the two streams are and how to write to them.
#[derive(Clone, Debug)]
pub struct Out {
    pub stdin_is_terminal: bool,
    pub stdout_is_terminal: bool,
    pub stderr_is_terminal: bool,
    /// How to write to standard output.
    pub style: Style,
    /// How to write to standard error.
    pub error_style: Style,
    /// Whether the status line may be drawn.
    live: bool,
    /// Whether progress is told line by line where there is no terminal.
    told: bool,
}

/// What is known of the terminal before anything is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terminals {
    pub stdin: bool,
    pub stdout: bool,
    pub stderr: bool,
    /// Columns, if the terminal says so.
    pub columns: Option<u16>,
}

impl Terminals {
    /// Asks the two streams.
    pub fn ask() -> Self {
        let stdin = io::stdin().is_terminal();
        let stdout = io::stdout().is_terminal();
        let stderr = io::stderr().is_terminal();
        let columns = (stdout || stderr)
            .then(crate::tui::terminal_size)
            .flatten()
            .map(|(columns, _)| columns);
        Self {
            stdin,
            stdout,
            stderr,
            columns,
        }
    }
}

impl Out {
    pub fn new(here: &Surroundings, common: &Common, terminals: Terminals) -> Self {
        let style = |is_terminal| Style {
            color: color(here, common.color, is_terminal),
            ascii: common.ascii || !speaks_unicode(here, is_terminal),
            width: width(here, terminals.columns.filter(|_| is_terminal)),
            verbose: common.verbose,
            quiet: common.quiet,
            pretty: is_terminal,
        };
        let for_people = common.format().is_for_people();
        Self {
            stdin_is_terminal: terminals.stdin,
            stdout_is_terminal: terminals.stdout,
            stderr_is_terminal: terminals.stderr,
            style: style(terminals.stdout),
            error_style: style(terminals.stderr),
            live: terminals.stderr && !common.quiet && !is_dumb(here),
            told: common.verbose > 0 && for_people,
        }
    }

    /// Writes to standard output. That the reader went away (`| head`) is no failure.
    pub fn print(&self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
        let mut out = io::BufWriter::new(io::stdout().lock());
        quietly(write(&mut out).and_then(|()| out.flush()))
    }

    /// Writes a text to standard output.
    pub fn print_text(&self, text: &str) -> io::Result<()> {
        self.print(|out| out.write_all(text.as_bytes()))
    }

    /// Writes a part of a stream to standard output at once. A reader that went away is an error:
    /// there is nobody to go on for.
    pub fn pour(&self, text: &str) -> io::Result<()> {
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes()).and_then(|()| out.flush())
    }

    /// Writes to standard error. A stream that cannot be written to can not be complained to.
    pub fn complain(&self, text: &str) {
        let mut err = io::stderr().lock();
        let written = err.write_all(text.as_bytes()).and_then(|()| err.flush());
        drop(written);
    }

    /// An expected failure on standard error: all that happened, and each hint on a line.
    pub fn failure(&self, messages: &[String], hints: &[String]) {
        let style = &self.error_style;
        let mut text = String::new();
        for message in messages {
            text.push_str(&style.paint(Role::Bad, "error:"));
            text.push(' ');
            text.push_str(message);
            text.push('\n');
        }
        for hint in hints {
            text.push_str(&style.paint(Role::Code, " hint:"));
            text.push(' ');
            text.push_str(hint);
            text.push('\n');
        }
        self.complain(&text);
    }

    /// Whether progress may be drawn on standard error.
    pub fn draws(&self) -> bool {
        self.live
    }

    /// Begins to tell how far a run is.
    pub fn progress(&self) -> Live {
        Live {
            redraws: self.live,
            told: self.told && !self.live,
            style: self.error_style,
            shown: false,
        }
    }
}

/// One status line on a terminal, redrawn in place and erased at the end. Elsewhere nothing,
/// unless `-v`: then one plain line for each thing that is done.
#[derive(Debug)]
pub struct Live {
    redraws: bool,
    told: bool,
    style: Style,
    shown: bool,
}

impl Live {
    /// What is being asked now, and how much of all is done.
    pub fn show(&mut self, now: &[&str], done: usize, all: usize) {
        if !self.redraws {
            return;
        }
        let line = status(now, done, all, &self.style);
        self.draw(&line);
    }

    fn draw(&mut self, line: &str) {
        // Back to the first column, the new line, and the rest of the old one erased.
        self.write(&format!(
            "\r{}\u{1b}[K",
            self.style.paint(Role::Muted, line)
        ));
        self.shown = true;
    }

    /// How many of all that is `verb` are done, and what is under way.
    pub fn count(&mut self, verb: &str, now: &str, done: usize, all: usize) {
        if !self.redraws {
            return;
        }
        let line = line(verb, now, done, all, &self.style);
        self.draw(&line);
    }

    /// Something that takes a while begins.
    pub fn begun(&mut self, verb: &str, what: &str) {
        if self.told {
            self.write(&format!("{verb}: {what}\n"));
        }
    }

    /// What is being done now.
    pub fn say(&mut self, text: &str) {
        if !self.redraws {
            return;
        }
        let line = cut(text, self.style.width.saturating_sub(1), self.style.ascii);
        self.write(&format!(
            "\r{}\u{1b}[K",
            self.style.paint(Role::Muted, &line)
        ));
        self.shown = true;
    }

    /// One thing is done, in words.
    pub fn note(&mut self, text: &str) {
        if self.told {
            self.write(&format!("{text}\n"));
        }
    }

    /// One thing is done.
    pub fn done(&mut self, what: &str, milliseconds: u64) {
        if self.told {
            let spent = crate::report::tally::duration(milliseconds);
            self.write(&format!("probed: {what} in {spent}\n"));
        }
    }

    /// Takes the line away.
    pub fn erase(&mut self) {
        if std::mem::take(&mut self.shown) {
            self.write("\r\u{1b}[K");
        }
    }

    #[expect(clippy::unused_self, reason = "writing is the line's own business")]
    fn write(&self, text: &str) {
        let mut err = io::stderr().lock();
        // Progress is a courtesy: without a reader the run goes on.
        let written = err.write_all(text.as_bytes()).and_then(|()| err.flush());
        drop(written);
    }
}

/// Also when the run panics or is cancelled.
impl Drop for Live {
    fn drop(&mut self) {
        self.erase();
    }
}

/// `probing: engine, sandbox image… 3/14`, on one line.
fn status(now: &[&str], done: usize, all: usize, style: &Style) -> String {
    line("probing", &now.join(", "), done, all, style)
}

fn line(verb: &str, now: &str, done: usize, all: usize, style: &Style) -> String {
    let count = format!(" {done}/{all}");
    // The last column stays free: writing there makes some terminals go to the next line.
    let room = style.width.saturating_sub(count.len() + 1);
    let dots = if style.ascii { "..." } else { "…" };
    let text = format!("{verb}: {now}{dots}");
    format!("{}{count}", cut(&text, room, style.ascii))
}

fn quietly(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// <https://no-color.org>, <https://bixense.com/clicolors>: what is said on the command line wins,
/// then NO_COLOR, then CLICOLOR_FORCE, then whether there is a terminal that is not dumb.
pub fn color(here: &Surroundings, asked: Color, is_terminal: bool) -> bool {
    match asked {
        Color::Always => true,
        Color::Never => false,
        Color::Auto if here.var("NO_COLOR").is_some() => false,
        Color::Auto if here.var("CLICOLOR_FORCE").is_some_and(|force| force != "0") => true,
        Color::Auto => is_terminal && !is_dumb(here),
    }
}

fn is_dumb(here: &Surroundings) -> bool {
    here.var("TERM") == Some("dumb")
}

/// A terminal whose locale is set to something else than UTF-8 gets ASCII; files and pipes, and a
/// locale that is not set at all (launchd, cron, ssh without SendEnv), get UTF-8.
fn speaks_unicode(here: &Surroundings, is_terminal: bool) -> bool {
    if is_terminal && is_dumb(here) {
        return false;
    }
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .find_map(|name| here.var(name));
    match locale {
        Some(locale) if is_terminal => {
            let locale = locale.to_ascii_lowercase();
            locale.contains("utf-8") || locale.contains("utf8")
        }
        _ => true,
    }
}

fn width(here: &Surroundings, columns: Option<u16>) -> usize {
    let told = here.var("COLUMNS").and_then(|text| text.parse().ok());
    columns
        .map(usize::from)
        .or(told)
        .unwrap_or(USUAL)
        .clamp(NARROWEST, WIDEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn here(vars: &[(&str, &str)]) -> Surroundings {
        Surroundings {
            env: vars
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            ..Surroundings::default()
        }
    }

    #[test]
    fn colour_follows_the_flag_then_the_environment_then_the_terminal() {
        let auto = |vars: &[(&str, &str)], terminal| color(&here(vars), Color::Auto, terminal);
        assert!(auto(&[("TERM", "xterm")], true));
        assert!(!auto(&[("TERM", "xterm")], false));
        assert!(!auto(&[("TERM", "dumb")], true));
        assert!(!auto(&[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")], true));
        assert!(
            auto(&[("NO_COLOR", "")], true),
            "an empty value does not count"
        );
        assert!(auto(&[("CLICOLOR_FORCE", "1")], false));
        assert!(!auto(&[("CLICOLOR_FORCE", "0")], false));
        assert!(color(&here(&[("NO_COLOR", "1")]), Color::Always, false));
        assert!(!color(
            &here(&[("CLICOLOR_FORCE", "1")]),
            Color::Never,
            true
        ));
    }

    #[test]
    fn symbols_are_left_out_where_the_terminal_cannot_show_them() {
        assert!(speaks_unicode(&here(&[("LANG", "en_US.UTF-8")]), true));
        assert!(!speaks_unicode(
            &here(&[("LANG", "en_US.UTF-8"), ("LC_ALL", "C")]),
            true
        ));
        assert!(!speaks_unicode(&here(&[("LANG", "POSIX")]), true));
        assert!(!speaks_unicode(&here(&[("TERM", "dumb")]), true));
        assert!(speaks_unicode(&here(&[]), true));
        assert!(speaks_unicode(&here(&[("LANG", "C")]), false));
    }

    #[test]
    fn the_width_is_the_terminals_else_columns_else_eighty() {
        assert_eq!(width(&here(&[]), Some(90)), 90);
        assert_eq!(width(&here(&[("COLUMNS", "60")]), Some(90)), 90);
        assert_eq!(width(&here(&[("COLUMNS", "60")]), None), 60);
        assert_eq!(width(&here(&[("COLUMNS", "wide")]), None), 80);
        assert_eq!(width(&here(&[]), Some(400)), WIDEST);
        assert_eq!(width(&here(&[]), Some(5)), NARROWEST);
    }

    #[test]
    fn the_status_line_never_reaches_the_last_column() {
        let style = Style {
            width: 40,
            ..Style::default()
        };
        assert_eq!(
            status(&["engine", "sandbox image"], 3, 14, &style),
            "probing: engine, sandbox image… 3/14"
        );
        let many = ["engine", "sandbox image", "OpenClaw's configuration"];
        let line = status(&many, 3, 14, &style);
        assert!(crate::report::wrap::columns(&line) < 40, "{line}");
        assert!(line.ends_with(" 3/14"), "{line}");
    }

    #[test]
    fn a_reader_that_went_away_is_no_failure() {
        let gone = io::Error::from(io::ErrorKind::BrokenPipe);
        assert!(quietly(Err(gone)).is_ok());
        let full = io::Error::from(io::ErrorKind::StorageFull);
        assert!(quietly(Err(full)).is_err());
    }
}
