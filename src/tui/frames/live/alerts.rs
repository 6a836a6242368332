//! Frames of the list of alerts.

use crossterm::event::KeyCode;

use super::snap;
use crate::live::event::{Link, Turn};
use crate::tui::keys::{Act, Command, Place};
use crate::tui::scene::Scene;
use crate::tui::scene::live::*;

fn lose(scene: &mut Scene) {
    let why = "connection refused".to_owned();
    scene.link(Link::Lost { why });
}

/// Two kills in one, a burst, a cap that is near, an engine that went, came and went.
fn incident(width: u16, height: u16) -> Scene {
    let mut scene = failing(width, height);
    scene.pass(20_000);
    scene.happen(&id(8), &key(8), Turn::Oom);
    scene.sample(&id(1), 0.2, 500 * MIB);
    scene.pass(60_000);
    scene.sample(&id(1), 0.2, 100 * MIB);
    lose(&mut scene);
    scene.pass(5000);
    scene.link(Link::Up);
    scene.pass(400_000);
    scene.wake();
    scene
}

#[test]
fn all_that_has_alarmed_is_listed_with_what_became_of_it() {
    snap("alerts", |width, height| {
        let mut scene = incident(width, height);
        assert_eq!(scene.live().alerts(scene.app.now).count(), 0, "all are old");
        scene.keys("a");
        scene
    });
}

#[test]
fn of_an_engine_that_is_lost_it_is_not_known_what_is_still_so() {
    snap("alerts_lost", |width, height| {
        let mut scene = incident(width, height);
        scene.sample(&id(2), 0.2, 500 * MIB);
        scene.pass(1000);
        lose(&mut scene);
        scene.pass(30_000);
        scene.wake();
        scene.keys("xa");
        scene
    });
}

#[test]
fn without_any_it_says_what_would_be_told() {
    snap("alerts_none", |width, height| {
        let mut scene = busy(width, height);
        scene.keys("a");
        scene
    });
}

#[test]
fn the_footer_has_its_key_while_no_line_has_it() {
    let mut scene = failing(160, 45);
    assert!(scene.text().contains("a all  x dismiss"));
    assert!(!scene.text().contains("a alerts"));
    scene.keys("x");
    assert!(!scene.text().contains("a all  x dismiss"));
    assert!(scene.text().contains("a alerts"));
    scene.keys("a");
    assert!(scene.text().contains("dismissed"));
    scene.key(KeyCode::Esc);
    assert_eq!(scene.app.dialog, None);
    let key = scene
        .app
        .keys
        .first(Place::Table, Command::Live(Act::Alerts));
    assert_eq!(key, Some("a"));
}

#[test]
fn a_trouble_is_shown_where_the_timeline_is_not_on_the_screen() {
    let mut scene = failing(40, 10);
    scene.keys("n");
    let text = scene.text();
    assert!(text.lines().any(|line| line.starts_with('›')), "{text}");
    assert_eq!(scene.app.place(), Place::Timeline, "{text}");
}

#[test]
fn no_trouble_is_offered_beyond_the_last() {
    let mut scene = failing(160, 45);
    for _ in 0..100 {
        if !scene.text().contains("n trouble") {
            break;
        }
        let before = scene.live().sight.entry;
        scene.keys("n");
        assert_ne!(
            scene.live().sight.entry,
            before,
            "it is offered and leads nowhere"
        );
    }
    assert!(!scene.text().contains("n trouble"));
}

#[test]
fn from_an_entry_about_the_engine_nothing_is_offered_to_go_to() {
    let mut scene = failing(160, 45);
    scene.keys("n");
    scene.key(KeyCode::Tab);
    assert!(scene.text().contains("enter go to"), "{}", scene.text());
    scene.key(KeyCode::End);
    lose(&mut scene);
    assert!(!scene.text().contains("enter go to"), "{}", scene.text());
    let before = scene.live().sight.clone();
    scene.key(KeyCode::Enter);
    assert_eq!(scene.live().sight, before);
}
