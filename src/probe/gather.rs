//! Runs the probes that a set of checks needs, as many at once as their order allows.
//!
//! Each section has its own deadline below the overall one and its own task: one that hangs is
//! given up, one that crashes is a reading, and both cost their own facts alone.

use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use tokio::task::JoinSet;

use super::World;
use crate::deadline::Deadline;
use crate::facts::docker::Connection;
use crate::facts::{Facts, Node, Reading, Section, VERSION, Why, WhyKind};

/// What happened while gathering, told as it happens.
#[derive(Clone, Copy, Debug)]
pub enum Progress<'a> {
    Started(Section),
    /// The facts so far, this section's among them.
    Done {
        section: Section,
        facts: &'a Facts,
        spent: Duration,
    },
}

/// The snapshot with how long each section took, in milliseconds, and what else the user should
/// know of the run.
#[derive(Clone, Debug, Default)]
pub struct Gathered {
    pub facts: Facts,
    pub spent: BTreeMap<Section, u64>,
    pub warnings: Vec<String>,
}

/// A section's answer, on its way into the facts.
type Absorb = Box<dyn FnOnce(&mut Facts) + Send>;

/// Gathers the given sections and all that they need.
pub async fn gather(
    world: Arc<World>,
    budgets: BTreeMap<Section, Duration>,
    overall: Deadline,
    tell: impl FnMut(Progress<'_>),
) -> Gathered {
    Box::pin(refresh(Gathered::default(), world, budgets, overall, tell)).await
}

/// Gathers the given sections anew on top of what is known. What they need and is not among them
/// stands as it was found.
pub async fn refresh(
    known: Gathered,
    world: Arc<World>,
    budgets: BTreeMap<Section, Duration>,
    overall: Deadline,
    mut tell: impl FnMut(Progress<'_>),
) -> Gathered {
    let mut gathered = Gathered {
        facts: begun_now(known.facts, &world),
        spent: known.spent,
        warnings: Vec::new(),
    };
    // Whoever starts containers also removes those of runs that were killed.
    let sweeps = budgets.contains_key(&Section::Inside) && !world.passive;
    let mut sweeping: JoinSet<Result<usize, Why>> = JoinSet::new();
    let mut waiting: BTreeSet<Section> = budgets.keys().copied().collect();
    let mut done: BTreeSet<Section> = BTreeSet::new();
    let mut tasks: JoinSet<(Section, Absorb, Duration)> = JoinSet::new();
    let mut running: BTreeMap<tokio::task::Id, Section> = BTreeMap::new();
    loop {
        let ready: Vec<Section> = waiting
            .iter()
            .filter(|section| {
                let stands = |need| done.contains(need) || !budgets.contains_key(need);
                section.needs().iter().all(stands)
            })
            .copied()
            .collect();
        if !ready.is_empty() {
            let facts = Arc::new(gathered.facts.clone());
            for section in ready {
                waiting.remove(&section);
                tell(Progress::Started(section));
                let deadline = share(section, overall).at_most(budgets[&section]);
                let task = timed(section, Arc::clone(&world), Arc::clone(&facts), deadline);
                running.insert(tasks.spawn(task).id(), section);
            }
        }
        let Some(ended) = tasks.join_next_with_id().await else {
            break;
        };
        let (section, absorb, spent) = match ended {
            Ok((id, ended)) => {
                running.remove(&id);
                ended
            }
            Err(error) => {
                let section = running
                    .remove(&error.id())
                    .expect("every task of the set is in the table");
                let why = Why::new(
                    WhyKind::Failed,
                    format!("the probe crashed: {}", crash(error)),
                );
                (section, unknown(section, why), Duration::ZERO)
            }
        };
        absorb(&mut gathered.facts);
        done.insert(section);
        if section == Section::Endpoint && sweeps && answers(&gathered.facts) {
            sweeping.spawn(sweep(Arc::clone(&world), gathered.facts.clone(), overall));
        }
        let milliseconds = crate::units::milliseconds(spent);
        gathered.spent.insert(section, milliseconds);
        tell(Progress::Done {
            section,
            facts: &gathered.facts,
            spent,
        });
    }
    while let Some(swept) = sweeping.join_next().await {
        let swept = swept.unwrap_or_else(|error| {
            let text = format!("the sweep crashed: {}", crash(error));
            Err(Why::new(WhyKind::Failed, text))
        });
        if let Err(why) = swept {
            gathered.warnings.push(format!(
                "probe containers that a killed run may have left could not be removed: {}",
                why.detail
            ));
        }
    }
    gathered
}

fn answers(facts: &Facts) -> bool {
    matches!(
        facts.docker.connection.get(),
        Ok(Connection::Answers { .. })
    )
}

/// Longest that a run waits for the sweep; it runs beside the probes.
const SWEEP: Duration = Duration::from_secs(3);

async fn sweep(world: Arc<World>, facts: Facts, overall: Deadline) -> Result<usize, Why> {
    boxed(super::inside::sweep(&world, &facts, overall.at_most(SWEEP))).await
}

fn begun_now(known: Facts, world: &World) -> Facts {
    Facts {
        version: VERSION,
        taken_at: jiff::Timestamp::now()
            .round(jiff::Unit::Second)
            .unwrap_or_default()
            .to_string(),
        node: Node {
            id: world.node_id.clone(),
            hostname: world.hostname.clone(),
            taken_by: env!("CARGO_PKG_VERSION").to_owned(),
        },
        ..known
    }
}

/// A section that others wait for may take half of what is left, so that one hung answer leaves
/// time to find out the rest.
fn share(section: Section, overall: Deadline) -> Deadline {
    let awaited = Section::ALL
        .iter()
        .any(|other| other.needs().contains(&section));
    if awaited {
        overall.at_most(overall.remaining() / 2)
    } else {
        overall
    }
}

async fn timed(
    section: Section,
    world: Arc<World>,
    facts: Arc<Facts>,
    deadline: Deadline,
) -> (Section, Absorb, Duration) {
    let begun = Instant::now();
    // The probes keep to the deadline themselves and still tell what they know; the bound around
    // them, a little later, is for the one that does not.
    let bound = deadline.later(GRACE);
    let absorb = match bound.bound(probe(section, &world, &facts, deadline)).await {
        Ok(absorb) => absorb,
        Err(elapsed) => {
            let text = format!("no answer within {} ms", elapsed.0.as_millis());
            unknown(section, Why::new(WhyKind::Timeout, text))
        }
    };
    (section, absorb, begun.elapsed())
}

/// For a probe to tell what it knows after its deadline.
const GRACE: Duration = Duration::from_millis(500);

/// On the heap: the sections differ in size, and a future that is boxed here is shown to be Send
/// by itself.
fn boxed<'a, T>(future: impl Future<Output = T> + Send + 'a) -> BoxFuture<'a, T> {
    Box::pin(future)
}

async fn probe(section: Section, world: &World, facts: &Facts, d: Deadline) -> Absorb {
    match section {
        Section::Host => {
            let found = boxed(super::host::host(world, d)).await;
            Box::new(|facts| {
                facts.host = crate::facts::host::Host {
                    power: facts.host.power.clone(),
                    login: facts.host.login.clone(),
                    ..found
                };
            })
        }
        Section::NodeSettings => {
            let (power, login) = boxed(super::host::node_settings(world, d)).await;
            Box::new(|facts| {
                facts.host.power = power;
                facts.host.login = login;
            })
        }
        Section::Endpoint => endpoint(world, d).await,
        Section::Engine => {
            let found = boxed(super::docker::engine(world, facts, d)).await;
            Box::new(|facts| {
                facts.docker.version = found.version;
                facts.docker.info = found.info;
                facts.docker.provider = found.provider;
                facts.docker.disk = found.disk;
                facts.docker.clock = found.clock;
            })
        }
        Section::Desktop => desktop(world, d).await,
        Section::Credentials => {
            let found = boxed(super::docker::credentials(world, d)).await;
            Box::new(|facts| facts.docker.credentials = found)
        }
        Section::Openclaw => {
            let found = boxed(super::openclaw::openclaw(world, d)).await;
            Box::new(|facts| {
                facts.openclaw.install = found.install;
                facts.openclaw.node = found.node;
                facts.openclaw.config = found.config;
                facts.openclaw.agents = found.agents;
                facts.openclaw.elevated = found.elevated;
            })
        }
        Section::Gateway => {
            let found = boxed(super::openclaw::gateway(world, facts, d)).await;
            Box::new(|facts| facts.openclaw.gateway = found)
        }
        Section::Images => {
            let found = boxed(super::image::images(world, facts, d)).await;
            Box::new(|facts| facts.images = found)
        }
        Section::Standing => {
            let found = boxed(super::standing::standing(world, facts, d)).await;
            Box::new(|facts| facts.standing = found)
        }
        Section::Load => {
            let found = boxed(super::standing::load(world, facts, d)).await;
            Box::new(|facts| facts.load = found)
        }
        Section::Calls => {
            let found = boxed(super::calls::calls(world, facts, d)).await;
            Box::new(|facts| facts.calls = found)
        }
        Section::Inside => {
            let found = boxed(super::inside::inside(world, facts, d)).await;
            Box::new(|facts| facts.inside = found)
        }
        Section::HostNames => {
            let (names, resolvers) = boxed(super::net::host_names(world, d)).await;
            Box::new(|facts| {
                facts.net.host_names = names;
                facts.net.host_resolvers = resolvers;
            })
        }
        Section::Registries => {
            let found = boxed(super::net::registries(world, facts, d)).await;
            Box::new(|facts| facts.net.registries = found)
        }
        Section::Workspaces => {
            let found = boxed(super::openclaw::workspaces(facts, d)).await;
            Box::new(|facts| facts.openclaw.workspaces = found)
        }
        Section::Space => space(world, facts, d).await,
        Section::Doctor => {
            let found = boxed(super::openclaw::doctor(world, facts, d)).await;
            Box::new(|facts| facts.openclaw.doctor = found)
        }
        Section::Registry => {
            let found = boxed(super::openclaw::registry(world, facts, d)).await;
            Box::new(|facts| facts.openclaw.registry = found)
        }
        Section::Custom => {
            let found = boxed(super::custom::custom(world, d)).await;
            Box::new(|facts| facts.custom = found)
        }
    }
}

async fn endpoint(world: &World, d: Deadline) -> Absorb {
    let found = boxed(super::docker::endpoint(world, d)).await;
    Box::new(|facts| {
        facts.docker.endpoint = found.endpoint;
        facts.docker.candidates = found.candidates;
        facts.docker.connection = found.connection;
        facts.docker.cli = found.cli;
        facts.docker.contexts = found.contexts;
        facts.docker.installed = found.installed;
    })
}

async fn desktop(world: &World, d: Deadline) -> Absorb {
    let found = boxed(super::docker::desktop(world, d)).await;
    Box::new(|facts| {
        facts.docker.app = found.app;
        facts.docker.settings = found.settings;
        facts.docker.daemon_config = found.daemon_config;
    })
}

async fn space(world: &World, facts: &Facts, d: Deadline) -> Absorb {
    let found = boxed(super::docker::space(world, facts, d)).await;
    Box::new(|facts| {
        facts.docker.usage = found.usage;
        facts.docker.disk_image = found.disk_image;
    })
}

/// The section's facts as unknown, for a probe that was given up or crashed.
fn unknown(section: Section, why: Why) -> Absorb {
    fn set<T>(reading: &mut Reading<T>, why: &Why) {
        *reading = Reading::Unknown(why.clone());
    }
    Box::new(move |facts| {
        let (host, docker, claw) = (&mut facts.host, &mut facts.docker, &mut facts.openclaw);
        match section {
            Section::Host => {
                set(&mut host.platform, &why);
                set(&mut host.os, &why);
                set(&mut host.model, &why);
                set(&mut host.memory, &why);
                set(&mut host.pressure, &why);
                set(&mut host.cpu, &why);
                set(&mut host.load, &why);
                set(&mut host.disk, &why);
                set(&mut host.uptime, &why);
                set(&mut host.software, &why);
            }
            Section::NodeSettings => {
                set(&mut host.power, &why);
                set(&mut host.login, &why);
            }
            Section::Endpoint => {
                set(&mut docker.endpoint, &why);
                set(&mut docker.connection, &why);
                set(&mut docker.cli, &why);
                set(&mut docker.contexts, &why);
                set(&mut docker.installed, &why);
            }
            Section::Engine => {
                set(&mut docker.version, &why);
                set(&mut docker.info, &why);
                set(&mut docker.provider, &why);
                set(&mut docker.disk, &why);
                set(&mut docker.clock, &why);
            }
            Section::Desktop => {
                set(&mut docker.app, &why);
                set(&mut docker.settings, &why);
                set(&mut docker.daemon_config, &why);
            }
            Section::Credentials => set(&mut docker.credentials, &why),
            Section::Openclaw => {
                set(&mut claw.install, &why);
                set(&mut claw.node, &why);
                set(&mut claw.config, &why);
                set(&mut claw.agents, &why);
                set(&mut claw.elevated, &why);
            }
            Section::Gateway => set(&mut claw.gateway, &why),
            Section::Images => set(&mut facts.images, &why),
            Section::Standing => set(&mut facts.standing, &why),
            Section::Load => set(&mut facts.load, &why),
            Section::Calls => set(&mut facts.calls, &why),
            Section::Inside => set(&mut facts.inside, &why),
            Section::HostNames => set(&mut facts.net.host_names, &why),
            Section::Registries => set(&mut facts.net.registries, &why),
            Section::Space => {
                set(&mut docker.usage, &why);
                set(&mut docker.disk_image, &why);
            }
            Section::Workspaces => set(&mut claw.workspaces, &why),
            Section::Doctor => set(&mut claw.doctor, &why),
            Section::Registry => set(&mut claw.registry, &why),
            // Each question has its own deadline; without an answer its check is not asked.
            Section::Custom => {}
        }
    })
}

/// What a crashed task said before it died.
fn crash(error: tokio::task::JoinError) -> String {
    match error.try_into_panic() {
        Ok(panic) => said(panic.as_ref()),
        Err(error) => error.to_string(),
    }
}

fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned());
    text.unwrap_or_else(|| "no message".to_owned())
}
