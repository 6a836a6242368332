//! What must not stay: the guard of one probe, the end of a run, and what dead runs left.

use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime};

use futures_util::future::join_all;

use super::super::World;
use super::owner::Owner;
use super::{OWNER_LABEL, PROBE_LABEL, RUN_LABEL};
use crate::deadline::Deadline;
use crate::engine::{Engine, EngineError};
use crate::facts::{Facts, Why};

/// What a run that cannot be asked about may take; a probe ends by itself long before.
const OLD: Duration = Duration::from_hours(1);
const OWNER_FILE: &str = "owner";
/// A create call that was given up may still make its container a moment later.
const LATE: [Duration; 4] = [Duration::from_millis(150); 4];

/// Longest wait, after an interruption, for the answer to a create call.
const UNANSWERED: Duration = Duration::from_millis(1800);
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// Made before the container it answers for, so that no way out of the run forgets it.
pub struct Guard {
    engine: Engine,
    name: String,
    /// Folders and files on this machine.
    leftovers: Vec<PathBuf>,
    armed: bool,
}

impl Guard {
    pub fn new(engine: &Engine, name: &str) -> Self {
        Self {
            engine: engine.clone(),
            name: name.to_owned(),
            leftovers: Vec::new(),
            armed: true,
        }
    }

    pub fn add(&mut self, path: PathBuf) {
        self.leftovers.push(path);
    }

    /// Removes what was made. When the engine fails at it, a later sweep will find it.
    pub async fn remove(mut self, d: Deadline) -> Result<(), EngineError> {
        let removed = self.engine.remove(&self.name, d).await;
        discard(&self.leftovers);
        self.armed = removed.is_err();
        removed
    }
}

impl Drop for Guard {
    /// The run was given up: nobody will poll us again, and the runtime may be on its way out.
    fn drop(&mut self) {
        if !self.armed {
            return;
        }
        let (engine, name) = (self.engine.clone(), std::mem::take(&mut self.name));
        let leftovers = std::mem::take(&mut self.leftovers);
        std::thread::spawn(move || {
            if let Ok(runtime) = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
            {
                runtime.block_on(async {
                    let d = Deadline::after(Duration::from_secs(3));
                    for wait in LATE {
                        // An engine that fails now is asked again by the next run's sweep.
                        let _ = engine.remove(&name, d).await;
                        tokio::time::sleep(wait).await;
                    }
                });
            }
            discard(&leftovers);
        });
    }
}

fn discard(leftovers: &[PathBuf]) {
    for path in leftovers {
        // A file that is not there is what we want; a folder that is in use is found by a sweep.
        let _ = if path.is_dir() {
            std::fs::remove_dir_all(path)
        } else {
            std::fs::remove_file(path)
        };
    }
}

/// Where probes of all runs have their folders.
fn folder(world: &World) -> PathBuf {
    world.operator.state_dir().join("probe")
}

/// This run's folder, made with its owner's mark in it.
pub fn run_folder(world: &World) -> std::io::Result<PathBuf> {
    use std::os::unix::fs::DirBuilderExt as _;
    let path = folder(world).join(&world.run_id);
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true).mode(0o700);
    // Another run may just be removing the empty folder above.
    builder.create(&path).or_else(|_| builder.create(&path))?;
    std::fs::write(path.join(OWNER_FILE), Owner::this().to_string())?;
    Ok(path)
}

/// Removes this run's folder, and the one above when nothing else is in it.
pub fn close_folder(world: &World) {
    discard(&[folder(world).join(&world.run_id)]);
    let _ = std::fs::remove_dir(folder(world));
}

/// Removes everything that this run made: for a run that was interrupted.
pub async fn clean_up(world: &World, facts: &Facts, d: Deadline) -> Result<usize, Why> {
    let engine = super::super::docker::connect(facts)?;
    let label = format!("{RUN_LABEL}={}", world.run_id);
    let mut count = 0;
    let patience = d.at_most(UNANSWERED);
    while world.creating.load(Ordering::Relaxed) > 0 && patience.remaining() > Duration::ZERO {
        tokio::time::sleep(LOOK_AGAIN).await;
    }
    for wait in LATE {
        let ours: Vec<String> = engine
            .list(&label, true, d)
            .await?
            .into_iter()
            .map(|one| one.id)
            .collect();
        count += remove_all(&engine, &ours, d).await?;
        // A create call that was cut off may end after we looked.
        tokio::time::sleep(wait.min(d.remaining())).await;
    }
    close_folder(world);
    Ok(count)
}

/// Removes what runs left behind that were killed: containers with our label whose owner is gone,
/// and their folders. How many containers those were.
pub async fn sweep(world: &World, facts: &Facts, d: Deadline) -> Result<usize, Why> {
    sweep_folders(&folder(world));
    let engine = super::super::docker::connect(facts)?;
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    let dead: Vec<String> = engine
        .list(&format!("{PROBE_LABEL}=1"), true, d)
        .await?
        .into_iter()
        .filter(|one| {
            let owner = one.labels.get(OWNER_LABEL).and_then(|o| Owner::parse(o));
            let made = u64::try_from(one.created_unix).unwrap_or(0);
            is_abandoned(
                owner.as_ref(),
                Duration::from_secs(now.saturating_sub(made)),
            )
        })
        .map(|one| one.id)
        .collect();
    remove_all(&engine, &dead, d).await
}

/// Without a word on its owner, or with one of another machine, only age tells.
fn is_abandoned(owner: Option<&Owner>, age: Duration) -> bool {
    match owner.and_then(Owner::is_alive) {
        Some(alive) => !alive,
        None => age > OLD,
    }
}

async fn remove_all(engine: &Engine, ids: &[String], d: Deadline) -> Result<usize, Why> {
    let removed = join_all(ids.iter().map(|id| engine.remove(id, d))).await;
    for result in removed {
        result.map_err(|error| error.to_why())?;
    }
    Ok(ids.len())
}

fn sweep_folders(folder: &Path) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        // Nothing was ever left here.
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        let owner = std::fs::read_to_string(path.join(OWNER_FILE))
            .ok()
            .and_then(|text| Owner::parse(&text));
        let age = entry
            .metadata()
            .and_then(|about| about.modified())
            .ok()
            .and_then(|made| made.elapsed().ok())
            .unwrap_or_default();
        if is_abandoned(owner.as_ref(), age) {
            discard(&[path]);
        }
    }
    let _ = std::fs::remove_dir(folder);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn world(state: &Path) -> World {
        let mut world = World {
            run_id: "00112233aabbccdd".to_owned(),
            ..World::default()
        };
        let dir = state.to_str().expect("a temporary path").to_owned();
        world
            .operator
            .env
            .insert("CLAWDOCTOR_STATE_DIR".to_owned(), dir);
        world
    }

    #[test]
    fn folders_of_dead_runs_go_and_those_of_living_ones_stay() {
        let state = tempfile::tempdir().expect("a folder");
        let world = world(state.path());
        let mine = run_folder(&world).expect("made");
        let dead = folder(&world).join("dead");
        std::fs::create_dir_all(dead.join("0")).expect("made");
        let mut owner = Owner::this();
        owner.started -= 1000;
        std::fs::write(dead.join(OWNER_FILE), owner.to_string()).expect("written");
        let unmarked = folder(&world).join("unmarked");
        std::fs::create_dir_all(&unmarked).expect("made");
        sweep_folders(&folder(&world));
        assert!(mine.exists() && unmarked.exists() && !dead.exists());
    }

    #[test]
    fn a_closed_run_leaves_no_folder() {
        let state = tempfile::tempdir().expect("a folder");
        let world = world(state.path());
        run_folder(&world).expect("made");
        close_folder(&world);
        assert_eq!(std::fs::read_dir(state.path()).expect("there").count(), 0);
    }

    #[test]
    fn without_a_known_owner_only_age_tells() {
        assert!(!is_abandoned(None, Duration::from_mins(1)));
        assert!(is_abandoned(None, OLD * 2));
        assert!(!is_abandoned(Some(&Owner::this()), OLD * 2));
    }
}
