//! Whether one more sandbox can be busy without risk. The arithmetic is in `crate::headroom`.

use super::agents::with_sandboxed;
use crate::checklist::verdict::{Complaint, Ruling};
use crate::facts::{Facts, Why};
pub use crate::headroom::Headroom;
use crate::headroom::{input, never_starts};

impl Headroom {
    pub(super) fn rule(&self, facts: &Facts) -> Result<Ruling, Why> {
        with_sandboxed(facts, |agents| {
            if never_starts(agents).is_some() {
                return Ok(Ruling::blocked(&["openclaw/limits"]));
            }
            let input = input(facts, agents)?;
            let arithmetic = self.compute(&input);
            let limit = arithmetic.limit.word();
            let mut complaints = Vec::new();
            if arithmetic.headroom == 0 {
                let message = format!(
                    "no further sandbox can be busy without risk, limited by {limit}: {}",
                    arithmetic.in_words()
                );
                complaints.push(
                    Complaint::warn("headroom-exhausted", message)
                        .target(limit)
                        .requirement("headroom>=1")
                        .hint("see the arithmetic, and what would add some, with: clawdoctor headroom"),
                );
            }
            let assumed = if arithmetic.cap_assumed {
                ", cap assumed"
            } else {
                ""
            };
            let summary = format!("{} more, limited by {limit}{assumed}", arithmetic.headroom);
            Ok(Ruling::found(complaints, summary)
                .observed(arithmetic.headroom)
                .expected(1)
                .unit("sandboxes")
                .evidence("/docker/info/memory", input.engine_memory)
                .evidence("/load", &arithmetic))
        })
    }
}
