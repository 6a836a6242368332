//! The evidence of an instant as two files, a document and a text: taken at the dashboard with a key,
//! and by `watch --once --evidence` where there is none.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde_json::Value;

use super::check;
use super::out::Out;
use super::telling::snapshot;
use crate::failure::Failure;
use crate::live::event::Moment;
use crate::live::model::Model;
use crate::live::order::Arrangement;
use crate::redact::Redactor;
use crate::report::live;

/// Where a script wants it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In this folder, in files that are named by the instant.
    Folder(PathBuf),
    /// The document alone, on standard output.
    Printed,
}

impl FromStr for Place {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "" => Err("a folder, or - for standard output".to_owned()),
            "-" => Ok(Self::Printed),
            folder => Ok(Self::Folder(PathBuf::from(folder))),
        }
    }
}

/// Before it is written.
pub struct Evidence {
    stamp: String,
    json: Value,
    text: String,
}

impl Evidence {
    /// What is known now, without names and secrets unless the user wants them.
    pub fn of(model: &Model, now: Moment, redactor: Option<&Redactor>) -> Self {
        let mut json = live::evidence(model, now);
        let mut text = Vec::new();
        live::evidence_text(model, now, &mut text).expect("memory can be written");
        let mut text = String::from_utf8_lossy(&text).into_owned();
        if let Some(redactor) = redactor {
            json = redactor.json(json);
            text = redactor.text(&text);
        }
        let plain = |c: &char| c.is_ascii_alphanumeric() || *c == '.';
        Self {
            stamp: live::instant(now).chars().filter(plain).collect(),
            json,
            text,
        }
    }

    /// The document, for a reader who wants it in lines or not.
    pub fn document(&self, pretty: bool) -> String {
        if pretty {
            format!("{:#}\n", self.json)
        } else {
            format!("{}\n", self.json)
        }
    }

    /// Writes both, for their owner alone, and says where they are, or why not.
    pub fn write(&self, folder: &Path) -> Result<[PathBuf; 2], String> {
        let problem = |path: &Path, error: std::io::Error| format!("{}: {error}", path.display());
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(|error| problem(folder, error))?;
        let document = self.document(true);
        let written = [("json", &document), ("txt", &self.text)].map(|(ending, text)| {
            let path = folder.join(format!("{}.{ending}", self.stamp));
            match check::keep(&path, text) {
                Ok(()) => Ok(path),
                Err(error) => Err(problem(&path, error)),
            }
        });
        let [json, text] = written;
        Ok([json?, text?])
    }
}

/// One look, and the evidence of the same instant where it is wanted: of an engine that is lost too.
pub fn look(
    place: Option<&Place>,
    model: &Model,
    now: Moment,
    json: bool,
    arrangement: Arrangement<'_>,
    redactor: Option<&Redactor>,
    out: &Out,
) -> Result<(), Failure> {
    let evidence = || Evidence::of(model, now, redactor);
    match place {
        Some(Place::Printed) => {
            let printed = out.print_text(&evidence().document(out.style.pretty));
            return printed
                .map_err(|error| Failure::system("cannot write to standard output").cause(error));
        }
        Some(Place::Folder(folder)) => {
            let kept = evidence().write(folder).map_err(|why| {
                Failure::input("the evidence cannot be kept")
                    .cause(why)
                    .hint("clawdoctor watch --once --evidence -  prints it instead")
            })?;
            for path in kept {
                out.complain(&format!("evidence: {}\n", path.display()));
            }
        }
        None => {}
    }
    snapshot(model, now, json, arrangement, redactor, out)
}
