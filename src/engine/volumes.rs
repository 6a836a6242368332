//! Named volumes: what they are and who uses them.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::client::Engine;
use super::containers::Listed;
use super::convert::{is_name, nullable};
use super::inspected::{clean, clean_map};
use crate::deadline::Deadline;
use crate::facts::{Why, WhyKind};
use crate::text::wash;

const LONGEST_PATH: usize = 4096;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Volume {
    pub name: String,
    pub driver: String,
    /// In the engine's own file system: on a Mac that is the virtual machine's.
    pub mountpoint: String,
    pub labels: BTreeMap<String, String>,
    /// Of its driver. With some the `local` one is no folder of the engine's, but a mount (NFS, a
    /// folder of the host).
    pub options: BTreeMap<String, String>,
    /// RFC 3339, when the engine tells.
    pub created: Option<String>,
}

impl Engine {
    /// One volume. `Absent` when there is none of this name.
    pub async fn volume(&self, name: &str, d: Deadline) -> Result<Volume, Why> {
        if !is_name(name) {
            return Err(no_volume(name));
        }
        let said: Said = self.get(&format!("/volumes/{name}"), d).await?;
        Ok(said.into())
    }

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

    /// The containers that mount a volume, running or not.
    pub async fn volume_users(&self, name: &str, d: Deadline) -> Result<Vec<Listed>, Why> {
        // The engine's filter takes a path in the container as well, which a name never is.
        if !is_name(name) {
            return Err(no_volume(name));
        }
        self.listed("volume", name, true, d).await
    }
}

fn no_volume(name: &str) -> Why {
    Why::new(
        WhyKind::Absent,
        format!("`{}` is not a volume's name", wash(name, 300)),
    )
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Said {
    name: String,
    driver: String,
    #[serde(default, deserialize_with = "nullable")]
    mountpoint: String,
    #[serde(default, deserialize_with = "nullable")]
    labels: BTreeMap<String, String>,
    #[serde(default, deserialize_with = "nullable")]
    options: BTreeMap<String, String>,
    #[serde(default)]
    created_at: Option<String>,
}

impl From<Said> for Volume {
    fn from(said: Said) -> Self {
        Self {
            name: clean(&said.name),
            driver: clean(&said.driver),
            mountpoint: wash(&said.mountpoint, LONGEST_PATH),
            labels: clean_map(&said.labels),
            options: clean_map(&said.options),
            created: said.created_at.map(|created| clean(&created)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_volume_is_read_with_what_the_engine_leaves_out() {
        let text = r#"{"CreatedAt":"2026-01-01T00:00:00Z","Driver":"local","Labels":null,
            "Mountpoint":"/var/lib/docker/volumes/v/_data","Name":"v","Options":null,"Scope":"local"}"#;
        let volume = Volume::from(serde_json::from_str::<Said>(text).expect(text));
        assert_eq!(
            (volume.name.as_str(), volume.driver.as_str()),
            ("v", "local")
        );
        assert!(volume.labels.is_empty() && volume.options.is_empty());
        let little = r#"{"Name":"v","Driver":"nfs","Options":{"o":"addr=\u001b"}}"#;
        let volume = Volume::from(serde_json::from_str::<Said>(little).expect(little));
        assert_eq!((volume.created, volume.mountpoint.as_str()), (None, ""));
        assert_eq!(volume.options["o"], "addr=\\u{1b}");
        assert!(serde_json::from_str::<Said>(r#"{"Name":"v"}"#).is_err());
    }
}
