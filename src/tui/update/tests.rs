//! Keys, sizes and news of probes, and what becomes of the state.

use super::*;
use crate::checklist::check::Step;
use crate::checklist::report::Node;
use crate::checklist::verdict::Status;
use crate::facts::Section;
use crate::tui::gathering::Live;
use crate::tui::scene::{Scene, engine_down, well};
use crate::tui::screen::checklist::{Cursor, Row};

fn index(scene: &Scene, id: &str) -> usize {
    let checks = scene.app.checklist.catalog.checks();
    checks
        .iter()
        .position(|check| check.id.as_str() == id)
        .expect("a core check")
}

fn here(scene: &Scene) -> String {
    match scene.app.checklist.sight.cursor {
        Cursor::Step(step) => step.title().to_owned(),
        Cursor::Check(index) => scene.app.checklist.check(index).id.to_string(),
    }
}

fn checks_shown(scene: &Scene) -> usize {
    let rows = scene.app.checklist.rows();
    rows.iter()
        .filter(|row| matches!(row, Row::Check(_)))
        .count()
}

#[test]
fn opening_begins_a_gathering_and_r_begins_no_second_one_meanwhile() {
    let mut scene = Scene::open(80, 24);
    assert_eq!(scene.cmds.first(), Some(&Cmd::Gather(Scope::All)));
    scene.keys("r");
    assert_eq!(scene.cmds, []);
    scene.finish(well);
    scene.keys("R");
    assert_eq!(scene.cmds, [Cmd::Gather(Scope::All)]);
}

#[test]
fn a_check_is_not_told_before_all_that_it_hangs_on_is_there() {
    let mut scene = Scene::open(80, 24);
    let vm_memory = index(&scene, "docker/vm-memory");
    scene.start(&[Section::Host, Section::Engine]);
    scene.done(&[Section::Host, Section::Engine], well);
    let item = &scene.app.checklist.items[vm_memory];
    assert!(
        item.told.is_none(),
        "whether the engine answers is not known"
    );
    assert_eq!(item.live(&scene.app.gathering), Live::Waiting);
    scene.done(&[Section::Endpoint], well);
    assert!(scene.app.checklist.items[vm_memory].told.is_some());
}

#[test]
fn a_recheck_keeps_old_verdicts_until_new_ones_are_final() {
    let mut scene = Scene::told(80, 24, engine_down);
    let running = index(&scene, "docker/running");
    let status = |scene: &Scene| {
        let told = scene.app.checklist.items[running].told.as_ref();
        told.map(|told| told.outcome.status)
    };
    scene.at(60_000);
    scene.keys("R");
    scene.start(&[Section::Endpoint]);
    scene.done(&[Section::Host], well);
    assert_eq!(status(&scene), Some(Status::Fail));
    assert!(matches!(
        scene.app.checklist.items[running].live(&scene.app.gathering),
        Live::Running { .. }
    ));
    scene.done(&[Section::Endpoint], well);
    assert_eq!(status(&scene), Some(Status::Pass));
}

#[test]
fn the_cursor_goes_to_the_failure_unless_the_user_has_taken_it() {
    let scene = Scene::told(80, 24, engine_down);
    assert_eq!(here(&scene), "docker/running");
    let mut scene = Scene::open(80, 24);
    scene.keys("j");
    scene.finish(engine_down);
    assert_eq!(here(&scene), Step::Cli.title());
}

#[test]
fn n_and_capital_n_go_round_the_problems() {
    let mut scene = Scene::told(80, 24, engine_down);
    scene.keys("n");
    assert_eq!(here(&scene), "net/host-dns");
    scene.keys("n");
    assert_eq!(here(&scene), "host/power");
    scene.keys("N");
    assert_eq!(here(&scene), "net/host-dns");
    scene.keys("hhn");
    assert_eq!(here(&scene), "host/power", "a closed step opens again");
}

#[test]
fn a_step_shows_what_is_wrong_then_all_then_nothing() {
    let mut scene = Scene::told(80, 24, engine_down);
    scene.keys("g");
    assert_eq!(checks_shown(&scene), 3);
    scene.key(KeyCode::Enter);
    assert!(checks_shown(&scene) > 15);
    scene.key(KeyCode::Enter);
    assert_eq!(checks_shown(&scene), 0);
    scene.keys("aa");
    assert_eq!(checks_shown(&scene), 3);
}

#[test]
fn a_filter_is_typed_kept_and_dropped() {
    let mut scene = Scene::told(80, 24, well);
    scene.keys("/qDNS");
    assert_eq!(checks_shown(&scene), 0);
    for _ in 0..4 {
        scene.key(KeyCode::Backspace);
    }
    scene.keys("dns");
    assert_eq!(checks_shown(&scene), 2, "{}", scene.text());
    scene.key(KeyCode::Enter);
    scene.keys("jj");
    assert_eq!(here(&scene), "sandbox/dns");
    scene.keys("q");
    assert_eq!(scene.cmds, [], "back to the whole list first");
    assert_eq!(scene.app.checklist.sight.filter, None);
    scene.keys("q");
    assert_eq!(scene.cmds, [Cmd::Leave(Leave::Quit)]);
}

#[test]
fn q_and_escape_go_back_one_step_at_a_time() {
    let mut scene = Scene::told(80, 24, engine_down);
    scene.key(KeyCode::Enter);
    scene.keys("?");
    for left in [Place::Detail, Place::List] {
        scene.key(KeyCode::Esc);
        assert_eq!(scene.app.place(), left);
    }
    scene.key(KeyCode::Esc);
    assert_eq!(scene.cmds, [Cmd::Leave(Leave::Quit)]);
}

#[test]
fn ctrl_c_and_signals_leave_from_everywhere() {
    for keys in ["", "?", "/", "\t"] {
        let mut scene = Scene::told(80, 24, well);
        scene.keys(keys);
        scene.send(Msg::Key(Chord::ctrl('c')));
        assert_eq!(
            scene.cmds,
            [Cmd::Leave(Leave::Signal(Signal::Interrupt))],
            "{keys:?}"
        );
    }
    let mut scene = Scene::open(80, 24);
    scene.send(Msg::Signal(Signal::Terminate));
    assert_eq!(scene.cmds, [Cmd::Leave(Leave::Signal(Signal::Terminate))]);
}

#[test]
fn a_key_without_meaning_changes_nothing() {
    let mut scene = Scene::told(80, 24, well);
    scene.app.changed = false;
    scene.keys("zxk");
    assert!(!scene.app.changed, "`k` at the top moves nothing either");
    scene.keys("j");
    assert!(scene.app.changed);
}

#[test]
fn scrolling_stops_at_the_end_of_the_text() {
    let mut scene = Scene::told(80, 24, engine_down);
    for _ in 0..50 {
        scene.key(KeyCode::PageDown);
    }
    let end = scene.app.checklist.sight.scroll;
    scene.keys("J");
    assert_eq!(scene.app.checklist.sight.scroll, end);
    scene.keys("K");
    assert_eq!(scene.app.checklist.sight.scroll, end - 1);
    scene.keys("n");
    assert_eq!(scene.app.checklist.sight.scroll, 0);
}

#[test]
fn a_smaller_screen_keeps_the_cursor_in_sight() {
    let mut scene = Scene::told(80, 45, well);
    scene.keys("aG");
    scene.send(Msg::Resized {
        width: 40,
        height: 8,
    });
    assert!(scene.text().contains('›'), "{}", scene.text());
}

#[test]
fn troubles_of_the_run_itself_are_told_with_the_steps() {
    let mut scene = Scene::told(80, 45, |catalog| {
        let mut report = well(catalog);
        report.warnings = vec!["a setting was not read\u{1b}[2J".to_owned()];
        report
    });
    scene.key(KeyCode::Tab);
    scene.keys("G");
    assert!(
        scene.text().contains("a setting was not read\\u{1b}[2J"),
        "{}",
        scene.text()
    );
}

#[test]
fn what_was_known_of_the_node_stays_while_it_is_asked_again() {
    let mut scene = Scene::told(80, 24, well);
    scene.keys("R");
    scene.done(&[Section::Host], |catalog| {
        let mut report = well(catalog);
        report.node = Node::default();
        report
    });
    assert!(scene.text().contains("OpenClaw 2026.9.6"));
}
