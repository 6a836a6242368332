//! The screens with their digits, the open one in brackets.

use crate::tui::app::App;
use crate::tui::screen::Screen;
use crate::tui::theme::Role;
use crate::tui::widget::line::Pieces;

/// A key in brackets: `[ctrl-alt-pgdn] `.
const LONGEST: usize = 16;

/// Below this width a recording is told by three letters.
const NARROW: usize = 24;

/// What tells that the open screen is not of this node as it is now. Empty: it is.
pub fn mark(app: &App, width: usize) -> &'static str {
    let live = app.live.as_ref().filter(|_| app.screen == Screen::Live);
    let plays = live.is_some_and(|live| live.playing.is_some());
    match (app.is_demo, plays) {
        (true, _) => "demo",
        (false, true) if width < NARROW => "rec",
        (false, true) => "recording",
        (false, false) => "",
    }
}

/// `─ [1 Checklist] ─ 3 Isolation `, for the line below the header; first, whether it is a demo or a
/// recording.
pub fn titles(app: &App, width: usize) -> Pieces {
    let rule = app.theme.rule();
    let mut line = Pieces::new(app.theme, width);
    let mark = mark(app, width);
    if !mark.is_empty() {
        let marked = line.add(Role::Muted, rule).gap(1).add(Role::Warn, mark);
        line = marked.gap(1);
    }
    for screen in Screen::ALL {
        let name = match app.keys.leads(app.screen, screen) {
            Some(key) => format!("{key} {}", screen.title()),
            None => screen.title().to_owned(),
        };
        line = line.add(Role::Muted, rule).gap(1);
        line = if screen == app.screen {
            line.add(Role::Strong, &format!("[{name}]"))
        } else {
            line.add(Role::Plain, &name)
        };
        line = line.gap(1);
    }
    line
}

/// `[1] 3`, where there is no such line.
pub fn digits(app: &App) -> Pieces {
    let mut line = Pieces::new(app.theme, LONGEST * Screen::ALL.len());
    for screen in Screen::ALL {
        let gap = usize::from(line.used() > 0);
        let digit = app.keys.leads(app.screen, screen).unwrap_or("-");
        line = if screen == app.screen {
            line.gap(gap).add(Role::Strong, &format!("[{digit}]"))
        } else {
            line.gap(gap).add(Role::Plain, digit)
        };
        if let (Screen::Live, Some(role)) = (screen, super::alarm::sign(app)) {
            line = line.add(role, "!");
        }
    }
    line
}
