//! Image references as the engine reads them (github.com/distribution/reference). Pure.

use super::convert::is_reference;
use super::error::EngineError;
use crate::text::wash;

/// A reference that can be asked for.
pub fn valid(reference: &str) -> Result<&str, EngineError> {
    if is_reference(reference) {
        return Ok(reference);
    }
    Err(EngineError::NotFound(format!(
        "`{}` is not an image reference",
        wash(reference, 300)
    )))
}

/// Repository and tag. None when the reference names a digest, which is nobody's to give or take.
pub fn repository_and_tag(reference: &str) -> Option<(&str, &str)> {
    if reference.contains('@') {
        return None;
    }
    let name = reference.rfind('/').map_or(0, |slash| slash + 1);
    match reference[name..].rfind(':') {
        Some(colon) => Some((&reference[..name + colon], &reference[name + colon + 1..])),
        None => Some((reference, "latest")),
    }
}

/// With `:latest` where there is neither a tag nor a digest: the engine would pull every tag.
pub fn tagged(reference: &str) -> String {
    match repository_and_tag(reference) {
        Some((repository, tag)) => format!("{repository}:{tag}"),
        None => reference.to_owned(),
    }
}

/// As the engine writes it in `RepoTags`.
pub fn familiar(reference: &str) -> String {
    let tagged = tagged(reference);
    let short = tagged
        .strip_prefix("docker.io/")
        .or_else(|| tagged.strip_prefix("index.docker.io/"));
    match short {
        Some(short) => short.strip_prefix("library/").unwrap_or(short).to_owned(),
        None => tagged
            .strip_prefix("library/")
            .map_or_else(|| tagged.clone(), str::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_no_tag_and_a_digest_no_name() {
        let cases = [
            ("debian", Some(("debian", "latest"))),
            ("debian:12", Some(("debian", "12"))),
            ("localhost:5000/a", Some(("localhost:5000/a", "latest"))),
            ("localhost:5000/a/b:c", Some(("localhost:5000/a/b", "c"))),
            ("a@sha256:00", None),
            ("a:1@sha256:00", None),
        ];
        for (reference, expected) in cases {
            assert_eq!(repository_and_tag(reference), expected, "{reference}");
        }
        assert_eq!(tagged("a:1@sha256:00"), "a:1@sha256:00");
    }

    #[test]
    fn names_are_compared_as_the_engine_writes_them() {
        for (written, meant) in [
            ("docker.io/library/debian", "debian:latest"),
            ("library/debian:12", "debian:12"),
            ("docker.io/a/b:1", "a/b:1"),
            ("ghcr.io/library/b:1", "ghcr.io/library/b:1"),
        ] {
            assert_eq!(familiar(written), meant);
        }
    }
}
