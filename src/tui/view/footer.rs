//! What can be pressed here and now, as the table of keys has it; or the filter being typed.

use std::borrow::Cow;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{detail, help, isolation, live, put};
use crate::tui::app::App;
use crate::tui::keys::{Command, Place};
use crate::tui::layout;
use crate::tui::screen::checklist::Filter;
use crate::tui::screen::live::List;
use crate::tui::screen::{Screen, offered};
use crate::tui::theme::Role;
use crate::tui::widget::line::Pieces;
use crate::tui::widget::text::columns;

pub fn draw(app: &App, area: Rect, buffer: &mut Buffer) {
    let mut line = Pieces::new(app.theme, usize::from(area.width)).gap(1);
    let filter = app.checklist.sight.filter.as_ref();
    if let (Screen::Checklist, Some(filter), None) = (app.screen, filter, &app.dialog) {
        line = filtered(app, filter, line);
    }
    if let (Screen::Live, Some(live), None) = (app.screen, &app.live, &app.dialog)
        && let Some(filter) = &live.sight.filter
    {
        let (shown, all) = match live.sight.list {
            List::Standing => (live.matching(), live.counts.sandboxes),
            List::Gone => (live.gone.len(), live.model.shown_gone().count()),
        };
        line = text(app, filter, shown, all, line);
    }
    let plays = app.live.as_ref().is_some_and(|live| live.playing.is_some());
    let place = app.place();
    let player = app
        .keys
        .of_player(place)
        .filter(|_| plays)
        .filter_map(|key| Some((key, Cow::Borrowed(key.footer?))));
    let words = app.keys.here(place);
    let words = words.filter_map(|key| Some((key, offered::word(app, key)?)));
    let scrolls = goes_on(app);
    let mut gap = 0;
    for (binding, word) in player.chain(words) {
        match offer(binding.first(), &word, gap, line) {
            Ok(longer) => line = longer,
            Err(full) => {
                line = full;
                break;
            }
        }
        gap = 2;
        // Right behind the help, since nothing else tells that there is more.
        if let (Command::Help, true) = (binding.command, scrolls)
            && let Some(keys) = help::moves(app, place)
        {
            line = offer(&keys, "scroll", gap, line).unwrap_or_else(|full| full);
        }
    }
    put(buffer, area, 0, line.line());
}

/// The line with a key and its word; as it was where there is no room for both.
fn offer(key: &str, word: &str, gap: usize, line: Pieces) -> Result<Pieces, Pieces> {
    if gap + columns(key) + 1 + columns(word) > line.room() {
        return Err(line);
    }
    let line = line.gap(gap).add(Role::Code, key);
    Ok(line.gap(1).add(Role::Muted, word))
}

/// The pane that has the keys is a text with more than is on the screen.
fn goes_on(app: &App) -> bool {
    let areas = || layout::areas(app.size, app).detail;
    let position = match (app.place(), &app.live) {
        (Place::Detail, _) => detail::position(app, areas()),
        (Place::Picture, _) => isolation::position(app, areas()),
        (Place::Sandbox, Some(live)) => {
            let area = live::areas_of(app, live, app.size).detail;
            live::detail::position(app, live, area)
        }
        _ => return false,
    };
    !position.is_empty()
}

/// `/docker▏ 13 of 45`
fn filtered(app: &App, filter: &Filter, line: Pieces) -> Pieces {
    let checklist = &app.checklist;
    let all = checklist.visible().count();
    let shown = checklist
        .visible()
        .filter(|i| checklist.matches(*i))
        .count();
    text(app, filter, shown, all, line)
}

fn text(app: &App, filter: &Filter, shown: usize, all: usize, line: Pieces) -> Pieces {
    let caret = if filter.typing { app.theme.caret() } else { "" };
    line.add(Role::Strong, &format!("/{}{caret}", filter.text))
        .add(Role::Plain, &format!(" {shown} of {all}"))
        .gap(3)
}
