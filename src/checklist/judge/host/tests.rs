//! The judges of the host at and around their thresholds.

use super::super::trial::{known, message, short};
use super::*;
use crate::facts::host::{self, Platform, Pressure};

const GIB: u64 = 1 << 30;

fn node(os: OsKind) -> Facts {
    let mut facts = Facts::default();
    facts.host.platform = known(Platform {
        os,
        arch: "aarch64".to_owned(),
        translated: false,
    });
    facts
}

fn with_memory(os: OsKind, bytes: u64) -> Facts {
    let mut facts = node(os);
    facts.host.memory = known(bytes);
    facts
}

const MEMORY: Memory = Memory {
    minimum: Size(16 * GIB),
};

#[test]
fn a_mac_of_16_gib_passes_to_the_byte_and_one_byte_less_fails() {
    let judge = |bytes| short(MEMORY.rule(&with_memory(OsKind::Macos, bytes)));
    assert_eq!(judge(17_179_869_184), "pass");
    assert_eq!(judge(17_179_869_183), "fail:host-memory-too-small");
    assert_eq!(
        message(MEMORY.rule(&with_memory(OsKind::Macos, 8 * GIB))),
        "the host has 8 GiB of memory; 16 GiB are needed"
    );
}

#[test]
fn linux_may_report_what_its_kernel_leaves() {
    let judge = |bytes| short(MEMORY.rule(&with_memory(OsKind::Linux, bytes)));
    assert_eq!(judge(16_790_000_000), "pass");
    assert_eq!(judge(16_500_000_000), "fail:host-memory-too-small");
}

#[test]
fn what_is_not_known_of_the_host_is_no_pass() {
    let facts = Facts::default();
    let disk = Disk {
        warn_below: Size(2),
        fail_below: Size(1),
    };
    let version = OsVersion {
        macos_minimum: "14.0".parse().expect("a version"),
    };
    for ruling in [
        MEMORY.rule(&facts),
        Cpu { minimum: 2 }.rule(&facts),
        disk.rule(&facts),
        version.rule(&facts),
        MemoryPressure {}.rule(&facts),
    ] {
        assert_eq!(short(ruling), "unknown:not-asked");
    }
    assert_eq!(
        short(MEMORY.rule(&node(OsKind::Linux))),
        "unknown:not-asked"
    );
}

#[test]
fn cores_are_counted_and_their_kinds_named() {
    let mut facts = node(OsKind::Macos);
    facts.host.cpu = known(host::Cpu {
        logical: 10,
        performance: Some(4),
        efficiency: Some(6),
        brand: Some("Apple M4".to_owned()),
    });
    let ruling = Cpu { minimum: 2 }.rule(&facts).expect("known");
    assert_eq!(
        ruling.summary,
        "10 cores (4 performance, 6 efficiency), Apple M4"
    );
    assert_eq!(
        short(Cpu { minimum: 12 }.rule(&facts)),
        "fail:host-cpu-too-few"
    );
}

#[test]
fn a_disk_is_judged_by_the_worse_of_its_two_thresholds() {
    let judge = Disk {
        warn_below: Size(20 * GIB),
        fail_below: Size(5 * GIB),
    };
    let mut facts = node(OsKind::Macos);
    for (free, expected) in [
        (20 * GIB, "pass"),
        (20 * GIB - 1, "warn:host-disk-low"),
        (5 * GIB, "warn:host-disk-low"),
        (5 * GIB - 1, "fail:host-disk-full"),
        (0, "fail:host-disk-full"),
    ] {
        facts.host.disk = known(host::Disk {
            path: "/System/Volumes/Data".to_owned(),
            total: 228 * GIB,
            free,
        });
        assert_eq!(short(judge.rule(&facts)), expected, "{free}");
    }
}

#[test]
fn an_old_macos_is_found_and_a_newer_one_never_is() {
    let judge = OsVersion {
        macos_minimum: "14.0".parse().expect("a version"),
    };
    let mut facts = node(OsKind::Macos);
    for (version, expected) in [
        ("26.1", "pass"),
        ("99.0", "pass"),
        ("14.0", "pass"),
        ("14", "pass"),
        ("13.7.8", "fail:macos-too-old"),
        ("Tahoe", "unknown:unparsable"),
    ] {
        facts.host.os = known(host::Os {
            name: "macOS".to_owned(),
            version: version.to_owned(),
            build: Some("25B78".to_owned()),
        });
        assert_eq!(short(judge.rule(&facts)), expected, "{version}");
    }
    assert_eq!(short(judge.rule(&node(OsKind::Linux))), "not-applicable");
}

#[test]
fn pressure_is_named_by_its_level() {
    let mut facts = node(OsKind::Macos);
    for (level, expected) in [
        (PressureLevel::Normal, "pass"),
        (PressureLevel::Warning, "warn:memory-pressure"),
        (PressureLevel::Critical, "warn:memory-pressure-critical"),
    ] {
        facts.host.pressure = known(Pressure {
            level,
            available: Some(2 * GIB),
            swap_used: Some(GIB),
        });
        assert_eq!(short(MemoryPressure {}.rule(&facts)), expected);
    }
    assert!(
        message(MemoryPressure {}.rule(&facts)).contains("2 GiB available, 1 GiB of swap in use")
    );
}
