//! What a run of repairs tells while it happens, whoever listens: the voice of the command line,
//! or the screen.

use std::sync::Arc;

use crate::failure::Failure;
use crate::fix::apply::News;
use crate::fix::outcome::RepairReport;
use crate::fix::record::RunId;
use crate::fix::run::Event;

/// One thing that happened.
#[derive(Clone, Copy, Debug)]
pub enum Told<'a> {
    /// The node is being looked at.
    Looking,
    /// The check of a repair is being made again.
    Verifying(&'a str),
    /// Nothing is under way.
    Quiet,
    /// The run has a journal and a name.
    Run(&'a RunId),
    Event(&'a Event<'a>),
    News(&'a News),
    Became(&'a RepairReport),
    /// Something else, in words.
    Line(&'a str),
}

/// Whoever is told. It fails only where what became of a repair can be told to nobody any more.
#[derive(Clone)]
pub struct Teller(Arc<Hear>);

type Hear = dyn Fn(Told<'_>) -> Result<(), Failure> + Send + Sync;

impl Teller {
    pub fn new(hear: impl Fn(Told<'_>) -> Result<(), Failure> + Send + Sync + 'static) -> Self {
        Self(Arc::new(hear))
    }

    /// Tells what only accompanies a run: that nobody hears it is no failure.
    pub fn tell(&self, told: Told<'_>) {
        (self.0)(told).unwrap_or(());
    }

    pub fn became(&self, report: &RepairReport) -> Result<(), Failure> {
        (self.0)(Told::Became(report))
    }

    /// Where the events of a run go.
    pub fn events(&self) -> impl FnMut(Event<'_>) + Send + use<> {
        let teller = self.clone();
        move |event: Event<'_>| teller.tell(Told::Event(&event))
    }

    /// Where the news of steps go.
    pub fn news(&self) -> Box<dyn FnMut(News) + Send + Sync> {
        let teller = self.clone();
        Box::new(move |news| teller.tell(Told::News(&news)))
    }
}
