//! Reads dpkg's account of packages (`/var/lib/dpkg/status`, deb822(5)).

use std::collections::BTreeSet;

/// Which of these packages are installed, in the order in which they are asked for. One that was
/// removed keeps its entry as long as its settings are there. By lines, since the whole is about a
/// megabyte.
pub fn installed(status: impl Iterator<Item = String>, names: &[&str]) -> Vec<String> {
    let mut there = BTreeSet::new();
    let (mut about, mut is_there) = (None, false);
    // An entry ends with an empty line, the last one with the text.
    for line in status.chain([String::new()]) {
        if line.is_empty() {
            there.extend(about.take().filter(|_| is_there));
            is_there = false;
        } else if let Some(name) = value(&line, "Package") {
            about = names.iter().position(|one| *one == name);
        } else if let Some(status) = value(&line, "Status") {
            is_there = status.ends_with(" installed");
        }
    }
    there.iter().map(|at| names[*at].to_owned()).collect()
}

/// All packages of which anything but settings is there, half installed ones with them.
pub fn present(status: &str) -> BTreeSet<String> {
    let entries = status.split("\n\n");
    entries
        .filter(|entry| {
            field(entry, "Status").is_some_and(|status| {
                !status.ends_with(" not-installed") && !status.ends_with(" config-files")
            })
        })
        .filter_map(|entry| field(entry, "Package"))
        .map(str::to_owned)
        .collect()
}

fn field<'a>(entry: &'a str, key: &str) -> Option<&'a str> {
    entry.lines().find_map(|line| value(line, key))
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
        let names: Vec<String> = present(text).into_iter().collect();
        assert_eq!(names, ["a", "c"]);
    }
}
