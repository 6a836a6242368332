//! Which repairs of a plan are applied: what the command line covers, and what the person says.

use super::Session;
use crate::cli::asking::{Reply, ask};
use crate::cli::wishes::Attended;
use crate::failure::Failure;
use crate::fix::consent::Answer;
use crate::fix::outcome::{RepairReport, RepairStatus};
use crate::fix::repair::{Plan, Repair};

impl Session<'_> {
    /// Which repairs are consented to; the others are told with what they would need.
    pub(super) async fn choose(&mut self, plan: &Plan) -> Result<Vec<Repair>, Failure> {
        let mut chosen = Vec::new();
        let mut all = false;
        for repair in &plan.repairs {
            let reply = match self.ask.allow.answer(repair) {
                Answer::Allowed => Reply::Yes,
                Answer::Needs(_) if self.has_quit => Reply::Quit,
                // What only its name allows is asked for each by itself.
                Answer::Needs(_) if all && !repair.only_named => Reply::Yes,
                Answer::Needs(flag) if self.attended == Attended::Nobody => {
                    let told = RepairReport {
                        allow: Some(flag),
                        ..RepairReport::of(repair, RepairStatus::NotAllowed)
                    };
                    self.work.tell_once(told)?;
                    continue;
                }
                Answer::Needs(_) => ask(repair).await?,
            };
            match reply {
                Reply::Yes => chosen.push(repair.clone()),
                Reply::All => {
                    all = true;
                    chosen.push(repair.clone());
                }
                Reply::No | Reply::Quit => {
                    self.has_quit |= reply == Reply::Quit;
                    self.declined.insert(repair.id.clone());
                    self.work
                        .tell_once(RepairReport::of(repair, RepairStatus::Declined))?;
                }
            }
        }
        self.work.with_rights(chosen).await
    }
}
