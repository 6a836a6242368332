//! Reads npm's own settings (`~/.npmrc`): where it installs what is global.

use std::path::{Path, PathBuf};

/// The `prefix` of an npmrc, with `~` and `${HOME}` filled in; none when it names none, or another
/// variable (<https://docs.npmjs.com/cli/configuring-npm/npmrc>). The last one counts.
pub fn prefix(text: &str, home: &Path) -> Option<PathBuf> {
    let value = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.starts_with([';', '#']))
        .filter_map(|line| line.split_once('='))
        .filter(|(key, _)| key.trim() == "prefix")
        .map(|(_, value)| value.trim().trim_matches(['"', '\'']))
        .next_back()?;
    let path = match value
        .strip_prefix("~/")
        .or_else(|| value.strip_prefix("${HOME}/"))
    {
        Some(rest) => home.join(rest),
        None => PathBuf::from(value),
    };
    let plain = !path.to_string_lossy().contains("${");
    (path.is_absolute() && plain).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_read_as_npm_reads_it() {
        let table = [
            ("prefix=/home/u/.npm-global", Some("/home/u/.npm-global")),
            (
                " prefix = ~/.npm-global\nfund=false",
                Some("/home/u/.npm-global"),
            ),
            ("prefix=${HOME}/n", Some("/home/u/n")),
            ("prefix=\"/opt/n\"", Some("/opt/n")),
            ("prefix=/a\nprefix=/b", Some("/b")),
            ("; prefix=/a\n# prefix=/b", None),
            ("save-prefix=~", None),
            ("prefix=relative", None),
            ("prefix=${OTHER}/n", None),
            ("", None),
        ];
        for (text, expected) in table {
            let found = prefix(text, Path::new("/home/u"));
            assert_eq!(found.as_deref(), expected.map(Path::new), "{text}");
        }
    }
}
