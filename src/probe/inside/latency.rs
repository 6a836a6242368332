//! How long sandboxes take to start: containers of our own, made as OpenClaw makes its own, one
//! after another and several at once, each stage by the clock, and none left.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::join_all;

use super::super::World;
use super::super::host::PageCache;
use super::mounts::mounts;
use super::probe::{create, seccomp};
use super::spec::Group;
use super::sweep::Guard;
use super::{CloseFolder, sweep};
use crate::bench::plan::Round;
use crate::bench::{Taken, Way};
use crate::deadline::Deadline;
use crate::engine::{ContainerSpec, Engine, EngineError, Output, Stream};
use crate::facts::docker::ProviderKind;
use crate::facts::{Facts, Why, WhyKind};
use crate::text::wash;

/// On containers that are made to be measured, besides the label of every probe.
pub const BENCH_LABEL: &str = "clawdoctor.bench";
/// One that nobody removes ends by itself.
const LIFE_SECONDS: u32 = 3600;
/// Longest from the start call to the first output.
const READY: Duration = Duration::from_mins(1);
/// Before each measurement: the engine still tidies up after the last removal or command when it has
/// answered, and no real start comes
/// as close upon one.
const SETTLED: Duration = Duration::from_millis(100);
/// The same for commands, whose end leaves less to tidy up.
const BETWEEN_CALLS: Duration = Duration::from_millis(25);
/// For the removal of what is there when the time is over.
const REMOVAL: Duration = Duration::from_secs(5);
/// Output before the word we wait for.
const MOST_NOISE: usize = 4096;

/// What happens while it is measured.
#[derive(Clone, Copy, Debug)]
pub enum News {
    /// This round of the plan begins.
    Round(usize),
    Taken(usize, Taken),
}

/// What all sandboxes of a bench have in common.
pub struct Stand<'a> {
    world: &'a World,
    engine: Engine,
    spec: ContainerSpec,
    number: AtomicU32,
    /// Mounts that OpenClaw's sandboxes have and these have not, with the reason.
    pub without: Vec<String>,
    /// The workspace that all of them share goes with it.
    _folder: CloseFolder<'a>,
}

struct Made {
    guard: Guard,
    id: String,
    taken: Taken,
}

impl<'a> Stand<'a> {
    /// All that the containers need, and none of them yet.
    pub async fn new(
        world: &'a World,
        facts: &Facts,
        group: &Group,
        d: Deadline,
    ) -> Result<Self, Why> {
        let engine = super::super::docker::connect(facts)?;
        let configuration = &group.configuration;
        let profile = seccomp(&configuration.docker)?;
        let room = sweep::run_folder(world).map_err(|error| {
            let state = world.operator.state_dir();
            Why::new(
                WhyKind::Failed,
                format!("no folder could be made in {}: {error}", state.display()),
            )
        })?;
        let folder = CloseFolder(world);
        let own = room.join("bench");
        let mounts = mounts(world, facts, &engine, configuration, &own, d).await;
        let left_out = mounts.iter().filter(|mount| mount.bind.is_none());
        let without = left_out.map(|mount| {
            let why = mount.report.found.get().err();
            let why = why.map_or_else(String::new, |why| why.detail.clone());
            format!("without the mount {}: {why}", mount.report.target)
        });
        let script = format!("echo {}; exec sleep {LIFE_SECONDS}", world.run_id);
        let mut labels = super::marks(world);
        labels.insert(BENCH_LABEL.to_owned(), "1".to_owned());
        let spec = ContainerSpec {
            cmd: vec!["sh".to_owned(), "-c".to_owned(), script],
            labels,
            binds: mounts.iter().filter_map(|m| m.bind.clone()).collect(),
            // OpenClaw's stand until they are removed.
            auto_remove: false,
            ..configuration.container(profile.as_deref())
        };
        Ok(Self {
            world,
            without: without.collect(),
            engine,
            spec,
            number: AtomicU32::new(0),
            _folder: folder,
        })
    }

    /// Goes through the plan. Every measurement is told as soon as it is made; the first failure
    /// ends it. Whatever happens, what was made is removed.
    pub async fn measure(
        &self,
        plan: &[Round],
        cache: Option<&PageCache>,
        d: Deadline,
        mut tell: impl FnMut(News),
    ) -> Result<(), Why> {
        // Whether or not the image was read before, from here on it has been.
        self.remove(self.make(d).await?).await?;
        for (number, round) in plan.iter().enumerate() {
            tell(News::Round(number));
            let mut taken = |taken| tell(News::Taken(number, taken));
            match round.way {
                Way::Cold => self.fresh(round, cache, d, &mut taken).await?,
                Way::Cached => self.fresh(round, None, d, &mut taken).await?,
                Way::KeptAlive => self.kept(round, d, &mut taken).await?,
            }
        }
        Ok(())
    }

    /// Sandboxes that are made, and go as soon as they can be used.
    async fn fresh(
        &self,
        round: &Round,
        cache: Option<&PageCache>,
        d: Deadline,
        tell: &mut impl FnMut(Taken),
    ) -> Result<(), Why> {
        for _ in 0..round.waves {
            if let Some(cache) = cache {
                cache.empty(d).await?;
            }
            tokio::time::sleep(SETTLED.min(d.remaining())).await;
            let made = self.wave(round.at_once, d).await?;
            for taken in join_all(made.into_iter().map(|made| self.remove(made))).await {
                tell(taken?);
            }
        }
        Ok(())
    }

    /// Commands in sandboxes that stand.
    async fn kept(
        &self,
        round: &Round,
        d: Deadline,
        tell: &mut impl FnMut(Taken),
    ) -> Result<(), Why> {
        let made = self.wave(round.at_once, d).await?;
        let mut ended = Ok(());
        'waves: for _ in 0..round.waves {
            tokio::time::sleep(BETWEEN_CALLS.min(d.remaining())).await;
            for taken in join_all(made.iter().map(|made| self.call(&made.id, d))).await {
                match taken {
                    Ok(taken) => tell(taken),
                    Err(why) => {
                        ended = Err(why);
                        break 'waves;
                    }
                }
            }
        }
        for removed in join_all(made.into_iter().map(|made| self.remove(made))).await {
            ended = ended.and(removed.map(drop));
        }
        ended
    }

    /// So many at the same time; all or none.
    async fn wave(&self, at_once: u32, d: Deadline) -> Result<Vec<Made>, Why> {
        let all = join_all((0..at_once).map(|_| self.make(d))).await;
        let (mut made, mut failed) = (Vec::new(), None);
        for one in all {
            match one {
                Ok(one) => made.push(one),
                Err(why) => failed = failed.or(Some(why)),
            }
        }
        let Some(why) = failed else {
            return Ok(made);
        };
        for removed in join_all(made.into_iter().map(|made| self.remove(made))).await {
            // What failed first is told; what is left here a later sweep finds.
            drop(removed);
        }
        Err(why)
    }

    /// Makes one and waits until it can be used.
    async fn make(&self, d: Deadline) -> Result<Made, Why> {
        let number = self.number.fetch_add(1, Ordering::Relaxed);
        let name = format!("clawdoctor-bench-{}-{number}", self.world.run_id);
        let guard = Guard::new(&self.engine, &name);
        match self.started(&name, d).await {
            Ok((id, taken)) => Ok(Made { guard, id, taken }),
            Err(why) => {
                // The guard stays armed when this fails, and a later sweep finds the rest.
                drop(guard.remove(Deadline::after(REMOVAL)).await);
                Err(why)
            }
        }
    }

    async fn started(&self, name: &str, d: Deadline) -> Result<(String, Taken), Why> {
        let begun = Instant::now();
        let id = create(&self.engine, &self.world.creating, name, &self.spec, d).await?;
        let made = begun.elapsed();
        // Not part of a sandbox's start: OpenClaw does not attach.
        let mut output = self.engine.attach(&id, d).await.map_err(why)?;
        let begun = Instant::now();
        let starting = self.engine.start(&id, d);
        tokio::pin!(starting);
        let mut start = None;
        let first = async {
            let seen = self.first_word(&mut output, d.at_most(READY)).await;
            (seen, begun.elapsed())
        };
        tokio::pin!(first);
        let (seen, ready) = loop {
            tokio::select! {
                done = &mut starting, if start.is_none() => {
                    done.map_err(why)?;
                    start = Some(begun.elapsed());
                }
                seen = &mut first => break seen,
            }
        };
        let start = match start {
            Some(start) => start,
            // When the streams ended first, what became of the start says why.
            None => starting.await.map(|()| begun.elapsed()).map_err(why)?,
        };
        seen?;
        let taken = Taken {
            create: made,
            start,
            ready,
            remove: None,
            total: made + start.max(ready),
        };
        Ok((id.clone(), taken))
    }

    /// Waits for the word that proves that our command runs.
    async fn first_word(&self, output: &mut Output, d: Deadline) -> Result<(), Why> {
        let word = self.world.run_id.as_bytes();
        let mut said: Vec<u8> = Vec::new();
        while let Some(piece) = output.next(d).await {
            let (stream, bytes) = piece.map_err(why)?;
            said.extend_from_slice(&bytes);
            let is_there = said.windows(word.len()).any(|part| part == word);
            if stream == Stream::Stdout && is_there {
                return Ok(());
            }
            if said.len() > MOST_NOISE {
                break;
            }
        }
        let noise = wash(String::from_utf8_lossy(&said).trim(), 200);
        let colon = if noise.is_empty() { "" } else { ": " };
        Err(Why::new(
            WhyKind::Failed,
            format!("a sandbox ended, or spoke, before its command ran{colon}{noise}"),
        ))
    }

    /// A command in a sandbox that stands, to its end.
    async fn call(&self, id: &str, d: Deadline) -> Result<Taken, Why> {
        let script = format!("echo {}", self.world.run_id);
        let argv = ["sh", "-c", &script];
        let begun = Instant::now();
        let exec = self.engine.exec_create(id, &argv, d).await.map_err(why)?;
        let create = begun.elapsed();
        let starting = Instant::now();
        let mut output = self.engine.exec_start(&exec, d).await.map_err(why)?;
        let start = starting.elapsed();
        self.first_word(&mut output, d.at_most(READY)).await?;
        let ready = starting.elapsed();
        while let Some(piece) = output.next(d).await {
            piece.map_err(why)?;
        }
        Ok(Taken {
            create,
            start,
            ready,
            remove: None,
            total: begun.elapsed(),
        })
    }

    async fn remove(&self, made: Made) -> Result<Taken, Why> {
        let begun = Instant::now();
        made.guard
            .remove(Deadline::after(REMOVAL))
            .await
            .map_err(why)?;
        Ok(Taken {
            remove: Some(begun.elapsed()),
            ..made.taken
        })
    }
}

#[expect(clippy::needless_pass_by_value, reason = "as `map_err` hands it over")]
fn why(error: EngineError) -> Why {
    error.to_why()
}

/// How the image can be put out of the page cache, or why it cannot. `whole`: with all else that
/// this machine keeps there.
pub async fn page_cache(
    facts: &Facts,
    group: &Group,
    whole: bool,
    d: Deadline,
) -> Result<PageCache, Why> {
    let no = |detail: String| Err(Why::new(WhyKind::NotApplicable, detail));
    let provider = facts.docker.provider.get()?;
    if provider.kind != ProviderKind::LinuxEngine {
        return no(format!(
            "the images of {} are in its VM, whose page cache cannot be reached from here",
            provider.kind.title()
        ));
    }
    if !facts.docker.endpoint.get()?.url.starts_with("unix://") {
        return no("the engine is on another machine".to_owned());
    }
    if !nix::unistd::geteuid().is_root() {
        let how = "the engine's files are root's: sudo --preserve-env=HOME clawdoctor bench";
        return Err(Why::new(WhyKind::Denied, how));
    }
    if whole {
        let cache = PageCache::WholeMachine;
        cache.empty(d).await?;
        return Ok(cache);
    }
    let engine = super::super::docker::connect(facts)?;
    let folders: Vec<PathBuf> = engine.layers(&group.configuration.docker.image, d).await?;
    if folders.is_empty() {
        return no(
            "the engine's image store does not tell where its files are; --drop-caches empties \
             the page cache of the whole machine instead"
                .to_owned(),
        );
    }
    PageCache::of(folders, d)
        .await
        .map_err(|why| match why.kind {
            WhyKind::Absent => Why::new(
                WhyKind::Absent,
                format!(
                    "the engine's files are not to be seen from here: {}",
                    why.detail
                ),
            ),
            _ => why,
        })
}
