//! The two modes without sandboxes: tools run as the gateway's own children, on the host or in the
//! gateway's container.

use super::boxed::limits;
use super::named;
use super::{Aspect, Cell, Force, Ground, Point, Snapshot};
use crate::checklist::judge::{dangers, is_root, is_socket};
use crate::checklist::verdict::{Complaint, Status};
use crate::drift::{drops_all, network};
use crate::facts::openclaw::{Gateway, Placement, SocketAccess};
use crate::facts::sandbox::Standing;
use crate::facts::{Facts, Why, WhyKind};

const GATEWAY: &str = "/openclaw/gateway/known";

/// Where tools run that are not sandboxed.
pub fn ground(facts: &Facts) -> Result<Ground, Why> {
    match facts.openclaw.gateway.get()?.placement {
        Placement::Process { .. } | Placement::Installed { .. } => Ok(Ground::BareMetal),
        Placement::Container { .. } | Placement::Elsewhere { .. } => Ok(Ground::Container),
        Placement::Missing => Err(Why::new(
            WhyKind::Absent,
            "no gateway runs here, and none is installed as a service",
        )),
    }
}

pub fn bare_metal(facts: &Facts, snapshot: &Snapshot, force: Force) -> [Cell; 4] {
    let here = |gateway: &&Gateway| {
        matches!(
            gateway.placement,
            Placement::Process { .. } | Placement::Installed { .. }
        )
    };
    let gateway = facts.openclaw.gateway.get().ok().filter(here);
    let uid = gateway.and_then(|gateway| gateway.uid);
    let (tools, files) = match uid {
        Some(0) => ("none: root".to_owned(), "the whole host".to_owned()),
        Some(uid) => (format!("none: uid {uid}"), format!("all of uid {uid}")),
        None => ("none".to_owned(), "all of its user".to_owned()),
    };
    let mut cells = [
        Cell::new(tools),
        Cell::new(files),
        Cell::new("the host's"),
        Cell::new("none"),
    ];
    if let (Some(gateway), true) = (gateway, force != Force::Nobody) {
        let [tools, files, network, limits] = &mut cells;
        tools.points = host_tools(snapshot, gateway);
        files.points = vec![
            Point::new(
                Status::Fail,
                match uid {
                    Some(0) => "tools read and write every file of the host".to_owned(),
                    Some(uid) => {
                        format!("tools read and write all that uid {uid} may, OpenClaw's own state and keys among it")
                    }
                    None => "tools read and write all that the gateway's user may".to_owned(),
                },
            )
            .evidence(snapshot.at(format!("{GATEWAY}/uid"))),
        ];
        network.points = vec![
            Point::new(
                Status::Fail,
                "tools have the host's network, and reach what listens on loopback",
            )
            .evidence(snapshot.at(format!("{GATEWAY}/placement"))),
        ];
        limits.points = vec![
            Point::new(
                Status::Fail,
                "no limit of OpenClaw's holds: a call may take the whole host",
            )
            .evidence(snapshot.at(format!("{GATEWAY}/placement"))),
        ];
    }
    cells
}

fn host_tools(snapshot: &Snapshot, gateway: &Gateway) -> Vec<Point> {
    let whose = match gateway.uid {
        Some(0) => "root".to_owned(),
        Some(uid) => format!("uid {uid}"),
        None => "its user, who is not known".to_owned(),
    };
    let text = match &gateway.placement {
        Placement::Process { pid } => {
            format!("tools are children of the gateway (pid {pid}) on the host and run as {whose}")
        }
        Placement::Installed { by } => format!(
            "the gateway does not run now; started by {by}, it runs tools on the host as {whose}"
        ),
        Placement::Container { .. } | Placement::Elsewhere { .. } | Placement::Missing => {
            return Vec::new();
        }
    };
    let mut points = vec![
        Point::new(Status::Fail, text)
            .evidence(snapshot.at(format!("{GATEWAY}/placement")))
            .evidence(snapshot.at(format!("{GATEWAY}/uid"))),
    ];
    if let Ok(SocketAccess::Usable { path }) = gateway.socket.get() {
        let text = format!("tools may drive the engine ({path}), and so own what it may do");
        points.push(
            Point::new(Status::Warn, text).evidence(snapshot.at(format!("{GATEWAY}/socket"))),
        );
    }
    points
}

pub fn container(facts: &Facts, snapshot: &Snapshot, force: Force) -> [Cell; 4] {
    let gateway = facts.openclaw.gateway.get().ok();
    let here = gateway.filter(|gateway| {
        matches!(
            gateway.placement,
            Placement::Container { .. } | Placement::Elsewhere { .. }
        )
    });
    let Some(gateway) = here else {
        return [
            Cell::new("with the gateway"),
            Cell::new("what is mounted"),
            Cell::new("the container's"),
            Cell::new("the container's"),
        ];
    };
    let posture = gateway.container.get();
    let (files, network, bounds) = match &posture {
        Ok(seen) => (
            mounted(seen),
            network(&seen.network_mode),
            limits(
                (seen.memory > 0).then_some(seen.memory),
                (seen.cpus > 0.0).then_some(seen.cpus),
                (seen.pids_limit > 0).then_some(seen.pids_limit),
            ),
        ),
        Err(_) => (
            "not known".to_owned(),
            "not known".to_owned(),
            "not known".to_owned(),
        ),
    };
    let mut cells = [
        Cell::new(if holds_socket(gateway) {
            "with the gateway, owns the engine"
        } else {
            "with the gateway"
        }),
        Cell::new(files),
        Cell::new(network),
        Cell::new(bounds),
    ];
    if force != Force::Nobody {
        for (cell, aspect) in cells.iter_mut().zip(Aspect::ALL) {
            cell.points = match &posture {
                Ok(seen) => contained(snapshot, gateway, seen, aspect),
                Err(why) => vec![
                    Point::unknown("what the gateway's container is held to", why)
                        .evidence(snapshot.at(format!("{GATEWAY}/container"))),
                ],
            };
        }
        cells[0].points.insert(0, shared(snapshot, gateway));
    }
    cells
}

fn holds_socket(gateway: &Gateway) -> bool {
    matches!(gateway.socket.get(), Ok(SocketAccess::Usable { .. }))
}

fn mounted(seen: &Standing) -> String {
    let mounts = seen.mounts.iter().filter(|mount| mount.kind != "tmpfs");
    match mounts.count() {
        0 => "nothing mounted".to_owned(),
        1 => "1 mount".to_owned(),
        count => format!("{count} mounts"),
    }
}

fn shared(snapshot: &Snapshot, gateway: &Gateway) -> Point {
    let name = match &gateway.placement {
        Placement::Container { name, .. } => name.as_str(),
        Placement::Elsewhere { id, .. } => id.get(..12).unwrap_or(id),
        Placement::Process { .. } | Placement::Installed { .. } | Placement::Missing => "",
    };
    let place = snapshot.at(format!("{GATEWAY}/placement"));
    if holds_socket(gateway) {
        let text = format!(
            "tools share the container {name} with the gateway, and its engine's socket: whoever holds that owns the host"
        );
        return Point::new(Status::Fail, text)
            .evidence(place)
            .evidence(snapshot.at(format!("{GATEWAY}/socket")));
    }
    let text = format!(
        "tools of all agents share the container {name} with the gateway, its state and its keys"
    );
    Point::new(Status::Fail, text).evidence(place)
}

/// What the gateway's container gives its tools.
fn contained(
    snapshot: &Snapshot,
    gateway: &Gateway,
    seen: &Standing,
    aspect: Aspect,
) -> Vec<Point> {
    let base = format!("{GATEWAY}/container/known");
    let at = |field: &str| snapshot.at(format!("{base}/{field}"));
    let told = |code: &str| aspect_of(code) == Some(aspect);
    // Its sockets are told with the container itself.
    let is_told = |c: &Complaint| c.code == "sandbox-engine-socket" && holds_socket(gateway);
    let mut points: Vec<Point> = dangers(seen, &[])
        .iter()
        .filter(|complaint| told(complaint.code) && !is_told(complaint))
        .map(|complaint| {
            let mut point = named::point(snapshot, &base, complaint);
            // Stopping the gateway is no way to mend it.
            point.hint = None;
            point
        })
        .collect();
    match aspect {
        Aspect::Tools => {
            if is_root(&seen.user) && gateway.uid.is_none_or(|uid| uid == 0) {
                points.push(Point::new(Status::Warn, "it runs as root").evidence(at("user")));
            }
            if !drops_all(&seen.cap_drop) {
                points.push(
                    Point::new(Status::Warn, "it keeps capabilities").evidence(at("cap-drop")),
                );
            }
        }
        Aspect::Files => {
            let shown = |mount: &&crate::facts::sandbox::StandingMount| {
                mount.kind != "tmpfs" && !is_socket(&mount.source)
            };
            for mount in seen.mounts.iter().filter(shown) {
                let how = if mount.read_only {
                    "read"
                } else {
                    "read and write"
                };
                let text = format!("tools {how} {} ({})", mount.target, mount.source);
                points.push(Point::new(Status::Warn, text).evidence(at("mounts")));
            }
            if !seen.read_only_root {
                let text = "its root file system can be written";
                points.push(Point::new(Status::Warn, text).evidence(at("read-only-root")));
            }
        }
        Aspect::Network => {
            let network = network(&seen.network_mode);
            let text = format!("tools have the container's network: {network}");
            let status = match network.as_str() {
                "none" => Status::Pass,
                _ => Status::Warn,
            };
            points.push(Point::new(status, text).evidence(at("network-mode")));
        }
        Aspect::Limits => {
            let unset = seen.memory == 0 || seen.cpus <= 0.0 || seen.pids_limit <= 0;
            let status = if unset { Status::Warn } else { Status::Pass };
            let text = format!(
                "all tools and the gateway together: {}",
                limits(
                    (seen.memory > 0).then_some(seen.memory),
                    (seen.cpus > 0.0).then_some(seen.cpus),
                    (seen.pids_limit > 0).then_some(seen.pids_limit),
                )
            );
            points.push(
                Point::new(status, text)
                    .evidence(at("memory"))
                    .evidence(at("cpus"))
                    .evidence(at("pids-limit")),
            );
        }
    }
    points
}

/// What a danger of a container takes away.
fn aspect_of(code: &str) -> Option<Aspect> {
    match code {
        "sandbox-privileged"
        | "sandbox-capabilities-added"
        | "sandbox-devices"
        | "sandbox-engine-socket"
        | "sandbox-unconfined"
        | "sandbox-shared-namespace" => Some(Aspect::Tools),
        "sandbox-system-mount" => Some(Aspect::Files),
        _ => None,
    }
}
