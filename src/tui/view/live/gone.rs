//! What has gone, the newest first: how long it lived and how it ended.
//!
//! ```text
//!   agent/session    end           gone  lived  start  made fail    peak/cap
//! › main/telegram    ◆ oom 137      12s   4.2s  450ms     3    1   510M/512M
//! ```

use std::fmt::{Display, Formatter, Result};

use super::Look;
use super::cells::{seen, state};
use super::empty::paragraph;
use super::plan::{Spec, owner, plan};
use super::words::Whose;
use crate::live::event::Link;
use crate::live::sandbox::{Gone, Leaving};
use crate::tui::layout::live::Areas;
use crate::tui::screen::live::{Pane, end_of};
use crate::tui::theme::{Role, Theme};
use crate::tui::widget::figure::{Bytes, Short, Took};
use crate::tui::widget::pen::Pen;
use crate::tui::widget::text::head;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Column {
    Owner,
    End,
    Gone,
    Lived,
    Start,
    Made,
    Failed,
    Peak,
    Name,
    Image,
}

const fn spec(column: Column, rank: u8, least: usize, most: usize) -> Spec<Column> {
    Spec {
        column,
        rank,
        least,
        most,
    }
}

/// Below this width the symbol stands for the end.
const WORDS: u16 = 40;

const SPECS: [Spec<Column>; 10] = [
    spec(Column::Owner, 0, 8, 26),
    END,
    spec(Column::Gone, 3, 4, 5),
    spec(Column::Lived, 2, 6, 7),
    spec(Column::Start, 6, 6, 6),
    spec(Column::Made, 8, 5, 5),
    spec(Column::Failed, 7, 4, 5),
    spec(Column::Peak, 4, 9, 10),
    spec(Column::Name, 5, 14, 30),
    spec(Column::Image, 9, 14, 30),
];

const END: Spec<Column> = spec(Column::End, 1, 10, 10);
const END_SYMBOL: Spec<Column> = spec(Column::End, 1, 1, 1);

impl Column {
    fn title(self, width: usize) -> &'static str {
        match self {
            Self::Owner => owner(width),
            Self::End => "end",
            Self::Gone => "gone",
            Self::Lived => "lived",
            Self::Start => "start",
            Self::Made => "made",
            Self::Failed => "fail",
            Self::Peak => "peak/cap",
            Self::Name => "name",
            Self::Image => "image",
        }
    }

    fn is_figure(self) -> bool {
        match self {
            Self::Owner | Self::End | Self::Name | Self::Image => false,
            Self::Gone | Self::Lived | Self::Start | Self::Made | Self::Failed | Self::Peak => true,
        }
    }
}

/// A value, or a question mark.
struct Known<T>(Option<T>);

impl<T: Display> Display for Known<T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match &self.0 {
            Some(value) => value.fmt(f),
            None => f.write_str("?"),
        }
    }
}

pub fn draw(look: Look<'_>, areas: &Areas, pen: &mut Pen<'_>) {
    let area = areas.table;
    let mut specs = SPECS;
    if area.width < WORDS {
        specs[1] = END_SYMBOL;
    }
    let plan = plan(usize::from(area.width).saturating_sub(2), &specs);
    if areas.titles.height > 0 {
        pen.row(areas.titles, 0).gap(2);
        for (column, width) in &plan {
            let title = head(column.title(*width), *width);
            if column.is_figure() {
                pen.figure(Role::Muted, format_args!("{title}"), *width);
            } else {
                pen.cell(Role::Muted, title, *width);
            }
            pen.gap(1);
        }
    }
    if look.live.gone.is_empty() {
        let (role, text) = nothing(look);
        paragraph(role, &text, area, 0, pen);
        return;
    }
    let at = look.live.gone_position();
    let top = look.live.sight.gone_top;
    for y in 0..area.height {
        let index = top + usize::from(y);
        let Some(gone) = look.live.gone_row(index) else {
            break;
        };
        let here = at == Some(index);
        let pointer = if here { look.theme.pointer() } else { " " };
        pen.row(area, y).text(Role::Plain, pointer).gap(1);
        for (column, width) in &plan {
            cell(look, *column, *width, gone, pen);
            pen.gap(1);
        }
        if here {
            pen.wash(Theme::cursor(look.live.sight.focus == Pane::Table));
        }
    }
}

/// Why nothing is listed. What nobody sees is no nothing.
fn nothing(look: Look<'_>) -> (Role, String) {
    let model = look.model();
    if look.live.sight.filter.is_some() && model.shown_gone().next().is_some() {
        let words = "Nothing that has gone matches the filter.";
        return (Role::Muted, words.to_owned());
    }
    let unseen = |why: &str| {
        let words = format!("Nothing was seen to go. {why}: what goes now is not seen.");
        (Role::Unsure, words)
    };
    let back = model.reaches.map(|reaches| look.engine.since(reaches));
    match (&model.link, back) {
        (Link::Hung, _) => unseen("The engine hangs"),
        (Link::Lost { .. }, _) => unseen("No engine answers"),
        (Link::Connecting | Link::Up, _) if model.listed.is_none() => (
            Role::Busy,
            "What has gone is not known yet: the engine is being asked.".to_owned(),
        ),
        (Link::Connecting | Link::Up, Some(back)) => {
            let words = format!("Nothing has gone in the last {}.", Short(back));
            (Role::Muted, words)
        }
        (Link::Connecting | Link::Up, None) => (Role::Muted, "Nothing has gone yet.".to_owned()),
    }
}

fn cell(look: Look<'_>, column: Column, width: usize, gone: &Gone, pen: &mut Pen<'_>) {
    match column {
        Column::Owner => {
            pen.ends_of(Role::Plain, format_args!("{}", Whose(&gone.about)), width);
        }
        Column::End => match (gone.leaving, gone.exit_code) {
            (Leaving::Vanished, None) => {
                let words = if width < 4 { "?" } else { "? unseen" };
                pen.cell(Role::Unsure, words, width);
            }
            (Leaving::Vanished | Leaving::Destroyed, _) => state(look, end_of(gone), width, pen),
        },
        Column::Gone => {
            let age = Short(look.engine.since(gone.gone));
            pen.figure(Role::Muted, format_args!("{age}"), width);
        }
        Column::Lived => {
            let lived = Known(gone.lifetime.map(Took));
            pen.figure(Role::Plain, format_args!("{lived}"), width);
        }
        Column::Start => {
            match gone.latency {
                Some(latency) => pen.figure(Role::Plain, format_args!("{}", Took(latency)), width),
                None => pen.figure(Role::Muted, format_args!("{}", look.dash()), width),
            };
        }
        Column::Made => {
            seen(gone.ended.made(), Role::Plain, width, pen);
        }
        Column::Failed => {
            seen(gone.ended.failed(), Role::Warn, width, pen);
        }
        Column::Peak => {
            let (peak, cap) = (
                Known(gone.peak.map(Bytes)),
                Known(gone.memory_cap.map(Bytes)),
            );
            pen.figure(Role::Plain, format_args!("{peak}/{cap}"), width);
        }
        Column::Name => {
            pen.tail(Role::Muted, &gone.about.name, width);
        }
        Column::Image => {
            pen.cell(Role::Muted, &gone.image, width);
        }
    }
}
