//! What in a tree is not as wished.

use std::path::Path;

use rustix::io::Errno;

use super::super::entry::{Entry, Kind, Root, Skipped, WhySkipped, Wish};
use super::super::guard::Rules;
use super::super::list::{List, Place};
use super::super::pin::{Folder, Look, Pin};
use super::super::problem::{Problem, ProblemKind};
use super::super::{MOST_SKIPPED, Survey};
use super::open;
use crate::deadline::Deadline;

/// How much a survey looks at before it gives up.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Things in the tree, the ones that need no change too.
    pub entries: usize,
    /// Folders in folders. Each level holds a descriptor: macOS gives a process 256.
    pub depth: usize,
    pub deadline: Deadline,
}

impl Bounds {
    pub const ENTRIES: usize = 200_000;
    pub const DEPTH: usize = 100;

    pub fn until(deadline: Deadline) -> Self {
        Self {
            entries: Self::ENTRIES,
            depth: Self::DEPTH,
            deadline,
        }
    }
}

/// Looks at a whole tree and changes nothing. The list has folders before what is in them.
///
/// A folder that its owner may not list hides what is in it: it is in the list when the wish mends
/// it, and among the skipped as unreadable; after the change a second survey sees the rest.
pub fn survey(root: &Path, wish: Wish, rules: &Rules, bounds: Bounds) -> Result<Survey, Problem> {
    if !wish.is_possible() {
        return Err(Problem::unusable(format!("there can be no {wish}")));
    }
    let held = open(root, rules)?;
    let mut walk = Walk {
        base: held.look,
        wish,
        bounds,
        seen: 0,
        entries: Vec::new(),
        skipped: Vec::new(),
        skipped_more: 0,
    };
    let mut path = Vec::new();
    walk.visit(held.pin, &mut path, 0)?;
    Ok(Survey {
        list: List {
            place: Place::Tree(root.to_owned()),
            root: Root {
                dev: held.look.dev,
                ino: held.look.ino,
            },
            wish,
            entries: walk.entries,
        },
        seen: walk.seen,
        skipped: walk.skipped,
        skipped_more: walk.skipped_more,
    })
}

struct Walk {
    base: Look,
    wish: Wish,
    bounds: Bounds,
    seen: usize,
    entries: Vec<Entry>,
    skipped: Vec<Skipped>,
    skipped_more: usize,
}

impl Walk {
    /// Looks at one thing, and at all that is in it.
    fn visit(&mut self, pin: Pin, path: &mut Vec<u8>, depth: usize) -> Result<(), Problem> {
        if self.bounds.deadline.remaining().is_zero() {
            return Err(Problem::late("looking through the folder"));
        }
        self.seen += 1;
        if self.seen > self.bounds.entries {
            return Err(too_many("things in it", self.bounds.entries));
        }
        let look = match pin.look() {
            Ok(look) => look,
            // Removed while we were looking.
            Err(Errno::NOENT) => return Ok(()),
            Err(error) => {
                self.skip(path, WhySkipped::Unreadable(error.to_string()));
                return Ok(());
            }
        };
        if (look.dev, look.mount) != (self.base.dev, self.base.mount) {
            self.skip(path, WhySkipped::Mount);
            return Ok(());
        }
        let Some(kind) = look.kind else {
            self.skip(path, WhySkipped::Device);
            return Ok(());
        };
        self.judge(&pin, look, kind, path);
        if kind != Kind::Folder {
            return Ok(());
        }
        match pin.enter() {
            Ok(folder) => self.descend(&folder, path, depth),
            Err(Errno::NOENT) => Ok(()),
            Err(error) => {
                self.skip(path, WhySkipped::Unreadable(error.to_string()));
                Ok(())
            }
        }
    }

    fn descend(
        &mut self,
        folder: &Folder,
        path: &mut Vec<u8>,
        depth: usize,
    ) -> Result<(), Problem> {
        let left = self.bounds.entries.saturating_sub(self.seen);
        let names = match folder.names(left) {
            Ok(names) => names,
            Err(Errno::NOENT) => return Ok(()),
            Err(error) => {
                self.skip(path, WhySkipped::Unreadable(error.to_string()));
                return Ok(());
            }
        };
        if names.len() > left {
            return Err(too_many("things in it", self.bounds.entries));
        }
        if !names.is_empty() && depth >= self.bounds.depth {
            return Err(too_many("levels of folders", self.bounds.depth));
        }
        let here = path.len();
        for name in names {
            if here > 0 {
                path.push(b'/');
            }
            path.extend_from_slice(&name);
            match folder.pin(&name) {
                Ok(pin) => self.visit(pin, path, depth + 1)?,
                Err(Errno::NOENT) => {}
                Err(error) => self.skip(path, WhySkipped::Unreadable(error.to_string())),
            }
            path.truncate(here);
        }
        Ok(())
    }

    fn judge(&mut self, pin: &Pin, look: Look, kind: Kind, path: &[u8]) {
        let was = look.rights;
        if let Wish::OwnerAccess { uid } = self.wish
            && was.uid != uid
            && matches!(kind, Kind::Folder | Kind::File)
        {
            self.skip(path, WhySkipped::ForeignOwner(was.uid));
            return;
        }
        let wanted = self.wish.wanted(kind, was);
        if wanted == was {
            return;
        }
        let is_chown = wanted.owner() != was.owner();
        let why = if kind != Kind::Folder && look.names > 1 {
            Some(WhySkipped::HardLink(look.names))
        } else if kind == Kind::File && is_chown && was.mode & 0o6000 != 0 {
            Some(WhySkipped::SetId)
        } else if kind == Kind::File && is_chown {
            match pin.has_capabilities() {
                Ok(true) => Some(WhySkipped::Capabilities),
                Ok(false) => None,
                Err(error) => Some(WhySkipped::Unreadable(error.to_string())),
            }
        } else {
            None
        };
        match why {
            Some(why) => self.skip(path, why),
            None => self.entries.push(Entry {
                path: path.to_owned(),
                dev: look.dev,
                ino: look.ino,
                kind,
                was,
            }),
        }
    }

    fn skip(&mut self, path: &[u8], why: WhySkipped) {
        if self.skipped.len() < MOST_SKIPPED {
            self.skipped.push(Skipped {
                path: path.to_owned(),
                why,
            });
        } else {
            self.skipped_more += 1;
        }
    }
}

fn too_many(what: &str, most: usize) -> Problem {
    Problem::new(
        ProblemKind::TooMany,
        format!("more than {most} {what}: too much to change without a person looking at it"),
    )
}
