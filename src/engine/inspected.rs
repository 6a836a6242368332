//! An inspected container, read field by field and washed. Pure.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::convert::{is_name, nanos, nullable};
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
    pub posture: Box<Standing>,
}

/// A container as a list shows it: how it is made, and how it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Details {
    /// How it is made; `state` is the engine's word for how it is. Where its image reference leads
    /// to, and whose session it is, are not asked.
    pub standing: Standing,
    pub labels: BTreeMap<String, String>,
    /// By the engine's clock, since the epoch, as all three.
    pub created_nanos: Option<i64>,
    /// The last time, when it was started more than once; none before the first.
    pub started_nanos: Option<i64>,
    /// The last time; a container that runs again has finished before.
    pub finished_nanos: Option<i64>,
    pub running: bool,
    /// Counts as running as well.
    pub paused: bool,
    pub restarting: bool,
    /// That its main program was killed for want of memory: commands that were leave no trace.
    pub oom_killed: bool,
    /// None while it runs, and when it never ran.
    pub exit_code: Option<i64>,
    /// On the engine's machine, while it runs.
    pub pid: Option<u32>,
    /// By the engine's restart policy.
    pub restart_count: Option<u64>,
    /// `healthy`, `unhealthy`, `starting`; none without a health check.
    pub health: Option<String>,
    /// The commands that run in it now.
    pub exec_ids: Vec<String>,
    pub has_terminal: bool,
}

/// A command that was started in a container. What it is stays with the engine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExecDetails {
    pub container_id: String,
    pub running: bool,
    /// None while it runs.
    pub exit_code: Option<i64>,
    /// On the engine's machine.
    pub pid: Option<u32>,
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
    #[serde(default, deserialize_with = "nullable")]
    created: String,
    #[serde(default)]
    restart_count: Option<u64>,
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
    #[serde(default, deserialize_with = "nullable")]
    paused: bool,
    #[serde(default, deserialize_with = "nullable")]
    restarting: bool,
    #[serde(default, rename = "OOMKilled", deserialize_with = "nullable")]
    oom_killed: bool,
    #[serde(default)]
    exit_code: Option<i64>,
    #[serde(default)]
    pid: Option<i64>,
    #[serde(default, deserialize_with = "nullable")]
    started_at: String,
    #[serde(default, deserialize_with = "nullable")]
    finished_at: String,
    #[serde(default)]
    health: Option<SaidHealth>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SaidHealth {
    #[serde(default, deserialize_with = "nullable")]
    status: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SaidExec {
    #[serde(default, rename = "ContainerID", deserialize_with = "nullable")]
    container_id: String,
    running: bool,
    #[serde(default)]
    exit_code: Option<i64>,
    #[serde(default)]
    pid: Option<i64>,
}

/// 0 is no process.
fn process(pid: Option<i64>) -> Option<u32> {
    u32::try_from(pid?).ok().filter(|pid| *pid > 0)
}

impl SaidExec {
    pub fn details(&self) -> ExecDetails {
        ExecDetails {
            container_id: clean(&self.container_id),
            running: self.running,
            exit_code: self.exit_code.filter(|_| !self.running),
            pid: process(self.pid),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SaidConfig {
    #[serde(default, deserialize_with = "nullable")]
    image: String,
    #[serde(default, deserialize_with = "nullable")]
    tty: bool,
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
            posture: Box::new(self.standing()),
        }
    }

    pub fn has_terminal(&self) -> bool {
        self.config.tty
    }

    pub fn details(&self) -> Details {
        let state = &self.state;
        let started_nanos = nanos(&state.started_at);
        // The engine writes 0 for a container that never ran, and something else for one that it
        // could not start.
        let has_ended = !state.running && (started_nanos.is_some() || state.exit_code != Some(0));
        Details {
            standing: self.standing(),
            labels: self.labels(),
            created_nanos: nanos(&self.created),
            started_nanos,
            finished_nanos: nanos(&state.finished_at),
            running: state.running,
            paused: state.paused,
            restarting: state.restarting,
            oom_killed: state.oom_killed,
            exit_code: state.exit_code.filter(|_| has_ended),
            pid: process(state.pid),
            restart_count: self.restart_count,
            health: state
                .health
                .as_ref()
                .map(|health| clean(&health.status))
                .filter(|status| !matches!(status.as_str(), "" | "none")),
            exec_ids: self
                .exec_ids
                .iter()
                .filter(|id| is_name(id))
                .take(1024)
                .cloned()
                .collect(),
            has_terminal: self.has_terminal(),
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

    #[test]
    fn a_recorded_container_is_told_as_it_is() {
        for text in [
            include_str!("../../tests/recorded/engine-inspect-20.10.json"),
            include_str!("../../tests/recorded/engine-inspect-28.5.json"),
        ] {
            let said: Said = serde_json::from_str(text).expect("recorded");
            let details = said.details();
            assert_eq!(details.standing.state, "running");
            assert!(details.running && !details.paused && !details.has_terminal);
            assert_eq!(details.exit_code, None, "it runs");
            assert_eq!(details.finished_nanos, None);
            assert!(details.started_nanos > details.created_nanos);
            assert!(details.created_nanos > Some(1_795_000_000_000_000_000));
            assert!(details.pid > Some(1));
            assert_eq!(details.restart_count, Some(0));
            assert_eq!(details.health.as_deref(), Some("healthy"));
            assert_eq!(details.exec_ids.len(), 1);
            assert_eq!(details.standing.executing, 1);
            assert_eq!(details.standing.memory, 32 << 20);
            assert_eq!(details.standing.pids_limit, 64);
            assert_eq!(details.labels["clawdoctor.test"], "1");
        }
        for text in [
            include_str!("../../tests/recorded/engine-exec-20.10.json"),
            include_str!("../../tests/recorded/engine-exec-28.5.json"),
        ] {
            let said: SaidExec = serde_json::from_str(text).expect("recorded");
            let details = said.details();
            assert!(details.running && details.exit_code.is_none());
            assert!(details.pid > Some(1) && details.container_id.len() == 64);
            assert!(!format!("{details:?}").contains("sleep"));
        }
    }

    #[test]
    fn a_container_that_never_ran_has_no_exit_code() {
        let read = |state: &str| {
            let text = format!(
                r#"{{"Id":"a","State":{state},"Config":{{}},"HostConfig":{{"Privileged":false,
                "ReadonlyRootfs":false,"NetworkMode":"none","Memory":0}}}}"#
            );
            serde_json::from_str::<Said>(&text).expect(&text).details()
        };
        let never =
            r#"{"Status":"created","ExitCode":0,"Pid":0,"StartedAt":"0001-01-01T00:00:00Z"}"#;
        let never = read(never);
        assert_eq!(
            (never.exit_code, never.started_nanos, never.pid),
            (None, None, None)
        );
        let failed = read(r#"{"Status":"created","ExitCode":127,"Health":{"Status":"none"}}"#);
        assert_eq!((failed.exit_code, failed.health), (Some(127), None));
        let ended = read(
            r#"{"Status":"exited","ExitCode":0,"StartedAt":"2026-01-01T00:00:00Z","OOMKilled":true}"#,
        );
        assert_eq!((ended.exit_code, ended.oom_killed), (Some(0), true));
    }
}
