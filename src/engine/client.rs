//! The handle to one engine: how it is asked, and whether it answers.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Instant;

use hyper::body::{Body, Incoming};
use hyper::header::CONTENT_TYPE;
use hyper::{Method, Request, Response, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::address::{Address, address};
use super::error::{EngineError, errno_name, http_words};
use super::payload::Payload;
use super::wire::{Place, Wire};
use crate::deadline::{Deadline, Elapsed};
use crate::facts::docker::{Connection, Endpoint};
use crate::facts::{Why, WhyKind};
use crate::text::wash;

/// bollard wants a timeout of its own; ours is the deadline of each call.
const NO_TIMEOUT_SECONDS: u64 = 24 * 60 * 60;

/// Longest detail of a broken answer.
const LONGEST: usize = 300;

#[derive(Clone)]
pub struct Engine {
    wire: Wire,
    pub(super) docker: bollard::Docker,
    /// Containers of [`Self::run_to_end`] that may be there still.
    pub(super) owed: Arc<AtomicUsize>,
}

impl Engine {
    /// A handle to the engine at this endpoint. Opens no connection.
    pub fn connect(endpoint: &Endpoint) -> Result<Self, Why> {
        let place = match address(&endpoint.url)? {
            Address::Unix(path) => Place::Unix(path),
            Address::Tcp(address) => Place::Tcp(address),
        };
        let wire = Wire::new(place);
        let transport = wire.clone();
        let docker = bollard::Docker::connect_with_custom_transport(
            move |request: bollard::BollardRequest| {
                let wire = transport.clone();
                async move { wire.send(request).await }
            },
            Some("http://localhost"),
            NO_TIMEOUT_SECONDS,
            bollard::API_DEFAULT_VERSION,
        )
        .map_err(|error| EngineError::from(error).to_why())?;
        Ok(Self {
            wire,
            docker,
            owed: Arc::default(),
        })
    }

    /// Whether the engine answers `/_ping`, and what happens instead.
    pub async fn ping(&self, d: Deadline) -> Connection {
        let begun = Instant::now();
        let connection = match d.bound(self.wire.connect()).await {
            Err(elapsed) => return hung(elapsed),
            Ok(Err(error)) => {
                return Connection::Refused {
                    errno: errno_name(&error),
                    detail: wash(&error.to_string(), LONGEST),
                };
            }
            Ok(Ok(connection)) => connection,
        };
        let asked = async {
            let response = self.wire.send_on(connection, request("/_ping")).await?;
            let status = response.status();
            Ok::<_, hyper::Error>((status, collect(response.into_body()).await?))
        };
        match d.bound(asked).await {
            Err(elapsed) => hung(elapsed),
            Ok(Err(error)) => Connection::Broken {
                detail: wash(&http_words(&error), LONGEST),
            },
            Ok(Ok((StatusCode::OK, body))) if body.trim_ascii() == b"OK" => Connection::Answers {
                milliseconds: crate::units::milliseconds(begun.elapsed()),
            },
            Ok(Ok((status, body))) => Connection::Broken {
                detail: odd_answer(status, &body),
            },
        }
    }

    /// Asks for a JSON document and reads the fields that `T` names.
    pub(super) async fn get<T: DeserializeOwned>(&self, path: &str, d: Deadline) -> Result<T, Why> {
        let body = self.body(path, d).await.map_err(|error| error.to_why())?;
        serde_json::from_slice(&body)
            .map_err(|error| Why::new(WhyKind::Unparsable, not_understood(path, &error)))
    }

    /// As [`Self::get`], for those who need to tell the engine's answers apart.
    pub(super) async fn ask<T: DeserializeOwned>(
        &self,
        path: &str,
        d: Deadline,
    ) -> Result<T, EngineError> {
        let body = self.body(path, d).await?;
        serde_json::from_slice(&body)
            .map_err(|error| EngineError::broken(&not_understood(path, &error)))
    }

    async fn body(&self, path: &str, d: Deadline) -> Result<Vec<u8>, EngineError> {
        self.order(request(path), d).await
    }

    /// Tells the engine to do something; the whole answer, when it says yes.
    pub(super) async fn order(
        &self,
        request: Request<Payload>,
        d: Deadline,
    ) -> Result<Vec<u8>, EngineError> {
        let ordered = async { Ok(collect(self.answer(request).await?).await?) };
        d.bound(ordered).await?
    }

    /// The answer's body as it comes, when the engine says yes. Giving up the future or the body
    /// closes the connection, at which the engine stops what it was asked for. The caller bounds
    /// the time.
    pub(super) async fn answer(&self, request: Request<Payload>) -> Result<Incoming, EngineError> {
        Ok(answered(&self.wire, request).await?.into_body())
    }

    /// As [`Self::answer`], for what goes on for as long as somebody listens.
    pub(super) async fn listen(&self, path: &str) -> Result<Response<Incoming>, EngineError> {
        answered(&self.wire.endless(), request(path)).await
    }
}

async fn answered(
    wire: &Wire,
    request: Request<Payload>,
) -> Result<Response<Incoming>, EngineError> {
    // Boxed, since it is part of the future of every question that there is.
    let response = Box::pin(wire.send(request)).await?;
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let said = message(&collect(response.into_body()).await?);
    Err(EngineError::from_status(status.as_u16(), &said))
}

/// A request that changes something.
pub(super) fn order(method: Method, path: &str) -> Request<Payload> {
    with_body(method, path, "", Payload::none())
}

pub(super) fn order_json(path: &str, body: &impl Serialize) -> Request<Payload> {
    let bytes = serde_json::to_vec(body).expect("what is sent is plain data");
    with_body(
        Method::POST,
        path,
        "application/json",
        Payload::bytes(bytes),
    )
}

pub(super) fn order_tar(method: Method, path: &str, tar: Payload) -> Request<Payload> {
    with_body(method, path, "application/x-tar", tar)
}

fn with_body(method: Method, path: &str, kind: &str, body: Payload) -> Request<Payload> {
    let mut builder = Request::builder().method(method).uri(path);
    if !kind.is_empty() {
        builder = builder.header(CONTENT_TYPE, kind);
    }
    builder
        .body(body)
        .expect("paths are made of literals and percent-encoded parts")
}

pub(super) fn not_understood(path: &str, error: &serde_json::Error) -> String {
    let about = path.split('?').next().unwrap_or(path);
    format!(
        "the engine's answer to {about} cannot be understood: {}",
        wash(&error.to_string(), LONGEST)
    )
}

impl From<hyper::Error> for EngineError {
    fn from(error: hyper::Error) -> Self {
        Self::broken(&http_words(&error))
    }
}

fn request(path: &str) -> Request<Payload> {
    order(Method::GET, path)
}

/// The whole body; the wire bounds its length.
async fn collect(mut body: Incoming) -> Result<Vec<u8>, hyper::Error> {
    let mut bytes = Vec::new();
    while let Some(frame) = std::future::poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        if let Ok(data) = frame?.into_data() {
            if bytes.capacity() - bytes.len() < data.len() {
                // Not twice as much each time: a list of many containers is the most that we hold.
                bytes.reserve_exact(data.len().max(bytes.len() / 4));
            }
            bytes.extend_from_slice(&data);
        }
    }
    Ok(bytes)
}

/// The `message` of an error document, else its text.
fn message(body: &[u8]) -> String {
    #[derive(serde::Deserialize)]
    struct Said {
        message: String,
    }
    serde_json::from_slice::<Said>(body).map_or_else(
        |_| String::from_utf8_lossy(body).into_owned(),
        |said| said.message,
    )
}

fn odd_answer(status: StatusCode, body: &[u8]) -> String {
    let said = wash(&message(body), LONGEST);
    let said = if said.is_empty() {
        String::new()
    } else {
        format!(": {said}")
    };
    if status == StatusCode::OK {
        format!("something answers /_ping there that is not a Docker engine{said}")
    } else {
        format!("/_ping was answered with status {}{said}", status.as_u16())
    }
}

fn hung(elapsed: Elapsed) -> Connection {
    Connection::Hung {
        waited_milliseconds: crate::units::milliseconds(elapsed.0),
    }
}

#[cfg(test)]
mod tests;
