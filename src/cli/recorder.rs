//! `clawdoctor recorder`: a bounded recording in the background, so that `watch` opens with what
//! happened before somebody looked. `run` is what the service does; the others are about the
//! service.

mod install;
mod run;
mod status;

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::out::Out;
use super::whose;
use crate::failure::Failure;
use crate::live::recording;
use crate::redact::Redactor;
use crate::settings::Settings;
use crate::surroundings::Surroundings;
use crate::units::Size;

/// What is asked of the recorder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    Install,
    Status,
    Uninstall { purge: bool },
    Run,
}

#[derive(Clone, Debug)]
pub struct Ask {
    pub act: Act,
    /// Nobody has to be asked.
    pub yes: bool,
    pub json: bool,
    pub redact: bool,
}

/// The recording's bound, unless the settings say otherwise.
const MOST: Size = Size(64 << 20);
/// Less would hold hardly more than what is there.
const LEAST: Size = Size(1 << 20);

/// What the recording may take.
pub fn most(settings: &Settings) -> Result<Size, String> {
    let Some(text) = &settings.recorder.size else {
        return Ok(MOST);
    };
    let size: Size = text.parse()?;
    if size < LEAST {
        return Err(format!(
            "{size} is too little for a recording: at least {LEAST}"
        ));
    }
    Ok(size)
}

pub fn recorder(ask: &Ask, here: &Surroundings, out: &Out) -> Result<u8, Failure> {
    if ask.act == Act::Status {
        return status::status(ask, here, out);
    }
    let verb = match ask.act {
        Act::Install => "install",
        Act::Uninstall { .. } => "uninstall",
        Act::Run | Act::Status => "run",
    };
    whose::own(here, |owner| {
        format!("sudo -H -u {owner} clawdoctor recorder {verb}")
    })?;
    match ask.act {
        Act::Install => install::install(ask, here, out),
        Act::Uninstall { purge } => install::uninstall(ask, purge, here, out),
        Act::Run | Act::Status => run::run(here, out),
    }
}

/// Where a recorder that ended in trouble says why: one text, written anew each time.
fn last_words(state_dir: &Path) -> PathBuf {
    recording::folder(state_dir).join("failure.json")
}

/// Prints a document, its names hidden if they are to be.
fn document(mut value: Value, ask: &Ask, here: &Surroundings, out: &Out) -> Result<(), Failure> {
    value["schemaVersion"] = 1.into();
    value["report"] = "clawdoctor.recorder".into();
    if ask.redact {
        value = Redactor::new(here, &super::prepare::hostname()).json(value);
    }
    printed(out, &format!("{value}\n"))
}

fn printed(out: &Out, text: &str) -> Result<(), Failure> {
    out.print_text(text)
        .map_err(|error| Failure::system("cannot write to standard output").cause(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bound_is_a_size_with_a_floor() {
        let of = |size: Option<&str>| {
            let mut settings = Settings::default();
            settings.recorder.size = size.map(str::to_owned);
            most(&settings)
        };
        assert_eq!(of(None), Ok(MOST));
        assert_eq!(of(Some("8 MiB")), Ok(Size(8 << 20)));
        assert!(of(Some("1 KiB")).is_err_and(|said| said.contains("at least 1 MiB")));
        assert!(of(Some("much")).is_err_and(|said| said.contains("not a size")));
    }
}
