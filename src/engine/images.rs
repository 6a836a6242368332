//! Images as the engine holds them.

use std::time::SystemTime;

use serde::Deserialize;

use super::client::Engine;
use super::convert::{encode, is_reference, moment, nullable};
use crate::deadline::Deadline;
use crate::facts::image::LocalImage;
use crate::facts::{Why, WhyKind};
use crate::text::wash;

const LONGEST: usize = 300;

impl Engine {
    /// The image that a reference or id leads to. `Absent` when the engine has none.
    pub async fn image(&self, reference: &str, d: Deadline) -> Result<LocalImage, Why> {
        if !is_reference(reference) {
            return Err(Why::new(
                WhyKind::Unparsable,
                format!("`{}` is not an image reference", wash(reference, LONGEST)),
            ));
        }
        let said: SaidImage = self
            .get(&format!("/images/{}/json", encode(reference)), d)
            .await?;
        Ok(said.at(SystemTime::now()))
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
    fn an_image_that_says_little_has_no_age() {
        let image = read(r#"{"Id":"sha256:1","Created":"1970-01-01T00:00:00Z","Config":null}"#);
        assert_eq!((image.age_seconds, image.created), (None, None));
        assert!(image.user.is_empty());
    }
}
