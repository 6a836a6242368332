//! The undo list: every entry that a change touches, as it was. Written and synced before the
//! first change, read again by whoever goes on with it or takes it back, on this machine or (for
//! a volume) in a helper container.
//!
//! NDJSON. First a header with the version; then a line for each entry, folders before what is in
//! them. A path is `path` when it is UTF-8 and `path64` (base64, RFC 4648 §4) when it is not.
//! Fields that this version does not know are passed over; the version rises when a field that it
//! does know changes its meaning.

use std::fmt;
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::entry::{Entry, Kind, Rights, Root, Wish, is_below};
use super::problem::Problem;
use crate::text::{wash, without_place};

mod file;

pub use file::{load, save};

pub const VERSION: u32 = 1;

/// No list of ours is longer: the bound of a survey, some.
const MOST_ENTRIES: usize = 1_000_000;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A folder of this machine.
    Tree(PathBuf),
    /// A named volume of the engine.
    Volume(String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tree(root) => f.write_str(&wash(&root.to_string_lossy(), 200)),
            Self::Volume(name) => write!(f, "volume {}", wash(name, 200)),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List {
    pub place: Place,
    pub root: Root,
    pub wish: Wish,
    /// Folders before what is in them.
    pub entries: Vec<Entry>,
}

impl List {
    /// What a list must be before anybody acts on it: a file may have been made by anybody.
    pub fn verify(&self) -> Result<(), Problem> {
        let complain = |words: &str| Err(Problem::unusable(words));
        if !self.wish.is_possible() {
            return complain("the list wishes for an owner that cannot be");
        }
        for entry in &self.entries {
            let wanted = self.wish.wanted(entry.kind, entry.was);
            let what = if !is_below(&entry.path) {
                "a path that is not below the root"
            } else if entry.path.is_empty() && entry.ino != self.root.ino {
                "a root that is not the root"
            } else if wanted == entry.was {
                "an entry that needs no change"
            } else if entry.was.mode > 0o7777 {
                "a mode that cannot be"
            } else if is_set_id(entry) && wanted.owner() != entry.was.owner() {
                "a setuid file, which no survey lists"
            } else {
                continue;
            };
            return complain(&format!("the list has {what}: {}", entry.name()));
        }
        let mut paths: Vec<&[u8]> = self.entries.iter().map(|entry| &entry.path[..]).collect();
        paths.sort_unstable();
        if let Some(twice) = paths.windows(2).find(|pair| pair[0] == pair[1]) {
            let name = super::entry::shown(twice[0]);
            return complain(&format!("the list has an entry twice: {name}"));
        }
        Ok(())
    }

    /// As a file has it.
    pub fn text(&self) -> String {
        let (kind, root) = match &self.place {
            Place::Tree(root) => (PlaceKind::Tree, root.as_os_str().as_encoded_bytes()),
            Place::Volume(name) => (PlaceKind::Volume, name.as_bytes()),
        };
        let header = Header {
            version: VERSION,
            kind,
            root: PathText::from(root),
            dev: self.root.dev,
            ino: self.root.ino,
            wanted: self.wish,
            entries: self.entries.len(),
        };
        let mut text = serde_json::to_string(&header).expect("plain data");
        text.push('\n');
        for entry in &self.entries {
            text.push_str(&line(entry));
            text.push('\n');
        }
        text
    }

    /// Reads what [`List::text`] wrote, or an older version did. Strict: an error names its line,
    /// and a list that was cut off is none.
    pub fn read(text: &str) -> Result<Self, Problem> {
        let mut lines = text.lines().zip(1..);
        let (first, _) = lines
            .next()
            .ok_or_else(|| Problem::unusable("the undo list is empty"))?;
        let header = read_header(first)?;
        let mut entries = Vec::new();
        for (text, number) in lines {
            entries.push(read_line(text).map_err(|why| at_line(number, &why))?);
            if entries.len() > header.entries {
                break;
            }
        }
        if entries.len() != header.entries || !text.ends_with('\n') {
            return Err(Problem::unusable(format!(
                "the undo list promises {} entries and does not have as many: it was cut off or \
                 added to",
                header.entries
            )));
        }
        let root = header.root.bytes().map_err(|why| at_line(1, &why))?;
        let list = Self {
            place: match header.kind {
                PlaceKind::Tree => Place::Tree(file::path(root)),
                PlaceKind::Volume => Place::Volume(
                    String::from_utf8(root)
                        .map_err(|_| at_line(1, "a volume's name is plain text"))?,
                ),
            },
            root: Root {
                dev: header.dev,
                ino: header.ino,
            },
            wish: header.wanted,
            entries,
        };
        list.verify()?;
        Ok(list)
    }
}

fn is_set_id(entry: &Entry) -> bool {
    entry.kind == Kind::File && entry.was.mode & 0o6000 != 0
}

#[derive(Serialize, Deserialize)]
struct Header {
    version: u32,
    kind: PlaceKind,
    #[serde(flatten)]
    root: PathText,
    dev: u64,
    ino: u64,
    wanted: Wish,
    entries: usize,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum PlaceKind {
    Tree,
    Volume,
}

#[derive(Serialize, Deserialize)]
struct Line {
    #[serde(flatten)]
    path: PathText,
    dev: u64,
    ino: u64,
    kind: Kind,
    uid: u32,
    gid: u32,
    /// Octal.
    mode: String,
}

/// Bytes that are mostly text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum PathText {
    #[serde(rename = "path")]
    Text(String),
    #[serde(rename = "path64")]
    Base64(String),
}

impl From<&[u8]> for PathText {
    fn from(bytes: &[u8]) -> Self {
        match std::str::from_utf8(bytes) {
            Ok(text) => Self::Text(text.to_owned()),
            Err(_) => Self::Base64(STANDARD.encode(bytes)),
        }
    }
}

impl PathText {
    pub(super) fn bytes(self) -> Result<Vec<u8>, String> {
        match self {
            Self::Text(text) => Ok(text.into_bytes()),
            Self::Base64(text) => STANDARD
                .decode(text)
                .map_err(|error| format!("a path that is no base64: {error}")),
        }
    }
}

fn line(entry: &Entry) -> String {
    serde_json::to_string(&Line {
        path: PathText::from(&entry.path[..]),
        dev: entry.dev,
        ino: entry.ino,
        kind: entry.kind,
        uid: entry.was.uid,
        gid: entry.was.gid,
        mode: format!("{:04o}", entry.was.mode),
    })
    .expect("plain data")
}

/// One entry; says what is wrong with it.
pub(super) fn read_line(text: &str) -> Result<Entry, String> {
    let line: Line = serde_json::from_str(text).map_err(|error| without_place(&error))?;
    let path = line.path.bytes()?;
    if !is_below(&path) {
        return Err("a path that is not below the root".to_owned());
    }
    let mode = Some(&line.mode)
        .filter(|mode| mode.len() <= 5 && mode.bytes().all(|digit| digit.is_ascii_digit()))
        .and_then(|mode| u32::from_str_radix(mode, 8).ok())
        .filter(|mode| *mode <= 0o7777)
        .ok_or("a mode that is no octal number up to 7777")?;
    Ok(Entry {
        path,
        dev: line.dev,
        ino: line.ino,
        kind: line.kind,
        was: Rights {
            uid: line.uid,
            gid: line.gid,
            mode,
        },
    })
}

/// The version alone, first: a newer header may have other fields.
fn read_header(text: &str) -> Result<Header, Problem> {
    #[derive(Deserialize)]
    struct Versioned {
        version: u32,
    }
    let complain = |error: serde_json::Error| at_line(1, &without_place(&error));
    let Versioned { version } = serde_json::from_str(text).map_err(complain)?;
    if version != VERSION {
        return Err(Problem::unusable(format!(
            "the undo list has version {version}, and this program reads version {VERSION}"
        )));
    }
    let header: Header = serde_json::from_str(text).map_err(complain)?;
    if header.entries > MOST_ENTRIES {
        return Err(at_line(1, "more entries than any list of ours has"));
    }
    Ok(header)
}

fn at_line(number: usize, why: &str) -> Problem {
    Problem::unusable(format!("undo list, line {number}: {}", wash(why, 200)))
}

#[cfg(test)]
mod tests;
