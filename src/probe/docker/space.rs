//! What takes the disk. The engine walks its volumes for the answer, which takes seconds, so that
//! it is asked only where a disk is short: nothing is to be gained from it elsewhere.

use std::path::Path;

use super::{connect, this_os};
use crate::deadline::Deadline;
use crate::engine::DiskUsage;
use crate::facts::docker::{DiskImage, Usage};
use crate::facts::host::OsKind;
use crate::facts::{Facts, Reading, Why, WhyKind};
use crate::probe::World;
use crate::probe::blocking::blocking;

/// Free bytes below which it is asked: what the checks of both disks warn below.
const SHORT: u64 = 20 << 30;

pub struct SpacePart {
    pub usage: Reading<Usage>,
    pub disk_image: Reading<DiskImage>,
}

pub async fn space(world: &World, facts: &Facts, d: Deadline) -> SpacePart {
    if !is_short(facts) {
        let enough = || Why::new(WhyKind::NotAsked, "no disk is short");
        return SpacePart {
            usage: Reading::Unknown(enough()),
            disk_image: Reading::Unknown(enough()),
        };
    }
    let (usage, disk_image) = tokio::join!(usage(facts, d), disk_image(world, d));
    SpacePart {
        usage: Reading::from_result(usage, "/system/df"),
        disk_image: Reading::from_result(disk_image, "Docker.raw"),
    }
}

fn is_short(facts: &Facts) -> bool {
    [&facts.host.disk, &facts.docker.disk]
        .into_iter()
        .filter_map(|disk| disk.get().ok())
        .any(|disk| disk.free < SHORT)
}

async fn usage(facts: &Facts, d: Deadline) -> Result<Usage, Why> {
    let DiskUsage {
        images,
        images_reclaimable,
        containers,
        volumes,
        build_cache,
        build_cache_reclaimable,
        dangling_images,
    } = connect(facts)?.disk_usage(d).await?;
    Ok(Usage {
        images,
        images_reclaimable,
        containers,
        volumes,
        build_cache,
        build_cache_reclaimable,
        dangling_images,
    })
}

/// The usual place; one that was moved (`DataFolder`) is not looked for
/// (docs.docker.com/desktop/troubleshoot-and-support/faqs/macfaqs).
async fn disk_image(world: &World, d: Deadline) -> Result<DiskImage, Why> {
    if this_os() != OsKind::Macos {
        return Err(Why::new(WhyKind::NotApplicable, "only on macOS"));
    }
    let path = world
        .operator
        .home
        .join("Library/Containers/com.docker.docker/Data/vms/0/data/Docker.raw");
    blocking(d, move || taken(&path)).await?
}

/// The blocks that a sparse file has, in bytes.
fn taken(path: &Path) -> Result<DiskImage, Why> {
    use std::os::unix::fs::MetadataExt as _;
    let data = std::fs::symlink_metadata(path).map_err(|error| super::files::why(path, &error))?;
    Ok(DiskImage {
        path: super::files::shown(path),
        // st_blocks counts 512 bytes, whatever the file system's blocks are (stat(2)).
        bytes: data.blocks().saturating_mul(512),
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::facts::host::Disk;

    #[test]
    fn a_sparse_file_takes_what_it_holds() {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        file.as_file().set_len(1 << 30).expect("a sparse file");
        let taken = taken(file.path()).expect("it is there");
        assert!(taken.bytes < 1 << 20, "{taken:?}");
    }

    #[tokio::test]
    async fn nothing_is_asked_where_no_disk_is_short() {
        let mut facts = Facts::default();
        let disk = |free| Disk {
            path: "/".to_owned(),
            total: 100 << 30,
            free,
        };
        let d = Deadline::after(Duration::from_secs(5));
        facts.host.disk = Reading::known(disk(SHORT), "statvfs");
        let part = space(&World::default(), &facts, d).await;
        assert_eq!(
            part.usage.get().expect_err("enough").kind,
            WhyKind::NotAsked
        );
        facts.docker.disk = Reading::known(disk(SHORT - 1), "statvfs");
        let part = space(&World::default(), &facts, d).await;
        assert_eq!(
            part.usage.get().expect_err("no engine").kind,
            WhyKind::Failed
        );
    }
}
