//! One look at everything, as text.

use std::io::{self, Write};
use std::time::Duration;

use super::columns::{cell, weight};
use super::{Snapshot, link_word};
use crate::live::column::Column;
use crate::live::event::{Link, Moment};
use crate::live::model::Model;
use crate::live::note::{News, Note, Seen};
use crate::live::order::Arrangement;
use crate::live::sandbox::{Gone, Sandbox};
use crate::live::usage::Over;
use crate::report::wrap::{columns, cut, pad};
use crate::report::{Role, Style};
use crate::units::Size;

/// What is not known.
pub(super) const UNKNOWN: &str = "?";
/// A recorder writes down at least its own cost each minute.
const GAP: Duration = Duration::from_mins(3);
const DAY: Duration = Duration::from_hours(24);
/// So long an engine is lost when it was never there: for as long as it took to ask.
const SHORT: Duration = Duration::from_secs(1);
/// Of those that have gone and of what happened, so many are told.
const MOST: usize = 20;

/// Writes the picture of a model, its table as it is wanted. `now` by our clock.
pub fn table(
    model: &Model,
    now: Moment,
    arrangement: Arrangement<'_>,
    style: &Style,
    to: &mut dyn Write,
) -> io::Result<()> {
    link(model, now, style, to)?;
    if model.listed.is_none() {
        // What is there is not known; what happened is, where it was recorded.
        if model.recalled.is_some() {
            dead(model, style, to)?;
            writeln!(to)?;
            reach(model, now, style, to)?;
        }
        return Ok(());
    }
    let shown = ordered(model, now, arrangement);
    if shown.is_empty() {
        writeln!(to, "No sandbox is there.")?;
    } else {
        standing(&shown, model, now, arrangement.columns, style, to)?;
        for one in &shown {
            for difference in one.drift.iter().flatten() {
                writeln!(
                    to,
                    "{}",
                    style.paint(Role::Warn, &format!("{}: {difference}", one.about.name))
                )?;
            }
        }
    }
    dead(model, style, to)?;
    writeln!(to)?;
    match &model.headroom {
        Ok(sum) => writeln!(
            to,
            "{} more fit, limited by {}: {}",
            sum.headroom,
            sum.limit.word(),
            sum.in_words()
        ),
        Err(why) => writeln!(to, "How many more fit is not known: {why}"),
    }?;
    reach(model, now, style, to)
}

fn ordered<'a>(model: &'a Model, now: Moment, arrangement: Arrangement<'_>) -> Vec<&'a Sandbox> {
    let mut shown: Vec<&Sandbox> = model.shown().collect();
    match arrangement.sort {
        Some(sort) => sort.order(&mut shown, |one| weight(one, model), model, now),
        None => shown.sort_by(|a, b| (a.owner(), &a.about.name).cmp(&(b.owner(), &b.about.name))),
    }
    if arrangement.is_grouped {
        shown.sort_by(|a, b| a.owner().group().cmp(b.owner().group()));
    }
    shown
}

/// What is there.
fn standing(
    shown: &[&Sandbox],
    model: &Model,
    now: Moment,
    columns: Option<&[Column]>,
    style: &Style,
    to: &mut dyn Write,
) -> io::Result<()> {
    let Some(columns) = columns else {
        let head = [
            "OWNER", "NAME", "STATE", "UP", "CALLS", "CPU", "MEMORY", "PIDS", "NETWORK",
        ];
        let clock = model.engine_clock(now);
        let rows: Vec<_> = shown.iter().map(|one| row(one, clock)).collect();
        return write_rows(&head, &rows, style, to);
    };
    let head: Vec<String> = columns
        .iter()
        .map(|one| one.word().to_uppercase())
        .collect();
    let head: Vec<&str> = head.iter().map(String::as_str).collect();
    let cells = |one: &&Sandbox| {
        columns
            .iter()
            .map(|column| cell(*column, one, model, now))
            .collect()
    };
    let rows: Vec<Vec<String>> = shown.iter().map(cells).collect();
    write_rows(&head, &rows, style, to)
}

/// What has gone.
fn dead(model: &Model, style: &Style, to: &mut dyn Write) -> io::Result<()> {
    let gone: Vec<&Gone> = model.shown_gone().rev().take(MOST).collect();
    if !gone.is_empty() {
        writeln!(to, "\n{}", style.paint(Role::Title, "Gone"))?;
        let head = ["OWNER", "NAME", "LIVED", "EXIT", "PEAK", "CAP", "CALLS"];
        let rows: Vec<_> = gone.iter().rev().map(|one| gone_row(one)).collect();
        write_rows(&head, &rows, style, to)?;
    }
    Ok(())
}

/// How far back what is told of the past reaches, and who remembers it.
pub(super) fn reach(
    model: &Model,
    now: Moment,
    style: &Style,
    to: &mut dyn Write,
) -> io::Result<()> {
    let Some(reaches) = model.reaches else {
        return Ok(());
    };
    let source = match model.recalled {
        None => "engine's own memory".to_owned(),
        Some(recalled) if now.since(recalled.to) < GAP => "recorded".to_owned(),
        // The engine may have forgotten some of what happened since.
        Some(recalled) => format!(
            "recorded until {}, from then on engine's own memory",
            clock(recalled.to, now)
        ),
    };
    let words = format!("reaches back to {} ({source})", clock(reaches, now));
    writeln!(to, "{}", style.paint(Role::Muted, &words))
}

/// The time of day where that is clear, else the whole instant.
fn clock(at: Moment, now: Moment) -> String {
    let whole = super::instant(at);
    let time = whole.split_once('T').and_then(|(_, time)| time.get(..8));
    match time {
        Some(time) if now.since(at) < DAY && at <= now => format!("{time} UTC"),
        _ => whole,
    }
}

pub(super) fn link(
    model: &Model,
    now: Moment,
    style: &Style,
    to: &mut dyn Write,
) -> io::Result<()> {
    let since = span(now.since(model.link_since));
    let words = match &model.link {
        Link::Up => match model.stall.on() {
            None => return Ok(()),
            Some(on) => format!("The engine is slow: an answer takes {}.", span(on.took)),
        },
        Link::Connecting => "The engine has not answered yet.".to_owned(),
        Link::Hung => format!("The engine has not answered for {since}."),
        Link::Lost { why } if now.since(model.link_since) < SHORT => format!("No engine: {why}."),
        Link::Lost { why } => format!("No engine for {since}: {why}."),
    };
    writeln!(to, "{}", style.paint(Role::Bad, &words))
}

/// One line for what happened, where nothing can be drawn.
pub fn happening(note: &Note, style: &Style) -> String {
    let about = note.about.as_ref();
    let who = about.map_or(String::new(), |about| {
        let owner = about.owner.words();
        if owner.is_empty() {
            format!("{}: ", about.name)
        } else {
            format!("{} ({owner}): ", about.name)
        }
    });
    let role = if note.what.is_trouble() {
        Role::Bad
    } else {
        Role::Plain
    };
    let words = style.paint(role, &words(&note.what));
    format!("{} {who}{words}", super::instant(note.stamp))
}

/// What is certain of an end that has no time of its own: the line's is when it was over.
fn not_before(last: Option<Moment>) -> String {
    last.map_or(String::new(), |last| {
        format!(", not before {}", super::instant(last))
    })
}

fn words(news: &News) -> String {
    let code = |code: &Option<i64>| code.map_or("with no code".to_owned(), |c| format!("with {c}"));
    let killed = |oom: bool| if oom { ", killed for memory (OOM)" } else { "" };
    match news {
        News::Created => "created".to_owned(),
        News::Started {
            latency: Some(latency),
        } => format!("started in {}", span(*latency)),
        News::Started { latency: None } => "started".to_owned(),
        News::Paused => "paused".to_owned(),
        News::Unpaused => "goes on".to_owned(),
        News::Oom { cap, .. } => match cap {
            Some(cap) => format!(
                "the kernel killed something in it for memory (OOM), cap {}",
                Size(*cap)
            ),
            None => "the kernel killed something in it for memory (OOM)".to_owned(),
        },
        News::Killed { signal } => format!("was sent signal {signal}"),
        News::Died {
            exit_code,
            lifetime,
            oom,
            seen,
        } => {
            let lived = lifetime.map_or(String::new(), |l| format!(" after {}", span(l)));
            let seen = match seen {
                Seen::Told => String::new(),
                Seen::Afterwards => ", seen afterwards".to_owned(),
                Seen::After(last) => format!(", seen afterwards{}", not_before(*last)),
            };
            format!("ended {}{lived}{}{seen}", code(exit_code), killed(*oom))
        }
        News::Stopped => "was stopped".to_owned(),
        News::Restarted => "was restarted".to_owned(),
        News::Renamed { from } => format!("was called {from}"),
        News::Updated => "has other limits".to_owned(),
        News::Health { status } => format!("health: {status}"),
        News::Destroyed => "removed".to_owned(),
        News::Vanished { last, ended: false } => {
            format!("is gone; how it ended was not seen{}", not_before(*last))
        }
        News::Vanished { last, ended: true } => {
            format!("was removed; when was not seen{}", not_before(*last))
        }
        News::CallStarted { command, .. } => match command {
            Some(command) => format!("call: {command}"),
            None => "call".to_owned(),
        },
        News::CallEnded {
            exit_code,
            duration,
            oom,
            ..
        } => {
            let took = duration.map_or(String::new(), |d| format!(" after {}", span(d)));
            format!("call ended {}{took}{}", code(exit_code), killed(*oom))
        }
        News::Link(link) => match link {
            Link::Lost { why } => format!("the engine is lost: {why}"),
            link => format!("the engine: {}", link_word(link)),
        },
        News::Stalled { answered } => {
            let (what, took) = (answered.question.words(), span(answered.took()));
            if answered.waits {
                format!("the engine is slow: {what} is not there after {took}")
            } else {
                format!("the engine is slow: {what} took {took}")
            }
        }
        News::StallOver {
            took,
            worst,
            lasted,
        } => format!(
            "the engine is prompt again ({}), after {} with up to {} for an answer",
            span(*took),
            span(*lasted),
            span(*worst)
        ),
        News::Alert(alert) => format!("ALERT {}", alert.words),
    }
}

/// Without a choice of columns.
fn row(one: &Sandbox, clock: Moment) -> Vec<String> {
    let known = |value: Option<String>| value.unwrap_or_else(|| UNKNOWN.to_owned());
    vec![
        one.owner().words(),
        one.about.name.clone(),
        state(one),
        known(one.uptime(clock).map(span)),
        format!(
            "{}/{}/{}",
            one.running.len(),
            one.ended().made(),
            one.ended().failed()
        ),
        cpu(one),
        memory(one),
        pids(one),
        known(one.detail.as_ref().map(|d| d.standing.network_mode.clone())),
    ]
}

pub(super) fn state(one: &Sandbox) -> String {
    match one.exit_code {
        Some(code) => format!("{} {code}", one.state.word()),
        None => one.state.word().to_owned(),
    }
}

fn inspected(one: &Sandbox, cap: Option<String>) -> String {
    match (cap, one.is_inspected()) {
        (Some(cap), _) => cap,
        (None, true) => "no cap".to_owned(),
        (None, false) => UNKNOWN.to_owned(),
    }
}

pub(super) fn cpu(one: &Sandbox) -> String {
    let cpu = match one.usage.cpu {
        Some(cpu) => {
            let mean = if cpu.over == Over::Life { "~" } else { "" };
            format!("{mean}{:.2}", cpu.cores)
        }
        None => UNKNOWN.to_owned(),
    };
    let cap = inspected(one, one.cpu_cap().map(|cap| format!("{cap}")));
    format!("{cpu} / {cap}")
}

pub(super) fn memory(one: &Sandbox) -> String {
    let memory = one.usage.memory();
    let memory = memory.map_or(UNKNOWN.to_owned(), |bytes| Size(bytes).to_string());
    let cap = inspected(one, one.memory_cap().map(|cap| Size(cap).to_string()));
    format!("{memory} / {cap}")
}

pub(super) fn pids(one: &Sandbox) -> String {
    let pids = one.usage.pids();
    let pids = pids.map_or(UNKNOWN.to_owned(), |pids| pids.to_string());
    let cap = inspected(one, one.pids_cap().map(|cap| cap.to_string()));
    format!("{pids}/{cap}")
}

fn gone_row(one: &Gone) -> Vec<String> {
    let known = |value: Option<String>| value.unwrap_or_else(|| UNKNOWN.to_owned());
    let exit = known(one.exit_code.map(|code| code.to_string()));
    vec![
        one.about.owner.words(),
        one.about.name.clone(),
        known(one.lifetime.map(span)),
        if one.oom { format!("{exit} OOM") } else { exit },
        known(one.peak.map(|bytes| Size(bytes).to_string())),
        known(one.memory_cap.map(|bytes| Size(bytes).to_string())),
        format!("{}/{}", one.ended.made(), one.ended.failed()),
    ]
}

/// Columns as wide as they need to be; the widest is cut where the line is too long for a terminal.
pub(super) fn write_rows(
    head: &[&str],
    rows: &[Vec<String>],
    style: &Style,
    to: &mut dyn Write,
) -> io::Result<()> {
    let mut widths: Vec<usize> = head.iter().map(|word| columns(word)).collect();
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(columns(cell));
        }
    }
    let gaps = 2 * widths.len().saturating_sub(1);
    let over = (widths.iter().sum::<usize>() + gaps).saturating_sub(style.width);
    // A file, and whoever looks for a name in it, has room.
    let over = if style.pretty { over } else { 0 };
    if let Some(widest) = widths.iter_mut().max() {
        *widest = widest.saturating_sub(over).max(12);
    }
    let write = |cells: &mut dyn Iterator<Item = &str>, to: &mut dyn Write, role| {
        let line: Vec<String> = cells
            .zip(&widths)
            .map(|(cell, width)| pad(&cut(cell, *width, style.ascii), *width))
            .collect();
        writeln!(to, "{}", style.paint(role, line.join("  ").trim_end()))
    };
    write(&mut head.iter().copied(), to, Role::Muted)?;
    for row in rows {
        write(&mut row.iter().map(String::as_str), to, Role::Plain)?;
    }
    Ok(())
}

/// `140 ms`, `3.2 s`, `4 min`, `2 h`, `3 d`
pub fn span(span: Duration) -> String {
    match span.as_secs() {
        0 => format!("{} ms", span.as_millis()),
        1..60 => format!("{:.1} s", span.as_secs_f64()),
        60..3600 => format!("{} min", span.as_secs() / 60),
        3600..86_400 => format!("{} h", span.as_secs() / 3600),
        seconds => format!("{} d", seconds / 86_400),
    }
}

/// The same as a document.
pub fn document(model: &Model, now: Moment) -> serde_json::Value {
    serde_json::to_value(Snapshot::of(model, now)).unwrap_or_default()
}
