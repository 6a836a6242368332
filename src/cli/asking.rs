//! Questions to the person at the terminal, and to `sudo`. Only here does a run of repairs wait
//! for anybody.
#![expect(
    clippy::disallowed_methods,
    reason = "starts sudo, which talks to the terminal itself"
)]

use std::io::Write as _;
use std::process::Command;
use std::time::Duration;

use super::wishes::Attended;
use crate::deadline::Deadline;
use crate::failure::Failure;
use crate::fix::repair::{Repair, risk_word, risk_words};
use crate::probe::ask::program;
use crate::text::wash;

/// For sudo where it asks nobody: accounts may be kept on a server that does not answer.
const SUDO: Duration = Duration::from_secs(20);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    Yes,
    No,
    /// This one and those after it.
    All,
    /// Neither this one nor those after it.
    Quit,
}

/// Asks about one repair. The end of the input is a no to all.
pub async fn ask(repair: &Repair) -> Result<Reply, Failure> {
    loop {
        let question = format!(
            "{} ({})?\n  [y]es [n]o [a]ll [q]uit [e]xplain ",
            wash(&repair.title, 400),
            risk_word(repair.risk)
        );
        let answer = line(question).await?;
        match answer.as_deref().map(str::trim) {
            None | Some("q" | "quit") => return Ok(Reply::Quit),
            Some("y" | "yes") => return Ok(Reply::Yes),
            Some("n" | "no" | "") => return Ok(Reply::No),
            Some("a" | "all") => return Ok(Reply::All),
            Some("e" | "explain") => {
                let words = format!(
                    "  {}: {}\n  more: clawdoctor explain {}\n",
                    risk_word(repair.risk),
                    risk_words(repair.risk),
                    repair.check
                );
                say(&words);
            }
            Some(_) => say("  one of y, n, a, q, e\n"),
        }
    }
}

/// A plain yes or no; no is the default.
pub async fn yes(question: &str) -> Result<bool, Failure> {
    let answer = line(format!("{question} [y/N] ")).await?;
    Ok(matches!(
        answer.as_deref().map(str::trim),
        Some("y" | "yes" | "Y")
    ))
}

/// One line of standard input; none at its end. On a thread of its own, so that signals are heard.
async fn line(question: String) -> Result<Option<String>, Failure> {
    say(&question);
    let read = tokio::task::spawn_blocking(|| {
        let mut text = String::new();
        std::io::stdin()
            .read_line(&mut text)
            .map(|count| (count > 0).then_some(text))
    });
    match read.await {
        Ok(Ok(line)) => Ok(line),
        Ok(Err(error)) => Err(Failure::system("cannot read the answer").cause(error)),
        Err(error) => Err(Failure::system("cannot read the answer").cause(error)),
    }
}

fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    // A terminal that is gone is told by the read that follows.
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    drop(written);
}

/// Whether `sudo` gives administrator rights now; where it does, for some minutes more. With a
/// person there it may ask for the password, which goes to sudo and never through here.
pub async fn administrator(attended: Attended) -> bool {
    match attended {
        Attended::Person => Command::new("sudo")
            .arg("-v")
            .status()
            .is_ok_and(|status| status.success()),
        Attended::Nobody => {
            let d = Deadline::after(SUDO);
            let asked = program(&["sudo", "-n", "-v"], &[], d).await;
            asked.is_ok_and(|output| output.success())
        }
    }
}
