//! The operator's settings: `clawdoctor.toml` in the config folder, every key with a default.

mod keys;

use std::time::Duration;

use serde::{Deserialize, Serialize};
use toml::Spanned;

use crate::units::Span;

pub use keys::{Entry, KeyList, Keys};

/// What a later reader checks keeps its place in the file for the message.
pub type Word = Spanned<String>;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    pub dns: Dns,
    pub egress: Egress,
    pub sandbox: Sandbox,
    pub registry: Registry,
    pub fix: Fix,
    pub app: App,
    pub watch: Watch,
    pub recorder: Recorder,
}

/// What is watched live, and how often it is measured.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Watch {
    /// Beginnings of names, and images, of containers that count as sandboxes without OpenClaw's
    /// label.
    pub prefixes: Vec<String>,
    pub images: Vec<String>,
    pub pace: Pace,
    /// Nothing can be done to a sandbox from the dashboard.
    pub read_only: bool,
    /// The columns of the dashboard's table, in their order; none: all of them.
    pub columns: Option<Vec<Word>>,
    /// The column that it is sorted by at first; with `-` before it the other way round.
    pub sort: Option<Word>,
    /// Begins with the sandboxes of an agent together.
    pub group: bool,
}

/// Between two measurements of a container. Each costs the engine some milliseconds of processor
/// time. What is not set is as the program has it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Pace {
    /// Busy and on the screen.
    pub busy: Option<Span>,
    /// Idle and on the screen, or busy and not on it.
    pub idle: Option<Span>,
    /// Idle and not on the screen.
    pub hidden: Option<Span>,
    /// No sandbox: it only counts for the headroom.
    pub other: Option<Span>,
}

/// The background recording.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Recorder {
    /// What it may take on the disk: `64 MiB`.
    pub size: Option<String>,
}

/// How the app on the terminal looks, and what its keys mean.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct App {
    pub theme: ThemeName,
    /// Presses and the wheel are for the app; the terminal's own selection then wants a modifier.
    pub mouse: bool,
    pub keys: Keys,
    /// What rings is told as a notification too, by a sequence that the terminal understands or leaves.
    pub notify: bool,
}

impl Default for App {
    fn default() -> Self {
        Self {
            theme: ThemeName::default(),
            mouse: true,
            keys: Keys::new(),
            notify: false,
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ThemeName {
    /// The sixteen colours that the reader's terminal is set to.
    #[default]
    Terminal,
    Dark,
    Light,
    HighContrast,
    /// No colour, as with `NO_COLOR`.
    Mono,
}

impl ThemeName {
    pub const ALL: [Self; 5] = [
        Self::Terminal,
        Self::Dark,
        Self::Light,
        Self::HighContrast,
        Self::Mono,
    ];

    /// As it is written in settings and on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Terminal => "terminal",
            Self::Dark => "dark",
            Self::Light => "light",
            Self::HighContrast => "high-contrast",
            Self::Mono => "mono",
        }
    }
}

impl std::str::FromStr for ThemeName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|theme| theme.word() == text);
        found.ok_or_else(|| {
            let words = Self::ALL.map(Self::word);
            format!("`{text}` is not one of {}", words.join(", "))
        })
    }
}

/// What repairs set where there is a choice.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Fix {
    /// Caps of a sandbox as Docker writes them: `512m`, 0.5, 256.
    pub memory: Option<String>,
    pub cpus: Option<f64>,
    pub pids: Option<i64>,
    /// Resolvers for sandboxes that have a network and no names.
    pub dns: Vec<String>,
    /// A network of its own for sandboxes: what is created where the configuration names it and
    /// the engine does not have it.
    pub network: Option<FixNetwork>,
    pub engine: FixEngine,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FixNetwork {
    pub name: String,
    /// Without a way out; names from outside do not resolve in it.
    #[serde(default)]
    pub internal: bool,
}

/// How the engine is started and stopped on this node, where the usual ways do not apply: lists of
/// words, run without a shell.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct FixEngine {
    pub start: Vec<String>,
    pub stop: Vec<String>,
    pub kill: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Dns {
    /// Names that must resolve on the host and inside sandboxes with a network. Two that share
    /// no provider, so that one outage is not taken for a broken resolver.
    pub names: Vec<String>,
    /// Resolvers to ask on the host instead of the system's own: `address` or `address:port`.
    pub servers: Vec<String>,
}

impl Default for Dns {
    fn default() -> Self {
        Self {
            names: ["github.com", "one.one.one.one"]
                .map(str::to_owned)
                .to_vec(),
            servers: Vec::new(),
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Egress {
    /// More addresses (`host:port`) that no sandbox may reach.
    pub blocked: Vec<String>,
    /// Addresses (`host:port`) that sandboxes with a network must reach.
    pub allowed: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Sandbox {
    /// More mounts to check from inside, `volume-or-path:target[:ro]`.
    pub mounts: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Registry {
    /// Registries to reach; empty = those of the configured images, else Docker Hub.
    pub hosts: Vec<String>,
}

impl Settings {
    /// The first entry that nothing could be done with, and what one looks like. A rule that is
    /// silently left out would be taken for one that holds.
    pub fn mistake(&self) -> Option<String> {
        let wrong = |key: &str, list: &[String], is_right: fn(&str) -> bool, form: &str| {
            let entry = list.iter().find(|entry| !is_right(entry))?;
            Some(format!("{key}: `{entry}` is not {form}"))
        };
        let address = "an address with its port, like \"10.0.0.5:22\"";
        if let Some(mistake) = self.watch.pace.mistake() {
            return Some(mistake);
        }
        wrong("egress.blocked", &self.egress.blocked, is_address, address)
            .or_else(|| wrong("egress.allowed", &self.egress.allowed, is_address, address))
            .or_else(|| {
                let form = "a mount, like \"data-volume:/data\" or \"/srv/in:/in:ro\"";
                wrong("sandbox.mounts", &self.sandbox.mounts, is_mount, form)
            })
            .or_else(|| wrong("dns.names", &self.dns.names, is_name, "a name"))
            .or_else(|| {
                let form = "a registry's name, like \"registry.example.com\"";
                wrong("registry.hosts", &self.registry.hosts, is_name, form)
            })
    }
}

impl Pace {
    /// More often than an engine's own tick would cost and tell nothing more.
    fn mistake(&self) -> Option<String> {
        const LEAST: Duration = Duration::from_millis(500);
        let all = [
            ("busy", self.busy),
            ("idle", self.idle),
            ("hidden", self.hidden),
            ("other", self.other),
        ];
        let mut set = all.into_iter().filter_map(|(key, span)| Some((key, span?)));
        let (key, span) = set.find(|(_, span)| span.0 < LEAST)?;
        Some(format!(
            "watch.pace.{key}: {span} is too often: an engine measures once a second"
        ))
    }
}

/// As it is read where it is tried from inside a sandbox.
fn is_address(entry: &str) -> bool {
    let is_host = |c: char| c.is_ascii_alphanumeric() || "-._:[]".contains(c);
    entry.rsplit_once(':').is_some_and(|(host, port)| {
        !host.is_empty()
            && !host.starts_with('-')
            && host.chars().all(is_host)
            && port.parse::<u16>().is_ok_and(|port| port > 0)
    })
}

fn is_mount(entry: &str) -> bool {
    let is_right = |source: &str, target: &str| !source.is_empty() && target.starts_with('/');
    match entry.split(':').collect::<Vec<_>>()[..] {
        [source, target] => is_right(source, target),
        [source, target, options] => {
            let known = |option: &str| ["ro", "rw", "z", "Z"].contains(&option);
            is_right(source, target) && options.split(',').all(known)
        }
        _ => false,
    }
}

fn is_name(entry: &str) -> bool {
    !entry.is_empty() && !entry.contains(['/', ' ']) && !entry.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_theme_is_written_as_it_is_read() {
        for theme in ThemeName::ALL {
            let read: App =
                toml::from_str(&format!("theme = \"{}\"", theme.word())).expect("a theme of ours");
            assert_eq!(read.theme, theme);
            assert_eq!(theme.word().parse(), Ok(theme));
        }
        let error = toml::from_str::<App>("theme = \"drak\"").expect_err("no theme");
        assert!(error.to_string().contains("`high-contrast`"), "{error}");
    }

    #[test]
    fn an_entry_that_nothing_can_be_done_with_is_a_mistake() {
        assert_eq!(Settings::default().mistake(), None);
        let list = |entries: &[&str]| entries.iter().map(|e| (*e).to_owned()).collect();
        let with = |blocked: &str, mount: &str, name: &str| Settings {
            egress: Egress {
                blocked: list(&[blocked]),
                ..Egress::default()
            },
            sandbox: Sandbox {
                mounts: list(&[mount]),
            },
            registry: Registry {
                hosts: list(&[name]),
            },
            ..Settings::default()
        };
        let good = [
            ("10.0.0.5:22", "data:/data", "registry.example.com"),
            ("[::1]:22", "/srv/in:/in:ro", "127.0.0.1:5000"),
        ];
        for (blocked, mount, name) in good {
            assert_eq!(with(blocked, mount, name).mistake(), None);
        }
        let (blocked, mount, name) = good[0];
        for bad in ["nonsense", "host:", ":22", "host:99999", "a b:1", ""] {
            let said = with(bad, mount, name).mistake().expect(bad);
            assert!(said.starts_with("egress.blocked"), "{said}");
        }
        for bad in ["x", "a:b", ":/x", "a:/x:zz", "a:/x:ro:z"] {
            let said = with(blocked, bad, name).mistake().expect(bad);
            assert!(said.starts_with("sandbox.mounts"), "{said}");
        }
        for bad in ["", "http://x/y"] {
            assert!(with(blocked, mount, bad).mistake().is_some(), "{bad}");
        }
    }
}
