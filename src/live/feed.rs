//! From the engine to events: listens, asks, samples, and comes back when the engine does. The
//! only part of the room that speaks to the world, with `survey` and `recording`.
//!
//! One task. It reads the engine's events as they come and never waits for an answer of it: an
//! engine drops what it has for a listener who is slow for 100 ms. What happened is never
//! dropped on our side; a sample that nobody takes is, and is counted.
mod visit;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::clock::now;
use super::event::{Answered, Cost, Event, Link, Listed, Listing, Moment, Question, Stamped, Turn};
use super::sampling::{Pace, Roster, Sight};
use super::scope::Scope;
use super::stall::Stall;
use super::translate;
use crate::deadline::Deadline;
use crate::engine::{CommandLines, Engine, Events};
use crate::facts::docker::Connection;
use crate::facts::{Why, WhyKind};
use crate::probe::World;
use crate::probe::docker::endpoint_of;
use crate::probe::own::{Mirror, Own};
use crate::text::wash;
use visit::{Answer, SETTLED, Visit};

/// News that may wait for whoever reads it. What happened waits beyond that, samples do not.
pub const CHANNEL: usize = 4096;
/// For the engine to begin to tell.
const ANSWER: Duration = Duration::from_secs(3);
/// Characters of an engine's address.
const PLACE: usize = 200;

/// Between two lists while answers are slow.
const AGAIN: Duration = Duration::from_secs(2);

/// What is to be watched, and how.
#[derive(Clone)]
pub struct Watch {
    pub world: Arc<World>,
    pub scope: Scope,
    pub pace: Pace,
    /// How far back the engine is asked for what happened before; it remembers 256 events.
    pub backlog: Duration,
    /// The stamp of the newest event that is known from elsewhere, by the engine's clock: only what
    /// came later is asked for, however far back that is.
    pub since: Option<Moment>,
    /// The command lines of calls are the users' own.
    pub command_lines: CommandLines,
    /// Ask for samples at all.
    pub samples: bool,
}

/// Begins to watch, until the receiver of the events is dropped or the task is aborted.
pub fn start(
    watch: Watch,
    events: mpsc::Sender<Stamped<Event>>,
    sight: watch::Receiver<Sight>,
) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut feed = Feed {
            roster: Roster::new(watch.scope.clone()),
            newest: watch.since,
            watch,
            out: events,
            sight,
            link: None,
            forgers: BTreeSet::new(),
            questions: 0,
            samples: 0,
            dropped: 0,
            mirror: Mirror::default(),
            before: None,
            stall: Stall::default(),
        };
        // The receiver is gone: nobody looks any more.
        match feed.run().await {
            Ok(()) | Err(Gone) => {}
        }
    })
}

/// Which engine it is that cannot be reached.
fn at(url: &str, mut why: Why) -> Why {
    let detail = why.detail.strip_prefix("the engine cannot be reached: ");
    let detail = detail.unwrap_or(&why.detail);
    why.detail = format!("{}: {detail}", wash(url, PLACE));
    why
}

/// Nobody takes events any more.
struct Gone;

struct Feed {
    watch: Watch,
    out: mpsc::Sender<Stamped<Event>>,
    sight: watch::Receiver<Sight>,
    roster: Roster,
    link: Option<Link>,
    /// Containers with a label that takes the place of the exit code in the engine's events.
    forgers: BTreeSet<String>,
    /// The stamp of the newest event: from there on is asked after a gap.
    newest: Option<Moment>,
    questions: u32,
    samples: u32,
    dropped: u32,
    mirror: Mirror,
    before: Option<(Moment, Own)>,
    /// As whoever is told knows it.
    stall: Stall,
}

impl Feed {
    async fn run(&mut self) -> Result<(), Gone> {
        self.tell(Event::Link(Link::Connecting)).await?;
        loop {
            let link = match self.open().await {
                Ok((engine, events)) => {
                    self.tell(Event::Link(Link::Up)).await?;
                    let why = self.attend(engine, events).await?;
                    Link::Lost { why }
                }
                Err(why) if why.kind == WhyKind::Timeout => Link::Hung,
                Err(why) => Link::Lost { why: why.detail },
            };
            // Told once, however often it is tried.
            if self.link.as_ref() != Some(&link) {
                self.tell(Event::Link(link)).await?;
            }
            tokio::time::sleep(self.watch.pace.retry).await;
        }
    }

    /// The engine that is in force now, and its ear.
    async fn open(&mut self) -> Result<(Engine, Events), Why> {
        let world = Arc::clone(&self.watch.world);
        let endpoint = tokio::task::spawn_blocking(move || endpoint_of(&world.operator))
            .await
            .map_err(|error| Why::new(WhyKind::Failed, error.to_string()))??;
        let engine = Engine::connect(&endpoint)?;
        let since = self.newest.unwrap_or(now().minus(self.watch.backlog));
        let listening = engine.events(
            Some(crate::engine::Moment(since.0)),
            None,
            self.watch.command_lines,
            Deadline::after(ANSWER),
        );
        self.questions += 1;
        let events = listening
            .await
            .map_err(|error| at(&endpoint.url, error.to_why()))?;
        Ok((engine, events))
    }

    /// Stays with an engine until it is lost; why.
    async fn attend(&mut self, engine: Engine, mut events: Events) -> Result<String, Gone> {
        let mut visit = Visit::begin(engine, self.sight.borrow().all_now, self.newest.is_some());
        loop {
            self.due(&mut visit).await?;
            let wake = self.wake(&visit);
            let wait = wake.since(now());
            tokio::select! {
                biased;
                () = self.out.closed() => return Err(Gone),
                event = events.next() => match event {
                    Ok(Some(event)) => {
                        self.heard(&mut visit).await?;
                        self.happened(&mut visit, event).await?;
                    }
                    Ok(None) => return Ok("the engine ended the connection".to_owned()),
                    Err(error) => return Ok(error.to_string()),
                },
                Some(answer) = visit.answers.join_next() => match answer {
                    Ok(answer) => {
                        if let Some(why) = self.answered(&mut visit, answer).await? {
                            return Ok(why);
                        }
                    }
                    Err(error) => return Ok(error.to_string()),
                },
                changed = self.sight.changed() => {
                    if changed.is_err() {
                        return Err(Gone);
                    }
                }
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// It spoke: it is not hung.
    async fn heard(&mut self, visit: &mut Visit) -> Result<(), Gone> {
        visit.heard = now();
        if visit.hung {
            visit.hung = false;
            visit.recovered = Some(Instant::now());
            visit.next_list = visit.heard;
            self.tell(Event::Link(Link::Up)).await?;
        }
        Ok(())
    }

    async fn happened(
        &mut self,
        visit: &mut Visit,
        event: crate::engine::ContainerEvent,
    ) -> Result<(), Gone> {
        use crate::engine::Action;
        if let Some(most) = visit.settling {
            visit.next_list = now().plus(SETTLED).min(most);
        }
        let inspect = matches!(
            event.action,
            Action::Create | Action::Update | Action::Rename { .. }
        );
        if matches!(event.action, Action::Create) && translate::forges(&event.attributes) {
            self.forgers.insert(event.id.clone());
        }
        let mut life = translate::life(event);
        if let Turn::Died { exit_code } = &mut life.turn
            && self.forgers.contains(&life.id)
        {
            // What its inspection says is the truth.
            *exit_code = None;
            visit.to_inspect.push_back(life.id.clone());
        }
        if life.turn == Turn::Destroyed {
            let waiting = [
                visit.early.as_mut(),
                visit.unlisted.as_mut().map(|(_, ids)| ids),
            ];
            for ids in waiting.into_iter().flatten() {
                ids.remove(&life.id);
            }
            visit.to_inspect.retain(|id| *id != life.id);
            self.forgers.remove(&life.id);
        }
        self.newest = self.newest.max(Some(life.stamp));
        let kind = self.watch.scope.kind(&life.name, &life.image, &life.labels);
        if inspect && self.watch.scope.shows(kind) {
            match &mut visit.early {
                Some(early) => drop(early.insert(life.id.clone())),
                None => visit.to_inspect.push_back(life.id.clone()),
            }
        }
        self.tell(Event::Happened(Box::new(life))).await
    }

    /// Takes an answer in; why the engine is lost, when it is.
    async fn answered(
        &mut self,
        visit: &mut Visit,
        answer: Answer,
    ) -> Result<Option<String>, Gone> {
        match answer {
            Answer::Listed(asked, took, listed) => {
                visit.listing = None;
                self.timed(visit, Question::List, took, listed.as_ref().err())
                    .await?;
                return self.listed(visit, asked, listed).await;
            }
            Answer::Detailed(took, detail) => {
                visit.inspecting -= 1;
                self.timed(visit, Question::Inspection, took, detail.as_ref().err())
                    .await?;
                // It has gone meanwhile, or the next event or list asks again.
                if let Ok(detail) = detail {
                    self.heard(visit).await?;
                    self.tell(Event::Detailed(detail)).await?;
                }
            }
            Answer::Sampled(id, Ok(sample)) => {
                visit.sampling -= 1;
                self.heard(visit).await?;
                let event = Event::Sampled(Box::new(translate::sample(id, &sample)));
                self.offer(event)?;
            }
            Answer::Sampled(id, Err(_)) => {
                visit.sampling -= 1;
                self.roster.missed(&id, now());
            }
            Answer::Pinged(took, connection) => {
                visit.pinging = false;
                match connection {
                    Connection::Answers { .. } => {
                        self.heard(visit).await?;
                        self.timed(visit, Question::Ping, took, None).await?;
                    }
                    Connection::Hung { .. } => {
                        visit.heard = now();
                        if !visit.hung {
                            visit.hung = true;
                            visit.listing = None;
                            self.tell(Event::Link(Link::Hung)).await?;
                        }
                    }
                    Connection::Refused { errno, detail } => {
                        return Ok(Some(format!("{errno}: {detail}")));
                    }
                    Connection::Broken { detail } => return Ok(Some(detail)),
                }
            }
            Answer::Surveyed(node) => {
                visit.surveying = false;
                self.tell(Event::Node(node)).await?;
            }
        }
        Ok(None)
    }

    /// The whole list is there, or not; why the engine is lost, when it is.
    async fn listed(
        &mut self,
        visit: &mut Visit,
        asked: Moment,
        listed: Result<(Vec<Listed>, Vec<String>), Why>,
    ) -> Result<Option<String>, Gone> {
        match listed {
            Ok((containers, forgers)) => {
                self.heard(visit).await?;
                self.forgers.extend(forgers);
                let shown = containers.iter().filter(|one| {
                    let kind = self.watch.scope.kind(&one.name, &one.image, &one.labels);
                    self.watch.scope.shows(kind)
                });
                visit.to_inspect.extend(shown.map(|one| one.id.clone()));
                if let Some(early) = visit.early.take() {
                    // Created after the list was made; or gone, which the engine then says.
                    let is_listed = |id: &String| containers.iter().any(|one| one.id == *id);
                    let unlisted = early.into_iter().filter(|id| !is_listed(id));
                    visit.unlisted = Some((now().plus(SETTLED), unlisted.collect()));
                }
                self.tell(Event::Listed(Listing { asked, containers }))
                    .await?;
                Ok(None)
            }
            Err(why) if why.kind == WhyKind::Timeout => {
                visit.next_list = now().plus(self.watch.pace.retry);
                Ok(None)
            }
            Err(why) => Ok(Some(why.detail)),
        }
    }

    /// How long an answer took, or that it did not come in its time. Told where it says something.
    async fn timed(
        &mut self,
        visit: &mut Visit,
        question: Question,
        took: Duration,
        error: Option<&Why>,
    ) -> Result<(), Gone> {
        // A refusal says nothing of how fast it would have been, and what was asked before a hang
        // or in it tells of that, which is known.
        let before = |recovered: Instant| took > recovered.elapsed();
        let refused = error.is_some_and(|why| why.kind != WhyKind::Timeout);
        if refused || visit.hung || visit.recovered.is_some_and(before) {
            return Ok(());
        }
        self.waited(visit, question, took, false).await
    }

    async fn waited(
        &mut self,
        visit: &mut Visit,
        question: Question,
        took: Duration,
        waits: bool,
    ) -> Result<(), Gone> {
        if !self.stall.minds(took) {
            return Ok(());
        }
        let milliseconds = crate::units::milliseconds(took);
        self.tell(Event::Answered(Answered {
            question,
            milliseconds,
            waits,
        }))
        .await?;
        if self.stall.is_open() && visit.listing.is_none() {
            // The next answer decides, and a minute is too long to wait for it.
            visit.next_list = visit.next_list.min(now().plus(AGAIN));
        }
        Ok(())
    }

    async fn cost(&mut self, at: Moment) -> Result<(), Gone> {
        let own = self.mirror.look();
        if let (Some((then, before)), Some(own)) = (self.before, own) {
            let seconds = at.since(then).as_secs_f64();
            let cost = Cost {
                cores: own.cpu.saturating_sub(before.cpu).as_secs_f64() / seconds.max(0.001),
                resident: Some(own.resident),
                samples: std::mem::take(&mut self.samples),
                questions: std::mem::take(&mut self.questions),
                dropped: std::mem::take(&mut self.dropped),
                seconds,
            };
            self.tell(Event::Cost(cost)).await?;
        }
        self.before = own.map(|own| (at, own));
        Ok(())
    }

    /// Tells what must not be lost.
    async fn tell(&mut self, what: Event) -> Result<(), Gone> {
        let at = now();
        self.roster.hear(at, &what);
        match &what {
            Event::Link(link) => {
                self.link = Some(link.clone());
                self.stall = Stall::default();
            }
            Event::Answered(answered) => drop(self.stall.hear(at, *answered)),
            _ => {}
        }
        self.out.send(Stamped { at, what }).await.map_err(|_| Gone)
    }

    /// Tells what a newer one makes worthless.
    fn offer(&mut self, what: Event) -> Result<(), Gone> {
        let at = now();
        self.roster.hear(at, &what);
        match self.out.try_send(Stamped { at, what }) {
            Ok(()) => Ok(()),
            Err(mpsc::error::TrySendError::Full(_)) => {
                self.dropped += 1;
                Ok(())
            }
            Err(mpsc::error::TrySendError::Closed(_)) => Err(Gone),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_engine_that_cannot_be_reached_is_named_by_its_address() {
        let told = |detail: &str| {
            at(
                "unix:///a\u{1b}[2J.sock",
                Why::new(WhyKind::Failed, detail.to_owned()),
            )
            .detail
        };
        let words = told("the engine cannot be reached: No such file or directory");
        assert!(
            words.ends_with(".sock: No such file or directory"),
            "{words}"
        );
        assert!(!words.contains('\u{1b}'), "{words}");
        assert!(told("403").ends_with(".sock: 403"));
    }
}
