//! The checklist: what each check was told, what of it is shown, and where the cursor is.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::checklist::catalog::Catalog;
use crate::checklist::check::{Check, Step};
use crate::checklist::report::{Finding, Outcome, Report};
use crate::checklist::verdict::{SkipReason, Status};
use crate::facts::Section;
use crate::tui::gathering::{Gathering, Live};
use crate::tui::keys::Place;

pub struct Checklist {
    pub catalog: Arc<Catalog>,
    /// One for each check of the catalogue, in its order.
    pub items: Vec<Item>,
    pub sight: Sight,
}

/// One check as the screen knows it.
pub struct Item {
    /// The user asked for it; another is shown only when it was told (it blocks one of these).
    selected: bool,
    own: Vec<Section>,
    /// Its own sections and those of all that it needs: only then is its verdict final.
    all: Vec<Section>,
    pub told: Option<Told>,
}

/// The last final verdict, which stays while it is being refreshed.
#[derive(Clone, Debug)]
pub struct Told {
    pub outcome: Outcome,
    pub findings: Vec<Finding>,
    pub waived: Vec<Finding>,
    pub at: Duration,
    round: u32,
}

/// What the user looks at: changes here are changes of the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sight {
    pub cursor: Cursor,
    /// The user has moved the cursor, so that it is not moved for them any more.
    pub led: bool,
    pub focus: Pane,
    pub folds: BTreeMap<Step, Fold>,
    pub show: Show,
    pub filter: Option<Filter>,
    /// The first row of the list that is on the screen.
    pub top: usize,
    /// The first line of the detail that is on the screen.
    pub scroll: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cursor {
    Step(Step),
    /// Index into the catalogue.
    Check(usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pane {
    List,
    Detail,
}

/// What the user did to a step; without it a step shows what needs attention.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fold {
    Open,
    Closed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Show {
    Attention,
    All,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    pub text: String,
    pub typing: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Row {
    Step { step: Step, open: bool },
    Check(usize),
}

impl Row {
    pub fn cursor(self) -> Cursor {
        match self {
            Self::Step { step, .. } => Cursor::Step(step),
            Self::Check(index) => Cursor::Check(index),
        }
    }
}

/// How many checks of a group are in which state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub all: usize,
    pub pass: usize,
    pub warn: usize,
    pub fail: usize,
    pub skip: usize,
    pub error: usize,
    /// Nothing known yet.
    pub open: usize,
    /// Not final in this round, whether an older verdict is there or not.
    pub unsettled: usize,
}

impl Tally {
    pub fn of(self, status: Status) -> usize {
        match status {
            Status::Pass => self.pass,
            Status::Warn => self.warn,
            Status::Fail => self.fail,
            Status::Skip => self.skip,
            Status::Error => self.error,
        }
    }
}

impl Item {
    pub fn live(&self, gathering: &Gathering) -> Live {
        match &self.told {
            Some(told) if told.round == gathering.round => Live::Settled,
            Some(_) | None => gathering.live(&self.own, &self.all),
        }
    }

    /// Not to be shown: neither asked for nor told.
    fn hidden(&self) -> bool {
        !self.selected && self.told.is_none()
    }

    pub fn is_problem(&self) -> bool {
        self.told.as_ref().is_some_and(|told| {
            matches!(
                told.outcome.status,
                Status::Fail | Status::Warn | Status::Error
            )
        })
    }
}

impl Checklist {
    pub fn new(catalog: Arc<Catalog>, selected: impl Fn(&Check) -> bool) -> Self {
        let item = |check: &Check| Item {
            selected: selected(check),
            own: check.spec.judge.sections().to_vec(),
            all: catalog
                .sections(&catalog.closure([check.id.clone()]))
                .into_keys()
                .collect(),
            told: None,
        };
        let items: Vec<Item> = catalog.checks().iter().map(item).collect();
        let mut checklist = Self {
            catalog,
            items,
            sight: Sight {
                cursor: Cursor::Step(Step::Prerequisites),
                led: false,
                focus: Pane::List,
                folds: BTreeMap::new(),
                show: Show::Attention,
                filter: None,
                top: 0,
                scroll: 0,
            },
        };
        checklist.go_to_row(|_| 0);
        checklist
    }

    pub fn check(&self, index: usize) -> &Check {
        &self.catalog.checks()[index]
    }

    /// Takes over from a report what is final. `gathering` knows the sections that are there.
    pub fn tell(&mut self, report: &Report, gathering: &Gathering, now: Duration) {
        for (item, check) in self.items.iter_mut().zip(self.catalog.checks()) {
            let is_final = gathering.live(&item.own, &item.all) == Live::Settled;
            if !is_final || !gathering.refreshes(&item.all) {
                continue;
            }
            let id = check.id.full();
            let Some(outcome) = report.checks.iter().find(|one| one.check_id == id) else {
                continue;
            };
            if !item.selected && outcome.skip_reason == Some(SkipReason::NotSelected) {
                item.told = None;
                continue;
            }
            let of = |findings: &[Finding]| {
                let own = findings.iter().filter(|finding| finding.check() == id);
                own.cloned().collect()
            };
            item.told = Some(Told {
                outcome: outcome.clone(),
                findings: of(&report.findings),
                waived: of(&report.suppressed_findings),
                at: now,
                round: gathering.round,
            });
        }
    }

    /// Whether the report of a round that asked for a part only tells something new of the rest:
    /// then all of it has to be asked again.
    pub fn reaches_beyond(&self, report: &Report, gathering: &Gathering) -> bool {
        let mut items = self.items.iter().zip(self.catalog.checks());
        items.any(|(item, check)| {
            let id = check.id.full();
            let now = report.checks.iter().find(|one| one.check_id == id);
            let then = item.told.as_ref();
            !gathering.refreshes(&item.all)
                && then.map(|told| told.outcome.status) != now.map(|one| one.status)
                && !item.hidden()
        })
    }

    /// Leads the eye to what is wrong, unless the user has taken the cursor.
    pub fn lead(&mut self) {
        if self.sight.led {
            return;
        }
        let with = |status: Status| {
            self.items.iter().position(|item| {
                item.told
                    .as_ref()
                    .is_some_and(|told| told.outcome.status == status)
            })
        };
        let worst = with(Status::Fail)
            .or_else(|| with(Status::Error))
            .or_else(|| with(Status::Warn));
        if let Some(index) = worst {
            self.sight.cursor = Cursor::Check(index);
        }
    }

    pub fn members(&self, step: Step) -> impl Iterator<Item = usize> {
        let checks = self.catalog.checks().iter().enumerate();
        checks
            .filter(move |(index, check)| check.spec.step == step && !self.items[*index].hidden())
            .map(|(index, _)| index)
    }

    pub fn visible(&self) -> impl Iterator<Item = usize> {
        (0..self.items.len()).filter(|index| !self.items[*index].hidden())
    }

    pub fn matches(&self, index: usize) -> bool {
        let Some(filter) = &self.sight.filter else {
            return true;
        };
        let wanted = filter.text.to_lowercase();
        let check = self.check(index);
        check.id.as_str().contains(&wanted) || check.spec.title.to_lowercase().contains(&wanted)
    }

    /// What the list shows, from the top.
    pub fn rows(&self) -> Vec<Row> {
        let mut rows = Vec::with_capacity(self.items.len() + Step::ALL.len());
        for step in Step::ALL {
            if self.members(step).next().is_none() {
                continue;
            }
            let shown: Vec<Row> = self
                .members(step)
                .filter(|index| self.shows(step, *index))
                .map(Row::Check)
                .collect();
            if self.sight.filter.is_some() && shown.is_empty() {
                continue;
            }
            let open = !shown.is_empty();
            rows.push(Row::Step { step, open });
            rows.extend(shown);
        }
        rows
    }

    pub(super) fn shows(&self, step: Step, index: usize) -> bool {
        if self.sight.filter.is_some() {
            return self.matches(index);
        }
        match (self.sight.folds.get(&step), self.sight.show) {
            (Some(Fold::Open), _) | (None, Show::All) => true,
            (Some(Fold::Closed), _) => false,
            (None, Show::Attention) => self.items[index].is_problem(),
        }
    }

    /// Where the cursor is among these rows. A check that is not shown any more leaves it to its
    /// step, and a step that is not shown to the first row.
    pub fn position(&self, rows: &[Row]) -> usize {
        let at = |cursor: Cursor| rows.iter().position(|row| row.cursor() == cursor);
        let own = at(self.sight.cursor);
        own.or_else(|| match self.sight.cursor {
            Cursor::Check(index) => at(Cursor::Step(self.check(index).spec.step)),
            Cursor::Step(_) => None,
        })
        .unwrap_or(0)
    }

    pub fn tally(&self, indices: impl Iterator<Item = usize>, gathering: &Gathering) -> Tally {
        let mut tally = Tally::default();
        for index in indices {
            let item = &self.items[index];
            tally.all += 1;
            if item.live(gathering) != Live::Settled {
                tally.unsettled += 1;
            }
            let count = match item.told.as_ref().map(|told| told.outcome.status) {
                Some(Status::Pass) => &mut tally.pass,
                Some(Status::Warn) => &mut tally.warn,
                Some(Status::Fail) => &mut tally.fail,
                Some(Status::Skip) => &mut tally.skip,
                Some(Status::Error) => &mut tally.error,
                None => &mut tally.open,
            };
            *count += 1;
        }
        tally
    }

    pub fn place(&self) -> Place {
        match (&self.sight.filter, self.sight.focus) {
            (Some(Filter { typing: true, .. }), _) => Place::Filter,
            (_, Pane::List) => Place::List,
            (_, Pane::Detail) => Place::Detail,
        }
    }
}
