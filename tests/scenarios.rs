//! The table of scenarios: each file of `tests/faults/` sets up one node on a real engine, with
//! one fault or none, and says exactly which findings `clawdoctor check` must give, and no other.

#![expect(
    clippy::disallowed_methods,
    reason = "sets up and looks at the world that is tested"
)]

mod support;

use std::path::{Path, PathBuf};
use std::time::Duration;

use libtest_mimic::{Arguments, Failed, Trial};
use serde::Deserialize;
use serde_json::Value;

use support::Engine;
use support::place::{Place, User};
use support::stage::{EnginePart, Openclaw, Stage, Volume};

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Scenario {
    about: String,
    #[serde(default)]
    openclaw: Openclaw,
    #[serde(default)]
    engine: EnginePart,
    /// The operator's `clawdoctor.toml`.
    #[serde(default)]
    settings: Option<String>,
    /// More files below the home folder.
    #[serde(default)]
    files: std::collections::BTreeMap<String, String>,
    #[serde(default)]
    volumes: Vec<Volume>,
    /// A folder of the place that is mounted read-only over itself: `src`.
    #[serde(default)]
    read_only_mount: Option<String>,
    /// Run as this uid instead of root's.
    #[serde(default)]
    uid: Option<u32>,
    /// Run where no other process can be seen, and so no gateway.
    #[serde(default)]
    alone: bool,
    #[serde(default)]
    args: Option<Vec<String>>,
    /// At most so many seconds.
    #[serde(default = "thirty")]
    within: u64,
    expect: Expect,
}

fn thirty() -> u64 {
    30
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Expect {
    exit: i32,
    /// `check:code`, sorted; exactly these.
    findings: Vec<String>,
    /// Status of checks that matter here: `skip:offline`, `pass`, `error`.
    #[serde(default)]
    status: std::collections::BTreeMap<String, String>,
}

fn main() {
    let args = Arguments::from_args();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/faults");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("tests/faults")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
        .collect();
    files.sort();
    let engines = Engine::all();
    let mut trials = Vec::new();
    for path in files {
        let name = path
            .file_stem()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        let text = std::fs::read_to_string(&path).expect("a scenario");
        let scenario: Scenario =
            toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        if engines.is_empty() {
            let trial = Trial::test(format!("{name} (no engine: use tests/run)"), || Ok(()));
            trials.push(trial.with_ignored_flag(true));
        }
        for engine in &engines {
            let only = &scenario.engine.only;
            if only.is_empty() || only.iter().any(|wanted| wanted == engine.name) {
                let (scenario, engine) = (scenario.clone(), engine.clone());
                let title = format!("{name} on {}", engine.name);
                trials.push(Trial::test(title, move || play(&scenario, &engine)));
            }
        }
    }
    // One at a time on each engine: each looks at all that is in it, before and after.
    let args = Arguments {
        test_threads: Some(2),
        ..args
    };
    libtest_mimic::run(&args, trials).exit();
}

fn play(scenario: &Scenario, engine: &Engine) -> Result<(), Failed> {
    let _alone = engine.alone();
    let mut place = Place::new();
    let stage = set(scenario, engine, &mut place)?;
    let before = (place.listing(), engine.inventory()?);
    let mut args: Vec<String> = ["check", "--json"].map(str::to_owned).to_vec();
    args.extend(
        scenario
            .args
            .clone()
            .unwrap_or_else(|| vec!["--offline".to_owned()]),
    );
    let user = scenario.uid.map(|uid| User {
        uid,
        alone: scenario.alone,
    });
    let ran = place.run(user, &args, Duration::from_secs(scenario.within));
    let after = (place.listing(), engine.inventory()?);
    drop(stage);
    let told = || {
        format!(
            "{}\nstdout: {}\nstderr: {}\ntook {:?}",
            scenario.about,
            String::from_utf8_lossy(&ran.output.stdout),
            String::from_utf8_lossy(&ran.output.stderr),
            ran.took
        )
    };
    if ran.killed {
        return Err(format!("not done within {} s: {}", scenario.within, told()).into());
    }
    let report: Value = serde_json::from_slice(&ran.output.stdout)
        .map_err(|error| format!("not one JSON document ({error}): {}", told()))?;
    let wrong = differences(scenario, &report, ran.output.status.code());
    if !wrong.is_empty() {
        let brief: Vec<String> = report["findings"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|f| format!("  {} {}", f["checkId"], f["message"]))
            .collect();
        return Err(format!(
            "{}\n{}\nfindings:\n{}\nstderr: {}",
            scenario.about,
            wrong.join("\n"),
            brief.join("\n"),
            String::from_utf8_lossy(&ran.output.stderr)
        )
        .into());
    }
    if before != after {
        return Err(
            format!("something was left behind or changed:\n{before:#?}\n{after:#?}").into(),
        );
    }
    Ok(())
}

fn set(scenario: &Scenario, engine: &Engine, place: &mut Place) -> Result<Stage, Failed> {
    let mut stage = Stage::on(engine);
    if !scenario.openclaw.absent {
        place.install_openclaw("2026.9.6");
    }
    stage.openclaw(&scenario.openclaw, place)?;
    stage.files(scenario.settings.as_deref(), &scenario.files, place);
    for volume in &scenario.volumes {
        stage.volume(volume)?;
    }
    if let Some(inner) = &scenario.read_only_mount {
        let folder = place.file(&format!("{inner}/readme"), "x\n");
        stage.mount_read_only(folder.parent().expect("its folder"))?;
    }
    stage.endpoint(&scenario.engine, scenario.uid, place)?;
    Ok(stage)
}

fn differences(scenario: &Scenario, report: &Value, exit: Option<i32>) -> Vec<String> {
    let short = |id: &Value| {
        let id = id.as_str().unwrap_or_default();
        id.strip_prefix("clawdoctor/").unwrap_or(id).to_owned()
    };
    let mut wrong = Vec::new();
    if exit != Some(scenario.expect.exit) {
        wrong.push(format!(
            "exit code {exit:?}, expected {}",
            scenario.expect.exit
        ));
    }
    let mut found: Vec<String> = report["findings"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|f| {
            format!(
                "{}:{}",
                short(&f["checkId"]),
                f["errorCode"].as_str().unwrap_or_default()
            )
        })
        .collect();
    found.sort();
    let mut expected = scenario.expect.findings.clone();
    expected.sort();
    if found != expected {
        wrong.push(format!("findings {found:?}, expected {expected:?}"));
    }
    for check in report["checks"].as_array().into_iter().flatten() {
        let id = short(&check["checkId"]);
        let status = check["status"].as_str().unwrap_or_default();
        let reason = check["skipReason"].as_str();
        let status =
            reason.map_or_else(|| status.to_owned(), |reason| format!("{status}:{reason}"));
        match scenario.expect.status.get(&id) {
            Some(wanted) if *wanted != status => {
                wrong.push(format!(
                    "{id} is {status} ({}), expected {wanted}",
                    check["summary"]
                ));
            }
            None if status == "error" => {
                wrong.push(format!(
                    "{id} could not be determined: {}",
                    check["summary"]
                ));
            }
            _ => {}
        }
    }
    wrong
}
