//! Keys in JSON files of others, and the engine that reads such a file: an engine that does not
//! come back with the new file gets the old one back by itself.

use std::path::Path;
use std::time::Duration;

use serde_json::json;

use super::{Hands, News, Sight, Trouble, engine};
use crate::deadline::Deadline;
use crate::digest::Sha256;
use crate::fix::edit::{self, Blank, Dialect};
use crate::fix::file::{self, Meta, Snapshot};
use crate::fix::inverse::{After, Backup, Inverse};
use crate::fix::problem::Problem;
use crate::fix::step::{EditJson, Reader, RestartWhen, Setting, Step};
use crate::probe::ask;
use crate::text::wash;

/// For a program that reads one file.
const VALIDATING: Duration = Duration::from_secs(20);

/// Owner alone, as Docker Desktop and `dockerd` packages leave them.
const NEW_FILE_MODE: u32 = 0o644;

impl From<Problem> for Trouble {
    fn from(problem: Problem) -> Self {
        use crate::fix::problem::ProblemKind as Kind;
        match problem.kind {
            Kind::Changed | Kind::Present | Kind::Gone | Kind::Symlink => {
                Self::Refused(problem.to_string())
            }
            _ => Self::Failed(problem.to_string()),
        }
    }
}

pub fn changes(settings: &[Setting]) -> Vec<edit::Change> {
    settings
        .iter()
        .map(|setting| edit::Change {
            path: setting.keys.clone(),
            to: match &setting.to {
                Some(value) => edit::To::Set(value.clone()),
                None => edit::To::Absent,
            },
        })
        .collect()
}

/// The text with the settings in it.
fn edited(text: &str, settings: &[Setting]) -> Result<String, Trouble> {
    edit::edit(text, &changes(settings), Dialect::Plain, Blank::AnObject)
        .map(|edited| edited.text)
        .map_err(|refusal| Trouble::Refused(refusal.to_string()))
}

pub fn look(step: &EditJson) -> Result<Sight, Trouble> {
    let now = Snapshot::take(Path::new(&step.path))?;
    let text = now
        .as_ref()
        .map(|now| String::from_utf8_lossy(&now.bytes).into_owned())
        .unwrap_or_default();
    if !text.is_empty() && edited(&text, &step.settings)? == text {
        return Ok(Sight::After);
    }
    let sha = now.as_ref().map(|now| now.sha256.as_str().to_owned());
    Ok(if sha == step.sha256 {
        Sight::Before
    } else {
        Sight::Elsewhere(format!(
            "{} has been changed by somebody else",
            wash(&step.path, 300)
        ))
    })
}

pub fn prepare(step: &EditJson, hands: &Hands) -> Result<Inverse, Trouble> {
    let backup = match Snapshot::take(Path::new(&step.path))? {
        None => None,
        Some(now) => {
            let sha256 = hands.backups().keep(&now.bytes)?;
            Some(Backup {
                sha256: sha256.to_string(),
                mode: now.meta.mode,
                uid: now.meta.uid,
                gid: now.meta.gid,
            })
        }
    };
    Ok(Inverse::RestoreFile {
        path: step.path.clone(),
        backup,
        reader: step.reader.clone(),
    })
}

pub async fn apply(
    step: &EditJson,
    inverse: &Inverse,
    hands: &mut Hands,
) -> Result<After, Trouble> {
    if let Some(reader) = &step.reader {
        engine::refuse_while_busy(&reader.name, hands).await?;
        if reader.when == RestartWhen::Around {
            engine::stop(&reader.endpoint, &reader.control, &reader.name, hands).await?;
        }
    }
    let written = write(step, hands).await;
    let Some(reader) = &step.reader else {
        return written;
    };
    let after = match written {
        Ok(after) => after,
        Err(trouble) => {
            if reader.when == RestartWhen::Around {
                engine::start(&reader.endpoint, &reader.control, &reader.name, hands).await?;
            }
            return Err(trouble);
        }
    };
    match restart(reader, hands).await {
        Ok(()) => Ok(after),
        Err(trouble) => {
            (hands.tell)(News::Line(format!(
                "{} does not come back with the new file: the old one is put back",
                reader.name
            )));
            let Inverse::RestoreFile { path, backup, .. } = inverse else {
                return Err(trouble);
            };
            // Also with a file that somebody else has changed meanwhile: no engine is left stopped.
            let put = put_back(path, backup.as_ref(), &after, hands).map_err(Trouble::begun);
            engine::stop(&reader.endpoint, &reader.control, &reader.name, hands)
                .await
                .unwrap_or(());
            engine::start(&reader.endpoint, &reader.control, &reader.name, hands).await?;
            put?;
            Err(Trouble::Failed(format!(
                "{trouble}; the old file is back, and {} answers again",
                reader.name
            )))
        }
    }
}

/// The new text in the place of the old one, validated before and after.
async fn write(step: &EditJson, hands: &mut Hands) -> Result<After, Trouble> {
    let path = Path::new(&step.path);
    let now = Snapshot::take(path)?;
    let (text, meta) = match &now {
        Some(now) => (
            String::from_utf8(now.bytes.clone())
                .map_err(|_| Trouble::Refused(format!("{} is not UTF-8", step.path)))?,
            now.meta,
        ),
        None => (
            String::new(),
            Meta {
                mode: NEW_FILE_MODE,
                uid: hands.world.operator.uid,
                gid: hands.world.operator.gid,
            },
        ),
    };
    let text = edited(&text, &step.settings)?;
    let expect = now.as_ref().map(|now| &now.sha256);
    let left = file::replace(&hands.run_id, path, expect, text.as_bytes(), meta)?;
    let after = json!({ "sha256": left });
    if let Some(argv) = step.reader.as_ref().and_then(|r| r.validate.as_deref())
        && let Err(trouble) = validate(argv).await
    {
        let backup = now.as_ref().map(Snapshot::kept);
        match (backup, &now) {
            (Some(kept), Some(now)) => {
                file::restore(&hands.run_id, &kept, &now.bytes, Some(&left))?;
            }
            _ => file::remove(path, &left)?,
        }
        return Err(trouble);
    }
    Ok(after)
}

async fn validate(argv: &[String]) -> Result<(), Trouble> {
    let argv: Vec<&str> = argv.iter().map(String::as_str).collect();
    let output = ask::program(&argv, &[], Deadline::after(VALIDATING))
        .await
        .map_err(|why| Trouble::Failed(why.detail))?;
    // `dockerd --validate` came with 23.0; an older engine is put back by its restart.
    if output.success() || output.stderr.contains("unknown flag: --validate") {
        return Ok(());
    }
    Err(Trouble::Failed(format!(
        "the new file is refused: {}",
        wash(output.stderr.trim(), 400)
    )))
}

/// Into force with the new file.
async fn restart(reader: &Reader, hands: &mut Hands) -> Result<(), Trouble> {
    if reader.when == RestartWhen::After {
        engine::stop(&reader.endpoint, &reader.control, &reader.name, hands).await?;
    }
    engine::start(&reader.endpoint, &reader.control, &reader.name, hands).await
}

/// Of a step that was killed: whether an engine has read the file that stands there is not known.
pub fn stands(step: &EditJson) -> Result<Sight, Trouble> {
    Ok(match (look(step)?, &step.reader) {
        (Sight::After, Some(reader)) => {
            Sight::Between(format!("whether {} has read it is not known", reader.name))
        }
        (sight, _) => sight,
    })
}

pub fn left(step: &EditJson) -> Result<After, Trouble> {
    let now = Snapshot::take(Path::new(&step.path))?;
    Ok(json!({ "sha256": now.map(|now| now.sha256) }))
}

/// What [`Inverse::RestoreFile`] holds.
pub struct Undo<'a> {
    pub path: &'a str,
    pub backup: Option<&'a Backup>,
    pub reader: Option<&'a Reader>,
}

pub async fn revert(
    step: &Step,
    undo: &Undo<'_>,
    after: Option<&After>,
    hands: &mut Hands,
) -> Result<(), Trouble> {
    let now = Snapshot::take(Path::new(undo.path))?.map(|now| now.sha256.to_string());
    let is_back = now.as_deref() == undo.backup.map(|backup| backup.sha256.as_str());
    let after = match after {
        Some(after) => after.clone(),
        None => would_leave(step, undo, hands)?,
    };
    let Some(reader) = undo.reader else {
        return if is_back {
            Ok(())
        } else {
            put_back(undo.path, undo.backup, &after, hands)
        };
    };
    if is_back && engine::answers(&reader.endpoint).await {
        return Ok(());
    }
    engine::refuse_while_busy(&reader.name, hands).await?;
    engine::stop(&reader.endpoint, &reader.control, &reader.name, hands).await?;
    let put = if is_back {
        Ok(())
    } else {
        put_back(undo.path, undo.backup, &after, hands)
    };
    engine::start(&reader.endpoint, &reader.control, &reader.name, hands).await?;
    put
}

/// What a step would have left that was killed before it could say: anything else in the file is
/// somebody else's.
fn would_leave(step: &Step, undo: &Undo<'_>, hands: &Hands) -> Result<After, Trouble> {
    let Step::EditJson(step) = step else {
        return Err(Trouble::Failed("the step edits no file".to_owned()));
    };
    let before = match undo.backup {
        Some(backup) => hands.backups().read(&digest(&backup.sha256)?)?,
        None => Vec::new(),
    };
    let text = edited(&String::from_utf8_lossy(&before), &step.settings)?;
    Ok(json!({ "sha256": Sha256::of(text.as_bytes()) }))
}

fn digest(text: &str) -> Result<Sha256, Trouble> {
    Sha256::try_from(text.to_owned()).map_err(|words| Trouble::Failed(words.to_owned()))
}

fn put_back(
    path: &str,
    backup: Option<&Backup>,
    after: &After,
    hands: &Hands,
) -> Result<(), Trouble> {
    let path = Path::new(path);
    let left = after["sha256"].as_str().map(digest).transpose()?;
    match backup {
        Some(backup) => {
            let sha256 = digest(&backup.sha256)?;
            let bytes = hands.backups().read(&sha256)?;
            let kept = file::Kept {
                path: path.to_owned(),
                sha256,
                meta: Meta {
                    mode: backup.mode,
                    uid: backup.uid,
                    gid: backup.gid,
                },
            };
            file::restore(&hands.run_id, &kept, &bytes, left.as_ref())?;
        }
        None => {
            if let Some(left) = &left {
                file::remove(path, left)?;
            }
        }
    }
    Ok(())
}
