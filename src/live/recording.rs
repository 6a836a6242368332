//! A recording: the events as they came, one to a line, bounded in size. The same events give the
//! same picture, so that replaying is watching.
//!
//! When a file has grown to half of what is allowed, it becomes `FILE.1` in place of an older one,
//! and a new one begins with the picture as it is. Thus at least the newer half is always there.
#![expect(
    clippy::disallowed_methods,
    reason = "writes and reads the recordings that the user names"
)]

mod history;
mod reading;

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{BufWriter, ErrorKind, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, FileExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::event::{Event, Moment, Stamped};
use super::model::Model;
use super::scope::Scope;
use crate::failure::Failure;
pub use history::{Extent, History, extent, history};
pub use reading::{Player, Recorded, load};
use reading::{open, read_header};

/// Version of the form. A change that an older reader would misunderstand bumps it; a new key or a
/// new event does not.
pub const VERSION: u32 = 1;
/// What a recording and its predecessor may take together, unless the user says otherwise.
pub const MOST_BYTES: u64 = 256 << 20;
/// Of a file whose end is looked for, so much at a time.
const BLOCK: usize = 64 << 10;

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
    /// Where this is the second part of a recording: when its first part, `FILE.1`, began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub continues: Option<Moment>,
    /// So many events behind this line are the picture as it was at the beginning, and no news.
    #[serde(default)]
    pub keyframe: usize,
}

const REPORT: &str = "clawdoctor.recording";

/// Writes a recording.
pub struct Recorder {
    path: PathBuf,
    file: BufWriter<File>,
    header: Header,
    written: u64,
    /// What its older part takes.
    aside: u64,
    most: u64,
}

impl Recorder {
    /// Begins a file. One that is there is not overwritten, unless it is a recording: then it is
    /// kept as `FILE.1`.
    /// `picture` is what is known at the beginning.
    pub fn begin(
        path: &Path,
        header: Header,
        most: u64,
        picture: &[Stamped<Event>],
    ) -> Result<Self, Failure> {
        if path.exists() {
            // Refuses what is no recording.
            read_header(&mut open(path)?, path)?;
            set_aside(path)?;
        }
        Self::create(path, header, most, picture)
    }

    /// Goes on with a recording of ours where it ends, or begins it. What was torn by a kill is cut
    /// off; what cannot be gone on with becomes `FILE.1`.
    pub fn resume(
        path: &Path,
        header: Header,
        most: u64,
        picture: &[Stamped<Event>],
    ) -> Result<Self, Failure> {
        if let Some(folder) = path.parent() {
            let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
            made.map_err(|error| cannot_write(path, &error))?;
        }
        if !path.exists() {
            return Self::create(path, header, most, picture);
        }
        let (mut file, end) = whole_lines(path)?;
        let known = read_header(&mut open(path)?, path).ok();
        let Some(known) = known.filter(|known| known.is_like(&header)) else {
            if end == 0 {
                // Killed before its first line was whole: nothing is in it.
                std::fs::remove_file(path).map_err(|error| cannot_write(path, &error))?;
            } else {
                set_aside(path)?;
            }
            return Self::create(path, header, most, picture);
        };
        let at_end = file.set_len(end).and_then(|()| file.seek(SeekFrom::End(0)));
        at_end.map_err(|error| cannot_write(path, &error))?;
        Ok(Self {
            path: path.to_owned(),
            file: BufWriter::new(file),
            header: known,
            written: end,
            aside: size_of(&older(path)),
            most,
        })
    }

    fn create(
        path: &Path,
        header: Header,
        most: u64,
        picture: &[Stamped<Event>],
    ) -> Result<Self, Failure> {
        let file = create(path)?;
        let mut recorder = Self {
            path: path.to_owned(),
            file,
            header,
            written: 0,
            aside: size_of(&older(path)),
            most,
        };
        recorder.head(picture)?;
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
        self.aside = std::mem::take(&mut self.written);
        self.header.continues = Some(self.header.at);
        self.header.at = event.at;
        self.head(&model.keyframe(event.at))
    }

    /// Hands what is held to the system, and sees whether it can be found again: a file that was
    /// removed takes all that is written, and nobody ever reads it.
    pub fn flush(&mut self) -> Result<(), Failure> {
        let ours = self
            .file
            .flush()
            .and_then(|()| self.file.get_ref().metadata())
            .map_err(|error| cannot_write(&self.path, &error))?;
        let why = match std::fs::metadata(&self.path) {
            Ok(there) if (there.dev(), there.ino()) == (ours.dev(), ours.ino()) => return Ok(()),
            Ok(_) => "another file is in its place".to_owned(),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                "it is not there any more: removed, or moved away".to_owned()
            }
            Err(error) => error.to_string(),
        };
        Err(cannot_write(&self.path, &why))
    }

    /// How many bytes it takes, its older part included.
    pub fn bytes(&self) -> u64 {
        self.written + self.aside
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    fn head(&mut self, picture: &[Stamped<Event>]) -> Result<(), Failure> {
        self.header.keyframe = picture.len();
        let header = self.header.clone();
        self.line(&header)?;
        picture.iter().try_for_each(|one| self.line(one))
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

fn size_of(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |data| data.len())
}

fn cannot_write(path: &Path, error: &dyn std::fmt::Display) -> Failure {
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

/// A file to go on with, and where its last whole line ends.
fn whole_lines(path: &Path) -> Result<(File, u64), Failure> {
    let failed = |error: std::io::Error| cannot_write(path, &error);
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .custom_flags(nix::fcntl::OFlag::O_NOFOLLOW.bits())
        .open(path)
        .map_err(failed)?;
    let mut end = file.metadata().map_err(failed)?.len();
    let mut block = vec![0; BLOCK];
    while end > 0 {
        let size = usize::try_from(end).map_or(BLOCK, |end| end.min(BLOCK));
        let start = end - size as u64;
        let block = &mut block[..size];
        file.read_exact_at(block, start).map_err(failed)?;
        if let Some(last) = block.iter().rposition(|byte| *byte == b'\n') {
            return Ok((file, start + last as u64 + 1));
        }
        end = start;
    }
    Ok((file, 0))
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

/// The folder of the background recording, and of who makes it.
pub fn folder(state_dir: &Path) -> PathBuf {
    state_dir.join("recording")
}

/// Where the background recording is.
pub fn place(state_dir: &Path) -> PathBuf {
    folder(state_dir).join("live.ndjson")
}

/// Where the part before a recording is kept.
pub fn older(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".1");
    PathBuf::from(name)
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
            continues: None,
            keyframe: 0,
        }
    }

    /// Whether events under the one header may stand under the other.
    fn is_like(&self, other: &Self) -> bool {
        (self.version, &self.scope, &self.rules) == (other.version, &other.scope, &other.rules)
    }

    pub fn model(&self) -> Model {
        Model::new(self.scope.clone(), self.rules.clone())
    }
}

#[cfg(test)]
mod tests;
