//! The script itself, on a folder of this machine, with the capabilities that its container has.
#![expect(clippy::disallowed_methods, reason = "runs the script on real folders")]

use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Output};

use proptest::prelude::*;

use super::super::entry::{Owner, WhySkipped};
use super::super::tree::ground::{Ground, SANDBOX, WISH, is_root, names, skipped};
use super::super::tree::identity::{grow, planted};
use super::super::{Changed, ProblemKind, Progress, Standing, Survey};
use super::*;

/// Root with nothing but what the container gives it.
fn run(verb: Verb, ground: &Ground, list: Option<&List>, most: usize) -> Output {
    let mut command = Command::new("setpriv");
    command
        .args(["--bounding-set", "-all,+chown,+dac_read_search"])
        .args(["--no-new-privs", "python3", "-I", "-S", "-B", "-c", SCRIPT])
        .args([verb.word()])
        .arg(&ground.root)
        .args([SANDBOX.uid.to_string(), SANDBOX.gid.to_string()])
        .args([most.to_string(), "20".to_owned(), "30".to_owned()]);
    let folder = tempfile::tempdir().expect("a folder");
    if let Some(list) = list {
        let file = folder.path().join("list");
        std::fs::write(&file, list.text()).expect("a file");
        command.arg(file);
    }
    command.output().expect("setpriv")
}

fn answer(output: &Output) -> Answer<'_> {
    Answer {
        exit_code: output.status.code().map_or(137, i64::from),
        stdout: &output.stdout,
        stderr: &output.stderr,
    }
}

fn surveyed(ground: &Ground) -> Survey {
    let output = run(Verb::Survey, ground, None, 1000);
    survey("v", SANDBOX, &answer(&output)).expect("a survey")
}

fn done(verb: Verb, ground: &Ground, list: &List) -> Result<Changed, Problem> {
    changed(list, &answer(&run(verb, ground, Some(list), 1000)))
}

fn stand(ground: &Ground, list: &List) -> Standing {
    let output = run(Verb::Standing, ground, Some(list), 1000);
    standing(list, &answer(&output)).expect("a standing")
}

/// Root, `setpriv` and `python3` are there.
fn is_possible(test: &str) -> bool {
    let has = |tool| Command::new(tool).arg("--version").output().is_ok();
    is_root(test) && has("setpriv") && has("python3")
}

/// The same as this program's own survey finds.
fn as_volume(survey: Survey) -> Survey {
    Survey {
        list: List {
            place: Place::Volume("v".to_owned()),
            ..survey.list
        },
        ..survey
    }
}

#[test]
fn the_script_finds_what_the_program_finds_and_follows_nothing() {
    if !is_possible("the_script_finds") {
        return;
    }
    let ground = Ground::new();
    ground.plant(&["a/b", "a/\n", "own", "suid", "c/d/e/"]);
    ground.chown("own", SANDBOX);
    ground.chmod("suid", 0o4755);
    ground.chmod("a", 0o000);
    ground.chown("a", Owner { uid: 9, gid: 9 });
    symlink("/etc", ground.root.join("to-etc")).expect("a link");
    symlink(&ground.outside, ground.root.join("to-outside")).expect("a link");
    std::fs::hard_link(ground.outside.join("secret"), ground.root.join("trap")).expect("a link");
    let found = surveyed(&ground);
    assert_eq!(found, as_volume(ground.survey(WISH)));
    let set = skipped("suid", WhySkipped::SetId);
    let hard = skipped("trap", WhySkipped::HardLink(2));
    assert_eq!(found.skipped, [set, hard]);
    let before = ground.picture();
    let changed = done(Verb::Change, &ground, &found.list).expect("a change");
    assert_eq!(changed.changed, found.list.entries.len());
    assert_eq!(stand(&ground, &found.list), Standing::Done);
    assert_eq!(surveyed(&ground).list.entries, []);
    assert_eq!(ground.rights("to-etc").owner(), SANDBOX);
    assert_eq!(super::super::tree::ground::rights(Path::new("/etc")).uid, 0);
    done(Verb::Restore, &ground, &found.list).expect("a restoration");
    assert_eq!(ground.picture(), before);
}

#[test]
fn the_script_touches_nothing_when_something_was_swapped_or_changed() {
    if !is_possible("the_script_touches_nothing") {
        return;
    }
    let ground = Ground::new();
    ground.plant(&["a", "b", "c/d"]);
    let list = surveyed(&ground).list;
    std::fs::rename(ground.root.join("b"), ground.outside.join("b")).expect("moved away");
    symlink(ground.outside.join("secret"), ground.root.join("b")).expect("a link");
    std::fs::rename(ground.root.join("c"), ground.outside.join("c")).expect("moved away");
    symlink(ground.outside.join("c"), ground.root.join("c")).expect("a link");
    let before = ground.picture();
    let words = "changed since by somebody else: b (replaced); c (replaced); c/d (gone)";
    for verb in [Verb::Change, Verb::Restore] {
        let problem = done(verb, &ground, &list).expect_err("moved on");
        assert_eq!(problem.to_string(), words);
        assert_eq!(
            (problem.kind, problem.progress),
            (ProblemKind::MovedOn, None)
        );
    }
    assert_eq!(stand(&ground, &list), Standing::MovedOn(words.to_owned()));
    assert_eq!(ground.picture(), before);
}

#[test]
fn the_script_stops_at_its_bounds() {
    if !is_possible("the_script_stops_at_its_bounds") {
        return;
    }
    let ground = Ground::new();
    ground.plant(&["a", "b"]);
    let output = run(Verb::Survey, &ground, None, 2);
    let problem = survey("v", SANDBOX, &answer(&output)).expect_err("too many");
    assert_eq!(problem.kind, ProblemKind::TooMany);
    ground.plant(&[&format!("{}x", "d/".repeat(21))]);
    let output = run(Verb::Survey, &ground, None, 1000);
    let problem = survey("v", SANDBOX, &answer(&output)).expect_err("too deep");
    assert_eq!(problem.message, "more than 20 levels of folders");
}

#[test]
fn the_script_says_how_far_it_came() {
    if !is_possible("the_script_says_how_far") {
        return;
    }
    let ground = Ground::new();
    ground.plant(&["a", "b", "c"]);
    let list = surveyed(&ground).list;
    let file = ground.root.join("b");
    let attribute = |flag| Command::new("chattr").arg(flag).arg(&file).status();
    if !attribute("+i").is_ok_and(|status| status.success()) {
        return;
    }
    let problem = done(Verb::Change, &ground, &list).expect_err("immutable");
    attribute("-i").expect("chattr");
    assert_eq!(problem.progress, Some(Progress { done: 2, left: 2 }));
    assert_eq!(
        stand(&ground, &list),
        Standing::Halfway { done: 2, left: 2 }
    );
    let rest = done(Verb::Change, &ground, &list).expect("the rest");
    assert_eq!(
        rest,
        Changed {
            changed: 2,
            already: 2
        }
    );
}

#[test]
fn the_archive_is_one_that_tar_unpacks() {
    let ground = Ground::new();
    ground.plant(&["a"]);
    let list = as_volume(ground.survey(WISH)).list;
    let archive = ground.outside.join("list.tar");
    std::fs::write(&archive, input(&list).expect("an archive")).expect("a file");
    let unpacked = Command::new("tar")
        .arg("-xf")
        .arg(&archive)
        .arg("-C")
        .arg(&ground.outside)
        .status();
    assert!(unpacked.expect("tar").success());
    let text = std::fs::read_to_string(ground.outside.join("owner-list")).expect("a list");
    assert_eq!(List::read(&text), Ok(list.clone()));
    assert_eq!(names(&list), [".", "a"]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 5, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn script_and_program_agree_and_undo_each_other(
        all in prop::collection::vec(planted(), 0..12),
        cut in any::<prop::sample::Index>(),
    ) {
        if !is_possible("script_and_program_agree") {
            return Ok(());
        }
        let ground = Ground::new();
        grow(&ground, &all);
        let before = ground.picture();
        let found = surveyed(&ground);
        prop_assert_eq!(&found, &as_volume(ground.survey(WISH)));
        let list = found.list;
        let half = List {
            entries: list.entries[..cut.index(list.entries.len() + 1)].to_vec(),
            ..list.clone()
        };
        done(Verb::Change, &ground, &half).expect("a part");
        done(Verb::Restore, &ground, &list).expect("the part back");
        prop_assert_eq!(&ground.picture(), &before);
        done(Verb::Change, &ground, &half).expect("a part");
        done(Verb::Change, &ground, &list).expect("the rest");
        prop_assert_eq!(stand(&ground, &list), Standing::Done);
        done(Verb::Restore, &ground, &list).expect("all back");
        prop_assert_eq!(&ground.picture(), &before);
    }
}
