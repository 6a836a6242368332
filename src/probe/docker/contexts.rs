//! The contexts of the Docker CLI, read from its own folder.

use std::path::Path;

use serde::Deserialize;

use super::files;
use crate::engine::endpoint::config_dir;
use crate::facts::docker::Context;
use crate::surroundings::Surroundings;
use crate::text::wash;

const LONGEST: usize = 300;

/// All of them that can be read, by name. The built-in `default` has no file.
pub fn contexts(surroundings: &Surroundings) -> Vec<Context> {
    let folder = config_dir(surroundings).join("contexts/meta");
    let mut found: Vec<Context> = files::entries(&folder)
        .into_iter()
        .filter_map(|name| context(&folder.join(name).join("meta.json")))
        .collect();
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

fn context(file: &Path) -> Option<Context> {
    understand(&files::read(file).ok()?)
}

/// `{"Name":"orbstack","Endpoints":{"docker":{"Host":"unix:///…"}}}`
/// (docker/cli cli/context/store/metadatastore.go).
fn understand(bytes: &[u8]) -> Option<Context> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Meta {
        name: String,
        endpoints: Endpoints,
    }
    #[derive(Deserialize)]
    struct Endpoints {
        docker: Docker,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Docker {
        host: String,
    }
    let meta: Meta = serde_json::from_slice(bytes).ok()?;
    // A name goes into a command line: one that the Docker CLI would not take is none
    // (docker/cli cli/context/store/store.go, restrictedNamePattern).
    let plain = |c: char| c.is_ascii_alphanumeric() || "_.+-".contains(c);
    let good = meta.name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && meta.name.chars().all(plain)
        && meta.name.len() <= LONGEST;
    good.then(|| Context {
        name: meta.name,
        url: wash(&meta.endpoints.docker.host, LONGEST),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_context_is_read_with_its_host() {
        let text =
            br#"{"Name":"orbstack","Metadata":{"Description":"OrbStack"},"Endpoints":{"docker":
            {"Host":"unix:///Users/u/.orbstack/run/docker.sock","SkipTLSVerify":false}}}"#;
        let read = understand(text).expect("a context");
        assert_eq!(read.name, "orbstack");
        assert_eq!(read.url, "unix:///Users/u/.orbstack/run/docker.sock");
    }

    #[test]
    fn what_is_no_context_of_the_docker_cli_is_left_out() {
        for text in [
            "",
            "{}",
            r#"{"Name":"a","Endpoints":{}}"#,
            r#"{"Name":"--help","Endpoints":{"docker":{"Host":"unix:///x"}}}"#,
            r#"{"Name":"a b","Endpoints":{"docker":{"Host":"unix:///x"}}}"#,
        ] {
            assert_eq!(understand(text.as_bytes()), None, "{text}");
        }
    }
}
