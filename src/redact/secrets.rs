//! Secrets and serial numbers, found by what stands before them or by their own form.

use std::sync::LazyLock;

use regex_lite::{Captures, Regex};

pub const MARK: &str = "[redacted]";

/// Names of values that are secret. `key` alone is not among them: config keys are no secret.
const SECRET: &str = "(?:token|secret|passw(?:or)?d|passphrase|api[_-]?key|apikey|access[_-]?key|\
private[_-]?key|client[_-]?key|authorization|credentials?)";

/// What follows a name and is no value: `token: missing` is a finding, not a token.
const ORDINARY: &[&str] = &[
    "absent",
    "already",
    "and",
    "are",
    "bad",
    "denied",
    "does",
    "empty",
    "expired",
    "failed",
    "false",
    "file",
    "for",
    "found",
    "from",
    "has",
    "helper",
    "in",
    "incorrect",
    "invalid",
    "is",
    "malformed",
    "missing",
    "must",
    "no",
    "none",
    "not",
    "null",
    "of",
    "off",
    "on",
    "or",
    "rejected",
    "required",
    "set",
    "store",
    "the",
    "to",
    "true",
    "unauthorized",
    "undefined",
    "unknown",
    "unset",
    "was",
    "with",
    "wrong",
    "yes",
];

struct Patterns {
    pem: Regex,
    user_info: Regex,
    scheme: Regex,
    named: Regex,
    flag: Regex,
    key: Regex,
    known: Regex,
    serial: Regex,
    secret_key: Regex,
}

static PATTERNS: LazyLock<Patterns> = LazyLock::new(|| {
    let new = |text: &str| Regex::new(text).expect("a constant pattern");
    let value = r#"("[^"]*"|'[^']*'|[^\s"',;&]+)"#;
    Patterns {
        pem: new(
            r"(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)",
        ),
        user_info: new(r#"([A-Za-z][A-Za-z0-9+.-]*://)[^/\s"'<>?#]+@"#),
        scheme: new(r"(?i)\b(bearer|basic)(\s+)([A-Za-z0-9._~+/=-]{8,})"),
        named: new(&format!(
            r#"(?i)([A-Za-z0-9_.-]*{SECRET}[A-Za-z0-9_-]*\\?["']?\s*[:=]\s*\\?)(?:(bearer|basic|token)\s+)?{value}"#
        )),
        flag: new(&format!(r"(?i)(--?[a-z0-9-]*{SECRET}[a-z0-9-]*\s+){value}")),
        key: new(r#"(?i)(\b[A-Za-z0-9_.-]*key["']?\s*[:=]\s*["']?)([A-Za-z0-9+/_=-]{16,})"#),
        known: new(
            r"\b(?:sk-[A-Za-z0-9_-]{16,}|gh[pousr]_[A-Za-z0-9]{16,}|github_pat_[A-Za-z0-9_]{16,}|glpat-[A-Za-z0-9_-]{16,}|dckr_pat_[A-Za-z0-9_-]{10,}|xox[a-z]-[A-Za-z0-9-]{10,}|AKIA[0-9A-Z]{16}|AIza[A-Za-z0-9_-]{30,}|eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*)",
        ),
        serial: new(
            r#"(?i)((?:serial[ _-]?(?:number|no\.?)?|(?:platform|hardware)[ _-]?uuid)(?: \([a-z]+\))?\\?["']?\s*[:=]\s*\\?["']?)([A-Za-z0-9-]{6,})"#,
        ),
        secret_key: new(&format!(
            r"(?i)^(?:[A-Za-z0-9_.-]*{SECRET}|[A-Za-z0-9_.-]*serial[_-]?(?:number)?|(?:platform|hardware)[_-]?uuid)$"
        )),
    }
});

/// What one of must stand in a text for the patterns to be worth a look, in lower case. Reports
/// hold thousands of short strings with none of them, and the patterns are slow.
const HINTS: &[&str] = &[
    "token",
    "secret",
    "passw",
    "passphrase",
    "key",
    "authorization",
    "credential",
    "bearer",
    "basic",
    "://",
    "serial",
    "uuid",
    "sk-",
    "gh",
    "glpat-",
    "dckr_",
    "xox",
    "akia",
    "aiza",
    "eyj",
];

/// The text with every secret and serial number replaced.
pub fn hide(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    if !HINTS.iter().any(|hint| lower.contains(hint)) {
        return text.to_owned();
    }
    let p = &*PATTERNS;
    let text = p.pem.replace_all(text, MARK);
    let text = p.user_info.replace_all(&text, format!("${{1}}{MARK}@"));
    let text = p
        .named
        .replace_all(&text, |found: &Captures| hide_value(found, 1, 3));
    let text = p
        .flag
        .replace_all(&text, |found: &Captures| hide_value(found, 1, 2));
    let text = p.scheme.replace_all(&text, |found: &Captures| {
        // "basic configuration" is no credential.
        if found[3]
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b == b'-')
        {
            return found[0].to_owned();
        }
        format!("{}{}{MARK}", &found[1], &found[2])
    });
    let text = p.key.replace_all(&text, |found: &Captures| {
        if looks_random(&found[2]) {
            format!("{}{MARK}", &found[1])
        } else {
            found[0].to_owned()
        }
    });
    let text = p.known.replace_all(&text, MARK);
    let text = p.serial.replace_all(&text, |found: &Captures| {
        if found[2].bytes().any(|b| b.is_ascii_digit()) {
            format!("{}{MARK}", &found[1])
        } else {
            found[0].to_owned()
        }
    });
    text.into_owned()
}

/// Whether what a document holds under this key is secret, whatever it looks like.
pub fn is_secret_key(key: &str) -> bool {
    PATTERNS.secret_key.is_match(key)
}

fn hide_value(found: &Captures, before: usize, value: usize) -> String {
    let (before, value) = (&found[before], &found[value]);
    let bare = value.trim_matches(['"', '\'', '\\']);
    let word = bare
        .trim_end_matches(['.', ':', '!', '?'])
        .to_ascii_lowercase();
    if bare.is_empty() || ORDINARY.contains(&word.as_str()) {
        return found[0].to_owned();
    }
    match value.chars().next() {
        Some(quote @ ('"' | '\'')) => format!("{before}{quote}{MARK}{quote}"),
        _ => format!("{before}{MARK}"),
    }
}

/// Digits and letters mixed, as in hex and base64, and no word in sight.
fn looks_random(text: &str) -> bool {
    text.bytes().any(|b| b.is_ascii_digit()) && text.bytes().any(|b| b.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_found_by_what_stands_before_them() {
        for (before, after) in [
            ("password=hunter2 next", "password=[redacted] next"),
            (
                "OPENCLAW_GATEWAY_TOKEN=abc",
                "OPENCLAW_GATEWAY_TOKEN=[redacted]",
            ),
            (r#"{"apiKey": "a b c"}"#, r#"{"apiKey": "[redacted]"}"#),
            ("Authorization: Bearer abc.def", "Authorization: [redacted]"),
            (
                "curl --token s3cret https://x",
                "curl --token [redacted] https://x",
            ),
            (
                "http://me:p@ss@proxy:3128/",
                "http://[redacted]@proxy:3128/",
            ),
            (
                "ssh://me@mini/run/docker.sock",
                "ssh://[redacted]@mini/run/docker.sock",
            ),
            ("bearer eyJhbGciOi12", "bearer [redacted]"),
            (
                "signing key: 0123456789abcdef0123",
                "signing key: [redacted]",
            ),
            ("uses ghp_0123456789abcdefABCD now", "uses [redacted] now"),
            (
                "Serial Number (system): C02XL0ABJGH5",
                "Serial Number (system): [redacted]",
            ),
            (
                r#""IOPlatformSerialNumber" = "C02XL0ABJGH5""#,
                r#""IOPlatformSerialNumber" = "[redacted]""#,
            ),
        ] {
            assert_eq!(hide(before), after);
            assert_eq!(hide(after), after, "once more changes nothing");
        }
    }

    #[test]
    fn ordinary_sentences_stay_as_they_are() {
        for text in [
            "the gateway's token is missing; auth token: missing.",
            "config key: agents.defaults.sandbox.docker.network",
            "basic configuration of unix:///var/run/docker.sock",
            "image sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
            "credsStore desktop; docker-credential-osxkeychain",
            "openclaw-sandbox:bookworm-slim@sha256:0123",
            "the serial console: output",
        ] {
            assert_eq!(hide(text), text);
        }
    }

    #[test]
    fn keys_of_documents_tell_their_secrets() {
        for key in [
            "token",
            "gateway_token",
            "clientSecret",
            "serial_number",
            "PASSWORD",
        ] {
            assert!(is_secret_key(key), "{key}");
        }
        for key in [
            "key",
            "from",
            "creds_store",
            "tokens_used",
            "uuid",
            "serialised",
        ] {
            assert!(!is_secret_key(key), "{key}");
        }
    }
}
