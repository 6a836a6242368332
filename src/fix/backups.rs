//! The former contents of files, kept under their digests in the folder of a run.
#![expect(
    clippy::disallowed_methods,
    reason = "keeps the former contents of repaired files on the disk: an edge"
)]

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use super::file::{Snapshot, confirm};
use super::problem::{Problem, ProblemKind};
use crate::digest::Sha256;

/// Held by the programs that a run has started, for as long as they live. Empty.
pub const LOCK: &str = "at-work";
/// What OpenClaw is handed over, for as long as the call takes: settings may hold secrets.
pub const SETTINGS: &str = "openclaw-patch.json";

/// The folder is made when the first content is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backups {
    folder: PathBuf,
}

impl Backups {
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Keeps the bytes; when this comes back they are on the disk. Nobody but the user can read
    /// them, whatever the mode of the file was.
    pub fn keep(&self, bytes: &[u8]) -> Result<Sha256, Problem> {
        let digest = Sha256::of(bytes);
        if self.read(&digest).is_ok() {
            return Ok(digest);
        }
        let path = self.path(&digest);
        let failed = |error: io::Error| Problem::io(&path, &error);
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.folder)
            .map_err(failed)?;
        confirm(&self.folder)?;
        let draft = self.folder.join(draft_name(&digest));
        let written = write(&draft, bytes).and_then(|()| fs::rename(&draft, &path));
        if let Err(error) = written {
            // It may be that it was never made.
            let _ = fs::remove_file(&draft);
            return Err(failed(error));
        }
        confirm(&path)?;
        Ok(digest)
    }

    /// The bytes, if they are what was put there.
    pub fn read(&self, digest: &Sha256) -> Result<Vec<u8>, Problem> {
        let path = self.path(digest);
        match Snapshot::take(&path)? {
            None => Err(Problem::new(&path, ProblemKind::Gone)),
            Some(found) if found.sha256 == *digest => Ok(found.bytes),
            Some(_) => Err(Problem::new(&path, ProblemKind::Damaged)),
        }
    }

    /// Removes all that was kept, and the folder. Nothing in it that is not ours is touched: then
    /// the folder stays and this is a problem.
    pub fn forget(&self) -> Result<(), Problem> {
        let failed = |error: io::Error| Problem::io(&self.folder, &error);
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(failed(error)),
        };
        for entry in entries {
            let entry = entry.map_err(failed)?;
            if entry.file_name().to_str().is_some_and(is_ours) {
                fs::remove_file(entry.path()).map_err(failed)?;
            }
        }
        fs::remove_dir(&self.folder).map_err(failed)
    }

    fn path(&self, digest: &Sha256) -> PathBuf {
        self.folder.join(digest.as_str())
    }
}

fn draft_name(digest: &Sha256) -> String {
    format!(".{digest}.new")
}

fn is_ours(name: &str) -> bool {
    let digest = name
        .strip_prefix('.')
        .and_then(|name| name.strip_suffix(".new"))
        .unwrap_or(name);
    Sha256::try_from(digest.to_owned()).is_ok() || is_beside(name)
}

/// What steps keep in the same folder: undo lists by their step's number, a lock, and settings
/// that a killed run was about to hand over.
fn is_beside(name: &str) -> bool {
    let is_list = name
        .strip_suffix(".owners")
        .is_some_and(|seq| seq.parse::<u32>().is_ok());
    is_list || name == LOCK || name == SETTINGS
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    // A draft of a run that was killed has the same name.
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path)
            .expect("it is there")
            .permissions()
            .mode()
            & 0o777
    }

    #[test]
    fn what_is_kept_is_read_back_and_private() {
        let place = tempfile::tempdir().expect("a folder");
        let folder = place.path().join("r-1");
        let backups = Backups::new(folder.clone());
        let digest = backups.keep(b"{}").expect("kept");
        assert_eq!(backups.keep(b"{}"), Ok(digest.clone()), "twice is once");
        assert_eq!(backups.read(&digest), Ok(b"{}".to_vec()));
        assert_eq!(
            (mode(&folder), mode(&folder.join(digest.as_str()))),
            (0o700, 0o600)
        );
        assert_eq!(fs::read_dir(&folder).expect("a folder").count(), 1);
    }

    #[test]
    fn a_damaged_backup_is_never_given_out_and_can_be_kept_anew() {
        let place = tempfile::tempdir().expect("a folder");
        let backups = Backups::new(place.path().join("r-1"));
        let digest = backups.keep(b"{}").expect("kept");
        fs::write(backups.path(&digest), "{").expect("damaged");
        let problem = backups.read(&digest).expect_err("damaged");
        assert_eq!(problem.kind, ProblemKind::Damaged);
        backups.keep(b"{}").expect("kept anew");
        assert_eq!(backups.read(&digest), Ok(b"{}".to_vec()));
    }

    #[test]
    fn a_draft_of_a_killed_run_is_in_nobodys_way() {
        let place = tempfile::tempdir().expect("a folder");
        let backups = Backups::new(place.path().to_owned());
        let draft = place.path().join(draft_name(&Sha256::of(b"{}")));
        fs::write(&draft, "half").expect("written");
        let digest = backups.keep(b"{}").expect("kept");
        assert_eq!(backups.read(&digest), Ok(b"{}".to_vec()));
        assert!(!draft.exists());
    }

    #[test]
    fn forgetting_leaves_what_is_not_ours() {
        let place = tempfile::tempdir().expect("a folder");
        let backups = Backups::new(place.path().join("r-1"));
        backups.forget().expect("nothing was kept");
        backups.keep(b"{}").expect("kept");
        for beside in ["3.owners", LOCK, SETTINGS] {
            fs::write(place.path().join("r-1").join(beside), "").expect("written");
        }
        backups.forget().expect("all ours");
        assert!(!place.path().join("r-1").exists());
        backups.keep(b"{}").expect("kept");
        let foreign = place.path().join("r-1/notes.txt");
        fs::write(&foreign, "mine").expect("written");
        backups.forget().expect_err("not empty");
        assert!(foreign.exists());
    }
}
