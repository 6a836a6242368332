//! OpenClaw's version, the Node.js it runs on, and its configuration file.

#![expect(
    clippy::unused_self,
    reason = "judges have one shape, and some have no parameters"
)]

use serde::Deserialize;

use crate::checklist::verdict::{Complaint, Ruling};
use crate::facts::{Facts, Why, WhyKind};
use crate::units;

use super::super::agents::explained;

#[derive(Clone, Debug, PartialEq, Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Version {
    pub minimum: units::Version,
    pub first_published: units::Version,
}

impl Version {
    pub(in super::super) fn rule(&self, facts: &Facts) -> Result<Ruling, Why> {
        let install = match facts.openclaw.install.get() {
            Ok(install) => install,
            Err(why) if why.kind == WhyKind::Absent => return Ok(self.not_found(&why)),
            Err(why) => return Err(why),
        };
        let text = install.version.as_str();
        let version: units::Version = text
            .parse()
            .map_err(|reason: String| Why::new(WhyKind::Unparsable, reason))?;
        if version.partial_cmp(&self.minimum) == Some(std::cmp::Ordering::Equal)
            && is_prerelease(text)
        {
            let detail = format!("{text} is a prerelease of the oldest supported version");
            return Err(Why::new(WhyKind::Unparsable, detail));
        }
        let mut complaints = Vec::new();
        if version < self.minimum {
            let message = format!(
                "OpenClaw {text} is older than {} (the first release under this name is {})",
                self.minimum, self.first_published
            );
            complaints.push(
                Complaint::fail("openclaw-too-old", message)
                    .target(text)
                    .path(&install.path)
                    .requirement(format!("openclaw>={}", self.minimum))
                    .hint("run: openclaw update"),
            );
        }
        Ok(Ruling::found(complaints, format!("OpenClaw {text}"))
            .observed(text)
            .expected(self.minimum.to_string())
            .evidence("/openclaw/install", install))
    }

    fn not_found(&self, why: &Why) -> Ruling {
        let message = format!("OpenClaw is not installed: {}", why.detail);
        let complaint = Complaint::fail("openclaw-not-found", message)
            .requirement(format!("openclaw>={}", self.minimum))
            .hint("install it: https://docs.openclaw.ai/install");
        Ruling::found(vec![complaint], "OpenClaw is not installed")
            .expected(self.minimum.to_string())
            .evidence("/openclaw/install", why)
    }
}

/// `2026.9.6-beta.1` is one; `2026.1.29-1`, a release published again, is none.
fn is_prerelease(text: &str) -> bool {
    text.split_once('-')
        .is_some_and(|(_, suffix)| suffix.starts_with(|c: char| c.is_ascii_alphabetic()))
}

#[derive(Clone, Debug, PartialEq, Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Node {
    pub fallback_ranges: Vec<String>,
}

impl Node {
    pub(in super::super) fn rule(&self, facts: &Facts) -> Result<Ruling, Why> {
        let declared = facts.openclaw.install.get().ok();
        let declared = declared.and_then(|install| install.node_range.clone());
        let range = declared.unwrap_or_else(|| self.fallback_ranges.join(" || "));
        let runtime = match facts.openclaw.node.get() {
            Ok(runtime) => runtime,
            Err(why) if why.kind == WhyKind::Absent => {
                let message = format!("Node.js was not found: {}", why.detail);
                let complaint = Complaint::fail("node-not-found", message)
                    .requirement(format!("node {range}"))
                    .hint("install a supported Node.js: https://docs.openclaw.ai/install/node");
                return Ok(Ruling::found(vec![complaint], "Node.js was not found")
                    .expected(range)
                    .evidence("/openclaw/node", &why));
            }
            Err(why) => return Err(why),
        };
        let unclear = |reason: String| Why::new(WhyKind::Unparsable, reason);
        let bare = runtime.version.trim().trim_start_matches('v');
        let version = semver::Version::parse(bare)
            .map_err(|e| unclear(format!("`{}` is not a version: {e}", runtime.version)))?;
        if !version.pre.is_empty() {
            return Err(unclear(format!("Node.js {bare} is a prerelease")));
        }
        let supported: units::VersionRange = range.parse().map_err(unclear)?;
        let mut complaints = Vec::new();
        if !supported.holds(&version) {
            let message = format!("Node.js {bare} is not what OpenClaw runs on ({range})");
            complaints.push(
                Complaint::fail("node-unsupported", message)
                    .target(bare)
                    .path(&runtime.path)
                    .requirement(format!("node {range}"))
                    .hint("install a supported Node.js: https://docs.openclaw.ai/install/node"),
            );
        }
        Ok(Ruling::found(complaints, format!("Node.js {bare}"))
            .observed(bare)
            .expected(range)
            .evidence("/openclaw/node", runtime))
    }
}

#[derive(Clone, Debug, PartialEq, Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {}

impl Config {
    pub(in super::super) fn rule(&self, facts: &Facts) -> Result<Ruling, Why> {
        let file = match facts.openclaw.config.get() {
            Ok(file) => file,
            Err(why) => return no_config(facts, why),
        };
        let mut complaints: Vec<Complaint> = file
            .refused
            .iter()
            .map(|refused| {
                let message = format!("OpenClaw refuses {}: {}", refused.path, refused.why);
                Complaint::fail("config-refused", message)
                    .target(&refused.path)
                    .path(&file.path)
                    .hint("see all of it with: openclaw config validate")
            })
            .collect();
        if file.symlink {
            let message = format!(
                "{} is a symbolic link; OpenClaw wants a plain file",
                file.path
            );
            complaints.push(
                Complaint::warn("config-symlink", message)
                    .path(&file.path)
                    .hint("put a plain file with the same content in its place"),
            );
        }
        if let Some(clobbered) = &file.clobbered {
            let message = format!(
                "OpenClaw threw away an edit of {} and restored a backup; the edit is in {clobbered}",
                file.path
            );
            complaints.push(
                Complaint::warn("config-restored", message)
                    .target(clobbered)
                    .path(&file.path)
                    .hint("make the change again with: openclaw config set KEY VALUE"),
            );
        }
        Ok(Ruling::found(complaints, file.path.clone()).evidence("/openclaw/config", file))
    }
}

/// A file that is not there, not readable or not understood is a finding and no ignorance: the
/// gateway meets the same file. Why's words hold the line and column.
fn no_config(facts: &Facts, why: Why) -> Result<Ruling, Why> {
    let (code, message, hint) = match why.kind {
        WhyKind::Absent => {
            if let Ok(blocked) = not_installed(facts) {
                return Ok(blocked);
            }
            (
                "config-missing",
                format!(
                    "there is no configuration, so OpenClaw runs with its defaults and without sandboxes: {}",
                    why.detail
                ),
                "make one with: openclaw onboard",
            )
        }
        WhyKind::Denied => (
            "config-unreadable",
            format!("the configuration cannot be read: {}", why.detail),
            "run clawdoctor as the user who runs OpenClaw",
        ),
        WhyKind::Unparsable => (
            "config-unparsable",
            format!("the configuration cannot be parsed: {}", why.detail),
            "mend the named place, then run: openclaw config validate",
        ),
        WhyKind::NotAsked
        | WhyKind::NotApplicable
        | WhyKind::Timeout
        | WhyKind::Offline
        | WhyKind::Failed => return explained(facts, why),
    };
    let complaint = Complaint::fail(code, message.clone()).hint(hint);
    Ok(Ruling::found(vec![complaint], message).evidence("/openclaw/config", &why))
}

fn not_installed(facts: &Facts) -> Result<Ruling, ()> {
    match facts.openclaw.install.get() {
        Err(why) if why.kind == WhyKind::Absent => Ok(Ruling::blocked(&["openclaw/version"])),
        _ => Err(()),
    }
}
