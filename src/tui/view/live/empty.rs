//! A table without rows: why it has none, in four different pictures.
//!
//! ```text
//!   Connecting to the engine …
//!   No sandbox is there.
//!   The engine is lost: connection refused
//!   The engine accepts connections and does not answer.
//! ```

use ratatui::layout::Rect;

use super::Look;
use crate::live::event::Link;
use crate::tui::keys::{Command, Place};
use crate::tui::layout::live::Areas;
use crate::tui::theme::Role;
use crate::tui::widget::figure::Short;
use crate::tui::widget::pen::Pen;
use crate::tui::widget::text::wrap;

/// Nothing can be done about what is past.
const THEN: &str = "What ran at this instant was not seen.";

pub fn draw(look: Look<'_>, areas: &Areas, pen: &mut Pen<'_>) {
    let area = areas.table;
    let since = Short(look.live.link_age(look.ours));
    let known = look.model().listed.is_some();
    let filtered = look.live.sight.filter.is_some() && look.live.counts.sandboxes > 0;
    let drop = look.app.keys.last(Place::Table, Command::Back);
    let drops = drop.map_or(String::new(), |key| format!("{key} drops it."));
    let plays = look.live.playing.is_some();
    let (role, said, more): (Role, String, &str) = match &look.model().link {
        Link::Connecting => (
            Role::Busy,
            format!("Connecting to the engine, for {since}."),
            if plays {
                ""
            } else {
                "It is asked again until it answers."
            },
        ),
        Link::Lost { why } => (
            Role::Bad,
            if known {
                format!("The engine has been lost for {since}: {why}")
            } else {
                format!("No engine answers, for {since}: {why}")
            },
            if plays {
                THEN
            } else {
                "What runs now is not known. The dashboard connects as soon as it comes."
            },
        ),
        Link::Hung => (
            Role::Unsure,
            format!("The engine has hung for {since}: it accepts connections and does not answer."),
            if plays {
                THEN
            } else {
                "What runs now is not known. Restarting the engine stops every container."
            },
        ),
        Link::Up if !known => (
            Role::Busy,
            "The engine answers; what runs is being asked.".to_owned(),
            "",
        ),
        Link::Up if filtered => (
            Role::Muted,
            "No sandbox matches the filter.".to_owned(),
            &drops,
        ),
        Link::Up if plays => (
            Role::Plain,
            "No sandbox is there at this instant of the recording.".to_owned(),
            "",
        ),
        Link::Up => (
            Role::Plain,
            "No sandbox is there.".to_owned(),
            "OpenClaw makes one at the next tool call of a sandboxed agent; it is shown from its creation on.",
        ),
    };
    let mut y = u16::from(area.height > 4);
    y = paragraph(role, &said, area, y, pen);
    paragraph(Role::Muted, more, area, y, pen);
}

/// Text over as many rows as it takes; the row below it.
pub fn paragraph(role: Role, text: &str, area: Rect, mut y: u16, pen: &mut Pen<'_>) -> u16 {
    if text.is_empty() {
        return y;
    }
    let width = usize::from(area.width).saturating_sub(3);
    for line in wrap(text, width, 0) {
        pen.row(area, y).gap(2).text(role, &line);
        y += 1;
    }
    y
}
