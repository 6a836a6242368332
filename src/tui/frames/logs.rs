//! Frames of the logs of a container.

use crossterm::event::KeyCode;

use super::super::scene::live::*;
use super::deeds::at_work;
use super::looks::looks;
use crate::live::event::Link;
use crate::settings::ThemeName;
use crate::text::wash;
use crate::tui::Style;
use crate::tui::logs::{Line, News, Stream};
use crate::tui::msg::Msg;
use crate::tui::scene::Scene;
use crate::tui::screen::logs;
use crate::tui::theme::Theme;

fn snap(name: &str, scene: impl Fn(u16, u16) -> Scene) {
    super::snap(&format!("deeds_{name}"), scene);
}

fn news(scene: &mut Scene, news: News) {
    scene.send(Msg::Log(logs::Msg::News(news)));
}

fn failed(scene: &mut Scene, why: &str) {
    news(scene, News::Failed(why.to_owned()));
}

/// Nothing has come yet.
fn opened(width: u16, height: u16) -> Scene {
    let mut scene = at_work(width, height);
    scene.keys("l");
    scene
}

fn lines(count: i64) -> News {
    let lines = (0..count).map(|number| Line {
        stream: if number % 7 == 0 {
            Stream::Err
        } else {
            Stream::Out
        },
        at: Some(at(number * 1000)),
        text: format!("request {number} from a client, {}", "details ".repeat(12)),
    });
    News::Lines(lines.collect())
}

fn reading(width: u16, height: u16) -> Scene {
    let mut scene = opened(width, height);
    news(&mut scene, lines(60));
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
    snap("logs_empty", opened);
    snap("logs_empty_ended", |width, height| {
        let mut scene = opened(width, height);
        news(&mut scene, News::Ended);
        scene
    });
    snap("logs_unreadable", |width, height| {
        let mut scene = opened(width, height);
        failed(
            &mut scene,
            "the engine answers 501: configured logging driver does not support reading",
        );
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

#[test]
fn a_log_that_broke_off_keeps_its_lines_and_says_why() {
    let why = "the engine closed the connection in the middle of a line";
    snap("logs_broke_off", |width, height| {
        let mut scene = reading(width, height);
        failed(&mut scene, why);
        scene
    });
    snap("logs_broke_off_searched", |width, height| {
        let mut scene = reading(width, height);
        failed(&mut scene, why);
        scene.keys("/no such words");
        scene.key(KeyCode::Enter);
        scene
    });
}

#[test]
fn a_log_that_has_ended_is_no_trouble() {
    snap("logs_ended", |width, height| {
        let mut scene = opened(width, height);
        news(&mut scene, lines(1));
        scene.happen(&id(0), &key(0), died(0));
        news(&mut scene, News::Ended);
        scene
    });
}

#[test]
fn of_an_engine_that_does_not_answer_nobody_knows_what_is_written() {
    let silent = |scene: &mut Scene, link: &Link| {
        scene.link(link.clone());
        scene.pass(45_000);
        scene.wake();
    };
    snap("logs_hung", |width, height| {
        let mut scene = reading(width, height);
        silent(&mut scene, &Link::Hung);
        scene
    });
    snap("logs_empty_hung", |width, height| {
        let mut scene = opened(width, height);
        silent(&mut scene, &Link::Hung);
        scene
    });
    let why = "connection refused".to_owned();
    let lost = Link::Lost { why };
    snap("logs_lost", |width, height| {
        let mut scene = reading(width, height);
        // The engine closes what it was writing, and the container lives as far as anybody knows.
        news(&mut scene, News::Ended);
        silent(&mut scene, &lost);
        scene
    });
}

/// As they come from the engine, and as the door lets them through.
fn hostile() -> News {
    let texts = [
        "\u{1b}[2J\u{1b}[31mred\u{1b}[0m and \u{1b}]0;a title\u{7}",
        "\u{202e}txt.exe\u{202c} and a zero\u{200b}width",
        "\r100 %\rdone\u{8}\u{8}",
        "",
        "日本語のログ行はとても長くて、一行には収まりません。もう一度書きます。日本語のログ行。",
        "👩\u{200d}👩\u{200d}👧\u{200d}👦 family 👍🏽 ok",
        "Z\u{351}\u{36b}a\u{343}\u{36a}l\u{302}\u{34c}g\u{348}\u{34e}o\u{312}",
        "{\"level\":\"error\",\"msg\":\"no blank anywhere\",\"trace\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}",
        "\u{9b}6n\u{90}q\u{9c} the C1 ones",
        "    four blanks\tand a tab",
    ];
    let lines = texts.into_iter().zip(0..).map(|(text, number)| Line {
        stream: if number % 2 == 0 {
            Stream::Out
        } else {
            Stream::Err
        },
        at: (number != 3).then(|| at(number * 1000)),
        text: wash(text, 4096),
    });
    News::Lines(lines.collect())
}

#[test]
fn hostile_lines_stay_lines() {
    for (name, keys) in [
        ("logs_hostile", ""),
        ("logs_hostile_wrapped", "tw"),
        ("logs_hostile_found", "tw/日本\n"),
    ] {
        snap(name, |width, height| {
            let mut scene = opened(width, height);
            news(&mut scene, hostile());
            for c in keys.chars() {
                match c {
                    '\n' => scene.key(KeyCode::Enter),
                    c => scene.key(KeyCode::Char(c)),
                }
            }
            scene
        });
    }
}

#[test]
fn what_was_dropped_and_what_was_saved_is_said() {
    snap("logs_dropped", |width, height| {
        let mut scene = opened(width, height);
        news(&mut scene, lines(10_250));
        scene.keys("k");
        let path = "/Users/me/openclaw-sbx-9e3779b90000-9e3779b90000.log";
        let words = format!("saved to {path}");
        scene.send(Msg::Log(logs::Msg::Saved(Ok(words))));
        scene
    });
    snap("logs_not_saved", |width, height| {
        let mut scene = reading(width, height);
        let why = "cannot write /Users/me/x.log: File exists (os error 17)".to_owned();
        scene.send(Msg::Log(logs::Msg::Saved(Err(why))));
        scene
    });
}

#[test]
fn logs_can_be_read_without_anything_beyond_ascii() {
    super::snap("ascii_logs", |width, height| {
        let mut scene = opened(width, height);
        let ascii = true;
        scene.app.theme = Theme::new(Style {
            ascii,
            ..Style::default()
        });
        news(&mut scene, hostile());
        scene.keys("w/\\u");
        scene.key(KeyCode::Enter);
        assert!(scene.text().is_ascii(), "{}", scene.text());
        scene
    });
}

#[test]
fn the_error_stream_and_what_is_found_have_looks_and_marks() {
    for (name, style) in super::looks::STYLES {
        let mut scene = opened(60, 14);
        scene.app.theme = Theme::new(style);
        news(&mut scene, lines(9));
        scene.keys("/request 7");
        scene.key(KeyCode::Enter);
        failed(&mut scene, "the engine closed the connection");
        super::looks::assert(&format!("looks_logs_{name}"), &scene);
        assert!(style.theme == ThemeName::Mono || looks(&scene).contains('a'));
    }
}
