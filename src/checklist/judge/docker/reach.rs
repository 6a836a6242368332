//! Judges of the way to the engine: which endpoint is in force, whether this user may use it, and
//! whether an engine answers there. One cause is reported by one of the three.

use serde::Deserialize;

use super::place;
use crate::checklist::verdict::{Complaint, Ruling};
use crate::facts::docker::{self as fact, Candidate, Connection, EndpointSource, ProviderKind};
use crate::facts::docker::{Owner, Reach};
use crate::facts::{Facts, Why, WhyKind};
use crate::text::wash;

#[derive(Clone, Debug, PartialEq, Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Endpoint {}

impl Endpoint {
    #[expect(
        clippy::unused_self,
        reason = "all judges are asked in the same way; this one has no parameters"
    )]
    pub(in crate::checklist::judge) fn rule(&self, facts: &Facts) -> Result<Ruling, Why> {
        match in_force(facts)? {
            Ok(endpoint) => {
                let url = wash(&endpoint.url, 200);
                Ok(Ruling::pass(format!("{url} ({})", reason(endpoint)))
                    .observed(url)
                    .evidence("/docker/endpoint", endpoint))
            }
            Err(why) => {
                let detail = wash(&why.detail, 300);
                let hint = if why.kind == WhyKind::Unparsable {
                    "mend the file or the variable that is named here"
                } else {
                    "see which contexts there are, and choose one: docker context ls, docker context use NAME"
                };
                let complaint = Complaint::fail(
                    "docker-endpoint-unresolved",
                    format!("Docker's client could not tell which engine to use: {detail}"),
                )
                .requirement("docker-endpoint")
                .hint(hint);
                Ok(Ruling::found(vec![complaint], "cannot be resolved")
                    .evidence("/docker/endpoint", detail))
            }
        }
    }
}

/// The endpoint in force; the inner error says why Docker's client could resolve none, which
/// `docker/endpoint` reports. The outer one is our own ignorance.
fn in_force(facts: &Facts) -> Result<Result<&fact::Endpoint, Why>, Why> {
    match facts.docker.endpoint.get() {
        Ok(endpoint) => Ok(Ok(endpoint)),
        Err(why) => match why.kind {
            WhyKind::Absent | WhyKind::Unparsable | WhyKind::Failed => Ok(Err(why)),
            WhyKind::NotAsked
            | WhyKind::NotApplicable
            | WhyKind::Denied
            | WhyKind::Timeout
            | WhyKind::Offline => Err(why),
        },
    }
}

/// Why this endpoint is the one in force.
fn reason(endpoint: &fact::Endpoint) -> String {
    let context = wash(&endpoint.context, 80);
    match endpoint.source {
        EndpointSource::HostVariable => "DOCKER_HOST is set".to_owned(),
        EndpointSource::ContextVariable => format!("DOCKER_CONTEXT names {context}"),
        EndpointSource::CurrentContext => format!("current context {context}"),
        EndpointSource::Default => "the default, no context is chosen".to_owned(),
    }
}

#[derive(Clone, Debug, PartialEq, Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Access {}

impl Access {
    #[expect(
        clippy::unused_self,
        reason = "all judges are asked in the same way; this one has no parameters"
    )]
    pub(in crate::checklist::judge) fn rule(&self, facts: &Facts) -> Result<Ruling, Why> {
        let Ok(endpoint) = in_force(facts)? else {
            return Ok(Ruling::blocked(&["docker/endpoint"]));
        };
        let place = place(&endpoint.url);
        let connection = facts.docker.connection.get()?;
        let ruling = match connection {
            Connection::Refused { errno, .. } if is_denied(errno) => {
                let owner = candidate(facts).and_then(|candidate| candidate.owner.as_ref());
                let (whose, hint) = whose_socket(owner);
                let complaint = Complaint::fail(
                    "socket-permission-denied",
                    format!(
                        "this user may not open {place}{whose} ({})",
                        wash(errno, 20)
                    ),
                )
                .target(place.clone())
                .path(place.clone())
                .requirement("socket-access")
                .hint(hint);
                Ruling::found(vec![complaint], format!("permission denied: {place}"))
                    .evidence("/docker/candidates", &facts.docker.candidates)
            }
            Connection::Refused { .. } => {
                Ruling::not_applicable("no engine listens there: see docker/running")
            }
            // Whatever came after, the socket was opened.
            Connection::Answers { .. } | Connection::Hung { .. } | Connection::Broken { .. } => {
                Ruling::pass(format!("this user may use {place}"))
            }
        };
        Ok(ruling.evidence("/docker/connection", connection))
    }
}

/// Whose socket it is, and what to do about it. The advice is never to open it to everybody:
/// whoever can write to it is root on the engine.
fn whose_socket(owner: Option<&Owner>) -> (String, String) {
    let Some(owner) = owner else {
        return (
            String::new(),
            "see whose socket it is: docker context ls, then ls -lL on the path".to_owned(),
        );
    };
    let group = owner.group.as_deref().map(|group| wash(group, 40));
    let named = group
        .as_deref()
        .map_or_else(String::new, |group| format!("{group}, "));
    let whose = format!(
        ": it belongs to uid {}, group {named}gid {}, mode {}",
        owner.uid,
        owner.gid,
        wash(&owner.mode, 8)
    );
    let writable_by_group = u32::from_str_radix(&owner.mode, 8).is_ok_and(|mode| mode & 0o020 != 0);
    let hint = match group {
        // Groups of all administrators or all users of a Mac are not joined for a socket's sake.
        Some(group)
            if writable_by_group
                && !["root", "wheel", "staff", "admin"].contains(&group.as_str()) =>
        {
            format!(
                "join the group, then log in again and restart the gateway: sudo usermod -aG {group} \"$USER\""
            )
        }
        None if writable_by_group && owner.gid != 0 => format!(
            "run with the socket's group, {} (group_add of a containerised gateway)",
            owner.gid
        ),
        Some(_) | None if owner.uid == 0 => {
            "choose an engine of this user: docker context ls, docker context use NAME".to_owned()
        }
        Some(_) | None => format!(
            "run as the user with uid {}, whose engine it is, or choose this user's own: docker context use NAME",
            owner.uid
        ),
    };
    (whose, hint)
}

/// Milliseconds. An engine that was given less than this is not accused of hanging: the advice
/// would be to restart it, which ends all that runs in it.
const PATIENCE: u64 = 900;

#[derive(Clone, Debug, PartialEq, Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Running {}

impl Running {
    #[expect(
        clippy::unused_self,
        reason = "all judges are asked in the same way; this one has no parameters"
    )]
    pub(in crate::checklist::judge) fn rule(&self, facts: &Facts) -> Result<Ruling, Why> {
        let Ok(endpoint) = in_force(facts)? else {
            return Ok(Ruling::blocked(&["docker/endpoint"]));
        };
        let connection = facts.docker.connection.get()?;
        let place = place(&endpoint.url);
        let (summary, complaint) = match connection {
            Connection::Answers { milliseconds } => {
                return Ok(Ruling::pass(format!("answers in {milliseconds} ms"))
                    .evidence("/docker/connection", connection));
            }
            Connection::Refused { errno, .. } if is_denied(errno) => {
                return Ok(Ruling::blocked(&["docker/access"]));
            }
            Connection::Refused { errno, detail } => refused(&place, errno, detail),
            Connection::Hung {
                waited_milliseconds,
            } if *waited_milliseconds < PATIENCE => {
                return Err(Why::new(
                    WhyKind::Timeout,
                    format!(
                        "the engine at {place} did not answer in the {waited_milliseconds} ms that were left for it"
                    ),
                ));
            }
            Connection::Hung {
                waited_milliseconds,
            } => (
                "takes connections and does not answer",
                Complaint::fail(
                    "engine-hung",
                    format!(
                        "no answer in {waited_milliseconds} ms from the engine at {place}, which takes connections"
                    ),
                )
                .hint(restart(kind_in_force(facts))),
            ),
            Connection::Broken { detail } => (
                "answers, but not as an engine does",
                Complaint::fail(
                    "engine-broken",
                    format!(
                        "what answers at {place} does not answer as an engine does: {}",
                        wash(detail, 160)
                    ),
                )
                .hint(restart(kind_in_force(facts))),
            ),
        };
        let mut complaint = complaint.target(place).requirement("engine-running");
        complaint.message.push_str(&others(facts, endpoint));
        if complaint.hint.is_none() {
            complaint = complaint.hint(start(kind_in_force(facts), endpoint));
        }
        Ok(Ruling::found(vec![complaint], summary)
            .evidence("/docker/connection", connection)
            .evidence("/docker/candidates", &facts.docker.candidates))
    }
}

fn refused(place: &str, errno: &str, detail: &str) -> (&'static str, Complaint) {
    match errno {
        "ENOENT" => (
            "not running",
            Complaint::fail(
                "engine-not-running",
                format!("no engine is running at {place}: there is no such socket"),
            ),
        ),
        "ECONNREFUSED" => (
            "nobody listens",
            Complaint::fail(
                "stale-socket",
                format!("nobody listens at {place}: its engine has stopped or crashed"),
            ),
        ),
        other => {
            // Only errors of the system have a name that says more than their words.
            let name = Some(wash(other, 20)).filter(|name| name.starts_with('E'));
            let name = name.map_or_else(String::new, |name| format!(" ({name})"));
            let detail = wash(detail, 160);
            (
                "cannot be reached",
                Complaint::fail(
                    "engine-unreachable",
                    format!("the engine at {place} cannot be reached: {detail}{name}"),
                ),
            )
        }
    }
}

/// Engines that would answer elsewhere, and why they were not used: never silently.
fn others(facts: &Facts, endpoint: &fact::Endpoint) -> String {
    let because = match endpoint.source {
        EndpointSource::HostVariable => "DOCKER_HOST names another place".to_owned(),
        EndpointSource::ContextVariable => {
            format!("DOCKER_CONTEXT names {}", wash(&endpoint.context, 80))
        }
        EndpointSource::CurrentContext => {
            format!("the current context is {}", wash(&endpoint.context, 80))
        }
        EndpointSource::Default => "no context chooses it".to_owned(),
    };
    let named: Vec<String> = facts
        .docker
        .candidates
        .iter()
        .filter(|candidate| !candidate.in_force && candidate.reach == Reach::Listens)
        .map(|candidate| {
            let whose = match candidate.provider {
                ProviderKind::Unrecognised => "an engine".to_owned(),
                kind => format!("an engine of {}", kind.title()),
            };
            format!(
                "; {whose} listens at {}, which was not used because {because}",
                place(&candidate.at)
            )
        })
        .collect();
    named.concat()
}

/// How the engine in force is started, by whose place it is.
fn start(kind: Option<ProviderKind>, endpoint: &fact::Endpoint) -> String {
    let url = &endpoint.url;
    match kind {
        Some(ProviderKind::DockerDesktop) => "start Docker Desktop: open -g -a Docker",
        Some(ProviderKind::Orbstack) => "start OrbStack: orb start",
        Some(ProviderKind::Colima) => "start Colima: colima start",
        Some(ProviderKind::RancherDesktop) => "start Rancher Desktop: rdctl start",
        Some(ProviderKind::Podman) => "start Podman's machine: podman machine start",
        Some(ProviderKind::Lima) => "start the Lima instance: limactl start NAME",
        Some(ProviderKind::LinuxEngine) if url.contains("/run/user/") => {
            "start the engine: systemctl --user start docker"
        }
        Some(ProviderKind::LinuxEngine) => "start the engine: sudo systemctl start docker",
        // A context that is chosen now would not count.
        Some(ProviderKind::Unrecognised) | None => match endpoint.source {
            EndpointSource::HostVariable => {
                "start that engine, or take DOCKER_HOST away where it is set"
            }
            EndpointSource::ContextVariable => {
                "start that engine, or take DOCKER_CONTEXT away where it is set"
            }
            EndpointSource::CurrentContext | EndpointSource::Default => {
                "start the engine, or choose one that runs: docker context use NAME"
            }
        },
    }
    .to_owned()
}

fn restart(kind: Option<ProviderKind>) -> String {
    match kind {
        Some(ProviderKind::DockerDesktop) => {
            "restart Docker Desktop, which stops all containers: docker desktop restart"
        }
        Some(ProviderKind::Orbstack) => {
            "restart the engine, which stops all containers: orb restart docker"
        }
        Some(ProviderKind::Colima) => "restart Colima, which stops all containers: colima restart",
        Some(ProviderKind::LinuxEngine) => {
            "read the engine's log before a restart: sudo journalctl -u docker -n 50"
        }
        Some(
            ProviderKind::RancherDesktop
            | ProviderKind::Podman
            | ProviderKind::Lima
            | ProviderKind::Unrecognised,
        )
        | None => "restart the engine, which stops all containers",
    }
    .to_owned()
}

fn candidate(facts: &Facts) -> Option<&Candidate> {
    facts
        .docker
        .candidates
        .iter()
        .find(|candidate| candidate.in_force)
}

/// Whose place the endpoint in force is. A link says more than the place it stands at.
fn kind_in_force(facts: &Facts) -> Option<ProviderKind> {
    let candidate = candidate(facts)?;
    candidate
        .resolves_to
        .as_deref()
        .and_then(super::owner_of_path)
        .or(Some(candidate.provider))
}

fn is_denied(errno: &str) -> bool {
    matches!(errno, "EACCES" | "EPERM")
}

#[cfg(test)]
mod tests;
