//! Things that are put where nothing was: links, files, networks.

use std::path::Path;
use std::time::Duration;

use serde_json::json;

use super::program::{complaint, run};
use super::{Hands, Sight, Trouble};
use crate::deadline::Deadline;
use crate::digest::Sha256;
use crate::engine::NetworkReach as Reach;
use crate::facts::WhyKind;
use crate::fix::file;
use crate::fix::inverse::{After, Inverse};
use crate::fix::step::{Command, MakeNetwork, NetworkReach, PlaceFile, PlaceLink};
use crate::text::wash;

/// For a call to the engine, and for `ln` with administrator rights.
const PATIENCE: Duration = Duration::from_secs(30);

pub fn look_link(step: &PlaceLink) -> Result<Sight, Trouble> {
    let path = Path::new(&step.path);
    match std::fs::symlink_metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Sight::Before),
        Err(error) => Err(Trouble::Failed(format!("{}: {error}", shown(path)))),
        Ok(data) if data.is_symlink() => match std::fs::read_link(path) {
            Ok(target) if target == Path::new(&step.target) => Ok(Sight::After),
            Ok(target) => Ok(Sight::Elsewhere(format!(
                "{} leads to {} by now",
                shown(path),
                shown(&target)
            ))),
            Err(error) => Err(Trouble::Failed(format!("{}: {error}", shown(path)))),
        },
        Ok(_) => Ok(Sight::Elsewhere(format!("{} is there by now", shown(path)))),
    }
}

/// Never over something that is there: `symlink` and `ln -s` without `-f` refuse that themselves.
pub async fn apply_link(step: &PlaceLink, hands: &mut Hands) -> Result<After, Trouble> {
    match std::os::unix::fs::symlink(&step.target, &step.path) {
        Ok(()) => return Ok(After::Null),
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {}
        Err(error) => return Err(Trouble::Failed(format!("{}: {error}", step.path))),
    }
    let command = Command::as_root(["/bin/ln", "-s", "--", &step.target, &step.path]);
    let output = run(&command, hands, Deadline::after(PATIENCE)).await?;
    if output.success() {
        Ok(After::Null)
    } else {
        Err(Trouble::Failed(complaint(&command, &output)))
    }
}

pub async fn revert_link(path: &str, target: &str, hands: &mut Hands) -> Result<(), Trouble> {
    let step = PlaceLink {
        path: path.to_owned(),
        target: target.to_owned(),
    };
    match look_link(&step)? {
        Sight::Before => return Ok(()),
        Sight::After => {}
        Sight::Between(words) | Sight::Elsewhere(words) => return Err(Trouble::Refused(words)),
    }
    match std::fs::remove_file(path) {
        Ok(()) => return Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {}
        Err(error) => return Err(Trouble::Failed(format!("{path}: {error}"))),
    }
    let command = Command::as_root(["/bin/rm", "--", path]);
    let output = run(&command, hands, Deadline::after(PATIENCE)).await?;
    if output.success() {
        Ok(())
    } else {
        Err(Trouble::Failed(complaint(&command, &output)))
    }
}

pub fn look_file(step: &PlaceFile) -> Result<Sight, Trouble> {
    let there = file::Snapshot::take(Path::new(&step.path));
    match there? {
        None => Ok(Sight::Before),
        Some(snapshot) if snapshot.bytes == step.content.as_bytes() => Ok(Sight::After),
        Some(_) => Ok(Sight::Elsewhere(format!(
            "{} is there by now, with another content",
            wash(&step.path, 300)
        ))),
    }
}

pub fn prepare_file(step: &PlaceFile) -> Inverse {
    Inverse::RemoveFile {
        path: step.path.clone(),
        sha256: Sha256::of(step.content.as_bytes()).to_string(),
        folders: Path::new(&step.path)
            .ancestors()
            .skip(1)
            .take_while(|folder| std::fs::symlink_metadata(folder).is_err())
            .map(|folder| folder.display().to_string())
            .collect(),
    }
}

pub fn apply_file(step: &PlaceFile, hands: &Hands) -> Result<After, Trouble> {
    let mode = u32::from_str_radix(&step.mode, 8).unwrap_or(0o600);
    let path = Path::new(&step.path);
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)
            .map_err(|error| Trouble::Failed(format!("{}: {error}", shown(folder))))?;
    }
    file::create(&hands.run_id, path, step.content.as_bytes(), mode)?;
    Ok(After::Null)
}

pub fn revert_file(path: &str, sha256: &str, folders: &[String]) -> Result<(), Trouble> {
    let made =
        Sha256::try_from(sha256.to_owned()).map_err(|words| Trouble::Failed(words.to_owned()))?;
    let path = Path::new(path);
    if file::Snapshot::take(path)?.is_some() {
        file::remove(path, &made)?;
    }
    for folder in folders {
        match std::fs::remove_dir(folder) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            // Somebody has put something into it.
            Err(_) => break,
        }
    }
    Ok(())
}

pub async fn look_network(
    step: &MakeNetwork,
    hands: &Hands,
    d: Deadline,
) -> Result<Sight, Trouble> {
    match hands.engine()?.network(&step.name, d).await {
        Err(why) if why.kind == WhyKind::Absent => Ok(Sight::Before),
        Err(why) => Err(Trouble::Failed(why.detail)),
        // Whoever made it: what was missing is there.
        Ok(_) => Ok(Sight::After),
    }
}

pub async fn apply_network(step: &MakeNetwork, hands: &mut Hands) -> Result<After, Trouble> {
    let reach = match step.reach {
        NetworkReach::Outside => Reach::Outside,
        NetworkReach::Internal => Reach::Inside,
    };
    let mut labels = step.labels.clone();
    labels.insert(RUN_LABEL.to_owned(), hands.run_id.to_string());
    let engine = hands.engine()?;
    let made = engine.create_network(
        &step.name,
        &step.driver,
        reach,
        &labels,
        Deadline::after(PATIENCE),
    );
    match made.await {
        Ok(id) => Ok(json!({ "id": id })),
        Err(error) => Err(Trouble::Failed(error.to_string())),
    }
}

pub async fn left_network(
    step: &MakeNetwork,
    hands: &Hands,
    d: Deadline,
) -> Result<After, Trouble> {
    match hands.engine()?.network(&step.name, d).await {
        Ok(network) => Ok(json!({ "id": network.id })),
        Err(why) => Err(Trouble::Failed(why.detail)),
    }
}

/// On networks that a run of ours made.
const RUN_LABEL: &str = "clawdoctor.fix";

pub async fn revert_network(
    name: &str,
    after: Option<&After>,
    hands: &mut Hands,
) -> Result<(), Trouble> {
    let engine = hands.engine()?;
    let d = Deadline::after(PATIENCE);
    let network = match engine.network(name, d).await {
        Err(why) if why.kind == WhyKind::Absent => return Ok(()),
        Err(why) => return Err(Trouble::Failed(why.detail)),
        Ok(network) => network,
    };
    let made = after.and_then(|after| after["id"].as_str());
    let is_ours = made.map_or_else(
        || {
            network
                .labels
                .get(RUN_LABEL)
                .is_some_and(|run| run == hands.run_id.as_str())
        },
        |id| id == network.id,
    );
    if !is_ours {
        return Err(Trouble::Refused(format!(
            "the network {} is not the one that was made",
            wash(name, 100)
        )));
    }
    engine
        .remove_network(&network.id, d)
        .await
        .map_err(|error| Trouble::Refused(error.to_string()))
}

fn shown(path: &Path) -> String {
    wash(&path.to_string_lossy(), 300)
}
