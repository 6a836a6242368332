//! The lines of JSON in which an engine tells how a pull, a build or a load goes on.
//!
//! An engine says yes first (status 200) and may fail later, in a line of its own. Read leniently:
//! a member of an unknown form costs that member and not the line.

use std::collections::VecDeque;
use std::pin::Pin;

use hyper::body::{Body as _, Incoming};
use serde_json::Value;

use super::error::EngineError;
use crate::text::wash;

/// Longest line; what is longer is no engine's.
const LONGEST_LINE: usize = 1 << 20;
const LONGEST_ID: usize = 100;
const LONGEST_STATUS: usize = 400;

/// One line. Texts that are shown are washed; `stream` is not, since it comes in pieces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    pub id: String,
    pub status: String,
    /// Output of a build or a load, not washed.
    pub stream: String,
    pub progress: Progress,
    /// `aux.ID`: the image that a build has made.
    pub made: Option<String>,
    /// What went wrong.
    pub error: Option<String>,
}

/// Bytes, unless the engine names another unit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    pub current: Option<u64>,
    pub total: Option<u64>,
}

/// The lines of one answer, as they come.
pub struct Lines {
    body: Incoming,
    rest: Vec<u8>,
    ready: VecDeque<Line>,
}

impl Lines {
    pub fn new(body: Incoming) -> Self {
        Self {
            body,
            rest: Vec::new(),
            ready: VecDeque::new(),
        }
    }

    /// The next line; none at the end. Safe to give up and call again.
    pub async fn next(&mut self) -> Result<Option<Line>, EngineError> {
        loop {
            if let Some(line) = self.ready.pop_front() {
                return Ok(Some(line));
            }
            let body = &mut self.body;
            let frame = std::future::poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx)).await;
            match frame.transpose()? {
                Some(frame) => {
                    if let Ok(data) = frame.into_data() {
                        self.take(&data)?;
                    }
                }
                None if self.rest.is_empty() => return Ok(None),
                None => {
                    let rest = std::mem::take(&mut self.rest);
                    self.ready.extend(read(&rest)?);
                }
            }
        }
    }

    fn take(&mut self, bytes: &[u8]) -> Result<(), EngineError> {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.rest.extend_from_slice(piece);
            if self.rest.len() > LONGEST_LINE {
                return Err(EngineError::broken(
                    "the engine tells its progress in a line without end",
                ));
            }
            if piece.ends_with(b"\n") {
                self.ready.extend(read(&self.rest)?);
                self.rest.clear();
            }
        }
        Ok(())
    }
}

/// The documents of one line: some engines' proxies leave out the break between two.
fn read(line: &[u8]) -> Result<Vec<Line>, EngineError> {
    serde_json::Deserializer::from_slice(line)
        .into_iter::<Value>()
        .map(|value| {
            value.map(|value| Line::from(&value)).map_err(|error| {
                EngineError::broken(&format!(
                    "the engine's progress cannot be understood: {error}"
                ))
            })
        })
        .collect()
}

impl From<&Value> for Line {
    fn from(said: &Value) -> Self {
        let text = |key: &str| said[key].as_str().unwrap_or_default();
        let detail = &said["progressDetail"];
        let in_bytes = matches!(detail["units"].as_str(), None | Some("" | "B"));
        // A total of 0 or -1 is one that the engine does not know.
        let number = |key: &str| detail[key].as_u64().filter(|_| in_bytes);
        // `error` alone is deprecated since API 1.48, and there is no `errorDetail` in some
        // engines that are not Docker's.
        let error = said["errorDetail"]["message"]
            .as_str()
            .or_else(|| said["error"].as_str())
            .map(|words| wash(words, LONGEST_STATUS));
        Self {
            id: wash(text("id"), LONGEST_ID),
            status: wash(text("status"), LONGEST_STATUS),
            stream: text("stream").to_owned(),
            progress: Progress {
                current: number("current"),
                total: number("total").filter(|total| *total > 0),
            },
            made: said["aux"]["ID"].as_str().map(|id| wash(id, LONGEST_ID)),
            error,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_whatever_else_it_holds() {
        let lines = read(
            br#"{"status":"Downloading","progressDetail":{"current":5,"total":9,"new":[]},"id":"a","x":1}
{"status":"Extracting","progressDetail":{"current":3,"units":"s"},"id":7}{"aux":{"ID":"sha256:1"}}"#,
        )
        .expect("three documents");
        assert_eq!(lines[0].progress.total, Some(9));
        assert_eq!((lines[0].id.as_str(), lines[1].id.as_str()), ("a", ""));
        assert_eq!(
            lines[1].progress,
            Progress::default(),
            "seconds are no bytes"
        );
        assert_eq!(lines[2].made.as_deref(), Some("sha256:1"));
    }

    #[test]
    fn a_failure_is_found_in_old_and_new_forms() {
        for text in [
            r#"{"errorDetail":{"message":"a\u001b[1mb"}}"#,
            r#"{"error":"a\u001b[1mb"}"#,
            r#"{"errorDetail":{"code":1,"message":"a\u001b[1mb"},"error":"other"}"#,
        ] {
            let lines = read(text.as_bytes()).expect(text);
            assert_eq!(lines[0].error.as_deref(), Some("a\\u{1b}[1mb"), "{text}");
        }
    }

    #[test]
    fn what_is_no_json_breaks_the_stream() {
        assert!(read(b"<html>").is_err());
        assert!(read(b"{\"status\":").is_err());
        assert_eq!(read(b"\r\n").expect("an empty line"), []);
    }
}
