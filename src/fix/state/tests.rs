use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::fix::record::{RunId, VERSION};

/// What becomes of one step.
#[derive(Clone, Copy, Debug)]
enum Fate {
    Done,
    Failed,
}

fn fates() -> impl Strategy<Value = Fate> {
    prop_oneof![3 => Just(Fate::Done), 1 => Just(Fate::Failed)]
}

fn run() -> Run {
    Run {
        version: VERSION,
        run_id: RunId::try_from("r-1".to_owned()).expect("a name"),
        tool: "clawdoctor".to_owned(),
        started_at: Timestamp::UNIX_EPOCH,
        uid: 501,
        user: "ada".to_owned(),
        argv: Vec::new(),
    }
}

fn intent(seq: Seq) -> Record<Value> {
    Record::Intent {
        seq,
        repair: format!("repair-{seq}"),
        step: json!({ "n": seq }),
    }
}

/// A whole journal: steps, the end, and then perhaps an undoing, some of it twice since the first
/// attempt failed.
fn journals() -> impl Strategy<Value = Vec<Record<Value>>> {
    let steps = prop::collection::vec(fates(), 0..6);
    let undoing = prop::option::of(prop::collection::vec(any::<bool>(), 6));
    (steps, undoing).prop_map(|(steps, undoing)| {
        let mut records = vec![Record::Run(run())];
        let mut done = Vec::new();
        for (seq, fate) in (1..).zip(&steps) {
            records.push(intent(seq));
            records.push(match fate {
                Fate::Done => {
                    done.push(seq);
                    Record::Done {
                        seq,
                        after: json!(seq),
                    }
                }
                Fate::Failed => Record::Failed {
                    seq,
                    error: "no".to_owned(),
                },
            });
            records.push(Record::Verified {
                repair: format!("repair-{seq}"),
                status: "pass".to_owned(),
            });
        }
        let outcome = Outcome::Done;
        records.push(Record::End { outcome });
        for (seq, fails_first) in done.iter().rev().zip(undoing.iter().flatten()) {
            if *fails_first {
                records.push(Record::Undoing { seq: *seq });
                let error = "busy".to_owned();
                records.push(Record::UndoFailed { seq: *seq, error });
            }
            records.push(Record::Undoing { seq: *seq });
            records.push(Record::Undone { seq: *seq });
        }
        if undoing.is_some() {
            let outcome = Outcome::Undone;
            records.push(Record::End { outcome });
        }
        records
    })
}

/// By the letter of the journal, with no state: an intent, and no failure or undoing behind it.
fn may_have_happened(records: &[Record<Value>]) -> Vec<Seq> {
    let mut found: Vec<Seq> = records
        .iter()
        .filter_map(|record| match record {
            Record::Intent { seq, .. } => Some(*seq),
            _ => None,
        })
        .filter(|seq| {
            !records.iter().any(|record| match record {
                Record::Failed { seq: other, .. } | Record::Undone { seq: other } => other == seq,
                _ => false,
            })
        })
        .collect();
    found.reverse();
    found
}

proptest! {
    #[test]
    fn after_every_line_it_is_known_what_may_have_happened(journal in journals()) {
        for length in 0..=journal.len() {
            let prefix = &journal[..length];
            let state = RunState::fold(prefix.iter().cloned());
            prop_assert_eq!(state.to_undo(), may_have_happened(prefix));
            prop_assert_eq!(&state.oddities, &Vec::<String>::new());
            prop_assert_eq!(state.is_open(), !matches!(prefix.last(), Some(Record::End { .. })));
            let hanging = match prefix.last() {
                Some(Record::Intent { seq, .. }) => Some(*seq),
                _ => None,
            };
            prop_assert_eq!(state.last_intent_without_result(), hanging);
        }
    }

    #[test]
    fn no_order_of_records_makes_the_fold_panic(mut journal in journals(), places in prop::collection::vec(any::<prop::sample::Index>(), 0..20)) {
        for pair in places.windows(2) {
            let (a, b) = (pair[0].index(journal.len()), pair[1].index(journal.len()));
            journal.swap(a, b);
        }
        let state = RunState::fold(journal);
        prop_assert!(state.to_undo().len() <= state.steps.len());
        prop_assert!(!state.steps.contains_key(&state.next_seq()));
    }
}

#[test]
fn what_a_step_left_behind_is_known_while_it_is_undone() {
    let done = Record::Done {
        seq: 1,
        after: json!("sha"),
    };
    let state = RunState::fold([intent(1), done, Record::Undoing { seq: 1 }]);
    assert_eq!(state.steps[&1].stage, Stage::Undoing);
    assert_eq!(state.steps[&1].after, Some(json!("sha")));
    assert_eq!(state.to_undo(), [1]);
}

#[test]
fn a_result_without_an_intent_is_told() {
    let undone = Record::Undone { seq: 7 };
    let state = RunState::fold([Record::Run(run()), Record::Run(run()), undone, intent(8)]);
    assert_eq!(
        state.oddities,
        [
            "the run begins twice",
            "step 7 is undone and was never intended"
        ]
    );
    assert_eq!(state.to_undo(), [8]);
    assert_eq!(state.next_seq(), 9);
}

#[test]
fn a_step_that_is_taken_again_counts_by_its_last_attempt() {
    let failed = Record::Failed {
        seq: 1,
        error: "no".to_owned(),
    };
    let done = Record::Done {
        seq: 2,
        after: json!(null),
    };
    let state = RunState::fold([intent(1), failed, intent(2), done, intent(1)]);
    assert_eq!(state.to_undo(), [1, 2]);
    assert_eq!(state.last_intent_without_result(), Some(1));
}

#[test]
fn a_run_without_a_step_has_nothing_to_undo() {
    let state = RunState::<Value>::fold([]);
    assert!(state.is_open() && state.to_undo().is_empty());
    assert_eq!((state.run, state.oddities.len()), (None, 0));
}
