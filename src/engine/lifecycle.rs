//! A container's life: create, attach, start, exec, remove. Whoever creates a container
//! sees to its removal; nothing here remembers it.

use std::pin::Pin;
use std::time::Duration;

use bollard::container::{AttachContainerResults, LogOutput};
use bollard::exec::{StartExecOptions, StartExecResults};
use bollard::models::ExecConfig;
use bollard::query_parameters::{
    AttachContainerOptionsBuilder, CreateContainerOptionsBuilder, RemoveContainerOptionsBuilder,
    StartContainerOptions,
};
use futures_util::StreamExt;
use serde::Deserialize;

use super::client::Engine;
use super::convert::is_name;
use super::error::EngineError;
use super::inspected::SaidExec;
use super::spec::ContainerSpec;
use crate::deadline::Deadline;
use crate::text::wash;

/// Most bytes kept of each stream of an exec; the rest is read and dropped.
const MOST_OUTPUT: usize = 1 << 20;

/// Between two looks at something that is about to happen.
pub(super) const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// Which of its two streams a container wrote to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    Stdout,
    Stderr,
}

/// What an attached container or exec writes, as it comes.
pub struct Output(AttachContainerResults);

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExecOutput {
    pub exit_code: i64,
    /// At most 1 MiB, bytes that are not UTF-8 replaced. Not washed.
    pub stdout: String,
    pub stderr: String,
}

impl Engine {
    /// Creates a container and returns its id.
    pub async fn create(
        &self,
        name: &str,
        spec: &ContainerSpec,
        d: Deadline,
    ) -> Result<String, EngineError> {
        let options = CreateContainerOptionsBuilder::default().name(name).build();
        let made = d
            .bound(self.docker.create_container(Some(options), spec.body()?))
            .await??;
        if !is_name(&made.id) {
            return Err(EngineError::broken("the engine gave the container no id"));
        }
        Ok(made.id)
    }

    /// Attaches to both output streams. Before `start`, so that nothing is missed.
    pub async fn attach(&self, id: &str, d: Deadline) -> Result<Output, EngineError> {
        let options = AttachContainerOptionsBuilder::default()
            .stream(true)
            .stdout(true)
            .stderr(true)
            .build();
        let attached = d
            .bound(self.docker.attach_container(name(id)?, Some(options)))
            .await??;
        Ok(Output(attached))
    }

    pub async fn start(&self, id: &str, d: Deadline) -> Result<(), EngineError> {
        let started = self
            .docker
            .start_container(name(id)?, None::<StartContainerOptions>);
        Ok(d.bound(started).await??)
    }

    async fn gone(&self, id: &str, d: Deadline) -> Result<(), EngineError> {
        #[derive(Deserialize)]
        struct Anything {}
        let path = format!("/containers/{}/json", name(id)?);
        let looking = async {
            loop {
                match self.ask::<Anything>(&path, d).await {
                    Ok(_) => tokio::time::sleep(LOOK_AGAIN).await,
                    Err(EngineError::NotFound(_)) => return Ok(()),
                    Err(other) => return Err(other),
                }
            }
        };
        d.bound(looking).await?
    }

    /// Removes a container, running or not, with its anonymous volumes. One that is gone or going
    /// counts as removed, and is waited for.
    pub async fn remove(&self, id: &str, d: Deadline) -> Result<(), EngineError> {
        let options = RemoveContainerOptionsBuilder::default()
            .force(true)
            .v(true)
            .build();
        let removed = d
            .bound(self.docker.remove_container(name(id)?, Some(options)))
            .await?;
        match removed.map_err(EngineError::from) {
            Ok(()) | Err(EngineError::NotFound(_)) => Ok(()),
            // moby daemon/delete.go: "removal of container … is already in progress"
            Err(EngineError::Conflict(said)) if said.contains("in progress") => {
                self.gone(id, d).await
            }
            Err(other) => Err(other),
        }
    }

    /// Runs a program in a running container, to its end.
    pub async fn exec(
        &self,
        id: &str,
        argv: &[&str],
        d: Deadline,
    ) -> Result<ExecOutput, EngineError> {
        let exec = self.exec_create(id, argv, d).await?;
        let mut output = self.exec_start(&exec, d).await?;
        let mut kept = (Vec::new(), Vec::new());
        while let Some(piece) = output.next(d).await {
            let (stream, bytes) = piece?;
            let kept = match stream {
                Stream::Stdout => &mut kept.0,
                Stream::Stderr => &mut kept.1,
            };
            let room = MOST_OUTPUT.saturating_sub(kept.len()).min(bytes.len());
            kept.extend_from_slice(&bytes[..room]);
        }
        drop(output);
        Ok(ExecOutput {
            exit_code: self.exit_code(&exec, d).await?,
            stdout: String::from_utf8_lossy(&kept.0).into_owned(),
            stderr: String::from_utf8_lossy(&kept.1).into_owned(),
        })
    }

    /// Prepares a program to run in a running container and returns the exec's id.
    pub async fn exec_create(
        &self,
        id: &str,
        argv: &[&str],
        d: Deadline,
    ) -> Result<String, EngineError> {
        let config = ExecConfig {
            attach_stdout: Some(true),
            attach_stderr: Some(true),
            cmd: Some(argv.iter().map(|&word| word.to_owned()).collect()),
            ..ExecConfig::default()
        };
        let made = d
            .bound(self.docker.create_exec(name(id)?, config))
            .await??;
        Ok(name(&made.id)?.to_owned())
    }

    /// Starts a prepared program, attached to both its streams.
    pub async fn exec_start(&self, exec: &str, d: Deadline) -> Result<Output, EngineError> {
        let started = d
            .bound(
                self.docker
                    .start_exec(name(exec)?, None::<StartExecOptions>),
            )
            .await??;
        match started {
            StartExecResults::Attached { output, input } => {
                Ok(Output(AttachContainerResults { output, input }))
            }
            StartExecResults::Detached => {
                Err(EngineError::broken("the engine did not attach to the exec"))
            }
        }
    }

    /// The streams may end a moment before the engine knows the exit code.
    async fn exit_code(&self, exec: &str, d: Deadline) -> Result<i64, EngineError> {
        let path = format!("/exec/{exec}/json");
        let looking = async {
            loop {
                match self.ask::<SaidExec>(&path, d).await?.details().exit_code {
                    Some(code) => return Ok(code),
                    None => tokio::time::sleep(LOOK_AGAIN).await,
                }
            }
        };
        d.bound(looking).await?
    }
}

impl Output {
    /// The next piece of output; none when the container's streams have ended.
    pub async fn next(&mut self, d: Deadline) -> Option<Result<(Stream, Vec<u8>), EngineError>> {
        let output: &mut Pin<Box<_>> = &mut self.0.output;
        match d.bound(output.next()).await {
            Err(elapsed) => Some(Err(elapsed.into())),
            Ok(None) => None,
            Ok(Some(Ok(chunk))) => Some(Ok(split(chunk))),
            Ok(Some(Err(error))) => Some(Err(error.into())),
        }
    }
}

fn split(chunk: LogOutput) -> (Stream, Vec<u8>) {
    let stream = match chunk {
        LogOutput::StdErr { .. } => Stream::Stderr,
        LogOutput::StdOut { .. } | LogOutput::StdIn { .. } | LogOutput::Console { .. } => {
            Stream::Stdout
        }
    };
    (stream, chunk.into_bytes().into())
}

/// bollard puts names into a path as they are.
pub(super) fn name(id: &str) -> Result<&str, EngineError> {
    if is_name(id) {
        Ok(id)
    } else {
        Err(EngineError::NotFound(format!(
            "`{}` is not a container's name or id",
            wash(id, 100)
        )))
    }
}
