//! The registries that the configured images come from: does `/v2/` answer as the distribution
//! specification says (<https://distribution.github.io/distribution/spec/api/>)?

use std::time::{Duration, Instant};

use futures_util::{StreamExt, stream};

use super::http::{self, Way};
use crate::deadline::Deadline;
use crate::facts::net::{Registry, RegistryAnswer};
use crate::facts::{Facts, Reading, WhyKind};
use crate::probe::World;
use crate::text::wash;

const DOCKER_HUB: &str = "registry-1.docker.io";
/// For one registry, name, TLS and a proxy on the way included.
const PATIENCE: Duration = Duration::from_secs(6);
/// A configuration that names more registries than this is no node's; the rest is not asked.
const MOST: usize = 16;
const AT_ONCE: usize = 8;

pub async fn registries(world: &World, facts: &Facts, d: Deadline) -> Reading<Vec<Registry>> {
    if world.offline {
        return Reading::unknown(WhyKind::Offline, "not asked with --offline");
    }
    let (hosts, from) = if world.settings.registry.hosts.is_empty() {
        (hosts_of_images(facts), "the configured images' registries")
    } else {
        (world.settings.registry.hosts.clone(), "registry.hosts")
    };
    let answers = stream::iter(hosts.into_iter().take(MOST))
        .map(|host| async move {
            Registry {
                answer: ask(&host, d.at_most(PATIENCE)).await,
                host: wash(&host, 300),
            }
        })
        .buffered(AT_ONCE)
        .collect()
        .await;
    Reading::known(answers, from)
}

/// Each registry once. Docker Hub where no agent is known.
fn hosts_of_images(facts: &Facts) -> Vec<String> {
    let mut hosts: Vec<String> = Vec::new();
    for agent in facts.openclaw.agents.get().into_iter().flatten() {
        let host = host_of(&agent.sandbox.docker.image);
        if !hosts.iter().any(|known| known == host) {
            hosts.push(host.to_owned());
        }
    }
    if hosts.is_empty() {
        hosts.push(DOCKER_HUB.to_owned());
    }
    hosts
}

/// The registry of an image reference, by Docker's rule: what stands before the first slash is a
/// host only with a dot, a colon, or as `localhost`
/// (<https://github.com/distribution/reference/blob/main/normalize.go>, `splitDockerDomain`).
/// A name that was only ever built here (`openclaw-sandbox:…`) counts as Docker Hub, from where
/// its base image comes.
fn host_of(image: &str) -> &str {
    match image.split_once('/') {
        Some(("docker.io" | "index.docker.io", _)) => DOCKER_HUB,
        Some((host, _)) if host.contains(['.', ':']) || host == "localhost" => host,
        _ => DOCKER_HUB,
    }
}

/// The address of the version check; the engine speaks plain HTTP with loopback registries.
fn address(host: &str) -> Option<(reqwest::Url, Way)> {
    let (plain, name) = match (host.strip_prefix("http://"), host.strip_prefix("https://")) {
        (Some(name), _) => (true, name),
        (None, Some(name)) => (false, name),
        (None, None) => (false, host),
    };
    let name = name.trim_end_matches('/');
    if name.is_empty() || name.contains(['/', '@', '?', '#', '\\']) {
        return None;
    }
    let url = reqwest::Url::parse(&format!("https://{name}/v2/")).ok()?;
    let here = http::is_loopback(url.host_str()?);
    let scheme = if plain || here { "http" } else { "https" };
    let url = reqwest::Url::parse(&format!("{scheme}://{name}/v2/")).ok()?;
    Some((url, if here { Way::Plain } else { Way::Proxied }))
}

async fn ask(host: &str, d: Deadline) -> RegistryAnswer {
    let Some((url, way)) = address(host) else {
        return RegistryAnswer::Unreachable {
            detail: format!("`{}` is no registry's name", wash(host, 100)),
        };
    };
    let begun = Instant::now();
    let asking = async {
        let client = http::client(way)?;
        client.get(url).send().await.map_err(http::why)
    };
    match d.bound(asking).await {
        Err(_) => RegistryAnswer::Timeout,
        Ok(Err(why)) if why.kind == WhyKind::Timeout => RegistryAnswer::Timeout,
        Ok(Err(why)) => RegistryAnswer::Unreachable { detail: why.detail },
        Ok(Ok(response)) => match response.status().as_u16() {
            status @ (200 | 401) => RegistryAnswer::Speaks {
                status,
                milliseconds: crate::units::milliseconds(begun.elapsed()),
            },
            status => RegistryAnswer::Http { status },
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    /// A server that gives every request one answer; an empty one leaves it waiting.
    async fn serving(answer: &'static str) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
        let host = listener.local_addr().expect("it is bound").to_string();
        tokio::spawn(async move {
            let mut waiting = Vec::new();
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = [0; 1024];
                let _ = stream.read(&mut request).await;
                assert!(request.starts_with(b"GET /v2/ HTTP/1.1\r\n"));
                if answer.is_empty() {
                    waiting.push(stream);
                } else {
                    let _ = stream.write_all(answer.as_bytes()).await;
                }
            }
        });
        host
    }

    async fn asked(hosts: &[&str]) -> Vec<RegistryAnswer> {
        let mut world = World::default();
        world.settings.registry.hosts = hosts.iter().map(|host| (*host).to_owned()).collect();
        let d = Deadline::after(Duration::from_secs(1));
        let answers = registries(&world, &Facts::default(), d).await;
        let answers = answers.get().expect("they were asked").clone();
        answers
            .into_iter()
            .map(|registry| registry.answer)
            .collect()
    }

    #[tokio::test]
    async fn a_registry_speaks_and_everything_else_is_told_apart() {
        let open = serving("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").await;
        let closed = serving("HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n").await;
        let moved =
            serving("HTTP/1.1 302 Found\r\nlocation: /x\r\ncontent-length: 0\r\n\r\n").await;
        let garbage = serving("SSH-2.0-OpenSSH_9.2\r\n").await;
        let silent = serving("").await;
        let nobody = {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
            listener.local_addr().expect("it is bound").to_string()
        };
        let hosts = [&open, &closed, &moved, &garbage, &silent, &nobody].map(String::as_str);
        let answers = asked(&hosts).await;
        assert!(matches!(
            answers[0],
            RegistryAnswer::Speaks { status: 200, .. }
        ));
        assert!(matches!(
            answers[1],
            RegistryAnswer::Speaks { status: 401, .. }
        ));
        assert_eq!(answers[2], RegistryAnswer::Http { status: 302 });
        assert!(matches!(answers[3], RegistryAnswer::Unreachable { .. }));
        assert_eq!(answers[4], RegistryAnswer::Timeout);
        let RegistryAnswer::Unreachable { detail } = &answers[5] else {
            panic!("nobody listens: {:?}", answers[5]);
        };
        assert!(detail.contains("refused"), "{detail}");
    }

    #[tokio::test]
    async fn names_that_are_none_and_offline_send_nothing() {
        for host in ["", "user:pass@host", "host/path", "a b"] {
            let answers = asked(&[host]).await;
            assert!(
                matches!(answers[0], RegistryAnswer::Unreachable { .. }),
                "{host}"
            );
        }
        let world = World {
            offline: true,
            ..World::default()
        };
        let d = Deadline::after(Duration::from_secs(1));
        let why = registries(&world, &Facts::default(), d).await;
        assert_eq!(why.get().expect_err("offline").kind, WhyKind::Offline);
    }

    #[test]
    fn images_name_their_registries_as_docker_reads_them() {
        for (image, host) in [
            ("openclaw-sandbox:bookworm-slim", DOCKER_HUB),
            ("team/image:1", DOCKER_HUB),
            ("docker.io/library/debian", DOCKER_HUB),
            ("ghcr.io/openclaw/openclaw@sha256:00", "ghcr.io"),
            ("localhost:5000/x", "localhost:5000"),
            ("localhost/x", "localhost"),
            ("host:80/x/y:1", "host:80"),
        ] {
            assert_eq!(host_of(image), host, "{image}");
        }
        assert_eq!(hosts_of_images(&Facts::default()), [DOCKER_HUB]);
    }

    #[test]
    fn only_loopback_is_asked_in_the_clear() {
        for (host, url) in [
            ("ghcr.io", "https://ghcr.io/v2/"),
            ("localhost:5000", "http://localhost:5000/v2/"),
            ("127.1.2.3", "http://127.1.2.3/v2/"),
            ("[::1]:5000", "http://[::1]:5000/v2/"),
            ("10.0.0.1:5000", "https://10.0.0.1:5000/v2/"),
            ("http://10.0.0.1:5000/", "http://10.0.0.1:5000/v2/"),
        ] {
            assert_eq!(address(host).expect("a name").0.as_str(), url);
        }
    }
}
