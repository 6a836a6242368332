//! Extended attributes of a file, given to the one that replaces it.

use std::fs::File;
use std::path::Path;

use rustix::fs::{XattrFlags, fgetxattr, flistxattr, fsetxattr};
use rustix::io::Errno;

use crate::fix::problem::{Problem, ProblemKind};

/// Set by the system on each new file as it sees fit; not everybody may copy them.
const OF_THE_SYSTEM: &[&str] = &[
    "security.selinux",
    "security.ima",
    "security.evm",
    // macOS 13: which program has written the file.
    "com.apple.provenance",
];
/// Bytes: of the list of names (Linux gives at most this much), and of one value.
const MOST: usize = 64 * 1024;

/// Copies them all, or tells the first one that would be lost.
pub(super) fn copy(from: &File, to: &File, path: &Path) -> Result<(), Problem> {
    let mut buffer = vec![0; MOST];
    let length = match flistxattr(from, buffer.as_mut_slice()) {
        Ok(length) => length,
        // The file system has none.
        Err(Errno::NOTSUP | Errno::NOSYS) => return Ok(()),
        Err(error) => return Err(Problem::io(path, &error.into())),
    };
    let names = buffer[..length].to_vec();
    for name in names
        .split(|byte| *byte == 0)
        .filter(|name| !name.is_empty())
    {
        let copied = fgetxattr(from, name, buffer.as_mut_slice())
            .and_then(|length| fsetxattr(to, name, &buffer[..length], XattrFlags::empty()));
        let name = String::from_utf8_lossy(name);
        if copied.is_err() && !OF_THE_SYSTEM.contains(&&*name) {
            let name = name.into_owned();
            return Err(Problem::new(path, ProblemKind::Attribute { name }));
        }
    }
    Ok(())
}
