//! The feed of the app's dashboard.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};

use crate::cli::prepare::Prepared;
use crate::cli::watch::rules;
use crate::engine::CommandLines;
use crate::live::feed::{self, Watch};
use crate::live::model::Model;
use crate::live::sampling::{Pace, Sight};
use crate::live::scope::Scope;
use crate::tui::Watching;

/// How far back the engine is asked for what happened before the app was opened.
const BACKLOG: Duration = Duration::from_hours(1);

/// Begins to watch, in the runtime that is entered.
pub fn feed(prepared: &Prepared) -> Watching {
    let scope = Scope::default();
    let (told, events) = mpsc::channel(feed::CHANNEL);
    // Nothing is looked at before the dashboard is opened.
    let nothing = Sight {
        on_screen: Some(BTreeSet::new()),
        ..Sight::default()
    };
    let (sight, looks) = watch::channel(nothing);
    let watch = Watch {
        world: Arc::new(prepared.world.clone()),
        scope: scope.clone(),
        pace: Pace::default(),
        backlog: BACKLOG,
        command_lines: CommandLines::Drop,
        samples: true,
    };
    Watching {
        model: Model::new(scope, rules(prepared)),
        events,
        sight,
        task: feed::start(watch, told, looks),
        clock: feed::now,
    }
}
