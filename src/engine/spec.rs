//! What a container is made of, and how the engine wants to be told. Pure.

use std::collections::{BTreeMap, HashMap};

use bollard::models::{ContainerCreateBody, DeviceRequest, HostConfig, ResourcesUlimits};

use super::convert::tmpfs;
use super::error::EngineError;

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
    pub cap_add: Vec<String>,
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

impl ContainerSpec {
    /// As the engine's create call wants it.
    pub(super) fn body(&self) -> Result<ContainerCreateBody, EngineError> {
        let some = |texts: &[String]| Some(texts.to_vec()).filter(|texts| !texts.is_empty());
        let memory = self
            .memory
            .map(i64::try_from)
            .transpose()
            .map_err(|_| EngineError::broken("the memory limit is too large"))?;
        let host_config = HostConfig {
            network_mode: Some(self.network.clone()),
            readonly_rootfs: Some(self.read_only_root),
            tmpfs: Some(
                self.tmpfs
                    .iter()
                    .map(|entry| tmpfs(entry))
                    .collect::<HashMap<_, _>>(),
            )
            .filter(|tmpfs| !tmpfs.is_empty()),
            cap_add: some(&self.cap_add),
            cap_drop: some(&self.cap_drop),
            security_opt: some(&self.security_opt),
            memory,
            memory_swap: self.memory_swap,
            nano_cpus: self.cpus.map(nano),
            pids_limit: self.pids_limit,
            binds: some(&self.binds),
            dns: some(&self.dns),
            extra_hosts: some(&self.extra_hosts),
            ulimits: Some(
                self.ulimits
                    .iter()
                    .map(|limit| ResourcesUlimits {
                        name: Some(limit.name.clone()),
                        soft: Some(limit.soft),
                        hard: Some(limit.hard),
                    })
                    .collect::<Vec<_>>(),
            )
            .filter(|limits| !limits.is_empty()),
            init: Some(self.init),
            auto_remove: Some(self.auto_remove),
            device_requests: self.gpus.as_deref().map(|gpus| vec![gpu_request(gpus)]),
            ..HostConfig::default()
        };
        Ok(ContainerCreateBody {
            image: Some(self.image.clone()),
            cmd: some(&self.cmd),
            entrypoint: self.entrypoint.clone(),
            labels: Some(self.labels.clone().into_iter().collect()),
            env: Some(
                self.env
                    .iter()
                    .map(|(key, value)| format!("{key}={value}"))
                    .collect(),
            ),
            user: self.user.clone(),
            working_dir: self.workdir.clone(),
            attach_stdout: Some(true),
            attach_stderr: Some(true),
            host_config: Some(host_config),
            ..ContainerCreateBody::default()
        })
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_set_is_not_sent() {
        let spec = ContainerSpec {
            image: "i:1".to_owned(),
            network: "none".to_owned(),
            ..ContainerSpec::default()
        };
        let sent = serde_json::to_value(spec.body().expect("a body")).expect("plain data");
        let host = &sent["HostConfig"];
        for absent in [
            "Memory",
            "MemorySwap",
            "NanoCpus",
            "PidsLimit",
            "Binds",
            "Tmpfs",
            "Dns",
            "CapAdd",
        ] {
            assert!(host.get(absent).is_none(), "{absent} in {host}");
        }
        assert_eq!(host["NetworkMode"], "none");
        assert!(sent.get("User").is_none() && sent.get("Cmd").is_none());
    }

    #[test]
    fn limits_and_mounts_are_sent_in_the_engines_units() {
        let spec = ContainerSpec {
            memory: Some(512 << 20),
            memory_swap: Some(-1),
            cpus: Some(0.1),
            tmpfs: vec!["/tmp".to_owned(), "/run:size=1m,noexec".to_owned()],
            gpus: Some("device=0,1".to_owned()),
            cap_add: vec!["CHOWN".to_owned()],
            ..ContainerSpec::default()
        };
        let sent = serde_json::to_value(spec.body().expect("a body")).expect("plain data");
        let host = &sent["HostConfig"];
        assert_eq!(host["Memory"], 536_870_912);
        assert_eq!(
            (&host["MemorySwap"], &host["NanoCpus"]),
            (&(-1).into(), &100_000_000.into())
        );
        assert_eq!(host["Tmpfs"]["/run"], "size=1m,noexec");
        assert_eq!(host["CapAdd"], serde_json::json!(["CHOWN"]));
        assert_eq!(host["DeviceRequests"][0]["DeviceIDs"][1], "1");
    }

    #[test]
    fn gpus_are_asked_for_as_the_docker_cli_does() {
        assert_eq!(gpu_request("all").count, Some(-1));
        assert_eq!(gpu_request("2").count, Some(2));
        assert_eq!(gpu_request("device=a").count, None);
    }
}
