//! How the state of a check is told: a symbol and a word, and a colour besides.

use crate::checklist::verdict::Status;
use crate::tui::app::App;
use crate::tui::gathering::Live;
use crate::tui::screen::checklist::Tally;
use crate::tui::theme::{Role, role};
use crate::tui::widget::line::Pieces;
use crate::tui::widget::time;

pub struct State {
    pub role: Role,
    pub mark: &'static str,
    pub word: &'static str,
}

/// Width of the longest word.
pub const WORD: usize = 7;

pub fn state(app: &App, index: usize) -> State {
    let item = &app.checklist.items[index];
    let (role, mark, word) = match (&item.told, item.live(&app.gathering)) {
        (Some(told), _) => {
            let status = told.outcome.status;
            (role(status), app.theme.mark(status), status.word())
        }
        (None, Live::Running { .. }) => (Role::Busy, app.theme.spinner(app.now), "running"),
        (None, Live::Waiting) => (Role::Muted, app.theme.waiting(), "waiting"),
        (None, Live::Settled) => (Role::Unsure, app.theme.mark(Status::Error), "unknown"),
    };
    State { role, mark, word }
}

/// What is going on with a check beside what was told of it: how long its probe runs, or how old
/// a verdict is that is being refreshed.
pub fn activity(app: &App, index: usize) -> Option<String> {
    let item = &app.checklist.items[index];
    match (&item.told, item.live(&app.gathering)) {
        (_, Live::Settled) | (None, Live::Waiting) => None,
        (None, Live::Running { since }) => Some(time::elapsed(app.now.saturating_sub(since))),
        (Some(told), live) => {
            let old = time::old(app.now.saturating_sub(told.at));
            let mark = match live {
                Live::Running { .. } => app.theme.spinner(app.now),
                Live::Waiting | Live::Settled => app.theme.waiting(),
            };
            Some(format!("{old} {mark}"))
        }
    }
}

/// How counts are told where there is room for words, or is not.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Counts {
    Words,
    Marks,
}

const WORST_FIRST: [Status; 5] = [
    Status::Fail,
    Status::Error,
    Status::Warn,
    Status::Pass,
    Status::Skip,
];

/// `✗ 1 fail  ! 2 warn  ✓ 18 pass`: the worst first, and nothing of what there is none of.
pub fn counts(app: &App, tally: Tally, how: Counts, width: usize) -> Pieces {
    let mut pieces = Pieces::new(app.theme, width);
    for status in WORST_FIRST {
        let count = tally.of(status);
        if count == 0 {
            continue;
        }
        if pieces.used() > 0 {
            pieces = pieces.gap(2);
        }
        let mark = app.theme.mark(status);
        let text = match how {
            Counts::Words => format!("{mark} {count} {}", status.word()),
            Counts::Marks => format!("{mark} {count}"),
        };
        pieces = pieces.add(role(status), &text);
    }
    pieces
}

/// The symbol of the worst of them alone. That of a pass says that all of them pass.
pub fn worst(app: &App, tally: Tally) -> Pieces {
    let there = |status: &Status| tally.of(*status) > 0;
    let pieces = Pieces::new(app.theme, 1);
    let trouble = [Status::Fail, Status::Error, Status::Warn];
    let trouble = trouble.into_iter().find(there);
    if trouble.is_none() && tally.unsettled > 0 {
        return pieces.add(Role::Busy, app.theme.spinner(app.now));
    }
    let rest = [Status::Skip, Status::Pass].into_iter().find(there);
    match trouble.or(rest) {
        Some(status) => pieces.add(role(status), app.theme.mark(status)),
        None => pieces,
    }
}
