//! Frames of the dialogs about acts on sandboxes.

use std::collections::BTreeMap;
use std::time::Duration;

use crossterm::event::KeyCode;

use super::super::scene::live::*;
use crate::live::event::{Event, Life, Link, Listing, Moment, Turn};
use crate::tui::deeds::{Became, Known, Register};
use crate::tui::msg::{Chord, Msg};
use crate::tui::scene::Scene;
use crate::tui::screen::deeds::Msg as Told;

fn snap(name: &str, scene: impl Fn(u16, u16) -> Scene) {
    super::snap(&format!("deeds_{name}"), scene);
}

/// The one at work, selected.
pub(super) fn at_work(width: u16, height: u16) -> Scene {
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

/// What a dialog needs is on the screen of a terminal and of a phone.
fn small(name: &str, scene: impl Fn(u16, u16) -> Scene) {
    super::snap_in(&[(80, 24), (40, 10)], &format!("deeds_{name}"), scene);
}

fn kill(scene: &mut Scene) {
    scene.send(Msg::Key(Chord::ctrl('k')));
}

#[test]
fn killing_is_asked() {
    small("kill", |width, height| {
        let mut scene = at_work(width, height);
        kill(&mut scene);
        scene
    });
}

#[test]
fn pausing_is_asked_and_what_is_paused_can_go_on() {
    small("pause", |width, height| {
        let mut scene = at_work(width, height);
        scene.keys("p");
        scene
    });
    small("unpause", |width, height| {
        let mut scene = at_work(width, height);
        scene.happen(&id(0), &key(0), Turn::Paused);
        scene.keys("p");
        scene
    });
}

#[test]
fn what_is_paused_says_how_it_goes_on() {
    small("paused", |width, height| {
        let mut scene = at_work(width, height);
        scene.keys("p");
        while scene.app.deeds.work.is_none() {
            scene.keys("y");
        }
        scene.happen(&id(0), &key(0), Turn::Paused);
        scene.send(Msg::Deed(Told::Became(id(0), Became::Done)));
        scene.send(Msg::Deed(Told::Over(None)));
        scene
    });
}

#[test]
fn evidence_says_where_it_is_or_why_it_is_not() {
    let folder = "/Users/me/.local/state/clawdoctor/evidence";
    small("evidence", |width, height| {
        let mut scene = at_work(width, height);
        scene.keys("E");
        let stamp = "20261118T134720.000Z";
        let lines = vec![
            format!("{folder}/{stamp}.json"),
            format!("{folder}/{stamp}.txt"),
            "3 snapshots are there by now; none is ever deleted from here.".to_owned(),
        ];
        scene.send(Msg::Deed(Told::Evidence(Ok(lines))));
        scene
    });
    small("no_evidence", |width, height| {
        let mut scene = at_work(width, height);
        scene.keys("E");
        let why = format!("{folder}: No space left on device (os error 28)");
        scene.send(Msg::Deed(Told::Evidence(Err(why))));
        scene
    });
}

/// Two of main's: one at work for 40 s, one that has nothing to do.
fn pair(width: u16, height: u16) -> Scene {
    let mut scene = empty(width, height);
    let rows = [(0, "running"), (3, "running")];
    scene.list(
        rows.map(|(n, state)| listed(&id(n), &key(n), state))
            .to_vec(),
    );
    for (n, _) in rows {
        scene.detail(&id(n), &key(n), |_| {});
    }
    scene.happen(&id(0), &key(0), call("1"));
    scene.pass(40_000);
    scene.wake();
    scene
}

#[test]
fn a_group_is_acted_on_as_one() {
    for (name, act) in [("group_stop", 'X'), ("group_pause", 'p')] {
        small(name, |width, height| {
            let mut scene = pair(width, height);
            scene.keys("gk");
            scene.key(KeyCode::Home);
            scene.keys(&act.to_string());
            scene
        });
    }
    small("group_kill", |width, height| {
        let mut scene = pair(width, height);
        scene.keys("gk");
        scene.key(KeyCode::Home);
        kill(&mut scene);
        scene
    });
}

#[test]
fn of_a_group_each_one_is_told_for_itself() {
    small("group_ended", |width, height| {
        let mut scene = pair(width, height);
        scene.keys("g");
        scene.key(KeyCode::Home);
        scene.keys("X");
        while scene.app.deeds.work.is_none() {
            scene.keys("y");
        }
        scene.happen(&id(0), &key(0), died(137));
        scene.send(Msg::Deed(Told::Became(id(0), Became::Done)));
        let span = Duration::from_secs(25);
        scene.send(Msg::Deed(Told::Became(id(3), Became::NoAnswer(span))));
        scene.send(Msg::Deed(Told::Over(None)));
        scene
    });
}

#[test]
fn hostile_names_do_not_break_a_question() {
    small("hostile", |width, height| {
        let mut scene = empty(width, height);
        for (index, name) in HOSTILE.into_iter().enumerate() {
            let key = format!("agent:main:{name}");
            let mut one = listed(&id(index), &key, "running");
            name.clone_into(&mut one.name);
            let asked = Moment(0);
            scene.hear(Event::Listed(Listing {
                asked,
                containers: vec![one],
            }));
        }
        let command = Some(format!("sh -c {}", HOSTILE[0]));
        let exec = "1".to_owned();
        let mut life = Life {
            id: id(0),
            stamp: scene.live().ours(scene.app.now),
            turn: Turn::CallStarted { exec, command },
            name: HOSTILE[0].to_owned(),
            image: HOSTILE[1].to_owned(),
            labels: labels(&format!("agent:main:{}", HOSTILE[0])),
        };
        life.stamp = life.stamp.minus(Duration::from_secs(4));
        scene.hear(Event::Happened(Box::new(life)));
        scene.keys("g");
        scene.key(KeyCode::Home);
        scene.keys("X");
        scene
    });
}

#[test]
fn the_last_one_of_an_agent_is_no_crowd() {
    let mut scene = pair(80, 24);
    scene.happen(&id(3), &key(3), Turn::Destroyed);
    scene.keys("g");
    scene.key(KeyCode::Home);
    scene.keys("X");
    let text = scene.text();
    assert!(text.contains(" Stop the only one of main? "), "{text}");
    assert!(text.contains("starts it again at the next"), "{text}");
}

#[test]
fn of_an_engine_that_does_not_answer_nothing_is_claimed_of_this_moment() {
    let why = "connection refused".to_owned();
    for (name, link) in [("stop_hung", Link::Hung), ("stop_lost", Link::Lost { why })] {
        small(name, |width, height| {
            let mut scene = pair(width, height);
            scene.link(link.clone());
            scene.pass(45_000);
            scene.wake();
            scene.keys("gk");
            scene.key(KeyCode::Home);
            scene.keys("X");
            assert!(!scene.text().contains("at this moment"), "{}", scene.text());
            scene
        });
    }
}
