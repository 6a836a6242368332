//! What the operator's own checks found: their answers are facts like any other.

use serde::{Deserialize, Serialize};

use super::Reading;

/// The raw answer to one custom check; the expectation is judged elsewhere.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Custom {
    pub question: Question,
    pub answer: Reading<Answer>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Answer {
    Command {
        exit_code: Option<i32>,
        stdout: String,
        stderr: String,
    },
    File {
        exists: bool,
        #[serde(default)]
        file_kind: Option<String>,
        #[serde(default)]
        mode: Option<String>,
        #[serde(default)]
        owner: Option<u32>,
        /// The first 64 KiB, only when the check asks for its content.
        #[serde(default)]
        content: Option<String>,
    },
    Port {
        open: bool,
        detail: String,
    },
    Http {
        status: u16,
        /// The first 64 KiB.
        body: String,
    },
}

/// What a custom check asks of the world; asked without a shell.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Question {
    Command { argv: Vec<String> },
    File { path: String, content: bool },
    Port { host: String, port: u16 },
    Http { url: String },
}
