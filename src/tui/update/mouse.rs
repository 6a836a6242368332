//! What the mouse does: a press selects what it is on, the wheel moves what it is over.

use ratatui::layout::{Position, Rect};

use super::{command, on_list, scroll_detail};
use crate::tui::app::App;
use crate::tui::keys::{Act, Command};
use crate::tui::layout;
use crate::tui::msg::{Cmd, Does, Mouse};
use crate::tui::screen::Screen;
use crate::tui::screen::checklist::Pane as Half;
use crate::tui::screen::live::Pane;
use crate::tui::view::{live, tabs};

pub fn mouse(app: &mut App, mouse: Mouse) -> Vec<Cmd> {
    let turn = match mouse.does {
        Does::Press => None,
        Does::WheelUp => Some(Command::Up),
        Does::WheelDown => Some(Command::Down),
    };
    let place = app.place();
    if app.dialog.is_some() {
        // A dialog is a text, wherever the mouse is; a press answers no question.
        return match turn.filter(|_| !place.is_typed_in()) {
            Some(turn) => command(app, place, turn),
            None => Vec::new(),
        };
    }
    let at = Position::new(mouse.column, mouse.row);
    let rule = rule(app);
    if turn.is_none() && rule.contains(at) {
        return match tabs::at(app, usize::from(rule.width), usize::from(mouse.column)) {
            Some(screen) => command(app, place, Command::Go(screen)),
            None => Vec::new(),
        };
    }
    if turn.is_none()
        && rule.is_empty()
        && let Some(screen) = tabs::digit_at(app, at)
    {
        return command(app, place, Command::Go(screen));
    }
    if turn.is_none() && alert(app).contains(at) {
        return command(app, place, Command::Live(Act::Alerts));
    }
    match app.screen {
        Screen::Live => on_dashboard(app, at, turn),
        Screen::Checklist | Screen::Isolation => on_halves(app, at, turn),
    }
    Vec::new()
}

/// The line with the screens' names.
fn rule(app: &App) -> Rect {
    match (app.screen, &app.live) {
        (Screen::Live, Some(live)) => live::areas_of(app, live, app.size).rule,
        (Screen::Live, None) => Rect::default(),
        (Screen::Checklist | Screen::Isolation, _) => layout::areas(app.size, app).rule,
    }
}

/// The line of the dashboard with the newest alert.
fn alert(app: &App) -> Rect {
    match (app.screen, &app.live) {
        (Screen::Live, Some(live)) => live::areas_of(app, live, app.size).alert,
        (Screen::Live, None) | (Screen::Checklist | Screen::Isolation, _) => Rect::default(),
    }
}

/// A list and a text, of the checklist or of the isolation screen.
fn on_halves(app: &mut App, at: Position, turn: Option<Command>) {
    let areas = layout::areas(app.size, app);
    let is_list = areas.list.contains(at);
    if !is_list && !areas.detail.contains(at) {
        return;
    }
    let is_checklist = app.screen == Screen::Checklist;
    match turn {
        Some(Command::Up) if !is_list => drop(scroll_detail(app, Command::ScrollUp)),
        Some(_) if !is_list => drop(scroll_detail(app, Command::ScrollDown)),
        Some(turn) if is_checklist => on_list(app, turn),
        Some(turn) => app.isolation.command(turn),
        None => {
            let half = if is_list { Half::List } else { Half::Detail };
            let row = usize::from(at.y - areas.list.y.min(at.y));
            if is_checklist {
                app.checklist.sight.focus = half;
                if is_list {
                    app.checklist.press(row);
                }
            } else {
                app.isolation.sight.focus = half;
                if is_list {
                    app.isolation.press(row);
                }
            }
        }
    }
}

fn on_dashboard(app: &mut App, at: Position, turn: Option<Command>) {
    let Some(live) = &app.live else { return };
    let areas = live::areas_of(app, live, app.size);
    let panes = [
        (areas.table, Pane::Table),
        (areas.detail, Pane::Detail),
        (areas.timeline, Pane::Timeline),
    ];
    let under = panes.into_iter().find(|(area, _)| area.contains(at));
    if let (Some((area, pane)), Some(live)) = (under, &mut app.live) {
        let ours = live.ours(app.now);
        live.sight.focus = pane;
        match turn {
            Some(turn) => live.command(turn, 1, ours),
            None => live.press(usize::from(at.y - area.y)),
        }
    }
}
