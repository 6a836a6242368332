//! The machine itself. `linux` and `macos` only ask (files of the kernel, the system's own tools)
//! and show the same three functions; what comes back is read in `probe::parse`. This file holds what
//! is asked in the same way everywhere.
//!
//! Nothing here judges, and a question that is not answered costs its own fact alone.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "macos")]
mod macos;
mod page_cache;
mod software;

#[cfg(target_os = "linux")]
use linux as system;
#[cfg(target_os = "macos")]
use macos as system;

pub use page_cache::PageCache;

use std::path::{Path, PathBuf};

use nix::sys::statvfs::statvfs;

use super::World;
use super::blocking::asking;
use crate::deadline::Deadline;
use crate::facts::host::{Disk, Host, Login, Power};
use crate::facts::{Reading, Why, WhyKind};

/// Everything about the machine but [`node_settings`]: a few milliseconds on Linux.
pub async fn host(world: &World, d: Deadline) -> Host {
    let operator = world.operator.clone();
    let look = blocking("programs on disk", d, move || {
        Ok(software::software(&operator))
    });
    let (machine, disk, software) =
        tokio::join!(system::machine(d), disk(&world.operator.home, d), look);
    Host {
        disk,
        software: Reading::from_result(software, "programs on disk"),
        ..machine
    }
}

/// Power and login settings, which take programs to find out.
pub async fn node_settings(world: &World, d: Deadline) -> (Reading<Power>, Reading<Login>) {
    system::node_settings(world, d).await
}

/// The file system that holds the home folder: OpenClaw's workspaces, and on a Mac the engine's
/// disk image.
async fn disk(home: &Path, d: Deadline) -> Reading<Disk> {
    let path = if home.as_os_str().is_empty() {
        PathBuf::from("/")
    } else {
        home.to_path_buf()
    };
    // A network file system that is gone never answers.
    let answer = blocking("statvfs of the home folder", d, move || room(&path)).await;
    Reading::from_result(answer, "statvfs")
}

fn room(home: &Path) -> Result<Disk, Why> {
    // A service's user may have a home that nobody made: the folder above would hold it.
    let path = home
        .ancestors()
        .find(|path| path.exists())
        .unwrap_or(Path::new("/"));
    let answer = statvfs(path).map_err(|errno| {
        Why::new(
            kind_of(std::io::Error::from(errno).kind()),
            format!("statvfs {}: {}", path.display(), errno.desc()),
        )
    })?;
    let unit = answer.fragment_size();
    Ok(Disk {
        path: path.display().to_string(),
        total: wide(answer.blocks()).saturating_mul(unit),
        free: wide(answer.blocks_available()).saturating_mul(unit),
    })
}

/// Counts of blocks have 32 bits on macOS and 64 on Linux.
fn wide(blocks: impl Into<u64>) -> u64 {
    blocks.into()
}

/// What may block and may also fail by itself, as one answer.
async fn blocking<T: Send + 'static>(
    what: &str,
    d: Deadline,
    ask: impl FnOnce() -> Result<T, Why> + Send + 'static,
) -> Result<T, Why> {
    asking(what, d, ask).await.flatten()
}

fn kind_of(kind: std::io::ErrorKind) -> WhyKind {
    match kind {
        std::io::ErrorKind::NotFound => WhyKind::Absent,
        std::io::ErrorKind::PermissionDenied => WhyKind::Denied,
        _ => WhyKind::Failed,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn soon() -> Deadline {
        Deadline::after(Duration::from_secs(5))
    }

    #[tokio::test]
    async fn this_machine_has_memory_cores_and_a_disk() {
        let mut world = World::default();
        world.operator.home = PathBuf::from("/");
        let host = host(&world, soon()).await;
        assert!(*host.memory.get().expect("known") > 64 << 20);
        assert!(host.cpu.get().expect("known").logical >= 1);
        let disk = host.disk.get().expect("known");
        assert!(disk.total >= disk.free && disk.total > 0);
        assert!(host.platform.get().is_ok() && host.load.get().is_ok());
        assert!(*host.uptime.get().expect("known") > 0);
        assert!(host.power.get().is_err() && host.login.get().is_err());
    }

    #[tokio::test]
    async fn a_home_that_nobody_made_is_judged_by_the_folder_above() {
        let mut world = World::default();
        world.operator.home = PathBuf::from("/no/such/home");
        let host = host(&world, soon()).await;
        assert_eq!(host.disk.get().expect("known").path, "/");
    }
}
