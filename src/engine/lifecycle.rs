//! A container's life: create, attach, start, exec, wait, remove. Whoever creates a container
//! sees to its removal; nothing here remembers it.

use std::collections::{BTreeMap, HashMap};
use std::pin::Pin;
use std::time::Duration;

use bollard::container::LogOutput;
use bollard::exec::{StartExecOptions, StartExecResults};
use bollard::models::{
    ContainerCreateBody, DeviceRequest, ExecConfig, HostConfig, ResourcesUlimits,
};
use bollard::query_parameters::{
    AttachContainerOptionsBuilder, CreateContainerOptionsBuilder, RemoveContainerOptionsBuilder,
    StartContainerOptions, WaitContainerOptionsBuilder,
};
use futures_util::StreamExt;
use serde::Deserialize;

use super::client::Engine;
use super::convert::{is_name, tmpfs};
use super::error::EngineError;
use crate::deadline::Deadline;
use crate::text::wash;

/// Most bytes kept of each stream of an exec; the rest is read and dropped.
const MOST_OUTPUT: usize = 1 << 20;

/// Between two looks at something that is about to happen.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// What a container is made of, in the engine's own terms.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ContainerSpec {
    pub image: String,
    pub cmd: Vec<String>,
    /// Instead of the image's own when some.
    pub entrypoint: Option<Vec<String>>,
    pub labels: BTreeMap<String, String>,
    pub env: Vec<(String, String)>,
    pub user: Option<String>,
    pub workdir: Option<String>,
    /// `none`, `bridge`, a network's name, …
    pub network: String,
    pub read_only_root: bool,
    /// `path[:options]`, as `--tmpfs`.
    pub tmpfs: Vec<String>,
    pub cap_drop: Vec<String>,
    pub security_opt: Vec<String>,
    /// Bytes.
    pub memory: Option<u64>,
    /// Bytes of memory and swap together; -1 = no limit.
    pub memory_swap: Option<i64>,
    pub cpus: Option<f64>,
    pub pids_limit: Option<i64>,
    /// `source:target[:options]`, as `--volume`.
    pub binds: Vec<String>,
    pub dns: Vec<String>,
    /// `name:address`, as `--add-host`.
    pub extra_hosts: Vec<String>,
    pub ulimits: Vec<Ulimit>,
    pub init: bool,
    pub auto_remove: bool,
    /// As `--gpus`: `all`, a number, or `device=…`.
    pub gpus: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ulimit {
    pub name: String,
    pub soft: i64,
    pub hard: i64,
}

/// Which of its two streams a container wrote to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    Stdout,
    Stderr,
}

/// What an attached container writes, as it comes.
pub struct Output(bollard::container::AttachContainerResults);

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
            .bound(self.docker.create_container(Some(options), body(spec)?))
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

    /// Waits until the container is gone. One that is not there is gone.
    pub async fn wait_removed(&self, id: &str, d: Deadline) -> Result<(), EngineError> {
        let options = WaitContainerOptionsBuilder::default()
            .condition("removed")
            .build();
        let mut waited = Box::pin(self.docker.wait_container(name(id)?, Some(options)));
        match d.bound(waited.next()).await? {
            // bollard makes an error of an exit code other than 0; the container is gone all the
            // same.
            Some(Ok(_) | Err(bollard::errors::Error::DockerContainerWaitError { .. })) => {}
            Some(Err(error)) => match EngineError::from(error) {
                EngineError::NotFound(_) => return Ok(()),
                other => return Err(other),
            },
            None => {
                return Err(EngineError::broken(
                    "the engine stopped waiting without an answer",
                ));
            }
        }
        // The answer comes as well when the removal failed: look.
        self.gone(id, d).await
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
        let config = ExecConfig {
            attach_stdout: Some(true),
            attach_stderr: Some(true),
            cmd: Some(argv.iter().map(|&word| word.to_owned()).collect()),
            ..ExecConfig::default()
        };
        let made = d
            .bound(self.docker.create_exec(name(id)?, config))
            .await??;
        let exec = name(&made.id)?;
        let started = d
            .bound(self.docker.start_exec(exec, None::<StartExecOptions>))
            .await??;
        let StartExecResults::Attached { mut output, input } = started else {
            return Err(EngineError::broken("the engine did not attach to the exec"));
        };
        let mut kept = (Vec::new(), Vec::new());
        while let Some(chunk) = d.bound(output.next()).await? {
            let (stream, bytes) = split(chunk?);
            let kept = match stream {
                Stream::Stdout => &mut kept.0,
                Stream::Stderr => &mut kept.1,
            };
            let room = MOST_OUTPUT.saturating_sub(kept.len()).min(bytes.len());
            kept.extend_from_slice(&bytes[..room]);
        }
        drop(input);
        Ok(ExecOutput {
            exit_code: self.exit_code(exec, d).await?,
            stdout: String::from_utf8_lossy(&kept.0).into_owned(),
            stderr: String::from_utf8_lossy(&kept.1).into_owned(),
        })
    }

    /// The streams may end a moment before the engine knows the exit code.
    async fn exit_code(&self, exec: &str, d: Deadline) -> Result<i64, EngineError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Said {
            running: bool,
            exit_code: Option<i64>,
        }
        let path = format!("/exec/{exec}/json");
        let looking = async {
            loop {
                match self.ask::<Said>(&path, d).await? {
                    Said {
                        running: false,
                        exit_code: Some(code),
                    } => return Ok(code),
                    Said { .. } => tokio::time::sleep(LOOK_AGAIN).await,
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
fn name(id: &str) -> Result<&str, EngineError> {
    if is_name(id) {
        Ok(id)
    } else {
        Err(EngineError::NotFound(format!(
            "`{}` is not a container's name or id",
            wash(id, 100)
        )))
    }
}

fn body(spec: &ContainerSpec) -> Result<ContainerCreateBody, EngineError> {
    let some = |texts: &[String]| Some(texts.to_vec()).filter(|texts| !texts.is_empty());
    let memory = spec
        .memory
        .map(i64::try_from)
        .transpose()
        .map_err(|_| EngineError::broken("the memory limit is too large"))?;
    let host_config = HostConfig {
        network_mode: Some(spec.network.clone()),
        readonly_rootfs: Some(spec.read_only_root),
        tmpfs: Some(
            spec.tmpfs
                .iter()
                .map(|entry| tmpfs(entry))
                .collect::<HashMap<_, _>>(),
        )
        .filter(|tmpfs| !tmpfs.is_empty()),
        cap_drop: some(&spec.cap_drop),
        security_opt: some(&spec.security_opt),
        memory,
        memory_swap: spec.memory_swap,
        nano_cpus: spec.cpus.map(nano),
        pids_limit: spec.pids_limit,
        binds: some(&spec.binds),
        dns: some(&spec.dns),
        extra_hosts: some(&spec.extra_hosts),
        ulimits: Some(
            spec.ulimits
                .iter()
                .map(|limit| ResourcesUlimits {
                    name: Some(limit.name.clone()),
                    soft: Some(limit.soft),
                    hard: Some(limit.hard),
                })
                .collect::<Vec<_>>(),
        )
        .filter(|limits| !limits.is_empty()),
        init: Some(spec.init),
        auto_remove: Some(spec.auto_remove),
        device_requests: spec.gpus.as_deref().map(|gpus| vec![gpu_request(gpus)]),
        ..HostConfig::default()
    };
    Ok(ContainerCreateBody {
        image: Some(spec.image.clone()),
        cmd: some(&spec.cmd),
        entrypoint: spec.entrypoint.clone(),
        labels: Some(spec.labels.clone().into_iter().collect()),
        env: Some(
            spec.env
                .iter()
                .map(|(key, value)| format!("{key}={value}"))
                .collect(),
        ),
        user: spec.user.clone(),
        working_dir: spec.workdir.clone(),
        attach_stdout: Some(true),
        attach_stderr: Some(true),
        host_config: Some(host_config),
        ..ContainerCreateBody::default()
    })
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a cast from float saturates, and the engine refuses what is out of range"
)]
fn nano(cpus: f64) -> i64 {
    (cpus * 1e9).round() as i64
}

/// docker/cli opts/gpus.go: `all`, a count, or a list of fields of which only `device` is known
/// here.
fn gpu_request(gpus: &str) -> DeviceRequest {
    let gpus = gpus.trim().trim_matches('"');
    let capabilities = Some(vec![vec!["gpu".to_owned()]]);
    if let Some(devices) = gpus.strip_prefix("device=") {
        return DeviceRequest {
            device_ids: Some(devices.split(',').map(str::to_owned).collect()),
            capabilities,
            ..DeviceRequest::default()
        };
    }
    DeviceRequest {
        count: Some(gpus.parse().unwrap_or(-1)),
        capabilities,
        ..DeviceRequest::default()
    }
}
