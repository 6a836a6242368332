//! How a table of sandboxes is ordered by one of its columns.

use std::cmp::Ordering;

use super::column::Column;
use super::doing::Doing;
use super::event::Moment;
use super::model::Model;
use super::sandbox::Sandbox;
use super::usage::as_float;

/// By which column, and whether the most stand first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sort {
    pub column: Column,
    pub descending: bool,
}

/// How a table of sandboxes is wanted, where somebody has said it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Arrangement<'a> {
    pub columns: Option<&'a [Column]>,
    pub sort: Option<Sort>,
    /// The sandboxes of an agent stand together.
    pub is_grouped: bool,
}

impl Column {
    /// The most is what one looks for first.
    pub fn starts_descending(self) -> bool {
        match self {
            Self::Owner
            | Self::Name
            | Self::State
            | Self::Age
            | Self::Idle
            | Self::Network
            | Self::Image => false,
            Self::Start
            | Self::Running
            | Self::Made
            | Self::Failed
            | Self::Cpu
            | Self::Memory
            | Self::Pids
            | Self::Marks
            | Self::Traffic
            | Self::Restarts
            | Self::Figures => true,
        }
    }
}

/// What there is to tell of a sandbox beside its figures, as a number to sort by: how many dangers
/// and how many lesser complaints there are of it.
pub fn marks(dangers: usize, complaints: usize, sandbox: &Sandbox) -> usize {
    let drift = sandbox.drift.as_ref().map_or(0, Vec::len);
    let oom = usize::from(sandbox.ooms > 0);
    dangers * 1000 + oom * 100 + complaints + drift
}

impl Sort {
    /// Puts these in order, the youngest first among equals. `weight` is what [`marks`] says of one;
    /// `now` by our clock.
    pub fn order<'a>(
        self,
        sandboxes: &mut [&'a Sandbox],
        weight: impl Fn(&Sandbox) -> usize,
        model: &Model,
        now: Moment,
    ) {
        let key = |one: &&'a Sandbox| (Key::of(self.column, one, &weight, model, now), *one);
        let mut keyed: Vec<(Key<'_>, &Sandbox)> = sandboxes.iter().map(key).collect();
        keyed.sort_by(|(a, one), (b, other)| {
            a.order(*b, self.descending)
                .then_with(|| other.created.cmp(&one.created))
                .then_with(|| one.id().cmp(other.id()))
        });
        for (place, (_, one)) in sandboxes.iter_mut().zip(keyed) {
            *place = one;
        }
    }
}

/// What a row is ordered by. None is not known, and stands last in either direction.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Key<'a> {
    None,
    Number(f64),
    Words(&'a str, &'a str),
    Doing(Doing),
}

impl<'a> Key<'a> {
    fn of(
        column: Column,
        one: &'a Sandbox,
        weight: impl Fn(&Sandbox) -> usize,
        model: &Model,
        now: Moment,
    ) -> Self {
        let clock = model.engine_clock(now);
        let number = |number: Option<f64>| number.map_or(Self::None, Self::Number);
        let count = |count: Option<u64>| count.map(as_float);
        let usage = &one.usage;
        match column {
            Column::Owner => {
                let owner = one.owner();
                let session = owner.session.as_deref().unwrap_or_default();
                match &owner.agent {
                    Some(agent) => Self::Words(agent, session),
                    None if owner.shared => Self::Words("shared", ""),
                    None if !session.is_empty() => Self::Words(session, ""),
                    None => Self::Words(&one.about.name, ""),
                }
            }
            Column::Name => Self::Words(&one.about.name, ""),
            Column::Image => Self::Words(&one.image, ""),
            Column::State => Self::Doing(Doing::of(one, model, now)),
            Column::Age => number(one.created.map(|at| clock.since(at).as_secs_f64())),
            Column::Start => number(one.latency.map(|latency| latency.as_secs_f64())),
            Column::Running => number(count(u64::try_from(one.running.len()).ok())),
            Column::Made => number(count(Some(one.made))),
            Column::Failed => number(count(Some(one.failed))),
            Column::Cpu => number(usage.cpu.map(|cpu| cpu.cores)),
            Column::Memory => number(count(usage.memory())),
            Column::Pids => number(count(usage.pids())),
            Column::Idle => number(one.idle_since().map(|at| clock.since(at).as_secs_f64())),
            Column::Marks => number(count(u64::try_from(weight(one)).ok())),
            Column::Network => one
                .detail
                .as_ref()
                .map_or(Self::None, |d| Self::Words(&d.standing.network_mode, "")),
            Column::Traffic => number(usage.received.zip(usage.sent).map(|(a, b)| a + b)),
            Column::Restarts => number(count(one.restarts.all())),
            Column::Figures => number(usage.age(now).map(|age| age.as_secs_f64())),
        }
    }

    fn order(self, other: Self, descending: bool) -> Ordering {
        let order = match (self, other) {
            (Self::None, Self::None) => return Ordering::Equal,
            (Self::None, _) => return Ordering::Greater,
            (_, Self::None) => return Ordering::Less,
            (Self::Number(one), Self::Number(other)) => one.total_cmp(&other),
            (Self::Words(a, b), Self::Words(c, d)) => (a, b).cmp(&(c, d)),
            (Self::Doing(one), Self::Doing(other)) => one.cmp(&other),
            // Keys of one column are of one kind.
            (Self::Number(_) | Self::Words(..) | Self::Doing(_), _) => Ordering::Equal,
        };
        if descending { order.reverse() } else { order }
    }
}
