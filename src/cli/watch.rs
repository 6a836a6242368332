//! `clawdoctor watch` without the app: one look (`--once`), or what happens as it happens, as text
//! or as lines of JSON.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};

use super::check::{Signals, Standby};
use super::out::Out;
use super::prepare::{self, Prepared, Wish};
use crate::checklist::judge::Judge;
use crate::engine::CommandLines;
use crate::exit;
use crate::failure::Failure;
use crate::headroom::Headroom;
use crate::live::event::{Event, Link, Moment, Stamped};
use crate::live::feed::{self, CHANNEL, Watch};
use crate::live::model::Model;
use crate::live::recording::{self, Header, Recorder};
use crate::live::sampling::{Pace, Sight};
use crate::live::sandbox::{Sandbox, State};
use crate::live::scope::Scope;
use crate::redact::Redactor;
use crate::report::live;
use crate::surroundings::Surroundings;

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
        }
    }
}

/// Between two writings of what is recorded.
pub const FLUSH: Duration = Duration::from_secs(1);

/// For the figures, once all else is known: an engine may take two seconds, and may have none.
const FIGURES: Duration = Duration::from_secs(3);

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

/// What is watched, for the feed.
pub fn watched(ask: &Ask, prepared: &Prepared) -> Watch {
    let settings = &prepared.world.settings.watch;
    Watch {
        world: Arc::new(prepared.world.clone()),
        scope: Scope {
            all: ask.all,
            prefixes: settings.prefixes.clone(),
            images: settings.images.clone(),
        },
        pace: Pace {
            busy: settings.pace.busy.0,
            idle: settings.pace.idle.0,
            hidden: settings.pace.hidden.0,
            other: settings.pace.other.0,
        },
        backlog: ask.backlog,
        command_lines: ask.command_lines,
        samples: true,
    }
}

/// The recording that was asked for, begun.
pub fn recorder(ask: &Ask, prepared: &Prepared) -> Result<Option<Recorder>, Failure> {
    let Some(path) = &ask.record else {
        return Ok(None);
    };
    let header = Header::new(feed::now(), watched(ask, prepared).scope, rules(prepared));
    Recorder::begin(path, header, ask.record_most).map(Some)
}

/// One look at everything, as soon as it is whole.
pub fn once(ask: &Ask, here: &Surroundings, out: &Out) -> Result<u8, Failure> {
    let prepared = prepare::plan(&ask.wish, here)?;
    let Standby { runtime, signals } = Standby::take_up()?;
    let model = Model::new(watched(ask, &prepared).scope, rules(&prepared));
    let looked = runtime.block_on(look(ask, &prepared, model, signals));
    runtime.shutdown_background();
    let model = looked?;
    let now = feed::now();
    if ask.json {
        let document = redacted(
            prepared.redactor(ask.redact).as_ref(),
            live::document(&model, now),
        );
        let text = if out.style.pretty {
            format!("{document:#}\n")
        } else {
            format!("{document}\n")
        };
        out.print_text(&text).map_err(cannot_print)?;
    } else {
        out.print(|to| live::table(&model, now, &out.style, to))
            .map_err(cannot_print)?;
    }
    Ok(match model.link {
        Link::Up => exit::CLEAN,
        Link::Connecting | Link::Lost { .. } | Link::Hung => exit::INCONCLUSIVE,
    })
}

/// Watches until everything is known that can be, or the time is over.
async fn look(
    ask: &Ask,
    prepared: &Prepared,
    mut model: Model,
    mut signals: Signals,
) -> Result<Model, Failure> {
    let (events, mut inbox) = mpsc::channel(CHANNEL);
    let (_sight, looks) = watch::channel(Sight::default());
    let task = feed::start(watched(ask, prepared), events, looks);
    let mut end = Instant::now() + ask.timeout;
    let mut known = None;
    let ended = loop {
        tokio::select! {
            event = inbox.recv() => match event {
                Some(event) => drop(model.apply(event)),
                None => break Ok(()),
            },
            failure = signals.ended() => break Err(failure),
            () = sleep_until(end) => break Ok(()),
        }
        // An engine that is not there, or not well, will not be in a moment.
        if matches!(model.link, Link::Lost { .. } | Link::Hung) {
            break Ok(());
        }
        match whole(&model) {
            Whole::Measured => break Ok(()),
            Whole::Known => end = end.min(*known.get_or_insert(Instant::now() + FIGURES)),
            Whole::No => {}
        }
    };
    task.abort();
    ended.map(|()| model)
}

/// How much of a look is there.
enum Whole {
    No,
    /// All but figures of what runs.
    Known,
    Measured,
}

fn whole(model: &Model) -> Whole {
    if model.listed.is_none() || model.node.is_none() || !model.shown().all(Sandbox::is_inspected) {
        return Whole::No;
    }
    let measured = |one: &Sandbox| one.usage.last.is_some() || one.state != State::Running;
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
    let watch = watched(ask, &prepared);
    let mut teller = Teller {
        model: Model::new(watch.scope.clone(), rules(&prepared)),
        recorder: recorder(ask, &prepared)?,
        redactor: prepared.redactor(ask.redact),
        json: ask.json,
        headroom: Told::Nothing,
        out,
    };
    let ended = runtime.block_on(teller.run(watch, signals));
    runtime.shutdown_background();
    match ended {
        Ok(()) => Ok(exit::CLEAN),
        // The usual end of a stream, which gets no document behind its last line.
        Err(failure) => Ok(failure.kind.exit_code()),
    }
}

struct Teller<'a> {
    model: Model,
    recorder: Option<Recorder>,
    redactor: Option<Redactor>,
    json: bool,
    /// What was told of it last.
    headroom: Told,
    out: &'a Out,
}

/// How many more fit, as it was told.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Told {
    Nothing,
    Unknown,
    Left(u64),
}

/// Whoever read the output has gone: no failure.
struct Hush;

impl Teller<'_> {
    async fn run(&mut self, watch: Watch, mut signals: Signals) -> Result<(), Failure> {
        let (events, mut inbox) = mpsc::channel(CHANNEL);
        let (_sight, looks) = watch::channel(Sight::default());
        let task = feed::start(watch, events, looks);
        if self.json && self.print(live::version_line()).is_err() {
            return Ok(());
        }
        let mut flush = tokio::time::interval(FLUSH);
        let ended = loop {
            tokio::select! {
                event = inbox.recv() => match event {
                    Some(event) => if let Err(Hush) = self.tell(event) {
                        break Ok(());
                    },
                    None => break Ok(()),
                },
                failure = signals.ended() => break Err(failure),
                _ = flush.tick() => self.keep(Recorder::flush),
            }
        };
        task.abort();
        self.keep(Recorder::flush);
        ended
    }

    fn tell(&mut self, event: Stamped<Event>) -> Result<(), Hush> {
        let at = event.at;
        let recorded = self.recorder.is_some().then(|| event.clone());
        let sampled = match &event.what {
            Event::Sampled(sample) => Some(sample.id.clone()),
            _ => None,
        };
        let notes = self.model.apply(event);
        if let Some(event) = recorded {
            let model = &self.model;
            if let Some(recorder) = &mut self.recorder
                && let Err(failure) = recorder.add(&event, model)
            {
                self.recording_failed(&failure);
            }
        }
        for note in &notes {
            let shown = note
                .about
                .as_ref()
                .is_none_or(|about| self.is_shown(&about.id));
            if !shown {
                continue;
            }
            if self.json {
                self.print(live::line(note))?;
            } else {
                let line = live::happening(note, &self.out.style);
                self.write(&format!("{line}\n"))?;
            }
        }
        if !self.json {
            return Ok(());
        }
        if let Some(one) = sampled.and_then(|id| self.model.sandboxes.get(&id))
            && self.model.scope.shows(one.kind)
        {
            let line = live::sample_line(one, at);
            self.print(line)?;
        }
        self.tell_headroom(at)
    }

    fn tell_headroom(&mut self, at: Moment) -> Result<(), Hush> {
        let told = match &self.model.headroom {
            Ok(sum) => Told::Left(sum.headroom),
            Err(_) => Told::Unknown,
        };
        if self.headroom == told {
            return Ok(());
        }
        self.headroom = told;
        let line = live::headroom_line(&self.model, at);
        self.print(line)
    }

    /// One that has just gone is among the dead.
    fn is_shown(&self, id: &str) -> bool {
        let there = self.model.sandboxes.get(id).map(|one| one.kind);
        let gone = || {
            let mut gone = self.model.gone.iter().rev();
            gone.find(|one| one.about.id == id).map(|one| one.kind)
        };
        there
            .or_else(gone)
            .is_some_and(|kind| self.model.scope.shows(kind))
    }

    fn keep(&mut self, act: impl Fn(&mut Recorder) -> Result<(), Failure>) {
        if let Some(recorder) = &mut self.recorder
            && let Err(failure) = act(recorder)
        {
            self.recording_failed(&failure);
        }
    }

    /// Watching goes on without it.
    fn recording_failed(&mut self, failure: &Failure) {
        self.recorder = None;
        self.out
            .complain(&format!("warning: {failure}; the recording ends here\n"));
    }

    fn print(&self, line: Value) -> Result<(), Hush> {
        let line = redacted(self.redactor.as_ref(), line);
        self.write(&format!("{line}\n"))
    }

    fn write(&self, text: &str) -> Result<(), Hush> {
        self.out.pour(text).map_err(|_| Hush)
    }
}

fn redacted(redactor: Option<&Redactor>, value: Value) -> Value {
    match redactor {
        Some(redactor) => redactor.json(value),
        None => value,
    }
}

fn cannot_print(error: std::io::Error) -> Failure {
    Failure::system("cannot write to standard output").cause(error)
}
