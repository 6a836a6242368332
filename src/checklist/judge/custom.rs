//! Judges of the operator's own checks: an answer against an expectation.

use serde::Deserialize;

use crate::checklist::verdict::Ruling;
use crate::facts::custom::Question;
use crate::facts::{Facts, Why};

/// A program run without a shell, and what it must answer.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Command {
    pub argv: Vec<String>,
    #[serde(default)]
    pub exit_code: i32,
    /// Text that must stand in its output.
    #[serde(default)]
    pub stdout_contains: Option<String>,
    /// Text that must not stand in its output.
    #[serde(default)]
    pub stdout_lacks: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct File {
    /// Absolute, or below the home folder with a leading `~/`.
    pub path: String,
    #[serde(default = "yes")]
    pub exists: bool,
    /// `file`, `directory`, `symlink`, `socket`
    #[serde(default)]
    pub file_kind: Option<String>,
    /// Permission bits in octal: `600`.
    #[serde(default)]
    pub mode: Option<String>,
    #[serde(default)]
    pub owner: Option<u32>,
    #[serde(default)]
    pub contains: Option<String>,
}

fn yes() -> bool {
    true
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Port {
    #[serde(default = "loopback")]
    pub host: String,
    pub port: u16,
    #[serde(default = "yes")]
    pub open: bool,
}

fn loopback() -> String {
    "127.0.0.1".to_owned()
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Http {
    pub url: String,
    #[serde(default = "ok")]
    pub status: u16,
    #[serde(default)]
    pub body_contains: Option<String>,
}

fn ok() -> u16 {
    200
}

impl Command {
    pub(super) fn rule(&self, facts: &Facts) -> Result<Ruling, Why> {
        let _ = facts;
        Err(Why::new(crate::facts::WhyKind::Failed, "no judge yet"))
    }
}

impl File {
    pub(super) fn rule(&self, facts: &Facts) -> Result<Ruling, Why> {
        let _ = facts;
        Err(Why::new(crate::facts::WhyKind::Failed, "no judge yet"))
    }
}

impl Port {
    pub(super) fn rule(&self, facts: &Facts) -> Result<Ruling, Why> {
        let _ = facts;
        Err(Why::new(crate::facts::WhyKind::Failed, "no judge yet"))
    }
}

impl Http {
    pub(super) fn rule(&self, facts: &Facts) -> Result<Ruling, Why> {
        let _ = facts;
        Err(Why::new(crate::facts::WhyKind::Failed, "no judge yet"))
    }
}

impl super::Judge {
    /// What a custom check asks of the world; none for the built-in judges.
    pub fn question(&self) -> Option<Question> {
        match self {
            Self::Command(c) => Some(Question::Command {
                argv: c.argv.clone(),
            }),
            Self::File(f) => Some(Question::File {
                path: f.path.clone(),
                content: f.contains.is_some(),
            }),
            Self::Port(p) => Some(Question::Port {
                host: p.host.clone(),
                port: p.port,
            }),
            Self::Http(h) => Some(Question::Http { url: h.url.clone() }),
            _ => None,
        }
    }
}
