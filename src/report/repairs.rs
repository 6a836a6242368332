//! Plans and what became of them, for a person to read: what each repair does, what it costs, and
//! what takes it back, before anything is asked.

use std::io;

use super::style::{Mark, Role, Style};
use super::text::page::Page;
use crate::checklist::run::short;
use crate::checklist::verdict::Status;
use crate::fix::outcome::{FixConclusion, FixReport, RepairReport, RepairStatus};
use crate::fix::repair::{Advice, Moment, Plan, Repair, risk_word, risk_words};
use crate::fix::words::{self, Undoing};
use crate::text::wash;

/// Characters of a title or an id: they name images, volumes and files of others.
const LONGEST: usize = 400;

/// Lines of a difference that are shown; the rest is counted. The whole of it is in `--json`.
const MOST_LINES: usize = 40;

/// A plan: every repair whole, then what is left to a person.
pub fn plan(
    plan: &Plan,
    allow: impl Fn(&Repair) -> Option<String>,
    style: &Style,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let mut page = Page::new(style, out);
    let at = |when: Moment| plan.advice.iter().filter(move |one| one.when == when);
    advice(&mut page, "First, by hand", at(Moment::Before))?;
    for (index, repair) in plan.repairs.iter().enumerate() {
        let title = format!("{}. {}", index + 1, repair.title);
        let title = page.paint(Role::Strong, &wash(&title, LONGEST));
        let risk = page.paint(risk_role(repair), risk_word(repair.risk));
        page.line(&format!("{title}  {risk}"))?;
        one(&mut page, repair, allow(repair).as_deref())?;
        page.line("")?;
    }
    advice(&mut page, "By hand", at(Moment::Besides))
}

fn risk_role(repair: &Repair) -> Role {
    use crate::checklist::check::Risk;
    match repair.risk {
        Risk::Safe => Role::Good,
        Risk::Behaviour | Risk::Restart => Role::Warn,
        Risk::Data | Risk::Security => Role::Bad,
    }
}

fn one(page: &mut Page<'_>, repair: &Repair, allow: Option<&str>) -> io::Result<()> {
    const INDENT: usize = 3;
    for found in &repair.findings {
        page.entry(INDENT, "for", &found.message, Role::Plain)?;
    }
    for step in &repair.steps {
        page.entry(INDENT, "does", &words::effect(step), Role::Plain)?;
        for command in words::commands(step) {
            page.entry(INDENT, "as", &command, Role::Code)?;
        }
        let lines = words::difference(step);
        for line in lines.iter().take(MOST_LINES) {
            let role = match line.chars().next() {
                Some('+') => Role::Good,
                Some('-') => Role::Bad,
                _ => Role::Muted,
            };
            page.entry(INDENT, "", line, role)?;
        }
        if lines.len() > MOST_LINES {
            let more = format!("{} more lines", lines.len() - MOST_LINES);
            page.entry(INDENT, "", &more, Role::Muted)?;
        }
    }
    if !repair.cost.is_empty() {
        page.entry(INDENT, "cost", &repair.cost, Role::Plain)?;
    }
    if !repair.needs.is_empty() {
        let needs: Vec<&str> = repair.needs.iter().map(|need| need.words()).collect();
        page.entry(INDENT, "needs", &needs.join(", "), Role::Plain)?;
    }
    if !repair.waits_for.is_empty() {
        page.entry(INDENT, "after", &repair.waits_for.join(", "), Role::Plain)?;
    }
    let undo = repair
        .undo
        .as_deref()
        .unwrap_or("cannot be taken back by clawdoctor");
    page.entry(INDENT, "undo", undo, Role::Plain)?;
    let class = format!("{}: {}", risk_word(repair.risk), risk_words(repair.risk));
    page.entry(INDENT, "class", &class, Role::Muted)?;
    if let Some(allow) = allow {
        page.entry(INDENT, "allow", allow, Role::Code)?;
    }
    Ok(())
}

fn advice<'a>(
    page: &mut Page<'_>,
    title: &str,
    all: impl Iterator<Item = &'a Advice>,
) -> io::Result<()> {
    let mut all = all.peekable();
    if all.peek().is_none() {
        return Ok(());
    }
    let title = page.paint(Role::Title, title);
    page.line(&title)?;
    for advice in all {
        let id = page.paint(Role::Strong, &wash(&advice.check, LONGEST));
        page.line(&format!("   {id}"))?;
        for found in &advice.findings {
            page.paragraph(5, &found.message, Role::Plain)?;
        }
        page.entry(5, "why", &advice.why, Role::Muted)?;
        for line in &advice.lines {
            page.entry(5, "do", line, Role::Plain)?;
        }
    }
    page.line("")
}

/// What became of one repair, on a line.
pub fn became(repair: &RepairReport, style: &Style, out: &mut dyn io::Write) -> io::Result<()> {
    let mut page = Page::new(style, out);
    let mark = match repair.status {
        RepairStatus::Fixed | RepairStatus::Already => Mark::Pass,
        RepairStatus::Applied if repair.verified == Some(Status::Skip) => Mark::Pass,
        RepairStatus::Applied => Mark::Warn,
        RepairStatus::Planned
        | RepairStatus::Declined
        | RepairStatus::NotAllowed
        | RepairStatus::Waits => Mark::Skip,
        RepairStatus::Refused | RepairStatus::RolledBack | RepairStatus::Stuck => Mark::Fail,
    };
    let words = repair.words();
    let id = page.paint(Role::Strong, &wash(&repair.id, LONGEST));
    page.line(&format!("{} {id}  {words}", style.mark(mark)))?;
    let indent = style.mark_width() + 1;
    if let Some(message) = &repair.message {
        page.paragraph(indent, message, Role::Plain)?;
    }
    if let Some(allow) = &repair.allow {
        page.entry(indent, "allow", allow, Role::Code)?;
    }
    Ok(())
}

/// What `undo` would do, in its order.
pub fn undoing(steps: &[Undoing], style: &Style, out: &mut dyn io::Write) -> io::Result<()> {
    let mut page = Page::new(style, out);
    let title = page.paint(Role::Title, "To take back, in this order");
    page.line(&title)?;
    for (index, step) in steps.iter().enumerate() {
        page.entry(2, &format!("{}.", index + 1), &step.effect, Role::Plain)?;
        if let Some(elsewhere) = &step.elsewhere {
            page.entry(5, "at", elsewhere, Role::Plain)?;
        }
        if let Some(stays) = &step.stays {
            page.entry(5, "stays", stays, Role::Warn)?;
        }
    }
    Ok(())
}

/// The end of a run: what remains, and what to type next.
pub fn end(fix: &FixReport, style: &Style, out: &mut dyn io::Write) -> io::Result<()> {
    let mut page = Page::new(style, out);
    let remaining: Vec<_> = fix
        .findings
        .iter()
        .filter(|finding| finding.severity >= fix.fail_on)
        // A plan has shown those that it has an answer to.
        .filter(|finding| {
            fix.conclusion != FixConclusion::Planned || !has_answer(fix, finding.check())
        })
        .collect();
    // A plan ends with an empty line of its own.
    if fix.conclusion != FixConclusion::Planned {
        page.line("")?;
    }
    let (role, words) = match fix.conclusion {
        FixConclusion::Clean => (Role::Good, clean(fix.findings.len())),
        FixConclusion::Remains => (Role::Bad, remains(remaining.len())),
        FixConclusion::Failed => (Role::Bad, "Not everything went well.".to_owned()),
        FixConclusion::Incomplete => (
            Role::Bad,
            format!("Could not be determined: {}.", undetermined(fix)),
        ),
        FixConclusion::RestartNeeded => {
            (Role::Warn, "Done, and in force after a restart.".to_owned())
        }
        FixConclusion::Planned => (Role::Plain, "Nothing was changed.".to_owned()),
        FixConclusion::Interrupted => (Role::Bad, "Interrupted.".to_owned()),
    };
    let words = page.paint(role, &words);
    page.line(&words)?;
    if fix.conclusion == FixConclusion::Planned && !remaining.is_empty() {
        page.line("Left as found:")?;
    }
    for finding in &remaining {
        let id = short(&finding.check_id);
        page.paragraph(2, &format!("{id}: {}", finding.message), Role::Plain)?;
    }
    for restart in &fix.needs_restart {
        page.entry(2, "then", restart.words(), Role::Code)?;
    }
    if let Some(run) = &fix.run_id
        && fix.changed
    {
        page.entry(0, "undo:", &format!("clawdoctor undo {run}"), Role::Code)?;
    }
    Ok(())
}

/// Whether a repair or an advice of the plan is about this check.
fn has_answer(fix: &FixReport, check_id: &str) -> bool {
    fix.repairs.iter().any(|repair| {
        repair.check_id == check_id || repair.also_check_ids.iter().any(|id| id == check_id)
    }) || fix.advice.iter().any(|advice| advice.check_id == check_id)
}

fn undetermined(fix: &FixReport) -> String {
    let ids: Vec<&str> = fix.undetermined.iter().map(|id| short(id)).collect();
    ids.join(", ")
}

/// What is below the threshold is told with the advice, and is still there.
fn clean(below: usize) -> String {
    match below {
        0 => "Nothing is left to fix.".to_owned(),
        1 => "Nothing that fails is left; 1 smaller finding stays.".to_owned(),
        below => format!("Nothing that fails is left; {below} smaller findings stay."),
    }
}

fn remains(count: usize) -> String {
    match count {
        1 => "1 problem remains.".to_owned(),
        count => format!("{count} problems remain."),
    }
}
