//! What the screen ordered, done: the same runs as `fix` and `undo` make, told to the screen.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{oneshot, watch};

use super::Ready;
use crate::cli::fix::work::{State, Work};
use crate::cli::open_runs::{self, at_rest, is_interrupted, reopened};
use crate::cli::told::{Teller, Told};
use crate::cli::whose;
use crate::cli::wishes::Attended;
use crate::facts::docker::Endpoint;
use crate::failure::Failure;
use crate::fix::journal::{self, Listed};
use crate::fix::lock::Lock;
use crate::fix::outcome::{RepairReport, RepairStatus};
use crate::fix::record::{Outcome, Seq};
use crate::fix::repair::Repair;
use crate::tui::mending::{End, Order, Progress};

/// Does it, or stops at a word; what came of it stands in the progress.
pub async fn done(
    ready: Arc<Ready>,
    order: Order,
    progress: watch::Sender<Progress>,
    stopped: oneshot::Receiver<()>,
) {
    let progress = Arc::new(progress);
    let teller = teller(&progress);
    progress.send_modify(|progress| progress.phase("putting the probes away"));
    ready.put_away().await;
    progress.send_modify(Progress::quiet);
    let end = match order {
        Order::Mend { repairs, declined } => {
            mended(&ready, &teller, repairs, declined, stopped).await
        }
        Order::TakeBack { run, steps } => taken_back(&ready, &teller, &run, &steps, stopped).await,
        Order::Settle { run } => settled(&ready, &teller, &run, stopped).await,
    };
    let end = end.unwrap_or_else(|failure| End::Failed {
        words: failure.to_string(),
        hints: failure.hints,
    });
    progress.send_modify(|progress| {
        progress.quiet();
        progress.end = Some(end);
    });
}

/// Folds what happens into the progress.
fn teller(progress: &Arc<watch::Sender<Progress>>) -> Teller {
    let progress = Arc::clone(progress);
    Teller::new(move |told| {
        progress.send_modify(|progress| match told {
            Told::Looking => progress.phase("looking at the node"),
            Told::Verifying(_) => progress.verifying(),
            Told::Quiet => progress.quiet(),
            Told::Run(id) => progress.run = Some(id.to_string()),
            Told::Event(event) => progress.event(event),
            Told::News(news) => progress.news(news),
            Told::Became(report) => progress.became(report),
            Told::Line(text) => progress.note(text),
        });
        Ok(())
    })
}

/// One run at a time; nothing of another user's.
fn lock(ready: &Ready, who: &str) -> Result<Lock, Failure> {
    let here = &ready.prepared.world.operator;
    whose::own(here, |owner| {
        format!("open it as {owner}: sudo -H -u {owner} clawdoctor")
    })?;
    Ok(Lock::take(&here.state_dir(), Duration::ZERO, who)?)
}

/// Held until the end of the run. What the run comes to, or that it was stopped.
async fn or_stopped<T>(work: impl Future<Output = T>, stopped: oneshot::Receiver<()>) -> Option<T> {
    // A screen that is gone wants nothing more either.
    tokio::select! {
        done = work => Some(done),
        _ = stopped => None,
    }
}

async fn mended(
    ready: &Ready,
    teller: &Teller,
    repairs: Vec<Repair>,
    declined: Vec<Repair>,
    stopped: oneshot::Receiver<()>,
) -> Result<End, Failure> {
    let _lock = lock(ready, "clawdoctor, the app")?;
    if let Some(open) = journal::list(&ready.prepared.world.operator.state_dir())?
        .iter()
        .find(|one| is_interrupted(one))
    {
        return Err(
            Failure::system(format!("the run {} was interrupted", open.id))
                .hint("bring it to rest first, or take it back"),
        );
    }
    let mut work = Work {
        prepared: &ready.prepared,
        ask: &ready.ask,
        wishes: &ready.wishes,
        // Whoever sits here is asked before the run, and not in the middle of it.
        attended: Attended::Nobody,
        busy: false,
        argv: ready.argv.clone(),
        teller: teller.clone(),
        state: State::begin(),
    };
    let endpoint = ready.endpoint();
    let all = Box::pin(each(&mut work, repairs, declined, endpoint.as_ref()));
    let Some(done) = or_stopped(all, stopped).await else {
        work.rest().await;
        return Ok(End::Stopped);
    };
    done?;
    work.end(outcome(&work.state.reports))?;
    Ok(End::Done {
        restarts: work.state.restarts.iter().copied().collect(),
        words: words(&work.state.reports),
    })
}

async fn each(
    work: &mut Work<'_>,
    repairs: Vec<Repair>,
    declined: Vec<Repair>,
    endpoint: Option<&Endpoint>,
) -> Result<(), Failure> {
    for repair in &declined {
        work.tell_once(RepairReport::of(repair, RepairStatus::Declined))?;
    }
    for repair in work.with_rights(repairs).await? {
        work.apply(&repair, endpoint).await?;
    }
    Ok(())
}

fn count(reports: &[RepairReport], wanted: &[RepairStatus]) -> usize {
    let is_one = |report: &&RepairReport| wanted.contains(&report.status);
    reports.iter().filter(is_one).count()
}

const FAILED: [RepairStatus; 3] = [
    RepairStatus::Refused,
    RepairStatus::RolledBack,
    RepairStatus::Stuck,
];
const FINE: [RepairStatus; 2] = [RepairStatus::Fixed, RepairStatus::Already];

fn outcome(reports: &[RepairReport]) -> Outcome {
    if count(reports, &FAILED) > 0 {
        Outcome::Failed
    } else if count(reports, &FINE) == reports.len() {
        Outcome::Done
    } else {
        Outcome::Partial
    }
}

fn words(reports: &[RepairReport]) -> String {
    let (fine, failed) = (count(reports, &FINE), count(reports, &FAILED));
    let tried = reports.len() - count(reports, &[RepairStatus::Declined]);
    match (fine, failed) {
        (fine, 0) if fine == tried => match fine {
            1 => "It is mended, and its check passes.".to_owned(),
            fine => format!("All {fine} are mended, and their checks pass."),
        },
        (0, failed) if failed == tried && failed == 1 => "It is not mended.".to_owned(),
        (fine, _) => format!("{fine} of {tried} mended, and proven by their checks."),
    }
}

/// The journal of this run, as it lies there now.
fn found(ready: &Ready, run: &str) -> Result<Listed, Failure> {
    let listed = journal::list(&ready.prepared.world.operator.state_dir())?;
    let found = listed.into_iter().find(|one| one.id.as_str() == run);
    found.ok_or_else(|| Failure::input(format!("there is no run {run} any more")))
}

async fn taken_back(
    ready: &Ready,
    teller: &Teller,
    run: &str,
    shown: &[Seq],
    stopped: oneshot::Receiver<()>,
) -> Result<End, Failure> {
    let _lock = lock(ready, "clawdoctor, the app")?;
    let listed = found(ready, run)?;
    let mut run = reopened(&listed, &ready.prepared, false, teller).await?;
    let seqs = run.state.to_undo();
    if seqs != shown {
        // Nothing is taken back that was not shown.
        return Err(
            Failure::system("somebody has gone on with this run since it was shown here")
                .hint("look again: press u"),
        );
    }
    let mut tell = teller.events();
    let whole = or_stopped(Box::pin(run.take_back(&seqs, &mut tell)), stopped).await;
    let Some(whole) = whole else {
        teller.tell(Told::Line("interrupted: bringing the last step to rest"));
        Box::pin(open_runs::rest(Some(&mut run), &ready.prepared, teller)).await;
        return Ok(End::Stopped);
    };
    if !whole? {
        run.end(Outcome::Failed)?;
        return Err(Failure::system("not all of it could be taken back")
            .hint("see what is in the way above, then try again"));
    }
    run.end(Outcome::Undone)?;
    let stays = |seq: &&Seq| run.state.steps[seq].step.inverse.stays().is_some();
    let words = match seqs.iter().filter(stays).count() {
        0 => "All of it is taken back.",
        stay if stay == seqs.len() => "Nothing of it can be taken back.",
        _ => "All that can be taken back is; the rest stays as it is.",
    };
    Ok(End::Done {
        restarts: Vec::new(),
        words: words.to_owned(),
    })
}

async fn settled(
    ready: &Ready,
    teller: &Teller,
    run: &str,
    stopped: oneshot::Receiver<()>,
) -> Result<End, Failure> {
    let _lock = lock(ready, "clawdoctor, the app")?;
    let listed = found(ready, run)?;
    let resting = Box::pin(at_rest(&listed, &ready.prepared, false, teller));
    let Some(rested) = or_stopped(resting, stopped).await else {
        // Every instant of it is one from which the next run can go on.
        return Ok(End::Stopped);
    };
    rested?;
    Ok(End::Done {
        restarts: Vec::new(),
        words: "It is at rest. The node is looked at anew: go on from what is found.".to_owned(),
    })
}
