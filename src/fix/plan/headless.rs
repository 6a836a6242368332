//! A Mac that nobody sits at: power settings, which are commands, and what only the screen can do,
//! which is told once and before anything else.

use super::{Advice, Answer, Findings, Moment, Node, Risk, by_hand, found, repair};
use crate::fix::step::{Command, Proof, RunProgram, Step};

const PMSET: &str = "/usr/bin/pmset";
const SECONDS: u64 = 30;

/// Sleep and the start after a power failure. Only when it is named: a Mac on somebody's desk may
/// want to sleep.
pub fn power(node: Node<'_>, findings: &Findings<'_>) -> Answer {
    let id = "host/power";
    let Ok(power) = node.facts.host.power.get() else {
        return by_hand(id, findings, "the settings in force are not known");
    };
    // One with a battery has settings for it too, which are not those of a node.
    let source = if power.autorestart.is_some() {
        "-a"
    } else {
        "-c"
    };
    let mut settings: Vec<(&str, u32, u32)> = Vec::new();
    for finding in findings {
        match (finding.error_code.as_str(), power.sleep_minutes) {
            ("system-sleep-on", Some(minutes)) => settings.push(("sleep", 0, minutes)),
            ("autorestart-off", _) => settings.push(("autorestart", 1, 0)),
            _ => {}
        }
    }
    if settings.is_empty() {
        return by_hand(id, findings, "it is set by hand");
    }
    let words = |pick: fn(&(&str, u32, u32)) -> u32| {
        let each = settings
            .iter()
            .map(|one| format!("{} {}", one.0, pick(one)));
        each.collect::<Vec<_>>().join(", ")
    };
    let mut change = repair(
        id,
        findings,
        format!("pmset: {}", words(|one| one.1)),
        Risk::Safe,
    )
    .cost("the Mac uses more power")
    .undo(format!("the former settings: {}", words(|one| one.2)))
    .needs_root(node)
    .named();
    for (name, value, before) in &settings {
        let set = |value: &u32| Command::as_root([PMSET, source, name, &value.to_string()]);
        change = change.step(Step::RunProgram(RunProgram {
            words: format!("set {name} to {value}"),
            commands: vec![set(value)],
            proof: Proof::Prints {
                argv: [PMSET, "-g", "custom"].map(str::to_owned).to_vec(),
                words: format!("{name} {value}"),
            },
            undo: vec![set(before)],
            seconds: SECONDS,
        }));
    }
    Answer::repair(change)
}

/// FileVault and automatic login decide who can use the machine: never a step, whatever is
/// allowed.
pub fn login(findings: &Findings<'_>) -> Answer {
    let mut lines: Vec<String> = Vec::new();
    for hint in findings
        .iter()
        .filter_map(|finding| finding.fix_hint.clone())
    {
        if !lines.contains(&hint) {
            lines.push(hint);
        }
    }
    lines.push("more: clawdoctor explain host/login-session".to_owned());
    Answer::advice(Advice {
        check: "host/login-session".to_owned(),
        findings: found(findings),
        why: "it needs somebody at the screen, and decides who can use this machine".to_owned(),
        lines,
        when: Moment::Before,
    })
}

/// All that the first start of Docker Desktop wants of a person.
pub fn for_the_screen(node: Node<'_>) -> Vec<String> {
    let user = &node.operator.user;
    let login = node.facts.host.login.get().ok();
    let mut lines = Vec::new();
    if login.and_then(|login| login.console_user.as_deref()) != Some(user) {
        lines.push(format!(
            "log in at the screen, or over Screen Sharing, as {user}: Docker Desktop runs in that session only"
        ));
    }
    lines.push("stay for its first start: it may ask for its terms, for an administrator's password, and whether macOS may open it".to_owned());
    if login.and_then(|login| login.auto_login_user.as_deref()) != Some(user) {
        lines.push("for a node that comes back alone: System Settings > Users & Groups > Automatically log in as".to_owned());
    }
    if login.is_none_or(|login| login.filevault != Some(false)) {
        lines.push("macOS offers no automatic login while FileVault is on: decide between an encrypted disk and a node that comes back alone (fdesetup status)".to_owned());
    }
    lines
}
