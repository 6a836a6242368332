//! What the service does: watches with nobody looking, and writes down.
#![expect(
    clippy::disallowed_methods,
    reason = "leaves its last words in the state folder"
)]

use std::time::Duration;

use tokio::sync::{mpsc, watch};

use super::{last_words, most};
use crate::cli::check::{Signals, Standby, keep};
use crate::cli::out::Out;
use crate::cli::prepare::{self, Wish};
use crate::cli::watch::{self as watching, or_complain, recall, rules, watched};
use crate::failure::Failure;
use crate::fix::lock::Lock;
use crate::live::clock;
use crate::live::feed::{self, CHANNEL, Watch};
use crate::live::model::Model;
use crate::live::recording::{self, Header, Recorder};
use crate::live::sampling::{Pace, Sight};
use crate::report::live::instant;
use crate::surroundings::Surroundings;
use crate::text::wash;

/// Another one may be about to end, or `status` may be looking whether there is one.
const PATIENCE: Duration = Duration::from_secs(5);
/// What the engine remembers of before is recorded as well.
const BACKLOG: Duration = Duration::from_hours(24);
/// Between two writings of what is held.
const FLUSH: Duration = Duration::from_secs(1);

/// Records until a signal ends it.
pub fn run(here: &Surroundings, out: &Out) -> Result<u8, Failure> {
    let state_dir = here.state_dir();
    let recorded = record(here, out);
    let words = last_words(&state_dir);
    if let Err(failure) = &recorded {
        let text = wash(&failure.to_string(), 2000);
        let said = serde_json::json!({ "at": instant(clock::now()), "message": text });
        // Where even that cannot be written, standard error has it.
        keep(&words, &format!("{said}\n")).unwrap_or(());
    }
    recorded
}

fn record(here: &Surroundings, out: &Out) -> Result<u8, Failure> {
    let prepared = prepare::plan(&Wish::default(), here)?;
    let most = most(&prepared.world.settings).map_err(Failure::usage)?;
    let state_dir = here.state_dir();
    let path = recording::place(&state_dir);
    let _lock = Lock::take(
        &recording::folder(&state_dir),
        PATIENCE,
        "clawdoctor recorder",
    )?;
    let Standby { runtime, signals } = Standby::take_up()?;
    let mut watch = watched(&watching::Ask::usual(Wish::default()), &prepared);
    watch.pace = Pace::of_recorder();
    watch.backlog = BACKLOG;
    let now = clock::now();
    let mut model = Model::new(watch.scope.clone(), rules(&prepared));
    watch.since = or_complain(recall(&mut model, now, here, |_| ()), out);
    let header = Header::new(now, watch.scope.clone(), rules(&prepared));
    let picture = model.recalled.map(|_| model.keyframe(now));
    let recorder = Recorder::resume(&path, header, most.0, &picture.unwrap_or_default())?;
    // A trouble of an earlier run is over.
    std::fs::remove_file(last_words(&state_dir)).unwrap_or(());
    if out.stderr_is_terminal {
        out.complain(&format!(
            "recording into {}, until Ctrl-C\n",
            path.display()
        ));
    }
    let ended = runtime.block_on(follow(watch, model, recorder, signals));
    runtime.shutdown_background();
    ended
}

/// Until a signal comes, or it cannot be written down any more.
async fn follow(
    watch: Watch,
    mut model: Model,
    mut recorder: Recorder,
    mut signals: Signals,
) -> Result<u8, Failure> {
    let (events, mut inbox) = mpsc::channel(CHANNEL);
    let (_sight, looks) = watch::channel(Sight::nothing());
    let task = feed::start(watch, events, looks);
    let mut flush = tokio::time::interval(FLUSH);
    flush.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut held = false;
    let ended = loop {
        tokio::select! {
            event = inbox.recv() => {
                let Some(event) = event else {
                    break Err(Failure::system("the watching ended by itself"));
                };
                let is_news = !model.knows(&event.what);
                model.apply(event.clone());
                if is_news && let Err(failure) = recorder.add(&event, &model) {
                    break Err(failure);
                }
                held |= is_news;
            }
            failure = signals.ended() => break Ok(failure.kind.exit_code()),
            _ = flush.tick(), if held => {
                held = false;
                if let Err(failure) = recorder.flush() {
                    break Err(failure);
                }
            }
        }
    };
    task.abort();
    ended.and_then(|code| recorder.flush().map(|()| code))
}
