//! Which folders a repair may change, and which it never does. Pure: looks at words, not at files.
//!
//! The rules come from accidents: `chown -R` on a home folder, on its parent, through a link on
//! `/etc`. A path is refused unless it lies in a configured workspace or bind source, and one
//! that is refused stays refused however it is configured. That no part of the path is a link,
//! and that it is not one of the kept folders under another name, is `tree`'s to see when it
//! opens it.

use std::fmt;
use std::path::{Component, Path, PathBuf};

use crate::text::wash;

const LONGEST: usize = 200;

/// What may be changed on this machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// The configured workspaces and bind sources. One that is itself refused allows nothing.
    pub allowed_roots: Vec<PathBuf>,
    /// Home folders: the operator's, the gateway's. Those of other users are known by where
    /// systems keep them.
    pub homes: Vec<PathBuf>,
    /// Folders with credentials, wherever they are: neither they nor what is around them.
    pub secrets: Vec<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    Relative,
    /// A `..` or `.` in it, or not a path that can be shown.
    Crooked,
    System,
    Home,
    AboveHome,
    Secrets,
    NotConfigured,
    /// A symbolic link is the folder, or is on the way to it.
    Link,
}

/// Why a folder is left alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub rule: Rule,
    /// Fit to be shown.
    pub path: String,
    /// What the rule speaks of when that is not the path itself: the home, the link.
    pub on: Option<String>,
}

impl Refusal {
    pub(super) fn new(rule: Rule, path: &Path, on: Option<&Path>) -> Self {
        let show = |path: &Path| wash(&path.to_string_lossy(), LONGEST);
        Self {
            rule,
            path: show(path),
            on: on.map(show),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let on = self.on.as_deref().unwrap_or(&self.path);
        write!(f, "{} is left alone: ", self.path)?;
        match self.rule {
            Rule::Relative => f.write_str("not an absolute path"),
            Rule::Crooked => f.write_str("its path has `.` or `..` in it"),
            Rule::System => write!(f, "{on} belongs to the system"),
            Rule::Home => write!(f, "{on} is a home folder"),
            Rule::AboveHome => write!(f, "the home folder {on} lies in it"),
            Rule::Secrets => write!(f, "{on} holds credentials or settings"),
            Rule::NotConfigured => f.write_str("it is in no configured workspace or bind source"),
            Rule::Link => write!(f, "{on} is a symbolic link"),
        }
    }
}

/// Never changed, and nothing in them either. Compared without regard to case, since file systems
/// of Macs have none, and with `/private` taken away, where macOS keeps three of them.
const SYSTEM: &[&str] = &[
    "/bin",
    "/boot",
    "/dev",
    "/etc",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/lost+found",
    "/nix/store",
    "/proc",
    "/run",
    "/sbin",
    "/snap",
    "/sys",
    "/usr",
    "/var/cache",
    "/var/db",
    "/var/lib/apt",
    "/var/lib/containerd",
    "/var/lib/containers",
    "/var/lib/docker",
    "/var/lib/dpkg",
    "/var/lib/kubelet",
    "/var/lib/rancher",
    "/var/lib/rpm",
    "/var/lib/systemd",
    "/var/log",
    "/var/mail",
    "/var/run",
    "/var/spool",
    "/Applications",
    "/Library",
    "/Network",
    "/System",
    "/cores",
    "/opt/homebrew",
];

/// Never changed themselves; what is in them may be.
const SYSTEM_ITSELF: &[&str] = &[
    "/",
    "/export",
    "/export/home",
    "/home",
    "/media",
    "/mnt",
    "/nix",
    "/opt",
    "/private",
    "/srv",
    "/tmp",
    "/var",
    "/var/folders",
    "/var/home",
    "/var/lib",
    "/var/opt",
    "/var/tmp",
    "/Users",
    "/Users/Shared",
    "/Volumes",
];

/// Every folder in one of these is somebody's home.
const HOMES_OF_ALL: &[&str] = &["/home", "/Users", "/var/home", "/export/home"];
const HOME_OF_ROOT: &str = "/root";
const HOME_OF_ROOT_ON_A_MAC: &str = "/var/root";

/// The dot-folders of a home that hold workspaces. All others are taken to hold secrets (`.ssh`,
/// `.aws`, `.gnupg`, `.docker`, `.config`, …): a list of those would never be complete.
const OPENCLAW_STATE: &str = ".openclaw";
/// In that folder, not to be touched. It itself neither: it holds the configuration with its
/// tokens.
const OPENCLAW_SECRETS: &[&str] = &["credentials", "identity", "devices", "secrets"];

/// Why this folder must not be changed, if it must not.
pub fn refuse(path: &Path, rules: &Rules) -> Option<Refusal> {
    if let Some(refusal) = refuse_always(path, rules) {
        return Some(refusal);
    }
    let allowed = rules
        .allowed_roots
        .iter()
        .any(|root| refuse_always(root, rules).is_none() && lies_in(path, root));
    (!allowed).then(|| Refusal::new(Rule::NotConfigured, path, None))
}

/// The folders that the root must not be by any other name (a bind mount, a file system without
/// case): for whoever can compare them by device and inode.
pub fn kept(rules: &Rules) -> Vec<(Rule, PathBuf)> {
    let system = SYSTEM.iter().chain(SYSTEM_ITSELF);
    let mut kept: Vec<(Rule, PathBuf)> = system
        .map(|folder| (Rule::System, PathBuf::from(folder)))
        .collect();
    for home in homes(rules) {
        kept.extend(
            home.ancestors()
                .skip(1)
                .map(|above| (Rule::AboveHome, above.to_owned())),
        );
        kept.push((Rule::Home, home));
    }
    for secret in &rules.secrets {
        kept.push((Rule::Secrets, secret.clone()));
    }
    kept
}

fn homes(rules: &Rules) -> Vec<PathBuf> {
    let mut homes = rules.homes.clone();
    homes.push(PathBuf::from(HOME_OF_ROOT));
    homes.push(PathBuf::from(HOME_OF_ROOT_ON_A_MAC));
    // A home of `/` (a daemon's) is no home.
    homes.retain(|home| home.is_absolute() && home.parent().is_some());
    homes
}

/// The rules that no configuration lifts.
fn refuse_always(path: &Path, rules: &Rules) -> Option<Refusal> {
    let refusal = |rule, on: Option<&Path>| Some(Refusal::new(rule, path, on));
    if !path.is_absolute() {
        return refusal(Rule::Relative, None);
    }
    if is_crooked(path) {
        return refusal(Rule::Crooked, None);
    }
    if let Some(folder) = SYSTEM
        .iter()
        .find(|folder| lies_in(path, Path::new(folder)))
    {
        return refusal(Rule::System, Some(Path::new(folder)));
    }
    if SYSTEM_ITSELF
        .iter()
        .any(|folder| same(path, Path::new(folder)))
    {
        return refusal(Rule::System, None);
    }
    let mut homes = homes(rules);
    homes.extend(homes_by_place(path));
    for home in &homes {
        if same(path, home) {
            return refusal(Rule::Home, None);
        }
        if lies_in(home, path) {
            return refusal(Rule::AboveHome, Some(home));
        }
        if let Some(secret) = secret_of(path, home) {
            return refusal(Rule::Secrets, Some(&secret));
        }
    }
    let secret = rules
        .secrets
        .iter()
        .find(|secret| lies_in(path, secret) || lies_in(secret, path));
    secret.and_then(|secret| refusal(Rule::Secrets, Some(secret)))
}

/// `..`, and what `Path` would quietly drop: `.` and doubled slashes may hide a difference between
/// what is judged and what is opened.
fn is_crooked(path: &Path) -> bool {
    let bytes = path.as_os_str().as_encoded_bytes();
    let bytes = bytes.strip_suffix(b"/").unwrap_or(bytes);
    !bytes.is_empty() && !super::entry::is_below(bytes.strip_prefix(b"/").unwrap_or(bytes))
}

/// The home that this path is in by the habits of systems: `/home/NAME`.
fn homes_by_place(path: &Path) -> Option<PathBuf> {
    let parts = parts(path);
    HOMES_OF_ALL.iter().find_map(|place| {
        let above = self::parts(Path::new(place));
        let name = parts.get(above.len())?;
        (lies_in(path, Path::new(place)) && name != "shared")
            .then(|| Path::new("/").join(above.join("/")).join(name))
    })
}

/// The folder with secrets of this home that the path is, or is in.
fn secret_of(path: &Path, home: &Path) -> Option<PathBuf> {
    if !lies_in(path, home) {
        return None;
    }
    let below = &parts(path)[parts(home).len()..];
    let first = below.first()?;
    let found = || Some(home.join(first));
    if first == "library" {
        return found();
    }
    if !first.starts_with('.') {
        return None;
    }
    if !first.starts_with(OPENCLAW_STATE) {
        return found();
    }
    match below.get(1) {
        None => found(),
        Some(second) if OPENCLAW_SECRETS.contains(&second.as_str()) => {
            Some(home.join(first).join(second))
        }
        Some(_) => None,
    }
}

/// The names of a path in lower case, without the `/private` of macOS.
fn parts(path: &Path) -> Vec<String> {
    let mut parts: Vec<String> = path
        .components()
        .filter_map(|part| match part {
            Component::Normal(name) => Some(name.to_string_lossy().to_lowercase()),
            Component::RootDir
            | Component::CurDir
            | Component::ParentDir
            | Component::Prefix(_) => None,
        })
        .collect();
    if parts.len() > 1 && parts[0] == "private" {
        parts.remove(0);
    }
    parts
}

fn same(path: &Path, other: &Path) -> bool {
    parts(path) == parts(other)
}

/// At `folder` or below it.
fn lies_in(path: &Path, folder: &Path) -> bool {
    parts(path).starts_with(&parts(folder))
}

#[cfg(test)]
mod tests;
