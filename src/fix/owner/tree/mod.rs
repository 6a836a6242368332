//! A tree of this machine: surveyed, changed and restored by descriptors, no link followed.
//!
//! Blocks on the disk: for a thread that may. Every call looks at its deadline between entries.
#![expect(
    clippy::disallowed_methods,
    reason = "compares a folder with the kept ones by device and inode: an edge"
)]

mod change;
mod survey;

use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::io::Errno;

pub use change::{change, restore, standing};
pub use survey::{Bounds, survey};

use super::entry::Kind;
use super::guard::{self, Refusal, Rule, Rules};
use super::pin::{Folder, Look, Pin};
use super::problem::Problem;

/// The root of a tree, held.
struct Held {
    pin: Pin,
    look: Look,
}

/// Opens a root part by part, following no link, after the guard let it pass.
fn open(root: &Path, rules: &Rules) -> Result<Held, Problem> {
    if let Some(refusal) = guard::refuse(root, rules) {
        return Err(refusal.into());
    }
    let bytes = root.as_os_str().as_bytes();
    let problem = |error: Errno| Problem::system("open", bytes, error);
    let mut folder = Folder::top().map_err(problem)?;
    let mut parts = root.components().skip(1).peekable();
    let mut come = PathBuf::from("/");
    while let Some(part) = parts.next() {
        come.push(part);
        let pin = folder.pin(part.as_os_str().as_bytes()).map_err(problem)?;
        let look = pin.look().map_err(problem)?;
        match look.kind {
            Some(Kind::Folder) => {}
            Some(Kind::Symlink) => {
                return Err(Refusal::new(Rule::Link, root, Some(&come)).into());
            }
            Some(Kind::File | Kind::Socket | Kind::Fifo) | None => {
                return Err(problem(Errno::NOTDIR));
            }
        }
        if parts.peek().is_none() {
            return match kept_as(look, rules) {
                Some((rule, kept)) => Err(Refusal::new(rule, root, Some(&kept)).into()),
                None => Ok(Held { pin, look }),
            };
        }
        folder = pin.enter().map_err(problem)?;
    }
    Err(Refusal::new(Rule::System, root, None).into())
}

/// A bind mount, or a file system that takes upper and lower case for the same, may show a kept
/// folder under an innocent name.
fn kept_as(look: Look, rules: &Rules) -> Option<(Rule, PathBuf)> {
    guard::kept(rules).into_iter().find(|(_, kept)| {
        std::fs::metadata(kept)
            .is_ok_and(|found| (found.dev(), found.ino()) == (look.dev, look.ino))
    })
}

/// Finds the entries of a list again. Holds the folder that was last looked into, since most
/// entries are neighbours.
struct Finder {
    root: Held,
    last: Option<(Vec<u8>, Folder)>,
}

/// Why an entry was not found.
enum Miss {
    Gone,
    /// On another device, or something is mounted on the way.
    Elsewhere,
    System(Errno),
}

impl From<Errno> for Miss {
    fn from(error: Errno) -> Self {
        match error {
            // A part of the way is gone, or is no folder any more, or a link.
            Errno::NOENT | Errno::NOTDIR | Errno::LOOP | Errno::STALE => Self::Gone,
            error => Self::System(error),
        }
    }
}

impl Finder {
    fn new(root: Held) -> Self {
        Self { root, last: None }
    }

    /// The thing at a path of the list, and what it is now. None = the root itself.
    fn find(&mut self, path: &[u8]) -> Result<(Option<Pin>, Look), Miss> {
        if path.is_empty() {
            return Ok((None, self.root.pin.look()?));
        }
        let (above, name) = match path.iter().rposition(|byte| *byte == b'/') {
            Some(at) => (&path[..at], &path[at + 1..]),
            None => (&b""[..], path),
        };
        let folder = match self.last.take() {
            Some((path, folder)) if path == above => folder,
            Some(_) | None => self.walk(above)?,
        };
        let pin = folder.pin(name);
        self.last = Some((above.to_owned(), folder));
        let pin = pin?;
        let look = pin.look()?;
        if self.is_elsewhere(look) {
            return Err(Miss::Elsewhere);
        }
        Ok((Some(pin), look))
    }

    fn walk(&self, path: &[u8]) -> Result<Folder, Miss> {
        let mut folder = self.root.pin.again()?.enter()?;
        for name in path
            .split(|byte| *byte == b'/')
            .filter(|name| !name.is_empty())
        {
            let pin = folder.pin(name)?;
            if self.is_elsewhere(pin.look()?) {
                return Err(Miss::Elsewhere);
            }
            folder = pin.enter()?;
        }
        Ok(folder)
    }

    fn is_elsewhere(&self, look: Look) -> bool {
        (look.dev, look.mount) != (self.root.look.dev, self.root.look.mount)
    }
}

#[cfg(test)]
pub(super) mod ground;
#[cfg(test)]
pub(super) mod identity;
#[cfg(test)]
mod tests;
