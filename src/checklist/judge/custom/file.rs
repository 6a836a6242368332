//! The judge of a file: whether it is there, and is what it should be.

use serde::Deserialize;

use super::{all_with, another_kind, answer, yes};
use crate::checklist::verdict::{Complaint, Ruling};
use crate::facts::custom::{Answer, Question};
use crate::facts::{Facts, Why, WhyKind};
use crate::text::wash;

#[derive(Clone, Debug, PartialEq, Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct File {
    /// Absolute, or below the home folder with a leading `~/`.
    pub path: String,
    #[serde(default = "yes")]
    pub exists: bool,
    /// `file`, `directory`, `symlink`, `socket`
    #[serde(default)]
    pub file_kind: Option<String>,
    /// Permission bits in octal: `600`.
    #[serde(default)]
    pub mode: Option<String>,
    #[serde(default)]
    pub owner: Option<u32>,
    #[serde(default)]
    pub contains: Option<String>,
}

impl File {
    pub(in crate::checklist::judge) fn rule(&self, facts: &Facts) -> Result<Ruling, Why> {
        let question = Question::File {
            path: self.path.clone(),
            content: self.contains.is_some(),
        };
        let Answer::File {
            exists,
            file_kind,
            mode,
            owner,
            content,
        } = answer(facts, &question)?
        else {
            return Err(another_kind());
        };
        let path = wash(&self.path, 200);
        let complaints = match (self.exists, *exists) {
            (true, false) => vec![
                Complaint::fail("file-missing", format!("{path} does not exist"))
                    .requirement("exists"),
            ],
            (false, true) => vec![
                Complaint::fail(
                    "file-present",
                    format!("{path} exists, which it should not"),
                )
                .requirement("does not exist"),
            ],
            (false, false) => Vec::new(),
            (true, true) => self.unlike(
                &path,
                file_kind.as_ref(),
                mode.as_ref(),
                *owner,
                content.as_ref(),
            )?,
        };
        let summary = match (exists, file_kind, mode) {
            (false, _, _) => format!("{path} does not exist"),
            (true, Some(kind), Some(mode)) => format!("{path}: {kind}, mode {mode}"),
            (true, _, _) => format!("{path} exists"),
        };
        let complaints = complaints
            .into_iter()
            .map(|complaint| complaint.path(path.clone()))
            .collect();
        Ok(Ruling::found(
            all_with(complaints, &path, &format!("look at it: ls -ld {path}")),
            summary,
        ))
    }

    /// What of a file that is there is unlike what was asked for.
    fn unlike(
        &self,
        path: &str,
        kind: Option<&String>,
        mode: Option<&String>,
        owner: Option<u32>,
        content: Option<&String>,
    ) -> Result<Vec<Complaint>, Why> {
        let mut complaints = Vec::new();
        if let Some(wanted) = &self.file_kind {
            let found = told(kind, path, "kind")?;
            if found != wanted {
                complaints.push(
                    Complaint::fail(
                        "file-kind",
                        format!("{path} is a {found}; a {wanted} was expected"),
                    )
                    .requirement(format!("file-kind={wanted}")),
                );
            }
        }
        if let Some(wanted) = &self.mode {
            let found = told(mode, path, "mode")?;
            if octal(found)? != octal(wanted)? {
                complaints.push(
                    Complaint::fail(
                        "file-mode",
                        format!("{path} has mode {found}; {wanted} was expected"),
                    )
                    .requirement(format!("mode={wanted}")),
                );
            }
        }
        if let Some(wanted) = self.owner {
            let found = *told(owner.as_ref(), path, "owner")?;
            if found != wanted {
                complaints.push(
                    Complaint::fail(
                        "file-owner",
                        format!("{path} belongs to uid {found}; uid {wanted} was expected"),
                    )
                    .requirement(format!("owner={wanted}")),
                );
            }
        }
        if let Some(wanted) = &self.contains {
            // What is in the file is not repeated: it may hold secrets.
            if !told(content, path, "content")?.contains(wanted) {
                let wanted = wash(wanted, 80);
                complaints.push(
                    Complaint::fail("file-content", format!("{path} lacks \"{wanted}\""))
                        .requirement(format!("contains {wanted}")),
                );
            }
        }
        Ok(complaints)
    }
}

fn told<'a, T>(value: Option<&'a T>, path: &str, what: &str) -> Result<&'a T, Why> {
    value.ok_or_else(|| {
        Why::new(
            WhyKind::Failed,
            format!("the {what} of {path} could not be found out"),
        )
    })
}

fn octal(mode: &str) -> Result<u32, Why> {
    u32::from_str_radix(mode.trim_start_matches("0o"), 8).map_err(|_| {
        Why::new(
            WhyKind::Unparsable,
            format!("`{}` is not a mode in octal, like 600", wash(mode, 20)),
        )
    })
}
