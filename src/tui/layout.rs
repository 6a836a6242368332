//! Where everything is, for a size and a state. Pure, and asked by update and view alike.

use ratatui::layout::{Rect, Size};

use super::app::App;
use super::screen::checklist::Pane;

/// From this width on, the detail stands beside the list.
const WIDE: u16 = 120;
/// Below this width or height there is one pane at a time.
const NARROW: u16 = 60;
const LOW: u16 = 14;
/// Below this size only the verdict is told.
const TINY: (u16, u16) = (16, 4);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Too small for anything but one word.
    Tiny,
    /// List or detail, whichever has the keys.
    Single,
    /// The detail below the list.
    Stacked,
    /// The detail beside the list.
    Side,
}

/// Areas that are not there are empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Areas {
    pub shape: Shape,
    pub header: Rect,
    /// The line below the header.
    pub rule: Rect,
    pub list: Rect,
    /// What parts list and detail: a line with a title, or a wall.
    pub parting: Rect,
    pub detail: Rect,
    pub footer: Rect,
}

pub fn areas(size: Size, app: &App) -> Areas {
    let Size { width, height } = size;
    let none = Rect::default();
    let mut areas = Areas {
        shape: Shape::Tiny,
        header: Rect::new(0, 0, width, height),
        rule: none,
        list: none,
        parting: none,
        detail: none,
        footer: none,
    };
    if width < TINY.0 || height < TINY.1 {
        return areas;
    }
    let row = |y: u16, height: u16| Rect::new(0, y, width, height);
    areas.footer = row(height - 1, 1);
    let focus = app.checklist.sight.focus;
    if width < NARROW || height < LOW {
        areas.shape = Shape::Single;
        areas.header = row(0, 1);
        let body = row(1, height - 2);
        match focus {
            Pane::List => areas.list = body,
            Pane::Detail => areas.detail = body,
        }
        return areas;
    }
    areas.header = row(0, 2);
    areas.rule = row(2, 1);
    let body = row(3, height - 4);
    if width >= WIDE {
        areas.shape = Shape::Side;
        let left = width / 2;
        areas.list = Rect::new(0, body.y, left, body.height);
        areas.parting = Rect::new(left, body.y, 1, body.height);
        areas.detail = Rect::new(left + 2, body.y, width - left - 3, body.height);
        return areas;
    }
    areas.shape = Shape::Stacked;
    // On a low screen the pane that has the keys gets most of the room.
    let list = match focus {
        Pane::Detail if height < 30 => 5,
        Pane::Detail | Pane::List => body.height / 2 + 1,
    };
    let list = list.min(body.height - 2);
    areas.list = row(body.y, list);
    areas.parting = row(body.y + list, 1);
    areas.detail = row(body.y + list + 1, body.height - list - 1);
    areas
}

/// The box of a dialog whose content has this size, in the middle of the screen.
pub fn dialog(size: Size, width: u16, height: u16) -> Rect {
    let width = width.saturating_add(4).min(size.width);
    let height = height.saturating_add(2).min(size.height);
    Rect::new(
        (size.width - width) / 2,
        (size.height - height) / 2,
        width,
        height,
    )
}

/// What is inside the frame of a dialog.
pub fn inside(frame: Rect) -> Rect {
    Rect::new(
        frame.x.saturating_add(2),
        frame.y.saturating_add(1),
        frame.width.saturating_sub(4),
        frame.height.saturating_sub(2),
    )
}
