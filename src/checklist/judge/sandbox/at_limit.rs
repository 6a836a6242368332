//! Whether sandboxes that stand have run into their limits: memory, and the number of processes.

use std::time::Duration;

use serde::Deserialize;

use super::isolation::about;
use crate::checklist::judge::agents::counted;
use crate::checklist::verdict::{Complaint, Ruling};
use crate::facts::sandbox::{Oom, Standing};
use crate::facts::{Facts, Why};
use crate::units::{Size, Span};

#[derive(Clone, Debug, PartialEq, Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct AtLimit {
    /// Of the limit of processes, from which on a sandbox is told.
    pub pids_share: f64,
}

impl AtLimit {
    pub(in super::super) fn rule(&self, facts: &Facts) -> Result<Ruling, Why> {
        let standing = facts.standing.get()?;
        if standing.is_empty() {
            return Ok(Ruling::not_applicable("no sandbox stands"));
        }
        let calls = facts.calls.get()?;
        let load = facts.load.get()?;
        let mut complaints = Vec::new();
        for sandbox in standing {
            // What was killed in one that has gone is history, and may be mended since.
            let ooms = calls.ooms.iter().filter(|oom| oom.id == sandbox.id);
            complaints.extend(ooms.map(|oom| killed(sandbox, oom)));
            let of = |name: &str| load.sandboxes.iter().find(|one| one.name == name);
            let pids = of(&sandbox.name).and_then(|load| load.pids);
            complaints.extend(pids.and_then(|pids| self.crowded(sandbox, pids)));
        }
        let summary = format!("{} within the limits", counted(standing.len(), "sandbox"));
        Ok(Ruling::found(complaints, summary)
            .evidence("/calls/ooms", &calls.ooms)
            .evidence("/load/sandboxes", &load.sandboxes))
    }

    #[expect(clippy::cast_precision_loss, reason = "numbers of processes")]
    fn crowded(&self, sandbox: &Standing, pids: u64) -> Option<Complaint> {
        let limit = u64::try_from(sandbox.pids_limit)
            .ok()
            .filter(|limit| *limit > 0)?;
        if (pids as f64) < limit as f64 * self.pids_share {
            return None;
        }
        let message = format!(
            "{} has {pids} of {limit} processes: soon none can be started in it (\"Cannot fork\")",
            sandbox.name
        );
        let complaint = Complaint::warn("sandbox-pids-near-limit", message)
            .requirement(format!("pids<{:.0} %", self.pids_share * 100.0))
            .hint(format!("see what they are: docker top {}", sandbox.name));
        Some(about(sandbox, complaint))
    }
}

fn killed(sandbox: &Standing, oom: &Oom) -> Complaint {
    let times = if oom.times == 1 {
        "once".to_owned()
    } else {
        format!("{} times", oom.times)
    };
    let cap = match sandbox.memory {
        0 => "it has no cap of its own, so that the engine ran short".to_owned(),
        cap => format!("its cap is {}", Size(cap)),
    };
    let message = format!(
        "something in {} was killed for want of memory, {times}, last {} ago; {cap}",
        sandbox.name,
        Span(Duration::from_secs(oom.seconds_ago)).rough()
    );
    let complaint = Complaint::warn("sandbox-oom", message).hint(
        "see which calls: clawdoctor calls --failed; more memory for each sandbox: agents.defaults.sandbox.docker.memory",
    );
    about(sandbox, complaint)
}
