//! What one process sees: its environment (an allow-list of names), user, groups and folders.
//!
//! There are two of them: the operator's, read at the door, and the gateway's, read from its
//! process or service definition. "As the gateway sees it" is the same function with the other
//! one as its argument.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The environment variables that anything here may depend on. Values of others never enter.
pub const VARIABLES: &[&str] = &[
    "CLAWDOCTOR_CONFIG_DIR",
    "CLAWDOCTOR_STATE_DIR",
    "CLAWDOCTOR_DNS_NAMES",
    "CLAWDOCTOR_DNS_SERVERS",
    "CLAWDOCTOR_THEME",
    "CLAWDOCTOR_NODE_ID",
    "CLAWDOCTOR_READ_ONLY",
    "CLICOLOR_FORCE",
    "COLORTERM",
    "COLUMNS",
    "DOCKER_CONFIG",
    "DOCKER_CONTEXT",
    "DOCKER_HOST",
    "DOCKER_CERT_PATH",
    "DOCKER_TLS_VERIFY",
    "HOME",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "LOGNAME",
    "NO_COLOR",
    "NO_PROXY",
    "OPENCLAW_CONFIG_PATH",
    "OPENCLAW_HOME",
    "OPENCLAW_NIX_MODE",
    "OPENCLAW_PROFILE",
    "OPENCLAW_STATE_DIR",
    "PATH",
    "SSH_CONNECTION",
    "SSH_TTY",
    "SUDO_USER",
    "TERM",
    "TMPDIR",
    "TMUX",
    "TZ",
    "USER",
    "XDG_CACHE_HOME",
    "XDG_CONFIG_HOME",
    "XDG_RUNTIME_DIR",
    "XDG_STATE_HOME",
    "https_proxy",
    "http_proxy",
    "no_proxy",
];

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Surroundings {
    pub env: BTreeMap<String, String>,
    pub uid: u32,
    pub gid: u32,
    /// Supplementary groups, the primary one among them.
    pub groups: Vec<u32>,
    pub user: String,
    pub home: PathBuf,
    pub cwd: PathBuf,
}

impl Surroundings {
    /// Whether this is a Mac, where launchd keeps services.
    pub fn is_mac() -> bool {
        cfg!(target_os = "macos")
    }

    /// A variable that is set and not empty.
    pub fn var(&self, name: &str) -> Option<&str> {
        debug_assert!(VARIABLES.contains(&name), "{name} is not on the allow-list");
        self.env
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// The folders of PATH that are absolute, in order.
    pub fn path(&self) -> impl Iterator<Item = &Path> {
        self.var("PATH")
            .unwrap_or_default()
            .split(':')
            .map(Path::new)
            .filter(|folder| folder.is_absolute())
    }

    /// A path below the home folder for a leading `~/`, else the path itself.
    pub fn expand(&self, path: &str) -> PathBuf {
        match path.strip_prefix("~/") {
            Some(rest) => self.home.join(rest),
            None if path == "~" => self.home.clone(),
            None => PathBuf::from(path),
        }
    }

    /// Where the operator's settings and checks lie.
    pub fn config_dir(&self) -> PathBuf {
        if let Some(dir) = self.var("CLAWDOCTOR_CONFIG_DIR") {
            return PathBuf::from(dir);
        }
        self.platform_dir("XDG_CONFIG_HOME", ".config")
    }

    /// Where everything that is written goes: caches, journals, recordings.
    pub fn state_dir(&self) -> PathBuf {
        if let Some(dir) = self.var("CLAWDOCTOR_STATE_DIR") {
            return PathBuf::from(dir);
        }
        self.platform_dir("XDG_STATE_HOME", ".local/state")
    }

    fn platform_dir(&self, variable: &str, fallback: &str) -> PathBuf {
        if cfg!(target_os = "macos") {
            return self.home.join("Library/Application Support/clawdoctor");
        }
        self.var(variable)
            .map(Path::new)
            .filter(|path| path.is_absolute())
            .map_or_else(|| self.home.join(fallback), Path::to_path_buf)
            .join("clawdoctor")
    }
}
