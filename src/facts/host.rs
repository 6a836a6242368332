//! What can be known about the machine itself.

use serde::{Deserialize, Serialize};

use super::Reading;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Host {
    pub platform: Reading<Platform>,
    pub os: Reading<Os>,
    /// The maker's model name (`hw.model`, DMI product name).
    pub model: Reading<String>,
    /// Installed memory in bytes.
    pub memory: Reading<u64>,
    pub pressure: Reading<Pressure>,
    pub cpu: Reading<Cpu>,
    pub load: Reading<Load>,
    /// The file system that holds the user's home folder and the engine's data on the host.
    pub disk: Reading<Disk>,
    pub power: Reading<Power>,
    pub login: Reading<Login>,
    /// Seconds since boot.
    pub uptime: Reading<u64>,
    pub software: Reading<Software>,
    pub selinux: Reading<Selinux>,
}

/// Whether SELinux refuses what owners and modes allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Selinux {
    /// The kernel has none, or it is switched off.
    Absent,
    /// It only logs what it would refuse.
    Permissive,
    Enforcing,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Platform {
    pub os: OsKind,
    /// As the kernel names it: `aarch64`, `x86_64`.
    pub arch: String,
    /// The program runs translated (Rosetta), so `arch` may not be the machine's.
    #[serde(default)]
    pub translated: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OsKind {
    Macos,
    Linux,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Os {
    /// `macOS`, or the distribution's name.
    pub name: String,
    /// As printed by the system: `26.1`, `12 (bookworm)`.
    pub version: String,
    #[serde(default)]
    pub build: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pressure {
    pub level: PressureLevel,
    /// Bytes that could be handed out without swapping, where the system tells.
    #[serde(default)]
    pub available: Option<u64>,
    /// Bytes of swap in use.
    #[serde(default)]
    pub swap_used: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PressureLevel {
    Normal,
    Warning,
    Critical,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cpu {
    pub logical: u32,
    /// Apple silicon only.
    #[serde(default)]
    pub performance: Option<u32>,
    #[serde(default)]
    pub efficiency: Option<u32>,
    #[serde(default)]
    pub brand: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Load {
    pub one: f64,
    pub five: f64,
    pub fifteen: f64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Disk {
    pub path: String,
    /// Bytes.
    pub total: u64,
    /// Bytes an ordinary user may still write.
    pub free: u64,
}

/// Power settings of a machine that is meant to run all day (`pmset -g custom`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Power {
    /// Minutes until the system sleeps; 0 = never.
    pub sleep_minutes: Option<u32>,
    /// Starts again by itself after a power failure.
    pub autorestart: Option<bool>,
    /// Wakes for network access.
    pub wake_on_network: Option<bool>,
}

/// Who is logged in where: a GUI engine starts only inside a login session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Login {
    /// The user that this process runs as.
    pub user: String,
    /// Owner of the console; none at the login window.
    pub console_user: Option<String>,
    /// This process was started over SSH.
    pub ssh: bool,
    /// The disk is encrypted and asks for a password at boot.
    pub filevault: Option<bool>,
    /// The user that macOS logs in by itself at boot.
    pub auto_login_user: Option<String>,
    /// The login keychain of this session cannot be used without a person.
    #[serde(default)]
    pub keychain_locked: Option<bool>,
}

/// What could install programs on this machine. Looked up on disk; nothing is run for it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Software {
    /// Debian's package manager.
    pub apt: Option<Apt>,
    /// Homebrew's own program.
    pub brew: Option<String>,
    /// Casks that Homebrew installed: `docker-desktop`.
    pub casks: Vec<String>,
    pub npm: Option<Npm>,
    /// None in facts that were kept before it was looked for.
    pub service_manager: Option<ServiceManager>,
}

/// What starts services here, as far as OpenClaw can install one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ServiceManager {
    Launchd,
    Systemd,
    /// Neither runs here: another init, or a container.
    Neither,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Apt {
    /// Which of the packages that a repair may install are there.
    pub installed: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Npm {
    pub path: String,
    /// Where it installs what is global.
    pub prefix: String,
    /// This user may write there.
    pub writable: bool,
}
