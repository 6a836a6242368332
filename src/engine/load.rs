//! Loading images from an archive on this machine.

use std::path::Path;

use hyper::Method;

use super::client::{Engine, order_tar};
use super::error::EngineError;
use super::lines::{Line, Lines};
use super::payload::Payload;
use super::pull::LayerNews;
use crate::deadline::Deadline;
use crate::text::wash;

const LONGEST: usize = 300;
/// Names that are kept of one archive.
const MOST_NAMES: usize = 1000;

/// How far a load has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Loading {
    /// Bytes of the archive that have gone to the engine.
    Sent {
        current: u64,
        total: u64,
    },
    Layer(LayerNews),
}

impl Engine {
    /// Loads the images of an archive (`docker save`; plain or compressed, which the engine sees
    /// for itself) and returns what the engine names: references, and ids of those without a
    /// name. A name that is in the archive leads to its image afterwards, whatever it led to
    /// before. The file is never in memory as a whole.
    ///
    /// Fails with [`EngineError::Failed`] when the engine cannot use the archive, and with
    /// [`EngineError::Broken`] when the file cannot be read.
    pub async fn load(
        &self,
        path: &Path,
        tell: &mut (dyn FnMut(Loading) + Send),
        d: Deadline,
    ) -> Result<Vec<String>, EngineError> {
        d.bound(self.loaded(path, tell)).await?
    }

    async fn loaded(
        &self,
        path: &Path,
        tell: &mut (dyn FnMut(Loading) + Send),
    ) -> Result<Vec<String>, EngineError> {
        let (payload, mut progress) = Payload::file(path).await.map_err(|error| {
            let shown = path.display();
            EngineError::broken(&format!("the archive {shown} cannot be read: {error}"))
        })?;
        let answering = self.answer(order_tar(Method::POST, "/images/load?quiet=0", payload));
        tokio::pin!(answering);
        let mut lines = None;
        let mut is_sending = true;
        let mut names = Vec::new();
        // An engine answers before or after it has the whole archive.
        loop {
            let next = async {
                match &mut lines {
                    Some(lines) => Lines::next(lines).await.map(Next::Line),
                    None => answering.as_mut().await.map(Next::Answer),
                }
            };
            let next = tokio::select! {
                next = next => next?,
                changed = progress.sent.changed(), if is_sending => {
                    is_sending = changed.is_ok();
                    let current = *progress.sent.borrow_and_update();
                    tell(Loading::Sent { current, total: progress.total });
                    continue;
                }
            };
            match next {
                Next::Answer(body) => lines = Some(Lines::new(body)),
                Next::Line(None) => break,
                Next::Line(Some(line)) => {
                    if let Some(news) = LayerNews::of(&line) {
                        tell(Loading::Layer(news));
                    }
                    names.extend(loaded_names(&line));
                    names.truncate(MOST_NAMES);
                    if let Some(message) = line.error {
                        return Err(EngineError::Failed(message));
                    }
                }
            }
        }
        if names.is_empty() {
            return Err(EngineError::broken(
                "the engine took the archive and named no image",
            ));
        }
        Ok(names)
    }
}

enum Next {
    Answer(hyper::body::Incoming),
    Line(Option<Line>),
}

/// `Loaded image: a/b:1` and `Loaded image ID: sha256:…`
fn loaded_names(line: &Line) -> Vec<String> {
    line.stream
        .lines()
        .filter_map(|said| {
            said.strip_prefix("Loaded image: ")
                .or_else(|| said.strip_prefix("Loaded image ID: "))
        })
        .map(|name| wash(name, LONGEST))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_ids_are_read_from_the_engines_words() {
        let line = Line {
            stream: "Loaded image: a/b:1\nLoaded image ID: sha256:00\nsomething else\n".to_owned(),
            ..Line::default()
        };
        assert_eq!(loaded_names(&line), ["a/b:1", "sha256:00"]);
    }
}
