//! The three judges over every way in which an engine can be out of reach.

use super::super::super::trial::{known, message, short};
use super::*;
use crate::checklist::verdict::Verdict;
use crate::facts::Reading;

fn facts(connection: Connection) -> Facts {
    let mut facts = Facts::default();
    facts.docker.endpoint = known(fact::Endpoint {
        url: "unix:///Users/op/.docker/run/docker.sock".to_owned(),
        source: EndpointSource::CurrentContext,
        context: "desktop-linux".to_owned(),
        decided_by: None,
    });
    facts.docker.candidates = vec![
        Candidate {
            at: "/Users/op/.docker/run/docker.sock".to_owned(),
            provider: ProviderKind::DockerDesktop,
            in_force: true,
            resolves_to: None,
            reach: Reach::Errno("ENOENT".to_owned()),
            owner: None,
        },
        Candidate {
            at: "/Users/op/.orbstack/run/docker.sock".to_owned(),
            provider: ProviderKind::Orbstack,
            in_force: false,
            resolves_to: None,
            reach: Reach::Listens,
            owner: None,
        },
    ];
    facts.docker.connection = known(connection);
    facts
}

fn refused_with(errno: &str) -> Connection {
    Connection::Refused {
        errno: errno.to_owned(),
        detail: "connect".to_owned(),
    }
}

/// What endpoint, access and running say.
fn all(facts: &Facts) -> [String; 3] {
    [
        short(Endpoint {}.rule(facts)),
        short(Access {}.rule(facts)),
        short(Running {}.rule(facts)),
    ]
}

#[test]
fn one_cause_is_one_failure() {
    for (connection, access, running) in [
        (Connection::Answers { milliseconds: 3 }, "pass", "pass"),
        (
            refused_with("ENOENT"),
            "not-applicable",
            "fail:engine-not-running",
        ),
        (
            refused_with("ECONNREFUSED"),
            "not-applicable",
            "fail:stale-socket",
        ),
        (
            refused_with("EHOSTUNREACH"),
            "not-applicable",
            "fail:engine-unreachable",
        ),
        (
            refused_with("EACCES"),
            "fail:socket-permission-denied",
            "blocked:docker/access",
        ),
        (
            refused_with("EPERM"),
            "fail:socket-permission-denied",
            "blocked:docker/access",
        ),
        (
            Connection::Hung {
                waited_milliseconds: 2000,
            },
            "pass",
            "fail:engine-hung",
        ),
        (
            Connection::Broken {
                detail: "HTTP 500".to_owned(),
            },
            "pass",
            "fail:engine-broken",
        ),
    ] {
        assert_eq!(
            all(&facts(connection.clone())),
            ["pass", access, running].map(str::to_owned),
            "{connection:?}"
        );
    }
}

#[test]
fn an_endpoint_that_docker_cannot_resolve_is_a_failure_and_the_rest_is_blocked() {
    let mut facts = facts(refused_with("ENOENT"));
    for kind in [WhyKind::Absent, WhyKind::Unparsable, WhyKind::Failed] {
        facts.docker.endpoint = Reading::unknown(kind, "no context \u{1b}[1mnamed x");
        assert_eq!(
            all(&facts),
            [
                "fail:docker-endpoint-unresolved",
                "blocked:docker/endpoint",
                "blocked:docker/endpoint"
            ]
            .map(str::to_owned)
        );
    }
    assert!(message(Endpoint {}.rule(&facts)).contains("\\u{1b}"));
}

#[test]
fn what_we_could_not_see_stays_unknown() {
    let mut facts = facts(refused_with("ENOENT"));
    facts.docker.connection = Reading::unknown(WhyKind::Timeout, "no time left");
    assert_eq!(
        all(&facts),
        ["pass", "unknown:timeout", "unknown:timeout"].map(str::to_owned)
    );
    facts.docker.endpoint = Reading::unknown(WhyKind::Denied, "config.json: permission denied");
    assert_eq!(all(&facts), ["unknown:denied"; 3].map(str::to_owned));
    assert_eq!(
        all(&Facts::default()),
        ["unknown:not-asked"; 3].map(str::to_owned)
    );
}

#[test]
fn an_engine_that_runs_elsewhere_is_named_with_the_reason() {
    let text = message(Running {}.rule(&facts(refused_with("ENOENT"))));
    assert_eq!(
        text,
        "no engine is running at /Users/op/.docker/run/docker.sock: there is no such socket; \
         an engine of OrbStack listens at /Users/op/.orbstack/run/docker.sock, \
         which was not used because the current context is desktop-linux"
    );
}

#[test]
fn the_endpoint_in_force_says_why_it_is() {
    let facts = facts(Connection::Answers { milliseconds: 3 });
    assert_eq!(
        Endpoint {}.rule(&facts).expect("known").summary,
        "unix:///Users/op/.docker/run/docker.sock (current context desktop-linux)"
    );
}

fn hint(ruling: Result<Ruling, Why>) -> String {
    match ruling.expect("known").verdict {
        Verdict::Found(complaints) => complaints[0].hint.clone().expect("a hint"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_advice_on_a_socket_names_its_group_and_never_opens_it_to_all() {
    let mut facts = facts(refused_with("EACCES"));
    let mut with = |uid, gid, mode: &str, group: Option<&str>| {
        facts.docker.candidates[0].owner = Some(Owner {
            uid,
            gid,
            mode: mode.to_owned(),
            group: group.map(str::to_owned),
            members: Vec::new(),
        });
        let hint = hint(Access {}.rule(&facts));
        assert!(!hint.contains("chmod"), "{hint}");
        (message(Access {}.rule(&facts)), hint)
    };
    let (text, hint) = with(0, 998, "660", Some("docker"));
    assert!(
        text.contains("it belongs to uid 0, group docker, gid 998, mode 660"),
        "{text}"
    );
    assert!(hint.contains("usermod -aG docker"), "{hint}");
    assert!(with(0, 998, "660", None).1.contains("group_add"));
    assert!(with(502, 20, "755", Some("staff")).1.contains("uid 502"));
    assert!(with(0, 0, "600", Some("root")).1.contains("context"));
}

#[test]
fn the_start_is_that_of_the_engine_whose_place_it_is() {
    let mut facts = facts(refused_with("ENOENT"));
    assert!(hint(Running {}.rule(&facts)).contains("open -g -a Docker"));
    facts.docker.candidates[0].provider = ProviderKind::LinuxEngine;
    assert!(hint(Running {}.rule(&facts)).contains("systemctl start docker"));
    facts.docker.candidates[0].resolves_to =
        Some("/Users/op/.colima/default/docker.sock".to_owned());
    assert!(hint(Running {}.rule(&facts)).contains("colima start"));
    facts.docker.candidates.clear();
    assert!(!hint(Running {}.rule(&facts)).is_empty());
}
