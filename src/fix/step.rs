//! A change as data: what is to be done, what must be there before, and enough to say whether it
//! has been done. A step is planned, shown, kept in a plan file and in the journal, and applied by
//! `apply`. Pure.
//!
//! The set is closed. A new kind of change is a variant here, a file in `apply/`, and nothing else.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Step {
    ProvideImage(ProvideImage),
    OwnVolume(OwnVolume),
    OwnTree(OwnTree),
    Configure(Configure),
    Recreate(Recreate),
    ControlEngine(ControlEngine),
    EditJson(EditJson),
    PlaceLink(PlaceLink),
    PlaceFile(PlaceFile),
    MakeNetwork(MakeNetwork),
    RunProgram(RunProgram),
    RemoveFolder(RemoveFolder),
}

/// Gives an image's name an image: brought in under a name of ours, tried, and only then named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProvideImage {
    pub reference: String,
    /// `linux/arm64`: the engine's own.
    pub platform: String,
    pub source: ImageSource,
    /// The id that the name leads to now; none = nowhere.
    pub before: Option<String>,
    /// As whom sandboxes of this image run; none = the image's own user.
    pub user: Option<String>,
    /// Programs that must work inside.
    pub tools: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "from", rename_all = "kebab-case")]
pub enum ImageSource {
    /// From the registry that its name says.
    Pull,
    /// From our recipe of OpenClaw's default image.
    Build {
        /// SHA-256 of the recipe, in hex.
        recipe: String,
        /// Nothing that was built before is used: for an image that is too old.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        anew: bool,
    },
    /// From an archive that `docker save` wrote.
    Load { path: String },
}

/// Gives what lies in a named volume to the sandbox's user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OwnVolume {
    pub volume: String,
    pub uid: u32,
    pub gid: u32,
    /// The image of the helper container: one that is there.
    pub image: String,
}

/// Mends the rights in a folder of this machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OwnTree {
    pub root: String,
    pub wish: Rights,
    /// Folders at or below which changes are allowed at all: configured workspaces and binds.
    pub within: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "rights", rename_all = "kebab-case")]
pub enum Rights {
    /// All of it belongs to this user.
    Owner { uid: u32, gid: u32 },
    /// Its owner, this user, may read and write all of it (`u+rwX`), where ownership is not real.
    OwnerMayWrite { uid: u32 },
}

/// Changes OpenClaw's config through its own CLI.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Configure {
    /// `openclaw`, as it was found.
    pub program: String,
    pub config: String,
    /// SHA-256 of what the file says now, its `meta` left out.
    pub content: String,
    pub settings: Vec<Setting>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Setting {
    /// `["agents", "defaults", "sandbox", "mode"]`
    pub keys: Vec<String>,
    /// What stands there now; none = nothing.
    pub before: Option<Value>,
    /// What shall stand there; none = nothing.
    pub to: Option<Value>,
}

/// Lets OpenClaw take a sandbox away, so that its next turn makes it anew.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Recreate {
    pub program: String,
    pub container: String,
    pub id: String,
    /// The whole scope key, as its label has it.
    pub session_key: String,
}

/// Starts an engine, or makes a hung one start anew.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ControlEngine {
    pub wish: EngineWish,
    /// `unix:///…`: it counts as started when it answers here, whatever a program's exit code.
    pub endpoint: String,
    /// What is running it, for people.
    pub name: String,
    pub control: Control,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EngineWish {
    Start,
    /// It takes connections and does not answer.
    Restart,
}

/// The commands for an engine on this node, each a list of alternatives in the order in which
/// they are tried: the next one when the engine does not answer after the last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Control {
    pub start: Vec<Command>,
    pub stop: Vec<Command>,
    /// Harder than `stop`, for what does not listen any more.
    pub kill: Vec<Command>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Command {
    pub argv: Vec<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub as_root: bool,
}

/// Changes some keys of a JSON file that belongs to somebody else.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EditJson {
    pub path: String,
    /// SHA-256 of its bytes now; none = there is no such file.
    pub sha256: Option<String>,
    pub settings: Vec<Setting>,
    /// Unified diff, as it will be.
    pub diff: String,
    /// Who reads the file, and must be stopped or started anew for it.
    pub reader: Option<Reader>,
}

/// The engine that reads a file, and when it has to be restarted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reader {
    pub name: String,
    pub endpoint: String,
    pub control: Control,
    pub when: RestartWhen,
    /// A program that says whether the file is well formed, given its path (`dockerd --validate`).
    #[serde(default)]
    pub validate: Option<Vec<String>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RestartWhen {
    /// Stopped before the edit, started after it: it writes the file itself while it runs.
    Around,
    /// Restarted after the edit.
    After,
}

/// A symbolic link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PlaceLink {
    pub path: String,
    pub target: String,
}

/// A new file, which never takes the place of another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PlaceFile {
    pub path: String,
    pub content: String,
    /// Permission bits in octal.
    pub mode: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MakeNetwork {
    pub name: String,
    pub driver: String,
    pub reach: NetworkReach,
    pub labels: BTreeMap<String, String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NetworkReach {
    Outside,
    /// `--internal`: no way out, no names from outside.
    Internal,
}

/// Runs programs of the system, one after another, until a fact holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunProgram {
    /// What it does, for people: "install the package docker.io".
    pub words: String,
    pub commands: Vec<Command>,
    /// What holds when it is done.
    pub proof: Proof,
    /// What takes it back; empty = nothing does.
    pub undo: Vec<Command>,
    /// The longest that it may take, in seconds.
    pub seconds: u64,
}

/// A fact that can be looked at again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "kebab-case")]
pub enum Proof {
    /// A program of this name is at one of these paths.
    Program { paths: Vec<String> },
    /// The account is in the group.
    Member { user: String, group: String },
    /// Debian's packages are installed.
    Packages { names: Vec<String> },
    /// A program prints a line that, its words apart, starts with these words.
    Prints { argv: Vec<String>, words: String },
    /// A program prints a version that lies in the range, as npm writes ranges: `>=4.44.3`
    /// ([`crate::units::VersionRange::holds_printed`]).
    Version { argv: Vec<String>, range: String },
    /// An HTTP address on loopback answers with status 200.
    Answers { port: u16, path: String },
}

/// A folder that nothing uses any more, for good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RemoveFolder {
    pub path: String,
    /// The folder right below which it must lie.
    pub parent: String,
    pub bytes: u64,
}

impl Command {
    pub fn new<const N: usize>(argv: [&str; N]) -> Self {
        Self {
            argv: argv.map(str::to_owned).to_vec(),
            as_root: false,
        }
    }

    pub fn as_root<const N: usize>(argv: [&str; N]) -> Self {
        Self {
            as_root: true,
            ..Self::new(argv)
        }
    }
}

impl Step {
    /// The files, networks and names that it touches: what the journal and a person look for.
    pub fn subject(&self) -> &str {
        match self {
            Self::ProvideImage(step) => &step.reference,
            Self::OwnVolume(step) => &step.volume,
            Self::OwnTree(step) => &step.root,
            Self::Configure(step) => &step.config,
            Self::Recreate(step) => &step.container,
            Self::ControlEngine(step) => &step.name,
            Self::EditJson(step) => &step.path,
            Self::PlaceLink(step) => &step.path,
            Self::PlaceFile(step) => &step.path,
            Self::MakeNetwork(step) => &step.name,
            Self::RunProgram(step) => &step.words,
            Self::RemoveFolder(step) => &step.path,
        }
    }
}
