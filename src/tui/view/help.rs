//! The keys of the screen that is open, from the table of keys, and what the symbols mean.

use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};
use ratatui::text::Line;

use super::live::cells;
use super::live::words::Named;
use super::reading::Reading;
use crate::checklist::verdict::Status;
use crate::tui::app::{App, Dialog};
use crate::tui::keys::{Binding, Command, Place};
use crate::tui::screen::Screen;
use crate::tui::screen::live::{Column, Doing};
use crate::tui::theme::{Role, role};
use crate::tui::widget::page::Page;
use crate::tui::widget::text::{fit, wrap};

const READING: Reading = Reading {
    title: " Help ",
    widest: 60,
};
/// Of the keys.
const KEYS: usize = 12;
/// With less room beside it, a meaning stands below its name.
const READABLE: usize = 14;

/// The frame of the help on a screen of the app's size.
pub fn frame(app: &App) -> Rect {
    READING.frame(app.size, lines(app).len())
}

pub fn draw(app: &App, size: Size, buffer: &mut Buffer) {
    if let Some(Dialog::Help { scroll }) = app.dialog {
        READING.draw(app, lines(app), scroll, size, buffer);
    }
}

/// `j k`, by which one gets on in a text.
pub fn moves(app: &App, place: Place) -> Option<String> {
    let keys = [Command::Down, Command::Up].map(|command| app.keys.last(place, command));
    let keys: Vec<&str> = keys.into_iter().flatten().collect();
    (!keys.is_empty()).then(|| keys.join(" "))
}

/// How one gets on in a text that goes on, and out of it, for the frame around it.
pub fn scrolls(app: &App, goes_on: bool) -> String {
    let back = app.keys.first(Place::Help, Command::Back).unwrap_or("");
    match moves(app, Place::Help).filter(|_| goes_on) {
        Some(keys) => format!(" {keys} scroll, {back} back "),
        None => format!(" {back} back "),
    }
}

pub fn lines(app: &App) -> Vec<Line<'static>> {
    let mut page = Page::new(app.theme, usize::from(READING.width(app.size)));
    let places = places(app.screen);
    let plays = app.live.as_ref().is_some_and(|live| live.playing.is_some());
    if plays && app.screen == Screen::Live {
        title(&mut page, "The recording");
        for binding in app.keys.of_player(Place::Table) {
            key(&mut page, binding);
        }
    }
    for (heading, place) in places {
        title(&mut page, heading);
        for binding in app.keys.all() {
            // What holds in several places stands with the first of them.
            let first = places.iter().find(|(_, one)| binding.places.contains(one));
            if first.is_some_and(|(_, first)| first == place) {
                key(&mut page, binding);
            }
        }
    }
    match app.screen {
        Screen::Live => dashboard(app, &mut page),
        Screen::Checklist | Screen::Isolation => statuses(&mut page),
    }
    if app.theme.has_mouse() {
        title(&mut page, "The mouse");
        page.text(
            Role::Plain,
            2,
            "opens a screen by its name, all alerts by the newest, selects a row; the wheel scrolls what it is over. With shift \
             (option on a Mac) the terminal selects text.",
        );
    }
    page.lines
}

fn places(screen: Screen) -> &'static [(&'static str, Place)] {
    match screen {
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
    }
}

fn title(page: &mut Page, heading: &str) {
    if !page.lines.is_empty() {
        page.gap();
    }
    page.text(Role::Strong, 0, heading);
}

fn key(page: &mut Page, binding: &Binding) {
    beside(
        page,
        Role::Code,
        binding.keys_within(KEYS),
        KEYS,
        binding.help,
    );
}

/// What stands for what: a name, and its meaning beside it, or below it where that has no room.
fn beside(page: &mut Page, role: Role, name: &str, wide: usize, meaning: &str) {
    let lead = wide + 4;
    let room = page.width.saturating_sub(lead);
    if room < READABLE {
        page.push(page.pieces().gap(2).add(role, name));
        page.text(Role::Plain, 4, meaning);
        return;
    }
    for (index, line) in wrap(meaning, room, 0).iter().enumerate() {
        let name = if index == 0 { name } else { "" };
        let name = fit(name, wide, "");
        let line = page
            .pieces()
            .gap(2)
            .add(role, &name)
            .gap(2)
            .add(Role::Plain, line);
        page.push(line);
    }
}

/// Columns and states of the dashboard.
fn dashboard(app: &App, page: &mut Page) {
    title(page, "What the columns tell");
    let columns = app.live.as_ref().map(|live| live.columns.as_slice());
    for &column in columns.unwrap_or(&Column::ALL) {
        beside(page, Role::Code, column.title(), 13, column.meaning());
    }
    title(page, "What the states tell");
    for doing in Doing::ALL {
        let name = format!("{} {}", app.theme.doing(&doing), Named(doing));
        beside(page, cells::role(doing), &name, 13, doing.meaning());
    }
}

fn statuses(page: &mut Page) {
    title(page, "What the symbols mean");
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
        let name = format!("{} {}", page.theme.mark(status), status.word());
        beside(page, role(status), &name, KEYS, meaning);
    }
}
