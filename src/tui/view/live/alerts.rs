//! All that has alarmed, the newest first: how often, whose, and whether it is still so.
//!
//! ```text
//! Since this was opened
//!   12s  sbx-3: killed for memory (OOM), cap 512 MiB of the engine's 7.7 GiB
//!        main/telegram, 3 times within 4m
//!    2m  no headroom, limited by memory
//!        still so
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};
use ratatui::text::Line;

use super::super::alarm;
use super::super::reading::Reading;
use crate::live::alert::{Cause, Raised};
use crate::tui::app::{App, Dialog};
use crate::tui::screen::live::{Live, Standing};
use crate::tui::theme::Role;
use crate::tui::widget::figure::Short;
use crate::tui::widget::page::Page;
use crate::tui::widget::text::wrap;

const READING: Reading = Reading {
    title: " Alerts ",
    widest: 90,
};
/// Of an age, and of what stands before and behind it.
const AGE: usize = 4;
const LEAD: usize = 2 + AGE + 2;

const WHAT: &str = "Told are: a kill for memory (OOM), five failures of one agent within 10 s, a sandbox \
                    with 90 % of its memory cap or of its processes, no headroom, and an engine that is lost, hangs or is slow.";

pub fn frame(app: &App, live: &Live, size: Size) -> Rect {
    READING.frame(size, lines(app, live).len())
}

pub fn draw(app: &App, live: &Live, size: Size, buffer: &mut Buffer) {
    if let Some(Dialog::Alerts { scroll }) = app.dialog {
        READING.draw(app, lines(app, live), scroll, size, buffer);
    }
}

pub fn lines(app: &App, live: &Live) -> Vec<Line<'static>> {
    let mut page = Page::new(app.theme, usize::from(READING.width(app.size)));
    let (past, now): (Vec<_>, Vec<_>) = live.all_alerts().into_iter().partition(|one| one.past);
    let title = if live.playing.is_some() {
        "In the recording, until here"
    } else {
        "Since this was opened"
    };
    page.text(Role::Strong, 0, title);
    let unrecorded = live.unrecorded_at_all();
    if now.is_empty() && unrecorded.is_none() {
        page.text(Role::Muted, 2, "no alert");
    }
    if let Some((keeping, why)) = unrecorded {
        let words = format!("not recording any more: {why}, {}", keeping.path);
        beside(&mut page, Role::Bad, "", &words);
        beside(&mut page, Role::Bad, "", "still so");
    }
    for raised in now {
        tell(app, live, raised, &mut page);
    }
    if !past.is_empty() {
        page.heading("Before, as it was recorded");
        for raised in past {
            tell(app, live, raised, &mut page);
        }
    }
    page.gap();
    page.text(Role::Muted, 0, WHAT);
    page.lines
}

fn tell(app: &App, live: &Live, raised: &Raised, page: &mut Page) {
    let age = Short(live.ours(app.now).since(raised.last)).to_string();
    beside(page, alarm::role(&raised.alert), &age, &raised.alert.words);
    let mut parts = Vec::new();
    if let Cause::Oom | Cause::NearCap | Cause::NearPids = raised.alert.cause {
        parts.push(alarm::whose(live, &raised.alert.subject));
    }
    // A burst has its number in its words.
    if raised.times > 1 && raised.alert.cause != Cause::Failures {
        let within = Short(raised.last.since(raised.at));
        parts.push(format!("{} times within {within}", raised.times));
    }
    let (role, standing) = match live.standing(raised) {
        Standing::Still => (Role::Strong, "still so"),
        Standing::Over => (Role::Muted, "over"),
        Standing::Unknown => (Role::Unsure, "not known whether still so"),
        Standing::Happened => (Role::Muted, ""),
    };
    if !standing.is_empty() {
        parts.push(standing.to_owned());
    }
    if live.is_dismissed(raised) && !raised.past {
        parts.push("dismissed".to_owned());
    }
    if !parts.is_empty() {
        beside(page, role, "", &parts.join(", "));
    }
}

/// An age, and words beside it.
fn beside(page: &mut Page, role: Role, age: &str, words: &str) {
    let room = page.width.saturating_sub(LEAD).max(1);
    for (index, line) in wrap(words, room, 0).iter().enumerate() {
        let age = if index == 0 { age } else { "" };
        let line = page
            .pieces()
            .gap(2)
            .add(Role::Muted, &format!("{age:>AGE$}"))
            .gap(2)
            .add(role, line);
        page.push(line);
    }
}
