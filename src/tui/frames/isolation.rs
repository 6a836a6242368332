//! Frames of the isolation screen.

use crossterm::event::KeyCode;

use super::{SIZES, snap};
use crate::facts::openclaw::{Agent, Elevated, Mode, Placement};
use crate::facts::sandbox::{Standing, StandingMount};
use crate::facts::{Facts, Reading, Section, Why, WhyKind};
use crate::tui::Style;
use crate::tui::msg::{Msg, Probe};
use crate::tui::scene::{Scene, m4, well};
use crate::tui::screen::Screen;

fn of<T>(reading: &mut Reading<T>) -> &mut T {
    match reading {
        Reading::Known { value, .. } => value,
        Reading::Unknown(why) => panic!("not known: {why}"),
    }
}

pub(super) fn agent(facts: &mut Facts, id: &str, mode: Mode) {
    let agents = of(&mut facts.openclaw.agents);
    let mut agent: Agent = agents[0].clone();
    id.clone_into(&mut agent.id);
    agent.sandbox.mode = mode;
    agents.push(agent);
}

fn socket() -> StandingMount {
    StandingMount {
        kind: "bind".to_owned(),
        source: "/var/run/docker.sock".to_owned(),
        target: "/var/run/docker.sock".to_owned(),
        read_only: false,
    }
}

/// One agent on the host, one half in sandboxes, and a container that pretends to be a sandbox.
pub(super) fn troubled() -> Facts {
    let mut facts = m4();
    agent(&mut facts, "coder", Mode::NonMain);
    agent(&mut facts, "admin", Mode::Off);
    facts.openclaw.elevated = Reading::known(
        Elevated {
            enabled: true,
            allowed_senders: 2,
            anybody: false,
        },
        "openclaw.json",
    );
    let own = of(&mut facts.standing);
    own.push(Standing {
        id: "c2".to_owned(),
        name: "research-tmp".to_owned(),
        state: "running".to_owned(),
        image: "debian:12".to_owned(),
        network_mode: "host".to_owned(),
        mounts: vec![socket()],
        ..Standing::default()
    });
    facts
}

fn on(facts: Facts) -> impl Fn(u16, u16) -> Scene {
    move |width, height| Scene::of(width, height, &facts, Screen::Isolation)
}

#[test]
fn a_healthy_node_shows_the_mode_in_force_and_its_evidence() {
    snap("isolation_healthy", on(m4()));
}

#[test]
fn the_eye_is_led_to_who_is_least_shut_in() {
    snap("isolation_troubled", on(troubled()));
}

#[test]
fn a_dangerous_sandbox_of_no_agent_is_named_first() {
    snap("isolation_dangerous", |width, height| {
        let mut scene = on(troubled())(width, height);
        scene.keys("G");
        scene.key(KeyCode::Enter);
        scene
    });
}

#[test]
fn a_gateway_in_compose_is_shown_as_the_container_it_is() {
    let mut facts = m4();
    of(&mut facts.openclaw.agents)[0].sandbox.mode = Mode::Off;
    let gateway = of(&mut facts.openclaw.gateway);
    gateway.placement = Placement::Container {
        id: "9a41".to_owned(),
        name: "openclaw-gateway".to_owned(),
    };
    gateway.container = Reading::known(
        Box::new(Standing {
            name: "openclaw-gateway".to_owned(),
            state: "running".to_owned(),
            user: "node".to_owned(),
            network_mode: "default".to_owned(),
            memory: 2 << 30,
            mounts: vec![socket()],
            ..Standing::default()
        }),
        "engine: container inspect",
    );
    snap("isolation_compose", on(facts));
}

#[test]
fn two_modes_are_in_force_where_the_main_session_is_not_sandboxed() {
    snap("isolation_non_main", |width, height| {
        let mut scene = on(troubled())(width, height);
        scene.keys("gj");
        scene
    });
}

#[test]
fn what_is_not_known_is_told_with_its_reason() {
    snap("isolation_unknown", |width, height| {
        let mut facts = troubled();
        facts.standing = Reading::unknown(WhyKind::Failed, "the engine does not run");
        facts.inside = Reading::unknown(WhyKind::Failed, "the engine does not run");
        facts.openclaw.gateway = Reading::Unknown(Why::new(WhyKind::Denied, "no permission"));
        on(facts)(width, height)
    });
}

#[test]
fn without_agents_there_is_a_reason_and_no_matrix() {
    snap("isolation_blocked", |width, height| {
        let mut facts = m4();
        facts.openclaw.agents = Reading::unknown(WhyKind::Absent, "OpenClaw is not installed");
        facts.standing = Reading::unknown(WhyKind::Failed, "the engine does not run");
        on(facts)(width, height)
    });
}

#[test]
fn what_is_still_being_asked_is_no_doubt() {
    snap("isolation_probing", |width, height| {
        let mut scene = Scene::open(width, height);
        scene.at(300);
        scene.start(&[Section::Host, Section::Openclaw, Section::Gateway]);
        let mut facts = m4();
        facts.standing = Reading::default();
        facts.inside = Reading::default();
        facts.openclaw.gateway = Reading::default();
        scene.done_with(&[Section::Openclaw], &facts);
        scene.at(700);
        scene.keys("3");
        scene
    });
}

#[test]
fn the_help_names_the_keys_of_this_screen() {
    snap("isolation_help", |width, height| {
        let mut scene = on(m4())(width, height);
        scene.keys("?");
        scene
    });
}

#[test]
fn while_it_is_asked_again_the_old_picture_stays() {
    let mut scene = on(m4())(80, 24);
    let before = scene.app.isolation.picture.clone();
    scene.keys("r");
    scene.done(&[Section::Openclaw], well);
    assert_eq!(scene.app.isolation.picture, before);
    scene.send(Msg::Probe(Probe::BrokeOff("gone".to_owned())));
    assert_eq!(scene.app.isolation.picture, before);
}

/// Names as foreigners might give them.
pub(super) fn hostile() -> Facts {
    let mut facts = troubled();
    agent(&mut facts, "e\u{1b}[2J\u{202e}vil日本語", Mode::Off);
    let standing = &mut of(&mut facts.standing)[1];
    "x\u{1b}]0;t\u{7}\r\ny\u{200b}".clone_into(&mut standing.name);
    of(&mut facts.openclaw.gateway).placement = Placement::Container {
        id: "1".to_owned(),
        name: "g\u{9b}31m".to_owned(),
    };
    facts
}

#[test]
fn hostile_names_do_not_break_the_picture() {
    snap("isolation_hostile", on(hostile()));
    snap("isolation_hostile_read", |width, height| {
        let mut scene = on(hostile())(width, height);
        scene.keys("G");
        scene.key(KeyCode::Enter);
        scene
    });
}

#[test]
fn without_agents_of_a_known_node_nothing_is_pretended() {
    let mut facts = m4();
    of(&mut facts.openclaw.agents).clear();
    of(&mut facts.standing).clear();
    snap("isolation_empty", on(facts));
}

#[test]
fn hostile_names_do_not_reach_the_screen() {
    let facts = hostile();
    for (width, height) in SIZES.into_iter().chain([(20, 5), (60, 14)]) {
        let mut scene = on(facts.clone())(width, height);
        for keys in ["", "k", "l", "G"] {
            scene.keys(keys);
            let text = scene.text();
            let harmful = |c: char| c != '\n' && (c.is_control() || "\u{202e}\u{200b}".contains(c));
            assert!(!text.contains(harmful), "{width}x{height}: {text:?}");
        }
    }
}

#[test]
fn it_can_be_read_without_colour_and_without_anything_beyond_ascii() {
    for (width, height) in SIZES {
        let ascii = Style {
            color: true,
            ascii: true,
            ..Style::default()
        };
        let mut scene = Scene::styled(width, height, ascii);
        scene.at(1200);
        scene.done_with(&Section::ALL, &troubled());
        scene.keys("3gj");
        let text = scene.text();
        assert!(text.is_ascii(), "{text}");
        if width >= 60 {
            assert!(text.contains("[3 Isolation]"), "{text}");
            assert!(text.contains("* main session") && text.contains("* other sessions"));
        } else {
            assert!(text.contains("[3]"), "{text}");
        }
    }
}

#[test]
fn the_smallest_screens_survive() {
    for (width, height) in [
        (1, 1),
        (5, 2),
        (15, 3),
        (20, 5),
        (59, 13),
        (60, 14),
        (120, 14),
    ] {
        let mut scene = on(troubled())(width, height);
        scene.key(KeyCode::Enter);
        scene.keys("JJ G");
        let text = scene.text();
        assert!(!text.is_empty(), "{width}x{height}");
    }
}
