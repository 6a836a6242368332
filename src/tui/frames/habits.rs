//! Frames with keys and columns of the settings.

use super::super::scene::live::{busy, failing, id, key};
use crate::live::event::{Link, Turn};
use crate::settings::Settings;
use crate::tui::habits::Habits;
use crate::tui::scene::{Scene, healthy_m4};
use crate::tui::screen::live::Column;

const SIZES: [(u16, u16); 2] = [(80, 24), (160, 45)];

const KEYS: &str = r#"
[app.keys]
recheck = ["F5", "c"]
fix = "ctrl-f"
fix-safe = []
back = ["B", "esc"]
help = "h"
close = ["enter", "left"]
collapse = "left"
next-problem = "alt-n"
sort-next = "o"
dismiss = "Z"
go-dashboard = "F9"
down = ["down", "ctrl-n"]
up = ["up", "ctrl-p"]
"#;

const COLUMNS: &str = r#"
[watch]
columns = ["state", "agent", "memory", "cpu", "calls", "image"]
sort = "memory"
"#;

fn habits(text: &str) -> Habits {
    let settings: Settings = toml::from_str(text).expect("settings");
    Habits::of(&settings.app, &settings.watch).expect("of the right words")
}

fn snap(name: &str, scene: impl Fn(u16, u16) -> Scene) {
    super::snap_in(&SIZES, &format!("habits_{name}"), scene);
}

fn lay_out(scene: &mut Scene, text: &str) {
    let table = habits(text).table;
    let live = scene.app.live.as_mut().expect("a dashboard");
    live.lay_out(&table);
    scene.app.changed = true;
}

#[test]
fn footer_and_help_name_the_keys_of_the_settings() {
    snap("keys", |width, height| {
        let mut scene = Scene::told(width, height, healthy_m4);
        scene.app.keys = habits(KEYS).keys;
        scene
    });
    snap("keys_help", |width, height| {
        let mut scene = Scene::told(width, height, healthy_m4);
        scene.app.keys = habits(KEYS).keys;
        scene.keys("h");
        scene
    });
    snap("keys_live", |width, height| {
        let mut scene = failing(width, height);
        scene.app.keys = habits(KEYS).keys;
        scene.keys("o");
        scene
    });
}

#[test]
fn a_key_of_the_settings_does_what_the_footer_says_and_ours_does_it_no_more() {
    let mut scene = busy(160, 45);
    scene.app.keys = habits(KEYS).keys;
    let before = scene.live().sight.sort;
    scene.keys("s");
    assert_eq!(scene.live().sight.sort, before);
    scene.keys("o");
    assert_ne!(scene.live().sight.sort, before);
}

#[test]
fn the_table_has_the_columns_of_the_settings_in_their_order() {
    snap("columns", |width, height| {
        let mut scene = busy(width, height);
        lay_out(&mut scene, COLUMNS);
        scene
    });
    snap("columns_grouped", |width, height| {
        let mut scene = busy(width, height);
        lay_out(&mut scene, &format!("{COLUMNS}group = true\n"));
        scene
    });
}

#[test]
fn what_it_is_sorted_by_and_how_old_figures_are_can_be_seen_whatever_columns_there_are() {
    let mut scene = busy(160, 45);
    lay_out(
        &mut scene,
        "[watch]\ncolumns = [\"state\"]\nsort = \"pids\"\n",
    );
    let titles = |scene: &Scene| {
        let text = scene.text();
        let line = text.lines().find(|line| line.contains("agent/session"));
        line.expect("titles")
            .split_whitespace()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(titles(&scene), ["agent/session", "state", "pids▼"]);
    // The key goes through the columns that are there.
    scene.keys("s");
    assert_eq!(scene.live().sight.sort, Column::Owner);
    assert_eq!(titles(&scene), ["agent/session▲", "state"]);
    scene.link(Link::Hung);
    assert_eq!(titles(&scene), ["agent/session▲", "state", "as", "of"]);
}

#[test]
fn it_begins_in_the_order_of_the_settings_and_keeps_it() {
    let mut scene = busy(160, 45);
    lay_out(&mut scene, "[watch]\nsort = \"+memory\"\n");
    assert_eq!(scene.live().sight.sort, Column::Memory);
    assert!(!scene.live().sight.descending);
    scene.happen("new", &key(0), Turn::Created);
    let first = scene.live().rows.first().cloned();
    let wanted = crate::tui::screen::live::Row::Sandbox(id(0));
    assert_eq!(first, Some(wanted), "a new one has no figure yet");
}
