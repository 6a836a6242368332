//! What a registry has, as the engine sees it with its own mirrors, certificates and proxies.

use hyper::Method;
use serde::Deserialize;

use super::client::{Engine, not_understood, order};
use super::convert::{encode, nullable};
use super::error::EngineError;
use super::pull::{RegistryCredentials, named};
use super::reference::{tagged, valid};
use crate::deadline::Deadline;
use crate::text::wash;

/// Longest word of a registry that is passed on.
const LONGEST: usize = 100;

/// The image that a name leads to in its registry now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InRegistry {
    /// `sha256:…` of its manifest, or of the index of several.
    pub digest: String,
    /// `linux/arm64/v8`; empty where the registry does not tell.
    pub platforms: Vec<String>,
}

impl InRegistry {
    /// Whether an engine of this platform (`os/arch`, perhaps `/variant`) finds one for it.
    pub fn offers(&self, platform: &str) -> bool {
        self.platforms.iter().any(|one| {
            let (one, other) = (one.as_str(), platform);
            one == other
                || one
                    .strip_prefix(other)
                    .is_some_and(|rest| rest.starts_with('/'))
                || other
                    .strip_prefix(one)
                    .is_some_and(|rest| rest.starts_with('/'))
        })
    }
}

impl Engine {
    /// Asks the registry that the reference names, through the engine. Nothing is pulled. Fails
    /// with [`EngineError::Pull`] as a pull would.
    pub async fn in_registry(
        &self,
        reference: &str,
        credentials: Option<&RegistryCredentials>,
        d: Deadline,
    ) -> Result<InRegistry, EngineError> {
        let path = format!("/distribution/{}/json", encode(&tagged(valid(reference)?)));
        let mut request = order(Method::GET, &path);
        if let Some(credentials) = credentials {
            let headers = request.headers_mut();
            headers.insert("X-Registry-Auth", credentials.header());
        }
        let body = self.order(request, d).await.map_err(named)?;
        let said: Said = serde_json::from_slice(&body)
            .map_err(|error| EngineError::broken(&not_understood(&path, &error)))?;
        said.checked()
            .ok_or_else(|| EngineError::broken("the registry's answer has no digest"))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Said {
    descriptor: SaidDescriptor,
    #[serde(default, deserialize_with = "nullable")]
    platforms: Vec<SaidPlatform>,
}

#[derive(Deserialize)]
struct SaidDescriptor {
    digest: String,
}

#[derive(Deserialize)]
struct SaidPlatform {
    #[serde(default)]
    os: String,
    #[serde(default)]
    architecture: String,
    #[serde(default)]
    variant: String,
}

impl Said {
    fn checked(self) -> Option<InRegistry> {
        let digest = self.descriptor.digest;
        let hex = digest.strip_prefix("sha256:")?;
        if hex.len() != 64 || !hex.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        let platforms = self
            .platforms
            .into_iter()
            // An index holds attestations, too, for the platform `unknown/unknown`.
            .filter(|one| !one.os.is_empty() && one.os != "unknown")
            .take(64)
            .map(|one| {
                let mut name = format!("{}/{}", one.os, one.architecture);
                if !one.variant.is_empty() {
                    name.push('/');
                    name.push_str(&one.variant);
                }
                wash(&name, LONGEST)
            })
            .collect();
        Some(InRegistry { digest, platforms })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<InRegistry> {
        let said: Said = serde_json::from_str(text).expect("a document of the engine");
        said.checked()
    }

    #[test]
    fn a_digest_and_the_platforms_are_read() {
        let digest = format!("sha256:{}", "a".repeat(64));
        let text = format!(
            r#"{{"Descriptor":{{"mediaType":"x","digest":"{digest}","size":1}},"Platforms":[
                {{"architecture":"arm64","os":"linux","variant":"v8"}},{{"architecture":"unknown","os":"unknown"}}]}}"#
        );
        let found = read(&text).expect("it has a digest");
        assert_eq!(found.digest, digest);
        assert_eq!(found.platforms, ["linux/arm64/v8"]);
        assert!(found.offers("linux/arm64") && !found.offers("linux/amd64"));
    }

    #[test]
    fn what_is_no_digest_is_no_answer() {
        assert_eq!(
            read(r#"{"Descriptor":{"digest":"../x"},"Platforms":null}"#),
            None
        );
    }
}
