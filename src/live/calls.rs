//! All calls that a live picture knows of, in the order of their beginning.
//!
//! A call is a command that was run in a standing sandbox; or a sandbox that came for one command
//! and went with it, as the deployment guide has it.

use std::collections::HashSet;
use std::time::Duration;

use super::call::{Call, CallEnd};
use super::event::Moment;
use super::model::Model;
use super::note::{About, News, Note};
use super::sandbox::{Gone, Sandbox};
use super::scope::Kind;

/// What lived longer without a call in it was standing, and not a call itself.
const BRIEF: Duration = Duration::from_mins(10);

/// How a call was run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `docker exec` in a standing sandbox.
    Exec,
    /// A sandbox of its own.
    Container,
}

/// A call, whose it is, and how it was run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    pub form: Form,
    pub about: About,
    pub call: Call,
}

impl Made {
    /// When it began, else when it ended: what ran before the watching began has no beginning.
    pub fn at(&self) -> Option<Moment> {
        self.call.started.or(self.call.end.map(|end| end.at))
    }
}

/// All of them: those that ended, and those that run.
pub fn all(model: &Model) -> Vec<Made> {
    let signalled = signalled(model);
    let there = model.shown().map(|one| one.about.id.as_str());
    let gone = model.shown_gone().map(|one| one.about.id.as_str());
    let shown: HashSet<&str> = there.chain(gone).collect();
    let past = model.past_calls.iter();
    let past = past.filter(|past| shown.contains(past.about.id.as_str()));
    let ended = past.map(|past| Made {
        form: Form::Exec,
        about: past.about.clone(),
        call: past.call.clone(),
    });
    let running = model.shown().flat_map(|one| {
        one.running.iter().map(|call| Made {
            form: Form::Exec,
            about: one.about.clone(),
            call: call.clone(),
        })
    });
    let own = |id: &String| !signalled.contains(id.as_str());
    let there = model.shown().filter(|one| own(&one.about.id));
    let gone = model.shown_gone().filter(|one| own(&one.about.id));
    let mut all: Vec<Made> = ended
        .chain(running)
        .chain(there.filter_map(of_sandbox))
        .chain(gone.filter_map(of_gone))
        .collect();
    all.sort_by_key(Made::at);
    all
}

/// The call that a note tells the beginning or the end of.
pub fn told(model: &Model, note: &Note) -> Option<Made> {
    let about = note.about.as_ref()?;
    match &note.what {
        News::CallStarted { exec, .. } => {
            let one = model.sandboxes.get(&about.id)?;
            let call = one.running.iter().find(|call| call.exec == *exec)?;
            Some(Made {
                form: Form::Exec,
                about: about.clone(),
                call: call.clone(),
            })
        }
        News::CallEnded { exec, .. } => {
            let mut past = model.past_calls.iter().rev();
            let past = past.find(|past| past.call.exec == *exec && past.about.id == about.id)?;
            Some(Made {
                form: Form::Exec,
                about: past.about.clone(),
                call: past.call.clone(),
            })
        }
        News::Died { .. } => {
            let mut before = model.timeline.iter().rev();
            if before.any(|note| is_signal(note, &about.id)) {
                return None;
            }
            of_sandbox(model.sandboxes.get(&about.id)?)
        }
        _ => None,
    }
}

/// Those that somebody ended: what ends by a signal from outside was standing.
fn signalled(model: &Model) -> HashSet<&str> {
    let notes = model.timeline.iter();
    notes
        .filter_map(|note| {
            let about = note.about.as_ref()?;
            is_signal(note, &about.id).then_some(about.id.as_str())
        })
        .collect()
}

fn is_signal(note: &Note, id: &str) -> bool {
    let is_about = note.about.as_ref().is_some_and(|about| about.id == id);
    is_about && matches!(note.what, News::Killed { .. } | News::Stopped)
}

fn of_sandbox(one: &Sandbox) -> Option<Made> {
    let is_one = one.kind == Kind::Sandbox && one.made == 0 && one.running.is_empty();
    let (started, died) = (one.started?, one.died?);
    if !is_one || died.since(started) > BRIEF {
        return None;
    }
    let end = CallEnd {
        at: died,
        exit_code: one.exit_code,
        oom: one.died_of_memory(),
    };
    Some(container(&one.about, started, end))
}

fn of_gone(one: &Gone) -> Option<Made> {
    let is_one = one.kind == Kind::Sandbox && one.ended.made == 0;
    let (started, died) = (one.started?, one.died?);
    if !is_one || died.since(started) > BRIEF {
        return None;
    }
    let end = CallEnd {
        at: died,
        exit_code: one.exit_code,
        oom: one.oom && one.exit_code != Some(0),
    };
    Some(container(&one.about, started, end))
}

fn container(about: &About, started: Moment, end: CallEnd) -> Made {
    let mut call = Call::begun("", None, Some(started));
    call.end = Some(end);
    Made {
        form: Form::Container,
        about: about.clone(),
        call,
    }
}

#[cfg(test)]
mod tests;
