//! A file that is being made, beside the place that it is for. Unless it gets there it goes.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _, fchown};
use std::path::{Path, PathBuf};

use super::{Meta, confirm, folder};
use crate::digest::Sha256;
use crate::fix::problem::{Problem, ProblemKind};
use crate::fix::record::RunId;

const PREFIX: &str = ".clawdoctor-";
const SUFFIX: &str = ".new";
/// Hexadecimal digits that tell the targets of one folder apart.
const DIGITS: usize = 8;

pub(super) struct Fresh<'a> {
    target: &'a Path,
    /// Where it is for now.
    path: PathBuf,
    file: File,
}

impl<'a> Fresh<'a> {
    /// Writes the bytes where only this user can read them.
    pub fn write(run: &RunId, target: &'a Path, bytes: &[u8]) -> Result<Self, Problem> {
        let name = target
            .file_name()
            .ok_or_else(|| Problem::new(target, ProblemKind::NotAFile))?;
        let digest = Sha256::of(name.as_encoded_bytes());
        let digits = &digest.as_str()[..DIGITS];
        let path = folder(target).join(format!("{PREFIX}{run}-{digits}{SUFFIX}"));
        // Of this very run, killed and taken up again: nobody else has its name.
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(Problem::io(&path, &error));
            }
            _ => {}
        }
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)
            .map_err(|error| Problem::io(target, &error))?;
        let mut fresh = Self { target, path, file };
        let written = fresh.file.write_all(bytes);
        fresh.told(written)?;
        Ok(fresh)
    }

    pub fn file(&self) -> &File {
        &self.file
    }

    /// Gives it this owner, group and mode.
    pub fn belong(&self, like: Meta) -> Result<(), Problem> {
        let now = Meta::of(&self.told(self.file.metadata())?);
        let uid = (now.uid != like.uid).then_some(like.uid);
        let gid = (now.gid != like.gid).then_some(like.gid);
        if uid.is_some() || gid.is_some() {
            fchown(&self.file, uid, gid).map_err(|_| self.owner(like))?;
        }
        // After the owner: a change of owner takes set-id bits away.
        self.permit(like.mode)?;
        let now = Meta::of(&self.told(self.file.metadata())?);
        if now == like {
            Ok(())
        } else {
            // A system may drop bits in silence (set-group-id of a foreign group).
            Err(self.owner(like))
        }
    }

    fn owner(&self, like: Meta) -> Problem {
        let Meta { uid, gid, .. } = like;
        Problem::new(self.target, ProblemKind::Owner { uid, gid })
    }

    pub fn permit(&self, mode: u32) -> Result<(), Problem> {
        self.told(self.file.set_permissions(Permissions::from_mode(mode)))
    }

    pub fn sync(&self) -> Result<(), Problem> {
        self.told(self.file.sync_all())
    }

    /// Takes the place of what is there.
    pub fn replace(self) -> Result<(), Problem> {
        self.told(fs::rename(&self.path, self.target))?;
        confirm(self.target)
    }

    /// Takes a place where nothing is: a link, unlike a rename, never replaces anything.
    pub fn appear(self) -> Result<(), Problem> {
        self.told(fs::hard_link(&self.path, self.target))?;
        let target = self.target;
        // The first name goes before the folder is synced.
        drop(self);
        confirm(target)
    }

    /// Failures are told of the file that is meant, whose folder is the same.
    fn told<T>(&self, result: io::Result<T>) -> Result<T, Problem> {
        result.map_err(|error| Problem::io(self.target, &error))
    }
}

/// After a rename there is nothing left of that name.
impl Drop for Fresh<'_> {
    fn drop(&mut self) {
        // A leftover is found by its name the next time.
        let _ = fs::remove_file(&self.path);
    }
}

/// `.clawdoctor-20260730-205650123-4711-1a2b3c4d.new` and nothing else.
pub(super) fn is_ours(name: &str) -> bool {
    let digits = |text: &str| {
        text.len() == DIGITS && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    };
    name.strip_prefix(PREFIX)
        .and_then(|rest| rest.strip_suffix(SUFFIX))
        .and_then(|rest| rest.rsplit_once('-'))
        .is_some_and(|(run, last)| RunId::try_from(run.to_owned()).is_ok() && digits(last))
}
