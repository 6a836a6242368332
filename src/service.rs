//! The recorder as a background service of one user: which file describes it, and which commands
//! take it up and put it away. Pure: who writes and runs them is the command line.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::text::wash;

/// What launchd calls it.
pub const LABEL: &str = "clawdoctor.recorder";
/// What systemd calls it.
pub const UNIT: &str = "clawdoctor-recorder.service";
/// In every file of ours, so that one of somebody else is known.
const MARK: &str = "Written by: clawdoctor recorder install";
/// What the service runs, behind the program.
const WORDS: [&str; 2] = ["recorder", "run"];
/// Between the end of a run and the next, in seconds.
const PAUSE: u32 = 30;

/// The variables that decide what is watched, which a service would not have by itself.
const VARIABLES: [&str; 15] = [
    "CLAWDOCTOR_CONFIG_DIR",
    "CLAWDOCTOR_STATE_DIR",
    "DOCKER_CERT_PATH",
    "DOCKER_CONFIG",
    "DOCKER_CONTEXT",
    "DOCKER_HOST",
    "DOCKER_TLS_VERIFY",
    "OPENCLAW_CONFIG_PATH",
    "OPENCLAW_HOME",
    "OPENCLAW_PROFILE",
    "OPENCLAW_STATE_DIR",
    // Programs are looked for there: launchd and systemd know the system's folders only.
    "PATH",
    "XDG_CACHE_HOME",
    "XDG_CONFIG_HOME",
    "XDG_STATE_HOME",
];

/// Who keeps services running.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manager {
    Launchd(Session),
    Systemd,
}

/// Which of a user's sessions on a Mac it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Session {
    /// The one at the screen.
    Screen,
    /// Nobody is logged in at the screen: over ssh, say.
    Background,
}

/// Whose service it is, and how it is to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    pub program: PathBuf,
    pub home: PathBuf,
    pub uid: u32,
    /// All that is set; what does not matter is left out.
    pub env: BTreeMap<String, String>,
}

/// What is to be written and run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    pub path: PathBuf,
    pub text: String,
    /// Takes it up, once the file is there.
    pub load: Vec<Vec<String>>,
    /// Stops it and forgets it, while the file is still there.
    pub unload: Vec<String>,
    /// Once the file is gone.
    pub forget: Vec<Vec<String>>,
    /// All succeed where it is taken up already.
    pub is_loaded: Vec<Vec<String>>,
}

impl Manager {
    pub fn name(self) -> &'static str {
        match self {
            Self::Launchd(_) => "launchd",
            Self::Systemd => "systemd",
        }
    }

    /// Succeeds where this user has one to speak to. On a Mac: at the screen.
    pub fn question(is_mac: bool, uid: u32) -> Vec<String> {
        if is_mac {
            words(&["launchctl", "print", &format!("gui/{uid}")])
        } else {
            words(&["systemctl", "--user", "show-environment"])
        }
    }

    /// Where the file lies.
    pub fn path(self, home: &Path, env: &BTreeMap<String, String>) -> PathBuf {
        match self {
            Self::Launchd(_) => home.join(format!("Library/LaunchAgents/{LABEL}.plist")),
            Self::Systemd => {
                let config = env.get("XDG_CONFIG_HOME").map(PathBuf::from);
                let config = config.filter(|path| path.is_absolute());
                config
                    .unwrap_or_else(|| home.join(".config"))
                    .join("systemd/user")
                    .join(UNIT)
            }
        }
    }
}

/// Whether a file is one that we wrote.
pub fn is_ours(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok_and(|text| text.contains(MARK))
}

/// The session that a file of ours for launchd is for.
pub fn session_of(bytes: &[u8]) -> Session {
    let text = String::from_utf8_lossy(bytes);
    if text.contains("<key>LimitLoadToSessionType</key>") {
        Session::Background
    } else {
        Session::Screen
    }
}

/// What installing takes. A name that the manager's own language cannot hold is refused.
pub fn service(manager: Manager, wanted: &Wanted) -> Result<Service, String> {
    let program = plain(&wanted.program)?;
    let path = manager.path(&wanted.home, &wanted.env);
    let file = plain(&path)?;
    let mut env = BTreeMap::new();
    for name in VARIABLES {
        let Some(value) = wanted.env.get(name).filter(|value| !value.is_empty()) else {
            continue;
        };
        if !is_plain(value) {
            return Err(format!(
                "the value of {name} cannot be written into a service"
            ));
        }
        env.insert(name, value.as_str());
    }
    Ok(match manager {
        Manager::Launchd(session) => {
            let domain = match session {
                Session::Screen => format!("gui/{}", wanted.uid),
                Session::Background => format!("user/{}", wanted.uid),
            };
            let target = format!("{domain}/{LABEL}");
            Service {
                text: agent(program, env, session)?,
                load: vec![
                    // It may have been disabled by hand, which outlives its file.
                    words(&["launchctl", "enable", &target]),
                    words(&["launchctl", "bootstrap", &domain, file]),
                ],
                unload: words(&["launchctl", "bootout", &target]),
                forget: Vec::new(),
                is_loaded: vec![words(&["launchctl", "print", &target])],
                path,
            }
        }
        Manager::Systemd => Service {
            text: unit(program, &env),
            load: vec![
                words(&["systemctl", "--user", "daemon-reload"]),
                words(&["systemctl", "--user", "enable", UNIT]),
                words(&["systemctl", "--user", "restart", UNIT]),
            ],
            unload: words(&["systemctl", "--user", "disable", "--now", UNIT]),
            forget: vec![words(&["systemctl", "--user", "daemon-reload"])],
            is_loaded: ["is-enabled", "is-active"]
                .map(|verb| words(&["systemctl", "--user", verb, "--quiet", UNIT]))
                .to_vec(),
            path,
        },
    })
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn plain(path: &Path) -> Result<&str, String> {
    let text = path.to_str().filter(|text| is_plain(text));
    text.ok_or_else(|| {
        let path = wash(&path.to_string_lossy(), 300);
        format!("{path} cannot be written into a service")
    })
}

fn is_plain(text: &str) -> bool {
    !text.chars().any(char::is_control)
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Agent<'a> {
    label: &'a str,
    #[serde(rename = "ProgramArguments")]
    argv: Vec<&'a str>,
    environment_variables: BTreeMap<&'a str, &'a str>,
    run_at_load: bool,
    keep_alive: bool,
    throttle_interval: u32,
    process_type: &'a str,
    nice: u32,
    #[serde(rename = "LowPriorityIO")]
    low_priority_io: bool,
    #[serde(rename = "LowPriorityBackgroundIO")]
    low_priority_background_io: bool,
    umask: u32,
    /// What it has to say it keeps itself, within a bound, which launchd's own logs do not have.
    standard_out_path: &'a str,
    standard_error_path: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    limit_load_to_session_type: Option<&'a str>,
}

/// The property list of a LaunchAgent.
fn agent(program: &str, env: BTreeMap<&str, &str>, session: Session) -> Result<String, String> {
    let agent = Agent {
        label: LABEL,
        argv: [program].into_iter().chain(WORDS).collect(),
        environment_variables: env,
        run_at_load: true,
        keep_alive: true,
        throttle_interval: PAUSE,
        process_type: "Background",
        nice: 10,
        low_priority_io: true,
        low_priority_background_io: true,
        umask: 0o077,
        standard_out_path: "/dev/null",
        standard_error_path: "/dev/null",
        limit_load_to_session_type: match session {
            // Without the key it is that of the screen.
            Session::Screen => None,
            Session::Background => Some("Background"),
        },
    };
    let mut bytes = Vec::new();
    plist::to_writer_xml(&mut bytes, &agent).map_err(|error| error.to_string())?;
    let text = String::from_utf8(bytes).map_err(|error| error.to_string())?;
    let mark = format!("<!-- {MARK} -->\n<plist ");
    Ok(text.replacen("<plist ", &mark, 1) + "\n")
}

/// A unit of systemd.
fn unit(program: &str, env: &BTreeMap<&str, &str>) -> String {
    let mut text = format!(
        "# {MARK}\n\
         [Unit]\n\
         Description=clawdoctor recorder: what happens in OpenClaw's sandboxes\n\
         StartLimitIntervalSec=0\n\
         \n\
         [Service]\n\
         ExecStart={} {}\n\
         Restart=always\n\
         RestartSec={PAUSE}\n\
         SuccessExitStatus=130 143\n\
         Nice=10\n\
         IOSchedulingClass=idle\n\
         UMask=0077\n",
        // A dollar sign begins a variable there, and nowhere else.
        quoted(&program.replace('$', "$$")),
        WORDS.join(" ")
    );
    for (name, value) in env {
        let pair = quoted(&format!("{name}={value}"));
        writeln!(text, "Environment={pair}").expect("a String takes all");
    }
    text.push_str("\n[Install]\nWantedBy=default.target\n");
    text
}

/// One word in systemd's language.
fn quoted(text: &str) -> String {
    let text = text
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('%', "%%");
    format!("\"{text}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted() -> Wanted {
        let env = [
            ("DOCKER_HOST", "unix:///run/user/501/docker.sock"),
            ("PATH", "/opt/homebrew/bin:/usr/bin"),
            ("HOME", "/Users/ada"),
            ("SSH_TTY", "/dev/ttys001"),
            ("DOCKER_CONTEXT", ""),
        ];
        Wanted {
            program: PathBuf::from("/opt/homebrew/bin/clawdoctor"),
            home: PathBuf::from("/Users/ada"),
            uid: 501,
            env: env
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
        }
    }

    fn lines(commands: &[Vec<String>]) -> Vec<String> {
        commands.iter().map(|words| words.join(" ")).collect()
    }

    #[test]
    fn a_mac_gets_an_agent_of_low_priority_in_the_session_at_the_screen() {
        let made = service(Manager::Launchd(Session::Screen), &wanted()).expect("plain names");
        let file = "/Users/ada/Library/LaunchAgents/clawdoctor.recorder.plist";
        assert_eq!(made.path, Path::new(file));
        insta::assert_snapshot!(made.text);
        assert_eq!(
            lines(&made.load),
            [
                "launchctl enable gui/501/clawdoctor.recorder".to_owned(),
                format!("launchctl bootstrap gui/501 {file}"),
            ]
        );
        assert_eq!(
            made.unload.join(" "),
            "launchctl bootout gui/501/clawdoctor.recorder"
        );
        assert!(is_ours(made.text.as_bytes()));
        let read: plist::Value = plist::from_bytes(made.text.as_bytes()).expect("a plist");
        let keys = read.as_dictionary().expect("a dictionary");
        let argv = keys["ProgramArguments"].as_array().expect("a list");
        let argv: Vec<&str> = argv.iter().filter_map(plist::Value::as_string).collect();
        assert_eq!(argv, ["/opt/homebrew/bin/clawdoctor", "recorder", "run"]);
        assert_eq!(keys["KeepAlive"].as_boolean(), Some(true));
    }

    #[test]
    fn a_mac_without_anybody_at_the_screen_gets_it_in_the_background_session() {
        let made = service(Manager::Launchd(Session::Background), &wanted()).expect("plain names");
        assert_eq!(
            made.load[1][2], "user/501",
            "there is no gui domain to bootstrap into"
        );
        let session = "<key>LimitLoadToSessionType</key>\n\t<string>Background</string>";
        assert!(made.text.contains(session), "{}", made.text);
        assert_eq!(session_of(made.text.as_bytes()), Session::Background);
        assert_eq!(
            Manager::question(true, 501).join(" "),
            "launchctl print gui/501"
        );
    }

    #[test]
    fn linux_gets_a_unit_of_the_user() {
        let mut wanted = wanted();
        wanted.home = PathBuf::from("/home/ada");
        let made = service(Manager::Systemd, &wanted).expect("plain names");
        assert_eq!(
            made.path,
            Path::new("/home/ada/.config/systemd/user/clawdoctor-recorder.service")
        );
        insta::assert_snapshot!(made.text);
        assert_eq!(
            lines(&made.load),
            [
                "systemctl --user daemon-reload",
                "systemctl --user enable clawdoctor-recorder.service",
                "systemctl --user restart clawdoctor-recorder.service",
            ]
        );
        wanted
            .env
            .insert("XDG_CONFIG_HOME".to_owned(), "/etc/ada".to_owned());
        let made = service(Manager::Systemd, &wanted).expect("plain names");
        assert!(made.path.starts_with("/etc/ada/systemd/user"));
    }

    #[test]
    fn names_are_written_so_that_they_mean_themselves() {
        let mut wanted = wanted();
        wanted.program = PathBuf::from("/opt/a b/50%/$x/\"q\"/back\\slash/<&>");
        let unit = service(Manager::Systemd, &wanted)
            .expect("plain names")
            .text;
        let start = r#"ExecStart="/opt/a b/50%%/$$x/\"q\"/back\\slash/<&>" recorder run"#;
        assert!(unit.contains(start), "{unit}");
        let agent = service(Manager::Launchd(Session::Screen), &wanted).expect("plain names");
        let read: plist::Value = plist::from_bytes(agent.text.as_bytes()).expect("a plist");
        let keys = read.as_dictionary().expect("a dictionary");
        let argv = keys["ProgramArguments"].as_array().expect("a list");
        assert_eq!(argv[0].as_string(), wanted.program.to_str());
    }

    #[test]
    fn what_would_forge_lines_is_refused() {
        let mut bad = wanted();
        bad.program = PathBuf::from("/opt/x\nExecStartPre=/bin/evil");
        assert!(service(Manager::Systemd, &bad).is_err());
        let mut bad = wanted();
        let value = "unix:///x\"\n[Service]\nUser=root".to_owned();
        bad.env.insert("DOCKER_HOST".to_owned(), value);
        let refused = service(Manager::Systemd, &bad).expect_err("refused");
        assert!(refused.contains("DOCKER_HOST"), "{refused}");
        assert!(!is_ours(b"[Service]\nExecStart=/opt/other\n") && !is_ours(&[0xff, 0xfe]));
    }
}
