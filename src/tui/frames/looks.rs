//! Frames with their looks: what is told by colour, and that it is not told by colour alone.

use std::fmt::Write as _;

use ratatui::buffer::Cell;
use ratatui::style::{Color, Modifier};

use super::super::scene::live::*;
use crate::settings::ThemeName;
use crate::tui::Style;
use crate::tui::scene::{Scene, engine_down, hung, seen, well};
use crate::tui::screen::Screen;
use crate::tui::theme::Theme;
use crate::tui::widget::text::columns;
use crate::tui::{Notices, Pointer};

const fn style(color: bool, theme: ThemeName) -> Style {
    Style {
        color,
        ascii: false,
        theme,
        pointer: Pointer::Captured,
        notices: Notices::Off,
    }
}

/// Those that look other than each other, and the one of `NO_COLOR`.
pub const STYLES: [(&str, Style); 4] = [
    ("dark", style(true, ThemeName::Dark)),
    ("light", style(true, ThemeName::Light)),
    ("high-contrast", style(true, ThemeName::HighContrast)),
    ("no-color", style(false, ThemeName::Terminal)),
];

/// `fg/bg modifiers`
fn look(cell: &Cell) -> String {
    let color = |color: Color| match color {
        Color::Reset => "-".to_owned(),
        other => other.to_string(),
    };
    let mut look = format!("{}/{}", color(cell.fg), color(cell.bg));
    for (one, name) in [
        (Modifier::BOLD, " bold"),
        (Modifier::DIM, " dim"),
        (Modifier::REVERSED, " reversed"),
    ] {
        if cell.modifier.contains(one) {
            look.push_str(name);
        }
    }
    look
}

/// Each row as text, with a row of letters below it: the look of each column by the legend at the
/// end. Plain text, and blanks that show no look, have no letter.
pub fn looks(scene: &Scene) -> String {
    let buffer = scene.buffer();
    let width = usize::from(buffer.area.width).max(1);
    let mut bare = Cell::default();
    bare.set_style(scene.app.theme.ground());
    let bare = look(&bare);
    let mut legend: Vec<String> = Vec::new();
    let mut page = String::new();
    for row in buffer.content.chunks(width) {
        let text: String = seen(row).map(Cell::symbol).collect();
        let mut marks = String::new();
        for cell in seen(row) {
            let look = look(cell);
            let shows = cell.symbol() != " " || cell.modifier.contains(Modifier::REVERSED);
            let mark = if look == bare || !shows {
                ' '
            } else {
                let at = legend.iter().position(|one| *one == look);
                let at = at.unwrap_or_else(|| {
                    legend.push(look);
                    legend.len() - 1
                });
                char::from(b'a' + u8::try_from(at).expect("a few looks"))
            };
            marks.extend(std::iter::repeat_n(mark, columns(cell.symbol()).max(1)));
        }
        for line in [&text, &marks] {
            page.push_str(line.trim_end());
            page.push('\n');
        }
    }
    writeln!(page, "  {bare}").expect("memory can be written");
    for (look, mark) in legend.iter().zip('a'..) {
        writeln!(page, "{mark} {look}").expect("memory can be written");
    }
    page
}

pub fn assert(name: &str, scene: &Scene) {
    super::assert(name, &looks(scene));
}

/// The same scene in each of the styles: its words are the same in all of them.
fn snap(name: &str, scene: impl Fn() -> Scene) {
    let mut words = Vec::new();
    for (theme, style) in STYLES {
        let mut scene = scene();
        scene.app.theme = Theme::new(style);
        words.push(scene.text());
        assert(&format!("looks_{name}_{theme}"), &scene);
    }
    words.dedup();
    assert_eq!(words.len(), 1, "a theme changes no words");
}

#[test]
fn the_dashboard_in_trouble_has_its_looks() {
    snap("live", || failing(80, 24));
}

#[test]
fn the_dashboard_of_a_hung_engine_has_its_looks() {
    snap("live_hung", || {
        let mut scene = busy(80, 24);
        scene.link(crate::live::event::Link::Hung);
        scene.pass(45_000);
        scene.wake();
        scene
    });
}

#[test]
fn the_isolation_has_its_looks() {
    snap("isolation", || {
        Scene::of(80, 24, &super::isolation::troubled(), Screen::Isolation)
    });
}

#[test]
fn a_dialog_has_its_looks() {
    snap("dialog", || {
        let mut scene = super::deeds::at_work(60, 16);
        scene.send(crate::tui::msg::Msg::Key(crate::tui::msg::Chord::ctrl('k')));
        scene
    });
}

#[test]
fn the_checklist_of_a_hung_engine_has_its_looks() {
    snap("checklist_hung", || {
        Scene::of(80, 24, &hung(), Screen::Checklist)
    });
}

#[test]
fn each_theme_has_its_own_looks_for_the_same_words() {
    let mut words = Vec::new();
    for theme in ThemeName::ALL {
        let mut scene = Scene::styled(60, 16, style(true, theme));
        scene.at(1200);
        scene.finish(engine_down);
        words.push(scene.text());
        assert(&format!("theme_{}", theme.word()), &scene);
    }
    words.dedup();
    assert_eq!(words.len(), 1, "a theme changes no words");
}

#[test]
fn a_ground_of_its_own_lies_under_dialogs_too() {
    for keys in ["", "?", "3"] {
        let mut scene = Scene::styled(80, 24, style(true, ThemeName::HighContrast));
        scene.finish(well);
        scene.keys(keys);
        for cell in &scene.buffer().content {
            assert_ne!(cell.bg, Color::Reset, "{keys:?}");
            assert_ne!(cell.fg, Color::Reset, "{keys:?}");
        }
    }
}

#[test]
fn the_dashboard_can_be_read_without_anything_beyond_ascii() {
    for (name, scene) in [
        ("ascii_live", failing as fn(u16, u16) -> Scene),
        ("ascii_live_states", super::live::states),
    ] {
        super::snap(name, |width, height| {
            let mut scene = scene(width, height);
            scene.app.theme = Theme::new(Style {
                ascii: true,
                ..Style::default()
            });
            assert!(scene.text().is_ascii(), "{}", scene.text());
            scene
        });
    }
}
