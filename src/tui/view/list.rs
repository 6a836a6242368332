//! The list of steps and checks.
//!
//! ```text
//! ▾ 0 Prerequisites                              ✗ 1 fail  ! 2 warn  ✓ 18 pass
//! › ✗ fail    The engine runs       nothing listens at …           12 s old ⣾
//! ▸ 1 Docker CLI in the tool layer                                    ✓ 2 pass
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::put;
use super::state::{Counts, WORD, activity, counts, state, worst};
use crate::checklist::check::Step;
use crate::tui::app::App;
use crate::tui::screen::checklist::{Pane, Row};
use crate::tui::screen::repair::is_marked;
use crate::tui::theme::{Role, Theme};
use crate::tui::widget::line::Pieces;
use crate::tui::widget::text::fit;

/// Below this width the summaries are left to the detail.
const SUMMARIES: usize = 60;
/// Columns of a step's title, with its number, that are not cut further for the counts.
const TITLE: usize = 20;
/// Below this width the symbol stands for the word.
const WORDS: usize = 34;

pub fn draw(app: &App, area: Rect, buffer: &mut Buffer) {
    let rows = app.checklist.rows();
    let at = app.checklist.position(&rows);
    let sight = &app.checklist.sight;
    let width = usize::from(area.width);
    if rows.is_empty() && area.height > 0 {
        let nothing = Pieces::new(app.theme, width).add(Role::Muted, " no check matches");
        put(buffer, area, 0, nothing.line());
    }
    let shown = rows.iter().enumerate().skip(sight.top);
    for (y, (index, row)) in (0..area.height).zip(shown) {
        let here = index == at;
        let line = match row {
            Row::Step { step, open } => step_row(app, *step, *open, here, width),
            Row::Check(check) => check_row(app, *check, here, width),
        };
        let line = if here {
            line.bar(Theme::cursor(sight.focus == Pane::List))
        } else {
            line.line()
        };
        put(buffer, area, y, line);
    }
}

fn pointer(app: &App, here: bool) -> &'static str {
    if here { app.theme.pointer() } else { " " }
}

fn step_row(app: &App, step: Step, open: bool, here: bool, width: usize) -> Pieces {
    let tally = app
        .checklist
        .tally(app.checklist.members(step), &app.gathering);
    let number = step.number().map_or(" ".to_owned(), |n| n.to_string());
    let left = Pieces::new(app.theme, width)
        .add(Role::Plain, pointer(app, here))
        .add(Role::Plain, app.theme.fold(open))
        .add(Role::Plain, &format!(" {number} "))
        .add(Role::Strong, step.title());
    let right = |how: Counts| {
        let pieces = counts(app, tally, how, width);
        if tally.unsettled == 0 {
            return pieces;
        }
        let done = tally.all - tally.unsettled;
        let gap = if pieces.used() > 0 { 2 } else { 0 };
        pieces
            .gap(gap)
            .add(Role::Plain, &format!("{done} of {} ", tally.all))
            .add(Role::Busy, app.theme.spinner(app.now))
    };
    let fits = |pieces: &Pieces| pieces.used() + 2 <= left.room();
    let ways = [right(Counts::Words), right(Counts::Marks)];
    if let Some(counts) = ways.into_iter().find(fits) {
        return left.right(counts);
    }
    // How many are well says nothing without how many are not: the title gives way.
    let marks = right(Counts::Marks);
    let room = width.saturating_sub(marks.used() + 1);
    if room >= TITLE {
        left.cut(room).right(marks)
    } else {
        left.cut(width.saturating_sub(2)).right(worst(app, tally))
    }
}

fn check_row(app: &App, index: usize, here: bool, width: usize) -> Pieces {
    let state = state(app, index);
    let check = app.checklist.check(index);
    let told = app.checklist.items[index].told.as_ref();
    let mut line = Pieces::new(app.theme, width)
        .add(Role::Plain, pointer(app, here))
        .add(Role::Code, if is_marked(app, index) { "*" } else { " " })
        .gap(1)
        .add(state.role, state.mark)
        .gap(1);
    if width >= WORDS {
        line = line.add(state.role, &fit(state.word, WORD, "")).gap(1);
    }
    let activity = activity(app, index).map_or(Pieces::new(app.theme, width), |text| {
        Pieces::new(app.theme, width).add(Role::Busy, &text)
    });
    if width < SUMMARIES {
        return line.add(Role::Plain, &check.spec.title).right(activity);
    }
    let title = (width * 42 / 100).min(39);
    let line = line.add(
        Role::Plain,
        &fit(&check.spec.title, title, app.theme.ellipsis()),
    );
    let summary = match told {
        Some(told) => told.outcome.summary.as_str(),
        None if app.gathering.ended().is_some() => "not determined",
        None => "",
    };
    let room = line.room().saturating_sub(
        2 + if activity.used() > 0 {
            activity.used() + 2
        } else {
            0
        },
    );
    let summary = fit(summary, room, app.theme.ellipsis());
    line.gap(2)
        .add(Role::Muted, summary.trim_end())
        .right(activity)
}
