//! What Docker Desktop and the Docker CLI have on disk: readable while nothing runs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Map, Value};

use super::files::{self, shown};
use super::this_os;
use crate::deadline::Deadline;
use crate::digest::Sha256;
use crate::engine::endpoint::{config_dir, json_object};
use crate::facts::docker::{App, Credentials, DaemonConfig, DesktopSettings, FileText};
use crate::facts::host::OsKind;
use crate::facts::{Reading, Why, WhyKind};
use crate::probe::World;
use crate::probe::blocking::blocking;
use crate::surroundings::Surroundings;
use crate::text::wash;

const LONGEST: usize = 200;

/// Bytes of a settings file that are kept for a repair that edits it.
const MOST_TEXT: usize = 64 << 10;

pub struct DesktopPart {
    pub app: Reading<App>,
    pub settings: Reading<DesktopSettings>,
    pub daemon_config: Reading<DaemonConfig>,
}

pub async fn desktop(world: &World, d: Deadline) -> DesktopPart {
    let operator = world.operator.clone();
    let looked = blocking(d, move || {
        let app = first(&app_places(&operator), app);
        let settings = first(&settings_places(&operator), settings);
        let daemon = first(&daemon_places(&operator, this_os()), daemon_config);
        (app, settings, daemon)
    });
    match looked.await {
        Ok((app, settings, daemon)) => DesktopPart {
            app: Reading::from_result(app, "Info.plist"),
            settings: Reading::from_result(settings, "Docker Desktop's settings file"),
            daemon_config: Reading::from_result(daemon, "daemon.json"),
        },
        Err(why) => DesktopPart {
            app: Reading::Unknown(why.clone()),
            settings: Reading::Unknown(why.clone()),
            daemon_config: Reading::Unknown(why),
        },
    }
}

/// How the Docker CLI would find registry credentials: names only.
pub async fn credentials(world: &World, d: Deadline) -> Reading<Credentials> {
    let file = config_dir(&world.operator).join("config.json");
    let from = shown(&file);
    let looked = blocking(d, move || first(&[file], read_credentials)).await;
    Reading::from_result(looked.and_then(|result| result), from)
}

/// Reads the first of the files that is there.
fn first<T>(places: &[PathBuf], understand: fn(&Path, &[u8]) -> Result<T, Why>) -> Result<T, Why> {
    let mut absent = None;
    for place in places {
        match files::read(place) {
            Ok(bytes) => return understand(place, &bytes),
            Err(why) if why.kind == WhyKind::Absent => absent = absent.or(Some(why)),
            Err(why) => return Err(why),
        }
    }
    Err(absent.unwrap_or_else(|| Why::new(WhyKind::Absent, "there is no such file")))
}

fn app_places(operator: &Surroundings) -> Vec<PathBuf> {
    let plist = "Docker.app/Contents/Info.plist";
    vec![
        Path::new("/Applications").join(plist),
        operator.home.join("Applications").join(plist),
    ]
}

/// settings-store.json since Docker Desktop 4.35, settings.json before
/// (docs.docker.com/desktop/settings-and-maintenance).
fn settings_places(operator: &Surroundings) -> Vec<PathBuf> {
    let group = operator
        .home
        .join("Library/Group Containers/group.com.docker");
    vec![
        group.join("settings-store.json"),
        group.join("settings.json"),
        operator.home.join(".docker/desktop/settings-store.json"),
    ]
}

/// Docker Desktop hands `~/.docker/daemon.json` to its engine; a Linux engine reads
/// `/etc/docker`, a rootless one the user's configuration folder.
fn daemon_places(operator: &Surroundings, os: OsKind) -> Vec<PathBuf> {
    let home = operator.home.join(".docker/daemon.json");
    match os {
        OsKind::Macos => vec![home],
        OsKind::Linux => {
            let config = operator
                .var("XDG_CONFIG_HOME")
                .map_or_else(|| operator.home.join(".config"), PathBuf::from);
            vec![
                PathBuf::from("/etc/docker/daemon.json"),
                config.join("docker/daemon.json"),
                home,
            ]
        }
    }
}

fn app(file: &Path, bytes: &[u8]) -> Result<App, Why> {
    #[derive(Deserialize)]
    struct Plist {
        #[serde(rename = "CFBundleShortVersionString")]
        version: String,
        #[serde(rename = "CFBundleVersion", default)]
        build: Option<String>,
    }
    let plist: Plist = plist::from_bytes(bytes)
        .map_err(|error| unparsable(file, &format!("not an application's Info.plist: {error}")))?;
    let bundle = file.parent().and_then(Path::parent).unwrap_or(file);
    Ok(App {
        path: shown(bundle),
        version: wash(&plist.version, LONGEST),
        build: plist.build.map(|build| wash(&build, LONGEST)),
    })
}

fn unparsable(file: &Path, words: &str) -> Why {
    Why::new(
        WhyKind::Unparsable,
        format!("{}: {}", shown(file), wash(words, 300)),
    )
}

/// Keys without regard to case: settings.json writes `memoryMiB`, settings-store.json `MemoryMiB`.
struct Keys<'a> {
    file: &'a Path,
    keys: BTreeMap<String, Value>,
}

impl<'a> Keys<'a> {
    fn new(file: &'a Path, object: Map<String, Value>) -> Self {
        let keys = object
            .into_iter()
            .map(|(key, value)| (key.to_ascii_lowercase(), value))
            .collect();
        Self { file, keys }
    }

    /// None when the key is absent: its default is in force. A value of another kind is not
    /// guessed at.
    fn read<T>(
        &self,
        key: &str,
        kind: &str,
        understand: impl FnOnce(&Value) -> Option<T>,
    ) -> Result<Option<T>, Why> {
        match self.keys.get(&key.to_ascii_lowercase()) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => understand(value)
                .map(Some)
                .ok_or_else(|| unparsable(self.file, &format!("`{key}` is not {kind}"))),
        }
    }

    fn number(&self, key: &str) -> Result<Option<u64>, Why> {
        self.read(key, "a whole number", Value::as_u64)
    }

    fn truth(&self, key: &str) -> Result<Option<bool>, Why> {
        self.read(key, "true or false", Value::as_bool)
    }
}

fn settings(file: &Path, bytes: &[u8]) -> Result<DesktopSettings, Why> {
    let keys = Keys::new(file, json_object(file, bytes)?);
    Ok(DesktopSettings {
        path: shown(file),
        memory_mib: keys.number("MemoryMiB")?,
        cpus: keys.read("Cpus", "a whole number", |value| {
            value.as_u64().and_then(|cpus| u32::try_from(cpus).ok())
        })?,
        auto_start: keys.truth("AutoStart")?,
        resource_saver: keys.truth("UseResourceSaver")?,
        default_socket: keys.truth("EnableDefaultDockerSocket")?,
        licence_terms_version: keys.number("LicenseTermsVersion")?,
        open_ui_on_startup_disabled: keys.truth("OpenUIOnStartupDisabled")?,
        kubernetes: keys.truth("KubernetesEnabled")?,
        source: source(file, bytes),
    })
}

/// The file as it stands. Its text is foreign and not washed: an edit has to give it back byte for
/// byte.
fn source(file: &Path, bytes: &[u8]) -> Option<FileText> {
    let text = std::str::from_utf8(bytes).ok()?;
    (bytes.len() <= MOST_TEXT).then(|| FileText {
        sha256: Sha256::of(bytes).to_string(),
        text: text.to_owned(),
        symlink: std::fs::symlink_metadata(file).is_ok_and(|data| data.is_symlink()),
    })
}

fn daemon_config(file: &Path, bytes: &[u8]) -> Result<DaemonConfig, Why> {
    // dockerd takes an empty file for an empty configuration.
    let object = if bytes.trim_ascii().is_empty() {
        Map::new()
    } else {
        json_object(file, bytes)?
    };
    let dns = match object.get("dns") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(servers)) => servers
            .iter()
            .filter_map(Value::as_str)
            .map(|server| wash(server, LONGEST))
            .collect(),
        Some(_) => return Err(unparsable(file, "`dns` is not a list")),
    };
    let driver = object.get("log-driver").and_then(Value::as_str);
    let max_size = object
        .get("log-opts")
        .and_then(|options| options.get("max-size"))
        .and_then(Value::as_str);
    Ok(DaemonConfig {
        path: shown(file),
        dns,
        log_driver: driver.map(|driver| wash(driver, LONGEST)),
        // docs.docker.com/engine/logging/drivers/json-file: unlimited unless max-size is set, and
        // -1 means unlimited. `local` rotates by itself; the others write nothing beside the
        // containers.
        logs_bounded: match driver.unwrap_or("json-file") {
            "json-file" => max_size.is_some_and(|size| size.trim() != "-1"),
            _ => true,
        },
        source: source(file, bytes),
    })
}

fn read_credentials(file: &Path, bytes: &[u8]) -> Result<Credentials, Why> {
    let object = json_object(file, bytes)?;
    let store = match object.get("credsStore") {
        None | Some(Value::Null) => None,
        Some(Value::String(store)) => Some(wash(store, LONGEST)).filter(|name| !name.is_empty()),
        Some(_) => return Err(unparsable(file, "`credsStore` is not a text")),
    };
    let names = |key: &str| match object.get(key) {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Object(map)) => Ok(map.clone()),
        Some(_) => Err(unparsable(file, &format!("`{key}` is not an object"))),
    };
    Ok(Credentials {
        path: shown(file),
        store,
        helpers: names("credHelpers")?
            .iter()
            .filter_map(|(registry, helper)| {
                Some((wash(registry, LONGEST), wash(helper.as_str()?, LONGEST)))
            })
            .collect(),
        auths: names("auths")?
            .keys()
            .map(|registry| wash(registry, LONGEST))
            .collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "/x/file.json";

    fn at() -> &'static Path {
        Path::new(FILE)
    }

    #[test]
    fn settings_are_read_in_both_spellings() {
        for text in [
            r#"{"MemoryMiB":8092,"Cpus":6,"AutoStart":true,"UseResourceSaver":false,"LicenseTermsVersion":2,"Unknown":[]}"#,
            r#"{"memoryMiB":8092,"cpus":6,"autoStart":true,"useResourceSaver":false,"licenseTermsVersion":2}"#,
        ] {
            let read = settings(at(), text.as_bytes()).expect(text);
            assert_eq!((read.memory_mib, read.cpus), (Some(8092), Some(6)));
            assert_eq!(
                (read.auto_start, read.resource_saver),
                (Some(true), Some(false))
            );
            assert_eq!(read.default_socket, None);
        }
    }

    #[test]
    fn a_settings_file_is_kept_as_it_stands_unless_it_is_long_or_no_text() {
        let text = "{\r\n  \"Cpus\" : 4 }";
        let kept = settings(at(), text.as_bytes()).expect(text).source;
        let kept = kept.expect("a short text");
        assert_eq!((kept.text.as_str(), kept.symlink), (text, false));
        assert_eq!(kept.sha256, Sha256::of(text.as_bytes()).to_string());
        let long = format!("{{\"Unknown\":\"{}\"}}", "x".repeat(MOST_TEXT));
        assert_eq!(settings(at(), long.as_bytes()).expect("good").source, None);
        assert_eq!(
            daemon_config(at(), b"")
                .expect("good")
                .source
                .expect("short")
                .text,
            ""
        );
    }

    #[test]
    fn settings_that_cannot_be_understood_name_the_place() {
        let broken = settings(at(), b"{\"MemoryMiB\":\n 80,,}").expect_err("broken");
        assert_eq!(broken.kind, WhyKind::Unparsable);
        assert!(
            broken.detail.starts_with("/x/file.json:2:5"),
            "{}",
            broken.detail
        );
        let odd = settings(at(), br#"{"AutoStart":"yes"}"#).expect_err("odd");
        assert!(
            odd.detail.contains("`AutoStart` is not true or false"),
            "{}",
            odd.detail
        );
    }

    #[test]
    fn logs_are_bounded_by_a_size_or_by_another_driver() {
        let rows = [
            ("{}", false),
            ("", false),
            (r#"{"log-opts":{"max-size":"10m"}}"#, true),
            (r#"{"log-opts":{"max-size":"-1"}}"#, false),
            (
                r#"{"log-driver":"json-file","log-opts":{"max-file":"3"}}"#,
                false,
            ),
            (r#"{"log-driver":"local"}"#, true),
            (r#"{"log-driver":"journald"}"#, true),
        ];
        for (text, bounded) in rows {
            let read = daemon_config(at(), text.as_bytes()).expect(text);
            assert_eq!(read.logs_bounded, bounded, "{text}");
        }
        assert!(daemon_config(at(), br#"{"dns":"1.1.1.1"}"#).is_err());
    }

    #[test]
    fn credentials_hold_names_and_no_secret() {
        let text = r#"{"auths":{"ghcr.io":{"auth":"c2VjcmV0"}},"credsStore":"desktop","credHelpers":{"gcr.io":"gcloud"}}"#;
        let read = read_credentials(at(), text.as_bytes()).expect(text);
        assert_eq!(read.store.as_deref(), Some("desktop"));
        assert_eq!(read.auths, ["ghcr.io"]);
        assert_eq!(read.helpers["gcr.io"], "gcloud");
        assert!(
            !serde_json::to_string(&read)
                .expect("plain data")
                .contains("c2Vj")
        );
    }

    #[tokio::test]
    async fn a_home_without_docker_has_absent_files_and_one_with_it_is_read() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let world = World {
            operator: Surroundings {
                home: home.path().to_path_buf(),
                ..Surroundings::default()
            },
            ..World::default()
        };
        let d = Deadline::after(std::time::Duration::from_secs(5));
        assert_eq!(
            desktop(&world, d)
                .await
                .settings
                .get()
                .expect_err("absent")
                .kind,
            WhyKind::Absent
        );
        assert_eq!(
            credentials(&world, d).await.get().expect_err("absent").kind,
            WhyKind::Absent
        );

        let bundle = home.path().join("Applications/Docker.app/Contents");
        std::fs::create_dir_all(&bundle).expect("a folder");
        std::fs::write(
            bundle.join("Info.plist"),
            r#"<?xml version="1.0" encoding="UTF-8"?><plist version="1.0"><dict>
               <key>CFBundleShortVersionString</key><string>4.90.0</string>
               <key>CFBundleVersion</key><string>238679</string></dict></plist>"#,
        )
        .expect("a file");
        let group = home
            .path()
            .join("Library/Group Containers/group.com.docker");
        std::fs::create_dir_all(&group).expect("a folder");
        std::fs::write(group.join("settings.json"), r#"{"cpus":4}"#).expect("a file");
        let part = desktop(&world, d).await;
        // Not by way of `/Applications`, where this machine may have one of its own.
        let app = first(&app_places(&world.operator)[1..], app).expect("an app");
        assert_eq!(
            (app.version.as_str(), app.build.as_deref()),
            ("4.90.0", Some("238679"))
        );
        assert!(app.path.ends_with("Docker.app"));
        assert_eq!(part.settings.get().expect("settings").cpus, Some(4));
    }
}
