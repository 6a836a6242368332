//! Pulling an image, and why it did not come.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use hyper::Method;
use hyper::header::HeaderValue;

use super::client::{Engine, order};
use super::convert::encode;
use super::error::EngineError;
use super::lines::{Line, Lines};
use super::reference::{tagged, valid};
use crate::deadline::Deadline;
use crate::facts::WhyKind;

/// What the engine is to show a registry. No part of it is ever printed.
#[derive(Clone, PartialEq, Eq)]
pub enum RegistryCredentials {
    Password {
        username: String,
        password: String,
        /// The registry's name, as the reference begins; `https://index.docker.io/v1/` for Docker
        /// Hub.
        server: String,
    },
    /// What a registry gave instead of a password (`identitytoken` of config.json, and what
    /// credential helpers give for the user `<token>`).
    Token { token: String, server: String },
}

impl fmt::Debug for RegistryCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Password { server, .. } | Self::Token { server, .. }) = self;
        write!(f, "RegistryCredentials for {server:?}")
    }
}

impl RegistryCredentials {
    /// The value of `X-Registry-Auth` (Engine API, "Authentication": URL-safe base64 of JSON).
    fn header(&self) -> HeaderValue {
        let document = match self {
            Self::Password {
                username,
                password,
                server,
            } => serde_json::json!({
                "username": username, "password": password, "serveraddress": server,
            }),
            Self::Token { token, server } => serde_json::json!({
                "identitytoken": token, "serveraddress": server,
            }),
        };
        let mut header = HeaderValue::from_str(&URL_SAFE.encode(document.to_string()))
            .expect("base64 is fit for a header");
        header.set_sensitive(true);
        header
    }
}

/// What has become of one layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerNews {
    /// The beginning of its digest.
    pub layer: String,
    pub state: LayerState,
}

/// Counts are bytes. A total is none when the engine does not tell; so are both of `Extracting`
/// with the containerd image store, which counts seconds instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LayerState {
    Waiting,
    Downloading {
        current: u64,
        total: Option<u64>,
    },
    Verifying,
    Downloaded,
    Extracting {
        current: Option<u64>,
        total: Option<u64>,
    },
    Done,
    AlreadyThere,
    /// In the engine's words: `Retrying in 5 seconds`.
    Other(String),
}

impl LayerNews {
    pub(super) fn of(line: &Line) -> Option<Self> {
        // `{"status":"Pulling from a/b","id":"the tag"}` heads the stream.
        if line.id.is_empty() || line.status.starts_with("Pulling from") {
            return None;
        }
        let progress = &line.progress;
        let state = match (line.status.as_str(), progress.current) {
            // "Pulling layer fs" with a count: engines that use containerd's transfer service.
            ("Downloading" | "Pulling layer fs", Some(current)) => LayerState::Downloading {
                current,
                total: progress.total,
            },
            ("Downloading", None) => LayerState::Downloading {
                current: 0,
                total: progress.total,
            },
            ("Pulling fs layer" | "Pulling layer fs" | "Waiting", _) => LayerState::Waiting,
            ("Verifying Checksum", _) => LayerState::Verifying,
            ("Download complete", _) => LayerState::Downloaded,
            ("Extracting" | "Loading layer", current) => LayerState::Extracting {
                current,
                total: progress.total,
            },
            ("Pull complete", _) => LayerState::Done,
            ("Already exists" | "Layer already exists", _) => LayerState::AlreadyThere,
            _ => LayerState::Other(line.status.clone()),
        };
        Some(Self {
            layer: line.id.clone(),
            state,
        })
    }
}

/// Why an image did not come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PullProblem {
    /// No name, no route, no connection to the registry.
    Unreachable,
    /// The registry did not answer in the time that the engine gives it. (The caller's own
    /// deadline is [`EngineError::Timeout`].)
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
    pub(super) fn kind(self) -> WhyKind {
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

impl Engine {
    /// Has the engine pull an image and tells how each layer fares. The reference leads to what
    /// came afterwards, whatever it led to before; a mere name means `:latest`. The platform is
    /// `os/arch[/variant]`, none = the engine's own. The engine gives up when the future is
    /// dropped or the deadline passes; layers that are whole by then stay for the next time.
    ///
    /// Fails with [`EngineError::Pull`]. With `NoMatchingPlatform` an image of another platform
    /// may have come all the same and bear the name: so do 20.10 and 28 with an image that has
    /// one platform only.
    pub async fn pull(
        &self,
        reference: &str,
        platform: Option<&str>,
        credentials: Option<&RegistryCredentials>,
        tell: &mut (dyn FnMut(LayerNews) + Send),
        d: Deadline,
    ) -> Result<(), EngineError> {
        let mut path = format!(
            "/images/create?fromImage={}",
            encode(&tagged(valid(reference)?))
        );
        if let Some(platform) = platform {
            path.push_str("&platform=");
            path.push_str(&encode(platform));
        }
        let mut request = order(Method::POST, &path);
        if let Some(credentials) = credentials {
            let headers = request.headers_mut();
            headers.insert("X-Registry-Auth", credentials.header());
        }
        let pulling = async {
            let mut lines = Lines::new(self.answer(request).await.map_err(named)?);
            let mut other_platform = None;
            while let Some(line) = lines.next().await? {
                if let Some(message) = line.error {
                    return Err(failure(200, message));
                }
                if is_of_another_platform(&line.status) {
                    other_platform = Some(line.status);
                } else if let Some(news) = LayerNews::of(&line) {
                    tell(news);
                }
            }
            match other_platform {
                None => Ok(()),
                Some(message) => Err(EngineError::Pull {
                    problem: PullProblem::NoMatchingPlatform,
                    message,
                }),
            }
        };
        d.bound(pulling).await?
    }
}

/// The engine's refusal as a failure to pull; what is wrong with the engine itself stays.
fn named(error: EngineError) -> EngineError {
    match error {
        EngineError::NotFound(message) => failure(404, message),
        EngineError::Conflict(message) => failure(409, message),
        EngineError::Refused { status, message } => failure(status, message),
        other => other,
    }
}

fn failure(status: u16, message: String) -> EngineError {
    EngineError::Pull {
        problem: problem(status, &message),
        message,
    }
}

/// Words of `WARNING: image with reference … was found but …`: "does not match the specified
/// platform: wanted …" in 20.10, "its platform (…) does not match the specified platform (…)" in
/// 28. Said after the pull, with status 200.
fn is_of_another_platform(status: &str) -> bool {
    status.contains("was found but") && status.contains("not match the specified platform")
}

/// What the engine's words mean, the surest first: a message often holds its causes, and always
/// the reference, so that only phrases are looked for which no reference can hold.
fn problem(status: u16, message: &str) -> PullProblem {
    const WORDS: [(PullProblem, &[&str]); 8] = [
        (
            PullProblem::NoSpace,
            &["no space left on device", "disk quota exceeded"],
        ),
        (
            PullProblem::RateLimited,
            &["toomanyrequests:", "too many requests", "status: 429"],
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
                "insufficient_scope",
            ],
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
                "502 bad gateway",
                "503 service unavailable",
            ],
        ),
    ];
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

#[cfg(test)]
mod tests;
