//! Which repairs of a plan are applied: what the command line covers, and what the person says.

use super::Session;
use crate::cli::asking::{Reply, administrator, ask};
use crate::cli::wishes::Attended;
use crate::failure::Failure;
use crate::fix::consent::Answer;
use crate::fix::outcome::{RepairReport, RepairStatus};
use crate::fix::repair::{Need, Plan, Repair};

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
                    self.tell_once(told)?;
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
                    self.tell_once(RepairReport::of(repair, RepairStatus::Declined))?;
                }
            }
        }
        self.with_rights(chosen).await
    }

    /// Administrator rights are asked for once, before anything is drawn; a step that cannot have
    /// them is left to a person.
    async fn with_rights(&mut self, chosen: Vec<Repair>) -> Result<Vec<Repair>, Failure> {
        let needs = |repair: &Repair| self.needs_sudo(repair);
        if !chosen.iter().any(needs) || administrator(self.attended).await {
            return Ok(chosen);
        }
        let (left, chosen): (Vec<Repair>, Vec<Repair>) = chosen.into_iter().partition(needs);
        for repair in left {
            self.without_rights(&repair)?;
        }
        Ok(chosen)
    }

    pub(super) fn needs_sudo(&self, repair: &Repair) -> bool {
        self.here.uid != 0 && repair.needs.contains(&Need::Sudo)
    }

    pub(super) fn without_rights(&mut self, repair: &Repair) -> Result<(), Failure> {
        let why = "it needs administrator rights, and sudo wants a password: run `sudo -v` first, or do it by hand";
        self.attempted.push(repair.clone());
        self.tell_once(RepairReport::of(repair, RepairStatus::NotAllowed).because(why))
    }

    /// A repair that is planned again in a later round was told in the first.
    pub(super) fn tell_once(&mut self, told: RepairReport) -> Result<(), Failure> {
        if self.reports.iter().any(|known| known.id == told.id) {
            return Ok(());
        }
        self.voice().became(&told)?;
        self.reports.push(told);
        Ok(())
    }

    /// What has to be there before this repair, and was tried or declined in vain.
    pub(super) fn missing_for(&self, repair: &Repair) -> Option<String> {
        let in_vain = |id: &&String| {
            self.reports.iter().any(|told| {
                told.id == **id
                    && !matches!(
                        told.status,
                        RepairStatus::Fixed | RepairStatus::Applied | RepairStatus::Already
                    )
            })
        };
        repair.waits_for.iter().find(in_vain).cloned()
    }
}
