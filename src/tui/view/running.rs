//! A run of repairs while it happens, and what became of it.
//!
//! ```text
//! ⣾ build the sandbox image openclaw-sandbox:bookworm-slim            2 min 5 s
//!   ⣾ build from clawdoctor's recipe …                                   12.3 s
//!     3f4ca61aafcd  Downloading   ━━━━━━━━━─────────      12 MiB of 40 MiB
//! · switch the sandbox mode on
//! ```

use crate::checklist::verdict::Status;
use crate::fix::outcome::{RepairReport, RepairStatus};
use crate::text::wash;
use crate::tui::app::App;
use crate::tui::keys::{Command, Place};
use crate::tui::mending::{End, Layer, Part, Progress, Stage, Work, WorkState};
use crate::tui::screen::repair::Running;
use crate::tui::theme::Role;
use crate::tui::widget::line::Pieces;
use crate::tui::widget::page::Page;
use crate::tui::widget::text::fit;
use crate::tui::widget::time;
use crate::units::Size;

const LONGEST: usize = 1000;
/// Layers that are drawn at once: those that are at work come first.
const LAYERS: usize = 8;
/// Columns of a layer's bar.
const BAR: usize = 18;

pub fn title(app: &App, asks_to_stop: bool) -> String {
    let Some(run) = &app.repairs.running else {
        return "The run".to_owned();
    };
    if asks_to_stop && run.is_under_way() {
        return "Stop, and take back what is half done?".to_owned();
    }
    let spent = run.ended.unwrap_or(app.now).saturating_sub(run.begun);
    let elapsed = time::elapsed(spent);
    match (&run.progress.end, run.is_under_way(), run.is_stopping) {
        (_, true, true) => format!("Stopping, {elapsed}"),
        (_, true, false) => format!("At work, {elapsed}"),
        (Some(End::Failed { .. }), false, _) => "It did not go well".to_owned(),
        (Some(End::Stopped), false, _) => format!("Stopped after {elapsed}"),
        (Some(End::Done { .. }) | None, false, _) => format!("Done in {elapsed}"),
    }
}

/// The text, and the line at which the work is.
pub fn run(app: &App, asks_to_stop: bool, page: &mut Page) -> usize {
    let Some(run) = &app.repairs.running else {
        return 0;
    };
    if asks_to_stop && run.is_under_way() {
        page.text(Role::Warn, 0, "What is done and proven stays. The step that is under way is finished or taken back, and the journal says so.");
        page.gap();
    }
    let progress = &run.progress;
    let mut at = 0;
    for part in &progress.parts {
        if matches!(part.stage, Stage::Runs | Stage::Checked) {
            at = page.lines.len();
        }
        one(app, run, part, page);
    }
    for note in &progress.notes {
        page.text(Role::Plain, 0, note);
    }
    if run.is_under_way() {
        if let Some(phase) = &progress.phase {
            at = page.lines.len();
            busy(app, page, phase);
        }
        if progress.parts.is_empty() && progress.phase.is_none() {
            busy(app, page, "beginning");
        }
        return at;
    }
    ended(app, progress, page);
    0
}

fn busy(app: &App, page: &mut Page, words: &str) {
    let line = page.pieces().add(Role::Busy, app.theme.spinner(app.now));
    page.push(line.gap(1).add(Role::Plain, words));
}

/// A repair with its steps; when it is over, what became of it and why.
fn one(app: &App, run: &Running, part: &Part, page: &mut Page) {
    let (role, mark, words) = match &part.stage {
        Stage::Waits => (Role::Muted, app.theme.waiting(), String::new()),
        Stage::Runs | Stage::Checked if !run.is_under_way() => {
            let status = match &run.progress.end {
                Some(End::Done { .. }) => Status::Pass,
                Some(End::Failed { .. }) => Status::Fail,
                Some(End::Stopped) | None => Status::Skip,
            };
            let (role, mark) = (crate::tui::theme::role(status), app.theme.mark(status));
            (role, mark, String::new())
        }
        Stage::Runs => (Role::Busy, app.theme.spinner(app.now), String::new()),
        Stage::Checked => (
            Role::Busy,
            app.theme.spinner(app.now),
            "being proven".to_owned(),
        ),
        Stage::Became(report) => {
            let status = weight(report);
            let words = report.words().to_owned();
            (
                crate::tui::theme::role(status),
                app.theme.mark(status),
                words,
            )
        }
    };
    let width = page.width;
    let right = Pieces::new(app.theme, width).add(role, &words);
    let head = page.pieces().add(role, mark).gap(1);
    let fits = head.used() + part.title.chars().count() + 2 + right.used() <= width;
    let head = head.add(Role::Strong, &part.title);
    if fits || words.is_empty() {
        page.push(head.right(right));
    } else {
        page.push(head);
        page.text(role, 2, &words);
    }
    for work in &part.steps {
        step(app, run, work, page);
    }
    // A step that failed has said why.
    let said = |why: &str| {
        let mut steps = part.steps.iter();
        steps.any(|work| matches!(&work.state, WorkState::Failed(words) if words == why))
    };
    if let Stage::Became(report) = &part.stage
        && let Some(message) = &report.message
        && !said(message)
    {
        page.text(Role::Plain, 2, &wash(message, LONGEST));
    }
}

/// How what became of a repair weighs, as a verdict does.
fn weight(report: &RepairReport) -> Status {
    match report.status {
        RepairStatus::Fixed | RepairStatus::Already => Status::Pass,
        RepairStatus::Applied if report.verified == Some(Status::Skip) => Status::Pass,
        RepairStatus::Applied => Status::Warn,
        RepairStatus::Planned
        | RepairStatus::Declined
        | RepairStatus::NotAllowed
        | RepairStatus::Waits => Status::Skip,
        RepairStatus::Refused | RepairStatus::RolledBack | RepairStatus::Stuck => Status::Fail,
    }
}

fn step(app: &App, run: &Running, work: &Work, page: &mut Page) {
    let theme = app.theme;
    let mark = |status| theme.mark(status);
    let (role, mark, why) = match &work.state {
        WorkState::Runs if run.is_under_way() => (Role::Busy, theme.spinner(app.now), None),
        WorkState::Waits | WorkState::Runs => (Role::Muted, theme.waiting(), None),
        WorkState::Already => (Role::Muted, mark(Status::Pass), Some("stood so already")),
        WorkState::Done => (Role::Good, mark(Status::Pass), None),
        WorkState::Failed(why) | WorkState::NotTakenBack(why) => {
            (Role::Bad, mark(Status::Fail), Some(why.as_str()))
        }
        WorkState::TakenBack => (Role::Plain, mark(Status::Pass), Some("taken back")),
        WorkState::Stays(why) => (Role::Warn, mark(Status::Warn), Some(why.as_str())),
    };
    let line = page.pieces().gap(2).add(role, mark).gap(1);
    let runs = work.state == WorkState::Runs && run.is_under_way();
    let spent = if runs {
        time::elapsed(app.now.saturating_sub(run.since))
    } else {
        String::new()
    };
    let right = Pieces::new(theme, page.width).add(Role::Busy, &spent);
    let room = line.room().saturating_sub(right.used() + 2);
    let mut lines = crate::tui::widget::text::wrap(&work.effect, room.max(8), 0).into_iter();
    let first = lines.next().unwrap_or_default();
    page.push(line.add(Role::Plain, &first).right(right));
    for line in lines {
        page.text(Role::Plain, 4, &line);
    }
    if let Some(why) = why {
        page.text(role, 4, why);
    }
    if runs {
        live(app, &run.progress, page);
    }
}

/// What a step that is under way tells of itself.
fn live(app: &App, progress: &Progress, page: &mut Page) {
    if let Some(waiting) = &progress.waiting {
        page.text(Role::Muted, 4, waiting);
    }
    let is_done = |layer: &&Layer| matches!(layer.state.as_str(), "done" | "already there");
    let done = progress.layers.iter().filter(is_done).count();
    if !progress.layers.is_empty() {
        let words = format!("{done} of {} layers", progress.layers.len());
        page.text(Role::Muted, 4, &words);
    }
    let at_work = progress.layers.iter().filter(|layer| !is_done(layer));
    for layer in at_work.take(LAYERS) {
        let line = page
            .pieces()
            .gap(4)
            .add(Role::Plain, &fit(&layer.name, 14, app.theme.ellipsis()))
            .add(Role::Muted, &fit(&layer.state, 13, app.theme.ellipsis()));
        let line = match (layer.current, layer.total) {
            (Some(current), Some(total)) if total > 0 => {
                let done = u64::try_from(BAR).unwrap_or(0) * current.min(total) / total;
                let bar = app.theme.bar(usize::try_from(done).unwrap_or(0), BAR);
                let sizes = format!("  {} of {}", Size(current), Size(total));
                line.add(Role::Busy, &bar).add(Role::Plain, &sizes)
            }
            (Some(current), _) if current > 0 => line.add(Role::Plain, &Size(current).to_string()),
            _ => line,
        };
        page.push(line);
    }
    for text in &progress.lines {
        page.push(page.pieces().gap(4).add(Role::Muted, text));
    }
}

fn ended(app: &App, progress: &Progress, page: &mut Page) {
    page.gap();
    match &progress.end {
        Some(End::Done { restarts, words }) => {
            page.text(Role::Strong, 0, words);
            for restart in restarts {
                page.field(Role::Code, "then", restart.words());
            }
        }
        Some(End::Stopped) => {
            let words = "Stopped. What was half done is finished or taken back.";
            page.text(Role::Strong, 0, words);
        }
        Some(End::Failed { words, hints }) => {
            page.text(Role::Bad, 0, &wash(words, LONGEST));
            for hint in hints {
                page.field(Role::Code, "next", &wash(hint, LONGEST));
            }
        }
        None => {}
    }
    if let Some(run) = &progress.run {
        let key = app.keys.first(Place::Reading, Command::Undo);
        let key = key.map_or(String::new(), |key| format!(": {key}"));
        let words = format!("The run {run} can be taken back{key}.");
        page.text(Role::Muted, 0, &words);
    }
}
