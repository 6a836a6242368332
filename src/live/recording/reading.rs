//! Reading a recording. It may come from anybody: a line is bounded, and texts are washed again.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Read as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{Header, REPORT, VERSION, older};
use crate::failure::Failure;
use crate::live::event::{Event, Stamped};
use crate::live::model::Model;
use crate::text::{wash, without_place};
use crate::units::Size;

/// Longest line that is read.
const LONGEST_LINE: u64 = 16 << 20;
/// Longest text in it: command lines are the longest.
const LONGEST_TEXT: usize = 4096;
/// What may be held in memory at once, in bytes of the files.
const MOST_LOADED: u64 = 1 << 30;

/// A recording as a whole.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    pub header: Header,
    /// The picture at its beginning.
    pub keyframe: Vec<Stamped<Event>>,
    pub events: Vec<Stamped<Event>>,
}

impl Recorded {
    /// The picture at its beginning.
    pub fn opening(&self) -> Model {
        let mut model = self.header.model();
        for event in &self.keyframe {
            model.apply(event.clone());
        }
        model.timeline.clear();
        model
    }
}

/// Reads a recording with the part before it.
pub fn load(path: &Path) -> Result<Recorded, Failure> {
    let player = Player::open_whole(path)?;
    let length = |file: &BufReader<File>| file.get_ref().metadata().map_or(0, |data| data.len());
    let rest = player.rest.as_ref().map_or(0, |rest| length(&rest.file));
    let all = length(&player.file).saturating_add(rest);
    if all > MOST_LOADED {
        return Err(Failure::input(format!(
            "{} is a recording of {}, and at most {} are read at once",
            path.display(),
            Size(all),
            Size(MOST_LOADED)
        ))
        .hint("what happened in it, line by line, has no bound: clawdoctor replay --json FILE"));
    }
    player.recorded()
}

/// Reads one line: none for an event of a kind that is not known here.
pub(super) fn event(text: &str) -> Result<Option<Stamped<Event>>, serde_json::Error> {
    // What is not plain ASCII stands as it is or behind a backslash.
    let is_plain = text.is_ascii() && !text.contains('\\');
    let read = if is_plain {
        serde_json::from_str(text)
    } else {
        serde_json::from_str(text).and_then(|value| serde_json::from_value(washed(value)))
    };
    match read {
        Ok(event) => Ok(Some(event)),
        Err(_) if is_stamped(text) => Ok(None),
        Err(error) => Err(error),
    }
}

fn washed(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(wash(&text, LONGEST_TEXT)),
        Value::Array(items) => items.into_iter().map(washed).collect(),
        Value::Object(map) => map
            .into_iter()
            .map(|(key, value)| (wash(&key, LONGEST_TEXT), washed(value)))
            .collect(),
        plain @ (Value::Null | Value::Bool(_) | Value::Number(_)) => plain,
    }
}

/// Reads a recording, line by line.
pub struct Player<R = BufReader<File>> {
    path: PathBuf,
    file: R,
    line: usize,
    /// The part that comes next.
    rest: Option<Box<Player<R>>>,
    pub header: Header,
}

impl Player {
    /// Opens this file alone.
    pub fn open(path: &Path) -> Result<Self, Failure> {
        Self::read(open(path)?, path)
    }

    /// Opens a recording with the part before it, `FILE.1`, where there is one that it goes on from.
    pub fn open_whole(path: &Path) -> Result<Self, Failure> {
        let newer = Self::open(path)?;
        let Some(begun) = newer.header.continues else {
            return Ok(newer);
        };
        let first = older(path);
        if !first.exists() {
            return Ok(newer);
        }
        let mut first = Self::open(&first)?;
        // Another recording that happens to lie there.
        if first.header.at != begun {
            return Ok(newer);
        }
        first.rest = Some(Box::new(newer));
        Ok(first)
    }
}

impl<R: BufRead> Player<R> {
    /// Reads what is not in a file, or in this one.
    pub fn read(mut file: R, path: &Path) -> Result<Self, Failure> {
        let header = read_header(&mut file, path)?;
        Ok(Self {
            path: path.to_owned(),
            file,
            line: 1,
            rest: None,
            header,
        })
    }

    /// The whole of it.
    pub fn recorded(mut self) -> Result<Recorded, Failure> {
        let header = self.header.clone();
        let keyframe = self.keyframe()?;
        let events = self.all()?;
        Ok(Recorded {
            header,
            keyframe,
            events,
        })
    }

    /// The picture as it was at the beginning; before anything else is read.
    pub fn keyframe(&mut self) -> Result<Vec<Stamped<Event>>, Failure> {
        let mut picture = Vec::new();
        for _ in 0..self.header.keyframe {
            let Some(event) = self.own_event()? else {
                break;
            };
            picture.push(event);
        }
        Ok(picture)
    }

    /// The next event; none at the end of the last part.
    pub fn next_event(&mut self) -> Result<Option<Stamped<Event>>, Failure> {
        loop {
            if let Some(event) = self.own_event()? {
                return Ok(Some(event));
            }
            let Some(rest) = self.rest.take() else {
                return Ok(None);
            };
            *self = *rest;
            // It is the picture that has come of what was read so far.
            self.keyframe()?;
        }
    }

    /// The next event of this part; none at its end. A last line without its end is the work of a kill and
    /// counts as the end; an event of a kind that a later version knows is left out.
    fn own_event(&mut self) -> Result<Option<Stamped<Event>>, Failure> {
        loop {
            let Some(text) = read_line(&mut self.file, &self.path)? else {
                return Ok(None);
            };
            self.line += 1;
            if text.trim().is_empty() {
                continue;
            }
            match event(&text) {
                Ok(Some(event)) => return Ok(Some(event)),
                Ok(None) => {}
                Err(error) => {
                    return Err(Failure::input(format!(
                        "{}: line {} is not an event: {}",
                        self.path.display(),
                        self.line,
                        wash(&without_place(&error), 300)
                    ))
                    .hint(
                        "the file was changed, or is no recording of clawdoctor watch --record",
                    ));
                }
            }
        }
    }

    /// Everything up to the end.
    pub fn all(mut self) -> Result<Vec<Stamped<Event>>, Failure> {
        let mut events = Vec::new();
        while let Some(event) = self.next_event()? {
            events.push(event);
        }
        Ok(events)
    }
}

/// Whether it has the form of an event, be it of an unknown kind.
fn is_stamped(text: &str) -> bool {
    serde_json::from_str::<serde_json::Value>(text)
        .is_ok_and(|value| value.get("at").is_some_and(serde_json::Value::is_i64))
}

pub(super) fn open(path: &Path) -> Result<BufReader<File>, Failure> {
    let failed = || Failure::input(format!("cannot read the recording {}", path.display()));
    // A pipe that nobody writes to would be waited for without end.
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(nix::fcntl::OFlag::O_NONBLOCK.bits())
        .open(path)
        .map_err(|error| failed().cause(error))?;
    let data = file.metadata().map_err(|error| failed().cause(error))?;
    if !data.is_file() {
        return Err(failed().cause("it is not a regular file"));
    }
    Ok(BufReader::new(file))
}

pub(super) fn read_header(file: &mut impl BufRead, path: &Path) -> Result<Header, Failure> {
    let no_recording = || {
        Failure::input(format!("{} is no recording", path.display()))
            .hint("a recording is made by: clawdoctor watch --record FILE")
    };
    let text = read_line(file, path)?.ok_or_else(no_recording)?;
    let value: serde_json::Value = serde_json::from_str(&text)
        .map_err(|error| no_recording().cause(wash(&without_place(&error), 300)))?;
    if value["report"] != REPORT {
        return Err(no_recording());
    }
    let version = value["version"].as_u64().unwrap_or(0);
    if version == 0 {
        return Err(no_recording());
    }
    if version > u64::from(VERSION) {
        return Err(Failure::input(format!(
            "{} was recorded in form {version}, and this clawdoctor reads up to {VERSION}",
            path.display()
        ))
        .hint("replay it with the version that recorded it, or a later one"));
    }
    serde_json::from_value(value)
        .map_err(|error| no_recording().cause(wash(&error.to_string(), 300)))
}

/// One line without its end; none at the end of the file, or where a line has no end.
pub(super) fn read_line(file: &mut impl BufRead, path: &Path) -> Result<Option<String>, Failure> {
    let mut bytes = Vec::new();
    file.take(LONGEST_LINE)
        .read_until(b'\n', &mut bytes)
        .map_err(|error| {
            Failure::input(format!("cannot read the recording {}", path.display())).cause(error)
        })?;
    if bytes.pop() != Some(b'\n') {
        return Ok(None);
    }
    Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
}
