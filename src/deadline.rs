//! A deadline is an instant passed down, never a fresh timeout for each call.

use std::future::Future;
use std::time::Duration;

use tokio::time::Instant;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline(Instant);

/// The deadline passed; how long was waited since the bound call began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Elapsed(pub Duration);

impl Deadline {
    pub fn after(span: Duration) -> Self {
        Self(Instant::now() + span)
    }

    /// The earlier of this one and `span` from now.
    #[must_use]
    pub fn at_most(self, span: Duration) -> Self {
        Self(self.0.min(Instant::now() + span))
    }

    /// This one, a little later.
    #[must_use]
    pub fn later(self, grace: Duration) -> Self {
        Self(self.0 + grace)
    }

    pub fn remaining(self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }

    /// Runs the future to its end or to the deadline, whichever comes first.
    pub async fn bound<T>(self, future: impl Future<Output = T>) -> Result<T, Elapsed> {
        let begun = Instant::now();
        tokio::time::timeout_at(self.0, future)
            .await
            .map_err(|_| Elapsed(begun.elapsed()))
    }
}
