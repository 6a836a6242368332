//! What containers use, as the engine counts it.

use std::time::{Duration, Instant};

use clawdoctor::deadline::Deadline;
use clawdoctor::engine::{ContainerSpec, EngineError, Sample};
use clawdoctor::facts::{Why, WhyKind};
use futures_util::StreamExt;
use libtest_mimic::Failed;

use super::{Bench, Outcome, Test, script, sure, within};

pub const TESTS: [(&str, Test); 3] = [
    ("a_running_container_is_sampled", running),
    ("a_container_that_does_not_run_has_no_sample", not_running),
    ("many_are_sampled_at_the_same_time", many),
];

fn kind(sample: &Result<Sample, Why>) -> Option<WhyKind> {
    sample.as_ref().err().map(|why| why.kind)
}

/// Whether the engine can read the cgroups of its containers. It cannot where the machine has
/// hierarchies that are not mounted (containerd: "cannot find cgroup mount destination"): then
/// there are neither samples nor `oom` events, and anywhere else that is a failure.
pub fn are_counted(at: &Bench) -> Result<bool, Failed> {
    let name = at.name("counted");
    let _end = at.at_the_end(&[&["rm", "-f", &name]]);
    let sample = at.run(async {
        let d = within(20);
        let spec = script("sleep 3333", &name);
        let id = at.engine.create(&name, &spec, d).await?;
        at.engine.start(&id, d).await?;
        Ok::<_, EngineError>(at.engine.sample(&name, d).await)
    })?;
    if sample.is_ok() {
        return Ok(true);
    }
    let is_blind = kind(&sample) == Some(WhyKind::Absent) && !unmounted()?.is_empty();
    sure(is_blind, sample)?;
    Ok(false)
}

/// Controllers of cgroup v1 whose hierarchy is not mounted.
fn unmounted() -> std::io::Result<Vec<String>> {
    let cgroups = std::fs::read_to_string("/proc/self/cgroup")?;
    let mounts = std::fs::read_to_string("/proc/self/mountinfo")?;
    let mounted: Vec<&str> = mounts
        .lines()
        .filter(|line| line.contains(" - cgroup "))
        .filter_map(|line| line.rsplit(' ').next())
        .flat_map(|options| options.split(','))
        .collect();
    Ok(cgroups
        .lines()
        .filter_map(|line| line.split(':').nth(1))
        .flat_map(|names| names.split(','))
        .filter(|name| !name.is_empty() && !mounted.contains(name))
        .map(str::to_owned)
        .collect())
}

fn running(at: &Bench) -> Outcome {
    if !are_counted(at)? {
        return Ok(());
    }
    let name = at.name("sampled");
    let _end = at.at_the_end(&[&["rm", "-f", &name]]);
    let spec = ContainerSpec {
        memory: Some(32 << 20),
        cpus: Some(0.2),
        pids_limit: Some(50),
        ..script("while :; do :; done", &name)
    };
    at.run(async {
        let d = within(30);
        let id = at.engine.create(&name, &spec, d).await?;
        at.engine.start(&id, d).await?;
        let first = at.engine.sample(&id, d).await?;
        tokio::time::sleep(Duration::from_millis(500)).await;
        let second = at.engine.sample(&id, d).await?;
        sure(second.read_nanos > first.read_nanos, (&first, &second))?;
        sure(
            second.cpu_total_nanos > first.cpu_total_nanos,
            (&first, &second),
        )?;
        sure(second.throttled_nanos > Some(0), &second)?;
        sure(second.memory_limit == Some(32 << 20), &second)?;
        sure(second.working_set > Some(0), &second)?;
        sure(second.working_set < Some(32 << 20), &second)?;
        sure(second.pids == Some(1), &second)?;
        sure(second.pids_limit == Some(50), &second)?;
        sure(second.traffic.is_none(), &second)?;
        let sets = at
            .engine
            .loads(&[id.clone(), "h1-none".to_owned()], d)
            .await?;
        sure(sets.len() == 1 && sets[&id].working_set > Some(0), sets)?;

        at.real.docker(&["pause", &id])?;
        let short = Deadline::after(Duration::from_secs(3));
        let paused = at.engine.sample(&id, short).await;
        // 20.10 says nothing while it is paused.
        sure(
            matches!(kind(&paused), None | Some(WhyKind::Timeout)),
            &paused,
        )
    })
}

fn not_running(at: &Bench) -> Outcome {
    let name = at.name("not-sampled");
    let _end = at.at_the_end(&[&["rm", "-f", &name]]);
    at.run(async {
        let d = within(20);
        let id = at.engine.create(&name, &script("true", &name), d).await?;
        for id in [id.as_str(), "h1-none", "../x"] {
            let sample = at.engine.sample(id, d).await;
            sure(kind(&sample) == Some(WhyKind::Absent), (id, sample))?;
        }
        let sets = at.engine.loads(&[id], d).await?;
        sure(sets.is_empty(), sets)
    })
}

fn many(at: &Bench) -> Outcome {
    let names: Vec<String> = (0..6).map(|n| at.name(&format!("many-{n}"))).collect();
    let removal: Vec<&str> = ["rm", "-f"]
        .into_iter()
        .chain(names.iter().map(String::as_str))
        .collect();
    let _end = at.at_the_end(&[&removal]);
    at.run(async {
        let d = within(60);
        let mut ids = Vec::new();
        for name in &names {
            let id = at
                .engine
                .create(name, &script("sleep 3333", name), d)
                .await?;
            at.engine.start(&id, d).await?;
            ids.push(id);
        }
        let begun = Instant::now();
        let samples: Vec<(String, Result<Sample, Why>)> =
            at.engine.samples(ids.clone(), 64, d).collect().await;
        let took = begun.elapsed();
        let mut told: Vec<&String> = samples.iter().map(|(id, _)| id).collect();
        told.sort();
        ids.sort();
        sure(told.iter().copied().eq(&ids), &told)?;
        // One after another they take six seconds with 20.10.
        sure(took < Duration::from_secs(4), took)
    })
}
