//! `clawdoctor watch` as a person sees it, in a real terminal on real engines.

use std::path::Path;

use super::support::gate::Gate;
use super::support::place::Place;
use super::support::terminal::Terminal;
use super::{BUSYBOX, Bench, LABEL, Outcome, Test, sure};

pub const TESTS: [(&str, Test); 5] = [
    ("the_dashboard_names_an_oom_kill_and_keeps_the_dead", oom),
    ("the_dashboard_tells_lost_hung_and_back", gone),
    ("the_dashboard_survives_any_size", sizes),
    ("each_signal_gives_the_terminal_back", signals),
    ("hostile_labels_do_not_reach_the_terminal", hostile),
];

/// What a container in such a test is called: short, so that it fits into a column.
fn name(at: &Bench, what: &str) -> String {
    format!("h1-{what}-{}", at.real.name)
}

pub fn watch(socket: &Path, columns: u16, rows: u16) -> (Terminal, Place) {
    let mut place = Place::new();
    let url = format!("unix://{}", socket.display());
    place.env.insert("DOCKER_HOST".to_owned(), url);
    let words = ["watch".to_owned()];
    let terminal = Terminal::start(&place.command(None, &words), columns, rows);
    (terminal, place)
}

pub fn sandbox(
    at: &Bench,
    name: &str,
    key: &str,
    more: &[&str],
    script: &str,
) -> Result<(), String> {
    let (label, key) = (format!("{LABEL}=1"), format!("openclaw.sessionKey={key}"));
    let mut words = vec!["run", "--name", name, "--label", &label, "--label", &key];
    words.extend(["--label", "openclaw.sandbox=1", "--network", "none"]);
    words.extend(more);
    words.extend([BUSYBOX, "sh", "-c", script]);
    // A container that ends with a code other than 0 is no failure of ours.
    match at.real.docker(&words) {
        Err(why) if more.contains(&"-d") => Err(why),
        Ok(_) | Err(_) => Ok(()),
    }
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

fn gone(at: &Bench) -> Outcome {
    let own = name(at, "gone");
    let _end = at.at_the_end(&[&["rm", "-f", &own]]);
    sandbox(
        at,
        &own,
        "agent:stays:chat:workspace:7e",
        &["-d"],
        "exec sleep 600",
    )?;
    let folder = tempfile::tempdir()?;
    let socket = folder.path().join("engine.sock");
    let mut gate = Gate::new(&socket, &at.real.socket);
    let (mut screen, _place) = watch(&socket, 160, 45);
    screen.until("that there is no engine", |text| {
        text.contains("ENOENT") || text.contains("no engine")
    })?;
    gate.open()?;
    screen.until_text("stays/chat")?;
    gate.close();
    screen.until("the loss", |text| text.contains("lost"))?;
    sure(screen.text().contains("stays/chat"), "the rows stay")?;
    gate.open()?;
    screen.until("the way back", |text| {
        text.contains("up ") && !text.contains("lost since")
    })?;
    gate.hold();
    screen.until("the hang", |text| text.contains("HANGS"))?;
    sure(screen.text().contains("stays/chat"), "the rows stay")?;
    gate.let_through();
    screen.until("the way back", |text| {
        text.lines().next().is_some_and(|line| line.contains("up"))
    })?;
    screen.press("q");
    sure(screen.end()? == 0, "q ends it well")
}

fn sizes(at: &Bench) -> Outcome {
    let own = name(at, "sizes");
    let _end = at.at_the_end(&[&["rm", "-f", &own]]);
    sandbox(
        at,
        &own,
        "agent:small:chat:workspace:7e",
        &["-d"],
        "exec sleep 600",
    )?;
    let (mut screen, _place) = watch(&at.real.socket, 160, 45);
    screen.until_text("small/chat")?;
    for (columns, rows) in [
        (80, 24),
        (40, 10),
        (20, 5),
        (5, 2),
        (1, 1),
        (250, 60),
        (160, 45),
    ] {
        screen.resize(columns, rows);
    }
    screen.until_text("small/chat")?;
    screen.press("q");
    sure(screen.end()? == 0, "q ends it well")
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
    sure(screen.end()? == 130, "Ctrl-C")
}

/// Labels may hold anything: what a terminal would obey, what turns text around, what is wide.
fn hostile(at: &Bench) -> Outcome {
    let own = name(at, "evil");
    let _end = at.at_the_end(&[&["rm", "-f", &own]]);
    let key = "agent:\u{1b}]0;owned\u{7}\u{1b}[2J\u{202e}\u{9b}31m漢字:\u{1b}[5n\r\nx:workspace:7e";
    sandbox(
        at,
        &own,
        key,
        &["-d", "--label", "name=\u{1b}[3J"],
        "exec sleep 600",
    )?;
    let (mut screen, _place) = watch(&at.real.socket, 160, 45);
    screen.until_text(&own)?;
    screen.press("\r");
    screen.until("the detail", |text| text.matches(own.as_str()).count() >= 1)?;
    screen.press("q");
    screen.press("q");
    screen.press("q");
    let raw = String::from_utf8_lossy(&screen.raw()).into_owned();
    for bad in [
        "\u{1b}]0;owned",
        "\u{1b}[2J\u{202e}",
        "\u{202e}",
        "\u{9b}",
        "\u{1b}[5n",
        "\u{1b}[3J",
    ] {
        sure(!raw.contains(bad), format!("{bad:?} was written"))?;
    }
    Ok(())
}
