//! A node without a gateway, and one whose engine does not answer.

use super::*;
use crate::surroundings::Surroundings;
use std::time::{Duration, Instant};

#[tokio::test]
async fn without_a_gateway_the_operators_path_stands_for_it_and_says_so() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let world = World {
        operator: Surroundings {
            env: [("PATH".to_owned(), "/no/such/folder".to_owned())].into(),
            home: home.path().to_path_buf(),
            uid: 501,
            ..Surroundings::default()
        },
        ..World::default()
    };
    let begun = Instant::now();
    let d = Deadline::after(Duration::from_secs(5));
    let found = gateway(&world, &Facts::default(), d).await;
    assert!(begun.elapsed() < Duration::from_secs(1));
    let found = found.get().expect("a missing gateway is a known one");
    // A real gateway may run where this test runs.
    if found.placement == Placement::Missing {
        let from = found.path_from.as_deref().unwrap_or_default();
        assert!(from.contains("operator"), "{from}");
        assert_eq!(found.port, Some(18_789));
        let health = found.health.get().expect_err("nothing runs");
        assert_eq!(health.kind, WhyKind::NotApplicable);
    }
}

#[tokio::test]
async fn a_named_container_without_an_engine_is_not_known() {
    let world = World {
        gateway_container: Some("gw".to_owned()),
        ..World::default()
    };
    let d = Deadline::after(Duration::from_secs(5));
    let found = gateway(&world, &Facts::default(), d).await;
    assert_eq!(found.get().expect_err("no engine").kind, WhyKind::Failed);
}
