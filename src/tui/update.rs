//! What each message does to the app. Pure: what must happen in the world goes out as [`Cmd`].

use std::time::Duration;

use crossterm::event::KeyCode;
use ratatui::layout::Size;

use super::app::{App, Dialog};
use super::keys::{self, Command, Place};
use super::layout;
use super::msg::{Chord, Cmd, Leave, Msg, Probe, Signal, Stamped};
use super::screen::checklist::{Filter, Pane};
use super::theme::SPIN;
use super::view;
use super::widget::time;
use crate::checklist::report::{Node, Report};

/// What the app wants before it has been told anything.
pub fn open(app: &mut App) -> Vec<Cmd> {
    begin(app)
}

pub fn update(app: &mut App, message: Stamped<Msg>) -> Vec<Cmd> {
    app.now = app.now.max(message.at);
    match message.what {
        Msg::Key(chord) => {
            let before = (app.checklist.sight.clone(), app.dialog.clone());
            let cmds = key(app, chord);
            settle(app);
            app.changed |= before != (app.checklist.sight.clone(), app.dialog.clone());
            cmds
        }
        Msg::Resized { width, height } => {
            app.size = Size { width, height };
            settle(app);
            app.changed = true;
            // Sizes come in bunches, and one that comes back to the old size has still cost the
            // terminal what it had to throw away on the way.
            vec![Cmd::Redraw]
        }
        Msg::Probe(probe) => {
            told(app, probe);
            settle(app);
            app.changed = true;
            Vec::new()
        }
        Msg::Signal(signal) => vec![Cmd::Leave(Leave::Signal(signal))],
        Msg::InputEnded(why) => vec![Cmd::Leave(Leave::InputEnded(why))],
        Msg::Wake => {
            app.changed = true;
            Vec::new()
        }
    }
}

/// When something on the screen will change by the passing of time alone.
pub fn next_wake(app: &App) -> Option<Duration> {
    if app.gathering.running_since().is_some() {
        let turns = app.now.as_millis() / SPIN.as_millis() + 1;
        let turns = u32::try_from(turns).unwrap_or(u32::MAX);
        return Some(SPIN.saturating_mul(turns));
    }
    let ended = app.gathering.ended()?;
    let age = app.now.saturating_sub(ended.at);
    Some(ended.at + time::next_age(age))
}

fn begin(app: &mut App) -> Vec<Cmd> {
    if app.gathering.running_since().is_some() {
        return Vec::new();
    }
    app.gathering.begin(app.now);
    app.changed = true;
    vec![Cmd::Gather]
}

fn told(app: &mut App, probe: Probe) {
    match probe {
        Probe::Started(section) => app.gathering.started(section, app.now),
        Probe::Done(section, report) => {
            app.gathering.done(section);
            app.checklist.tell(&report, &app.gathering, app.now);
            learn(&mut app.node, &report);
        }
        Probe::Finished(report) => {
            app.gathering.end(app.now, None);
            app.checklist.tell(&report, &app.gathering, app.now);
            app.checklist.lead();
            app.node = report.node.clone();
            app.report = Some(report);
        }
        Probe::BrokeOff(why) => app.gathering.end(app.now, Some(why)),
    }
}

/// In the midst of a gathering what is not known yet may have been known before.
fn learn(node: &mut Node, report: &Report) {
    let pairs = [
        (&mut node.os, &report.node.os),
        (&mut node.os_version, &report.node.os_version),
        (&mut node.arch, &report.node.arch),
        (&mut node.runtime, &report.node.runtime),
        (&mut node.runtime_version, &report.node.runtime_version),
        (&mut node.openclaw_version, &report.node.openclaw_version),
    ];
    for (old, new) in pairs {
        if new.is_some() {
            old.clone_from(new);
        }
    }
}

fn key(app: &mut App, chord: Chord) -> Vec<Cmd> {
    let place = app.place();
    let Some(command) = keys::command(place, chord) else {
        if let (Place::Filter, KeyCode::Char(c)) = (place, chord.code)
            && chord.modifiers.is_empty()
            && !c.is_control()
        {
            app.checklist.typed(c);
        }
        return Vec::new();
    };
    match command {
        Command::Interrupt => return vec![Cmd::Leave(Leave::Signal(Signal::Interrupt))],
        Command::Redraw => {
            app.changed = true;
            return vec![Cmd::Redraw];
        }
        Command::Recheck => return begin(app),
        Command::Help => app.dialog = Some(Dialog::Help { scroll: 0 }),
        Command::Back => return back(app),
        _ => {}
    }
    match place {
        Place::Help => scroll_help(app, command),
        Place::Detail => {
            if !scroll_detail(app, command) {
                on_list(app, command);
            }
        }
        Place::List | Place::Filter => {
            if !matches!(
                command,
                Command::ScrollUp
                    | Command::ScrollDown
                    | Command::ScrollPageUp
                    | Command::ScrollPageDown
            ) || !scroll_detail(app, command)
            {
                on_list(app, command);
            }
        }
    }
    Vec::new()
}

fn on_list(app: &mut App, command: Command) {
    let before = app.checklist.sight.cursor;
    app.checklist.command(command);
    if app.checklist.sight.cursor != before {
        app.checklist.sight.led = true;
        app.checklist.sight.scroll = 0;
    }
}

/// One step back: out of the help, the filter, the detail, the app.
fn back(app: &mut App) -> Vec<Cmd> {
    if app.dialog.take().is_some() {
        return Vec::new();
    }
    if matches!(
        app.checklist.sight.filter,
        Some(Filter { typing: true, .. })
    ) {
        app.checklist.sight.filter = None;
        return Vec::new();
    }
    if app.checklist.sight.focus == Pane::Detail {
        app.checklist.sight.focus = Pane::List;
        return Vec::new();
    }
    if app.checklist.sight.filter.take().is_some() {
        return Vec::new();
    }
    vec![Cmd::Leave(Leave::Quit)]
}

fn scroll_help(app: &mut App, command: Command) {
    let page = usize::from(layout::inside(view::help::frame(app)).height).max(1);
    if let Some(Dialog::Help { scroll }) = &mut app.dialog {
        *scroll = scrolled(*scroll, page, command).unwrap_or(*scroll);
    }
}

fn scroll_detail(app: &mut App, command: Command) -> bool {
    let page = usize::from(layout::areas(app.size, app).detail.height).max(1);
    let scroll = &mut app.checklist.sight.scroll;
    match scrolled(*scroll, page, command) {
        Some(next) => {
            *scroll = next;
            true
        }
        None => false,
    }
}

fn scrolled(at: usize, page: usize, command: Command) -> Option<usize> {
    let next = match command {
        Command::Up | Command::ScrollUp => at.saturating_sub(1),
        Command::Down | Command::ScrollDown => at.saturating_add(1),
        Command::PageUp | Command::ScrollPageUp => at.saturating_sub(page),
        Command::PageDown | Command::ScrollPageDown => at.saturating_add(page),
        Command::Top => 0,
        Command::Bottom => usize::MAX,
        _ => return None,
    };
    Some(next)
}

/// Keeps the cursor on the screen and every scroll within its text.
fn settle(app: &mut App) {
    let areas = layout::areas(app.size, app);
    let rows = app.checklist.rows();
    let at = app.checklist.position(&rows);
    let height = usize::from(areas.list.height);
    let sight = &mut app.checklist.sight;
    if let Some(row) = rows.get(at) {
        sight.cursor = row.cursor();
    }
    if height > 0 {
        sight.top = sight.top.min(rows.len().saturating_sub(height)).min(at);
        sight.top = sight.top.max((at + 1).saturating_sub(height));
    }
    let height = usize::from(areas.detail.height);
    if height > 0 {
        let lines = view::detail::lines(app, areas.detail.width).len();
        let sight = &mut app.checklist.sight;
        sight.scroll = sight.scroll.min(lines.saturating_sub(height));
    }
    let room = usize::from(layout::inside(view::help::frame(app)).height);
    let lines = view::help::lines(app).len();
    if let Some(Dialog::Help { scroll }) = &mut app.dialog {
        *scroll = (*scroll).min(lines.saturating_sub(room));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checklist::check::Step;
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
        assert_eq!(scene.cmds, [Cmd::Gather]);
        scene.keys("r");
        assert_eq!(scene.cmds, []);
        scene.finish(well);
        scene.keys("r");
        assert_eq!(scene.cmds, [Cmd::Gather]);
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
        scene.keys("r");
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
        scene.keys("r");
        scene.done(&[Section::Host], |catalog| {
            let mut report = well(catalog);
            report.node = Node::default();
            report
        });
        assert!(scene.text().contains("OpenClaw 2026.9.6"));
    }
}
