//! The arithmetic on machines of known size, and what may never make it grow.

use super::*;

pub(super) const GIB: u64 = 1 << 30;
const MIB: u64 = 1 << 20;

pub(super) fn rules() -> Headroom {
    toml::from_str(
            "memory-cap = \"512 MiB\"\ncpu-cap = 0.5\nhost-reserve = \"6 GiB\"\nsystem-reserve = \"1 GiB\"\n\
             system-share = 0.15\ngateway = \"500 MiB\"\nkeep-share = 0.5\nkeep-most = \"6 GiB\"\n\
             disk-reserve = \"5 GiB\"\ndisk-per-sandbox = \"256 MiB\"\ncpu-reserve = 2",
        )
        .expect("the parameters of the shipped check")
}

/// A 16 GiB M4 mini with ten cores and Docker Desktop's default: half of the memory.
pub(super) fn mini() -> Input {
    Input {
        engine_memory: 8 * GIB,
        host_memory: Some(16 * GIB),
        gateway: GatewayPlace::Host,
        others: 0,
        sandboxes: Vec::new(),
        engine_cpus: 10,
        host_cpus: Some(10),
        disk_free: Some(50 * GIB),
        largest_layer: None,
        pressure: Some(PressureLevel::Normal),
        memory_cap: Some(512 * MIB),
        cpu_cap: Some(0.5),
    }
}

pub(super) fn standing(count: usize, idle: bool, working_set: u64) -> Vec<Occupant> {
    let calls = if idle {
        Calls::Over { seconds: 90 }
    } else {
        Calls::Running
    };
    let one = Occupant {
        working_set,
        cap: Some(512 * MIB),
        peak: None,
        calls,
    };
    vec![one; count]
}

fn headroom(change: impl Fn(&mut Input)) -> (u64, Limit) {
    let mut input = mini();
    change(&mut input);
    let result = rules().compute(&input);
    (result.headroom, result.limit)
}

#[test]
fn a_mini_with_the_default_half_has_room_for_six_gateway_in_or_out() {
    for gateway in [
        GatewayPlace::Host,
        GatewayPlace::Engine,
        GatewayPlace::Nowhere,
    ] {
        assert_eq!(
            headroom(|i| i.gateway = gateway),
            (6, Limit::Memory),
            "{gateway:?}"
        );
    }
    // The engine sees somewhat less than the setting.
    let seen = 8 * GIB - 350 * MIB;
    assert_eq!(headroom(|i| i.engine_memory = seen), (6, Limit::Memory));
}

#[test]
fn other_machines_come_out_by_their_size() {
    // Docker Desktop's default is half of the memory; ten cores bear sixteen at half a core.
    for (gib, room, limit) in [
        (8, 0, Limit::Memory),
        (16, 6, Limit::Memory),
        (24, 10, Limit::Memory),
        (32, 15, Limit::Memory),
        (48, 16, Limit::Cpu),
        (64, 16, Limit::Cpu),
    ] {
        let got = headroom(|input| {
            input.host_memory = Some(gib * GIB);
            input.engine_memory = gib * GIB / 2;
        });
        assert_eq!(got, (room, limit), "{gib} GiB");
    }
    // A VM that was made smaller, or as large as it can be of use.
    assert_eq!(headroom(|i| i.engine_memory = 4 * GIB).0, 3);
    assert_eq!(headroom(|i| i.engine_memory = 12 * GIB).0, 8);
}

#[test]
fn what_else_runs_takes_its_share_and_few_cores_are_the_limit() {
    assert_eq!(headroom(|i| i.others = 2 * GIB), (4, Limit::Memory));
    assert_eq!(headroom(|i| i.engine_cpus = 4), (4, Limit::Cpu));
    assert_eq!(headroom(|i| i.host_cpus = Some(3)), (2, Limit::Cpu));
}

#[test]
fn idle_sandboxes_leave_room() {
    for count in [3, 10, 40] {
        let (room, _) = headroom(|i| i.sandboxes = standing(count, true, 12 * MIB));
        assert!(room > 0, "{count} idle leave {room}");
    }
    let (room, _) = headroom(|i| i.sandboxes = standing(6, false, 12 * MIB));
    assert_eq!(room, 0, "six busy ones take what there was");
}

#[test]
fn pressure_halves_and_then_ends_it() {
    assert_eq!(
        headroom(|i| i.pressure = Some(PressureLevel::Warning)),
        (3, Limit::Pressure)
    );
    assert_eq!(
        headroom(|i| i.pressure = Some(PressureLevel::Critical)),
        (0, Limit::Pressure)
    );
    assert_eq!(headroom(|i| i.pressure = None), (6, Limit::Memory));
}

#[test]
fn a_cap_that_is_not_set_is_assumed_and_marked() {
    let mut input = mini();
    input.memory_cap = None;
    input.cpu_cap = None;
    let result = rules().compute(&input);
    assert!(result.cap_assumed && result.cpu_cap_assumed);
    assert_eq!((result.headroom, result.cap), (6, 512 * MIB));
    assert!(result.in_words().contains("(assumed)"));
}

#[test]
fn a_sandbox_without_cap_counts_the_usual_one_or_its_peak_and_is_said_to() {
    let hungry = |peak, working_set| Occupant {
        working_set,
        cap: None,
        peak,
        calls: Calls::Running,
    };
    for (peak, working_set, busy) in [
        (None, 20 * MIB, 512 * MIB),
        (Some(100 * MIB), 20 * MIB, 512 * MIB),
        (Some(2 * GIB), 20 * MIB, 2 * GIB),
        (None, 2 * GIB, 2 * GIB),
        (Some(GIB), 2 * GIB, 2 * GIB),
    ] {
        let mut input = mini();
        input.sandboxes = vec![hungry(peak, working_set)];
        let result = rules().compute(&input);
        let load = &result.load;
        assert_eq!((load.busy, load.uncapped_count), (busy, 1), "{peak:?}");
        assert_eq!(load.observed_peak, peak);
        let account = result.memory_account();
        let mut labels = account.iter().map(|entry| entry.label.as_str());
        assert!(labels.any(|label| label == "- 1 busy, each for its cap (1 assumed)"));
        // The configured cap is what a further one has.
        assert_eq!((result.cap, result.cap_assumed), (512 * MIB, false));
        let doubts = result.doubts().join(" ");
        assert!(doubts.starts_with("1 sandbox is counted without a memory cap"));
        let says = match peak {
            Some(peak) => format!("The most that was seen is {}", Size(peak)),
            None => "How much was used at most is not known".to_owned(),
        };
        assert!(doubts.contains(&says), "{doubts}");
    }
}

#[test]
fn without_a_configured_cap_a_further_one_takes_what_the_others_were_seen_to() {
    let mut input = mini();
    input.memory_cap = None;
    input.sandboxes = vec![Occupant {
        working_set: 20 * MIB,
        cap: None,
        peak: Some(GIB),
        calls: Calls::Over { seconds: 90 },
    }];
    let result = rules().compute(&input);
    assert_eq!((result.cap, result.cap_assumed), (GIB, true));
    assert_eq!((result.headroom, result.load.idle), (3, 20 * MIB));
    let labels: Vec<String> = result
        .memory_account()
        .into_iter()
        .map(|e| e.label)
        .collect();
    let each = "each further one takes (no cap, peak assumed)";
    assert!(labels.iter().any(|label| label == each), "{labels:?}");
    let advice = rules().advice(&input);
    let words: Vec<String> = advice.iter().map(|change| change.what.words()).collect();
    let cap = "cap each sandbox at 512 MiB of memory instead of 1 GiB";
    assert!(words.iter().any(|one| one == cap), "{words:?}");
}

#[test]
fn a_sandbox_is_idle_when_no_call_ran_for_a_minute_as_far_as_is_known() {
    for (calls, is_idle, is_doubted) in [
        (Calls::Running, false, false),
        (Calls::Over { seconds: 0 }, false, false),
        (Calls::Over { seconds: 59 }, false, false),
        (Calls::Over { seconds: 60 }, true, false),
        (Calls::NoneKnown { seconds: 43 }, true, true),
        (Calls::NoneKnown { seconds: 60 }, true, false),
    ] {
        let mut input = mini();
        input.sandboxes = standing(1, true, 12 * MIB);
        input.sandboxes[0].calls = calls;
        let result = rules().compute(&input);
        let load = &result.load;
        let counted = if is_idle { (1, 0) } else { (0, 1) };
        assert_eq!((load.idle_count, load.busy_count), counted, "{calls:?}");
        assert_eq!(load.idle_assumed_count, u64::from(is_doubted), "{calls:?}");
        let recent = !is_idle && calls != Calls::Running;
        assert_eq!(load.recent_count, u64::from(recent), "{calls:?}");
        assert_eq!(result.doubts().is_empty(), !is_doubted, "{calls:?}");
        assert_eq!(result.in_words().contains("as far as is known"), is_doubted);
        let shown = |words: &str| {
            let account = result.memory_account();
            account.iter().any(|entry| entry.label.contains(words))
        };
        assert_eq!(shown("1 idle (1 assumed)"), is_doubted, "{calls:?}");
        assert_eq!(shown("1 busy (1 lately)"), recent, "{calls:?}");
    }
}

#[test]
fn a_large_writable_layer_counts_and_an_unknown_one_is_assumed_and_marked() {
    let of = |layer: Option<u64>| {
        let mut input = mini();
        input.disk_free = Some(9 * GIB);
        input.largest_layer = layer;
        let result = rules().compute(&input);
        let account = result.limits_account();
        let line = account.iter().find(|entry| entry.label.contains("disk"));
        let label = line.map(|entry| entry.label.clone());
        (
            result.by_disk,
            result.layer_assumed,
            label.unwrap_or_default(),
        )
    };
    let row = |count, assumed, label: &str| (Some(count), assumed, label.to_owned());
    assert_eq!(
        of(None),
        row(16, true, "by disk space at 256 MiB each (assumed)")
    );
    assert_eq!(of(Some(7)), row(16, false, "by disk space at 256 MiB each"));
    assert_eq!(
        of(Some(2 * GIB)),
        row(2, false, "by disk space at 2 GiB each")
    );
}

#[test]
fn a_linux_machine_of_two_cores_has_room_for_at_least_one() {
    let (room, limit) = headroom(|i| {
        i.engine_memory = 23 * GIB;
        i.host_memory = None;
        i.gateway = GatewayPlace::Engine;
        i.engine_cpus = 2;
        i.host_cpus = Some(2);
    });
    assert_eq!((room, limit), (2, Limit::Cpu));
}

#[test]
fn macos_keeps_its_six_gibibytes() {
    let mut input = mini();
    input.engine_memory = 14 * GIB;
    let result = rules().compute(&input);
    assert_eq!(result.memory.vm, 10 * GIB - 500 * MIB);
    // And a machine that is too small has no room at all.
    input.host_memory = Some(8 * GIB);
    input.engine_memory = 4 * GIB;
    assert_eq!(rules().compute(&input).headroom, 0);
}

#[test]
fn a_full_disk_is_the_limit_and_an_unknown_one_does_not_count() {
    assert_eq!(
        headroom(|i| i.disk_free = Some(5 * GIB + 300 * MIB)),
        (1, Limit::Disk)
    );
    assert_eq!(headroom(|i| i.disk_free = None), (6, Limit::Memory));
}

proptest::proptest! {
    #[test]
    fn it_never_grows_when_memory_shrinks(big in 1_u64..64, less in 0_u64..64, idle in 0_usize..20) {
        let small = big.saturating_sub(less);
        let room = |memory: u64| headroom(|i| {
            i.engine_memory = memory * GIB;
            i.sandboxes = standing(idle, true, 20 * MIB);
        }).0;
        proptest::prop_assert!(room(small) <= room(big));
    }
}
