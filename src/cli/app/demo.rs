//! The app on a recorded node and a recorded incident. Nothing of this machine is asked or changed;
//! of its settings only how the app looks.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::mpsc::Sender;

use super::zone::zone;
use super::{explain, look, outcome};
use crate::checklist::run::{Terms, evaluate};
use crate::cli::args::{Args, Command};
use crate::cli::check::{self, Ask};
use crate::cli::demo::{self, Turn, timetable};
use crate::cli::out::Out;
use crate::cli::prepare::{self, Prepared};
use crate::cli::run;
use crate::exit;
use crate::facts::{Facts, Section};
use crate::failure::Failure;
use crate::fix::plan::{Node, plan};
use crate::fix::wishes::Wishes;
use crate::probe::gather::Gathered;
use crate::surroundings::Surroundings;
use crate::tui::{self, First, Habits, Probed, Scope, Session, Subject};

/// What the gatherings of the demo share.
struct Stage {
    prepared: Arc<Prepared>,
    ask: Ask,
    recorded: Gathered,
    /// What was told so far: a part is told on top of it.
    known: Mutex<Facts>,
}

/// Shows the app until the user leaves. What it found is no verdict on this machine, and none for
/// the exit code.
pub fn show(args: &Args, here: &Surroundings, first: First, out: &Out) -> Result<u8, Failure> {
    let ask = run::ask(args);
    let prepared = Arc::new(demo::prepared(&ask.wish)?);
    let (settings, habits) = prepare::settings(&here.config_dir(), here)?;
    let table = match &args.command {
        Some(Command::Watch(asked)) => asked.table.over(&habits.table),
        _ => habits.table,
    };
    let stage = Arc::new(Stage {
        prepared: Arc::clone(&prepared),
        ask,
        recorded: demo::node(),
        known: Mutex::new(Facts::default()),
    });
    let runtime = check::runtime_of_app()?;
    let handle = runtime.handle().clone();
    let terms_of = Arc::clone(&stage);
    let session = Session {
        catalog: Arc::clone(&prepared.catalog),
        terms: Box::new(move || terms_of.terms(BTreeMap::new(), 0)),
        gather: Box::new(move |scope, told| handle.spawn(Arc::clone(&stage).tell(scope, told))),
        subject: Subject::Demo,
        explain: explain(prepared),
        watching: None,
        habits: Habits { table, ..habits },
        replay: Some(demo::incident()),
        first,
        style: look(out, args.common.theme, &settings),
        zone: zone(here),
    };
    let left = runtime.block_on(tui::run(session));
    runtime.shutdown_background();
    outcome(left).map(|_| exit::CLEAN)
}

impl Stage {
    fn terms(&self, spent: BTreeMap<Section, u64>, duration_ms: u64) -> Terms {
        let gathered = Gathered {
            spent,
            ..Gathered::default()
        };
        check::terms(&self.prepared, &self.ask, &gathered, duration_ms)
    }

    /// Tells what is recorded, at the pace at which it was found.
    async fn tell(self: Arc<Self>, scope: Scope, told: Sender<Probed>) {
        let catalog = &self.prepared.catalog;
        let (mut facts, sections) = match scope {
            Scope::All => (Facts::default(), self.prepared.budgets.clone()),
            Scope::Checks(ids) => (self.known(), catalog.sections(&catalog.closure(ids))),
        };
        let recorded = &self.recorded.facts;
        facts.version = recorded.version;
        facts.taken_at.clone_from(&recorded.taken_at);
        facts.node = recorded.node.clone();
        let sections: BTreeSet<Section> = sections.into_keys().collect();
        let mut now = Duration::ZERO;
        for (at, turn) in timetable(&sections, &self.recorded.spent) {
            tokio::time::sleep(at.saturating_sub(now)).await;
            now = at;
            let news = match turn {
                Turn::Starts(section) => Probed::Started(section),
                Turn::Ends(section) => {
                    facts.take_over(section, recorded);
                    Probed::Done {
                        section,
                        facts: Box::new(facts.clone()),
                        spent: Duration::from_millis(self.spent(section)),
                    }
                }
            };
            // The channel holds a whole gathering; a screen that is gone needs no news.
            told.try_send(news).unwrap_or(());
        }
        if let Ok(mut known) = self.known.lock() {
            *known = facts.clone();
        }
        let end = self.finished(facts, &sections, crate::units::milliseconds(now));
        told.try_send(end).unwrap_or(());
    }

    fn known(&self) -> Facts {
        let known = self.known.lock();
        known.map_or_else(|_| Facts::default(), |known| known.clone())
    }

    fn spent(&self, section: Section) -> u64 {
        self.recorded.spent.get(&section).copied().unwrap_or(0)
    }

    /// With the plan that would be made for this node.
    fn finished(&self, facts: Facts, sections: &BTreeSet<Section>, duration_ms: u64) -> Probed {
        let told = sections.iter();
        let spent: BTreeMap<Section, u64> = told.map(|one| (*one, self.spent(*one))).collect();
        let terms = self.terms(spent.clone(), duration_ms);
        let report = evaluate(&self.prepared.catalog, &facts, &terms);
        let wishes = Wishes {
            attended: true,
            ..Wishes::default()
        };
        let node = Node {
            facts: &facts,
            wishes: &wishes,
            operator: &self.prepared.world.operator,
        };
        let plan = plan(node, &report, &[], &facts.taken_at);
        Probed::Finished {
            facts: Box::new(facts),
            spent,
            duration_ms,
            plan: Box::new(plan),
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;

    use super::*;
    use crate::checklist::check::Severity;
    use crate::checklist::id::CheckId;
    use crate::cli::check::Recorded;
    use crate::cli::prepare::Wish;

    /// The demo's node, told without waiting.
    fn stage() -> Arc<Stage> {
        let mut recorded = demo::node();
        recorded.spent.clear();
        Arc::new(Stage {
            prepared: Arc::new(demo::prepared(&Wish::default()).expect("our own checks")),
            ask: Ask {
                wish: Wish::default(),
                facts: Some(Recorded::Demo),
                save_facts: None,
                fail_on: Severity::Error,
                timeout: Duration::from_secs(1),
                redact: true,
            },
            recorded,
            known: Mutex::new(Facts::default()),
        })
    }

    async fn told(stage: &Arc<Stage>, scope: Scope) -> Vec<Probed> {
        let (tell, mut told) = mpsc::channel(tui::CHANNEL);
        Arc::clone(stage).tell(scope, tell).await;
        let mut all = Vec::new();
        while let Some(news) = told.recv().await {
            all.push(news);
        }
        all
    }

    #[tokio::test]
    async fn all_that_is_recorded_is_told_with_the_plan_for_it_and_then_a_part_on_top() {
        let stage = stage();
        let all = told(&stage, Scope::All).await;
        let Some(Probed::Finished { facts, plan, .. }) = all.last() else {
            panic!("it has an end: {all:?}");
        };
        let mut whole = stage.recorded.facts.clone();
        // Nobody asks what no check of ours reads.
        whole.docker.usage = facts.docker.usage.clone();
        whole.custom.clone_from(&facts.custom);
        assert_eq!(**facts, whole);
        let repairs: Vec<&str> = plan.repairs.iter().map(|one| one.id.as_str()).collect();
        let expected = [
            "docker/desktop-version",
            "docker/autostart@settings",
            "image/present@acme/scout-sandbox:2",
            "openclaw/sandbox-mode",
            "openclaw/limits",
            "host/power",
        ];
        assert_eq!(repairs, expected);

        let id: CheckId = "image/present".parse().expect("an id");
        let part = told(&stage, Scope::Checks([id].into())).await;
        assert!(part.len() < all.len());
        let Some(Probed::Finished { facts, .. }) = part.last() else {
            panic!("it has an end: {part:?}");
        };
        assert_eq!(**facts, whole, "the rest stands as it was told");
    }
}
