//! What happens to containers, as the engine tells it.
//!
//! The engine keeps its last 256 events of all kinds in memory: that far reaches [`Engine::events`]
//! back. It waits for a reader that is slow for 100 ms, then drops what it had for him (moby
//! pkg/pubsub), so whoever listens reads on and works elsewhere.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::pin::Pin;

use hyper::body::{Body as _, Bytes, Incoming};
use hyper::header::DATE;

use super::client::Engine;
use super::convert::encode;
use super::error::EngineError;
use crate::deadline::Deadline;

mod told;

/// Longest event that is read. The command line of an exec stands in its events, twice, and the
/// kernel allows 128 KiB for each of its words.
const LONGEST_LINE: usize = 8 << 20;
/// Kept of the buffer after a long event.
const USUAL_LINE: usize = 64 << 10;

/// What OpenClaw runs in a sandbox before a turn, to see its mounts. An agent's own commands come in
/// a shell (`/bin/sh -lc …`).
pub const MOUNTS_ASKED: &str = "cat /proc/self/mountinfo";

/// An instant by the engine's clock, in nanoseconds since the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(pub i64);

/// What becomes of the command lines of execs: they are the users' own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommandLines {
    Drop,
    Keep,
}

/// One thing that happened to a container. All text is washed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainerEvent {
    pub id: String,
    /// By the engine's clock, since the epoch. Of whole seconds where the engine tells no more.
    pub at_nanos: i64,
    pub action: Action,
    pub name: String,
    pub image: String,
    /// The container's labels, with what the engine adds to the event and [`Self::action`] does
    /// not hold.
    ///
    /// The engine lays labels over its own attributes: a container with a label `exitCode`, which
    /// an image may bring, tells a forged exit code. Its `create` event shows the label here.
    pub attributes: BTreeMap<String, String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    Create,
    Start,
    Die {
        exit_code: Option<i64>,
    },
    /// The kernel killed a process of the container for want of memory.
    Oom,
    Kill {
        /// A number, mostly.
        signal: Option<String>,
    },
    Stop,
    Restart,
    Pause,
    Unpause,
    Destroy,
    Rename {
        old_name: Option<String>,
    },
    Update,
    /// `healthy`, `unhealthy`, …
    HealthStatus(String),
    ExecCreate {
        exec_id: Option<String>,
        /// With [`CommandLines::Keep`] only, but for [`MOUNTS_ASKED`].
        command_line: Option<String>,
    },
    ExecStart {
        exec_id: Option<String>,
        /// With [`CommandLines::Keep`] only, but for [`MOUNTS_ASKED`].
        command_line: Option<String>,
    },
    ExecDie {
        exec_id: Option<String>,
        exit_code: Option<i64>,
    },
    ExecDetach {
        exec_id: Option<String>,
    },
    Attach,
    Detach,
    /// Of no kind that is known here: its first word.
    Other(String),
}

/// Events as they come.
pub struct Events {
    body: Incoming,
    lines: Lines,
    command_lines: CommandLines,
    skipped: u64,
}

impl Engine {
    /// Listens to what happens to containers: from `since` on, as far as the engine remembers, or
    /// from now; up to `until`, or for as long as there is an engine. The deadline is for the
    /// engine to begin.
    ///
    /// What happened at the very instant `since` comes once more; from now, what happened up to a
    /// second before.
    pub async fn events(
        &self,
        since: Option<Moment>,
        until: Option<Moment>,
        command_lines: CommandLines,
        d: Deadline,
    ) -> Result<Events, EngineError> {
        let mut path = format!("/events?filters={}", encode(r#"{"type":["container"]}"#));
        let since = match since {
            None => self.this_second(d).await?,
            since => since,
        };
        for (key, moment) in [("since", since), ("until", until)] {
            if let Some(moment) = moment {
                write!(path, "&{key}={moment}").expect("writing to a String cannot fail");
            }
        }
        let response = d.bound(self.listen(&path)).await??;
        Ok(Events {
            body: response.into_body(),
            lines: Lines::default(),
            command_lines,
            skipped: 0,
        })
    }

    /// The second that the engine's clock shows. An engine says yes before it listens to itself
    /// (moby api/server/router/system `getEvents` flushes first), so that without a `since` what
    /// happens in between is lost: seen in one of some twenty tests.
    async fn this_second(&self, d: Deadline) -> Result<Option<Moment>, EngineError> {
        let response = d.bound(self.listen("/_ping")).await??;
        let date = response
            .headers()
            .get(DATE)
            .and_then(|date| date.to_str().ok());
        Ok(date.and_then(Moment::from_http))
    }
}

impl Events {
    /// The next event; none when the engine ends the stream. Safe to give up and call again.
    ///
    /// Silence is no sign of anything: an engine without events says nothing.
    pub async fn next(&mut self) -> Result<Option<ContainerEvent>, EngineError> {
        loop {
            while let Some(line) = self.lines.next() {
                match line {
                    Ok(line) if line.trim_ascii().is_empty() => {}
                    Ok(line) => match told::read(line, self.command_lines) {
                        Some(told::Told::Event(event)) => return Ok(Some(event)),
                        Some(told::Told::Foreign) => {}
                        None => self.skipped += 1,
                    },
                    Err(TooLong) => self.skipped += 1,
                }
            }
            let body = &mut self.body;
            let frame = std::future::poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx)).await;
            let Some(frame) = frame.transpose()? else {
                return Ok(None);
            };
            if let Ok(data) = frame.into_data() {
                self.lines.feed(data);
            }
        }
    }

    /// How many lines could not be read so far.
    pub fn skipped(&self) -> u64 {
        self.skipped
    }
}

impl Moment {
    fn from_http(date: &str) -> Option<Self> {
        let zoned = jiff::fmt::rfc2822::parse(date).ok()?;
        let nanos = i64::try_from(zoned.timestamp().as_nanosecond()).ok()?;
        Some(Self(nanos))
    }
}

impl fmt::Display for Moment {
    /// As the engine takes it; nothing is before the epoch.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanos = self.0.max(0);
        write!(f, "{}.{:09}", nanos / 1_000_000_000, nanos % 1_000_000_000)
    }
}

/// Cuts what comes into lines. A line that came in one piece is not copied.
#[derive(Default)]
struct Lines {
    piece: Bytes,
    /// What of `piece` is still to be read.
    from: usize,
    /// The beginning of a line whose end has not come.
    begun: Vec<u8>,
    /// A line without end is passed over up to its end.
    is_too_long: bool,
    /// `begun` was given out and is not needed any more.
    is_given: bool,
}

#[derive(Debug, PartialEq, Eq)]
struct TooLong;

impl Lines {
    /// All of the piece before must have been read.
    fn feed(&mut self, piece: Bytes) {
        self.piece = piece;
        self.from = 0;
    }

    fn next(&mut self) -> Option<Result<&[u8], TooLong>> {
        if std::mem::take(&mut self.is_given) {
            self.begun.clear();
            self.begun.shrink_to(USUAL_LINE);
        }
        let rest = &self.piece[self.from..];
        let Some(length) = rest.iter().position(|byte| *byte == b'\n') else {
            self.is_too_long |= self.begun.len() + rest.len() > LONGEST_LINE;
            if self.is_too_long {
                self.begun = Vec::new();
            } else {
                self.begun.extend_from_slice(rest);
            }
            // Lets go of the memory, too.
            self.feed(Bytes::new());
            return None;
        };
        let line = self.from..self.from + length;
        self.from = line.end + 1;
        if std::mem::take(&mut self.is_too_long) || self.begun.len() + length > LONGEST_LINE {
            self.begun = Vec::new();
            return Some(Err(TooLong));
        }
        if self.begun.is_empty() {
            return Some(Ok(&self.piece[line]));
        }
        self.begun.extend_from_slice(&self.piece[line]);
        self.is_given = true;
        Some(Ok(&self.begun))
    }
}

#[cfg(test)]
mod tests;
