//! One look at the node: gathers, judges, plans. The same for the command line and the screen.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::checklist::report::Report;
use crate::checklist::run;
use crate::cli::check;
use crate::cli::prepare::Prepared;
use crate::deadline::Deadline;
use crate::facts::Section;
use crate::fix::plan::{Node, plan, reads};
use crate::fix::repair::Plan;
use crate::fix::wishes::Wishes;
use crate::probe::gather::{Gathered, Progress, refresh};

/// For what a planner reads and no judge does.
const MORE: Duration = Duration::from_secs(20);

/// What one look at the node found.
pub struct Look {
    pub gathered: Gathered,
    pub report: Report,
    pub plan: Plan,
}

/// Who looks.
#[derive(Clone, Copy)]
pub struct Eye<'a> {
    pub prepared: &'a Prepared,
    pub ask: &'a check::Ask,
    pub wishes: &'a Wishes,
    /// The time that a report tells of is counted from here.
    pub begun: Instant,
}

impl Eye<'_> {
    /// Gathers these sections on top of what is known, judges all of it, and plans for what is
    /// found; with `ids`, for those checks alone.
    pub async fn look(
        self,
        known: Gathered,
        budgets: &BTreeMap<Section, Duration>,
        ids: &[String],
        tell: impl FnMut(Progress<'_>),
    ) -> Look {
        let world = Arc::new(self.prepared.world.clone());
        let overall = Deadline::after(self.ask.timeout);
        let gathering = refresh(known, Arc::clone(&world), budgets.clone(), overall, tell);
        let gathered = Box::pin(gathering).await;
        let report = self.judged(&gathered);
        // What only a planner reads (sizes of folders) is slow, and looked at where it is wanted.
        let wanted: BTreeMap<Section, Duration> = report
            .findings
            .iter()
            .flat_map(|finding| reads(run::short(finding.check())))
            .filter(|section| !gathered.spent.contains_key(section))
            .map(|section| (*section, MORE))
            .collect();
        let (gathered, report) = if wanted.is_empty() {
            (gathered, report)
        } else {
            let overall = Deadline::after(self.ask.timeout);
            let warnings = gathered.warnings.clone();
            let gathering = refresh(gathered, world, wanted, overall, |_| ());
            let mut gathered = Box::pin(gathering).await;
            gathered.warnings.extend(warnings);
            let report = self.judged(&gathered);
            (gathered, report)
        };
        let node = Node {
            facts: &gathered.facts,
            wishes: self.wishes,
            operator: &self.prepared.world.operator,
        };
        let now = jiff::Timestamp::now().to_string();
        let plan = plan(node, &report, ids, &now);
        Look {
            gathered,
            report,
            plan,
        }
    }

    fn judged(&self, gathered: &Gathered) -> Report {
        let spent = crate::units::milliseconds(self.begun.elapsed());
        let terms = check::terms(self.prepared, self.ask, gathered, spent);
        run::evaluate(&self.prepared.catalog, &gathered.facts, &terms)
    }
}
