//! Whether the engine answers, what is there, what watching it costs, and the headroom.
//!
//! ```text
//! ● up  50 sandboxes  1 starting  3 calls  12 gone      watching: 0.4% cpu  9M  12/s
//! ████░░░░░░ 4 more fit, limited by memory                          reaches back 12m
//! ```

use ratatui::layout::Rect;

use super::{Look, gauge};
use crate::live::event::Link;
use crate::live::replay::Replay;
use crate::tui::screen::Screen;
use crate::tui::theme::{Role, Theme};
use crate::tui::widget::clock::Zone;
use crate::tui::widget::figure::{Bytes, Short, Took};
use crate::tui::widget::pen::Pen;
use crate::tui::widget::text::columns;

pub fn draw(look: Look<'_>, area: Rect, pen: &mut Pen<'_>) {
    pen.row(area, 0);
    link(look, pen, area.height > 1);
    if area.height < 2 {
        if look.app.is_demo {
            pen.offer(Role::Warn, format_args!("demo"));
        }
        short_counts(look, pen);
        digits(look, pen);
        return;
    }
    counts(look, pen);
    cost(look, pen);
    pen.row(area, 1);
    gauge::draw(look, pen);
    if let Some(reaches) = look.model().reaches {
        let back = Short(look.engine.since(reaches));
        pen.at_end(Role::Muted, format_args!("reaches back {back}"));
    }
}

/// The essence, where there is room for nothing else.
pub fn tiny(look: Look<'_>, area: Rect, pen: &mut Pen<'_>) {
    pen.row(area, 0);
    link(look, pen, false);
    let mark = if look.app.is_demo { "demo  " } else { "" };
    pen.row(area, 1)
        .text(Role::Warn, mark)
        .text(Role::Muted, "too small");
}

/// Four different pictures of the way to the engine.
fn link(look: Look<'_>, pen: &mut Pen<'_>, long: bool) {
    let since = Short(look.live.link_age(look.ours));
    let theme = look.theme;
    if let (Link::Up, Some(on)) = (&look.model().link, look.model().stall.on()) {
        let took = Took(on.took);
        if long {
            pen.write(Role::Warn, format_args!("! SLOW, {took} an answer"));
        } else {
            pen.write(Role::Warn, format_args!("! SLOW {took}"));
        }
        return;
    }
    match (&look.model().link, long) {
        (Link::Connecting, true) => pen.write(
            Role::Busy,
            format_args!("{} connecting to the engine, {since}", theme.waiting()),
        ),
        (Link::Connecting, false) => {
            pen.write(Role::Busy, format_args!("{} connecting", theme.waiting()))
        }
        (Link::Up, _) => pen.write(Role::Good, format_args!("{} up", theme.in_force())),
        (Link::Lost { .. }, true) if look.model().listed.is_none() => pen.write(
            Role::Bad,
            format_args!("{} NO ENGINE, for {since}", theme.cross()),
        ),
        (Link::Lost { .. }, true) => pen.write(
            Role::Bad,
            format_args!("{} ENGINE LOST {since} ago", theme.cross()),
        ),
        (Link::Lost { .. }, false) => {
            pen.write(Role::Bad, format_args!("{} LOST {since}", theme.cross()))
        }
        (Link::Hung, true) => pen.write(Role::Unsure, format_args!("! ENGINE HANGS since {since}")),
        (Link::Hung, false) => pen.write(Role::Unsure, format_args!("! HANGS {since}")),
    };
}

fn counts(look: Look<'_>, pen: &mut Pen<'_>) {
    if let Link::Lost { why } = &look.model().link {
        let room = pen.room().saturating_sub(40).max(pen.room().min(24));
        let width = columns(why).min(room);
        pen.text(Role::Muted, ": ").cell(Role::Muted, why, width);
    }
    if look.model().listed.is_none() {
        pen.offer(Role::Muted, format_args!("what runs is not known yet"));
        return;
    }
    let counts = look.live.counts;
    let quiet = if look.is_stale() {
        Role::Muted
    } else {
        Role::Plain
    };
    match counts.sandboxes {
        1 => pen.offer(quiet, format_args!("1 sandbox")),
        some => pen.offer(quiet, format_args!("{some} sandboxes")),
    };
    if counts.starting > 0 {
        pen.offer(Role::Busy, format_args!("{} starting", counts.starting));
    }
    if counts.exited > 0 {
        pen.offer(Role::Warn, format_args!("{} exited", counts.exited));
    }
    match counts.calls {
        0 => &mut *pen,
        1 => pen.offer(Role::Busy, format_args!("1 call")),
        some => pen.offer(Role::Busy, format_args!("{some} calls")),
    };
    let totals = look.model().totals;
    if totals.gone > 0 {
        pen.offer(Role::Muted, format_args!("{} gone", totals.gone));
    }
    if totals.failed > 0 {
        let (failed, calls) = (totals.failed, totals.calls);
        pen.offer(Role::Warn, format_args!("{failed} of {calls} calls failed"));
    }
    if totals.ooms > 0 {
        pen.offer(Role::Bad, format_args!("{} OOM", totals.ooms));
    }
}

fn short_counts(look: Look<'_>, pen: &mut Pen<'_>) {
    if look.model().listed.is_none() {
        return;
    }
    let counts = look.live.counts;
    pen.offer(Role::Plain, format_args!("{} there", counts.sandboxes));
    if counts.calls > 0 {
        pen.offer(Role::Busy, format_args!("{} calls", counts.calls));
    }
    gauge::short(look, pen);
}

/// `▶ 2x  11:06:40 of 11:10:00`
fn deck(replay: &Replay, pen: &mut Pen<'_>, theme: Theme, zone: &Zone) {
    let (sign, role) = if replay.is_playing() {
        (theme.playing(), Role::Good)
    } else {
        (theme.paused(), Role::Warn)
    };
    let (speed, at, end) = (replay.speed().word(), replay.now(), replay.end());
    pen.at_end(
        role,
        format_args!(
            "recording {sign} {speed}  {} of {} {}",
            zone.clock(at),
            zone.clock(end),
            zone.word(end)
        ),
    );
}

fn cost(look: Look<'_>, pen: &mut Pen<'_>) {
    if let Some(playing) = &look.live.playing {
        deck(&playing.replay, pen, look.theme, &look.app.zone);
        return;
    }
    let Some(cost) = &look.model().cost else {
        return;
    };
    let cpu = cost.cores * 100.0;
    let rate = if cost.seconds > 0.0 {
        f64::from(cost.samples) / cost.seconds
    } else {
        f64::from(cost.samples)
    };
    match cost.resident {
        Some(resident) => pen.at_end(
            Role::Muted,
            format_args!(
                "watching: {cpu:.1}% of a core, {}, {rate:.0} samples/s",
                Bytes(resident)
            ),
        ),
        None => pen.at_end(
            Role::Muted,
            format_args!("watching: {cpu:.1}% of a core, {rate:.0} samples/s"),
        ),
    };
}

/// `1 [2] 3`, where there is no line of tabs.
fn digits(look: Look<'_>, pen: &mut Pen<'_>) {
    let open = |screen: Screen| screen == look.app.screen;
    let [a, b, c] = Screen::ALL.map(|screen| {
        let digit = look.app.keys.leads(look.app.screen, screen).unwrap_or("-");
        if open(screen) {
            ("[", digit, "]")
        } else {
            ("", digit, "")
        }
    });
    pen.at_end(
        Role::Muted,
        format_args!(
            "{}{}{} {}{}{} {}{}{}",
            a.0, a.1, a.2, b.0, b.1, b.2, c.0, c.1, c.2
        ),
    );
}
