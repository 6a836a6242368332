//! `clawdoctor fix` and `plan`: look, plan, show, ask, apply, prove. Glue: what is decided is
//! decided in the room of the repairs.
#![expect(
    clippy::disallowed_methods,
    reason = "writes the plan file that the command line names, and takes the time"
)]

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::args::WishArgs;
use super::asking::{Reply, ask};
use super::check::{self, Standby};
use super::open_runs;
use super::out::Out;
use super::prepare::{self, Prepared};
use super::voice::Voice;
use super::wishes::{Attended, wishes};
use crate::checklist::id::CheckId;
use crate::checklist::report::Report;
use crate::checklist::run::{self, Terms};
use crate::checklist::verdict::Status;
use crate::deadline::Deadline;
use crate::facts::Facts;
use crate::failure::{Failure, Kind};
use crate::fix::apply::Hands;
use crate::fix::consent::{Allow, Answer};
use crate::fix::journal::{self, Journal};
use crate::fix::lock::Lock;
use crate::fix::outcome::{
    FixConclusion, FixReport, RepairReport, RepairStatus, RestartWord, planned,
};
use crate::fix::plan::{Node, plan};
use crate::fix::record::{self, Outcome, RunId};
use crate::fix::repair::{Advice, Need, Plan, Repair};
use crate::fix::run::{Became, Run};
use crate::fix::state::RunState;
use crate::fix::wishes::Wishes;
use crate::probe::gather::gather;
use crate::probe::inside;
use crate::report::Format;
use crate::surroundings::Surroundings;

/// What `fix` is asked for.
#[derive(Clone, Debug)]
pub struct Ask {
    pub check: check::Ask,
    pub ids: Vec<String>,
    /// Only shown.
    pub dry_run: bool,
    /// Kept in this file.
    pub output: Option<String>,
    pub allow: Allow,
    /// Exactly this plan.
    pub plan: Option<String>,
    pub resume: bool,
    pub lock_timeout: Duration,
    pub wishes: WishArgs,
    pub format: Format,
    /// As it was typed, for the journal.
    pub argv: Vec<String>,
}

/// Repairs bring to light what they were hiding: an engine that starts shows that the image is
/// missing. More rounds than this would be a circle.
const MOST_ROUNDS: usize = 8;
/// What an interrupted run may take to bring its last step to rest.
const REST: Duration = Duration::from_secs(60);

/// Plans and applies; the exit code.
pub fn fix(ask: &Ask, here: &Surroundings, out: &Out) -> Result<u8, Failure> {
    let standby = Standby::take_up()?;
    let prepared = prepare::plan(&ask.check.wish, here)?;
    let attended = out.stdin_is_terminal && out.stdout_is_terminal && ask.format == Format::Text;
    let attended = if attended {
        Attended::Person
    } else {
        Attended::Nobody
    };
    known_ids(&prepared, &ask.ids)?;
    let wishes = wishes(&ask.wishes, &prepared.world, attended)?;
    let voice = Voice::new(ask.format, out);
    let lock = match ask.dry_run {
        true => None,
        false => Some(Lock::take(
            &here.state_dir(),
            ask.lock_timeout,
            "clawdoctor fix",
        )?),
    };
    let mut session = Session {
        ask,
        prepared: &prepared,
        here,
        wishes,
        attended,
        voice: Arc::new(Mutex::new(voice)),
        run: None,
        attempted: Vec::new(),
        advised: Vec::new(),
        reports: Vec::new(),
        restarts: BTreeSet::new(),
        changed: false,
        begun: Instant::now(),
    };
    let Standby {
        runtime,
        mut interrupt,
        mut terminate,
        mut hangup,
    } = standby;
    let code = runtime.block_on(async {
        let stopped = {
            let going = session.go();
            tokio::select! {
                done = going => return done,
                _ = interrupt.recv() => Failure::new(Kind::Interrupted, "interrupted"),
                _ = terminate.recv() => Failure::new(Kind::Terminated, "terminated"),
                _ = hangup.recv() => Failure::new(Kind::Terminated, "the terminal went away"),
            }
        };
        session.rest().await;
        Err(stopped)
    });
    // What hangs in the kernel must not hold the program.
    runtime.shutdown_background();
    drop(lock);
    code
}

/// Ids and areas that no check has are a mistake, not a wish.
fn known_ids(prepared: &Prepared, ids: &[String]) -> Result<(), Failure> {
    if ids.is_empty() {
        return Ok(());
    }
    prepare::select(&prepared.catalog, ids, &[]).map(drop)
}

/// One run of the command.
struct Session<'a> {
    ask: &'a Ask,
    prepared: &'a Prepared,
    here: &'a Surroundings,
    wishes: Wishes,
    attended: Attended,
    voice: Arc<Mutex<Voice>>,
    /// Begun with the first repair.
    run: Option<Run>,
    attempted: Vec<Repair>,
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

impl Session<'_> {
    fn voice(&self) -> std::sync::MutexGuard<'_, Voice> {
        self.voice
            .lock()
            .expect("whoever speaks does not panic while speaking")
    }

    async fn go(&mut self) -> Result<u8, Failure> {
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
            look.plan = kept_plan(path, &look.plan)?;
        }
        for round in 0..MOST_ROUNDS {
            look.plan
                .repairs
                .retain(|repair| !self.attempted.contains(repair));
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
        }
        self.conclude(look)
    }

    /// Nobody to ask, and nothing that was allowed beforehand: the plan is all.
    fn is_only_shown(&self) -> bool {
        let allow = &self.ask.allow;
        let unsaid = !allow.safe && allow.classes.is_empty() && allow.ids.is_empty();
        self.ask.dry_run || (self.attended == Attended::Nobody && unsaid)
    }

    fn shown(&mut self, look: Look) -> Result<u8, Failure> {
        if let Some(path) = &self.ask.output {
            keep_plan(path, &look.plan)?;
        }
        let allow = &self.ask.allow;
        let fix = planned(look.report, &look.plan, |repair| {
            match allow.answer(repair) {
                Answer::Allowed => None,
                Answer::Needs(flag) => Some(flag),
            }
        });
        let redactor = self.prepared.redactor(self.ask.check.redact, &look.facts);
        self.voice().end(&fix, redactor.as_ref())?;
        Ok(fix.exit_code())
    }

    /// Gathers everything and plans for what is found.
    async fn look(&self) -> Result<Look, Failure> {
        let world = Arc::new(self.prepared.world.clone());
        let overall = Deadline::after(self.ask.check.timeout);
        self.voice().looking();
        let gathered = gather(world, self.prepared.budgets.clone(), overall, |_| ()).await;
        self.voice().quiet();
        let spent = crate::units::milliseconds(self.begun.elapsed());
        let terms = check::terms(self.prepared, &self.ask.check, &gathered, spent);
        let report = run::evaluate(&self.prepared.catalog, &gathered.facts, &terms);
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

    /// Every id that the command line's ids, areas and patterns name; none = all.
    fn chosen_ids(&self) -> Result<Vec<String>, Failure> {
        if self.ask.ids.is_empty() {
            return Ok(Vec::new());
        }
        let chosen = prepare::select(&self.prepared.catalog, &self.ask.ids, &[])?;
        Ok(chosen.iter().map(ToString::to_string).collect())
    }

    /// Which repairs are consented to; the others are told with what they would need.
    async fn choose(&mut self, plan: &Plan) -> Result<Vec<Repair>, Failure> {
        let mut chosen = Vec::new();
        let mut rest = None;
        for repair in &plan.repairs {
            let reply = match self.ask.allow.answer(repair) {
                Answer::Allowed => Reply::Yes,
                Answer::Needs(_) if rest == Some(Reply::Quit) => Reply::Quit,
                // What only its name allows is asked for each by itself.
                Answer::Needs(_) if rest == Some(Reply::All) && !repair.only_named => Reply::Yes,
                Answer::Needs(flag) if self.attended == Attended::Nobody => {
                    let told = RepairReport {
                        allow: Some(flag),
                        ..RepairReport::of(repair, RepairStatus::NotAllowed)
                    };
                    self.tell_once(told)?;
                    continue;
                }
                Answer::Needs(_) => ask(repair).await?,
            };
            match reply {
                Reply::Yes => chosen.push(repair.clone()),
                Reply::All => {
                    rest = Some(Reply::All);
                    chosen.push(repair.clone());
                }
                Reply::No => {
                    self.attempted.push(repair.clone());
                    self.tell_once(RepairReport::of(repair, RepairStatus::Declined))?;
                }
                Reply::Quit => {
                    rest = Some(Reply::Quit);
                    self.attempted.push(repair.clone());
                    self.tell_once(RepairReport::of(repair, RepairStatus::Declined))?;
                }
            }
        }
        self.with_rights(chosen)
    }

    /// Administrator rights are asked for once, before anything is drawn; a step that cannot have
    /// them is left to a person.
    fn with_rights(&mut self, chosen: Vec<Repair>) -> Result<Vec<Repair>, Failure> {
        let needs = |repair: &Repair| repair.needs.contains(&Need::Sudo);
        if self.here.uid == 0
            || !chosen.iter().any(needs)
            || super::asking::administrator(self.attended)
        {
            return Ok(chosen);
        }
        let (left, chosen): (Vec<Repair>, Vec<Repair>) = chosen.into_iter().partition(needs);
        for repair in left {
            let why = "it needs administrator rights, and sudo wants a password: run `sudo -v` first, or do it by hand";
            self.attempted.push(repair.clone());
            self.tell_once(RepairReport::of(&repair, RepairStatus::NotAllowed).because(why))?;
        }
        Ok(chosen)
    }

    /// A repair that is planned again in a later round was told in the first.
    fn tell_once(&mut self, told: RepairReport) -> Result<(), Failure> {
        if self.reports.iter().any(|known| known.id == told.id) {
            return Ok(());
        }
        self.voice().became(&told)?;
        self.reports.push(told);
        Ok(())
    }

    async fn apply(&mut self, repair: &Repair, facts: &Facts) -> Result<(), Failure> {
        self.begin(facts)?;
        self.attempted.push(repair.clone());
        let voice = Arc::clone(&self.voice);
        let mut tell = move |event: crate::fix::run::Event<'_>| {
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
            let (status, summary) = self.verify(&repair.check).await?;
            told.verified = Some(status);
            match status {
                Status::Pass => told.status = RepairStatus::Fixed,
                // It waits for another check, which another repair may mend.
                Status::Skip => {}
                Status::Warn | Status::Fail | Status::Error => {
                    told.message = Some(format!("{}: {summary}", repair.check));
                }
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

    /// The same check that failed, on facts that are gathered for it anew.
    async fn verify(&self, check: &str) -> Result<(Status, String), Failure> {
        let id: CheckId = check
            .parse()
            .map_err(|words: String| Failure::system(words))?;
        let catalog = &self.prepared.catalog;
        let wanted = catalog.closure([id.clone()]);
        let world = Arc::new(self.prepared.world.clone());
        self.voice().verifying(check);
        let overall = Deadline::after(self.ask.check.timeout);
        let gathered = gather(world, catalog.sections(&wanted), overall, |_| ()).await;
        self.voice().quiet();
        let terms = Terms {
            selected: BTreeSet::from([id.clone()]),
            ..check::terms(self.prepared, &self.ask.check, &gathered, 0)
        };
        let report = run::evaluate(catalog, &gathered.facts, &terms);
        let one = report.checks.iter().find(|one| one.check_id == id.full());
        Ok(one.map_or((Status::Error, String::new()), |one| {
            let found = report.findings.iter().find(|f| f.check_id == one.check_id);
            let words = found.map_or(&one.summary, |finding| &finding.message);
            (one.status, words.clone())
        }))
    }

    fn conclude(&mut self, look: Look) -> Result<u8, Failure> {
        let inconclusive = run::exit_code(&look.report) == crate::exit::INCONCLUSIVE;
        let redactor = self.prepared.redactor(self.ask.check.redact, &look.facts);
        let mut report = look.report;
        // What was not asked about is not what this run was for.
        let chosen = self.chosen_ids()?;
        if !chosen.is_empty() {
            report
                .findings
                .retain(|finding| chosen.iter().any(|id| run::short(&finding.check_id) == id));
        }
        let mut fix = FixReport::new(report, std::mem::take(&mut self.reports), &look.plan.advice);
        fix.duration_ms = crate::units::milliseconds(self.begun.elapsed());
        fix.changed = self.changed;
        fix.needs_restart = self.restarts.iter().copied().collect();
        fix.run_id = self.run.as_ref().map(|run| run.state_id());
        fix.conclude(inconclusive);
        if let Some(run) = &mut self.run {
            run.end(match fix.conclusion {
                FixConclusion::Failed => Outcome::Failed,
                FixConclusion::Remains | FixConclusion::RestartNeeded => Outcome::Partial,
                FixConclusion::Clean | FixConclusion::Planned | FixConclusion::Interrupted => {
                    Outcome::Done
                }
            })?;
            // Old runs are a courtesy to the disk; that one cannot be removed is no failure.
            let _ = journal::forget_old(&self.here.state_dir());
        }
        self.voice().end(&fix, redactor.as_ref())?;
        Ok(fix.exit_code())
    }

    /// After a signal: the last step is done or taken back, and the journal says so.
    async fn rest(&mut self) {
        self.voice()
            .line("interrupted: bringing the last step to rest");
        let voice = Arc::clone(&self.voice);
        let mut tell = move |event: crate::fix::run::Event<'_>| {
            if let Ok(mut voice) = voice.lock() {
                voice.event(&event);
            }
        };
        let d = Deadline::after(REST);
        if let Some(run) = &mut self.run {
            // First of all whoever is still at it: a container goes on when its asker is gone.
            let facts = run.hands.facts();
            let soon = Deadline::after(check::CLEAN_UP);
            drop(inside::clean_up(&self.prepared.world, &facts, soon).await);
            // What cannot be brought to rest now is found open by the next run.
            let rested = d.bound(run.settle(&mut tell)).await;
            if matches!(rested, Ok(Ok(_))) {
                let _ = run.end(Outcome::Interrupted);
            }
            // What cannot be removed now is swept by the next run.
            let d = Deadline::after(check::CLEAN_UP);
            drop(inside::clean_up(&self.prepared.world, &facts, d).await);
        }
    }
}

/// Where the news of steps goes.
pub fn news(voice: &Arc<Mutex<Voice>>) -> Box<dyn FnMut(crate::fix::apply::News) + Send> {
    let voice = Arc::clone(voice);
    Box::new(move |news| {
        if let Ok(mut voice) = voice.lock() {
            voice.news(&news);
        }
    })
}

/// Exactly the plan of the file, or a refusal: the node has to ask for all of it still.
fn kept_plan(path: &str, fresh: &Plan) -> Result<Plan, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        Failure::input(format!("cannot read the plan {path}"))
            .cause(error)
            .hint("write one with: clawdoctor plan -o FILE")
    })?;
    let kept: Plan = serde_json::from_str(&text).map_err(|error| {
        Failure::input(format!(
            "{path}:{}:{}: not a plan",
            error.line(),
            error.column()
        ))
        .cause(crate::text::without_place(&error))
        .hint("write one with: clawdoctor plan -o FILE")
    })?;
    if kept.report != "clawdoctor.plan" || kept.schema_version > crate::fix::repair::PLAN_VERSION {
        return Err(
            Failure::input(format!("{path} is not a plan of this version"))
                .hint("write one with: clawdoctor plan -o FILE"),
        );
    }
    if let Some(stale) = kept.stale_against(fresh) {
        return Err(Failure::system(format!(
            "the plan {path} is stale: the node does not ask for `{}` any more as it stands there",
            crate::text::wash(&stale.id, 200)
        ))
        .hint("nothing was changed; make a new plan with: clawdoctor plan -o FILE"));
    }
    Ok(kept)
}

/// Keeps the plan for its owner alone; never half a file.
fn keep_plan(path: &str, plan: &Plan) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(plan).expect("plans are plain data") + "\n";
    check::keep(Path::new(path), &text)
        .map_err(|error| Failure::input(format!("cannot write the plan {path}")).cause(error))
}
