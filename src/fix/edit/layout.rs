//! How the neighbours of a new value are laid out, and writing a value like them.

use std::fmt::Write as _;
use std::ops::Range;

use jsonc_parser::ast::{Object, ObjectProp};
use jsonc_parser::common::Ranged as _;
use serde_json::Value;

use super::document::Document;

/// A list of plain values longer than this goes on several lines.
const WIDEST_LIST: usize = 72;

#[derive(Clone, Debug)]
pub(super) struct Layout {
    /// From a key to its value: `: `, `:` or whatever the siblings have.
    pub colon: String,
    /// What follows a comma within a line.
    pub gap: &'static str,
    /// None where everything stands on one line.
    pub lines: Option<Lines>,
    pub lists: Lists,
}

#[derive(Clone, Debug)]
pub(super) struct Lines {
    pub newline: &'static str,
    /// Of the line on which the value begins.
    pub indent: String,
    /// What one level adds.
    pub unit: String,
}

/// How a list of plain values is written where there are lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lists {
    /// On one line when it is short enough.
    Inline,
    /// One value a line, as the list had that was there before.
    Broken,
}

impl Layout {
    /// Like the property, or like the root's last one for the first key of an object.
    pub fn like(document: &Document<'_>, sibling: Option<&ObjectProp<'_>>) -> Self {
        let sibling = sibling.or(document.root.properties.last());
        let colon = sibling.map_or_else(|| ": ".to_owned(), |sibling| colon(document, sibling));
        let gap = if colon.ends_with(':') { "" } else { " " };
        Self {
            colon,
            gap,
            lines: None,
            lists: Lists::Inline,
        }
    }

    /// With lines, the first of which has this indentation.
    #[must_use]
    pub fn on_lines(mut self, document: &Document<'_>, indent: &str) -> Self {
        self.lines = Some(Lines {
            newline: newline(document.text),
            indent: indent.to_owned(),
            unit: unit(document),
        });
        self
    }

    /// `"key": value`.
    pub fn property(&self, key: &str, value: &Value) -> String {
        format!("{}{}{}", quoted(key), self.colon, self.value(value))
    }

    pub fn value(&self, value: &Value) -> String {
        match value {
            Value::Array(items) if !items.is_empty() => {
                let plain = items
                    .iter()
                    .all(|item| !item.is_array() && !item.is_object());
                let on_one_line = self.inline("", items.iter().map(|item| (None, item)), '[');
                let fits = plain && on_one_line.len() <= WIDEST_LIST;
                match (&self.lines, self.lists) {
                    (None, _) => on_one_line,
                    (Some(_), Lists::Inline) if fits => on_one_line,
                    (Some(lines), _) => {
                        self.broken(lines, items.iter().map(|item| (None, item)), '[')
                    }
                }
            }
            Value::Object(entries) if !entries.is_empty() => {
                let entries = entries
                    .iter()
                    .map(|(key, value)| (Some(key.as_str()), value));
                match &self.lines {
                    None => self.inline(self.gap, entries, '{'),
                    Some(lines) => self.broken(lines, entries, '{'),
                }
            }
            // A Value that serialises not at all does not exist.
            plain => plain.to_string(),
        }
    }

    fn inline<'v>(
        &self,
        pad: &str,
        entries: impl Iterator<Item = (Option<&'v str>, &'v Value)>,
        open: char,
    ) -> String {
        let inner = Self {
            lines: None,
            ..self.clone()
        };
        let entries: Vec<String> = entries
            .map(|(key, value)| inner.entry(key, value))
            .collect();
        let gap = self.gap;
        format!(
            "{open}{pad}{}{pad}{}",
            entries.join(&format!(",{gap}")),
            closing(open)
        )
    }

    fn broken<'v>(
        &self,
        lines: &Lines,
        entries: impl Iterator<Item = (Option<&'v str>, &'v Value)>,
        open: char,
    ) -> String {
        let Lines {
            newline,
            indent,
            unit,
        } = lines;
        let inner = Self {
            lines: Some(Lines {
                indent: format!("{indent}{unit}"),
                ..lines.clone()
            }),
            lists: Lists::Inline,
            ..self.clone()
        };
        let mut text = String::from(open);
        for (count, (key, value)) in entries.enumerate() {
            let comma = if count == 0 { "" } else { "," };
            let entry = inner.entry(key, value);
            write!(text, "{comma}{newline}{indent}{unit}{entry}").expect("a string takes it all");
        }
        write!(text, "{newline}{indent}{}", closing(open)).expect("a string takes it all");
        text
    }

    fn entry(&self, key: Option<&str>, value: &Value) -> String {
        match key {
            Some(key) => self.property(key, value),
            None => self.value(value),
        }
    }
}

fn closing(open: char) -> char {
    if open == '{' { '}' } else { ']' }
}

fn quoted(key: &str) -> String {
    Value::from(key).to_string()
}

/// What stands between key and value, if it is nothing but a colon and blanks of one line.
fn colon(document: &Document<'_>, property: &ObjectProp<'_>) -> String {
    let between = &document.text[property.name.end()..property.value.start()];
    let blank = |c: char| matches!(c, ' ' | '\t' | ':');
    if between.chars().all(blank) {
        between.to_owned()
    } else {
        ": ".to_owned()
    }
}

/// The line end that the text uses first.
pub(super) fn newline(text: &str) -> &'static str {
    match text.find('\n') {
        Some(at) if text[..at].ends_with('\r') => "\r\n",
        _ => "\n",
    }
}

pub(super) fn has_break(text: &str) -> bool {
    text.contains(['\n', '\r'])
}

/// Where the line of this position begins.
pub(super) fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind(['\n', '\r']).map_or(0, |end| end + 1)
}

/// The blanks that the line of this position begins with.
pub(super) fn indent(text: &str, at: usize) -> &str {
    let line = &text[line_start(text, at)..];
    let end = line
        .find(|c| !matches!(c, ' ' | '\t'))
        .unwrap_or(line.len());
    &line[..end]
}

/// Whether nothing but comments stands between the beginning of a line and the property.
pub(super) fn is_on_own_line(document: &Document<'_>, property: &Range<usize>) -> bool {
    let mut at = property.start;
    for mark in document.marks_before(property.start) {
        if has_break(&document.text[mark.range.end..at]) {
            return true;
        }
        if !mark.kind.is_comment() {
            return false;
        }
        at = mark.range.start;
    }
    false
}

/// What one level of this file is indented by: as the root's keys are, else two blanks.
pub(super) fn unit(document: &Document<'_>) -> String {
    let outer = indent(document.text, document.root.start());
    first_on_own_line(document, &document.root)
        .and_then(|key| indent(document.text, key).strip_prefix(outer))
        .filter(|unit| !unit.is_empty())
        .unwrap_or("  ")
        .to_owned()
}

fn first_on_own_line(document: &Document<'_>, object: &Object<'_>) -> Option<usize> {
    object
        .properties
        .iter()
        .map(super::document::range)
        .find(|property| is_on_own_line(document, property))
        .map(|property| property.start)
}
