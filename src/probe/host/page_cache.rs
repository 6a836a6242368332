//! What the kernel keeps of files in memory, and how some of them are put out of it again.

use std::fs::File;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{blocking, kind_of, system};
use crate::deadline::Deadline;
use crate::facts::{Why, WhyKind};

/// More than any sandbox image has.
const MOST_FILES: usize = 500_000;
/// 1 drops pages; 2 would drop names too.
const DROP_PAGES: &str = "1";
const DROP_CACHES: &str = "/proc/sys/vm/drop_caches";

/// What is to be read from the disk again.
#[derive(Clone, Debug)]
pub enum PageCache {
    /// These files.
    Files(Arc<[PathBuf]>),
    /// All that this machine keeps, of every program.
    WholeMachine,
}

impl PageCache {
    /// The files in these folders.
    pub async fn of(folders: Vec<PathBuf>, d: Deadline) -> Result<Self, Why> {
        let files = blocking("the image's files", d, move || walk(&folders)).await?;
        Ok(Self::Files(files.into()))
    }

    /// Puts them out of memory, as far as no running program has them mapped.
    pub async fn empty(&self, d: Deadline) -> Result<(), Why> {
        match self.clone() {
            Self::Files(files) => blocking("the page cache", d, move || forget(&files)).await,
            Self::WholeMachine => blocking("the page cache", d, whole).await,
        }
    }
}

fn failed(path: &Path, error: &std::io::Error) -> Why {
    Why::new(
        kind_of(error.kind()),
        format!("{}: {error}", path.display()),
    )
}

fn walk(folders: &[PathBuf]) -> Result<Vec<PathBuf>, Why> {
    let mut files = Vec::new();
    let mut left: Vec<PathBuf> = folders.to_vec();
    while let Some(folder) = left.pop() {
        let entries = std::fs::read_dir(&folder).map_err(|error| failed(&folder, &error))?;
        for entry in entries {
            let entry = entry.map_err(|error| failed(&folder, &error))?;
            // Of the entry itself: a link's target may be anything of this machine.
            let kind = entry
                .file_type()
                .map_err(|error| failed(&entry.path(), &error))?;
            if kind.is_dir() {
                left.push(entry.path());
            } else if kind.is_file() {
                files.push(entry.path());
            }
        }
        if files.len() > MOST_FILES {
            let detail = format!("the image has more than {MOST_FILES} files");
            return Err(Why::new(WhyKind::NotApplicable, detail));
        }
    }
    Ok(files)
}

fn forget(files: &[PathBuf]) -> Result<(), Why> {
    for path in files {
        let opened = std::fs::OpenOptions::new()
            .read(true)
            .custom_flags(nix::libc::O_NOFOLLOW | nix::libc::O_NONBLOCK)
            .open(path);
        let file: File = match opened {
            Ok(file) => file,
            // An image that was removed meanwhile has no pages either.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => return Err(failed(path, &error)),
        };
        system::forget(&file).map_err(|errno| failed(path, &errno.into()))?;
    }
    Ok(())
}

fn whole() -> Result<(), Why> {
    // What is not written yet cannot be dropped.
    nix::unistd::sync();
    let path = Path::new(DROP_CACHES);
    std::fs::write(path, DROP_PAGES).map_err(|error| failed(path, &error))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn soon() -> Deadline {
        Deadline::after(Duration::from_secs(10))
    }

    #[tokio::test]
    async fn files_in_all_folders_are_found_and_links_are_not_followed() {
        let place = tempfile::tempdir().expect("a folder");
        let (a, b) = (place.path().join("a"), place.path().join("b"));
        std::fs::create_dir_all(a.join("deep")).expect("made");
        std::fs::create_dir_all(&b).expect("made");
        std::fs::write(a.join("deep/one"), "1").expect("written");
        std::fs::write(b.join("two"), "2").expect("written");
        std::os::unix::fs::symlink("/etc", b.join("away")).expect("made");
        std::os::unix::fs::symlink("/etc/passwd", b.join("file")).expect("made");
        let cache = PageCache::of(vec![a.clone(), b.clone()], soon())
            .await
            .expect("there");
        let PageCache::Files(files) = &cache else {
            panic!("files were asked for");
        };
        let mut found: Vec<PathBuf> = files.to_vec();
        found.sort();
        assert_eq!(found, [a.join("deep/one"), b.join("two")]);
        std::fs::remove_file(b.join("two")).expect("removed");
        if cfg!(unix) && Path::new(DROP_CACHES).exists() {
            assert_eq!(cache.empty(soon()).await, Ok(()));
        }
    }

    #[tokio::test]
    async fn a_folder_that_is_not_there_is_a_reason() {
        let missing = vec![PathBuf::from("/no/such/layer")];
        let why = PageCache::of(missing, soon()).await.expect_err("absent");
        assert_eq!(why.kind, WhyKind::Absent);
        assert!(why.detail.contains("/no/such/layer"), "{}", why.detail);
    }
}
