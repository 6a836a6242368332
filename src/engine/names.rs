//! The names of images: given, taken away, listed. No image is ever removed here.

use hyper::Method;
use serde::Deserialize;

use super::client::{Engine, order};
use super::convert::{encode, nullable};
use super::error::EngineError;
use super::inspected::clean;
use super::reference::{familiar, repository_and_tag, valid};
use crate::deadline::Deadline;
use crate::text::wash;

impl Engine {
    /// Gives an image a further name. Another image that had it loses it.
    pub async fn tag(
        &self,
        id_or_reference: &str,
        reference: &str,
        d: Deadline,
    ) -> Result<(), EngineError> {
        let (repository, tag) =
            repository_and_tag(valid(reference)?).ok_or_else(|| no_name(reference))?;
        let path = format!(
            "/images/{}/tag?repo={}&tag={}",
            encode(valid(id_or_reference)?),
            encode(repository),
            encode(tag)
        );
        self.order(order(Method::POST, &path), d).await.map(drop)
    }

    /// Takes a name away, and nothing else: fails with [`EngineError::LastName`] when the image
    /// would go with it, and with [`EngineError::NotFound`] for what is no image's name (an id,
    /// say).
    ///
    /// The engine has no such call, so the image's names are looked at before. Whoever takes its
    /// other names away in the same instant could lose the image.
    pub async fn untag(&self, reference: &str, d: Deadline) -> Result<(), EngineError> {
        if repository_and_tag(valid(reference)?).is_none() {
            return Err(no_name(reference));
        }
        let name = familiar(reference);
        let names = self.image_names(reference, d).await?;
        if !names.contains(&name) {
            return Err(no_name(reference));
        }
        if names.iter().all(|other| *other == name) {
            return Err(EngineError::LastName(wash(&name, 300)));
        }
        let path = format!("/images/{}?force=0&noprune=1", encode(&name));
        self.order(order(Method::DELETE, &path), d).await.map(drop)
    }

    /// The names of the image that an id or reference leads to; none when it has no name.
    pub async fn image_names(
        &self,
        id_or_reference: &str,
        d: Deadline,
    ) -> Result<Vec<String>, EngineError> {
        let path = format!("/images/{}/json", encode(valid(id_or_reference)?));
        let said: Named = self.ask(&path, d).await?;
        Ok(said.names())
    }
}

fn no_name(reference: &str) -> EngineError {
    EngineError::NotFound(format!(
        "`{}` is not the name of an image",
        wash(reference, 300)
    ))
}

#[derive(Deserialize)]
struct Named {
    #[serde(rename = "RepoTags", default, deserialize_with = "nullable")]
    repo_tags: Vec<String>,
}

impl Named {
    fn names(&self) -> Vec<String> {
        self.repo_tags
            .iter()
            .map(|name| clean(name))
            .filter(|name| !name.starts_with("<none>"))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_without_a_name_has_none() {
        let read = |text: &str| serde_json::from_str::<Named>(text).expect(text).names();
        assert!(read("{}").is_empty());
        assert!(read(r#"{"RepoTags":null}"#).is_empty());
        assert!(read(r#"{"RepoTags":["<none>:<none>"]}"#).is_empty());
        assert_eq!(read(r#"{"RepoTags":["a:1","b:1"]}"#), ["a:1", "b:1"]);
    }
}
