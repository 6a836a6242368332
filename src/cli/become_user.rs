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
    let mut command = command(&user, here);
    command
        .arg(program)
        .args(without_run_as(std::env::args_os().skip(1)));
    let error = command.exec();
    Failure::system(format!("cannot become {}", wash(name, 60))).cause(error)
}

/// `sudo` sets the user, all of their groups, and their home; it is on every Mac, and where root
/// has no `sudo`, `setpriv` of util-linux does the same. What the run depends on comes along, whose
/// it was does not, and no value is an argument: a proxy's password would be there for everybody
/// to read (`ps`) for as long as the run takes.
fn command(user: &User, here: &Surroundings) -> Command {
    let kept = || here.env.iter().filter(|(name, _)| is_kept(name));
    if std::path::Path::new("/usr/bin/sudo").exists() {
        let names: Vec<&str> = kept().map(|(name, _)| name.as_str()).collect();
        let mut command = Command::new("/usr/bin/sudo");
        command
            .args(["-n", "-H", "-u", &user.name])
            .arg(format!("--preserve-env={}", names.join(",")))
            .arg("--");
        // sudo has a PATH of its own, which no option keeps it from using.
        if let Some(path) = here.env.get("PATH") {
            command.args(["/usr/bin/env", &format!("PATH={path}")]);
        }
        return command;
    }
    let mut command = Command::new("setpriv");
    command
        .arg(format!("--reuid={}", user.uid))
        .arg(format!("--regid={}", user.gid))
        .args(["--init-groups", "--"])
        .env_clear()
        .envs(kept())
        .env("HOME", &user.dir)
        .env("USER", &user.name)
        .env("LOGNAME", &user.name);
    command
}

fn is_kept(name: &str) -> bool {
    !PERSONAL.contains(&name)
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
    fn no_value_of_the_environment_but_the_path_is_an_argument() {
        let here = Surroundings {
            env: [
                ("HTTPS_PROXY", "http://ada:geheim@proxy:3128"),
                ("HOME", "/root"),
                ("PATH", "/bin"),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
            ..Surroundings::default()
        };
        let user = User::from_uid(nix::unistd::geteuid())
            .expect("it can be asked")
            .expect("somebody");
        let command = command(&user, &here);
        let arguments: Vec<_> = command
            .get_args()
            .map(|word| word.to_string_lossy().into_owned())
            .collect();
        assert!(!arguments.iter().any(|word| word.contains("geheim")));
        let keeps = arguments.iter().find(|word| word.starts_with("--preserve"));
        assert!(keeps.is_none_or(|word| word == "--preserve-env=HTTPS_PROXY,PATH"));
    }

    #[test]
    fn only_the_name_is_left_out_of_the_words() {
        let words = ["fix", "--run-as", "ada", "--yes", "--run-as=ada", "x"];
        let kept = without_run_as(words.iter().map(std::ffi::OsString::from));
        assert_eq!(kept, ["fix", "--yes", "x"]);
    }
}
