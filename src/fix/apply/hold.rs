//! Programs that change something. They outlive a run that is killed: `openclaw config patch` that
//! was started a moment before goes on for seconds, and what is looked at or taken back meanwhile
//! is changed again behind it. So they hold a lock, and nothing of such a run is looked at before
//! it is free.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::time::Duration;

use super::{Hands, Trouble, own_folder};
use crate::deadline::Deadline;
use crate::facts::{Why, WhyKind};
use crate::fix::backups::LOCK;
use crate::probe::ask::{self, Output};

/// Between two looks at a lock that is held.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// Runs a program that changes something.
pub async fn program(
    argv: &[&str],
    env: &[(&str, &str)],
    hands: &Hands,
    d: Deadline,
) -> Result<Output, Why> {
    let unheld = |error: std::io::Error| {
        let path = hands.folder.join(LOCK);
        Why::new(WhyKind::Failed, format!("{}: {error}", path.display()))
    };
    let file = own_folder(&hands.folder)
        .and_then(|()| open(&hands.folder.join(LOCK)))
        .map_err(unheld)?;
    // Shared: a program that an earlier one of this run has left behind may hold it, too.
    file.try_lock_shared()
        .map_err(|error| unheld(error.into()))?;
    let answer = ask::holding(argv, env, file, d).await;
    if answer.is_ok() {
        // It has ended by itself. An engine that a package's script started holds the file for as
        // long as it lives (`start-stop-daemon --no-close`), and is nothing to wait for.
        std::fs::remove_file(hands.folder.join(LOCK)).map_err(unheld)?;
    }
    answer
}

/// Waits until no program is left that the run of this folder started.
pub async fn released(folder: &Path, d: Deadline) -> Result<(), Trouble> {
    let path = folder.join(LOCK);
    let problem = |error: std::io::Error| Trouble::Failed(format!("{}: {error}", path.display()));
    let file = match File::open(&path) {
        Ok(file) => file,
        // It never started one.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(problem(error)),
    };
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) if d.remaining() > LOOK_AGAIN => {
                tokio::time::sleep(LOOK_AGAIN).await;
            }
            Err(TryLockError::WouldBlock) => {
                return Err(Trouble::Refused(
                    "a program that this run started is still at work".to_owned(),
                ));
            }
            Err(TryLockError::Error(error)) => return Err(problem(error)),
        }
    }
}

fn open(path: &Path) -> std::io::Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .custom_flags(nix::fcntl::OFlag::O_NOFOLLOW.bits())
        .open(path)
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    #[tokio::test]
    async fn a_program_that_outlived_its_run_is_waited_for() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = open(&folder.path().join(LOCK)).expect("ours");
        file.try_lock_shared().expect("free");
        let mut orphan = Command::new("sleep")
            .arg("0.5")
            .stdin(Stdio::from(file))
            .spawn()
            .expect("sleep is there");
        let now = Deadline::after(Duration::ZERO);
        let trouble = released(folder.path(), now).await.expect_err("it is held");
        assert!(trouble.to_string().contains("still at work"), "{trouble}");
        let d = Deadline::after(Duration::from_secs(30));
        released(folder.path(), d).await.expect("it ends");
        let ended = orphan.try_wait().expect("ours");
        // The lock goes a moment before the process does.
        assert!(ended.is_some() || orphan.wait().is_ok());
    }

    #[tokio::test]
    async fn a_run_that_started_nothing_is_not_waited_for() {
        let folder = tempfile::tempdir().expect("a folder");
        let now = Deadline::after(Duration::ZERO);
        released(folder.path(), now).await.expect("nothing is held");
    }
}
