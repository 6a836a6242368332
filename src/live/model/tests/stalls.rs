//! An engine that answers, and slowly.

use super::*;

/// Lines of a recording: an engine that was starved of its processor for half a minute.
const RECORDED: &str = r#"
{"at":1795000000000000000,"link":{"state":"up"}}
{"at":1795000000020000000,"listed":{"asked":1795000000010000000,"containers":[]}}
{"at":1795000060400000000,"answered":{"question":"inspection","milliseconds":1250}}
{"at":1795000062900000000,"answered":{"question":"list","milliseconds":2480}}
{"at":1795000067900000000,"answered":{"question":"list","milliseconds":3000,"waits":true}}
{"at":1795000069100000000,"answered":{"question":"list","milliseconds":4210}}
{"at":1795000071200000000,"answered":{"question":"list","milliseconds":90}}
{"at":1795000073300000000,"answered":{"question":"list","milliseconds":12}}
"#;

#[test]
fn a_recorded_stall_is_told_when_it_begins_and_when_it_is_over_with_what_was_measured() {
    let mut model = model();
    let mut told = Vec::new();
    for line in RECORDED.trim().lines() {
        let event: Stamped<Event> = serde_json::from_str(line).expect("a line of a recording");
        let at = event.at;
        for note in model.apply(event) {
            assert_eq!((note.stamp, &note.about), (at, &None));
            told.push((at.since(Moment(1_795_000_000_000_000_000)), note.what));
        }
    }
    let [up, stalled, alert, over] = &told[..] else {
        panic!("{told:?}")
    };
    assert!(matches!(up.1, News::Link(Link::Up)));
    let slow = Answered {
        question: Question::List,
        milliseconds: 2480,
        waits: false,
    };
    assert_eq!(
        *stalled,
        (
            Duration::from_millis(62_900),
            News::Stalled { answered: slow }
        )
    );
    let News::Alert(alert) = &alert.1 else {
        panic!("{alert:?}")
    };
    assert_eq!(alert.cause, Cause::EngineStall);
    assert_eq!(alert.words, "the engine is slow: a list took 2.5 s");
    assert!(!alert.cause.rings(), "it is no loss");
    let is_over = News::StallOver {
        took: Duration::from_millis(12),
        worst: Duration::from_millis(4210),
        lasted: Duration::from_millis(10_400),
    };
    assert_eq!(over.1, is_over);
    assert_eq!(model.stall.on(), None);
}

#[test]
fn an_engine_that_is_lost_is_not_slow_any_more() {
    let mut model = model();
    tell(&mut model, 0, Event::Link(Link::Up));
    tell(&mut model, 1, list(0, Vec::new()));
    let waits = Answered {
        question: Question::List,
        milliseconds: 3000,
        waits: true,
    };
    assert_eq!(tell(&mut model, 2, Event::Answered(waits)).len(), 2);
    assert!(model.stall.on().is_some());
    tell(&mut model, 3, Event::Link(Link::Hung));
    assert_eq!(model.stall.on(), None);
    // The same again within five minutes is counted, and not told as an alert again.
    tell(&mut model, 4, Event::Link(Link::Up));
    let notes = tell(&mut model, 5, Event::Answered(waits));
    assert_eq!(notes.len(), 1, "{notes:?}");
    let raised = model
        .alerts
        .raised
        .iter()
        .find(|r| r.alert.cause == Cause::EngineStall);
    assert_eq!(raised.map(|raised| raised.times), Some(2));
}
