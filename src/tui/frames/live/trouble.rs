//! Frames of what goes wrong: a slow engine, a gap, alerts on the other screens; and of their times.

use std::time::Duration;

use super::snap;
use crate::live::event::{Answered, Event, Link, Question, Turn};
use crate::tui::keeping::{Keeping, State};
use crate::tui::msg::Msg;
use crate::tui::scene::live::*;
use crate::tui::scene::{Scene, well};
use crate::tui::screen::Screen;
use crate::tui::update::next_wake;
use crate::tui::widget::clock::Zone;

#[test]
fn the_clock_of_the_timeline_is_the_persons_own() {
    let zone = jiff::tz::TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").expect("a rule");
    snap("clock", move |width, height| {
        let mut scene = failing(width, height);
        scene.app.zone = Zone::new(Some(zone.clone()));
        scene.keys("t");
        scene
    });
    let mut unknown = failing(80, 24);
    unknown.keys("t");
    assert!(
        unknown.text().contains("─ timeline UTC ─"),
        "{}",
        unknown.text()
    );
}

/// A killed one of an agent with a long name, twelve failures of another, and a lost engine.
fn alarmed(width: u16, height: u16, screen: &str) -> Scene {
    let mut scene = failing(width, height);
    scene.pass(200);
    scene.link(Link::Lost {
        why: "connection refused".to_owned(),
    });
    scene.pass(800);
    scene.link(Link::Up);
    scene.pass(2000);
    scene.happen(&id(5), &key(5), Turn::Oom);
    scene.keys(screen);
    scene.pass(12_000);
    scene.wake();
    scene
}

#[test]
fn alerts_are_seen_on_the_other_screens_too() {
    snap("alarm_on_the_checklist", |width, height| {
        alarmed(width, height, "1")
    });
    snap("alarm_on_the_isolation", |width, height| {
        alarmed(width, height, "3")
    });
}

#[test]
fn another_screen_is_drawn_when_an_alert_comes_and_when_it_looks_older_and_not_else() {
    let mut scene = busy(80, 24);
    scene.keys("1");
    scene.finish(well);
    scene.pass(90_000);
    scene.wake();
    let quiet = next_wake(&scene.app).map(|wake| wake.saturating_sub(scene.app.now));
    scene.app.changed = false;
    scene.happen(&id(3), &key(3), call("x"));
    scene.sample(&id(3), 0.2, 20 << 20);
    assert!(!scene.app.changed, "nothing of it is on the screen");
    assert!(quiet > Some(Duration::from_secs(1)), "{quiet:?}");
    scene.happen(&id(5), &key(5), Turn::Oom);
    assert!(std::mem::take(&mut scene.app.changed));
    assert!(
        scene.text().contains("! OOM in research/"),
        "{}",
        scene.text()
    );
    scene.happen(&id(3), &key(3), call_end("x", 0));
    assert!(!scene.app.changed);
    let soon = next_wake(&scene.app).expect("its age");
    assert!(soon > scene.app.now && soon <= scene.app.now + Duration::from_secs(1));
    // When it is old it is gone, and nothing is waited for any more.
    scene.pass(301_000);
    scene.wake();
    assert!(!scene.text().contains("OOM"), "{}", scene.text());
    let soon = next_wake(&scene.app).expect("the checklist's age");
    assert!(soon > scene.app.now + Duration::from_secs(1));
    scene.happen(&id(5), &key(5), Turn::Oom);
    scene.keys("2");
    assert_eq!(scene.app.screen, Screen::Live, "the digit leads there");
}

#[test]
fn a_slow_engine_is_told_apart_from_one_that_hangs() {
    snap("slow", |width, height| {
        let mut scene = busy(width, height);
        for milliseconds in [1400, 2300] {
            scene.pass(2000);
            scene.hear(Event::Answered(Answered {
                question: Question::List,
                milliseconds,
                waits: false,
            }));
        }
        scene.pass(4000);
        scene.wake();
        scene
    });
}

/// The engine was restarted, and its events with it: three have ended, one came and went, one has
/// gone without a trace.
#[test]
fn what_ended_in_a_gap_stands_in_the_timeline_as_seen_afterwards() {
    snap("after_a_gap", |width, height| {
        let mut scene = busy(width, height);
        scene.pass(1000);
        scene.link(Link::Lost {
            why: "the engine ended the connection".to_owned(),
        });
        scene.pass(40_000);
        scene.link(Link::Up);
        scene.pass(300);
        let left: Vec<_> = (0..20)
            .filter(|index| *index != 6)
            .map(|index| {
                let state = if index < 3 { "exited" } else { "running" };
                listed(&id(index), &key(index), state)
            })
            .chain([listed(&id(60), &key(60), "exited")])
            .collect();
        scene.list(left);
        scene.pass(100);
        let over = |index: usize, code, finished: Option<i64>| {
            let asked = scene.live().ours(scene.app.now);
            Event::Detailed(Box::new(detail(&id(index), &key(index), |one| {
                one.asked = asked;
                one.standing.state = "exited".to_owned();
                one.exit_code = Some(code);
                one.oom_killed = index == 1;
                one.finished = finished.map(at);
            })))
        };
        let found = [
            over(0, 255, Some(20_000)),
            over(1, 137, Some(21_000)),
            over(2, 255, None),
            over(60, 0, Some(22_000)),
        ];
        for event in found {
            scene.hear(event);
        }
        scene.pass(3000);
        scene.wake();
        scene
    });
}

/// Recorded into a file, and how that stands.
fn recorded(width: u16, height: u16, state: State) -> Scene {
    let mut scene = busy(width, height);
    let live = scene.app.live.as_mut().expect("a dashboard");
    live.keeping = Some(Keeping {
        path: "/Users/me/incidents/night.ndjson".to_owned(),
        most: 256 * MIB,
        state: State::Writes { bytes: 900 },
    });
    scene.send(Msg::Recording(state));
    scene
}

fn full() -> State {
    State::Over {
        why: "No space left on device (os error 28)".to_owned(),
    }
}

#[test]
fn a_recording_says_where_to_and_how_much_and_its_end_is_told() {
    let bytes = 5 * MIB / 4;
    snap("recording", |width, height| {
        recorded(width, height, State::Writes { bytes })
    });
    snap("recording_over", |width, height| {
        recorded(width, height, full())
    });
}

#[test]
fn the_end_of_a_recording_is_an_alert_until_it_is_put_away_and_stays_known() {
    let mut scene = recorded(160, 45, State::Writes { bytes: MIB });
    let draws = |scene: &mut Scene, state: State| {
        scene.app.changed = false;
        scene.send(Msg::Recording(state));
        scene.app.changed
    };
    let more = State::Writes { bytes: MIB + 100 };
    assert!(!draws(&mut scene, more), "the figure is the same");
    let more = State::Writes { bytes: 2 * MIB };
    assert!(draws(&mut scene, more));
    scene.keys("1");
    let more = State::Writes { bytes: 3 * MIB };
    assert!(!draws(&mut scene, more), "nothing of it is on this screen");
    assert!(draws(&mut scene, full()));
    let text = scene.text();
    assert!(text.contains("! not recording: 2"), "{text}");
    scene.keys("2");
    let text = scene.text();
    assert!(
        text.contains("! not recording any more: No space"),
        "{text}"
    );
    scene.keys("x");
    let text = scene.text();
    assert!(!text.contains("any more"), "{text}");
    assert!(text.contains("✗ not recording ─"), "{text}");
}

#[test]
fn the_end_of_a_recording_is_not_listed_beside_no_alert() {
    let mut scene = empty(160, 45);
    let listed = |scene: &mut Scene, state: State| {
        let live = scene.app.live.as_mut().expect("a dashboard");
        live.keeping = Some(Keeping {
            path: "/Users/me/night.ndjson".to_owned(),
            most: 256 * MIB,
            state,
        });
        scene.keys("a");
        let text = scene.text();
        scene.key(crossterm::event::KeyCode::Esc);
        text
    };
    let text = listed(&mut scene, State::Writes { bytes: 900 });
    assert!(text.contains("no alert"), "{text}");
    let text = listed(&mut scene, full());
    assert!(text.contains("not recording any more: No space"), "{text}");
    assert!(!text.contains("no alert"), "{text}");
}

#[test]
fn nothing_runs_or_idles_on_while_the_engine_is_lost() {
    let mut scene = empty(160, 45);
    scene.list(vec![listed(&id(0), &key(0), "running")]);
    scene.happen(&id(0), &key(0), call("e1"));
    scene.pass(4000);
    let why = "connection refused".to_owned();
    scene.link(Link::Lost { why });
    scene.key(crossterm::event::KeyCode::Enter);
    scene.pass(90_000);
    scene.wake();
    let text = scene.text();
    assert!(text.contains("runs for 4s"), "{text}");
    assert!(
        text.contains("1m ago: the engine has not been heard of since"),
        "{text}"
    );
    assert!(!text.contains("runs for 1m"), "{text}");
}
