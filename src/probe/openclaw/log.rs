//! What the end of OpenClaw's log tells of calls. It is JSON by lines; a sandbox that could not be
//! made stands in it at every level, a tool that runs a command at `debug` alone
//! (<https://docs.openclaw.ai/gateway/logging>). Blocks, but for [`log`].

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use nix::fcntl::OFlag;
use serde::Deserialize;
use serde_json::Value;

use super::config;
use super::place::Place;
use crate::deadline::Deadline;
use crate::facts::sandbox::Logged;
use crate::facts::{Reading, Why, WhyKind};
use crate::probe::World;
use crate::probe::blocking::blocking;
use crate::surroundings::Surroundings;
use crate::text::wash;

/// Bytes of its end. At level debug one turn takes some 100 KiB.
const MOST: u64 = 1 << 20;
/// Where it lies unless the config says otherwise: fixed in OpenClaw, whatever TMPDIR is.
const USUAL: &str = "/tmp/openclaw";

pub async fn log(world: &World, d: Deadline) -> Reading<Logged> {
    let seen = world.operator.clone();
    let read = blocking(d, move || find_and_read(&seen)).await.flatten();
    Reading::from_result(read, "OpenClaw's log")
}

fn find_and_read(seen: &Surroundings) -> Result<Logged, Why> {
    let place = Place::of(seen, Path::exists)?;
    let config = config::read(&place.config)?;
    let configured = config
        .value
        .pointer("/logging/file")
        .and_then(Value::as_str);
    let path = match configured {
        Some(path) => place.expand(path),
        None => newest(Path::new(USUAL), place.profile.as_deref())?,
    };
    // The usual folder is one where anybody may write: only a file of OpenClaw's own user counts.
    let owner = fs::metadata(&place.config).map(|data| data.uid());
    let text = end_of(&path, owner.map_err(|error| failed(&place.config, &error))?)?;
    Ok(logged(&path, &text, Timestamp::now()))
}

/// One a day: `openclaw-2026-11-26.log`, with a profile's name in between.
fn newest(folder: &Path, profile: Option<&str>) -> Result<PathBuf, Why> {
    let before = match profile {
        Some(profile) => format!("openclaw-{profile}-"),
        None => "openclaw-".to_owned(),
    };
    let is_one = |name: &str| {
        let day = name.strip_prefix(&before)?.strip_suffix(".log")?;
        day.parse::<jiff::civil::Date>().ok()
    };
    let entries = fs::read_dir(folder).map_err(|error| failed(folder, &error))?;
    let days = entries.flatten().filter_map(|entry| {
        let day = is_one(entry.file_name().to_str()?)?;
        Some((day, entry.path()))
    });
    let newest = days.max_by_key(|(day, _)| *day);
    newest.map(|(_, path)| path).ok_or_else(|| {
        let folder = wash(&folder.to_string_lossy(), 1000);
        Why::new(WhyKind::Absent, format!("no log of OpenClaw's in {folder}"))
    })
}

fn failed(path: &Path, error: &std::io::Error) -> Why {
    let kind = match error.kind() {
        ErrorKind::NotFound => WhyKind::Absent,
        ErrorKind::PermissionDenied => WhyKind::Denied,
        _ => WhyKind::Failed,
    };
    Why::new(
        kind,
        format!("{}: {error}", wash(&path.to_string_lossy(), 1000)),
    )
}

/// The last whole lines of it.
fn end_of(path: &Path, owner: u32) -> Result<Vec<u8>, Why> {
    // Neither follows somebody's link nor waits for the other end of a pipe.
    let flags = OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(flags.bits())
        .open(path);
    let said = |error: std::io::Error| failed(path, &error);
    let mut file: File = file.map_err(said)?;
    let data = file.metadata().map_err(said)?;
    if !data.is_file() || data.uid() != owner {
        let path = wash(&path.to_string_lossy(), 1000);
        return Err(Why::new(
            WhyKind::Failed,
            format!("{path} is no file of the user whose config this is"),
        ));
    }
    let from = data.len().saturating_sub(MOST);
    file.seek(SeekFrom::Start(from)).map_err(said)?;
    let mut text = Vec::new();
    file.take(MOST).read_to_end(&mut text).map_err(said)?;
    if from > 0 {
        let whole = text.iter().position(|byte| *byte == b'\n');
        text.drain(..whole.map_or(text.len(), |at| at + 1));
    }
    Ok(text)
}

/// A line of it; what else there is in one is passed over.
#[derive(Deserialize)]
struct Line {
    time: Timestamp,
    #[serde(default)]
    message: Value,
    /// What the line is about, where it is more than a message.
    #[serde(default, rename = "1")]
    about: Value,
}

/// Pure: what these lines tell, and how long ago that was.
fn logged(path: &Path, text: &[u8], now: Timestamp) -> Logged {
    let mut logged = Logged {
        path: wash(&path.to_string_lossy(), 1000),
        call_seconds_ago: None,
        refused_seconds_ago: None,
    };
    for line in text.split(|byte| *byte == b'\n') {
        let Ok(line) = serde_json::from_slice::<Line>(line) else {
            continue;
        };
        let ago = u64::try_from(now.duration_since(line.time).as_secs()).unwrap_or(0);
        let message = line.message.as_str().unwrap_or_default();
        if message.starts_with("embedded run tool start:") && message.contains(" tool=exec ") {
            logged.call_seconds_ago = Some(ago);
        }
        if line.about["errorName"] == "SandboxProvisioningError" {
            logged.refused_seconds_ago = Some(ago);
        }
    }
    logged
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINES: &str = concat!(
        r#"{"0":"{\"subsystem\":\"agent/embedded\"}","1":"embedded run tool start: runId=8270 tool=exec toolCallId=call-1","time":"2026-11-26T06:39:08.282+00:00","message":"embedded run tool start: runId=8270 tool=exec toolCallId=call-1"}"#,
        "\nnot JSON\n",
        r#"{"1":"embedded run tool start: runId=8270 tool=sessions_list toolCallId=call-2","time":"2026-11-26T06:39:30.000+00:00","message":"embedded run tool start: runId=8270 tool=sessions_list toolCallId=call-2"}"#,
        "\n",
        r#"{"0":"{\"subsystem\":\"model-fallback/decision\"}","1":{"event":"model_fallback_chain_stopped","reason":"sandbox_provisioning","errorName":"SandboxProvisioningError"},"2":"model fallback chain stopped","time":"2026-11-26T07:38:27.888+01:00","message":"model fallback chain stopped"}"#,
        "\n",
    );

    #[test]
    fn the_last_command_and_the_last_refusal_are_found() {
        let now = "2026-11-26T06:40:08.282Z".parse().expect("an instant");
        let told = logged(Path::new("/x.log"), LINES.as_bytes(), now);
        assert_eq!(told.call_seconds_ago, Some(60));
        assert_eq!(told.refused_seconds_ago, Some(100));
        let nothing = logged(Path::new("/x.log"), b"{}\n[1]\n\"x\"\n{\"time\":7}", now);
        assert_eq!(nothing.call_seconds_ago, None);
        assert_eq!(nothing.refused_seconds_ago, None);
    }

    #[test]
    fn the_newest_log_is_the_one_of_the_last_day_and_of_this_profile() {
        let folder = tempfile::tempdir().expect("a folder");
        for name in [
            "openclaw-2026-11-25.log",
            "openclaw-2026-11-26.log",
            "openclaw-work-2026-11-27.log",
            "openclaw-2026-13-99.log",
            "openclaw-zz.log",
        ] {
            fs::write(folder.path().join(name), "").expect("a file");
        }
        let found = |profile| {
            let path = newest(folder.path(), profile).expect("a log");
            path.file_name()
                .map(|name| name.to_string_lossy().into_owned())
        };
        assert_eq!(found(None).as_deref(), Some("openclaw-2026-11-26.log"));
        let work = found(Some("work"));
        assert_eq!(work.as_deref(), Some("openclaw-work-2026-11-27.log"));
        let none = newest(&folder.path().join("none"), None).expect_err("no folder");
        assert_eq!(none.kind, WhyKind::Absent);
    }

    #[test]
    fn only_whole_lines_of_its_end_are_read_and_only_of_its_owners_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("x.log");
        let line = format!("{}\n", "x".repeat(1000));
        fs::write(&path, line.repeat(2000)).expect("a file");
        let me = fs::metadata(&path).expect("a file").uid();
        let text = end_of(&path, me).expect("its end");
        assert!(
            text.len() as u64 <= MOST && text.len().is_multiple_of(1001) && text.len() > 1_000_000
        );
        assert!(end_of(&path, me + 1).is_err());
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&path, &link).expect("a link");
        assert!(end_of(&link, me).is_err());
        assert!(end_of(folder.path(), me).is_err());
        let pipe = folder.path().join("pipe");
        nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRUSR).expect("a pipe");
        assert!(end_of(&pipe, me).is_err());
    }
}
