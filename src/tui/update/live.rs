//! What the app does for its dashboard.

use std::time::Duration;

use crate::live::event;
use crate::tui::app::{App, Dialog};
use crate::tui::keeping;
use crate::tui::keys::{Command, Place};
use crate::tui::msg::{Chord, Cmd};
use crate::tui::screen::live::{Pane, Window};
use crate::tui::screen::{Screen, deeds, logs};
use crate::tui::view;

/// The dashboard is what is on the screen, without a dialog that has a clock of its own.
pub fn is_seen(app: &App) -> bool {
    app.screen == Screen::Live && !matches!(app.dialog, Some(Dialog::Repair { .. }))
}

/// An event, whichever screen is open: what happens meanwhile is not lost.
pub fn told(app: &mut App, event: event::Stamped<event::Event>) -> Vec<Cmd> {
    let now = app.now;
    let Some(live) = &mut app.live else {
        return Vec::new();
    };
    // The dashboard knows itself what an event changes on it.
    let mark = (app.screen != Screen::Live).then(|| live.mark(now));
    let heard = live.tell(now, event);
    app.changed |= match mark {
        None => heard.changed,
        Some(mark) => mark != live.mark(now),
    };
    match heard.rings {
        Some(words) => vec![Cmd::Bell, Cmd::Notify(words)],
        None => Vec::new(),
    }
}

/// How its recording stands. Other screens tell its end alone.
pub fn recorded(app: &mut App, state: keeping::State) {
    let is_over = matches!(state, keeping::State::Over { .. });
    if let Some(live) = &mut app.live {
        let is_other = live.recorded(state);
        app.changed |= is_other && (is_over || app.screen == Screen::Live);
    }
}

/// The title of the terminal names the newest alert, wherever the person looks.
pub fn title(app: &mut App, cmds: &mut Vec<Cmd>) {
    let now = app.now;
    let mark = app.live.as_ref().and_then(|live| live.mark(now));
    if mark == app.titled {
        return;
    }
    app.titled = mark;
    cmds.push(Cmd::Title(view::alarm::title(app)));
}

/// A recording plays for whoever looks.
pub fn rest(app: &mut App) {
    let seen = is_seen(app);
    if let Some(live) = app.live.as_mut().filter(|_| !seen) {
        live.rest(app.now);
    }
}

/// When the dashboard, or the clock of what is done from it, will show something else.
pub fn next_wake(app: &App) -> Option<Duration> {
    let live = app.live.as_ref().and_then(|live| live.next_wake(app.now));
    let deeds = is_counting(app).then(|| Duration::from_secs(app.now.as_secs() + 1));
    live.into_iter().chain(deeds).min()
}

/// The seconds of something under way, or ages of alerts, are on the screen.
fn is_counting(app: &App) -> bool {
    match app.dialog {
        Some(Dialog::Deeds { .. }) => app.deeds.is_under_way(),
        Some(Dialog::Alerts { .. }) => true,
        _ => false,
    }
}

/// What a key does to what stands over the dashboard, or opens it.
pub fn over(app: &mut App, place: Place, command: Command) -> Option<Vec<Cmd>> {
    let logs = logs::command(app, place, command);
    logs.or_else(|| deeds::command(app, place, command))
}

pub fn deed(app: &mut App, news: deeds::Msg) -> Vec<Cmd> {
    deeds::told(app, news);
    Vec::new()
}

pub fn log(app: &mut App, news: logs::Msg) -> Vec<Cmd> {
    logs::told(app, news);
    Vec::new()
}

/// The time that was asked for has come. Other screens are drawn anew, this one when it changed.
pub fn wake(app: &mut App) {
    let now = app.now;
    app.changed |= is_counting(app);
    match (is_seen(app), &mut app.live) {
        (true, Some(live)) => app.changed |= live.wake(now),
        (true, None) => {}
        (false, _) => app.changed = true,
    }
}

pub fn command(app: &mut App, command: Command) {
    let now = app.now;
    let Some(live) = &app.live else { return };
    let areas = view::live::areas_of(app, live, app.size);
    let page = match live.sight.focus {
        Pane::Table => areas.table.height,
        Pane::Detail => areas.detail.height,
        Pane::Timeline => areas.timeline.height,
    };
    if let Some(live) = &mut app.live {
        let ours = live.ours(now);
        live.command(command, usize::from(page), ours);
    }
}

/// Keeps cursors on the screen and the scroll within its text.
pub fn settle(app: &mut App) {
    let Some(live) = &app.live else { return };
    let areas = view::live::areas_of(app, live, app.size);
    let lines = (live.sight.detail && live.sight.scroll > 0 && areas.detail.height > 0)
        .then(|| view::live::detail::lines(app, live, areas.detail.width).len());
    if let Some(live) = &mut app.live {
        live.window = Window {
            table: usize::from(areas.table.height),
            timeline: usize::from(areas.timeline.height),
        };
        if let Some(lines) = lines {
            let most = lines.saturating_sub(usize::from(areas.detail.height));
            live.sight.scroll = live.sight.scroll.min(most);
        }
        live.settle();
    }
}

/// After every message: the screen is going to be drawn as it is now, and what is on it is told.
pub fn refresh(app: &mut App, cmds: &mut Vec<Cmd>) {
    let shown = app.screen == Screen::Live;
    let now = app.now;
    deeds::refresh(app);
    if let Some(live) = &mut app.live
        && shown
        && app.changed
    {
        live.drawn(now);
    }
    if shown {
        settle(app);
    }
    if let Some(live) = &mut app.live {
        cmds.extend(live.look(shown).map(Cmd::Look));
    }
}

/// A key of the player, when a recording is shown; whether it was one.
pub fn plays(app: &mut App, place: Place, chord: Chord) -> bool {
    let (Some(live), Some(Command::Play(deck))) = (&mut app.live, app.keys.player(place, chord))
    else {
        return false;
    };
    if live.playing.is_none() {
        return false;
    }
    live.play(deck, app.now);
    app.changed = true;
    true
}
