//! Judges of the area `sandbox`: pure functions of the facts and of a check's parameters.
//! `start` rules on whether a sandbox runs and writes, `dns` and `reach` on its network,
//! `isolation`, `stale` and `at_limit` on the ones that stand, `last_call` on what ran in them,
//! `leftovers` on what is left of those that are gone. What is public besides the judges are rules
//! that the picture of the isolation shares with them.

mod at_limit;
mod dns;
mod isolation;
mod last_call;
mod leftovers;
mod reach;
mod stale;
mod start;
pub mod trouble;

pub use super::headroom::Headroom;
pub use at_limit::AtLimit;
pub use dns::Dns;
pub use isolation::{Isolation, dangers, not_confined, runs, weaknesses};
pub use last_call::LastCall;
pub use leftovers::Leftovers;
pub use reach::{Egress, EngineApiExposed, GatewayExposed, open_door};
pub use stale::Stale;
pub use start::{Start, Write};
