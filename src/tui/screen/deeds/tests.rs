use std::collections::BTreeMap;
use std::time::Duration;

use crossterm::event::KeyCode;

use super::*;
use crate::live::event::{Event, Turn};
use crate::tui::app::Dialog;
use crate::tui::deeds::Known;
use crate::tui::msg::{Chord, Cmd as Asked, Msg as Told};
use crate::tui::scene::Scene;
use crate::tui::scene::live::*;

const KILL: char = 'k';
const REMOVE: char = 'd';

/// Three of main's: one at work, one at rest for ten minutes, one that has ended.
fn three(width: u16, height: u16) -> Scene {
    let mut scene = empty(width, height);
    let rows = [(0, "running"), (3, "running"), (6, "exited")];
    scene.list(
        rows.map(|(n, state)| listed(&id(n), &key(n), state))
            .to_vec(),
    );
    for (n, state) in rows {
        scene.detail(&id(n), &key(n), |detail| {
            state.clone_into(&mut detail.standing.state);
            if state == "exited" {
                detail.exit_code = Some(3);
            }
        });
    }
    let exec = "ab12".to_owned();
    let command = None;
    scene.happen(&id(0), &key(0), Turn::CallStarted { exec, command });
    scene
}

fn ctrl(scene: &mut Scene, c: char) {
    scene.send(Told::Key(Chord::ctrl(c)));
}

fn select(scene: &mut Scene, number: usize) {
    for _ in 0..10 {
        if matches!(scene.live().selected(), crate::tui::screen::live::Selected::Standing(one) if one.id() == id(number))
        {
            return;
        }
        scene.keys("j");
    }
    panic!("{number} is not reached");
}

fn cmds(scene: &Scene) -> Vec<&Cmd> {
    let mut found = Vec::new();
    for cmd in &scene.cmds {
        if let Asked::Deed(deed) = cmd {
            found.push(deed);
        }
    }
    found
}

/// Everything that these keys ask for, not only the last of them.
fn pressed(scene: &mut Scene, keys: &str) -> usize {
    let mut count = 0;
    for key in keys.chars() {
        scene.keys(&key.to_string());
        count += cmds(scene).len();
    }
    count
}

fn orders(scene: &Scene) -> Vec<(Deed, Vec<String>, Heat)> {
    let of = |cmd: &&Cmd| match cmd {
        Cmd::Act(order) => Some((
            order.deed,
            order.targets.iter().map(|one| one.id.clone()).collect(),
            order.heat,
        )),
        Cmd::Register | Cmd::Evidence(_) => None,
    };
    cmds(scene).iter().filter_map(of).collect()
}

fn became(scene: &mut Scene, number: usize, became: Became) {
    scene.send(Told::Deed(Msg::Became(id(number), became)));
}

fn register(scene: &mut Scene, used: &[(usize, u64)]) {
    let known: BTreeMap<String, Known> = used
        .iter()
        .map(|(number, seconds)| {
            let name = format!("openclaw-sbx-{}", id(*number));
            let used = Some(Duration::from_secs(*seconds));
            (name, Known { used })
        })
        .collect();
    scene.send(Told::Deed(Msg::Register(Ok(Register { known }))));
}

#[test]
fn nothing_is_done_without_a_yes() {
    for keys in ["X", "Xn", "Xq", "Xjk", "Xa", "Xaq", "pn", "XX", "Xp"] {
        let mut scene = three(160, 45);
        select(&mut scene, 3);
        assert_eq!(pressed(&mut scene, keys), 0, "{keys}");
    }
    for leave in [KeyCode::Esc, KeyCode::Enter] {
        let mut scene = three(160, 45);
        scene.keys("X");
        scene.key(leave);
        assert_eq!(scene.app.dialog, None);
        assert_eq!(cmds(&scene), Vec::<&Cmd>::new());
    }
}

#[test]
fn a_yes_acts_on_the_one_by_its_id_wherever_its_row_is_by_then() {
    let mut scene = three(160, 45);
    select(&mut scene, 3);
    scene.keys("X");
    scene.happen("new", &key(0), Turn::Created);
    scene.keys("y");
    assert_eq!(orders(&scene), [(Deed::Stop, vec![id(3)], Heat::ColdOnly)]);
    scene.keys("y");
    assert_eq!(orders(&scene).len(), 0, "once is enough");
}

#[test]
fn the_question_names_the_sandbox_its_owner_its_calls_and_what_will_happen() {
    let mut scene = three(80, 24);
    select(&mut scene, 0);
    scene.keys("X");
    let text = scene.text();
    for words in [
        &format!("Stop openclaw-sbx-{}?", id(0)),
        "main/telegram:0",
        "1 call runs in it",
        "kills it after 10 s",
        "starts it again at the next turn",
    ] {
        assert!(text.contains(words), "{words}\n{text}");
    }
}

#[test]
fn a_yes_counts_only_when_the_question_is_on_the_screen_whole() {
    let mut scene = three(40, 10);
    select(&mut scene, 0);
    scene.keys("X");
    let mut pressed = 0;
    while cmds(&scene).is_empty() {
        pressed += 1;
        assert!(pressed < 10, "{}", scene.text());
        scene.keys("y");
    }
    assert!(pressed > 1, "the first yes turned a page");
}

#[test]
fn all_of_an_agent_are_named_each_and_what_has_ended_is_left_out() {
    let mut scene = three(80, 24);
    select(&mut scene, 3);
    ctrl(&mut scene, KILL);
    scene.keys("a");
    let text = scene.text();
    assert!(text.contains("Kill all 2 of main?"), "{text}");
    assert!(text.contains(&id(0)) && text.contains(&id(3)), "{text}");
    scene.keys("a");
    assert!(
        scene
            .text()
            .contains(&format!("Kill openclaw-sbx-{}?", id(3)))
    );
    scene.keys("ay");
    let (deed, ids, _) = &orders(&scene)[0];
    assert_eq!((*deed, ids.len()), (Deed::Kill, 2));
}

#[test]
fn from_the_row_of_an_agent_all_of_it_are_asked_about() {
    let mut scene = three(160, 45);
    scene.keys("g");
    scene.key(KeyCode::Home);
    scene.keys("X");
    assert!(
        scene.text().contains("Stop all 2 of main?"),
        "{}",
        scene.text()
    );
}

#[test]
fn pausing_lets_go_on_what_is_paused() {
    let mut scene = three(160, 45);
    select(&mut scene, 3);
    scene.happen(&id(3), &key(3), Turn::Paused);
    scene.keys("py");
    assert_eq!(orders(&scene)[0].0, Deed::Unpause);
}

#[test]
fn what_has_ended_cannot_be_stopped() {
    let mut scene = three(160, 45);
    select(&mut scene, 6);
    scene.keys("X");
    assert!(
        scene.text().contains("has ended already"),
        "{}",
        scene.text()
    );
    assert_eq!(pressed(&mut scene, "yq"), 0);
}

#[test]
fn a_question_about_what_has_gone_closes_with_a_word() {
    let mut scene = three(160, 45);
    select(&mut scene, 3);
    scene.keys("X");
    scene.happen(&id(3), &key(3), Turn::Destroyed);
    let text = scene.text();
    assert!(
        text.contains("has gone meanwhile. Nothing was done."),
        "{text}"
    );
    scene.keys("y");
    assert_eq!(cmds(&scene), Vec::<&Cmd>::new());
}

#[test]
fn of_an_agent_what_has_gone_meanwhile_is_not_acted_on() {
    let mut scene = three(40, 10);
    select(&mut scene, 3);
    scene.keys("XaGG");
    scene.happen(&id(3), &key(3), Turn::Destroyed);
    let Some(Dialog::Deeds { scroll, .. }) = scene.app.dialog else {
        panic!("still asked");
    };
    assert_eq!(scroll, 0, "it is another question, to be read again");
    for _ in 0..6 {
        scene.keys("y");
        if let [(_, ids, _)] = orders(&scene).as_slice() {
            assert_eq!(*ids, [id(0)]);
            return;
        }
    }
    panic!("never done:\n{}", scene.text());
}

#[test]
fn read_only_keys_do_nothing_but_say_so_and_the_footer_offers_none() {
    let mut scene = three(160, 45);
    assert!(scene.text().contains("X stop"), "{}", scene.text());
    scene.app.deeds.forbidden = Some("This dashboard is read-only.".to_owned());
    assert!(!scene.text().contains("X stop"));
    for act in ["X", "p"] {
        assert_eq!(pressed(&mut scene, act), 0);
        assert!(scene.text().contains("read-only"), "{act}");
        assert_eq!(pressed(&mut scene, "yq"), 0);
        assert_eq!(scene.app.dialog, None);
    }
    for act in [KILL, REMOVE] {
        ctrl(&mut scene, act);
        assert_eq!(cmds(&scene), Vec::<&Cmd>::new());
        assert_eq!(pressed(&mut scene, "yq"), 0);
    }
}

#[test]
fn removing_asks_openclaw_first_and_leaves_alone_what_is_hot() {
    let mut scene = three(160, 45);
    select(&mut scene, 3);
    ctrl(&mut scene, REMOVE);
    assert_eq!(cmds(&scene), [&Cmd::Register]);
    scene.keys("y");
    assert_eq!(orders(&scene), [], "not before it has answered");
    assert!(scene.app.dialog.is_some());
    register(&mut scene, &[(3, 100)]);
    scene.keys("y");
    assert_eq!(orders(&scene), [], "used 100 s ago");
    assert!(
        scene.text().contains("used within 5 minutes"),
        "{}",
        scene.text()
    );
    scene.keys("u");
    assert!(
        scene.text().contains("removed all the same"),
        "{}",
        scene.text()
    );
    scene.keys("y");
    assert_eq!(orders(&scene), [(Deed::Remove, vec![id(3)], Heat::AlsoHot)]);
}

#[test]
fn of_an_agent_the_cold_ones_are_removed_and_the_others_are_told() {
    let mut scene = three(160, 45);
    select(&mut scene, 3);
    ctrl(&mut scene, REMOVE);
    register(&mut scene, &[(0, 4000), (3, 4000), (6, 4000)]);
    scene.keys("a");
    let text = scene.text();
    assert!(text.contains("a call runs in it now: left alone"), "{text}");
    scene.keys("y");
    let (_, mut ids, _) = orders(&scene).remove(0);
    ids.sort();
    let mut cold = [id(3), id(6)];
    cold.sort();
    assert_eq!(ids, cold);
}

#[test]
fn without_openclaws_command_the_dialog_says_what_to_type() {
    let mut scene = three(80, 24);
    select(&mut scene, 3);
    ctrl(&mut scene, REMOVE);
    let why = "there is no `openclaw` command for this user".to_owned();
    scene.send(Told::Deed(Msg::Register(Err(why))));
    let text = scene.text();
    let command = format!("openclaw sandbox recreate --session {}", key(3));
    assert!(text.contains(&command), "{text}");
    assert_eq!(pressed(&mut scene, "yuy"), 0);
}

#[test]
fn one_that_openclaw_does_not_know_is_left_alone() {
    let mut scene = three(160, 45);
    select(&mut scene, 3);
    ctrl(&mut scene, REMOVE);
    register(&mut scene, &[(0, 4000)]);
    assert_eq!(pressed(&mut scene, "uy"), 0);
    assert!(scene.text().contains("does not have it in its register"));
}

#[test]
fn the_result_says_how_it_ended_and_that_openclaw_starts_it_again() {
    let mut scene = three(80, 24);
    select(&mut scene, 3);
    scene.keys("Xy");
    scene.pass(3100);
    scene.send(Told::Wake);
    assert!(scene.text().contains("stopping… 3 s"), "{}", scene.text());
    let next = crate::tui::update::next_wake(&scene.app).expect("it counts on");
    assert!(next <= scene.app.now + Duration::from_secs(1));
    scene.happen(
        &id(3),
        &key(3),
        Turn::Died {
            exit_code: Some(137),
        },
    );
    became(&mut scene, 3, Became::Done);
    scene.send(Told::Deed(Msg::Over(None)));
    let text = scene.text();
    assert!(text.contains("stopped: exited with 137"), "{text}");
    assert!(text.contains("starts it again at the next turn"), "{text}");
}

#[test]
fn a_yes_that_was_typed_before_its_question_is_none() {
    let mut scene = three(80, 24);
    select(&mut scene, 3);
    scene.keys("X");
    let asked = scene.app.asked;
    scene.app.unread = true;
    assert_eq!(pressed(&mut scene, "y"), 0);
    assert!(scene.text().contains("Stop openclaw"), "{}", scene.text());
    scene.app.unread = false;
    scene.keys("a");
    assert!(scene.app.asked > asked, "another question is put");
    assert_eq!(pressed(&mut scene, "y"), 1);
}

#[test]
fn what_is_pasted_is_a_text_where_one_is_typed_and_nothing_elsewhere() {
    let mut scene = three(80, 24);
    select(&mut scene, 3);
    scene.send(Told::Pasted("Xy".to_owned()));
    assert!(scene.cmds.is_empty() && scene.app.dialog.is_none());
    scene.keys("/");
    scene.send(Told::Pasted("chat\r\u{1b}[2J".to_owned()));
    let filter = scene.live().sight.filter.clone().expect("it is typed");
    assert_eq!(filter.text, "chat[2J");
    assert!(filter.typing);
}

#[test]
fn each_trouble_is_named() {
    let cases = [
        (Became::Gone, "had gone already"),
        (Became::Already, "was stopped already"),
        (
            Became::Refused("is not running".to_owned()),
            "not stopped: is not running",
        ),
        (
            Became::NoAnswer(Duration::from_secs(25)),
            "no answer within 25 s",
        ),
    ];
    for (outcome, words) in cases {
        let mut scene = three(80, 24);
        select(&mut scene, 3);
        scene.keys("Xy");
        became(&mut scene, 3, outcome);
        scene.send(Told::Deed(Msg::Over(None)));
        assert!(scene.text().contains(words), "{words}\n{}", scene.text());
    }
}

#[test]
fn what_was_put_away_comes_back_only_with_trouble() {
    let run = |outcome: Became| {
        let mut scene = three(80, 24);
        select(&mut scene, 3);
        scene.keys("Xyq");
        assert_eq!(scene.app.dialog, None);
        became(&mut scene, 3, outcome);
        scene.send(Told::Deed(Msg::Over(None)));
        scene
    };
    assert_eq!(run(Became::Done).app.dialog, None);
    let scene = run(Became::Failed("the engine broke".to_owned()));
    assert!(scene.text().contains("the engine broke"));
    let mut scene = run(Became::Done);
    scene.keys("X");
    assert!(scene.text().contains("Stop openclaw"), "{}", scene.text());
}

#[test]
fn a_task_that_broke_is_told() {
    let mut scene = three(80, 24);
    select(&mut scene, 3);
    scene.keys("Xy");
    scene.send(Told::Deed(Msg::Over(Some("the task panicked".to_owned()))));
    assert!(
        scene.text().contains("the task panicked"),
        "{}",
        scene.text()
    );
}

#[test]
fn events_while_it_is_under_way_do_not_close_it() {
    let mut scene = three(160, 45);
    select(&mut scene, 3);
    ctrl(&mut scene, KILL);
    scene.keys("y");
    scene.happen(&id(3), &key(3), Turn::Destroyed);
    scene.hear(Event::Listed(crate::live::event::Listing::default()));
    assert!(matches!(scene.app.dialog, Some(Dialog::Deeds { .. })));
}

#[test]
fn where_the_evidence_is_or_why_it_is_not_is_told_when_another_dialog_closes() {
    let path = "/state/evidence/1.json".to_owned();
    let why = "the disk is full".to_owned();
    for (kept, words) in [
        (Ok(vec![path]), "/state/evidence/1.json"),
        (Err(why), "the disk is full"),
    ] {
        let mut scene = three(160, 45);
        select(&mut scene, 3);
        scene.keys("X");
        scene.send(Told::Deed(Msg::Evidence(kept)));
        assert!(scene.text().contains("Stop openclaw"), "{}", scene.text());
        scene.app.changed = false;
        scene.keys("n");
        assert!(scene.text().contains(words), "{}", scene.text());
        scene.key(KeyCode::Esc);
        assert_eq!(scene.app.dialog, None, "told once");
    }
}
