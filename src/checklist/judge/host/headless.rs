//! Judges of what a machine without a person at it needs: no sleep, a start after a power failure,
//! and a login session that comes back.

use serde::Deserialize;

use crate::checklist::verdict::{Complaint, Ruling};
use crate::facts::host::{Login, OsKind};
use crate::facts::{Facts, Why, WhyKind};
use crate::text::wash;

#[derive(Clone, Debug, PartialEq, Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Power {}

impl Power {
    #[expect(
        clippy::unused_self,
        reason = "all judges are asked in the same way; this one has no parameters"
    )]
    pub(in crate::checklist::judge) fn rule(&self, facts: &Facts) -> Result<Ruling, Why> {
        if super::os(facts)? == OsKind::Linux {
            return Ok(Ruling::not_applicable(
                "power settings are looked at on macOS only",
            ));
        }
        let power = facts.host.power.get()?;
        let mut complaints = Vec::new();
        if let Some(minutes @ 1..) = power.sleep_minutes {
            complaints.push(
                Complaint::warn(
                    "system-sleep-on",
                    format!(
                        "the Mac sleeps after {minutes} min without a user; a node must never sleep"
                    ),
                )
                .target(format!("sleep {minutes}"))
                .requirement("pmset-sleep=0")
                .hint("switch sleep off: sudo pmset -a sleep 0"),
            );
        }
        if power.autorestart == Some(false) {
            complaints.push(
                Complaint::warn(
                    "autorestart-off",
                    "the Mac stays off after a power failure until somebody switches it on",
                )
                .target("autorestart 0")
                .requirement("pmset-autorestart=1")
                .hint("let it start again by itself: sudo pmset -a autorestart 1"),
            );
        }
        if complaints.is_empty() && power.sleep_minutes.is_none() {
            return Err(Why::new(
                WhyKind::Unparsable,
                "the power settings do not say when the Mac sleeps",
            ));
        }
        let sleep = match power.sleep_minutes {
            Some(0) => "never sleeps".to_owned(),
            Some(minutes) => format!("sleeps after {minutes} min"),
            None => "sleep not known".to_owned(),
        };
        // Portable Macs have no such setting: there is a battery.
        let restart = match power.autorestart {
            Some(true) => ", starts again after a power failure",
            Some(false) => ", stays off after a power failure",
            None => ", has no setting for power failures",
        };
        Ok(Ruling::found(complaints, format!("{sleep}{restart}")).evidence("/host/power", power))
    }
}

#[derive(Clone, Debug, PartialEq, Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct LoginSession {}

impl LoginSession {
    #[expect(
        clippy::unused_self,
        reason = "all judges are asked in the same way; this one has no parameters"
    )]
    pub(in crate::checklist::judge) fn rule(&self, facts: &Facts) -> Result<Ruling, Why> {
        if super::os(facts)? == OsKind::Linux {
            return Ok(Ruling::not_applicable(
                "the engine of a Linux node needs no login session",
            ));
        }
        let login = facts.host.login.get()?;
        let mut complaints: Vec<Complaint> = at_the_screen(login).into_iter().collect();
        complaints.extend(after_a_restart(login));
        if complaints.is_empty() && login.filevault.is_none() {
            return Err(Why::new(
                WhyKind::Failed,
                "whether FileVault is on could not be found out",
            ));
        }
        let screen = login.console_user.as_deref().map_or_else(
            || "nobody is logged in at the screen".to_owned(),
            |user| format!("{} is logged in at the screen", wash(user, 40)),
        );
        let filevault = match login.filevault {
            Some(true) => ", FileVault on",
            Some(false) => ", FileVault off",
            None => ", FileVault not known",
        };
        let automatic = login
            .auto_login_user
            .as_deref()
            .map_or(", no automatic login", |_| ", automatic login");
        Ok(
            Ruling::found(complaints, format!("{screen}{filevault}{automatic}"))
                .evidence("/host/login", login),
        )
    }
}

/// Who is logged in now: engines with a window run in the session of one user
/// (<https://github.com/docker/for-mac/issues/6504>).
fn at_the_screen(login: &Login) -> Option<Complaint> {
    let Some(console) = login.console_user.as_deref() else {
        return Some(
            Complaint::warn(
                "nobody-at-screen",
                "nobody is logged in at the screen, and Docker Desktop, OrbStack and Colima run in a user's session only",
            )
            .requirement("console-user")
            .hint("log in at the screen, or over Screen Sharing, as the user who runs the engine"),
        );
    };
    // A process of root says nothing about whose node it is.
    if login.user == console || login.user == "root" {
        return None;
    }
    let (console, user) = (wash(console, 40), wash(&login.user, 40));
    Some(
        Complaint::warn(
            "another-user-at-screen",
            format!("{console} is logged in at the screen, but this is {user}: the engine of {user} is not started there"),
        )
        .target(console)
        .requirement(format!("console-user={user}"))
        .hint(format!("log in at the screen as {user}, or run as the user who is logged in")),
    )
}

/// Whether a session comes back without a person. macOS offers no automatic login while FileVault
/// is on (<https://support.apple.com/guide/mac-help/mchlp1111/mac>).
fn after_a_restart(login: &Login) -> Option<Complaint> {
    if login.filevault == Some(true) {
        return Some(
            Complaint::warn(
                "filevault-needs-person",
                "FileVault is on: after a restart the Mac waits for a password, and no engine runs until then",
            )
            .requirement("unattended-restart")
            .hint("plan restarts; one that unlocks itself: sudo fdesetup authrestart"),
        );
    }
    let Some(automatic) = login.auto_login_user.as_deref() else {
        return Some(
            Complaint::warn(
                "no-automatic-login",
                "no user is logged in automatically: after a restart no engine runs until somebody logs in at the screen",
            )
            .requirement("automatic-login")
            .hint("choose the user in System Settings > Users & Groups > Automatically log in as"),
        );
    };
    if login.user == automatic || login.user == "root" {
        return None;
    }
    let (automatic, user) = (wash(automatic, 40), wash(&login.user, 40));
    Some(
        Complaint::warn(
            "automatic-login-of-another-user",
            format!("after a restart {automatic} is logged in automatically, but this is {user}: the engine of {user} does not come back"),
        )
        .target(automatic)
        .requirement(format!("automatic-login={user}"))
        .hint("choose the user in System Settings > Users & Groups > Automatically log in as"),
    )
}

#[cfg(test)]
mod tests {
    use super::super::super::trial::{known, short};
    use super::*;
    use crate::facts::Reading;
    use crate::facts::host::{self, Platform};

    fn mac() -> Facts {
        let mut facts = Facts::default();
        facts.host.platform = known(Platform {
            os: OsKind::Macos,
            arch: "aarch64".to_owned(),
            translated: false,
        });
        facts
    }

    fn linux() -> Facts {
        let mut facts = mac();
        facts.host.platform = known(Platform {
            os: OsKind::Linux,
            arch: "x86_64".to_owned(),
            translated: false,
        });
        facts
    }

    #[test]
    fn a_node_must_not_sleep_and_must_come_back() {
        let mut facts = mac();
        for (sleep, restart, expected) in [
            (Some(0), Some(true), "pass"),
            (Some(0), None, "pass"),
            (Some(1), Some(true), "warn:system-sleep-on"),
            (Some(0), Some(false), "warn:autorestart-off"),
            (
                Some(10),
                Some(false),
                "warn:system-sleep-on warn:autorestart-off",
            ),
            (None, Some(false), "warn:autorestart-off"),
            (None, Some(true), "unknown:unparsable"),
        ] {
            facts.host.power = known(host::Power {
                sleep_minutes: sleep,
                autorestart: restart,
                wake_on_network: None,
            });
            assert_eq!(
                short(Power {}.rule(&facts)),
                expected,
                "{sleep:?} {restart:?}"
            );
        }
    }

    #[test]
    fn settings_that_could_not_be_read_stay_unknown() {
        let mut facts = mac();
        facts.host.power = Reading::unknown(WhyKind::Timeout, "pmset did not answer");
        assert_eq!(short(Power {}.rule(&facts)), "unknown:timeout");
        assert_eq!(short(LoginSession {}.rule(&facts)), "unknown:not-asked");
        assert_eq!(short(Power {}.rule(&Facts::default())), "unknown:not-asked");
    }

    #[test]
    fn on_linux_neither_applies() {
        assert_eq!(short(Power {}.rule(&linux())), "not-applicable");
        assert_eq!(short(LoginSession {}.rule(&linux())), "not-applicable");
    }

    fn login() -> Login {
        Login {
            user: "operator".to_owned(),
            console_user: Some("operator".to_owned()),
            ssh: true,
            filevault: Some(false),
            auto_login_user: Some("operator".to_owned()),
            keychain_locked: None,
        }
    }

    #[test]
    fn a_session_that_comes_back_alone_passes() {
        let mut facts = mac();
        facts.host.login = known(login());
        assert_eq!(short(LoginSession {}.rule(&facts)), "pass");
    }

    #[test]
    fn each_way_to_lose_the_session_is_found() {
        type Change = fn(&mut Login);
        let cases: [(Change, &str); 8] = [
            (|l| l.console_user = None, "warn:nobody-at-screen"),
            (
                |l| l.console_user = Some("other".to_owned()),
                "warn:another-user-at-screen",
            ),
            (|l| l.filevault = Some(true), "warn:filevault-needs-person"),
            (|l| l.auto_login_user = None, "warn:no-automatic-login"),
            (
                |l| l.auto_login_user = Some("other".to_owned()),
                "warn:automatic-login-of-another-user",
            ),
            (
                |l| {
                    l.filevault = Some(true);
                    l.console_user = None;
                },
                "warn:nobody-at-screen warn:filevault-needs-person",
            ),
            (|l| l.filevault = None, "unknown:failed"),
            (|l| l.user = "root".to_owned(), "pass"),
        ];
        for (change, expected) in cases {
            let mut facts = mac();
            let mut login = login();
            change(&mut login);
            facts.host.login = known(login);
            assert_eq!(short(LoginSession {}.rule(&facts)), expected);
        }
    }
}
