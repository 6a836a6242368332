//! Folders that nothing uses any more, removed for good.

use std::path::Path;

use super::{Sight, Trouble};
use crate::fix::inverse::{After, Inverse};
use crate::fix::step::RemoveFolder;
use crate::text::wash;

pub fn look(step: &RemoveFolder) -> Result<Sight, Trouble> {
    let path = Path::new(&step.path);
    if path.parent() != Some(Path::new(&step.parent)) {
        return Err(Trouble::Refused(format!(
            "{} does not lie right below {}",
            shown(step),
            wash(&step.parent, 300)
        )));
    }
    match std::fs::symlink_metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Sight::After),
        Err(error) => Err(Trouble::Failed(format!("{}: {error}", shown(step)))),
        Ok(data) if data.is_dir() => Ok(Sight::Before),
        Ok(_) => Ok(Sight::Elsewhere(format!("{} is no folder", shown(step)))),
    }
}

pub fn prepare() -> Inverse {
    Inverse::None {
        why: "what is removed is gone".to_owned(),
    }
}

/// The standard library's removal follows no link and works from descriptors.
pub fn apply(step: &RemoveFolder) -> Result<After, Trouble> {
    std::fs::remove_dir_all(&step.path)
        .map_err(|error| Trouble::Failed(format!("{}: {error}", shown(step))))?;
    Ok(After::Null)
}

fn shown(step: &RemoveFolder) -> String {
    wash(&step.path, 300)
}
