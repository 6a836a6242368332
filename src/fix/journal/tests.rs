use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::fix::record::{Outcome, RunId, VERSION};
use crate::fix::state::RunState;

fn header(id: &str) -> Run {
    Run {
        version: VERSION,
        run_id: RunId::try_from(id.to_owned()).expect("a name"),
        tool: "clawdoctor 0.1.0".to_owned(),
        started_at: jiff::Timestamp::UNIX_EPOCH,
        uid: 501,
        user: "ada".to_owned(),
        argv: vec!["clawdoctor".to_owned(), "fix".to_owned()],
    }
}

fn intent(seq: u32) -> Record<Value> {
    Record::Intent {
        seq,
        repair: "docker.daemon".to_owned(),
        step: json!({"kind": "edit", "path": "/etc/docker/dæmon\n.json"}),
    }
}

fn done(seq: u32) -> Record<Value> {
    let after = json!({"sha256": "00"});
    Record::Done { seq, after }
}

fn end() -> Record<Value> {
    let outcome = Outcome::Done;
    Record::End { outcome }
}

fn whole(path: &Path) -> Vec<Record<Value>> {
    let lines = read(path).expect("readable");
    assert_eq!(faults(&lines), Vec::<String>::new());
    records(lines).collect()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("it is there").mode() & 0o777
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("one").file_name().into_string().expect("text"))
        .collect();
    names.sort();
    names
}

#[test]
fn each_record_is_a_line_that_nobody_else_can_read() {
    let place = tempfile::tempdir().expect("a folder");
    let state = place.path().join("state");
    let mut journal = Journal::begin(&state, &header("r-1")).expect("begun");
    journal.append(&intent(1)).expect("written");
    journal.append(&done(1)).expect("written");
    let path = state.join("journal/r-1.ndjson");
    assert_eq!(journal.path(), path);
    assert_eq!(fs::read_to_string(&path).expect("text").lines().count(), 3);
    assert_eq!(
        whole(&path),
        [Record::Run(header("r-1")), intent(1), done(1)]
    );
    assert_eq!((mode(&state.join("journal")), mode(&path)), (0o700, 0o600));
    assert_eq!(names(&state.join("journal")), ["r-1.ndjson"]);
    journal.backups().keep(b"{}").expect("kept");
    assert_eq!(names(&state.join("journal")), ["r-1", "r-1.ndjson"]);
}

#[test]
fn a_folder_that_others_can_read_is_closed() {
    let place = tempfile::tempdir().expect("a folder");
    let folder = place.path().join("journal");
    fs::create_dir(&folder).expect("made");
    fs::set_permissions(&folder, Permissions::from_mode(0o755)).expect("ours");
    Journal::begin(place.path(), &header("r-1")).expect("begun");
    assert_eq!(mode(&folder), 0o700);
}

#[test]
fn a_run_begins_once_and_leaves_nothing_when_it_cannot() {
    let place = tempfile::tempdir().expect("a folder");
    Journal::begin(place.path(), &header("r-1")).expect("begun");
    let path = place.path().join("journal/r-1.ndjson");
    let before = fs::read(&path).expect("bytes");
    let problem = Journal::begin(place.path(), &header("r-1")).expect_err("it is there");
    assert_eq!(problem.kind, ProblemKind::Present);
    assert_eq!(fs::read(&path).expect("bytes"), before);
    assert_eq!(names(&place.path().join("journal")), ["r-1.ndjson"]);
    let state = place.path().join("file");
    fs::write(&state, "").expect("written");
    Journal::begin(&state, &header("r-2")).expect_err("no folder can be there");
}

#[test]
fn a_record_that_cannot_be_written_is_an_error_and_stops_what_follows() {
    let place = tempfile::tempdir().expect("a folder");
    let mut journal = Journal::begin(place.path(), &header("r-1")).expect("begun");
    // A file opened for reading stands for a disk that takes nothing more.
    journal.file = File::open(journal.path()).expect("ours");
    journal.append(&intent(1)).expect_err("not written");
    assert!(journal.is_torn, "nor could anything be taken away");
    journal.file = OpenOptions::new()
        .append(true)
        .open(journal.path())
        .expect("ours");
    journal
        .append(&intent(1))
        .expect_err("nothing goes behind half a line");
    assert_eq!(whole(journal.path()), [Record::Run(header("r-1"))]);
}

#[test]
fn a_step_that_is_no_json_is_an_error_and_leaves_no_trace() {
    use std::os::unix::ffi::OsStrExt as _;
    let place = tempfile::tempdir().expect("a folder");
    let mut journal = Journal::begin(place.path(), &header("r-1")).expect("begun");
    let step = PathBuf::from(std::ffi::OsStr::from_bytes(b"/\xff"));
    let repair = "x".to_owned();
    journal
        .append(&Record::Intent {
            seq: 1,
            repair,
            step,
        })
        .expect_err("no text");
    journal.append(&intent(1)).expect("as if nothing had been");
    assert_eq!(whole(journal.path()).len(), 2);
}

#[test]
fn a_torn_line_at_any_byte_costs_no_earlier_record_and_the_run_goes_on() {
    let place = tempfile::tempdir().expect("a folder");
    let mut journal = Journal::begin(place.path(), &header("r-1")).expect("begun");
    let all = [Record::Run(header("r-1")), intent(1), done(1), intent(2)];
    for record in &all[1..] {
        journal.append(record).expect("written");
    }
    let text = fs::read(journal.path()).expect("bytes");
    let ends: Vec<usize> = (0..text.len()).filter(|at| text[*at] == b'\n').collect();
    // From the first record on: no journal is ever without it.
    for cut in ends[0]..=text.len() {
        let path = place.path().join("journal/r-2.ndjson");
        fs::write(&path, &text[..cut]).expect("written");
        // A line that lacks nothing but its end counts.
        let count = ends.iter().filter(|end| **end <= cut).count();
        assert_eq!(whole(&path), all[..count], "cut at {cut}");
        let mut journal = Journal::resume(&path).expect("goes on");
        journal.append(&end()).expect("written");
        let records = whole(&path);
        assert_eq!(records[..count], all[..count], "cut at {cut}");
        assert_eq!(records[count..], [end()], "cut at {cut}");
    }
}

#[test]
fn zeros_that_a_power_cut_left_are_a_torn_line() {
    let mut text = serde_json::to_vec(&intent(1)).expect("data");
    text.extend(b"\n\0\0\0\0");
    let lines = read::parse::<Value>(&text);
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[1], Line::Torn);
    assert_eq!(faults(&lines), Vec::<String>::new());
}

#[test]
fn a_line_in_the_middle_that_cannot_be_read_is_told_and_the_rest_is_read() {
    let text = b"{\"type\":\"undoing\",\"seq\":1}\n\xff{\x1b[2J\n\n{\"seq\":1}\n7\n{\"type\":\"done\"}\n{\"type\":\"undone\",\"seq\":1}\n";
    let lines = read::parse::<Value>(text);
    let told = faults(&lines);
    assert_eq!(told.len(), 4, "{told:?}");
    assert!(told[0].starts_with("line 2: "), "{told:?}");
    assert_eq!(told[1], "line 4: a record without a type");
    assert_eq!(told[3], "line 6: missing field `seq`");
    assert!(!told.concat().contains('\u{1b}'));
    let records: Vec<_> = records(lines).collect();
    assert_eq!(
        records,
        [Record::Undoing { seq: 1 }, Record::Undone { seq: 1 }]
    );
}

#[test]
fn kinds_and_fields_of_a_later_version_are_kept() {
    let text =
        b"{\"type\":\"noted\",\"by\":\"eve\"}\n{\"type\":\"undone\",\"seq\":1,\"by\":\"eve\"}\n";
    let lines = read::parse::<Value>(text);
    let raw = |at: usize| match &lines[at] {
        Line::Known { raw, .. } | Line::Unknown { raw, .. } => raw["by"].clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!((raw(0), raw(1)), (json!("eve"), json!("eve")));
    assert!(matches!(lines[0], Line::Unknown { number: 1, .. }));
    assert_eq!(faults(&lines), Vec::<String>::new());
}

#[test]
fn a_step_that_this_version_does_not_know_is_told() {
    #[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    #[serde(rename_all = "kebab-case")]
    enum Step {
        Edit,
    }
    let text = b"{\"type\":\"intent\",\"seq\":1,\"repair\":\"x\",\"step\":\"teleport\"}\n";
    let told = faults(&read::parse::<Step>(text));
    assert!(told[0].contains("teleport"), "{told:?}");
    assert_eq!(faults(&read::parse::<Value>(text)), Vec::<String>::new());
}

#[test]
fn a_journal_of_a_newer_version_is_not_interpreted() {
    let place = tempfile::tempdir().expect("a folder");
    let version = VERSION + 1;
    let newer = Run {
        version,
        ..header("r-1")
    };
    let journal = Journal::begin(place.path(), &newer).expect("begun");
    let problem = read::<Value>(journal.path()).expect_err("not ours to read");
    assert_eq!(problem.kind, ProblemKind::Newer { version });
    let listed = list(place.path()).expect("a folder");
    assert!(listed[0].state.is_err());
}

#[test]
fn runs_are_listed_from_the_newest_on() {
    let place = tempfile::tempdir().expect("a folder");
    assert_eq!(list(place.path()), Ok(Vec::new()), "there was no run");
    for id in ["20260102-1", "20260101-1", "20260103-1"] {
        Journal::begin(place.path(), &header(id)).expect("begun");
    }
    fs::write(place.path().join("journal/NOTES.ndjson"), "x").expect("written");
    let listed = list(place.path()).expect("a folder");
    let ids: Vec<&str> = listed.iter().map(|run| run.id.as_str()).collect();
    assert_eq!(ids, ["20260103-1", "20260102-1", "20260101-1"]);
    assert!(
        listed
            .iter()
            .all(|run| run.state.as_ref().is_ok_and(RunState::is_open))
    );
}

#[test]
fn old_runs_go_with_their_backups_unless_they_are_open_or_unclear() {
    let place = tempfile::tempdir().expect("a folder");
    let (open, unclear, old) = (3, 5, 7);
    for number in 1..=KEPT_RUNS + 10 {
        let id = format!("r-{number:02}");
        let mut journal = Journal::begin(place.path(), &header(&id)).expect("begun");
        journal.backups().keep(b"{}").expect("kept");
        if number == unclear {
            journal.write(b"what?\n").expect("written");
        }
        if number != open {
            journal.append(&end()).expect("written");
        }
    }
    let draft = place.path().join("journal/.r-99.ndjson");
    fs::write(&draft, "{").expect("written");
    let forgotten = forget_old(place.path()).expect("tidied");
    assert_eq!(forgotten.len(), 8);
    let names = names(&place.path().join("journal"));
    assert!(!draft.exists());
    assert_eq!(names.len(), 2 * (KEPT_RUNS + 2), "{names:?}");
    let there = |number: usize| names.contains(&format!("r-{number:02}"));
    assert!(there(open) && there(unclear) && !there(old));
    assert_eq!(
        forget_old(place.path()),
        Ok(Vec::new()),
        "a second time finds nothing"
    );
}

#[test]
fn a_link_in_place_of_a_journal_is_not_followed() {
    let place = tempfile::tempdir().expect("a folder");
    let target = place.path().join("target");
    fs::write(&target, "").expect("written");
    let link = place.path().join("link.ndjson");
    std::os::unix::fs::symlink(&target, &link).expect("linked");
    assert_eq!(
        Journal::resume(&link).expect_err("a link").kind,
        ProblemKind::Symlink
    );
}

proptest! {
    #[test]
    fn no_bytes_make_reading_panic_or_lose_a_line_before_them(garbage in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut text = serde_json::to_vec(&intent(1)).expect("data");
        text.push(b'\n');
        text.extend(&garbage);
        let mut records = records(read::parse::<Value>(&text));
        prop_assert_eq!(records.next(), Some(intent(1)));
    }
}

#[test]
fn a_journal_of_another_user_is_not_followed() {
    let me = nix::unistd::geteuid().as_raw();
    let path = Path::new("/x/r-1.ndjson");
    assert_eq!(read::own(path, me), Ok(()));
    let problem = read::own(path, me + 1).expect_err("not ours");
    assert_eq!(problem.kind, ProblemKind::Foreign { uid: me + 1 });
}
