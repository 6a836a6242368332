//! What each message does to the app. Pure: what must happen in the world goes out as [`Cmd`].

mod dialog;
mod live;
mod mouse;

use std::time::Duration;

use crossterm::event::KeyCode;
use ratatui::layout::Size;

use super::app::{App, Dialog};
use super::gathering::Scope;
use super::keys::Act;
use super::keys::{Command, Place};
use super::layout;
use super::msg::{Chord, Cmd, Judged, Leave, Msg, Probe, Signal, Stamped};
use super::screen::Screen;
use super::screen::checklist::{Cursor, Filter, Pane};
use super::screen::logs;
use super::screen::repair::{self, Talk};
use super::theme::SPIN;
use super::view;
use super::widget::time;

/// What the app wants before it has been told anything.
pub fn open(app: &mut App) -> Vec<Cmd> {
    match app.screen {
        Screen::Checklist | Screen::Isolation => look(app),
        // Whoever is in an incident asks for nothing else.
        Screen::Live => Vec::new(),
    }
}

/// The first look at the node.
fn look(app: &mut App) -> Vec<Cmd> {
    let mut cmds = begin(app, Scope::All);
    cmds.extend(repair::opens(app));
    cmds
}

pub fn update(app: &mut App, message: Stamped<Msg>) -> Vec<Cmd> {
    app.now = app.now.max(message.at);
    live::rest(app);
    let mut cmds = take_in(app, message.what);
    live::refresh(app, &mut cmds);
    live::title(app, &mut cmds);
    cmds
}

fn take_in(app: &mut App, what: Msg) -> Vec<Cmd> {
    match what {
        Msg::Key(chord) => changing(app, |app| key(app, chord)),
        Msg::Pasted(text) => changing(app, |app| {
            let place = app.place();
            if place.is_typed_in() {
                text.chars().for_each(|c| typed(app, place, c));
            }
            Vec::new()
        }),
        Msg::Mouse(mouse) => changing(app, |app| mouse::mouse(app, mouse)),
        Msg::Resized { width, height } => {
            app.size = Size { width, height };
            settle(app);
            app.changed = true;
            // Sizes come in bunches, and one that comes back to the old size has still cost the
            // terminal what it had to throw away on the way.
            vec![Cmd::Redraw]
        }
        Msg::Probe(probe) => {
            let cmds = told(app, probe);
            settle(app);
            // The dashboard shows nothing of it.
            app.changed |= !live::is_seen(app);
            cmds
        }
        Msg::Live(event) => live::told(app, event),
        Msg::Recording(state) => {
            live::recorded(app, state);
            Vec::new()
        }
        Msg::Deed(news) => live::deed(app, news),
        Msg::Log(news) => live::log(app, news),
        Msg::Repair(news) => {
            let cmds = repair::told(app, news);
            settle(app);
            cmds
        }
        Msg::Signal(signal) => vec![Cmd::Leave(Leave::Signal(signal))],
        Msg::InputEnded(why) => vec![Cmd::Leave(Leave::InputEnded(why))],
        Msg::Wake => {
            live::wake(app);
            Vec::new()
        }
    }
}

/// Does what the user asked for, and knows whether anything on the screen is other then.
fn changing(app: &mut App, act: impl FnOnce(&mut App) -> Vec<Cmd>) -> Vec<Cmd> {
    let sight = |app: &App| {
        let screens = (app.checklist.sight.clone(), app.isolation.sight.clone());
        let live = app.live.as_ref().map(|live| live.sight.clone());
        (app.screen, screens, live, app.dialog.clone())
    };
    let before = sight(app);
    let cmds = act(app);
    settle(app);
    app.changed |= before != sight(app);
    cmds
}

/// When something on the screen will change by the passing of time alone.
pub fn next_wake(app: &App) -> Option<Duration> {
    if live::is_seen(app) {
        return live::next_wake(app);
    }
    if app.gathering.running_since().is_some() || app.repairs.is_under_way() {
        let turns = app.now.as_millis() / SPIN.as_millis() + 1;
        let turns = u32::try_from(turns).unwrap_or(u32::MAX);
        return Some(SPIN.saturating_mul(turns));
    }
    let live = app.live.as_ref();
    let mark = live.and_then(|live| live.next_mark(app.now));
    let ended = app.gathering.ended();
    let age = ended.map(|ended| {
        let age = app.now.saturating_sub(ended.at);
        ended.at + time::next_age(age)
    });
    mark.into_iter().chain(age).min()
}

pub(super) fn begin(app: &mut App, scope: Scope) -> Vec<Cmd> {
    if app.gathering.running_since().is_some() {
        return Vec::new();
    }
    let asked = match &scope {
        Scope::All => None,
        Scope::Checks(ids) => {
            let catalog = &app.checklist.catalog;
            let wanted = catalog.closure(ids.iter().cloned());
            Some(catalog.sections(&wanted).into_keys().collect())
        }
    };
    app.gathering.begin(app.now, asked);
    app.changed = true;
    vec![Cmd::Gather(scope)]
}

/// What is under the cursor: a check, or the checks of a step. Everything, as long as nothing is
/// known.
fn here(app: &App) -> Scope {
    let id = |index: usize| app.checklist.check(index).id.clone();
    match app.checklist.sight.cursor {
        _ if app.report.is_none() => Scope::All,
        Cursor::Check(index) => Scope::Checks([id(index)].into()),
        Cursor::Step(step) => Scope::Checks(app.checklist.members(step).map(id).collect()),
    }
}

fn told(app: &mut App, probe: Probe) -> Vec<Cmd> {
    match probe {
        Probe::Started(section) => app.gathering.started(section, app.now),
        Probe::Done(section, judged) => {
            let Judged { report, picture } = *judged;
            app.gathering.done(section);
            app.checklist.tell(&report, &app.gathering, app.now);
            app.isolation.tell(picture, &app.gathering);
            super::app::learn(&mut app.node, &report);
        }
        Probe::Finished(judged, plan) => {
            let Judged { report, picture } = *judged;
            app.gathering.end(app.now, None);
            app.checklist.tell(&report, &app.gathering, app.now);
            if app.checklist.reaches_beyond(&report, &app.gathering) {
                return begin(app, Scope::All);
            }
            app.checklist.lead();
            app.isolation.tell(picture, &app.gathering);
            app.node = report.node.clone();
            app.report = Some(Box::new(report));
            repair::planned(app, plan);
        }
        Probe::BrokeOff(why) => app.gathering.end(app.now, Some(why)),
    }
    Vec::new()
}

fn key(app: &mut App, chord: Chord) -> Vec<Cmd> {
    let place = app.place();
    if live::plays(app, place, chord) {
        return Vec::new();
    }
    let Some(command) = app.keys.command(place, chord) else {
        if let (true, KeyCode::Char(c)) = (place.is_typed_in() && chord.is_typed(), chord.code) {
            typed(app, place, c);
        }
        return Vec::new();
    };
    self::command(app, place, command)
}

/// A character of a text that is typed in this place.
fn typed(app: &mut App, place: Place, c: char) {
    if c.is_control() {
        return;
    }
    match (app.screen, &mut app.live) {
        _ if place == Place::LogTyping => logs::typed(app, c),
        (Screen::Live, Some(live)) => live.typed(c, live.ours(app.now)),
        _ => app.checklist.typed(c),
    }
}

/// Does what a key asks for in its place, or the mouse.
fn command(app: &mut App, place: Place, command: Command) -> Vec<Cmd> {
    if app.unread && matches!(command, Command::Yes | Command::Resume) {
        return Vec::new();
    }
    if command == Command::Yes && view::talk::goes_on(app) {
        app.asked += 1;
        scroll_talk(app, Command::PageDown);
        return Vec::new();
    }
    if let Some(cmds) = repair::command(app, place, command) {
        return cmds;
    }
    if let Some(cmds) = live::over(app, place, command) {
        return cmds;
    }
    match command {
        Command::Interrupt => return vec![Cmd::Leave(Leave::Signal(Signal::Interrupt))],
        Command::Redraw => {
            app.changed = true;
            return vec![Cmd::Redraw];
        }
        Command::Recheck => {
            let scope = here(app);
            return begin(app, scope);
        }
        Command::RecheckAll => return begin(app, Scope::All),
        Command::Help => app.dialog = Some(Dialog::Help { scroll: 0 }),
        Command::Back => return back(app),
        Command::Go(screen) => {
            app.screen = screen;
            return if app.gathering.round == 0 && screen != Screen::Live {
                look(app)
            } else {
                Vec::new()
            };
        }
        Command::Live(Act::Room) => {
            app.dialog = Some(Dialog::Room { scroll: 0 });
            return Vec::new();
        }
        Command::Live(Act::Alerts) => {
            app.dialog = Some(Dialog::Alerts { scroll: 0 });
            return Vec::new();
        }
        _ => {}
    }
    if app.screen == Screen::Live && app.dialog.is_none() {
        live::command(app, command);
        return Vec::new();
    }
    match place {
        Place::Help => dialog::scroll(app, command),
        Place::Asking | Place::Interrupted | Place::Working | Place::Reading => {
            scroll_talk(app, command);
        }
        Place::Detail => {
            if !scroll_detail(app, command) {
                on_list(app, command);
            }
        }
        Place::List | Place::Filter => {
            if !matches!(
                command,
                Command::ScrollUp
                    | Command::ScrollDown
                    | Command::ScrollPageUp
                    | Command::ScrollPageDown
            ) || !scroll_detail(app, command)
            {
                on_list(app, command);
            }
        }
        Place::Agents | Place::Picture => {
            let scrolls = place == Place::Picture || !moves_cursor(command);
            if !scrolls || !scroll_detail(app, command) {
                app.isolation.command(command);
            }
        }
        // Those of the dashboard and of its dialogs were taken care of.
        Place::Table
        | Place::Sandbox
        | Place::Timeline
        | Place::Deciding
        | Place::Told
        | Place::Log
        | Place::LogTyping => {}
    }
    Vec::new()
}

fn on_list(app: &mut App, command: Command) {
    let before = app.checklist.sight.cursor;
    app.checklist.command(command);
    if app.checklist.sight.cursor != before {
        app.checklist.sight.led = true;
        app.checklist.sight.scroll = 0;
    }
}

/// What moves the cursor in a list, and scrolls in a text.
fn moves_cursor(command: Command) -> bool {
    matches!(
        command,
        Command::Up | Command::Down | Command::Top | Command::Bottom
    )
}

/// One step back: out of the help, the filter, the detail, the app.
fn back(app: &mut App) -> Vec<Cmd> {
    if app.dialog.take().is_some() {
        return Vec::new();
    }
    match app.screen {
        Screen::Checklist => back_in_checklist(app),
        Screen::Isolation if app.isolation.sight.focus == Pane::Detail => {
            app.isolation.sight.focus = Pane::List;
            Vec::new()
        }
        Screen::Isolation => vec![Cmd::Leave(Leave::Quit)],
        Screen::Live => {
            if app.live.as_mut().is_some_and(|live| live.back()) {
                return Vec::new();
            }
            vec![Cmd::Leave(Leave::Quit)]
        }
    }
}

fn back_in_checklist(app: &mut App) -> Vec<Cmd> {
    if matches!(
        app.checklist.sight.filter,
        Some(Filter { typing: true, .. })
    ) {
        app.checklist.sight.filter = None;
        return Vec::new();
    }
    if app.checklist.sight.focus == Pane::Detail {
        app.checklist.sight.focus = Pane::List;
        return Vec::new();
    }
    if app.checklist.sight.filter.take().is_some() {
        return Vec::new();
    }
    vec![Cmd::Leave(Leave::Quit)]
}

fn scroll_talk(app: &mut App, command: Command) {
    let page = usize::from(view::talk::inside(app).height).max(1);
    if let Some(Dialog::Repair { talk, scroll }) = &mut app.dialog
        && let Some(next) = scrolled(*scroll, page, command)
    {
        *scroll = next;
        talk.led();
    }
}

fn scroll_detail(app: &mut App, command: Command) -> bool {
    let page = usize::from(layout::areas(app.size, app).detail.height).max(1);
    let scroll = match app.screen {
        Screen::Checklist | Screen::Live => &mut app.checklist.sight.scroll,
        Screen::Isolation => &mut app.isolation.sight.scroll,
    };
    match scrolled(*scroll, page, command) {
        Some(next) => {
            *scroll = next;
            true
        }
        None => false,
    }
}

pub(super) fn scrolled(at: usize, page: usize, command: Command) -> Option<usize> {
    let next = match command {
        Command::Up | Command::ScrollUp => at.saturating_sub(1),
        Command::Down | Command::ScrollDown => at.saturating_add(1),
        Command::PageUp | Command::ScrollPageUp => at.saturating_sub(page),
        Command::PageDown | Command::ScrollPageDown => at.saturating_add(page),
        Command::Top => 0,
        Command::Bottom => usize::MAX,
        _ => return None,
    };
    Some(next)
}

/// Keeps the cursor on the screen and every scroll within its text.
fn settle(app: &mut App) {
    match app.screen {
        Screen::Checklist => settle_checklist(app),
        Screen::Isolation => settle_isolation(app),
        Screen::Live => live::settle(app),
    }
    settle_talk(app);
    dialog::settle(app);
}

fn settle_isolation(app: &mut App) {
    let areas = layout::areas(app.size, app);
    let at = app.isolation.position();
    let rows = app.isolation.subjects().len();
    let height = usize::from(areas.list.height);
    let sight = &mut app.isolation.sight;
    if height > 0 {
        sight.top = sight.top.min(rows.saturating_sub(height)).min(at);
        sight.top = sight.top.max((at + 1).saturating_sub(height));
    }
    let height = usize::from(areas.detail.height);
    if height > 0 {
        let lines = view::isolation::lines(app, areas.detail.width).len();
        let sight = &mut app.isolation.sight;
        sight.scroll = sight.scroll.min(lines.saturating_sub(height));
    }
}

fn settle_checklist(app: &mut App) {
    let areas = layout::areas(app.size, app);
    let rows = app.checklist.rows();
    let at = app.checklist.position(&rows);
    let height = usize::from(areas.list.height);
    let sight = &mut app.checklist.sight;
    if let Some(row) = rows.get(at) {
        sight.cursor = row.cursor();
    }
    if height > 0 {
        sight.top = sight.top.min(rows.len().saturating_sub(height)).min(at);
        sight.top = sight.top.max((at + 1).saturating_sub(height));
    }
    let height = usize::from(areas.detail.height);
    if height > 0 {
        let lines = view::detail::lines(app, areas.detail.width).len();
        let sight = &mut app.checklist.sight;
        sight.scroll = sight.scroll.min(lines.saturating_sub(height));
    }
}

/// Keeps the text of a dialog on the screen, and the work that is under way in sight.
fn settle_talk(app: &mut App) {
    let Some(Dialog::Repair { talk, .. }) = &app.dialog else {
        return;
    };
    let text = view::talk::text(app, talk, app.size);
    let height = usize::from(view::talk::inside(app).height);
    let is_under_way = app.repairs.is_under_way();
    if let Some(Dialog::Repair { talk, scroll }) = &mut app.dialog {
        if is_under_way && matches!(**talk, Talk::Run { follows: true, .. }) {
            *scroll = text.at;
        }
        *scroll = (*scroll).min(text.lines.len().saturating_sub(height));
    }
}

#[cfg(test)]
mod tests;
