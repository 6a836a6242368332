//! What must not leave the node with a report: who works on it, what it is called, and secrets.
//! Pure: applied to the values before they are serialised, unless `--no-redact`.
//!
//! A user may be called `docker` or `will`. Such a name is replaced only where it can be nothing
//! else (in a path below the home folders, before an `@`), since a report full of holes helps
//! nobody; every other name is replaced wherever it stands as a word.

mod secrets;

pub use secrets::hide as hide_secrets;

use regex_lite::Regex;
use serde_json::Value;

use crate::checklist::report::{Finding, Outcome, Report};
use crate::checklist::run;
use crate::checklist::verdict::Evidence;
use crate::surroundings::Surroundings;

const USER: &str = "[user]";
const HOST: &str = "[host]";

/// Words that reports are made of, and words of the language that are names as well.
const RESERVED: &str = "
    absent access admin administrator agent agents all always and any apple arch art auto
    backend base bash bill bind bridge bridged build can chase check claw clawdoctor clean code
    colima config container containers context core cpu daemon data dean debian default denied
    desktop dev disk dns docker docker-desktop drew engine error fail failed false file for
    frank from gateway git github grant group guest has home host hunter image images info jack
    know known lan lima limits linux local localhost mac macbook macmini macos main mark may
    memory mini missing mode name net network nobody node non-main none not null off open
    openclaw operator orbstack owner pass pat path pip podman port proxy python python3 rancher
    registry report rich rob root run runner sandbox sandboxes server service session skip sock
    socket src ssh staff start status step storage sudo summer system temp test tester the
    timeout tmp tool true ubuntu unknown user users usr value var version vm volume warn
    warning wheel will work worker workspace you
";

#[derive(Debug)]
pub struct Redactor {
    home: Option<String>,
    user: Option<Name>,
    /// The longest first, so that the short name does not break the full one.
    hosts: Vec<Regex>,
    others: Regex,
}

#[derive(Debug)]
struct Name {
    /// Where it can be nothing else: `/Users/name`, `name@`.
    in_place: Regex,
    /// Anywhere as a word; none for a name that is an ordinary word.
    anywhere: Option<Regex>,
}

impl Redactor {
    /// What to hide, from what this process sees and what the machine calls itself.
    pub fn new(here: &Surroundings, hostname: &str) -> Self {
        let home = here.home.to_string_lossy();
        let home = home.trim_end_matches('/');
        let mut hosts: Vec<&str> = vec![hostname];
        hosts.extend(hostname.split('.').next());
        Self {
            home: (home.len() > 1 && home.starts_with('/')).then(|| home.to_owned()),
            user: Name::new(&here.user),
            hosts: hosts
                .into_iter()
                .filter(|name| is_telling(name))
                .map(|name| pattern(&format!("(?i){}", regex_lite::escape(name))))
                .collect(),
            others: pattern("(/Users/)([^/\\s\"':,]+)"),
        }
    }

    /// The text without names, home folders and secrets.
    pub fn text(&self, text: &str) -> String {
        let mut text = secrets::hide(text);
        if let Some(home) = &self.home {
            text = replace_home(&text, home);
        }
        // Other people's home folders on a Mac: sockets of another login are named by them.
        if text.contains("/Users/") {
            text = self
                .others
                .replace_all(&text, |found: &regex_lite::Captures| match &found[2] {
                    "Shared" => found[0].to_owned(),
                    _ => format!("{}{USER}", &found[1]),
                })
                .into_owned();
        }
        for host in &self.hosts {
            text = replace_words(&text, host, HOST);
        }
        if let Some(user) = &self.user {
            text = user
                .in_place
                .replace_all(&text, format!("${{1}}{USER}${{2}}"))
                .into_owned();
            if let Some(anywhere) = &user.anywhere {
                text = replace_words(&text, anywhere, USER);
            }
        }
        text
    }

    /// The report with everything that came from the node redacted. Ids, words of closed sets and
    /// the node's name (random, or given for this very purpose) stay.
    pub fn report(&self, mut report: Report) -> Report {
        for finding in report
            .findings
            .iter_mut()
            .chain(&mut report.suppressed_findings)
        {
            self.finding(finding);
        }
        for check in &mut report.checks {
            self.outcome(check);
        }
        for warning in &mut report.warnings {
            *warning = self.text(warning);
        }
        if let Some(error) = &mut report.error {
            error.message = self.text(&error.message);
        }
        report
    }

    /// Any document, keys included where they are more than a word.
    pub fn json(&self, value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(&text)),
            Value::Array(list) => list.into_iter().map(|one| self.json(one)).collect(),
            Value::Object(map) => map
                .into_iter()
                .map(|(key, value)| {
                    let value = match value {
                        Value::String(_) if secrets::is_secret_key(&key) => {
                            Value::String(secrets::MARK.to_owned())
                        }
                        other => self.json(other),
                    };
                    // A key of our own is a single word and must stay what it is.
                    let is_word = key.chars().all(|c| c.is_alphanumeric() || c == '_');
                    (if is_word { key } else { self.text(&key) }, value)
                })
                .collect(),
            other @ (Value::Null | Value::Bool(_) | Value::Number(_)) => other,
        }
    }

    fn finding(&self, finding: &mut Finding) {
        self.inside(&mut finding.message);
        self.inside(&mut finding.title);
        for text in [
            &mut finding.path,
            &mut finding.target,
            &mut finding.requirement,
            &mut finding.fix_hint,
        ] {
            self.maybe(text);
        }
        // Of what is told: the same from a recorded node, and no way back to what is hidden.
        let place = finding.path.as_ref().or(finding.target.as_ref());
        let id = run::short(&finding.check_id);
        let place = place.map_or("", String::as_str);
        finding.fingerprint = run::fingerprint(id, &finding.error_code, place);
        for command in &mut finding.fix.commands {
            for word in command {
                self.inside(word);
            }
        }
        self.evidence(&mut finding.evidence);
        if let Some(waiver) = &mut finding.waiver {
            self.inside(&mut waiver.reason);
            self.maybe(&mut waiver.by);
        }
    }

    fn outcome(&self, check: &mut Outcome) {
        self.inside(&mut check.title);
        self.inside(&mut check.summary);
        for value in [&mut check.observed, &mut check.expected] {
            *value = value.take().map(|value| self.json(value));
        }
        self.evidence(&mut check.evidence);
    }

    fn evidence(&self, evidence: &mut [Evidence]) {
        for one in evidence {
            one.value = self.json(one.value.take());
        }
    }

    fn inside(&self, text: &mut String) {
        *text = self.text(text);
    }

    fn maybe(&self, text: &mut Option<String>) {
        *text = text.take().map(|text| self.text(&text));
    }
}

impl Name {
    fn new(user: &str) -> Option<Self> {
        if user.is_empty() || user == "root" || !is_plain(user) {
            return None;
        }
        let escaped = regex_lite::escape(user);
        Some(Self {
            in_place: in_place(&escaped),
            anywhere: is_telling(user).then(|| pattern(&escaped)),
        })
    }
}

/// Below a folder of homes, in the output of `id`, or before an `@`.
fn in_place(escaped: &str) -> Regex {
    pattern(&format!(
        "((?:Users|home)/|[ug]id=[0-9]+\\(|USER=|LOGNAME=){escaped}([^A-Za-z0-9_.-]|$)"
    ))
}

/// A name that says who or where, and cannot be taken for a word of the report.
fn is_telling(name: &str) -> bool {
    name.chars().count() >= 3
        && is_plain(name)
        && !name.chars().all(|c| c.is_ascii_digit())
        && !is_reserved(&name.to_ascii_lowercase())
}

fn is_reserved(word: &str) -> bool {
    RESERVED.split_whitespace().any(|reserved| reserved == word)
}

/// As names are written, so that `[host]` of a redacted snapshot is not taken for one.
fn is_plain(name: &str) -> bool {
    name.chars()
        .all(|c| c.is_alphanumeric() || "._- '’".contains(c))
}

/// The home folder where it begins a path and ends at a folder's end.
fn replace_home(text: &str, home: &str) -> String {
    replace_bounded(
        text,
        home,
        "~",
        |c| c.is_alphanumeric() || "._-/".contains(c),
        |c| c.is_alphanumeric() || "_-".contains(c),
    )
}

fn replace_bounded(
    text: &str,
    what: &str,
    with: &str,
    joins_before: impl Fn(char) -> bool,
    joins_after: impl Fn(char) -> bool,
) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(what) {
        let (before, after) = (&rest[..at], &rest[at + what.len()..]);
        let last = before.chars().next_back().or(clean.chars().next_back());
        // `unix:///Users/me`: the slashes before belong to the scheme.
        let scheme = before.ends_with("://");
        let free = (scheme || !last.is_some_and(&joins_before))
            && !after.chars().next().is_some_and(&joins_after);
        clean.push_str(before);
        clean.push_str(if free { with } else { what });
        rest = after;
    }
    clean.push_str(rest);
    clean
}

/// Each place where the pattern stands as a word: no letter or digit on either side.
fn replace_words(text: &str, pattern: &Regex, with: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut copied = 0;
    for found in pattern.find_iter(text) {
        let before = text[..found.start()].chars().next_back();
        let after = text[found.end()..].chars().next();
        clean.push_str(&text[copied..found.start()]);
        let is_word =
            !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric);
        clean.push_str(if is_word { with } else { found.as_str() });
        copied = found.end();
    }
    clean.push_str(&text[copied..]);
    clean
}

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("our own pattern, with names escaped")
}

#[cfg(test)]
mod tests;
