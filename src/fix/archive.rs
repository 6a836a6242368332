//! Archives: what a build is given, and what an image archive holds. Reads the archive that the
//! operator names.
#![expect(
    clippy::disallowed_methods,
    reason = "reads the image archive that the command line names"
)]

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use serde::Deserialize;

use crate::digest::Sha256;
use crate::text::wash;

/// `manifest.json` of an archive has a few hundred bytes for each image.
const LARGEST_MANIFEST: u64 = 1 << 20;

/// A tar archive with one file in it, of root's and readable for all.
pub fn with_file(name: &str, bytes: &[u8]) -> Vec<u8> {
    let mut header = tar::Header::new_gnu();
    header.set_size(bytes.len() as u64);
    header.set_mode(0o644);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    let mut archive = tar::Builder::new(Vec::new());
    archive
        .append_data(&mut header, name, bytes)
        .and_then(|()| archive.into_inner())
        .expect("a short name and bytes in memory make an archive")
}

/// An image archive, as `docker save` wrote it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// The names that its images have.
    pub names: Vec<String>,
    /// The ids that its images may get: that of their config in the older store of an engine,
    /// that of their manifest in the newer one.
    pub ids: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Saved {
    /// `0123….json`, or `blobs/sha256/0123…`
    #[serde(default)]
    config: String,
    #[serde(default)]
    repo_tags: Option<Vec<String>>,
}

/// `index.json` of the OCI layout, which newer engines write beside the manifest.
#[derive(Deserialize)]
struct Index {
    #[serde(default)]
    manifests: Vec<Described>,
}

#[derive(Deserialize)]
struct Described {
    digest: String,
}

/// What an archive holds; words when it is none.
pub fn held(path: &Path) -> Result<Held, String> {
    let shown = wash(&path.to_string_lossy(), 300);
    let cannot = |error: std::io::Error| format!("{shown} cannot be read: {error}");
    let file = File::open(path).map_err(cannot)?;
    let mut archive = tar::Archive::new(std::io::BufReader::new(file));
    let (mut saved, mut index) = (None, None);
    for entry in archive.entries_with_seek().map_err(cannot)? {
        let entry = entry.map_err(|error| {
            format!("{shown} is no image archive, or a compressed one: {error}")
        })?;
        let name = entry.path().map(std::borrow::Cow::into_owned);
        let wanted = match name.as_deref().map(Path::to_str) {
            Ok(Some("manifest.json" | "./manifest.json")) => &mut saved,
            Ok(Some("index.json" | "./index.json")) => &mut index,
            _ => continue,
        };
        let mut text = String::new();
        entry
            .take(LARGEST_MANIFEST)
            .read_to_string(&mut text)
            .map_err(cannot)?;
        *wanted = Some(text);
    }
    let saved = saved.ok_or(format!(
        "{shown} is no image archive: it has no manifest.json"
    ))?;
    let images: Vec<Saved> = serde_json::from_str(&saved)
        .map_err(|error| format!("the manifest in {shown} cannot be read: {error}"))?;
    let mut held = Held::default();
    for image in images {
        held.ids.extend(config_id(&image.config));
        held.names.extend(image.repo_tags.into_iter().flatten());
    }
    // An index that cannot be read is one that no engine would go by.
    let index = index.and_then(|text| serde_json::from_str::<Index>(&text).ok());
    let described = index.into_iter().flat_map(|index| index.manifests);
    held.ids.extend(described.map(|one| one.digest));
    Ok(held)
}

fn config_id(config: &str) -> Option<String> {
    let name = config.rsplit('/').next().unwrap_or(config);
    let name = name.strip_suffix(".json").unwrap_or(name);
    let digits = name.strip_prefix("sha256:").unwrap_or(name);
    Sha256::try_from(digits.to_owned())
        .is_ok()
        .then(|| format!("sha256:{digits}"))
}

/// `repository@digest` for `repository:tag`.
pub fn at_digest(reference: &str, digest: &str) -> String {
    let bare = reference.split('@').next().unwrap_or(reference);
    let repository = match bare.rsplit_once(':') {
        // A port is followed by a path.
        Some((repository, tag)) if !tag.contains('/') => repository,
        _ => bare,
    };
    format!("{repository}@{digest}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_tells_its_names_and_the_ids_that_they_may_lead_to() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("a.tar");
        let (older, newer) = ("a".repeat(64), "b".repeat(64));
        let manifest = format!(
            r#"[{{"Config":"{older}.json","RepoTags":["a/b:1","c:2"],"Layers":[]}},
                {{"Config":"blobs/sha256/{newer}","RepoTags":null}},{{"Config":"c"}}]"#
        );
        std::fs::write(&path, with_file("manifest.json", manifest.as_bytes())).expect("ours");
        let held = held(&path).expect("it is one");
        assert_eq!(held.names, ["a/b:1", "c:2"]);
        assert_eq!(
            held.ids,
            [format!("sha256:{older}"), format!("sha256:{newer}")]
        );
    }

    #[test]
    fn what_is_no_archive_says_so() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("a.tar");
        std::fs::write(&path, b"plain words, and many of them").expect("it is ours");
        assert!(held(&path).expect_err("none").contains("no image archive"));
        std::fs::write(&path, with_file("other", b"x")).expect("it is ours");
        assert!(held(&path).expect_err("none").contains("no manifest.json"));
        assert!(
            held(Path::new("/no/such"))
                .expect_err("none")
                .contains("cannot be read")
        );
    }

    #[test]
    fn a_digest_takes_the_place_of_the_tag_and_not_of_a_port() {
        assert_eq!(at_digest("a/b:1", "sha256:x"), "a/b@sha256:x");
        assert_eq!(at_digest("h:5055/a", "sha256:x"), "h:5055/a@sha256:x");
        assert_eq!(at_digest("h:5055/a:1", "sha256:x"), "h:5055/a@sha256:x");
    }
}
