//! The command line of `bench`.

use clap::Args as Group;

pub const BENCH_AFTER: &str = "\
Examples:
  clawdoctor bench                      how long a sandbox takes to start, beside the guide
  clawdoctor bench --runs 30 --timeout 5min
  clawdoctor bench --agent coder --concurrency 8
  clawdoctor bench --json

It makes sandboxes of its own, as OpenClaw would make them for the agent, and
removes them again; OpenClaw's are left alone. It measures
  cold        a fresh one whose image is not in the page cache, where that can be
              arranged: on Linux, as root, with the engine's files in sight
  cached      a fresh one, its image read before
  kept alive  a command in one that stands
one at a time, then 2, 4, … at once, never more than `clawdoctor headroom` allows.
Whole runs are kept in bench.ndjson in the state folder, the last 200 of them, and
a run is compared with those of the same engine, image and limits.

Exit codes: 0 when all was measured; 2 when it was not: what was measured in time
is shown; 130 ended by Ctrl-C (143: SIGTERM), with the same. In every case what it
made is removed; what is left by kill -9 the next bench or check removes.";

#[derive(Clone, Debug, Group)]
pub struct BenchArgs {
    /// How many measurements to make of each kind, at least
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub runs: u32,
    /// The most sandboxes to start at once
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=64))]
    pub concurrency: u32,
    /// Measure this agent's sandbox, instead of the first that is configured
    #[arg(long, value_name = "ID")]
    pub agent: Option<String>,
    /// For cold starts, drop the page cache of the whole machine: all programs read anew
    #[arg(long)]
    pub drop_caches: bool,
    /// The container that the gateway runs in, where it is not found by itself
    #[arg(long = "in", value_name = "CONTAINER")]
    pub gateway_container: Option<String>,
}
