//! Which bytes of the text a change replaces.

use std::ops::Range;

use jsonc_parser::ast::{Object, ObjectProp};
use jsonc_parser::common::Ranged as _;
use serde_json::{Map, Value};

use super::document::{Document, MarkKind, Place, range};
use super::layout::{Layout, Lists, has_break, indent, is_on_own_line, line_start, newline, unit};

/// What stands at `range` becomes `with`.
pub(super) struct Splice {
    range: Range<usize>,
    with: String,
}

impl Splice {
    fn cut(range: Range<usize>) -> Self {
        let with = String::new();
        Self { range, with }
    }

    fn insert(at: usize, with: String) -> Self {
        Self {
            range: at..at,
            with,
        }
    }
}

/// The text with the splices made. They do not overlap; two at one place keep their order.
pub(super) fn apply(text: &str, mut splices: Vec<Splice>) -> String {
    splices.sort_by_key(|splice| splice.range.start);
    let mut made = String::with_capacity(text.len());
    let mut at = 0;
    for splice in splices {
        made.push_str(&text[at..splice.range.start]);
        made.push_str(&splice.with);
        at = splice.range.end;
    }
    made.push_str(&text[at..]);
    made
}

/// Gives the place this value, with the objects that the path lacks.
pub(super) fn set(
    document: &Document<'_>,
    place: &Place<'_, '_>,
    path: &[String],
    value: &Value,
) -> Vec<Splice> {
    if let Some(property) = place.property() {
        return vec![replace(document, property, value)];
    }
    let (key, below) = path[place.depth..]
        .split_first()
        .expect("the depth is one of the path's");
    let value = below.iter().rev().fold(value.clone(), |inner, key| {
        Value::Object(Map::from_iter([(key.clone(), inner)]))
    });
    match place.object.properties.last() {
        Some(last) => append(document, last, key, &value),
        None => vec![first(document, place.object, key, &value)],
    }
}

fn replace(document: &Document<'_>, property: &ObjectProp<'_>, value: &Value) -> Splice {
    let old = range(&property.value);
    let mut layout = Layout::like(document, Some(property));
    let was_broken = has_break(&document.text[old.clone()]);
    if was_broken || is_on_own_line(document, &range(property)) {
        layout = layout.on_lines(document, indent(document.text, property.start()));
    }
    if was_broken {
        layout.lists = Lists::Broken;
    }
    Splice {
        with: layout.value(value),
        range: old,
    }
}

/// A new key behind the last one of its object.
fn append(document: &Document<'_>, last: &ObjectProp<'_>, key: &str, value: &Value) -> Vec<Splice> {
    let text = document.text;
    let indent = indent(text, last.start());
    let new_line = || format!("{}{indent}", newline(text));
    let mut layout = Layout::like(document, Some(last));
    let own_line = is_on_own_line(document, &range(last));
    let comma = document.comma_after(last.end());
    let behind = comma.map_or(last.end(), |comma| comma.range.end);
    let (at, remark) = behind_remarks(document, behind);
    let before = if own_line {
        layout = layout.on_lines(document, indent);
        new_line()
    } else if remark == Some(MarkKind::LineComment) {
        new_line()
    } else {
        gap_before(document, last).unwrap_or(layout.gap).to_owned()
    };
    let property = layout.property(key, value);
    match comma {
        // The file ends its objects with a comma: so does the new key.
        Some(_) => vec![Splice::insert(at, format!("{before}{property},"))],
        None => vec![
            Splice::insert(last.end(), ",".to_owned()),
            Splice::insert(at, format!("{before}{property}")),
        ],
    }
}

/// Behind the comments that belong to what ends here, since they begin on the same line; and what
/// kind the last one is.
fn behind_remarks(document: &Document<'_>, end: usize) -> (usize, Option<MarkKind>) {
    let (mut at, mut last) = (end, None);
    while let Some(mark) = document.mark_after(at)
        && mark.kind.is_comment()
        && !has_break(&document.text[at..mark.range.start])
    {
        at = mark.range.end;
        last = Some(mark.kind);
    }
    (at, last)
}

/// The blanks between the last property and the comma before it.
fn gap_before<'a>(document: &Document<'a>, last: &ObjectProp<'_>) -> Option<&'a str> {
    document
        .marks_before(last.start())
        .next()
        .filter(|mark| mark.kind == MarkKind::Comma)
        .map(|comma| &document.text[comma.range.end..last.start()])
}

/// The first key of an object.
fn first(document: &Document<'_>, object: &Object<'_>, key: &str, value: &Value) -> Splice {
    let text = document.text;
    let inside = object.start() + 1..object.end() - 1;
    let comment = document.last_comment(&inside);
    let layout = Layout::like(document, None);
    let is_root = object.start() == document.root.start();
    if comment.is_none() && !is_root && !has_break(text.trim()) {
        let pad = layout.gap;
        return Splice {
            range: inside,
            with: format!("{pad}{}{pad}", layout.property(key, value)),
        };
    }
    let outer = indent(text, object.start());
    let inner = format!("{outer}{}", unit(document));
    let property = layout.on_lines(document, &inner).property(key, value);
    let newline = newline(text);
    Splice {
        range: comment.map_or(inside.start, |comment| comment.range.end)..inside.end,
        with: format!("{newline}{inner}{property}{newline}{outer}"),
    }
}

/// Takes the key away with its comma. Comments stay, since they are somebody's words.
pub(super) fn remove(document: &Document<'_>, place: &Place<'_, '_>) -> Vec<Splice> {
    let Some(property) = place.property().map(range) else {
        return Vec::new();
    };
    let inside = place.object.start() + 1..place.object.end() - 1;
    if place.object.properties.len() == 1 && document.last_comment(&inside).is_none() {
        return vec![Splice::cut(inside)];
    }
    let mut splices = Vec::new();
    let mut cut = property.clone();
    match document.comma_after(property.end) {
        Some(comma) if is_empty(&document.text[property.end..comma.range.start]) => {
            cut.end = comma.range.end;
        }
        Some(comma) => splices.push(Splice::cut(comma.range.clone())),
        None => splices.extend(
            document
                .marks_before(property.start)
                .find(|mark| !mark.kind.is_comment())
                .filter(|mark| mark.kind == MarkKind::Comma)
                .map(|comma| Splice::cut(comma.range.clone())),
        ),
    }
    splices.push(Splice::cut(with_blanks(document, cut)));
    splices
}

fn is_empty(text: &str) -> bool {
    text.chars().all(char::is_whitespace)
}

/// The cut with the white space that would be left over: the whole line where there is nothing
/// else on it, else the blanks on one side.
fn with_blanks(document: &Document<'_>, cut: Range<usize>) -> Range<usize> {
    let text = document.text;
    let is_blank = |c: char| matches!(c, ' ' | '\t');
    let line = line_start(text, cut.start);
    let opens_line = text[line..cut.start].chars().all(is_blank);
    let rest = &text[cut.end..];
    let right = cut.end + (rest.len() - rest.trim_start_matches(is_blank).len());
    let rest = &text[right..];
    let line_end = ["\r\n", "\n", "\r"]
        .into_iter()
        .find(|end| rest.starts_with(end));
    match line_end {
        Some(end) if opens_line => line..right + end.len(),
        None if opens_line => cut.start..right,
        _ if line_end.is_some() || !followed_by_key(rest) => {
            text[..cut.start].trim_end_matches(is_blank).len()..cut.end
        }
        _ => cut.start..right,
    }
}

fn followed_by_key(rest: &str) -> bool {
    rest.starts_with('"')
}
