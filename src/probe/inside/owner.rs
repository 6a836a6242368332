//! Whose a probe is: a mark that a later run can tell a dead owner by.

use crate::digest::Sha256;
use nix::sys::signal::kill;
use sysinfo::{Pid, ProcessRefreshKind, ProcessStatus, ProcessesToUpdate, System};

/// `<pid>:<start time of that process>:<hash of where that pid is valid>`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    pub pid: u32,
    /// Seconds since the epoch.
    pub started: u64,
    pub machine: String,
}

impl Owner {
    /// This process.
    pub fn this() -> Self {
        let pid = std::process::id();
        Self {
            pid,
            started: started(pid).unwrap_or(0),
            machine: machine(),
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.trim().split(':');
        let owner = Self {
            pid: parts.next()?.parse().ok()?,
            started: parts.next()?.parse().ok()?,
            machine: parts.next()?.to_owned(),
        };
        parts.next().is_none().then_some(owner)
    }

    /// None: it is another machine's, or hidden from us, and nothing is known of it here.
    pub fn is_alive(&self) -> Option<bool> {
        if self.machine != machine() {
            return None;
        }
        match started(self.pid) {
            // The start time is reckoned from the boot time, which moves when the clock is set.
            Some(started) => Some(started.abs_diff(self.started) <= 2),
            // /proc hides other users' processes with hidepid (proc(5)); a signal that is not
            // permitted tells that somebody has the number.
            None if is_taken(self.pid) => None,
            None => Some(false),
        }
    }
}

impl std::fmt::Display for Owner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}", self.pid, self.started, self.machine)
    }
}

fn started(pid: u32) -> Option<u64> {
    let pid = Pid::from_u32(pid);
    let mut system = System::new().ok()?;
    system.refresh_processes_specifics(
        ProcessesToUpdate::Some(&[pid]),
        true,
        ProcessRefreshKind::nothing(),
    );
    system
        .process(pid)
        // Killed, and only its parent has not looked yet.
        .filter(|process| process.status() != ProcessStatus::Zombie)
        .map(sysinfo::Process::start_time)
}

/// Whether another user's process has this number.
fn is_taken(pid: u32) -> bool {
    let pid = i32::try_from(pid).map(nix::unistd::Pid::from_raw);
    pid.is_ok_and(|pid| kill(pid, None) == Err(nix::errno::Errno::EPERM))
}

/// The machine's name and, where there are such, the process namespace: a container that shares
/// the host's name has other processes. A hash, since the label is for everybody on the engine to
/// read.
fn machine() -> String {
    let mut place = nix::unistd::gethostname().unwrap_or_default();
    // pid_namespaces(7); not there outside Linux.
    if let Ok(namespace) = std::fs::read_link("/proc/self/ns/pid") {
        place.push(namespace);
    }
    let digest = Sha256::of(place.as_encoded_bytes());
    digest.first(12).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_alive_and_its_mark_survives_text() {
        let owner = Owner::this();
        assert_eq!(Owner::parse(&owner.to_string()), Some(owner.clone()));
        assert_eq!(owner.is_alive(), Some(true));
    }

    #[test]
    fn another_start_time_means_another_process() {
        let mut owner = Owner::this();
        owner.started -= 1000;
        assert_eq!(owner.is_alive(), Some(false));
    }

    #[test]
    fn nothing_is_known_of_another_machines_processes() {
        let mut owner = Owner::this();
        owner.machine = "elsewhere".to_owned();
        assert_eq!(owner.is_alive(), None);
    }

    #[test]
    fn a_mark_that_is_none_is_refused() {
        for bad in ["", "1", "1:2", "x:2:m", "1:2:m:3"] {
            assert_eq!(Owner::parse(bad), None, "{bad}");
        }
    }
}
