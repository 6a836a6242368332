//! `clawdoctor watch` without the app: one look (`--once`), or what happens as it happens, as text
//! or as lines of JSON.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};

use super::args::TableArgs;
use super::check::{Signals, Standby};
use super::evidence::{self, Place};
use super::out::Out;
use super::prepare::{self, Prepared, Wish};
use super::telling::{Hush, Teller};
use crate::checklist::judge::Judge;
use crate::engine::CommandLines;
use crate::exit;
use crate::failure::Failure;
use crate::headroom::Headroom;
use crate::live::clock;
use crate::live::event::{Event, Link, Moment, Stamped};
use crate::live::feed::{self, CHANNEL, Watch};
use crate::live::model::Model;
use crate::live::note::Note;
use crate::live::recording::{self, Header, Recorder, history};
use crate::live::sampling::{Pace, Sight};
use crate::live::sandbox::{Sandbox, State};
use crate::live::scope::Scope;
use crate::surroundings::Surroundings;
use crate::text::wash;

/// What `watch` is asked for.
#[derive(Clone, Debug)]
pub struct Ask {
    pub wish: Wish,
    pub all: bool,
    /// Nothing can be done to a sandbox; so too when the settings say it.
    pub read_only: bool,
    pub command_lines: CommandLines,
    pub backlog: Duration,
    pub record: Option<PathBuf>,
    pub record_most: u64,
    /// Lines of JSON, or a document with `once`.
    pub json: bool,
    pub redact: bool,
    pub timeout: Duration,
    /// What the table is to be like, over what settings say.
    pub table: TableArgs,
    /// With one look: where all that is known is to be kept.
    pub evidence: Option<Place>,
}

impl Ask {
    /// What the dashboard of the app watches when nothing else is asked for.
    pub fn usual(wish: Wish) -> Self {
        Self {
            wish,
            all: false,
            read_only: false,
            command_lines: CommandLines::Drop,
            backlog: Duration::from_hours(1),
            record: None,
            record_most: recording::MOST_BYTES,
            json: false,
            redact: true,
            timeout: Duration::from_secs(30),
            table: TableArgs::default(),
            evidence: None,
        }
    }
}

/// Between two writings of what is recorded.
pub const FLUSH: Duration = Duration::from_secs(1);

/// For the figures, once all else is known: an engine may take two seconds, and may have none.
const FIGURES: Duration = Duration::from_secs(3);

/// After the last of what the engine remembers.
const REMEMBERS: Duration = Duration::from_millis(150);

/// The parameters of the headroom that are in force.
pub fn rules(prepared: &Prepared) -> Headroom {
    let checks = prepared.catalog.checks().iter();
    let mut found = checks.filter_map(|check| match &check.spec.judge {
        Judge::SandboxHeadroom(rules) => Some(rules.clone()),
        _ => None,
    });
    found
        .next_back()
        .expect("the catalogue holds the check sandbox/headroom")
}

/// Which containers are sandboxes by the settings; `all`: every one is shown.
pub fn scope(all: bool, prepared: &Prepared) -> Scope {
    let settings = &prepared.world.settings.watch;
    Scope {
        all,
        prefixes: settings.prefixes.clone(),
        images: settings.images.clone(),
    }
}

/// What is watched, for the feed.
pub fn watched(ask: &Ask, prepared: &Prepared) -> Watch {
    let (settings, usual) = (&prepared.world.settings.watch, Pace::default());
    Watch {
        world: Arc::new(prepared.world.clone()),
        scope: scope(ask.all, prepared),
        pace: Pace {
            busy: settings.pace.busy.map_or(usual.busy, |span| span.0),
            idle: settings.pace.idle.map_or(usual.idle, |span| span.0),
            hidden: settings.pace.hidden.map_or(usual.hidden, |span| span.0),
            other: settings.pace.other.map_or(usual.other, |span| span.0),
            ..usual
        },
        backlog: ask.backlog,
        since: None,
        command_lines: ask.command_lines,
        samples: true,
    }
}

/// The recording that was asked for, begun.
pub fn recorder(
    ask: &Ask,
    prepared: &Prepared,
    model: &Model,
) -> Result<Option<Recorder>, Failure> {
    let Some(path) = &ask.record else {
        return Ok(None);
    };
    let now = clock::now();
    let header = Header::new(now, model.scope.clone(), rules(prepared));
    // What happened before is in the recording that it was read from.
    let picture = model.recalled.map(|_| model.keyframe(now));
    Recorder::begin(path, header, ask.record_most, &picture.unwrap_or_default()).map(Some)
}

/// One look at everything, as soon as it is whole.
pub fn once(ask: &Ask, here: &Surroundings, out: &Out) -> Result<u8, Failure> {
    let prepared = prepare::plan(&ask.wish, here)?;
    let Standby { runtime, signals } = Standby::take_up()?;
    let mut watch = watched(ask, &prepared);
    let mut model = Model::new(watch.scope.clone(), rules(&prepared));
    watch.since = or_complain(recall(&mut model, clock::now(), here, |_| ()), out);
    let looked = runtime.block_on(look(watch, ask.timeout, model, signals, whole));
    runtime.shutdown_background();
    let model = looked?;
    let redactor = prepared.redactor(ask.redact);
    let (now, redactor) = (clock::now(), redactor.as_ref());
    let table = ask.table.over(&prepared.habits.table);
    let (evidence, table) = (ask.evidence.as_ref(), table.arrangement());
    evidence::look(evidence, &model, now, ask.json, table, redactor, out)?;
    Ok(match model.link {
        Link::Up => exit::CLEAN,
        Link::Connecting | Link::Lost { .. } | Link::Hung => exit::INCONCLUSIVE,
    })
}

/// Watches until everything is known that can be, by this measure of it, or the time is over.
pub async fn look(
    watch: Watch,
    timeout: Duration,
    mut model: Model,
    mut signals: Signals,
    whole: fn(&Model, Moment) -> Whole,
) -> Result<Model, Failure> {
    let (events, mut inbox) = mpsc::channel(CHANNEL);
    let (_sight, looks) = watch::channel(Sight::default());
    let begun = clock::now();
    let task = feed::start(watch, events, looks);
    let mut end = Instant::now() + timeout;
    let mut known = None;
    let mut is_measured = false;
    // An engine tells what it remembers in its own time, beside its answers.
    let mut remembered = Instant::now() + REMEMBERS;
    let ended = loop {
        tokio::select! {
            event = inbox.recv() => match event {
                Some(event) => {
                    if matches!(event.what, Event::Happened(_) | Event::Link(_)) {
                        remembered = Instant::now() + REMEMBERS;
                    }
                    drop(model.apply(event));
                }
                None => break Ok(()),
            },
            failure = signals.ended() => break Err(failure),
            () = sleep_until(remembered), if is_measured => break Ok(()),
            () = sleep_until(end) => break Ok(()),
        }
        // An engine that is not there, or not well, will not be in a moment.
        if matches!(model.link, Link::Lost { .. } | Link::Hung) {
            break Ok(());
        }
        match whole(&model, begun) {
            Whole::Measured => {
                is_measured = true;
                // Where things happen without end, one more of them changes nothing.
                end = end.min(*known.get_or_insert(Instant::now() + FIGURES));
            }
            Whole::Known => end = end.min(*known.get_or_insert(Instant::now() + FIGURES)),
            Whole::No => {}
        }
    };
    task.abort();
    ended.map(|()| model)
}

/// How much of a look is there.
pub enum Whole {
    No,
    /// All but figures of what runs.
    Known,
    Measured,
}

/// Whether all that is shown is known as it is now: what a recording told of before is not.
pub fn is_inspected(model: &Model, begun: Moment) -> bool {
    let inspected = |one: &Sandbox| one.detail.as_ref().is_some_and(|d| d.asked >= begun);
    model.listed.is_some() && model.shown().all(inspected)
}

fn whole(model: &Model, begun: Moment) -> Whole {
    if model.node.is_none() || !is_inspected(model, begun) {
        return Whole::No;
    }
    let measured = |one: &Sandbox| {
        let taken = one.usage.last.as_ref().is_some_and(|(at, _)| *at >= begun);
        taken || !matches!(one.state, State::Running | State::Starting)
    };
    if model.sandboxes.values().all(measured) {
        Whole::Measured
    } else {
        Whole::Known
    }
}

/// What happens, line by line, until a signal ends it.
pub fn follow(ask: &Ask, here: &Surroundings, out: &Out) -> Result<u8, Failure> {
    let prepared = prepare::plan(&ask.wish, here)?;
    let Standby { runtime, signals } = Standby::take_up()?;
    let mut watch = watched(ask, &prepared);
    let mut model = Model::new(watch.scope.clone(), rules(&prepared));
    let now = clock::now();
    let oldest = now.minus(ask.backlog);
    let mut past = Vec::new();
    let recalled = recall(&mut model, now, here, |note| {
        if note.stamp >= oldest && note.shown {
            past.push(note.clone());
        }
    });
    watch.since = or_complain(recalled, out);
    let mut watching = Watching {
        kept: Kept::new(recorder(ask, &prepared, &model)?),
        teller: Teller::new(model, ask.json, prepared.redactor(ask.redact), out),
        out,
    };
    let ended = runtime.block_on(watching.run(watch, &past, signals));
    runtime.shutdown_background();
    match ended {
        Ok(()) => Ok(exit::CLEAN),
        // The usual end of a stream, which gets no document behind its last line.
        Err(failure) => Ok(failure.kind.exit_code()),
    }
}

/// Opens the picture with what the recorder has seen, where there is one; the stamp of the newest
/// event of it.
pub fn recall(
    model: &mut Model,
    now: Moment,
    here: &Surroundings,
    tell: impl FnMut(&Note),
) -> Result<Option<Moment>, Failure> {
    let history = history(&here.state_dir(), now)?;
    Ok(model.recall(history.into_iter().flatten(), now, tell))
}

/// What is now is told all the same.
pub fn or_complain(recalled: Result<Option<Moment>, Failure>, out: &Out) -> Option<Moment> {
    recalled.unwrap_or_else(|failure| {
        let words = wash(&failure.to_string(), 1000);
        out.complain(&format!("warning: {words}\n"));
        None
    })
}

/// The recording of what is watched. Watching goes on without it when it fails, which it says once.
pub struct Kept(Option<Recorder>);

impl Kept {
    pub fn new(recorder: Option<Recorder>) -> Self {
        Self(recorder)
    }

    /// Nothing is written down, or not any more.
    pub fn is_over(&self) -> bool {
        self.0.is_none()
    }

    /// Adds what happened. `model` has taken it in already.
    pub fn add(&mut self, event: &Stamped<Event>, model: &Model) -> Result<(), Failure> {
        self.act(|recorder| recorder.add(event, model))
    }

    pub fn flush(&mut self) -> Result<(), Failure> {
        self.act(Recorder::flush)
    }

    /// How many bytes it takes by now.
    pub fn bytes(&self) -> Option<u64> {
        self.0.as_ref().map(Recorder::bytes)
    }

    fn act(&mut self, act: impl Fn(&mut Recorder) -> Result<(), Failure>) -> Result<(), Failure> {
        let done = self.0.as_mut().map_or(Ok(()), act);
        if done.is_err() {
            self.0 = None;
        }
        done
    }
}

struct Watching<'a> {
    teller: Teller<'a>,
    kept: Kept,
    out: &'a Out,
}

impl Watching<'_> {
    async fn run(
        &mut self,
        watch: Watch,
        past: &[Note],
        mut signals: Signals,
    ) -> Result<(), Failure> {
        let (events, mut inbox) = mpsc::channel(CHANNEL);
        let (_sight, looks) = watch::channel(Sight::default());
        let task = feed::start(watch, events, looks);
        if self.teller.open(past).is_err() {
            return Ok(());
        }
        let mut flush = tokio::time::interval(FLUSH);
        let ended = loop {
            tokio::select! {
                event = inbox.recv() => match event {
                    Some(event) => if let Err(Hush) = self.take(event) {
                        break Ok(());
                    },
                    None => break Ok(()),
                },
                failure = signals.ended() => break Err(failure),
                _ = flush.tick() => {
                    let kept = self.kept.flush();
                    self.or_complain(kept);
                }
            }
        };
        task.abort();
        let kept = self.kept.flush();
        self.or_complain(kept);
        ended
    }

    fn take(&mut self, event: Stamped<Event>) -> Result<(), Hush> {
        let recorded = (!self.kept.is_over()).then(|| event.clone());
        let news = self.teller.take_in(event);
        if let Some(event) = recorded {
            let kept = self.kept.add(&event, &self.teller.model);
            self.or_complain(kept);
        }
        self.teller.tell(news)
    }

    fn or_complain(&self, kept: Result<(), Failure>) {
        if let Err(failure) = kept {
            self.out
                .complain(&format!("warning: {failure}; the recording ends here\n"));
        }
    }
}
