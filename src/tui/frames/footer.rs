//! What the footer offers does something, and what scrolls says by which keys.

use std::time::Duration;

use crossterm::event::KeyCode;

use crate::live::event::Link;
use crate::live::replay::Replay;
use crate::tui::scene::live::*;
use crate::tui::scene::{Scene, engine_down, well};
use crate::tui::screen::live::Live;

fn footer(scene: &Scene) -> String {
    let text = scene.text();
    text.lines().last().unwrap_or_default().to_owned()
}

fn offers(scene: &Scene, words: &[&str]) {
    let footer = footer(scene);
    for word in words {
        assert!(footer.contains(word), "{word} is not in {footer}");
    }
}

fn offers_none(scene: &Scene, words: &[&str]) {
    let footer = footer(scene);
    for word in words {
        assert!(!footer.contains(word), "{word} is in {footer}");
    }
}

const OF_ROWS: [&str; 6] = ["enter", "/ filter", "s sort", "g group", "l logs", "X stop"];

#[test]
fn without_rows_nothing_is_offered_that_needs_one() {
    let connecting = || {
        let mut scene = dashboard(160, 24);
        scene.link(Link::Connecting);
        scene
    };
    for scene in [empty(160, 24), connecting()] {
        offers(&scene, &["q quit", "? help", "H headroom"]);
        offers_none(&scene, &OF_ROWS);
        offers_none(&scene, &["n trouble"]);
    }
    let mut lost = dashboard(160, 24);
    let why = "refused".to_owned();
    lost.link(Link::Lost { why });
    offers_none(&lost, &OF_ROWS);
    offers(&busy(160, 24), &OF_ROWS);
}

#[test]
fn in_the_list_of_the_gone_only_what_works_there_is_offered() {
    let mut scene = failing(160, 24);
    scene.keys("d");
    offers(&scene, &["q back", "enter read", "/ filter", "d back"]);
    offers_none(&scene, &["s sort", "g group", "l logs", "X stop", "d gone"]);
    scene.keys("d");
    offers(&scene, &["q quit", "s sort", "d gone"]);
    let mut none = busy(160, 24);
    none.keys("d");
    offers(&none, &["d back"]);
    offers_none(&none, &["enter", "/ filter"]);
}

#[test]
fn an_agent_is_folded_and_not_read() {
    let mut scene = busy(160, 24);
    scene.keys("gg");
    scene.keys("g");
    scene.key(KeyCode::Home);
    offers(&scene, &["enter fold"]);
    scene.key(KeyCode::Enter);
    offers(&scene, &["enter unfold"]);
}

#[test]
fn of_a_recording_there_are_no_logs_and_nothing_to_stop() {
    let model = busy(80, 24).live().model.clone();
    let begin = at(4000);
    for is_demo in [false, true] {
        let mut scene = Scene::open(200, 24);
        scene.app.is_demo = is_demo;
        let replay = Replay::new(model.clone(), begin, Vec::new());
        let live = Live::of_recording(replay, Duration::ZERO);
        scene.app.live = Some(Box::new(live));
        scene.keys("2");
        offers(&scene, &["play", "enter read", "s sort"]);
        offers_none(&scene, &["l logs", "X stop"]);
    }
}

#[test]
fn problems_are_offered_where_there_are_some() {
    let mut scene = Scene::told(160, 24, well);
    offers_none(&scene, &["n next problem"]);
    scene.finish(engine_down);
    offers(&scene, &["n next problem"]);
    scene.keys("/no-such-check");
    scene.key(KeyCode::Enter);
    offers_none(&scene, &["n next problem", "enter open"]);
    offers(&scene, &["q back", "/ filter"]);
}

#[test]
fn a_text_that_goes_on_names_the_keys_that_scroll_it() {
    let mut scene = Scene::told(80, 24, engine_down);
    offers_none(&scene, &["scroll"]);
    scene.key(KeyCode::Enter);
    offers(&scene, &["q back", "j k scroll"]);
    let mut scene = failing(80, 24);
    scene.keys("jj");
    scene.key(KeyCode::Enter);
    offers(&scene, &["q back", "j k scroll"]);
    // A help that is on the screen whole does not say that it scrolls.
    for (height, scrolls) in [(24, true), (100, false)] {
        let mut scene = Scene::told(80, height, well);
        scene.keys("?");
        assert_eq!(scene.text().contains(" j k scroll"), scrolls, "{height}");
        assert!(scene.text().contains("q back"));
    }
    let mut scene = failing(40, 8);
    scene.keys("X");
    assert!(scene.text().contains(" j k scroll "), "{}", scene.text());
}
