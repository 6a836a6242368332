//! Which repairs a key means, here and now.

use std::collections::BTreeSet;

use super::Consent;
use crate::checklist::check::Risk;
use crate::fix::repair::{Advice, Plan, Repair};
use crate::tui::app::App;
use crate::tui::keys::{Binding, Command};
use crate::tui::screen::checklist::Cursor;
use crate::tui::view;

/// What the plan has for a check.
#[derive(Default)]
pub struct Offer<'a> {
    pub repairs: Vec<&'a Repair>,
    pub advice: Vec<&'a Advice>,
}

/// What can be done about one check.
pub fn offer<'a>(app: &'a App, id: &str) -> Offer<'a> {
    let Some(plan) = &app.repairs.plan else {
        return Offer::default();
    };
    Offer {
        repairs: plan.repairs.iter().filter(|one| answers(one, id)).collect(),
        advice: plan.advice.iter().filter(|one| one.check == id).collect(),
    }
}

pub fn is_marked(app: &App, index: usize) -> bool {
    let id = app.checklist.check(index).id.as_str();
    app.repairs.marked.contains(id)
}

fn answers(repair: &Repair, id: &str) -> bool {
    repair.check == id || repair.also.iter().any(|also| also == id)
}

/// The ids of the checks under the cursor: one, or all of a step.
pub(super) fn here(app: &App) -> Vec<String> {
    let id = |index: usize| app.checklist.check(index).id.to_string();
    match app.checklist.sight.cursor {
        Cursor::Check(index) => vec![id(index)],
        Cursor::Step(step) => app.checklist.members(step).map(id).collect(),
    }
}

/// The repairs for these checks, with those that they wait for, in the order of the plan.
pub(super) fn of(plan: &Plan, wanted: impl Fn(&Repair) -> bool) -> Vec<Repair> {
    let mut ids: BTreeSet<&str> = BTreeSet::new();
    let mut next: Vec<&Repair> = plan.repairs.iter().filter(|one| wanted(one)).collect();
    while let Some(repair) = next.pop() {
        if ids.insert(&repair.id) {
            let first = |one: &&Repair| repair.waits_for.contains(&one.id);
            next.extend(plan.repairs.iter().filter(first));
        }
    }
    let chosen = plan.repairs.iter();
    let chosen = chosen.filter(|one| ids.contains(one.id.as_str()));
    chosen.cloned().collect()
}

/// The repairs of the checks that are marked; without marks, of those under the cursor.
pub(super) fn chosen(app: &App) -> Vec<Repair> {
    let Some(plan) = &app.repairs.plan else {
        return Vec::new();
    };
    let ids: Vec<String> = if app.repairs.marked.is_empty() {
        here(app)
    } else {
        app.repairs.marked.iter().cloned().collect()
    };
    of(plan, |repair| ids.iter().any(|id| answers(repair, id)))
}

/// One yes covers it.
pub(super) fn is_plain(repair: &Repair) -> bool {
    repair.risk == Risk::Safe && !repair.only_named
}

pub(super) fn safe(app: &App) -> Vec<Repair> {
    let Some(plan) = &app.repairs.plan else {
        return Vec::new();
    };
    // What waits for something wider waits for it to be asked for.
    let all = of(plan, is_plain);
    let ids: Vec<String> = all
        .iter()
        .filter(|one| is_plain(one))
        .map(|one| one.id.clone())
        .collect();
    let covered = |one: &Repair| {
        one.waits_for
            .iter()
            .all(|id| ids.contains(id) || !planned(plan, id))
    };
    all.into_iter()
        .filter(|one| is_plain(one) && covered(one))
        .collect()
}

fn planned(plan: &Plan, id: &str) -> bool {
    plan.repairs.iter().any(|one| one.id == id)
}

impl Consent {
    /// Nothing to ask about = none.
    pub fn about(all: Vec<Repair>) -> Option<Self> {
        let (plain, wider): (Vec<usize>, Vec<usize>) =
            (0..all.len()).partition(|index| is_plain(&all[*index]));
        let mut asks: Vec<Vec<usize>> = wider.into_iter().map(|index| vec![index]).collect();
        if !plain.is_empty() {
            asks.insert(0, plain);
        }
        (!asks.is_empty()).then(|| Self {
            all,
            asks,
            at: 0,
            answers: std::collections::BTreeMap::new(),
        })
    }
}

/// The word of a key in the footer, here and now; none where it would do nothing.
pub fn word(app: &App, binding: &Binding) -> Option<String> {
    let usual = || binding.footer.map(str::to_owned);
    match binding.command {
        Command::Fix => {
            let marked = app.repairs.marked.len();
            if marked > 0 {
                return Some(format!("fix {marked} marked"));
            }
            if !chosen(app).is_empty() {
                return usual();
            }
            let by_hand = here(app).iter().any(|id| !offer(app, id).advice.is_empty());
            let is_check = matches!(app.checklist.sight.cursor, Cursor::Check(_));
            (by_hand && is_check).then(|| "by hand".to_owned())
        }
        Command::Mark => {
            let ids = here(app);
            if ids.iter().all(|id| offer(app, id).repairs.is_empty()) {
                return None;
            }
            if ids.iter().any(|id| app.repairs.marked.contains(id)) {
                return Some("unmark".to_owned());
            }
            usual()
        }
        Command::FixSafe => match safe(app).len() {
            0 => None,
            count => Some(format!("fix {count} safe")),
        },
        Command::Yes if view::talk::goes_on(app) => Some("read on".to_owned()),
        Command::Undo if app.dialog.is_some() => {
            if super::asking::shows_a_run(app) {
                usual()
            } else {
                None
            }
        }
        Command::Undo => app.repairs.past.last.as_ref().and_then(|_| usual()),
        Command::Explain => match app.checklist.sight.cursor {
            Cursor::Check(_) => usual(),
            Cursor::Step(_) => None,
        },
        _ => usual(),
    }
}
