//! Frames of the checklist and the isolation while the engine accepts connections and does not
//! answer: what it alone knows is unknown, and nothing is taken for well.

use super::snap;
use crate::facts::openclaw::Mode;
use crate::facts::{Facts, Section};
use crate::tui::scene::{Scene, hung};
use crate::tui::screen::Screen;

#[test]
fn the_checklist_of_a_hung_engine_says_so_and_waits_for_the_rest() {
    snap("hung_checklist", |width, height| {
        Scene::of(width, height, &hung(), Screen::Checklist)
    });
    snap("hung_checklist_all", |width, height| {
        let mut scene = Scene::of(width, height, &hung(), Screen::Checklist);
        scene.keys("aG");
        scene
    });
}

#[test]
fn while_a_hung_engine_is_asked_the_rest_is_told() {
    snap("hung_probing", |width, height| {
        let mut scene = Scene::open(width, height);
        scene.at(10);
        let sections = [Section::Host, Section::Endpoint, Section::Openclaw];
        scene.start(&sections);
        scene.at(400);
        let mut facts = hung();
        facts.docker = Facts::default().docker;
        scene.done_with(&sections, &facts);
        scene.start(&[Section::Engine]);
        scene.at(9000);
        scene
    });
}

#[test]
fn the_isolation_of_a_hung_engine_names_what_is_not_known() {
    snap("hung_isolation", |width, height| {
        Scene::of(width, height, &hung(), Screen::Isolation)
    });
    snap("hung_isolation_mixed", |width, height| {
        let mut facts = hung();
        super::isolation::agent(&mut facts, "admin", Mode::Off);
        let mut scene = Scene::of(width, height, &facts, Screen::Isolation);
        scene.keys("g");
        scene
    });
}
