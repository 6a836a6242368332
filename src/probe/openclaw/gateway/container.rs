//! A gateway in a container that drives the engine it runs in (docker-outside-of-docker): has it a
//! Docker CLI, and may it use the socket? Both are asked inside, with constant scripts.

use std::time::Duration;

use super::{Seen, inside, reach};
use crate::deadline::Deadline;
use crate::engine::{Engine, Inspected};
use crate::facts::docker::Endpoint;
use crate::facts::openclaw::{Beside, Gateway, Placement, SocketAccess};
use crate::facts::sandbox::Standing;
use crate::facts::{Facts, Reading, Why, WhyKind};
use crate::probe::blocking::blocking;
use crate::text::wash;

/// For the inspection of one container and for one look into it.
const PATIENCE: Duration = Duration::from_secs(3);
/// The list is only searched when nothing else told of a gateway: not worth a long wait.
const LISTING: Duration = Duration::from_secs(1);

/// A running container by name or id.
pub async fn named(engine: &Engine, name: &str, d: Deadline) -> Result<Inspected, Why> {
    let found = engine.inspect(name, d.at_most(PATIENCE)).await?;
    if found.running {
        return Ok(found);
    }
    let words = format!("the gateway's container {} is not running", wash(name, 200));
    Err(Why::new(WhyKind::Failed, words))
}

/// The first running container whose image is called `openclaw…` and that is no sandbox.
pub async fn of_an_openclaw_image(engine: &Engine, d: Deadline) -> Option<Inspected> {
    // One that restarts again and again counts: why it does is to be told.
    let found = engine.first_of_image(is_gateway_image, d.at_most(LISTING));
    let gateway = found.await.ok()??;
    named(engine, &gateway, d).await.ok()
}

fn is_gateway_image(image: &str) -> bool {
    let last = image.rsplit('/').next().unwrap_or_default();
    last.starts_with("openclaw") && !last.starts_with("openclaw-sandbox")
}

/// The innermost container of a process, by its control groups (`/docker/<id>`,
/// `docker-<id>.scope`, another engine's `libpod-<id>.scope`); none when it is one that we are in
/// ourselves.
pub fn id_in_cgroup(cgroup: &str, own: &str) -> Option<String> {
    let ours: Vec<&str> = own.lines().flat_map(ids).collect();
    cgroup
        .lines()
        .filter_map(|line| ids(line).last())
        .find(|id| !ours.contains(id))
        .map(str::to_owned)
}

fn ids(line: &str) -> impl Iterator<Item = &str> {
    line.split('/')
        .map(|part| part.strip_suffix(".scope").unwrap_or(part))
        .map(|part| part.rsplit('-').next().unwrap_or(part))
        .filter(|part| part.len() == 64 && part.bytes().all(|b| b.is_ascii_hexdigit()))
}

pub async fn look(
    engine: &Engine,
    facts: &Facts,
    found: Inspected,
    port: u16,
    d: Deadline,
) -> Gateway {
    let short = d.at_most(PATIENCE);
    let endpoint = facts.docker.endpoint.get().ok();
    let (docker_cli, socket, asked, beside, health) = tokio::join!(
        // On the heap: each is a large future.
        Box::pin(docker_cli(engine, &found, short)),
        Box::pin(socket(engine, endpoint, &found, short)),
        Box::pin(inside::ask(engine, &found, short)),
        Box::pin(beside(engine, &found, d.at_most(LISTING))),
        Box::pin(reach::health(port, d)),
    );
    let from = format!("asked in {}", wash(&found.name, 200));
    let (user, state) = match asked {
        Ok(told) => (told.user, Reading::known(Box::new(told.state), from)),
        Err(why) => {
            let (endpoint, made) = (endpoint.cloned(), found.clone());
            let said = why.clone();
            let looking = move || inside::from_outside(endpoint.as_ref(), &made, said);
            let looked = blocking(short, looking).await;
            looked.unwrap_or_else(|_| (inside::set(&found), Reading::Unknown(why)))
        }
    };
    Gateway {
        placement: Placement::Container {
            id: wash(&found.id, 80),
            name: wash(found.name.trim_start_matches('/'), 200),
        },
        port: Some(port),
        health,
        docker_cli,
        path_from: Some("inside the container".to_owned()),
        path: Vec::new(),
        docker_host: None,
        uid: user.uid,
        groups: user.groups,
        socket,
        container: Reading::known(found.posture, "engine: container inspect"),
        version: user.version,
        state,
        beside,
        stray_dockerenv: false,
    }
}

/// A gateway that is known by its process alone: its container is none of the engine in force, or
/// that engine does not answer. Nothing of this machine's files is its own.
pub async fn unseen(
    placement: Placement,
    seen: &Seen,
    port: u16,
    why: Why,
    d: Deadline,
) -> Gateway {
    Gateway {
        placement,
        port: Some(port),
        health: reach::health(port, d).await,
        docker_cli: Reading::Unknown(why.clone()),
        path_from: None,
        path: Vec::new(),
        docker_host: seen.var("DOCKER_HOST").map(|host| wash(host, 300)),
        uid: seen.uid,
        groups: seen.groups.clone(),
        socket: Reading::Unknown(why.clone()),
        container: Reading::Unknown(why.clone()),
        version: None,
        state: Reading::Unknown(why.clone()),
        beside: Reading::Unknown(why),
        stray_dockerenv: false,
    }
}

/// What uses its network, as OpenClaw's own Compose file has it for `openclaw-cli`.
async fn beside(engine: &Engine, found: &Inspected, d: Deadline) -> Reading<Vec<Beside>> {
    let sharing = engine.in_network_of(&found.id, d).await.map(|sharing| {
        let one = |it: Standing| Beside {
            name: it.name,
            cap_drop: it.cap_drop,
        };
        sharing.into_iter().map(one).collect()
    });
    Reading::from_result(sharing, "engine: container list and inspect")
}

async fn docker_cli(engine: &Engine, found: &Inspected, d: Deadline) -> Reading<String> {
    let said = engine
        .exec(&found.id, &["sh", "-c", "command -v docker"], d)
        .await;
    let from = format!("`command -v docker` in {}", wash(&found.name, 200));
    let read = match said {
        Ok(output) if output.exit_code == 0 && output.stdout.trim().starts_with('/') => {
            Ok(wash(&output.stdout, 1000))
        }
        Ok(output) if output.exit_code == 126 || output.stdout.contains("OCI runtime") => {
            Err(Why::new(
                WhyKind::Failed,
                "the gateway's container has no shell to ask",
            ))
        }
        Ok(_) => Err(Why::new(
            WhyKind::Absent,
            "no `docker` on the PATH inside the gateway's container",
        )),
        Err(error) => Err(error.to_why()),
    };
    Reading::from_result(read, from)
}

/// Whether the engine's socket is mounted, and whether the container's own user may write to it.
async fn socket(
    engine: &Engine,
    endpoint: Option<&Endpoint>,
    found: &Inspected,
    d: Deadline,
) -> Reading<SocketAccess> {
    let host = endpoint.and_then(|endpoint| endpoint.url.strip_prefix("unix://"));
    let mounted = found.mounts.iter().find_map(|mount| {
        let socket = mount.source.ends_with("docker.sock") || Some(&*mount.source) == host;
        // A whole folder such as /var/run holds it as well.
        let inside = host
            .and_then(|host| host.strip_prefix(mount.source.trim_end_matches('/')))
            .filter(|rest| rest.starts_with('/') && mount.kind == "bind");
        match (socket, inside) {
            (true, _) => Some(mount.target.clone()),
            (false, Some(rest)) => Some(format!("{}{rest}", mount.target.trim_end_matches('/'))),
            (false, None) => None,
        }
    });
    let from = format!("the mounts of {}", wash(&found.name, 200));
    let Some(target) = mounted else {
        return Reading::known(SocketAccess::NotMounted, from);
    };
    let script = "test -S \"$0\" || exit 3; test -r \"$0\" && test -w \"$0\"";
    let said = engine
        .exec(&found.id, &["sh", "-c", script, &target], d)
        .await;
    let path = wash(&target, 1000);
    let read = match said {
        Ok(output) => match output.exit_code {
            0 => Ok(SocketAccess::Usable { path }),
            1 => Ok(SocketAccess::Denied {
                why: format!(
                    "its user `{}` with the added groups [{}] may not write to it",
                    wash(&found.user, 80),
                    wash(&found.group_add.join(", "), 200)
                ),
                path,
            }),
            3 => Ok(SocketAccess::Denied {
                why: "there is no socket at that path inside the container".to_owned(),
                path,
            }),
            code => Err(Why::new(
                WhyKind::Failed,
                format!("the check inside the container ended with {code}"),
            )),
        },
        Err(error) => Err(error.to_why()),
    };
    Reading::from_result(read, from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gateways_image_is_told_from_a_sandboxs() {
        for (image, expected) in [
            ("ghcr.io/openclaw/openclaw:2026.9.6", true),
            ("openclaw:local", true),
            ("openclaw-gateway", true),
            ("openclaw-sandbox:bookworm-slim", false),
            ("openclaw-sandbox-browser:bookworm-slim", false),
            ("openclaw/other:1", false),
            ("debian", false),
        ] {
            assert_eq!(is_gateway_image(image), expected, "{image}");
        }
    }

    #[test]
    fn only_a_whole_id_is_taken_from_a_control_group() {
        assert_eq!(
            id_in_cgroup("0::/user.slice/docker-0123.scope\n1:x:/docker/zz", ""),
            None
        );
    }

    #[test]
    fn the_innermost_container_that_is_not_our_own_counts() {
        let (outer, inner) = ("ab".repeat(32), "01".repeat(32));
        let nested = format!("0::/docker/{outer}\n1:pids:/docker/{outer}/docker/{inner}\n");
        let ours = format!("0::/docker/{outer}\n");
        assert_eq!(id_in_cgroup(&nested, &ours), Some(inner.clone()));
        assert_eq!(id_in_cgroup(&ours, &ours), None);
        let podman = format!("0::/machine.slice/libpod-{inner}.scope/container\n");
        assert_eq!(id_in_cgroup(&podman, "0::/\n"), Some(inner));
    }
}
