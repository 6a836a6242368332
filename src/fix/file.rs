//! Reading a file before it is changed, and replacing it in one piece if it is still the same.
//!
//! A new content is written to a file beside the old one, synced, given the old one's owner, mode
//! and extended attributes (POSIX access lists of Linux are among them), and renamed over it: a
//! reader sees the old file or the new one, at every instant and after a power cut.
//!
//! What is not kept: the times, the inode, access lists of macOS (no system call without unsafe
//! code shows them; the files that we edit have none unless somebody has added one) and flags of
//! macOS that do no harm, as `hidden`. A file with an immutable flag is refused by the system.
//! What would be lost visibly, a second name or an attribute, is a refusal.
//!
//! Between the last look and the rename somebody else may still write, for some microseconds:
//! no system call compares and swaps contents. The programs whose files we edit are stopped before.
#![expect(
    clippy::disallowed_methods,
    reason = "reads and replaces the files that are repaired: an edge"
)]

mod attributes;
mod fresh;

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use nix::fcntl::OFlag;
use serde::{Deserialize, Serialize};

use super::problem::{Problem, ProblemKind};
use super::record::RunId;
use crate::digest::Sha256;
use crate::text::wash;
use crate::units::Size;
use fresh::Fresh;

/// Bytes of the largest file that is edited: configurations have some thousand.
pub const LARGEST: Size = Size(4 << 20);

/// Whose a file is and who may do what with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meta {
    /// The permission bits, set-id and sticky ones included.
    pub mode: u32,
    pub uid: u32,
    pub gid: u32,
}

impl Meta {
    fn of(data: &fs::Metadata) -> Self {
        Self {
            mode: data.mode() & 0o7777,
            uid: data.uid(),
            gid: data.gid(),
        }
    }
}

/// A regular file as it was when it was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    pub path: PathBuf,
    pub bytes: Vec<u8>,
    pub sha256: Sha256,
    pub meta: Meta,
    pub dev: u64,
    pub ino: u64,
    /// Seconds and nanoseconds since 1970.
    pub mtime: (i64, i64),
}

/// What a journal keeps of a file; its bytes are in a backup of that name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    pub path: PathBuf,
    pub sha256: Sha256,
    #[serde(flatten)]
    pub meta: Meta,
}

impl Snapshot {
    /// Reads the file; none when there is none. Links are not followed at the last part of the
    /// path, and nothing but a regular file with one name is opened.
    pub fn take(path: &Path) -> Result<Option<Self>, Problem> {
        let problem = |kind| Problem::new(path, kind);
        let failed = |error: io::Error| Problem::io(path, &error);
        let Some(mut file) = open(path)? else {
            return Ok(None);
        };
        let before = file.metadata().map_err(failed)?;
        if before.nlink() > 1 {
            return Err(problem(ProblemKind::HardLinks));
        }
        let mut bytes = Vec::new();
        (&mut file)
            .take(LARGEST.0 + 1)
            .read_to_end(&mut bytes)
            .map_err(failed)?;
        if bytes.len() as u64 > LARGEST.0 {
            return Err(problem(ProblemKind::TooLarge { limit: LARGEST }));
        }
        let after = file.metadata().map_err(failed)?;
        let stamp = |data: &fs::Metadata| (data.mtime(), data.mtime_nsec());
        if stamp(&before) != stamp(&after) || after.len() != bytes.len() as u64 {
            return Err(problem(ProblemKind::Changed));
        }
        Ok(Some(Self {
            path: path.to_owned(),
            sha256: Sha256::of(&bytes),
            bytes,
            meta: Meta::of(&after),
            dev: after.dev(),
            ino: after.ino(),
            mtime: stamp(&after),
        }))
    }

    pub fn kept(&self) -> Kept {
        Kept {
            path: self.path.clone(),
            sha256: self.sha256.clone(),
            meta: self.meta,
        }
    }
}

/// Opens a regular file for reading; none when there is nothing of that name.
fn open(path: &Path) -> Result<Option<File>, Problem> {
    let problem = |kind| Problem::new(path, kind);
    let data = match fs::symlink_metadata(path) {
        Ok(data) => data,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Problem::io(path, &error)),
    };
    if data.is_symlink() {
        return Err(problem(ProblemKind::Symlink));
    }
    if !data.is_file() {
        return Err(problem(ProblemKind::NotAFile));
    }
    let file = OpenOptions::new()
        .read(true)
        // It may have become a link, or a pipe that nobody writes to, since we looked.
        .custom_flags((OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK).bits())
        .open(path)
        .map_err(|error| Problem::io(path, &error))?;
    let opened = file.metadata().map_err(|error| Problem::io(path, &error))?;
    if (opened.dev(), opened.ino()) != (data.dev(), data.ino()) {
        return Err(problem(ProblemKind::Changed));
    }
    Ok(Some(file))
}

/// Puts the bytes in the place of a file that has the digest `expect`, or of none at all. Gives
/// the digest of what is there now.
pub fn replace(
    run: &RunId,
    path: &Path,
    expect: Option<&Sha256>,
    bytes: &[u8],
    like: Meta,
) -> Result<Sha256, Problem> {
    expected(path, expect)?;
    let old = open(path)?;
    let fresh = Fresh::write(run, path, bytes)?;
    fresh.belong(like)?;
    if let Some(old) = &old {
        attributes::copy(old, fresh.file(), path)?;
    }
    fresh.sync()?;
    expected(path, expect)?;
    match expect {
        Some(_) => fresh.replace()?,
        None => fresh.appear()?,
    }
    Ok(Sha256::of(bytes))
}

/// Makes a file that must not be there yet, with the rights of `mode`.
pub fn create(run: &RunId, path: &Path, bytes: &[u8], mode: u32) -> Result<Sha256, Problem> {
    expected(path, None)?;
    let fresh = Fresh::write(run, path, bytes)?;
    fresh.permit(mode)?;
    fresh.sync()?;
    fresh.appear()?;
    Ok(Sha256::of(bytes))
}

/// Puts back what was kept, if what is there now is what we left.
pub fn restore(
    run: &RunId,
    kept: &Kept,
    bytes: &[u8],
    expect_now: Option<&Sha256>,
) -> Result<(), Problem> {
    if Sha256::of(bytes) != kept.sha256 {
        return Err(Problem::new(&kept.path, ProblemKind::Damaged));
    }
    replace(run, &kept.path, expect_now, bytes, kept.meta).map(drop)
}

/// Removes a file that we made, if it is as we made it.
pub fn remove(path: &Path, expect: &Sha256) -> Result<(), Problem> {
    expected(path, Some(expect))?;
    fs::remove_file(path).map_err(|error| Problem::io(path, &error))?;
    confirm(path)
}

/// That the file has this content, or is not there.
fn expected(path: &Path, expect: Option<&Sha256>) -> Result<(), Problem> {
    let now = Snapshot::take(path)?;
    let kind = match (now.map(|now| now.sha256), expect) {
        (None, None) => return Ok(()),
        (Some(now), Some(expect)) if now == *expect => return Ok(()),
        (Some(_), Some(_)) => ProblemKind::Changed,
        (None, Some(_)) => ProblemKind::Gone,
        (Some(_), None) => ProblemKind::Present,
    };
    Err(Problem::new(path, kind))
}

/// The folder of a file.
pub(super) fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Syncs the folder that a name was changed in, so that the change outlives a power cut.
pub(super) fn confirm(path: &Path) -> Result<(), Problem> {
    let synced = File::open(folder(path)).and_then(|folder| folder.sync_all());
    match synced {
        Ok(()) => Ok(()),
        // Some file systems (FUSE, SMB) have no such thing for folders.
        Err(error) if is_unsupported(&error) => Ok(()),
        Err(error) => {
            let error = wash(&error.to_string(), 200);
            Err(Problem::new(path, ProblemKind::Unconfirmed { error }))
        }
    }
}

fn is_unsupported(error: &io::Error) -> bool {
    use nix::errno::Errno;
    error.raw_os_error().is_some_and(|code| {
        matches!(
            Errno::from_raw(code),
            Errno::EINVAL | Errno::ENOTSUP | Errno::ENOSYS | Errno::EBADF
        )
    })
}

/// Files of ours in the folder that a killed run left half-written. They are nothing that anybody
/// needs: what they should have become is in the journal.
pub fn leftovers(folder: &Path) -> Result<Vec<PathBuf>, Problem> {
    let failed = |error: io::Error| Problem::io(folder, &error);
    let mut found = Vec::new();
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(found),
        Err(error) => return Err(failed(error)),
    };
    for entry in entries {
        let entry = entry.map_err(failed)?;
        let is_file = entry.file_type().map_err(failed)?.is_file();
        if is_file && entry.file_name().to_str().is_some_and(fresh::is_ours) {
            found.push(entry.path());
        }
    }
    found.sort();
    Ok(found)
}

/// Removes the leftovers of a folder and gives their names. Only while no other run can be at
/// work: under the lock.
pub fn sweep(folder: &Path) -> Result<Vec<PathBuf>, Problem> {
    let found = leftovers(folder)?;
    for path in &found {
        fs::remove_file(path).map_err(|error| Problem::io(path, &error))?;
    }
    Ok(found)
}

#[cfg(test)]
mod tests;
