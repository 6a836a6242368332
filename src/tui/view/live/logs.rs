//! The logs of a container, over all of the dashboard.
//!
//! ```text
//! ─ logs of openclaw-sbx-9e3779b90000 ───────────────────────── 512 lines, follows ─
//!   listening on 8080
//! e connection refused
//! › GET /health 200
//! /heal▏                                     status: what is typed, found, saved
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};
use ratatui::widgets::{Clear, Widget};

use super::super::put;
use crate::tui::app::App;
use crate::tui::logs::{Line, Stream};
use crate::tui::screen::logs::{End, Logs, Typing};
use crate::tui::theme::Role;
use crate::tui::widget::line::Pieces;
use crate::tui::widget::text::{chunks, cut, wrap};

/// Mark and blank before a line.
const MARK: usize = 2;
/// `13:46:40 `
const TIME: usize = 9;

const EMPTY: &str = "OpenClaw's sandboxes log nothing themselves: their first program sleeps, \
                     and what a tool call prints goes to OpenClaw.";

/// Columns of a line's text and rows for lines, on a screen of the app's size.
pub fn body(app: &App) -> (usize, usize) {
    let times = app.logs.as_ref().is_some_and(|logs| logs.times);
    let lead = if times { MARK + TIME } else { MARK };
    let width = usize::from(app.size.width).saturating_sub(lead).max(1);
    // Title, status and footer.
    (width, usize::from(app.size.height).saturating_sub(3))
}

pub fn draw(app: &App, size: Size, buffer: &mut Buffer) {
    let Some(logs) = &app.logs else { return };
    let height = size.height.saturating_sub(1);
    let area = Rect::new(0, 0, size.width, height).intersection(buffer.area);
    Clear.render(area, buffer);
    put(buffer, area, 0, title(app, logs, size));
    let (width, height) = body(app);
    if logs.lines.is_empty() {
        let (role, words) = match &logs.end {
            None => (Role::Muted, "Nothing has been written yet.".to_owned()),
            Some(End::Ended) => (Role::Plain, "Nothing was written.".to_owned()),
            Some(End::Failed(why)) => (Role::Bad, format!("The logs cannot be read: {why}")),
        };
        let words = match logs.end {
            None | Some(End::Ended) => format!("{words} {EMPTY}"),
            Some(End::Failed(_)) => words,
        };
        for (y, line) in (1..).zip(wrap(&words, width, 0).iter().take(height)) {
            let line = pieces(app, size).gap(MARK).add(role, line);
            put(buffer, area, y, line.line());
        }
    }
    let (mut number, mut row) = logs.start(width, height);
    let mut y = 1;
    while usize::from(y) <= height {
        let Some(line) = logs.line(number) else { break };
        let rows = if logs.wraps {
            chunks(&line.text, width)
        } else {
            vec![cut(&line.text, width, app.theme.ellipsis())]
        };
        for (index, text) in rows.iter().enumerate().skip(row) {
            if usize::from(y) > height {
                break;
            }
            let lead = lead(app, logs, line, number, index, size);
            put(buffer, area, y, marked(logs, lead, line, text).line());
            y += 1;
        }
        number += 1;
        row = 0;
    }
    put(
        buffer,
        area,
        size.height.saturating_sub(2),
        status(app, logs, size),
    );
}

fn pieces(app: &App, size: Size) -> Pieces {
    Pieces::new(app.theme, usize::from(size.width))
}

fn title(app: &App, logs: &Logs, size: Size) -> ratatui::text::Line<'static> {
    let count = logs.lines.len();
    let mut words = match logs.first {
        0 => format!(" {count} lines"),
        dropped => format!(" {count} lines, {dropped} earlier ones dropped"),
    };
    words.push_str(match (&logs.end, logs.follows) {
        (Some(End::Ended), _) => ", ended ",
        (Some(End::Failed(_)), _) => ", broke off ",
        (None, true) => ", follows ",
        (None, false) => ", held ",
    });
    let rule = app.theme.rule();
    let line = pieces(app, size)
        .add(Role::Muted, rule)
        .add(Role::Strong, &format!(" logs of {} ", logs.target.name));
    let fill = line.room().saturating_sub(words.len() + 1);
    line.add(Role::Muted, &rule.repeat(fill))
        .add(Role::Muted, &words)
        .add(Role::Muted, rule)
        .line()
}

/// What stands before the text: whether it is the one that was found, the stream, the time.
fn lead(app: &App, logs: &Logs, line: &Line, number: u64, row: usize, size: Size) -> Pieces {
    let lead = pieces(app, size);
    let is_first = row == 0;
    let lead = match (logs.hit == Some(number), line.stream) {
        (true, _) if is_first => lead.add(Role::Strong, app.theme.pointer()).gap(1),
        (_, Stream::Err) => lead.add(Role::Warn, "e").gap(1),
        (_, Stream::Out) => lead.gap(MARK),
    };
    match line.at {
        Some(at) if logs.times && is_first => lead
            .add(Role::Muted, &app.zone.clock(at).to_string())
            .gap(1),
        _ if logs.times => lead.gap(TIME),
        _ => lead,
    }
}

/// The text, with what is searched for set off.
fn marked(logs: &Logs, lead: Pieces, line: &Line, text: &str) -> Pieces {
    let role = match line.stream {
        Stream::Out => Role::Plain,
        Stream::Err => Role::Warn,
    };
    match logs.found(text) {
        Some(found) => lead
            .add(role, &text[..found.start])
            .add(Role::Code, &text[found.clone()])
            .add(role, &text[found.end..]),
        None => lead.add(role, text),
    }
}

fn status(app: &App, logs: &Logs, size: Size) -> ratatui::text::Line<'static> {
    let caret = app.theme.caret();
    let line = pieces(app, size).gap(1);
    let line = match (&logs.typing, &logs.word, &logs.end) {
        (Some(Typing::Search(text)), _, _) => line.add(Role::Strong, &format!("/{text}{caret}")),
        (Some(Typing::Path(text)), _, _) => {
            // The end of a long path is what is typed at.
            let room = line.room().saturating_sub(12);
            let shown = crate::tui::widget::text::tail(text, room);
            line.add(Role::Plain, "save to ")
                .add(Role::Strong, &format!("{shown}{caret}"))
        }
        (None, Some(Ok(words)), _) => line.add(Role::Good, words),
        (None, Some(Err(why)), _) | (None, None, Some(End::Failed(why))) => {
            line.add(Role::Bad, why)
        }
        (None, None, _) if !logs.search.is_empty() => {
            let searched = line.add(Role::Strong, &format!("/{}", logs.search));
            match logs.hit {
                Some(_) => searched.add(Role::Muted, "  n newer, N older"),
                None => searched.add(Role::Warn, "  not found"),
            }
        }
        (None, None, _) => line.add(Role::Muted, "e: written to the error stream"),
    };
    line.line()
}
