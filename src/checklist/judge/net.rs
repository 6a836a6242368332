//! Judges of the area `net`: pure functions of the facts and of a check's parameters.

use serde::Deserialize;

use crate::checklist::verdict::Ruling;
use crate::facts::{Facts, Why};

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct HostDns {}

impl HostDns {
    pub(super) fn rule(&self, facts: &Facts) -> Result<Ruling, Why> {
        let _ = facts;
        Err(Why::new(crate::facts::WhyKind::Failed, "no judge yet"))
    }
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Registry {}

impl Registry {
    pub(super) fn rule(&self, facts: &Facts) -> Result<Ruling, Why> {
        let _ = facts;
        Err(Why::new(crate::facts::WhyKind::Failed, "no judge yet"))
    }
}
