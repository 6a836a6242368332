use std::fmt::Write as _;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixListener;

use super::super::lines::Progress;
use super::*;
use crate::facts::docker::{Endpoint, EndpointSource};

/// What engines say: 20.10, 28.5 with both image stores, and what is reported of others.
const SAID: [(u16, &str, PullProblem); 43] = [
    (
        500,
        r#"failed to resolve reference "127.0.0.1:5099/a/b:1": failed to do request: Head "https://127.0.0.1:5099/v2/a/b/manifests/1": dial tcp 127.0.0.1:5099: connect: connection refused"#,
        PullProblem::Unreachable,
    ),
    (
        500,
        r#"unknown: failed to resolve reference "127.0.0.1:5605/a/b:1": unexpected status from HEAD request to http://127.0.0.1:5605/v2/a/b/manifests/1: 503 Service Unavailable"#,
        PullProblem::Unreachable,
    ),
    (
        500,
        "received unexpected HTTP status: 500 Internal Server Error",
        PullProblem::Unreachable,
    ),
    (429, "toomanyrequests:", PullProblem::RateLimited),
    (
        404,
        r#"failed to resolve reference "r.example/toomanyrequests:1": r.example/toomanyrequests:1: not found"#,
        PullProblem::NotFound,
    ),
    (
        500,
        r#"unknown: failed to resolve reference "127.0.0.1:5600/a/b:1": unexpected status from HEAD request to http://127.0.0.1:5600/v2/a/b/manifests/1: 429 Too Many Requests"#,
        PullProblem::RateLimited,
    ),
    (
        500,
        r#"failed to resolve reference "127.0.0.1:5603/a/b:1": pull access denied, repository does not exist or may require authorization: authorization failed: no basic auth credentials"#,
        PullProblem::Unauthorised,
    ),
    (
        500,
        "error parsing HTTP 403 response body: unexpected end of JSON input: \"\"",
        PullProblem::Unauthorised,
    ),
    (
        500,
        "error parsing HTTP 404 response body: unexpected end of JSON input: \"\"",
        PullProblem::NotFound,
    ),
    (
        200,
        "failed to unpack image on snapshotter overlayfs: unexpected media type text/html for sha256:95e4: not found",
        PullProblem::Other,
    ),
    (
        500,
        "error unmarshalling content: invalid character '<' looking for beginning of value",
        PullProblem::Other,
    ),
    (
        500,
        r#"Get "http://127.0.0.1:5099/v2/": dial tcp 127.0.0.1:5099: connect: connection refused"#,
        PullProblem::Unreachable,
    ),
    (
        500,
        r#"Get "https://registry.invalid/v2/": dial tcp: lookup registry.invalid on 10.0.0.53:53: no such host"#,
        PullProblem::Unreachable,
    ),
    (
        500,
        r#"Get "https://registry-1.docker.io/v2/": dial tcp: lookup registry-1.docker.io: Temporary failure in name resolution"#,
        PullProblem::Unreachable,
    ),
    (
        500,
        r#"Get "https://registry-1.docker.io/v2/": dial tcp: lookup registry-1.docker.io on 127.0.0.11:53: server misbehaving"#,
        PullProblem::Unreachable,
    ),
    (
        500,
        r#"failed to resolve reference "docker.io/a/b:1": failed to authorize: failed to fetch anonymous token: Get "https://auth.docker.io/token": EOF"#,
        PullProblem::Unreachable,
    ),
    (
        500,
        "received unexpected HTTP status: 503 Service Unavailable",
        PullProblem::Unreachable,
    ),
    (
        500,
        r#"Get "https://registry-1.docker.io/v2/": net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)"#,
        PullProblem::Slow,
    ),
    (
        500,
        r#"Get "https://registry-1.docker.io/v2/": net/http: TLS handshake timeout"#,
        PullProblem::Slow,
    ),
    (
        500,
        r#"Get "https://registry-1.docker.io/v2/": dial tcp 52.1.2.3:443: i/o timeout"#,
        PullProblem::Slow,
    ),
    (
        500,
        r#"Get "https://registry-1.docker.io/v2/": context deadline exceeded"#,
        PullProblem::Slow,
    ),
    (
        500,
        "toomanyrequests: You have reached your pull rate limit. You may increase the limit by authenticating and upgrading: https://www.docker.com/increase-rate-limit",
        PullProblem::RateLimited,
    ),
    (
        200,
        "toomanyrequests: retry-after: 985.86µs, allowed: 44000/minute",
        PullProblem::RateLimited,
    ),
    (
        500,
        "error parsing HTTP 429 response body: invalid character 'T' looking for beginning of value: \"Too Many Requests (HAP429).\\n\"",
        PullProblem::RateLimited,
    ),
    (
        500,
        "error parsing HTTP 429 response body: unexpected end of JSON input: \"\"",
        PullProblem::RateLimited,
    ),
    (
        500,
        r#"failed to resolve reference "docker.io/catthehacker/ubuntu:act-22.04": failed to authorize: failed to fetch oauth token: unexpected status from POST request to https://auth.docker.io/token: 429 Too Many Requests"#,
        PullProblem::RateLimited,
    ),
    (
        200,
        "failed to copy: httpReadSeeker: failed open: unexpected status code https://registry-1.docker.io/v2/library/rust/manifests/sha256:de6e: 429 Too Many Requests - Server message: toomanyrequests: You have reached your pull rate limit.",
        PullProblem::RateLimited,
    ),
    (
        404,
        "pull access denied for a/b, repository does not exist or may require 'docker login': denied: requested access to the resource is denied",
        PullProblem::Unauthorised,
    ),
    (
        500,
        "unauthorized: incorrect username or password",
        PullProblem::Unauthorised,
    ),
    (
        500,
        r#"Head "https://ghcr.io/v2/a/b/manifests/1": unauthorized"#,
        PullProblem::Unauthorised,
    ),
    (
        500,
        r#"Get "https://r.example/v2/": no basic auth credentials"#,
        PullProblem::Unauthorised,
    ),
    (
        500,
        r#"failed to resolve reference "r.example/a/b:1": unexpected status from HEAD request to https://r.example/v2/a/b/manifests/1: 401 Unauthorized"#,
        PullProblem::Unauthorised,
    ),
    (401, "it is secret", PullProblem::Unauthorised),
    (
        404,
        "manifest for 127.0.0.1:5055/a/none:1 not found: manifest unknown: manifest unknown",
        PullProblem::NotFound,
    ),
    (
        404,
        r#"failed to resolve reference "127.0.0.1:5055/a/none:1": 127.0.0.1:5055/a/none:1: not found"#,
        PullProblem::NotFound,
    ),
    (
        404,
        "no matching manifest for linux/arm64/v8 in the manifest list entries",
        PullProblem::NoMatchingPlatform,
    ),
    (
        404,
        "no matching manifest for linux/arm64/v8 in the manifest list entries: no match for platform in manifest: not found",
        PullProblem::NoMatchingPlatform,
    ),
    (
        404,
        "image with reference a/b:1 was found but does not provide the specified platform (linux/arm64)",
        PullProblem::NoMatchingPlatform,
    ),
    (
        500,
        r#"Get "https://127.0.0.1:5055/v2/": http: server gave HTTP response to HTTPS client"#,
        PullProblem::Tls,
    ),
    (
        500,
        r#"Get "https://r.example/v2/": x509: certificate signed by unknown authority"#,
        PullProblem::Tls,
    ),
    (
        500,
        r#"Get "https://r.example/v2/": tls: failed to verify certificate: x509: certificate has expired or is not yet valid"#,
        PullProblem::Tls,
    ),
    (
        200,
        "failed to register layer: Error processing tar file(exit status 1): write /usr/lib/x: no space left on device",
        PullProblem::NoSpace,
    ),
    (400, "invalid reference format", PullProblem::Other),
];

#[test]
fn the_words_of_engines_are_told_apart() {
    for (status, message, expected) in SAID {
        assert_eq!(problem(status, message), expected, "{message}");
    }
}

fn news(id: &str, status: &str, current: Option<u64>, total: Option<u64>) -> Option<LayerState> {
    let line = Line {
        id: id.to_owned(),
        status: status.to_owned(),
        progress: Progress { current, total },
        ..Line::default()
    };
    LayerNews::of(&line).map(|news| news.state)
}

#[test]
fn a_layers_way_is_told_in_its_steps() {
    let told = |status, current, total| news("aa", status, current, total).expect(status);
    assert_eq!(told("Pulling fs layer", None, None), LayerState::Waiting);
    assert_eq!(
        told("Downloading", Some(1), Some(2)),
        LayerState::Downloading {
            current: 1,
            total: Some(2)
        }
    );
    assert_eq!(
        told("Verifying Checksum", None, None),
        LayerState::Verifying
    );
    assert_eq!(
        told("Extracting", None, None),
        LayerState::Extracting {
            current: None,
            total: None
        }
    );
    assert_eq!(told("Pull complete", None, None), LayerState::Done);
    assert_eq!(told("Already exists", None, None), LayerState::AlreadyThere);
    assert_eq!(
        told("Retrying in 5 seconds", None, None),
        LayerState::Other("Retrying in 5 seconds".to_owned())
    );
}

#[test]
fn what_is_no_layer_is_not_told_as_one() {
    assert_eq!(news("1", "Pulling from a/b", None, None), None);
    assert_eq!(news("", "Digest: sha256:00", None, None), None);
}

#[test]
fn credentials_are_sent_and_never_shown() {
    let credentials = RegistryCredentials::Password {
        username: "somebody".to_owned(),
        password: "gehe?im~".to_owned(),
        server: "r.example".to_owned(),
    };
    let shown = format!("{credentials:?} {:?}", credentials.header());
    assert!(
        !shown.contains("gehe") && !shown.contains("somebody"),
        "{shown}"
    );
    let sent = URL_SAFE
        .decode(credentials.header().as_bytes())
        .expect("base64");
    let sent: serde_json::Value = serde_json::from_slice(&sent).expect("JSON");
    assert_eq!(sent["password"], "gehe?im~");
    assert_eq!(sent["serveraddress"], "r.example");
}

/// What comes of a pull when the engine answers with these bytes and closes, or says nothing more.
async fn pull_of(answer: String, afterwards: Afterwards) -> Result<Vec<LayerNews>, EngineError> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let socket = folder.path().join("s");
    let listener = UnixListener::bind(&socket).expect("a socket");
    let serving = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a client");
        let mut seen = [0; 4096];
        let read = stream.read(&mut seen).await.expect("a request");
        let asked = b"POST /images/create?fromImage=a/b:latest HTTP/1.1\r\n";
        assert!(seen[..read].starts_with(asked));
        // The client may have had enough before the end.
        let _enough = stream.write_all(answer.as_bytes()).await;
        if afterwards == Afterwards::Silence {
            std::future::pending::<()>().await;
        }
    });
    let engine = Engine::connect(&Endpoint {
        url: format!("unix://{}", socket.display()),
        source: EndpointSource::Default,
        context: "default".to_owned(),
        decided_by: None,
    })
    .expect("a unix socket");
    let mut told = Vec::new();
    let mut tell = |news| told.push(news);
    let d = Deadline::after(Duration::from_millis(500));
    let result = engine.pull("a/b", None, None, &mut tell, d).await;
    serving.abort();
    result.map(|()| told)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Afterwards {
    Closes,
    Silence,
}

/// The chunks of an answer without the end that HTTP wants.
fn chunked(lines: &[&str]) -> String {
    let mut answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_owned();
    for line in lines {
        write!(answer, "{:x}\r\n{line}\r\n", line.len()).expect("a String takes all");
    }
    answer
}

#[tokio::test]
async fn a_pull_that_is_cut_off_is_none() {
    let line = "{\"status\":\"Pull complete\",\"id\":\"aa\"}\r\n";
    let cut = chunked(&[line]);
    let result = pull_of(cut.clone(), Afterwards::Closes).await;
    assert!(matches!(result, Err(EngineError::Broken(_))), "{result:?}");
    let result = pull_of(cut.clone(), Afterwards::Silence).await;
    assert!(matches!(result, Err(EngineError::Timeout(_))), "{result:?}");
    let whole = pull_of(cut + "0\r\n\r\n", Afterwards::Closes).await;
    assert_eq!(whole.expect("a pull").len(), 1);
}

#[tokio::test]
async fn a_line_may_come_in_pieces_and_never_without_end() {
    let pieces = ["{\"status\":\"Pull com", "plete\",\"id\":\"aa\"}", "\r\n"];
    let whole = chunked(&pieces) + "0\r\n\r\n";
    let told = pull_of(whole, Afterwards::Closes).await.expect("a pull");
    assert_eq!(told[0].state, LayerState::Done);
    let long = "x".repeat(2 << 20);
    let result = pull_of(chunked(&[&long]), Afterwards::Silence).await;
    assert!(matches!(result, Err(EngineError::Broken(_))), "{result:?}");
}

#[tokio::test]
async fn a_failure_in_the_stream_is_a_failure_and_its_words_are_washed() {
    let line = r#"{"errorDetail":{"message":"toomanyrequests: \u001b[2J"}}"#;
    let answer = chunked(&[line]) + "0\r\n\r\n";
    let result = pull_of(answer, Afterwards::Closes).await;
    let expected = EngineError::Pull {
        problem: PullProblem::RateLimited,
        message: "toomanyrequests: \\u{1b}[2J".to_owned(),
    };
    assert_eq!(result, Err(expected));
}
