//! What the dashboard reads and writes beside its feed: logs, files of them, and evidence.
#![expect(
    clippy::disallowed_methods,
    reason = "writes the files that the person at the dashboard asks for"
)]

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::mpsc::Sender;
use tokio::time::timeout;

use super::Ready;
use super::errands::engine;
use crate::cli::evidence::Evidence;
use crate::cli::whose;
use crate::deadline::Deadline;
use crate::engine::{self, Logs, LogsQuery};
use crate::live::event::Moment;
use crate::surroundings::Surroundings;
use crate::text::wash;
use crate::tui::deeds::Keep;
use crate::tui::logs::{BATCH, Line, News, Read, Save, Stream, TAIL};

/// For the engine to begin.
const ANSWER: Duration = Duration::from_secs(10);
/// What is written within this time is told together.
const TOGETHER: Duration = Duration::from_millis(30);

/// Reads until the log ends or nobody takes it any more.
pub async fn logs(ready: Arc<Ready>, id: String, told: Sender<News>) {
    let end = match follow(&ready, &id, &told).await {
        Ok(()) => News::Ended,
        Err(why) => News::Failed(wash(&why, 400)),
    };
    // A screen that is gone needs no news.
    told.send(end).await.unwrap_or(());
}

async fn follow(ready: &Ready, id: &str, told: &Sender<News>) -> Result<(), String> {
    let engine = engine(ready).await?;
    let query = LogsQuery {
        tail: Some(TAIL),
        since: None,
        follow: true,
        timestamps: true,
    };
    let logs = engine.logs(id, query, Deadline::after(ANSWER)).await;
    let mut logs = logs.map_err(|error| error.to_string())?;
    loop {
        let mut lines = Vec::new();
        let more = batch(&mut logs, &mut lines).await;
        if !lines.is_empty() && told.send(News::Lines(lines)).await.is_err() {
            return Ok(());
        }
        if !more? {
            return Ok(());
        }
    }
}

/// What comes together; false at the end.
async fn batch(logs: &mut Logs, lines: &mut Vec<Line>) -> Result<bool, String> {
    while lines.len() < BATCH {
        let next = if lines.is_empty() {
            logs.next().await
        } else {
            // Giving up is safe at each line.
            match timeout(TOGETHER, logs.next()).await {
                Ok(next) => next,
                Err(_) => return Ok(true),
            }
        };
        match next.map_err(|error| error.to_string())? {
            Some(line) => lines.push(read(line)),
            None => return Ok(false),
        }
    }
    Ok(true)
}

fn read(line: engine::LogLine) -> Line {
    Line {
        stream: match line.stream {
            engine::Stream::Stdout => Stream::Out,
            engine::Stream::Stderr => Stream::Err,
        },
        at: line.at_nanos.map(Moment),
        text: line.text,
    }
}

/// A file of the user's, which overwrites nothing.
pub fn save(here: &Surroundings, path: &str, text: &str) -> Result<String, String> {
    let path = here.cwd.join(here.expand(path));
    let shown = wash(&path.display().to_string(), 300);
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&path)
        .and_then(|mut file| {
            file.write_all(text.as_bytes())
                .and_then(|()| file.sync_all())
        });
    match written {
        Ok(()) => Ok(format!("saved to {shown}")),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            Err(format!("{shown} is there already: choose another name"))
        }
        Err(error) => Err(format!("cannot write {shown}: {error}")),
    }
}

/// Writes both files, or says why not: where they are, and how many there are by now.
pub fn keep(here: &Surroundings, evidence: &Evidence) -> Result<Vec<String>, String> {
    if whose::foreign(here).is_some() {
        return Err(
            "root keeps nothing in a user's folder: run clawdoctor as that user".to_owned(),
        );
    }
    let folder = here.state_dir().join("evidence");
    let paths = evidence.write(&folder)?;
    let mut lines: Vec<String> = paths.map(|path| path.display().to_string()).into();
    let problem = |error: std::io::Error| format!("{}: {error}", folder.display());
    let entries = std::fs::read_dir(&folder).map_err(problem)?;
    let is_document = |entry: &std::fs::DirEntry| {
        let path = entry.path();
        path.extension().is_some_and(|ending| ending == "json")
    };
    let count = entries.flatten().filter(is_document).count();
    lines.push(match count {
        1 => "It is the first snapshot there; none is ever deleted from here.".to_owned(),
        _ => format!("{count} snapshots are there by now; none is ever deleted from here."),
    });
    Ok(lines)
}

pub fn reader(ready: &Arc<Ready>, handle: &Handle) -> Read {
    let (ready, handle) = (Arc::clone(ready), handle.clone());
    Box::new(move |id, told| handle.spawn(logs(Arc::clone(&ready), id, told)))
}

pub fn saver(ready: &Arc<Ready>, handle: &Handle) -> Save {
    let (ready, handle) = (Arc::clone(ready), handle.clone());
    Box::new(move |path, text| {
        let ready = Arc::clone(&ready);
        handle.spawn_blocking(move || save(&ready.prepared.world.operator, &path, &text))
    })
}

pub fn keeper(ready: &Arc<Ready>, handle: &Handle, redact: bool) -> Keep {
    let (ready, handle) = (Arc::clone(ready), handle.clone());
    Box::new(move |model, now| {
        let redactor = ready.prepared.redactor(redact);
        let evidence = Evidence::of(model, now, redactor.as_ref());
        let ready = Arc::clone(&ready);
        handle.spawn_blocking(move || keep(&ready.prepared.world.operator, &evidence))
    })
}
