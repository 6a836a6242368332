//! What the engine's events do to one container and to the calls in it.

use crate::live::call::{Call, PastCall, Suspicion};
use crate::live::event::{Moment, Turn};
use crate::live::note::{News, Seen};
use crate::live::sandbox::{Sandbox, State};

/// Nanoseconds. An inspection and an event tell the same start by stamps that are some milliseconds
/// apart; what ended at once is started again after 100 ms at the soonest (moby's restartmanager).
const SAME_START: u64 = 90_000_000;

/// What an event about the container itself does to it.
pub fn turned(one: &mut Sandbox, turn: Turn, stamp: Moment) -> News {
    match turn {
        Turn::Created => {
            // A list may have told already that it runs: its creation is older news.
            if one.state == State::Unknown {
                one.state = State::Starting;
            }
            one.created = Some(stamp);
            one.witnessed = true;
            News::Created
        }
        Turn::Started => {
            // An inspection may have told of it before the engine told what it remembers.
            let is_told = |told: Moment| told.0.abs_diff(stamp.0) < SAME_START;
            let first = one.latency.is_none() && one.started.is_none_or(is_told);
            one.state = State::Running;
            one.started = one.started.max(Some(stamp));
            one.died = None;
            one.exit_code = None;
            let latency = one.created.map(|created| stamp.since(created));
            let latency = latency.filter(|_| first && one.witnessed);
            one.latency = latency.or(one.latency);
            News::Started { latency }
        }
        Turn::Paused => {
            one.state = State::Paused;
            News::Paused
        }
        Turn::Unpaused => {
            one.state = State::Running;
            News::Unpaused
        }
        Turn::Killed { signal } => News::Killed { signal },
        Turn::Died { exit_code } => {
            let lifetime = one.started.map(|started| stamp.since(started));
            let killed = one.follows_a_kill(stamp);
            one.state = State::Exited;
            one.died = Some(stamp);
            one.exit_code = exit_code;
            one.usage.stop();
            News::Died {
                exit_code,
                lifetime,
                oom: killed && exit_code != Some(0),
                seen: Seen::Told,
            }
        }
        Turn::Stopped => News::Stopped,
        Turn::Restarted => {
            // Docker tells of somebody's, after the start; Podman of its policy's, before the
            // start, and has that in its count.
            if one.state.is_alive() {
                one.restarts.told();
            }
            News::Restarted
        }
        Turn::Updated => News::Updated,
        Turn::Health { status } => News::Health { status },
        Turn::CallStarted { exec, command } => {
            if let Some(call) = one.running.iter_mut().find(|call| call.exec == exec) {
                // An inspection was ahead of the event that tells its start.
                call.started.get_or_insert(stamp);
                call.command = call.command.take().or_else(|| command.clone());
            } else {
                let call = Call::begun(&exec, command.clone(), Some(stamp));
                one.running.push(call);
            }
            News::CallStarted { exec, command }
        }
        Turn::Oom
        | Turn::Renamed { .. }
        | Turn::Destroyed
        | Turn::CallEnded { .. }
        | Turn::Looked { .. }
        | Turn::Other => unreachable!("taken care of before"),
    }
}

pub fn oom(one: &mut Sandbox, stamp: Moment, engine_memory: Option<u64>) -> News {
    one.ooms = one.ooms.saturating_add(1);
    one.oom = Some(stamp);
    let suspicion = if one.running.len() == 1 {
        Suspicion::Alone
    } else {
        Suspicion::Shared
    };
    for call in &mut one.running {
        call.oom = suspicion;
    }
    News::Oom {
        cap: one.memory_cap(),
        peak: one.usage.peak,
        engine_memory,
        victim: None,
    }
}

pub fn call_ended(
    one: &mut Sandbox,
    exec: &str,
    exit_code: Option<i64>,
    stamp: Moment,
) -> (News, PastCall) {
    let known = one.running.iter().position(|call| call.exec == exec);
    let mut call = match known {
        Some(index) => one.running.remove(index),
        None => Call::begun(exec, None, None),
    };
    let end = call.finish(stamp, exit_code);
    one.made += 1;
    one.failed += u64::from(call.failed());
    one.used = one.used.max(Some(stamp));
    let news = News::CallEnded {
        exec: exec.to_owned(),
        exit_code,
        duration: call.duration(),
        oom: end.oom,
    };
    let past = PastCall {
        about: one.about.clone(),
        call,
    };
    (news, past)
}
