//! The checklist: what is checked, by which judge, and what a run concludes.
//!
//! `catalog` reads the files of `checks/` (ours, embedded, and the operator's), `judge` holds the
//! pure judges, `run` lets them rule over [`crate::facts::Facts`] and makes the
//! [`report::Report`]; `isolation` puts together from facts how far each agent is shut in. Nothing here asks the world except `catalog`, which reads the operator's
//! folder.

pub mod catalog;
pub mod check;
pub mod errors;
pub mod id;
pub mod isolation;
pub mod judge;
pub mod report;
pub mod run;
pub mod verdict;
pub mod waiver;
