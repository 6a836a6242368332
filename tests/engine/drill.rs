//! `clawdoctor drill` on real engines: it reaches its number, stops before harm, touches nothing
//! of others, and leaves nothing, however it ends.

use std::process::{Child, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};

use super::support::place::{Place, Ran};
use super::support::proxy::{Part, Proxy};
use super::{Bench, Outcome, Test, sure};

pub const TESTS: [(&str, Test); 6] = [
    (
        "a_drill_reaches_the_computed_number_and_touches_no_other",
        reaches,
    ),
    ("an_image_without_python_is_loaded_by_its_shell", by_shell),
    ("an_interrupted_drill_leaves_nothing", interrupted),
    ("what_a_killed_drill_leaves_goes_at_the_next_start", killed),
    (
        "a_drill_stops_before_the_engines_memory_is_at_risk",
        bounded,
    ),
    ("a_drill_is_refused_while_a_tool_call_runs", refused),
];

const BOUND: Duration = Duration::from_mins(1);
const DRILL: &str = "drill --yes --json --allow busy --hold 1s";

/// One drill at a time on an engine: a second one is refused.
fn alone(at: &Bench) -> MutexGuard<'static, ()> {
    static CLASSIC: Mutex<()> = Mutex::new(());
    static MODERN: Mutex<()> = Mutex::new(());
    let mutex = if at.real.name == "classic" {
        &CLASSIC
    } else {
        &MODERN
    };
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn place(at: &Bench, memory: &str, cpus: f64) -> Place {
    place_of(at, "clawdoctor-test/good:1", memory, cpus)
}

fn place_of(at: &Bench, image: &str, memory: &str, cpus: f64) -> Place {
    let mut place = Place::new();
    place.env.insert("DOCKER_HOST".to_owned(), at.real.url());
    place.file(".openclaw/workspace/AGENTS.md", "# agent\n");
    let config = json!({
        "gateway": {"mode": "local", "port": 18999, "bind": "loopback"},
        "agents": {"defaults": {
            "workspace": place.home().join(".openclaw/workspace"),
            "sandbox": {
                "mode": "all", "backend": "docker", "scope": "session", "workspaceAccess": "none",
                "docker": {
                    "image": image, "network": "none",
                    "memory": memory, "cpus": cpus, "pidsLimit": 64,
                },
            },
        }},
    });
    place.file(".openclaw/openclaw.json", &config.to_string());
    place
}

fn words(line: &str) -> Vec<String> {
    line.split(' ').map(str::to_owned).collect()
}

fn read(ran: &Ran) -> Result<Value, String> {
    let told = String::from_utf8_lossy(&ran.output.stderr);
    serde_json::from_slice(&ran.output.stdout)
        .map_err(|error| format!("{error}: {:?}: {told}", ran.output.status))
}

/// The document and the exit code. What others do to the engine meanwhile (their kills for want
/// of memory, a machine that is busy with their tests) is no failure of the drill: it is made again.
fn drilled(place: &Place, more: &str) -> Result<(Value, Option<i32>), String> {
    let line = format!("{DRILL}{more}");
    let mut tries = 0;
    loop {
        tries += 1;
        let ran = place.run(None, &words(&line), BOUND);
        let told = read(&ran)?;
        let sign = told["stopped"]["sign"].as_str().unwrap_or_default();
        let by_others = matches!(sign, "pressure" | "stalled" | "starved" | "late-start")
            || (sign == "oom" && told["stopped"]["ours"] == false);
        if !by_others || tries == 6 {
            return Ok((told, ran.output.status.code()));
        }
    }
}

/// The drill's containers on the engine.
fn left(at: &Bench) -> String {
    let filter = "label=clawdoctor.drill";
    let listed = at.real.docker(&["ps", "-aq", "--filter", filter]);
    listed.unwrap_or_else(|error| error)
}

fn nothing_is_left(at: &Bench, place: &Place) -> Outcome {
    sure(left(at).is_empty(), left(at))?;
    let folder = place.home().join("state/probe");
    sure(!folder.exists(), format!("{} is there", folder.display()))
}

/// A drill in its middle; another one when others' harm ended it before that.
fn begun(at: &Bench, place: &Place) -> Result<Child, super::Failed> {
    let line = "drill --yes --allow busy --beyond 2 --hold 20s";
    for _ in 0..6 {
        let mut command = place.command(None, &words(line));
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let mut has_ended = false;
        at.until("a sandbox of the drill", |at| {
            has_ended = matches!(child.try_wait(), Ok(Some(_)));
            has_ended || !left(at).is_empty()
        })?;
        if !has_ended {
            return Ok(child);
        }
    }
    Err("no drill came to its middle".into())
}

fn signal(child: &Child, signal: nix::sys::signal::Signal) -> Outcome {
    let pid = nix::unistd::Pid::from_raw(i32::try_from(child.id())?);
    nix::sys::signal::kill(pid, signal)?;
    Ok(())
}

fn reaches(at: &Bench) -> Outcome {
    let _alone = alone(at);
    let other = at.name("drill-other");
    let _end = at.at_the_end(&[&["rm", "-f", &other]]);
    let image = "clawdoctor-test/good:1";
    at.real.docker(&[
        "run",
        "-d",
        "--label",
        super::LABEL,
        "--name",
        &other,
        image,
        "sleep",
        "600",
    ])?;
    let look = [
        "inspect",
        "-f",
        "{{.Id}} {{.State.StartedAt}} {{.State.Running}}",
        &other,
    ];
    let before = at.real.docker(&look)?;
    let place = place(at, "48m", 0.4);
    // Sandboxes of other tests that ran a call a moment ago may take all that is computed.
    let (told, code) = drilled(&place, " --beyond 1 --most 3")?;
    let computed = told["computed"].as_u64().unwrap_or_default();
    let reached = (computed + 1).min(3);
    sure(
        told["measured"] == reached && reached > 0,
        format!("{told:#}"),
    )?;
    sure(
        code == Some(i32::from(computed > 3)),
        format!("{code:?}: {told:#}"),
    )?;
    let steps = told["steps"].as_array().cloned().unwrap_or_default();
    let whole = steps.iter().zip(1_u64..).all(|(step, n)| {
        step["sandboxes"] == n
            && step["harmless"] == true
            && step["startMilliseconds"].as_u64().is_some_and(|ms| ms > 0)
            // Each holds most of what it is to, and spins.
            && step["memory"].as_u64().is_some_and(|held| held > n * (20 << 20))
            && step["memory"].as_u64().is_some_and(|held| held < n * (48 << 20))
            && step["cores"].as_f64().is_some_and(|cores| cores > 0.1)
            && step["throttled"].as_f64().is_some_and(|share| share <= 1.0)
            && step["left"].as_u64().is_some_and(|left| left > 0)
    });
    sure(
        whole && steps.len() == usize::try_from(reached)?,
        format!("{told:#}"),
    )?;
    sure(told["load"]["tool"] == "python3", format!("{told:#}"))?;
    sure(
        at.real.docker(&look)? == before,
        "the other container was touched",
    )?;
    nothing_is_left(at, &place)
}

fn by_shell(at: &Bench) -> Outcome {
    let _alone = alone(at);
    let place = place_of(at, "clawdoctor-test/no-python:1", "48m", 0.4);
    let (told, _) = drilled(&place, " --beyond 1 --most 1")?;
    let step = &told["steps"][0];
    let is_loaded = step["memory"].as_u64().is_some_and(|held| held > 20 << 20)
        && step["cores"].as_f64().is_some_and(|cores| cores > 0.1)
        && step["left"].as_u64().is_some_and(|left| left > 0);
    sure(told["load"]["tool"] == "sh", format!("{told:#}"))?;
    sure(told["measured"] == 1 && is_loaded, format!("{told:#}"))?;
    nothing_is_left(at, &place)
}

fn interrupted(at: &Bench) -> Outcome {
    let _alone = alone(at);
    let place = place(at, "48m", 0.2);
    let mut is_told = false;
    for _ in 0..4 {
        is_told = broken_off(at, &place)?;
        nothing_is_left(at, &place)?;
        if is_told {
            break;
        }
    }
    sure(is_told, "none could be interrupted in its middle")
}

/// None of it where others' harm ends the drill first.
fn broken_off(at: &Bench, place: &Place) -> Result<bool, super::Failed> {
    let mut child = begun(at, place)?;
    // Whoever sweeps meanwhile leaves a living drill alone, and so does a second drill.
    let line = "check --only image/tools --json";
    place.run(None, &words(line), BOUND);
    let second = place.run(
        None,
        &words("drill --yes --allow busy --most 1 --hold 1s"),
        BOUND,
    );
    let stands = !left(at).is_empty();
    if child.try_wait()?.is_some() {
        return Ok(false);
    }
    signal(&child, nix::sys::signal::Signal::SIGINT)?;
    let output = child.wait_with_output()?;
    if output.status.code() == Some(1) {
        return Ok(false);
    }
    sure(output.status.code() == Some(130), format!("{output:?}"))?;
    sure(stands, "a check swept a living drill")?;
    let said = String::from_utf8_lossy(&second.output.stderr).into_owned();
    let refused = second.output.status.code() == Some(2) && said.contains("is at work since");
    sure(refused, said)?;
    Ok(true)
}

fn killed(at: &Bench) -> Outcome {
    let _alone = alone(at);
    let place = place(at, "48m", 0.2);
    // One that others' harm has just ended may be cleaning up already.
    let mut has_left = false;
    for _ in 0..4 {
        let mut child = begun(at, &place)?;
        signal(&child, nix::sys::signal::Signal::SIGKILL)?;
        child.wait()?;
        has_left = !left(at).is_empty();
        if has_left {
            break;
        }
    }
    sure(has_left, "the kills left nothing to sweep")?;
    let (told, _) = drilled(&place, " --beyond 1 --most 1")?;
    sure(told["measured"] == 1, format!("{told:#}"))?;
    nothing_is_left(at, &place)
}

/// Real work comes first, unless it is said not to.
fn refused(at: &Bench) -> Outcome {
    let _alone = alone(at);
    let sandbox = at.name("drill-busy");
    let _end = at.at_the_end(&[&["rm", "-f", &sandbox]]);
    at.real.docker(&[
        "run",
        "-d",
        "--label",
        super::LABEL,
        "--label",
        "openclaw.sandbox=1",
        "--memory",
        "16m",
        "--cpus",
        "0.1",
        "--name",
        &sandbox,
        "clawdoctor-test/good:1",
        "sleep",
        "600",
    ])?;
    at.real.docker(&["exec", "-d", &sandbox, "sleep", "600"])?;
    let place = place(at, "48m", 0.2);
    let ran = place.run(None, &words("drill --yes --json --most 1 --hold 1s"), BOUND);
    let told = read(&ran)?;
    let hints = String::from_utf8_lossy(&ran.output.stderr);
    let said = format!("{} {hints}", told["error"]);
    sure(ran.output.status.code() == Some(2), format!("{told:#}"))?;
    sure(told["outcome"] == "failed", format!("{told:#}"))?;
    for words in ["tool calls are running in ", &sandbox, "--allow busy"] {
        sure(said.contains(words), format!("{words}: {said}"))?;
    }
    nothing_is_left(at, &place)?;
    // The same drill where it was allowed. Others' sandboxes may take all that is computed.
    let (told, _) = drilled(&place, " --beyond 1 --most 1")?;
    sure(told["measured"] == 1, format!("{told:#}"))?;
    nothing_is_left(at, &place)
}

fn bounded(at: &Bench) -> Outcome {
    let _alone = alone(at);
    let mut place = place(at, "128m", 0.2);
    let played: u64 = 3 << 29;
    let part = Part {
        info: Some(json!({"MemTotal": played})),
        ..Part::default()
    };
    let socket = place.root().join("engine.sock");
    let _proxy = Proxy::start(&socket, &at.real.socket, part)?;
    let url = format!("unix://{}", socket.display());
    place.env.insert("DOCKER_HOST".to_owned(), url);
    let (told, _) = drilled(&place, " --beyond 30")?;
    let reason = told["stopped"]["reason"].as_str().unwrap_or_default();
    let sign = told["stopped"]["sign"].as_str().unwrap_or_default();
    let by_memory = reason == "no-room" || sign == "little-memory";
    sure(by_memory, format!("{told:#}"))?;
    let steps = told["steps"].as_array().cloned().unwrap_or_default();
    // A GiB is the system's: no more than half of one is for all that runs. What was not measured
    // was not held either: such a step is no harmless one.
    let within = steps.iter().all(|step| {
        let held = step["memory"].as_u64();
        held.map_or(step["harmless"] == false, |held| held <= played - (1 << 30))
    });
    let measured = steps.iter().filter(|step| step["memory"].is_u64()).count();
    sure(
        within && measured > 0 && steps.len() <= 5,
        format!("{told:#}"),
    )?;
    nothing_is_left(at, &place)
}
