//! Reports of every outcome, for the tests of all formats: what a run could have said.

use serde_json::{Value, json};

use super::failed::failed;
use crate::checklist::check::{FixMode, FixNeed, Risk, Severity};
use crate::checklist::report::{
    AppliedWaiver, Conclusion, Finding, FixOffer, Node, Outcome, Report, SCHEMA_VERSION, Summary,
    Tool,
};
use crate::checklist::run;
use crate::checklist::verdict::{Evidence, SkipReason, Status};

/// One report of each kind, by name.
pub fn all() -> Vec<(&'static str, Report)> {
    vec![
        ("clean", clean()),
        ("engine-down", engine_down()),
        ("warnings", warnings()),
        ("inconclusive", inconclusive()),
        ("hostile", hostile()),
        ("could-not-run", could_not_run()),
    ]
}

pub fn clean() -> Report {
    let mut policy = skip(
        "sandbox/dns",
        4,
        "Name resolution",
        SkipReason::NotApplicable,
    );
    policy.summary =
        "agent main is offline by policy; EAI_AGAIN in its calls is expected".to_owned();
    report(
        vec![
            pass("host/memory", 0, "Memory of the machine", "16 GiB").measured(
                json!(17_179_869_184_u64),
                json!(17_179_869_184_u64),
                "bytes",
            ),
            pass(
                "docker/running",
                2,
                "Docker engine running",
                "answers in 3 ms",
            ),
            pass(
                "image/present",
                3,
                "Sandbox image present",
                "1 image of 1 agent",
            ),
            pass("sandbox/start", 4, "A sandbox starts", "started in 0.4 s"),
            policy,
            pass(
                "sandbox/isolation",
                9,
                "Isolation of sandboxes",
                "2 running, none exposed",
            ),
        ],
        Vec::new(),
    )
}

pub fn engine_down() -> Report {
    let mut found = finding(
        "docker/running",
        Severity::Error,
        "Docker engine running",
        "docker-not-listening",
        "Nobody listens on the socket unix://~/.docker/run/docker.sock: connection refused. Docker Desktop 4.90.0 is installed and does not run.",
    );
    found.path = Some("~/.docker/run/docker.sock".to_owned());
    found.fix_hint = Some("start Docker Desktop: open -g -a Docker".to_owned());
    found.evidence = vec![
        Evidence::new(
            "/docker/connection",
            json!({"unknown": "failed", "detail": "connection refused (os error 61)"}),
        ),
        Evidence::new("/docker/candidates/0/errno", "ECONNREFUSED"),
    ];
    let blocked = |id: &str, step: u8, title: &str| {
        let mut one = skip(id, step, title, SkipReason::Blocked);
        one.blocked_by = vec!["clawdoctor/docker/running".to_owned()];
        one.summary = "waits for docker/running".to_owned();
        one
    };
    let mut running = pass(
        "docker/running",
        2,
        "Docker engine running",
        "does not answer",
    );
    running.status = Status::Fail;
    let mut report = report(
        vec![
            pass("host/memory", 0, "Memory of the machine", "16 GiB"),
            blocked("docker/vm-memory", 0, "Memory of the engine's VM"),
            pass(
                "openclaw/docker-cli",
                1,
                "Docker CLI for the gateway",
                "docker 28.5.1",
            ),
            pass(
                "docker/endpoint",
                2,
                "Docker endpoint in force",
                "context desktop-linux",
            ),
            pass(
                "docker/access",
                2,
                "Access to the Docker socket",
                "user 501 may",
            ),
            running,
            blocked("image/present", 3, "Sandbox image present"),
            blocked("image/platform", 3, "Platform of the sandbox image"),
            blocked("sandbox/start", 4, "A sandbox starts"),
            pass(
                "openclaw/sandbox-mode",
                4,
                "Sandbox mode",
                "all, scope agent",
            ),
            blocked("sandbox/isolation", 9, "Isolation of sandboxes"),
        ],
        vec![found],
    );
    report.node.runtime_version = None;
    report
}

pub fn warnings() -> Report {
    let mut power = finding(
        "host/power",
        Severity::Warning,
        "Power settings of a headless node",
        "sleeps",
        "The Mac sleeps after 10 min without input; sandboxes and the gateway stop with it.",
    );
    power.target = Some("10 min".to_owned());
    power.requirement = Some("sleep=never".to_owned());
    power.fix_hint = Some("sudo pmset -a sleep 0 disksleep 0 womp 1 autorestart 1".to_owned());
    power.evidence = vec![Evidence::new("/host/power/sleep", 600)];
    let limits = |agent: &str| {
        let mut one = finding(
            "openclaw/limits",
            Severity::Warning,
            "Limits of sandboxes",
            "memory-cap-unset",
            &format!("Agent {agent} has no memory cap: one tool call can take the whole VM."),
        );
        one.target = Some(agent.to_owned());
        one.path = Some(format!("agents.list[{agent}].sandbox.docker.memory"));
        one.requirement = Some("memory<=512 MiB".to_owned());
        one.fix_hint =
            Some("openclaw config set agents.defaults.sandbox.docker.memory 512m".to_owned());
        one
    };
    let mut waived = finding(
        "host/login-session",
        Severity::Warning,
        "Login session",
        "auto-login-off",
        "Automatic login is off, so Docker Desktop does not come back after a restart.",
    );
    waived.waiver = Some(AppliedWaiver {
        reason: "FileVault policy".to_owned(),
        by: Some("ops".to_owned()),
        expires: "2027-03-01".to_owned(),
    });
    let mut host_power = pass(
        "host/power",
        0,
        "Power settings of a headless node",
        "sleeps after 10 min",
    );
    host_power.status = Status::Warn;
    host_power.required = false;
    let mut caps = pass(
        "openclaw/limits",
        4,
        "Limits of sandboxes",
        "2 agents without caps",
    );
    caps.status = Status::Warn;
    caps.required = false;
    let mut login = skip("host/login-session", 0, "Login session", SkipReason::Waived);
    login.summary = "automatic login is off".to_owned();
    let mut report = report(
        vec![
            pass("host/memory", 0, "Memory of the machine", "16 GiB"),
            host_power,
            login,
            pass(
                "docker/running",
                2,
                "Docker engine running",
                "answers in 3 ms",
            ),
            pass(
                "image/present",
                3,
                "Sandbox image present",
                "1 image of 1 agent",
            ),
            caps,
        ],
        vec![power, limits("main"), limits("research")],
    );
    report.suppressed_findings = vec![waived];
    report.summary.suppressed = 1;
    report.warnings =
        vec!["the waiver of net/registry in waivers.toml ended on 2026-11-01".to_owned()];
    report
}

pub fn inconclusive() -> Report {
    let mut start = pass(
        "sandbox/start",
        4,
        "A sandbox starts",
        "the probe container gave no answer in 20 s",
    );
    start.status = Status::Error;
    start.error_code = Some("timeout".to_owned());
    start.evidence = vec![Evidence::new("/inside", json!({"unknown": "timeout"}))];
    let mut clock = pass(
        "docker/clock",
        0,
        "Clock of the engine",
        "the engine told no time",
    );
    clock.status = Status::Error;
    clock.required = false;
    clock.error_code = Some("unparsable".to_owned());
    let mut registry = skip("net/registry", 3, "Registry reachable", SkipReason::Offline);
    registry.summary = "not asked: --offline".to_owned();
    report(
        vec![
            pass("host/memory", 0, "Memory of the machine", "16 GiB"),
            clock,
            pass(
                "docker/running",
                2,
                "Docker engine running",
                "answers in 3 ms",
            ),
            registry,
            start,
        ],
        Vec::new(),
    )
}

/// Names that try to leave their place in every format.
pub fn hostile() -> Report {
    let mut found = finding(
        "image/present",
        Severity::Error,
        "Sandbox image present",
        "image-missing",
        "The image `a|b</failure>]]>&\"'\u{1b}[31m\n@all #1 {x=\"1\"}\u{202e}` is not there.",
    );
    found.target = Some("a|b\n...\n# SKIP".to_owned());
    found.evidence = vec![Evidence::new("/images/0/name", "```\n</details>\u{7}")];
    let mut present = pass(
        "image/present",
        3,
        "Sandbox image present",
        "0 of 1\u{1b}[0m\nok 9 - x",
    );
    present.status = Status::Fail;
    report(vec![present], vec![found])
}

pub fn could_not_run() -> Report {
    failed(
        "usage",
        "unexpected argument `--formt`",
        Some("did you mean `--format`?"),
        "2026-11-23T07:00:00Z",
        1,
    )
}

trait Measured {
    fn measured(self, observed: Value, expected: Value, unit: &str) -> Self;
}

impl Measured for Outcome {
    fn measured(mut self, observed: Value, expected: Value, unit: &str) -> Self {
        self.observed = Some(observed);
        self.expected = Some(expected);
        self.unit = Some(unit.to_owned());
        self
    }
}

/// Step 9 stands for what always holds.
fn pass(id: &str, step: u8, title: &str, summary: &str) -> Outcome {
    Outcome {
        check_id: format!("clawdoctor/{id}"),
        step: Some(step).filter(|step| *step < 9),
        title: title.to_owned(),
        status: Status::Pass,
        required: true,
        duration_ms: 3,
        summary: summary.to_owned(),
        observed: None,
        expected: None,
        unit: None,
        skip_reason: None,
        blocked_by: Vec::new(),
        error_code: None,
        evidence: Vec::new(),
    }
}

fn skip(id: &str, step: u8, title: &str, reason: SkipReason) -> Outcome {
    Outcome {
        status: Status::Skip,
        duration_ms: 0,
        skip_reason: Some(reason),
        ..pass(id, step, title, "")
    }
}

fn finding(id: &str, severity: Severity, title: &str, code: &str, message: &str) -> Finding {
    Finding {
        check_id: format!("clawdoctor/{id}"),
        severity,
        message: message.to_owned(),
        source: "clawdoctor".to_owned(),
        error_code: code.to_owned(),
        path: None,
        target: None,
        requirement: None,
        fix_hint: None,
        title: title.to_owned(),
        docs_url: Some("https://docs.openclaw.ai/gateway/sandboxing".to_owned()),
        fingerprint: "b2f1c0de".to_owned(),
        fix: FixOffer {
            id: id.replace('/', "."),
            mode: FixMode::Manual,
            risk: Some(Risk::Safe),
            reversible: true,
            needs: vec![FixNeed::GuiSession],
            commands: Vec::new(),
        },
        reported_by: None,
        evidence: Vec::new(),
        waiver: None,
    }
}

fn report(checks: Vec<Outcome>, findings: Vec<Finding>) -> Report {
    let count = |status| checks.iter().filter(|one| one.status == status).count();
    let summary = Summary {
        pass: count(Status::Pass),
        warn: count(Status::Warn),
        fail: count(Status::Fail),
        skip: count(Status::Skip),
        error: count(Status::Error),
        suppressed: 0,
    };
    let mut report = Report {
        schema_version: SCHEMA_VERSION,
        ok: false,
        checks_run: checks.len() - summary.skip,
        checks_skipped: summary.skip,
        outcome: match (findings.is_empty(), summary.error) {
            (true, 0) => Conclusion::Clean,
            (true, _) => Conclusion::Incomplete,
            (false, _) => Conclusion::Findings,
        },
        findings,
        warnings: Vec::new(),
        error: None,
        report: "clawdoctor.report".to_owned(),
        tool: Tool {
            name: "clawdoctor".to_owned(),
            version: "0.1.0".to_owned(),
        },
        node: Node {
            id: "mini-07".to_owned(),
            os: Some("macos".to_owned()),
            os_version: Some("26.1".to_owned()),
            arch: Some("aarch64".to_owned()),
            runtime: Some("docker-desktop".to_owned()),
            runtime_version: Some("4.90.0".to_owned()),
            openclaw_version: Some("2026.9.6".to_owned()),
        },
        started_at: "2026-11-23T07:00:00Z".to_owned(),
        duration_ms: 612,
        fail_on: Severity::Error,
        summary,
        checks,
        suppressed_findings: Vec::new(),
    };
    report.ok = run::exit_code(&report) == 0;
    report
}
