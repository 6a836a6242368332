//! The catalogue: every check, read from the embedded files of `checks/` and from the operator's
//! folder. The only file of this room that reads from disk.
//!
//! Reading is strict: an unknown key, a bad unit or an unknown judge is refused with file, line,
//! column and the nearest right word. A file of the operator's that carries a built-in id replaces
//! whole keys and tables of it, never parts of a table; any other id is a check of their own.
#![expect(
    clippy::disallowed_methods,
    reason = "reads the operator's check files: the edge of this room"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use include_dir::{Dir, include_dir};
use serde::Deserialize;

use super::check::{Check, Fix, Severity, Spec, Step};
use super::id::{AREAS, CheckId};
use super::judge::{Judge, kebab};
use crate::facts::Section;
use crate::facts::custom::Question;
use crate::failure::Failure;
use crate::text;
use crate::units::Span;

static BUILT_IN: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/checks");

/// All checks in the order in which they are told: by step, then as the table of judges has them.
#[derive(Clone, Debug, PartialEq)]
pub struct Catalog {
    checks: Vec<Check>,
}

/// What the operator may say about a built-in check. A key that is given replaces ours whole.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Override {
    title: Option<String>,
    step: Option<Step>,
    severity: Option<Severity>,
    required: Option<bool>,
    needs: Option<Vec<CheckId>>,
    timeout: Option<Span>,
    why: Option<String>,
    remedy: Option<String>,
    references: Option<Vec<String>>,
    fix: Option<Fix>,
    judge: Option<Judge>,
}

impl Catalog {
    /// Our own checks alone.
    pub fn built_in() -> Result<Self, Failure> {
        Self::assemble(embedded()?.into_values().collect())
    }

    /// Our own checks with the operator's laid over them.
    pub fn load(config_dir: &Path) -> Result<Self, Failure> {
        let mut checks = embedded()?;
        for (id, path) in operator_files(&config_dir.join("checks"))? {
            let origin = path.display().to_string();
            let text = std::fs::read_to_string(&path).map_err(|error| {
                Failure::input(format!("cannot read the check file {origin}")).cause(error)
            })?;
            let check = match checks.get(&id) {
                Some(ours) => overridden(ours, &origin, &text)?,
                None => parse(id.clone(), &origin, &text)?,
            };
            checks.insert(id, check);
        }
        Self::assemble(checks.into_values().collect())
    }

    fn assemble(mut checks: Vec<Check>) -> Result<Self, Failure> {
        for check in &checks {
            own_judge(check)?;
        }
        needs_exist(&checks)?;
        let rank = |check: &Check| {
            let key = check.spec.judge.key();
            let row = Judge::KEYS.iter().position(|variant| kebab(variant) == key);
            let area = AREAS.iter().position(|area| *area == check.id.area());
            (check.spec.step, area, row, check.id.clone())
        };
        checks.sort_by_cached_key(rank);
        let catalog = Self { checks };
        catalog.by_need()?;
        Ok(catalog)
    }

    pub fn checks(&self) -> &[Check] {
        &self.checks
    }

    pub fn find(&self, id: &CheckId) -> Option<&Check> {
        self.checks.iter().find(|check| check.id == *id)
    }

    /// The known id nearest to what was written.
    pub fn nearest(&self, written: &str) -> Option<&str> {
        text::nearest(written, self.checks.iter().map(|check| check.id.as_str()))
    }

    /// The checks so ordered that each comes after all that it needs. An error names the circle.
    pub fn by_need(&self) -> Result<Vec<&Check>, Failure> {
        let mut done: BTreeSet<&CheckId> = BTreeSet::new();
        let mut order: Vec<&Check> = Vec::with_capacity(self.checks.len());
        while order.len() < self.checks.len() {
            let before = order.len();
            for check in &self.checks {
                if !done.contains(&check.id) && check.spec.needs.iter().all(|n| done.contains(n)) {
                    done.insert(&check.id);
                    order.push(check);
                }
            }
            if order.len() == before {
                let circle: Vec<&str> = self
                    .checks
                    .iter()
                    .filter(|check| !done.contains(&check.id))
                    .map(|check| check.id.as_str())
                    .collect();
                return Err(Failure::usage(format!(
                    "these checks need each other in a circle: {}",
                    circle.join(", ")
                ))
                .hint("take one id out of a `needs` list of your check files"));
            }
        }
        Ok(order)
    }

    /// The given checks with all that they need, directly or not.
    pub fn closure(&self, ids: impl IntoIterator<Item = CheckId>) -> BTreeSet<CheckId> {
        let mut wanted = BTreeSet::new();
        let mut open: Vec<CheckId> = ids.into_iter().collect();
        while let Some(id) = open.pop() {
            if let Some(check) = self.find(&id)
                && wanted.insert(id)
            {
                open.extend(check.spec.needs.iter().cloned());
            }
        }
        wanted
    }

    /// The sections that these checks read, with the time that the slowest of them is given.
    pub fn sections(&self, ids: &BTreeSet<CheckId>) -> BTreeMap<Section, Duration> {
        let mut sections: BTreeMap<Section, Duration> = BTreeMap::new();
        let mut want = |section: Section, span: Duration| {
            let budget = sections.entry(section).or_default();
            *budget = (*budget).max(span);
        };
        for check in self.checks.iter().filter(|check| ids.contains(&check.id)) {
            let span = check.spec.timeout.0;
            let mut open = check.spec.judge.sections().to_vec();
            while let Some(section) = open.pop() {
                want(section, span);
                open.extend(section.needs());
            }
        }
        sections
    }

    /// What the operator's own checks ask, each question once with the longest time that a check
    /// gives it.
    pub fn questions(&self, ids: &BTreeSet<CheckId>) -> Vec<(Question, Duration)> {
        let mut questions: Vec<(Question, Duration)> = Vec::new();
        for check in self.checks.iter().filter(|check| ids.contains(&check.id)) {
            let Some(question) = check.spec.judge.question() else {
                continue;
            };
            let span = check.spec.timeout.0;
            match questions.iter_mut().find(|(known, _)| *known == question) {
                Some((_, longest)) => *longest = span.max(*longest),
                None => questions.push((question, span)),
            }
        }
        questions
    }
}

fn embedded() -> Result<BTreeMap<CheckId, Check>, Failure> {
    let mut checks = BTreeMap::new();
    for file in BUILT_IN.dirs().flat_map(Dir::files) {
        let path = file.path();
        let id = id_of(path, path)?;
        let text = file.contents_utf8().expect("our own files are UTF-8");
        let mut check = parse(id.clone(), &format!("checks/{}", path.display()), text)?;
        "built in".clone_into(&mut check.origin);
        checks.insert(id, check);
    }
    Ok(checks)
}

/// Every `<area>/<name>.toml` below the folder, which need not exist.
fn operator_files(folder: &Path) -> Result<Vec<(CheckId, PathBuf)>, Failure> {
    let mut files = Vec::new();
    for area in listed(folder)? {
        let of_area = if area.is_dir() {
            listed(&area)?
        } else {
            // A check in no area is refused by its id; anything else is none of ours.
            vec![area]
        };
        for path in of_area {
            if path.extension().is_some_and(|ending| ending == "toml") {
                let inner = path.strip_prefix(folder).expect("listed below the folder");
                files.push((id_of(inner, &path)?, path));
            }
        }
    }
    Ok(files)
}

fn listed(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let cannot = |error: std::io::Error| {
        Failure::input(format!("cannot list the check folder {}", folder.display())).cause(error)
    };
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(cannot(error)),
    };
    let mut paths = Vec::new();
    for entry in entries {
        paths.push(entry.map_err(cannot)?.path());
    }
    paths.sort();
    Ok(paths)
}

fn id_of(inner: &Path, shown: &Path) -> Result<CheckId, Failure> {
    inner
        .with_extension("")
        .to_string_lossy()
        .parse()
        .map_err(|error: String| {
            Failure::usage(format!("{}: {error}", shown.display()))
                .hint("a check's path is its id: checks/<area>/<name>.toml")
        })
}

/// One check from the text of its file.
pub fn parse(id: CheckId, origin: &str, text: &str) -> Result<Check, Failure> {
    let spec: Spec = read(origin, text)?;
    Ok(Check {
        id,
        origin: origin.to_owned(),
        spec,
    })
}

fn overridden(ours: &Check, origin: &str, text: &str) -> Result<Check, Failure> {
    let theirs: Override = read(origin, text)?;
    let spec = ours.spec.clone();
    Ok(Check {
        id: ours.id.clone(),
        origin: origin.to_owned(),
        spec: Spec {
            title: theirs.title.unwrap_or(spec.title),
            step: theirs.step.unwrap_or(spec.step),
            severity: theirs.severity.unwrap_or(spec.severity),
            required: theirs.required.unwrap_or(spec.required),
            needs: theirs.needs.unwrap_or(spec.needs),
            timeout: theirs.timeout.unwrap_or(spec.timeout),
            why: theirs.why.unwrap_or(spec.why),
            remedy: theirs.remedy.unwrap_or(spec.remedy),
            references: theirs.references.unwrap_or(spec.references),
            fix: theirs.fix.unwrap_or(spec.fix),
            judge: theirs.judge.unwrap_or(spec.judge),
        },
    })
}

/// TOML into a strict type; an error says file, line, column and the nearest right word.
pub(crate) fn read<'de, T: Deserialize<'de>>(origin: &str, text: &'de str) -> Result<T, Failure> {
    toml::from_str(text).map_err(|error| {
        let (line, column) = error
            .span()
            .map_or((1, 1), |span| position(text, span.start));
        let message = error.message().replace('\n', " ");
        let failure = Failure::usage(format!("{origin}:{line}:{column}: {message}"));
        match suggestion(&message) {
            Some(word) => failure.hint(format!("did you mean `{word}`?")),
            None => failure,
        }
    })
}

/// Line and column (both from 1, columns in characters) of a byte offset.
pub(crate) fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before
        .rsplit('\n')
        .next()
        .unwrap_or_default()
        .chars()
        .count()
        + 1;
    (line, column)
}

/// The candidate nearest to the refused word, both taken from serde's own message
/// ("unknown field `tresholds`, expected one of `title`, …").
fn suggestion(message: &str) -> Option<String> {
    if !message.contains("unknown") {
        return None;
    }
    let mut words = message.split('`').skip(1).step_by(2);
    let written = words.next()?;
    text::nearest(written, words).map(str::to_owned)
}

/// A built-in judge belongs to the id of its own name; custom kinds may stand anywhere else.
fn own_judge(check: &Check) -> Result<(), Failure> {
    let key = check.spec.judge.key();
    let own = check.id.judge_key();
    let known = Judge::KEYS.iter().any(|variant| kebab(variant) == own);
    if key == own || (check.spec.judge.is_custom() && !known) {
        return Ok(());
    }
    let failure = Failure::usage(format!(
        "{}: the judge `{key}` does not belong to the check {}",
        check.origin, check.id
    ));
    Err(if known {
        failure.hint(format!("write [judge.{own}]"))
    } else {
        failure.hint(
            "a check of your own uses [judge.command], [judge.file], [judge.port] or [judge.http]",
        )
    })
}

fn needs_exist(checks: &[Check]) -> Result<(), Failure> {
    for check in checks {
        for need in &check.spec.needs {
            if !checks.iter().any(|other| other.id == *need) {
                let failure = Failure::usage(format!(
                    "{}: `needs` names the check {need}, which does not exist",
                    check.origin
                ));
                let ids = checks.iter().map(|other| other.id.as_str());
                return Err(match text::nearest(need.as_str(), ids) {
                    Some(id) => failure.hint(format!("did you mean `{id}`?")),
                    None => failure,
                });
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
