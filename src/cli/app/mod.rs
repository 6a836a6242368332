//! `clawdoctor` on a terminal: the checklist as an app, fed by the same probes as `check`, mending
//! by the same runs as `fix` and `undo`.
#![expect(
    clippy::disallowed_methods,
    reason = "measures how long a gathering takes"
)]

pub mod demo;
mod errands;
mod mend;
mod papers;
mod past;
mod watch;
mod workshop;
mod zone;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::sync::mpsc::Sender;

use super::args::{TableArgs, WishArgs};
use super::asking::administrator;
use super::check::{self, Ask};
use super::explain;
use super::fix::look::Eye;
use super::out::Out;
use super::prepare::{self, Prepared};
use super::watch::Ask as WatchAsk;
use super::wishes::{Attended, wishes};
use crate::checklist::report::Report;
use crate::deadline::Deadline;
use crate::facts::docker::Endpoint;
use crate::facts::{Facts, Section};
use crate::failure::Failure;
use crate::fix::wishes::Wishes;
use crate::live::replay::Replay;
use crate::probe::gather::{Gathered, Progress};
use crate::probe::inside;
use crate::report::Style;
use crate::settings::{Settings, ThemeName};
use crate::surroundings::Surroundings;
use crate::tui::{self, Explain, First, Habits, Hands, Left, Probed, Scope, Session, Subject};
use workshop::Workshop;
use zone::zone;

/// How long what was recorded last may take to the disk.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// All that the app's tasks share.
struct Ready {
    prepared: Arc<Prepared>,
    ask: Ask,
    wishes: Wishes,
    /// As it was typed, for the journal.
    argv: Vec<String>,
    /// What the last whole look found: a part is looked at on top of it.
    known: Mutex<Gathered>,
    /// What is known of the engine while a gathering runs, for the removal when the user leaves in
    /// its middle.
    latest: Mutex<Option<Facts>>,
}

impl Ready {
    /// The engine in force, as the last look found it.
    fn endpoint(&self) -> Option<Endpoint> {
        let known = self.known.lock().ok()?;
        known.facts.docker.endpoint.get().ok().cloned()
    }

    fn known(&self) -> Gathered {
        self.known
            .lock()
            .map_or_else(|_| Gathered::default(), |known| known.clone())
    }

    /// Removes what a gathering that was called off has left in the engine: it would be in the way.
    async fn put_away(&self) {
        let unfinished = self.latest.lock().ok().and_then(|mut facts| facts.take());
        if let Some(facts) = unfinished {
            let d = Deadline::after(check::CLEAN_UP);
            // What cannot be removed now is swept by the next run.
            drop(inside::clean_up(&self.prepared.world, &facts, d).await);
        }
    }

    fn set_latest(&self, facts: Option<Facts>) {
        if let Ok(mut latest) = self.latest.lock() {
            *latest = facts;
        }
    }
}

/// What the app is opened for.
pub enum Opening {
    Checklist,
    Watch(Box<WatchAsk>),
    /// A recording, its table so.
    Replay(Box<Replay>, TableArgs),
}

/// Shows the app; the last whole report, if there was one. The theme is the one of the settings,
/// unless another was asked for.
pub fn show(
    ask: &Ask,
    here: &Surroundings,
    out: &Out,
    theme: Option<ThemeName>,
    argv: Vec<String>,
    opening: Opening,
) -> Result<Option<Report>, Failure> {
    let usual = |table| WatchAsk {
        table,
        ..WatchAsk::usual(ask.wish.clone())
    };
    let (first, watch_ask, replay) = match opening {
        Opening::Checklist => (First::Checklist, usual(TableArgs::default()), None),
        Opening::Watch(asked) => (First::Live, *asked, None),
        Opening::Replay(replay, table) => (First::Live, usual(table), Some(*replay)),
    };
    let prepared = Arc::new(prepare::plan(&ask.wish, here)?);
    let settings = &prepared.world.settings;
    let style = tui::Style {
        notices: notices(here, settings),
        ..look(out, theme, settings)
    };
    let habits = Habits {
        table: watch_ask.table.over(&prepared.habits.table),
        ..prepared.habits.clone()
    };
    let runtime = check::runtime_of_app()?;
    let ready = Arc::new(Ready {
        wishes: wishes(&WishArgs::default(), &prepared.world, Attended::Person)?,
        prepared,
        ask: ask.clone(),
        argv,
        known: Mutex::new(Gathered::default()),
        latest: Mutex::new(None),
    });
    let handle = runtime.handle().clone();
    let workshop = Workshop::beside(&handle);
    let errands = errands::errands(&ready, &handle, &watch_ask);
    let (watching, trouble, written) = {
        let _context = runtime.enter();
        if replay.is_some() {
            (None, watch::Trouble::default(), None)
        } else {
            let (watching, trouble, written) =
                watch::feed(&watch_ask, &ready.prepared, errands, &workshop)?;
            (Some(watching), trouble, written)
        }
    };
    let (terms_of, gather_of) = (Arc::clone(&ready), Arc::clone(&ready));
    let gather_on = workshop.clone();
    let session = Session {
        catalog: Arc::clone(&ready.prepared.catalog),
        terms: Box::new(move || {
            check::terms(&terms_of.prepared, &terms_of.ask, &Gathered::default(), 0)
        }),
        gather: Box::new(move |scope, told| {
            gather_on.spawn(gathered(Arc::clone(&gather_of), scope, told))
        }),
        subject: Subject::Here(hands(&ready, &workshop)),
        explain: explain(Arc::clone(&ready.prepared)),
        watching,
        replay,
        first,
        style,
        habits,
        zone: zone(here),
    };
    let mut left = runtime.block_on(async {
        let left = Box::pin(tui::run(session)).await;
        ready.put_away().await;
        if let Some(written) = written {
            // A disk that does not come back is left alone.
            let _late = tokio::time::timeout(LAST_WORDS, written).await;
        }
        left
    });
    workshop.close();
    runtime.shutdown_background();
    let trouble = trouble.lock().ok().and_then(|mut failure| failure.take());
    if let (Ok(_), Some(failure)) = (&left.outcome, trouble) {
        left.outcome = Err(failure);
    }
    outcome(left)
}

/// What it came to, to be told only where the terminal can be told anything.
fn outcome(left: Left) -> Result<Option<Report>, Failure> {
    left.outcome.map_err(|failure| Failure {
        is_unheard: left.is_stalled,
        ..failure
    })
}

/// The settings say how it looks, but for what was asked for and what the terminal can show.
fn look(out: &Out, theme: Option<ThemeName>, settings: &Settings) -> tui::Style {
    tui::Style {
        color: out.style.color,
        ascii: out.style.ascii,
        theme: theme.unwrap_or(settings.app.theme),
        pointer: if settings.app.mouse {
            tui::Pointer::default()
        } else {
            tui::Pointer::Left
        },
        notices: tui::Notices::Off,
    }
}

fn notices(here: &Surroundings, settings: &Settings) -> tui::Notices {
    match (settings.app.notify, here.var("TMUX")) {
        (false, _) => tui::Notices::Off,
        (true, None) => tui::Notices::Plain,
        (true, Some(_)) => tui::Notices::ThroughTmux,
    }
}

fn hands(ready: &Arc<Ready>, workshop: &Workshop) -> Hands {
    let [mend_on, past_on, rights_on] = [workshop, workshop, workshop].map(Workshop::clone);
    let (mend_of, past_of) = (Arc::clone(ready), Arc::clone(ready));
    Hands {
        is_root: ready.prepared.world.operator.uid == 0,
        begin: Box::new(move |order, progress, stopped| {
            mend_on.spawn(mend::done(Arc::clone(&mend_of), order, progress, stopped))
        }),
        past: Box::new(move || past_on.spawn(past::past(Arc::clone(&past_of.prepared)))),
        rights: Box::new(move || rights_on.spawn(administrator(Attended::Person))),
    }
}

fn explain(prepared: Arc<Prepared>) -> Explain {
    Box::new(move |id, width| {
        let style = Style {
            width,
            ..Style::default()
        };
        let checks = prepared.catalog.checks();
        match explain::explain(id, checks, &style, false) {
            Ok(told) => told.text,
            Err(failure) => failure.to_string(),
        }
    })
}

/// One look at the node, or at a part of it on top of what is known, told as it happens.
async fn gathered(ready: Arc<Ready>, scope: Scope, told: Sender<Probed>) {
    let begun = Instant::now();
    let tell = |progress: Progress<'_>| {
        let news = match progress {
            Progress::Started(section) => Probed::Started(section),
            Progress::Done {
                section,
                facts,
                spent,
            } => {
                if section == Section::Endpoint {
                    ready.set_latest(Some(facts.clone()));
                }
                Probed::Done {
                    section,
                    facts: Box::new(facts.clone()),
                    spent,
                }
            }
        };
        // The channel holds a whole gathering; a screen that is gone needs no news.
        told.try_send(news).unwrap_or(());
    };
    let catalog = &ready.prepared.catalog;
    let (known, budgets): (Gathered, BTreeMap<Section, Duration>) = match scope {
        Scope::All => (Gathered::default(), ready.prepared.budgets.clone()),
        Scope::Checks(ids) => (ready.known(), catalog.sections(&catalog.closure(ids))),
    };
    if !known.spent.is_empty() {
        // The engine may not be asked for anew, and is made use of all the same.
        ready.set_latest(Some(known.facts.clone()));
    }
    let eye = Eye {
        prepared: &ready.prepared,
        ask: &ready.ask,
        wishes: &ready.wishes,
        begun,
    };
    let look = Box::pin(eye.look(known, &budgets, &[], tell)).await;
    ready.set_latest(None);
    let news = Probed::Finished {
        facts: Box::new(look.gathered.facts.clone()),
        spent: look.gathered.spent.clone(),
        duration_ms: crate::units::milliseconds(begun.elapsed()),
        plan: Box::new(look.plan),
    };
    if let Ok(mut known) = ready.known.lock() {
        *known = look.gathered;
    }
    told.try_send(news).unwrap_or(());
}
