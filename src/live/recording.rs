//! A recording: the events as they came, one to a line, bounded in size. The same events give the
//! same picture, so that replaying is watching.
//!
//! When a file has grown to half of what is allowed, it becomes `FILE.1` in place of an older one,
//! and a new one begins with the picture as it is. Thus at least the newer half is always there.
#![expect(
    clippy::disallowed_methods,
    reason = "writes and reads the recordings that the user names"
)]

use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, BufWriter, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::event::{Event, Moment, Stamped};
use super::model::Model;
use super::scope::Scope;
use crate::failure::Failure;
use crate::text::{wash, without_place};

/// Version of the form. A change that an older reader would misunderstand bumps it; a new key or a
/// new event does not.
pub const VERSION: u32 = 1;
/// What a recording and its predecessor may take together, unless the user says otherwise.
pub const MOST_BYTES: u64 = 256 << 20;
/// Longest line that is read.
const LONGEST_LINE: u64 = 16 << 20;

/// The first line of every file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Header {
    /// `clawdoctor.recording`
    pub report: String,
    pub version: u32,
    pub tool: String,
    pub at: Moment,
    pub scope: Scope,
    /// The parameters of the headroom that were in force.
    pub rules: crate::headroom::Headroom,
}

const REPORT: &str = "clawdoctor.recording";

/// Writes a recording.
pub struct Recorder {
    path: PathBuf,
    file: BufWriter<File>,
    header: Header,
    written: u64,
    most: u64,
}

impl Recorder {
    /// Begins a file. One that is there is not overwritten, unless it is a recording: then it is
    /// kept as `FILE.1`.
    pub fn begin(path: &Path, header: Header, most: u64) -> Result<Self, Failure> {
        if path.exists() {
            // Refuses what is no recording.
            read_header(&mut open(path)?, path)?;
            set_aside(path)?;
        }
        let file = create(path)?;
        let mut recorder = Self {
            path: path.to_owned(),
            file,
            header,
            written: 0,
            most,
        };
        recorder.head()?;
        Ok(recorder)
    }

    /// Adds what happened. `model` has taken it in already.
    pub fn add(&mut self, event: &Stamped<Event>, model: &Model) -> Result<(), Failure> {
        self.line(event)?;
        if self.written < self.most / 2 {
            return Ok(());
        }
        self.flush()?;
        set_aside(&self.path)?;
        self.file = create(&self.path)?;
        self.written = 0;
        self.header.at = event.at;
        self.head()?;
        for one in model.keyframe(event.at) {
            self.line(&one)?;
        }
        Ok(())
    }

    /// Hands what is held to the system.
    pub fn flush(&mut self) -> Result<(), Failure> {
        self.file
            .flush()
            .map_err(|error| cannot_write(&self.path, &error))
    }

    fn head(&mut self) -> Result<(), Failure> {
        let header = self.header.clone();
        self.line(&header)
    }

    fn line(&mut self, what: &impl Serialize) -> Result<(), Failure> {
        let mut text = serde_json::to_vec(what)
            .map_err(|error| Failure::input("an event cannot be written down").cause(error))?;
        text.push(b'\n');
        self.file
            .write_all(&text)
            .map_err(|error| cannot_write(&self.path, &error))?;
        self.written += u64::try_from(text.len()).unwrap_or(u64::MAX);
        Ok(())
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        // Whoever wants to know whether it worked has flushed before.
        self.file.flush().unwrap_or(());
    }
}

fn cannot_write(path: &Path, error: &std::io::Error) -> Failure {
    Failure::input(format!("cannot write the recording {}", path.display())).cause(error)
}

/// For the user alone: names of sessions may be private.
fn create(path: &Path) -> Result<BufWriter<File>, Failure> {
    let file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path);
    file.map(BufWriter::new)
        .map_err(|error| cannot_write(path, &error))
}

fn set_aside(path: &Path) -> Result<(), Failure> {
    let older = older(path);
    std::fs::rename(path, &older).map_err(|error| {
        Failure::input(format!(
            "cannot keep the recording {} as {}",
            path.display(),
            older.display()
        ))
        .cause(error)
    })
}

/// Where the part before a recording is kept.
pub fn older(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".1");
    PathBuf::from(name)
}

/// Reads a recording, line by line.
pub struct Player {
    path: PathBuf,
    file: BufReader<File>,
    line: usize,
    pub header: Header,
}

impl Player {
    pub fn open(path: &Path) -> Result<Self, Failure> {
        let mut file = open(path)?;
        let header = read_header(&mut file, path)?;
        Ok(Self {
            path: path.to_owned(),
            file,
            line: 1,
            header,
        })
    }

    /// The next event; none at the end. A last line without its end is the work of a kill and
    /// counts as the end; an event of a kind that a later version knows is left out.
    pub fn next_event(&mut self) -> Result<Option<Stamped<Event>>, Failure> {
        loop {
            let Some(text) = read_line(&mut self.file, &self.path)? else {
                return Ok(None);
            };
            self.line += 1;
            if text.trim().is_empty() {
                continue;
            }
            match serde_json::from_str(&text) {
                Ok(event) => return Ok(Some(event)),
                Err(_) if is_stamped(&text) => {}
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

fn open(path: &Path) -> Result<BufReader<File>, Failure> {
    File::open(path).map(BufReader::new).map_err(|error| {
        Failure::input(format!("cannot read the recording {}", path.display())).cause(error)
    })
}

fn read_header(file: &mut BufReader<File>, path: &Path) -> Result<Header, Failure> {
    let no_recording = || {
        Failure::input(format!("{} is no recording", path.display()))
            .hint("a recording is made by: clawdoctor watch --record FILE")
    };
    let text = read_line(file, path)?.ok_or_else(no_recording)?;
    let value: serde_json::Value =
        serde_json::from_str(&text).map_err(|error| no_recording().cause(without_place(&error)))?;
    if value["report"] != REPORT {
        return Err(no_recording());
    }
    let version = value["version"].as_u64().unwrap_or(0);
    if version > u64::from(VERSION) {
        return Err(Failure::input(format!(
            "{} was recorded in form {version}, and this clawdoctor reads up to {VERSION}",
            path.display()
        ))
        .hint("replay it with the version that recorded it, or a later one"));
    }
    serde_json::from_value(value).map_err(|error| no_recording().cause(error))
}

/// One line without its end; none at the end of the file, or where a line has no end.
fn read_line(file: &mut BufReader<File>, path: &Path) -> Result<Option<String>, Failure> {
    let mut bytes = Vec::new();
    std::io::Read::take(&mut *file, LONGEST_LINE)
        .read_until(b'\n', &mut bytes)
        .map_err(|error| {
            Failure::input(format!("cannot read the recording {}", path.display())).cause(error)
        })?;
    if bytes.pop() != Some(b'\n') {
        return Ok(None);
    }
    Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
}

impl Header {
    pub fn new(at: Moment, scope: Scope, rules: crate::headroom::Headroom) -> Self {
        Self {
            report: REPORT.to_owned(),
            version: VERSION,
            tool: env!("CARGO_PKG_VERSION").to_owned(),
            at,
            scope,
            rules,
        }
    }

    pub fn model(&self) -> Model {
        Model::new(self.scope.clone(), self.rules.clone())
    }
}

#[cfg(test)]
mod tests;
