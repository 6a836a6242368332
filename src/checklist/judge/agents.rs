//! What the judges of sandboxes share: which agents are sandboxed with Docker, how a complaint
//! about several of them is put, and what it means when they are not known.

use crate::checklist::verdict::Ruling;
use crate::facts::openclaw::Agent;
use crate::facts::sandbox::Inside;
use crate::facts::{Facts, Why, WhyKind};

/// Rules on all agents, or says which check explains why they are not known.
pub fn with_agents(
    facts: &Facts,
    rule: impl FnOnce(&[Agent]) -> Result<Ruling, Why>,
) -> Result<Ruling, Why> {
    match facts.openclaw.agents.get() {
        Ok(agents) => rule(agents),
        Err(why) => explained(facts, why),
    }
}

/// Rules on the agents whose tools run in a Docker sandbox; none = not applicable.
pub fn with_sandboxed(
    facts: &Facts,
    rule: impl FnOnce(&[&Agent]) -> Result<Ruling, Why>,
) -> Result<Ruling, Why> {
    with_agents(facts, |agents| {
        let sandboxed: Vec<&Agent> = agents.iter().filter(|agent| agent.is_sandboxed()).collect();
        if sandboxed.is_empty() {
            return Ok(Ruling::not_applicable("no agent runs in a Docker sandbox"));
        }
        rule(&sandboxed)
    })
}

/// A reading of OpenClaw's that is missing because of what another check tells.
pub fn explained(facts: &Facts, why: Why) -> Result<Ruling, Why> {
    let kind = |reading: Option<Why>| reading.map(|why| why.kind);
    if kind(facts.openclaw.install.get().err()) == Some(WhyKind::Absent) {
        return Ok(Ruling::blocked(&["openclaw/version"]));
    }
    match kind(facts.openclaw.config.get().err()) {
        Some(WhyKind::Absent | WhyKind::Denied | WhyKind::Unparsable) => {
            Ok(Ruling::blocked(&["openclaw/config"]))
        }
        _ => Err(why),
    }
}

/// The probed configurations of sandboxed agents, with the reading of each start.
pub fn probed<'a>(facts: &'a Facts, agents: &[&Agent]) -> Result<Vec<&'a Inside>, Why> {
    let ours = |inside: &&Inside| {
        let known = |id: &String| agents.iter().any(|agent| agent.id == *id);
        inside.agents.is_empty() || inside.agents.iter().any(known)
    };
    let probed: Vec<&Inside> = facts.inside.get()?.iter().filter(ours).collect();
    if probed.is_empty() {
        return Err(Why::new(
            WhyKind::Failed,
            "no sandbox configuration was probed",
        ));
    }
    Ok(probed)
}

/// As [`probed`], but only what started; a sandbox that did not start is told by `sandbox/start`.
pub fn started<'a>(facts: &'a Facts, agents: &[&Agent]) -> Result<Vec<&'a Inside>, Started> {
    let all = probed(facts, agents).map_err(Started::Unknown)?;
    let ran: Vec<&Inside> = all
        .iter()
        .copied()
        .filter(|i| i.start.get().is_ok())
        .collect();
    if !ran.is_empty() {
        return Ok(ran);
    }
    let why = all.first().and_then(|inside| inside.start.get().err());
    match why {
        Some(why) if did_not_start(why.kind) => Err(Started::Blocked),
        Some(why) => Err(Started::Unknown(why)),
        None => Err(Started::Blocked),
    }
}

/// Why nothing can be said about the inside of any sandbox.
#[derive(Debug)]
pub enum Started {
    Blocked,
    Unknown(Why),
}

impl Started {
    pub fn ruling(self) -> Result<Ruling, Why> {
        match self {
            Self::Blocked => Ok(Ruling::blocked(&["sandbox/start"])),
            Self::Unknown(why) => Err(why),
        }
    }
}

/// The engine said no, in contrast to nobody having asked or nobody having answered.
pub fn did_not_start(kind: WhyKind) -> bool {
    match kind {
        WhyKind::Failed | WhyKind::Denied | WhyKind::Unparsable | WhyKind::Absent => true,
        WhyKind::NotAsked | WhyKind::NotApplicable | WhyKind::Timeout | WhyKind::Offline => false,
    }
}

/// Agents about whom the same is to be said, with what it is.
pub struct Group<T> {
    pub agents: Vec<String>,
    pub what: T,
    /// All agents that were looked at share it: it stands in the defaults.
    pub everybody: bool,
}

/// One cause, one complaint: agents with the same trouble are told together.
pub fn grouped<'a, T: PartialEq>(
    agents: impl IntoIterator<Item = &'a Agent>,
    trouble: impl Fn(&Agent) -> Vec<T>,
) -> Vec<Group<T>> {
    let mut groups: Vec<Group<T>> = Vec::new();
    let mut count = 0;
    for agent in agents {
        count += 1;
        for what in trouble(agent) {
            match groups.iter_mut().find(|group| group.what == what) {
                Some(group) => group.agents.push(agent.id.clone()),
                None => groups.push(Group {
                    agents: vec![agent.id.clone()],
                    what,
                    everybody: false,
                }),
            }
        }
    }
    for group in &mut groups {
        group.everybody = group.agents.len() == count;
    }
    groups
}

impl<T> Group<T> {
    /// `agent main`, `agents main, coder`
    pub fn who(&self) -> String {
        who(&self.agents)
    }

    pub fn target(&self) -> String {
        self.agents.join(", ")
    }

    /// Where to set it: the defaults when all share it, else the first agent's own entry
    /// (`agents.entries.<id>` overrides `agents.defaults`).
    pub fn key(&self, rest: &str) -> String {
        let first = self.agents.first().map_or("ID", String::as_str);
        if self.everybody {
            format!("agents.defaults.sandbox.{rest}")
        } else {
            format!("agents.entries.{first}.sandbox.{rest}")
        }
    }
}

/// `agent main`, `agents main, coder`
pub fn who(agents: &[String]) -> String {
    match agents {
        [] => "every agent".to_owned(),
        [one] => format!("agent {one}"),
        many => format!("agents {}", many.join(", ")),
    }
}

/// `1 agent`, `3 agents`, `2 sandboxes`
pub fn counted(number: usize, noun: &str) -> String {
    let plural = match number {
        1 => "",
        _ if noun.ends_with('x') => "es",
        _ => "s",
    };
    format!("{number} {noun}{plural}")
}

/// With a capital letter, for the head of a sentence.
pub fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_uppercase().collect::<String>() + chars.as_str()
    })
}
