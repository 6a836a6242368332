//! `clawdoctor check`: gathers, judges, reports. Glue: what is decided is decided elsewhere.
#![expect(
    clippy::disallowed_methods,
    reason = "reads and writes the facts files that the command line names, and takes the time"
)]

use std::cell::RefCell;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::demo;
use super::prepare::{self, Prepared, Wish};
use crate::checklist::check::Severity;
use crate::checklist::report::{Outcome, Report};
use crate::checklist::run::{self, Terms};
use crate::checklist::verdict::SkipReason;
use crate::deadline::Deadline;
use crate::facts::{self, Facts};
use crate::failure::{Failure, Kind};
use crate::probe::gather::{Gathered, Progress, gather};
use crate::probe::inside;
use crate::redact::Redactor;
use crate::surroundings::Surroundings;
use crate::text;

/// What `check` is asked for.
#[derive(Clone, Debug)]
pub struct Ask {
    pub wish: Wish,
    /// Judge this recorded node instead of the one we are on.
    pub facts: Option<Recorded>,
    /// Keep what was gathered in this file.
    pub save_facts: Option<String>,
    pub fail_on: Severity,
    pub timeout: Duration,
    pub redact: bool,
}

/// Where a recorded node comes from.
#[derive(Clone, Debug)]
pub enum Recorded {
    /// `-` is standard input.
    File(String),
    /// Our own, for those who try it.
    Demo,
}

/// How long the engine may take to remove what we made, once we were told to stop.
pub const CLEAN_UP: Duration = Duration::from_secs(5);

/// Runs the checks and gives the report, redacted.
pub fn report(
    ask: &Ask,
    here: &Surroundings,
    tell: impl FnMut(Progress<'_>),
) -> Result<Report, Failure> {
    let begun = Instant::now();
    let (plan, gathered) = gathered(ask, here, tell)?;
    let redactor = Redactor::new(&plan.world.operator, &gathered.facts.node.hostname);
    let duration_ms = crate::units::milliseconds(begun.elapsed());
    let terms = terms(&plan, ask, &gathered, duration_ms);
    let report = run::evaluate(&plan.catalog, &gathered.facts, &terms);
    if let Some(Recorded::File(path)) = &ask.facts
        && report.checks.iter().all(was_not_asked)
    {
        // Nothing judged is not a node without fault.
        return Err(
            Failure::input(format!("{path} holds nothing that the chosen checks read"))
                .hint("record the whole node with: clawdoctor check --save-facts FILE"),
        );
    }
    Ok(if ask.redact {
        redactor.report(report)
    } else {
        report
    })
}

/// What is found out about the node that is meant, this one or a recorded one; kept in a file
/// where that was asked for.
pub fn gathered(
    ask: &Ask,
    here: &Surroundings,
    tell: impl FnMut(Progress<'_>),
) -> Result<(Prepared, Gathered), Failure> {
    // Before anything else: a signal from here on is answered with a report. Reading a recorded
    // node needs no such care, and Ctrl-C ends it at once.
    let standby = match ask.facts {
        Some(_) => None,
        None => Some(Standby::take_up()?),
    };
    if let Some(path) = &ask.save_facts {
        can_save(path)?;
    }
    let plan = match &ask.facts {
        Some(Recorded::Demo) => demo::prepared(&ask.wish)?,
        Some(Recorded::File(_)) | None => prepare::plan(&ask.wish, here)?,
    };
    let gathered = match (&ask.facts, standby) {
        (Some(Recorded::File(path)), _) => recorded(path)?,
        (Some(Recorded::Demo), _) => demo::node(),
        (None, standby) => {
            let standby = standby.expect("taken up when no facts are given");
            live(standby, &plan, Deadline::after(ask.timeout), tell)?
        }
    };
    if let Some(path) = &ask.save_facts {
        let redactor = Redactor::new(&plan.world.operator, &gathered.facts.node.hostname);
        save(path, &gathered.facts, ask.redact.then_some(&redactor))?;
    }
    Ok((plan, gathered))
}

fn was_not_asked(check: &Outcome) -> bool {
    check.skip_reason == Some(SkipReason::NotSelected)
}

/// What the run concludes with.
pub fn terms(plan: &Prepared, ask: &Ask, gathered: &Gathered, duration_ms: u64) -> Terms {
    let today = jiff::tz::Offset::UTC
        .to_datetime(jiff::Timestamp::now())
        .date();
    let expired = plan.waivers.iter().filter(|waiver| !waiver.holds_on(today));
    Terms {
        selected: plan.selected.clone(),
        waivers: plan.waivers.clone(),
        today,
        fail_on: ask.fail_on,
        node_id: if gathered.facts.node.id.is_empty() {
            plan.world.node_id.clone()
        } else {
            gathered.facts.node.id.clone()
        },
        duration_ms,
        spent: gathered.spent.clone(),
        warnings: expired
            .map(|w| {
                format!(
                    "the waiver of {} expired on {} and was not applied",
                    w.check, w.expires
                )
            })
            .chain(gathered.warnings.iter().cloned())
            .collect(),
    }
}

/// A runtime that listens for the signals which end a run.
pub struct Standby {
    pub runtime: tokio::runtime::Runtime,
    pub signals: Signals,
}

pub struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
}

impl Standby {
    pub fn take_up() -> Result<Self, Failure> {
        let runtime = runtime()?;
        let inside = runtime.enter();
        let signals = Signals {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
            hangup: listen(SignalKind::hangup())?,
        };
        drop(inside);
        Ok(Self { runtime, signals })
    }
}

impl Signals {
    /// What the work comes to, or the signal that broke it off.
    pub async fn or<T>(&mut self, work: impl Future<Output = T>) -> Result<T, Failure> {
        tokio::select! {
            done = work => Ok(done),
            failure = self.ended() => Err(failure),
        }
    }

    /// The signal that ends the run, once it comes.
    pub async fn ended(&mut self) -> Failure {
        tokio::select! {
            _ = self.interrupt.recv() => Failure::new(Kind::Interrupted, "interrupted"),
            _ = self.terminate.recv() => Failure::new(Kind::Terminated, "terminated"),
            _ = self.hangup.recv() => Failure::new(Kind::Terminated, "the terminal went away"),
        }
    }
}

/// Asks this node, until done, out of time, or told to stop.
fn live(
    standby: Standby,
    plan: &Prepared,
    overall: Deadline,
    tell: impl FnMut(Progress<'_>),
) -> Result<Gathered, Failure> {
    let Standby {
        runtime,
        mut signals,
    } = standby;
    let gathered = runtime.block_on(looked(&mut signals, plan, overall, tell));
    // A probe that hangs in the kernel must not hold the program.
    runtime.shutdown_background();
    gathered
}

/// The same for whoever goes on with the node afterwards.
pub async fn looked(
    signals: &mut Signals,
    plan: &Prepared,
    overall: Deadline,
    mut tell: impl FnMut(Progress<'_>),
) -> Result<Gathered, Failure> {
    let world = Arc::new(plan.world.clone());
    // What is known so far, for the removal when the gathering is broken off.
    let latest = RefCell::new(Facts::default());
    let tell = |progress: Progress<'_>| {
        if let Progress::Done { facts, .. } = progress {
            latest.replace(facts.clone());
        }
        tell(progress);
    };
    let gathering = gather(Arc::clone(&world), plan.budgets.clone(), overall, tell);
    let told = signals.or(gathering).await;
    if told.is_err() {
        let facts = latest.borrow().clone();
        // What cannot be removed now is swept by the next run.
        drop(inside::clean_up(&world, &facts, Deadline::after(CLEAN_UP)).await);
    }
    told
}

fn listen(kind: SignalKind) -> Result<Signal, Failure> {
    signal(kind).map_err(|error| Failure::system("cannot listen for signals").cause(error))
}

/// The runtime of one run: two threads, since the work is waiting.
pub fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    runtime_of(2)
}

pub fn runtime_of(threads: usize) -> Result<tokio::runtime::Runtime, Failure> {
    built(tokio::runtime::Builder::new_multi_thread().worker_threads(threads))
}

/// The app's: all on the thread that draws, since each has a heap of its own, which is half a
/// megabyte of what watching costs. What may block has threads of its own.
pub fn runtime_of_app() -> Result<tokio::runtime::Runtime, Failure> {
    built(&mut tokio::runtime::Builder::new_current_thread())
}

fn built(builder: &mut tokio::runtime::Builder) -> Result<tokio::runtime::Runtime, Failure> {
    builder
        .enable_all()
        .build()
        .map_err(|error| Failure::system("cannot start").cause(error))
}

/// A snapshot from a file, taken by this or an older version.
fn recorded(path: &str) -> Result<Gathered, Failure> {
    let text = if path == "-" {
        std::io::read_to_string(std::io::stdin())
    } else {
        std::fs::read_to_string(path)
    };
    let text = text.map_err(|error| {
        Failure::input(format!("cannot read the facts file {path}"))
            .cause(error)
            .hint("record one with: clawdoctor check --save-facts FILE")
    })?;
    let facts: Facts = serde_json::from_str(&text).map_err(|error| {
        Failure::input(format!(
            "{path}:{}:{}: not a facts file",
            error.line(),
            error.column()
        ))
        .cause(text::without_place(&error))
        .hint("record one with: clawdoctor check --save-facts FILE")
    })?;
    if facts.version == 0 {
        return Err(
            Failure::input(format!("{path} is not a facts file: it has no version"))
                .hint("record one with: clawdoctor check --save-facts FILE"),
        );
    }
    if facts.version > facts::VERSION {
        return Err(Failure::input(format!(
            "{path}: facts of version {}, and this program reads up to version {}",
            facts.version,
            facts::VERSION
        ))
        .hint("judge it with the version of clawdoctor that recorded it, or a newer one"));
    }
    Ok(Gathered {
        facts,
        ..Gathered::default()
    })
}

/// Refuses what can be known to fail before half a minute of asking is thrown away.
fn can_save(path: &str) -> Result<(), Failure> {
    if path == "-" {
        return Err(
            Failure::usage("--save-facts: standard output is for the report")
                .hint("name a file: clawdoctor check --save-facts FILE"),
        );
    }
    let target = Path::new(path);
    let folder = match target.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let failure = Failure::input(format!("cannot write the facts file {path}"));
    if target.is_dir() {
        return Err(failure.cause("it is a folder"));
    }
    match nix::unistd::access(folder, nix::unistd::AccessFlags::W_OK) {
        Err(errno) if !target.exists() => {
            Err(failure.cause(format!("{}: {}", folder.display(), errno.desc())))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Keeps the snapshot, readable by its owner alone; never half a file.
fn save(path: &str, facts: &Facts, redactor: Option<&Redactor>) -> Result<(), Failure> {
    let value = serde_json::to_value(facts).expect("facts are plain data");
    let value = match redactor {
        Some(redactor) => redactor.json(value),
        None => value,
    };
    let text = serde_json::to_string_pretty(&value).expect("plain data") + "\n";
    let cannot = |error: std::io::Error| {
        Failure::input(format!("cannot write the facts file {path}")).cause(error)
    };
    keep(Path::new(path), &text).map_err(cannot)
}

/// Writes a file for its owner alone; never half of it. A pipe or a terminal is written as it
/// stands.
pub fn keep(target: &Path, text: &str) -> std::io::Result<()> {
    if target.exists() && !target.is_file() {
        return std::fs::write(target, text);
    }
    let mut name = target.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let fresh = target.with_file_name(name);
    let written = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&fresh)
        .and_then(|mut file| {
            file.write_all(text.as_bytes())
                .and_then(|()| file.sync_all())
        })
        .and_then(|()| std::fs::rename(&fresh, target));
    written.inspect_err(|_| {
        // What is left of the attempt goes; that it may not be there is no news.
        std::fs::remove_file(&fresh).unwrap_or(());
    })
}
