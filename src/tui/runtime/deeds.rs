//! Acts on sandboxes at the edge: begun, heard of, and brought to an end.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::tui::deeds::{Became, Errands, Order, Register};
use crate::tui::screen::deeds::{Cmd, Msg};
use crate::tui::screen::live::Live;

/// How long whoever leaves waits for what is under way: a sandbox that OpenClaw is removing is not
/// left half removed where that can be helped.
const FAREWELL: Duration = Duration::from_secs(5);

#[derive(Default)]
pub struct Deeds {
    acting: Option<Acting>,
    asking: Option<JoinHandle<Result<Register, String>>>,
    keeping: Option<JoinHandle<Result<Vec<String>, String>>>,
}

struct Acting {
    /// Each target is told of once, so that it holds all of them.
    told: mpsc::Receiver<(String, Became)>,
    task: JoinHandle<()>,
}

impl Deeds {
    /// One at a time: the screen asks for no more.
    pub fn begin(&mut self, errands: Option<&Errands>, cmd: Cmd, live: Option<&Live>) {
        let Some(errands) = errands else {
            if let Cmd::Evidence(_) = cmd {
                let why = "This is a recording: nothing of it is kept in files.".to_owned();
                self.keeping = Some(tokio::spawn(async { Err(why) }));
            }
            return;
        };
        if let (Cmd::Evidence(ours), Some(live)) = (&cmd, live) {
            self.keeping = Some((errands.evidence)(&live.model, *ours));
        }
        if errands.permission.is_err() {
            // Nothing is asked for where nothing may be done, nor done if it is.
            return;
        }
        match cmd {
            Cmd::Evidence(_) => {}
            Cmd::Act(order) => self.act(errands, order),
            Cmd::Register => {
                if let Some(former) = self.asking.replace((errands.register)()) {
                    former.abort();
                }
            }
        }
    }

    pub fn is_under_way(&self) -> bool {
        self.acting.is_some()
    }

    fn act(&mut self, errands: &Errands, order: Order) {
        let (tell, told) = mpsc::channel(order.targets.len().max(1));
        self.acting = Some(Acting {
            told,
            task: (errands.act)(order, tell),
        });
    }

    /// The next news; never, when there is nothing under way.
    pub async fn next(&mut self) -> Msg {
        let Self {
            acting,
            asking,
            keeping,
        } = self;
        tokio::select! {
            news = became(acting) => news,
            answer = over(asking) => Msg::Register(answer),
            kept = over(keeping) => Msg::Evidence(kept),
        }
    }

    pub async fn call_off(self) {
        if let Some(asking) = self.asking {
            asking.abort();
        }
        if let Some(Acting { mut task, .. }) = self.acting
            && tokio::time::timeout(FAREWELL, &mut task).await.is_err()
        {
            task.abort();
        }
    }
}

async fn became(acting: &mut Option<Acting>) -> Msg {
    let Some(running) = acting else {
        return std::future::pending().await;
    };
    if let Some((id, became)) = running.told.recv().await {
        return Msg::Became(id, became);
    }
    // Taken only afterwards: this future may be dropped at the await.
    let ended = (&mut running.task).await;
    *acting = None;
    Msg::Over(ended.err().map(|error| error.to_string()))
}

/// What a task came to; never, when there is none.
async fn over<T>(running: &mut Option<JoinHandle<Result<T, String>>>) -> Result<T, String> {
    let Some(task) = running else {
        return std::future::pending().await;
    };
    let answer = task.await.unwrap_or_else(|error| Err(error.to_string()));
    *running = None;
    answer
}
