//! `clawdoctor bench`: how long a sandbox takes to start on this node, beside what the guide expects
//! and what former runs measured.
#![expect(
    clippy::disallowed_methods,
    reason = "reads the history of the state folder, and takes the time"
)]

use std::io::{Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;
use std::time::Duration;

use super::answering::answering;
use super::args::{Args, BenchArgs};
use super::check::{self, Ask, CLEAN_UP, Signals, Standby};
use super::out::{Live, Out};
use super::prepare::{self, Prepared};
use super::status::Status;
use super::{headroom, run, watch, whose};
use crate::bench::Way;
use crate::bench::history::{Entry, History};
use crate::bench::plan::{Round, Wanted, rounds};
use crate::bench::tally::Tally;
use crate::deadline::Deadline;
use crate::exit;
use crate::facts::{Facts, Why, WhyKind};
use crate::failure::{Failure, Kind};
use crate::probe;
use crate::probe::inside::latency::{self, News, Stand};
use crate::probe::inside::{self, Group};
use crate::redact::Redactor;
use crate::report::bench::{BenchReport, Compared, Ended, LeftOut, Subject, write};
use crate::report::{Format, json};
use crate::surroundings::Surroundings;
use crate::text::wash;
use crate::units::Span;

/// The check that reads all that is needed.
const CHECK: &str = "sandbox/headroom";
/// In the state folder.
const HISTORY: &str = "bench.ndjson";
/// Most that is read of it.
const MOST_BYTES: u64 = 4 << 20;
/// Longest that the removal of what killed runs left may take.
const SWEEP: Duration = Duration::from_secs(10);

/// Measures, and prints what came of it.
pub fn bench(
    args: &Args,
    asked: &BenchArgs,
    here: &Surroundings,
    out: &Out,
) -> Result<u8, Failure> {
    let format = args.common.format();
    run::only(format, "bench", &[Format::Text, Format::Json])?;
    let mut ask = run::ask(args);
    ask.wish.only = vec![CHECK.to_owned()];
    ask.wish
        .gateway_container
        .clone_from(&asked.gateway_container);
    if ask.wish.passive {
        return Err(
            Failure::usage("--passive: bench measures by starting containers")
                .hint("leave --passive away; or how many fit, without starting any: clawdoctor headroom --passive"),
        );
    }
    let started_at = jiff::Timestamp::now().to_string();
    let mut measured = measured(&ask, asked, here, out)?;
    let path = here.state_dir().join(HISTORY);
    let (history, complaint) = read(&path);
    measured.ended.notes.extend(complaint);
    let subject = measured.subject.clone();
    let compared = measured.tally.rows().into_iter();
    let compared: Vec<Compared> = compared
        .map(|row| Compared::of(row, &history, &subject))
        .collect();
    if measured.ended.complete {
        let rows = measured.tally.rows();
        let entry = Entry::new(started_at.clone(), subject, &rows);
        measured
            .ended
            .notes
            .extend(keep(&path, &history.with(&entry), here).err());
    }
    hide(&mut measured, here, ask.redact);
    let report = BenchReport::new(
        started_at,
        measured.sandbox,
        (measured.headroom, asked.runs),
        compared,
        measured.ended,
    );
    print(&report, format == Format::Json, out)?;
    match measured.failure {
        None => Ok(exit::CLEAN),
        // The document, or the page, has told what happened.
        Some(kind) => Ok(kind.exit_code()),
    }
}

/// What was measured, of what, and how it ended.
struct Measured {
    tally: Tally,
    /// What tells configurations apart.
    subject: String,
    sandbox: Subject,
    headroom: u64,
    ended: Ended,
    failure: Option<Kind>,
}

fn measured(
    ask: &Ask,
    asked: &BenchArgs,
    here: &Surroundings,
    out: &Out,
) -> Result<Measured, Failure> {
    // Before anything is asked: no signal may fall between the looking and the measuring.
    let Standby { runtime, signals } = Standby::take_up()?;
    let deadline = {
        let _inside = runtime.enter();
        Deadline::after(ask.timeout)
    };
    let mut status = Status::new(out.progress());
    let gathered = check::gathered(ask, here, |progress| status.tell(&progress));
    drop(status);
    let (prepared, gathered) = gathered?;
    for warning in &gathered.warnings {
        out.complain(&format!("warning: {warning}\n"));
    }
    let facts = gathered.facts;
    let engine = answering(&facts)?;
    let group = chosen(&facts, asked.agent.as_deref())?;
    let room = headroom::reckoned(&facts, &watch::rules(&prepared), 1)?;
    if room.headroom == 0 {
        return Err(Failure::system(
            "no further sandbox fits on this node now, and one too many may get another killed",
        )
        .cause(room.arithmetic.verdict())
        .hint("see how that is reckoned, and what would add some: clawdoctor headroom"));
    }
    let wanted = Wanted {
        runs: asked.runs,
        concurrency: asked.concurrency,
        headroom: room.headroom,
        cold: true,
    };
    let mut bench = Bench {
        prepared: &prepared,
        facts: &facts,
        group: &group,
        drop_caches: asked.drop_caches,
        wanted,
        deadline,
        tally: Tally::default(),
        planned: false,
        ended: Ended::default(),
        live: out.progress(),
    };
    if u64::from(asked.concurrency) > room.headroom {
        bench.ended.notes.push(format!(
            "No more than {} at once: so many fit, as clawdoctor headroom reckons.",
            room.headroom
        ));
    }
    let done = runtime.block_on(bench.run(signals));
    runtime.shutdown_background();
    bench.live.erase();
    let failure = bench.conclude(done, ask.timeout)?;
    let docker = &group.configuration.docker;
    Ok(Measured {
        subject: told_apart(&facts, &group),
        sandbox: Subject {
            agents: group.agents.iter().map(|id| wash(id, 100)).collect(),
            image: wash(&docker.image, 300),
            network: wash(&docker.network, 100),
            user: group
                .configuration
                .user
                .as_ref()
                .map(|user| wash(user, 100)),
            memory: docker.memory,
            cpus: docker.cpus,
            engine: Some(engine),
        },
        headroom: room.headroom,
        tally: bench.tally,
        ended: bench.ended,
        failure,
    })
}

/// The configuration to measure.
fn chosen(facts: &Facts, agent: Option<&str>) -> Result<Group, Failure> {
    let groups = inside::configurations(facts).map_err(|why| {
        Failure::system("which sandboxes OpenClaw would make is not known")
            .cause(why)
            .hint("see what is in the way with: clawdoctor check --only openclaw")
    })?;
    let known: Vec<String> = groups
        .iter()
        .flat_map(|group| &group.agents)
        .map(|id| wash(id, 100))
        .collect();
    let mut groups = groups.into_iter();
    let found = match agent {
        None => groups.next(),
        Some(id) => groups.find(|group| group.agents.iter().any(|one| one == id)),
    };
    found.ok_or_else(|| match agent {
        Some(id) if !known.is_empty() => Failure::usage(format!(
            "--agent: no agent with a Docker sandbox is called `{}`",
            wash(id, 100)
        ))
        .hint(format!("those that there are: {}", known.join(", "))),
        _ => Failure::system("no agent runs in a Docker sandbox: there is nothing to measure")
            .hint("see why with: clawdoctor check --only openclaw/sandbox-mode"),
    })
}

/// What tells configurations apart in the history: the engine, and what weighs on a start.
fn told_apart(facts: &Facts, group: &Group) -> String {
    let url = facts.docker.endpoint.get().map(|at| at.url.clone());
    let docker = &group.configuration.docker;
    let text = format!(
        "{} {} {} {:?} {:?}",
        url.unwrap_or_default(),
        docker.image,
        docker.network,
        docker.memory,
        docker.cpus
    );
    crate::digest::Sha256::of(text.as_bytes())
        .first(16)
        .to_owned()
}

/// The measuring under way.
struct Bench<'a> {
    prepared: &'a Prepared,
    facts: &'a Facts,
    group: &'a Group,
    drop_caches: bool,
    wanted: Wanted,
    deadline: Deadline,
    tally: Tally,
    planned: bool,
    ended: Ended,
    live: Live,
}

impl Bench<'_> {
    /// Measures until all is done, something fails, or a signal comes; and cleans up.
    async fn run(&mut self, mut signals: Signals) -> Result<Result<(), Why>, Failure> {
        let (prepared, facts) = (self.prepared, self.facts);
        let done = signals.or(Box::pin(self.measure())).await;
        let is_whole = matches!(done, Ok(Ok(())));
        if !is_whole {
            // What cannot be removed now is swept by the next run.
            drop(inside::clean_up(&prepared.world, facts, Deadline::after(CLEAN_UP)).await);
        }
        done
    }

    async fn measure(&mut self) -> Result<(), Why> {
        let (world, facts, d) = (&self.prepared.world, self.facts, self.deadline);
        let engine = probe::docker::connect(facts)?;
        engine
            .image(&self.group.configuration.docker.image, d)
            .await?;
        inside::sweep(world, facts, d.at_most(SWEEP)).await?;
        let cache = latency::page_cache(facts, self.group, self.drop_caches, d).await;
        if let Err(why) = &cache {
            self.ended.left_out.push(LeftOut {
                way: Way::Cold,
                why: wash(&why.detail, 300),
            });
        }
        let cache = cache.ok();
        let standing = facts.load.get().map_or(0, |load| load.sandboxes.len());
        if cache.is_some() && standing > 0 {
            self.ended.notes.push(format!(
                "Sandboxes that stand: {standing}; what they use of this image stays in the page cache."
            ));
        }
        let stand = Stand::new(world, facts, self.group, d).await?;
        self.ended.notes.extend(stand.without.iter().cloned());
        let plan = rounds(&Wanted {
            cold: cache.is_some(),
            ..self.wanted
        });
        self.tally = Tally::new(&plan);
        self.planned = true;
        let all: u32 = plan.iter().map(Round::runs).sum();
        let all = usize::try_from(all).unwrap_or(usize::MAX);
        let (tally, live) = (&mut self.tally, &mut self.live);
        let mut words = String::new();
        let tell = |news: News| {
            match news {
                News::Round(number) => {
                    words = plan[number].words();
                    live.begun("measuring", &words);
                }
                News::Taken(number, taken) => tally.add(number, taken),
            }
            live.count("measuring", &words, tally.done(), all);
        };
        stand.measure(&plan, cache.as_ref(), d, tell).await
    }

    /// How it ended. Where nothing was measured there is nothing to show.
    fn conclude(
        &mut self,
        done: Result<Result<(), Why>, Failure>,
        timeout: Duration,
    ) -> Result<Option<Kind>, Failure> {
        let failure = match done {
            Ok(Ok(())) => {
                self.ended.complete = true;
                return Ok(None);
            }
            Ok(Err(why)) => self.failed(why, timeout),
            Err(failure) => failure,
        };
        if self.tally.done() == 0 {
            return Err(failure);
        }
        self.ended.stopped = Some(wash(&failure.to_string(), 400));
        self.ended.notes.extend(failure.hints);
        Ok(Some(failure.kind))
    }

    fn failed(&self, why: Why, timeout: Duration) -> Failure {
        let image = wash(&self.group.configuration.docker.image, 300);
        if self.deadline.remaining().is_zero() {
            let hint = "Give it more time with --timeout 5min, or ask for less with --runs 3.";
            return Failure::system(format!("the time of {} is over", Span(timeout))).hint(hint);
        }
        if why.kind == WhyKind::Absent && !self.planned {
            return Failure::system(format!("the sandbox image {image} is not in the engine"))
                .cause(why)
                .hint("get it with: clawdoctor fix image/present");
        }
        Failure::system(format!("a sandbox of {image} could not be measured"))
            .cause(why)
            .hint("see whether one starts at all: clawdoctor check --only sandbox/start")
    }
}

/// What the operator's names and folders are is nobody's business.
fn hide(measured: &mut Measured, here: &Surroundings, redact: bool) {
    let Some(redactor) = redact.then(|| Redactor::new(here, &prepare::hostname())) else {
        return;
    };
    let ended = &mut measured.ended;
    for note in &mut ended.notes {
        *note = redactor.text(note);
    }
    for left in &mut ended.left_out {
        left.why = redactor.text(&left.why);
    }
    ended.stopped = ended.stopped.take().map(|text| redactor.text(&text));
}

fn print(report: &BenchReport, as_json: bool, out: &Out) -> Result<(), Failure> {
    let written = out.print(|to| {
        if as_json {
            json::write(report, &out.style, to)
        } else {
            write(report, &out.style, to)
        }
    });
    written.map_err(|error| Failure::system("cannot write to standard output").cause(error))
}

/// What former runs left, and what is wrong with it.
fn read(path: &Path) -> (History, Option<String>) {
    match tail(path) {
        Ok(text) => {
            let history = History::read(&text);
            let complaint = (history.unreadable > 0).then(|| {
                let (lines, were) = match history.unreadable {
                    1 => ("line", "was"),
                    _ => ("lines", "were"),
                };
                format!(
                    "{} {lines} of {} could not be read and {were} left out.",
                    history.unreadable,
                    path.display()
                )
            });
            (history, complaint)
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => (History::default(), None),
        Err(error) => {
            let complaint = format!("Former runs in {} cannot be read: {error}", path.display());
            (History::default(), Some(complaint))
        }
    }
}

/// The end of the file, whatever it holds.
fn tail(path: &Path) -> std::io::Result<String> {
    let mut file = std::fs::File::open(path)?;
    if !file.metadata()?.is_file() {
        return Err(std::io::Error::other("it is no file"));
    }
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(MOST_BYTES)))?;
    let mut bytes = Vec::new();
    file.take(MOST_BYTES).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Keeps the history; else why it was not kept.
fn keep(path: &Path, text: &str, here: &Surroundings) -> Result<(), String> {
    let not = |why: String| format!("This run was not kept for comparison: {why}");
    if let Some(foreign) = whose::foreign(here) {
        let (folder, owner) = (foreign.folder.display(), &foreign.owner);
        return Err(not(format!("{folder} belongs to {owner}, and we are root")));
    }
    let made = std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(here.state_dir());
    made.and_then(|()| check::keep(path, text))
        .map_err(|error| not(format!("{}: {error}", path.display())))
}
