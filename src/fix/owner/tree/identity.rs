//! For any tree: a change taken back is no change, from every point in its middle too.

use proptest::prelude::*;

use super::super::entry::{Owner, Wish};
use super::super::{List, Standing};
use super::ground::{Ground, SANDBOX, is_root, soon};
use super::{change, restore, standing};

#[derive(Clone, Debug)]
pub struct Planted {
    /// The folder that it is in: one of those before it, or the root.
    above: prop::sample::Index,
    name: Vec<u8>,
    is_folder: bool,
    mode: u32,
    owner: Owner,
}

pub fn planted() -> impl Strategy<Value = Planted> {
    let name = prop::collection::vec(
        any::<u8>().prop_filter("a name", |byte| *byte != 0 && *byte != b'/'),
        1..6,
    );
    let owner = prop_oneof![
        Just(SANDBOX),
        Just(Owner { uid: 0, gid: 0 }),
        (0u32..5, 0u32..5).prop_map(|(uid, gid)| Owner { uid, gid }),
    ];
    (
        any::<prop::sample::Index>(),
        name,
        any::<bool>(),
        0u32..0o1000,
        owner,
    )
        .prop_map(|(above, name, is_folder, mode, owner)| Planted {
            above,
            name,
            is_folder,
            mode,
            owner,
        })
}

pub fn grow(ground: &Ground, all: &[Planted]) {
    use std::os::unix::ffi::OsStrExt;
    let mut folders = vec![ground.root.clone()];
    let mut made = Vec::new();
    for one in all {
        let path = one
            .above
            .get(&folders)
            .join(std::ffi::OsStr::from_bytes(&one.name));
        if one.name == b"." || one.name == b".." || path.symlink_metadata().is_ok() {
            continue;
        }
        if one.is_folder {
            std::fs::create_dir(&path).expect("a folder");
            folders.push(path.clone());
        } else {
            std::fs::write(&path, "").expect("a file");
        }
        made.push((path, one));
    }
    for (path, one) in made {
        let mode = std::os::unix::fs::PermissionsExt::from_mode(one.mode);
        std::fs::set_permissions(&path, mode).expect("a mode");
        std::os::unix::fs::lchown(&path, Some(one.owner.uid), Some(one.owner.gid))
            .expect("an owner");
    }
}

/// The first `count` entries as a change would have left them when it was killed.
fn first(list: &List, count: usize) -> List {
    List {
        entries: list.entries[..count].to_vec(),
        ..list.clone()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn from_every_prefix_a_change_is_finished_or_taken_back(
        all in prop::collection::vec(planted(), 0..12),
        wish in prop_oneof![Just(Wish::Owner(SANDBOX)), Just(Wish::OwnerAccess { uid: 0 })],
    ) {
        if !is_root("from_every_prefix") {
            return Ok(());
        }
        let ground = Ground::new();
        grow(&ground, &all);
        let before = ground.picture();
        let rules = ground.rules();
        let list = ground.survey(wish).list;
        change(&list, &rules, soon()).expect("a change");
        let after = ground.picture();
        restore(&list, &rules, soon()).expect("a restoration");
        prop_assert_eq!(&ground.picture(), &before);
        for done in 0..=list.entries.len() {
            let part = first(&list, done);
            change(&part, &rules, soon()).expect("a part");
            let stand = standing(&list, &rules, soon()).expect("a standing");
            let left = list.entries.len() - done;
            prop_assert_eq!(stand, match (done, left) {
                (_, 0) => Standing::Done,
                (0, _) => Standing::Untouched,
                (done, left) => Standing::Halfway { done, left },
            });
            change(&list, &rules, soon()).expect("the rest");
            prop_assert_eq!(&ground.picture(), &after);
            restore(&list, &rules, soon()).expect("all back");
            change(&part, &rules, soon()).expect("a part");
            restore(&list, &rules, soon()).expect("the part back");
            prop_assert_eq!(&ground.picture(), &before);
        }
    }
}
