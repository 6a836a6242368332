//! One helper container, from its making to its removal.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use hyper::Method;
use serde::Deserialize;
use tokio::sync::oneshot;

use super::client::{Engine, not_understood, order, order_tar};
use super::convert::encode;
use super::error::EngineError;
use super::lifecycle::{LOOK_AGAIN, Stream, name};
use super::payload::Payload;
use super::spec::ContainerSpec;
use crate::deadline::Deadline;
use crate::text::wash;

/// Most bytes of each stream. More is a failure, since half an answer could pass for a whole one.
const MOST_OUTPUT: usize = 16 << 20;
/// Kept back from the caller's deadline, so that there is time to remove the container.
const REMOVAL: Duration = Duration::from_millis(700);
const REMOVAL_AT_MOST: Duration = Duration::from_secs(5);
/// For a removal that nobody waits for.
const LEISURE: Duration = Duration::from_secs(10);
/// A create call that was given up may still make its container, seconds later when the engine is
/// slow: waits between looks at whether it has.
const LATE: [Duration; 6] = [
    Duration::from_millis(50),
    Duration::from_millis(100),
    Duration::from_millis(250),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
];

/// What a container said and how it ended. Bytes, not washed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ran {
    pub exit_code: i64,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
}

impl Engine {
    /// Runs a container to its end and removes it, whatever happens. The input is a tar archive
    /// that is laid over the container's root before it starts; it can go neither into a tmpfs
    /// nor into a root that is read-only.
    ///
    /// When the future is dropped, or the engine does not answer in time, the removal goes on in
    /// the background: [`Self::settled`] waits for it. What a kill of the program leaves is found
    /// by the labels of the spec, which must tell the run that made it.
    pub async fn run_to_end(
        &self,
        spec: &ContainerSpec,
        name: &str,
        input: Option<Vec<u8>>,
        d: Deadline,
    ) -> Result<Ran, EngineError> {
        let within = Deadline::after(d.remaining().saturating_sub(REMOVAL));
        let lease = self.lease(name, spec, within).await?;
        let ran = self.ran(&lease.id, input, within).await;
        let removal = Deadline::after(d.remaining().max(REMOVAL).min(REMOVAL_AT_MOST));
        // A lease that was not given back goes on trying.
        if self.remove(&lease.id, removal).await.is_ok() {
            lease.returned();
        }
        ran
    }

    /// Waits until no container of [`Self::run_to_end`] is left that this engine's handles (this
    /// one and its clones) know of. To be called before the program ends.
    pub async fn settled(&self, d: Deadline) -> Result<(), EngineError> {
        let settled = async {
            while self.owed.load(Ordering::Relaxed) > 0 {
                tokio::time::sleep(LOOK_AGAIN).await;
            }
        };
        Ok(d.bound(settled).await?)
    }

    /// Unpacks a tar archive into a folder of a container, running or not. The folder must be
    /// there; owners and modes are the archive's.
    pub async fn upload(
        &self,
        id: &str,
        tar: Vec<u8>,
        to: &str,
        d: Deadline,
    ) -> Result<(), EngineError> {
        let path = format!("/containers/{}/archive?path={}", name(id)?, encode(to));
        let request = order_tar(Method::PUT, &path, Payload::bytes(tar));
        self.order(request, d).await.map(drop)
    }

    /// Asks for the container in a task of its own: an engine that was asked makes it, whether or
    /// not the asker is still there.
    async fn lease(
        &self,
        name: &str,
        spec: &ContainerSpec,
        d: Deadline,
    ) -> Result<Lease, EngineError> {
        let (sender, receiver) = oneshot::channel();
        let owed = Owed::new(&self.owed);
        let (engine, name) = (self.clone(), name.to_owned());
        let spec = ContainerSpec {
            // It would take its exit code along.
            auto_remove: false,
            ..spec.clone()
        };
        tokio::spawn(async move {
            match engine.create(&name, &spec, d).await {
                Ok(id) => {
                    let lease = Lease {
                        engine,
                        id,
                        owed: Some(owed),
                    };
                    // When the asker has gone the lease comes back and ends here.
                    let _ = sender.send(Ok(lease));
                }
                Err(error) => {
                    let is_open = matches!(error, EngineError::Timeout(_) | EngineError::Broken(_));
                    // As above: there may be nobody to tell.
                    let _ = sender.send(Err(error));
                    if is_open {
                        engine.remove_late(&name, &spec.labels).await;
                    }
                    drop(owed);
                }
            }
        });
        receiver
            .await
            .unwrap_or_else(|_| Err(EngineError::broken("the program is ending")))
    }

    /// After a create call without an answer: removes the container of this name as soon as it
    /// appears, if its labels say that it is ours.
    async fn remove_late(&self, name: &str, labels: &BTreeMap<String, String>) {
        let d = Deadline::after(LEISURE);
        for wait in LATE {
            tokio::time::sleep(wait).await;
            if let Ok(found) = self.inspect(name, d).await {
                let is_ours = !labels.is_empty()
                    && labels
                        .iter()
                        .all(|(key, value)| found.labels.get(key) == Some(value));
                if is_ours && self.remove(&found.id, d).await.is_ok() {
                    return;
                }
            }
        }
    }

    async fn ran(&self, id: &str, input: Option<Vec<u8>>, d: Deadline) -> Result<Ran, EngineError> {
        if let Some(tar) = input {
            self.upload(id, tar, "/", d).await?;
        }
        let mut output = self.attach(id, d).await?;
        self.start(id, d).await?;
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        while let Some(piece) = output.next(d).await {
            let (stream, bytes) = piece?;
            let kept = match stream {
                Stream::Stdout => &mut stdout,
                Stream::Stderr => &mut stderr,
            };
            if kept.len() + bytes.len() > MOST_OUTPUT {
                return Err(EngineError::broken(&format!(
                    "the container wrote more than {} MiB",
                    MOST_OUTPUT >> 20
                )));
            }
            kept.extend_from_slice(&bytes);
        }
        Ok(Ran {
            exit_code: self.ended(id, d).await?,
            stdout,
            stderr,
        })
    }

    /// The exit code, when there is one. A program may close its streams long before.
    async fn ended(&self, id: &str, d: Deadline) -> Result<i64, EngineError> {
        let path = format!("/containers/{}/wait", name(id)?);
        let answer = self.order(order(Method::POST, &path), d).await?;
        let said: Ended = serde_json::from_slice(&answer)
            .map_err(|error| EngineError::broken(&not_understood(&path, &error)))?;
        said.exit_code()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Ended {
    status_code: i64,
    #[serde(default)]
    error: Option<EndedBadly>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct EndedBadly {
    #[serde(default)]
    message: String,
}

impl Ended {
    fn exit_code(self) -> Result<i64, EngineError> {
        match self.error {
            // Some engines send the member without a word in it.
            Some(EndedBadly { message }) if !message.is_empty() => {
                Err(EngineError::Failed(wash(&message, 300)))
            }
            _ => Ok(self.status_code),
        }
    }
}

/// A container that is there. Removes it when it is dropped, unless it was given back.
struct Lease {
    engine: Engine,
    id: String,
    /// None once it was given back.
    owed: Option<Owed>,
}

impl Lease {
    fn returned(mut self) {
        self.owed = None;
    }
}

impl Drop for Lease {
    /// The caller was given up: nobody will poll us again, and the runtime may be on its way out.
    fn drop(&mut self) {
        let Some(owed) = self.owed.take() else {
            return;
        };
        let (engine, id) = (self.engine.clone(), std::mem::take(&mut self.id));
        std::thread::spawn(move || {
            if let Ok(runtime) = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
            {
                // An engine that fails now is asked again by a later sweep.
                let _ = runtime.block_on(engine.remove(&id, Deadline::after(LEISURE)));
            }
            drop(owed);
        });
    }
}

/// Counted for as long as a container may be there.
struct Owed(Arc<AtomicUsize>);

impl Owed {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(count))
    }
}

impl Drop for Owed {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exit_code_is_read_in_every_form_of_the_answer() {
        let read = |text: &str| serde_json::from_str::<Ended>(text).expect(text).exit_code();
        assert_eq!(read(r#"{"StatusCode":3}"#), Ok(3));
        assert_eq!(read(r#"{"StatusCode":0,"Error":null}"#), Ok(0));
        assert_eq!(read(r#"{"StatusCode":0,"Error":{"Message":""}}"#), Ok(0));
        assert!(read(r#"{"StatusCode":0,"Error":{"Message":"lost"}}"#).is_err());
        assert!(serde_json::from_str::<Ended>("{}").is_err());
    }
}
