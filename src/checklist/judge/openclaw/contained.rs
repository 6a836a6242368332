//! A gateway in a container that drives the engine on whose machine it runs: whether that is the
//! engine in force, whether the engine can find OpenClaw's folders, and whether OpenClaw may write
//! to them.

use crate::checklist::verdict::Complaint;
use crate::facts::docker::ProviderKind;
use crate::facts::openclaw::{Gateway, Placement, StateFolder};
use crate::facts::sandbox::StandingMount;
use crate::facts::{Facts, Why};
use crate::units::Version;

/// The release in which the translation was seen to work.
const TRANSLATES: &str = "2026.9.6";
/// How Docker Desktop calls the Mac's own folders inside its VM.
const DESKTOP_ROOT: &str = "/host_mnt";

/// The gateway's container is none of the engine's that everything else was asked of.
pub fn of_another_engine(facts: &Facts, gateway: &Gateway) -> Option<Complaint> {
    let Placement::Elsewhere { pid, id } = &gateway.placement else {
        return None;
    };
    let short = id.get(..12).unwrap_or(id);
    let engine = match facts.docker.endpoint.get() {
        Ok(endpoint) => format!("the engine in force ({})", endpoint.url),
        Err(_) => "the engine in force".to_owned(),
    };
    let message = format!(
        "the gateway (process {pid}) runs in the container {short}, which is none of {engine}: whether it finds docker and its folders cannot be told from here, and the sandboxes may be another engine's"
    );
    Some(
        Complaint::fail("gateway-in-another-engine", message)
            .target(short)
            .requirement("the engine in force runs the gateway's container")
            .hint("check the engine that runs the gateway (DOCKER_HOST=unix://… clawdoctor check, or docker context use NAME), and let the gateway use that engine's socket: it refuses any other"),
    )
}

/// What an engine mounts into a sandbox lies on its own machine. OpenClaw translates the paths of
/// its container to that machine's since one release, and refuses what is no bind mount.
pub fn folders(gateway: &Gateway, since: &Version) -> Result<Vec<Complaint>, Why> {
    let Placement::Container { name, .. } = &gateway.placement else {
        return Ok(Vec::new());
    };
    let mounts = &gateway.container.get()?.mounts;
    let state = gateway.state.get()?;
    // Each is what a sandbox gets to see of it, by `workspaceAccess`.
    let folders = ["", "/sandboxes", "/workspace"].map(|inner| format!("{}{inner}", state.path));
    for folder in &folders {
        let mount = holder(mounts, folder);
        if mount.is_none_or(|mount| mount.kind != "bind") {
            return Ok(vec![not_bound(name, folder, mount)]);
        }
    }
    let Some(text) = &gateway.version else {
        return Ok(Vec::new());
    };
    let translates = text
        .parse::<Version>()
        .is_ok_and(|version| version >= *since);
    let differs = folders.iter().find_map(|folder| {
        let there = on_the_machine(holder(mounts, folder)?, folder)?;
        (there != *folder).then_some((folder, there))
    });
    Ok(match differs {
        Some((folder, there)) if !translates => vec![paths_differ(name, text, folder, &there)],
        Some(_) | None => Vec::new(),
    })
}

fn not_bound(name: &str, folder: &str, mount: Option<&StandingMount>) -> Complaint {
    let lies = match mount {
        Some(mount) if mount.kind == "volume" => format!("is in the volume {}", mount.source),
        Some(mount) => format!("is in a {} mount", mount.kind),
        None => "is in the container's own file system".to_owned(),
    };
    let message = format!(
        "{folder} of the gateway's container {name} {lies}, which no sandbox can be given: OpenClaw refuses every sandboxed call (older releases mount an empty folder)"
    );
    Complaint::fail("gateway-state-not-bound", message)
        .target(name)
        .path(folder)
        .requirement("OpenClaw's state and workspaces are bind mounts")
        .hint(format!(
            "copy it out (docker cp {name}:{folder} FOLDER), bind-mount that folder of the engine's machine at {folder} instead, and recreate the gateway's container"
        ))
}

fn paths_differ(name: &str, version: &str, folder: &str, there: &str) -> Complaint {
    let message = format!(
        "OpenClaw {version} in the container {name} has the engine mount {folder}, which on the engine's machine is {there}: /workspace of every sandbox is another folder, mostly an empty one"
    );
    Complaint::fail("gateway-paths-differ", message)
        .target(name)
        .path(folder)
        .requirement(format!("openclaw>={TRANSLATES}, or the same path on both sides"))
        .hint(format!(
            "make the gateway's image anew with OpenClaw {TRANSLATES} or later; or mount {there} at {there} and set OPENCLAW_STATE_DIR to where the state is then"
        ))
}

/// Known where the container tells it, or where the folder that is mounted does.
pub fn not_writable(gateway: &Gateway) -> Option<Complaint> {
    let Placement::Container { name, .. } = &gateway.placement else {
        return None;
    };
    let state = gateway.state.get().ok()?;
    let refused = state.refused.as_ref()?;
    let mounts = gateway.container.get().map(|seen| seen.mounts.clone());
    let mounts = mounts.unwrap_or_default();
    let mount = holder(&mounts, refused);
    let user = gateway
        .uid
        .map_or_else(|| "its user".to_owned(), |uid| format!("uid {uid}"));
    let whose = whose(state);
    let message = format!(
        "the gateway in the container {name} ({user}) may not write to {refused}{whose}: it ends with EACCES, or every turn does"
    );
    Some(
        Complaint::fail("gateway-state-not-writable", message)
            .target(name)
            .path(refused)
            .requirement("the gateway's user owns OpenClaw's folders")
            .hint(writable_hint(gateway, name, refused, mount)),
    )
}

fn whose(state: &StateFolder) -> String {
    state.owner.as_ref().map_or_else(String::new, |owner| {
        format!(
            ", which is owned by {}:{} with mode {}",
            owner.uid, owner.gid, owner.mode
        )
    })
}

fn writable_hint(
    gateway: &Gateway,
    name: &str,
    refused: &str,
    mount: Option<&StandingMount>,
) -> String {
    let uid = gateway.uid.unwrap_or(1000);
    match mount {
        Some(mount) if mount.read_only => {
            format!(
                "mount {} without `ro`, and recreate the gateway's container",
                mount.target
            )
        }
        Some(mount) if mount.kind == "bind" => match on_the_machine(mount, refused) {
            Some(there) => {
                format!("run on the engine's machine: sudo chown -R {uid}:{uid} {there}")
            }
            None => format!("let uid {uid} write to {refused}"),
        },
        Some(_) | None => format!("run: docker exec -u 0 {name} chown -R {uid}:{uid} {refused}"),
    }
}

/// OpenClaw's own Compose file drops `NET_RAW` for `openclaw-cli`, which shares the gateway's
/// network; behind Docker Desktop names may then not resolve in it
/// (<https://github.com/openclaw/openclaw/issues/79018>).
pub fn without_names(facts: &Facts, gateway: &Gateway) -> Vec<Complaint> {
    let provider = facts.docker.provider.get().map(|provider| provider.kind);
    let (Ok(ProviderKind::DockerDesktop), Ok(beside)) = (provider, gateway.beside.get()) else {
        return Vec::new();
    };
    let drops = |cap: &String| {
        matches!(
            cap.trim_start_matches("CAP_"),
            "NET_RAW" | "ALL" | "net_raw" | "all"
        )
    };
    let dropping = beside.iter().filter(|one| one.cap_drop.iter().any(drops));
    dropping
        .map(|one| {
            let name = &one.name;
            let message = format!(
                "the container {name} shares the gateway's network and lacks NET_RAW: behind Docker Desktop names may not resolve in it (EAI_AGAIN), as when it installs a plugin"
            );
            Complaint::warn("gateway-cli-without-names", message)
                .target(name)
                .hint("when such a command fails with EAI_AGAIN, run that one with a Compose file over yours that says cap_drop: !reset [] for its service; the file as it is serves all else")
        })
        .collect()
}

/// The mount that holds this path: the innermost.
fn holder<'a>(mounts: &'a [StandingMount], path: &str) -> Option<&'a StandingMount> {
    mounts
        .iter()
        .filter(|mount| below(path, &mount.target).is_some())
        .max_by_key(|mount| mount.target.len())
}

/// What of the path is left below the folder.
fn below<'a>(path: &'a str, folder: &str) -> Option<&'a str> {
    let rest = path.strip_prefix(folder.trim_end_matches('/'))?;
    (rest.is_empty() || rest.starts_with('/')).then_some(rest)
}

fn on_the_machine(mount: &StandingMount, path: &str) -> Option<String> {
    let rest = below(path, &mount.target)?;
    let source = mount.source.trim_end_matches('/');
    let source = below(source, DESKTOP_ROOT).unwrap_or(source);
    Some(format!("{source}{rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mount(kind: &str, source: &str, target: &str) -> StandingMount {
        StandingMount {
            kind: kind.to_owned(),
            source: source.to_owned(),
            target: target.to_owned(),
            read_only: false,
        }
    }

    #[test]
    fn the_innermost_mount_holds_a_path() {
        let mounts = [
            mount("volume", "home", "/home/node"),
            mount("bind", "/srv/claw/", "/home/node/.openclaw"),
            mount(
                "bind",
                "/host_mnt/Users/me/w",
                "/home/node/.openclaw/workspace",
            ),
        ];
        let there = |path: &str| {
            let mount = holder(&mounts, path)?;
            Some((mount.kind.as_str(), on_the_machine(mount, path)?))
        };
        for (path, expected) in [
            (
                "/home/node/.openclaw/sandboxes",
                Some(("bind", "/srv/claw/sandboxes")),
            ),
            (
                "/home/node/.openclaw/workspace",
                Some(("bind", "/Users/me/w")),
            ),
            (
                "/home/node/.openclawed",
                Some(("volume", "home/.openclawed")),
            ),
            ("/app", None),
        ] {
            let expected = expected.map(|(kind, path): (&str, &str)| (kind, path.to_owned()));
            assert_eq!(there(path), expected, "{path}");
        }
    }
}
