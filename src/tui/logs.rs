//! A container's logs for the dashboard, as plain data: read by the [`super::deeds::Errands`] that
//! cli gives.

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::live::event::Moment;

/// Lines of before that are asked for.
pub const TAIL: u32 = 500;
/// Batches that may wait for the screen. When it is full the reading waits, and with it the engine:
/// nothing of a log is dropped on the way.
pub const CHANNEL: usize = 16;
/// Lines of one batch at most.
pub const BATCH: usize = 500;

/// One line, washed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub stream: Stream,
    /// By the engine's clock.
    pub at: Option<Moment>,
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    Out,
    Err,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    Lines(Vec<Line>),
    /// The container has ended, or its log has.
    Ended,
    Failed(String),
}

/// Reads the last lines of a container, by its id, and goes on with what it writes.
pub type Read = Box<dyn Fn(String, mpsc::Sender<News>) -> JoinHandle<()> + Send>;
/// Writes a text to a file that is not there yet; says where it is now, or why not.
pub type Save = Box<dyn Fn(String, String) -> JoinHandle<Result<String, String>> + Send>;
