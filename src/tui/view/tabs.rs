//! The screens with their digits, the open one in brackets.

use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::{Position, Rect};

use crate::tui::app::App;
use crate::tui::screen::Screen;
use crate::tui::theme::Role;
use crate::tui::widget::line::Pieces;
use crate::tui::widget::text::columns;

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
        let role = if screen == app.screen {
            Role::Strong
        } else {
            Role::Plain
        };
        line = line.add(Role::Muted, rule).gap(1);
        line = line.add(role, &name(app, screen)).gap(1);
    }
    line
}

/// `[1 Checklist]`, `3 Isolation`
fn name(app: &App, screen: Screen) -> String {
    let (open, close) = if screen == app.screen {
        ("[", "]")
    } else {
        ("", "")
    };
    let key = app.keys.leads(app.screen, screen).unwrap_or_default();
    let gap = if key.is_empty() { "" } else { " " };
    format!("{open}{key}{gap}{}{close}", screen.title())
}

/// The screen whose name is at this column of that line.
pub fn at(app: &App, width: usize, column: usize) -> Option<Screen> {
    // A rule and a blank before each, a blank after it.
    let mark = match mark(app, width) {
        "" => 0,
        mark => columns(mark) + 3,
    };
    let mut begin = mark;
    Screen::ALL.into_iter().find(|screen| {
        let from = begin + 2;
        let end = from + columns(&name(app, *screen));
        begin = end + 1;
        (from..end.min(width)).contains(&column)
    })
}

/// The screen whose digit is at this place, where digits end the only line of the header.
pub fn digit_at(app: &App, at: Position) -> Option<Screen> {
    if at.y != 0 {
        return None;
    }
    let mut buffer = Buffer::empty(Rect::new(0, 0, app.size.width, app.size.height));
    super::draw(app, app.size, &mut buffer);
    let digits = digits(app);
    let (used, text) = (digits.used(), digits.line().to_string());
    // Where other things took their room, they are not there.
    let begin = usize::from(app.size.width).checked_sub(used)?;
    let end = buffer.content.get(begin..begin + used)?;
    let drawn: String = end.iter().map(Cell::symbol).collect();
    if drawn != text {
        return None;
    }
    let mut from = begin;
    Screen::ALL.into_iter().find(|&screen| {
        let to = from + columns(&digit(app, screen));
        let range = from..to;
        from = to + 1;
        range.contains(&usize::from(at.x))
    })
}

/// `[1]`, `2!`, `3`
fn digit(app: &App, screen: Screen) -> String {
    let digit = app.keys.leads(app.screen, screen).unwrap_or("-");
    let sign = super::alarm::sign(app).filter(|_| screen == Screen::Live);
    let sign = sign.map_or("", |_| "!");
    if screen == app.screen {
        format!("[{digit}]{sign}")
    } else {
        format!("{digit}{sign}")
    }
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
