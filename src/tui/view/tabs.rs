//! The screens with their digits, the open one in brackets.

use crate::tui::app::App;
use crate::tui::screen::Screen;
use crate::tui::theme::Role;
use crate::tui::widget::line::Pieces;

/// A key in brackets: `[ctrl-alt-pgdn] `.
const LONGEST: usize = 16;

/// `─ [1 Checklist] ─ 3 Isolation `, for the line below the header; first, whether it is a demo.
pub fn titles(app: &App, width: usize) -> Pieces {
    let rule = app.theme.rule();
    let mut line = Pieces::new(app.theme, width);
    if app.is_demo {
        let mark = line.add(Role::Muted, rule).gap(1).add(Role::Warn, "demo");
        line = mark.gap(1);
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
