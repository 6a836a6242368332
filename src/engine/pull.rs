//! Pulling an image.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use hyper::Method;
use hyper::header::HeaderValue;
use serde::Deserialize;

use super::client::{Engine, order};
use super::convert::encode;
use super::error::EngineError;
use super::lines::{Line, Lines};
use super::reference::{tagged, valid};
use crate::deadline::Deadline;
use crate::text::wash;

mod problem;

pub use problem::PullProblem;
use problem::problem;

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
    pub(super) fn header(&self) -> HeaderValue {
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

impl Engine {
    /// Has the engine pull an image and tells how each layer fares. The reference leads to what
    /// came afterwards, whatever it led to before; a mere name means `:latest`. The platform is
    /// `os/arch[/variant]`, none = the engine's own. The engine gives up when the future is
    /// dropped or the deadline passes; layers that are whole by then stay for the next time.
    ///
    /// Fails with [`EngineError::Pull`]. With `NoMatchingPlatform` an image of another platform
    /// may have come all the same and bear the name: an image that has one platform only is
    /// pulled whatever was asked for.
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
            while let Some(line) = lines.next().await? {
                if let Some(message) = line.error {
                    return Err(failure(200, message));
                }
                if let Some(news) = LayerNews::of(&line) {
                    tell(news);
                }
            }
            match platform {
                Some(platform) => self.has_come(reference, platform, d).await,
                None => Ok(()),
            }
        };
        d.bound(pulling).await?
    }

    /// Whether what bears the name is of the platform that was asked for. Engines with the
    /// containerd image store do not tell (28.5); the others do in a line of the pull, in words
    /// that change.
    async fn has_come(
        &self,
        reference: &str,
        platform: &str,
        d: Deadline,
    ) -> Result<(), EngineError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Said {
            os: String,
            architecture: String,
        }
        let mut words = platform.split('/');
        let (os, arch) = (words.next().unwrap_or_default(), words.next());
        // With several platforms under one name this chooses (API 1.49); older engines ignore it.
        let wanted = serde_json::json!({ "os": os, "architecture": arch }).to_string();
        let path = format!(
            "/images/{}/json?platform={}",
            encode(reference),
            encode(&wanted)
        );
        let message = match self.ask::<Said>(&path, d).await {
            Ok(said) if said.os == os && arch.is_none_or(|arch| said.architecture == arch) => {
                return Ok(());
            }
            Ok(said) => format!(
                "the image is for {}/{}, and {} was asked for",
                wash(&said.os, 50),
                wash(&said.architecture, 50),
                wash(platform, 50)
            ),
            Err(EngineError::NotFound(message)) => message,
            Err(other) => return Err(other),
        };
        Err(EngineError::Pull {
            problem: PullProblem::NoMatchingPlatform,
            message,
        })
    }
}

/// The engine's refusal as a failure to pull; what is wrong with the engine itself stays.
pub(super) fn named(error: EngineError) -> EngineError {
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

#[cfg(test)]
mod tests;
