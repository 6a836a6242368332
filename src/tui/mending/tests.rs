//! What a run tells, folded: nothing of it is lost, and nothing of it reaches the terminal as it is.

use super::*;
use crate::checklist::check::Risk;
use crate::fix::apply::Trouble;
use crate::fix::outcome::RepairStatus;
use crate::fix::step::{PlaceLink, Step};
use crate::fix::trial::repair;

fn link(path: &str) -> Step {
    Step::PlaceLink(PlaceLink {
        path: path.to_owned(),
        target: "/there".to_owned(),
    })
}

fn ordered() -> (Repair, Progress) {
    let mut one = repair("a/b", Risk::Safe);
    one.steps = vec![link("/one"), link("/two")];
    let order = Order::Mend {
        repairs: vec![one.clone(), repair("c/d", Risk::Restart)],
        declined: Vec::new(),
    };
    (one, Progress::of(&order, None))
}

fn states(progress: &Progress) -> Vec<&WorkState> {
    progress.parts[0]
        .steps
        .iter()
        .map(|work| &work.state)
        .collect()
}

#[test]
fn steps_go_from_waiting_to_done_and_each_change_is_a_new_place() {
    let (one, mut progress) = ordered();
    let (first, second) = (&one.steps[0], &one.steps[1]);
    let begun = progress.at();
    progress.event(&Event::RepairBegun(&one));
    progress.event(&Event::StepBegun {
        seq: 1,
        step: first,
    });
    assert_eq!(states(&progress), [&WorkState::Runs, &WorkState::Waits]);
    progress.event(&Event::StepDone {
        seq: 1,
        step: first,
    });
    assert_ne!(progress.at(), begun);
    progress.event(&Event::StepAlready { step: second });
    assert_eq!(states(&progress), [&WorkState::Done, &WorkState::Already]);
    progress.verifying();
    assert_eq!(progress.parts[0].stage, Stage::Checked);
    let report = RepairReport::of(&one, RepairStatus::Fixed);
    progress.became(&report);
    assert_eq!(progress.parts[0].stage, Stage::Became(Box::new(report)));
    assert_eq!(progress.parts[1].stage, Stage::Waits);
}

#[test]
fn why_a_step_failed_stays_when_it_is_taken_back() {
    let (one, mut progress) = ordered();
    let (first, second) = (&one.steps[0], &one.steps[1]);
    progress.event(&Event::RepairBegun(&one));
    progress.event(&Event::StepBegun {
        seq: 1,
        step: first,
    });
    progress.event(&Event::StepDone {
        seq: 1,
        step: first,
    });
    progress.event(&Event::StepBegun {
        seq: 2,
        step: second,
    });
    let trouble = Trouble::Failed("no\u{1b}[2Jroom".to_owned());
    progress.event(&Event::StepFailed {
        step: second,
        trouble: &trouble,
    });
    for (seq, step) in [(2, second), (1, first)] {
        progress.event(&Event::Undone {
            seq,
            step,
            stays: None,
        });
    }
    let why = WorkState::Failed("no\\u{1b}[2Jroom".to_owned());
    assert_eq!(states(&progress), [&WorkState::TakenBack, &why]);
}

#[test]
fn lines_and_layers_are_bounded_and_a_new_step_forgets_them() {
    let (one, mut progress) = ordered();
    for number in 0..1000 {
        progress.news(&News::Line(format!("line {number}")));
        progress.news(&News::Layer {
            layer: format!("{number}"),
            state: "Downloading".to_owned(),
            current: Some(1),
            total: None,
        });
    }
    assert_eq!(progress.lines.len(), LINES);
    assert_eq!(progress.lines.back().map(String::as_str), Some("line 999"));
    assert_eq!(progress.layers.len(), LAYERS);
    progress.event(&Event::RepairBegun(&one));
    assert!(progress.lines.is_empty() && progress.layers.is_empty());
}

#[test]
fn a_step_of_a_run_that_nobody_has_shown_is_told_in_words() {
    let mut progress = Progress::of(
        &Order::Settle {
            run: "r".to_owned(),
        },
        None,
    );
    let step = link("/one");
    progress.event(&Event::Undone {
        seq: 7,
        step: &step,
        stays: None,
    });
    let trouble = Trouble::Refused("changed since".to_owned());
    progress.event(&Event::UndoFailed {
        seq: 6,
        step: &step,
        trouble: &trouble,
    });
    assert_eq!(
        progress.notes,
        [
            "taken back: link /one to /there",
            "not taken back: link /one to /there: changed since"
        ]
    );
}

#[test]
fn what_is_taken_back_is_what_was_shown() {
    let undoing = |effect: &str| Undoing {
        effect: effect.to_owned(),
        elsewhere: None,
        stays: None,
    };
    let former = Former {
        run: "r".to_owned(),
        started_at: String::new(),
        repairs: Vec::new(),
        steps: vec![(2, undoing("two")), (1, undoing("one"))],
        needs_root: false,
        refused: None,
    };
    let order = Order::TakeBack {
        run: "r".to_owned(),
        steps: vec![2, 1],
    };
    let mut progress = Progress::of(&order, Some(&former));
    let step = link("/one");
    progress.event(&Event::Undone {
        seq: 2,
        step: &step,
        stays: Some("it is gone"),
    });
    let stays = WorkState::Stays("it is gone".to_owned());
    assert_eq!(states(&progress), [&stays, &WorkState::Waits]);
}
