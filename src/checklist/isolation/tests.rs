use super::*;
use crate::facts::Reading;
use crate::facts::openclaw::{Bind, Elevated, Placement, Scope, SocketAccess};
use crate::facts::sandbox::{ConnectResult, Purpose, Reached, Standing, StandingMount};

fn m4() -> Facts {
    #[derive(serde::Deserialize)]
    struct Node {
        facts: Facts,
    }
    let text = include_str!("../../../tests/nodes/healthy-m4.toml");
    let node: Node = toml::from_str(text).expect("a recorded node");
    node.facts
}

/// The value of a reading that is known, to change it.
fn of<T>(reading: &mut Reading<T>) -> &mut T {
    match reading {
        Reading::Known { value, .. } => value,
        Reading::Unknown(why) => panic!("not known: {why}"),
    }
}

fn agent(facts: &mut Facts) -> &mut Agent {
    &mut of(&mut facts.openclaw.agents)[0]
}

fn standing(facts: &mut Facts) -> &mut Standing {
    &mut of(&mut facts.standing)[0]
}

/// `status text`, of all points.
fn told(subject: &Subject) -> Vec<String> {
    let words = |p: &Point| match &p.unknown {
        Some(why) => format!("{} {}: {why}", p.status.word(), p.text),
        None => format!("{} {}", p.status.word(), p.text),
    };
    subject.points().map(words).collect()
}

fn says(subject: &Subject, text: &str) -> bool {
    told(subject).iter().any(|line| line.contains(text))
}

fn forces(subject: &Subject) -> Vec<Force> {
    subject.columns.iter().map(|column| column.force).collect()
}

fn row(subject: &Subject, ground: Ground) -> Vec<(Status, &str)> {
    let column = subject
        .columns
        .iter()
        .find(|column| column.ground == ground)
        .expect("each ground has its column");
    let cells = column.cells.iter();
    cells
        .map(|cell| (cell.status(), cell.text.as_str()))
        .collect()
}

#[test]
fn a_healthy_mac_is_shut_in_by_sandboxes_and_each_sentence_has_its_evidence() {
    let facts = m4();
    let picture = picture(&facts);
    let [main] = picture.subjects.as_slice() else {
        panic!("one agent: {picture:?}");
    };
    assert_eq!(main.status(), Status::Pass, "{:#?}", told(main));
    assert_eq!(
        forces(main),
        [Force::Nobody, Force::Nobody, Force::Everybody]
    );
    assert_eq!(
        row(main, Ground::Sandboxes),
        [
            (Status::Pass, "one per session"),
            (Status::Pass, "own workspace"),
            (Status::Pass, "none"),
            (Status::Pass, "512 MiB, 0.5 CPU, 256 pids"),
        ]
    );
    assert_eq!(
        row(main, Ground::BareMetal),
        [
            (Status::Skip, "none: uid 501"),
            (Status::Skip, "all of uid 501"),
            (Status::Skip, "the host's"),
            (Status::Skip, "none"),
        ]
    );
    assert!(says(main, "runs as 501:20 (found inside)"));
    assert!(says(
        main,
        "no capability in force, no-new-privileges, seccomp"
    ));
    assert!(says(main, "loopback alone"));
}

/// Pointers are into the form on disk, and the value is what stands there.
#[test]
fn evidence_points_at_what_stands_in_the_facts() {
    let mut facts = m4();
    agent(&mut facts).sandbox.mode = Mode::NonMain;
    "bridge".clone_into(&mut agent(&mut facts).sandbox.docker.network);
    standing(&mut facts).privileged = true;
    standing(&mut facts).security_opt.clear();
    let inside = &mut of(&mut facts.inside)[0];
    of(&mut inside.confinement).no_new_privileges = Some(false);
    of(&mut inside.reached).push(Reached {
        address: "172.17.0.1:2375".to_owned(),
        purpose: Purpose::EngineApi,
        result: ConnectResult::Open,
        said: Some("ApiVersion 1.51".to_owned()),
    });
    let on_disk = serde_json::to_value(&facts).expect("facts have a form on disk");
    let picture = picture(&facts);
    let mut count = 0;
    for point in picture.subjects.iter().flat_map(Subject::points) {
        assert!(!point.evidence.is_empty(), "without evidence: {point:?}");
        for evidence in &point.evidence {
            let there = on_disk.pointer(&evidence.pointer);
            assert_eq!(there, Some(&evidence.value), "{}", evidence.pointer);
            count += 1;
        }
    }
    assert!(count > 10, "{count}");
    let main = &picture.subjects[0];
    assert!(says(
        main,
        "fail the engine's API answers without a password"
    ));
    assert!(says(main, "warn no-new-privileges is not in force inside"));
}

#[test]
fn with_mode_off_tools_run_on_the_host_as_the_gateways_user() {
    let mut facts = m4();
    agent(&mut facts).sandbox.mode = Mode::Off;
    let picture = picture(&facts);
    let main = &picture.subjects[0];
    assert_eq!(
        forces(main),
        [Force::Everybody, Force::Nobody, Force::Nobody]
    );
    assert!(says(
        main,
        "fail sandbox mode is off: every session runs its tools on the host"
    ));
    assert!(says(main, "(pid 4711) on the host and run as uid 501"));
    assert!(says(
        main,
        "tools may drive the engine (/Users/claw/.docker/run/docker.sock)"
    ));
    let worst: Vec<Status> = row(main, Ground::BareMetal).iter().map(|c| c.0).collect();
    assert_eq!(worst, [Status::Fail; 4]);
    assert_eq!(main.place, "bare metal");
}

#[test]
fn with_mode_non_main_two_modes_are_in_force() {
    let mut facts = m4();
    agent(&mut facts).sandbox.mode = Mode::NonMain;
    let picture = picture(&facts);
    let main = &picture.subjects[0];
    assert_eq!(
        forces(main),
        [Force::MainSession, Force::Nobody, Force::OtherSessions]
    );
    assert!(says(
        main,
        "warn the main session runs its tools on the host"
    ));
    assert_eq!(main.place, "Docker sandboxes; main: bare metal");
}

fn in_compose(facts: &mut Facts) -> &mut Standing {
    let gateway = of(&mut facts.openclaw.gateway);
    gateway.placement = Placement::Container {
        id: "9a41".to_owned(),
        name: "openclaw-gateway".to_owned(),
    };
    gateway.container = Reading::known(
        Box::new(Standing {
            name: "openclaw-gateway".to_owned(),
            state: "running".to_owned(),
            user: "1000".to_owned(),
            network_mode: "openclaw_default".to_owned(),
            memory: 2 << 30,
            mounts: vec![
                StandingMount {
                    kind: "bind".to_owned(),
                    source: "/var/run/docker.sock".to_owned(),
                    target: "/var/run/docker.sock".to_owned(),
                    read_only: false,
                },
                StandingMount {
                    kind: "bind".to_owned(),
                    source: "/srv/openclaw".to_owned(),
                    target: "/home/node/.openclaw".to_owned(),
                    read_only: false,
                },
            ],
            ..Standing::default()
        }),
        "engine: container inspect",
    );
    of::<Box<Standing>>(&mut gateway.container)
}

#[test]
fn a_gateway_in_compose_is_where_tools_run_when_the_mode_is_off() {
    let mut facts = m4();
    in_compose(&mut facts);
    agent(&mut facts).sandbox.mode = Mode::Off;
    let picture = picture(&facts);
    let main = &picture.subjects[0];
    assert_eq!(
        forces(main),
        [Force::Nobody, Force::Everybody, Force::Nobody]
    );
    assert_eq!(
        row(main, Ground::Container),
        [
            (Status::Fail, "with the gateway, owns the engine"),
            (Status::Warn, "2 mounts"),
            (Status::Warn, "openclaw_default"),
            (Status::Warn, "2 GiB, no CPU or pids"),
        ]
    );
    assert!(says(
        main,
        "its engine's socket: whoever holds that owns the host"
    ));
    assert!(says(
        main,
        "tools read and write /home/node/.openclaw (/srv/openclaw)"
    ));
    // Once: the socket is no mount besides.
    let sockets = told(main)
        .iter()
        .filter(|line| line.contains("socket"))
        .count();
    assert_eq!(sockets, 1, "{:#?}", told(main));
}

#[test]
fn a_gateway_in_compose_with_sandboxes_says_what_its_container_would_be() {
    let mut facts = m4();
    in_compose(&mut facts).privileged = true;
    let picture = picture(&facts);
    let main = &picture.subjects[0];
    assert_eq!(
        forces(main),
        [Force::Nobody, Force::Nobody, Force::Everybody]
    );
    assert_eq!(row(main, Ground::Container)[1], (Status::Skip, "2 mounts"));
    assert!(!says(main, "privileged"), "it is not in force");
}

#[test]
fn a_recorded_gateway_whose_container_was_not_inspected_stays_unknown() {
    let mut facts = m4();
    in_compose(&mut facts);
    of(&mut facts.openclaw.gateway).container = Reading::default();
    of(&mut facts.openclaw.gateway).socket = Reading::known(SocketAccess::NotMounted, "mounts");
    agent(&mut facts).sandbox.mode = Mode::Off;
    let picture = picture(&facts);
    let main = &picture.subjects[0];
    assert_eq!(row(main, Ground::Container)[2].1, "not known");
    assert!(says(
        main,
        "what the gateway's container is held to: not asked in this run"
    ));
    assert!(says(
        main,
        "share the container openclaw-gateway with the gateway"
    ));
}

#[test]
fn without_a_gateway_it_is_not_known_where_tools_would_run() {
    let mut facts = m4();
    agent(&mut facts).sandbox.mode = Mode::Off;
    of(&mut facts.openclaw.gateway).placement = Placement::Missing;
    let picture = picture(&facts);
    let main = &picture.subjects[0];
    assert_eq!(forces(main), [Force::Nobody; 3]);
    assert_eq!(main.place, "not known");
    assert!(says(
        main,
        "error where the gateway runs: no gateway runs here"
    ));
}

#[test]
fn another_backend_is_none_of_the_three() {
    let mut facts = m4();
    "ssh".clone_into(&mut agent(&mut facts).sandbox.backend);
    let picture = picture(&facts);
    let main = &picture.subjects[0];
    assert_eq!(forces(main), [Force::Nobody; 3]);
    assert_eq!(main.place, "another backend");
    assert!(says(main, "warn sandboxes are made by the backend ssh"));
}

#[test]
fn each_deviation_of_a_running_sandbox_is_named_the_worst_first() {
    let mut facts = m4();
    let sandbox = standing(&mut facts);
    "oops".clone_into(&mut sandbox.name);
    sandbox.cap_add = vec!["SYS_ADMIN".to_owned()];
    "host".clone_into(&mut sandbox.network_mode);
    "0:0".clone_into(&mut sandbox.user);
    (sandbox.memory, sandbox.cpus, sandbox.pids_limit) = (0, 0.0, 0);
    sandbox.mounts.push(StandingMount {
        kind: "bind".to_owned(),
        source: "/var/run/docker.sock".to_owned(),
        target: "/sock".to_owned(),
        read_only: false,
    });
    let picture = picture(&facts);
    let main = &picture.subjects[0];
    let named: Vec<(Status, &str)> = main
        .named
        .iter()
        .map(|point| (point.status, point.text.as_str()))
        .collect();
    assert_eq!(
        named,
        [
            (Status::Fail, "oops has more capabilities: SYS_ADMIN"),
            (Status::Fail, "oops shares a network namespace: host"),
            (
                Status::Fail,
                "oops holds the engine's socket (/var/run/docker.sock): it owns the host"
            ),
            (Status::Warn, "oops runs as root"),
            (
                Status::Warn,
                "oops has no limit on memory, processor time, processes"
            ),
        ]
    );
    assert_eq!((main.dangers(), main.status()), (3, Status::Fail));
}

#[test]
fn a_sandbox_of_no_agent_is_named_and_one_that_ended_is_not() {
    let mut facts = m4();
    let sandbox = standing(&mut facts);
    sandbox.session_key = None;
    sandbox.privileged = true;
    let seen = picture(&facts);
    let last = seen.subjects.last().expect("a subject");
    assert_eq!(last.who, Who::Nobody);
    assert!(says(last, "is privileged: it owns the host"));
    assert_eq!(
        last.mode[0].text,
        "1 running sandbox of no agent of this configuration"
    );
    "exited".clone_into(&mut standing(&mut facts).state);
    assert_eq!(picture(&facts).subjects.len(), 1);
}

#[test]
fn a_shared_sandbox_belongs_to_each_agent_that_shares_it() {
    let mut facts = m4();
    agent(&mut facts).sandbox.scope = Scope::Shared;
    let mut second = agent(&mut facts).clone();
    "coder".clone_into(&mut second.id);
    of(&mut facts.openclaw.agents).push(second);
    let sandbox = standing(&mut facts);
    sandbox.session_key = Some("shared".to_owned());
    sandbox.privileged = true;
    let picture = picture(&facts);
    assert_eq!(picture.subjects.len(), 2);
    assert!(
        picture
            .subjects
            .iter()
            .all(|subject| subject.dangers() == 1)
    );
}

#[test]
fn what_the_settings_give_away_stands_with_its_aspect() {
    let mut facts = m4();
    facts.inside = Reading::unknown(WhyKind::NotAsked, "passive: no container is started");
    facts.openclaw.elevated = Reading::known(
        Elevated {
            enabled: true,
            allowed_senders: 2,
            anybody: false,
        },
        "openclaw.json",
    );
    let docker = &mut agent(&mut facts).sandbox.docker;
    docker.user = Some("root".to_owned());
    docker.read_only_root = false;
    "bridge".clone_into(&mut docker.network);
    docker.memory = None;
    docker.binds = vec![Bind {
        source: "/srv/sock".to_owned(),
        target: "/s".to_owned(),
        read_only: true,
        relabel: None,
        resolved: Some("/var/run/docker.sock".to_owned()),
        exists: Some(true),
    }];
    let picture = picture(&facts);
    let main = &picture.subjects[0];
    assert_eq!(
        row(main, Ground::Sandboxes),
        [
            (Status::Warn, "one per session"),
            (Status::Fail, "own workspace +1"),
            (Status::Pass, "bridge"),
            (Status::Warn, "0.5 CPU, 256 pids, no memory"),
        ]
    );
    assert!(says(
        main,
        "warn 2 senders may run commands outside the sandbox"
    ));
    assert!(says(main, "warn runs as root by the settings"));
    assert!(says(
        main,
        "warn the root file system is writable by the settings"
    ));
    assert!(says(
        main,
        "fail /srv/sock of the host is read at /s: the engine's socket"
    ));
    assert!(says(main, "skip not proven from inside a sandbox: passive"));
}

#[test]
fn what_the_probe_found_outweighs_the_settings() {
    let mut facts = m4();
    let inside = &mut of(&mut facts.inside)[0];
    of(&mut inside.confinement).capabilities = Some("0000000000000400".to_owned());
    inside.root_read_only = Reading::known(false, "a file written");
    inside.interfaces = Reading::known(vec!["eth0".to_owned()], "/sys/class/net");
    let picture = picture(&facts);
    let main = &picture.subjects[0];
    let statuses: Vec<Status> = row(main, Ground::Sandboxes).iter().map(|c| c.0).collect();
    assert_eq!(
        statuses,
        [Status::Fail, Status::Warn, Status::Fail, Status::Pass]
    );
    assert!(says(main, "capabilities were dropped, but inside"));
    assert!(says(main, "found inside although it is offline: eth0"));
}

#[test]
fn of_unknown_facts_nothing_is_said_but_why() {
    let seen = picture(&Facts::default());
    assert!(seen.subjects.is_empty());
    let why = |point: &Option<Point>| point.as_ref().and_then(|p| p.unknown.clone());
    assert!(why(&seen.agents_unknown).is_some() && why(&seen.sandboxes_unknown).is_some());

    let mut facts = m4();
    facts.openclaw.gateway = Reading::unknown(WhyKind::Denied, "no permission");
    facts.openclaw.elevated = Reading::unknown(WhyKind::Unparsable, "not JSON");
    facts.inside = Reading::unknown(WhyKind::Timeout, "no answer within 9 s");
    facts.standing = Reading::unknown(WhyKind::Failed, "the engine is down");
    agent(&mut facts).sandbox.mode = Mode::NonMain;
    let seen = picture(&facts);
    let main = &seen.subjects[0];
    assert_eq!(
        forces(main),
        [Force::Nobody, Force::Nobody, Force::OtherSessions]
    );
    for text in [
        "error where the gateway runs: no permission",
        "error who may run commands outside the sandbox: not JSON",
        "error not proven from inside a sandbox: no answer within 9 s",
    ] {
        assert!(says(main, text), "{text}: {:#?}", told(main));
    }
    assert!(main.named.is_empty() && seen.sandboxes_unknown.is_some());
}

#[test]
fn foreign_text_is_washed_in_it() {
    let mut facts = m4();
    "x\u{1b}[2J".clone_into(&mut agent(&mut facts).id);
    let sandbox = standing(&mut facts);
    "y\u{202e}z".clone_into(&mut sandbox.name);
    sandbox.privileged = true;
    let picture = picture(&facts);
    for subject in &picture.subjects {
        assert!(!subject.who.words().contains('\u{1b}'));
        for point in subject.points() {
            let texts = [Some(&point.text), point.hint.as_ref()];
            for text in texts.into_iter().flatten() {
                assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text:?}");
            }
        }
    }
}
