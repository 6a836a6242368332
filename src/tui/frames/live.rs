//! Frames of the dashboard.

mod alerts;
mod gone;
mod narrow;
mod room;
mod states;
mod trouble;

pub use states::states;

use std::time::Duration;

use crossterm::event::KeyCode;
use proptest::prelude::*;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::layout::Size;

use super::super::scene::live::*;
use crate::live::event::{Event, Link, Sample, Turn};
use crate::tui::msg::Msg;
use crate::tui::scene::Scene;
use crate::tui::screen::Screen;
use crate::tui::update::next_wake;
use crate::tui::view::view;

const SIZES: [(u16, u16); 4] = [(80, 24), (160, 45), (40, 10), (20, 5)];

/// One snapshot for each size of a scene.
fn snap(name: &str, scene: impl Fn(u16, u16) -> Scene) {
    super::snap_in(&SIZES, &format!("live_{name}"), scene);
}

#[test]
fn before_the_first_answer_it_says_that_it_connects() {
    snap("connecting", |width, height| {
        let mut scene = dashboard(width, height);
        scene.at(20);
        scene.link(Link::Connecting);
        scene.at(3100);
        scene.wake();
        scene
    });
}

#[test]
fn no_sandboxes_is_a_picture_of_its_own() {
    snap("empty", empty);
}

#[test]
fn fifty_sandboxes_can_be_read() {
    snap("busy", busy);
}

#[test]
fn at_160x45_at_least_36_of_50_can_be_read() {
    let text = busy(160, 45).text();
    let states = ["○ idle", "▶ busy", "● running", "◌ starting"];
    let is_row = |line: &&str| states.iter().any(|state| line.contains(state));
    let rows = text.lines().filter(is_row);
    assert!(rows.count() >= 36, "{text}");
}

#[test]
fn a_burst_of_failures_is_one_line_and_oom_is_named() {
    snap("failing", failing);
}

#[test]
fn a_lost_engine_leaves_the_rows_with_their_age() {
    snap("lost", |width, height| {
        let mut scene = busy(width, height);
        scene.pass(500);
        scene.link(Link::Lost {
            why: "connection refused".to_owned(),
        });
        scene.pass(12_000);
        scene.wake();
        scene
    });
}

#[test]
fn a_hung_engine_is_not_a_lost_one() {
    snap("hung", |width, height| {
        let mut scene = busy(width, height);
        scene.pass(500);
        scene.link(Link::Hung);
        scene.pass(45_000);
        scene.wake();
        scene
    });
}

#[test]
fn an_engine_that_never_was_there_is_waited_for() {
    snap("waiting", |width, height| {
        let mut scene = dashboard(width, height);
        scene.at(20);
        scene.link(Link::Connecting);
        scene.link(Link::Lost {
            why: "nothing listens at /var/run/docker.sock".to_owned(),
        });
        scene.at(9000);
        scene.wake();
        scene
    });
}

#[test]
fn hostile_and_wide_names_do_not_break_the_columns() {
    snap("hostile", |width, height| {
        let mut scene = empty(width, height);
        for (index, name) in HOSTILE.iter().enumerate() {
            let mut one = listed(&id(index), &key(index), "running");
            (*name).clone_into(&mut one.name);
            one.labels.session_key = Some(format!("agent:{name}:{name}"));
            (*name).clone_into(&mut one.image);
            let listing = crate::live::event::Listing {
                asked: scene.live().ours(scene.app.now),
                containers: vec![one],
            };
            // Each list is the whole; what came up after it was asked for stays.
            let asked = crate::live::event::Moment(0);
            scene.hear(Event::Listed(crate::live::event::Listing {
                asked,
                ..listing
            }));
        }
        scene.pass(1000);
        scene.wake();
        scene
    });
}

#[test]
fn sandboxes_stand_together_by_agent_with_their_sums() {
    snap("grouped", |width, height| {
        let mut scene = busy(width, height);
        scene.keys("gj");
        scene.key(KeyCode::Left);
        scene
    });
}

#[test]
fn the_detail_tells_all_of_the_selected_one() {
    snap("detail", |width, height| {
        let mut scene = failing(width, height);
        scene.keys("/telegram:4");
        scene.key(KeyCode::Enter);
        scene.keys("jj");
        scene.key(KeyCode::Enter);
        scene
    });
}

#[test]
fn the_detail_counts_processes_where_the_table_has_no_room_for_them() {
    let mut scene = busy(80, 24);
    scene.keys("/telegram:5");
    scene.key(KeyCode::Enter);
    let read = scene.live().ours(scene.app.now);
    for (seconds, pids, words) in [
        (1, None, "? of 256 processes"),
        (2, Some(250), "250 of 256 processes"),
    ] {
        scene.hear(Event::Sampled(Box::new(Sample {
            id: id(5),
            read: read.plus(Duration::from_secs(seconds)),
            memory: Some(20 * MIB),
            pids,
            ..Sample::default()
        })));
        let lines = crate::tui::view::live::detail::lines(&scene.app, scene.live(), 80);
        let mut lines = lines.iter().map(ToString::to_string);
        let line = lines.find_map(|line| Some(line.trim().strip_prefix("pids")?.to_owned()));
        assert_eq!(line.as_deref().map(str::trim), Some(words));
    }
}

#[test]
fn a_danger_is_named_in_the_detail() {
    snap("danger", |width, height| {
        let mut scene = busy(width, height);
        scene.keys("/telegram:5");
        scene.key(KeyCode::Enter);
        scene.key(KeyCode::Enter);
        scene
    });
}

#[test]
fn what_has_gone_is_listed_with_its_end() {
    snap("gone", |width, height| {
        let mut scene = failing(width, height);
        scene.happen(&id(8), &key(8), Turn::Destroyed);
        scene.pass(2000);
        scene.keys("d");
        scene
    });
}

#[test]
fn the_headroom_shows_its_arithmetic() {
    snap("room", |width, height| {
        let mut scene = busy(width, height);
        scene.keys("H");
        scene
    });
}

#[test]
fn a_filter_says_what_it_lets_through() {
    snap("filter", |width, height| {
        let mut scene = busy(width, height);
        scene.keys("/research");
        scene
    });
}

#[test]
fn the_help_of_the_dashboard_names_its_keys_and_columns() {
    snap("help", |width, height| {
        let mut scene = busy(width, height);
        scene.keys("?");
        scene
    });
}

/// What drawing costs, measured on a terminal that has the buffers it needs already.
fn drawn(scene: &Scene, terminal: &mut Terminal<TestBackend>) -> u64 {
    let counted = allocation_counter::measure(|| {
        terminal
            .draw(|frame| view(&scene.app, frame))
            .expect("a test terminal cannot fail");
    });
    counted.count_total
}

fn terminal(scene: &Scene) -> Terminal<TestBackend> {
    let Size { width, height } = scene.app.size;
    let mut terminal =
        Terminal::new(TestBackend::new(width, height)).expect("a test terminal cannot fail");
    drawn(scene, &mut terminal);
    terminal
}

#[test]
fn a_steady_frame_costs_a_bounded_number_of_allocations() {
    let mut costs = Vec::new();
    for scene in [
        busy(160, 45),
        busy(160, 20),
        many(160, 45),
        failing(160, 45),
    ] {
        let mut terminal = terminal(&scene);
        costs.push(drawn(&scene, &mut terminal));
    }
    // Tabs and footer are lines put together; no row of the table costs any.
    assert!(costs.iter().all(|cost| *cost <= 180), "{costs:?}");
    let (least, most) = (costs.iter().min(), costs.iter().max());
    let spread = most.zip(least).map(|(most, least)| most - least);
    assert!(spread < Some(10), "it hangs on what there is: {costs:?}");
}

#[test]
fn an_event_costs_no_more_in_a_crowd_when_nobody_sees_it() {
    let cost = |scene: &mut Scene| {
        let counted = allocation_counter::measure(|| {
            scene.sample(&id(40), 0.01, 64 << 20);
        });
        counted.count_total
    };
    let few = cost(&mut busy(80, 24));
    let crowd = cost(&mut many(80, 24));
    assert!(crowd <= few + 40, "{few} and {crowd}");
}

#[derive(Clone, Debug)]
enum Act {
    Key(char),
    Code(KeyCode),
    Resize(u16, u16),
    Happen(usize, Turn),
    Detail(usize),
    Sample(usize),
    List(usize),
    Link(Link),
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
    ]);
    let turns = prop::sample::select(vec![
        Turn::Created,
        Turn::Started,
        Turn::Oom,
        Turn::Paused,
        Turn::Destroyed,
        died(1),
        died(137),
        call("1"),
        call_end("1", 1),
        call_end("1", 0),
    ]);
    let links = prop::sample::select(vec![
        Link::Connecting,
        Link::Up,
        Link::Hung,
        Link::Lost {
            why: "gone".to_owned(),
        },
    ]);
    prop_oneof![
        6 => prop::sample::select("jjkklhsS<>gdHxtrnNGJK?/ 123main日".chars().collect::<Vec<_>>()).prop_map(Act::Key),
        4 => codes.prop_map(Act::Code),
        1 => (0_u16..200, 0_u16..60).prop_map(|(w, h)| Act::Resize(w, h)),
        1 => (0_u16..24, 0_u16..8).prop_map(|(w, h)| Act::Resize(w, h)),
        6 => (0_usize..9, turns).prop_map(|(i, turn)| Act::Happen(i, turn)),
        2 => (0_usize..9).prop_map(Act::Detail),
        3 => (0_usize..9).prop_map(Act::Sample),
        1 => (0_usize..9).prop_map(Act::List),
        1 => links.prop_map(Act::Link),
        2 => (0_u64..100_000).prop_map(Act::Pass),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn no_keys_sizes_or_events_in_any_order_break_the_dashboard(acts in prop::collection::vec(act(), 1..60)) {
        let mut scene = empty(80, 24);
        for act in acts {
            match act {
                Act::Key(c) => scene.key(KeyCode::Char(c)),
                Act::Code(code) => scene.key(code),
                Act::Resize(width, height) => scene.send(Msg::Resized { width, height }),
                Act::Happen(index, turn) => scene.happen(&id(index), &key(index), turn),
                Act::Detail(index) => scene.detail(&id(index), &key(index), |_| {}),
                Act::Sample(index) if scene.live().model.sandboxes.contains_key(&id(index)) => {
                    scene.sample(&id(index), 0.3, 100 << 20);
                }
                Act::Sample(_) => {}
                Act::List(count) => {
                    scene.list((0..count).map(|i| listed(&id(i), &key(i), "running")).collect());
                }
                Act::Link(link) => scene.link(link),
                Act::Pass(milliseconds) => {
                    scene.pass(milliseconds);
                    scene.wake();
                }
            }
            prop_assert!(next_wake(&scene.app).is_none_or(|wake| wake >= scene.app.now));
            let text = scene.text();
            prop_assert_eq!(&text, &scene.text());
            let live = scene.live();
            let at = live.position().unwrap_or(0);
            let top = live.sight.top;
            let sees = live.window.table == 0 || (top..top + live.window.table).contains(&at);
            prop_assert!(scene.app.screen != Screen::Live || sees, "row {} from {}", at, top);
        }
    }
}
