//! How far a gateway on this machine reaches: its Docker CLI, the engine's socket, its own health.

use std::fs;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use super::super::{config, install};
use super::Seen;
use crate::deadline::Deadline;
use crate::engine::endpoint::{self, FileAnswer};
use crate::facts::docker::Connection;
use crate::facts::openclaw::{Gateway, Health, Placement, SocketAccess};
use crate::facts::{Facts, Reading, Why, WhyKind};
use crate::probe::World;
use crate::probe::blocking::blocking;
use crate::probe::net::http::{self, Way};
use crate::surroundings::Surroundings;
use crate::text::wash;

const HEALTH: Duration = Duration::from_millis(1500);

pub async fn on_this_machine(world: &World, facts: &Facts, seen: &Seen, d: Deadline) -> Gateway {
    let gateway = match seen.placement {
        Placement::Missing => world.operator.clone(),
        Placement::Process { .. }
        | Placement::Installed { .. }
        | Placement::Container { .. }
        | Placement::Elsewhere { .. } => surroundings(&world.operator, seen),
    };
    let as_operator = gateway.uid == world.operator.uid
        && world
            .operator
            .groups
            .iter()
            .all(|group| gateway.groups.contains(group));
    let node = seen.node.clone();
    let home = gateway.home.clone();
    let env = seen.env.clone();
    let env_from = seen.env_from.clone();
    let looking = blocking(d, move || {
        let (cli, path) = match env {
            Ok(_) => {
                let folders = search_path(&gateway, node.as_deref(), &home);
                let cli = Reading::from_result(docker_cli(&folders), env_from);
                (cli, there(&folders))
            }
            Err(why) => (Reading::Unknown(why), Vec::new()),
        };
        let socket = endpoint::resolve(&gateway, &answer)
            .and_then(|endpoint| socket(&endpoint.url, gateway.uid, &gateway.groups));
        (cli, path, socket)
    });
    let (docker_cli, path, socket) = match looking.await {
        Ok(found) => found,
        Err(why) => (Reading::Unknown(why.clone()), Vec::new(), Err(why)),
    };
    let socket = match (&seen.env, seen.uid) {
        (Err(why), _) => Err(why.clone()),
        (Ok(_), None) => Err(Why::new(WhyKind::Denied, "the gateway's user is not known")),
        (Ok(_), Some(_)) => socket.map(|socket| match socket {
            SocketAccess::Denied { path, .. } if as_operator && answers(facts, &path) => {
                SocketAccess::Usable { path }
            }
            other => other,
        }),
    };
    Gateway {
        placement: seen.placement.clone(),
        port: None,
        health: Reading::default(),
        docker_cli,
        path_from: Some(seen.env_from.clone()),
        path,
        docker_host: seen.var("DOCKER_HOST").map(|host| wash(host, 300)),
        uid: seen.uid,
        groups: seen.groups.clone(),
        socket: Reading::from_result(socket, "the socket's owner, group and mode"),
        container: Reading::not_applicable("it runs on the host"),
        version: None,
        state: Reading::not_applicable("it runs on the host"),
        beside: Reading::not_applicable("it runs on the host"),
        stray_dockerenv: false,
    }
}

/// The operator was let in there, which weighs more than bits: an access list may allow it.
fn answers(facts: &Facts, path: &str) -> bool {
    let same = facts
        .docker
        .endpoint
        .get()
        .is_ok_and(|endpoint| endpoint.url.strip_prefix("unix://") == Some(path));
    same && matches!(
        facts.docker.connection.get(),
        Ok(Connection::Answers { .. })
    )
}

/// The gateway's own surroundings, as far as they are known.
fn surroundings(operator: &Surroundings, seen: &Seen) -> Surroundings {
    let same_user = seen.uid == Some(operator.uid);
    let groups = if seen.groups.is_empty() && same_user {
        // Where a process does not tell, its user's do.
        operator.groups.clone()
    } else {
        seen.groups.clone()
    };
    Surroundings {
        env: seen.env.clone().unwrap_or_default(),
        uid: seen.uid.unwrap_or(u32::MAX),
        groups,
        home: seen
            .var("HOME")
            .map_or_else(|| operator.home.clone(), PathBuf::from),
        ..Surroundings::default()
    }
}

/// The folders that OpenClaw 2026.9 searches: at its start it puts the folder of its Node.js,
/// `/usr/bin` and `/bin` before what it inherited, and the usual places of package managers
/// behind (`ensureOpenClawCliOnPath` in its `infra/path-env`).
fn search_path(gateway: &Surroundings, node: Option<&Path>, home: &Path) -> Vec<PathBuf> {
    const BEHIND: [&str; 9] = [
        ".linuxbrew/bin",
        "/home/linuxbrew/.linuxbrew/bin",
        "/opt/homebrew/bin",
        "/usr/local/bin",
        ".local/bin",
        ".npm-global/bin",
        ".local/share/pnpm",
        ".bun/bin",
        ".yarn/bin",
    ];
    let first = node
        .map(Path::to_path_buf)
        .into_iter()
        .chain(["/usr/bin", "/bin"].map(PathBuf::from));
    let inherited = gateway.path().map(Path::to_path_buf);
    first
        .chain(inherited)
        .chain(BEHIND.iter().map(|folder| home.join(folder)))
        .collect()
}

/// Those that exist, each once, in their order.
fn there(folders: &[PathBuf]) -> Vec<String> {
    let mut there: Vec<String> = Vec::new();
    for folder in folders.iter().filter(|folder| folder.is_dir()) {
        let shown = folder.to_string_lossy().into_owned();
        if !there.contains(&shown) {
            there.push(shown);
        }
    }
    there
}

fn docker_cli(folders: &[PathBuf]) -> Result<String, Why> {
    folders
        .iter()
        .map(|folder| folder.join("docker"))
        .find(|path| install::is_program(path))
        .map(|path| wash(&path.to_string_lossy(), 1000))
        .ok_or_else(|| {
            let mut shown: Vec<String> = Vec::new();
            for folder in folders {
                let folder = wash(&folder.to_string_lossy(), 200);
                if !shown.contains(&folder) {
                    shown.push(folder);
                }
            }
            let words = format!("no `docker` in {}", shown.join(":"));
            Why::new(WhyKind::Absent, words)
        })
}

/// The Docker CLI's own files, for `endpoint::resolve`.
fn answer(path: &Path) -> FileAnswer {
    fs::read(path).map_err(|error| config::refused(&wash(&path.to_string_lossy(), 1000), &error))
}

/// May this user open the socket? Decided from owner, group and mode, since nobody but the gateway
/// can try it as the gateway.
fn socket(url: &str, uid: u32, groups: &[u32]) -> Result<SocketAccess, Why> {
    let Some(path) = url.strip_prefix("unix://") else {
        let words = format!(
            "the gateway's endpoint is {}, which is no local socket",
            wash(url, 200)
        );
        return Err(Why::new(WhyKind::NotApplicable, words));
    };
    let shown = wash(path, 1000);
    let data = fs::metadata(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => Why::new(WhyKind::Absent, format!("there is no {shown}")),
        std::io::ErrorKind::PermissionDenied => {
            Why::new(WhyKind::Denied, format!("{shown} cannot be looked at"))
        }
        _ => Why::new(WhyKind::Failed, format!("{shown}: {error}")),
    })?;
    if !data.file_type().is_socket() {
        return Err(Why::new(WhyKind::Failed, format!("{shown} is no socket")));
    }
    if may_write(data.uid(), data.gid(), data.mode(), uid, groups) {
        return Ok(SocketAccess::Usable { path: shown });
    }
    Ok(SocketAccess::Denied {
        path: shown,
        why: format!(
            "it belongs to user {} and group {} with mode {:o}; the gateway is user {uid} in groups {groups:?}",
            data.uid(),
            data.gid(),
            data.mode() & 0o777
        ),
    })
}

/// The first class that fits decides (path_resolution(7)); connecting to a socket wants `w`.
pub fn may_write(owner: u32, group: u32, mode: u32, uid: u32, groups: &[u32]) -> bool {
    let bit = if uid == 0 {
        return true;
    } else if uid == owner {
        0o200
    } else if groups.contains(&group) {
        0o020
    } else {
        0o002
    };
    mode & bit != 0
}

/// `/healthz` and `/readyz`. They say nothing of Docker: both stay good when the engine is gone.
pub async fn health(port: u16, d: Deadline) -> Reading<Health> {
    let d = d.at_most(HEALTH);
    let from = format!("http://127.0.0.1:{port}");
    let (live, ready) = tokio::join!(page(port, "healthz", d), page(port, "readyz", d));
    let read = live.map(|(status, _)| {
        let (ready, body) = ready.unwrap_or((0, Value::Null));
        let failing = body.get("failing").and_then(Value::as_array);
        Health {
            live: status == 200,
            ready: ready == 200 && body.get("ready") != Some(&Value::Bool(false)),
            failing: failing
                .into_iter()
                .flatten()
                .take(20)
                .map(|part| wash(part.as_str().unwrap_or(&part.to_string()), 200))
                .collect(),
        }
    });
    Reading::from_result(read, from)
}

async fn page(port: u16, name: &str, d: Deadline) -> Result<(u16, Value), Why> {
    let asking = async {
        let client = http::client(Way::Plain)?;
        let url = format!("http://127.0.0.1:{port}/{name}");
        let sent = client.get(url).send().await;
        sent.map_err(|error| match http::why(error) {
            // Nobody listens: that is known, and no trouble of ours.
            why if why.kind == WhyKind::Failed => Why::new(WhyKind::Absent, why.detail),
            why => why,
        })
    };
    let response = d.bound(asking).await.map_err(|elapsed| {
        let words = format!(
            "no answer on port {port} within {} ms",
            elapsed.0.as_millis()
        );
        Why::new(WhyKind::Timeout, words)
    })??;
    let status = response.status().as_u16();
    let body = http::body(response, d).await?;
    Ok((status, serde_json::from_str(&body).unwrap_or(Value::Null)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_class_that_fits_decides() {
        for (mode, uid, groups, expected) in [
            (0o660, 0, &[][..], true),
            (0o660, 501, &[20][..], false),
            (0o660, 501, &[20, 998][..], true),
            (0o606, 501, &[998][..], false),
            (0o666, 501, &[][..], true),
            (0o066, 7, &[998][..], false),
        ] {
            let may = may_write(7, 998, mode, uid, groups);
            assert_eq!(may, expected, "{mode:o} {uid} {groups:?}");
        }
    }

    #[test]
    fn openclaws_own_folders_come_before_the_inherited_ones() {
        let gateway = Surroundings {
            env: [("PATH".to_owned(), "/custom:/usr/bin".to_owned())].into(),
            ..Surroundings::default()
        };
        let folders = search_path(&gateway, Some(Path::new("/node/bin")), Path::new("/h"));
        let first: Vec<&Path> = folders.iter().take(4).map(PathBuf::as_path).collect();
        assert_eq!(
            first,
            ["/node/bin", "/usr/bin", "/bin", "/custom"].map(Path::new)
        );
        assert!(folders.contains(&PathBuf::from("/h/.local/bin")));
    }
}
