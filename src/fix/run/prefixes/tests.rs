//! Every instant at which a run can be killed, without engine and OpenClaw: each prefix of its
//! journal, with the world as a kill at that point could have left it.

#![expect(
    clippy::disallowed_methods,
    reason = "sets up and looks at the world that is tested"
)]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, lchown, symlink};
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::checklist::check::Risk;
use crate::digest::Sha256;
use crate::fix::journal;
use crate::fix::record::{self, RunId, VERSION};
use crate::fix::step::{EditJson, OwnTree, PlaceFile, PlaceLink, Rights, Setting};
use crate::fix::trial;
use crate::probe::World;

const RUN: &str = "20260730-205650123-4711";

/// A kind of step; its number within the run says where it works.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Edit,
    /// Of a file that is not there.
    Write,
    File,
    Link,
    Tree,
}

/// A folder that is repaired, and the state folder beside it.
struct Ground {
    folder: tempfile::TempDir,
}

/// One path: its kind, owner and mode, and what is in it.
type Entry = (u32, u32, u32, Vec<u8>);
/// All that is in the folder, by path.
type Picture = BTreeMap<PathBuf, Entry>;

impl Ground {
    fn new(kinds: &[Kind]) -> Self {
        let ground = Self {
            folder: tempfile::tempdir().expect("a folder"),
        };
        fs::create_dir(ground.world()).expect("ours");
        for (number, kind) in kinds.iter().enumerate() {
            let place = ground.place(number);
            fs::create_dir(&place).expect("ours");
            match kind {
                Kind::Edit => {
                    let path = place.join("a.json");
                    fs::write(&path, "{ \"other\" :[1,  2],\n\t\"mode\":\"off\" }").expect("ours");
                    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("ours");
                }
                Kind::Write | Kind::File | Kind::Link => {}
                Kind::Tree => {
                    fs::create_dir(place.join("d")).expect("ours");
                    for name in ["a", "d/b", "c"] {
                        let path = place.join(name);
                        fs::write(&path, name).expect("ours");
                        fs::set_permissions(&path, fs::Permissions::from_mode(0o440))
                            .expect("ours");
                    }
                }
            }
        }
        ground
    }

    fn world(&self) -> PathBuf {
        self.folder.path().join("world")
    }

    fn state(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    fn place(&self, number: usize) -> PathBuf {
        self.world().join(number.to_string())
    }

    fn step(&self, number: usize, kind: Kind) -> Step {
        let place = self.place(number);
        let text = |path: PathBuf| path.display().to_string();
        let setting = Setting {
            keys: vec!["deep".to_owned(), "mode".to_owned()],
            before: None,
            to: Some(json!({"on": number})),
        };
        let edit = |name: &str, sha256| {
            Step::EditJson(EditJson {
                path: text(place.join(name)),
                sha256,
                settings: vec![setting.clone()],
                diff: String::new(),
                reader: None,
            })
        };
        match kind {
            Kind::Edit => {
                let bytes = fs::read(place.join("a.json")).expect("planted");
                edit("a.json", Some(Sha256::of(&bytes).to_string()))
            }
            Kind::Write => edit("new.json", None),
            Kind::File => Step::PlaceFile(PlaceFile {
                path: text(place.join("x/y/z.yml")),
                content: "services: {}\n".to_owned(),
                mode: "640".to_owned(),
            }),
            Kind::Link => Step::PlaceLink(PlaceLink {
                path: text(place.join("docker")),
                target: "/usr/bin/docker".to_owned(),
            }),
            Kind::Tree => Step::OwnTree(OwnTree {
                root: text(place.clone()),
                wish: wish(),
                within: vec![text(place)],
            }),
        }
    }

    fn picture(&self) -> Picture {
        let mut picture = Picture::new();
        picture_of(&self.world(), &mut picture);
        picture
    }

    /// Makes the folder look so. What is there stays the same file, by which undo lists know it.
    fn become_like(&self, picture: &Picture) {
        let now = self.picture();
        for path in now.keys().rev().filter(|path| !picture.contains_key(*path)) {
            let is_folder = path.symlink_metadata().expect("there").is_dir();
            let gone = if is_folder {
                fs::remove_dir(path)
            } else {
                fs::remove_file(path)
            };
            gone.expect("ours");
        }
        for (path, entry) in picture {
            let (mode, uid, gid, content) = entry;
            let old = now.get(path);
            if old == Some(entry) {
                continue;
            }
            let bytes = content.as_slice();
            match (mode & 0o170_000, old) {
                (0o040_000, None) => fs::create_dir(path).expect("ours"),
                (0o120_000, None) => symlink(as_path(bytes), path).expect("ours"),
                (0o100_000, None) => fs::write(path, bytes).expect("ours"),
                (0o100_000, Some(old)) if old.3 != *content => {
                    fs::write(path, bytes).expect("ours");
                }
                _ => {}
            }
            lchown(path, Some(*uid), Some(*gid)).expect("ours to give");
            if mode & 0o170_000 != 0o120_000 {
                fs::set_permissions(path, fs::Permissions::from_mode(mode & 0o7777)).expect("ours");
            }
        }
    }

    /// The run as the next process finds it: from its journal alone.
    fn reopened(&self, path: &Path) -> Run {
        let lines = journal::read::<Intended>(path).expect("a journal");
        assert_eq!(journal::faults(&lines), [""; 0]);
        let state = RunState::fold(journal::records(lines));
        assert_eq!(state.oddities, [""; 0]);
        self.run(Journal::resume(path).expect("a journal"), state)
    }

    fn run(&self, journal: Journal, state: RunState<Intended>) -> Run {
        let mut world = World::default();
        world.operator.home = self.folder.path().join("home");
        (world.operator.uid, world.operator.gid) = me();
        let folder = journal.path().with_extension("");
        Run {
            hands: Hands {
                world,
                endpoint: None,
                run_id: id(),
                folder,
                seqs: state.steps.keys().copied().collect(),
                left: BTreeMap::new(),
                busy: false,
                tell: Box::new(|_| ()),
            },
            journal,
            state,
        }
    }
}

fn picture_of(folder: &Path, picture: &mut Picture) {
    for entry in fs::read_dir(folder).expect("ours") {
        let path = entry.expect("an entry").path();
        let data = path.symlink_metadata().expect("there");
        let content = if data.is_symlink() {
            let target = fs::read_link(&path).expect("a link");
            target.into_os_string().into_encoded_bytes()
        } else if data.is_file() {
            fs::read(&path).expect("ours")
        } else {
            picture_of(&path, picture);
            Vec::new()
        };
        let entry = (data.mode(), data.uid(), data.gid(), content);
        picture.insert(path, entry);
    }
}

fn as_path(bytes: &[u8]) -> &Path {
    Path::new(std::str::from_utf8(bytes).expect("a path of ours"))
}

fn id() -> RunId {
    RunId::try_from(RUN.to_owned()).expect("a name")
}

fn me() -> (u32, u32) {
    (
        nix::unistd::geteuid().as_raw(),
        nix::unistd::getegid().as_raw(),
    )
}

/// Owners where we may give them, else what an owner may do.
fn wish() -> Rights {
    match me() {
        (0, _) => Rights::Owner {
            uid: 1000,
            gid: 1001,
        },
        (uid, _) => Rights::OwnerMayWrite { uid },
    }
}

fn header() -> record::Run {
    record::Run {
        version: VERSION,
        run_id: id(),
        tool: "clawdoctor 0.1.0".to_owned(),
        started_at: jiff::Timestamp::UNIX_EPOCH,
        uid: me().0,
        user: "ada".to_owned(),
        argv: Vec::new(),
    }
}

/// A run and its undoing, to the end, with a picture of the world at each step.
struct Told {
    ground: Ground,
    repairs: Vec<Repair>,
    journal: PathBuf,
    /// With their ends.
    lines: Vec<Vec<u8>>,
    /// Before the first step, after the first, …, after the last.
    pictures: Vec<Picture>,
}

/// `ends` says of each step whether its repair ends with it.
async fn tell(kinds: &[Kind], ends: &[bool]) -> Told {
    let ground = Ground::new(kinds);
    let mut repairs: Vec<Repair> = Vec::new();
    let mut steps = Vec::new();
    for (number, kind) in kinds.iter().enumerate() {
        steps.push(ground.step(number, *kind));
        if ends[number] || number + 1 == kinds.len() {
            let mut repair = trial::repair(&format!("a/{number}"), Risk::Safe);
            repair.steps = std::mem::take(&mut steps);
            repairs.push(repair);
        }
    }
    let mut pictures = vec![ground.picture()];
    let journal = Journal::begin(&ground.state(), &header()).expect("a journal");
    let path = journal.path().to_owned();
    let mut state = RunState::fold([]);
    state.add(Record::Run(header()));
    let mut run = ground.run(journal, state);
    let mut seen = |event: Event<'_>| {
        if let Event::StepDone { .. } = event {
            pictures.push(ground.picture());
        }
    };
    for repair in &repairs {
        let became = run.repair(repair, &mut seen).await.expect("a journal");
        let steps = repair.steps.len();
        assert_eq!(became, Became::Applied { steps }, "{repair:?}");
    }
    let seqs = run.state.to_undo();
    assert!(run.take_back(&seqs, &mut |_| ()).await.expect("a journal"));
    assert_eq!(&ground.picture(), &pictures[0], "undoing is the identity");
    let text = fs::read(&path).expect("a journal");
    let lines = text.split_inclusive(|byte| *byte == b'\n');
    let lines = lines.map(<[u8]>::to_vec).collect();
    Told {
        ground,
        repairs,
        journal: path,
        lines,
        pictures,
    }
}

impl Told {
    /// What a kill after so many whole lines can have left.
    fn possible(&self, lines: usize) -> Vec<Picture> {
        let steps = self.pictures.len() - 1;
        let record: Record<Intended> =
            serde_json::from_slice(&self.lines[lines - 1]).expect("a record");
        let between = |seq: Seq| {
            let after = seq as usize;
            let (before, after) = (&self.pictures[after - 1], &self.pictures[after]);
            let mut possible = vec![before.clone(), after.clone()];
            possible.extend(halves(before, after));
            possible
        };
        match record {
            Record::Intent { seq, .. } | Record::Undoing { seq } => between(seq),
            Record::Done { seq, .. } => vec![self.pictures[seq as usize].clone()],
            Record::Undone { seq } => vec![self.pictures[seq as usize - 1].clone()],
            Record::Run(_) => vec![self.pictures[0].clone()],
            other => panic!("{steps} steps without trouble do not tell {other:?}"),
        }
    }

    /// The journal up to there, and a part of the line that a kill has torn.
    fn cut(&self, lines: usize, torn: usize) {
        let mut text = self.lines[..lines].concat();
        if let Some(next) = self.lines.get(lines) {
            text.extend(&next[..torn.min(next.len() - 2)]);
        }
        fs::write(&self.journal, text).expect("ours");
    }

    async fn undone(&self) -> Picture {
        let mut run = self.ground.reopened(&self.journal);
        let settled = run.settle(&mut |_| ()).await.expect("a journal");
        assert!(!matches!(settled, Settled::Stuck { .. }), "{settled:?}");
        let mut run = self.ground.reopened(&self.journal);
        let seqs = run.state.to_undo();
        assert!(run.take_back(&seqs, &mut |_| ()).await.expect("a journal"));
        self.ground.picture()
    }

    /// Without being brought to rest before.
    async fn undone_at_once(&self) -> Picture {
        let mut run = self.ground.reopened(&self.journal);
        let seqs = run.state.to_undo();
        assert!(run.take_back(&seqs, &mut |_| ()).await.expect("a journal"));
        self.ground.picture()
    }

    async fn finished(&self) -> Picture {
        let mut run = self.ground.reopened(&self.journal);
        let settled = run.settle(&mut |_| ()).await.expect("a journal");
        assert!(!matches!(settled, Settled::Stuck { .. }), "{settled:?}");
        let mut run = self.ground.reopened(&self.journal);
        for repair in &self.repairs {
            let became = run.repair(repair, &mut |_| ()).await.expect("a journal");
            assert!(matches!(became, Became::Applied { .. }), "{became:?}");
        }
        self.ground.picture()
    }
}

/// Some of the worlds in the middle of a step: a part of what it changes is changed, and the new
/// content of a file lies half-written beside it, or whole.
fn halves(before: &Picture, after: &Picture) -> Vec<Picture> {
    let mut halves = Vec::new();
    let mut half = before.clone();
    // Outer folders come first, as they are made first.
    for (path, entry) in after {
        if half.get(path) == Some(entry) {
            continue;
        }
        let is_file = entry.0 & 0o170_000 == 0o100_000;
        let is_new_content = before.get(path).is_none_or(|old| old.3 != entry.3);
        if is_file && is_new_content {
            let digest = Sha256::of(path.file_name().expect("a file").as_encoded_bytes());
            let name = format!(".clawdoctor-{RUN}-{}.new", &digest.as_str()[..8]);
            let fresh = path.with_file_name(name);
            for length in [0, entry.3.len() / 2, entry.3.len()] {
                let mut half = half.clone();
                let (uid, gid) = me();
                let part = entry.3[..length].to_vec();
                half.insert(fresh.clone(), (0o100_600, uid, gid, part));
                halves.push(half);
            }
        }
        half.insert(path.clone(), entry.clone());
        halves.push(half.clone());
    }
    halves
}

async fn every_kill_is_survived(kinds: Vec<Kind>, ends: Vec<bool>, torn: usize) {
    let told = tell(&kinds, &ends).await;
    let (first, last) = (
        &told.pictures[0],
        told.pictures.last().expect("at least one"),
    );
    for lines in 1..=told.lines.len() {
        for (number, world) in told.possible(lines).iter().enumerate() {
            let what = format!("killed after {lines} lines, world {number}");
            for way in 0..3 {
                told.ground.become_like(world);
                told.cut(lines, torn);
                let (wanted, got) = match way {
                    0 => (first, told.undone().await),
                    1 => (first, told.undone_at_once().await),
                    _ => (last, told.finished().await),
                };
                assert_eq!(wanted, &got, "{what}, way {way}, {kinds:?}");
            }
        }
    }
}

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![
        Just(Kind::Edit),
        Just(Kind::Write),
        Just(Kind::File),
        Just(Kind::Link),
        Just(Kind::Tree),
    ]
}

fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(future)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4, max_shrink_iters: 20, ..ProptestConfig::default() })]
    #[test]
    fn whatever_a_kill_leaves_can_be_finished_and_taken_back(
        kinds in prop::collection::vec(kind(), 1..4),
        ends in prop::collection::vec(any::<bool>(), 4),
        torn in 0_usize..2000,
    ) {
        wait(every_kill_is_survived(kinds, ends, torn));
    }
}

#[test]
fn each_kind_of_step_survives_a_kill() {
    for kind in [Kind::Edit, Kind::Write, Kind::File, Kind::Link, Kind::Tree] {
        wait(every_kill_is_survived(vec![kind], vec![true], 7));
    }
}

/// A file that appears has two names for a moment.
#[test]
fn a_kill_between_the_two_names_of_a_new_file_is_survived() {
    for kind in [Kind::Write, Kind::File] {
        wait(async {
            let told = tell(&[kind], &[true]).await;
            let step = told.ground.step(0, kind);
            let target = Path::new(step.subject());
            for is_undone in [true, false] {
                told.ground.become_like(&told.pictures[1]);
                told.cut(2, 0);
                let digest = Sha256::of(target.file_name().expect("a file").as_encoded_bytes());
                let name = format!(".clawdoctor-{RUN}-{}.new", &digest.as_str()[..8]);
                fs::hard_link(target, target.with_file_name(name)).expect("ours");
                if is_undone {
                    assert_eq!(told.undone_at_once().await, told.pictures[0]);
                } else {
                    assert_eq!(told.finished().await, told.pictures[1]);
                }
            }
        });
    }
}

#[test]
fn what_somebody_wrote_since_the_kill_is_left_alone() {
    wait(async {
        let told = tell(&[Kind::Edit], &[true]).await;
        let step = told.ground.step(0, Kind::Edit);
        for world in &told.pictures {
            told.ground.become_like(world);
            told.cut(2, 0);
            fs::write(step.subject(), "{\"mine\": 1}").expect("ours");
            let mut run = told.ground.reopened(&told.journal);
            let settled = run.settle(&mut |_| ()).await.expect("a journal");
            assert!(matches!(settled, Settled::Stuck { .. }), "{settled:?}");
            let text = fs::read_to_string(step.subject()).expect("there");
            assert_eq!(text, "{\"mine\": 1}");
        }
    });
}
