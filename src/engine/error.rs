//! What can go wrong with the engine, in words that are safe to show.

use std::error::Error as _;
use std::fmt;
use std::io;
use std::time::Duration;

use bollard::errors::Error as Bollard;

use super::pull::PullProblem;
use crate::deadline::Elapsed;
use crate::facts::{Why, WhyKind};
use crate::text::wash;

/// Longest message of an engine that is passed on.
const LONGEST: usize = 400;

/// Messages are washed: they hold text of the engine and of images.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EngineError {
    /// 404: no such container, image or exec.
    NotFound(String),
    /// 304: there was nothing to do.
    Already(String),
    /// 409: the name is taken, or the container is in another state.
    Conflict(String),
    /// The engine said no, or failed.
    Refused { status: u16, message: String },
    /// No answer before the deadline; how long was waited.
    Timeout(Duration),
    /// No connection, or an answer that is none.
    Broken(String),
    /// The engine said yes, began, and failed.
    Failed(String),
    /// An image could not be pulled.
    Pull {
        problem: PullProblem,
        message: String,
    },
    /// A step of a build failed.
    Build {
        /// `Step 2/3 : RUN …`; none when it failed before the first.
        step: Option<String>,
        message: String,
        /// The last lines of what the build wrote, the oldest first.
        last: Vec<String>,
    },
    /// A name was not taken away, because the image would have gone with it.
    LastName(String),
}

impl EngineError {
    pub(super) fn from_status(status: u16, message: &str) -> Self {
        if status == 304 {
            // Such an answer has no body.
            return Self::Already("the container is in that state already".to_owned());
        }
        let message = match wash(message, LONGEST) {
            empty if empty.is_empty() => format!("HTTP status {status} without a message"),
            message => message,
        };
        match status {
            404 => Self::NotFound(message),
            409 => Self::Conflict(message),
            _ => Self::Refused { status, message },
        }
    }

    pub(super) fn broken(words: &str) -> Self {
        Self::Broken(wash(words, LONGEST))
    }

    /// The same as the reason why a value is not known.
    pub fn to_why(&self) -> Why {
        let kind = match self {
            Self::NotFound(_) => WhyKind::Absent,
            Self::Timeout(_) => WhyKind::Timeout,
            Self::Refused { status: 403, .. } => WhyKind::Denied,
            Self::Pull { problem, .. } => problem.kind(),
            Self::Already(_)
            | Self::Conflict(_)
            | Self::Refused { .. }
            | Self::Broken(_)
            | Self::Failed(_)
            | Self::Build { .. }
            | Self::LastName(_) => WhyKind::Failed,
        };
        Why::new(kind, self.to_string())
    }
}

impl fmt::Display for EngineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound(message)
            | Self::Already(message)
            | Self::Conflict(message)
            | Self::Broken(message)
            | Self::Failed(message)
            | Self::Pull { message, .. } => f.write_str(message),
            Self::Build { step, message, .. } => match step {
                Some(step) => write!(f, "{step}: {message}"),
                None => f.write_str(message),
            },
            Self::LastName(name) => write!(
                f,
                "`{name}` is the image's last name: the image would go with it"
            ),
            Self::Refused { status, message } => {
                write!(f, "the engine answered with status {status}: {message}")
            }
            Self::Timeout(waited) => {
                write!(
                    f,
                    "the engine did not answer within {} ms",
                    waited.as_millis()
                )
            }
        }
    }
}

impl std::error::Error for EngineError {}

impl From<Elapsed> for EngineError {
    fn from(elapsed: Elapsed) -> Self {
        Self::Timeout(elapsed.0)
    }
}

impl From<Bollard> for EngineError {
    fn from(error: Bollard) -> Self {
        match error {
            Bollard::DockerResponseServerError {
                status_code,
                message,
            } => Self::from_status(status_code, &message),
            Bollard::IOError { err } => Self::broken(&io_words(&err)),
            Bollard::HyperResponseError { err } => Self::broken(&http_words(&err)),
            other => Self::broken(&chain(&other)),
        }
    }
}

/// The error's name in the manner of errno, where it has one.
pub(super) fn errno_name(error: &io::Error) -> String {
    match error.raw_os_error() {
        Some(code) => format!("{:?}", nix::errno::Errno::from_raw(code)),
        None => match error.kind() {
            // A socket path that is longer than `sun_path` never reaches the kernel.
            io::ErrorKind::InvalidInput => "ENAMETOOLONG".to_owned(),
            kind => format!("{kind:?}"),
        },
    }
}

pub(super) fn io_words(error: &io::Error) -> String {
    if error.raw_os_error().is_some() {
        format!(
            "the engine cannot be reached: {error} ({})",
            errno_name(error)
        )
    } else {
        chain(error)
    }
}

/// What hyper found wrong with an answer, told apart where a reader can act on it.
pub(super) fn http_words(error: &hyper::Error) -> String {
    const CUT: &str = "the connection was closed before a whole answer came";
    let mut cause = error.source();
    while let Some(inner) = cause {
        match inner.downcast_ref::<io::Error>().map(io::Error::kind) {
            // Our own bound on what is read.
            Some(io::ErrorKind::FileTooLarge) => return inner.to_string(),
            Some(io::ErrorKind::UnexpectedEof) => return CUT.to_owned(),
            _ => cause = inner.source(),
        }
    }
    if error.is_parse() {
        return "something answers there, but not in HTTP".to_owned();
    }
    if error.is_incomplete_message() {
        return CUT.to_owned();
    }
    format!("the connection failed: {}", chain(error))
}

/// An error with its causes on one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let text = inner.to_string();
        if !words.contains(&text) {
            words.push_str(": ");
            words.push_str(&text);
        }
        cause = inner.source();
    }
    words
}
