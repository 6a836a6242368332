//! `clawdoctor fix` and `plan`: look, plan, show, ask, apply, prove. Glue: what is decided is
//! decided in the room of the repairs.
#![expect(
    clippy::disallowed_methods,
    reason = "reads and writes the plan file that the command line names, and takes the time"
)]

pub mod look;
mod plan_file;
mod session;
pub mod work;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::args::WishArgs;
use super::check::{self, Standby};
use super::out::Out;
use super::prepare;
use super::voice::Voice;
use super::wishes::{Attended, wishes};
use crate::failure::Failure;
use crate::fix::consent::Allow;
use crate::fix::lock::Lock;
use crate::report::Format;
use crate::surroundings::Surroundings;
use session::Session;

/// What `fix` is asked for.
#[derive(Clone, Debug)]
pub struct Ask {
    pub check: check::Ask,
    pub ids: Vec<String>,
    /// Only shown.
    pub dry_run: bool,
    /// Kept in this file.
    pub output: Option<String>,
    pub allow: Allow,
    /// Exactly this plan.
    pub plan: Option<String>,
    pub resume: bool,
    pub lock_timeout: Duration,
    pub wishes: WishArgs,
    pub format: Format,
    /// As it was typed, for the journal.
    pub argv: Vec<String>,
}

/// Plans and applies; the exit code.
pub fn fix(ask: &Ask, here: &Surroundings, out: &Out) -> Result<u8, Failure> {
    let prepared = prepare::plan(&ask.check.wish, here)?;
    let attended = out.stdin_is_terminal && out.stdout_is_terminal && ask.format == Format::Text;
    let attended = if attended {
        Attended::Person
    } else {
        Attended::Nobody
    };
    // Ids that no check has are a mistake, not a wish.
    prepare::named(&prepared.catalog, &ask.ids)?;
    let wishes = wishes(&ask.wishes, &prepared.world, attended)?;
    let lock = if ask.dry_run {
        None
    } else {
        Some(Lock::take(
            &here.state_dir(),
            ask.lock_timeout,
            "clawdoctor fix",
        )?)
    };
    // Until here a signal ends the program at once, whoever it waits for: nothing was begun.
    let standby = Standby::take_up()?;
    let voice = Voice::new(ask.format, out, prepared.redactor(ask.check.redact));
    let voice = Arc::new(Mutex::new(voice));
    let mut session = Session::new(ask, &prepared, &wishes, attended, voice);
    let Standby {
        runtime,
        mut signals,
    } = standby;
    let code = runtime.block_on(async {
        let gone = signals.or(Box::pin(session.go())).await;
        match gone {
            Ok(done) => done,
            Err(stopped) => {
                session.rest().await;
                Err(stopped)
            }
        }
    });
    // What hangs in the kernel must not hold the program.
    runtime.shutdown_background();
    drop(lock);
    code
}
