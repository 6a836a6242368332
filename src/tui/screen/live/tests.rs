//! The dashboard on sequences of events and keys.

use std::collections::BTreeSet;

use crossterm::event::KeyCode;

use super::*;
use crate::live::event::{Answered, Event, Life, Link, Question, Stamped, Turn};
use crate::live::scope::Labels;
use crate::tui::keys::{Act, Command};
use crate::tui::msg::{Cmd, Does, Mouse, Msg};
use crate::tui::scene::Scene;
use crate::tui::scene::live::{
    MIB, busy, call, call_end, dashboard, detail, died, empty, failing, id, key, labels, listed,
};
use crate::tui::update::next_wake;

fn ids(scene: &Scene) -> Vec<&str> {
    let rows = scene.live().rows.iter();
    rows.filter_map(|row| match row {
        Row::Sandbox(id) => Some(id.as_str()),
        Row::Group(_) => None,
    })
    .collect()
}

fn selected(scene: &Scene) -> Option<&str> {
    match &scene.live().sight.cursor {
        Some(Cursor::Sandbox(id)) => Some(id),
        Some(Cursor::Group(name)) => Some(name),
        None => None,
    }
}

fn sorted_by(scene: &mut Scene, column: Column) {
    for _ in 0..Column::ALL.len() {
        if scene.live().sight.sort == column {
            return;
        }
        scene.keys("s");
    }
    panic!("{column:?} is not reached");
}

fn draws(scene: &mut Scene, act: impl FnOnce(&mut Scene)) -> bool {
    scene.app.changed = false;
    act(scene);
    scene.app.changed
}

#[test]
fn every_column_can_be_sorted_by_and_what_is_not_known_stands_last() {
    let mut scene = busy(160, 45);
    for column in Column::ALL {
        sorted_by(&mut scene, column);
        for order in ["<", ">"] {
            scene.keys(order);
            assert_eq!(ids(&scene).len(), 50, "{column:?}");
        }
    }
    sorted_by(&mut scene, Column::Memory);
    assert!(
        scene.live().sight.descending,
        "the most is looked for first"
    );
    assert_eq!(ids(&scene)[0], id(4));
    assert!(ids(&scene)[48..].contains(&id(49).as_str()), "not measured");
    scene.keys("<");
    assert_eq!(ids(&scene)[0], id(0));
    assert!(ids(&scene)[48..].contains(&id(49).as_str()), "not measured");
    scene.keys("S");
    assert_eq!(scene.live().sight.sort, Column::Cpu);
}

#[test]
fn a_new_one_is_the_first_row_at_once() {
    let mut scene = busy(160, 45);
    assert!(draws(&mut scene, |scene| {
        scene.happen("new", &key(0), Turn::Created);
    }));
    assert_eq!(ids(&scene)[0], "new");
    assert_eq!(selected(&scene), Some("new"), "nobody has moved the cursor");
}

#[test]
fn the_selected_sandbox_stays_selected_when_rows_move() {
    let mut scene = busy(160, 45);
    scene.keys("jjj");
    let chosen = selected(&scene).expect("a row").to_owned();
    scene.happen("new", &key(0), Turn::Created);
    assert_eq!(selected(&scene), Some(chosen.as_str()));
    sorted_by(&mut scene, Column::Memory);
    assert_eq!(selected(&scene), Some(chosen.as_str()));
    let at = scene.live().position().expect("a row");
    let window = scene.live().sight.top..scene.live().sight.top + scene.live().window.table;
    assert!(window.contains(&at), "it is on the screen");
}

#[test]
fn when_the_selected_one_goes_the_next_takes_its_place() {
    let mut scene = busy(160, 45);
    scene.keys("jjj");
    let gone = selected(&scene).expect("a row").to_owned();
    let next = ids(&scene)[4].to_owned();
    scene.happen(&gone, &key(1), Turn::Destroyed);
    assert_eq!(selected(&scene), Some(next.as_str()));
}

#[test]
fn a_filter_looks_at_names_owners_images_and_states() {
    let mut scene = busy(160, 45);
    for (text, count) in [
        ("research", 16),
        ("telegram:48", 1),
        ("9e3779b90000", 1),
        ("BOOKWORM", 50),
        ("busy", 2),
        ("starting", 1),
        ("no such thing", 0),
    ] {
        scene.keys("/");
        scene.keys(text);
        scene.key(KeyCode::Enter);
        assert_eq!(ids(&scene).len(), count, "{text}");
        scene.key(KeyCode::Esc);
        assert_eq!(ids(&scene).len(), 50);
    }
}

#[test]
fn a_filter_that_is_typed_can_be_mended_and_dropped() {
    let mut scene = busy(160, 45);
    scene.keys("/opsx");
    assert_eq!(ids(&scene).len(), 0);
    scene.key(KeyCode::Backspace);
    assert_eq!(ids(&scene).len(), 17);
    scene.key(KeyCode::Esc);
    assert!(scene.live().sight.filter.is_none());
    assert!(scene.cmds.iter().all(|cmd| !matches!(cmd, Cmd::Leave(_))));
}

#[test]
fn groups_roll_up_and_fold() {
    let mut scene = busy(160, 45);
    scene.keys("g");
    let live = scene.live();
    let names: Vec<&str> = live
        .groups
        .iter()
        .map(|group| group.name.as_str())
        .collect();
    assert_eq!(names, ["main", "ops", "research"]);
    let main = &live.groups[0];
    assert_eq!((main.sandboxes, main.busy, main.unmeasured), (17, 1, 1));
    assert_eq!(main.ended.made, 1);
    let memory: u64 = (0..48).step_by(3).map(|index| (20 + 3 * index) * MIB).sum();
    assert_eq!(main.memory, Some(memory));
    assert_eq!(live.rows.len(), 53);
    // Folding from a member goes to its agent.
    scene.keys("jj");
    scene.key(KeyCode::Left);
    assert_eq!(selected(&scene), Some("main"));
    assert_eq!(scene.live().rows.len(), 36);
    scene.key(KeyCode::Enter);
    assert_eq!(scene.live().rows.len(), 53);
}

#[test]
fn nothing_is_folded_behind_the_list_of_what_has_gone() {
    let mut scene = failing(160, 45);
    scene.keys("gjd");
    let before = scene.live().sight.clone();
    scene.key(KeyCode::Left);
    scene.keys("h");
    assert_eq!(scene.live().sight, before);
    scene.key(KeyCode::Enter);
    scene.key(KeyCode::Left);
    assert!(!scene.live().sight.detail, "what is read is closed");
}

#[test]
fn a_sample_that_nobody_sees_draws_nothing() {
    let mut scene = busy(80, 24);
    let hidden = ids(&scene)[40].to_owned();
    assert!(!draws(&mut scene, |scene| scene.sample(
        &hidden,
        0.3,
        90 * MIB
    )));
    let wake = next_wake(&scene.app).expect("ages are on the screen");
    assert!(wake > scene.app.now, "and nothing is due for it");
}

#[test]
fn a_sample_that_is_seen_is_drawn_at_the_beat() {
    let mut scene = busy(80, 24);
    let seen = ids(&scene)[2].to_owned();
    scene.pass(100);
    assert!(!draws(&mut scene, |scene| scene.sample(
        &seen,
        0.3,
        90 * MIB
    )));
    let wake = next_wake(&scene.app).expect("figures wait");
    assert!(wake.saturating_sub(scene.app.now) <= Duration::from_millis(500));
    scene.app.now = wake;
    assert!(draws(&mut scene, Scene::wake));
    assert!(scene.text().contains("90M/512M"));
}

#[test]
fn the_first_figure_of_a_sandbox_is_drawn_at_once() {
    let mut scene = busy(80, 24);
    let young = ids(&scene)[1].to_owned();
    assert!(scene.live().model.sandboxes[&young].usage.last.is_none());
    assert!(draws(&mut scene, |scene| scene.sample(
        &young,
        0.3,
        90 * MIB
    )));
}

#[test]
fn an_early_wake_draws_nothing_and_what_is_of_no_consequence_neither() {
    let mut scene = busy(80, 24);
    assert!(!draws(&mut scene, Scene::wake));
    let one = id(7);
    assert!(!draws(&mut scene, |scene| scene.happen(
        &one,
        &key(7),
        Turn::Other
    )));
    assert!(!draws(&mut scene, |scene| scene.link(Link::Up)));
    assert!(!draws(&mut scene, |scene| scene.key(KeyCode::F(9))));
}

#[test]
fn a_clock_that_runs_is_seen_to_run_and_old_ages_tick_slowly() {
    let scene = busy(80, 24);
    let wake = next_wake(&scene.app).expect("something starts");
    assert!(wake.saturating_sub(scene.app.now) <= Duration::from_millis(100));
    let mut still = empty(80, 24);
    still.pass(3_600_000);
    still.wake();
    let wake = next_wake(&still.app).expect("an age is on the screen");
    assert!(
        wake.saturating_sub(still.app.now) > Duration::from_mins(10),
        "{wake:?}"
    );
}

#[test]
fn what_is_on_the_screen_is_told_once_when_it_changes() {
    let mut scene = busy(80, 24);
    assert!(scene.looks().is_empty(), "it was told before");
    let expected: BTreeSet<String> = scene
        .live()
        .visible()
        .iter()
        .filter_map(|row| match row {
            Row::Sandbox(id) => Some(id.clone()),
            Row::Group(_) => None,
        })
        .collect();
    assert_eq!(scene.live().looked.on_screen.as_ref(), Some(&expected));
    let seen = id(2);
    scene.sample(&seen, 0.1, MIB);
    assert!(scene.looks().is_empty());
    scene.keys("G");
    let looks = scene.looks();
    assert_eq!(looks.len(), 1);
    assert!(
        looks[0]
            .on_screen
            .as_ref()
            .is_some_and(|ids| ids.contains(&id(47)))
    );
    scene.keys("r");
    assert_eq!(scene.looks().first().map(|sight| sight.all_now), Some(1));
    scene.keys("1");
    let nothing = scene.looks()[0].on_screen.as_ref().map(BTreeSet::len);
    assert_eq!(nothing, Some(0), "another screen shows none of them");
}

#[test]
fn oom_and_a_lost_engine_ring_once_and_nothing_else_does() {
    let mut scene = busy(80, 24);
    let bells = |scene: &Scene| scene.cmds.iter().filter(|cmd| **cmd == Cmd::Bell).count();
    scene.happen(&id(4), &key(4), Turn::Oom);
    assert_eq!(bells(&scene), 1);
    scene.happen(&id(8), &key(8), Turn::Oom);
    assert_eq!(bells(&scene), 0, "the same cause within five minutes");
    for exec in 0..6 {
        let exec = format!("x{exec}");
        scene.happen(&id(7), &key(7), call(&exec));
        scene.happen(&id(7), &key(7), call_end(&exec, 1));
        assert_eq!(bells(&scene), 0);
    }
    scene.link(Link::Hung);
    assert_eq!(bells(&scene), 0, "it is seen, and not heard");
    assert!(scene.text().contains("HANGS"));
    let why = "gone".to_owned();
    scene.link(Link::Lost { why });
    assert_eq!(bells(&scene), 1);
}

#[test]
fn what_rings_is_told_in_words_and_the_title_names_the_newest_alert_until_it_is_over() {
    let titles = |scene: &Scene| -> Vec<String> {
        let titles = scene.cmds.iter().filter_map(|cmd| match cmd {
            Cmd::Title(words) => Some(words.clone()),
            _ => None,
        });
        titles.collect()
    };
    let mut scene = busy(80, 24);
    scene.keys("1");
    scene.happen(&id(4), &key(4), Turn::Oom);
    let told = scene.cmds.iter().find_map(|cmd| match cmd {
        Cmd::Notify(words) => Some(words.as_str()),
        _ => None,
    });
    assert!(told.is_some_and(|words| words.contains("killed for memory (OOM)")));
    assert_eq!(titles(&scene), ["! OOM in ops/telegram:4 - clawdoctor"]);
    scene.happen(&id(5), &key(5), call("x"));
    assert!(titles(&scene).is_empty(), "the same");
    scene.pass(301_000);
    scene.wake();
    assert_eq!(titles(&scene), ["clawdoctor"]);
    // What does not ring is told nobody who looks elsewhere.
    scene.keys("2");
    let answered = Answered {
        question: Question::List,
        milliseconds: 4000,
        waits: true,
    };
    scene.hear(Event::Answered(answered));
    assert!(!scene.cmds.iter().any(|cmd| matches!(cmd, Cmd::Notify(_))));
    assert_eq!(titles(&scene), ["! engine slow - clawdoctor"]);
}

#[test]
fn alerts_are_put_away_until_something_new_comes() {
    let mut scene = failing(80, 24);
    assert!(scene.live().alerts(scene.app.now).count() >= 3);
    scene.keys("x");
    assert_eq!(scene.live().alerts(scene.app.now).count(), 0);
    scene.pass(1000);
    scene.happen(&id(20), &key(20), Turn::Oom);
    assert_eq!(scene.live().alerts(scene.app.now).count(), 1);
    scene.pass(301_000);
    assert_eq!(scene.live().alerts(scene.app.now).count(), 0, "it is old");
}

#[test]
fn what_was_put_away_and_happens_again_is_shown_again_and_does_not_ring() {
    let mut scene = busy(80, 24);
    let again = |scene: &mut Scene| {
        scene.pass(1000);
        scene.happen(&id(4), &key(4), Turn::Oom);
        scene.live().alerts(scene.app.now).count()
    };
    again(&mut scene);
    scene.keys("x");
    assert_eq!(scene.live().alerts(scene.app.now).count(), 0);
    assert_eq!(again(&mut scene), 1);
    assert!(!scene.cmds.contains(&Cmd::Bell), "within five minutes");
    scene.keys("x");
    assert_eq!(scene.live().alerts(scene.app.now).count(), 0);
    scene.keys("1");
    assert!(!scene.text().contains("OOM"), "{}", scene.text());
    assert_eq!(again(&mut scene), 1);
    let title = "! OOM in ops/telegram:4 - clawdoctor".to_owned();
    assert!(scene.cmds.contains(&Cmd::Title(title)));
    assert!(scene.text().contains("! OOM in ops/"), "{}", scene.text());
}

#[test]
fn an_alert_whose_cause_is_over_is_not_shown_any_more() {
    let mut scene = empty(80, 24);
    let why = "gone".to_owned();
    scene.link(Link::Lost { why });
    assert_eq!(scene.live().alerts(scene.app.now).count(), 1);
    scene.pass(1000);
    scene.link(Link::Up);
    assert_eq!(scene.live().alerts(scene.app.now).count(), 0);
    let told = scene.text();
    assert!(told.contains("no way to the engine: gone"), "{told}");
}

#[test]
fn a_stall_is_an_alert_that_does_not_ring_and_goes_with_its_end() {
    let mut scene = empty(80, 24);
    let answered = |milliseconds| {
        Event::Answered(Answered {
            question: Question::List,
            milliseconds,
            waits: false,
        })
    };
    scene.hear(answered(1100));
    assert_eq!(scene.live().alerts(scene.app.now).count(), 0, "a hiccup");
    scene.hear(answered(1200));
    assert_eq!(scene.live().alerts(scene.app.now).count(), 1);
    assert!(!scene.cmds.contains(&Cmd::Bell));
    let text = scene.text();
    assert!(text.contains("! SLOW, 1.2s an answer"), "{text}");
    assert!(text.contains("a list took 1.2 s"), "{text}");
    for _ in 0..2 {
        scene.pass(2000);
        scene.hear(answered(8));
    }
    assert_eq!(scene.live().alerts(scene.app.now).count(), 0);
    let text = scene.text();
    assert!(
        text.contains("prompt again: 8ms, after 4s with up to 1.2s"),
        "{text}"
    );
}

#[test]
fn trouble_is_gone_through_from_the_newest_with_its_sandbox_selected() {
    let mut scene = failing(160, 45);
    scene.keys("n");
    assert_eq!(selected(&scene), Some(id(10).as_str()));
    scene.keys("n");
    assert_eq!(selected(&scene), Some(id(8).as_str()));
    scene.keys("N");
    assert_eq!(selected(&scene), Some(id(10).as_str()));
    scene.key(KeyCode::Esc);
    assert_eq!(scene.live().sight.entry, None, "it follows again");
}

#[test]
fn what_has_gone_can_be_read_and_keeps_its_place() {
    let mut scene = failing(160, 45);
    scene.keys("djj");
    let Selected::Gone(gone) = scene.live().selected() else {
        panic!("one that has gone");
    };
    assert_eq!(gone.about.id, id(109));
    scene.happen(&id(8), &key(8), Turn::Destroyed);
    let Selected::Gone(gone) = scene.live().selected() else {
        panic!("one that has gone");
    };
    assert_eq!(gone.about.id, id(109));
    scene.key(KeyCode::Enter);
    assert!(scene.text().contains("exit code 1"));
    scene.key(KeyCode::Esc);
    scene.key(KeyCode::Esc);
    assert_eq!(scene.live().sight.list, List::Standing);
}

/// A container that is no sandbox.
fn other(scene: &mut Scene, id: &str, turn: Turn) {
    let stamp = scene.live().ours(scene.app.now);
    scene.hear(Event::Happened(Box::new(Life {
        id: id.to_owned(),
        stamp,
        turn,
        name: id.to_owned(),
        ..Life::default()
    })));
}

#[test]
fn what_is_not_shown_and_goes_moves_no_row_of_what_has_gone() {
    let mut scene = empty(160, 45);
    // As many as are remembered: each that goes now pushes the oldest out.
    let live = scene.app.live.as_mut().expect("a dashboard");
    let now = live.ours(scene.app.now);
    for number in 0..2000 {
        for turn in [Turn::Created, Turn::Destroyed] {
            let happened = Event::Happened(Box::new(Life {
                id: format!("s{number}"),
                stamp: now,
                turn,
                labels: labels(&key(0)),
                ..Life::default()
            }));
            live.model.apply(Stamped {
                at: now,
                what: happened,
            });
        }
    }
    live.catch_up();
    scene.keys("djj");
    let newest = |scene: &Scene| {
        let rows = (0..3).map(|row| scene.live().gone_row(row).expect("a row").about.id.clone());
        rows.collect::<Vec<_>>()
    };
    assert_eq!(newest(&scene), ["s1999", "s1998", "s1997"]);
    other(&mut scene, "postgres", Turn::Created);
    assert!(
        draws(&mut scene, |scene| other(
            scene,
            "postgres",
            Turn::Destroyed
        )),
        "the oldest is not there any more"
    );
    assert_eq!(newest(&scene), ["s1999", "s1998", "s1997"]);
    let Selected::Gone(gone) = scene.live().selected() else {
        panic!("one that has gone");
    };
    assert_eq!(gone.about.id, "s1997");
}

#[test]
fn how_a_container_that_is_not_shown_is_shut_in_is_forgotten_when_it_goes() {
    let mut scene = empty(160, 45);
    let mut postgres = detail("postgres", &key(0), |_| {});
    postgres.standing.name = "postgres".to_owned();
    postgres.standing.image = "postgres:18".to_owned();
    postgres.labels = Labels::default();
    scene.hear(Event::Detailed(Box::new(postgres)));
    assert!(scene.live().postures.contains_key("postgres"));
    other(&mut scene, "postgres", Turn::Destroyed);
    assert!(scene.live().postures.is_empty());
}

#[test]
fn one_that_died_and_is_still_there_says_how() {
    let mut scene = busy(160, 45);
    scene.happen(&id(2), &key(2), died(3));
    assert!(scene.text().contains("■ exit 3"));
    scene.happen(&id(3), &key(3), Turn::Oom);
    scene.pass(60);
    scene.happen(&id(3), &key(3), died(137));
    assert!(scene.text().contains("◆ oom 137"));
    scene.happen(&id(6), &key(6), died(137));
    assert!(scene.text().contains("■ exit 137"), "137 alone is no OOM");
}

#[test]
fn what_is_not_known_is_never_drawn_as_zero() {
    let mut scene = empty(160, 45);
    scene.list(vec![listed("a", &key(0), "running")]);
    let text = scene.text();
    let row = text.lines().find(|line| line.contains("● running"));
    let row = row.expect("the row");
    assert!(row.contains("–/?"), "{row}");
    assert!(!row.contains("0B") && !row.contains("0.00"), "{row}");
    let titles = text.lines().find(|line| line.contains(" rst "));
    let before = titles.and_then(|line| line.split_once("rst"));
    let at = before.expect("the column").0.chars().count() + "rst".len() - 1;
    assert_eq!(row.chars().nth(at), Some('?'), "{row}");
    let mut never = dashboard(160, 45);
    never.link(Link::Connecting);
    assert!(!never.text().contains("0 sandboxes"));
}

#[test]
fn a_clock_that_was_set_or_slept_is_followed() {
    let mut scene = busy(80, 24);
    let ours = scene.live().ours(scene.app.now);
    let later = ours.plus(Duration::from_hours(2));
    scene.send(Msg::Live(crate::live::event::Stamped {
        at: later,
        what: Event::Link(Link::Up),
    }));
    assert_eq!(scene.live().ours(scene.app.now), later);
}

#[test]
fn other_containers_are_no_part_of_the_picture() {
    let mut scene = busy(160, 45);
    let mut life = crate::live::event::Life {
        id: "postgres".to_owned(),
        stamp: scene.live().ours(scene.app.now),
        turn: Turn::Created,
        name: "postgres".to_owned(),
        ..crate::live::event::Life::default()
    };
    assert!(!draws(&mut scene, |scene| {
        scene.hear(Event::Happened(Box::new(life.clone())));
    }));
    life.turn = died(1);
    assert!(!draws(&mut scene, |scene| {
        scene.hear(Event::Happened(Box::new(life)));
    }));
    assert!(!scene.text().contains("postgres"));
}

#[test]
fn commands_of_other_screens_do_nothing_here() {
    let mut scene = busy(80, 24);
    let before = scene.live().sight.clone();
    let ours = scene.live().ours(scene.app.now);
    let live = scene.app.live.as_mut().expect("a dashboard");
    for command in [Command::ShowAll, Command::Recheck, Command::Live(Act::Room)] {
        live.command(command, 10, ours);
    }
    assert_eq!(scene.live().sight, before);
}

#[test]
fn a_press_selects_a_row_and_the_wheel_moves_the_cursor() {
    let mut scene = busy(80, 24);
    let mouse = |scene: &mut Scene, does, row| {
        scene.send(Msg::Mouse(Mouse {
            does,
            column: 5,
            row,
        }));
    };
    let areas = crate::tui::view::live::areas_of(&scene.app, scene.live(), scene.app.size);
    mouse(&mut scene, Does::Press, areas.table.y + 3);
    assert_eq!(selected(&scene), Some(ids(&scene)[3]));
    mouse(&mut scene, Does::WheelDown, areas.table.y);
    assert_eq!(selected(&scene), Some(ids(&scene)[4]));
    let first = scene
        .live()
        .visible_entries()
        .next()
        .map(|entry| entry.number);
    mouse(&mut scene, Does::Press, areas.timeline.y);
    assert_eq!(scene.live().sight.entry, first);
    assert_eq!(scene.live().sight.focus, Pane::Timeline);
    assert!(!draws(&mut scene, |scene| mouse(scene, Does::Press, 0)));
}
