//! What has to be seen at once, told once: an alert for each cause, and the same cause on the same
//! thing not again within five minutes.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use super::event::Moment;

/// How long the same cause stays quiet after it was told.
const QUIET: Duration = Duration::from_mins(5);
/// So many failures of one agent within [`BURST_SPAN`] are a burst.
const BURST: usize = 5;
const BURST_SPAN: Duration = Duration::from_secs(10);
/// A part of a cap that is nearly all, and the part below which a sandbox is not near it
/// any more.
const NEAR_CAP: f64 = 0.9;
pub const CLEAR_OF_CAP: f64 = 0.8;
/// Alerts that are kept.
const MOST: usize = 200;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    Oom,
    Failures,
    /// Of memory.
    NearCap,
    NearPids,
    EngineLost,
    EngineHung,
    /// It answers, and slowly.
    EngineStall,
    NoHeadroom,
}

impl Cause {
    /// The word of a line of JSON.
    pub fn code(self) -> &'static str {
        match self {
            Self::Oom => "oom",
            Self::Failures => "failures",
            Self::NearCap => "near-cap",
            Self::NearPids => "near-pids-limit",
            Self::EngineLost => "engine-lost",
            Self::EngineHung => "engine-hung",
            Self::EngineStall => "engine-stall",
            Self::NoHeadroom => "no-headroom",
        }
    }

    /// Whether it may ring: for what cannot come back by itself. An engine that hangs mostly can.
    pub fn rings(self) -> bool {
        match self {
            Self::Oom | Self::EngineLost => true,
            Self::Failures
            | Self::NearCap
            | Self::NearPids
            | Self::EngineHung
            | Self::EngineStall
            | Self::NoHeadroom => false,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    pub cause: Cause,
    /// A container's id, an agent, or nothing for the node.
    pub subject: String,
    pub words: String,
}

/// An alert that was told, and how often its cause was there since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raised {
    pub alert: Alert,
    pub at: Moment,
    pub last: Moment,
    pub times: u32,
    /// From a recording: nobody was there to be told.
    pub past: bool,
}

/// What was told and what is watched for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Alerts {
    pub raised: VecDeque<Raised>,
    /// Failures of each agent, the newest last.
    failures: BTreeMap<String, VecDeque<Moment>>,
    /// Containers that are near their memory cap, so that each time is told once.
    near: BTreeSet<String>,
    /// The same of the processes that they may run.
    near_pids: BTreeSet<String>,
    was_empty: bool,
}

impl Alerts {
    /// The alert, unless the same was told a short while ago; then it is only counted.
    pub fn raise(&mut self, at: Moment, alert: Alert) -> Option<Alert> {
        let same = self.raised.iter_mut().rev().find(|raised| {
            !raised.past
                && raised.alert.cause == alert.cause
                && raised.alert.subject == alert.subject
        });
        if let Some(raised) = same.filter(|raised| at.since(raised.at) < QUIET) {
            raised.times = raised.times.saturating_add(1);
            raised.last = at;
            raised.alert.words.clone_from(&alert.words);
            return None;
        }
        if self.raised.len() == MOST {
            self.raised.pop_front();
        }
        self.raised.push_back(Raised {
            alert: alert.clone(),
            at,
            last: at,
            times: 1,
            past: false,
        });
        Some(alert)
    }

    /// All that was raised so far is of a time when nobody looked: it stays as it is, and what is
    /// still so is told anew.
    pub fn become_past(&mut self) {
        for raised in &mut self.raised {
            raised.past = true;
        }
        self.failures.clear();
        self.near.clear();
        self.near_pids.clear();
        self.was_empty = false;
    }

    /// More is known now of what was raised.
    pub fn reword(&mut self, cause: Cause, subject: &str, words: &str) {
        for raised in &mut self.raised {
            let alert = &mut raised.alert;
            if alert.cause == cause && alert.subject == subject {
                words.clone_into(&mut alert.words);
            }
        }
    }

    /// A call or a container of this agent has failed.
    pub fn failed(&mut self, at: Moment, agent: &str) -> Option<Alert> {
        let recent = self.failures.entry(agent.to_owned()).or_default();
        recent.push_back(at);
        while recent
            .front()
            .is_some_and(|first| at.since(*first) > BURST_SPAN)
        {
            recent.pop_front();
        }
        let count = recent.len();
        // Bounded whatever comes: what counts is that there are enough.
        if count > 20 * BURST {
            recent.pop_front();
        }
        if count < BURST {
            return None;
        }
        let alert = Alert {
            cause: Cause::Failures,
            subject: agent.to_owned(),
            words: format!(
                "{count} failures of {agent} within {} s",
                BURST_SPAN.as_secs()
            ),
        };
        self.raise(at, alert)
    }

    /// What a sandbox holds of its memory cap.
    pub fn measured(&mut self, at: Moment, id: &str, name: &str, share: f64) -> Option<Alert> {
        let words = || format!("{name} holds {:.0} % of its memory cap", share * 100.0);
        self.near(at, Cause::NearCap, id, share, words)
    }

    /// The part of the processes that it may run.
    pub fn counted(&mut self, at: Moment, id: &str, name: &str, share: f64) -> Option<Alert> {
        let words = || format!("{name} runs {:.0} % of the processes it may", share * 100.0);
        self.near(at, Cause::NearPids, id, share, words)
    }

    fn near(
        &mut self,
        at: Moment,
        cause: Cause,
        id: &str,
        share: f64,
        words: impl FnOnce() -> String,
    ) -> Option<Alert> {
        let near = match cause {
            Cause::NearPids => &mut self.near_pids,
            _ => &mut self.near,
        };
        if share < CLEAR_OF_CAP {
            near.remove(id);
            return None;
        }
        if share < NEAR_CAP || !near.insert(id.to_owned()) {
            return None;
        }
        let alert = Alert {
            cause,
            subject: id.to_owned(),
            words: words(),
        };
        self.raise(at, alert)
    }

    pub fn gone(&mut self, id: &str) {
        self.near.remove(id);
        self.near_pids.remove(id);
    }

    pub fn headroom(&mut self, at: Moment, left: u64, limit: &str) -> Option<Alert> {
        let was_empty = std::mem::replace(&mut self.was_empty, left == 0);
        if left > 0 || was_empty {
            return None;
        }
        let alert = Alert {
            cause: Cause::NoHeadroom,
            subject: String::new(),
            words: format!("no headroom, limited by {limit}"),
        };
        self.raise(at, alert)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Moment {
        Moment(seconds * 1_000_000_000)
    }

    fn oom(subject: &str) -> Alert {
        Alert {
            cause: Cause::Oom,
            subject: subject.to_owned(),
            words: "killed".to_owned(),
        }
    }

    #[test]
    fn the_same_cause_is_told_once_in_five_minutes_and_counted() {
        let mut alerts = Alerts::default();
        assert!(alerts.raise(at(0), oom("a")).is_some());
        assert!(alerts.raise(at(10), oom("a")).is_none());
        assert!(alerts.raise(at(10), oom("b")).is_some());
        assert!(alerts.raise(at(299), oom("a")).is_none());
        assert_eq!(alerts.raised[0].times, 3);
        assert!(alerts.raise(at(300), oom("a")).is_some());
    }

    #[test]
    fn five_failures_of_one_agent_in_ten_seconds_are_a_burst() {
        let mut alerts = Alerts::default();
        for second in 0..4 {
            assert_eq!(alerts.failed(at(second), "main"), None);
            assert_eq!(alerts.failed(at(second), "other"), None);
        }
        let burst = alerts.failed(at(5), "main").expect("a burst");
        assert_eq!(burst.words, "5 failures of main within 10 s");
        assert_eq!(alerts.failed(at(6), "main"), None, "told already");
        let mut slow = Alerts::default();
        for second in 0..100 {
            assert_eq!(slow.failed(at(second * 3), "main"), None);
        }
    }

    #[test]
    fn near_its_cap_is_told_when_it_comes_there_and_not_while_it_stays() {
        let mut alerts = Alerts::default();
        assert_eq!(alerts.measured(at(0), "a", "box", 0.85), None);
        assert!(alerts.measured(at(1), "a", "box", 0.95).is_some());
        assert_eq!(alerts.measured(at(400), "a", "box", 0.97), None);
        assert_eq!(alerts.measured(at(401), "a", "box", 0.5), None);
        assert!(alerts.measured(at(402), "a", "box", 0.91).is_some());
        let processes = alerts
            .counted(at(403), "a", "box", 0.95)
            .expect("another cap");
        assert_eq!(processes.words, "box runs 95 % of the processes it may");
        assert_eq!(alerts.counted(at(404), "a", "box", 1.0), None);
    }

    #[test]
    fn what_is_past_does_not_silence_what_is_now() {
        let mut alerts = Alerts::default();
        assert!(alerts.raise(at(0), oom("a")).is_some());
        assert!(alerts.measured(at(0), "a", "box", 0.95).is_some());
        alerts.become_past();
        assert!(alerts.raised.iter().all(|raised| raised.past));
        assert!(alerts.raise(at(1), oom("a")).is_some());
        assert!(alerts.measured(at(1), "a", "box", 0.95).is_some());
        let past: Vec<bool> = alerts.raised.iter().map(|raised| raised.past).collect();
        assert_eq!(past, [true, true, false, false]);
    }

    #[test]
    fn no_headroom_is_told_when_it_becomes_so() {
        let mut alerts = Alerts::default();
        assert_eq!(alerts.headroom(at(0), 2, "memory"), None);
        assert!(alerts.headroom(at(1), 0, "memory").is_some());
        assert_eq!(alerts.headroom(at(2), 0, "memory"), None);
    }
}
