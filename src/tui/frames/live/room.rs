//! Frames of the headroom: none, one, unknown, and of an engine that does not answer.

use super::snap;
use crate::headroom::Input;
use crate::live::event::{Event, Link, Node};
use crate::tui::scene::Scene;
use crate::tui::scene::live::*;

/// Fifty sandboxes on an engine with other means.
fn with(width: u16, height: u16, change: impl Fn(&mut Input)) -> Scene {
    let mut scene = busy(width, height);
    let mut room = room();
    change(&mut room);
    scene.hear(Event::Node(Box::new(Node {
        engine_cpus: Some(room.engine_cpus),
        room: Some(room),
        ..node()
    })));
    scene.wake();
    scene
}

fn headroom(scene: &Scene) -> u64 {
    let headroom = scene.live().model.headroom.as_ref();
    headroom.expect("all is measured").headroom
}

/// With the arithmetic, and without.
fn both(name: &str, scene: impl Fn(u16, u16) -> Scene) {
    snap(name, &scene);
    snap(&format!("{name}_reckoned"), |width, height| {
        let mut scene = scene(width, height);
        scene.keys("H");
        scene
    });
}

#[test]
fn no_headroom_is_said_in_words() {
    both("room_none", |width, height| {
        let scene = with(width, height, |room| room.engine_cpus = 2);
        assert_eq!(headroom(&scene), 0);
        scene
    });
}

#[test]
fn the_last_one_is_one() {
    snap("room_one", |width, height| {
        let scene = with(width, height, |room| {
            room.disk_free = Some(5 * GIB + 300 * MIB);
        });
        assert_eq!(headroom(&scene), 1);
        scene
    });
}

#[test]
fn an_unknown_headroom_is_no_zero() {
    both("room_unknown", |width, height| {
        let mut scene = empty(width, height);
        let rows = (0..5).map(|index| listed(&id(index), &key(index), "running"));
        scene.list(rows.collect());
        scene.wake();
        scene
    });
    snap("room_unasked", |width, height| {
        let mut scene = dashboard(width, height);
        scene.link(Link::Up);
        scene.list(vec![listed(&id(0), &key(0), "running")]);
        scene.wake();
        scene
    });
}

#[test]
fn the_headroom_of_an_engine_that_hangs_is_one_of_before() {
    snap("room_hung_reckoned", |width, height| {
        let mut scene = busy(width, height);
        scene.link(Link::Hung);
        scene.pass(45_000);
        scene.wake();
        scene.keys("H");
        scene
    });
}
