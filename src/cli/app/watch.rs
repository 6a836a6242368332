//! The feed of the app's dashboard, and its recording.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::interval;

use crate::cli::prepare::Prepared;
use crate::cli::watch::{Ask, FLUSH, Kept, recall, recorder, rules, watched};
use crate::failure::Failure;
use crate::live::event::{Event, Stamped};
use crate::live::feed::{self, CHANNEL};
use crate::live::model::Model;
use crate::live::sampling::Sight;
use crate::tui::Watching;
use crate::tui::deeds::Errands;

/// Why a recording ended before its time; told when the screen is free again.
pub type Trouble = Arc<Mutex<Option<Failure>>>;

/// Begins to watch, in the runtime that is entered.
pub fn feed(
    ask: &Ask,
    prepared: &Prepared,
    errands: Errands,
) -> Result<(Watching, Trouble), Failure> {
    let mut watch = watched(ask, prepared);
    let mut model = Model::new(watch.scope.clone(), rules(prepared));
    let trouble = Trouble::default();
    let recalled = recall(&mut model, feed::now(), &prepared.world.operator, |_| ());
    // What is now is shown all the same; `recorder status` tells what is wrong with the other.
    watch.since = recalled.unwrap_or_default();
    let (told, mut events) = mpsc::channel(CHANNEL);
    if let Some(recorder) = recorder(ask, prepared, &model)? {
        let (onward, recorded) = mpsc::channel(CHANNEL);
        let recording = Recording {
            kept: Kept::new(Some(recorder)),
            model: model.clone(),
            trouble: Arc::clone(&trouble),
        };
        // Ends with the feed, or with whoever reads it.
        drop(recording.start(events, onward));
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
        clock: feed::now,
        errands: Some(errands),
    };
    Ok((watching, trouble))
}

/// Writes down what passes through it.
struct Recording {
    kept: Kept,
    /// The picture as it is, with which each part of a recording begins.
    model: Model,
    trouble: Trouble,
}

impl Recording {
    fn start(
        mut self,
        mut from: mpsc::Receiver<Stamped<Event>>,
        to: mpsc::Sender<Stamped<Event>>,
    ) -> JoinHandle<()> {
        tokio::spawn(async move {
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
    }

    fn or_remember(&self, kept: Result<(), Failure>) {
        if let Err(failure) = kept
            && let Ok(mut trouble) = self.trouble.lock()
        {
            *trouble = Some(failure);
        }
    }
}
