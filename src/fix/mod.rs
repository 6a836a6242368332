//! The repairs: from what a report found to a plan, from a plan with consent to changes that are
//! journalled before they are made, proven by the check that failed, and taken back exactly.
//!
//! - `plan` (pure) answers findings with [`repair::Repair`]s made of [`step::Step`]s, changes as
//!   data; [`consent`] says which of them are allowed.
//! - `apply` is the edge: one file per kind of step, each of which looks, prepares its inverse,
//!   applies and reverts.
//!
//! Nothing here prints or asks a person: `cli` does, with what this room tells.

pub mod consent;
pub mod edit;
pub mod inverse;
pub mod plan;
pub mod recipe;
pub mod repair;
pub mod step;
#[cfg(test)]
mod trial;
pub mod wishes;
