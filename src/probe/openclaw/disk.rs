//! What lies on the disk where the settings point: owners of workspaces, sources of binds. Reads
//! only, blocks, and is therefore called off the async threads.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::digest::Sha256;

use super::effective::LONGEST;
use crate::facts::openclaw::{Agent, Bind, Sandbox, Scope, WorkspaceAccess};
use crate::text::wash;

/// Fills in what only the disk knows.
pub fn look(agents: &mut [Agent]) {
    for agent in agents {
        agent.sandbox.workspace_owner = owner(&mounted(&agent.id, &agent.sandbox));
        for bind in &mut agent.sandbox.docker.binds {
            resolve(bind);
        }
    }
}

/// The host folder that is mounted at the work folder: the agent's own with access `rw`, else one
/// below the root, which is named after what shares the sandbox. For scope `session` that of the
/// agent's main session stands for all.
fn mounted(id: &str, sandbox: &Sandbox) -> PathBuf {
    if sandbox.workspace_access == WorkspaceAccess::Rw {
        return PathBuf::from(&sandbox.agent_workspace);
    }
    let root = PathBuf::from(&sandbox.workspace_root);
    let key = match sandbox.scope {
        Scope::Shared => return root,
        Scope::Agent => format!("agent:{id}"),
        Scope::Session => format!("agent:{id}:main"),
    };
    let workspace = short_hash(&sandbox.agent_workspace);
    root.join(format!(
        "workspace-{}",
        short_hash(&format!("{key}:workspace:{workspace}"))
    ))
}

/// The first 32 hex digits of a SHA-256.
fn short_hash(text: &str) -> String {
    Sha256::of(text.as_bytes()).first(32).to_owned()
}

/// Owner of the folder or of the nearest parent that exists; none when nobody may look.
fn owner(folder: &Path) -> Option<String> {
    for folder in folder.ancestors() {
        match fs::metadata(folder) {
            Ok(data) => return Some(format!("{}:{}", data.uid(), data.gid())),
            Err(error) if is_absent(&error) => {}
            Err(_) => return None,
        }
    }
    None
}

fn resolve(bind: &mut Bind) {
    if !bind.source.starts_with('/') {
        return;
    }
    match fs::canonicalize(&bind.source) {
        Ok(path) => {
            bind.resolved = Some(wash(&path.to_string_lossy(), LONGEST));
            bind.exists = Some(true);
        }
        Err(error) if is_absent(&error) => bind.exists = Some(false),
        Err(_) => {}
    }
}

fn is_absent(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_named_as_openclaw_names_them() {
        // Names and keys of containers that OpenClaw 2026.9.6 made.
        let suffix = "workspace:7e3a12c32e9668b3caa01fdc689d5f34";
        let agent = short_hash(&format!("agent:main:{suffix}"));
        assert_eq!(agent, "f26e003a36d1adb6bcbc0d54ecc85083");
        let session = short_hash(&format!("agent:main:main:{suffix}"));
        assert_eq!(session, "5909e886ccb3d44f27051c808e4aeda7");
    }

    #[test]
    fn a_bind_is_followed_to_what_it_is() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let real = folder.path().join("real");
        fs::create_dir(&real).expect("it is empty");
        std::os::unix::fs::symlink(&real, folder.path().join("link")).expect("it is free");
        let look_at = |source: &str| {
            let mut bind = Bind {
                source: source.to_owned(),
                target: "/x".to_owned(),
                read_only: false,
                relabel: None,
                resolved: None,
                exists: None,
            };
            resolve(&mut bind);
            (bind.resolved, bind.exists)
        };
        let link = folder.path().join("link");
        let real = fs::canonicalize(&real).expect("it is there");
        let found = look_at(&link.to_string_lossy());
        assert_eq!(
            found,
            (Some(real.to_string_lossy().into_owned()), Some(true))
        );
        assert_eq!(look_at("/no/such/folder"), (None, Some(false)));
        assert_eq!(look_at("a-volume"), (None, None));
    }

    #[test]
    fn the_nearest_folder_that_exists_stands_for_one_to_come() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let data = fs::metadata(folder.path()).expect("it is there");
        assert_eq!(
            owner(&folder.path().join("a/b/c")),
            Some(format!("{}:{}", data.uid(), data.gid()))
        );
    }
}
