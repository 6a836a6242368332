//! How often one was started again: the engine counts what its policy does, and tells the rest.

use super::*;

/// An inspection at this instant, by which the engine's policy has restarted it so often.
fn inspect(model: &mut Model, asked: i64, restarts: u64) {
    let mut event = detail("a", asked, 0);
    if let Event::Detailed(detail) = &mut event {
        detail.restarts = Some(restarts);
    }
    tell(model, asked, event);
}

fn restarts(model: &Model) -> Option<u64> {
    model.sandboxes["a"].restarts.all()
}

/// As Docker tells a restart that somebody asked for.
fn by_hand(model: &mut Model, at: i64) {
    for (after, turn) in (0..).zip([died(143), Turn::Stopped, Turn::Started, Turn::Restarted]) {
        happen(model, "a", at + after, turn);
    }
}

#[test]
fn how_often_it_was_restarted_is_not_known_until_it_was_inspected() {
    let mut model = model();
    tell(&mut model, 10, list(0, vec![listed("a", "running")]));
    assert_eq!(restarts(&model), None);
    by_hand(&mut model, 20);
    assert_eq!(restarts(&model), None);
    inspect(&mut model, 30, 2);
    assert_eq!(restarts(&model), Some(3));
}

#[test]
fn a_restart_by_hand_stays_counted_when_it_is_inspected_again() {
    let mut model = model();
    inspect(&mut model, 10, 0);
    by_hand(&mut model, 20);
    assert_eq!(restarts(&model), Some(1));
    inspect(&mut model, 30, 0);
    assert_eq!(restarts(&model), Some(1));
    inspect(&mut model, 40, 2);
    assert_eq!(restarts(&model), Some(3), "and two by its policy");
}

#[test]
fn an_engine_that_counts_anew_after_a_restart_by_hand_takes_none_away() {
    let mut model = model();
    inspect(&mut model, 10, 4);
    by_hand(&mut model, 20);
    assert_eq!(restarts(&model), Some(5));
    inspect(&mut model, 30, 0);
    assert_eq!(restarts(&model), Some(5));
    inspect(&mut model, 40, 1);
    assert_eq!(restarts(&model), Some(6));
}

#[test]
fn an_inspection_that_comes_late_is_no_new_count() {
    let mut model = model();
    inspect(&mut model, 20, 4);
    inspect(&mut model, 10, 3);
    assert_eq!(restarts(&model), Some(4));
    inspect(&mut model, 30, 4);
    assert_eq!(restarts(&model), Some(4));
}

/// It says so before the start, and has it in its count.
#[test]
fn a_restart_by_podmans_policy_is_counted_once() {
    let mut model = model();
    inspect(&mut model, 10, 0);
    for (at, turn) in (20..).zip([died(1), Turn::Restarted, Turn::Started]) {
        happen(&mut model, "a", at, turn);
    }
    inspect(&mut model, 30, 1);
    assert_eq!(restarts(&model), Some(1));
}
