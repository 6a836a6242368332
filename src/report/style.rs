//! What a piece of text means, and the one place that says how that looks on a terminal.

use anstyle::{AnsiColor, Style as Ansi};

/// How a report is to be written: what the reader's terminal can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    pub color: bool,
    /// Words in brackets instead of symbols, no character beyond ASCII of our own.
    pub ascii: bool,
    /// Columns.
    pub width: usize,
    /// How often `-v` was given.
    pub verbose: u8,
    /// Only what is wrong, and the last line.
    pub quiet: bool,
    /// JSON over several lines.
    pub pretty: bool,
}

impl Default for Style {
    fn default() -> Self {
        Self {
            color: false,
            ascii: false,
            width: 80,
            verbose: 0,
            quiet: false,
            pretty: false,
        }
    }
}

/// The meaning of a piece of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Plain,
    Title,
    Strong,
    Good,
    Warn,
    Bad,
    Unsure,
    Muted,
    /// Something to type.
    Code,
}

/// The state of a line: what its mark says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mark {
    Skip,
    Pass,
    Warn,
    Unsure,
    Fail,
}

impl Style {
    /// The text as its role looks, or the text alone where there is no colour.
    pub fn paint(&self, role: Role, text: &str) -> String {
        let look = look(role);
        if !self.color || text.is_empty() || look == Ansi::new() {
            return text.to_owned();
        }
        format!("{look}{text}{look:#}")
    }

    /// The mark of a state: a symbol, or a word in brackets; never a colour alone.
    pub fn mark(&self, mark: Mark) -> String {
        let sign = match (mark, self.ascii) {
            (Mark::Pass, false) => "✓",
            (Mark::Warn, false) => "!",
            (Mark::Fail, false) => "✗",
            (Mark::Skip, false) => "–",
            (Mark::Unsure, false) => "?",
            (Mark::Pass, true) => "[ ok ]",
            (Mark::Warn, true) => "[warn]",
            (Mark::Fail, true) => "[FAIL]",
            (Mark::Skip, true) => "[skip]",
            (Mark::Unsure, true) => "[????]",
        };
        self.paint(mark.role(), sign)
    }

    /// Columns that a mark takes.
    pub fn mark_width(&self) -> usize {
        if self.ascii { 6 } else { 1 }
    }

    /// What stands between two things of equal rank on one line.
    pub fn separator(&self) -> &'static str {
        if self.ascii { " | " } else { " · " }
    }

    pub fn dash(&self) -> &'static str {
        if self.ascii { "-" } else { "—" }
    }
}

impl Mark {
    pub fn role(self) -> Role {
        match self {
            Self::Pass => Role::Good,
            Self::Warn => Role::Warn,
            Self::Fail => Role::Bad,
            Self::Skip => Role::Muted,
            Self::Unsure => Role::Unsure,
        }
    }
}

/// The sixteen colours only: they follow the reader's own palette, light or dark.
fn look(role: Role) -> Ansi {
    let color = |color: AnsiColor| Ansi::new().fg_color(Some(color.into()));
    match role {
        Role::Plain => Ansi::new(),
        Role::Title | Role::Strong => Ansi::new().bold(),
        Role::Good => color(AnsiColor::Green),
        Role::Warn => color(AnsiColor::Yellow).bold(),
        Role::Bad => color(AnsiColor::Red).bold(),
        Role::Unsure => color(AnsiColor::Magenta).bold(),
        Role::Muted => Ansi::new().dimmed(),
        Role::Code => color(AnsiColor::Cyan),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_colour_a_role_leaves_no_trace() {
        let plain = Style::default();
        assert_eq!(plain.paint(Role::Bad, "x"), "x");
        let color = Style {
            color: true,
            ..plain
        };
        assert_eq!(color.paint(Role::Bad, "x"), "\u{1b}[1m\u{1b}[31mx\u{1b}[0m");
        assert_eq!(color.paint(Role::Plain, "x"), "x");
    }

    #[test]
    fn every_state_has_a_mark_of_its_own_without_colour() {
        for ascii in [false, true] {
            let style = Style {
                ascii,
                ..Style::default()
            };
            let all = [Mark::Skip, Mark::Pass, Mark::Warn, Mark::Unsure, Mark::Fail];
            let mut signs: Vec<String> = all.iter().map(|mark| style.mark(*mark)).collect();
            assert!(!ascii || signs.iter().all(|sign| sign.is_ascii()));
            signs.sort();
            signs.dedup();
            assert_eq!(signs.len(), all.len());
        }
    }
}
