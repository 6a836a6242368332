//! What must work inside a sandbox image, as it was tried inside, and the images that cannot even
//! be started because of what they lack.

use serde::Deserialize;

use super::super::agents::{did_not_start, probed, with_sandboxed};
use super::super::sandbox::trouble::{Trouble, trouble};
use crate::checklist::verdict::{Complaint, Ruling};
use crate::facts::openclaw::DEFAULT_IMAGE;
use crate::facts::sandbox::{Inside, Tool};
use crate::facts::{Facts, Why, WhyKind};

#[derive(Clone, Debug, PartialEq, Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Tools {
    pub tools: Vec<String>,
}

impl Tools {
    pub(in super::super) fn rule(&self, facts: &Facts) -> Result<Ruling, Why> {
        with_sandboxed(facts, |agents| {
            let entrypoint = |reference: &str| -> Vec<String> {
                let images = facts.images.get().ok().into_iter().flatten();
                images
                    .filter(|image| image.reference == reference)
                    .find_map(|image| image.local.get().ok())
                    .map_or_else(Vec::new, |local| local.entrypoint.clone())
            };
            let mut complaints: Vec<Complaint> = Vec::new();
            let mut unclear = None;
            let mut not_started = false;
            let probed = probed(facts, agents)?;
            for inside in &probed {
                match self.inside(inside, &entrypoint(&inside.image)) {
                    Said::Complaints(found) => {
                        for complaint in found {
                            let told = |c: &Complaint| {
                                (c.code, &c.target, &c.message)
                                    == (complaint.code, &complaint.target, &complaint.message)
                            };
                            if !complaints.iter().any(told) {
                                complaints.push(complaint);
                            }
                        }
                    }
                    Said::NotStarted => not_started = true,
                    Said::Unclear(why) => unclear = Some(why),
                }
            }
            match (complaints.is_empty(), unclear, not_started) {
                (true, Some(why), _) => return Err(why),
                (true, None, true) => return Ok(Ruling::blocked(&["sandbox/start"])),
                (true, None, false) | (false, _, _) => {}
            }
            let tools: Vec<_> = probed
                .iter()
                .map(|inside| inside.tools.get().ok())
                .collect();
            let summary = self.tools.join(" and ");
            Ok(Ruling::found(complaints, format!("{summary} work inside"))
                .evidence("/inside", tools))
        })
    }

    fn inside(&self, inside: &Inside, entrypoint: &[String]) -> Said {
        let image = inside.image.as_str();
        if let Err(why) = inside.start.get() {
            if !did_not_start(why.kind) {
                return Said::Unclear(why);
            }
            return match trouble(inside, &why, entrypoint) {
                Trouble::NoShell => Said::Complaints(vec![lacking("sh", image, &why.detail)]),
                Trouble::Entrypoint => {
                    let message = format!(
                        "the image {image} has the entrypoint `{}`, which takes OpenClaw's command as its argument: {}",
                        entrypoint.join(" "),
                        why.detail
                    );
                    Said::Complaints(vec![
                        Complaint::fail("image-has-entrypoint", message)
                            .target(image)
                            .requirement("no entrypoint")
                            .hint("make an image without ENTRYPOINT"),
                    ])
                }
                Trouble::ForeignPlatform
                | Trouble::TooLittleMemory
                | Trouble::Mount
                | Trouble::Other => Said::NotStarted,
            };
        }
        let tools = match inside.tools.get() {
            Ok(tools) => tools,
            Err(why) => return Said::Unclear(why),
        };
        let mut complaints = Vec::new();
        for wanted in &self.tools {
            match tools.iter().find(|tool| tool.name == *wanted) {
                None => {
                    let detail = format!("nobody looked for {wanted} inside {image}");
                    return Said::Unclear(Why::new(WhyKind::Failed, detail));
                }
                Some(Tool { path: None, .. }) => {
                    complaints.push(lacking(wanted, image, "not on the PATH inside"));
                }
                Some(Tool {
                    path: Some(path),
                    works: false,
                    ..
                }) => {
                    let message = format!("{path} in the image {image} does not run");
                    complaints.push(
                        Complaint::fail("image-tool-broken", message)
                            .target(image)
                            .path(path)
                            .hint(remake(image)),
                    );
                }
                Some(Tool {
                    path: Some(_),
                    works: true,
                    ..
                }) => {}
            }
        }
        Said::Complaints(complaints)
    }
}

enum Said {
    Complaints(Vec<Complaint>),
    NotStarted,
    Unclear(Why),
}

fn lacking(tool: &str, image: &str, detail: &str) -> Complaint {
    let (code, effect) = match tool {
        "python3" => (
            "image-lacks-python3",
            "OpenClaw's write and edit tools need it",
        ),
        "sh" => ("image-lacks-sh", "every command is run with it"),
        _ => ("image-lacks-tool", "it is asked for by this checklist"),
    };
    let message = format!("the image {image} has no {tool} ({effect}): {detail}");
    Complaint::fail(code, message)
        .target(image)
        .requirement(format!("{tool} in the image"))
        .hint(remake(image))
}

fn remake(image: &str) -> String {
    if image == DEFAULT_IMAGE {
        "run: clawdoctor fix image".to_owned()
    } else {
        format!("add it where {image} is built")
    }
}
