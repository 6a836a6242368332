//! Programs of the system's, run without a shell until a fact holds.

use std::path::Path;
use std::time::Duration;

use super::{Hands, News, Sight, Trouble, hold, packages};
use crate::deadline::Deadline;
use crate::facts::{Why, WhyKind};
use crate::fix::inverse::{After, Intended, Inverse};
use crate::fix::step::{Command, Proof, RunProgram, Step};
use crate::probe::ask::{self, Output};
use crate::redact::hide_secrets;
use crate::text::wash;
use crate::units::VersionRange;

/// For a question about a fact.
const QUESTION: Duration = Duration::from_secs(20);
/// For taking something back.
const TAKING_BACK: Duration = Duration::from_mins(5);
/// Between two looks at a fact that is about to hold.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

pub async fn look(step: &RunProgram, d: Deadline) -> Result<Sight, Trouble> {
    if holds(&step.proof, d).await? {
        Ok(Sight::After)
    } else {
        Ok(Sight::Before)
    }
}

pub fn prepare(step: &RunProgram) -> Result<Inverse, Trouble> {
    Ok(match (step.undo.as_slice(), &step.proof) {
        ([], _) => Inverse::None {
            why: "there is no command that takes it back".to_owned(),
        },
        // What comes with a package is known only when it is there.
        ([command], Proof::Packages { .. }) => Inverse::RemovePackages {
            command: command.clone(),
            before: packages::present()?.into_iter().collect(),
        },
        (commands, _) => Inverse::Run {
            commands: commands.to_vec(),
        },
    })
}

/// What a result says of the step.
pub fn left(inverse: &Inverse) -> Result<After, Trouble> {
    match inverse {
        Inverse::RemovePackages { before, .. } => packages::came(before),
        _ => Ok(After::Null),
    }
}

pub async fn apply(
    step: &RunProgram,
    inverse: &Inverse,
    hands: &mut Hands,
) -> Result<After, Trouble> {
    let d = Deadline::after(Duration::from_secs(step.seconds));
    for (index, command) in step.commands.iter().enumerate() {
        (hands.tell)(News::Line(shown(command)));
        let changed = change(command, hands, d).await;
        // What ran before it may have changed something.
        let output =
            changed.map_err(|trouble| if index == 0 { trouble } else { trouble.begun() })?;
        if !output.success() {
            return Err(Trouble::Failed(complaint(command, &output)));
        }
    }
    // Services go on starting after their command has ended.
    while !holds(&step.proof, d).await? {
        if d.remaining() <= LOOK_AGAIN {
            return Err(Trouble::Failed(format!(
                "the commands ended well, but after {} s it still does not hold: {}",
                step.seconds,
                proof_words(&step.proof)
            )));
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
    left(inverse)
}

pub async fn revert(
    intended: &Intended,
    commands: &[Command],
    hands: &mut Hands,
) -> Result<(), Trouble> {
    let d = Deadline::after(TAKING_BACK);
    if let Step::RunProgram(step) = &intended.step
        && !holds(&step.proof, d).await?
    {
        return Ok(());
    }
    for command in commands {
        take_back(command, hands, d).await?;
    }
    Ok(())
}

/// Takes away the packages that came with the step.
pub async fn revert_packages(
    command: &Command,
    before: &[String],
    after: Option<&After>,
    hands: &Hands,
) -> Result<(), Trouble> {
    let d = Deadline::after(TAKING_BACK);
    packages::revert(command, before, after, hands, d).await
}

pub async fn take_back(command: &Command, hands: &Hands, d: Deadline) -> Result<(), Trouble> {
    let output = change(command, hands, d).await?;
    if output.success() {
        return Ok(());
    }
    Err(Trouble::Failed(complaint(command, &output)))
}

/// Runs one command, with administrator rights where it needs them: as root directly, else by
/// `sudo -n`, which never asks.
pub async fn run(command: &Command, hands: &Hands, d: Deadline) -> Result<Output, Trouble> {
    ask::program(&line(command, hands), &[("NO_COLOR", "1")], d)
        .await
        .map_err(not_run)
}

/// As [`run`], for what is not done when we are killed in the middle: a package manager goes on.
/// Not for what starts an engine, which would hold the lock for as long as it lives.
async fn change(command: &Command, hands: &Hands, d: Deadline) -> Result<Output, Trouble> {
    hold::program(&line(command, hands), &[("NO_COLOR", "1")], hands, d)
        .await
        .map_err(not_run)
}

fn line<'a>(command: &'a Command, hands: &Hands) -> Vec<&'a str> {
    let mut argv: Vec<&str> = Vec::new();
    if command.as_root && hands.world.operator.uid != 0 {
        argv.extend(["sudo", "-n", "--"]);
    }
    argv.extend(command.argv.iter().map(String::as_str));
    argv
}

fn not_run(why: Why) -> Trouble {
    match why.kind {
        WhyKind::Absent | WhyKind::Denied => Trouble::Refused(why.detail),
        _ => Trouble::Failed(why.detail),
    }
}

/// Whether the fact is true now.
async fn holds(proof: &Proof, d: Deadline) -> Result<bool, Trouble> {
    match proof {
        Proof::Program { paths } => Ok(paths.iter().any(|path| is_program(Path::new(path)))),
        Proof::Member { user, group } => {
            let output = question(&["id", "-Gn", user], d).await?;
            Ok(output.stdout.split_whitespace().any(|name| name == group))
        }
        Proof::Packages { names } => {
            let mut argv = vec!["dpkg-query", "-W", "-f", "${db:Status-Status}\\n"];
            argv.extend(names.iter().map(String::as_str));
            let output = question(&argv, d).await?;
            let installed = output.stdout.lines().filter(|line| *line == "installed");
            Ok(output.success() && installed.count() == names.len())
        }
        Proof::Prints { argv, words } => {
            let argv: Vec<&str> = argv.iter().map(String::as_str).collect();
            let output = question(&argv, d).await?;
            let wanted: Vec<&str> = words.split_whitespace().collect();
            Ok(output.stdout.lines().any(|line| {
                let said: Vec<&str> = line.split_whitespace().collect();
                said.starts_with(&wanted)
            }))
        }
        Proof::Version { argv, range } => {
            let argv: Vec<&str> = argv.iter().map(String::as_str).collect();
            let output = question(&argv, d).await?;
            // A range that is none is a plan file of somebody else's making.
            let range: VersionRange = range.parse().map_err(Trouble::Refused)?;
            Ok(range.holds_printed(&output.stdout))
        }
        Proof::Answers { port, path } => {
            Ok(crate::probe::net::answers_ok(*port, path, d.at_most(QUESTION)).await)
        }
    }
}

async fn question(argv: &[&str], d: Deadline) -> Result<Output, Trouble> {
    let answer = ask::program(
        argv,
        &[("NO_COLOR", "1"), ("LC_ALL", "C")],
        d.at_most(QUESTION),
    );
    match answer.await {
        Ok(output) => Ok(output),
        // A program that is not there says that what it would tell of is not, either.
        Err(Why {
            kind: WhyKind::Absent,
            ..
        }) => Ok(Output {
            status: None,
            stdout: String::new(),
            stderr: String::new(),
        }),
        Err(why) => Err(Trouble::Failed(why.detail)),
    }
}

fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path)
        .is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}

fn proof_words(proof: &Proof) -> String {
    match proof {
        Proof::Program { paths } => format!("a program at {}", paths.join(" or ")),
        Proof::Member { user, group } => format!("{user} in the group {group}"),
        Proof::Packages { names } => format!("the packages {}", names.join(", ")),
        Proof::Prints { argv, words } => format!("`{}` prints {words}", argv.join(" ")),
        Proof::Version { argv, range } => {
            format!("`{}` prints a version in {range}", argv.join(" "))
        }
        Proof::Answers { port, path } => format!("an answer on port {port} to {path}"),
    }
}

/// As one would type it.
pub fn shown(command: &Command) -> String {
    let line = command
        .argv
        .iter()
        .map(|word| crate::fix::words::quoted(word))
        .collect::<Vec<_>>()
        .join(" ");
    if command.as_root {
        format!("sudo {line}")
    } else {
        line
    }
}

/// What a program that failed said last.
pub fn complaint(command: &Command, output: &Output) -> String {
    let said = format!("{}\n{}", output.stdout, output.stderr);
    let lines: Vec<&str> = said
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    let last = hide_secrets(&lines[lines.len().saturating_sub(4)..].join(" / "));
    let status = output
        .status
        .map_or("a signal".to_owned(), |code| format!("status {code}"));
    format!(
        "`{}` ended with {status}: {}",
        wash(&shown(command), 300),
        wash(&last, 600)
    )
}
