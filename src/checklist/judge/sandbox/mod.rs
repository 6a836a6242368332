//! Judges of the area `sandbox`: pure functions of the facts and of a check's parameters.
//! `start` rules on whether a sandbox runs and writes, `dns` and `reach` on its network,
//! `isolation` and `stale` on the ones that stand.

mod dns;
mod isolation;
mod reach;
mod stale;
mod start;
pub mod trouble;

pub use super::headroom::Headroom;
pub use dns::Dns;
pub use isolation::Isolation;
pub use reach::{Egress, EngineApiExposed, GatewayExposed};
pub use stale::Stale;
pub use start::{Start, Write};
