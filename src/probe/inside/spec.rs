//! Which sandbox configurations there are, and the container that OpenClaw would make of each.
//! Pure.
//!
//! OpenClaw's arguments to `docker create`: <https://docs.openclaw.ai/gateway/sandboxing>.

use std::path::Path;

use crate::engine::ContainerSpec;
use crate::facts::is_within;
use crate::facts::openclaw::{Agent, Bind, Docker, Sandbox, WorkspaceAccess};

/// All that goes into a sandbox, so that agents with equal ones share a probe.
#[derive(Clone, Debug, PartialEq)]
pub struct Configuration {
    pub workspace: Workspace,
    /// `--user`; none = the image's own.
    pub user: Option<String>,
    /// Owner that OpenClaw's workspace folder has or would have.
    pub owner: Option<String>,
    pub docker: Docker,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Workspace {
    /// A folder of the sandbox's own.
    Own,
    /// A folder of its own, and the agent's to read.
    OwnAndRead(String),
    /// The agent's.
    Agents(String),
}

/// A configuration and the agents that share it.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    pub agents: Vec<String>,
    pub configuration: Configuration,
}

/// The distinct configurations, in the agents' order.
pub fn groups(agents: &[Agent]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for agent in agents.iter().filter(|agent| agent.is_sandboxed()) {
        let configuration = configuration(&agent.sandbox);
        match groups
            .iter_mut()
            .find(|group| group.configuration == configuration)
        {
            Some(group) => group.agents.push(agent.id.clone()),
            None => groups.push(Group {
                agents: vec![agent.id.clone()],
                configuration,
            }),
        }
    }
    groups
}

fn configuration(sandbox: &Sandbox) -> Configuration {
    let workspace = match sandbox.workspace_access {
        WorkspaceAccess::None => Workspace::Own,
        WorkspaceAccess::Ro => Workspace::OwnAndRead(sandbox.agent_workspace.clone()),
        WorkspaceAccess::Rw => Workspace::Agents(sandbox.agent_workspace.clone()),
    };
    // What does not reach the container must not tell configurations apart.
    let docker = Docker {
        container_prefix: String::new(),
        env: Vec::new(),
        setup_command: false,
        dangerous: Vec::new(),
        ..sandbox.docker.clone()
    };
    Configuration {
        workspace,
        user: docker
            .user
            .clone()
            .or_else(|| sandbox.workspace_owner.clone()),
        owner: sandbox.workspace_owner.clone(),
        docker,
    }
}

impl Configuration {
    /// The container without what makes it ours: command, labels, mounts.
    pub fn container(&self, seccomp: Option<&str>) -> ContainerSpec {
        let docker = &self.docker;
        let mut security_opt = vec!["no-new-privileges".to_owned()];
        // The Docker CLI reads the profile and sends its text.
        security_opt.extend(seccomp.map(|profile| format!("seccomp={profile}")));
        security_opt.extend(
            docker
                .apparmor_profile
                .as_ref()
                .map(|name| format!("apparmor={name}")),
        );
        ContainerSpec {
            image: docker.image.clone(),
            env: vec![("LANG".to_owned(), "C.UTF-8".to_owned())],
            user: self.user.clone(),
            workdir: Some(docker.workdir.clone()),
            network: docker.network.clone(),
            read_only_root: docker.read_only_root,
            tmpfs: docker.tmpfs.clone(),
            cap_drop: docker.cap_drop.clone(),
            security_opt,
            memory: docker.memory,
            memory_swap: docker.memory_swap,
            cpus: docker.cpus,
            pids_limit: docker.pids_limit,
            dns: docker.dns.clone(),
            extra_hosts: docker.extra_hosts.clone(),
            init: true,
            auto_remove: true,
            gpus: docker.gpus.clone(),
            ..ContainerSpec::default()
        }
    }
}

/// An entry of the settings' `sandbox.mounts`: `volume-or-path:target[:ro]`.
pub fn extra_mount(entry: &str) -> Option<Bind> {
    let mut parts = entry.split(':');
    let (source, target) = (parts.next()?, parts.next()?);
    let options = parts.next();
    if source.is_empty() || !target.starts_with('/') || parts.next().is_some() {
        return None;
    }
    Some(Bind {
        source: source.to_owned(),
        target: target.to_owned(),
        read_only: options.is_some_and(|options| options.split(',').any(|one| one == "ro")),
        relabel: None,
        resolved: None,
        exists: None,
    })
}

/// Host paths that OpenClaw refuses to mount: the source equals one, lies below or covers it.
const BLOCKED: [&str; 9] = [
    "/etc",
    "/private/etc",
    "/proc",
    "/sys",
    "/dev",
    "/boot",
    "/run",
    "/var/run",
    "/private/var/run",
];
const BLOCKED_AT_HOME: [&str; 8] = [
    ".aws", ".cargo", ".config", ".docker", ".gnupg", ".netrc", ".npm", ".ssh",
];

/// Why this source must not enter a sandbox, ours included.
pub fn refusal(bind: &Bind, home: &str, of_openclaw: bool) -> Option<String> {
    let mut blocked: Vec<String> = BLOCKED.map(str::to_owned).to_vec();
    if of_openclaw {
        blocked.push("/root".to_owned());
    }
    blocked.extend(BLOCKED_AT_HOME.map(|name| format!("{}/{name}", home.trim_end_matches('/'))));
    for source in std::iter::once(&bind.source).chain(bind.resolved.as_ref()) {
        if Path::new(source)
            .extension()
            .is_some_and(|end| end == "sock")
        {
            return Some(format!("{source} is a socket of the host"));
        }
        if let Some(path) = blocked
            .iter()
            .find(|path| is_within(source, path) || is_within(path, source))
        {
            return Some(format!("it holds or lies in {path} of the host"));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::openclaw::Mode;

    fn agent(id: &str) -> Agent {
        Agent {
            id: id.to_owned(),
            sandbox: Sandbox {
                mode: Mode::All,
                backend: "docker".to_owned(),
                scope: crate::facts::openclaw::Scope::Agent,
                workspace_access: WorkspaceAccess::None,
                workspace_root: "/home/o/.openclaw/sandboxes".to_owned(),
                agent_workspace: format!("/home/o/{id}"),
                workspace_owner: Some("1000:1000".to_owned()),
                docker: Docker::default(),
            },
        }
    }

    fn bind(source: &str) -> Bind {
        extra_mount(&format!("{source}:/data")).expect("a mount")
    }

    #[test]
    fn agents_share_a_probe_when_nothing_in_the_container_differs() {
        let mut limited = agent("c");
        limited.sandbox.docker.memory = Some(512 << 20);
        let mut named = agent("d");
        named.sandbox.docker.container_prefix = "other-".to_owned();
        let mut off = agent("e");
        off.sandbox.mode = Mode::Off;
        let mut elsewhere = agent("f");
        elsewhere.sandbox.backend = "ssh".to_owned();
        let groups = groups(&[agent("a"), agent("b"), limited, named, off, elsewhere]);
        let agents: Vec<Vec<String>> = groups.into_iter().map(|group| group.agents).collect();
        assert_eq!(agents, [vec!["a", "b", "d"], vec!["c"]]);
    }

    #[test]
    fn agents_that_work_in_their_own_folders_do_not_share() {
        let mut both = [agent("a"), agent("b")];
        for agent in &mut both {
            agent.sandbox.workspace_access = WorkspaceAccess::Rw;
        }
        assert_eq!(groups(&both).len(), 2);
    }

    #[test]
    fn a_sandbox_is_shut_in_as_openclaw_does_it() {
        let group = &groups(&[agent("a")])[0];
        let made = group.configuration.container(None);
        assert_eq!(made.user.as_deref(), Some("1000:1000"));
        assert_eq!(made.network, "none");
        assert_eq!(made.cap_drop, ["ALL"]);
        assert_eq!(made.security_opt, ["no-new-privileges"]);
        assert_eq!(made.tmpfs, ["/tmp", "/var/tmp", "/run"]);
        assert!(made.read_only_root && made.init && made.auto_remove);
        assert_eq!((made.memory, made.pids_limit), (None, None));
    }

    #[test]
    fn a_configured_user_wins_over_the_folders_owner() {
        let mut one = agent("a");
        one.sandbox.docker.user = Some("0:0".to_owned());
        let group = &groups(&[one])[0];
        assert_eq!(group.configuration.user.as_deref(), Some("0:0"));
        assert_eq!(group.configuration.owner.as_deref(), Some("1000:1000"));
    }

    #[test]
    fn sources_that_would_open_the_host_are_refused() {
        for bad in [
            "/",
            "/var",
            "/var/run/docker.sock",
            "/etc/ssl",
            "/home/o/.ssh",
            "/home/o",
            "/home",
            "/srv/x/docker.sock",
        ] {
            assert!(refusal(&bind(bad), "/home/o", true).is_some(), "{bad}");
        }
        for good in [
            "/srv/data",
            "/home/o/work",
            "/home/other",
            "cache",
            "/etcetera",
        ] {
            assert_eq!(refusal(&bind(good), "/home/o", true), None, "{good}");
        }
        let mut link = bind("/srv/link");
        link.resolved = Some("/etc".to_owned());
        assert!(refusal(&link, "/home/o", true).is_some());
    }

    #[test]
    fn an_extra_mount_without_a_target_is_none() {
        for bad in ["cache", "cache:data", ":/data", "a:/b:ro:x", ""] {
            assert_eq!(extra_mount(bad), None, "{bad}");
        }
        assert!(extra_mount("cache:/data:ro").expect("a mount").read_only);
    }
}
