use crossterm::event::KeyCode;

use super::*;
use crate::live::event::Turn;
use crate::tui::app::Dialog;
use crate::tui::msg::{Cmd as Asked, Msg as Told};
use crate::tui::scene::Scene;
use crate::tui::scene::live::*;

fn line(text: &str) -> Line {
    Line {
        stream: Stream::Out,
        at: Some(at(0)),
        text: text.to_owned(),
    }
}

fn write(scene: &mut Scene, texts: impl IntoIterator<Item = String>) {
    let lines = texts.into_iter().map(|text| line(&text)).collect();
    scene.send(Told::Log(Msg::News(News::Lines(lines))));
}

/// The logs of the first of fifty, with so many lines.
fn reading(width: u16, height: u16, count: usize) -> Scene {
    let mut scene = busy(width, height);
    scene.keys("jjl");
    write(
        &mut scene,
        (0..count).map(|n| format!("line {n} of the log")),
    );
    scene
}

fn logs(scene: &Scene) -> &Logs {
    scene.app.logs.as_ref().expect("open")
}

fn shows(scene: &Scene, text: &str) -> bool {
    scene.text().contains(text)
}

#[test]
fn it_reads_the_selected_one_and_closes_what_it_opened() {
    let mut scene = busy(80, 24);
    scene.keys("jjl");
    assert!(scene.cmds.contains(&Asked::Log(Cmd::Read(id(0)))));
    assert!(shows(&scene, "nothing themselves"), "{}", scene.text());
    scene.keys("q");
    assert!(scene.cmds.contains(&Asked::Log(Cmd::Close)));
    assert_eq!((&scene.app.dialog, &scene.app.logs), (&None, &None));
}

#[test]
fn it_follows_until_the_person_scrolls_and_again_from_the_bottom() {
    let mut scene = reading(80, 24, 100);
    assert!(shows(&scene, "line 99 of"), "{}", scene.text());
    scene.keys("k");
    write(&mut scene, ["news".to_owned()]);
    assert!(!shows(&scene, "news") && shows(&scene, "line 98 of"));
    scene.keys("G");
    assert!(shows(&scene, "news"));
    scene.keys("fjj");
    write(&mut scene, ["later".to_owned()]);
    assert!(!shows(&scene, "later"), "held");
    scene.keys("g");
    assert!(shows(&scene, "line 0 of"));
}

#[test]
fn what_is_kept_is_bounded_in_lines_and_bytes() {
    let mut many = Logs::of(Target {
        id: "a".to_owned(),
        name: "a".to_owned(),
    });
    for number in 0..MOST_LINES + 5 {
        many.add(line(&number.to_string()));
    }
    assert_eq!((many.lines.len(), many.first), (MOST_LINES, 5));
    assert_eq!(many.line(5).map(|line| line.text.as_str()), Some("5"));
    let long = "x".repeat(4096);
    for _ in 0..3000 {
        many.add(line(&long));
    }
    assert!(many.bytes <= MOST_BYTES && many.lines.len() <= 1024);
    let bytes: usize = many.lines.iter().map(|line| line.text.len()).sum();
    assert_eq!(bytes, many.bytes);
}

#[test]
fn the_reader_stays_where_it_is_when_old_lines_go() {
    let mut scene = reading(80, 24, 200);
    scene.keys("g");
    write(&mut scene, (0..MOST_LINES).map(|n| format!("new {n}")));
    assert!(shows(&scene, "new 0"), "{}", scene.text());
    assert!(shows(&scene, "200 earlier ones dropped"));
}

#[test]
fn a_search_finds_the_newest_first_and_goes_both_ways_and_round() {
    let mut scene = reading(80, 24, 100);
    write(&mut scene, ["NEEDLE two".to_owned()]);
    scene.keys("/needle");
    assert!(shows(&scene, "/needle"));
    scene.key(KeyCode::Enter);
    assert_eq!(logs(&scene).hit, Some(100));
    scene.keys("/line 1");
    scene.key(KeyCode::Enter);
    assert_eq!(logs(&scene).hit, Some(19));
    scene.keys("N");
    assert_eq!(logs(&scene).hit, Some(18));
    scene.keys("nn");
    assert_eq!(logs(&scene).hit, Some(1), "round the end");
    scene.keys("/nowhere");
    scene.key(KeyCode::Enter);
    assert!(shows(&scene, "not found"));
    scene.keys("/q");
    scene.key(KeyCode::Esc);
    assert!(scene.app.dialog.is_some(), "only the search was dropped");
}

#[test]
fn long_lines_are_cut_with_a_mark_and_wrapped_on_demand() {
    let mut scene = reading(40, 10, 0);
    let long = format!("{}end", "0123456789".repeat(20));
    write(&mut scene, [long]);
    assert!(
        shows(&scene, "…") && !shows(&scene, "end"),
        "{}",
        scene.text()
    );
    scene.keys("wG");
    assert!(shows(&scene, "end"), "{}", scene.text());
    scene.keys("g");
    assert!(shows(&scene, "0123"), "{}", scene.text());
    for _ in 0..20 {
        scene.keys("j");
    }
    assert!(shows(&scene, "end"), "{}", scene.text());
}

#[test]
fn streams_are_told_apart_and_times_are_shown_on_demand() {
    let mut scene = reading(80, 24, 1);
    let bad = Line {
        stream: Stream::Err,
        ..line("oops")
    };
    scene.send(Told::Log(Msg::News(News::Lines(vec![bad]))));
    assert!(shows(&scene, "\ne oops"), "{}", scene.text());
    scene.keys("t");
    assert!(
        shows(&scene, "e 14:06:40 oops") || shows(&scene, ":40 oops"),
        "{}",
        scene.text()
    );
}

#[test]
fn saving_asks_for_a_path_and_says_what_came_of_it() {
    let mut scene = reading(80, 24, 2);
    scene.keys("s");
    assert!(
        shows(&scene, &format!("openclaw-sbx-{}-", id(0))),
        "{}",
        scene.text()
    );
    scene.keys("x");
    scene.key(KeyCode::Enter);
    let saved = scene.cmds.iter().find_map(|cmd| match cmd {
        Asked::Log(Cmd::Save { path, text }) => Some((path.clone(), text.clone())),
        _ => None,
    });
    let (path, text) = saved.expect("to be saved");
    assert!(path.contains(".logx"), "{path}");
    assert_eq!(text.lines().count(), 2);
    assert!(text.contains("Z out line 0 of the log\n"), "{text}");
    let why = "it is there already".to_owned();
    scene.send(Told::Log(Msg::Saved(Err(why))));
    assert!(shows(&scene, "it is there already"));
}

#[test]
fn the_end_and_what_broke_are_told() {
    let mut scene = reading(80, 24, 2);
    scene.send(Told::Log(Msg::News(News::Ended)));
    assert!(shows(&scene, "2 lines, ended"), "{}", scene.text());
    let mut scene = reading(80, 24, 0);
    let why = "no such container".to_owned();
    scene.send(Told::Log(Msg::News(News::Failed(why))));
    scene.send(Told::Log(Msg::News(News::Ended)));
    assert!(
        shows(&scene, "cannot be read: no such container"),
        "{}",
        scene.text()
    );
}

#[test]
fn what_has_gone_has_no_logs() {
    let mut scene = busy(80, 24);
    scene.happen(&id(0), &key(0), Turn::Destroyed);
    scene.keys("dl");
    assert!(shows(&scene, "its logs with it"), "{}", scene.text());
    assert!(matches!(scene.app.dialog, Some(Dialog::Deeds { .. })));
}

#[test]
fn evidence_is_kept_at_a_key_and_said_where() {
    let mut scene = busy(80, 24);
    scene.app.deeds.forbidden = Some("read-only".to_owned());
    scene.keys("E");
    let asked = scene.cmds.iter().any(|cmd| {
        matches!(
            cmd,
            Asked::Deed(crate::tui::screen::deeds::Cmd::Evidence(_))
        )
    });
    assert!(asked, "nothing is done to a sandbox by it");
    let lines = vec!["/state/evidence/1.json".to_owned()];
    let kept = crate::tui::screen::deeds::Msg::Evidence(Ok(lines));
    scene.send(Told::Deed(kept));
    assert!(shows(&scene, "/state/evidence/1.json"), "{}", scene.text());
}
