//! Editing a JSON file that belongs to somebody else: only the bytes that have to change do.
//!
//! Spacing, key order, unknown keys, comments, line ends, a byte order mark and the last newline
//! (or its absence) stay as they are; a new key is laid out like its siblings. The text is spliced
//! at the places that a parser tells, never printed anew. Pure: files are the business of
//! [`super::file`].
//!
//! What was written is read back before it is handed out, and has to mean exactly what was asked
//! for: a mistake of ours is a refusal and not a broken file.

mod document;
mod layout;
mod splice;

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::text::wash;

use document::{Document, Place};

/// How long the search for the shortest diff may take; what is found by then is a longer one, and
/// as right.
const DIFF_TIME: Duration = Duration::from_millis(300);
/// Characters of a foreign key that a message shows.
const SHOWN: usize = 80;

/// What the owner of the file accepts in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Dialect {
    /// RFC 8259 and nothing else: dockerd refuses to start on a daemon.json with a comment.
    Plain,
    /// With comments and trailing commas.
    Commented,
}

/// What a file without any text stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Blank {
    /// Nothing that could be edited.
    Refused,
    /// `{}`, as dockerd reads an empty daemon.json.
    AnObject,
}

/// One key that shall have a value, or shall not be there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// The keys of the objects down to the value; never empty.
    pub path: Vec<String>,
    pub to: To,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum To {
    /// Objects that are missing on the way are made.
    Set(Value),
    Absent,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Edited {
    pub text: String,
    /// For each change the value that its path had just before it, none where there was none.
    /// Numbers beyond the range of 64 bits are rounded: bytes are put back from a backup.
    pub before: Vec<Option<Value>>,
    /// What brings the former values back, in the order in which to apply it. Objects that were
    /// made on the way go as well.
    pub inverse: Vec<Change>,
}

/// Why a file is left as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Lines and columns count from 1.
    Unparsable {
        line: usize,
        column: usize,
        why: String,
    },
    /// No text at all.
    Blank,
    /// The file holds something else than an object.
    NotAnObject { found: &'static str },
    /// A change of no key at all.
    NoPath,
    /// The path leads through something that has no keys.
    Through {
        path: Vec<String>,
        found: &'static str,
    },
    /// The key stands more than once in its object: readers differ in which of them counts.
    Twice { path: Vec<String> },
    /// The same key in other letters: Go's decoder, which reads these files, ignores case.
    OtherCase { path: Vec<String>, found: String },
    /// What we would write does not mean what was asked for: a mistake of ours.
    Unfaithful { path: Vec<String> },
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unparsable { line, column, why } => {
                write!(
                    f,
                    "it cannot be read at line {line}, column {column}: {why}"
                )
            }
            Self::Blank => f.write_str("it is empty"),
            Self::NotAnObject { found } => write!(f, "it holds {found} instead of an object"),
            Self::NoPath => f.write_str("there is no key to change"),
            Self::Through { path, found } => {
                write!(f, "`{}` is {found} and has no keys", dotted(path))
            }
            Self::Twice { path } => write!(f, "the key `{}` stands in it twice", dotted(path)),
            Self::OtherCase { path, found } => write!(
                f,
                "it has the key `{}` written as `{}`, which its reader takes for the same",
                dotted(path),
                wash(found, SHOWN)
            ),
            Self::Unfaithful { path } => write!(
                f,
                "the change of `{}` would not read back as meant: a mistake of clawdoctor",
                dotted(path)
            ),
        }
    }
}

impl std::error::Error for Refusal {}

/// `features.buildkit`, washed.
pub fn dotted(path: &[String]) -> String {
    wash(&path.join("."), SHOWN)
}

/// The text with the changes made, one after the other; all of them or none.
pub fn edit(
    text: &str,
    changes: &[Change],
    dialect: Dialect,
    blank: Blank,
) -> Result<Edited, Refusal> {
    // dockerd and Go's readers of these files accept a byte order mark: it is not ours to remove.
    let (mark, body) = match text.strip_prefix('\u{feff}') {
        Some(body) => ("\u{feff}", body),
        None => ("", text),
    };
    let mut body = match (is_blank(body), blank) {
        (false, _) => body.to_owned(),
        (true, Blank::AnObject) => "{}\n".to_owned(),
        (true, Blank::Refused) => return Err(Refusal::Blank),
    };
    let (mut before, mut inverse) = (Vec::new(), Vec::new());
    // Also without any change: who asks learns whether the file can be edited.
    Document::parse(&body, dialect)?;
    for change in changes {
        let made = make(&body, change, dialect)?;
        before.push(made.before);
        if let Some((text, back)) = made.effect {
            body = text;
            inverse.insert(0, back);
        }
    }
    let text = if inverse.is_empty() {
        text.to_owned()
    } else {
        format!("{mark}{body}")
    };
    Ok(Edited {
        text,
        before,
        inverse,
    })
}

/// JSON knows four characters of white space, and a file of no-break spaces is not empty.
fn is_blank(text: &str) -> bool {
    text.bytes()
        .all(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n'))
}

struct Made {
    before: Option<Value>,
    /// The new text and the way back; none when all is as it shall be.
    effect: Option<(String, Change)>,
}

fn make(body: &str, change: &Change, dialect: Dialect) -> Result<Made, Refusal> {
    let document = Document::parse(body, dialect)?;
    let place = document.place(&change.path)?;
    let before = place.value();
    let unchanged = match (&before, &change.to) {
        (Some(before), To::Set(to)) => before == to,
        (None, To::Absent) => true,
        (Some(_), To::Absent) | (None, To::Set(_)) => false,
    };
    if unchanged {
        let effect = None;
        return Ok(Made { before, effect });
    }
    let splices = match &change.to {
        To::Set(value) => splice::set(&document, &place, &change.path, value),
        To::Absent => splice::remove(&document, &place),
    };
    let text = splice::apply(body, splices);
    let back = match &before {
        Some(value) => Change {
            path: change.path.clone(),
            to: To::Set(value.clone()),
        },
        None => Change {
            path: change.path[..=place.depth].to_vec(),
            to: To::Absent,
        },
    };
    if !is_faithful(&document, &place, &text, change, dialect) {
        return Err(Refusal::Unfaithful {
            path: change.path.clone(),
        });
    }
    let effect = Some((text, back));
    Ok(Made { before, effect })
}

/// Whether the new text says what the old one said but for the change, with the same comments. Those
/// within a value that is replaced or taken away go with it.
fn is_faithful(
    old: &Document<'_>,
    place: &Place<'_, '_>,
    text: &str,
    change: &Change,
    dialect: Dialect,
) -> bool {
    let Ok(new) = Document::parse(text, dialect) else {
        return false;
    };
    let mut meant = old.value();
    change_value(&mut meant, &change.path, &change.to);
    let gone = place.property().map(|property| match &change.to {
        To::Set(_) => document::range(&property.value),
        To::Absent => document::range(property),
    });
    new.value() == meant && new.comments(None).eq(old.comments(gone))
}

fn change_value(value: &mut Value, path: &[String], to: &To) {
    let (Some(object), [key, rest @ ..]) = (value.as_object_mut(), path) else {
        return;
    };
    match (rest, to) {
        ([], To::Set(new)) => {
            object.insert(key.clone(), new.clone());
        }
        ([], To::Absent) => {
            object.remove(key);
        }
        (rest, To::Set(_)) => {
            let inner = object
                .entry(key.clone())
                .or_insert_with(|| Value::Object(Map::new()));
            change_value(inner, rest, to);
        }
        (rest, To::Absent) => {
            if let Some(inner) = object.get_mut(key) {
                change_value(inner, rest, to);
            }
        }
    }
}

/// A unified diff with three lines around each change. The texts are foreign and not washed here.
pub fn diff(before: &str, after: &str, name: &str) -> String {
    similar::TextDiff::configure()
        .timeout(DIFF_TIME)
        .diff_lines(before, after)
        .unified_diff()
        .context_radius(3)
        .header(name, name)
        .to_string()
}

#[cfg(test)]
mod tests;
