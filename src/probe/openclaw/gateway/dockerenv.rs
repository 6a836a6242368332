//! `/.dockerenv` on a machine that is no container (a VM or a WSL distribution made from an
//! exported image). OpenClaw takes the file as proof that it runs in a container, looks for that
//! container, and fails every turn.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::deadline::Deadline;
use crate::engine::Engine;
use crate::facts::openclaw::Placement;

/// For the one inspection by name; the other signs need no engine.
const LOOK: Duration = Duration::from_secs(1);

/// The file system as the gateway sees it: a running process may have a view of its own.
pub fn view_of(placement: &Placement) -> PathBuf {
    let Placement::Process { pid } = placement else {
        return PathBuf::from("/");
    };
    let root = PathBuf::from(format!("/proc/{pid}/root"));
    // Without /proc (macOS) there are no views; one that is closed to us says nothing, and a file
    // that cannot be seen is not claimed.
    if Path::new("/proc/self/root").exists() {
        root
    } else {
        PathBuf::from("/")
    }
}

/// True only when every other sign says that this is no container: a runtime puts its own files
/// over `/etc/hosts` and its like, and shows in the control groups or in the root's mount; and an
/// engine that answers knows no container of this name.
pub async fn is_stray(view: &Path, engine: Option<&Engine>, d: Deadline) -> bool {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    if !view.join(".dockerenv").exists()
        || Path::new("/run/.containerenv").exists()
        || in_a_container(&read("/proc/1/cgroup"), &read("/proc/self/mountinfo"))
    {
        return false;
    }
    let (Some(engine), Ok(name)) = (engine, nix::unistd::gethostname()) else {
        return true;
    };
    let d = d.at_most(LOOK);
    // An engine that fails says nothing: the other signs stand.
    engine.inspect(&name.to_string_lossy(), d).await.is_err()
}

fn in_a_container(cgroup: &str, mounts: &str) -> bool {
    let grouped = [
        "/docker/",
        "docker-",
        "containerd",
        "/kubepods",
        "libpod",
        "/lxc/",
    ];
    if grouped.iter().any(|sign| cgroup.contains(sign)) {
        return true;
    }
    mounts.lines().any(|line| {
        let Some(target) = line.split(' ').nth(4) else {
            return false;
        };
        let put_over = matches!(target, "/etc/hosts" | "/etc/hostname" | "/etc/resolv.conf");
        let layers = ["/docker/", "/containerd/", "/containers/storage/"];
        let root = target == "/" && layers.iter().any(|layer| line.contains(layer));
        put_over || root
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_container_shows_in_more_than_one_file() {
        let vm = "22 27 0:21 / /proc rw - proc proc rw\n27 1 254:0 / / rw - ext4 /dev/vda rw\n";
        assert!(!in_a_container("0::/\n", vm));
        assert!(!in_a_container("", ""));
        assert!(in_a_container("12:pids:/docker/0123\n", vm));
        assert!(in_a_container("0::/../docker-01.scope", vm));
        let hosts =
            format!("{vm}9 8 8:1 /var/lib/docker/containers/01/hosts /etc/hosts rw - ext4 x rw\n");
        assert!(in_a_container("0::/\n", &hosts));
        let root = "9 8 0:5 / / rw - overlay overlay rw,lowerdir=/var/lib/docker/overlay2/l/A\n";
        assert!(in_a_container("0::/\n", root));
    }
}
