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

/// The package that an entry is about, when it is installed.
fn installed_package(entry: &str) -> Option<&str> {
    let field = |key: &str| {
        entry
            .lines()
            .find_map(|line| line.strip_prefix(key)?.strip_prefix(':'))
            .map(str::trim)
    };
    let is_there = field("Status")?.ends_with(" installed");
    is_there.then(|| field("Package"))?
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
}
