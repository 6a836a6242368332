//! The keys of the screen that is open, from the table of keys, and what the symbols mean.

use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};
use ratatui::text::Line;
use ratatui::widgets::{Block, BorderType, Clear, Widget};

use super::put;
use crate::checklist::verdict::Status;
use crate::tui::app::{App, Dialog};
use crate::tui::keys::{Binding, Command, Place};
use crate::tui::layout;
use crate::tui::screen::Screen;
use crate::tui::screen::live::Column;
use crate::tui::theme::{Role, role};
use crate::tui::widget::line::Pieces;
use crate::tui::widget::text::fit;

const WIDTH: u16 = 60;

/// The frame of the help on a screen of the app's size.
pub fn frame(app: &App) -> Rect {
    sized(app, app.size)
}

fn sized(app: &App, size: Size) -> Rect {
    let height = u16::try_from(lines(app).len()).unwrap_or(u16::MAX);
    layout::dialog(size, WIDTH, height)
}

pub fn draw(app: &App, size: Size, buffer: &mut Buffer) {
    let Some(Dialog::Help { scroll }) = app.dialog else {
        return;
    };
    let frame = sized(app, size).intersection(buffer.area);
    Clear.render(frame, buffer);
    Block::bordered()
        .border_type(BorderType::Plain)
        .title(" Help ")
        .title_bottom(scrolls(app))
        .render(frame, buffer);
    let inside = layout::inside(frame);
    for (y, line) in (0..inside.height).zip(lines(app).into_iter().skip(scroll)) {
        put(buffer, inside, y, line);
    }
}

/// How one gets on in a text and out of it, for the frame around it.
pub fn scrolls(app: &App) -> String {
    let key = |command| app.keys.last(Place::Help, command).unwrap_or("");
    let moves = [key(Command::Down), key(Command::Up)];
    let moves: Vec<&str> = moves.into_iter().filter(|key| !key.is_empty()).collect();
    let back = app.keys.first(Place::Help, Command::Back).unwrap_or("");
    if moves.is_empty() {
        return format!(" {back} back ");
    }
    format!(" {} scroll, {back} back ", moves.join(" "))
}

pub fn lines(app: &App) -> Vec<Line<'static>> {
    let theme = app.theme;
    let pieces = || Pieces::new(theme, usize::from(WIDTH));
    let mut lines = Vec::new();
    let places: &[(&str, Place)] = match app.screen {
        Screen::Checklist => &[
            ("In the list", Place::List),
            ("In the detail", Place::Detail),
            ("While a filter is typed", Place::Filter),
            ("When something is asked", Place::Asking),
            ("While repairs are made", Place::Working),
            ("At an interrupted run", Place::Interrupted),
        ],
        Screen::Live => &[
            ("In the table", Place::Table),
            ("In the detail", Place::Sandbox),
            ("In the timeline", Place::Timeline),
            ("While a filter is typed", Place::Filter),
            ("When something is asked", Place::Deciding),
            ("In the logs", Place::Log),
        ],
        Screen::Isolation => &[
            ("In the list of agents", Place::Agents),
            ("In the text", Place::Picture),
        ],
    };
    let key = |binding: &Binding| {
        pieces()
            .gap(2)
            .add(Role::Code, &fit(binding.keys_within(12), 12, ""))
            .gap(2)
            .add(Role::Plain, binding.help)
            .line()
    };
    if app.live.as_ref().is_some_and(|live| live.playing.is_some()) && app.screen == Screen::Live {
        lines.push(pieces().add(Role::Strong, "The recording").line());
        lines.extend(app.keys.of_player(Place::Table).map(key));
        lines.push(Line::default());
    }
    for (heading, place) in places {
        lines.push(pieces().add(Role::Strong, heading).line());
        for binding in app.keys.all() {
            // What holds in several places stands with the first of them.
            let first = places.iter().find(|(_, one)| binding.places.contains(one));
            if first.is_some_and(|(_, first)| first == place) {
                lines.push(key(binding));
            }
        }
        lines.push(Line::default());
    }
    if app.screen == Screen::Live {
        lines.push(pieces().add(Role::Strong, "What the columns tell").line());
        let columns = app.live.as_ref().map(|live| live.columns.as_slice());
        for &column in columns.unwrap_or(&Column::ALL) {
            let line = pieces()
                .gap(2)
                .add(Role::Code, &fit(column.title(), 13, ""))
                .gap(1)
                .add(Role::Plain, column.meaning());
            lines.push(line.line());
        }
        return lines;
    }
    lines.push(pieces().add(Role::Strong, "What the symbols mean").line());
    for (status, meaning) in [
        (Status::Pass, "as it should be"),
        (Status::Warn, "will bite later"),
        (
            Status::Fail,
            "wrong: sandboxes will not work, or not be safe",
        ),
        (Status::Skip, "does not apply, or waits for a failed check"),
        (Status::Error, "could not be determined, which is no pass"),
    ] {
        let line = pieces()
            .gap(2)
            .add(role(status), theme.mark(status))
            .gap(1)
            .add(role(status), &fit(status.word(), 12, ""))
            .add(Role::Plain, meaning);
        lines.push(line.line());
    }
    lines
}
