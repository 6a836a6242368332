//! One repair at a time: a lock on a file of the state folder, held as long as the process lives.
//!
//! It is the kernel's lock (`flock`) and goes with its holder, however that ends; the file stays,
//! since removing it would let two hold two files of one name. What stands in it only tells who
//! holds it. Locks do not reach other machines: a state folder that is shared over NFS is not
//! supported.
#![expect(
    clippy::disallowed_methods,
    reason = "locks a file and waits for it: an edge"
)]

use std::fmt;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg, OFlag};
use serde::{Deserialize, Serialize};

use super::problem::Problem;
use crate::failure::Failure;
use crate::text::wash;

/// How often a lock that is held is tried again.
const PAUSE: Duration = Duration::from_millis(50);
/// Bytes of the file that are read: it is written by us and short.
const MOST: u64 = 4096;

/// Held until it is dropped.
#[derive(Debug)]
pub struct Lock {
    _file: Flock<File>,
}

/// Who holds the lock, as they wrote it down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// `clawdoctor fix`.
    pub who: String,
    pub pid: u32,
    pub since: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotTaken {
    /// Another process has it; none when it has not written down yet who it is.
    Held(Option<Holder>),
    /// The file cannot be opened or locked.
    Problem(Problem),
}

impl fmt::Display for NotTaken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Held(Some(holder)) => write!(
                f,
                "`{}` (process {}) is at work since {}",
                wash(&holder.who, 80),
                holder.pid,
                holder.since
            ),
            Self::Held(None) => f.write_str("another clawdoctor is at work"),
            Self::Problem(problem) => problem.fmt(f),
        }
    }
}

impl std::error::Error for NotTaken {}

impl From<NotTaken> for Failure {
    fn from(error: NotTaken) -> Self {
        match error {
            NotTaken::Held(_) => {
                Self::system(error.to_string()).hint("wait until it has ended, then run again")
            }
            NotTaken::Problem(problem) => problem.into(),
        }
    }
}

impl Lock {
    /// Takes the lock, waiting up to `wait` for whoever has it. `who` is what others are told.
    pub fn take(state_dir: &Path, wait: Duration, who: &str) -> Result<Self, NotTaken> {
        let path = state_dir.join("lock");
        let problem = |error: &io::Error| NotTaken::Problem(Problem::io(&path, error));
        let until = Instant::now() + wait;
        let mut file = open(state_dir, &path).map_err(|error| problem(&error))?;
        loop {
            match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
                Ok(mut held) => {
                    // Who holds it is told as well as can be: a full disk is no reason to stop here.
                    let _ = sign(&mut held, who);
                    return Ok(Self { _file: held });
                }
                Err((back, Errno::EWOULDBLOCK | Errno::EINTR)) => {
                    let left = until.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        return Err(NotTaken::Held(holder(back)));
                    }
                    std::thread::sleep(left.min(PAUSE));
                    file = back;
                }
                Err((_, error)) => return Err(problem(&error.into())),
            }
        }
    }
}

fn open(state_dir: &Path, path: &Path) -> io::Result<File> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(state_dir)?;
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .custom_flags((OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK).bits())
        .open(path)
}

fn sign(file: &mut File, who: &str) -> io::Result<()> {
    let holder = Holder {
        who: who.to_owned(),
        pid: std::process::id(),
        since: Timestamp::now(),
    };
    let mut line = serde_json::to_vec(&holder)?;
    line.push(b'\n');
    file.set_len(0)?;
    file.rewind()?;
    file.write_all(&line)
}

fn holder(mut file: File) -> Option<Holder> {
    let mut text = String::new();
    file.rewind().ok()?;
    file.take(MOST).read_to_string(&mut text).ok()?;
    serde_json::from_str(&text).ok()
}

#[cfg(test)]
mod tests {
    use std::io::BufRead as _;
    use std::process::{Command, Stdio};

    use super::*;

    const NOW: Duration = Duration::ZERO;

    #[test]
    fn a_lock_that_is_held_tells_by_whom() {
        let place = tempfile::tempdir().expect("a folder");
        let state = place.path().join("deep/state");
        let held = Lock::take(&state, NOW, "clawdoctor fix").expect("free");
        let Err(NotTaken::Held(Some(holder))) = Lock::take(&state, NOW, "clawdoctor undo") else {
            panic!("it is held");
        };
        assert_eq!(holder.who, "clawdoctor fix");
        assert_eq!(holder.pid, std::process::id());
        drop(held);
        Lock::take(&state, NOW, "clawdoctor undo").expect("free again");
        assert!(state.join("lock").exists(), "the file stays");
    }

    #[test]
    fn whoever_waits_gets_it_when_it_is_free() {
        let place = tempfile::tempdir().expect("a folder");
        let held = Lock::take(place.path(), NOW, "first").expect("free");
        let second = std::thread::scope(|scope| {
            let waiting =
                scope.spawn(|| Lock::take(place.path(), Duration::from_secs(30), "second"));
            drop(held);
            waiting.join().expect("no panic")
        });
        second.expect("it waited");
    }

    #[test]
    fn a_lock_is_free_when_its_holder_was_killed() {
        let place = tempfile::tempdir().expect("a folder");
        let myself = std::env::current_exe().expect("this test");
        let mut child = Command::new(myself)
            .args([
                "--exact",
                "fix::lock::tests::holds_until_killed",
                "--ignored",
                "--nocapture",
            ])
            .env("CLAWDOCTOR_TEST_STATE", place.path())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let lines = io::BufReader::new(child.stdout.take().expect("piped")).lines();
        let taken = lines
            .map_while(Result::ok)
            .any(|line| line.contains("taken"));
        assert!(taken, "the child has the lock");
        let Err(NotTaken::Held(Some(holder))) = Lock::take(place.path(), NOW, "second") else {
            panic!("the child has it");
        };
        assert_eq!((holder.who.as_str(), holder.pid), ("doomed", child.id()));
        child.kill().expect("it lives");
        child.wait().expect("it is ours");
        Lock::take(place.path(), NOW, "second").expect("free");
    }

    #[test]
    #[ignore = "started and killed by the test above"]
    #[expect(
        clippy::print_stdout,
        reason = "tells the test above that it has begun"
    )]
    fn holds_until_killed() {
        let Some(state) = std::env::var_os("CLAWDOCTOR_TEST_STATE") else {
            return;
        };
        let _held = Lock::take(Path::new(&state), NOW, "doomed").expect("free");
        println!("\ntaken");
        std::thread::sleep(Duration::from_mins(1));
    }

    #[test]
    fn what_stands_in_the_file_never_holds_the_lock() {
        let place = tempfile::tempdir().expect("a folder");
        std::fs::write(place.path().join("lock"), b"\xff{garbage").expect("written");
        let _held = Lock::take(place.path(), NOW, "next").expect("free");
    }

    #[test]
    fn a_link_in_place_of_the_lock_is_not_followed() {
        let place = tempfile::tempdir().expect("a folder");
        let other = place.path().join("other");
        std::fs::write(&other, "precious").expect("written");
        std::os::unix::fs::symlink(&other, place.path().join("lock")).expect("linked");
        let error = Lock::take(place.path(), NOW, "x").expect_err("refused");
        assert!(error.to_string().ends_with("is a symbolic link"), "{error}");
        assert_eq!(std::fs::read_to_string(other).expect("text"), "precious");
    }
}
