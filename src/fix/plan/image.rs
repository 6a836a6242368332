//! Sandbox images: brought in from a registry, built from our recipe, or loaded from an archive.

use super::{Answer, Findings, Need, Node, Risk, by_hand, repair};
use crate::checklist::report::Finding;
use crate::facts::docker::Version;
use crate::facts::image::Image;
use crate::facts::openclaw::DEFAULT_IMAGE;
use crate::fix::recipe;
use crate::fix::repair::Repair;
use crate::fix::step::{ImageSource, ProvideImage, Step};

pub fn plan(node: Node<'_>, id: &str, findings: &Findings<'_>) -> Answer {
    let mut answer = Answer::default();
    for finding in findings {
        answer.extend(one(node, id, finding));
    }
    answer
}

fn one(node: Node<'_>, id: &str, finding: &Finding) -> Answer {
    let mut images = node.facts.images.get().ok().into_iter().flatten();
    let image = images.find(|image| Some(&image.reference) == finding.target.as_ref());
    let Some(image) = image else {
        return by_hand(id, &[finding], "it is not known which image this is about");
    };
    // Where the workspace's owner decides, another image changes nothing.
    let is_roots = image
        .local
        .get()
        .is_ok_and(|local| matches!(local.user.as_str(), "" | "0" | "root" | "0:0"));
    if id == "image/user" && !is_roots {
        return by_hand(
            id,
            &[finding],
            "the image's user is not what makes it run as root",
        );
    }
    match provide(node, id, &[finding], image) {
        Ok(repair) => Answer::repair(repair),
        Err(why) => by_hand(id, &[finding], why),
    }
}

/// The repair that gives this image's name a good image.
pub fn provide(
    node: Node<'_>,
    id: &str,
    findings: &Findings<'_>,
    image: &Image,
) -> Result<Repair, &'static str> {
    let reference = image.reference.as_str();
    let version = node.facts.docker.version.get();
    let platform = version
        .map(platform)
        .map_err(|_| "the engine does not tell its architecture")?;
    let before = image.local.get().ok().map(|local| local.id.clone());
    let source = source(node, id, reference)?;
    let (verb, network) = match &source {
        ImageSource::Pull => ("pull", true),
        ImageSource::Build { .. } => ("build", true),
        ImageSource::Load { .. } => ("load", false),
    };
    // What is there already is taken from agents; a name that leads nowhere is nobody's.
    let risk = if before.is_some() {
        Risk::Behaviour
    } else {
        Risk::Safe
    };
    let mut repair = repair(
        id,
        findings,
        format!("{verb} the sandbox image {reference}"),
        risk,
    )
    .about(reference)
    .needs(Need::Disk)
    .undo(match &before {
        Some(_) => "the name leads to the former image again",
        None => "the name is taken away; the image stays under a name of clawdoctor's",
    });
    if before.is_some() {
        repair = repair.cost(
            "sandboxes that are made from now on get the new image; running ones keep the old",
        );
    }
    if network {
        repair = repair.needs(Need::Network);
    }
    Ok(repair.step(Step::ProvideImage(ProvideImage {
        reference: reference.to_owned(),
        platform,
        source,
        before,
        user: user(node, image),
        tools: node.wishes.tools.clone(),
    })))
}

fn source(node: Node<'_>, id: &str, reference: &str) -> Result<ImageSource, &'static str> {
    if let Some(path) = &node.wishes.image_tar {
        return Ok(ImageSource::Load { path: path.clone() });
    }
    if !node.wishes.network_allowed {
        return Err("without the network an image comes from an archive alone: --image-tar FILE");
    }
    if reference == DEFAULT_IMAGE {
        return Ok(ImageSource::Build {
            recipe: recipe::sha256(),
            anew: id == "image/age",
        });
    }
    // `openclaw-sandbox-common:…` and the like are built by hand, too, and Docker Hub has
    // somebody else's under such a name if any.
    if reference.starts_with("openclaw-sandbox") {
        return Err("no registry has this image, and its recipe is not known here");
    }
    Ok(ImageSource::Pull)
}

/// `linux/arm64`: as the engine names its own.
fn platform(version: &Version) -> String {
    let os = if version.os.is_empty() {
        "linux"
    } else {
        &version.os
    };
    format!("{os}/{}", version.arch)
}

/// As whom the sandboxes of the first agent with this image run.
fn user(node: Node<'_>, image: &Image) -> Option<String> {
    let agents = node.facts.openclaw.agents.get().ok()?;
    let agent = agents
        .iter()
        .find(|agent| image.agents.first() == Some(&agent.id))?;
    let sandbox = &agent.sandbox;
    sandbox
        .docker
        .user
        .clone()
        .or_else(|| sandbox.workspace_owner.clone())
}
