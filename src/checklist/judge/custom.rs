//! Judges of the operator's own checks: an answer against an expectation.

mod file;

pub use file::File;

use serde::Deserialize;

use crate::checklist::verdict::{Complaint, Ruling};
use crate::facts::custom::{Answer, Question};
use crate::facts::{Facts, Why, WhyKind};
use crate::text::wash;

/// A program run without a shell, and what it must answer.
#[derive(Clone, Debug, PartialEq, Deserialize, serde::Serialize)]
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

fn yes() -> bool {
    true
}

#[derive(Clone, Debug, PartialEq, Deserialize, serde::Serialize)]
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

#[derive(Clone, Debug, PartialEq, Deserialize, serde::Serialize)]
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
        let question = Question::Command {
            argv: self.argv.clone(),
        };
        let Answer::Command {
            exit_code,
            stdout,
            stderr,
        } = answer(facts, &question)?
        else {
            return Err(another_kind());
        };
        let name = wash(&typed(&self.argv), 120);
        let ended = exit_code.map_or_else(
            || "was ended by a signal".to_owned(),
            |code| format!("exits with {code}"),
        );
        let mut complaints = Vec::new();
        if *exit_code != Some(self.exit_code) {
            complaints.push(
                Complaint::fail(
                    "command-exit-code",
                    format!(
                        "`{name}` {ended}; {} was expected{}",
                        self.exit_code,
                        quoted(": it says", stderr)
                    ),
                )
                .requirement(format!("exit-code={}", self.exit_code)),
            );
        }
        if let Some(wanted) = &self.stdout_contains
            && !stdout.contains(wanted)
        {
            complaints.push(
                Complaint::fail(
                    "command-output-lacks",
                    format!(
                        "the output of `{name}` lacks \"{}\"{}",
                        wash(wanted, 80),
                        quoted(": it is", stdout)
                    ),
                )
                .requirement(format!("stdout contains {}", wash(wanted, 80))),
            );
        }
        if let Some(unwanted) = &self.stdout_lacks
            && stdout.contains(unwanted)
        {
            complaints.push(
                Complaint::fail(
                    "command-output-holds",
                    format!(
                        "the output of `{name}` holds \"{}\", which it should not",
                        wash(unwanted, 80)
                    ),
                )
                .requirement(format!("stdout lacks {}", wash(unwanted, 80))),
            );
        }
        let ruling = Ruling::found(
            all_with(complaints, &name, &format!("run it: {name}")),
            format!("`{name}` {ended}"),
        );
        Ok(match exit_code {
            Some(code) => ruling.observed(*code),
            None => ruling,
        }
        .expected(self.exit_code))
    }
}

impl Port {
    pub(super) fn rule(&self, facts: &Facts) -> Result<Ruling, Why> {
        let question = Question::Port {
            host: self.host.clone(),
            port: self.port,
        };
        let Answer::Port { open, detail } = answer(facts, &question)? else {
            return Err(another_kind());
        };
        let address = wash(&format!("{}:{}", self.host, self.port), 120);
        let complaints = match (self.open, *open) {
            (true, false) => vec![
                Complaint::fail(
                    "port-closed",
                    format!(
                        "nothing takes connections at {address}{}",
                        quoted(":", detail)
                    ),
                )
                .requirement("open"),
            ],
            (false, true) => vec![
                Complaint::fail(
                    "port-open",
                    format!("something takes connections at {address}, which nothing should"),
                )
                .requirement("closed"),
            ],
            (true, true) | (false, false) => Vec::new(),
        };
        let state = if *open { "open" } else { "closed" };
        let hint = format!("see what listens there: lsof -nP -iTCP:{}", self.port);
        Ok(Ruling::found(
            all_with(complaints, &address, &hint),
            format!("{address} is {state}"),
        )
        .observed(state)
        .expected(if self.open { "open" } else { "closed" }))
    }
}

impl Http {
    pub(super) fn rule(&self, facts: &Facts) -> Result<Ruling, Why> {
        let question = Question::Http {
            url: self.url.clone(),
        };
        let Answer::Http { status, body } = answer(facts, &question)? else {
            return Err(another_kind());
        };
        let url = wash(&self.url, 160);
        let mut complaints = Vec::new();
        if *status != self.status {
            complaints.push(
                Complaint::fail(
                    "http-status",
                    format!("{url} answers with {status}; {} was expected", self.status),
                )
                .requirement(format!("status={}", self.status)),
            );
        }
        if let Some(wanted) = &self.body_contains
            && !body.contains(wanted)
        {
            let wanted = wash(wanted, 80);
            complaints.push(
                Complaint::fail(
                    "http-body",
                    format!("the answer of {url} lacks \"{wanted}\""),
                )
                .requirement(format!("body contains {wanted}")),
            );
        }
        Ok(Ruling::found(
            all_with(complaints, &url, &format!("ask it: curl -i {url}")),
            format!("{url} answers with {status}"),
        )
        .observed(*status)
        .expected(self.status))
    }
}

/// The answer to this check's own question.
fn answer<'a>(facts: &'a Facts, question: &Question) -> Result<&'a Answer, Why> {
    facts
        .custom
        .iter()
        .find(|custom| custom.question == *question)
        .ok_or_else(|| Why::new(WhyKind::NotAsked, "not asked in this run"))?
        .answer
        .get()
}

fn another_kind() -> Why {
    Why::new(
        WhyKind::Unparsable,
        "the recorded answer is one to another kind of question",
    )
}

/// The command as it would be typed in a shell.
fn typed(argv: &[String]) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c);
    let words: Vec<String> = argv
        .iter()
        .map(|word| match word {
            word if !word.is_empty() && word.chars().all(plain) => word.clone(),
            word => format!("'{}'", word.replace('\'', r"'\''")),
        })
        .collect();
    words.join(" ")
}

/// Foreign words behind a lead, or nothing when there are none.
fn quoted(lead: &str, text: &str) -> String {
    let text = wash(text, 120);
    if text.is_empty() {
        return String::new();
    }
    format!("{lead} \"{text}\"")
}

fn all_with(complaints: Vec<Complaint>, target: &str, hint: &str) -> Vec<Complaint> {
    complaints
        .into_iter()
        .map(|complaint| complaint.target(target).hint(hint))
        .collect()
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

#[cfg(test)]
mod tests;
