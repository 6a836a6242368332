//! The mouse on every screen.

use crossterm::event::KeyCode;

use crate::tui::app::Dialog;
use crate::tui::msg::{Does, Mouse, Msg};
use crate::tui::scene::live::failing;
use crate::tui::scene::{Scene, engine_down, m4};
use crate::tui::screen::Screen;
use crate::tui::screen::checklist::{Cursor, Pane};

fn does(scene: &mut Scene, does: Does, column: usize, row: usize) {
    let within = |at: usize| u16::try_from(at).expect("on a screen");
    scene.send(Msg::Mouse(Mouse {
        does,
        column: within(column),
        row: within(row),
    }));
}

/// Where a text stands: column and row.
fn find(scene: &Scene, text: &str) -> (usize, usize) {
    let page = scene.text();
    let mut rows = page.lines().enumerate();
    let found = rows.find_map(|(row, line)| {
        let at = line.find(text)?;
        Some((line[..at].chars().count(), row))
    });
    found.unwrap_or_else(|| panic!("no {text}:\n{page}"))
}

#[test]
fn a_press_on_a_name_leads_to_its_screen_from_every_screen() {
    for (width, height) in [(60, 14), (80, 24), (160, 45)] {
        for from in Screen::ALL {
            for to in Screen::ALL {
                let mut scene = failing(width, height);
                let key = |scene: &Scene, to| {
                    let key = scene.app.keys.leads(scene.app.screen, to);
                    key.expect("a digit").to_owned()
                };
                let digit = key(&scene, from);
                scene.keys(&digit);
                let (column, row) = find(&scene, to.title());
                does(&mut scene, Does::Press, column, row);
                assert_eq!(scene.app.screen, to, "from {from:?} at {width}");
                // Behind the last of them there is none.
                does(&mut scene, Does::Press, usize::from(width) - 1, row);
                assert_eq!(scene.app.screen, to);
            }
        }
    }
}

#[test]
fn a_press_selects_a_check_and_the_wheel_moves_what_it_is_over() {
    let mut scene = Scene::told(80, 24, engine_down);
    let (column, row) = find(&scene, "! warn");
    does(&mut scene, Does::Press, column, row);
    let Cursor::Check(index) = scene.app.checklist.sight.cursor else {
        panic!("a check is selected");
    };
    assert_eq!(scene.app.checklist.check(index).id.as_str(), "host/power");
    assert_eq!(find(&scene, "›").1, row);
    let before = scene.app.checklist.sight.cursor;
    does(&mut scene, Does::WheelDown, column, row);
    assert_ne!(scene.app.checklist.sight.cursor, before);
    does(&mut scene, Does::WheelUp, column, row);
    assert_eq!(scene.app.checklist.sight.cursor, before);
    // Its text, below the list.
    does(&mut scene, Does::Press, 3, 18);
    assert_eq!(scene.app.checklist.sight.focus, Pane::Detail);
    does(&mut scene, Does::WheelDown, 3, 18);
    assert_eq!(scene.app.checklist.sight.scroll, 1);
}

#[test]
fn the_wheel_scrolls_the_isolation_the_help_and_the_headroom() {
    let mut scene = Scene::of(80, 24, &m4(), Screen::Isolation);
    does(&mut scene, Does::WheelDown, 3, 20);
    assert_eq!(scene.app.isolation.sight.scroll, 1);
    for keys in ["?", "H"] {
        let mut scene = failing(40, 10);
        scene.keys(keys);
        let before = scene.text();
        does(&mut scene, Does::WheelDown, 3, 3);
        assert_ne!(scene.text(), before, "{keys}");
        does(&mut scene, Does::WheelUp, 3, 3);
        assert_eq!(scene.text(), before, "{keys}");
        // A press answers nothing, and closes nothing.
        does(&mut scene, Does::Press, 3, 3);
        assert_eq!(scene.text(), before, "{keys}");
    }
    let mut scene = failing(80, 24);
    scene.keys("X");
    let asked = scene.app.dialog.clone();
    does(&mut scene, Does::Press, 10, 10);
    assert_eq!(scene.app.dialog, asked, "a press is no yes");
    scene.key(KeyCode::Esc);
    assert_eq!(scene.app.dialog, None);
}

#[test]
fn a_press_on_a_digit_leads_to_its_screen_where_there_are_no_names() {
    for from in Screen::ALL {
        for to in Screen::ALL {
            let mut scene = failing(40, 10);
            let leads = |scene: &Scene, to| {
                let key = scene.app.keys.leads(scene.app.screen, to);
                key.expect("a digit").to_owned()
            };
            let digit = leads(&scene, from);
            scene.keys(&digit);
            let header: Vec<char> = scene
                .text()
                .lines()
                .next()
                .expect("a line")
                .chars()
                .collect();
            let digit = leads(&scene, to).chars().next().expect("a digit");
            let column = header
                .iter()
                .rposition(|c| *c == digit)
                .expect("on the screen");
            does(&mut scene, Does::Press, column, 0);
            assert_eq!(scene.app.screen, to, "from {from:?}");
            // What stands before them leads nowhere.
            does(&mut scene, Does::Press, 0, 0);
            assert_eq!(scene.app.screen, to);
        }
    }
}

#[test]
fn a_press_on_the_newest_alert_lists_them_all() {
    let mut scene = failing(80, 24);
    let (column, row) = find(&scene, "x dismiss");
    does(&mut scene, Does::Press, column, row);
    assert!(matches!(scene.app.dialog, Some(Dialog::Alerts { .. })));
}
