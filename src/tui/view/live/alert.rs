//! What has to be seen at once, until somebody has seen it.
//!
//! ```text
//! ! sbx-3: killed for memory (OOM), cap 512 MiB   3x   12s ago   and 2 more   a all  x dismiss
//! ! OOM in main/telegram  12s ago
//! ```

use ratatui::layout::Rect;

use super::super::alarm;
use super::Look;
use crate::live::alert::Cause;
use crate::tui::keys::{Act, Command, Place};
use crate::tui::theme::Role;
use crate::tui::widget::figure::Short;
use crate::tui::widget::pen::Pen;
use crate::tui::widget::text::columns;

pub fn draw(look: Look<'_>, area: Rect, pen: &mut Pen<'_>) {
    if area.height == 0 {
        return;
    }
    pen.row(area, 0);
    let mut alerts = look.live.alerts(look.app.now);
    if let Some((keeping, why)) = look.live.unrecorded() {
        // What happens from now on is lost with it: before anything that is in the timeline.
        let tail = if pen.room() > 60 { 24 } else { 0 };
        let room = pen.room().saturating_sub(tail);
        pen.cell_of(
            Role::Bad,
            format_args!("! not recording any more: {why}, {}", keeping.path),
            room,
        );
        return more(look, alerts.count(), pen);
    }
    let Some(newest) = alerts.next() else { return };
    let others = alerts.count();
    let role = alarm::role(&newest.alert);
    pen.text(role, "! ");
    let tail = if pen.room() > 60 { 36 } else { 0 };
    let words = newest.alert.words.as_str();
    let room = pen.room().saturating_sub(tail);
    if columns(words) <= room {
        pen.text(role, words);
    } else {
        // Whom it is about comes before what a container is called.
        let ellipsis = look.theme.ellipsis();
        let words = alarm::headline(look.live, &newest.alert, room, ellipsis);
        pen.text(role, &words);
    }
    // A burst has its number in its words.
    if newest.times > 1 && newest.alert.cause != Cause::Failures {
        pen.offer(Role::Strong, format_args!("{}x", newest.times));
    }
    let age = Short(look.ours.since(newest.last));
    pen.offer(Role::Muted, format_args!("{age} ago"));
    more(look, others, pen);
}

/// How many there are besides, where all are, and how they are put away.
fn more(look: Look<'_>, others: usize, pen: &mut Pen<'_>) {
    if others > 0 {
        pen.offer(Role::Warn, format_args!("and {others} more"));
    }
    let key = |act| look.app.keys.first(Place::Table, Command::Live(act));
    match (key(Act::Alerts), key(Act::Dismiss)) {
        (Some(all), Some(dismiss)) => {
            if !pen.ends(Role::Muted, format_args!("{all} all  {dismiss} dismiss")) {
                pen.at_end(Role::Muted, format_args!("{dismiss} dismiss"));
            }
        }
        (Some(all), None) => drop(pen.at_end(Role::Muted, format_args!("{all} all"))),
        (None, Some(dismiss)) => drop(pen.at_end(Role::Muted, format_args!("{dismiss} dismiss"))),
        (None, None) => {}
    }
}
