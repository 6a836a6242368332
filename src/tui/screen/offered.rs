//! What a key does here and now, in a word for the footer; none where it would do nothing.

use std::borrow::Cow;

use super::checklist::Pane as Half;
use super::live::{List, Live, Pane, Selected};
use super::{Screen, deeds};
use crate::checklist::verdict::Status;
use crate::live::event::Link;
use crate::live::note::News;
use crate::tui::app::{App, Dialog};
use crate::tui::keys::{Act, Binding, Command, Over};

type Word = Option<Cow<'static, str>>;

pub fn word(app: &App, binding: &Binding) -> Word {
    let usual = || deeds::word(app, binding);
    let back = Some(Cow::Borrowed("back"));
    match (&app.dialog, app.screen, &app.live) {
        (Some(Dialog::Help { .. } | Dialog::Room { .. } | Dialog::Alerts { .. }), _, _) => {
            match binding.command {
                Command::Back => back,
                _ => usual(),
            }
        }
        (Some(Dialog::Logs), _, _) => {
            let logs = app.logs.as_ref().filter(|logs| !logs.lines.is_empty());
            let does = match (binding.command, logs) {
                // Nothing is written yet: nothing to find, to keep or to show otherwise.
                (
                    Command::Filter
                    | Command::Over(Over::Times | Over::Wrap | Over::Save)
                    | Command::NextProblem
                    | Command::PreviousProblem,
                    None,
                ) => false,
                (Command::NextProblem | Command::PreviousProblem, Some(logs)) => {
                    !logs.search.is_empty()
                }
                _ => true,
            };
            does.then(usual).flatten()
        }
        (Some(_), _, _) | (None, Screen::Live, None) => usual(),
        (None, Screen::Live, Some(live)) => match binding.command {
            // While something is typed, it has a word of its own.
            Command::Back if live.leads_back() && !app.place().is_typed_in() => back,
            command if does(app, live, command) => renamed(live, command).or_else(usual),
            _ => None,
        },
        (None, Screen::Checklist, _) => match binding.command {
            Command::Back if !app.place().is_typed_in() => {
                let sight = &app.checklist.sight;
                if sight.focus == Half::Detail || sight.filter.is_some() {
                    back
                } else {
                    usual()
                }
            }
            Command::NextProblem => {
                let list = &app.checklist;
                let wrong = |index: &usize| list.items[*index].is_problem() && list.matches(*index);
                list.visible().find(wrong).and_then(|_| usual())
            }
            Command::Open => {
                let list = &app.checklist;
                let shown = list.visible().find(|index| list.matches(*index));
                shown.and_then(|_| usual())
            }
            _ => usual(),
        },
        (None, Screen::Isolation, _) => match binding.command {
            Command::Back if app.isolation.sight.focus == Half::Detail => back,
            Command::NextProblem => {
                let mut subjects = app.isolation.subjects().iter();
                let is_wrong =
                    |status| matches!(status, Status::Fail | Status::Warn | Status::Error);
                subjects
                    .find(|one| is_wrong(one.status()))
                    .and_then(|_| usual())
            }
            _ => usual(),
        },
    }
}

/// Another word than elsewhere.
fn renamed(live: &Live, command: Command) -> Word {
    let word = match (command, live.sight.list, live.selected()) {
        (Command::Live(Act::Gone), List::Gone, _) => "back",
        (Command::Open, _, Selected::Group(group)) if live.sight.focus == Pane::Table => {
            if live.sight.folded.contains(&group.name) {
                "unfold"
            } else {
                "fold"
            }
        }
        _ => return None,
    };
    Some(Cow::Borrowed(word))
}

/// Whether a key of the dashboard does anything to what is on it.
fn does(app: &App, live: &Live, command: Command) -> bool {
    let is_recorded = app.is_demo || live.playing.is_some();
    match command {
        Command::Open => match (live.sight.focus, live.selected()) {
            (Pane::Timeline, _) => live.entry_leads_to().is_some(),
            (_, Selected::Nothing) => false,
            (_, Selected::Group(_) | Selected::Standing(_) | Selected::Gone(_)) => true,
        },
        // That there is no engine stands on the screen already.
        Command::NextProblem => live
            .troubles_before()
            .any(|note| live.model.link == Link::Up || !matches!(note.what, News::Link(_))),
        // The line of the newest alert has its key too.
        Command::Live(Act::Alerts) => {
            !live.model.alerts.raised.is_empty() && live.alerts(app.now).next().is_none()
        }
        Command::Filter => {
            live.sight.filter.is_some()
                || match live.sight.list {
                    List::Standing => live.counts.sandboxes > 0,
                    List::Gone => !live.gone.is_empty(),
                }
        }
        Command::Live(Act::SortNext | Act::Group) => {
            live.sight.list == List::Standing && !live.rows.is_empty()
        }
        Command::Live(Act::Logs) => {
            !is_recorded && matches!(live.selected(), Selected::Standing(_))
        }
        Command::Live(Act::Want(_)) => {
            let selected = live.selected();
            !is_recorded && matches!(selected, Selected::Standing(_) | Selected::Group(_))
        }
        _ => true,
    }
}
