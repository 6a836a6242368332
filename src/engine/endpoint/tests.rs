//! Which endpoint is in force, as the Docker CLI would resolve it.

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
fn what_cannot_be_resolved_says_what_and_where() {
    let rows: [Refused<'_>; 9] = [
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
            &[(CONFIG, "{\n  \"a\": 1,\n}")],
            WhyKind::Unparsable,
            &["/Users/u/.docker/config.json:3:1"],
        ),
        (
            &[],
            &[(CONFIG, "[]")],
            WhyKind::Unparsable,
            &["not a JSON object"],
        ),
        (
            &[],
            &[(CONFIG, r#"{"currentContext":7}"#)],
            WhyKind::Unparsable,
            &["`currentContext` is not a text"],
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
