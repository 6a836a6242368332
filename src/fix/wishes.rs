//! What the operator wants of repairs: values where there is a choice, from the settings file and
//! the command line. Pure.

use super::step::Control;
use crate::facts::openclaw::Mode;

#[derive(Clone, Debug, PartialEq)]
pub struct Wishes {
    /// The sandbox mode to switch on: all sessions, or all but the main one.
    pub mode: Mode,
    /// Caps of a sandbox, as Docker writes them: `512m`, 0.5, 256.
    pub memory: String,
    pub cpus: f64,
    pub pids: i64,
    /// The network for sandboxes, where one is wished for: `none`, `bridge`, or a name.
    pub network: Option<Network>,
    /// Resolvers for sandboxes whose network has none that works.
    pub dns: Vec<String>,
    /// An archive that has the images.
    pub image_tar: Option<String>,
    /// Programs that an image must have.
    pub tools: Vec<String>,
    /// The network may be used.
    pub network_allowed: bool,
    /// How the engine is started and stopped here, where the operator says so.
    pub control: Option<Control>,
    /// Docker's licence terms were read and accepted, says the operator.
    pub docker_licence: bool,
    /// Somebody sits at the terminal.
    pub attended: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network {
    pub name: String,
    pub reach: super::step::NetworkReach,
}

impl Default for Wishes {
    /// The deployment guide's values.
    fn default() -> Self {
        Self {
            mode: Mode::All,
            memory: "512m".to_owned(),
            cpus: 0.5,
            pids: 256,
            network: None,
            dns: Vec::new(),
            image_tar: None,
            tools: vec!["sh".to_owned(), "python3".to_owned()],
            network_allowed: true,
            control: None,
            docker_licence: false,
            attended: false,
        }
    }
}
