//! Reads how a system names itself: `sw_vers` on macOS, os-release(5) on Linux.

use super::odd;
use crate::facts::Why;
use crate::facts::host::Os;
use crate::text::wash;

/// `sw_vers`: `ProductVersion:\t\t26.1`, one a line.
pub fn sw_vers(text: &str) -> Result<Os, Why> {
    let field = |name: &str| {
        text.lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
            .map(|value| wash(value, 80))
            .filter(|value| !value.is_empty())
    };
    Ok(Os {
        name: field("ProductName").unwrap_or_else(|| "macOS".to_owned()),
        version: field("ProductVersion")
            .ok_or_else(|| odd("sw_vers gives no ProductVersion", text))?,
        build: field("BuildVersion"),
    })
}

/// `/etc/os-release`. Rolling distributions have no version, only a name.
pub fn os_release(text: &str) -> Result<Os, Why> {
    let field = |name: &str| {
        text.lines()
            .find_map(|line| line.trim_start().strip_prefix(name)?.strip_prefix('='))
            .map(unquoted)
            .filter(|value| !value.is_empty())
    };
    let name = field("NAME").ok_or_else(|| odd("/etc/os-release gives no NAME", text))?;
    let build = field("BUILD_ID");
    Ok(Os {
        name,
        version: field("VERSION")
            .or_else(|| field("VERSION_ID"))
            .or_else(|| build.clone())
            .unwrap_or_else(|| "rolling".to_owned()),
        build,
    })
}

/// A value as a shell would assign it, without its quotes.
fn unquoted(value: &str) -> String {
    let value = value.trim();
    let bare = ['"', '\'']
        .into_iter()
        .find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote))
        .unwrap_or(value);
    wash(&bare.replace('\\', ""), 80)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn os(name: &str, version: &str, build: Option<&str>) -> Os {
        Os {
            name: name.to_owned(),
            version: version.to_owned(),
            build: build.map(str::to_owned),
        }
    }

    #[test]
    fn macos_names_its_version_and_build() {
        assert_eq!(
            sw_vers(include_str!("../../../tests/recorded/macos-sw_vers.txt")),
            Ok(os("macOS", "26.1", Some("25B78")))
        );
        assert!(sw_vers("").is_err());
        assert!(sw_vers("ProductVersion:\t\t\n").is_err());
    }

    #[test]
    fn distributions_name_themselves_with_and_without_quotes() {
        assert_eq!(
            os_release(include_str!("../../../tests/recorded/linux-os-release.txt")),
            Ok(os("Debian GNU/Linux", "12 (bookworm)", None))
        );
        assert_eq!(
            os_release("NAME='Alpine Linux'\nVERSION_ID=3.22.1\n"),
            Ok(os("Alpine Linux", "3.22.1", None))
        );
        assert_eq!(
            os_release("NAME=\"Arch Linux\"\nBUILD_ID=rolling\n"),
            Ok(os("Arch Linux", "rolling", Some("rolling")))
        );
        assert!(os_release("VERSION=12").is_err());
        assert_eq!(
            os_release("NAME=\"x\u{1b}[1my\"").expect("a name").name,
            "x\\u{1b}[1my"
        );
    }
}
