//! What the engine's words about a sandbox that did not start point to, so that the check whose
//! subject it is tells it and no other.

use crate::facts::Why;
use crate::facts::sandbox::Inside;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// No `/bin/sh` (or no `sleep`) in the image.
    NoShell,
    /// The image's entrypoint swallowed the command.
    Entrypoint,
    ForeignPlatform,
    TooLittleMemory,
    Mount,
    Other,
}

/// What kept this configuration from starting, by what is known of it and by the engine's words.
pub fn trouble(inside: &Inside, why: &Why, entrypoint: &[String]) -> Trouble {
    let tools = inside.tools.get().ok().into_iter().flatten();
    if tools
        .into_iter()
        .any(|tool| tool.name == "sh" && tool.path.is_none())
    {
        return Trouble::NoShell;
    }
    by_words(why, entrypoint)
}

/// Texts of runc, crun, containerd and the engine; matched without regard to case.
fn by_words(why: &Why, entrypoint: &[String]) -> Trouble {
    let said = why.detail.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| said.contains(word));
    if has(&["exec format error", "no matching manifest"]) {
        return Trouble::ForeignPlatform;
    }
    if has(&["minimum memory limit"]) {
        return Trouble::TooLittleMemory;
    }
    if has(&[
        "mounts denied",
        "bind source path does not exist",
        "error while creating mount source path",
        "error mounting",
        "invalid mount config",
    ]) {
        return Trouble::Mount;
    }
    // An image with an entrypoint answers in its own words ("invalid time interval"), so what
    // is left over is put down to it; https://github.com/openclaw/openclaw/issues/70387.
    if !entrypoint.is_empty() {
        return Trouble::Entrypoint;
    }
    let not_found = has(&[
        "executable file not found",
        "no such file or directory",
        "not found",
    ]);
    if not_found && has(&["exec:", "exec ", "\"sh\"", "/bin/sh", "sleep"]) {
        return Trouble::NoShell;
    }
    Trouble::Other
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::WhyKind;

    #[test]
    fn the_engines_words_are_put_down_to_their_cause() {
        let table = [
            (
                "OCI runtime create failed: exec: \"/bin/sh\": stat /bin/sh: no such file or directory: unknown",
                &[][..],
                Trouble::NoShell,
            ),
            (
                "failed to create task: exec: \"sleep\": executable file not found in $PATH",
                &[],
                Trouble::NoShell,
            ),
            (
                "exec /bin/sh: exec format error",
                &[],
                Trouble::ForeignPlatform,
            ),
            (
                "Minimum memory limit allowed is 6MB",
                &["sleep"],
                Trouble::TooLittleMemory,
            ),
            (
                "ended with 1: sleep: invalid time interval 'sleep'",
                &["sleep"],
                Trouble::Entrypoint,
            ),
            ("Mounts denied: /srv is not shared", &[], Trouble::Mount),
            ("network sbx not found", &[], Trouble::Other),
            ("ended with 1: whatever", &[], Trouble::Other),
        ];
        for (words, entrypoint, expected) in table {
            let entrypoint: Vec<String> = entrypoint.iter().map(|s| (*s).to_owned()).collect();
            let why = Why::new(WhyKind::Failed, words);
            assert_eq!(by_words(&why, &entrypoint), expected, "{words}");
        }
    }
}
