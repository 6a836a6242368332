//! Notes in words. Each is a value that prints itself.
//!
//! ```text
//! started in 450ms · 12x exit 1 within 8s · killed for memory (OOM), exit 137, after 3s
//! ```

use std::fmt::{Display, Formatter, Result};
use std::time::Duration;

use crate::live::call::KILLED;
use crate::live::event::{Link, Moment};
use crate::live::note::{About, News, Note, Seen};
use crate::tui::screen::live::{Doing, Entry};
use crate::tui::theme::Role;
use crate::tui::widget::figure::{Bytes, Short, Took};

/// Whose it is: `main/telegram`; the container's name where that is not known.
pub struct Whose<'a>(pub &'a About);

impl Display for Whose<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let owner = &self.0.owner;
        match (&owner.agent, &owner.session, owner.shared) {
            (_, _, true) => f.write_str("shared"),
            (Some(agent), Some(session), false) => write!(f, "{agent}/{session}"),
            (Some(one), None, false) | (None, Some(one), false) => f.write_str(one),
            (None, None, false) => f.write_str(&self.0.name),
        }
    }
}

/// `busy`, `exit 1`, `oom 137`.
pub struct Named(pub Doing);

impl Display for Named {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let Doing::Exited { code, oom } = self.0 else {
            return f.write_str(self.0.word());
        };
        f.write_str(if oom { "oom " } else { "exit " })?;
        match code {
            Some(code) => code.fmt(f),
            None => f.write_str("?"),
        }
    }
}

/// Whom an entry is about: one of its sandboxes, or their agent when there are several.
pub struct Who<'a>(pub &'a Entry);

impl Display for Who<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match (&self.0.note.about, self.0.alone) {
            (None, _) => f.write_str("engine"),
            (Some(about), true) => Whose(about).fmt(f),
            (Some(about), false) => f.write_str(about.owner.group()),
        }
    }
}

/// What happened, how often, and within what time.
pub struct What<'a>(pub &'a Entry);

impl Display for What<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let entry = self.0;
        if entry.times == 1 {
            return Told(&entry.note, Times::One).fmt(f);
        }
        let span = entry.note.stamp.since(entry.first);
        write!(f, "{}x ", entry.times)?;
        Told(&entry.note, Times::Many).fmt(f)?;
        match span.as_secs() {
            0 => f.write_str(" within 1s"),
            _ => write!(f, " within {}", Short(span)),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Times {
    One,
    Many,
}

struct Told<'a>(&'a Note, Times);

struct After(Option<Duration>);

impl Display for After {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self.0 {
            Some(span) => write!(f, ", after {}", Took(span)),
            None => Ok(()),
        }
    }
}

/// The time that a line has is when it was over: it was at some time within this span before.
struct Before(Option<Duration>);

impl Display for Before {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self.0 {
            Some(span) => write!(f, ", in the {} before", Took(span)),
            None => Ok(()),
        }
    }
}

impl Display for Told<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        // What differs from one to the next is told of one alone.
        let span = |span: &Option<Duration>| After(span.filter(|_| self.1 == Times::One));
        let before = |last: &Option<Moment>| {
            let last = last.filter(|_| self.1 == Times::One);
            Before(last.map(|last| self.0.stamp.since(last)))
        };
        match &self.0.what {
            News::Created => f.write_str("created"),
            News::Started { latency } => match latency.filter(|_| self.1 == Times::One) {
                Some(latency) => write!(f, "started in {}", Took(latency)),
                None => f.write_str("started"),
            },
            News::Paused => f.write_str("paused"),
            News::Unpaused => f.write_str("goes on after a pause"),
            News::Oom {
                cap,
                peak,
                engine_memory,
                victim: _,
            } => oom(f, *cap, *peak, *engine_memory),
            News::Killed { signal } => write!(f, "was sent signal {signal}"),
            News::Died {
                exit_code,
                lifetime,
                oom,
                seen,
            } => {
                died(f, *exit_code, *oom)?;
                span(lifetime).fmt(f)?;
                match seen {
                    Seen::Told => Ok(()),
                    Seen::Afterwards => f.write_str(", seen afterwards"),
                    Seen::After(last) => {
                        f.write_str(", seen afterwards")?;
                        before(last).fmt(f)
                    }
                }
            }
            News::Stopped => f.write_str("stopped"),
            News::Restarted => f.write_str("restarted"),
            News::Renamed { from } => write!(f, "renamed, was {from}"),
            News::Updated => f.write_str("its caps were changed"),
            News::Health { status } => write!(f, "health: {status}"),
            News::Destroyed => f.write_str("removed"),
            News::Vanished { last, ended } => {
                f.write_str(if *ended {
                    "removed, not seen when"
                } else {
                    "gone, not seen how"
                })?;
                before(last).fmt(f)
            }
            News::CallStarted { command, .. } => match command {
                Some(command) if self.1 == Times::One => write!(f, "call: {command}"),
                Some(_) | None => f.write_str("call started"),
            },
            News::CallEnded {
                exit_code,
                duration,
                oom,
                ..
            } => {
                call(f, *exit_code, *oom)?;
                span(duration).fmt(f)
            }
            News::Link(link) => match link {
                Link::Connecting => f.write_str("connecting"),
                Link::Up => f.write_str("the engine answers"),
                Link::Lost { why } => write!(f, "no way to the engine: {why}"),
                Link::Hung => f.write_str("the engine hangs: it accepts and does not answer"),
            },
            News::Stalled { answered } => {
                let (what, took) = (answered.question.words(), Took(answered.took()));
                if answered.waits {
                    write!(f, "slow: {what} is not there after {took}")
                } else {
                    write!(f, "slow: {what} took {took}")
                }
            }
            News::StallOver {
                took,
                worst,
                lasted,
            } => write!(
                f,
                "prompt again: {}, after {} with up to {}",
                Took(*took),
                Short(*lasted),
                Took(*worst)
            ),
            News::Alert(alert) => {
                // Whom it is about stands before it.
                let name = self
                    .0
                    .about
                    .as_ref()
                    .map_or("", |about| about.name.as_str());
                let words = alert.words.strip_prefix(name).unwrap_or(&alert.words);
                f.write_str(words.trim_start())
            }
        }
    }
}

fn oom(f: &mut Formatter<'_>, cap: Option<u64>, peak: Option<u64>, engine: Option<u64>) -> Result {
    f.write_str("OOM kill inside")?;
    match cap {
        Some(cap) => write!(f, ", cap {}", Bytes(cap))?,
        None => f.write_str(", no cap is known")?,
    }
    if let Some(peak) = peak {
        write!(f, ", seen {}", Bytes(peak))?;
    }
    match engine {
        Some(engine) => write!(f, ", engine {}", Bytes(engine)),
        None => Ok(()),
    }
}

fn died(f: &mut Formatter<'_>, exit_code: Option<i64>, oom: bool) -> Result {
    match (exit_code, oom) {
        (Some(0), _) => f.write_str("ended well, exit 0"),
        (Some(code), true) => write!(f, "killed for memory (OOM), exit {code}"),
        (Some(KILLED), false) => write!(f, "killed, exit {KILLED}, no OOM seen"),
        (Some(code), false) => write!(f, "exit {code}"),
        (None, _) => f.write_str("ended, the exit code is not known"),
    }
}

fn call(f: &mut Formatter<'_>, exit_code: Option<i64>, oom: bool) -> Result {
    match (exit_code, oom) {
        (Some(code), true) => write!(f, "call killed for memory (OOM), exit {code}"),
        (Some(0), false) => f.write_str("call ended well"),
        (Some(KILLED), false) => write!(f, "call killed, exit {KILLED}, no OOM seen"),
        (Some(code), false) => write!(f, "call failed, exit {code}"),
        (None, true) => f.write_str("call killed for memory (OOM)"),
        (None, false) => f.write_str("call ended, the exit code is not known"),
    }
}

pub fn role(news: &News) -> Role {
    match news {
        News::Oom { .. }
        | News::Died { oom: true, .. }
        | News::CallEnded { oom: true, .. }
        | News::Link(Link::Lost { .. } | Link::Hung) => Role::Bad,
        News::Link(_) | News::StallOver { .. } => Role::Good,
        trouble if trouble.is_trouble() => Role::Warn,
        News::CallStarted { .. } | News::CallEnded { .. } | News::Destroyed => Role::Muted,
        _ => Role::Plain,
    }
}
