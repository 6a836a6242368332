//! What is still known of tool calls: the events that the engine remembers, and the end of
//! OpenClaw's log.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{World, openclaw};
use crate::deadline::Deadline;
use crate::engine::{Action, CommandLines, ContainerEvent, MOUNTS_ASKED, Moment};
use crate::facts::sandbox::{Called, Calls, Oom, SANDBOX_LABEL, SESSION_LABEL, Used};
use crate::facts::{Facts, Reading, Why};
use crate::text::wash;

const SECOND: i64 = 1_000_000_000;
/// As far as an engine could remember: its last 256 events.
const FURTHEST: i64 = 7 * 24 * 3600 * SECOND;
/// What lived longer without a command in it was standing, and no call itself.
const BRIEF: i64 = 600 * SECOND;

pub async fn calls(world: &World, facts: &Facts, d: Deadline) -> Reading<Calls> {
    let (memory, log) = tokio::join!(remembered(facts, d), openclaw::log(world, d));
    let calls = memory.map(|(memory, now)| Calls {
        reach_seconds: memory.first.map(|first| seconds(now - first)),
        ooms: memory.ooms(now),
        used: memory.used(now),
        last: memory.last.map(|last| last.told(now)),
        log,
    });
    Reading::from_result(calls, "engine: events")
}

/// What the engine remembers, and its clock's now.
async fn remembered(facts: &Facts, d: Deadline) -> Result<(Memory, i64), Why> {
    let engine = super::docker::connect(facts)?;
    let skew = facts.docker.clock.get().map_or(0, |clock| {
        clock.skew_milliseconds.saturating_mul(SECOND / 1000)
    });
    let here = jiff::Timestamp::now().as_nanosecond();
    let now = i64::try_from(here).unwrap_or(i64::MAX).saturating_add(skew);
    let from = Moment(now.saturating_sub(FURTHEST));
    let mut events = engine
        .events(Some(from), Some(Moment(now)), CommandLines::Drop, d)
        .await
        .map_err(|error| error.to_why())?;
    let mut memory = Memory::default();
    loop {
        let next = match d.bound(events.next()).await {
            Ok(next) => next,
            Err(elapsed) => Err(elapsed.into()),
        };
        match next.map_err(|error| error.to_why())? {
            Some(event) => memory.hear(&event),
            None => return Ok((memory, now)),
        }
    }
}

fn seconds(nanos: i64) -> u64 {
    u64::try_from(nanos / SECOND).unwrap_or(0)
}

/// What the events tell so far. Pure.
#[derive(Debug, Default)]
struct Memory {
    /// When the oldest of them happened.
    first: Option<i64>,
    last: Option<Seen>,
    /// Commands whose beginning is remembered; those of OpenClaw's own say so.
    begun: HashMap<String, Whose>,
    /// When a command began or ended last, by the sandbox's name.
    used: BTreeMap<String, i64>,
    /// Kills for want of memory, by sandbox: how many, and when the last was.
    oom: BTreeMap<String, (u32, i64)>,
    /// Sandboxes that came up, and when.
    up: HashMap<String, i64>,
    /// Sandboxes that are no calls themselves: commands ran in them, or somebody ended them.
    standing: HashSet<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    Agent,
    OpenClaw,
}

#[derive(Debug)]
struct Seen {
    at: i64,
    id: String,
    /// None: the sandbox itself is the call.
    exec: Option<String>,
    container: String,
    session_key: Option<String>,
    exit_code: Option<i64>,
    running: bool,
}

impl Memory {
    fn hear(&mut self, event: &ContainerEvent) {
        self.first = self.first.or(Some(event.at_nanos));
        let is = event.attributes.get(SANDBOX_LABEL);
        if is.is_none_or(|is| is != "1") {
            return;
        }
        match &event.action {
            Action::Start => _ = self.up.insert(event.id.clone(), event.at_nanos),
            Action::ExecStart {
                exec_id: Some(exec),
                command_line,
            } => {
                self.standing.insert(event.id.clone());
                let whose = match command_line.as_deref() {
                    Some(MOUNTS_ASKED) => Whose::OpenClaw,
                    _ => Whose::Agent,
                };
                self.begun.insert(exec.clone(), whose);
                if whose == Whose::Agent {
                    self.used.insert(event.name.clone(), event.at_nanos);
                    self.last = Some(Seen {
                        running: true,
                        ..Seen::at(event, Some(exec))
                    });
                }
            }
            Action::ExecDie {
                exec_id: Some(exec),
                exit_code,
            } => {
                self.standing.insert(event.id.clone());
                self.ended(event, exec, *exit_code);
            }
            Action::Oom => {
                let (times, at) = self.oom.entry(event.id.clone()).or_default();
                *times = times.saturating_add(1);
                *at = event.at_nanos;
            }
            Action::Kill { .. } | Action::Stop => _ = self.standing.insert(event.id.clone()),
            Action::Die { exit_code } => self.died(event, *exit_code),
            _ => {}
        }
    }

    fn ooms(&self, now: i64) -> Vec<Oom> {
        let all = self.oom.iter().map(|(id, (times, at))| Oom {
            id: id.clone(),
            times: *times,
            seconds_ago: seconds(now - at),
        });
        all.collect()
    }

    fn used(&self, now: i64) -> Vec<Used> {
        let all = self.used.iter().map(|(container, at)| Used {
            container: container.clone(),
            seconds_ago: seconds(now - at),
        });
        all.collect()
    }

    fn ended(&mut self, event: &ContainerEvent, exec: &String, exit_code: Option<i64>) {
        let whose = self.begun.remove(exec);
        if whose != Some(Whose::OpenClaw) {
            self.used.insert(event.name.clone(), event.at_nanos);
        }
        match &mut self.last {
            Some(last) if last.exec.as_ref() == Some(exec) => {
                last.exit_code = exit_code;
                last.running = false;
            }
            _ if whose.is_some() => {}
            // What began before the engine remembers.
            _ => {
                self.last = Some(Seen {
                    exit_code,
                    ..Seen::at(event, Some(exec))
                });
            }
        }
    }

    fn died(&mut self, event: &ContainerEvent, exit_code: Option<i64>) {
        let up = self.up.remove(&event.id);
        let is_own = !self.standing.remove(&event.id);
        if let Some(last) = self.last.as_mut().filter(|last| last.id == event.id) {
            last.running = false;
        }
        let is_newer = |at: i64| self.last.as_ref().is_none_or(|last| last.at < at);
        if let Some(at) = up
            && is_own
            && event.at_nanos - at <= BRIEF
            && is_newer(at)
        {
            self.last = Some(Seen {
                at,
                exit_code,
                ..Seen::at(event, None)
            });
        }
    }
}

impl Seen {
    fn at(event: &ContainerEvent, exec: Option<&String>) -> Self {
        let key = event.attributes.get(SESSION_LABEL);
        Self {
            at: event.at_nanos,
            id: event.id.clone(),
            exec: exec.cloned(),
            container: event.name.clone(),
            session_key: key.map(|key| wash(key, 300)),
            exit_code: None,
            running: false,
        }
    }

    fn told(self, now: i64) -> Called {
        Called {
            container: self.container,
            session_key: self.session_key,
            seconds_ago: seconds(now - self.at),
            exit_code: self.exit_code,
            running: self.running,
        }
    }
}

#[cfg(test)]
mod tests;
