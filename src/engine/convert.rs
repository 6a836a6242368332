//! Small conversions between what the Engine API writes and what we mean. Pure.

use std::fmt::Write as _;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Deserializer};

/// The engine writes `null` where Go had an empty list, map or pointer.
pub fn nullable<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

/// Percent-encodes everything that does not belong to an image reference or a container name, so
/// that no part of a name becomes a path, a query or a fragment.
pub fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/:@".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            write!(encoded, "%{byte:02X}").expect("writing to a String cannot fail");
        }
    }
    encoded
}

/// An image reference that can be asked for: no path steps that an HTTP server would resolve.
pub fn is_reference(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 512
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-._/:@".contains(&b))
        && text.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

/// A container's name or id, as the engine itself allows it (`[a-zA-Z0-9][a-zA-Z0-9_.-]*`).
pub fn is_name(text: &str) -> bool {
    text.len() <= 256
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b))
}

/// The moment that an RFC 3339 text names; Go's zero time and the epoch (what reproducible builds
/// write) name none.
pub fn moment(text: &str) -> Option<SystemTime> {
    let timestamp: jiff::Timestamp = text.parse().ok()?;
    let milliseconds = u64::try_from(timestamp.as_millisecond()).ok()?;
    (milliseconds > 0).then(|| UNIX_EPOCH + Duration::from_millis(milliseconds))
}

/// As [`moment`], in nanoseconds since the epoch.
pub fn nanos(text: &str) -> Option<i64> {
    let timestamp: jiff::Timestamp = text.parse().ok()?;
    i64::try_from(timestamp.as_nanosecond())
        .ok()
        .filter(|nanos| *nanos > 0)
}

/// Milliseconds since the epoch.
pub fn milliseconds(moment: SystemTime) -> i64 {
    let clamp = |span: Duration| i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
    match moment.duration_since(UNIX_EPOCH) {
        Ok(span) => clamp(span),
        Err(before) => -clamp(before.duration()),
    }
}

/// `path[:options]` as `--tmpfs` takes it.
pub fn tmpfs(entry: &str) -> (String, String) {
    match entry.split_once(':') {
        Some((path, options)) => (path.to_owned(), options.to_owned()),
        None => (entry.to_owned(), String::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_would_leave_their_place_in_the_path_are_refused() {
        for good in [
            "debian",
            "localhost:5000/a/b:tag",
            "a@sha256:00ff",
            "sha256:00ff",
        ] {
            assert!(is_reference(good), "{good}");
        }
        for bad in [
            "", "..", "a/../b", "a//b", "/a", "a b", "a?x=1", "a#b", "ä", "a\n",
        ] {
            assert!(!is_reference(bad), "{bad:?}");
        }
        assert!(is_name("openclaw-gateway.1"));
        for bad in ["", "-a", "a/b", "..", "a b", "a?b"] {
            assert!(!is_name(bad), "{bad:?}");
        }
    }

    #[test]
    fn everything_else_is_encoded() {
        assert_eq!(
            encode(r#"{"a":["b=c d"]}"#),
            "%7B%22a%22:%5B%22b%3Dc%20d%22%5D%7D"
        );
        assert_eq!(encode("ä?#%"), "%C3%A4%3F%23%25");
    }

    #[test]
    fn times_that_say_nothing_are_none() {
        assert!(moment("2024-05-01T10:00:00.123456789Z").is_some());
        assert!(moment("2024-05-01T10:00:00.123456789+02:00").is_some());
        assert_eq!(
            nanos("2026-11-26T00:15:33.976491621Z"),
            Some(1_795_652_133_976_491_621)
        );
        for nothing in [
            "",
            "0001-01-01T00:00:00Z",
            "1970-01-01T00:00:00Z",
            "yesterday",
        ] {
            assert!(moment(nothing).is_none(), "{nothing}");
            assert!(nanos(nothing).is_none(), "{nothing}");
        }
    }
}
