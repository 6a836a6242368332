//! `clawdoctor undo`: takes the steps of a run back, the newest first.

use std::fmt::Write as _;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::asking::{administrator, yes};
use super::check::Standby;
use super::open_runs::{self, reopened};
use super::out::Out;
use super::prepare::{self, Wish};
use super::told::{Teller, Told};
use super::voice::{self, Voice};
use super::wishes::Attended;
use crate::exit;
use crate::failure::Failure;
use crate::fix::journal::{self, Listed};
use crate::fix::lock::Lock;
use crate::fix::record::{Outcome, Seq};
use crate::fix::run::Run;
use crate::fix::state::Stage;
use crate::fix::words::{self, Undoing};
use crate::redact::Redactor;
use crate::report::repairs;
use crate::report::{Format, Role};
use crate::surroundings::Surroundings;
use crate::text::wash;

/// What `undo` is asked for.
#[derive(Clone, Debug)]
pub struct Ask {
    pub run: Option<String>,
    pub yes: bool,
    pub busy: bool,
    pub lock_timeout: Duration,
    pub format: Format,
    pub redact: bool,
}

/// The runs that are kept, the newest first.
pub fn list(here: &Surroundings, out: &Out, format: Format) -> Result<u8, Failure> {
    let listed = journal::list(&here.state_dir())?;
    if format == Format::Json {
        let runs: Vec<serde_json::Value> = listed.iter().map(document).collect();
        let text =
            serde_json::json!({ "schemaVersion": 1, "report": "clawdoctor.runs", "runs": runs });
        return printed(out, &format!("{text}\n"));
    }
    if listed.is_empty() {
        return printed(out, "No run of fix is kept.\n");
    }
    let mut text = String::new();
    for one in &listed {
        let id = out.style.paint(Role::Strong, one.id.as_str());
        writeln!(text, "{id}  {}", summary(one)).expect("a String takes all");
    }
    printed(out, &text)
}

fn printed(out: &Out, text: &str) -> Result<u8, Failure> {
    wrote(out.print_text(text))
}

fn wrote(result: io::Result<()>) -> Result<u8, Failure> {
    result
        .map(|()| exit::CLEAN)
        .map_err(|error| Failure::system("cannot write to standard output").cause(error))
}

fn summary(one: &Listed) -> String {
    match &one.state {
        Err(problem) => format!("cannot be read: {problem}"),
        Ok(state) => {
            let left = state.to_undo().len();
            let outcome = match state.outcome {
                Some(outcome) => outcome.to_string(),
                None => "without an end".to_owned(),
            };
            let repairs: std::collections::BTreeSet<&str> = state
                .steps
                .values()
                .map(|step| step.repair.as_str())
                .collect();
            let repairs: Vec<&str> = repairs.into_iter().collect();
            format!(
                "{outcome}, {left} to take back: {}",
                wash(&repairs.join(", "), 200)
            )
        }
    }
}

fn document(one: &Listed) -> serde_json::Value {
    match &one.state {
        Err(problem) => serde_json::json!({ "runId": one.id, "error": problem.to_string() }),
        Ok(state) => serde_json::json!({
            "runId": one.id,
            "startedAt": state.run.as_ref().map(|run| run.started_at),
            "outcome": state.outcome,
            "toUndo": state.to_undo().len(),
            "repairs": state.steps.values().map(|step| &step.repair).collect::<Vec<_>>(),
        }),
    }
}

/// Takes one run back.
pub fn undo(ask: &Ask, here: &Surroundings, out: &Out) -> Result<u8, Failure> {
    let prepared = prepare::plan(&Wish::default(), here)?;
    let _lock = Lock::take(&here.state_dir(), ask.lock_timeout, "clawdoctor undo")?;
    // Until here a signal ends the program at once: nothing was begun.
    let standby = Standby::take_up()?;
    // Nothing is in them that anybody could take back.
    let _ = journal::sweep_drafts(&here.state_dir());
    let listed = match chosen(ask, here) {
        Ok(listed) => listed,
        Err(none) => {
            // A run that was killed before its first step has left no more than its probes.
            standby.runtime.block_on(open_runs::swept(&prepared));
            return Err(none);
        }
    };
    let voice = Arc::new(Mutex::new(Voice::new(
        ask.format,
        out,
        prepared.redactor(ask.redact),
    )));
    let is_attended = out.stdin_is_terminal && out.stdout_is_terminal && ask.format == Format::Text;
    let teller = voice::teller(&voice);
    let to = To {
        teller: teller.clone(),
        out,
        format: ask.format,
        attended: if is_attended {
            Attended::Person
        } else {
            Attended::Nobody
        },
        consent: match (ask.yes, is_attended) {
            (true, _) => Consent::Given,
            (false, true) => Consent::Asked,
            (false, false) => Consent::Missing,
        },
        here,
        redactor: prepared.redactor(ask.redact),
    };
    let Standby {
        runtime,
        mut signals,
    } = standby;
    let done = runtime.block_on(async {
        let mut run = reopened(&listed, &prepared, ask.busy, &teller).await?;
        let gone = signals.or(Box::pin(taken_back(&mut run, &to))).await;
        match gone {
            Ok(done) => done,
            Err(stopped) => {
                Box::pin(open_runs::rest(Some(&mut run), &prepared, &teller)).await;
                Err(stopped)
            }
        }
    });
    runtime.shutdown_background();
    done
}

/// The run that is named, else the newest that has something to take back.
fn chosen(ask: &Ask, here: &Surroundings) -> Result<Listed, Failure> {
    let listed = journal::list(&here.state_dir())?;
    let list = "see what is kept: clawdoctor undo --list";
    if let Some(name) = &ask.run {
        return listed
            .into_iter()
            .find(|one| one.id.as_str() == name)
            .ok_or_else(|| {
                Failure::input(format!("there is no run {}", wash(name, 100))).hint(list)
            });
    }
    listed
        .into_iter()
        .find(|one| {
            one.state
                .as_ref()
                .map_or(true, |state| !state.to_undo().is_empty())
        })
        .ok_or_else(|| Failure::input("no run has anything to take back").hint(list))
}

/// Whoever is told.
struct To<'a> {
    teller: Teller,
    out: &'a Out,
    format: Format,
    attended: Attended,
    consent: Consent,
    here: &'a Surroundings,
    redactor: Option<Redactor>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Consent {
    /// With the command line.
    Given,
    /// Of whoever sits there.
    Asked,
    /// Nobody can be asked: it is only shown what would be done.
    Missing,
}

async fn taken_back(run: &mut Run, to: &To<'_>) -> Result<u8, Failure> {
    let seqs = run.state.to_undo();
    if seqs.is_empty() {
        return told(run, to, "nothing is left to take back", exit::CLEAN);
    }
    if to.format.is_for_people() {
        let steps: Vec<Undoing> = seqs.iter().map(|seq| undoing(run, *seq)).collect();
        let style = to.out.style;
        wrote(to.out.print(|page| repairs::undoing(&steps, &style, page)))?;
    }
    match to.consent {
        Consent::Given => {}
        Consent::Asked if yes("take all of it back?").await? => {}
        Consent::Asked => return told(run, to, "nothing was changed", exit::FINDINGS),
        Consent::Missing => {
            let words = "nothing was changed: nobody can be asked here, and --yes was not given";
            return told(run, to, words, exit::FINDINGS);
        }
    }
    let home = &to.here.home;
    let needs_root = |seq: &Seq| run.state.steps[seq].step.needs_root(home);
    if to.here.uid != 0 && seqs.iter().any(needs_root) {
        // Before anything is drawn. A step that cannot have the rights says so itself.
        administrator(to.attended).await;
    }
    let mut tell = to.teller.events();
    let whole = run.take_back(&seqs, &mut tell).await?;
    to.teller.tell(Told::Quiet);
    if whole {
        run.end(Outcome::Undone)?;
        let stay = |seq: &Seq| run.state.steps[seq].step.inverse.stays().is_some();
        let words = match seqs.iter().filter(|seq| stay(seq)).count() {
            0 => "all of it is taken back",
            stay if stay == seqs.len() => "nothing of it can be taken back",
            _ => "all that can be taken back is; the rest stays as it is",
        };
        return told(run, to, words, exit::CLEAN);
    }
    run.end(Outcome::Failed)?;
    let words = "not all of it could be taken back";
    told(run, to, words, exit::INCONCLUSIVE)
}

fn undoing(run: &Run, seq: Seq) -> Undoing {
    let now = run.hands.endpoint.as_ref().map(|one| one.url.as_str());
    words::undoing(&run.state.steps[&seq].step, now)
}

fn told(run: &Run, to: &To<'_>, words: &str, code: u8) -> Result<u8, Failure> {
    if to.format.is_for_people() {
        printed(to.out, &format!("{words}\n"))?;
        return Ok(code);
    }
    let left: Vec<String> = run
        .state
        .to_undo()
        .iter()
        .map(|seq| words::effect(&run.state.steps[seq].step.step))
        .collect();
    let happened = run.state.steps.values().filter(|step| {
        // What failed has changed nothing.
        !matches!(step.stage, Stage::Failed { .. })
    });
    let stays: Vec<serde_json::Value> = happened
        .filter_map(|step| {
            let why = step.step.inverse.stays()?;
            let effect = words::effect(&step.step.step);
            Some(serde_json::json!({ "effect": effect, "why": why }))
        })
        .collect();
    let document = serde_json::json!({
        "schemaVersion": 1, "report": "clawdoctor.undo", "ok": code == exit::CLEAN,
        "runId": run.state_id(), "message": words, "left": left, "stays": stays,
    });
    let text = match &to.redactor {
        Some(redactor) => redactor.json(document),
        None => document,
    };
    printed(to.out, &format!("{text}\n"))?;
    Ok(code)
}
