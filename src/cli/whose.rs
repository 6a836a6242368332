//! Whose files a run would write. Root's own files in a user's home are the classic wreck: the
//! gateway cannot write them any more, and nobody sees why. So root does not repair there, but
//! becomes that user first.
#![expect(
    clippy::disallowed_methods,
    reason = "asks whose the folders are that a run writes into"
)]

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use nix::unistd::{Uid, User};

use crate::failure::Failure;
use crate::surroundings::Surroundings;
use crate::text::wash;

/// Somebody else's folder into which root would write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Foreign {
    pub folder: PathBuf,
    /// The owner's name, or the number of one without a name.
    pub owner: String,
}

/// The first folder of these surroundings that is another user's, for root; none for everybody
/// else, whom the system itself keeps out.
pub fn foreign(here: &Surroundings) -> Option<Foreign> {
    if here.uid != 0 {
        return None;
    }
    let named = [
        "OPENCLAW_HOME",
        "OPENCLAW_STATE_DIR",
        "OPENCLAW_CONFIG_PATH",
    ];
    let named = named.into_iter().filter_map(|name| here.var(name));
    [here.home.clone(), here.state_dir()]
        .into_iter()
        .chain(named.map(|path| here.expand(path)))
        .find_map(|path| {
            let (folder, uid) = standing(&path)?;
            (uid != here.uid).then(|| Foreign {
                folder: folder.to_path_buf(),
                owner: name(uid),
            })
        })
}

/// The nearest part of the path that is there, and whose it is.
fn standing(path: &Path) -> Option<(&Path, u32)> {
    path.ancestors()
        .find_map(|part| Some((part, std::fs::metadata(part).ok()?.uid())))
}

fn name(uid: u32) -> String {
    match User::from_uid(Uid::from_raw(uid)) {
        Ok(Some(user)) => user.name,
        Ok(None) | Err(_) => uid.to_string(),
    }
}

/// Refuses to work among the files of another user.
pub fn own(here: &Surroundings, how: impl Fn(&str) -> String) -> Result<(), Failure> {
    let Some(foreign) = foreign(here) else {
        return Ok(());
    };
    let owner = wash(&foreign.owner, 60);
    Err(Failure::system(format!(
        "{} belongs to {owner}, and root would leave files of its own there",
        wash(&foreign.folder.to_string_lossy(), 300)
    ))
    .hint(how(&owner)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn here(uid: u32, home: &Path) -> Surroundings {
        Surroundings {
            uid,
            home: home.to_owned(),
            ..Surroundings::default()
        }
    }

    #[test]
    fn root_does_not_work_in_the_home_of_a_user() {
        let place = tempfile::tempdir().expect("a folder");
        let mine = nix::unistd::geteuid().as_raw();
        if mine == 0 {
            std::os::unix::fs::chown(place.path(), Some(65_534), None).expect("we are root");
        }
        let found = foreign(&here(0, place.path())).expect("it is somebody else's");
        assert_eq!(found.folder, place.path());
        let failure = own(&here(0, place.path()), |owner| format!("be {owner}"));
        let failure = failure.expect_err("refused");
        assert_eq!(failure.hints, [format!("be {}", found.owner)]);
        assert_eq!(foreign(&here(501, place.path())), None, "not root");
    }

    #[test]
    fn a_folder_that_is_not_there_yet_is_judged_by_the_one_above() {
        let place = tempfile::tempdir().expect("a folder");
        let deep = place.path().join("a/b");
        let (part, _) = standing(&deep).expect("the root is there");
        assert_eq!(part, place.path());
    }
}
