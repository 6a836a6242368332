//! What is mounted into a probe, and what must stay out: looked at before, because an engine
//! creates volumes and folders that are not there.

use std::path::{Path, PathBuf};

use futures_util::future::join_all;

use super::super::World;
use super::spec::{Configuration, Workspace, extra_mount, refusal};
use crate::deadline::Deadline;
use crate::engine::Engine;
use crate::facts::docker::ProviderKind;
use crate::facts::host::Selinux;
use crate::facts::openclaw::{Bind, Placement, Relabel};
use crate::facts::sandbox::{Access, MountProbe, MountRole};
use crate::facts::{Facts, Reading, Why, WhyKind};
use crate::probe::blocking::blocking;
use crate::text::wash;

const LONGEST: usize = 300;
const RESERVED: [&str; 2] = ["/workspace", "/agent"];

/// One mount as it will be reported, and how the engine is told of it.
#[derive(Clone, Debug)]
pub struct Mount {
    pub report: MountProbe,
    /// `source:target[:options]`; none = it stays out, and the report says why.
    pub bind: Option<String>,
    /// The folder is ours, and could not be given to the owner that OpenClaw's would have.
    pub not_given: Option<String>,
}

impl Mount {
    fn new(source: &str, target: &str, role: MountRole, expected: Access) -> Self {
        Self {
            report: MountProbe {
                target: wash(target, LONGEST),
                source: wash(source, LONGEST),
                role,
                expected,
                found: Reading::default(),
                error: None,
                owner: None,
                used_by: None,
            },
            bind: Some(format!("{source}:{target}")),
            not_given: None,
        }
    }

    fn option(mut self, option: &str) -> Self {
        if let Some(bind) = &mut self.bind {
            bind.push(if bind.matches(':').count() == 1 {
                ':'
            } else {
                ','
            });
            bind.push_str(option);
        }
        self
    }

    fn without(mut self, kind: WhyKind, detail: impl Into<String>) -> Self {
        self.bind = None;
        self.report.found = Reading::unknown(kind, detail);
        self
    }
}

/// All mounts of a configuration. `own` is the folder to make for a workspace of the sandbox's
/// own.
pub async fn mounts(
    world: &World,
    facts: &Facts,
    engine: &Engine,
    configuration: &Configuration,
    own: &Path,
    d: Deadline,
) -> Vec<Mount> {
    let docker = &configuration.docker;
    let workdir = docker.workdir.as_str();
    let mut mounts = match &configuration.workspace {
        Workspace::Own => vec![own_workspace(facts, configuration, own, workdir)],
        Workspace::OwnAndRead(agents) => vec![
            own_workspace(facts, configuration, own, workdir),
            agents_workspace(facts, agents, "/agent", Access::Read),
        ],
        Workspace::Agents(agents) => {
            vec![agents_workspace(facts, agents, workdir, Access::Write)]
        }
    };
    let extra: Vec<Bind> = world
        .settings
        .sandbox
        .mounts
        .iter()
        .filter_map(|entry| extra_mount(entry))
        .collect();
    let asked = docker
        .binds
        .iter()
        .map(|bind| (bind, MountRole::Bind))
        .chain(extra.iter().map(|bind| (bind, MountRole::Volume)))
        .map(|(bind, role)| asked_for(world, facts, engine, bind, role, d));
    for mount in join_all(asked).await {
        let taken = |other: &Mount| other.report.target == mount.report.target;
        if mounts.iter().any(taken) {
            let detail = "something else is mounted there already";
            mounts.push(mount.without(WhyKind::NotApplicable, detail));
        } else {
            mounts.push(mount);
        }
    }
    mounts
}

/// Whether paths of this machine mean the same to the engine.
fn shares_files(facts: &Facts) -> Result<(), Why> {
    let endpoint = facts.docker.endpoint.get()?;
    if endpoint.url.starts_with("unix://") {
        return Ok(());
    }
    Err(Why::new(
        WhyKind::NotApplicable,
        format!(
            "the engine at {} does not see this machine's files",
            wash(&endpoint.url, 100)
        ),
    ))
}

fn own_workspace(facts: &Facts, configuration: &Configuration, own: &Path, workdir: &str) -> Mount {
    let source = own.to_string_lossy();
    let mut mount = Mount::new(&source, workdir, MountRole::Workspace, Access::Write).option("z");
    if let Err(why) = shares_files(facts) {
        return mount.without(why.kind, why.detail);
    }
    if source.contains(':') {
        return mount.without(
            WhyKind::NotApplicable,
            "the state folder's path holds a colon, so that it cannot be mounted",
        );
    }
    if let Err(error) = make(own) {
        return mount.without(
            WhyKind::Failed,
            format!("{source} could not be made: {error}"),
        );
    }
    let given = match &configuration.owner {
        Some(owner) => give(own, owner)
            .map_err(|error| format!("its test folder could not be given to {owner}: {error}")),
        None => Err("the owner of OpenClaw's workspace folder is not known".to_owned()),
    };
    // File sharing of some products shows every file as the container's user's.
    mount.not_given = given.err().filter(|_| keeps_owners(facts));
    mount
}

fn keeps_owners(facts: &Facts) -> bool {
    !facts.docker.provider.get().is_ok_and(|provider| {
        matches!(
            provider.kind,
            ProviderKind::DockerDesktop | ProviderKind::Orbstack
        )
    })
}

fn make(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    std::fs::DirBuilder::new().mode(0o700).create(path)
}

fn give(path: &Path, owner: &str) -> std::io::Result<()> {
    let numbers = owner
        .split_once(':')
        .and_then(|(uid, gid)| Some((uid.parse().ok()?, gid.parse().ok()?)));
    let Some((uid, gid)) = numbers else {
        return Err(std::io::Error::other("the owner is no pair of numbers"));
    };
    std::os::unix::fs::chown(path, Some(uid), Some(gid))
}

fn agents_workspace(facts: &Facts, source: &str, target: &str, expected: Access) -> Mount {
    let mut mount = Mount::new(source, target, MountRole::Workspace, expected);
    if expected == Access::Read {
        mount = mount.option("ro");
    }
    mount = mount.option("z");
    if let Err(why) = shares_files(facts) {
        return mount.without(why.kind, why.detail);
    }
    if !source.starts_with('/') || source.contains(':') {
        let detail = "the agent's workspace is not known as a path that can be mounted";
        return mount.without(WhyKind::NotApplicable, detail);
    }
    match is_there(facts, source) {
        Ok(()) => mount,
        Err(why) => mount.without(why.kind, why.detail),
    }
}

/// Paths in the configuration of a gateway in a container are that container's.
fn is_there(facts: &Facts, path: &str) -> Result<(), Why> {
    if let Ok(Placement::Container { name, .. } | Placement::Elsewhere { id: name, .. }) =
        facts.openclaw.gateway.get().map(|g| g.placement.clone())
    {
        return Err(Why::new(
            WhyKind::NotApplicable,
            format!("{path} is a path inside the gateway's container {name}"),
        ));
    }
    match PathBuf::from(path).metadata() {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(Why::new(
            WhyKind::Absent,
            format!("{path} does not exist on this machine"),
        )),
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => Err(Why::new(
            WhyKind::Denied,
            format!("whether {path} exists may not be known: {error}"),
        )),
        Err(error) => Err(Why::new(
            WhyKind::Failed,
            format!("{path} cannot be looked at: {error}"),
        )),
    }
}

async fn asked_for(
    world: &World,
    facts: &Facts,
    engine: &Engine,
    bind: &Bind,
    role: MountRole,
    d: Deadline,
) -> Mount {
    let expected = if bind.read_only {
        Access::Read
    } else {
        Access::Write
    };
    let mut mount = Mount::new(&bind.source, &bind.target, role, expected);
    if bind.read_only {
        mount = mount.option("ro");
    }
    match bind.relabel {
        Some(Relabel::Shared) => mount = mount.option("z"),
        // The probe's label would lock out the sandbox that has the folder.
        Some(Relabel::Private) if facts.host.selinux.get() != Ok(&Selinux::Absent) => {
            let detail =
                "it is labelled for one container alone (:Z), which trying it would not be";
            return mount.without(WhyKind::NotApplicable, detail);
        }
        Some(Relabel::Private) | None => {}
    }
    match allowed(world, facts, engine, bind, role, d).await {
        Ok(()) => {
            mount.report.used_by = users(engine, &bind.source, d).await;
            mount
        }
        Err(why) => mount.without(why.kind, wash(&why.detail, LONGEST)),
    }
}

/// The containers that mount a named volume, our own probes apart; none where that is not known.
async fn users(engine: &Engine, volume: &str, d: Deadline) -> Option<Vec<String>> {
    if volume.starts_with('/') {
        return None;
    }
    let users = engine.volume_users(volume, d).await.ok()?;
    let others = users
        .into_iter()
        .filter(|user| !user.labels.contains_key(super::PROBE_LABEL));
    Some(others.map(|user| wash(&user.name, LONGEST)).collect())
}

async fn allowed(
    world: &World,
    facts: &Facts,
    engine: &Engine,
    bind: &Bind,
    role: MountRole,
    d: Deadline,
) -> Result<(), Why> {
    let is_odd = |text: &str| text.contains(':') || text.chars().any(char::is_control);
    if is_odd(&bind.source) || is_odd(&bind.target) || !bind.target.starts_with('/') {
        return Err(Why::new(
            WhyKind::NotApplicable,
            "not a mount that an engine understands",
        ));
    }
    let reserved = |root: &&str| {
        bind.target
            .strip_prefix(*root)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    if role == MountRole::Volume && RESERVED.iter().any(reserved) {
        return Err(Why::new(
            WhyKind::NotApplicable,
            format!("{} is where OpenClaw mounts workspaces", bind.target),
        ));
    }
    if !bind.source.starts_with('/') {
        return match engine.has_volume(&bind.source, d).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(Why::new(
                WhyKind::Absent,
                format!("the engine has no volume `{}`", bind.source),
            )),
            Err(why) => Err(why),
        };
    }
    shares_files(facts)?;
    let (mut seen, source) = (bind.clone(), bind.source.clone());
    let is_to_resolve = seen.resolved.is_none();
    let (real, there) = blocking(d, move || {
        let real = is_to_resolve.then(|| std::fs::canonicalize(&source).ok());
        (real.flatten(), std::fs::metadata(&source).map(drop))
    })
    .await?;
    let real = real.map(|path| path.to_string_lossy().into_owned());
    seen.resolved = seen.resolved.or(real);
    let home = world.operator.home.to_string_lossy();
    if let Some(reason) = refusal(&seen, &home, role == MountRole::Bind) {
        return Err(Why::new(
            WhyKind::NotApplicable,
            format!("{} is not for a sandbox: {reason}", bind.source),
        ));
    }
    // Binds stay paths of the host wherever the gateway runs.
    match there {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => Ok(()),
        Err(_) => Err(Why::new(
            WhyKind::Absent,
            format!("{} does not exist on this machine", bind.source),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_appended_as_the_docker_cli_writes_them() {
        let mount = Mount::new("/a", "/b", MountRole::Bind, Access::Read);
        assert_eq!(mount.clone().bind.as_deref(), Some("/a:/b"));
        let both = mount.option("ro").option("z");
        assert_eq!(both.bind.as_deref(), Some("/a:/b:ro,z"));
    }
}
