//! Dialogs that are a text to read: the help, the headroom, the alerts.

use super::scrolled;
use crate::tui::app::{App, Dialog};
use crate::tui::keys::Command;
use crate::tui::{layout, view};

pub fn scroll(app: &mut App, command: Command) {
    let (page, _) = size(app);
    if let Some(Dialog::Help { scroll } | Dialog::Room { scroll } | Dialog::Alerts { scroll }) =
        &mut app.dialog
    {
        *scroll = scrolled(*scroll, page.max(1), command).unwrap_or(*scroll);
    }
}

/// How many lines the dialog shows, and has.
fn size(app: &App) -> (usize, usize) {
    let (frame, lines) = match (&app.dialog, &app.live) {
        (Some(Dialog::Room { .. }), Some(live)) => (
            view::live::room::frame(app, live, app.size),
            view::live::room::lines(app, live).len(),
        ),
        (Some(Dialog::Alerts { .. }), Some(live)) => (
            view::live::alerts::frame(app, live, app.size),
            view::live::alerts::lines(app, live).len(),
        ),
        _ => (view::help::frame(app), view::help::lines(app).len()),
    };
    (usize::from(layout::inside(frame).height), lines)
}

/// Keeps the scroll within its text.
pub fn settle(app: &mut App) {
    if !matches!(
        app.dialog,
        Some(Dialog::Help { .. } | Dialog::Room { .. } | Dialog::Alerts { .. })
    ) {
        return;
    }
    let (room, lines) = size(app);
    if let Some(Dialog::Help { scroll } | Dialog::Room { scroll } | Dialog::Alerts { scroll }) =
        &mut app.dialog
    {
        *scroll = (*scroll).min(lines.saturating_sub(room));
    }
}
