//! The journal of a run: one line for each record, on the disk before anything is changed.
//!
//! `<state>/journal/<run>.ndjson`, and beside it the folder `<run>` with the backups of the run.
//! Lines are only ever added. A run that is killed leaves at most the last line torn, and a torn
//! line was never acted upon.
#![expect(
    clippy::disallowed_methods,
    reason = "writes and reads the journals of runs: an edge"
)]

mod read;
mod shelf;

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{
    DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _,
};
use std::path::{Path, PathBuf};

use nix::fcntl::OFlag;
use serde::Serialize;

use super::backups::Backups;
use super::file::confirm;
use super::problem::{Problem, ProblemKind};
use super::record::{Record, Run};
use crate::text::wash;

pub use read::{Line, faults, read, records};
pub use shelf::{KEPT_RUNS, Listed, forget_old, list, sweep_drafts};

const ENDING: &str = ".ndjson";

/// A journal that is being written.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    /// Bytes of whole lines.
    length: u64,
    /// Half a line is at the end and cannot be taken away: nothing may be added behind it.
    is_torn: bool,
}

impl Journal {
    /// Begins the journal of a new run, with its first line on the disk. On failure nothing of it
    /// is left. Under the lock.
    pub fn begin(state_dir: &Path, header: &Run) -> Result<Self, Problem> {
        let folder = shelf::folder(state_dir);
        private(&folder).map_err(|error| Problem::io(&folder, &error))?;
        let path = shelf::path(state_dir, &header.run_id);
        // Under another name until the first line is complete: no journal is without one.
        let draft = folder.join(shelf::draft_name(&header.run_id));
        let failed = |error: io::Error| Problem::io(&path, &error);
        let file = OpenOptions::new()
            .append(true)
            .create_new(true)
            .mode(0o600)
            .open(&draft)
            .map_err(failed)?;
        let mut journal = Self {
            path: path.clone(),
            file,
            length: 0,
            is_torn: false,
        };
        let begun = journal
            .append(&Record::<()>::Run(header.clone()))
            .and_then(|()| fs::hard_link(&draft, &path).map_err(failed));
        // The first of its two names, or all of it.
        let _ = fs::remove_file(&draft);
        begun?;
        if let Err(problem) = confirm(&path) {
            let _ = fs::remove_file(&path);
            return Err(problem);
        }
        Ok(journal)
    }

    /// Goes on with the journal of a run that was interrupted, or that is undone. What a kill left
    /// of a torn line is taken away. Under the lock.
    pub fn resume(path: &Path) -> Result<Self, Problem> {
        let text = read::bytes(path)?;
        let file = OpenOptions::new()
            .append(true)
            .custom_flags(OFlag::O_NOFOLLOW.bits())
            .open(path)
            .map_err(|error| Problem::io(path, &error))?;
        let mut journal = Self {
            path: path.to_owned(),
            file,
            length: text.len() as u64,
            is_torn: false,
        };
        let whole = text
            .iter()
            .rposition(|b| *b == b'\n')
            .map_or(0, |at| at + 1);
        let tail = &text[whole..];
        if tail.is_empty() {
            return Ok(journal);
        }
        if read::is_whole(tail) {
            // Only its end is missing: it counts.
            journal.write(b"\n")?;
        } else {
            journal.length = whole as u64;
            journal.cut().map_err(|error| Problem::io(path, &error))?;
        }
        Ok(journal)
    }

    /// Adds one record; when this comes back it is on the disk. When it fails, what the record
    /// announces must not be done.
    pub fn append<S: Serialize>(&mut self, record: &Record<S>) -> Result<(), Problem> {
        let mut line = serde_json::to_vec(record).map_err(|error| {
            let error = wash(&error.to_string(), 200);
            Problem::new(&self.path, ProblemKind::Io { error })
        })?;
        line.push(b'\n');
        self.write(&line)
    }

    fn write(&mut self, line: &[u8]) -> Result<(), Problem> {
        if self.is_torn {
            let error = "its last line is torn".to_owned();
            return Err(Problem::new(&self.path, ProblemKind::Io { error }));
        }
        match self
            .file
            .write_all(line)
            .and_then(|()| self.file.sync_all())
        {
            Ok(()) => {
                self.length += line.len() as u64;
                Ok(())
            }
            Err(error) => {
                self.is_torn = self.cut().is_err();
                Err(Problem::io(&self.path, &error))
            }
        }
    }

    /// Takes away what is behind the last whole line.
    fn cut(&self) -> io::Result<()> {
        self.file.set_len(self.length)?;
        self.file.sync_all()
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where the run keeps what it replaces.
    pub fn backups(&self) -> Backups {
        backups(&self.path)
    }
}

/// The backups of the run whose journal this is.
pub fn backups(journal: &Path) -> Backups {
    Backups::new(journal.with_extension(""))
}

/// Makes the folder, or closes it to everybody else.
fn private(folder: &Path) -> io::Result<()> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)?;
    if fs::metadata(folder)?.mode() & 0o077 != 0 {
        fs::set_permissions(folder, Permissions::from_mode(0o700))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
