use super::told::{Told, read};
use super::*;

const OLD: &str = include_str!("../../../tests/recorded/engine-events-20.10.ndjson");
const NEW: &str = include_str!("../../../tests/recorded/engine-events-28.5.ndjson");

fn one(text: &str) -> ContainerEvent {
    match read(text.as_bytes(), CommandLines::Drop) {
        Some(Told::Event(event)) => event,
        Some(Told::Foreign) => panic!("foreign: {text}"),
        None => panic!("unreadable: {text}"),
    }
}

fn with(action: &str, attributes: &str) -> ContainerEvent {
    one(&format!(
        r#"{{"Type":"container","Action":"{action}","Actor":{{"ID":"a1","Attributes":{{{attributes}}}}},"time":5}}"#
    ))
}

#[test]
fn a_recorded_life_is_told_by_both_engines() {
    for recorded in [OLD, NEW] {
        let all: Vec<ContainerEvent> = recorded.lines().map(one).collect();
        let has = |action: &Action| all.iter().any(|event| event.action == *action);
        for action in [
            Action::Create,
            Action::Start,
            Action::Oom,
            Action::Pause,
            Action::Unpause,
            Action::Update,
            Action::Stop,
            Action::Restart,
            Action::Destroy,
            Action::Attach,
            Action::HealthStatus("healthy".to_owned()),
            Action::Die {
                exit_code: Some(137),
            },
            Action::Kill {
                signal: Some("15".to_owned()),
            },
            Action::Rename {
                old_name: Some("sandbox".to_owned()),
            },
        ] {
            assert!(has(&action), "{action:?}");
        }
        assert!(!all.iter().any(|e| matches!(e.action, Action::Other(_))));
        let (failed, at) = all
            .iter()
            .find_map(|event| match &event.action {
                Action::ExecDie {
                    exec_id,
                    exit_code: Some(7),
                } => Some((exec_id.clone(), event.at_nanos)),
                _ => None,
            })
            .expect("the command that failed");
        assert!(at > 1_795_000_000_000_000_000 && at % 1_000_000_000 > 0);
        let begun = Action::ExecStart {
            exec_id: failed,
            command_line: None,
        };
        assert!(has(&begun), "its beginning bears the same id");
        let first = &all[0];
        assert_eq!(first.image, "clawdoctor-test/busybox:1");
        assert_eq!(first.name, "sandbox");
        assert_eq!(first.attributes["clawdoctor.test"], "1");
        assert!(!first.attributes.contains_key("name"));
    }
}

#[test]
fn command_lines_are_dropped_unless_asked_for() {
    let line = OLD
        .lines()
        .find(|line| line.contains("exit 7"))
        .expect("recorded");
    assert!(!format!("{:?}", one(line)).contains("exit 7"));
    let Some(Told::Event(kept)) = read(line.as_bytes(), CommandLines::Keep) else {
        panic!("{line}");
    };
    let Action::ExecCreate { command_line, .. } = kept.action else {
        panic!("{kept:?}");
    };
    assert_eq!(
        command_line.as_deref(),
        Some(r#"sh -c echo "a: b" ; exit 7"#)
    );
}

#[test]
fn what_openclaw_asks_itself_is_told_in_every_case() {
    let line = |action: &str| match with(action, r#""execID":"e1""#).action {
        Action::ExecStart { command_line, .. } => command_line,
        other => panic!("{other:?}"),
    };
    let asked = line("exec_start: cat /proc/self/mountinfo");
    assert_eq!(asked.as_deref(), Some(MOUNTS_ASKED));
    assert_eq!(line("exec_start: cat /proc/self/mountinfo x"), None);
    assert_eq!(line("exec_start: sh -c cat /proc/self/mountinfo"), None);
}

#[test]
fn an_event_with_half_its_members_is_an_event() {
    let bare = with("die", "");
    assert_eq!((bare.id.as_str(), bare.at_nanos), ("a1", 5_000_000_000));
    assert_eq!(bare.action, Action::Die { exit_code: None });
    let podman = with("exec_died", r#""execID":null,"containerExitCode":3"#);
    let expected = Action::ExecDie {
        exec_id: None,
        exit_code: Some(3),
    };
    assert_eq!(podman.action, expected);
    let old = one(r#"{"status":"start","id":"b2","from":"i:1","time":7,"Actor":null}"#);
    assert_eq!((old.image.as_str(), old.action), ("i:1", Action::Start));
    let odd = one(
        r#"{"Action":"start","id":"b2","time":7,"timeNano":{"a":[1]},"scope":[],"Actor":{"Attributes":null}}"#,
    );
    assert_eq!(odd.at_nanos, 7_000_000_000);
    let new = with("frozen: by whom", "");
    assert_eq!(new.action, Action::Other("frozen".to_owned()));
    for nothing in [
        "{}",
        "7",
        "{",
        r#"{"Action":"start","id":"b2"}"#,
        r#"{"Action":"start","id":"../x","time":7}"#,
    ] {
        assert!(
            read(nothing.as_bytes(), CommandLines::Drop).is_none(),
            "{nothing}"
        );
    }
    let image = br#"{"Type":"image","Action":"pull","id":"x:1","time":7}"#;
    assert!(matches!(
        read(image, CommandLines::Drop),
        Some(Told::Foreign)
    ));
}

#[test]
fn what_is_hostile_is_washed_and_bounded() {
    let event = with(
        r"die",
        r#""name":"a\u001b[2Jb","image":"i\u202e","exitCode":"many","k\n":"v\u0007""#,
    );
    assert_eq!(event.name, "a\\u{1b}[2Jb");
    assert_eq!(event.image, "i\\u{202e}");
    assert_eq!(event.attributes["k"], "v\\u{7}");
    assert_eq!(event.action, Action::Die { exit_code: None });
    let labels: Vec<String> = (0..2000).map(|n| format!(r#""a{n}":"{n}""#)).collect();
    let many = with(
        "die",
        &format!(r#"{},"name":"n","exitCode":"1""#, labels.join(",")),
    );
    assert_eq!(many.attributes.len(), 256);
    assert_eq!(many.name, "n");
    assert_eq!(many.action, Action::Die { exit_code: Some(1) });
}

#[test]
fn a_label_that_forges_an_exit_code_shows_when_the_container_is_made() {
    let made = with("create", r#""exitCode":"0""#);
    assert_eq!(made.attributes["exitCode"], "0");
}

/// Each line by its length, none for one that was too long.
fn cut<'p>(pieces: impl IntoIterator<Item = &'p [u8]>) -> (Vec<Option<usize>>, Lines) {
    let mut lines = Lines::default();
    let mut lengths = Vec::new();
    for piece in pieces {
        lines.feed(Bytes::copy_from_slice(piece));
        while let Some(line) = lines.next() {
            lengths.push(line.ok().map(<[u8]>::len));
        }
    }
    (lengths, lines)
}

#[test]
fn lines_are_cut_wherever_the_pieces_end() {
    let text = OLD.as_bytes();
    let expected: Vec<Option<usize>> = OLD.lines().map(|line| Some(line.len())).collect();
    for size in [1, 7, 700, 1 << 20] {
        assert_eq!(cut(text.chunks(size)).0, expected, "{size}");
    }
}

#[test]
fn a_line_without_end_costs_itself_alone() {
    let long = vec![b'x'; LONGEST_LINE / 2 + 1];
    let pieces: [&[u8]; 6] = [b"ab", b"c\n", &long, &long, b"\nde\n", b"f"];
    let (lengths, lines) = cut(pieces);
    assert_eq!(lengths, [Some(3), None, Some(2)]);
    assert!(lines.begun.capacity() <= USUAL_LINE);
    let (lengths, lines) = cut([&long[..], b"\nx\n"]);
    assert_eq!(lengths, [Some(long.len()), Some(1)]);
    assert!(
        lines.begun.capacity() <= USUAL_LINE,
        "the memory is given back"
    );
    let endless = std::iter::repeat_n(&long[..], 9);
    assert!(cut(endless).1.begun.capacity() <= USUAL_LINE);
}

#[test]
fn a_moment_is_written_as_the_engine_takes_it() {
    assert_eq!(
        Moment(1_795_652_127_022_006_593).to_string(),
        "1795652127.022006593"
    );
    assert_eq!(Moment(-5).to_string(), "0.000000000");
    let date = Moment::from_http("Thu, 26 Nov 2026 00:15:37 GMT");
    assert_eq!(date, Some(Moment(1_795_652_137_000_000_000)));
    assert_eq!(Moment::from_http("today"), None);
}
