//! The judge of registry credentials: would a pull ask a keychain that nobody can unlock?

use serde::Deserialize;

use crate::checklist::verdict::{Complaint, Ruling};
use crate::facts::docker::Credentials as Configured;
use crate::facts::host::Login;
use crate::facts::{Facts, Why, WhyKind};
use crate::text::wash;

#[derive(Clone, Debug, PartialEq, Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Credentials {}

impl Credentials {
    #[expect(
        clippy::unused_self,
        reason = "all judges are asked in the same way; this one has no parameters"
    )]
    pub(in crate::checklist::judge) fn rule(&self, facts: &Facts) -> Result<Ruling, Why> {
        let configured = match facts.docker.credentials.get() {
            Ok(configured) => configured,
            Err(why) if why.kind == WhyKind::Absent => {
                return Ok(Ruling::pass(
                    "no credential helper: Docker has no config.json",
                ));
            }
            // Docker Desktop before 4.85 hangs at start over such a file, without a word
            // (https://docs.docker.com/desktop/release-notes/).
            Err(why) if why.kind == WhyKind::Unparsable => {
                let detail = wash(&why.detail, 200);
                let complaint = Complaint::warn(
                    "docker-config-unparsable",
                    format!(
                        "Docker's config.json cannot be understood, so its client goes on without the context and the credentials in it: {detail}"
                    ),
                )
                .requirement("docker-config-json")
                .hint("mend the file at the place that is named here");
                return Ok(Ruling::found(vec![complaint], "config.json is broken")
                    .evidence("/docker/credentials", detail));
            }
            Err(why) => return Err(why),
        };
        let helpers = keychain_helpers(configured);
        if helpers.is_empty() {
            return Ok(
                Ruling::pass("pulls ask no keychain").evidence("/docker/credentials", configured)
            );
        }
        let login = facts.host.login.get()?;
        let shown = wash(&helpers.join(", "), 120);
        let complaints = out_of_reach(login)
            .map(|reason| {
                let which = if keychain_store(configured).is_some() {
                    "every pull, even of public images,"
                } else {
                    "a pull from the registries it is set for"
                };
                Complaint::warn(
                    "credentials-need-keychain",
                    format!("{which} asks the keychain through \"{shown}\", and {reason}"),
                )
                .target(shown.clone())
                .path(wash(&configured.path, 200))
                .requirement("credentials-without-keychain")
                .hint("unlock the keychain for this session: security unlock-keychain ~/Library/Keychains/login.keychain-db")
            })
            .into_iter()
            .collect();
        Ok(
            Ruling::found(complaints, format!("credential helper {shown}"))
                .evidence("/docker/credentials", configured)
                .evidence("/host/login", login),
        )
    }
}

/// Helpers that keep passwords in the macOS keychain: Docker Desktop's and the plain one
/// (<https://github.com/docker/docker-credential-helpers>).
fn is_keychain(helper: &str) -> bool {
    matches!(helper, "desktop" | "osxkeychain") || helper.contains("keychain")
}

fn keychain_store(configured: &Configured) -> Option<&str> {
    configured
        .store
        .as_deref()
        .filter(|store| is_keychain(store))
}

fn keychain_helpers(configured: &Configured) -> Vec<&str> {
    let mut helpers: Vec<&str> = keychain_store(configured)
        .into_iter()
        .chain(
            configured
                .helpers
                .values()
                .map(String::as_str)
                .filter(|helper| is_keychain(helper)),
        )
        .collect();
    helpers.sort_unstable();
    helpers.dedup();
    helpers
}

/// Why the login keychain cannot be used without a person, if so
/// (<https://github.com/docker/docker-credential-helpers/issues/82>).
fn out_of_reach(login: &Login) -> Option<&'static str> {
    if login.keychain_locked == Some(true) {
        return Some("the login keychain is locked");
    }
    if login.console_user.is_none() {
        return Some("nobody is logged in at the screen to unlock it");
    }
    // Seen to be unlocked says more than how we came here.
    if login.ssh && login.keychain_locked.is_none() {
        return Some("in an SSH session it cannot ask for its password");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::super::trial::{known, message, short};
    use super::*;
    use crate::facts::Reading;

    fn node(store: Option<&str>, helper: Option<&str>) -> Facts {
        let mut facts = Facts::default();
        facts.docker.credentials = known(Configured {
            path: "/Users/op/.docker/config.json".to_owned(),
            store: store.map(str::to_owned),
            helpers: helper
                .map(|helper| ("ghcr.io".to_owned(), helper.to_owned()))
                .into_iter()
                .collect(),
            auths: Vec::new(),
        });
        facts.host.login = known(Login {
            user: "op".to_owned(),
            console_user: Some("op".to_owned()),
            ssh: true,
            filevault: Some(false),
            auto_login_user: None,
            keychain_locked: None,
        });
        facts
    }

    fn with_login(mut facts: Facts, change: fn(&mut Login)) -> Facts {
        let mut login = facts.host.login.get().expect("known").clone();
        change(&mut login);
        facts.host.login = known(login);
        facts
    }

    #[test]
    fn a_keychain_helper_in_a_session_without_keychain_is_found() {
        let needs = "warn:credentials-need-keychain";
        let desktop = || node(Some("desktop"), None);
        for (facts, expected) in vec![
            (desktop(), needs),
            (node(Some("osxkeychain"), None), needs),
            (node(None, Some("osxkeychain")), needs),
            (node(Some("pass"), None), "pass"),
            (node(None, None), "pass"),
            (with_login(desktop(), |l| l.ssh = false), "pass"),
            (
                with_login(desktop(), |l| l.keychain_locked = Some(false)),
                "pass",
            ),
            (
                with_login(desktop(), |l| {
                    l.ssh = false;
                    l.keychain_locked = Some(true);
                }),
                needs,
            ),
            (
                with_login(desktop(), |l| {
                    l.ssh = false;
                    l.console_user = None;
                }),
                needs,
            ),
        ] {
            assert_eq!(short(Credentials {}.rule(&facts)), expected);
        }
        assert!(message(Credentials {}.rule(&desktop())).starts_with("every pull"));
        assert!(
            message(Credentials {}.rule(&node(None, Some("desktop")))).starts_with("a pull from")
        );
    }

    #[test]
    fn a_file_that_is_broken_is_found_and_one_that_is_not_there_is_well() {
        let mut facts = Facts::default();
        for (kind, expected) in [
            (WhyKind::Unparsable, "warn:docker-config-unparsable"),
            (WhyKind::Absent, "pass"),
            (WhyKind::Denied, "unknown:denied"),
            (WhyKind::NotAsked, "unknown:not-asked"),
        ] {
            facts.docker.credentials = Reading::unknown(kind, "config.json: line 3");
            assert_eq!(short(Credentials {}.rule(&facts)), expected);
        }
    }

    #[test]
    fn where_the_session_is_not_known_nothing_is_said() {
        let mut facts = node(Some("desktop"), None);
        facts.host.login = Reading::not_applicable("Linux");
        assert_eq!(short(Credentials {}.rule(&facts)), "unknown:not-applicable");
    }
}
