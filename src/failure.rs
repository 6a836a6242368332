//! Expected errors: what the world can do to us, told apart from bugs.
//!
//! A [`Failure`] says what was tried and on what, keeps its causes, and carries hints of one
//! action each. Anything else is a bug and goes through the panic and report hooks of `main`.

use std::fmt;

use crate::exit;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The command line, a settings file or a check file is wrong.
    Usage,
    /// A file given or owned by the user cannot be read or understood.
    Input,
    /// The operating system refused something that the run needs.
    System,
    /// A signal asked us to stop.
    Interrupted,
    Terminated,
}

impl Kind {
    pub fn heading(self) -> &'static str {
        match self {
            Self::Usage => "usage",
            Self::Input => "input",
            Self::System => "system",
            Self::Interrupted | Self::Terminated => "interrupted",
        }
    }

    pub fn exit_code(self) -> u8 {
        match self {
            Self::Usage | Self::Input | Self::System => exit::INCONCLUSIVE,
            Self::Interrupted => exit::INTERRUPTED,
            Self::Terminated => exit::TERMINATED,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub kind: Kind,
    pub message: String,
    pub causes: Vec<String>,
    pub hints: Vec<String>,
    /// What else was found wrong with the same thing, each for a line of its own.
    pub more: Vec<String>,
    /// The terminal takes nothing any more, and telling it there would never end.
    pub is_unheard: bool,
}

impl Failure {
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Kind::Usage, message)
    }

    pub fn input(message: impl Into<String>) -> Self {
        Self::new(Kind::Input, message)
    }

    pub fn system(message: impl Into<String>) -> Self {
        Self::new(Kind::System, message)
    }

    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            causes: Vec::new(),
            hints: Vec::new(),
            more: Vec::new(),
            is_unheard: false,
        }
    }

    #[must_use]
    pub fn cause(mut self, cause: impl fmt::Display) -> Self {
        self.causes.push(cause.to_string());
        self
    }

    /// What happened and why, and each of what else was found.
    pub fn messages(&self) -> impl Iterator<Item = String> {
        let mut first = self.message.clone();
        for cause in &self.causes {
            first.push_str(": ");
            first.push_str(cause);
        }
        std::iter::once(first).chain(self.more.iter().cloned())
    }

    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, message) in self.messages().enumerate() {
            let between = if index == 0 { "" } else { "; " };
            write!(f, "{between}{message}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Failure {}
