//! A folder to try repairs on, and a word when they need root.

use std::collections::BTreeMap;
use std::os::unix::fs::{MetadataExt, PermissionsExt, lchown};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::super::entry::{Owner, Rights, Skipped, WhySkipped, Wish};
use super::super::guard::Rules;
use super::super::{List, Survey};
use super::{Bounds, survey};
use crate::deadline::Deadline;

pub const SANDBOX: Owner = Owner {
    uid: 4242,
    gid: 4243,
};
pub const WISH: Wish = Wish::Owner(SANDBOX);

pub struct Ground {
    _place: tempfile::TempDir,
    /// The tree.
    pub root: PathBuf,
    /// Beside it: what must not be touched.
    pub outside: PathBuf,
}

impl Ground {
    pub fn new() -> Self {
        let place = tempfile::tempdir().expect("a folder");
        let above = std::fs::canonicalize(place.path()).expect("a path without links");
        let (root, outside) = (above.join("tree"), above.join("outside"));
        std::fs::create_dir(&root).expect("a folder");
        std::fs::create_dir(&outside).expect("a folder");
        std::fs::write(outside.join("secret"), "s").expect("a file");
        Self {
            _place: place,
            root,
            outside,
        }
    }

    pub fn rules(&self) -> Rules {
        Rules {
            allowed_roots: vec![self.root.clone()],
            ..Rules::default()
        }
    }

    /// `dir/`, `dir/file`: missing folders are made.
    pub fn plant(&self, paths: &[&str]) {
        for path in paths {
            let at = self.root.join(path);
            std::fs::create_dir_all(at.parent().expect("a parent")).expect("folders");
            if path.ends_with('/') {
                std::fs::create_dir_all(at).expect("a folder");
            } else {
                std::fs::write(at, path).expect("a file");
            }
        }
    }

    pub fn survey(&self, wish: Wish) -> Survey {
        survey(&self.root, wish, &self.rules(), Bounds::until(soon())).expect("a survey")
    }

    pub fn list(&self) -> List {
        self.survey(WISH).list
    }

    pub fn chown(&self, path: &str, owner: Owner) {
        lchown(self.root.join(path), Some(owner.uid), Some(owner.gid)).expect("a new owner");
    }

    pub fn chmod(&self, path: &str, mode: u32) {
        let mode = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(self.root.join(path), mode).expect("a new mode");
    }

    pub fn rights(&self, path: &str) -> Rights {
        rights(&self.root.join(path))
    }

    /// Everything in the tree and beside it, as it is.
    pub fn picture(&self) -> BTreeMap<PathBuf, Rights> {
        let mut picture = BTreeMap::new();
        for top in [&self.root, &self.outside] {
            draw(top, &mut picture);
        }
        picture
    }
}

pub fn rights(path: &Path) -> Rights {
    let found = std::fs::symlink_metadata(path).expect("it is there");
    Rights {
        uid: found.uid(),
        gid: found.gid(),
        mode: found.mode() & 0o7777,
    }
}

fn draw(path: &Path, picture: &mut BTreeMap<PathBuf, Rights>) {
    picture.insert(path.to_owned(), rights(path));
    if path.is_dir() && !path.is_symlink() {
        for entry in std::fs::read_dir(path).expect("a folder") {
            draw(&entry.expect("an entry").path(), picture);
        }
    }
}

pub fn soon() -> Deadline {
    Deadline::after(Duration::from_mins(1))
}

pub fn names(list: &List) -> Vec<String> {
    list.entries.iter().map(super::super::Entry::name).collect()
}

pub fn skipped(path: &str, why: WhySkipped) -> Skipped {
    Skipped {
        path: path.into(),
        why,
    }
}

/// Owners can be changed by root alone.
#[expect(clippy::print_stderr, reason = "a test that was not done says so")]
pub fn is_root(test: &str) -> bool {
    let is = rustix::process::geteuid().is_root();
    if !is {
        eprintln!("{test}: skipped: not root");
    }
    is
}
