//! From the engine's words to the picture's. Pure.

use std::collections::BTreeMap;

use super::event::{Detail, Life, Listed, Moment, Sample, Turn};
use super::scope::Labels;
use crate::engine::{self, Action, ContainerEvent, Details};

pub fn life(event: ContainerEvent) -> Life {
    let turn = match event.action {
        Action::Create => Turn::Created,
        Action::Start => Turn::Started,
        Action::Die { exit_code } => Turn::Died { exit_code },
        Action::Oom => Turn::Oom,
        Action::Kill { signal } => Turn::Killed {
            signal: signal.unwrap_or_default(),
        },
        Action::Stop => Turn::Stopped,
        Action::Restart => Turn::Restarted,
        Action::Pause => Turn::Paused,
        Action::Unpause => Turn::Unpaused,
        Action::Destroy => Turn::Destroyed,
        Action::Rename { old_name } => Turn::Renamed {
            from: old_name.unwrap_or_default(),
        },
        Action::Update => Turn::Updated,
        Action::HealthStatus(status) => Turn::Health { status },
        Action::ExecStart {
            exec_id: Some(exec),
            command_line: Some(line),
        } if line == engine::MOUNTS_ASKED => Turn::Looked { exec },
        Action::ExecStart {
            exec_id: Some(exec),
            command_line,
        } => Turn::CallStarted {
            exec,
            command: command_line,
        },
        Action::ExecDie {
            exec_id: Some(exec),
            exit_code,
        } => Turn::CallEnded { exec, exit_code },
        // Without its id a command's start and end cannot be brought together.
        Action::ExecStart { exec_id: None, .. }
        | Action::ExecDie { exec_id: None, .. }
        | Action::ExecCreate { .. }
        | Action::ExecDetach { .. }
        | Action::Attach
        | Action::Detach
        | Action::Other(_) => Turn::Other,
    };
    Life {
        id: event.id,
        stamp: Moment(event.at_nanos),
        turn,
        name: event.name,
        image: event.image,
        labels: Labels::of(&event.attributes),
    }
}

/// Whether a label takes the place of the exit code in the engine's events: it lays labels over
/// its own attributes, and an image may bring any.
pub fn forges(labels: &BTreeMap<String, String>) -> bool {
    labels.contains_key("exitCode")
}

/// A list, and the ids of those whose events forge their exit code.
pub fn all_listed(all: Vec<engine::Listed>) -> (Vec<Listed>, Vec<String>) {
    let forgers = all.iter().filter(|one| forges(&one.labels));
    let forgers = forgers.map(|one| one.id.clone()).collect();
    (all.into_iter().map(listed).collect(), forgers)
}

fn listed(one: engine::Listed) -> Listed {
    Listed {
        labels: Labels::of(&one.labels),
        id: one.id,
        name: one.name,
        image: one.image,
        state: one.state,
        created: Moment(one.created_unix.saturating_mul(1_000_000_000)),
    }
}

pub fn detail(asked: Moment, details: Details) -> Detail {
    Detail {
        asked,
        labels: Labels::of(&details.labels),
        created: details.created_nanos.map(Moment),
        started: details.started_nanos.map(Moment),
        finished: details.finished_nanos.map(Moment),
        exit_code: details.exit_code,
        oom_killed: details.oom_killed,
        restarts: details.restart_count,
        execs: details.exec_ids,
        standing: details.standing,
    }
}

pub fn sample(id: String, said: &engine::Sample) -> Sample {
    Sample {
        id,
        read: Moment(said.read_nanos),
        cpu: said.cpu_total_nanos,
        throttled: said.throttled_nanos,
        memory: said.working_set,
        memory_limit: said.memory_limit,
        pids: said.pids,
        received: said.traffic.map(|traffic| traffic.rx_bytes),
        sent: said.traffic.map(|traffic| traffic.tx_bytes),
        disk_read: said.blocks.map(|blocks| blocks.read_bytes),
        disk_written: said.blocks.map(|blocks| blocks.written_bytes),
    }
}
