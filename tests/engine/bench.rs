//! `clawdoctor bench` on real engines: what it measures, what it says when it cannot, and that
//! nothing of it is left, whether it ends, is interrupted or is killed.

use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::support::place::Place;
use super::{Bench, Outcome, Test, sure};

pub const TESTS: [(&str, Test); 5] = [
    ("a_bench_measures_and_compares_with_before", measured),
    (
        "an_interrupted_bench_shows_what_it_has_and_leaves_nothing",
        interrupted,
    ),
    ("what_a_killed_bench_leaves_the_next_one_removes", killed),
    (
        "a_bench_that_cannot_be_made_says_what_where_and_how",
        refused,
    ),
    ("a_bench_out_of_time_shows_what_it_has", out_of_time),
];

const BOUND: Duration = Duration::from_mins(2);
/// Small, so that some fit beside whatever else the tests run.
const CPUS: f64 = 0.1;

fn place(at: &Bench, image: &str) -> Place {
    let mut place = Place::new();
    place.env.insert("DOCKER_HOST".to_owned(), at.real.url());
    let workspace = place.home().join(".openclaw/workspace");
    place.file(".openclaw/workspace/README", "ours");
    let config = json!({"agents": {
        "defaults": {
            "workspace": workspace,
            "sandbox": {"mode": "all", "scope": "agent", "workspaceAccess": "none", "docker": {
                "image": image, "network": "none", "memory": "32m", "cpus": CPUS, "pidsLimit": 64,
            }},
        },
        "entries": {"main": {}, "other": {"sandbox": {"docker": {"memory": "48m"}}}},
    }});
    place.file(".openclaw/openclaw.json", &config.to_string());
    place
}

fn words(line: &str) -> Vec<String> {
    line.split(' ').map(str::to_owned).collect()
}

/// Exit code, standard output, standard error.
fn run(place: &Place, line: &str) -> (Option<i32>, String, String) {
    let ran = place.run(None, &words(line), BOUND);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let output = &ran.output;
    (
        output.status.code(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

fn document(text: &str) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|error| format!("{error}: {text}"))
}

/// The containers of benches in this place: they mount its state folder.
fn containers(at: &Bench, place: &Place) -> Result<Vec<String>, String> {
    let list = ["ps", "-aq", "--no-trunc", "--filter"];
    let all = at
        .real
        .docker(&[&list[..], &["label=clawdoctor.bench=1"]].concat())?;
    let root = place.root().display().to_string();
    let is_ours = |id: &&str| {
        let look = ["inspect", "-f", "{{.HostConfig.Binds}}", id];
        // Another test's may just go.
        at.real
            .docker(&look)
            .is_ok_and(|binds| binds.contains(&root))
    };
    Ok(all.lines().filter(is_ours).map(str::to_owned).collect())
}

fn nothing_is_left(at: &Bench, place: &Place) -> Outcome {
    let left = containers(at, place)?;
    sure(left.is_empty(), left)?;
    let folder = place.home().join("state/probe");
    sure(!folder.exists(), folder)
}

fn is_valid(place: &Place, document: &Value) -> Outcome {
    let (_, schema, _) = run(place, "schema bench");
    let validator = jsonschema::draft202012::new(&serde_json::from_str(&schema)?)?;
    let errors: Vec<String> = validator
        .iter_errors(document)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    sure(errors.is_empty(), format!("{errors:?}: {document:#}"))
}

fn history(place: &Place) -> std::path::PathBuf {
    place.home().join("state/bench.ndjson")
}

fn measured(at: &Bench) -> Outcome {
    let place = place(at, "clawdoctor-test/good:1");
    let line = "bench --json --runs 3 --concurrency 2 --timeout 2min";
    let (code, out, err) = run(&place, line);
    sure(code == Some(0), format!("{code:?}: {err}"))?;
    let told = document(&out)?;
    is_valid(&place, &told)?;
    nothing_is_left(at, &place)?;
    sure(told["complete"] == true, format!("{told:#}"))?;
    sure(
        told["sandbox"]["agents"] == json!(["main"]),
        &told["sandbox"],
    )?;
    let rows = told["rows"].as_array().cloned().unwrap_or_default();
    let made: Vec<String> = rows
        .iter()
        .map(|row| format!("{} {} {}", row["way"], row["atOnce"], row["runs"]))
        .collect();
    let warm = [
        "\"cached\" 1 3",
        "\"kept-alive\" 1 3",
        "\"cached\" 2 4",
        "\"kept-alive\" 2 4",
    ];
    // Cold is measured where it can be, and else told with the reason.
    let cold = made.first().is_some_and(|first| first == "\"cold\" 1 3");
    sure(made[usize::from(cold)..] == warm, &made)?;
    let left_out = told["leftOut"].as_array().map_or(0, Vec::len);
    sure(left_out == usize::from(!cold), format!("{told:#}"))?;
    for row in &rows {
        let seconds = |stage: &str, of: &str| row[stage][of].as_f64().unwrap_or(-1.0);
        for stage in ["total", "create", "start", "ready"] {
            let (p50, p95) = (seconds(stage, "p50"), seconds(stage, "p95"));
            let max = seconds(stage, "max");
            sure(0.0 < p50 && p50 <= p95 && p95 <= max && max < 60.0, row)?;
        }
        let whole = seconds("total", "max");
        sure(
            whole >= seconds("create", "p50") + seconds("ready", "p50") * 0.5,
            row,
        )?;
        sure(
            row.get("remove").is_some() == (row["way"] != "kept-alive"),
            row,
        )?;
        sure(row.get("guide").is_some() == (row["atOnce"] == 1), row)?;
        sure(row.get("before").is_none(), row)?;
    }

    // Beside the former run, with somebody's garbage in between.
    let kept = std::fs::read_to_string(history(&place))?;
    sure(kept.lines().count() == 1, &kept)?;
    std::fs::write(history(&place), format!("{{half a li\n{kept}\u{0}\n"))?;
    let (code, out, err) = run(
        &place,
        "bench --json --runs 2 --concurrency 1 --timeout 2min",
    );
    sure(code == Some(0), format!("{code:?}: {err}"))?;
    let told = document(&out)?;
    is_valid(&place, &told)?;
    let compared = told["rows"].as_array().cloned().unwrap_or_default();
    let beside = |row: &Value| row["before"]["benches"] == 1 && row["before"]["change"].is_f64();
    sure(compared.iter().all(beside), format!("{told:#}"))?;
    sure(
        told["notes"].to_string().contains("2 lines of"),
        &told["notes"],
    )?;
    let kept = std::fs::read_to_string(history(&place))?;
    sure(kept.lines().count() == 2 && !kept.contains("half"), kept)?;

    // Another configuration is another history, and people get a page that fits.
    let (code, out, err) = run(&place, "bench --agent other --runs 1 --concurrency 1");
    sure(code == Some(0), err)?;
    let fits = out.lines().all(|line| line.chars().count() <= 80);
    sure(
        fits && out.contains("48 MiB") && out.contains("kept alive"),
        &out,
    )?;
    sure(!out.contains(" % ("), &out)?;
    nothing_is_left(at, &place)
}

fn begin(place: &Place, line: &str) -> Result<Child, String> {
    place
        .command(None, &words(line))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| error.to_string())
}

/// Waits until so many different containers of the place have been seen.
fn seen(at: &Bench, place: &Place, many: usize) -> Outcome {
    let mut all: Vec<String> = Vec::new();
    let begun = Instant::now();
    while all.len() < many {
        if begun.elapsed() > Duration::from_mins(1) {
            return Err(format!("{many} containers were not seen in 60 s: {all:?}").into());
        }
        all.extend(containers(at, place)?);
        all.sort();
        all.dedup();
    }
    Ok(())
}

fn signal(child: &Child, name: &str) -> Outcome {
    let pid = child.id().to_string();
    let sent = std::process::Command::new("kill")
        .args([name, &pid])
        .status()?;
    sure(sent.success(), format!("kill {name} {pid}"))
}

fn interrupted(at: &Bench) -> Outcome {
    for (name, code, words) in [("-INT", 130, "interrupted"), ("-TERM", 143, "terminated")] {
        let place = place(at, "clawdoctor-test/good:1");
        let line = "bench --json --runs 500 --concurrency 2 --timeout 10min";
        let child = begin(&place, line)?;
        seen(at, &place, 4)?;
        signal(&child, name)?;
        let asked = Instant::now();
        let output = child.wait_with_output()?;
        sure(asked.elapsed() < Duration::from_secs(10), asked.elapsed())?;
        let err = String::from_utf8_lossy(&output.stderr);
        sure(
            output.status.code() == Some(code),
            format!("{:?}: {err}", output.status),
        )?;
        nothing_is_left(at, &place)?;
        let told = document(&String::from_utf8_lossy(&output.stdout))?;
        is_valid(&place, &told)?;
        sure(
            told["complete"] == false && told["stopped"] == words,
            format!("{told:#}"),
        )?;
        let row = &told["rows"][0];
        sure(
            row["complete"] == false && row["runs"].as_u64() >= Some(1),
            row,
        )?;
        // Half a run is nothing to compare with.
        sure(!history(&place).exists(), "it was kept")?;
    }
    Ok(())
}

fn killed(at: &Bench) -> Outcome {
    let place = place(at, "clawdoctor-test/good:1");
    let mut child = begin(&place, "bench --runs 500 --concurrency 2 --timeout 10min")?;
    seen(at, &place, 2)?;
    // Between a removal and the next creation there is none.
    let mut left = Vec::new();
    for _ in 0..20 {
        signal(&child, "-STOP")?;
        left = containers(at, &place)?;
        if !left.is_empty() {
            break;
        }
        signal(&child, "-CONT")?;
        std::thread::sleep(Duration::from_millis(70));
    }
    child.kill()?;
    child.wait()?;
    sure(!left.is_empty(), "it was never seen with a container")?;
    let (code, _, err) = run(&place, "bench --runs 1 --concurrency 1 --timeout 1min");
    sure(code == Some(0), format!("{code:?}: {err}"))?;
    nothing_is_left(at, &place)
}

fn refused(at: &Bench) -> Outcome {
    let missing = "clawdoctor-test/nowhere:7";
    for (image, line, says) in [
        (
            missing,
            "bench",
            vec![
                missing,
                "is not in the engine",
                "clawdoctor fix image/present",
            ],
        ),
        // No program of it can be started; and one that takes our command for its own.
        (
            "clawdoctor-test/no-shell:1",
            "bench",
            vec!["no-shell", "check --only sandbox/start"],
        ),
        (
            "clawdoctor-test/entrypoint:1",
            "bench",
            vec!["entrypoint", "check --only sandbox/start"],
        ),
        (
            "clawdoctor-test/good:1",
            "bench --agent nobody",
            vec!["`nobody`", "main, other"],
        ),
        (
            "clawdoctor-test/good:1",
            "bench --passive",
            vec!["--passive", "headroom"],
        ),
        (
            "clawdoctor-test/good:1",
            "bench --runs 0",
            vec!["--runs", "1..=1000"],
        ),
    ] {
        let place = place(at, image);
        let (code, out, err) = run(&place, line);
        sure(
            code == Some(2) && out.is_empty(),
            format!("{line}: {code:?}: {out}{err}"),
        )?;
        for words in says {
            sure(err.contains(words), format!("{line}: {words}: {err}"))?;
        }
        nothing_is_left(at, &place)?;
        sure(!history(&place).exists(), "it was kept")?;
    }
    nobody_listens(Path::new("/nowhere/clawdoctor-test.sock"), at)
}

fn nobody_listens(socket: &Path, at: &Bench) -> Outcome {
    let mut place = place(at, "clawdoctor-test/good:1");
    let url = format!("unix://{}", socket.display());
    place.env.insert("DOCKER_HOST".to_owned(), url.clone());
    let (code, _, err) = run(&place, "bench");
    sure(code == Some(2) && err.contains(&url), &err)?;
    sure(
        err.contains("ENOENT") && err.contains("check --only docker"),
        err,
    )
}

fn out_of_time(at: &Bench) -> Outcome {
    let place = place(at, "clawdoctor-test/good:1");
    let (code, out, err) = run(&place, "bench --json --runs 1000 --timeout 8s");
    sure(code == Some(2), format!("{code:?}: {err}"))?;
    let told = document(&out)?;
    is_valid(&place, &told)?;
    let stopped = told["stopped"].as_str().unwrap_or_default();
    sure(stopped.contains("8 s"), format!("{told:#}"))?;
    sure(
        told["notes"].to_string().contains("--timeout"),
        &told["notes"],
    )?;
    nothing_is_left(at, &place)
}
