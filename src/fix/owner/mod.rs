//! Owners and modes of the folders that sandboxes write to, changed so that it can be undone.
//!
//! Three ways, by where the folder lives. A bind on a Linux host: its tree is chowned by this
//! process (`tree`). A bind behind a virtual machine (Docker Desktop, OrbStack, any Mac): owners
//! are made up there, so that only the host's mode bits are mended (`tree` with another wish). A
//! named volume: chowned by a short-lived container (`volume`). All three take the same course:
//!
//! ```text
//! survey ─▶ List (what differs, as it is) ─▶ written and synced ─▶ change ─▶ restore: the inverse
//!                                                    standing: how far a killed run came
//! ```
//!
//! `guard` says which folders are never touched, `list` is the undo list as a file. No link is
//! ever followed, no mount point crossed, and nothing is changed that is not as the list says.

mod entry;
pub mod guard;
pub mod list;
mod pin;
mod problem;
pub mod tree;
pub mod volume;

pub use entry::{Entry, Kind, Owner, Rights, Root, Skipped, WhySkipped, Wish};
pub use list::{List, Place};
pub use problem::{Problem, ProblemKind, Progress};

/// What a survey found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Survey {
    pub list: List,
    /// How many things were looked at, the root among them.
    pub seen: usize,
    /// What differs and is left alone all the same: the first [`MOST_SKIPPED`] of it.
    pub skipped: Vec<Skipped>,
    pub skipped_more: usize,
}

/// More are counted, and no longer named.
pub const MOST_SKIPPED: usize = 200;

/// What a change or a restoration did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changed {
    pub changed: usize,
    /// Were already as wished: a run before this one was stopped half-way.
    pub already: usize,
}

/// Where a tree or a volume is between what it was and what was wished for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    Untouched,
    Done,
    Halfway {
        done: usize,
        left: usize,
    },
    /// Somebody else changed something since; says what.
    MovedOn(String),
}
