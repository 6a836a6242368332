//! One cell of the table: what is not known is a dash or a question mark, and never a zero.
//!
//! ```text
//! ▶ busy   ██░░░░ 0.21/0.5   ~0.21/none   123M/?   –   !! oom ~2
//! ```

use std::fmt::{Display, Formatter, Result};

use super::Look;
use super::words::{Named, Whose};
use crate::checklist::verdict::Level;
use crate::live::call::Seen;
use crate::live::sandbox::{Sandbox, State};
use crate::live::usage::{Over, as_float};
use crate::tui::screen::live::{Column, Doing, Group, STALE};
use crate::tui::theme::Role;
use crate::tui::widget::figure::{Bytes, Clock, CoreCap, Cores, Percent, Short, Took, rate};
use crate::tui::widget::pen::Pen;

/// From this width on, a bar stands before the figure.
const BARRED: usize = 17;
const BAR: usize = 6;
const NEAR: f64 = 0.8;
const FULL: f64 = 0.9;

/// A value that may not be known.
struct Maybe<T>(Option<T>, &'static str);

impl<T: Display> Display for Maybe<T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match &self.0 {
            Some(value) => value.fmt(f),
            None => f.write_str(self.1),
        }
    }
}

/// A cap, none, or not known yet.
#[derive(Clone, Copy)]
struct Cap<T> {
    cap: Option<T>,
    known: bool,
}

impl<T: Display> Display for Cap<T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match (&self.cap, self.known) {
            (Some(cap), _) => cap.fmt(f),
            (None, true) => f.write_str("none"),
            (None, false) => f.write_str("?"),
        }
    }
}

pub fn figures(look: Look<'_>, column: Column, width: usize, one: &Sandbox, pen: &mut Pen<'_>) {
    match column {
        Column::Owner => {
            let indent = if look.live.sight.grouped { 2 } else { 0 };
            let indent = indent.min(width);
            let owner = one.owner();
            pen.gap(indent);
            match (&owner.agent, &owner.session, owner.shared) {
                // Its agent stands above it.
                (Some(_), Some(session), false) if look.live.sight.grouped => {
                    pen.ends_of(Role::Plain, format_args!("{session}"), width - indent);
                }
                _ => {
                    let whose = Whose(&one.about);
                    pen.ends_of(Role::Plain, format_args!("{whose}"), width - indent);
                }
            }
        }
        Column::Name => {
            pen.tail(Role::Muted, &one.about.name, width);
        }
        Column::Image => {
            pen.cell(Role::Muted, &one.image, width);
        }
        Column::State => {
            state(look, Doing::of(one, look.model(), look.last()), width, pen);
        }
        Column::Age => age(look, one, width, pen),
        Column::Start => start(look, one, width, pen),
        Column::Running => count(one.running.len() as u64, Role::Busy, width, pen),
        Column::Made => seen(one.ended().made(), Role::Plain, width, pen),
        Column::Failed => seen(one.ended().failed(), Role::Warn, width, pen),
        Column::Restarts => match one.restarts.all() {
            Some(restarts) => count(restarts, Role::Warn, width, pen),
            None => {
                pen.figure(Role::Muted, format_args!("?"), width);
            }
        },
        Column::Cpu => cpu(look, one, width, pen),
        Column::Memory => memory(look, one, width, pen),
        Column::Pids => pids(look, one, width, pen),
        Column::Idle => {
            let idle = one.idle_since().filter(|_| one.state.is_alive());
            match idle {
                Some(since) => {
                    let idle = Short(look.heard().since(since));
                    pen.figure(Role::Muted, format_args!("{idle}"), width)
                }
                None if one.state.is_alive() && one.running.is_empty() => {
                    pen.figure(Role::Muted, format_args!("?"), width)
                }
                None => pen.gap(width),
            };
        }
        Column::Marks => marks(look, one, width, pen),
        Column::Network => {
            let mode = one
                .detail
                .as_ref()
                .map(|d| d.standing.network_mode.as_str());
            pen.cell(Role::Muted, mode.unwrap_or("?"), width);
        }
        Column::Traffic => {
            let both = one.usage.received.zip(one.usage.sent);
            match both {
                Some((received, sent)) => {
                    let (received, sent) = (rate(received), rate(sent));
                    pen.figure(Role::Muted, format_args!("{received}+{sent}"), width)
                }
                None => pen.figure(Role::Muted, format_args!("{}", look.dash()), width),
            };
        }
        Column::Figures => {
            let old = |age: &std::time::Duration| look.is_stale() || *age >= STALE;
            match one.usage.age(look.ours) {
                Some(age) if old(&age) => {
                    pen.figure(Role::Warn, format_args!("{}", Short(age)), width)
                }
                // Of one without figures the state is so old.
                None if look.is_stale() => {
                    let age = Short(look.live.link_age(look.ours));
                    pen.figure(Role::Warn, format_args!("{age}"), width)
                }
                None if one.state.is_alive() => {
                    pen.figure(Role::Muted, format_args!("{}", look.dash()), width)
                }
                Some(_) | None => pen.gap(width),
            };
        }
    }
}

/// `▶ busy`, `■ exit 1`, `◆ oom 137`; where it is narrow, the symbol alone.
pub fn state(look: Look<'_>, doing: Doing, width: usize, pen: &mut Pen<'_>) {
    let role = role(doing);
    let symbol = look.theme.doing(&doing);
    if width < 4 {
        pen.cell(role, symbol, width);
        return;
    }
    // One word is longer than the column is in most tables.
    if doing == Doing::Restarting && width < 12 {
        pen.cell_of(role, format_args!("{symbol} restarts"), width);
        return;
    }
    pen.cell_of(role, format_args!("{symbol} {}", Named(doing)), width);
}

pub fn role(doing: Doing) -> Role {
    match doing {
        Doing::Starting | Doing::Busy => Role::Busy,
        Doing::Restarting | Doing::Paused => Role::Warn,
        Doing::Running => Role::Plain,
        Doing::Exited { .. } if doing.failed() => Role::Bad,
        Doing::Idle | Doing::Exited { .. } => Role::Muted,
        Doing::Unknown => Role::Unsure,
    }
}

fn age(look: Look<'_>, one: &Sandbox, width: usize, pen: &mut Pen<'_>) {
    let Some(created) = one.created else {
        pen.figure(Role::Muted, format_args!("?"), width);
        return;
    };
    let age = look.engine.since(created);
    if is_unseen_start(look, one) {
        pen.figure(Role::Muted, format_args!("?"), width);
    } else if one.state == State::Starting {
        pen.figure(Role::Busy, format_args!("{}", Clock(age)), width);
    } else {
        pen.figure(Role::Plain, format_args!("{}", Short(age)), width);
    }
}

/// It was starting when the engine was heard of last: whether it still is, nobody tells.
fn is_unseen_start(look: Look<'_>, one: &Sandbox) -> bool {
    look.is_stale() && one.state == State::Starting
}

fn start(look: Look<'_>, one: &Sandbox, width: usize, pen: &mut Pen<'_>) {
    match (one.latency, one.created) {
        (Some(latency), _) => pen.figure(Role::Plain, format_args!("{}", Took(latency)), width),
        (None, _) if is_unseen_start(look, one) => {
            pen.figure(Role::Muted, format_args!("?"), width)
        }
        (None, Some(created)) if one.state == State::Starting => {
            let clock = Clock(look.engine.since(created));
            pen.figure(Role::Busy, format_args!("{clock}"), width)
        }
        (None, _) => pen.figure(Role::Muted, format_args!("{}", look.dash()), width),
    };
}

fn count(number: u64, role: Role, width: usize, pen: &mut Pen<'_>) {
    let role = if number == 0 { Role::Muted } else { role };
    pen.figure(role, format_args!("{number}"), width);
}

/// Calls that were seen; more than those is not known of what is older than the picture.
pub fn seen(calls: Seen, role: Role, width: usize, pen: &mut Pen<'_>) {
    let role = if calls.count == 0 { Role::Muted } else { role };
    pen.figure(role, format_args!("{calls}"), width);
}

fn share_role(share: Option<f64>) -> Role {
    match share {
        Some(share) if share >= FULL => Role::Bad,
        Some(share) if share >= NEAR => Role::Warn,
        Some(_) | None => Role::Plain,
    }
}

fn bar(role: Role, share: Option<f64>, width: usize, pen: &mut Pen<'_>) -> usize {
    if width < BARRED {
        return width;
    }
    match share {
        Some(share) => pen.bar(role, share, BAR),
        None => pen.gap(BAR),
    };
    pen.gap(1);
    width - BAR - 1
}

fn cpu(look: Look<'_>, one: &Sandbox, width: usize, pen: &mut Pen<'_>) {
    if !one.state.is_alive() {
        pen.figure(Role::Muted, format_args!("{}", look.dash()), width);
        return;
    }
    let cap = Cap {
        cap: one.cpu_cap().map(CoreCap),
        known: one.is_inspected(),
    };
    let share = one
        .usage
        .cpu
        .zip(one.cpu_cap())
        .map(|(cpu, cap)| cpu.cores / cap);
    // At its cap it is slow, and not in danger.
    let role = match share {
        Some(share) if share >= FULL => Role::Warn,
        Some(_) | None => Role::Plain,
    };
    let width = bar(role, share, width, pen);
    let Some(cpu) = one.usage.cpu else {
        if width > 5 {
            pen.figure(Role::Muted, format_args!("{}/{cap}", look.dash()), width);
        } else {
            pen.figure(Role::Muted, format_args!("{}", look.dash()), width);
        }
        return;
    };
    let mean = match cpu.over {
        Over::Life => "~",
        Over::Last(_) => "",
    };
    let cores = Cores(cpu.cores);
    match share {
        _ if width > 8 => pen.figure(role, format_args!("{mean}{cores}/{cap}"), width),
        Some(share) => pen.figure(role, format_args!("{mean}{}", Percent(share)), width),
        None => pen.figure(role, format_args!("{mean}{cores}"), width),
    };
}

fn memory(look: Look<'_>, one: &Sandbox, width: usize, pen: &mut Pen<'_>) {
    if !one.state.is_alive() {
        pen.figure(Role::Muted, format_args!("{}", look.dash()), width);
        return;
    }
    let cap = Cap {
        cap: one.memory_cap().map(Bytes),
        known: one.is_inspected(),
    };
    let share = one.memory_share();
    let role = share_role(share);
    let width = bar(role, share, width, pen);
    let memory = one.usage.memory();
    let role = if memory.is_none() { Role::Muted } else { role };
    let memory = Maybe(memory.map(Bytes), look.dash());
    pen.figure(role, format_args!("{memory}/{cap}"), width);
}

fn pids(look: Look<'_>, one: &Sandbox, width: usize, pen: &mut Pen<'_>) {
    if !one.state.is_alive() {
        pen.figure(Role::Muted, format_args!("{}", look.dash()), width);
        return;
    }
    let cap = Cap {
        cap: one.pids_cap(),
        known: one.is_inspected(),
    };
    let share = one.usage.pids().zip(one.pids_cap());
    let share = share.map(|(pids, cap)| as_float(pids) / as_float(cap));
    let pids = Maybe(one.usage.pids(), look.dash());
    let role = match share {
        Some(_) => share_role(share),
        None => Role::Muted,
    };
    pen.figure(role, format_args!("{pids}/{cap}"), width);
}

/// `!!` danger, `!` weak, `oom`, `~2` differences from the configuration, `?` not known yet.
fn marks(look: Look<'_>, one: &Sandbox, width: usize, pen: &mut Pen<'_>) {
    let before = pen.room();
    let left = |pen: &Pen<'_>| width.saturating_sub(before - pen.room());
    let posture = look.live.posture(one);
    let worst = posture.and_then(|posture| posture.first());
    let (role, mark) = match (worst, posture) {
        (Some((Level::Fail, _)), _) => (Role::Bad, "!! "),
        (Some((Level::Warn, _)), _) => (Role::Warn, "!  "),
        (None, None) if one.state.is_alive() => (Role::Muted, "?  "),
        (None | Some((Level::Note, _)), _) => (Role::Plain, "   "),
    };
    let room = left(pen).min(3);
    pen.cell(role, mark, room);
    let differs = one.drift.as_ref().filter(|drift| !drift.is_empty());
    if one.ooms > 0 && left(pen) >= 3 {
        pen.text(Role::Bad, "oom");
        pen.gap(left(pen).min(1));
    }
    if let Some(drift) = differs {
        let room = left(pen).min(2);
        pen.cell_of(Role::Warn, format_args!("~{}", drift.len()), room);
    }
    pen.gap(left(pen));
}

/// The same column of an agent's line: sums of its sandboxes.
pub fn group_cell(look: Look<'_>, column: Column, width: usize, group: &Group, pen: &mut Pen<'_>) {
    // A sum that lacks some is too small.
    let more = if group.unmeasured > 0 { "+" } else { "" };
    match column {
        Column::Owner => {
            let fold = look
                .theme
                .fold(!look.live.sight.folded.contains(&group.name));
            let (name, count) = (&group.name, group.sandboxes);
            pen.cell_of(Role::Strong, format_args!("{fold} {name} ({count})"), width);
        }
        Column::State => {
            match (group.busy, group.starting, group.exited) {
                (0, 0, 0) => pen.gap(width),
                (0, 0, exited) => pen.cell_of(Role::Muted, format_args!("{exited} exited"), width),
                (0, starting, _) => {
                    pen.cell_of(Role::Busy, format_args!("{starting} starting"), width)
                }
                (busy, _, _) => pen.cell_of(Role::Busy, format_args!("{busy} busy"), width),
            };
        }
        Column::Running => count(group.running as u64, Role::Busy, width, pen),
        Column::Made => seen(group.ended.made(), Role::Plain, width, pen),
        Column::Failed => seen(group.ended.failed(), Role::Warn, width, pen),
        Column::Cpu => {
            let cores = Maybe(group.cores.map(Cores), look.dash());
            pen.figure(Role::Strong, format_args!("{cores}{more}"), width);
        }
        Column::Memory => {
            let memory = Maybe(group.memory.map(Bytes), look.dash());
            pen.figure(Role::Strong, format_args!("{memory}{more}"), width);
        }
        Column::Marks => {
            let (role, mark) = match group.marks {
                0 => (Role::Plain, ""),
                1..1000 => (Role::Warn, "!"),
                _ => (Role::Bad, "!!"),
            };
            pen.cell(role, mark, width);
        }
        Column::Name
        | Column::Age
        | Column::Start
        | Column::Pids
        | Column::Idle
        | Column::Network
        | Column::Traffic
        | Column::Restarts
        | Column::Figures
        | Column::Image => {
            pen.gap(width);
        }
    }
}
