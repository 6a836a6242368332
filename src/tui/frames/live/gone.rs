//! Frames of the list of what has gone.

use super::super::snap_in;
use super::snap;
use crate::live::event::{Event, Life, Link, Turn};
use crate::tui::scene::Scene;
use crate::tui::scene::live::*;

fn gone(name: &str, scene: impl Fn(u16, u16) -> Scene) {
    snap(&format!("gone_{name}"), |width, height| {
        let mut scene = scene(width, height);
        scene.keys("d");
        scene
    });
}

fn lost() -> Link {
    Link::Lost {
        why: "connection refused".to_owned(),
    }
}

fn silent(scene: &mut Scene, link: Link) {
    scene.link(link);
    scene.pass(45_000);
    scene.wake();
}

#[test]
fn nothing_gone_says_how_far_that_is_known() {
    gone("nothing", |width, height| {
        let mut scene = busy(width, height);
        scene.pass(720_000);
        scene.wake();
        scene
    });
    gone("nothing_yet", empty);
    gone("connecting", |width, height| {
        let mut scene = dashboard(width, height);
        scene.link(Link::Connecting);
        scene.pass(3000);
        scene.wake();
        scene
    });
}

#[test]
fn what_nobody_sees_go_is_not_nothing() {
    gone("nothing_hung", |width, height| {
        let mut scene = busy(width, height);
        silent(&mut scene, Link::Hung);
        scene
    });
    gone("nothing_lost", |width, height| {
        let mut scene = busy(width, height);
        silent(&mut scene, lost());
        scene
    });
}

#[test]
fn a_filter_that_lets_nothing_through_says_so() {
    gone("filtered", |width, height| {
        let mut scene = failing(width, height);
        scene.keys("/no such one");
        scene.key(crossterm::event::KeyCode::Enter);
        scene
    });
}

#[test]
fn the_list_stays_when_the_engine_is_lost() {
    gone("lost", |width, height| {
        let mut scene = failing(width, height);
        silent(&mut scene, lost());
        scene
    });
}

/// One that nobody saw go, one whose exit code nobody told, and those with hostile names.
fn hostile(width: u16, height: u16) -> Scene {
    let mut scene = busy(width, height);
    for (index, name) in HOSTILE.iter().enumerate() {
        let turns = [Turn::Created, Turn::Started, died(1), Turn::Destroyed];
        for turn in turns {
            scene.pass(100);
            let life = Life {
                id: format!("hostile{index}"),
                stamp: scene.live().ours(scene.app.now),
                turn,
                name: (*name).to_owned(),
                image: (*name).to_owned(),
                labels: labels(&format!("agent:{name}:{name}")),
            };
            scene.hear(Event::Happened(Box::new(life)));
        }
    }
    scene.happen(&id(7), &key(7), Turn::Died { exit_code: None });
    scene.happen(&id(7), &key(7), Turn::Destroyed);
    scene.pass(100);
    let left = (0..48).filter(|index| ![6, 7].contains(index));
    scene.list(
        left.map(|index| listed(&id(index), &key(index), "running"))
            .collect(),
    );
    scene.pass(2000);
    scene.wake();
    scene
}

#[test]
fn hostile_names_that_have_gone_do_not_break_the_columns() {
    gone("hostile", hostile);
}

/// The one that went last, read.
fn read(name: &str, turns: &[(u64, Turn)]) {
    snap_in(&[(80, 24), (160, 45)], name, |width, height| {
        let mut scene = failing(width, height);
        for (after, turn) in turns {
            scene.pass(*after);
            scene.happen(&id(60), &key(60), turn.clone());
            if *turn == Turn::Started {
                scene.detail(&id(60), &key(60), |_| {});
                scene.pass(2000);
                scene.sample(&id(60), 0.3, 440 * MIB);
            }
        }
        scene.pass(9000);
        scene.wake();
        scene.keys("d");
        scene.key(crossterm::event::KeyCode::Enter);
        scene
    });
}

#[test]
fn one_that_was_killed_for_memory_and_has_gone_can_be_read() {
    let turns = [
        (1000, Turn::Created),
        (450, Turn::Started),
        (1500, Turn::Oom),
        (60, died(137)),
        (200, Turn::Destroyed),
    ];
    read("live_gone_killed", &turns);
}

#[test]
fn of_one_that_has_gone_and_was_not_seen_to_start_that_is_said() {
    read(
        "live_gone_unseen",
        &[(1000, died(1)), (200, Turn::Destroyed)],
    );
}
