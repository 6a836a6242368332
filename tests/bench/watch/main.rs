//! `clawdoctor watch` beside the programs that do the same: what each makes the engine spend and
//! spends itself, how soon it shows what happens, and what it still knows afterwards. All of it in
//! one run on one engine, printed as ratios to clawdoctor.
//!
//! ```text
//! usage: cargo bench --bench watch -- [--n 0,6,50,150] [--seconds 30] [--only cost,first,life,short,oom,comes]
//! ```
//!
//! `tests/bench/watch.sh` brings up what it needs: the engine `$CLAWDOCTOR_TEST_CLASSIC`, and the
//! peers, which are looked for in `$CLAWDOCTOR_TEST_PEERS` and on the PATH; one that is not there is
//! left out and said to be. `$CLAWDOCTOR_BENCH_PROGRAM` is another build of clawdoctor.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::cast_precision_loss,
    reason = "starts and measures programs, and prints what it measured: that is what it is for"
)]

mod engine;
mod peer;
mod screen;
#[expect(dead_code, reason = "the tests freeze it as well")]
#[path = "../../support/throwaway.rs"]
mod throwaway;

use std::time::Duration;

use engine::Node;
use peer::{Peer, peers};
use screen::{Screen, Wanted};
use throwaway::Throwaway;

/// For a program to settle before it is measured.
const SETTLE: Duration = Duration::from_secs(5);
const PATIENCE: Duration = Duration::from_secs(12);

struct Wish {
    numbers: Vec<usize>,
    window: Duration,
    only: Vec<String>,
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    // `cargo test --all-targets` starts benches too, without saying `--bench`.
    if !args.iter().any(|arg| arg == "--bench") {
        return;
    }
    let Some(wish) = Wish::parse(&args) else {
        eprintln!(
            "usage: cargo bench --bench watch -- [--n 0,6,50,150] [--seconds 30] [--only cost,first,life,short,oom,comes]"
        );
        std::process::exit(2);
    };
    let Ok(socket) = std::env::var("CLAWDOCTOR_TEST_CLASSIC") else {
        eprintln!("no engine: tests/bench/watch.sh brings up all that this needs");
        std::process::exit(2);
    };
    let peers = peers();
    let numbers = wish.numbers.iter();
    for number in numbers.filter(|_| wish.wants("cost") || wish.wants("first")) {
        let node = Node::with(&socket, *number);
        println!("\n{number} containers, one in ten of them busy, each with a cap of 64 MiB");
        if wish.wants("cost") {
            cost(&node, &peers, wish.window);
        }
        if wish.wants("first") {
            first(&node, &peers);
        }
    }
    if wish.wants("comes") {
        comes(&socket, &peers);
    }
    if !["life", "short", "oom"].iter().any(|part| wish.wants(part)) {
        return;
    }
    let node = Node::with(&socket, 4);
    if wish.wants("life") {
        life(&node, &peers);
    }
    if wish.wants("short") {
        short(&node, &peers);
    }
    if wish.wants("oom") {
        oom(&node, &peers);
    }
}

impl Wish {
    fn parse(args: &[String]) -> Option<Self> {
        let mut wish = Self {
            numbers: vec![0, 6, 50, 150],
            window: Duration::from_secs(30),
            only: Vec::new(),
        };
        let mut args = args.iter().filter(|arg| *arg != "--bench");
        while let Some(arg) = args.next() {
            let value = args.next()?;
            match arg.as_str() {
                "--n" => {
                    let numbers = value.split(',').map(str::parse).collect::<Result<_, _>>();
                    wish.numbers = numbers.ok()?;
                }
                "--seconds" => wish.window = Duration::from_secs(value.parse().ok()?),
                "--only" => wish.only = value.split(',').map(str::to_owned).collect(),
                _ => return None,
            }
        }
        Some(wish)
    }

    fn wants(&self, part: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|one| one == part)
    }
}

/// What each program spends and makes the engine spend in a window of time.
fn cost(node: &Node, peers: &[Peer], window: Duration) {
    println!(
        "  {:<12} {:>12} {:>12} {:>10} {:>9} {:>7}",
        "", "own CPU s", "engine CPU s", "peak MiB", "tty B/s", "names"
    );
    let idle = {
        let before = engine::spent();
        std::thread::sleep(window);
        engine::spent() - before
    };
    println!("  {:<12} {:>12} {:>12.2}", "(no program)", "", idle);
    let mut rows = Vec::new();
    for peer in peers {
        let screen = Screen::start(peer, node);
        std::thread::sleep(SETTLE);
        let (own, engine, bytes) = (screen.spent(), engine::spent(), screen.bytes());
        std::thread::sleep(window);
        let row = (
            peer.name,
            screen.spent() - own,
            (engine::spent() - engine - idle).max(0.0),
            screen.peak(),
            screen.bytes() - bytes,
            node.names().filter(|name| screen.shows(name)).count(),
        );
        println!(
            "  {:<12} {:>12.2} {:>12.2} {:>10.1} {:>9.0} {:>7}",
            row.0,
            row.1,
            row.2,
            row.3,
            row.4 as f64 / window.as_secs_f64(),
            row.5
        );
        rows.push(row);
    }
    if let Some(ours) = rows.first() {
        for row in &rows[1..] {
            println!(
                "  clawdoctor / {:<10} own CPU {:.2}   engine CPU {:.2}   memory {:.2}",
                row.0,
                ours.1 / row.1.max(0.001),
                ours.2 / row.2.max(0.001),
                ours.3 / row.3.max(0.001)
            );
        }
    }
}

/// Milliseconds from the start of a program to what it shows first.
fn first(node: &Node, peers: &[Peer]) {
    const RUNS: usize = 5;
    println!("  first, in ms (median of {RUNS}): anything; a name; a live CPU figure");
    for peer in peers {
        let (mut anything, mut name, mut figure) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..RUNS {
            let screen = Screen::start(peer, node);
            anything.extend(screen.until(PATIENCE, Screen::is_drawn));
            if node.names().next().is_some() {
                name.extend(screen.until(PATIENCE, |s| node.names().any(|n| s.shows(n))));
                figure.extend(screen.until(PATIENCE, |s| s.shows_figure(node)));
            }
        }
        println!(
            "  {:<12} {:>8} {:>8} {:>8}",
            peer.name,
            median(&mut anything),
            median(&mut name),
            median(&mut figure)
        );
    }
}

/// From an engine's first answer to what runs on it, on the screen of a program that was started
/// before it; and back on one that has seen it go.
fn comes(from: &str, peers: &[Peer]) {
    const RUNS: usize = 5;
    println!(
        "\nAn engine that comes after the program, in ms after its first answer (median of {RUNS}, the most)"
    );
    let engine = Throwaway::new(None).expect("a folder");
    engine.start().expect("an engine of its own");
    engine.load(from, engine::IMAGE).expect("its image");
    let node = Node::with(&engine.url(), 1);
    let name: Vec<&str> = node.names().collect();
    for peer in peers {
        let (mut first, mut back) = (Vec::new(), Vec::new());
        let mut has_ended = false;
        for _ in 0..RUNS {
            // Its container goes on without it.
            engine.stop().expect("it stops");
            let screen = Screen::start(peer, &node);
            std::thread::sleep(Duration::from_secs(1));
            has_ended |= screen.has_ended();
            screen.look_for(vec![Wanted::Shown(name[0].to_owned())]);
            let at = engine::started(&engine);
            first.extend(screen.found_after(at, PATIENCE));
            let Some(lost) = peer.lost else { continue };
            let screen = if screen.has_ended() {
                Screen::start(peer, &node)
            } else {
                screen
            };
            screen.until(PATIENCE, |screen| screen.shows(name[0]));
            engine.stop().expect("it stops");
            screen.until(PATIENCE, |screen| screen.shows(lost));
            screen.look_for(vec![Wanted::Gone(lost.to_owned())]);
            let at = engine::started(&engine);
            back.extend(screen.found_after(at, PATIENCE));
        }
        let most = |values: &[f64]| {
            let most = values.iter().copied().reduce(f64::max);
            most.map_or("–".to_owned(), |most| format!("{most:.0}"))
        };
        println!(
            "  {:<12} comes {:>6} ({:>5}), {} of {RUNS}   comes back {:>6} ({:>5}), {} of {RUNS}{}",
            peer.name,
            median(&mut first),
            most(&first),
            first.len(),
            median(&mut back),
            most(&back),
            back.len(),
            if has_ended {
                "   (ends without an engine)"
            } else {
                ""
            },
        );
    }
}

/// From the engine's own event to the screen.
fn life(node: &Node, peers: &[Peer]) {
    const RUNS: usize = 10;
    println!("\nA container comes and goes, in ms after the engine's event (median of {RUNS})");
    for peer in peers {
        let screen = Screen::start(peer, node);
        std::thread::sleep(SETTLE);
        let (mut comes, mut goes) = (Vec::new(), Vec::new());
        for index in 0..RUNS {
            let name = format!("{}-life-{index}", node.prefix);
            let mut watch = node.events();
            screen.look_for(vec![Wanted::Shown(name.clone())]);
            let child = node.run_in_background(&name, "exec sleep 60");
            let at = watch.until("create");
            comes.extend(screen.found_after(at, PATIENCE));
            child.done();
            // What never came cannot go.
            if screen.shows(&name) {
                screen.look_for(vec![Wanted::Gone(name.clone())]);
                node.remove(&name);
                let at = watch.until("destroy");
                goes.extend(screen.found_after(at, PATIENCE));
            } else {
                node.remove(&name);
            }
        }
        println!(
            "  {:<12} comes {:>7} ({} of {RUNS})   goes {:>7}",
            peer.name,
            median(&mut comes),
            comes.len(),
            median(&mut goes)
        );
    }
}

/// Containers that live for a tenth of a second: seen, and known three seconds later.
fn short(node: &Node, peers: &[Peer]) {
    const COUNT: usize = 50;
    println!("\n{COUNT} containers of some 100 ms, one after another");
    for peer in peers {
        let mut screen = Screen::start(peer, node);
        std::thread::sleep(SETTLE);
        let names: Vec<String> = (0..COUNT)
            .map(|index| format!("{}-brief-{index:02}-", node.prefix))
            .collect();
        screen.look_for(names.iter().cloned().map(Wanted::Shown).collect());
        for name in &names {
            node.run_to_end(name, "sleep 0.1");
        }
        std::thread::sleep(Duration::from_secs(3));
        let seen = screen.found();
        let known = peer.known_afterwards(&mut screen, &names);
        println!(
            "  {:<12} seen {seen:>2} of {COUNT}   known afterwards {known:>2}",
            peer.name
        );
    }
}

/// A process killed for memory in a capped container.
fn oom(node: &Node, peers: &[Peer]) {
    const RUNS: usize = 5;
    println!(
        "\nA kill for memory in a container with a cap of some 16 MiB, in ms after the engine's event:\n\
         by clawdoctor with the cap and the engine's memory, by others with the word OOM"
    );
    for peer in peers {
        let mut named = Vec::new();
        for index in 0..RUNS {
            let name = format!("{}-oom-{index}", node.prefix);
            // Each another, so that what is told of one before is not taken for it.
            let (cap, mebibytes) = (format!("{}m", 16 + index), 16 + index);
            let words = match peer.name {
                "clawdoctor" => format!("cap {mebibytes} MiB of the engine's"),
                _ => "OOM".to_owned(),
            };
            let caps = ["--memory", &cap, "--memory-swap", &cap];
            node.run_detached(&name, "exec sleep 60", &caps);
            let screen = Screen::start(peer, node);
            std::thread::sleep(SETTLE);
            let mut watch = node.events();
            screen.look_for(vec![Wanted::Shown(words)]);
            let child = node.exec_in_background(&name, &["tail", "/dev/zero"]);
            let at = watch.until("oom");
            named.extend(screen.found_after(at, Duration::from_secs(5)));
            child.done();
            node.remove(&name);
        }
        println!(
            "  {:<12} named after {:>7} ms ({} of {RUNS})",
            peer.name,
            median(&mut named),
            named.len()
        );
    }
}

fn median(values: &mut [f64]) -> String {
    values.sort_by(f64::total_cmp);
    match values.get(values.len() / 2) {
        Some(value) => format!("{value:.0}"),
        None => "–".to_owned(),
    }
}
