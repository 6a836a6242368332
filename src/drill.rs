//! The drill: sandboxes under a real load, one by one, until as many run as the headroom's
//! arithmetic promises or something begins to suffer. What it proves is how far that arithmetic
//! can be trusted on this node.
//!
//! `plan` says how far it may go, `harm` what counts as suffering, `step` what was measured: pure.
//! `run` is the edge that starts, watches and measures; whoever calls it sees to the removal.

pub mod harm;
mod listen;
mod measure;
pub mod plan;
pub mod run;
pub mod step;
