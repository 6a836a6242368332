//! Which of the modes is in force for whose sessions, in words.

use super::{Force, Ground, Point, Snapshot};
use crate::checklist::verdict::Status;
use crate::facts::openclaw::{Agent, Mode, Scope};
use crate::facts::{Why, WhyKind};

/// Where the sessions of an agent run their tools; an error says why that is not known.
pub struct Grounds {
    pub main: Result<Ground, Why>,
    pub others: Result<Ground, Why>,
}

impl Grounds {
    pub fn force(&self, ground: Ground) -> Force {
        match (self.main == Ok(ground), self.others == Ok(ground)) {
            (true, true) => Force::Everybody,
            (true, false) => Force::MainSession,
            (false, true) => Force::OtherSessions,
            (false, false) => Force::Nobody,
        }
    }
}

fn mode_word(mode: Mode) -> &'static str {
    match mode {
        Mode::All => "all",
        Mode::NonMain => "non-main",
        Mode::Off => "off",
    }
}

fn scope_words(scope: Scope) -> &'static str {
    match scope {
        Scope::Session => "one sandbox per session",
        Scope::Agent => "one sandbox per agent",
        Scope::Shared => "one sandbox for all agents",
    }
}

pub fn policy(agent: &Agent) -> String {
    let word = mode_word(agent.sandbox.mode);
    match agent.sandbox.mode {
        Mode::Off => format!("mode {word}"),
        Mode::All | Mode::NonMain => {
            format!("mode {word}, {}", scope_words(agent.sandbox.scope))
        }
    }
}

pub fn place(agent: &Agent, grounds: &Grounds) -> String {
    let words = |ground: &Result<Ground, Why>| match ground {
        Ok(ground) => ground.words(),
        Err(why) if why.kind == WhyKind::NotApplicable => "another backend",
        Err(_) => "not known",
    };
    match agent.sandbox.mode {
        Mode::NonMain => format!("{}; main: {}", words(&grounds.others), words(&grounds.main)),
        Mode::All | Mode::Off => words(&grounds.others).to_owned(),
    }
}

/// The sentence about the mode, and what is not known of it.
pub fn points(snapshot: &Snapshot, base: &str, agent: &Agent, grounds: &Grounds) -> Vec<Point> {
    let mend = "clawdoctor fix openclaw/sandbox-mode";
    let there = |ground: &Result<Ground, Why>| match ground {
        Ok(Ground::BareMetal) => "on the host, as the gateway's user",
        Ok(Ground::Container) => "in the gateway's own container",
        Ok(Ground::Sandboxes) => "in Docker sandboxes",
        Err(why) if why.kind == WhyKind::NotApplicable => "elsewhere",
        Err(_) => "where the gateway runs",
    };
    let said = match agent.sandbox.mode {
        Mode::All => Point::new(
            Status::Pass,
            format!("every session runs its tools {}", there(&grounds.main)),
        ),
        Mode::NonMain => Point::new(
            Status::Warn,
            format!(
                "the main session runs its tools {}, all others {} (mode non-main)",
                there(&grounds.main),
                there(&grounds.others)
            ),
        )
        .hint(mend),
        Mode::Off => Point::new(
            Status::Fail,
            format!(
                "sandbox mode is off: every session runs its tools {}",
                there(&grounds.main)
            ),
        )
        .hint(mend),
    };
    let mut points = vec![said.evidence(snapshot.at(format!("{base}/mode")))];
    let mut doubts: Vec<&Why> = [&grounds.main, &grounds.others]
        .into_iter()
        .filter_map(|ground| ground.as_ref().err())
        .collect();
    doubts.dedup();
    for why in doubts {
        let point = if why.kind == WhyKind::NotApplicable {
            Point::new(Status::Warn, &why.detail).evidence(snapshot.at(format!("{base}/backend")))
        } else {
            Point::unknown("where the gateway runs", why).evidence(snapshot.at("/openclaw/gateway"))
        };
        points.push(point);
    }
    points
}
