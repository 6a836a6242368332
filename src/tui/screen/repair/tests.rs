//! Questions, runs and ways back: what keys and news do, and how it looks.

use super::*;
use crate::checklist::catalog::Catalog;
use crate::checklist::check::{Risk, Severity};
use crate::checklist::report::Report;
use crate::fix::apply::{News, Trouble};
use crate::fix::outcome::{RepairReport, RepairStatus};
use crate::fix::repair::{Advice, Found, Moment, Need};
use crate::fix::run::Event;
use crate::fix::step::{
    Command as Typed, Configure, Control, ControlEngine, EngineWish, ImageSource, ProvideImage,
    Setting, Step,
};
use crate::fix::trial;
use crate::fix::words::Undoing;
use crate::tui::app::Dialog;
use crate::tui::frames::snap;
use crate::tui::gathering::Scope;
use crate::tui::keys::Keymap;
use crate::tui::mending::End;
use crate::tui::msg::{self, Chord, Leave, Msg as AppMsg, Signal};
use crate::tui::scene::{Scene, engine_down, no_plan, well, wrong};
use crossterm::event::KeyCode;
use proptest::prelude::*;

// ---- a node with work to do ----------------------------------------------------------------

fn unready(catalog: &Catalog) -> Report {
    let mut report = engine_down(catalog);
    wrong(
        &mut report,
        "image/present",
        Severity::Error,
        "the image openclaw-sandbox:bookworm-slim is not there",
        "clawdoctor fix image/present",
    );
    wrong(
        &mut report,
        "openclaw/sandbox-mode",
        Severity::Error,
        "sandbox mode is off",
        "clawdoctor fix openclaw/sandbox-mode",
    );
    report
}

fn image() -> Repair {
    Repair {
        title: "build the sandbox image openclaw-sandbox:bookworm-slim".to_owned(),
        cost: "some minutes, 340 MiB of disk".to_owned(),
        undo: Some("the name leads nowhere again; the image stays".to_owned()),
        needs: vec![Need::Network, Need::Disk],
        findings: vec![Found {
            code: "image-missing".to_owned(),
            message: "the image openclaw-sandbox:bookworm-slim is not there".to_owned(),
            fingerprint: String::new(),
        }],
        steps: vec![Step::ProvideImage(ProvideImage {
            reference: "openclaw-sandbox:bookworm-slim".to_owned(),
            platform: "linux/arm64".to_owned(),
            source: ImageSource::Build {
                recipe: String::new(),
                anew: false,
            },
            before: None,
            user: None,
            tools: Vec::new(),
        })],
        ..trial::repair("image/present", Risk::Safe)
    }
}

fn mode() -> Repair {
    Repair {
        title: "switch sandboxing on for all sessions".to_owned(),
        undo: Some("the setting says what it said".to_owned()),
        waits_for: vec!["image/present".to_owned()],
        steps: vec![Step::Configure(Configure {
            program: "openclaw".to_owned(),
            config: "/Users/me/.openclaw/openclaw.json".to_owned(),
            content: String::new(),
            settings: vec![Setting {
                keys: ["agents", "defaults", "sandbox", "mode"]
                    .map(str::to_owned)
                    .to_vec(),
                before: Some("off".into()),
                to: Some("all".into()),
            }],
        })],
        ..trial::repair("openclaw/sandbox-mode", Risk::Behaviour)
    }
}

fn engine() -> Repair {
    Repair {
        title: "start Docker Desktop\u{1b}[2J".to_owned(),
        cost: "up to two minutes".to_owned(),
        needs: vec![Need::Sudo],
        steps: vec![Step::ControlEngine(ControlEngine {
            wish: EngineWish::Start,
            endpoint: "unix:///Users/me/.docker/run/docker.sock".to_owned(),
            name: "Docker Desktop".to_owned(),
            control: Control {
                start: vec![Typed::new(["open", "-g", "-a", "Docker"])],
                ..Control::default()
            },
        })],
        ..trial::repair("docker/running", Risk::Safe)
    }
}

fn planned() -> Plan {
    Plan {
        repairs: vec![engine(), image(), mode()],
        advice: vec![Advice {
            check: "host/power".to_owned(),
            findings: Vec::new(),
            why: "only the administrator decides when this Mac sleeps".to_owned(),
            lines: vec!["sudo pmset -a sleep 0".to_owned()],
            when: Moment::Besides,
        }],
        ..no_plan()
    }
}

fn scene(width: u16, height: u16) -> Scene {
    let mut scene = Scene::open(width, height);
    scene.app.repairs.is_root = true;
    scene.at(1200);
    scene.plan(unready, &super::tests::planned());
    scene
}

fn go(scene: &mut Scene, id: &str) {
    scene.keys("/");
    scene.keys(id);
    scene.key(KeyCode::Enter);
}

fn tell(scene: &mut Scene, news: Msg) {
    scene.send(AppMsg::Repair(news));
}

fn begun(scene: &Scene) -> (Order, Progress) {
    let begin = scene.cmds.iter().find_map(|cmd| match cmd {
        msg::Cmd::Repair(Cmd::Begin(order, progress)) => Some((order, progress)),
        _ => None,
    });
    let (order, progress) = begin.expect("a run was begun");
    ((**order).clone(), (**progress).clone())
}

fn ids(repairs: &[Repair]) -> Vec<&str> {
    repairs.iter().map(|one| one.id.as_str()).collect()
}

fn is_asking(scene: &Scene) -> bool {
    scene.app.place() == Place::Asking
}

// ---- consent -------------------------------------------------------------------------------

#[test]
fn f_asks_and_only_a_yes_begins_and_enter_is_a_no() {
    let mut scene = scene(80, 24);
    go(&mut scene, "image/present");
    for no in ["n", "\r", "q"] {
        scene.keys("f");
        assert!(is_asking(&scene), "{}", scene.text());
        match no {
            "\r" => scene.key(KeyCode::Enter),
            key => scene.keys(key),
        }
        assert_eq!(
            (&scene.app.dialog, &scene.cmds),
            (&None, &Vec::new()),
            "{no:?}"
        );
    }
    scene.keys("fy");
    let (order, progress) = begun(&scene);
    assert_eq!(
        order,
        Order::Mend {
            repairs: vec![image()],
            declined: Vec::new()
        }
    );
    assert_eq!(progress.parts.len(), 1);
    assert_eq!(scene.app.place(), Place::Working);
}

#[test]
fn a_wider_repair_asks_for_itself_and_brings_what_it_waits_for() {
    let mut scene = scene(80, 45);
    go(&mut scene, "openclaw/sandbox-mode");
    scene.keys("f");
    assert!(scene.text().contains("1 of 2"), "{}", scene.text());
    assert!(
        scene.text().contains("image/present") || scene.text().contains("build the sandbox image")
    );
    scene.keys("y");
    assert!(
        scene.text().contains("changes what agents may do"),
        "{}",
        scene.text()
    );
    assert!(
        scene.text().contains("+ agents.defaults.sandbox.mode"),
        "{}",
        scene.text()
    );
    scene.keys("y");
    let (order, _) = begun(&scene);
    let Order::Mend { repairs, declined } = order else {
        panic!("{order:?}")
    };
    assert_eq!(ids(&repairs), ["image/present", "openclaw/sandbox-mode"]);
    assert!(declined.is_empty());
}

#[test]
fn nobody_says_yes_to_what_was_not_on_the_screen() {
    let mut scene = scene(40, 10);
    go(&mut scene, "image/present");
    scene.keys("f");
    assert!(scene.text().contains("y read on"), "{}", scene.text());
    let mut pages = 0;
    while scene.cmds.is_empty() {
        assert!(pages < 20, "{}", scene.text());
        let seen_to_the_end = scene.text().contains("y yes");
        scene.keys("y");
        assert_eq!(scene.cmds.is_empty(), !seen_to_the_end);
        pages += 1;
    }
    assert!(pages > 2);
    begun(&scene);
}

#[test]
fn what_was_declined_goes_with_the_order_so_that_what_waits_for_it_is_left() {
    let mut scene = scene(80, 24);
    go(&mut scene, "openclaw/sandbox-mode");
    scene.keys("fny");
    let (order, _) = begun(&scene);
    let Order::Mend { repairs, declined } = order else {
        panic!("{order:?}")
    };
    assert_eq!(ids(&repairs), ["openclaw/sandbox-mode"]);
    assert_eq!(ids(&declined), ["image/present"]);
}

#[test]
fn capital_f_takes_what_is_safe_and_nothing_else() {
    let mut scene = scene(80, 45);
    assert!(scene.text().contains("fix 2 safe"), "{}", scene.text());
    scene.keys("Fy");
    let (order, _) = begun(&scene);
    assert!(
        matches!(order, Order::Mend { repairs, .. } if ids(&repairs) == ["docker/running", "image/present"])
    );
}

#[test]
fn what_has_to_be_named_is_never_among_what_is_safe() {
    let mut plan = super::tests::planned();
    plan.repairs[1].only_named = true;
    let mut scene = Scene::open(80, 24);
    scene.app.repairs.is_root = true;
    scene.plan(unready, &plan);
    scene.keys("Fy");
    let (order, _) = begun(&scene);
    assert!(matches!(order, Order::Mend { repairs, .. } if ids(&repairs) == ["docker/running"]));
}

#[test]
fn marks_choose_and_go_when_their_repair_is_gone() {
    let mut scene = scene(80, 24);
    go(&mut scene, "docker/running");
    scene.keys(" ");
    scene.key(KeyCode::Esc);
    go(&mut scene, "image/present");
    scene.keys(" ");
    assert!(scene.text().contains("fix 2 marked"), "{}", scene.text());
    scene.keys(" ");
    assert!(scene.text().contains("fix 1 marked"), "{}", scene.text());
    scene.keys("f");
    assert!(
        scene.text().contains("start Docker Desktop"),
        "{}",
        scene.text()
    );
    scene.keys("q");
    let mut plan = super::tests::planned();
    plan.repairs.remove(0);
    scene.plan(unready, &plan);
    assert!(scene.app.repairs.marked.is_empty());
}

#[test]
fn a_check_for_a_person_says_what_to_do_and_one_without_a_repair_that_there_is_none() {
    let mut scene = scene(80, 24);
    go(&mut scene, "host/power");
    assert!(scene.text().contains("f by hand"), "{}", scene.text());
    scene.keys("f");
    assert!(
        scene.text().contains("sudo pmset -a sleep 0"),
        "{}",
        scene.text()
    );
    scene.keys("q");
    scene.key(KeyCode::Esc);
    go(&mut scene, "host/memory");
    scene.keys("f");
    assert!(scene.text().contains("Nothing to mend"), "{}", scene.text());
}

// ---- rights --------------------------------------------------------------------------------

#[test]
fn sudo_is_asked_before_anything_begins_and_only_where_it_is_needed() {
    let mut scene = scene(80, 24);
    scene.app.repairs.is_root = false;
    go(&mut scene, "docker/running");
    scene.keys("fy");
    assert_eq!(scene.cmds, [msg::Cmd::Repair(Cmd::Rights)]);
    assert!(!scene.app.repairs.is_under_way());
    tell(&mut scene, Msg::Asked);
    let (order, _) = begun(&scene);
    assert!(matches!(order, Order::Mend { repairs, .. } if ids(&repairs) == ["docker/running"]));
}

// ---- the run -------------------------------------------------------------------------------

fn running(width: u16, height: u16) -> Scene {
    let mut scene = scene(width, height);
    scene.app.repairs.is_root = true;
    go(&mut scene, "openclaw/sandbox-mode");
    scene.keys("fGyGy");
    let (_, mut progress) = begun(&scene);
    let repair = image();
    progress.run = Some("20260730-205650123-4711".to_owned());
    progress.event(&Event::RepairBegun(&repair));
    progress.event(&Event::StepBegun {
        seq: 1,
        step: &repair.steps[0],
    });
    progress.news(&News::Line(
        "Step 3/7 : RUN apt-get update\u{1b}]0;x\u{7}".to_owned(),
    ));
    for (layer, state, current) in [
        ("3f4ca61aafcd", "done", 1),
        ("b4a7e60f2c11", "Downloading", 12 << 20),
    ] {
        progress.news(&News::Layer {
            layer: layer.to_owned(),
            state: state.to_owned(),
            current: Some(current),
            total: Some(40 << 20),
        });
    }
    scene.at(4200);
    tell(&mut scene, Msg::Progress(Box::new(progress)));
    scene.at(65_300);
    scene.send(AppMsg::Wake);
    scene
}

fn ended(width: u16, height: u16) -> Scene {
    let mut scene = running(width, height);
    let run = scene.app.repairs.running.as_ref().expect("it runs");
    let mut progress = run.progress.clone();
    let (first, second) = (image(), mode());
    progress.event(&Event::StepDone {
        seq: 1,
        step: &first.steps[0],
    });
    progress.became(&RepairReport {
        verified: Some(crate::checklist::verdict::Status::Pass),
        ..RepairReport::of(&first, RepairStatus::Fixed)
    });
    progress.event(&Event::RepairBegun(&second));
    let trouble = Trouble::Failed("openclaw config set: the gateway refused it".to_owned());
    progress.event(&Event::StepFailed {
        step: &second.steps[0],
        trouble: &trouble,
    });
    progress
        .became(&RepairReport::of(&second, RepairStatus::RolledBack).because(trouble.to_string()));
    progress.end = Some(End::Done {
        restarts: Vec::new(),
        words: "1 of 2 mended, and proven by their checks.".to_owned(),
    });
    scene.at(70_000);
    tell(&mut scene, Msg::Progress(progress));
    tell(&mut scene, Msg::Over(None));
    scene
}

#[test]
fn escape_asks_first_and_then_stops_once() {
    let mut scene = running(80, 24);
    scene.key(KeyCode::Esc);
    assert!(is_asking(&scene) && scene.cmds.is_empty());
    scene.key(KeyCode::Enter);
    assert_eq!(scene.app.place(), Place::Working, "enter is a no");
    scene.keys("qy");
    assert_eq!(scene.cmds, [msg::Cmd::Repair(Cmd::Stop)]);
    assert_eq!(scene.app.place(), Place::Working, "until it is at rest");
    assert!(scene.text().contains("Stopping"), "{}", scene.text());
}

#[test]
fn nothing_else_can_be_begun_while_a_run_is_under_way() {
    let mut scene = running(80, 24);
    scene.keys("fFuRreyn ");
    assert!(scene.cmds.is_empty());
    scene.send(AppMsg::Key(Chord::ctrl('c')));
    assert_eq!(
        scene.cmds,
        [msg::Cmd::Leave(Leave::Signal(Signal::Interrupt))]
    );
}

#[test]
fn after_a_run_all_is_looked_at_anew_and_the_old_plan_is_no_plan() {
    let mut scene = ended(80, 24);
    let all = msg::Cmd::Gather(Scope::All);
    let past = msg::Cmd::Repair(Cmd::Past(Then::Know));
    assert_eq!(scene.cmds, [all, past]);
    assert_eq!(scene.app.repairs.plan, None);
    scene.key(KeyCode::Enter);
    assert!(scene.app.dialog.is_none() && scene.app.repairs.running.is_none());
    scene.keys("F");
    assert!(scene.text().contains("not known yet"), "{}", scene.text());
}

#[test]
fn the_end_of_a_run_names_the_key_that_takes_it_back() {
    for (keys, words) in [
        ("undo = \"U\"", "can be taken back: U."),
        ("undo = []", "can be taken back."),
    ] {
        let mut scene = ended(80, 24);
        let keys: crate::settings::Keys = toml::from_str(keys).expect("keys of the settings");
        scene.app.keys = Keymap::of(&keys).expect("of the right words");
        assert!(scene.text().contains(words), "{}", scene.text());
    }
}

#[test]
fn a_run_that_breaks_is_told_and_names_the_way_to_what_is_left() {
    let mut scene = running(80, 24);
    tell(&mut scene, Msg::Over(Some("task 7 panicked".to_owned())));
    assert!(scene.text().contains("task 7 panicked"), "{}", scene.text());
    assert!(
        scene.text().contains("clawdoctor undo --list"),
        "{}",
        scene.text()
    );
}

#[test]
fn a_look_under_way_is_called_off_by_a_run() {
    let mut scene = scene(80, 45);
    scene.keys("R");
    scene.keys("Fy");
    assert!(scene.app.gathering.running_since().is_none());
    begun(&scene);
}

// ---- the way back --------------------------------------------------------------------------

fn former() -> Former {
    let undoing = |effect: &str, stays: Option<&str>| Undoing {
        effect: effect.to_owned(),
        elsewhere: None,
        stays: stays.map(str::to_owned),
    };
    Former {
        run: "20260730-205650123-4711".to_owned(),
        started_at: "2026-07-30 20:56:50 UTC".to_owned(),
        repairs: vec!["docker/running".to_owned(), "image/present".to_owned()],
        steps: vec![
            (
                2,
                undoing(
                    "build from clawdoctor's recipe openclaw-sandbox:bookworm-slim",
                    None,
                ),
            ),
            (
                1,
                undoing(
                    "start Docker Desktop and wait until it answers",
                    Some("an engine that runs is not stopped"),
                ),
            ),
        ],
        needs_root: false,
        refused: None,
    }
}

fn remember(scene: &mut Scene, then: Then, past: Past) {
    tell(scene, Msg::Past(then, Box::new(past)));
}

fn taking_back(width: u16, height: u16) -> Scene {
    let mut scene = scene(width, height);
    scene.keys("u");
    assert_eq!(scene.cmds, [msg::Cmd::Repair(Cmd::Past(Then::TakeBack))]);
    let past = Past {
        last: Some(former()),
        ..Past::default()
    };
    remember(&mut scene, Then::TakeBack, past);
    scene
}

fn interrupted(width: u16, height: u16) -> Scene {
    let mut scene = Scene::open(width, height);
    let past = Past {
        open: Some(former()),
        last: Some(former()),
        ..Past::default()
    };
    remember(&mut scene, Then::Greet, past);
    scene.at(1200);
    scene.plan(unready, &super::tests::planned());
    scene
}

fn held(width: u16, height: u16) -> Scene {
    let mut scene = scene(width, height);
    scene.keys("FGy");
    let (_, mut progress) = begun(&scene);
    progress.end = Some(End::Failed {
        words: "`clawdoctor fix` (process 4711) is at work since 2026-07-30T20:56:50Z".to_owned(),
        hints: vec!["wait until it has ended, then run again".to_owned()],
    });
    tell(&mut scene, Msg::Progress(Box::new(progress)));
    tell(&mut scene, Msg::Over(None));
    scene
}

#[test]
fn exactly_what_was_shown_is_taken_back_after_a_yes() {
    let mut scene = taking_back(80, 24);
    scene.key(KeyCode::Enter);
    assert!(scene.app.dialog.is_none() && scene.cmds.is_empty());
    let mut scene = taking_back(80, 24);
    scene.keys("y");
    let (order, progress) = begun(&scene);
    let run = former().run;
    assert_eq!(
        order,
        Order::TakeBack {
            run,
            steps: vec![2, 1]
        }
    );
    assert_eq!(progress.parts[0].steps.len(), 2);
}

#[test]
fn undo_tells_why_when_there_is_nothing_or_somebody_is_at_work() {
    for (past, words) in [
        (Past::default(), "No run has anything to take back"),
        (
            Past {
                held: Some("`clawdoctor fix` (process 7) is at work".to_owned()),
                last: Some(former()),
                ..Past::default()
            },
            "process 7",
        ),
        (
            Past {
                trouble: Some("the disk is gone".to_owned()),
                ..Past::default()
            },
            "the disk is gone",
        ),
    ] {
        let mut scene = scene(80, 24);
        scene.keys("u");
        remember(&mut scene, Then::TakeBack, past);
        assert!(scene.text().contains(words), "{}", scene.text());
        assert!(!is_asking(&scene));
    }
}

#[test]
fn an_interrupted_run_can_be_resumed_taken_back_or_left_and_nothing_is_built_on_it() {
    let mut scene = interrupted(80, 24);
    assert_eq!(scene.app.place(), Place::Interrupted);
    scene.keys("r");
    assert!(matches!(begun(&scene).0, Order::Settle { .. }));

    let mut scene = interrupted(80, 24);
    scene.keys("u");
    assert!(
        is_asking(&scene),
        "what is taken back is shown and asked for"
    );
    scene.keys("y");
    assert!(matches!(begun(&scene).0, Order::TakeBack { .. }));

    let mut scene = interrupted(80, 24);
    scene.key(KeyCode::Esc);
    assert!(scene.app.dialog.is_none());
    scene.keys("F");
    assert_eq!(scene.app.place(), Place::Interrupted);
}

#[test]
fn the_page_of_a_check_is_asked_for_and_read() {
    let mut scene = scene(80, 24);
    scene.keys("e");
    let wanted = Cmd::Explain {
        id: "docker/running".to_owned(),
        width: 76,
    };
    assert_eq!(scene.cmds, [msg::Cmd::Repair(wanted)]);
    let text = "docker/running\nStep 0\n\nWhy\n  Because.\n".to_owned();
    tell(
        &mut scene,
        Msg::Explained {
            id: "docker/running".to_owned(),
            text,
        },
    );
    assert!(scene.text().contains("Because."), "{}", scene.text());
    assert_eq!(scene.app.place(), Place::Reading);
    scene.keys("q");
    assert!(scene.app.dialog.is_none());
}

// ---- looking again -------------------------------------------------------------------------

#[test]
fn r_asks_for_the_sections_of_a_check_and_its_step_and_keeps_the_rest() {
    let mut scene = scene(80, 24);
    go(&mut scene, "host/memory");
    scene.at(60_000);
    scene.keys("r");
    let [msg::Cmd::Gather(Scope::Checks(ids))] = scene.cmds.as_slice() else {
        panic!("{:?}", scene.cmds)
    };
    assert_eq!(
        ids.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["host/memory"]
    );
    scene.plan(unready, &super::tests::planned());
    assert!(scene.cmds.is_empty(), "the rest is as it was");
    let told = |id: &str| {
        let checks = scene.app.checklist.catalog.checks();
        let index = checks
            .iter()
            .position(|one| one.id.as_str() == id)
            .expect("ours");
        scene.app.checklist.items[index]
            .told
            .as_ref()
            .expect("told")
            .at
            .as_secs()
    };
    assert_eq!((told("host/memory"), told("image/present")), (60, 1));
}

#[test]
fn what_reaches_beyond_the_check_that_was_asked_about_has_everything_asked() {
    let mut scene = scene(80, 24);
    go(&mut scene, "docker/running");
    scene.keys("r");
    scene.plan(well, &no_plan());
    assert_eq!(scene.cmds, [msg::Cmd::Gather(Scope::All)]);
}

#[derive(Clone, Debug)]
enum Act {
    Key(char),
    Code(KeyCode),
    Past(Then, bool, bool),
    Plan(bool),
    Asked,
    Line,
    Over,
    Resize(u16, u16),
}

fn act() -> impl Strategy<Value = Act> {
    let then = prop::sample::select(vec![Then::Greet, Then::Know, Then::TakeBack]);
    let codes = vec![
        KeyCode::Enter,
        KeyCode::Esc,
        KeyCode::Down,
        KeyCode::PageDown,
        KeyCode::End,
    ];
    prop_oneof![
        8 => prop::sample::select("fF uyynqejkrRa?".chars().collect::<Vec<_>>()).prop_map(Act::Key),
        4 => prop::sample::select(codes).prop_map(Act::Code),
        2 => (then, any::<bool>(), any::<bool>()).prop_map(|(then, open, last)| Act::Past(then, open, last)),
        2 => any::<bool>().prop_map(Act::Plan),
        1 => Just(Act::Asked),
        2 => Just(Act::Line),
        2 => Just(Act::Over),
        1 => (0_u16..170, 0_u16..50).prop_map(|(w, h)| Act::Resize(w, h)),
    ]
}

#[test]
fn while_administrator_rights_are_asked_for_nothing_else_is_begun() {
    let mut scene = scene(80, 24);
    scene.app.repairs.is_root = false;
    let acts = [
        Act::Key('f'),
        Act::Past(Then::Greet, true, false),
        Act::Key('y'),
        Act::Past(Then::Greet, true, false),
        Act::Key('f'),
        Act::Key('r'),
    ];
    let mut asked = 0;
    for act in acts {
        match act {
            Act::Key(c) => scene.key(KeyCode::Char(c)),
            Act::Past(then, ..) => {
                let past = Past {
                    open: Some(former()),
                    ..Past::default()
                };
                remember(&mut scene, then, past);
            }
            _ => {}
        }
        asked += scene
            .cmds
            .iter()
            .filter(|cmd| matches!(cmd, msg::Cmd::Repair(Cmd::Rights | Cmd::Begin(..))))
            .count();
    }
    assert_eq!(asked, 1, "{:?}", scene.cmds);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn nothing_begins_but_by_a_yes_to_what_is_on_the_screen(acts in prop::collection::vec(act(), 1..40)) {
        let mut scene = scene(80, 24);
        scene.app.repairs.is_root = false;
        let mut consented = false;
        for act in acts {
            let was_asked = is_asking(&scene) || scene.app.place() == Place::Interrupted;
            let yes = matches!(act, Act::Key('y' | 'r'));
            match act {
                Act::Key(c) => scene.key(KeyCode::Char(c)),
                Act::Code(code) => scene.key(code),
                Act::Past(then, open, last) => {
                    let past = Past {
                        open: open.then(former),
                        last: last.then(former),
                        ..Past::default()
                    };
                    remember(&mut scene, then, past);
                }
                Act::Plan(true) => scene.plan(unready, &super::tests::planned()),
                Act::Plan(false) => scene.plan(well, &no_plan()),
                Act::Asked => tell(&mut scene, Msg::Asked),
                Act::Line => {
                    let mut progress = scene.app.repairs.running.as_ref().map_or_else(Box::default, |run| run.progress.clone());
                    progress.news(&News::Line("日本語".repeat(90)));
                    tell(&mut scene, Msg::Progress(progress));
                }
                Act::Over => tell(&mut scene, Msg::Over(None)),
                Act::Resize(width, height) => scene.send(AppMsg::Resized { width, height }),
            }
            let asks = |cmd: &msg::Cmd| matches!(cmd, msg::Cmd::Repair(Cmd::Rights));
            consented |= scene.cmds.iter().any(asks) && was_asked && yes;
            let begins = |cmd: &msg::Cmd| matches!(cmd, msg::Cmd::Repair(Cmd::Begin(..)));
            if scene.cmds.iter().any(begins) {
                prop_assert!((was_asked && yes) || consented);
                consented = false;
            }
            prop_assert_eq!(scene.text(), scene.text());
        }
    }
}

// ---- frames --------------------------------------------------------------------------------

#[test]
fn the_detail_shows_what_a_repair_would_do() {
    snap("repair_detail", |width, height| {
        let mut scene = scene(width, height);
        go(&mut scene, "openclaw/sandbox-mode");
        scene.key(KeyCode::Enter);
        scene.keys("jjjjj");
        scene
    });
}

#[test]
fn the_detail_says_why_it_is_for_a_person() {
    snap("repair_by_hand", |width, height| {
        let mut scene = scene(width, height);
        go(&mut scene, "host/power");
        scene.key(KeyCode::Enter);
        scene.keys("jjjjj");
        scene
    });
}

#[test]
fn consent_lists_what_will_run() {
    snap("repair_consent_safe", |width, height| {
        let mut scene = scene(width, height);
        scene.keys("F");
        scene
    });
    snap("repair_consent_wider", |width, height| {
        let mut scene = scene(width, height);
        go(&mut scene, "openclaw/sandbox-mode");
        scene.keys("fGy");
        scene
    });
}

#[test]
fn a_run_shows_where_it_is() {
    snap("repair_running", running);
    snap("repair_stop", |width, height| {
        let mut scene = running(width, height);
        scene.key(KeyCode::Esc);
        scene
    });
}

#[test]
fn an_ended_run_says_what_became_of_each() {
    snap("repair_ended", ended);
}

#[test]
fn the_way_back_is_shown_before_it_is_taken() {
    snap("repair_undo", taking_back);
}

#[test]
fn an_interrupted_run_is_shown_at_opening() {
    snap("repair_interrupted", interrupted);
}

#[test]
fn a_refusal_names_who_is_at_work() {
    snap("repair_held", held);
}

#[test]
fn no_dialog_lets_foreign_text_reach_the_terminal_as_it_is() {
    for make in [running, ended, taking_back, interrupted, held] {
        for cell in &make(80, 24).buffer().content {
            assert!(
                !cell.symbol().chars().any(char::is_control),
                "{:?}",
                cell.symbol()
            );
        }
    }
    let mut scene = scene(80, 24);
    scene.keys("F");
    assert!(scene.text().contains("\\u{1b}[2J"), "{}", scene.text());
    assert!(matches!(scene.app.dialog, Some(Dialog::Repair { .. })));
}
