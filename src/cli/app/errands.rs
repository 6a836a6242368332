//! What the dashboard orders, done: the engine stops, kills and pauses, and OpenClaw removes.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use tokio::runtime::Handle;
use tokio::sync::mpsc::Sender;
use tokio::task::JoinSet;

use super::{Ready, papers};
use crate::cli::watch::Ask;
use crate::deadline::Deadline;
use crate::engine::{Engine, EngineError};
use crate::facts::{Facts, Section, WhyKind};
use crate::live::clock;
use crate::probe::ask::{self, Output};
use crate::probe::docker::endpoint_of;
use crate::probe::gather::gather;
use crate::redact::hide_secrets;
use crate::text::wash;
use crate::tui::deeds::{
    Became, Deed, Errands, GRACE_SECONDS, Heat, Known, Order, Register, Target,
};

/// For the engine to find its way, and beyond the grace of a stop.
const ANSWER: Duration = Duration::from_secs(15);
/// OpenClaw's command line takes seconds to start, on a busy node many.
const PATIENCE: Duration = Duration::from_secs(90);
const LOOK: Duration = Duration::from_secs(10);
/// OpenClaw itself takes none away that was used within this time.
const HOT: Duration = Duration::from_mins(5);
/// At the same time: all of an agent may be many, and the engine has others to serve.
const AT_ONCE: usize = 4;
const SANDBOX: &str = "openclaw.sandbox=1";

pub fn errands(ready: &Arc<Ready>, handle: &Handle, ask: &Ask) -> Errands {
    let is_read_only = ask.read_only || ready.prepared.world.settings.watch.read_only;
    let (act_of, register_of) = (Arc::clone(ready), Arc::clone(ready));
    let (act_on, register_on) = (handle.clone(), handle.clone());
    Errands {
        permission: if is_read_only {
            Err(
                "This dashboard is read-only (--read-only, $CLAWDOCTOR_READ_ONLY or [watch] read-only \
                 in clawdoctor.toml): sandboxes are only looked at."
                    .to_owned(),
            )
        } else {
            Ok(())
        },
        act: Box::new(move |order, told| act_on.spawn(act(Arc::clone(&act_of), order, told))),
        register: Box::new(move || {
            let ready = Arc::clone(&register_of);
            register_on.spawn(async move { Claw::find(&ready).await?.register().await })
        }),
        logs: papers::reader(ready, handle),
        save: papers::saver(ready, handle),
        evidence: papers::keeper(ready, handle, ask.redact),
    }
}

async fn act(ready: Arc<Ready>, order: Order, told: Sender<(String, Became)>) {
    let Order {
        deed,
        targets,
        heat,
    } = order;
    let doer = Arc::new(Doer::new(&ready, deed, heat).await);
    // OpenClaw's command line takes one lock for all it does.
    let at_once = if deed == Deed::Remove { 1 } else { AT_ONCE };
    let mut running = JoinSet::new();
    for target in targets {
        if running.len() == at_once {
            let _ended = running.join_next().await;
        }
        let (doer, told) = (Arc::clone(&doer), told.clone());
        running.spawn(async move {
            let became = doer.act(deed, &target).await;
            // A screen that is gone needs no news.
            told.send((target.id, became)).await.unwrap_or(());
        });
    }
    while running.join_next().await.is_some() {}
}

/// With what it is done; or why it cannot be.
struct Doer {
    engine: Result<Engine, String>,
    claw: Result<Claw, String>,
    heat: Heat,
}

impl Doer {
    async fn new(ready: &Ready, deed: Deed, heat: Heat) -> Self {
        let claw = match deed {
            Deed::Remove => Claw::find(ready).await,
            Deed::Stop | Deed::Kill | Deed::Pause | Deed::Unpause => Err(String::new()),
        };
        Self {
            engine: engine(ready).await,
            claw,
            heat,
        }
    }

    async fn act(&self, deed: Deed, target: &Target) -> Became {
        let engine = match &self.engine {
            Ok(engine) => engine,
            Err(why) => return Became::Failed(why.clone()),
        };
        let d = Deadline::after(ANSWER + Duration::from_secs(u64::from(GRACE_SECONDS)));
        let id = &target.id;
        let done = match deed {
            Deed::Stop => engine.stop(id, GRACE_SECONDS, d).await,
            Deed::Kill => engine.kill(id, "KILL", d).await,
            Deed::Pause => engine.pause(id, d).await,
            Deed::Unpause => engine.unpause(id, d).await,
            Deed::Remove => {
                return match self.remove(engine, target).await {
                    Ok(became) | Err(became) => became,
                };
            }
        };
        became(done)
    }

    /// Looks first, since the question may have stood for long.
    async fn remove(&self, engine: &Engine, target: &Target) -> Result<Became, Became> {
        let claw = self.claw.as_ref();
        let claw = claw.map_err(|why| Became::Refused(why.clone()))?;
        let d = Deadline::after(PATIENCE);
        if is_gone(engine, target, d).await? {
            return Ok(Became::Gone);
        }
        let roster = claw.roster().await.map_err(Became::Failed)?;
        let known = roster.containers.iter();
        let mut known = known.filter(|one| one.container_name == target.name);
        let known = known.next().ok_or_else(|| {
            Became::Refused("OpenClaw here does not have it in its register".to_owned())
        })?;
        if self.heat == Heat::ColdOnly {
            let hot = known.used().is_some_and(|used| used < HOT);
            if hot {
                return Err(Became::Refused("it was used within 5 minutes".to_owned()));
            }
            let standing = engine.standing(SANDBOX, d).await;
            let standing = standing.map_err(|why| Became::Failed(why.detail))?;
            let mut calls = standing.iter().filter(|(one, _)| one.id == target.id);
            if calls.any(|(one, _)| one.executing > 0) {
                return Err(Became::Refused("a call runs in it now".to_owned()));
            }
        }
        let output = claw.recreate(&known.session_key).await;
        let output = output.map_err(Became::Failed)?;
        // It ends well, too, where it knows no such sandbox.
        if is_gone(engine, target, Deadline::after(ANSWER)).await? {
            return Ok(Became::Done);
        }
        let said = said(&output);
        Err(Became::Failed(format!(
            "it is still there. openclaw said: {said}"
        )))
    }
}

async fn is_gone(engine: &Engine, target: &Target, d: Deadline) -> Result<bool, Became> {
    match engine.inspect(&target.id, d).await {
        Ok(_) => Ok(false),
        Err(why) if why.kind == WhyKind::Absent => Ok(true),
        Err(why) => Err(Became::Failed(why.detail)),
    }
}

fn became(done: Result<(), EngineError>) -> Became {
    match done {
        Ok(()) => Became::Done,
        Err(EngineError::Already(_)) => Became::Already,
        Err(EngineError::NotFound(_)) => Became::Gone,
        Err(EngineError::Conflict(why)) => Became::Refused(why),
        Err(EngineError::Timeout(waited)) => Became::NoAnswer(waited),
        Err(error) => Became::Failed(error.to_string()),
    }
}

/// The engine that is watched, as it is found now.
pub async fn engine(ready: &Ready) -> Result<Engine, String> {
    let operator = ready.prepared.world.operator.clone();
    let looking = tokio::task::spawn_blocking(move || endpoint_of(&operator));
    let endpoint = Deadline::after(ANSWER).bound(looking).await;
    let endpoint = endpoint
        .map_err(|_| "the engine's address was not found in time".to_owned())?
        .map_err(|error| error.to_string())?
        .map_err(|why| why.detail)?;
    Engine::connect(&endpoint).map_err(|why| why.detail)
}

/// OpenClaw's own command line, where it is this user's to use.
struct Claw {
    program: String,
    path: String,
}

impl Claw {
    async fn find(ready: &Ready) -> Result<Self, String> {
        let known = ready.known().facts;
        let facts = if known.openclaw.install.get().is_ok() {
            known
        } else {
            let world = Arc::new(ready.prepared.world.clone());
            let budgets = BTreeMap::from([(Section::Openclaw, LOOK)]);
            let gathered = gather(world, budgets, Deadline::after(LOOK * 2), |_| {});
            gathered.await.facts
        };
        let program = program(&facts)?;
        let operator = &ready.prepared.world.operator;
        // Its script asks `env` for `node`, which a bare PATH does not name.
        let folder = Path::new(&program).parent().unwrap_or(Path::new("/"));
        let path = operator.var("PATH").unwrap_or_default();
        Ok(Self {
            path: format!("{}:{path}", folder.display()),
            program,
        })
    }

    async fn call(&self, words: &[&str]) -> Result<Output, String> {
        let argv: Vec<&str> = [self.program.as_str()]
            .into_iter()
            .chain(words.iter().copied())
            .collect();
        let env = [("NO_COLOR", "1"), ("PATH", self.path.as_str())];
        let output = ask::program(&argv, &env, Deadline::after(PATIENCE)).await;
        output.map_err(|why| why.detail)
    }

    async fn roster(&self) -> Result<Roster, String> {
        let output = self.call(&["sandbox", "list", "--json"]).await?;
        serde_json::from_str(output.stdout.trim()).map_err(|_| {
            let said = said(&output);
            format!("`openclaw sandbox list --json` cannot be read: {said}")
        })
    }

    async fn register(&self) -> Result<Register, String> {
        let roster = self.roster().await?;
        let known = roster.containers.into_iter().map(|one| {
            let used = one.used();
            (one.container_name, Known { used })
        });
        Ok(Register {
            known: known.collect(),
        })
    }

    async fn recreate(&self, key: &str) -> Result<Output, String> {
        let words = ["sandbox", "recreate", "--session", key, "--force"];
        let output = self.call(&words).await?;
        if output.success() {
            return Ok(output);
        }
        let said = said(&output);
        Err(format!("openclaw did not take it away: {said}"))
    }
}

/// The same rule as repairs have: nothing of another user's, and never past OpenClaw.
fn program(facts: &Facts) -> Result<String, String> {
    let claw = &facts.openclaw;
    if let Ok(config) = claw.config.get()
        && let Some(owner) = &config.owner
    {
        return Err(format!(
            "{} belongs to {owner}: run clawdoctor as {owner}",
            wash(&config.path, 300)
        ));
    }
    let program = claw.install.get().ok().and_then(|i| i.program.clone());
    program.ok_or_else(|| "there is no `openclaw` command for this user".to_owned())
}

fn said(output: &Output) -> String {
    let words = hide_secrets(&format!("{} {}", output.stderr, output.stdout));
    wash(&words, 400)
}

/// What `openclaw sandbox list --json` tells of its containers.
#[derive(Debug, Deserialize)]
struct Roster {
    #[serde(default)]
    containers: Vec<Entry>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    container_name: String,
    /// The whole key: with less `recreate` finds nothing, and says that all is well.
    session_key: String,
    #[serde(default)]
    last_used_at_ms: Option<i64>,
}

impl Entry {
    fn used(&self) -> Option<Duration> {
        let now = clock::now().0 / 1_000_000;
        let ago = now.saturating_sub(self.last_used_at_ms?);
        Some(Duration::from_millis(u64::try_from(ago).unwrap_or(0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_register_is_read_with_the_whole_key_and_the_age_of_the_last_use() {
        let ago = clock::now().0 / 1_000_000 - 60_000;
        let text = format!(
            r#"{{"containers":[{{"containerName":"openclaw-sbx-1","sessionKey":"agent:main:main:workspace:7e3a",
               "lastUsedAtMs":{ago},"image":"x","later":true}}],"browsers":[]}}"#
        );
        let roster: Roster = serde_json::from_str(&text).expect("as OpenClaw writes it");
        let one = &roster.containers[0];
        assert_eq!(one.session_key, "agent:main:main:workspace:7e3a");
        let used = one.used().expect("a time").as_secs();
        assert!((60..70).contains(&used), "{used}");
    }

    #[test]
    fn what_the_engine_says_has_a_name() {
        let words = || "words".to_owned();
        let span = Duration::from_secs(3);
        let cases = [
            (EngineError::NotFound(words()), Became::Gone),
            (EngineError::Already(words()), Became::Already),
            (EngineError::Conflict(words()), Became::Refused(words())),
            (EngineError::Timeout(span), Became::NoAnswer(span)),
            (EngineError::Broken(words()), Became::Failed(words())),
        ];
        for (error, expected) in cases {
            assert_eq!(became(Err(error)), expected);
        }
    }
}
