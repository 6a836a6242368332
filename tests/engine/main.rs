//! What the engine room can do, on real engines: images pulled, built, loaded and named, helper
//! containers run to their end, volumes and networks looked at, live containers followed, and
//! nothing left of it.

#![expect(
    clippy::disallowed_methods,
    reason = "sets up and looks at the world that is tested"
)]

mod acts;
mod bench;
mod calls;
mod containers;
mod dashboard;
mod drill;
mod events;
mod gaps;
mod gateways;
mod headroom;
mod images;
mod live;
mod logs;
mod pulls;
mod recorder;
mod stats;
#[path = "../support/mod.rs"]
mod support;
mod watch;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, Instant};

use clawdoctor::deadline::Deadline;
use clawdoctor::engine::{ContainerSpec, Engine};
use clawdoctor::facts::docker::{Endpoint, EndpointSource};
use libtest_mimic::{Arguments, Failed, Trial};

type Outcome = Result<(), Failed>;
type Test = fn(&Bench) -> Outcome;

/// Everything that these tests make bears it.
const LABEL: &str = "clawdoctor.test";
const BUSYBOX: &str = "clawdoctor-test/busybox:1";

fn main() {
    let args = Arguments::from_args();
    let engines = support::Engine::all();
    let registry = std::env::var("CLAWDOCTOR_TEST_REGISTRY").ok();
    let mut trials = Vec::new();
    let tests = images::TESTS
        .iter()
        .chain(&containers::TESTS)
        .chain(&events::TESTS)
        .chain(&live::TESTS)
        .chain(&logs::TESTS)
        .chain(&stats::TESTS)
        .chain(&watch::TESTS)
        .chain(&dashboard::TESTS)
        .chain(&gaps::TESTS)
        .chain(&gateways::TESTS)
        .chain(&headroom::TESTS)
        .chain(&recorder::TESTS)
        .chain(&acts::TESTS)
        .chain(&calls::TESTS)
        .chain(&bench::TESTS)
        .chain(&drill::TESTS)
        .map(|test| (*test, true))
        .chain(pulls::TESTS.map(|test| (test, registry.is_some())));
    for ((name, test), is_ready) in tests {
        if engines.is_empty() || !is_ready {
            let lacks = if is_ready { "engine" } else { "registry" };
            let trial = Trial::test(format!("{name} (no {lacks}: use tests/run)"), || Ok(()));
            trials.push(trial.with_ignored_flag(true));
            continue;
        }
        for engine in &engines {
            let bench = Bench::new(engine, registry.as_deref().unwrap_or_default());
            trials.push(Trial::test(
                format!("{name} on {}", engine.name),
                move || test(&bench),
            ));
        }
    }
    libtest_mimic::run(&args, trials).exit();
}

/// Some tests make an engine forget what others look for: they take turns.
static MEMORY: RwLock<()> = RwLock::new(());

/// One engine to try things on.
struct Bench {
    real: support::Engine,
    engine: Engine,
    registry: String,
    runtime: tokio::runtime::Runtime,
}

impl Bench {
    fn new(real: &support::Engine, registry: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        Self {
            real: real.clone(),
            engine: engine_at(&real.socket),
            registry: registry.to_owned(),
            runtime,
        }
    }

    fn run<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    /// A name of this run's own, for whatever it is.
    fn name(&self, what: &str) -> String {
        format!("h1-{what}-{}-{}", self.real.name, std::process::id())
    }

    fn tag(&self, what: &str) -> String {
        format!("clawdoctor-test/{}:1", self.name(what))
    }

    /// Calls of the Docker CLI that are made when the test ends, however it ends.
    fn at_the_end(&self, calls: &[&[&str]]) -> AtTheEnd<'_> {
        AtTheEnd {
            real: &self.real,
            calls: calls
                .iter()
                .map(|call| call.iter().map(|&word| word.to_owned()).collect())
                .collect(),
        }
    }

    /// Held by who makes an engine forget: it remembers 256 events.
    fn floods() -> RwLockReadGuard<'static, ()> {
        MEMORY.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Held by who relies on what it remembers.
    fn remembers() -> RwLockWriteGuard<'static, ()> {
        MEMORY.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn until(&self, what: &str, mut is_so: impl FnMut(&Self) -> bool) -> Outcome {
        let begun = Instant::now();
        while !is_so(self) {
            if begun.elapsed() > Duration::from_secs(20) {
                return Err(format!("not within 20 s: {what}").into());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }
}

struct AtTheEnd<'a> {
    real: &'a support::Engine,
    calls: Vec<Vec<String>>,
}

impl Drop for AtTheEnd<'_> {
    fn drop(&mut self) {
        for call in &self.calls {
            let words: Vec<&str> = call.iter().map(String::as_str).collect();
            // What a test has removed itself is gone.
            let _ = self.real.docker(&words);
        }
    }
}

fn engine_at(socket: &Path) -> Engine {
    Engine::connect(&Endpoint {
        url: format!("unix://{}", socket.display()),
        source: EndpointSource::Default,
        context: "default".to_owned(),
        decided_by: None,
    })
    .expect("a unix socket")
}

fn within(seconds: u64) -> Deadline {
    Deadline::after(Duration::from_secs(seconds))
}

fn labels() -> BTreeMap<String, String> {
    BTreeMap::from([(LABEL.to_owned(), "1".to_owned())])
}

/// A container of busybox that runs a script without a network.
fn script(text: &str, run: &str) -> ContainerSpec {
    let mut labels = labels();
    labels.insert("clawdoctor.test.run".to_owned(), run.to_owned());
    ContainerSpec {
        image: BUSYBOX.to_owned(),
        cmd: ["sh", "-c", text].map(str::to_owned).to_vec(),
        network: "none".to_owned(),
        labels,
        ..ContainerSpec::default()
    }
}

/// A tar archive with these files, owned by 1000:1000.
fn archive(files: &[(&str, &str)]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (path, content) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o640);
        header.set_uid(1000);
        header.set_gid(1000);
        builder
            .append_data(&mut header, path, content.as_bytes())
            .expect("a short path");
    }
    builder.into_inner().expect("an archive in memory")
}

fn sure(is_so: bool, otherwise: impl std::fmt::Debug) -> Outcome {
    if is_so {
        Ok(())
    } else {
        Err(format!("{otherwise:?}").into())
    }
}
