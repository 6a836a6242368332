//! One state, drawn. Pure: nothing here writes to the app, and a frame drawn twice is the same.
//!
//! ```text
//! clawdoctor  macOS 26.1 arm64 · docker-desktop 4.90.0 · OpenClaw 2026.9.6      header
//! NOT READY  ✗ 1 fail  ✓ 40 pass                  checked just now in 1.2 s
//! ─ [1 Checklist] ─ 2 Live ─ 3 Isolation ───── ! engine lost 12s ago: 2 ──     rule
//! ▾ 0 Prerequisites                                    ✗ 1 fail  ✓ 19 pass      list
//! ›  ✗ fail    The engine runs     nothing listens at /var/run/docker.sock
//! ─ docker/running ────────────────────────────────────────────── 1-9/31 ──     parting
//! ✗ fail  The engine runs                                                       detail
//! q quit  ? help  r recheck  n next problem  enter open                         footer
//! ```
//!
//! From 120 columns on, the detail stands to the right of the list; on a very small screen there
//! is one of them at a time.

pub mod alarm;
pub mod detail;
mod footer;
mod header;
pub mod help;
pub mod isolation;
mod list;
pub mod live;
mod offer;
mod reading;
mod running;
mod state;
pub mod tabs;
pub mod talk;

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};
use ratatui::style::Color;
use ratatui::text::Line;
use ratatui::widgets::Widget;

use super::app::{App, Dialog};
use super::layout::{self, Shape};
use super::screen::Screen;
use super::screen::checklist::Cursor;
use super::theme::Role;
use super::widget::line::Pieces;

pub fn view(app: &App, frame: &mut Frame) {
    let size = frame.area().as_size();
    draw(app, size, frame.buffer_mut());
}

pub fn draw(app: &App, size: Size, buffer: &mut Buffer) {
    let areas = layout::areas(size, app);
    if app.screen == Screen::Live {
        match &app.live {
            Some(live) => live::draw(app, live, size, buffer),
            None => live::unwatched(app, size, buffer),
        }
        dialogs(app, size, buffer);
    } else if areas.shape == Shape::Tiny {
        header::tiny(app, areas.header, buffer);
    } else {
        header::draw(app, areas.header, buffer);
        match app.screen {
            Screen::Checklist => {
                list::draw(app, areas.list, buffer);
                detail::draw(app, areas.detail, buffer);
            }
            Screen::Isolation => isolation::draw(app, &areas, buffer),
            Screen::Live => {}
        }
        partings(app, &areas, buffer);
        footer::draw(app, areas.footer, buffer);
        dialogs(app, size, buffer);
    }
    if app.theme.ascii() {
        only_ascii(buffer);
    }
    grounded(app, buffer);
}

fn dialogs(app: &App, size: Size, buffer: &mut Buffer) {
    match (&app.dialog, &app.live) {
        (Some(Dialog::Help { .. }), _) => help::draw(app, size, buffer),
        (Some(Dialog::Repair { talk, scroll }), _) => talk::draw(app, talk, *scroll, size, buffer),
        (Some(Dialog::Room { .. }), Some(live)) => live::room::draw(app, live, size, buffer),
        (Some(Dialog::Alerts { .. }), Some(live)) => live::alerts::draw(app, live, size, buffer),
        (Some(Dialog::Deeds { .. }), _) => live::deeds::draw(app, size, buffer),
        (Some(Dialog::Logs), _) => live::logs::draw(app, size, buffer),
        (Some(Dialog::Room { .. } | Dialog::Alerts { .. }) | None, _) => {}
    }
}

/// Lays the ground of the theme under whatever was drawn, dialogs as well.
fn grounded(app: &App, buffer: &mut Buffer) {
    let ground = app.theme.ground();
    for cell in &mut buffer.content {
        if let (Color::Reset, Some(color)) = (cell.fg, ground.fg) {
            cell.set_fg(color);
        }
        if let (Color::Reset, Some(color)) = (cell.bg, ground.bg) {
            cell.set_bg(color);
        }
    }
}

fn partings(app: &App, areas: &layout::Areas, buffer: &mut Buffer) {
    let theme = app.theme;
    let width = usize::from(areas.rule.width);
    let rule = |piece: Pieces, to: usize| {
        let count = to.saturating_sub(piece.used());
        piece.add(Role::Muted, &theme.rule().repeat(count))
    };
    let tabs = tabs::titles(app, width);
    let mark = alarm::mark(app, tabs.room().saturating_sub(2));
    let line = rule(tabs, width.saturating_sub(mark.used() + 1));
    put(buffer, areas.rule, 0, rule(line.join(mark), width).line());
    match areas.shape {
        Shape::Side => {
            for y in 0..areas.parting.height {
                let wall = Pieces::new(theme, 1).add(Role::Muted, theme.wall());
                put(buffer, areas.parting, y, wall.line());
            }
        }
        Shape::Stacked => {
            let (title, end) = match app.screen {
                Screen::Checklist => {
                    let title = match app.checklist.sight.cursor {
                        _ if app.checklist.rows().is_empty() => "nothing selected",
                        Cursor::Step(step) => step.title(),
                        Cursor::Check(index) => app.checklist.check(index).id.as_str(),
                    };
                    (title, detail::position(app, areas.detail))
                }
                Screen::Isolation => {
                    let selected = app.isolation.selected();
                    let title = selected.map_or("isolation", |subject| subject.who.words());
                    (title, isolation::position(app, areas.detail))
                }
                Screen::Live => ("", String::new()),
            };
            let tail = if end.is_empty() { 0 } else { end.len() + 4 };
            let line = rule(Pieces::new(theme, width), 1).add(Role::Strong, &format!(" {title} "));
            let line = rule(line, width.saturating_sub(tail));
            let line = if end.is_empty() {
                line
            } else {
                rule(line.add(Role::Muted, &format!(" {end} ")), width)
            };
            put(buffer, areas.parting, 0, line.line());
        }
        Shape::Tiny | Shape::Single => {}
    }
}

/// Draws a line on a row of an area, and nothing when the area has no such row.
fn put(buffer: &mut Buffer, area: Rect, row: u16, line: Line<'_>) {
    if row < area.height {
        let place = Rect::new(area.x, area.y + row, area.width, 1);
        line.render(place.intersection(buffer.area), buffer);
    }
}

/// The last door of ASCII mode: whatever is drawn, in our words or in anybody's.
fn only_ascii(buffer: &mut Buffer) {
    for cell in &mut buffer.content {
        if cell.symbol().is_ascii() {
            continue;
        }
        let plain = match cell.symbol() {
            "─" | "–" | "—" => "-",
            "│" => "|",
            "┌" | "┐" | "└" | "┘" => "+",
            "…" => "~",
            "·" => ".",
            "‘" | "’" => "'",
            "“" | "”" => "\"",
            "█" | "▇" | "▆" => "#",
            "▅" | "▄" => "=",
            "▃" | "▂" | "▁" => "_",
            _ => "?",
        };
        cell.set_symbol(plain);
    }
}
