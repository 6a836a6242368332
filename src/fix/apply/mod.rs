//! The hands: what looks at a step's subject, prepares its inverse, applies it and takes it back.
//! The edge of this room; one file per kind of step.
//!
//! Every kind answers the same questions: what does the world look like now (`look`), what takes
//! the change back (`prepare`, before anything happens), do it (`apply`), take it back (`revert`),
//! and throw away what a killed run may have left of it (`tidy`). What a killed run left behind is
//! told from the world alone, so that a step can go on or be taken back from every instant.
#![expect(
    clippy::disallowed_methods,
    reason = "changes files, asks programs and takes the time: the edge of the repairs"
)]

mod claw;
mod engine;
mod folder;
mod hold;
mod image;
mod json;
pub mod owners;
mod packages;
mod place;
pub mod program;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::backups::Backups;
use super::inverse::{After, Intended, Inverse};
use super::record::{RunId, Seq};
use super::step::{EditJson, PlaceFile, Step};
use crate::deadline::Deadline;
use crate::engine::Engine;
use crate::facts::docker::{Connection, Endpoint};
use crate::facts::{Facts, Reading};
use crate::probe::World;

/// What the world looks like as far as a step is concerned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sight {
    /// As the plan found it.
    Before,
    /// As the step would leave it.
    After,
    /// A part of it is done.
    Between(String),
    /// Neither: somebody has changed it since. What, in words.
    Elsewhere(String),
}

/// Why a step was not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Its precondition does not hold any more, or it would do harm now: nothing was touched.
    Refused(String),
    /// It was tried.
    Failed(String),
}

impl Trouble {
    /// Of a step that has begun: it is no refusal any more, whoever says it.
    fn begun(self) -> Self {
        match self {
            Self::Refused(words) | Self::Failed(words) => Self::Failed(words),
        }
    }
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Refused(words) | Self::Failed(words) => f.write_str(words),
        }
    }
}

/// What happens while a step is applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// A line of a program or of a build, washed.
    Line(String),
    /// Waiting for something, for so many seconds by now.
    Waiting { what: String, seconds: u64 },
    /// One layer of an image.
    Layer {
        layer: String,
        state: String,
        current: Option<u64>,
        total: Option<u64>,
    },
}

/// What steps are applied with.
pub struct Hands {
    pub world: World,
    /// The endpoint in force.
    pub endpoint: Option<Endpoint>,
    /// Names what this run makes.
    pub run_id: RunId,
    /// Where this run keeps former bytes and lists.
    pub folder: PathBuf,
    /// The steps that this run has recorded an intent of.
    pub seqs: Vec<Seq>,
    /// What the files say that this run's own steps have changed: path → hash.
    pub left: BTreeMap<String, String>,
    /// Restart also while a call runs.
    pub busy: bool,
    pub tell: Box<dyn FnMut(News) + Send + Sync>,
}

impl Hands {
    /// The endpoint alone, for whoever cleans up in the engine.
    pub fn facts(&self) -> Facts {
        let mut facts = Facts::default();
        if let Some(endpoint) = &self.endpoint {
            facts.docker.endpoint = Reading::known(endpoint.clone(), "this run");
            facts.docker.connection =
                Reading::known(Connection::Answers { milliseconds: 0 }, "this run");
        }
        facts
    }

    /// A connection to the engine in force.
    pub fn engine(&self) -> Result<Engine, Trouble> {
        let endpoint = self
            .endpoint
            .as_ref()
            .ok_or_else(|| Trouble::Failed("no engine's endpoint is known".to_owned()))?;
        Engine::connect(endpoint).map_err(|why| Trouble::Failed(why.detail))
    }

    /// The name under which this run brings in an image, until it has been tried.
    fn passing_tag(&self, seq: Seq) -> String {
        format!("{PASSING}:{}-{seq}", self.run_id)
    }

    fn backups(&self) -> Backups {
        Backups::new(self.folder.clone())
    }

    /// Writes a file of ours beside the backups, for nobody else to read.
    fn own_file(&self, name: &str, bytes: &[u8]) -> Result<PathBuf, Trouble> {
        let path = self.folder.join(name);
        let written = own_folder(&self.folder)
            .and_then(|()| {
                std::fs::OpenOptions::new()
                    .write(true)
                    .create(true)
                    .truncate(true)
                    .mode(0o600)
                    .custom_flags(nix::fcntl::OFlag::O_NOFOLLOW.bits())
                    .open(&path)
            })
            .and_then(|mut file| file.write_all(bytes));
        match written {
            Ok(()) => Ok(path),
            Err(error) => Err(Trouble::Failed(format!("{}: {error}", path.display()))),
        }
    }
}

/// Makes the folder of a run, for nobody else to look into.
fn own_folder(folder: &Path) -> std::io::Result<()> {
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
}

/// Repository of images that are not tried yet: never left behind.
pub const PASSING: &str = "clawdoctor-passing";

/// The longest that looking at a step's subject may take.
pub const LOOKING: Duration = Duration::from_mins(2);

/// What the world looks like now.
pub async fn look(step: &Step, hands: &mut Hands, d: Deadline) -> Result<Sight, Trouble> {
    match step {
        Step::ProvideImage(step) => image::look(step, hands, d).await,
        Step::OwnVolume(step) => owners::look_volume(step, hands, d).await,
        Step::OwnTree(step) => owners::look_tree(step, hands, d).await,
        Step::Configure(step) => claw::look_configure(step, hands, d).await,
        Step::Recreate(step) => claw::look_recreate(step, hands, d).await,
        Step::ControlEngine(step) => engine::look(step, d).await,
        Step::EditJson(step) => json::look(step),
        Step::PlaceLink(step) => place::look_link(step),
        Step::PlaceFile(step) => place::look_file(step),
        Step::MakeNetwork(step) => place::look_network(step, hands, d).await,
        Step::RunProgram(step) => program::look(step, d).await,
        Step::RemoveFolder(step) => folder::look(step),
    }
}

/// How far a step is that has been begun: for those that work from a list, by that list.
pub async fn stands(intended: &Intended, hands: &mut Hands, d: Deadline) -> Result<Sight, Trouble> {
    match &intended.inverse {
        Inverse::RestoreOwners { place, list, .. } => owners::stands(place, list, hands).await,
        Inverse::MoveTag {
            reference, brings, ..
        } => {
            let sight = look(&intended.step, hands, d).await?;
            image::stands(sight, reference, brings, hands, d).await
        }
        Inverse::RemovePackages { before, .. } => {
            let sight = look(&intended.step, hands, d).await?;
            packages::stands(sight, before)
        }
        _ => match &intended.step {
            Step::EditJson(step) => json::stands(step),
            step => look(step, hands, d).await,
        },
    }
}

/// What takes the step back, from what is there now. Called right before the intent is recorded:
/// lists and former bytes are on the disk by then.
pub async fn prepare(
    step: &Step,
    hands: &mut Hands,
    seq: Seq,
    d: Deadline,
) -> Result<Inverse, Trouble> {
    match step {
        Step::ProvideImage(step) => image::prepare(step),
        Step::OwnVolume(step) => owners::prepare_volume(step, hands, seq, d).await,
        Step::OwnTree(step) => owners::prepare_tree(step, hands, seq, d).await,
        Step::Configure(step) => claw::prepare_configure(step),
        Step::Recreate(_) => Ok(Inverse::None {
            why: "OpenClaw makes it anew by itself".to_owned(),
        }),
        Step::ControlEngine(step) => Ok(engine::prepare(step)),
        Step::EditJson(step) => json::prepare(step, hands),
        Step::PlaceLink(step) => Ok(Inverse::RemoveLink {
            path: step.path.clone(),
            target: step.target.clone(),
        }),
        Step::PlaceFile(step) => Ok(place::prepare_file(step)),
        Step::MakeNetwork(step) => Ok(Inverse::RemoveNetwork {
            name: step.name.clone(),
        }),
        Step::RunProgram(step) => program::prepare(step),
        Step::RemoveFolder(_) => Ok(folder::prepare()),
    }
}

/// Does it. Whatever it leaves when it is given up in the middle, `look` can tell.
pub async fn apply(intended: &Intended, hands: &mut Hands, seq: Seq) -> Result<After, Trouble> {
    match (&intended.step, &intended.inverse) {
        (Step::ProvideImage(step), _) => image::apply(step, hands, seq).await,
        (Step::OwnVolume(step), Inverse::RestoreOwners { list, .. }) => {
            owners::apply_volume(step, list, hands).await
        }
        (Step::OwnTree(step), Inverse::RestoreOwners { list, .. }) => {
            owners::apply_tree(step, list, hands).await
        }
        (Step::OwnVolume(_) | Step::OwnTree(_), _) => {
            Err(Trouble::Failed("its list is not on record".to_owned()))
        }
        (Step::Configure(step), _) => claw::apply_configure(step, hands).await,
        (Step::Recreate(step), _) => claw::apply_recreate(step, hands).await,
        (Step::ControlEngine(step), _) => engine::apply(step, hands).await,
        (Step::EditJson(step), inverse) => json::apply(step, inverse, hands).await,
        (Step::PlaceLink(step), _) => place::apply_link(step, hands).await,
        (Step::PlaceFile(step), _) => place::apply_file(step, hands),
        (Step::MakeNetwork(step), _) => place::apply_network(step, hands).await,
        (Step::RunProgram(step), inverse) => program::apply(step, inverse, hands).await,
        (Step::RemoveFolder(step), _) => folder::apply(step),
    }
}

/// What a result would say of a step that was done by a run which could not say it.
pub async fn left(intended: &Intended, hands: &mut Hands, d: Deadline) -> Result<After, Trouble> {
    match &intended.step {
        Step::ProvideImage(step) => image::left(step, hands, d).await,
        Step::Configure(step) => claw::left_configure(step, hands, d).await,
        Step::EditJson(step) => json::left(step),
        Step::MakeNetwork(step) => place::left_network(step, hands, d).await,
        Step::RunProgram(_) => program::left(&intended.inverse),
        Step::OwnVolume(_)
        | Step::OwnTree(_)
        | Step::Recreate(_)
        | Step::ControlEngine(_)
        | Step::PlaceLink(_)
        | Step::PlaceFile(_)
        | Step::RemoveFolder(_) => Ok(After::Null),
    }
}

/// Takes it back. `after` is missing when the run was killed before it could say.
pub async fn revert(
    intended: &Intended,
    after: Option<&After>,
    hands: &mut Hands,
    seq: Seq,
) -> Result<(), Trouble> {
    match &intended.inverse {
        Inverse::None { .. } => Ok(()),
        Inverse::MoveTag {
            reference,
            to,
            brings,
        } => {
            let undo = image::Undo {
                reference,
                to: to.as_deref(),
                brings,
            };
            image::revert(&undo, after, hands, seq).await
        }
        Inverse::RestoreOwners { place, list, .. } => owners::revert(place, list, hands).await,
        Inverse::Configure {
            program,
            config,
            settings,
            content,
        } => {
            let undo = claw::Undo {
                program,
                config,
                settings,
                content,
            };
            claw::revert_configure(intended, &undo, after, hands).await
        }
        Inverse::RestoreFile {
            path,
            backup,
            reader,
        } => {
            let undo = json::Undo {
                path,
                backup: backup.as_ref(),
                reader: reader.as_ref(),
            };
            json::revert(&intended.step, &undo, after, hands).await
        }
        Inverse::StopEngine { endpoint, control } => engine::revert(endpoint, control, hands).await,
        Inverse::Run { commands } => program::revert(intended, commands, hands).await,
        Inverse::RemovePackages { command, before } => {
            program::revert_packages(command, before, after, hands).await
        }
        Inverse::RemoveLink { path, target } => place::revert_link(path, target, hands).await,
        Inverse::RemoveFile {
            path,
            sha256,
            folders,
        } => place::revert_file(path, sha256, folders),
        Inverse::RemoveNetwork { name } => place::revert_network(name, after, hands).await,
    }
}

/// Before anything is looked at that a killed run may have been at: the programs that it started
/// have ended, and half-written files are gone (until then a new file has two names).
pub async fn calm(step: &Step, hands: &Hands, d: Deadline) -> Result<(), Trouble> {
    hold::released(&hands.folder, d).await?;
    sweep_beside(step);
    Ok(())
}

fn sweep_beside(step: &Step) {
    let (Step::EditJson(EditJson { path, .. }) | Step::PlaceFile(PlaceFile { path, .. })) = step
    else {
        return;
    };
    if let Some(folder) = Path::new(path).parent() {
        // What cannot be removed is named by the next run's look at its own files.
        let _ = super::file::sweep(folder);
    }
}

/// Throws away what applying a step leaves beside what it changes: passing names, half-written
/// files. After every end of a step, and for one that was killed.
pub async fn tidy(step: &Step, hands: &mut Hands, seq: Seq) {
    match step {
        Step::ProvideImage(_) => image::tidy(hands, seq).await,
        Step::EditJson(_) | Step::PlaceFile(_) => sweep_beside(step),
        Step::Configure(_) => claw::tidy(hands),
        // Helper containers are swept by their labels, with every gathering.
        Step::OwnVolume(_)
        | Step::OwnTree(_)
        | Step::Recreate(_)
        | Step::ControlEngine(_)
        | Step::PlaceLink(_)
        | Step::MakeNetwork(_)
        | Step::RunProgram(_)
        | Step::RemoveFolder(_) => {}
    }
}
