//! The isolation screen: the three modes as they are for the selected agent, the agents, and what
//! is so for that one, with its evidence.

mod matrix;
mod text;

pub use text::{lines, position};

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::put;
use crate::checklist::isolation::{Point, Subject};
use crate::checklist::verdict::Status;
use crate::facts::WhyKind;
use crate::tui::app::App;
use crate::tui::layout::Areas;
use crate::tui::screen::checklist::Pane;
use crate::tui::theme::{Role, Theme, role};
use crate::tui::widget::line::Pieces;
use crate::tui::widget::text::{columns, fit, wrap};

/// Below this width an agent's place is left to the text.
const PLACES: usize = 60;
/// Below this width the symbol stands for the word.
const WORDS: usize = 34;
/// Width of the longest word for a state.
const WORD: usize = 8;
/// A longer name of an agent is cut in the list.
const NAME: usize = 20;

pub fn draw(app: &App, areas: &Areas, buffer: &mut Buffer) {
    if let Some(subject) = app.isolation.selected() {
        matrix::draw(app, subject, areas.matrix, buffer);
    }
    list(app, areas.list, buffer);
    if areas.detail.height == 0 {
        doubts(app, areas.list, buffer);
    }
    let lines = lines(app, areas.detail.width);
    let shown = lines.into_iter().skip(app.isolation.sight.scroll);
    for (y, line) in (0..areas.detail.height).zip(shown) {
        put(buffer, areas.detail, y, line);
    }
}

fn list(app: &App, area: Rect, buffer: &mut Buffer) {
    let width = usize::from(area.width);
    let sight = &app.isolation.sight;
    let subjects = app.isolation.subjects();
    if subjects.is_empty() {
        put(buffer, area, 0, nothing(app, width).line());
        return;
    }
    let at = app.isolation.position();
    let names = subjects.iter().map(|s| columns(s.who.words()));
    // How many dangers there are has room on a small screen, too.
    let name = names.max().unwrap_or(0).min(NAME).min(width / 3);
    for (y, (index, subject)) in (0..area.height).zip(subjects.iter().enumerate().skip(sight.top)) {
        let here = index == at;
        let line = row(app, subject, here, name, width);
        let line = if here {
            line.bar(Theme::cursor(sight.focus == Pane::List))
        } else {
            line.line()
        };
        put(buffer, area, y, line);
    }
}

/// What is not known of the whole node, below the list where there is no room for a text.
fn doubts(app: &App, area: Rect, buffer: &mut Buffer) {
    let Some(picture) = &app.isolation.picture else {
        return;
    };
    let Some(point) = &picture.sandboxes_unknown else {
        return;
    };
    let listed = app.isolation.subjects().len();
    let listed = listed.saturating_sub(app.isolation.sight.top);
    let below = u16::try_from(listed).unwrap_or(u16::MAX).saturating_add(1);
    let (role, mark, text) = told(app, point);
    let width = usize::from(area.width);
    let lines = wrap(&format!("  {mark} {text}"), width, 4);
    for (y, line) in (below..area.height).zip(lines) {
        let line = Pieces::new(app.theme, width).add(role, &line);
        put(buffer, area, y, line.line());
    }
}

/// What stands where there is no agent to list.
fn nothing(app: &App, width: usize) -> Pieces {
    let pieces = Pieces::new(app.theme, width).gap(1);
    let unknown = app.isolation.picture.as_ref();
    match unknown.and_then(|picture| picture.agents_unknown.as_ref()) {
        Some(point) if !is_awaited(app, point) => {
            let (role, mark, text) = told(app, point);
            pieces.add(role, mark).gap(1).add(role, &text)
        }
        None if unknown.is_some() => pieces.add(Role::Muted, "no agent is configured"),
        Some(_) | None if app.gathering.running_since().is_some() => pieces
            .add(Role::Busy, app.theme.spinner(app.now))
            .add(Role::Muted, " the agents are being read"),
        Some(_) | None => pieces.add(Role::Unsure, "? not determined"),
    }
}

/// `› ✗ open     main   Docker sandboxes            1 danger`
fn row(app: &App, subject: &Subject, here: bool, name: usize, width: usize) -> Pieces {
    let (state, mark, word) = state(app, subject);
    let pointer = if here { app.theme.pointer() } else { " " };
    let mut line = Pieces::new(app.theme, width)
        .add(Role::Plain, pointer)
        .gap(1)
        .add(state, mark)
        .gap(1);
    if width >= WORDS {
        line = line.add(state, &fit(word, WORD, "")).gap(1);
    }
    let who = fit(subject.who.words(), name, app.theme.ellipsis());
    line = line.add(Role::Strong, &who).gap(2);
    let dangers = match subject.dangers() {
        0 => Pieces::new(app.theme, width),
        count => {
            let plural = if count == 1 { "" } else { "s" };
            let text = format!("{count} danger{plural} ");
            Pieces::new(app.theme, width).add(Role::Bad, &text)
        }
    };
    let about = if width >= PLACES {
        format!("{}, {}", subject.place, subject.policy)
    } else {
        subject.place.clone()
    };
    let room = line.room().saturating_sub(dangers.used() + 2);
    let about = fit(&about, room, app.theme.ellipsis());
    line.add(Role::Plain, about.trim_end()).right(dangers)
}

/// How far somebody is shut in: role, symbol, word.
fn state(app: &App, subject: &Subject) -> (Role, &'static str, &'static str) {
    let status = subject.status();
    let word = match status {
        Status::Skip if subject.points().any(|point| is_awaited(app, point)) => {
            return (Role::Muted, app.theme.waiting(), "waiting");
        }
        Status::Pass => "shut in",
        Status::Warn => "weak",
        Status::Fail => "open",
        Status::Error => "unclear",
        Status::Skip => "unproven",
    };
    (role(status), app.theme.mark(status), word)
}

/// Not known yet, while the first gathering runs.
fn is_awaited(app: &App, point: &Point) -> bool {
    let unasked = |why: &crate::facts::Why| why.kind == WhyKind::NotAsked;
    !app.isolation.settled
        && app.gathering.running_since().is_some()
        && point.unknown.as_ref().is_some_and(unasked)
}

/// A point as it is told: role, symbol, words.
fn told(app: &App, point: &Point) -> (Role, &'static str, String) {
    if is_awaited(app, point) {
        let text = format!("{}: being asked", point.text);
        return (Role::Muted, app.theme.waiting(), text);
    }
    let mark = app.theme.mark(point.status);
    let text = match &point.unknown {
        Some(why) => format!("{}: not known, {}", point.text, why.detail),
        None => point.text.clone(),
    };
    let role = match point.status {
        Status::Pass => Role::Plain,
        other => role(other),
    };
    (role, mark, text)
}
