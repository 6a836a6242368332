//! What the engine says of itself: `/version` and `/info`.

use std::time::SystemTime;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use super::client::Engine;
use super::convert::{milliseconds, moment, nullable};
use crate::deadline::Deadline;
use crate::facts::Why;
use crate::facts::docker::{Clock, Info, Version};
use crate::text::wash;

const LONGEST: usize = 200;

impl Engine {
    pub async fn version(&self, d: Deadline) -> Result<Version, Why> {
        let said: SaidVersion = self.get("/version", d).await?;
        Ok(said.into())
    }

    /// What the engine can do, and how far its clock is off ours. The clock is none when the
    /// engine does not tell the time.
    pub async fn info(&self, d: Deadline) -> Result<(Info, Option<Clock>), Why> {
        let before = SystemTime::now();
        let said: SaidInfo = self.get("/info", d).await?;
        let after = SystemTime::now();
        let clock = moment(&said.system_time).map(|engine| skew(before, engine, after));
        Ok((said.into(), clock))
    }
}

/// The engine wrote its time somewhere between question and answer; the middle is off by half the
/// way at most.
fn skew(before: SystemTime, engine: SystemTime, after: SystemTime) -> Clock {
    let (before, engine, after) = (
        milliseconds(before),
        milliseconds(engine),
        milliseconds(after),
    );
    let half = after.saturating_sub(before).max(0) / 2;
    Clock {
        skew_milliseconds: engine.saturating_sub(before.saturating_add(half)),
        uncertainty_milliseconds: half.unsigned_abs() + 1,
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SaidVersion {
    version: String,
    #[serde(default, deserialize_with = "nullable")]
    api_version: String,
    #[serde(default, rename = "MinAPIVersion")]
    min_api_version: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    os: String,
    #[serde(default, deserialize_with = "nullable")]
    arch: String,
    #[serde(default, deserialize_with = "nullable")]
    platform: Named,
    #[serde(default, deserialize_with = "nullable")]
    components: Vec<Named>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Named {
    #[serde(deserialize_with = "nullable")]
    name: String,
}

impl From<SaidVersion> for Version {
    fn from(said: SaidVersion) -> Self {
        Self {
            engine: wash(&said.version, LONGEST),
            api: wash(&said.api_version, LONGEST),
            min_api: said.min_api_version.map(|v| wash(&v, LONGEST)),
            os: wash(&said.os, LONGEST),
            arch: wash(&said.arch, LONGEST),
            platform_name: Some(wash(&said.platform.name, LONGEST)).filter(|name| !name.is_empty()),
            components: said
                .components
                .iter()
                .take(32)
                .map(|component| wash(&component.name, LONGEST))
                .collect(),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SaidInfo {
    #[serde(default, deserialize_with = "nullable")]
    name: String,
    #[serde(default, deserialize_with = "nullable")]
    operating_system: String,
    #[serde(default, deserialize_with = "nullable")]
    kernel_version: String,
    #[serde(deserialize_with = "counted")]
    mem_total: u64,
    #[serde(rename = "NCPU", deserialize_with = "counted")]
    ncpu: u32,
    #[serde(default, deserialize_with = "nullable")]
    driver: String,
    #[serde(default, deserialize_with = "nullable")]
    driver_status: Vec<Vec<String>>,
    /// A word in most engines, a number in some; absent before API 1.41, when there was only 1.
    #[serde(default)]
    cgroup_version: serde_json::Value,
    #[serde(default, deserialize_with = "nullable")]
    cgroup_driver: String,
    #[serde(default, deserialize_with = "nullable")]
    security_options: Vec<String>,
    #[serde(default, deserialize_with = "nullable")]
    docker_root_dir: String,
    #[serde(default, deserialize_with = "nullable")]
    containers_running: u32,
    #[serde(default = "yes")]
    memory_limit: bool,
    #[serde(default = "yes", alias = "CPUCfsQuota")]
    cpu_cfs_quota: bool,
    #[serde(default = "yes")]
    pids_limit: bool,
    #[serde(default)]
    http_proxy: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    warnings: Vec<String>,
    #[serde(default, deserialize_with = "nullable")]
    system_time: String,
}

/// A quantity of which there is some: the engine writes 0 when it could not find out.
fn counted<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default + PartialEq,
{
    let count = T::deserialize(deserializer)?;
    if count == T::default() {
        return Err(D::Error::custom("0 where there must be some"));
    }
    Ok(count)
}

fn yes() -> bool {
    true
}

impl From<SaidInfo> for Info {
    fn from(said: SaidInfo) -> Self {
        // docs.docker.com/engine/storage/containerd: the driver type in DriverStatus tells it.
        let containerd_store = said.driver_status.iter().any(|pair| {
            matches!(pair.as_slice(), [key, value]
                if key == "driver-type" && value.starts_with("io.containerd.snapshotter"))
        });
        let cgroup_version = match &said.cgroup_version {
            serde_json::Value::String(text) => wash(text, LONGEST),
            serde_json::Value::Number(number) => number.to_string(),
            _ => String::new(),
        };
        let words = |texts: &[String]| texts.iter().take(64).map(|t| wash(t, 300)).collect();
        Self {
            name: wash(&said.name, LONGEST),
            operating_system: wash(&said.operating_system, LONGEST),
            kernel: wash(&said.kernel_version, LONGEST),
            memory: said.mem_total,
            cpus: said.ncpu,
            storage_driver: wash(&said.driver, LONGEST),
            containerd_store,
            cgroup_version,
            cgroup_driver: wash(&said.cgroup_driver, LONGEST),
            security_options: words(&said.security_options),
            root_dir: wash(&said.docker_root_dir, 1000),
            containers_running: said.containers_running,
            memory_limit: said.memory_limit,
            cpu_quota: said.cpu_cfs_quota,
            pids_limit: said.pids_limit,
            http_proxy: said
                .http_proxy
                .map(|proxy| wash(&proxy, LONGEST))
                .filter(|proxy| !proxy.is_empty()),
            warnings: words(&said.warnings),
        }
    }
}
