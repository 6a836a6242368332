//! Ends that fell into a gap: events were lost, and only what is asked afterwards tells of them.

use super::*;
use crate::live::note::Seen;

/// An inspection that finds it ended.
fn ended(id: &str, asked: i64, finished: Option<i64>, exit_code: i64, oom: bool) -> Event {
    let Event::Detailed(mut found) = detail(id, asked, 64 * MIB) else {
        panic!("a detail")
    };
    found.standing.state = "exited".to_owned();
    found.finished = finished.map(ms);
    found.exit_code = Some(exit_code);
    found.oom_killed = oom;
    Event::Detailed(found)
}

/// One that runs since before the watching, with a call in it.
fn watched() -> Model {
    let mut model = model();
    tell(&mut model, 10, list(0, vec![listed("a", "running")]));
    tell(&mut model, 20, detail("a", 15, 64 * MIB));
    happen(&mut model, "a", 100, call("x"));
    model
}

fn cut(model: &mut Model, at: i64) {
    let why = "the engine ended the connection".to_owned();
    tell(model, at, Event::Link(Link::Lost { why }));
    tell(model, at + 5000, Event::Link(Link::Up));
}

#[test]
fn a_death_in_a_gap_stands_in_the_timeline_with_its_own_time_and_code() {
    let mut model = watched();
    cut(&mut model, 1000);
    let notes = tell(&mut model, 6200, list(6100, vec![listed("a", "exited")]));
    assert!(notes.is_empty(), "what the list finds is inspected first");
    let notes = tell(&mut model, 6300, ended("a", 6250, Some(3000), 137, true));
    let [death, alert] = &notes[..] else {
        panic!("{notes:?}")
    };
    assert_eq!(
        death.what,
        News::Died {
            exit_code: Some(137),
            lifetime: Some(Duration::from_secs(7)),
            oom: true,
            seen: Seen::Afterwards,
        }
    );
    assert_eq!((death.stamp, death.at), (ms(3000), ms(6300)));
    assert!(matches!(&alert.what, News::Alert(alert) if alert.cause == Cause::Oom));
    assert_eq!(model.timeline.back(), Some(alert));
    let one = &model.sandboxes["a"];
    assert_eq!(
        (one.state, one.died, one.exit_code),
        (State::Exited, Some(ms(3000)), Some(137))
    );
    assert_eq!((one.ooms, model.totals.ooms), (1, 1));
    // The call that ran in it went with it.
    assert_eq!((one.running.len(), one.failed), (0, 1));
    assert_eq!(
        model.past_calls[0].call.end.map(|end| end.at),
        Some(ms(3000))
    );
    // It is told once, whoever says so again.
    for at in [7000, 8000] {
        tell(&mut model, at, list(at - 10, vec![listed("a", "exited")]));
        let again = tell(
            &mut model,
            at + 100,
            ended("a", at + 50, Some(3000), 137, true),
        );
        assert!(again.is_empty(), "{again:?}");
    }
    assert!(
        happen(&mut model, "a", 3001, died(137)).is_empty(),
        "a late echo"
    );
}

#[test]
fn what_has_no_time_of_its_own_is_told_with_when_it_was_seen_alive_last() {
    let mut model = watched();
    cut(&mut model, 1000);
    tell(&mut model, 6200, list(6100, vec![listed("a", "dead")]));
    let notes = tell(&mut model, 6300, ended("a", 6250, None, 0, false));
    assert_eq!(notes.len(), 1, "{notes:?}");
    assert_eq!(notes[0].stamp, ms(6250));
    let News::Died { seen, lifetime, .. } = &notes[0].what else {
        panic!("{notes:?}")
    };
    assert_eq!(
        (*seen, *lifetime),
        (Seen::After(Some(ms(100))), None),
        "the call"
    );
}

#[test]
fn an_inspection_that_is_ahead_of_the_event_tells_nothing() {
    let mut model = watched();
    let notes = tell(&mut model, 210, ended("a", 205, Some(200), 3, false));
    assert!(notes.is_empty(), "{notes:?}");
    let notes = happen(&mut model, "a", 211, died(3));
    assert!(matches!(
        notes[0].what,
        News::Died {
            seen: Seen::Told,
            ..
        }
    ));
    tell(&mut model, 400, list(390, vec![listed("a", "exited")]));
    let notes = tell(&mut model, 500, ended("a", 450, Some(200), 3, false));
    assert!(notes.is_empty(), "{notes:?}");
}

#[test]
fn what_came_and_went_in_a_gap_is_told_and_what_was_over_before_is_not() {
    let mut model = watched();
    cut(&mut model, 1000);
    let there = || {
        vec![
            listed("a", "running"),
            listed("new", "exited"),
            listed("old", "exited"),
        ]
    };
    tell(&mut model, 6200, list(6100, there()));
    assert!(tell(&mut model, 6300, ended("old", 6250, Some(-9000), 1, false)).is_empty());
    let notes = tell(&mut model, 6301, ended("new", 6250, Some(4000), 1, false));
    assert!(
        matches!(
            news(&notes)[..],
            [News::Died {
                seen: Seen::Afterwards,
                exit_code: Some(1),
                ..
            }]
        ),
        "{notes:?}"
    );
    // At the beginning nothing is news.
    let mut fresh = super::model();
    tell(&mut fresh, 6200, list(6100, there()));
    for id in ["new", "old"] {
        assert!(tell(&mut fresh, 6300, ended(id, 6250, Some(4000), 1, false)).is_empty());
    }
}

#[test]
fn a_death_of_long_ago_rings_for_nobody_and_one_that_was_told_vanishes_as_what_had_ended() {
    let mut model = watched();
    cut(&mut model, 1000);
    tell(
        &mut model,
        60_000,
        list(59_000, vec![listed("a", "exited")]),
    );
    let notes = tell(
        &mut model,
        60_100,
        ended("a", 60_050, Some(3000), 137, true),
    );
    assert_eq!(notes.len(), 1, "told, and no alert: {notes:?}");
    let notes = tell(&mut model, 90_000, list(89_000, Vec::new()));
    let News::Vanished { last, ended } = &notes[0].what else {
        panic!("{notes:?}")
    };
    assert_eq!((*last, *ended), (Some(ms(60_050)), true));
    assert!(!notes[0].what.is_trouble());
    assert_eq!(
        model.gone.back().map(|gone| gone.exit_code),
        Some(Some(137))
    );
}

#[test]
fn one_that_ended_in_a_gap_and_runs_again_is_told_with_both() {
    let again = |asked, finished, started| {
        let Event::Detailed(mut found) = detail("a", asked, 64 * MIB) else {
            panic!("a detail")
        };
        (found.finished, found.started) = (Some(ms(finished)), Some(ms(started)));
        Event::Detailed(found)
    };
    let mut model = watched();
    cut(&mut model, 1000);
    tell(&mut model, 9000, list(8900, vec![listed("a", "running")]));
    let mut lagging = model.clone();
    let notes = tell(&mut model, 9100, again(9050, 3000, 4000));
    let [died, started] = &notes[..] else {
        panic!("{notes:?}")
    };
    assert_eq!((died.stamp, started.stamp), (ms(3000), ms(4000)));
    let expected = News::Died {
        exit_code: None,
        lifetime: Some(Duration::from_secs(7)),
        oom: false,
        seen: Seen::Afterwards,
    };
    assert_eq!(died.what, expected);
    assert_eq!(started.what, News::Started { latency: None });
    let one = &model.sandboxes["a"];
    assert_eq!((one.state, one.started), (State::Running, Some(ms(4000))));
    assert_eq!((one.running.len(), one.failed), (0, 1), "its call is over");
    assert!(tell(&mut model, 20_000, again(19_000, 3000, 4000)).is_empty());
    // A start that has only just been: its events are on their way.
    assert!(tell(&mut lagging, 9100, again(9050, 9000, 9040)).is_empty());
    happen(&mut lagging, "a", 9000, died_well());
    happen(&mut lagging, "a", 9040, Turn::Started);
    assert!(tell(&mut lagging, 20_000, again(19_000, 9000, 9040)).is_empty());
}

fn died_well() -> Turn {
    Turn::Died { exit_code: Some(0) }
}
