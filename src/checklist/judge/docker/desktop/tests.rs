//! The judges of Docker Desktop over releases, settings and other engines.

use super::super::super::trial::{known, message, short};
use super::*;
use crate::facts::Reading;
use crate::facts::docker::{App, Candidate, Provider, Reach};

fn judge() -> DesktopVersion {
    let version = |text: &str| text.parse().expect("a version");
    DesktopVersion {
        minimum: version("4.28.0"),
        security_floor: version("4.44.3"),
        recommended: version("4.86.0"),
    }
}

fn running(version: Option<&str>) -> Facts {
    let mut facts = Facts::default();
    facts.docker.provider = known(Provider {
        kind: ProviderKind::DockerDesktop,
        version: version.map(str::to_owned),
        build: Some("238679".to_owned()),
    });
    facts
}

fn installed(version: &str) -> Facts {
    let mut facts = Facts::default();
    facts.docker.provider = Reading::unknown(WhyKind::Absent, "no engine answers");
    facts.docker.app = known(App {
        path: "/Applications/Docker.app".to_owned(),
        version: version.to_owned(),
        build: None,
    });
    facts
}

#[test]
fn the_worst_of_the_thresholds_is_the_one_complaint() {
    for (version, expected) in [
        ("4.27.2", "fail:docker-desktop-too-old"),
        ("4.9.0", "fail:docker-desktop-too-old"),
        ("4.28.0", "fail:docker-desktop-insecure"),
        ("4.44.2", "fail:docker-desktop-insecure"),
        ("4.44.3", "warn:docker-desktop-outdated"),
        ("4.85.0", "warn:docker-desktop-outdated"),
        ("4.86.0", "pass"),
        ("4.90.0", "pass"),
        ("5.0.0", "pass"),
        ("999.0", "pass"),
        ("dev", "unknown:unparsable"),
    ] {
        assert_eq!(
            short(judge().rule(&running(Some(version)))),
            expected,
            "{version}"
        );
        assert_eq!(
            short(judge().rule(&installed(version))),
            expected,
            "{version}"
        );
    }
}

#[test]
fn a_warning_names_the_holes_that_are_open() {
    let text = |version| message(judge().rule(&running(Some(version))));
    assert!(text("4.60.0").ends_with("CVE-2026-31431 and CVE-2026-17106"));
    assert!(text("4.72.0").ends_with("which closes CVE-2026-17106"));
    assert_eq!(
        judge()
            .rule(&running(Some("4.90.0")))
            .expect("known")
            .summary,
        "Docker Desktop 4.90.0 (238679)"
    );
}

#[test]
fn a_running_desktop_without_a_version_is_unknown_unless_its_app_tells() {
    assert_eq!(short(judge().rule(&running(None))), "unknown:not-asked");
    let mut facts = installed("4.90.0");
    facts.docker.provider = running(None).docker.provider;
    assert_eq!(short(judge().rule(&facts)), "pass");
    facts.docker.app = Reading::unknown(WhyKind::Absent, "no Docker.app");
    assert_eq!(short(judge().rule(&facts)), "unknown:unparsable");
}

#[test]
fn other_engines_are_none_of_its_business() {
    let mut facts = installed("4.27.0");
    facts.docker.provider = known(Provider {
        kind: ProviderKind::Orbstack,
        version: None,
        build: None,
    });
    let all = |facts: &Facts| {
        [
            short(judge().rule(facts)),
            short(Autostart {}.rule(facts)),
            short(ResourceSaver {}.rule(facts)),
        ]
    };
    assert_eq!(all(&facts), ["not-applicable"; 3]);
    // OrbStack is in force and does not run: the app of Docker Desktop says nothing.
    facts.docker.provider = Reading::unknown(WhyKind::Absent, "no engine answers");
    facts.docker.candidates = vec![Candidate {
        at: "/var/run/docker.sock".to_owned(),
        provider: ProviderKind::LinuxEngine,
        in_force: true,
        resolves_to: Some("/Users/op/.orbstack/run/docker.sock".to_owned()),
        reach: Reach::Errno("ECONNREFUSED".to_owned()),
        owner: None,
    }];
    assert_eq!(all(&facts), ["not-applicable"; 3]);
    facts.docker.candidates.clear();
    facts.docker.app = Reading::unknown(WhyKind::Absent, "no Docker.app");
    assert_eq!(all(&facts), ["not-applicable"; 3]);
    assert_eq!(all(&Facts::default()), ["unknown:not-asked"; 3]);
}

#[test]
fn an_absent_setting_is_the_default_and_an_unreadable_one_is_unknown() {
    let with = |auto_start, resource_saver| {
        let mut facts = running(Some("4.90.0"));
        facts.docker.settings = known(DesktopSettings {
            path: "settings-store.json".to_owned(),
            auto_start,
            resource_saver,
            ..DesktopSettings::default()
        });
        [
            short(Autostart {}.rule(&facts)),
            short(ResourceSaver {}.rule(&facts)),
        ]
    };
    let off = "warn:autostart-off";
    let on = "warn:resource-saver-on";
    assert_eq!(with(Some(true), Some(false)), ["pass", "pass"]);
    assert_eq!(with(None, None), [off, on]);
    assert_eq!(with(Some(false), Some(true)), [off, on]);
    let mut facts = running(Some("4.90.0"));
    facts.docker.settings = Reading::unknown(WhyKind::Absent, "no settings file");
    assert_eq!(short(Autostart {}.rule(&facts)), off);
    facts.docker.settings = Reading::unknown(WhyKind::Unparsable, "line 1");
    assert_eq!(short(Autostart {}.rule(&facts)), "unknown:unparsable");
    assert_eq!(short(ResourceSaver {}.rule(&facts)), "unknown:unparsable");
}
