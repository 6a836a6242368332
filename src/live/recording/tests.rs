use super::*;
use crate::live::event::{Life, Link, Listed, Listing, Sample, Turn};
use crate::live::scope::Labels;

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

fn labels() -> Labels {
    Labels::of_sandbox(None)
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
    let mut recorder = Recorder::begin(&path, header(), MOST_BYTES, &[]).expect("a recording");
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
    let mut recorder = Recorder::begin(&path, header(), most, &[]).expect("a recording");
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
fn a_recording_that_was_removed_or_replaced_meanwhile_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("night.ndjson");
    let mut recorder = Recorder::begin(&path, header(), MOST_BYTES, &[]).expect("a recording");
    recorder.flush().expect("it is there");
    let taken = std::fs::metadata(&path).expect("a file").len();
    assert_eq!(recorder.bytes(), taken);
    std::fs::rename(&path, older(&path)).expect("moved");
    let failure = recorder.flush().expect_err("nobody will find it");
    assert!(failure.to_string().contains("not there any more"));
    std::fs::write(&path, "another").expect("written");
    let failure = recorder.flush().expect_err("it is another");
    assert!(failure.to_string().contains("another file"));
}

#[test]
fn what_it_takes_counts_its_older_part() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("night.ndjson");
    let live = header().model();
    let mut recorder = Recorder::begin(&path, header(), 4000, &[]).expect("a recording");
    while !older(&path).exists() {
        for event in events() {
            recorder.add(&event, &live).expect("written");
        }
    }
    recorder.flush().expect("written");
    let size = |path: &Path| std::fs::metadata(path).expect("a file").len();
    assert_eq!(recorder.bytes(), size(&path) + size(&older(&path)));
}

#[test]
fn a_file_that_is_no_recording_is_never_overwritten() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("notes.txt");
    for text in ["my notes\n", "{\"report\":\"other\"}\n", ""] {
        std::fs::write(&path, text).expect("written");
        let failure = Recorder::begin(&path, header(), MOST_BYTES, &[])
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

/// Some rounds of life, later each time.
fn rounds(count: i64) -> impl Iterator<Item = Stamped<Event>> {
    (0..count).flat_map(|round| {
        events().into_iter().map(move |mut event| {
            event.at = Moment(event.at.0 + round * 100);
            event
        })
    })
}

/// The names, lifetimes and calls that a picture tells.
fn told(recorded: &Recorded) -> Model {
    let mut model = recorded.opening();
    for event in recorded.events.clone() {
        model.apply(event);
    }
    model
}

#[test]
fn both_parts_are_read_as_one_and_another_recording_beside_it_is_not() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("night.ndjson");
    let mut live = header().model();
    let mut recorder = Recorder::begin(&path, header(), 20_000, &[]).expect("a recording");
    let mut count = 0;
    // Up to the first rotation and a little beyond.
    for event in rounds(1000) {
        live.apply(event.clone());
        recorder.add(&event, &live).expect("written");
        count += 1;
        if older(&path).exists() && count % 5 == 2 {
            break;
        }
    }
    recorder.flush().expect("written");
    let whole = load(&path).expect("both parts");
    assert_eq!(whole.events, rounds(1000).take(count).collect::<Vec<_>>());
    assert_eq!(told(&whole), live);

    std::fs::remove_file(older(&path)).expect("gone");
    let newer = load(&path).expect("the newer part");
    assert!(newer.events.len() < count && !newer.keyframe.is_empty());
    let model = told(&newer);
    assert_eq!(model.sandboxes.len(), live.sandboxes.len());
    assert!(!newer.opening().sandboxes.is_empty() && newer.opening().timeline.is_empty());

    let mut other = header();
    other.at = Moment(77);
    drop(Recorder::begin(&older(&path), other, 20_000, &[]).expect("another"));
    assert_eq!(load(&path).expect("the newer part").events, newer.events);
}

#[test]
fn a_recording_is_gone_on_with_where_a_kill_has_torn_it() {
    let state = tempfile::tempdir().expect("a folder");
    let path = place(state.path());
    let begin = |header| Recorder::resume(&path, header, MOST_BYTES, &[]).expect("a recording");
    let model = header().model();
    let mut recorder = begin(header());
    let mode = |path: &Path| {
        use std::os::unix::fs::PermissionsExt as _;
        let data = std::fs::metadata(path).expect("there");
        data.permissions().mode() & 0o777
    };
    assert_eq!((mode(&path), mode(&folder(state.path()))), (0o600, 0o700));
    for event in events() {
        recorder.add(&event, &model).expect("written");
    }
    drop(recorder);
    let mut text = std::fs::read_to_string(&path).expect("there");
    text.push_str("{\"at\":99,\"link\":{\"sta");
    std::fs::write(&path, &text).expect("torn");
    let mut recorder = begin(header());
    for event in events() {
        recorder.add(&event, &model).expect("written");
    }
    drop(recorder);
    let twice: Vec<_> = events().into_iter().chain(events()).collect();
    assert_eq!(load(&path).expect("whole").events, twice);
    assert!(!older(&path).exists());

    // Other rules: a recording of its own.
    let mut other = header();
    other.scope.all = true;
    drop(begin(other));
    assert_eq!(load(&older(&path)).expect("kept").events, twice);
    // Killed before the first line was whole.
    std::fs::write(&path, "{\"report\":\"clawd").expect("torn");
    drop(begin(header()));
    assert_eq!(load(&older(&path)).expect("still kept").events, twice);
    assert!(load(&path).expect("a new one").events.is_empty());
    // Not to be followed.
    let precious = state.path().join("precious");
    std::fs::write(&precious, "mine\n").expect("written");
    std::fs::remove_file(&path).expect("gone");
    std::os::unix::fs::symlink(&precious, &path).expect("linked");
    assert!(Recorder::resume(&path, header(), MOST_BYTES, &[]).is_err());
    assert_eq!(std::fs::read_to_string(&precious).expect("there"), "mine\n");
}

#[test]
fn the_history_of_a_background_recording_opens_the_picture_as_past() {
    let state = tempfile::tempdir().expect("a folder");
    let now = Moment(2_000_000_000_000_000_000);
    assert!(history(state.path(), now).expect("no trouble").is_none());
    let path = place(state.path());
    let header = Header::new(
        now.minus(std::time::Duration::from_hours(30)),
        header().scope,
        rules(),
    );
    let mut recorder =
        Recorder::resume(&path, header.clone(), MOST_BYTES, &[]).expect("a recording");
    let second = std::time::Duration::from_secs(1);
    let old = Stamped {
        at: header.at,
        what: Event::Link(Link::Hung),
    };
    recorder.add(&old, &header.model()).expect("written");
    let mut expected = Vec::new();
    for (ago, mut event) in (1..).zip(events()).map(|(n, event)| (20 - n, event)) {
        event.at = now.minus(second * ago);
        recorder.add(&event, &header.model()).expect("written");
        expected.push(event);
    }
    drop(recorder);
    let text = std::fs::read_to_string(&path).expect("there");
    std::fs::write(&path, format!("{text}rubbish\n{{\"at\":")).expect("damaged");
    let past: Vec<_> = history(state.path(), now)
        .expect("read")
        .expect("some")
        .collect();
    assert_eq!(
        past, expected,
        "what is older than a day or rubbish is left out"
    );

    let mut model = header.model();
    let mut count = 0;
    let newest = model.recall(past.into_iter(), now, |_| count += 1);
    assert_eq!(newest, Some(Moment(0)), "the stamp of the one event");
    assert!(count > 0 && model.sandboxes.contains_key("a"));
    assert_eq!(
        (&model.link, model.listed, &model.node),
        (&Link::Connecting, None, &None)
    );
    let recalled = model.recalled.expect("it opened with a recording");
    assert_eq!(recalled.from, expected[0].at);
    assert_eq!(recalled.to, expected[4].at);

    let extent = extent(&path).expect("read");
    assert_eq!(
        (extent.from, extent.to),
        (Some(header.at), Some(expected[4].at))
    );
}

#[test]
fn texts_of_a_recording_from_elsewhere_are_washed() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("night.ndjson");
    let head = serde_json::to_string(&header()).expect("plain data");
    let line = "{\"at\":5,\"link\":{\"state\":\"lost\",\"why\":\"a\\u001b[31mb\u{202e}c\"}}";
    std::fs::write(&path, format!("{head}\n{line}\n")).expect("written");
    let events = load(&path).expect("read").events;
    let why = "a\\u{1b}[31mb\\u{202e}c".to_owned();
    assert_eq!(events[0].what, Event::Link(Link::Lost { why }));
    let pipe = folder.path().join("pipe");
    nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).expect("a pipe");
    for path in [folder.path(), &pipe] {
        let failure = load(path).expect_err("no file");
        assert!(
            failure.to_string().contains("not a regular file"),
            "{failure}"
        );
    }
}

#[test]
fn an_answer_that_says_nothing_new_is_known() {
    let mut model = header().model();
    let all = events();
    assert!(!model.knows(&all[1].what));
    for event in all.clone() {
        model.apply(event);
    }
    let again = |asked| match &all[1].what {
        Event::Listed(listing) => Event::Listed(Listing {
            asked,
            ..listing.clone()
        }),
        other => other.clone(),
    };
    assert!(model.knows(&again(Moment(500))));
    assert!(!model.knows(&all[4].what), "figures are always news");
    let empty = Listing {
        asked: Moment(500),
        ..Listing::default()
    };
    assert!(!model.knows(&Event::Listed(empty)));
}
