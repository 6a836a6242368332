//! Telling what happens in a live picture, line by line, and showing it at an instant: the same for
//! an engine and for a recording.

use serde_json::{Value, json};

use super::out::Out;
use crate::failure::Failure;
use crate::live::event::{Event, Moment, Stamped};
use crate::live::model::Model;
use crate::live::note::Note;
use crate::live::order::Arrangement;
use crate::redact::Redactor;
use crate::report::{json, live};

pub struct Teller<'a> {
    pub model: Model,
    redactor: Option<Redactor>,
    json: bool,
    /// What was told of it last.
    headroom: Told,
    out: &'a Out,
}

/// How many more fit, as it was told.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Told {
    Nothing,
    Unknown,
    Left(u64),
}

/// Whoever read the output has gone: no failure.
pub struct Hush;

/// What came of one event.
pub struct News {
    at: Moment,
    notes: Vec<Note>,
    /// Whose figures it brought.
    sampled: Option<String>,
}

impl<'a> Teller<'a> {
    pub fn new(model: Model, json: bool, redactor: Option<Redactor>, out: &'a Out) -> Self {
        Self {
            model,
            redactor,
            json,
            headroom: Told::Nothing,
            out,
        }
    }

    /// Begins, with what a recording told of the time before.
    pub fn open(&self, past: &[Note]) -> Result<(), Hush> {
        if self.json {
            self.print(live::version_line())?;
            for note in past {
                let mut line = live::line(note);
                line["past"] = json!(true);
                self.print(line)?;
            }
            return Ok(());
        }
        let Some(recalled) = self.model.recalled else {
            return Ok(());
        };
        let (from, to) = (live::instant(recalled.from), live::instant(recalled.to));
        self.write(&format!("recorded from {from} to {to}\n"))?;
        for note in past {
            self.write(&format!("{}\n", live::happening(note, &self.out.style)))?;
        }
        self.write("from now on\n")
    }

    pub fn take_in(&mut self, event: Stamped<Event>) -> News {
        let at = event.at;
        let sampled = match &event.what {
            Event::Sampled(sample) => Some(sample.id.clone()),
            _ => None,
        };
        News {
            at,
            notes: self.model.apply(event),
            sampled,
        }
    }

    pub fn tell(&mut self, news: News) -> Result<(), Hush> {
        let News { at, notes, sampled } = news;
        for note in notes.iter().filter(|note| note.shown) {
            if self.json {
                self.print(live::line(note))?;
            } else {
                let line = live::happening(note, &self.out.style);
                self.write(&format!("{line}\n"))?;
            }
        }
        if !self.json {
            return Ok(());
        }
        if let Some(one) = sampled.and_then(|id| self.model.sandboxes.get(&id))
            && self.model.scope.shows(one.kind)
        {
            let line = live::sample_line(one, at);
            self.print(line)?;
        }
        self.tell_headroom(at)
    }

    fn tell_headroom(&mut self, at: Moment) -> Result<(), Hush> {
        let told = match &self.model.headroom {
            Ok(sum) => Told::Left(sum.headroom),
            Err(_) => Told::Unknown,
        };
        if self.headroom == told {
            return Ok(());
        }
        self.headroom = told;
        let line = live::headroom_line(&self.model, at);
        self.print(line)
    }

    fn print(&self, line: Value) -> Result<(), Hush> {
        let line = redacted(self.redactor.as_ref(), line);
        self.write(&format!("{line}\n"))
    }

    fn write(&self, text: &str) -> Result<(), Hush> {
        self.out.pour(text).map_err(|_| Hush)
    }
}

/// Prints the picture at an instant, its table as it is wanted.
pub fn snapshot(
    model: &Model,
    now: Moment,
    as_json: bool,
    arrangement: Arrangement<'_>,
    redactor: Option<&Redactor>,
    out: &Out,
) -> Result<(), Failure> {
    let printed = if as_json {
        let document = redacted(redactor, live::document(model, now));
        out.print(|to| json::write(&document, &out.style, to))
    } else {
        out.print(|to| live::table(model, now, arrangement, &out.style, to))
    };
    printed.map_err(|error| Failure::system("cannot write to standard output").cause(error))
}

fn redacted(redactor: Option<&Redactor>, value: Value) -> Value {
    match redactor {
        Some(redactor) => redactor.json(value),
        None => value,
    }
}
