//! Frames of the dialogs about acts on sandboxes.

use std::collections::BTreeMap;
use std::time::Duration;

use crossterm::event::KeyCode;

use super::super::scene::live::*;
use crate::live::event::Turn;
use crate::tui::deeds::{Became, Known, Register};
use crate::tui::logs::{Line, News, Stream};
use crate::tui::msg::{Chord, Msg};
use crate::tui::scene::Scene;
use crate::tui::screen::deeds::Msg as Told;
use crate::tui::screen::logs;

fn snap(name: &str, scene: impl Fn(u16, u16) -> Scene) {
    super::snap(&format!("deeds_{name}"), scene);
}

/// The one at work, selected.
fn at_work(width: u16, height: u16) -> Scene {
    let mut scene = busy(width, height);
    scene.pass(40_000);
    scene.keys("jj");
    scene
}

#[test]
fn stopping_is_asked() {
    snap("stop", |width, height| {
        let mut scene = at_work(width, height);
        scene.keys("X");
        scene
    });
}

#[test]
fn stopping_all_of_an_agent_is_asked() {
    snap("stop_all", |width, height| {
        let mut scene = at_work(width, height);
        scene.keys("Xa");
        scene
    });
}

#[test]
fn removing_is_asked_with_what_openclaw_knows() {
    snap("remove", |width, height| {
        let mut scene = at_work(width, height);
        scene.keys("jj");
        scene.send(Msg::Key(Chord::ctrl('d')));
        let name = format!("openclaw-sbx-{}", id(2));
        let used = Some(Duration::from_secs(40));
        let known = BTreeMap::from([(name, Known { used })]);
        scene.send(Msg::Deed(Told::Register(Ok(Register { known }))));
        scene
    });
}

#[test]
fn without_the_command_there_is_something_to_type() {
    snap("remove_by_hand", |width, height| {
        let mut scene = at_work(width, height);
        scene.send(Msg::Key(Chord::ctrl('d')));
        let why = "there is no `openclaw` command for this user".to_owned();
        scene.send(Msg::Deed(Told::Register(Err(why))));
        scene
    });
}

#[test]
fn what_is_under_way_counts_the_seconds() {
    snap("working", |width, height| {
        let mut scene = at_work(width, height);
        while scene.app.deeds.work.is_none() {
            if scene.app.dialog.is_none() {
                scene.keys("X");
            }
            scene.keys("y");
        }
        scene.pass(3200);
        scene.send(Msg::Wake);
        scene
    });
}

#[test]
fn what_became_of_it_is_told() {
    snap("ended", |width, height| {
        let mut scene = at_work(width, height);
        scene.keys("X");
        while scene.app.deeds.work.is_none() {
            scene.keys("y");
        }
        let code = Some(137);
        scene.happen(&id(0), &key(0), Turn::Died { exit_code: code });
        scene.send(Msg::Deed(Told::Became(id(0), Became::Done)));
        scene.send(Msg::Deed(Told::Over(None)));
        scene
    });
}

#[test]
fn read_only_is_said() {
    snap("read_only", |width, height| {
        let mut scene = at_work(width, height);
        scene.app.deeds.forbidden = Some("This dashboard is read-only.".to_owned());
        scene.keys("X");
        scene
    });
}

fn reading(width: u16, height: u16) -> Scene {
    let mut scene = at_work(width, height);
    scene.keys("l");
    let lines = (0..60).map(|number| Line {
        stream: if number % 7 == 0 {
            Stream::Err
        } else {
            Stream::Out
        },
        at: Some(at(number * 1000)),
        text: format!("request {number} from a client, {}", "details ".repeat(12)),
    });
    scene.send(Msg::Log(logs::Msg::News(News::Lines(lines.collect()))));
    scene
}

#[test]
fn logs_stand_over_the_dashboard() {
    snap("logs", reading);
}

#[test]
fn logs_are_searched() {
    snap("logs_search", |width, height| {
        let mut scene = reading(width, height);
        scene.keys("tw/request 2");
        scene.key(KeyCode::Enter);
        scene.keys("N");
        scene
    });
}

#[test]
fn empty_logs_say_why() {
    snap("logs_empty", |width, height| {
        let mut scene = at_work(width, height);
        scene.keys("l");
        scene
    });
}

#[test]
fn a_path_is_typed() {
    snap("logs_save", |width, height| {
        let mut scene = reading(width, height);
        scene.keys("s");
        scene
    });
}
