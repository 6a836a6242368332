//! All that is known of the selected one: what it is, how it is shut in, what it uses and used,
//! its calls, its story.
//!
//! ```text
//! main/telegram
//! name     openclaw-sbx-main-7e3a
//! state    ▶ busy, runs for 5m, started in 450ms
//! caps     512 MiB memory, 0.5 CPU, 256 processes
//! danger   holds the engine's socket
//! cpu      0.21 of 0.5 cores
//!          ▁▂▃▅▇█▅▃▂▁ 10m
//! Calls
//!   12s    running for 4s
//!   40s    failed, exit 1, after 0.4s
//! ```

mod graph;

use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::super::put;
use super::Look;
use super::words::{What, Whose, role as news_role};
use crate::checklist::verdict::Level;
use crate::live::call::Call;
use crate::live::event::{Detail, Moment};
use crate::live::sandbox::{Gone, Leaving, Sandbox, State};
use crate::live::usage::Over;
use crate::tui::app::App;
use crate::tui::screen::live::{Doing, Group, Live, STALE, Selected, end_of, id};
use crate::tui::theme::Role;
use crate::tui::widget::figure::{CoreCap, Cores, Percent, Short, Took, rate};
use crate::tui::widget::page::Page;
use crate::units::Size;

/// Calls and notes of the past that are told.
const CALLS: usize = 8;
const NOTES: usize = 12;
/// How far back they are looked for.
const FAR: usize = 2000;
/// As docker ps shows ids.
const ID: usize = 12;

pub fn draw(look: Look<'_>, area: Rect, buffer: &mut Buffer) {
    if area.height == 0 {
        return;
    }
    let lines = lines(look.app, look.live, area.width);
    let shown = lines.into_iter().skip(look.live.sight.scroll);
    for (y, line) in (0..area.height).zip(shown) {
        put(buffer, area, y, line);
    }
}

/// Which lines of how many are on the screen; empty when all are.
pub fn position(app: &App, live: &Live, area: Rect) -> String {
    let all = lines(app, live, area.width).len();
    let height = usize::from(area.height);
    if all <= height {
        return String::new();
    }
    let from = live.sight.scroll;
    format!("{}-{} of {all}", from + 1, (from + height).min(all))
}

/// The whole text in lines of this width.
pub fn lines(app: &App, live: &Live, width: u16) -> Vec<Line<'static>> {
    let look = Look::new(app, live);
    let mut page = Page::new(app.theme, usize::from(width));
    match live.selected() {
        Selected::Nothing => page.text(Role::Muted, 0, "Nothing is selected."),
        Selected::Group(group) => of_group(look, group, &mut page),
        Selected::Standing(one) => of_sandbox(look, one, &mut page),
        Selected::Gone(gone) => of_gone(look, gone, &mut page),
    }
    page.lines
}

fn of_group(look: Look<'_>, group: &Group, page: &mut Page) {
    page.text(Role::Strong, 0, &format!("agent {}", group.name));
    let counts = format!(
        "{}: {} busy, {} starting, {} exited",
        group.sandboxes, group.busy, group.starting, group.exited
    );
    page.field(Role::Plain, "sandboxes", &counts);
    let calls = format!(
        "{} running, {} made, {} failed",
        group.running,
        group.ended.made(),
        group.ended.failed()
    );
    page.field(Role::Plain, "calls", &calls);
    let sum = |sum: Option<String>| sum.unwrap_or_else(|| look.dash().to_owned());
    let cores = sum(group.cores.map(|cores| Cores(cores).to_string()));
    let memory = sum(group.memory.map(|memory| Size(memory).to_string()));
    page.field(Role::Plain, "uses", &format!("{cores} cores, {memory}"));
    if group.unmeasured > 0 {
        let text = match group.unmeasured {
            1 => "1 of them has not been measured yet".to_owned(),
            some => format!("{some} of them have not been measured yet"),
        };
        page.field(Role::Unsure, "", &text);
    }
}

fn of_sandbox(look: Look<'_>, one: &Sandbox, page: &mut Page) {
    page.text(Role::Strong, 0, &Whose(&one.about).to_string());
    page.field(Role::Plain, "name", &one.about.name);
    page.field(Role::Muted, "id", short(one.id()));
    if look.is_stale() {
        let silence = Short(look.live.link_age(look.ours));
        let words = format!("{silence} ago: the engine has not been heard of since");
        page.field(Role::Unsure, "as of", &words);
    }
    state(look, one, page);
    page.field(Role::Plain, "image", &one.image);
    match &one.detail {
        Some(detail) => shut_in(look, one, detail, page),
        None => page.field(Role::Unsure, "caps", "not known yet: it was not inspected"),
    }
    if one.ooms > 0 {
        let last = one.oom.map_or(String::new(), |oom| {
            format!(", last {} ago", Short(look.engine.since(oom)))
        });
        let text = match one.ooms {
            1 => format!("killed for memory once{last}"),
            some => format!("killed for memory {some} times{last}"),
        };
        page.field(Role::Bad, "OOM", &text);
    }
    usage(look, one, page);
    calls(look, one, page);
    story(look, one.id(), page);
}

fn state(look: Look<'_>, one: &Sandbox, page: &mut Page) {
    let doing = Doing::of(one, look.model(), look.last());
    let mut parts = vec![format!("{} {}", look.theme.doing(&doing), doing.word())];
    if let Doing::Exited { code, .. } = doing {
        let code = code.map_or("not known".to_owned(), |code| code.to_string());
        parts.push(format!("exit code {code}"));
        if let Some(died) = one.died {
            parts.push(format!("{} ago", Short(look.engine.since(died))));
        }
    }
    if let Some(uptime) = one.uptime(look.heard()).filter(|_| one.started.is_some()) {
        let span = Short(uptime);
        parts.push(match one.state {
            State::Running => format!("runs for {span}"),
            // Its program stands still.
            State::Paused => format!("started {span} ago"),
            State::Starting | State::Restarting | State::Exited | State::Unknown => {
                format!("ran for {span}")
            }
        });
    }
    page.field(super::cells::role(doing), "state", &parts.join(", "));
    let started = started(one.latency, one.started, "not yet");
    page.field(Role::Plain, "started", &started);
    if let Some(restarts) = one.restarts.all().filter(|restarts| *restarts > 0) {
        page.field(Role::Warn, "restarts", &restarts.to_string());
    }
}

/// `never` of one whose start is not known at all.
fn started(latency: Option<Duration>, started: Option<Moment>, never: &str) -> String {
    match latency {
        Some(latency) => format!("in {} from its creation", Took(latency)),
        None if started.is_some() => "how long that took was not seen".to_owned(),
        None => never.to_owned(),
    }
}

/// Caps, isolation, drift.
fn shut_in(look: Look<'_>, one: &Sandbox, detail: &Detail, page: &mut Page) {
    let standing = &detail.standing;
    let none = || "none".to_owned();
    let memory = one
        .memory_cap()
        .map_or_else(none, |cap| Size(cap).to_string());
    let cpus = one
        .cpu_cap()
        .map_or_else(none, |cap| CoreCap(cap).to_string());
    let pids = one.pids_cap().map_or_else(none, |cap| cap.to_string());
    let caps = format!("memory {memory}, CPU {cpus}, processes {pids}");
    page.field(Role::Plain, "caps", &caps);
    let user = if standing.user.is_empty() {
        "the image's own"
    } else {
        &standing.user
    };
    let root = if standing.read_only_root {
        "read-only"
    } else {
        "writable"
    };
    let isolation = format!(
        "network {}, user {user}, root {root}, capabilities {}",
        standing.network_mode,
        dropped(&standing.cap_drop)
    );
    page.field(Role::Plain, "shut in", &isolation);
    for (level, message) in look.live.posture(one).unwrap_or_default() {
        let (role, name) = match level {
            Level::Fail => (Role::Bad, "DANGER"),
            Level::Warn => (Role::Warn, "weak"),
            Level::Note => (Role::Muted, "note"),
        };
        page.field(role, name, message);
    }
    match &one.drift {
        Some(drift) if drift.is_empty() => {
            page.field(Role::Muted, "drift", "none: as the configuration wants it");
        }
        Some(drift) => {
            for difference in drift {
                page.field(Role::Warn, "drift", difference);
            }
        }
        None => {
            let why = "not known: no settings of its agent to compare it with";
            page.field(Role::Muted, "drift", why);
        }
    }
}

fn dropped(caps: &[String]) -> String {
    if caps.is_empty() {
        "kept".to_owned()
    } else {
        format!("less {}", caps.join(", "))
    }
}

fn usage(look: Look<'_>, one: &Sandbox, page: &mut Page) {
    let usage = &one.usage;
    let Some(age) = usage.age(look.ours) else {
        let why = if one.state.is_alive() {
            "not measured yet"
        } else {
            "it does not run"
        };
        page.field(Role::Muted, "uses", why);
        graphs(look, one, page);
        return;
    };
    if age >= STALE || look.is_stale() {
        page.field(Role::Warn, "measured", &format!("{} ago", Short(age)));
    }
    let cpu = match usage.cpu {
        Some(cpu) => {
            let over = match cpu.over {
                Over::Life => ", the mean since its start".to_owned(),
                Over::Last(span) => format!(", over {}", Took(span)),
            };
            let share = one.cpu_cap().map_or(String::new(), |cap| {
                format!(" = {} of {}", Percent(cpu.cores / cap), CoreCap(cap))
            });
            format!("{} cores{share}{over}", Cores(cpu.cores))
        }
        None => "not known yet".to_owned(),
    };
    page.field(Role::Plain, "cpu", &cpu);
    if let Some(held) = usage.throttled.filter(|held| !held.is_zero()) {
        let text = format!("kept from running for {} of that", Took(held));
        page.field(Role::Warn, "", &text);
    }
    let size = |bytes: Option<u64>| bytes.map_or("?".to_owned(), |bytes| Size(bytes).to_string());
    let share = one.memory_share().map_or(String::new(), |share| {
        format!(" = {} of {}", Percent(share), size(one.memory_cap()))
    });
    let memory = format!("{}{share}, peak {}", size(usage.memory()), size(usage.peak));
    page.field(Role::Plain, "memory", &memory);
    page.field(Role::Plain, "pids", &processes(one));
    let flow = |bytes: Option<f64>| bytes.map_or("?".to_owned(), |b| format!("{}/s", rate(b)));
    let traffic = format!(
        "net in {} out {}, disk read {} written {}",
        flow(usage.received),
        flow(usage.sent),
        flow(usage.disk_read),
        flow(usage.disk_written)
    );
    page.field(Role::Muted, "traffic", &traffic);
    graphs(look, one, page);
}

fn processes(one: &Sandbox) -> String {
    let pids = one.usage.pids();
    let pids = pids.map_or("?".to_owned(), |pids| pids.to_string());
    match one.pids_cap() {
        Some(cap) => format!("{pids} of {cap} processes"),
        None if one.is_inspected() => format!("{pids}, no cap"),
        None => pids,
    }
}

fn graphs(look: Look<'_>, one: &Sandbox, page: &mut Page) {
    if one.usage.history.len() < 2 {
        return;
    }
    let cpu = graph::Graph {
        title: "CPU",
        cap: one.cpu_cap(),
        value: |point| point.cores.map(f64::from),
        label: |cores| format!("{} cores", Cores(cores)),
    };
    let memory = graph::Graph {
        title: "Memory",
        cap: one.memory_cap().map(crate::live::usage::as_float),
        value: |point| point.memory.map(crate::live::usage::as_float),
        label: |bytes| rate(bytes).to_string(),
    };
    cpu.draw(look, one, page);
    memory.draw(look, one, page);
}

fn calls(look: Look<'_>, one: &Sandbox, page: &mut Page) {
    let counts = format!(
        "Calls: {} running, {} made, {} failed",
        one.running.len(),
        one.ended().made(),
        one.ended().failed()
    );
    page.heading(&counts);
    for call in &one.running {
        let since = call
            .started
            .map_or("since before the watching".to_owned(), |started| {
                format!("for {}", Short(look.heard().since(started)))
            });
        let line = page
            .pieces()
            .gap(2)
            .add(Role::Busy, &format!("runs {since}"))
            .gap(2)
            .add(Role::Muted, command(call));
        page.push(line);
    }
    past_calls(look, one.id(), page);
}

fn past_calls(look: Look<'_>, id: &str, page: &mut Page) {
    let past = look.model().past_calls.iter().rev().take(FAR);
    for past in past.filter(|past| past.about.id == id).take(CALLS) {
        let call = &past.call;
        let Some(end) = call.end else { continue };
        let took = call
            .duration()
            .map_or(String::new(), |d| format!(", {}", Took(d)));
        let (role, word) = match (end.oom, end.exit_code) {
            (true, _) => (Role::Bad, "killed for memory (OOM)".to_owned()),
            (false, Some(0)) => (Role::Plain, "ended well".to_owned()),
            (false, Some(code)) => (Role::Warn, format!("failed, exit {code}")),
            (false, None) => (Role::Unsure, "cut off with its sandbox".to_owned()),
        };
        let line = page
            .pieces()
            .gap(2)
            .add(
                Role::Muted,
                &format!("{:>4}", Short(look.engine.since(end.at)).to_string()),
            )
            .gap(2)
            .add(role, &format!("{word}{took}"))
            .gap(2)
            .add(Role::Muted, command(call));
        page.push(line);
    }
}

/// Its command where that was asked for, else by what the engine knows it.
fn command(call: &Call) -> &str {
    call.command.as_deref().unwrap_or_else(|| short(&call.exec))
}

fn short(id: &str) -> &str {
    id.get(..ID).unwrap_or(id)
}

fn story(look: Look<'_>, of: &str, page: &mut Page) {
    page.heading("What happened");
    let entries = look.live.timeline.entries.iter().rev().take(FAR);
    let own: Vec<_> = entries
        .filter(|entry| id(&entry.note) == Some(of))
        .take(NOTES)
        .collect();
    if own.is_empty() {
        page.text(Role::Muted, 2, "nothing was seen yet");
    }
    for entry in own.into_iter().rev() {
        let age = Short(look.engine.since(entry.note.stamp)).to_string();
        let line = page
            .pieces()
            .gap(2)
            .add(Role::Muted, &format!("{age:>4}"))
            .gap(2)
            .add(news_role(&entry.note.what), &What(entry).to_string());
        page.push(line);
    }
}

fn of_gone(look: Look<'_>, gone: &Gone, page: &mut Page) {
    page.text(Role::Strong, 0, &Whose(&gone.about).to_string());
    page.field(Role::Plain, "name", &gone.about.name);
    page.field(Role::Muted, "id", short(&gone.about.id));
    let age = Short(look.engine.since(gone.gone));
    let how = match gone.leaving {
        Leaving::Destroyed => format!("removed {age} ago"),
        Leaving::Vanished if gone.died.is_some() => {
            format!("missed {age} ago: its removal fell into a gap")
        }
        Leaving::Vanished => format!("missed {age} ago: its end fell into a gap"),
    };
    page.field(Role::Plain, "gone", &how);
    let doing = end_of(gone);
    let code = gone
        .exit_code
        .map_or("not known".to_owned(), |code| code.to_string());
    let end = match doing {
        Doing::Exited { oom: true, .. } => {
            format!("exit code {code}; the kernel killed something in it for memory (OOM)")
        }
        _ if gone.exit_code == Some(137) => format!("exit code {code}: killed, no OOM was seen"),
        _ => format!("exit code {code}"),
    };
    page.field(super::cells::role(doing), "end", &end);
    let lived = gone
        .lifetime
        .map_or("not known".to_owned(), |span| Took(span).to_string());
    page.field(Role::Plain, "lived", &lived);
    let started = started(gone.latency, gone.started, "that was not seen");
    page.field(Role::Plain, "started", &started);
    page.field(Role::Plain, "image", &gone.image);
    let size =
        |bytes: Option<u64>| bytes.map_or("not known".to_owned(), |bytes| Size(bytes).to_string());
    let memory = format!("peak {}, cap {}", size(gone.peak), size(gone.memory_cap));
    page.field(Role::Plain, "memory", &memory);
    page.heading(&format!(
        "Calls: {} made, {} failed",
        gone.ended.made(),
        gone.ended.failed()
    ));
    past_calls(look, &gone.about.id, page);
    story(look, &gone.about.id, page);
}
