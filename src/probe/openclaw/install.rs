//! The installed package and the Node.js that runs it, read from their own files. Their programs
//! are asked only where the files do not tell: `openclaw --version` takes half a second.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use crate::deadline::Deadline;
use crate::facts::openclaw::{Install, NodeRuntime};
use crate::facts::{Reading, Why, WhyKind};
use crate::probe::ask;
use crate::surroundings::Surroundings;
use crate::text::wash;

/// Where installers put programs that a bare PATH (launchd's, a service's) does not name.
const USUAL: [&str; 6] = [
    "~/.npm-global/bin",
    "~/.openclaw/bin",
    "~/.local/bin",
    "/opt/homebrew/bin",
    "/usr/local/bin",
    "~/Library/pnpm",
];

/// For `--version`, which only a hung disk or a strange program makes slow.
const PATIENCE: Duration = Duration::from_secs(3);

/// The program and what was found of its package.
#[derive(Clone, Debug)]
pub struct Found {
    pub program: PathBuf,
    package: Option<(PathBuf, Value)>,
}

/// The first `openclaw` on PATH, then at the usual places. Blocks.
pub fn find(seen: &Surroundings) -> Result<Found, Why> {
    let usual = USUAL.iter().map(|folder| seen.expand(folder));
    let program = seen
        .path()
        .map(Path::to_path_buf)
        .chain(usual)
        .map(|folder| folder.join("openclaw"))
        .find(|path| is_program(path));
    let Some(program) = program else {
        return Err(Why::new(
            WhyKind::Absent,
            format!("no `openclaw` on PATH, nor in {}", USUAL.join(", ")),
        ));
    };
    let real = fs::canonicalize(&program).unwrap_or_else(|_| program.clone());
    let package = real
        .ancestors()
        .skip(1)
        .take(8)
        .find_map(|folder| Some((folder.to_path_buf(), package(folder, "openclaw")?)));
    Ok(Found { program, package })
}

pub async fn install(found: &Found, d: Deadline) -> Reading<Install> {
    if let Some((folder, package)) = &found.package
        && let Some(version) = package.get("version").and_then(Value::as_str)
    {
        let range = package.pointer("/engines/node").and_then(Value::as_str);
        return Reading::known(
            Install {
                version: wash(version, 80),
                path: wash(&folder.to_string_lossy(), 1000),
                node_range: range.map(|range| wash(range, 200)),
                program: Some(shown(&found.program)),
            },
            shown(&folder.join("package.json")),
        );
    }
    let program = found.program.to_string_lossy();
    let argv = [&*program, "--version"];
    let read = match ask::program(&argv, &[("NO_COLOR", "1")], d.at_most(PATIENCE)).await {
        Ok(output) => version_of(&output.stdout).map(|version| Install {
            version,
            path: shown(&found.program),
            node_range: None,
            program: Some(shown(&found.program)),
        }),
        Err(why) => Err(why),
    };
    Reading::from_result(read, format!("{} --version", wash(&program, 1000)))
}

/// `OpenClaw 2026.9.6 (eb377ac)`
fn version_of(said: &str) -> Result<String, Why> {
    said.split_whitespace()
        .find(|word| word.starts_with(|c: char| c.is_ascii_digit()) && word.contains('.'))
        .map(|word| wash(word, 80))
        .ok_or_else(|| {
            Why::new(
                WhyKind::Unparsable,
                format!("`openclaw --version` said `{}`", wash(said, 200)),
            )
        })
}

/// The `node` beside `openclaw`, else the first on PATH.
pub async fn node(found: &Found, seen: &Surroundings, d: Deadline) -> Reading<NodeRuntime> {
    let beside = found.program.parent().map(|folder| folder.join("node"));
    match beside.filter(|path| is_program(path)) {
        Some(program) => runtime(program, d).await,
        None => node_on_path(seen, d).await,
    }
}

/// The first `node` on PATH, where there is no `openclaw` beside which one could be.
pub async fn node_on_path(seen: &Surroundings, d: Deadline) -> Reading<NodeRuntime> {
    let mut programs = seen.path().map(|folder| folder.join("node"));
    match programs.find(|path| is_program(path)) {
        Some(program) => runtime(program, d).await,
        None => Reading::unknown(WhyKind::Absent, "no `node` beside `openclaw`, nor on PATH"),
    }
}

async fn runtime(program: PathBuf, d: Deadline) -> Reading<NodeRuntime> {
    let path = shown(&program);
    if let Some((version, from)) = node_version(&program) {
        return Reading::known(NodeRuntime { path, version }, from);
    }
    let name = program.to_string_lossy();
    let said = ask::program(&[&*name, "--version"], &[], d.at_most(PATIENCE)).await;
    let read = said.and_then(|output| {
        let word = output.stdout.trim();
        let version = word
            .strip_prefix('v')
            .filter(|v| v.starts_with(|c: char| c.is_ascii_digit()));
        match version {
            Some(version) => Ok(NodeRuntime {
                path: path.clone(),
                version: wash(version, 80),
            }),
            None => Err(Why::new(
                WhyKind::Unparsable,
                format!("`{path} --version` said `{}`", wash(word, 200)),
            )),
        }
    });
    Reading::from_result(read, format!("{path} --version"))
}

/// From the npm package `node`, or from the header that every distribution of Node.js brings
/// beside its `bin` (the tarball, Homebrew, nvm, Debian packages of NodeSource).
fn node_version(program: &Path) -> Option<(String, String)> {
    let real = fs::canonicalize(program).ok()?;
    let root = real.parent()?.parent()?;
    if let Some(package) = package(root, "node") {
        let version = package.get("version")?.as_str()?;
        return Some((wash(version, 80), shown(&root.join("package.json"))));
    }
    let header = root.join("include/node/node_version.h");
    let text = small_file(&header)?;
    let number = |name: &str| {
        text.lines()
            .filter_map(|line| line.strip_prefix("#define ")?.trim().strip_prefix(name))
            .find_map(|rest| rest.trim().parse::<u32>().ok())
    };
    let version = format!(
        "{}.{}.{}",
        number("NODE_MAJOR_VERSION")?,
        number("NODE_MINOR_VERSION")?,
        number("NODE_PATCH_VERSION")?
    );
    Some((version, shown(&header)))
}

fn package(folder: &Path, name: &str) -> Option<Value> {
    let package: Value = serde_json::from_str(&small_file(&folder.join("package.json"))?).ok()?;
    (package.get("name")?.as_str()? == name).then_some(package)
}

fn small_file(path: &Path) -> Option<String> {
    let data = fs::metadata(path).ok()?;
    (data.is_file() && data.len() < 1 << 20).then(|| fs::read_to_string(path).ok())?
}

/// A file with an executable bit, whoever's.
pub fn is_program(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}

fn shown(path: &Path) -> String {
    wash(&path.to_string_lossy(), 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(path: &Path, text: &str, mode: u32) {
        fs::create_dir_all(path.parent().expect("a folder")).expect("it can be made");
        fs::write(path, text).expect("it can be written");
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("it is ours");
    }

    fn seen(home: &Path, path: &str) -> Surroundings {
        Surroundings {
            env: [("PATH".to_owned(), path.to_owned())].into(),
            home: home.to_path_buf(),
            ..Surroundings::default()
        }
    }

    fn soon() -> Deadline {
        Deadline::after(Duration::from_secs(10))
    }

    #[tokio::test]
    async fn the_package_tells_its_version_without_being_run() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let at = |path: &str| home.path().join(path);
        let package = r#"{"name":"openclaw","version":"2026.9.6","engines":{"node":">=24"}}"#;
        write(
            &at("lib/node_modules/openclaw/package.json"),
            package,
            0o644,
        );
        write(
            &at("lib/node_modules/openclaw/openclaw.mjs"),
            "exit 1",
            0o755,
        );
        write(
            &at("lib/node_modules/node/package.json"),
            r#"{"name":"node","version":"24.21.0"}"#,
            0o644,
        );
        write(&at("lib/node_modules/node/bin/node"), "exit 1", 0o755);
        fs::create_dir(at("bin")).expect("it is free");
        let link = |to: &str, from: &str| std::os::unix::fs::symlink(at(to), at(from));
        link("lib/node_modules/openclaw/openclaw.mjs", "bin/openclaw").expect("it is free");
        link("lib/node_modules/node/bin/node", "bin/node").expect("it is free");
        let seen = seen(home.path(), &at("bin").to_string_lossy());
        let found = find(&seen).expect("it is there");
        let install = install(&found, soon()).await;
        let install = install.get().expect("the package tells");
        assert_eq!(install.version, "2026.9.6");
        assert_eq!(install.node_range.as_deref(), Some(">=24"));
        let node = node(&found, &seen, soon()).await;
        assert_eq!(node.get().expect("its package tells").version, "24.21.0");
    }

    #[tokio::test]
    async fn a_program_without_a_package_is_asked() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let at = |path: &str| home.path().join(path);
        write(
            &at(".local/bin/openclaw"),
            "#!/bin/sh\necho 'OpenClaw 2026.9.6 (eb377ac)'",
            0o755,
        );
        write(&at("usr/bin/node"), "#!/bin/sh\necho v24.1.2", 0o755);
        let seen = seen(
            home.path(),
            &format!("relative:{}", at("usr/bin").display()),
        );
        let found = find(&seen).expect("it is at a usual place");
        let install = install(&found, soon()).await;
        assert_eq!(install.get().expect("it answers").version, "2026.9.6");
        let asked = node(&found, &seen, soon()).await;
        assert_eq!(asked.get().expect("it answers").version, "24.1.2");
        let header = "#define NODE_MAJOR_VERSION 24\n#define NODE_MINOR_VERSION 3\n#define NODE_PATCH_VERSION 1\n";
        write(&at("usr/include/node/node_version.h"), header, 0o644);
        let read = node(&found, &seen, soon()).await;
        assert_eq!(read.get().expect("the header tells").version, "24.3.1");
    }

    #[tokio::test]
    async fn babble_and_absence_are_said_and_not_guessed() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let bin = home.path().join("bin");
        write(&bin.join("openclaw"), "#!/bin/sh\necho hello", 0o755);
        let found = find(&seen(home.path(), &bin.to_string_lossy())).expect("it is there");
        let why = install(&found, soon())
            .await
            .get()
            .expect_err("no version in it");
        assert_eq!(why.kind, WhyKind::Unparsable);
        assert!(version_of("").is_err());
    }
}
