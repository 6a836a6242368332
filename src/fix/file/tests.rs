use std::os::unix::fs::PermissionsExt as _;

use super::*;

fn run() -> RunId {
    RunId::try_from("20260730-205650123-4711".to_owned()).expect("a name")
}

/// A folder with a file `daemon.json`.
struct Place {
    folder: tempfile::TempDir,
    path: PathBuf,
}

fn place(text: &str) -> Place {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("daemon.json");
    fs::write(&path, text).expect("written");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("ours");
    Place { folder, path }
}

impl Place {
    fn text(&self) -> String {
        fs::read_to_string(&self.path).expect("it is there")
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.folder.path())
            .expect("a folder")
            .map(|entry| entry.expect("one").file_name().into_string().expect("text"))
            .collect();
        names.sort();
        names
    }

    fn snapshot(&self) -> Snapshot {
        Snapshot::take(&self.path)
            .expect("readable")
            .expect("there")
    }
}

fn kind<T: std::fmt::Debug>(result: Result<T, Problem>) -> ProblemKind {
    result.expect_err("a problem").kind
}

#[test]
fn a_file_is_replaced_with_its_mode_and_nothing_is_left_beside_it() {
    let place = place("{}");
    let before = place.snapshot();
    assert_eq!(before.meta.mode, 0o640);
    let digest = replace(
        &run(),
        &place.path,
        Some(&before.sha256),
        b"{\"a\":1}",
        before.meta,
    )
    .expect("replaced");
    let after = place.snapshot();
    assert_eq!(
        (after.bytes.as_slice(), &after.sha256),
        (&b"{\"a\":1}"[..], &digest)
    );
    assert_eq!(after.meta, before.meta);
    assert_ne!(after.ino, before.ino, "in one piece, not written over");
    assert_eq!(place.names(), ["daemon.json"]);
}

#[test]
fn undoing_restores_bytes_and_rights_exactly() {
    let place = place("{ }\r\n");
    let before = place.snapshot();
    let kept: Kept = serde_json::from_value(serde_json::to_value(before.kept()).expect("data"))
        .expect("reads back");
    let other = Meta {
        mode: 0o600,
        ..before.meta
    };
    let now = replace(&run(), &place.path, Some(&before.sha256), b"x", other).expect("replaced");
    restore(&run(), &kept, &before.bytes, Some(&now)).expect("restored");
    let after = place.snapshot();
    assert_eq!((after.bytes, after.meta), (before.bytes, before.meta));
}

#[test]
fn another_owner_is_kept_or_the_file_is_left_alone() {
    let place = place("{}");
    let before = place.snapshot();
    let like = Meta {
        uid: 12345,
        gid: 12346,
        mode: 0o4640,
    };
    let result = replace(&run(), &place.path, Some(&before.sha256), b"x", like);
    if nix::unistd::geteuid().is_root() {
        result.expect("root may");
        assert_eq!(place.snapshot().meta, like, "the set-id bit as well");
    } else {
        assert_eq!(
            kind(result),
            ProblemKind::Owner {
                uid: 12345,
                gid: 12346
            }
        );
        assert_eq!(place.text(), "{}");
    }
    assert_eq!(place.names(), ["daemon.json"]);
}

#[test]
fn what_somebody_has_changed_is_left_alone() {
    let place = place("theirs");
    let like = place.snapshot().meta;
    let ours = Sha256::of(b"ours");
    let result = replace(&run(), &place.path, Some(&ours), b"new", like);
    assert_eq!(kind(result), ProblemKind::Changed);
    let result = replace(&run(), &place.path, None, b"new", like);
    assert_eq!(kind(result), ProblemKind::Present);
    assert_eq!(kind(remove(&place.path, &ours)), ProblemKind::Changed);
    let kept = Kept {
        path: place.path.clone(),
        sha256: ours.clone(),
        meta: like,
    };
    assert_eq!(
        kind(restore(&run(), &kept, b"ours", Some(&ours))),
        ProblemKind::Changed
    );
    assert_eq!(
        kind(restore(&run(), &kept, b"other", Some(&ours))),
        ProblemKind::Damaged
    );
    assert_eq!((place.text().as_str(), place.names().len()), ("theirs", 1));
}

#[test]
fn a_file_that_has_gone_is_not_made_anew_by_a_replacement() {
    let place = place("{}");
    let before = place.snapshot();
    fs::remove_file(&place.path).expect("ours");
    let result = replace(&run(), &place.path, Some(&before.sha256), b"x", before.meta);
    assert_eq!(kind(result), ProblemKind::Gone);
    assert_eq!(kind(remove(&place.path, &before.sha256)), ProblemKind::Gone);
    restore(&run(), &before.kept(), &before.bytes, None).expect("nothing is in the way");
    assert_eq!(place.snapshot().meta, before.meta);
}

#[test]
fn creating_never_overwrites_and_removing_takes_back_what_was_created() {
    let place = place("{}");
    assert_eq!(
        kind(create(&run(), &place.path, b"x", 0o600)),
        ProblemKind::Present
    );
    let path = place.folder.path().join("new.json");
    let digest = create(&run(), &path, b"x", 0o644).expect("made");
    let made = Snapshot::take(&path).expect("readable").expect("there");
    assert_eq!(
        (made.meta.mode, &made.sha256),
        (0o644, &digest),
        "whatever the umask says"
    );
    remove(&path, &digest).expect("removed");
    assert_eq!(place.names(), ["daemon.json"]);
}

#[test]
fn only_a_regular_file_with_one_name_is_read() {
    let place = place("{}");
    let at = |name: &str| place.folder.path().join(name);
    let take = |name: &str| Snapshot::take(&at(name));
    assert_eq!(take("nothing"), Ok(None));
    std::os::unix::fs::symlink(&place.path, at("link")).expect("linked");
    assert_eq!(kind(take("link")), ProblemKind::Symlink);
    std::os::unix::fs::symlink(at("nowhere"), at("dangling")).expect("linked");
    assert_eq!(kind(take("dangling")), ProblemKind::Symlink);
    fs::create_dir(at("folder")).expect("made");
    assert_eq!(kind(take("folder")), ProblemKind::NotAFile);
    let pipe = nix::sys::stat::Mode::from_bits_truncate(0o600);
    nix::unistd::mkfifo(&at("pipe"), pipe).expect("made");
    assert_eq!(kind(take("pipe")), ProblemKind::NotAFile);
    let large = File::create(at("large")).expect("made");
    large.set_len(LARGEST.0).expect("sparse");
    assert!(take("large").is_ok());
    large.set_len(LARGEST.0 + 1).expect("sparse");
    assert_eq!(
        kind(take("large")),
        ProblemKind::TooLarge { limit: LARGEST }
    );
    fs::hard_link(&place.path, at("second")).expect("linked");
    assert_eq!(kind(take("second")), ProblemKind::HardLinks);
    assert_eq!(
        kind(Snapshot::take(&place.path.join("below"))),
        ProblemKind::Io {
            error: "Not a directory (os error 20)".to_owned()
        }
    );
}

#[test]
fn a_link_is_never_replaced_by_a_file() {
    let place = place("{}");
    let before = place.snapshot();
    let link = place.folder.path().join("link");
    std::os::unix::fs::symlink(&place.path, &link).expect("linked");
    let result = replace(&run(), &link, Some(&before.sha256), b"x", before.meta);
    assert_eq!(kind(result), ProblemKind::Symlink);
    assert_eq!(
        kind(create(&run(), &link, b"x", 0o600)),
        ProblemKind::Symlink
    );
    assert_eq!(place.text(), "{}");
}

#[test]
fn what_a_killed_run_left_is_found_by_its_name_alone() {
    let place = place("{}");
    let ours = ".clawdoctor-20260730-205650123-4711-1a2b3c4d.new";
    let foreign = [
        ".clawdoctor-20260730-205650123-4711-1a2b3c4.new",
        ".clawdoctor-x-1A2B3C4D.new",
        ".clawdoctor-1a2b3c4d.new",
        ".clawdoctor-x-1a2b3c4d.new~",
        "clawdoctor-x-1a2b3c4d.new",
        ".clawdoctor-X-1a2b3c4d.new",
    ];
    for name in foreign.iter().chain([&ours]) {
        fs::write(place.folder.path().join(name), "half").expect("written");
    }
    fs::create_dir(place.folder.path().join(".clawdoctor-x-00000000.new")).expect("made");
    assert_eq!(
        leftovers(place.folder.path()),
        Ok(vec![place.folder.path().join(ours)])
    );
    sweep(place.folder.path()).expect("swept");
    assert_eq!(place.names().len(), foreign.len() + 2);
    assert_eq!(
        leftovers(&place.folder.path().join("nowhere")),
        Ok(Vec::new())
    );
}

#[test]
fn a_run_that_is_taken_up_again_writes_over_its_own_draft() {
    let place = place("{}");
    let before = place.snapshot();
    let fresh = Fresh::write(&run(), &place.path, b"half").expect("written");
    let name = place.names()[0].clone();
    assert!(fresh::is_ours(&name), "{name}");
    // As after a kill: nobody tidies up.
    std::mem::forget(fresh);
    replace(&run(), &place.path, Some(&before.sha256), b"x", before.meta).expect("replaced");
    assert_eq!(
        (place.names(), place.text().as_str()),
        (vec!["daemon.json".to_owned()], "x")
    );
}

#[test]
fn a_replacement_that_fails_leaves_no_draft() {
    let place = place("{}");
    let like = place.snapshot().meta;
    let fresh = Fresh::write(&run(), &place.path, b"x").expect("written");
    fresh.belong(like).expect("ours");
    fs::remove_file(&place.path).expect("ours");
    // Nothing can be renamed over a folder.
    fs::create_dir(&place.path).expect("made");
    fresh.replace().expect_err("a folder is in the way");
    assert_eq!(place.names(), ["daemon.json"]);
}

#[test]
fn extended_attributes_go_with_the_file() {
    use rustix::fs::{XattrFlags, fgetxattr, fsetxattr};
    let place = place("{}");
    let before = place.snapshot();
    let file = File::open(&place.path).expect("ours");
    // Not every file system has any: there is nothing to lose then.
    if fsetxattr(&file, "user.clawdoctor.test", b"kept", XattrFlags::empty()).is_err() {
        return;
    }
    replace(&run(), &place.path, Some(&before.sha256), b"x", before.meta).expect("replaced");
    let mut value = [0; 16];
    let file = File::open(&place.path).expect("ours");
    let length = fgetxattr(&file, "user.clawdoctor.test", &mut value[..]).expect("it has it");
    assert_eq!(&value[..length], b"kept");
}

const ONE: &[u8] = &[b'1'; 300_000];
const TWO: &[u8] = &[b'2'; 300_000];

#[test]
fn a_kill_at_any_instant_leaves_the_old_file_or_the_new_one() {
    use std::process::{Command, Stdio};
    use std::time::Duration;
    let place = place("");
    fs::write(&place.path, ONE).expect("written");
    let kept = place.snapshot().meta;
    for pause in (0..12).map(|count| Duration::from_millis(3 * count)) {
        let before = place.snapshot().ino;
        let mut child = Command::new(std::env::current_exe().expect("this test"))
            .args([
                "--exact",
                "fix::file::tests::replaces_until_killed",
                "--ignored",
            ])
            .env("CLAWDOCTOR_TEST_FILE", &place.path)
            .stdout(Stdio::null())
            .spawn()
            .expect("it starts");
        // A new inode: it has begun.
        let begun = (0..2000).any(|_| {
            std::thread::sleep(Duration::from_millis(5));
            fs::metadata(&place.path).is_ok_and(|data| data.ino() != before)
        });
        assert!(begun, "the child replaces the file");
        std::thread::sleep(pause);
        child.kill().expect("it lives");
        child.wait().expect("it is ours");
        let after = place.snapshot();
        assert!(after.bytes == ONE || after.bytes == TWO, "it is whole");
        assert_eq!(after.meta, kept);
        sweep(place.folder.path()).expect("swept");
        assert_eq!(place.names(), ["daemon.json"]);
    }
}

#[test]
#[ignore = "started and killed by the test above"]
fn replaces_until_killed() {
    let Some(path) = std::env::var_os("CLAWDOCTOR_TEST_FILE") else {
        return;
    };
    let path = PathBuf::from(path);
    // Ends by itself if nobody kills it.
    for _ in 0..5000 {
        let now = Snapshot::take(&path).expect("readable").expect("there");
        let next = if now.bytes == ONE { TWO } else { ONE };
        replace(&run(), &path, Some(&now.sha256), next, now.meta).expect("replaced");
    }
}
