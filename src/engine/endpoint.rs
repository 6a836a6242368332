//! Where the engine is: resolved exactly as the Docker CLI does, and the usual places of every
//! provider. Pure: the caller reads the files.
//!
//! Order, from docker/cli `resolveContextName` (cli/command/cli.go): `DOCKER_HOST`, then
//! `DOCKER_CONTEXT`, then `currentContext` of config.json, then the default context. (The CLI's
//! reference page says that `DOCKER_CONTEXT` wins; the code does the opposite.)

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::facts::docker::{Endpoint, EndpointSource, ProviderKind};
use crate::facts::host::OsKind;
use crate::facts::{Why, WhyKind};
use crate::surroundings::Surroundings;
use crate::text::wash;

pub const DEFAULT_SOCKET: &str = "/var/run/docker.sock";

const LONGEST: usize = 300;

/// A file's bytes, or why there are none.
pub type FileAnswer = Result<Vec<u8>, Why>;

/// What an endpoint's URL leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    Unix(PathBuf),
    /// `host:port`
    Tcp(String),
}

/// The folder of the CLI's own files: `${DOCKER_CONFIG:-~/.docker}`.
pub fn config_dir(surroundings: &Surroundings) -> PathBuf {
    surroundings
        .var("DOCKER_CONFIG")
        .map_or_else(|| surroundings.home.join(".docker"), PathBuf::from)
}

/// The file that holds a context's endpoint (docker/cli cli/context/store: the folder is the
/// SHA-256 of the name).
pub fn meta_file(surroundings: &Surroundings, context: &str) -> PathBuf {
    let digest = Sha256::digest(context.as_bytes());
    let folder: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    config_dir(surroundings)
        .join("contexts/meta")
        .join(folder)
        .join("meta.json")
}

/// The endpoint in force. `read` answers for config.json and for one meta.json, where they are
/// needed.
pub fn resolve(
    surroundings: &Surroundings,
    read: &dyn Fn(&Path) -> FileAnswer,
) -> Result<Endpoint, Why> {
    if let Some(host) = surroundings.var("DOCKER_HOST") {
        return Ok(Endpoint {
            url: host_url(host, surroundings)?,
            source: EndpointSource::HostVariable,
            context: "default".to_owned(),
            decided_by: None,
        });
    }
    let config_file = config_dir(surroundings).join("config.json");
    let (context, source, decided_by) = match surroundings.var("DOCKER_CONTEXT") {
        Some(context) => (context.to_owned(), EndpointSource::ContextVariable, None),
        None => match current_context(&config_file, read)? {
            Some(context) => (
                context,
                EndpointSource::CurrentContext,
                Some(config_file.display().to_string()),
            ),
            None => ("default".to_owned(), EndpointSource::Default, None),
        },
    };
    if context == "default" {
        return Ok(Endpoint {
            url: format!("unix://{DEFAULT_SOCKET}"),
            source,
            context,
            decided_by,
        });
    }
    let meta = meta_file(surroundings, &context);
    let asked_by = match source {
        EndpointSource::ContextVariable => "DOCKER_CONTEXT".to_owned(),
        _ => format!("currentContext in {}", config_file.display()),
    };
    Ok(Endpoint {
        url: context_url(&context, &asked_by, &meta, read)?,
        source,
        context: wash(&context, LONGEST),
        decided_by: Some(wash(&meta.display().to_string(), LONGEST)),
    })
}

fn current_context(file: &Path, read: &dyn Fn(&Path) -> FileAnswer) -> Result<Option<String>, Why> {
    let bytes = match read(file) {
        Ok(bytes) => bytes,
        Err(why) if why.kind == WhyKind::Absent => return Ok(None),
        Err(why) => return Err(why),
    };
    let document = json_object(file, &bytes)?;
    match document.get("currentContext") {
        None | Some(serde_json::Value::Null) => Ok(None),
        Some(serde_json::Value::String(name)) if name.is_empty() => Ok(None),
        Some(serde_json::Value::String(name)) => Ok(Some(name.clone())),
        Some(_) => Err(Why::new(
            WhyKind::Unparsable,
            format!("{}: `currentContext` is not a text", shown(file)),
        )),
    }
}

fn context_url(
    context: &str,
    asked_by: &str,
    meta: &Path,
    read: &dyn Fn(&Path) -> FileAnswer,
) -> Result<String, Why> {
    let name = wash(context, 100);
    let asked_by = wash(asked_by, LONGEST);
    let bytes = read(meta).map_err(|why| match why.kind {
        WhyKind::Absent => Why::new(
            WhyKind::Absent,
            format!(
                "the Docker context `{name}`, named by {asked_by}, does not exist: there is no {}",
                shown(meta)
            ),
        ),
        _ => why,
    })?;
    let document = json_object(meta, &bytes)?;
    let Some(endpoint) = document.get("Endpoints").and_then(|all| all.get("docker")) else {
        return Err(Why::new(
            WhyKind::Unparsable,
            format!(
                "the Docker context `{name}`, named by {asked_by}, has no docker endpoint in {}",
                shown(meta)
            ),
        ));
    };
    match endpoint.get("Host").and_then(|host| host.as_str()) {
        // The CLI takes its default for an endpoint without a host.
        None | Some("") => Ok(format!("unix://{DEFAULT_SOCKET}")),
        Some(host) => Ok(wash(host, LONGEST)),
    }
}

/// A JSON document that is an object, or where and why it is none.
pub fn json_object(
    file: &Path,
    bytes: &[u8],
) -> Result<serde_json::Map<String, serde_json::Value>, Why> {
    match serde_json::from_slice(bytes) {
        Ok(serde_json::Value::Object(object)) => Ok(object),
        Ok(_) => Err(Why::new(
            WhyKind::Unparsable,
            format!("{} is not a JSON object", shown(file)),
        )),
        Err(error) => Err(Why::new(
            WhyKind::Unparsable,
            format!(
                "{}:{}:{}: not valid JSON: {}",
                shown(file),
                error.line(),
                error.column(),
                wash(&error.to_string(), LONGEST)
            ),
        )),
    }
}

fn shown(path: &Path) -> String {
    wash(&path.display().to_string(), LONGEST)
}

/// `DOCKER_HOST` as docker/cli `opts.ParseHost` reads it: without a scheme it is `host:port` over
/// TCP; a missing host is localhost and a missing port 2375, 2376 with TLS.
fn host_url(written: &str, surroundings: &Surroundings) -> Result<String, Why> {
    let host = written.trim();
    let bad = |reason: &str| {
        Why::new(
            WhyKind::Unparsable,
            format!("DOCKER_HOST is `{}`: {reason}", wash(written, LONGEST)),
        )
    };
    if host.is_empty() {
        return Ok(format!("unix://{DEFAULT_SOCKET}"));
    }
    let (scheme, rest) = host.split_once("://").unwrap_or(("tcp", host));
    match scheme {
        "unix" if rest.is_empty() => Ok(format!("unix://{DEFAULT_SOCKET}")),
        "unix" | "ssh" => Ok(wash(host, LONGEST)),
        "tcp" => {
            let port = if surroundings.var("DOCKER_TLS_VERIFY").is_some() {
                2376
            } else {
                2375
            };
            let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
            if !path.is_empty() {
                return Err(bad("a path after host and port is not supported"));
            }
            tcp_address(authority, port)
                .map(|address| format!("tcp://{address}"))
                .ok_or_else(|| bad("not `unix:///path`, `tcp://host:port` or `ssh://host`"))
        }
        "npipe" | "fd" => Err(bad("this scheme does not exist on this platform")),
        _ => Err(bad(
            "unknown scheme; write `unix:///path`, `tcp://host:port` or `ssh://host`",
        )),
    }
}

fn tcp_address(authority: &str, default_port: u16) -> Option<String> {
    let (host, port) = if let Some(rest) = authority.strip_prefix('[') {
        let (host, rest) = rest.split_once(']')?;
        host.parse::<std::net::Ipv6Addr>().ok()?;
        let port = match rest {
            "" => default_port,
            _ => rest.strip_prefix(':')?.parse().ok()?,
        };
        (format!("[{host}]"), port)
    } else {
        let (host, port) = match authority.split_once(':') {
            Some((host, port)) => (host, port.parse().ok()?),
            None => (authority, default_port),
        };
        let host = if host.is_empty() { "localhost" } else { host };
        let valid = host
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b));
        if !valid {
            return None;
        }
        (host.to_owned(), port)
    };
    (port != 0).then(|| format!("{host}:{port}"))
}

/// What the URL of an endpoint leads to, or why clawdoctor cannot go there. Failed and not
/// "not applicable": there is an engine, and nothing is known about it.
pub fn address(url: &str) -> Result<Address, Why> {
    let shown = wash(url, LONGEST);
    let failed = |words: String| Err(Why::new(WhyKind::Failed, words));
    match url.split_once("://") {
        Some(("unix", path)) if !path.is_empty() => Ok(Address::Unix(PathBuf::from(path))),
        Some(("tcp" | "http", rest)) => tcp_address(rest.trim_end_matches('/'), 2375)
            .map(Address::Tcp)
            .ok_or_else(|| {
                Why::new(
                    WhyKind::Unparsable,
                    format!("the engine's address `{shown}` is not `tcp://host:port`"),
                )
            }),
        Some(("ssh", _)) => failed(format!(
            "the engine is on another machine, behind `{shown}`: run clawdoctor there"
        )),
        Some(("https", _)) => failed(format!(
            "the engine at `{shown}` wants TLS, which clawdoctor does not speak to engines: run it on the engine's machine"
        )),
        _ => Err(Why::new(
            WhyKind::Unparsable,
            format!(
                "the engine's address `{shown}` is neither `unix:///path` nor `tcp://host:port`"
            ),
        )),
    }
}

/// One usual place of an engine's socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub path: PathBuf,
    pub provider: ProviderKind,
}

/// What was found on disk of providers that keep one folder for each instance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Instances {
    /// Folders of `~/.colima`.
    pub colima: Vec<String>,
    /// Folders of `~/.lima`.
    pub lima: Vec<String>,
    /// `*-api.sock` in `$TMPDIR/podman`, where Podman machines of version 5 listen.
    pub podman: Vec<PathBuf>,
}

/// Every place where an engine could listen on this platform, the default socket first.
pub fn places(surroundings: &Surroundings, os: OsKind, instances: &Instances) -> Vec<Place> {
    use ProviderKind::{
        Colima, DockerDesktop, Lima, LinuxEngine, Orbstack, Podman, RancherDesktop,
    };
    let home = &surroundings.home;
    let mut places = Vec::new();
    let mut add = |path: PathBuf, provider| places.push(Place { path, provider });
    match os {
        OsKind::Macos => {
            add(DEFAULT_SOCKET.into(), DockerDesktop);
            add(home.join(".docker/run/docker.sock"), DockerDesktop);
            add(home.join(".orbstack/run/docker.sock"), Orbstack);
        }
        OsKind::Linux => {
            add(DEFAULT_SOCKET.into(), LinuxEngine);
            add(runtime_dir(surroundings).join("docker.sock"), LinuxEngine);
            add(home.join(".docker/desktop/docker.sock"), DockerDesktop);
        }
    }
    // `default` is always a place; before 0.4 Colima had its only socket at the top.
    let mut profiles: Vec<&str> = instances.colima.iter().map(String::as_str).collect();
    if os == OsKind::Macos || !profiles.is_empty() {
        profiles.push("default");
    }
    profiles.sort_unstable();
    profiles.dedup();
    for profile in profiles.iter().filter(|name| !name.starts_with(['.', '_'])) {
        add(
            home.join(".colima").join(profile).join("docker.sock"),
            Colima,
        );
    }
    add(home.join(".rd/docker.sock"), RancherDesktop);
    match os {
        OsKind::Macos => {
            add(
                home.join(".local/share/containers/podman/machine/podman.sock"),
                Podman,
            );
        }
        OsKind::Linux => {
            add(runtime_dir(surroundings).join("podman/podman.sock"), Podman);
            add("/run/podman/podman.sock".into(), Podman);
        }
    }
    for socket in &instances.podman {
        add(socket.clone(), Podman);
    }
    for instance in instances
        .lima
        .iter()
        .filter(|name| !name.starts_with(['.', '_']))
    {
        add(
            home.join(".lima").join(instance).join("sock/docker.sock"),
            Lima,
        );
    }
    places
}

fn runtime_dir(surroundings: &Surroundings) -> PathBuf {
    surroundings.var("XDG_RUNTIME_DIR").map_or_else(
        || PathBuf::from(format!("/run/user/{}", surroundings.uid)),
        PathBuf::from,
    )
}

/// Whose socket a path is, by the folders it goes through.
pub fn owner_of(path: &Path) -> Option<ProviderKind> {
    let text = format!("{}/", path.display());
    let through = |part: &str| text.contains(part);
    Some(match () {
        () if through("/.docker/run/") || through("/.docker/desktop/") => {
            ProviderKind::DockerDesktop
        }
        () if through("/com.docker.docker/") => ProviderKind::DockerDesktop,
        () if through("/.orbstack/") => ProviderKind::Orbstack,
        () if through("/.colima/") || through("/colima/") => ProviderKind::Colima,
        () if through("/.rd/") => ProviderKind::RancherDesktop,
        () if through("/podman/") => ProviderKind::Podman,
        () if through("/.lima/") => ProviderKind::Lima,
        () => return None,
    })
}
