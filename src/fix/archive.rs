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

use crate::text::wash;

/// `manifest.json` of an archive has a few hundred bytes for each image.
const LARGEST_MANIFEST: u64 = 1 << 20;

/// A tar archive with one file in it.
pub fn with_file(name: &str, bytes: &[u8]) -> Vec<u8> {
    let mut header = tar::Header::new_gnu();
    header.set_size(bytes.len() as u64);
    header.set_mode(0o644);
    header.set_mtime(0);
    let mut archive = tar::Builder::new(Vec::new());
    archive
        .append_data(&mut header, name, bytes)
        .and_then(|()| archive.into_inner())
        .expect("a short name and bytes in memory make an archive")
}

/// The names that the images of an archive have, as `docker save` wrote it. Words when it is no
/// such archive.
pub fn names(path: &Path) -> Result<Vec<String>, String> {
    #[derive(Deserialize)]
    struct Image {
        #[serde(rename = "RepoTags", default)]
        names: Option<Vec<String>>,
    }
    let shown = wash(&path.to_string_lossy(), 300);
    let cannot = |error: std::io::Error| format!("{shown} cannot be read: {error}");
    let file = File::open(path).map_err(cannot)?;
    let mut archive = tar::Archive::new(std::io::BufReader::new(file));
    for entry in archive.entries().map_err(cannot)? {
        let entry = entry.map_err(|error| {
            format!("{shown} is no image archive, or a compressed one: {error}")
        })?;
        let is_manifest = entry
            .path()
            .is_ok_and(|path| path == Path::new("manifest.json"));
        if is_manifest {
            let mut text = String::new();
            entry
                .take(LARGEST_MANIFEST)
                .read_to_string(&mut text)
                .map_err(cannot)?;
            let images: Vec<Image> = serde_json::from_str(&text)
                .map_err(|error| format!("the manifest in {shown} cannot be read: {error}"))?;
            return Ok(images
                .into_iter()
                .filter_map(|i| i.names)
                .flatten()
                .collect());
        }
    }
    Err(format!(
        "{shown} is no image archive: it has no manifest.json"
    ))
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
    fn an_archive_tells_its_names() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("a.tar");
        let manifest =
            br#"[{"Config":"c","RepoTags":["a/b:1","c:2"],"Layers":[]},{"RepoTags":null}]"#;
        std::fs::write(&path, with_file("manifest.json", manifest)).expect("it is ours");
        assert_eq!(names(&path), Ok(vec!["a/b:1".to_owned(), "c:2".to_owned()]));
    }

    #[test]
    fn what_is_no_archive_says_so() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("a.tar");
        std::fs::write(&path, b"plain words, and many of them").expect("it is ours");
        assert!(names(&path).expect_err("none").contains("no image archive"));
        std::fs::write(&path, with_file("other", b"x")).expect("it is ours");
        assert!(names(&path).expect_err("none").contains("no manifest.json"));
        assert!(
            names(Path::new("/no/such"))
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
