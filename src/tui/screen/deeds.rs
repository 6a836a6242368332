//! Acts on the sandboxes of the dashboard: the question, what is under way, and what became of it.
//! Nothing is done without a yes to a question that has been on the screen whole.

mod asking;
#[cfg(test)]
mod tests;

use std::time::Duration;

use crate::live::event::Moment;
use crate::live::model::Model;
use crate::live::sandbox::{Sandbox, State};
use crate::live::scope::Kind;
use crate::tui::deeds::{Became, Deed, Heat, Order, Register, Target};
use crate::tui::keys::Place;

pub use asking::{command, note, refresh, told, word};

/// OpenClaw itself takes none away that was used within this time.
pub const HOT: Duration = Duration::from_mins(5);

#[derive(Default)]
pub struct Deeds {
    /// Why nothing may be done, if so.
    pub forbidden: Option<String>,
    pub work: Option<Work>,
    /// Where the evidence is, or why there is none: to be told once no dialog is open.
    pub kept: Option<Result<Vec<String>, String>>,
}

/// What is under way, or ended and not read yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Work {
    pub deed: Deed,
    pub rows: Vec<(Target, Option<Became>)>,
    /// Since the app was opened.
    pub begun: Duration,
    pub ended: Option<Duration>,
}

/// What the dialog is about.
#[derive(Clone, Debug, PartialEq)]
pub enum Talk {
    Question(Question),
    /// The work, and what became of it.
    Work,
    /// Something to read.
    Note {
        title: String,
        lines: Vec<String>,
    },
}

#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    pub deed: Deed,
    /// The one that was selected; none when an agent was.
    pub one: Option<Target>,
    /// The agent of it, when it has one.
    pub agent: Option<String>,
    /// All that are asked about.
    pub targets: Vec<Target>,
    pub reach: Reach,
    pub heat: Heat,
    pub register: Knowledge,
}

/// One sandbox, or all of its agent's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    One,
    Agent,
}

/// What is known of OpenClaw's register, which only removing asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum Knowledge {
    NotAsked,
    Asked,
    Told(Register),
    /// Why it cannot be asked.
    None(String),
}

/// What the runtime is to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Cmd {
    Act(Order),
    /// Ask OpenClaw for its register.
    Register,
    /// Keep all that is known, as our clock shows this.
    Evidence(Moment),
}

#[derive(Clone, Debug)]
pub enum Msg {
    Became(String, Became),
    /// The work has ended; why it broke, if it did.
    Over(Option<String>),
    Register(Result<Register, String>),
    /// Where the files are, or why there are none.
    Evidence(Result<Vec<String>, String>),
}

impl Deeds {
    pub fn is_under_way(&self) -> bool {
        self.work.as_ref().is_some_and(|work| work.ended.is_none())
    }

    /// Where keys go while this is open.
    pub fn place(talk: &Talk) -> Place {
        match talk {
            Talk::Question(question) if question.can_be_done() => Place::Deciding,
            Talk::Question(_) | Talk::Work | Talk::Note { .. } => Place::Told,
        }
    }
}

impl Question {
    /// Whether a yes would do anything at all.
    pub fn can_be_done(&self) -> bool {
        match self.register {
            Knowledge::NotAsked | Knowledge::Told(_) => true,
            Knowledge::Asked | Knowledge::None(_) => false,
        }
    }

    /// Why OpenClaw would not take this one away now, if so.
    pub fn heat_of(&self, model: &Model, one: &Sandbox, ours: Moment) -> Option<String> {
        if self.deed != Deed::Remove {
            return None;
        }
        if !one.running.is_empty() {
            return Some("a call runs in it now".to_owned());
        }
        let engine = model.engine_clock(ours);
        let seen = one.used.or(one.started).map(|used| engine.since(used));
        let told = match &self.register {
            Knowledge::Told(register) => register.known.get(&one.about.name).and_then(|k| k.used),
            Knowledge::NotAsked | Knowledge::Asked | Knowledge::None(_) => None,
        };
        seen.into_iter()
            .chain(told)
            .min()
            .filter(|used| *used < HOT)
            .map(|_| "used within 5 minutes".to_owned())
    }

    /// Whether OpenClaw has this one in its register; none as long as that is not known.
    pub fn is_known(&self, name: &str) -> Option<bool> {
        match &self.register {
            Knowledge::Told(register) => Some(register.known.contains_key(name)),
            Knowledge::NotAsked | Knowledge::Asked | Knowledge::None(_) => None,
        }
    }

    /// What a yes would be done to, as things are now.
    pub fn chosen(&self, model: &Model, ours: Moment) -> Vec<Target> {
        let of = |target: &&Target| {
            let Some(one) = model.sandboxes.get(&target.id) else {
                return false;
            };
            let is_cold = || self.heat_of(model, one, ours).is_none();
            self.is_known(&target.name) != Some(false) && (self.heat == Heat::AlsoHot || is_cold())
        };
        self.targets.iter().filter(of).cloned().collect()
    }
}

/// Whether this can be done to one in this state at all.
fn applies(deed: Deed, one: &Sandbox) -> bool {
    match (deed, one.state) {
        (Deed::Stop | Deed::Kill, State::Exited) => false,
        (Deed::Stop | Deed::Kill, _) => true,
        (Deed::Pause, state) => state == State::Running,
        (Deed::Unpause, state) => state == State::Paused,
        (Deed::Remove, _) => one.kind == Kind::Sandbox,
    }
}

fn target(one: &Sandbox) -> Target {
    Target {
        id: one.id().to_owned(),
        name: one.about.name.clone(),
    }
}

/// The agent whose sandboxes can be acted on together: a name that they say themselves.
fn agent(one: &Sandbox) -> Option<String> {
    let owner = one.owner();
    (owner.shared || owner.agent.is_some()).then(|| owner.group().to_owned())
}

/// All of this agent that are shown, whatever the filter.
fn of_agent<'a>(model: &'a Model, name: &'a str) -> impl Iterator<Item = &'a Sandbox> {
    model
        .shown()
        .filter(move |one| agent(one).as_deref() == Some(name))
}
