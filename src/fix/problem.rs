//! What can be wrong with a file that a repair reads or writes. Nothing was changed when one of
//! these comes back, unless its words say so.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use nix::errno::Errno;

use crate::failure::Failure;
use crate::text::wash;
use crate::units::Size;

/// A file, and why it is left alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub path: PathBuf,
    pub kind: ProblemKind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProblemKind {
    /// Replacing it would put a file where the link is.
    Symlink,
    NotAFile,
    /// It has other names, which would keep the former content.
    HardLinks,
    TooLarge {
        limit: Size,
    },
    /// Reading or writing is not permitted.
    Denied,
    /// The system forbids it although the rights are there: an immutable flag, or a protection of
    /// macOS.
    Locked,
    ReadOnlyDisk,
    DiskFull,
    /// Somebody has changed it since it was looked at.
    Changed,
    /// It is there and should not be.
    Present,
    /// It is not there and should be.
    Gone,
    /// Its owner or group cannot be given to the new file.
    Owner {
        uid: u32,
        gid: u32,
    },
    /// An extended attribute of it cannot be given to the new file.
    Attribute {
        name: String,
    },
    /// A backup that is not what was put there.
    Damaged,
    /// The change was made, and the disk has not confirmed that it keeps it.
    Unconfirmed {
        error: String,
    },
    /// Written by another user: what it says must not be done with the rights of this one.
    Foreign {
        uid: u32,
    },
    /// A journal of a version that this one does not read.
    Newer {
        version: u32,
    },
    /// Anything else that the system said.
    Io {
        error: String,
    },
}

impl Problem {
    pub fn new(path: &Path, kind: ProblemKind) -> Self {
        let path = path.to_owned();
        Self { path, kind }
    }

    /// What the system's answer means.
    pub fn io(path: &Path, error: &io::Error) -> Self {
        let kind = match error.raw_os_error().map(Errno::from_raw) {
            Some(Errno::EACCES) => ProblemKind::Denied,
            Some(Errno::EPERM) => ProblemKind::Locked,
            Some(Errno::EROFS) => ProblemKind::ReadOnlyDisk,
            Some(Errno::ENOSPC | Errno::EDQUOT) => ProblemKind::DiskFull,
            Some(Errno::ELOOP) => ProblemKind::Symlink,
            Some(Errno::ENOENT) => ProblemKind::Gone,
            Some(Errno::EEXIST) => ProblemKind::Present,
            _ => ProblemKind::Io {
                error: wash(&error.to_string(), 200),
            },
        };
        Self::new(path, kind)
    }

    /// What to do about it, where there is one thing to do.
    pub fn hint(&self) -> Option<&'static str> {
        match self.kind {
            ProblemKind::Symlink => Some("change the file that the link leads to by hand"),
            ProblemKind::Locked => Some(
                "look for an immutable flag with `ls -lO` (macOS) or `lsattr` (Linux) on the file and its folder",
            ),
            ProblemKind::DiskFull => Some("make room on the disk and run again"),
            ProblemKind::Changed => Some("run again: the plan is made from what is there now"),
            ProblemKind::Foreign { .. } => {
                Some("run it as that user: sudo -H -u USER clawdoctor undo")
            }
            ProblemKind::Newer { .. } => Some("use the clawdoctor that wrote it, or a newer one"),
            ProblemKind::NotAFile
            | ProblemKind::HardLinks
            | ProblemKind::TooLarge { .. }
            | ProblemKind::Denied
            | ProblemKind::ReadOnlyDisk
            | ProblemKind::Present
            | ProblemKind::Gone
            | ProblemKind::Owner { .. }
            | ProblemKind::Attribute { .. }
            | ProblemKind::Damaged
            | ProblemKind::Unconfirmed { .. }
            | ProblemKind::Io { .. } => None,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = wash(&self.path.to_string_lossy(), 300);
        match &self.kind {
            ProblemKind::Symlink => write!(f, "{path} is a symbolic link"),
            ProblemKind::NotAFile => write!(f, "{path} is not a regular file"),
            ProblemKind::HardLinks => {
                write!(
                    f,
                    "{path} has a second name (a hard link) that would keep the old content"
                )
            }
            ProblemKind::TooLarge { limit } => write!(f, "{path} is larger than {limit}"),
            ProblemKind::Denied => {
                write!(f, "{path} cannot be reached with the rights of this user")
            }
            ProblemKind::Locked => {
                write!(f, "{path} is locked: the system does not permit the change")
            }
            ProblemKind::ReadOnlyDisk => write!(f, "{path} is on a read-only file system"),
            ProblemKind::DiskFull => write!(f, "no room is left on the disk for {path}"),
            ProblemKind::Changed => write!(f, "{path} was changed by somebody else"),
            ProblemKind::Present => write!(f, "{path} is there already"),
            ProblemKind::Gone => write!(f, "{path} is not there"),
            ProblemKind::Owner { uid, gid } => write!(
                f,
                "{path} belongs to {uid}:{gid}, and this user cannot write a file that does"
            ),
            ProblemKind::Attribute { name } => write!(
                f,
                "{path} has the extended attribute `{}`, which would be lost",
                wash(name, 100)
            ),
            ProblemKind::Damaged => write!(f, "the backup {path} is damaged"),
            ProblemKind::Unconfirmed { error } => write!(
                f,
                "{path} was changed, but the disk did not confirm it: {error}"
            ),
            ProblemKind::Foreign { uid } => write!(f, "{path} belongs to another user (uid {uid})"),
            ProblemKind::Newer { version } => {
                write!(
                    f,
                    "{path} was written by a newer clawdoctor (version {version} of journals)"
                )
            }
            ProblemKind::Io { error } => write!(f, "{path}: {error}"),
        }
    }
}

impl std::error::Error for Problem {}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        let failure = Self::system(problem.to_string());
        match problem.hint() {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostile_path_is_washed_and_the_answer_of_the_system_is_named() {
        let error = io::Error::from_raw_os_error(Errno::ENOSPC as i32);
        let problem = Problem::io(Path::new("/x\u{1b}[2J/daemon.json"), &error);
        assert_eq!(
            problem.to_string(),
            "no room is left on the disk for /x\\u{1b}[2J/daemon.json"
        );
        let failure = Failure::from(problem);
        assert_eq!(failure.hints, ["make room on the disk and run again"]);
    }
}
