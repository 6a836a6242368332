//! An inspected container, read field by field and washed. Pure.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::convert::nullable;
use crate::facts::sandbox::{Standing, StandingMount};
use crate::text::wash;

const LONGEST: usize = 300;
/// Paths may be long.
const LONGEST_PATH: usize = 4096;

/// A container that something is to be learnt from (a gateway's).
#[derive(Clone, Debug, Default, PartialEq)]
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
    /// What it is held to.
    pub posture: Standing,
}

pub fn clean(text: &str) -> String {
    wash(text, LONGEST)
}

fn clean_all(texts: &[String]) -> Vec<String> {
    texts
        .iter()
        .take(256)
        .map(|text| wash(text, LONGEST_PATH))
        .collect()
}

pub fn clean_map(map: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    map.iter()
        .take(256)
        .map(|(key, value)| (clean(key), wash(value, LONGEST_PATH)))
        .collect()
}

pub fn clean_name(name: &str) -> String {
    clean(name.strip_prefix('/').unwrap_or(name))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Said {
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
    /// The commands that run in it now; null when there are none.
    #[serde(default, rename = "ExecIDs", deserialize_with = "nullable")]
    exec_ids: Vec<String>,
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
    pub fn labels(&self) -> BTreeMap<String, String> {
        clean_map(&self.config.labels)
    }

    pub fn standing(&self) -> Standing {
        let host = &self.host_config;
        Standing {
            executing: u32::try_from(self.exec_ids.len()).unwrap_or(u32::MAX),
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

    pub fn inspected(&self) -> Inspected {
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
            labels: self.labels(),
            posture: self.standing(),
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

#[cfg(test)]
mod tests {
    use super::*;

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
