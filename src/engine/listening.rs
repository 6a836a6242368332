//! Whether anybody listens on a socket that may not be opened: the kernel's list of Unix sockets
//! tells, and everybody may read it (proc_net(5), `/proc/net/unix`). Linux alone has it.

use std::path::{Path, PathBuf};

const LIST: &str = "/proc/net/unix";
/// `__SO_ACCEPTCON` of the kernel: `listen` was called on it.
const LISTENS: u32 = 1 << 16;

/// None where the list cannot be read. It is the network namespace's, so that a socket of the same
/// name behind other mounts counts as well.
pub fn listening(path: &Path) -> Option<bool> {
    let list = std::fs::read_to_string(LIST).ok()?;
    let wanted = real(path);
    let found = bound(&list).any(|one| one == path || real(one) == wanted);
    Some(found)
}

/// The paths that are listened on.
fn bound(list: &str) -> impl Iterator<Item = &Path> {
    list.lines().filter_map(|line| {
        // Num RefCount Protocol Flags Type St Inode Path
        let mut fields = line.split_whitespace();
        let flags = u32::from_str_radix(fields.nth(3)?, 16).ok()?;
        let path = fields.nth(3)?;
        (flags & LISTENS != 0 && path.starts_with('/')).then(|| Path::new(path))
    })
}

/// `/var/run` is a link to `/run`, and either may be written in a unit or an option.
fn real(path: &Path) -> PathBuf {
    let folder = path.parent().and_then(|folder| folder.canonicalize().ok());
    match (folder, path.file_name()) {
        (Some(folder), Some(name)) => folder.join(name),
        (None, _) | (_, None) => path.to_path_buf(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
Num       RefCount Protocol Flags    Type St Inode Path
0000000000000000: 00000002 00000000 00010000 0001 01 21001 /run/docker.sock
0000000000000000: 00000003 00000000 00000000 0001 03 21002 /run/other.sock
0000000000000000: 00000002 00000000 00010000 0001 01 21003 @abstract
0000000000000000: 00000002 00000000 00010000 0001 01 21004
";

    #[test]
    fn only_a_socket_that_is_listened_on_counts() {
        let paths: Vec<&Path> = bound(TEXT).collect();
        assert_eq!(paths, [Path::new("/run/docker.sock")]);
    }

    #[test]
    fn a_listener_is_seen_until_it_goes_and_by_every_way_to_its_folder() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let folder = home.path().join("run");
        std::fs::create_dir(&folder).expect("free");
        std::os::unix::fs::symlink(&folder, home.path().join("var-run")).expect("free");
        let path = folder.join("e.sock");
        let listener = std::os::unix::net::UnixListener::bind(&path).expect("free");
        let by_link = home.path().join("var-run/e.sock");
        let Some(seen) = listening(&path) else {
            return;
        };
        assert!(seen && listening(&by_link) == Some(true));
        drop(listener);
        assert_eq!(listening(&path), Some(false));
    }
}
