//! A gathering of facts under way: what it tells is judged before the screen sees it.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::super::msg::{Judged, Probe};
use super::super::{CHANNEL, Probed, Scope, Session};
use crate::checklist::isolation::picture;
use crate::checklist::run::evaluate;
use crate::facts::{Facts, Section};

/// How long a gathering that was called off may take to put its things away.
const FAREWELL: Duration = Duration::from_secs(2);

/// A gathering under way.
pub struct Gathering {
    progress: mpsc::Receiver<Probed>,
    task: JoinHandle<()>,
    /// Milliseconds each section took.
    spent: BTreeMap<Section, u64>,
}

impl Gathering {
    pub fn begin(session: &Session, scope: Scope) -> Self {
        let (sender, progress) = mpsc::channel(CHANNEL);
        Self {
            progress,
            task: (session.gather)(scope, sender),
            spent: BTreeMap::new(),
        }
    }

    /// Its guards remove what it made when the task is dropped, so that is waited for.
    pub async fn call_off(self) {
        self.task.abort();
        let _cancelled = tokio::time::timeout(FAREWELL, self.task).await;
    }
}

/// The next thing that the gathering tells, judged; never, when there is none.
pub async fn told(session: &Session, gathering: &mut Option<Gathering>) -> Probe {
    let Some(running) = gathering else {
        return std::future::pending().await;
    };
    match running.progress.recv().await {
        Some(Probed::Started(section)) => Probe::Started(section),
        Some(Probed::Done {
            section,
            facts,
            spent,
        }) => {
            let spent = crate::units::milliseconds(spent);
            running.spent.insert(section, spent);
            Probe::Done(section, judged(session, &facts, running.spent.clone(), 0))
        }
        Some(Probed::Finished {
            facts,
            spent,
            duration_ms,
            plan,
        }) => {
            *gathering = None;
            Probe::Finished(judged(session, &facts, spent, duration_ms), plan)
        }
        None => {
            // Taken only afterwards: this future may be dropped at the await.
            let ended = (&mut running.task).await;
            *gathering = None;
            Probe::BrokeOff(match ended {
                Ok(()) => "the probes ended without a result".to_owned(),
                Err(error) => error.to_string(),
            })
        }
    }
}

fn judged(
    session: &Session,
    facts: &Facts,
    spent: BTreeMap<Section, u64>,
    duration_ms: u64,
) -> Box<Judged> {
    let mut terms = (session.terms)();
    terms.spent = spent;
    terms.duration_ms = duration_ms;
    Box::new(Judged {
        report: evaluate(&session.catalog, facts, &terms),
        picture: picture(facts),
    })
}
