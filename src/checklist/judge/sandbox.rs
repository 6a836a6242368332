//! Judges of the area `sandbox`: pure functions of the facts and of a check's parameters.

use serde::Deserialize;

use crate::checklist::verdict::Ruling;
use crate::facts::{Facts, Why};
use crate::units::{Size, Span};

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Start {
    pub slow: Span,
}

impl Start {
    pub(super) fn rule(&self, facts: &Facts) -> Result<Ruling, Why> {
        let _ = facts;
        Err(Why::new(crate::facts::WhyKind::Failed, "no judge yet"))
    }
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Write {}

impl Write {
    pub(super) fn rule(&self, facts: &Facts) -> Result<Ruling, Why> {
        let _ = facts;
        Err(Why::new(crate::facts::WhyKind::Failed, "no judge yet"))
    }
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Dns {}

impl Dns {
    pub(super) fn rule(&self, facts: &Facts) -> Result<Ruling, Why> {
        let _ = facts;
        Err(Why::new(crate::facts::WhyKind::Failed, "no judge yet"))
    }
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Egress {
    pub blocked: Vec<String>,
}

impl Egress {
    pub(super) fn rule(&self, facts: &Facts) -> Result<Ruling, Why> {
        let _ = facts;
        Err(Why::new(crate::facts::WhyKind::Failed, "no judge yet"))
    }
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Isolation {}

impl Isolation {
    pub(super) fn rule(&self, facts: &Facts) -> Result<Ruling, Why> {
        let _ = facts;
        Err(Why::new(crate::facts::WhyKind::Failed, "no judge yet"))
    }
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct EngineApiExposed {
    pub ports: Vec<u16>,
}

impl EngineApiExposed {
    pub(super) fn rule(&self, facts: &Facts) -> Result<Ruling, Why> {
        let _ = facts;
        Err(Why::new(crate::facts::WhyKind::Failed, "no judge yet"))
    }
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct GatewayExposed {}

impl GatewayExposed {
    pub(super) fn rule(&self, facts: &Facts) -> Result<Ruling, Why> {
        let _ = facts;
        Err(Why::new(crate::facts::WhyKind::Failed, "no judge yet"))
    }
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Stale {}

impl Stale {
    pub(super) fn rule(&self, facts: &Facts) -> Result<Ruling, Why> {
        let _ = facts;
        Err(Why::new(crate::facts::WhyKind::Failed, "no judge yet"))
    }
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Headroom {
    pub memory_cap: Size,
    pub cpu_cap: f64,
    pub host_reserve: Size,
    pub system_reserve: Size,
    pub system_share: f64,
    pub gateway: Size,
    pub keep_share: f64,
    pub keep_most: Size,
    pub disk_reserve: Size,
    pub disk_per_sandbox: Size,
    pub cpu_reserve: u32,
    pub idle_after: Span,
}

impl Headroom {
    pub(super) fn rule(&self, facts: &Facts) -> Result<Ruling, Why> {
        let _ = facts;
        Err(Why::new(crate::facts::WhyKind::Failed, "no judge yet"))
    }
}
