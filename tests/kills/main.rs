//! Runs of `fix` and `undo` that are killed: at every boundary of a step, and at random instants.
//! Whatever a kill leaves, resuming ends where a run that nobody killed ends, and undoing brings
//! back what was there before.
//!
//! The real OpenClaw, a real engine, an image from an archive, a volume of root's: as root on
//! Linux. A sample of the boundaries by default, one of each kind; all of them with
//! `CLAWDOCTOR_TEST_ALL_KILLS=1`. `CLAWDOCTOR_TEST_SEED` chooses the random instants.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "sets up and looks at the world that is tested, and tells how far a long walk is"
)]

mod node;
#[path = "../support/mod.rs"]
mod support;

use std::path::PathBuf;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use libtest_mimic::{Arguments, Failed, Trial};

use node::{Cut, Ended, LOADED, Node, Openclaw, Wish};
use support::Engine;

/// What follows a kill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Then {
    Resume,
    Undo,
}

/// One boundary of each kind, so that every kind of step is killed before and after it was made,
/// before and after it was told. `All` is a kill right before the record, that is after what led
/// to it; `Half` one in the middle of it.
const SAMPLE: &[(&str, Cut, Then)] = &[
    ("run", Cut::Nothing, Then::Undo),
    ("intent provide-image", Cut::Nothing, Then::Resume),
    ("done provide-image", Cut::Half, Then::Undo),
    ("done provide-image", Cut::All, Then::Resume),
    ("verified provide-image", Cut::Nothing, Then::Undo),
    ("intent configure", Cut::Nothing, Then::Undo),
    ("done configure", Cut::Half, Then::Resume),
    ("verified configure", Cut::Half, Then::Resume),
    ("owners", Cut::Nothing, Then::Undo),
    ("intent own-volume", Cut::Nothing, Then::Resume),
    ("done own-volume", Cut::All, Then::Undo),
    ("done own-volume", Cut::Half, Then::Resume),
    ("end", Cut::All, Then::Resume),
];

/// The same for a run that is being undone.
const SAMPLE_OF_UNDO: &[(&str, Cut, Then)] = &[
    ("undoing own-volume", Cut::Nothing, Then::Undo),
    ("undone own-volume", Cut::All, Then::Resume),
    ("undoing configure", Cut::Nothing, Then::Undo),
    ("undone configure", Cut::Half, Then::Undo),
    ("undone provide-image", Cut::All, Then::Undo),
    ("undone provide-image", Cut::Nothing, Then::Resume),
];

/// What no registry has, so that it is built.
const BUILT: &str = "openclaw-sandbox:bookworm-slim";

const SMALL: &[&str] = &["openclaw/sandbox-mode", "image", "volume"];
const WHOLE: &[&str] = &[
    "openclaw/sandbox-mode",
    "openclaw/limits",
    "image",
    "volume",
];

fn main() {
    let args = Arguments::from_args();
    let trials = match bench() {
        Ok(bench) => trials(&Arc::new(bench)),
        Err(lacks) => {
            let title = format!("runs that are killed ({lacks})");
            vec![Trial::test(title, || Ok(())).with_ignored_flag(true)]
        }
    };
    // One after another, on one node.
    let args = Arguments {
        test_threads: Some(1),
        ..args
    };
    libtest_mimic::run(&args, trials).exit();
}

/// What all of it needs, or what is lacking.
fn bench() -> Result<Bench, &'static str> {
    let engine = Engine::all().into_iter().next();
    let engine = engine.ok_or("no engine: use tests/run")?;
    if !nix::unistd::Uid::effective().is_root() {
        return Err("not root");
    }
    let openclaw = Openclaw::found().ok_or("no OpenClaw: use tests/run")?;
    let strace = Command::new("strace")
        .args(["-qq", "-o", "/dev/null", "true"])
        .status();
    Ok(Bench {
        engine,
        openclaw,
        traces: strace.is_ok_and(|status| status.success()),
        walks_all: std::env::var("CLAWDOCTOR_TEST_ALL_KILLS").is_ok_and(|value| value == "1"),
        archive: Mutex::default(),
        stage: Mutex::default(),
    })
}

fn trials(bench: &Arc<Bench>) -> Vec<Trial> {
    let mut trials = Vec::new();
    let mut add = |title: String, needs_strace: bool, test: fn(&Bench, usize) -> Outcome, index| {
        let (own, is_possible) = (Arc::clone(bench), bench.traces || !needs_strace);
        let title = if is_possible {
            title
        } else {
            format!("{title} (nothing may be traced here)")
        };
        let trial = Trial::test(title, move || test(&own, index));
        trials.push(trial.with_ignored_flag(!is_possible));
    };
    if bench.walks_all {
        add("killed_at_every_boundary".to_owned(), true, every, 0);
        add(
            "undo_killed_at_every_boundary".to_owned(),
            true,
            every_of_undo,
            0,
        );
        add("a_build_that_is_killed".to_owned(), true, build, 0);
    } else {
        for (index, (label, cut, then)) in SAMPLE.iter().enumerate() {
            let title = format!("killed at `{label}`, {cut:?} of it cut off, then {then:?}");
            add(title, true, sampled, index);
        }
        for (index, (label, cut, then)) in SAMPLE_OF_UNDO.iter().enumerate() {
            let title = format!("undo killed at `{label}`, {cut:?} of it cut off, then {then:?}");
            add(title, true, sampled_of_undo, index);
        }
    }
    for (index, (percent, then)) in PATCHING.iter().enumerate() {
        let title =
            format!("killed at {percent} % of what a call of OpenClaw's takes, then {then:?}");
        add(title, false, while_patching, index);
    }
    for then in [Then::Undo, Then::Resume] {
        let title = format!("killed when an archive has named what was not tried, then {then:?}");
        let test = match then {
            Then::Undo => undo_named,
            Then::Resume => resume_named,
        };
        add(title, true, test, 0);
    }
    let (kills, signals) = if bench.walks_all { (20, 8) } else { (6, 2) };
    for index in 0..kills {
        add(
            format!("killed at random instant {index}"),
            false,
            at_random,
            index,
        );
    }
    for index in 0..signals {
        add(
            format!("told to stop at random instant {index}"),
            false,
            told_to_stop,
            index,
        );
    }
    add(
        "a_disk_that_is_full_lets_nothing_start".to_owned(),
        false,
        disk_full,
        0,
    );
    trials
}

type Outcome = Result<(), Failed>;

struct Bench {
    engine: Engine,
    openclaw: Openclaw,
    /// Whether programs may be traced, and so killed at a given call.
    traces: bool,
    walks_all: bool,
    archive: Mutex<Option<Archive>>,
    /// Kept from one trial to the next: undoing leaves it as it was. A trial that fails breaks it.
    stage: Mutex<Option<Stage>>,
}

/// An image that no engine has, as `docker save` writes it.
struct Archive {
    folder: tempfile::TempDir,
    engine: Engine,
    id: String,
}

impl Archive {
    fn make(engine: &Engine) -> Result<Self, String> {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let container = engine.docker(&[
            "create",
            "--label",
            "clawdoctor.test=1",
            "clawdoctor-test/good:1",
        ])?;
        let label = format!("LABEL clawdoctor.test.kills={}", std::process::id());
        let made = engine.docker(&["commit", "--change", &label, &container, LOADED]);
        engine.docker(&["rm", &container])?;
        let id = made?;
        let archive = Self {
            folder,
            engine: engine.clone(),
            id,
        };
        let path = archive.path().display().to_string();
        engine.docker(&["save", "-o", &path, LOADED])?;
        engine.docker(&["rmi", LOADED])?;
        Ok(archive)
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("sandbox.tar")
    }
}

/// The image stays in the engine under a name of clawdoctor's: it is ours to remove.
impl Drop for Archive {
    fn drop(&mut self) {
        self.engine
            .docker(&["rmi", "-f", &self.id])
            .unwrap_or_default();
    }
}

/// A node, and what a run that nobody kills makes of it.
struct Stage {
    node: Node,
    before: Vec<String>,
    after: Vec<String>,
    /// What is synced, in this order: where the run, and its undoing, can be killed.
    boundaries: Vec<String>,
    of_undo: Vec<String>,
    took: Duration,
}

impl Stage {
    fn set(bench: &Bench) -> Result<Self, Failed> {
        let mut archive = bench.archive.lock().expect("no trial panics with it");
        if archive.is_none() {
            *archive = Some(Archive::make(&bench.engine)?);
        }
        let wish = Wish {
            image: LOADED,
            ids: if bench.walks_all { WHOLE } else { SMALL },
            archive: archive.as_ref().map(Archive::path),
        };
        Self::of(bench, &wish)
    }

    fn of(bench: &Bench, wish: &Wish) -> Result<Self, Failed> {
        let node = Node::new(&bench.engine, &bench.openclaw, wish)?;
        // A name for the node is made once, by the first command of all.
        expect(&node.run(&undo()), 2)?;
        let before = node.listing()?;
        let mut stage = Self {
            node,
            before,
            after: Vec::new(),
            boundaries: Vec::new(),
            of_undo: Vec::new(),
            took: Duration::ZERO,
        };
        let node = &stage.node;
        if !bench.traces {
            let ended = node.run(&node.fix(&["--yes"]));
            expect(&ended, 0)?;
            (stage.after, stage.took) = (node.listing()?, ended.took);
            stage.undo_all()?;
            return Ok(stage);
        }
        let (ended, syncs) = node.syncs(&node.fix(&["--yes"]));
        expect(&ended, 0)?;
        stage.took = ended.took;
        stage.after = node.listing()?;
        let told = node.records().len();
        stage.boundaries = labels(node, &syncs, 0);
        let (ended, syncs) = node.syncs(&undo());
        expect(&ended, 0)?;
        stage.of_undo = labels(node, &syncs, told);
        stage.is_as_before()?;
        Ok(stage)
    }

    fn is_as_before(&self) -> Outcome {
        same(
            "undoing did not bring it back",
            &self.before,
            &self.node.listing()?,
        )?;
        same("something is left", &[], &self.node.litter()?)
    }

    /// Every run that has something to take back, the newest first.
    fn undo_all(&self) -> Outcome {
        for _ in 0..4 {
            let ended = self.node.run(&undo());
            if ended.code == Some(2) && ended.said.contains("no run has anything to take back") {
                return self.is_as_before();
            }
            expect(&ended, 0)?;
        }
        Err("there is always one more run to take back".into())
    }

    /// Both proofs: what was killed is taken up again, or taken back.
    fn prove(&self, then: Then) -> Outcome {
        if then == Then::Resume {
            expect(&self.node.run(&self.node.fix(&["--yes", "--resume"])), 0)?;
            same(
                "resuming ended elsewhere",
                &self.after,
                &self.node.listing()?,
            )?;
            same("something is left", &[], &self.node.litter()?)?;
            let again = self
                .node
                .run(&self.node.fix(&["--yes", "--format", "json"]));
            expect(&again, 0)?;
            if !again.said.contains("\"changed\":false") {
                return Err(format!("another fix changed something: {}", again.said).into());
            }
        }
        self.undo_all()
    }

    /// A run, or its undoing, that is killed at one boundary.
    fn kill(&self, sync: usize, args: &[String], cut: Cut) -> Outcome {
        let ended = self.node.killed_at(sync, args);
        if ended.signal != Some(9) {
            return Err(format!("not killed at sync {sync}: {}", ended.said).into());
        }
        self.node.cut(cut);
        Ok(())
    }

    fn run_killed_at(&self, sync: usize, cut: Cut, then: Then) -> Outcome {
        self.kill(sync, &self.node.fix(&["--yes"]), cut)?;
        self.prove(then)
    }

    fn undo_killed_at(&self, sync: usize, cut: Cut, then: Then) -> Outcome {
        expect(&self.node.run(&self.node.fix(&["--yes"])), 0)?;
        self.kill(sync, &undo(), cut)?;
        self.prove(then)
    }
}

fn undo() -> Vec<String> {
    ["undo", "--yes"].map(str::to_owned).to_vec()
}

/// What each sync was of: a record of the journal, with the kind of step that it is about.
fn labels(node: &Node, syncs: &[String], told: usize) -> Vec<String> {
    let kinds = node.kinds();
    let mut last = String::new();
    let mut records = node.records().into_iter().skip(told).map(|record| {
        let (word, seq) = record.split_once(' ').unwrap_or((&record, ""));
        if let Some(kind) = seq.parse().ok().and_then(|seq| kinds.get(&seq)) {
            last.clone_from(kind);
        }
        match word {
            "run" | "end" => word.to_owned(),
            _ => format!("{word} {last}"),
        }
    });
    syncs
        .iter()
        .map(|path| {
            if path.contains(".ndjson") {
                records.next().expect("a sync for each record")
            } else if path.contains(".owners") {
                "owners".to_owned()
            } else {
                "folder".to_owned()
            }
        })
        .collect()
}

fn expect(ended: &Ended, code: i32) -> Outcome {
    if ended.code == Some(code) {
        return Ok(());
    }
    Err(format!("expected exit code {code}: {}", ended.said).into())
}

fn same(what: &str, wanted: &[String], found: &[String]) -> Outcome {
    let of = |a: &[String], b: &[String]| -> Vec<String> {
        a.iter().filter(|line| !b.contains(line)).cloned().collect()
    };
    let (missing, more) = (of(wanted, found), of(found, wanted));
    if missing.is_empty() && more.is_empty() {
        return Ok(());
    }
    Err(format!("{what}\nmissing: {missing:#?}\ntoo much: {more:#?}").into())
}

/// Plays on the stage that the last trial left; one that failed is not used again.
fn on_stage(bench: &Bench, play: impl FnOnce(&Stage) -> Outcome) -> Outcome {
    let kept = bench.stage.lock().expect("no trial panics with it").take();
    let stage = match kept {
        Some(stage) => stage,
        None => Stage::set(bench)?,
    };
    play(&stage).map_err(|error| {
        let records = stage.node.records().join(", ");
        let words = error.message().unwrap_or_default().to_owned();
        Failed::from(format!("{words}\njournal: {records}"))
    })?;
    *bench.stage.lock().expect("no trial panics with it") = Some(stage);
    Ok(())
}

fn sampled(bench: &Bench, index: usize) -> Outcome {
    let (label, cut, then) = SAMPLE[index];
    on_stage(bench, |stage| {
        let sync = number(&stage.boundaries, label)?;
        stage.run_killed_at(sync, cut, then)
    })
}

fn sampled_of_undo(bench: &Bench, index: usize) -> Outcome {
    let (label, cut, then) = SAMPLE_OF_UNDO[index];
    on_stage(bench, |stage| {
        let sync = number(&stage.of_undo, label)?;
        stage.undo_killed_at(sync, cut, then)
    })
}

/// Syncs count from 1.
fn number(boundaries: &[String], label: &str) -> Result<usize, Failed> {
    let at = boundaries.iter().position(|one| one == label);
    at.map(|at| at + 1)
        .ok_or_else(|| format!("no `{label}` among {boundaries:?}").into())
}

/// Half a record and none are the same world.
const WAYS: [(Cut, Then); 4] = [
    (Cut::Nothing, Then::Undo),
    (Cut::Nothing, Then::Resume),
    (Cut::Half, Then::Undo),
    (Cut::All, Then::Resume),
];

fn every(bench: &Bench, _: usize) -> Outcome {
    walk(bench, |stage| &stage.boundaries, Stage::run_killed_at)
}

fn every_of_undo(bench: &Bench, _: usize) -> Outcome {
    walk(bench, |stage| &stage.of_undo, Stage::undo_killed_at)
}

/// All boundaries in all ways; what fails is told at the end, all of it.
fn walk(
    bench: &Bench,
    boundaries: fn(&Stage) -> &Vec<String>,
    kill: fn(&Stage, usize, Cut, Then) -> Outcome,
) -> Outcome {
    let mut found = Vec::new();
    on_stage(bench, |stage| {
        found.clone_from(boundaries(stage));
        Ok(())
    })?;
    let mut failed = Vec::new();
    for (sync, label) in (1..).zip(&found) {
        for (cut, then) in WAYS {
            eprintln!("sync {sync} of {}, {label}: {cut:?}, {then:?}", found.len());
            let outcome = on_stage(bench, |stage| kill(stage, sync, cut, then));
            if let Err(error) = outcome {
                let words = error.message().unwrap_or_default();
                eprintln!("  failed: {words}");
                failed.push(format!("{label} ({sync}), {cut:?}, {then:?}: {words}"));
            }
        }
    }
    if failed.is_empty() {
        return Ok(());
    }
    Err(failed.join("\n\n").into())
}

/// An instant of a run that takes so long, the same for the same seed and index.
fn instant(took: Duration, index: usize) -> Duration {
    let seed = std::env::var("CLAWDOCTOR_TEST_SEED").ok();
    let seed: u64 = seed
        .and_then(|seed| seed.parse().ok())
        .unwrap_or(20_260_730);
    // splitmix64
    let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(index as u64 + 1));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^= z >> 31;
    let milliseconds = u64::try_from(took.as_millis()).unwrap_or(u64::MAX).max(1);
    let at = Duration::from_millis(z % milliseconds);
    eprintln!("seed {seed}, instant {index}: after {at:?} of {took:?}");
    at
}

fn at_random(bench: &Bench, index: usize) -> Outcome {
    on_stage(bench, |stage| {
        let after = instant(stage.took, index);
        stage
            .node
            .signalled("-KILL", after, &stage.node.fix(&["--yes"]));
        let then = if index.is_multiple_of(2) {
            Then::Undo
        } else {
            Then::Resume
        };
        stage.prove(then)
    })
}

/// The call goes on when nobody waits for it any more, and writes the config seconds later.
const PATCHING: [(u32, Then); 3] = [(20, Then::Resume), (110, Then::Undo), (150, Then::Undo)];

fn while_patching(bench: &Bench, index: usize) -> Outcome {
    let (percent, then) = PATCHING[index];
    on_stage(bench, |stage| {
        let begun = std::time::Instant::now();
        stage.node.openclaw(&["config", "validate"])?;
        let after = begun.elapsed() * percent / 100;
        let args = stage.node.fix(&["--yes"]);
        let patch = "openclaw-patch.json";
        let ended = stage.node.killed_with(patch, after, &args);
        if ended.signal != Some(9) {
            return Err(format!("not killed: {}", ended.said).into());
        }
        stage.prove(then)
    })
}

/// The engine names what an archive holds as it is loaded: a kill before the passing name is given
/// leaves an image of which only the archive tells whose it is.
fn named(bench: &Bench, then: Then) -> Outcome {
    on_stage(bench, |stage| {
        let sync = number(&stage.boundaries, "done provide-image")?;
        stage.kill(sync, &stage.node.fix(&["--yes"]), Cut::All)?;
        stage.node.untag_passing()?;
        stage.prove(then)
    })
}

fn undo_named(bench: &Bench, _: usize) -> Outcome {
    named(bench, Then::Undo)
}

fn resume_named(bench: &Bench, _: usize) -> Outcome {
    named(bench, Then::Resume)
}

fn told_to_stop(bench: &Bench, index: usize) -> Outcome {
    on_stage(bench, |stage| {
        let after = instant(stage.took, 1000 + index);
        let (signal, code) = [("-INT", 130), ("-TERM", 143)][index % 2];
        let known = stage.node.runs();
        let ended = stage
            .node
            .signalled(signal, after, &stage.node.fix(&["--yes"]));
        let is_begun = stage.node.runs() != known;
        // Before it listens for signals there is nothing that has to come to rest.
        let is_early = ended.signal == Some(code - 128) && !is_begun;
        if ended.code != Some(0) && !is_early {
            expect(&ended, code)?;
            let last = stage.node.records().pop().unwrap_or_default();
            if !last.is_empty() && last != "end interrupted" && last != "end undone" {
                return Err(format!("the journal ends with `{last}`: {}", ended.said).into());
            }
        }
        same("something is left", &[], &stage.node.litter()?)?;
        let then = if index < 2 { Then::Undo } else { Then::Resume };
        stage.prove(then)
    })
}

/// What the recipe is built on, made of what the tests have, and its name taken away again.
struct Base<'a>(&'a Engine);

const BASE: &str = "debian:bookworm-slim";

impl<'a> Base<'a> {
    fn tag(engine: &'a Engine) -> Result<Option<Self>, String> {
        if engine.docker(&["image", "inspect", BASE]).is_ok() {
            return Ok(None);
        }
        engine.docker(&["tag", "clawdoctor-test/base:bookworm-slim", BASE])?;
        Ok(Some(Self(engine)))
    }
}

impl Drop for Base<'_> {
    fn drop(&mut self) {
        self.0.docker(&["rmi", BASE]).unwrap_or_default();
    }
}

/// In the middle of a real build, when it was built and has no name yet, and when it has.
fn build(bench: &Bench, _: usize) -> Outcome {
    let engine = &bench.engine;
    if engine.docker(&["image", "inspect", BUILT]).is_ok() {
        return Err(format!("somebody else's {BUILT} is in the engine").into());
    }
    let _base = Base::tag(engine)?;
    let wish = Wish {
        image: BUILT,
        ids: SMALL,
        archive: None,
    };
    let stage = Stage::of(bench, &wish)?;
    for (share, then) in [(4, Then::Undo), (3, Then::Resume), (2, Then::Undo)] {
        let args = stage.node.fix(&["--yes"]);
        stage.node.signalled("-KILL", stage.took / share, &args);
        stage.prove(then)?;
    }
    let sync = number(&stage.boundaries, "done provide-image")?;
    stage.run_killed_at(sync, Cut::All, Then::Undo)?;
    stage.run_killed_at(sync, Cut::Half, Then::Resume)?;
    stage.run_killed_at(sync, Cut::Nothing, Then::Undo)
}

/// A state folder on a disk of its own, which has no room left.
struct FullDisk(PathBuf);

impl FullDisk {
    fn mount(path: PathBuf) -> Result<Self, String> {
        std::fs::create_dir_all(&path).map_err(|error| error.to_string())?;
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=64k", "clawdoctor-test"])
            .arg(&path)
            .status();
        if !mounted.is_ok_and(|status| status.success()) {
            return Err("cannot mount a tmpfs".to_owned());
        }
        let disk = Self(path);
        let filled = std::fs::write(disk.0.join("filling"), vec![0; 1 << 20]);
        match filled {
            Err(error) if error.kind() == std::io::ErrorKind::StorageFull => Ok(disk),
            other => Err(format!("the disk is not full: {other:?}")),
        }
    }
}

impl Drop for FullDisk {
    fn drop(&mut self) {
        let done = Command::new("umount").arg(&self.0).status();
        assert!(done.is_ok_and(|status| status.success()), "unmounts");
    }
}

fn disk_full(bench: &Bench, _: usize) -> Outcome {
    on_stage(bench, |stage| {
        let state = stage.node.place.root().join("full");
        let disk = FullDisk::mount(state.clone())?;
        let args = stage.node.fix(&["--yes"]);
        let ended = stage.node.run_in_state(&state, &args);
        let kept = std::fs::read_dir(state.join("journal")).map_or(0, Iterator::count);
        drop(disk);
        expect(&ended, 2)?;
        if !ended.said.contains("no room is left on the disk") || kept > 0 {
            return Err(format!("{kept} journals: {}", ended.said).into());
        }
        stage.is_as_before()
    })
}
