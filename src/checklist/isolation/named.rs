//! Running sandboxes that are none, or weak ones, by the judge's rules: each is named.

use super::{Point, Snapshot, Subject, Who};
use crate::checklist::judge::{counted, dangers, runs, weaknesses};
use crate::checklist::verdict::{Complaint, Status};
use crate::drift::owner;
use crate::facts::Facts;
use crate::facts::openclaw::Agent;
use crate::facts::sandbox::Standing;

pub fn of_agent(facts: &Facts, snapshot: &Snapshot, agent: &Agent) -> Vec<Point> {
    let own = |sandbox: &Standing| owner(sandbox, &[agent]).is_some();
    points(facts, snapshot, &[agent], own)
}

/// Nothing when every running sandbox belongs to an agent.
pub fn of_nobody(facts: &Facts, snapshot: &Snapshot, agents: &[Agent]) -> Option<Subject> {
    let all: Vec<&Agent> = agents.iter().collect();
    let stray = |sandbox: &Standing| owner(sandbox, &all).is_none();
    let standing = facts.standing.get().ok()?;
    let count = standing.iter().filter(|s| runs(s) && stray(s)).count();
    if count == 0 {
        return None;
    }
    let text = match facts.openclaw.agents.get() {
        Ok(_) => format!(
            "{} of no agent of this configuration",
            counted(count, "running sandbox")
        ),
        Err(_) => format!(
            "{}: whose is not known, since the agents are not",
            counted(count, "running sandbox")
        ),
    };
    let mut named = points(facts, snapshot, &all, stray);
    // OpenClaw does not make anew what it does not know.
    for point in &mut named {
        if point.status == Status::Warn {
            point.hint = None;
        }
    }
    Some(Subject {
        who: Who::Nobody,
        policy: counted(count, "running sandbox"),
        place: "Docker sandboxes".to_owned(),
        named,
        mode: vec![Point::new(Status::Warn, text)],
        columns: Vec::new(),
    })
}

fn points(
    facts: &Facts,
    snapshot: &Snapshot,
    agents: &[&Agent],
    mine: impl Fn(&Standing) -> bool,
) -> Vec<Point> {
    let standing = facts.standing.get().map(Vec::as_slice).unwrap_or_default();
    let mut points = Vec::new();
    for (index, sandbox) in standing.iter().enumerate() {
        if !runs(sandbox) || !mine(sandbox) {
            continue;
        }
        let base = format!("/standing/known/{index}");
        let complaints = of_sandbox(sandbox, agents);
        points.extend(complaints.iter().map(|c| point(snapshot, &base, c)));
    }
    points.sort_by_key(|point| std::cmp::Reverse(point.status));
    points
}

/// What makes this sandbox none, or a weak one.
pub fn of_sandbox(sandbox: &Standing, agents: &[&Agent]) -> Vec<Complaint> {
    let mut complaints = dangers(sandbox, agents);
    // By what it is, whether or not the configuration wants it so.
    complaints.extend(weaknesses(sandbox, None, false));
    complaints
}

/// A complaint about the container that stands at this place of the facts.
pub fn point(snapshot: &Snapshot, base: &str, complaint: &Complaint) -> Point {
    let mut point = Point::of(complaint);
    for field in fields(complaint.code) {
        let evidence = snapshot.at(format!("{base}/{field}"));
        // Of the namespaces only those that are shared say anything.
        let shares = |value: &str| value == "host" || value.starts_with("container:");
        let says = evidence.value.as_str().is_some_and(shares);
        if complaint.code != "sandbox-shared-namespace" || says {
            point = point.evidence(evidence);
        }
    }
    point
}

/// The fields of a container that a complaint rests on.
fn fields(code: &str) -> &'static [&'static str] {
    match code {
        "sandbox-privileged" => &["privileged"],
        "sandbox-capabilities-added" => &["cap-add"],
        "sandbox-capabilities-kept" => &["cap-drop"],
        "sandbox-devices" => &["devices"],
        "sandbox-shared-namespace" => &["network-mode", "pid-mode", "ipc-mode"],
        "sandbox-engine-socket" | "sandbox-system-mount" => &["mounts"],
        "sandbox-unconfined" | "sandbox-new-privileges" => &["security-opt"],
        "sandbox-runs-as-root" => &["user"],
        "sandbox-root-writable" => &["read-only-root"],
        "sandbox-unlimited" => &["memory", "cpus", "pids-limit"],
        _ => &[],
    }
}
