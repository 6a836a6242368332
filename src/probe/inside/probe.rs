//! One probe container, from its mounts to its removal.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::super::World;
use super::mounts::{Mount, mounts};
use super::read::Script;
use super::script::{Host, Look, Way, command, is_program};
use super::spec::Group;
use super::sweep::Guard;
use crate::deadline::Deadline;
use crate::engine::{ContainerSpec, Engine, EngineError, Stream};
use crate::facts::docker::ProviderKind;
use crate::facts::openclaw::Docker;
use crate::facts::sandbox::{Access, Inside, MountRole, Purpose, Started, Tool};
use crate::facts::{Facts, Reading, Why, WhyKind};
use crate::text::wash;

/// From the start call to the script's first line; emulated or loaded machines are slow.
const READY: Duration = Duration::from_secs(10);
/// From the first line to the last; the script itself waits at most 4 s for anything.
const REPORT: Duration = Duration::from_secs(8);
/// Kept back from the caller's deadline, so that there is time to remove the container.
const REMOVAL: Duration = Duration::from_millis(700);
const REMOVAL_AT_MOST: Duration = Duration::from_secs(5);
const GATEWAY_PORT: u16 = 18789;
/// Docker Desktop's engine listened here, on a Mac (CVE-2025-9074).
const DESKTOP_ENGINE: &str = "192.168.65.7";
const HOST_NAME: &str = "host.docker.internal";

/// What all probes of a run share.
pub struct Run<'a> {
    pub world: &'a World,
    pub facts: &'a Facts,
    pub engine: &'a Engine,
    /// The run's own folder.
    pub room: &'a Path,
}

impl Run<'_> {
    pub async fn probe(&self, number: usize, group: &Group, d: Deadline) -> Inside {
        let configuration = &group.configuration;
        let mut inside = Inside {
            agents: group.agents.clone(),
            image: wash(&configuration.docker.image, 300),
            network: wash(&configuration.docker.network, 100),
            user: configuration.user.clone(),
            start: Reading::default(),
            ids: Reading::default(),
            tools: Reading::default(),
            mounts: Vec::new(),
            root_read_only: Reading::default(),
            confinement: Reading::default(),
            resolver: Reading::default(),
            names: Reading::default(),
            interfaces: Reading::default(),
            reached: Reading::default(),
            disk: Reading::default(),
        };
        let seccomp = match seccomp(&configuration.docker) {
            Ok(profile) => profile,
            Err(why) => return failed(inside, self, why),
        };
        let name = format!("clawdoctor-probe-{}-{number}", self.world.run_id);
        let own = self.room.join(number.to_string());
        let mut guard = Guard::new(self.engine, &name);
        guard.add(own.clone());

        let within = Deadline::after(d.remaining().saturating_sub(REMOVAL));
        let mounts = mounts(
            self.world,
            self.facts,
            self.engine,
            configuration,
            &own,
            within,
        )
        .await;
        let looks = self.looks(group, &mounts);
        let token = format!("{}{number:02}", self.world.run_id);
        let spec = ContainerSpec {
            cmd: command(&token, &looks),
            labels: super::marks(self.world),
            binds: mounts.iter().filter_map(|m| m.bind.clone()).collect(),
            ..configuration.container(seccomp.as_deref())
        };
        for mount in mounts.iter().filter(|mount| {
            mount.bind.is_some()
                && mount.report.expected == Access::Write
                && mount.report.role != MountRole::Volume
        }) {
            // Only there when the script was killed between making and removing it.
            if let Some(source) = mount.bind.as_deref().and_then(|b| b.split(':').next()) {
                guard.add(Path::new(source).join(format!(".clawdoctor-{token}")));
            }
        }
        let mut script = Script::new(&token);
        let started = self.run(&name, &spec, &mut script, within).await;
        let removal = Deadline::after(d.remaining().max(REMOVAL).min(REMOVAL_AT_MOST));
        // The guard stays armed when this fails, and a later sweep finds the rest.
        let _ = guard.remove(removal).await;

        match started {
            Ok(started) => inside.start = Reading::known(started, "engine: create and start"),
            Err(why) => return failed(inside, self, why),
        }
        self.fill(&mut inside, &script, &looks, mounts);
        inside
    }

    /// Runs the container until its script has told all.
    async fn run(
        &self,
        name: &str,
        spec: &ContainerSpec,
        script: &mut Script,
        d: Deadline,
    ) -> Result<Started, Why> {
        let begun = Instant::now();
        let why = |error: EngineError| error.to_why();
        let id = create(self.engine, &self.world.creating, name, spec, d).await?;
        let create_milliseconds = milliseconds(begun);
        let mut output = self.engine.attach(&id, d).await.map_err(why)?;
        let begun = Instant::now();
        let starting = self.engine.start(&id, d);
        tokio::pin!(starting);
        let (mut start, mut ready) = (None, None);
        let mut until = d.at_most(READY);
        loop {
            tokio::select! {
                done = &mut starting, if start.is_none() => {
                    done.map_err(why)?;
                    start = Some(milliseconds(begun));
                }
                piece = output.next(until) => match piece {
                    Some(Ok((stream, bytes))) => script.take(stream == Stream::Stderr, &bytes),
                    None | Some(Err(EngineError::Timeout(_))) => break,
                    Some(Err(error)) => return Err(why(error)),
                },
            }
            if ready.is_none() && script.is_ready() {
                ready = Some(milliseconds(begun));
                until = d.at_most(REPORT);
            }
            if (script.is_complete() && start.is_some()) || script.is_full() {
                break;
            }
        }
        if start.is_none() {
            // The streams ended first: what became of the start says why.
            starting.await.map_err(why)?;
        }
        let Some(ready_milliseconds) = ready else {
            return Err(self.silent(&spec.image, script, until));
        };
        Ok(Started {
            create_milliseconds,
            start_milliseconds: start.unwrap_or(ready_milliseconds),
            ready_milliseconds,
        })
    }

    /// It was started, and our script never ran.
    fn silent(&self, image: &str, script: &Script, until: Deadline) -> Why {
        let noise = script.noise();
        let ended = until.remaining() > Duration::ZERO;
        let images = self.facts.images.get().ok().into_iter().flatten();
        let entrypoint = images
            .filter(|one| one.reference == image)
            .find_map(|one| one.local.get().ok().map(|local| local.entrypoint.join(" ")))
            .filter(|entrypoint| !entrypoint.is_empty());
        let mut detail = String::from(if ended {
            "the container ended before its command ran"
        } else {
            "the container runs, but not its command"
        });
        if let Some(entrypoint) = &entrypoint {
            detail.push_str("; the image's entrypoint `");
            detail.push_str(&wash(entrypoint, 100));
            detail.push_str("` takes it");
        }
        if !noise.is_empty() {
            detail.push_str(": ");
            detail.push_str(&noise);
        }
        let kind = if ended || entrypoint.is_some() {
            WhyKind::Failed
        } else {
            WhyKind::Timeout
        };
        Why::new(kind, detail)
    }

    fn looks(&self, group: &Group, mounts: &[Mount]) -> Vec<Look> {
        let mut looks: Vec<Look> = mounts
            .iter()
            .filter(|mount| mount.bind.is_some())
            .map(|mount| Look::Mount {
                target: mount.report.target.clone(),
                expected: mount.report.expected,
            })
            .collect();
        let tools = self.world.tools.iter().filter(|name| is_program(name));
        looks.extend(tools.cloned().map(Look::Tool));
        if group.configuration.docker.network != "none" {
            if !self.world.offline {
                let names = self.world.settings.dns.names.iter();
                looks.extend(names.cloned().map(Look::Name));
            }
            looks.extend(self.ways().into_iter().map(Look::Way));
        }
        looks
    }

    /// The connections to try from a sandbox that has a network.
    fn ways(&self) -> Vec<Way> {
        let facts = self.facts;
        let is_linux = facts
            .docker
            .provider
            .get()
            .is_ok_and(|provider| provider.kind == ProviderKind::LinuxEngine);
        let host = if is_linux {
            // On Linux the name is there only when `extraHosts` adds it; asking for it would be
            // a question to the Internet's resolvers.
            Host::InHosts(HOST_NAME.to_owned())
        } else {
            Host::Named(HOST_NAME.to_owned())
        };
        let mut ways = Vec::new();
        let mut add = |host: &Host, port, purpose| {
            ways.push(Way {
                written: None,
                host: host.clone(),
                port,
                purpose,
            });
        };
        for port in self.world.engine_ports.iter().copied() {
            add(&Host::Gateway, port, Purpose::EngineApi);
            add(&host, port, Purpose::EngineApi);
            if !is_linux {
                let desktop = Host::Named(DESKTOP_ENGINE.to_owned());
                add(&desktop, port, Purpose::EngineApi);
            }
        }
        let gateway = facts.openclaw.gateway.get().ok();
        let port = gateway.and_then(|gateway| gateway.port);
        let port = port.unwrap_or(GATEWAY_PORT);
        add(&Host::Gateway, port, Purpose::Gateway);
        add(&host, port, Purpose::Gateway);
        let egress = &self.world.settings.egress;
        let blocked: BTreeSet<&String> = self.world.blocked.iter().chain(&egress.blocked).collect();
        ways.extend(
            blocked
                .into_iter()
                .filter_map(|address| Way::parse(address, Purpose::Blocked)),
        );
        if !self.world.offline {
            let allowed = egress.allowed.iter();
            ways.extend(allowed.filter_map(|address| Way::parse(address, Purpose::Allowed)));
        }
        ways
    }

    fn fill(&self, inside: &mut Inside, script: &Script, looks: &[Look], mounts: Vec<Mount>) {
        inside.ids = script.ids();
        inside.tools = script.tools(looks);
        inside.root_read_only = script.root_read_only();
        inside.confinement = script.confinement();
        inside.resolver = script.resolver();
        inside.interfaces = script.interfaces();
        inside.disk = script.disk();
        let has_network = inside.network != "none";
        inside.names = match (has_network, self.world.offline) {
            (false, _) => Reading::not_applicable("offline by policy: network none"),
            (true, true) => Reading::unknown(WhyKind::Offline, "--offline: no name was asked"),
            (true, false) => script.names(looks),
        };
        inside.reached = if has_network {
            script.reached(looks)
        } else {
            Reading::known(Vec::new(), "network none: nothing to try")
        };
        // Mounts come first among the looks, less those that stayed out.
        let mut place = 0;
        inside.mounts = mounts
            .into_iter()
            .map(|mut mount| {
                if mount.bind.is_some() {
                    let report = &mut mount.report;
                    (report.found, report.error, report.owner) = script.mount(place);
                    place += 1;
                }
                // Our folder stands for OpenClaw's: its owner is not what was to be tested.
                let misses = mount.report.found.get() != Ok(&Access::Write);
                if let (Some(detail), true) = (mount.not_given, misses) {
                    mount.report.found = Reading::unknown(WhyKind::Denied, detail);
                }
                mount.report
            })
            .collect();
    }
}

/// The text of the seccomp profile, where one is configured.
pub fn seccomp(docker: &Docker) -> Result<Option<String>, Why> {
    let Some(path) = &docker.seccomp_profile else {
        return Ok(None);
    };
    std::fs::read_to_string(path).map(Some).map_err(|error| {
        let detail = format!("the seccomp profile {path} cannot be read: {error}");
        Why::new(WhyKind::Failed, wash(&detail, 300))
    })
}

/// Asks for the container in a task of its own: an engine that was asked makes it, whether or
/// not the asker is still there, and `sweep::clean_up` must learn when it has.
pub async fn create(
    engine: &Engine,
    count: &Arc<AtomicUsize>,
    name: &str,
    spec: &ContainerSpec,
    d: Deadline,
) -> Result<String, Why> {
    let (engine, name, spec) = (engine.clone(), name.to_owned(), spec.clone());
    let asked = Asked::new(count);
    let creating = tokio::spawn(async move {
        let made = engine.create(&name, &spec, d).await;
        drop(asked);
        made
    });
    match creating.await {
        Ok(made) => made.map_err(|error| error.to_why()),
        Err(error) => Err(Why::new(WhyKind::Failed, error.to_string())),
    }
}

/// Counted for as long as the engine owes an answer.
struct Asked(Arc<AtomicUsize>);

impl Asked {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(count))
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A probe that did not get as far as its script. What is not there is known all the same.
fn failed(mut inside: Inside, run: &Run<'_>, why: Why) -> Inside {
    let said = why.detail.to_lowercase();
    let has = |words: &str| said.contains(words);
    // runc, and docker-init when the engine puts it in front.
    if has("\"sh\": executable file not found") || has("exec sh failed: no such file") {
        let missing = run.world.tools.iter().filter(|name| *name == "sh");
        let tools = missing.map(|name| Tool {
            name: name.clone(),
            path: None,
            works: false,
        });
        inside.tools = Reading::known(tools.collect(), "engine: start");
    }
    inside.start = Reading::Unknown(why);
    inside
}

fn milliseconds(since: Instant) -> u64 {
    crate::units::milliseconds(since.elapsed())
}
