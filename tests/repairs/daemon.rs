//! The engine's own configuration file, on an engine that may be broken: the planned keys change
//! and nothing else, and an engine that does not come back gets the old file back by itself.

use std::collections::BTreeMap;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::Command as Process;

use clawdoctor::checklist::check::Risk;
use clawdoctor::digest::Sha256;
use clawdoctor::fix::apply::Hands;
use clawdoctor::fix::journal::Journal;
use clawdoctor::fix::record::{self, Record, RunId};
use clawdoctor::fix::repair::Repair;
use clawdoctor::fix::run::{Became, Event, Run};
use clawdoctor::fix::state::RunState;
use clawdoctor::fix::step::{Command, Control, EditJson, Reader, RestartWhen, Setting, Step};
use clawdoctor::probe::World;
use clawdoctor::settings::Settings;
use clawdoctor::surroundings::Surroundings;
use libtest_mimic::Failed;
use serde_json::{Value, json};

use super::SUPPORT;

/// As a person writes it, with keys that clawdoctor has no word for.
const ODD: &str =
    "{ \"debug\":true ,\n\n\t\"labels\" : [\"a=1\",   \"b=2\"],\n  \"shutdown-timeout\":5}\n";

/// The throw-away engine, and the run that changes its file.
struct Bench {
    folder: tempfile::TempDir,
    runtime: tokio::runtime::Runtime,
    run: Run,
}

impl Bench {
    fn with(text: &str) -> Result<Self, Failed> {
        let folder = tempfile::Builder::new()
            .prefix("clawdoctor-test-")
            .tempdir()?;
        let file = folder.path().join("daemon.json");
        std::fs::write(&file, text)?;
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640))?;
        std::os::unix::fs::chown(&file, Some(0), Some(1000))?;
        let run = run(folder.path())?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()?;
        let bench = Self {
            folder,
            runtime,
            run,
        };
        bench.engine("start")?;
        Ok(bench)
    }

    fn engine(&self, verb: &str) -> Result<(), Failed> {
        let script = format!("{SUPPORT}/throwaway.sh");
        let done = Process::new(script)
            .arg(verb)
            .arg(self.folder.path())
            .output()?;
        if done.status.success() {
            return Ok(());
        }
        Err(String::from_utf8_lossy(&done.stderr).into_owned().into())
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("daemon.json")
    }

    /// What the file says, and whose it is.
    fn look(&self) -> Result<(String, u32, u32, u32), Failed> {
        let meta = self.file().metadata()?;
        let text = std::fs::read_to_string(self.file())?;
        Ok((text, meta.uid(), meta.gid(), meta.mode()))
    }

    /// What the engine says of itself; fails when it does not answer.
    fn info(&self, format: &str) -> Result<String, Failed> {
        let host = format!("unix://{}/docker.sock", self.folder.path().display());
        let said = Process::new("docker")
            .args(["-H", &host, "info", "-f", format])
            .output()?;
        if !said.status.success() {
            return Err("the engine does not answer".into());
        }
        Ok(String::from_utf8_lossy(&said.stdout).trim().to_owned())
    }

    fn pid(&self) -> Result<String, Failed> {
        let file = self.folder.path().join("engine/dockerd.pid");
        Ok(std::fs::read_to_string(file)?)
    }

    /// A repair that sets one key, as planned from what the file says now.
    fn repair(&self, key: &str, to: Value) -> Result<Repair, Failed> {
        let bytes = std::fs::read(self.file())?;
        let script = format!("{SUPPORT}/throwaway.sh");
        let folder = self.folder.path().display().to_string();
        let command = |verb: &str| Command::new([script.as_str(), verb, &folder]);
        let step = EditJson {
            path: self.file().display().to_string(),
            sha256: Some(Sha256::of(&bytes).to_string()),
            settings: vec![Setting {
                keys: vec![key.to_owned()],
                before: None,
                to: Some(to),
            }],
            diff: String::new(),
            reader: Some(Reader {
                name: "the engine".to_owned(),
                endpoint: format!("unix://{}/docker.sock", self.folder.path().display()),
                control: Control {
                    start: vec![command("start")],
                    stop: vec![command("stop")],
                    kill: vec![command("kill")],
                },
                when: RestartWhen::After,
                validate: None,
            }),
        };
        Ok(Repair {
            id: "sandbox/dns@daemon.json".to_owned(),
            check: "sandbox/dns".to_owned(),
            title: "set a key of daemon.json".to_owned(),
            findings: Vec::new(),
            risk: Risk::Restart,
            cost: String::new(),
            undo: None,
            needs: Vec::new(),
            only_named: true,
            waits_for: Vec::new(),
            restart: None,
            also: Vec::new(),
            steps: vec![Step::EditJson(step)],
        })
    }

    /// Has the new file looked at by this program before the engine is stopped.
    fn validated_by(&self, repair: &mut Repair, dockerd: &str) {
        let argv = [dockerd, "--validate", "--config-file"].map(str::to_owned);
        for step in &mut repair.steps {
            if let Step::EditJson(EditJson {
                reader: Some(reader),
                ..
            }) = step
            {
                let file = self.file().display().to_string();
                reader.validate = Some(argv.iter().cloned().chain([file]).collect());
            }
        }
    }

    fn apply(&mut self, repair: &Repair) -> Result<Became, Failed> {
        let mut tell = |_: Event<'_>| ();
        let became = self.run.repair(repair, &mut tell);
        Ok(self
            .runtime
            .block_on(became)
            .map_err(|error| format!("{error:?}"))?)
    }

    fn undo(&mut self) -> Result<bool, Failed> {
        let steps = self.run.state.to_undo();
        let mut tell = |_: Event<'_>| ();
        let whole = self.run.take_back(&steps, &mut tell);
        Ok(self
            .runtime
            .block_on(whole)
            .map_err(|error| format!("{error:?}"))?)
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        // What cannot be stopped is told by what it leaves.
        self.engine("stop")
            .and_then(|()| self.engine("kill"))
            .unwrap_or(());
    }
}

/// A run with its journal in this folder.
fn run(folder: &Path) -> Result<Run, Failed> {
    let now = jiff::Timestamp::now();
    let header = record::Run {
        version: record::VERSION,
        run_id: RunId::new(now, std::process::id()),
        tool: "clawdoctor".to_owned(),
        started_at: now,
        uid: 0,
        user: "root".to_owned(),
        argv: Vec::new(),
    };
    let journal =
        Journal::begin(&folder.join("state"), &header).map_err(|error| error.to_string())?;
    let mut state = RunState::fold([]);
    let run_id = header.run_id.clone();
    state.add(Record::Run(header));
    let hands = Hands {
        world: world(folder),
        endpoint: None,
        run_id,
        folder: journal.path().with_extension(""),
        seqs: Vec::new(),
        left: BTreeMap::new(),
        busy: false,
        tell: Box::new(|_| ()),
    };
    Ok(Run {
        journal,
        state,
        hands,
    })
}

fn world(folder: &Path) -> World {
    World {
        operator: Surroundings {
            user: "root".to_owned(),
            home: folder.to_owned(),
            cwd: folder.to_owned(),
            ..Surroundings::default()
        },
        settings: Settings::default(),
        offline: true,
        passive: false,
        deep: false,
        layers: false,
        gateway_container: None,
        hostname: "node".to_owned(),
        node_id: "node".to_owned(),
        run_id: "0123456789abcdef".to_owned(),
        tools: Vec::new(),
        blocked: Vec::new(),
        engine_ports: Vec::new(),
        questions: Vec::new(),
        creating: std::sync::Arc::default(),
    }
}

/// Only the planned key differs; undo gives every byte back, and the engine runs with either.
pub fn only_the_planned_key_changes() -> Result<(), Failed> {
    let mut bench = Bench::with(ODD)?;
    let before = bench.look()?;
    let repair = bench.repair("dns", json!(["192.0.2.53"]))?;
    assert_eq!(bench.apply(&repair)?, Became::Applied { steps: 1 });
    let (text, uid, gid, mode) = bench.look()?;
    assert_eq!((uid, gid, mode), (before.1, before.2, before.3));
    // The new key comes behind the last one, and nothing before it has changed.
    let (as_it_was, _) = ODD.rsplit_once('}').expect("its end");
    let rest = text
        .strip_prefix(as_it_was)
        .ok_or("something else changed")?;
    assert!(rest.contains("\"dns\""), "{text}");
    let mut value: Value = serde_json::from_str(&text)?;
    assert_eq!(value["dns"], json!(["192.0.2.53"]));
    value.as_object_mut().ok_or("an object")?.remove("dns");
    assert_eq!(value, serde_json::from_str::<Value>(ODD)?);
    let labels = bench.info("{{.Labels}}")?;
    assert!(labels.contains("a=1") && labels.contains("b=2"), "{labels}");
    assert!(bench.undo()?);
    assert_eq!(bench.look()?, before);
    bench.info("{{.Labels}}").map(drop)
}

/// A file that the engine does not start with: the old one is back, and the engine answers.
pub fn an_engine_that_does_not_come_back_gets_the_old_file_back() -> Result<(), Failed> {
    let mut bench = Bench::with(ODD)?;
    let before = bench.look()?;
    let repair = bench.repair("log-level", json!("no such level"))?;
    let became = bench.apply(&repair)?;
    let Became::RolledBack(words) = &became else {
        return Err(format!("{became:?}").into());
    };
    assert!(
        words.contains("the old file is back, and the engine answers again"),
        "{words}"
    );
    assert_eq!(bench.look()?, before);
    assert!(bench.run.state.to_undo().is_empty());
    bench.info("{{.Labels}}").map(drop)
}

/// Somebody edits the file between plan and apply, and between apply and undo.
pub fn what_somebody_else_wrote_is_never_overwritten() -> Result<(), Failed> {
    let mut bench = Bench::with(ODD)?;
    let repair = bench.repair("dns", json!(["192.0.2.53"]))?;
    std::fs::write(bench.file(), "{\"debug\": false}\n")?;
    let became = bench.apply(&repair)?;
    assert!(matches!(became, Became::Refused(_)), "{became:?}");
    assert_eq!(bench.look()?.0, "{\"debug\": false}\n");
    let repair = bench.repair("dns", json!(["192.0.2.53"]))?;
    assert_eq!(bench.apply(&repair)?, Became::Applied { steps: 1 });
    std::fs::write(bench.file(), "{\"debug\": true}\n")?;
    assert!(!bench.undo()?);
    assert_eq!(bench.look()?.0, "{\"debug\": true}\n");
    bench.info("{{.Driver}}").map(drop)
}

/// An engine that can tell whether a file is good is asked before it is stopped; one that is too
/// old for that is not in the way.
pub fn a_file_that_the_engine_refuses_never_stops_it() -> Result<(), Failed> {
    let mut bench = Bench::with(ODD)?;
    let before = bench.look()?;
    let engine = bench.pid()?;
    let mut refused = bench.repair("no-such-key", json!(1))?;
    bench.validated_by(&mut refused, &modern_dockerd());
    let became = bench.apply(&refused)?;
    let Became::RolledBack(words) = &became else {
        return Err(format!("{became:?}").into());
    };
    assert!(words.contains("the new file is refused"), "{words}");
    assert!(words.contains("no-such-key"), "{words}");
    assert_eq!(bench.look()?, before);
    assert_eq!(bench.pid()?, engine, "it was not started anew");
    let mut good = bench.repair("dns", json!(["192.0.2.53"]))?;
    bench.validated_by(&mut good, "dockerd");
    assert_eq!(bench.apply(&good)?, Became::Applied { steps: 1 });
    assert!(bench.undo()?);
    assert_eq!(bench.look()?, before);
    bench.info("{{.Driver}}").map(drop)
}

/// The current engine's program, which knows `--validate`.
fn modern_dockerd() -> String {
    let work = std::env::var("CLAWDOCTOR_TEST_DIR").unwrap_or_else(|_| {
        let home = std::env::var("HOME").unwrap_or_default();
        format!("{home}/.cache/clawdoctor-tests")
    });
    format!("{work}/modern/tree/usr/sbin/dockerd")
}
