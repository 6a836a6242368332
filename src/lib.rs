//! clawdoctor: the node doctor for machines that run OpenClaw's tool sandboxes in Docker.

pub mod checklist;
pub mod cli;
pub mod deadline;
pub mod engine;
pub mod exit;
pub mod facts;
pub mod failure;
pub mod probe;
pub mod redact;
pub mod report;
pub mod settings;
pub mod surroundings;
pub mod text;
pub mod tui;
pub mod units;
