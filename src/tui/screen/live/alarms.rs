//! Which alerts there are to see, and which of their causes are still there.

use std::time::Duration;

use super::Live;
use crate::live::alert::{CLEAR_OF_CAP, Cause, Raised};
use crate::live::event::{Link, Moment};
use crate::live::sandbox::Sandbox;

/// How long an alert stands on the screen after its cause was there last.
pub(super) const ALERT: Duration = Duration::from_mins(5);

/// Whether the cause of an alert is still there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Still,
    Over,
    /// It was, when the engine was heard of last.
    Unknown,
    /// It is an event, which is not over and does not last.
    Happened,
}

impl Live {
    /// Alerts of the last minutes that still hold and that nobody has put away, the newest first.
    pub fn alerts(&self, now: Duration) -> impl Iterator<Item = &Raised> {
        let ours = self.ours(now);
        self.model
            .alerts
            .raised
            .iter()
            .rev()
            .filter(|raised| !self.is_dismissed(raised))
            .filter(move |raised| ours.since(raised.last) < ALERT && self.stands(raised))
    }

    /// All that are kept, those that were there last first.
    pub fn all_alerts(&self) -> Vec<&Raised> {
        let mut all: Vec<&Raised> = self.model.alerts.raised.iter().rev().collect();
        all.sort_by_key(|raised| std::cmp::Reverse(raised.last));
        all
    }

    /// The user has put it away, and its cause was not there since.
    pub fn is_dismissed(&self, raised: &Raised) -> bool {
        let dismissed = self.sight.dismissed;
        dismissed.is_some_and(|until| raised.last <= until)
    }

    /// What another screen shows of the alerts: when the newest was there last, and how many they
    /// are.
    pub fn mark(&self, now: Duration) -> Option<(Moment, usize)> {
        // The alerts of a recording are not of this node.
        if self.playing.is_some() {
            return None;
        }
        let mut alerts = self.alerts(now);
        let newest = alerts.next()?;
        Some((newest.last, 1 + alerts.count()))
    }

    /// A cause that is over is history, and the timeline has it.
    fn stands(&self, raised: &Raised) -> bool {
        match raised.alert.cause {
            // How near it came is worth its minutes: the next time it may be killed.
            Cause::NearCap | Cause::NearPids => true,
            _ => self.cause(raised) != Standing::Over,
        }
    }

    pub fn standing(&self, raised: &Raised) -> Standing {
        let is_same = |other: &&Raised| {
            other.alert.cause == raised.alert.cause && other.alert.subject == raised.alert.subject
        };
        let newest = self.model.alerts.raised.iter().rev().find(is_same);
        match self.cause(raised) {
            Standing::Happened => Standing::Happened,
            // It went, and what has come since is an alert of its own.
            _ if raised.past || newest != Some(raised) => Standing::Over,
            standing => standing,
        }
    }

    fn cause(&self, raised: &Raised) -> Standing {
        let link = &self.model.link;
        let there = self.model.sandboxes.get(&raised.alert.subject);
        let alive = there.filter(|one| one.state.is_alive());
        let is = match raised.alert.cause {
            Cause::Oom | Cause::Failures => return Standing::Happened,
            Cause::EngineLost => return standing(matches!(link, Link::Lost { .. })),
            Cause::EngineHung => return standing(*link == Link::Hung),
            Cause::EngineStall => self.model.stall.on().is_some(),
            Cause::NoHeadroom => self.room().is_some_and(|(left, _)| left == 0),
            Cause::NearCap => is_near(alive.and_then(Sandbox::memory_share)),
            Cause::NearPids => is_near(alive.and_then(Sandbox::pids_share)),
        };
        match (is, link) {
            (true, Link::Lost { .. } | Link::Hung | Link::Connecting) => Standing::Unknown,
            (is, _) => standing(is),
        }
    }
}

fn is_near(share: Option<f64>) -> bool {
    share.is_some_and(|share| share >= CLEAR_OF_CAP)
}

fn standing(is: bool) -> Standing {
    if is { Standing::Still } else { Standing::Over }
}
