//! The app in a real pseudo-terminal, its bytes read by a terminal emulator.
//!
//! The tests start this very file again as the app (`the_app`, below), in front of a gathering
//! that does what the test wants: answer, hang, or crash. Nothing sleeps: a test waits for what
//! must come to be on the screen, under a deadline.
#![expect(
    clippy::disallowed_methods,
    clippy::exit,
    reason = "a test and the program under test in one: it starts, marks files and ends"
)]

#[path = "pty/demo.rs"]
mod demo;
#[path = "pty/feeds.rs"]
mod feeds;
#[path = "pty/mending.rs"]
mod mending;
#[path = "pty/replay.rs"]
mod replay;
#[expect(
    dead_code,
    reason = "fainter words are those of a real engine that goes, and what is missed while a terminal
        stands still happens in one"
)]
#[path = "support/terminal.rs"]
mod terminal;
#[expect(dead_code, reason = "figures that go on are those of a real engine")]
#[path = "support/written.rs"]
mod written;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clawdoctor::checklist::catalog::Catalog;
use clawdoctor::checklist::check::{Risk, Severity};
use clawdoctor::checklist::judge::Judge;
use clawdoctor::checklist::run::Terms;
use clawdoctor::facts::{Facts, Section};
use clawdoctor::fix::repair::{Need, Plan, Repair};
use clawdoctor::headroom::Headroom;
use clawdoctor::live::event::Moment;
use clawdoctor::live::model::Model;
use clawdoctor::live::sampling::Sight;
use clawdoctor::live::scope::Scope;
use clawdoctor::tui::deeds::Errands;
use clawdoctor::tui::mending::{End, Past};
use clawdoctor::tui::{self, Hands, Probed, Session, Style, Watching};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use terminal::{Seen, Terminal};
use tokio::sync::mpsc::Sender;

const PATIENCE: Duration = Duration::from_secs(20);
const SCENE: &str = "CLAWDOCTOR_TEST_SCENE";
/// A file that the gathering makes, and that its guard removes.
const MARK: &str = "CLAWDOCTOR_TEST_MARK";

// ---- the app, as the tests start it --------------------------------------------------------

#[test]
#[ignore = "the app itself: the tests start it in a terminal of its own"]
fn the_app() {
    let Ok(scene) = std::env::var(SCENE) else {
        return;
    };
    let catalog = Arc::new(Catalog::built_in().expect("our own files are right"));
    let all = catalog.checks().iter().map(|c| c.id.clone()).collect();
    let terms = Terms {
        selected: all,
        waivers: Vec::new(),
        today: "2027-01-01".parse().expect("a date"),
        fail_on: Severity::Error,
        node_id: "node".to_owned(),
        duration_ms: 0,
        spent: std::collections::BTreeMap::new(),
        warnings: Vec::new(),
    };
    let bug = scene == "bug";
    let in_the_dashboard = scene == "bug in the dashboard";
    let calls = std::sync::atomic::AtomicUsize::new(0);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    let rules = rules(&catalog);
    let fed = runtime.block_on(async { feeds::watching(&scene, rules.clone()) });
    let is_live = in_the_dashboard || fed.is_some();
    let session = Session {
        catalog,
        terms: Box::new(move || {
            let before = calls.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            assert!(!(bug && before > 0), "a bug in the app itself");
            terms.clone()
        }),
        subject: tui::Subject::Here(hands(&scene)),
        explain: Box::new(|id, _| format!("{id}: a page")),
        gather: Box::new(move |_, tell| tokio::spawn(gather(scene.clone(), tell))),
        first: if is_live {
            tui::First::Live
        } else {
            tui::First::Checklist
        },
        replay: None,
        watching: fed
            .or_else(|| in_the_dashboard.then(|| runtime.block_on(async { watching(rules) }))),
        zone: None,
        style: Style {
            color: true,
            notices: tui::Notices::Plain,
            ..Style::default()
        },
        habits: tui::Habits::default(),
    };
    let code = match runtime.block_on(tui::run(session)).outcome {
        Ok(_) => 0,
        Err(failure) => failure.kind.exit_code(),
    };
    std::process::exit(i32::from(code));
}

struct Mark(PathBuf);

impl Drop for Mark {
    fn drop(&mut self) {
        let _gone = std::fs::remove_file(&self.0);
    }
}

/// How often a gathering with this mark has crashed.
fn crashes(mark: &Path) -> usize {
    std::fs::read(mark.with_extension("crashes")).map_or(0, |crashes| crashes.len())
}

async fn gather(scene: String, tell: Sender<Probed>) {
    for section in Section::ALL {
        let _closed = tell.send(Probed::Started(section)).await;
    }
    let mark = Mark(std::env::var_os(MARK).expect("set by the test").into());
    std::fs::write(&mark.0, "made").expect("a file");
    let facts = || Box::new(Facts::default());
    let _closed = tell
        .send(Probed::Done {
            section: Section::Host,
            facts: facts(),
            spent: Duration::from_millis(3),
        })
        .await;
    match scene.as_str() {
        "hangs" => std::future::pending().await,
        "crashes" => {
            let count = crashes(&mark.0) + 1;
            std::fs::write(mark.0.with_extension("crashes"), "x".repeat(count)).expect("a file");
            panic!("a probe crashed");
        }
        _ => {}
    }
    let _closed = tell
        .send(Probed::Finished {
            facts: facts(),
            spent: std::collections::BTreeMap::new(),
            duration_ms: 5,
            plan: Box::new(plan()),
        })
        .await;
}

fn rules(catalog: &Catalog) -> Headroom {
    let judges = catalog.checks().iter().map(|check| &check.spec.judge);
    let mut found = judges.filter_map(|judge| match judge {
        Judge::SandboxHeadroom(rules) => Some(rules.clone()),
        _ => None,
    });
    found.next().expect("the catalogue has it")
}

/// A feed that is silent, and evidence that cannot be taken.
fn watching(rules: Headroom) -> Watching {
    let (tell, events) = tokio::sync::mpsc::channel(1);
    let done = |word: Result<String, String>| tokio::spawn(std::future::ready(word));
    Watching {
        model: Model::new(Scope::default(), rules),
        events,
        sight: tokio::sync::watch::channel(Sight::default()).0,
        task: tokio::spawn(async move {
            let _kept = tell;
            std::future::pending::<()>().await;
        }),
        clock: || Moment(1_800_000_000_000),
        errands: Some(Errands {
            permission: Ok(()),
            act: Box::new(|_, _| tokio::spawn(async {})),
            register: Box::new(|| tokio::spawn(async { Err("none".to_owned()) })),
            logs: Box::new(|_, _| tokio::spawn(async {})),
            save: Box::new(move |_, _| done(Err("none".to_owned()))),
            evidence: Box::new(|_, _| panic!("a bug in the dashboard")),
        }),
        recording: None,
    }
}

/// One repair, which needs the administrator.
fn plan() -> Plan {
    let repair = Repair {
        id: "host/memory".to_owned(),
        check: "host/memory".to_owned(),
        also: Vec::new(),
        title: "plant a chip".to_owned(),
        findings: Vec::new(),
        risk: Risk::Safe,
        cost: String::new(),
        undo: None,
        needs: vec![Need::Sudo],
        only_named: false,
        waits_for: Vec::new(),
        restart: None,
        steps: Vec::new(),
    };
    Plan {
        schema_version: 1,
        report: "clawdoctor.plan".to_owned(),
        tool_version: String::new(),
        made_at: String::new(),
        node_id: String::new(),
        repairs: vec![repair],
        advice: Vec::new(),
    }
}

/// A run that goes on until it is stopped, and `sudo` as a shell that asks at the terminal.
fn hands(scene: &str) -> Hands {
    let is_root = scene != "asks";
    Hands {
        is_root,
        begin: Box::new(|_, progress, stopped| {
            let mark = Mark(std::env::var_os(MARK).expect("set by the test").into());
            std::fs::write(&mark.0, "made").expect("a file");
            tokio::spawn(async move {
                let _stopped = stopped.await;
                drop(mark);
                progress.send_modify(|progress| progress.end = Some(End::Stopped));
            })
        }),
        past: Box::new(|| tokio::spawn(async { Past::default() })),
        rights: Box::new(|| {
            let ask = "printf 'Password: '; read word </dev/tty; test \"$word\" = sesame";
            let asked = std::process::Command::new("sh").args(["-c", ask]).spawn();
            let mut asked = asked.expect("a shell");
            tokio::task::spawn_blocking(move || asked.wait().is_ok_and(|status| status.success()))
        }),
    }
}

// ---- a terminal with the app in it ---------------------------------------------------------

struct Pty {
    inner: Terminal,
    folder: tempfile::TempDir,
}

impl Pty {
    fn open(scene: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut command = Command::new(std::env::current_exe().expect("this test"));
        command.args([
            "--exact",
            "the_app",
            "--ignored",
            "--nocapture",
            "--test-threads=1",
        ]);
        command.envs(std::env::vars_os().filter(|(name, _)| name != "NO_COLOR"));
        command.env(SCENE, scene);
        command.env(MARK, folder.path().join("mark"));
        Self::spawn(&command, folder)
    }

    /// Starts what the command would, with the environment that it names and no other.
    fn spawn(command: &Command, folder: tempfile::TempDir) -> Self {
        let inner = Terminal::start(command, 80, 24);
        Self { inner, folder }
    }

    /// Waits until the screen is as wanted, or fails and shows it.
    #[track_caller]
    fn wait(&self, what: &str, wanted: impl Fn(&Seen) -> bool) {
        if let Err(instead) = self.inner.until_seen(PATIENCE, what, wanted) {
            panic!("{instead}");
        }
    }

    #[track_caller]
    fn wait_text(&self, text: &str) {
        self.wait(text, |seen| seen.text().contains(text));
    }

    fn press(&mut self, keys: &str) {
        self.inner.press(keys);
    }

    /// A press of the left button and its release, on the first of these words, as SGR tells them.
    fn click(&mut self, words: &str) {
        let text = self.inner.text();
        let place = text.lines().enumerate().find_map(|(row, line)| {
            let before = line.split_once(words)?.0.chars().count();
            Some((before + 1, row + 1))
        });
        let (column, row) = place.expect("they are on the screen");
        self.press(&format!(
            "\u{1b}[<0;{column};{row}M\u{1b}[<0;{column};{row}m"
        ));
    }

    fn answer(&mut self, key: &str) {
        self.inner.answer(key);
    }

    fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(self.inner.pid().cast_signed());
        kill(pid, signal).expect("it runs");
    }

    fn resize(&self, rows: u16, columns: u16) {
        self.inner.resize(columns, rows);
    }

    fn bytes(&self) -> usize {
        self.inner.seen().raw.len()
    }

    /// Waits for the end: the exit code, with the terminal as it was before.
    #[track_caller]
    fn end(self) -> u32 {
        self.end_with_raw().0
    }

    /// The same with every byte that was written.
    #[track_caller]
    fn end_with_raw(self) -> (u32, Vec<u8>) {
        let mark = self.mark();
        let ended = self.inner.end_with_raw();
        assert!(!mark.exists(), "the gathering put its things away");
        ended.unwrap_or_else(|instead| panic!("{instead}"))
    }

    /// Closes the window under it.
    #[track_caller]
    fn hang_up(self) -> u32 {
        let mark = self.mark();
        let ended = self.inner.hang_up();
        assert!(!mark.exists(), "the gathering put its things away");
        ended.unwrap_or_else(|instead| panic!("{instead}"))
    }

    fn mark(&self) -> PathBuf {
        self.folder.path().join("mark")
    }

    fn gathering(&self) {
        let mark = self.mark();
        self.wait("the gathering", |_| mark.exists());
    }
}

// ---- what must hold ------------------------------------------------------------------------

#[test]
fn q_quits_and_gives_the_terminal_back() {
    let mut app = Pty::open("answers");
    app.wait_text("checked just now");
    app.press("q");
    assert_eq!(app.end(), 0);
}

#[test]
fn keys_move_open_and_explain() {
    let mut app = Pty::open("answers");
    app.wait_text("checked just now");
    app.press("?");
    app.wait_text("In the list");
    app.press("G");
    app.wait_text("What the symbols mean");
    app.press("\x1b");
    app.wait("the help to go", |screen| {
        !screen.text().contains("symbols mean")
    });
    app.press("/vm-mem");
    app.wait_text("docker/vm-memory");
    app.press("\r\r");
    app.wait_text("enter list");
    app.press("qqq");
    assert_eq!(app.end(), 0);
}

#[test]
fn digits_lead_from_screen_to_screen_and_back() {
    let mut app = Pty::open("answers");
    app.wait_text("[1 Checklist]");
    app.press("3");
    app.wait_text("[3 Isolation]");
    app.press("?");
    app.wait_text("In the list of agents");
    app.press("q1");
    app.wait_text("[1 Checklist]");
    app.press("3q");
    assert_eq!(app.end(), 0);
}

#[test]
fn a_press_of_the_mouse_leads_to_a_screen_as_its_digit_does() {
    let mut app = Pty::open("answers");
    app.wait_text("[1 Checklist]");
    app.click("3 Isolation");
    app.wait_text("[3 Isolation]");
    app.click("1 Checklist");
    app.wait_text("[1 Checklist]");
    app.press("q");
    assert_eq!(app.end(), 0);
}

#[test]
fn ctrl_c_and_each_signal_restore_the_terminal_while_a_probe_hangs() {
    for (signal, code) in [
        (None, 130),
        (Some(Signal::SIGINT), 130),
        (Some(Signal::SIGTERM), 143),
        (Some(Signal::SIGHUP), 143),
    ] {
        let mut app = Pty::open("hangs");
        app.wait_text("CHECKING");
        app.gathering();
        match signal {
            None => app.press("\x03"),
            Some(signal) => app.signal(signal),
        }
        assert_eq!(app.end(), code, "{signal:?}");
    }
}

#[test]
fn a_window_that_is_closed_ends_it_in_order() {
    let app = Pty::open("hangs");
    app.wait_text("CHECKING");
    app.gathering();
    assert_eq!(app.hang_up(), 143);
}

#[test]
fn a_crash_while_the_terminal_stands_still_does_not_keep_it_from_ending() {
    let mut app = Pty::open("crashes");
    app.wait_text("broke off");
    app.inner.stand_still();
    app.inner.fill();
    app.press("R");
    let until = Instant::now() + PATIENCE;
    while crashes(&app.mark()) < 2 {
        assert!(Instant::now() < until, "R looks again");
        std::thread::sleep(Duration::from_millis(10));
    }
    app.signal(Signal::SIGTERM);
    let ended = app.inner.end_unheard();
    assert_eq!(ended.as_ref(), Ok(&143), "{ended:?}");
}

#[test]
fn a_probe_that_crashes_is_told_and_leaves_the_app_running() {
    let mut app = Pty::open("crashes");
    app.wait_text("broke off");
    app.wait("the screen of the app", |screen| {
        screen.screen().alternate_screen()
    });
    app.press("q");
    assert_eq!(app.end(), 0);
}

#[test]
fn a_bug_in_the_app_restores_the_terminal_before_it_is_told() {
    let app = Pty::open("bug");
    app.wait_text("a bug in the app itself");
    assert_eq!(app.end(), 101);
}

#[test]
fn a_bug_in_the_dashboard_restores_the_terminal_too() {
    let mut app = Pty::open("bug in the dashboard");
    app.wait_text("[2 Live]");
    app.press("E");
    app.wait_text("a bug in the dashboard");
    assert_eq!(app.end(), 101);
}

#[test]
fn it_survives_any_size_and_draws_the_whole_picture_of_each() {
    let mut app = Pty::open("answers");
    app.wait_text("checked just now");
    let lines = |screen: &Seen| -> Vec<String> {
        let text = screen.text();
        text.lines().map(str::to_owned).collect()
    };
    let whole = |screen: &Seen| {
        let lines = lines(screen);
        lines.len() == 24
            && lines[0].starts_with("clawdoctor")
            && lines[1].contains("checked")
            && lines[2].starts_with("─ [1 Checklist] ─ 2 Live ─ 3 Isolation ─")
            && lines[3].contains("0 Prerequisites")
            && lines[23].contains("q quit  ? help")
            && lines[23].contains("recheck")
    };
    app.wait("the whole picture", whole);
    for (rows, cols) in [(10, 40), (1, 1), (45, 160), (2, 5), (5, 20)] {
        app.resize(rows, cols);
    }
    app.wait("the picture of 20x5", |screen| {
        let lines = lines(screen);
        lines.len() == 5
            && lines[0].ends_with("[1] 2 3")
            && lines[1].starts_with("›")
            && lines[1].contains(" 0 Prerequisites")
            && lines[2].contains(" 1 Docker CLI i…")
            && lines[4] == " q quit  ? help"
    });
    app.resize(24, 80);
    app.wait("the whole picture again", whole);
    app.press("q");
    assert_eq!(app.end(), 0);
}

#[test]
fn nothing_is_written_while_nothing_changes() {
    let mut app = Pty::open("answers");
    app.wait_text("checked just now");
    // A key without meaning is answered by nothing; one with meaning by the next frame.
    app.press("j");
    app.wait("the cursor on the second step", |screen| {
        let text = screen.text();
        text.lines().any(|line| line.starts_with("›▸ 1"))
    });
    let before = app.bytes();
    app.press("zxzxzx");
    // That something does not come can only be waited for.
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(app.bytes(), before);
    app.press("q");
    assert_eq!(app.end(), 0);
}

#[test]
fn sudo_asks_on_the_plain_terminal_and_the_app_comes_back() {
    let mut app = Pty::open("asks");
    app.wait_text("F fix 1 safe");
    app.press("F");
    app.wait_text("administrator rights (sudo)");
    app.answer("y");
    app.wait_text("Password:");
    app.wait("the plain terminal", |screen| {
        let screen = screen.screen();
        !screen.alternate_screen()
            && !screen.hide_cursor()
            && screen.contents().contains("administrator rights")
    });
    assert!(app.inner.is_as_before(), "cooked");
    assert!(!app.mark().exists(), "nothing is begun yet");
    app.press("sesame\r");
    app.wait_text("At work");
    app.wait("the screen of the app", |screen| {
        screen.screen().alternate_screen()
    });
    app.press("\x1b");
    app.wait_text("Stop, and take back");
    app.answer("y");
    app.wait_text("Stopped after");
    app.press("\rq");
    assert_eq!(app.end(), 0);
}

// ---- the program itself --------------------------------------------------------------------

/// `clawdoctor` in a home of its own, with this engine.
fn program(engine: impl Fn(&Path) -> Option<std::os::unix::net::UnixListener>) -> Pty {
    configured("", &["--offline"], engine)
}

/// The same with these settings and words.
fn configured(
    settings: &str,
    words: &[&str],
    engine: impl Fn(&Path) -> Option<std::os::unix::net::UnixListener>,
) -> Pty {
    let folder = tempfile::tempdir().expect("a folder");
    let socket = folder.path().join("engine.sock");
    // Leaked for the length of the test: the app must find it there until its end.
    std::mem::forget(engine(&socket));
    std::fs::write(folder.path().join("clawdoctor.toml"), settings).expect("own folder");
    let mut command = Command::new(env!("CARGO_BIN_EXE_clawdoctor"));
    command.args(words);
    command.env_clear();
    command.env("HOME", folder.path());
    command.env("CLAWDOCTOR_CONFIG_DIR", folder.path());
    command.env("PATH", "/usr/bin:/bin");
    command.env("LANG", "C.UTF-8");
    command.env("DOCKER_HOST", format!("unix://{}", socket.display()));
    Pty::spawn(&command, folder)
}

#[test]
fn keys_of_the_settings_are_those_of_the_program() {
    let keys = "[app.keys]\nback = \"Q\"\nhelp = \"shift-up\"\ngo-checklist = \"F9\"\n";
    let mut app = configured(keys, &["watch", "--offline"], |_| None);
    app.wait_text("Q quit  shift-up help");
    app.wait_text("F9 Checklist");
    // As a terminal sends it; and what was ours is nobody's.
    app.press("q\x1b[1;2A");
    app.wait_text("In the table");
    app.press("Q\x1b[20~");
    app.wait_text("[F9 Checklist]");
    app.wait_text("NOT READY");
    app.press("Q");
    assert_eq!(app.end(), 1, "a finding of a required check");
}

#[test]
fn settings_with_a_mistake_are_refused_on_the_plain_terminal() {
    let app = configured("[app.keys]\nrechek = \"F5\"\n", &["watch"], |_| None);
    app.wait("the mistake", |screen| {
        let screen = screen.screen();
        !screen.alternate_screen() && screen.contents().contains("no command is called `rechek`")
    });
    assert_eq!(app.end(), 2);
}

#[test]
fn the_program_opens_on_the_checklist_and_names_what_is_wrong() {
    let mut app = program(|_| None);
    app.wait_text("NOT READY");
    app.press("/docker/running\r");
    app.wait_text("Docker engine running");
    app.press("qq");
    assert_eq!(app.end(), 1, "a finding of a required check");
}

#[test]
fn the_program_ends_at_once_on_a_signal_while_the_engine_hangs() {
    let app = program(|socket| {
        let listener = std::os::unix::net::UnixListener::bind(socket);
        Some(listener.expect("a socket that nobody answers"))
    });
    app.wait_text("CHECKING");
    app.signal(Signal::SIGTERM);
    assert_eq!(app.end(), 143);
}
