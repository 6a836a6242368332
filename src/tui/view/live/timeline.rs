//! What happened, the newest last; bursts as one line, trouble marked.
//!
//! ```text
//! ─ timeline ──────────────────────────────────────────────────────────────
//!  12s   main/telegram         started in 450ms
//! › 8s ! main                  12x exit 1 within 8s
//!   2s x main/telegram         OOM kill inside, cap 512M, engine 7.7G
//! ```

use ratatui::layout::Rect;

use super::words::{What, Who, role};
use super::{Look, title_role};
use crate::tui::keys::{Command, Place};
use crate::tui::layout::live::Areas;
use crate::tui::screen::live::{Entry, Pane};
use crate::tui::theme::{Role, Theme};
use crate::tui::widget::figure::Short;
use crate::tui::widget::pen::Pen;

const NARROW: u16 = 60;
const WIDE: u16 = 120;

pub fn draw(look: Look<'_>, areas: &Areas, pen: &mut Pen<'_>) {
    title(look, areas.timeline_rule, pen);
    let area = areas.timeline;
    if area.height == 0 {
        return;
    }
    let live = look.live;
    if live.timeline.entries.is_empty() {
        pen.row(area, 0)
            .text(Role::Muted, "  nothing has happened yet");
        return;
    }
    for (y, entry) in (0..area.height).zip(live.visible_entries()) {
        let here = match live.sight.entry {
            Some(_) => live
                .entry_position()
                .and_then(|at| live.timeline.entries.get(at))
                .is_some_and(|one| one.number == entry.number),
            None => {
                live.sight.focus == Pane::Timeline && live.timeline.entries.back() == Some(entry)
            }
        };
        line(look, entry, here, area, y, pen);
        if here {
            pen.wash(Theme::cursor(live.sight.focus == Pane::Timeline));
        }
    }
}

fn title(look: Look<'_>, area: Rect, pen: &mut Pen<'_>) {
    if area.height == 0 {
        return;
    }
    let rule = look.theme.rule();
    pen.row(area, 0)
        .text(Role::Muted, rule)
        .text(title_role(look, Pane::Timeline), " timeline ");
    if look.live.sight.clock {
        let word = look.app.zone.word(look.ours);
        pen.write(Role::Muted, format_args!("{word} "));
    }
    if look.live.sight.entry.is_some() {
        pen.text(Role::Muted, rule)
            .text(Role::Warn, " stands still");
        if let Some(key) = look.app.keys.last(Place::Timeline, Command::Back) {
            pen.text(Role::Warn, ", ")
                .text(Role::Warn, key)
                .text(Role::Warn, " follows");
        }
        pen.text(Role::Warn, " ");
    }
    pen.fill(Role::Muted, rule);
}

fn line(look: Look<'_>, entry: &Entry, here: bool, area: Rect, y: u16, pen: &mut Pen<'_>) {
    let note = &entry.note;
    // No age and no clock takes the column of the pointer.
    let pointer = if here { look.theme.pointer() } else { " " };
    pen.row(area, y).text(Role::Strong, pointer);
    if look.live.sight.clock {
        let clock = look.app.zone.clock(note.stamp);
        pen.figure(Role::Muted, format_args!("{clock}"), 8);
    } else {
        let clock = match note.about {
            Some(_) => look.engine,
            None => look.ours,
        };
        let age = Short(clock.since(note.stamp));
        pen.figure(Role::Muted, format_args!("{age}"), 4);
    }
    let role = role(&note.what);
    let mark = match role {
        Role::Bad => look.theme.cross(),
        Role::Warn => "!",
        _ => " ",
    };
    let who = match area.width {
        0..NARROW => 12,
        NARROW..WIDE => 20,
        _ => 26,
    };
    pen.gap(1)
        .cell(role, mark, 1)
        .gap(1)
        .ends_of(Role::Plain, format_args!("{}", Who(entry)), who)
        .gap(1)
        .write(role, format_args!("{}", What(entry)));
    if let Some(about) = note
        .about
        .as_ref()
        .filter(|_| entry.alone && area.width >= WIDE)
    {
        pen.at_end(Role::Muted, format_args!("{}", about.name));
    }
}
