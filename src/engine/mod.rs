//! The container engine. The only room that names bollard; knows no word of OpenClaw.
//!
//! What changes hands as a raw stream (attach, exec) or has a large body (create) goes through
//! bollard. What the engine tells is decoded here, field by field: bollard 0.21 parses whole
//! models with closed enums, so that one value it does not know (a cgroup version, a container
//! state of a newer or foreign engine) would cost every field that matters. Both go through one
//! `wire`, which knows the error number of a failed connection and bounds what an engine may
//! send.
//!
//! Nothing here removes or prunes what it did not make, but for [`Engine::untag`], which takes a
//! name away and never the image, and the removals that name one container or network.
#![expect(
    clippy::disallowed_methods,
    reason = "asks the engine and measures how long it takes: an edge"
)]

mod acts;
pub mod address;
mod build;
mod client;
mod containers;
mod convert;
mod disk;
mod distribution;
pub mod endpoint;
mod error;
mod events;
mod images;
mod info;
mod inspected;
mod lifecycle;
mod lines;
mod listening;
mod load;
mod logs;
mod names;
mod networks;
mod payload;
pub mod places;
mod pull;
mod reference;
mod run;
mod spec;
mod stats;
mod volumes;
mod wire;

pub use build::{Build, Cache};
pub use client::Engine;
pub use containers::Listed;
pub use disk::DiskUsage;
pub use distribution::InRegistry;
pub use error::EngineError;
pub use events::{Action, CommandLines, ContainerEvent, Events, MOUNTS_ASKED, Moment};
pub use inspected::{Details, ExecDetails, Inspected};
pub use lifecycle::{Output, Stream};
pub use listening::listening;
pub use load::Loading;
pub use logs::{LogLine, Logs, LogsQuery};
pub use networks::{Network, NetworkReach};
pub use pull::{LayerNews, LayerState, PullProblem, RegistryCredentials};
pub use run::Ran;
pub use spec::ContainerSpec;
pub use stats::{Blocks, Sample, Traffic};
pub use volumes::Volume;
pub use wire::reach;
