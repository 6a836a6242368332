//! Reads what macOS says about logging in: disk encryption, automatic login, the login keychain.

use super::odd;
use crate::facts::{Why, WhyKind};
use crate::text::wash;

/// `fdesetup status`: is a password needed before anything of this user runs?
pub fn filevault(text: &str) -> Result<bool, Why> {
    let text = text.trim_start();
    // "On, but needs to be restarted to finish" still asks at the next boot; "Off, but will be
    // enabled after the next restart" does not ask at that one.
    if text.starts_with("FileVault is On") {
        Ok(true)
    } else if text.starts_with("FileVault is Off") {
        Ok(false)
    } else {
        Err(odd("fdesetup status", text))
    }
}

/// `defaults read /Library/Preferences/com.apple.loginwindow autoLoginUser`: the user's name, or a
/// failure whose text says that there is no such key, which means nobody.
pub fn automatic_user(
    status: Option<i32>,
    stdout: &str,
    stderr: &str,
) -> Result<Option<String>, Why> {
    match status {
        Some(0) => {
            let name = wash(stdout, 80);
            Ok(Some(name).filter(|name| !name.is_empty()))
        }
        _ if stderr.contains("does not exist") => Ok(None),
        Some(_) | None => Err(Why::new(
            WhyKind::Failed,
            format!(
                "defaults could not read who is logged in automatically: {}",
                wash(stderr, 120)
            ),
        )),
    }
}

/// `security show-keychain-info`, which in a session without a screen fails when the keychain is
/// locked, instead of asking (errSecInteractionNotAllowed, -25308). Anything else says nothing.
pub fn keychain_locked(status: Option<i32>, stderr: &str) -> Option<bool> {
    match status {
        Some(0) => Some(false),
        Some(_) if stderr.contains("User interaction is not allowed") => Some(true),
        Some(_) | None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filevault_is_on_when_the_next_boot_asks_for_a_password() {
        for (text, expected) in [
            ("FileVault is On.\n", true),
            (
                "FileVault is On.\nEncryption in progress: Percent completed = 42\n",
                true,
            ),
            (
                "FileVault is On, but needs to be restarted to finish.\n",
                true,
            ),
            ("FileVault is Off.\n", false),
            (
                "FileVault is Off, but will be enabled after the next restart.\n",
                false,
            ),
        ] {
            assert_eq!(filevault(text), Ok(expected), "{text}");
        }
        assert!(filevault("").is_err());
        assert!(filevault("Error: Unable to fetch status").is_err());
    }

    #[test]
    fn nobody_and_not_known_are_two_things() {
        assert_eq!(
            automatic_user(Some(0), "operator\n", ""),
            Ok(Some("operator".to_owned()))
        );
        let absent = include_str!("../../../tests/recorded/macos-defaults-autologin-absent.txt");
        assert_eq!(automatic_user(Some(1), "", absent), Ok(None));
        assert!(automatic_user(Some(1), "", "Operation not permitted").is_err());
        assert!(automatic_user(None, "", "").is_err());
        assert_eq!(automatic_user(Some(0), "\n", ""), Ok(None));
    }

    #[test]
    fn a_keychain_is_locked_only_when_it_says_so() {
        assert_eq!(keychain_locked(Some(0), "… no-timeout"), Some(false));
        let locked = include_str!("../../../tests/recorded/macos-keychain-locked.txt");
        assert_eq!(keychain_locked(Some(36), locked), Some(true));
        assert_eq!(keychain_locked(Some(50), "could not be found"), None);
        assert_eq!(keychain_locked(None, ""), None);
    }
}
