use super::*;

fn read(text: &str) -> Result<Sample, Why> {
    serde_json::from_str::<Said>(text).expect(text).sample()
}

#[test]
fn the_engines_answers_are_read() {
    let old = read(include_str!(
        "../../../tests/recorded/engine-stats-20.10.json"
    ));
    let expected = Sample {
        read_nanos: 1_795_652_249_435_800_713,
        cpu_total_nanos: Some(41_343_163),
        system_cpu_nanos: Some(24_734_940_000_000),
        online_cpus: Some(2),
        periods: Some(7),
        throttled_periods: Some(0),
        throttled_nanos: Some(0),
        working_set: Some(647_168),
        memory_limit: Some(32 << 20),
        memory_peak: Some(3_821_568),
        pids: Some(2),
        pids_limit: Some(64),
        traffic: Some(Traffic {
            rx_bytes: 572,
            tx_bytes: 0,
            lost_packets: 0,
        }),
        blocks: None,
    };
    assert_eq!(old, Ok(expected));
    let new = read(include_str!(
        "../../../tests/recorded/engine-stats-28.5.json"
    ));
    let new = new.expect("a running container");
    assert_eq!(new.pids_limit, Some(64));
    assert_eq!(new.traffic.map(|traffic| traffic.tx_bytes), Some(84));
}

#[test]
fn a_container_that_does_not_run_has_no_figures() {
    let why = |text: &str| read(text).expect_err(text);
    for stopped in [
        include_str!("../../../tests/recorded/engine-stats-stopped-20.10.json"),
        include_str!("../../../tests/recorded/engine-stats-stopped-28.5.json"),
        r#"{"message":"no metrics received"}"#,
    ] {
        assert_eq!(why(stopped).kind, WhyKind::Absent, "{stopped}");
    }
    assert!(
        why(r#"{"message":"no \u001b[31mmetrics"}"#)
            .detail
            .ends_with("no \\u{1b}[31mmetrics")
    );
    for odd in ["{}", r#"{"read":"soon"}"#, r#"{"read":null}"#] {
        assert_eq!(why(odd).kind, WhyKind::Unparsable, "{odd}");
    }
}

#[test]
fn what_is_not_told_is_not_zero() {
    let bare = read(r#"{"read":"2026-01-01T00:00:00Z"}"#).expect("a time is enough");
    let nothing = Sample {
        read_nanos: bare.read_nanos,
        ..Sample::default()
    };
    assert_eq!(bare, nothing);
    let odd = r#"{"read":"2026-01-01T00:00:00Z","cpu_stats":{"cpu_usage":null,"online_cpus":0,
        "system_cpu_usage":-1},"memory_stats":null,"pids_stats":{"current":3,"limit":18446744073709551615},
        "blkio_stats":{"io_service_bytes_recursive":null},"networks":null}"#;
    let with_pids = Sample {
        pids: Some(3),
        ..nothing
    };
    assert_eq!(read(odd), Ok(with_pids));
}

#[test]
fn interfaces_and_devices_are_added_up() {
    let text = r#"{"read":"2026-01-01T00:00:00Z",
        "networks":{"a":{"rx_bytes":1,"tx_bytes":2,"rx_errors":1,"tx_dropped":2},"b":{"rx_bytes":18446744073709551615}},
        "blkio_stats":{"io_service_bytes_recursive":[{"op":"Read","value":5},{"op":"Total","value":9},
            {"op":"write","value":4},{"op":"read","value":1}]}}"#;
    let sample = read(text).expect(text);
    let traffic = Traffic {
        rx_bytes: u64::MAX,
        tx_bytes: 2,
        lost_packets: 3,
    };
    assert_eq!(sample.traffic, Some(traffic));
    let blocks = Blocks {
        read_bytes: 6,
        written_bytes: 4,
    };
    assert_eq!(sample.blocks, Some(blocks));
}

#[test]
fn the_working_set_is_what_docker_stats_shows() {
    let set = |text: &str| {
        serde_json::from_str::<Said>(text)
            .expect(text)
            .memory_stats
            .working_set()
    };
    let v1 =
        r#"{"memory_stats":{"usage":100,"stats":{"total_inactive_file":30,"inactive_file":10}}}"#;
    assert_eq!(set(v1), Some(70));
    let v2 = r#"{"memory_stats":{"usage":100,"stats":{"inactive_file":40}}}"#;
    assert_eq!(set(v2), Some(60));
    let odd = r#"{"memory_stats":{"usage":100,"stats":{"inactive_file":140}}}"#;
    assert_eq!(set(odd), Some(100));
    for stopped in [
        "{}",
        r#"{"memory_stats":{}}"#,
        r#"{"memory_stats":{"stats":null}}"#,
    ] {
        assert_eq!(set(stopped), None, "{stopped}");
    }
}

#[test]
fn of_a_container_that_goes_meanwhile_there_are_no_figures() {
    for nothing in ["", "\n"] {
        let why = told("/stats", nothing.as_bytes()).expect_err("nothing was said");
        assert_eq!(why.kind, WhyKind::Absent);
    }
    let why = told("/stats", b"{").expect_err("half an answer");
    assert_eq!(why.kind, WhyKind::Unparsable);
}
