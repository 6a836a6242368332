//! The programs that are compared.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::screen::Screen;

pub struct Peer {
    pub name: &'static str,
    pub program: PathBuf,
    pub args: Vec<String>,
    /// Typed when it has come up, so that what is looked for comes into view.
    pub keys: &'static str,
    /// Where what has gone is shown, if anywhere.
    dead: &'static str,
    /// What it says of an engine that is lost, if anything.
    pub lost: Option<&'static str>,
}

impl Peer {
    /// How many of these it still shows, once it was asked for what has gone.
    pub fn known_afterwards(&self, screen: &mut Screen, names: &[String]) -> usize {
        let mut known = vec![false; names.len()];
        // What has gone, page by page: behind them stand those of the engine's memory.
        let page = if self.dead.is_empty() { "" } else { "\x1b[6~" };
        for keys in [self.dead, page, page] {
            screen.type_keys(keys);
            std::thread::sleep(std::time::Duration::from_secs(1));
            for (known, name) in known.iter_mut().zip(names) {
                *known |= screen.shows(name);
            }
        }
        known.iter().filter(|known| **known).count()
    }
}

/// Ours first. One that is not installed is said to be missing.
pub fn peers() -> Vec<Peer> {
    let words = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect();
    let all = [
        Peer {
            name: "clawdoctor",
            program: std::env::var_os("CLAWDOCTOR_BENCH_PROGRAM").map_or_else(ours, PathBuf::from),
            args: words(&["watch"]),
            keys: "",
            dead: "d",
            lost: Some("ENGINE LOST"),
        },
        Peer {
            name: "dtop",
            program: PathBuf::from("dtop"),
            args: Vec::new(),
            keys: "",
            dead: "",
            lost: Some("connection lost"),
        },
        Peer {
            name: "oxker",
            program: PathBuf::from("oxker"),
            args: Vec::new(),
            // By name, descending, from the top.
            keys: "11",
            dead: "",
            lost: None,
        },
        Peer {
            name: "docker stats",
            program: PathBuf::from("docker"),
            args: words(&["stats"]),
            keys: "",
            dead: "",
            lost: None,
        },
    ];
    all.into_iter()
        .filter_map(|mut peer| {
            let Some(path) = found(&peer.program) else {
                println!("{} is not installed: left out", peer.name);
                return None;
            };
            peer.program = path;
            Some(peer)
        })
        .collect()
}

/// As its users have it. The one that cargo makes for a bench carries what the tests' packages ask
/// of the packages that both use (tables of Unicode, for one): half a MiB more in memory.
fn ours() -> PathBuf {
    let status = Command::new(env!("CARGO"))
        .args(["build", "--release", "--quiet", "--bin", "clawdoctor"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status();
    assert!(
        status.is_ok_and(|status| status.success()),
        "cargo build --release has failed"
    );
    PathBuf::from(env!("CARGO_BIN_EXE_clawdoctor"))
}

fn found(program: &Path) -> Option<PathBuf> {
    if program.is_absolute() {
        return Some(program.to_owned());
    }
    let peers =
        std::env::var_os("CLAWDOCTOR_TEST_PEERS").map(|root| PathBuf::from(root).join("bin"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    peers
        .into_iter()
        .chain(std::env::split_paths(&path))
        .map(|folder| folder.join(program))
        .find(|path| path.is_file())
}
