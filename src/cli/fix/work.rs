//! One run of repairs: begins its journal with the first, applies one after the other, proves each
//! by the check that failed, and ends. Who consents, and who is told, is not decided here: the
//! command line and the screen both work with this.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use super::look::Eye;
use crate::checklist::id::CheckId;
use crate::checklist::run::{self, Terms};
use crate::checklist::verdict::Status;
use crate::cli::asking::administrator;
use crate::cli::prepare::Prepared;
use crate::cli::told::{Teller, Told};
use crate::cli::wishes::Attended;
use crate::cli::{check, open_runs};
use crate::deadline::Deadline;
use crate::facts::docker::Endpoint;
use crate::failure::Failure;
use crate::fix::apply::Hands;
use crate::fix::journal::{self, Journal};
use crate::fix::outcome::{RepairReport, RepairStatus, RestartWord};
use crate::fix::record::{self, Outcome, RunId};
use crate::fix::repair::{Need, Repair};
use crate::fix::run::{Became, Run};
use crate::fix::state::RunState;
use crate::fix::wishes::Wishes;
use crate::probe::gather::gather;

pub struct Work<'a> {
    pub prepared: &'a Prepared,
    pub ask: &'a check::Ask,
    pub wishes: &'a Wishes,
    /// Whom `sudo` could ask for a password while the run goes on.
    pub attended: Attended,
    /// Restart also while a call runs.
    pub busy: bool,
    /// As it was typed, for the journal.
    pub argv: Vec<String>,
    pub teller: Teller,
    pub state: State,
}

/// How far it is.
pub struct State {
    /// Begun with the first repair.
    pub run: Option<Run>,
    pub attempted: Vec<Repair>,
    pub reports: Vec<RepairReport>,
    pub restarts: BTreeSet<RestartWord>,
    pub changed: bool,
    pub begun: Instant,
}

impl State {
    pub fn begin() -> Self {
        Self {
            run: None,
            attempted: Vec::new(),
            reports: Vec::new(),
            restarts: BTreeSet::new(),
            changed: false,
            begun: Instant::now(),
        }
    }
}

impl Work<'_> {
    pub fn eye(&self) -> Eye<'_> {
        Eye {
            prepared: self.prepared,
            ask: self.ask,
            wishes: self.wishes,
            begun: self.state.begun,
        }
    }

    /// Administrator rights are asked for once, before anything is drawn; a step that cannot have
    /// them is left to a person.
    pub async fn with_rights(&mut self, chosen: Vec<Repair>) -> Result<Vec<Repair>, Failure> {
        let needs = |repair: &Repair| self.needs_sudo(repair);
        if !chosen.iter().any(needs) || administrator(self.attended).await {
            return Ok(chosen);
        }
        let (left, chosen): (Vec<Repair>, Vec<Repair>) = chosen.into_iter().partition(needs);
        for repair in left {
            self.without_rights(&repair)?;
        }
        Ok(chosen)
    }

    fn needs_sudo(&self, repair: &Repair) -> bool {
        self.prepared.world.operator.uid != 0 && repair.needs.contains(&Need::Sudo)
    }

    fn without_rights(&mut self, repair: &Repair) -> Result<(), Failure> {
        let why = "it needs administrator rights, and sudo wants a password: run `sudo -v` first, or do it by hand";
        self.state.attempted.push(repair.clone());
        self.tell_once(RepairReport::of(repair, RepairStatus::NotAllowed).because(why))
    }

    /// A repair that is planned again in a later round was told in the first.
    pub fn tell_once(&mut self, told: RepairReport) -> Result<(), Failure> {
        if self.state.reports.iter().any(|known| known.id == told.id) {
            return Ok(());
        }
        self.teller.became(&told)?;
        self.state.reports.push(told);
        Ok(())
    }

    /// What has to be there before this repair, and was tried or declined in vain.
    fn missing_for(&self, repair: &Repair) -> Option<String> {
        let in_vain = |id: &&String| {
            self.state.reports.iter().any(|told| {
                told.id == **id
                    && !matches!(
                        told.status,
                        RepairStatus::Fixed | RepairStatus::Applied | RepairStatus::Already
                    )
            })
        };
        repair.waits_for.iter().find(in_vain).cloned()
    }

    pub async fn apply(
        &mut self,
        repair: &Repair,
        endpoint: Option<&Endpoint>,
    ) -> Result<(), Failure> {
        if let Some(missing) = self.missing_for(repair) {
            let told = RepairReport::of(repair, RepairStatus::Waits);
            self.state.attempted.push(repair.clone());
            return self.tell_once(told.because(format!("{missing} was not done")));
        }
        // An image that took long in between has let sudo's minutes pass.
        if self.needs_sudo(repair) && !administrator(self.attended).await {
            return self.without_rights(repair);
        }
        self.begin(endpoint)?;
        self.state.attempted.push(repair.clone());
        let mut tell = self.teller.events();
        let run = self.state.run.as_mut().expect("begun above");
        let became = run.repair(repair, &mut tell).await?;
        let mut told = match became {
            Became::Applied { steps: 0 } => RepairReport::of(repair, RepairStatus::Already),
            Became::Applied { .. } => {
                self.state.changed = true;
                RepairReport::of(repair, RepairStatus::Applied)
            }
            Became::Refused(words) => {
                RepairReport::of(repair, RepairStatus::Refused).because(words)
            }
            Became::RolledBack(words) => {
                RepairReport::of(repair, RepairStatus::RolledBack).because(words)
            }
            Became::Stuck(words) => {
                self.state.changed = true;
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
                self.state.restarts.insert(restart.into());
            }
            let run = self.state.run.as_mut().expect("begun above");
            run.verified(&repair.id, status.word())?;
        }
        self.teller.became(&told)?;
        self.state.reports.retain(|known| known.id != told.id);
        self.state.reports.push(told);
        Ok(())
    }

    /// The journal is on the disk before the first change.
    fn begin(&mut self, endpoint: Option<&Endpoint>) -> Result<(), Failure> {
        let endpoint = endpoint.cloned();
        if let Some(run) = &mut self.state.run {
            run.hands.endpoint = endpoint;
            return Ok(());
        }
        let here = &self.prepared.world.operator;
        let started_at = jiff::Timestamp::now();
        let run_id = RunId::new(started_at, std::process::id());
        let header = record::Run {
            version: record::VERSION,
            run_id: run_id.clone(),
            tool: format!("clawdoctor {}", env!("CARGO_PKG_VERSION")),
            started_at,
            uid: here.uid,
            user: here.user.clone(),
            argv: self.argv.clone(),
        };
        let journal = Journal::begin(&here.state_dir(), &header)?;
        self.teller.tell(Told::Run(&run_id));
        let folder = journal.path().with_extension("");
        let mut state = RunState::fold([]);
        state.add(record::Record::Run(header));
        self.state.run = Some(Run {
            hands: Hands {
                world: self.prepared.world.clone(),
                endpoint,
                run_id,
                folder,
                seqs: Vec::new(),
                left: std::collections::BTreeMap::new(),
                busy: self.busy,
                tell: self.teller.news(),
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
        self.teller.tell(Told::Verifying(&repair.check));
        let overall = Deadline::after(self.ask.timeout);
        let gathered = gather(world, catalog.sections(&wanted), overall, |_| ()).await;
        self.teller.tell(Told::Quiet);
        let terms = Terms {
            selected: ids.clone(),
            ..check::terms(self.prepared, self.ask, &gathered, 0)
        };
        let report = run::evaluate(catalog, &gathered.facts, &terms);
        let worst = report
            .checks
            .iter()
            .filter(|one| ids.iter().any(|id| id.full() == one.check_id))
            .max_by_key(|one| one.status);
        Ok(worst.map_or((Status::Error, String::new()), |one| {
            let found = report.findings.iter().find(|f| f.check() == one.check_id);
            let words = found.map_or(&one.summary, |finding| &finding.message);
            let words = format!("{}: {words}", run::short(&one.check_id));
            (one.status, words)
        }))
    }

    /// Ends the journal, if there is one.
    pub fn end(&mut self, outcome: Outcome) -> Result<(), Failure> {
        if let Some(run) = &mut self.state.run {
            run.end(outcome)?;
            // Old runs are a courtesy to the disk; that one cannot be removed is no failure.
            let _ = journal::forget_old(&self.prepared.world.operator.state_dir());
        }
        Ok(())
    }

    /// After a signal or a wish to stop: the last step is done or taken back, and the journal says
    /// so.
    pub async fn rest(&mut self) {
        self.teller.tell(Told::Quiet);
        if self.state.run.is_some() {
            self.teller
                .tell(Told::Line("interrupted: bringing the last step to rest"));
        }
        let run = self.state.run.as_mut();
        Box::pin(open_runs::rest(run, self.prepared, &self.teller)).await;
    }
}
