//! What a container uses, read once. The counters are the kernel's own, since the container's
//! start: a rate is the difference of two samples.

use std::collections::BTreeMap;

use futures_util::{Stream, StreamExt, stream};
use hyper::Method;
use serde::{Deserialize, Deserializer};

use super::client::{Engine, not_understood, order};
use super::containers::{name, present};
use super::convert::{nanos, nullable};
use crate::deadline::Deadline;
use crate::facts::{Why, WhyKind};
use crate::text::wash;

/// Questions that are under way at the same time; each is a connection of its own. Engines before
/// 29 answer all that is asked within one second at its end.
const AT_ONCE: usize = 64;

/// One reading of a container's counters. None is what the engine does not say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sample {
    /// By the engine's clock, since the epoch.
    pub read_nanos: i64,
    pub cpu_total_nanos: Option<u64>,
    /// Of the whole engine's machine, all its CPUs together.
    pub system_cpu_nanos: Option<u64>,
    pub online_cpus: Option<u32>,
    /// Periods of the CPU cap that have passed while the container wanted to run.
    pub periods: Option<u64>,
    pub throttled_periods: Option<u64>,
    pub throttled_nanos: Option<u64>,
    /// Memory that cannot be given back, as `docker stats` shows it.
    pub working_set: Option<u64>,
    /// The engine's memory when the container has no limit.
    pub memory_limit: Option<u64>,
    /// Highest usage so far, with what could be given back; engines with cgroup v1 only.
    pub memory_peak: Option<u64>,
    pub pids: Option<u64>,
    /// None is also no limit.
    pub pids_limit: Option<u64>,
    /// None without a network.
    pub traffic: Option<Traffic>,
    /// None while nothing was read or written, and where the kernel does not count it.
    pub blocks: Option<Blocks>,
}

/// All interfaces together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    pub rx_bytes: u64,
    pub tx_bytes: u64,
    /// Errors and dropped packets, both ways.
    pub lost_packets: u64,
}

/// Bytes, all devices together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Blocks {
    pub read_bytes: u64,
    pub written_bytes: u64,
}

impl Engine {
    /// What a container uses now. `Absent` when there is no such container, and when the engine
    /// has no figures of it, since it does not run; an engine that cannot read the cgroup of a
    /// running one answers the same.
    ///
    /// Current engines answer at once; 20.10 at the end of its second, and for a paused container
    /// not before it goes on.
    pub async fn sample(&self, id: &str, d: Deadline) -> Result<Sample, Why> {
        let path = format!("/containers/{}/stats?stream=false&one-shot=true", name(id)?);
        let asked = self.order(order(Method::GET, &path), d).await;
        let body = asked.map_err(|error| error.to_why())?;
        told(&path, &body)
    }

    /// A sample of each of these as it comes, in no order, up to `at_once` under way at a time. To
    /// ask for all of them at once is the cheapest: requests of one second share its reading.
    pub fn samples(
        &self,
        ids: Vec<String>,
        at_once: usize,
        d: Deadline,
    ) -> impl Stream<Item = (String, Result<Sample, Why>)> + Send + use<> {
        let engine = self.clone();
        stream::iter(ids)
            .map(move |id| {
                let engine = engine.clone();
                async move {
                    let sample = engine.sample(&id, d).await;
                    (id, sample)
                }
            })
            .buffer_unordered(at_once.max(1))
    }

    /// A sample of each of these, by id. One that is not running or has gone is left out.
    pub async fn loads(
        &self,
        ids: &[String],
        d: Deadline,
    ) -> Result<BTreeMap<String, Sample>, Why> {
        let mut all = BTreeMap::new();
        let mut samples = std::pin::pin!(self.samples(ids.to_vec(), AT_ONCE, d));
        while let Some((id, sample)) = samples.next().await {
            if let Some(sample) = present(sample)? {
                all.insert(id, sample);
            }
        }
        Ok(all)
    }
}

/// An engine says nothing at all of a container that goes while it is asked (20.10).
fn told(path: &str, body: &[u8]) -> Result<Sample, Why> {
    if body.trim_ascii().is_empty() {
        let detail = "the container went while its figures were asked for";
        return Err(Why::new(WhyKind::Absent, detail));
    }
    serde_json::from_slice::<Said>(body)
        .map_err(|error| Why::new(WhyKind::Unparsable, not_understood(path, &error)))?
        .sample()
}

#[derive(Deserialize)]
struct Said {
    #[serde(default, deserialize_with = "nullable")]
    read: String,
    /// Instead of everything else, with status 200, when the cgroup cannot be read.
    #[serde(default, deserialize_with = "nullable")]
    message: String,
    #[serde(default, deserialize_with = "nullable")]
    cpu_stats: SaidCpu,
    #[serde(default, deserialize_with = "nullable")]
    memory_stats: SaidMemory,
    #[serde(default, deserialize_with = "nullable")]
    pids_stats: SaidPids,
    networks: Option<BTreeMap<String, SaidInterface>>,
    #[serde(default, deserialize_with = "nullable")]
    blkio_stats: SaidBlocks,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct SaidCpu {
    #[serde(deserialize_with = "nullable")]
    cpu_usage: SaidCpuUsage,
    #[serde(deserialize_with = "count")]
    system_cpu_usage: Option<u64>,
    #[serde(deserialize_with = "count")]
    online_cpus: Option<u64>,
    #[serde(deserialize_with = "nullable")]
    throttling_data: SaidThrottling,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct SaidCpuUsage {
    #[serde(deserialize_with = "count")]
    total_usage: Option<u64>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct SaidThrottling {
    #[serde(deserialize_with = "count")]
    periods: Option<u64>,
    #[serde(deserialize_with = "count")]
    throttled_periods: Option<u64>,
    #[serde(deserialize_with = "count")]
    throttled_time: Option<u64>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct SaidMemory {
    #[serde(deserialize_with = "count")]
    usage: Option<u64>,
    #[serde(deserialize_with = "count")]
    max_usage: Option<u64>,
    #[serde(deserialize_with = "count")]
    limit: Option<u64>,
    #[serde(deserialize_with = "nullable")]
    stats: SaidMemoryDetail,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct SaidMemoryDetail {
    #[serde(deserialize_with = "count")]
    total_inactive_file: Option<u64>,
    #[serde(deserialize_with = "count")]
    inactive_file: Option<u64>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct SaidPids {
    #[serde(deserialize_with = "count")]
    current: Option<u64>,
    #[serde(deserialize_with = "count")]
    limit: Option<u64>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct SaidInterface {
    rx_bytes: u64,
    rx_errors: u64,
    rx_dropped: u64,
    tx_bytes: u64,
    tx_errors: u64,
    tx_dropped: u64,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct SaidBlocks {
    #[serde(deserialize_with = "nullable")]
    io_service_bytes_recursive: Vec<SaidBlock>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct SaidBlock {
    /// `Read` with cgroup v1, `read` with v2.
    op: String,
    value: u64,
}

/// A counter; what is no number is a counter that the engine does not tell.
fn count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    Ok(serde_json::Value::deserialize(deserializer)?.as_u64())
}

impl Said {
    fn sample(&self) -> Result<Sample, Why> {
        let no_figures = |because: &str| {
            Why::new(
                WhyKind::Absent,
                format!("the engine has no figures of the container: {because}"),
            )
        };
        if self.read.is_empty() && !self.message.is_empty() {
            return Err(no_figures(&wash(&self.message, 300)));
        }
        // Go's zero time.
        if self.read.starts_with("0001-") {
            return Err(no_figures("it does not run, or its cgroup cannot be read"));
        }
        let read_nanos = nanos(&self.read).ok_or_else(|| {
            Why::new(
                WhyKind::Unparsable,
                format!("`{}` is not the time of a sample", wash(&self.read, 60)),
            )
        })?;
        let throttling = &self.cpu_stats.throttling_data;
        Ok(Sample {
            read_nanos,
            cpu_total_nanos: self.cpu_stats.cpu_usage.total_usage,
            system_cpu_nanos: self.cpu_stats.system_cpu_usage,
            online_cpus: self
                .cpu_stats
                .online_cpus
                .and_then(|cpus| u32::try_from(cpus).ok())
                .filter(|cpus| *cpus > 0),
            periods: throttling.periods,
            throttled_periods: throttling.throttled_periods,
            throttled_nanos: throttling.throttled_time,
            working_set: self.memory_stats.working_set(),
            memory_limit: self.memory_stats.limit.filter(|limit| *limit > 0),
            memory_peak: self.memory_stats.max_usage.filter(|peak| *peak > 0),
            pids: self.pids_stats.current,
            // What the kernel writes as `max` comes as the largest number there is.
            pids_limit: self
                .pids_stats
                .limit
                .filter(|limit| (1..u64::from(u32::MAX)).contains(limit)),
            traffic: self.networks.as_ref().map(Traffic::of),
            blocks: self.blkio_stats.blocks(),
        })
    }
}

impl Traffic {
    fn of(interfaces: &BTreeMap<String, SaidInterface>) -> Self {
        interfaces.values().fold(Self::default(), |sum, one| Self {
            rx_bytes: sum.rx_bytes.saturating_add(one.rx_bytes),
            tx_bytes: sum.tx_bytes.saturating_add(one.tx_bytes),
            lost_packets: [one.rx_errors, one.rx_dropped, one.tx_errors, one.tx_dropped]
                .into_iter()
                .fold(sum.lost_packets, u64::saturating_add),
        })
    }
}

impl SaidBlocks {
    fn blocks(&self) -> Option<Blocks> {
        let all = &self.io_service_bytes_recursive;
        let sum = |op: &str| {
            all.iter()
                .filter(|block| block.op.eq_ignore_ascii_case(op))
                .fold(0, |sum: u64, block| sum.saturating_add(block.value))
        };
        (!all.is_empty()).then(|| Blocks {
            read_bytes: sum("read"),
            written_bytes: sum("write"),
        })
    }
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
mod tests;
