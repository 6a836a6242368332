//! `clawdoctor recorder status`: whether it is installed and runs, how far back its recording
//! reaches, and what it costs.
#![expect(
    clippy::disallowed_methods,
    reason = "looks for the lock and reads the last words of a recorder that ended"
)]

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::{Value, json};

use super::install::{Installed, installed};
use super::{Ask, document, last_words, most, printed};
use crate::cli::out::Out;
use crate::cli::prepare;
use crate::exit;
use crate::failure::Failure;
use crate::fix::lock::{Holder, Lock, NotTaken};
use crate::live::clock;
use crate::live::event::Moment;
use crate::live::recording::{self, Extent, extent};
use crate::report::Role;
use crate::report::live::instant;
use crate::surroundings::Surroundings;
use crate::text::wash;
use crate::units::Size;

/// What can be known of the recorder.
struct Status {
    installed: Installed,
    running: bool,
    holder: Option<Holder>,
    extent: Extent,
    most: Size,
    failure: Option<(String, String)>,
}

pub fn status(ask: &Ask, here: &Surroundings, out: &Out) -> Result<u8, Failure> {
    let state_dir = here.state_dir();
    let (settings, _) = prepare::settings(&here.config_dir(), here)?;
    let (running, holder) = holder(&state_dir);
    let status = Status {
        installed: installed(here)?,
        running,
        holder,
        extent: extent(&recording::place(&state_dir))?,
        most: most(&settings).map_err(Failure::usage)?,
        failure: failure(&state_dir),
    };
    if ask.json {
        document(status.document(here), ask, here, out)?;
    } else {
        printed(out, &status.text(here, out))?;
    }
    Ok(if running { exit::CLEAN } else { exit::FINDINGS })
}

/// Whether somebody records, and who.
pub fn holder(state_dir: &std::path::Path) -> (bool, Option<Holder>) {
    let folder = recording::folder(state_dir);
    // Looking must not make what is looked for.
    if !folder.join("lock").exists() {
        return (false, None);
    }
    match Lock::take(&folder, Duration::ZERO, "clawdoctor recorder status") {
        Err(NotTaken::Held(holder)) => (true, holder),
        Ok(_) | Err(NotTaken::Problem(_)) => (false, None),
    }
}

/// When and why a recorder ended in trouble last; none since one has run well.
fn failure(state_dir: &std::path::Path) -> Option<(String, String)> {
    let text = std::fs::read_to_string(last_words(state_dir)).ok()?;
    let said: Value = serde_json::from_str(&text).ok()?;
    let word = |key: &str| said[key].as_str().map(|text| wash(text, 2000));
    Some((word("at")?, word("message")?))
}

impl Status {
    fn document(&self, here: &Surroundings) -> Value {
        let extent = &self.extent;
        let mut value = json!({
            "installed": self.installed.is_ours(),
            "service": self.installed.path.display().to_string(),
            "running": self.running,
            "recording": {
                "path": recording::place(&here.state_dir()).display().to_string(),
                "bytes": extent.bytes,
                "mostBytes": self.most.0,
            },
        });
        if let Some(holder) = &self.holder {
            value["pid"] = holder.pid.into();
            value["runningSince"] = holder.since.to_string().into();
        }
        for (key, at) in [("from", extent.from), ("to", extent.to)] {
            if let Some(at) = at {
                value["recording"][key] = instant(at).into();
            }
        }
        if let Some(cost) = &extent.cost {
            value["cost"] = json!({
                "cores": cost.cores,
                "residentBytes": cost.resident,
                "samples": cost.samples,
                "questions": cost.questions,
                "seconds": cost.seconds,
            });
        }
        if let Some((at, message)) = &self.failure {
            value["lastFailure"] = json!({ "at": at, "message": message });
        }
        value
    }

    fn text(&self, here: &Surroundings, out: &Out) -> String {
        let mut text = String::new();
        let mut row = |name: &str, words: &str| {
            let name = out.style.paint(Role::Muted, &format!("{name:<10}"));
            writeln!(text, "{name} {words}").expect("a String takes all");
        };
        let path = wash(&self.installed.path.to_string_lossy(), 300);
        row(
            "installed",
            &match self.installed.content {
                None => "no; clawdoctor recorder install does it".to_owned(),
                Some(_) if self.installed.is_ours() => format!("yes, {path}"),
                Some(_) => format!("no: {path} is not clawdoctor's own"),
            },
        );
        row(
            "running",
            &match (&self.holder, self.running) {
                (Some(holder), true) => {
                    let begun = i64::try_from(holder.since.as_nanosecond()).unwrap_or(0);
                    format!(
                        "yes, process {} since {}",
                        holder.pid,
                        instant(Moment(begun))
                    )
                }
                (None, true) => "yes".to_owned(),
                (_, false) => "no".to_owned(),
            },
        );
        if let Some((at, message)) = &self.failure {
            row("trouble", &format!("{at}: {message}"));
        }
        match (self.extent.from, self.extent.to) {
            (Some(from), Some(to)) => {
                let now = clock::now();
                let ago = |at: Moment| crate::report::live::span(now.since(at));
                row(
                    "reaches",
                    &format!(
                        "from {} ({} ago) to {} ({} ago)",
                        instant(from),
                        ago(from),
                        instant(to),
                        ago(to)
                    ),
                );
            }
            _ => row("reaches", "nothing is recorded"),
        }
        let place = recording::place(&here.state_dir());
        row(
            "size",
            &format!(
                "{} of at most {}, {}",
                Size(self.extent.bytes),
                self.most,
                wash(&place.to_string_lossy(), 300)
            ),
        );
        if let Some(cost) = &self.extent.cost {
            let memory = cost
                .resident
                .map_or("memory unknown".to_owned(), |bytes| Size(bytes).to_string());
            row(
                "cost",
                &format!(
                    "{:.2} % of a core, {memory}, {} questions to the engine in {:.0} s",
                    cost.cores * 100.0,
                    u64::from(cost.samples) + u64::from(cost.questions),
                    cost.seconds
                ),
            );
        }
        text
    }
}
