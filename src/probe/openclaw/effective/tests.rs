//! What configurations make of agents: merged, defaulted, refused.

use super::*;
use crate::facts::openclaw::{Mode, WorkspaceAccess};
use crate::surroundings::Surroundings;
use serde_json::json;

fn place() -> Place {
    let seen = Surroundings {
        home: "/home/op".into(),
        cwd: "/here".into(),
        ..Surroundings::default()
    };
    Place::of(&seen, |_| false).expect("a home is enough")
}

fn agents(config: &Value) -> Vec<Agent> {
    effective(config, &place()).expect("a config that can be read")
}

fn why(config: &Value) -> String {
    let why = effective(config, &place()).expect_err("a config that cannot be read");
    assert_eq!(why.kind, WhyKind::Unparsable);
    why.detail
}

fn sandbox(sandbox: &Value) -> Value {
    json!({"agents": {"defaults": {"sandbox": sandbox}}})
}

#[test]
fn a_config_that_says_nothing_has_one_agent_with_every_default() {
    for config in [
        json!({}),
        json!({"agents": {}}),
        json!({"agents": {"entries": {}}}),
    ] {
        let agents = agents(&config);
        assert_eq!(agents.len(), 1, "{config}");
        let main = &agents[0];
        assert_eq!(main.id, "main");
        assert_eq!(main.sandbox.mode, Mode::Off);
        assert_eq!(main.sandbox.backend, "docker");
        assert_eq!(main.sandbox.scope, Scope::Agent);
        assert_eq!(main.sandbox.workspace_access, WorkspaceAccess::None);
        assert_eq!(main.sandbox.workspace_root, "/home/op/.openclaw/sandboxes");
        assert_eq!(main.sandbox.docker, Docker::default());
    }
}

#[test]
fn the_measured_config_is_read_as_openclaw_explains_it() {
    let config = sandbox(
        &json!({"mode": "all", "backend": "docker", "workspaceAccess": "none",
        "scope": "session", "docker": {"image": "openclaw-sandbox:bookworm-slim",
        "network": "none", "pidsLimit": 256, "memory": "512m", "cpus": 0.5}}),
    );
    let main = agents(&config).remove(0).sandbox;
    assert_eq!((main.mode, main.scope), (Mode::All, Scope::Session));
    assert_eq!(main.docker.memory, Some(536_870_912));
    assert_eq!(main.docker.cpus, Some(0.5));
    assert_eq!(main.docker.pids_limit, Some(256));
    assert_eq!(main.docker.memory_swap, None);
    assert_eq!(main.agent_workspace, "/home/op/.openclaw/workspace");
}

#[test]
fn an_agent_overrides_key_by_key_and_binds_are_joined() {
    let config = json!({"agents": {
        "defaults": {"workspace": "~/ws", "sandbox": {"mode": "non-main", "docker": {
            "memory": "1g", "capDrop": ["ALL"], "env": {"A": "secret", "B": "x"},
            "binds": ["/data:/data:ro"], "ulimits": {"nofile": {"soft": 10, "hard": 20}, "core": 0},
            "dangerouslyAllowExternalBindSources": true}}},
        "entries": {
            "Coder": {"sandbox": {"mode": "all", "workspaceAccess": "rw", "docker": {
                "image": "mine:1", "memory": 1_073_741_824, "memorySwap": "-1", "capDrop": [],
                "env": {"C": "y"}, "binds": ["/more:/more:rw,z", "cache:/c"],
                "ulimits": {"core": "-1"}, "dangerouslyAllowExternalBindSources": false}}},
            "main": {"default": true}}}});
    let agents = agents(&config);
    let ids: Vec<&str> = agents.iter().map(|agent| agent.id.as_str()).collect();
    assert_eq!(ids, ["main", "coder"], "the default agent comes first");
    let (main, coder) = (&agents[0].sandbox, &agents[1].sandbox);
    assert_eq!((main.mode, coder.mode), (Mode::NonMain, Mode::All));
    assert_eq!(main.agent_workspace, "/home/op/ws");
    assert_eq!(coder.agent_workspace, "/home/op/ws/coder");
    assert_eq!(coder.docker.image, "mine:1");
    assert_eq!(coder.docker.memory, Some(1 << 30));
    assert_eq!(coder.docker.memory_swap, Some(-1));
    assert_eq!(coder.docker.cap_drop, Vec::<String>::new());
    assert_eq!(coder.docker.env, ["A", "B", "C"]);
    assert!(!format!("{agents:?}").contains("secret"));
    assert_eq!(coder.docker.ulimits, ["nofile=10:20", "core=-1"]);
    assert!(coder.docker.dangerous.is_empty());
    assert_eq!(
        main.docker.dangerous,
        ["dangerouslyAllowExternalBindSources"]
    );
    let binds: Vec<(&str, &str, bool)> = coder
        .docker
        .binds
        .iter()
        .map(|b| (b.source.as_str(), b.target.as_str(), b.read_only))
        .collect();
    let expected = [
        ("/data", "/data", true),
        ("/more", "/more", false),
        ("cache", "/c", false),
    ];
    assert_eq!(binds, expected);
    let labels = coder.docker.binds.iter().map(|bind| bind.relabel);
    let labels: Vec<_> = labels.collect();
    assert_eq!(labels, [None, Some(Relabel::Shared), None]);
}

#[test]
fn the_shared_scope_ignores_the_docker_object_of_an_agent() {
    let config = json!({"agents": {"defaults": {"sandbox": {"docker": {"image": "base:1"}}},
        "entries": {"a": {"sandbox": {"scope": "shared", "mode": "all",
            "docker": {"image": "own:1", "binds": ["/x:/y"]}}}}}});
    let a = agents(&config).remove(0).sandbox;
    assert_eq!((a.mode, a.scope), (Mode::All, Scope::Shared));
    assert_eq!(a.docker.image, "base:1");
    assert!(a.docker.binds.is_empty());
}

#[test]
fn the_older_list_of_agents_is_read_and_the_newer_one_wins() {
    let list = json!([{"id": "one"}, {"id": "two", "default": true,
        "sandbox": {"perSession": true}}, {"id": "TWO", "sandbox": {"mode": "all"}}]);
    let read = agents(&json!({"agents": {"list": list}}));
    let ids: Vec<&str> = read.iter().map(|agent| agent.id.as_str()).collect();
    assert_eq!(ids, ["two", "one"], "the first of one name stands");
    assert_eq!(read[0].sandbox.scope, Scope::Session);
    assert_eq!(
        read[1].sandbox.agent_workspace,
        "/home/op/.openclaw/workspace-one"
    );
    let both = json!({"agents": {"entries": {"new": {}}, "list": list}});
    assert_eq!(agents(&both)[0].id, "new");
}

#[test]
fn a_value_that_makes_no_sense_is_named_and_never_a_default() {
    let table = [
        (
            json!({"mode": "sometimes"}),
            "sandbox.mode: it is `\"sometimes\"`",
        ),
        (json!({"mode": true}), "sandbox.mode: it is `true`"),
        (json!({"mode": null}), "sandbox.mode: it is `null`"),
        (json!({"scope": "All"}), "sandbox.scope"),
        (json!({"workspaceAccess": 1}), "sandbox.workspaceAccess"),
        (json!([]), "agents.defaults.sandbox: it is a list"),
        (json!({"docker": "x"}), "sandbox.docker: it is `\"x\"`"),
        (
            json!({"docker": {"memory": "lots"}}),
            "docker.memory: Docker takes `lots` for no size",
        ),
        (json!({"docker": {"memory": true}}), "docker.memory"),
        (json!({"docker": {"memory": 0.5}}), "docker.memory"),
        (json!({"docker": {"memorySwap": "-2"}}), "docker.memorySwap"),
        (json!({"docker": {"cpus": "1"}}), "docker.cpus"),
        (json!({"docker": {"pidsLimit": 1.5}}), "docker.pidsLimit"),
        (json!({"docker": {"binds": "/a:/b"}}), "docker.binds"),
        (json!({"docker": {"binds": [1]}}), "docker.binds[0]"),
        (json!({"docker": {"env": ["A=b"]}}), "docker.env"),
        (
            json!({"docker": {"image": "${IMAGE}"}}),
            "docker.image: its value comes from an env",
        ),
    ];
    for (value, expected) in table {
        let detail = why(&sandbox(&value));
        assert!(detail.contains(expected), "{value}: {detail}");
    }
    for config in [
        json!({"agents": []}),
        json!({"agents": {"defaults": 1}}),
        json!({"agents": {"defaults": {"workspace": "${WHERE}"}}}),
        json!({"agents": {"entries": {"a": {"workspace": 7}}}}),
        json!({"agents": {"entries": []}}),
        json!({"agents": {"entries": {"a": 1}}}),
        json!({"agents": {"list": {}}}),
        json!({"agents": {"list": [7]}}),
        json!({"agents": {"entries": {"a": {"sandbox": {"mode": "x"}}}}}),
    ] {
        assert!(why(&config).starts_with("agents"), "{config}");
    }
}

#[test]
fn hostile_text_is_washed_and_an_escaped_variable_is_text() {
    let config = sandbox(&json!({"docker": {"image": "a\u{1b}[31m\n$${B}",
        "env": {"N\u{202e}": "v"}, "binds": ["/a\u{7}:/b"]}}));
    let docker = agents(&config).remove(0).sandbox.docker;
    assert_eq!(docker.image, "a\\u{1b}[31m ${B}");
    assert_eq!(docker.env, ["N\\u{202e}"]);
    assert_eq!(docker.binds[0].source, "/a\\u{7}");
    let id = json!({"agents": {"entries": {"../../x\u{1b}": {}}}});
    assert_eq!(agents(&id)[0].id, "x");
}

#[test]
fn what_openclaw_refuses_is_listed_with_its_path() {
    let config = json!({"agents": {"defaults": {"sandbox": {"docker": {"network": " Host ",
            "seccompProfile": "unconfined", "binds": ["rel:/x", "/a:/b", " "]}}},
        "entries": {"a": {"sandbox": {"mode": "maybe", "docker": {"network": "container:x",
            "apparmorProfile": "Unconfined", "memory": "lots"}}},
            "b": {"sandbox": {"docker": {"network": "container:x",
                "dangerouslyAllowContainerNamespaceJoin": true, "memory": 512}}}}}});
    let paths: Vec<String> = refused(&config).into_iter().map(|r| r.path).collect();
    assert_eq!(
        paths,
        [
            "agents.defaults.sandbox.docker.network",
            "agents.defaults.sandbox.docker.seccompProfile",
            "agents.defaults.sandbox.docker.binds[0]",
            "agents.defaults.sandbox.docker.binds[2]",
            "agents.entries.a.sandbox.mode",
            "agents.entries.a.sandbox.docker.network",
            "agents.entries.a.sandbox.docker.apparmorProfile",
        ]
    );
    assert!(refused(&json!({})).is_empty());
}

#[test]
fn an_include_is_seen_wherever_it_stands() {
    assert!(includes(
        &json!({"agents": [{"x": {"$include": "./more.json"}}]})
    ));
    assert!(!includes(&json!({"agents": {"x": "$include"}})));
}
