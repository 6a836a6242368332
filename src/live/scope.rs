//! Which containers are sandboxes, and whose.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use crate::facts::sandbox::{SANDBOX_LABEL, SESSION_LABEL};

/// What is watched.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Scope {
    /// Every container, not only sandboxes.
    pub all: bool,
    /// Beginnings of names that make a container a sandbox without the label.
    pub prefixes: Vec<String>,
    pub images: Vec<String>,
}

/// What a container is to OpenClaw.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    Sandbox,
    /// Some other container of this engine.
    Other,
}

/// The labels that say what a container is to OpenClaw, and whose; its others are of no use here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Labels {
    #[serde(rename = "openclaw.sandbox", skip_serializing_if = "Option::is_none")]
    pub sandbox: Option<String>,
    #[serde(
        rename = "openclaw.sessionKey",
        skip_serializing_if = "Option::is_none"
    )]
    pub session_key: Option<String>,
}

impl Labels {
    pub fn of(all: &BTreeMap<String, String>) -> Self {
        Self {
            sandbox: all.get(SANDBOX_LABEL).cloned(),
            session_key: all.get(SESSION_LABEL).cloned(),
        }
    }

    /// Those that OpenClaw gives a sandbox.
    pub fn of_sandbox(session_key: Option<&str>) -> Self {
        Self {
            sandbox: Some("1".to_owned()),
            session_key: session_key.map(str::to_owned),
        }
    }

    fn are_a_sandboxs(&self) -> bool {
        self.sandbox.as_deref() == Some("1")
    }
}

impl Scope {
    pub fn kind(&self, name: &str, image: &str, labels: &Labels) -> Kind {
        let labelled = labels.are_a_sandboxs();
        let named = self.prefixes.iter().any(|one| name.starts_with(one));
        let made = self.images.iter().any(|one| image == one);
        if labelled || named || made {
            Kind::Sandbox
        } else {
            Kind::Other
        }
    }

    pub fn shows(&self, kind: Kind) -> bool {
        match kind {
            Kind::Sandbox => true,
            Kind::Other => self.all,
        }
    }
}

/// Whose sandbox it is, by OpenClaw's scope key: `agent:<id>:<session>:workspace:<hash>`,
/// `agent:<id>:workspace:<hash>`, `shared`, or keys of older releases without the last part.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Owner {
    /// None: no key, or one of another form.
    pub agent: Option<String>,
    pub session: Option<String>,
    /// One sandbox for all agents.
    pub shared: bool,
}

impl Owner {
    pub fn from_labels(labels: &Labels) -> Self {
        let key = labels.session_key.as_deref();
        key.map(Self::from_key).unwrap_or_default()
    }

    pub fn from_key(key: &str) -> Self {
        if key == "shared" {
            return Self {
                shared: true,
                ..Self::default()
            };
        }
        let Some(rest) = key.strip_prefix("agent:") else {
            return Self {
                session: (!key.is_empty()).then(|| key.to_owned()),
                ..Self::default()
            };
        };
        let rest = match rest.rsplit_once("workspace:") {
            Some((front, hash)) if !hash.contains(':') => front.trim_end_matches(':'),
            _ => rest,
        };
        let (agent, session) = match rest.split_once(':') {
            Some((agent, session)) => (agent, Some(session)),
            None => (rest, None),
        };
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Self {
            agent: some(agent),
            session: session.and_then(some),
            shared: false,
        }
    }

    /// `main/telegram`, `main`, `shared`; empty when nothing is known.
    pub fn words(&self) -> String {
        match (&self.agent, &self.session, self.shared) {
            (_, _, true) => "shared".to_owned(),
            (Some(agent), Some(session), false) => format!("{agent}/{session}"),
            (Some(one), None, false) | (None, Some(one), false) => one.clone(),
            (None, None, false) => String::new(),
        }
    }

    /// What rows of one group share.
    pub fn group(&self) -> &str {
        if self.shared {
            "shared"
        } else {
            self.agent.as_deref().unwrap_or("no agent")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_every_scope_and_age_say_whose_a_sandbox_is() {
        for (key, words, group) in [
            ("agent:main:main:workspace:7e3a", "main/main", "main"),
            ("agent:main:workspace:7e3a", "main", "main"),
            (
                "agent:ops:telegram:group:42:workspace:7e3a",
                "ops/telegram:group:42",
                "ops",
            ),
            ("agent:main:main", "main/main", "main"),
            ("shared", "shared", "shared"),
            ("", "", "no agent"),
            ("weird", "weird", "no agent"),
            ("agent:", "", "no agent"),
        ] {
            let owner = Owner::from_key(key);
            assert_eq!(
                (owner.words().as_str(), owner.group()),
                (words, group),
                "{key}"
            );
        }
    }

    #[test]
    fn the_label_decides_and_prefix_or_image_where_they_are_given() {
        let scope = Scope {
            all: false,
            prefixes: vec!["my-sbx-".to_owned()],
            images: vec!["tools:1".to_owned()],
        };
        let none = Labels::default();
        let ours = Labels::of_sandbox(None);
        assert_eq!(scope.kind("x", "y", &ours), Kind::Sandbox);
        assert_eq!(scope.kind("my-sbx-1", "y", &none), Kind::Sandbox);
        assert_eq!(scope.kind("x", "tools:1", &none), Kind::Sandbox);
        assert_eq!(scope.kind("x", "tools:2", &none), Kind::Other);
        let off = BTreeMap::from([(SANDBOX_LABEL.to_owned(), "0".to_owned())]);
        let off = Labels::of(&off);
        assert_eq!(scope.kind("x", "y", &off), Kind::Other);
        assert!(!scope.shows(Kind::Other) && scope.shows(Kind::Sandbox));
    }
}
