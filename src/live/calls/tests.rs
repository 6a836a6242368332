//! What counts as a call, and that each is there once.

use super::*;
use crate::live::event::{Event, Life, Stamped, Turn};
use crate::live::model::tests::rules;
use crate::live::scope::{Labels, Scope};

fn ms(milliseconds: i64) -> Moment {
    Moment(1_795_000_000_000_000_000 + milliseconds * 1_000_000)
}

fn happen(model: &mut Model, id: &str, at: i64, turn: Turn) -> Vec<Note> {
    let labels = if id.starts_with("other") {
        Labels::default()
    } else {
        Labels::of_sandbox(None)
    };
    let life = Life {
        id: id.to_owned(),
        stamp: ms(at),
        turn,
        name: format!("openclaw-sbx-{id}"),
        image: "image".to_owned(),
        labels,
    };
    model.apply(Stamped {
        at: ms(at),
        what: Event::Happened(Box::new(life)),
    })
}

fn start(exec: &str) -> Turn {
    Turn::CallStarted {
        exec: exec.to_owned(),
        command: None,
    }
}

fn end(exec: &str, code: i64) -> Turn {
    Turn::CallEnded {
        exec: exec.to_owned(),
        exit_code: Some(code),
    }
}

fn died(code: i64) -> Turn {
    Turn::Died {
        exit_code: Some(code),
    }
}

fn lives(model: &mut Model, id: &str, at: i64) {
    happen(model, id, at, Turn::Created);
    happen(model, id, at + 1, Turn::Started);
}

fn codes(model: &Model) -> Vec<(Form, Option<i64>, bool)> {
    let code = |made: &Made| made.call.end.and_then(|end| end.exit_code);
    all(model)
        .iter()
        .map(|made| (made.form, code(made), made.call.end.is_none()))
        .collect()
}

#[test]
fn calls_are_told_in_the_order_of_their_beginning_and_those_of_others_are_not() {
    let mut model = Model::new(Scope::default(), rules());
    lives(&mut model, "a", 0);
    lives(&mut model, "other", 0);
    happen(&mut model, "a", 10, start("x"));
    happen(&mut model, "a", 20, start("y"));
    happen(&mut model, "other", 21, start("z"));
    happen(&mut model, "a", 30, end("y", 3));
    happen(&mut model, "other", 31, end("z", 0));
    let wanted = [(Form::Exec, None, true), (Form::Exec, Some(3), false)];
    assert_eq!(codes(&model), wanted);
}

#[test]
fn a_sandbox_that_came_for_one_command_is_a_call_there_and_gone() {
    let mut model = Model::new(Scope::default(), rules());
    lives(&mut model, "brief", 0);
    let notes = happen(&mut model, "brief", 120, died(9));
    let told: Vec<Made> = notes.iter().filter_map(|note| told(&model, note)).collect();
    assert_eq!(told.len(), 1);
    assert_eq!(codes(&model), [(Form::Container, Some(9), false)]);
    happen(&mut model, "brief", 130, Turn::Destroyed);
    assert_eq!(codes(&model), [(Form::Container, Some(9), false)]);
    assert_eq!(told, all(&model));
}

#[test]
fn a_standing_sandbox_that_somebody_ends_is_none() {
    let mut model = Model::new(Scope::default(), rules());
    lives(&mut model, "ended", 0);
    let signal = "9".to_owned();
    happen(&mut model, "ended", 50, Turn::Killed { signal });
    let notes = happen(&mut model, "ended", 60, died(137));
    assert!(notes.iter().all(|note| told(&model, note).is_none()));
    assert_eq!(codes(&model), []);
    // Nor is one with calls in it, nor one that stood for long.
    lives(&mut model, "used", 100);
    happen(&mut model, "used", 110, start("x"));
    happen(&mut model, "used", 120, end("x", 0));
    happen(&mut model, "used", 130, died(0));
    lives(&mut model, "long", 200);
    happen(&mut model, "long", 200 + 11 * 60_000, died(0));
    assert_eq!(codes(&model), [(Form::Exec, Some(0), false)]);
}
