//! Where the engine in force is: resolved exactly as the Docker CLI does. Pure: the caller reads
//! the files. Where other engines could be is in [`super::places`].
//!
//! Order, from docker/cli `resolveContextName` (cli/command/cli.go): `DOCKER_HOST`, then
//! `DOCKER_CONTEXT`, then `currentContext` of config.json, then the default context. (The CLI's
//! reference page says that `DOCKER_CONTEXT` wins; the code does the opposite.)

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::address::tcp_address;
use crate::facts::docker::{Endpoint, EndpointSource};
use crate::facts::{Why, WhyKind};
use crate::surroundings::Surroundings;
use crate::text::wash;

pub const DEFAULT_SOCKET: &str = "/var/run/docker.sock";

const LONGEST: usize = 300;

/// A file's bytes, or why there are none.
pub type FileAnswer = Result<Vec<u8>, Why>;

/// The folder of the CLI's own files: `${DOCKER_CONFIG:-~/.docker}`.
pub fn config_dir(surroundings: &Surroundings) -> PathBuf {
    surroundings
        .var("DOCKER_CONFIG")
        .map_or_else(|| surroundings.home.join(".docker"), PathBuf::from)
}

/// The file that holds a context's endpoint (docker/cli cli/context/store: the folder is the
/// SHA-256 of the name).
pub fn meta_file(surroundings: &Surroundings, context: &str) -> PathBuf {
    config_dir(surroundings)
        .join("contexts/meta")
        .join(context_folder(context))
        .join("meta.json")
}

/// The folder with a context's certificates; there is one only when it wants TLS.
pub fn tls_folder(surroundings: &Surroundings, context: &str) -> PathBuf {
    config_dir(surroundings)
        .join("contexts/tls")
        .join(context_folder(context))
        .join("docker")
}

fn context_folder(context: &str) -> String {
    use std::fmt::Write as _;
    let mut folder = String::with_capacity(64);
    for byte in Sha256::digest(context.as_bytes()) {
        write!(folder, "{byte:02x}").expect("writing to a String cannot fail");
    }
    folder
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

#[cfg(test)]
mod tests;
