//! The config file itself: found, read, hashed, parsed. It is never written: a file without its
//! `meta` member is silently replaced by an older backup at the next start
//! (<https://github.com/openclaw/openclaw/issues/126806>). Blocks.

use std::fs;
use std::io::{ErrorKind, Read};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::SystemTime;

use serde_json::Value;

use super::{effective, written};
use crate::digest::Sha256;
use crate::facts::openclaw::ConfigFile;
use crate::facts::{Why, WhyKind};
use crate::text::wash;

/// A real one has some kilobytes.
const LARGEST: u64 = 8 << 20;

/// Deeper than any real one; the parser is recursive and would run out of stack.
const DEEPEST: usize = 200;

#[derive(Debug)]
pub struct Config {
    pub file: ConfigFile,
    pub value: Value,
}

pub fn read(path: &Path) -> Result<Config, Why> {
    let shown = wash(&path.to_string_lossy(), 1000);
    let said = |error: std::io::Error| refused(&shown, &error);
    let symlink = fs::symlink_metadata(path).map_err(said)?.is_symlink();
    if !fs::metadata(path).map_err(said)?.is_file() {
        return Err(Why::new(
            WhyKind::Unparsable,
            format!("{shown} is not a regular file"),
        ));
    }
    let mut bytes = Vec::new();
    fs::File::open(path)
        .and_then(|file| file.take(LARGEST + 1).read_to_end(&mut bytes))
        .map_err(said)?;
    let value =
        parse(&bytes).map_err(|why| Why::new(WhyKind::Unparsable, format!("{shown}: {why}")))?;
    Ok(Config {
        file: ConfigFile {
            path: shown,
            sha256: Sha256::of(&bytes).to_string(),
            includes: effective::includes(&value),
            symlink,
            clobbered: clobbered(path),
            refused: effective::refused(&value),
            owner: owner(path),
            content_sha256: Some(written::content_sha256(&value)),
            written: Some(written::written(&value)),
        },
        value,
    })
}

/// JSON5, an object at the top. Says where it broke.
fn parse(bytes: &[u8]) -> Result<Value, String> {
    if bytes.len() as u64 > LARGEST {
        return Err(format!("it is larger than {} MiB", LARGEST >> 20));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let before = &bytes[..error.valid_up_to()];
        let line = before.split(|byte| *byte == b'\n').count();
        format!("line {line}: it is not UTF-8")
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if nesting(text) > DEEPEST {
        return Err(format!("it is nested deeper than {DEEPEST} levels"));
    }
    let value: Value = json5::from_str(text).map_err(|error| {
        let words = match error.code() {
            Some(code) => code.to_string(),
            None => error.to_string(),
        };
        let words = wash(&words, 200);
        // Counted from zero there; an end that came too early has no place of its own.
        let at = error.position();
        let at = at.unwrap_or_else(|| json5::Position::from_offset(text.len(), text));
        format!("line {}, column {}: {words}", at.line + 1, at.column + 1)
    })?;
    if value.is_object() {
        Ok(value)
    } else {
        Err("line 1, column 1: it is not an object".to_owned())
    }
}

/// How deep brackets lie in each other, outside strings and comments.
fn nesting(text: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match c {
            '{' | '[' => depth += 1,
            '}' | ']' => depth = depth.saturating_sub(1),
            '"' | '\'' => {
                while let Some(inside) = rest.next() {
                    match inside {
                        '\\' => _ = rest.next(),
                        _ if inside == c => break,
                        _ => {}
                    }
                }
            }
            '/' if rest.as_str().starts_with('/') => {
                let end = ['\n', '\r', '\u{2028}', '\u{2029}'];
                rest.find(|c| end.contains(c));
            }
            '/' if rest.as_str().starts_with('*') => {
                let comment = rest.as_str();
                let end = comment[1..].find("*/").map_or(comment.len(), |at| at + 3);
                rest = comment[end..].chars();
            }
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// The account that the file belongs to, when it is another's than this process's.
fn owner(path: &Path) -> Option<String> {
    let uid = fs::metadata(path).ok()?.uid();
    if uid == nix::unistd::geteuid().as_raw() {
        return None;
    }
    let account = nix::unistd::User::from_uid(uid.into()).ok().flatten();
    Some(account.map_or_else(|| uid.to_string(), |account| wash(&account.name, 100)))
}

/// The newest `….clobbered.*` beside the config, when newer than every backup of it.
fn clobbered(config: &Path) -> Option<String> {
    let name = config.file_name()?.to_str()?;
    let changed = |path: &Path| fs::metadata(path).and_then(|data| data.modified()).ok();
    let backup: Option<SystemTime> = [".bak", ".last-good"]
        .iter()
        .filter_map(|suffix| changed(&config.with_file_name(format!("{name}{suffix}"))))
        .max();
    let prefix = format!("{name}.clobbered.");
    let (newest, path) = fs::read_dir(config.parent()?)
        .ok()?
        .filter_map(Result::ok)
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(&prefix))
        .filter_map(|entry| Some((changed(&entry.path())?, entry.path())))
        .max()?;
    (Some(newest) > backup).then(|| wash(&path.to_string_lossy(), 1000))
}

/// Why a file could not be read.
pub fn refused(shown: &str, error: &std::io::Error) -> Why {
    match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => {
            Why::new(WhyKind::Absent, format!("there is no {shown}"))
        }
        ErrorKind::PermissionDenied => Why::new(
            WhyKind::Denied,
            format!("{shown} may not be read (permission denied)"),
        ),
        _ => Why::new(
            WhyKind::Failed,
            format!("{shown} could not be read: {error}"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().expect("a temporary folder")
    }

    fn kind(path: &Path) -> (WhyKind, String) {
        let why = read(path).expect_err("a config that cannot be read");
        (why.kind, why.detail)
    }

    #[test]
    fn a_broken_file_says_where_it_broke() {
        let folder = folder();
        let path = folder.path().join("openclaw.json");
        let deep = format!("{{a:{}", "[".repeat(100_000));
        let sly = "['//]'/*]*/,//]\n".repeat(100_000);
        let table: [(&[u8], &str); 8] = [
            (sly.as_bytes(), "nested deeper"),
            (b"{\n  // fine\n  agents: }", "line 3, column 11"),
            (b"", "line 1, column 1"),
            (b"[]", "line 1, column 1: it is not an object"),
            (b"{a: 'unclosed", "line 1"),
            (b"{\n\"a\": \"\xff\"}", "line 2: it is not UTF-8"),
            (deep.as_bytes(), "nested deeper"),
            (b"{} {}", "line 1, column 4"),
        ];
        for (bytes, expected) in table {
            fs::write(&path, bytes).expect("it can be written");
            let (kind, detail) = kind(&path);
            assert_eq!(kind, WhyKind::Unparsable);
            assert!(detail.contains(expected), "{detail}");
        }
    }

    #[test]
    fn json5_is_read_and_hashed() {
        let folder = folder();
        let path = folder.path().join("openclaw.json");
        fs::write(&path, "{ /* c */ agents: {defaults: {}}, }").expect("it can be written");
        let config = read(&path).expect("it is JSON5");
        assert_eq!(config.file.sha256.len(), 64);
        assert!(!config.file.includes && !config.file.symlink);
        let link = folder.path().join("link.json");
        std::os::unix::fs::symlink(&path, &link).expect("it is free");
        assert!(read(&link).expect("it leads there").file.symlink);
    }

    #[test]
    fn what_is_missing_or_no_file_says_so() {
        let folder = folder();
        assert_eq!(
            kind(&folder.path().join("openclaw.json")).0,
            WhyKind::Absent
        );
        assert_eq!(kind(folder.path()).0, WhyKind::Unparsable);
    }

    #[test]
    fn an_edit_that_was_thrown_away_is_seen_until_the_next_backup() {
        let folder = folder();
        let path = folder.path().join("openclaw.json");
        let at = |name: &str, seconds: u64| {
            let path = folder.path().join(name);
            fs::write(&path, "{}").expect("it can be written");
            let file = fs::File::options()
                .write(true)
                .open(&path)
                .expect("it is there");
            let moment = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
            file.set_modified(moment).expect("it is ours");
        };
        at("openclaw.json", 50);
        assert_eq!(read(&path).expect("it is there").file.clobbered, None);
        at("openclaw.json.clobbered.a", 100);
        at("openclaw.json.clobbered.b", 200);
        at("openclaw.json.bak", 150);
        let seen = read(&path).expect("it is there").file.clobbered;
        assert!(
            seen.expect("newer than the backup")
                .ends_with("clobbered.b")
        );
        at("openclaw.json.last-good", 300);
        assert_eq!(read(&path).expect("it is there").file.clobbered, None);
    }
}
