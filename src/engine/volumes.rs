//! Named volumes, as far as anybody asks for them.

use serde::Deserialize;

use super::client::Engine;
use super::convert::is_name;
use crate::deadline::Deadline;
use crate::facts::{Why, WhyKind};

impl Engine {
    /// Whether there is a volume of this name. To be asked before one is mounted: a mount makes
    /// the engine create what is missing.
    pub async fn has_volume(&self, name: &str, d: Deadline) -> Result<bool, Why> {
        #[derive(Deserialize)]
        struct Anything {}
        if !is_name(name) {
            return Ok(false);
        }
        match self.get::<Anything>(&format!("/volumes/{name}"), d).await {
            Ok(Anything {}) => Ok(true),
            Err(why) if why.kind == WhyKind::Absent => Ok(false),
            Err(why) => Err(why),
        }
    }
}
