//! Asking a program: the one way in which probes start one.
//!
//! Arguments are a list and never a line for a shell. The program finds nothing on its standard
//! input, leads a process group of its own, and may say at most so many bytes on each stream ([`MOST`] as a rule);
//! whatever it says beyond that is read and dropped. At the deadline, and when the asker goes
//! away, its whole group is killed: `openclaw` and `pmset` wrappers start helpers that would stay.
//! What it means is none of this file's business.

use std::fs::File;
use std::io;
use std::process::Stdio;
use std::time::Duration;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};

use crate::deadline::Deadline;
use crate::facts::{Why, WhyKind};
use crate::text::wash;

/// Bytes kept of each stream.
pub const MOST: usize = 64 * 1024;

/// How long the streams may stay open after the program itself ended: a helper that it left
/// behind holds them, and has nothing to say that was asked for.
const GRACE: Duration = Duration::from_millis(150);

/// What a program answered; bytes that are not UTF-8 replaced, nothing washed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// Its exit code; none when a signal ended it.
    pub status: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Output {
    pub fn success(&self) -> bool {
        self.status == Some(0)
    }
}

/// Kills the group on every way out but the good one.
struct Group(Option<Pid>);

impl Group {
    fn kill(&mut self) {
        if let Some(group) = self.0.take() {
            // ESRCH: nobody is left, which is what was wanted.
            let _ = killpg(group, Signal::SIGKILL);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Runs a program to its end or to the deadline. The environment is this process's own with
/// `env` on top. A program that fails is an answer, not an error.
pub async fn program(argv: &[&str], env: &[(&str, &str)], d: Deadline) -> Result<Output, Why> {
    started(argv, env, Stdio::null(), MOST, d).await
}

/// As [`program`], for one that has much to say: keeps up to `most` bytes of each stream.
pub async fn wordy(
    argv: &[&str],
    env: &[(&str, &str)],
    most: usize,
    d: Deadline,
) -> Result<Output, Why> {
    started(argv, env, Stdio::null(), most, d).await
}

/// As [`program`], with this empty file as its standard input. A lock on it lasts for as long as
/// the program or a helper of its: also when we are killed, and nobody is left to kill the group.
pub async fn holding(
    argv: &[&str],
    env: &[(&str, &str)],
    file: File,
    d: Deadline,
) -> Result<Output, Why> {
    started(argv, env, file.into(), MOST, d).await
}

async fn started(
    argv: &[&str],
    env: &[(&str, &str)],
    stdin: Stdio,
    most: usize,
    d: Deadline,
) -> Result<Output, Why> {
    let [name, arguments @ ..] = argv else {
        return Err(Why::new(
            WhyKind::Failed,
            "there is no program to run: the list is empty",
        ));
    };
    let mut child = Command::new(name)
        .args(arguments)
        .envs(env.iter().copied())
        .stdin(stdin)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| refused(name, &error))?;
    let mut group = Group(
        child
            .id()
            .and_then(|pid| i32::try_from(pid).ok())
            .map(Pid::from_raw),
    );
    match d.bound(listen(&mut child, &mut group, most)).await {
        Ok(Ok(output)) => Ok(output),
        Ok(Err(error)) => Err(Why::new(
            WhyKind::Failed,
            format!("`{}` could not be waited for: {error}", shown(name)),
        )),
        Err(elapsed) => {
            group.kill();
            // The kill is certain; this only takes the dead process off the table.
            let _ = tokio::time::timeout(GRACE, child.wait()).await;
            Err(Why::new(
                WhyKind::Timeout,
                format!(
                    "`{}` did not end within {} ms",
                    shown(name),
                    elapsed.0.as_millis()
                ),
            ))
        }
    }
}

async fn listen(child: &mut Child, group: &mut Group, most: usize) -> io::Result<Output> {
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let status = {
        let reading = async {
            tokio::join!(keep(stdout, &mut out, most), keep(stderr, &mut err, most));
        };
        tokio::pin!(reading);
        tokio::select! {
            () = &mut reading => child.wait().await?,
            status = child.wait() => {
                let status = status?;
                // It has ended; a child of its own may hold the pipes open, and nobody waits for that.
                let _ = tokio::time::timeout(GRACE, &mut reading).await;
                status
            }
        }
    };
    group.kill();
    Ok(Output {
        status: status.code(),
        stdout: String::from_utf8_lossy(&out).into_owned(),
        stderr: String::from_utf8_lossy(&err).into_owned(),
    })
}

/// Reads to the end, keeps the first bytes.
async fn keep(stream: Option<impl AsyncRead + Unpin>, kept: &mut Vec<u8>, most: usize) {
    let Some(mut stream) = stream else { return };
    // On the heap: the future of every caller would carry it otherwise.
    let mut buffer = vec![0; 8192];
    while let Ok(count) = stream.read(&mut buffer).await {
        if count == 0 {
            break;
        }
        let room = most - kept.len();
        kept.extend_from_slice(&buffer[..count.min(room)]);
    }
}

fn refused(name: &str, error: &io::Error) -> Why {
    let name = shown(name);
    match error.kind() {
        io::ErrorKind::NotFound => Why::new(WhyKind::Absent, format!("there is no `{name}`")),
        io::ErrorKind::PermissionDenied => Why::new(
            WhyKind::Denied,
            format!("`{name}` may not be run (permission denied)"),
        ),
        _ => Why::new(
            WhyKind::Failed,
            format!("`{name}` could not be started: {error}"),
        ),
    }
}

fn shown(name: &str) -> String {
    wash(name, 200)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn soon() -> Deadline {
        Deadline::after(Duration::from_secs(10))
    }

    #[tokio::test]
    async fn a_program_is_run_without_a_shell_and_its_answer_kept() {
        let argv = ["/bin/echo", "$HOME; `id`", "a  b"];
        let output = program(&argv, &[], soon()).await.expect("echo is there");
        assert_eq!(output.stdout, "$HOME; `id` a  b\n");
        assert!(output.success());
        let output = program(&["sh", "-c", "echo $X >&2; exit 3"], &[("X", "y")], soon())
            .await
            .expect("sh is there");
        assert_eq!((output.status, output.stderr.as_str()), (Some(3), "y\n"));
    }

    #[tokio::test]
    async fn what_is_missing_forbidden_or_nothing_says_so() {
        let why = program(&["/no/such/program"], &[], soon()).await;
        assert_eq!(why.expect_err("absent").kind, WhyKind::Absent);
        let why = program(&["/etc/passwd"], &[], soon()).await;
        assert_eq!(why.expect_err("not executable").kind, WhyKind::Denied);
        let why = program(&[], &[], soon()).await;
        assert_eq!(why.expect_err("nothing").kind, WhyKind::Failed);
    }

    #[tokio::test]
    async fn at_the_deadline_the_whole_group_dies() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("pid");
        let script = format!("sleep 600 & echo $! > {}; wait", file.display());
        let d = Deadline::after(Duration::from_millis(400));
        let why = program(&["sh", "-c", &script], &[], d).await;
        assert_eq!(why.expect_err("it hangs").kind, WhyKind::Timeout);
        let pid = std::fs::read_to_string(&file).expect("the script wrote it");
        assert!(
            gone(pid.trim()).await,
            "the helper {pid} outlived its asker"
        );
    }

    #[tokio::test]
    async fn a_helper_that_holds_the_pipes_does_not_hold_the_answer() {
        let begun = std::time::Instant::now();
        let output = program(&["sh", "-c", "sleep 600 & echo $!"], &[], soon())
            .await
            .expect("it ended");
        assert!(begun.elapsed() < Duration::from_secs(5));
        assert!(gone(output.stdout.trim()).await);
    }

    #[tokio::test]
    async fn an_asker_that_goes_away_takes_the_group_with_it() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("pid");
        let script = format!("echo $$ > {}; sleep 600", file.display());
        let argv = ["sh", "-c", &script];
        let asking = program(&argv, &[], soon());
        let _ = tokio::time::timeout(Duration::from_millis(400), asking).await;
        let pid = std::fs::read_to_string(&file).expect("the script wrote it");
        assert!(gone(pid.trim()).await);
    }

    #[tokio::test]
    async fn endless_output_is_cut_and_drained() {
        let output = program(&["head", "-c", "300000", "/dev/zero"], &[], soon())
            .await
            .expect("it ends");
        assert_eq!(output.stdout.len(), MOST);
        assert!(output.success());
    }

    /// Dead or a zombie that init has not collected yet.
    async fn gone(pid: &str) -> bool {
        for _ in 0..100 {
            let status = std::fs::read_to_string(Path::new("/proc").join(pid).join("status"));
            match status {
                Err(_) => return true,
                Ok(status) if status.contains("State:\tZ") => return true,
                Ok(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
        false
    }
}
