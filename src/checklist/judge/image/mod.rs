//! Judges of the area `image`: pure functions of the facts and of a check's parameters. What is
//! inside an image is `tools`' matter; here is what the engine says of it from outside.

#![expect(
    clippy::unused_self,
    reason = "judges have one shape, and some have no parameters"
)]

mod tools;

pub use tools::Tools;

use serde::Deserialize;

use super::agents::with_sandboxed;
use crate::checklist::verdict::{Complaint, Ruling};
use crate::facts::image::{Image, LocalImage};
use crate::facts::openclaw::{Agent, DEFAULT_IMAGE};
use crate::facts::{Facts, Why, WhyKind};
use crate::units::Span;

/// The images of sandboxed agents.
fn images<'a>(facts: &'a Facts, agents: &[&Agent]) -> Result<Vec<&'a Image>, Why> {
    let wanted = |image: &&Image| {
        agents
            .iter()
            .any(|agent| agent.sandbox.docker.image == image.reference)
    };
    let images: Vec<&Image> = facts.images.get()?.iter().filter(wanted).collect();
    for agent in agents {
        let reference = &agent.sandbox.docker.image;
        if !images.iter().any(|image| image.reference == *reference) {
            let detail = format!("the engine was not asked for {reference}");
            return Err(Why::new(WhyKind::Failed, detail));
        }
    }
    Ok(images)
}

/// Why no image can be looked at.
enum Missing {
    /// image/present tells it.
    All,
    Unknown(Why),
}

impl Missing {
    fn ruling(self) -> Result<Ruling, Why> {
        match self {
            Self::All => Ok(Ruling::blocked(&["image/present"])),
            Self::Unknown(why) => Err(why),
        }
    }
}

/// Those that the engine has.
fn local<'a>(
    facts: &'a Facts,
    agents: &[&Agent],
) -> Result<Vec<(&'a Image, &'a LocalImage)>, Missing> {
    let mut found = Vec::new();
    for image in images(facts, agents).map_err(Missing::Unknown)? {
        match image.local.get() {
            Ok(local) => found.push((image, local)),
            Err(why) if why.kind == WhyKind::Absent => {}
            Err(why) => return Err(Missing::Unknown(why)),
        }
    }
    if found.is_empty() {
        return Err(Missing::All);
    }
    Ok(found)
}

/// Where the reference stands: in the entry of the first agent that has one of its own, else in
/// the defaults.
fn key(facts: &Facts, image: &Image) -> String {
    let file = facts.openclaw.config.get().ok();
    let written = file.and_then(|file| file.written.as_ref());
    let own = image.agents.iter().find_map(|id| {
        let own = written?.agents.get(id)?;
        let is_there = own.sandbox.pointer("/docker/image").is_some() && !own.keys.is_empty();
        is_there.then(|| format!("{}.sandbox.docker.image", own.keys.join(".")))
    });
    own.unwrap_or_else(|| "agents.defaults.sandbox.docker.image".to_owned())
}

fn references<T>(found: &[(&Image, T)]) -> String {
    let names: Vec<&str> = found
        .iter()
        .map(|(image, _)| image.reference.as_str())
        .collect();
    names.join(", ")
}

#[derive(Clone, Debug, PartialEq, Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Present {}

impl Present {
    pub(super) fn rule(&self, facts: &Facts) -> Result<Ruling, Why> {
        with_sandboxed(facts, |agents| {
            let images = images(facts, agents)?;
            let mut complaints = Vec::new();
            let mut unclear = None;
            for image in &images {
                match image.local.get() {
                    Ok(_) => {}
                    Err(why) if why.kind == WhyKind::Absent => {
                        complaints.push(missing(facts, image));
                    }
                    Err(why) => unclear = Some(why),
                }
            }
            if let (Some(why), true) = (unclear, complaints.is_empty()) {
                return Err(why);
            }
            let names: Vec<&str> = images.iter().map(|i| i.reference.as_str()).collect();
            Ok(Ruling::found(complaints, names.join(", ")).evidence("/images", &images))
        })
    }
}

fn missing(facts: &Facts, image: &Image) -> Complaint {
    let reference = &image.reference;
    let hint = if reference == DEFAULT_IMAGE {
        "run: clawdoctor fix image/present".to_owned()
    } else {
        format!("run: docker pull {reference} (or build it under this name)")
    };
    let message = format!(
        "the sandbox image {reference} of {} is missing; OpenClaw neither pulls nor builds it",
        super::agents::who(&image.agents)
    );
    Complaint::fail("image-missing", message)
        .target(reference)
        .path(key(facts, image))
        .requirement("image present")
        .hint(hint)
}

#[derive(Clone, Debug, PartialEq, Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Platform {}

impl Platform {
    pub(super) fn rule(&self, facts: &Facts) -> Result<Ruling, Why> {
        with_sandboxed(facts, |agents| {
            let found = match local(facts, agents) {
                Ok(found) => found,
                Err(missing) => return missing.ruling(),
            };
            let engine = facts.docker.version.get()?;
            let wanted = format!("{}/{}", engine.os, architecture(&engine.arch));
            let mut complaints = Vec::new();
            for (image, local) in &found {
                let has = format!("{}/{}", local.os, architecture(&local.arch));
                if has == wanted {
                    continue;
                }
                let message = format!(
                    "the image {} is made for {has}, but the engine is {wanted}",
                    image.reference
                );
                let hint = if image.reference == DEFAULT_IMAGE {
                    "build it again on this node: clawdoctor fix image/platform".to_owned()
                } else {
                    format!("run: docker pull --platform {wanted} {}", image.reference)
                };
                complaints.push(
                    Complaint::fail("image-wrong-platform", message)
                        .target(&image.reference)
                        .path(key(facts, image))
                        .requirement(format!("platform={wanted}"))
                        .hint(hint),
                );
            }
            Ok(Ruling::found(complaints, wanted.clone())
                .expected(wanted)
                .evidence("/docker/version/arch", &engine.arch)
                .evidence("/images", platforms(&found)))
        })
    }
}

fn platforms(found: &[(&Image, &LocalImage)]) -> serde_json::Value {
    found
        .iter()
        .map(|(image, local)| {
            serde_json::json!({"reference": image.reference, "os": local.os, "arch": local.arch})
        })
        .collect()
}

/// The kernel's name for an architecture as images write it.
fn architecture(name: &str) -> &str {
    match name {
        "aarch64" => "arm64",
        "x86_64" => "amd64",
        other => other,
    }
}

#[derive(Clone, Debug, PartialEq, Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct User {
    pub uid: u32,
}

impl User {
    pub(super) fn rule(&self, facts: &Facts) -> Result<Ruling, Why> {
        with_sandboxed(facts, |agents| {
            let found = match local(facts, agents) {
                Ok(found) => found,
                Err(missing) => return missing.ruling(),
            };
            let mut complaints = Vec::new();
            let mut summary = Vec::new();
            for (image, local) in &found {
                let uids = effective(facts, &image.reference);
                let user = if local.user.is_empty() {
                    "root"
                } else {
                    &local.user
                };
                if is_root(&local.user) {
                    let message = format!("the image {} runs as {user}", image.reference);
                    complaints.push(
                        Complaint::warn("image-runs-as-root", message)
                            .target(&image.reference)
                            .path(key(facts, image))
                            .requirement(format!("USER with uid {}", self.uid))
                            .hint(if image.reference == DEFAULT_IMAGE {
                                "run: clawdoctor fix image"
                            } else {
                                "end the image's Dockerfile with USER and an ordinary user"
                            }),
                    );
                } else if uids.contains(&0) {
                    let message = format!(
                        "sandboxes of {} run as root, although the image's user is {user}: its workspace belongs to root, or docker.user says so",
                        super::agents::who(&image.agents)
                    );
                    complaints.push(
                        Complaint::warn("sandbox-runs-as-root", message)
                            .target(&image.reference)
                            .path("agents.defaults.sandbox.docker.user")
                            .hint("run the gateway as an ordinary user, or set docker.user"),
                    );
                }
                let others: Vec<String> = uids
                    .iter()
                    .filter(|uid| **uid != self.uid)
                    .map(|uid| format!("uid {uid}"))
                    .collect();
                summary.push(if others.is_empty() {
                    format!("{user} in {}", image.reference)
                } else {
                    format!(
                        "{user} in {}; sandboxes run as {}",
                        image.reference,
                        others.join(", ")
                    )
                });
            }
            let users: serde_json::Value = found
                .iter()
                .map(|(image, local)| {
                    serde_json::json!({"reference": image.reference, "user": local.user,
                        "effective": effective(facts, &image.reference)})
                })
                .collect();
            Ok(Ruling::found(complaints, summary.join("; ")).evidence("/images", users))
        })
    }
}

/// The uids that sandboxes of this image were seen to run as.
fn effective(facts: &Facts, reference: &str) -> Vec<u32> {
    let mut uids: Vec<u32> = facts
        .inside
        .get()
        .ok()
        .into_iter()
        .flatten()
        .filter(|inside| inside.image == reference)
        .filter_map(|inside| inside.ids.get().ok().map(|ids| ids.uid))
        .collect();
    uids.sort_unstable();
    uids.dedup();
    uids
}

/// `Config.User` is `user[:group]`, by name or number; empty is root.
pub fn is_root(user: &str) -> bool {
    let name = user.split(':').next().unwrap_or_default();
    matches!(name, "" | "0" | "root")
}

#[derive(Clone, Debug, PartialEq, Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Age {
    pub warn_after: Span,
}

/// Reproducible builds date their images 1970 or the like: that is no age.
const NO_DATE_BEFORE: u64 = 20 * 365 * 86_400;

impl Age {
    pub(super) fn rule(&self, facts: &Facts) -> Result<Ruling, Why> {
        with_sandboxed(facts, |agents| {
            let found = match local(facts, agents) {
                Ok(found) => found,
                Err(missing) => return missing.ruling(),
            };
            let limit = self.warn_after.0.as_secs();
            let ages: Vec<(&Image, u64)> = found
                .iter()
                .filter_map(|(image, local)| Some((*image, local.age_seconds?)))
                .filter(|(_, age)| *age < NO_DATE_BEFORE)
                .collect();
            if ages.is_empty() {
                return Ok(Ruling::not_applicable(format!(
                    "{} does not say when it was made",
                    references(&found)
                )));
            }
            let complaints = ages
                .iter()
                .filter(|(_, age)| *age > limit)
                .map(|(image, age)| {
                    let message = format!(
                        "the image {} is {} days old; what is in it has missed the security updates since",
                        image.reference,
                        age / 86_400
                    );
                    Complaint::warn("image-old", message)
                        .target(&image.reference)
                        .path(key(facts, image))
                        .requirement(format!("age<={}", self.warn_after))
                        .hint(if image.reference == DEFAULT_IMAGE {
                            "build it anew: clawdoctor fix image/age"
                                .to_owned()
                        } else {
                            format!("run: docker pull {}", image.reference)
                        })
                })
                .collect();
            let oldest = ages.iter().map(|(_, age)| *age).max().unwrap_or(0);
            Ok(
                Ruling::found(complaints, format!("{} days", oldest / 86_400))
                    .observed(oldest)
                    .expected(limit)
                    .unit("seconds")
                    .evidence("/images", ages_of(&ages)),
            )
        })
    }
}

fn ages_of(ages: &[(&Image, u64)]) -> serde_json::Value {
    ages.iter()
        .map(|(image, age)| serde_json::json!({"reference": image.reference, "ageSeconds": age}))
        .collect()
}
