//! Where everything is, for a size and a state. Pure, and asked by update and view alike.

pub mod live;

use ratatui::layout::{Rect, Size};

use super::app::App;
use super::screen::Screen;
use super::screen::checklist::Pane;

/// From this width on, the detail stands beside the list.
const WIDE: u16 = 120;
/// Below this width or height there is one pane at a time.
const NARROW: u16 = 60;
const LOW: u16 = 14;
/// Below this size only the verdict is told.
const TINY: (u16, u16) = (16, 4);
/// A heading, which mode is in force, four aspects, and a blank line.
const MATRIX: u16 = 7;

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
    /// The three modes, above the list of the isolation screen.
    pub matrix: Rect,
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
        matrix: none,
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
    let focus = match app.screen {
        Screen::Checklist => app.checklist.sight.focus,
        Screen::Isolation => app.isolation.sight.focus,
        // The dashboard has a picture of its own: see `live`.
        Screen::Live => Pane::List,
    };
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
        if app.screen == Screen::Isolation {
            carve_matrix(&mut areas, app);
        }
        return areas;
    }
    areas.shape = Shape::Stacked;
    // On a low screen the pane that has the keys gets most of the room.
    let low = focus == Pane::Detail && height < 30;
    let list = match app.screen {
        Screen::Checklist | Screen::Live if low => 5,
        Screen::Checklist | Screen::Live => body.height / 2 + 1,
        Screen::Isolation => {
            let subjects = u16::try_from(app.isolation.subjects().len()).unwrap_or(u16::MAX);
            let rows = subjects.clamp(1, if low { 1 } else { 6 });
            if body.height >= 2 * MATRIX + 4 {
                MATRIX + rows
            } else {
                rows
            }
        }
    };
    let list = list.min(body.height - 2);
    areas.list = row(body.y, list);
    if app.screen == Screen::Isolation {
        carve_matrix(&mut areas, app);
    }
    areas.parting = row(body.y + list, 1);
    areas.detail = row(body.y + list + 1, body.height - list - 1);
    areas
}

/// The three modes with a blank line, from the top of the list's area, when something of the list
/// is left then.
fn carve_matrix(areas: &mut Areas, app: &App) {
    let list = areas.list;
    if list.height > MATRIX && !app.isolation.subjects().is_empty() {
        areas.matrix = Rect::new(list.x, list.y, list.width, MATRIX);
        areas.list = Rect::new(list.x, list.y + MATRIX, list.width, list.height - MATRIX);
    }
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
