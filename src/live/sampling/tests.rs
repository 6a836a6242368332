use super::*;
use crate::live::event::{Listed, Listing, Sample};
use crate::live::scope::Labels;

fn at(seconds: i64) -> Moment {
    Moment(seconds * 1_000_000_000)
}

fn labels(kind: Kind) -> Labels {
    match kind {
        Kind::Sandbox => Labels::of_sandbox(None),
        Kind::Other => Labels::default(),
    }
}

fn roster(ids: &[(&str, Kind)]) -> Roster {
    let mut roster = Roster::new(Scope::default());
    let listed = ids.iter().map(|(id, kind)| Listed {
        id: (*id).to_owned(),
        state: "running".to_owned(),
        labels: labels(*kind),
        ..Listed::default()
    });
    let listing = Listing {
        asked: at(0),
        containers: listed.collect(),
    };
    roster.hear(at(0), &Event::Listed(listing));
    roster
}

fn sampled(roster: &mut Roster, id: &str, second: i64, cpu: u64) {
    let sample = Sample {
        id: id.to_owned(),
        read: at(second),
        cpu: Some(cpu),
        ..Sample::default()
    };
    roster.hear(at(second), &Event::Sampled(Box::new(sample)));
}

fn happened(roster: &mut Roster, id: &str, turn: Turn) {
    let life = Life {
        id: id.to_owned(),
        turn,
        labels: labels(Kind::Sandbox),
        ..Life::default()
    };
    roster.hear(at(0), &Event::Happened(Box::new(life)));
}

fn looking_at(ids: &[&str]) -> Sight {
    Sight {
        on_screen: Some(ids.iter().map(|id| (*id).to_owned()).collect()),
        all_now: 0,
    }
}

#[test]
fn at_first_everything_is_due_and_nothing_twice_while_it_is_asked_for() {
    let mut roster = roster(&[("a", Kind::Sandbox), ("b", Kind::Other)]);
    let sight = looking_at(&["a"]);
    assert_eq!(roster.due(at(0), &sight, Pace::default()), ["a", "b"]);
    roster.asked("a");
    assert_eq!(roster.due(at(0), &sight, Pace::default()), ["b"]);
}

#[test]
fn what_is_busy_and_looked_at_comes_each_second_and_the_rest_seldom() {
    let all = [
        ("busy", Kind::Sandbox),
        ("idle", Kind::Sandbox),
        ("hidden", Kind::Sandbox),
        ("hidden-busy", Kind::Sandbox),
        ("other", Kind::Other),
    ];
    let mut roster = roster(&all);
    let sight = looking_at(&["busy", "idle"]);
    for second in [0, 1] {
        for (id, _) in all {
            let cores = if id.contains("busy") { 500_000_000 } else { 0 };
            sampled(&mut roster, id, second, cores * (second.unsigned_abs() + 1));
        }
    }
    let due = |second| roster.due(at(second), &sight, Pace::default());
    assert_eq!(due(1), [""; 0]);
    assert_eq!(due(2), ["busy"]);
    assert_eq!(due(9), ["busy", "hidden-busy", "idle"]);
    assert_eq!(due(21), ["busy", "hidden-busy", "idle", "hidden"]);
    assert_eq!(due(31).len(), 5);
    assert_eq!(roster.wake(&sight, Pace::default()), Some(at(2)));
}

#[test]
fn a_running_call_makes_busy_and_what_does_not_run_is_not_asked() {
    let mut roster = roster(&[("a", Kind::Sandbox)]);
    let sight = looking_at(&["a"]);
    for second in [0, 1] {
        sampled(&mut roster, "a", second, 0);
    }
    let due = |roster: &Roster, second| roster.due(at(second), &sight, Pace::default()).len();
    assert_eq!(due(&roster, 2), 0);
    let exec = "x".to_owned();
    happened(
        &mut roster,
        "a",
        Turn::CallStarted {
            exec: exec.clone(),
            command: None,
        },
    );
    assert_eq!(due(&roster, 2), 1);
    happened(
        &mut roster,
        "a",
        Turn::CallEnded {
            exec,
            exit_code: Some(0),
        },
    );
    assert_eq!(due(&roster, 2), 0);
    happened(&mut roster, "a", Turn::Died { exit_code: Some(0) });
    assert_eq!(due(&roster, 1000), 0);
    happened(&mut roster, "a", Turn::Started);
    assert_eq!(due(&roster, 1000), 1);
    happened(&mut roster, "a", Turn::Destroyed);
    roster.want_all();
    assert_eq!(due(&roster, 1000), 0);
}

#[test]
fn what_is_wanted_now_is_due_until_it_is_asked_for_however_many_there_are() {
    let all: Vec<String> = (0..30).map(|number| format!("{number:02}")).collect();
    let named: Vec<(&str, Kind)> = all.iter().map(|id| (id.as_str(), Kind::Sandbox)).collect();
    let mut roster = roster(&named);
    for id in &all {
        sampled(&mut roster, id, 10, 1);
        sampled(&mut roster, id, 11, 1);
    }
    happened(&mut roster, "03", Turn::Paused);
    let nothing = Sight::nothing();
    let due = |roster: &Roster| roster.due(at(12), &nothing, Pace::default());
    assert_eq!(due(&roster).len(), 0);
    roster.want_all();
    assert!(roster.wake(&nothing, Pace::default()) <= Some(at(12)));
    let first: Vec<String> = due(&roster).into_iter().take(8).collect();
    for id in &first {
        roster.asked(id);
    }
    assert_eq!(
        due(&roster).len(),
        30 - 1 - 8,
        "the paused one is not asked"
    );
    for id in &first {
        sampled(&mut roster, id, 12, 1);
    }
    assert_eq!(due(&roster).len(), 30 - 1 - 8);
    for id in due(&roster) {
        roster.asked(&id);
        sampled(&mut roster, &id, 12, 1);
    }
    assert_eq!(due(&roster).len(), 0);
}

#[test]
fn a_sample_that_cannot_be_had_is_not_asked_for_without_end() {
    let mut roster = roster(&[("a", Kind::Sandbox)]);
    roster.asked("a");
    roster.missed("a", at(3));
    assert_eq!(
        roster
            .due(at(3), &looking_at(&["a"]), Pace::default())
            .len(),
        0
    );
    assert_eq!(
        roster
            .due(at(4), &looking_at(&["a"]), Pace::default())
            .len(),
        1
    );
}

#[test]
fn what_is_looked_at_comes_first_and_an_engine_that_is_too_slow_is_asked_for_all_of_them() {
    const AT_ONCE: usize = 4;
    let all: Vec<String> = (0..40).map(|number| format!("{number:02}")).collect();
    let named: Vec<(&str, Kind)> = all.iter().map(|id| (id.as_str(), Kind::Sandbox)).collect();
    let mut roster = roster(&named);
    let seen = ["31", "33", "35", "37", "38", "39"];
    let sight = looking_at(&seen);
    let mut asked: BTreeMap<String, u32> = BTreeMap::new();
    // Four answers in each second, for six that are busy and wanted in each second, and for others.
    for second in 0..120 {
        let due = roster.due(at(second), &sight, Pace::default());
        match second {
            0 => assert_eq!(due[..6], seen),
            1 => assert_eq!(due[..2], seen[4..]),
            _ => {}
        }
        for id in due.iter().take(AT_ONCE) {
            *asked.entry(id.clone()).or_default() += 1;
            let cores = if seen.contains(&id.as_str()) {
                500_000_000
            } else {
                0
            };
            sampled(&mut roster, id, second, cores * (second.unsigned_abs() + 1));
        }
    }
    let of = |id: &str| asked.get(id).copied().unwrap_or_default();
    for id in &all {
        let least = if seen.contains(&id.as_str()) { 30 } else { 2 };
        assert!(of(id) >= least, "{id}: {}", of(id));
    }
}
