//! Judges of the area `image`: pure functions of the facts and of a check's parameters.

use serde::Deserialize;

use crate::checklist::verdict::Ruling;
use crate::facts::{Facts, Why};
use crate::units::Span;

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Present {}

impl Present {
    pub(super) fn rule(&self, facts: &Facts) -> Result<Ruling, Why> {
        let _ = facts;
        Err(Why::new(crate::facts::WhyKind::Failed, "no judge yet"))
    }
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Platform {}

impl Platform {
    pub(super) fn rule(&self, facts: &Facts) -> Result<Ruling, Why> {
        let _ = facts;
        Err(Why::new(crate::facts::WhyKind::Failed, "no judge yet"))
    }
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Tools {
    pub tools: Vec<String>,
}

impl Tools {
    pub(super) fn rule(&self, facts: &Facts) -> Result<Ruling, Why> {
        let _ = facts;
        Err(Why::new(crate::facts::WhyKind::Failed, "no judge yet"))
    }
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct User {
    pub uid: u32,
}

impl User {
    pub(super) fn rule(&self, facts: &Facts) -> Result<Ruling, Why> {
        let _ = facts;
        Err(Why::new(crate::facts::WhyKind::Failed, "no judge yet"))
    }
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Age {
    pub warn_after: Span,
}

impl Age {
    pub(super) fn rule(&self, facts: &Facts) -> Result<Ruling, Why> {
        let _ = facts;
        Err(Why::new(crate::facts::WhyKind::Failed, "no judge yet"))
    }
}
