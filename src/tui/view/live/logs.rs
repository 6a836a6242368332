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
use crate::live::event::Link;
use crate::tui::app::App;
use crate::tui::logs::{Line, Stream};
use crate::tui::screen::logs::{End, Logs, Typing};
use crate::tui::theme::Role;
use crate::tui::widget::line::Pieces;
use crate::tui::widget::text::{chunks, columns, cut, tail, wrap};

/// Mark and blank before a line.
const MARK: usize = 2;
/// `13:46:40 `
const TIME: usize = 9;

/// Columns of a name that is not cut further.
const NAME: usize = 8;

/// Rows that a reason or a path takes at most.
const MOST_STATUS: usize = 3;
const LOST: &str = "the engine is lost";
const EMPTY: &str = "OpenClaw's sandboxes log nothing themselves: their first program sleeps, \
                     and what a tool call prints goes to OpenClaw.";

/// How it stands with the reading.
enum Stands<'a> {
    Follows,
    Held,
    Ended,
    BrokeOff(&'a str),
    /// Nothing comes, and nobody knows whether there is something.
    Waits(&'static str),
}

fn stands<'a>(app: &App, logs: &'a Logs) -> Stands<'a> {
    let model = app.live.as_ref().map(|live| &live.model);
    let sandbox = model.and_then(|model| model.sandboxes.get(&logs.target.id));
    let lives = sandbox.is_some_and(|one| one.state.is_alive());
    match (&logs.end, model.map(|model| &model.link)) {
        (Some(End::Failed(why)), _) => Stands::BrokeOff(why),
        // An engine that goes away closes the log of what still runs.
        (Some(End::Ended), Some(Link::Lost { .. })) if lives => Stands::BrokeOff(LOST),
        (Some(End::Ended), _) => Stands::Ended,
        (None, Some(Link::Hung)) => Stands::Waits("the engine hangs"),
        (None, Some(Link::Lost { .. })) => Stands::Waits(LOST),
        (None, _) if logs.follows => Stands::Follows,
        (None, _) => Stands::Held,
    }
}

/// Columns of a line's text and rows for lines, on a screen of the app's size.
pub fn body(app: &App) -> (usize, usize) {
    let times = app.logs.as_ref().is_some_and(|logs| logs.times);
    let lead = if times { MARK + TIME } else { MARK };
    let width = usize::from(app.size.width).saturating_sub(lead).max(1);
    let status = app
        .logs
        .as_ref()
        .map_or(1, |logs| status(app, logs, app.size).len());
    // Title, status and footer.
    (
        width,
        usize::from(app.size.height).saturating_sub(2 + status),
    )
}

pub fn draw(app: &App, size: Size, buffer: &mut Buffer) {
    let Some(logs) = &app.logs else { return };
    let height = size.height.saturating_sub(1);
    let area = Rect::new(0, 0, size.width, height).intersection(buffer.area);
    Clear.render(area, buffer);
    put(buffer, area, 0, title(app, logs, size));
    let (width, height) = body(app);
    if logs.lines.is_empty() {
        let (role, words) = match stands(app, logs) {
            Stands::Follows | Stands::Held => (
                Role::Muted,
                format!("Nothing has been written yet. {EMPTY}"),
            ),
            Stands::Ended => (Role::Plain, format!("Nothing was written. {EMPTY}")),
            Stands::BrokeOff(why) => (Role::Bad, format!("The logs cannot be read: {why}")),
            Stands::Waits(why) => {
                let words = format!("Whether anything was written is not known: {why}.");
                (Role::Unsure, words)
            }
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
    let status = status(app, logs, size);
    let below = u16::try_from(status.len()).unwrap_or(1) + 1;
    for (y, line) in (size.height.saturating_sub(below)..).zip(status) {
        put(buffer, area, y, line);
    }
}

fn pieces(app: &App, size: Size) -> Pieces {
    Pieces::new(app.theme, usize::from(size.width))
}

/// How it stands is told whole: what was dropped gives way to it, and then the name.
fn title(app: &App, logs: &Logs, size: Size) -> ratatui::text::Line<'static> {
    let state = match stands(app, logs) {
        Stands::Follows => "follows",
        Stands::Held => "held",
        Stands::Ended => "ended",
        Stands::BrokeOff(_) => "broke off",
        Stands::Waits(_) => "waits",
    };
    let count = match logs.lines.len() {
        1 => "1 line".to_owned(),
        count => format!("{count} lines"),
    };
    let dropped = match logs.first {
        0 => String::new(),
        1 => ", 1 earlier one dropped".to_owned(),
        dropped => format!(", {dropped} earlier ones dropped"),
    };
    let rule = app.theme.rule();
    let line = pieces(app, size)
        .add(Role::Muted, rule)
        .add(Role::Strong, " logs of ");
    // A blank behind the name, and a rule at the end.
    let left = |words: &str| line.room().saturating_sub(columns(words) + 2);
    let mut words = format!(" {count}{dropped}, {state} ");
    if left(&words) < NAME {
        words = format!(" {count}, {state} ");
    }
    let name = end_of(&logs.target.name, left(&words), app.theme.ellipsis());
    let fill = left(&words).saturating_sub(columns(&name));
    line.add(Role::Strong, &name)
        .gap(1)
        .add(Role::Muted, &rule.repeat(fill))
        .add(Role::Muted, &words)
        .add(Role::Muted, rule)
        .line()
}

/// Names differ at their ends.
fn end_of(name: &str, width: usize, ellipsis: &str) -> String {
    if columns(name) <= width {
        return name.to_owned();
    }
    let room = width.saturating_sub(columns(ellipsis));
    format!("{ellipsis}{}", tail(name, room))
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

/// What is typed or was searched for, and what came of saving or reading: one row at least.
fn status(app: &App, logs: &Logs, size: Size) -> Vec<ratatui::text::Line<'static>> {
    let caret = app.theme.caret();
    let line = pieces(app, size).gap(1);
    let typed = match &logs.typing {
        Some(Typing::Search(text)) => line.add(Role::Strong, &format!("/{text}{caret}")),
        Some(Typing::Path(text)) => {
            // The end of a long path is what is typed at.
            let room = line.room().saturating_sub(12);
            let shown = tail(text, room);
            line.add(Role::Plain, "save to ")
                .add(Role::Strong, &format!("{shown}{caret}"))
        }
        None => return told(app, logs, size),
    };
    vec![typed.line()]
}

fn told(app: &App, logs: &Logs, size: Size) -> Vec<ratatui::text::Line<'static>> {
    let line = || pieces(app, size).gap(1);
    let mut rows = Vec::new();
    if logs.word.is_none() && !logs.search.is_empty() {
        let searched = line().add(Role::Strong, &format!("/{}", logs.search));
        rows.push(match logs.hit {
            Some(_) => searched.add(Role::Muted, "  n newer, N older"),
            None => searched.add(Role::Warn, "  not found"),
        });
    }
    let words = match (&logs.word, stands(app, logs)) {
        (Some(Ok(words)), _) => Some((Role::Good, words.clone())),
        (Some(Err(why)), _) => Some((Role::Bad, why.clone())),
        // It stands in place of the lines.
        (None, _) if logs.lines.is_empty() => None,
        (None, Stands::BrokeOff(why)) => Some((Role::Bad, why.to_owned())),
        (None, Stands::Waits(why)) => Some((Role::Unsure, format!("{why}: nothing new is seen"))),
        (None, Stands::Follows | Stands::Held | Stands::Ended) if !rows.is_empty() => None,
        (None, Stands::Follows | Stands::Held | Stands::Ended) => {
            Some((Role::Muted, "e: written to the error stream".to_owned()))
        }
    };
    if let Some((role, words)) = words {
        let width = usize::from(size.width).saturating_sub(1);
        let wrapped = wrap(&words, width, 0).into_iter().take(MOST_STATUS);
        rows.extend(wrapped.map(|text| line().add(role, &text)));
    }
    if rows.is_empty() {
        rows.push(line());
    }
    rows.into_iter().map(Pieces::line).collect()
}
