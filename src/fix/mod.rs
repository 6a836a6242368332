//! Repairing a node: what would be changed, the consent to it, the change itself with a journal
//! that is written first, and the way back.

pub mod backups;
pub mod digest;
pub mod edit;
pub mod file;
pub mod journal;
pub mod lock;
pub mod problem;
pub mod record;
pub mod state;
