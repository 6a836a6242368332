//! Looks at the file system, which may lie on a dead network mount: on a thread of its own and under
//! the probe's deadline, so that nothing else waits for it.

use crate::deadline::Deadline;
use crate::facts::{Why, WhyKind};

/// Runs what may block. One that does not come back is left behind.
pub async fn blocking<T: Send + 'static>(
    d: Deadline,
    look: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Why> {
    match d.bound(tokio::task::spawn_blocking(look)).await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(_)) => Err(Why::new(
            WhyKind::Failed,
            "a look at the file system broke off",
        )),
        Err(elapsed) => Err(Why::new(
            WhyKind::Timeout,
            format!(
                "the file system did not answer within {} ms",
                elapsed.0.as_millis()
            ),
        )),
    }
}
