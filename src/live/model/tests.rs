//! The reducer on sequences as engines tell them, and on what they should not.

mod gaps;
mod restarts;
mod stalls;

use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::live::alert::Cause;
use crate::live::event::{
    Answered, Detail, Event, Life, Link, Listed, Listing, Moment, Node, Question, Sample, Stamped,
    Turn,
};
use crate::live::note::{News, Note, Victim};
use crate::live::sandbox::{Leaving, State};
use crate::live::scope::Labels;

const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

pub(in crate::live) fn rules() -> Headroom {
    toml::from_str(
        "memory-cap = \"512 MiB\"\ncpu-cap = 0.5\nhost-reserve = \"6 GiB\"\n\
         system-reserve = \"1 GiB\"\nsystem-share = 0.15\ngateway = \"500 MiB\"\n\
         keep-share = 0.5\nkeep-most = \"6 GiB\"\ndisk-reserve = \"5 GiB\"\n\
         disk-per-sandbox = \"256 MiB\"\ncpu-reserve = 2",
    )
    .expect("the parameters of the shipped check")
}

fn model() -> Model {
    Model::new(Scope::default(), rules())
}

fn ms(milliseconds: i64) -> Moment {
    Moment(1_795_000_000_000_000_000 + milliseconds * 1_000_000)
}

fn labels(key: &str) -> Labels {
    Labels::of_sandbox(Some(key))
}

fn life(id: &str, at: i64, turn: Turn) -> Life {
    Life {
        id: id.to_owned(),
        stamp: ms(at),
        turn,
        name: format!("openclaw-sbx-{id}"),
        image: "openclaw-sandbox:bookworm-slim".to_owned(),
        labels: labels("agent:main:main:workspace:7e3a"),
    }
}

fn tell(model: &mut Model, at: i64, what: Event) -> Vec<Note> {
    model.apply(Stamped { at: ms(at), what })
}

fn happen(model: &mut Model, id: &str, at: i64, turn: Turn) -> Vec<Note> {
    tell(model, at, Event::Happened(Box::new(life(id, at, turn))))
}

fn news(notes: &[Note]) -> Vec<&News> {
    notes.iter().map(|note| &note.what).collect()
}

fn call(exec: &str) -> Turn {
    Turn::CallStarted {
        exec: exec.to_owned(),
        command: None,
    }
}

fn call_end(exec: &str, exit_code: i64) -> Turn {
    Turn::CallEnded {
        exec: exec.to_owned(),
        exit_code: Some(exit_code),
    }
}

fn died(exit_code: i64) -> Turn {
    Turn::Died {
        exit_code: Some(exit_code),
    }
}

fn listed(id: &str, state: &str) -> Listed {
    Listed {
        id: id.to_owned(),
        name: format!("openclaw-sbx-{id}"),
        image: "openclaw-sandbox:bookworm-slim".to_owned(),
        state: state.to_owned(),
        created: ms(-5000),
        labels: labels("shared"),
    }
}

fn list(asked: i64, containers: Vec<Listed>) -> Event {
    Event::Listed(Listing {
        asked: ms(asked),
        containers,
    })
}

fn detail(id: &str, asked: i64, memory: u64) -> Event {
    let mut detail = Detail {
        asked: ms(asked),
        labels: labels("agent:main:main:workspace:7e3a"),
        started: Some(ms(-4000)),
        ..Detail::default()
    };
    detail.standing.id = id.to_owned();
    detail.standing.name = format!("openclaw-sbx-{id}");
    detail.standing.state = "running".to_owned();
    detail.standing.memory = memory;
    Event::Detailed(Box::new(detail))
}

fn sample(id: &str, at: i64, cpu: u64, memory: u64) -> Event {
    Event::Sampled(Box::new(Sample {
        id: id.to_owned(),
        read: ms(at),
        cpu: Some(cpu),
        memory: Some(memory),
        ..Sample::default()
    }))
}

#[test]
fn a_row_is_there_with_its_creation_and_tells_how_long_the_start_took() {
    let mut model = model();
    happen(&mut model, "a", 0, Turn::Created);
    let row = &model.sandboxes["a"];
    assert_eq!(row.state, State::Starting);
    assert_eq!(row.owner().words(), "main/main");
    let notes = happen(&mut model, "a", 450, Turn::Started);
    let latency = Some(Duration::from_millis(450));
    assert_eq!(news(&notes), [&News::Started { latency }]);
    assert_eq!(model.sandboxes["a"].latency, latency);
    assert_eq!(model.sandboxes["a"].state, State::Running);
}

#[test]
fn what_lived_for_a_tenth_of_a_second_is_remembered_whole() {
    let mut model = model();
    happen(&mut model, "a", 0, Turn::Created);
    happen(&mut model, "a", 400, Turn::Started);
    happen(&mut model, "a", 500, died(3));
    let notes = happen(&mut model, "a", 510, Turn::Destroyed);
    assert_eq!(news(&notes), [&News::Destroyed]);
    assert!(model.sandboxes.is_empty());
    let gone = model.gone.back().expect("it is remembered");
    assert_eq!(gone.lifetime, Some(Duration::from_millis(100)));
    assert_eq!(gone.exit_code, Some(3));
    assert_eq!(gone.leaving, Leaving::Destroyed);
    assert!(!gone.oom);
    assert_eq!((model.totals.created, model.totals.gone), (1, 1));
}

#[test]
fn one_that_is_killed_long_after_a_call_ran_out_of_memory_has_not_died_of_that() {
    for (milliseconds, oom) in [(560, true), (60_000, false)] {
        let mut model = model();
        happen(&mut model, "a", 0, Turn::Created);
        happen(&mut model, "a", 400, Turn::Started);
        happen(&mut model, "a", 410, call("x"));
        happen(&mut model, "a", 500, Turn::Oom);
        happen(&mut model, "a", 510, call_end("x", 137));
        // The engine says it of the whole container, which goes on.
        let Event::Detailed(mut told) = detail("a", 520, 512 << 20) else {
            panic!("a detail");
        };
        told.oom_killed = true;
        tell(&mut model, 520, Event::Detailed(told));
        happen(&mut model, "a", milliseconds, died(137));
        happen(&mut model, "a", milliseconds + 10, Turn::Destroyed);
        let gone = model.gone.back().expect("it is remembered");
        assert_eq!(gone.oom, oom, "{milliseconds}");
    }
}

#[test]
fn events_that_are_told_again_count_once() {
    let mut model = model();
    for _ in 0..2 {
        happen(&mut model, "a", 0, Turn::Created);
        happen(&mut model, "a", 400, Turn::Started);
        happen(&mut model, "a", 410, call("x"));
        happen(&mut model, "a", 500, call_end("x", 1));
    }
    let row = &model.sandboxes["a"];
    assert_eq!((row.made, row.failed, row.running.len()), (1, 1, 0));
    assert_eq!(model.past_calls.len(), 1);
    assert_eq!(model.totals.created, 1);
    happen(&mut model, "a", 600, Turn::Destroyed);
    // A late echo does not bring it back.
    happen(&mut model, "a", 590, Turn::Paused);
    tell(&mut model, 700, list(550, vec![listed("a", "running")]));
    assert!(model.sandboxes.is_empty());
}

#[test]
fn a_call_has_its_length_and_code_and_its_sandbox_counts_it() {
    let mut model = model();
    happen(&mut model, "a", 0, Turn::Created);
    happen(&mut model, "a", 1, Turn::Started);
    happen(&mut model, "a", 100, call("x"));
    happen(&mut model, "a", 150, call("y"));
    assert_eq!(model.running_calls(), 2);
    let notes = happen(&mut model, "a", 300, call_end("x", 0));
    let [News::CallEnded { duration, oom, .. }] = news(&notes)[..] else {
        panic!("{notes:?}");
    };
    assert_eq!((*duration, *oom), (Some(Duration::from_millis(200)), false));
    happen(&mut model, "a", 400, call_end("y", 2));
    let row = &model.sandboxes["a"];
    assert_eq!((row.made, row.failed), (2, 1));
    assert_eq!(row.idle_since(), Some(ms(400)));
}

#[test]
fn an_inspection_that_is_ahead_of_the_events_takes_no_call_away() {
    let mut model = model();
    happen(&mut model, "a", 0, Turn::Created);
    happen(&mut model, "a", 1, Turn::Started);
    happen(&mut model, "a", 100, call("x"));
    // It has ended, and the event that tells so comes after the answer.
    tell(&mut model, 200, detail("a", 150, 0));
    assert_eq!(model.running_calls(), 1);
    let notes = happen(&mut model, "a", 210, call_end("x", 0));
    let [News::CallEnded { duration, .. }] = news(&notes)[..] else {
        panic!("{notes:?}");
    };
    assert_eq!(*duration, Some(Duration::from_millis(110)));
    // One whose end fell into a gap.
    happen(&mut model, "a", 300, call("y"));
    tell(&mut model, 400, detail("a", 350, 0));
    tell(&mut model, 900, detail("a", 850, 0));
    assert_eq!(model.running_calls(), 0);
}

#[test]
fn an_inspection_that_is_ahead_of_a_calls_start_takes_nothing_from_it() {
    let mut model = model();
    happen(&mut model, "a", 0, Turn::Created);
    happen(&mut model, "a", 1, Turn::Started);
    let Event::Detailed(mut early) = detail("a", 50, 16 * MIB) else {
        panic!("a detail")
    };
    early.execs = vec!["x".to_owned()];
    tell(&mut model, 60, Event::Detailed(early));
    happen(&mut model, "a", 61, call("x"));
    let notes = happen(&mut model, "a", 161, call_end("x", 0));
    let [News::CallEnded { duration, .. }] = news(&notes)[..] else {
        panic!("{notes:?}");
    };
    assert_eq!(*duration, Some(Duration::from_millis(100)));
}

#[test]
fn what_openclaw_asks_a_sandbox_itself_is_no_call() {
    let look = |exec: &str| Turn::Looked {
        exec: exec.to_owned(),
    };
    let mut model = model();
    happen(&mut model, "a", 0, Turn::Created);
    happen(&mut model, "a", 1, Turn::Started);
    // An inspection is ahead of the event, another one comes while it runs.
    let Event::Detailed(mut early) = detail("a", 50, 16 * MIB) else {
        panic!("a detail")
    };
    early.execs = vec!["look".to_owned()];
    tell(&mut model, 60, Event::Detailed(early.clone()));
    assert!(happen(&mut model, "a", 61, look("look")).is_empty());
    early.asked = ms(70);
    tell(&mut model, 80, Event::Detailed(early));
    assert_eq!(model.running_calls(), 0);
    assert!(happen(&mut model, "a", 90, call_end("look", 0)).is_empty());
    let row = &model.sandboxes["a"];
    assert_eq!((row.made, row.failed), (0, 0));
    assert_eq!(row.idle_since(), Some(ms(61)));
    assert!(model.past_calls.is_empty());
    // Ends that are never told are not kept without end.
    for number in 0..100 {
        happen(&mut model, "a", 100 + number, look(&number.to_string()));
    }
    assert!(model.sandboxes["a"].looks.len() <= 16);
}

#[test]
fn an_oom_kill_is_told_with_cap_and_engine_memory_and_137_alone_is_none() {
    let mut model = model();
    let node = Node {
        engine_memory: Some(8 * GIB),
        ..Node::default()
    };
    tell(&mut model, 0, Event::Node(Box::new(node)));
    happen(&mut model, "a", 0, Turn::Created);
    happen(&mut model, "a", 1, Turn::Started);
    tell(&mut model, 5, detail("a", 4, 16 * MIB));
    happen(&mut model, "a", 10, call("x"));
    let notes = happen(&mut model, "a", 100, Turn::Oom);
    let [
        News::Oom {
            cap, engine_memory, ..
        },
        News::Alert(alert),
    ] = news(&notes)[..]
    else {
        panic!("{notes:?}");
    };
    assert_eq!((*cap, *engine_memory), (Some(16 * MIB), Some(8 * GIB)));
    assert_eq!(alert.cause, Cause::Oom);
    assert_eq!(
        alert.words,
        "openclaw-sbx-a: killed for memory (OOM), cap 16 MiB of the engine's 8 GiB"
    );
    // The shell went on and ended well: still the call whose process was killed.
    happen(&mut model, "a", 200, call_end("x", 0));
    let end = model.past_calls[0].call.end.expect("ended");
    assert!(end.oom);
    assert_eq!(model.sandboxes["a"].failed, 1);
    // Killed by hand.
    happen(&mut model, "b", 300, Turn::Created);
    happen(&mut model, "b", 310, Turn::Started);
    let notes = happen(&mut model, "b", 9000, died(137));
    assert!(matches!(news(&notes)[0], News::Died { oom: false, .. }));
    assert_eq!(model.totals.ooms, 1);
}

#[test]
fn of_two_calls_the_one_that_ended_badly_was_killed_and_a_late_oom_finds_its_call() {
    let mut model = model();
    happen(&mut model, "a", 0, Turn::Created);
    happen(&mut model, "a", 1, Turn::Started);
    happen(&mut model, "a", 10, call("good"));
    happen(&mut model, "a", 11, call("bad"));
    happen(&mut model, "a", 20, Turn::Oom);
    happen(&mut model, "a", 30, call_end("bad", 137));
    happen(&mut model, "a", 40, call_end("good", 0));
    let ooms: Vec<bool> = model
        .past_calls
        .iter()
        .map(|past| past.call.end.expect("ended").oom)
        .collect();
    assert_eq!(ooms, [true, false]);
    happen(&mut model, "a", 50, call("late"));
    happen(&mut model, "a", 60, call_end("late", 137));
    happen(&mut model, "a", 70, Turn::Oom);
    assert!(model.past_calls[2].call.end.expect("ended").oom);
}

#[test]
fn a_kill_that_is_told_late_mends_what_was_told_before_it() {
    let told = |model: &Model| -> Vec<bool> {
        let ends = model.timeline.iter().filter_map(|note| match note.what {
            News::CallEnded { oom, .. } | News::Died { oom, .. } => Some(oom),
            _ => None,
        });
        ends.collect()
    };
    let mut model = model();
    for id in ["a", "b", "c"] {
        happen(&mut model, id, 0, Turn::Created);
        happen(&mut model, id, 1, Turn::Started);
    }
    happen(&mut model, "a", 10, call("x"));
    happen(&mut model, "a", 20, call_end("x", 137));
    happen(&mut model, "b", 30, died(137));
    happen(&mut model, "c", 40, died(137));
    happen(&mut model, "c", 50, Turn::Destroyed);
    assert_eq!(told(&model), [false, false, false]);
    happen(&mut model, "a", 60, Turn::Oom);
    assert_eq!(told(&model), [true, false, false]);
    happen(&mut model, "b", 70, Turn::Oom);
    assert_eq!(told(&model), [true, true, false]);
    assert!(model.sandboxes["b"].died_of_memory());
    let notes = happen(&mut model, "c", 80, Turn::Oom);
    assert_eq!(told(&model), [true, true, true]);
    assert!(model.gone[0].oom);
    assert!(!model.sandboxes.contains_key("c"), "it stays gone");
    let victim = Some(Victim::Container);
    assert!(matches!(news(&notes)[0], News::Oom { victim: told, .. } if *told == victim));
    assert_eq!((model.totals.ooms, notes.len()), (3, 2), "and it alarms");
}

#[test]
fn a_kill_long_after_an_end_was_not_its_cause_nor_that_of_a_life_before() {
    let mut model = model();
    for id in ["a", "b"] {
        happen(&mut model, id, 0, Turn::Created);
        happen(&mut model, id, 1, Turn::Started);
        happen(&mut model, id, 10, died(137));
    }
    happen(&mut model, "a", 20, Turn::Started);
    happen(&mut model, "a", 30, Turn::Oom);
    happen(&mut model, "b", 3000, Turn::Oom);
    happen(&mut model, "b", 3001, Turn::Destroyed);
    happen(&mut model, "b", 9000, Turn::Oom);
    let is_mended = |note: &Note| matches!(note.what, News::Died { oom: true, .. });
    assert!(!model.timeline.iter().any(is_mended));
}

#[test]
fn a_dead_container_takes_its_calls_with_it() {
    let mut model = model();
    happen(&mut model, "a", 0, Turn::Created);
    happen(&mut model, "a", 1, Turn::Started);
    happen(&mut model, "a", 2, call("x"));
    happen(&mut model, "a", 100, Turn::Oom);
    let notes = happen(&mut model, "a", 150, died(137));
    assert!(matches!(news(&notes)[0], News::Died { oom: true, .. }));
    let past = &model.past_calls[0];
    assert_eq!(past.call.end.expect("ended").exit_code, None);
    assert!(past.call.end.expect("ended").oom);
    assert_eq!(model.running_calls(), 0);
}

#[test]
fn a_list_that_is_older_than_an_event_does_not_undo_it() {
    let mut model = model();
    tell(&mut model, 10, list(0, vec![listed("a", "running")]));
    happen(&mut model, "a", 20, died(0));
    tell(&mut model, 30, list(15, vec![listed("a", "running")]));
    assert_eq!(model.sandboxes["a"].state, State::Exited);
    happen(&mut model, "b", 40, Turn::Created);
    tell(&mut model, 50, list(35, vec![listed("a", "exited")]));
    assert!(
        model.sandboxes.contains_key("b"),
        "created after the asking"
    );
}

#[test]
fn what_ended_in_a_gap_is_told_as_vanished() {
    let mut model = model();
    tell(
        &mut model,
        10,
        list(0, vec![listed("a", "running"), listed("b", "running")]),
    );
    let notes = tell(&mut model, 9000, list(8000, vec![listed("b", "running")]));
    let last = Some(ms(0));
    let ended = false;
    assert_eq!(news(&notes), [&News::Vanished { last, ended }]);
    assert_eq!(notes[0].stamp, ms(9000));
    let gone = model.gone.back().expect("remembered");
    assert_eq!(
        (gone.leaving, gone.lifetime, gone.exit_code),
        (Leaving::Vanished, None, None)
    );
}

#[test]
fn a_note_says_the_same_of_its_container_when_that_is_long_forgotten() {
    let mut model = model();
    happen(&mut model, "a", 0, Turn::Created);
    happen(&mut model, "a", 1, Turn::Destroyed);
    let mut other = life("db", 2, Turn::Created);
    (other.name, other.labels) = ("db".to_owned(), Labels::default());
    let notes = tell(&mut model, 2, Event::Happened(Box::new(other)));
    assert!(!notes[0].shown);
    for at in 3..2100 {
        let id = at.to_string();
        happen(&mut model, &id, at, Turn::Created);
        happen(&mut model, &id, at, Turn::Destroyed);
    }
    assert!(!model.gone.iter().any(|gone| gone.about.id == "a"));
    let shown: Vec<bool> = model
        .timeline
        .iter()
        .take(4)
        .map(|note| note.shown)
        .collect();
    assert_eq!(shown, [true, true, false, true]);
}

#[test]
fn only_what_is_new_rings_and_the_backlog_does_not() {
    let mut model = model();
    let old = life("a", 0, Turn::Oom);
    let notes = tell(&mut model, 60_000, Event::Happened(Box::new(old)));
    assert_eq!(notes.len(), 1, "told, and no alert: {notes:?}");
    // The engine's clock is a minute behind ours, and the node has told so.
    let node = Node {
        clock: Some(-60_000_000_000),
        ..Node::default()
    };
    tell(&mut model, 60_000, Event::Node(Box::new(node)));
    let late = life("b", 100, Turn::Oom);
    let notes = tell(&mut model, 60_100, Event::Happened(Box::new(late)));
    assert_eq!(notes.len(), 2, "{notes:?}");
}

#[test]
fn how_long_a_start_took_is_known_too_when_the_inspection_came_before_the_events() {
    let inspected = |started: i64| {
        let Event::Detailed(mut found) = detail("a", 1000, 16 * MIB) else {
            unreachable!("it is one");
        };
        found.started = Some(ms(started));
        found.created = Some(ms(-1));
        let mut model = model();
        tell(&mut model, 1000, list(990, vec![listed("a", "running")]));
        tell(&mut model, 1001, Event::Detailed(found));
        tell(
            &mut model,
            1002,
            Event::Happened(Box::new(life("a", 0, Turn::Created))),
        );
        tell(
            &mut model,
            1003,
            Event::Happened(Box::new(life("a", 150, Turn::Started))),
        );
        model
    };
    let latency = Some(Duration::from_millis(150));
    let mut model = inspected(148);
    assert_eq!(model.sandboxes["a"].latency, latency);
    // A second start is no measurement, however soon it comes.
    happen(&mut model, "a", 200, Turn::Started);
    assert_eq!(model.sandboxes["a"].latency, latency);
    // The inspection knows of a later start than the one that the engine remembers.
    let later = inspected(900);
    let later = &later.sandboxes["a"];
    assert_eq!((later.latency, later.started), (None, Some(ms(900))));
}

#[test]
fn a_kill_that_was_told_before_its_sandbox_was_known_names_the_cap_once_it_is() {
    let mut model = model();
    tell(&mut model, 0, Event::Link(Link::Up));
    let killed = Event::Happened(Box::new(life("a", 0, Turn::Oom)));
    let notes = tell(&mut model, 10, killed);
    let words = |model: &Model| model.alerts.raised[0].alert.words.clone();
    let limits = |note: &Note| match note.what {
        News::Oom {
            cap, engine_memory, ..
        } => Some((cap, engine_memory)),
        _ => None,
    };
    assert_eq!(notes.iter().find_map(limits), Some((None, None)));
    assert!(words(&model).ends_with("no cap is known"));
    tell(&mut model, 20, list(15, vec![listed("a", "running")]));
    tell(&mut model, 30, detail("a", 25, 16 * MIB));
    assert_eq!(
        model.timeline.iter().find_map(limits),
        Some((Some(16 * MIB), None))
    );
    assert!(words(&model).ends_with("cap 16 MiB"), "{}", words(&model));
    let node = Node {
        engine_memory: Some(8 * GIB),
        ..Node::default()
    };
    tell(&mut model, 40, Event::Node(Box::new(node)));
    assert_eq!(
        model.timeline.iter().find_map(limits),
        Some((Some(16 * MIB), Some(8 * GIB)))
    );
    assert!(words(&model).contains("8 GiB"), "{}", words(&model));
    // What it was when it happened is not what it is now.
    tell(&mut model, 60, detail("a", 55, 32 * MIB));
    assert!(words(&model).contains("16 MiB"), "{}", words(&model));
    assert_eq!(
        model.timeline.iter().find_map(limits),
        Some((Some(16 * MIB), Some(8 * GIB)))
    );
}

#[test]
fn a_lost_engine_is_an_alert_once_it_was_there_and_no_sandbox_is_forgotten() {
    let mut model = model();
    let lost = || Link::Lost {
        why: "ECONNREFUSED".to_owned(),
    };
    assert_eq!(
        tell(&mut model, 0, Event::Link(lost())).len(),
        1,
        "never was there"
    );
    tell(&mut model, 1, Event::Link(Link::Up));
    tell(&mut model, 2, list(1, vec![listed("a", "running")]));
    let notes = tell(&mut model, 3, Event::Link(lost()));
    assert_eq!(notes.len(), 2);
    assert_eq!(
        tell(&mut model, 4, Event::Link(lost())).len(),
        0,
        "the same"
    );
    let why = "ENOENT".to_owned();
    let other = Event::Link(Link::Lost { why: why.clone() });
    assert_eq!(tell(&mut model, 5, other).len(), 0, "lost once");
    assert_eq!(
        model.alerts.raised.back().map(|raised| raised.times),
        Some(1)
    );
    assert_eq!(model.link, Link::Lost { why }, "what is known last");
    assert!(model.sandboxes.contains_key("a"));
    assert_eq!(model.link_since, ms(3));
}

fn room() -> Input {
    Input {
        engine_memory: 8 * GIB,
        host_memory: Some(16 * GIB),
        gateway: crate::headroom::GatewayPlace::Host,
        others: 7,
        sandboxes: Vec::new(),
        engine_cpus: 10,
        host_cpus: Some(10),
        disk_free: Some(50 * GIB),
        largest_layer: None,
        pressure: None,
        memory_cap: Some(512 * MIB),
        cpu_cap: Some(0.5),
    }
}

#[test]
fn the_headroom_falls_with_what_is_busy_and_is_unknown_while_something_is_not_measured() {
    let mut model = model();
    assert!(model.headroom.is_err());
    let node = Node {
        room: Some(room()),
        ..Node::default()
    };
    tell(&mut model, 0, Event::Node(Box::new(node)));
    let empty = model.headroom.as_ref().expect("known").headroom;
    assert_eq!(empty, 6, "the mini of the guide");
    tell(&mut model, 10, list(0, vec![listed("a", "running")]));
    tell(&mut model, 20, detail("a", 11, 512 * MIB));
    tell(
        &mut model,
        70_000,
        list(69_000, vec![listed("a", "running")]),
    );
    assert!(model.headroom.is_err(), "{:?}", model.headroom);
    tell(&mut model, 70_001, sample("a", 70_000, 1, 20 * MIB));
    assert_eq!(model.headroom.as_ref().expect("known").headroom, 6, "idle");
    happen(&mut model, "a", 70_002, call("x"));
    assert_eq!(model.headroom.as_ref().expect("known").headroom, 5, "busy");
}

#[test]
fn a_sandbox_without_a_cap_counts_for_the_most_that_was_seen_of_it() {
    let mut model = model();
    let node = Node {
        room: Some(room()),
        ..Node::default()
    };
    tell(&mut model, 0, Event::Node(Box::new(node)));
    tell(&mut model, 10, list(0, vec![listed("a", "running")]));
    tell(&mut model, 20, detail("a", 11, 0));
    tell(&mut model, 30, sample("a", 30, 1, GIB));
    tell(&mut model, 40, sample("a", 40, 2, 20 * MIB));
    happen(&mut model, "a", 50, call("x"));
    let load = &model.headroom.as_ref().expect("known").load;
    assert_eq!((load.busy, load.uncapped_count), (GIB, 1));
    assert_eq!(load.observed_peak, Some(GIB));
}

#[test]
fn what_was_not_watched_for_a_minute_is_idle_as_far_as_is_known() {
    let mut model = model();
    let node = Node {
        room: Some(room()),
        ..Node::default()
    };
    let begun = 600_000;
    tell(&mut model, begun, Event::Link(Link::Up));
    tell(&mut model, begun, Event::Node(Box::new(node)));
    tell(&mut model, begun, list(begun, vec![listed("a", "running")]));
    tell(&mut model, begun, detail("a", 11, 512 * MIB));
    let counts = |model: &Model| {
        let load = &model.headroom.as_ref().expect("known").load;
        (load.idle_count, load.idle_assumed_count)
    };
    tell(&mut model, begun + 10, sample("a", begun + 10, 1, 20 * MIB));
    assert_eq!(counts(&model), (1, 1), "it was started long ago");
    tell(
        &mut model,
        begun + 60_000,
        sample("a", begun + 60_000, 2, 20 * MIB),
    );
    assert_eq!(counts(&model), (1, 0), "a minute was watched");
}

#[test]
fn near_its_cap_is_an_alert() {
    let mut model = model();
    tell(&mut model, 10, list(0, vec![listed("a", "running")]));
    tell(&mut model, 20, detail("a", 11, 100 * MIB));
    let notes = tell(&mut model, 30, sample("a", 30, 1, 95 * MIB));
    let [News::Alert(alert)] = news(&notes)[..] else {
        panic!("{notes:?}");
    };
    assert_eq!(alert.words, "openclaw-sbx-a holds 95 % of its memory cap");
}

fn any_turn() -> impl Strategy<Value = Turn> {
    let exec = prop_oneof!["x", "y"];
    let code = proptest::option::of(prop_oneof![Just(0_i64), Just(1), Just(137)]);
    prop_oneof![
        Just(Turn::Created),
        Just(Turn::Started),
        Just(Turn::Paused),
        Just(Turn::Unpaused),
        Just(Turn::Oom),
        Just(Turn::Destroyed),
        Just(Turn::Restarted),
        Just(Turn::Other),
        Just(Turn::Renamed {
            from: String::new()
        }),
        code.clone().prop_map(|exit_code| Turn::Died { exit_code }),
        exec.clone().prop_map(|exec| Turn::CallStarted {
            exec,
            command: None
        }),
        exec.clone().prop_map(|exec| Turn::Looked { exec }),
        (exec, code).prop_map(|(exec, exit_code)| Turn::CallEnded { exec, exit_code }),
    ]
}

fn any_event() -> impl Strategy<Value = Event> {
    let id = || prop_oneof!["a", "b", "c"];
    let state = || prop_oneof!["running", "exited"];
    let stamp = 0_i64..200;
    prop_oneof![
        6 => (id(), stamp.clone(), any_turn())
            .prop_map(|(id, at, turn)| Event::Happened(Box::new(life(&id, at, turn)))),
        1 => (stamp.clone(), proptest::collection::vec((id(), state()), 0..3)).prop_map(
            |(asked, all)| {
                let all = all.iter().map(|(id, state)| listed(id, state));
                list(asked, all.collect())
            }
        ),
        1 => (id(), stamp.clone(), state()).prop_map(|(id, asked, state)| {
            let mut event = detail(&id, asked, 100 * MIB);
            if let Event::Detailed(detail) = &mut event {
                state.clone_into(&mut detail.standing.state);
            }
            event
        }),
        1 => (id(), stamp, any::<u64>(), any::<u64>())
            .prop_map(|(id, at, cpu, memory)| sample(&id, at, cpu, memory)),
        1 => (0_u64..5000, any::<bool>()).prop_map(|(milliseconds, waits)| {
            let question = Question::List;
            Event::Answered(Answered { question, milliseconds, waits })
        }),
        1 => Just(Event::Link(Link::Hung)),
        1 => Just(Event::Link(Link::Up)),
    ]
}

proptest! {
    /// Whatever comes, in whatever order, and twice: nothing panics, a running call is of a
    /// container that is there, and hearing the same events again changes no count.
    #[test]
    fn any_order_is_borne_and_repetition_changes_nothing(
        events in proptest::collection::vec(any_event(), 0..60)
    ) {
        let mut model = model();
        for (at, event) in (0_i64..).zip(&events) {
            tell(&mut model, at, event.clone());
        }
        let totals = model.totals;
        let made: u64 = model.sandboxes.values().map(|one| one.made).sum();
        for (at, event) in (1000_i64..).zip(&events) {
            if let Event::Happened(life) = event {
                tell(&mut model, at, Event::Happened(life.clone()));
            }
        }
        prop_assert_eq!(model.totals, totals);
        prop_assert_eq!(model.sandboxes.values().map(|one| one.made).sum::<u64>(), made);
        for one in model.sandboxes.values() {
            prop_assert!(one.failed <= one.made);
            prop_assert!(!model.gone.iter().any(|gone| gone.about.id == one.about.id));
        }
    }

    /// A recording is the same list of events.
    #[test]
    fn every_event_survives_being_written_and_read(event in any_event()) {
        let stamped = Stamped { at: ms(3), what: event };
        let text = serde_json::to_string(&stamped).expect("plain data");
        let back: Stamped<Event> = serde_json::from_str(&text).expect("as written");
        prop_assert_eq!(back, stamped);
    }
}
