//! The edge of a drill: starts one sandbox after the other, watches and measures. It removes
//! nothing: whoever calls it does, however it ends.
#![expect(
    clippy::disallowed_methods,
    reason = "measures how long the engine takes: an edge"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use futures_util::StreamExt;

use super::harm::{Judge, Sign};
use super::listen::{Heard, Inbox, heard, listen};
use super::measure::between;
use super::plan::{Next, Plan};
use super::step::{Drilled, Step, Stop};
use crate::deadline::Deadline;
use crate::engine::{CommandLines, ContainerEvent, Engine, EngineError, Sample};
use crate::facts::host::PressureLevel;
use crate::facts::{Why, WhyKind};
use crate::live::clock;
use crate::live::event::{Answered, Question};
use crate::probe::World;
use crate::probe::host::host;
use crate::probe::inside::load::{Listener, Load, Mold, Word, name};

/// For one answer of the engine; what takes longer is a sign of harm long before.
const ANSWER: Duration = Duration::from_secs(10);
/// For a start, from the create call to the first word: beyond it is late by any measure.
const START: Duration = Duration::from_secs(15);
/// For the load to take up its memory: beyond it is slow by any measure.
const FILL: Duration = Duration::from_secs(31);
/// Between two looks while a step is held.
const LOOK: Duration = Duration::from_secs(1);
/// The engine tells of an end a moment after the streams have ended.
const TOLD: Duration = Duration::from_millis(1500);
/// A load ends by itself so long after the drill must have.
const LINGER: Duration = Duration::from_secs(20);
/// Samples that are asked for at the same time.
const AT_ONCE: usize = 64;

/// What a drill needs.
pub struct Drill<'a> {
    pub world: &'a World,
    pub engine: &'a Engine,
    pub mold: &'a Mold,
    pub plan: &'a Plan,
    /// How long each step is held.
    pub hold: Duration,
    /// Goes on when a real sandbox is put to work.
    pub despite_calls: bool,
}

/// What is told while it runs.
#[derive(Clone, Copy, Debug)]
pub enum News<'a> {
    Starting(u64),
    Holding(u64),
    Done(&'a Step),
}

/// Why a phase did not come to its end.
enum Halt {
    Stop(Stop),
    Failed(Why),
}

impl From<Why> for Halt {
    fn from(why: Why) -> Self {
        Self::Failed(why)
    }
}

impl From<EngineError> for Halt {
    fn from(error: EngineError) -> Self {
        Self::Failed(error.to_why())
    }
}

/// The end of a sandbox that was to take up its memory.
struct Early {
    exit_code: Option<i64>,
}

/// The state of a drill that runs.
struct Course<'a, 'd> {
    drill: &'a Drill<'d>,
    d: Deadline,
    judge: Judge,
    inbox: Inbox,
    /// Those that hold their load, by number, with their ids.
    held: BTreeMap<u64, String>,
    /// Of the newest, when it ended before it held its load.
    early: Option<Early>,
    tool: Option<String>,
    /// What the engine's memory had left at last.
    left: Option<u64>,
}

impl Drill<'_> {
    /// Runs it to its end: what was reached, what stopped it, or why it could not be made.
    pub async fn run(&self, d: Deadline, mut tell: impl FnMut(News<'_>)) -> Result<Drilled, Why> {
        let begin = d.at_most(ANSWER);
        let events = self
            .engine
            .events(None, None, CommandLines::Drop, begin)
            .await;
        let (listening, inbox) = listen(events.map_err(|error| error.to_why())?);
        let mut course = Course {
            drill: self,
            d,
            judge: Judge::new(self.plan.reserve),
            inbox,
            held: BTreeMap::new(),
            early: None,
            tool: None,
            left: None,
        };
        let mut steps = Vec::new();
        let stop = Box::pin(course.all(&mut steps, &mut tell)).await;
        listening.abort();
        Ok(Drilled {
            stop: stop?,
            steps,
            tool: course.tool,
        })
    }
}

impl Course<'_, '_> {
    async fn all(
        &mut self,
        steps: &mut Vec<Step>,
        tell: &mut impl FnMut(News<'_>),
    ) -> Result<Stop, Why> {
        let mut step = Step::default();
        if let Err(halt) = self.before(&mut step).await {
            return ended(halt);
        }
        loop {
            let running = u64::try_from(self.held.len()).unwrap_or(u64::MAX);
            match self.drill.plan.next(running, self.left.unwrap_or(0)) {
                Next::Start => {}
                Next::Reached => return Ok(Stop::Reached),
                Next::Ceiling => {
                    let most = self.drill.plan.most;
                    return Ok(Stop::Ceiling { most });
                }
                Next::NoRoom { left } => {
                    let reserve = self.drill.plan.reserve;
                    return Ok(Stop::NoRoom { left, reserve });
                }
            }
            let mut step = Step {
                sandboxes: running + 1,
                ..Step::default()
            };
            let d = self.d;
            let halted = match d.bound(Box::pin(self.step(&mut step, tell))).await {
                Ok(done) => done.err(),
                Err(_) => Some(Halt::Stop(Stop::Deadline)),
            };
            step.harmless = halted.is_none();
            tell(News::Done(&step));
            steps.push(step);
            if let Some(halt) = halted {
                return ended(halt);
            }
        }
    }

    /// The node as it is without the drill: one that suffers already is not made to suffer more.
    async fn before(&mut self, step: &mut Step) -> Result<(), Halt> {
        self.look(step).await?;
        let samples = self.samples().await?;
        self.weigh(&samples, step)
    }

    /// One more sandbox, from its start to the end of its hold.
    async fn step(&mut self, step: &mut Step, tell: &mut impl FnMut(News<'_>)) -> Result<(), Halt> {
        let number = step.sandboxes;
        tell(News::Starting(number));
        self.early = None;
        let mut listener = Box::pin(self.start(number, step)).await?;
        tell(News::Holding(number));
        let before = self.samples().await?;
        let until = Instant::now() + self.drill.hold;
        loop {
            self.look(step).await?;
            let next = until.min(Instant::now() + LOOK);
            self.hear(&mut listener, step, next).await?;
            if Instant::now() >= until {
                break;
            }
        }
        let after = self.samples().await?;
        self.weigh(&after, step)?;
        let own: BTreeSet<&String> = self.held.values().collect();
        let pairs = own
            .iter()
            .filter_map(|id| Some((before.get(*id)?, after.get(*id)?)));
        (step.cores, step.throttled) = between(pairs);
        if let (Some(used), Some(cap)) = (step.cores, self.drill.plan.cpu_cap) {
            let promised = cap * f64::from(u32::try_from(number).unwrap_or(u32::MAX));
            self.judged(Sign::Cores { used, promised })?;
        }
        Ok(())
    }

    /// Starts it and waits until it holds its memory.
    async fn start(&mut self, number: u64, step: &mut Step) -> Result<Listener, Halt> {
        let drill = self.drill;
        let begun = Instant::now();
        let load = Load {
            bytes: drill.plan.load(),
            spinners: drill.plan.spinners(),
        };
        let container = name(&drill.world.run_id, number);
        let span = self.d.remaining() + LINGER;
        let d = self.d.at_most(START);
        let starting = drill
            .mold
            .start(drill.world, drill.engine, &container, load, span, d);
        let started = self.heed(async { Ok(starting.await?) }).await;
        let mut listener = match started {
            // Within so long it should be there: that it is not is what the drill is to find.
            Err(Halt::Failed(why)) if why.kind == WhyKind::Timeout && number > 1 => {
                self.judged(Sign::Started {
                    milliseconds: crate::units::milliseconds(begun.elapsed()),
                })?;
                return Err(Halt::Failed(why));
            }
            other => other?,
        };
        let first = self.word(&mut listener, d).await?;
        let milliseconds = crate::units::milliseconds(begun.elapsed());
        step.start_milliseconds = Some(milliseconds);
        self.judged(Sign::Started { milliseconds })?;
        if first.is_none() {
            return Err(self.gone(number, &listener).await);
        }
        let (begun, d) = (Instant::now(), self.d.at_most(FILL));
        loop {
            let word = self.word(&mut listener, d).await?;
            let milliseconds = crate::units::milliseconds(begun.elapsed());
            match word {
                Some(Word::Held) => {
                    self.held.insert(number, listener.id.clone());
                    self.judged(Sign::Filled { milliseconds })?;
                    return Ok(listener);
                }
                Some(Word::Tool(tool)) => self.tool = Some(tool),
                Some(Word::Missing(tool)) => {
                    let text = format!(
                        "the sandbox image has no {tool}: a load takes python3, or sh with dd, head and sleep"
                    );
                    return Err(Why::new(WhyKind::Absent, text).into());
                }
                Some(Word::Begun | Word::Left(_)) => self.judged(Sign::Filled { milliseconds })?,
                None if d.remaining() == Duration::ZERO => {
                    self.judged(Sign::Filled { milliseconds })?;
                    return Err(Halt::Stop(Stop::Deadline));
                }
                None => return Err(self.gone(number, &listener).await),
            }
        }
    }

    /// Its next word; none when it has ended, or out of time.
    async fn word(&mut self, listener: &mut Listener, d: Deadline) -> Result<Option<Word>, Halt> {
        let word = self.heed(async {
            match listener.next(d).await {
                Ok(word) => Ok(word),
                Err(EngineError::Timeout(_)) => Ok(None),
                Err(error) => Err(error.into()),
            }
        });
        word.await
    }

    /// It ended, or never spoke, before it held its memory: what the engine tells of it says why.
    async fn gone(&mut self, number: u64, listener: &Listener) -> Halt {
        let waited = self.heed(async {
            tokio::time::sleep(TOLD).await;
            Ok(())
        });
        if let Err(halt) = waited.await {
            return halt;
        }
        let early = self.early.take();
        let exit_code = early.as_ref().and_then(|early| early.exit_code);
        if number > 1 || exit_code == Some(137) {
            let sandbox = number;
            return match self.judge.hear(Sign::Ended { sandbox, exit_code }) {
                Some(harm) => Halt::Stop(Stop::Harm(harm)),
                None => Halt::Stop(Stop::Deadline),
            };
        }
        let ended = match (early, exit_code) {
            (Some(_), Some(code)) => format!("the load ended with {code} before it had begun"),
            (Some(_), None) => "the load ended before it had begun".to_owned(),
            (None, _) => "the container runs, but not the load".to_owned(),
        };
        let noise = listener.noise();
        let said = if noise.is_empty() {
            String::new()
        } else {
            format!(": {noise}")
        };
        Halt::Failed(Why::new(WhyKind::Failed, format!("{ended}{said}")))
    }

    /// Listens to the newest until then.
    async fn hear(
        &mut self,
        listener: &mut Listener,
        step: &mut Step,
        until: Instant,
    ) -> Result<(), Halt> {
        let d = self
            .d
            .at_most(until.saturating_duration_since(Instant::now()));
        loop {
            match self.word(listener, d).await? {
                Some(Word::Left(bytes)) => self.has_left(bytes, step)?,
                Some(_) => {}
                None => break,
            }
        }
        // One that has ended speaks no more, and its end is told as an event.
        let rest = until.saturating_duration_since(Instant::now());
        self.heed(async {
            tokio::time::sleep(rest).await;
            Ok(())
        })
        .await
    }

    /// How quickly the engine answers, and how the host is.
    async fn look(&mut self, step: &mut Step) -> Result<(), Halt> {
        let drill = self.drill;
        let begun = Instant::now();
        let d = self.d.at_most(ANSWER);
        let listed = self
            .heed(async { Ok(drill.engine.list("", false, d).await) })
            .await?;
        let milliseconds = crate::units::milliseconds(begun.elapsed());
        let answered = Answered {
            question: Question::List,
            milliseconds,
            waits: false,
        };
        let at = clock::now();
        self.judged(Sign::Answered { at, answered })?;
        listed?;
        let found = self
            .heed(async { Ok(host(drill.world, d).await.pressure) })
            .await?;
        if let Ok(pressure) = found.get() {
            let worst = |level| match level {
                PressureLevel::Normal => 0,
                PressureLevel::Warning => 1,
                PressureLevel::Critical => 2,
            };
            let is_worse = |seen: PressureLevel| worst(pressure.level) > worst(seen);
            if step.pressure.is_none_or(is_worse) {
                step.pressure = Some(pressure.level);
            }
            self.judged(Sign::Pressure(pressure.level))?;
        }
        Ok(())
    }

    /// A sample of everything that runs. What has gone meanwhile is left out, and so is what the
    /// engine cannot tell of: it answers nothing at all of one that is just ending, or was paused.
    /// What the machine itself has left is told from inside.
    async fn samples(&mut self) -> Result<BTreeMap<String, Sample>, Halt> {
        let drill = self.drill;
        let d = self.d.at_most(ANSWER);
        self.heed(async {
            let running = drill.engine.list("", false, d).await?;
            let ids = running.into_iter().filter(|one| one.state == "running");
            let ids: Vec<String> = ids.map(|one| one.id).collect();
            let mut samples = std::pin::pin!(drill.engine.samples(ids, AT_ONCE, d));
            let mut all = BTreeMap::new();
            while let Some((id, sample)) = samples.next().await {
                if let Ok(sample) = sample {
                    all.insert(id, sample);
                }
            }
            Ok(all)
        })
        .await
    }

    /// What all of them hold, and what that leaves of the engine's memory.
    fn weigh(&mut self, samples: &BTreeMap<String, Sample>, step: &mut Step) -> Result<(), Halt> {
        let held = |sample: &Sample| sample.working_set.unwrap_or(0);
        let sum =
            |all: &mut dyn Iterator<Item = &Sample>| all.map(held).fold(0_u64, u64::saturating_add);
        let own = self.held.values().filter_map(|id| samples.get(id));
        let known: Vec<&Sample> = own.filter(|one| one.working_set.is_some()).collect();
        step.memory = (known.len() == self.held.len() && !known.is_empty())
            .then(|| sum(&mut known.iter().copied()));
        let taken = sum(&mut samples.values());
        let left = self.drill.plan.engine_memory.saturating_sub(taken);
        // What the machine itself says may be less: other processes, or another measure.
        let seen = step.left;
        self.left = Some(seen.map_or(left, |seen| seen.min(left)));
        self.has_left(left, step)
    }

    fn has_left(&mut self, bytes: u64, step: &mut Step) -> Result<(), Halt> {
        step.left = Some(step.left.map_or(bytes, |least| least.min(bytes)));
        self.judged(Sign::Left(bytes))
    }

    fn judged(&mut self, sign: Sign) -> Result<(), Halt> {
        match self.judge.hear(sign) {
            Some(harm) => Err(Halt::Stop(Stop::Harm(harm))),
            None => Ok(()),
        }
    }

    /// Works while it listens to what happens: what is a sign of harm ends the work.
    async fn heed<T>(&mut self, work: impl Future<Output = Result<T, Halt>>) -> Result<T, Halt> {
        tokio::pin!(work);
        loop {
            tokio::select! {
                biased;
                told = self.inbox.recv() => match told {
                    Some(Ok(event)) => self.read(&event)?,
                    Some(Err(why)) => return Err(why.into()),
                    None => return Err(Why::new(WhyKind::Failed, "nobody listens any more").into()),
                },
                done = &mut work => return done,
            }
        }
    }

    fn read(&mut self, event: &ContainerEvent) -> Result<(), Halt> {
        let container = || event.name.clone();
        match heard(event, &self.drill.world.run_id) {
            Heard::Oom { ours } => {
                let container = container();
                self.judged(Sign::Oom { container, ours })
            }
            Heard::Ended { number, exit_code } if self.held.contains_key(&number) => {
                let sandbox = number;
                self.judged(Sign::Ended { sandbox, exit_code })
            }
            Heard::Ended { exit_code, .. } => {
                self.early = Some(Early { exit_code });
                Ok(())
            }
            Heard::Call if !self.drill.despite_calls => Err(Halt::Stop(Stop::Call {
                container: container(),
            })),
            Heard::Call | Heard::Nothing => Ok(()),
        }
    }
}

fn ended(halt: Halt) -> Result<Stop, Why> {
    match halt {
        Halt::Stop(stop) => Ok(stop),
        Halt::Failed(why) => Err(why),
    }
}
