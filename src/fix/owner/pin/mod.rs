//! One thing in a folder, held so that what was looked at is what is changed.
//!
//! Linux can hold anything, a symlink and an unreadable file too, by a descriptor that opens
//! nothing (`O_PATH`): whatever happens to its name meanwhile, the change hits the same inode.
//! macOS has no such descriptor; there a thing is a name in a held folder, looked at right before
//! it is changed, and links are not followed. The only files of this room that know systems.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "macos")]
mod macos;

#[cfg(target_os = "linux")]
pub use linux::{Folder, Pin};
#[cfg(target_os = "macos")]
pub use macos::{Folder, Pin};

use std::os::fd::AsFd;

use rustix::fs::{FileType, Mode, OFlags};
use rustix::io::Errno;

use super::entry::{Kind, Rights};

/// What a thing is at this moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    pub dev: u64,
    pub ino: u64,
    /// None = a device node, or what this system has besides.
    pub kind: Option<Kind>,
    /// Names that it has (hard links).
    pub names: u64,
    pub rights: Rights,
    /// The mount that it is reached by; 0 where the system has no such numbers and the device has
    /// to do.
    pub mount: u64,
}

fn kind(mode: u32) -> Option<Kind> {
    match FileType::from_raw_mode(raw(mode)) {
        FileType::Directory => Some(Kind::Folder),
        FileType::RegularFile => Some(Kind::File),
        FileType::Symlink => Some(Kind::Symlink),
        FileType::Socket => Some(Kind::Socket),
        FileType::Fifo => Some(Kind::Fifo),
        FileType::CharacterDevice | FileType::BlockDevice | FileType::Unknown => None,
    }
}

/// Mode bits as this system holds them: 16 bits on macOS, 32 on Linux.
fn raw(mode: u32) -> rustix::fs::RawMode {
    rustix::fs::RawMode::try_from(mode & 0o177_777).expect("sixteen bits fit")
}

/// The names in a folder, sorted, at most `most` of them: one more says that there are more.
fn names(folder: impl AsFd, most: usize) -> Result<Vec<Vec<u8>>, Errno> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    let listed = rustix::fs::openat(folder, c".", flags, Mode::empty())?;
    let mut names = Vec::new();
    for entry in rustix::fs::Dir::new(listed)? {
        let entry = entry?;
        let name = entry.file_name().to_bytes();
        if name == b"." || name == b".." {
            continue;
        }
        names.push(name.to_owned());
        if names.len() > most {
            break;
        }
    }
    names.sort_unstable();
    Ok(names)
}
