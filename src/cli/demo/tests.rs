//! What is recorded for the demo shows what it is for, and nothing else.

use std::collections::BTreeSet;
use std::ffi::OsString;

use super::*;
use crate::checklist::check::Severity;
use crate::checklist::report::Report;
use crate::checklist::run::{Terms, evaluate, short};
use crate::checklist::verdict::{SkipReason, Status};
use crate::cli::args;
use crate::facts::Reading;
use crate::facts::sandbox::Load;
use crate::headroom;
use crate::live::alert::Cause;
use crate::live::event::{Event, Link};

fn judged() -> Report {
    let Prepared {
        catalog, selected, ..
    } = prepared(&Wish::default()).expect("our own checks");
    let terms = Terms {
        selected,
        waivers: Vec::new(),
        today: "2026-11-24".parse().expect("a date"),
        fail_on: Severity::Error,
        node_id: String::new(),
        duration_ms: 0,
        spent: BTreeMap::new(),
        warnings: Vec::new(),
    };
    evaluate(&catalog, &node().facts, &terms)
}

#[test]
fn the_recorded_node_has_something_of_everything_to_find() {
    let report = judged();
    let found: Vec<String> = report
        .findings
        .iter()
        .map(|one| format!("{}:{}", short(&one.check_id), one.error_code))
        .collect();
    let expected = [
        "docker/desktop-version:docker-desktop-too-old",
        "image/present:image-missing",
        "sandbox/isolation:sandbox-capabilities-added",
        "sandbox/isolation:sandbox-engine-socket",
        "docker/autostart:autostart-off",
        "docker/resource-saver:resource-saver-on",
        "host/power:system-sleep-on",
        "openclaw/elevated:elevated-allowed",
        "openclaw/limits:pids-limit-unset",
        "openclaw/sandbox-mode:sandbox-mode-non-main",
    ];
    assert_eq!(found, expected);
    let has = |status| report.checks.iter().any(|one| one.status == status);
    assert!(has(Status::Pass) && has(Status::Warn) && has(Status::Fail));
    let skipped = |reason| {
        let mut checks = report.checks.iter();
        checks.any(|one| one.skip_reason == Some(reason))
    };
    assert!(skipped(SkipReason::Blocked) && skipped(SkipReason::NotApplicable));
    let in_doubt = report.checks.iter().find(|one| one.status == Status::Error);
    assert!(in_doubt.is_none(), "{in_doubt:?}");
}

#[test]
fn told_section_by_section_it_is_the_whole_node() {
    let Gathered { facts, spent, .. } = node();
    // It was recorded without `--deep`, with which two more are asked.
    assert_eq!(spent.len(), Section::ALL.len() - 2);
    let mut told = Facts {
        version: facts.version,
        taken_at: facts.taken_at.clone(),
        node: facts.node.clone(),
        ..Facts::default()
    };
    for section in Section::ALL {
        told.take_over(section, &facts);
    }
    assert_eq!(told, facts);
}

#[test]
fn the_recorded_incident_shows_what_the_dashboard_is_for() {
    let recorded = player().recorded().expect("it can be read");
    // A line of an unknown kind would be left out silently.
    let lines = INCIDENT.lines().count();
    assert_eq!(recorded.events.len() + recorded.keyframe.len() + 1, lines);
    assert!(INCIDENT.len() < 300 << 10, "{} bytes", INCIDENT.len());

    let mut model = recorded.opening();
    let mut links = Vec::new();
    let mut rooms = BTreeSet::new();
    for event in &recorded.events {
        if let Event::Link(link) = &event.what {
            links.push(link.clone());
        }
        model.apply(event.clone());
        if let Ok(room) = &model.headroom {
            rooms.insert(room.headroom);
        }
    }
    let raised: BTreeSet<Cause> = model.alerts.raised.iter().map(|r| r.alert.cause).collect();
    for cause in [
        Cause::Oom,
        Cause::Failures,
        Cause::NearCap,
        Cause::EngineLost,
        Cause::NoHeadroom,
    ] {
        assert!(raised.contains(&cause), "{cause:?} of {raised:?}");
    }
    let lost = links
        .iter()
        .position(|link| matches!(link, Link::Lost { .. }));
    assert!(
        links[lost.expect("lost")..].contains(&Link::Up),
        "found again"
    );
    assert!(
        rooms.contains(&0) && rooms.iter().any(|room| *room > 2),
        "{rooms:?}"
    );
    let gone = model.gone.iter().map(|one| &one.about.owner);
    let there = model.sandboxes.values().map(|one| &one.about.owner);
    let owners = gone.chain(there);
    let agents: BTreeSet<String> = owners.filter_map(|one| one.agent.clone()).collect();
    let known: BTreeSet<String> = ["coder", "main", "ops", "research"]
        .map(str::to_owned)
        .into();
    assert_eq!(agents, known);
    let totals = model.totals;
    assert!(
        totals.gone >= 5 && totals.calls >= 20 && totals.failed >= 6,
        "{totals:?}"
    );
    let span = incident().end().since(incident().begin()).as_secs();
    assert!((120..400).contains(&span), "{span} s");
}

#[test]
fn the_incident_is_of_the_recorded_node() {
    let facts = node().facts;
    let recorded = player().recorded().expect("it can be read");
    let agents = facts.openclaw.agents.get().expect("known").clone();
    let mut quiet = facts.clone();
    quiet.load = Reading::known(Load::default(), "nothing runs");
    let sandboxed: Vec<_> = agents.iter().collect();
    let room = headroom::input(&quiet, &sandboxed).expect("enough is known");
    let mut nodes = 0;
    for event in &recorded.events {
        if let Event::Node(node) = &event.what {
            assert_eq!(node.agents.as_ref(), Some(&agents));
            assert_eq!(node.room.as_ref(), Some(&room));
            nodes += 1;
        }
    }
    assert!(nodes > 0);
    for foreign in ["/root", "/tmp/clawdoctor", "demo-sbx", "clawdoctor-test"] {
        assert!(!INCIDENT.contains(foreign), "{foreign}");
    }
}

#[test]
fn what_does_not_go_with_it_is_refused_with_what_does() {
    let refused = |words: &[&str]| {
        let argv = ["clawdoctor"].iter().chain(words).map(OsString::from);
        let args = args::parse(argv, false).expect("a command line");
        goes_together(&args).expect_err(&words.join(" "))
    };
    for (line, word, hint) in [
        (&["fix", "--demo"][..], "repairs", "clawdoctor --demo"),
        (&["--fix", "--demo"], "repairs", "clawdoctor --demo"),
        (&["--demo", "plan"], "repairs", "clawdoctor --demo"),
        (&["undo", "--demo"], "repairs", "clawdoctor --demo"),
        (&["replay", "x", "--demo"], "replay", "watch --demo"),
        (
            &["recorder", "status", "--demo"],
            "recorder",
            "watch --demo",
        ),
        (&["list", "--demo"], "this command", "leave --demo away"),
        (
            &["watch", "--demo", "--record", "x"],
            "--record",
            "watch --demo",
        ),
        (&["watch", "--demo", "--all"], "--all", "watch --demo"),
        (
            &["watch", "--demo", "--commands"],
            "--commands",
            "watch --demo",
        ),
        (
            &["check", "--demo", "--facts", "x"],
            "--facts",
            "check --demo",
        ),
        (&["check", "--demo", "--in", "x"], "--in", "check --demo"),
        (
            &["headroom", "--demo", "--facts", "x"],
            "--facts",
            "headroom --demo",
        ),
        (&["calls", "--demo"], "calls", "watch --demo"),
    ] {
        let failure = refused(line);
        assert!(failure.message.contains(word), "{failure}");
        assert!(failure.hints[0].contains(hint), "{:?}", failure.hints);
    }
}

#[test]
fn nothing_of_this_machine_is_in_a_run_on_the_recorded_node() {
    let run = prepared(&Wish::default()).expect("our own checks");
    let here = crate::probe::here::here();
    assert_ne!(run.world.operator.home, here.home);
    assert_eq!(run.world.hostname, "mini-03");
    assert!(run.waivers.is_empty());
}
