//! Judges of the area `docker`: pure functions of the facts and of a check's parameters.

use serde::Deserialize;

use crate::checklist::verdict::Ruling;
use crate::facts::{Facts, Why};
use crate::units::{Size, Span, Version};

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Endpoint {}

impl Endpoint {
    pub(super) fn rule(&self, facts: &Facts) -> Result<Ruling, Why> {
        let _ = facts;
        Err(Why::new(crate::facts::WhyKind::Failed, "no judge yet"))
    }
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Access {}

impl Access {
    pub(super) fn rule(&self, facts: &Facts) -> Result<Ruling, Why> {
        let _ = facts;
        Err(Why::new(crate::facts::WhyKind::Failed, "no judge yet"))
    }
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Running {}

impl Running {
    pub(super) fn rule(&self, facts: &Facts) -> Result<Ruling, Why> {
        let _ = facts;
        Err(Why::new(crate::facts::WhyKind::Failed, "no judge yet"))
    }
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Provider {}

impl Provider {
    pub(super) fn rule(&self, facts: &Facts) -> Result<Ruling, Why> {
        let _ = facts;
        Err(Why::new(crate::facts::WhyKind::Failed, "no judge yet"))
    }
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DesktopVersion {
    pub minimum: Version,
    pub security_floor: Version,
    pub recommended: Version,
}

impl DesktopVersion {
    pub(super) fn rule(&self, facts: &Facts) -> Result<Ruling, Why> {
        let _ = facts;
        Err(Why::new(crate::facts::WhyKind::Failed, "no judge yet"))
    }
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct EngineApi {
    pub minimum: Version,
}

impl EngineApi {
    pub(super) fn rule(&self, facts: &Facts) -> Result<Ruling, Why> {
        let _ = facts;
        Err(Why::new(crate::facts::WhyKind::Failed, "no judge yet"))
    }
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct VmMemory {
    pub minimum: Size,
    pub host_reserve: Size,
}

impl VmMemory {
    pub(super) fn rule(&self, facts: &Facts) -> Result<Ruling, Why> {
        let _ = facts;
        Err(Why::new(crate::facts::WhyKind::Failed, "no judge yet"))
    }
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct VmCpus {
    pub minimum: u32,
}

impl VmCpus {
    pub(super) fn rule(&self, facts: &Facts) -> Result<Ruling, Why> {
        let _ = facts;
        Err(Why::new(crate::facts::WhyKind::Failed, "no judge yet"))
    }
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Disk {
    pub warn_below: Size,
    pub fail_below: Size,
}

impl Disk {
    pub(super) fn rule(&self, facts: &Facts) -> Result<Ruling, Why> {
        let _ = facts;
        Err(Why::new(crate::facts::WhyKind::Failed, "no judge yet"))
    }
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Autostart {}

impl Autostart {
    pub(super) fn rule(&self, facts: &Facts) -> Result<Ruling, Why> {
        let _ = facts;
        Err(Why::new(crate::facts::WhyKind::Failed, "no judge yet"))
    }
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ResourceSaver {}

impl ResourceSaver {
    pub(super) fn rule(&self, facts: &Facts) -> Result<Ruling, Why> {
        let _ = facts;
        Err(Why::new(crate::facts::WhyKind::Failed, "no judge yet"))
    }
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Credentials {}

impl Credentials {
    pub(super) fn rule(&self, facts: &Facts) -> Result<Ruling, Why> {
        let _ = facts;
        Err(Why::new(crate::facts::WhyKind::Failed, "no judge yet"))
    }
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Clock {
    pub max_skew: Span,
}

impl Clock {
    pub(super) fn rule(&self, facts: &Facts) -> Result<Ruling, Why> {
        let _ = facts;
        Err(Why::new(crate::facts::WhyKind::Failed, "no judge yet"))
    }
}
