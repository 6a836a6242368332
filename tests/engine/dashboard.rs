//! `clawdoctor watch` as a person sees it, in a real terminal on real engines.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use clawdoctor::live::recording::Player;

use super::support::place::Place;
use super::support::terminal::Terminal;
use super::support::throwaway::Throwaway;
use super::support::written::{Order, orders, without_figures};
use super::watch::whole;
use super::{BUSYBOX, Bench, LABEL, Outcome, Test, sure};

pub const TESTS: [(&str, Test); 9] = [
    ("a_sandbox_that_is_none_and_not_as_configured_is_named", odd),
    ("the_dashboard_names_an_oom_kill_and_keeps_the_dead", oom),
    (
        "the_dashboard_tells_a_stopped_and_a_frozen_engine_and_back",
        gone,
    ),
    (
        "a_steady_dashboard_writes_only_what_its_clocks_need",
        steady,
    ),
    ("the_dashboard_survives_any_size", sizes),
    ("each_signal_gives_the_terminal_back", signals),
    (
        "a_terminal_that_stands_still_holds_up_neither_the_watch_nor_its_end",
        still,
    ),
    (
        "nothing_hostile_reaches_the_terminal_from_any_pane",
        hostile,
    ),
    ("a_recording_that_cannot_go_on_is_told_at_once", recorded),
];

/// What a container in such a test is called: short, so that it fits into a column.
fn name(at: &Bench, what: &str) -> String {
    format!("h1-{what}-{}", at.real.name)
}

pub fn watch(socket: &Path, columns: u16, rows: u16) -> (Terminal, Place) {
    watch_with(socket, columns, rows, &[])
}

pub fn watch_with(socket: &Path, columns: u16, rows: u16, more: &[&str]) -> (Terminal, Place) {
    let mut place = Place::new();
    let terminal = watch_in(&mut place, socket, columns, rows, more);
    (terminal, place)
}

fn watch_in(place: &mut Place, socket: &Path, columns: u16, rows: u16, more: &[&str]) -> Terminal {
    let url = format!("unix://{}", socket.display());
    place.env.insert("DOCKER_HOST".to_owned(), url);
    let words = ["watch"].iter().chain(more);
    let words: Vec<String> = words.map(|&word| word.to_owned()).collect();
    Terminal::start(&place.command(None, &words), columns, rows)
}

pub fn sandbox(
    at: &Bench,
    name: &str,
    key: &str,
    more: &[&str],
    script: &str,
) -> Result<(), String> {
    let words = run(name, key, more, script);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    // A container that ends with a code other than 0 is no failure of ours.
    match at.real.docker(&words) {
        Err(why) if more.contains(&"-d") => Err(why),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// The words of a `docker run` of a sandbox.
fn run(name: &str, key: &str, more: &[&str], script: &str) -> Vec<String> {
    let (label, key) = (format!("{LABEL}=1"), format!("openclaw.sessionKey={key}"));
    let mut words = vec!["run", "--name", name, "--label", &label, "--label", &key];
    words.extend(["--label", "openclaw.sandbox=1", "--network", "none"]);
    words.extend(more);
    words.extend([BUSYBOX, "sh", "-c", script]);
    words.into_iter().map(str::to_owned).collect()
}

fn oom(at: &Bench) -> Outcome {
    let (own, brief) = (name(at, "oom"), name(at, "brief"));
    let _end = at.at_the_end(&[&["rm", "-f", &own]]);
    let key = "agent:oomer:chat:workspace:7e";
    let caps = ["-d", "--memory", "16m", "--memory-swap", "16m"];
    let (mut screen, _place) = watch(&at.real.socket, 160, 45);
    sandbox(at, &own, key, &caps, "exec sleep 600")?;
    screen.until_text("oomer/chat")?;
    screen.until("its cap", |text| text.contains("/16M"))?;
    drop(at.real.docker(&["exec", &own, "tail", "/dev/zero"]));
    screen.until("the kill", |text| {
        text.contains("OOM") && text.contains("cap 16M")
    })?;
    screen.until_text("call killed for memory (OOM), exit 137")?;
    sandbox(at, &brief, key, &["--rm"], "sleep 0.1; exit 9")?;
    screen.until("its end", |text| text.contains("exit 9"))?;
    screen.press("d");
    screen.until("the dead", |text| {
        text.lines()
            .any(|line| line.contains(&brief) && line.contains('9'))
    })?;
    screen.press("q");
    screen.press("q");
    sure(screen.end()? == 0, "q ends it well")
}

/// An engine where nothing happens but what the test does: an alert about others takes a line of the
/// picture.
fn quiet(at: &Bench) -> Result<Throwaway, Box<dyn std::error::Error>> {
    let engine = Throwaway::new(at.real.view())?;
    engine.start()?;
    engine.load(&at.real.url(), BUSYBOX)?;
    Ok(engine)
}

/// A sandbox on an engine of one's own, of the session `chat` of the agent of this name.
fn stand(engine: &Throwaway, name: &str, more: &[&str]) -> Result<(), String> {
    let key = format!("agent:{name}:chat:workspace:7e");
    let more: Vec<&str> = ["-d"].iter().chain(more).copied().collect();
    let words = run(&format!("sbx-{name}"), &key, &more, "exec sleep 600");
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    engine.docker(&words).map(drop)
}

fn is_up(text: &str) -> bool {
    text.lines()
        .next()
        .is_some_and(|line| line.starts_with("● up"))
}

/// Whether a line tells this of that.
fn tells(text: &str, of: &str, what: &str) -> bool {
    text.lines()
        .any(|line| line.contains(of) && line.contains(what))
}

/// While nobody is told.
fn kill(pid: &str) -> Outcome {
    let killed = Command::new("kill").args(["-KILL", pid]).status()?;
    sure(killed.success(), format!("{pid} ends"))
}

/// With the engine's socket, as root, and of an image whose name leads to another one by now.
fn odd(at: &Bench) -> Outcome {
    const IMAGE: &str = "clawdoctor-test/odd:1";
    let engine = quiet(at)?;
    engine.docker(&["tag", BUSYBOX, IMAGE])?;
    let mount = format!("{}:/var/run/docker.sock", engine.socket().display());
    let key = "openclaw.sessionKey=agent:main:odd:workspace:7e";
    let mut words = vec!["run", "-d", "--name", "sbx-odd", "--label", key];
    words.extend(["--label", "openclaw.sandbox=1", "--network", "none"]);
    words.extend(["--user", "0:0", "-v", &mount, IMAGE, "sleep", "600"]);
    engine.docker(&words)?;
    engine.docker(&["commit", "-m", "newer", "sbx-odd", IMAGE])?;
    let config = serde_json::json!({"agents": {"defaults": {"sandbox": {
        "mode": "all", "docker": {"image": IMAGE, "user": "1000:1000", "network": "none"},
    }}}});
    let mut place = Place::new();
    place.file(".openclaw/openclaw.json", &config.to_string());
    let mut screen = watch_in(&mut place, &engine.socket(), 160, 45, &[]);
    screen.until("its marks", |text| {
        text.lines()
            .any(|line| line.contains("main/odd") && line.contains("!! ~"))
    })?;
    screen.press("\r");
    screen.until("what is wrong with it", |text| {
        text.contains("DANGER") && text.contains("holds the engine's socket")
    })?;
    let text = screen.text();
    // Words go on in the next line of a narrow pane.
    let words = text.split(|c: char| c.is_whitespace() || c == '│');
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    let text = words.join(" ");
    sure(text.contains("configured 1000:1000"), &text)?;
    sure(text.contains("made from an older build of"), &text)?;
    screen.press("q");
    screen.press("q");
    sure(screen.end()? == 0, "q ends it well")
}

/// A real daemon: not there yet, there, asked to stop, there again, frozen, and going on.
fn gone(at: &Bench) -> Outcome {
    let engine = Throwaway::new(at.real.view())?;
    let mut place = Place::new();
    place.file("clawdoctor/clawdoctor.toml", "[app]\nnotify = true\n");
    let mut screen = watch_in(&mut place, &engine.socket(), 160, 45, &[]);
    screen.until("that it waits for an engine", |text| {
        text.contains("NO ENGINE, for ")
            && text.contains("The dashboard connects as soon as it comes.")
    })?;
    engine.start()?;
    screen.until("the engine", |text| {
        is_up(text) && text.contains("No sandbox is there.")
    })?;
    engine.load(&at.real.url(), BUSYBOX)?;
    stand(&engine, "ends", &[])?;
    stand(&engine, "goes", &["--rm"])?;
    stand(&engine, "stays", &[])?;
    let all = ["ends/chat", "goes/chat", "stays/chat"];
    screen.until("the three", |text| {
        text.contains("3 sandboxes") && all.iter().all(|one| text.contains(one))
    })?;
    sure(!screen.is_faint("ends/chat"), "it is live")?;

    let ends = [engine.pid_of("sbx-ends")?, engine.pid_of("sbx-goes")?];
    engine.stop()?;
    screen.until("the loss", |text| text.contains("✗ ENGINE LOST "))?;
    screen.until("the age of what it shows", |text| {
        text.contains("as of") && !text.contains("● up")
    })?;
    let text = screen.text();
    sure(!text.contains("HANGS"), &text)?;
    for one in all {
        sure(screen.is_faint(one), format!("{one} is not live: {text}"))?;
    }

    for pid in &ends {
        kill(pid)?;
    }
    engine.start()?;
    // An engine that was not there knows that it ended, and not always how (28.5 says 255).
    let code = engine.docker(&["inspect", "-f", "{{.State.ExitCode}}", "sbx-ends"])?;
    let how = ["removed", "gone, not seen how"];
    screen.until("the way back, and what ended meanwhile", |text| {
        is_up(text)
            && tells(text, "ends/chat", &format!("■ exit {code}"))
            && tells(text, "ends/chat", "seen afterwards")
            && how.iter().any(|how| tells(text, "goes/chat", how))
            && text.contains("2 sandboxes  1 exited  1 gone")
    })?;
    sure(!screen.is_faint("stays/chat"), "it is live as it was")?;

    stand(&engine, "killed", &[])?;
    screen.until_text("killed/chat")?;
    let pid = engine.pid_of("sbx-killed")?;
    engine.freeze()?;
    screen.until("the hang", |text| text.contains("! ENGINE HANGS for "))?;
    let text = screen.text();
    sure(!text.contains("LOST") && !text.contains("● up"), &text)?;
    sure(screen.is_faint("killed/chat"), "it is not known to be live")?;
    kill(&pid)?;
    engine.thaw()?;
    screen.until("the way back, and what ended meanwhile", |text| {
        is_up(text) && tells(text, "killed/chat", "■ exit 137")
    })?;
    screen.press("q");
    let (code, raw) = screen.end_with_raw()?;
    sure(code == 0, "q ends it well")?;
    // For the loss alone, in words as well: not for an engine that was never there, nor for the hang.
    let rang: Vec<Order> = orders(&raw)?
        .into_iter()
        .filter(|order| match order {
            Order::Bell => true,
            Order::Osc(words) => words.starts_with("9;"),
            Order::Csi(_) => false,
        })
        .collect();
    let says = |order: &Order| matches!(order, Order::Osc(words) if words.starts_with("9;clawdoctor: the engine is lost: "));
    let is_so = rang.len() == 2 && rang[0] == Order::Bell && says(&rang[1]);
    sure(is_so, rang)
}

/// Three that do nothing on an engine where nothing else happens.
fn steady(at: &Bench) -> Outcome {
    const WINDOW: Duration = Duration::from_secs(4);
    let engine = quiet(at)?;
    for name in ["one", "two", "three"] {
        stand(&engine, name, &["--memory", "64m", "--cpus", "0.5"])?;
    }
    let (mut screen, _place) = watch(&engine.socket(), 160, 45);
    screen.until("figures of each, and what it costs", |text| {
        let is_whole = |line: &&str| line.contains("0.00/0.5") && line.contains("K/64M");
        text.lines().filter(is_whole).count() == 3 && text.contains("watching: ")
    })?;
    // What nobody shows to be over can only be waited for.
    std::thread::sleep(Duration::from_secs(1));
    let (before, written) = (screen.text(), screen.raw().len());
    std::thread::sleep(WINDOW);
    let (after, raw) = (screen.text(), screen.raw());
    let count = raw.len() - written;
    // What goes on each second in the first minute: the age and the idleness of three rows, the
    // ages of the timeline and of the picture, some 14 figures of a dozen bytes with their places;
    // and what watching costs. It is some 850 bytes. The whole screen would be 7000.
    sure(count < 1500, format!("{count} bytes in {WINDOW:?}"))?;
    // After a while a sandbox counts as idle, which may be just then.
    let still = |text: &str| without_figures(&text.replace("○ idle", "● running"));
    let (before, after) = (still(&before), still(&after));
    sure(before == after, format!("{before:#?} became {after:#?}"))?;
    let new = orders(&raw[written..])?;
    let is_drawing = |order: &Order| match order {
        Order::Csi(body) => body.ends_with(['H', 'm']) || body.starts_with("?2026"),
        Order::Bell | Order::Osc(_) => false,
    };
    sure(new.iter().all(is_drawing), format!("{new:?}"))?;
    screen.press("q");
    sure(screen.end()? == 0, "q ends it well")
}

fn sizes(at: &Bench) -> Outcome {
    let engine = quiet(at)?;
    stand(&engine, "small", &[])?;
    let (mut screen, _place) = watch(&engine.socket(), 80, 24);
    screen.until_text("small/chat")?;
    screen.press("/small\r");
    let whole = |text: &str| {
        let lines: Vec<&str> = text.lines().collect();
        lines.len() == 24
            && lines[0].starts_with("● up")
            && lines[2].contains("─ 1 Checklist ─ [2 Live] ─ 3 Isolation ─")
            && lines[3].contains("agent/session")
            && lines[4].contains("› small/chat")
            && text.contains("─ timeline ─")
            && lines[23].starts_with(" /small 1 of ")
    };
    screen.until("the whole picture", whole)?;
    for (columns, rows) in [(160, 45), (40, 10), (5, 2), (1, 1), (250, 60), (20, 5)] {
        screen.resize(columns, rows);
    }
    screen.until("the picture of 20x5", |text| {
        let lines: Vec<&str> = text.lines().collect();
        lines.len() == 5
            && lines[0].starts_with("● up")
            && lines[0].contains(" there")
            && lines[1].starts_with("› small/chat")
            && lines[4].starts_with(" /small 1 of ")
    })?;
    screen.resize(80, 24);
    screen.until("the whole picture again", whole)?;
    screen.press("\u{3}");
    sure(screen.end()? == 130, "left")
}

fn signals(at: &Bench) -> Outcome {
    for (signal, code) in [("-INT", 130), ("-TERM", 143), ("-HUP", 143)] {
        let (screen, _place) = watch(&at.real.socket, 80, 24);
        screen.until("the engine", |text| text.contains("up"))?;
        screen.signal(signal);
        let ended = screen.end()?;
        sure(ended == code, format!("{signal}: {ended}"))?;
    }
    let (mut screen, _place) = watch(&at.real.socket, 80, 24);
    screen.until("the engine", |text| text.contains("up"))?;
    screen.press("\u{3}");
    sure(screen.end()? == 130, "Ctrl-C")?;
    let (screen, _place) = watch(&at.real.socket, 80, 24);
    screen.until("the engine", |text| text.contains("up"))?;
    sure(screen.hang_up()? == 143, "a window that is closed")
}

/// A minute of churn with `CLAWDOCTOR_TEST_WHOLE_WATCH`.
fn still(at: &Bench) -> Outcome {
    const WHOLE_FRAME: usize = 3000;
    let engine = quiet(at)?;
    for name in ["one", "two"] {
        stand(&engine, name, &["--memory", "64m", "--cpus", "0.5"])?;
    }
    let (mut screen, _place) = watch(&engine.socket(), 141, 45);
    screen.until("both", |text| is_up(text) && text.contains("two/chat"))?;
    let before = screen.raw().len();
    screen.stand_still();
    let frames = screen.fill();
    let begun = Instant::now();
    let length = Duration::from_secs(if whole() { 60 } else { 15 });
    let mut all = Vec::new();
    while begun.elapsed() < length || all.len() < 5 {
        let (name, code) = (format!("sbx-n{}", all.len()), 20 + all.len());
        let (key, script) = ("agent:brief:chat:workspace:7e", format!("exit {code}"));
        let words = run(&name, key, &["--rm"], &script);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        // Which docker takes for its own exit code.
        drop(engine.docker(&words));
        all.push((name, code.to_string()));
        // As many as the list of the dead shows at once.
        std::thread::sleep(length / 30);
    }
    screen.go_on();
    let told = |text: &str| {
        tells(
            text,
            "brief/chat",
            &format!("exit {}", all[all.len() - 1].1),
        )
    };
    screen.until("what came meanwhile", |text| is_up(text) && told(text))?;
    let raw = screen.raw().split_off(before);
    let count = raw.len();
    sure(
        count < frames * WHOLE_FRAME,
        format!("{count} bytes: it never stood still"),
    )?;
    let told = String::from_utf8_lossy(&raw);
    for wrong in ["HANGS", "LOST", "missed", "not seen how"] {
        sure(!told.contains(wrong), format!("{wrong}: {}", screen.text()))?;
    }
    screen.press("d");
    screen.until("every one of them", |text| {
        all.iter().all(|(name, code)| {
            let is_it = |line: &str| {
                let mut words = line.split_whitespace();
                words.any(|word| word == code) && words.any(|word| word == name)
            };
            text.lines().any(is_it)
        })
    })?;

    screen.stand_still();
    screen.fill();
    screen.signal("-TERM");
    sure(screen.end_unheard()? == 143, "it ends all the same")
}

/// What a terminal would obey, what turns text around, what hides, what is wide, what breaks lines.
const EVIL: &str =
    "\u{1b}]0;owned\u{7}\u{1b}[2J\u{202e}\u{200b}\u{9b}31m漢字\u{1b}[5n\u{1b}c\u{8}\r\nx";

/// In labels, in the command line of a call, in logs; seen in the table, the detail, the timeline,
/// the logs, the questions, among those that have gone, and in the title of the window.
fn hostile(at: &Bench) -> Outcome {
    let own = name(at, "evil");
    let _end = at.at_the_end(&[&["rm", "-f", &own]]);
    let key = format!("agent:{EVIL}:{EVIL}:workspace:7e");
    let label = format!("name={EVIL}");
    let caps = [
        "-d",
        "--memory",
        "16m",
        "--memory-swap",
        "16m",
        "--label",
        &label,
    ];
    let log = "printf '\\033]0;owned\\007\\033[2J\\342\\200\\256gnorw\\302\\23331m\\033[5n\\033c end-of-%s\\n' evil; \
               exec sleep 600";
    sandbox(at, &own, &key, &caps, log)?;
    let (mut screen, _place) = watch_with(&at.real.socket, 160, 45, &["--commands"]);
    screen.until_text(&own)?;
    screen.press(&format!("/{own}\r"));
    screen.until("it alone", |text| text.contains("1 of "))?;
    screen.press("\r");
    let call = format!("exit 7 # {EVIL} end-of-call");
    drop(at.real.docker(&["exec", &own, "sh", "-c", &call]));
    screen.until("the call in the detail", |text| {
        text.contains("exit 7 # \\u{1b}]0;owned")
    })?;
    drop(at.real.docker(&["exec", &own, "tail", "/dev/zero"]));
    screen.until("the kill", |text| {
        text.contains("! OOM") || text.contains("(OOM)")
    })?;
    screen.press("l");
    screen.until("the logs", |text| text.contains("end-of-evil"))?;
    screen.press("q");
    screen.press("X");
    screen.until_text(&format!("Stop {own}?"))?;
    screen.press("n");
    screen.until("the table", |text| !text.contains("Stop h1"))?;
    at.real.docker(&["rm", "-f", &own])?;
    screen.until("its end", |text| text.contains("0 of "))?;
    screen.press("d");
    screen.until("it among the dead", |text| {
        text.contains("peak/cap") && tells(text, "\\u{1b}]", "137")
    })?;
    screen.press("\u{3}");
    let (code, raw) = screen.end_with_raw()?;
    sure(code == 130, "left")?;
    let told = orders(&raw)?;
    let is_title = |order: &Order| matches!(order, Order::Osc(words) if words.starts_with("0;! OOM in \\u{1b}"));
    sure(
        told.iter().any(is_title),
        "the title names whom it is about",
    )
}

/// A disk of one's own, so small that it is soon full.
struct Disk(std::path::PathBuf);

impl Disk {
    fn mount(path: std::path::PathBuf) -> Result<Self, String> {
        std::fs::create_dir_all(&path).map_err(|error| error.to_string())?;
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=1m", "clawdoctor-test"])
            .arg(&path)
            .status();
        if mounted.is_ok_and(|status| status.success()) {
            Ok(Self(path))
        } else {
            Err("cannot mount a tmpfs".to_owned())
        }
    }

    fn fill(&self) -> Result<(), String> {
        match std::fs::write(self.0.join("filling"), vec![0; 2 << 20]) {
            Err(error) if error.kind() == std::io::ErrorKind::StorageFull => Ok(()),
            other => Err(format!("the disk is not full: {other:?}")),
        }
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let done = Command::new("umount").arg("-l").arg(&self.0).status();
        assert!(done.is_ok_and(|status| status.success()), "unmounts");
    }
}

fn recorded(at: &Bench) -> Outcome {
    let engine = quiet(at)?;
    let folder = tempfile::tempdir()?;
    let disk = Disk::mount(folder.path().join("disk"))?;
    let path = disk.0.join("night.ndjson");
    let said = path.display().to_string();
    let (mut screen, _place) = watch_with(&engine.socket(), 160, 45, &["--record", &said]);
    screen.until("that it records, where to and how much", |text| {
        text.lines().nth(2).is_some_and(|line| {
            line.contains(&format!("● recording into {said}, ")) && line.contains("K of 256M")
        })
    })?;
    disk.fill()?;
    for _ in 0..6 {
        let brief = run(
            "sbx-rec",
            "agent:rec:chat:workspace:7e",
            &["--rm"],
            "exit 0",
        );
        let words: Vec<&str> = brief.iter().map(String::as_str).collect();
        engine.docker(&words)?;
    }
    screen.within(Duration::from_secs(5), "the end of the recording", |text| {
        text.contains("! not recording any more: No space left on device")
            && text.contains("✗ not recording ─")
    })?;
    screen.press("x");
    screen.until("it put away, and known", |text| {
        !text.contains("any more") && text.contains("✗ not recording ─")
    })?;
    screen.press("q");
    screen.until("the reason on the plain terminal", |text| {
        text.contains("cannot write the recording") && text.contains("No space left")
    })?;
    sure(
        screen.end()? == 2,
        "it did not do all that it was asked for",
    )?;
    let kept = Player::open(&path)?.all()?;
    sure(!kept.is_empty(), "what was seen before can be played")
}
