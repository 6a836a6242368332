//! Judges of the area `net`: pure functions of the facts and of a check's parameters.

use serde::Deserialize;

use crate::checklist::verdict::{Complaint, Ruling};
use crate::facts::net::{Registry as Asked, RegistryAnswer};
use crate::facts::sandbox::{Answer, NameAnswer};
use crate::facts::{Facts, Why};
use crate::text::wash;

#[derive(Clone, Debug, PartialEq, Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct HostDns {}

impl HostDns {
    #[expect(
        clippy::unused_self,
        reason = "all judges are asked in the same way; this one has no parameters"
    )]
    pub(super) fn rule(&self, facts: &Facts) -> Result<Ruling, Why> {
        let names = facts.net.host_names.get()?;
        if names.is_empty() {
            return Ok(Ruling::not_applicable("no names are set to be resolved"));
        }
        let said: Vec<String> = names.iter().map(outcome).collect();
        let said = said.join("; ");
        // One name that resolves proves the resolver: the other name's owner may have an outage.
        let complaints = if names.iter().any(resolves) {
            Vec::new()
        } else {
            vec![no_name_resolves(names, &facts.net.host_resolvers, &said)]
        };
        Ok(Ruling::found(complaints, said)
            .observed(names.iter().filter(|name| resolves(name)).count())
            .expected(names.len())
            .unit("names")
            .evidence("/net/host-names", names))
    }
}

fn resolves(asked: &NameAnswer) -> bool {
    matches!(&asked.answer, Answer::Addresses { addresses } if !addresses.is_empty())
}

/// One name and what came back, for people.
fn outcome(asked: &NameAnswer) -> String {
    let name = wash(&asked.name, 80);
    match &asked.answer {
        Answer::Addresses { addresses } if addresses.is_empty() => {
            format!("{name} has no address")
        }
        Answer::Addresses { .. } => format!("{name} resolves in {} ms", asked.milliseconds),
        Answer::NoSuchName => format!("{name} does not exist"),
        Answer::ServerFailure { detail } => {
            format!("{name}: the resolver failed ({})", wash(detail, 80))
        }
        Answer::Timeout => format!("{name}: no answer in time"),
        Answer::Unreachable { detail } => {
            format!("{name}: no resolver could be asked ({})", wash(detail, 80))
        }
    }
}

fn no_name_resolves(names: &[NameAnswer], resolvers: &[String], said: &str) -> Complaint {
    let all = |kind: fn(&Answer) -> bool| names.iter().all(|asked| kind(&asked.answer));
    let (code, hint) = if all(|answer| matches!(answer, Answer::Timeout)) {
        (
            "host-dns-timeout",
            "see that the resolvers are reachable from this network (a VPN is a usual cause)",
        )
    } else if all(|answer| matches!(answer, Answer::Unreachable { .. })) {
        (
            "host-dns-unreachable",
            "see that the host has a network and a resolver",
        )
    } else if all(|answer| matches!(answer, Answer::ServerFailure { .. })) {
        (
            "host-dns-server-failure",
            "choose other resolvers for the host's network",
        )
    } else if all(|answer| matches!(answer, Answer::NoSuchName | Answer::Addresses { .. })) {
        (
            "host-dns-no-such-name",
            "see whether these names may be resolved on this network, or set others under [dns] in clawdoctor.toml",
        )
    } else {
        (
            "host-dns-failing",
            "choose other resolvers for the host's network",
        )
    };
    let asked = if resolvers.is_empty() {
        String::new()
    } else {
        format!(" (resolvers: {})", wash(&resolvers.join(", "), 160))
    };
    let targets: Vec<String> = names.iter().map(|asked| wash(&asked.name, 80)).collect();
    Complaint::fail(code, format!("no name resolves on the host{asked}: {said}"))
        .target(targets.join(", "))
        .requirement("host-dns>=1 name")
        .hint(hint)
}

#[derive(Clone, Debug, PartialEq, Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Registry {}

impl Registry {
    #[expect(
        clippy::unused_self,
        reason = "all judges are asked in the same way; this one has no parameters"
    )]
    pub(super) fn rule(&self, facts: &Facts) -> Result<Ruling, Why> {
        let registries = facts.net.registries.get()?;
        if registries.is_empty() {
            return Ok(Ruling::not_applicable("no registry is used"));
        }
        let complaints = registries
            .iter()
            .filter_map(|asked| trouble(asked, &facts.net.proxies))
            .collect();
        let said: Vec<String> = registries.iter().map(reply).collect();
        Ok(Ruling::found(complaints, said.join("; ")).evidence("/net/registries", registries))
    }
}

fn reply(asked: &Asked) -> String {
    let host = wash(&asked.host, 80);
    match &asked.answer {
        RegistryAnswer::Speaks { milliseconds, .. } => {
            format!("{host} answers in {milliseconds} ms")
        }
        RegistryAnswer::Http { status } => format!("{host} answers with HTTP {status}"),
        RegistryAnswer::Unreachable { .. } => format!("{host} cannot be reached"),
        RegistryAnswer::Timeout => format!("{host} does not answer in time"),
    }
}

fn trouble(asked: &Asked, proxies: &[String]) -> Option<Complaint> {
    let host = wash(&asked.host, 80);
    let through = if proxies.is_empty() {
        String::new()
    } else {
        format!(" (through the proxy of {})", wash(&proxies.join(", "), 80))
    };
    let complaint = match &asked.answer {
        RegistryAnswer::Speaks { .. } => return None,
        RegistryAnswer::Http { status: 429 } => Complaint::fail(
            "registry-rate-limit",
            format!("the registry {host} refuses this address: too many requests (HTTP 429)"),
        )
        .hint("log in, which has a higher limit: docker login"),
        RegistryAnswer::Http { status: 407 } => Complaint::fail(
            "registry-proxy-auth",
            format!("the proxy on the way to the registry {host} asks for a login (HTTP 407)"),
        )
        .hint("give the proxy's credentials to the gateway and to the engine"),
        RegistryAnswer::Http { status } => Complaint::fail(
            "registry-unexpected-answer",
            format!("{host} answers with HTTP {status} and not as a registry does{through}"),
        )
        .hint("see whether a proxy or a portal answers in its place"),
        RegistryAnswer::Unreachable { detail } => Complaint::fail(
            "registry-unreachable",
            format!(
                "the registry {host} cannot be reached{through}: {}",
                wash(detail, 160)
            ),
        )
        .hint("see net/host-dns, and whether a proxy is needed"),
        RegistryAnswer::Timeout => Complaint::fail(
            "registry-timeout",
            format!("the registry {host} does not answer in time{through}"),
        )
        .hint("see net/host-dns, and whether a proxy is needed"),
    };
    Some(
        complaint
            .target(host.clone())
            .requirement(format!("registry={host}")),
    )
}

#[cfg(test)]
mod tests {
    use super::super::trial::{known, message, short};
    use super::*;
    use crate::facts::{Reading, WhyKind};

    fn answered(answers: Vec<Answer>) -> Facts {
        let mut facts = Facts::default();
        let names = ["github.com", "one.one.one.one", "example.com"];
        facts.net.host_names = known(
            answers
                .into_iter()
                .zip(names)
                .map(|(answer, name)| NameAnswer {
                    name: name.to_owned(),
                    answer,
                    milliseconds: 12,
                })
                .collect(),
        );
        facts
    }

    fn addresses() -> Answer {
        Answer::Addresses {
            addresses: vec!["192.0.2.1".to_owned()],
        }
    }

    fn failure() -> Answer {
        Answer::ServerFailure {
            detail: "SERVFAIL".to_owned(),
        }
    }

    fn unreachable() -> Answer {
        Answer::Unreachable {
            detail: "network is unreachable".to_owned(),
        }
    }

    #[test]
    fn one_name_that_resolves_proves_the_resolver() {
        let facts = answered(vec![addresses(), Answer::NoSuchName]);
        let ruling = HostDns {}.rule(&facts).expect("known");
        assert_eq!(
            ruling.summary,
            "github.com resolves in 12 ms; one.one.one.one does not exist"
        );
        assert_eq!(short(Ok(ruling)), "pass");
    }

    #[test]
    fn an_outage_is_told_by_its_kind() {
        for (answers, expected) in [
            (vec![Answer::Timeout, Answer::Timeout], "host-dns-timeout"),
            (vec![unreachable(), unreachable()], "host-dns-unreachable"),
            (vec![failure(), failure()], "host-dns-server-failure"),
            (
                vec![
                    Answer::NoSuchName,
                    Answer::Addresses {
                        addresses: Vec::new(),
                    },
                ],
                "host-dns-no-such-name",
            ),
            (vec![Answer::Timeout, failure()], "host-dns-failing"),
        ] {
            let facts = answered(answers);
            assert_eq!(short(HostDns {}.rule(&facts)), format!("fail:{expected}"));
        }
    }

    #[test]
    fn names_that_were_not_asked_are_no_pass() {
        let mut facts = answered(Vec::new());
        assert_eq!(short(HostDns {}.rule(&facts)), "not-applicable");
        facts.net.host_names = Reading::unknown(WhyKind::Offline, "--offline");
        assert_eq!(short(HostDns {}.rule(&facts)), "unknown:offline");
        facts.net.registries = Reading::unknown(WhyKind::Offline, "--offline");
        assert_eq!(short(Registry {}.rule(&facts)), "unknown:offline");
    }

    #[test]
    fn each_registry_in_trouble_is_a_complaint_of_its_own() {
        let asked = |answer| Asked {
            host: "registry-1.docker.io".to_owned(),
            answer,
        };
        let mut facts = Facts::default();
        for (answer, expected) in [
            (
                RegistryAnswer::Speaks {
                    status: 401,
                    milliseconds: 90,
                },
                "pass",
            ),
            (
                RegistryAnswer::Http { status: 429 },
                "fail:registry-rate-limit",
            ),
            (
                RegistryAnswer::Http { status: 407 },
                "fail:registry-proxy-auth",
            ),
            (
                RegistryAnswer::Http { status: 503 },
                "fail:registry-unexpected-answer",
            ),
            (
                RegistryAnswer::Unreachable {
                    detail: "connection refused".to_owned(),
                },
                "fail:registry-unreachable",
            ),
            (RegistryAnswer::Timeout, "fail:registry-timeout"),
        ] {
            facts.net.registries = known(vec![asked(answer)]);
            assert_eq!(short(Registry {}.rule(&facts)), expected);
        }
        facts.net.registries = known(vec![
            asked(RegistryAnswer::Timeout),
            asked(RegistryAnswer::Timeout),
        ]);
        facts.net.proxies = vec!["HTTPS_PROXY".to_owned()];
        assert_eq!(
            short(Registry {}.rule(&facts)),
            "fail:registry-timeout fail:registry-timeout"
        );
        assert!(message(Registry {}.rule(&facts)).contains("HTTPS_PROXY"));
    }
}
