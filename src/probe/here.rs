//! What this very process sees: read once, at the door.

use std::collections::BTreeMap;
use std::path::PathBuf;

use nix::unistd::{User, getegid, geteuid};

use crate::surroundings::{Surroundings, VARIABLES};

/// The surroundings of this process. Variables that are not on the allow-list are not read.
pub fn here() -> Surroundings {
    let env: BTreeMap<String, String> = VARIABLES
        .iter()
        .filter_map(|&name| Some((name.to_owned(), std::env::var(name).ok()?)))
        .collect();
    let (uid, gid) = (geteuid(), getegid());
    let account = User::from_uid(uid).ok().flatten();
    let mut groups = supplementary_groups();
    groups.push(gid.as_raw());
    groups.sort_unstable();
    groups.dedup();
    Surroundings {
        home: home(&env, account.as_ref().map(|user| user.dir.clone())),
        user: account.map_or_else(
            || env.get("USER").cloned().unwrap_or_else(|| uid.to_string()),
            |user| user.name,
        ),
        uid: uid.as_raw(),
        gid: gid.as_raw(),
        groups,
        // Without a current folder (it was removed) relative paths mean nothing anyway.
        cwd: std::env::current_dir().unwrap_or_else(|_| PathBuf::from("/")),
        env,
    }
}

fn home(env: &BTreeMap<String, String>, account: Option<PathBuf>) -> PathBuf {
    env.get("HOME")
        .map(PathBuf::from)
        // Files would be made wherever one happens to stand.
        .filter(|home| home.is_absolute())
        .or(account)
        .unwrap_or_else(|| PathBuf::from("/"))
}

/// nix has no `getgroups` for Apple's systems. Linux tells a process its groups in
/// `/proc/self/status`; elsewhere `id` does.
fn supplementary_groups() -> Vec<u32> {
    if let Ok(status) = std::fs::read_to_string("/proc/self/status") {
        return from_status(&status);
    }
    std::process::Command::new("/usr/bin/id")
        .arg("-G")
        .stdin(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .output()
        .map(|output| numbers(&String::from_utf8_lossy(&output.stdout)))
        .unwrap_or_default()
}

fn from_status(status: &str) -> Vec<u32> {
    status
        .lines()
        .find_map(|line| line.strip_prefix("Groups:"))
        .map(numbers)
        .unwrap_or_default()
}

fn numbers(text: &str) -> Vec<u32> {
    text.split_whitespace()
        .filter_map(|word| word.parse().ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_read_from_what_the_kernel_and_id_print() {
        assert_eq!(
            from_status("Name:\tx\nGroups:\t4 24 998 \nVmPeak:\t1 kB\n"),
            [4, 24, 998]
        );
        assert!(from_status("Name:\tx\nGroups:\t\n").is_empty());
        assert_eq!(numbers("20 12 61\n"), [20, 12, 61]);
    }

    #[test]
    fn this_process_has_a_user_a_home_and_its_own_group() {
        let here = here();
        assert!(here.groups.contains(&here.gid));
        assert!(here.home.is_absolute() && here.cwd.is_absolute());
        assert!(!here.user.is_empty());
        assert!(
            here.env
                .keys()
                .all(|name| VARIABLES.contains(&name.as_str()))
        );
    }

    #[test]
    fn an_empty_or_relative_home_variable_falls_back_to_the_account() {
        for said in ["", "here", "./here"] {
            let env = BTreeMap::from([("HOME".to_owned(), said.to_owned())]);
            assert_eq!(home(&env, Some("/home/a".into())), PathBuf::from("/home/a"));
        }
    }
}
