//! Runs on nodes that are not as they were.

use std::collections::BTreeMap;
use std::path::Path;

use super::*;
use crate::facts::docker::{Endpoint, EndpointSource};
use crate::fix::inverse::Inverse;
use crate::fix::record::{self, RunId};
use crate::fix::step::{MakeNetwork, NetworkReach};
use crate::probe::World;

fn endpoint(url: &str) -> Endpoint {
    Endpoint {
        url: url.to_owned(),
        source: EndpointSource::HostVariable,
        context: "default".to_owned(),
        decided_by: None,
    }
}

/// A run with an engine in force at which nothing answers.
fn run(state_dir: &Path) -> Run {
    let header = record::Run {
        version: record::VERSION,
        run_id: RunId::try_from("r-1".to_owned()).expect("a name"),
        tool: String::new(),
        started_at: jiff::Timestamp::UNIX_EPOCH,
        uid: 0,
        user: String::new(),
        argv: Vec::new(),
    };
    let journal = Journal::begin(state_dir, &header).expect("begun");
    Run {
        hands: Hands {
            world: World::default(),
            endpoint: Some(endpoint("unix:///nowhere/now.sock")),
            run_id: header.run_id.clone(),
            folder: journal.path().with_extension(""),
            seqs: Vec::new(),
            left: BTreeMap::new(),
            busy: false,
            tell: Box::new(|_| ()),
        },
        state: RunState::fold([Record::Run(header)]),
        journal,
    }
}

fn network(name: &str) -> Intended {
    Intended {
        step: Step::MakeNetwork(MakeNetwork {
            name: name.to_owned(),
            driver: "bridge".to_owned(),
            reach: NetworkReach::Outside,
            labels: BTreeMap::new(),
        }),
        inverse: Inverse::RemoveNetwork {
            name: name.to_owned(),
        },
        endpoint: Some(endpoint("unix:///nowhere/then.sock")),
    }
}

#[tokio::test]
async fn what_was_done_at_another_engine_is_taken_back_there_or_not_at_all() {
    let place = tempfile::tempdir().expect("a folder");
    let mut run = run(place.path());
    let (seq, after) = (1, serde_json::json!({ "id": "n1" }));
    let (repair, step) = ("a/b".to_owned(), network("sandboxes"));
    run.record(Record::Intent { seq, repair, step })
        .expect("written");
    run.record(Record::Done { seq, after }).expect("written");
    let mut troubles = Vec::new();
    let mut tell = |event: Event<'_>| {
        if let Event::UndoFailed { trouble, .. } = event {
            troubles.push(trouble.to_string());
        }
    };
    let whole = run.take_back(&[seq], &mut tell).await.expect("written");
    assert!(!whole, "that engine does not answer");
    assert_eq!(troubles.len(), 1);
    let asked = run.hands.endpoint.map(|endpoint| endpoint.url);
    assert_eq!(asked.as_deref(), Some("unix:///nowhere/then.sock"));
}

#[test]
fn a_journal_that_names_no_engine_reads_as_before() {
    let mut value = serde_json::to_value(network("x")).expect("plain data");
    let keys = value.as_object_mut().expect("an object");
    keys.remove("endpoint").expect("it has one");
    let read: Intended = serde_json::from_value(value).expect("it reads");
    assert_eq!(read.endpoint, None);
}
