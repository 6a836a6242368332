//! What a background recording tells of the time before somebody looks: its newest part, in
//! bounded time.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufReader, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::reading::{event, open, read_header, read_line};
use super::{older, place};
use crate::failure::Failure;
use crate::live::event::{Event, Moment, Stamped};

/// What is read of both files together: a picture remembers some thousand events, and somebody waits
/// for it.
const MOST_READ: u64 = 4 << 20;
/// What is older is of no use for what is now.
const OLDEST: Duration = Duration::from_hours(24);

/// The events of a background recording, the oldest first. A line that is none is left out.
pub struct History {
    parts: VecDeque<(PathBuf, BufReader<File>)>,
    oldest: Moment,
}

/// The newest part of the background recording in a state folder; none where there is none.
pub fn history(state_dir: &Path, now: Moment) -> Result<Option<History>, Failure> {
    let newest = place(state_dir);
    let mut parts = VecDeque::new();
    let mut left = MOST_READ;
    for path in [newest.clone(), older(&newest)] {
        if !path.exists() {
            continue;
        }
        let mut file = open(&path)?;
        // A torn or foreign file is nothing to open with, and nothing to fail for.
        if read_header(&mut file, &path).is_err() {
            continue;
        }
        if let Some(file) = newest_of(file, &path, &mut left)? {
            parts.push_front((path, file));
        }
    }
    Ok((!parts.is_empty()).then_some(History {
        parts,
        oldest: now.minus(OLDEST),
    }))
}

/// The file from where so much is left, at the beginning of a line.
fn newest_of(
    mut file: BufReader<File>,
    path: &Path,
    left: &mut u64,
) -> Result<Option<BufReader<File>>, Failure> {
    let failed = |error: std::io::Error| {
        Failure::input(format!("cannot read the recording {}", path.display())).cause(error)
    };
    let length = file.get_ref().metadata().map_err(failed)?.len();
    let here = file.stream_position().map_err(failed)?;
    let size = length.saturating_sub(here);
    if *left == 0 {
        return Ok(None);
    }
    if size > *left {
        // One byte earlier: where a line begins exactly there, none of it is lost.
        file.seek(SeekFrom::Start(length - *left - 1))
            .map_err(failed)?;
        read_line(&mut file, path)?;
    }
    *left = left.saturating_sub(size);
    Ok(Some(file))
}

impl Iterator for History {
    type Item = Stamped<Event>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (path, file) = self.parts.front_mut()?;
            match read_line(file, path) {
                Ok(Some(text)) => {
                    if let Ok(Some(event)) = event(&text)
                        && event.at >= self.oldest
                    {
                        return Some(event);
                    }
                }
                Ok(None) | Err(_) => drop(self.parts.pop_front()),
            }
        }
    }
}

/// What can be known of a recording without reading all of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Extent {
    /// When its first event was learnt, and its last.
    pub from: Option<Moment>,
    pub to: Option<Moment>,
    pub bytes: u64,
    /// What recording cost last.
    pub cost: Option<crate::live::event::Cost>,
}

/// Of the end of a file, so much is looked through.
const END: u64 = 1 << 20;

/// How far a recording and the part before it reach.
pub fn extent(path: &Path) -> Result<Extent, Failure> {
    let mut extent = Extent::default();
    for part in [older(path), path.to_owned()] {
        if !part.exists() {
            continue;
        }
        let mut file = open(&part)?;
        extent.bytes += file.get_ref().metadata().map_or(0, |data| data.len());
        let Ok(header) = read_header(&mut file, &part) else {
            continue;
        };
        extent.from = extent.from.or(Some(header.at));
        extent.to = extent.to.max(Some(header.at));
        let mut left = END;
        let Some(mut file) = newest_of(file, &part, &mut left)? else {
            continue;
        };
        // Bounded by what is there now: it may be written to meanwhile.
        let mut rest = BufReader::new(file.by_ref().take(END));
        while let Some(text) = read_line(&mut rest, &part)? {
            if let Ok(Some(event)) = event(&text) {
                extent.to = extent.to.max(Some(event.at));
                if let Event::Cost(cost) = event.what {
                    extent.cost = Some(cost);
                }
            }
        }
    }
    Ok(extent)
}
