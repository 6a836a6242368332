//! Images: brought in under a passing name of ours, tried as OpenClaw would use them, and only
//! then named. No image is ever removed: what a name is taken from keeps one of ours.

mod load;

use std::path::Path;
use std::time::Duration;

use serde_json::json;

use super::{Hands, News, Sight, Trouble};
use crate::deadline::Deadline;
use crate::engine::{
    Build, Cache, ContainerSpec, Engine, EngineError, LayerNews, LayerState, PullProblem,
};
use crate::facts::{Why, WhyKind};
use crate::fix::archive;
use crate::fix::inverse::{After, Inverse};
use crate::fix::recipe;
use crate::fix::record::Seq;
use crate::fix::step::{ImageSource, ProvideImage};
use crate::probe::inside;
use crate::text::wash;

/// A base image over a slow line, and apt behind it.
const BRINGING: Duration = Duration::from_mins(30);
/// For asking, naming and trying.
const PATIENCE: Duration = Duration::from_mins(1);
/// Waits between looks at whether a name appears that a killed run has asked for.
const LATE: [Duration; 4] = [
    Duration::from_millis(100),
    Duration::from_millis(200),
    Duration::from_millis(400),
    Duration::from_millis(800),
];
/// Repository of images that lost the name they had: the id's first digits are the tag.
pub const KEPT: &str = "clawdoctor-kept";

/// Runs as the sandbox's user, told the programs as its arguments: each must be there, and python3
/// must work, since OpenClaw writes files with it.
const TRIAL: &str = r#"for tool in "$@"; do
  command -v "$tool" >/dev/null 2>&1 || { echo "$tool is not in the image"; exit 3; }
done
case " $* " in *" python3 "*) python3 -c 'print(6 * 7)' || exit 4 ;; esac
echo well"#;

pub async fn look(step: &ProvideImage, hands: &Hands, d: Deadline) -> Result<Sight, Trouble> {
    let engine = hands.engine()?;
    let now = id(&engine, &step.reference, d).await?;
    if now == step.before {
        return Ok(Sight::Before);
    }
    // While its passing name is there too, it is the one that this run brought in.
    for &seq in &hands.seqs {
        let passing = id(&engine, &hands.passing_tag(seq), d).await?;
        if passing.is_some() && passing == now {
            return Ok(match step.source {
                ImageSource::Pull | ImageSource::Build { .. } => Sight::After,
                // The name came with the archive, before the image was tried.
                ImageSource::Load { .. } => Sight::Between("the archive is loaded".to_owned()),
            });
        }
    }
    Ok(Sight::Elsewhere(format!(
        "{} leads to another image by now",
        step.reference
    )))
}

pub fn prepare(step: &ProvideImage) -> Result<Inverse, Trouble> {
    let brings = match &step.source {
        ImageSource::Pull | ImageSource::Build { .. } => Vec::new(),
        ImageSource::Load { path } => {
            archive::held(Path::new(path))
                .map_err(Trouble::Refused)?
                .ids
        }
    };
    Ok(Inverse::MoveTag {
        reference: step.reference.clone(),
        to: step.before.clone(),
        brings,
    })
}

/// With what is on record: a run that was killed while an archive was loaded has not named what
/// it brought in, and the archive has.
pub async fn stands(
    sight: Sight,
    reference: &str,
    brings: &[String],
    hands: &Hands,
    d: Deadline,
) -> Result<Sight, Trouble> {
    let Sight::Elsewhere(words) = sight else {
        return Ok(sight);
    };
    let now = id(&hands.engine()?, reference, d).await?;
    Ok(match now {
        Some(now) if brings.contains(&now) => Sight::Between("the archive is loaded".to_owned()),
        _ => Sight::Elsewhere(words),
    })
}

pub async fn left(step: &ProvideImage, hands: &Hands, d: Deadline) -> Result<After, Trouble> {
    let engine = hands.engine()?;
    Ok(json!({ "id": id(&engine, &step.reference, d).await? }))
}

pub async fn apply(step: &ProvideImage, hands: &mut Hands, seq: Seq) -> Result<After, Trouble> {
    let engine = hands.engine()?;
    let passing = hands.passing_tag(seq);
    match &step.source {
        ImageSource::Pull => pull(step, &passing, &engine, hands).await?,
        ImageSource::Build { anew, .. } => {
            let cache = if *anew { Cache::Ignored } else { Cache::Used };
            build(step, &passing, cache, &engine, hands).await?;
        }
        ImageSource::Load { path } => load::load(step, path, &passing, &engine, hands).await?,
    }
    let tried = attempt(step, &passing, &engine, hands, seq).await;
    if let Err(trouble) = tried {
        if matches!(step.source, ImageSource::Load { .. }) {
            // The archive's own name was given at once.
            put_back(&engine, &step.reference, step.before.as_deref()).await?;
        }
        return Err(trouble);
    }
    let d = Deadline::after(PATIENCE);
    if let Some(before) = &step.before {
        keep_if_last(&engine, &step.reference, before, d).await?;
    }
    engine
        .tag(&passing, &step.reference, d)
        .await
        .map_err(|error| failed(&error))?;
    left(step, hands, d).await
}

/// By the digest that the registry names, so that the name that is in use stays where it is.
async fn pull(
    step: &ProvideImage,
    passing: &str,
    engine: &Engine,
    hands: &mut Hands,
) -> Result<(), Trouble> {
    let d = Deadline::after(BRINGING);
    let credentials = crate::probe::docker::registry_login(&hands.world, &step.reference, d).await;
    (hands.tell)(News::Line(format!(
        "ask the registry for {}",
        wash(&step.reference, 300)
    )));
    let found = engine
        .in_registry(&step.reference, credentials.as_ref(), d.at_most(PATIENCE))
        .await
        .map_err(|error| in_words(step, error))?;
    if !found.platforms.is_empty() && !found.offers(&step.platform) {
        return Err(Trouble::Failed(format!(
            "the registry has {} for {}, and not for this engine's {}",
            step.reference,
            found.platforms.join(", "),
            step.platform
        )));
    }
    let reference = archive::at_digest(&step.reference, &found.digest);
    let tell = &mut hands.tell;
    let mut told = |news| (tell)(layer(news));
    let (platform, login) = (Some(step.platform.as_str()), credentials.as_ref());
    let pulled = engine.pull(&reference, platform, login, &mut told, d);
    pulled.await.map_err(|error| in_words(step, error))?;
    engine
        .tag(&reference, passing, d.at_most(PATIENCE))
        .await
        .map_err(|error| failed(&error))
}

async fn build(
    step: &ProvideImage,
    passing: &str,
    cache: Cache,
    engine: &Engine,
    hands: &mut Hands,
) -> Result<(), Trouble> {
    let context = archive::with_file("Dockerfile", recipe::DOCKERFILE.as_bytes());
    let build = Build {
        context,
        tag: passing.to_owned(),
        labels: [("clawdoctor.recipe".to_owned(), recipe::sha256())].into(),
        platform: Some(step.platform.clone()),
        cache,
    };
    let tell = &mut hands.tell;
    let mut told = |line: &str| (tell)(News::Line(line.to_owned()));
    let built = engine.build(build, &mut told, Deadline::after(BRINGING));
    built.await.map(drop).map_err(|error| failed(&error))
}

/// Whether a sandbox of this image would work, shut in as OpenClaw shuts its own in.
async fn attempt(
    step: &ProvideImage,
    passing: &str,
    engine: &Engine,
    hands: &mut Hands,
    seq: Seq,
) -> Result<(), Trouble> {
    let d = Deadline::after(PATIENCE);
    (hands.tell)(News::Line("try the image as a sandbox".to_owned()));
    let mut cmd = vec!["sh".to_owned(), "-c".to_owned(), TRIAL.to_owned()];
    cmd.push("sh".to_owned());
    cmd.extend(step.tools.iter().cloned());
    let spec = ContainerSpec {
        image: passing.to_owned(),
        cmd,
        labels: inside::marks(&hands.world),
        user: step.user.clone(),
        network: "none".to_owned(),
        read_only_root: true,
        tmpfs: ["/tmp", "/var/tmp", "/run"].map(str::to_owned).to_vec(),
        cap_drop: vec!["ALL".to_owned()],
        security_opt: vec!["no-new-privileges".to_owned()],
        memory: Some(256 << 20),
        pids_limit: Some(64),
        init: true,
        ..ContainerSpec::default()
    };
    let name = format!("clawdoctor-try-{}-{seq}", hands.run_id);
    let ran = engine
        .run_to_end(&spec, &name, None, d)
        .await
        .map_err(|error| Trouble::Failed(format!("the image does not start: {error}")))?;
    let said = String::from_utf8_lossy(&ran.stdout).into_owned();
    if ran.exit_code == 0 && said.trim_end().ends_with("well") {
        return Ok(());
    }
    let errors = String::from_utf8_lossy(&ran.stderr).into_owned();
    Err(Trouble::Failed(format!(
        "the image does not do as a sandbox (status {}): {}",
        ran.exit_code,
        wash(&format!("{} {}", said.trim(), errors.trim()), 400)
    )))
}

/// What [`Inverse::MoveTag`] holds.
pub struct Undo<'a> {
    pub reference: &'a str,
    pub to: Option<&'a str>,
    pub brings: &'a [String],
}

pub async fn revert(
    undo: &Undo<'_>,
    after: Option<&After>,
    hands: &mut Hands,
    seq: Seq,
) -> Result<(), Trouble> {
    let engine = hands.engine()?;
    let d = Deadline::after(PATIENCE);
    let (reference, passing) = (undo.reference, hands.passing_tag(seq));
    let mut now = id(&engine, reference, d).await?;
    if after.is_none() {
        // An engine that was asked by a run which was killed meanwhile may still be at it.
        for wait in LATE {
            if now.as_deref() != undo.to || id(&engine, &passing, d).await?.is_some() {
                break;
            }
            tokio::time::sleep(wait).await;
            now = id(&engine, reference, d).await?;
        }
    }
    if now.as_deref() == undo.to {
        return Ok(());
    }
    let is_ours = match (after.and_then(|after| after["id"].as_str()), &now) {
        (_, None) => true,
        (Some(made), Some(now)) => now == made,
        (None, Some(_)) => {
            now == id(&engine, &passing, d).await?
                || now.as_ref().is_some_and(|now| undo.brings.contains(now))
        }
    };
    if !is_ours {
        return Err(Trouble::Refused(format!(
            "{reference} leads to an image that somebody else gave it since"
        )));
    }
    put_back(&engine, reference, undo.to).await
}

async fn put_back(engine: &Engine, reference: &str, to: Option<&str>) -> Result<(), Trouble> {
    let d = Deadline::after(PATIENCE);
    let now = id(engine, reference, d).await?;
    if let Some(now) = &now
        && Some(now.as_str()) != to
    {
        keep_if_last(engine, reference, now, d).await?;
    }
    match (to, now) {
        (Some(to), _) => engine
            .tag(to, reference, d)
            .await
            .map_err(|error| failed(&error)),
        (None, Some(_)) => engine
            .untag(reference, d)
            .await
            .map_err(|error| failed(&error)),
        (None, None) => Ok(()),
    }
}

/// An image whose only name is about to be taken gets one of ours.
async fn keep_if_last(
    engine: &Engine,
    reference: &str,
    image: &str,
    d: Deadline,
) -> Result<(), Trouble> {
    let names = match engine.image_names(image, d).await {
        Ok(names) => names,
        Err(EngineError::NotFound(_)) => return Ok(()),
        Err(error) => return Err(failed(&error)),
    };
    if names.iter().any(|name| name != reference) {
        return Ok(());
    }
    engine
        .tag(image, &kept_name(image), d)
        .await
        .map_err(|error| failed(&error))
}

fn kept_name(image: &str) -> String {
    let digits: String = image
        .rsplit(':')
        .next()
        .unwrap_or(image)
        .chars()
        .filter(char::is_ascii_hexdigit)
        .take(12)
        .collect();
    format!("{KEPT}:{digits}")
}

/// Takes the passing name away. An image that never got another keeps one of ours, so that what
/// failed can be looked at.
pub async fn tidy(hands: &Hands, seq: Seq) {
    let Ok(engine) = hands.engine() else { return };
    let d = Deadline::after(PATIENCE);
    let passing = hands.passing_tag(seq);
    let Ok(Some(image)) = id(&engine, &passing, d).await else {
        return;
    };
    if keep_if_last(&engine, &passing, &image, d).await.is_ok() {
        // A passing name that stays is taken away by the next run's tidying.
        let _ = engine.untag(&passing, d).await;
    }
}

async fn id(engine: &Engine, reference: &str, d: Deadline) -> Result<Option<String>, Trouble> {
    match engine.image(reference, d).await {
        Ok(image) => Ok(Some(image.id)),
        Err(Why {
            kind: WhyKind::Absent,
            ..
        }) => Ok(None),
        Err(why) => Err(Trouble::Failed(why.detail)),
    }
}

fn layer(news: LayerNews) -> News {
    let (state, current, total) = match news.state {
        LayerState::Waiting => ("waiting".to_owned(), None, None),
        LayerState::Downloading { current, total } => {
            ("downloading".to_owned(), Some(current), total)
        }
        LayerState::Verifying => ("verifying".to_owned(), None, None),
        LayerState::Downloaded => ("downloaded".to_owned(), None, None),
        LayerState::Extracting { current, total } => ("extracting".to_owned(), current, total),
        LayerState::Done => ("done".to_owned(), None, None),
        LayerState::AlreadyThere => ("already there".to_owned(), None, None),
        LayerState::Other(words) => (words, None, None),
    };
    News::Layer {
        layer: news.layer,
        state,
        current,
        total,
    }
}

/// What is behind a pull that failed, and what to do about it.
fn in_words(step: &ProvideImage, error: EngineError) -> Trouble {
    let reference = &step.reference;
    let EngineError::Pull { problem, message } = &error else {
        return match error {
            EngineError::Timeout(waited) => Trouble::Failed(format!(
                "{reference} did not come within {} s: the registry or the line is slow",
                waited.as_secs()
            )),
            other => failed(&other),
        };
    };
    let words = match problem {
        PullProblem::Unreachable => "the registry cannot be reached (net/registry tells more)",
        PullProblem::Slow => "the registry is too slow to answer: try again later",
        PullProblem::RateLimited => {
            "the registry's limit is used up (429): wait, log in, or load the image with --image-tar"
        }
        PullProblem::Unauthorised => {
            "the registry wants a login, or there is no such image: docker login, then try again"
        }
        PullProblem::NotFound => "the registry has no such image or tag",
        PullProblem::NoMatchingPlatform => "the registry has it for other architectures only",
        PullProblem::Tls => "the registry's certificate is not trusted, or it does not speak TLS",
        PullProblem::NoSpace => "the engine's disk is full (docker/disk tells more)",
        PullProblem::Other => "the engine says",
    };
    Trouble::Failed(format!("{reference}: {words}: {message}"))
}

fn failed(error: &EngineError) -> Trouble {
    Trouble::Failed(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kept_image_is_named_after_its_id() {
        assert_eq!(
            kept_name("sha256:0123456789abcdef0123"),
            "clawdoctor-kept:0123456789ab"
        );
    }
}
