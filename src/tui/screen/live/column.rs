//! The columns of the table: what each tells, and how rows are ordered by it.

use std::cmp::Ordering;

use super::Doing;
pub use crate::live::column::Column;
use crate::live::event::Moment;
use crate::live::model::Model;
use crate::live::sandbox::Sandbox;
use crate::live::usage::as_float;

impl Column {
    /// What it tells, for the help.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Owner => "whose sandbox it is; its name where that is not known",
            Self::Name => "the container's name",
            Self::State => "what it is doing",
            Self::Age => "since its creation",
            Self::Start => "how long the start took, or takes",
            Self::Running => "calls that run in it now",
            Self::Made => "calls that have ended",
            Self::Failed => "calls that failed or were killed",
            Self::Cpu => "cores against the cap; ~ = the mean since its start",
            Self::Memory => "memory against the cap, as docker stats counts it",
            Self::Pids => "processes against the limit",
            Self::Idle => "since no call runs in it",
            Self::Marks => {
                "!! = danger, ! = weak, ? = not inspected yet, oom = killed for memory, ~2 = drift"
            }
            Self::Network => "the network's mode",
            Self::Traffic => "bytes received and sent each second",
            Self::Restarts => "how often it was restarted",
            Self::Figures => "how old its figures are, where they are not fresh",
            Self::Image => "the image it was made from",
        }
    }

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

    /// Whether a sample may change the order by it.
    pub fn is_measured(self) -> bool {
        match self {
            Self::Cpu | Self::Memory | Self::Pids | Self::Traffic | Self::Figures => true,
            Self::Owner
            | Self::Name
            | Self::State
            | Self::Age
            | Self::Start
            | Self::Running
            | Self::Made
            | Self::Failed
            | Self::Idle
            | Self::Marks
            | Self::Network
            | Self::Restarts
            | Self::Image => false,
        }
    }

    /// The one after it among these; the first where it is none of them.
    #[must_use]
    pub fn next(self, among: &[Self]) -> Self {
        let at = among.iter().position(|one| *one == self);
        let next = at.map_or(0, |at| (at + 1) % among.len());
        among.get(next).copied().unwrap_or(self)
    }

    #[must_use]
    pub fn previous(self, among: &[Self]) -> Self {
        let at = among.iter().position(|one| *one == self).unwrap_or(0);
        let last = among.len().saturating_sub(1);
        let previous = at.checked_sub(1).unwrap_or(last);
        among.get(previous).copied().unwrap_or(self)
    }
}

/// What a row is ordered by. None is not known, and stands last in either direction.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Key<'a> {
    None,
    Number(f64),
    Words(&'a str, &'a str),
    Doing(Doing),
}

impl<'a> Key<'a> {
    pub fn of(column: Column, one: &'a Sandbox, marks: usize, model: &Model, now: Moment) -> Self {
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
            Column::Marks => number(count(u64::try_from(marks).ok())),
            Column::Network => one
                .detail
                .as_ref()
                .map_or(Self::None, |d| Self::Words(&d.standing.network_mode, "")),
            Column::Traffic => number(usage.received.zip(usage.sent).map(|(a, b)| a + b)),
            Column::Restarts => number(count(Some(one.restarts))),
            Column::Figures => number(usage.age(now).map(|age| age.as_secs_f64())),
        }
    }

    pub fn order(self, other: Self, descending: bool) -> Ordering {
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
