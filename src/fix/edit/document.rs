//! A JSON text with the places of what stands in it.

use std::ops::Range;

use jsonc_parser::ast::{self, Object, ObjectProp};
use jsonc_parser::common::Ranged;
use jsonc_parser::tokens::Token;
use jsonc_parser::{CollectOptions, CommentCollectionStrategy, ParseOptions, parse_to_ast};
use serde_json::Value;

use super::{Dialect, Refusal};
use crate::text::{wash, without_place};

pub(super) struct Document<'a> {
    pub text: &'a str,
    pub root: Object<'a>,
    /// In the order of the text.
    marks: Vec<Mark>,
}

/// A token, as far as an edit has to know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    pub kind: MarkKind,
    pub range: Range<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MarkKind {
    LineComment,
    BlockComment,
    Comma,
    Other,
}

impl MarkKind {
    pub fn is_comment(self) -> bool {
        match self {
            Self::LineComment | Self::BlockComment => true,
            Self::Comma | Self::Other => false,
        }
    }
}

/// Where a path leads to, as far as it exists.
pub(super) struct Place<'d, 'a> {
    /// The innermost object that is there.
    pub object: &'d Object<'a>,
    /// Which of its properties is meant; none when the key is missing.
    pub index: Option<usize>,
    /// Which key of the path belongs into `object`.
    pub depth: usize,
}

impl<'a> Place<'_, 'a> {
    pub fn property(&self) -> Option<&ObjectProp<'a>> {
        self.index.map(|index| &self.object.properties[index])
    }

    pub fn value(&self) -> Option<Value> {
        self.property()
            .map(|property| property.value.clone().into())
    }
}

impl<'a> Document<'a> {
    pub fn parse(text: &'a str, dialect: Dialect) -> Result<Self, Refusal> {
        match dialect {
            // The parser of places is lenient in details (control characters in strings, numbers
            // beyond all range): the strict one has the word first.
            Dialect::Plain => strictly(text)?,
            Dialect::Commented => {}
        }
        let collect = CollectOptions {
            comments: CommentCollectionStrategy::AsTokens,
            tokens: true,
        };
        let parsed = parse_to_ast(text, &collect, &options(dialect)).map_err(|error| {
            Refusal::Unparsable {
                line: error.line_display(),
                column: error.column_display(),
                why: wash(&error.kind().to_string().to_lowercase(), 200),
            }
        })?;
        let marks = parsed.tokens.unwrap_or_default();
        let root = match parsed.value {
            Some(ast::Value::Object(root)) => root,
            Some(other) => {
                let found = kind(&other);
                return Err(Refusal::NotAnObject { found });
            }
            None => return Err(Refusal::NotAnObject { found: "nothing" }),
        };
        let marks = marks
            .into_iter()
            .map(|token| Mark {
                kind: match token.token {
                    Token::CommentLine(_) => MarkKind::LineComment,
                    Token::CommentBlock(_) => MarkKind::BlockComment,
                    Token::Comma => MarkKind::Comma,
                    _ => MarkKind::Other,
                },
                range: token.range.start..token.range.end,
            })
            .collect();
        Ok(Self { text, root, marks })
    }

    pub fn value(&self) -> Value {
        ast::Value::Object(self.root.clone()).into()
    }

    /// The texts of the comments in order, without those of the range.
    pub fn comments(&self, but: Option<Range<usize>>) -> impl Iterator<Item = &str> {
        let but = but.unwrap_or(0..0);
        self.marks
            .iter()
            .filter(move |mark| mark.kind.is_comment() && !but.contains(&mark.range.start))
            .map(|mark| &self.text[mark.range.clone()])
    }

    /// Follows the path as far as it goes.
    pub fn place(&self, path: &[String]) -> Result<Place<'_, 'a>, Refusal> {
        let mut object = &self.root;
        for depth in 0..path.len() {
            let index = sole(object, &path[..=depth])?;
            let is_last = depth + 1 == path.len();
            let Some(index) = index.filter(|_| !is_last) else {
                return Ok(Place {
                    object,
                    index,
                    depth,
                });
            };
            object = match &object.properties[index].value {
                ast::Value::Object(inner) => inner,
                other => {
                    return Err(Refusal::Through {
                        path: path[..=depth].to_vec(),
                        found: kind(other),
                    });
                }
            };
        }
        Err(Refusal::NoPath)
    }

    /// The token that begins at or after `at`, comments included.
    pub fn mark_after(&self, at: usize) -> Option<&Mark> {
        let next = self.marks.partition_point(|mark| mark.range.start < at);
        self.marks.get(next)
    }

    /// The same without comments.
    pub fn token_after(&self, at: usize) -> Option<&Mark> {
        let next = self.marks.partition_point(|mark| mark.range.start < at);
        self.marks[next..]
            .iter()
            .find(|mark| !mark.kind.is_comment())
    }

    /// The tokens that end at or before `at`, the nearest first.
    pub fn marks_before(&self, at: usize) -> impl Iterator<Item = &Mark> {
        let next = self.marks.partition_point(|mark| mark.range.end <= at);
        self.marks[..next].iter().rev()
    }

    /// The comma right behind a value, but for comments.
    pub fn comma_after(&self, at: usize) -> Option<&Mark> {
        self.token_after(at)
            .filter(|mark| mark.kind == MarkKind::Comma)
    }

    /// The last comment within the range.
    pub fn last_comment(&self, range: &Range<usize>) -> Option<&Mark> {
        self.marks_before(range.end)
            .take_while(|mark| mark.range.start >= range.start)
            .find(|mark| mark.kind.is_comment())
    }
}

pub(super) fn range(node: &impl Ranged) -> Range<usize> {
    node.start()..node.end()
}

/// Which property has the key that the path ends with.
fn sole(object: &Object<'_>, path: &[String]) -> Result<Option<usize>, Refusal> {
    let key = path.last().expect("called with at least one key").as_str();
    let name = |property: &ObjectProp<'_>| property.name.as_str().to_owned();
    let mut found = None;
    for (index, property) in object.properties.iter().enumerate() {
        let name = name(property);
        if name == key && found.replace(index).is_some() {
            let path = path.to_vec();
            return Err(Refusal::Twice { path });
        }
        if name != key && name.eq_ignore_ascii_case(key) {
            let path = path.to_vec();
            return Err(Refusal::OtherCase { path, found: name });
        }
    }
    Ok(found)
}

fn strictly(text: &str) -> Result<(), Refusal> {
    match serde_json::from_str::<Value>(text) {
        Ok(_) => Ok(()),
        Err(error) => Err(Refusal::Unparsable {
            line: error.line(),
            column: error.column(),
            why: wash(&without_place(&error), 200),
        }),
    }
}

fn options(dialect: Dialect) -> ParseOptions {
    let lenient = match dialect {
        Dialect::Plain => false,
        Dialect::Commented => true,
    };
    ParseOptions {
        allow_comments: lenient,
        allow_trailing_commas: lenient,
        allow_loose_object_property_names: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    }
}

fn kind(value: &ast::Value<'_>) -> &'static str {
    match value {
        ast::Value::StringLit(_) => "a string",
        ast::Value::NumberLit(_) => "a number",
        ast::Value::BooleanLit(_) => "true or false",
        ast::Value::Object(_) => "an object",
        ast::Value::Array(_) => "a list",
        ast::Value::NullKeyword(_) => "null",
    }
}
