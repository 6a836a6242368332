//! Asks what may not come back, above all the file system, which may lie on a dead network mount: on
//! a thread of its own and under the probe's deadline, so that nothing else waits for it.

use crate::deadline::Deadline;
use crate::facts::{Why, WhyKind};

/// Looks at the file system. A look that does not come back is left behind.
pub async fn blocking<T: Send + 'static>(
    d: Deadline,
    look: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Why> {
    asking("the file system", d, look).await
}

/// The same for anything else that may block; `what` is named where it did not answer.
pub async fn asking<T: Send + 'static>(
    what: &str,
    d: Deadline,
    ask: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Why> {
    match d.bound(tokio::task::spawn_blocking(ask)).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(_)) => Err(Why::new(
            WhyKind::Failed,
            format!("{what}: asking it broke off"),
        )),
        Err(waited) => Err(Why::new(
            WhyKind::Timeout,
            format!("{what}: no answer in {} ms", waited.0.as_millis()),
        )),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn what_never_comes_back_is_a_timeout_and_what_dies_a_failure() {
        let d = Deadline::after(Duration::from_millis(20));
        let late = asking("sleep", d, || {
            std::thread::sleep(Duration::from_millis(200));
        })
        .await;
        let late = late.expect_err("late");
        assert_eq!(late.kind, WhyKind::Timeout);
        assert!(late.detail.starts_with("sleep: no answer in "), "{late:?}");
        let d = Deadline::after(Duration::from_secs(5));
        let dead: Result<(), Why> = blocking(d, || panic!("of the test")).await;
        assert_eq!(dead.expect_err("dead").kind, WhyKind::Failed);
    }
}
