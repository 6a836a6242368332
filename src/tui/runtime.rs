//! The edge of the room: waits for keys, signals, the gathering and the time, feeds each to
//! `update`, does what comes out, and draws when something changed, at most 30 times a second.

use std::collections::BTreeMap;
use std::time::Duration;

use crossterm::event::{Event, EventStream, KeyEventKind};
use futures_util::StreamExt;
use tokio::signal::unix::{self, SignalKind, signal};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::app::App;
use super::msg::{Cmd, Judged, Leave, Msg, Probe, Signal, Stamped};
use super::screen::checklist::Checklist;
use super::terminal::Terminal;
use super::theme::Theme;
use super::update::{next_wake, open, update};
use super::{CHANNEL, Probed, Session};
use crate::checklist::isolation::picture;
use crate::checklist::report::Report;
use crate::checklist::run::evaluate;
use crate::facts::{Facts, Section};
use crate::failure::{Failure, Kind};

/// Between two frames: 30 a second.
const FRAME: Duration = Duration::from_millis(33);
/// How long a gathering that was called off may take to put its things away.
const FAREWELL: Duration = Duration::from_secs(2);

/// A gathering under way.
struct Gathering {
    progress: mpsc::Receiver<Probed>,
    task: JoinHandle<()>,
    /// Milliseconds each section took.
    spent: BTreeMap<Section, u64>,
}

struct Signals {
    interrupt: unix::Signal,
    terminate: unix::Signal,
    hangup: unix::Signal,
}

pub async fn run(session: Session) -> Result<Option<Report>, Failure> {
    let mut signals = Signals::listen()?;
    let terms = (session.terms)();
    let checklist = Checklist::new(session.catalog.clone(), |check| {
        terms.selected.contains(&check.id)
    });
    let mut terminal = Terminal::take()?;
    let mut app = App::new(checklist, Theme::new(session.style), terminal.size());
    let mut gathering = None;
    let outcome = drive(
        &session,
        &mut app,
        &mut terminal,
        &mut signals,
        &mut gathering,
    )
    .await;
    // The terminal first: what is put away after it may take a moment.
    drop(terminal);
    if let Some(gathering) = gathering {
        gathering.call_off().await;
    }
    match outcome? {
        Leave::Quit => Ok(app.report.map(|report| *report)),
        Leave::Signal(Signal::Interrupt) => Err(Failure::new(
            Kind::Interrupted,
            "interrupted, the app was left",
        )),
        Leave::Signal(Signal::Terminate) => Err(Failure::new(
            Kind::Terminated,
            "terminated, the app was left",
        )),
        Leave::Signal(Signal::Hangup) => Err(Failure::new(
            Kind::Terminated,
            "the terminal hung up, the app was left",
        )),
        Leave::InputEnded(why) => {
            Err(Failure::system("the terminal gives no more input").cause(why))
        }
    }
}

async fn drive(
    session: &Session,
    app: &mut App,
    terminal: &mut Terminal,
    signals: &mut Signals,
    gathering: &mut Option<Gathering>,
) -> Result<Leave, Failure> {
    let opened = Instant::now();
    let mut input = EventStream::new();
    let mut next_frame = opened;
    let mut cmds = open(app);
    loop {
        for cmd in cmds.drain(..) {
            match cmd {
                Cmd::Gather => *gathering = Some(Gathering::begin(session)),
                Cmd::Redraw => terminal.forget(),
                Cmd::Leave(leave) => return Ok(leave),
            }
        }
        let now = Instant::now();
        if app.changed && now >= next_frame {
            terminal.draw(app).map_err(lost)?;
            app.changed = false;
            next_frame = now + FRAME;
        }
        let wake = next_wake(app).map(|at| opened + at);
        let what = tokio::select! {
            biased;
            signal = signals.next() => Some(Msg::Signal(signal)),
            event = input.next() => read(event),
            probe = told(session, gathering) => Some(Msg::Probe(probe)),
            () = tokio::time::sleep_until(next_frame), if app.changed => None,
            () = until(wake) => Some(Msg::Wake),
        };
        if let Some(what) = what {
            let at = opened.elapsed();
            cmds = update(app, Stamped { at, what });
        }
    }
}

fn lost(error: std::io::Error) -> Failure {
    Failure::system("cannot draw on the terminal").cause(error)
}

async fn until(wake: Option<Instant>) {
    match wake {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

/// What an event of the terminal means to the app, if anything.
fn read(event: Option<std::io::Result<Event>>) -> Option<Msg> {
    match event {
        None => Some(Msg::InputEnded("it was closed".to_owned())),
        Some(Err(error)) => Some(Msg::InputEnded(error.to_string())),
        Some(Ok(Event::Key(key))) => match key.kind {
            KeyEventKind::Press | KeyEventKind::Repeat => Some(Msg::Key(key.into())),
            KeyEventKind::Release => None,
        },
        Some(Ok(Event::Resize(width, height))) => Some(Msg::Resized { width, height }),
        Some(Ok(Event::FocusGained | Event::FocusLost | Event::Mouse(_) | Event::Paste(_))) => None,
    }
}

/// The next thing that the gathering tells, judged; never, when there is none.
async fn told(session: &Session, gathering: &mut Option<Gathering>) -> Probe {
    let Some(running) = gathering else {
        return std::future::pending().await;
    };
    match running.progress.recv().await {
        Some(Probed::Started(section)) => Probe::Started(section),
        Some(Probed::Done {
            section,
            facts,
            spent,
        }) => {
            let spent = crate::units::milliseconds(spent);
            running.spent.insert(section, spent);
            Probe::Done(section, judged(session, &facts, running.spent.clone(), 0))
        }
        Some(Probed::Finished {
            facts,
            spent,
            duration_ms,
        }) => {
            *gathering = None;
            Probe::Finished(judged(session, &facts, spent, duration_ms))
        }
        None => {
            // Taken only afterwards: this future may be dropped at the await.
            let ended = (&mut running.task).await;
            *gathering = None;
            Probe::BrokeOff(match ended {
                Ok(()) => "the probes ended without a result".to_owned(),
                Err(error) => error.to_string(),
            })
        }
    }
}

fn judged(
    session: &Session,
    facts: &Facts,
    spent: BTreeMap<Section, u64>,
    duration_ms: u64,
) -> Box<Judged> {
    let mut terms = (session.terms)();
    terms.spent = spent;
    terms.duration_ms = duration_ms;
    Box::new(Judged {
        report: evaluate(&session.catalog, facts, &terms),
        picture: picture(facts),
    })
}

impl Gathering {
    fn begin(session: &Session) -> Self {
        let (sender, progress) = mpsc::channel(CHANNEL);
        Self {
            progress,
            task: (session.gather)(sender),
            spent: BTreeMap::new(),
        }
    }

    /// Its guards remove what it made when the task is dropped, so that is waited for.
    async fn call_off(self) {
        self.task.abort();
        let _cancelled = tokio::time::timeout(FAREWELL, self.task).await;
    }
}

impl Signals {
    fn listen() -> Result<Self, Failure> {
        let listen = |kind| {
            signal(kind).map_err(|error| Failure::system("cannot listen for signals").cause(error))
        };
        Ok(Self {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
            hangup: listen(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.interrupt.recv() => Signal::Interrupt,
            _ = self.terminate.recv() => Signal::Terminate,
            _ = self.hangup.recv() => Signal::Hangup,
        }
    }
}
