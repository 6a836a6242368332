//! The workspaces that sandboxes have on the host. OpenClaw takes containers away and leaves these
//! (<https://github.com/openclaw/openclaw/issues/43797>). Looks only, within bounds.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::effective::LONGEST;
use crate::deadline::Deadline;
use crate::facts::openclaw::Workspace;
use crate::facts::{Facts, Reading};
use crate::probe::blocking::blocking;
use crate::text::wash;

/// Folders that are looked at, and entries in each of them.
const MOST_FOLDERS: usize = 500;
const MOST_ENTRIES: usize = 50_000;
/// Left over for the answer itself.
const SPARE: Duration = Duration::from_millis(300);

/// The workspaces below the agents' roots, by path.
pub async fn workspaces(facts: &Facts, d: Deadline) -> Reading<Vec<Workspace>> {
    let agents = match facts.openclaw.agents.get() {
        Ok(agents) => agents,
        Err(why) => return Reading::Unknown(why),
    };
    let mut roots: Vec<PathBuf> = agents
        .iter()
        .map(|agent| PathBuf::from(&agent.sandbox.workspace_root))
        .filter(|root| root.is_absolute())
        .collect();
    roots.sort();
    roots.dedup();
    let from = roots
        .iter()
        .map(|root| wash(&root.to_string_lossy(), LONGEST))
        .collect::<Vec<_>>()
        .join(", ");
    let within = Deadline::after(d.remaining().saturating_sub(SPARE));
    let looked = blocking(d, move || look(&roots, within)).await;
    Reading::from_result(looked, from)
}

fn look(roots: &[PathBuf], d: Deadline) -> Vec<Workspace> {
    let mut found = Vec::new();
    for root in roots {
        let folders = fs::read_dir(root).into_iter().flatten().flatten();
        let mut folders: Vec<PathBuf> = folders
            .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
            .filter(|entry| {
                entry
                    .file_name()
                    .to_string_lossy()
                    .starts_with("workspace-")
            })
            .take(MOST_FOLDERS)
            .map(|entry| entry.path())
            .collect();
        folders.sort();
        // One whose name is no text could not be named again.
        for folder in folders.iter().filter_map(|folder| folder.to_str()) {
            let size = size(Path::new(folder), d);
            found.push(Workspace {
                path: wash(folder, LONGEST),
                root: wash(&root.to_string_lossy(), LONGEST),
                bytes: size.map(|size| size.bytes),
                idle_seconds: size.and_then(|size| {
                    let idle = SystemTime::now().duration_since(size.changed).ok()?;
                    Some(idle.as_secs())
                }),
            });
        }
    }
    found
}

#[derive(Clone, Copy)]
struct Size {
    bytes: u64,
    changed: SystemTime,
}

/// All of a folder on one file system, links not followed; none when it is too much to look at,
/// or may not be looked at.
fn size(folder: &Path, d: Deadline) -> Option<Size> {
    let top = fs::symlink_metadata(folder).ok()?;
    let mut size = Size {
        bytes: 0,
        changed: top.modified().ok()?,
    };
    let mut waiting = vec![folder.to_path_buf()];
    let mut entries = 0;
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(&folder).ok()? {
            let data = entry.as_ref().ok()?.metadata().ok()?;
            entries += 1;
            if entries > MOST_ENTRIES || d.remaining().is_zero() || data.dev() != top.dev() {
                return None;
            }
            size.bytes = size.bytes.saturating_add(data.blocks().saturating_mul(512));
            size.changed = size.changed.max(data.modified().ok()?);
            if data.is_dir() {
                waiting.push(entry.ok()?.path());
            }
        }
    }
    Some(size)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn soon() -> Deadline {
        Deadline::after(Duration::from_secs(10))
    }

    #[test]
    fn workspaces_are_told_with_their_size_and_other_folders_are_not() {
        let root = tempfile::tempdir().expect("a temporary folder");
        let at = |path: &str| root.path().join(path);
        fs::create_dir_all(at("workspace-a/sub")).expect("free");
        fs::create_dir_all(at("skills")).expect("free");
        fs::write(at("workspace-a/sub/file"), vec![1; 100_000]).expect("ours");
        std::os::unix::fs::symlink("/usr", at("workspace-a/link")).expect("free");
        std::os::unix::fs::symlink("/usr", at("workspace-link")).expect("free");
        let found = look(&[root.path().to_path_buf(), at("gone")], soon());
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].path, at("workspace-a").display().to_string());
        let bytes = found[0].bytes.expect("all of it was looked at");
        assert!((100_000..1_000_000).contains(&bytes), "{bytes}");
        assert!(found[0].idle_seconds.expect("likewise") < 600);
    }

    #[test]
    fn one_that_there_was_no_time_for_has_no_size() {
        let root = tempfile::tempdir().expect("a temporary folder");
        fs::create_dir_all(root.path().join("workspace-a/sub")).expect("free");
        let found = look(
            &[root.path().to_path_buf()],
            Deadline::after(Duration::ZERO),
        );
        assert_eq!((found[0].bytes, found[0].idle_seconds), (None, None));
    }
}
