//! The architecture as a table: which rooms of `src/` may know which, and who may name a crate.

#![expect(clippy::disallowed_methods, reason = "reads our own sources")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Room → the rooms that it may name. The small rooms at the bottom know nobody above them.
const MAY_KNOW: &[(&str, &[&str])] = &[
    ("main", &["cli", "clawdoctor"]),
    (
        "cli",
        &[
            "tui",
            "report",
            "fix",
            "checklist",
            "live",
            "service",
            "engine",
            "bench",
            "drill",
            "headroom",
            "probe",
            "facts",
            "settings",
            "surroundings",
            "failure",
            "exit",
            "text",
            "units",
            "deadline",
            "digest",
            "redact",
        ],
    ),
    (
        "tui",
        &[
            "fix",
            "checklist",
            "live",
            "headroom",
            "facts",
            "settings",
            "failure",
            "exit",
            "text",
            "units",
        ],
    ),
    (
        "report",
        &[
            "checklist",
            "bench",
            "drill",
            "facts",
            "fix",
            "headroom",
            "live",
            "text",
            "units",
        ],
    ),
    (
        "fix",
        &[
            "checklist",
            "probe",
            "engine",
            "facts",
            "settings",
            "surroundings",
            "failure",
            "exit",
            "text",
            "units",
            "deadline",
            "digest",
            "redact",
        ],
    ),
    ("redact", &["checklist", "surroundings", "text"]),
    (
        "checklist",
        &[
            "digest", "drift", "facts", "failure", "headroom", "exit", "text", "units",
        ],
    ),
    (
        "live",
        &[
            "probe",
            "engine",
            "headroom",
            "drift",
            "facts",
            "surroundings",
            "failure",
            "deadline",
            "text",
            "units",
        ],
    ),
    ("bench", &[]),
    (
        "drill",
        &[
            "live", "probe", "engine", "headroom", "facts", "deadline", "units",
        ],
    ),
    ("drift", &["facts", "units"]),
    ("headroom", &["facts", "units"]),
    (
        "probe",
        &[
            "engine",
            "bench",
            "facts",
            "settings",
            "surroundings",
            "deadline",
            "digest",
            "text",
            "units",
        ],
    ),
    (
        "engine",
        &[
            "facts",
            "surroundings",
            "deadline",
            "digest",
            "text",
            "units",
        ],
    ),
    ("facts", &[]),
    ("service", &["text"]),
    ("settings", &["units"]),
    ("surroundings", &[]),
    ("failure", &["exit"]),
    ("deadline", &[]),
    ("digest", &[]),
    ("exit", &[]),
    ("text", &[]),
    ("units", &[]),
];

/// Crate → the only rooms that may name it.
const ONLY_IN: &[(&str, &[&str])] = &[
    ("bollard", &["engine"]),
    ("ratatui", &["tui"]),
    ("crossterm", &["tui"]),
    ("crokey", &["tui"]),
    ("clap", &["cli"]),
    ("hickory_resolver", &["probe"]),
    ("reqwest", &["probe"]),
    ("rustls", &["probe"]),
    ("sysinfo", &["probe"]),
    ("plist", &["probe", "service"]),
    ("json5", &["probe"]),
    ("include_dir", &["checklist"]),
    ("rustix", &["fix"]),
    ("jsonc_parser", &["fix"]),
    ("similar", &["fix"]),
    ("tar", &["fix"]),
    ("indicatif", &["cli"]),
    ("docker_credential", &["probe"]),
    ("sha2", &["digest"]),
    ("base64", &["engine", "fix"]),
    ("color_eyre", &["main"]),
];

/// What pure code must not name: the judges and the run see facts and nothing else.
const PURE: &[&str] = &[
    "src/bench",
    "src/bench.rs",
    "src/checklist/isolation",
    "src/checklist/judge",
    "src/checklist/run.rs",
    "src/checklist/waiver.rs",
    "src/cli/demo/pace.rs",
    "src/drill/harm.rs",
    "src/drill/plan.rs",
    "src/drill/step.rs",
    "src/fix/plan",
    "src/fix/consent.rs",
    "src/fix/edit",
    "src/fix/edit.rs",
    "src/fix/inverse.rs",
    "src/fix/outcome.rs",
    "src/fix/record.rs",
    "src/fix/repair.rs",
    "src/fix/state.rs",
    "src/fix/step.rs",
    "src/fix/wishes.rs",
    "src/fix/words.rs",
    "src/live/alert.rs",
    "src/live/call.rs",
    "src/live/doing.rs",
    "src/live/event.rs",
    "src/live/model",
    "src/live/model.rs",
    "src/live/note.rs",
    "src/live/order.rs",
    "src/live/replay.rs",
    "src/live/sampling.rs",
    "src/live/sandbox.rs",
    "src/live/scope.rs",
    "src/live/stall.rs",
    "src/live/trail.rs",
    "src/live/usage.rs",
    "src/report",
    "src/service.rs",
    "src/tui/view",
    "src/tui/screen",
    "src/tui/mending.rs",
    "src/tui/layout",
    "src/tui/layout.rs",
    "src/tui/update",
    "src/tui/update.rs",
];
const IMPURE: &[&str] = &[
    "tokio::",
    "std::fs",
    "std::env",
    "std::net",
    "std::process",
    "SystemTime",
    "Instant::now",
    "crate::probe",
    "crate::engine",
    "#[cfg(target_os",
];

fn sources() -> Vec<(PathBuf, String)> {
    fn walk(folder: &Path, files: &mut Vec<(PathBuf, String)>) {
        for entry in std::fs::read_dir(folder).expect("a folder of ours") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                walk(&path, files);
            } else if path.extension().is_some_and(|ending| ending == "rs")
                && path.file_name().is_some_and(|name| name != "tests.rs")
            {
                let text = std::fs::read_to_string(&path).expect("a text");
                files.push((path, text));
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    walk(&root.join("src"), &mut files);
    for (path, _) in &mut files {
        *path = path.strip_prefix(root).expect("below the root").to_owned();
    }
    files.sort();
    files
}

/// `src/probe/host/linux.rs` is in the room `probe`.
fn room(path: &Path) -> String {
    let part = path.iter().nth(1).expect("a file of src").to_string_lossy();
    part.trim_end_matches(".rs").to_owned()
}

/// The code without its tests, comments and literals' content left as they are.
fn code(text: &str) -> String {
    let body = text
        .split("#[cfg(test)]\nmod tests")
        .next()
        .unwrap_or_default();
    body.lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n")
}

/// The words right behind each occurrence of `prefix`.
fn named<'a>(code: &'a str, prefix: &str) -> Vec<&'a str> {
    code.match_indices(prefix)
        .filter(|(at, _)| {
            !code[..*at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':')
        })
        .map(|(at, _)| {
            let rest = &code[at + prefix.len()..];
            let end = rest
                .find(|c: char| !(c.is_alphanumeric() || c == '_'))
                .unwrap_or(rest.len());
            &rest[..end]
        })
        .collect()
}

#[test]
fn rooms_name_only_the_rooms_below_them() {
    let table: BTreeMap<&str, &[&str]> = MAY_KNOW.iter().copied().collect();
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let room = room(&path);
        if room == "lib" {
            continue;
        }
        let allowed = table
            .get(room.as_str())
            .unwrap_or_else(|| panic!("{room} is not in the table"));
        for other in named(&code(&text), "crate::") {
            if other != room && !other.is_empty() && !allowed.contains(&other) {
                wrong.push(format!("{} names crate::{other}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What the screen may name of the repairs: plans, what a run tells, and what became of it. It never
/// makes one itself.
const SCREEN_SEES: &[&str] = &[
    "apply::News",
    "outcome::",
    "record::Seq",
    "repair::",
    "run::Event",
    "words",
];

#[test]
fn the_screen_sees_of_the_repairs_the_data_alone() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let code = code(&text);
        let uses = code
            .match_indices("crate::fix::")
            .filter(|_| room(&path) == "tui");
        for (at, prefix) in uses {
            let rest = &code[at + prefix.len()..];
            if !SCREEN_SEES.iter().any(|seen| rest.starts_with(seen)) {
                wrong.push(format!(
                    "{}: {}",
                    path.display(),
                    rest.lines().next().unwrap_or("")
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn each_crate_is_named_only_in_its_room() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        for (krate, rooms) in ONLY_IN {
            let names = code(&text);
            let used = names.contains(&format!("{krate}::"));
            if used && !rooms.contains(&room(&path).as_str()) {
                wrong.push(format!("{} names {krate}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn pure_code_never_names_the_world() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        if PURE.iter().any(|pure| path.starts_with(pure)) {
            for word in IMPURE {
                if code(&text).contains(word) {
                    wrong.push(format!("{} names {word}", path.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn platform_code_stays_in_the_host_probe() {
    let allowed = ["src/probe/host", "src/surroundings.rs", "src/fix/owner/pin"];
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let here = allowed.iter().any(|place| path.starts_with(place));
        if !here && (text.contains("cfg(target_os") || text.contains("cfg!(target_os")) {
            wrong.push(path.display().to_string());
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_room_stays_small_enough_to_know_its_lines() {
    for (path, text) in sources() {
        let lines = code(&text).lines().count();
        assert!(lines <= 450, "{} has {lines} lines of code", path.display());
    }
}

#[test]
fn the_number_of_foreign_crates_stays_bounded() {
    let lock = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock"))
        .expect("a lock file");
    let crates = lock.matches("[[package]]").count();
    assert!(
        crates <= 420,
        "{crates} crates in Cargo.lock: is the newest one worth it?"
    );
}

#[test]
fn what_the_readme_links_to_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = std::fs::read_to_string(root.join("README.md")).expect("a README");
    let links = readme
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split_once(')'));
    let paths = links
        .map(|(link, _)| link)
        .filter(|link| !link.starts_with(['#', 'h']));
    let (there, missing): (Vec<&str>, Vec<&str>) = paths.partition(|path| root.join(path).exists());
    assert!(missing.is_empty() && there.len() > 20, "{missing:?}");
}

#[test]
fn the_readme_tells_every_check() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = std::fs::read_to_string(root.join("README.md")).expect("a README");
    let catalog = clawdoctor::checklist::catalog::Catalog::built_in().expect("our own files");
    let row = |id: &str| format!("| `{id}`");
    let missing: Vec<&str> = catalog
        .checks()
        .iter()
        .map(|check| check.id.as_str())
        .filter(|id| !readme.contains(&row(id)))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
    let told = readme.matches("\n| `").count();
    assert_eq!(
        told,
        catalog.checks().len(),
        "the README tells of checks that are not"
    );
}
