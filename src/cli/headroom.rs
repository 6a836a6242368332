//! `clawdoctor headroom`: how many more sandboxes can be busy at the same time on this node, how
//! that is reckoned, and what one change would add.

use super::check::{self, Ask};
use super::out::Out;
use super::watch;
use crate::exit;
use crate::facts::Facts;
use crate::facts::openclaw::Agent;
use crate::failure::Failure;
use crate::headroom;
use crate::probe::gather::Progress;
use crate::report::headroom::{HeadroomReport, write};
use crate::report::json;
use crate::surroundings::Surroundings;
use crate::units::Size;

/// The check that reads all that is needed.
const CHECK: &str = "sandbox/headroom";

/// What was reckoned, and what went wrong on the way without being in it.
pub struct Reckoned {
    pub report: HeadroomReport,
    pub warnings: Vec<String>,
}

/// Looks at the node as far as it matters here, and reckons. `need`: so many more are to fit.
pub fn reckon(
    mut ask: Ask,
    need: u64,
    here: &Surroundings,
    tell: impl FnMut(Progress<'_>),
) -> Result<Reckoned, Failure> {
    ask.wish.only = vec![CHECK.to_owned()];
    ask.wish.layers = true;
    let (prepared, gathered) = check::gathered(&ask, here, tell)?;
    Ok(Reckoned {
        report: reckoned(&gathered.facts, &watch::rules(&prepared), need)?,
        warnings: gathered.warnings,
    })
}

/// Prints it. The exit code says whether as many fit as were asked for.
pub fn print(reckoned: &Reckoned, as_json: bool, out: &Out) -> Result<u8, Failure> {
    for warning in &reckoned.warnings {
        out.complain(&format!("warning: {warning}\n"));
    }
    let report = &reckoned.report;
    let written = out.print(|to| {
        if as_json {
            json::write(report, &out.style, to)
        } else {
            write(report, &out.style, to)
        }
    });
    written.map_err(|error| Failure::system("cannot write to standard output").cause(error))?;
    Ok(if report.enough {
        exit::CLEAN
    } else {
        exit::FINDINGS
    })
}

/// What is known of the node, reckoned. `need`: so many more are to fit.
pub fn reckoned(
    facts: &Facts,
    rules: &headroom::Headroom,
    need: u64,
) -> Result<HeadroomReport, Failure> {
    let (sandboxed, mut notes) = sandboxed(facts);
    let input = headroom::input(facts, &sandboxed).map_err(|why| {
        Failure::system("how many more sandboxes fit is not known")
            .cause(why)
            .hint("see what is in the way with: clawdoctor check")
    })?;
    let arithmetic = rules.compute(&input);
    if let Some(most) = rules.most_for_engine(&input)
        && input.engine_memory > most
    {
        notes.push(format!(
            "The engine has {}, and no more than {} of it count: macOS keeps {} for itself.",
            Size(input.engine_memory),
            Size(most),
            rules.host_reserve
        ));
    }
    notes.extend(arithmetic.doubts());
    let changes = rules.advice(&input);
    Ok(HeadroomReport::new(arithmetic, changes, need, notes))
}

/// The agents that the numbers are about, and what to say where there are none.
fn sandboxed(facts: &Facts) -> (Vec<&Agent>, Vec<String>) {
    match facts.openclaw.agents.get() {
        Ok(agents) => {
            let sandboxed: Vec<&Agent> =
                agents.iter().filter(|agent| agent.is_sandboxed()).collect();
            let none = sandboxed.is_empty().then(|| {
                "No agent runs in a Docker sandbox: caps are the ones that the guide has."
                    .to_owned()
            });
            (sandboxed, none.into_iter().collect())
        }
        Err(why) => {
            let note = format!(
                "OpenClaw's agents are not known ({why}): caps are the ones that the guide has."
            );
            (Vec::new(), vec![note])
        }
    }
}
