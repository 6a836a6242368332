//! Frames of the incident that `--demo` plays: a recording of a real engine, at its instants.

use std::path::Path;
use std::time::Duration;

use crossterm::event::KeyCode;

use super::snap;
use crate::live::recording::Player;
use crate::live::replay::Replay;
use crate::tui::scene::Scene;
use crate::tui::screen::live::Live;

const INCIDENT: &str = include_str!("../../../assets/demo/incident.ndjson");

fn deck(width: u16, height: u16) -> Scene {
    let player = Player::read(INCIDENT.as_bytes(), Path::new("incident.ndjson"));
    let recorded = player
        .and_then(Player::recorded)
        .expect("our own recording");
    let opening = recorded.opening();
    let replay = Replay::new(opening, recorded.header.at, recorded.events);
    let mut scene = Scene::open(width, height);
    scene.app.live = Some(Box::new(Live::of_recording(replay, Duration::ZERO)));
    scene.keys("2");
    scene
}

fn played(scene: &Scene) -> &Replay {
    &scene.live().playing.as_ref().expect("a recording").replay
}

#[test]
fn the_beginning_plays() {
    snap("deck_begin", |width, height| {
        let mut scene = deck(width, height);
        scene.pass(3000);
        scene.wake();
        assert!(played(&scene).is_playing());
        scene
    });
}

#[test]
fn at_each_incident_it_is_seen_what_happened() {
    for (name, jumps) in [("deck_incident", "]"), ("deck_incidents", "]]]")] {
        snap(name, |width, height| {
            let mut scene = deck(width, height);
            scene.keys(jumps);
            scene
        });
    }
}

#[test]
fn the_one_that_an_incident_is_about_can_be_read() {
    snap("deck_read", |width, height| {
        let mut scene = deck(width, height);
        scene.keys("]n");
        scene.key(KeyCode::Enter);
        scene
    });
}

#[test]
fn paused_it_stands_and_says_so() {
    snap("deck_paused", |width, height| {
        let mut scene = deck(width, height);
        scene.pass(20_000);
        scene.keys("+");
        scene.pass(10_000);
        scene.keys(" ");
        let at = played(&scene).now();
        scene.pass(30_000);
        scene.wake();
        assert_eq!(played(&scene).now(), at);
        scene
    });
}

#[test]
fn at_its_end_it_stands() {
    let ended = |width, height| {
        let mut scene = deck(width, height);
        scene.pass(600_000);
        scene.wake();
        assert!(played(&scene).is_at_end());
        scene
    };
    snap("deck_end", ended);
    snap("deck_end_gone", |width, height| {
        let mut scene = ended(width, height);
        scene.keys("d");
        scene
    });
}
