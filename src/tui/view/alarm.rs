//! The alerts of the dashboard on the other screens, and in the title of the terminal.
//!
//! ```text
//! ─ [1 Checklist] ─ 2 Live ─ 3 Isolation ─── ! OOM in main/telegram 12s ago +1: 2 ─
//! ```

use super::live::words::Whose;
use crate::live::alert::{Alert, Cause};
use crate::live::note::About;
use crate::tui::app::App;
use crate::tui::screen::Screen;
use crate::tui::screen::live::Live;
use crate::tui::theme::Role;
use crate::tui::widget::figure::Short;
use crate::tui::widget::line::Pieces;
use crate::tui::widget::text::{columns, cut};

/// What it is about, in a few words; who is cut where there is little room.
pub fn headline(live: &Live, alert: &Alert, width: usize, ellipsis: &str) -> String {
    let (before, who, after) = match alert.cause {
        Cause::Oom => ("OOM in ", whose(live, &alert.subject), ""),
        Cause::Failures => ("failures of ", alert.subject.clone(), ""),
        Cause::NearCap => ("", whose(live, &alert.subject), " near its cap"),
        Cause::NearPids => ("processes of ", whose(live, &alert.subject), ""),
        Cause::EngineLost => ("engine lost", String::new(), ""),
        Cause::EngineHung => ("engine hangs", String::new(), ""),
        Cause::EngineStall => ("engine slow", String::new(), ""),
        Cause::NoHeadroom => ("no headroom", String::new(), ""),
    };
    let room = width.saturating_sub(columns(before) + columns(after));
    format!("{before}{}{after}", cut(&who, room, ellipsis))
}

/// Whose the container of this id is.
pub fn whose(live: &Live, id: &str) -> String {
    let there = live.model.sandboxes.get(id).map(|one| &one.about);
    let gone = || {
        let mut gone = live.model.gone.iter().rev();
        gone.find(|one| one.about.id == id).map(|one| &one.about)
    };
    let about: Option<&About> = there.or_else(gone);
    about.map_or_else(|| "a sandbox".to_owned(), |about| Whose(about).to_string())
}

/// What is watched while another screen is open. The alerts of a recording are not of this node.
fn elsewhere(app: &App) -> Option<&Live> {
    let live = app.live.as_deref().filter(|live| live.playing.is_none());
    live.filter(|_| app.screen != Screen::Live)
}

pub fn role(alert: &Alert) -> Role {
    match alert.cause {
        Cause::Oom | Cause::EngineLost | Cause::EngineHung => Role::Bad,
        Cause::Failures
        | Cause::NearCap
        | Cause::NearPids
        | Cause::EngineStall
        | Cause::NoHeadroom => Role::Warn,
    }
}

/// The newest alert, for the end of a line that has so much room. Nothing where there is none, or on
/// the dashboard itself.
pub fn mark(app: &App, room: usize) -> Pieces {
    let none = Pieces::new(app.theme, 0);
    let Some(live) = elsewhere(app) else {
        return none;
    };
    let mut alerts = live.alerts(app.now);
    let unrecorded = live.unrecorded().is_some();
    let newest = alerts.next().filter(|_| !unrecorded);
    let more = match alerts.count() {
        0 => String::new(),
        more => format!(" +{more}"),
    };
    let age = newest.map_or(String::new(), |newest| {
        format!(" {} ago", Short(live.ours(app.now).since(newest.last)))
    });
    let key = app.keys.leads(app.screen, Screen::Live);
    let tail = match key {
        Some(_) => format!("{age}{more}: "),
        None => format!("{age}{more}"),
    };
    let key = key.unwrap_or_default();
    let taken = columns(" ! ") + columns(&tail) + columns(key) + 2;
    let width = room.saturating_sub(taken);
    let (words, role) = match newest {
        _ if unrecorded => ("not recording".to_owned(), Role::Bad),
        None => return none,
        Some(newest) => (
            headline(live, &newest.alert, width, app.theme.ellipsis()),
            role(&newest.alert),
        ),
    };
    if columns(&words) > width {
        return none;
    }
    Pieces::new(app.theme, room)
        .add(role, &format!(" ! {words}"))
        .add(Role::Muted, &tail)
        .add(Role::Code, key)
        .gap(1)
}

/// How much there is to see on the dashboard, where there is room for a sign alone.
pub fn sign(app: &App) -> Option<Role> {
    let live = elsewhere(app)?;
    if live.unrecorded().is_some() {
        return Some(Role::Bad);
    }
    let newest = live.alerts(app.now).next()?;
    Some(role(&newest.alert))
}

/// For the title of the terminal: `! OOM in main/telegram - clawdoctor`.
pub fn title(app: &App) -> String {
    const MOST: usize = 60;
    let newest = app.live.as_ref().and_then(|live| {
        let newest = live.alerts(app.now).next()?;
        Some(headline(live, &newest.alert, MOST, app.theme.ellipsis()))
    });
    match newest {
        Some(words) => format!("! {words} - clawdoctor"),
        None => "clawdoctor".to_owned(),
    }
}
