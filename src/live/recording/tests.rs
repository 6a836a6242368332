use super::*;
use crate::live::event::{Life, Link, Listed, Listing, Sample, Turn};
use crate::live::scope::SANDBOX_LABEL;
use std::collections::BTreeMap;

fn rules() -> crate::headroom::Headroom {
    toml::from_str(
        "memory-cap = \"512 MiB\"\ncpu-cap = 0.5\nhost-reserve = \"6 GiB\"\n\
         system-reserve = \"1 GiB\"\nsystem-share = 0.15\ngateway = \"500 MiB\"\n\
         keep-share = 0.5\nkeep-most = \"6 GiB\"\ndisk-reserve = \"5 GiB\"\n\
         disk-per-sandbox = \"256 MiB\"\ncpu-reserve = 2",
    )
    .expect("the parameters of the shipped check")
}

fn header() -> Header {
    Header::new(Moment(1), Scope::default(), rules())
}

fn labels() -> BTreeMap<String, String> {
    BTreeMap::from([(SANDBOX_LABEL.to_owned(), "1".to_owned())])
}

fn events() -> Vec<Stamped<Event>> {
    let listed = Listed {
        id: "a".to_owned(),
        name: "openclaw-sbx-a".to_owned(),
        state: "running".to_owned(),
        labels: labels(),
        ..Listed::default()
    };
    let sample = |second: i64| Sample {
        id: "a".to_owned(),
        read: Moment(second * 1_000_000_000),
        memory: Some(7),
        ..Sample::default()
    };
    let die = Life {
        id: "b".to_owned(),
        name: "openclaw-sbx-b".to_owned(),
        turn: Turn::Destroyed,
        labels: labels(),
        ..Life::default()
    };
    let what = vec![
        Event::Link(Link::Up),
        Event::Listed(Listing {
            asked: Moment(2),
            containers: vec![listed],
        }),
        Event::Happened(Box::new(die)),
        Event::Sampled(Box::new(sample(3))),
        Event::Sampled(Box::new(sample(4))),
    ];
    (10..)
        .zip(what)
        .map(|(at, what)| Stamped {
            at: Moment(at),
            what,
        })
        .collect()
}

#[test]
fn what_was_recorded_is_read_back_the_same_and_gives_the_same_picture() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("night.ndjson");
    let mut live = header().model();
    let mut recorder = Recorder::begin(&path, header(), MOST_BYTES).expect("a recording");
    for event in events() {
        live.apply(event.clone());
        recorder.add(&event, &live).expect("written");
    }
    drop(recorder);
    let player = Player::open(&path).expect("a recording");
    assert_eq!(player.header, header());
    let mut replayed = player.header.model();
    let back = player.all().expect("events");
    assert_eq!(back, events());
    for event in back {
        replayed.apply(event);
    }
    assert_eq!(replayed.sandboxes, live.sandboxes);
    assert_eq!(replayed.gone, live.gone);
    assert_eq!(replayed.timeline, live.timeline);
}

#[test]
fn it_stays_within_its_bound_and_each_part_begins_with_what_is_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("night.ndjson");
    let most = 8000;
    let mut live = header().model();
    let mut recorder = Recorder::begin(&path, header(), most).expect("a recording");
    for round in 0..200 {
        for mut event in events() {
            event.at = Moment(event.at.0 + round * 100);
            live.apply(event.clone());
            recorder.add(&event, &live).expect("written");
        }
    }
    recorder.flush().expect("written");
    let size = |path: &Path| std::fs::metadata(path).expect("a file").len();
    let sum = size(&path) + size(&older(&path));
    assert!(sum < most + 2000, "{sum}");
    assert!(sum > most / 4, "{sum}");
    let player = Player::open(&path).expect("a recording");
    let mut replayed = player.header.model();
    for event in player.all().expect("events") {
        replayed.apply(event);
    }
    assert!(replayed.sandboxes.contains_key("a"));
}

#[test]
fn a_file_that_is_no_recording_is_never_overwritten() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("notes.txt");
    for text in ["my notes\n", "{\"report\":\"other\"}\n", ""] {
        std::fs::write(&path, text).expect("written");
        let failure = Recorder::begin(&path, header(), MOST_BYTES)
            .err()
            .expect("refused");
        assert!(failure.to_string().contains("is no recording"), "{failure}");
        assert_eq!(std::fs::read_to_string(&path).expect("there"), text);
    }
}

#[test]
fn a_torn_end_is_the_end_an_unknown_event_is_left_out_and_garbage_is_named_by_its_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("night.ndjson");
    let head = serde_json::to_string(&header()).expect("plain data");
    let good = serde_json::to_string(&events()[0]).expect("plain data");
    let write = |rest: &str| {
        std::fs::write(&path, format!("{head}\n{rest}")).expect("written");
        Player::open(&path).expect("a recording").all()
    };
    assert_eq!(
        write(&format!("{good}\n{}", &good[..9]))
            .expect("read")
            .len(),
        1
    );
    let later = "{\"at\":5,\"quantum\":{}}";
    assert_eq!(write(&format!("{later}\n{good}\n")).expect("read").len(), 1);
    let failure = write(&format!("{good}\nrubbish\n")).expect_err("named");
    assert!(failure.to_string().contains("line 3"), "{failure}");
    let newer = head.replace("\"version\":1", "\"version\":9");
    std::fs::write(&path, format!("{newer}\n")).expect("written");
    let failure = Player::open(&path).err().expect("refused");
    assert!(failure.to_string().contains("form 9"), "{failure}");
}
