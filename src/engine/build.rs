//! Building an image with the engine's own builder.
//!
//! The classic one (`version=1`, the default of `POST /build`): it is in every engine up to 29,
//! deprecated since 23.0 without a date, and BuildKit's own calls (`/session`, `/grpc`) are
//! deprecated since API 1.53. So the Dockerfile must do without `RUN --mount` and heredocs.

use std::collections::{BTreeMap, VecDeque};

use hyper::Method;

use super::client::{Engine, order_tar};
use super::convert::{encode, is_reference};
use super::error::EngineError;
use super::lines::Lines;
use super::payload::Payload;
use super::reference::valid;
use crate::deadline::Deadline;
use crate::text::wash;

const LONGEST: usize = 400;
/// Last lines that a failure is told with.
const LAST: usize = 20;
/// A line that does not end is cut here, in bytes.
const LONGEST_LINE: usize = 8 << 10;

/// What an image is to be built from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Build {
    /// A tar archive with a `Dockerfile` on top. An image that it is `FROM` and that is not there
    /// is pulled by the engine.
    pub context: Vec<u8>,
    /// The name that the image gets at the end, and only when all went well.
    pub tag: String,
    pub labels: BTreeMap<String, String>,
    /// `os/arch[/variant]`; none = the engine's own.
    pub platform: Option<String>,
    pub cache: Cache,
}

/// Whether steps that were built before are taken as they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cache {
    #[default]
    Used,
    /// `--no-cache`: packages are fetched anew.
    Ignored,
}

impl Build {
    fn path(&self) -> Result<String, EngineError> {
        let labels = serde_json::to_string(&self.labels).expect("texts are plain data");
        let mut path = format!(
            "/build?t={}&labels={}&rm=1&forcerm=1&pull=0",
            encode(valid(&self.tag)?),
            encode(&labels)
        );
        if self.cache == Cache::Ignored {
            path.push_str("&nocache=1");
        }
        if let Some(platform) = &self.platform {
            path.push_str("&platform=");
            path.push_str(&encode(platform));
        }
        Ok(path)
    }
}

impl Engine {
    /// Builds an image, tells each line that the build writes (washed), and returns the image's
    /// id. The engine stops, and removes the container of the step it is at, when the future is
    /// dropped or the deadline passes. Steps that were done by then stay as nameless images,
    /// which the engine begins the next build with.
    ///
    /// Fails with [`EngineError::Build`] when a step does; a Dockerfile that cannot be read is
    /// [`EngineError::Refused`] with status 400.
    pub async fn build(
        &self,
        build: Build,
        tell: &mut (dyn FnMut(&str) + Send),
        d: Deadline,
    ) -> Result<String, EngineError> {
        let path = build.path()?;
        let request = order_tar(Method::POST, &path, Payload::bytes(build.context));
        let building = async {
            let mut lines = Lines::new(self.answer(request).await?);
            let mut transcript = Transcript::default();
            let mut made = None;
            while let Some(line) = lines.next().await? {
                for line in transcript.take(&line.stream) {
                    tell(&line);
                }
                if !line.status.is_empty() {
                    // Of the image that it is `FROM`, which is being pulled.
                    tell(&[line.id, line.status].join(" "));
                }
                made = line.made.or(made);
                if let Some(message) = line.error {
                    if let Some(line) = transcript.end() {
                        tell(&line);
                    }
                    return Err(transcript.failure(message));
                }
            }
            if let Some(line) = transcript.end() {
                tell(&line);
            }
            made.filter(|id| is_reference(id)).ok_or_else(|| {
                EngineError::broken("the build ended without a word on the image it made")
            })
        };
        d.bound(building).await?
    }
}

/// The lines of a build's output, put together from pieces.
#[derive(Default)]
struct Transcript {
    piece: String,
    step: Option<String>,
    last: VecDeque<String>,
}

impl Transcript {
    /// The lines that this piece completes.
    fn take(&mut self, text: &str) -> Vec<String> {
        let mut lines = Vec::new();
        for c in text.chars() {
            // A progress bar ends its line with a carriage return.
            if matches!(c, '\n' | '\r') {
                lines.extend(self.end());
                continue;
            }
            self.piece.push(c);
            if self.piece.len() >= LONGEST_LINE {
                lines.extend(self.end());
            }
        }
        lines
    }

    /// The line that has begun, if there is anything in it.
    fn end(&mut self) -> Option<String> {
        // The builder colours what a step writes to stderr.
        let plain = self
            .piece
            .replace("\u{1b}[91m", "")
            .replace("\u{1b}[0m", "");
        self.piece.clear();
        let line = wash(&plain, LONGEST);
        if line.is_empty() {
            return None;
        }
        if is_step(&line) {
            self.step = Some(line.clone());
            self.last.clear();
        } else {
            if self.last.len() == LAST {
                self.last.pop_front();
            }
            self.last.push_back(line.clone());
        }
        Some(line)
    }

    fn failure(self, message: String) -> EngineError {
        EngineError::Build {
            step: self.step,
            message,
            last: self
                .last
                .into_iter()
                .filter(|line| !is_builders(line))
                .collect(),
        }
    }
}

/// `Step 2/3 : RUN …`
fn is_step(line: &str) -> bool {
    let Some((numbers, _)) = line
        .strip_prefix("Step ")
        .and_then(|rest| rest.split_once(" : "))
    else {
        return false;
    };
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    numbers
        .split_once('/')
        .is_some_and(|(number, of)| is_number(number) && is_number(of))
}

/// What the builder says of its own work, and not a program of the step.
fn is_builders(line: &str) -> bool {
    line.starts_with("---> ") || line.starts_with("Removing intermediate container ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As 20.10 writes a build whose second step fails.
    const PIECES: [&str; 9] = [
        "Step 1/2 : FROM a:1",
        "\n",
        " ---> 215cffde0f7f\n",
        "Step 2/2 : RUN make",
        "\n",
        " ---> Running in 64d0ecb72517\n",
        "\u{1b}[91merr\n\u{1b}[0m",
        "half of a",
        " line\r50 %\r100 %\nRemoving intermediate container 4c8c9cbb22bc\n",
    ];

    #[test]
    fn a_failure_names_its_step_and_the_last_words() {
        let mut transcript = Transcript::default();
        let told: Vec<String> = PIECES
            .iter()
            .flat_map(|piece| transcript.take(piece))
            .collect();
        assert_eq!(told[0], "Step 1/2 : FROM a:1");
        assert!(told.contains(&"half of a line".to_owned()), "{told:?}");
        let EngineError::Build { step, last, .. } = transcript.failure("no".to_owned()) else {
            panic!("a build's failure");
        };
        assert_eq!(step.as_deref(), Some("Step 2/2 : RUN make"));
        assert_eq!(last, ["err", "half of a line", "50 %", "100 %"]);
    }

    #[test]
    fn output_without_end_is_bounded() {
        let mut transcript = Transcript::default();
        let told = transcript.take(&"x".repeat(LONGEST_LINE * 3 + 1));
        assert_eq!(told.len(), 3);
        for number in 0..1000 {
            transcript.take(&format!("{number}\n"));
        }
        assert_eq!(transcript.last.len(), LAST);
        assert_eq!(transcript.last.back().map(String::as_str), Some("999"));
    }

    #[test]
    fn only_the_builders_own_steps_are_steps() {
        assert!(is_step("Step 10/12 : RUN a : b"));
        for other in ["Step one : x", "Step 1/ : x", "Step 1/2", "step 1/2 : x"] {
            assert!(!is_step(other), "{other}");
        }
    }

    #[test]
    fn names_and_labels_stay_in_their_place_in_the_path() {
        let mut build = Build {
            tag: "a/b:1".to_owned(),
            labels: BTreeMap::from([("k".to_owned(), "v&rm=0".to_owned())]),
            platform: Some("linux/arm64".to_owned()),
            ..Build::default()
        };
        let path = build.path().expect("a path");
        assert!(path.contains("v%26rm%3D0"), "{path}");
        assert!(path.ends_with("&platform=linux/arm64"), "{path}");
        build.tag = "a b".to_owned();
        assert!(build.path().is_err());
    }
}
