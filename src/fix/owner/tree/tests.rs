use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::super::entry::{Owner, WhySkipped, Wish};
use super::super::guard::{Rule, Rules};
use super::super::{Changed, ProblemKind, Progress, Standing};
use super::ground::{Ground, SANDBOX, WISH, is_root, names, rights, skipped, soon};
use super::{Bounds, change, restore, standing, survey};
use crate::deadline::Deadline;

const OTHER: Owner = Owner { uid: 77, gid: 78 };

fn refused(root: &Path, rules: &Rules) -> Rule {
    let problem =
        survey(root, WISH, rules, Bounds::until(soon())).expect_err("must not be surveyed");
    match problem.kind {
        ProblemKind::Refused(refusal) => refusal.rule,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_differs_is_listed_folders_first_and_nothing_is_changed() {
    let ground = Ground::new();
    ground.plant(&["b/c", "a", "b/d/"]);
    let before = ground.picture();
    let found = ground.survey(WISH);
    assert_eq!(names(&found.list), [".", "a", "b", "b/c", "b/d"]);
    assert_eq!((found.seen, found.skipped), (5, vec![]));
    assert_eq!(ground.picture(), before);
}

#[test]
fn a_change_gives_all_to_the_sandbox_and_is_taken_back_exactly() {
    if !is_root("a_change_gives_all_to_the_sandbox") {
        return;
    }
    let ground = Ground::new();
    ground.plant(&["b/c", "a", "b/d/", "mine"]);
    ground.chown("a", OTHER);
    ground.chown("mine", SANDBOX);
    ground.chmod("b/d", 0o2751);
    ground.chmod("b/c", 0o400);
    let before = ground.picture();
    let list = ground.list();
    assert_eq!(names(&list), [".", "a", "b", "b/c", "b/d"]);
    let done = change(&list, &ground.rules(), soon()).expect("a change");
    assert_eq!(
        done,
        Changed {
            changed: 5,
            already: 0
        }
    );
    for path in ["", "a", "b", "b/c", "b/d", "mine"] {
        assert_eq!(ground.rights(path).owner(), SANDBOX, "{path}");
    }
    assert_eq!(ground.rights("b/d").mode, 0o2751);
    assert_eq!(ground.list().entries, [], "a second run plans nothing");
    restore(&list, &ground.rules(), soon()).expect("a restoration");
    assert_eq!(ground.picture(), before);
}

#[test]
fn a_link_is_changed_itself_and_never_what_it_points_to() {
    if !is_root("a_link_is_changed_itself") {
        return;
    }
    let ground = Ground::new();
    ground.plant(&["real/inner"]);
    ground.chown("real/inner", SANDBOX);
    symlink("/etc", ground.root.join("to-etc")).expect("a link");
    symlink(&ground.outside, ground.root.join("to-outside")).expect("a link");
    symlink("real", ground.root.join("to-sibling")).expect("a link");
    symlink("nowhere", ground.root.join("dangling")).expect("a link");
    let etc = rights(Path::new("/etc"));
    let outside = rights(&ground.outside);
    let secret = ground.outside.join("secret");
    let before = rights(&secret);
    let list = ground.list();
    let expected = [
        ".",
        "dangling",
        "real",
        "to-etc",
        "to-outside",
        "to-sibling",
    ];
    assert_eq!(names(&list), expected);
    change(&list, &ground.rules(), soon()).expect("a change");
    assert_eq!(rights(Path::new("/etc")), etc);
    assert_eq!(rights(&ground.outside), outside);
    assert_eq!(rights(&secret), before);
    for link in ["to-etc", "to-outside", "to-sibling", "dangling"] {
        assert_eq!(ground.rights(link).owner(), SANDBOX, "{link}");
    }
}

#[test]
fn a_root_that_is_a_link_or_is_reached_by_one_is_refused() {
    let ground = Ground::new();
    ground.plant(&["a/b/"]);
    let above = ground.root.parent().expect("a parent").to_owned();
    let link = above.join("link");
    symlink(&ground.root, &link).expect("a link");
    let rules = Rules {
        allowed_roots: vec![link.clone()],
        ..Rules::default()
    };
    assert_eq!(refused(&link, &rules), Rule::Link);
    assert_eq!(refused(&link.join("a/b"), &rules), Rule::Link);
}

#[test]
fn a_home_under_another_name_is_refused() {
    let ground = Ground::new();
    if !is_root("a_home_under_another_name_is_refused") {
        return;
    }
    let _mount = Mount::bind(&ground.outside, &ground.root);
    let rules = Rules {
        homes: vec![ground.outside.clone()],
        ..ground.rules()
    };
    assert_eq!(refused(&ground.root, &rules), Rule::Home);
}

#[test]
fn what_is_mounted_inside_is_skipped_on_the_same_device_too() {
    if !is_root("what_is_mounted_inside_is_skipped") {
        return;
    }
    let ground = Ground::new();
    ground.plant(&["bind/", "tmpfs/", "file", "x"]);
    let _bind = Mount::bind(&ground.outside, &ground.root.join("bind"));
    let _file = Mount::bind(&ground.outside.join("secret"), &ground.root.join("file"));
    let _tmpfs = Mount::tmpfs(&ground.root.join("tmpfs"));
    let before = rights(&ground.outside.join("secret"));
    let found = ground.survey(WISH);
    assert_eq!(names(&found.list), [".", "x"]);
    let mounted = |path| skipped(path, WhySkipped::Mount);
    assert_eq!(
        found.skipped,
        [mounted("bind"), mounted("file"), mounted("tmpfs")]
    );
    change(&found.list, &ground.rules(), soon()).expect("a change");
    assert_eq!(rights(&ground.outside.join("secret")), before);
}

#[test]
fn what_was_mounted_over_since_is_not_changed() {
    if !is_root("what_was_mounted_over_since") {
        return;
    }
    let ground = Ground::new();
    ground.plant(&["a/b", "z"]);
    let list = ground.list();
    let _mount = Mount::bind(&ground.root.join("a"), &ground.root.join("a"));
    let before = ground.picture();
    let problem = change(&list, &ground.rules(), soon()).expect_err("moved on");
    assert_eq!(problem.kind, ProblemKind::MovedOn);
    assert!(
        problem
            .message
            .contains("a/b (something is mounted there now)"),
        "{problem}"
    );
    assert_eq!(ground.picture(), before);
}

#[test]
fn a_file_of_several_names_is_skipped_and_named() {
    if !is_root("a_file_of_several_names") {
        return;
    }
    let ground = Ground::new();
    let secret = ground.outside.join("secret");
    std::fs::hard_link(&secret, ground.root.join("trap")).expect("a hard link");
    let found = ground.survey(WISH);
    assert_eq!(names(&found.list), ["."]);
    assert_eq!(found.skipped, [skipped("trap", WhySkipped::HardLink(2))]);
    ground.chown("trap", SANDBOX);
    let again = ground.survey(WISH);
    assert_eq!(
        again.skipped,
        [],
        "nothing is wrong with it: no word about it"
    );
}

#[test]
fn a_file_that_got_a_second_name_since_is_not_changed() {
    let ground = Ground::new();
    ground.plant(&["a"]);
    let list = ground.list();
    std::fs::hard_link(ground.root.join("a"), ground.outside.join("a")).expect("a hard link");
    let problem = change(&list, &ground.rules(), soon()).expect_err("moved on");
    assert!(
        problem.message.contains("a (has more names now)"),
        "{problem}"
    );
}

#[test]
fn a_file_swapped_since_the_survey_stops_everything_before_it_begins() {
    let ground = Ground::new();
    ground.plant(&["a", "b", "c/d"]);
    let list = ground.list();
    // The old inode lives on under another name, so that its number is not used again.
    std::fs::rename(ground.root.join("b"), ground.outside.join("b")).expect("moved away");
    symlink(ground.outside.join("secret"), ground.root.join("b")).expect("a link");
    std::fs::rename(ground.root.join("c"), ground.outside.join("c")).expect("moved away");
    symlink(ground.outside.join("c"), ground.root.join("c")).expect("a link");
    let before = ground.picture();
    let problem = change(&list, &ground.rules(), soon()).expect_err("moved on");
    assert_eq!(
        problem.to_string(),
        "changed since by somebody else: b (replaced); c (replaced); c/d (gone)"
    );
    assert_eq!(
        (problem.kind, problem.progress),
        (ProblemKind::MovedOn, None)
    );
    assert_eq!(ground.picture(), before);
    let words = "changed since by somebody else: b (replaced); c (replaced); c/d (gone)";
    assert_eq!(
        standing(&list, &ground.rules(), soon()),
        Ok(Standing::MovedOn(words.to_owned()))
    );
}

#[test]
fn another_root_than_the_surveyed_one_is_not_touched() {
    let ground = Ground::new();
    ground.plant(&["a"]);
    let list = ground.list();
    std::fs::rename(&ground.root, ground.outside.join("old")).expect("moved away");
    ground.plant(&["a"]);
    let problem = change(&list, &ground.rules(), soon()).expect_err("moved on");
    assert_eq!(problem.kind, ProblemKind::MovedOn);
    let problem = restore(&list, &ground.rules(), soon()).expect_err("moved on");
    assert_eq!(problem.kind, ProblemKind::MovedOn);
}

#[test]
fn nothing_is_restored_when_somebody_changed_an_owner_or_a_mode_since() {
    if !is_root("nothing_is_restored_when_somebody_changed") {
        return;
    }
    let ground = Ground::new();
    ground.plant(&["a", "b", "c", "d", "e", "f", "g"]);
    let list = ground.list();
    change(&list, &ground.rules(), soon()).expect("a change");
    for path in ["a", "b", "c", "d", "e"] {
        ground.chown(path, OTHER);
    }
    ground.chmod("f", 0o600);
    let before = ground.picture();
    let problem = restore(&list, &ground.rules(), soon()).expect_err("moved on");
    let text = problem.to_string();
    assert!(
        text.contains("a (77:78 0644)") && text.ends_with("; and 1 more"),
        "{text}"
    );
    assert_eq!(ground.picture(), before);
}

#[test]
fn a_setuid_file_keeps_its_owner_since_it_could_not_be_given_back_safely() {
    if !is_root("a_setuid_file_keeps_its_owner") {
        return;
    }
    let ground = Ground::new();
    ground.plant(&["suid", "sgid", "x"]);
    ground.chmod("suid", 0o4755);
    ground.chmod("sgid", 0o2711);
    let found = ground.survey(WISH);
    let set = |path| skipped(path, WhySkipped::SetId);
    assert_eq!(found.skipped, [set("sgid"), set("suid")]);
    let mut list = found.list;
    list.entries[1].was.mode = 0o4755;
    let problem = change(&list, &ground.rules(), soon()).expect_err("a forged list");
    assert_eq!(problem.kind, ProblemKind::Unusable);
    list.entries[1].was.mode = 0o644;
    change(&list, &ground.rules(), soon()).expect("a change");
    assert_eq!(ground.rights("suid").mode, 0o4755);
}

#[test]
fn a_file_with_capabilities_is_skipped() {
    if !is_root("a_file_with_capabilities") {
        return;
    }
    let ground = Ground::new();
    ground.plant(&["cap"]);
    // VFS_CAP_REVISION_2, cap_net_raw permitted: linux/capability.h.
    let raw = [
        0u8, 0, 0, 2, 0, 32, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    ];
    let flags = rustix::fs::XattrFlags::empty();
    let path = ground.root.join("cap");
    if rustix::fs::setxattr(&path, "security.capability", &raw, flags).is_err() {
        return;
    }
    let found = ground.survey(WISH);
    assert_eq!(found.skipped, [skipped("cap", WhySkipped::Capabilities)]);
}

#[test]
fn any_name_that_a_file_can_have_is_changed_and_restored() {
    if !is_root("any_name_that_a_file_can_have") {
        return;
    }
    let ground = Ground::new();
    for name in [
        &b"\xff\xfe"[..],
        b"two\nlines",
        b"\x1b[2J",
        b" ",
        b"-rf",
        b"\\",
        b"\"",
        "ü".as_bytes(),
    ] {
        let folder = ground.root.join(OsStr::from_bytes(name));
        std::fs::create_dir(&folder).expect("a folder");
        std::fs::write(folder.join(OsStr::from_bytes(name)), "").expect("a file");
    }
    let before = ground.picture();
    let list = ground.list();
    let list = super::super::List::read(&list.text()).expect("the same list");
    assert_eq!(list, ground.list());
    let done = change(&list, &ground.rules(), soon()).expect("a change");
    assert_eq!(done.changed, 17);
    restore(&list, &ground.rules(), soon()).expect("a restoration");
    assert_eq!(ground.picture(), before);
}

#[test]
fn a_killed_change_goes_on_or_is_taken_back() {
    if !is_root("a_killed_change") {
        return;
    }
    let ground = Ground::new();
    ground.plant(&["a", "b/c", "d"]);
    let before = ground.picture();
    let list = ground.list();
    let stand = || standing(&list, &ground.rules(), soon()).expect("a standing");
    assert_eq!(stand(), Standing::Untouched);
    for path in ["", "a"] {
        ground.chown(path, SANDBOX);
    }
    assert_eq!(stand(), Standing::Halfway { done: 2, left: 3 });
    let done = change(&list, &ground.rules(), soon()).expect("the rest");
    assert_eq!(
        done,
        Changed {
            changed: 3,
            already: 2
        }
    );
    assert_eq!(stand(), Standing::Done);
    let root = rights(&ground.outside).owner();
    ground.chown("d", root);
    let done = restore(&list, &ground.rules(), soon()).expect("a restoration");
    assert_eq!(
        done,
        Changed {
            changed: 4,
            already: 1
        }
    );
    assert_eq!((stand(), ground.picture()), (Standing::Untouched, before));
}

#[test]
fn five_thousand_files_are_changed_and_restored() {
    if !is_root("five_thousand_files") {
        return;
    }
    let ground = Ground::new();
    for folder in 0..50 {
        let folder = ground.root.join(format!("f{folder}"));
        std::fs::create_dir(&folder).expect("a folder");
        for file in 0..99 {
            std::fs::write(folder.join(format!("{file}")), "").expect("a file");
        }
    }
    let list = ground.list();
    assert_eq!(list.entries.len(), 5001);
    let done = change(&list, &ground.rules(), soon()).expect("a change");
    assert_eq!(done.changed, 5001);
    let done = restore(&list, &ground.rules(), soon()).expect("a restoration");
    assert_eq!(done.changed, 5001);
}

#[test]
fn too_many_too_deep_and_too_late_are_refused_whole() {
    let ground = Ground::new();
    ground.plant(&["a/b/c/d", "e", "f"]);
    let try_with = |entries, depth, deadline| {
        let bounds = Bounds {
            entries,
            depth,
            deadline,
        };
        survey(&ground.root, WISH, &ground.rules(), bounds).map_err(|problem| problem.kind)
    };
    assert_eq!(try_with(6, 9, soon()), Err(ProblemKind::TooMany));
    assert_eq!(try_with(2, 9, soon()), Err(ProblemKind::TooMany));
    assert_eq!(try_with(9, 3, soon()), Err(ProblemKind::TooMany));
    assert!(try_with(7, 4, soon()).is_ok());
    let past = Deadline::after(Duration::ZERO);
    assert_eq!(try_with(9, 9, past), Err(ProblemKind::Late));
    let problem = change(&ground.list(), &ground.rules(), past).expect_err("late");
    assert_eq!((problem.kind, problem.progress), (ProblemKind::Late, None));
}

#[test]
fn a_change_that_the_system_refuses_says_how_far_it_came() {
    if !is_root("a_change_that_the_system_refuses") {
        return;
    }
    let ground = Ground::new();
    ground.plant(&["a", "b", "c"]);
    let list = ground.list();
    let file = ground.root.join("b");
    let attribute = |flag| Command::new("chattr").arg(flag).arg(&file).status();
    if !attribute("+i").is_ok_and(|status| status.success()) {
        return;
    }
    let problem = change(&list, &ground.rules(), soon()).expect_err("immutable");
    let stand = standing(&list, &ground.rules(), soon());
    attribute("-i").expect("chattr");
    assert_eq!(problem.progress, Some(Progress { done: 2, left: 2 }));
    assert!(
        problem
            .message
            .starts_with("could not change the owner of b: "),
        "{problem}"
    );
    assert_eq!(stand, Ok(Standing::Halfway { done: 2, left: 2 }));
    change(&list, &ground.rules(), soon()).expect("the rest");
}

#[test]
fn the_owners_own_access_is_mended_and_taken_back() {
    let ground = Ground::new();
    ground.plant(&["open/file", "shut/file", "tool", "fine"]);
    symlink("tool", ground.root.join("link")).expect("a link");
    let uid = rustix::process::geteuid().as_raw();
    ground.chmod("open/file", 0o444);
    ground.chmod("open", 0o555);
    ground.chmod("tool", 0o011);
    ground.chmod("shut/file", 0o000);
    let wish = Wish::OwnerAccess { uid };
    let before = ground.picture();
    let list = ground.survey(wish).list;
    assert_eq!(names(&list), ["open", "open/file", "shut/file", "tool"]);
    change(&list, &ground.rules(), soon()).expect("a change");
    for (path, mode) in [
        ("open", 0o755),
        ("open/file", 0o644),
        ("tool", 0o711),
        ("shut/file", 0o600),
    ] {
        assert_eq!(ground.rights(path).mode, mode, "{path}");
    }
    restore(&list, &ground.rules(), soon()).expect("a restoration");
    assert_eq!(ground.picture(), before);
}

#[test]
fn what_belongs_to_somebody_else_gets_no_mode() {
    if !is_root("what_belongs_to_somebody_else") {
        return;
    }
    let ground = Ground::new();
    ground.plant(&["theirs"]);
    ground.chmod("theirs", 0o000);
    ground.chown("theirs", OTHER);
    let found = ground.survey(Wish::OwnerAccess { uid: 0 });
    assert_eq!(found.list.entries, []);
    assert_eq!(
        found.skipped,
        [skipped("theirs", WhySkipped::ForeignOwner(77))]
    );
}

#[test]
fn a_device_node_is_skipped_and_a_pipe_is_not() {
    if !is_root("a_device_node_is_skipped") {
        return;
    }
    let ground = Ground::new();
    let make = |name: &str, kind: &[&str]| {
        let status = Command::new("mknod")
            .arg(ground.root.join(name))
            .args(kind)
            .status();
        assert!(status.expect("mknod").success());
    };
    make("null", &["c", "1", "3"]);
    make("pipe", &["p"]);
    let found = ground.survey(WISH);
    assert_eq!(found.skipped, [skipped("null", WhySkipped::Device)]);
    change(&found.list, &ground.rules(), soon()).expect("a change");
    assert_eq!(ground.rights("pipe").owner(), SANDBOX);
}

/// Undone when dropped.
struct Mount(std::path::PathBuf);

impl Mount {
    fn bind(from: &Path, to: &Path) -> Self {
        Self::new(to, Command::new("mount").arg("--bind").arg(from).arg(to))
    }

    fn tmpfs(to: &Path) -> Self {
        Self::new(
            to,
            Command::new("mount").args(["-t", "tmpfs", "none"]).arg(to),
        )
    }

    fn new(to: &Path, command: &mut Command) -> Self {
        assert!(command.status().expect("mount").success(), "{command:?}");
        Self(to.to_owned())
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}
