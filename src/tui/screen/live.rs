//! The live dashboard: the picture of what runs, and what of it the user looks at.
//!
//! Everything that a frame needs in order (rows, groups, the timeline) is reckoned here when an
//! event changes it, so that drawing costs what is on the screen and not what is there.

mod alarms;
mod column;
mod hearing;
mod keeping;
mod moves;
mod playing;
mod pulse;
mod rows;
mod timeline;
mod wanted;

pub use crate::live::doing::{Doing, end_of};
pub use alarms::Standing;
pub use column::Column;
pub use rows::{Counts, Group, Row};
pub use timeline::{Entry, Timeline, id};
pub use wanted::{Columns, Table};

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::checklist::verdict::Level;
use crate::live::alert::Cause;
use crate::live::event::Moment;
use crate::live::model::Model;
use crate::live::order;
use crate::live::sampling;
use crate::live::sandbox::{Gone, Sandbox};
use crate::tui::keeping::Keeping;
use crate::tui::keys::Place;
use crate::tui::screen::checklist::Filter;
use pulse::Pulse;

pub use playing::Playing;

/// Figures that are older say so: idle ones are measured every eight seconds.
pub const STALE: Duration = Duration::from_secs(10);

pub struct Live {
    pub model: Model,
    /// What our wall clock showed when the app was opened.
    epoch: Moment,
    pub sight: Sight,
    /// Those that the table has, in their order.
    pub columns: Vec<Column>,
    pub rows: Vec<Row>,
    pub groups: Vec<Group>,
    pub counts: Counts,
    /// Indices into what has gone, the newest first.
    pub gone: Vec<usize>,
    pub timeline: Timeline,
    /// What is wrong with how sandboxes are shut in, the worst first; by container.
    postures: BTreeMap<String, Vec<(Level, String)>>,
    /// The most rows that the table has had of late, and when.
    most: (usize, Moment),
    /// Where the cursor was last, for when its sandbox goes.
    at: usize,
    gone_at: usize,
    /// How many rows the table and the timeline show.
    pub window: Window,
    rang: BTreeMap<Cause, Moment>,
    pulse: Pulse,
    /// None: nothing of it is recorded.
    pub keeping: Option<Keeping>,
    /// None: it is live.
    pub playing: Option<Box<Playing>>,
    looked: sampling::Sight,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Window {
    pub table: usize,
    pub timeline: usize,
}

/// What the user looks at: changes here are changes of the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sight {
    pub list: List,
    pub focus: Pane,
    /// The selected one is shown in all detail.
    pub detail: bool,
    pub sort: Column,
    pub descending: bool,
    pub grouped: bool,
    /// Agents whose sandboxes are not shown one by one.
    pub folded: BTreeSet<String>,
    pub filter: Option<Filter>,
    pub cursor: Option<Cursor>,
    /// The user has moved the cursor; before that it stays at the top.
    pub led: bool,
    /// The first row that is on the screen.
    pub top: usize,
    /// Id of the selected one of those that have gone.
    pub gone_cursor: Option<String>,
    pub gone_top: usize,
    /// The first line of the detail that is on the screen.
    pub scroll: usize,
    /// The selected entry of the timeline; none = the newest, whatever comes.
    pub entry: Option<u64>,
    /// Times of the timeline as the clock shows them, and not as ages.
    pub clock: bool,
    /// Alerts whose causes were there last before then are not shown any more.
    pub dismissed: Option<Moment>,
    /// The end of the recording is known, and not shown as an alert any more.
    pub unrecorded: bool,
    /// Counts up each time that all is to be measured now.
    pub measure: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum List {
    Standing,
    Gone,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pane {
    Table,
    Detail,
    Timeline,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cursor {
    Group(String),
    Sandbox(String),
}

/// The one that is selected.
#[derive(Clone, Copy)]
pub enum Selected<'a> {
    Nothing,
    Group(&'a Group),
    Standing(&'a Sandbox),
    Gone(&'a Gone),
}

impl Live {
    /// `epoch` is what our wall clock showed when the app was opened.
    pub fn new(model: Model, epoch: Moment) -> Self {
        let mut live = Self {
            model,
            epoch,
            sight: Sight {
                list: List::Standing,
                focus: Pane::Table,
                detail: false,
                sort: Column::Age,
                descending: false,
                grouped: false,
                folded: BTreeSet::new(),
                filter: None,
                cursor: None,
                led: false,
                top: 0,
                gone_cursor: None,
                gone_top: 0,
                scroll: 0,
                entry: None,
                clock: false,
                dismissed: None,
                unrecorded: false,
                measure: 0,
            },
            columns: Column::ALL.to_vec(),
            rows: Vec::new(),
            groups: Vec::new(),
            counts: Counts::default(),
            gone: Vec::new(),
            timeline: Timeline::default(),
            postures: BTreeMap::new(),
            most: (0, Moment::default()),
            at: 0,
            gone_at: 0,
            window: Window::default(),
            rang: BTreeMap::new(),
            pulse: Pulse::default(),
            keeping: None,
            playing: None,
            looked: sampling::Sight::default(),
        };
        live.catch_up();
        live
    }

    /// What our wall clock shows, `now` since the app was opened.
    /// Of a recording, the instant that it is at.
    pub fn ours(&self, now: Duration) -> Moment {
        self.instant().unwrap_or_else(|| self.epoch.plus(now))
    }

    /// For how long the way to the engine is as it is.
    pub fn link_age(&self, ours: Moment) -> Duration {
        ours.since(self.model.link_since.max(self.epoch))
    }

    pub fn selected(&self) -> Selected<'_> {
        match self.sight.list {
            List::Standing => match &self.sight.cursor {
                None => Selected::Nothing,
                Some(Cursor::Group(name)) => self
                    .groups
                    .iter()
                    .find(|group| group.name == *name)
                    .map_or(Selected::Nothing, Selected::Group),
                Some(Cursor::Sandbox(id)) => self
                    .model
                    .sandboxes
                    .get(id)
                    .map_or(Selected::Nothing, Selected::Standing),
            },
            List::Gone => self
                .gone_position()
                .and_then(|at| self.gone_row(at))
                .map_or(Selected::Nothing, Selected::Gone),
        }
    }

    /// The row of the list of those that have gone.
    pub fn gone_row(&self, row: usize) -> Option<&Gone> {
        self.model.gone.get(*self.gone.get(row)?)
    }

    pub fn position(&self) -> Option<usize> {
        (!self.rows.is_empty()).then_some(self.at)
    }

    pub fn gone_position(&self) -> Option<usize> {
        (!self.gone.is_empty()).then_some(self.gone_at)
    }

    /// The entry of the timeline that the cursor is on, when it follows no longer.
    pub fn entry_position(&self) -> Option<usize> {
        self.timeline.position(self.sight.entry?)
    }

    /// What is wrong with how this one is shut in; none until it was inspected.
    pub fn posture(&self, sandbox: &Sandbox) -> Option<&[(Level, String)]> {
        self.postures.get(sandbox.id()).map(Vec::as_slice)
    }

    /// What there is to tell of a sandbox beside its figures, as a number to sort by.
    pub fn marks(&self, sandbox: &Sandbox) -> usize {
        let posture = self.posture(sandbox).unwrap_or_default();
        let dangers = posture
            .iter()
            .filter(|(level, _)| *level == Level::Fail)
            .count();
        order::marks(dangers, posture.len() - dangers, sandbox)
    }

    pub fn place(&self) -> Place {
        match (&self.sight.filter, self.sight.focus) {
            (Some(Filter { typing: true, .. }), _) => Place::Filter,
            (_, Pane::Table) => Place::Table,
            (_, Pane::Detail) => Place::Sandbox,
            (_, Pane::Timeline) => Place::Timeline,
        }
    }

    /// The rows that are on the screen.
    pub fn visible(&self) -> &[Row] {
        let top = self.sight.top.min(self.rows.len());
        let end = (top + self.window.table).min(self.rows.len());
        &self.rows[top..end]
    }

    fn sees(&self, id: &str) -> bool {
        let selected = match &self.sight.cursor {
            Some(Cursor::Sandbox(selected)) => self.sight.detail && selected == id,
            Some(Cursor::Group(_)) | None => false,
        };
        selected
            || (self.sight.list == List::Standing
                && self
                    .visible()
                    .iter()
                    .any(|row| matches!(row, Row::Sandbox(one) if one == id)))
    }

    /// How many rows the table is to have room for.
    pub fn wanted(&self) -> usize {
        match self.sight.list {
            List::Standing => self.most.0,
            List::Gone => self.gone.len(),
        }
    }

    /// How many sandboxes the filter lets through.
    pub fn matching(&self) -> usize {
        if self.sight.grouped {
            return self.groups.iter().map(|group| group.sandboxes).sum();
        }
        self.rows.len()
    }

    /// What is on the screen, when that is other than what was told last.
    pub fn look(&mut self, shown: bool) -> Option<sampling::Sight> {
        let same = self.looked.on_screen.as_ref().is_some_and(|ids| {
            ids.len() == self.seen(shown).count() && self.seen(shown).all(|id| ids.contains(id))
        });
        if same && self.looked.all_now == self.sight.measure {
            return None;
        }
        let on_screen: BTreeSet<String> = self.seen(shown).map(str::to_owned).collect();
        let sight = sampling::Sight {
            on_screen: Some(on_screen),
            all_now: self.sight.measure,
        };
        self.looked = sight.clone();
        Some(sight)
    }

    fn seen(&self, shown: bool) -> impl Iterator<Item = &str> {
        let rows = match (shown, self.sight.list) {
            (true, List::Standing) => self.visible(),
            (true, List::Gone) | (false, _) => &[],
        };
        rows.iter().filter_map(|row| match row {
            Row::Sandbox(id) => Some(id.as_str()),
            Row::Group(_) => None,
        })
    }
}

#[cfg(test)]
mod tests;
