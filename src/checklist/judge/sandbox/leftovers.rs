//! Whether sandboxes that are gone have left much on the host's disk.

use serde::Deserialize;

use crate::checklist::judge::agents::counted;
use crate::checklist::verdict::{Complaint, Ruling};
use crate::facts::leftovers::leftovers;
use crate::facts::{Facts, Why};
use crate::units::Size;

#[derive(Clone, Debug, PartialEq, Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Leftovers {
    /// What they may take on the disk together.
    pub warn_above: Size,
}

impl Leftovers {
    pub(in super::super) fn rule(&self, facts: &Facts) -> Result<Ruling, Why> {
        let left = leftovers(facts)?;
        let workspaces = facts.openclaw.workspaces.get()?;
        let bytes: u64 = left.iter().filter_map(|one| one.bytes).sum();
        let folders = counted(left.len(), "workspace");
        let mut summary = if left.is_empty() {
            "no workspace is left of a sandbox that is long gone".to_owned()
        } else {
            format!("{folders} of sandboxes that are long gone: {}", Size(bytes))
        };
        let unmeasured = workspaces.iter().filter(|one| one.bytes.is_none()).count();
        if unmeasured > 0 {
            summary += "; too much to measure in ";
            summary += &counted(unmeasured, "other");
        }
        let mut complaints = Vec::new();
        if bytes > self.warn_above.0 {
            let message = format!(
                "{folders} of sandboxes that are gone, untouched for 30 days, {} {} of the host's disk",
                if left.len() == 1 { "holds" } else { "hold" },
                Size(bytes)
            );
            let complaint = Complaint::warn("sandbox-leftovers", message)
                .requirement(format!("leftovers<={}", self.warn_above))
                .hint("see which, and remove them by name: clawdoctor fix sandbox/leftovers");
            complaints.push(complaint);
        }
        Ok(Ruling::found(complaints, summary).evidence("/openclaw/workspaces", &left))
    }
}
