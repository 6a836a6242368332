//! What could install programs on this machine: looked up on disk, so that it costs milliseconds.
//! The same on every platform, since Homebrew runs on Linux as well.

#![expect(
    clippy::disallowed_methods,
    reason = "this is where programs and package lists are looked up"
)]

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Read as _, Take};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use nix::unistd::{AccessFlags, access};

use crate::facts::host::{Apt, Npm, ServiceManager, Software};
use crate::probe::parse::{dpkg, npmrc};
use crate::surroundings::Surroundings;
use crate::text::wash;

const APT: &str = "/usr/bin/apt-get";
const DPKG: &str = "/var/lib/dpkg/status";
/// Packages that a repair may install, or that stand in for one of them.
const PACKAGES: [&str; 8] = [
    "docker.io",
    "docker-cli",
    "docker-ce",
    "npm",
    "nodejs",
    "moby-engine",
    "ca-certificates",
    "apparmor",
];
/// Casks of engines.
const CASKS: [&str; 3] = ["docker-desktop", "docker", "orbstack"];
/// dpkg writes some hundred bytes for each package.
const MOST_STATUS: u64 = 64 << 20;
const MOST_NPMRC: u64 = 64 << 10;
const LONGEST: usize = 1000;

/// Homebrew's places: Apple silicon, Intel, Linux (docs.brew.sh/Installation).
const BREW: [&str; 3] = ["/opt/homebrew", "/usr/local", "/home/linuxbrew/.linuxbrew"];

pub fn software(seen: &Surroundings) -> Software {
    let brew = BREW
        .iter()
        .map(Path::new)
        .find(|prefix| is_program(&prefix.join("bin/brew")));
    let casks = brew.map_or_else(Vec::new, |prefix| {
        let room = prefix.join("Caskroom");
        let names = CASKS.iter().filter(|cask| room.join(cask).is_dir());
        names.map(|cask| (*cask).to_owned()).collect()
    });
    Software {
        apt: is_program(Path::new(APT)).then(|| Apt {
            installed: lines(Path::new(DPKG), MOST_STATUS)
                .map(|status| dpkg::installed(status, &PACKAGES))
                .unwrap_or_default(),
        }),
        brew: brew.map(|prefix| shown(&prefix.join("bin/brew"))),
        casks,
        npm: npm(seen, brew),
        service_manager: Some(service_manager()),
    }
}

/// As sd_booted(3) tells it: systemd may be installed without running.
fn service_manager() -> ServiceManager {
    if is_program(Path::new("/bin/launchctl")) {
        ServiceManager::Launchd
    } else if Path::new("/run/systemd/system").is_dir() {
        ServiceManager::Systemd
    } else {
        ServiceManager::Neither
    }
}

/// The first `npm` on PATH, else Homebrew's.
fn npm(seen: &Surroundings, brew: Option<&Path>) -> Option<Npm> {
    let path = seen
        .path()
        .map(Path::to_path_buf)
        .chain(brew.map(|prefix| prefix.join("bin")))
        .chain([PathBuf::from("/usr/local/bin"), PathBuf::from("/usr/bin")])
        .map(|folder| folder.join("npm"))
        .find(|path| is_program(path))?;
    let written = small(&seen.home.join(".npmrc"), MOST_NPMRC);
    let prefix = written
        .and_then(|text| npmrc::prefix(&text, &seen.home))
        .unwrap_or_else(|| usual_prefix(&path));
    Some(Npm {
        path: shown(&path),
        prefix: shown(&prefix),
        writable: is_writable(&prefix.join("lib/node_modules")),
    })
}

/// npm installs beside itself (`PREFIX/lib/node_modules/npm/bin/npm-cli.js`); Debian's package
/// lies elsewhere and names /usr/local.
fn usual_prefix(npm: &Path) -> PathBuf {
    let real = fs::canonicalize(npm).unwrap_or_else(|_| npm.to_path_buf());
    real.ancestors()
        .find(|folder| folder.ends_with("lib/node_modules"))
        .and_then(|modules| Some(modules.parent()?.parent()?.to_path_buf()))
        .unwrap_or_else(|| PathBuf::from("/usr/local"))
}

/// By this process in the folder, or in the nearest one above it that is there.
fn is_writable(folder: &Path) -> bool {
    folder
        .ancestors()
        .find(|folder| folder.exists())
        .is_some_and(|folder| access(folder, AccessFlags::W_OK).is_ok())
}

fn is_program(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}

fn small(path: &Path, most: u64) -> Option<String> {
    let mut text = Vec::new();
    open(path, most)?.read_to_end(&mut text).ok()?;
    Some(String::from_utf8_lossy(&text).into_owned())
}

/// One after another, without the whole in memory.
fn lines(path: &Path, most: u64) -> Option<impl Iterator<Item = String>> {
    let lines = BufReader::new(open(path, most)?).split(b'\n');
    let lines = lines.map_while(Result::ok);
    Some(lines.map(|line| String::from_utf8_lossy(&line).into_owned()))
}

fn open(path: &Path, most: u64) -> Option<Take<File>> {
    // A pipe in its place would be waited for.
    if !fs::metadata(path).ok()?.is_file() {
        return None;
    }
    Some(File::open(path).ok()?.take(most))
}

fn shown(path: &Path) -> String {
    wash(&path.to_string_lossy(), LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(program: &Path) {
        fs::create_dir_all(program.parent().expect("a folder")).expect("free");
        fs::write(program, "").expect("ours");
        fs::set_permissions(program, fs::Permissions::from_mode(0o755)).expect("ours");
    }

    #[test]
    fn npm_installs_beside_itself_unless_the_user_says_otherwise() {
        let home = tempfile::tempdir().expect("a temporary folder");
        // As nvm and Homebrew lay it out.
        let root = fs::canonicalize(home.path())
            .expect("it is there")
            .join("n");
        let script = root.join("lib/node_modules/npm/bin/npm-cli.js");
        place(&script);
        fs::create_dir(root.join("bin")).expect("free");
        std::os::unix::fs::symlink(&script, root.join("bin/npm")).expect("free");
        let seen = Surroundings {
            home: home.path().to_path_buf(),
            env: [("PATH".to_owned(), root.join("bin").display().to_string())].into(),
            ..Surroundings::default()
        };
        let found = npm(&seen, None).expect("it is on PATH");
        assert_eq!(found.path, root.join("bin/npm").display().to_string());
        assert_eq!(
            (found.prefix, found.writable),
            (root.display().to_string(), true)
        );
        fs::write(home.path().join(".npmrc"), "prefix=~/mine\n").expect("ours");
        let found = npm(&seen, None).expect("it is on PATH");
        let mine = home.path().join("mine").display().to_string();
        assert_eq!((found.prefix, found.writable), (mine, true));
    }

    #[test]
    fn this_machine_is_looked_at_without_a_complaint() {
        let software = software(&Surroundings::default());
        if Path::new(APT).exists() {
            assert!(software.apt.is_some());
        }
    }
}
