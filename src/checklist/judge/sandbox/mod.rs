//! Judges of the area `sandbox`: pure functions of the facts and of a check's parameters.
//! `start` rules on whether a sandbox runs and writes, `network` on what it reaches, `standing`
//! on the ones that are there.

mod network;
mod standing;
mod start;
pub mod trouble;

pub use super::headroom::Headroom;
pub use network::{Dns, Egress, EngineApiExposed, GatewayExposed};
pub use standing::{Isolation, Stale};
pub use start::{Start, Write};
