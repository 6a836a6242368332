//! Engines, started and stopped. Whether one runs is told by its socket alone: exit codes of
//! starters lie (<https://github.com/docker/desktop-feedback/issues/238>).

use std::path::Path;
use std::time::{Duration, Instant};

use super::program::{complaint, run};
use super::{Hands, News, Sight, Trouble};
use crate::deadline::Deadline;
use crate::engine::{Engine, listening};
use crate::facts::docker::{Connection, Endpoint, EndpointSource};
use crate::fix::inverse::{After, Inverse};
use crate::fix::step::{Command, Control, ControlEngine, EngineWish};
use crate::text::wash;

/// A VM with everything in it needs most of this.
const STARTING: Duration = Duration::from_secs(150);
/// For one starter or stopper; the next one is tried after it.
const COMMAND: Duration = Duration::from_secs(75);
/// For the engine to go once it was told to.
const STOPPING: Duration = Duration::from_mins(1);
const PING: Duration = Duration::from_secs(3);
/// For counting the calls that a restart would end.
const COUNTING: Duration = Duration::from_secs(5);
const LOOK_AGAIN: Duration = Duration::from_millis(300);

pub async fn look(step: &ControlEngine, d: Deadline) -> Result<Sight, Trouble> {
    let wish = step.wish;
    Ok(match see(&step.endpoint, d.at_most(PING)).await? {
        Seen::Answers => Sight::After,
        Seen::Gone | Seen::Strange | Seen::Closed(Some(false)) => Sight::Before,
        Seen::Hangs if wish == EngineWish::Restart => Sight::Before,
        Seen::Hangs => Sight::Elsewhere(
            "something takes connections there by now and does not answer".to_owned(),
        ),
        // Whether this user may ask it is another check's matter.
        Seen::Closed(Some(true)) if wish == EngineWish::Start => Sight::After,
        Seen::Closed(Some(true) | None) => {
            Sight::Elsewhere("the socket may not be opened".to_owned())
        }
    })
}

pub fn prepare(step: &ControlEngine) -> Inverse {
    match step.wish {
        EngineWish::Start => Inverse::StopEngine {
            endpoint: step.endpoint.clone(),
            control: step.control.clone(),
        },
        EngineWish::Restart => Inverse::None {
            why: "it hung before, and nobody wants that back".to_owned(),
        },
    }
}

pub async fn apply(step: &ControlEngine, hands: &mut Hands) -> Result<After, Trouble> {
    if step.wish == EngineWish::Restart {
        refuse_while_busy(&step.name, hands).await?;
        stop(&step.endpoint, &step.control, &step.name, hands).await?;
    }
    start(&step.endpoint, &step.control, &step.name, hands).await?;
    Ok(After::Null)
}

pub async fn revert(endpoint: &str, control: &Control, hands: &mut Hands) -> Result<(), Trouble> {
    let now = see(endpoint, Deadline::after(PING)).await?;
    if now.is_gone() {
        return Ok(());
    }
    refuse_while_busy("the engine", hands).await?;
    stop(endpoint, control, "the engine", hands).await
}

/// A restart ends what runs in sandboxes: refused while a call does, unless that is allowed.
pub async fn refuse_while_busy(name: &str, hands: &Hands) -> Result<(), Trouble> {
    if hands.busy {
        return Ok(());
    }
    let Ok(engine) = hands.engine() else {
        return Ok(());
    };
    // An engine that does not answer cannot say; a hung one is why it is restarted.
    let Ok(standing) = engine
        .standing("openclaw.sandbox=1", Deadline::after(COUNTING))
        .await
    else {
        return Ok(());
    };
    let calls: u32 = standing.iter().map(|(one, _)| one.executing).sum();
    if calls == 0 {
        return Ok(());
    }
    Err(Trouble::Refused(format!(
        "{calls} calls run in sandboxes now, and stopping {name} would end them: wait, or allow it with --allow busy"
    )))
}

/// Tries the starters in turn until the engine answers.
pub async fn start(
    endpoint: &str,
    control: &Control,
    name: &str,
    hands: &mut Hands,
) -> Result<(), Trouble> {
    let mut said = Vec::new();
    let overall = Deadline::after(STARTING);
    for (index, command) in control.start.iter().enumerate() {
        if let Some(words) = attempt(command, hands, overall).await {
            said.push(words);
            continue;
        }
        let last = index + 1 == control.start.len();
        let patience = if last {
            overall
        } else {
            overall.at_most(COMMAND)
        };
        if wait(endpoint, name, Wanted::Answers, patience, hands).await? {
            return Ok(());
        }
        said.push(format!(
            "`{}` ended, and nothing answers",
            command.argv.join(" ")
        ));
    }
    // A starter may hang and its engine come up all the same.
    if wait(
        endpoint,
        name,
        Wanted::Answers,
        overall.at_most(PING),
        hands,
    )
    .await?
    {
        return Ok(());
    }
    Err(Trouble::Failed(format!(
        "{name} does not answer at {}: {}",
        wash(endpoint, 300),
        said.join("; ")
    )))
}

/// Asks it to stop, and insists when it does not.
pub async fn stop(
    endpoint: &str,
    control: &Control,
    name: &str,
    hands: &mut Hands,
) -> Result<(), Trouble> {
    let mut said = Vec::new();
    for command in control.stop.iter().chain(&control.kill) {
        let d = Deadline::after(COMMAND);
        if let Some(words) = attempt(command, hands, d).await {
            said.push(words);
        }
        let d = Deadline::after(STOPPING).at_most(STOPPING);
        let patience = if said.is_empty() { d } else { d.at_most(PING) };
        if wait(endpoint, name, Wanted::Gone, patience, hands).await? {
            return Ok(());
        }
    }
    Err(Trouble::Failed(format!(
        "{name} did not stop: {}",
        said.join("; ")
    )))
}

/// Runs one command; what went wrong with it.
async fn attempt(command: &Command, hands: &mut Hands, d: Deadline) -> Option<String> {
    (hands.tell)(News::Line(super::program::shown(command)));
    match run(command, hands, d.at_most(COMMAND)).await {
        Ok(output) if output.success() => None,
        Ok(output) => Some(complaint(command, &output)),
        Err(trouble) => Some(trouble.to_string()),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    Answers,
    Gone,
}

/// Whether it came to what is wanted before the deadline.
async fn wait(
    endpoint: &str,
    name: &str,
    wanted: Wanted,
    d: Deadline,
    hands: &mut Hands,
) -> Result<bool, Trouble> {
    let begun = Instant::now();
    let mut told = 0;
    loop {
        let seen = see(endpoint, d.at_most(PING)).await?;
        let reached = match wanted {
            Wanted::Answers => matches!(seen, Seen::Answers | Seen::Closed(Some(true))),
            Wanted::Gone => seen.is_gone(),
        };
        if reached {
            return Ok(true);
        }
        if d.remaining() <= LOOK_AGAIN {
            return Ok(false);
        }
        let seconds = begun.elapsed().as_secs();
        if seconds > told {
            told = seconds;
            let what = match wanted {
                Wanted::Answers => format!("{name} to answer"),
                Wanted::Gone => format!("{name} to stop"),
            };
            (hands.tell)(News::Waiting { what, seconds });
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// What can be seen of an engine from here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seen {
    Answers,
    /// It takes connections and says nothing.
    Hangs,
    /// It says something else than an engine does.
    Strange,
    Gone,
    /// This user may not open its socket, as before the first login after joining its group;
    /// whether somebody listens there, where that can be told.
    Closed(Option<bool>),
}

impl Seen {
    fn is_gone(self) -> bool {
        matches!(self, Self::Gone | Self::Closed(Some(false)))
    }
}

async fn see(endpoint: &str, d: Deadline) -> Result<Seen, Trouble> {
    Ok(match ping(endpoint, d).await? {
        Connection::Answers { .. } => Seen::Answers,
        Connection::Hung { .. } => Seen::Hangs,
        Connection::Refused { errno, .. } if matches!(errno.as_str(), "EACCES" | "EPERM") => {
            let path = endpoint.strip_prefix("unix://");
            Seen::Closed(path.and_then(|path| listening(Path::new(path))))
        }
        Connection::Refused { .. } => Seen::Gone,
        Connection::Broken { .. } => Seen::Strange,
    })
}

/// Whether the engine answers now.
pub async fn answers(endpoint: &str) -> bool {
    matches!(
        ping(endpoint, Deadline::after(PING)).await,
        Ok(Connection::Answers { .. })
    )
}

async fn ping(endpoint: &str, d: Deadline) -> Result<Connection, Trouble> {
    let endpoint = Endpoint {
        url: endpoint.to_owned(),
        source: EndpointSource::Default,
        context: "default".to_owned(),
        decided_by: None,
    };
    let engine = Engine::connect(&endpoint).map_err(|why| Trouble::Failed(why.detail))?;
    Ok(engine.ping(d).await)
}
