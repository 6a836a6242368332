//! Frames of a recorded node: every screen says that it is one, and nothing is done to it.

use std::time::Duration;

use crossterm::event::KeyCode;

use super::super::scene::live::{failing, rules};
use super::snap_in;
use crate::checklist::check::Risk;
use crate::fix::repair::{Need, Plan, Repair};
use crate::live::event::{Answered, Event, Link, Moment, Question, Stamped};
use crate::live::model::Model;
use crate::live::replay::Replay;
use crate::live::scope::Scope;
use crate::tui::msg::Cmd;
use crate::tui::scene::{Scene, engine_down, m4, no_plan};
use crate::tui::screen::Screen;
use crate::tui::screen::live::Live;

const SIZES: [(u16, u16); 3] = [(80, 24), (40, 10), (15, 3)];

/// A connection that is lost after ten seconds.
fn incident() -> Replay {
    let second = |second: i64| Moment(1_795_010_800_000_000_000 + second * 1_000_000_000);
    let link = |at, link| Stamped {
        at: second(at),
        what: Event::Link(link),
    };
    let why = "connection refused".to_owned();
    let events = vec![link(0, Link::Up), link(10, Link::Lost { why })];
    Replay::new(Model::new(Scope::default(), rules()), second(0), events)
}

fn demo(width: u16, height: u16, screen: Screen) -> Scene {
    let mut scene = Scene::of(width, height, &m4(), Screen::Checklist);
    scene.app.is_demo = true;
    let live = Live::of_recording(incident(), Duration::ZERO);
    scene.app.live = Some(Box::new(live));
    let leads = scene.app.keys.leads(scene.app.screen, screen);
    let key = leads.expect("every screen has a digit").to_owned();
    scene.keys(&key);
    scene
}

#[test]
fn every_screen_of_any_size_says_that_it_is_a_demo() {
    for screen in Screen::ALL {
        for (width, height) in [(160, 45), (80, 24), (60, 14), (40, 10), (20, 5), (15, 3)] {
            let mut scene = demo(width, height, screen);
            scene.pass(20_000);
            scene.wake();
            let text = scene.text();
            assert!(
                text.contains("demo"),
                "{screen:?} {width}x{height}:\n{text}"
            );
            scene.app.is_demo = false;
            assert!(!scene.text().contains("demo"), "{screen:?}");
        }
    }
    snap_in(&SIZES, "demo_checklist", |width, height| {
        demo(width, height, Screen::Checklist)
    });
    snap_in(&SIZES, "demo_live", |width, height| {
        let mut scene = demo(width, height, Screen::Live);
        scene.pass(10_500);
        scene.wake();
        scene
    });
}

#[test]
fn the_incident_plays_for_whoever_looks_and_waits_meanwhile() {
    let mut scene = demo(80, 24, Screen::Checklist);
    let at = |scene: &Scene| {
        let playing = scene.live().playing.as_ref().expect("a recording");
        let replay = &playing.replay;
        replay.now().since(replay.begin()).as_millis()
    };
    scene.pass(60_000);
    scene.wake();
    scene.keys("2");
    assert_eq!(at(&scene), 0, "nobody has looked yet");
    scene.pass(2000);
    scene.wake();
    assert_eq!(at(&scene), 2000);
    scene.keys("1");
    scene.pass(30_000);
    scene.wake();
    scene.keys("2");
    scene.pass(1000);
    scene.wake();
    assert_eq!(at(&scene), 3000);
}

/// A node in trouble, recorded: at each incident much is counted, and the engine slows down, hangs,
/// and is lost.
fn troubled() -> Replay {
    let scene = failing(80, 24);
    let model = scene.live().model.clone();
    let begin = scene.live().ours(scene.app.now);
    let slow = |milliseconds| {
        Event::Answered(Answered {
            question: Question::List,
            milliseconds,
            waits: false,
        })
    };
    let why = "connection refused".to_owned();
    let happened = [
        slow(1400),
        slow(2300),
        Event::Link(Link::Hung),
        Event::Link(Link::Up),
        Event::Link(Link::Lost { why }),
        Event::Link(Link::Connecting),
    ];
    let events = happened.into_iter().zip(1..).map(|(what, second)| Stamped {
        at: begin.plus(Duration::from_secs(10 * second)),
        what,
    });
    Replay::new(model, begin, events.collect())
}

#[test]
fn a_recording_of_any_size_and_at_any_instant_says_that_it_is_one() {
    let widths = [
        15, 16, 17, 20, 23, 24, 30, 36, 40, 59, 60, 70, 80, 100, 120, 160,
    ];
    for width in widths {
        for height in [3, 4, 5, 10, 13, 14, 24, 45] {
            let mut scene = Scene::open(width, height);
            let live = Live::of_recording(troubled(), Duration::ZERO);
            scene.app.live = Some(Box::new(live));
            scene.keys("2 ");
            for _ in 0..8 {
                let text = scene.text();
                assert!(text.contains("rec"), "{width}x{height}:\n{text}");
                if width >= 24 && height >= 4 {
                    assert!(text.contains("recording"), "{width}x{height}:\n{text}");
                }
                scene.keys("}");
            }
            // What is not recorded does not say so.
            scene.keys("1");
            assert!(!scene.text().contains("recording"), "{width}x{height}");
        }
    }
    snap_in(&SIZES, "recording", |width, height| {
        let mut scene = Scene::open(width, height);
        let live = Live::of_recording(troubled(), Duration::ZERO);
        scene.app.live = Some(Box::new(live));
        scene.keys("2 ");
        scene
    });
}

/// The checklist of a recorded node for which this is planned.
fn planned(needs: Vec<Need>) -> Scene {
    let mut scene = Scene::open(80, 24);
    scene.app.is_demo = true;
    let repair = Repair {
        id: "docker/running".to_owned(),
        check: "docker/running".to_owned(),
        also: Vec::new(),
        title: "start the engine".to_owned(),
        findings: Vec::new(),
        risk: Risk::Safe,
        cost: String::new(),
        undo: None,
        needs,
        only_named: false,
        waits_for: Vec::new(),
        restart: None,
        steps: Vec::new(),
    };
    let plan = Plan {
        repairs: vec![repair],
        ..no_plan()
    };
    scene.plan(engine_down, &plan);
    scene
}

fn does_nothing(scene: &Scene) {
    let repairs = scene
        .cmds
        .iter()
        .filter(|cmd| matches!(cmd, Cmd::Repair(_)));
    assert_eq!(repairs.count(), 0, "{:?}", scene.cmds);
    assert!(!scene.app.repairs.is_under_way());
}

#[test]
fn what_a_repair_would_do_is_shown_and_not_done() {
    for needs in [Vec::new(), vec![Need::Sudo]] {
        let mut scene = planned(needs);
        scene.keys("f");
        let text = scene.text();
        assert!(
            text.contains("start the engine") && text.contains("y yes"),
            "{text}"
        );
        scene.keys("y");
        does_nothing(&scene);
        let text = scene.text();
        assert!(text.contains("nothing is done to it"), "{text}");
        scene.key(KeyCode::Esc);
        assert!(!scene.text().contains("nothing is done"));
    }
}

#[test]
fn nothing_is_taken_back_or_looked_up_of_earlier_runs() {
    let mut scene = planned(Vec::new());
    scene.keys("u");
    does_nothing(&scene);
    assert!(scene.text().contains("nothing is done to it"));

    let mut fresh = Scene::open(80, 24);
    fresh.app.is_demo = true;
    fresh.cmds = crate::tui::update::open(&mut fresh.app);
    does_nothing(&fresh);
}
