//! Runs that were killed or interrupted: found before a new one begins, and brought to rest.

use std::time::Duration;

use super::asking::yes;
use super::check::CLEAN_UP;
use super::fix::Ask;
use super::prepare::Prepared;
use super::told::{Teller, Told};
use super::wishes::Attended;
use crate::deadline::Deadline;
use crate::facts::docker::{Connection, Endpoint};
use crate::facts::{Facts, Reading};
use crate::failure::Failure;
use crate::fix::apply::Hands;
use crate::fix::inverse::Intended;
use crate::fix::journal::{self, Journal, Listed};
use crate::fix::record::Outcome;
use crate::fix::run::{Run, Settled};
use crate::fix::state::RunState;
use crate::probe::{docker, inside};
use crate::text::wash;

/// For finding the engine in force.
const LOOKING: Duration = Duration::from_secs(10);
/// For removing what dead runs have left in it.
const SWEEPING: Duration = Duration::from_secs(10);
/// What an interrupted run may take to bring its last step to rest.
const REST: Duration = Duration::from_mins(1);

/// Finds the newest run without an end and brings it to rest: its last step stands where the world
/// looks so, else its repair is taken back. Whether anything was taken back.
pub async fn settle(
    prepared: &Prepared,
    ask: &Ask,
    attended: Attended,
    teller: &Teller,
) -> Result<bool, Failure> {
    let state_dir = prepared.world.operator.state_dir();
    let mut changed = false;
    for listed in journal::list(&state_dir)?
        .iter()
        .filter(|one| is_interrupted(one))
    {
        consent(listed, ask, attended).await?;
        changed |= at_rest(listed, prepared, ask.allow.busy, teller).await?;
    }
    Ok(changed)
}

/// Whether a run was killed or interrupted, and nobody has brought it to rest.
pub fn is_interrupted(listed: &Listed) -> bool {
    let Ok(state) = &listed.state else {
        return false;
    };
    match state.outcome {
        None => true,
        // Else it was brought to rest when it was interrupted.
        Some(Outcome::Interrupted) => {
            !state.to_undo().is_empty() && state.last_intent_without_result().is_some()
        }
        Some(Outcome::Done | Outcome::Partial | Outcome::Failed | Outcome::Undone) => false,
    }
}

/// Brings one run to rest; whether anything of it was taken back.
pub async fn at_rest(
    listed: &Listed,
    prepared: &Prepared,
    busy: bool,
    teller: &Teller,
) -> Result<bool, Failure> {
    let mut changed = false;
    let mut run = reopened(listed, prepared, busy, teller).await?;
    let mut tell = teller.events();
    let settled = run.settle(&mut tell).await?;
    let words = match &settled {
        Settled::NothingOpen => "nothing of it was under way".to_owned(),
        Settled::Forward { repair } => {
            format!("its last step stands: {}", wash(repair, 200))
        }
        Settled::Back { repair } => {
            changed = true;
            format!("its last repair is taken back: {}", wash(repair, 200))
        }
        Settled::Stuck { repair } => {
            // Told once: the steps that stay can be undone by the run's name, and the next run
            // goes on from the node as it is.
            run.end(Outcome::Failed)?;
            return Err(Failure::system(format!(
                "the run {} was interrupted in {}, and that can neither be finished nor taken back",
                listed.id,
                wash(repair, 200)
            ))
            .hint(format!(
                "see what is in the way: clawdoctor undo {}",
                listed.id
            )));
        }
    };
    run.end(Outcome::Partial)?;
    let line = format!("the run {} was interrupted; {words}", listed.id);
    teller.tell(Told::Line(&line));
    Ok(changed)
}

/// Nothing of an older run is touched without being asked for.
async fn consent(listed: &Listed, ask: &Ask, attended: Attended) -> Result<(), Failure> {
    if ask.resume || ask.allow.safe {
        return Ok(());
    }
    let question = format!(
        "the run {} was interrupted: bring it to rest and go on?",
        listed.id
    );
    if attended == Attended::Person && yes(&question).await? {
        return Ok(());
    }
    Err(
        Failure::system(format!("the run {} was interrupted", listed.id))
            .hint("go on with it: clawdoctor fix --resume")
            .hint(format!("or take it back: clawdoctor undo {}", listed.id)),
    )
}

/// An older run with its journal open again, and the steps as this program knows them.
pub async fn reopened(
    listed: &Listed,
    prepared: &Prepared,
    busy: bool,
    teller: &Teller,
) -> Result<Run, Failure> {
    let state = steps(listed)?;
    let endpoint = swept(prepared).await;
    Ok(Run {
        journal: Journal::resume(&listed.path)?,
        hands: Hands {
            world: prepared.world.clone(),
            endpoint,
            run_id: listed.id.clone(),
            folder: listed.path.with_extension(""),
            seqs: state.steps.keys().copied().collect(),
            left: std::collections::BTreeMap::new(),
            busy,
            tell: teller.news(),
        },
        state,
    })
}

/// How far a run is, its steps as this program knows them.
pub fn steps(listed: &Listed) -> Result<RunState<Intended>, Failure> {
    if let Some(fault) = listed.faults.first() {
        return Err(Failure::input(format!(
            "the journal {} cannot be read whole, and a step may hide in it: {fault}",
            listed.path.display()
        ))
        .hint("look into it by hand; nothing was changed"));
    }
    let lines = journal::read::<Intended>(&listed.path)?;
    let faults = journal::faults(&lines);
    if let Some(fault) = faults.first() {
        return Err(Failure::input(format!(
            "the journal {} has a step that this version does not know: {fault}",
            listed.path.display()
        ))
        .hint("use the version of clawdoctor that wrote it, or a newer one"));
    }
    Ok(RunState::fold(journal::records(lines)))
}

/// Takes away what dead runs have left in the engine, before anything of theirs is looked at: a
/// container may still be at work on it. The endpoint in force, if there is one.
pub async fn swept(prepared: &Prepared) -> Option<Endpoint> {
    let facts = facts(prepared).await;
    // An engine that does not answer has nothing running, and says so when it is needed.
    drop(inside::sweep(&prepared.world, &facts, Deadline::after(SWEEPING)).await);
    facts.docker.endpoint.get().ok().cloned()
}

/// What cleaning up in the engine in force goes by.
async fn facts(prepared: &Prepared) -> Facts {
    let found = docker::endpoint(&prepared.world, Deadline::after(LOOKING)).await;
    let mut facts = Facts::default();
    facts.docker.endpoint = found.endpoint;
    facts.docker.connection = Reading::known(Connection::Answers { milliseconds: 0 }, "this run");
    facts
}

/// After a signal: the last step of the run is done or taken back, the journal says so, and no
/// container of this process is left.
pub async fn rest(run: Option<&mut Run>, prepared: &Prepared, teller: &Teller) {
    let facts = match &run {
        Some(run) => run.hands.facts(),
        None => facts(prepared).await,
    };
    let clean_up = || inside::clean_up(&prepared.world, &facts, Deadline::after(CLEAN_UP));
    // First of all whoever is still at it: a container goes on when its asker is gone.
    drop(clean_up().await);
    let Some(run) = run else { return };
    let mut tell = teller.events();
    // What cannot be brought to rest now is found open by the next run.
    let settling = Box::pin(run.settle(&mut tell));
    let rested = Deadline::after(REST).bound(settling).await;
    if matches!(rested, Ok(Ok(_))) && run.state.is_open() {
        let _ = run.end(Outcome::Interrupted);
    }
    // What cannot be removed now is swept by the next run.
    drop(clean_up().await);
}
