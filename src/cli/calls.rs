//! `clawdoctor calls`: the tool calls in the node's sandboxes, those that are known or as they
//! happen.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::{mpsc, watch};

use super::check::{Signals, Standby};
use super::out::Out;
use super::prepare::{self, Wish};
use super::watch::{Whole, is_inspected, look, or_complain, recall, rules, scope};
use crate::engine::CommandLines;
use crate::exit;
use crate::failure::Failure;
use crate::live::calls::{self, Made};
use crate::live::clock;
use crate::live::event::{Event, Link, Moment, Stamped};
use crate::live::feed::{self, CHANNEL, Watch};
use crate::live::model::Model;
use crate::live::note::{News, Note};
use crate::live::sampling::{Pace, Sight};
use crate::redact::Redactor;
use crate::report::live::calls::{CallsReport, Wanted, call_line, call_text, calls_table};
use crate::report::{json, live};
use crate::surroundings::Surroundings;

/// What `calls` is asked for.
#[derive(Clone, Debug)]
pub struct Ask {
    pub wish: Wish,
    pub follow: bool,
    pub all: bool,
    pub command_lines: CommandLines,
    /// How far back; none = as far as is known.
    pub since: Option<Duration>,
    pub agent: Option<String>,
    pub failed: bool,
    pub json: bool,
    pub redact: bool,
    pub timeout: Duration,
}

/// As far as an engine could remember.
const BACKLOG: Duration = Duration::from_hours(24 * 7);

/// Tells the calls that are known, or with `follow` each as it begins and ends.
pub fn calls(ask: &Ask, here: &Surroundings, out: &Out) -> Result<u8, Failure> {
    let prepared = prepare::plan(&ask.wish, here)?;
    let Standby { runtime, signals } = Standby::take_up()?;
    let mut watch = Watch {
        world: Arc::new(prepared.world.clone()),
        scope: scope(ask.all, &prepared),
        pace: Pace::default(),
        backlog: BACKLOG,
        since: None,
        command_lines: ask.command_lines,
        samples: false,
    };
    let mut model = Model::new(watch.scope.clone(), rules(&prepared));
    let now = clock::now();
    watch.since = or_complain(recall(&mut model, now, here, |_| ()), out);
    let mut teller = Teller {
        wanted: Wanted {
            since: ask.since.map(|span| now.minus(span)),
            agent: ask.agent.clone(),
            failed: ask.failed,
        },
        model,
        redactor: prepared.redactor(ask.redact),
        json: ask.json,
        commands: ask.command_lines == CommandLines::Keep,
        is_cut_off: false,
        out,
    };
    let code = if ask.follow {
        let ended = runtime.block_on(teller.follow(watch, signals));
        // A signal is the usual end of a stream, which gets no document behind its last line.
        ended.map_or_else(|failure| failure.kind.exit_code(), |()| exit::CLEAN)
    } else {
        let looking = look(watch, ask.timeout, teller.model, signals, whole);
        teller.model = runtime.block_on(looking)?;
        teller.show()?;
        match teller.model.link {
            Link::Up => exit::CLEAN,
            Link::Connecting | Link::Lost { .. } | Link::Hung => exit::INCONCLUSIVE,
        }
    };
    runtime.shutdown_background();
    Ok(code)
}

/// Figures and the node make no difference to calls.
fn whole(model: &Model, begun: Moment) -> Whole {
    if is_inspected(model, begun) {
        Whole::Measured
    } else {
        Whole::No
    }
}

/// Whoever read the output has gone: no failure.
struct Hush;

struct Teller<'a> {
    model: Model,
    wanted: Wanted,
    redactor: Option<Redactor>,
    json: bool,
    /// A recording may hold command lines that nobody asked for now.
    commands: bool,
    /// That there is no engine was told.
    is_cut_off: bool,
    out: &'a Out,
}

impl Teller<'_> {
    /// Those that are meant, without what nobody asked to see.
    fn chosen(&self) -> Vec<Made> {
        let mut all = calls::all(&self.model);
        all.retain(|made| self.wanted.has(made));
        all.into_iter().map(|made| self.shown(made)).collect()
    }

    fn shown(&self, mut made: Made) -> Made {
        let redactor = self.redactor.as_ref();
        made.call.command = made.call.command.filter(|_| self.commands);
        made.call.command = made
            .call
            .command
            .map(|text| redactor.map_or(text.clone(), |redactor| redactor.text(&text)));
        made
    }

    fn show(&self) -> Result<(), Failure> {
        let calls = self.chosen();
        let now = clock::now();
        let printed = if self.json {
            let document = serde_json::to_value(CallsReport::of(&self.model, &calls, now));
            let document = self.redacted(document.unwrap_or_default());
            self.out
                .print(|to| json::write(&document, &self.out.style, to))
        } else {
            self.out
                .print(|to| calls_table(&self.model, &calls, now, &self.out.style, to))
        };
        printed.map_err(|error| Failure::system("cannot write to standard output").cause(error))
    }

    /// Tells each as it begins and ends, until a signal comes.
    async fn follow(&mut self, watch: Watch, mut signals: Signals) -> Result<(), Failure> {
        let (events, mut inbox) = mpsc::channel(CHANNEL);
        let (_sight, looks) = watch::channel(Sight::default());
        let task = feed::start(watch, events, looks);
        if self.begin().is_err() {
            return Ok(());
        }
        let ended = loop {
            tokio::select! {
                event = inbox.recv() => match event {
                    Some(event) => if let Err(Hush) = self.take(event) {
                        break Ok(());
                    },
                    None => break Ok(()),
                },
                failure = signals.ended() => break Err(failure),
            }
        };
        task.abort();
        ended
    }

    /// What a recording told of the time before.
    fn begin(&self) -> Result<(), Hush> {
        if self.json {
            let mut line = live::version_line();
            line["report"] = "clawdoctor.calls".into();
            self.write(&format!("{line}\n"))?;
        }
        for made in self.chosen() {
            self.tell(&made)?;
        }
        Ok(())
    }

    fn take(&mut self, event: Stamped<Event>) -> Result<(), Hush> {
        let notes: Vec<Note> = self.model.apply(event);
        for note in notes.iter().filter(|note| note.shown) {
            self.tell_of_engine(note);
            if let Some(made) = calls::told(&self.model, note)
                && self.wanted.has(&made)
            {
                self.tell(&self.shown(made))?;
            }
        }
        Ok(())
    }

    /// Else a stream that is cut off looks like one in which nothing happens. Beside it, since it
    /// is one of calls.
    fn tell_of_engine(&mut self, note: &Note) {
        let News::Link(link) = &note.what else {
            return;
        };
        let is_cut_off = matches!(link, Link::Lost { .. } | Link::Hung);
        let was_cut_off = std::mem::replace(&mut self.is_cut_off, is_cut_off);
        if is_cut_off || was_cut_off {
            let line = live::happening(note, &self.out.style);
            self.out.complain(&format!("{line}\n"));
        }
    }

    fn tell(&self, made: &Made) -> Result<(), Hush> {
        let line = if self.json {
            self.redacted(call_line(made)).to_string()
        } else {
            call_text(made, &self.out.style)
        };
        self.write(&format!("{line}\n"))
    }

    fn redacted(&self, value: Value) -> Value {
        match &self.redactor {
            Some(redactor) => redactor.json(value),
            None => value,
        }
    }

    fn write(&self, text: &str) -> Result<(), Hush> {
        self.out.pour(text).map_err(|_| Hush)
    }
}
