//! Where the node is looked at and mended, and what is watched is recorded, beside the thread that
//! draws and watches: what does that also writes files to the disk and asks for passwords, and a
//! screen must not wait for either.

use std::sync::{Arc, OnceLock};

use tokio::runtime::{Handle, Runtime};
use tokio::task::JoinHandle;

use crate::cli::check::runtime_of;

/// A thread that comes with the first work for it: a dashboard may never need one.
#[derive(Clone)]
pub struct Workshop {
    app: Handle,
    own: Arc<OnceLock<Option<Runtime>>>,
}

impl Workshop {
    /// Beside the app's own runtime, which takes the work where no thread can be had.
    pub fn beside(app: &Handle) -> Self {
        Self {
            app: app.clone(),
            own: Arc::default(),
        }
    }

    pub fn spawn<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> JoinHandle<T> {
        match self.own.get_or_init(|| runtime_of(1).ok()) {
            Some(own) => own.spawn(work),
            None => self.app.spawn(work),
        }
    }

    /// Waits for nothing that still goes on.
    pub fn close(mut self) {
        let own = Arc::get_mut(&mut self.own).and_then(OnceLock::take);
        if let Some(own) = own.flatten() {
            own.shutdown_background();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;
    use crate::cli::check::runtime_of_app;

    #[test]
    fn work_that_holds_its_thread_up_does_not_hold_up_the_app() {
        let app = runtime_of_app().expect("a runtime");
        let workshop = Workshop::beside(app.handle());
        let (word, waits) = mpsc::channel();
        let heard = app.block_on(async {
            let work = workshop.spawn(async move { waits.recv_timeout(Duration::from_secs(20)) });
            tokio::task::yield_now().await;
            word.send(7).expect("it waits");
            work.await
        });
        assert_eq!(heard.expect("it ends"), Ok(7));
        workshop.close();
    }
}
