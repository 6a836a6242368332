//! The judges of the engine over engines of all makes.

use std::time::Duration;

use super::super::super::trial::{known, message, short};
use super::*;
use crate::facts::docker::Candidate;
use crate::facts::host::{self, Platform};

const GIB: u64 = 1 << 30;
const MIB: u64 = 1 << 20;

fn node(os: OsKind, kind: ProviderKind) -> Facts {
    let mut facts = Facts::default();
    facts.host.platform = known(Platform {
        os,
        arch: "aarch64".to_owned(),
        translated: false,
    });
    facts.docker.provider = known(fact::Provider {
        kind,
        version: None,
        build: None,
    });
    facts
}

fn with_vm(mut facts: Facts, memory: u64, cpus: u32, host: u64) -> Facts {
    facts.docker.info = known(
        serde_json::from_value(serde_json::json!({
            "name": "docker-desktop", "operating_system": "Docker Desktop",
            "memory": memory, "cpus": cpus,
        }))
        .expect("plain data"),
    );
    facts.host.memory = known(host);
    facts
}

#[test]
fn what_is_not_known_of_the_engine_is_no_pass() {
    let facts = Facts::default();
    let memory = VmMemory {
        minimum: Size(GIB),
        host_reserve: Size(GIB),
    };
    let disk = Disk {
        warn_below: Size(2),
        fail_below: Size(1),
    };
    let api = EngineApi {
        minimum: "1.40".parse().expect("a version"),
    };
    let clock = Clock {
        max_skew: Span(Duration::from_secs(5)),
    };
    for ruling in [
        Provider {}.rule(&facts),
        api.rule(&facts),
        memory.rule(&facts),
        VmCpus { minimum: 2 }.rule(&facts),
        disk.rule(&facts),
        clock.rule(&facts),
    ] {
        assert_eq!(short(ruling), "unknown:not-asked");
    }
}

#[test]
fn engines_that_openclaw_does_not_take_for_docker_are_named() {
    let unsupported = "warn:provider-unsupported";
    for (os, kind, expected) in [
        (OsKind::Macos, ProviderKind::DockerDesktop, "pass"),
        (OsKind::Macos, ProviderKind::Orbstack, "pass"),
        (OsKind::Macos, ProviderKind::Colima, "pass"),
        (OsKind::Linux, ProviderKind::LinuxEngine, "pass"),
        (OsKind::Linux, ProviderKind::Unrecognised, "pass"),
        (OsKind::Macos, ProviderKind::Unrecognised, unsupported),
        (OsKind::Macos, ProviderKind::Podman, unsupported),
    ] {
        assert_eq!(
            short(Provider {}.rule(&node(os, kind))),
            expected,
            "{kind:?}"
        );
    }
}

#[test]
fn a_default_socket_that_leads_elsewhere_is_found_only_when_somebody_listens() {
    let mut facts = node(OsKind::Macos, ProviderKind::DockerDesktop);
    let mut default = Candidate {
        at: "/var/run/docker.sock".to_owned(),
        provider: ProviderKind::LinuxEngine,
        in_force: false,
        resolves_to: Some("/Users/op/.orbstack/run/docker.sock".to_owned()),
        reach: Reach::Listens,
        owner: None,
    };
    facts.docker.candidates = vec![default.clone()];
    assert_eq!(
        short(Provider {}.rule(&facts)),
        "warn:default-socket-of-another-engine"
    );
    default.reach = Reach::Errno("ECONNREFUSED".to_owned());
    facts.docker.candidates = vec![default.clone()];
    assert_eq!(short(Provider {}.rule(&facts)), "pass");
    default.reach = Reach::Listens;
    default.resolves_to = Some("/Users/op/.docker/run/docker.sock".to_owned());
    facts.docker.candidates = vec![default];
    assert_eq!(short(Provider {}.rule(&facts)), "pass");
}

#[test]
fn the_api_is_compared_by_number_and_odd_words_are_unknown() {
    let judge = EngineApi {
        minimum: "1.40".parse().expect("a version"),
    };
    let mut facts = Facts::default();
    for (api, expected) in [
        ("1.55", "pass"),
        ("2.0", "pass"),
        ("1.40", "pass"),
        ("1.9", "fail:engine-api-too-old"),
        ("1.39", "fail:engine-api-too-old"),
        ("master", "unknown:unparsable"),
        ("", "unknown:unparsable"),
    ] {
        facts.docker.version = known(fact::Version {
            engine: "29.7.2".to_owned(),
            api: api.to_owned(),
            min_api: Some("1.40".to_owned()),
            os: "linux".to_owned(),
            arch: "arm64".to_owned(),
            platform_name: None,
            components: Vec::new(),
        });
        assert_eq!(short(judge.rule(&facts)), expected, "{api}");
    }
}

#[test]
fn the_vm_needs_enough_and_must_leave_enough() {
    let judge = VmMemory {
        minimum: Size(4 * GIB),
        host_reserve: Size(6 * GIB),
    };
    let small = "warn:vm-memory-low";
    let starves = "warn:vm-memory-starves-host";
    let mac = |kind, memory, host| with_vm(node(OsKind::Macos, kind), memory, 8, host);
    let desktop = |memory, host| mac(ProviderKind::DockerDesktop, memory, host);
    for (facts, expected) in vec![
        (desktop(8 * GIB - 150 * MIB, 16 * GIB), "pass"),
        // What Docker Desktop set to 4 GiB reports.
        (desktop(4 * GIB - 200 * MIB, 16 * GIB), "pass"),
        (desktop(4 * GIB - 257 * MIB, 16 * GIB), small),
        (desktop(2 * GIB, 16 * GIB), small),
        (desktop(10 * GIB, 16 * GIB), "pass"),
        (desktop(11 * GIB, 16 * GIB), starves),
        // Half of a small Mac is the default, and no fault of its own.
        (desktop(4 * GIB, 8 * GIB), "pass"),
        (desktop(5 * GIB, 8 * GIB), starves),
        (mac(ProviderKind::Orbstack, 8 * GIB, 16 * GIB), "pass"),
        (
            with_vm(
                node(OsKind::Linux, ProviderKind::LinuxEngine),
                15 * GIB,
                4,
                15 * GIB,
            ),
            "pass",
        ),
        (
            with_vm(
                node(OsKind::Linux, ProviderKind::LinuxEngine),
                2 * GIB,
                4,
                2 * GIB,
            ),
            small,
        ),
    ] {
        assert_eq!(short(judge.rule(&facts)), expected);
    }
    assert_eq!(
        message(judge.rule(&desktop(2 * GIB, 16 * GIB))),
        "the engine has 2 GiB of memory; 4 GiB are needed for a useful number of sandboxes"
    );
    let mut facts = desktop(8 * GIB, 16 * GIB);
    facts.host.memory = crate::facts::Reading::unknown(WhyKind::Timeout, "sysctl");
    assert_eq!(short(judge.rule(&facts)), "unknown:timeout");
}

#[test]
fn the_cores_of_a_vm_are_counted_and_those_of_linux_are_the_hosts() {
    let judge = VmCpus { minimum: 2 };
    let cores =
        |os, kind, cpus| short(judge.rule(&with_vm(node(os, kind), 8 * GIB, cpus, 16 * GIB)));
    assert_eq!(cores(OsKind::Macos, ProviderKind::Colima, 2), "pass");
    assert_eq!(
        cores(OsKind::Macos, ProviderKind::Colima, 1),
        "fail:vm-cpus-too-few"
    );
    assert_eq!(
        cores(OsKind::Linux, ProviderKind::LinuxEngine, 1),
        "not-applicable"
    );
}

#[test]
fn the_engines_disk_is_judged_by_the_worse_of_its_two_thresholds() {
    let judge = Disk {
        warn_below: Size(10 * GIB),
        fail_below: Size(2 * GIB),
    };
    let mut facts = Facts::default();
    for (free, expected) in [
        (10 * GIB, "pass"),
        (9 * GIB, "warn:engine-disk-low"),
        (GIB, "fail:engine-disk-full"),
    ] {
        facts.docker.disk = known(host::Disk {
            path: "/var/lib/docker".to_owned(),
            total: 59 * GIB,
            free,
        });
        assert_eq!(short(judge.rule(&facts)), expected);
    }
}

#[test]
fn a_clock_is_wrong_only_beyond_what_the_measurement_can_be_off() {
    let judge = Clock {
        max_skew: Span(Duration::from_secs(5)),
    };
    let mut facts = Facts::default();
    for (skew, uncertainty, expected) in [
        (0, 4, "pass"),
        (-5_000, 0, "pass"),
        (5_004, 4, "pass"),
        (5_005, 4, "warn:engine-clock-skew"),
        (-42_300, 4, "warn:engine-clock-skew"),
        (-42_300, 60_000, "pass"),
    ] {
        facts.docker.clock = known(fact::Clock {
            skew_milliseconds: skew,
            uncertainty_milliseconds: uncertainty,
        });
        assert_eq!(
            short(judge.rule(&facts)),
            expected,
            "{skew} ± {uncertainty}"
        );
    }
    facts.docker.clock = known(fact::Clock {
        skew_milliseconds: -42_300,
        uncertainty_milliseconds: 4,
    });
    assert_eq!(
        message(judge.rule(&facts)),
        "the engine's clock is 42.3 s behind the host's; 5 s is the most it may be"
    );
}
