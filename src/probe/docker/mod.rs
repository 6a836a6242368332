//! The engine and the way to it: asks for the sections `endpoint`, `engine`, `desktop` and
//! `credentials`. What the answers mean for the node is judged elsewhere.

mod candidates;
mod contexts;
mod desktop;
mod files;
mod installed;
mod login;
mod provider;
mod space;

use std::path::PathBuf;
use std::time::Duration;

pub use desktop::{credentials, desktop};
pub use login::registry_login;
pub use space::{SpacePart, space};

use crate::deadline::Deadline;
use crate::engine::{Engine, endpoint as place, places};
use crate::facts::docker::{
    Candidate, Cli, Clock, Connection, Context, Endpoint, EndpointSource, Info, Provider,
    ProviderKind, Version,
};
use crate::facts::host::{Disk, OsKind};
use crate::facts::{Facts, Reading, Why, WhyKind};
use crate::probe::World;
use crate::probe::blocking::blocking;
use crate::surroundings::Surroundings;
use crate::text::wash;

/// Longest wait for one candidate's `connect`: local, so either at once or not at all.
const CONNECT: Duration = Duration::from_millis(500);

pub struct EndpointPart {
    pub endpoint: Reading<Endpoint>,
    pub candidates: Vec<Candidate>,
    pub connection: Reading<Connection>,
    pub cli: Reading<Cli>,
    pub contexts: Reading<Vec<Context>>,
    pub installed: Reading<Vec<ProviderKind>>,
}

pub struct EnginePart {
    pub version: Reading<Version>,
    pub info: Reading<Info>,
    pub provider: Reading<Provider>,
    pub disk: Reading<Disk>,
    pub clock: Reading<Clock>,
}

/// The platform this program was built for.
pub(crate) fn this_os() -> OsKind {
    match std::env::consts::OS {
        "macos" => OsKind::Macos,
        _ => OsKind::Linux,
    }
}

/// The endpoint that one process's surroundings lead to. Reads at most two small files.
pub fn endpoint_of(surroundings: &Surroundings) -> Result<Endpoint, Why> {
    place::resolve(surroundings, &files::read)
}

/// Which engine is in force, whether it answers, and every other place where one could be.
pub async fn endpoint(world: &World, d: Deadline) -> EndpointPart {
    let operator = world.operator.clone();
    let looked = blocking(d, move || {
        let endpoint = endpoint_of(&operator);
        let tls = endpoint
            .as_ref()
            .is_ok_and(|found| wants_tls(&operator, found));
        let places = places::places(&operator, this_os(), &candidates::instances(&operator));
        let contexts = contexts::contexts(&operator);
        let installed = installed::engines(&operator, this_os());
        (endpoint, tls, places, (cli(&operator), contexts, installed))
    })
    .await;
    let (endpoint, tls, places, (cli, contexts, installed)) = match looked {
        Ok(looked) => looked,
        Err(why) => {
            return EndpointPart {
                endpoint: Reading::Unknown(why.clone()),
                candidates: Vec::new(),
                connection: Reading::Unknown(why.clone()),
                cli: Reading::Unknown(why.clone()),
                contexts: Reading::Unknown(why.clone()),
                installed: Reading::Unknown(why),
            };
        }
    };
    let in_force = endpoint.as_ref().ok();
    let (candidates, connection) = tokio::join!(
        candidates::look(places, in_force, d.at_most(CONNECT)),
        connection(&endpoint, tls, d)
    );
    let from = endpoint.as_ref().map_or_else(|_| String::new(), source);
    EndpointPart {
        endpoint: Reading::from_result(endpoint, from),
        candidates,
        connection,
        cli: Reading::from_result(cli, "PATH"),
        contexts: Reading::known(contexts, "the Docker CLI's folder"),
        installed: Reading::known(installed, "programs and apps on disk"),
    }
}

async fn connection(
    endpoint: &Result<Endpoint, Why>,
    tls: bool,
    d: Deadline,
) -> Reading<Connection> {
    let endpoint = match endpoint {
        Ok(endpoint) => endpoint,
        Err(why) => return Reading::Unknown(why.clone()),
    };
    if tls {
        return Reading::unknown(
            WhyKind::Failed,
            format!(
                "the engine at `{}` wants TLS, which clawdoctor does not speak to engines: run it on the engine's machine",
                endpoint.url
            ),
        );
    }
    match Engine::connect(endpoint) {
        Ok(engine) => Reading::known(engine.ping(d).await, format!("{}/_ping", endpoint.url)),
        Err(why) => Reading::Unknown(why),
    }
}

/// `DOCKER_TLS_VERIFY` goes with `DOCKER_HOST`; a context that wants TLS has a folder with its
/// certificates (docker/cli cli/context/store/tlsstore.go).
fn wants_tls(surroundings: &Surroundings, endpoint: &Endpoint) -> bool {
    if !endpoint.url.starts_with("tcp://") {
        return false;
    }
    match endpoint.source {
        EndpointSource::HostVariable => surroundings.var("DOCKER_TLS_VERIFY").is_some(),
        EndpointSource::ContextVariable
        | EndpointSource::CurrentContext
        | EndpointSource::Default => place::tls_folder(surroundings, &endpoint.context).is_dir(),
    }
}

fn source(endpoint: &Endpoint) -> String {
    match endpoint.source {
        EndpointSource::HostVariable => "DOCKER_HOST".to_owned(),
        EndpointSource::ContextVariable => "DOCKER_CONTEXT".to_owned(),
        EndpointSource::CurrentContext => "currentContext in config.json".to_owned(),
        EndpointSource::Default => "the Docker CLI's default".to_owned(),
    }
}

/// The Docker CLI on one process's PATH.
pub fn cli(surroundings: &Surroundings) -> Result<Cli, Why> {
    if let Some(path) = surroundings
        .path()
        .map(|folder| folder.join("docker"))
        .find(|path| files::is_program(path))
    {
        return Ok(Cli {
            resolves_to: files::leads_to(&path),
            path: wash(&path.display().to_string(), 1000),
        });
    }
    // Where installers put it (docs.docker.com/desktop/setup/install/mac-permission-requirements).
    let elsewhere = [
        surroundings.home.join(".docker/bin/docker"),
        PathBuf::from("/usr/local/bin/docker"),
        PathBuf::from("/opt/homebrew/bin/docker"),
        surroundings.home.join(".orbstack/bin/docker"),
        surroundings.home.join(".rd/bin/docker"),
        PathBuf::from("/Applications/Docker.app/Contents/Resources/bin/docker"),
    ]
    .into_iter()
    .find(|path| files::is_program(path));
    Err(Why::new(
        WhyKind::Absent,
        match elsewhere {
            Some(path) => format!(
                "no `docker` on PATH, but there is one at {}",
                wash(&path.display().to_string(), 1000)
            ),
            None => "no `docker` on PATH".to_owned(),
        },
    ))
}

/// What the engine in force says of itself.
pub async fn engine(_world: &World, facts: &Facts, d: Deadline) -> EnginePart {
    let engine = match connect(facts) {
        Ok(engine) => engine,
        Err(why) => {
            return EnginePart {
                version: Reading::Unknown(why.clone()),
                info: Reading::Unknown(why.clone()),
                provider: Reading::Unknown(why.clone()),
                disk: Reading::Unknown(why.clone()),
                clock: Reading::Unknown(why),
            };
        }
    };
    let (version, info) = tokio::join!(engine.version(d), engine.info(d));
    let (info, clock) = match info {
        Ok((info, clock)) => (Ok(info), clock.ok_or_else(no_time)),
        Err(why) => (Err(why.clone()), Err(why)),
    };
    let provider = told(facts, version.as_ref(), info.as_ref());
    let disk = disk(&provider, info.as_ref(), d).await;
    EnginePart {
        version: Reading::from_result(version, "/version"),
        info: Reading::from_result(info, "/info"),
        provider,
        disk,
        clock: Reading::from_result(clock, "/info SystemTime"),
    }
}

fn no_time() -> Why {
    Why::new(WhyKind::Unparsable, "the engine does not tell its time")
}

fn told(
    facts: &Facts,
    version: Result<&Version, &Why>,
    info: Result<&Info, &Why>,
) -> Reading<Provider> {
    if let (Err(why), Err(_)) = (version, info) {
        return Reading::Unknown(why.clone());
    }
    let os = facts
        .host
        .platform
        .get()
        .map_or_else(|_| this_os(), |platform| platform.os);
    let kernel = nix::sys::utsname::uname()
        .map(|name| name.release().to_string_lossy().into_owned())
        .unwrap_or_default();
    let url = facts
        .docker
        .endpoint
        .get()
        .map_or_else(|_| String::new(), |found| found.url.clone());
    let here = provider::Here {
        os,
        kernel: &kernel,
        endpoint: &url,
    };
    let (provider, from) = provider::tell(version.ok(), info.ok(), here);
    match info {
        // Nothing recognised in half of what an engine says is no answer.
        Err(why) if provider.kind == ProviderKind::Unrecognised => Reading::Unknown(why.clone()),
        _ => Reading::known(provider, from),
    }
}

/// Only an engine on this very machine keeps its data where we can see it.
async fn disk(
    provider: &Reading<Provider>,
    info: Result<&Info, &Why>,
    d: Deadline,
) -> Reading<Disk> {
    let elsewhere = || Reading::not_applicable("seen from inside a sandbox");
    let info = match info {
        Ok(info) => info,
        Err(why) => return Reading::Unknown(why.clone()),
    };
    if !matches!(provider.get(), Ok(told) if told.kind == ProviderKind::LinuxEngine) {
        return elsewhere();
    }
    if !info.root_dir.starts_with('/') {
        return elsewhere();
    }
    let folder = info.root_dir.clone();
    match blocking(d, move || files::space(&folder)).await {
        Ok(Ok(disk)) => {
            let from = format!("statvfs {}", disk.path);
            Reading::known(disk, from)
        }
        // The folder is not visible to this user or not on this machine.
        Ok(Err(_)) => elsewhere(),
        Err(why) => Reading::Unknown(why),
    }
}

/// The engine of the endpoint in force, when it answered.
pub fn connect(facts: &Facts) -> Result<Engine, Why> {
    match facts.docker.connection.get() {
        Ok(Connection::Answers { .. }) => Engine::connect(facts.docker.endpoint.get()?),
        Ok(Connection::Refused { .. } | Connection::Hung { .. } | Connection::Broken { .. })
        | Err(_) => Err(Why::new(WhyKind::Failed, "the engine does not answer")),
    }
}
