//! Whether the engine answers, what is there, what watching it costs, and the headroom.
//!
//! ```text
//! ● up  50 sandboxes  1 starting  3 calls  12 gone      watching: 0.4% cpu  9M  12/s
//! ████░░░░░░ 4 more fit, limited by memory                          reaches back 12m
//! ```

use std::fmt::{Display, Formatter, Result};

use ratatui::layout::Rect;

use super::super::{alarm, tabs};
use super::{Look, gauge, keeping};
use crate::live::event::{Cost, Link};
use crate::live::replay::Replay;
use crate::tui::layout::live::Areas;
use crate::tui::screen::Screen;
use crate::tui::theme::{Role, Theme};
use crate::tui::widget::clock::Zone;
use crate::tui::widget::figure::{Bytes, Short, Took};
use crate::tui::widget::pen::Pen;
use crate::tui::widget::text::columns;

/// From so much room on, an alert without a line of its own is told in words.
const WORDS: usize = 60;
/// `1 [2] 3`, and the gap before it.
const DIGITS: usize = 9;

pub fn draw(look: Look<'_>, areas: &Areas, pen: &mut Pen<'_>) {
    let area = areas.header;
    pen.row(area, 0);
    if area.height < 2 {
        marked(look, pen);
        link(look, pen, false);
        keeping::short(look, pen);
        if areas.alert.height == 0 {
            alert(look, pen);
        }
        // How far a recording is comes before what is counted.
        let deck = look
            .live
            .playing
            .as_ref()
            .map_or(0, |_| shortest(look, pen));
        let kept = pen.keep(deck);
        short_counts(look, pen);
        pen.free(kept);
        // Where there is room for both, they stand before the digits.
        let both = deck == 0 || pen.room() >= deck + DIGITS;
        let kept = pen.keep(if both { DIGITS } else { 0 });
        end(look, pen, &[Form::Short]);
        pen.free(kept);
        digits(look, pen);
        return;
    }
    link(look, pen, true);
    let shortest = shortest(look, pen);
    let kept = pen.keep(shortest);
    counts(look, pen);
    pen.free(kept);
    end(look, pen, &[Form::Long, Form::Middle, Form::Short]);
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
    keeping::short(look, pen);
    alert(look, pen);
    pen.row(area, 1);
    marked(look, pen);
    pen.text(Role::Muted, "too small");
}

/// First, where a line may be cut at its end: that this is not the node as it is now.
fn marked(look: Look<'_>, pen: &mut Pen<'_>) {
    let mark = tabs::mark(look.app, pen.room());
    if !mark.is_empty() {
        pen.text(Role::Warn, mark).gap(2);
    }
}

/// The newest alert, where it has no line of its own.
fn alert(look: Look<'_>, pen: &mut Pen<'_>) {
    let Some(newest) = look.live.alerts(look.app.now).next() else {
        return;
    };
    let role = alarm::role(&newest.alert);
    if pen.room() < WORDS {
        pen.offer(role, format_args!("!"));
        return;
    }
    let width = pen.room() / 2;
    let words = alarm::headline(look.live, &newest.alert, width, look.theme.ellipsis());
    pen.offer(role, format_args!("! {words}"));
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
        (Link::Hung, true) => pen.write(Role::Unsure, format_args!("! ENGINE HANGS for {since}")),
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
    // What is trouble comes before what is only gone: where it is narrow, the last are dropped.
    let totals = look.model().totals;
    if totals.ooms > 0 {
        pen.offer(Role::Bad, format_args!("{} OOM", totals.ooms));
    }
    if totals.failed > 0 {
        match (totals.failed, totals.calls) {
            (_, 1) => pen.offer(Role::Warn, format_args!("1 call failed")),
            (failed, calls) => {
                pen.offer(Role::Warn, format_args!("{failed} of {calls} calls failed"))
            }
        };
    }
    if totals.gone > 0 {
        pen.offer(Role::Muted, format_args!("{} gone", totals.gone));
    }
}

fn short_counts(look: Look<'_>, pen: &mut Pen<'_>) {
    if look.model().listed.is_none() {
        return;
    }
    let counts = look.live.counts;
    pen.offer(Role::Plain, format_args!("{} there", counts.sandboxes));
    match counts.calls {
        0 => &mut *pen,
        1 => pen.offer(Role::Busy, format_args!("1 call")),
        some => pen.offer(Role::Busy, format_args!("{some} calls")),
    };
    gauge::short(look, pen);
}

/// How much is told at the end of the line.
#[derive(Clone, Copy)]
enum Form {
    Long,
    Middle,
    Short,
}

/// `recording ▶ 2x 11:06:40 of 11:10:00 UTC`, `▶ 2x 11:06:40 of 11:10:00 UTC`, `▶ 2x 11:06:40`;
/// when nothing comes any more, `‖ end 11:10:00`.
struct Deck<'a> {
    replay: &'a Replay,
    form: Form,
    theme: Theme,
    zone: &'a Zone,
}

impl Display for Deck<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let sign = if self.replay.is_playing() {
            self.theme.playing()
        } else {
            self.theme.paused()
        };
        if let Form::Long = self.form {
            f.write_str("recording ")?;
        }
        let at = self.zone.clock(self.replay.now());
        if self.replay.is_at_end() {
            write!(f, "{sign} end {at}")?;
        } else {
            write!(f, "{sign} {} {at}", self.replay.speed().word())?;
        }
        let end = self.replay.end();
        match self.form {
            Form::Long | Form::Middle => {
                write!(f, " of {} {}", self.zone.clock(end), self.zone.word(end))
            }
            Form::Short => Ok(()),
        }
    }
}

/// `watching: 0.4% of a core, 9M, 12 samples/s`, `watching: 0.4% 9M 12/s`, `0.4% 9M 12/s`
struct Own<'a>(&'a Cost, Form);

impl Display for Own<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let Self(cost, form) = self;
        let cpu = cost.cores * 100.0;
        let rate = if cost.seconds > 0.0 {
            f64::from(cost.samples) / cost.seconds
        } else {
            f64::from(cost.samples)
        };
        let (lead, core, comma, samples) = match form {
            Form::Long => ("watching: ", " of a core", ",", " samples"),
            Form::Middle => ("watching: ", "", "", ""),
            Form::Short => ("", "", "", ""),
        };
        write!(f, "{lead}{cpu:.1}%{core}{comma}")?;
        if let Some(resident) = cost.resident {
            write!(f, " {}{comma}", Bytes(resident))?;
        }
        write!(f, " {rate:.0}{samples}/s")
    }
}

/// How far a recording is, or what the watching costs: the longest of these forms that fits.
fn end(look: Look<'_>, pen: &mut Pen<'_>, forms: &[Form]) {
    for &form in forms {
        let fits = match (&look.live.playing, &look.model().cost) {
            (Some(playing), _) => {
                let role = if playing.replay.is_playing() {
                    Role::Good
                } else {
                    Role::Warn
                };
                pen.ends(role, format_args!("{}", deck(look, &playing.replay, form)))
            }
            (None, Some(cost)) => pen.ends(Role::Muted, format_args!("{}", Own(cost, form))),
            (None, None) => return,
        };
        if fits {
            return;
        }
    }
}

fn deck<'a>(look: Look<'a>, replay: &'a Replay, form: Form) -> Deck<'a> {
    Deck {
        replay,
        form,
        theme: look.theme,
        zone: &look.app.zone,
    }
}

/// The columns that the shortest form takes with the gap before it: whatever is counted, it is there.
fn shortest(look: Look<'_>, pen: &mut Pen<'_>) -> usize {
    let form = Form::Short;
    let width = match (&look.live.playing, &look.model().cost) {
        (Some(playing), _) => pen.measure(format_args!("{}", deck(look, &playing.replay, form))),
        (None, Some(cost)) => pen.measure(format_args!("{}", Own(cost, form))),
        (None, None) => return 0,
    };
    width + 2
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
