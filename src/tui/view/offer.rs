//! What a repair does, costs and needs, and what takes it back: all that is shown of it before it
//! is asked for. The words are those of the plan on the command line.

use crate::checklist::check::Risk;
use crate::fix::repair::{Advice, Found, Repair, risk_word, risk_words};
use crate::fix::words;
use crate::text::wash;
use crate::tui::app::App;
use crate::tui::screen::repair;
use crate::tui::theme::Role;
use crate::tui::widget::page::Page;

/// Characters of a title, a path, a command: they name things of others.
const LONGEST: usize = 1000;

/// What can be done about a check: its repairs, or why it is for a person to do.
pub fn offer(app: &App, index: usize, page: &mut Page) {
    let check = app.checklist.check(index);
    let offer = repair::offer(app, check.id.as_str());
    if !offer.repairs.is_empty() {
        page.heading("What its repair does");
    }
    for (index, repair) in offer.repairs.iter().enumerate() {
        if index > 0 {
            page.gap();
        }
        one(page, repair, &[]);
    }
    if !offer.advice.is_empty() {
        page.heading("To be done by hand");
    }
    for advice in offer.advice {
        by_hand(page, advice);
    }
}

fn by_hand(page: &mut Page, advice: &Advice) {
    page.field(Role::Plain, "why", &wash(&advice.why, LONGEST));
    for line in &advice.lines {
        page.field(Role::Code, "do", &wash(line, LONGEST));
    }
}

pub fn role(risk: Risk) -> Role {
    match risk {
        Risk::Safe => Role::Good,
        Risk::Behaviour | Risk::Restart => Role::Warn,
        Risk::Data | Risk::Security => Role::Bad,
    }
}

/// All of one repair, whole: nothing is cut. With what it is for, where that does not stand there.
pub fn one(page: &mut Page, repair: &Repair, found: &[Found]) {
    page.text(Role::Strong, 2, &wash(&repair.title, LONGEST));
    let class = format!("{}: {}", risk_word(repair.risk), risk_words(repair.risk));
    page.field(role(repair.risk), "class", &class);
    for found in found {
        page.field(Role::Plain, "for", &wash(&found.message, LONGEST));
    }
    for step in &repair.steps {
        page.field(Role::Plain, "does", &wash(&words::effect(step), LONGEST));
        for command in words::commands(step) {
            page.verbatim(Role::Code, "as", &wash(&command, LONGEST));
        }
        for line in words::difference(step) {
            let role = match line.chars().next() {
                Some('+') => Role::Good,
                Some('-') => Role::Bad,
                _ => Role::Muted,
            };
            page.verbatim(role, "", &wash(&line, LONGEST));
        }
    }
    if !repair.cost.is_empty() {
        page.field(Role::Plain, "cost", &wash(&repair.cost, LONGEST));
    }
    if !repair.needs.is_empty() {
        let needs: Vec<&str> = repair.needs.iter().map(|need| need.words()).collect();
        page.field(Role::Plain, "needs", &needs.join(", "));
    }
    if !repair.waits_for.is_empty() {
        let first = wash(&repair.waits_for.join(", "), LONGEST);
        page.field(Role::Plain, "after", &first);
    }
    if let Some(restart) = repair.restart {
        page.field(Role::Warn, "then", restart.words());
    }
    match &repair.undo {
        Some(undo) => page.field(Role::Plain, "undo", &wash(undo, LONGEST)),
        None => page.field(Role::Warn, "undo", "cannot be taken back by clawdoctor"),
    }
}
