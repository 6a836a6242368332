//! The run of repairs at the edge: begins it, hears of it, stops it, and waits for it to come to
//! rest.

use std::time::Duration;

use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;

use crate::tui::Hands;
use crate::tui::mending::{Order, Past, Progress};
use crate::tui::screen::repair::{Msg, Then};

/// How long a run that was stopped may take to come to rest: its last step is finished or taken
/// back by then. What is not, the next run finds.
const REST: Duration = Duration::from_secs(90);

#[derive(Default)]
pub struct Repairs {
    running: Option<Running>,
    asked: Option<(Then, JoinHandle<Past>)>,
}

struct Running {
    /// Only the newest counts: each holds all that has happened.
    progress: watch::Receiver<Progress>,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl Repairs {
    pub fn begin(&mut self, hands: &Hands, order: Order, progress: Progress) {
        let (sender, progress) = watch::channel(progress);
        let (stop, stopped) = oneshot::channel();
        self.running = Some(Running {
            progress,
            stop: Some(stop),
            task: (hands.begin)(order, sender, stopped),
        });
    }

    /// Looks what earlier runs have left. One look at a time: the newest wish counts.
    pub fn ask(&mut self, hands: &Hands, then: Then) {
        self.asked = Some((then, (hands.past)()));
    }

    pub fn stop(&mut self) {
        let stop = self.running.as_mut().and_then(|run| run.stop.take());
        if let Some(stop) = stop {
            // A run that has just ended needs no word.
            stop.send(()).unwrap_or(());
        }
    }

    pub fn is_under_way(&self) -> bool {
        self.running.is_some()
    }

    /// The next news; never, when there is nothing under way.
    pub async fn next(&mut self) -> Msg {
        let Self { running, asked } = self;
        tokio::select! {
            news = heard(running) => news,
            news = remembered(asked) => news,
        }
    }

    /// Stops the run, and waits until it has come to rest.
    pub async fn call_off(mut self) {
        self.stop();
        if let Some(running) = self.running {
            let _rested = tokio::time::timeout(REST, running.task).await;
        }
    }
}

async fn heard(running: &mut Option<Running>) -> Msg {
    let Some(run) = running else {
        return std::future::pending().await;
    };
    if run.progress.changed().await.is_ok() {
        let newest = run.progress.borrow_and_update().clone();
        return Msg::Progress(Box::new(newest));
    }
    // The sender is gone, and what it sent last may not be seen yet. The task is taken only
    // afterwards: this future may be dropped at the await.
    let ended = (&mut run.task).await;
    *running = None;
    Msg::Over(ended.err().map(|error| error.to_string()))
}

async fn remembered(asked: &mut Option<(Then, JoinHandle<Past>)>) -> Msg {
    let Some((then, task)) = asked else {
        return std::future::pending().await;
    };
    let then = *then;
    let past = task.await.unwrap_or_else(|error| Past {
        trouble: Some(error.to_string()),
        ..Past::default()
    });
    *asked = None;
    Msg::Past(then, Box::new(past))
}
