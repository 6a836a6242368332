//! One run of the command: look, plan, show, choose, apply, prove, and again until nothing new is
//! found.

mod choosing;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use super::{Ask, news, plan_file};
use crate::checklist::id::CheckId;
use crate::checklist::report::Report;
use crate::checklist::run::{self, Terms};
use crate::checklist::verdict::Status;
use crate::cli::asking::administrator;
use crate::cli::prepare::{self, Prepared};
use crate::cli::voice::Voice;
use crate::cli::wishes::Attended;
use crate::cli::{check, open_runs};
use crate::deadline::Deadline;
use crate::facts::{Facts, Section};
use crate::failure::Failure;
use crate::fix::apply::Hands;
use crate::fix::consent::Answer;
use crate::fix::journal::{self, Journal};
use crate::fix::outcome::{
    FixConclusion, FixReport, RepairReport, RepairStatus, RestartWord, planned,
};
use crate::fix::plan::{Node, plan, reads};
use crate::fix::record::{self, Outcome, RunId};
use crate::fix::repair::{Advice, Plan, Repair};
use crate::fix::run::{Became, Event, Run};
use crate::fix::state::RunState;
use crate::fix::wishes::Wishes;
use crate::probe::gather::{Gathered, gather};
use crate::surroundings::Surroundings;

/// Repairs bring to light what they were hiding: an engine that starts shows that the image is
/// missing. More rounds than this would be a circle.
const MOST_ROUNDS: usize = 8;
/// For what a planner reads and no judge does.
const MORE: Duration = Duration::from_secs(20);

/// One run of the command.
pub struct Session<'a> {
    ask: &'a Ask,
    prepared: &'a Prepared,
    here: &'a Surroundings,
    wishes: Wishes,
    attended: Attended,
    voice: Arc<Mutex<Voice>>,
    /// Begun with the first repair.
    run: Option<Run>,
    attempted: Vec<Repair>,
    /// Ids of repairs that the person does not want.
    declined: BTreeSet<String>,
    /// The person wants nothing more, in this round or a later one.
    has_quit: bool,
    /// Advice that was shown already.
    advised: Vec<Advice>,
    reports: Vec<RepairReport>,
    restarts: BTreeSet<RestartWord>,
    changed: bool,
    begun: Instant,
}

/// What one look at the node found.
struct Look {
    facts: Facts,
    report: Report,
    plan: Plan,
}

impl<'a> Session<'a> {
    pub fn new(
        ask: &'a Ask,
        prepared: &'a Prepared,
        here: &'a Surroundings,
        wishes: Wishes,
        attended: Attended,
        voice: Arc<Mutex<Voice>>,
    ) -> Self {
        Self {
            ask,
            prepared,
            here,
            wishes,
            attended,
            voice,
            run: None,
            attempted: Vec::new(),
            declined: BTreeSet::new(),
            has_quit: false,
            advised: Vec::new(),
            reports: Vec::new(),
            restarts: BTreeSet::new(),
            changed: false,
            begun: Instant::now(),
        }
    }

    fn voice(&self) -> MutexGuard<'_, Voice> {
        self.voice
            .lock()
            .expect("whoever speaks does not panic while speaking")
    }

    pub async fn go(&mut self) -> Result<u8, Failure> {
        if !self.ask.dry_run {
            let settled = open_runs::settle(
                self.prepared,
                self.ask,
                self.attended,
                Arc::clone(&self.voice),
            );
            self.changed |= settled.await?;
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
            for repair in &chosen {
                self.apply(repair, &look.facts).await?;
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
        self.attempted.iter().any(|one| one.does_as(repair)) || self.declined.contains(&repair.id)
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
        let mut budgets = self.prepared.budgets.clone();
        let (mut gathered, mut report) = self.gathered(&budgets).await;
        // What only a planner reads (sizes of folders) is slow, and looked at where it is wanted.
        let wanted: Vec<Section> = report
            .findings
            .iter()
            .flat_map(|finding| reads(run::short(&finding.check_id)))
            .copied()
            .filter(|section| !budgets.contains_key(section))
            .collect();
        if !wanted.is_empty() {
            budgets.extend(wanted.into_iter().map(|section| (section, MORE)));
            (gathered, report) = self.gathered(&budgets).await;
        }
        let node = Node {
            facts: &gathered.facts,
            wishes: &self.wishes,
            operator: self.here,
        };
        let ids = self.chosen_ids()?;
        let now = jiff::Timestamp::now().to_string();
        let plan = plan(node, &report, &ids, &now);
        Ok(Look {
            facts: gathered.facts,
            report,
            plan,
        })
    }

    async fn gathered(&self, budgets: &BTreeMap<Section, Duration>) -> (Gathered, Report) {
        let world = Arc::new(self.prepared.world.clone());
        let overall = Deadline::after(self.ask.check.timeout);
        self.voice().looking();
        let gathered = gather(world, budgets.clone(), overall, |_| ()).await;
        self.voice().quiet();
        let spent = crate::units::milliseconds(self.begun.elapsed());
        let terms = check::terms(self.prepared, &self.ask.check, &gathered, spent);
        let report = run::evaluate(&self.prepared.catalog, &gathered.facts, &terms);
        (gathered, report)
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

    async fn apply(&mut self, repair: &Repair, facts: &Facts) -> Result<(), Failure> {
        if let Some(missing) = self.missing_for(repair) {
            let told = RepairReport::of(repair, RepairStatus::Waits);
            self.attempted.push(repair.clone());
            return self.tell_once(told.because(format!("{missing} was not done")));
        }
        // An image that took long in between has let sudo's minutes pass.
        if self.needs_sudo(repair) && !administrator(self.attended).await {
            return self.without_rights(repair);
        }
        self.begin(facts)?;
        self.attempted.push(repair.clone());
        let voice = Arc::clone(&self.voice);
        let mut tell = move |event: Event<'_>| {
            if let Ok(mut voice) = voice.lock() {
                voice.event(&event);
            }
        };
        let run = self.run.as_mut().expect("begun above");
        let became = run.repair(repair, &mut tell).await?;
        let mut told = match became {
            Became::Applied { steps: 0 } => RepairReport::of(repair, RepairStatus::Already),
            Became::Applied { .. } => {
                self.changed = true;
                RepairReport::of(repair, RepairStatus::Applied)
            }
            Became::Refused(words) => {
                RepairReport::of(repair, RepairStatus::Refused).because(words)
            }
            Became::RolledBack(words) => {
                RepairReport::of(repair, RepairStatus::RolledBack).because(words)
            }
            Became::Stuck(words) => {
                self.changed = true;
                RepairReport::of(repair, RepairStatus::Stuck).because(words)
            }
        };
        if told.status == RepairStatus::Applied {
            let (status, summary) = self.verify(repair).await?;
            told.verified = Some(status);
            match status {
                Status::Pass => told.status = RepairStatus::Fixed,
                // It waits for another check, which another repair may mend.
                Status::Skip => {}
                Status::Warn | Status::Fail | Status::Error => told.message = Some(summary),
            }
            if let Some(restart) = repair.restart {
                self.restarts.insert(restart.into());
            }
            let run = self.run.as_mut().expect("begun above");
            run.verified(&repair.id, status.word())?;
        }
        self.voice().became(&told)?;
        self.reports.retain(|known| known.id != told.id);
        self.reports.push(told);
        Ok(())
    }

    /// The journal is on the disk before the first change.
    fn begin(&mut self, facts: &Facts) -> Result<(), Failure> {
        let endpoint = facts.docker.endpoint.get().ok().cloned();
        if let Some(run) = &mut self.run {
            run.hands.endpoint = endpoint;
            return Ok(());
        }
        let started_at = jiff::Timestamp::now();
        let run_id = RunId::new(started_at, std::process::id());
        let header = record::Run {
            version: record::VERSION,
            run_id: run_id.clone(),
            tool: format!("clawdoctor {}", env!("CARGO_PKG_VERSION")),
            started_at,
            uid: self.here.uid,
            user: self.here.user.clone(),
            argv: self.ask.argv.clone(),
        };
        let journal = Journal::begin(&self.here.state_dir(), &header)?;
        self.voice().run(&run_id);
        let folder = journal.path().with_extension("");
        let mut state = RunState::fold([]);
        state.add(record::Record::Run(header));
        self.run = Some(Run {
            hands: Hands {
                world: self.prepared.world.clone(),
                endpoint,
                run_id,
                folder,
                seqs: Vec::new(),
                left: std::collections::BTreeMap::new(),
                busy: self.ask.allow.busy,
                tell: news(&self.voice),
            },
            journal,
            state,
        });
        Ok(())
    }

    /// The same checks that failed, on facts that are gathered for them anew: the worst of what
    /// they say.
    async fn verify(&self, repair: &Repair) -> Result<(Status, String), Failure> {
        let ids = std::iter::once(&repair.check)
            .chain(&repair.also)
            .map(|id| id.parse().map_err(|words: String| Failure::system(words)))
            .collect::<Result<BTreeSet<CheckId>, Failure>>()?;
        let catalog = &self.prepared.catalog;
        let wanted = catalog.closure(ids.clone());
        let world = Arc::new(self.prepared.world.clone());
        self.voice().verifying(&repair.check);
        let overall = Deadline::after(self.ask.check.timeout);
        let gathered = gather(world, catalog.sections(&wanted), overall, |_| ()).await;
        self.voice().quiet();
        let terms = Terms {
            selected: ids.clone(),
            ..check::terms(self.prepared, &self.ask.check, &gathered, 0)
        };
        let report = run::evaluate(catalog, &gathered.facts, &terms);
        let worst = report
            .checks
            .iter()
            .filter(|one| ids.iter().any(|id| id.full() == one.check_id))
            .max_by_key(|one| one.status);
        Ok(worst.map_or((Status::Error, String::new()), |one| {
            let found = report.findings.iter().find(|f| f.check_id == one.check_id);
            let words = found.map_or(&one.summary, |finding| &finding.message);
            let words = format!("{}: {words}", run::short(&one.check_id));
            (one.status, words)
        }))
    }

    fn conclude(&mut self, look: Look) -> Result<u8, Failure> {
        let asked = self.asked_about(&look.report)?;
        let repairs = std::mem::take(&mut self.reports);
        let mut fix = FixReport::new(look.report, repairs, &look.plan.advice);
        if !asked.is_empty() {
            fix.only(&asked);
        }
        fix.duration_ms = crate::units::milliseconds(self.begun.elapsed());
        fix.changed = self.changed;
        fix.needs_restart = self.restarts.iter().copied().collect();
        fix.run_id = self.run.as_ref().map(Run::state_id);
        fix.conclude();
        if let Some(run) = &mut self.run {
            run.end(match fix.conclusion {
                FixConclusion::Failed => Outcome::Failed,
                FixConclusion::Remains
                | FixConclusion::Incomplete
                | FixConclusion::RestartNeeded => Outcome::Partial,
                FixConclusion::Clean | FixConclusion::Planned | FixConclusion::Interrupted => {
                    Outcome::Done
                }
            })?;
            // Old runs are a courtesy to the disk; that one cannot be removed is no failure.
            let _ = journal::forget_old(&self.here.state_dir());
        }
        self.voice().end(&fix)?;
        Ok(fix.exit_code())
    }

    /// After a signal: the last step is done or taken back, and the journal says so.
    pub async fn rest(&mut self) {
        {
            let mut voice = self.voice();
            voice.quiet();
            if self.run.is_some() {
                voice.line("interrupted: bringing the last step to rest");
            }
        }
        Box::pin(open_runs::rest(
            self.run.as_mut(),
            self.prepared,
            &self.voice,
        ))
        .await;
    }
}
