//! A sandbox that works at its caps: made as OpenClaw makes one, it takes up memory and spins,
//! with what its image has. It ends by itself, so that even a kill of ours leaves it running no
//! longer than it was told.

use std::time::Duration;

use super::super::World;
use super::mounts::mounts;
use super::probe::{create, seccomp};
use super::spec::groups;
use super::{marks, sweep};
use crate::deadline::Deadline;
use crate::engine::{ContainerSpec, Engine, EngineError};
use crate::facts::openclaw::Agent;
use crate::facts::{Facts, Why, WhyKind};
use crate::text::wash;

const SHELL: &str = include_str!("load.sh");
const PYTHON: &str = include_str!("load.py");
/// On containers of a drill, besides what every container of ours bears.
pub const DRILL_LABEL: &str = "clawdoctor.drill";
/// Bytes of output that are kept of a container; its own words are short.
const MOST: usize = 64 << 10;
/// Characters of what else it says that are told.
const NOISE: usize = 300;

/// How heavy it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Load {
    pub bytes: u64,
    /// Processes that spin.
    pub spinners: u32,
}

/// What all sandboxes of a drill are made of.
#[derive(Clone, Debug)]
pub struct Mold {
    spec: ContainerSpec,
    /// Mounts that had to stay out, and why.
    pub missing: Vec<String>,
}

impl Mold {
    /// Of this agent's sandbox. Makes the run's folder, which `clean_up` takes away.
    pub async fn of(
        world: &World,
        facts: &Facts,
        engine: &Engine,
        agent: &Agent,
        d: Deadline,
    ) -> Result<Self, Why> {
        let groups = groups(std::slice::from_ref(agent));
        let Some(group) = groups.first() else {
            let id = wash(&agent.id, 80);
            let text = format!("the agent {id} runs in no Docker sandbox");
            return Err(Why::new(WhyKind::NotApplicable, text));
        };
        let configuration = &group.configuration;
        let seccomp = seccomp(&configuration.docker)?;
        let folder = sweep::run_folder(world).map_err(|error| {
            let state = world.operator.state_dir();
            let text = format!("no folder could be made in {}: {error}", state.display());
            Why::new(WhyKind::Failed, text)
        })?;
        let own = folder.join("load");
        let mounts = mounts(world, facts, engine, configuration, &own, d).await;
        let missing = mounts.iter().filter(|mount| mount.bind.is_none());
        let missing = missing.map(|mount| {
            let why = mount.report.found.get().err();
            let why = why.map_or(String::new(), |why| format!(": {}", why.detail));
            format!("{} is not mounted{why}", mount.report.target)
        });
        let mut labels = marks(world);
        labels.insert(DRILL_LABEL.to_owned(), "1".to_owned());
        Ok(Self {
            missing: missing.collect(),
            spec: ContainerSpec {
                labels,
                binds: mounts
                    .iter()
                    .filter_map(|mount| mount.bind.clone())
                    .collect(),
                ..configuration.container(seccomp.as_deref())
            },
        })
    }

    /// Starts one that works for so long, and listens to it. Its removal is the caller's.
    pub async fn start(
        &self,
        world: &World,
        engine: &Engine,
        name: &str,
        load: Load,
        span: Duration,
        d: Deadline,
    ) -> Result<Listener, Why> {
        let token = world.run_id.clone();
        let mut cmd: Vec<String> = ["sh", "-c", SHELL, "clawdoctor-drill", &token, PYTHON]
            .map(str::to_owned)
            .to_vec();
        cmd.extend([
            load.bytes.to_string(),
            load.spinners.to_string(),
            span.as_secs().max(1).to_string(),
        ]);
        let spec = ContainerSpec {
            cmd,
            ..self.spec.clone()
        };
        let id = create(engine, &world.creating, name, &spec, d).await?;
        let output = engine
            .attach(&id, d)
            .await
            .map_err(|error| error.to_why())?;
        engine.start(&id, d).await.map_err(|error| error.to_why())?;
        Ok(Listener {
            id,
            output,
            words: Words::new(&token),
        })
    }
}

/// The names of a run's containers: which of the drill's sandboxes has this one.
pub fn number_of(name: &str, run_id: &str) -> Option<u64> {
    let rest = name.strip_prefix("clawdoctor-drill-")?;
    rest.strip_prefix(run_id)?.strip_prefix('-')?.parse().ok()
}

pub fn name(run_id: &str, number: u64) -> String {
    format!("clawdoctor-drill-{run_id}-{number}")
}

/// What a load says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Word {
    /// Its first word.
    Begun,
    /// What it works with.
    Tool(String),
    /// The image lacks this.
    Missing(String),
    /// It has taken up its memory.
    Held,
    /// Bytes that the engine's machine could still hand out.
    Left(u64),
}

/// A container that is listened to.
pub struct Listener {
    pub id: String,
    output: crate::engine::Output,
    words: Words,
}

impl Listener {
    /// Its next word; none when it has ended. Safe to give up and call again.
    pub async fn next(&mut self, d: Deadline) -> Result<Option<Word>, EngineError> {
        loop {
            if let Some(word) = self.words.next() {
                return Ok(Some(word));
            }
            match self.output.next(d).await {
                Some(Ok((_, bytes))) => self.words.take(&bytes),
                Some(Err(error)) => return Err(error),
                None => return Ok(None),
            }
        }
    }

    /// What else it wrote, washed.
    pub fn noise(&self) -> String {
        wash(self.words.noise.trim(), NOISE)
    }
}

/// Cuts what comes into words. Lines without the token are noise and mean nothing.
#[derive(Debug)]
struct Words {
    token: String,
    text: Vec<u8>,
    noise: String,
}

impl Words {
    fn new(token: &str) -> Self {
        Self {
            token: token.to_owned(),
            text: Vec::new(),
            noise: String::new(),
        }
    }

    fn take(&mut self, bytes: &[u8]) {
        let room = MOST.saturating_sub(self.text.len());
        self.text.extend_from_slice(&bytes[..bytes.len().min(room)]);
        if self.text.len() == MOST && !self.text.contains(&b'\n') {
            // A line without end is none of ours.
            self.text.clear();
        }
    }

    fn next(&mut self) -> Option<Word> {
        while let Some(end) = self.text.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.text.drain(..=end).collect();
            let line = String::from_utf8_lossy(&line).into_owned();
            let line = line.trim();
            match self.word(line) {
                Some(word) => return Some(word),
                None if self.noise.len() < NOISE && !line.is_empty() => {
                    self.noise.push_str(line);
                    self.noise.push(' ');
                }
                None => {}
            }
        }
        None
    }

    fn word(&self, line: &str) -> Option<Word> {
        let mut words = line
            .strip_prefix(&self.token)?
            .strip_prefix(' ')?
            .split(' ');
        let word = match (words.next()?, words.next()) {
            ("begun", None) => Word::Begun,
            ("held", None) => Word::Held,
            ("tool", Some(tool)) => Word::Tool(wash(tool, 40)),
            ("missing", Some(tool)) => Word::Missing(wash(tool, 40)),
            ("left", Some(kib)) => Word::Left(kib.parse::<u64>().ok()?.checked_mul(1024)?),
            _ => return None,
        };
        words.next().is_none().then_some(word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(pieces: &[&[u8]]) -> (Vec<Word>, String) {
        let mut words = Words::new("TOK");
        let mut all = Vec::new();
        for piece in pieces {
            words.take(piece);
            all.extend(std::iter::from_fn(|| words.next()));
        }
        (all, words.noise)
    }

    #[test]
    fn its_words_are_read_wherever_the_pieces_break() {
        let text = b"TOK begun\nTOK tool python3\nTOK held\nTOK left 2048\n";
        let wanted = vec![
            Word::Begun,
            Word::Tool("python3".to_owned()),
            Word::Held,
            Word::Left(2 << 20),
        ];
        for size in [1, 3, 100] {
            let pieces: Vec<&[u8]> = text.chunks(size).collect();
            assert_eq!(all(&pieces).0, wanted);
        }
    }

    #[test]
    fn what_lacks_the_token_forges_nothing_and_is_noise() {
        let (words, noise) = all(&[
            b"held\nTOKEN held\n TOX held\nTOK held now\nTOK left x\n",
            b"TOK left 99999999999999999999\nTOK\n",
        ]);
        assert_eq!(words, []);
        assert!(noise.starts_with("held TOKEN held"), "{noise}");
    }

    #[test]
    fn a_line_without_end_is_not_kept() {
        let mut words = Words::new("TOK");
        for _ in 0..100 {
            words.take(&[b'x'; 8192]);
            assert_eq!(words.next(), None);
        }
        assert!(words.text.len() <= MOST);
        words.take(b"\nTOK held\n");
        assert_eq!(words.next(), Some(Word::Held));
    }

    #[test]
    fn names_tell_which_sandbox_of_which_run() {
        let own = name("00ff", 12);
        assert_eq!(number_of(&own, "00ff"), Some(12));
        assert_eq!(number_of(&own, "00fe"), None);
        assert_eq!(number_of("clawdoctor-drill-00ff-x", "00ff"), None);
    }
}
