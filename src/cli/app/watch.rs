//! The feed of the app's dashboard, and its recording.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::interval;

use super::workshop::Workshop;
use crate::cli::prepare::Prepared;
use crate::cli::watch::{Ask, FLUSH, Kept, recall, recorder, rules, watched};
use crate::failure::Failure;
use crate::live::clock;
use crate::live::event::{Event, Stamped};
use crate::live::feed::{self, CHANNEL};
use crate::live::model::Model;
use crate::live::sampling::Sight;
use crate::tui::deeds::Errands;
use crate::tui::keeping::State;
use crate::tui::{self, Watching};

/// Why a recording ended before its time; told when the screen is free again.
pub type Trouble = Arc<Mutex<Option<Failure>>>;

/// Begins to watch, in the runtime that is entered; what is recorded is written in the workshop,
/// until what comes last ends.
pub fn feed(
    ask: &Ask,
    prepared: &Prepared,
    errands: Errands,
    workshop: &Workshop,
) -> Result<(Watching, Trouble, Option<JoinHandle<()>>), Failure> {
    let mut watch = watched(ask, prepared);
    let mut model = Model::new(watch.scope.clone(), rules(prepared));
    let trouble = Trouble::default();
    let recalled = recall(&mut model, clock::now(), &prepared.world.operator, |_| ());
    // What is now is shown all the same; `recorder status` tells what is wrong with the other.
    watch.since = recalled.unwrap_or_default();
    let (told, mut events) = mpsc::channel(CHANNEL);
    let (mut shown, mut written) = (None, None);
    if let Some(recorder) = recorder(ask, prepared, &model)? {
        let (onward, recorded) = mpsc::channel(CHANNEL);
        let (tell, news) = watch::channel(State::Writes {
            bytes: recorder.bytes(),
        });
        let path = recorder.path().to_owned();
        shown = Some(tui::keeping::Recording {
            path: path.display().to_string(),
            most: ask.record_most,
            news,
        });
        let recording = Recording {
            kept: Kept::new(Some(recorder)),
            model: model.clone(),
            trouble: Arc::clone(&trouble),
            path,
            tell,
        };
        // Ends with the feed, or with whoever reads it.
        written = Some(recording.start(workshop, events, onward));
        events = recorded;
    }
    // Nothing is looked at before the dashboard is opened.
    let nothing = Sight {
        on_screen: Some(BTreeSet::new()),
        ..Sight::default()
    };
    let (sight, looks) = watch::channel(nothing);
    let watching = Watching {
        model,
        events,
        sight,
        task: feed::start(watch, told, looks),
        clock: clock::now,
        errands: Some(errands),
        recording: shown,
    };
    Ok((watching, trouble, written))
}

/// Writes down what passes through it.
struct Recording {
    kept: Kept,
    /// The picture as it is, with which each part of a recording begins.
    model: Model,
    trouble: Trouble,
    path: PathBuf,
    /// The screen, which tells how it stands while it is made.
    tell: watch::Sender<State>,
}

impl Recording {
    fn start(
        mut self,
        workshop: &Workshop,
        mut from: mpsc::Receiver<Stamped<Event>>,
        to: mpsc::Sender<Stamped<Event>>,
    ) -> JoinHandle<()> {
        workshop.spawn(async move {
            let mut flush = interval(FLUSH);
            loop {
                tokio::select! {
                    event = from.recv() => {
                        let Some(event) = event else { break };
                        self.add(&event);
                        if to.send(event).await.is_err() {
                            break;
                        }
                    }
                    _ = flush.tick() => self.flush(),
                }
            }
            self.flush();
        })
    }

    fn add(&mut self, event: &Stamped<Event>) {
        if self.kept.is_over() {
            return;
        }
        self.model.apply(event.clone());
        let kept = self.kept.add(event, &self.model);
        self.or_remember(kept);
    }

    fn flush(&mut self) {
        let kept = self.kept.flush();
        self.or_remember(kept);
        if let Some(bytes) = self.kept.bytes() {
            // Without a screen nobody asks.
            self.tell.send(State::Writes { bytes }).unwrap_or(());
        }
    }

    fn or_remember(&self, kept: Result<(), Failure>) {
        let Err(failure) = kept else { return };
        let why = failure.causes.last().unwrap_or(&failure.message).clone();
        self.tell.send(State::Over { why }).unwrap_or(());
        let hint = if self.path.exists() {
            "the recording holds what was seen before"
        } else {
            "nothing of the recording is left there"
        };
        if let Ok(mut trouble) = self.trouble.lock() {
            *trouble = Some(failure.hint(hint));
        }
    }
}
