//! `clawdoctor drill`: proves the headroom by really starting sandboxes under load, and stops
//! before harm. Glue: how far it may go, what counts as harm and what was measured are decided in
//! the room of that name.

use std::time::Duration;

use super::answering::answering;
use super::args::{Args, DrillArgs};
use super::asking;
use super::check::{self, Signals, Standby};
use super::out::{Live, Out};
use super::prepare::{self, Prepared};
use super::run;
use super::status::Status;
use super::watch;
use crate::deadline::Deadline;
use crate::drill::plan::Plan;
use crate::drill::run::{Drill, News};
use crate::drill::step::Drilled;
use crate::engine::Engine;
use crate::exit;
use crate::facts::openclaw::Agent;
use crate::facts::{Facts, Why};
use crate::failure::Failure;
use crate::fix::lock::Lock;
use crate::headroom::{self, Arithmetic};
use crate::probe::docker::connect;
use crate::probe::inside;
use crate::probe::inside::load::{DRILL_LABEL, Mold};
use crate::report::drill::{DrillReport, Subject, write};
use crate::report::{Format, json};
use crate::surroundings::Surroundings;
use crate::text::wash;
use crate::units::{Size, Span};

/// The check that reads all that is needed.
const CHECK: &str = "sandbox/headroom";
/// For finding out about the node, before anything is started.
const LOOK: Duration = Duration::from_secs(30);
/// For the engine to answer a single question, and to remove what killed runs left.
const ANSWER: Duration = Duration::from_secs(10);
/// For the engine to remove what the drill made; a loaded machine is slow at it.
const CLEAN_UP: Duration = Duration::from_mins(1);
/// What killed runs left is swept by age where nothing else tells whose it is, after an hour: no
/// drill may be as old.
const LONGEST: Duration = Duration::from_mins(30);
/// For a start, in what is said about how long it takes.
const START: Duration = Duration::from_secs(3);

/// Runs it and prints what was measured.
pub fn drill(
    args: &Args,
    asked: &DrillArgs,
    here: &Surroundings,
    out: &Out,
) -> Result<u8, Failure> {
    let format = args.common.format();
    run::only(format, "drill", &[Format::Text, Format::Json])?;
    let json = format == Format::Json;
    refused(args, asked, out, json)?;
    let mut check = run::ask(args);
    check.wish.only = vec![CHECK.to_owned()];
    check.wish.layers = true;
    check
        .wish
        .gateway_container
        .clone_from(&asked.gateway_container);
    let Standby {
        runtime,
        mut signals,
    } = Standby::take_up()?;
    let prepared = prepare::plan(&check.wish, here)?;
    let lock = Lock::take(&here.state_dir(), Duration::ZERO, "clawdoctor drill")?;
    let ended = runtime.block_on(async {
        let timeout = asked.timeout.0;
        let look = Deadline::after(timeout.min(LOOK));
        let mut status = Status::new(out.progress());
        let looking = check::looked(&mut signals, &prepared, look, |progress| {
            status.tell(&progress);
        });
        let looked = Box::pin(looking).await;
        drop(status);
        let looked = looked?;
        for warning in &looked.warnings {
            out.complain(&format!("warning: {warning}\n"));
        }
        let yard = Yard {
            asked,
            timeout,
            prepared: &prepared,
            facts: &looked.facts,
            out,
        };
        yard.drill(&mut signals).await
    });
    drop(lock);
    runtime.shutdown_background();
    let Some(report) = ended? else {
        return Ok(exit::FINDINGS);
    };
    print(&report, &prepared, !args.common.no_redact, json, out)?;
    Ok(if report.reached {
        exit::CLEAN
    } else {
        exit::FINDINGS
    })
}

/// What can be refused before anything is asked of the world.
fn refused(args: &Args, asked: &DrillArgs, out: &Out, json: bool) -> Result<(), Failure> {
    if args.common.passive {
        return Err(
            Failure::usage("a drill starts containers, and --passive starts none")
                .hint("reckon instead: clawdoctor headroom"),
        );
    }
    if asked.timeout.0 > LONGEST {
        let failure = Failure::usage(format!(
            "--timeout: a drill may take {} at most",
            Span(LONGEST)
        ));
        return Err(failure.hint("clawdoctor drill --timeout 30min"));
    }
    let is_attended = out.stdin_is_terminal && out.stdout_is_terminal && !json;
    if !asked.yes && !is_attended {
        return Err(
            Failure::usage("a drill puts the node under load, and there is nobody to ask")
                .hint("say so beforehand: clawdoctor drill --yes"),
        );
    }
    Ok(())
}

/// The node that is drilled.
struct Yard<'a> {
    asked: &'a DrillArgs,
    timeout: Duration,
    prepared: &'a Prepared,
    facts: &'a Facts,
    out: &'a Out,
}

impl Yard<'_> {
    /// None when the person at the terminal does not want it.
    async fn drill(&self, signals: &mut Signals) -> Result<Option<DrillReport>, Failure> {
        answering(self.facts)?;
        let engine = connect(self.facts).map_err(|why| unready(&why))?;
        signals.or(self.alone(&engine)).await??;
        let (agent, arithmetic) = self.reckoned()?;
        let plan = Plan::of(
            &arithmetic,
            agent.sandbox.docker.cpus.filter(|cpus| *cpus > 0.0),
            self.asked.beyond,
            self.asked.most,
        );
        self.at_rest()?;
        if plan.target() == 0 {
            return Err(
                Failure::system("no further sandbox fits, by the arithmetic")
                    .cause(format!("the limit is {}", arithmetic.limit.word()))
                    .hint("see how that comes about: clawdoctor headroom")
                    .hint("start one all the same: clawdoctor drill --beyond 1"),
            );
        }
        if !self.asked.yes {
            self.out
                .print_text(&self.question(&plan, agent))
                .map_err(|error| Failure::system("cannot write to standard output").cause(error))?;
            if !signals.or(asking::yes("Start?")).await?? {
                self.out.complain("nothing was started\n");
                return Ok(None);
            }
        }
        let begun = crate::live::clock::now();
        let mut notes = Vec::new();
        let drilled = self
            .supervised(&engine, agent, &plan, &mut notes, signals)
            .await?;
        let duration = crate::live::clock::now().since(begun);
        if arithmetic.cpu_cap_assumed {
            notes.push(
                "No cap of cores is configured: each load spins with one process.".to_owned(),
            );
        }
        let subject = Subject {
            agent: wash(&agent.id, 80),
            image: wash(&agent.sandbox.docker.image, 300),
            memory_cap_assumed: arithmetic.cap_assumed,
            limit: arithmetic.limit,
            hold_milliseconds: crate::units::milliseconds(self.asked.hold.0),
            duration_ms: crate::units::milliseconds(duration),
            notes,
        };
        Ok(Some(DrillReport::new(subject, &plan, drilled)))
    }

    /// Runs the drill and removes all that it made, whatever becomes of it.
    async fn supervised(
        &self,
        engine: &Engine,
        agent: &Agent,
        plan: &Plan,
        notes: &mut Vec<String>,
        signals: &mut Signals,
    ) -> Result<Drilled, Failure> {
        let d = Deadline::after(self.timeout);
        let world = &self.prepared.world;
        let mut live = self.out.progress();
        let target = plan.target();
        let work = async {
            let mold = Mold::of(world, self.facts, engine, agent, d.at_most(ANSWER)).await?;
            notes.extend(mold.missing.iter().cloned());
            let drill = Drill {
                world,
                engine,
                mold: &mold,
                plan,
                hold: self.asked.hold.0,
                despite_calls: !self.asked.allow.is_empty(),
            };
            Box::pin(drill.run(d, |news| tell(&mut live, &news, target))).await
        };
        let drilled = signals.or(work).await;
        live.say("drill: removing its sandboxes");
        let removed = inside::clean_up(world, self.facts, Deadline::after(CLEAN_UP)).await;
        drop(live);
        if let Err(why) = removed {
            self.out.complain(&format!(
                "warning: not all sandboxes of the drill could be removed: {}; they end by \
                 themselves, and the next `clawdoctor check` or `drill` removes them\n",
                why.detail
            ));
        }
        drilled?.map_err(|why| {
            Failure::system("the drill could not be made")
                .cause(why.detail)
                .hint("see what is wrong with: clawdoctor check --only docker,image,sandbox")
        })
    }

    /// Removes what killed runs left, and refuses beside another drill, whoever's it is.
    async fn alone(&self, engine: &Engine) -> Result<(), Failure> {
        let world = &self.prepared.world;
        let d = Deadline::after(ANSWER);
        inside::sweep(world, self.facts, d)
            .await
            .map_err(|why| unready(&why))?;
        let label = format!("{DRILL_LABEL}=1");
        let others = engine.list(&label, true, d).await;
        match others.map_err(|why| unready(&why))?.first() {
            None => Ok(()),
            Some(other) => Err(Failure::system(format!(
                "another drill is at work on this engine: {}",
                other.name
            ))
            .hint("wait until it has ended, then run again")),
        }
    }

    /// Whose sandboxes they are to be, and how many fit.
    fn reckoned(&self) -> Result<(&Agent, Arithmetic), Failure> {
        let agents = self.facts.openclaw.agents.get().map_err(|why| {
            Failure::system("OpenClaw's agents are not known")
                .cause(why)
                .hint("see what is in the way with: clawdoctor check --only openclaw")
        })?;
        let mut sandboxed: Vec<&Agent> = agents.iter().filter(|one| one.is_sandboxed()).collect();
        if let Some(id) = &self.asked.agent {
            sandboxed.retain(|one| one.id == *id);
        }
        let cap = |agent: &&Agent| match agent.sandbox.docker.memory {
            None | Some(0) => u64::MAX,
            Some(bytes) => bytes,
        };
        // Of equals the first one.
        let heaviest = sandboxed.iter().rev().max_by_key(|one| cap(one)).copied();
        let Some(agent) = heaviest else {
            let all: Vec<String> = agents
                .iter()
                .filter(|one| one.is_sandboxed())
                .map(|one| wash(&one.id, 80))
                .collect();
            return Err(match &self.asked.agent {
                Some(id) if !all.is_empty() => Failure::usage(format!(
                    "--agent: no agent `{}` runs in a Docker sandbox",
                    wash(id, 80)
                ))
                .hint(format!("one of: {}", all.join(", "))),
                _ => {
                    Failure::system("no agent runs in a Docker sandbox: there is nothing to drill")
                        .hint("see how they are configured: clawdoctor check --only openclaw")
                }
            });
        };
        let input = headroom::input(self.facts, &sandboxed).map_err(|why| {
            Failure::system("how many more sandboxes fit is not known")
                .cause(why)
                .hint("see what is in the way with: clawdoctor check")
        })?;
        Ok((agent, watch::rules(self.prepared).compute(&input)))
    }

    /// Real work comes first.
    fn at_rest(&self) -> Result<(), Failure> {
        let load = self.facts.load.get().ok();
        let busy: Vec<String> = load
            .iter()
            .flat_map(|load| &load.sandboxes)
            .filter(|one| !one.idle)
            .map(|one| wash(&one.name, 80))
            .collect();
        if busy.is_empty() || !self.asked.allow.is_empty() {
            return Ok(());
        }
        Err(
            Failure::system(format!("tool calls are running in {}", busy.join(", ")))
                .hint("wait until they have ended (clawdoctor calls --follow)")
                .hint("or drill all the same: clawdoctor drill --allow busy"),
        )
    }

    /// What will be started, for consent.
    fn question(&self, plan: &Plan, agent: &Agent) -> String {
        let target = plan.target();
        let times = u32::try_from(target).unwrap_or(u32::MAX);
        let most = (self.asked.hold.0 + START).saturating_mul(times);
        let cores = plan.cpu_cap.unwrap_or(1.0);
        let text = format!(
            "Sandboxes of {} ({}) will be started one by one, at most {target}: each holds {} of memory \
             and spins at {cores} of a core, together up to {}, for about {} and never longer than \
             {}. Computed to fit: {}. It stops at the first sign of harm and removes them all.",
            wash(&agent.id, 80),
            wash(&agent.sandbox.docker.image, 300),
            Size(plan.load()),
            Size(plan.load().saturating_mul(target)),
            Span(most.min(self.timeout)),
            Span(self.timeout),
            plan.computed,
        );
        let mut lines = crate::report::wrap::wrap(&text, self.out.style.width).join("\n");
        lines.push('\n');
        lines
    }
}

fn unready(why: &Why) -> Failure {
    Failure::system("a drill needs the engine")
        .cause(&why.detail)
        .hint("see what is wrong with: clawdoctor check --only docker")
}

fn tell(live: &mut Live, news: &News<'_>, target: u64) {
    match news {
        News::Starting(number) => live.say(&format!("drill: starting {number} of {target}")),
        News::Holding(number) => live.say(&format!("drill: {number} of {target} under load")),
        News::Done(step) => {
            let how = if step.harmless { "held" } else { "stopped" };
            live.note(&format!("drill: {how} with {} of {target}", step.sandboxes));
        }
    }
}

/// Prints it, names hidden if they are to be.
fn print(
    report: &DrillReport,
    prepared: &Prepared,
    redact: bool,
    as_json: bool,
    out: &Out,
) -> Result<(), Failure> {
    let redactor = prepared.redactor(redact);
    let printed = if as_json {
        let value = serde_json::to_value(report).expect("plain data");
        let value = match &redactor {
            Some(redactor) => redactor.json(value),
            None => value,
        };
        out.print(|to| json::write(&value, &out.style, to))
    } else {
        let mut text = Vec::new();
        write(report, &out.style, &mut text).expect("into memory");
        let text = String::from_utf8_lossy(&text).into_owned();
        out.print_text(&redactor.map_or(text.clone(), |redactor| redactor.text(&text)))
    };
    printed.map_err(|error| Failure::system("cannot write to standard output").cause(error))
}
