//! Why a change of owners was not begun, or not finished. Expected errors, not bugs.

use std::fmt;

use super::entry::shown;
use super::guard::Refusal;
use crate::failure::Failure;

/// Entries that are named; more are counted.
pub const NAMED: usize = 5;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProblemKind {
    /// The folder must not be touched.
    Refused(Refusal),
    /// More entries, or deeper, than was allowed. Nothing was changed.
    TooMany,
    /// The deadline passed.
    Late,
    /// Something is no longer as the list says.
    MovedOn,
    /// The list, or what a helper container answered, cannot be used.
    Unusable,
    /// The system or the engine said no.
    System,
}

/// How far a change came before it stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    pub done: usize,
    pub left: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub kind: ProblemKind,
    /// Fit to be shown.
    pub message: String,
    /// None = nothing was changed.
    pub progress: Option<Progress>,
}

impl Problem {
    pub fn new(kind: ProblemKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            progress: None,
        }
    }

    /// `tried` on `path`, and what the system answered.
    pub(super) fn system(tried: &str, path: &[u8], error: impl fmt::Display) -> Self {
        Self::new(
            ProblemKind::System,
            format!("could not {tried} {}: {error}", shown(path)),
        )
    }

    pub(super) fn late(doing: &str) -> Self {
        Self::new(ProblemKind::Late, format!("the time ran out while {doing}"))
    }

    pub(super) fn unusable(message: impl Into<String>) -> Self {
        Self::new(ProblemKind::Unusable, message)
    }

    /// Nothing was touched because these are not as the list says; `all` of them, the first named.
    pub(super) fn moved_on(first: &[String], all: usize) -> Self {
        Self::new(ProblemKind::MovedOn, moved_words(first, all))
    }

    pub(super) fn after(mut self, done: usize, left: usize) -> Self {
        if done > 0 {
            self.progress = Some(Progress { done, left });
        }
        self
    }
}

/// `first` of `all` things that somebody changed, in one line.
pub fn moved_words(first: &[String], all: usize) -> String {
    let more = match all.saturating_sub(first.len()) {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    format!("changed since by somebody else: {}{more}", first.join("; "))
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let message = refusal.to_string();
        Self::new(ProblemKind::Refused(refusal), message)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if let Some(Progress { done, left }) = self.progress {
            write!(f, " ({done} changed before it stopped, {left} left)")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problem {}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        match &problem.kind {
            ProblemKind::Refused(_) | ProblemKind::TooMany | ProblemKind::Unusable => {
                Self::input(problem.to_string())
            }
            ProblemKind::Late | ProblemKind::MovedOn | ProblemKind::System => {
                Self::system(problem.to_string())
            }
        }
    }
}
