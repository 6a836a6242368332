//! Images as the engine holds them.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::SystemTime;

use serde::Deserialize;

use super::client::Engine;
use super::convert::{encode, is_reference, moment, nullable};
use crate::deadline::Deadline;
use crate::facts::image::LocalImage;
use crate::facts::{Why, WhyKind};
use crate::text::wash;

const LONGEST: usize = 300;
/// overlay2 takes 128.
const MOST_LAYERS: usize = 256;

impl Engine {
    /// The image that a reference or id leads to. `Absent` when the engine has none.
    pub async fn image(&self, reference: &str, d: Deadline) -> Result<LocalImage, Why> {
        if !is_reference(reference) {
            return Err(no_reference(reference));
        }
        let said: SaidImage = self
            .get(&format!("/images/{}/json", encode(reference)), d)
            .await?;
        Ok(said.at(SystemTime::now()))
    }

    /// Where the engine keeps an image's layers: folders of the engine's machine. Empty where it
    /// does not tell, as with containerd's store.
    pub async fn layers(&self, reference: &str, d: Deadline) -> Result<Vec<PathBuf>, Why> {
        if !is_reference(reference) {
            return Err(no_reference(reference));
        }
        let said: SaidLayers = self
            .get(&format!("/images/{}/json", encode(reference)), d)
            .await?;
        Ok(said.folders())
    }
}

fn no_reference(reference: &str) -> Why {
    Why::new(
        WhyKind::Unparsable,
        format!("`{}` is not an image reference", wash(reference, LONGEST)),
    )
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SaidLayers {
    #[serde(default, deserialize_with = "nullable")]
    graph_driver: SaidDriver,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct SaidDriver {
    #[serde(deserialize_with = "nullable")]
    data: BTreeMap<String, String>,
}

impl SaidLayers {
    /// overlay2: the newest layer, and those below it with colons between them.
    fn folders(&self) -> Vec<PathBuf> {
        ["UpperDir", "LowerDir"]
            .into_iter()
            .filter_map(|key| self.graph_driver.data.get(key))
            .flat_map(|folders| folders.split(':'))
            .map(PathBuf::from)
            .filter(|folder| folder.is_absolute())
            .take(MOST_LAYERS)
            .collect()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SaidImage {
    id: String,
    #[serde(default, deserialize_with = "nullable")]
    os: String,
    #[serde(default, deserialize_with = "nullable")]
    architecture: String,
    #[serde(default)]
    variant: Option<String>,
    #[serde(default)]
    created: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    config: SaidConfig,
    #[serde(default, deserialize_with = "nullable")]
    size: u64,
    #[serde(default, deserialize_with = "nullable")]
    repo_digests: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct SaidConfig {
    #[serde(deserialize_with = "nullable")]
    user: String,
    #[serde(deserialize_with = "nullable")]
    entrypoint: Vec<String>,
}

impl SaidImage {
    fn at(self, now: SystemTime) -> LocalImage {
        let made = self.created.as_deref().and_then(moment);
        LocalImage {
            id: wash(&self.id, LONGEST),
            os: wash(&self.os, LONGEST),
            arch: wash(&self.architecture, LONGEST),
            variant: self
                .variant
                .map(|variant| wash(&variant, LONGEST))
                .filter(|variant| !variant.is_empty()),
            // An image from the future (a clock that is off) is as new as can be.
            age_seconds: made.map(|made| now.duration_since(made).map_or(0, |age| age.as_secs())),
            created: made
                .and(self.created)
                .map(|created| wash(&created, LONGEST)),
            user: wash(&self.config.user, LONGEST),
            entrypoint: self
                .config
                .entrypoint
                .iter()
                .take(64)
                .map(|word| wash(word, LONGEST))
                .collect(),
            size: self.size,
            repo_digests: self
                .repo_digests
                .iter()
                .take(64)
                .map(|digest| wash(digest, LONGEST))
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    fn read(text: &str) -> LocalImage {
        let said: SaidImage = serde_json::from_str(text).expect("a document of the engine");
        said.at(UNIX_EPOCH + Duration::from_secs(1_700_000_000))
    }

    #[test]
    fn an_image_is_read_from_old_and_new_engines() {
        let image = read(
            r#"{"Id":"sha256:1","Os":"linux","Architecture":"arm64","Variant":"v8","Size":7,
                "Created":"2023-11-14T22:13:10.5Z","RepoDigests":null,
                "Config":{"User":"sandbox","Entrypoint":null,"Volumes":null,"ExposedPorts":{"1/tcp":{}}}}"#,
        );
        assert_eq!(image.age_seconds, Some(9));
        assert_eq!(image.variant.as_deref(), Some("v8"));
        assert_eq!((image.user.as_str(), image.size), ("sandbox", 7));
    }

    #[test]
    fn layers_are_told_by_some_storage_drivers_and_not_by_others() {
        let read = |text: &str| {
            let said: SaidLayers = serde_json::from_str(text).expect(text);
            said.folders()
        };
        let overlay = r#"{"GraphDriver":{"Name":"overlay2","Data":{"LowerDir":"/d/b/diff:/d/a/diff",
            "MergedDir":"/d/c/merged","UpperDir":"/d/c/diff","WorkDir":"relative"}}}"#;
        let folders = ["/d/c/diff", "/d/b/diff", "/d/a/diff"].map(PathBuf::from);
        assert_eq!(read(overlay), folders);
        for nothing in [
            "{}",
            r#"{"GraphDriver":null}"#,
            r#"{"GraphDriver":{"Name":"overlayfs","Data":null}}"#,
            r#"{"GraphDriver":{"Data":{"UpperDir":"etc"}}}"#,
        ] {
            assert_eq!(read(nothing), Vec::<PathBuf>::new(), "{nothing}");
        }
    }

    #[test]
    fn an_image_that_says_little_has_no_age() {
        let image = read(r#"{"Id":"sha256:1","Created":"1970-01-01T00:00:00Z","Config":null}"#);
        assert_eq!((image.age_seconds, image.created), (None, None));
        assert!(image.user.is_empty());
    }
}
