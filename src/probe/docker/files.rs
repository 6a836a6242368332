//! Small looks at the file system, each answering with a value or with why there is none.

use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use crate::facts::docker::Owner;
use crate::facts::host::Disk;
use crate::facts::{Why, WhyKind};
use crate::text::wash;

/// No file that is read here is anywhere near that long.
const LONGEST_FILE: u64 = 4 << 20;

/// A small regular file, whole.
pub fn read(path: &Path) -> Result<Vec<u8>, Why> {
    let failed = |error: io::Error| why(path, &error);
    // Opening a FIFO would wait for its writer.
    let metadata = std::fs::metadata(path).map_err(failed)?;
    if !metadata.is_file() {
        return Err(Why::new(
            WhyKind::Failed,
            format!("{} is not a regular file", shown(path)),
        ));
    }
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(LONGEST_FILE + 1).read_to_end(&mut bytes))
        .map_err(failed)?;
    if bytes.len() as u64 > LONGEST_FILE {
        return Err(Why::new(
            WhyKind::Unparsable,
            format!("{} is longer than 4 MiB", shown(path)),
        ));
    }
    Ok(bytes)
}

pub fn why(path: &Path, error: &io::Error) -> Why {
    let shown = shown(path);
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
            Why::new(WhyKind::Absent, format!("there is no {shown}"))
        }
        io::ErrorKind::PermissionDenied => Why::new(
            WhyKind::Denied,
            format!("{shown} may not be read by this user"),
        ),
        _ => Why::new(WhyKind::Failed, format!("{shown} cannot be read: {error}")),
    }
}

pub fn shown(path: &Path) -> String {
    wash(&path.display().to_string(), 1000)
}

/// A regular file that somebody may execute.
pub fn is_program(path: &Path) -> bool {
    std::fs::metadata(path)
        .is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

/// Where a path's symbolic links lead, when elsewhere. That `/var` is a link on macOS and
/// `/var/run` one on Linux is no news; where a dangling link points is.
pub fn leads_to(path: &Path) -> Option<String> {
    let Ok(real) = std::fs::canonicalize(path) else {
        return std::fs::read_link(path).ok().map(|target| shown(&target));
    };
    let usual = match (path.starts_with("/var"), path.parent(), path.file_name()) {
        (true, Some(parent), Some(name)) => std::fs::canonicalize(parent).ok()?.join(name),
        _ => path.to_path_buf(),
    };
    (real != usual).then(|| shown(&real))
}

pub fn owner(path: &Path) -> Option<Owner> {
    let metadata = std::fs::metadata(path).ok()?;
    let group = nix::unistd::Group::from_gid(nix::unistd::Gid::from_raw(metadata.gid()))
        .ok()
        .flatten();
    let members = group.iter().flat_map(|group| &group.mem);
    Some(Owner {
        uid: metadata.uid(),
        gid: metadata.gid(),
        mode: format!("{:o}", metadata.mode() & 0o7777),
        members: members.take(256).map(|name| wash(name, 100)).collect(),
        group: group.map(|group| wash(&group.name, 100)),
    })
}

/// Names of a folder's entries, sorted; none when it cannot be read.
pub fn entries(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .take(256)
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    names.sort();
    names
}

/// Space of the file system that holds a folder.
pub fn space(folder: &str) -> nix::Result<Disk> {
    let found = nix::sys::statvfs::statvfs(folder)?;
    let block = wide(found.fragment_size());
    Ok(Disk {
        path: folder.to_owned(),
        total: wide(found.blocks()).saturating_mul(block),
        free: wide(found.blocks_available()).saturating_mul(block),
    })
}

/// The counters are 32 bits wide on macOS and 64 on Linux.
fn wide(number: impl Into<u64>) -> u64 {
    number.into()
}
