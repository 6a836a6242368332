//! The recording that is made of what the dashboard shows, as the screen knows it. Written by cli.

use tokio::sync::watch;

/// Where it goes, and what may be told of it on the way.
pub struct Recording {
    /// As the person named it.
    pub path: String,
    /// What it may take at most, its older part included.
    pub most: u64,
    pub news: watch::Receiver<State>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It takes so many bytes by now, its older part included.
    Writes { bytes: u64 },
    /// Nothing is written any more: why.
    Over { why: String },
}

/// What the screen shows of it. Words are washed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keeping {
    pub path: String,
    pub most: u64,
    pub state: State,
}
