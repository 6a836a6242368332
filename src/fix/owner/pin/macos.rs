//! Holding things by their folder and name.

use std::os::fd::OwnedFd;

use rustix::fs::{AtFlags, Mode, OFlags};
use rustix::fs::{Gid, Uid};
use rustix::io::Errno;

use super::super::entry::{Owner, Rights};
use super::{Look, kind, raw};

pub struct Pin {
    folder: OwnedFd,
    name: Vec<u8>,
}

pub struct Folder(OwnedFd);

const HELD: OFlags = OFlags::RDONLY
    .union(OFlags::DIRECTORY)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::CLOEXEC);

impl Folder {
    /// `/`.
    pub fn top() -> Result<Self, Errno> {
        Ok(Self(rustix::fs::open(c"/", HELD, Mode::empty())?))
    }

    /// A thing in this folder, which may be a symlink: then the link itself.
    pub fn pin(&self, name: &[u8]) -> Result<Pin, Errno> {
        let pin = Pin {
            folder: rustix::io::fcntl_dupfd_cloexec(&self.0, 0)?,
            name: name.to_owned(),
        };
        pin.look()?;
        Ok(pin)
    }

    /// At most `most` names; one more says that there are more.
    pub fn names(&self, most: usize) -> Result<Vec<Vec<u8>>, Errno> {
        super::names(&self.0, most)
    }
}

impl Pin {
    pub fn look(&self) -> Result<Look, Errno> {
        let found = rustix::fs::statat(&self.folder, &self.name[..], AtFlags::SYMLINK_NOFOLLOW)?;
        let mode = u32::from(found.st_mode);
        Ok(Look {
            // A number without a sign, whatever the C type.
            dev: u64::from(found.st_dev.cast_unsigned()),
            ino: found.st_ino,
            kind: kind(mode),
            names: u64::from(found.st_nlink),
            rights: Rights {
                uid: found.st_uid,
                gid: found.st_gid,
                mode: mode & 0o7777,
            },
            mount: 0,
        })
    }

    /// Linux alone has them.
    #[expect(
        clippy::unnecessary_wraps,
        clippy::unused_self,
        reason = "the same on every system for who asks"
    )]
    pub fn has_capabilities(&self) -> Result<bool, Errno> {
        Ok(false)
    }

    pub fn chown(&self, owner: Owner) -> Result<(), Errno> {
        rustix::fs::chownat(
            &self.folder,
            &self.name[..],
            Some(Uid::from_raw(owner.uid)),
            Some(Gid::from_raw(owner.gid)),
            AtFlags::SYMLINK_NOFOLLOW,
        )
    }

    pub fn chmod(&self, mode: u32) -> Result<(), Errno> {
        let mode = Mode::from_raw_mode(raw(mode));
        let name = &self.name[..];
        rustix::fs::chmodat(&self.folder, name, mode, AtFlags::SYMLINK_NOFOLLOW)
    }

    /// The same thing, held once more.
    pub fn again(&self) -> Result<Self, Errno> {
        Ok(Self {
            folder: rustix::io::fcntl_dupfd_cloexec(&self.folder, 0)?,
            name: self.name.clone(),
        })
    }

    pub fn enter(self) -> Result<Folder, Errno> {
        let seen = self.look()?;
        let entered = Folder(rustix::fs::openat(
            &self.folder,
            &self.name[..],
            HELD,
            Mode::empty(),
        )?);
        // Another folder may have taken the name in between.
        let found = rustix::fs::fstat(&entered.0)?;
        if found.st_ino != seen.ino || u64::from(found.st_dev.cast_unsigned()) != seen.dev {
            return Err(Errno::STALE);
        }
        Ok(entered)
    }
}
