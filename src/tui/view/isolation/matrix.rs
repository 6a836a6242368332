//! The three modes against what each gives an agent, the one in force marked by symbol and word.
//!
//! ```text
//!          bare metal        container         Docker sandboxes
//!                                              ● in force
//! tools      none: uid 501     with the gateway  ✓ one per session
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::super::put;
use crate::checklist::isolation::{Aspect, Column, Force, Subject};
use crate::tui::app::App;
use crate::tui::theme::{Role, role};
use crate::tui::widget::line::Pieces;
use crate::tui::widget::text::{columns, fit};

const LABEL: usize = 9;

pub fn draw(app: &App, subject: &Subject, area: Rect, buffer: &mut Buffer) {
    let width = usize::from(area.width);
    if subject.columns.is_empty() {
        let note = " OpenClaw's label is on them, but no agent and so no mode is theirs";
        let note = Pieces::new(app.theme, width).add(Role::Muted, note);
        put(buffer, area, 0, note.line());
        return;
    }
    let widths = widths(subject, width);
    let blank = || Pieces::new(app.theme, width).gap(LABEL);
    let (mut heads, mut forces) = (blank(), blank());
    for (column, width) in subject.columns.iter().zip(&widths) {
        let (head, force) = head(app, column, *width);
        heads = heads.join(head);
        forces = forces.join(force);
    }
    if subject.columns.iter().all(|c| c.force == Force::Nobody) {
        let text = format!("  ? in force: {}", subject.place);
        forces = blank().add(Role::Unsure, &text);
    }
    put(buffer, area, 0, heads.line());
    put(buffer, area, 1, forces.line());
    for (index, aspect) in Aspect::ALL.into_iter().enumerate() {
        let label = format!(" {}", aspect.word());
        let mut line = Pieces::new(app.theme, width).add(Role::Muted, &fit(&label, LABEL, ""));
        for (column, width) in subject.columns.iter().zip(&widths) {
            line = line.join(cell(app, column, index, *width));
        }
        let row = u16::try_from(index + 2).unwrap_or(u16::MAX);
        put(buffer, area, row, line.line());
    }
}

/// What is in force gets the room.
fn widths(subject: &Subject, width: usize) -> Vec<usize> {
    let room = width.saturating_sub(LABEL);
    let is_idle = |column: &&Column| column.force == Force::Nobody;
    let idle = subject.columns.iter().filter(is_idle).count();
    let in_force = subject.columns.len() - idle;
    let narrow = if in_force == 0 {
        room / subject.columns.len().max(1)
    } else {
        (room * 27 / 100).clamp(12, 22)
    };
    let wide = room.saturating_sub(narrow * idle) / in_force.max(1);
    subject
        .columns
        .iter()
        .map(|column| match column.force {
            Force::Nobody => narrow,
            Force::Everybody | Force::MainSession | Force::OtherSessions => wide,
        })
        .collect()
}

/// The name of a mode, and whose it is.
fn head(app: &App, column: &Column, width: usize) -> (Pieces, Pieces) {
    let ellipsis = app.theme.ellipsis();
    let pieces = || Pieces::new(app.theme, width).gap(2);
    let room = width.saturating_sub(3);
    let long = column.ground.words();
    let words = if columns(long) <= room {
        long
    } else {
        column.ground.word()
    };
    let look = match column.force {
        Force::Nobody => Role::Muted,
        Force::Everybody | Force::MainSession | Force::OtherSessions => Role::Strong,
    };
    let head = pieces().add(look, &fit(words, room + 1, ellipsis));
    let force = match column.force {
        Force::Nobody => pieces().gap(room + 1),
        Force::Everybody | Force::MainSession | Force::OtherSessions => {
            let words = format!("{} {}", app.theme.in_force(), column.force.words());
            Pieces::new(app.theme, width).add(Role::Strong, &fit(&words, width, ellipsis))
        }
    };
    (head, force)
}

fn cell(app: &App, column: &Column, aspect: usize, width: usize) -> Pieces {
    let cell = &column.cells[aspect];
    let room = width.saturating_sub(3);
    let text = fit(&cell.text, room, app.theme.ellipsis());
    let pieces = Pieces::new(app.theme, width);
    match column.force {
        Force::Nobody => pieces.gap(2).add(Role::Muted, &text).gap(1),
        Force::Everybody | Force::MainSession | Force::OtherSessions => {
            let status = cell.status();
            pieces
                .add(role(status), app.theme.mark(status))
                .gap(1)
                .add(Role::Plain, &text)
                .gap(1)
        }
    }
}
