//! One run of the command: look, plan, show, choose, apply, prove, and again until nothing new is
//! found.

mod choosing;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard};

use super::look::Look;
use super::work::{State, Work};
use super::{Ask, plan_file};
use crate::checklist::report::Report;
use crate::checklist::run;
use crate::cli::open_runs;
use crate::cli::prepare::{self, Prepared};
use crate::cli::told::Told;
use crate::cli::voice::{self, Voice};
use crate::cli::wishes::Attended;
use crate::failure::Failure;
use crate::fix::consent::Answer;
use crate::fix::outcome::{FixConclusion, FixReport, planned};
use crate::fix::record::Outcome;
use crate::fix::repair::{Advice, Repair};
use crate::fix::run::Run;
use crate::fix::wishes::Wishes;
use crate::probe::gather::Gathered;

/// Repairs bring to light what they were hiding: an engine that starts shows that the image is
/// missing. More rounds than this would be a circle.
const MOST_ROUNDS: usize = 8;

/// One run of the command.
pub struct Session<'a> {
    ask: &'a Ask,
    prepared: &'a Prepared,
    attended: Attended,
    voice: Arc<Mutex<Voice>>,
    work: Work<'a>,
    /// Ids of repairs that the person does not want.
    declined: BTreeSet<String>,
    /// The person wants nothing more, in this round or a later one.
    has_quit: bool,
    /// Advice that was shown already.
    advised: Vec<Advice>,
}

impl<'a> Session<'a> {
    pub fn new(
        ask: &'a Ask,
        prepared: &'a Prepared,
        wishes: &'a Wishes,
        attended: Attended,
        voice: Arc<Mutex<Voice>>,
    ) -> Self {
        Self {
            ask,
            prepared,
            attended,
            work: Work {
                prepared,
                ask: &ask.check,
                wishes,
                attended,
                busy: ask.allow.busy,
                argv: ask.argv.clone(),
                teller: voice::teller(&voice),
                state: State::begin(),
            },
            voice,
            declined: BTreeSet::new(),
            has_quit: false,
            advised: Vec::new(),
        }
    }

    fn voice(&self) -> MutexGuard<'_, Voice> {
        self.voice
            .lock()
            .expect("whoever speaks does not panic while speaking")
    }

    pub async fn go(&mut self) -> Result<u8, Failure> {
        if !self.ask.dry_run {
            let settled =
                open_runs::settle(self.prepared, self.ask, self.attended, &self.work.teller);
            self.work.state.changed |= settled.await?;
        }
        let mut look = self.look().await?;
        if let Some(path) = &self.ask.plan {
            look.plan = plan_file::read(path, look.plan)?;
        }
        for round in 0..MOST_ROUNDS {
            look.plan.repairs.retain(|repair| !self.is_settled(repair));
            if round > 0 && look.plan.is_empty() {
                break;
            }
            let asks = |repair: &Repair| match self.ask.allow.answer(repair) {
                Answer::Allowed => None,
                Answer::Needs(flag) => Some(flag),
            };
            let mut news = look.plan.clone();
            news.advice.retain(|advice| !self.advised.contains(advice));
            self.advised.extend(news.advice.iter().cloned());
            self.voice().plan(&news, &asks)?;
            if self.is_only_shown() {
                return self.shown(look);
            }
            let chosen = self.choose(&look.plan).await?;
            if chosen.is_empty() {
                break;
            }
            let endpoint = look.gathered.facts.docker.endpoint.get().ok();
            for repair in &chosen {
                self.work.apply(repair, endpoint).await?;
            }
            if self.ask.plan.is_some() {
                look = self.look().await?;
                break;
            }
            look = self.look().await?;
            if self.has_quit {
                break;
            }
        }
        self.conclude(look)
    }

    /// Tried already, or declined: a later round may plan it on another ground, and a person who
    /// said no is not asked again.
    fn is_settled(&self, repair: &Repair) -> bool {
        let attempted = &self.work.state.attempted;
        attempted.iter().any(|one| one.does_as(repair)) || self.declined.contains(&repair.id)
    }

    /// Nobody to ask, and nothing that was allowed beforehand: the plan is all.
    fn is_only_shown(&self) -> bool {
        let allow = &self.ask.allow;
        let unsaid = !allow.safe && allow.classes.is_empty() && allow.ids.is_empty();
        self.ask.dry_run || (self.attended == Attended::Nobody && unsaid)
    }

    fn shown(&mut self, look: Look) -> Result<u8, Failure> {
        if let Some(path) = &self.ask.output {
            plan_file::keep(path, &look.plan)?;
        }
        let asked = self.asked_about(&look.report)?;
        let allow = &self.ask.allow;
        let mut fix = planned(look.report, &look.plan, |repair| {
            match allow.answer(repair) {
                Answer::Allowed => None,
                Answer::Needs(flag) => Some(flag),
            }
        });
        if !asked.is_empty() {
            fix.only(&asked);
        }
        self.voice().end(&fix)?;
        Ok(fix.exit_code())
    }

    /// Gathers everything and plans for what is found.
    async fn look(&self) -> Result<Look, Failure> {
        let ids = self.chosen_ids()?;
        let teller = &self.work.teller;
        teller.tell(Told::Looking);
        let budgets = &self.prepared.budgets;
        let known = Gathered::default();
        let looking = self.work.eye().look(known, budgets, &ids, |_| ());
        let look = Box::pin(looking).await;
        teller.tell(Told::Quiet);
        Ok(look)
    }

    /// Every id that the command line's ids, areas and patterns name; none = all.
    fn chosen_ids(&self) -> Result<Vec<String>, Failure> {
        if self.ask.ids.is_empty() {
            return Ok(Vec::new());
        }
        let chosen = prepare::named(&self.prepared.catalog, &self.ask.ids)?;
        Ok(chosen.iter().map(ToString::to_string).collect())
    }

    /// The chosen ids, and what keeps them from being answered: a check that waits for another is
    /// not clean. None = all.
    fn asked_about(&self, report: &Report) -> Result<Vec<String>, Failure> {
        let mut ids = self.chosen_ids()?;
        let waited_for: Vec<String> = report
            .checks
            .iter()
            .filter(|check| ids.iter().any(|id| id == run::short(&check.check_id)))
            .flat_map(|check| &check.blocked_by)
            .map(|id| run::short(id).to_owned())
            .collect();
        ids.extend(waited_for);
        Ok(ids)
    }

    fn conclude(&mut self, look: Look) -> Result<u8, Failure> {
        let asked = self.asked_about(&look.report)?;
        let state = &mut self.work.state;
        let repairs = std::mem::take(&mut state.reports);
        let mut fix = FixReport::new(look.report, repairs, &look.plan.advice);
        if !asked.is_empty() {
            fix.only(&asked);
        }
        fix.duration_ms = crate::units::milliseconds(state.begun.elapsed());
        fix.changed = state.changed;
        fix.needs_restart = state.restarts.iter().copied().collect();
        fix.run_id = state.run.as_ref().map(Run::state_id);
        fix.conclude();
        self.work.end(match fix.conclusion {
            FixConclusion::Failed => Outcome::Failed,
            FixConclusion::Remains | FixConclusion::Incomplete | FixConclusion::RestartNeeded => {
                Outcome::Partial
            }
            FixConclusion::Clean | FixConclusion::Planned | FixConclusion::Interrupted => {
                Outcome::Done
            }
        })?;
        self.voice().end(&fix)?;
        Ok(fix.exit_code())
    }

    /// After a signal.
    pub async fn rest(&mut self) {
        self.work.rest().await;
    }
}
