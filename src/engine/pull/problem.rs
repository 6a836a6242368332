//! What an engine's words on a pull that failed mean. Pure.

use crate::facts::WhyKind;

/// Why an image did not come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PullProblem {
    /// No name, no route, no connection to the registry, or one that is out of order.
    Unreachable,
    /// The registry did not answer in the time that the engine gives it. (The caller's own
    /// deadline is `EngineError::Timeout`.)
    Slow,
    /// 429: too many pulls, or too many requests of any kind.
    RateLimited,
    /// Credentials are missing or wrong. Docker Hub says the same of what does not exist.
    Unauthorised,
    NotFound,
    /// There is none for the platform that was asked for.
    NoMatchingPlatform,
    /// The registry's certificate is not trusted, or one side speaks TLS and the other does not.
    Tls,
    /// The engine's disk is full.
    NoSpace,
    Other,
}

impl PullProblem {
    pub fn kind(self) -> WhyKind {
        match self {
            Self::Slow => WhyKind::Timeout,
            Self::Unauthorised => WhyKind::Denied,
            Self::NotFound => WhyKind::Absent,
            Self::Unreachable
            | Self::RateLimited
            | Self::NoMatchingPlatform
            | Self::Tls
            | Self::NoSpace
            | Self::Other => WhyKind::Failed,
        }
    }
}

/// What the engine's words mean, the surest first: a message often holds its causes, and always
/// the reference, so that only phrases are looked for which no reference can hold.
const WORDS: [(PullProblem, &[&str]); 9] = [
    (
        PullProblem::NoSpace,
        &["no space left on device", "disk quota exceeded"],
    ),
    (
        PullProblem::RateLimited,
        &["toomanyrequests: ", "too many requests", "http 429"],
    ),
    (
        PullProblem::Slow,
        &[
            "i/o timeout",
            "tls handshake timeout",
            "client.timeout exceeded",
            "context deadline exceeded",
            "timeout awaiting response headers",
            "504 gateway time",
        ],
    ),
    (
        PullProblem::Tls,
        &[
            "server gave http response to https client",
            "client sent an http request to an https server",
            "x509: ",
            "tls: ",
        ],
    ),
    (
        PullProblem::NoMatchingPlatform,
        &[
            "no matching manifest for ",
            "no match for platform in manifest",
            "does not match the specified platform",
            "does not provide the specified platform",
            "cannot be used on this platform",
        ],
    ),
    (
        PullProblem::Unauthorised,
        &[
            "pull access denied",
            "authentication required",
            "no basic auth credentials",
            "incorrect username or password",
            "unauthorized: ",
            ": unauthorized",
            "denied: ",
            ": denied",
            "401 unauthorized",
            "403 forbidden",
            "http 401 ",
            "http 403 ",
            "insufficient_scope: ",
        ],
    ),
    // A page where a registry should be: `… text/html for sha256:…: not found`.
    (
        PullProblem::Other,
        &["unexpected media type", "error unmarshalling content"],
    ),
    (
        PullProblem::NotFound,
        &[
            "manifest unknown",
            "name unknown",
            "not found: ",
            ": not found",
            "does not exist",
            "404 not found",
            "http 404 ",
        ],
    ),
    (
        PullProblem::Unreachable,
        &[
            "no such host",
            "server misbehaving",
            "connection refused",
            "connection reset",
            "no route to host",
            "network is unreachable",
            "host is down",
            "proxyconnect tcp",
            "temporary failure in name resolution",
            "unexpected eof",
            ": eof",
            "500 internal server error",
            "502 bad gateway",
            "503 service unavailable",
        ],
    ),
];

/// The problem that these words tell of, with the status that they came with.
pub fn problem(status: u16, message: &str) -> PullProblem {
    let said = message.to_lowercase();
    let found = WORDS
        .iter()
        .find(|(_, phrases)| phrases.iter().any(|phrase| said.contains(phrase)));
    match (found, status) {
        (Some((problem, _)), _) => *problem,
        (None, 401 | 403) => PullProblem::Unauthorised,
        (None, 404) => PullProblem::NotFound,
        (None, 429) => PullProblem::RateLimited,
        (None, _) => PullProblem::Other,
    }
}
