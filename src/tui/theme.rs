//! Roles and how they look. Code names roles; only this file names colours and symbols. Each state
//! has a symbol and a word of its own, so that nothing is told by colour alone.
//!
//! The default takes the sixteen colours only: they follow the reader's own palette, light or dark.
//! The other themes are for a ground that is known.

use std::time::Duration;

use ratatui::style::{Color, Modifier, Style as Look};

use super::screen::live::Doing;
use super::{Pointer, Style};
use crate::checklist::verdict::Status;
use crate::settings::ThemeName;

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

/// The colours of a theme by role; none: the terminal's own.
#[derive(Clone, Copy, Debug, Default)]
struct Colors {
    good: Option<Color>,
    warn: Option<Color>,
    bad: Option<Color>,
    unsure: Option<Color>,
    muted: Option<Color>,
    code: Option<Color>,
    /// Of text without a role, and of what it stands on.
    ground: (Option<Color>, Option<Color>),
}

impl Colors {
    /// From the fixed part of the 256 colours, which no terminal's settings change: good, warn,
    /// bad, unsure, muted, code.
    fn of([good, warn, bad, unsure, muted, code]: [u8; 6], ground: Option<(u8, u8)>) -> Self {
        let color = |index| Some(Color::Indexed(index));
        Self {
            good: color(good),
            warn: color(warn),
            bad: color(bad),
            unsure: color(unsure),
            muted: color(muted),
            code: color(code),
            ground: (
                ground.and_then(|(text, _)| color(text)),
                ground.and_then(|(_, under)| color(under)),
            ),
        }
    }
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

    /// Presses and the wheel come to the app.
    pub fn has_mouse(self) -> bool {
        self.style.pointer == Pointer::Captured
    }

    pub fn look(self, role: Role) -> Look {
        let colors = self.colors();
        let color = match role {
            Role::Plain | Role::Strong => None,
            Role::Good => colors.good,
            Role::Warn => colors.warn,
            Role::Bad => colors.bad,
            Role::Unsure => colors.unsure,
            Role::Muted => colors.muted,
            Role::Busy | Role::Code => colors.code,
        };
        let look = Look {
            fg: color,
            ..Look::new()
        };
        match role {
            Role::Strong | Role::Warn | Role::Bad | Role::Unsure => {
                look.add_modifier(Modifier::BOLD)
            }
            // What has no colour of its own is only fainter.
            Role::Muted if color.is_none() => look.add_modifier(Modifier::DIM),
            Role::Plain | Role::Good | Role::Muted | Role::Busy | Role::Code => look,
        }
    }

    /// What lies under everything: only where a theme is made for one ground alone.
    pub fn ground(self) -> Look {
        let (fg, bg) = self.colors().ground;
        Look {
            fg,
            bg,
            ..Look::new()
        }
    }

    fn colors(self) -> Colors {
        if !self.style.color {
            return Colors::default();
        }
        match self.style.theme {
            ThemeName::Mono => Colors::default(),
            ThemeName::Terminal => Colors {
                good: Some(Color::Green),
                warn: Some(Color::Yellow),
                bad: Some(Color::Red),
                unsure: Some(Color::Magenta),
                muted: None,
                code: Some(Color::Cyan),
                ground: (None, None),
            },
            ThemeName::Dark => Colors::of([114, 221, 210, 177, 246, 80], None),
            ThemeName::Light => Colors::of([22, 94, 124, 90, 240, 24], None),
            ThemeName::HighContrast => Colors::of([120, 228, 217, 219, 255, 159], Some((231, 16))),
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

    /// As much of a bar as is done of a whole.
    pub fn bar(self, done: usize, width: usize) -> String {
        let done = done.min(width);
        self.pick("━", "=").repeat(done) + &self.pick("─", "-").repeat(width - done)
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

    /// Stands where nothing is known or nothing is there.
    pub fn dash(self) -> &'static str {
        self.pick("–", "-")
    }

    pub fn cross(self) -> &'static str {
        self.pick("✗", "x")
    }

    /// A part of a bar that is filled, and one that is not.
    pub fn full(self) -> &'static str {
        self.pick("█", "#")
    }

    /// A part that is too small to be drawn, and still there.
    pub fn sliver(self) -> &'static str {
        self.pick("▏", ":")
    }

    pub fn blank(self) -> &'static str {
        self.pick("░", ".")
    }

    /// Behind the title of the column by which a table is sorted.
    pub fn order(self, descending: bool) -> &'static str {
        if descending {
            self.pick("▼", "v")
        } else {
            self.pick("▲", "^")
        }
    }

    pub fn doing(self, doing: &Doing) -> &'static str {
        match doing {
            Doing::Starting => self.pick("◌", "*"),
            Doing::Busy => self.pick("▶", ">"),
            Doing::Running => self.pick("●", "o"),
            Doing::Idle => self.pick("○", "."),
            Doing::Paused => self.pick("‖", "="),
            Doing::Restarting => self.pick("↻", "@"),
            Doing::Exited { oom: true, .. } => self.pick("◆", "!"),
            Doing::Exited { code: Some(0), .. } => self.pick("□", "_"),
            Doing::Exited { code: Some(_), .. } => self.pick("■", "x"),
            Doing::Exited { code: None, .. } => self.pick("▣", "%"),
            Doing::Unknown => "?",
        }
    }

    /// Stands where text is being typed.
    pub fn caret(self) -> &'static str {
        self.pick("▏", "_")
    }

    /// A recording that plays, and one that stands.
    pub fn playing(self) -> &'static str {
        self.pick("▶", ">")
    }

    pub fn paused(self) -> &'static str {
        self.pick("‖", "=")
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
                ascii,
                ..Style::default()
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
    fn whatever_a_sandbox_does_has_a_symbol_of_its_own_without_colour() {
        for ascii in [false, true] {
            let theme = Theme::new(Style {
                ascii,
                ..Style::default()
            });
            let mut symbols: Vec<&str> = Doing::ALL.iter().map(|d| theme.doing(d)).collect();
            assert!(!ascii || symbols.iter().all(|symbol| symbol.is_ascii()));
            symbols.sort_unstable();
            symbols.dedup();
            assert_eq!(symbols.len(), Doing::ALL.len(), "{symbols:?}");
        }
    }

    const ROLES: [Role; 6] = [
        Role::Good,
        Role::Warn,
        Role::Bad,
        Role::Unsure,
        Role::Muted,
        Role::Busy,
    ];

    fn theme(name: ThemeName, color: bool) -> Theme {
        Theme::new(Style {
            color,
            theme: name,
            ..Style::default()
        })
    }

    #[test]
    fn without_colour_no_role_names_one_whatever_the_theme() {
        for name in ThemeName::ALL {
            let theme = theme(name, false);
            assert_eq!((theme.ground().fg, theme.ground().bg), (None, None));
            for role in ROLES {
                assert_eq!(theme.look(role).fg, None);
            }
        }
        for role in ROLES {
            assert_eq!(theme(ThemeName::Mono, true).look(role).fg, None);
        }
    }

    /// Relative luminance of one of the 256 colours from 16 on (WCAG 2.2).
    fn luminance(color: Option<Color>) -> f64 {
        let Some(Color::Indexed(index @ 16..)) = color else {
            panic!("{color:?} is not of the fixed part");
        };
        let rgb = if index >= 232 {
            [8 + 10 * (index - 232); 3]
        } else {
            let step = |n: u8| if n == 0 { 0 } else { 55 + 40 * n };
            let cube = index - 16;
            [step(cube / 36), step(cube / 6 % 6), step(cube % 6)]
        };
        let [r, g, b] = rgb.map(|part| {
            let part = f64::from(part) / 255.0;
            if part <= 0.04045 {
                part / 12.92
            } else {
                ((part + 0.055) / 1.055).powf(2.4)
            }
        });
        0.2126 * r + 0.7152 * g + 0.0722 * b
    }

    fn contrast(a: f64, b: f64) -> f64 {
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn every_role_can_be_read_on_the_ground_of_its_theme() {
        // Usual grounds that are not quite black or white, and what WCAG asks for.
        for (name, ground, least) in [
            (ThemeName::Dark, 235, 4.5),
            (ThemeName::Light, 255, 4.5),
            (ThemeName::HighContrast, 16, 7.0),
        ] {
            let ground = luminance(Some(Color::Indexed(ground)));
            for role in ROLES {
                let color = theme(name, true).look(role).fg;
                let ratio = contrast(luminance(color), ground);
                assert!(ratio >= least, "{name:?} {role:?} {ratio:.1}");
            }
        }
        let ground = theme(ThemeName::HighContrast, true).ground();
        assert!(contrast(luminance(ground.fg), luminance(ground.bg)) > 20.0);
    }
}
