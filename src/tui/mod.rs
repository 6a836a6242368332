//! The app on the terminal: the checklist with live status as probes come in, and the other screens
//! that its digits lead to.
//!
//! Elm-like. `update` (app.rs, screen/) is pure: messages stamped with their time go in, commands
//! for the runtime come out. `view` (view/, widget/) is pure too: it draws one state and writes
//! none, since `layout::areas` gives both the same picture of the screen. keys.rs is one table
//! that dispatch, footer and help read, with the keys of the settings in it. Only runtime.rs and
//! terminal.rs touch the world: the terminal, signals, the clock, and the channel on which a
//! gathering tells what it found.
//!
//! Repairs are chosen and consented to here, and made by the [`Hands`] that cli gives; what they
//! are and what became of them is the plain data of the room of repairs.
//!
//! What does not belong here: asking the world (probe), judging (checklist), and deciding what
//! an exit code is (cli). The only room that names ratatui and crossterm. Called by cli.

mod app;
pub mod deeds;
#[cfg(test)]
mod frames;
mod gathering;
mod habits;
pub mod keeping;
mod keys;
mod layout;
pub mod logs;
pub mod mending;
mod msg;
mod runtime;
#[cfg(test)]
mod scene;
mod screen;
mod terminal;
mod theme;
mod update;
mod view;
mod widget;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

use crate::checklist::catalog::Catalog;
use crate::checklist::report::Report;
use crate::checklist::run::Terms;
use crate::facts::{Facts, Section};
use crate::failure::Failure;
use crate::fix::repair::Plan;
use crate::live::event::{self, Moment};
use crate::live::model::Model;
use crate::live::replay::Replay;
use crate::live::sampling::Sight;
use crate::settings::ThemeName;
use deeds::Errands;
use keeping::Recording;
use mending::{Order, Past, Progress};

pub use gathering::Scope;
pub use habits::{Habits, Mistake};
pub use keys::{Keymap, Listed, Listing};
pub use screen::live::{Columns, Table};
pub use terminal::{Notices, Pointer};

/// How many reports of a gathering may wait for the screen. A gathering sends at most two for each
/// section and one at its end, so that a sender never finds the channel full.
pub const CHANNEL: usize = 2 * Section::ALL.len() + 2;

/// Begins one gathering in a task of its own, which tells its progress into the channel and ends
/// with [`Probed::Finished`]. One that asks for a part tells the whole of what is known. The screen
/// aborts the task when the user leaves.
pub type Gather = Box<dyn Fn(Scope, mpsc::Sender<Probed>) -> JoinHandle<()> + Send>;

/// Does what was ordered in a task of its own: folds what happens into the progress, stops at a
/// word, and ends when all of it is at rest.
pub type Begin =
    Box<dyn Fn(Order, watch::Sender<Progress>, oneshot::Receiver<()>) -> JoinHandle<()> + Send>;

pub type Explain = Box<dyn Fn(&str, usize) -> String + Send>;

/// What repairs are made with.
pub struct Hands {
    /// Nothing has to be asked of `sudo`.
    pub is_root: bool,
    pub begin: Begin,
    /// What earlier runs have left.
    pub past: Box<dyn Fn() -> JoinHandle<Past> + Send>,
    /// Lets `sudo` ask for the password, on the plain terminal; whether it gave its rights.
    pub rights: Box<dyn Fn() -> JoinHandle<bool> + Send>,
}

/// Whose node the app shows.
pub enum Subject {
    /// This one, which can be mended.
    Here(Hands),
    /// A recorded one, which can only be looked at.
    Demo,
}

impl Subject {
    fn hands(&self) -> Option<&Hands> {
        match self {
            Self::Here(hands) => Some(hands),
            Self::Demo => None,
        }
    }
}

/// What the app needs from the outside.
pub struct Session {
    pub catalog: Arc<Catalog>,
    /// The terms of a run that ends now: asked at each evaluation, since an app may stay open for
    /// days and waivers end. `spent` and `duration_ms` are filled in here.
    pub terms: Box<dyn Fn() -> Terms + Send>,
    pub gather: Gather,
    pub subject: Subject,
    /// The page of a check as `clawdoctor explain` has it, in so many columns.
    pub explain: Explain,
    /// What feeds the dashboard; none: no engine is watched.
    pub watching: Option<Watching>,
    /// A recording in place of a feed.
    pub replay: Option<Replay>,
    pub first: First,
    pub style: Style,
    pub habits: Habits,
    /// Where the person at the terminal is; none where the system does not say.
    pub zone: Option<jiff::tz::TimeZone>,
}

/// How the app was left.
pub struct Left {
    /// The last whole report, if there was one; why the user did not leave it.
    pub outcome: Result<Option<Report>, Failure>,
    /// Standard error is a terminal, and it took nothing any more: whoever tells something there now
    /// waits without end.
    pub is_stalled: bool,
}

/// What the app opens with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum First {
    Checklist,
    /// The node is looked at when its checklist is asked for.
    Live,
}

/// A feed that tells of an engine's sandboxes. The app aborts its task when the user leaves.
pub struct Watching {
    /// What is told goes into this one.
    pub model: Model,
    pub events: mpsc::Receiver<event::Stamped<event::Event>>,
    /// Takes what is looked at, so that it is measured more often than the rest.
    pub sight: watch::Sender<Sight>,
    pub task: JoinHandle<()>,
    /// What our wall clock shows.
    pub clock: fn() -> Moment,
    /// None: what is watched can only be looked at.
    pub errands: Option<Errands>,
    /// None: nothing of it is recorded.
    pub recording: Option<Recording>,
}

/// What the user's terminal can show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Style {
    pub color: bool,
    /// Nothing beyond ASCII is drawn, in our words or in anybody else's.
    pub ascii: bool,
    /// Of no effect without colour.
    pub theme: ThemeName,
    pub pointer: Pointer,
    pub notices: Notices,
}

/// What a gathering tells on its way. The facts hold everything that is known so far.
#[derive(Debug)]
pub enum Probed {
    Started(Section),
    Done {
        section: Section,
        facts: Box<Facts>,
        spent: Duration,
    },
    Finished {
        facts: Box<Facts>,
        /// Milliseconds.
        spent: BTreeMap<Section, u64>,
        duration_ms: u64,
        plan: Box<Plan>,
    },
}

/// Shows the app until the user leaves, or a signal or the loss of the terminal ends it. The
/// terminal is restored in every case.
pub async fn run(session: Session) -> Left {
    runtime::run(session).await
}

/// Columns and rows of the terminal, if there is one that says so.
pub fn terminal_size() -> Option<(u16, u16)> {
    let (columns, rows) = crossterm::terminal::size().ok()?;
    (columns > 0 && rows > 0).then_some((columns, rows))
}
