//! What the helper container printed. Hostile: it is the image's python that ran.

use serde::Deserialize;
use serde_json::Value;

use super::super::entry::{Owner, Root, Skipped, WhySkipped, Wish, is_below, shown};
use super::super::list::{List, PathText, Place, read_line};
use super::super::problem::{NAMED, Problem, ProblemKind, moved_words};
use super::super::{Changed, MOST_SKIPPED, Progress, Standing, Survey};
use super::MOST_ENTRIES;
use crate::text::{wash, without_place};

/// How a helper container ended. Bytes as they came.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    pub exit_code: i64,
    pub stdout: &'a [u8],
    pub stderr: &'a [u8],
}

/// What a survey of this volume found.
pub fn survey(volume: &str, owner: Owner, answer: &Answer) -> Result<Survey, Problem> {
    let told = Told::read(answer)?;
    let complain = |words: &str| Err(unusable(words));
    let Some(root) = told.root else {
        return complain("it does not tell of the volume's root");
    };
    if told.entries.iter().any(|entry| entry.dev != root.dev) {
        return complain("an entry is on another device");
    }
    let end: SurveyEnd = end(&told.end)?;
    if end.seen > MOST_ENTRIES || end.seen < told.entries.len() {
        return complain("it says to have seen less than it tells, or more than it may");
    }
    let list = List {
        place: Place::Volume(volume.to_owned()),
        root,
        wish: Wish::Owner(owner),
        entries: told.entries,
    };
    list.verify()
        .map_err(|problem| unusable(&problem.message))?;
    let skipped_more = end.skipped.saturating_sub(told.skipped.len());
    Ok(Survey {
        list,
        seen: end.seen,
        skipped: told.skipped,
        skipped_more,
    })
}

/// What a change, or a restoration, of this list did.
pub fn changed(list: &List, answer: &Answer) -> Result<Changed, Problem> {
    let ChangeEnd { changed, already } = end(&Told::read(answer)?.end)?;
    if changed.checked_add(already) != Some(list.entries.len()) {
        return Err(unusable("it does not tell of each entry of the list"));
    }
    Ok(Changed { changed, already })
}

/// How far a change of this list came that may have been killed.
pub fn standing(list: &List, answer: &Answer) -> Result<Standing, Problem> {
    let StandingEnd {
        done,
        left,
        moved,
        named,
    } = end(&Told::read(answer)?.end)?;
    let all = done
        .checked_add(left)
        .and_then(|sum| sum.checked_add(moved));
    if all != Some(list.entries.len()) {
        return Err(unusable("it does not tell of each entry of the list"));
    }
    Ok(match (done, left, moved) {
        (_, 0, 0) => Standing::Done,
        (0, _, 0) => Standing::Untouched,
        (done, left, 0) => Standing::Halfway { done, left },
        (_, _, moved) => Standing::MovedOn(moved_words(&words(named), moved)),
    })
}

#[derive(Deserialize)]
struct SurveyEnd {
    seen: usize,
    skipped: usize,
}

#[derive(Deserialize)]
struct ChangeEnd {
    changed: usize,
    already: usize,
}

#[derive(Deserialize)]
struct StandingEnd {
    done: usize,
    left: usize,
    moved: usize,
    named: Vec<Named>,
}

#[derive(Deserialize)]
struct Named {
    #[serde(flatten)]
    path: PathText,
    why: String,
}

#[derive(Deserialize)]
struct Stopped {
    kind: String,
    #[serde(flatten)]
    path: Option<PathText>,
    #[serde(default)]
    error: String,
    #[serde(default)]
    words: String,
    #[serde(default)]
    what: String,
    #[serde(default)]
    most: usize,
    #[serde(default)]
    moved: usize,
    #[serde(default)]
    named: Vec<Named>,
    #[serde(default)]
    done: usize,
    #[serde(default)]
    left: usize,
}

/// One line that is no entry.
#[derive(Deserialize)]
struct Line {
    root: Option<Root>,
    skipped: Option<SkippedLine>,
    end: Option<Value>,
    problem: Option<Stopped>,
}

#[derive(Deserialize)]
struct SkippedLine {
    #[serde(flatten)]
    path: PathText,
    why: WhySkipped,
}

/// A whole answer.
struct Told {
    root: Option<Root>,
    entries: Vec<super::super::Entry>,
    skipped: Vec<Skipped>,
    end: Value,
}

impl Told {
    fn read(answer: &Answer) -> Result<Self, Problem> {
        let text = std::str::from_utf8(answer.stdout).map_err(|_| unusable("it is no text"))?;
        let (mut root, mut entries, mut skipped) = (None, Vec::new(), Vec::new());
        let mut lines = text.lines().zip(1..);
        while let Some((text, number)) = lines.next() {
            let wrong = |why: &str| unusable(&format!("line {number}: {}", wash(why, 200)));
            let line: Line =
                serde_json::from_str(text).map_err(|error| wrong(&without_place(&error)))?;
            match line {
                Line {
                    problem: Some(stopped),
                    ..
                } => return Err(stopped.problem()),
                Line { end: Some(end), .. } => {
                    if lines.next().is_some() {
                        return Err(wrong("something comes after the end"));
                    }
                    return Ok(Self {
                        root,
                        entries,
                        skipped,
                        end,
                    });
                }
                Line {
                    root: Some(found), ..
                } if root.is_none() => root = Some(found),
                Line {
                    skipped: Some(line),
                    ..
                } if skipped.len() < MOST_SKIPPED => {
                    skipped.push(line.read().map_err(|why| wrong(&why))?);
                }
                Line {
                    root: None,
                    skipped: None,
                    ..
                } if entries.len() < MOST_ENTRIES => {
                    entries.push(read_line(text).map_err(|why| wrong(&why))?);
                }
                Line { .. } => return Err(wrong("more than was asked for")),
            }
        }
        Err(cut_off(answer))
    }
}

impl SkippedLine {
    fn read(self) -> Result<Skipped, String> {
        let path = self.path.bytes()?;
        if !is_below(&path) {
            return Err("a path that is not below the root".to_owned());
        }
        let why = match self.why {
            WhySkipped::Unreadable(error) => WhySkipped::Unreadable(wash(&error, 100)),
            why @ (WhySkipped::Mount
            | WhySkipped::HardLink(_)
            | WhySkipped::SetId
            | WhySkipped::Capabilities
            | WhySkipped::Device
            | WhySkipped::ForeignOwner(_)) => why,
        };
        Ok(Skipped { path, why })
    }
}

impl Stopped {
    fn problem(self) -> Problem {
        let problem = match self.kind.as_str() {
            "late" => Problem::late("working in the volume"),
            "too-many" => Problem::new(
                ProblemKind::TooMany,
                format!("more than {} {}", self.most, wash(&self.what, 50)),
            ),
            "moved-on" => {
                let named = words(self.named);
                let all = self.moved.max(named.len());
                Problem::moved_on(&named, all)
            }
            "unusable" => Problem::unusable(wash(&self.words, 200)),
            // What it calls anything else is not ours to know.
            _ => Problem::new(
                ProblemKind::System,
                format!(
                    "the helper container failed{}: {}",
                    self.path.map(at).unwrap_or_default(),
                    wash(&self.error, 200)
                ),
            ),
        };
        Problem {
            // "Nothing was changed" is for the script to say, not for us to guess.
            progress: (self.done > 0).then_some(Progress {
                done: self.done,
                left: self.left,
            }),
            ..problem
        }
    }
}

fn at(path: PathText) -> String {
    match path.bytes() {
        Ok(path) => format!(" at {}", shown(&path)),
        Err(_) => String::new(),
    }
}

fn words(named: Vec<Named>) -> Vec<String> {
    named
        .into_iter()
        .take(NAMED)
        .map(|named| {
            let path = named.path.bytes().unwrap_or_else(|_| b"?".to_vec());
            format!("{} ({})", shown(&path), wash(&named.why, 50))
        })
        .collect()
}

fn end<T: for<'de> Deserialize<'de>>(end: &Value) -> Result<T, Problem> {
    T::deserialize(end).map_err(|error| unusable(&wash(&error.to_string(), 200)))
}

/// There is no last line: the script did not come to its end.
fn cut_off(answer: &Answer) -> Problem {
    let said = wash(&String::from_utf8_lossy(answer.stderr), 300);
    let why = match (answer.exit_code, said.is_empty()) {
        (137, _) => "it was killed, or ran out of memory".to_owned(),
        (_, false) => said,
        (_, true) => "it said nothing about why".to_owned(),
    };
    Problem::new(
        ProblemKind::System,
        format!(
            "the helper container stopped with exit code {} before it was done: {why}",
            answer.exit_code
        ),
    )
}

fn unusable(why: &str) -> Problem {
    Problem::unusable(format!(
        "the helper container's answer cannot be used: {why}"
    ))
}
