//! The gateway process: whether it runs, and whether it can drive Docker from where it stands.

#![expect(
    clippy::unused_self,
    reason = "judges have one shape, and some have no parameters"
)]

use serde::Deserialize;

use crate::checklist::verdict::{Complaint, Ruling};
use crate::facts::docker::Connection;
use crate::facts::openclaw::{Gateway as Process, Placement, SocketAccess};
use crate::facts::{Facts, Why, WhyKind};
use crate::units;

use super::super::agents::{explained, with_sandboxed};
use super::contained;

#[derive(Clone, Debug, PartialEq, Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DockerCli {
    /// The OpenClaw that tells an engine where the folders of its own container are.
    pub paths_translated_since: units::Version,
}

impl DockerCli {
    pub(in super::super) fn rule(&self, facts: &Facts) -> Result<Ruling, Why> {
        with_sandboxed(facts, |_| {
            let gateway = facts.openclaw.gateway.get()?;
            if let Some(complaint) = contained::of_another_engine(facts, gateway) {
                let summary = complaint.message.clone();
                return Ok(
                    Ruling::found(vec![complaint], summary).evidence("/openclaw/gateway", gateway)
                );
            }
            let folders = contained::folders(gateway, &self.paths_translated_since);
            let mut doubt = None;
            let mut complaints = folders.unwrap_or_else(|why| {
                doubt = Some(why);
                Vec::new()
            });
            let mut summary = String::new();
            match gateway.docker_cli.get() {
                Ok(path) => summary.clone_from(path),
                Err(why) if why.kind == WhyKind::Absent => {
                    "no docker command".clone_into(&mut summary);
                    complaints.push(cli_missing(gateway, &why));
                }
                // A known trouble is worth more than the missing half.
                Err(why) if complaints.is_empty() => return Err(why),
                Err(_) => "what docker command it has is not known".clone_into(&mut summary),
            }
            // Where nobody can open the socket, docker/access or docker/running tells it.
            let answers = matches!(
                facts.docker.connection.get(),
                Ok(Connection::Answers { .. }) | Err(_)
            );
            match gateway.socket.get() {
                Ok(access) if answers => complaints.extend(socket_trouble(gateway, access)),
                Err(why) if answers => doubt = doubt.or(Some(why)),
                Ok(_) | Err(_) => {}
            }
            if let Some(why) = doubt.filter(|why| complaints.is_empty() && is_doubt(why)) {
                return Err(why);
            }
            if let Placement::Container { name, .. } = &gateway.placement {
                summary = format!("{summary} in the gateway's container {name}");
            }
            Ok(Ruling::found(complaints, summary).evidence("/openclaw/gateway", gateway))
        })
    }
}

/// What was not asked for, or means nothing here, is no doubt.
fn is_doubt(why: &Why) -> bool {
    match why.kind {
        WhyKind::NotAsked | WhyKind::NotApplicable => false,
        WhyKind::Absent
        | WhyKind::Denied
        | WhyKind::Timeout
        | WhyKind::Unparsable
        | WhyKind::Offline
        | WhyKind::Failed => true,
    }
}

fn cli_missing(gateway: &Process, why: &Why) -> Complaint {
    let from = gateway.path_from.as_deref().unwrap_or("its PATH");
    match &gateway.placement {
        Placement::Container { name, .. } => {
            let message = format!(
                "the gateway runs in the container {name}, whose image has no docker command: {}",
                why.detail
            );
            Complaint::fail("docker-cli-missing-in-container", message)
                .target(name)
                .requirement("docker on the gateway's PATH")
                .hint("rebuild the gateway's image with OPENCLAW_INSTALL_DOCKER_CLI=1, or mount a docker CLI into it")
        }
        Placement::Process { .. }
        | Placement::Installed { .. }
        | Placement::Elsewhere { .. }
        | Placement::Missing => {
            let who = match &gateway.placement {
                Placement::Process { pid } => format!("the gateway (process {pid})"),
                Placement::Installed { by } => format!("the gateway (as {by} would start it)"),
                Placement::Container { .. } | Placement::Elsewhere { .. } | Placement::Missing => {
                    "the gateway".to_owned()
                }
            };
            let message = format!(
                "{who} does not find the docker command; its PATH comes from {from}: {}",
                why.detail
            );
            Complaint::fail("docker-cli-missing", message)
                .path(from)
                .requirement("docker on the gateway's PATH")
                .hint("link docker into /usr/local/bin, then run: openclaw gateway restart")
        }
    }
}

fn socket_trouble(gateway: &Process, access: &SocketAccess) -> Option<Complaint> {
    match access {
        SocketAccess::Usable { .. } => None,
        SocketAccess::Denied { path, why } => {
            let user = gateway
                .uid
                .map_or(String::new(), |uid| format!(" (uid {uid})"));
            let hint = if matches!(gateway.placement, Placement::Container { .. }) {
                "give the gateway's container the socket's group with group_add, and recreate it"
            } else {
                "add the gateway's user to the socket's group, then restart the gateway's service"
            };
            let message = format!("the gateway{user} may not open {path}: {why}");
            Some(
                Complaint::fail("gateway-socket-denied", message)
                    .path(path)
                    .hint(hint),
            )
        }
        SocketAccess::NotMounted => {
            let name = match &gateway.placement {
                Placement::Container { name, .. } => name.as_str(),
                Placement::Process { .. }
                | Placement::Installed { .. }
                | Placement::Elsewhere { .. }
                | Placement::Missing => "gateway",
            };
            let message = format!("the engine's socket is not mounted into the container {name}");
            Some(
                Complaint::fail("gateway-socket-not-mounted", message)
                    .target(name)
                    .path("/var/run/docker.sock")
                    .hint(
                        "mount /var/run/docker.sock into the gateway's container and recreate it",
                    ),
            )
        }
    }
}

#[derive(Clone, Debug, PartialEq, Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Gateway {}

impl Gateway {
    pub(in super::super) fn rule(&self, facts: &Facts) -> Result<Ruling, Why> {
        let gateway = match facts.openclaw.gateway.get() {
            Ok(gateway) => gateway,
            Err(why) => return explained(facts, why),
        };
        let mut complaints = Vec::new();
        if gateway.stray_dockerenv {
            // OpenClaw takes the file as proof that it runs in a container, looks for that
            // container in the engine, and fails every turn.
            complaints.push(
                Complaint::fail(
                    "stray-dockerenv",
                    "/.dockerenv lies on a machine that is no container, so OpenClaw fails every turn",
                )
                .path("/.dockerenv")
                .hint("when you are sure that this is no container: sudo rm /.dockerenv"),
            );
        }
        let port = gateway.port.unwrap_or(18_789);
        let place = match &gateway.placement {
            Placement::Missing => {
                let message = "no gateway runs, and none is installed as a service";
                complaints.push(
                    Complaint::warn("gateway-not-running", message)
                        .hint("run: openclaw gateway install"),
                );
                None
            }
            Placement::Installed { by } => {
                let message = format!("the gateway is installed ({by}) but does not run");
                complaints.push(
                    Complaint::warn("gateway-not-running", message)
                        .target(by)
                        .hint("run: openclaw gateway start"),
                );
                None
            }
            Placement::Process { pid } => Some(format!("process {pid}")),
            Placement::Container { name, .. } => Some(format!("container {name}")),
            Placement::Elsewhere { pid, .. } => {
                Some(format!("process {pid} in a container of another engine"))
            }
        };
        complaints.extend(contained::not_writable(gateway));
        complaints.extend(contained::without_names(facts, gateway));
        if let Some(place) = &place {
            complaints.extend(health(gateway, port, place, complaints.is_empty())?);
        }
        let place = place.unwrap_or_default();
        Ok(Ruling::found(
            complaints,
            format!("live and ready on port {port} ({place})"),
        )
        .evidence("/openclaw/gateway", gateway))
    }
}

fn health(
    gateway: &Process,
    port: u16,
    place: &str,
    nothing_else: bool,
) -> Result<Option<Complaint>, Why> {
    let complaint = |code, message: String| {
        Complaint::warn(code, message)
            .target(place)
            .hint("see why with: openclaw gateway status --deep")
    };
    let health = match gateway.health.get() {
        Ok(health) => health,
        Err(why) => match why.kind {
            WhyKind::Absent | WhyKind::Timeout => {
                let message = format!("the gateway does not answer on port {port}: {}", why.detail);
                return Ok(Some(complaint("gateway-not-answering", message)));
            }
            WhyKind::NotAsked
            | WhyKind::NotApplicable
            | WhyKind::Denied
            | WhyKind::Unparsable
            | WhyKind::Offline
            | WhyKind::Failed => {
                return if nothing_else { Err(why) } else { Ok(None) };
            }
        },
    };
    let failing = if health.failing.is_empty() {
        String::new()
    } else {
        format!(": {}", health.failing.join(", "))
    };
    Ok(match (health.live, health.ready) {
        (true, true) => None,
        (true, false) => Some(complaint(
            "gateway-not-ready",
            format!("the gateway on port {port} is not ready{failing}"),
        )),
        (false, _) => Some(complaint(
            "gateway-not-live",
            format!("the gateway on port {port} says that it is not well{failing}"),
        )),
    })
}
