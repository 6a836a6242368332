//! The probes: all that asks the world, and nothing that judges. One file per area; each probe
//! gathers one section of the facts under its own deadline, and one that hangs or dies costs its
//! own facts alone.
#![expect(
    clippy::disallowed_methods,
    reason = "asks the world: that is what it is for"
)]

pub mod ask;
mod blocking;
mod calls;
pub mod custom;
pub mod docker;
pub mod gather;
pub mod here;
pub mod host;
pub mod image;
pub mod inside;
pub mod net;
pub mod openclaw;
pub mod own;
pub mod parse;
pub mod standing;

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use crate::facts::custom::Question;
use crate::settings::Settings;
use crate::surroundings::Surroundings;

/// What a run of probes is told: who asks, with which settings, and how far it may go.
#[derive(Clone, Debug, Default)]
pub struct World {
    /// What this process sees.
    pub operator: Surroundings,
    pub settings: Settings,
    /// Use no network beyond this machine and its engine.
    pub offline: bool,
    /// Start no container.
    pub passive: bool,
    /// Ask slow sources as well (OpenClaw's own CLI).
    pub deep: bool,
    /// Measure what sandboxes wrote into their own layers, which the engine has to walk through.
    pub layers: bool,
    /// The container that the operator says the gateway runs in.
    pub gateway_container: Option<String>,
    pub hostname: String,
    /// How reports name this node.
    pub node_id: String,
    /// Marks what this run makes in the engine: 16 hex digits.
    pub run_id: String,
    /// Programs that must work inside a sandbox.
    pub tools: Vec<String>,
    /// Addresses (`host:port`) that no sandbox may reach.
    pub blocked: Vec<String>,
    /// TCP ports on which an engine's API could be exposed to sandboxes.
    pub engine_ports: Vec<u16>,
    pub questions: Vec<(Question, Duration)>,
    /// How many containers the engine was asked to make and has not answered about yet.
    pub creating: Arc<AtomicUsize>,
}
