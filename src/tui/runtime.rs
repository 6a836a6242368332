//! The edge of the room: waits for keys, signals, the gathering and the time, feeds each to
//! `update`, does what comes out, and draws when something changed, at most 30 times a second.

mod deeds;
mod frames;
mod gathering;
mod keeping;
mod logs;
mod repairs;

use std::collections::VecDeque;
use std::time::Duration;

use crossterm::event::{Event, EventStream, KeyEventKind};
use futures_util::StreamExt;
use ratatui::layout::Size;
use tokio::signal::unix::{self, SignalKind, signal};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::app::App;
use super::deeds::Errands;
use super::keeping::State;
use super::msg::{Cmd, Leave, Mouse, Msg, Signal, Stamped};
use super::screen::Screen;
use super::screen::checklist::Checklist;
use super::screen::live::Live;
use super::screen::repair;
use super::terminal::Terminal;
use super::theme::Theme;
use super::update::{next_wake, open, update};
use super::widget::clock::Zone;
use super::{First, Left, Session, Subject};
use crate::checklist::report::Report;
use crate::failure::{Failure, Kind};
use crate::live::event;
use crate::live::sampling::Sight;
use frames::Frames;
use gathering::{Gathering, told};

/// A terminal that is gone may be seen so just before the signal that says so.
const REASON: Duration = Duration::from_millis(200);

/// The feed of the dashboard, while it tells.
struct Feed {
    events: mpsc::Receiver<event::Stamped<event::Event>>,
    sight: watch::Sender<Sight>,
    task: JoinHandle<()>,
    recording: Option<watch::Receiver<State>>,
}

/// What is under way in the world.
#[derive(Default)]
struct Work {
    feed: Option<Feed>,
    gathering: Option<Gathering>,
    repairs: repairs::Repairs,
    errands: Option<Errands>,
    deeds: deeds::Deeds,
    logs: logs::Logs,
}

struct Signals {
    interrupt: unix::Signal,
    terminate: unix::Signal,
    hangup: unix::Signal,
}

pub async fn run(session: Session) -> Left {
    let mut is_stalled = false;
    let outcome = Box::pin(shown(session, &mut is_stalled)).await;
    Left {
        outcome,
        is_stalled,
    }
}

async fn shown(mut session: Session, is_stalled: &mut bool) -> Result<Option<Report>, Failure> {
    let mut signals = Signals::listen()?;
    let terms = (session.terms)();
    let checklist = Checklist::new(session.catalog.clone(), |check| {
        terms.selected.contains(&check.id)
    });
    let mut terminal = Terminal::take(session.style.pointer)?;
    let mut app = App::new(checklist, Theme::new(session.style), terminal.size());
    app.keys = std::mem::take(&mut session.habits.keys);
    app.is_demo = matches!(session.subject, Subject::Demo);
    app.repairs.is_root = session.subject.hands().is_some_and(|hands| hands.is_root);
    app.zone = Zone::new(session.zone.take());
    app.screen = match session.first {
        First::Checklist => Screen::Checklist,
        First::Live => Screen::Live,
    };
    let mut errands = None;
    if let Some(replay) = session.replay.take() {
        app.live = Some(Box::new(Live::of_recording(replay, Duration::ZERO)));
        app.deeds.forbidden = Some("This is a recording: it can only be looked at.".to_owned());
    }
    let feed = session.watching.take().map(|watching| {
        let mut live = Live::new(watching.model, (watching.clock)());
        live.keeping = watching.recording.as_ref().map(keeping::shown);
        app.live = Some(Box::new(live));
        app.deeds.forbidden = match &watching.errands {
            Some(errands) => errands.permission.clone().err(),
            None => Some("What is shown can only be looked at.".to_owned()),
        };
        errands = watching.errands;
        Feed {
            events: watching.events,
            sight: watching.sight,
            task: watching.task,
            recording: watching.recording.map(|recording| recording.news),
        }
    });
    if let Some(live) = &mut app.live {
        live.lay_out(&session.habits.table);
    }
    let mut work = Work {
        feed,
        errands,
        ..Work::default()
    };
    let mut outcome = drive(&session, &mut app, &mut terminal, &mut signals, &mut work).await;
    if matches!(outcome, Err(_) | Ok(Leave::InputEnded(_)))
        && let Ok(signal) = tokio::time::timeout(REASON, signals.next()).await
    {
        outcome = Ok(Leave::Signal(signal));
    }
    // The terminal first: what is put away after it may take a moment.
    if work.repairs.is_under_way() {
        terminal.leave("bringing the last step to rest");
    }
    if work.deeds.is_under_way() {
        terminal.leave("waiting a moment for what was begun with sandboxes");
    }
    *is_stalled = terminal.end();
    if let Some(feed) = work.feed {
        feed.task.abort();
    }
    if let Some(gathering) = work.gathering {
        gathering.call_off().await;
    }
    work.logs.close();
    work.deeds.call_off().await;
    work.repairs.call_off().await;
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
    work: &mut Work,
) -> Result<Leave, Failure> {
    let opened = Instant::now();
    let mut input = EventStream::new();
    let mut frames = Frames::begin(opened);
    // Nothing waits to be taken in.
    let mut is_quiet = true;
    let mut cmds = VecDeque::from(open(app));
    loop {
        while let Some(cmd) = cmds.pop_front() {
            let news = match cmd {
                Cmd::Gather(scope) => {
                    work.gathering = Some(Gathering::begin(session, scope));
                    None
                }
                Cmd::Redraw => {
                    terminal.forget();
                    None
                }
                Cmd::Look(sight) => {
                    if let Some(feed) = &work.feed {
                        // Without a feed nobody asks.
                        feed.sight.send(sight).unwrap_or(());
                    }
                    None
                }
                Cmd::Bell => {
                    terminal.ring().map_err(lost)?;
                    None
                }
                Cmd::Notify(words) => {
                    let notices = session.style.notices;
                    terminal.notify(notices, &words).map_err(lost)?;
                    None
                }
                Cmd::Title(words) => {
                    terminal.title(&words);
                    app.changed = true;
                    None
                }
                Cmd::Leave(leave) => return Ok(leave),
                Cmd::Repair(repair::Cmd::Rights) => {
                    // Whoever reads the keys must not read a password.
                    drop(input);
                    rights(session, terminal, signals).await?;
                    input = EventStream::new();
                    let at = opened.elapsed();
                    let Size { width, height } = terminal.size();
                    let what = Msg::Resized { width, height };
                    cmds.extend(update(app, Stamped { at, what }));
                    Some(repair::Msg::Asked)
                }
                Cmd::Repair(cmd) => work.repair(session, cmd).await,
                Cmd::Deed(cmd) => {
                    let live = app.live.as_deref();
                    work.deeds.begin(work.errands.as_ref(), cmd, live);
                    None
                }
                Cmd::Log(cmd) => {
                    work.logs.begin(work.errands.as_ref(), cmd);
                    None
                }
            };
            if let Some(news) = news {
                let (at, what) = (opened.elapsed(), Msg::Repair(news));
                cmds.extend(update(app, Stamped { at, what }));
            }
        }
        draw(app, terminal, &mut frames, is_quiet)?;
        let wake = next_wake(app).map(|at| opened + at);
        let due = frames.due();
        // What has come is taken in first: a frame shows all that is known.
        let what = tokio::select! {
            biased;
            signal = signals.next() => Some(Msg::Signal(signal)),
            event = input.next() => read(event),
            news = fed(&mut work.feed) => Some(news),
            probe = told(session, &mut work.gathering) => Some(Msg::Probe(probe)),
            news = work.repairs.next() => Some(Msg::Repair(news)),
            news = work.deeds.next() => Some(Msg::Deed(news)),
            news = work.logs.next() => Some(Msg::Log(news)),
            () = terminal.rest(), if frames.is_out() => None,
            () = tokio::time::sleep_until(due), if app.changed && !frames.is_out() => None,
            () = until(wake) => Some(Msg::Wake),
        };
        is_quiet = what.is_none();
        if let Some(what) = what {
            app.unread = frames.is_unread(Instant::now(), app.asked);
            let at = opened.elapsed();
            cmds.extend(update(app, Stamped { at, what }));
        }
    }
}

/// Draws what has changed, when a frame may come and the terminal can take one.
fn draw(
    app: &mut App,
    terminal: &mut Terminal,
    frames: &mut Frames,
    is_quiet: bool,
) -> Result<(), Failure> {
    let now = Instant::now();
    if frames.is_out() && terminal.is_at_rest() {
        frames.arrived(now);
    }
    let live = app.live.as_deref();
    let has_rows = live.is_some_and(|live| !live.rows.is_empty());
    if app.changed && frames.is_time(now, is_quiet, has_rows) {
        terminal.draw(app).map_err(lost)?;
        app.changed = false;
        frames.drawn(now, app.asked, has_rows);
    }
    Ok(())
}

impl Work {
    /// Does what repairs ask for; what it comes to, where that is known at once. Without hands
    /// nothing is asked for, nor done if it is.
    async fn repair(&mut self, session: &Session, cmd: repair::Cmd) -> Option<repair::Msg> {
        let hands = session.subject.hands();
        match (cmd, hands) {
            (repair::Cmd::Past(then), Some(hands)) => self.repairs.ask(hands, then),
            (repair::Cmd::Begin(order, progress), Some(hands)) => {
                // Probes in the middle of a repair would tell of neither the old node nor the new.
                if let Some(gathering) = self.gathering.take() {
                    gathering.call_off().await;
                }
                self.repairs.begin(hands, *order, *progress);
            }
            (repair::Cmd::Stop, _) => self.repairs.stop(),
            (repair::Cmd::Explain { id, width }, _) => {
                let text = (session.explain)(&id, width);
                return Some(repair::Msg::Explained { id, text });
            }
            (repair::Cmd::Past(_) | repair::Cmd::Begin(..), None) | (repair::Cmd::Rights, _) => {}
        }
        None
    }
}

/// Leaves the screen for as long as `sudo` talks to the person.
async fn rights(
    session: &Session,
    terminal: &mut Terminal,
    signals: &mut Signals,
) -> Result<(), Failure> {
    let Some(hands) = session.subject.hands() else {
        return Ok(());
    };
    // The end of the reader leaves a wake-up behind, which would hide the first key after this from
    // the next one (crossterm's `try_read` ends at it, and the key is told of once only).
    crossterm::event::poll(Duration::ZERO).map_err(lost)?;
    let is_left = terminal
        .leave("What you have chosen needs administrator rights: sudo asks for your password now.");
    if !is_left {
        // Nobody would see the question. What needs the rights says that it lacks them.
        return Ok(());
    }
    let mut asking = (hands.rights)();
    loop {
        tokio::select! {
            // Whether it gave them, the run finds out itself.
            _gave = &mut asking => break,
            signal = signals.next() => match signal {
                // It is sudo that was meant: Ctrl-C at the password is a no.
                Signal::Interrupt => {}
                Signal::Terminate | Signal::Hangup => {
                    asking.abort();
                    return Err(Failure::new(Kind::Terminated, "terminated, the app was left"));
                }
            },
        }
    }
    terminal.forget();
    Ok(())
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
        Some(Ok(Event::Mouse(event))) => Mouse::from_event(event).map(Msg::Mouse),
        Some(Ok(Event::Paste(text))) => Some(Msg::Pasted(text)),
        Some(Ok(Event::FocusGained | Event::FocusLost)) => None,
    }
}

/// The next thing that the feed tells, or whoever records it; never, when there is none any more.
async fn fed(feed: &mut Option<Feed>) -> Msg {
    let Some(feed) = feed else {
        return std::future::pending().await;
    };
    tokio::select! {
        biased;
        Some(event) = feed.events.recv() => Msg::Live(event),
        state = keeping::next(&mut feed.recording) => Msg::Recording(state),
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
