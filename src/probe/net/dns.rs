//! The DNS check's names, asked of the host's resolvers and of nothing else: no hosts file, no
//! search domains, no cache.

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use futures_util::{StreamExt, stream};
use hickory_resolver::TokioResolver;
use hickory_resolver::config::{NameServerConfig, ResolveHosts, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::{RData, RecordType};

use tokio::net::UdpSocket;

use crate::deadline::Deadline;
use crate::facts::sandbox::{Answer, NameAnswer};
use crate::facts::{Reading, Why, WhyKind};
use crate::probe::World;
use crate::text::wash;

/// For one server to answer one question; resolv.conf's own default is five seconds.
const ONE_ANSWER: Duration = Duration::from_millis(1500);
/// For one name, with every attempt at every server.
const ONE_NAME: Duration = Duration::from_secs(4);
/// An ICMP refusal comes at once or never.
const REFUSAL: Duration = Duration::from_millis(250);
const AT_ONCE: usize = 8;
/// As glibc: more nameservers than three are ignored.
const MOST_SERVERS: usize = 3;

/// The answers in the order of the settings, and the resolvers that were asked.
pub async fn host_names(world: &World, d: Deadline) -> (Reading<Vec<NameAnswer>>, Vec<String>) {
    if world.offline {
        let offline = Reading::unknown(WhyKind::Offline, "not asked with --offline");
        return (offline, Vec::new());
    }
    let (resolver, servers) = match resolver(&world.settings.dns.servers) {
        Ok(built) => built,
        Err(why) => return (Reading::Unknown(why), Vec::new()),
    };
    let resolver = &resolver;
    // Owned, since a future that borrows its item cannot be shown to be Send (rust-lang#110338).
    let answers = stream::iter(world.settings.dns.names.clone())
        .map(|name| async move {
            let begun = Instant::now();
            let answer = match d
                .at_most(ONE_NAME)
                .bound(ask(resolver.as_ref(), &name))
                .await
            {
                Ok(answer) => answer,
                Err(_) => Answer::Timeout,
            };
            NameAnswer {
                name: wash(&name, 300),
                answer,
                milliseconds: crate::units::milliseconds(begun.elapsed()),
            }
        })
        .buffered(AT_ONCE)
        .collect::<Vec<_>>()
        .await;
    let answers = explain_silence(answers, &servers).await;
    let servers: Vec<String> = servers.into_iter().map(shown).collect();
    let from = format!("the host's resolvers: {}", servers.join(", "));
    (Reading::known(answers, from), servers)
}

fn resolver(overrides: &[String]) -> Result<(Option<TokioResolver>, Vec<SocketAddr>), Why> {
    let servers = if overrides.is_empty() {
        match hickory_resolver::system_conf::read_system_conf() {
            Ok((config, _)) => config.name_servers().to_vec(),
            // No resolv.conf, or an empty one: there is nobody to ask, which is an answer.
            Err(_) => Vec::new(),
        }
    } else {
        overrides
            .iter()
            .map(|text| server(text))
            .collect::<Result<_, _>>()?
    };
    let servers: Vec<NameServerConfig> = servers.into_iter().take(MOST_SERVERS).collect();
    let places: Vec<SocketAddr> = servers.iter().map(place).collect();
    if servers.is_empty() {
        return Ok((None, places));
    }
    let config = ResolverConfig::from_parts(None, Vec::new(), servers);
    let mut builder = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default());
    let options = builder.options_mut();
    options.timeout = ONE_ANSWER;
    options.attempts = 2;
    options.cache_size = 0;
    options.use_hosts_file = ResolveHosts::Never;
    let resolver = builder
        .build()
        .map_err(|error| Why::new(WhyKind::Failed, format!("no resolver: {error}")))?;
    Ok((Some(resolver), places))
}

/// `address` or `address:port`
fn server(text: &str) -> Result<NameServerConfig, Why> {
    let (ip, port) = match (text.parse::<IpAddr>(), text.parse::<SocketAddr>()) {
        (Ok(ip), _) => (ip, 53),
        (_, Ok(socket)) => (socket.ip(), socket.port()),
        _ => {
            let words = format!(
                "`{}` is no resolver: write address or address:port",
                wash(text, 80)
            );
            return Err(Why::new(WhyKind::Unparsable, words));
        }
    };
    let mut server = NameServerConfig::udp_and_tcp(ip);
    for connection in &mut server.connections {
        connection.port = port;
    }
    Ok(server)
}

fn place(server: &NameServerConfig) -> SocketAddr {
    let port = server
        .connections
        .first()
        .map_or(53, |connection| connection.port);
    SocketAddr::new(server.ip, port)
}

fn shown(server: SocketAddr) -> String {
    match server.port() {
        53 => server.ip().to_string(),
        _ => server.to_string(),
    }
}

/// The resolver's sockets are not connected, so that a port where nobody listens looks to it as
/// one that is silent. A connected socket hears the difference (ICMP port unreachable).
async fn explain_silence(mut answers: Vec<NameAnswer>, servers: &[SocketAddr]) -> Vec<NameAnswer> {
    let silent = answers
        .iter()
        .any(|answer| answer.answer == Answer::Timeout);
    if !silent || servers.is_empty() {
        return answers;
    }
    let refusals = servers.iter().map(|server| refusal(*server));
    let refusals: Option<Vec<String>> = futures_util::future::join_all(refusals)
        .await
        .into_iter()
        .collect();
    if let Some(refusals) = refusals {
        let detail = wash(&refusals.join("; "), 300);
        for answer in &mut answers {
            if answer.answer == Answer::Timeout {
                let detail = detail.clone();
                answer.answer = Answer::Unreachable { detail };
            }
        }
    }
    answers
}

/// Why a server's port cannot be reached at all; none when it takes a question.
async fn refusal(server: SocketAddr) -> Option<String> {
    /// A question for the root's name servers.
    const QUESTION: [u8; 17] = [0x0C, 0xDA, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 1];
    let asking = async {
        let any = if server.is_ipv4() {
            "0.0.0.0:0"
        } else {
            "[::]:0"
        };
        let socket = UdpSocket::bind(any).await?;
        socket.connect(server).await?;
        socket.send(&QUESTION).await?;
        socket.recv(&mut [0; 512]).await
    };
    match tokio::time::timeout(REFUSAL, asking).await {
        Ok(Err(error)) => Some(format!("{}: {error}", shown(server))),
        Ok(Ok(_)) | Err(_) => None,
    }
}

async fn ask(resolver: Option<&TokioResolver>, name: &str) -> Answer {
    let Some(resolver) = resolver else {
        return Answer::Unreachable {
            detail: "no resolver is configured".to_owned(),
        };
    };
    // The final dot keeps search domains away.
    let absolute = format!("{}.", name.trim_end_matches('.'));
    let mut last = Answer::NoSuchName;
    for kind in [RecordType::A, RecordType::AAAA] {
        match resolver.lookup(absolute.as_str(), kind).await {
            Ok(found) => {
                let addresses: Vec<String> = found
                    .answers()
                    .iter()
                    .filter_map(|record| match &record.data {
                        RData::A(address) => Some(address.0.to_string()),
                        RData::AAAA(address) => Some(address.0.to_string()),
                        _ => None,
                    })
                    .collect();
                if !addresses.is_empty() {
                    return Answer::Addresses { addresses };
                }
            }
            Err(error) => {
                let (answer, other_kind) = classify(&error);
                if !other_kind {
                    return answer;
                }
                last = answer;
            }
        }
    }
    last
}

/// What an error says, and whether the other kind of address may still be there.
fn classify(error: &NetError) -> (Answer, bool) {
    let failure = |detail: String| Answer::ServerFailure {
        detail: wash(&detail, 200),
    };
    match error {
        NetError::Timeout => (Answer::Timeout, false),
        NetError::Dns(DnsError::NoRecordsFound(none)) => match none.response_code {
            ResponseCode::NXDomain => (Answer::NoSuchName, false),
            ResponseCode::NoError => (Answer::NoSuchName, true),
            code => (failure(spelled(code)), false),
        },
        NetError::Dns(DnsError::ResponseCode(code)) => (failure(spelled(*code)), false),
        NetError::Io(io) if io.kind() == std::io::ErrorKind::TimedOut => (Answer::Timeout, false),
        NetError::Io(_) | NetError::NoConnections => (
            Answer::Unreachable {
                detail: wash(&error.to_string(), 200),
            },
            false,
        ),
        other => (failure(other.to_string()), false),
    }
}

/// As `dig` spells it.
fn spelled(code: ResponseCode) -> String {
    match code {
        ResponseCode::ServFail => "SERVFAIL".to_owned(),
        ResponseCode::Refused => "REFUSED".to_owned(),
        ResponseCode::FormErr => "FORMERR".to_owned(),
        ResponseCode::NotImp => "NOTIMP".to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn world(servers: &[String], names: &[&str]) -> World {
        let mut world = World::default();
        world.settings.dns.servers = servers.to_vec();
        world.settings.dns.names = names.iter().map(|name| (*name).to_owned()).collect();
        world
    }

    /// A server that answers every question with one code, by name: `a…` with an address, `n…`
    /// with NXDOMAIN, `s…` with SERVFAIL, `r…` with REFUSED, `t…` not at all.
    async fn answering() -> String {
        let socket = UdpSocket::bind("127.0.0.1:0").await.expect("loopback");
        let address = socket.local_addr().expect("it is bound").to_string();
        tokio::spawn(async move {
            let mut buffer = [0_u8; 512];
            while let Ok((count, from)) = socket.recv_from(&mut buffer).await {
                let letter = buffer[13].to_ascii_lowercase();
                let code = match letter {
                    b'a' => 0,
                    b'n' => 3,
                    b's' => 2,
                    b'r' => 5,
                    _ => continue,
                };
                // The question alone, without the EDNS record after it.
                let end = 12
                    + buffer[12..count]
                        .iter()
                        .position(|b| *b == 0)
                        .expect("a name")
                    + 5;
                let mut answer = buffer[..end].to_vec();
                answer[2] = 0x81;
                answer[3] = 0x80 | code;
                answer[6..12].fill(0);
                let is_a = buffer[end - 3] == 1;
                if letter == b'a' && is_a {
                    answer[7] = 1;
                    answer.extend([0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 9, 0, 4, 192, 0, 2, 7]);
                }
                let _ = socket.send_to(&answer, from).await;
            }
        });
        address
    }

    async fn asked(servers: &[String], names: &[&str]) -> Vec<Answer> {
        let d = Deadline::after(Duration::from_secs(2));
        let (answers, resolvers) = host_names(&world(servers, names), d).await;
        assert_eq!(resolvers, servers);
        let answers = answers.get().expect("they were asked").clone();
        answers.into_iter().map(|answer| answer.answer).collect()
    }

    #[tokio::test]
    async fn each_kind_of_answer_is_told_apart() {
        let server = answering().await;
        let names = ["a.test", "n.test", "s.test", "r.test", "t.test"];
        let answers = asked(&[server], &names).await;
        let failure = |detail: &str| Answer::ServerFailure {
            detail: detail.to_owned(),
        };
        assert_eq!(
            answers,
            [
                Answer::Addresses {
                    addresses: vec!["192.0.2.7".to_owned()]
                },
                Answer::NoSuchName,
                failure("SERVFAIL"),
                failure("REFUSED"),
                Answer::Timeout,
            ]
        );
    }

    #[tokio::test]
    async fn where_nobody_listens_the_server_is_unreachable() {
        let socket = UdpSocket::bind("127.0.0.1:0").await.expect("loopback");
        let address = socket.local_addr().expect("it is bound").to_string();
        drop(socket);
        let answers = asked(&[address], &["a.test"]).await;
        assert!(
            matches!(answers[0], Answer::Unreachable { .. }),
            "{answers:?}"
        );
    }

    #[tokio::test]
    async fn offline_and_nonsense_are_reasons() {
        let d = Deadline::after(Duration::from_secs(2));
        let mut offline = world(&[], &["a.test"]);
        offline.offline = true;
        let (answers, resolvers) = host_names(&offline, d).await;
        assert_eq!(answers.get().expect_err("offline").kind, WhyKind::Offline);
        assert!(resolvers.is_empty());
        let (answers, _) = host_names(&world(&["nowhere".to_owned()], &["a.test"]), d).await;
        assert_eq!(
            answers.get().expect_err("no address").kind,
            WhyKind::Unparsable
        );
    }

    #[test]
    fn a_resolver_may_name_its_port() {
        for (text, expected) in [
            ("192.0.2.1", "192.0.2.1"),
            ("192.0.2.1:5353", "192.0.2.1:5353"),
            ("[::1]:54", "[::1]:54"),
            ("::1", "::1"),
        ] {
            assert_eq!(shown(place(&server(text).expect("an address"))), expected);
        }
    }
}
