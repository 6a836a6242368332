//! Reads `pmset -g custom`: the power settings of a Mac, by source of power.

use super::odd;
use crate::facts::Why;
use crate::facts::host::Power;

/// The settings on mains, which is where a node lives; a Mac mini has no others. What a machine
/// does not support is missing from the output.
pub fn pmset(text: &str) -> Result<Power, Why> {
    let lines: Vec<&str> = on_mains(text).collect();
    if lines.is_empty() {
        return Err(odd("pmset gives no settings", text));
    }
    let value = |name: &str| lines.iter().find_map(|line| number(line, name));
    let flag = |name: &str| match value(name) {
        Some(0) => Some(false),
        Some(_) => Some(true),
        None => None,
    };
    Ok(Power {
        sleep_minutes: value("sleep"),
        autorestart: flag("autorestart"),
        wake_on_network: flag("womp"),
    })
}

/// The lines below `AC Power:`, or below the only heading.
fn on_mains(text: &str) -> impl Iterator<Item = &str> {
    let heading = |line: &str| !line.starts_with(char::is_whitespace) && line.ends_with(':');
    let several = text.lines().any(|line| line.trim_end() == "AC Power:");
    text.lines()
        .map(str::trim_end)
        .skip_while(move |line| several && *line != "AC Power:")
        .skip_while(move |line| !heading(line))
        .skip(1)
        .take_while(move |line| !heading(line))
        .filter(|line| !line.is_empty())
}

/// ` sleep                1`, or with a remark behind it: ` sleep  0 (sleep prevented by powerd)`.
fn number(line: &str, name: &str) -> Option<u32> {
    let rest = line.trim_start().strip_prefix(name)?;
    rest.starts_with(char::is_whitespace)
        .then(|| rest.split_whitespace().next())??
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mac_mini_as_it_comes_sleeps_and_stays_off() {
        assert_eq!(
            pmset(include_str!(
                "../../../tests/recorded/macos-pmset-factory.txt"
            )),
            Ok(Power {
                sleep_minutes: Some(1),
                autorestart: Some(false),
                wake_on_network: Some(true),
            })
        );
    }

    #[test]
    fn a_node_that_was_set_up_never_sleeps() {
        assert_eq!(
            pmset(include_str!("../../../tests/recorded/macos-pmset-node.txt")),
            Ok(Power {
                sleep_minutes: Some(0),
                autorestart: Some(true),
                wake_on_network: Some(true),
            })
        );
    }

    #[test]
    fn on_a_portable_mac_mains_count_and_what_is_not_there_is_not_known() {
        assert_eq!(
            pmset(include_str!(
                "../../../tests/recorded/macos-pmset-portable.txt"
            )),
            Ok(Power {
                sleep_minutes: Some(0),
                autorestart: None,
                wake_on_network: Some(true),
            })
        );
    }

    #[test]
    fn what_is_no_list_of_settings_is_refused() {
        for bad in ["", "\n", "AC Power:\n", "Usage: pmset [-bcuaUB]"] {
            assert!(pmset(bad).is_err(), "{bad}");
        }
        let odd = pmset("AC Power:\n sleep x\n sleepless 3\n womp 1").expect("settings");
        assert_eq!(odd.sleep_minutes, None);
    }
}
