//! The way to the engine: whether it answers, and how fast.

use super::Model;
use crate::live::alert::{Alert, Cause};
use crate::live::event::{Answered, Link, Moment};
use crate::live::note::{News, Note};
use crate::live::stall::{Change, Stall};

impl Model {
    pub(super) fn linked(&mut self, at: Moment, link: Link, notes: &mut Vec<Note>) {
        if self.link == link {
            return;
        }
        // It was lost once, whatever the tries to reach it say since.
        if let (Link::Lost { .. }, Link::Lost { .. }) = (&self.link, &link) {
            self.link = link;
            return;
        }
        let alert = match &link {
            Link::Lost { why } => Some((Cause::EngineLost, format!("the engine is lost: {why}"))),
            Link::Hung => Some((
                Cause::EngineHung,
                "the engine accepts connections and does not answer".to_owned(),
            )),
            Link::Connecting | Link::Up => None,
        };
        // What never was there was not lost.
        let alert = alert.filter(|_| self.listed.is_some());
        self.link = link.clone();
        self.link_since = at;
        // Of a link that is not up more is known than that it is slow, and a new one is another.
        self.stall = Stall::default();
        notes.push(about_node(at, News::Link(link)));
        if let Some((cause, words)) = alert {
            let alert = Alert {
                cause,
                subject: String::new(),
                words,
            };
            let told = self.alerts.raise(at, alert);
            notes.extend(told.map(|alert| about_node(at, News::Alert(alert))));
        }
    }

    pub(super) fn answered(&mut self, at: Moment, answered: Answered, notes: &mut Vec<Note>) {
        match self.stall.hear(at, answered) {
            None => {}
            Some(Change::Began) => {
                notes.push(about_node(at, News::Stalled { answered }));
                let alert = Alert {
                    cause: Cause::EngineStall,
                    subject: String::new(),
                    words: stall_words(answered),
                };
                let told = self.alerts.raise(at, alert);
                notes.extend(told.map(|alert| about_node(at, News::Alert(alert))));
            }
            Some(Change::Over(on)) => {
                let over = News::StallOver {
                    took: answered.took(),
                    worst: on.worst,
                    lasted: at.since(on.since),
                };
                notes.push(about_node(at, over));
            }
        }
    }
}

pub(super) fn about_node(at: Moment, what: News) -> Note {
    Note {
        stamp: at,
        at,
        about: None,
        shown: true,
        what,
    }
}

/// `the engine is slow: a list took 1.4 s`
fn stall_words(answered: Answered) -> String {
    let (what, took) = (answered.question.words(), answered.took().as_secs_f64());
    if answered.waits {
        format!("the engine is slow: {what} is not there after {took:.1} s")
    } else {
        format!("the engine is slow: {what} took {took:.1} s")
    }
}
