//! What is changed: one entry of a tree, what it was, and what is wished for. Pure.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::text::wash;

/// Characters of a foreign path in a message.
const LONGEST_PATH: usize = 200;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    pub uid: u32,
    pub gid: u32,
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.uid, self.gid)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    Folder,
    File,
    Symlink,
    Socket,
    Fifo,
}

/// All that a change may touch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rights {
    pub uid: u32,
    pub gid: u32,
    /// Permission bits, setuid, setgid and sticky: the lower twelve.
    pub mode: u32,
}

impl fmt::Display for Rights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{} {:04o}", self.uid, self.gid, self.mode)
    }
}

impl Rights {
    pub fn owner(self) -> Owner {
        Owner {
            uid: self.uid,
            gid: self.gid,
        }
    }
}

/// What every entry of a tree shall be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wish {
    /// Owned by this user and group; modes stay.
    Owner(Owner),
    /// The owner, who is `uid`, may read and write files and enter folders: `chmod u+rwX`. Owners
    /// and all other bits stay, and so does what belongs to somebody else.
    OwnerAccess { uid: u32 },
}

impl Wish {
    /// An entry of this kind that has these rights shall have those.
    pub fn wanted(self, kind: Kind, now: Rights) -> Rights {
        match (self, kind) {
            (Self::Owner(Owner { uid, gid }), _) => Rights { uid, gid, ..now },
            (Self::OwnerAccess { uid }, Kind::Folder) if now.uid == uid => Rights {
                mode: now.mode | 0o700,
                ..now
            },
            (Self::OwnerAccess { uid }, Kind::File) if now.uid == uid => {
                let enter = if now.mode & 0o111 == 0 { 0 } else { 0o100 };
                Rights {
                    mode: now.mode | 0o600 | enter,
                    ..now
                }
            }
            // A symlink's mode means nothing, and nobody works through a socket's or a pipe's here.
            (
                Self::OwnerAccess { .. },
                Kind::Folder | Kind::File | Kind::Symlink | Kind::Socket | Kind::Fifo,
            ) => now,
        }
    }

    /// The kernel takes -1 for "leave it": as a wish it would never be fulfilled.
    pub fn is_possible(self) -> bool {
        match self {
            Self::Owner(Owner { uid, gid }) => uid != u32::MAX && gid != u32::MAX,
            Self::OwnerAccess { uid } => uid != u32::MAX,
        }
    }
}

impl fmt::Display for Wish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Owner(owner) => write!(f, "owner {owner}"),
            Self::OwnerAccess { uid } => write!(f, "u+rwX for uid {uid}"),
        }
    }
}

/// One thing in a tree that is not as wished, as it was when it was surveyed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Below the root, as bytes; empty = the root itself.
    pub path: Vec<u8>,
    /// The device's number when it was surveyed. Numbers of devices change when a machine starts
    /// anew, so that what is compared later is the root's device, and the inode.
    pub dev: u64,
    pub ino: u64,
    pub kind: Kind,
    pub was: Rights,
}

impl Entry {
    /// The path in a message.
    pub fn name(&self) -> String {
        shown(&self.path)
    }
}

/// The root as it was surveyed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Root {
    pub dev: u64,
    pub ino: u64,
}

/// A path of a tree, fit for a message.
pub fn shown(path: &[u8]) -> String {
    if path.is_empty() {
        return ".".to_owned();
    }
    wash(&String::from_utf8_lossy(path), LONGEST_PATH)
}

/// Below a root and nowhere else: no empty part, no `.` or `..`, no NUL; empty = the root itself.
pub fn is_below(path: &[u8]) -> bool {
    path.is_empty()
        || path.len() <= 65_536
            && !path.contains(&0)
            && path
                .split(|byte| *byte == b'/')
                .all(|part| !part.is_empty() && part != b"." && part != b"..")
}

/// What is not as wished and is left alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    pub path: Vec<u8>,
    pub why: WhySkipped,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WhySkipped {
    /// Something else is mounted here.
    Mount,
    /// A file of several names: the others may be anywhere. How many.
    HardLink(u64),
    /// A set-user-ID or set-group-ID file. A change of owner takes these bits away, and to give
    /// them back when it is undone would lend the old owner's rights to whatever the new one has
    /// written into the file since.
    SetId,
    /// A file with capabilities: a change of owner takes them away for good.
    Capabilities,
    /// A device node.
    Device,
    /// Mode bits for its owner help nobody: it belongs to another user. Who.
    ForeignOwner(u32),
    /// It cannot be looked at, or into; the system's error.
    Unreadable(String),
}

impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", shown(&self.path))?;
        match &self.why {
            WhySkipped::Mount => f.write_str("something else is mounted there"),
            WhySkipped::HardLink(names) => write!(f, "a file of {names} names (hard links)"),
            WhySkipped::SetId => f.write_str("a setuid or setgid file"),
            WhySkipped::Capabilities => f.write_str("a file with capabilities"),
            WhySkipped::Device => f.write_str("a device node"),
            WhySkipped::ForeignOwner(uid) => write!(f, "belongs to uid {uid}"),
            WhySkipped::Unreadable(error) => write!(f, "cannot be looked into ({error})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rights(uid: u32, mode: u32) -> Rights {
        Rights { uid, gid: 20, mode }
    }

    #[test]
    fn access_for_the_owner_adds_what_is_missing_and_nothing_else() {
        let wish = Wish::OwnerAccess { uid: 501 };
        for (kind, mode, wanted) in [
            (Kind::Folder, 0o000, 0o700),
            (Kind::Folder, 0o2555, 0o2755),
            (Kind::File, 0o444, 0o644),
            (Kind::File, 0o011, 0o711),
            (Kind::File, 0o640, 0o640),
            (Kind::Symlink, 0o000, 0o000),
            (Kind::Socket, 0o000, 0o000),
            (Kind::Fifo, 0o000, 0o000),
        ] {
            assert_eq!(
                wish.wanted(kind, rights(501, mode)),
                rights(501, wanted),
                "{kind:?} {mode:o}"
            );
        }
        let foreign = rights(0, 0o000);
        assert_eq!(wish.wanted(Kind::Folder, foreign), foreign);
    }

    #[test]
    fn an_owner_is_wished_without_touching_the_mode() {
        let wish = Wish::Owner(Owner { uid: 7, gid: 8 });
        let now = rights(0, 0o1755);
        let wanted = wish.wanted(Kind::Folder, now);
        assert_eq!((wanted.uid, wanted.gid, wanted.mode), (7, 8, 0o1755));
    }

    #[test]
    fn minus_one_is_no_owner() {
        let gid = u32::MAX;
        assert!(!Wish::Owner(Owner { uid: 1, gid }).is_possible());
        assert!(Wish::Owner(Owner { uid: 1, gid: 0 }).is_possible());
    }

    #[test]
    fn a_path_that_could_leave_the_root_is_not_below_it() {
        for good in [&b""[..], b"a", b"a/b", b"...", b"a\n\xff/.b"] {
            assert!(is_below(good), "{good:?}");
        }
        for bad in [
            &b"/"[..],
            b"/a",
            b"a/",
            b"a//b",
            b"..",
            b"a/../b",
            b"./a",
            b"a\0",
        ] {
            assert!(!is_below(bad), "{bad:?}");
        }
    }

    #[test]
    fn a_hostile_name_cannot_forge_a_line() {
        assert_eq!(shown(b"a\nok: all\x1b[2J"), "a ok: all\\u{1b}[2J");
    }
}
