//! Roles and how they look. Code names roles; only this file names colours and symbols. Each state
//! has a symbol and a word of its own, so that nothing is told by colour alone.

use std::time::Duration;

use ratatui::style::{Color, Modifier, Style as Look};

use super::Style;
use crate::checklist::verdict::Status;

/// The meaning of a piece of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Plain,
    Strong,
    Good,
    Warn,
    Bad,
    Unsure,
    Muted,
    Busy,
    /// Something to type.
    Code,
}

#[derive(Clone, Copy, Debug)]
pub struct Theme {
    style: Style,
}

/// How long each picture of the spinner stays.
pub const SPIN: Duration = Duration::from_millis(125);

impl Theme {
    pub fn new(style: Style) -> Self {
        Self { style }
    }

    pub fn ascii(self) -> bool {
        self.style.ascii
    }

    /// The sixteen colours only: they follow the reader's own palette, light or dark.
    pub fn look(self, role: Role) -> Look {
        let color = |color: Color| {
            if self.style.color {
                Look::new().fg(color)
            } else {
                Look::new()
            }
        };
        match role {
            Role::Plain => Look::new(),
            Role::Strong => Look::new().add_modifier(Modifier::BOLD),
            Role::Good => color(Color::Green),
            Role::Warn => color(Color::Yellow).add_modifier(Modifier::BOLD),
            Role::Bad => color(Color::Red).add_modifier(Modifier::BOLD),
            Role::Unsure => color(Color::Magenta).add_modifier(Modifier::BOLD),
            Role::Muted => Look::new().add_modifier(Modifier::DIM),
            Role::Busy | Role::Code => color(Color::Cyan),
        }
    }

    /// The row under the cursor, in the pane that has the keys or in the other one.
    pub fn cursor(focused: bool) -> Look {
        if focused {
            Look::new().add_modifier(Modifier::REVERSED)
        } else {
            Look::new().add_modifier(Modifier::BOLD)
        }
    }

    fn pick(self, symbol: &'static str, ascii: &'static str) -> &'static str {
        if self.style.ascii { ascii } else { symbol }
    }

    pub fn mark(self, status: Status) -> &'static str {
        match status {
            Status::Pass => self.pick("✓", "+"),
            Status::Warn => "!",
            Status::Fail => self.pick("✗", "x"),
            Status::Skip => self.pick("–", "-"),
            Status::Error => "?",
        }
    }

    /// The mode that is in force.
    pub fn in_force(self) -> &'static str {
        self.pick("●", "*")
    }

    pub fn waiting(self) -> &'static str {
        self.pick("·", ".")
    }

    pub fn spinner(self, now: Duration) -> &'static str {
        const SYMBOLS: [&str; 8] = ["⣾", "⣽", "⣻", "⢿", "⡿", "⣟", "⣯", "⣷"];
        const ASCII: [&str; 4] = ["|", "/", "-", "\\"];
        let turn = usize::try_from(now.as_millis() / SPIN.as_millis()).unwrap_or(0);
        if self.style.ascii {
            ASCII[turn % ASCII.len()]
        } else {
            SYMBOLS[turn % SYMBOLS.len()]
        }
    }

    pub fn fold(self, open: bool) -> &'static str {
        if open {
            self.pick("▾", "v")
        } else {
            self.pick("▸", ">")
        }
    }

    pub fn separator(self) -> &'static str {
        self.pick(" · ", " | ")
    }

    pub fn ellipsis(self) -> &'static str {
        self.pick("…", "~")
    }

    pub fn rule(self) -> &'static str {
        self.pick("─", "-")
    }

    pub fn wall(self) -> &'static str {
        self.pick("│", "|")
    }

    /// Stands where text is being typed.
    pub fn caret(self) -> &'static str {
        self.pick("▏", "_")
    }

    pub fn pointer(self) -> &'static str {
        self.pick("›", ">")
    }
}

pub fn role(status: Status) -> Role {
    match status {
        Status::Pass => Role::Good,
        Status::Warn => Role::Warn,
        Status::Fail => Role::Bad,
        Status::Skip => Role::Muted,
        Status::Error => Role::Unsure,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_has_a_mark_of_its_own_without_colour() {
        for ascii in [false, true] {
            let theme = Theme::new(Style {
                color: false,
                ascii,
            });
            let mut marks: Vec<&str> = Status::ALL.iter().map(|s| theme.mark(*s)).collect();
            marks.push(theme.waiting());
            assert!(!ascii || marks.iter().all(|mark| mark.is_ascii()));
            marks.sort_unstable();
            marks.dedup();
            assert_eq!(marks.len(), Status::ALL.len() + 1);
        }
    }

    #[test]
    fn without_colour_no_role_names_one() {
        let theme = Theme::new(Style::default());
        for role in [Role::Good, Role::Warn, Role::Bad, Role::Unsure, Role::Busy] {
            assert_eq!(theme.look(role).fg, None);
        }
    }
}
