//! Logs and files at the edge: read, written, called off.

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::tui::deeds::Errands;
use crate::tui::logs::{CHANNEL, News};
use crate::tui::screen::logs::{Cmd, Msg};

#[derive(Default)]
pub struct Logs {
    reading: Option<(mpsc::Receiver<News>, JoinHandle<()>)>,
    saving: Option<JoinHandle<Result<String, String>>>,
}

impl Logs {
    pub fn begin(&mut self, errands: Option<&Errands>, cmd: Cmd) {
        match (cmd, errands) {
            (Cmd::Close, _) => self.close(),
            (Cmd::Read(_), None) => self.reading = Some(no_logs()),
            (Cmd::Save { .. }, None) => {
                let why = "nothing of a recording is saved from here".to_owned();
                self.saving = Some(tokio::spawn(async { Err(why) }));
            }
            (Cmd::Read(id), Some(errands)) => {
                self.close();
                let (tell, told) = mpsc::channel(CHANNEL);
                self.reading = Some((told, (errands.logs)(id, tell)));
            }
            (Cmd::Save { path, text }, Some(errands)) => {
                self.saving = Some((errands.save)(path, text));
            }
        }
    }

    pub fn close(&mut self) {
        if let Some((_, task)) = self.reading.take() {
            task.abort();
        }
    }

    /// The next news; never, when there is nothing under way.
    pub async fn next(&mut self) -> Msg {
        let Self { reading, saving } = self;
        tokio::select! {
            news = read(reading) => Msg::News(news),
            saved = saved(saving) => Msg::Saved(saved),
        }
    }
}

/// Of what was only recorded, the engine keeps none any more.
fn no_logs() -> (mpsc::Receiver<News>, JoinHandle<()>) {
    let (tell, told) = mpsc::channel(1);
    let why = "a recording holds no logs".to_owned();
    let task = tokio::spawn(async move {
        // A screen that is gone needs no news.
        tell.send(News::Failed(why)).await.unwrap_or(());
    });
    (told, task)
}

async fn read(reading: &mut Option<(mpsc::Receiver<News>, JoinHandle<()>)>) -> News {
    let Some((told, _)) = reading else {
        return std::future::pending().await;
    };
    if let Some(news) = told.recv().await {
        return news;
    }
    // It has said how it ended, unless it broke.
    let Some((_, task)) = reading else {
        return std::future::pending().await;
    };
    let ended = task.await;
    *reading = None;
    match ended {
        Ok(()) => News::Ended,
        Err(error) => News::Failed(error.to_string()),
    }
}

async fn saved(saving: &mut Option<JoinHandle<Result<String, String>>>) -> Result<String, String> {
    let Some(task) = saving else {
        return std::future::pending().await;
    };
    let saved = task.await.unwrap_or_else(|error| Err(error.to_string()));
    *saving = None;
    saved
}
