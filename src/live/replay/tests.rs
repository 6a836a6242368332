use super::*;
use crate::live::event::{Life, Link, Listing, Sample, Turn};
use crate::live::scope::{Labels, Scope};

const SECOND: i64 = 1_000_000_000;

fn at(seconds: i64) -> Moment {
    Moment(seconds * SECOND)
}

fn opening() -> Model {
    let rules = toml::from_str(
        "memory-cap = \"512 MiB\"\ncpu-cap = 0.5\nhost-reserve = \"6 GiB\"\n\
         system-reserve = \"1 GiB\"\nsystem-share = 0.15\ngateway = \"500 MiB\"\n\
         keep-share = 0.5\nkeep-most = \"6 GiB\"\ndisk-reserve = \"5 GiB\"\n\
         disk-per-sandbox = \"256 MiB\"\ncpu-reserve = 2",
    );
    Model::new(Scope::default(), rules.expect("the shipped parameters"))
}

fn turn(seconds: i64, id: &str, turn: Turn) -> Stamped<Event> {
    let life = Life {
        id: id.to_owned(),
        name: format!("openclaw-sbx-{id}"),
        stamp: at(seconds),
        turn,
        labels: Labels::of_sandbox(None),
        ..Life::default()
    };
    Stamped {
        at: at(seconds),
        what: Event::Happened(Box::new(life)),
    }
}

/// A life a minute, each of three seconds with a figure in it; every tenth ends with 1.
fn lives(count: i64) -> Vec<Stamped<Event>> {
    let mut events = vec![
        Stamped {
            at: at(0),
            what: Event::Link(Link::Up),
        },
        Stamped {
            at: at(0),
            what: Event::Listed(Listing::default()),
        },
    ];
    for life in 0..count {
        let begin = 60 * (life + 1);
        let id = life.to_string();
        let sample = Sample {
            id: id.clone(),
            read: at(begin + 2),
            memory: Some(7),
            ..Sample::default()
        };
        let code = i64::from(life % 10 == 9);
        events.extend([
            turn(begin, &id, Turn::Created),
            turn(begin, &id, Turn::Started),
            Stamped {
                at: at(begin + 2),
                what: Event::Sampled(Box::new(sample)),
            },
            turn(
                begin + 3,
                &id,
                Turn::Died {
                    exit_code: Some(code),
                },
            ),
            turn(begin + 3, &id, Turn::Destroyed),
        ]);
    }
    events
}

fn replay(count: i64) -> Replay {
    Replay::new(opening(), at(0), lives(count))
}

/// The picture at an instant, by applying what was there by then and nothing else.
fn fresh(count: i64, seconds: i64) -> Model {
    let mut model = opening();
    for event in lives(count) {
        if event.at <= at(seconds) {
            model.apply(event);
        }
    }
    model
}

#[test]
fn playing_to_the_end_at_any_speed_is_applying_everything() {
    let mut told = Vec::new();
    for faster in 0..7 {
        let mut replay = replay(30);
        for _ in 0..faster {
            replay.set_speed(replay.speed().faster());
        }
        replay.toggle();
        let mut notes = Vec::new();
        let mut rounds = 0;
        while replay.is_playing() {
            notes.extend(replay.advance(Duration::from_millis(700)));
            rounds += 1;
            assert!(rounds < 10_000, "it ends");
        }
        assert!(replay.is_at_end());
        assert_eq!(replay.now(), replay.end());
        assert_eq!(*replay.model(), fresh(30, i64::from(u16::MAX)));
        told.push(notes.len());
    }
    assert_eq!(told, [4 * 30 + 1; 7]);
}

#[test]
fn time_passes_at_the_chosen_speed_and_not_while_paused() {
    let mut replay = replay(3);
    assert!(replay.advance(Duration::from_hours(1)).is_empty());
    assert_eq!(replay.now(), at(0));
    replay.toggle();
    replay.set_speed(Speed::default().slower().slower());
    assert_eq!(replay.speed().word(), "1/4x");
    replay.advance(Duration::from_secs(40));
    assert_eq!(replay.now(), at(10));
    assert_eq!(replay.due(), Some(Duration::from_secs(200)));
    replay.set_speed(Speed(8).faster());
    assert_eq!(replay.speed().word(), "64x");
    replay.advance(Duration::from_secs(1));
    assert_eq!(replay.now(), at(74));
    replay.pause();
    assert_eq!(replay.due(), None);
}

#[test]
fn going_back_gives_the_picture_of_that_instant() {
    // Enough that pictures are kept, and instants on both sides of one.
    let count = 2500;
    let mut replay = replay(count);
    replay.seek(replay.end());
    assert!(replay.kept.len() > 2, "{}", replay.kept.len());
    for seconds in [0, 59, 60, 62, 24_000, 24_063, 100_000, 149_999, 3] {
        replay.seek(at(seconds));
        assert_eq!(replay.now(), at(seconds));
        assert!(*replay.model() == fresh(count, seconds), "at {seconds} s");
    }
    replay.seek(Moment(i64::MAX));
    assert!(replay.is_at_end());
    replay.seek(Moment(i64::MIN));
    assert_eq!(replay.now(), replay.begin());
}

#[test]
fn a_step_leads_to_what_is_told_next_and_figures_are_passed_by() {
    let mut replay = replay(1);
    let mut seen = Vec::new();
    loop {
        let notes = replay.step();
        let Some(note) = notes.first() else { break };
        seen.push((replay.now().0 / SECOND, note.what.clone()));
    }
    let seconds: Vec<i64> = seen.iter().map(|(at, _)| *at).collect();
    assert_eq!(seconds, [0, 60, 60, 63, 63]);
    assert_eq!(seen[1].1, News::Created);
    assert!(replay.is_at_end());
}

#[test]
fn jumps_lead_from_incident_to_incident_and_back() {
    let mut replay = replay(35);
    let mut found = Vec::new();
    while !replay.next_incident().is_empty() {
        found.push(replay.now().0 / SECOND);
    }
    assert_eq!(found, [603, 1203, 1803]);
    assert!(replay.is_at_end());
    let mut back = Vec::new();
    while replay.previous_incident() {
        let last = replay.model().timeline.back().expect("a note");
        assert!(last.what.is_trouble());
        back.push(replay.now().0 / SECOND);
    }
    assert_eq!(back, [1803, 1203, 603]);
    assert!(!replay.next_incident().is_empty());
    assert_eq!(replay.now(), at(1203));
}

#[test]
fn a_clock_that_went_back_does_not_turn_the_recording_round() {
    let mut events = lives(2);
    events.last_mut().expect("an event").at = at(1);
    let mut replay = Replay::new(opening(), at(0), events);
    assert_eq!(replay.end(), at(123));
    replay.seek(at(10));
    assert_eq!(replay.model().totals.created, 0);
    replay.seek(at(123));
    assert_eq!(replay.model().totals.gone, 2);
}

#[test]
fn an_empty_recording_is_at_its_end() {
    let mut replay = Replay::new(opening(), at(5), Vec::new());
    assert!(replay.is_at_end());
    assert!(replay.step().is_empty() && replay.next_incident().is_empty());
    assert!(!replay.previous_incident());
    replay.toggle();
    replay.advance(Duration::from_secs(1));
    assert!(!replay.is_playing());
}
