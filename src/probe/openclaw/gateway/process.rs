//! A gateway that runs: Linux' `/proc` where there is one, else the system's process list. Blocks.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use super::{Seen, VARIABLES};
use crate::facts::openclaw::Placement;
use crate::facts::{Why, WhyKind};

/// The process's title; Linux cuts the name of a process to 15 characters.
const TITLE: &str = "openclaw-gateway";
const SHORT_TITLE: &str = "openclaw-gatewa";

/// The gateway, this user's own before others', with the id of its container when it is in one.
pub fn find(uid: u32) -> Option<(Seen, Option<String>)> {
    if Path::new("/proc/self/status").exists() {
        find_in(Path::new("/proc"), uid)
    } else {
        listed(uid).map(|seen| (seen, None))
    }
}

fn find_in(proc: &Path, uid: u32) -> Option<(Seen, Option<String>)> {
    let mut found: Vec<(bool, i32)> = fs::read_dir(proc)
        .ok()?
        .filter_map(Result::ok)
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|pid: &i32| is_gateway(&proc.join(pid.to_string())))
        .filter_map(|pid| {
            let status = fs::read_to_string(proc.join(format!("{pid}/status"))).ok()?;
            Some((ids(&status).0 != Some(uid), pid))
        })
        .collect();
    found.sort_unstable();
    let (_, pid) = *found.first()?;
    let folder = proc.join(pid.to_string());
    let (uid, groups) = ids(&fs::read_to_string(folder.join("status")).ok()?);
    let cgroup = fs::read_to_string(folder.join("cgroup")).unwrap_or_default();
    let node = fs::read_link(folder.join("exe")).ok();
    let seen = Seen {
        placement: Placement::Process { pid },
        env: environment(&folder.join("environ")),
        env_from: format!("the environment of process {pid}"),
        uid,
        groups,
        node: node.and_then(|exe| exe.parent().map(Path::to_path_buf)),
    };
    // We may be in a container ourselves: what is in the same one is a process of our machine.
    let own = fs::read_to_string(proc.join("self/cgroup")).unwrap_or_default();
    Some((seen, super::container::id_in_cgroup(&cgroup, &own)))
}

fn is_gateway(folder: &Path) -> bool {
    let name = fs::read(folder.join("comm")).unwrap_or_default();
    // Only what bears the title, not a `grep` for it or an editor on its unit.
    if !name.starts_with(SHORT_TITLE.as_bytes()) && !name.starts_with(b"node") {
        return false;
    }
    let line = fs::read(folder.join("cmdline")).unwrap_or_default();
    name.starts_with(SHORT_TITLE.as_bytes()) && !line.is_empty()
        || line.starts_with(TITLE.as_bytes())
}

/// Effective user and all groups of `/proc/PID/status`.
fn ids(status: &str) -> (Option<u32>, Vec<u32>) {
    let numbers = |key: &str| -> Vec<u32> {
        status
            .lines()
            .find_map(|line| line.strip_prefix(key))
            .unwrap_or_default()
            .split_whitespace()
            .filter_map(|number| number.parse().ok())
            .collect()
    };
    let mut groups = numbers("Groups:");
    if let Some(gid) = numbers("Gid:").get(1)
        && !groups.contains(gid)
    {
        groups.push(*gid);
    }
    (numbers("Uid:").get(1).copied(), groups)
}

/// Of the environment only the few variables that are needed leave this function.
fn environment(file: &Path) -> Result<BTreeMap<String, String>, Why> {
    let bytes = fs::read(file).map_err(|error| {
        let kind = match error.kind() {
            ErrorKind::PermissionDenied => WhyKind::Denied,
            _ => WhyKind::Failed,
        };
        Why::new(
            kind,
            format!("the gateway's environment cannot be read: {error}"),
        )
    })?;
    Ok(chosen(
        bytes
            .split(|byte| *byte == 0)
            .map(|pair| String::from_utf8_lossy(pair)),
    ))
}

fn chosen<T: AsRef<str>>(pairs: impl Iterator<Item = T>) -> BTreeMap<String, String> {
    let mut env = BTreeMap::new();
    for pair in pairs {
        if let Some((name, value)) = pair.as_ref().split_once('=')
            && VARIABLES.contains(&name)
        {
            env.insert(name.to_owned(), value.to_owned());
        }
    }
    env
}

/// The system's list of processes, where there is no `/proc`.
fn listed(uid: u32) -> Option<Seen> {
    use sysinfo::{ProcessRefreshKind, ProcessesToUpdate, System, UpdateKind};
    let kind = ProcessRefreshKind::nothing()
        .with_cmd(UpdateKind::Always)
        .with_environ(UpdateKind::Always)
        .with_exe(UpdateKind::Always)
        .with_user(UpdateKind::Always);
    let mut system = System::new().ok()?;
    system.refresh_processes_specifics(ProcessesToUpdate::All, true, kind);
    let own = |process: &sysinfo::Process| process.effective_user_id().map(|id| **id);
    let process = system
        .processes()
        .values()
        .filter(|process| {
            let title = |text: &std::ffi::OsStr| text.to_string_lossy().starts_with(TITLE);
            title(process.name()) || process.cmd().first().is_some_and(|first| title(first))
        })
        .min_by_key(|process| (own(process) != Some(uid), process.pid()))?;
    let pid = i32::try_from(process.pid().as_u32()).ok()?;
    let env = chosen(process.environ().iter().map(|pair| pair.to_string_lossy()));
    Some(Seen {
        placement: Placement::Process { pid },
        env: if env.is_empty() {
            let words = "the gateway's environment is not shown to this user";
            Err(Why::new(WhyKind::Denied, words))
        } else {
            Ok(env)
        },
        env_from: format!("the environment of process {pid}"),
        uid: own(process),
        groups: Vec::new(),
        node: process
            .exe()
            .and_then(|exe| exe.parent())
            .map(Path::to_path_buf),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn process(proc: &Path, pid: i32, comm: &str, uid: u32, cgroup: &str) {
        let folder = proc.join(pid.to_string());
        fs::create_dir_all(&folder).expect("it can be made");
        let write = |name: &str, text: &str| {
            fs::write(folder.join(name), text).expect("it can be written");
        };
        write("comm", comm);
        write("cmdline", "openclaw-gateway");
        write(
            "status",
            &format!("Name:\tx\nUid:\t0\t{uid}\t0\t0\nGid:\t7\t8\t7\t7\nGroups:\t4 998 \n"),
        );
        write(
            "environ",
            "PATH=/a:/b\0SECRET=hunter2\0DOCKER_HOST=unix:///x\0HOME=/h\0",
        );
        write("cgroup", cgroup);
    }

    #[test]
    fn the_operators_own_gateway_comes_first_and_keeps_its_secrets() {
        let proc = tempfile::tempdir().expect("a temporary folder");
        process(
            proc.path(),
            10,
            "openclaw-gatewa\n",
            1000,
            "0::/user.slice\n",
        );
        process(
            proc.path(),
            20,
            "openclaw-gatewa\n",
            501,
            "0::/user.slice\n",
        );
        process(proc.path(), 5, "bash\n", 501, "");
        let (seen, container) = find_in(proc.path(), 501).expect("two run");
        assert_eq!(seen.placement, Placement::Process { pid: 20 });
        assert_eq!(
            (seen.uid, seen.groups.as_slice()),
            (Some(501), &[4, 998, 8][..])
        );
        assert_eq!(seen.var("DOCKER_HOST"), Some("unix:///x"));
        assert!(!format!("{seen:?}").contains("hunter2"));
        assert_eq!(container, None);
    }

    #[test]
    fn a_process_of_a_container_is_known_by_its_cgroup() {
        let id = "0123456789abcdef".repeat(4);
        for cgroup in [
            format!("12:pids:/docker/{id}\n"),
            format!("0::/system.slice/docker-{id}.scope\n"),
        ] {
            let proc = tempfile::tempdir().expect("a temporary folder");
            process(proc.path(), 10, "openclaw-gatewa\n", 1000, &cgroup);
            let (_, container) = find_in(proc.path(), 0).expect("it runs");
            assert_eq!(container, Some(id.clone()));
            // Where we are in that container, too, it is no other machine.
            process(proc.path(), 11, "clawdoctor\n", 0, &cgroup);
            std::os::unix::fs::symlink("11", proc.path().join("self")).expect("own link");
            let (_, container) = find_in(proc.path(), 0).expect("it runs");
            assert_eq!(container, None);
        }
    }

    #[test]
    fn an_empty_list_of_processes_holds_no_gateway() {
        let proc = tempfile::tempdir().expect("a temporary folder");
        assert_eq!(find_in(proc.path(), 0), None);
        assert_eq!(find_in(&proc.path().join("none"), 0), None);
    }
}
