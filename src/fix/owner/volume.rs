//! Owners in a named volume, by a helper container: what it is made of, what it is given, and what
//! its answer means. Pure: who calls runs the container.
//!
//! The container has the volume and a script, no network, no rights but CHOWN and DAC_READ_SEARCH
//! (to look into folders of others): measured to be enough for a change and for its inverse, since
//! files whose mode a change would clear are never listed. Its image is foreign, and so is every
//! line that it prints. The image must have `python3`, which the sandboxes need anyway; a shell
//! alone cannot hold a thing while it is changed, so that there is no way without.

use std::collections::BTreeMap;

use super::entry::{Owner, Wish};
use super::list::{List, Place};
use super::problem::Problem;
use super::tree::Bounds;
use crate::engine::ContainerSpec;
use crate::fix::archive;
use crate::text::wash;

mod answer;

pub use answer::{Answer, changed, standing, survey};

const SCRIPT: &str = include_str!("../../../assets/owner-volume.py");

/// Where the volume is in the container.
const VOLUME: &str = "/v";
/// Where the undo list is in the container.
const LIST: &str = "/owner-list";
/// An engine's answer is bounded (16 MiB), and a line has some hundred bytes.
const MOST_ENTRIES: usize = 100_000;
/// For a list at the bound, twice over.
const MEMORY: u64 = 512 << 20;
/// One interpreter.
const MOST_PROCESSES: i64 = 16;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    Survey,
    Change,
    Restore,
    Standing,
}

impl Verb {
    fn word(self) -> &'static str {
        match self {
            Self::Survey => "survey",
            Self::Change => "change",
            Self::Restore => "restore",
            Self::Standing => "standing",
        }
    }

    /// Whether the undo list must be put into the container ([`input`]) before it starts.
    pub fn needs_list(self) -> bool {
        match self {
            Self::Survey => false,
            Self::Change | Self::Restore | Self::Standing => true,
        }
    }

    fn changes(self) -> bool {
        match self {
            Self::Survey | Self::Standing => false,
            Self::Change | Self::Restore => true,
        }
    }
}

/// What a helper container is to do.
#[derive(Clone, Debug)]
pub struct Task<'a> {
    pub verb: Verb,
    /// Exists: an engine makes a volume that is not there.
    pub volume: &'a str,
    pub owner: Owner,
    /// Present in the engine, and with `python3`.
    pub image: &'a str,
    pub labels: BTreeMap<String, String>,
    /// What the script gives itself; less than what the container is given.
    pub seconds: u64,
}

/// The container for a task.
///
/// Its root is read-only unless a list must be put into it: engines refuse to copy into a
/// read-only root, before the start too.
pub fn spec(task: &Task) -> Result<ContainerSpec, Problem> {
    if !is_volume_name(task.volume) {
        // A `/` in it would make a bind of a host's folder out of it.
        return Err(Problem::unusable(format!(
            "{} is not the name of a volume",
            wash(task.volume, 100)
        )));
    }
    if !Wish::Owner(task.owner).is_possible() {
        return Err(Problem::unusable(format!(
            "there can be no owner {}",
            task.owner
        )));
    }
    let access = if task.verb.changes() {
        "nocopy"
    } else {
        "ro,nocopy"
    };
    let caps = ["CHOWN", "DAC_READ_SEARCH"];
    Ok(ContainerSpec {
        image: task.image.to_owned(),
        entrypoint: Some(vec!["python3".to_owned()]),
        cmd: arguments(task),
        labels: task.labels.clone(),
        user: Some("0:0".to_owned()),
        workdir: Some("/".to_owned()),
        network: "none".to_owned(),
        read_only_root: !task.verb.needs_list(),
        cap_drop: vec!["ALL".to_owned()],
        cap_add: caps.map(str::to_owned).to_vec(),
        security_opt: vec!["no-new-privileges".to_owned()],
        memory: Some(MEMORY),
        memory_swap: i64::try_from(MEMORY).ok(),
        pids_limit: Some(MOST_PROCESSES),
        // What an image has at that place must not be copied into an empty volume.
        binds: vec![format!("{}:{VOLUME}:{access}", task.volume)],
        ..ContainerSpec::default()
    })
}

fn arguments(task: &Task) -> Vec<String> {
    // Alone (-I), without the image's site packages (-S), writing no byte code (-B).
    let fixed = ["-I", "-S", "-B", "-c", SCRIPT, task.verb.word(), VOLUME];
    let mut arguments: Vec<String> = fixed.map(str::to_owned).to_vec();
    arguments.extend([
        task.owner.uid.to_string(),
        task.owner.gid.to_string(),
        MOST_ENTRIES.to_string(),
        Bounds::DEPTH.to_string(),
        task.seconds.to_string(),
    ]);
    if task.verb.needs_list() {
        arguments.push(LIST.to_owned());
    }
    arguments
}

/// moby volume names: a letter or digit, then those and `_.-`.
fn is_volume_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c))
}

/// The undo list as a tar archive that is laid over the container's root.
pub fn input(list: &List) -> Result<Vec<u8>, Problem> {
    list.verify()?;
    let Place::Volume(_) = &list.place else {
        return Err(Problem::unusable(
            "this list is of a folder, not of a volume",
        ));
    };
    let name = LIST.trim_start_matches('/');
    Ok(archive::with_file(name, list.text().as_bytes()))
}

/// The container could not be started; `engine_says` why.
pub fn not_started(image: &str, engine_says: &str) -> Problem {
    let image = wash(image, 200);
    // runc: `exec: "python3": executable file not found in $PATH`; crun: `executable file
    // `python3` not found in $PATH`.
    if engine_says.contains("python3") && engine_says.contains("not found") {
        return Problem::new(
            super::ProblemKind::System,
            format!(
                "the image {image} has no python3, which changes the owners in a volume: give \
                 another image that has it"
            ),
        );
    }
    Problem::new(
        super::ProblemKind::System,
        format!(
            "no container of {image} could be started: {}",
            wash(engine_says, 300)
        ),
    )
}

#[cfg(test)]
mod script_tests;
#[cfg(test)]
mod tests;
