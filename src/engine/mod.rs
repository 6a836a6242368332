//! The container engine. The only room that names bollard; knows no word of OpenClaw.
//!
//! What goes out in one piece and what streams (create, attach, start, remove, exec) goes
//! through bollard. What is only read is decoded here, field by field: bollard 0.21 parses whole
//! models with closed enums, so that one value it does not know (a cgroup version, a container
//! state of a newer or foreign engine) would cost every field that matters. Both go through one
//! `wire`, which knows the error number of a failed connection and bounds what an engine may
//! send.
#![expect(
    clippy::disallowed_methods,
    reason = "asks the engine and measures how long it takes: an edge"
)]

pub mod address;
mod client;
mod containers;
mod convert;
pub mod endpoint;
mod error;
mod images;
mod info;
mod inspected;
mod lifecycle;
pub mod places;
mod spec;
mod volumes;
mod wire;

pub use client::Engine;
pub use containers::Listed;
pub use error::EngineError;
pub use inspected::Inspected;
pub use lifecycle::Stream;
pub use spec::ContainerSpec;
pub use wire::reach;
