use std::collections::BTreeMap;

use super::*;

fn event(id: &str, at: i64, action: Action) -> ContainerEvent {
    let labels = [(SANDBOX_LABEL, "1"), (SESSION_LABEL, "agent:main:main")];
    ContainerEvent {
        id: id.to_owned(),
        at_nanos: at * SECOND,
        action,
        name: format!("openclaw-sbx-{id}"),
        image: String::new(),
        attributes: labels
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect::<BTreeMap<_, _>>(),
    }
}

fn began(exec: &str, line: Option<&str>) -> Action {
    Action::ExecStart {
        exec_id: Some(exec.to_owned()),
        command_line: line.map(str::to_owned),
    }
}

fn ended(exec: &str, code: i64) -> Action {
    Action::ExecDie {
        exec_id: Some(exec.to_owned()),
        exit_code: Some(code),
    }
}

fn died(code: i64) -> Action {
    Action::Die {
        exit_code: Some(code),
    }
}

/// The sandbox, the age, the exit code, whether it runs.
type Told = (String, u64, Option<i64>, bool);

/// Of what is remembered at second 100.
fn last(events: &[ContainerEvent]) -> Option<Told> {
    let mut memory = Memory::default();
    for event in events {
        memory.hear(event);
    }
    let told = memory.last?.told(100 * SECOND);
    Some((
        told.container,
        told.seconds_ago,
        told.exit_code,
        told.running,
    ))
}

fn call(id: &str, ago: u64, code: Option<i64>, running: bool) -> Told {
    (format!("openclaw-sbx-{id}"), ago, code, running)
}

#[test]
fn the_last_command_counts_and_not_what_openclaw_asks_itself() {
    let events = [
        event("a", 10, Action::Start),
        event("a", 11, began("look", Some(MOUNTS_ASKED))),
        event("a", 11, ended("look", 0)),
        event("a", 12, began("one", None)),
        event("b", 20, began("two", None)),
        event("b", 21, ended("two", 3)),
        // Began earlier than the last one.
        event("a", 30, ended("one", 0)),
        event("b", 40, began("later", Some(MOUNTS_ASKED))),
        event("b", 41, ended("later", 0)),
    ];
    assert_eq!(last(&events), Some(call("b", 80, Some(3), false)));
    assert_eq!(last(&events[..5]), Some(call("b", 80, None, true)));
    assert_eq!(last(&events[..3]), None);
}

#[test]
fn a_command_whose_beginning_is_forgotten_still_counts() {
    assert_eq!(
        last(&[event("a", 90, ended("one", 1))]),
        Some(call("a", 10, Some(1), false))
    );
}

#[test]
fn a_sandbox_that_came_for_one_command_is_a_call_itself() {
    let brief = [
        event("a", 90, Action::Start),
        event("a", 92, died(7)),
        event("a", 92, Action::Destroy),
    ];
    assert_eq!(last(&brief), Some(call("a", 10, Some(7), false)));
    let ended_by_somebody = [
        event("a", 90, Action::Start),
        event("a", 91, Action::Kill { signal: None }),
        event("a", 92, died(137)),
    ];
    assert_eq!(last(&ended_by_somebody), None);
    let stood = [event("a", -900, Action::Start), event("a", 92, died(0))];
    assert_eq!(last(&stood), None);
}

#[test]
fn the_end_of_a_sandbox_ends_what_ran_in_it() {
    let events = [
        event("a", 90, began("one", None)),
        event("a", 95, died(137)),
    ];
    assert_eq!(last(&events), Some(call("a", 10, None, false)));
}

#[test]
fn other_containers_are_none_of_its_business() {
    let mut other = event("db", 90, began("one", None));
    other.attributes.clear();
    let mut memory = Memory::default();
    memory.hear(&other);
    assert!(memory.last.is_none());
    assert_eq!(memory.first, Some(90 * SECOND));
}

#[test]
fn the_last_command_of_each_sandbox_is_remembered() {
    let events = [
        event("a", 10, Action::Start),
        event("a", 11, began("look", Some(MOUNTS_ASKED))),
        event("a", 11, ended("look", 0)),
        event("a", 12, began("one", None)),
        event("b", 20, began("two", None)),
        event("a", 30, ended("one", 0)),
        event("c", 40, began("asked", Some(MOUNTS_ASKED))),
        event("c", 41, ended("asked", 0)),
        event("d", 50, ended("forgotten", 0)),
    ];
    let mut memory = Memory::default();
    for event in &events {
        memory.hear(event);
    }
    let used = memory.used(100 * SECOND);
    let told: Vec<(&str, u64)> = used
        .iter()
        .map(|one| (one.container.as_str(), one.seconds_ago))
        .collect();
    let expected = [
        ("openclaw-sbx-a", 70),
        ("openclaw-sbx-b", 80),
        ("openclaw-sbx-d", 50),
    ];
    assert_eq!(told, expected);
}
