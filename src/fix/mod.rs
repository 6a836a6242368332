//! The repairs: from what a report found to a plan, from a plan with consent to changes that are
//! journalled before they are made, proven by the check that failed, and taken back exactly.
//!
//! - `plan` (pure) answers findings with [`repair::Repair`]s made of [`step::Step`]s, changes as
//!   data; [`consent`] says which of them are allowed, `words` tells them to a person.
//! - [`record`] and [`state`] (pure) are what a run writes down and what that means; [`journal`],
//!   [`backups`] and [`lock`] keep it on the disk.
//! - `apply` is the edge: one file per kind of step, each of which looks, prepares its inverse,
//!   applies and reverts. `edit`, [`file`] and [`owner`] are its tools.
//! - [`run`] takes the steps of one run in order, and back again.
//!
//! Nothing here prints or asks a person: `cli` does, with what this room tells.

pub mod apply;
mod archive;
pub mod backups;
pub mod consent;
pub mod edit;
pub mod file;
pub mod inverse;
pub mod journal;
pub mod lock;
pub mod outcome;
pub mod owner;
pub mod plan;
pub mod problem;
pub mod recipe;
pub mod record;
pub mod repair;
pub mod run;
pub mod state;
pub mod step;
#[cfg(test)]
pub(crate) mod trial;
pub mod wishes;
pub mod words;
