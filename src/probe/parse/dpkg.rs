//! Reads dpkg's account of packages (`/var/lib/dpkg/status`, deb822(5)).

use std::collections::BTreeSet;

/// Which of these packages are installed, in the order in which they are asked for. One that was
/// removed keeps its entry as long as its settings are there.
pub fn installed(status: &str, names: &[&str]) -> Vec<String> {
    let there: BTreeSet<&str> = status.split("\n\n").filter_map(installed_package).collect();
    names
        .iter()
        .filter(|name| there.contains(*name))
        .map(|name| (*name).to_owned())
        .collect()
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

/// The package that an entry is about, when it is installed.
fn installed_package(entry: &str) -> Option<&str> {
    let is_there = field(entry, "Status")?.ends_with(" installed");
    is_there.then(|| field(entry, "Package"))?
}

fn field<'a>(entry: &'a str, key: &str) -> Option<&'a str> {
    entry
        .lines()
        .find_map(|line| line.strip_prefix(key)?.strip_prefix(':'))
        .map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATUS: &str = include_str!("../../../tests/recorded/linux-dpkg-status.txt");

    #[test]
    fn a_package_counts_when_it_is_installed_and_not_when_its_settings_are_left() {
        let asked = ["docker-cli", "docker.io", "npm", "nodejs"];
        assert_eq!(installed(STATUS, &asked), ["docker.io", "nodejs"]);
        assert!(installed("", &asked).is_empty());
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
