//! Which rows the table has, in which order. Reckoned when something changes, and not when it is
//! drawn.

use std::time::Duration;

use super::{Doing, Live, Sight};
use crate::live::call::Ended;
use crate::live::event::Moment;
use crate::live::note::About;
use crate::live::order::Sort;
use crate::live::sandbox::{Gone, Sandbox, State};

/// How long the room of a row is held for it after it has gone.
const HOLD: Duration = Duration::from_secs(10);

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Row {
    /// Index into the groups.
    Group(usize),
    /// A container's id.
    Sandbox(String),
}

/// All sandboxes of one agent, rolled up.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Group {
    pub name: String,
    pub sandboxes: usize,
    pub starting: usize,
    pub busy: usize,
    pub exited: usize,
    pub running: usize,
    pub ended: Ended,
    /// Sums of what was measured; none when nothing was.
    pub cores: Option<f64>,
    pub memory: Option<u64>,
    /// Running ones without a figure: the sums are too small by these.
    pub unmeasured: usize,
    /// Dangers and differences from the configuration.
    pub marks: usize,
}

/// What there is, whatever the filter lets through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub sandboxes: usize,
    pub starting: usize,
    pub exited: usize,
    pub calls: usize,
}

impl Live {
    fn count(&self) -> Counts {
        let mut counts = Counts::default();
        for one in self.model.shown() {
            counts.sandboxes += 1;
            counts.calls += one.running.len();
            match one.state {
                State::Starting | State::Restarting => counts.starting += 1,
                State::Exited => counts.exited += 1,
                State::Running | State::Paused | State::Unknown => {}
            }
        }
        counts
    }

    /// Reckons the rows anew. `now` by our clock.
    pub(super) fn arrange(&mut self, now: Moment) {
        let shown = self.model.shown();
        let mut standing: Vec<&Sandbox> = shown.filter(|one| self.matches(one, now)).collect();
        let sort = Sort {
            column: self.sight.sort,
            descending: self.sight.descending,
        };
        sort.order(&mut standing, |one| self.marks(one), &self.model, now);
        let mut rows = Vec::with_capacity(standing.len());
        let mut groups = Vec::new();
        if self.sight.grouped {
            for one in &standing {
                let name = one.owner().group();
                if !groups.iter().any(|group: &Group| group.name == name) {
                    groups.push(Group {
                        name: name.to_owned(),
                        ..Group::default()
                    });
                }
            }
            groups.sort_by(|one, other| one.name.cmp(&other.name));
            for (index, group) in groups.iter_mut().enumerate() {
                rows.push(Row::Group(index));
                let open = !self.sight.folded.contains(&group.name);
                for one in &standing {
                    if one.owner().group() != group.name {
                        continue;
                    }
                    self.roll_up(group, one, now);
                    if open {
                        rows.push(Row::Sandbox(one.id().to_owned()));
                    }
                }
            }
        } else {
            rows.extend(standing.iter().map(|one| Row::Sandbox(one.id().to_owned())));
        }
        self.rows = rows;
        self.groups = groups;
        self.counts = self.count();
        self.want(now);
        self.hold_cursor();
    }

    /// How many rows the table has had in the last seconds: short-lived ones come and go, and what
    /// stands below does not move with each of them.
    pub(super) fn want(&mut self, now: Moment) {
        let rows = self.rows.len();
        let (most, since) = self.most;
        if rows >= most || now.since(since) > HOLD {
            self.most = (rows, now);
        }
    }

    fn roll_up(&self, group: &mut Group, one: &Sandbox, now: Moment) {
        group.sandboxes += 1;
        match Doing::of(one, &self.model, now) {
            Doing::Starting | Doing::Restarting => group.starting += 1,
            Doing::Busy => group.busy += 1,
            Doing::Exited { .. } => group.exited += 1,
            Doing::Running | Doing::Idle | Doing::Paused | Doing::Unknown => {}
        }
        group.running += one.running.len();
        group.ended += one.ended();
        group.marks += self.marks(one);
        let memory = one.usage.memory();
        if one.state.is_alive() && memory.is_none() {
            group.unmeasured += 1;
        }
        if let Some(memory) = memory {
            group.memory = Some(group.memory.unwrap_or(0).saturating_add(memory));
        }
        if let Some(cpu) = one.usage.cpu {
            group.cores = Some(group.cores.unwrap_or(0.0) + cpu.cores);
        }
    }

    /// Which of those that have gone are listed, the newest first.
    pub(super) fn arrange_gone(&mut self) {
        let gone = self.model.gone.iter().enumerate();
        self.gone.clear();
        let scope = &self.model.scope;
        let filter = &self.sight;
        self.gone.extend(
            gone.filter(|(_, one)| scope.shows(one.kind) && matches_gone(filter, one))
                .map(|(index, _)| index)
                .rev(),
        );
        self.hold_gone_cursor();
    }

    fn matches(&self, one: &Sandbox, now: Moment) -> bool {
        let Some(wanted) = wanted(&self.sight) else {
            return true;
        };
        matches_text(&wanted, &one.about, &one.image)
            || one.state.word().contains(&wanted)
            || Doing::of(one, &self.model, now).word().contains(&wanted)
    }
}

fn wanted(sight: &Sight) -> Option<String> {
    let filter = sight.filter.as_ref()?;
    (!filter.text.is_empty()).then(|| filter.text.to_lowercase())
}

fn matches_gone(sight: &Sight, gone: &Gone) -> bool {
    let Some(wanted) = wanted(sight) else {
        return true;
    };
    matches_text(&wanted, &gone.about, &gone.image) || super::end_of(gone).word().contains(&wanted)
}

fn matches_text(wanted: &str, about: &About, image: &str) -> bool {
    let owner = &about.owner;
    let texts = [
        Some(about.name.as_str()),
        Some(about.id.as_str()).filter(|id| id.starts_with(wanted)),
        owner.agent.as_deref(),
        owner.session.as_deref(),
        owner.shared.then_some("shared"),
        Some(image),
    ];
    texts
        .into_iter()
        .flatten()
        .any(|text| text.to_lowercase().contains(wanted))
}
