//! What must be there on a small screen as well, and without colour.

use crossterm::event::KeyCode;

use crate::live::event::{Link, Turn};
use crate::tui::Style;
use crate::tui::msg::Msg;
use crate::tui::scene::Scene;
use crate::tui::scene::live::*;

fn sized(mut scene: Scene, width: u16, height: u16) -> Scene {
    scene.send(Msg::Resized { width, height });
    scene
}

/// From this line on.
fn below<'a>(text: &'a str, heading: &str) -> &'a str {
    let at = text.find(heading);
    at.map_or_else(|| panic!("no {heading}:\n{text}"), |at| &text[at..])
}

#[test]
fn what_the_watching_costs_is_there_however_much_is_counted() {
    for scene in [empty, busy, failing, many] {
        for (width, height) in [(60, 14), (72, 20), (80, 24), (100, 30), (160, 45)] {
            let text = scene(width, height).text();
            let first = text.lines().next().unwrap_or_default();
            let told = ["0.4% 9M 12/s", "0.4% of a core, 9M, 12 samples/s"];
            assert!(told.iter().any(|cost| first.ends_with(cost)), "{first}");
        }
    }
}

#[test]
fn how_each_ended_is_told_by_its_symbol_where_there_are_no_words() {
    for (ascii, symbols) in [(false, ["□", "■", "◆"]), (true, ["_", "x", "!"])] {
        let mut scene = sized(busy(80, 24), 20, 8);
        let style = Style {
            ascii,
            ..Style::default()
        };
        scene.app.theme = crate::tui::theme::Theme::new(style);
        for (index, turns) in [
            (0, vec![died(0)]),
            (1, vec![died(1)]),
            (2, vec![Turn::Oom, died(137)]),
        ] {
            for turn in turns {
                scene.happen(&id(index), &key(index), turn);
            }
        }
        scene.wake();
        let rows = |scene: &Scene, symbol: &str| {
            let text = scene.text();
            let has = |line: &&str| line.contains(&format!(" {symbol} "));
            text.lines().skip(1).filter(has).count()
        };
        // The three stand below the newest, which is starting, and another.
        scene.keys("G");
        scene.key(KeyCode::Home);
        for symbol in symbols {
            assert_eq!(rows(&scene, symbol), 1, "{symbol}\n{}", scene.text());
        }
        for index in 0..3 {
            scene.happen(&id(index), &key(index), Turn::Destroyed);
        }
        scene.keys("d");
        for symbol in symbols {
            assert_eq!(rows(&scene, symbol), 1, "{symbol}\n{}", scene.text());
        }
    }
}

#[test]
fn an_alert_names_whom_it_is_about_or_is_a_sign_at_least() {
    for (width, height) in [(40, 10), (60, 14), (80, 24)] {
        let text = failing(width, height).text();
        assert!(text.contains("! OOM in research/telegram:8"), "{text}");
    }
    for (width, height) in [(15, 3), (16, 4), (20, 5), (30, 6)] {
        let mut scene = failing(width, height);
        let sign = |scene: &Scene| scene.text().lines().next().map(|line| line.contains('!'));
        assert_eq!(sign(&scene), Some(true), "{}", scene.text());
        scene.keys("x");
        assert_eq!(sign(&scene), Some(false), "{}", scene.text());
    }
}

/// Goes through a dialog page by page: all that it has shown.
fn read(scene: &mut Scene) -> String {
    let mut all = String::new();
    for _ in 0..200 {
        all.push_str(&scene.text());
        all.push('\n');
        scene.key(KeyCode::PageDown);
    }
    all
}

#[test]
fn the_headroom_has_its_figures_on_any_screen() {
    for (width, height) in [(36, 12), (40, 10), (60, 14), (80, 24)] {
        let mut scene = busy(width, height);
        scene.keys("H");
        let all = read(&mut scene);
        for figure in ["48 GiB", "7.2 GiB", "40.8 GiB"] {
            assert!(all.contains(figure), "{width}x{height} {figure}:\n{all}");
        }
    }
}

#[test]
fn help_is_whole_on_any_screen_and_tells_the_states() {
    for (width, height) in [(24, 8), (40, 10), (59, 14), (80, 24)] {
        let mut scene = busy(width, height);
        scene.keys("?");
        let all = read(&mut scene);
        assert!(!all.contains('…'), "{width}x{height} cut:\n{all}");
        let states = below(&all, "What the states tell");
        for name in ["◌ starting", "□ exit 0", "■ exit 1", "◆ oom 137", "▶ busy"] {
            assert!(states.contains(name), "{width}x{height} {name}");
        }
    }
    let mut scene = busy(80, 24);
    scene.keys("?");
    assert!(read(&mut scene).contains("!! = danger, ! = weak, ? = not"));
}

#[test]
fn the_selected_entry_of_the_timeline_has_a_pointer() {
    let mut scene = failing(80, 24);
    let pointed = |scene: &Scene| {
        let text = scene.text();
        let timeline = below(&text, "─ timeline");
        let line = timeline.lines().find(|line| line.starts_with('›'));
        line.map(str::to_owned)
    };
    assert_eq!(pointed(&scene), None, "it follows");
    scene.keys("n");
    let newest = pointed(&scene).expect("a pointer");
    assert!(newest.contains("ops/telegram:10"), "{newest}");
    scene.keys("n");
    let before = pointed(&scene).expect("a pointer");
    assert!(before.contains("research/telegram:8"), "{before}");
}

#[test]
fn one_is_told_as_one() {
    let mut scene = failing(160, 45);
    scene.keys("/telegram:8");
    scene.key(KeyCode::Enter);
    scene.key(KeyCode::Enter);
    let told = |scene: &Scene, words: &str| {
        let text = scene.text();
        assert!(text.contains(words), "{words}:\n{text}");
    };
    told(&scene, "killed for memory once");
    for _ in 0..2 {
        scene.pass(500);
        scene.happen(&id(8), &key(8), Turn::Oom);
    }
    scene.wake();
    told(&scene, "killed for memory 3 times");
    let text = failing(40, 10).text();
    assert!(text.contains("  1 call  "), "{text}");
}

#[test]
fn a_start_that_nobody_sees_is_not_counted_on() {
    for link in [
        Link::Hung,
        Link::Lost {
            why: "connection refused".to_owned(),
        },
    ] {
        let mut scene = busy(80, 24);
        let row = |scene: &Scene| {
            let text = scene.text();
            let line = text.lines().find(|line| line.contains("◌ starting"));
            let row = line.unwrap_or_default().replace("◌ starting", "");
            let words: Vec<String> = row.split_whitespace().map(str::to_owned).collect();
            words
        };
        assert_eq!(row(&scene)[2], "0.4s");
        scene.link(link);
        scene.pass(12_000);
        scene.wake();
        let words = row(&scene);
        assert_eq!(words[2], "?", "{words:?}");
        assert_eq!(words.last().map(String::as_str), Some("12s"), "as of");
    }
}
