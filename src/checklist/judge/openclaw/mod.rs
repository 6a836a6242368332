//! Judges of the area `openclaw`: pure functions of the facts and of a check's parameters.
//! `install` rules on what is installed and configured, `policy` on what the settings allow,
//! `gateway` on the process that drives Docker, `contained` on one in a container, `doctor` on what OpenClaw's own doctor says.

mod contained;
mod doctor;
mod gateway;
mod install;
mod policy;

pub use doctor::Doctor;
pub use gateway::{DockerCli, Gateway};
pub use install::{Config, Node, Version};
pub use policy::{Elevated, Limits, NetworkPolicy, SandboxMode};
