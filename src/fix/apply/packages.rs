//! Debian's packages, taken away again exactly: what an installation brought with it goes, what was
//! there before stays, and nothing goes that somebody else has come to need since.

use std::collections::BTreeSet;
use std::path::Path;

use super::program::{complaint, take_back};
use super::{Hands, Sight, Trouble};
use crate::deadline::Deadline;
use crate::fix::inverse::After;
use crate::fix::step::Command;
use crate::probe::ask::{self, Output};
use crate::probe::parse::dpkg;
use crate::text::wash;

/// dpkg's own account. `dpkg-query` reads it, too, and would say more than we keep of a program.
const STATUS: &str = "/var/lib/dpkg/status";
/// Of what stands in the way, so many are named.
const NAMED: usize = 5;

/// The packages that are there now.
pub fn present() -> Result<BTreeSet<String>, Trouble> {
    let text = std::fs::read(Path::new(STATUS))
        .map_err(|error| Trouble::Failed(format!("{STATUS}: {error}")))?;
    let text = String::from_utf8_lossy(&text);
    Ok(dpkg::present(text.lines().map(str::to_owned)))
}

/// An installation that broke off may have brought packages without the one that was wanted.
pub fn stands(sight: Sight, before: &[String]) -> Result<Sight, Trouble> {
    if sight != Sight::Before || newcomers(&present()?, before).is_empty() {
        return Ok(sight);
    }
    Ok(Sight::Between("some of the packages are there".to_owned()))
}

/// What a result says of an installation: the packages that came with it.
pub fn came(before: &[String]) -> Result<After, Trouble> {
    Ok(newcomers(&present()?, before).into())
}

fn newcomers(now: &BTreeSet<String>, before: &[String]) -> Vec<String> {
    let known = |name: &&String| !before.contains(name);
    now.iter().filter(known).cloned().collect()
}

/// Removes those that came with it and are still there. `after` is missing when the run was killed
/// before it could say.
pub async fn revert(
    undo: &Command,
    before: &[String],
    after: Option<&After>,
    hands: &Hands,
    d: Deadline,
) -> Result<(), Trouble> {
    let now = present()?;
    let theirs = after.and_then(|after| serde_json::from_value::<Vec<String>>(after.clone()).ok());
    let theirs = theirs.unwrap_or_else(|| newcomers(&now, before));
    let ours: BTreeSet<&str> = theirs
        .iter()
        .filter(|name| now.contains(*name) && !before.contains(name))
        .map(String::as_str)
        .collect();
    if ours.is_empty() {
        return Ok(());
    }
    let command = removal(undo, &ours);
    let wider = wider(&command, &ours, d).await?;
    if !wider.is_empty() {
        return Err(Trouble::Refused(format!(
            "other packages have come to need what came with it: {}",
            wash(&wider.join(", "), 300)
        )));
    }
    take_back(&command, hands, d).await
}

/// The planned command for these packages alone: of those that it names, some may have been there.
fn removal(undo: &Command, ours: &BTreeSet<&str>) -> Command {
    let verb = undo.argv.iter().rposition(|word| word.starts_with('-'));
    let head = verb.map_or(0, |last| last + 1);
    let mut argv = undo.argv[..head].to_vec();
    argv.extend(ours.iter().map(|&name| name.to_owned()));
    Command {
        argv,
        as_root: undo.as_root,
    }
}

/// What apt would remove besides. It tells without an administrator's rights.
async fn wider(
    command: &Command,
    ours: &BTreeSet<&str>,
    d: Deadline,
) -> Result<Vec<String>, Trouble> {
    let mut argv: Vec<&str> = command.argv.iter().map(String::as_str).collect();
    argv.push("--simulate");
    let output: Output = ask::program(&argv, &[("LC_ALL", "C")], d)
        .await
        .map_err(|why| Trouble::Failed(why.detail))?;
    if !output.success() {
        return Err(Trouble::Failed(complaint(command, &output)));
    }
    Ok(removed(&output.stdout)
        .filter(|name| !ours.contains(name))
        .take(NAMED)
        .map(str::to_owned)
        .collect())
}

/// `Remv docker-compose [1.29.2-3]`; a package of another architecture is `name:arch`.
fn removed(simulation: &str) -> impl Iterator<Item = &str> {
    simulation.lines().filter_map(|line| {
        let name = line.strip_prefix("Remv ")?.split_whitespace().next()?;
        name.split(':').next()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(list: &[&str]) -> Vec<String> {
        list.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn only_what_was_not_there_before_goes() {
        let now: BTreeSet<String> = names(&["bash", "docker.io", "runc"]).into_iter().collect();
        assert_eq!(newcomers(&now, &names(&["bash", "runc"])), ["docker.io"]);
        let undo = Command::as_root([
            "/usr/bin/env",
            "A=b",
            "apt-get",
            "remove",
            "-y",
            "docker.io",
            "runc",
        ]);
        let command = removal(&undo, &BTreeSet::from(["containerd", "docker.io"]));
        assert_eq!(command.argv[4..], ["-y", "containerd", "docker.io"]);
        assert!(command.as_root);
    }

    #[test]
    fn a_simulation_names_what_would_go() {
        let text =
            "Reading package lists...\nRemv docker-compose [1.29.2-3]\nRemv libc6:i386 [2.36]\n";
        assert_eq!(
            removed(text).collect::<Vec<_>>(),
            ["docker-compose", "libc6"]
        );
    }
}
