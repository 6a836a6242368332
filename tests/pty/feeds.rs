//! Feeds of the test's own for the dashboard: one that has nothing new to tell, and one that tells all
//! that an alert is raised for.

use std::time::Duration;

use clawdoctor::headroom::Headroom;
use clawdoctor::live::event::{Event, Life, Link, Listed, Listing, Moment, Sample, Stamped, Turn};
use clawdoctor::live::model::Model;
use clawdoctor::live::sampling::Sight;
use clawdoctor::live::scope::{Labels, Scope};
use clawdoctor::tui::Watching;

use super::Pty;
use crate::written::{Order, orders};

/// What the wall clock shows when the app is opened.
const NOW: Moment = Moment(1_795_000_000_000_000_000);
/// So long before that all happened; no age that is this old changes while a test looks.
const LONG: Duration = Duration::from_mins(150);
const AGENTS: [&str; 3] = ["one", "two", "three"];

fn labels(agent: &str) -> Labels {
    let key = format!("agent:{agent}:chat:workspace:7e");
    Labels::of_sandbox(Some(&key))
}

fn listing(asked: Moment) -> Event {
    let containers = AGENTS.iter().map(|agent| Listed {
        id: (*agent).to_owned(),
        name: format!("sbx-{agent}"),
        image: "openclaw-sandbox".to_owned(),
        state: "running".to_owned(),
        created: NOW.minus(LONG),
        labels: labels(agent),
    });
    Event::Listed(Listing {
        asked,
        containers: containers.collect(),
    })
}

fn sample(agent: &str, read: Moment, second: u64) -> Event {
    Event::Sampled(Box::new(Sample {
        id: agent.to_owned(),
        read,
        // A tenth of a core for as long as it has lived.
        cpu: Some(second * 100_000_000),
        memory: Some(64 << 20),
        pids: Some(3),
        ..Sample::default()
    }))
}

fn happened(agent: &str, stamp: Moment, turn: Turn) -> Event {
    Event::Happened(Box::new(Life {
        id: agent.to_owned(),
        stamp,
        turn,
        name: format!("sbx-{agent}"),
        image: "openclaw-sandbox".to_owned(),
        labels: labels(agent),
    }))
}

/// The feed of a scene, if it is one of ours.
pub fn watching(scene: &str, rules: Headroom) -> Option<Watching> {
    let news: Vec<(Duration, Event)> = match scene {
        "steady" => still(),
        "trouble" => trouble(),
        _ => return None,
    };
    let then = NOW.minus(LONG);
    let mut model = Model::new(Scope::default(), rules);
    for what in [Event::Link(Link::Up), listing(then)] {
        model.apply(Stamped { at: then, what });
    }
    let (tell, events) = tokio::sync::mpsc::channel(64);
    Some(Watching {
        model,
        events,
        sight: tokio::sync::watch::channel(Sight::default()).0,
        task: tokio::spawn(async move {
            let begun = tokio::time::Instant::now();
            for (pause, what) in news {
                tokio::time::sleep(pause).await;
                let at = NOW.plus(begun.elapsed());
                tell.send(Stamped { at, what }).await.unwrap_or(());
            }
            std::future::pending::<()>().await;
        }),
        clock: || NOW,
        errands: None,
        recording: None,
    })
}

/// Lists and figures that say what was known, for twenty seconds.
fn still() -> Vec<(Duration, Event)> {
    let mut news = Vec::new();
    for tenth in 0..200 {
        let read = NOW.plus(Duration::from_millis(tenth * 100));
        // The first figures of each are news.
        let pause = Duration::from_millis(if tenth == 0 { 0 } else { 100 });
        news.push((pause, listing(read)));
        if tenth % 10 == 0 {
            let second = LONG.as_secs() + tenth / 10;
            let figures = AGENTS.map(|agent| (Duration::ZERO, sample(agent, read, second)));
            news.extend(figures);
        }
    }
    news
}

/// Two kills for memory, a burst of failures, an engine that hangs, and one that is lost twice.
fn trouble() -> Vec<(Duration, Event)> {
    let lost = || {
        Event::Link(Link::Lost {
            why: "\u{fffd}it went away".to_owned(),
        })
    };
    let mut news = vec![
        happened("one", NOW, Turn::Oom),
        happened("two", NOW, Turn::Oom),
    ];
    for call in 0..6 {
        let exec = format!("x{call}");
        let (begun, ended) = (
            Turn::CallStarted {
                exec: exec.clone(),
                command: None,
            },
            Turn::CallEnded {
                exec,
                exit_code: Some(1),
            },
        );
        news.push(happened("three", NOW, begun));
        news.push(happened("three", NOW, ended));
    }
    news.extend([
        Event::Link(Link::Hung),
        Event::Link(Link::Up),
        lost(),
        Event::Link(Link::Up),
        lost(),
    ]);
    news.into_iter()
        .map(|what| {
            // Longer than a frame: of what is over before the next one, no title tells.
            let is_over = matches!(what, Event::Link(Link::Up));
            (Duration::from_millis(if is_over { 300 } else { 10 }), what)
        })
        .collect()
}

#[test]
fn a_steady_dashboard_writes_not_a_byte() {
    let mut app = Pty::open("steady");
    app.wait_text("three/chat");
    // Figures of each, and those of the second round, which tell how much that is of a core.
    app.wait("figures", |screen| {
        let text = screen.text();
        text.matches("64M/?").count() == 3 && text.matches("  0.10 ").count() == 3
    });
    // That something does not come can only be waited for: two beats for what was on its way, then
    // thirty lists and nine figures.
    std::thread::sleep(Duration::from_secs(1));
    let before = app.bytes();
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!(app.bytes(), before);
    // And it is no dead screen.
    app.press("j");
    app.wait("the cursor", |screen| screen.raw.len() > before);
    app.press("q");
    assert_eq!(app.end(), 0);
}

fn count(raw: &[u8], is_so: impl Fn(&Order) -> bool) -> usize {
    let orders = orders(raw).expect("nothing but our own");
    orders.iter().filter(|order| is_so(order)).count()
}

#[test]
fn the_bell_rings_for_a_kill_and_a_lost_engine_alone_and_the_title_names_what_is_wrong() {
    let mut app = Pty::open("trouble");
    app.wait_text("ENGINE LOST");
    app.wait("the second loss", |screen| screen.text().contains("2x "));
    app.press("q");
    let (code, raw) = app.end_with_raw();
    assert_eq!(code, 0);
    let said = |words: &str| {
        count(
            &raw,
            |order| matches!(order, Order::Osc(osc) if osc.starts_with(words)),
        )
    };
    assert_eq!(count(&raw, |order| *order == Order::Bell), 2);
    // What rings is told in words as well, by iTerm2's sequence.
    assert_eq!(said("9;clawdoctor: "), 2);
    assert_eq!(said("9;clawdoctor: the engine is lost: "), 1);
    assert!(said("0;! OOM in one/chat - clawdoctor") > 0);
    assert!(said("0;! engine hangs - clawdoctor") > 0);
    assert!(said("0;! engine lost - clawdoctor") > 0);
    // The title that was there before is kept by the terminal, and comes back once.
    let stack = |body: &str| count(&raw, |order| *order == Order::Csi(body.to_owned()));
    assert_eq!((stack("22;0t"), stack("23;0t")), (1, 1));
}

#[test]
fn what_is_not_ours_is_found_among_what_is_written() {
    let ours =
        "\u{1b}[?1049h\u{1b}[1;1H\u{1b}[38;5;9mwide 漢字\u{1b}[0m\u{1b}]0;title\u{7}\u{7}\r\n";
    let told = orders(ours.as_bytes()).expect("it is ours");
    assert_eq!(told.len(), 6);
    assert_eq!(told.last(), Some(&Order::Bell));
    for foreign in [
        "\u{1b}]0;own\u{1b}ed\u{7}",
        "\u{1b}]52;c;aGk=\u{7}",
        "\u{1b}[5n",
        "\u{1b}[3J",
        "\u{1b}[?2031h",
        "\u{1b}[21t",
        "\u{1b}c",
        "\u{1b}",
        "\u{9b}31m",
        "\u{202e}",
        "\u{200b}",
        "\u{8}",
        "\t",
    ] {
        assert!(orders(foreign.as_bytes()).is_err(), "{foreign:?}");
    }
}
