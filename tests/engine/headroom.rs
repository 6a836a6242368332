//! What `clawdoctor headroom` reckons with, on real engines: when a sandbox was used last, what one
//! without a cap held at most, and what one wrote.

use std::time::Duration;

use serde_json::Value;

use super::support::place::Place;
use super::{Bench, Outcome, Test, sure};

pub const TESTS: [(&str, Test); 1] = [(
    "headroom_knows_what_a_sandbox_without_a_cap_held_and_wrote_and_when_it_was_used",
    known,
)];

const BOUND: Duration = Duration::from_mins(1);
const WRITES: u64 = 24 << 20;

fn read(bytes: &[u8]) -> Result<Value, String> {
    let text = String::from_utf8_lossy(bytes);
    serde_json::from_str(&text).map_err(|error| format!("{error}: {text}"))
}

fn known(at: &Bench) -> Outcome {
    let sandbox = at.name("headroom");
    let _end = at.at_the_end(&[&["rm", "-f", &sandbox]]);
    let write = format!("head -c {WRITES} /dev/zero >/written && sleep 600");
    at.real.docker(&[
        "run",
        "-d",
        "--label",
        super::LABEL,
        "--label",
        "openclaw.sandbox=1",
        "--user",
        "0",
        "--cpus",
        "0.5",
        "--name",
        &sandbox,
        "clawdoctor-test/good:1",
        "sh",
        "-c",
        &write,
    ])?;
    // A call of OpenClaw's, which ends at once.
    at.until("the file is written", |at| {
        let size = ["exec", &sandbox, "stat", "-c", "%s", "/written"];
        let size = at.real.docker(&size).unwrap_or_default();
        size.trim() == WRITES.to_string()
    })?;
    let mut place = Place::new();
    place.env.insert("DOCKER_HOST".to_owned(), at.real.url());
    let line = "headroom --need 0 --json --no-redact --save-facts facts.json";
    let args: Vec<String> = line.split(' ').map(str::to_owned).collect();
    let ran = place.run(None, &args, BOUND);
    let told = read(&ran.output.stdout)?;
    sure(ran.output.status.code() == Some(0), format!("{told:#}"))?;
    let facts = read(&std::fs::read(place.home().join("facts.json"))?)?;

    let used = facts["calls"]["known"]["used"].as_array().cloned();
    let used = used
        .into_iter()
        .flatten()
        .find(|one| one["container"] == *sandbox);
    let ago = used.and_then(|used| used["seconds-ago"].as_u64());
    sure(
        ago.is_some_and(|ago| ago < 60),
        format!("{ago:?}: {}", facts["calls"]),
    )?;
    let load = &facts["load"]["known"];
    let ours = load["sandboxes"].as_array().cloned().into_iter().flatten();
    let ours = ours
        .into_iter()
        .find(|one| one["name"] == *sandbox)
        .unwrap_or_default();
    sure(
        ours["idle"] == true && ours["cap"].is_null(),
        format!("{ours}"),
    )?;
    // Engines with cgroup v2 do not tell the peak.
    let version = at.real.docker(&["info", "-f", "{{.CgroupVersion}}"])?;
    let peak = ours["peak"].as_u64();
    let is_told = peak.is_some_and(|peak| peak >= ours["working-set"].as_u64().unwrap_or(u64::MAX));
    sure(
        is_told == (version.trim() == "1"),
        format!("cgroup {version}: {ours}"),
    )?;
    let largest = load["largest-layer"]["known"].as_u64();
    sure(
        largest.is_some_and(|bytes| bytes >= WRITES),
        format!("{load:#}"),
    )?;

    let arithmetic = &told["arithmetic"];
    sure(arithmetic["layerAssumed"] == false, format!("{told:#}"))?;
    let count = |name: &str| arithmetic["load"][name].as_u64().unwrap_or_default();
    let counted = count("recentCount") >= 1 && count("uncappedCount") >= 1;
    sure(counted, format!("{told:#}"))?;
    let notes = told["notes"].to_string();
    sure(notes.contains("without a memory cap"), notes)
}
