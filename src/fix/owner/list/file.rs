//! The undo list on a disk.
#![expect(
    clippy::disallowed_methods,
    reason = "writes and reads the undo list: an edge"
)]

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::super::problem::Problem;
use super::List;

/// Bytes. A list at the bound of a survey, with paths of some two hundred characters, has half.
const LONGEST: u64 = 128 << 20;

/// Writes a new file, for its owner alone, and returns when it is on the disk. An existing file is
/// never written over.
pub fn save(list: &List, path: &Path) -> Result<(), Problem> {
    list.verify()?;
    write(list, path).map_err(|error| problem("write the undo list", path, error))
}

fn write(list: &List, path: &Path) -> std::io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(list.text().as_bytes())?;
    file.sync_all()?;
    // The name is only safe when its folder is: fsync(2).
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

/// Reads a file of [`save`].
pub fn load(path: &Path) -> Result<List, Problem> {
    let complain = |error| problem("read the undo list", path, error);
    let mut text = String::new();
    let file = File::open(path).map_err(complain)?;
    file.take(LONGEST)
        .read_to_string(&mut text)
        .map_err(complain)?;
    List::read(&text)
}

fn problem(tried: &str, path: &Path, error: std::io::Error) -> Problem {
    Problem::system(tried, path.as_os_str().as_encoded_bytes(), error)
}

pub(super) fn path(bytes: Vec<u8>) -> PathBuf {
    PathBuf::from(OsString::from_vec(bytes))
}
