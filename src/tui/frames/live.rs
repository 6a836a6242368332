//! Frames of the dashboard.

use crossterm::event::KeyCode;

use super::super::scene::live::*;
use crate::live::event::{Event, Link, Turn};
use crate::tui::scene::Scene;

const SIZES: [(u16, u16); 4] = [(80, 24), (160, 45), (40, 10), (20, 5)];

/// One snapshot for each size of a scene.
fn snap(name: &str, scene: impl Fn(u16, u16) -> Scene) {
    let mut settings = insta::Settings::new();
    settings.set_snapshot_path(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/screens"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        for (width, height) in SIZES {
            let text = scene(width, height).text();
            insta::assert_snapshot!(format!("live_{name}_{width}x{height}"), text);
        }
    });
}

#[test]
fn before_the_first_answer_it_says_that_it_connects() {
    snap("connecting", |width, height| {
        let mut scene = dashboard(width, height);
        scene.at(20);
        scene.link(Link::Connecting);
        scene.at(3100);
        scene.wake();
        scene
    });
}

#[test]
fn no_sandboxes_is_a_picture_of_its_own() {
    snap("empty", empty);
}

#[test]
fn fifty_sandboxes_can_be_read() {
    snap("busy", busy);
}

#[test]
fn at_160x45_at_least_36_of_50_can_be_read() {
    let text = busy(160, 45).text();
    let states = ["○ idle", "▶ busy", "● running", "◌ starting"];
    let is_row = |line: &&str| states.iter().any(|state| line.contains(state));
    let rows = text.lines().filter(is_row);
    assert!(rows.count() >= 36, "{text}");
}

#[test]
fn a_burst_of_failures_is_one_line_and_oom_is_named() {
    snap("failing", failing);
}

#[test]
fn a_lost_engine_leaves_the_rows_with_their_age() {
    snap("lost", |width, height| {
        let mut scene = busy(width, height);
        scene.pass(500);
        scene.link(Link::Lost {
            why: "connection refused".to_owned(),
        });
        scene.pass(12_000);
        scene.wake();
        scene
    });
}

#[test]
fn a_hung_engine_is_not_a_lost_one() {
    snap("hung", |width, height| {
        let mut scene = busy(width, height);
        scene.pass(500);
        scene.link(Link::Hung);
        scene.pass(45_000);
        scene.wake();
        scene
    });
}

#[test]
fn an_engine_that_never_was_there_is_waited_for() {
    snap("waiting", |width, height| {
        let mut scene = dashboard(width, height);
        scene.at(20);
        scene.link(Link::Connecting);
        scene.link(Link::Lost {
            why: "nothing listens at /var/run/docker.sock".to_owned(),
        });
        scene.at(9000);
        scene.wake();
        scene
    });
}

#[test]
fn hostile_and_wide_names_do_not_break_the_columns() {
    snap("hostile", |width, height| {
        let mut scene = empty(width, height);
        let names = [
            "\\u{1b}[31mred\\u{1b}[0m \\u{202e}gnorw",
            "日本語の長い名前を持つサンドボックス",
            "e\u{301}\u{301}\u{301}\u{301}\u{301} combining",
            "👩‍👩‍👧‍👦 family 👍🏽",
            "%s %d {} ' \" \\ $(reboot)",
        ];
        for (index, name) in names.iter().enumerate() {
            let mut one = listed(&id(index), &key(index), "running");
            (*name).clone_into(&mut one.name);
            let mut labels = one.labels.clone();
            for value in labels.values_mut() {
                if value.starts_with("agent:") {
                    *value = format!("agent:{name}:{name}");
                }
            }
            one.labels = labels;
            (*name).clone_into(&mut one.image);
            let listing = crate::live::event::Listing {
                asked: scene.live().ours(scene.app.now),
                containers: vec![one],
            };
            // Each list is the whole; what came up after it was asked for stays.
            let asked = crate::live::event::Moment(0);
            scene.hear(Event::Listed(crate::live::event::Listing {
                asked,
                ..listing
            }));
        }
        scene.pass(1000);
        scene.wake();
        scene
    });
}

#[test]
fn sandboxes_stand_together_by_agent_with_their_sums() {
    snap("grouped", |width, height| {
        let mut scene = busy(width, height);
        scene.keys("gj");
        scene.key(KeyCode::Left);
        scene
    });
}

#[test]
fn the_detail_tells_all_of_the_selected_one() {
    snap("detail", |width, height| {
        let mut scene = failing(width, height);
        scene.keys("/telegram:4");
        scene.key(KeyCode::Enter);
        scene.keys("jj");
        scene.key(KeyCode::Enter);
        scene
    });
}

#[test]
fn a_danger_is_named_in_the_detail() {
    snap("danger", |width, height| {
        let mut scene = busy(width, height);
        scene.keys("/telegram:5");
        scene.key(KeyCode::Enter);
        scene.key(KeyCode::Enter);
        scene
    });
}

#[test]
fn what_has_gone_is_listed_with_its_end() {
    snap("gone", |width, height| {
        let mut scene = failing(width, height);
        scene.happen(&id(8), &key(8), Turn::Destroyed);
        scene.pass(2000);
        scene.keys("d");
        scene
    });
}

#[test]
fn the_headroom_shows_its_arithmetic() {
    snap("room", |width, height| {
        let mut scene = busy(width, height);
        scene.keys("H");
        scene
    });
}

#[test]
fn a_filter_says_what_it_lets_through() {
    snap("filter", |width, height| {
        let mut scene = busy(width, height);
        scene.keys("/research");
        scene
    });
}

#[test]
fn the_help_of_the_dashboard_names_its_keys_and_columns() {
    snap("help", |width, height| {
        let mut scene = busy(width, height);
        scene.keys("?");
        scene
    });
}
