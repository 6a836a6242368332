//! `clawdoctor` on a terminal: the checklist as an app, fed by the same probes as `check`.
#![expect(
    clippy::disallowed_methods,
    reason = "measures how long a gathering takes"
)]

use std::sync::{Arc, Mutex};
use std::time::Instant;

use super::check::{self, Ask};
use super::prepare;
use crate::checklist::report::Report;
use crate::deadline::Deadline;
use crate::facts::{Facts, Section};
use crate::failure::Failure;
use crate::probe::gather::{Gathered, Progress, gather};
use crate::probe::inside;
use crate::settings::ThemeName;
use crate::surroundings::Surroundings;
use crate::tui::{self, Probed, Session};

/// Shows the app; the last whole report, if there was one. The theme is the one of the settings,
/// unless another was asked for.
pub fn show(
    ask: &Ask,
    here: &Surroundings,
    mut style: tui::Style,
    theme: Option<ThemeName>,
) -> Result<Option<Report>, Failure> {
    let plan = Arc::new(prepare::plan(&ask.wish, here)?);
    style.theme = theme.unwrap_or(plan.world.settings.app.theme);
    let runtime = check::runtime()?;
    let world = Arc::new(plan.world.clone());
    let timeout = ask.timeout;
    let (terms_plan, terms_ask) = (Arc::clone(&plan), ask.clone());
    let (gather_plan, gather_world) = (Arc::clone(&plan), Arc::clone(&world));
    let handle = runtime.handle().clone();
    // What is known of the engine while a gathering runs, for the removal when the user leaves in
    // its middle.
    let latest = Arc::new(Mutex::new(None::<Facts>));
    let gather_latest = Arc::clone(&latest);
    let session = Session {
        catalog: Arc::new(plan.catalog.clone()),
        terms: Box::new(move || check::terms(&terms_plan, &terms_ask, &Gathered::default(), 0)),
        gather: Box::new(move |told| {
            let latest = Arc::clone(&gather_latest);
            let (world, budgets) = (Arc::clone(&gather_world), gather_plan.budgets.clone());
            handle.spawn(async move {
                let begun = Instant::now();
                let tell = |progress: Progress<'_>| {
                    let news = match progress {
                        Progress::Started(section) => Probed::Started(section),
                        Progress::Done {
                            section,
                            facts,
                            spent,
                        } => {
                            if section == Section::Endpoint
                                && let Ok(mut latest) = latest.lock()
                            {
                                *latest = Some(facts.clone());
                            }
                            Probed::Done {
                                section,
                                facts: Box::new(facts.clone()),
                                spent,
                            }
                        }
                    };
                    // The channel holds a whole gathering; a screen that is gone needs no news.
                    told.try_send(news).unwrap_or(());
                };
                let gathered = gather(world, budgets, Deadline::after(timeout), tell).await;
                if let Ok(mut latest) = latest.lock() {
                    *latest = None;
                }
                let duration_ms = crate::units::milliseconds(begun.elapsed());
                let news = Probed::Finished {
                    facts: Box::new(gathered.facts),
                    spent: gathered.spent,
                    duration_ms,
                };
                told.try_send(news).unwrap_or(());
            })
        }),
        style,
    };
    let shown = runtime.block_on(async {
        let shown = tui::run(session).await;
        let unfinished = latest.lock().ok().and_then(|mut facts| facts.take());
        if let Some(facts) = unfinished {
            // What cannot be removed now is swept by the next run.
            drop(inside::clean_up(&world, &facts, Deadline::after(check::CLEAN_UP)).await);
        }
        shown
    });
    runtime.shutdown_background();
    shown
}
