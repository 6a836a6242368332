//! How far the gathering is, as the screen knows it. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::checklist::id::CheckId;
use crate::facts::Section;

/// What a gathering is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    #[default]
    All,
    /// The sections of these checks, on top of what is known.
    Checks(BTreeSet<CheckId>),
}

#[derive(Clone, Debug, Default)]
pub struct Gathering {
    /// Counts the gatherings of this session; 0 before the first.
    pub round: u32,
    state: State,
    /// What is asked in this round; none = everything.
    asked: Option<BTreeSet<Section>>,
    sections: BTreeMap<Section, Progress>,
}

#[derive(Clone, Debug, Default)]
enum State {
    #[default]
    Never,
    Running {
        since: Duration,
    },
    Ended(Ended),
}

/// How the last gathering ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    pub at: Duration,
    pub took: Duration,
    /// Why it did not come to its end.
    pub broke: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Progress {
    Running(Duration),
    Done,
}

/// How far the probes are that one check waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Live {
    /// Nothing more will come in this round.
    Settled,
    Waiting,
    Running {
        since: Duration,
    },
}

impl Gathering {
    /// With the sections that are asked; none = all.
    pub fn begin(&mut self, now: Duration, asked: Option<BTreeSet<Section>>) {
        self.round += 1;
        self.asked = asked;
        self.sections.clear();
        self.state = State::Running { since: now };
    }

    pub fn started(&mut self, section: Section, now: Duration) {
        self.sections
            .entry(section)
            .or_insert(Progress::Running(now));
    }

    pub fn done(&mut self, section: Section) {
        self.sections.insert(section, Progress::Done);
    }

    pub fn end(&mut self, now: Duration, broke: Option<String>) {
        if let State::Running { since } = self.state {
            self.state = State::Ended(Ended {
                at: now,
                took: now.saturating_sub(since),
                broke,
            });
        }
    }

    /// Whether this round brings the whole of what a check reads.
    pub fn refreshes(&self, all: &[Section]) -> bool {
        let asked = |section| {
            self.asked
                .as_ref()
                .is_none_or(|asked| asked.contains(section))
        };
        all.iter().all(asked)
    }

    pub fn running_since(&self) -> Option<Duration> {
        match self.state {
            State::Running { since } => Some(since),
            State::Never | State::Ended(_) => None,
        }
    }

    pub fn ended(&self) -> Option<&Ended> {
        match &self.state {
            State::Ended(ended) => Some(ended),
            State::Never | State::Running { .. } => None,
        }
    }

    /// Of a check that reads `own` sections, and whose verdict also hangs on the other sections
    /// of `all` (those of the checks that it needs).
    pub fn live(&self, own: &[Section], all: &[Section]) -> Live {
        if self.running_since().is_none() || !self.refreshes(all) {
            return Live::Settled;
        }
        let progress = |section: &Section| self.sections.get(section).copied();
        if all.iter().all(|one| progress(one) == Some(Progress::Done)) {
            return Live::Settled;
        }
        let since = own.iter().filter_map(|one| match progress(one) {
            Some(Progress::Running(since)) => Some(since),
            Some(Progress::Done) | None => None,
        });
        since
            .min()
            .map_or(Live::Waiting, |since| Live::Running { since })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_check_is_settled_only_when_what_its_needs_read_is_there_too() {
        let mut gathering = Gathering::default();
        let own = [Section::Images];
        let all = [Section::Images, Section::Endpoint];
        gathering.begin(s(0), None);
        assert_eq!(gathering.live(&own, &all), Live::Waiting);
        gathering.started(Section::Images, s(1));
        assert_eq!(gathering.live(&own, &all), Live::Running { since: s(1) });
        gathering.done(Section::Images);
        assert_eq!(gathering.live(&own, &all), Live::Waiting);
        gathering.done(Section::Endpoint);
        assert_eq!(gathering.live(&own, &all), Live::Settled);
    }

    #[test]
    fn after_the_end_nothing_runs_and_the_time_it_took_stands() {
        let mut gathering = Gathering::default();
        gathering.begin(s(1), None);
        gathering.started(Section::Host, s(1));
        gathering.end(s(3), None);
        assert_eq!(
            gathering.live(&[Section::Host], &[Section::Host]),
            Live::Settled
        );
        assert_eq!(gathering.ended().map(|e| e.took), Some(s(2)));
        gathering.end(s(9), Some("late".to_owned()));
        assert_eq!(gathering.ended().and_then(|e| e.broke.clone()), None);
    }

    #[test]
    fn what_a_round_does_not_ask_for_stays_settled() {
        let mut gathering = Gathering::default();
        gathering.begin(s(0), Some(BTreeSet::from([Section::Host])));
        assert_eq!(
            gathering.live(&[Section::Host], &[Section::Host]),
            Live::Waiting
        );
        let more = [Section::Host, Section::Images];
        assert_eq!(gathering.live(&[Section::Images], &more), Live::Settled);
        assert!(!gathering.refreshes(&more));
    }
}
