//! Runs that were killed or interrupted: found before a new one begins, and brought to rest.

use std::sync::{Arc, Mutex};

use super::asking::yes;
use super::fix::{Ask, news};
use super::prepare::Prepared;
use super::voice::Voice;
use super::wishes::Attended;
use crate::deadline::Deadline;
use crate::failure::Failure;
use crate::fix::apply::Hands;
use crate::fix::inverse::Intended;
use crate::fix::journal::{self, Journal, Listed};
use crate::fix::record::Outcome;
use crate::fix::run::{Event, Run, Settled};
use crate::fix::state::RunState;
use crate::probe::docker;
use crate::text::wash;

/// Finds the newest run without an end and brings it to rest: its last step stands where the world
/// looks so, else its repair is taken back. Whether anything was taken back.
pub async fn settle(
    prepared: &Prepared,
    ask: &Ask,
    attended: Attended,
    voice: Arc<Mutex<Voice>>,
) -> Result<bool, Failure> {
    let state_dir = prepared.world.operator.state_dir();
    let mut changed = false;
    for listed in journal::list(&state_dir)? {
        let Ok(state) = &listed.state else { continue };
        let is_open = state.is_open() || state.outcome == Some(Outcome::Interrupted);
        if !is_open || state.to_undo().is_empty() && state.outcome.is_some() {
            continue;
        }
        if state.outcome == Some(Outcome::Interrupted)
            && state.last_intent_without_result().is_none()
        {
            // It was brought to rest when it was interrupted.
            continue;
        }
        consent(&listed, ask, attended).await?;
        let mut run = reopened(&listed, prepared, ask.allow.busy, &voice).await?;
        let told = Arc::clone(&voice);
        let mut tell = move |event: Event<'_>| {
            if let Ok(mut voice) = told.lock() {
                voice.event(&event);
            }
        };
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
                return Err(Failure::system(format!(
                    "the run {} was interrupted in {}, and that can neither be finished nor taken back",
                    listed.id,
                    wash(repair, 200)
                ))
                .hint(format!("see what is in the way: clawdoctor undo {}", listed.id)));
            }
        };
        run.end(Outcome::Partial)?;
        if let Ok(voice) = voice.lock() {
            voice.line(&format!("the run {} was interrupted; {words}", listed.id));
        }
    }
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
    voice: &Arc<Mutex<Voice>>,
) -> Result<Run, Failure> {
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
    let state = RunState::fold(journal::records(lines));
    let d = Deadline::after(std::time::Duration::from_secs(10));
    let endpoint = docker::endpoint(&prepared.world, d).await.endpoint;
    Ok(Run {
        journal: Journal::resume(&listed.path)?,
        hands: Hands {
            world: prepared.world.clone(),
            endpoint: endpoint.get().ok().cloned(),
            run_id: listed.id.clone(),
            folder: listed.path.with_extension(""),
            seqs: state.steps.keys().copied().collect(),
            left: std::collections::BTreeMap::new(),
            busy,
            tell: news(voice),
        },
        state,
    })
}
