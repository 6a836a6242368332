//! What takes a step back, as data: written to the journal before the step is applied, so that it
//! outlives the run, the program and its version. Pure.

use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::step::{Command, Control, Reader, Rights, Setting, Step};
use crate::facts::docker::Endpoint;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "inverse", rename_all = "kebab-case")]
pub enum Inverse {
    /// The name leads to this image again, or to none. What was brought in is kept under a name
    /// of ours: images are never removed.
    MoveTag {
        reference: String,
        to: Option<String>,
        /// The ids of what an archive brings, which gives the name by itself as it is loaded.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        brings: Vec<String>,
    },
    /// Owners and modes as the list has them.
    RestoreOwners {
        place: Owned,
        /// File beside the journal.
        list: String,
        entries: u64,
    },
    /// These settings through OpenClaw's CLI.
    Configure {
        program: String,
        config: String,
        settings: Vec<Setting>,
        /// What the file then says, as a hash.
        content: String,
    },
    /// The bytes, owner and mode that the file had; none = there was none.
    RestoreFile {
        path: String,
        backup: Option<Backup>,
        /// Who has to be stopped and started for it.
        reader: Option<Reader>,
    },
    RemoveLink {
        path: String,
        target: String,
    },
    RemoveFile {
        path: String,
        sha256: String,
        /// Those that came with the file, the innermost first: they go where nothing is in them.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        folders: Vec<String>,
    },
    /// The network of this name, if it is the one that was made.
    RemoveNetwork {
        name: String,
    },
    StopEngine {
        endpoint: String,
        control: Control,
    },
    Run {
        commands: Vec<Command>,
    },
    /// Debian's packages that came with the step: those that are there after it and not among
    /// these.
    RemovePackages {
        /// Removes those that the plan named; the others are added to its end.
        command: Command,
        before: Vec<String>,
    },
    /// Nothing takes it back, and nothing has to: why.
    None {
        why: String,
    },
}

/// Where owners are restored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "in", rename_all = "kebab-case")]
pub enum Owned {
    Tree { root: String, within: Vec<String> },
    Volume { name: String, image: String },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Backup {
    /// The bytes lie beside the journal under this name, in hex.
    pub sha256: String,
    pub mode: u32,
    pub uid: u32,
    pub gid: u32,
}

/// What an intent says: the step and its inverse, before anything happens.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Intended {
    pub step: Step,
    pub inverse: Inverse,
    /// The engine in force when it was recorded. What was done there is taken back there, whatever
    /// `DOCKER_HOST` or a context says by then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<Endpoint>,
}

impl Inverse {
    /// Why nothing is done to take the step back: what it changed stays.
    pub fn stays(&self) -> Option<&str> {
        match self {
            Self::None { why } => Some(why),
            Self::MoveTag { .. }
            | Self::RestoreOwners { .. }
            | Self::Configure { .. }
            | Self::RestoreFile { .. }
            | Self::RemoveFile { .. }
            | Self::RemoveLink { .. }
            | Self::RemoveNetwork { .. }
            | Self::RemovePackages { .. }
            | Self::StopEngine { .. }
            | Self::Run { .. } => None,
        }
    }
}

impl Intended {
    /// Whether taking it back needs an administrator's rights, for a user of this home.
    pub fn needs_root(&self, home: &Path) -> bool {
        let any = |commands: &[Command]| commands.iter().any(|command| command.as_root);
        let controls = |control: &Control| any(&control.start) || any(&control.stop);
        match &self.inverse {
            Inverse::Run { commands } => any(commands),
            Inverse::RemovePackages { command, .. } => command.as_root,
            Inverse::StopEngine { control, .. } => any(&control.stop),
            Inverse::RestoreFile { reader, .. } => {
                reader.as_ref().is_some_and(|one| controls(&one.control))
            }
            // Only root may give files away.
            Inverse::RestoreOwners { .. } => matches!(
                &self.step,
                Step::OwnTree(step) if matches!(step.wish, Rights::Owner { .. })
            ),
            Inverse::RemoveLink { path, .. } => !Path::new(path).starts_with(home),
            Inverse::MoveTag { .. }
            | Inverse::Configure { .. }
            | Inverse::RemoveFile { .. }
            | Inverse::RemoveNetwork { .. }
            | Inverse::None { .. } => false,
        }
    }
}

/// What a result says: values that only came with the change, such as a new image's id.
pub type After = Value;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fix::step::PlaceLink;

    fn link(path: &str) -> Intended {
        let (path, target) = (path.to_owned(), "/usr/bin/docker".to_owned());
        Intended {
            step: Step::PlaceLink(PlaceLink {
                path: path.clone(),
                target: target.clone(),
            }),
            inverse: Inverse::RemoveLink { path, target },
            endpoint: None,
        }
    }

    #[test]
    fn what_root_did_takes_root_to_take_back() {
        let home = Path::new("/home/ada");
        assert!(link("/usr/local/bin/docker").needs_root(home));
        let mut one = link("/home/ada/bin/docker");
        assert!(!one.needs_root(home));
        let commands = vec![Command::as_root(["apt-get", "remove"])];
        one.inverse = Inverse::Run { commands };
        assert!(one.needs_root(home));
    }
}
