//! What is done to a container that runs: stopped, killed, paused. Each asks the engine to act on
//! one container and waits until it has.
//!
//! [`EngineError::Already`] is a container that was stopped before, [`EngineError::NotFound`] one
//! that has gone, [`EngineError::Conflict`] one that is in no state for it, in the engine's words.

use hyper::Method;

use super::client::{Engine, order};
use super::convert::encode;
use super::error::EngineError;
use super::lifecycle::name;
use crate::deadline::Deadline;

impl Engine {
    /// Asks the container's program to end and kills it after so many seconds of grace. The
    /// deadline must be beyond them.
    pub async fn stop(&self, id: &str, grace_seconds: u32, d: Deadline) -> Result<(), EngineError> {
        self.act(id, &format!("stop?t={grace_seconds}"), d).await
    }

    /// As [`Self::stop`], and starts it again. One that does not run is started.
    pub async fn restart(
        &self,
        id: &str,
        grace_seconds: u32,
        d: Deadline,
    ) -> Result<(), EngineError> {
        self.act(id, &format!("restart?t={grace_seconds}"), d).await
    }

    /// Sends a signal (`KILL`, `TERM`, `15`, …).
    pub async fn kill(&self, id: &str, signal: &str, d: Deadline) -> Result<(), EngineError> {
        self.act(id, &format!("kill?signal={}", encode(signal)), d)
            .await
    }

    pub async fn pause(&self, id: &str, d: Deadline) -> Result<(), EngineError> {
        self.act(id, "pause", d).await
    }

    pub async fn unpause(&self, id: &str, d: Deadline) -> Result<(), EngineError> {
        self.act(id, "unpause", d).await
    }

    async fn act(&self, id: &str, what: &str, d: Deadline) -> Result<(), EngineError> {
        let path = format!("/containers/{}/{what}", name(id)?);
        self.order(order(Method::POST, &path), d).await.map(drop)
    }
}
