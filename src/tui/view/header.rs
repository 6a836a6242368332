//! Which node this is, what came of all checks together, and when.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::put;
use super::state::{Counts, counts, worst};
use crate::checklist::report::{Outcome, Report};
use crate::checklist::run;
use crate::checklist::verdict::SkipReason;
use crate::exit;
use crate::tui::app::App;
use crate::tui::gathering::Ended;
use crate::tui::keys::{Command, Place};
use crate::tui::screen::checklist::Tally;
use crate::tui::theme::Role;
use crate::tui::widget::line::Pieces;
use crate::tui::widget::time;

pub fn draw(app: &App, area: Rect, buffer: &mut Buffer) {
    if area.height < 2 {
        let width = usize::from(area.width);
        let tabs = super::tabs::digits(app);
        let mark = mark(app);
        let room = width.saturating_sub(tabs.used() + mark.used() + 1);
        let line = Pieces::new(app.theme, width)
            .join(mark)
            .join(verdict(app, room));
        put(buffer, area, 0, line.right(tabs).line());
        return;
    }
    let width = usize::from(area.width);
    let node = Pieces::new(app.theme, width)
        .add(Role::Strong, "clawdoctor")
        .gap(2)
        .add(Role::Plain, &node(app));
    put(buffer, area, 0, node.line());
    put(buffer, area, 1, verdict(app, width).line());
}

/// `demo  `, where the node is a recorded one.
fn mark(app: &App) -> Pieces {
    let mark = Pieces::new(app.theme, 6);
    if app.is_demo {
        mark.add(Role::Warn, "demo").gap(2)
    } else {
        mark
    }
}

/// The essence, where there is room for nothing else.
pub fn tiny(app: &App, area: Rect, buffer: &mut Buffer) {
    let width = usize::from(area.width);
    let tally = tally(app);
    let marks = counts(app, tally, Counts::Marks, usize::MAX);
    let pieces = Pieces::new(app.theme, width);
    let line = if app.report.is_none() && app.gathering.running_since().is_some() {
        pieces.add(Role::Busy, app.theme.spinner(app.now))
    } else if marks.used() <= width {
        pieces.join(marks)
    } else {
        pieces.join(worst(app, tally))
    };
    put(buffer, area, 0, line.line());
    let note = Pieces::new(app.theme, width)
        .join(mark(app))
        .add(Role::Muted, "too small");
    put(buffer, area, 1, note.line());
}

fn tally(app: &App) -> Tally {
    app.checklist.tally(app.checklist.visible(), &app.gathering)
}

fn node(app: &App) -> String {
    let node = &app.node;
    let word = |text: &Option<String>| text.clone().unwrap_or_default();
    let os = match node.os.as_deref() {
        Some("macos") => "macOS".to_owned(),
        Some("linux") => "Linux".to_owned(),
        Some(other) => other.to_owned(),
        None => String::new(),
    };
    let parts = [
        [os, word(&node.os_version), word(&node.arch)].join(" "),
        [
            provider(node.runtime.as_deref()),
            word(&node.runtime_version),
        ]
        .join(" "),
        node.openclaw_version
            .as_ref()
            .map_or(String::new(), |version| format!("OpenClaw {version}")),
    ];
    let parts: Vec<String> = parts
        .iter()
        .map(|part| part.split_whitespace().collect::<Vec<_>>().join(" "))
        .filter(|part| !part.is_empty())
        .collect();
    parts.join(app.theme.separator())
}

fn provider(word: Option<&str>) -> String {
    match word {
        None => "",
        Some("docker-desktop") => "Docker Desktop",
        Some("orbstack") => "OrbStack",
        Some("colima") => "Colima",
        Some("rancher-desktop") => "Rancher Desktop",
        Some("podman") => "Podman",
        Some("lima") => "Lima",
        Some("linux-engine") => "Docker Engine",
        Some(_) => "unrecognised engine",
    }
    .to_owned()
}

/// What the last whole gathering comes to. An unfinished one comes to nothing yet.
fn conclusion(app: &App, report: Option<&Report>) -> (Role, &'static str) {
    let Some(report) = report else {
        return match app.gathering.ended() {
            Some(_) => (Role::Unsure, "UNKNOWN"),
            None => (Role::Busy, "CHECKING"),
        };
    };
    match run::exit_code(report) {
        // With --passive no sandbox was started: nothing is wrong, and nothing is proven.
        exit::CLEAN
            if report
                .checks
                .iter()
                .any(|one| one.required && was_not_asked(one)) =>
        {
            (Role::Unsure, "NOT PROVEN")
        }
        exit::CLEAN if report.summary.warn + report.summary.fail + report.summary.error > 0 => {
            (Role::Warn, "READY, with warnings")
        }
        exit::CLEAN => (Role::Good, "READY"),
        exit::FINDINGS => (Role::Bad, "NOT READY"),
        _ => (Role::Unsure, "NOT PROVEN"),
    }
}

fn was_not_asked(one: &Outcome) -> bool {
    one.skip_reason == Some(SkipReason::NotSelected)
}

fn verdict(app: &App, width: usize) -> Pieces {
    let tally = tally(app);
    let (role, word) = conclusion(app, app.report.as_deref());
    let head = Pieces::new(app.theme, width).add(role, word).gap(2);
    let ways = [
        (Counts::Words, Timing::Long),
        (Counts::Words, Timing::Short),
        (Counts::Marks, Timing::Long),
        (Counts::Marks, Timing::Short),
    ];
    for (how, long) in ways {
        let marks = counts(app, tally, how, width);
        let timing = timing(app, tally, long, width);
        if marks.used() + timing.used() < head.room() {
            return head.join(marks).right(timing);
        }
    }
    head.join(counts(app, tally, Counts::Marks, width))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Timing {
    Long,
    Short,
}

fn timing(app: &App, tally: Tally, how: Timing, width: usize) -> Pieces {
    let pieces = Pieces::new(app.theme, width);
    if let Some(since) = app.gathering.running_since() {
        let done = tally.all - tally.unsettled;
        let elapsed = time::elapsed(app.now.saturating_sub(since));
        let word = if app.gathering.round > 1 && how == Timing::Long {
            "rechecking "
        } else {
            ""
        };
        let text = format!("{word}{done} of {}  {elapsed} ", tally.all);
        return pieces
            .add(Role::Plain, &text)
            .add(Role::Busy, app.theme.spinner(app.now));
    }
    match (app.gathering.ended(), how) {
        (None, _) => pieces,
        (Some(Ended { broke: Some(_), .. }), Timing::Long) => {
            let place = Place::main(app.screen);
            let key = [Command::Recheck, Command::RecheckAll]
                .into_iter()
                .find_map(|command| app.keys.first(place, command));
            let press = key.map_or(String::new(), |key| format!(", press {key}"));
            pieces.add(Role::Bad, &format!("the last check broke off{press}"))
        }
        (Some(Ended { broke: Some(_), .. }), Timing::Short) => pieces.add(Role::Bad, "broke off"),
        (Some(Ended { at, took, .. }), how) => {
            let age = time::age(app.now.saturating_sub(*at));
            let text = match how {
                Timing::Long => format!("checked {age}, took {}", time::took(*took)),
                Timing::Short => age,
            };
            pieces.add(Role::Muted, &text)
        }
    }
}
