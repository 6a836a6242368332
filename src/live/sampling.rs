//! Whom to sample next. A sample costs the engine 3 to 8 ms of processor time, some ten times what
//! it costs us, so that each container is asked as often as somebody looks and something happens.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::event::{Event, Life, Moment, Turn};
use super::sandbox::State;
use super::scope::{Kind, Scope};
use super::usage::as_float;

/// How often the engine is asked, and for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Busy and looked at.
    pub busy: Duration,
    /// Looked at, and nothing happens in it; or busy and not looked at.
    pub idle: Duration,
    /// Idle and not looked at.
    pub hidden: Duration,
    /// No sandbox: it only counts for the headroom.
    pub other: Duration,
    /// The whole list anew, in case something was missed after all.
    pub list: Duration,
    /// The node and the configuration.
    pub survey: Duration,
    /// Our own cost.
    pub cost: Duration,
    /// After such a silence the engine must show that it is there.
    pub silence: Duration,
    /// Between two attempts to reach an engine that is not there.
    pub retry: Duration,
}

impl Pace {
    /// Nobody looks: what happens is told by the engine unasked, and figures are for later.
    pub fn of_recorder() -> Self {
        Self {
            busy: Duration::from_secs(10),
            idle: Duration::from_secs(10),
            hidden: Duration::from_mins(1),
            other: Duration::from_mins(2),
            list: Duration::from_mins(5),
            survey: Duration::from_mins(10),
            cost: Duration::from_mins(1),
            silence: Duration::from_secs(15),
            retry: Duration::from_secs(3),
        }
    }
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            busy: Duration::from_secs(1),
            idle: Duration::from_secs(8),
            hidden: Duration::from_secs(20),
            other: Duration::from_secs(30),
            list: Duration::from_mins(1),
            survey: Duration::from_mins(1),
            cost: Duration::from_secs(5),
            silence: Duration::from_secs(3),
            retry: Duration::from_millis(400),
        }
    }
}

/// Above this use of the processor a container is busy, in cores.
const BUSY_CORES: f64 = 0.02;

/// What the user looks at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sight {
    /// Ids of what is on the screen; none = whatever there is.
    pub on_screen: Option<BTreeSet<String>>,
    /// Counts up each time the user wants everything now.
    pub all_now: u32,
}

impl Sight {
    /// Nobody looks.
    pub fn nothing() -> Self {
        Self {
            on_screen: Some(BTreeSet::new()),
            all_now: 0,
        }
    }

    fn shows(&self, id: &str) -> bool {
        self.on_screen.as_ref().is_none_or(|ids| ids.contains(id))
    }
}

/// What the sampling has to know of each container that may run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Roster {
    scope: Scope,
    entries: BTreeMap<String, Entry>,
}

#[derive(Clone, Debug, PartialEq)]
struct Entry {
    kind: Kind,
    state: State,
    /// Since when it could be measured.
    since: Moment,
    /// Commands that run in it.
    calls: usize,
    /// When it was sampled last, by our clock, and what that said of the processor.
    last: Option<(Moment, Moment, Option<u64>)>,
    cores: Option<f64>,
    /// A sample was asked for and has not come yet.
    asked: bool,
    /// It is due, whatever its turn.
    wanted: bool,
    samples: u32,
}

impl Roster {
    pub fn new(scope: Scope) -> Self {
        Self {
            scope,
            entries: BTreeMap::new(),
        }
    }

    /// Ids that are due, the most urgent first: what is late by the most of its own turns, so that
    /// an engine that cannot answer for all in time is asked for each in proportion.
    pub fn due(&self, now: Moment, sight: &Sight, pace: Pace) -> Vec<String> {
        let mut due: Vec<(Reverse<u128>, Duration, &String)> = self
            .entries
            .iter()
            .filter_map(|(id, entry)| {
                let on_screen = sight.shows(id);
                let next = entry.next(on_screen, pace).filter(|next| *next <= now)?;
                let wait = entry.wait(on_screen, pace);
                let turns = now.since(next).as_nanos() * 1000 / wait.as_nanos().max(1);
                Some((Reverse(turns), wait, id))
            })
            .collect();
        due.sort();
        due.into_iter().map(|(.., id)| id.clone()).collect()
    }

    /// When the next one is due.
    pub fn wake(&self, sight: &Sight, pace: Pace) -> Option<Moment> {
        self.entries
            .iter()
            .filter_map(|(id, entry)| entry.next(sight.shows(id), pace))
            .min()
    }

    /// Every running container is due now, for a look at all of them.
    pub fn want_all(&mut self) {
        for entry in self.entries.values_mut() {
            entry.wanted = entry.is_measurable();
        }
    }

    pub fn asked(&mut self, id: &str) {
        if let Some(entry) = self.entries.get_mut(id) {
            entry.asked = true;
            entry.wanted = false;
        }
    }

    /// The sample did not come. It counts as taken, so that what cannot be had is not asked for
    /// without end.
    pub fn missed(&mut self, id: &str, now: Moment) {
        if let Some(entry) = self.entries.get_mut(id) {
            entry.asked = false;
            entry.last = Some((now, Moment::default(), None));
        }
    }

    pub fn hear(&mut self, at: Moment, event: &Event) {
        match event {
            Event::Listed(listing) => {
                let ids: BTreeSet<&String> = listing.containers.iter().map(|c| &c.id).collect();
                self.entries.retain(|id, _| ids.contains(id));
                for one in &listing.containers {
                    let kind = self.scope.kind(&one.name, &one.image, &one.labels);
                    self.entry(&one.id, kind, at).state = State::from_word(&one.state);
                }
            }
            Event::Detailed(detail) => {
                if let Some(entry) = self.entries.get_mut(&detail.standing.id) {
                    entry.state = State::from_word(&detail.standing.state);
                    entry.calls = detail.execs.len();
                }
            }
            Event::Happened(life) => self.happened(at, life),
            Event::Sampled(sample) => {
                if let Some(entry) = self.entries.get_mut(&sample.id) {
                    entry.measured(at, sample.read, sample.cpu);
                }
            }
            Event::Link(_) | Event::Node(_) | Event::Cost(_) | Event::Answered(_) => {}
        }
    }

    fn happened(&mut self, at: Moment, life: &Life) {
        if life.turn == Turn::Destroyed {
            self.entries.remove(&life.id);
            return;
        }
        let kind = self.scope.kind(&life.name, &life.image, &life.labels);
        let entry = self.entry(&life.id, kind, at);
        match &life.turn {
            Turn::Created => entry.state = State::Starting,
            Turn::Started | Turn::Unpaused | Turn::Restarted => {
                entry.state = State::Running;
                entry.since = at;
            }
            Turn::Paused => entry.state = State::Paused,
            Turn::Died { .. } => {
                entry.state = State::Exited;
                entry.calls = 0;
                entry.last = None;
                entry.cores = None;
                entry.samples = 0;
            }
            Turn::CallStarted { .. } | Turn::Looked { .. } => entry.calls += 1,
            Turn::CallEnded { .. } => entry.calls = entry.calls.saturating_sub(1),
            Turn::Oom
            | Turn::Killed { .. }
            | Turn::Stopped
            | Turn::Renamed { .. }
            | Turn::Updated
            | Turn::Destroyed
            | Turn::Health { .. }
            | Turn::Other => {}
        }
    }

    fn entry(&mut self, id: &str, kind: Kind, at: Moment) -> &mut Entry {
        self.entries.entry(id.to_owned()).or_insert(Entry {
            kind,
            state: State::Unknown,
            since: at,
            calls: 0,
            last: None,
            cores: None,
            asked: false,
            wanted: false,
            samples: 0,
        })
    }
}

impl Entry {
    /// A paused one uses no processor time, and 20.10 does not answer for it before it goes on.
    fn is_measurable(&self) -> bool {
        self.state == State::Running && !self.asked
    }

    fn is_busy(&self) -> bool {
        self.calls > 0 || self.cores.is_some_and(|cores| cores > BUSY_CORES)
    }

    /// Since when it is due, or from when on.
    fn next(&self, on_screen: bool, pace: Pace) -> Option<Moment> {
        if !self.is_measurable() {
            return None;
        }
        Some(match self.last {
            None => self.since,
            Some((last, ..)) if self.wanted => last,
            Some((last, ..)) => last.plus(self.wait(on_screen, pace)),
        })
    }

    /// From one sample to the next.
    fn wait(&self, on_screen: bool, pace: Pace) -> Duration {
        match (self.kind, on_screen, self.is_busy()) {
            (Kind::Other, false, _) => pace.other,
            (_, true, true) => pace.busy,
            // The second sample is the first that tells what is now.
            (Kind::Sandbox, true, false) if self.samples < 2 => pace.busy,
            (_, true, false) | (Kind::Sandbox, false, true) => pace.idle,
            (Kind::Sandbox, false, false) => pace.hidden,
        }
    }

    fn measured(&mut self, at: Moment, read: Moment, cpu: Option<u64>) {
        self.asked = false;
        self.samples = self.samples.saturating_add(1);
        if let (Some((_, before, Some(old))), Some(new)) = (self.last, cpu) {
            let span = as_float(u64::try_from(read.since(before).as_nanos()).unwrap_or(0));
            if span > 0.0 {
                self.cores = Some(as_float(new.saturating_sub(old)) / span);
            }
        }
        self.last = Some((at, read, cpu));
    }
}

#[cfg(test)]
mod tests;
