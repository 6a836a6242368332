//! `--run-as USER`: the same command once more, as that user. Root's own files in a user's home are
//! the classic wreck, and this is the way around it.
#![expect(
    clippy::disallowed_methods,
    reason = "replaces this process by the same command of another user"
)]

use std::os::unix::process::CommandExt as _;
use std::process::Command;

use nix::unistd::User;

use crate::failure::Failure;
use crate::surroundings::Surroundings;
use crate::text::wash;

/// What says who somebody is, and where their things lie.
const PERSONAL: [&str; 10] = [
    "HOME",
    "LOGNAME",
    "SUDO_USER",
    "TMPDIR",
    "USER",
    "XDG_CACHE_HOME",
    "XDG_CONFIG_HOME",
    "XDG_RUNTIME_DIR",
    "XDG_STATE_HOME",
    "CLAWDOCTOR_STATE_DIR",
];

/// Becomes the user and begins anew with the same words, `--run-as` left out. Comes back only with
/// what went wrong.
pub fn again(name: &str, here: &Surroundings) -> Failure {
    if here.uid != 0 {
        return Failure::usage("--run-as is for root: another user cannot become somebody else")
            .hint(format!("run it as {}, or under sudo", wash(name, 60)));
    }
    let user = match User::from_name(name) {
        Ok(Some(user)) => user,
        Ok(None) => {
            return Failure::usage(format!("--run-as: there is no user {}", wash(name, 60)));
        }
        Err(errno) => {
            return Failure::system(format!("--run-as: cannot look up {}", wash(name, 60)))
                .cause(errno.desc());
        }
    };
    let program = match std::env::current_exe() {
        Ok(program) => program,
        Err(error) => return Failure::system("cannot find this program").cause(error),
    };
    let mut command = command(&user);
    // Both ways clear the environment: what the run depends on comes along, whose it was does not.
    command.arg("/usr/bin/env");
    for (name, value) in &here.env {
        if !PERSONAL.contains(&name.as_str()) {
            command.arg(format!("{name}={value}"));
        }
    }
    command
        .arg(program)
        .args(without_run_as(std::env::args_os().skip(1)));
    let error = command.exec();
    Failure::system(format!("cannot become {}", wash(name, 60))).cause(error)
}

/// `sudo` sets the user, all of their groups, and their home; it is on every Mac, and where root
/// has no `sudo`, `setpriv` of util-linux does the same.
fn command(user: &User) -> Command {
    if std::path::Path::new("/usr/bin/sudo").exists() {
        let mut command = Command::new("/usr/bin/sudo");
        command.args(["-n", "-H", "-u", &user.name, "--"]);
        return command;
    }
    let mut command = Command::new("setpriv");
    command
        .arg(format!("--reuid={}", user.uid))
        .arg(format!("--regid={}", user.gid))
        .args(["--init-groups", "--reset-env", "--"]);
    command
}

fn without_run_as(words: impl Iterator<Item = std::ffi::OsString>) -> Vec<std::ffi::OsString> {
    let mut kept = Vec::new();
    let mut is_value = false;
    for word in words {
        if std::mem::take(&mut is_value) {
            continue;
        }
        if word == "--run-as" {
            is_value = true;
        } else if !word.to_string_lossy().starts_with("--run-as=") {
            kept.push(word);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_name_is_left_out_of_the_words() {
        let words = ["fix", "--run-as", "ada", "--yes", "--run-as=ada", "x"];
        let kept = without_run_as(words.iter().map(std::ffi::OsString::from));
        assert_eq!(kept, ["fix", "--yes", "x"]);
    }
}
