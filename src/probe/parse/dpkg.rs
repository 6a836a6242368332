//! Reads dpkg's account of packages (`/var/lib/dpkg/status`, deb822(5)).

use std::collections::BTreeSet;

/// Which of these packages are installed, in the order in which they are asked for. One that was
/// removed keeps its entry as long as its settings are there.
pub fn installed(status: impl Iterator<Item = String>, names: &[&str]) -> Vec<String> {
    let there: BTreeSet<String> = entries(status)
        .filter(|(_, state)| state.ends_with(" installed"))
        .map(|(name, _)| name)
        .collect();
    names
        .iter()
        .filter(|name| there.contains(**name))
        .map(|name| (*name).to_owned())
        .collect()
}

/// All packages of which anything but settings is there, half installed ones with them.
pub fn present(status: impl Iterator<Item = String>) -> BTreeSet<String> {
    entries(status)
        .filter(|(_, state)| {
            !state.ends_with(" not-installed") && !state.ends_with(" config-files")
        })
        .map(|(name, _)| name)
        .collect()
}

/// Package and state of each entry. By lines, since the whole is about a megabyte.
fn entries(status: impl Iterator<Item = String>) -> impl Iterator<Item = (String, String)> {
    let mut lines = status.peekable();
    std::iter::from_fn(move || {
        loop {
            lines.peek()?;
            let (mut name, mut state) = (None, None);
            for line in lines.by_ref().take_while(|line| !line.is_empty()) {
                name = name.or_else(|| value(&line, "Package").map(str::to_owned));
                state = state.or_else(|| value(&line, "Status").map(str::to_owned));
            }
            if let Some(entry) = name.zip(state) {
                return Some(entry);
            }
        }
    })
}

fn value<'a>(line: &'a str, key: &str) -> Option<&'a str> {
    Some(line.strip_prefix(key)?.strip_prefix(':')?.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATUS: &str = include_str!("../../../tests/recorded/linux-dpkg-status.txt");

    #[test]
    fn a_package_counts_when_it_is_installed_and_not_when_its_settings_are_left() {
        let asked = ["docker-cli", "docker.io", "npm", "nodejs"];
        let lines = |text: &'static str| text.lines().map(str::to_owned);
        assert_eq!(installed(lines(STATUS), &asked), ["docker.io", "nodejs"]);
        assert!(installed(lines(""), &asked).is_empty());
        let last = "Package: npm\nStatus: install ok installed";
        assert_eq!(installed(lines(last), &asked), ["npm"]);
    }

    #[test]
    fn what_is_half_installed_is_present_and_what_left_its_settings_is_not() {
        let text = "Package: a\nStatus: install ok half-configured\n\n\
                    Package: b\nStatus: deinstall ok config-files\n\n\
                    Package: c\nStatus: install ok installed\n\n\
                    Package: d\nStatus: purge ok not-installed\n";
        let names: Vec<String> = present(text.lines().map(str::to_owned))
            .into_iter()
            .collect();
        assert_eq!(names, ["a", "c"]);
    }
}
