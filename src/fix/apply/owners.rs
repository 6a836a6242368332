//! Rights in folders and volumes: a list of what differs is kept before anything is changed, and
//! the change and its inverse both work from it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Hands, News, Sight, Trouble, own_folder, program};
use crate::deadline::Deadline;
use crate::engine::Ran;
use crate::fix::inverse::{After, Inverse, Owned};
use crate::fix::owner::guard::Rules;
use crate::fix::owner::tree::{self, Bounds};
use crate::fix::owner::volume::{self, Task, Verb};
use crate::fix::owner::{Changed, List, Owner, Problem, ProblemKind, Standing, Survey, Wish, list};
use crate::fix::record::Seq;
use crate::fix::step::{Command, OwnTree, OwnVolume, Rights};
use crate::probe::inside;
use crate::surroundings::Surroundings;

/// For a tree or a volume at the bound of what is listed.
const CHANGING: Duration = Duration::from_mins(5);
/// Kept back for the container's own start and removal.
const AROUND: Duration = Duration::from_secs(20);

impl From<Problem> for Trouble {
    fn from(problem: Problem) -> Self {
        match problem.kind {
            ProblemKind::Refused(_) | ProblemKind::MovedOn if problem.progress.is_none() => {
                Self::Refused(problem.to_string())
            }
            _ => Self::Failed(problem.to_string()),
        }
    }
}

fn list_path(hands: &Hands, seq: Seq) -> PathBuf {
    hands.folder.join(format!("{seq}.owners"))
}

/// Where the list of this name lies: beside the journal of the run, which may have moved since.
fn kept_at(hands: &Hands, list: &str) -> PathBuf {
    let name = Path::new(list).file_name().unwrap_or_default();
    hands.folder.join(name)
}

/// Writes the undo list of a step that is about to be recorded.
fn kept(survey: &Survey, hands: &mut Hands, seq: Seq) -> Result<(String, u64), Trouble> {
    let path = list_path(hands, seq);
    own_folder(&hands.folder)
        .map_err(|error| Trouble::Failed(format!("{}: {error}", hands.folder.display())))?;
    // Of a step with this number that was never recorded.
    std::fs::remove_file(&path).unwrap_or(());
    list::save(&survey.list, &path)?;
    for skipped in survey.skipped.iter().take(10) {
        (hands.tell)(News::Line(format!("left alone: {skipped}")));
    }
    let entries = u64::try_from(survey.list.entries.len()).unwrap_or(u64::MAX);
    Ok((path.display().to_string(), entries))
}

// ---- folders of this machine

fn rules(hands: &Hands, within: &[String]) -> Rules {
    crate::fix::plan::rules(&hands.world.operator, within)
}

fn wish(rights: Rights) -> Wish {
    match rights {
        Rights::Owner { uid, gid } => Wish::Owner(Owner { uid, gid }),
        Rights::OwnerMayWrite { uid } => Wish::OwnerAccess { uid },
    }
}

/// On a thread of its own: a folder may lie on a dead network mount.
async fn blocking<T: Send + 'static>(
    d: Deadline,
    work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
) -> Result<T, Trouble> {
    match d.bound(tokio::task::spawn_blocking(work)).await {
        Ok(Ok(done)) => Ok(done?),
        Ok(Err(error)) => Err(Trouble::Failed(error.to_string())),
        Err(_) => Err(Trouble::Failed("the folder took too long".to_owned())),
    }
}

pub async fn look_tree(step: &OwnTree, hands: &Hands, d: Deadline) -> Result<Sight, Trouble> {
    let (rules, root, wish) = (
        rules(hands, &step.within),
        PathBuf::from(&step.root),
        wish(step.wish),
    );
    let survey = blocking(d.later(CHANGING), move || {
        tree::survey(&root, wish, &rules, Bounds::until(d))
    })
    .await?;
    Ok(if survey.list.entries.is_empty() {
        Sight::After
    } else {
        Sight::Before
    })
}

pub async fn prepare_tree(
    step: &OwnTree,
    hands: &mut Hands,
    seq: Seq,
    d: Deadline,
) -> Result<Inverse, Trouble> {
    let (rules, root, wish) = (
        rules(hands, &step.within),
        PathBuf::from(&step.root),
        wish(step.wish),
    );
    let survey = blocking(d.later(CHANGING), move || {
        tree::survey(&root, wish, &rules, Bounds::until(d))
    })
    .await?;
    let (list, entries) = kept(&survey, hands, seq)?;
    Ok(Inverse::RestoreOwners {
        place: Owned::Tree {
            root: step.root.clone(),
            within: step.within.clone(),
        },
        list,
        entries,
    })
}

pub async fn apply_tree(step: &OwnTree, list: &str, hands: &mut Hands) -> Result<After, Trouble> {
    if gives_away(step.wish) && hands.world.operator.uid != 0 {
        as_root(OwnVerb::Change, list, &step.within, hands).await?;
        return Ok(After::Null);
    }
    let rules = rules(hands, &step.within);
    let d = Deadline::after(CHANGING);
    let path = kept_at(hands, list);
    let changed = blocking(d.later(AROUND), move || {
        tree::change(&list::load(&path)?, &rules, d)
    })
    .await?;
    (hands.tell)(News::Line(format!("{} changed", changed.changed)));
    Ok(After::Null)
}

/// Only root may give files away.
fn gives_away(rights: Rights) -> bool {
    matches!(rights, Rights::Owner { .. })
}

/// What this program is asked to do as root, with a list that was made and kept before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnVerb {
    Change,
    Restore,
}

/// This very program once more, by sudo, for the one change that needs root: it holds to the same
/// rules and works from the same list, and writes nothing else.
async fn as_root(
    verb: OwnVerb,
    list: &str,
    within: &[String],
    hands: &mut Hands,
) -> Result<(), Trouble> {
    let program = std::env::current_exe().map_err(|error| Trouble::Failed(error.to_string()))?;
    let program = program.to_string_lossy().into_owned();
    let home = hands.world.operator.home.to_string_lossy().into_owned();
    let word = match verb {
        OwnVerb::Change => "change",
        OwnVerb::Restore => "restore",
    };
    let list = kept_at(hands, list).to_string_lossy().into_owned();
    let mut argv = vec![program, "own".to_owned(), word.to_owned(), list];
    argv.extend(["--home".to_owned(), home]);
    for folder in within {
        argv.extend(["--within".to_owned(), folder.clone()]);
    }
    let command = Command {
        argv,
        as_root: true,
    };
    (hands.tell)(News::Line(program::shown(&command)));
    let output = program::run(&command, hands, Deadline::after(CHANGING)).await?;
    if output.success() {
        return Ok(());
    }
    Err(Trouble::Failed(program::complaint(&command, &output)))
}

/// What `own` does as root: nothing that the list does not say, and nothing outside the rules.
pub fn own(verb: OwnVerb, path: &Path, home: &Path, within: &[String]) -> Result<Changed, Problem> {
    let list = list::load(path)?;
    let d = Deadline::after(CHANGING);
    let operator = Surroundings {
        home: home.to_path_buf(),
        ..Surroundings::default()
    };
    let rules = crate::fix::plan::rules(&operator, within);
    match verb {
        OwnVerb::Change => tree::change(&list, &rules, d),
        OwnVerb::Restore => tree::restore(&list, &rules, d),
    }
}

// ---- named volumes

pub async fn look_volume(step: &OwnVolume, hands: &Hands, d: Deadline) -> Result<Sight, Trouble> {
    let survey = survey_volume(step, hands, d).await?;
    Ok(if survey.list.entries.is_empty() {
        Sight::After
    } else {
        Sight::Before
    })
}

pub async fn prepare_volume(
    step: &OwnVolume,
    hands: &mut Hands,
    seq: Seq,
    d: Deadline,
) -> Result<Inverse, Trouble> {
    let survey = survey_volume(step, hands, d).await?;
    // By its id: the name may lead to an image that cannot help by the time of an undo.
    let image = hands.engine()?.image(&step.image, d).await;
    let image = image.map_err(|why| Trouble::Failed(why.detail))?.id;
    let (list, entries) = kept(&survey, hands, seq)?;
    Ok(Inverse::RestoreOwners {
        place: Owned::Volume {
            name: step.volume.clone(),
            image,
        },
        list,
        entries,
    })
}

async fn survey_volume(step: &OwnVolume, hands: &Hands, d: Deadline) -> Result<Survey, Trouble> {
    let helper = Helper::wanted(step);
    let ran = helper.run(Verb::Survey, None, hands, d).await?;
    Ok(volume::survey(
        &step.volume,
        helper.owner,
        &Helper::answer(&ran),
    )?)
}

pub async fn apply_volume(
    step: &OwnVolume,
    list: &str,
    hands: &mut Hands,
) -> Result<After, Trouble> {
    let list = list::load(&kept_at(hands, list))?;
    let helper = Helper::wanted(step);
    let d = Deadline::after(CHANGING);
    let ran = helper.run(Verb::Change, Some(&list), hands, d).await?;
    let changed = volume::changed(&list, &Helper::answer(&ran))?;
    (hands.tell)(News::Line(format!("{} changed", changed.changed)));
    Ok(After::Null)
}

/// One helper container with a volume.
struct Helper<'a> {
    volume: &'a str,
    image: &'a str,
    owner: Owner,
}

impl<'a> Helper<'a> {
    /// For the volume that a list was made of.
    fn of(volume: &'a str, image: &'a str, list: &List) -> Result<Self, Trouble> {
        let Wish::Owner(owner) = list.wish else {
            return Err(Trouble::Failed("the list is of no volume".to_owned()));
        };
        Ok(Self {
            volume,
            image,
            owner,
        })
    }

    /// For what a step wants of one.
    fn wanted(step: &'a OwnVolume) -> Self {
        Self {
            volume: &step.volume,
            image: &step.image,
            owner: Owner {
                uid: step.uid,
                gid: step.gid,
            },
        }
    }

    async fn run(
        &self,
        verb: Verb,
        list: Option<&List>,
        hands: &Hands,
        d: Deadline,
    ) -> Result<Ran, Trouble> {
        let engine = hands.engine()?;
        // A mount would make the volume that is not there.
        match engine.has_volume(self.volume, d).await {
            Ok(true) => {}
            Ok(false) => {
                return Err(Trouble::Refused(format!(
                    "there is no volume {} any more",
                    self.volume
                )));
            }
            Err(why) => return Err(Trouble::Failed(why.detail)),
        }
        let task = Task {
            verb,
            volume: self.volume,
            owner: self.owner,
            image: self.image,
            labels: inside::marks(&hands.world),
            seconds: d.remaining().saturating_sub(AROUND).as_secs().max(5),
        };
        let spec = volume::spec(&task)?;
        let input = list.map(volume::input).transpose()?;
        // Of this process: the one of a run that was killed may still be there.
        let name = format!("clawdoctor-owners-{}", hands.world.run_id);
        engine
            .run_to_end(&spec, &name, input, d)
            .await
            .map_err(|error| volume::not_started(self.image, &error.to_string()).into())
    }

    fn answer(ran: &Ran) -> volume::Answer<'_> {
        volume::Answer {
            exit_code: ran.exit_code,
            stdout: &ran.stdout,
            stderr: &ran.stderr,
        }
    }
}

// ---- the inverse of both

pub async fn revert(place: &Owned, path: &str, hands: &mut Hands) -> Result<(), Trouble> {
    let d = Deadline::after(CHANGING);
    let list = list::load(&kept_at(hands, path))?;
    match place {
        Owned::Tree { root, within } => {
            // What is configured no longer was so when the list was made.
            let mut within = within.clone();
            within.push(root.clone());
            if matches!(list.wish, Wish::Owner(_)) && hands.world.operator.uid != 0 {
                return as_root(OwnVerb::Restore, path, &within, hands).await;
            }
            let rules = rules(hands, &within);
            blocking(d.later(AROUND), move || tree::restore(&list, &rules, d)).await?;
        }
        Owned::Volume { name, image } => {
            let helper = Helper::of(name, image, &list)?;
            let ran = helper.run(Verb::Restore, Some(&list), hands, d).await?;
            volume::changed(&list, &Helper::answer(&ran))?;
        }
    }
    Ok(())
}

/// Between what it was and what was wished for, from the list that was kept.
pub async fn stands(place: &Owned, path: &str, hands: &Hands) -> Result<Sight, Trouble> {
    Ok(match standing(place, path, hands).await? {
        Standing::Untouched => Sight::Before,
        Standing::Done => Sight::After,
        Standing::Halfway { done, left } => Sight::Between(format!("{done} of {}", done + left)),
        Standing::MovedOn(words) => Sight::Elsewhere(words),
    })
}

async fn standing(place: &Owned, path: &str, hands: &Hands) -> Result<Standing, Trouble> {
    let d = Deadline::after(CHANGING);
    let list = list::load(&kept_at(hands, path))?;
    match place {
        Owned::Tree { root, within } => {
            let mut within = within.clone();
            within.push(root.clone());
            let rules = rules(hands, &within);
            blocking(d.later(AROUND), move || tree::standing(&list, &rules, d)).await
        }
        Owned::Volume { name, image } => {
            let helper = Helper::of(name, image, &list)?;
            let ran = helper.run(Verb::Standing, Some(&list), hands, d).await?;
            Ok(volume::standing(&list, &Helper::answer(&ran))?)
        }
    }
}
