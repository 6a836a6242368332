use super::super::entry::{Entry, Kind, Rights, Root, Skipped, WhySkipped};
use super::super::{Changed, ProblemKind, Progress, Standing};
use super::*;

const OWNER: Owner = Owner {
    uid: 1000,
    gid: 1000,
};

fn task(verb: Verb) -> Task<'static> {
    Task {
        verb,
        volume: "claw-data",
        owner: OWNER,
        image: "sandbox:1",
        labels: BTreeMap::from([("clawdoctor.fix".to_owned(), "r1".to_owned())]),
        seconds: 20,
    }
}

fn list() -> List {
    let entry = |path: &str, ino, kind| Entry {
        path: path.into(),
        dev: 7,
        ino,
        kind,
        was: Rights {
            uid: 0,
            gid: 0,
            mode: 0o755,
        },
    };
    List {
        place: Place::Volume("claw-data".to_owned()),
        root: Root { dev: 7, ino: 1 },
        wish: Wish::Owner(OWNER),
        entries: vec![entry("", 1, Kind::Folder), entry("a", 2, Kind::File)],
    }
}

fn answer(stdout: &str) -> Answer<'_> {
    Answer {
        exit_code: 0,
        stdout: stdout.as_bytes(),
        stderr: b"",
    }
}

const SURVEYED: &str = r#"{"root":{"dev":7,"ino":1}}
{"dev":7,"ino":1,"kind":"folder","uid":0,"gid":0,"mode":"0755","path":""}
{"dev":7,"ino":2,"kind":"file","uid":0,"gid":0,"mode":"0755","path":"a"}
{"skipped":{"path64":"/wo=","why":{"hard-link":2}}}
{"skipped":{"path":"m","why":"mount"}}
{"end":{"seen":9,"skipped":5}}
"#;

#[test]
fn the_container_has_the_volume_two_capabilities_and_nothing_else() {
    let spec = spec(&task(Verb::Survey)).expect("a spec");
    assert_eq!(spec.binds, ["claw-data:/v:ro,nocopy"]);
    assert_eq!((spec.network.as_str(), spec.read_only_root), ("none", true));
    assert_eq!(spec.cap_drop, ["ALL"]);
    assert_eq!(spec.cap_add, ["CHOWN", "DAC_READ_SEARCH"]);
    assert_eq!(spec.security_opt, ["no-new-privileges"]);
    assert_eq!(spec.user.as_deref(), Some("0:0"));
    assert_eq!(
        spec.cmd[5..],
        ["survey", "/v", "1000", "1000", "100000", "100", "20"]
    );
    assert!(
        spec.cmd[4].len() < 100_000,
        "one argument of execve has 128 KiB"
    );
}

#[test]
fn only_what_changes_may_write_and_only_what_reads_a_list_gets_one() {
    for (verb, bind) in [
        (Verb::Change, "claw-data:/v:nocopy"),
        (Verb::Restore, "claw-data:/v:nocopy"),
        (Verb::Standing, "claw-data:/v:ro,nocopy"),
    ] {
        let spec = spec(&task(verb)).expect("a spec");
        assert_eq!(spec.binds, [bind], "{verb:?}");
        assert_eq!(spec.cmd.last().map(String::as_str), Some("/owner-list"));
        assert!(!spec.read_only_root);
    }
}

#[test]
fn a_name_that_would_bind_a_folder_of_the_host_is_refused() {
    for volume in ["/etc", "", "a/b", "-x", "a:b", "a b", "..", "ü"] {
        let task = Task {
            volume,
            ..task(Verb::Survey)
        };
        assert!(spec(&task).is_err(), "{volume}");
    }
}

#[test]
fn a_survey_is_read_as_it_was_printed() {
    let found = survey("claw-data", OWNER, &answer(SURVEYED)).expect("a survey");
    assert_eq!(found.list, list());
    assert_eq!((found.seen, found.skipped_more), (9, 3));
    let skipped = |path: &[u8], why| Skipped {
        path: path.to_vec(),
        why,
    };
    assert_eq!(
        found.skipped,
        [
            skipped(b"\xff\n", WhySkipped::HardLink(2)),
            skipped(b"m", WhySkipped::Mount)
        ]
    );
}

#[test]
fn a_lying_answer_is_not_taken_for_a_survey() {
    for (from, to, why) in [
        (
            r#""path":"a""#,
            r#""path":"../a""#,
            "line 3: a path that is not below",
        ),
        (
            r#""path":"a""#,
            r#""path":"""#,
            "a root that is not the root",
        ),
        (
            r#"{"dev":7,"ino":2"#,
            r#"{"dev":8,"ino":2"#,
            "on another device",
        ),
        (
            r#""uid":0,"gid":0,"mode":"0755","path":"a""#,
            r#""uid":1000,"gid":1000,"mode":"0755","path":"a""#,
            "needs no change",
        ),
        (r#""0755","path":"a""#, r#""4755","path":"a""#, "setuid"),
        (
            r#"{"root":{"dev":7,"ino":1}}"#,
            r#"{"skipped":{"path":"x","why":"mount"}}"#,
            "volume's root",
        ),
        (r#""seen":9"#, r#""seen":1"#, "seen less"),
        (r#""seen":9"#, r#""seen":-1"#, "invalid value"),
        (
            r#""kind":"file""#,
            r#""kind":"disk""#,
            "line 3: unknown variant `disk`",
        ),
        ("{\"root\"", "\u{1b}[2J{\"root\"", "line 1: expected value"),
        (
            "}}\n{\"end\"",
            "}}\n{\"root\":{\"dev\":1,\"ino\":1}}\n{\"end\"",
            "line 6: more than",
        ),
        (
            "\"skipped\":5}}\n",
            "\"skipped\":5}}\n{}\n",
            "after the end",
        ),
    ] {
        let text = SURVEYED.replacen(from, to, 1);
        assert_ne!(text, SURVEYED, "{from}");
        let problem = survey("claw-data", OWNER, &answer(&text)).expect_err(why);
        assert_eq!(problem.kind, ProblemKind::Unusable, "{problem}");
        assert!(problem.message.contains(why), "{problem}");
    }
}

#[test]
fn an_answer_without_an_end_says_how_the_container_ended() {
    let cut = &SURVEYED[..SURVEYED.rfind("{\"end\"").expect("an end")];
    let said = |exit_code, stderr: &str| {
        let answer = Answer {
            exit_code,
            stdout: cut.as_bytes(),
            stderr: stderr.as_bytes(),
        };
        survey("v", OWNER, &answer).expect_err("no end").message
    };
    assert!(said(137, "").ends_with("it was killed, or ran out of memory"));
    assert!(said(1, "Trace\x1b[2J\nback").ends_with("Trace\\u{1b}[2J back"));
    assert!(said(0, "").ends_with("it said nothing about why"));
}

#[test]
fn a_change_must_tell_of_each_entry() {
    let read = |text: &str| changed(&list(), &answer(text));
    let told = r#"{"end":{"changed":1,"already":1}}"#;
    assert_eq!(
        read(told),
        Ok(Changed {
            changed: 1,
            already: 1
        })
    );
    for text in [
        r#"{"end":{"changed":1,"already":0}}"#,
        r#"{"end":{"changed":18446744073709551615,"already":3}}"#,
        r#"{"end":{}}"#,
        r#"{"end":null}"#,
    ] {
        assert!(read(text).is_err(), "{text}");
    }
}

#[test]
fn a_change_that_stopped_says_where_and_how_far_it_came() {
    let text = r#"{"problem":{"kind":"system","error":"Operation not permitted","path":"a\u001b","done":1,"left":1}}"#;
    let problem = changed(&list(), &answer(text)).expect_err("stopped");
    assert_eq!(
        problem.to_string(),
        "the helper container failed at a\\u{1b}: Operation not permitted (1 changed before it \
         stopped, 1 left)"
    );
    assert_eq!(problem.progress, Some(Progress { done: 1, left: 1 }));
    let text = r#"{"problem":{"kind":"moved-on","moved":7,"named":[{"path":"a","why":"gone"}]}}"#;
    let problem = changed(&list(), &answer(text)).expect_err("moved on");
    assert_eq!(problem.kind, ProblemKind::MovedOn);
    assert!(
        problem.message.ends_with("a (gone); and 6 more"),
        "{problem}"
    );
}

#[test]
fn a_standing_is_told_by_its_counts() {
    for (done, left, moved, wanted) in [
        (0, 2, 0, Standing::Untouched),
        (2, 0, 0, Standing::Done),
        (1, 1, 0, Standing::Halfway { done: 1, left: 1 }),
        (
            1,
            0,
            1,
            Standing::MovedOn("changed since by somebody else: a (gone)".to_owned()),
        ),
    ] {
        let named = if moved == 1 {
            r#"{"path":"a","why":"gone"}"#
        } else {
            ""
        };
        let text = format!(
            r#"{{"end":{{"done":{done},"left":{left},"moved":{moved},"named":[{named}]}}}}"#
        );
        assert_eq!(standing(&list(), &answer(&text)), Ok(wanted));
    }
}

#[test]
fn an_image_without_python_is_blamed_for_that() {
    let runc =
        r#"runc create failed: exec: "python3": executable file not found in $PATH: unknown"#;
    let said = not_started("tiny:1", runc).message;
    assert!(
        said.starts_with("the image tiny:1 has no python3"),
        "{said}"
    );
    let said = not_started("tiny:1", "no space left\x1b").message;
    assert_eq!(
        said,
        "no container of tiny:1 could be started: no space left\\u{1b}"
    );
}

#[test]
fn a_list_of_a_folder_is_not_given_to_a_container() {
    let list = List {
        place: Place::Tree("/srv".into()),
        ..list()
    };
    assert!(input(&list).is_err());
}
