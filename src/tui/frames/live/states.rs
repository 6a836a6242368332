//! Frames of a table in which each sandbox does something else.

use super::snap;
use crate::live::event::{Link, Turn};
use crate::tui::scene::Scene;
use crate::tui::scene::live::*;

/// One row for each thing that a sandbox can be doing.
pub fn states(width: u16, height: u16) -> Scene {
    let mut scene = empty(width, height);
    let words = [
        "running",
        "running",
        "running",
        "paused",
        "restarting",
        "exited",
        "exited",
        "exited",
        "exited",
        "hibernating",
    ];
    let rows = words.iter().enumerate();
    scene.list(
        rows.clone()
            .map(|(index, state)| listed(&id(index), &key(index), state))
            .collect(),
    );
    for (index, state) in rows {
        scene.detail(&id(index), &key(index), |one| {
            one.asked = at(2001);
            (*state).clone_into(&mut one.standing.state);
            one.restarts = Some(if index == 4 { 7 } else { 0 });
            one.exit_code = match index {
                4 | 6 => Some(1),
                5 => Some(0),
                7 => Some(137),
                _ => None,
            };
            one.oom_killed = index == 7;
        });
    }
    scene.pass(100);
    for (index, cores) in [(0, 0.3), (1, 0.01), (2, 0.0), (3, 0.0)] {
        scene.sample(&id(index), cores, 60 * MIB);
    }
    scene.happen(&id(0), &key(0), call("1"));
    scene.happen(&id(1), &key(1), call("1"));
    scene.pass(400);
    scene.happen(&id(1), &key(1), call_end("1", 0));
    scene.happen(&id(3), &key(3), call("1"));
    scene.happen(&id(3), &key(3), Turn::Paused);
    scene.happen(&id(20), &key(20), Turn::Created);
    scene.pass(3000);
    for (index, cores) in [(0, 0.3), (1, 0.01), (2, 0.0), (3, 0.0)] {
        scene.sample(&id(index), cores, 60 * MIB);
    }
    scene.wake();
    scene
}

#[test]
fn each_state_has_a_word_and_a_symbol() {
    snap("states", states);
}

#[test]
fn the_state_of_each_is_old_when_the_engine_hangs() {
    snap("states_hung", |width, height| {
        let mut scene = states(width, height);
        scene.link(Link::Hung);
        scene.pass(45_000);
        scene.wake();
        scene
    });
}

/// Selected, and its detail read.
fn read(name: &str, index: usize) {
    snap(name, |width, height| {
        let mut scene = states(width, height);
        scene.keys(&format!("/{}", id(index)));
        scene.key(crossterm::event::KeyCode::Enter);
        scene.key(crossterm::event::KeyCode::Enter);
        scene
    });
}

#[test]
fn a_paused_and_a_restarting_one_can_be_read() {
    read("paused", 3);
    read("restarting", 4);
}

#[test]
fn sandboxes_that_pause_and_restart_are_counted_with_their_agents() {
    snap("states_grouped", |width, height| {
        let mut scene = states(width, height);
        scene.keys("g");
        scene.key(crossterm::event::KeyCode::Home);
        scene
    });
}

#[test]
fn a_pause_is_told_in_the_timeline() {
    let mut scene = states(80, 24);
    assert!(scene.text().contains("paused"));
    scene.happen(&id(3), &key(3), Turn::Unpaused);
    scene.happen(&id(4), &key(4), Turn::Restarted);
    scene.wake();
    let text = scene.text();
    assert!(text.contains("goes on after a pause"), "{text}");
    assert!(text.contains("restarted"), "{text}");
}
