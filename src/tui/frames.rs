//! Frames of the app as text, in `tests/screens/`; and what holds for every frame.

mod deck;
mod deeds;
mod demo;
mod footer;
mod habits;
mod hung;
mod isolation;
mod live;
mod logs;
mod looks;
mod mouse;

use crossterm::event::{KeyCode, KeyModifiers};
use proptest::prelude::*;

use super::Style;
use super::msg::{Chord, Msg, Probe};
use super::scene::{Scene, engine_down, healthy_m4, m4, well};
use super::screen::Screen;
use super::update::next_wake;
use crate::facts::Section;

const SIZES: [(u16, u16); 3] = [(80, 24), (160, 45), (40, 10)];

/// One snapshot for each size of a scene.
pub(in crate::tui) fn snap(name: &str, scene: impl Fn(u16, u16) -> Scene) {
    snap_in(&SIZES, name, scene);
}

/// The same for these sizes.
fn snap_in(sizes: &[(u16, u16)], name: &str, scene: impl Fn(u16, u16) -> Scene) {
    for &(width, height) in sizes {
        assert(
            &format!("{name}_{width}x{height}"),
            &scene(width, height).text(),
        );
    }
}

fn assert(name: &str, text: &str) {
    let mut settings = insta::Settings::new();
    settings.set_snapshot_path(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/screens"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

fn probing(width: u16, height: u16) -> Scene {
    let mut scene = Scene::open(width, height);
    scene.at(10);
    scene.start(&[Section::Host, Section::Endpoint, Section::Openclaw]);
    scene.at(300);
    scene.done(&[Section::Host, Section::Endpoint], well);
    scene.start(&[Section::Engine, Section::HostNames]);
    scene.at(900);
    scene
}

#[test]
fn while_probes_run_each_step_says_how_far_it_is() {
    snap("probing", probing);
}

#[test]
fn every_check_can_be_watched_while_probes_run() {
    snap("probing_all", |width, height| {
        let mut scene = probing(width, height);
        scene.keys("a");
        scene
    });
}

#[test]
fn a_well_node_is_a_quiet_screen() {
    snap("well", |width, height| Scene::told(width, height, well));
}

#[test]
fn a_recorded_healthy_node_is_ready_from_its_facts_to_the_frame() {
    for (width, height) in SIZES {
        let scene = Scene::told(width, height, healthy_m4);
        let text = scene.text();
        assert!(
            text.starts_with("READY") || text.contains("\nREADY"),
            "{text}"
        );
    }
}

#[test]
fn the_eye_is_led_to_what_is_wrong() {
    snap("engine_down", |width, height| {
        Scene::told(width, height, engine_down)
    });
}

#[test]
fn what_a_failure_blocks_is_there_when_asked_for() {
    snap("blocked", |width, height| {
        let mut scene = Scene::told(width, height, engine_down);
        scene.keys("aGkkkk");
        scene
    });
}

#[test]
fn a_filter_shows_what_it_matches_and_how_many() {
    snap("filter", |width, height| {
        let mut scene = Scene::told(width, height, engine_down);
        scene.keys("/desktop");
        scene
    });
}

#[test]
fn a_filter_that_nothing_matches_says_so() {
    snap("filter_nothing", |width, height| {
        let mut scene = Scene::told(width, height, engine_down);
        scene.keys("/no such check");
        scene
    });
}

#[test]
fn hostile_names_do_not_break_the_checklist() {
    for (name, keys) in [("hostile", ""), ("hostile_read", "lJJ")] {
        snap(name, |width, height| {
            let facts = isolation::hostile();
            let mut scene = Scene::of(width, height, &facts, Screen::Checklist);
            scene.keys("/isolation");
            scene.key(KeyCode::Enter);
            scene.keys(keys);
            scene
        });
    }
}

#[test]
fn help_names_the_keys_and_the_symbols() {
    snap("help", |width, height| {
        let mut scene = Scene::told(width, height, well);
        scene.keys("?");
        scene
    });
}

#[test]
fn the_detail_can_be_read_to_its_end() {
    snap("detail_scrolled", |width, height| {
        let mut scene = Scene::told(width, height, engine_down);
        scene.key(KeyCode::Enter);
        scene.key(KeyCode::PageDown);
        scene
    });
}

#[test]
fn while_a_recheck_runs_the_old_verdicts_stay_with_their_age() {
    snap("recheck", |width, height| {
        let mut scene = Scene::told(width, height, engine_down);
        scene.at(15_000);
        scene.keys("R");
        scene.start(&[Section::Host, Section::Endpoint]);
        scene.at(16_000);
        scene.done(&[Section::Host], engine_down);
        scene
    });
}

#[test]
fn a_gathering_that_broke_off_leaves_unknown_and_no_pass() {
    snap("broke_off", |width, height| {
        let mut scene = probing(width, height);
        scene.send(Msg::Probe(Probe::BrokeOff("task 7 panicked".to_owned())));
        scene.keys("/host");
        scene
    });
}

#[test]
fn ascii_mode_draws_nothing_beyond_ascii() {
    for (width, height) in SIZES {
        let ascii = Style {
            color: true,
            ascii: true,
            ..Style::default()
        };
        let mut scene = Scene::styled(width, height, ascii);
        scene.at(1200);
        scene.finish(|catalog| {
            let mut report = engine_down(catalog);
            "日本語 “quoted” – … ·".clone_into(&mut report.checks[0].summary);
            report
        });
        scene.keys("aG?");
        assert!(scene.text().is_ascii(), "{}", scene.text());
        scene.key(KeyCode::Esc);
        assert!(scene.text().is_ascii(), "{}", scene.text());
    }
}

#[test]
fn without_colour_no_cell_has_one() {
    let scene = Scene::told(80, 24, engine_down);
    for cell in &scene.buffer().content {
        assert_eq!(cell.fg, ratatui::style::Color::Reset);
        assert_eq!(cell.bg, ratatui::style::Color::Reset);
    }
}

#[test]
fn a_screen_at_rest_stays_as_it_is_until_its_age_is_told_anew() {
    let mut scene = Scene::told(80, 24, engine_down);
    let before = scene.buffer();
    let wake = next_wake(&scene.app).expect("an age is on the screen");
    assert!(wake >= scene.app.now + std::time::Duration::from_secs(9));
    scene.app.now = wake.saturating_sub(std::time::Duration::from_millis(1));
    assert_eq!(scene.buffer(), before);
    scene.app.now = wake;
    assert_ne!(scene.buffer(), before);
}

#[test]
fn a_node_that_is_smaller_than_any_screen_still_gets_its_verdict() {
    for (width, height) in [(1, 1), (5, 2), (15, 3), (20, 5)] {
        let scene = Scene::told(width, height, engine_down);
        assert!(scene.text().contains('✗'), "{width}x{height}");
    }
}

#[derive(Clone, Debug)]
enum Act {
    Key(char),
    Code(KeyCode, KeyModifiers),
    Resize(u16, u16),
    Started(usize),
    Done(usize),
    Finished,
    DoneWith(usize),
    BrokeOff,
    Pass(u64),
}

fn act() -> impl Strategy<Value = Act> {
    let codes = prop::sample::select(vec![
        KeyCode::Up,
        KeyCode::Down,
        KeyCode::Left,
        KeyCode::Right,
        KeyCode::Enter,
        KeyCode::Esc,
        KeyCode::Tab,
        KeyCode::PageUp,
        KeyCode::PageDown,
        KeyCode::Home,
        KeyCode::End,
        KeyCode::Backspace,
        KeyCode::F(1),
        KeyCode::Null,
    ]);
    prop_oneof![
        6 => prop::sample::select("jjjkkhlgGnNraJK?/ q113docker日fFuReyyn".chars().collect::<Vec<_>>()).prop_map(Act::Key),
        4 => (codes, prop::sample::select(vec![KeyModifiers::NONE, KeyModifiers::CONTROL])).prop_map(|(c, m)| Act::Code(c, m)),
        2 => (0_u16..200, 0_u16..60).prop_map(|(w, h)| Act::Resize(w, h)),
        1 => (0_u16..8, 0_u16..8).prop_map(|(w, h)| Act::Resize(w, h)),
        2 => (0..Section::ALL.len()).prop_map(Act::Started),
        2 => (0..Section::ALL.len()).prop_map(Act::Done),
        1 => Just(Act::Finished),
        2 => (0..Section::ALL.len()).prop_map(Act::DoneWith),
        1 => Just(Act::BrokeOff),
        1 => (0_u64..100_000).prop_map(Act::Pass),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn no_keys_sizes_or_news_in_any_order_break_the_screen(acts in prop::collection::vec(act(), 1..40)) {
        let mut scene = Scene::open(80, 24);
        for act in acts {
            match act {
                Act::Key(c) => scene.key(KeyCode::Char(c)),
                Act::Code(code, modifiers) => scene.send(Msg::Key(Chord { code, modifiers })),
                Act::Resize(width, height) => scene.send(Msg::Resized { width, height }),
                Act::Started(section) => scene.start(&[Section::ALL[section]]),
                Act::Done(section) => scene.done(&[Section::ALL[section]], engine_down),
                Act::Finished => scene.finish(engine_down),
                Act::DoneWith(section) => scene.done_with(&[Section::ALL[section]], &m4()),
                Act::BrokeOff => scene.send(Msg::Probe(Probe::BrokeOff("gone".to_owned()))),
                Act::Pass(milliseconds) => {
                    let now = scene.app.now + std::time::Duration::from_millis(milliseconds);
                    scene.app.now = now;
                    scene.send(Msg::Wake);
                }
            }
            let text = scene.text();
            prop_assert_eq!(text, scene.text());
        }
    }
}
