//! Names of checks: `<area>/<name>`, a promise once released.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The prefix of every id in machine output, so that ids of other tools can stand beside ours.
pub const PREFIX: &str = "clawdoctor/";

/// How the ids of OpenClaw's own doctor begin; its plugins bring others.
pub const OPENCLAWS: &str = "core/doctor/";

/// The areas that a check can belong to.
pub const AREAS: [&str; 9] = [
    "host", "docker", "image", "sandbox", "volume", "net", "openclaw", "service", "custom",
];

/// A check's id in its short form, `docker/desktop-version`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CheckId(String);

impl CheckId {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn area(&self) -> &str {
        self.0.split('/').next().unwrap_or_default()
    }

    pub fn name(&self) -> &str {
        self.0.split_once('/').map_or("", |(_, name)| name)
    }

    /// The form for machines: `clawdoctor/docker/desktop-version`.
    pub fn full(&self) -> String {
        format!("{PREFIX}{}", self.0)
    }

    /// The key of the judge that belongs to this id: `docker-desktop-version`.
    pub fn judge_key(&self) -> String {
        self.0.replace('/', "-")
    }
}

impl FromStr for CheckId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let short = text.strip_prefix(PREFIX).unwrap_or(text);
        let kebab = |part: &str| {
            !part.is_empty()
                && !part.starts_with('-')
                && !part.ends_with('-')
                && part
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        match short.split_once('/') {
            Some((area, name)) if AREAS.contains(&area) && kebab(name) => {
                Ok(Self(short.to_owned()))
            }
            Some((area, _)) if !AREAS.contains(&area) => Err(format!(
                "`{text}` is not a check id: `{area}` is not one of the areas {}",
                AREAS.join(", ")
            )),
            _ => Err(format!(
                "`{text}` is not a check id: write <area>/<name>, like docker/running"
            )),
        }
    }
}

impl fmt::Display for CheckId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl Serialize for CheckId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for CheckId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_with_and_without_its_prefix() {
        let id: CheckId = "clawdoctor/docker/desktop-version".parse().expect("an id");
        assert_eq!(id.as_str(), "docker/desktop-version");
        assert_eq!(id.full(), "clawdoctor/docker/desktop-version");
        assert_eq!(id.judge_key(), "docker-desktop-version");
        assert_eq!((id.area(), id.name()), ("docker", "desktop-version"));
    }

    #[test]
    fn what_is_no_id_is_refused() {
        for bad in [
            "",
            "docker",
            "docker/",
            "/x",
            "Docker/Running",
            "disk/free",
            "docker/-x",
            "docker/a/b",
        ] {
            assert!(bad.parse::<CheckId>().is_err(), "{bad}");
        }
    }
}
