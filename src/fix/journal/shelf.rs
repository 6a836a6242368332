//! The journals of all runs: which there are, and how long they stay.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{ENDING, backups, faults, read, records};
use crate::fix::file::confirm;
use crate::fix::problem::Problem;
use crate::fix::record::RunId;
use crate::fix::state::RunState;

/// How many runs are kept. Open ones stay in any case.
pub const KEPT_RUNS: usize = 20;

/// A journal that is there.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    pub id: RunId,
    pub path: PathBuf,
    /// How far the run is, its steps as plain data; or why the journal cannot be read.
    pub state: Result<RunState<Value>, Problem>,
    /// What of it cannot be read or does not fit together.
    pub faults: Vec<String>,
}

impl Listed {
    /// Whether it is certain that the run was brought to an end.
    fn has_ended(&self) -> bool {
        self.faults.is_empty() && self.state.as_ref().is_ok_and(|state| !state.is_open())
    }
}

pub(super) fn folder(state_dir: &Path) -> PathBuf {
    state_dir.join("journal")
}

pub(super) fn path(state_dir: &Path, id: &RunId) -> PathBuf {
    folder(state_dir).join(format!("{id}{ENDING}"))
}

/// What a journal is called until its first line is written.
pub(super) fn draft_name(id: &RunId) -> String {
    format!(".{id}{ENDING}")
}

/// All journals, the newest first. That there is no folder means that there was no run.
pub fn list(state_dir: &Path) -> Result<Vec<Listed>, Problem> {
    let folder = folder(state_dir);
    let failed = |error: io::Error| Problem::io(&folder, &error);
    let entries = match fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(error)),
    };
    let mut listed = Vec::new();
    for entry in entries {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name();
        let id = name
            .to_str()
            .and_then(|name| name.strip_suffix(ENDING))
            .and_then(|id| RunId::try_from(id.to_owned()).ok());
        if let Some(id) = id {
            listed.push(look(id, entry.path()));
        }
    }
    listed.sort_by(|a, b| b.id.cmp(&a.id));
    Ok(listed)
}

fn look(id: RunId, path: PathBuf) -> Listed {
    let mut found = Vec::new();
    let state = read::<Value>(&path).map(|lines| {
        found.extend(faults(&lines));
        RunState::fold(records(lines))
    });
    if let Ok(state) = &state {
        found.extend(state.oddities.iter().cloned());
    }
    Listed {
        id,
        path,
        state,
        faults: found,
    }
}

/// Removes the runs that have ended and are older than the [`KEPT_RUNS`] newest ones, with their
/// backups, and drafts of journals that a kill left; gives the names of the runs. Under the lock.
pub fn forget_old(state_dir: &Path) -> Result<Vec<RunId>, Problem> {
    sweep_drafts(state_dir)?;
    let mut forgotten = Vec::new();
    for old in list(state_dir)?.into_iter().skip(KEPT_RUNS) {
        if !old.has_ended() {
            continue;
        }
        // The backups first: a kill in between leaves a journal, which is found again.
        backups(&old.path).forget()?;
        fs::remove_file(&old.path).map_err(|error| Problem::io(&old.path, &error))?;
        confirm(&old.path)?;
        forgotten.push(old.id);
    }
    Ok(forgotten)
}

/// Removes the drafts of journals whose runs were killed before they had begun. Under the lock: no
/// run is just being begun.
pub fn sweep_drafts(state_dir: &Path) -> Result<(), Problem> {
    let folder = folder(state_dir);
    let failed = |error: io::Error| Problem::io(&folder, &error);
    let entries = match fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed(error)),
    };
    for entry in entries {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name();
        let is_draft = name
            .to_str()
            .and_then(|name| name.strip_prefix('.')?.strip_suffix(ENDING))
            .is_some_and(|id| RunId::try_from(id.to_owned()).is_ok());
        if is_draft {
            fs::remove_file(entry.path()).map_err(failed)?;
        }
    }
    Ok(())
}
