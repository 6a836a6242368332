//! Holding things by `O_PATH` descriptors.

use std::os::fd::{AsRawFd, OwnedFd};

use rustix::fs::{AtFlags, CWD, Mode, OFlags, Statx, StatxFlags};
use rustix::fs::{Gid, Uid};
use rustix::io::Errno;

use super::super::entry::{Owner, Rights};
use super::{Look, kind, raw};

const HELD: OFlags = OFlags::PATH.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

pub struct Pin(OwnedFd);

pub struct Folder(OwnedFd);

impl Folder {
    /// `/`.
    pub fn top() -> Result<Self, Errno> {
        let flags = HELD | OFlags::DIRECTORY;
        Ok(Self(rustix::fs::open(c"/", flags, Mode::empty())?))
    }

    /// A thing in this folder, which may be a symlink: then the link itself.
    pub fn pin(&self, name: &[u8]) -> Result<Pin, Errno> {
        let held = rustix::fs::openat(&self.0, name, HELD, Mode::empty())?;
        Ok(Pin(held))
    }

    /// At most `most` names; one more says that there are more.
    pub fn names(&self, most: usize) -> Result<Vec<Vec<u8>>, Errno> {
        super::names(&self.0, most)
    }
}

impl Pin {
    pub fn look(&self) -> Result<Look, Errno> {
        let wanted = StatxFlags::BASIC_STATS | StatxFlags::MNT_ID;
        let found = rustix::fs::statx(&self.0, c"", AtFlags::EMPTY_PATH, wanted)?;
        let mode = u32::from(found.stx_mode);
        Ok(Look {
            dev: rustix::fs::makedev(found.stx_dev_major, found.stx_dev_minor),
            ino: found.stx_ino,
            kind: kind(mode),
            names: u64::from(found.stx_nlink),
            rights: Rights {
                uid: found.stx_uid,
                gid: found.stx_gid,
                mode: mode & 0o7777,
            },
            mount: self.mount(&found)?,
        })
    }

    /// `statx` tells the mount since Linux 5.8, `/proc` since 3.15.
    fn mount(&self, found: &Statx) -> Result<u64, Errno> {
        if found.stx_mask & StatxFlags::MNT_ID.bits() != 0 {
            return Ok(found.stx_mnt_id);
        }
        self.mount_by_proc()
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "what the kernel says about our own descriptor"
    )]
    fn mount_by_proc(&self) -> Result<u64, Errno> {
        let info = format!("/proc/self/fdinfo/{}", self.0.as_raw_fd());
        let text = std::fs::read_to_string(info).map_err(|_| Errno::NOSYS)?;
        text.lines()
            .find_map(|line| line.strip_prefix("mnt_id:"))
            .and_then(|id| id.trim().parse().ok())
            .ok_or(Errno::NOSYS)
    }

    /// Whether the file gives rights of its own to who runs it, which a change of owner would
    /// take away (capabilities(7), `security.capability`).
    pub fn has_capabilities(&self) -> Result<bool, Errno> {
        match rustix::fs::getxattr(self.by_number(), c"security.capability", &mut [0; 64]) {
            Ok(_) | Err(Errno::RANGE) => Ok(true),
            Err(Errno::NODATA | Errno::NOTSUP) => Ok(false),
            Err(error) => Err(error),
        }
    }

    pub fn chown(&self, owner: Owner) -> Result<(), Errno> {
        let user = Some(Uid::from_raw(owner.uid));
        let group = Some(Gid::from_raw(owner.gid));
        rustix::fs::chownat(&self.0, c"", user, group, AtFlags::EMPTY_PATH)
    }

    /// Never for a symlink: the kernel would change the link's own mode on some file systems.
    pub fn chmod(&self, mode: u32) -> Result<(), Errno> {
        // `fchmod` refuses such descriptors; the name that `/proc` gives them leads to the inode.
        let mode = Mode::from_raw_mode(raw(mode));
        rustix::fs::chmodat(CWD, self.by_number(), mode, AtFlags::empty())
    }

    /// The same thing, held once more.
    pub fn again(&self) -> Result<Self, Errno> {
        Ok(Self(rustix::io::fcntl_dupfd_cloexec(&self.0, 0)?))
    }

    pub fn enter(self) -> Result<Folder, Errno> {
        if self.look()?.kind != Some(super::Kind::Folder) {
            return Err(Errno::NOTDIR);
        }
        Ok(Folder(self.0))
    }

    fn by_number(&self) -> String {
        format!("/proc/self/fd/{}", self.0.as_raw_fd())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_to_tell_the_mount_agree() {
        let top = Folder::top().expect("a root");
        for name in [&b"proc"[..], b"tmp"] {
            let pin = top.pin(name).expect("a folder");
            assert_eq!(
                Ok(pin.look().expect("a look").mount),
                pin.mount_by_proc(),
                "{name:?}"
            );
        }
    }
}
