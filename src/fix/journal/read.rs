//! Reading a journal, whoever wrote it and however it ended.

use std::fs::OpenOptions;
use std::io::{self, Read as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use nix::fcntl::OFlag;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::fix::problem::{Problem, ProblemKind};
use crate::fix::record::{Record, VERSION};
use crate::text::{wash, without_place};
use crate::units::Size;

/// A run has some dozen steps; a step may carry the list of what it changed.
const LARGEST: Size = Size(64 << 20);

/// The kinds of records that this version knows.
const KINDS: &[&str] = &[
    "run",
    "intent",
    "done",
    "failed",
    "verified",
    "undoing",
    "undone",
    "undo-failed",
    "end",
];

/// What stands on a line. Numbers count from 1.
#[derive(Clone, Debug, PartialEq)]
pub enum Line<S> {
    /// `raw` has the fields that this version does not know as well.
    Known { record: Record<S>, raw: Value },
    /// A record of a kind that this version does not know.
    Unknown { number: usize, raw: Value },
    /// No record, or one whose content this version does not understand.
    Unreadable { number: usize, why: String },
    /// The last line, without its end: the run was killed while it wrote, and had not begun what
    /// the line announces.
    Torn,
}

/// All lines of a journal.
pub fn read<S: DeserializeOwned>(path: &Path) -> Result<Vec<Line<S>>, Problem> {
    let lines = parse(&bytes(path)?);
    for line in &lines {
        if let Line::Known {
            record: Record::Run(run),
            ..
        } = line
            && run.version > VERSION
        {
            let version = run.version;
            return Err(Problem::new(path, ProblemKind::Newer { version }));
        }
    }
    Ok(lines)
}

/// The records among the lines, for [`crate::fix::state::RunState::fold`].
pub fn records<S>(lines: Vec<Line<S>>) -> impl Iterator<Item = Record<S>> {
    lines.into_iter().filter_map(|line| match line {
        Line::Known { record, .. } => Some(record),
        Line::Unknown { .. } | Line::Unreadable { .. } | Line::Torn => None,
    })
}

/// What of a journal cannot be read, in words: a step may hide in it, and nobody should undo the
/// run without being told. A torn last line is no fault.
pub fn faults<S>(lines: &[Line<S>]) -> Vec<String> {
    lines
        .iter()
        .filter_map(|line| match line {
            Line::Unreadable { number, why } => Some(format!("line {number}: {why}")),
            Line::Known { .. } | Line::Unknown { .. } | Line::Torn => None,
        })
        .collect()
}

pub(super) fn bytes(path: &Path) -> Result<Vec<u8>, Problem> {
    let failed = |error: io::Error| Problem::io(path, &error);
    let file = OpenOptions::new()
        .read(true)
        .custom_flags((OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK).bits())
        .open(path)
        .map_err(failed)?;
    own(path, file.metadata().map_err(failed)?.uid())?;
    let mut bytes = Vec::new();
    file.take(LARGEST.0 + 1)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    if bytes.len() as u64 > LARGEST.0 {
        let limit = LARGEST;
        return Err(Problem::new(path, ProblemKind::TooLarge { limit }));
    }
    Ok(bytes)
}

/// A journal is a list of things to do. Under sudo, with a user's HOME, that user's journals would
/// be followed with root's rights, and whoever can write one could have anything done.
pub(super) fn own(path: &Path, uid: u32) -> Result<(), Problem> {
    if uid == nix::unistd::geteuid().as_raw() {
        return Ok(());
    }
    Err(Problem::new(path, ProblemKind::Foreign { uid }))
}

/// Whether a line lacks nothing but its end. A half-written object never is.
pub(super) fn is_whole(line: &[u8]) -> bool {
    serde_json::from_slice::<Value>(line).is_ok_and(|value| value.is_object())
}

pub(super) fn parse<S: DeserializeOwned>(text: &[u8]) -> Vec<Line<S>> {
    let mut lines = Vec::new();
    for (number, line) in (1..).zip(text.split_inclusive(|byte| *byte == b'\n')) {
        let is_torn = !line.ends_with(b"\n") && !is_whole(line);
        if is_torn {
            lines.push(Line::Torn);
        } else if !line.trim_ascii().is_empty() {
            lines.push(parse_line(number, line));
        }
    }
    lines
}

fn parse_line<S: DeserializeOwned>(number: usize, line: &[u8]) -> Line<S> {
    let unreadable = |error: &serde_json::Error| Line::Unreadable {
        number,
        why: wash(&without_place(error), 200),
    };
    let raw: Value = match serde_json::from_slice(line) {
        Ok(raw) => raw,
        Err(error) => return unreadable(&error),
    };
    let kind = raw.get("type").and_then(Value::as_str);
    match kind {
        None => Line::Unreadable {
            number,
            why: "a record without a type".to_owned(),
        },
        Some(kind) if !KINDS.contains(&kind) => Line::Unknown { number, raw },
        Some(_) => match serde_json::from_value(raw.clone()) {
            Ok(record) => Line::Known { record, raw },
            Err(error) => unreadable(&error),
        },
    }
}
