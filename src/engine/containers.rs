//! Containers as they are: listed, inspected, measured. Nothing here changes one.

use std::collections::BTreeMap;

use futures_util::{StreamExt, TryStreamExt, stream};
use serde::Deserialize;

use super::client::Engine;
use super::convert::{encode, is_name, nullable};
use crate::deadline::Deadline;
use crate::facts::sandbox::{Standing, StandingMount};
use crate::facts::{Why, WhyKind};
use crate::text::wash;

/// Questions that are under way at the same time; each is a connection of its own.
const AT_ONCE: usize = 32;

const LONGEST: usize = 300;
/// Paths may be long.
const LONGEST_PATH: usize = 4096;

/// One line of `docker ps`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listed {
    pub id: String,
    pub name: String,
    pub image: String,
    pub image_id: String,
    /// `running`, `exited`, `paused`, …
    pub state: String,
    pub labels: BTreeMap<String, String>,
    /// Seconds since the epoch.
    pub created_unix: i64,
}

/// A container that something is to be learnt from (a gateway's).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inspected {
    pub id: String,
    pub name: String,
    pub image: String,
    /// `PATH` of its environment; no other variable leaves here.
    pub env_path: Option<String>,
    pub user: String,
    pub group_add: Vec<String>,
    pub mounts: Vec<StandingMount>,
    pub running: bool,
    pub network_mode: String,
    pub labels: BTreeMap<String, String>,
}

impl Engine {
    /// Containers with this label (`k` or `k=v`; empty = every container), the stopped ones too
    /// when `all`.
    pub async fn list(&self, label: &str, all: bool, d: Deadline) -> Result<Vec<Listed>, Why> {
        let mut path = format!("/containers/json?all={}", u8::from(all));
        if !label.is_empty() {
            let filters = serde_json::json!({ "label": [label] }).to_string();
            path.push_str("&filters=");
            path.push_str(&encode(&filters));
        }
        let said: Vec<SaidListed> = self.get(&path, d).await?;
        Ok(said.into_iter().map(Listed::from).collect())
    }

    /// Every container with this label, inspected, with its labels. One that vanishes meanwhile
    /// is left out.
    pub async fn standing(
        &self,
        label: &str,
        d: Deadline,
    ) -> Result<Vec<(Standing, BTreeMap<String, String>)>, Why> {
        let listed = self.list(label, true, d).await?;
        let mut standing: Vec<(Standing, BTreeMap<String, String>)> = stream::iter(listed)
            .map(|listed| async move { present(self.said(&listed.id, d).await) })
            .buffered(AT_ONCE)
            .try_filter_map(|said| async move { Ok(said) })
            .map_ok(|said| (said.standing(), said.config.labels()))
            .try_collect()
            .await?;
        let leads_to = self.leads_to(&standing, d).await?;
        for (one, _) in &mut standing {
            one.reference_id = leads_to.get(&one.image).cloned();
        }
        Ok(standing)
    }

    /// The ids that the containers' image references lead to now.
    async fn leads_to(
        &self,
        standing: &[(Standing, BTreeMap<String, String>)],
        d: Deadline,
    ) -> Result<BTreeMap<String, String>, Why> {
        let references: std::collections::BTreeSet<String> =
            standing.iter().map(|(one, _)| one.image.clone()).collect();
        stream::iter(references)
            .map(|reference| async move {
                match self.image(&reference, d).await {
                    Ok(image) => Ok(Some((reference, image.id))),
                    Err(why) if matches!(why.kind, WhyKind::Absent | WhyKind::Unparsable) => {
                        Ok(None)
                    }
                    Err(why) => Err(why),
                }
            })
            .buffered(AT_ONCE)
            .try_filter_map(|found| async move { Ok(found) })
            .try_collect()
            .await
    }

    /// What running containers hold in memory that cannot be given back, by id. One that is not
    /// running or has gone is left out.
    pub async fn working_sets(
        &self,
        ids: &[String],
        d: Deadline,
    ) -> Result<BTreeMap<String, u64>, Why> {
        stream::iter(ids)
            .map(|id| async move {
                let path = format!("/containers/{}/stats?stream=false&one-shot=true", name(id)?);
                let said: Option<SaidStats> = present(self.get(&path, d).await)?;
                Ok(said
                    .and_then(|said| said.memory_stats.working_set())
                    .map(|bytes| (id.clone(), bytes)))
            })
            .buffered(AT_ONCE)
            .try_filter_map(|found| async move { Ok(found) })
            .try_collect()
            .await
    }

    /// One container by name or id. `Absent` when there is none.
    pub async fn inspect(&self, id: &str, d: Deadline) -> Result<Inspected, Why> {
        let said = self.said(id, d).await?;
        Ok(said.inspected())
    }

    async fn said(&self, id: &str, d: Deadline) -> Result<Said, Why> {
        self.get(&format!("/containers/{}/json", name(id)?), d)
            .await
    }
}

fn name(id: &str) -> Result<&str, Why> {
    if is_name(id) {
        return Ok(id);
    }
    Err(Why::new(
        WhyKind::Absent,
        format!("`{}` is not a container's name or id", wash(id, LONGEST)),
    ))
}

/// What has gone since it was listed is no error.
fn present<T>(result: Result<T, Why>) -> Result<Option<T>, Why> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(why) if why.kind == WhyKind::Absent => Ok(None),
        Err(why) => Err(why),
    }
}

fn clean(text: &str) -> String {
    wash(text, LONGEST)
}

fn clean_all(texts: &[String]) -> Vec<String> {
    texts
        .iter()
        .take(256)
        .map(|text| wash(text, LONGEST_PATH))
        .collect()
}

fn clean_map(map: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    map.iter()
        .take(256)
        .map(|(key, value)| (clean(key), wash(value, LONGEST_PATH)))
        .collect()
}

fn clean_name(name: &str) -> String {
    clean(name.strip_prefix('/').unwrap_or(name))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SaidListed {
    id: String,
    #[serde(default, deserialize_with = "nullable")]
    names: Vec<String>,
    #[serde(default, deserialize_with = "nullable")]
    image: String,
    #[serde(default, rename = "ImageID", deserialize_with = "nullable")]
    image_id: String,
    #[serde(default, deserialize_with = "nullable")]
    state: String,
    #[serde(default, deserialize_with = "nullable")]
    labels: BTreeMap<String, String>,
    #[serde(default, deserialize_with = "nullable")]
    created: i64,
}

impl From<SaidListed> for Listed {
    fn from(said: SaidListed) -> Self {
        Self {
            id: clean(&said.id),
            // A linked container has further names, `/other/alias`.
            name: said
                .names
                .iter()
                .find(|name| !name.trim_start_matches('/').contains('/'))
                .map(|name| clean_name(name))
                .unwrap_or_default(),
            image: clean(&said.image),
            image_id: clean(&said.image_id),
            state: clean(&said.state),
            labels: clean_map(&said.labels),
            created_unix: said.created,
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Said {
    id: String,
    #[serde(default, deserialize_with = "nullable")]
    name: String,
    /// The id of the image it was made from.
    #[serde(default, deserialize_with = "nullable")]
    image: String,
    state: SaidState,
    config: SaidConfig,
    host_config: SaidHost,
    #[serde(default, deserialize_with = "nullable")]
    mounts: Vec<SaidMount>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SaidState {
    status: String,
    #[serde(default, deserialize_with = "nullable")]
    running: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SaidConfig {
    #[serde(default, deserialize_with = "nullable")]
    image: String,
    #[serde(default, deserialize_with = "nullable")]
    user: String,
    #[serde(default, deserialize_with = "nullable")]
    env: Vec<String>,
    #[serde(default, deserialize_with = "nullable")]
    labels: BTreeMap<String, String>,
}

impl SaidConfig {
    fn labels(&self) -> BTreeMap<String, String> {
        clean_map(&self.labels)
    }
}

/// Booleans and limits that decide about isolation have no default here: an engine that does not
/// tell them is not understood.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SaidHost {
    privileged: bool,
    readonly_rootfs: bool,
    network_mode: String,
    #[serde(default, deserialize_with = "nullable")]
    pid_mode: String,
    #[serde(default, deserialize_with = "nullable")]
    ipc_mode: String,
    #[serde(default, deserialize_with = "nullable")]
    cap_add: Vec<String>,
    #[serde(default, deserialize_with = "nullable")]
    cap_drop: Vec<String>,
    #[serde(default, deserialize_with = "nullable")]
    security_opt: Vec<String>,
    #[serde(default, deserialize_with = "nullable")]
    group_add: Vec<String>,
    #[serde(default, deserialize_with = "nullable")]
    init: bool,
    memory: i64,
    #[serde(default, deserialize_with = "nullable")]
    memory_swap: i64,
    #[serde(default, deserialize_with = "nullable")]
    nano_cpus: i64,
    #[serde(default, deserialize_with = "nullable")]
    cpu_quota: i64,
    #[serde(default, deserialize_with = "nullable")]
    cpu_period: i64,
    #[serde(default, deserialize_with = "nullable")]
    pids_limit: i64,
    #[serde(default, deserialize_with = "nullable")]
    devices: Vec<SaidDevice>,
    #[serde(default, deserialize_with = "nullable")]
    tmpfs: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SaidDevice {
    #[serde(default, deserialize_with = "nullable")]
    path_on_host: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SaidMount {
    #[serde(rename = "Type", default, deserialize_with = "nullable")]
    kind: String,
    /// Volumes only.
    #[serde(default, deserialize_with = "nullable")]
    name: String,
    #[serde(default, deserialize_with = "nullable")]
    source: String,
    destination: String,
    #[serde(rename = "RW")]
    rw: bool,
}

impl SaidHost {
    #[expect(
        clippy::cast_precision_loss,
        reason = "a number of CPUs, shown with a few decimals"
    )]
    fn cpus(&self) -> f64 {
        if self.nano_cpus > 0 {
            return self.nano_cpus as f64 / 1e9;
        }
        if self.cpu_quota > 0 {
            // 100 ms is the kernel's period when none is set.
            let period = if self.cpu_period > 0 {
                self.cpu_period
            } else {
                100_000
            };
            return self.cpu_quota as f64 / period as f64;
        }
        0.0
    }
}

impl Said {
    fn standing(&self) -> Standing {
        let host = &self.host_config;
        Standing {
            id: clean(&self.id),
            name: clean_name(&self.name),
            state: clean(&self.state.status),
            session_key: None,
            image: clean(&self.config.image),
            image_id: clean(&self.image),
            reference_id: None,
            user: clean(&self.config.user),
            privileged: host.privileged,
            cap_add: clean_all(&host.cap_add),
            cap_drop: clean_all(&host.cap_drop),
            security_opt: clean_all(&host.security_opt),
            read_only_root: host.readonly_rootfs,
            network_mode: clean(&host.network_mode),
            pid_mode: clean(&host.pid_mode),
            ipc_mode: clean(&host.ipc_mode),
            init: host.init,
            memory: u64::try_from(host.memory).unwrap_or(0),
            memory_swap: host.memory_swap,
            cpus: host.cpus(),
            pids_limit: host.pids_limit,
            mounts: self.mounts(),
            devices: host
                .devices
                .iter()
                .take(256)
                .map(|device| clean(&device.path_on_host))
                .collect(),
        }
    }

    fn inspected(&self) -> Inspected {
        Inspected {
            id: clean(&self.id),
            name: clean_name(&self.name),
            image: clean(&self.config.image),
            env_path: self
                .config
                .env
                .iter()
                .find_map(|entry| entry.strip_prefix("PATH="))
                .map(|path| wash(path, LONGEST_PATH)),
            user: clean(&self.config.user),
            group_add: clean_all(&self.host_config.group_add),
            mounts: self.mounts(),
            running: self.state.running,
            network_mode: clean(&self.host_config.network_mode),
            labels: self.config.labels(),
        }
    }

    /// Mounts and the tmpfs of `--tmpfs`, which the engine does not list among its mounts.
    fn mounts(&self) -> Vec<StandingMount> {
        let mounted = self.mounts.iter().map(|mount| StandingMount {
            kind: clean(&mount.kind),
            source: if mount.kind == "volume" && !mount.name.is_empty() {
                clean(&mount.name)
            } else {
                wash(&mount.source, LONGEST_PATH)
            },
            target: wash(&mount.destination, LONGEST_PATH),
            read_only: !mount.rw,
        });
        let tmpfs = self
            .host_config
            .tmpfs
            .iter()
            .map(|(path, options)| StandingMount {
                kind: "tmpfs".to_owned(),
                source: String::new(),
                target: wash(path, LONGEST_PATH),
                read_only: options.split(',').any(|option| option == "ro"),
            });
        mounted.chain(tmpfs).take(512).collect()
    }
}

#[derive(Deserialize)]
struct SaidStats {
    #[serde(default, deserialize_with = "nullable")]
    memory_stats: SaidMemory,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct SaidMemory {
    usage: Option<u64>,
    #[serde(deserialize_with = "nullable")]
    stats: SaidMemoryDetail,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct SaidMemoryDetail {
    total_inactive_file: Option<u64>,
    inactive_file: Option<u64>,
}

impl SaidMemory {
    /// docker/cli cli/command/container/stats_helpers.go `calculateMemUsageUnixNoCache`: cgroup v1
    /// has `total_inactive_file`, v2 `inactive_file`; either counts only when below the usage.
    fn working_set(&self) -> Option<u64> {
        let usage = self.usage?;
        if let Some(inactive) = self.stats.total_inactive_file.filter(|v| *v < usage) {
            return Some(usage - inactive);
        }
        let inactive = self.stats.inactive_file.filter(|v| *v < usage).unwrap_or(0);
        Some(usage - inactive)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_working_set_is_what_docker_stats_shows() {
        let set = |text: &str| {
            serde_json::from_str::<SaidStats>(text)
                .expect(text)
                .memory_stats
                .working_set()
        };
        let v1 = r#"{"memory_stats":{"usage":100,"stats":{"total_inactive_file":30,"inactive_file":10}}}"#;
        assert_eq!(set(v1), Some(70));
        let v2 = r#"{"memory_stats":{"usage":100,"stats":{"inactive_file":40}}}"#;
        assert_eq!(set(v2), Some(60));
        let odd = r#"{"memory_stats":{"usage":100,"stats":{"inactive_file":140}}}"#;
        assert_eq!(set(odd), Some(100));
        for stopped in [
            "{}",
            r#"{"memory_stats":{}}"#,
            r#"{"memory_stats":{"stats":null}}"#,
        ] {
            assert_eq!(set(stopped), None, "{stopped}");
        }
    }

    #[test]
    fn a_container_whose_isolation_is_not_told_is_not_understood() {
        let text = r#"{"Id":"a","State":{"Status":"running"},"Config":{},"HostConfig":{"NetworkMode":"none","Memory":0}}"#;
        assert!(serde_json::from_str::<Said>(text).is_err());
    }

    #[test]
    fn an_inspected_container_shows_its_posture_and_no_secret() {
        let text = r#"{"Id":"abc","Name":"/gw","Image":"sha256:1",
            "State":{"Status":"a-new-state","Running":true},
            "Config":{"Image":"i:1","User":null,"Env":["TOKEN=x","PATH=/bin"],"Labels":null},
            "HostConfig":{"Privileged":false,"ReadonlyRootfs":true,"NetworkMode":"none","Memory":536870912,
                "MemorySwap":-1,"NanoCpus":0,"CpuQuota":50000,"CpuPeriod":100000,"PidsLimit":null,"Init":null,
                "CapDrop":["ALL"],"Devices":null,"Tmpfs":{"/tmp":"rw"},"GroupAdd":["998"]},
            "Mounts":[{"Type":"volume","Name":"v","Source":"/var/lib/x","Destination":"/d","RW":false}]}"#;
        let said: Said = serde_json::from_str(text).expect(text);
        let inspected = said.inspected();
        assert_eq!(inspected.env_path.as_deref(), Some("/bin"));
        assert_eq!(inspected.name, "gw");
        let standing = said.standing();
        assert!((standing.cpus - 0.5).abs() < 1e-9);
        assert_eq!((standing.memory, standing.memory_swap), (512 << 20, -1));
        assert_eq!(standing.mounts[0].source, "v");
        assert!(standing.mounts[0].read_only && !standing.mounts[1].read_only);
    }
}
