//! How the headroom is reckoned, line by line; or why it cannot be.
//!
//! ```text
//! memory the engine can use        7.7 GiB
//! - its own system                 1.2 GiB
//! …
//! 4 more sandboxes can be busy at the same time, limited by memory.
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};
use ratatui::text::Line;

use super::super::reading::Reading;
use crate::headroom::{Arithmetic, Entry, Weight};
use crate::live::event::Link;
use crate::tui::app::{App, Dialog};
use crate::tui::screen::live::Live;
use crate::tui::theme::Role;
use crate::tui::widget::figure::Short;
use crate::tui::widget::page::Page;
use crate::tui::widget::text::{columns, fit, wrap};

const READING: Reading = Reading {
    title: " Headroom ",
    widest: 62,
};
/// Columns of the labels where there is room for them.
const LABEL: usize = 44;
const FIGURE: usize = 10;

pub fn frame(app: &App, live: &Live, size: Size) -> Rect {
    READING.frame(size, lines(app, live).len())
}

pub fn draw(app: &App, live: &Live, size: Size, buffer: &mut Buffer) {
    if let Some(Dialog::Room { scroll }) = app.dialog {
        READING.draw(app, lines(app, live), scroll, size, buffer);
    }
}

pub fn lines(app: &App, live: &Live) -> Vec<Line<'static>> {
    let mut page = Page::new(app.theme, usize::from(READING.width(app.size)));
    let since = Short(live.link_age(live.ours(app.now)));
    let silence = match live.model.link {
        Link::Hung => Some(format!(
            "The engine has hung for {since}: this is as it was then."
        )),
        Link::Lost { .. } => Some(format!(
            "The engine was lost {since} ago: this is as it was then."
        )),
        Link::Connecting | Link::Up => None,
    };
    if let Some(words) = silence {
        page.text(Role::Unsure, 0, &words);
        page.gap();
    }
    match &live.model.headroom {
        Ok(arithmetic) => reckon(&mut page, arithmetic),
        Err(why) => {
            page.text(Role::Unsure, 0, "How many more sandboxes fit is not known:");
            page.text(Role::Plain, 0, why);
        }
    }
    page.lines
}

fn entries(page: &mut Page, entries: &[Entry]) {
    for entry in entries {
        let role = match entry.weight {
            Weight::Plain => Role::Plain,
            Weight::Sum => Role::Strong,
            Weight::Aside => Role::Muted,
        };
        // The figure is there whatever the label takes: that goes on over several lines.
        let figure = columns(&entry.figure).max(FIGURE);
        let room = LABEL.min(page.width.saturating_sub(figure + 1)).max(1);
        let label = wrap(&entry.label, room, 2);
        let last = label.len().saturating_sub(1);
        for (index, text) in label.iter().enumerate() {
            let line = page.pieces().add(role, &fit(text, room, ""));
            page.push(if index == last {
                let gap = figure - columns(&entry.figure);
                line.gap(gap).add(role, &entry.figure)
            } else {
                line
            });
        }
    }
}

fn reckon(page: &mut Page, arithmetic: &Arithmetic) {
    entries(page, &arithmetic.memory_account());
    page.gap();
    entries(page, &arithmetic.limits_account());
    page.gap();
    let role = if arithmetic.headroom == 0 {
        Role::Bad
    } else {
        Role::Strong
    };
    page.text(role, 0, &arithmetic.verdict());
    page.text(Role::Muted, 0, &arithmetic.commitment_in_words());
}
