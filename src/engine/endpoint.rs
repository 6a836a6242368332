//! Where the engine in force is: resolved exactly as the Docker CLI does. Pure: the caller reads
//! the files. Where other engines could be is in [`super::places`].
//!
//! Order, from docker/cli `resolveContextName` (cli/command/cli.go): `DOCKER_HOST`, then
//! `DOCKER_CONTEXT`, then `currentContext` of config.json, then the default context. (The CLI's
//! reference page says that `DOCKER_CONTEXT` wins; the code does the opposite.)

use std::path::{Path, PathBuf};

use super::address::tcp_address;
use crate::digest::Sha256;
use crate::facts::docker::{Endpoint, EndpointSource};
use crate::facts::{Why, WhyKind};
use crate::surroundings::Surroundings;
use crate::text::{self, wash};

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
    Sha256::of(context.as_bytes()).to_string()
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
        // Docker's client warns of a file that it may not read, and goes on without (28.2).
        Err(why) if matches!(why.kind, WhyKind::Absent | WhyKind::Denied) => return Ok(None),
        Err(why) => return Err(why),
    };
    // So it does with one that it cannot understand: `docker/credentials` tells of the file.
    let Ok(document) = json_object(file, &bytes) else {
        return Ok(None);
    };
    Ok(document
        .get("currentContext")
        .and_then(serde_json::Value::as_str)
        .filter(|name| !name.is_empty())
        .map(str::to_owned))
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
                wash(&text::without_place(&error), LONGEST)
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
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn surroundings(env: &[(&str, &str)]) -> Surroundings {
        Surroundings {
            env: env
                .iter()
                .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
                .collect(),
            home: "/Users/u".into(),
            uid: 501,
            ..Surroundings::default()
        }
    }

    type Pairs<'a> = &'a [(&'a str, &'a str)];

    type Resolved<'a> = (Pairs<'a>, Pairs<'a>, &'a str, EndpointSource, &'a str);

    type Refused<'a> = (Pairs<'a>, Pairs<'a>, WhyKind, &'a [&'a str]);

    /// A file system of these files and nothing else.
    fn resolve_with(env: &[(&str, &str)], files: &[(&str, &str)]) -> Result<Endpoint, Why> {
        let files: BTreeMap<PathBuf, &str> = files
            .iter()
            .map(|(path, text)| (PathBuf::from(path), *text))
            .collect();
        resolve(&surroundings(env), &|path| match files.get(path) {
            Some(text) => Ok(text.as_bytes().to_vec()),
            None => Err(Why::new(
                WhyKind::Absent,
                format!("there is no {}", path.display()),
            )),
        })
    }

    const CONFIG: &str = "/Users/u/.docker/config.json";
    const DESKTOP: &str = "/Users/u/.docker/contexts/meta/fe9c6bd7a66301f49ca9b6a70b217107cd1284598bfc254700c989b916da791e/meta.json";
    const META: &str = r#"{"Name":"desktop-linux","Metadata":{},"Endpoints":{"docker":{"Host":"unix:///Users/u/.docker/run/docker.sock","SkipTLSVerify":false}}}"#;
    const CURRENT: &str = r#"{"auths":{},"currentContext":"desktop-linux"}"#;

    #[test]
    fn the_host_variable_wins_over_the_context_variable_over_the_current_context() {
        use EndpointSource::{ContextVariable, CurrentContext, Default, HostVariable};
        let both: &[(&str, &str)] = &[(CONFIG, CURRENT), (DESKTOP, META)];
        let meta_only: &[(&str, &str)] = &[(DESKTOP, META), (CONFIG, "{broken")];
        let mac = "unix:///Users/u/.docker/run/docker.sock";
        let default = "unix:///var/run/docker.sock";
        let rows: [Resolved<'_>; 9] = [
            (&[], &[], default, Default, "default"),
            (&[], &[(CONFIG, "{}")], default, Default, "default"),
            (
                &[],
                &[(CONFIG, r#"{"currentContext":""}"#)],
                default,
                Default,
                "default",
            ),
            (
                &[],
                &[(CONFIG, r#"{"currentContext":"default"}"#)],
                default,
                CurrentContext,
                "default",
            ),
            (&[], both, mac, CurrentContext, "desktop-linux"),
            (
                &[("DOCKER_CONTEXT", "default")],
                both,
                default,
                ContextVariable,
                "default",
            ),
            (
                &[("DOCKER_CONTEXT", "desktop-linux")],
                meta_only,
                mac,
                ContextVariable,
                "desktop-linux",
            ),
            (
                &[
                    ("DOCKER_HOST", "unix:///x.sock"),
                    ("DOCKER_CONTEXT", "desktop-linux"),
                ],
                meta_only,
                "unix:///x.sock",
                HostVariable,
                "default",
            ),
            (
                &[("DOCKER_HOST", ""), ("DOCKER_CONTEXT", "")],
                both,
                mac,
                CurrentContext,
                "desktop-linux",
            ),
        ];
        for (env, files, url, source, context) in rows {
            let found = resolve_with(env, files).expect(url);
            assert_eq!(
                (found.url.as_str(), found.source, found.context.as_str()),
                (url, source, context),
                "{env:?}"
            );
        }
    }

    #[test]
    fn the_cli_folder_may_be_elsewhere() {
        let found = resolve_with(
            &[("DOCKER_CONFIG", "/cfg")],
            &[
                ("/cfg/config.json", CURRENT),
                ("/cfg/contexts/meta/fe9c6bd7a66301f49ca9b6a70b217107cd1284598bfc254700c989b916da791e/meta.json", META),
            ],
        )
        .expect("resolved");
        assert!(
            found
                .decided_by
                .expect("a file")
                .starts_with("/cfg/contexts/meta/fe9c")
        );
    }

    #[test]
    fn a_config_file_that_docker_cannot_use_leaves_the_default() {
        for text in [
            "{\n  \"a\": 1,\n}",
            "[]",
            r#"{"currentContext":7}"#,
            r#"{"currentContext":"desktop-linux""#,
        ] {
            let found = resolve_with(&[], &[(CONFIG, text), (DESKTOP, META)]).expect(text);
            assert_eq!(found.url, "unix:///var/run/docker.sock", "{text}");
            assert_eq!(found.source, EndpointSource::Default, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_resolved_says_what_and_where() {
        let rows: [Refused<'_>; 6] = [
            (
                &[("DOCKER_CONTEXT", "gone")],
                &[],
                WhyKind::Absent,
                &["`gone`", "DOCKER_CONTEXT", "meta.json"],
            ),
            (
                &[],
                &[(CONFIG, CURRENT)],
                WhyKind::Absent,
                &[
                    "`desktop-linux`",
                    "currentContext in /Users/u/.docker/config.json",
                ],
            ),
            (
                &[],
                &[(CONFIG, CURRENT), (DESKTOP, "{}")],
                WhyKind::Unparsable,
                &["no docker endpoint"],
            ),
            (
                &[],
                &[(CONFIG, CURRENT), (DESKTOP, "\u{1b}[")],
                WhyKind::Unparsable,
                &["meta.json:1:1"],
            ),
            (
                &[("DOCKER_HOST", "foo://bar")],
                &[],
                WhyKind::Unparsable,
                &["DOCKER_HOST is `foo://bar`", "unknown scheme"],
            ),
            (
                &[("DOCKER_HOST", "/var/run/docker.sock")],
                &[],
                WhyKind::Unparsable,
                &["DOCKER_HOST is `/var/run/docker.sock`"],
            ),
        ];
        for (env, files, kind, words) in rows {
            let why = resolve_with(env, files).expect_err("not resolved");
            assert_eq!(why.kind, kind, "{why}");
            for word in words {
                assert!(why.detail.contains(word), "{why} has no {word}");
            }
            assert!(!why.detail.contains('\u{1b}'));
        }
    }

    #[test]
    fn a_host_without_scheme_or_port_is_completed_as_the_cli_does() {
        let rows = [
            ("tcp://h", "tcp://h:2375"),
            ("h:99", "tcp://h:99"),
            ("tcp://:2375", "tcp://localhost:2375"),
            ("tcp://[::1]:5", "tcp://[::1]:5"),
            ("tcp://[::1]", "tcp://[::1]:2375"),
            (" unix:///a ", "unix:///a"),
            ("unix://", "unix:///var/run/docker.sock"),
            ("ssh://u@h", "ssh://u@h"),
        ];
        for (written, url) in rows {
            assert_eq!(host_url(written, &surroundings(&[])).expect(written), url);
        }
        let tls = surroundings(&[("DOCKER_TLS_VERIFY", "1")]);
        assert_eq!(host_url("tcp://h", &tls).expect("a host"), "tcp://h:2376");
        for bad in [
            "tcp://h:0",
            "tcp://h:x",
            "tcp://h:99999",
            "tcp://a b",
            "tcp://[::1",
            "npipe:////./p",
            "fd://",
            "tcp://h:1/p",
        ] {
            assert!(host_url(bad, &surroundings(&[])).is_err(), "{bad}");
        }
    }
}
