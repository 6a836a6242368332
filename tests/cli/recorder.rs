//! The recorder as a service, with a stand-in for systemd, and as a process; and what `replay` says
//! to files that are no recordings.

use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::place::Place;
use crate::{BOUND, code, document, err, out, place, run};

const UNIT: &str = ".config/systemd/user/clawdoctor-recorder.service";

/// Puts a systemd in front that writes down what it is asked. `refuses` is a verb that fails.
fn systemd(place: &Place, refuses: &str) {
    let script = format!(
        "#!/bin/sh\necho \"$@\" >>\"$HOME/asked\"\ncase \"$2\" in\n  {refuses}) echo sorry >&2; exit 4;;\n  \
         is-*) test -e \"$HOME/loaded\";;\n  restart) touch \"$HOME/loaded\";;\n  \
         disable) rm -f \"$HOME/loaded\";;\nesac\n"
    );
    let path = place.file("bin/systemctl", &script);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("own file");
}

/// What systemd was asked since last time, looking apart.
fn asked(place: &Place) -> Vec<String> {
    let path = place.home().join("asked");
    let text = std::fs::read_to_string(&path).unwrap_or_default();
    std::fs::remove_file(&path).unwrap_or(());
    let is_look = |line: &&str| line.contains(" is-") || line.contains("show-environment");
    text.lines()
        .filter(|line| !is_look(line))
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_service_is_shown_installed_once_and_taken_back_exactly() {
    let place = place();
    systemd(&place, "nothing");
    let unit = place.home().join(UNIT);
    let before = place.listing();

    let shown = run(&place, "recorder install");
    assert_eq!(code(&shown), 1, "{}", err(&shown));
    let text = out(&shown);
    assert!(text.contains("ExecStart=") && text.contains("runs systemctl --user enable"));
    assert!(
        text.contains("nothing was changed") && text.contains("--yes"),
        "{text}"
    );
    assert_eq!(asked(&place), [""; 0]);
    assert_eq!(place.listing(), before);

    let installed = document(&run(&place, "recorder install --yes --json"), "install");
    assert_eq!(
        (&installed["installed"], &installed["changed"]),
        (&true.into(), &true.into())
    );
    let written = std::fs::read_to_string(&unit).expect("the unit");
    assert!(written.contains("\" recorder run\n") && written.contains("DOCKER_HOST=unix://"));
    let mode = std::fs::metadata(&unit)
        .expect("there")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(
        asked(&place),
        [
            "--user daemon-reload",
            "--user enable clawdoctor-recorder.service",
            "--user restart clawdoctor-recorder.service",
        ]
    );

    let again = run(&place, "recorder install --yes");
    assert!(
        out(&again).contains("it is installed and taken up"),
        "{}",
        out(&again)
    );
    assert_eq!(asked(&place), [""; 0]);
    let status = run(&place, "recorder status --json");
    assert_eq!(code(&status), 1, "nobody runs it here");
    let status = document(&status, "status");
    assert_eq!(
        (&status["installed"], &status["running"]),
        (&true.into(), &false.into())
    );

    // Another engine: it is written and begun anew.
    let mut other = place;
    other.env.insert(
        "DOCKER_HOST".to_owned(),
        "unix:///elsewhere.sock".to_owned(),
    );
    let place = other;
    assert_eq!(code(&run(&place, "recorder install --yes")), 0);
    let rewritten = std::fs::read_to_string(&unit).expect("the unit");
    assert!(
        rewritten.contains("DOCKER_HOST=unix:///elsewhere.sock"),
        "{rewritten}"
    );
    assert_eq!(asked(&place).len(), 3);

    let folder = place.home().join("state/recording");
    std::fs::create_dir_all(&folder).expect("own folder");
    std::fs::write(folder.join("live.ndjson"), "").expect("own file");
    let gone = run(&place, "recorder uninstall --yes");
    assert_eq!(code(&gone), 0, "{}", err(&gone));
    assert!(!unit.exists());
    assert_eq!(
        asked(&place),
        [
            "--user disable --now clawdoctor-recorder.service",
            "--user daemon-reload",
        ]
    );
    std::fs::write(folder.join("notes"), "mine").expect("own file");
    assert!(folder.join("live.ndjson").exists(), "the recording stays");
    assert_eq!(code(&run(&place, "recorder uninstall --purge --yes")), 0);
    let left: Vec<_> = std::fs::read_dir(&folder)
        .expect("there")
        .flatten()
        .collect();
    assert_eq!(left.len(), 1, "what is not ours stays: {left:?}");
    let gone = run(&place, "recorder uninstall --yes");
    assert!(out(&gone).contains("it is not installed"));
}

#[test]
fn what_somebody_else_has_put_there_stays_and_a_refusal_leaves_nothing_behind() {
    let place = place();
    systemd(&place, "enable");
    let unit = place.file(UNIT, "[Service]\nExecStart=/opt/other\n");
    for line in ["recorder install --yes", "recorder uninstall --yes"] {
        let refused = run(&place, line);
        assert_eq!(code(&refused), 2, "{line}");
        assert!(
            err(&refused).contains("not clawdoctor's own"),
            "{}",
            err(&refused)
        );
    }
    assert_eq!(
        std::fs::read_to_string(&unit).expect("there"),
        "[Service]\nExecStart=/opt/other\n"
    );
    std::fs::remove_file(&unit).expect("ours to remove");
    std::os::unix::fs::symlink(place.home().join("precious"), &unit).expect("linked");
    assert_eq!(code(&run(&place, "recorder install --yes")), 2);
    assert!(!place.home().join("precious").exists());
    std::fs::remove_file(&unit).expect("ours to remove");

    let refused = run(&place, "recorder install --yes");
    assert_eq!(code(&refused), 2);
    let said = err(&refused);
    assert!(
        said.contains("enable clawdoctor-recorder.service` failed: 4, sorry"),
        "{said}"
    );
    assert!(!unit.exists(), "{said}");
}

#[test]
fn without_a_systemd_of_the_user_it_says_how_to_start_it() {
    let place = place();
    systemd(&place, "show-environment");
    let refused = run(&place, "recorder install --yes");
    assert_eq!(code(&refused), 2);
    assert!(
        err(&refused).contains("setsid -f clawdoctor recorder run"),
        "{}",
        err(&refused)
    );
    place.file(
        "clawdoctor/clawdoctor.toml",
        "[recorder]\nsize = \"1 KiB\"\n",
    );
    let refused = run(&place, "recorder run");
    assert_eq!(code(&refused), 2);
    let said = err(&refused);
    assert!(
        said.contains("clawdoctor.toml: recorder.size: 1 KiB is too little"),
        "{said}"
    );
}

/// A recorder at work.
struct Running(Child);

impl Running {
    fn begin(place: &Place) -> Self {
        let words = ["recorder", "run"].map(str::to_owned);
        let mut command = place.command(None, &words);
        let child = command.stderr(Stdio::piped()).spawn().expect("it starts");
        let mut running = Self(child);
        let end = Instant::now() + BOUND;
        while code(&run(place, "recorder status")) != 0 {
            if let Ok(Some(_)) = running.0.try_wait() {
                let err = running.0.stderr.take().expect("piped");
                let said: Vec<String> = BufReader::new(err).lines().map_while(Result::ok).collect();
                panic!("it ended: {said:?}");
            }
            assert!(Instant::now() < end, "it runs");
            std::thread::sleep(Duration::from_millis(50));
        }
        running
    }

    fn end(mut self, signal: &str) -> Option<i32> {
        let pid = self.0.id().to_string();
        let sent = Command::new("kill").args([signal, &pid]).status();
        assert!(sent.is_ok_and(|status| status.success()));
        self.0.wait().expect("its end").code()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().unwrap_or(());
        // Ended already, as it should.
        let _ = self.0.wait();
    }
}

fn recording(place: &Place) -> PathBuf {
    place.home().join("state/recording/live.ndjson")
}

/// Until the file holds this; its lines.
fn holds(path: &Path, word: &str, times: usize) {
    let end = Instant::now() + BOUND;
    loop {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        if text.matches(word).count() >= times {
            return;
        }
        assert!(Instant::now() < end, "{times} of {word} in {text}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn one_records_at_a_time_and_a_killed_one_is_gone_on_with() {
    let place = place();
    let path = recording(&place);
    let first = Running::begin(&place);
    holds(&path, "\"lost\"", 1);
    let status = document(&run(&place, "recorder status --json"), "status");
    assert_eq!(status["pid"], first.0.id());
    assert_eq!(status["recording"]["mostBytes"], 64 << 20);
    let second = run(&place, "recorder run");
    assert_eq!(code(&second), 2);
    let said = err(&second);
    let held = format!("`clawdoctor recorder` (process {})", first.0.id());
    assert!(said.contains(&held), "{said}");
    let status = document(&run(&place, "recorder status --json"), "status");
    let trouble = status["lastFailure"]["message"]
        .as_str()
        .expect("last words");
    assert!(trouble.contains("is at work"), "{trouble}");

    assert_eq!(first.end("-9"), None);
    assert_eq!(code(&run(&place, "recorder status")), 1);
    // As a kill in the middle of writing leaves it.
    let mut text = std::fs::read_to_string(&path).expect("there");
    text.push_str("{\"at\":17");
    std::fs::write(&path, &text).expect("written");
    let told = run(&place, &format!("replay --json {}", path.display()));
    assert_eq!(code(&told), 0, "{}", err(&told));
    assert!(out(&told).contains("\"engine\":\"lost\""), "{}", out(&told));

    let next = Running::begin(&place);
    holds(&path, "\"lost\"", 2);
    let status = document(&run(&place, "recorder status --json"), "status");
    assert!(status["lastFailure"].is_null(), "it runs well: {status}");
    assert_eq!(next.end("-TERM"), Some(143));
    let mut older = path.clone().into_os_string();
    older.push(".1");
    assert!(!Path::new(&older).exists(), "it went on with the same file");
    for name in ["recording", "recording/live.ndjson"] {
        let mode = std::fs::metadata(place.home().join("state").join(name)).expect("there");
        assert_eq!(mode.permissions().mode() & 0o077, 0, "{name}");
    }
    // Without an engine, what happened is known all the same, and as what is past.
    let looked = run(&place, "watch --once");
    assert_eq!(code(&looked), 2);
    assert!(
        out(&looked).contains("reaches back to "),
        "{}",
        out(&looked)
    );
    assert!(out(&looked).contains("(recorded)"), "{}", out(&looked));
}

#[test]
fn what_is_no_recording_is_told_by_file_and_line() {
    let place = place();
    let head = "{\"report\":\"clawdoctor.recording\",\"version\":1,\"tool\":\"0.1.0\",\"at\":5,\
                \"scope\":{\"all\":false},\"rules\":{}}";
    let rows = [
        ("empty", String::new(), "is no recording"),
        ("text", "my notes\n".to_owned(), "is no recording"),
        (
            "newer",
            head.replace("\"version\":1", "\"version\":7") + "\n",
            "form 7",
        ),
        ("rules", format!("{head}\n"), "is no recording"),
        (
            "binary",
            "\u{0}\u{1}\u{1b}[31m\n".to_owned(),
            "is no recording",
        ),
    ];
    for (name, text, expected) in rows {
        let file = place.file(name, &text);
        for more in ["", "--once", "--at -10min", "--json"] {
            let ran = run(&place, &format!("replay {} {more}", file.display()));
            assert_eq!(code(&ran), 2, "{name} {more}");
            assert!(err(&ran).contains(expected), "{name} {more}: {}", err(&ran));
            assert!(!err(&ran).contains('\u{1b}'), "{name}");
        }
    }
    let missing = run(&place, "replay --json nowhere.ndjson");
    assert_eq!(code(&missing), 2);
    let said: Value = document(&missing, "replay");
    assert!(said.to_string().contains("nowhere.ndjson"), "{said}");
    let bad = run(&place, "replay --at yesterday x.ndjson");
    assert!(
        err(&bad).contains("`yesterday` is no instant"),
        "{}",
        err(&bad)
    );
}
