//! Where everything is on the dashboard.

use ratatui::layout::{Rect, Size};

use super::{LOW, NARROW, Shape, TINY, WIDE};
use crate::tui::screen::live::{Live, Pane};

/// The least of the timeline: its title and three lines.
const TIMELINE: u16 = 4;
/// What a table without rows takes to say why.
const EMPTY: u16 = 5;
/// What the timeline has at most while a detail is read.
const READING: u16 = 8;
/// The detail beside the table, at most so wide.
const DETAIL: u16 = 66;
/// Below this height a table does without the titles of its columns.
const TITLED: u16 = 7;

/// Areas that are not there are empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Areas {
    pub shape: Shape,
    pub header: Rect,
    /// The line below the header.
    pub rule: Rect,
    pub alert: Rect,
    /// Titles of the columns.
    pub titles: Rect,
    pub table: Rect,
    /// What parts table and detail: a line with a title, or a wall.
    pub parting: Rect,
    pub detail: Rect,
    /// The line above the timeline.
    pub timeline_rule: Rect,
    pub timeline: Rect,
    pub footer: Rect,
}

pub fn areas(size: Size, live: &Live, alert: bool) -> Areas {
    let Size { width, height } = size;
    let none = Rect::default();
    let mut areas = Areas {
        shape: Shape::Tiny,
        header: Rect::new(0, 0, width, height),
        rule: none,
        alert: none,
        titles: none,
        table: none,
        parting: none,
        detail: none,
        timeline_rule: none,
        timeline: none,
        footer: none,
    };
    if width < TINY.0 || height < TINY.1 {
        return areas;
    }
    let row = |y: u16, height: u16| Rect::new(0, y, width, height);
    areas.footer = row(height - 1, 1);
    if width < NARROW || height < LOW {
        areas.shape = Shape::Single;
        areas.header = row(0, 1);
        let mut body = row(1, height - 2);
        if alert && body.height > 4 {
            areas.alert = off_top(&mut body, 1);
        }
        match live.sight.focus {
            Pane::Table => {
                if body.height >= TITLED {
                    areas.titles = off_top(&mut body, 1);
                }
                areas.table = body;
            }
            Pane::Detail => areas.detail = body,
            Pane::Timeline => areas.timeline = body,
        }
        return areas;
    }
    areas.header = row(0, 2);
    areas.rule = row(2, 1);
    let mut body = row(3, height - 4);
    if alert {
        areas.alert = off_top(&mut body, 1);
    }
    let side = width >= WIDE;
    areas.shape = if side { Shape::Side } else { Shape::Stacked };
    // An alert takes its line from the timeline, and not from the rows.
    let least = TIMELINE - areas.alert.height;
    let timeline = timeline_height(live, body.height, least);
    let beneath = live.sight.detail && !side;
    if !(beneath && height < 30 && live.sight.focus != Pane::Timeline) {
        let below = Rect::new(0, body.bottom() - timeline, width, timeline);
        body.height -= timeline;
        areas.timeline_rule = Rect { height: 1, ..below };
        areas.timeline = Rect::new(0, below.y + 1, width, timeline - 1);
    }
    if live.sight.detail {
        let rest = if side {
            let detail = DETAIL.min(width / 2);
            let left = width - detail - 2;
            areas.parting = Rect::new(left, body.y, 1, body.height);
            Rect::new(left + 2, body.y, detail, body.height)
        } else {
            // On a low screen the pane that has the keys gets most of the room.
            let table = match live.sight.focus {
                Pane::Detail if height < 30 => 5,
                Pane::Detail | Pane::Table | Pane::Timeline => body.height / 2,
            };
            let table = table.clamp(1, body.height.saturating_sub(2).max(1));
            areas.parting = row(body.y + table, 1);
            let rest = body.height.saturating_sub(table + 1);
            row(body.y + table + 1, rest)
        };
        areas.detail = rest;
        if side {
            body.width = areas.parting.x.saturating_sub(1);
        } else {
            body.height = areas.parting.y - body.y;
        }
    }
    areas.titles = off_top(&mut body, 1);
    areas.table = body;
    areas
}

/// What the table does not want, and half of the room when it has the keys.
fn timeline_height(live: &Live, body: u16, least: u16) -> u16 {
    let wanted = u16::try_from(live.wanted()).unwrap_or(u16::MAX);
    let table = wanted.max(EMPTY).saturating_add(1);
    // With the keys, half of the room; beside a detail that is read, a few lines.
    let half = body / 2;
    let spare = body.saturating_sub(table);
    let height = match live.sight.focus {
        Pane::Timeline => spare.max(half),
        Pane::Table | Pane::Detail if live.sight.detail => spare.min(READING),
        Pane::Table | Pane::Detail => spare,
    };
    height.clamp(least, body.saturating_sub(3).max(least))
}

fn off_top(area: &mut Rect, rows: u16) -> Rect {
    let rows = rows.min(area.height);
    let top = Rect {
        height: rows,
        ..*area
    };
    area.y += rows;
    area.height -= rows;
    top
}
