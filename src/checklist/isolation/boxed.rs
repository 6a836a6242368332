//! The third mode: Docker sandboxes, as an agent's effective settings make them and as the probe
//! found one from inside.

mod bounds;

use super::{Cell, Force, Ground, Point, Snapshot};
use crate::checklist::judge::{counted, is_root, is_socket, is_system, not_confined};
use crate::checklist::verdict::Status;
use crate::drift::{drops_all, network};
use crate::facts::openclaw::{Agent, Bind, Docker, Scope, WorkspaceAccess};
use crate::facts::sandbox::Inside;
use crate::facts::{Facts, Why, WhyKind};
use crate::units::Size;

pub fn ground(agent: &Agent) -> Result<Ground, Why> {
    let backend = agent.sandbox.backend.as_str();
    if backend == "docker" {
        return Ok(Ground::Sandboxes);
    }
    let detail = format!(
        "sandboxes are made by the backend {backend}, which is none of these three and is not looked at"
    );
    Err(Why::new(WhyKind::NotApplicable, detail))
}

/// What is seen of one agent's sandboxes.
struct Look<'a> {
    facts: &'a Facts,
    snapshot: &'a Snapshot,
    /// Where its settings stand in the facts.
    base: &'a str,
    agent: &'a Agent,
}

pub fn cells(
    facts: &Facts,
    snapshot: &Snapshot,
    base: &str,
    agent: &Agent,
    force: Force,
) -> [Cell; 4] {
    let docker = &agent.sandbox.docker;
    let mut cells = [
        Cell::new(match agent.sandbox.scope {
            Scope::Session => "one per session",
            Scope::Agent => "one per agent",
            Scope::Shared => "one for all agents",
        }),
        Cell::new(files(agent)),
        Cell::new(network(&docker.network)),
        Cell::new(limits(docker.memory, docker.cpus, docker.pids_limit)),
    ];
    if force != Force::Nobody {
        let look = Look {
            facts,
            snapshot,
            base,
            agent,
        };
        let points = [look.tools(), look.files(), look.network(), look.limits()];
        for (cell, points) in cells.iter_mut().zip(points) {
            cell.points = points;
        }
    }
    cells
}

fn files(agent: &Agent) -> String {
    let workspace = match agent.sandbox.workspace_access {
        WorkspaceAccess::None => "own workspace",
        WorkspaceAccess::Ro => "agent's, read-only",
        WorkspaceAccess::Rw => "agent's, read-write",
    };
    match agent.sandbox.docker.binds.len() {
        0 => workspace.to_owned(),
        count => format!("{workspace} +{count}"),
    }
}

/// `512 MiB, 0.5 CPU, 256 pids`; what is not limited is said to be so.
pub fn limits(memory: Option<u64>, cpus: Option<f64>, pids: Option<i64>) -> String {
    let pids = pids.filter(|pids| *pids > 0);
    let set = [
        memory.map(|bytes| Size(bytes).to_string()),
        cpus.map(|cpus| format!("{cpus} CPU")),
        pids.map(|pids| format!("{pids} pids")),
    ];
    let missing: Vec<&str> = ["memory", "CPU", "pids"]
        .into_iter()
        .zip(&set)
        .filter(|(_, set)| set.is_none())
        .map(|(name, _)| name)
        .collect();
    let mut words: Vec<String> = set.iter().flatten().cloned().collect();
    match (words.is_empty(), missing.is_empty()) {
        (true, _) => "none".to_owned(),
        (false, true) => words.join(", "),
        (false, false) => {
            words.push(format!("no {}", missing.join(" or ")));
            words.join(", ")
        }
    }
}

impl Look<'_> {
    fn docker(&self) -> &Docker {
        &self.agent.sandbox.docker
    }

    /// A point that rests on settings of the agent.
    fn set(&self, status: Status, text: impl AsRef<str>, keys: &[&str]) -> Point {
        keys.iter().fold(Point::new(status, text), |point, key| {
            point.evidence(self.snapshot.at(format!("{}/{key}", self.base)))
        })
    }

    /// The probe container of this agent's configuration, with where it stands in the facts.
    fn probe(&self) -> Result<(String, &Inside), Why> {
        let insides = self.facts.inside.get()?;
        let own = |inside: &Inside| inside.agents.contains(&self.agent.id);
        let index = insides.iter().position(own).ok_or_else(|| {
            Why::new(
                WhyKind::NotAsked,
                "no probe container of this configuration was started",
            )
        })?;
        insides[index].start.get()?;
        Ok((format!("/inside/known/{index}"), &insides[index]))
    }

    /// A point that rests on what the probe found inside, or why it is not known.
    fn found<T>(
        &self,
        what: &str,
        reading: &crate::facts::Reading<T>,
        pointer: &str,
        tell: impl FnOnce(&T) -> Option<Point>,
    ) -> Option<Point> {
        match reading.get() {
            Ok(value) => tell(value).map(|point| point.evidence(self.snapshot.at(pointer))),
            Err(why) => Some(Point::unknown(what, &why).evidence(self.snapshot.at(pointer))),
        }
    }

    fn tools(&self) -> Vec<Point> {
        let (sandbox, docker) = (&self.agent.sandbox, self.docker());
        let scope = match sandbox.scope {
            Scope::Session => "each session has a sandbox of its own",
            Scope::Agent => "all sessions of this agent share one sandbox",
            Scope::Shared => "all agents with this scope share one sandbox",
        };
        let mut points = vec![self.set(Status::Pass, scope, &["scope"])];
        points.push(self.elevated());
        points.push(self.user());
        points.push(if drops_all(&docker.cap_drop) {
            let text = "all capabilities are dropped";
            self.set(Status::Pass, text, &["docker/cap-drop"])
        } else {
            let text = "the configuration keeps capabilities (capDrop without ALL)";
            self.set(Status::Warn, text, &["docker/cap-drop"])
        });
        for switch in &docker.dangerous {
            let text = format!("{switch} is on");
            points.push(self.set(Status::Warn, text, &["docker/dangerous"]));
        }
        if let Some(gpus) = &docker.gpus {
            let text = format!("GPUs of the host are inside: {gpus}");
            points.push(self.set(Status::Warn, text, &["docker/gpus"]));
        }
        points.extend(self.confinement());
        points
    }

    /// The way out, which is the same for all agents but for those that narrow it.
    fn elevated(&self) -> Point {
        let pointer = "/openclaw/elevated";
        let point = match self.facts.openclaw.elevated.get() {
            Err(why) => Point::unknown("who may run commands outside the sandbox", &why),
            Ok(elevated) if elevated.enabled && elevated.anybody => Point::new(
                Status::Warn,
                "everybody who can write to an agent may run commands outside the sandbox (tools.elevated)",
            ),
            Ok(elevated) if elevated.enabled && elevated.allowed_senders > 0 => Point::new(
                Status::Warn,
                format!(
                    "{} may run commands outside the sandbox (tools.elevated)",
                    counted(elevated.allowed_senders as usize, "sender")
                ),
            ),
            Ok(_) => Point::new(
                Status::Pass,
                "nobody may run commands outside the sandbox (tools.elevated)",
            ),
        };
        point.evidence(self.snapshot.at(pointer))
    }

    fn user(&self) -> Point {
        let root = "runs as root";
        if let Ok((base, inside)) = self.probe()
            && let Ok(ids) = inside.ids.get()
        {
            let evidence = self.snapshot.at(format!("{base}/ids"));
            let point = if ids.uid == 0 {
                Point::new(Status::Warn, format!("{root} (found inside)"))
            } else {
                let text = format!("runs as {}:{} (found inside)", ids.uid, ids.gid);
                Point::new(Status::Pass, text)
            };
            return point.evidence(evidence);
        }
        let sandbox = &self.agent.sandbox;
        let (user, key) = match (&sandbox.docker.user, &sandbox.workspace_owner) {
            (Some(user), _) => (user, "docker/user"),
            (None, Some(owner)) => (owner, "workspace-owner"),
            (None, None) => {
                let why = Why::new(WhyKind::Absent, "its workspace's owner could not be read");
                return Point::unknown("whom it runs as", &why);
            }
        };
        if is_root(user) {
            return self.set(Status::Warn, format!("{root} by the settings"), &[key]);
        }
        self.set(
            Status::Pass,
            format!("runs as {user} by the settings"),
            &[key],
        )
    }

    /// What the kernel really holds the probe to.
    fn confinement(&self) -> Vec<Point> {
        let (base, inside) = match self.probe() {
            Ok(found) => found,
            Err(why) => {
                let what = "not proven from inside a sandbox";
                return vec![Point::unknown(what, &why).evidence(self.snapshot.at("/inside"))];
            }
        };
        let pointer = format!("{base}/confinement");
        let what = "what the kernel holds it to";
        let told = not_confined(inside, &[self.agent]);
        let mut points: Vec<Point> = told
            .iter()
            .filter(|complaint| complaint.code != "sandbox-root-writable")
            .map(|complaint| Point::of(complaint).evidence(self.snapshot.at(&pointer)))
            .collect();
        if points.is_empty() {
            points.extend(
                self.found(what, &inside.confinement, &pointer, |confinement| {
                    let mut held = Vec::new();
                    if confinement.capabilities.as_deref().is_some_and(is_zero) {
                        held.push("no capability in force");
                    }
                    if confinement.no_new_privileges == Some(true) {
                        held.push("no-new-privileges");
                    }
                    if confinement.seccomp == Some(true) {
                        held.push("seccomp");
                    }
                    let text = format!("found inside: {}", held.join(", "));
                    (!held.is_empty()).then(|| Point::new(Status::Pass, text))
                }),
            );
        }
        points
    }

    fn files(&self) -> Vec<Point> {
        let (sandbox, docker) = (&self.agent.sandbox, self.docker());
        let keys = ["workspace-access", "agent-workspace"];
        let folder = &sandbox.agent_workspace;
        let mut points = vec![match sandbox.workspace_access {
            WorkspaceAccess::None => self.set(
                Status::Pass,
                "a workspace of its own; the agent's folder on the host is not seen",
                &keys[..1],
            ),
            WorkspaceAccess::Ro => self.set(
                Status::Pass,
                format!("the agent's folder {folder} is read, not written"),
                &keys,
            ),
            WorkspaceAccess::Rw => self.set(
                Status::Pass,
                format!("the agent's folder {folder} is read and written"),
                &keys,
            ),
        }];
        for (index, bind) in docker.binds.iter().enumerate() {
            points.push(self.bind(index, bind));
        }
        points.push(self.root());
        points
    }

    fn bind(&self, index: usize, bind: &Bind) -> Point {
        let key = format!("docker/binds/{index}");
        let paths = || std::iter::once(bind.source.as_str()).chain(bind.resolved.as_deref());
        let how = if bind.read_only {
            "read"
        } else {
            "read and written"
        };
        let what = format!("{} of the host is {how} at {}", bind.source, bind.target);
        if paths().any(is_socket) {
            let text = format!("{what}: the engine's socket, whoever holds it owns the host");
            return self.set(Status::Fail, text, &[&key]);
        }
        if paths().any(is_system) {
            return self.set(Status::Fail, format!("{what}: a system folder"), &[&key]);
        }
        self.set(Status::Pass, what, &[&key])
    }

    /// The root file system: as it was found, else as it is configured.
    fn root(&self) -> Point {
        if let Ok((base, inside)) = self.probe()
            && let Ok(read_only) = inside.root_read_only.get()
        {
            let (status, text) = if *read_only {
                (
                    Status::Pass,
                    "the root file system cannot be written (found inside)",
                )
            } else {
                (
                    Status::Warn,
                    "the root file system can be written (found inside)",
                )
            };
            let pointer = format!("{base}/root-read-only");
            return Point::new(status, text).evidence(self.snapshot.at(pointer));
        }
        let (status, text) = if self.docker().read_only_root {
            (
                Status::Pass,
                "the root file system is read-only by the settings",
            )
        } else {
            (
                Status::Warn,
                "the root file system is writable by the settings",
            )
        };
        self.set(status, text, &["docker/read-only-root"])
    }
}

fn is_zero(hex: &str) -> bool {
    u64::from_str_radix(hex.trim().trim_start_matches("0x"), 16).is_ok_and(|bits| bits == 0)
}
