//! How a gateway would be started: its LaunchAgent or its systemd unit, with the environment files
//! they name. Places and names are OpenClaw's (<https://docs.openclaw.ai/gateway>). Blocks.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::super::place::Place;
use super::{Seen, VARIABLES};
use crate::facts::openclaw::Placement;
use crate::surroundings::Surroundings;
use crate::text::wash;

/// The first definition there is; a LaunchAgent before a unit, a user's before the system's.
pub fn find(operator: &Surroundings, place: &Place) -> Option<Seen> {
    let label = match &place.profile {
        Some(profile) => format!("ai.openclaw.{profile}"),
        None => "ai.openclaw.gateway".to_owned(),
    };
    let unit = match &place.profile {
        Some(profile) => format!("openclaw-gateway-{profile}.service"),
        None => "openclaw-gateway.service".to_owned(),
    };
    let home = &operator.home;
    let user_units = operator
        .var("XDG_CONFIG_HOME")
        .map_or_else(|| home.join(".config"), PathBuf::from)
        .join("systemd/user");
    launch_agent(home, &place.state, &label)
        .or_else(|| systemd(&user_units.join(&unit), home))
        .or_else(|| systemd(&Path::new("/etc/systemd/system").join(&unit), home))
        .map(|(env, file)| Seen {
            placement: Placement::Installed { by: file.clone() },
            env: Ok(env),
            env_from: file,
            uid: Some(operator.uid),
            groups: operator.groups.clone(),
            node: None,
        })
}

#[derive(Deserialize)]
struct Agent {
    #[serde(rename = "EnvironmentVariables", default)]
    environment: BTreeMap<String, plist::Value>,
}

type Found = (BTreeMap<String, String>, String);

fn launch_agent(home: &Path, state: &Path, label: &str) -> Option<Found> {
    let file = home.join(format!("Library/LaunchAgents/{label}.plist"));
    let agent: Agent = plist::from_bytes(&fs::read(&file).ok()?).ok()?;
    let mut env: BTreeMap<String, String> = agent
        .environment
        .into_iter()
        .filter(|(name, _)| VARIABLES.contains(&name.as_str()))
        .filter_map(|(name, value)| Some((name, value.into_string()?)))
        .collect();
    // Newer releases keep the values in a file of their own, which a wrapper sources.
    let values = state.join(format!("service-env/{label}.env"));
    if let Ok(text) = fs::read_to_string(values) {
        assignments(&text, &mut env);
    }
    // What launchd gives when nothing else is said (launchd.plist(5), `getconf PATH` of launchd).
    env.entry("PATH".to_owned())
        .or_insert_with(|| "/usr/bin:/bin:/usr/sbin:/sbin".to_owned());
    Some((env, wash(&file.to_string_lossy(), 1000)))
}

fn systemd(file: &Path, home: &Path) -> Option<Found> {
    let text = fs::read_to_string(file).ok()?;
    let mut env = BTreeMap::new();
    let mut files = Vec::new();
    unit(&text, &mut env, &mut files);
    for name in files {
        let name = name
            .trim_start_matches('-')
            .replace("%h", &home.to_string_lossy());
        if let Ok(text) = fs::read_to_string(name) {
            assignments(&text, &mut env);
        }
    }
    // systemd's own default for services.
    env.entry("PATH".to_owned())
        .or_insert_with(|| "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin".to_owned());
    Some((env, wash(&file.to_string_lossy(), 1000)))
}

/// `Environment=` and `EnvironmentFile=` of a unit (systemd.exec(5)).
fn unit(text: &str, env: &mut BTreeMap<String, String>, files: &mut Vec<String>) {
    for line in text.lines().map(str::trim) {
        if let Some(values) = line.strip_prefix("Environment=") {
            for word in words(values) {
                keep(&word.replace("%%", "%"), env);
            }
        } else if let Some(values) = line.strip_prefix("EnvironmentFile=") {
            files.extend(words(values));
        }
    }
}

/// `NAME=value` or `export NAME='value'`, one a line.
fn assignments(text: &str, env: &mut BTreeMap<String, String>) {
    for line in text.lines().map(str::trim) {
        let line = line.strip_prefix("export ").unwrap_or(line);
        if line.starts_with('#') {
            continue;
        }
        // One word: a value with blanks is quoted.
        if let Some(word) = words(line).first() {
            keep(word, env);
        }
    }
}

fn keep(pair: &str, env: &mut BTreeMap<String, String>) {
    if let Some((name, value)) = pair.split_once('=')
        && VARIABLES.contains(&name)
    {
        env.insert(name.to_owned(), value.to_owned());
    }
}

/// Words with quotes and backslashes undone.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match (c, quote) {
            (c, Some(open)) if c == open => quote = None,
            ('"' | '\'', None) => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            ('\\', None | Some('"')) => word.get_or_insert_default().extend(rest.next()),
            (c, None) if c.is_whitespace() => words.extend(word.take()),
            (c, _) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn operator(home: &Path) -> Surroundings {
        Surroundings {
            home: home.to_path_buf(),
            uid: 501,
            ..Surroundings::default()
        }
    }

    fn found(files: &[(&str, &str)]) -> Option<Seen> {
        let home = tempfile::tempdir().expect("a temporary folder");
        for (name, text) in files {
            let path = home.path().join(name);
            fs::create_dir_all(path.parent().expect("a folder")).expect("it can be made");
            fs::write(path, text).expect("it can be written");
        }
        let operator = operator(home.path());
        let place = Place::of(&operator, Path::exists).expect("a place");
        find(&operator, &place)
    }

    const PLIST: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<plist version="1.0"><dict><key>Label</key><string>ai.openclaw.gateway</string>
<key>EnvironmentVariables</key><dict><key>PATH</key><string>/usr/bin:/bin</string>
<key>OPENCLAW_GATEWAY_TOKEN</key><string>hunter2</string></dict></dict></plist>"#;

    #[test]
    fn a_launch_agent_tells_its_path_and_no_secret() {
        let plist = ("Library/LaunchAgents/ai.openclaw.gateway.plist", PLIST);
        let seen = found(&[plist]).expect("it is installed");
        assert_eq!(seen.var("PATH"), Some("/usr/bin:/bin"));
        assert!(!format!("{seen:?}").contains("hunter2"));
        assert!(seen.env_from.ends_with("ai.openclaw.gateway.plist"));
        let env = (
            ".openclaw/service-env/ai.openclaw.gateway.env",
            "# Generated\nexport PATH='/opt/a b/bin:/bin'\nexport TOKEN='hunter2'\n",
        );
        let seen = found(&[plist, env]).expect("it is installed");
        assert_eq!(seen.var("PATH"), Some("/opt/a b/bin:/bin"));
    }

    #[test]
    fn a_unit_is_read_with_its_files() {
        let unit = "[Service]\nEnvironment=HOME=/h \"PATH=/a b:/usr/bin\" TOKEN=hunter2\n\
            Environment=DOCKER_HOST=unix:///100%%\nEnvironmentFile=-%h/more.env\n";
        let seen = found(&[
            (".config/systemd/user/openclaw-gateway.service", unit),
            ("more.env", "DOCKER_CONTEXT=colima\nSECRET=hunter2\n"),
        ])
        .expect("it is installed");
        assert_eq!(seen.var("PATH"), Some("/a b:/usr/bin"));
        assert_eq!(seen.var("DOCKER_HOST"), Some("unix:///100%"));
        assert_eq!(seen.var("DOCKER_CONTEXT"), Some("colima"));
        assert!(!format!("{seen:?}").contains("hunter2"));
    }

    #[test]
    fn garbage_is_no_definition() {
        let plist = (
            "Library/LaunchAgents/ai.openclaw.gateway.plist",
            "not a plist",
        );
        assert_eq!(found(&[plist]), None);
        assert_eq!(found(&[]), None);
    }
}
